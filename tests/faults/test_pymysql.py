"""What PyMySQL raises, against a server that greets, and then fails."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.mysql_peers import MYSQL_CONNECT, MYSQL_NO_TLS, mysql_query
from tests.faults.peers import client_context, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

pymysql = pytest.importorskip("pymysql")

OPERATIONAL, INTERNAL = "pymysql.err.OperationalError", "pymysql.err.InternalError"


def connection(address: Address, timeout: float, **options: Any) -> Any:
    return pymysql.connect(
        host=address[0],
        port=address[1],
        user="u",
        autocommit=None,
        connect_timeout=timeout,
        read_timeout=timeout,
        **options,
    )


def connect(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connection(address, timeout, ssl_disabled=True))


def connect_with_tls(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connection(address, timeout, ssl=client_context()))


def connect_later(address: Address, timeout: float) -> BaseException | None:
    return raised(connection(address, timeout, defer_connect=True, ssl_disabled=True).connect)


def perform(call: Callable[[Any], object], twice: bool, address: Address, timeout: float) -> BaseException | None:
    opened = connection(address, timeout, ssl_disabled=True)
    try:
        if twice:
            raised(lambda: call(opened))
        return raised(lambda: call(opened))
    finally:
        with contextlib.suppress(pymysql.Error):
            opened.close()


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], object]]] = {
    "Connection.begin": (b"BEGIN", lambda opened: opened.begin()),
    "Connection.commit": (b"COMMIT", lambda opened: opened.commit()),
    "Connection.ping": (b"\x0e", lambda opened: opened.ping()),
    "Connection.query": (b"WORD", lambda opened: opened.query("WORD")),
    "Connection.rollback": (b"ROLLBACK", lambda opened: opened.rollback()),
    "Connection.select_db": (b"WORD", lambda opened: opened.select_db("WORD")),
    "cursors.Cursor.callproc": (b"WORD", lambda opened: opened.cursor().callproc("WORD")),
    "cursors.Cursor.execute": (b"WORD", lambda opened: opened.cursor().execute("WORD")),
    "cursors.Cursor.executemany": (b"WORD", lambda opened: opened.cursor().executemany("WORD %s", [("x",)])),
}
ANSWERS = {
    "another protocol": INTERNAL,
    "data too long": "pymysql.err.DataError",
    "duplicate key": "pymysql.err.IntegrityError",
    "not supported": "pymysql.err.NotSupportedError",
    "syntax error": "pymysql.err.ProgrammingError",
}


def connects() -> Iterator[Experiment]:
    for name, call in (("pymysql.Connection", connect), ("pymysql.Connection.connect", connect_later)):
        yield from experiments(name, call, MYSQL_CONNECT, OPERATIONAL, {"another protocol": INTERNAL})
    yield from experiments("pymysql.Connection", connect_with_tls, MYSQL_NO_TLS, OPERATIONAL)


def queries() -> Iterator[Experiment]:
    for name, (word, call) in CALLS.items():
        operation, places, how = f"pymysql.{name}", mysql_query(word), functools.partial(perform, call)
        lost = "pymysql.err.Error" if name == "Connection.ping" else "pymysql.err.InterfaceError"
        if name in {"Connection.ping", "cursors.Cursor.execute"}:
            yield from experiments_over(operation, how, places, OPERATIONAL, ANSWERS, lost=lost)
        else:
            yield from experiments_over(operation, how, few(places), OPERATIONAL, lost=lost)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(queries())
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)
