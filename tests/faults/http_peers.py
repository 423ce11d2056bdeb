"""How HTTP servers fail, and the experiments that visit them with one call of a client library."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.faults import clients
from tests.faults.clients import NOBODY_TWICE, Place, at, somewhere
from tests.faults.experiments import Experiment
from tests.faults.peers import DROP, UNKNOWN_HOST, close, hear, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from tests.faults.clients import Address

    # Calls something of a library for a URL without a path, with a timeout, and returns what that raises
    Ask = Callable[[str, float], BaseException | None]

END = b"\r\n\r\n"  # of the head of a request
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n"
# The same, where the peer drops the line when it is told to
WAITING = HEAD[:-2] + b"X-Drop: yes\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SAD = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
LONG = b"HTTP/1.1 200 " + b"x" * 70000 + b"\r\n\r\n"


def answer(data: bytes, then: Callable[[socket.socket], None] = close) -> Callable[[socket.socket], None]:
    """Return a treatment that hears a request, sends `data`, and goes on with another treatment."""
    return hear(END, say(data, then))


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nrubbish"


def answer_forever(data: bytes) -> Callable[[socket.socket], None]:
    """Return a treatment that answers every request by `data`, and never hangs up."""

    def treat(connection: socket.socket) -> None:
        while True:
            hear(END, say(data))(connection)

    return treat


# Of the length that botocore and resolvers take for the name of a host, and still too long to be asked for
LONG_HOST = UNKNOWN_HOST[-255:].lstrip(".")

PLACES: Mapping[str, Place] = {
    **NOBODY_TWICE,
    "unknown host": Place("unresolved", somewhere(LONG_HOST)),
    "reset": Place("reset", at(hear(END, reset))),
    "close": Place("closed", at(hear(END, close))),
    "silence": Place("timeout", at(stay_silent)),
    "another protocol": Place("rubbish", at(answer(b"220 smtp.example.org ready\r\n"))),
    "endless line": Place("rubbish", at(answer(LONG))),
    "head cut": Place("cut", at(answer(b"HTTP/1."))),
    "body cut": Place("cut", at(answer(HEAD + b"x"))),
    "chunk cut": Place("cut", at(answer(CHUNKED + b"9\r\nx"))),
    "chunk of rubbish": Place("rubbish", at(answer(CHUNKED + b"no number\r\n"))),
    "body reset": Place("reset", at(answer(WAITING, DROP))),
    "body withheld": Place("timeout", at(answer(HEAD, stay_silent))),
    "broken compression": Place("rubbish", at(answer(GZIP))),
    "redirections": Place("answered", at(answer_forever(REDIRECT))),
    "503": Place("answered", at(answer(SAD))),
    "reset in TLS handshake": Place("reset", at(hear(b"\x01", reset)), tls=True),
    "close in TLS handshake": Place("closed", at(hear(b"\x01", close)), tls=True),
    "no TLS": Place("handshake", at(say(SAD)), tls=True),
}


def visit(place: Place, ask: Ask, protocol: str = "http") -> BaseException | None:
    """Return what `ask` raises at `place`."""

    def perform(address: Address, timeout: float) -> BaseException | None:
        return ask(f"{protocol}{'s' * place.tls}://{address[0]}:{address[1]}", timeout)

    return clients.visit(place, perform)


def experiments(
    operation: str, ask: Ask, outcomes: Mapping[str, str | None], protocol: str = "http"
) -> Iterator[Experiment]:
    """Yield an experiment for each place that `outcomes` names, with the class that comes of it."""
    for name, raises in outcomes.items():
        place = PLACES[name]
        yield Experiment(operation, place.scenario, raises, partial(visit, place, ask, protocol), name)
