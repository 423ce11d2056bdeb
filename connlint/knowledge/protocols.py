"""What is known of the standard library's older protocols: mail, FTP, news, Telnet.

Their constructors connect, those of `smtplib`, `ftplib` and `telnetlib` only when they are given a host. Each has its
own way to say that the server closed: `SMTPServerDisconnected`, `EOFError`, `IMAP4.abort`, `poplib.error_proto`.
"""

from __future__ import annotations

from connlint.knowledge.model import Failure, Library, Operation

_REFUSED = Failure("refused", "ConnectionRefusedError")
_RESET = Failure("reset", "ConnectionResetError")
_BROKEN = Failure("broken", "BrokenPipeError")
_TIMEOUT = Failure("timeout", "TimeoutError")
_UNRESOLVED = Failure("unresolved", "socket.gaierror")
_OTHER = Failure("unreachable", "OSError")
_HANDSHAKE = Failure("handshake", "ssl.SSLError")

_CONNECT = (_REFUSED, _TIMEOUT, _UNRESOLVED, _OTHER)
_TLS = (_RESET, _HANDSHAKE)

# smtplib turns every failure of an established line into one class of its own
_SMTP_LOST = tuple(Failure(kind, "smtplib.SMTPServerDisconnected") for kind in ("closed", "reset", "broken", "timeout"))
_SMTP_CONNECT = (*_CONNECT, *_SMTP_LOST, Failure("answered", "smtplib.SMTPConnectError"))
_SMTP_SEND = (
    *_SMTP_LOST,
    Failure("answered", "smtplib.SMTPSenderRefused"),
    Failure("answered", "smtplib.SMTPRecipientsRefused"),
    Failure("answered", "smtplib.SMTPDataError"),
    Failure("answered", "smtplib.SMTPHeloError"),
    Failure("answered", "smtplib.SMTPNotSupportedError"),
)
_SMTP_ANSWERED = {
    "login": ("SMTPAuthenticationError", "SMTPHeloError", "SMTPNotSupportedError", "SMTPException"),
    "starttls": ("SMTPResponseException", "SMTPHeloError", "SMTPNotSupportedError"),
    "sendmail": (),
    "send_message": (),
}

_FTP_ANSWERED = tuple(
    Failure("answered", f"ftplib.{name}") for name in ("error_perm", "error_temp", "error_reply", "error_proto")
)
_FTP_LOST = (_RESET, Failure("closed", "EOFError"), _TIMEOUT, _OTHER)
_FTP_CONNECT = (*_CONNECT, _RESET, Failure("closed", "EOFError"), *_FTP_ANSWERED)
_FTP_COMMAND = (*_FTP_LOST, _BROKEN, *_FTP_ANSWERED)
_FTP_TRANSFER = (_REFUSED, *_FTP_COMMAND)  # the data go over a connection of their own

_IMAP_LOST = (
    _RESET,
    _TIMEOUT,
    Failure("closed", "imaplib.IMAP4.abort"),
    Failure("broken", "imaplib.IMAP4.abort"),
    Failure("rubbish", "imaplib.IMAP4.abort"),
)
_IMAP_ANSWERED = (Failure("answered", "imaplib.IMAP4.error"), Failure("rubbish", "imaplib.IMAP4.error"))
_IMAP_CONNECT = (*_CONNECT, *_IMAP_LOST, *_IMAP_ANSWERED)
_IMAP_COMMANDS = """
    append authenticate capability check close copy create delete deleteacl enable expunge fetch getacl
    getannotation getquota getquotaroot list login login_cram_md5 logout lsub myrights namespace noop partial proxyauth
    recent rename search select setacl setannotation setquota sort status store subscribe thread uid unsubscribe
    unselect xatom
""".split()

_POP_LOST = (_RESET, _TIMEOUT, Failure("closed", "poplib.error_proto"), _OTHER)
_POP_ANSWERED = (Failure("answered", "poplib.error_proto"), Failure("rubbish", "poplib.error_proto"))
_POP_COMMANDS = "apop capa dele list noop pass_ quit retr rpop rset stat top uidl user utf8".split()

