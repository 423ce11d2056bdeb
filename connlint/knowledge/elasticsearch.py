"""What is known of the client of Elasticsearch 8 and 9, and of the elastic-transport that it speaks through.

Nothing connects before the first request, and every method of the client, and of the parts of it that go by an
attribute (`client.indices`), is one. The failures are `TransportError`s, which have nothing to do with the builtins;
since 8, `ConnectionTimeout` is no `ConnectionError` even of the library's own.
"""

from __future__ import annotations

from connlint.knowledge.classes import elasticsearch as classes
from connlint.knowledge.model import Failure, Library, Operation

_ASYNC = "tests/faults/test_elasticsearch.py::test_async_client"
_SYNC = "tests/faults/test_elasticsearch.py::test_client"

_REQUEST = (
    *(
        Failure(kind, "elasticsearch.ConnectionError")
        for kind in ("refused", "reset", "closed", "cut", "unresolved", "unreachable", "rubbish")
    ),
    Failure("timeout", "elasticsearch.ConnectionTimeout"),
    Failure("handshake", "elastic_transport.TlsError"),
    Failure("answered", "elasticsearch.ApiError"),
)
# urllib3, which the client speaks through, takes a line that ends in the handshake for a failure of TLS; aiohttp does
# not, but follows redirections until it has had enough
_SYNC_REQUEST = (*_REQUEST, Failure("closed", "elastic_transport.TlsError"))
_ASYNC_REQUEST = (*_REQUEST, Failure("answered", "elasticsearch.ConnectionError"))

# What a client offers by an attribute; a test compares the list with the installed library
NAMESPACES = """
    async_search autoscaling cat ccr cluster connector dangling_indices encryption enrich eql esql features fleet graph
    ilm indices inference ingest license logstash migration ml monitoring nodes project query_rules rollup
    search_application searchable_snapshots security shutdown simulate slm snapshot sql ssl streams synonyms tasks
    text_structure transform watcher xpack
""".split()

_PART = "elasticsearch._sync.client._base.NamespacedClient"
_ASYNC_PART = "elasticsearch._async.client._base.NamespacedClient"

OPERATIONS: tuple[Operation, ...] = (
    *(Operation(f"{owner}.*", "request", _SYNC_REQUEST, _SYNC) for owner in ("elasticsearch.Elasticsearch", _PART)),
    *(
        Operation(f"{owner}.*", "request", _ASYNC_REQUEST, _ASYNC, awaited=True)
        for owner in ("elasticsearch.AsyncElasticsearch", _ASYNC_PART)
    ),
    *(
        Operation(
            f"elasticsearch.helpers.{name}",
            "request",
            (
                *_SYNC_REQUEST,
                Failure("answered", f"elasticsearch.helpers.{'ScanError' if name == 'scan' else 'BulkIndexError'}"),
            ),
            "tests/faults/test_elasticsearch.py::test_helpers",
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
        "elasticsearch.helpers.async_bulk",
        "request",
        (*_ASYNC_REQUEST, Failure("answered", "elasticsearch.helpers.BulkIndexError")),
        "tests/faults/test_elasticsearch.py::test_async_helpers",
        parameters=("client", "actions"),
        awaited=True,
    ),
    Operation(
        "elastic_transport.Transport.perform_request",
        "request",
        tuple(each for each in _SYNC_REQUEST if each.scenario != "answered"),
        "tests/faults/test_elasticsearch.py::test_transport",
        parameters=("method", "target"),
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "elastic_transport.NodeConfig": ("object",),
    "elastic_transport.Transport": ("object",),
    _ASYNC_PART: ("object",),
    _PART: ("object",),
    "elasticsearch.AsyncElasticsearch": ("object",),
    "elasticsearch.Elasticsearch": ("object",),
}

# These only make a client or end it; a ping answers whether the server is there, and raises nothing
_BESIDE = ("close", "options", "ping")

RETURNS: dict[str, str | tuple[str, ...]] = {
    "elasticsearch.AsyncElasticsearch.options": "elasticsearch.AsyncElasticsearch",
    "elasticsearch.AsyncElasticsearch.ping": "bool",
    "elasticsearch.Elasticsearch.options": "elasticsearch.Elasticsearch",
    "elasticsearch.Elasticsearch.ping": "bool",
}

ATTRIBUTES: dict[str, str] = {
    f"{owner}.{name}": part
    for owner, part in (("elasticsearch.AsyncElasticsearch", _ASYNC_PART), ("elasticsearch.Elasticsearch", _PART))
    for name in NAMESPACES
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "elasticsearch._async.client.AsyncElasticsearch": "elasticsearch.AsyncElasticsearch",
    "elasticsearch._sync.client.Elasticsearch": "elasticsearch.Elasticsearch",
    "elasticsearch.client.Elasticsearch": "elasticsearch.Elasticsearch",
    "elasticsearch.exceptions": "elasticsearch",
    "elasticsearch.helpers.actions": "elasticsearch.helpers",
    "elasticsearch.helpers.errors": "elasticsearch.helpers",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"{owner}.{name}"
            for owner in ("elasticsearch.AsyncElasticsearch", "elasticsearch.Elasticsearch")
            for name in _BESIDE
        ),
        "elastic_transport.NodeConfig.*",
        "elastic_transport.Transport.close",
        "elasticsearch.helpers.expand_action",
    }
)

LIBRARY = Library(
    name="elasticsearch",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"elasticsearch.ConnectionError", "elasticsearch.ConnectionTimeout"}),
    attributes=ATTRIBUTES,
)
