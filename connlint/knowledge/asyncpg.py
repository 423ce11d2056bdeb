"""What is known of asyncpg.

It connects through asyncio, and hands out what that raises: builtins for who is refused or times out. As soon as the
server has answered it raises its own classes, which have nothing to do with them. So `except ConnectionError` takes the
server that is not up, and misses the one that goes away.
"""

from __future__ import annotations

from connlint.knowledge.classes import asyncpg as classes
from connlint.knowledge.model import Failure, Library, Operation

_LOST = "asyncpg.exceptions.ConnectionDoesNotExistError"
_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    # a name with several addresses
    Failure("refused", "OSError"),
    # while it asks for TLS, and then
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "ConnectionError"),
    *(Failure(kind, _LOST) for kind in ("reset", "closed", "cut")),
    Failure("timeout", "TimeoutError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
    Failure("handshake", "ConnectionError"),
    Failure("answered", "asyncpg.exceptions.PostgresError"),
)
_QUERY = (
    *(Failure(kind, _LOST) for kind in ("reset", "closed", "cut", "rubbish")),
    Failure("broken", "asyncpg.exceptions.InterfaceError"),
    Failure("timeout", "TimeoutError"),
    Failure("answered", "asyncpg.exceptions.PostgresError"),
)
_QUERIES = "execute executemany fetch fetchrow fetchval".split()

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"asyncpg.{name}",
            "connect",
            _CONNECT,
            "tests/faults/test_asyncpg.py::test_connect",
            parameters=("dsn",),
            address=("dsn", "host", "port"),
            timeout="timeout",
            awaited=True,
        )
        for name in ("connect", "create_pool")
    ),
    *(
        Operation(f"asyncpg.{name}", "request", _QUERY, "tests/faults/test_asyncpg.py::test_query", awaited=True)
        for name in (
            *(f"Connection.{name}" for name in (*_QUERIES, "prepare")),
            *(f"Pool.{name}" for name in _QUERIES),
        )
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "asyncpg.Connection": ("object",),
    "asyncpg.Pool": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "asyncpg.connect": "asyncpg.Connection",
    "asyncpg.create_pool": "asyncpg.Pool",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "asyncpg.connection.Connection": "asyncpg.Connection",
    "asyncpg.connection.connect": "asyncpg.connect",
    "asyncpg.exceptions._base": "asyncpg.exceptions",
    "asyncpg.pool.Pool": "asyncpg.Pool",
    "asyncpg.pool.create_pool": "asyncpg.create_pool",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"asyncpg.Connection.{name}"
            for name in "close get_server_version get_settings is_closed is_in_transaction terminate".split()
        ),
        *(f"asyncpg.Pool.{name}" for name in "close release terminate".split()),
    }
)

LIBRARY = Library(
    name="asyncpg",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "asyncpg.exceptions.AdminShutdownError",
            "asyncpg.exceptions.CannotConnectNowError",
            "asyncpg.exceptions.CrashShutdownError",
            "asyncpg.exceptions.PostgresConnectionError",
            "asyncpg.exceptions.TooManyConnectionsError",
        }
    ),
)
