"""What aiomysql raises, against the servers that PyMySQL meets."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.mysql_peers import MYSQL_CONNECT, mysql_query
from tests.faults.peers import raised, raised_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

aiomysql = pytest.importorskip("aiomysql")

OPERATIONAL, INTERNAL = "pymysql.err.OperationalError", "pymysql.err.InternalError"
LOST = "pymysql.err.InterfaceError"


def connect(address: Address, timeout: float) -> BaseException | None:
    async def fail() -> None:
        opened = await aiomysql.connect(host=address[0], port=address[1], connect_timeout=timeout, user="u")
        opened.close()

    return raised(lambda: asyncio.run(fail()))


def create_pool(address: Address, timeout: float) -> BaseException | None:
    async def fail() -> None:
        await aiomysql.create_pool(host=address[0], port=address[1], connect_timeout=timeout, user="u")

    return raised(lambda: asyncio.run(fail()))


def perform(
    call: Callable[[Any], Awaitable[object]], twice: bool, address: Address, timeout: float
) -> BaseException | None:
    async def fail() -> BaseException | None:
        opened = await aiomysql.connect(
            host=address[0], port=address[1], connect_timeout=timeout, user="u", autocommit=None
        )
        try:
            if twice:
                await raised_by(call(opened))
            return await raised_by(call(opened))
        finally:
            opened.close()

    return asyncio.run(fail())


async def execute(opened: Any) -> None:
    async with opened.cursor() as cursor:
        await cursor.execute("WORD")


async def executemany(opened: Any) -> None:
    async with opened.cursor() as cursor:
        await cursor.executemany("WORD %s", [("x",)])


async def callproc(opened: Any) -> None:
    async with opened.cursor() as cursor:
        await cursor.callproc("WORD")


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], Awaitable[object]]]] = {
    "Connection.begin": (b"BEGIN", lambda opened: opened.begin()),
    "Connection.commit": (b"COMMIT", lambda opened: opened.commit()),
    "Connection.query": (b"WORD", lambda opened: opened.query("WORD")),
    "Connection.rollback": (b"ROLLBACK", lambda opened: opened.rollback()),
    "Connection.select_db": (b"WORD", lambda opened: opened.select_db("WORD")),
    "Cursor.callproc": (b"WORD", callproc),
    "Cursor.execute": (b"WORD", execute),
    "Cursor.executemany": (b"WORD", executemany),
}
ANSWERS = {
    "another protocol": INTERNAL,
    "data too long": "pymysql.err.DataError",
    "duplicate key": "pymysql.err.IntegrityError",
    "not supported": "pymysql.err.NotSupportedError",
    "syntax error": "pymysql.err.ProgrammingError",
}


def connects() -> Iterator[Experiment]:
    for name, call in (("aiomysql.connect", connect), ("aiomysql.create_pool", create_pool)):
        # nothing bounds the wait for a greeting
        yield from experiments(
            name, call, MYSQL_CONNECT, OPERATIONAL, {"another protocol": INTERNAL}, without=["silence"]
        )


def queries() -> Iterator[Experiment]:
    for name, (word, call) in CALLS.items():
        operation, places, how = f"aiomysql.{name}", mysql_query(word), functools.partial(perform, call)
        if name == "Cursor.execute":
            # nothing bounds the wait for an answer
            yield from experiments_over(operation, how, places, OPERATIONAL, ANSWERS, lost=LOST, without=["silence"])
        else:
            yield from experiments_over(operation, how, few(places), OPERATIONAL, lost=LOST)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(queries())
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)
