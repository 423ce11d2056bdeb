"""`# noqa` with flake8's meaning, because it is flake8 that answers.

Linters that wrote their own reading of these comments disagree on three of seven spellings, and on what a comment at
the end of a wrapped statement covers. flake8 itself moved both its expressions and their names between versions. So
nothing is read here: the file and the finding are handed to the flake8 that is installed, and its answer is returned.
It is imported with the first finding of a file that says `noqa`, never before.
"""

from __future__ import annotations

import re
import tokenize
from argparse import Namespace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8.processor import FileProcessor

    from connlint.source import Source

# What flake8's reader of files asks of its options; none of it bears on suppression but `disable_noqa`.
_OPTIONS = Namespace(
    disable_noqa=False,
    hang_closing=False,
    indent_size=4,
    max_doc_length=None,
    max_line_length=79,
    stdin_display_name="stdin",
    verbose=0,
)


# A code in what flake8 takes for a list of codes
_CODE = re.compile(r"[^\s,]+")


class Code(NamedTuple):
    """A code that a comment names, and where: offsets into the text."""

    code: str
    start: int
    end: int


class Directive(NamedTuple):
    """A `noqa` that flake8 heeds: where it stands (offsets), what it names, and the rows, from 1, that it is for.

    Without `codes` it is for all. What stands in a string counts as well, for flake8; `in_comment` tells.
    """

    start: int
    end: int
    codes: tuple[Code, ...]
    rows: range
    in_comment: bool


class Place(NamedTuple):
    """Where a suppression for a row can be written: the row and the offset of its end, or the directive to extend."""

    row: int
    end: int
    directive: Directive | None


class Suppressions:
    """What the `noqa` comments of a file suppress."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @cached_property
    def whole_file(self) -> bool:
        """True if a comment like `# flake8: noqa` on a line of its own takes the whole file out."""
        return bool(self._processor.should_ignore_file())

    def has(self, row: int, code: str) -> bool:
        """Say whether a finding of `code` on `row` (from 1) is suppressed."""
        from flake8.violation import Violation

        if self.whole_file:
            return True
        violation = Violation(code, self._source.filename, row, 1, "", self._searched(row))
        return bool(violation.is_inline_ignored(disable_noqa=False))

    def _searched(self, row: int) -> str:
        """Return the text in which a comment for `row` is looked for: the lines of the whole statement."""
        lines: list[str] = self._processor.lines
        found: str | None = self._processor.noqa_line_for(row)
        if found is not None:
            return found
        return lines[row - 1] if 0 < row <= len(lines) else ""

    @cached_property
    def directives(self) -> tuple[Directive, ...]:
        """Every `noqa` that flake8 heeds, in the order of the rows; none if the whole file is taken out."""
        return () if self.whole_file else tuple(self._directives())

    def place(self, row: int) -> Place | None:
        """Return where a suppression for `row` can be written; None if it cannot, or is there for all codes."""
        rows = next((rows for rows in self._ranges if row in rows), None)
        if rows is None:
            return None
        for directive in self.directives:
            if directive.rows == rows:
                return Place(rows[0], directive.end, directive) if directive.in_comment and directive.codes else None
        # A line that goes on in the next one holds no comment
        last = rows[-1]
        end = self._source.line_starts[last - 1] + len(self._source.lines[last - 1].rstrip("\r\n"))
        return Place(rows[0], end, None)

    def _directives(self) -> Iterator[Directive]:
        from flake8.violation import _find_noqa

        for rows in self._ranges:
            match = _find_noqa("".join(self._processor.lines[rows[0] - 1 : rows[-1]]))
            if match is None:
                continue
            start, end = (self._offset(rows, place) for place in match.span())
            codes: list[Code] = []
            if match["codes"] is not None:
                first = match.start("codes")
                codes = [
                    Code(found[0], *(self._offset(rows, first + place) for place in found.span()))
                    for found in _CODE.finditer(match["codes"])
                ]
                end = codes[-1].end if codes else end
            inside = any(left <= start < right for left, right in self._comments)
            yield Directive(start, end, tuple(codes), rows, inside)

    @cached_property
    def _ranges(self) -> list[range]:
        """The rows, in groups that share their `noqa`."""
        found: list[range] = []
        last: str | None = None
        for row in range(1, len(self._processor.lines) + 1):
            searched: str | None = self._processor.noqa_line_for(row)
            if searched is not None and searched is last:
                found[-1] = range(found[-1].start, row + 1)
            else:
                found.append(range(row, row + 1))
            last = searched
        return found

    @cached_property
    def _comments(self) -> list[tuple[int, int]]:
        """The offsets at which comments begin and end."""
        starts = self._source.line_starts
        try:
            return [
                (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
                for token in self._processor.file_tokens
                if token.type == tokenize.COMMENT
            ]
        except (tokenize.TokenError, SyntaxError):
            return []

    def _offset(self, rows: range, place: int) -> int:
        """Return the offset into the text of `place`, an offset into the lines `rows` as flake8 joins them."""
        for row in rows:
            line = self._processor.lines[row - 1]
            if place < len(line) or row == rows[-1]:
                return self._source.line_starts[row - 1] + place
            place -= len(line)
        raise AssertionError(rows)

    @cached_property
    def _processor(self) -> FileProcessor:
        from flake8.processor import FileProcessor

        return FileProcessor(self._source.filename, _OPTIONS, [_translated(line) for line in self._source.lines])


def _translated(line: str) -> str:
    """Return `line` with its end as flake8 reads it from a file."""
    return line.rstrip("\r\n") + "\n" if line.endswith(("\r", "\n")) else line
