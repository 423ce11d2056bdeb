"""What is known of pika 1.4.

`BlockingConnection` connects when it is made. What fails then is an `AMQPConnectionError`, which has nothing to do with
the builtin of a similar name; which one depends on how far the handshake came. A name without an address stays a
`socket.gaierror`, and a handshake without an end is a class of pika's own that derives from none of these.
"""

from __future__ import annotations

from connlint.knowledge.classes import pika as classes
from connlint.knowledge.model import Failure, Library, Operation

_STAGES = (
    "pika.exceptions.IncompatibleProtocolError",
    "pika.exceptions.ProbableAuthenticationError",
    "pika.exceptions.ProbableAccessDeniedError",
)
_CONNECT = (
    *(Failure(kind, "pika.exceptions.AMQPConnectionError") for kind in ("refused", "timeout", "unreachable")),
    Failure("unresolved", "socket.gaierror"),
    *(Failure(kind, name) for kind in ("reset", "closed") for name in _STAGES),
    Failure("cut", "pika.exceptions.IncompatibleProtocolError"),
    Failure("timeout", "pika.adapters.utils.connection_workflow.AMQPConnectorStackTimeout"),
    Failure("rubbish", "pika.exceptions.IncompatibleProtocolError"),
    Failure("answered", "pika.exceptions.ProbableAuthenticationError"),
    Failure("answered", "pika.exceptions.ProbableAccessDeniedError"),
)
_REQUEST = (
    Failure("reset", "pika.exceptions.StreamLostError"),
    Failure("closed", "pika.exceptions.StreamLostError"),
    Failure("answered", "pika.exceptions.ConnectionClosedByBroker"),
    Failure("broken", "pika.exceptions.ChannelWrongStateError"),
)
# On a connection: a lost one is in the wrong state itself
_OPEN = (*_REQUEST[:-1], Failure("broken", "pika.exceptions.ConnectionWrongStateError"))
_CHANNEL = "pika.adapters.blocking_connection.BlockingChannel"
_CHANNEL_REQUESTS = """
    basic_consume basic_get basic_publish basic_qos confirm_delivery exchange_bind exchange_declare exchange_delete
    exchange_unbind queue_bind queue_declare queue_delete queue_purge queue_unbind tx_commit tx_rollback tx_select
""".split()

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "pika.BlockingConnection",
        "connect",
        _CONNECT,
        "tests/faults/test_pika.py::test_connect",
        parameters=("parameters",),
        address=("parameters",),
    ),
    Operation("pika.BlockingConnection.channel", "request", _OPEN, "tests/faults/test_pika.py::test_connection"),
    Operation(
        "pika.BlockingConnection.process_data_events", "receive", _OPEN, "tests/faults/test_pika.py::test_connection"
    ),
    *(
        Operation(f"{_CHANNEL}.{name}", "request", _REQUEST, "tests/faults/test_pika.py::test_channel")
        for name in _CHANNEL_REQUESTS
    ),
    Operation(f"{_CHANNEL}.start_consuming", "receive", _REQUEST[:-1], "tests/faults/test_pika.py::test_channel"),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "pika.BasicProperties": ("object",),
    "pika.BlockingConnection": ("object",),
    "pika.ConnectionParameters": ("object",),
    "pika.PlainCredentials": ("object",),
    "pika.SSLOptions": ("object",),
    "pika.URLParameters": ("object",),
    _CHANNEL: ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {"pika.BlockingConnection.channel": _CHANNEL}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "pika.adapters.BlockingConnection": "pika.BlockingConnection",
    "pika.adapters.blocking_connection.BlockingConnection": "pika.BlockingConnection",
    "pika.connection.ConnectionParameters": "pika.ConnectionParameters",
    "pika.connection.SSLOptions": "pika.SSLOptions",
    "pika.connection.URLParameters": "pika.URLParameters",
    "pika.credentials.PlainCredentials": "pika.PlainCredentials",
    "pika.spec.BasicProperties": "pika.BasicProperties",
}

HARMLESS: frozenset[str] = frozenset(
    {"pika.BasicProperties.*", "pika.ConnectionParameters.*", "pika.PlainCredentials.*"}
)

LIBRARY = Library(
    name="pika",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "pika.adapters.utils.connection_workflow.AMQPConnectorException",
            "pika.exceptions.AMQPConnectionError",
        }
    ),
    answers=frozenset({"pika.exceptions.AuthenticationError", "pika.exceptions.NoFreeChannels"}),
)
