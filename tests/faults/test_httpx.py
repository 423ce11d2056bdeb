"""What httpx raises, in both of its voices."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import SAD, answer, experiments
from tests.faults.peers import LATE, Peer, client_context, finish, raised, raised_by

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.faults.http_peers import Ask

httpx = pytest.importorskip("httpx")
httpcore = pytest.importorskip("httpcore")


TLS = client_context()  # httpx reads all certificates anew for each call, unless it is given a context


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
OF_HTTPX = {
    **{name: f"httpx.{raises}" for name, raises in FAILED.items()},
    "broken compression": "httpx.DecodingError",
    "redirections": "httpx.TooManyRedirects",
}
OF_CORE = {name: f"httpcore.{raises}" for name, raises in FAILED.items()}


def ask(name: str) -> Ask:
    return lambda url, timeout: raised(lambda: REQUESTS[name](url, timeout=timeout, follow_redirects=True, verify=TLS))


def by_unwilling_proxy() -> BaseException | None:
    """Ask a proxy that does not serve us; one that is not there fails as the server would."""
    with Peer(answer(SAD)) as peer:
        options = {"proxy": "http" + peer.url, "trust_env": False, "timeout": LATE, "verify": TLS}
        return raised(lambda: httpx.get("https://127.0.0.1:1/", **options))


def calls() -> Iterator[Experiment]:
    for name in REQUESTS:
        yield from experiments(name, ask(name), OF_HTTPX)
    yield Experiment("httpx.get", "answered", "httpx.ProxyError", by_unwilling_proxy, "a proxy that does not serve us")


@by_operation(calls())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


async def get(client: Any, url: str, wait: float) -> object:
    return await client.get(url, timeout=wait, follow_redirects=True)


async def stream(client: Any, url: str, wait: float) -> object:
    async with client.stream("GET", url, timeout=wait, follow_redirects=True) as response:
        return await response.aread()


def ask_async(call: Callable[[Any, str, float], Coroutine[Any, Any, object]], url: str, timeout: float) -> Any:
    async def fail() -> BaseException | None:
        async with httpx.AsyncClient(verify=TLS) as client:
            return await raised_by(call(client, url, timeout))

    return asyncio.run(fail())


def async_calls() -> Iterator[Experiment]:
    for call in (get, stream):
        yield from experiments(f"httpx.AsyncClient.{call.__name__}", partial(ask_async, call), OF_HTTPX)


@by_operation(async_calls())
def test_async_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


BODY = {
    "body cut": "httpx.RemoteProtocolError",
    "body reset": "httpx.ReadError",
    "body withheld": "httpx.ReadTimeout",
    "broken compression": "httpx.DecodingError",
    "chunk cut": "httpx.RemoteProtocolError",
    "chunk of rubbish": "httpx.RemoteProtocolError",
}
READERS: dict[str, Callable[[Any], object]] = {
    "iter_bytes": lambda response: list(response.iter_bytes()),
    "iter_lines": lambda response: list(response.iter_lines()),
    "iter_text": lambda response: list(response.iter_text()),
    "read": lambda response: response.read(),
}


def read(name: str, url: str, timeout: float) -> BaseException | None:
    with httpx.stream("GET", url, timeout=timeout, verify=TLS) as response:
        if "x-drop" in response.headers:
            finish(response.extensions["network_stream"].get_extra_info("socket"))
        return raised(lambda: READERS[name](response))


def reads() -> Iterator[Experiment]:
    for name in READERS:
        yield from experiments(f"httpx.Response.{name}", partial(read, name), BODY)


@by_operation(reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


async def collect(iterator: Any) -> list[object]:
    return [item async for item in iterator]


ASYNC_READERS: dict[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
    "aiter_bytes": lambda response: collect(response.aiter_bytes()),
    "aiter_lines": lambda response: collect(response.aiter_lines()),
    "aiter_text": lambda response: collect(response.aiter_text()),
    "aread": lambda response: response.aread(),
}


def read_async(name: str, url: str, timeout: float) -> BaseException | None:
    async def fail() -> BaseException | None:
        async with (
            httpx.AsyncClient(verify=TLS) as client,
            client.stream("GET", url, timeout=timeout) as response,
        ):
            if "x-drop" in response.headers:
                await response.extensions["network_stream"].write(b"!")
            return await raised_by(ASYNC_READERS[name](response))

    return asyncio.run(fail())


def async_reads() -> Iterator[Experiment]:
    for name in ASYNC_READERS:
        yield from experiments(f"httpx.Response.{name}", partial(read_async, name), BODY)


@by_operation(async_reads())
def test_async_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


def ask_status(url: str, timeout: float) -> BaseException | None:
    return raised(httpx.get(url, timeout=timeout, verify=TLS).raise_for_status)


@by_operation(experiments("httpx.Response.raise_for_status", ask_status, {"503": "httpx.HTTPStatusError"}))
def test_status(experiments: list[Experiment]) -> None:
    check_all(experiments)


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


def core_calls() -> Iterator[Experiment]:
    few = {name: OF_CORE[name] for name in ("closed port", "reset", "silence")}
    yield from experiments(
        "httpcore.request",
        lambda url, timeout: raised(lambda: httpcore.request("GET", url, **options_of_core(timeout))),
        few,
    )
    yield from experiments("httpcore.ConnectionPool.request", by_pool, OF_CORE)


@by_operation(core_calls())
def test_core(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(experiments("httpcore.AsyncConnectionPool.request", by_async_pool, OF_CORE))
def test_async_core(experiments: list[Experiment]) -> None:
    check_all(experiments)
