"""Where the calls of a client library meet servers that fail, and the experiments that visit these places.

A place is a server that fails in one way, for as long as it is open; what fails before anybody has said a word (a port
that is closed, a name without an address) is the same for all protocols and stands here. What speaks a protocol first
stands in the module of its peers, and what a library's test holds is its calls and the classes that come of them.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge
from tests.faults.experiments import Experiment
from tests.faults.peers import (
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_port,
    closed_port_of_two,
    hear,
    patience,
    reset,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connlint.knowledge.model import Scenario

    # As an experiment names it
    Raises = str | tuple[str | None, ...] | None
    Treatment = Callable[[socket.socket], None]
    Address = tuple[str, int]
    Open = Callable[[], contextlib.AbstractContextManager[Address]]
    # An operation on a server at an address, with a timeout in seconds; it returns what it raised
    Perform = Callable[[Address, float], BaseException | None]
    # The same of a call that is made over a connection, or made again (True) over one that the first has found lost
    PerformOver = Callable[[bool, Address, float], BaseException | None]


class Place(NamedTuple):
    """A server that fails in one way, at the address of the context that `open` returns."""

    scenario: Scenario
    open: Open
    tls: bool = False


def at(treat: Treatment) -> Open:
    """Return what opens a server that treats each connection by `treat`."""

    @contextlib.contextmanager
    def opened() -> Iterator[Address]:
        with Peer(treat) as peer:
            yield peer.address

    return opened


def somewhere(host: str, port: int = 1) -> Open:
    """Return what opens nothing: a place of which but the address is known."""
    return lambda: contextlib.nullcontext((host, port))


def unix_path(*, bound: bool) -> Open:
    """Return what makes a path at which nobody listens, or (not `bound`) nothing at all is."""

    @contextlib.contextmanager
    def opened() -> Iterator[Address]:
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as sock:
            path = str(Path(directory) / "s")
            if bound:
                sock.bind(path)
            yield path, 0

    return opened


# Who never gets a word with a server
NOBODY: Mapping[str, Place] = {
    "closed port": Place("refused", closed_port),
    "full backlog": Place("timeout", black_hole),
    "unknown host": Place("unresolved", somewhere(UNKNOWN_HOST)),
    "no route": Place("unreachable", somewhere("255.255.255.255")),
}
# The same for a client that has Python resolve names: only there can a name have two addresses
NOBODY_TWICE: Mapping[str, Place] = {**NOBODY, "two closed ports": Place("refused", closed_port_of_two)}
NO_UNIX: Mapping[str, Place] = {
    "nobody listens": Place("refused", unix_path(bound=True)),
    "no such path": Place("unreachable", unix_path(bound=False)),
}
RUBBISH = b"HTTP/1.1 400 Bad Request\r\n\r\n"
_HELLO = b"\x01"  # of TLS
NO_TLS: Mapping[str, Place] = {
    "reset in the handshake": Place("reset", at(hear(_HELLO, reset))),
    "closed in the handshake": Place("closed", at(hear(_HELLO, close))),
    "no TLS": Place("handshake", at(hear(_HELLO, say(RUBBISH)))),
}


def experiments(
    operation: str,
    perform: Perform,
    places: Mapping[str, Place],
    usual: str,
    unusual: Mapping[str, Raises] | None = None,
    *,
    without: Iterable[str] = (),
    given: tuple[str, ...] = (),
) -> Iterator[Experiment]:
    """Yield the experiments of one operation: each of `places`, with the class that it brings out.

    That is the `usual` one where `unusual` does not say another; what is `without` is not tried.
    """
    outcomes: dict[str, Raises] = {**dict.fromkeys(places, usual), **(unusual or {})}
    for name in sorted(outcomes.keys() - set(without)):
        place = places[name]
        yield Experiment(operation, place.scenario, outcomes[name], partial(visit, place, perform), name, given)


# Where a second call is made on a line that the first has found lost
LOST_BEFORE = "lost before"


def experiments_over(
    operation: str,
    perform: PerformOver,
    places: Mapping[str, Place],
    usual: str,
    unusual: Mapping[str, Raises] | None = None,
    *,
    lost: str,
    without: Iterable[str] = (),
) -> Iterator[Experiment]:
    """Yield the experiments of a call over a connection: each of `places`, and the class `lost` where it is lost."""
    without = [LOST_BEFORE, *without]
    yield from experiments(operation, partial(perform, False), places, usual, unusual, without=without)
    yield from experiments(operation, partial(perform, True), {LOST_BEFORE: places[LOST_BEFORE]}, lost)


def few(places: Mapping[str, Place]) -> Mapping[str, Place]:
    """Return the places that suffice for a call that is made of another, which visits all."""
    return {name: place for name, place in places.items() if name in {"reset", LOST_BEFORE}}


def visit(place: Place, perform: Perform) -> BaseException | None:
    """Return what `perform` raises at `place`."""
    with place.open() as address:
        return perform(address, patience(place.scenario))


def taken(found: Iterable[Experiment], operation: str, builtin: str = "ConnectionError") -> dict[str, set[bool]]:
    """Return, by scenario, whether `builtin` takes what `operation` raises; both where it takes some of it."""
    verdicts: dict[str, set[bool]] = {}
    for each in found:
        if each.operation == operation and isinstance(each.raises, str):
            verdicts.setdefault(each.scenario, set()).add(builtin in knowledge.lineage(each.raises))
    return verdicts
