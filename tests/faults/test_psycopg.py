"""What psycopg raises, against a server that lets everybody in, and then fails."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from connlint.knowledge.psycopg import LIBRARY
from tests.faults.databases import (
    POSTGRES_CONNECT,
    POSTGRES_NO_TLS,
    experiments,
    postgres_query,
    taken_by_builtin,
    unproven,
)
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import raised, raised_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.databases import Address

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
        ways = postgres_query(word)
        how = perform_async if name.startswith("Async") else perform
        once, twice = functools.partial(how, call, False), functools.partial(how, call, True)
        operation = f"psycopg.{name}"
        if name in {"AsyncCursor.execute", "Cursor.execute"}:
            # nothing bounds the wait for an answer
            yield from experiments(operation, once, ways, OPERATIONAL, ANSWERS, without=["lost before", "silence"])
        else:
            yield from experiments(operation, once, {"reset": ways["reset"]}, OPERATIONAL)
        yield from experiments(operation, twice, {"lost before": ways["lost before"]}, OPERATIONAL)


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
    assert taken_by_builtin(CONNECTS, "psycopg.connect") == {
        "answered": {False},
        "closed": {False},
        "cut": {False},
        "handshake": {False},
        "refused": {False},
        "reset": {False},
        "rubbish": {False},
        "timeout": {False},
        "unreachable": {False},
        "unresolved": {False},
    }
