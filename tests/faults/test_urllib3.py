"""What urllib3 raises, with its own retries and without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import ANSWERS, READS, SAD, WHOLE, answer, experiments
from tests.faults.peers import (
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    closed_port,
    compare,
    finish,
    hear,
    patience,
    raised,
    reset,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

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


@pytest.mark.parametrize("retries", [False, 0], ids=["plain", "counted"])
@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str, retries: bool | int) -> None:
    def get(url: str, timeout: float = LATE) -> BaseException | None:
        error = raised(lambda: REQUESTS[name](url, timeout=timeout, retries=retries))
        assert not isinstance(error, OSError)
        return error

    with closed_port() as closed, black_hole() as hole:
        seen: Seen = [
            ("refused", get(f"http://{closed[0]}:{closed[1]}/")),
            ("timeout", get(f"http://{hole[0]}:{hole[1]}/", SOON)),
            ("unresolved", get(f"http://{UNKNOWN_HOST}/")),
            ("unreachable", get("http://255.255.255.255/")),
        ]
    for scenario, treat in (*ANSWERS[:4], *WHOLE):
        with Peer(treat) as peer:
            seen.append((scenario, get("http" + peer.url, patience(scenario))))
    with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
        seen += [("reset", get("https" + dropping.url)), ("handshake", get("https" + other.url))]
    compare(name, seen)


READERS: dict[str, Callable[[Any], object]] = {
    "read": lambda response: response.read(),
    "stream": lambda response: list(response.stream()),
}


@pytest.mark.parametrize("name", READERS)
def test_read(name: str) -> None:
    seen: Seen = []
    with urllib3.PoolManager() as pool:
        for scenario, treat in READS:
            with Peer(treat) as peer:
                response = pool.request("GET", "http" + peer.url, timeout=patience(scenario), preload_content=False)
                if scenario == "reset":
                    finish(response.connection.sock)
                seen.append((scenario, raised(lambda: READERS[name](response))))  # noqa: B023
                response.close()
    compare(f"urllib3.HTTPResponse.{name}", seen)


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
EXPERIMENTS = [
    *experiments(
        "urllib3.PoolManager.request",
        lambda url, timeout: raised(lambda: by_manager(url, timeout=timeout, retries=False)),
        FAILED,
    ),
    *experiments(
        "urllib3.PoolManager.request",
        lambda url, timeout: raised(lambda: by_manager(url, timeout=timeout, retries=0)),
        WRAPPED,
    ),
]


@by_operation(EXPERIMENTS)
def test_places(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_proxies() -> None:
    def ask(proxy: str, url: str) -> BaseException | None:
        with urllib3.ProxyManager(proxy, retries=False) as pool:
            return raised(lambda: pool.request("GET", url, timeout=LATE))

    with closed_port() as closed, Peer(answer(SAD)) as sad:
        seen: Seen = [
            ("unreachable", ask(f"http://{closed[0]}:{closed[1]}", "http://127.0.0.1:1/")),
            ("answered", ask("http" + sad.url, "https://127.0.0.1:1/")),
        ]
    compare("urllib3.PoolManager.request", seen)
