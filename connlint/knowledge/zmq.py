"""What is known of pyzmq 27.

ZeroMQ connects in the background and as often as it takes: `connect` returns at once and refuses nothing, and no
operation tells of a peer that is gone. What remains is a timeout, of a socket that has one or is asked not to wait.
"""

from __future__ import annotations

from connlint.knowledge.classes import zmq as classes
from connlint.knowledge.model import Failure, Library, Operation

_FAILURES = (Failure("timeout", "zmq.Again"),)
_RECEIVE = "recv recv_json recv_multipart recv_pyobj recv_string".split()
_SEND = "send send_json send_multipart send_pyobj send_string".split()
_OWNERS = (("zmq.Socket", "test_socket", False), ("zmq.asyncio.Socket", "test_async_socket", True))

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(f"{owner}.{name}", "receive", _FAILURES, f"tests/faults/test_zmq.py::{source}", awaited=awaited)
        for owner, source, awaited in _OWNERS
        for name in _RECEIVE
    ),
    *(
        Operation(f"{owner}.{name}", "send", _FAILURES, f"tests/faults/test_zmq.py::{source}", awaited=awaited)
        for owner, source, awaited in _OWNERS
        for name in _SEND
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "zmq.Context": ("object",),
    "zmq.Poller": ("object",),
    "zmq.Socket": ("object",),
    "zmq.asyncio.Context": ("zmq.Context",),
    "zmq.asyncio.Poller": ("zmq.Poller",),
    "zmq.asyncio.Socket": ("zmq.Socket",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "zmq.Context.instance": "zmq.Context",
    "zmq.Context.socket": "zmq.Socket",
    "zmq.asyncio.Context.instance": "zmq.asyncio.Context",
    "zmq.asyncio.Context.socket": "zmq.asyncio.Socket",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "zmq.sugar.context.Context": "zmq.Context",
    "zmq.sugar.poll.Poller": "zmq.Poller",
    "zmq.sugar.socket.Socket": "zmq.Socket",
}

_SOCKET = """
    bind bind_to_random_port close connect disable_monitor disconnect get_hwm get_monitor_socket getsockopt poll
    set_hwm setsockopt setsockopt_string subscribe unbind unsubscribe
""".split()

HARMLESS: frozenset[str] = frozenset(
    {
        *(f"{owner}.{name}" for owner in ("zmq.Socket", "zmq.asyncio.Socket") for name in _SOCKET),
        "zmq.Context.*",
        "zmq.Poller.*",
        "zmq.asyncio.Context.*",
        "zmq.asyncio.Poller.*",
    }
)

LIBRARY = Library(
    name="zmq",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
)
