"""What asyncpg raises, against the servers that psycopg meets."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.asyncpg import LIBRARY
from tests.faults.databases import (
    POSTGRES_CONNECT,
    POSTGRES_TLS,
    RUBBISH,
    Way,
    at,
    experiments,
    postgres_query,
    taken_by_builtin,
    unproven,
)
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, closed_port_of_two, hear, raised, raised_by, reset, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.databases import Address

asyncpg = pytest.importorskip("asyncpg")

EXCEPTIONS = "asyncpg.exceptions"
LOST, ANSWER = f"{EXCEPTIONS}.ConnectionDoesNotExistError", f"{EXCEPTIONS}.PostgresError"


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
    "two closed ports": (Way("refused", closed_port_of_two), "OSError"),
    "reset while asked for TLS": (Way("reset", at(hear(POSTGRES_TLS, reset))), "ConnectionResetError"),
    "close while asked for TLS": (Way("closed", at(hear(POSTGRES_TLS, close))), "ConnectionError"),
    "another protocol": (Way("handshake", at(hear(POSTGRES_TLS, say(RUBBISH)))), "ConnectionError"),
}


def connects() -> Iterator[Experiment]:
    for name, call in (("asyncpg.connect", connect), ("asyncpg.create_pool", create_pool)):
        yield from experiments(name, call, POSTGRES_CONNECT, LOST, CONNECTING, without=["another protocol"])
        ways = {what: way for what, (way, _) in EARLY.items()}
        yield from experiments(name, call, ways, LOST, {what: raises for what, (_, raises) in EARLY.items()})


def queries() -> Iterator[Experiment]:
    ways = postgres_query(b"word")
    answers = {name: ANSWER for name, way in ways.items() if way.scenario == "answered"}
    for name, call in CALLS.items():
        operation = f"asyncpg.Connection.{name}"
        once, twice = functools.partial(perform, call, False), functools.partial(perform, call, True)
        if name == "fetch":
            outcomes = {**answers, "silence": "TimeoutError"}
            yield from experiments(operation, once, ways, LOST, outcomes, without=["lost before"])
        else:
            yield from experiments(operation, once, {"reset": ways["reset"]}, LOST)
        yield from experiments(operation, twice, {"lost before": ways["lost before"]}, f"{EXCEPTIONS}.InterfaceError")
        if name != "prepare":
            pooled = functools.partial(perform_with_pool, call)
            yield from experiments(f"asyncpg.Pool.{name}", pooled, {"reset": ways["reset"]}, LOST)


CONNECTS, QUERIES = [*connects()], [*queries()]


@by_operation(CONNECTS)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(QUERIES)
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_rows_say_no_more() -> None:
    assert unproven(LIBRARY, [*CONNECTS, *QUERIES]) == set()


def test_what_the_builtin_takes() -> None:
    """It takes the server that is not up, and the one that drops us before it knows who comes."""
    assert taken_by_builtin(CONNECTS, "asyncpg.connect") == {
        "answered": {False},
        "closed": {False, True},
        "cut": {False},
        "handshake": {True},
        "refused": {False, True},
        "reset": {False, True},
        "timeout": {False},
        "unreachable": {False},
        "unresolved": {False},
    }
    assert set(taken_by_builtin(QUERIES, "asyncpg.Connection.fetch")) >= {"reset", "closed", "cut", "timeout"}
    assert not any(map(any, taken_by_builtin(QUERIES, "asyncpg.Connection.fetch").values()))
