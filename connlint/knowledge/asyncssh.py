"""What is known of asyncssh 2.24.

Before SSH has begun, and when the line is reset, it lets through what asyncio raises: with several addresses that
refuse, a plain `OSError`. A peer that closes in good order is its own `ConnectionLost`, which is no `ConnectionError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import asyncssh as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = (
    Failure("refused", "ConnectionRefusedError", unless="sock"),
    Failure("refused", "OSError", unless="sock"),  # by several addresses of one name
    Failure("unresolved", "socket.gaierror", unless="sock"),
    Failure("unreachable", "OSError", unless="sock"),
    Failure("timeout", "TimeoutError"),
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "asyncssh.ConnectionLost"),
    Failure("cut", "asyncssh.ConnectionLost"),
    Failure("rubbish", "asyncssh.ProtocolError"),
    Failure("answered", "asyncssh.PermissionDenied"),
    Failure("answered", "asyncssh.HostKeyNotVerifiable"),
)
_SESSION = (
    Failure("reset", "asyncssh.ChannelOpenError"),
    Failure("closed", "asyncssh.ChannelOpenError"),
    Failure("broken", "asyncssh.ChannelOpenError"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "asyncssh.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_asyncssh.py::test_connect",
        parameters=("host", "port"),
        address=("host", "port"),
        timeout="connect_timeout",
        awaited=True,
    ),
    *(
        Operation(
            f"asyncssh.SSHClientConnection.{name}",
            "request",
            _SESSION,
            "tests/faults/test_asyncssh.py::test_session",
            awaited=True,
        )
        for name in ("create_process", "open_session", "run", "start_sftp_client")
    ),
)

BASES: dict[str, tuple[str, ...]] = {**classes.BASES, "asyncssh.SSHClientConnection": ("object",)}

RETURNS: dict[str, str | tuple[str, ...]] = {"asyncssh.connect": "asyncssh.SSHClientConnection"}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "asyncssh.connection.SSHClientConnection": "asyncssh.SSHClientConnection",
    "asyncssh.connection.connect": "asyncssh.connect",
}

HARMLESS: frozenset[str] = frozenset({"asyncssh.SSHClientConnection.close"})

LIBRARY = Library(
    name="asyncssh",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"asyncssh.ConnectionLost", "asyncssh.SFTPConnectionLost"}),
    answers=frozenset(
        {
            "asyncssh.HostKeyNotVerifiable",
            "asyncssh.IllegalUserName",
            "asyncssh.PermissionDenied",
        }
    ),
)
