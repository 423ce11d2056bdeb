"""How HTTP servers fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.peers import DROP, close, hear, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

END = b"\r\n\r\n"  # of the head of a request
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SAD = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
LONG = b"HTTP/1.1 200 " + b"x" * 70000 + b"\r\n\r\n"


def answer(data: bytes, then: Callable[[socket.socket], None] = close) -> Callable[[socket.socket], None]:
    """Return a treatment that hears a request, sends `data`, and goes on with another treatment."""
    return hear(END, say(data, then))


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nrubbish"

ANSWERS: tuple[tuple[Scenario, Callable[[socket.socket], None]], ...] = (
    ("reset", hear(END, reset)),
    ("closed", hear(END, close)),
    ("timeout", stay_silent),
    ("rubbish", answer(b"220 smtp.example.org ready\r\n")),
    ("rubbish", answer(LONG)),
)

# What only a client meets that reads the whole answer
WHOLE: tuple[tuple[Scenario, Callable[[socket.socket], None]], ...] = (
    ("cut", answer(HEAD + b"x")),
    ("cut", answer(CHUNKED + b"9\r\nx")),
    ("rubbish", answer(GZIP)),
)
READS: tuple[tuple[Scenario, Callable[[socket.socket], None]], ...] = (
    *WHOLE,
    ("timeout", answer(HEAD, stay_silent)),
    ("reset", answer(HEAD, DROP)),
)


def redirect_forever(connection: socket.socket) -> None:
    """Answer every request by a redirection to the same place."""
    while True:
        hear(END, say(REDIRECT))(connection)
