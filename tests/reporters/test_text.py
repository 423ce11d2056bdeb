"""Findings as text: the place, the part underlined, the reasons, the fix."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from connlint.engine import Checked, Diagnostic, ProvenFix, Selection
from connlint.reporters.style import Style
from connlint.reporters.text import findings, statistics
from connlint.run import Outcome, Task
from connlint.source import Edit, Source

if TYPE_CHECKING:
    from connlint.rules.base import Applicability

TASK = Task("/x/a.py", "a.py", Selection())


def outcome(text: str, *items: Diagnostic) -> Outcome:
    return Outcome(TASK, Checked("a.py", items, source=Source("a.py", text, "utf-8", bom=False)))


def item(
    row: int, column: int, end_row: int, end_column: int, why: tuple[str, ...] = (), kind: Applicability | None = None
) -> Diagnostic:
    fix = ProvenFix(kind, "Close it", (Edit(0, 0, ""),)) if kind is not None else None
    return Diagnostic("CNL302", "leak", "`s` leaks", row, column, end_row, end_column, why, kind, fix)


def said(text: str, *items: Diagnostic) -> str:
    return "\n".join(findings(outcome(text, *items), Style()))


def test_nothing_is_said_of_nothing() -> None:
    assert said("x\n") == ""


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        pytest.param(
            "x\r\n\tconnect(a)\r\n",
            item(2, 2, 2, 12),
            """\
            a.py:2:2: CNL302 `s` leaks
            2 |     connect(a)
              |     ^^^^^^^^^^
            """,
            id="bare",
        ),
        pytest.param(
            "connect(a,\n  b)  # c\n",
            item(1, 1, 2, 5),
            """\
            a.py:1:1: CNL302 `s` leaks
            1 | connect(a,
              | ^^^^^^^^^^
            """,
            id="over-two-lines",
        ),
        pytest.param(
            "\n" * 99 + "connect(a)",
            item(100, 1, 100, 11, ("connect can raise OSError", "and nothing takes it"), "safe"),
            """\
            a.py:100:1: CNL302 `s` leaks
            100 | connect(a)
                | ^^^^^^^^^^
                = why: connect can raise OSError
                = why: and nothing takes it
                = fix: Close it (safe: --fix)
            """,
            id="with-why-and-fix",
        ),
        pytest.param(
            "connect(a)\n",
            item(1, 1, 1, 11, kind="unsafe"),
            """\
            a.py:1:1: CNL302 `s` leaks
            1 | connect(a)
              | ^^^^^^^^^^
              = fix: Close it (unsafe: --fix --unsafe-fixes)
            """,
            id="unsafe",
        ),
    ],
)
def test_finding(text: str, found: Diagnostic, expected: str) -> None:
    assert said(text, found) == dedent(expected)


def test_findings_stand_apart() -> None:
    assert said("a\nb\n", item(1, 1, 1, 2), item(2, 1, 2, 2)).splitlines()[3] == ""


def test_statistics_count_by_code() -> None:
    some = [outcome("a\n", item(1, 1, 1, 2), item(1, 1, 1, 2, kind="safe")), outcome("a\n")]
    assert list(statistics(some, Style())) == ["2\tCNL302\t[-]\tleak"]
    assert list(statistics([], Style())) == []
