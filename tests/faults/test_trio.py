"""What trio raises."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NO_TLS, NO_UNIX, NOBODY_TWICE, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import (
    DROP,
    HANG_UP,
    client_context,
    raised_by,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

trio = pytest.importorskip("trio")

BROKEN = "trio.BrokenResourceError"


def run(call: Callable[..., Awaitable[object]], *args: object, **options: object) -> BaseException | None:
    async def perform() -> BaseException | None:
        return await raised_by(call(*args, **options))

    error: BaseException | None = trio.run(perform)
    return error


def connect(address: Address, _: float) -> BaseException | None:
    return run(trio.open_tcp_stream, *address)


def connect_with_tls(address: Address, _: float) -> BaseException | None:
    return run(trio.open_ssl_over_tcp_stream, *address, ssl_context=client_context())


def connect_unix(address: Any, _: float) -> BaseException | None:
    return run(trio.open_unix_socket, address[0])


CONNECT = NOBODY_TWICE


def connects() -> Iterator[Experiment]:
    for name, dial in (("open_tcp_stream", connect), ("open_ssl_over_tcp_stream", connect_with_tls)):
        # it waits as long as it is let
        yield from experiments(
            f"trio.{name}", dial, CONNECT, "OSError", {"unknown host": "socket.gaierror"}, without=["full backlog"]
        )
    missing: dict[str, str | None] = {"no such path": "FileNotFoundError"}
    yield from experiments("trio.open_unix_socket", connect_unix, NO_UNIX, "ConnectionRefusedError", missing)


async def receive(address: Address) -> BaseException | None:
    async with await trio.open_tcp_stream(*address) as stream:
        await stream.send_all(b"!")
        return await raised_by(stream.receive_some())


async def send(address: Address) -> BaseException | None:
    """Send until it is noticed that the peer is gone: the first may still go."""
    async with await trio.open_tcp_stream(*address) as stream:
        await stream.send_all(b"!")
        wait_for_hangup(stream.socket)
        for _ in range(9):
            error = await raised_by(stream.send_all(b"x"))
            if error is not None:
                break
        return error


def perform(
    call: Callable[[Address], Awaitable[BaseException | None]], address: Address, _: float
) -> BaseException | None:
    error: BaseException | None = trio.run(call, address)
    return error


def streams() -> Iterator[Experiment]:
    name = "trio.SocketStream"
    lost: dict[str, Place] = {"reset": Place("reset", at(DROP)), "closed": Place("closed", at(HANG_UP))}
    gone: dict[str, Place] = {"reset": Place("reset", at(DROP)), "closed": Place("broken", at(HANG_UP))}
    yield from experiments(f"{name}.receive_some", functools.partial(perform, receive), lost, BROKEN, {"closed": None})
    yield from experiments(f"{name}.send_all", functools.partial(perform, send), gone, BROKEN)


async def shake(call: Callable[[Any], Awaitable[object]], address: Address) -> BaseException | None:
    stream = await trio.open_ssl_over_tcp_stream(*address, ssl_context=client_context())
    error = await raised_by(call(stream))
    await trio.aclose_forcefully(stream)
    return error


TLS_CALLS: dict[str, Callable[[Any], Awaitable[object]]] = {
    "do_handshake": operator.methodcaller("do_handshake"),
    "receive_some": operator.methodcaller("receive_some"),
    "send_all": operator.methodcaller("send_all", b"x"),
}


def handshakes() -> Iterator[Experiment]:
    for name, call in TLS_CALLS.items():
        talk = functools.partial(perform, functools.partial(shake, call))
        yield from experiments(f"trio.SSLStream.{name}", talk, NO_TLS, BROKEN)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(streams())
def test_stream(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(handshakes())
def test_tls(experiments: list[Experiment]) -> None:
    check_all(experiments)
