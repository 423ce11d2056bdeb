"""What is known of websockets 14 and later, in its three voices: asyncio, threads, and the legacy one.

A connect raises what the system says until the line stands, builtins as they are, and classes of the library's own
from then on: a server that drops the line in the opening handshake is an `InvalidMessage`. On a connection, whatever
ends the line is a `ConnectionClosedError`, which is no builtin `ConnectionError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import websockets as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    *(Failure(kind, "websockets.exceptions.InvalidMessage") for kind in ("reset", "closed", "cut", "rubbish")),
    Failure("reset", "ConnectionResetError"),  # in the TLS handshake
    Failure("timeout", "TimeoutError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
    Failure("handshake", "ssl.SSLError"),
)
# asyncio tells of several addresses by an error of no class of its own, and ends a TLS handshake as a reset
_ASYNC_CONNECT = (*_CONNECT, Failure("refused", "OSError"), Failure("closed", "ConnectionResetError"))
_ANSWERED = (
    Failure("rubbish", "websockets.exceptions.SecurityError"),
    Failure("answered", "websockets.exceptions.SecurityError"),
    Failure("answered", "websockets.exceptions.InvalidStatus"),
)
_CLOSED = (
    *(Failure(kind, "websockets.exceptions.ConnectionClosedError") for kind in ("reset", "closed", "cut", "rubbish")),
    # the peer said farewell
    Failure("closed", "websockets.exceptions.ConnectionClosedOK"),
)
_RECEIVE = (*_CLOSED, Failure("timeout", "TimeoutError", only_with="timeout"))

_CONNECTION = "websockets.asyncio.connection.Connection"
_SYNC_CONNECTION = "websockets.sync.connection.Connection"
_LEGACY_CONNECTION = "websockets.legacy.protocol.WebSocketCommonProtocol"

# How long a connect may take is bounded from the first, by `open_timeout`
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "websockets.asyncio.client.connect",
        "connect",
        (*_ASYNC_CONNECT, *_ANSWERED),
        "tests/faults/test_websockets.py::test_connect",
        parameters=("uri",),
        address=("uri",),
        awaited=True,
    ),
    Operation(
        "websockets.legacy.client.connect",
        "connect",
        (*_ASYNC_CONNECT, Failure("answered", "websockets.legacy.exceptions.InvalidStatusCode")),
        "tests/faults/test_websockets.py::test_connect",
        parameters=("uri",),
        address=("uri",),
        awaited=True,
    ),
    Operation(
        "websockets.sync.client.connect",
        "connect",
        (*_CONNECT, *_ANSWERED, Failure("closed", "ssl.SSLError")),
        "tests/faults/test_websockets.py::test_connect",
        parameters=("uri",),
        address=("uri",),
    ),
    *(
        Operation(
            f"{owner}.{name}",
            "receive" if name == "recv" else "send",
            _RECEIVE if (owner, name) == (_SYNC_CONNECTION, "recv") else _CLOSED,
            "tests/faults/test_websockets.py::test_connection",
            parameters=("timeout",) if (owner, name) == (_SYNC_CONNECTION, "recv") else (),
            timeout="timeout" if (owner, name) == (_SYNC_CONNECTION, "recv") else None,
            awaited=owner != _SYNC_CONNECTION,
        )
        for owner in (_CONNECTION, _LEGACY_CONNECTION, _SYNC_CONNECTION)
        for name in ("ping", "pong", "recv", "send")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    _CONNECTION: ("object",),
    _LEGACY_CONNECTION: ("object",),
    _SYNC_CONNECTION: ("object",),
    "websockets.asyncio.client.ClientConnection": (_CONNECTION,),
    "websockets.asyncio.server.ServerConnection": (_CONNECTION,),
    "websockets.legacy.client.WebSocketClientProtocol": (_LEGACY_CONNECTION,),
    "websockets.legacy.server.WebSocketServerProtocol": (_LEGACY_CONNECTION,),
    "websockets.sync.client.ClientConnection": (_SYNC_CONNECTION,),
    "websockets.sync.server.ServerConnection": (_SYNC_CONNECTION,),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "websockets.asyncio.client.connect": "websockets.asyncio.client.ClientConnection",
    "websockets.legacy.client.connect": "websockets.legacy.client.WebSocketClientProtocol",
    "websockets.sync.client.connect": "websockets.sync.client.ClientConnection",
}

# Those that the package offers; it imports them when they are asked for
_OFFERED = tuple(name for name in classes.BASES if name.startswith("websockets.exceptions."))

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    **{f"websockets.{name.rpartition('.')[2]}": name for name in _OFFERED},
    **{
        f"{module}.{name}": f"websockets.legacy.exceptions.{name}"
        for module in ("websockets", "websockets.exceptions")
        for name in ("AbortHandshake", "InvalidStatusCode", "RedirectHandshake")
    },
    "websockets.ClientConnection": "websockets.asyncio.client.ClientConnection",
    "websockets.ServerConnection": "websockets.asyncio.server.ServerConnection",
    "websockets.WebSocketClientProtocol": "websockets.legacy.client.WebSocketClientProtocol",
    "websockets.WebSocketCommonProtocol": _LEGACY_CONNECTION,
    "websockets.WebSocketServerProtocol": "websockets.legacy.server.WebSocketServerProtocol",
    "websockets.client.WebSocketClientProtocol": "websockets.legacy.client.WebSocketClientProtocol",
    "websockets.client.connect": "websockets.legacy.client.connect",
    "websockets.connect": "websockets.asyncio.client.connect",
    "websockets.exceptions.WebSocketProtocolError": "websockets.exceptions.ProtocolError",
    "websockets.legacy.client.Connect": "websockets.legacy.client.connect",
    "websockets.server.WebSocketServerProtocol": "websockets.legacy.server.WebSocketServerProtocol",
}

HARMLESS: frozenset[str] = frozenset(
    f"{owner}.{name}"
    for owner in (_CONNECTION, _LEGACY_CONNECTION, _SYNC_CONNECTION)
    for name in ("close", "wait_closed")
    if (owner, name) != (_SYNC_CONNECTION, "wait_closed")
)

LIBRARY = Library(
    name="websockets",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"websockets.exceptions.ConnectionClosed", "websockets.exceptions.InvalidMessage"}),
    answers=frozenset({"websockets.exceptions.ConnectionClosedOK"}),
)
