"""Writing: the file is the old one or the new one, and keeps what is not its content."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

import connlint
from connlint.writing import ChangedError, LinkedError, replace_file

OLD, NEW = b"old\r\n\xff", b"new\r\n\xfe\0"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_bytes(OLD)
    return path


def alone(path: Path) -> bool:
    return list(path.parent.iterdir()) == [path]


def test_changed_file_is_left_alone(path: Path) -> None:
    with pytest.raises(ChangedError):
        replace_file(path, b"what was read", NEW)
    assert path.read_bytes() == OLD
    assert alone(path)


def test_missing_file_is_not_made(path: Path) -> None:
    path.unlink()
    with pytest.raises(FileNotFoundError):
        replace_file(path, OLD, NEW)
    assert list(path.parent.iterdir()) == []


def test_disk_that_is_full_leaves_the_old_file(path: Path) -> None:
    # The limit stands for the disk: writing fails midway, with EFBIG for ENOSPC (Python ignores SIGXFSZ).
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace_file(path, OLD, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == OLD
    assert alone(path)


def test_content_is_replaced(path: Path) -> None:
    before = path.stat()
    replace_file(path, OLD, NEW)
    assert path.read_bytes() == NEW
    assert path.stat().st_ino != before.st_ino
    assert alone(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4755], ids=oct)
def test_mode_is_kept(path: Path, mode: int) -> None:
    path.chmod(mode)
    replace_file(path, OLD, NEW)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser may give files away")
def test_owner_is_kept(path: Path) -> None:
    os.chown(path, 12345, 54321)
    path.chmod(0o640)
    replace_file(path, OLD, NEW)
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (12345, 54321, 0o640)


def test_link_stays_and_its_target_is_replaced(path: Path) -> None:
    (path.parent / "links").mkdir()
    link = path.parent / "links" / "b.py"
    link.symlink_to("../a.py")
    replace_file(link, OLD, NEW)
    assert link.is_symlink()
    assert not path.is_symlink()
    assert path.read_bytes() == NEW


def test_long_name_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".py")
    path.write_bytes(OLD)
    replace_file(path, OLD, NEW)
    assert path.read_bytes() == NEW


def test_file_with_other_names_is_left_alone(path: Path) -> None:
    other = path.with_name("b.py")
    other.hardlink_to(path)
    with pytest.raises(LinkedError):
        replace_file(path, OLD, NEW)
    assert path.read_bytes() == other.read_bytes() == OLD
    assert path.samefile(other)


# Closed to whoever runs connlint: the superuser has to be somebody else to see it

CLOSED = """\
import os, sys, tempfile
from pathlib import Path
from connlint.writing import replace_file

tempfile.mkstemp  # another user may not be let to where Python is
if os.geteuid() == 0:
    os.setuid(12345)
try:
    replace_file(Path(sys.argv[1]), b"old", b"new")
except PermissionError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are another thing there")
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o777), (0o666, 0o555)], ids=["file", "folder"])
def test_what_is_read_only_is_left_alone(file_mode: int, folder_mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        path = folder / "a.py"
        path.write_bytes(b"old")
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        run = subprocess.run(
            [sys.executable, "-c", CLOSED, str(path)], capture_output=True, text=True, check=False, env=environment()
        )
        assert (run.returncode, run.stderr[:8]) == (1, "refused:")
        assert path.read_bytes() == b"old"
        assert [each.name for each in folder.iterdir()] == ["a.py"]
        folder.chmod(0o700)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(connlint.__file__).parent.parent)}


# Killed at any moment

WRITER = """\
import sys
from pathlib import Path
from connlint.writing import replace_file

folder, first, second = Path(sys.argv[1]), *(bytes.fromhex(text) for text in sys.argv[2:])
contents = [first * 4000, second * 5000]
while True:
    for path in sorted(folder.glob("*.py")):
        replace_file(path, contents[0], contents[1])
        print(flush=True)
    contents.reverse()
"""
KILLS = int(os.environ.get("CONNLINT_KILLS", "25"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    first, second = b"old\r\n", b"new\n\xff"
    whole = {first * 4000, second * 5000}
    paths = [tmp_path / f"{number}.py" for number in range(8)]
    seen = set()
    random = Random(2026)
    for _ in range(KILLS):
        for path in paths:
            path.write_bytes(first * 4000)
        command = [sys.executable, "-c", WRITER, str(tmp_path), first.hex(), second.hex()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as writer:
            assert writer.stdout is not None
            for _ in range(random.randrange(1, 40)):  # so many files are done; then at any moment of the next one
                writer.stdout.readline()
            with suppress(subprocess.TimeoutExpired):
                writer.wait(random.uniform(0, 0.002))
            writer.kill()
        contents = [path.read_bytes() for path in paths]
        assert whole.issuperset(contents)
        seen.add(len(set(contents)))
    assert seen == {1, 2} or KILLS < 10, "all were killed between two rounds: the test no longer tests"
