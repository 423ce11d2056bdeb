"""A fix as text: edits, sorted and applied.

Edits serve writing, `--diff`, JSON and editors alike. Each is as small as it can be: what an old and a new statement
have in common at their ends is no part of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import libcst as cst

from connlint.layout import render
from connlint.lazy import TextPattern
from connlint.rules.base import Rewrite
from connlint.source import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts import Facts

_LAST_LINE_END = TextPattern(r"(\r\n|\n|\r)\Z")


def edits_of(facts: Facts, text: str, rewrite: Rewrite) -> tuple[Edit, ...] | None:
    """Return `rewrite` as edits of `text`, sorted; None if it cannot be written so.

    Raises `connlint.layout.RoundTripError` if libcst does not bring `text` back the same.
    """
    from connlint.fixes.imports import with_imports

    full = with_imports(facts, rewrite)
    if full is None:
        return None
    facts.layout.require(text)
    edits = [*rewrite.edits]
    for node, replacement in full.items():
        if _is_elif(facts, node):
            return None  # libcst would write it as an `if`
        span = facts.layout.span(node)
        nodes = replacement if isinstance(replacement, tuple) else (replacement,)
        new = "".join(render(facts.module, each, span.indent) for each in nodes)
        edits.append(_trimmed(text, span.outer_start, span.outer_end, new))
    edits = sorted(set(edits))
    if any(edit.end > following.start for edit, following in pairwise(edits)):
        return None  # it replaces a node and one within it
    return tuple(edits)


def _is_elif(facts: Facts, node: cst.CSTNode) -> bool:
    parent = facts.index.parents.get(node)
    return isinstance(node, cst.If) and isinstance(parent, cst.If) and parent.orelse is node


def _trimmed(text: str, start: int, end: int, new: str) -> Edit:
    """Return the edit without what its old and its new text share at both ends: whole lines first, then characters."""
    old = text[start:end]
    if text.endswith("\r") and "\n" not in text:
        new = new.replace("\n", "\r")  # the last line's end, as libcst was given it, may no longer be the last
    if end == len(text) and not old.endswith(("\n", "\r")):
        new = new.rstrip("\r\n")  # the last line of the file has no line end, and libcst renders one
    else:
        # in a file of mixed line ends, libcst renders all as the first
        line_end = _LAST_LINE_END.search(old)
        if line_end is not None:
            new = _LAST_LINE_END.sub(line_end.group(), new)
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    first, last = _shared(old_lines, new_lines)
    head = sum(map(len, old_lines[:first]))
    tail = sum(map(len, old_lines[len(old_lines) - last :]))
    more_head, more_tail = _shared(old[head : len(old) - tail], new[head : len(new) - tail])
    head, tail = head + more_head, tail + more_tail
    return Edit(start + head, end - tail, new[head : len(new) - tail])


def _shared(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many items `old` and `new` share at their heads, and then at their tails."""
    shortest = min(len(old), len(new))
    head = 0
    while head < shortest and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shortest - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def overlap(one: Iterable[Edit], other: Iterable[Edit]) -> bool:
    """Say whether two fixes touch the same text. The same edit in both does not count: it is made once."""
    others = list(other)
    return any(
        mine != theirs and mine.start <= theirs.end and theirs.start <= mine.end for mine in one for theirs in others
    )


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with `edits` applied; edits given twice are applied once. They must not overlap."""
    parts = []
    position = 0
    for edit in sorted(set(edits)):
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def joined(rewrites: Iterable[Rewrite]) -> Rewrite:
    """Return one rewrite that does what all of `rewrites` do, so that imports are added and dropped for all at once."""
    rewrites = list(rewrites)
    return Rewrite(
        {old: new for rewrite in rewrites for old, new in rewrite.replace.items()},
        tuple(name for rewrite in rewrites for name in rewrite.imports),
        tuple(name for rewrite in rewrites for name in rewrite.dropped_imports),
        tuple(edit for rewrite in rewrites for edit in rewrite.edits),
        tuple(comment for rewrite in rewrites for comment in rewrite.dropped_comments),
    )
