"""What paho-mqtt raises."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, close, hear, raised, reset, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

client = pytest.importorskip("paho.mqtt.client")
publish = pytest.importorskip("paho.mqtt.publish")
subscribe = pytest.importorskip("paho.mqtt.subscribe")

REFUSED = "ConnectionRefusedError"
HELLO = b"MQTT"
NOT_AUTHORIZED = b"\x20\x02\x00\x05"


def made(timeout: float) -> Any:
    found = client.Client(client.CallbackAPIVersion.VERSION2)
    found.connect_timeout = timeout
    return found


def connect(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: made(timeout).connect(*address))


def reconnect(address: Address, timeout: float) -> BaseException | None:
    found = made(timeout)
    found.connect_async(*address)
    return raised(found.reconnect)


PLACES = NOBODY_TWICE
RAISES: dict[str, str | None] = {
    "full backlog": "TimeoutError",
    "unknown host": "socket.gaierror",
    "no route": "OSError",
}


def connects() -> Iterator[Experiment]:
    for name, dial in (("connect", connect), ("reconnect", reconnect)):
        yield from experiments(f"paho.mqtt.client.Client.{name}", dial, PLACES, REFUSED, RAISES)


def exchange(call: Callable[..., object], what: object, address: Address, _: float) -> BaseException | None:
    host, port = address
    return raised(lambda: call(what, hostname=host, port=port))


EXCHANGES: dict[str, tuple[Callable[..., object], object]] = {
    "publish.multiple": (publish.multiple, [("topic", "x")]),
    "publish.single": (publish.single, "topic"),
    "subscribe.simple": (subscribe.simple, "topic"),
}
ANSWERED = {"not authorized": Place("answered", at(hear(HELLO, say(NOT_AUTHORIZED))))}


def exchanges() -> Iterator[Experiment]:
    for name, (call, what) in EXCHANGES.items():
        operation, perform = f"paho.mqtt.{name}", functools.partial(exchange, call, what)
        # it waits for as long as the system lets it
        yield from experiments(operation, perform, PLACES, REFUSED, RAISES, without=["full backlog"])
        yield from experiments(operation, perform, ANSWERED, "paho.mqtt.exception.MQTTException")


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(exchanges())
def test_exchange(experiments: list[Experiment]) -> None:
    check_all(experiments)


@pytest.mark.parametrize("treat", [reset, close])
def test_nothing_else_raises(treat: Any) -> None:
    with at(hear(HELLO, treat))() as address:
        mqtt = made(LATE)
        assert mqtt.connect(*address) == client.MQTT_ERR_SUCCESS
        while mqtt.loop(timeout=LATE) == client.MQTT_ERR_SUCCESS:
            pass
        assert mqtt.publish("topic", "x").rc == client.MQTT_ERR_NO_CONN
