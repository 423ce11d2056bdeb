"""What the client of aiohttp raises."""

from __future__ import annotations

import asyncio
import operator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import clients
from tests.faults.clients import Place, at
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import HEAD, answer, experiments
from tests.faults.peers import LATE, SOON, close, closed_port, raised, raised_by, stay_silent
from tests.faults.websocket_peers import shake_hands

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.faults.clients import Address

aiohttp = pytest.importorskip("aiohttp")


async def awaited(url: str, **options: Any) -> None:
    async with aiohttp.ClientSession() as session:
        response = await session.get(url, **options)
        response.close()


async def entered(url: str, **options: Any) -> None:
    async with aiohttp.ClientSession() as session, session.get(url, **options):
        pass


async def by_function(url: str, **options: Any) -> None:
    async with aiohttp.request("GET", url, **options):
        pass


FAILED = {
    "closed port": "aiohttp.ClientConnectorError",
    "two closed ports": "aiohttp.ClientConnectorError",
    "full backlog": "TimeoutError",
    "unknown host": "aiohttp.ClientConnectorDNSError",
    "no route": "aiohttp.ClientConnectorError",
    "reset": "aiohttp.ClientOSError",
    "close": "aiohttp.ServerDisconnectedError",
    "silence": "TimeoutError",
    "another protocol": "aiohttp.ClientResponseError",
    "endless line": "aiohttp.ClientResponseError",
    "head cut": "aiohttp.ServerDisconnectedError",
    "redirections": "aiohttp.ClientResponseError",
    "reset in TLS handshake": "aiohttp.ClientConnectorError",
    "close in TLS handshake": "aiohttp.ClientConnectorError",
    "no TLS": "aiohttp.ClientConnectorSSLError",
}


def ask(
    get: Callable[..., Coroutine[Any, Any, None]], bound: str, url: str, timeout: float, **options: Any
) -> BaseException | None:
    return raised(lambda: asyncio.run(get(url, timeout=aiohttp.ClientTimeout(**{bound: timeout}), **options)))


def by_closed_proxy(get: Callable[..., Coroutine[Any, Any, None]]) -> BaseException | None:
    with closed_port() as (host, port):
        return ask(get, "total", "http://127.0.0.1:1/", LATE, proxy=f"http://{host}:{port}")


def calls(name: str, get: Callable[..., Coroutine[Any, Any, None]], further: dict[str, str]) -> Iterator[Experiment]:
    yield from experiments(name, partial(ask, get, "total"), {**FAILED, **further})
    late = "aiohttp.ServerTimeoutError"
    yield from experiments(name, partial(ask, get, "sock_connect"), {"full backlog": late})
    proxy = "aiohttp.ClientProxyConnectionError"
    yield Experiment(name, "unreachable", proxy, partial(by_closed_proxy, get), "closed proxy")


def requests() -> Iterator[Experiment]:
    for name, get in (
        ("aiohttp.ClientSession.get", awaited),
        ("aiohttp.ClientSession.get", entered),
        ("aiohttp.request", by_function),
    ):
        yield from calls(name, get, {})
        yield from experiments(name, partial(ask, get, "sock_read"), {"silence": "aiohttp.ServerTimeoutError"})


@by_operation(requests())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


def reading(bound: str, call: Callable[[Any], Coroutine[Any, Any, object]], url: str, timeout: float) -> Any:
    async def fail() -> BaseException | None:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(**{bound: timeout})) as session,
            session.get(url) as response,
        ):
            if "x-drop" in response.headers:
                response.connection.transport.write(b"!")
            return await raised_by(call(response))

    return asyncio.run(fail())


PAYLOAD = "aiohttp.ClientPayloadError"
BODY = {
    "body cut": PAYLOAD,
    "body reset": PAYLOAD,
    "broken compression": PAYLOAD,
    "chunk cut": PAYLOAD,
    "body withheld": "TimeoutError",
}
LATE_BODY = {"body withheld": "aiohttp.SocketTimeoutError"}


