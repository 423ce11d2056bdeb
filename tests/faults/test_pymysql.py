"""What PyMySQL raises, against a server that greets, and then fails."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.pymysql import LIBRARY
from tests.faults.databases import MYSQL_CONNECT, MYSQL_NO_TLS, experiments, mysql_query, taken_by_builtin, unproven
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import client_context, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.databases import Address

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
        ways = mysql_query(word)
        lost = "pymysql.err.Error" if name == "Connection.ping" else "pymysql.err.InterfaceError"
        once, twice = functools.partial(perform, call, False), functools.partial(perform, call, True)
        if name in {"Connection.ping", "cursors.Cursor.execute"}:
            yield from experiments(f"pymysql.{name}", once, ways, OPERATIONAL, ANSWERS, without=["lost before"])
        else:
            yield from experiments(f"pymysql.{name}", once, {"reset": ways["reset"]}, OPERATIONAL)
        yield from experiments(f"pymysql.{name}", twice, {"lost before": ways["lost before"]}, lost)


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
    assert taken_by_builtin(CONNECTS, "pymysql.Connection") == {
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
    assert not any(map(any, taken_by_builtin(QUERIES, "pymysql.cursors.Cursor.execute").values()))
