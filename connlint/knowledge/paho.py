"""What is known of paho-mqtt 2.

`connect` lets through what the socket raises, and returns before the broker has said a word: what becomes of the
connection then is told to callbacks, and raised by none of the client's methods.
"""

from __future__ import annotations

from connlint.knowledge.classes import paho as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("timeout", "TimeoutError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
)
# These wait for the answer
_EXCHANGE = (
    Failure("refused", "ConnectionRefusedError"),
    Failure("unresolved", "socket.gaierror"),
    Failure("unreachable", "OSError"),
    Failure("answered", "paho.mqtt.exception.MQTTException"),
)
_FIRST = {"publish.multiple": "msgs", "publish.single": "topic", "subscribe.simple": "topics"}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "paho.mqtt.client.Client.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_paho.py::test_connect",
        parameters=("host", "port", "keepalive"),
        address=("host", "port"),
    ),
    Operation("paho.mqtt.client.Client.reconnect", "connect", _CONNECT, "tests/faults/test_paho.py::test_connect"),
    *(
        Operation(
            f"paho.mqtt.{name}",
            "request",
            _EXCHANGE,
            "tests/faults/test_paho.py::test_exchange",
            parameters=(first,),
            address=("hostname", "port"),
        )
        for name, first in _FIRST.items()
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "paho.mqtt.client.Client": ("object",),
    "paho.mqtt.client.MQTTMessageInfo": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {"paho.mqtt.client.Client.publish": "paho.mqtt.client.MQTTMessageInfo"}

ALIASES: dict[str, str] = {**classes.ALIASES}

HARMLESS: frozenset[str] = frozenset(
    f"paho.mqtt.client.Client{name}"
    for name in (
        "",
        *(
            f".{method}"
            for method in """
                connect_async disconnect is_connected loop_start loop_stop message_callback_add publish subscribe
                tls_set unsubscribe username_pw_set will_set
            """.split()
        ),
    )
)

LIBRARY = Library(
    name="paho",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
)
