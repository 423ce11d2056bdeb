"""What is known of requests 2."""

from __future__ import annotations

from connlint.knowledge.model import Library

_BASES: dict[str, tuple[str, ...]] = {
    "requests.exceptions.ChunkedEncodingError": ("requests.exceptions.RequestException",),
    "requests.exceptions.ConnectTimeout": ("requests.exceptions.ConnectionError", "requests.exceptions.Timeout"),
    "requests.exceptions.ConnectionError": ("requests.exceptions.RequestException",),
    "requests.exceptions.ContentDecodingError": (
        "requests.exceptions.RequestException",
        "urllib3.exceptions.HTTPError",
    ),
    "requests.exceptions.FileModeWarning": ("requests.exceptions.RequestsWarning", "DeprecationWarning"),
    "requests.exceptions.HTTPError": ("requests.exceptions.RequestException",),
    "requests.exceptions.InvalidHeader": ("requests.exceptions.RequestException", "ValueError"),
    "requests.exceptions.InvalidJSONError": ("requests.exceptions.RequestException",),
    "requests.exceptions.InvalidProxyURL": ("requests.exceptions.InvalidURL",),
    "requests.exceptions.InvalidSchema": ("requests.exceptions.RequestException", "ValueError"),
    "requests.exceptions.InvalidURL": ("requests.exceptions.RequestException", "ValueError"),
    "requests.exceptions.JSONDecodeError": ("requests.exceptions.InvalidJSONError", "json.JSONDecodeError"),
    "requests.exceptions.MissingSchema": ("requests.exceptions.RequestException", "ValueError"),
    "requests.exceptions.ProxyError": ("requests.exceptions.ConnectionError",),
    "requests.exceptions.ReadTimeout": ("requests.exceptions.Timeout",),
    "requests.exceptions.RequestException": ("OSError",),
    "requests.exceptions.RequestsDependencyWarning": ("requests.exceptions.RequestsWarning",),
    "requests.exceptions.RequestsWarning": ("Warning",),
    "requests.exceptions.RetryError": ("requests.exceptions.RequestException",),
    "requests.exceptions.SSLError": ("requests.exceptions.ConnectionError",),
    "requests.exceptions.StreamConsumedError": ("requests.exceptions.RequestException", "TypeError"),
    "requests.exceptions.Timeout": ("requests.exceptions.RequestException",),
    "requests.exceptions.TooManyRedirects": ("requests.exceptions.RequestException",),
    "requests.exceptions.URLRequired": ("requests.exceptions.RequestException",),
    "requests.exceptions.UnrewindableBodyError": ("requests.exceptions.RequestException",),
}

LIBRARY = Library(
    name="requests",
    aliases={},
    bases=_BASES,
    operations=(),
    returns={},
    connection_failures=frozenset(
        {
            "requests.exceptions.ConnectionError",
            "requests.exceptions.Timeout",
            "requests.exceptions.ChunkedEncodingError",
            "requests.exceptions.RetryError",
        }
    ),
)
