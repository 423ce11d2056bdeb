"""What is known of aiomysql.

It raises PyMySQL's classes, which it offers under its own name too. Its `connect_timeout` bounds the TCP connection and
nothing after it, and a query waits as long as the server takes: whoever wants a timeout writes `asyncio.wait_for`.
"""

from __future__ import annotations

from connlint.knowledge.model import Library, Operation
from connlint.knowledge.pymysql import CONNECT, QUERY

_CONNECT = tuple(failure for failure in CONNECT if failure.scenario != "handshake")
_QUERY = QUERY


OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"aiomysql.{name}",
            "connect",
            _CONNECT,
            "tests/faults/test_aiomysql.py::test_connect",
            parameters=parameters,
            address=("host", "port"),
            timeout="connect_timeout",
            awaited=True,
        )
        for name, parameters in (("connect", ("host", "user", "password", "db", "port")), ("create_pool", ()))
    ),
    *(
        Operation(f"aiomysql.{name}", "request", _QUERY, "tests/faults/test_aiomysql.py::test_query", awaited=True)
        for name in (
            "Connection.begin",
            "Connection.commit",
            "Connection.query",
            "Connection.rollback",
            "Connection.select_db",
            "Cursor.callproc",
            "Cursor.execute",
            "Cursor.executemany",
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    "aiomysql.Connection": ("object",),
    "aiomysql.Cursor": ("object",),
    "aiomysql.DictCursor": ("aiomysql.Cursor",),
    "aiomysql.Pool": ("object",),
    "aiomysql.SSCursor": ("aiomysql.Cursor",),
    "aiomysql.SSDictCursor": ("aiomysql.SSCursor",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "aiomysql.Connection.cursor": "aiomysql.Cursor",
    "aiomysql.Pool.acquire": "aiomysql.Connection",
    "aiomysql.connect": "aiomysql.Connection",
    "aiomysql.create_pool": "aiomysql.Pool",
}

ALIASES: dict[str, str] = {
    **{
        f"aiomysql.{name}": f"pymysql.err.{name}"
        for name in (
            "DataError",
            "DatabaseError",
            "Error",
            "IntegrityError",
            "InterfaceError",
            "InternalError",
            "MySQLError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
        )
    },
    "aiomysql.connection.Connection": "aiomysql.Connection",
    "aiomysql.connection.connect": "aiomysql.connect",
    "aiomysql.cursors.Cursor": "aiomysql.Cursor",
    "aiomysql.cursors.DictCursor": "aiomysql.DictCursor",
    "aiomysql.cursors.SSCursor": "aiomysql.SSCursor",
    "aiomysql.cursors.SSDictCursor": "aiomysql.SSDictCursor",
    "aiomysql.pool.Pool": "aiomysql.Pool",
    "aiomysql.pool.create_pool": "aiomysql.create_pool",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(f"aiomysql.Connection.{name}" for name in "close cursor ensure_closed escape get_autocommit".split()),
        # what a cursor fetches has come with its query, unless it is an `SSCursor`
        *(f"aiomysql.Cursor.{name}" for name in "close fetchall fetchmany fetchone mogrify scroll".split()),
        *(f"aiomysql.Pool.{name}" for name in "clear close release terminate wait_closed".split()),
    }
)

LIBRARY = Library(
    name="aiomysql",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    # its failures are PyMySQL's, and so known there
)
