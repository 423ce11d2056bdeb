"""What is known of urllib3 2.

A pool retries by itself, and wraps the last failure in `MaxRetryError`; with retries switched off the failure itself
comes out. All are `HTTPError`s of urllib3's own: its `ConnectionError` is another name of `ProtocolError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import urllib3 as classes
from connlint.knowledge.model import Failure, Library, Operation

# A line that is gone while we write to it, and TLS that breaks after its handshake, are met by a race
_POOL = "https://github.com/urllib3/urllib3/blob/main/src/urllib3/connectionpool.py"
_RESPONSE = "https://github.com/urllib3/urllib3/blob/main/src/urllib3/response.py"

_REQUEST = (
    *(
        Failure(kind, "urllib3.exceptions.MaxRetryError")
        for kind in (
            "refused",
            "reset",
            "closed",
            "cut",
            "timeout",
            "unresolved",
            "unreachable",
            "handshake",
            "rubbish",
        )
    ),
    Failure("refused", "urllib3.exceptions.NewConnectionError"),
    Failure("unreachable", "urllib3.exceptions.NewConnectionError"),
    Failure("unresolved", "urllib3.exceptions.NameResolutionError"),
    *(Failure(kind, "urllib3.exceptions.ProtocolError") for kind in ("reset", "closed", "cut", "rubbish")),
    *(Failure("broken", f"urllib3.exceptions.{name}", source=_POOL) for name in ("MaxRetryError", "ProtocolError")),
    Failure("timeout", "urllib3.exceptions.ConnectTimeoutError"),
    Failure("timeout", "urllib3.exceptions.ReadTimeoutError"),
    Failure("handshake", "urllib3.exceptions.SSLError"),
    Failure("closed", "urllib3.exceptions.SSLError"),  # in the TLS handshake
    Failure("unreachable", "urllib3.exceptions.ProxyError"),
    Failure("answered", "urllib3.exceptions.ProxyError"),
    Failure("rubbish", "urllib3.exceptions.DecodeError"),
)
_READ = (
    *(Failure(kind, "urllib3.exceptions.ProtocolError") for kind in ("reset", "cut", "rubbish")),
    Failure("timeout", "urllib3.exceptions.ReadTimeoutError"),
    Failure("handshake", "urllib3.exceptions.SSLError", source=_RESPONSE),
    Failure("rubbish", "urllib3.exceptions.DecodeError"),
)
_POOLS = ("urllib3.PoolManager", "urllib3.HTTPConnectionPool")

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _REQUEST,
            "tests/faults/test_urllib3.py::test_request",
            parameters=("method", "url"),
            address=("url",),
            timeout="timeout",
        )
        for owner in _POOLS
        for name in ("request", "request_encode_body", "request_encode_url", "urlopen")
    ),
    Operation(
        "urllib3.request",
        "request",
        _REQUEST,
        "tests/faults/test_urllib3.py::test_request",
        parameters=("method", "url"),
        address=("url",),
        timeout="timeout",
    ),
    *(
        Operation(f"urllib3.HTTPResponse.{name}", "receive", _READ, "tests/faults/test_urllib3.py::test_read")
        for name in ("read", "read1", "read_chunked", "readinto", "readline", "readlines", "stream")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "urllib3.HTTPConnectionPool": ("object",),
    "urllib3.HTTPResponse": ("io.IOBase",),
    "urllib3.HTTPSConnectionPool": ("urllib3.HTTPConnectionPool",),
    "urllib3.PoolManager": ("object",),
    "urllib3.ProxyManager": ("urllib3.PoolManager",),
    "urllib3.Retry": ("object",),
    "urllib3.Timeout": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    **{
        f"{owner}.{name}": "urllib3.HTTPResponse"
        for owner in _POOLS
        for name in ("request", "request_encode_body", "request_encode_url", "urlopen")
    },
    "urllib3.HTTPResponse.read": "bytes",
    "urllib3.PoolManager.connection_from_host": "urllib3.HTTPConnectionPool",
    "urllib3.PoolManager.connection_from_url": "urllib3.HTTPConnectionPool",
    "urllib3.connection_from_url": "urllib3.HTTPConnectionPool",
    "urllib3.proxy_from_url": "urllib3.ProxyManager",
    "urllib3.request": "urllib3.HTTPResponse",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "urllib3.BaseHTTPResponse": "urllib3.HTTPResponse",
    "urllib3.connectionpool.HTTPConnectionPool": "urllib3.HTTPConnectionPool",
    "urllib3.connectionpool.HTTPSConnectionPool": "urllib3.HTTPSConnectionPool",
    "urllib3.connectionpool.connection_from_url": "urllib3.connection_from_url",
    "urllib3.exceptions.ConnectionError": "urllib3.exceptions.ProtocolError",
    "urllib3.poolmanager.PoolManager": "urllib3.PoolManager",
    "urllib3.poolmanager.ProxyManager": "urllib3.ProxyManager",
    "urllib3.poolmanager.proxy_from_url": "urllib3.proxy_from_url",
    "urllib3.response.BaseHTTPResponse": "urllib3.HTTPResponse",
    "urllib3.response.HTTPResponse": "urllib3.HTTPResponse",
    "urllib3.util.Retry": "urllib3.Retry",
    "urllib3.util.Timeout": "urllib3.Timeout",
    "urllib3.util.retry.Retry": "urllib3.Retry",
    "urllib3.util.timeout.Timeout": "urllib3.Timeout",
}

HARMLESS: frozenset[str] = frozenset(
    {
        *(
            f"urllib3.HTTPResponse.{name}"
            for name in "close getheader getheaders geturl info isclosed json release_conn".split()
        ),
        "urllib3.HTTPConnectionPool.close",
        "urllib3.PoolManager.clear",
        "urllib3.PoolManager.connection_from_host",
        "urllib3.PoolManager.connection_from_url",
        "urllib3.Retry.*",
        "urllib3.Timeout.*",
        "urllib3.connection_from_url",
        "urllib3.disable_warnings",
        "urllib3.make_headers",
        "urllib3.proxy_from_url",
    }
)

LIBRARY = Library(
    name="urllib3",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "urllib3.exceptions.IncompleteRead",
            "urllib3.exceptions.InvalidChunkLength",
            "urllib3.exceptions.MaxRetryError",
            "urllib3.exceptions.NewConnectionError",
            "urllib3.exceptions.ProtocolError",
            "urllib3.exceptions.ProxyError",
            "urllib3.exceptions.SSLError",
            "urllib3.exceptions.TimeoutError",
        }
    ),
    answers=frozenset(),
)
