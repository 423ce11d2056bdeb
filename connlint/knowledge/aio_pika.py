"""What is known of aio-pika 10 and of aiormq 7, which it talks through.

An `AMQPConnectionError` of these derives from the builtin `ConnectionError`, and from none of its subclasses: a refusal
is no `ConnectionRefusedError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import aio_pika as classes
from connlint.knowledge.model import Failure, Library, Operation

_LOST = "aiormq.exceptions.AMQPConnectionError"

_CONNECT = (
    *(Failure(kind, _LOST) for kind in ("refused", "reset", "closed", "cut", "rubbish", "unresolved", "unreachable")),
    Failure("rubbish", "aiormq.exceptions.ProtocolSyntaxError"),
    Failure("answered", "aiormq.exceptions.ProbableAuthenticationError"),
    Failure("answered", "aiormq.exceptions.InvalidFrameError"),
)
_REQUEST = (
    Failure("reset", _LOST),
    Failure("closed", _LOST),
    Failure("answered", "aiormq.exceptions.ConnectionClosed"),
)
_REQUESTS = {
    "Channel": "declare_exchange declare_queue set_qos",
    "Exchange": "publish",
    "Queue": "bind consume get",
}

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"aio_pika.{name}",
            "connect",
            (*_CONNECT, Failure("timeout", "TimeoutError", only_with="timeout")),
            "tests/faults/test_aio_pika.py::test_connect",
            parameters=("url",),
            address=("url", "host", "port"),
            timeout="timeout",
            awaited=True,
        )
        for name in ("connect", "connect_robust")
    ),
    Operation(
        "aiormq.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_aio_pika.py::test_connect",
        parameters=("url",),
        address=("url",),
        awaited=True,
    ),
    # the channel is opened when it is awaited, or entered
    Operation(
        "aio_pika.Connection.channel", "request", _REQUEST, "tests/faults/test_aio_pika.py::test_request", awaited=True
    ),
    *(
        Operation(
            f"aio_pika.{owner}.{name}", "request", _REQUEST, "tests/faults/test_aio_pika.py::test_request", awaited=True
        )
        for owner, names in _REQUESTS.items()
        for name in names.split()
    ),
)

_KINDS = ("Channel", "Connection", "Exchange", "Queue")
BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "aio_pika.Message": ("object",),
    **{f"aio_pika.{kind}": ("object",) for kind in _KINDS},
    **{f"aio_pika.Robust{kind}": (f"aio_pika.{kind}",) for kind in _KINDS},
    "aiormq.Connection": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "aio_pika.Channel.declare_exchange": "aio_pika.Exchange",
    "aio_pika.Channel.declare_queue": "aio_pika.Queue",
    "aio_pika.Channel.get_exchange": "aio_pika.Exchange",
    "aio_pika.Channel.get_queue": "aio_pika.Queue",
    "aio_pika.Connection.channel": "aio_pika.Channel",
    "aio_pika.connect": "aio_pika.Connection",
    "aio_pika.connect_robust": "aio_pika.RobustConnection",
    "aiormq.connect": "aiormq.Connection",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    **{f"aio_pika.abc.Abstract{kind}": f"aio_pika.{kind}" for kind in _KINDS},
    **{f"aio_pika.abc.AbstractRobust{kind}": f"aio_pika.Robust{kind}" for kind in _KINDS},
    **{f"aio_pika.{kind.lower()}.{kind}": f"aio_pika.{kind}" for kind in _KINDS},
    **{f"aio_pika.robust_{kind.lower()}.Robust{kind}": f"aio_pika.Robust{kind}" for kind in _KINDS},
    "aio_pika.connection.connect": "aio_pika.connect",
    "aio_pika.message.Message": "aio_pika.Message",
    "aio_pika.robust_connection.connect_robust": "aio_pika.connect_robust",
    "aiormq.abc.AbstractConnection": "aiormq.Connection",
    "aiormq.connection.Connection": "aiormq.Connection",
    "aiormq.connection.connect": "aiormq.connect",
}

HARMLESS: frozenset[str] = frozenset({"aio_pika.Message"})

LIBRARY = Library(
    name="aio_pika",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({_LOST}),
    answers=frozenset(
        {
            "aiormq.exceptions.AuthenticationError",
            "aiormq.exceptions.ConnectionNotAllowed",
            "aiormq.exceptions.ConnectionNotImplemented",
            "aiormq.exceptions.ProbableAuthenticationError",
        }
    ),
)
