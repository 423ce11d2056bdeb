"""What libcst would not get through: trees that are too deep, too large, or take exponential time."""

from __future__ import annotations

import ast
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from connlint.gate.marks import BLOCKS
from connlint.gate.statements import TRIES
from connlint.lazy import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


# libcst's native parser dies of a stack that overflows, and takes minutes for what is nested some thousands deep; it
# needs about a kilobyte for each token. Measured with libcst 1.9 on CPython 3.11: with the stack that
# `connlint.parsing` gives it every form of 3,000 levels is survived, and of 2,000 the slowest one (calls of calls) is
# read in two seconds; 300,000 nodes cost a gigabyte and a quarter of a minute. `ast` needs a gigabyte itself for ten
# million bytes; the largest files of a thousand packages have six million.
MOST_LEVELS = 2_050
MOST_NODES = 300_000
MOST_BYTES = 10_000_000

# The one thing that libcst reads in exponential time: each bracket within a pattern, or after `del`, doubles it, and
# the braces of a mapping pattern quadruple it. This many times that of a plain pattern is a third of a second.
MOST_TRIES = 2**16

TOO_DEEP = "is nested too deeply to be analysed"
TOO_LARGE = "is too large to be analysed"


def too_much(tree: ast.Module, data: bytes) -> str | None:
    """Say why libcst must not see the file of `tree`, whose content is `data`; None if it may.

    What `ast` holds side by side and libcst one within the other (the terms of `a and b and c`, the `for` clauses of a
    comprehension, the parts of a dotted import) counts as levels, and so does what is compared pair by pair: clauses.
    """
    nodes = 0
    headers: list[tuple[int, int]] = []
    stack: list[tuple[Any, int]] = [(tree, 0)]
    # Where there cannot be too many nodes, only that is looked into which is as long as what is too deep.
    lengths = [*map(len, data.splitlines(keepends=True))] if _has_few_nodes(data) else []
    ends = [*accumulate(lengths)]
    longest = max(lengths, default=MOST_LEVELS + 1)
    while stack:
        node, level = stack.pop()
        kind = node.__class__
        side_by_side = _SIDE_BY_SIDE.get(kind)
        level += 1 if side_by_side is None else side_by_side(node)
        if level > MOST_LEVELS:
            return TOO_DEEP
        rows = _HEADERS.get(kind)
        if rows is not None:
            headers += rows(node)
        if ends and (first := getattr(node, "lineno", 0)) and _is_short(node, first, ends, MOST_LEVELS - level):
            fields = BLOCKS.get(kind, ())
        else:
            fields = _fields(kind)
        most_rows = (MOST_LEVELS - level) // longest
        for field in fields:
            value = getattr(node, field)
            if value.__class__ is list:
                stack += [
                    (item, level)
                    for item in value
                    if (
                        item.end_lineno - item.lineno >= most_rows
                        if item.__class__ in _UNDIVIDED
                        else isinstance(item, ast.AST)
                    )
                ]
                nodes += len(value)
            elif isinstance(value, ast.AST):
                stack.append((value, level))
                nodes += 1
    if nodes > MOST_NODES:
        return TOO_LARGE
    return TOO_DEEP if headers and _tries(data, headers) > MOST_TRIES else None


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
    return fields


def _has_few_nodes(data: bytes) -> bool:
    """Say whether the tree of `data` surely has no more than `MOST_NODES`."""
    if len(data) * _NODES_OF_A_TOKEN <= MOST_NODES:
        return True
    signs = len(data.translate(None, _NO_SIGNS))
    return (2 * signs + len(data.split())) * _NODES_OF_A_TOKEN <= MOST_NODES


def _is_short(node: Any, first: int, ends: list[int], most: int) -> bool:
    """Say whether the rows of `node`, of a block's only those up to the block, hold fewer than `most` bytes.

    Every level takes a byte at least. `first` is the first row, and `ends` is where the rows end.
    """
    kind = node.__class__
    last = node.end_lineno
    if kind in BLOCKS:
        block = getattr(node, BLOCKS[kind][0])
        last = getattr(block[0], "lineno", last)
        decorators = getattr(node, "decorator_list", ())
        if decorators:
            first = decorators[0].lineno
    if not last or last > len(ends):
        return False
    return bool(ends[last - 1] - (ends[first - 2] if first > 1 else 0) < most)


def _tries(data: bytes, headers: Iterable[tuple[int, int]]) -> int:
    """Return how often libcst tries to read what stands in the rows `headers`, first and last ones, counted from 1.

    The text is asked and not the tree, which has no brackets around what is but put in brackets.
    """
    lines = _LINE_END.split(data)
    tries = 0
    for first, end in headers:
        depth = deepest = 0
        for bracket in _BRACKET.findall(b"\n".join(lines[first - 1 : end])):
            depth = max(depth + _BRACKETS[bracket], 0)
            deepest = max(deepest, depth)
        tries += 2 ** min(deepest, 64)
    return tries


def _rows_of_cases(node: ast.Match) -> Iterator[tuple[int, int]]:
    end = node.subject.end_lineno
    for case in node.cases:
        yield end or 1, case.body[0].lineno
        end = case.body[-1].end_lineno


_LINE_END = Pattern(rb"\r\n|\r|\n")
_BRACKET = Pattern(rb"[][(){}]")
_BRACKETS = {b"(": 1, b"[": 1, b"{": 2, b")": -1, b"]": -1, b"}": -2}
_HEADERS: Mapping[type[ast.AST], Callable[[Any], Iterable[tuple[int, int]]]] = {
    ast.Match: _rows_of_cases,
    ast.Delete: lambda node: [(node.lineno, node.end_lineno)],
}
_LEAVES = frozenset({"attr", "ctx", "id", "kind", "n", "op", "ops", "s"})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
# Statements that hold no others, and none of the headers above.
_UNDIVIDED: frozenset[Any] = frozenset(
    {ast.AnnAssign, ast.Assert, ast.Assign, ast.AugAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.Raise, ast.Return}
)
# At most: a name that is a statement.
_NODES_OF_A_TOKEN = 2
_NO_SIGNS = b" \t\n\r\f_" + bytes(code for code in range(128) if chr(code).isalnum())
_PAIRED = 10
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SIDE_BY_SIDE: Mapping[type[ast.AST], Callable[[Any], int]] = {
    ast.BoolOp: lambda node: len(node.values),
    ast.ExceptHandler: lambda node: 1 + _PAIRED * len(getattr(node.type, "elts", ())),
    ast.ImportFrom: lambda node: 1 + (node.module or "").count("."),
    ast.alias: lambda node: 1 + node.name.count("."),
    ast.Subscript: lambda _: 2,  # take libcst thrice as long as calls
    **dict.fromkeys(_COMPREHENSIONS, lambda node: len(node.generators)),
    **dict.fromkeys(TRIES, lambda node: 1 + _PAIRED * len(node.handlers)),
}
