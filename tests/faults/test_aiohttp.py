"""What the client of aiohttp raises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import ANSWERS, HEAD, READS, SAD, answer, experiments, redirect_forever
from tests.faults.peers import (
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_port,
    compare,
    hear,
    patience,
    raised,
    raised_by,
    reset,
    say,
    stay_silent,
)
from tests.faults.websocket_peers import shake_hands

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

aiohttp = pytest.importorskip("aiohttp")


def places() -> Iterator[tuple[Scenario, str]]:
    """Yield a URL for each way in which a server fails, as long as it does."""
    with closed_port() as closed, black_hole() as hole:
        yield "refused", f"http://{closed[0]}:{closed[1]}/"
        yield "timeout", f"http://{hole[0]}:{hole[1]}/"
        yield "unresolved", f"http://{UNKNOWN_HOST}/"
        yield "unreachable", "http://255.255.255.255/"
    for scenario, treat in ANSWERS:
        with Peer(treat) as peer:
            yield scenario, "http" + peer.url
    with Peer(redirect_forever) as peer:
        yield "answered", "http" + peer.url
    with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
        yield "reset", "https" + dropping.url
        yield "handshake", "https" + other.url


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


@pytest.mark.parametrize(
    ("name", "get"),
    [
        ("aiohttp.ClientSession.get", awaited),
        ("aiohttp.ClientSession.get", entered),
        ("aiohttp.request", by_function),
    ],
    ids=["awaited", "entered", "function"],
)
def test_request(name: str, get: Callable[..., Coroutine[Any, Any, None]]) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        for scenario, url in places():
            timeout = aiohttp.ClientTimeout(total=patience(scenario))
            seen.append((scenario, await raised_by(get(url, timeout=timeout))))
        with black_hole() as hole:
            timeout = aiohttp.ClientTimeout(sock_connect=SOON)
            seen.append(("timeout", await raised_by(get(f"http://{hole[0]}:{hole[1]}/", timeout=timeout))))
        with Peer(stay_silent) as silent:
            timeout = aiohttp.ClientTimeout(sock_read=SOON)
            seen.append(("timeout", await raised_by(get("http" + silent.url, timeout=timeout))))
        return seen

    seen = asyncio.run(fail())
    assert not any(isinstance(error, ConnectionError) for _, error in seen)
    compare(name, seen, documented=("aiohttp.ClientConnectionResetError",))


@pytest.mark.parametrize("name", ["json", "read", "text"])
def test_read(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        async with aiohttp.ClientSession() as session:
            for scenario, treat in (*READS, *((("rubbish", answer(HEAD + b"123456789")),) if name == "json" else ())):
                timeout = aiohttp.ClientTimeout(total=patience(scenario))
                with Peer(treat) as peer:
                    async with session.get("http" + peer.url, timeout=timeout) as response:
                        if scenario == "reset":
                            response.connection.transport.write(b"!")
                        seen.append((scenario, await raised_by(getattr(response, name)())))
        return seen

    compare(f"aiohttp.ClientResponse.{name}", asyncio.run(fail()))


def test_status() -> None:
    async def fail() -> BaseException | None:
        with Peer(answer(SAD)) as peer:
            async with aiohttp.ClientSession() as session, session.get("http" + peer.url) as response:
                return raised(response.raise_for_status)

    compare("aiohttp.ClientResponse.raise_for_status", {"answered": asyncio.run(fail())})


def test_websocket() -> None:
    async def fail() -> tuple[Seen, Seen, Seen]:
        connected: Seen = []
        sent: Seen = []
        received: Seen = []
        async with aiohttp.ClientSession() as session:
            for scenario, url in places():
                if scenario not in {"timeout", "answered"}:
                    connected.append((scenario, await raised_by(session.ws_connect(url))))
            with Peer(answer(SAD)) as peer:
                connected.append(("answered", await raised_by(session.ws_connect("http" + peer.url))))
            with Peer(shake_hands(stay_silent)) as peer:
                async with session.ws_connect("http" + peer.url, timeout=aiohttp.ClientWSTimeout(ws_close=SOON)) as ws:
                    received.append(("timeout", await raised_by(ws.receive_str(timeout=SOON))))
            with Peer(shake_hands(close)) as peer:
                async with session.ws_connect("http" + peer.url) as ws:
                    received.append(("closed", await raised_by(ws.receive_str())))
                    sent.append(("closed", await raised_by(ws.send_str("x"))))
        return connected, sent, received

    connected, sent, received = asyncio.run(fail())
    compare("aiohttp.ClientSession.ws_connect", connected)
    compare("aiohttp.ClientWebSocketResponse.send_str", sent)
    compare("aiohttp.ClientWebSocketResponse.receive_str", received)


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


def ask(url: str, timeout: float) -> BaseException | None:
    return raised(lambda: asyncio.run(entered(url, timeout=aiohttp.ClientTimeout(total=timeout))))


@by_operation(experiments("aiohttp.ClientSession.get", ask, FAILED))
def test_places(experiments: list[Experiment]) -> None:
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


@pytest.mark.parametrize("name", READERS)
def test_stream(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        async with aiohttp.ClientSession() as session:
            for scenario, treat in READS:
                if scenario == "reset":
                    continue
                with Peer(treat) as peer:
                    timeout = aiohttp.ClientTimeout(sock_read=patience(scenario))
                    async with session.get("http" + peer.url, timeout=timeout) as response:
                        seen.append((scenario, await raised_by(READERS[name](response.content))))
        return seen

    compare(f"aiohttp.StreamReader.{name}", asyncio.run(fail()))
