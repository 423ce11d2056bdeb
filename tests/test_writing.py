"""Writing: the file is the old one or the new one, and keeps what is not its content."""

from __future__ import annotations

import os
import resource
import stat
from typing import TYPE_CHECKING

import pytest

from connlint.writing import ChangedError, replace_file

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everything")
def test_read_only_file_is_left_alone(path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        replace_file(path, OLD, NEW)
    assert path.read_bytes() == OLD


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
