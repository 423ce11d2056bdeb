"""The exception classes of elasticsearch 9.5.1, elastic-transport 9.4.2; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "elastic_transport.ApiError": ("Exception",),
    "elastic_transport.ConnectionError": ("elastic_transport.TransportError",),
    "elastic_transport.ConnectionTimeout": ("elastic_transport.TransportError",),
    "elastic_transport.SerializationError": ("elastic_transport.TransportError",),
    "elastic_transport.SniffingError": ("elastic_transport.TransportError",),
    "elastic_transport.TlsError": ("elastic_transport.ConnectionError",),
    "elastic_transport.TransportError": ("Exception",),
    "elasticsearch.ApiError": ("elastic_transport.ApiError",),
    "elasticsearch.AuthenticationException": ("elasticsearch.ApiError",),
    "elasticsearch.AuthorizationException": ("elasticsearch.ApiError",),
    "elasticsearch.BadRequestError": ("elasticsearch.ApiError",),
    "elasticsearch.ConflictError": ("elasticsearch.ApiError",),
    "elasticsearch.NotFoundError": ("elasticsearch.ApiError",),
    "elasticsearch.UnsupportedProductError": ("elasticsearch.ApiError",),
    "elasticsearch.helpers.BulkIndexError": ("Exception",),
    "elasticsearch.helpers.ScanError": ("Exception",),
}

ALIASES: dict[str, str] = {
    "elasticsearch.ConnectionError": "elastic_transport.ConnectionError",
    "elasticsearch.ConnectionTimeout": "elastic_transport.ConnectionTimeout",
    "elasticsearch.RequestError": "elasticsearch.BadRequestError",
    "elasticsearch.SSLError": "elastic_transport.TlsError",
    "elasticsearch.SerializationError": "elastic_transport.SerializationError",
    "elasticsearch.TransportError": "elastic_transport.TransportError",
}