def reads() -> Iterator[Experiment]:
    for name in ("json", "read", "text"):
        operation, call = f"aiohttp.ClientResponse.{name}", operator.methodcaller(name)
        yield from experiments(operation, partial(reading, "total", call), BODY)
        yield from experiments(operation, partial(reading, "sock_read", call), LATE_BODY)
    no_json = {"no JSON": Place("rubbish", at(answer(HEAD + b"123456789")))}

    def perform(address: Address, timeout: float) -> BaseException | None:
        error: BaseException | None = reading(
            "total", operator.methodcaller("json"), "http://{}:{}/".format(*address), timeout
        )
        return error

    yield from clients.experiments("aiohttp.ClientResponse.json", perform, no_json, "aiohttp.ContentTypeError")


@by_operation(reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


READERS: dict[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
    "read": lambda content: content.read(),
    "readany": lambda content: read_on(content.readany),
    "readchunk": lambda content: read_on(content.readchunk),
    "readexactly": lambda content: content.readexactly(9),
    "readline": lambda content: read_on(content.readline),
    "readuntil": lambda content: read_on(content.readuntil),
}


async def read_on(read: Callable[[], Coroutine[Any, Any, object]]) -> object:
    """Read what has come, and then what does not."""
    await read()
    return await read()


def streams() -> Iterator[Experiment]:
    few = {name: raises for name, raises in BODY.items() if name != "body reset"}
    for name, call in READERS.items():
        operation, of_content = f"aiohttp.StreamReader.{name}", partial(read_content, call)
        yield from experiments(operation, partial(reading, "total", of_content), few)
        yield from experiments(operation, partial(reading, "sock_read", of_content), LATE_BODY)


async def read_content(call: Callable[[Any], Coroutine[Any, Any, object]], response: Any) -> object:
    return await call(response.content)


@by_operation(streams())
def test_stream(experiments: list[Experiment]) -> None:
    check_all(experiments)


def ask_status(url: str, timeout: float) -> BaseException | None:
    async def fail() -> BaseException | None:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return raised(response.raise_for_status)

    return asyncio.run(fail())


STATUS = {"503": "aiohttp.ClientResponseError"}


@by_operation(experiments("aiohttp.ClientResponse.raise_for_status", ask_status, STATUS))
def test_status(experiments: list[Experiment]) -> None:
    check_all(experiments)


async def open_websocket(url: str, *, proxy: str | None = None, **options: Any) -> None:
    async with aiohttp.ClientSession(**options) as session, session.ws_connect(url, proxy=proxy):
        pass


def use_websocket(call: Callable[[Any], Coroutine[Any, Any, object]], address: Address, _: float) -> Any:
    async def fail() -> BaseException | None:
        brief = aiohttp.ClientWSTimeout(ws_close=SOON)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect("http://{}:{}/".format(*address), timeout=brief) as found,
        ):
            return await raised_by(call(found))

    return asyncio.run(fail())


async def send_when_closed(found: Any) -> object:
    await found.receive()
    return await found.send_str("x")


def websockets() -> Iterator[Experiment]:
    answers = {"503": "aiohttp.WSServerHandshakeError", "redirections": "aiohttp.ClientResponseError"}
    yield from calls("aiohttp.ClientSession.ws_connect", open_websocket, answers)
    silent, closed = (
        {"silence": Place("timeout", at(shake_hands(stay_silent)))},
        {"close": Place("closed", at(shake_hands(close)))},
    )
    owner = "aiohttp.ClientWebSocketResponse"
    for name in ("receive", "receive_str"):
        late = partial(use_websocket, operator.methodcaller(name, timeout=SOON))
        yield from clients.experiments(f"{owner}.{name}", late, silent, "TimeoutError")
    ended = partial(use_websocket, operator.methodcaller("receive_str"))
    yield from clients.experiments(f"{owner}.receive_str", ended, closed, "aiohttp.WSMessageTypeError")
    lost = partial(use_websocket, send_when_closed)
    yield from clients.experiments(f"{owner}.send_str", lost, closed, "aiohttp.ClientConnectionResetError")


@by_operation(websockets())
def test_websocket(experiments: list[Experiment]) -> None:
    check_all(experiments)
