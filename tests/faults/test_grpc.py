"""What gRPC raises: one class for all, whose code tells why. Nothing of it is a builtin."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from connlint import knowledge
from tests.faults.clients import Place, at
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import PLACES, SAD, answer
from tests.faults.peers import SOON, UNKNOWN_HOST, close, hear, patience, raised, raised_by, reset, say

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from connlint.knowledge.model import Scenario

grpc = pytest.importorskip("grpc")
grpc_aio = pytest.importorskip("grpc.aio")

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # an empty frame of them: the server is there


class Failing(NamedTuple):
    """A place where a server fails, and the code that says so."""

    place: Place
    code: str


def failing_at(scenario: Scenario, treat: Callable[[socket.socket], None], code: str = "UNAVAILABLE") -> Failing:
    return Failing(Place(scenario, at(treat)), code)


FAILING: Mapping[str, Failing] = {
    "closed port": Failing(PLACES["closed port"], "UNAVAILABLE"),
    "full backlog": Failing(PLACES["full backlog"], "DEADLINE_EXCEEDED"),
    "unknown host": Failing(Place("unresolved", lambda: contextlib.nullcontext((UNKNOWN_HOST, 80))), "UNAVAILABLE"),
    "no route": Failing(PLACES["no route"], "UNAVAILABLE"),
    "reset": failing_at("reset", hear(b"PRI", reset)),
    "reset after settings": failing_at("reset", hear(b"PRI", say(SETTINGS, reset))),
    "close": failing_at("closed", hear(b"PRI", close)),
    "frame cut": failing_at("cut", hear(b"PRI", say(SETTINGS + SETTINGS[:5], close))),
    "silence": Failing(PLACES["silence"], "DEADLINE_EXCEEDED"),
    "another protocol": failing_at("rubbish", answer(b"220 smtp.example.org ready\r\n")),
    "503": failing_at("answered", answer(SAD)),
}


def ask(call: Callable[[Any, float], object], failing: Failing) -> BaseException | None:
    scenario = failing.place.scenario
    with failing.place.open() as (host, port), grpc.insecure_channel(f"{host}:{port}") as channel:
        error = raised(lambda: call(channel, patience(scenario)))
    if isinstance(error, grpc.RpcError):
        assert error.code().name == failing.code, error
    return error


def ask_async(call: Callable[[Any, float], Any], failing: Failing) -> BaseException | None:
    async def ask() -> BaseException | None:
        with failing.place.open() as (host, port):
            async with grpc_aio.insecure_channel(f"{host}:{port}") as channel:
                return await raised_by(call(channel, patience(failing.place.scenario)))

    error = asyncio.run(ask())
    if isinstance(error, grpc.RpcError):
        assert error.code().name == failing.code, error
    return error


CALLS: dict[str, Callable[[Any, float], object]] = {
    "Future.result": lambda channel, wait: channel.unary_unary("/x/y").future(b"", timeout=wait).result(),
    "StreamUnaryMultiCallable.__call__": lambda channel, wait: channel.stream_unary("/x/y")(iter([b""]), timeout=wait),
    "StreamUnaryMultiCallable.with_call": lambda channel, wait: channel.stream_unary("/x/y").with_call(
        iter([b""]), timeout=wait
    ),
    "UnaryUnaryMultiCallable.__call__": lambda channel, wait: channel.unary_unary("/x/y")(b"", timeout=wait),
    "UnaryUnaryMultiCallable.with_call": lambda channel, wait: channel.unary_unary("/x/y").with_call(b"", timeout=wait),
}
CALL = [
    *(
        Experiment(f"grpc.{name}", failing.place.scenario, "grpc.RpcError", partial(ask, call, failing), peer=peer_name)
        for name, call in CALLS.items()
        for peer_name, failing in FAILING.items()
    ),
    Experiment(
        "grpc.Future.result",
        "timeout",
        "grpc.FutureTimeoutError",
        partial(ask, lambda channel, _: channel.unary_unary("/x/y").future(b"").result(SOON), FAILING["silence"]),
        peer="silence, waited for",
        given=("timeout",),
    ),
]


@by_operation(CALL)
def test_call(experiments: list[Experiment]) -> None:
    check_all(experiments)


READY = [
    Experiment(
        "grpc._utilities._ChannelReadyFuture.result",
        "timeout",
        "grpc.FutureTimeoutError",
        partial(ask, lambda channel, _: grpc.channel_ready_future(channel).result(timeout=SOON), failing),
        peer=peer_name,
        given=("timeout",),
    )
    for peer_name, failing in FAILING.items()
    if peer_name not in {"503", "frame cut", "reset after settings"}
]


@by_operation(READY)
def test_ready(experiments: list[Experiment]) -> None:
    check_all(experiments)


async def unary(channel: Any, wait: float) -> object:
    return await channel.unary_unary("/x/y")(b"", timeout=wait)


async def stream(channel: Any, wait: float) -> object:
    return await channel.stream_unary("/x/y")(iter([b""]), timeout=wait)


ASYNC_CALL = [
    Experiment(
        f"grpc.aio.{name}MultiCallable.__call__",
        failing.place.scenario,
        "grpc.aio.AioRpcError",
        partial(ask_async, call, failing),
        peer=peer_name,
    )
    for name, call in (("StreamUnary", stream), ("UnaryUnary", unary))
    for peer_name, failing in FAILING.items()
]


@by_operation(ASYNC_CALL)
def test_async_call(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_channel_that_cannot_connect_is_made_all_the_same() -> None:
    for name in ("insecure_channel", "secure_channel"):
        assert knowledge.is_harmless(f"grpc.{name}")
    with PLACES["closed port"].open() as (host, port), contextlib.closing(grpc.insecure_channel(f"{host}:{port}")):
        pass
