"""What one walk over the statements of a file sees: what it imports and defines, and where it handles exceptions."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from connlint.gate.marks import BLOCKS, FUNCTIONS, LOOPS, parts
from connlint.gate.tries import Names, Try, connecting_names, last, walk
from connlint.gate.words import (
    BOUND,
    BRING_CONNECTED,
    IN_TESTS,
    MADE_SOCKET,
    NETWORK,
    PREPARING_NAMES,
    SAID,
    SUPPRESS,
    UNRELATED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.gate.text import Text


class Seen(NamedTuple):
    """What the walk over the statements has seen; `imports` are dotted names, one a line. `suppresses` says whether a
    `with` may take exceptions, and `suppresses_in_loop` whether one does in a loop."""

    tree: ast.Module
    names: Names
    imports: bytes
    tries: list[tuple[Try, bool]]
    suppresses: bool
    suppresses_in_loop: bool

    def reaches_network(self, text: Text) -> bool:
        """Say whether the file imports something through which the network can be reached."""
        if text.names_own_operation:
            return True
        return any(
            text.reaches(package)
            and (package not in SAID or text.matches(SAID[package]) or BOUND[package].search(self.imports))
            for package in self.names.packages & NETWORK.keys()
        )

    @property
    def is_test(self) -> bool:
        """True if the file surely is a test, which most rules pass over."""
        return IN_TESTS.search(self.imports) is not None

    def connecting_names(self, text: Text) -> frozenset[str]:
        """Return the last names of the operations that connect, at once or by their first request."""
        return connecting_names(self.names.packages, text.own_names) | PREPARING_NAMES

    def connects(self, text: Text) -> bool:
        """Say whether one of the operations that connect may be named."""
        names = self.connecting_names(text)
        if self.names.packages.isdisjoint(BRING_CONNECTED) and not text.has(MADE_SOCKET):
            # There is no socket whose method it could be.
            names -= {"connect", "connect_ex"}
        if any(meant.rpartition(".")[2] in names for meant in self.imports.decode().replace(" as", "").split("\n")):
            return True
        return any(
            (node.__class__ is ast.Attribute and node.attr in names)
            or (node.__class__ is ast.Name and node.id in names)
            for part in parts(self.tree, text.rows(names))
            for node in walk(part.node)
        )


_DEFINITIONS = FUNCTIONS | {ast.ClassDef}
_BODY = ("body",)
# Context managers that surely take no exception.
_OPENING = frozenset({"open"})
_WITHS = frozenset({ast.With, ast.AsyncWith})
TRIES = frozenset({ast.Try, ast.TryStar})


def look(tree: ast.Module, text: Text) -> Seen:
    """Walk the statements of `tree`, for what it imports and defines, and where it handles exceptions."""
    imports: list[str] = []
    imported: dict[str, str] = {}
    renamed: set[str] = set()
    defined: set[str] = set()
    tries: list[tuple[ast.AST, bool]] = []
    withs: list[tuple[Any, bool]] = []
    withs_handle = text.has(SUPPRESS)
    several: set[str] = set()
    may_bind, bound = text.rebinds_caught, False
    stack: list[tuple[list[ast.AST], bool]] = [([*tree.body], False)]
    while stack:
        body, in_loop = stack.pop()
        for node in body:
            kind = node.__class__
            blocks = BLOCKS.get(kind)
            if may_bind and not bound and _binds_unrelated(node):
                bound = True
            if blocks is None:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    imports += _imported(node)
                    _bind(node, imported, renamed, several)
                elif kind is ast.Assign and not isinstance(cast("ast.Assign", node).value, ast.Constant):
                    several.update(_assigned(cast("ast.Assign", node)))
                continue
            inner = in_loop
            if kind in LOOPS:
                inner = True
                stack.append(([*cast("ast.For", node).orelse], in_loop))
                blocks = _BODY
            elif kind in _DEFINITIONS:
                defined.add(cast("ast.ClassDef", node).name)
                inner = False
            elif kind in TRIES:
                tries.append((node, in_loop))
            elif withs_handle and kind in _WITHS:
                withs.append((node, in_loop))
            for field in blocks:
                block = getattr(node, field)
                if block:
                    stack.append((block, inner))
    rebinds = bound or not UNRELATED.isdisjoint(imported)
    packages = frozenset(re.split(r"[. ]", name, maxsplit=1)[0] for name in imports)
    names = Names(imported, frozenset(renamed), frozenset(defined), packages, rebinds, frozenset(several))
    suppressing = [in_loop for node, in_loop in withs if _may_suppress(node)]
    judged = [(Try(node, names), in_loop) for node, in_loop in tries]
    return Seen(tree, names, "\n".join(imports).encode(), judged, bool(suppressing), any(suppressing))


def _binds_unrelated(node: ast.AST) -> bool:
    """Say whether the statement `node` gives one of the builtin names that matter to nobody to something else."""
    if node.__class__ in _DEFINITIONS and cast("ast.ClassDef", node).name in UNRELATED:
        return True
    if node.__class__ is ast.ExceptHandler:
        return node.name in UNRELATED
    parts: list[Any] = []
    for field in ("target", "targets", "optional_vars", "items", "args", "subject"):
        part = getattr(node, field, None)
        parts += part if isinstance(part, list) else [part]
    names = (each for part in parts if part is not None for each in walk(part))
    return any(
        (each.__class__ is ast.Name and each.ctx.__class__ is not ast.Load and each.id in UNRELATED)
        or (each.__class__ is ast.arg and each.arg in UNRELATED)
        for each in names
    )


def _may_suppress(node: ast.With) -> bool:
    """Say whether an item of the `with` may be `contextlib.suppress`, whatever it is called here."""
    return any(
        not isinstance(item.context_expr, ast.Call) or last(item.context_expr.func) not in _OPENING
        for item in node.items
    )


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that `node` imports, those that it renames marked by ` as`."""
    if isinstance(node, ast.Import):
        return [f"{alias.name} as" if alias.asname else alias.name for alias in node.names]
    return [f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names]


def _bind(node: ast.Import | ast.ImportFrom, imported: dict[str, str], renamed: set[str], several: set[str]) -> None:
    """Note which names `node` binds, what they stand for, and which are others than they were, or `several` things."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            name, meant = alias.asname or alias.name.partition(".")[0], alias.name
        else:
            name, meant = alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"
            if alias.asname is not None:
                renamed.add(alias.asname)
        before = imported.get(name, meant)
        same_root = before.partition(".")[0] == meant.partition(".")[0] == name
        if before != meant and not same_root:
            several.add(name)
        imported[name] = meant


def _assigned(node: ast.Assign) -> Iterator[str]:
    """Yield the plain names that `node` binds."""
    for target in node.targets:
        for item in target.elts if isinstance(target, (ast.List, ast.Tuple)) else [target]:
            if isinstance(item, ast.Name):
                yield item.id
