"""What urllib3 raises, with its own retries and without them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import SAD, answer, experiments
from tests.faults.peers import (
    LATE,
    Peer,
    closed_port,
    finish,
    raised,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.http_peers import Ask

urllib3 = pytest.importorskip("urllib3")


def by_manager(url: str, **options: Any) -> object:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, **options)


def by_manager_open(url: str, **options: Any) -> object:
    with urllib3.PoolManager() as pool:
        return pool.urlopen("GET", url, **options)


def by_pool(url: str, **options: Any) -> object:
    with urllib3.connection_from_url(url) as pool:
        return pool.urlopen("GET", "/", **options)


REQUESTS: dict[str, Callable[..., object]] = {
    "urllib3.HTTPConnectionPool.urlopen": by_pool,
    "urllib3.PoolManager.request": by_manager,
    "urllib3.PoolManager.urlopen": by_manager_open,
    "urllib3.request": lambda url, **options: urllib3.request("GET", url, **options),
}


FAILED = {
    "closed port": "urllib3.exceptions.NewConnectionError",
    "two closed ports": "urllib3.exceptions.NewConnectionError",
    "full backlog": "urllib3.exceptions.ConnectTimeoutError",
    "unknown host": "urllib3.exceptions.NameResolutionError",
    "no route": "urllib3.exceptions.NewConnectionError",
    "reset": "urllib3.exceptions.ProtocolError",
    "close": "urllib3.exceptions.ProtocolError",
    "silence": "urllib3.exceptions.ReadTimeoutError",
    "another protocol": "urllib3.exceptions.ProtocolError",
    "endless line": "urllib3.exceptions.ProtocolError",
    "head cut": "urllib3.exceptions.ProtocolError",
    "body cut": "urllib3.exceptions.ProtocolError",
    "chunk cut": "urllib3.exceptions.ProtocolError",
    "broken compression": "urllib3.exceptions.DecodeError",
    "reset in TLS handshake": "urllib3.exceptions.ProtocolError",
    "close in TLS handshake": "urllib3.exceptions.SSLError",
    "no TLS": "urllib3.exceptions.SSLError",
}
# With its retries, all but what the reading of the answer raises is wrapped
WRAPPED = {
    name: "urllib3.exceptions.MaxRetryError"
    for name in FAILED
    if name not in {"body cut", "broken compression", "chunk cut"}
}


def ask(name: str, retries: bool | int) -> Ask:
    return lambda url, timeout: raised(lambda: REQUESTS[name](url, timeout=timeout, retries=retries))


def by_proxy(proxy: str, url: str) -> BaseException | None:
    with urllib3.ProxyManager(proxy, retries=False) as pool:
        return raised(lambda: pool.request("GET", url, timeout=LATE))


def by_closed_proxy() -> BaseException | None:
    with closed_port() as (host, port):
        return by_proxy(f"http://{host}:{port}", "http://127.0.0.1:1/")


def by_unwilling_proxy() -> BaseException | None:
    with Peer(answer(SAD)) as peer:
        return by_proxy("http" + peer.url, "https://127.0.0.1:1/")


PROXY = "urllib3.exceptions.ProxyError"


def calls() -> Iterator[Experiment]:
    for name in REQUESTS:
        yield from experiments(name, ask(name, False), FAILED)
        yield from experiments(name, ask(name, 0), WRAPPED)
    name = "urllib3.PoolManager.request"
    yield Experiment(name, "unreachable", PROXY, by_closed_proxy, "closed proxy")
    yield Experiment(name, "answered", PROXY, by_unwilling_proxy, "a proxy that does not serve us")


@by_operation(calls())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


READERS: dict[str, Callable[[Any], object]] = {
    "read": lambda response: response.read(),
    "stream": lambda response: list(response.stream()),
}


def read(name: str, url: str, timeout: float) -> BaseException | None:
    with urllib3.PoolManager() as pool:
        response = pool.request("GET", url, timeout=timeout, preload_content=False)
        if "x-drop" in response.headers:
            finish(response.connection.sock)
        try:
            return raised(lambda: READERS[name](response))
        finally:
            response.close()


BODY = {
    "body cut": "urllib3.exceptions.ProtocolError",
    "chunk cut": "urllib3.exceptions.ProtocolError",
    "chunk of rubbish": "urllib3.exceptions.ProtocolError",
    "body reset": "urllib3.exceptions.ProtocolError",
    "body withheld": "urllib3.exceptions.ReadTimeoutError",
    "broken compression": "urllib3.exceptions.DecodeError",
}


def reads() -> Iterator[Experiment]:
    for name in READERS:
        outcomes = {place: raises for place, raises in BODY.items() if name == "stream" or place != "chunk of rubbish"}
        yield from experiments(f"urllib3.HTTPResponse.{name}", partial(read, name), outcomes)


@by_operation(reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)
