"""What a handler names, member by member, and which of them another one takes.

`Handler.caught` says what is taken; here it also counts where each class is written and how. `socket.timeout` and
`asyncio.TimeoutError` became the builtin `TimeoutError` only with Python 3.10 and 3.11: for older ones they are classes
of their own, so each answer says since when it holds.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.names import OPAQUE
from connlint.facts.tree import walk
from connlint.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts

Version = tuple[int, int]

ALWAYS: Version = (3, 3)

# https://docs.python.org/3/library/socket.html#socket.timeout
# https://docs.python.org/3/library/asyncio-exceptions.html#asyncio.TimeoutError
# https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.TimeoutError
_TIMEOUTS: dict[str, tuple[str, Version]] = {
    "asyncio.TimeoutError": ("Exception", (3, 11)),
    "concurrent.futures.TimeoutError": ("concurrent.futures.Error", (3, 11)),
    "socket.timeout": ("OSError", (3, 10)),
}
_LATEST: Version = (3, 11)
_VERSIONS: tuple[Version, ...] = (_LATEST, (3, 10), ALWAYS)

_ALIASED = frozenset({"OSError", "TimeoutError"})

_DEEPEST = 20

# Modules of the standard library whose exceptions tell of connections, whichever they are.
_OF_CONNECTIONS = frozenset(
    """
    ftplib http imaplib nntplib poplib select smtplib socket socketserver ssl telnetlib urllib xmlrpc
    """.split()
)


class Member(Record):
    """One class that a handler takes.

    `node` is the expression that names it, `name` its qualified name and `written` the one before aliases are followed
    (`socket.timeout`). `constant` is the name or attribute in the handler that stands for a tuple which holds it, if
    it is not written there itself.
    """

    node: cst.BaseExpression
    name: str
    written: str
    constant: cst.BaseExpression | None = None


def tries(facts: Facts) -> list[cst.Try | cst.TryStar]:
    """Return every `try` of the file, those with `except*` last."""
    return [*facts.index.all(cst.Try), *facts.index.all(cst.TryStar)]


def members(facts: Facts, node: cst.BaseExpression | None) -> tuple[Member, ...]:
    """Return the classes that the expression after `except` names; what is not known is `OPAQUE`."""
    if node is None:
        return (Member(cst.Name("BaseException"), "BaseException", "BaseException"),)
    return tuple(_members(facts, node, None, 0))


def _members(
    facts: Facts, node: cst.BaseExpression, constant: cst.BaseExpression | None, depth: int
) -> Iterator[Member]:
    if type(node) is cst.Tuple:
        for element in node.elements:
            yield from _members(facts, element.value, constant, depth)
        return
    if type(node) is cst.BinaryOperation and type(node.operator) is cst.Add:
        yield from _members(facts, node.left, constant, depth)
        yield from _members(facts, node.right, constant, depth)
        return
    if _is_windows_error(facts, node):
        yield Member(node, "OSError", "WindowsError", constant)
        return
    names = facts.names.classes(node)
    followed = facts.names.follow(node)
    if followed is not node and isinstance(followed, (cst.Tuple, cst.BinaryOperation)) and depth < _DEEPEST:
        yield from _members(facts, followed, constant or node, depth + 1)
    elif len(names) == 1:
        (name,) = names
        yield Member(node, name, _written(facts, node, name), constant)
    else:
        for name in names:
            yield Member(node, name, name, constant or node)


def _is_windows_error(facts: Facts, node: cst.BaseExpression) -> bool:
    """Say whether `node` is the builtin that only Windows has, as another name of `OSError`."""
    if type(node) is not cst.Name or node.value != "WindowsError" or facts.index.top.stars:
        return False
    return facts.names.owner(node.value, facts.index.scope_of(node)) is None


def _written(facts: Facts, node: cst.BaseExpression, name: str) -> str:
    """Return what the class `name` is called where it comes from, if it is one of those with several names."""
    if name not in _ALIASED:
        return name
    found = {_before_aliases(facts, node, name, 0)}
    if type(node) is cst.Name:
        found |= {
            _before_alias(binding.qualified)
            for binding in facts.names.bindings(node)
            if binding.kind == "import" and binding.qualified is not None
        }
    return min(found, key=lambda each: (each not in _TIMEOUTS, each == name, each))


def _before_aliases(facts: Facts, node: cst.BaseExpression, name: str, depth: int) -> str:
    if type(node) is cst.Attribute:
        owner = facts.names.qualified(node.value)
        if owner is not None and not owner.startswith("<file>"):
            return f"{owner}.{node.attr.value}"
    if type(node) is cst.Name:
        binding = facts.names.binding(node)
        if binding is not None and binding.qualified is not None:
            return _before_alias(binding.qualified)
    binding = facts.names.binding(node)
    if type(node) is cst.Name and facts.names.owner(node.value, facts.index.scope_of(node)) is None:
        return node.value
    if binding is None or binding.kind != "assign" or binding.value is None or depth == _DEEPEST:
        return name
    return _before_aliases(facts, binding.value, name, depth + 1)


def _before_alias(qualified: str) -> str:
    """Return `qualified` with its module by the name that the tables use: `asyncio.exceptions.X` is `asyncio.X`."""
    module, dot, last = qualified.rpartition(".")
    return f"{knowledge.canonical(module)}.{last}" if dot else last


def is_new_in_python3(caught: Member, raised: Member) -> bool:
    """Say whether `caught` takes `raised` only because Python 3 made one class of several old ones."""
    return caught.name in _ALIASED and caught.written != raised.written


def takes_since(facts: Facts, caught: Member, raised: Member) -> Version | None:
    """Return since which Python `except caught` takes every `raised`; None if it does not, or that is not known."""
    if OPAQUE in {caught.name, raised.name}:
        return ALWAYS if caught.name == "BaseException" else None
    since = None
    for version in _VERSIONS:
        if not _takes(facts, caught, raised, version):
            break
        since = version
    return since


def _takes(facts: Facts, caught: Member, raised: Member, version: Version) -> bool:
    if caught.name == "BaseException":
        return True
    return _name_in(version, caught.name, caught.written) in _lineage(facts, raised, version)


def _name_in(version: Version, name: str, written: str) -> str:
    """Return what the class is called for Python `version`."""
    return written if written in _TIMEOUTS and version < _TIMEOUTS[written][1] else name


def _lineage(facts: Facts, member: Member, version: Version) -> set[str]:
    """Return the class of `member` and its bases as Python `version` has them."""
    found: set[str] = set()
    queue = [_name_in(version, member.name, member.written)]
    for current in queue:
        if current not in found:
            found.add(current)
            queue += _bases(facts, current, version)
    return found - {OPAQUE}


def _bases(facts: Facts, name: str, version: Version) -> list[str]:
    if name in _TIMEOUTS:
        return [_TIMEOUTS[name][0]]
    if name.startswith("<file>"):
        definitions = facts.index.definitions.get(name, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.ClassDef:
            return []
        named = [(base.value, facts.names.qualified(base.value) or OPAQUE) for base in definitions[0].bases]
        return [_name_in(version, each, _written(facts, node, each)) for node, each in named]
    found = knowledge.bases(name) or ()
    if "." in name and version < _LATEST:
        # The tables do not tell which of the old timeouts it was that a library's class derives from.
        return [base for base in found if base != "TimeoutError"]
    return list(found)


def is_about_connections(facts: Facts, member: Member) -> bool:
    """Say whether the class tells by itself that a handler is about connections; a plain `OSError` does not."""
    if member.name == "OSError":
        return member.written.partition(".")[0] in _OF_CONNECTIONS
    if member.name.startswith("<file>"):
        return any(_means_connections(name) for name in _lineage(facts, member, _LATEST))
    return _means_connections(member.name)


def _means_connections(name: str) -> bool:
    package, dot, _ = name.partition(".")
    if dot and (package in _OF_CONNECTIONS or package not in sys.stdlib_module_names):
        return knowledge.bases(name) is not None
    return name != "OSError" and knowledge.is_connection_failure(name)


def is_os_error(facts: Facts, member: Member) -> bool:
    """Say whether the class is `OSError` or derives from it, whatever the version."""
    return "OSError" in _lineage(facts, member, ALWAYS)


def is_overridable(facts: Facts, member: Member) -> bool:
    """Say whether the handler reads the class from an object, whose class may derive from the one in the file."""
    node = member.constant or member.node
    return type(node) is cst.Attribute and facts.names.qualified(node.value) is None


def descent(facts: Facts, caught: Member, raised: Member) -> str:
    """Return how `caught` comes to take `raised`: `A derives from B, which derives from C`, or that they are one."""
    if raised.name == caught.name:
        if raised.written == caught.written:
            return f"{raised.written} is named twice"
        if raised.name not in {raised.written, caught.written}:
            return f"{raised.written} and {caught.written} are both {raised.name}"
        return f"{raised.written} and {caught.written} are one class"
    first, *rest = (name.removeprefix("<file>.") for name in _chain(facts, raised, caught.name))
    known_as = f"{raised.written} is {first}, which" if raised.written != raised.name else first
    also = f" ({caught.written})" if caught.written != caught.name else ""
    return f"{known_as} derives from {', which derives from '.join(rest)}{also}"


def _chain(facts: Facts, raised: Member, base: str) -> list[str]:
    """Return the shortest way from the class of `raised` up to its `base`."""
    ways = [[raised.name]]
    for way in ways:
        if way[-1] == base:
            return way
        ways += [[*way, name] for name in _bases(facts, way[-1], _LATEST) if name not in way]
        if len(ways) > 500:
            break
    return [raised.name, base]


def standard_imports(facts: Facts, node: cst.CSTNode) -> frozenset[str]:
    """Return the names below `node` that are imported from the standard library."""
    return frozenset(
        each.value
        for each in walk(node)
        if type(each) is cst.Name
        for binding in facts.names.bindings(each)
        if binding.qualified is not None and binding.qualified.partition(".")[0] in sys.stdlib_module_names
    )
