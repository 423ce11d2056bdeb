"""What is known of the client of OpenSearch.

It is a fork of the client of Elasticsearch 7, and kept what that one had: nothing connects before the first request,
every method is one, and all failures are `TransportError`s of its own; `ConnectionTimeout` is a `ConnectionError`, and
neither has anything to do with the builtins.
"""

from __future__ import annotations

from connlint.knowledge.classes import opensearchpy as classes
from connlint.knowledge.model import Failure, Library, Operation

_ASYNC = "tests/faults/test_opensearchpy.py::test_async_client"
_SYNC = "tests/faults/test_opensearchpy.py::test_client"

_REQUEST = (
    *(
        Failure(kind, "opensearchpy.exceptions.ConnectionError")
        for kind in ("refused", "reset", "closed", "cut", "unresolved", "unreachable", "rubbish")
    ),
    Failure("timeout", "opensearchpy.exceptions.ConnectionTimeout"),
    Failure("answered", "opensearchpy.exceptions.TransportError"),
)
# The connection is made by urllib3, or by aiohttp
_SYNC_REQUEST = (
    *_REQUEST,
    # what does not come about in time is no timeout, but what is not answered in time is
    Failure("timeout", "opensearchpy.exceptions.ConnectionError"),
    Failure("closed", "opensearchpy.exceptions.SSLError"),
    Failure("handshake", "opensearchpy.exceptions.SSLError"),
)
_ASYNC_REQUEST = (
    *_REQUEST,
    Failure("handshake", "opensearchpy.exceptions.ConnectionError"),
    Failure("answered", "opensearchpy.exceptions.ConnectionError"),
)

# What a client offers by an attribute; a test compares the list with the installed library
NAMESPACES = """
    alerting asynchronous_search cat cluster dangling_indices features flow_framework geospatial http index_management
    indices ingest ingestion insights knn list ltr ml neural nodes notifications observability plugins ppl query remote
    remote_store replication rollups search_pipeline search_relevance security security_analytics sm snapshot sql tasks
    transforms ubi wlm
""".split()

_PART = "opensearchpy.client.utils.NamespacedClient"
_ASYNC_PART = "opensearchpy._async.client.utils.NamespacedClient"

OPERATIONS: tuple[Operation, ...] = (
    *(Operation(f"{owner}.*", "request", _SYNC_REQUEST, _SYNC) for owner in ("opensearchpy.OpenSearch", _PART)),
    *(
        Operation(f"{owner}.*", "request", _ASYNC_REQUEST, _ASYNC, awaited=True)
        for owner in ("opensearchpy.AsyncOpenSearch", _ASYNC_PART)
    ),
    *(
        Operation(
            f"opensearchpy.helpers.{name}",
            "request",
            (
                *_SYNC_REQUEST,
                Failure("answered", f"opensearchpy.helpers.{'ScanError' if name == 'scan' else 'BulkIndexError'}"),
            ),
            "tests/faults/test_opensearchpy.py::test_helpers",
            parameters=parameters,
        )
        for name, parameters in (
            ("bulk", ("client", "actions")),
            ("parallel_bulk", ("client", "actions")),
            ("scan", ("client", "query")),
            ("streaming_bulk", ("client", "actions")),
        )
    ),
    Operation(
        "opensearchpy.helpers.async_bulk",
        "request",
        (*_ASYNC_REQUEST, Failure("answered", "opensearchpy.helpers.BulkIndexError")),
        "tests/faults/test_opensearchpy.py::test_async_helpers",
        parameters=("client", "actions"),
        awaited=True,
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    _ASYNC_PART: ("object",),
    _PART: ("object",),
    "opensearchpy.AsyncHttpConnection": ("object",),
    "opensearchpy.AsyncOpenSearch": ("object",),
    "opensearchpy.OpenSearch": ("object",),
    "opensearchpy.RequestsHttpConnection": ("object",),
    "opensearchpy.Urllib3HttpConnection": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {"opensearchpy.OpenSearch.ping": "bool"}

ATTRIBUTES: dict[str, str] = {
    f"{owner}.{name}": part
    for owner, part in (("opensearchpy.AsyncOpenSearch", _ASYNC_PART), ("opensearchpy.OpenSearch", _PART))
    for name in NAMESPACES
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "opensearchpy._async.client.AsyncOpenSearch": "opensearchpy.AsyncOpenSearch",
    "opensearchpy._async.helpers.actions.async_bulk": "opensearchpy.helpers.async_bulk",
    "opensearchpy.client.OpenSearch": "opensearchpy.OpenSearch",
    "opensearchpy.connection.RequestsHttpConnection": "opensearchpy.RequestsHttpConnection",
    "opensearchpy.connection.Urllib3HttpConnection": "opensearchpy.Urllib3HttpConnection",
    "opensearchpy.helpers.actions": "opensearchpy.helpers",
    "opensearchpy.helpers.errors": "opensearchpy.helpers",
}

# These end a client; a ping answers whether the server is there, and raises nothing
HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"{owner}.{name}"
            for owner in ("opensearchpy.AsyncOpenSearch", "opensearchpy.OpenSearch")
            for name in ("close", "ping")
        ),
        "opensearchpy.helpers.expand_action",
    }
)

LIBRARY = Library(
    name="opensearchpy",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"opensearchpy.exceptions.ConnectionError"}),
    attributes=ATTRIBUTES,
)
