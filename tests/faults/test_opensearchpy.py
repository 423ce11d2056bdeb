"""What the client of OpenSearch raises, with its own retries switched off. Nothing of it is a builtin."""

from __future__ import annotations

import pytest

from connlint.knowledge.opensearchpy import ATTRIBUTES
from tests.faults import search
from tests.faults.experiments import Experiment, by_operation, check_all

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
OPENSEARCH = search.Library(
    package="opensearchpy",
    client="OpenSearch",
    timeout="timeout",
    parts=("opensearchpy.client.utils.NamespacedClient", "opensearchpy._async.client.utils.NamespacedClient"),
    outcomes=SYNC,
    async_outcomes=ASYNC,
    header=b"",
    scan=lambda client: list(helpers.scan(client)),
    document="body",
)


@by_operation(search.calls(OPENSEARCH))
def test_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.async_calls(OPENSEARCH))
def test_async_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.helpers(OPENSEARCH))
def test_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(search.async_helpers(OPENSEARCH))
def test_async_helpers(experiments: list[Experiment]) -> None:
    check_all(experiments)


@pytest.mark.parametrize("name", ["OpenSearch", "AsyncOpenSearch"])
def test_attributes_are_all_there(name: str) -> None:
    found, told = search.parts_of(OPENSEARCH, name, ATTRIBUTES)
    assert found == told


def test_a_ping_raises_nothing() -> None:
    assert set(search.pings(OPENSEARCH)) == {None}
