"""What is known of anyio 4, over asyncio and over trio.

A refusal by all addresses of a name, or by the only one, is a plain `OSError` that keeps the refusals as its cause:
`except ConnectionError` misses it. What a stream raises derives from `Exception` alone.
"""

from __future__ import annotations

from connlint.knowledge.classes import anyio as classes
from connlint.knowledge.model import Failure, Library, Operation

_BROKEN = "anyio.BrokenResourceError"
_TLS = ("tls", "ssl_context", "tls_hostname")

_CONNECT = (
    Failure("refused", "OSError"),
    Failure("unreachable", "OSError"),
    Failure("unresolved", "socket.gaierror"),
    *(Failure(kind, _BROKEN, only_with=given) for kind in ("reset", "closed") for given in _TLS),
    *(Failure("handshake", "ssl.SSLError", only_with=given) for given in _TLS),
)
_UNIX = (Failure("refused", "ConnectionRefusedError"), Failure("unreachable", "FileNotFoundError"))
_RECEIVE = (Failure("reset", _BROKEN), Failure("closed", "anyio.EndOfStream"))
_SEND = (Failure("reset", _BROKEN), Failure("broken", _BROKEN))

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "anyio.connect_tcp",
        "connect",
        _CONNECT,
        "tests/faults/test_anyio.py::test_connect",
        parameters=("remote_host", "remote_port"),
        address=("remote_host", "remote_port"),
        awaited=True,
    ),
    Operation(
        "anyio.connect_unix",
        "connect",
        _UNIX,
        "tests/faults/test_anyio.py::test_connect",
        parameters=("path",),
        address=("path",),
        awaited=True,
    ),
    Operation(
        "anyio.abc.SocketStream.receive", "receive", _RECEIVE, "tests/faults/test_anyio.py::test_stream", awaited=True
    ),
    Operation("anyio.abc.SocketStream.send", "send", _SEND, "tests/faults/test_anyio.py::test_stream", awaited=True),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "anyio.abc.SocketStream": ("object",),
    "anyio.abc.UNIXSocketStream": ("anyio.abc.SocketStream",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "anyio.connect_tcp": "anyio.abc.SocketStream",
    "anyio.connect_unix": "anyio.abc.UNIXSocketStream",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "anyio._core._sockets.connect_tcp": "anyio.connect_tcp",
    "anyio._core._sockets.connect_unix": "anyio.connect_unix",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "anyio.CancelScope",
        "anyio.Event",
        "anyio.Lock",
        "anyio.Semaphore",
        "anyio.current_time",
        "anyio.move_on_after",
        "anyio.sleep",
    }
)

LIBRARY = Library(
    name="anyio",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({_BROKEN, "anyio.ConnectionFailed"}),
)
