"""What psycopg2 raises, against a server that lets everybody in, and then fails."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import raised
from tests.faults.postgres_peers import POSTGRES_CONNECT, POSTGRES_NO_TLS, postgres_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

psycopg2 = pytest.importorskip("psycopg2")

OPERATIONAL, LOST = "psycopg2.OperationalError", "psycopg2.InterfaceError"


def connect(address: Address, _: float, **options: Any) -> BaseException | None:
    # two seconds are the least that libpq takes
    return raised(lambda: psycopg2.connect(host=address[0], port=address[1], user="u", connect_timeout=2, **options))


def perform(call: Callable[[Any], object], twice: bool, address: Address, _: float) -> BaseException | None:
    opened = psycopg2.connect(host=address[0], port=address[1], user="u")
    try:
        if twice:
            raised(lambda: call(opened))
        return raised(lambda: call(opened))
    finally:
        opened.close()


def commit(opened: Any) -> None:
    opened.cursor().execute("BEGIN")  # for without a transaction it does nothing
    opened.commit()


def rollback(opened: Any) -> None:
    opened.cursor().execute("BEGIN")
    opened.rollback()


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], object]]] = {
    "connection.commit": (b"COMMIT", commit),
    "connection.rollback": (b"ROLLBACK", rollback),
    "cursor.callproc": (b"word", lambda opened: opened.cursor().callproc("word")),
    "cursor.copy_expert": (b"COPY", lambda opened: opened.cursor().copy_expert("COPY x FROM STDIN", io.StringIO())),
    "cursor.copy_from": (b"COPY", lambda opened: opened.cursor().copy_from(io.StringIO(), "x")),
    "cursor.copy_to": (b"COPY", lambda opened: opened.cursor().copy_to(io.StringIO(), "x")),
    "cursor.execute": (b"word", lambda opened: opened.cursor().execute("word")),
    "cursor.executemany": (b"word", lambda opened: opened.cursor().executemany("word %s", [("x",)])),
}
ANSWERS = {
    "data too long": "psycopg2.DataError",
    "duplicate key": "psycopg2.IntegrityError",
    "failed transaction": "psycopg2.InternalError",
    "not supported": "psycopg2.NotSupportedError",
    "syntax error": "psycopg2.ProgrammingError",
}


def connects() -> Iterator[Experiment]:
    yield from experiments("psycopg2.connect", connect, POSTGRES_CONNECT, OPERATIONAL, without=["full backlog"])
    demanding = functools.partial(connect, sslmode="require")
    yield from experiments("psycopg2.connect", demanding, POSTGRES_NO_TLS, OPERATIONAL)


def queries() -> Iterator[Experiment]:
    for name, (word, call) in CALLS.items():
        operation, places, how = f"psycopg2.extensions.{name}", postgres_query(word), functools.partial(perform, call)
        if name == "cursor.execute":
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
