"""What is known of trio 0.35.

A refusal is a plain `OSError` that keeps those of all addresses as its cause: `except ConnectionError` misses it. What
a stream raises derives from `Exception` alone, and a peer that closes in good order raises nothing: there is no more
to receive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint.knowledge.classes import trio as classes
from connlint.knowledge.model import Failure, Library, Operation

if TYPE_CHECKING:
    from connlint.knowledge.model import Phase

_BROKEN = "trio.BrokenResourceError"

_CONNECT = (
    Failure("refused", "OSError"),
    Failure("unreachable", "OSError"),
    Failure("unresolved", "socket.gaierror"),
)
_UNIX = (Failure("refused", "ConnectionRefusedError"), Failure("unreachable", "FileNotFoundError"))
_RECEIVE = (Failure("reset", _BROKEN),)
_SEND = (Failure("reset", _BROKEN), Failure("broken", _BROKEN))
_HANDSHAKE = (Failure("reset", _BROKEN), Failure("closed", _BROKEN), Failure("handshake", _BROKEN))
_TLS_CALLS: tuple[tuple[str, Phase], ...] = (
    ("do_handshake", "send"),
    ("receive_some", "receive"),
    ("send_all", "send"),
)

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"trio.{name}",
            "connect",
            _CONNECT,
            "tests/faults/test_trio.py::test_connect",
            parameters=("host", "port"),
            address=("host", "port"),
            awaited=True,
        )
        for name in ("open_ssl_over_tcp_stream", "open_tcp_stream")
    ),
    Operation(
        "trio.open_unix_socket",
        "connect",
        _UNIX,
        "tests/faults/test_trio.py::test_connect",
        parameters=("filename",),
        address=("filename",),
        awaited=True,
    ),
    Operation(
        "trio.SocketStream.receive_some", "receive", _RECEIVE, "tests/faults/test_trio.py::test_stream", awaited=True
    ),
    Operation("trio.SocketStream.send_all", "send", _SEND, "tests/faults/test_trio.py::test_stream", awaited=True),
    # the first that is called of these shakes hands
    *(
        Operation(f"trio.SSLStream.{name}", phase, _HANDSHAKE, "tests/faults/test_trio.py::test_tls", awaited=True)
        for name, phase in _TLS_CALLS
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "trio.SSLStream": ("object",),
    "trio.SocketStream": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "trio.open_ssl_over_tcp_stream": "trio.SSLStream",
    "trio.open_tcp_stream": "trio.SocketStream",
    "trio.open_unix_socket": "trio.SocketStream",
}

ALIASES: dict[str, str] = {**classes.ALIASES}

HARMLESS: frozenset[str] = frozenset(
    {"trio.CancelScope", "trio.Event", "trio.current_time", "trio.move_on_after", "trio.sleep"}
)

LIBRARY = Library(
    name="trio",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({_BROKEN}),
)
