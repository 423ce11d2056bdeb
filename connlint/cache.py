"""What earlier runs found out, by the content of the files.

Nothing but content decides: a file is known if the same bytes were checked before, by the same connlint, with the same
rules and settings, wherever they stood and whenever they were written. So a fresh checkout with a restored cache is as
warm as the place that it came from. Most files have no finding, and all that is kept of them is a digest.

One file holds everything. It is replaced whole, so that several runs at once see either the old one or the new one; a
run first takes in what others have written since it began. A file that is damaged, or of another connlint, is as good
as none. A cache that cannot be written costs time and nothing else, so nobody is told.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import connlint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connlint.engine import Diagnostic, Selection

_FILE = "results"
_MAGIC = b"connlint results 1\n"
_DIGEST = 16  # bytes; two of 2**40 contents are the same by accident once in 2**48 times
_COUNT = 8  # bytes
# What is kept beyond the contents of the last run: other branches, other folders, other settings.
_MOST_OTHERS = 50_000
_MOST_OTHERS_FOUND = 5_000

_GITIGNORE = b"# Made by connlint\n*\n"
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by connlint; https://bford.info/cachedir/\n"


class Keys:
    """Gives contents their keys. Those of one file under two selections are two."""

    def __init__(self) -> None:
        self._beginnings: dict[tuple[int, bool], tuple[Selection, bytes]] = {}

    def key(self, data: bytes, selection: Selection, *, noqa: bool) -> bytes:
        """Return the key of the content `data` under `selection`, with suppressions heeded or not."""
        # By identity: the selections of a run are few, and to hash one takes longer than to hash a file.
        known = self._beginnings.get((id(selection), noqa))
        if known is None:
            said = repr((_tools(), selection, noqa)).encode("utf-8", "surrogatepass")
            known = self._beginnings[id(selection), noqa] = selection, sha256(said).digest()
        digest = sha256(known[1])
        digest.update(data)
        return digest.digest()[:_DIGEST]


@cache
def _tools() -> tuple[object, ...]:
    """Return what decides, besides content and settings, what is found: connlint, libcst, and Python."""
    return connlint.__version__, _state(), _libcst(), sys.version_info[:3]


def _state() -> tuple[tuple[str, int, int], ...]:
    """Return the state of connlint's own files where its version does not tell it: in a checkout."""
    root = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    if os.path.basename(os.path.dirname(root)) in {"site-packages", "dist-packages"}:  # noqa: PTH119, PTH120
        return ()
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(".py"):
                status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118
                found.append((os.path.relpath(os.path.join(folder, name), root), status.st_size, status.st_mtime_ns))  # noqa: PTH118
    return tuple(sorted(found))


def _libcst() -> str:
    """Return libcst's version, without importing it."""
    for folder in sys.path:
        with contextlib.suppress(OSError), open(os.path.join(folder, "libcst", "_version.py")) as file:  # noqa: PTH118, PTH123
            return file.read()
    return ""


@dataclass(slots=True)
class Cache:
    """The results that are known, those of this run first."""

    directory: str
    _clean: dict[bytes, None] = field(default_factory=dict)
    _found: dict[str, Any] = field(default_factory=dict)
    _used: dict[bytes, None] = field(default_factory=dict)
    _changed: bool = False

    @classmethod
    def at(cls, directory: str) -> Cache:
        """Return the cache in `directory`, empty if there is none that can be read. Raises nothing."""
        return cls(directory, *_loaded(directory))

    def __bool__(self) -> bool:
        return bool(self._clean or self._found)

    def is_clean(self, key: bytes) -> bool:
        """Say whether the content of `key` is known to have no finding."""
        if key not in self._clean:
            return False
        self._used[key] = None
        return True

    def found(self, key: bytes, *, alone: bool) -> tuple[Diagnostic, ...] | None:
        """Return what is known to be found in the content of `key`, None if that is not known.

        With `alone` its fixes have to be proven each alone, else all together.
        """
        entry = self._found.get(_name(key, alone=alone))
        if entry is None:
            return None
        try:
            diagnostics = tuple(_diagnostic(item) for item in entry)
        except (TypeError, ValueError, LookupError):
            return None
        self._used[key] = None
        return diagnostics

    def keep_clean(self, key: bytes) -> None:
        """Keep that the content of `key` has no finding."""
        self._used[key] = None
        if key not in self._clean:
            self._clean[key] = None
            self._changed = True

    def keep_found(self, key: bytes, diagnostics: Iterable[Diagnostic], *, alone: bool) -> None:
        """Keep what was found in the content of `key`."""
        self._used[key] = None
        self._found[_name(key, alone=alone)] = [_entry(item) for item in diagnostics]
        self._changed = True

    def save(self) -> None:
        """Write what this run has added, if it has, together with what others have written in the meantime."""
        if not self._changed:
            return
        clean, found = _loaded(self.directory)
        others = [key for key in {**self._clean, **clean} if key not in self._used]
        kept = [key for key in self._used if key in self._clean] + others[:_MOST_OTHERS]
        mine = {_name(key, alone=alone) for key in self._used for alone in (False, True)}
        everything = {**found, **self._found}
        names = [name for name in everything if name in mine]
        names += [name for name in everything if name not in mine][:_MOST_OTHERS_FOUND]
        with contextlib.suppress(OSError):
            _write(self.directory, _dumped(kept, {name: everything[name] for name in names}))
            self._changed = False


