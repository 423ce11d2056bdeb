"""What is known of the client of aiohttp 3.

A session's verbs work when they are awaited or entered by `async with`. Their failures are `ClientError`s: some are
`OSError`s as well, and carry its errno, but none of those raised by a request that fails to connect is a builtin
`ConnectionError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import aiohttp as classes
from connlint.knowledge.model import Failure, Library, Operation

_EXCEPTIONS = "https://docs.aiohttp.org/en/stable/client_reference.html#client-exceptions"

_REQUEST = (
    Failure("refused", "aiohttp.ClientConnectorError"),
    Failure("unresolved", "aiohttp.ClientConnectorDNSError"),
    Failure("unreachable", "aiohttp.ClientConnectorError"),
    Failure("unreachable", "aiohttp.ClientProxyConnectionError"),
    Failure("timeout", "aiohttp.ServerTimeoutError"),
    Failure("timeout", "TimeoutError"),
    Failure("reset", "aiohttp.ClientOSError"),
    Failure("broken", "aiohttp.ClientOSError", source=_EXCEPTIONS),
    Failure("broken", "aiohttp.ClientConnectionResetError", source=_EXCEPTIONS),
    Failure("closed", "aiohttp.ServerDisconnectedError"),
    Failure("cut", "aiohttp.ServerDisconnectedError"),
    Failure("reset", "aiohttp.ClientConnectorError"),  # in the TLS handshake
    Failure("closed", "aiohttp.ClientConnectorError"),
    Failure("handshake", "aiohttp.ClientConnectorSSLError"),
    Failure("handshake", "aiohttp.ClientConnectorCertificateError", source=_EXCEPTIONS),
    Failure("handshake", "aiohttp.ServerFingerprintMismatch", source=_EXCEPTIONS),
    Failure("rubbish", "aiohttp.ClientResponseError"),
    Failure("answered", "aiohttp.ClientResponseError"),
)
_READ = (
    Failure("cut", "aiohttp.ClientPayloadError"),
    Failure("reset", "aiohttp.ClientPayloadError"),
    Failure("reset", "aiohttp.ClientOSError", source=_EXCEPTIONS),
    Failure("closed", "aiohttp.ClientConnectionError", source=_EXCEPTIONS),
    Failure("rubbish", "aiohttp.ClientPayloadError"),
    Failure("timeout", "aiohttp.SocketTimeoutError"),
    Failure("timeout", "TimeoutError"),
)
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"{owner}.{name}",
            "request",
            _REQUEST,
            "tests/faults/test_aiohttp.py::test_request",
            parameters=("method", "url") if name == "request" else ("url",),
            address=("url",),
            timeout="timeout",
            awaited=True,
        )
        for owner, names in (("aiohttp", ("request",)), ("aiohttp.ClientSession", (*_VERBS, "request")))
        for name in names
    ),
    Operation(
        "aiohttp.ClientSession.ws_connect",
        "connect",
        (*_REQUEST, Failure("answered", "aiohttp.WSServerHandshakeError")),
        "tests/faults/test_aiohttp.py::test_websocket",
        parameters=("url",),
        address=("url",),
        timeout="timeout",
        awaited=True,
    ),
    *(
        Operation(
            f"aiohttp.ClientResponse.{name}",
            "receive",
            (*_READ, *((Failure("rubbish", "aiohttp.ContentTypeError"),) if name == "json" else ())),
            "tests/faults/test_aiohttp.py::test_read",
            awaited=True,
        )
        for name in ("json", "read", "text")
    ),
    *(
        Operation(
            f"aiohttp.StreamReader.{name}",
            "receive",
            _READ,
            "tests/faults/test_aiohttp.py::test_stream",
            awaited=True,
        )
        for name in ("read", "readany", "readchunk", "readexactly", "readline", "readuntil")
    ),
    # the answer has come: this says what it was
    Operation(
        "aiohttp.ClientResponse.raise_for_status",
        "request",
        (Failure("answered", "aiohttp.ClientResponseError"),),
        "tests/faults/test_aiohttp.py::test_status",
    ),
    *(
        Operation(
            f"aiohttp.ClientWebSocketResponse.{name}",
            "send",
            (Failure("closed", "aiohttp.ClientConnectionResetError"),),
            "tests/faults/test_aiohttp.py::test_websocket",
            awaited=True,
        )
        for name in ("ping", "pong", "send_bytes", "send_frame", "send_json", "send_json_bytes", "send_str")
    ),
    # a websocket that ends gives a message that says so; only another type of message than the one wanted is raised
    *(
        Operation(
            f"aiohttp.ClientWebSocketResponse.{name}",
            "receive",
            (
                Failure("timeout", "TimeoutError"),
                *((Failure("closed", "aiohttp.WSMessageTypeError"),) if name != "receive" else ()),
            ),
            "tests/faults/test_aiohttp.py::test_websocket",
            awaited=True,
        )
        for name in ("receive", "receive_bytes", "receive_json", "receive_str")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "aiohttp.BasicAuth": ("tuple",),
    "aiohttp.ClientResponse": ("object",),
    "aiohttp.ClientSession": ("object",),
    "aiohttp.ClientTimeout": ("object",),
    "aiohttp.ClientWebSocketResponse": ("object",),
    "aiohttp.CookieJar": ("object",),
    "aiohttp.FormData": ("object",),
    "aiohttp.StreamReader": ("object",),
    "aiohttp.TCPConnector": ("object",),
    "aiohttp.UnixConnector": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    **{f"aiohttp.ClientSession.{name}": "aiohttp.ClientResponse" for name in (*_VERBS, "request")},
    "aiohttp.ClientResponse.read": "bytes",
    "aiohttp.StreamReader.read": "bytes",
    "aiohttp.ClientResponse.text": "str",
    "aiohttp.ClientSession.ws_connect": "aiohttp.ClientWebSocketResponse",
    "aiohttp.request": "aiohttp.ClientResponse",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "aiohttp.client": "aiohttp",
    "aiohttp.client_reqrep": "aiohttp",
    "aiohttp.client_ws": "aiohttp",
    "aiohttp.connector": "aiohttp",
    "aiohttp.helpers.BasicAuth": "aiohttp.BasicAuth",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "aiohttp.ClientResponse.close",
        "aiohttp.ClientResponse.get_encoding",
        "aiohttp.ClientResponse.release",
        "aiohttp.ClientSession.close",
        "aiohttp.ClientSession.detach",
        "aiohttp.ClientWebSocketResponse.close",
        "aiohttp.ClientWebSocketResponse.exception",
        "aiohttp.FormData.*",
    }
)

LIBRARY = Library(
    name="aiohttp",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"aiohttp.ClientConnectionError", "aiohttp.ClientPayloadError"}),
    answers=frozenset({"aiohttp.ServerFingerprintMismatch"}),
    attributes={"aiohttp.ClientResponse.content": "aiohttp.StreamReader"},
)
