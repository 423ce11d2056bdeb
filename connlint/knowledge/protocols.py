"""What is known of the standard library's older protocols: mail, FTP, news, Telnet.

Their constructors connect, those of `smtplib`, `ftplib` and `telnetlib` only when they are given a host. Each has its
own way to say that the server closed: `SMTPServerDisconnected`, `EOFError`, `IMAP4.abort`, `poplib.error_proto`.
"""

from __future__ import annotations

from connlint.knowledge.model import Failure, Library, Operation
from connlint.knowledge.sockets import GIVEN_UP, NO_ROUTE

_REFUSED = Failure("refused", "ConnectionRefusedError")
_RESET = Failure("reset", "ConnectionResetError")
_BROKEN = Failure("broken", "BrokenPipeError")
_TIMEOUT = Failure("timeout", "TimeoutError")
_UNRESOLVED = Failure("unresolved", "socket.gaierror")
_OTHER = Failure("unreachable", "OSError")
_HANDSHAKE = Failure("handshake", "ssl.SSLError")

_CONNECT = (_REFUSED, _TIMEOUT, _UNRESOLVED, _OTHER)
_TLS = (_RESET, _HANDSHAKE)


def _answered(*names: str) -> tuple[Failure, ...]:
    return tuple(Failure("answered", name) for name in names)


def _rubbish(*names: str) -> tuple[Failure, ...]:
    return tuple(Failure("rubbish", name) for name in names)


# smtplib turns every failure of an established line into one class of its own
_SMTP_LOST = {
    kind: Failure(kind, "smtplib.SMTPServerDisconnected") for kind in ("closed", "reset", "broken", "timeout")
}
_SMTP_ASKED = tuple(_SMTP_LOST.values())
_SMTP_HEARD = (_SMTP_LOST["closed"], _SMTP_LOST["reset"], _SMTP_LOST["timeout"])
_SMTP_TOLD = (_SMTP_LOST["reset"], _SMTP_LOST["broken"], _SMTP_LOST["timeout"])
_SMTP_CONNECT = (*_CONNECT, *_SMTP_HEARD)
_SMTP_NEW = (*_SMTP_CONNECT, *_answered("smtplib.SMTPConnectError"))
_SMTP_ANSWERED = {
    "auth": _answered("smtplib.SMTPAuthenticationError"),
    "data": _answered("smtplib.SMTPDataError"),
    "ehlo_or_helo_if_needed": _answered("smtplib.SMTPHeloError"),
    "mail": _answered("smtplib.SMTPNotSupportedError"),
}
_SMTP_SEND = (
    *_SMTP_ASKED,
    *_answered(
        "smtplib.SMTPSenderRefused",
        "smtplib.SMTPRecipientsRefused",
        "smtplib.SMTPDataError",
        "smtplib.SMTPHeloError",
        "smtplib.SMTPNotSupportedError",
    ),
)

_FTP_NO = (*_answered("ftplib.error_perm", "ftplib.error_temp"), *_rubbish("ftplib.error_proto", "ftplib.Error"))
_FTP_ODD = _answered("ftplib.error_reply")
_FTP_LOST = (_RESET, Failure("closed", "EOFError"), _TIMEOUT, NO_ROUTE)
_FTP_CONNECT = (*_CONNECT, _RESET, Failure("closed", "EOFError"), *_FTP_NO)
_FTP_HEARD = (*_FTP_LOST, *_FTP_NO)
_FTP_COMMAND = (*_FTP_LOST, _BROKEN, *_FTP_NO)
_FTP_TRANSFER = (_REFUSED, *_FTP_COMMAND, *_FTP_ODD)  # the data go over a connection of their own

_IMAP_LOST = (
    _RESET,
    _TIMEOUT,
    NO_ROUTE,
    # what fails while it sends is of its own class, and so is an end
    *(Failure(kind, "imaplib.IMAP4.abort") for kind in ("reset", "closed", "broken", "rubbish")),
)
_IMAP_ANSWERED = (Failure("answered", "imaplib.IMAP4.error"), Failure("rubbish", "imaplib.IMAP4.error"))
_IMAP_CONNECT = (_REFUSED, _UNRESOLVED, _OTHER, *(each for each in _IMAP_LOST if each != NO_ROUTE), *_IMAP_ANSWERED)
_IMAP_COMMANDS = """
    append authenticate capability check close copy create delete deleteacl enable expunge fetch getacl
    getannotation getquota getquotaroot list login login_cram_md5 logout lsub myrights namespace noop partial proxyauth
    recent rename search select setacl setannotation setquota sort status store subscribe thread uid unsubscribe
    unselect xatom
""".split()

