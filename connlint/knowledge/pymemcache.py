"""What is known of pymemcache.

It lets the socket's own failures through: a server that is not up, drops the line or does not answer raises a builtin.
Only what it reads out of the answer is a class of its own, and so is the line that a server closes.
"""

from __future__ import annotations

from connlint.knowledge.classes import pymemcache as classes
from connlint.knowledge.model import Failure, Library, Operation

_ERRORS = "pymemcache.exceptions"
_SOCKET = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("reset", "ConnectionResetError"),
    Failure("broken", "BrokenPipeError"),
    Failure("timeout", "TimeoutError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
)
_COMMAND = (
    *_SOCKET,
    *(Failure(kind, f"{_ERRORS}.MemcacheUnexpectedCloseError") for kind in ("closed", "cut")),
    Failure("rubbish", f"{_ERRORS}.MemcacheUnknownError"),
    *(
        Failure("answered", f"{_ERRORS}.{name}")
        for name in ("MemcacheClientError", "MemcacheServerError", "MemcacheUnknownCommandError")
    ),
)
COMMANDS = (
    *("add", "append", "cas", "decr", "delete", "delete_many", "delete_multi", "flush_all", "get", "get_many"),
    *("get_multi", "gets", "gets_many", "incr", "prepend", "replace", "set", "set_many", "set_multi", "touch"),
)
_CLIENTS = {
    "pymemcache.Client": (*COMMANDS, "stats", "version"),
    "pymemcache.HashClient": COMMANDS,
    "pymemcache.PooledClient": (*COMMANDS, "stats", "version"),
}

OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(f"{client}.{name}", "request", _COMMAND, "tests/faults/test_pymemcache.py::test_command")
    for client, names in _CLIENTS.items()
    for name in names
)

BASES: dict[str, tuple[str, ...]] = {**classes.BASES, **dict.fromkeys(_CLIENTS, ("object",))}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "pymemcache.client.Client": "pymemcache.Client",
    "pymemcache.client.HashClient": "pymemcache.HashClient",
    "pymemcache.client.PooledClient": "pymemcache.PooledClient",
    "pymemcache.client.base.Client": "pymemcache.Client",
    "pymemcache.client.base.PooledClient": "pymemcache.PooledClient",
    "pymemcache.client.hash.HashClient": "pymemcache.HashClient",
}

HARMLESS: frozenset[str] = frozenset(f"{client}.{name}" for client in _CLIENTS for name in ("close", "disconnect_all"))

LIBRARY = Library(
    name="pymemcache",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns={},
    harmless=HARMLESS,
    connection_failures=frozenset({"pymemcache.exceptions.MemcacheUnexpectedCloseError"}),
)
