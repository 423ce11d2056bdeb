"""What is known of nats-py 2.16.

The first connection is tried with all servers until none is left, and then it is a `NoServersError`, whatever it failed
of; only with `allow_reconnect=False` the failure itself comes through. What is published goes into a buffer, and a
request over a line that is lost times out like any other: its `TimeoutError` derives from the builtin.
"""

from __future__ import annotations

from connlint.knowledge.classes import nats as classes
from connlint.knowledge.model import Failure, Library, Operation

_NONE = "nats.errors.NoServersError"

_CONNECT = (
    *(
        Failure(kind, _NONE)
        for kind in ("refused", "reset", "closed", "cut", "rubbish", "timeout", "answered", "unresolved", "unreachable")
    ),
    Failure("reset", "ConnectionResetError", only_with="allow_reconnect"),
    *(Failure(kind, "nats.errors.Error", only_with="allow_reconnect") for kind in ("closed", "cut", "rubbish")),
    Failure("timeout", "TimeoutError", only_with="allow_reconnect"),
    Failure("answered", "nats.errors.Error", only_with="allow_reconnect"),
)
_REQUEST = (
    *(Failure(kind, "nats.errors.TimeoutError") for kind in ("timeout", "reset", "closed")),
    Failure("broken", "nats.errors.ConnectionClosedError"),
    Failure("answered", "nats.errors.NoRespondersError"),
)
_FLUSH = (
    *(Failure(kind, "nats.errors.FlushTimeoutError") for kind in ("timeout", "reset", "closed")),
    Failure("broken", "nats.errors.ConnectionClosedError"),
)

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"nats.{name}",
            "connect",
            _CONNECT,
            "tests/faults/test_nats.py::test_connect",
            parameters=("servers",),
            address=("servers",),
            timeout="connect_timeout",
            awaited=True,
        )
        for name in ("aio.client.Client.connect", "connect")
    ),
    Operation(
        "nats.aio.client.Client.request",
        "request",
        _REQUEST,
        "tests/faults/test_nats.py::test_request",
        parameters=("subject", "payload", "timeout"),
        timeout="timeout",
        awaited=True,
    ),
    Operation(
        "nats.aio.client.Client.flush",
        "request",
        _FLUSH,
        "tests/faults/test_nats.py::test_request",
        parameters=("timeout",),
        timeout="timeout",
        awaited=True,
    ),
    Operation(
        "nats.aio.client.Client.publish",
        "send",
        (Failure("broken", "nats.errors.ConnectionClosedError"),),
        "tests/faults/test_nats.py::test_request",
        parameters=("subject", "payload"),
        awaited=True,
    ),
)

BASES: dict[str, tuple[str, ...]] = {**classes.BASES, "nats.aio.client.Client": ("object",)}

RETURNS: dict[str, str | tuple[str, ...]] = {"nats.connect": "nats.aio.client.Client"}

ALIASES: dict[str, str] = {**classes.ALIASES, "nats.NATS": "nats.aio.client.Client"}

HARMLESS: frozenset[str] = frozenset({"nats.aio.client.Client", "nats.aio.client.Client.jetstream"})

LIBRARY = Library(
    name="nats",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "nats.errors.ConnectionClosedError",
            "nats.errors.NoServersError",
            "nats.errors.StaleConnectionError",
            "nats.errors.TimeoutError",
        }
    ),
)
