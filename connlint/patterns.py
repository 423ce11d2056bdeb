"""Patterns of paths, as in settings and on the command line.

They mean what they mean to ruff: a pattern is held against a path's last part and against the whole path, where a
relative pattern begins at the directory of the settings file that holds it (or at the working directory, if it was
given on the command line). `*` also matches separators, and `**/` may stand for nothing.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


_NAME = r"[\w.-]*[\w-][\w.-]*"


def fault(text: str) -> str | None:
    """Say what is wrong with `text` as a pattern, None if nothing is. What cannot match is a slip, not a wish."""
    glob = text.removeprefix("!")
    if not glob.strip():
        return "is empty"
    if "\0" in glob:
        return "holds a null character"
    rest = glob
    while "[" in rest:
        # a bracket at the beginning of a set, or behind the sign that inverts it, is one of its characters
        rest = rest.partition("[")[2].removeprefix("!")
        if "]" not in rest[1:]:
            return "has a '[' that is not closed"
        rest = rest[1:].partition("]")[2]
    return None


class _Pattern(NamedTuple):
    text: str
    base: str


class Pattern(_Pattern):
    """One pattern, and the directory at which it begins; `!` before it inverts it."""

    def matches(self, path: str) -> bool:
        """Say whether the absolute `path` is meant."""
        return self._found(path) != self.text.startswith("!")

    def _found(self, path: str) -> bool:
        path = path.replace(os.sep, "/")
        return bool(self._whole.match(path) or self._last.match(path.rpartition("/")[2]))

    @cached_property
    def _glob(self) -> str:
        return self.text.removeprefix("!").removeprefix("./").rstrip("/") or "."

    @cached_property
    def _last(self) -> re.Pattern[str]:
        from fnmatch import translate

        return re.compile(translate(self._glob))

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        from fnmatch import translate

        base = self.base.replace(os.sep, "/").rstrip("/") + "/"
        start = "" if self._glob.startswith("/") else re.escape(base)
        without = self._glob.removeprefix("**/").replace("/**/", "/")
        return re.compile("|".join(start + translate(glob) for glob in (self._glob, without)))


class _Patterns(NamedTuple):
    items: tuple[Pattern, ...] = ()


class Patterns(_Patterns):
    """Several patterns; one that matches is enough."""

    @classmethod
    def at(cls, base: str, texts: Iterable[str]) -> Patterns:
        """Return the patterns `texts` that begin at `base`."""
        return cls(tuple(Pattern(text, base) for text in texts))

    def match(self, path: str) -> bool:
        """Say whether the absolute `path` is meant by one of them."""
        if path.replace(os.sep, "/").rpartition("/")[2] in self._names:
            return True
        return any(pattern.matches(path) for pattern in self._others)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The patterns that are names as they stand, as most are: what has such a name is surely meant."""
        return frozenset(pattern.text for pattern in self.items if re.fullmatch(_NAME, pattern.text))

    @cached_property
    def _others(self) -> tuple[Pattern, ...]:
        # a name is also a path below its base, and that path's last part is that name
        return tuple(pattern for pattern in self.items if pattern.text not in self._names)

    def match_above(self, path: str) -> bool:
        """Say whether the absolute `path`, or a directory above it, is meant by one of them."""
        from connlint.discovery import upwards

        return any(map(self.match, upwards(path)))
