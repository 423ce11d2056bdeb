"""Which Pythons is this file for?

Python 2 has no `ConnectionRefusedError`: code that still runs there sorts by errno because it must. The project may say
so itself; else the file tells by what it imports and asks.

`socket.timeout` and `asyncio.TimeoutError` are classes of their own for a Python that is old enough. A file tells that
it is not meant for those if it needs syntax or modules that they lack, and that it is if it asks for the version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted, walk

if TYPE_CHECKING:
    from connlint.facts import Facts
    from connlint.facts.caught import Version

# What came with the release, as https://docs.python.org/3/whatsnew/ says.
_SYNTAX: dict[type[cst.CSTNode], Version] = {
    cst.Match: (3, 10),
    cst.TryStar: (3, 11),
    cst.TypeAlias: (3, 12),
    cst.TypeParameters: (3, 12),
}
_CAME: dict[str, Version] = {
    "asyncio.Barrier": (3, 11),
    "asyncio.Runner": (3, 11),
    "asyncio.TaskGroup": (3, 11),
    "asyncio.timeout": (3, 11),
    "asyncio.timeout_at": (3, 11),
    "contextlib.chdir": (3, 11),
    "datetime.UTC": (3, 11),
    "enum.StrEnum": (3, 11),
    "hashlib.file_digest": (3, 11),
    "inspect.get_annotations": (3, 10),
    "itertools.batched": (3, 12),
    "itertools.pairwise": (3, 10),
    "sys.stdlib_module_names": (3, 10),
    "tomllib": (3, 11),
    "typing.Concatenate": (3, 10),
    "typing.LiteralString": (3, 11),
    "typing.Never": (3, 11),
    "typing.NotRequired": (3, 11),
    "typing.ParamSpec": (3, 10),
    "typing.Required": (3, 11),
    "typing.Self": (3, 11),
    "typing.TypeAlias": (3, 10),
    "typing.TypeGuard": (3, 10),
    "typing.Unpack": (3, 11),
    "typing.assert_never": (3, 11),
    "typing.assert_type": (3, 11),
    "typing.override": (3, 12),
    "warnings.deprecated": (3, 13),
}

# What Python 2 has not, by the syntax, the classes and the modules.
_NEW: tuple[type[cst.CSTNode], ...] = (
    *(cst.Annotation, cst.Await, cst.FormattedString, cst.From, cst.NamedExpr, cst.Nonlocal),
    cst.ParamStar,
)
_NEW_CLASSES = frozenset(
    """
    BlockingIOError BrokenPipeError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
    FileNotFoundError InterruptedError PermissionError TimeoutError
    """.split()
)
_NEW_MODULES = frozenset(
    """
    asyncio builtins concurrent.futures configparser enum http.client pathlib queue selectors socketserver typing
    urllib.error urllib.parse urllib.request
    """.split()
)
# What shows that it is meant for Python 2.
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
# So many functions without anything that Python 2 lacks are hardly an accident.
_MANY = 5


def needs_python(facts: Facts) -> Version:
    """Return the oldest Python that can run the file, as far as the file tells."""
    if facts.needed_python is not None:
        return facts.needed_python
    found = [_SYNTAX[type(node)] for node in walk(facts.module) if type(node) in _SYNTAX]
    for node in facts.index.all(cst.ImportFrom):
        if not node.relative and not isinstance(node.names, cst.ImportStar) and _is_always_made(facts, node):
            names = (f"{dotted(node.module)}.{dotted(alias.name)}" for alias in node.names)
            found += [_CAME[name] for name in (dotted(node.module) or "", *names) if name in _CAME]
    for plain in facts.index.all(cst.Import):
        if _is_always_made(facts, plain):
            found += [_CAME[name] for alias in plain.names if (name := dotted(alias.name) or "") in _CAME]
    if "asyncio" in facts.index.top.names:
        for call in facts.index.all(cst.Call):
            name = facts.names.qualified(call.func) or ""
            if name in _CAME and not _is_asked_for(facts, call):
                found.append(_CAME[name])
    facts.needed_python = max(found, default=(3, 0))
    return facts.needed_python


def _is_always_made(facts: Facts, node: cst.CSTNode) -> bool:
    """Say whether nothing around `node` asks first whether it works."""
    return not any(isinstance(each, (cst.If, cst.IfExp, cst.Try)) for each in facts.index.ancestors(node))


def _is_asked_for(facts: Facts, node: cst.CSTNode) -> bool:
    """Say whether `node` runs only if the file found that it is there."""
    return any(
        type(part) is cst.Name and part.value == "hasattr"
        for each in facts.index.ancestors(node)
        if isinstance(each, (cst.If, cst.IfExp))
        for part in walk(each.test)
    )


def holds_since(facts: Facts, version: Version) -> bool | None:
    """Say whether what is so since Python `version` is so for the file; None if the file does not tell."""
    if version <= (3, 3):
        return True
    if asks_for_python(facts, version):
        return False
    return True if needs_python(facts) >= version else None


def keeps_to_python2(facts: Facts) -> bool:
    """Say whether the file, not being short, uses nothing that Python 2 lacks: then it may be meant to run there."""
    if facts.options.python2 != "auto" or len(facts.index.all(cst.FunctionDef)) < _MANY:
        return False
    if keeps_to_python2 not in facts.answers:
        facts.answers[keeps_to_python2] = not any(_is_new(node) for node in walk(facts.module))
    return facts.answers[keeps_to_python2]


def _is_new(node: cst.CSTNode) -> bool:
    if type(node) is cst.Name:
        return node.value in _NEW_CLASSES
    if type(node) is cst.FunctionDef:
        return node.asynchronous is not None
    if type(node) is cst.Call:
        return type(node.func) is cst.Name and node.func.value == "super" and not node.args
    if type(node) is cst.ImportFrom:
        return not node.relative and dotted(node.module) in _NEW_MODULES
    if type(node) is cst.Import:
        return any(dotted(alias.name) in _NEW_MODULES for alias in node.names)
    return isinstance(node, _NEW)


def asks_for_python(facts: Facts, version: Version) -> bool:
    """Say whether the file asks whether it runs on a Python that is older than `version`, or than one before it."""
    key = (asks_for_python, version)
    if key not in facts.answers:
        facts.answers[key] = _asks_for_python(facts, version)
    return facts.answers[key]


def _asks_for_python(facts: Facts, version: Version) -> bool:
    for node in walk(facts.module):
        if type(node) is cst.Comparison and "version_info" in (dotted(_indexed(node.left)) or ""):
            right = node.comparisons[0].comparator
            numbers = [
                item.value.evaluated_value
                for item in (right.elements if type(right) is cst.Tuple else ())
                if type(item.value) is cst.Integer
            ]
            if numbers[:1] != [3] or numbers[1:2] <= [version[1]]:
                return True
    return False


def _indexed(node: cst.CSTNode) -> cst.CSTNode:
    return node.value if type(node) is cst.Subscript else node


def supports_python2(facts: Facts) -> bool:
    """Say whether Python 2 is meant to run the file: as the project says, or as the file shows."""
    if facts.options.python2 != "auto":
        return facts.options.python2
    if any(
        line.comment is not None and line.comment.value.startswith("#!") and "python2" in line.comment.value
        for line in facts.module.header
    ):
        return True
    if supports_python2 not in facts.answers:
        facts.answers[supports_python2] = any(_is_sign(facts, node) for node in walk(facts.module))
    return facts.answers[supports_python2]


def _is_sign(facts: Facts, node: cst.CSTNode) -> bool:
    if type(node) is cst.Import:
        return any((dotted(alias.name) or "").partition(".")[0] in _MODULES for alias in node.names)
    if type(node) is cst.ImportFrom:
        module = dotted(node.module) or ""
        if module == "__future__" and not isinstance(node.names, cst.ImportStar):
            return any(dotted(alias.name) in _FUTURES for alias in node.names)
        parts = module.split(".")
        if "six" in parts or (not node.relative and parts[0] in _MODULES):
            return True
        if parts[-1] in _SHIMS and not isinstance(node.names, cst.ImportStar):
            return any(dotted(alias.name) in _SHIMMED for alias in node.names)
        return False
    if type(node) is cst.Name:
        return node.value in _FLAGS or (node.value in _BUILTINS and _is_a_variable(facts, node))
    return type(node) is cst.Comparison and _compares_major(node)


def _is_a_variable(facts: Facts, name: cst.Name) -> bool:
    """Say whether `name` is no attribute and no keyword."""
    parent = facts.index.parents.get(name)
    if type(parent) is cst.Attribute:
        return parent.value is name
    return not (type(parent) is cst.Arg and parent.keyword is name)


def _compares_major(node: cst.Comparison) -> bool:
    """Say whether `node` tells Python 2 from Python 3: `sys.version_info < (3,)`, `sys.version_info[0] == 2`."""
    left, right = node.left, node.comparisons[0].comparator
    if type(left) is cst.Subscript:
        return _is_version(left.value) and type(right) is cst.Integer
    if type(left) is cst.Attribute and left.attr.value == "major":
        return _is_version(left.value)
    if not _is_version(left) or type(right) is not cst.Tuple:
        return False
    numbers = [item.value.evaluated_value for item in right.elements if type(item.value) is cst.Integer]
    return numbers[:1] == [2] or numbers in ([3], [3, 0])


def _is_version(node: cst.CSTNode) -> bool:
    return (dotted(node) or "").rpartition(".")[2] == "version_info"
