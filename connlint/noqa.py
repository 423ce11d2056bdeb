"""`# noqa` with flake8's meaning, by flake8's own expressions and its own mapping of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connlint.source import Source


class Suppressions:
    """What the `noqa` comments of a file suppress."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def has(self, row: int, code: str) -> bool:
        """Say whether a finding of `code` on `row` (from 1) is suppressed."""
        raise NotImplementedError
