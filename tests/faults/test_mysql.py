"""What the Python implementation of MySQL Connector/Python raises; that in C needs its extension."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import experiments, experiments_over, few
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.mysql_peers import MYSQL_CONNECT, mysql_query
from tests.faults.peers import raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

connector = pytest.importorskip("mysql.connector")

ERRORS = "mysql.connector.errors"
INTERFACE, OPERATIONAL = f"{ERRORS}.InterfaceError", f"{ERRORS}.OperationalError"
CONNECTION, CURSOR = "mysql.connector.connection.MySQLConnection", "mysql.connector.cursor.MySQLCursor"


def options(address: Address, timeout: float) -> dict[str, Any]:
    return {
        "host": address[0],
        "port": address[1],
        "user": "u",
        "connection_timeout": timeout,
        "ssl_disabled": True,
    }


def connect(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connector.connect(use_pure=True, **options(address, timeout)))


def construct(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connector.MySQLConnection(**options(address, timeout)))


def connect_later(address: Address, timeout: float) -> BaseException | None:
    later = connector.MySQLConnection()
    return raised(lambda: later.connect(**options(address, timeout)))


def perform(call: Callable[[Any], object], twice: bool, address: Address, timeout: float) -> BaseException | None:
    opened = connector.connect(use_pure=True, read_timeout=max(1, round(timeout)), **options(address, timeout))
    try:
        if twice:
            raised(lambda: call(opened))
        return raised(lambda: call(opened))
    finally:
        opened.shutdown()


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], object]]] = {
    f"{CONNECTION}.cmd_query": (b"WORD", lambda opened: opened.cmd_query("WORD")),
    f"{CONNECTION}.commit": (b"COMMIT", lambda opened: opened.commit()),
    f"{CONNECTION}.rollback": (b"ROLLBACK", lambda opened: opened.rollback()),
    f"{CONNECTION}.start_transaction": (b"START", lambda opened: opened.start_transaction()),
    f"{CURSOR}.callproc": (b"WORD", lambda opened: opened.cursor().callproc("WORD")),
    f"{CURSOR}.execute": (b"WORD", lambda opened: opened.cursor().execute("WORD")),
    f"{CURSOR}.executemany": (b"WORD", lambda opened: opened.cursor().executemany("WORD", [()])),
}
CONNECTING = {
    "access denied": f"{ERRORS}.ProgrammingError",
    "full backlog": f"{ERRORS}.ConnectionTimeoutError",
    "reset": OPERATIONAL,
    "silence": f"{ERRORS}.ConnectionTimeoutError",
    "too many connections": OPERATIONAL,
}
ANSWERS = {
    "data too long": f"{ERRORS}.DataError",
    "duplicate key": f"{ERRORS}.IntegrityError",
    "lock wait timeout": f"{ERRORS}.DatabaseError",
    "not supported": f"{ERRORS}.NotSupportedError",
    "reset": OPERATIONAL,
    "shutting down": OPERATIONAL,
    "silence": f"{ERRORS}.ReadTimeoutError",
    "syntax error": f"{ERRORS}.ProgrammingError",
}
# A cursor asks whether its connection is still there
LOST = dict.fromkeys((f"{CURSOR}.callproc", f"{CURSOR}.execute", f"{CURSOR}.executemany"), OPERATIONAL)


def connects() -> Iterator[Experiment]:
    for name, call in (
        ("mysql.connector.connect", connect),
        (CONNECTION, construct),
        (f"{CONNECTION}.connect", connect_later),
    ):
        yield from experiments(name, call, MYSQL_CONNECT, INTERFACE, CONNECTING)


def queries() -> Iterator[Experiment]:
    for name, (word, call) in CALLS.items():
        places, how, lost = mysql_query(word), functools.partial(perform, call), LOST.get(name, INTERFACE)
        if name == f"{CURSOR}.execute":
            yield from experiments_over(name, how, places, INTERFACE, ANSWERS, lost=lost)
        else:
            yield from experiments_over(name, how, few(places), OPERATIONAL, lost=lost)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(queries())
def test_query(experiments: list[Experiment]) -> None:
    check_all(experiments)


# What the C library calls no server, an unknown host, a server that is gone, and a line that is lost
@pytest.mark.parametrize(
    ("number", "name"),
    [(2003, "DatabaseError"), (2005, "DatabaseError"), (2006, "DatabaseError"), (2013, "OperationalError")],
)
def test_what_the_implementation_in_c_makes_of_a_failure(number: int, name: str) -> None:
    assert type(connector.errors.get_mysql_exception(number, "no", "HY000")).__name__ == name
