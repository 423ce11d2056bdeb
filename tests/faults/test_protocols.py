"""What `smtplib`, `ftplib`, `imaplib` and `poplib` raise."""

from __future__ import annotations

import ftplib
import imaplib
import io
import poplib
import smtplib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.peers import (
    DROP,
    HANG_UP,
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    close,
    closed_port,
    compare,
    follow_script,
    hear,
    patience,
    raised,
    reset,
    say,
    stay_silent,
    wait_for_hangup,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]
    Treatments = Sequence[tuple[Scenario, Callable[[socket.socket], None]]]


def connect_and_fail(connect: Callable[[str, int, float], Any], treatments: Treatments) -> Seen:
    """Return what `connect` raises at the addresses where nobody answers, and at peers that do as `treatments` say."""
    with closed_port() as closed, black_hole() as hole:
        seen: Seen = [
            ("refused", raised(lambda: connect(*closed, LATE))),
            ("timeout", raised(lambda: connect(*hole, SOON))),
            ("unresolved", raised(lambda: connect(UNKNOWN_HOST, 1, LATE))),
            ("unreachable", raised(lambda: connect("255.255.255.255", 1, LATE))),
        ]
    for scenario, treat in treatments:
        with Peer(treat) as peer:
            seen.append((scenario, raised(lambda: connect(*peer.address, patience(scenario)))))  # noqa: B023
    return seen


TLS: Treatments = [
    ("reset", hear(b"\x01", reset)),
    ("handshake", say(b"220 this is no TLS\r\n")),
    ("timeout", stay_silent),
]

