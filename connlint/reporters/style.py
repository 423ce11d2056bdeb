"""Colour and width: what a terminal makes of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

_TAB = 4
_CODES = {"bold": "1", "red": "1;31", "green": "32", "blue": "1;34", "cyan": "36"}


def one_line(text: str) -> str:
    """Return `text` with what would end its line, or make a terminal do something, as Python would escape it."""
    if text.isprintable():
        return text
    from unicodedata import combining

    return "".join(
        each if each.isprintable() or combining(each) else each.encode("unicode_escape").decode() for each in text
    )


class Style(NamedTuple):
    """How to write for one stream: with colours or without, and in which encoding."""

    coloured: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str]) -> Style:
        """Return the style for `stream`: colours on a terminal only, unless the environment says otherwise."""
        if environment.get("NO_COLOR"):
            coloured = False
        elif environment.get("FORCE_COLOR"):
            coloured = environment["FORCE_COLOR"] != "0"
        else:
            coloured = stream.isatty() and environment.get("TERM") != "dumb"
        return cls(coloured, stream.encoding or "utf-8")

    def paint(self, colour: str, text: str) -> str:
        """Return `text` in a colour."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.coloured and text else text

    def shown(self, text: str) -> str:
        """Return a line of source as it is to be printed."""
        return "".join(self._cells(text))

    def underlined(self, text: str, start: int, end: int) -> str:
        """Return carets that stand, in the line below `shown(text)`, under its characters from `start` up to `end`."""
        cells = list(self._cells(text))
        before, part = sum(map(_width, cells[:start])), sum(map(_width, cells[start:end]))
        return " " * before + self.paint("red", "^" * max(part, 1))

    def _cells(self, text: str) -> Iterator[str]:
        """Yield what is printed for each character of a line.

        Tabs become spaces. What a terminal would obey instead of showing it (escapes, overrides of direction) becomes
        a question mark, and what the stream cannot encode the escape that it would be printed as.
        """
        from unicodedata import combining

        for character in text:
            if character == "\t":
                yield " " * _TAB
            elif not character.isprintable() and not combining(character):
                yield "?"
            else:
                yield character.encode(self.encoding, "backslashreplace").decode(self.encoding)


def _width(cell: str) -> int:
    import unicodedata

    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in cell)
