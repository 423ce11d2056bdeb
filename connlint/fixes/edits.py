"""A fix as text: edits, sorted and applied.

Edits serve writing, `--diff`, JSON and editors alike. Each is as small as it can be: what an old and a new statement
have in common at their ends is no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connlint.layout import locate, render

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from connlint.facts import Facts
    from connlint.rules.base import Rewrite


class Edit(NamedTuple):
    """Replace the characters from `start` up to `end` by `text` (offsets into the decoded text)."""

    start: int
    end: int
    text: str


def edits_of(facts: Facts, text: str, rewrite: Rewrite) -> tuple[Edit, ...] | None:
    """Return `rewrite` as edits of `text`, sorted; None if an import that it needs has no place.

    Raises `connlint.layout.RoundTripError` if libcst does not bring `text` back the same.
    """
    from connlint.fixes.imports import with_imports

    full = with_imports(facts, rewrite)
    if full is None:
        return None
    spans = locate(facts.module, text, full.keys())
    edits = []
    for node, replacement in full.items():
        span = spans[node]
        nodes = replacement if isinstance(replacement, tuple) else (replacement,)
        new = "".join(render(facts.module, each, span.indent) for each in nodes)
        edits.append(_trimmed(text, span.outer_start, span.outer_end, new))
    return tuple(sorted(edits))


def _trimmed(text: str, start: int, end: int, new: str) -> Edit:
    """Return the edit without what its old and its new text share at both ends."""
    old = text[start:end]
    if end == len(text) and not old.endswith(("\n", "\r")):
        new = new.rstrip("\r\n")  # the last line of the file has no line end, and libcst renders one
    head = 0
    shortest = min(len(old), len(new))
    while head < shortest and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shortest - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Edit(start + head, end - tail, new[head : len(new) - tail])


def overlap(one: Iterable[Edit], other: Iterable[Edit]) -> bool:
    """Say whether two fixes touch the same text. The same edit in both (an import that both need) does not count."""
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


def replaced_nodes(rewrite: Rewrite) -> list[cst.CSTNode]:
    """Return the nodes that `rewrite` puts into the tree."""
    found: list[cst.CSTNode] = []
    for replacement in rewrite.replace.values():
        found.extend(replacement if isinstance(replacement, tuple) else (replacement,))
    return found
