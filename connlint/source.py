"""Bytes in, bytes out: what a file's bytes say, and how its offsets become rows and columns."""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_right
from codecs import BOM_UTF8
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

LINE_ENDS = re.compile(r"\r\n|\r|\n")
_LINE_ENDS_IN_BYTES = re.compile(LINE_ENDS.pattern.encode())


class SourceError(ValueError):
    """A file cannot be read as Python; the text says why, in one line."""


class Edit(NamedTuple):
    """Replace the characters from `start` up to `end` by `text` (offsets into the decoded text)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    """A file's text with all that is needed to write it back: `bom` and `encoding`."""

    filename: str
    text: str
    encoding: str
    bom: bool

    @cached_property
    def line_starts(self) -> list[int]:
        """The character offset at which each row begins."""
        return [0, *(match.end() for match in LINE_ENDS.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """The rows, with their line ends."""
        ends = [*self.line_starts[1:], len(self.text)]
        return [self.text[start:end] for start, end in zip(self.line_starts, ends, strict=True)]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the row and column, both from 1, of a character offset."""
        row = bisect_right(self.line_starts, offset)
        return row, offset - self.line_starts[row - 1] + 1

    def encode(self, text: str) -> bytes:
        """Return `text` as the bytes of a file like this one. Raises `UnicodeEncodeError` if its encoding cannot."""
        return (BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)

    def with_text(self, text: str) -> Source:
        """Return this file with another text."""
        return Source(self.filename, text, self.encoding, self.bom)


def for_libcst(text: str) -> str:
    """Return `text` as libcst is to read it: as long, and with the same rows.

    libcst drops a carriage return that ends the last line; those that end other lines it keeps.
    """
    return text[:-1] + "\n" if text.endswith("\r") else text


def _first_lines(data: bytes) -> list[bytes]:
    """Return the lines that may name the encoding.

    `tokenize` would read on to the next line feed, so that a file of lone carriage returns could name it anywhere.
    """
    return [line + b"\n" for line in _LINE_ENDS_IN_BYTES.split(data, 2)[:2]]


def decode(data: bytes, filename: str) -> Source:
    """Return the source that `data` holds. Raises `SourceError` if it is not text in the encoding that it declares."""
    try:
        encoding, _ = tokenize.detect_encoding(iter(_first_lines(data)).__next__)
    except SyntaxError as error:
        raise SourceError(f"cannot be decoded: {error}") from error
    bom = data.startswith(BOM_UTF8)
    if bom:
        encoding = "utf-8"
        data = data[len(BOM_UTF8) :]
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise SourceError(f"cannot be decoded as {encoding}: {error}") from error
    if "\0" in text:
        raise SourceError("holds null bytes, so it is not Python source")
    source = Source(filename, text, encoding, bom)
    try:
        if text.encode(encoding) == data:
            return source
    except UnicodeError:
        pass
    raise SourceError(f"does not come back the same through its encoding {encoding}")
