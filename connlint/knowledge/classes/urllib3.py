"""The exception classes of urllib3 2.8.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "urllib3.exceptions.BodyNotHttplibCompatible": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ClosedPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.ConnectTimeoutError": ("urllib3.exceptions.TimeoutError",),
    "urllib3.exceptions.DecodeError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.EmptyPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.FullPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.HTTPError": ("Exception",),
    "urllib3.exceptions.HeaderParsingError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.HostChangedError": ("urllib3.exceptions.RequestError",),
    "urllib3.exceptions.IncompleteRead": ("urllib3.exceptions.HTTPError", "http.client.IncompleteRead"),
    "urllib3.exceptions.InvalidChunkLength": ("urllib3.exceptions.HTTPError", "http.client.IncompleteRead"),
    "urllib3.exceptions.InvalidHeader": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.LocationParseError": ("urllib3.exceptions.LocationValueError",),
    "urllib3.exceptions.LocationValueError": ("ValueError", "urllib3.exceptions.HTTPError"),
    "urllib3.exceptions.MaxRetryError": ("urllib3.exceptions.RequestError",),
    "urllib3.exceptions.NameResolutionError": ("urllib3.exceptions.NewConnectionError",),
    "urllib3.exceptions.NewConnectionError": ("urllib3.exceptions.ConnectTimeoutError", "urllib3.exceptions.HTTPError"),
    "urllib3.exceptions.PoolError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ProtocolError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ProxyError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ProxySchemeUnknown": ("AssertionError", "urllib3.exceptions.URLSchemeUnknown"),
    "urllib3.exceptions.ProxySchemeUnsupported": ("ValueError",),
    "urllib3.exceptions.ReadTimeoutError": ("urllib3.exceptions.TimeoutError", "urllib3.exceptions.RequestError"),
    "urllib3.exceptions.RequestError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.ResponseError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ResponseNotChunked": ("urllib3.exceptions.ProtocolError", "ValueError"),
    "urllib3.exceptions.SSLError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.TimeoutError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.TimeoutStateError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.URLSchemeUnknown": ("urllib3.exceptions.LocationValueError",),
    "urllib3.exceptions.UnrewindableBodyError": ("urllib3.exceptions.HTTPError",),
    "urllib3.util.ssl_match_hostname.CertificateError": ("ValueError",),
}

ALIASES: dict[str, str] = {
    "urllib3.exceptions.ConnectionError": "urllib3.exceptions.ProtocolError",
}
