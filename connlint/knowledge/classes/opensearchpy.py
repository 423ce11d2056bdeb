"""The exception classes of opensearch-py 3.2.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "opensearchpy.exceptions.AuthenticationException": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.AuthorizationException": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.ConflictError": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.ConnectionError": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.ConnectionTimeout": ("opensearchpy.exceptions.ConnectionError",),
    "opensearchpy.exceptions.IllegalOperation": ("opensearchpy.exceptions.OpenSearchDslException",),
    "opensearchpy.exceptions.ImproperlyConfigured": ("Exception",),
    "opensearchpy.exceptions.NotFoundError": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.OpenSearchDslException": ("Exception",),
    "opensearchpy.exceptions.OpenSearchException": ("Exception",),
    "opensearchpy.exceptions.RequestError": ("opensearchpy.exceptions.TransportError",),
    "opensearchpy.exceptions.SSLError": ("opensearchpy.exceptions.ConnectionError",),
    "opensearchpy.exceptions.SerializationError": ("opensearchpy.exceptions.OpenSearchException",),
    "opensearchpy.exceptions.TransportError": ("opensearchpy.exceptions.OpenSearchException",),
    "opensearchpy.exceptions.UnknownDslObject": ("opensearchpy.exceptions.OpenSearchDslException",),
    "opensearchpy.exceptions.ValidationException": ("ValueError", "opensearchpy.exceptions.OpenSearchDslException"),
    "opensearchpy.helpers.BulkIndexError": ("opensearchpy.exceptions.OpenSearchException",),
    "opensearchpy.helpers.ScanError": ("opensearchpy.exceptions.OpenSearchException",),
}

ALIASES: dict[str, str] = {
    "opensearchpy.AuthenticationException": "opensearchpy.exceptions.AuthenticationException",
    "opensearchpy.AuthorizationException": "opensearchpy.exceptions.AuthorizationException",
    "opensearchpy.ConflictError": "opensearchpy.exceptions.ConflictError",
    "opensearchpy.ConnectionError": "opensearchpy.exceptions.ConnectionError",
    "opensearchpy.ConnectionTimeout": "opensearchpy.exceptions.ConnectionTimeout",
    "opensearchpy.IllegalOperation": "opensearchpy.exceptions.IllegalOperation",
    "opensearchpy.ImproperlyConfigured": "opensearchpy.exceptions.ImproperlyConfigured",
    "opensearchpy.NotFoundError": "opensearchpy.exceptions.NotFoundError",
    "opensearchpy.OpenSearchDslException": "opensearchpy.exceptions.OpenSearchDslException",
    "opensearchpy.OpenSearchException": "opensearchpy.exceptions.OpenSearchException",
    "opensearchpy.RequestError": "opensearchpy.exceptions.RequestError",
    "opensearchpy.SSLError": "opensearchpy.exceptions.SSLError",
    "opensearchpy.SerializationError": "opensearchpy.exceptions.SerializationError",
    "opensearchpy.TransportError": "opensearchpy.exceptions.TransportError",
    "opensearchpy.UnknownDslObject": "opensearchpy.exceptions.UnknownDslObject",
    "opensearchpy.ValidationException": "opensearchpy.exceptions.ValidationException",
}