_NNTP_ANSWERED = tuple(
    Failure("answered", f"nntplib.{name}") for name in ("NNTPTemporaryError", "NNTPPermanentError", "NNTPReplyError")
)
_NNTP_LOST = (_RESET, _BROKEN, Failure("closed", "EOFError"), _TIMEOUT, *_NNTP_ANSWERED)
_NNTP_COMMANDS = """
    article body capabilities date descriptions getcapabilities group head help last list login newgroups
    newnews next over post quit slave starttls stat xhdr xover
""".split()

_NNTPLIB = "https://docs.python.org/3.12/library/nntplib.html"
_TELNETLIB = "https://docs.python.org/3.12/library/telnetlib.html"

OPERATIONS: tuple[Operation, ...] = (
    # https://docs.python.org/3/library/smtplib.html
    *(
        Operation(
            f"smtplib.{owner}",
            "connect",
            failures,
            f"tests/faults/test_protocols.py::{source}",
            parameters=parameters,
            address=("host", "port"),
            timeout="timeout",
            only_with=only_with,
        )
        for owner, failures, source, parameters, only_with in (
            ("SMTP", _SMTP_CONNECT, "test_smtp", ("host", "port", "local_hostname", "timeout"), "host"),
            ("SMTP_SSL", (*_SMTP_CONNECT, *_TLS), "test_smtp_ssl", ("host", "port", "local_hostname"), "host"),
            # its host has a default
            ("LMTP", _SMTP_CONNECT, "test_lmtp", ("host", "port", "local_hostname"), None),
        )
    ),
    *(
        Operation(
            f"smtplib.{owner}.connect",
            "connect",
            failures,
            f"tests/faults/test_protocols.py::{source}",
            parameters=("host", "port", "source_address"),
            address=("host", "port"),
        )
        for owner, failures, source in (
            ("SMTP", _SMTP_CONNECT, "test_smtp"),
            ("SMTP_SSL", (*_SMTP_CONNECT, *_TLS), "test_smtp_ssl"),
        )
    ),
    *(
        Operation(f"smtplib.SMTP.{name}", "request", _SMTP_LOST, "tests/faults/test_protocols.py::test_smtp_command")
        for name in """
            data docmd ehlo expn getreply helo help mail noop putcmd quit rcpt rset send verify vrfy
        """.split()
    ),
    *(
        Operation(
            f"smtplib.SMTP.{name}",
            "request",
            (*_SMTP_LOST, Failure("answered", "smtplib.SMTPHeloError")),
            "tests/faults/test_protocols.py::test_smtp_command",
        )
        for name in ("ehlo_or_helo_if_needed",)
    ),
    *(
        Operation(f"smtplib.SMTP.{name}", "send", _SMTP_SEND, "tests/faults/test_protocols.py::test_smtp_answers")
        for name in ("sendmail", "send_message")
    ),
    *(
        Operation(
            f"smtplib.SMTP.{name}",
            "request",
            (
                *_SMTP_LOST,
                *(Failure("answered", f"smtplib.{each}") for each in _SMTP_ANSWERED[name]),
                *((*_TLS, _TIMEOUT) if name == "starttls" else ()),
            ),
            f"tests/faults/test_protocols.py::test_smtp_{name}",
        )
        for name in ("login", "starttls")
    ),
    # https://docs.python.org/3/library/ftplib.html
    *(
        Operation(
            f"ftplib.{owner}",
            "connect",
            (*_FTP_CONNECT, *((_HANDSHAKE,) if owner == "FTP_TLS" else ())),
            "tests/faults/test_protocols.py::test_ftp_constructor",
            parameters=parameters,
            address=("host",),
            timeout="timeout",
            only_with="host",
        )
        for owner, parameters in (
            ("FTP", ("host", "user", "passwd", "acct", "timeout", "source_address")),
            ("FTP_TLS", ("host", "user", "passwd", "acct")),
        )
    ),
    Operation(
        "ftplib.FTP.connect",
        "connect",
        _FTP_CONNECT,
        "tests/faults/test_protocols.py::test_ftp",
        parameters=("host", "port", "timeout", "source_address"),
        address=("host", "port"),
        timeout="timeout",
    ),
    *(
        Operation(f"ftplib.FTP.{name}", "request", _FTP_COMMAND, "tests/faults/test_protocols.py::test_ftp_command")
        for name in """
            abort acct cwd delete getresp login mkd pwd quit rename rmd sendcmd sendeprt sendport size voidcmd voidresp
        """.split()
    ),
    *(
        Operation(f"ftplib.FTP.{name}", "request", _FTP_TRANSFER, "tests/faults/test_protocols.py::test_ftp_transfer")
        for name in "dir mlsd nlst ntransfercmd retrbinary retrlines storbinary storlines transfercmd".split()
    ),
    *(
        Operation(
            f"ftplib.FTP_TLS.{name}",
            "request",
            (*_FTP_COMMAND, _HANDSHAKE),
            "tests/faults/test_protocols.py::test_ftp_tls_command",
        )
        for name in ("auth", "ccc", "login", "prot_c", "prot_p")
    ),
    # https://docs.python.org/3/library/imaplib.html
    *(
        Operation(
            f"imaplib.{owner}",
            "connect",
            (*_IMAP_CONNECT, *((_HANDSHAKE,) if owner == "IMAP4_SSL" else ())),
            "tests/faults/test_protocols.py::test_imap",
            parameters=parameters,
            address=("host", "port"),
            timeout="timeout",
        )
        for owner, parameters in (("IMAP4", ("host", "port", "timeout")), ("IMAP4_SSL", ("host", "port")))
    ),
    *(
        Operation(
            f"imaplib.IMAP4.{name}",
            "request",
            (*_IMAP_LOST, *_IMAP_ANSWERED),
            "tests/faults/test_protocols.py::test_imap_command",
        )
        for name in _IMAP_COMMANDS
    ),
    Operation(
        "imaplib.IMAP4.starttls",
        "request",
        (*_IMAP_LOST, *_IMAP_ANSWERED, _HANDSHAKE),
        "tests/faults/test_protocols.py::test_imap_starttls",
    ),
    # https://docs.python.org/3/library/poplib.html
    *(
        Operation(
            f"poplib.{owner}",
            "connect",
            (*_CONNECT, *_POP_LOST[:3], *_POP_ANSWERED, *((_HANDSHAKE,) if owner == "POP3_SSL" else ())),
            "tests/faults/test_protocols.py::test_pop",
            parameters=("host", "port", "timeout") if owner == "POP3" else ("host", "port"),
            address=("host", "port"),
            timeout="timeout",
        )
        for owner in ("POP3", "POP3_SSL")
    ),
    *(
        Operation(
            f"poplib.POP3.{name}",
            "request",
            (*_POP_LOST, _BROKEN, *_POP_ANSWERED),
            "tests/faults/test_protocols.py::test_pop_command",
        )
        for name in _POP_COMMANDS
    ),
    Operation(
        "poplib.POP3.stls",
        "request",
        (*_POP_LOST, _BROKEN, *_POP_ANSWERED, _HANDSHAKE),
        "tests/faults/test_protocols.py::test_pop_stls",
    ),
    # Gone in Python 3.13
    *(
        Operation(
            f"nntplib.{owner}",
            "connect",
            (*_CONNECT, *_NNTP_LOST[:3], *_NNTP_ANSWERED),
            _NNTPLIB,
            parameters=("host", "port"),
            address=("host", "port"),
            timeout="timeout",
        )
        for owner in ("NNTP", "NNTP_SSL")
    ),
    *(Operation(f"nntplib.NNTP.{name}", "request", _NNTP_LOST, _NNTPLIB) for name in _NNTP_COMMANDS),
    Operation(
        "telnetlib.Telnet",
        "connect",
        _CONNECT,
        _TELNETLIB,
        parameters=("host", "port", "timeout"),
        address=("host", "port"),
        timeout="timeout",
        only_with="host",
    ),
    Operation(
        "telnetlib.Telnet.open",
        "connect",
        _CONNECT,
        _TELNETLIB,
        parameters=("host", "port", "timeout"),
        address=("host", "port"),
        timeout="timeout",
    ),
    Operation("telnetlib.Telnet.write", "send", (_BROKEN, _RESET, _TIMEOUT, _OTHER), _TELNETLIB),
    *(
        Operation(
            f"telnetlib.Telnet.{name}",
            "receive",
            (_RESET, Failure("closed", "EOFError"), _TIMEOUT, _OTHER),
            _TELNETLIB,
        )
        for name in "expect read_all read_eager read_lazy read_some read_until read_very_eager".split()
    ),
)

