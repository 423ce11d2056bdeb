"""What is known of ldap3.

A `Connection` reaches its server when it is opened or bound; with `auto_bind` that is in the constructor. What fails is
an `LDAPCommunicationError`. Some of these are `OSError`s and none is a builtin `ConnectionError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import ldap3 as classes
from connlint.knowledge.model import Failure, Library, Operation

_ERRORS = "ldap3.core.exceptions"
_LOST = (
    Failure("reset", f"{_ERRORS}.LDAPSocketReceiveError"),
    Failure("timeout", f"{_ERRORS}.LDAPSocketReceiveError"),
    *(Failure(kind, f"{_ERRORS}.LDAPSessionTerminatedByServerError") for kind in ("closed", "cut", "rubbish")),
)
_CONNECT = tuple(
    Failure(kind, f"{_ERRORS}.LDAPSocketOpenError") for kind in ("refused", "timeout", "unresolved", "unreachable")
)
_BIND = (*_CONNECT, *_LOST)
_REQUEST = (*_LOST, Failure("broken", f"{_ERRORS}.LDAPSocketOpenError"))
_CONNECTION = "ldap3.core.connection.Connection"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        _CONNECTION,
        "connect",
        _BIND,
        "tests/faults/test_ldap3.py::test_bind",
        parameters=("server", "user", "password", "auto_bind"),
        address=("server",),
        timeout="receive_timeout",
        only_with="auto_bind",
    ),
    Operation(f"{_CONNECTION}.bind", "request", _BIND, "tests/faults/test_ldap3.py::test_bind"),
    *(
        Operation(f"{_CONNECTION}.{name}", "request", _REQUEST, "tests/faults/test_ldap3.py::test_request")
        for name in ("add", "compare", "delete", "extended", "modify", "modify_dn", "search")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    _CONNECTION: ("object",),
    "ldap3.core.server.Server": ("object",),
    "ldap3.core.tls.Tls": ("object",),
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "ldap3.Connection": _CONNECTION,
    "ldap3.Server": "ldap3.core.server.Server",
    "ldap3.Tls": "ldap3.core.tls.Tls",
}

HARMLESS: frozenset[str] = frozenset(
    {
        f"{_CONNECTION}.response_to_json",
        f"{_CONNECTION}.unbind",
        "ldap3.utils.conv.escape_filter_chars",
    }
)

LIBRARY = Library(
    name="ldap3",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns={},
    harmless=HARMLESS,
    connection_failures=frozenset({"ldap3.core.exceptions.LDAPCommunicationError"}),
    answers=frozenset(
        {
            "ldap3.core.exceptions.LDAPReferralError",
            "ldap3.core.exceptions.LDAPUnknownRequestError",
            "ldap3.core.exceptions.LDAPUnknownResponseError",
        }
    ),
)