def clear(directory: str) -> bool:
    """Remove the cache in `directory`; return whether there was one. Raises `OSError` if it cannot be removed."""
    was_there = False
    for name in (_FILE, ".gitignore", "CACHEDIR.TAG"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(os.path.join(directory, name))  # noqa: PTH108, PTH118
            was_there |= name == _FILE
    with contextlib.suppress(OSError):  # somebody's own files are in it
        os.rmdir(directory)  # noqa: PTH106
    return was_there


# The file: a magic line, the digest of the rest, the number of digests, the digests, and JSON for what was found.


def _loaded(directory: str) -> tuple[dict[bytes, None], dict[str, Any]]:
    try:
        with open(os.path.join(directory, _FILE), "rb") as file:  # noqa: PTH118, PTH123
            data = file.read()
    except (OSError, ValueError):
        return {}, {}
    start = len(_MAGIC) + _DIGEST
    if not data.startswith(_MAGIC) or sha256(data[start:]).digest()[:_DIGEST] != data[len(_MAGIC) : start]:
        return {}, {}
    first = start + _COUNT
    last = first + _DIGEST * int.from_bytes(data[start:first], "big")
    clean = dict.fromkeys([data[place : place + _DIGEST] for place in range(first, last, _DIGEST)])
    if last >= len(data):
        return clean, {}
    import json

    return clean, json.loads(data[last:])


def _dumped(clean: list[bytes], found: dict[str, Any]) -> bytes:
    rest = len(clean).to_bytes(_COUNT, "big") + b"".join(clean)
    if found:
        import json

        rest += json.dumps(found, separators=(",", ":")).encode()
    return _MAGIC + sha256(rest).digest()[:_DIGEST] + rest


def _write(directory: str, data: bytes) -> None:
    """Replace the file whole, so that who reads it meanwhile sees the old one or the new one."""
    import tempfile

    if not os.path.isdir(directory):  # noqa: PTH112
        os.makedirs(directory)  # noqa: PTH103
        # as ruff's and mypy's: neither git nor a backup wants it
        for name, content in ((".gitignore", _GITIGNORE), ("CACHEDIR.TAG", _TAG)):
            with open(os.path.join(directory, name), "wb") as file:  # noqa: PTH118, PTH123
                file.write(content)
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=f"{_FILE}-", suffix=".tmp")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123
            file.write(data)
        os.replace(temporary, os.path.join(directory, _FILE))  # noqa: PTH105, PTH118
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise


def _name(key: bytes, *, alone: bool) -> str:
    return key.hex() + "a" * alone


def _entry(item: Diagnostic) -> list[Any]:
    fix = item.fix
    edits = None if fix is None else [fix.applicability, fix.message, [[e.start, e.end, e.text] for e in fix.edits]]
    place = [item.row, item.column, item.end_row, item.end_column]
    return [item.code, item.name, item.message, *place, item.why, item.fixable, edits]


def _diagnostic(entry: list[Any]) -> Diagnostic:
    from connlint.engine import Diagnostic, ProvenFix

    code, name, message, row, column, end_row, end_column, why, fixable, fix = entry
    proven = None
    if fix is not None:
        from connlint.source import Edit

        applicability, remedy, edits = fix
        proven = ProvenFix(applicability, remedy, tuple(Edit(*edit) for edit in edits))
    place = row, column, end_row, end_column
    return Diagnostic(code, name, message, *place, tuple(why), fixable, proven)
