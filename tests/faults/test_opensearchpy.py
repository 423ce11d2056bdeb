"""What the client of OpenSearch raises, with its own retries switched off. Nothing of it is a builtin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.opensearchpy import ATTRIBUTES, BASES
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_experiments import PLACES, experiments, peer, taken
from tests.faults.http_peers import answer
from tests.faults.peers import LATE, raised, raised_by
from tests.knowledge.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.faults.http_experiments import Perform

opensearchpy = pytest.importorskip("opensearchpy")
helpers = pytest.importorskip("opensearchpy.helpers")

FAILED = {
    "closed port": "opensearchpy.exceptions.ConnectionError",
    "two closed ports": "opensearchpy.exceptions.ConnectionError",
    "unknown host": "opensearchpy.exceptions.ConnectionError",
    "no route": "opensearchpy.exceptions.ConnectionError",
    "reset": "opensearchpy.exceptions.ConnectionError",
    "close": "opensearchpy.exceptions.ConnectionError",
    "silence": "opensearchpy.exceptions.ConnectionTimeout",
    "another protocol": "opensearchpy.exceptions.ConnectionError",
    "endless line": "opensearchpy.exceptions.ConnectionError",
    "head cut": "opensearchpy.exceptions.ConnectionError",
    "body cut": "opensearchpy.exceptions.ConnectionError",
    "chunk cut": "opensearchpy.exceptions.ConnectionError",
    "broken compression": "opensearchpy.exceptions.ConnectionError",
    "503": "opensearchpy.exceptions.TransportError",
    "reset in TLS handshake": "opensearchpy.exceptions.ConnectionError",
}
SYNC = {
    **FAILED,
    "full backlog": "opensearchpy.exceptions.ConnectionError",
    "redirections": "opensearchpy.exceptions.TransportError",
    "close in TLS handshake": "opensearchpy.exceptions.SSLError",
    "no TLS": "opensearchpy.exceptions.SSLError",
}
ASYNC = {
    **FAILED,
    "full backlog": "opensearchpy.exceptions.ConnectionTimeout",
    "redirections": "opensearchpy.exceptions.ConnectionError",
    "close in TLS handshake": "opensearchpy.exceptions.ConnectionError",
    "no TLS": "opensearchpy.exceptions.ConnectionError",
}
FEW = {name: FAILED[name] for name in ("closed port", "reset", "close", "silence")}


def ask(call: Callable[[Any], object]) -> Perform:
    def perform(url: str, timeout: float) -> BaseException | None:
        with opensearchpy.OpenSearch(url, max_retries=0, timeout=timeout) as client:
            return raised(lambda: call(client))

    return perform


def ask_async(call: Callable[[Any], Coroutine[Any, Any, object]]) -> Perform:
    async def ask(url: str, wait: float) -> BaseException | None:
        async with opensearchpy.AsyncOpenSearch(url, max_retries=0, timeout=wait) as client:
            return await raised_by(call(client))

    return lambda url, timeout: asyncio.run(ask(url, timeout))


PART = "opensearchpy.client.utils.NamespacedClient"
CLIENT = [
    *experiments("opensearchpy.OpenSearch.search", ask(lambda client: client.search(index="x")), SYNC),
    *experiments("opensearchpy.OpenSearch.info", ask(lambda client: client.info()), FEW),
    *experiments("opensearchpy.OpenSearch.index", ask(lambda client: client.index(index="x", body={})), FEW),
    *experiments(f"{PART}.create", ask(lambda client: client.indices.create(index="x")), FEW),
    *experiments(f"{PART}.health", ask(lambda client: client.cluster.health()), FEW),
]


@by_operation(CLIENT)
def test_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


ASYNC_PART = "opensearchpy._async.client.utils.NamespacedClient"
ASYNC_CLIENT = [
    *experiments("opensearchpy.AsyncOpenSearch.search", ask_async(lambda client: client.search(index="x")), ASYNC),
    *experiments(f"{ASYNC_PART}.create", ask_async(lambda client: client.indices.create(index="x")), FEW),
]


@by_operation(ASYNC_CLIENT)
def test_async_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


DOCUMENTS = [{"_index": "x", "_source": {}}]
REFUSED_DOCUMENT = b'{"errors":true,"items":[{"index":{"_index":"x","status":409,"error":{"type":"x"}}}]}'
BROKEN_SCAN = b'{"_scroll_id":"x","_shards":{"total":2,"successful":1,"skipped":0,"failed":1},"hits":{"hits":[{}]}}'


def answered(operation: str, perform: Perform, body: bytes, raises: str) -> Experiment:
    """Return the experiment of a server that answers that it did not do what it was asked."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)

    def ask() -> BaseException | None:
        with peer(answer(head + body)) as (host, port):
            return perform(f"http://{host}:{port}", LATE)

    return Experiment(operation, "answered", raises, ask, peer="refusal")


