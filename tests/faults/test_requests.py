"""What requests raises. Nothing of it is a builtin `ConnectionError`."""

from __future__ import annotations

import contextlib
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
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.http_peers import Ask

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


def ask(get: Callable[..., object]) -> Ask:
    return lambda url, timeout: raised(lambda: get(url, timeout=timeout))


def by_adapter(url: str, *, retries: Any = 0, **options: Any) -> object:
    request = requests.Request("GET", url).prepare()
    with contextlib.closing(requests.adapters.HTTPAdapter(max_retries=retries)) as adapter:
        return adapter.send(request, stream=True, **options)


def by_retrying_session(url: str, *, retries: Any, **options: Any) -> object:
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        return session.get(url, **options)


def by_closed_proxy(get: Callable[..., object]) -> BaseException | None:
    with closed_port() as (host, port):
        proxies = {"http": f"http://{host}:{port}"}
        return raised(lambda: get("http://127.0.0.1/", proxies=proxies, timeout=LATE))


def by_unwilling_proxy(get: Callable[..., object]) -> BaseException | None:
    with Peer(answer(SAD)) as peer:
        proxies = {"https": "http" + peer.url}
        return raised(lambda: get("https://127.0.0.1:1/", proxies=proxies, timeout=LATE))


def with_retries(get: Callable[..., object]) -> BaseException | None:
    twice = answer(SAD, answer(SAD, stay_silent))  # it asks again on the same connection
    with Peer(twice) as peer:
        retry = requests.adapters.Retry(1, status_forcelist=[503])
        return raised(lambda: get("http" + peer.url, retries=retry, timeout=LATE))


PROXY = "requests.exceptions.ProxyError"


def further(name: str, get: Callable[..., object], retrying: Callable[..., object]) -> Iterator[Experiment]:
    """Yield the experiments with proxies, and with retries that are used up."""
    yield Experiment(name, "unreachable", PROXY, partial(by_closed_proxy, get), "closed proxy")
    yield Experiment(name, "answered", PROXY, partial(by_unwilling_proxy, get), "a proxy that does not serve us")
    used_up = "requests.exceptions.RetryError"
    yield Experiment(name, "answered", used_up, partial(with_retries, retrying), "retries used up")


def calls() -> Iterator[Experiment]:
    for name, get in REQUESTS.items():
        yield from experiments(name, ask(get), WHOLE_ANSWER)
    yield from further("requests.Session.get", by_session, by_retrying_session)


@by_operation(calls())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)


ADAPTER = "requests.adapters.HTTPAdapter.send"


@by_operation(experiments(ADAPTER, ask(by_adapter), FAILED), further(ADAPTER, by_adapter, by_adapter))
def test_adapter(experiments: list[Experiment]) -> None:
    check_all(experiments)


def read(name: str, url: str, timeout: float) -> BaseException | None:
    with requests.get(url, timeout=timeout, stream=True) as response:
        if "x-drop" in response.headers:
            finish(response.raw.connection.sock)
        return raised(lambda: list(getattr(response, name)()))


BODY = {
    "body cut": "requests.exceptions.ChunkedEncodingError",
    "chunk cut": "requests.exceptions.ChunkedEncodingError",
    "body reset": "requests.exceptions.ChunkedEncodingError",
    "body withheld": "requests.exceptions.ConnectionError",
    "broken compression": "requests.exceptions.ContentDecodingError",
}


def reads() -> Iterator[Experiment]:
    for name in ("iter_content", "iter_lines"):
        yield from experiments(f"requests.Response.{name}", partial(read, name), BODY)


@by_operation(reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


def ask_status(url: str, timeout: float) -> BaseException | None:
    with requests.get(url, timeout=timeout) as response:
        return raised(response.raise_for_status)


@by_operation(experiments("requests.Response.raise_for_status", ask_status, {"503": "requests.exceptions.HTTPError"}))
def test_status(experiments: list[Experiment]) -> None:
    check_all(experiments)
