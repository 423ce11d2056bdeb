"""`# noqa` with flake8's meaning, because it is flake8 that answers.

Linters that wrote their own reading of these comments disagree on three of seven spellings, and on what a comment at
the end of a wrapped statement covers. flake8 itself moved both its expressions and their names between versions. So
nothing is read here: the file and the finding are handed to the flake8 that is installed, and its answer is returned.
It is imported with the first finding of a file that says `noqa`, never before.
"""

from __future__ import annotations

from argparse import Namespace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    def _processor(self) -> FileProcessor:
        from flake8.processor import FileProcessor

        return FileProcessor(self._source.filename, _OPTIONS, [_translated(line) for line in self._source.lines])


def _translated(line: str) -> str:
    """Return `line` with its end as flake8 reads it from a file."""
    return line.rstrip("\r\n") + "\n" if line.endswith(("\r", "\n")) else line