BASES: dict[str, tuple[str, ...]] = {
    "ftplib.Error": ("Exception",),
    "ftplib.FTP": ("object",),
    "ftplib.FTP_TLS": ("ftplib.FTP",),
    "ftplib.error_perm": ("ftplib.Error",),
    "ftplib.error_proto": ("ftplib.Error",),
    "ftplib.error_reply": ("ftplib.Error",),
    "ftplib.error_temp": ("ftplib.Error",),
    "imaplib.IMAP4": ("object",),
    "imaplib.IMAP4.abort": ("imaplib.IMAP4.error",),
    "imaplib.IMAP4.error": ("Exception",),
    "imaplib.IMAP4.readonly": ("imaplib.IMAP4.abort",),
    "imaplib.IMAP4_SSL": ("imaplib.IMAP4",),
    "nntplib.NNTP": ("object",),
    "nntplib.NNTPDataError": ("nntplib.NNTPError",),
    "nntplib.NNTPError": ("Exception",),
    "nntplib.NNTPPermanentError": ("nntplib.NNTPError",),
    "nntplib.NNTPProtocolError": ("nntplib.NNTPError",),
    "nntplib.NNTPReplyError": ("nntplib.NNTPError",),
    "nntplib.NNTPTemporaryError": ("nntplib.NNTPError",),
    "nntplib.NNTP_SSL": ("nntplib.NNTP",),
    "poplib.POP3": ("object",),
    "poplib.POP3_SSL": ("poplib.POP3",),
    "poplib.error_proto": ("Exception",),
    "smtplib.LMTP": ("smtplib.SMTP",),
    "smtplib.SMTP": ("object",),
    "smtplib.SMTPAuthenticationError": ("smtplib.SMTPResponseException",),
    "smtplib.SMTPConnectError": ("smtplib.SMTPResponseException",),
    "smtplib.SMTPDataError": ("smtplib.SMTPResponseException",),
    "smtplib.SMTPException": ("OSError",),
    "smtplib.SMTPHeloError": ("smtplib.SMTPResponseException",),
    "smtplib.SMTPNotSupportedError": ("smtplib.SMTPException",),
    "smtplib.SMTPRecipientsRefused": ("smtplib.SMTPException",),
    "smtplib.SMTPResponseException": ("smtplib.SMTPException",),
    "smtplib.SMTPSenderRefused": ("smtplib.SMTPResponseException",),
    "smtplib.SMTPServerDisconnected": ("smtplib.SMTPException",),
    "smtplib.SMTP_SSL": ("smtplib.SMTP",),
    "telnetlib.Telnet": ("object",),
}

