"""Is this file meant to run on Python 2 as well?

Python 2 has no `ConnectionRefusedError`: code that still runs there sorts by errno because it must. The project may say
so itself; else the file tells by what it imports and asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted, walk

if TYPE_CHECKING:
    from connlint.facts import Facts

_FUTURES = frozenset({"absolute_import", "division", "print_function", "unicode_literals", "with_statement"})
_MODULES = frozenset(
    """
    ConfigParser Cookie Queue SocketServer StringIO __builtin__ builtins.past cPickle cStringIO future httplib past six
    thread urllib2 urlparse
    """.split()
)
_BUILTINS = frozenset({"basestring", "raw_input", "unicode", "unichr", "xrange"})
# What a project's own module of differences between the two Pythons is called, and what it brings.
_SHIMS = frozenset({"_compat", "compat", "compatibility", "py3compat", "pycompat", "python_compat"})
_SHIMMED = frozenset(
    """
    ConfigParser StringIO as_bytes as_string as_text basestring binary_type httplib integer_types iteritems iterkeys
    itervalues long raw_input string_types text_type unicode urllib2 urlparse xmlrpclib xrange
    """.split()
)
_FLAGS = frozenset({"PY2", "PY3"})


def supports_python2(facts: Facts) -> bool:
    """Say whether Python 2 is meant to run the file: as the project says, or as the file shows."""
    if facts.options.python2 != "auto":
        return facts.options.python2
    if any(
        line.comment is not None and line.comment.value.startswith("#!") and "python2" in line.comment.value
        for line in facts.module.header
    ):
        return True
    return any(_is_sign(facts, node) for node in walk(facts.module))


def _is_sign(facts: Facts, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Import):
        return any((dotted(alias.name) or "").partition(".")[0] in _MODULES for alias in node.names)
    if isinstance(node, cst.ImportFrom):
        module = dotted(node.module) or ""
        if module == "__future__" and not isinstance(node.names, cst.ImportStar):
            return any(dotted(alias.name) in _FUTURES for alias in node.names)
        parts = module.split(".")
        if "six" in parts or (not node.relative and parts[0] in _MODULES):
            return True
        if parts[-1] in _SHIMS and not isinstance(node.names, cst.ImportStar):
            return any(dotted(alias.name) in _SHIMMED for alias in node.names)
        return False
    if isinstance(node, cst.Name):
        return node.value in _FLAGS or (node.value in _BUILTINS and _is_a_variable(facts, node))
    return isinstance(node, cst.Comparison) and _compares_major(node)


def _is_a_variable(facts: Facts, name: cst.Name) -> bool:
    """Say whether `name` is no attribute and no keyword."""
    parent = facts.index.parents.get(name)
    if isinstance(parent, cst.Attribute):
        return parent.value is name
    return not (isinstance(parent, cst.Arg) and parent.keyword is name)


def _compares_major(node: cst.Comparison) -> bool:
    """Say whether `node` tells Python 2 from Python 3: `sys.version_info < (3,)`, `sys.version_info[0] == 2`."""
    left, right = node.left, node.comparisons[0].comparator
    if isinstance(left, cst.Subscript):
        return _is_version(left.value) and isinstance(right, cst.Integer)
    if isinstance(left, cst.Attribute) and left.attr.value == "major":
        return _is_version(left.value)
    if not _is_version(left) or not isinstance(right, cst.Tuple):
        return False
    numbers = [item.value.evaluated_value for item in right.elements if isinstance(item.value, cst.Integer)]
    return numbers[:1] == [2] or numbers in ([3], [3, 0])


def _is_version(node: cst.CSTNode) -> bool:
    return (dotted(node) or "").rpartition(".")[2] == "version_info"