_POP_LOST = (_RESET, _TIMEOUT, Failure("closed", "poplib.error_proto"))
_POP_ANSWERED = (*_answered("poplib.error_proto"), *_rubbish("poplib.error_proto"))
_POP_COMMANDS = "apop capa dele list noop pass_ quit retr rpop rset stat top uidl user utf8".split()

_NNTP_NO = (
    *_answered("nntplib.NNTPTemporaryError", "nntplib.NNTPPermanentError"),
    *_rubbish("nntplib.NNTPProtocolError", "nntplib.NNTPDataError"),
)
_NNTP_LOST = (_RESET, _BROKEN, Failure("closed", "EOFError"), _TIMEOUT)
_NNTP_COMMAND = (*_NNTP_LOST, NO_ROUTE, *_NNTP_NO)
_NNTP_COMMANDS = """
    article body capabilities date description descriptions group head help ihave last list login newgroups newnews
    next over post quit slave starttls stat xhdr xover
""".split()
_NNTP_ODD = _answered("nntplib.NNTPReplyError")
_NNTP_NEVER_ODD = frozenset({"login", "quit", "slave", "starttls"})  # which take any answer that is no refusal

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
            ("SMTP", _SMTP_NEW, "test_smtp", ("host", "port", "local_hostname", "timeout"), "host"),
            ("SMTP_SSL", (*_SMTP_NEW, *_TLS), "test_smtp_ssl", ("host", "port", "local_hostname"), "host"),
            # its host has a default
            ("LMTP", _SMTP_NEW, "test_lmtp", ("host", "port", "local_hostname"), None),
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
        Operation(
            f"smtplib.SMTP.{name}",
            "request",
            (*_SMTP_ASKED, *_SMTP_ANSWERED.get(name, ())),
            "tests/faults/test_protocols.py::test_smtp_command",
        )
        for name in """
            auth data docmd ehlo ehlo_or_helo_if_needed expn helo help mail noop quit rcpt rset verify vrfy
        """.split()
    ),
    *(
        Operation(f"smtplib.SMTP.{name}", "request", failures, "tests/faults/test_protocols.py::test_smtp_command")
        for name, failures in (("getreply", _SMTP_HEARD), ("putcmd", _SMTP_TOLD), ("send", _SMTP_TOLD))
    ),
    *(
        Operation(f"smtplib.SMTP.{name}", "send", _SMTP_SEND, "tests/faults/test_protocols.py::test_smtp_answers")
        for name in ("sendmail", "send_message")
    ),
    Operation(
        "smtplib.SMTP.login",
        "request",
        (
            *_SMTP_ASKED,
            *_answered(
                "smtplib.SMTPAuthenticationError",
                "smtplib.SMTPHeloError",
                "smtplib.SMTPNotSupportedError",
                "smtplib.SMTPException",
            ),
        ),
        "tests/faults/test_protocols.py::test_smtp_login",
    ),
    Operation(
        "smtplib.SMTP.starttls",
        "request",
        (
            *_SMTP_ASKED,
            *_answered("smtplib.SMTPResponseException", "smtplib.SMTPHeloError", "smtplib.SMTPNotSupportedError"),
            *_TLS,
            _TIMEOUT,
        ),
        "tests/faults/test_protocols.py::test_smtp_starttls",
    ),
    # https://docs.python.org/3/library/ftplib.html
    *(
        Operation(
            f"ftplib.{owner}",
            "connect",
            _FTP_CONNECT,  # TLS comes with the login
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
        Operation(f"ftplib.FTP.{name}", "request", failures, "tests/faults/test_protocols.py::test_ftp_command")
        for names, failures in (
            (
                "acct cwd delete login mkd pwd quit rename rmd sendeprt sendport voidcmd",
                (*_FTP_COMMAND, *_FTP_ODD),
            ),
            ("sendcmd size", _FTP_COMMAND),
            ("getresp", _FTP_HEARD),
            ("voidresp", (*_FTP_HEARD, *_FTP_ODD)),
            ("abort", (*_FTP_LOST, _BROKEN, *_rubbish("ftplib.error_proto", "ftplib.Error"))),
        )
        for name in names.split()
    ),
    *(
        Operation(f"ftplib.FTP.{name}", "request", _FTP_TRANSFER, "tests/faults/test_protocols.py::test_ftp_transfer")
        for name in "dir mlsd nlst ntransfercmd retrbinary retrlines storbinary storlines transfercmd".split()
    ),
    *(
        Operation(f"ftplib.FTP_TLS.{name}", "request", failures, "tests/faults/test_protocols.py::test_ftp_tls_command")
        for name, failures in (
            ("auth", (*_FTP_COMMAND, *_FTP_ODD, _HANDSHAKE)),
            ("ccc", (*_FTP_COMMAND, _HANDSHAKE)),
            ("login", (*_FTP_COMMAND, *_FTP_ODD, _HANDSHAKE)),
            ("prot_c", (*_FTP_COMMAND, *_FTP_ODD)),
            ("prot_p", (*_FTP_COMMAND, *_FTP_ODD)),
        )
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
            (
                *_IMAP_LOST,
                *_IMAP_ANSWERED,
                *(_answered("imaplib.IMAP4.readonly") if name == "select" else ()),
            ),
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
            (*_CONNECT, _RESET, *_POP_LOST[2:], *_POP_ANSWERED, *((_HANDSHAKE,) if owner == "POP3_SSL" else ())),
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
            (*_POP_LOST, NO_ROUTE, _BROKEN, *_POP_ANSWERED),
            "tests/faults/test_protocols.py::test_pop_command",
        )
        for name in _POP_COMMANDS
    ),
    Operation(
        "poplib.POP3.stls",
        "request",
        (*_POP_LOST, NO_ROUTE, _BROKEN, *_POP_ANSWERED, _HANDSHAKE),
        "tests/faults/test_protocols.py::test_pop_stls",
    ),
    # Gone in Python 3.13: https://docs.python.org/3.12/library/nntplib.html
    *(
        Operation(
            f"nntplib.{owner}",
            "connect",
            (
                *_CONNECT,
                _RESET,
                _BROKEN,
                Failure("closed", "EOFError"),
                *_NNTP_NO,
                # the latter before Python 3.12.3 (gh-115627)
                *((_HANDSHAKE, Failure("broken", "ssl.SSLError")) if owner == "NNTP_SSL" else ()),
            ),
            "tests/faults/test_protocols.py::test_nntp",
            parameters=("host", "port"),
            address=("host", "port"),
            timeout="timeout",
        )
        for owner in ("NNTP", "NNTP_SSL")
    ),
    *(
        Operation(
            f"nntplib.NNTP.{name}",
            "request",
            (
                *_NNTP_COMMAND,
                *(() if name in _NNTP_NEVER_ODD else _NNTP_ODD),
                *((_HANDSHAKE,) if name == "starttls" else ()),
            ),
            "tests/faults/test_protocols.py::test_nntp_command",
        )
        for name in _NNTP_COMMANDS
    ),
    # Gone in Python 3.13: https://docs.python.org/3.12/library/telnetlib.html
    Operation(
        "telnetlib.Telnet",
        "connect",
        _CONNECT,
        "tests/faults/test_protocols.py::test_telnet",
        parameters=("host", "port", "timeout"),
        address=("host", "port"),
        timeout="timeout",
        only_with="host",
    ),
    Operation(
        "telnetlib.Telnet.open",
        "connect",
        _CONNECT,
        "tests/faults/test_protocols.py::test_telnet",
        parameters=("host", "port", "timeout"),
        address=("host", "port"),
        timeout="timeout",
    ),
    Operation(
        "telnetlib.Telnet.write",
        "send",
        (_BROKEN, _RESET, _TIMEOUT, NO_ROUTE),
        "tests/faults/test_protocols.py::test_telnet_command",
    ),
    *(
        Operation(
            f"telnetlib.Telnet.{name}", "receive", failures, "tests/faults/test_protocols.py::test_telnet_command"
        )
        for names, failures in (
            # these say of an end that nothing came
            ("read_all read_some", (_RESET, _TIMEOUT, NO_ROUTE)),
            # these wait until there is something to read
            (
                "expect read_eager read_until read_very_eager",
                (_RESET, Failure("closed", "EOFError"), GIVEN_UP, NO_ROUTE),
            ),
            # and these only look at what was read
            ("read_lazy read_very_lazy", (Failure("closed", "EOFError"),)),
        )
        for name in names.split()
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
        "nntplib.NNTP.getcapabilities",  # which the constructor has asked for
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
