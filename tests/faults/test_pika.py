"""What pika raises, with one attempt to connect."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.amqp_peers import CONNECT, after, serve
from tests.faults.clients import Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, close, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

pika = pytest.importorskip("pika")
pytest.importorskip("pamqp")

CONNECTION = "pika.BlockingConnection"
CHANNEL = "pika.adapters.blocking_connection.BlockingChannel"
PROTOCOL, AUTHENTICATION, ACCESS = (
    f"pika.exceptions.{name}"
    for name in ("IncompatibleProtocolError", "ProbableAuthenticationError", "ProbableAccessDeniedError")
)
HANDSHAKE = "pika.adapters.utils.connection_workflow.AMQPConnectorStackTimeout"
# It tells the log of every failure, at length
logging.getLogger("pika").setLevel(logging.CRITICAL + 1)


def connected(address: Address, timeout: float) -> Any:
    host, port = address
    return pika.BlockingConnection(
        pika.ConnectionParameters(
            host,
            port,
            connection_attempts=1,
            retry_delay=0,
            socket_timeout=timeout,
            stack_timeout=timeout,
            heartbeat=0,
        )
    )


def connect(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connected(address, timeout))


CONNECT_RAISES = {
    **dict.fromkeys(
        ("closed port", "two closed ports", "full backlog", "no route"), "pika.exceptions.AMQPConnectionError"
    ),
    "unknown host": "socket.gaierror",
    "no greeting": HANDSHAKE,
    "password, then silent": HANDSHAKE,
    **dict.fromkeys(("password, then reset", "password, then closed", "wrong password"), AUTHENTICATION),
    **dict.fromkeys(("opened, then reset", "opened, then closed", "wrong virtual host"), ACCESS),
}


@by_operation(experiments(CONNECTION, connect, CONNECT, PROTOCOL, CONNECT_RAISES))
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def perform(call: Callable[[Any], object], address: Address, _: float) -> BaseException | None:
    connection = connected(address, LATE)
    error = raised(lambda: call(connection))
    if connection.is_open:
        connection.close()
    return error


def twice(call: Callable[[Any], object], address: Address, _: float) -> BaseException | None:
    """Perform what loses the connection, and then something over a connection that is lost."""
    connection = connected(address, LATE)
    raised(lambda: call(connection))
    return raised(lambda: call(connection))


def publish(connection: Any) -> object:
    channel = connection.channel()
    channel.confirm_delivery()
    return channel.basic_publish("", "q", b"x")


def consume(connection: Any) -> object:
    channel = connection.channel()
    channel.basic_consume("q", print)
    return channel.start_consuming()


def wait(connection: Any) -> object:
    connection.channel().basic_publish("", "q", b"x")
    return connection.process_data_events(LATE)


# Each with the method that the broker hears before it fails
CONNECTION_CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "channel": ("Channel.Open", lambda connection: connection.channel()),
    "process_data_events": ("Basic.Publish", wait),
}
CHANNEL_CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "basic_consume": ("Basic.Consume", lambda connection: connection.channel().basic_consume("q", print)),
    "basic_get": ("Basic.Get", lambda connection: connection.channel().basic_get("q")),
    "basic_publish": ("Basic.Publish", publish),
    "exchange_declare": ("Exchange.Declare", lambda connection: connection.channel().exchange_declare("e")),
    "queue_declare": ("Queue.Declare", lambda connection: connection.channel().queue_declare("q")),
    "start_consuming": ("Basic.Consume", consume),
}
RAISES = {"shut down": "pika.exceptions.ConnectionClosedByBroker"}


def later(owner: str, calls: dict[str, tuple[str, Callable[[Any], object]]]) -> Iterator[Experiment]:
    for name, (method, call) in calls.items():
        once = functools.partial(perform, call)
        yield from experiments(f"{owner}.{name}", once, after(method), "pika.exceptions.StreamLostError", RAISES)


def lost() -> Iterator[Experiment]:
    places = {"lost before": Place("broken", at(serve("Channel.Open", close)))}
    again = functools.partial(twice, lambda connection: connection.channel())
    yield from experiments(f"{CONNECTION}.channel", again, places, "pika.exceptions.ConnectionWrongStateError")


def declare_on_lost_channel(address: Address, _: float) -> BaseException | None:
    channel = connected(address, LATE).channel()
    raised(lambda: channel.queue_declare("q"))
    return raised(lambda: channel.queue_declare("q"))


def lost_channel() -> Iterator[Experiment]:
    places = {"lost before": Place("broken", at(serve("Queue.Declare", close)))}
    yield from experiments(
        f"{CHANNEL}.queue_declare", declare_on_lost_channel, places, "pika.exceptions.ChannelWrongStateError"
    )


@by_operation(later(CONNECTION, CONNECTION_CALLS), lost())
def test_connection(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(later(CHANNEL, CHANNEL_CALLS), lost_channel())
def test_channel(experiments: list[Experiment]) -> None:
    check_all(experiments)
