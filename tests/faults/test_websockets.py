"""What websockets raises: builtins until the line stands, and classes of its own from then on."""

from __future__ import annotations

import asyncio
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import at
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import experiments
from tests.faults.peers import SOON, raised, raised_by
from tests.faults.websocket_peers import ENDS, shake_hands

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

client = pytest.importorskip("websockets.asyncio.client")
sync_client = pytest.importorskip("websockets.sync.client")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    legacy_client = pytest.importorskip("websockets.legacy.client")

MESSAGE = "websockets.exceptions.InvalidMessage"
FAILED = {
    "closed port": "ConnectionRefusedError",
    "full backlog": "TimeoutError",
    "unknown host": "socket.gaierror",
    "no route": "OSError",
    "reset": MESSAGE,
    "close": MESSAGE,
    "head cut": MESSAGE,
    "silence": "TimeoutError",
    "another protocol": MESSAGE,
    "reset in TLS handshake": "ConnectionResetError",
    "no TLS": "ssl.SSLError",
}
ANSWERED = {
    "endless line": "websockets.exceptions.SecurityError",
    "redirections": "websockets.exceptions.SecurityError",
    "503": "websockets.exceptions.InvalidStatus",
}
ASYNC = {**FAILED, "two closed ports": "OSError", "close in TLS handshake": "ConnectionResetError"}
SYNC = {**FAILED, "two closed ports": "ConnectionRefusedError", "close in TLS handshake": "ssl.SSLError"}


def connect(url: str, timeout: float) -> BaseException | None:
    def enter() -> None:
        with sync_client.connect(url, open_timeout=timeout):
            pass

    return raised(enter)


def awaiting(connect: Any) -> Callable[[str, float], BaseException | None]:
    async def awaited(url: str, wait: float) -> object:
        return await connect(url, open_timeout=wait, close_timeout=SOON)

    return lambda url, timeout: raised(lambda: asyncio.run(awaited(url, timeout)))


CONNECT = [
    *experiments("websockets.asyncio.client.connect", awaiting(client.connect), {**ASYNC, **ANSWERED}, "ws"),
    *experiments(
        "websockets.legacy.client.connect",
        awaiting(legacy_client.connect),
        {**ASYNC, "endless line": MESSAGE, "503": "websockets.legacy.exceptions.InvalidStatusCode"},
        "ws",
    ),
    *experiments("websockets.sync.client.connect", connect, {**SYNC, **ANSWERED}, "ws"),
]


@by_operation(CONNECT)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def use(end: str, call: Callable[[Any], object]) -> BaseException | None:
    """Return what `call` raises on a connection that ends in the way `end`."""
    scenario, treat = ENDS[end]
    with (
        at(shake_hands(treat))() as (host, port),
        sync_client.connect(f"ws://{host}:{port}", close_timeout=SOON) as connection,
    ):
        if scenario != "timeout":
            connection.socket.send(b"!")
            connection.recv_events_thread.join()
        return raised(lambda: call(connection))


def use_async(connect: Any, end: str, call: Callable[[Any], Any]) -> BaseException | None:
    async def use() -> BaseException | None:
        with at(shake_hands(ENDS[end][1]))() as (host, port):
            connection = await connect(f"ws://{host}:{port}", close_timeout=SOON)
            connection.transport.write(b"!")
            await connection.wait_closed()
            return await raised_by(call(connection))

    return asyncio.run(use())


CALLS: dict[str, Callable[[Any], Any]] = {
    "ping": lambda connection: connection.ping(),
    "pong": lambda connection: connection.pong(),
    "recv": lambda connection: connection.recv(),
    "send": lambda connection: connection.send("x"),
}


def ending(owner: str, use: Callable[[str, Callable[[Any], Any]], BaseException | None]) -> list[Experiment]:
    return [
        Experiment(
            f"{owner}.{name}",
            scenario,
            f"websockets.exceptions.ConnectionClosed{'OK' if end == 'farewell' else 'Error'}",
            partial(use, end, call),
            peer=end,
        )
        for name, call in CALLS.items()
        for end, (scenario, _) in ENDS.items()
        if end != "silence"
    ]


CONNECTION = [
    *ending("websockets.asyncio.connection.Connection", partial(use_async, client.connect)),
    *ending("websockets.legacy.protocol.WebSocketCommonProtocol", partial(use_async, legacy_client.connect)),
    *ending("websockets.sync.connection.Connection", use),
    Experiment(
        "websockets.sync.connection.Connection.recv",
        "timeout",
        "TimeoutError",
        lambda: use("silence", lambda connection: connection.recv(timeout=SOON)),
        peer="silence",
        given=("timeout",),
    ),
]


@by_operation(CONNECTION)
def test_connection(experiments: list[Experiment]) -> None:
    check_all(experiments)


OWN: dict[Scenario, bool | None] = {"closed": False, "cut": False, "timeout": False, "unresolved": False}
