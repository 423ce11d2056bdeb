"""What is known of websocket-client.

It passes the system's errors on as they are, except where it looks for them itself: a name without an address, an
answer that does not come in time, a line that ends, for which it has classes of its own. So the builtin
`ConnectionError` takes a refusal and a reset, and misses a peer that closes. `WebSocketApp.run_forever` raises none of
it: it tells its `on_error`.
"""

from __future__ import annotations

from connlint.knowledge.classes import websocket as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "websocket.WebSocketConnectionClosedException"),
    Failure("cut", "websocket.WebSocketConnectionClosedException"),
    Failure("timeout", "TimeoutError"),  # of the connect
    Failure("timeout", "websocket.WebSocketTimeoutException"),  # of the answer
    Failure("unresolved", "websocket.WebSocketAddressException"),
    Failure("unreachable", "OSError"),
    Failure("closed", "ssl.SSLError"),
    Failure("handshake", "ssl.SSLError"),
    Failure("rubbish", "websocket.WebSocketException"),
    Failure("answered", "websocket.WebSocketBadStatusException"),
    Failure("answered", "websocket.WebSocketException"),
)
_RECEIVE = (
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "websocket.WebSocketConnectionClosedException"),
    Failure("cut", "websocket.WebSocketConnectionClosedException"),
    Failure("timeout", "websocket.WebSocketTimeoutException"),
    Failure("rubbish", "websocket.WebSocketProtocolException"),
)
_SEND = (
    Failure("reset", "ConnectionResetError"),
    Failure("broken", "BrokenPipeError"),
    Failure("closed", "websocket.WebSocketConnectionClosedException"),
    Failure("timeout", "websocket.WebSocketTimeoutException"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "websocket.WebSocket.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_websocket.py::test_connect",
        parameters=("url",),
        address=("url",),
        timeout="timeout",
    ),
    Operation(
        "websocket.create_connection",
        "connect",
        _CONNECT,
        "tests/faults/test_websocket.py::test_connect",
        parameters=("url", "timeout"),
        address=("url",),
        timeout="timeout",
    ),
    *(
        Operation(f"websocket.WebSocket.{name}", "receive", _RECEIVE, "tests/faults/test_websocket.py::test_receive")
        for name in ("recv", "recv_data", "recv_data_frame", "recv_frame")
    ),
    *(
        Operation(f"websocket.WebSocket.{name}", "send", _SEND, "tests/faults/test_websocket.py::test_send")
        for name in ("ping", "pong", "send", "send_binary", "send_bytes", "send_text")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "websocket.WebSocket": ("object",),
    "websocket.WebSocketApp": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {"websocket.create_connection": "websocket.WebSocket"}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "websocket._app.WebSocketApp": "websocket.WebSocketApp",
    "websocket._core.WebSocket": "websocket.WebSocket",
    "websocket._core.create_connection": "websocket.create_connection",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"websocket.WebSocket.{name}"
            for name in "abort close fileno getheaders getstatus getsubprotocol gettimeout settimeout shutdown".split()
        ),
        "websocket.enableTrace",
        "websocket.getdefaulttimeout",
        "websocket.setdefaulttimeout",
    }
)

LIBRARY = Library(
    name="websocket",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "websocket.WebSocketAddressException",
            "websocket.WebSocketConnectionClosedException",
            "websocket.WebSocketTimeoutException",
        }
    ),
)
