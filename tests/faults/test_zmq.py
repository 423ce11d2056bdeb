"""What pyzmq raises, which is little: it is patient, unless it is told not to be."""

from __future__ import annotations

import asyncio
import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, closed_port, raised, raised_by, reset, stay_silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.clients import Address

zmq = pytest.importorskip("zmq")
zmq_asyncio = pytest.importorskip("zmq.asyncio")

AGAIN = "zmq.Again"
CALLS: dict[str, Callable[[Any], Any]] = {
    **{name: operator.methodcaller(name) for name in "recv recv_json recv_multipart recv_pyobj recv_string".split()},
    "send": operator.methodcaller("send", b"x"),
    "send_json": operator.methodcaller("send_json", {}),
    "send_multipart": operator.methodcaller("send_multipart", [b"x"]),
    "send_pyobj": operator.methodcaller("send_pyobj", None),
    "send_string": operator.methodcaller("send_string", "x"),
}


def kind(name: str) -> int:
    """Return a kind of socket that may do nothing else than `name`, and can never."""
    return int(zmq.PULL if name.startswith("recv") else zmq.PUSH)


def perform(name: str, address: Address, timeout: float) -> BaseException | None:
    with zmq.Context() as context, context.socket(kind(name)) as sock:
        sock.linger = 0
        sock.rcvtimeo = sock.sndtimeo = int(timeout * 1000)
        sock.connect("tcp://{}:{}".format(*address))
        if name.startswith("send"):
            sock.disconnect("tcp://{}:{}".format(*address))  # with nobody to send to, there is no place in a queue
        return raised(lambda: CALLS[name](sock))


def perform_async(name: str, address: Address, timeout: float) -> BaseException | None:
    async def talk() -> BaseException | None:
        with zmq_asyncio.Context() as context, context.socket(kind(name)) as sock:
            sock.linger = 0
            sock.rcvtimeo = sock.sndtimeo = int(timeout * 1000)
            return await raised_by(CALLS[name](sock))

    return asyncio.run(talk())


SILENT = {"silent": Place("timeout", at(stay_silent))}


def talks(owner: str, call: Callable[..., BaseException | None]) -> Iterator[Experiment]:
    for name in CALLS:
        yield from experiments(f"{owner}.{name}", functools.partial(call, name), SILENT, AGAIN)


@by_operation(talks("zmq.Socket", perform))
def test_socket(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(talks("zmq.asyncio.Socket", perform_async))
def test_async_socket(experiments: list[Experiment]) -> None:
    check_all(experiments)


@pytest.mark.parametrize("treat", [reset, close])
def test_receive_does_not_tell_of_a_peer_that_is_gone(treat: Any) -> None:
    with at(treat)() as address:
        assert isinstance(perform("recv", address, 0.02), zmq.Again)


def test_connect_refuses_nothing() -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as sock, closed_port() as (host, port):
        sock.linger = 0
        assert raised(lambda: sock.connect(f"tcp://{host}:{port}")) is None
        assert raised(lambda: sock.send(b"x")) is None
