"""One answer for every question about names: which class, which operation, which result.

The tables of all libraries are joined here once, at import; look-ups are dictionary reads.
"""

from __future__ import annotations

import builtins
from functools import cache
from typing import TYPE_CHECKING

from connlint.knowledge import (
    aiohttp,
    httpx,
    protocols,
    redis,
    requests,
    sockets,
    stdlib,
    streams,
    urllib3,
    web,
)
from connlint.knowledge.sockets import DATAGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.knowledge.model import Library, Operation

__all__ = (
    "DATAGRAM",
    "LIBRARIES",
    "bases",
    "canonical",
    "group",
    "is_connection_failure",
    "is_harmless",
    "lineage",
    "operation",
    "returns",
)

LIBRARIES: tuple[Library, ...] = (
    stdlib.LIBRARY,
    sockets.LIBRARY,
    streams.LIBRARY,
    web.LIBRARY,
    protocols.LIBRARY,
    requests.LIBRARY,
    urllib3.LIBRARY,
    httpx.LIBRARY,
    aiohttp.LIBRARY,
    redis.LIBRARY,
)

_ALIASES: dict[str, str] = {alias: name for library in LIBRARIES for alias, name in library.aliases.items()}
_BASES: dict[str, tuple[str, ...]] = {name: bases for library in LIBRARIES for name, bases in library.bases.items()}
_OPERATIONS: dict[str, Operation] = {row.name: row for library in LIBRARIES for row in library.operations}
_RETURNS: dict[str, str | tuple[str, ...]] = {
    name: result for library in LIBRARIES for name, result in library.returns.items()
}
_HARMLESS: frozenset[str] = frozenset().union(*(library.harmless for library in LIBRARIES))
_GROUPS: dict[str, tuple[str, ...]] = {name: group for library in LIBRARIES for name, group in library.groups.items()}
_FAILURES: frozenset[str] = frozenset().union(*(library.connection_failures for library in LIBRARIES))
_ANSWERS: frozenset[str] = frozenset().union(*(library.answers for library in LIBRARIES))

# They take a connection failure as they take everything: that says nothing of what a handler is for.
_TAKE_ALL = frozenset({"BaseException", "Exception", "EOFError", "object"})


@cache
def canonical(name: str) -> str:
    """Return the name that the tables use for `name`: `socket.error` is `OSError`, `requests.get` itself."""
    for _ in range(8):
        head, tail = name, ""
        while head not in _ALIASES:
            head, dot, last = head.rpartition(".")
            if not dot:
                return name.removeprefix("builtins.")
            tail = f".{last}{tail}"
        name = _ALIASES[head] + tail
    return name.removeprefix("builtins.")


def bases(name: str) -> tuple[str, ...] | None:
    """Return the direct bases of the class `name`, or None if the tables do not know it."""
    if name in _BASES:
        return _BASES[name]
    found = getattr(builtins, name, None)
    if isinstance(found, type):
        return tuple(base.__name__ for base in found.__bases__)
    return None


def lineage(name: str) -> Iterator[str]:
    """Yield the class `name` and all its known bases, nearest first."""
    seen = {name}
    queue = [name]
    for current in queue:
        yield current
        for base in bases(current) or ():
            if base not in seen:
                seen.add(base)
                queue.append(base)


def operation(name: str) -> Operation | None:
    """Return the row of the operation `name`, or None if the call is not known to touch the network."""
    return _OPERATIONS.get(name) or _OPERATIONS.get(f"{name.rpartition('.')[0]}.*")


def returns(name: str) -> str | tuple[str, ...] | None:
    """Return the class of what the call `name` returns, a tuple of them for a tuple, or None if not known."""
    result = _RETURNS.get(name)
    if result is None and bases(name) is not None:
        return name
    return result


@cache
def is_harmless(name: str) -> bool:
    """Say whether the call `name` is known to raise no connection failure."""
    if name in _HARMLESS:
        return True
    head, dot, _ = name.rpartition(".")
    while dot:
        if f"{head}.*" in _HARMLESS:
            return True
        head, dot, _ = head.rpartition(".")
    return False


def group(name: str) -> tuple[str, ...] | None:
    """Return the classes of the tuple `name` (`ftplib.all_errors`), or None if it is no tuple that the tables know."""
    return _GROUPS.get(name)


@cache
def is_connection_failure(name: str) -> bool:
    """Say whether `except name` speaks of connections that fail.

    It does if the class is one that means so, derives from one, or is a base that takes one: `ConnectionError` and
    `TimeoutError`, `OSError`, `requests.exceptions.RequestException`. `Exception` takes everything and says nothing,
    and neither does a class that means that the peer answered (`urllib.error.HTTPError`).
    """
    if name in _TAKE_ALL or not _ANSWERS.isdisjoint(lineage(name)):
        return False
    return name in _failure_bases() or not _FAILURES.isdisjoint(lineage(name))


@cache
def _failure_bases() -> frozenset[str]:
    return frozenset(base for name in _FAILURES for base in lineage(name)) - _TAKE_ALL
