"""What the client of Elasticsearch raises, with its own retries switched off. Nothing of it is a builtin."""

from __future__ import annotations

import inspect

import pytest

from connlint.knowledge.elasticsearch import ATTRIBUTES
from tests.faults import search
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.http_peers import experiments
from tests.faults.peers import raised

elasticsearch = pytest.importorskip("elasticsearch")
helpers = pytest.importorskip("elasticsearch.helpers")
transport = pytest.importorskip("elastic_transport")
url_to_node_config = pytest.importorskip("elastic_transport.client_utils").url_to_node_config

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
ELASTICSEARCH = search.Library(
    package="elasticsearch",
    client="Elasticsearch",
    timeout="request_timeout",
    parts=("elasticsearch._sync.client._base.NamespacedClient", "elasticsearch._async.client._base.NamespacedClient"),
    outcomes=SYNC,
    async_outcomes=ASYNC,
    # the client asks by it whether the server is Elasticsearch
    header=b"X-Elastic-Product: Elasticsearch\r\n",
    # waits for ever unless it is given a timeout of its own, whatever the client's is
    scan=lambda client: list(helpers.scan(client, request_timeout=client._request_timeout)),
    document="document",
)


@by_operation(search.calls(ELASTICSEARCH))
def test_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.async_calls(ELASTICSEARCH))
def test_async_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.helpers(ELASTICSEARCH))
def test_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.async_helpers(ELASTICSEARCH))
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
        {name: raises for name, raises in SYNC.items() if raises != "elasticsearch.ApiError"},
    )
]


@by_operation(TRANSPORT)
def test_transport(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_a_timeout_is_no_connection_error_of_its_own() -> None:
    assert not issubclass(elasticsearch.ConnectionTimeout, elasticsearch.ConnectionError)


@pytest.mark.parametrize("name", ["Elasticsearch", "AsyncElasticsearch"])
def test_attributes_are_all_there(name: str) -> None:
    found, told = search.parts_of(ELASTICSEARCH, name, ATTRIBUTES)
    assert found == told


def test_a_ping_raises_nothing() -> None:
    assert set(search.pings(ELASTICSEARCH)) == {None}


def test_what_is_awaited_is_a_coroutine() -> None:
    for name, method in vars(elasticsearch.AsyncElasticsearch).items():
        if not name.startswith("_") and name not in {"options", "transport"} and inspect.isfunction(method):
            assert inspect.iscoroutinefunction(inspect.unwrap(method)) or name == "perform_request", name
