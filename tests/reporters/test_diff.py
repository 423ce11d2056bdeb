"""The diff: patch makes of the old bytes exactly the new ones."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from connlint.reporters.diff import diff
from connlint.reporters.style import Style

if TYPE_CHECKING:
    from pathlib import Path

LONG = b"".join(b"line %d\n" % number for number in range(100))


def test_nothing_changed_is_nothing() -> None:
    assert diff("a.py", LONG, LONG, Style()) == b""


def test_diff_as_it_looks() -> None:
    assert diff("a.py", b"a\nb\n", b"a\nc", Style()) == (
        b"--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )


def test_colours_change_only_colours() -> None:
    coloured = diff("a.py", b"a\nb\n", b"a\nc\n", Style(coloured=True))
    assert b"\x1b[32m+c\x1b[0m\n" in coloured
    assert b"\n a\n" in coloured


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"a\nb\n", b"a\nc\n", id="line"),
        pytest.param(b"a\nb", b"a\nc", id="no-end-of-line"),
        pytest.param(b"a\nb", b"a\nb\n", id="end-of-line-added"),
        pytest.param(b"a\nb\n", b"a\nb", id="end-of-line-removed"),
        pytest.param(b"a\r\nb\r\n", b"a\r\nc\r\n", id="crlf"),
        pytest.param(b"a\r\nb\nc\rd\n", b"a\r\nB\nc\rd\n", id="mixed-ends"),
        pytest.param(b"# \xe9\na\n", b"# \xe9\nb\n", id="latin-1"),
        pytest.param("a = '漢'\n\x0cb\n".encode(), "a = '字'\n\x0cb\n".encode(), id="utf-8-and-form-feed"),
        pytest.param(b"a\x85\x1cb\nc\n", b"a\x85\x1cd\nc\n", id="what-splitlines-would-split"),
        pytest.param(LONG, LONG.replace(b"line 9\n", b"x\n").replace(b"line 90\n", b""), id="two-places"),
    ],
)
def test_patch_takes_it(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(before)
    subprocess.run(
        ["patch", "--binary", "-p0", "-s"], input=diff("a.py", before, after, Style()), cwd=tmp_path, check=True
    )
    assert path.read_bytes() == after
