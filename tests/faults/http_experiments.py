"""The places where an HTTP server fails, and experiments that visit them with one call of a client library."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge
from tests.faults.experiments import Experiment
from tests.faults.http_peers import CHUNKED, END, GZIP, HEAD, LONG, SAD, answer, redirect_forever
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
    stay_silent,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connlint.knowledge.model import Scenario

    # Calls something of a library for a URL without a path, with a timeout, and returns what that raises
    Perform = Callable[[str, float], BaseException | None]


class Place(NamedTuple):
    """A server that fails in one way, as long as the context is open that `open` returns: its host and port."""

    scenario: Scenario
    open: Callable[[], contextlib.AbstractContextManager[tuple[str, int]]]
    tls: bool = False


@contextlib.contextmanager
def peer(treat: Callable[[socket.socket], None], *, tls: bool = False) -> Iterator[tuple[str, int]]:
    """Yield the address of a peer."""
    with Peer(treat, tls=tls) as found:
        yield found.address


def _peer(treat: Callable[[socket.socket], None]) -> Callable[[], contextlib.AbstractContextManager[tuple[str, int]]]:
    return lambda: peer(treat)


# Of the length that botocore and resolvers take for the name of a host, and still too long to be asked for
LONG_HOST = UNKNOWN_HOST[-255:].lstrip(".")

PLACES: Mapping[str, Place] = {
    "closed port": Place("refused", closed_port),
    "two closed ports": Place("refused", closed_port_of_two),
    "full backlog": Place("timeout", black_hole),
    "unknown host": Place("unresolved", lambda: contextlib.nullcontext((LONG_HOST, 80))),
    "no route": Place("unreachable", lambda: contextlib.nullcontext(("255.255.255.255", 80))),
    "reset": Place("reset", _peer(hear(END, reset))),
    "close": Place("closed", _peer(hear(END, close))),
    "silence": Place("timeout", _peer(stay_silent)),
    "another protocol": Place("rubbish", _peer(answer(b"220 smtp.example.org ready\r\n"))),
    "endless line": Place("rubbish", _peer(answer(LONG))),
    "head cut": Place("cut", _peer(answer(b"HTTP/1."))),
    "body cut": Place("cut", _peer(answer(HEAD + b"x"))),
    "chunk cut": Place("cut", _peer(answer(CHUNKED + b"9\r\nx"))),
    "body withheld": Place("timeout", _peer(answer(HEAD, stay_silent))),
    "broken compression": Place("rubbish", _peer(answer(GZIP))),
    "redirections": Place("answered", _peer(redirect_forever)),
    "503": Place("answered", _peer(answer(SAD))),
    "reset in TLS handshake": Place("reset", _peer(hear(b"\x01", reset)), tls=True),
    "close in TLS handshake": Place("closed", _peer(hear(b"\x01", close)), tls=True),
    "no TLS": Place("handshake", _peer(say(SAD)), tls=True),
}


def visit(place: Place, perform: Perform, protocol: str = "http") -> BaseException | None:
    """Return what `perform` raises at `place`."""
    with place.open() as (host, port):
        return perform(f"{protocol}{'s' * place.tls}://{host}:{port}", patience(place.scenario))


def experiments(
    operation: str, perform: Perform, outcome: Mapping[str, str | None], protocol: str = "http"
) -> Iterator[Experiment]:
    """Yield an experiment for each place that `outcome` names, with the class that comes of it."""
    for name, raises in outcome.items():
        place = PLACES[name]
        yield Experiment(operation, place.scenario, raises, partial(visit, place, perform, protocol), peer=name)


# What the page about the builtin shows
SCENARIOS: tuple[Scenario, ...] = ("refused", "reset", "closed", "cut", "timeout", "unresolved")


def taken(found: Iterable[Experiment], operation: str, builtin: str = "ConnectionError") -> dict[Scenario, bool | None]:
    """Return, by scenario, whether `builtin` takes what `operation` raises; None where it takes some of it."""
    mine = [each for each in found if each.operation == operation and isinstance(each.raises, str)]
    verdicts: dict[Scenario, bool | None] = {}
    for scenario in SCENARIOS:
        seen = {builtin in knowledge.lineage(str(each.raises)) for each in mine if each.scenario == scenario}
        if seen:
            verdicts[scenario] = seen.pop() if len(seen) == 1 else None
    return verdicts
