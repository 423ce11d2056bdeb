"""What is known of httpx.

Its failures are `TransportError`s, which have nothing to do with the builtins, not even with `OSError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import httpx as classes
from connlint.knowledge.model import Failure, Library, Operation

_EXCEPTIONS = "https://www.python-httpx.org/exceptions/"

_REQUEST = (
    *(Failure(kind, "httpx.ConnectError") for kind in ("refused", "unresolved", "unreachable", "handshake")),
    Failure("closed", "httpx.ConnectError"),  # in the TLS handshake
    *(Failure("timeout", f"httpx.{name}") for name in ("ConnectTimeout", "ReadTimeout")),
    *(Failure("timeout", f"httpx.{name}", source=_EXCEPTIONS) for name in ("PoolTimeout", "WriteTimeout")),
    Failure("reset", "httpx.ReadError"),
    Failure("reset", "httpx.ConnectError"),  # in the TLS handshake
    Failure("broken", "httpx.WriteError", source=_EXCEPTIONS),
    *(Failure(kind, "httpx.RemoteProtocolError") for kind in ("closed", "cut", "rubbish")),
    Failure("answered", "httpx.ProxyError"),
    Failure("rubbish", "httpx.DecodingError"),
    Failure("answered", "httpx.TooManyRedirects"),
)
# What httpx is made of does not read what the bytes of an answer mean
_CORE = (
    *(Failure(kind, "httpcore.ConnectError") for kind in ("refused", "unresolved", "unreachable", "handshake")),
    *(Failure(kind, "httpcore.ConnectError") for kind in ("closed", "reset")),  # in the TLS handshake
    *(Failure("timeout", f"httpcore.{name}") for name in ("ConnectTimeout", "ReadTimeout")),
    Failure("reset", "httpcore.ReadError"),
    *(Failure(kind, "httpcore.RemoteProtocolError") for kind in ("closed", "cut", "rubbish")),
)
_READ = (
    Failure("reset", "httpx.ReadError"),
    Failure("timeout", "httpx.ReadTimeout"),
    Failure("cut", "httpx.RemoteProtocolError"),
    Failure("rubbish", "httpx.RemoteProtocolError"),
    Failure("rubbish", "httpx.DecodingError"),
)
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _REQUEST,
            f"tests/faults/test_httpx.py::{source}",
            parameters=("url",) if name in _VERBS else ("method", "url"),
            address=("url",),
            timeout="timeout",
            awaited=awaited,
        )
        for owner, source, awaited in (
            ("httpx", "test_request", False),
            ("httpx.Client", "test_request", False),
            ("httpx.AsyncClient", "test_async_request", True),
        )
        for name in (*_VERBS, "request", "stream")
    ),
    Operation(
        "httpx.Client.send", "request", _REQUEST, "tests/faults/test_httpx.py::test_request", parameters=("request",)
    ),
    Operation(
        "httpx.AsyncClient.send",
        "request",
        _REQUEST,
        "tests/faults/test_httpx.py::test_async_request",
        parameters=("request",),
        awaited=True,
    ),
    *(
        Operation(f"httpx.Response.{name}", "receive", _READ, "tests/faults/test_httpx.py::test_read")
        for name in ("iter_bytes", "iter_lines", "iter_raw", "iter_text", "read")
    ),
    # the asynchronous iterators work in `async for`, and are no coroutines
    *(
        Operation(f"httpx.Response.{name}", "receive", _READ, "tests/faults/test_httpx.py::test_async_read")
        for name in ("aiter_bytes", "aiter_lines", "aiter_raw", "aiter_text")
    ),
    Operation("httpx.Response.aread", "receive", _READ, "tests/faults/test_httpx.py::test_async_read", awaited=True),
    *(
        Operation(
            f"{owner}.request",
            "request",
            _CORE,
            f"tests/faults/test_httpx.py::{source}",
            parameters=("method", "url"),
            address=("url",),
            awaited=awaited,
        )
        for owner, source, awaited in (
            ("httpcore", "test_core", False),
            ("httpcore.AsyncConnectionPool", "test_async_core", True),
            ("httpcore.ConnectionPool", "test_core", False),
        )
    ),
    # the answer has come: this says what it was
    Operation(
        "httpx.Response.raise_for_status",
        "request",
        (Failure("answered", "httpx.HTTPStatusError"),),
        "tests/faults/test_httpx.py::test_status",
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "httpcore.AsyncConnectionPool": ("object",),
    "httpcore.ConnectionPool": ("object",),
    "httpcore.Response": ("object",),
    "httpx.AsyncClient": ("httpx.BaseClient",),
    "httpx.AsyncHTTPTransport": ("object",),
    "httpx.BaseClient": ("object",),
    "httpx.Client": ("httpx.BaseClient",),
    "httpx.HTTPTransport": ("object",),
    "httpx.Limits": ("object",),
    "httpx.Request": ("object",),
    "httpx.Response": ("object",),
    "httpx.Timeout": ("object",),
    "httpx.URL": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    **{
        f"{owner}.{name}": "httpx.Response"
        for owner in ("httpx", "httpx.Client", "httpx.AsyncClient")
        for name in (*_VERBS, "request", "stream")
    },
    "httpcore.AsyncConnectionPool.request": "httpcore.Response",
    "httpcore.ConnectionPool.request": "httpcore.Response",
    "httpcore.request": "httpcore.Response",
    "httpx.AsyncClient.send": "httpx.Response",
    "httpx.BaseClient.build_request": "httpx.Request",
    "httpx.Client.send": "httpx.Response",
    "httpx.Response.aread": "bytes",
    "httpx.Response.raise_for_status": "httpx.Response",
    "httpx.Response.read": "bytes",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "httpx._api": "httpx",
    "httpx._client": "httpx",
    "httpx._exceptions": "httpx",
    "httpx._models": "httpx",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "httpcore.AsyncConnectionPool.aclose",
        "httpcore.ConnectionPool.close",
        "httpx.AsyncClient.aclose",
        "httpx.BaseClient.build_request",
        "httpx.Client.close",
        "httpx.Request.*",
        "httpx.Response.aclose",
        "httpx.Response.close",
        "httpx.Response.json",
        "httpx.URL.*",
    }
)

LIBRARY = Library(
    name="httpx",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "httpcore.NetworkError",
            "httpcore.ProxyError",
            "httpcore.RemoteProtocolError",
            "httpcore.TimeoutException",
            "httpx.TransportError",
        }
    ),
    answers=frozenset({"httpx.LocalProtocolError", "httpx.UnsupportedProtocol"}),
)
