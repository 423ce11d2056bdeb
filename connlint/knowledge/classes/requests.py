"""The exception classes of requests 2.34.2; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "requests.cookies.CookieConflictError": ("RuntimeError",),
    "requests.exceptions.ChunkedEncodingError": ("requests.exceptions.RequestException",),
    "requests.exceptions.ConnectTimeout": ("requests.exceptions.ConnectionError", "requests.exceptions.Timeout"),
    "requests.exceptions.ConnectionError": ("requests.exceptions.RequestException",),
    "requests.exceptions.ContentDecodingError": (
        "requests.exceptions.RequestException",
        "urllib3.exceptions.HTTPError",
    ),
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
    "requests.exceptions.RetryError": ("requests.exceptions.RequestException",),
    "requests.exceptions.SSLError": ("requests.exceptions.ConnectionError",),
    "requests.exceptions.StreamConsumedError": ("requests.exceptions.RequestException", "TypeError"),
    "requests.exceptions.Timeout": ("requests.exceptions.RequestException",),
    "requests.exceptions.TooManyRedirects": ("requests.exceptions.RequestException",),
    "requests.exceptions.URLRequired": ("requests.exceptions.RequestException",),
    "requests.exceptions.UnrewindableBodyError": ("requests.exceptions.RequestException",),
}

ALIASES: dict[str, str] = {
    "requests.ConnectTimeout": "requests.exceptions.ConnectTimeout",
    "requests.ConnectionError": "requests.exceptions.ConnectionError",
    "requests.HTTPError": "requests.exceptions.HTTPError",
    "requests.JSONDecodeError": "requests.exceptions.JSONDecodeError",
    "requests.ReadTimeout": "requests.exceptions.ReadTimeout",
    "requests.RequestException": "requests.exceptions.RequestException",
    "requests.Timeout": "requests.exceptions.Timeout",
    "requests.TooManyRedirects": "requests.exceptions.TooManyRedirects",
    "requests.URLRequired": "requests.exceptions.URLRequired",
}
