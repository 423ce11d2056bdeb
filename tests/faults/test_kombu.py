"""What kombu and amqp raise, with one more attempt where kombu insists on it, and without its wait before that."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.amqp_peers import CONNECT, after, serve
from tests.faults.clients import Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, SOON, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.faults.clients import Address

amqp = pytest.importorskip("amqp")
kombu = pytest.importorskip("kombu")
pytest.importorskip("pamqp")

FORCED = "amqp.exceptions.ConnectionForced"
OPERATIONAL = "kombu.exceptions.OperationalError"
ANSWERS = {"wrong password": "amqp.exceptions.AccessRefused", "wrong virtual host": "amqp.exceptions.NotAllowed"}
CONNECT_RAISES = {
    "closed port": "ConnectionRefusedError",
    "two closed ports": "ConnectionRefusedError",
    "full backlog": "TimeoutError",
    "unknown host": "socket.gaierror",
    **{name: "ConnectionResetError" for name in CONNECT if name.endswith("reset")},
    "no greeting": "TimeoutError",
    "password, then silent": "TimeoutError",
    **ANSWERS,
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)


def of_amqp(address: Address, timeout: float) -> Any:
    host, port = address
    return amqp.Connection(f"{host}:{port}", connect_timeout=timeout, read_timeout=timeout, write_timeout=timeout)


def of_kombu(address: Address, timeout: float) -> Any:
    host, port = address
    options = {
        "read_timeout": timeout,
        "write_timeout": timeout,
        "confirm_publish": True,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
    return kombu.Connection(f"amqp://u:p@{host}:{port}//", connect_timeout=timeout, transport_options=options)


def with_amqp(call: Callable[[Any], object], address: Address, timeout: float) -> BaseException | None:
    connection = of_amqp(address, timeout)
    try:
        return raised(lambda: call(connection))
    finally:
        connection.collect()


def with_kombu(call: Callable[[Any], object], address: Address, timeout: float) -> BaseException | None:
    connection = of_kombu(address, timeout)
    try:
        return raised(lambda: call(connection))
    finally:
        connection.collect()


def ensure(connection: Any) -> object:
    return connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)


def connects() -> Iterator[Experiment]:
    for name, perform in (("amqp", with_amqp), ("kombu", with_kombu)):
        connect = functools.partial(perform, lambda connection: connection.connect())
        yield from experiments(f"{name}.Connection.connect", connect, CONNECT, "OSError", CONNECT_RAISES)


AMQP_CONNECTS = [each for each in connects() if each.operation.startswith("amqp")]
CONNECTS = [each for each in connects() if each.operation.startswith("kombu")]
ENSURES = [
    *experiments(
        "kombu.Connection.ensure_connection", functools.partial(with_kombu, ensure), CONNECT, OPERATIONAL, ANSWERS
    )
]
Calls = dict[str, tuple[str, "Callable[[Any], object]"]]


def opened(connection: Any) -> Any:
    connection.connect()
    return connection


def publish_and_drain(connection: Any) -> object:
    opened(connection).channel().basic_publish(amqp.Message("x"), routing_key="q")
    return connection.drain_events(timeout=LATE)


# Each with the method that the broker hears before it fails
AMQP_CALLS: Calls = {
    "Connection.channel": ("Channel.Open", lambda connection: opened(connection).channel()),
    "Channel.basic_consume": ("Basic.Consume", lambda connection: opened(connection).channel().basic_consume("q")),
    "Channel.basic_get": ("Basic.Get", lambda connection: opened(connection).channel().basic_get("q")),
    "Channel.queue_declare": ("Queue.Declare", lambda connection: opened(connection).channel().queue_declare("q")),
    "Channel.basic_publish_confirm": (
        "Basic.Publish",
        lambda connection: opened(connection).channel().basic_publish_confirm(amqp.Message("x"), routing_key="q"),
    ),
    "Connection.drain_events": ("Basic.Publish", publish_and_drain),
}


def consume(connection: Any) -> object:
    channel = opened(connection).channel()
    return kombu.Consumer(channel, [kombu.Queue("q", no_declare=True)]).consume()


def publish(connection: Any, **options: Any) -> object:
    return kombu.Producer(opened(connection).channel()).publish({}, routing_key="q", **options)


def publish_with_retries(connection: Any) -> object:
    return publish(connection, retry=True, retry_policy={"max_retries": 1, "interval_start": 0})


KOMBU_CALLS: Calls = {
    "Connection.channel": ("Channel.Open", lambda connection: opened(connection).channel()),
    "Consumer.consume": ("Basic.Consume", consume),
}
RAISES: Mapping[str, str | None] = {"reset": "ConnectionResetError", "shut down": FORCED}
SILENT = {"silent": Place("timeout", at(serve("")))}


def requests() -> Iterator[Experiment]:
    for owner, perform, calls in (("amqp", with_amqp, AMQP_CALLS), ("kombu", with_kombu, KOMBU_CALLS)):
        for name, (method, call) in calls.items():
            yield from experiments(
                f"{owner}.{name}", functools.partial(perform, call), after(method), "OSError", RAISES
            )
        drain = functools.partial(perform, lambda connection: opened(connection).drain_events(timeout=SOON))
        yield from experiments(f"{owner}.Connection.drain_events", drain, SILENT, "TimeoutError")
    for name in ("channel", "drain_events"):
        call = functools.partial(with_kombu, operator.methodcaller(name))
        yield from experiments(f"kombu.Connection.{name}", call, CONNECT, "OSError", CONNECT_RAISES)


def publishes() -> Iterator[Experiment]:
    name = "kombu.Producer.publish"
    first = functools.partial(with_kombu, lambda connection: kombu.Producer(connection).publish({}, routing_key="q"))
    yield from experiments(name, first, CONNECT, OPERATIONAL, ANSWERS)
    lost = after("Basic.Publish")
    yield from experiments(name, functools.partial(with_kombu, publish), lost, "OSError", RAISES)
    again = functools.partial(with_kombu, publish_with_retries)
    yield from experiments(name, again, lost, OPERATIONAL, given=("retry",))


REQUESTS = [*requests()]
AMQP_REQUESTS = [each for each in REQUESTS if each.operation.startswith("amqp")]
KOMBU_REQUESTS = [each for each in REQUESTS if each.operation.startswith("kombu")]


@by_operation(AMQP_CONNECTS)
def test_amqp_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(CONNECTS)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(ENSURES)
def test_ensure(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(AMQP_REQUESTS)
def test_amqp_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(KOMBU_REQUESTS)
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(publishes())
def test_publish(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_nothing_connects_before_it_is_asked_to() -> None:
    with kombu.Connection("amqp://127.0.0.1:1//") as connection:
        assert not connection.connected
        assert not kombu.Producer(connection, auto_declare=False).connection.connected
