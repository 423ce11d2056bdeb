"""What the lines of a file say of its blocks, without a parser: is something handled in a loop, and what is handled?

`ast.parse` costs some twenty times what this does. A line of a string or of an expression in brackets may look like a
statement; where that could hide a block, the answer is yes.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from connlint.lazy import Pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_HEADER = Pattern(rb"\n([ \t\f]*)(?:async[ \t]+)?(for|while|except|def|class|with|if|else|elif|try|finally)\b([^\n]*)")
_CLAUSE = Pattern(rb"\n[ \t\f]*except\b[ \t*]*([^\n:#]*)(:?)")
_NAME = Pattern(rb"[\w.]+")
_BOUND = Pattern(rb"\bas[ \t]+(\w+)")
_OPENS_BLOCK = Pattern(rb":[ \t\r]*(?:#[^\n]*)?\Z")
_ONLY_BACKSLASH = Pattern(rb"\n[ \t\f]*\\\r?\n")
_QUOTES = (b'"""', b"'''")
_OF_NO_NETWORK = frozenset(name.encode() for name in sys.stdlib_module_names) - frozenset(
    b"asyncio concurrent ftplib http imaplib multiprocessing nntplib os poplib select selectors smtplib socket "
    b"socketserver ssl telnetlib urllib xmlrpc _socket _ssl builtins errno".split()
)


def _is_odd(data: bytes) -> bool:
    """Say whether the lines of `data` are none of `ast`'s: lone carriage returns, or lines that only continue."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return True
    return b"\\\n" in data and _ONLY_BACKSLASH.search(data) is not None


def handles_in_loop(data: bytes, *, with_too: bool) -> bool:
    """Say whether an `except` clause may stand in a loop (of the same function), or, `with_too`, a `with`."""
    if _is_odd(data):
        return True
    data = b"\n" + data
    # The blocks that are open: indentation, whether it is a loop (else a function or a class), and where it begins.
    blocks: list[tuple[int, bool, int]] = []
    strings = _Strings(data)
    for found in _HEADER.finditer(data):
        kind = found[2]
        is_loop = kind in {b"for", b"while"}
        if not blocks:
            if is_loop:
                blocks.append((_width(found[1]), True, found.start()))
            continue
        is_definition = kind in {b"def", b"class"}
        width = _width(found[1])
        if (blocks[-1][0] >= width or is_definition) and strings.may_be_open(blocks[0][2], found.start()):
            if kind in {b"except", b"with"}:
                return True
            continue  # it may be a line of a string
        if is_definition or _OPENS_BLOCK.search(found[3]) is not None:
            while blocks and blocks[-1][0] >= width:
                blocks.pop()
        if is_loop:
            blocks.append((width, True, found.start()))
        elif is_definition:
            if blocks:
                blocks.append((width, False, found.start()))
        elif blocks and blocks[-1][1] and (kind == b"except" or (with_too and kind == b"with")):
            return True
    return False


class _Strings:
    """Counts the quotes of long strings, each of them once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._since = self._until = -1
        self._odd = [0, 0]

    def may_be_open(self, since: int, until: int) -> bool:
        """Say whether a string that begins after the row at `since` may hold the row at `until`, which only grows."""
        if since != self._since:
            self._since = self._until = since
            self._odd = [0, 0]
        for place, quotes in enumerate(_QUOTES):
            self._odd[place] ^= self._data.count(quotes, self._until, until) % 2
        self._until = until
        return any(self._odd)


@cache
def _width(indentation: bytes) -> int:
    return len(indentation.expandtabs())


def clauses(data: bytes) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    """Return the names after `except`, and those that are bound there; None if that cannot be told."""
    if _is_odd(data):
        return None
    classes: set[bytes] = set()
    bound: set[bytes] = set()
    for found in _CLAUSE.finditer(b"\n" + data):
        text, colon = found.groups()
        if not colon:
            return None
        named = _BOUND.search(text)
        if named is not None:
            bound.add(named[1])
            text = text[: named.start()]
        classes.update(_NAME.findall(text))
    return frozenset(classes), frozenset(bound)


def of_network(names: Collection[bytes], unrelated: Collection[bytes]) -> Iterator[bytes]:
    """Yield those of `names` that may be classes of connections: all but `unrelated` and those of other modules."""
    for name in names:
        root, dot, _ = name.partition(b".")
        if name not in unrelated and not (dot and root in _OF_NO_NETWORK):
            yield name
