"""Clients that retry by themselves, without having been told to.

One row per constructor: the argument by which their retries are set, and how many they make without it. The numbers
were read from the libraries' sources and are checked against the installed ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClientRetries(NamedTuple):
    """A client that retries: `argument` sets it, a count or a policy, and `default` is how many retries it makes else.

    With another argument of `unless` nothing is known. `source` says where the number comes from.
    """

    argument: str
    default: int
    source: str
    unless: tuple[str, ...] = ()


_REDIS = ClientRetries(
    "retry",
    10,
    "redis 8.1.0, client.py; 3 in redis 6, none before",
    unless=("connection_pool", "retry_on_error", "retry_on_timeout", "single_connection_client"),
)
_URLLIB3 = ClientRetries("retries", 3, "urllib3 2.8.0, util/retry.py: Retry.DEFAULT")
_ELASTIC = ClientRetries("max_retries", 3, "elastic_transport 9.2.1, Transport.__init__", unless=("transport_class",))
_OPENSEARCH = ClientRetries("max_retries", 3, "opensearchpy 3.1.0, Transport.__init__", unless=("transport_class",))

CLIENTS: Mapping[str, ClientRetries] = {
    "elasticsearch.AsyncElasticsearch": _ELASTIC,
    "elasticsearch.Elasticsearch": _ELASTIC,
    "opensearchpy.AsyncOpenSearch": _OPENSEARCH,
    "opensearchpy.OpenSearch": _OPENSEARCH,
    "redis.Redis": _REDIS,
    "redis.asyncio.Redis": _REDIS,
    "urllib3.HTTPConnectionPool": _URLLIB3,
    "urllib3.HTTPSConnectionPool": _URLLIB3,
    "urllib3.PoolManager": _URLLIB3,
}
