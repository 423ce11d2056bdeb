"""What is known of urllib3 2."""

from __future__ import annotations

from connlint.knowledge.model import Library

_BASES: dict[str, tuple[str, ...]] = {
    "urllib3.exceptions.BodyNotHttplibCompatible": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.ClosedPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.ConnectTimeoutError": ("urllib3.exceptions.TimeoutError",),
    "urllib3.exceptions.DecodeError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.DependencyWarning": ("urllib3.exceptions.HTTPWarning",),
    "urllib3.exceptions.EmptyPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.FullPoolError": ("urllib3.exceptions.PoolError",),
    "urllib3.exceptions.HTTPError": ("Exception",),
    "urllib3.exceptions.HTTPWarning": ("Warning",),
    "urllib3.exceptions.HeaderParsingError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.HostChangedError": ("urllib3.exceptions.RequestError",),
    "urllib3.exceptions.IncompleteRead": ("urllib3.exceptions.HTTPError", "http.client.IncompleteRead"),
    "urllib3.exceptions.InsecurePlatformWarning": ("urllib3.exceptions.SecurityWarning",),
    "urllib3.exceptions.InsecureRequestWarning": ("urllib3.exceptions.SecurityWarning",),
    "urllib3.exceptions.InvalidChunkLength": ("urllib3.exceptions.HTTPError", "http.client.IncompleteRead"),
    "urllib3.exceptions.InvalidHeader": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.LocationParseError": ("urllib3.exceptions.LocationValueError",),
    "urllib3.exceptions.LocationValueError": ("ValueError", "urllib3.exceptions.HTTPError"),
    "urllib3.exceptions.MaxRetryError": ("urllib3.exceptions.RequestError",),
    "urllib3.exceptions.NameResolutionError": ("urllib3.exceptions.NewConnectionError",),
    "urllib3.exceptions.NewConnectionError": ("urllib3.exceptions.ConnectTimeoutError", "urllib3.exceptions.HTTPError"),
    "urllib3.exceptions.NotOpenSSLWarning": ("urllib3.exceptions.SecurityWarning",),
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
    "urllib3.exceptions.SecurityWarning": ("urllib3.exceptions.HTTPWarning",),
    "urllib3.exceptions.SystemTimeWarning": ("urllib3.exceptions.SecurityWarning",),
    "urllib3.exceptions.TimeoutError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.TimeoutStateError": ("urllib3.exceptions.HTTPError",),
    "urllib3.exceptions.URLSchemeUnknown": ("urllib3.exceptions.LocationValueError",),
    "urllib3.exceptions.UnrewindableBodyError": ("urllib3.exceptions.HTTPError",),
}

LIBRARY = Library(
    name="urllib3",
    aliases={},
    bases=_BASES,
    operations=(),
    returns={},
    connection_failures=frozenset(
        {
            "urllib3.exceptions.ProtocolError",
            "urllib3.exceptions.TimeoutError",
            "urllib3.exceptions.MaxRetryError",
            "urllib3.exceptions.NewConnectionError",
            "urllib3.exceptions.ProxyError",
            "urllib3.exceptions.SSLError",
            "urllib3.exceptions.IncompleteRead",
            "urllib3.exceptions.ClosedPoolError",
        }
    ),
)
