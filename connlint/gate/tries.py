"""What the names in a `try` alone say of it: may it try an operation of the tables, may its handler lead back?

The gate asks this of files that it cannot rule out by their words. Each answer may be yes too often and must never be
no wrongly: a name that is not known to be something else may be anything.
"""

from __future__ import annotations

import ast
import builtins
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from connlint.telling import (
    is_request,
    speaks_of_a_peer,
    speaks_of_connecting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.knowledge.model import Library

CONNECTION_CLASSES = frozenset(
    {"BrokenPipeError", "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError"}
)
BUILTINS = frozenset(vars(builtins))
TAKE_ALL = frozenset({"BaseException", "Exception"})
_BROAD = TAKE_ALL | {"EnvironmentError", "IOError", "OSError", "WindowsError"}
# The classes that take whatever the calls of a library raise when they fail to reach the peer.
_ROOTS = {"httpx": ("HTTPError", "RequestError", "TransportError"), "requests": ("RequestException",)}
_OTHER_PACKAGES = {
    "SocketServer": "socket",
    "_socket": "socket",
    "_ssl": "ssl",
    "httplib": "http",
    "socketserver": "socket",
    "xmlrpclib": "xmlrpc",
}
# Where the network is tried, what any of these takes matters.
_OS_ERRORS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, OSError)
)
_RELATED = _BROAD | CONNECTION_CLASSES | {"BaseExceptionGroup", "EOFError", "ExceptionGroup", "TimeoutError"}


class Names(NamedTuple):
    """What the names of a file are: those that are imported, with what they stand for, the functions and classes that
    it defines, and the packages that it imports."""

    imported: dict[str, str]
    renamed: frozenset[str]
    defined: frozenset[str]
    packages: frozenset[str]
    rebinds: bool = False
    """True if a builtin's name may stand for something else."""
    several: frozenset[str] = frozenset()
    """The names that may stand for several things, or that the file gives a value."""


def _that_connect(library: Library) -> frozenset[str]:
    """Return the last names of the operations of `library` that connect."""
    found: set[str] = set()
    for row in library.operations:
        if row.phase == "connect":
            parts = row.name.split(".")
            last = parts[-2] if parts[-1].startswith("__") and len(parts) > 1 else parts[-1]
            # what begins with an operation's own class goes through its constructor, `with` and iteration
            found |= {last, parts[-1].partition("[")[0], last.partition("[")[0]}
    return frozenset(found)


@cache
def _standard() -> dict[str, frozenset[str]]:
    """Return what connects in the packages of the standard library, and in those that stand in their place."""
    from connlint import knowledge

    found: dict[str, frozenset[str]] = {}
    for library in knowledge.standard():
        reached = {row.name.partition(".")[0] for row in library.operations}
        # The table tells of much that has nothing to do with a network.
        roots = {
            name.partition(".")[0]
            for name, meant in library.aliases.items()
            if "." in name and meant.partition(".")[0] in reached
        }
        for root in {library.name, *reached, *roots}:
            found[root] = found.get(root, frozenset()) | _that_connect(library)
    for other, root in _OTHER_PACKAGES.items():
        found.setdefault(other, found[root])
    return found


@cache
def _connecting(package: str) -> frozenset[str]:
    """Return what connects in `package`. Only its own table is read for it: all of them take longer than a walk."""
    from connlint import knowledge

    found = _standard().get(package, frozenset())
    library = knowledge.client(package)
    return found if library is None else found | _that_connect(library)


@cache
def _known_packages() -> frozenset[str]:
    """Return the packages that bring operations."""
    from connlint import knowledge

    return frozenset({*_standard(), *knowledge.CLIENTS})


@cache
def connecting_names(packages: frozenset[str], own: frozenset[str]) -> frozenset[str]:
    """Return the last names of those that connect."""
    return own.union(*(_connecting(package) for package in packages))


