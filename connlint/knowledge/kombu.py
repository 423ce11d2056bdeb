"""What is known of kombu 5 and of amqp 5, over which it talks unless it is told otherwise.

amqp leaves what the socket raises as it is, and says of a peer that closed in good order that it is an `OSError`. kombu
does so too where it is asked for a connection or a channel; where it makes the connection by itself, to publish or to
consume, and in `ensure_connection`, all that becomes its `OperationalError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import kombu as classes
from connlint.knowledge.model import Failure, Library, Operation

_OPERATIONAL = "kombu.exceptions.OperationalError"

_DIAL = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
)
_TALK = (
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "OSError"),
)
_CONNECT = (
    *_DIAL,
    *_TALK,
    Failure("cut", "OSError"),
    Failure("timeout", "TimeoutError"),
    Failure("rubbish", "OSError"),
    Failure("answered", "amqp.exceptions.AccessRefused"),
    Failure("answered", "amqp.exceptions.NotAllowed"),
)
_REQUEST = (*_TALK, Failure("answered", "amqp.exceptions.ConnectionForced"))
_DRAIN = (*_REQUEST, Failure("timeout", "TimeoutError"))
_ENSURE = (
    *(
        Failure(kind, _OPERATIONAL)
        for kind in ("refused", "reset", "closed", "cut", "timeout", "rubbish", "unresolved", "unreachable")
    ),
    Failure("answered", "amqp.exceptions.AccessRefused"),
    Failure("answered", "amqp.exceptions.NotAllowed"),
)
# Over a connection that is there already, what amqp raises is not wrapped unless it is to be retried
_PUBLISH = (
    *_ENSURE,
    *_REQUEST,
    Failure("answered", _OPERATIONAL, only_with="retry"),
)
_CHANNEL_REQUESTS = "basic_consume basic_get basic_qos exchange_declare queue_bind queue_declare queue_delete".split()

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(f"{owner}.Connection.connect", "connect", _CONNECT, f"tests/faults/test_kombu.py::{source}")
        for owner, source in (("amqp", "test_amqp_connect"), ("kombu", "test_connect"))
    ),
    Operation("kombu.Connection.ensure_connection", "connect", _ENSURE, "tests/faults/test_kombu.py::test_ensure"),
    Operation("amqp.Connection.channel", "request", _REQUEST, "tests/faults/test_kombu.py::test_amqp_request"),
    Operation(
        "amqp.Connection.drain_events",
        "receive",
        _DRAIN,
        "tests/faults/test_kombu.py::test_amqp_request",
        parameters=("timeout",),
        timeout="timeout",
    ),
    *(
        Operation(f"amqp.Channel.{name}", "request", _REQUEST, "tests/faults/test_kombu.py::test_amqp_request")
        for name in (*_CHANNEL_REQUESTS, "basic_publish_confirm")
    ),
    # both connect if that has not been done
    Operation(
        "kombu.Connection.channel", "request", (*_CONNECT, _REQUEST[-1]), "tests/faults/test_kombu.py::test_request"
    ),
    Operation(
        "kombu.Connection.drain_events",
        "receive",
        (*_CONNECT, _REQUEST[-1]),
        "tests/faults/test_kombu.py::test_request",
    ),
    Operation("kombu.Producer.publish", "request", _PUBLISH, "tests/faults/test_kombu.py::test_publish"),
    Operation("kombu.Consumer.consume", "request", _REQUEST, "tests/faults/test_kombu.py::test_request"),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "amqp.Channel": ("object",),
    "amqp.Connection": ("object",),
    "kombu.Connection": ("object",),
    "kombu.Consumer": ("object",),
    "kombu.Exchange": ("object",),
    "kombu.Producer": ("object",),
    "kombu.Queue": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "amqp.Connection.channel": "amqp.Channel",
    "kombu.Connection.Consumer": "kombu.Consumer",
    "kombu.Connection.Producer": "kombu.Producer",
    "kombu.Connection.clone": "kombu.Connection",
    "kombu.Connection.ensure_connection": "kombu.Connection",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "amqp.channel.Channel": "amqp.Channel",
    "amqp.connection.Connection": "amqp.Connection",
    "kombu.BrokerConnection": "kombu.Connection",
    "kombu.connection.BrokerConnection": "kombu.Connection",
    "kombu.connection.Connection": "kombu.Connection",
    "kombu.entity.Exchange": "kombu.Exchange",
    "kombu.entity.Queue": "kombu.Queue",
    "kombu.messaging.Consumer": "kombu.Consumer",
    "kombu.messaging.Producer": "kombu.Producer",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "amqp.Connection",
        "kombu.Connection",
        "kombu.Connection.Producer",
        "kombu.Connection.as_uri",
        "kombu.Connection.clone",
        "kombu.Connection.close",
        "kombu.Connection.info",
        "kombu.Connection.release",
        "kombu.Exchange",
        "kombu.Producer",
        "kombu.Queue",
    }
)

LIBRARY = Library(
    name="kombu",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"amqp.exceptions.ConnectionError", _OPERATIONAL}),
    answers=frozenset(
        {"amqp.exceptions.AMQPNotImplementedError", "amqp.exceptions.NotAllowed", "amqp.exceptions.ResourceError"}
    ),
)
