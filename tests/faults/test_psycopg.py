"""What psycopg raises, against a server that lets everybody in, and then fails."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from tests.faults.clients import experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import raised, raised_by
from tests.faults.postgres_peers import POSTGRES_CONNECT, POSTGRES_NO_TLS, postgres_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

psycopg = pytest.importorskip("psycopg")

OPERATIONAL = "psycopg.errors.OperationalError"


def connect(address: Address, timeout: float, call: Callable[..., Any], **options: Any) -> BaseException | None:
    with mock.patch("psycopg.connection.timeout_from_conninfo", return_value=timeout):
        return raised(lambda: call(host=address[0], port=address[1], user="u", **options))


def connect_async(address: Address, timeout: float, **options: Any) -> BaseException | None:
    async def fail() -> None:
        await psycopg.AsyncConnection.connect(host=address[0], port=address[1], user="u", **options)

    with mock.patch("psycopg.connection_async.timeout_from_conninfo", return_value=timeout):
        return raised(lambda: asyncio.run(fail()))


def perform(call: Callable[[Any], object], twice: bool, address: Address, _: float) -> BaseException | None:
    with contextlib.closing(psycopg.connect(host=address[0], port=address[1], user="u")) as opened:
        if twice:
            raised(lambda: call(opened))
        return raised(lambda: call(opened))


def perform_async(
    call: Callable[[Any], Awaitable[object]], twice: bool, address: Address, _: float
) -> BaseException | None:
    async def fail() -> BaseException | None:
        opened = await psycopg.AsyncConnection.connect(host=address[0], port=address[1], user="u")
        try:
            if twice:
                await raised_by(call(opened))
            return await raised_by(call(opened))
        finally:
            await opened.close()

    return asyncio.run(fail())


def commit(opened: Any) -> None:
    opened.execute("BEGIN")  # for without a transaction it does nothing
    opened.commit()


def rollback(opened: Any) -> None:
    opened.execute("BEGIN")
    opened.rollback()


async def commit_async(opened: Any) -> None:
    await opened.execute("BEGIN")
    await opened.commit()


async def rollback_async(opened: Any) -> None:
    await opened.execute("BEGIN")
    await opened.rollback()


async def execute_async(opened: Any) -> None:
    await opened.cursor().execute("word")


async def executemany_async(opened: Any) -> None:
    await opened.cursor().executemany("word %s", [("x",)])


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], Any]]] = {
    "AsyncConnection.commit": (b"COMMIT", commit_async),
    "AsyncConnection.execute": (b"word", lambda opened: opened.execute("word")),
    "AsyncConnection.rollback": (b"ROLLBACK", rollback_async),
    "AsyncCursor.execute": (b"word", execute_async),
    "AsyncCursor.executemany": (b"BEGIN", executemany_async),
    "Connection.commit": (b"COMMIT", commit),
    "Connection.execute": (b"word", lambda opened: opened.execute("word")),
    "Connection.rollback": (b"ROLLBACK", rollback),
    "Cursor.execute": (b"word", lambda opened: opened.cursor().execute("word")),
    "Cursor.executemany": (b"BEGIN", lambda opened: opened.cursor().executemany("word %s", [("x",)])),
}
ANSWERS = {
    "another protocol": "psycopg.errors.DatabaseError",
    "data too long": "psycopg.errors.DataError",
    "duplicate key": "psycopg.errors.IntegrityError",
    "failed transaction": "psycopg.errors.InternalError",
    "not supported": "psycopg.errors.NotSupportedError",
    "syntax error": "psycopg.errors.ProgrammingError",
}


CONNECTING = {"full backlog": "psycopg.errors.ConnectionTimeout", "silence": "psycopg.errors.ConnectionTimeout"}


def connects() -> Iterator[Experiment]:
    for name, call in (
        ("psycopg.connect", functools.partial(connect, call=psycopg.connect)),
        ("psycopg.Connection.connect", functools.partial(connect, call=psycopg.Connection.connect)),
        ("psycopg.AsyncConnection.connect", connect_async),
    ):
        yield from experiments(name, call, POSTGRES_CONNECT, OPERATIONAL, CONNECTING)
        demanding = functools.partial(call, sslmode="require")
        yield from experiments(name, demanding, POSTGRES_NO_TLS, OPERATIONAL)


def queries() -> Iterator[Experiment]:
    for name, (word, call) in CALLS.items():
        operation, places = f"psycopg.{name}", postgres_query(word)
        how = functools.partial(perform_async if name.startswith("Async") else perform, call)
        if name in {"AsyncCursor.execute", "Cursor.execute"}:
            # nothing bounds the wait for an answer
            yield from experiments_over(
                operation, how, places, OPERATIONAL, ANSWERS, lost=OPERATIONAL, without=["silence"]
            )
        else:
            yield from experiments_over(operation, how, few(places), OPERATIONAL, lost=OPERATIONAL)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(queries())
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)
