"""What is known of PyMySQL 1.

A connection is made in the constructor, and all that fails is a `pymysql.err.Error`: nothing that the builtin
`ConnectionError` takes. An `OperationalError` is both a line that is lost and a server that says no; a connection that
is used again after it was lost raises an `InterfaceError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import pymysql as classes
from connlint.knowledge.model import Failure, Library, Operation

CONNECT = (
    *(
        Failure(kind, "pymysql.err.OperationalError")
        for kind in (
            "refused",
            "reset",
            "closed",
            "cut",
            "timeout",
            "unresolved",
            "unreachable",
            "handshake",
            "answered",
        )
    ),
    Failure("rubbish", "pymysql.err.InternalError"),
)
QUERY = (
    *(Failure(kind, "pymysql.err.OperationalError") for kind in ("reset", "closed", "cut")),
    Failure("broken", "pymysql.err.InterfaceError"),
    Failure("rubbish", "pymysql.err.InternalError"),
    *(
        Failure("answered", f"pymysql.err.{name}")
        for name in (
            "DataError",
            "IntegrityError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
        )
    ),
)
_QUERY = (*QUERY, Failure("timeout", "pymysql.err.OperationalError"))
_PING = (
    *(failure for failure in _QUERY if failure.scenario != "broken"),
    Failure("broken", "pymysql.err.Error"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "pymysql.Connection",
        "connect",
        CONNECT,
        "tests/faults/test_pymysql.py::test_connect",
        address=("host", "port"),
        timeout="connect_timeout",
        unless="defer_connect",
    ),
    Operation("pymysql.Connection.connect", "connect", CONNECT, "tests/faults/test_pymysql.py::test_connect"),
    Operation("pymysql.Connection.ping", "request", _PING, "tests/faults/test_pymysql.py::test_query"),
    *(
        Operation(f"pymysql.{name}", "request", _QUERY, "tests/faults/test_pymysql.py::test_query")
        for name in (
            "Connection.begin",
            "Connection.commit",
            "Connection.query",
            "Connection.rollback",
            "Connection.select_db",
            "cursors.Cursor.callproc",
            "cursors.Cursor.execute",
            "cursors.Cursor.executemany",
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "pymysql.Connection": ("object",),
    "pymysql.cursors.Cursor": ("object",),
    "pymysql.cursors.DictCursor": ("pymysql.cursors.Cursor",),
    "pymysql.cursors.SSCursor": ("pymysql.cursors.Cursor",),
    "pymysql.cursors.SSDictCursor": ("pymysql.cursors.SSCursor",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {"pymysql.Connection.cursor": "pymysql.cursors.Cursor"}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "pymysql.Connect": "pymysql.Connection",
    "pymysql.connect": "pymysql.Connection",
    "pymysql.connections.Connection": "pymysql.Connection",
}

# What a cursor fetches has come with its query, unless it is an `SSCursor`
HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"pymysql.Connection.{name}"
            for name in "close cursor escape get_server_info insert_id literal thread_id".split()
        ),
        *(f"pymysql.cursors.Cursor.{name}" for name in "close fetchall fetchmany fetchone mogrify scroll".split()),
        "pymysql.converters.*",
        "pymysql.install_as_MySQLdb",
    }
)

LIBRARY = Library(
    name="pymysql",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"pymysql.err.InterfaceError", "pymysql.err.OperationalError"}),
)
