"""What httpx raises, in both of its voices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import ANSWERS, READS, SAD, WHOLE, answer, experiments, redirect_forever
from tests.faults.peers import (
    LATE,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    closed_port,
    compare,
    finish,
    hear,
    patience,
    raised,
    raised_by,
    reset,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

httpx = pytest.importorskip("httpx")
httpcore = pytest.importorskip("httpcore")


TLS = client_context()  # httpx reads all certificates anew for each call, unless it is given a context


def places() -> Iterator[tuple[Scenario, str]]:
    """Yield a URL for each way in which a server fails, as long as it does."""
    with closed_port() as closed, black_hole() as hole:
        yield "refused", f"http://{closed[0]}:{closed[1]}/"
        yield "timeout", f"http://{hole[0]}:{hole[1]}/"
        yield "unresolved", f"http://{UNKNOWN_HOST}/"
        yield "unreachable", "http://255.255.255.255/"
    for scenario, treat in (*ANSWERS[:4], *WHOLE):
        with Peer(treat) as peer:
            yield scenario, "http" + peer.url
    with Peer(redirect_forever) as peer:
        yield "answered", "http" + peer.url
    with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
        yield "reset", "https" + dropping.url
        yield "handshake", "https" + other.url


def by_client(url: str, **options: Any) -> object:
    with httpx.Client(verify=options.pop("verify")) as client:
        return client.get(url, **options)


def by_stream(url: str, **options: Any) -> object:
    with httpx.stream("GET", url, **options) as response:
        return response.read()


REQUESTS: dict[str, Callable[..., object]] = {
    "httpx.Client.get": by_client,
    "httpx.get": httpx.get,
    "httpx.stream": by_stream,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str) -> None:
    seen: Seen = [
        (scenario, raised(lambda: REQUESTS[name](url, timeout=patience(scenario), follow_redirects=True, verify=TLS)))  # noqa: B023
        for scenario, url in places()
    ]
    assert not any(isinstance(error, OSError) for _, error in seen)
    compare(name, seen)


async def get(client: Any, url: str, wait: float) -> object:
    return await client.get(url, timeout=wait, follow_redirects=True)


async def stream(client: Any, url: str, wait: float) -> object:
    async with client.stream("GET", url, timeout=wait, follow_redirects=True) as response:
        return await response.aread()


@pytest.mark.parametrize("request_by", [get, stream])
def test_async_request(request_by: Callable[[Any, str, float], Coroutine[Any, Any, object]]) -> None:
    async def fail() -> Seen:
        async with httpx.AsyncClient(verify=TLS) as client:
            return [
                (scenario, await raised_by(request_by(client, url, patience(scenario)))) for scenario, url in places()
            ]

    seen = asyncio.run(fail())
    assert not any(isinstance(error, OSError) for _, error in seen)
    compare(f"httpx.AsyncClient.{request_by.__name__}", seen)


READERS: dict[str, Callable[[Any], object]] = {
    "iter_bytes": lambda response: list(response.iter_bytes()),
    "iter_lines": lambda response: list(response.iter_lines()),
    "iter_text": lambda response: list(response.iter_text()),
    "read": lambda response: response.read(),
}


@pytest.mark.parametrize("name", READERS)
def test_read(name: str) -> None:
    seen: Seen = []
    for scenario, treat in READS:
        with (
            Peer(treat) as peer,
            httpx.stream("GET", "http" + peer.url, timeout=patience(scenario), verify=TLS) as response,
        ):
            if scenario == "reset":
                finish(response.extensions["network_stream"].get_extra_info("socket"))
            seen.append((scenario, raised(lambda: READERS[name](response))))
    compare(f"httpx.Response.{name}", seen)


async def collect(iterator: Any) -> list[object]:
    return [item async for item in iterator]


ASYNC_READERS: dict[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
    "aiter_bytes": lambda response: collect(response.aiter_bytes()),
    "aiter_lines": lambda response: collect(response.aiter_lines()),
    "aiter_text": lambda response: collect(response.aiter_text()),
    "aread": lambda response: response.aread(),
}


@pytest.mark.parametrize("name", ASYNC_READERS)
def test_async_read(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        async with httpx.AsyncClient(verify=TLS) as client:
            for scenario, treat in READS:
                with Peer(treat) as peer:
                    async with client.stream("GET", "http" + peer.url, timeout=patience(scenario)) as response:
                        if scenario == "reset":
                            stream = response.extensions["network_stream"]
                            await stream.write(b"!")
                        seen.append((scenario, await raised_by(ASYNC_READERS[name](response))))
        return seen

    compare(f"httpx.Response.{name}", asyncio.run(fail()))


def test_status() -> None:
    with Peer(answer(SAD)) as peer:
        response = httpx.get("http" + peer.url, timeout=LATE, verify=TLS)
        compare("httpx.Response.raise_for_status", {"answered": raised(response.raise_for_status)})


FAILED = {
    "closed port": "ConnectError",
    "two closed ports": "ConnectError",
    "full backlog": "ConnectTimeout",
    "unknown host": "ConnectError",
    "no route": "ConnectError",
    "reset": "ReadError",
    "close": "RemoteProtocolError",
    "silence": "ReadTimeout",
    "another protocol": "RemoteProtocolError",
    "head cut": "RemoteProtocolError",
    "body cut": "RemoteProtocolError",
    "chunk cut": "RemoteProtocolError",
    "reset in TLS handshake": "ConnectError",
    "close in TLS handshake": "ConnectError",
    "no TLS": "ConnectError",
}
OF_HTTPX = {name: f"httpx.{raises}" for name, raises in FAILED.items()} | {"broken compression": "httpx.DecodingError"}
OF_CORE = {name: f"httpcore.{raises}" for name, raises in FAILED.items()}


def options_of_core(wait: float) -> dict[str, Any]:
    return {"extensions": {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), wait)}}


def by_pool(url: str, timeout: float) -> BaseException | None:
    with httpcore.ConnectionPool(ssl_context=client_context()) as pool:
        return raised(lambda: pool.request("GET", url, **options_of_core(timeout)))


def by_async_pool(url: str, timeout: float) -> BaseException | None:
    async def ask() -> BaseException | None:
        async with httpcore.AsyncConnectionPool(ssl_context=client_context()) as pool:
            return await raised_by(pool.request("GET", url, **options_of_core(timeout)))

    return asyncio.run(ask())


def by_async_client(url: str, timeout: float) -> BaseException | None:
    async def ask() -> BaseException | None:
        async with httpx.AsyncClient(verify=TLS) as client:
            return await raised_by(client.get(url, timeout=timeout))

    return asyncio.run(ask())


EXPERIMENTS = [
    *experiments("httpx.AsyncClient.get", by_async_client, OF_HTTPX),
    *experiments(
        "httpx.get", lambda url, timeout: raised(lambda: httpx.get(url, timeout=timeout, verify=TLS)), OF_HTTPX
    ),
]


@by_operation(EXPERIMENTS)
def test_places(experiments: list[Experiment]) -> None:
    check_all(experiments)


CORE = [
    *experiments(
        "httpcore.request",
        lambda url, timeout: raised(lambda: httpcore.request("GET", url, **options_of_core(timeout))),
        {"closed port": OF_CORE["closed port"], "reset": OF_CORE["reset"], "silence": OF_CORE["silence"]},
    ),
    *experiments("httpcore.ConnectionPool.request", by_pool, OF_CORE),
]


@by_operation(CORE)
def test_core(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(experiments("httpcore.AsyncConnectionPool.request", by_async_pool, OF_CORE))
def test_async_core(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_proxies() -> None:
    """A proxy that is not there fails as the server would; only one that answers is told from it."""

    def ask(proxy: str, url: str) -> BaseException | None:
        return raised(lambda: httpx.get(url, proxy=proxy, trust_env=False, timeout=LATE, verify=TLS))

    with closed_port() as closed, Peer(answer(SAD)) as sad:
        seen: Seen = [
            ("refused", ask(f"http://{closed[0]}:{closed[1]}", "http://127.0.0.1:1/")),
            ("answered", ask("http" + sad.url, "https://127.0.0.1:1/")),
        ]
    compare("httpx.get", seen)
