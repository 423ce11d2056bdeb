"""How AMQP brokers fail: with the first word, in the handshake, or later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.clients import NOBODY_TWICE, RUBBISH, Place, at
from tests.faults.peers import close, hear, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from tests.faults.clients import Treatment

HELLO = b"AMQP\x00\x00\x09\x01"


def marshal(frame: Any, channel: int) -> bytes:
    from pamqp.frame import marshal

    return marshal(frame, channel)


def greeting() -> bytes:
    """Return a broker's first frame."""
    from pamqp import commands

    properties: Any = {"capabilities": {"basic.nack": True, "consumer_cancel_notify": True, "publisher_confirms": True}}
    return marshal(commands.Connection.Start(server_properties=properties, mechanisms="PLAIN", locales="en_US"), 0)


def _answers() -> Mapping[str, Any]:
    from pamqp import commands

    return {
        "Connection.StartOk": commands.Connection.Tune(channel_max=9, frame_max=131072, heartbeat=0),
        "Connection.Open": commands.Connection.OpenOk(),
        "Connection.Close": commands.Connection.CloseOk(),
        "Channel.Open": commands.Channel.OpenOk(),
        "Channel.Close": commands.Channel.CloseOk(),
        "Confirm.Select": commands.Confirm.SelectOk(),
        "Queue.Declare": commands.Queue.DeclareOk("q", 0, 0),
        "Exchange.Declare": commands.Exchange.DeclareOk(),
        "Basic.Qos": commands.Basic.QosOk(),
        "Basic.Consume": commands.Basic.ConsumeOk("t"),
    }


def serve(until: str, then: Treatment = stay_silent) -> Treatment:
    """Return a treatment that is a broker until the client sends the method `until`, and goes on with another then."""

    def treat(connection: socket.socket) -> None:
        from pamqp.exceptions import UnmarshalingException
        from pamqp.frame import unmarshal

        answers = _answers()

        def converse(connection: socket.socket) -> None:
            heard = b""
            while data := connection.recv(65536):
                heard += data
                while heard:
                    try:
                        used, channel, frame = unmarshal(heard)
                    except UnmarshalingException:
                        break
                    heard = heard[used:]
                    if frame.name == until:
                        then(connection)
                        return
                    if frame.name in answers:
                        connection.sendall(marshal(answers[frame.name], channel))

        hear(HELLO, say(greeting(), converse))(connection)

    return treat


def refuse(code: int, text: str) -> Treatment:
    """Return a treatment that closes the connection as a broker does that has a reason."""

    def treat(connection: socket.socket) -> None:
        from pamqp import commands

        connection.sendall(marshal(commands.Connection.Close(code, text, 0, 0), 0))

    return treat


REFUSED = refuse(320, "CONNECTION_FORCED")
# What a client meets while it connects
CONNECT: Mapping[str, Place] = {
    **NOBODY_TWICE,
    "no greeting, reset": Place("reset", at(hear(HELLO, reset))),
    "no greeting, closed": Place("closed", at(hear(HELLO, close))),
    "no greeting": Place("timeout", at(stay_silent)),
    "half a greeting": Place("cut", at(hear(HELLO, say(b"\x01\x00\x00\x00\x00\x00\x4d\x00\x0a", close)))),
    "another protocol": Place("rubbish", at(hear(HELLO, say(RUBBISH * 9, close)))),
    "another version": Place("rubbish", at(hear(HELLO, say(b"AMQP\x00\x01\x00\x00", close)))),
    "password, then reset": Place("reset", at(serve("Connection.StartOk", reset))),
    "password, then closed": Place("closed", at(serve("Connection.StartOk", close))),
    "password, then silent": Place("timeout", at(serve("Connection.StartOk"))),
    "opened, then reset": Place("reset", at(serve("Connection.Open", reset))),
    "opened, then closed": Place("closed", at(serve("Connection.Open", close))),
    "wrong password": Place("answered", at(serve("Connection.StartOk", refuse(403, "ACCESS_REFUSED")))),
    "wrong virtual host": Place("answered", at(serve("Connection.Open", refuse(530, "NOT_ALLOWED")))),
}


def after(method: str) -> Mapping[str, Place]:
    """Return what a client meets when it has sent the method `method`."""
    return {
        "reset": Place("reset", at(serve(method, reset))),
        "closed": Place("closed", at(serve(method, close))),
        "shut down": Place("answered", at(serve(method, REFUSED))),
    }
