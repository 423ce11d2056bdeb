"""What the client of Elasticsearch raises, with its own retries switched off. Nothing of it is a builtin."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.elasticsearch import ATTRIBUTES, BASES
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_experiments import PLACES, experiments, peer, taken
from tests.faults.http_peers import answer
from tests.faults.peers import LATE, raised, raised_by
from tests.knowledge.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.faults.http_experiments import Perform

elasticsearch = pytest.importorskip("elasticsearch")
helpers = pytest.importorskip("elasticsearch.helpers")
transport = pytest.importorskip("elastic_transport")
url_to_node_config = pytest.importorskip("elastic_transport.client_utils").url_to_node_config

# The client answers the question whether the server is Elasticsearch by a header
OURS = b"X-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"

FAILED = {
    "closed port": "elasticsearch.ConnectionError",
    "two closed ports": "elasticsearch.ConnectionError",
    "full backlog": "elasticsearch.ConnectionTimeout",
    "unknown host": "elasticsearch.ConnectionError",
    "no route": "elasticsearch.ConnectionError",
    "reset": "elasticsearch.ConnectionError",
    "close": "elasticsearch.ConnectionError",
    "silence": "elasticsearch.ConnectionTimeout",
    "another protocol": "elasticsearch.ConnectionError",
    "endless line": "elasticsearch.ConnectionError",
    "head cut": "elasticsearch.ConnectionError",
    "body cut": "elasticsearch.ConnectionError",
    "chunk cut": "elasticsearch.ConnectionError",
    "broken compression": "elasticsearch.ConnectionError",
    "503": "elasticsearch.ApiError",
    "reset in TLS handshake": "elasticsearch.ConnectionError",
    "no TLS": "elastic_transport.TlsError",
}
SYNC = {**FAILED, "close in TLS handshake": "elastic_transport.TlsError", "redirections": "elasticsearch.ApiError"}
ASYNC = {
    **FAILED,
    "close in TLS handshake": "elasticsearch.ConnectionError",
    "redirections": "elasticsearch.ConnectionError",
}
FEW = {name: FAILED[name] for name in ("closed port", "reset", "close", "silence")}


def ask(call: Callable[[Any], object]) -> Perform:
    def perform(url: str, timeout: float) -> BaseException | None:
        with elasticsearch.Elasticsearch(url, max_retries=0, request_timeout=timeout) as client:
            return raised(lambda: call(client))

    return perform


def ask_async(call: Callable[[Any], Coroutine[Any, Any, object]]) -> Perform:
    async def ask(url: str, wait: float) -> BaseException | None:
        async with elasticsearch.AsyncElasticsearch(url, max_retries=0, request_timeout=wait) as client:
            return await raised_by(call(client))

    return lambda url, timeout: asyncio.run(ask(url, timeout))


PART = "elasticsearch._sync.client._base.NamespacedClient"
CLIENT = [
    *experiments("elasticsearch.Elasticsearch.search", ask(lambda client: client.search(index="x")), SYNC),
    *experiments("elasticsearch.Elasticsearch.info", ask(lambda client: client.info()), FEW),
    *experiments("elasticsearch.Elasticsearch.index", ask(lambda client: client.index(index="x", document={})), FEW),
    *experiments(f"{PART}.create", ask(lambda client: client.indices.create(index="x")), FEW),
    *experiments(f"{PART}.health", ask(lambda client: client.cluster.health()), FEW),
]


@by_operation(CLIENT)
def test_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


ASYNC_PART = "elasticsearch._async.client._base.NamespacedClient"
ASYNC_CLIENT = [
    *experiments("elasticsearch.AsyncElasticsearch.search", ask_async(lambda client: client.search(index="x")), ASYNC),
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
    head = b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (OURS, len(body))

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
            "elasticsearch.helpers.BulkIndexError",
        ),
        (
            "parallel_bulk",
            lambda client: list(helpers.parallel_bulk(client, DOCUMENTS, thread_count=1)),
            REFUSED_DOCUMENT,
            "elasticsearch.helpers.BulkIndexError",
        ),
        # waits for ever unless it is given a timeout of its own, whatever the client's is
        (
            "scan",
            lambda client: list(helpers.scan(client, request_timeout=client._request_timeout)),
            BROKEN_SCAN,
            "elasticsearch.helpers.ScanError",
        ),
        (
            "streaming_bulk",
            lambda client: list(helpers.streaming_bulk(client, DOCUMENTS)),
            REFUSED_DOCUMENT,
            "elasticsearch.helpers.BulkIndexError",
        ),
    )
    for experiment in (
        *experiments(f"elasticsearch.helpers.{name}", ask(call), FEW),
        answered(f"elasticsearch.helpers.{name}", ask(call), body, raises),
    )
]


@by_operation(HELPERS)
def test_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


BULK = ask_async(lambda client: helpers.async_bulk(client, DOCUMENTS))
ASYNC_HELPERS = [
    *experiments("elasticsearch.helpers.async_bulk", BULK, FEW),
    answered("elasticsearch.helpers.async_bulk", BULK, REFUSED_DOCUMENT, "elasticsearch.helpers.BulkIndexError"),
]


@by_operation(ASYNC_HELPERS)
def test_async_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


def by_transport(url: str, timeout: float) -> BaseException | None:
    found = transport.Transport([url_to_node_config(url)], max_retries=0)
    try:
        return raised(lambda: found.perform_request("GET", "/", request_timeout=timeout))
    finally:
        found.close()


TRANSPORT = [
    *experiments(
        "elastic_transport.Transport.perform_request",
        by_transport,
        {**FEW, "close in TLS handshake": "elastic_transport.TlsError"},
    )
]


@by_operation(TRANSPORT)
def test_transport(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_the_builtin_takes_nothing() -> None:
    nothing = dict.fromkeys(("refused", "reset", "closed", "cut", "timeout", "unresolved"), False)
    for builtin in ("ConnectionError", "OSError", "TimeoutError"):
        assert taken(CLIENT, "elasticsearch.Elasticsearch.search", builtin) == nothing
        assert taken(ASYNC_CLIENT, "elasticsearch.AsyncElasticsearch.search", builtin) == nothing


def test_a_timeout_is_no_connection_error_of_its_own() -> None:
    assert not issubclass(elasticsearch.ConnectionTimeout, elasticsearch.ConnectionError)


@pytest.mark.parametrize("name", ["Elasticsearch", "AsyncElasticsearch"])
def test_attributes_are_all_there(name: str) -> None:
    client = getattr(elasticsearch, name)("http://127.0.0.1:1")
    owner = f"elasticsearch.{name}"
    part: Any = resolve(next(part for attribute, part in ATTRIBUTES.items() if attribute.startswith(owner)))
    found = {f"{owner}.{attribute}" for attribute, value in vars(client).items() if isinstance(value, part)}
    assert found == {attribute for attribute in ATTRIBUTES if attribute.startswith(f"{owner}.")}
    assert owner in BASES


def test_a_ping_raises_nothing() -> None:
    for name in FEW:
        with PLACES[name].open() as (host, port):
            timeout = 0.02 if name == "silence" else LATE
            with elasticsearch.Elasticsearch(f"http://{host}:{port}", max_retries=0, request_timeout=timeout) as client:
                assert client.ping() is False


def test_what_is_awaited_is_a_coroutine() -> None:
    for name, method in vars(elasticsearch.AsyncElasticsearch).items():
        if not name.startswith("_") and name not in {"options", "transport"} and inspect.isfunction(method):
            assert inspect.iscoroutinefunction(inspect.unwrap(method)) or name == "perform_request", name
