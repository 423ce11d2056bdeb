"""What websocket-client raises: the system's errors as they are, and for the rest classes of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import at
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import experiments
from tests.faults.peers import LATE, SOON, close, finish, hear, patience, raised, reset, say, stay_silent
from tests.faults.websocket_peers import ENDS, shake_hands

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

websocket = pytest.importorskip("websocket")

GONE = "websocket.WebSocketConnectionClosedException"
FAILED = {
    "closed port": "ConnectionRefusedError",
    "two closed ports": "ConnectionRefusedError",
    "full backlog": "TimeoutError",
    "unknown host": "websocket.WebSocketAddressException",
    "no route": "OSError",
    "reset": "ConnectionResetError",
    "close": GONE,
    "head cut": GONE,
    "silence": "websocket.WebSocketTimeoutException",
    "another protocol": "websocket.WebSocketException",
    "redirections": "websocket.WebSocketException",
    "503": "websocket.WebSocketBadStatusException",
    "reset in TLS handshake": "ConnectionResetError",
    "close in TLS handshake": "ssl.SSLError",
    "no TLS": "ssl.SSLError",
}


def by_function(url: str, timeout: float) -> BaseException | None:
    return raised(lambda: websocket.create_connection(url, timeout=timeout))


def by_object(url: str, timeout: float) -> BaseException | None:
    found = websocket.WebSocket()
    found.settimeout(timeout)
    return raised(lambda: found.connect(url))


CONNECT = [
    *experiments("websocket.WebSocket.connect", by_object, FAILED, "ws"),
    *experiments("websocket.create_connection", by_function, FAILED, "ws"),
]


@by_operation(CONNECT)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def use(treat: Callable[[socket.socket], None], call: Callable[[Any], object], timeout: float) -> BaseException | None:
    """Return what `call` raises on a connection whose peer does `treat`."""
    with at(shake_hands(treat))() as (host, port):
        found = websocket.create_connection(f"ws://{host}:{port}", timeout=patience("reset"))
        try:
            found.settimeout(timeout)
            return raised(lambda: call(found))
        finally:
            found.shutdown()


def after_word(call: Callable[[Any], object], found: Any) -> object:
    found.sock.send(b"!")
    return call(found)


def after_end(call: Callable[[Any], object], found: Any) -> object:
    finish(found.sock)
    return call(found)


def after_loss(call: Callable[[Any], object], found: Any) -> object:
    """Call when the line is known to be gone: by a first send, or by what was received."""
    finish(found.sock)
    raised(lambda: found.send("x"))
    return call(found)


def after_farewell(call: Callable[[Any], object], found: Any) -> object:
    finish(found.sock)
    raised(found.recv)
    return call(found)


RECEIVES: dict[str, Callable[[Any], object]] = {
    "recv": lambda found: found.recv(),
    "recv_data": lambda found: found.recv_data(),
    "recv_data_frame": lambda found: found.recv_data_frame(),
    "recv_frame": lambda found: found.recv_frame(),
}
RECEIVED = {
    "reset": "ConnectionResetError",
    "close": GONE,
    "half a frame": GONE,
    "no frame": "websocket.WebSocketProtocolException",
    "silence": "websocket.WebSocketTimeoutException",
}
RECEIVE = [
    Experiment(
        f"websocket.WebSocket.{name}",
        ENDS[end][0],
        raises,
        partial(use, ENDS[end][1], partial(after_word, call), patience(ENDS[end][0])),
        peer=end,
    )
    for name, call in RECEIVES.items()
    for end, raises in RECEIVED.items()
]


@by_operation(RECEIVE)
def test_receive(experiments: list[Experiment]) -> None:
    check_all(experiments)


SENDS: dict[str, Callable[[Any], object]] = {
    "ping": lambda found: found.ping("x"),
    "pong": lambda found: found.pong("x"),
    "send": lambda found: found.send("x"),
    "send_binary": lambda found: found.send_binary(b"x"),
    "send_bytes": lambda found: found.send_bytes(b"x"),
    "send_text": lambda found: found.send_text("x"),
}
LOT = bytes(1 << 24)
HOW: tuple[tuple[Scenario, str, Callable[[socket.socket], None], Callable[..., object], str], ...] = (
    ("reset", "ConnectionResetError", hear(b"!", reset), after_end, "reset"),
    ("broken", "BrokenPipeError", hear(b"!", reset), after_loss, "reset, met once"),
    ("closed", GONE, hear(b"!", close), after_farewell, "close, received"),
)
SEND = [
    *(
        Experiment(
            f"websocket.WebSocket.{name}", scenario, raises, partial(use, treat, partial(before, call), LATE), how
        )
        for name, call in SENDS.items()
        for scenario, raises, treat, before, how in HOW
    ),
    Experiment(
        "websocket.WebSocket.send_binary",
        "timeout",
        "websocket.WebSocketTimeoutException",
        lambda: use(stay_silent, lambda found: found.send_binary(LOT), SOON),
        peer="full buffers",
    ),
]


@by_operation(SEND)
def test_send(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_an_application_tells_and_does_not_raise() -> None:
    """`run_forever` returns when its peer is gone."""
    told: list[BaseException] = []
    with at(shake_hands(say(b"\x81\x05x", close)))() as (host, port):
        found = websocket.WebSocketApp(f"ws://{host}:{port}", on_error=lambda _, error: told.append(error))
        assert raised(found.run_forever) is None
    assert len(told) == 1
