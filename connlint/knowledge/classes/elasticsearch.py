"""The exception classes of elasticsearch 9.5.1, elastic-transport 9.4.2; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "elastic_transport.ApiError": ("Exception",),
    "elastic_transport.SniffingError": ("elasticsearch.TransportError",),
    "elastic_transport.TlsError": ("elasticsearch.ConnectionError",),
    "elasticsearch.ApiError": ("elastic_transport.ApiError",),
    "elasticsearch.AuthenticationException": ("elasticsearch.ApiError",),
    "elasticsearch.AuthorizationException": ("elasticsearch.ApiError",),
    "elasticsearch.BadRequestError": ("elasticsearch.ApiError",),
    "elasticsearch.ConflictError": ("elasticsearch.ApiError",),
    "elasticsearch.ConnectionError": ("elasticsearch.TransportError",),
    "elasticsearch.ConnectionTimeout": ("elasticsearch.TransportError",),
    "elasticsearch.NotFoundError": ("elasticsearch.ApiError",),
    "elasticsearch.SerializationError": ("elasticsearch.TransportError",),
    "elasticsearch.TransportError": ("Exception",),
    "elasticsearch.UnsupportedProductError": ("elasticsearch.ApiError",),
    "elasticsearch.helpers.BulkIndexError": ("Exception",),
    "elasticsearch.helpers.ScanError": ("Exception",),
}

ALIASES: dict[str, str] = {
    "elastic_transport.ConnectionError": "elasticsearch.ConnectionError",
    "elastic_transport.ConnectionTimeout": "elasticsearch.ConnectionTimeout",
    "elastic_transport.SerializationError": "elasticsearch.SerializationError",
    "elastic_transport.TransportError": "elasticsearch.TransportError",
    "elasticsearch.RequestError": "elasticsearch.BadRequestError",
    "elasticsearch.SSLError": "elastic_transport.TlsError",
}
