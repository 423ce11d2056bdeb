"""Findings as JSON: ruff's keys, positions that lead to the same text, and a row that a comment can stand on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connlint.engine import Checked, Diagnostic, ProvenFix, Selection
from connlint.reporters.json import findings, statistics
from connlint.run import Outcome, Task
from connlint.source import Edit, Source


def outcome(text: str, *items: Diagnostic, path: str = "a.py") -> Outcome:
    checked = Checked(path, items, source=Source(path, text, "utf-8", bom=False))
    return Outcome(Task(path, path, Selection()), checked)


def item(row: int, fix: ProvenFix | None = None) -> Diagnostic:
    kind = fix.applicability if fix is not None else None
    return Diagnostic("CNL302", "leak", "`s` leaks", row, 1, row, 2, ("because",), kind, fix)


def test_nothing_is_an_empty_list() -> None:
    assert json.loads(findings([])) == []
    assert json.loads(findings([outcome("x\n")])) == []
    assert json.loads(statistics([])) == []


def test_finding_has_ruffs_keys() -> None:
    fix = ProvenFix("unsafe", "Close it", (Edit(0, 0, "import é\n"), Edit(7, 8, "")))
    assert json.loads(findings([outcome("漢b\ncd\nef", item(2, fix))])) == [
        {
            "code": "CNL302",
            "filename": str(Path.cwd() / "a.py"),
            "location": {"row": 2, "column": 1},
            "end_location": {"row": 2, "column": 2},
            "message": "`s` leaks",
            "url": "https://connlint.readthedocs.io/rules/leak/",
            "noqa_row": 2,
            "fix": {
                "applicability": "unsafe",
                "message": "Close it",
                "edits": [
                    {
                        "content": "import é\n",
                        "location": {"row": 1, "column": 1},
                        "end_location": {"row": 1, "column": 1},
                    },
                    {"content": "", "location": {"row": 3, "column": 2}, "end_location": {"row": 3, "column": 3}},
                ],
            },
        }
    ]


def test_finding_without_fix() -> None:
    (found,) = json.loads(findings([outcome("x\n", item(1), path="-")]))
    assert (found["fix"], found["filename"]) == (None, "-")


def test_name_that_is_no_text() -> None:
    (found,) = json.loads(findings([outcome("x\n", item(1), path="/x/\udcff.py")]))
    assert found["filename"] == "/x/\udcff.py"
    assert findings([outcome("x\n", item(1), path="/x/\udcff.py")]).isascii()


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        pytest.param("f(\n  a,\n)\n", 1, 1, id="in-brackets"),
        pytest.param("f('''a\nb''')\nc\n", 2, 2, id="at-the-end-of-a-string"),
        pytest.param("f()\n'''a\nb'''\n", 1, 1, id="before-a-string"),
        pytest.param("f('a')\nb\n", 1, 1, id="after-a-string"),
        pytest.param("if x:\n    a(\n", 1, 1, id="not-closed"),
        pytest.param("f('''a\nb\nc''')\n", 1, 3, id="in-a-string"),
        pytest.param("f(f'''a{\nx}\nc''')\n", 1, 3, id="in-an-f-string"),
        pytest.param("f = \\\n  \\\n  c\nd\n", 1, 3, id="backslashes"),
        pytest.param("f(a, \\\n  '''b\nc''')\n", 1, 3, id="backslash-and-string"),
    ],
)
def test_row_for_a_suppression(text: str, row: int, expected: int) -> None:
    (found,) = json.loads(findings([outcome(text, item(row))]))
    assert found["noqa_row"] == expected


def test_statistics_count_by_code() -> None:
    fix = ProvenFix("safe", "Close it", ())
    assert json.loads(statistics([outcome("a\n", item(1), item(1, fix))])) == [
        {"code": "CNL302", "name": "leak", "count": 2, "fixable": False, "fixable_count": 1}
    ]