def last(node: ast.AST) -> str:
    """Return the last part of the name that `node` is, nothing if it is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands right below `node`.

    Only fields are followed: under flake8 the tree is shared, and other plugins link nodes to their parents.
    """
    for field in node._fields:
        value = getattr(node, field, None)
        if value.__class__ is list:
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            yield value


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield `node` and all below it, in any order: `ast.walk` takes twice as long.

    As `children` does it, in line: here is where most nodes come by.
    """
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        for field in node._fields:
            value = getattr(node, field, None)
            if value.__class__ is list:
                stack += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                stack.append(value)


def root_of(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class Try:
    """A `try`, and what its names say."""

    def __init__(self, node: ast.AST, names: Names) -> None:
        self.node = cast("ast.Try", node)
        self._names = names

    def classes(self, handler: ast.ExceptHandler) -> Iterator[ast.expr | None]:
        """Yield what `handler` names, None for all."""
        if handler.type is None:
            yield None
        elif isinstance(handler.type, ast.Tuple):
            yield from handler.type.elts
        else:
            yield handler.type

    def is_narrow(self, *, with_os_error: bool) -> bool:
        """Say whether the clauses take some failures of connections, by name, and may miss others."""
        if self.takes_all() or self._takes_all_of_library():
            return False
        return any(
            item is not None
            and (
                last(item) in CONNECTION_CLASSES
                or last(item) in {"TimeoutError", "timeout"}
                or (with_os_error and last(item) in _RELATED)
                or (self.is_unknown(item) and last(item) not in self._names.defined)
                or self._is_of_table(item)
            )
            for handler in self.node.handlers
            if not only_raises(handler.body)
            for item in self.classes(handler)
        )

    def _takes_all_of_library(self) -> bool:
        """Say whether a clause takes all that the only library raises that the file imports."""
        network = self._names.packages & _known_packages()
        if len(network) != 1:
            return False
        (package,) = network
        roots = {f"{path}.{name}" for name in _ROOTS.get(package, ()) for path in (package, f"{package}.exceptions")}
        return any(
            item is not None and self._meant(item) in roots
            for handler in self.node.handlers
            if not only_raises(handler.body)
            for item in self.classes(handler)
        )

    def _meant(self, item: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(item, ast.Attribute):
            parts.append(item.attr)
            item = item.value
        if not isinstance(item, ast.Name):
            return ""
        imported = self._names.imported.get(item.id, "")
        # `import a.b` binds `a`
        root = imported if imported.rpartition(".")[2] == item.id or item.id in self._names.renamed else item.id
        return ".".join([root if imported else "", *reversed(parts)])

    def _is_of_table(self, item: ast.expr) -> bool:
        return self._names.imported.get(root_of(item), "").partition(".")[0] in _known_packages()

    def may_be_ladder(self) -> bool:
        """Say whether a later clause may name what an earlier one takes: neither is merely of unrelated builtins."""
        may_take = False
        for handler in self.node.handlers:
            items = [*self.classes(handler)]
            if may_take and not all(item is None or self._is_never_later(item) for item in items):
                return True
            may_take = may_take or any(
                item is None or not self._is_unrelated(item) or last(item) in _OS_ERRORS for item in items
            )
        return False

    def _is_never_later(self, item: ast.expr) -> bool:
        if self._is_unrelated(item):
            return last(item) not in _OS_ERRORS
        return isinstance(item, ast.Name) and item.id in TAKE_ALL and self._is_builtin(item)

    def may_repeat(self) -> bool:
        """Say whether a clause may name several classes that are about connections."""
        for handler in self.node.handlers:
            named = (item for item in self.classes(handler) if item is not None)
            related = [item for item in named if not self._is_unrelated(item) or last(item) in _OS_ERRORS]
            if len(related) > 1 or any(map(self.is_unknown, related)):
                return True
        return False

    def takes_all(self) -> bool:
        """Say whether some clause takes every exception that is no exit."""
        return any(
            item is None or (isinstance(item, ast.Name) and item.id in TAKE_ALL)
            for handler in self.node.handlers
            for item in self.classes(handler)
        )

    def is_unknown(self, item: ast.expr) -> bool:
        """Say whether `item` may stand for several classes, or for any: it is no builtin, and nothing imported."""
        root = root_of(item)
        if self._names.rebinds and root in BUILTINS:
            return True
        if root in self._names.several:
            return True
        return (root not in BUILTINS or root in self._names.defined) and root not in self._names.imported

    def _is_builtin(self, item: ast.expr) -> bool:
        known = isinstance(item, ast.Name) and item.id in BUILTINS
        return known and not self.is_unknown(item) and last(item) not in self._names.imported

    def may_name_builtin_connection(self) -> bool:
        """Say whether a clause may take one of the builtin classes by name."""
        return any(
            item is not None and (last(item) in CONNECTION_CLASSES or self.is_unknown(item) or self._is_renamed(item))
            for handler in self.node.handlers
            for item in self.classes(handler)
        )

    def _is_renamed(self, item: ast.expr) -> bool:
        return isinstance(item, ast.Name) and item.id in self._names.renamed

    def may_take(self) -> bool:
        """Say whether a clause may take a failure of a connection."""
        return any(
            item is None or not self._is_unrelated(item)
            for handler in self.node.handlers
            for item in self.classes(handler)
        )

    def _is_unrelated(self, item: ast.expr) -> bool:
        return self._is_builtin(item) and last(item) not in _RELATED


def is_unrelated(name: str) -> bool:
    """Say whether `name` is that of a builtin that takes no failure of a connection."""
    return name in BUILTINS and name not in _RELATED


def speaks(call: ast.Call) -> bool:
    """Say whether `call` says by its names that it reaches a peer."""
    name = last(call.func)
    if speaks_of_a_peer(name) or speaks_of_connecting(name):
        return True
    return isinstance(call.func, ast.Attribute) and is_a_request(call)


def is_a_request(call: Any) -> bool:
    """Say whether `call`, of a method, is by its names the request of a client."""
    receiver = last(call.func.value)
    return any(is_request(call.func.attr, receiver, last(arg)) for arg in call.args) or any(
        keyword.arg == "url" and is_request(call.func.attr, receiver, "url") for keyword in call.keywords
    )


def only_raises(body: Sequence[ast.stmt]) -> bool:
    """Say whether the handler with that `body` does nothing but to let through what it takes."""
    return len(body) == 1 and isinstance(body[0], ast.Raise) and body[0].exc is None
