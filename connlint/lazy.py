"""Regular expressions that are compiled when they are first asked: most runs ask few of them."""

from __future__ import annotations

import re
import sys
from functools import cached_property
from typing import TYPE_CHECKING, AnyStr, Generic

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Lazy(Generic[AnyStr]):
    """A regular expression over bytes or text."""

    def __init__(self, pattern: AnyStr, flags: int = 0) -> None:
        self.pattern: AnyStr = pattern
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(self.pattern, self._flags)

    def search(self, data: AnyStr, position: int = 0, end: int = sys.maxsize) -> re.Match[AnyStr] | None:
        """Return the first match from `position` up to `end`."""
        return self._compiled.search(data, position, end)

    def match(self, data: AnyStr, position: int = 0) -> re.Match[AnyStr] | None:
        """Return the match at `position`."""
        return self._compiled.match(data, position)

    def finditer(self, data: AnyStr, position: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[AnyStr]]:
        """Yield all matches from `position` up to `end`."""
        return self._compiled.finditer(data, position, end)

    def findall(self, data: AnyStr) -> list[AnyStr]:
        """Return what all matches hold; the pattern has at most one group."""
        return self._compiled.findall(data)

    def split(self, data: AnyStr) -> list[AnyStr]:
        """Return what stands between the matches."""
        return self._compiled.split(data)

    def sub(self, other: AnyStr, data: AnyStr) -> AnyStr:
        """Return `data` with `other` in the place of every match."""
        return self._compiled.sub(other, data)


class Pattern(_Lazy[bytes]):
    """A regular expression over bytes."""


class TextPattern(_Lazy[str]):
    """A regular expression over text."""
