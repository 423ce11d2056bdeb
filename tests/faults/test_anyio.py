"""What anyio raises, over asyncio and over trio."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NO_TLS, NO_UNIX, NOBODY, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import DROP, HANG_UP, client_context, raised_by, wait_for_hangup

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

anyio = pytest.importorskip("anyio")
pytest.importorskip("trio")

BROKEN = "anyio.BrokenResourceError"
BACKENDS = ("asyncio", "trio")


async def dial(address: Address, **options: Any) -> None:
    async with await anyio.connect_tcp(*address, **options):
        pass


def connect(backend: str, address: Address, _: float, **options: Any) -> BaseException | None:
    error: BaseException | None = anyio.run(
        raised_by_call, functools.partial(dial, address, **options), backend=backend
    )
    return error


async def raised_by_call(call: Callable[[], Awaitable[object]]) -> BaseException | None:
    return await raised_by(call())


def connect_unix(backend: str, address: Any, _: float) -> BaseException | None:
    error: BaseException | None = anyio.run(
        raised_by_call, functools.partial(anyio.connect_unix, address[0]), backend=backend
    )
    return error


def connects() -> Iterator[Experiment]:
    name = "anyio.connect_tcp"
    for backend in BACKENDS:
        dialled = functools.partial(connect, backend)
        # it waits as long as it is let
        yield from experiments(
            name, dialled, NOBODY, "OSError", {"unknown host": "socket.gaierror"}, without=["full backlog"]
        )
        for given in (
            {"ssl_context": client_context()},
            {"tls": True, "ssl_context": client_context()},
            {"tls_hostname": "x", "ssl_context": client_context()},
        ):
            secured = functools.partial(dialled, **given)
            yield from experiments(name, secured, NO_TLS, BROKEN, {"no TLS": "ssl.SSLError"}, given=tuple(given))
        yield from experiments(
            "anyio.connect_unix",
            functools.partial(connect_unix, backend),
            NO_UNIX,
            "ConnectionRefusedError",
            {"no such path": "FileNotFoundError"},
        )


async def receive(address: Address) -> BaseException | None:
    async with await anyio.connect_tcp(*address) as stream:
        await stream.send(b"!")
        return await raised_by(stream.receive())


async def send(address: Address) -> BaseException | None:
    """Send until it is noticed that the peer is gone: the first may still go."""
    async with await anyio.connect_tcp(*address) as stream:
        await stream.send(b"!")
        wait_for_hangup(stream.extra(anyio.abc.SocketAttribute.raw_socket))
        for _ in range(9):
            error = await raised_by(stream.send(b"x"))
            if error is not None:
                break
        return error


def perform(
    call: Callable[[Address], Awaitable[BaseException | None]], backend: str, address: Address, _: float
) -> BaseException | None:
    error: BaseException | None = anyio.run(call, address, backend=backend)
    return error


def streams() -> Iterator[Experiment]:
    lost = {"reset": Place("reset", at(DROP)), "closed": Place("closed", at(HANG_UP))}
    gone = {"reset": Place("reset", at(DROP)), "closed": Place("broken", at(HANG_UP))}
    for backend in BACKENDS:
        name, talk = "anyio.abc.SocketStream", functools.partial(perform, receive, backend)
        yield from experiments(f"{name}.receive", talk, lost, BROKEN, {"closed": "anyio.EndOfStream"})
        yield from experiments(f"{name}.send", functools.partial(perform, send, backend), gone, BROKEN)


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(streams())
def test_stream(experiments: list[Experiment]) -> None:
    check_all(experiments)
