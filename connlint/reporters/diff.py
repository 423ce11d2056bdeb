"""What fixes would write, as a unified diff: in the file's own bytes, so that it can be applied."""

from __future__ import annotations

from difflib import diff_bytes, unified_diff
from os import fsencode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.reporters.style import Style

_NO_END = b"\n\\ No newline at end of file\n"


def diff(path: str, before: bytes, after: bytes, style: Style) -> bytes:
    """Return what turns `before` into `after`; nothing if they are the same."""
    name = fsencode(path.replace("\n", "?"))
    lines = diff_bytes(unified_diff, _lines(before), _lines(after), name, name)
    return b"".join(_painted(line if line.endswith(b"\n") else line + _NO_END, style) for line in lines)


def _lines(data: bytes) -> list[bytes]:
    """Return the lines of `data` as diff and patch see them: only a line feed ends one."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _painted(line: bytes, style: Style) -> bytes:
    colour = next((colour for start, colour in _colours() if line.startswith(start)), None)
    if colour is None:
        return line
    start, _, end = style.paint(colour, "|").partition("|")
    return start.encode() + line.removesuffix(b"\n") + end.encode() + b"\n"


def _colours() -> Iterator[tuple[bytes, str]]:
    yield b"---", "bold"
    yield b"+++", "bold"
    yield b"@@", "cyan"
    yield b"-", "red"
    yield b"+", "green"
