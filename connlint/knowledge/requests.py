"""What is known of requests 2.

Every failure is a `RequestException`, an `OSError` that has nothing to do with the builtin `ConnectionError`: around
`requests.get`, that one never fires. Nothing of the network is tried before a verb is called.
"""

from __future__ import annotations

from connlint.knowledge.classes import requests as classes
from connlint.knowledge.model import Failure, Library, Operation

# A line that is gone while we write to it, and TLS that breaks after its handshake, are met by a race
_ADAPTERS = "https://github.com/psf/requests/blob/main/src/requests/adapters.py"
_MODELS = "https://github.com/psf/requests/blob/main/src/requests/models.py"

_REQUEST = (
    *(
        Failure(kind, "requests.exceptions.ConnectionError")
        for kind in ("refused", "reset", "closed", "unresolved", "unreachable", "rubbish", "timeout")
    ),
    Failure("broken", "requests.exceptions.ConnectionError", source=_ADAPTERS),
    Failure("timeout", "requests.exceptions.ConnectTimeout"),
    Failure("timeout", "requests.exceptions.ReadTimeout"),
    Failure("handshake", "requests.exceptions.SSLError"),
    Failure("closed", "requests.exceptions.SSLError"),  # in the TLS handshake
    Failure("unreachable", "requests.exceptions.ProxyError"),
    Failure("answered", "requests.exceptions.ProxyError"),
    Failure("cut", "requests.exceptions.ConnectionError"),
    Failure("cut", "requests.exceptions.ChunkedEncodingError"),
    Failure("rubbish", "requests.exceptions.ContentDecodingError"),
    Failure("answered", "requests.exceptions.TooManyRedirects"),
    Failure("answered", "requests.exceptions.RetryError"),
)
_READ = (
    Failure("cut", "requests.exceptions.ChunkedEncodingError"),
    Failure("reset", "requests.exceptions.ChunkedEncodingError"),
    Failure("timeout", "requests.exceptions.ConnectionError"),
    Failure("rubbish", "requests.exceptions.ContentDecodingError"),
    Failure("handshake", "requests.exceptions.SSLError", source=_MODELS),
)
# An adapter follows no redirections, and reads no more than the head of an answer
_OF_A_SESSION = frozenset(
    {
        ("cut", "requests.exceptions.ChunkedEncodingError"),
        ("rubbish", "requests.exceptions.ContentDecodingError"),
        ("answered", "requests.exceptions.TooManyRedirects"),
        ("timeout", "requests.exceptions.ConnectionError"),
    }
)
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")
_SECOND = {"get": "params", "patch": "data", "post": "data", "put": "data"}

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            f"{owner}.{verb}",
            "request",
            _REQUEST,
            "tests/faults/test_requests.py::test_request",
            parameters=("url", _SECOND[verb]) if verb in _SECOND else ("url",),
            address=("url",),
            timeout="timeout",
        )
        for owner in ("requests", "requests.Session")
        for verb in _VERBS
    ),
    *(
        Operation(
            f"{owner}.request",
            "request",
            _REQUEST,
            "tests/faults/test_requests.py::test_request",
            parameters=parameters,
            address=("url",),
            timeout="timeout",
        )
        for owner, parameters in (
            ("requests", ("method", "url")),
            (
                "requests.Session",
                ("method", "url", "params", "data", "headers", "cookies", "files", "auth", "timeout"),
            ),
        )
    ),
    Operation(
        "requests.Session.send",
        "request",
        _REQUEST,
        "tests/faults/test_requests.py::test_request",
        parameters=("request",),
        timeout="timeout",
    ),
    # what a session sends by; a subclass that does more calls it
    Operation(
        "requests.adapters.HTTPAdapter.send",
        "request",
        tuple(each for each in _REQUEST if each[:2] not in _OF_A_SESSION),
        "tests/faults/test_requests.py::test_adapter",
        parameters=("request", "stream", "timeout"),
        timeout="timeout",
    ),
    *(
        Operation(f"requests.Response.{name}", "receive", _READ, "tests/faults/test_requests.py::test_read")
        for name in ("iter_content", "iter_lines")
    ),
    # the answer has come: this says what it was
    Operation(
        "requests.Response.raise_for_status",
        "request",
        (Failure("answered", "requests.exceptions.HTTPError"),),
        "tests/faults/test_requests.py::test_status",
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "requests.PreparedRequest": ("object",),
    "requests.Request": ("object",),
    "requests.Response": ("object",),
    "requests.Session": ("object",),
    "requests.adapters.HTTPAdapter": ("object",),
    "requests.auth.AuthBase": ("object",),
    "requests.auth.HTTPBasicAuth": ("requests.auth.AuthBase",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    **{f"{owner}.{verb}": "requests.Response" for owner in ("requests", "requests.Session") for verb in _VERBS},
    "requests.request": "requests.Response",
    "requests.session": "requests.Session",
    "requests.Session.request": "requests.Response",
    "requests.Session.send": "requests.Response",
    "requests.Session.prepare_request": "requests.PreparedRequest",
    "requests.adapters.HTTPAdapter.send": "requests.Response",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "requests.api": "requests",
    "requests.models.PreparedRequest": "requests.PreparedRequest",
    "requests.models.Request": "requests.Request",
    "requests.models.Response": "requests.Response",
    "requests.packages.urllib3": "urllib3",
    "requests.sessions.Session": "requests.Session",
    "requests.sessions.session": "requests.session",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "requests.PreparedRequest.*",
        "requests.Request.*",
        "requests.Response.close",
        "requests.Response.json",
        "requests.Session.close",
        "requests.Session.get_adapter",
        "requests.Session.mount",
        "requests.Session.prepare_request",
        "requests.session",
        "requests.utils.*",
    }
)

LIBRARY = Library(
    name="requests",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "requests.exceptions.ChunkedEncodingError",
            "requests.exceptions.ConnectionError",
            "requests.exceptions.RetryError",
            "requests.exceptions.Timeout",
        }
    ),
)
