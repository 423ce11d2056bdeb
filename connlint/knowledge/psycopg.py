"""What is known of psycopg.

All that libpq reports is an `OperationalError`, in connecting and later; none of its classes has anything to do with
the builtin `ConnectionError`. A connection that is used again after it was lost raises an `InterfaceError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import psycopg as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    *(
        Failure(kind, "psycopg.errors.OperationalError")
        for kind in (
            "refused",
            "reset",
            "closed",
            "cut",
            "unresolved",
            "unreachable",
            "handshake",
            "rubbish",
            "answered",
        )
    ),
    Failure("timeout", "psycopg.errors.ConnectionTimeout"),
)
_QUERY = (
    *(Failure(kind, "psycopg.errors.OperationalError") for kind in ("reset", "closed", "cut", "broken")),
    Failure("rubbish", "psycopg.errors.DatabaseError"),
    *(
        Failure("answered", f"psycopg.errors.{name}")
        for name in (
            "DataError",
            "IntegrityError",
            "InternalError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
        )
    ),
)
# The subclasses of OperationalError that mean that the line is lost, or cannot be had; with the others a server answers
_LOST = frozenset(
    f"psycopg.errors.{name}"
    for name in (
        "AdminShutdown",
        "CannotConnectNow",
        "ConnectionDoesNotExist",
        "ConnectionException",
        "ConnectionFailure",
        "ConnectionTimeout",
        "CrashShutdown",
        "IdleSessionTimeout",
        "ProtocolViolation",
        "SqlclientUnableToEstablishSqlconnection",
        "SqlserverRejectedEstablishmentOfSqlconnection",
        "TooManyConnections",
        "_WaitTimeout",
    )
)

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"psycopg.{name}",
            "connect",
            _CONNECT,
            "tests/faults/test_psycopg.py::test_connect",
            parameters=("conninfo",),
            address=("conninfo", "host", "port"),
            timeout="connect_timeout",
            awaited=name.startswith("Async"),
        )
        for name in ("connect", "Connection.connect", "AsyncConnection.connect")
    ),
    *(
        Operation(
            f"psycopg.{prefix}{name}",
            "request",
            _QUERY,
            "tests/faults/test_psycopg.py::test_query",
            awaited=prefix == "Async",
        )
        for prefix in ("", "Async")
        for name in (
            "Connection.commit",
            "Connection.execute",
            "Connection.rollback",
            "Cursor.execute",
            "Cursor.executemany",
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "psycopg.AsyncClientCursor": ("psycopg.AsyncCursor",),
    "psycopg.AsyncConnection": ("object",),
    "psycopg.AsyncCursor": ("object",),
    "psycopg.ClientCursor": ("psycopg.Cursor",),
    "psycopg.Connection": ("object",),
    "psycopg.Cursor": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "psycopg.AsyncConnection.connect": "psycopg.AsyncConnection",
    "psycopg.AsyncConnection.cursor": "psycopg.AsyncCursor",
    "psycopg.AsyncConnection.execute": "psycopg.AsyncCursor",
    "psycopg.AsyncCursor.execute": "psycopg.AsyncCursor",
    "psycopg.Connection.connect": "psycopg.Connection",
    "psycopg.Connection.cursor": "psycopg.Cursor",
    "psycopg.Connection.execute": "psycopg.Cursor",
    "psycopg.Cursor.execute": "psycopg.Cursor",
    "psycopg.connect": "psycopg.Connection",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "psycopg.client_cursor.AsyncClientCursor": "psycopg.AsyncClientCursor",
    "psycopg.client_cursor.ClientCursor": "psycopg.ClientCursor",
    "psycopg.connection.Connection": "psycopg.Connection",
    "psycopg.connection_async.AsyncConnection": "psycopg.AsyncConnection",
    "psycopg.cursor.Cursor": "psycopg.Cursor",
    "psycopg.cursor_async.AsyncCursor": "psycopg.AsyncCursor",
}

# What a cursor fetches has come with its query, unless the cursor has a name
HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"psycopg.{prefix}{name}"
            for prefix in ("", "Async")
            for name in (
                "Connection.add_notice_handler",
                "Connection.add_notify_handler",
                "Connection.close",
                "Connection.cursor",
                "Cursor.close",
                "Cursor.fetchall",
                "Cursor.fetchmany",
                "Cursor.fetchone",
                "Cursor.scroll",
            )
        ),
        "psycopg.conninfo.*",
        "psycopg.sql.*",
    }
)

LIBRARY = Library(
    name="psycopg",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"psycopg.errors.OperationalError", *_LOST}),
    answers=frozenset(
        name
        for name, bases in classes.BASES.items()
        if "psycopg.errors.OperationalError" in bases and name not in _LOST
    ),
)
