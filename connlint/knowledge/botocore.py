"""What is known of the clients of AWS: botocore, and boto3, which is made of it.

A client's methods are made at run time, one for each operation of its service, so one row stands for all of them.
Nothing connects before one is called. Failures come from two branches, neither of which has anything to do with the
builtins: a connection that does not come about is a `ConnectionError` of botocore's own, one that ends before the
answer an `HTTPClientError` (`ConnectionClosedError`), and only `BotoCoreError` takes both. What boto3 calls resources
is not covered: most of their methods only make another one.
"""

from __future__ import annotations

from connlint.knowledge.classes import botocore as classes
from connlint.knowledge.model import Failure, Library, Operation

_REQUEST = (
    *(
        Failure(kind, "botocore.exceptions.EndpointConnectionError")
        for kind in ("refused", "unresolved", "unreachable")
    ),
    *(Failure(kind, "botocore.exceptions.ConnectionClosedError") for kind in ("reset", "closed", "cut", "rubbish")),
    Failure("timeout", "botocore.exceptions.ConnectTimeoutError"),
    Failure("timeout", "botocore.exceptions.ReadTimeoutError"),
    Failure("unreachable", "botocore.exceptions.ProxyConnectionError"),
    # a line that ends in the handshake is taken for a failure of TLS
    Failure("closed", "botocore.exceptions.SSLError"),
    Failure("handshake", "botocore.exceptions.SSLError"),
    # what comes of an answer that is cut or no XML is an answer with status 500
    Failure("cut", "botocore.exceptions.ClientError"),
    Failure("rubbish", "botocore.exceptions.ClientError"),
    Failure("answered", "botocore.exceptions.ClientError"),
)
_READ = (
    Failure("reset", "botocore.exceptions.ResponseStreamingError"),
    Failure("cut", "botocore.exceptions.ResponseStreamingError"),
    Failure("timeout", "botocore.exceptions.ReadTimeoutError"),
)
_READ_IN_PARTS = (*_READ, Failure("cut", "botocore.exceptions.IncompleteReadError"))

OPERATIONS: tuple[Operation, ...] = (
    Operation("botocore.client.BaseClient.*", "request", _REQUEST, "tests/faults/test_botocore.py::test_client"),
    Operation(
        "botocore.paginate.PageIterator.build_full_result",
        "request",
        _REQUEST,
        "tests/faults/test_botocore.py::test_client",
    ),
    Operation(
        "botocore.waiter.Waiter.wait",
        "request",
        (
            *(each for each in _REQUEST if each.scenario not in {"answered", "cut"} and "Client" not in each.raises),
            Failure("answered", "botocore.exceptions.WaiterError"),
        ),
        "tests/faults/test_botocore.py::test_client",
    ),
    Operation("botocore.response.StreamingBody.read", "receive", _READ, "tests/faults/test_botocore.py::test_body"),
    *(
        Operation(
            f"botocore.response.StreamingBody.{name}",
            "receive",
            _READ_IN_PARTS,
            "tests/faults/test_botocore.py::test_body",
        )
        for name in ("iter_chunks", "iter_lines")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "boto3.resources.base.ServiceResource": ("object",),
    "boto3.session.Session": ("object",),
    "botocore.client.BaseClient": ("object",),
    "botocore.client.Config": ("object",),
    "botocore.paginate.PageIterator": ("object",),
    "botocore.paginate.Paginator": ("object",),
    "botocore.response.StreamingBody": ("io.IOBase",),
    "botocore.session.Session": ("object",),
    "botocore.waiter.Waiter": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "boto3.client": "botocore.client.BaseClient",
    "boto3.resource": "boto3.resources.base.ServiceResource",
    "boto3.session.Session.client": "botocore.client.BaseClient",
    "boto3.session.Session.resource": "boto3.resources.base.ServiceResource",
    "botocore.client.BaseClient.get_paginator": "botocore.paginate.Paginator",
    "botocore.client.BaseClient.get_waiter": "botocore.waiter.Waiter",
    "botocore.paginate.Paginator.paginate": "botocore.paginate.PageIterator",
    "botocore.session.Session.create_client": "botocore.client.BaseClient",
    "botocore.session.get_session": "botocore.session.Session",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "boto3.Session": "boto3.session.Session",
    "botocore.config.Config": "botocore.client.Config",
}

# A client is made of files, and nothing is asked for when it is
HARMLESS: frozenset[str] = frozenset(
    {
        "boto3.client",
        "boto3.resource",
        "boto3.session.Session.client",
        "boto3.session.Session.resource",
        *(f"botocore.client.BaseClient.{name}" for name in ("can_paginate", "close", "get_paginator", "get_waiter")),
        "botocore.paginate.Paginator.paginate",
        "botocore.response.StreamingBody.close",
        "botocore.session.Session.create_client",
        "botocore.session.Session.get_available_regions",
        "botocore.session.Session.set_config_variable",
        "botocore.session.get_session",
    }
)

LIBRARY = Library(
    name="botocore",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "botocore.exceptions.ConnectionError",
            "botocore.exceptions.HTTPClientError",
            "botocore.exceptions.IncompleteReadError",
        }
    ),
)
