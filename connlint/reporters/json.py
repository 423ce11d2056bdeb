"""Findings for programs: one list of objects with ruff's keys. Rows and columns count from 1, columns in characters."""

from __future__ import annotations

import json
import tokenize
from typing import TYPE_CHECKING, Any

from connlint.catalogue import docs_url
from connlint.discovery import absolute
from connlint.reporters.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.engine import Diagnostic, ProvenFix
    from connlint.run import Outcome
    from connlint.source import Source


def findings(outcomes: Iterable[Outcome]) -> str:
    """Return the findings of all files as one document."""
    return _document([_finding(outcome, item) for outcome in outcomes for item in outcome.checked.diagnostics])


def statistics(outcomes: Iterable[Outcome]) -> str:
    """Return how often each code was found as one document."""
    return _document(
        [
            {"code": code, "name": name, "count": count, "fixable": fixable == count, "fixable_count": fixable}
            for code, name, count, fixable in counted(outcomes)
        ]
    )


def _document(value: list[dict[str, Any]]) -> str:
    return json.dumps(value, indent=2)


def _finding(outcome: Outcome, item: Diagnostic) -> dict[str, Any]:
    path = outcome.task.path
    return {
        "code": item.code,
        "end_location": _location(item.end_row, item.end_column),
        "filename": path if path == "-" else absolute(path),
        "fix": _fix(item.fix, outcome.checked.source),
        "location": _location(item.row, item.column),
        "message": item.message,
        "noqa_row": _noqa_row(outcome.checked.source, item.row),
        "url": docs_url(item.name),
    }


def _fix(fix: ProvenFix | None, source: Source | None) -> dict[str, Any] | None:
    if fix is None or source is None:
        return None
    edits = [
        {
            "content": edit.text,
            "end_location": _location(*source.position(edit.end)),
            "location": _location(*source.position(edit.start)),
        }
        for edit in fix.edits
    ]
    return {"applicability": fix.applicability, "edits": edits, "message": fix.message}


def _location(row: int, column: int) -> dict[str, int]:
    return {"column": column, "row": row}


def _noqa_row(source: Source | None, row: int) -> int:
    """Return the row at whose end a comment can be put that suppresses a finding on `row`.

    That is another one only where a row ends inside a string or with a backslash. To flake8, a comment anywhere in a
    statement counts for all of its rows.
    """
    if source is None:
        return row
    for start, end in _unbroken(source):
        if start <= row < end:
            row = end
    return row


def _unbroken(source: Source) -> Iterator[tuple[int, int]]:
    """Yield the first and last rows of what spans rows and leaves no place for a comment, in order."""
    strings: list[int] = []
    last = 1
    try:
        for token in tokenize.generate_tokens(iter(source.lines).__next__):
            name = tokenize.tok_name[token.type]
            if token.start[0] > last and source.lines[last - 1].rstrip("\r\n").endswith("\\"):
                yield last, token.start[0]
            if name in {"FSTRING_START", "TSTRING_START"}:
                strings.append(token.start[0])
            elif name in {"FSTRING_END", "TSTRING_END"}:
                yield strings.pop(), token.end[0]
            elif name == "STRING":
                yield token.start[0], token.end[0]
            last = token.end[0]
    except (tokenize.TokenError, SyntaxError):
        return
