"""What is known of httpx."""

from __future__ import annotations

from connlint.knowledge.model import Library

_BASES: dict[str, tuple[str, ...]] = {
    "httpx.CloseError": ("httpx.NetworkError",),
    "httpx.ConnectError": ("httpx.NetworkError",),
    "httpx.ConnectTimeout": ("httpx.TimeoutException",),
    "httpx.CookieConflict": ("Exception",),
    "httpx.DecodingError": ("httpx.RequestError",),
    "httpx.HTTPError": ("Exception",),
    "httpx.HTTPStatusError": ("httpx.HTTPError",),
    "httpx.InvalidURL": ("Exception",),
    "httpx.LocalProtocolError": ("httpx.ProtocolError",),
    "httpx.NetworkError": ("httpx.TransportError",),
    "httpx.PoolTimeout": ("httpx.TimeoutException",),
    "httpx.ProtocolError": ("httpx.TransportError",),
    "httpx.ProxyError": ("httpx.TransportError",),
    "httpx.ReadError": ("httpx.NetworkError",),
    "httpx.ReadTimeout": ("httpx.TimeoutException",),
    "httpx.RemoteProtocolError": ("httpx.ProtocolError",),
    "httpx.RequestError": ("httpx.HTTPError",),
    "httpx.RequestNotRead": ("httpx.StreamError",),
    "httpx.ResponseNotRead": ("httpx.StreamError",),
    "httpx.StreamClosed": ("httpx.StreamError",),
    "httpx.StreamConsumed": ("httpx.StreamError",),
    "httpx.StreamError": ("RuntimeError",),
    "httpx.TimeoutException": ("httpx.TransportError",),
    "httpx.TooManyRedirects": ("httpx.RequestError",),
    "httpx.TransportError": ("httpx.RequestError",),
    "httpx.UnsupportedProtocol": ("httpx.TransportError",),
    "httpx.WriteError": ("httpx.NetworkError",),
    "httpx.WriteTimeout": ("httpx.TimeoutException",),
}

LIBRARY = Library(
    name="httpx",
    aliases={},
    bases=_BASES,
    operations=(),
    returns={},
    connection_failures=frozenset({"httpx.TransportError"}),
)
