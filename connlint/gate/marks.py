"""Which statements of a tree stand in rows of the text that hold a word? Only these need to be walked.

Names are written out, so a node that names something stands in a statement that touches a row with that name. To find
these statements costs a comparison each, to walk them all some dozens.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    Function = ast.FunctionDef | ast.AsyncFunctionDef

FUNCTIONS = frozenset({ast.AsyncFunctionDef, ast.FunctionDef})
LOOPS = frozenset({ast.AsyncFor, ast.For, ast.While})
# The fields that hold statements, or what holds statements in turn.
BLOCKS: Mapping[type[ast.AST], tuple[str, ...]] = {
    **dict.fromkeys((ast.If, *LOOPS), ("body", "orelse")),
    **dict.fromkeys((*FUNCTIONS, ast.ClassDef, ast.With, ast.AsyncWith, ast.ExceptHandler), ("body",)),
    **dict.fromkeys((ast.Try, ast.TryStar), ("body", "handlers", "orelse", "finalbody")),
    ast.match_case: ("body",),
    ast.Match: ("cases",),
    ast.Module: ("body",),
}


class Rows:
    """The rows of a text in which something stands."""

    def __init__(self, rows: Iterable[int]) -> None:
        self._rows = sorted(rows)

    def touch(self, node: Any) -> bool:
        """Say whether `node` stands in one of the rows, its decorators included."""
        first = getattr(node, "lineno", 0)
        decorators = getattr(node, "decorator_list", ())
        if decorators:
            first = min(first, decorators[0].lineno)
        index = bisect_left(self._rows, first)
        return index < len(self._rows) and self._rows[index] <= (getattr(node, "end_lineno", None) or self._rows[-1])


class Lines:
    """A text, and where its rows end as Python counts them."""

    def __init__(self, data: bytes) -> None:
        self._data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

    def with_words(self, words: Collection[str]) -> Rows | None:
        """Return the rows that hold one of `words`, be it as a part of a longer one; None if that cannot be told.

        The tree has names as Python compares them, and where they are not of ASCII the text may have others.
        """
        if not all(map(str.isascii, words)):
            return None
        data = self._data
        found: set[int] = set()
        for word in words:
            sought = word.encode()
            row, counted = 1, 0
            at = data.find(sought)
            while at >= 0:
                row += data.count(b"\n", counted, at)
                found.add(row)
                counted = at
                end = data.find(b"\n", at)
                at = data.find(sought, end) if end >= 0 else -1
        return Rows(found)


class Part(NamedTuple):
    """A statement that holds no others, or an expression in the head of one that does, and where it stands.

    `owner` is the class whose own body holds it, and `function` the function, be it through classes in it.
    """

    node: ast.AST
    function: Function | None
    owner: ast.ClassDef | None
    in_loop: bool


def parts(tree: ast.Module, rows: Rows | None) -> Iterator[Part]:
    """Yield what `tree` consists of, where `rows` are given only what may stand in one of them."""
    stack: list[tuple[Sequence[ast.AST], Function | None, ast.ClassDef | None, bool]] = [(tree.body, None, None, False)]
    while stack:
        block, function, owner, in_loop = stack.pop()
        for node in block:
            kind = node.__class__
            if rows is not None and kind is not ast.match_case and not rows.touch(node):
                continue
            blocks = BLOCKS.get(kind)
            if blocks is None:
                yield Part(node, function, owner, in_loop)
                continue
            inner = (function, owner, in_loop or kind in LOOPS)
            if kind in FUNCTIONS:
                inner = (cast("ast.FunctionDef", node), None, False)
            elif kind is ast.ClassDef:
                inner = (function, cast("ast.ClassDef", node), in_loop)
            for field in node._fields:
                value = getattr(node, field, None)
                if field in blocks:
                    stack.append((cast("list[ast.AST]", value), *inner))
                elif value.__class__ is list:
                    for each in cast("list[object]", value):
                        if isinstance(each, ast.AST):
                            yield Part(each, function, owner, inner[2] or in_loop)
                elif isinstance(value, ast.AST):
                    yield Part(value, function, owner, inner[2] or in_loop)
