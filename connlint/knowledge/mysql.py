"""What is known of MySQL Connector/Python.

None of its classes has anything to do with the builtin `ConnectionError`. Which of them comes depends on which of its
two implementations is at work: the one in Python tells an `InterfaceError` (nobody there, the line closed) from an
`OperationalError` (the line dropped) and a timeout; the one in C, on top of the C library, maps what that reports by
number and SQLSTATE, and raises a `DatabaseError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import mysql as classes
from connlint.knowledge.model import Failure, Library, Operation

# "The default exception is DatabaseError", "communication errors"
_DEFAULT = "https://dev.mysql.com/doc/connector-python/en/connector-python-api-errors.html"
_COMMUNICATION = "https://dev.mysql.com/doc/connector-python/en/connector-python-api-errors-operationalerror.html"
_ERRORS = "mysql.connector.errors"
_LOST = (
    Failure("reset", f"{_ERRORS}.OperationalError"),
    *(Failure(kind, f"{_ERRORS}.InterfaceError") for kind in ("closed", "cut", "rubbish")),
    *(Failure(kind, f"{_ERRORS}.OperationalError", source=_COMMUNICATION) for kind in ("closed", "cut", "timeout")),
)
_CONNECT = (
    *_LOST,
    *(Failure(kind, f"{_ERRORS}.InterfaceError") for kind in ("refused", "unresolved", "unreachable")),
    *(
        Failure(kind, f"{_ERRORS}.DatabaseError", source=_DEFAULT)
        for kind in ("refused", "timeout", "unresolved", "unreachable")
    ),
    Failure("timeout", f"{_ERRORS}.ConnectionTimeoutError"),
    Failure("answered", f"{_ERRORS}.OperationalError"),
    Failure("answered", f"{_ERRORS}.ProgrammingError"),
)
_QUERY = (
    *_LOST,
    *(Failure("broken", f"{_ERRORS}.{name}") for name in ("InterfaceError", "OperationalError")),
    Failure("timeout", f"{_ERRORS}.ReadTimeoutError"),
    *(
        Failure("answered", f"{_ERRORS}.{name}")
        for name in (
            "DataError",
            "DatabaseError",
            "IntegrityError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
        )
    ),
)
_CONNECTION = "mysql.connector.connection.MySQLConnection"
_CURSOR = "mysql.connector.cursor.MySQLCursor"

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            name,
            "connect",
            _CONNECT,
            "tests/faults/test_mysql.py::test_connect",
            address=("host", "port"),
            timeout="connection_timeout",
            only_with=only_with,
        )
        for name, only_with in (
            ("mysql.connector.connect", None),
            # without arguments the constructor only prepares
            (_CONNECTION, "host"),
            (f"{_CONNECTION}.connect", None),
        )
    ),
    *(
        Operation(name, "request", _QUERY, "tests/faults/test_mysql.py::test_query")
        for name in (
            f"{_CONNECTION}.cmd_query",
            f"{_CONNECTION}.commit",
            f"{_CONNECTION}.rollback",
            f"{_CONNECTION}.start_transaction",
            f"{_CURSOR}.callproc",
            f"{_CURSOR}.execute",
            f"{_CURSOR}.executemany",
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    _CONNECTION: ("object",),
    _CURSOR: ("object",),
    "mysql.connector.cursor.MySQLCursorBuffered": (_CURSOR,),
    "mysql.connector.cursor.MySQLCursorDict": (_CURSOR,),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    f"{_CONNECTION}.cursor": _CURSOR,
    "mysql.connector.connect": _CONNECTION,
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "mysql.connector.Connect": "mysql.connector.connect",
    "mysql.connector.MySQLConnection": _CONNECTION,
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(f"{_CONNECTION}.{name}" for name in "close cursor disconnect get_server_info is_connected shutdown".split()),
        f"{_CURSOR}.close",
        "mysql.connector.custom_error_exception",
    }
)

LIBRARY = Library(
    name="mysql",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "mysql.connector.errors.ConnectionTimeoutError",
            "mysql.connector.errors.InterfaceError",
            "mysql.connector.errors.OperationalError",
            "mysql.connector.errors.ReadTimeoutError",
        }
    ),
)
