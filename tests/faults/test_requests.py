"""What requests raises. Nothing of it is a builtin `ConnectionError`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import ANSWERS, READS, SAD, WHOLE, answer, experiments, redirect_forever
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
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

requests = pytest.importorskip("requests")
pytest.importorskip("requests.adapters")


def by_send(url: str, **options: Any) -> object:
    with requests.Session() as session:
        return session.send(requests.Request("GET", url).prepare(), **options)


def by_session(url: str, **options: Any) -> object:
    with requests.Session() as session:
        return session.get(url, **options)


REQUESTS: dict[str, Callable[..., object]] = {
    "requests.get": requests.get,
    "requests.post": requests.post,
    "requests.request": lambda url, **options: requests.request("GET", url, **options),
    "requests.Session.get": by_session,
    "requests.Session.send": by_send,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str) -> None:
    def get(url: str, timeout: float = LATE, **options: Any) -> BaseException | None:
        error = raised(lambda: REQUESTS[name](url, timeout=timeout, **options))
        assert error is None or not isinstance(error, ConnectionError)
        return error

    with closed_port() as closed, black_hole() as hole:
        seen: Seen = [
            ("refused", get(f"http://{closed[0]}:{closed[1]}/")),
            ("timeout", get(f"http://{hole[0]}:{hole[1]}/", SOON)),
            ("unresolved", get(f"http://{UNKNOWN_HOST}/")),
            ("unreachable", get("http://255.255.255.255/")),
            (
                "unreachable",
                get("http://127.0.0.1/", proxies={"http": f"http://{closed[0]}:{closed[1]}"}),
            ),
        ]
    for scenario, treat in (*ANSWERS[:4], *WHOLE):
        with Peer(treat) as peer:
            seen.append((scenario, get("http" + peer.url, patience(scenario))))
    with Peer(redirect_forever) as peer:
        seen.append(("answered", get("http" + peer.url)))
    with Peer(hear(b"\x01", reset)) as dropping, Peer(say(SAD)) as other:
        seen += [
            ("reset", get("https" + dropping.url)),
            ("handshake", get("https" + other.url)),
        ]
    compare(name, seen)


def test_retries_used_up() -> None:
    twice = answer(SAD, answer(SAD, stay_silent))  # the session asks again on the same connection
    with Peer(twice) as peer, requests.Session() as session:
        retry = requests.adapters.Retry(1, status_forcelist=[503])
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
        compare("requests.Session.get", {"answered": raised(lambda: session.get("http" + peer.url, timeout=LATE))})


@pytest.mark.parametrize("name", ["iter_content", "iter_lines"])
def test_read(name: str) -> None:
    seen: Seen = []
    for scenario, treat in READS:
        with Peer(treat) as peer, requests.get("http" + peer.url, timeout=patience(scenario), stream=True) as response:
            if scenario == "reset":
                finish(response.raw.connection.sock)
            seen.append((scenario, raised(lambda: list(getattr(response, name)()))))
    compare(f"requests.Response.{name}", seen)


def test_status() -> None:
    with Peer(answer(SAD)) as peer, requests.get("http" + peer.url, timeout=LATE) as response:
        compare("requests.Response.raise_for_status", {"answered": raised(response.raise_for_status)})


FAILED = {
    "closed port": "requests.exceptions.ConnectionError",
    "two closed ports": "requests.exceptions.ConnectionError",
    "full backlog": "requests.exceptions.ConnectTimeout",
    "unknown host": "requests.exceptions.ConnectionError",
    "no route": "requests.exceptions.ConnectionError",
    "reset": "requests.exceptions.ConnectionError",
    "close": "requests.exceptions.ConnectionError",
    "silence": "requests.exceptions.ReadTimeout",
    "another protocol": "requests.exceptions.ConnectionError",
    "endless line": "requests.exceptions.ConnectionError",
    "head cut": "requests.exceptions.ConnectionError",
    "reset in TLS handshake": "requests.exceptions.ConnectionError",
    "close in TLS handshake": "requests.exceptions.SSLError",
    "no TLS": "requests.exceptions.SSLError",
}
WHOLE_ANSWER = {
    **FAILED,
    "body withheld": "requests.exceptions.ConnectionError",
    "body cut": "requests.exceptions.ChunkedEncodingError",
    "chunk cut": "requests.exceptions.ChunkedEncodingError",
    "broken compression": "requests.exceptions.ContentDecodingError",
    "redirections": "requests.exceptions.TooManyRedirects",
}


def by_adapter(url: str, timeout: float) -> BaseException | None:
    request = requests.Request("GET", url).prepare()
    with contextlib.closing(requests.adapters.HTTPAdapter()) as adapter:
        return raised(lambda: adapter.send(request, stream=True, timeout=timeout))


EXPERIMENTS = [
    *experiments("requests.get", lambda url, timeout: raised(lambda: requests.get(url, timeout=timeout)), WHOLE_ANSWER),
    *experiments(
        "requests.Session.get", lambda url, timeout: raised(lambda: by_session(url, timeout=timeout)), WHOLE_ANSWER
    ),
    *experiments("requests.adapters.HTTPAdapter.send", by_adapter, FAILED),
]


@by_operation(EXPERIMENTS)
def test_places(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_proxy_that_does_not_serve_us() -> None:
    with Peer(answer(SAD)) as peer:
        proxies = {"https": "http" + peer.url}
        error = raised(lambda: requests.get("https://127.0.0.1:1/", proxies=proxies, timeout=LATE))
    compare("requests.get", {"answered": error})
