"""What is known of psycopg2.

All that libpq reports is an `OperationalError`, in connecting and later; none of its classes has anything to do with
the builtin `ConnectionError`. A connection that is used again after it was lost raises an `InterfaceError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import psycopg2 as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = tuple(
    Failure(kind, "psycopg2.OperationalError")
    for kind in (
        "refused",
        "reset",
        "closed",
        "cut",
        "timeout",
        "unresolved",
        "unreachable",
        "handshake",
        "rubbish",
        "answered",
    )
)
_QUERY = (
    *(Failure(kind, "psycopg2.OperationalError") for kind in ("reset", "closed", "cut", "rubbish")),
    Failure("broken", "psycopg2.InterfaceError"),
    *(
        Failure("answered", f"psycopg2.{name}")
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
    f"psycopg2.errors.{name}"
    for name in (
        "AdminShutdown",
        "CannotConnectNow",
        "ConnectionDoesNotExist",
        "ConnectionException",
        "ConnectionFailure",
        "CrashShutdown",
        "IdleSessionTimeout",
        "ProtocolViolation",
        "SqlclientUnableToEstablishSqlconnection",
        "SqlserverRejectedEstablishmentOfSqlconnection",
        "TooManyConnections",
    )
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "psycopg2.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_psycopg2.py::test_connect",
        parameters=("dsn",),
        address=("dsn", "host", "port"),
        timeout="connect_timeout",
        unless="async_",
    ),
    *(
        Operation(f"psycopg2.extensions.{name}", "request", _QUERY, "tests/faults/test_psycopg2.py::test_query")
        for name in (
            "connection.commit",
            "connection.rollback",
            "cursor.callproc",
            "cursor.copy_expert",
            "cursor.copy_from",
            "cursor.copy_to",
            "cursor.execute",
            "cursor.executemany",
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "psycopg2.extensions.connection": ("object",),
    "psycopg2.extensions.cursor": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "psycopg2.connect": "psycopg2.extensions.connection",
    "psycopg2.extensions.connection.cursor": "psycopg2.extensions.cursor",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "psycopg2._psycopg.connection": "psycopg2.extensions.connection",
    "psycopg2._psycopg.cursor": "psycopg2.extensions.cursor",
}

# What a cursor fetches has come with its query, unless the cursor has a name
HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"psycopg2.extensions.connection.{name}"
            for name in "close cursor get_dsn_parameters get_parameter_status get_transaction_status".split()
        ),
        *(f"psycopg2.extensions.cursor.{name}" for name in "close fetchall fetchmany fetchone mogrify scroll".split()),
        "psycopg2.extensions.register_adapter",
        "psycopg2.extensions.register_type",
    }
)

LIBRARY = Library(
    name="psycopg2",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"psycopg2.InterfaceError", "psycopg2.OperationalError", *_LOST}),
    answers=frozenset(
        name for name, bases in classes.BASES.items() if "psycopg2.OperationalError" in bases and name not in _LOST
    ),
)
