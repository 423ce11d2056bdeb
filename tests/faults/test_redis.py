"""What redis-py raises, with its own retries switched off; and valkey-py, which is redis-py under another name."""

from __future__ import annotations

import asyncio
import functools
import importlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY, RUBBISH, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, hear, raised, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from tests.faults.clients import Address

pytest.importorskip("redis.asyncio")


def answer_all(reply: bytes) -> Callable[[socket.socket], None]:
    """Return a treatment that answers every command by `reply`."""

    def treat(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            connection.sendall(reply * len(re.findall(rb"^\*\d+\r$", data, re.MULTILINE)))

    return treat


def abort_transaction(connection: socket.socket) -> None:
    """Answer every command by yes, and a transaction by the word that what it watches has changed."""
    while data := connection.recv(65536):
        commands = re.findall(rb"^\*\d+\r$", data, re.MULTILINE)
        connection.sendall(b"+OK\r\n+QUEUED\r\n*-1\r\n" if b"EXEC" in data else b"+OK\r\n" * len(commands))


PLACES: Mapping[str, Place] = {
    **NOBODY,
    "reset": Place("reset", at(hear(b"\n", reset))),
    "close": Place("closed", at(hear(b"\n", close))),
    "answer cut": Place("cut", at(hear(b"\n", say(b"$9\r\nx", close)))),
    "silence": Place("timeout", at(stay_silent)),
    "another protocol": Place("rubbish", at(hear(b"\n", say(RUBBISH)))),
    "error": Place("answered", at(answer_all(b"-ERR no\r\n"))),
    "no authentication": Place("answered", at(answer_all(b"-NOAUTH no\r\n"))),
    "loading": Place("answered", at(answer_all(b"-LOADING not yet\r\n"))),
}
NO_TLS = {"no TLS": Place("handshake", at(say(RUBBISH, hear(b"\x16", close))))}
# What only some operations meet
CHANGED = {"watched key changed": Place("answered", at(abort_transaction))}
NOT_OWNED = {"lock not owned": Place("answered", at(answer_all(b":0\r\n")))}


def perform(
    library: str, call: Callable[[Any], object], address: Address, timeout: float, **options: Any
) -> BaseException | None:
    package = importlib.import_module(library)
    retry = importlib.import_module(f"{library}.retry").Retry(
        importlib.import_module(f"{library}.backoff").NoBackoff(), 0
    )
    waits = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
    kind = getattr(package, library.capitalize())
    with kind(*address, retry=retry, protocol=2, **waits, **options) as client:
        return raised(lambda: call(client))


def connect_to_cluster(library: str, address: Address, timeout: float) -> BaseException | None:
    kind = getattr(importlib.import_module(f"{library}.cluster"), f"{library.capitalize()}Cluster")
    backoff = importlib.import_module(f"{library}.backoff").NoBackoff()
    retry = importlib.import_module(f"{library}.retry").Retry(backoff, 0)
    host, port = address
    waits = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
    return raised(lambda: kind(host=host, port=port, retry=retry, **waits))


def clusters(library: str) -> Iterator[Experiment]:
    name = library.capitalize()
    yield from experiments(
        f"{library}.cluster.{name}Cluster",
        functools.partial(connect_to_cluster, library),
        PLACES,
        f"{library}.exceptions.{name}ClusterException",
    )


def perform_async(
    library: str,
    call: Callable[[Any], Coroutine[Any, Any, object]],
    address: Address,
    timeout: float,
    **options: Any,
) -> BaseException | None:
    package = importlib.import_module(f"{library}.asyncio")
    backoff = importlib.import_module(f"{library}.backoff").NoBackoff()
    retry = importlib.import_module(f"{library}.asyncio.retry").Retry(backoff, 0)
    waits = {"socket_timeout": timeout, "socket_connect_timeout": timeout}

    async def fail() -> BaseException | None:
        kind = getattr(package, library.capitalize())
        async with kind(host=address[0], port=address[1], retry=retry, protocol=2, **waits, **options) as client:
            return await raised_by(call(client))

    return asyncio.run(fail())


def watch(client: Any) -> object:
    with client.pipeline() as pipeline:
        return pipeline.watch("x")


def subscribe(client: Any) -> object:
    with client.pubsub() as pubsub:
        pubsub.subscribe("x")
        return pubsub.get_message(timeout=None)


def release(client: Any) -> object:
    lock = client.lock("x", thread_local=False)
    lock.local.token = b"y"
    return lock.release()


async def scan_async(client: Any) -> object:
    return [key async for key in client.scan_iter()]


# The first of each kind meets every way to fail
CALLS: dict[str, Callable[[Any], object]] = {
    "Redis.get": lambda client: client.get("x"),
    "Redis.execute_command": lambda client: client.execute_command("PING"),
    "Redis.ping": lambda client: client.ping(),
    "Redis.scan_iter": lambda client: list(client.scan_iter()),
    "Redis.set": lambda client: client.set("x", 1),
    "client.Pipeline.execute": lambda client: client.pipeline(transaction=False).set("x", 1).execute(),
    "client.Pipeline.watch": watch,
    "client.PubSub.get_message": subscribe,
    "lock.Lock.acquire": lambda client: client.lock("x").acquire(blocking=False),
}
ASYNC_CALLS: dict[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
    "asyncio.Redis.get": lambda client: client.get("x"),
    "asyncio.Redis.scan_iter": scan_async,
    "asyncio.client.Pipeline.execute": lambda client: client.pipeline(transaction=False).set("x", 1).execute(),
    "asyncio.lock.Lock.acquire": lambda client: client.lock("x").acquire(blocking=False),
}


SPECIAL = (
    ("client.Pipeline.execute", lambda client: client.pipeline().set("x", 1).execute(), CHANGED, "WatchError"),
    ("lock.Lock.release", release, NOT_OWNED, "LockError"),
)
ASYNC_SPECIAL = (
    ("asyncio.client.Pipeline.execute", lambda client: client.pipeline().set("x", 1).execute(), CHANGED, "WatchError"),
    ("asyncio.lock.Lock.release", release, NOT_OWNED, "LockError"),
)


def commands(
    library: str,
    calls: Mapping[str, Callable[[Any], Any]],
    how: Callable[..., Any],
    special: Iterable[tuple[str, Callable[[Any], Any], Mapping[str, Place], str]],
) -> Iterator[Experiment]:
    errors = f"{library}.exceptions"
    outcomes = {
        "another protocol": f"{errors}.InvalidResponse",
        "error": f"{errors}.ResponseError",
        "full backlog": f"{errors}.TimeoutError",
        "loading": f"{errors}.BusyLoadingError",
        "no authentication": f"{errors}.AuthenticationError",
        "silence": f"{errors}.TimeoutError",
    }
    for name, call in calls.items():
        operation = f"{library}.{name.replace('Redis', library.capitalize())}"
        performing = functools.partial(how, library, call)
        yield from experiments(operation, performing, PLACES, f"{errors}.ConnectionError", outcomes)
        if name.endswith(("Redis.get", "execute", "acquire")):
            with_tls = functools.partial(performing, ssl=True)
            yield from experiments(operation, with_tls, NO_TLS, f"{errors}.ConnectionError")
    for name, failing, places, raises in special:
        operation = f"{library}.{name}"
        yield from experiments(operation, functools.partial(how, library, failing), places, f"{errors}.{raises}")


@by_operation(commands("redis", CALLS, perform, SPECIAL), clusters("redis"))
def test_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(commands("redis", ASYNC_CALLS, perform_async, ASYNC_SPECIAL))
def test_async_command(experiments: list[Experiment]) -> None:
    check_all(experiments)
