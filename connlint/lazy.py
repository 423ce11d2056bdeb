"""Regular expressions that are compiled when they are first asked: most runs ask few of them."""

from __future__ import annotations

import re
import sys
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pattern:
    """A regular expression over bytes."""

    def __init__(self, pattern: bytes, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern, self._flags)

    def search(self, data: bytes, position: int = 0) -> re.Match[bytes] | None:
        """Return the first match from `position` on."""
        return self._compiled.search(data, position)

    def match(self, data: bytes, position: int = 0) -> re.Match[bytes] | None:
        """Return the match at `position`."""
        return self._compiled.match(data, position)

    def finditer(self, data: bytes, position: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[bytes]]:
        """Yield all matches from `position` up to `end`."""
        return self._compiled.finditer(data, position, end)

    def findall(self, data: bytes) -> list[bytes]:
        """Return what all matches hold; the pattern has at most one group."""
        return self._compiled.findall(data)

    def split(self, data: bytes) -> list[bytes]:
        """Return what stands between the matches."""
        return self._compiled.split(data)