ALIASES: dict[str, str] = {
    "eventlet.green.ftplib": "ftplib",
    "imaplib.IMAP4_SSL.abort": "imaplib.IMAP4.abort",
    "imaplib.IMAP4_SSL.error": "imaplib.IMAP4.error",
    "imaplib.IMAP4_SSL.readonly": "imaplib.IMAP4.readonly",
    "imaplib.IMAP4_stream.abort": "imaplib.IMAP4.abort",
    "imaplib.IMAP4_stream.error": "imaplib.IMAP4.error",
}

HARMLESS: frozenset[str] = frozenset(
    {
        "ftplib.FTP.close",
        "ftplib.FTP.getwelcome",
        "ftplib.FTP.set_debuglevel",
        "ftplib.FTP.set_pasv",
        "imaplib.IMAP4.response",
        "imaplib.IMAP4.shutdown",
        "nntplib.NNTP.getwelcome",
        "poplib.POP3.close",
        "poplib.POP3.getwelcome",
        "poplib.POP3.set_debuglevel",
        "smtplib.SMTP.close",
        "smtplib.SMTP.has_extn",
        "smtplib.SMTP.set_debuglevel",
        "telnetlib.Telnet.close",
        "telnetlib.Telnet.set_debuglevel",
    }
)

LIBRARY = Library(
    name="protocols",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns={},
    harmless=HARMLESS,
    groups={"ftplib.all_errors": ("ftplib.Error", "OSError", "EOFError")},
    connection_failures=frozenset(
        {
            "imaplib.IMAP4.abort",
            "poplib.error_proto",
            "smtplib.SMTPConnectError",
            "smtplib.SMTPServerDisconnected",
        }
    ),
    answers=frozenset({"imaplib.IMAP4.readonly"}),
)
