"""Writing a file so that it is, at every moment, either the old one or the new one.

Somebody's source is about to be replaced. The new content goes to a file beside it, is brought to the disk, and takes
the old one's name; a crash, a full disk or a signal leaves the old file as it was. And nothing is written over what
somebody else has written in the meantime.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


class LinkedError(OSError):
    """The file has other names: they would go on to mean the old content."""

    def __init__(self) -> None:
        super().__init__("it has other names (hard links), which would keep the old content, so nothing was written")


class ChangedError(OSError):
    """The file on the disk is no longer the one that was read."""

    def __init__(self) -> None:
        super().__init__("it changed while it was checked, so nothing was written")


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Replace the content `before` of the file at `path` by `after`. Raises `OSError` and then has changed nothing.

    A link stays, and what it leads to is replaced. Mode and, where that is permitted, owner stay too.
    """
    import tempfile

    target = path.resolve(strict=True)
    if not os.access(target, os.W_OK):
        # A new file could take its name all the same; but who made it read-only did not want that.
        raise PermissionError("it is read-only")
    if target.stat().st_nlink > 1:
        raise LinkedError
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".connlint-", suffix=".tmp")
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - there is a descriptor, not a path
            file.write(after)
            file.flush()
            _take_over(temporary, target.stat())
            os.fsync(file.fileno())
        _demand(target, before)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _demand(path: Path, content: bytes) -> None:
    """Raise `ChangedError` unless `content` is what the file at `path` holds."""
    if path.read_bytes() != content:
        raise ChangedError


def _take_over(path: Path, status: os.stat_result) -> None:
    """Give the file at `path` the owner and the mode of another."""
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    path.chmod(stat.S_IMODE(status.st_mode))
