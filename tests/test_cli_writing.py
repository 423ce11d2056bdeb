"""What `--fix` may write, and that a run which is killed leaves whole files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.test_cli import BARE, cli, environment_of, place, said

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("place",)


def test_link_out_of_the_paths_given_is_not_followed_with_a_fix(place: Path) -> None:
    (place / "other").mkdir()
    (place / "src").mkdir()
    outside = place / "other" / "a.py"
    outside.write_text(BARE)
    (place / "src" / "a.py").symlink_to("../other/a.py")
    (place / "src" / "b.py").write_text(BARE)
    done = cli("--fix", "src")
    assert outside.read_text() == BARE
    assert (place / "src" / "b.py").read_text() != BARE
    assert done.returncode == 2
    assert said(done)[2].startswith(f"src/a.py: leads out of the paths given, to {outside}, so nothing was written\n")


def test_link_that_is_named_is_meant(place: Path) -> None:
    (place / "other").mkdir()
    (place / "other" / "a.py").write_text(BARE)
    (place / "a.py").symlink_to("other/a.py")
    assert cli("--fix", "a.py").returncode == 1
    assert (place / "a.py").is_symlink()
    assert (place / "other" / "a.py").read_text() != BARE


def test_file_with_other_names_is_said(place: Path) -> None:
    (place / "a.py").write_text(BARE)
    (place / "b.txt").hardlink_to(place / "a.py")
    done = cli("--fix", "a.py")
    assert done.returncode == 2
    assert said(done)[2].startswith("a.py: cannot be written: it has other names (hard links)")
    assert (place / "b.txt").read_text() == (place / "a.py").read_text() == BARE


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("written", [0, 1, 7, 19])
def test_killed_run_leaves_whole_files(place: Path, written: int) -> None:
    paths = [place / f"{number:02}.py" for number in range(20)]
    for path in paths:
        path.write_text(BARE)
    command = [sys.executable, "-m", "connlint", "--fix", "--jobs", "2", "."]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment_of()) as run:
        while sum(path.read_text() != BARE for path in paths) < written and run.poll() is None:
            pass
        run.kill()
    fixed = BARE.replace(
        's.connect(("localhost", 9999))',
        'try:\n    s.connect(("localhost", 9999))\nexcept BaseException:\n    s.close()\n    raise',
    )
    contents = [path.read_text() for path in paths]
    assert set(contents) <= {BARE, fixed}
    assert contents.count(fixed) >= written
