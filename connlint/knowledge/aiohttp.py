"""What is known of aiohttp 3."""

from __future__ import annotations

from connlint.knowledge.model import Library

_BASES: dict[str, tuple[str, ...]] = {
    "aiohttp.ClientConnectionError": ("aiohttp.ClientError",),
    "aiohttp.ClientConnectionResetError": ("aiohttp.ClientConnectionError", "ConnectionResetError"),
    "aiohttp.ClientConnectorCertificateError": ("aiohttp.ClientSSLError", "ssl.SSLCertVerificationError"),
    "aiohttp.ClientConnectorDNSError": ("aiohttp.ClientConnectorError",),
    "aiohttp.ClientConnectorError": ("aiohttp.ClientOSError",),
    "aiohttp.ClientConnectorSSLError": ("aiohttp.ClientSSLError", "ssl.SSLError"),
    "aiohttp.ClientError": ("Exception",),
    "aiohttp.ClientHttpProxyError": ("aiohttp.ClientResponseError",),
    "aiohttp.ClientOSError": ("aiohttp.ClientConnectionError", "OSError"),
    "aiohttp.ClientPayloadError": ("aiohttp.ClientError",),
    "aiohttp.ClientProxyConnectionError": ("aiohttp.ClientConnectorError",),
    "aiohttp.ClientResponseError": ("aiohttp.ClientError",),
    "aiohttp.ClientSSLError": ("aiohttp.ClientConnectorError",),
    "aiohttp.ConnectionTimeoutError": ("aiohttp.ServerTimeoutError",),
    "aiohttp.ContentTypeError": ("aiohttp.ClientResponseError",),
    "aiohttp.InvalidURL": ("aiohttp.ClientError", "ValueError"),
    "aiohttp.InvalidUrlClientError": ("aiohttp.InvalidURL",),
    "aiohttp.InvalidUrlRedirectClientError": ("aiohttp.InvalidUrlClientError", "aiohttp.RedirectClientError"),
    "aiohttp.NonHttpUrlClientError": ("aiohttp.ClientError",),
    "aiohttp.NonHttpUrlRedirectClientError": ("aiohttp.NonHttpUrlClientError", "aiohttp.RedirectClientError"),
    "aiohttp.RedirectClientError": ("aiohttp.ClientError",),
    "aiohttp.ServerConnectionError": ("aiohttp.ClientConnectionError",),
    "aiohttp.ServerDisconnectedError": ("aiohttp.ServerConnectionError",),
    "aiohttp.ServerFingerprintMismatch": ("aiohttp.ServerConnectionError",),
    "aiohttp.ServerTimeoutError": ("aiohttp.ServerConnectionError", "TimeoutError"),
    "aiohttp.SocketTimeoutError": ("aiohttp.ServerTimeoutError",),
    "aiohttp.TooManyRedirects": ("aiohttp.ClientResponseError",),
    "aiohttp.UploadAbortedError": ("aiohttp.ClientError",),
    "aiohttp.WSMessageTypeError": ("TypeError",),
    "aiohttp.WSServerHandshakeError": ("aiohttp.ClientResponseError",),
}

LIBRARY = Library(
    name="aiohttp",
    aliases={},
    bases=_BASES,
    operations=(),
    returns={},
    connection_failures=frozenset({"aiohttp.ClientConnectionError", "aiohttp.ClientPayloadError"}),
)
