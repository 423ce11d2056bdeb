"""What valkey-py raises, with its own retries switched off."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.peers import (
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_port,
    compare,
    hear,
    patience,
    raised,
    raised_by,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterator

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

valkey = pytest.importorskip("valkey")
pytest.importorskip("valkey.asyncio")


def answer_all(reply: bytes) -> Callable[[socket.socket], None]:
    """Return a treatment that answers every command by `reply`."""

    def treat(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            connection.sendall(reply * len(re.findall(rb"^\*\d+\r$", data, re.MULTILINE)))

    return treat


TREATMENTS: Any = (
    ("reset", hear(b"\n", reset)),
    ("closed", hear(b"\n", close)),
    ("cut", hear(b"\n", say(b"$9\r\nx", close))),
    ("timeout", stay_silent),
    ("rubbish", hear(b"\n", say(b"HTTP/1.1 400 Bad Request\r\n"))),
    ("answered", answer_all(b"-ERR no\r\n")),
    ("answered", answer_all(b"-NOAUTH no\r\n")),
    ("answered", answer_all(b"-LOADING not yet\r\n")),
)


def places() -> Iterator[tuple[Scenario, tuple[str, int]]]:
    """Yield an address for each way in which a server fails, as long as it does."""
    with closed_port() as closed, black_hole() as hole:
        yield "refused", closed
        yield "timeout", hole
        yield "unresolved", (UNKNOWN_HOST, 1)
        yield "unreachable", ("255.255.255.255", 1)
    for scenario, treat in TREATMENTS:
        with Peer(treat) as peer:
            yield scenario, peer.address


def client(address: tuple[str, int], timeout: float) -> Any:
    retry = valkey.retry.Retry(valkey.backoff.NoBackoff(), 0)
    return valkey.Valkey(*address, socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry, protocol=2)


def async_client(address: tuple[str, int], timeout: float) -> Any:
    retry = valkey.asyncio.retry.Retry(valkey.backoff.NoBackoff(), 0)
    return valkey.asyncio.Valkey(
        host=address[0],
        port=address[1],
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=retry,
        protocol=2,
    )


def seen_by(command: Callable[[Any], object]) -> Seen:
    seen: Seen = []
    for scenario, address in places():
        with client(address, patience(scenario)) as connection:
            seen.append((scenario, raised(lambda: command(connection))))
    assert not any(isinstance(error, OSError) for _, error in seen)
    return seen


COMMANDS: dict[str, Callable[[Any], object]] = {
    "execute_command": lambda connection: connection.execute_command("PING"),
    "get": lambda connection: connection.get("x"),
    "ping": lambda connection: connection.ping(),
    "scan_iter": lambda connection: list(connection.scan_iter()),
    "set": lambda connection: connection.set("x", 1),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name: str) -> None:
    compare(f"valkey.Valkey.{name}", seen_by(COMMANDS[name]))


def test_pipeline() -> None:
    def execute(connection: Any) -> object:
        return connection.pipeline(transaction=False).set("x", 1).execute()

    def watch(connection: Any) -> object:
        with connection.pipeline() as pipeline:
            return pipeline.watch("x")

    compare("valkey.client.Pipeline.execute", seen_by(execute))
    compare("valkey.client.Pipeline.watch", seen_by(watch))


def test_pubsub() -> None:
    def subscribe(connection: Any) -> object:
        with connection.pubsub() as pubsub:
            pubsub.subscribe("x")
            return pubsub.get_message(timeout=None)

    compare("valkey.client.PubSub.get_message", seen_by(subscribe))


def test_lock() -> None:
    compare("valkey.lock.Lock.acquire", seen_by(lambda connection: connection.lock("x").acquire(blocking=False)))


async def execute(connection: Any) -> object:
    return await connection.pipeline(transaction=False).set("x", 1).execute()


async def scan(connection: Any) -> object:
    return [key async for key in connection.scan_iter()]


async def acquire(connection: Any) -> object:
    return await connection.lock("x").acquire(blocking=False)


ASYNC_COMMANDS: dict[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
    "valkey.asyncio.Valkey.get": lambda connection: connection.get("x"),
    "valkey.asyncio.Valkey.scan_iter": scan,
    "valkey.asyncio.client.Pipeline.execute": execute,
    "valkey.asyncio.lock.Lock.acquire": acquire,
}


@pytest.mark.parametrize("name", ASYNC_COMMANDS)
def test_async_command(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        for scenario, address in places():
            async with async_client(address, patience(scenario)) as connection:
                seen.append((scenario, await raised_by(ASYNC_COMMANDS[name](connection))))
        return seen

    seen = asyncio.run(fail())
    assert not any(isinstance(error, OSError) for _, error in seen)
    compare(name, seen)
