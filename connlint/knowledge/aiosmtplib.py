"""What is known of aiosmtplib 5.

Unlike smtplib's, its classes for a connection that fails derive from the builtins: a refusal is a `ConnectionError`
(and no `ConnectionRefusedError`), a timeout is a `TimeoutError`, and one while it connects is both.
"""

from __future__ import annotations

from connlint.knowledge.classes import aiosmtplib as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    *(
        Failure(kind, "aiosmtplib.SMTPConnectError")
        for kind in ("refused", "reset", "closed", "cut", "unresolved", "unreachable")
    ),
    Failure("timeout", "aiosmtplib.SMTPConnectTimeoutError"),
    Failure("rubbish", "aiosmtplib.SMTPResponseException"),
    Failure("answered", "aiosmtplib.SMTPConnectResponseError"),
)
_REQUEST = (
    *(Failure(kind, "aiosmtplib.SMTPServerDisconnected") for kind in ("reset", "closed", "cut", "broken")),
    Failure("timeout", "aiosmtplib.SMTPReadTimeoutError"),
    Failure("rubbish", "aiosmtplib.SMTPResponseException"),
    Failure("answered", "aiosmtplib.SMTPHeloError"),
)
_MAIL = (
    *_REQUEST,
    Failure("answered", "aiosmtplib.SMTPSenderRefused"),
    Failure("answered", "aiosmtplib.SMTPRecipientsRefused"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "aiosmtplib.SMTP.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_aiosmtplib.py::test_connect",
        timeout="timeout",
        awaited=True,
    ),
    # it connects, says all, and quits
    Operation(
        "aiosmtplib.send",
        "request",
        (*_CONNECT, *(each for each in _MAIL if each.scenario != "broken")),
        "tests/faults/test_aiosmtplib.py::test_send",
        parameters=("message",),
        address=("hostname", "port"),
        timeout="timeout",
        awaited=True,
    ),
    *(
        Operation(
            f"aiosmtplib.SMTP.{name}",
            "request",
            _REQUEST if name in {"ehlo", "login", "noop", "starttls"} else _MAIL,
            "tests/faults/test_aiosmtplib.py::test_request",
            awaited=True,
        )
        for name in ("ehlo", "send_message", "sendmail")
    ),
)

BASES: dict[str, tuple[str, ...]] = {**classes.BASES, "aiosmtplib.SMTP": ("object",)}

RETURNS: dict[str, str | tuple[str, ...]] = {}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "aiosmtplib.api.send": "aiosmtplib.send",
    "aiosmtplib.smtp.SMTP": "aiosmtplib.SMTP",
}

HARMLESS: frozenset[str] = frozenset({"aiosmtplib.SMTP", "aiosmtplib.SMTP.close"})

LIBRARY = Library(
    name="aiosmtplib",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {"aiosmtplib.SMTPConnectError", "aiosmtplib.SMTPServerDisconnected", "aiosmtplib.SMTPTimeoutError"}
    ),
    answers=frozenset({"aiosmtplib.SMTPResponseException"}),
)
