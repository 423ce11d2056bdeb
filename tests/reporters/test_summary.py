"""The last lines and the exit status: no clean bill for what was not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint.engine import Checked, Diagnostic, Selection
from connlint.reporters.summary import Summary
from connlint.run import Outcome, Task

if TYPE_CHECKING:
    from connlint.rules.base import Applicability

TASK = Task("a.py", "a.py", Selection())
CLEAN = Outcome(TASK, Checked("a.py"))
BROKEN = Outcome(TASK, Checked("a.py", problems=("cannot be parsed",)))


def found(
    *fixable: Applicability | None, problems: tuple[str, ...] = (), applied: dict[str, int] | None = None
) -> Outcome:
    items = tuple(Diagnostic("CNL302", "leak", "leaks", 1, 1, 1, 2, (), kind) for kind in fixable)
    return Outcome(TASK, Checked("a.py", items, problems), b"a", b"b" if applied else b"a", applied or {})


@pytest.mark.parametrize(
    ("outcomes", "unread", "lines", "status"),
    [
        pytest.param([], 0, [], 0, id="no-files"),
        pytest.param([CLEAN, CLEAN], 0, ["All checks passed!"], 0, id="clean"),
        pytest.param([], 1, ["1 path was not fully checked."], 2, id="nothing-read"),
        pytest.param([BROKEN, BROKEN], 0, ["2 paths were not fully checked."], 2, id="nothing-parsed"),
        pytest.param(
            [CLEAN, BROKEN],
            0,
            ["No findings in what was checked.", "1 path was not fully checked."],
            2,
            id="clean-and-broken",
        ),
        pytest.param([CLEAN, found(None)], 0, ["Found 1 finding in 1 file."], 1, id="one"),
        pytest.param(
            [found(None, "safe"), found("safe")], 0, ["Found 3 findings in 2 files (2 fixable)."], 1, id="several"
        ),
        pytest.param(
            [found("unsafe", "safe", "unsafe")],
            0,
            ["Found 3 findings in 1 file (1 fixable).", "2 more fixes available with --unsafe-fixes."],
            1,
            id="safe-and-unsafe",
        ),
        pytest.param(
            [found("unsafe")], 0, ["Found 1 finding in 1 file.", "1 fix available with --unsafe-fixes."], 1, id="unsafe"
        ),
        pytest.param(
            [found(None, problems=("internal error",))],
            1,
            ["Found 1 finding in 1 file.", "2 paths were not fully checked."],
            2,
            id="found-and-broken",
        ),
    ],
)
def test_check(outcomes: list[Outcome], unread: int, lines: list[str], status: int) -> None:
    summary = Summary()
    summary.could_not_check(unread)
    for outcome in outcomes:
        summary.add(outcome)
    assert list(summary.lines()) == lines
    assert summary.status() == status
    assert summary.status(exit_zero=True) == (2 if status == 2 else 0)


@pytest.mark.parametrize(
    ("outcomes", "line", "would", "status", "status_if_fixed"),
    [
        pytest.param([CLEAN], "All checks passed!", "Nothing would be fixed.", 0, 0, id="clean"),
        pytest.param([found(None)], "Found 1 finding in 1 file.", "Nothing would be fixed.", 1, 1, id="none-fixed"),
        pytest.param(
            [found(applied={"CNL302": 1})],
            "Fixed 1: CNL302 x 1; none remain.",
            "Would fix 1: CNL302 x 1; none would remain.",
            0,
            1,
            id="all-fixed",
        ),
        pytest.param(
            [found(None, applied={"CNL302": 1, "CNL201": 1}), found(applied={"CNL201": 1})],
            "Fixed 3: CNL201 x 2, CNL302 x 1; 1 remains.",
            "Would fix 3: CNL201 x 2, CNL302 x 1; 1 would remain.",
            1,
            1,
            id="some-fixed",
        ),
    ],
)
def test_fix(outcomes: list[Outcome], line: str, would: str, status: int, status_if_fixed: int) -> None:
    summary = Summary(fixing=True)
    for outcome in outcomes:
        summary.add(outcome)
    assert list(summary.lines()) == [line]
    assert list(summary.diff_lines()) == [would]
    assert summary.status() == status
    assert summary.status(exit_non_zero_on_fix=True) == status_if_fixed


def test_unsafe_fixes_that_were_asked_for_are_fixable() -> None:
    summary = Summary(unsafe=True)
    summary.add(found("unsafe", "safe", None))
    assert list(summary.lines()) == ["Found 3 findings in 1 file (2 fixable)."]
