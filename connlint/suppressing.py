"""Suppressions written into a file, and taken out of it.

A team that takes connlint up has findings that it cannot look at today: `--add-noqa` marks each with a comment. Later
`--remove-noqa` takes the comments back, so that the findings speak again and their fixes apply. Both change nothing but
comments, and what they write is read again by flake8's own eyes before anybody writes it to the disk.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from connlint.catalogue import PREFIX
from connlint.noqa import Suppressions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import libcst as cst

    from connlint.facts.model import IdleComment
    from connlint.layout import Span
    from connlint.noqa import Directive
    from connlint.source import Source


# Another comment behind the codes; a number sign in a reason is none
_COMMENT = re.compile(r"(?<=\s)#(?=[\s!:])")


class Suppressed(NamedTuple):
    """A text with other suppressions than before: how many codes came or went, and the findings that none could take.

    The latter are pairs of a row, from 1, and a code.
    """

    text: str
    codes: int = 0
    impossible: tuple[tuple[int, str], ...] = ()


def added(source: Source, findings: Iterable[tuple[int, str]], reason: str = "") -> Suppressed:
    """Return the text of `source` with a comment for each of `findings`, pairs of a row, from 1, and a code.

    A comment that is there already takes the codes in; `reason` follows the codes of those that are new.
    """
    suppressions = Suppressions(source)
    wanted: dict[int, set[str]] = {}
    impossible: set[tuple[int, str]] = set()
    places = {}
    for row, code in sorted(set(findings)):
        if suppressions.has(row, code):
            continue
        place = suppressions.place(row)
        if place is None:
            impossible.add((row, code))
        else:
            places[place.row] = place
            wanted.setdefault(place.row, set()).add(code)
    edits = []
    for row, codes in wanted.items():
        place = places[row]
        if place.directive is not None:
            had = [item.code for item in place.directive.codes]
            last = place.directive.codes[-1].end
            edits.append((last, last, "".join(f",{code}" for code in sorted(codes - set(had)))))
        else:
            said = f" - {reason}" if reason else ""
            edits.append((place.end, place.end, f"  # noqa: {','.join(sorted(codes))}{said}"))
    text = _applied(source.text, edits)
    after = Suppressions(source.with_text(text))
    failed = {(row, code) for row, code in findings if not after.has(row, code)}
    if not _means_the_same(source.text, text) or failed - impossible:
        return Suppressed(source.text, impossible=tuple(sorted(set(findings))))
    return Suppressed(text, sum(map(len, wanted.values())), tuple(sorted(impossible)))


def removed(source: Source, goes: Callable[[str], bool]) -> Suppressed:
    """Return the text of `source` without the codes in its `noqa` comments of which `goes` says so."""
    edits = []
    count = 0
    for directive in Suppressions(source).directives:
        gone = [item.code for item in directive.codes if goes(item.code)]
        if gone and directive.in_comment:
            edits.append(without(source, directive, gone))
            count += len(gone)
    text = _applied(source.text, edits)
    return Suppressed(text, count) if _means_the_same(source.text, text) else Suppressed(source.text)


def without(source: Source, directive: Directive, codes: Iterable[str]) -> tuple[int, int, str]:
    """Return the edit (offsets and text) that takes `codes` out of `directive`, and it with them if none is left.

    The reason that stands behind the codes goes with the comment; another comment behind it, or before it, stays.
    """
    gone = set(codes)
    kept = [item.code for item in directive.codes if item.code not in gone]
    if kept:
        first, last = directive.codes[0], directive.codes[-1]
        between = source.text[first.end : directive.codes[1].start] if len(directive.codes) > 1 else ","
        return first.start, last.end, between.join(kept)
    text = source.text
    row = source.position(directive.start)[0]
    start_of_line = source.line_starts[row - 1]
    end = start_of_line + len(source.lines[row - 1].rstrip("\r\n"))
    following = _COMMENT.search(text, directive.end, end)
    if following is not None:
        return directive.start, following.start(), ""
    before = text[start_of_line : directive.start].rstrip()
    if before:
        return start_of_line + len(before), end, ""
    return start_of_line, start_of_line + len(source.lines[row - 1]), ""


def _applied(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _means_the_same(before: str, after: str) -> bool:
    """Say whether two texts are the same program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def unused(
    source: Source,
    suppressions: Suppressions,
    found: Iterable[tuple[int, str]],
    comments: Iterable[tuple[Span, cst.Comment]],
    known: frozenset[str],
) -> Iterator[IdleComment]:
    """Yield the comments with codes of ours that suppress nothing of `found`, pairs of a row, from 1, and a code."""
    from connlint.facts.model import IdleComment

    found = list(found)
    places = {span.start: comment for span, comment in comments}
    for directive in suppressions.directives:
        idle = tuple(
            item.code
            for item in directive.codes
            if item.code.upper().startswith(PREFIX)
            and not any(row in directive.rows and code.startswith(item.code.upper()) for row, code in found)
        )
        comment = next((node for start, node in places.items() if _stands_in(directive, start, node)), None)
        if idle and comment is not None:
            meant = frozenset(code for code in idle if any(each.startswith(code.upper()) for each in known))
            yield IdleComment(comment, idle, meant, without(source, directive, idle))


def _stands_in(directive: Directive, start: int, comment: cst.Comment) -> bool:
    return start <= directive.start < start + len(comment.value)
