"""What aio-pika and aiormq raise."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.amqp_peers import CONNECT, after
from tests.faults.clients import experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, raised_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

aio_pika = pytest.importorskip("aio_pika")
aiormq = pytest.importorskip("aiormq")

LOST = "aiormq.exceptions.AMQPConnectionError"
SILENT = ("full backlog", "no greeting", "password, then silent")
CONNECT_RAISES: dict[str, str | None] = {
    "another version": "aiormq.exceptions.ProtocolSyntaxError",
    "wrong password": "aiormq.exceptions.ProbableAuthenticationError",
    "wrong virtual host": "aiormq.exceptions.InvalidFrameError",
}
for _name in ("aio_pika", "aiormq"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def url(address: Address) -> str:
    host, port = address
    return f"amqp://u:p@{host}:{port}/"


def connect(dial: Callable[..., Awaitable[Any]], address: Address, _: float, **options: Any) -> Any:
    async def perform() -> None:
        connection = await dial(url(address), **options)
        await connection.close()

    return asyncio.run(raised_by(perform()))


def connect_in_time(dial: Callable[..., Awaitable[Any]], address: Address, timeout: float) -> BaseException | None:
    error: BaseException | None = connect(dial, address, timeout, timeout=timeout)
    return error


def connects() -> Iterator[Experiment]:
    timeouts = dict.fromkeys(SILENT, "TimeoutError")
    for name in ("connect", "connect_robust"):
        dial = functools.partial(connect_in_time, getattr(aio_pika, name))
        yield from experiments(
            f"aio_pika.{name}", dial, CONNECT, LOST, {**CONNECT_RAISES, **timeouts}, given=("timeout",)
        )
    yield from experiments(
        "aiormq.connect", functools.partial(connect, aiormq.connect), CONNECT, LOST, CONNECT_RAISES, without=SILENT
    )


def perform(
    dial: Callable[..., Awaitable[Any]], call: Callable[[Any], Awaitable[object]], address: Address, _: float
) -> BaseException | None:
    async def talk() -> BaseException | None:
        connection = await dial(url(address), timeout=LATE)
        error = await raised_by(call(connection))
        with contextlib.suppress(ConnectionError):
            await connection.close()
        return error

    return asyncio.run(talk())


async def declare_queue(connection: Any) -> Any:
    return await (await connection.channel()).declare_queue("q")


async def declare_exchange(connection: Any) -> object:
    return await (await connection.channel()).declare_exchange("e")


async def open_channel(connection: Any) -> object:
    return await connection.channel()


async def set_qos(connection: Any) -> object:
    return await (await connection.channel()).set_qos(1)


async def publish(connection: Any) -> object:
    channel = await connection.channel()
    return await channel.default_exchange.publish(aio_pika.Message(b"x"), "q")


async def get(connection: Any) -> object:
    return await (await declare_queue(connection)).get()


async def bind(connection: Any) -> object:
    return await (await declare_queue(connection)).bind("e", "q")


async def consume(connection: Any) -> object:
    return await (await declare_queue(connection)).consume(print)


# Each with the method that the broker hears before it fails
CALLS: dict[str, tuple[str, Callable[[Any], Awaitable[object]]]] = {
    "Channel.declare_exchange": ("Exchange.Declare", declare_exchange),
    "Channel.declare_queue": ("Queue.Declare", declare_queue),
    "Channel.set_qos": ("Basic.Qos", set_qos),
    "Connection.channel": ("Channel.Open", open_channel),
    "Exchange.publish": ("Basic.Publish", publish),
    "Queue.bind": ("Queue.Bind", bind),
    "Queue.consume": ("Basic.Consume", consume),
    "Queue.get": ("Basic.Get", get),
}


def requests() -> Iterator[Experiment]:
    for dial in (aio_pika.connect, aio_pika.connect_robust):
        for name, (method, call) in CALLS.items():
            yield from experiments(
                f"aio_pika.{name}",
                functools.partial(perform, dial, call),
                after(method),
                LOST,
                {"shut down": "aiormq.exceptions.ConnectionClosed"},
            )


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(requests())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_none_of_them_is_of_a_subclass_of_the_builtin() -> None:
    assert not issubclass(aiormq.exceptions.AMQPConnectionError, ConnectionRefusedError)
