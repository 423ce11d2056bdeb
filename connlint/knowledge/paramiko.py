"""What is known of paramiko 5.

How a connection fails depends on how far it came: before SSH has begun it is an `OSError` (refused by all addresses: a
`NoValidConnectionsError`, which is no `ConnectionError`); then a peer that goes away is an `SSHException` or a bare
`EOFError`; and a session that is lost shows what its thread has met, a `ConnectionResetError` or an `EOFError`.
"""

from __future__ import annotations

from connlint.knowledge.classes import paramiko as classes
from connlint.knowledge.model import Failure, Library, Operation

_SSH = "paramiko.ssh_exception.SSHException"
_DOCS = "https://docs.paramiko.org/en/stable/api/client.html#paramiko.client.SSHClient.connect"

_NEGOTIATE = (
    Failure("reset", _SSH),
    Failure("reset", "ConnectionResetError"),
    Failure("closed", _SSH),
    Failure("closed", "EOFError"),
    Failure("cut", _SSH),
    Failure("cut", "EOFError"),
    Failure("timeout", _SSH),
    Failure("rubbish", _SSH),
    Failure("answered", "paramiko.ssh_exception.AuthenticationException"),
)
_CONNECT = (
    Failure("refused", "paramiko.ssh_exception.NoValidConnectionsError", unless="sock"),
    Failure("timeout", "TimeoutError", unless="sock"),
    Failure("unresolved", "socket.gaierror", unless="sock"),
    Failure("unreachable", "OSError", unless="sock"),
    Failure("unreachable", "paramiko.ssh_exception.NoValidConnectionsError", unless="sock", source=_DOCS),
    *_NEGOTIATE,
    Failure("answered", "paramiko.ssh_exception.BadHostKeyException", source=_DOCS),
)
_SESSION = (
    Failure("reset", "ConnectionResetError"),
    Failure("closed", "EOFError"),
    Failure("broken", _SSH),
)
# A reset shows as this where it is a write that meets it
_SELDOM = (Failure("reset", "EOFError", source="https://github.com/paramiko/paramiko/blob/main/paramiko/packet.py"),)
_SFTP = (
    Failure("reset", _SSH),
    Failure("closed", _SSH),
    Failure("broken", "OSError"),
    Failure("answered", "FileNotFoundError"),
    Failure("answered", "PermissionError"),
    Failure("answered", "OSError"),
)
_SFTP_REQUESTS = """
    chmod chown get getfo listdir listdir_attr lstat mkdir normalize open posix_rename put putfo readlink remove rename
    rmdir stat symlink truncate unlink utime
""".split()

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "paramiko.SSHClient.connect",
        "connect",
        _CONNECT,
        "tests/faults/test_paramiko.py::test_connect",
        parameters=("hostname", "port", "username", "password", "pkey", "key_filename", "timeout"),
        address=("hostname", "port"),
        timeout="timeout",
        seldom=_SELDOM,
    ),
    *(
        Operation(
            f"paramiko.{name}", "request", _SESSION, "tests/faults/test_paramiko.py::test_session", seldom=_SELDOM
        )
        for name in (
            "SSHClient.exec_command",
            "SSHClient.invoke_shell",
            "SSHClient.open_sftp",
            "Transport.open_session",
            "Transport.open_sftp_client",
        )
    ),
    *(
        Operation(f"paramiko.SFTPClient.{name}", "request", _SFTP, "tests/faults/test_paramiko.py::test_sftp")
        for name in _SFTP_REQUESTS
    ),
    *(
        Operation(
            f"paramiko.channel.ChannelFile.{name}",
            "receive",
            (Failure("timeout", "TimeoutError"),),
            "tests/faults/test_paramiko.py::test_read",
        )
        for name in ("read", "readline", "readlines")
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "paramiko.AutoAddPolicy": ("paramiko.MissingHostKeyPolicy",),
    "paramiko.Channel": ("object",),
    "paramiko.MissingHostKeyPolicy": ("object",),
    "paramiko.PKey": ("object",),
    "paramiko.RSAKey": ("paramiko.PKey",),
    "paramiko.RejectPolicy": ("paramiko.MissingHostKeyPolicy",),
    "paramiko.SFTPClient": ("object",),
    "paramiko.SFTPFile": ("object",),
    "paramiko.SSHClient": ("object",),
    "paramiko.SSHConfig": ("object",),
    "paramiko.Transport": ("object",),
    "paramiko.WarningPolicy": ("paramiko.MissingHostKeyPolicy",),
    "paramiko.channel.ChannelFile": ("object",),
    "paramiko.channel.ChannelStderrFile": ("paramiko.channel.ChannelFile",),
    "paramiko.channel.ChannelStdinFile": ("paramiko.channel.ChannelFile",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    "paramiko.SFTPClient.file": "paramiko.SFTPFile",
    "paramiko.SFTPClient.from_transport": "paramiko.SFTPClient",
    "paramiko.SFTPClient.open": "paramiko.SFTPFile",
    "paramiko.SSHClient.exec_command": (
        "paramiko.channel.ChannelStdinFile",
        "paramiko.channel.ChannelFile",
        "paramiko.channel.ChannelStderrFile",
    ),
    "paramiko.SSHClient.get_transport": "paramiko.Transport",
    "paramiko.SSHClient.invoke_shell": "paramiko.Channel",
    "paramiko.SSHClient.open_sftp": "paramiko.SFTPClient",
    "paramiko.Transport.open_session": "paramiko.Channel",
    "paramiko.Transport.open_sftp_client": "paramiko.SFTPClient",
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "paramiko.channel.Channel": "paramiko.Channel",
    "paramiko.client.AutoAddPolicy": "paramiko.AutoAddPolicy",
    "paramiko.client.MissingHostKeyPolicy": "paramiko.MissingHostKeyPolicy",
    "paramiko.client.RejectPolicy": "paramiko.RejectPolicy",
    "paramiko.client.SSHClient": "paramiko.SSHClient",
    "paramiko.client.WarningPolicy": "paramiko.WarningPolicy",
    "paramiko.config.SSHConfig": "paramiko.SSHConfig",
    "paramiko.pkey.PKey": "paramiko.PKey",
    "paramiko.rsakey.RSAKey": "paramiko.RSAKey",
    "paramiko.sftp_client.SFTP": "paramiko.SFTPClient",
    "paramiko.sftp_client.SFTPClient": "paramiko.SFTPClient",
    "paramiko.sftp_file.SFTPFile": "paramiko.SFTPFile",
    "paramiko.transport.Transport": "paramiko.Transport",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "paramiko.PKey.*",
        "paramiko.RSAKey.*",
        "paramiko.SFTPClient.close",
        "paramiko.SSHClient.close",
        "paramiko.SSHClient.get_host_keys",
        "paramiko.SSHClient.get_transport",
        "paramiko.SSHClient.load_host_keys",
        "paramiko.SSHClient.load_system_host_keys",
        "paramiko.SSHClient.save_host_keys",
        "paramiko.SSHClient.set_log_channel",
        "paramiko.SSHClient.set_missing_host_key_policy",
        "paramiko.SSHConfig.*",
        "paramiko.Transport.close",
        "paramiko.Transport.is_active",
        "paramiko.Transport.set_keepalive",
    }
)

LIBRARY = Library(
    name="paramiko",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {"paramiko.ssh_exception.NoValidConnectionsError", "paramiko.ssh_exception.SSHException"}
    ),
    answers=frozenset(
        {
            "paramiko.ssh_exception.AuthenticationException",
            "paramiko.ssh_exception.BadHostKeyException",
            "paramiko.ssh_exception.ChannelException",
            "paramiko.ssh_exception.ConfigParseError",
            "paramiko.ssh_exception.CouldNotCanonicalize",
        }
    ),
)
