"""What urllib3 raises, with its own retries and without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.http_peers import ANSWERS, READS, SAD, WHOLE
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