HELPERS = [
    experiment
    for name, call, body, raises in (
        (
            "bulk",
            lambda client: helpers.bulk(client, DOCUMENTS),
            REFUSED_DOCUMENT,
            "opensearchpy.helpers.BulkIndexError",
        ),
        (
            "parallel_bulk",
            lambda client: list(helpers.parallel_bulk(client, DOCUMENTS, thread_count=1)),
            REFUSED_DOCUMENT,
            "opensearchpy.helpers.BulkIndexError",
        ),
        ("scan", lambda client: list(helpers.scan(client)), BROKEN_SCAN, "opensearchpy.helpers.ScanError"),
        (
            "streaming_bulk",
            lambda client: list(helpers.streaming_bulk(client, DOCUMENTS)),
            REFUSED_DOCUMENT,
            "opensearchpy.helpers.BulkIndexError",
        ),
    )
    for experiment in (
        *experiments(f"opensearchpy.helpers.{name}", ask(call), FEW),
        answered(f"opensearchpy.helpers.{name}", ask(call), body, raises),
    )
]


@by_operation(HELPERS)
def test_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


BULK = ask_async(lambda client: helpers.async_bulk(client, DOCUMENTS))
ASYNC_HELPERS = [
    *experiments("opensearchpy.helpers.async_bulk", BULK, FEW),
    answered("opensearchpy.helpers.async_bulk", BULK, REFUSED_DOCUMENT, "opensearchpy.helpers.BulkIndexError"),
]


@by_operation(ASYNC_HELPERS)
def test_async_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_the_builtin_takes_nothing() -> None:
    nothing = dict.fromkeys(("refused", "reset", "closed", "cut", "timeout", "unresolved"), False)
    for builtin in ("ConnectionError", "OSError", "TimeoutError"):
        assert taken(CLIENT, "opensearchpy.OpenSearch.search", builtin) == nothing
        assert taken(ASYNC_CLIENT, "opensearchpy.AsyncOpenSearch.search", builtin) == nothing


@pytest.mark.parametrize("name", ["OpenSearch", "AsyncOpenSearch"])
def test_attributes_are_all_there(name: str) -> None:
    client = getattr(opensearchpy, name)("http://127.0.0.1:1")
    owner = f"opensearchpy.{name}"
    part: Any = resolve(next(part for attribute, part in ATTRIBUTES.items() if attribute.startswith(owner)))
    found = {f"{owner}.{attribute}" for attribute, value in vars(client).items() if isinstance(value, part)}
    assert found == {attribute for attribute in ATTRIBUTES if attribute.startswith(f"{owner}.")}
    assert owner in BASES


def test_a_ping_raises_nothing() -> None:
    for name in FEW:
        with PLACES[name].open() as (host, port):
            timeout = 0.02 if name == "silence" else LATE
            with opensearchpy.OpenSearch(f"http://{host}:{port}", max_retries=0, timeout=timeout) as client:
                assert client.ping() is False