SMTP_GREETING = (b"", b"220 here\r\n")
SMTP_HELLO = (b"\r\n", b"250-here\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
SMTP_GREETINGS: Treatments = [
    ("reset", DROP),
    ("closed", HANG_UP),
    ("timeout", stay_silent),
    ("answered", say(b"554 no\r\n", hear(b"\r\n", close))),
]


class Telling:
    """A client that has the peer of `SMTP_GREETINGS` drop the line, once it is connected."""

    def _get_socket(self, *args: Any) -> socket.socket:
        sock: socket.socket = super()._get_socket(*args)  # type: ignore[misc]
        sock.send(b"!")
        return sock


class SMTP(Telling, smtplib.SMTP):
    pass


class LMTP(Telling, smtplib.LMTP):
    pass


def test_smtp() -> None:
    seen = connect_and_fail(lambda host, port, wait: SMTP(host, port, timeout=wait), SMTP_GREETINGS)
    compare("smtplib.SMTP", seen)
    seen = connect_and_fail(lambda host, port, wait: SMTP(timeout=wait).connect(host, port), SMTP_GREETINGS[:3])
    compare("smtplib.SMTP.connect", seen)


def test_lmtp() -> None:
    compare(
        "smtplib.LMTP",
        connect_and_fail(lambda host, port, wait: LMTP(host, port, timeout=wait), SMTP_GREETINGS),
    )


def test_smtp_ssl() -> None:
    def make(host: str, port: int, wait: float) -> object:
        return smtplib.SMTP_SSL(host, port, timeout=wait, context=client_context())

    def connect(host: str, port: int, wait: float) -> object:
        smtp: Any = smtplib.SMTP_SSL(timeout=wait, context=client_context())
        smtp._host = host  # it checks the certificate for the constructor's host, and for no other
        return smtp.connect(host, port)

    compare("smtplib.SMTP_SSL", connect_and_fail(make, TLS))
    compare("smtplib.SMTP_SSL.connect", connect_and_fail(connect, TLS))


SMTP_COMMANDS: dict[str, Callable[[smtplib.SMTP], object]] = {
    "data": lambda smtp: smtp.data("x"),
    "docmd": lambda smtp: smtp.docmd("NOOP"),
    "ehlo": lambda smtp: smtp.ehlo(),
    "ehlo_or_helo_if_needed": lambda smtp: smtp.ehlo_or_helo_if_needed(),
    "expn": lambda smtp: smtp.expn("x"),
    "helo": lambda smtp: smtp.helo(),
    "help": lambda smtp: smtp.help(),
    "mail": lambda smtp: smtp.mail("x"),
    "noop": lambda smtp: smtp.noop(),
    "quit": lambda smtp: smtp.quit(),
    "rcpt": lambda smtp: smtp.rcpt("x"),
    "send_message": lambda smtp: smtp.sendmail("a", ["b"], "x"),
    "sendmail": lambda smtp: smtp.sendmail("a", ["b"], "x"),
    "verify": lambda smtp: smtp.verify("x"),
    "vrfy": lambda smtp: smtp.vrfy("x"),
}


def smtp_command(command: Callable[[smtplib.SMTP], object], *steps: tuple[bytes, bytes], then: Any) -> Any:
    with (
        Peer(follow_script(SMTP_GREETING, *steps, then=then)) as peer,
        smtplib.SMTP(*peer.address, timeout=LATE) as smtp,
    ):
        if steps:
            smtp.ehlo("here")
        error = raised(lambda: command(smtp))
        smtp.close()
    return error


def smtp_wait(command: Callable[[Any], object], *steps: Any, **options: Any) -> Any:
    def impatient(smtp: Any) -> object:
        smtp.sock.settimeout(SOON)
        return command(smtp)

    return smtp_command(impatient, *steps, **options)


def closed_before(command: Callable[[smtplib.SMTP], object]) -> Callable[[smtplib.SMTP], object]:
    def late(smtp: smtplib.SMTP) -> object:
        smtp.close()
        return command(smtp)

    return late


@pytest.mark.parametrize("name", SMTP_COMMANDS)
def test_smtp_command(name: str) -> None:
    command = SMTP_COMMANDS[name]
    seen: Seen = [
        ("reset", smtp_command(command, then=hear(b"\n", reset))),
        ("closed", smtp_command(command, then=hear(b"\n", close))),
        ("timeout", smtp_wait(command, then=stay_silent)),
        ("broken", smtp_command(closed_before(command), then=stay_silent)),
    ]
    compare(f"smtplib.SMTP.{name}", seen)


def test_smtp_answers() -> None:
    no = (b"\n", b"550 no\r\n")
    yes = (b"\n", b"250 yes\r\n")
    send = SMTP_COMMANDS["sendmail"]
    seen: Seen = [
        ("answered", smtp_command(send, SMTP_HELLO, no, yes, then=stay_silent)),
        ("answered", smtp_command(send, SMTP_HELLO, yes, no, yes, then=stay_silent)),
        ("answered", smtp_command(send, SMTP_HELLO, yes, yes, no, yes, then=stay_silent)),
    ]
    assert len({type(error) for _, error in seen}) == 3
    compare("smtplib.SMTP.sendmail", seen)


def test_smtp_login() -> None:
    def login(smtp: smtplib.SMTP) -> object:
        return smtp.login("a", "b")

    compare(
        "smtplib.SMTP.login",
        {
            "answered": smtp_command(login, SMTP_HELLO, (b"\n", b"535 no\r\n"), then=stay_silent),
            "reset": smtp_command(login, SMTP_HELLO, then=hear(b"\n", reset)),
            "closed": smtp_command(login, SMTP_HELLO, then=hear(b"\n", close)),
            "timeout": smtp_wait(login, SMTP_HELLO, then=stay_silent),
        },
    )


def test_smtp_starttls() -> None:
    def start(smtp: smtplib.SMTP) -> object:
        return smtp.starttls(context=client_context())

    ready = (b"\n", b"220 go on\r\n")
    compare(
        "smtplib.SMTP.starttls",
        [
            ("answered", smtp_command(start, SMTP_HELLO, (b"\n", b"454 no\r\n"), then=stay_silent)),
            ("answered", smtp_command(start, (b"\n", b"250 here\r\n"), then=stay_silent)),
            ("closed", smtp_command(start, SMTP_HELLO, then=hear(b"\n", close))),
            ("reset", smtp_command(start, SMTP_HELLO, ready, then=hear(b"\x01", reset))),
            ("handshake", smtp_command(start, SMTP_HELLO, ready, then=say(b"220 this is no TLS\r\n"))),
            ("timeout", smtp_wait(start, SMTP_HELLO, ready, then=stay_silent)),
        ],
    )


FTP_GREETINGS: Treatments = [
    ("reset", reset),
    ("closed", close),
    ("timeout", stay_silent),
    ("answered", say(b"421 busy\r\n")),
    ("answered", say(b"530 no\r\n")),
    ("answered", say(b"rubbish\r\n")),
]


FTP_GREETING = (b"", b"220 here\r\n")


def test_ftp() -> None:
    def connect(host: str, port: int, wait: float) -> None:
        with closing(ftplib.FTP(timeout=wait)) as ftp:
            ftp.connect(host, port)

    compare("ftplib.FTP.connect", connect_and_fail(connect, FTP_GREETINGS))


@pytest.mark.parametrize("kind", [ftplib.FTP, ftplib.FTP_TLS])
def test_ftp_constructor(kind: type[ftplib.FTP], monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(host: str, port: int, wait: float) -> object:
        monkeypatch.setattr(kind, "port", port)
        return kind(host, timeout=wait)

    compare(f"ftplib.{kind.__name__}", connect_and_fail(connect, FTP_GREETINGS), documented=("BrokenPipeError",))


def ftp_command(command: Callable[[Any], object], *steps: tuple[bytes, bytes], then: Any, tls: bool = False) -> Any:
    ftp = ftplib.FTP_TLS(timeout=LATE, context=client_context()) if tls else ftplib.FTP(timeout=LATE)
    with Peer(follow_script(FTP_GREETING, *steps, then=then)) as peer:
        ftp.connect(*peer.address)
        error = raised(lambda: command(ftp))
        ftp.close()
    return error


def ftp_wait(command: Callable[[Any], object], *steps: Any, **options: Any) -> Any:
    def impatient(ftp: Any) -> object:
        ftp.sock.settimeout(SOON)
        return command(ftp)

    return ftp_command(impatient, *steps, **options)


def after_reset(command: Callable[[Any], object], sock: Callable[[Any], socket.socket]) -> Callable[[Any], object]:
    """Return a command of a client whose line is down, and who has met it once."""

    def late(client: Any) -> object:
        raised(lambda: command(client))
        wait_for_hangup(sock(client))
        raised(lambda: sock(client).send(b"x"))
        return command(client)

    return late


FTP_COMMANDS: dict[str, Callable[[Any], object]] = {
    "cwd": lambda ftp: ftp.cwd("x"),
    "delete": lambda ftp: ftp.delete("x"),
    "login": lambda ftp: ftp.login(),
    "mkd": lambda ftp: ftp.mkd("x"),
    "pwd": lambda ftp: ftp.pwd(),
    "quit": lambda ftp: ftp.quit(),
    "rename": lambda ftp: ftp.rename("x", "y"),
    "rmd": lambda ftp: ftp.rmd("x"),
    "sendcmd": lambda ftp: ftp.sendcmd("NOOP"),
    "size": lambda ftp: ftp.size("x"),
    "voidcmd": lambda ftp: ftp.voidcmd("NOOP"),
}


@pytest.mark.parametrize("name", FTP_COMMANDS)
def test_ftp_command(name: str) -> None:
    command = FTP_COMMANDS[name]
    seen: Seen = [
        ("reset", ftp_command(command, then=hear(b"\n", reset))),
        ("closed", ftp_command(command, then=hear(b"\n", close))),
        ("timeout", ftp_wait(command, then=stay_silent)),
        ("broken", ftp_command(after_reset(command, lambda ftp: ftp.sock), then=hear(b"\n", reset))),
        ("answered", ftp_command(command, (b"\n", b"421 busy\r\n"), then=stay_silent)),
        ("answered", ftp_command(command, (b"\n", b"550 no\r\n"), then=stay_silent)),
        ("answered", ftp_command(command, (b"\n", b"rubbish\r\n"), then=stay_silent)),
    ]
    compare(f"ftplib.FTP.{name}", seen)


def test_ftp_tls_command() -> None:
    for name in ("auth", "login"):
        command: Callable[[Any], object] = lambda ftp: getattr(ftp, name)()  # noqa: B023, E731
        ready = (b"\n", b"234 go on\r\n")
        seen: Seen = [
            ("closed", ftp_command(command, then=hear(b"\n", close), tls=True)),
            ("answered", ftp_command(command, (b"\n", b"550 no\r\n"), then=stay_silent, tls=True)),
            ("reset", ftp_command(command, ready, then=hear(b"\x01", reset), tls=True)),
            ("handshake", ftp_command(command, ready, then=say(b"220 this is no TLS\r\n"), tls=True)),
            ("timeout", ftp_wait(command, ready, then=stay_silent, tls=True)),
        ]
        compare(f"ftplib.FTP_TLS.{name}", seen, documented=("BrokenPipeError",))


FTP_TRANSFERS: dict[str, Callable[[Any], object]] = {
    "dir": lambda ftp: ftp.dir(print),
    "mlsd": lambda ftp: list(ftp.mlsd()),
    "nlst": lambda ftp: ftp.nlst(),
    "ntransfercmd": lambda ftp: ftp.ntransfercmd("RETR x"),
    "retrbinary": lambda ftp: ftp.retrbinary("RETR x", print),
    "retrlines": lambda ftp: ftp.retrlines("LIST"),
    "storbinary": lambda ftp: ftp.storbinary("STOR x", io.BytesIO(b"x")),
    "storlines": lambda ftp: ftp.storlines("STOR x", io.BytesIO(b"x\n")),
    "transfercmd": lambda ftp: ftp.transfercmd("RETR x"),
}


@pytest.mark.parametrize("name", FTP_TRANSFERS)
def test_ftp_transfer(name: str) -> None:
    command = FTP_TRANSFERS[name]
    typed = (b"\n", b"200 yes\r\n")
    steps = () if name in {"ntransfercmd", "transfercmd"} else (typed,)
    with closed_port() as closed:
        passive = (b"\n", b"227 (127,0,0,1,%d,%d)\r\n" % divmod(closed[1], 256))
        seen: Seen = [
            ("refused", ftp_command(command, *steps, passive, then=stay_silent)),
            ("reset", ftp_command(command, then=hear(b"\n", reset))),
            ("closed", ftp_command(command, then=hear(b"\n", close))),
            ("timeout", ftp_wait(command, then=stay_silent)),
            ("answered", ftp_command(command, (b"\n", b"550 no\r\n"), then=stay_silent)),
        ]
    compare(f"ftplib.FTP.{name}", seen, documented=("BrokenPipeError",))


IMAP_GREETINGS: Treatments = [
    ("reset", reset),
    ("closed", close),
    ("timeout", stay_silent),
    ("rubbish", say(b"220 here\r\n")),
    ("answered", say(b"* BYE no\r\n")),
]


def imap_serve(then: Callable[[socket.socket], None], *steps: bytes) -> Callable[[socket.socket], None]:
    """Return a treatment that greets, tells its capabilities, answers with `steps` (each after the tag), and goes on."""

    def treat(connection: socket.socket) -> None:
        connection.sendall(b"* OK here\r\n")
        for step in (b"* CAPABILITY IMAP4REV1 STARTTLS\r\n%s OK done\r\n", *steps):
            tag = connection.recv(1000).split()[0]
            connection.sendall(step.replace(b"%s", tag))
        then(connection)

    return treat


def test_imap() -> None:
    seen = connect_and_fail(lambda host, port, wait: imaplib.IMAP4(host, port, timeout=wait), IMAP_GREETINGS)
    compare("imaplib.IMAP4", seen)

    def connect(host: str, port: int, wait: float) -> object:
        return imaplib.IMAP4_SSL(host, port, timeout=wait, ssl_context=client_context())

    compare("imaplib.IMAP4_SSL", connect_and_fail(connect, TLS))


IMAP_COMMANDS: dict[str, Callable[[imaplib.IMAP4], object]] = {
    "capability": lambda imap: imap.capability(),
    "login": lambda imap: imap.login("a", "b"),
    "logout": lambda imap: imap.logout(),
    "noop": lambda imap: imap.noop(),
    "xatom": lambda imap: imap.xatom("X"),
}


def imap_command(command: Callable[[imaplib.IMAP4], object], then: Any, *steps: bytes) -> Any:
    with Peer(imap_serve(then, *steps)) as peer:
        imap = imaplib.IMAP4(*peer.address, timeout=LATE)
        error = raised(lambda: command(imap))
        raised(imap.shutdown)
    return error


def imap_wait(command: Callable[[Any], object], *steps: Any, **options: Any) -> Any:
    def impatient(imap: Any) -> object:
        imap.sock.settimeout(SOON)
        return command(imap)

    return imap_command(impatient, *steps, **options)


@pytest.mark.parametrize("name", IMAP_COMMANDS)
def test_imap_command(name: str) -> None:
    command = IMAP_COMMANDS[name]
    seen: Seen = [
        ("reset", imap_command(command, hear(b"\n", reset))),
        ("closed", imap_command(command, hear(b"\n", close))),
        ("timeout", imap_wait(command, stay_silent)),
        ("broken", imap_command(after_reset(command, lambda imap: imap.sock), hear(b"\n", reset))),
        ("rubbish", imap_command(command, stay_silent, b"rubbish\r\n")),
    ]
    if name != "logout":
        seen.append(("answered", imap_command(command, stay_silent, b"%s BAD no\r\n")))
    compare(f"imaplib.IMAP4.{name}", seen)


def test_imap_starttls() -> None:
    def start(imap: imaplib.IMAP4) -> object:
        return imap.starttls(client_context())

    ready = b"%s OK done\r\n"
    compare(
        "imaplib.IMAP4.starttls",
        [
            ("closed", imap_command(start, hear(b"\n", close))),
            ("answered", imap_command(start, stay_silent, b"%s BAD no\r\n")),
            ("reset", imap_command(start, hear(b"\x01", reset), ready)),
            ("handshake", imap_command(start, say(b"220 this is no TLS\r\n"), ready)),
            ("timeout", imap_wait(start, stay_silent, ready)),
        ],
    )


POP_GREETINGS: Treatments = [
    ("reset", reset),
    ("closed", close),
    ("timeout", stay_silent),
    ("rubbish", say(b"220 here\r\n")),
    ("answered", say(b"-ERR no\r\n")),
]


def test_pop() -> None:
    seen = connect_and_fail(lambda host, port, wait: poplib.POP3(host, port, timeout=wait), POP_GREETINGS)
    compare("poplib.POP3", seen)

    def connect(host: str, port: int, wait: float) -> object:
        return poplib.POP3_SSL(host, port, timeout=wait, context=client_context())

    compare("poplib.POP3_SSL", connect_and_fail(connect, TLS))


POP_COMMANDS: dict[str, Callable[[poplib.POP3], object]] = {
    "dele": lambda pop: pop.dele(1),
    "list": lambda pop: pop.list(),
    "noop": lambda pop: pop.noop(),
    "pass_": lambda pop: pop.pass_("x"),
    "quit": lambda pop: pop.quit(),
    "retr": lambda pop: pop.retr(1),
    "stat": lambda pop: pop.stat(),
    "top": lambda pop: pop.top(1, 1),
    "uidl": lambda pop: pop.uidl(),
    "user": lambda pop: pop.user("x"),
}


def pop_command(command: Callable[[poplib.POP3], object], *steps: tuple[bytes, bytes], then: Any) -> Any:
    with Peer(follow_script((b"", b"+OK here\r\n"), *steps, then=then)) as peer:
        pop = poplib.POP3(*peer.address, timeout=LATE)
        error = raised(lambda: command(pop))
        raised(pop.close)
    return error


def pop_wait(command: Callable[[Any], object], *steps: Any, **options: Any) -> Any:
    def impatient(pop: Any) -> object:
        pop.sock.settimeout(SOON)
        return command(pop)

    return pop_command(impatient, *steps, **options)


@pytest.mark.parametrize("name", POP_COMMANDS)
def test_pop_command(name: str) -> None:
    command = POP_COMMANDS[name]
    seen: Seen = [
        ("reset", pop_command(command, then=hear(b"\n", reset))),
        ("closed", pop_command(command, then=hear(b"\n", close))),
        ("timeout", pop_wait(command, then=stay_silent)),
        ("broken", pop_command(after_reset(command, lambda pop: pop.sock), then=hear(b"\n", reset))),
        ("answered", pop_command(command, (b"\n", b"-ERR no\r\n"), then=stay_silent)),
        ("rubbish", pop_command(command, (b"\n", b"rubbish\r\n"), then=stay_silent)),
    ]
    compare(f"poplib.POP3.{name}", seen)


def test_pop_stls() -> None:
    def start(pop: poplib.POP3) -> object:
        return pop.stls(client_context())

    steps = ((b"\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"\n", b"+OK\r\n"))
    seen: Seen = [
        ("closed", pop_command(start, then=hear(b"\n", close))),
        ("answered", pop_command(start, (b"\n", b"-ERR no\r\n"), then=stay_silent)),
        ("reset", pop_command(start, *steps, then=hear(b"\x01", reset))),
        ("handshake", pop_command(start, *steps, then=say(b"220 this is no TLS\r\n"))),
        ("timeout", pop_wait(start, *steps, then=stay_silent)),
    ]
    compare("poplib.POP3.stls", seen, documented=("BrokenPipeError",))
