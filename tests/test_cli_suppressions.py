"""Suppressions on the command line: findings are marked, marks are taken back, and the fix then applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.test_cli import BARE, BROKEN, CLEAN, cli, place, said

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("place",)

MARKED = BARE.replace("9999))", "9999))  # noqa: CNL301,CNL302")


def test_nothing_to_suppress(place: Path) -> None:
    (place / "a.py").write_text(CLEAN)
    assert said(cli("--add-noqa", "a.py")) == (0, "All checks passed!\n", "")
    assert (place / "a.py").read_text() == CLEAN


def test_findings_are_suppressed(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    assert said(cli("--add-noqa", "a.py")) == (0, "Suppressed 2 findings.\nAll checks passed!\n", "")
    assert (place / "a.py").read_text() == MARKED
    assert said(cli("a.py")) == (0, "All checks passed!\n", "")


def test_only_what_is_selected_is_suppressed(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    assert cli("--add-noqa=see #12", "--select", "CNL302", "a.py").returncode == 0
    assert (place / "a.py").read_text() == BARE.replace("9999))", "9999))  # noqa: CNL302 - see #12")
    assert cli("a.py").returncode == 1


def test_what_fixes_leave_is_suppressed(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    done = cli("--fix", "--add-noqa", "a.py")
    assert said(done)[:2] == (0, "Suppressed 1 finding.\nFixed 1: CNL302 x 1; none remain.\n")
    assert "# noqa: CNL301\n" in (place / "a.py").read_text()


def test_diff_shows_suppressions_and_writes_none(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    done = cli("--diff", "--add-noqa", "a.py")
    assert (place / "a.py").read_text() == BARE
    assert '+s.connect(("localhost", 9999))  # noqa: CNL301,CNL302' in done.stdout.decode()
    assert done.stderr.decode() == "Would suppress 2 findings.\n"
    assert done.returncode == 1


def test_suppressions_are_taken_back(place: Path) -> None:
    (place / "a.py").write_text(MARKED)
    done = cli("--remove-noqa", "--output-format", "json", "a.py")
    assert (done.returncode, (place / "a.py").read_text()) == (1, BARE)
    assert b"CNL301" in done.stdout


def test_fixes_apply_where_suppressions_were(place: Path) -> None:
    (place / "a.py").write_text(MARKED)
    assert cli("--fix", "--unsafe-fixes", "a.py").returncode == 0
    assert (place / "a.py").read_text() == MARKED
    done = cli("--remove-noqa", "--fix", "--unsafe-fixes", "a.py")
    assert said(done)[:2] == (0, "Took back 2 suppressions.\nFixed 1: CNL301 x 1; none remain.\n")
    assert "noqa" not in (place / "a.py").read_text()


def test_other_rules_suppressions_stay(place: Path) -> None:
    (place / "a.py").write_text(MARKED + "x = 1  # noqa: E501\ny = 2  # noqa\nz = 3  # noqa: CNL3\n")
    assert cli("--remove-noqa", "--select", "CNL302", "a.py").returncode == 1
    assert (place / "a.py").read_text() == MARKED.replace(",CNL302", "") + (
        "x = 1  # noqa: E501\ny = 2  # noqa\nz = 3  # noqa: CNL3\n"
    )


def test_suppressions_of_a_file_without_findings_are_taken_back(place: Path) -> None:
    (place / "a.py").write_text("x = 1  # noqa: CNL201\n")
    assert said(cli("--remove-noqa", "a.py")) == (0, "Took back 1 suppression.\nAll checks passed!\n", "")
    assert (place / "a.py").read_text() == "x = 1\n"


def test_stdin_comes_back_with_its_suppressions(place: Path) -> None:
    done = cli("--add-noqa", "-", stdin=BARE.encode())
    assert done.stdout.decode() == MARKED
    assert cli("--remove-noqa", "-", stdin=MARKED.encode()).stdout.decode() == BARE


def test_broken_file_stays(place: Path) -> None:
    (place / "a.py").write_text(BROKEN + "# noqa: CNL201\n")
    done = cli("--remove-noqa", "--add-noqa", "a.py")
    assert done.returncode == 2
    assert (place / "a.py").read_text() == BROKEN + "# noqa: CNL201\n"


def test_reason_that_the_encoding_cannot_hold(place: Path) -> None:
    data = b"# coding: latin-1\n" + BARE.encode()
    (place / "a.py").write_bytes(data)
    done = cli("--add-noqa=später, 漢", "a.py")
    assert done.returncode == 2
    assert b"cannot hold the reason" in done.stderr
    assert (place / "a.py").read_bytes() == data


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--add-noqa", "--ignore-noqa", "."], "--add-noqa and --ignore-noqa contradict each other"),
        (["--add-noqa=a\nb", "."], "one line of printable characters"),
    ],
)
def test_error_of_use_is_one_line(place: Path, args: list[str], message: str) -> None:
    done = cli(*args)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_unused_suppressions_are_reported_and_removed(place: Path) -> None:
    (place / "a.py").write_text(MARKED + "x = 1  # noqa: CNL201,E501\n")
    assert said(cli("a.py"))[0] == 0
    done = cli("--extend-select", "CNL901", "a.py")
    assert done.returncode == 1
    assert done.stdout.decode().startswith("a.py:5:8: CNL901 CNL201 is suppressed here")
    assert cli("--extend-select", "CNL901", "--fix", "a.py").returncode == 0
    assert (place / "a.py").read_text() == MARKED + "x = 1  # noqa: E501\n"
