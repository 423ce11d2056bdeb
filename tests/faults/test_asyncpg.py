"""What asyncpg raises, against the servers that psycopg meets."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import RUBBISH, Place, at, experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, closed_port_of_two, hear, raised, raised_by, reset, say
from tests.faults.postgres_peers import POSTGRES_CONNECT, POSTGRES_TLS, postgres_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

asyncpg = pytest.importorskip("asyncpg")

EXCEPTIONS = "asyncpg.exceptions"
LOST, CLOSED = f"{EXCEPTIONS}.ConnectionDoesNotExistError", f"{EXCEPTIONS}.InterfaceError"
ANSWER = f"{EXCEPTIONS}.PostgresError"


def connect(address: Address, timeout: float) -> BaseException | None:
    async def fail() -> None:
        await asyncpg.connect(host=address[0], port=address[1], timeout=timeout, user="u")

    return raised(lambda: asyncio.run(fail()))


def create_pool(address: Address, timeout: float) -> BaseException | None:
    async def fail() -> None:
        await asyncpg.create_pool(host=address[0], port=address[1], timeout=timeout, user="u", min_size=1)

    return raised(lambda: asyncio.run(fail()))


def perform(
    call: Callable[[Any], Awaitable[object]], twice: bool, address: Address, timeout: float
) -> BaseException | None:
    async def fail() -> BaseException | None:
        opened = await asyncpg.connect(host=address[0], port=address[1], command_timeout=timeout, user="u")
        try:
            if twice:
                await raised_by(call(opened))
            return await raised_by(call(opened))
        finally:
            opened.terminate()

    return asyncio.run(fail())


def perform_with_pool(
    call: Callable[[Any], Awaitable[object]], address: Address, timeout: float
) -> BaseException | None:
    async def fail() -> BaseException | None:
        pool = await asyncpg.create_pool(
            host=address[0], port=address[1], command_timeout=timeout, user="u", min_size=1, max_size=1
        )
        try:
            return await raised_by(call(pool))
        finally:
            pool.terminate()

    return asyncio.run(fail())


CALLS: dict[str, Callable[[Any], Awaitable[object]]] = {
    "execute": lambda opened: opened.execute("word"),
    "executemany": lambda opened: opened.executemany("word", [()]),
    "fetch": lambda opened: opened.fetch("word"),
    "fetchrow": lambda opened: opened.fetchrow("word"),
    "fetchval": lambda opened: opened.fetchval("word"),
    "prepare": lambda opened: opened.prepare("word"),
}
CONNECTING = {
    "closed port": "ConnectionRefusedError",
    "full backlog": "TimeoutError",
    "no route": "OSError",
    "silence": "TimeoutError",
    "starting": ANSWER,
    "too many connections": ANSWER,
    "unknown host": "socket.gaierror",
    "wrong password": ANSWER,
}
# Before it is known who comes, it is asyncio that connects
EARLY = {
    "two closed ports": (Place("refused", closed_port_of_two), "OSError"),
    "reset while asked for TLS": (Place("reset", at(hear(POSTGRES_TLS, reset))), "ConnectionResetError"),
    "close while asked for TLS": (Place("closed", at(hear(POSTGRES_TLS, close))), "ConnectionError"),
    "another protocol": (Place("handshake", at(hear(POSTGRES_TLS, say(RUBBISH)))), "ConnectionError"),
}


def connects() -> Iterator[Experiment]:
    for name, call in (("asyncpg.connect", connect), ("asyncpg.create_pool", create_pool)):
        yield from experiments(name, call, POSTGRES_CONNECT, LOST, CONNECTING, without=["another protocol"])
        for what, (place, raises) in EARLY.items():
            yield from experiments(name, call, {what: place}, raises)


def queries() -> Iterator[Experiment]:
    places = postgres_query(b"word")
    answers = {name: ANSWER for name, place in places.items() if place.scenario == "answered"}
    for name, call in CALLS.items():
        operation = f"asyncpg.Connection.{name}"
        how = functools.partial(perform, call)
        if name == "fetch":
            outcomes = {**answers, "silence": "TimeoutError"}
            yield from experiments_over(operation, how, places, LOST, outcomes, lost=CLOSED)
        else:
            yield from experiments_over(operation, how, few(places), LOST, lost=CLOSED)
        if name != "prepare":
            pooled = functools.partial(perform_with_pool, call)
            yield from experiments(f"asyncpg.Pool.{name}", pooled, {"reset": places["reset"]}, LOST)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(queries())
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)
