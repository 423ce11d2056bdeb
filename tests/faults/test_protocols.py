"""What `smtplib`, `ftplib`, `imaplib`, `poplib`, `nntplib` and `telnetlib` raise."""

from __future__ import annotations

import contextlib
import datetime as dt
import ftplib
import imaplib
import io
import poplib
import smtplib
import socket
import sys
import tempfile
import warnings
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.experiments import HANDSHAKES, Experiment, by_operation, check_all, nobody, somebody
from tests.faults.peers import (
    AT_ONCE,
    DROP,
    HANG_UP,
    LATE,
    Peer,
    client_context,
    close,
    closed_port,
    fill,
    follow_script,
    hear,
    raised,
    reset,
    say,
    server_context,
    stay_silent,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.knowledge.model import Scenario
    from tests.faults.experiments import Connect, Treated

    Outcome = BaseException | None
    Treatment = Callable[[socket.socket], None]
    Command = Callable[[Any], object]
    Perform = Callable[[Command], Outcome]
    # The scenario, the class of the row, what performs it, and what the peer does
    Ways = tuple[tuple[Scenario, str | None, Perform, str], ...]

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    if sys.version_info < (3, 13):
        import nntplib
        import telnetlib

GONE = (3, 13)
# Until then Python takes a reset of a TLS connection for its end (gh-115627)
CLEAR = (3, 12, 3)


def by_command(name: str, command: Command, ways: Ways, before: tuple[int, ...] = (4,)) -> Iterator[Experiment]:
    for scenario, raises, perform, what in ways:
        yield Experiment(name, scenario, raises, partial(perform, command), what, before=before)


def impatient(command: Command, client: Any) -> object:
    client.sock.settimeout(AT_ONCE)
    return command(client)


def full(command: Command, client: Any) -> object:
    fill(client.sock, client.sock)
    return command(client)


def dropped(command: Command, client: Any) -> object:
    """Do `command` over a line that the peer has dropped."""
    client.sock.send(b"!\r\n")
    wait_for_hangup(client.sock)
    return command(client)


def dropped_and_met(command: Command, client: Any) -> object:
    """Do `command` over a line that the peer has dropped, which has been met once."""
    client.sock.send(b"!\r\n")
    wait_for_hangup(client.sock)
    raised(lambda: client.sock.send(b"x"))
    return command(client)


def told(command: Command, client: Any) -> object:
    """Say a word, for a peer that waits for one before it answers, and then do `command`."""
    client.sock.send(b"!\r\n")
    return command(client)


def secure(then: Treatment) -> Treatment:
    """Return a treatment that does the server's part of a handshake, and then goes on with another."""

    def treat(connection: socket.socket) -> None:
        with server_context().wrap_socket(connection, server_side=True) as secret:
            then(secret)
            raised(lambda: hear(b"nothing of the kind", close)(secret))  # stays until the client goes

    return treat


# SMTP

LOST = "smtplib.SMTPServerDisconnected"
SMTP_GREETING = (b"", b"220 here\r\n")
SMTP_HELLO = (b"\r\n", b"250-here\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
SMTP_GREETINGS: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("reset", LOST, DROP, "drops"),
    ("closed", LOST, HANG_UP, "closes"),
    ("timeout", LOST, stay_silent, "stays silent"),
)
SMTP_NO: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("answered", "smtplib.SMTPConnectError", say(b"554 no\r\n", hear(b"\r\n", close)), "says no"),
)


class Telling:
    """A client that says a word once it is connected, for the peers of `SMTP_GREETINGS`."""

    def _get_socket(self, *args: Any) -> socket.socket:
        sock: socket.socket = super()._get_socket(*args)  # type: ignore[misc]
        sock.send(b"!")
        return sock


class SMTP(Telling, smtplib.SMTP):
    pass


class LMTP(Telling, smtplib.LMTP):
    pass


class SMTPOverTLS(Telling, smtplib.SMTP_SSL):
    pass


def smtp_new(kind: type[smtplib.SMTP], host: str, port: int, wait: float, **options: Any) -> None:
    kind(host, port, timeout=wait, **options).close()


def smtp_connect(kind: type[smtplib.SMTP], host: str, port: int, wait: float, **options: Any) -> None:
    with contextlib.closing(kind(timeout=wait, **options)) as smtp:
        smtp._host = host  # type: ignore[attr-defined]  # TLS checks the name that the constructor was given
        smtp.connect(host, port)


def at_path(connect: Connect, *, bound: bool) -> Outcome:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as taken:
        path = str(Path(directory) / "s")
        if bound:
            taken.bind(path)
        return raised(lambda: connect(path, 0, LATE))


def lmtp_connect(host: str, port: int, wait: float) -> None:
    LMTP(host, port, timeout=wait).close()


def smtp_connects() -> Iterator[Experiment]:
    plain = partial(smtp_new, SMTP)
    yield from nobody("smtplib.SMTP", plain)
    yield from somebody("smtplib.SMTP", plain, SMTP_GREETINGS + SMTP_NO)
    late = partial(smtp_connect, SMTP)
    yield from nobody("smtplib.SMTP.connect", late)
    yield from somebody("smtplib.SMTP.connect", late, SMTP_GREETINGS)


@by_operation(smtp_connects())
def test_smtp(experiments: list[Experiment]) -> None:
    check_all(experiments)


def lmtp_connects() -> Iterator[Experiment]:
    yield from nobody("smtplib.LMTP", lmtp_connect)
    yield from somebody("smtplib.LMTP", lmtp_connect, SMTP_GREETINGS + SMTP_NO)
    make = partial(Experiment, "smtplib.LMTP")
    yield make("refused", "ConnectionRefusedError", partial(at_path, lmtp_connect, bound=True), "Unix")
    yield make("unreachable", "OSError", partial(at_path, lmtp_connect, bound=False), "Unix, no such path")


@by_operation(lmtp_connects())
def test_lmtp(experiments: list[Experiment]) -> None:
    check_all(experiments)


def smtp_ssl_connects() -> Iterator[Experiment]:
    tls = client_context()
    for name, connect, telling in (
        (
            "smtplib.SMTP_SSL",
            partial(smtp_new, smtplib.SMTP_SSL, context=tls),
            partial(smtp_new, SMTPOverTLS, context=tls),
        ),
        (
            "smtplib.SMTP_SSL.connect",
            partial(smtp_connect, smtplib.SMTP_SSL, context=tls),
            partial(smtp_connect, SMTPOverTLS, context=tls),
        ),
    ):
        yield from nobody(name, connect)
        yield from somebody(name, connect, HANDSHAKES)
        greetings = SMTP_GREETINGS + (SMTP_NO if name == "smtplib.SMTP_SSL" else ())
        yield from somebody(name, telling, greetings, tls=True)


@by_operation(smtp_ssl_connects())
def test_smtp_ssl(experiments: list[Experiment]) -> None:
    check_all(experiments)


MESSAGE = EmailMessage()
MESSAGE["From"], MESSAGE["To"] = "a", "b"
FOREIGN = EmailMessage()
FOREIGN["From"], FOREIGN["To"] = "\u00e4@a", "b@b"
SMTP_COMMANDS: dict[str, Command] = {
    "auth": lambda smtp: smtp.auth("PLAIN", lambda challenge=None: "x"),
    "data": lambda smtp: smtp.data("x"),
    "docmd": lambda smtp: smtp.docmd("NOOP"),
    "ehlo": lambda smtp: smtp.ehlo("here"),
    "ehlo_or_helo_if_needed": lambda smtp: smtp.ehlo_or_helo_if_needed(),
    "expn": lambda smtp: smtp.expn("x"),
    "helo": lambda smtp: smtp.helo("here"),
    "help": lambda smtp: smtp.help(),
    "login": lambda smtp: smtp.login("a", "b"),
    "mail": lambda smtp: smtp.mail("x"),
    "noop": lambda smtp: smtp.noop(),
    "quit": lambda smtp: smtp.quit(),
    "rcpt": lambda smtp: smtp.rcpt("x"),
    "rset": lambda smtp: smtp.rset(),
    "send_message": lambda smtp: smtp.send_message(MESSAGE),
    "sendmail": lambda smtp: smtp.sendmail("a", ["b"], "x"),
    "starttls": lambda smtp: smtp.starttls(context=client_context()),
    "verify": lambda smtp: smtp.verify("x"),
    "vrfy": lambda smtp: smtp.vrfy("x"),
}


def smtp_command(
    command: Command, *steps: tuple[bytes, bytes], then: Treatment, before: Any = None, greeted: bool = False
) -> Outcome:
    """Return what `command` raises of a client that has heard the greeting, and said hello where that has an answer."""
    script = follow_script(SMTP_GREETING, *([SMTP_HELLO] if greeted else []), *steps, then=then)
    with Peer(script) as peer, contextlib.closing(smtplib.SMTP(*peer.address, "here", timeout=LATE)) as smtp:
        if greeted:
            smtp.ehlo("here")
        return raised(lambda: command(smtp) if before is None else before(command, smtp))


def closed_before(command: Command, client: Any) -> object:
    client.close()
    return command(client)


def smtp(*steps: tuple[bytes, bytes], then: Treatment = stay_silent, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        return smtp_command(command, *steps, then=then, before=before)

    return perform


def smtp_greeted(*steps: tuple[bytes, bytes], then: Treatment = stay_silent, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        return smtp_command(command, *steps, then=then, before=before, greeted=True)

    return perform


# A line that fails under a command that hears an answer
SMTP_ASKED: Ways = (
    ("reset", LOST, smtp(then=hear(b"\n", reset)), "drops"),
    ("reset", LOST, smtp(then=DROP, before=dropped), "dropped before"),
    ("closed", LOST, smtp(then=hear(b"\n", close)), "closes"),
    ("timeout", LOST, smtp(before=impatient), "stays silent"),
    ("broken", LOST, smtp(then=DROP, before=dropped_and_met), "dropped before, and met"),
    ("broken", LOST, smtp(before=closed_before), "our end closed"),
)
SMTP_TOLD: Ways = (
    ("reset", LOST, smtp(then=DROP, before=dropped), "dropped before"),
    ("broken", LOST, smtp(then=DROP, before=dropped_and_met), "dropped before, and met"),
    ("broken", LOST, smtp(before=closed_before), "our end closed"),
    ("timeout", LOST, smtp(before=full), "does not read"),
)
SMTP_HEARD: Ways = (
    ("reset", LOST, smtp(then=DROP, before=told), "drops"),
    ("closed", LOST, smtp(then=HANG_UP, before=told), "closes"),
    ("timeout", LOST, smtp(before=impatient), "stays silent"),
)


def smtp_commands() -> Iterator[Experiment]:
    for name, command in SMTP_COMMANDS.items():
        if name not in {"login", "starttls", "send_message", "sendmail"}:
            yield from by_command(f"smtplib.SMTP.{name}", command, SMTP_ASKED)
    yield from by_command("smtplib.SMTP.send", lambda smtp: smtp.send("x"), SMTP_TOLD)
    yield from by_command("smtplib.SMTP.putcmd", lambda smtp: smtp.putcmd("x"), SMTP_TOLD)
    yield from by_command("smtplib.SMTP.getreply", lambda smtp: smtp.getreply(), SMTP_HEARD)
    no = (b"\n", b"550 no\r\n")
    make = partial(Experiment, scenario="answered")
    for name, raises, perform in (
        ("auth", "SMTPAuthenticationError", partial(smtp(no), SMTP_COMMANDS["auth"])),
        ("data", "SMTPDataError", partial(smtp(no), SMTP_COMMANDS["data"])),
        ("ehlo_or_helo_if_needed", "SMTPHeloError", partial(smtp(no, no), SMTP_COMMANDS["ehlo_or_helo_if_needed"])),
        ("mail", "SMTPNotSupportedError", partial(smtp_greeted(), lambda smtp: smtp.mail("x", ["SMTPUTF8"]))),
    ):
        yield make(f"smtplib.SMTP.{name}", raises=f"smtplib.{raises}", perform=perform)


@by_operation(smtp_commands())
def test_smtp_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


def smtp_answers() -> Iterator[Experiment]:
    no, yes = (b"\n", b"550 no\r\n"), (b"\n", b"250 yes\r\n")
    for name in ("sendmail", "send_message"):
        row, command = f"smtplib.SMTP.{name}", SMTP_COMMANDS[name]
        yield from by_command(row, command, SMTP_ASKED)
        for raises, perform in (
            ("SMTPHeloError", smtp(no, no)),
            ("SMTPSenderRefused", smtp_greeted(no, yes)),
            ("SMTPRecipientsRefused", smtp_greeted(yes, no, yes)),
            ("SMTPDataError", smtp_greeted(yes, yes, no, yes)),
        ):
            yield Experiment(row, "answered", f"smtplib.{raises}", partial(perform, command))
    raises = "smtplib.SMTPNotSupportedError"
    odd: Command = lambda smtp: smtp.sendmail("a", ["b"], "x", mail_options=["SMTPUTF8"])  # noqa: E731
    yield Experiment("smtplib.SMTP.sendmail", "answered", raises, partial(smtp_greeted(yes), odd))
    foreign: Command = lambda smtp: smtp.send_message(FOREIGN)  # noqa: E731
    yield Experiment("smtplib.SMTP.send_message", "answered", raises, partial(smtp_greeted(yes), foreign))


@by_operation(smtp_answers())
def test_smtp_answers(experiments: list[Experiment]) -> None:
    check_all(experiments)


def smtp_logins() -> Iterator[Experiment]:
    no = (b"\n", b"535 no\r\n")
    ways: Ways = (
        *SMTP_ASKED,
        ("answered", "smtplib.SMTPAuthenticationError", smtp_greeted(no), "knows no such user"),
        ("answered", "smtplib.SMTPHeloError", smtp(no, no), "refuses the hello"),
        ("answered", "smtplib.SMTPNotSupportedError", smtp((b"\n", b"250 here\r\n")), "has no AUTH"),
        (
            "answered",
            "smtplib.SMTPException",
            smtp((b"\n", b"250-here\r\n250 AUTH ODD\r\n")),
            "has no AUTH that is known",
        ),
    )
    yield from by_command("smtplib.SMTP.login", SMTP_COMMANDS["login"], ways)


@by_operation(smtp_logins())
def test_smtp_login(experiments: list[Experiment]) -> None:
    check_all(experiments)


def smtp_starts() -> Iterator[Experiment]:
    no, ready = (b"\n", b"454 no\r\n"), (b"\n", b"220 go on\r\n")
    ways: Ways = (
        *SMTP_ASKED,
        ("answered", "smtplib.SMTPResponseException", smtp_greeted(no), "refuses"),
        ("answered", "smtplib.SMTPHeloError", smtp(no, no), "refuses the hello"),
        ("answered", "smtplib.SMTPNotSupportedError", smtp((b"\n", b"250 here\r\n")), "has no STARTTLS"),
        *(
            (
                scenario,
                raises,
                smtp_greeted(ready, then=treat, before=impatient if scenario == "timeout" else None),
                what,
            )
            for scenario, raises, treat, what in HANDSHAKES
        ),
    )
    yield from by_command("smtplib.SMTP.starttls", SMTP_COMMANDS["starttls"], ways)


@by_operation(smtp_starts())
def test_smtp_starttls(experiments: list[Experiment]) -> None:
    check_all(experiments)


# FTP

FTP_GREETING = (b"", b"220 here\r\n")
FTP_NO: tuple[tuple[Scenario, str, bytes], ...] = (
    ("answered", "ftplib.error_temp", b"421 busy\r\n"),
    ("answered", "ftplib.error_perm", b"550 no\r\n"),
    ("rubbish", "ftplib.error_proto", b"rubbish\r\n"),
    ("rubbish", "ftplib.Error", b"2" * 9000 + b"\r\n"),
)
FTP_GREETINGS: tuple[tuple[Scenario, str | tuple[str, ...], Treatment, str], ...] = (
    ("reset", "ConnectionResetError", DROP, "drops"),
    ("closed", "EOFError", HANG_UP, "closes"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
    *((scenario, raises, say(answer), answer[:7].decode()) for scenario, raises, answer in FTP_NO),
)


class FTP(ftplib.FTP):
    """A client that says a word before it hears the greeting."""

    def getresp(self) -> str:
        if self.welcome is None:
            assert self.sock is not None
            self.sock.send(b"!")
        return super().getresp()


class FTPOverTLS(FTP, ftplib.FTP_TLS):
    pass


def ftp_connect(host: str, port: int, wait: float) -> None:
    with contextlib.closing(FTP(timeout=wait)) as ftp:
        ftp.connect(host, port)


def ftp_new(kind: type[ftplib.FTP], host: str, port: int, wait: float) -> None:
    """Make a client by its constructor alone, which takes no port."""

    class AtPort(kind):  # type: ignore[misc,valid-type]
        pass

    AtPort.port = port
    AtPort(host, timeout=wait).close()


@by_operation(nobody("ftplib.FTP.connect", ftp_connect), somebody("ftplib.FTP.connect", ftp_connect, FTP_GREETINGS))
def test_ftp(experiments: list[Experiment]) -> None:
    check_all(experiments)


def ftp_constructors() -> Iterator[Experiment]:
    for name, kind in (("ftplib.FTP", FTP), ("ftplib.FTP_TLS", FTPOverTLS)):
        connect = partial(ftp_new, kind)
        yield from nobody(name, connect)
        yield from somebody(name, connect, FTP_GREETINGS)


@by_operation(ftp_constructors())
def test_ftp_constructor(experiments: list[Experiment]) -> None:
    check_all(experiments)


def ftp_command(
    command: Command, *steps: tuple[bytes, bytes], then: Treatment, before: Any = None, tls: bool = False
) -> Outcome:
    ftp = ftplib.FTP_TLS(timeout=LATE, context=client_context()) if tls else ftplib.FTP(timeout=LATE)
    with Peer(follow_script(FTP_GREETING, *steps, then=then)) as peer, contextlib.closing(ftp):
        ftp.connect(*peer.address)
        return raised(lambda: command(ftp) if before is None else before(command, ftp))


def ftp(*steps: tuple[bytes, bytes], then: Treatment = stay_silent, before: Any = None, tls: bool = False) -> Perform:
    def perform(command: Command) -> Outcome:
        return ftp_command(command, *steps, then=then, before=before, tls=tls)

    return perform


def ftp_ways(*steps: tuple[bytes, bytes], tls: bool = False) -> Ways:
    """Return the ways in which a command fails that sends a line, and hears another, after `steps`."""
    make = partial(ftp, *steps, tls=tls)
    return (
        ("reset", "ConnectionResetError", make(then=hear(b"\n", reset)), "drops"),
        ("reset", "ConnectionResetError", make(then=DROP, before=dropped), "dropped before"),
        ("closed", "EOFError", make(then=hear(b"\n", close)), "closes"),
        ("timeout", "TimeoutError", make(before=impatient), "stays silent"),
        ("broken", "BrokenPipeError", make(then=DROP, before=dropped_and_met), "dropped before, and met"),
        *(
            (scenario, raises, ftp(*steps, (b"\n", answer), tls=tls), answer[:7].decode())
            for scenario, raises, answer in FTP_NO
        ),
    )


FTP_ODD: Ways = (("answered", "ftplib.error_reply", ftp((b"\n", b"150 odd\r\n")), "150 odd"),)
FTP_COMMANDS: dict[str, Command] = {
    "acct": lambda ftp: ftp.acct("x"),
    "cwd": lambda ftp: ftp.cwd("x"),
    "delete": lambda ftp: ftp.delete("x"),
    "login": lambda ftp: ftp.login(),
    "mkd": lambda ftp: ftp.mkd("x"),
    "pwd": lambda ftp: ftp.pwd(),
    "quit": lambda ftp: ftp.quit(),
    "rename": lambda ftp: ftp.rename("x", "y"),
    "rmd": lambda ftp: ftp.rmd("x"),
    "sendcmd": lambda ftp: ftp.sendcmd("NOOP"),
    "sendeprt": lambda ftp: ftp.sendeprt("127.0.0.1", 1),
    "sendport": lambda ftp: ftp.sendport("127.0.0.1", 1),
    "size": lambda ftp: ftp.size("x"),
    "voidcmd": lambda ftp: ftp.voidcmd("NOOP"),
}
FTP_ANSWERS: dict[str, Command] = {
    "getresp": lambda ftp: ftp.getresp(),
    "voidresp": lambda ftp: ftp.voidresp(),
}
# What only hears an answer: the word before it is the client's
FTP_HEARD: Ways = (
    ("reset", "ConnectionResetError", ftp(then=DROP, before=told), "drops"),
    ("closed", "EOFError", ftp(then=HANG_UP, before=told), "closes"),
    ("timeout", "TimeoutError", ftp(before=impatient), "stays silent"),
    *(
        (scenario, raises, ftp((b"\n", answer), before=told), answer[:7].decode())
        for scenario, raises, answer in FTP_NO
    ),
)
FTP_HEARD_ODD: Ways = (("answered", "ftplib.error_reply", ftp((b"\n", b"150 odd\r\n"), before=told), "150 odd"),)


def stop_talking(connection: socket.socket) -> None:
    """Close our direction only, and without a goodbye: what we have not read would turn a close into a reset."""
    socket.socket.shutdown(connection, socket.SHUT_WR)


def ftp_commands() -> Iterator[Experiment]:
    for name, command in FTP_COMMANDS.items():
        yield from by_command(f"ftplib.FTP.{name}", command, ftp_ways())
        if name not in {"sendcmd", "size"}:  # which return whatever it is
            yield from by_command(f"ftplib.FTP.{name}", command, FTP_ODD)
    for name, command in FTP_ANSWERS.items():
        yield from by_command(f"ftplib.FTP.{name}", command, FTP_HEARD)
    yield from by_command("ftplib.FTP.voidresp", FTP_ANSWERS["voidresp"], FTP_HEARD_ODD)
    # what it says is urgent, and any answer that it does not wait for is an odd one
    aborts: Ways = (
        ("reset", "ConnectionResetError", ftp(then=DROP, before=dropped), "dropped before"),
        ("broken", "BrokenPipeError", ftp(then=DROP, before=dropped_and_met), "dropped before, and met"),
        ("closed", "EOFError", ftp(then=hear(b"R\r", stop_talking)), "closes"),
        ("timeout", "TimeoutError", ftp(before=impatient), "stays silent"),
        ("rubbish", "ftplib.error_proto", ftp((b"R\r", b"550 no\r\n")), "says no"),
        ("rubbish", "ftplib.Error", ftp((b"R\r", b"2" * 9000 + b"\r\n")), "says too much"),
    )
    yield from by_command("ftplib.FTP.abort", lambda ftp: ftp.abort(), aborts)


@by_operation(ftp_commands())
def test_ftp_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


FTP_SECRETS: dict[str, Command] = {
    "auth": lambda ftp: ftp.auth(),
    "login": lambda ftp: ftp.login(),
    "prot_c": lambda ftp: ftp.prot_c(),
    "prot_p": lambda ftp: ftp.prot_p(),
}


def ftp_after_auth(command: Command, ftp: Any) -> object:
    ftp.auth()
    return command(ftp)


def ftp_after_auth_impatient(command: Command, ftp: Any) -> object:
    ftp.auth()
    return impatient(command, ftp)


def ftp_after_auth_dropped(command: Command, ftp: Any) -> object:
    ftp.auth()
    return dropped_and_met(command, ftp)


def ftp_tls_commands() -> Iterator[Experiment]:
    ready = (b"\n", b"234 go on\r\n")
    yes = b"200 yes\r\n"
    for name, command in FTP_SECRETS.items():
        row = f"ftplib.FTP_TLS.{name}"
        yield from by_command(row, command, ftp_ways(tls=True))
        yield from by_command(
            row, command, (("answered", "ftplib.error_reply", ftp((b"\n", b"150 odd\r\n"), tls=True), "150 odd"),)
        )
        if name in {"auth", "login"}:
            yield from by_command(
                row,
                command,
                tuple(
                    (
                        scenario,
                        raises,
                        ftp(ready, then=treat, before=impatient if scenario == "timeout" else None, tls=True),
                        what,
                    )
                    for scenario, raises, treat, what in HANDSHAKES
                ),
            )
    make = partial(ftp, ready, tls=True)
    closing: Ways = (
        ("closed", "EOFError", make(then=secure(hear(b"\n", close)), before=ftp_after_auth), "closes"),
        ("timeout", "TimeoutError", make(then=secure(stay_silent), before=ftp_after_auth_impatient), "stays silent"),
        *(
            (scenario, raises, make(then=secure(hear(b"\n", say(answer))), before=ftp_after_auth), answer[:7].decode())
            for scenario, raises, answer in FTP_NO
        ),
        (
            "handshake",
            "ssl.SSLError",
            make(then=secure(hear(b"\n", say(yes, stop_talking))), before=ftp_after_auth),
            "closes without a goodbye",
        ),
    )
    clear: Ways = (
        ("reset", "ConnectionResetError", make(then=secure(hear(b"\n", reset)), before=ftp_after_auth), "drops"),
        ("broken", "BrokenPipeError", make(then=secure(DROP), before=ftp_after_auth_dropped), "dropped, and met"),
    )
    for each in by_command("ftplib.FTP_TLS.ccc", lambda ftp: ftp.ccc(), clear):
        yield each._replace(since=CLEAR)
    yield from by_command("ftplib.FTP_TLS.ccc", lambda ftp: ftp.ccc(), closing)


@by_operation(ftp_tls_commands())
def test_ftp_tls_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


FTP_TRANSFERS: dict[str, Command] = {
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


def ftp_data_refused(*steps: tuple[bytes, bytes]) -> Perform:
    """Return what performs a command whose connection for the data is refused."""

    def perform(command: Command) -> Outcome:
        with closed_port() as (_, port):
            passive = (b"\n", b"227 (127,0,0,1,%d,%d)\r\n" % divmod(port, 256))
            return ftp_command(command, *steps, passive, then=stay_silent)

    return perform


def ftp_transfers() -> Iterator[Experiment]:
    typed = (b"\n", b"200 yes\r\n")
    for name, command in FTP_TRANSFERS.items():
        steps = () if name in {"ntransfercmd", "transfercmd"} else (typed,)
        odd: Ways = (("answered", "ftplib.error_reply", ftp(*steps, (b"\n", b"150 odd\r\n")), "150 odd"),)
        refused: Ways = (("refused", "ConnectionRefusedError", ftp_data_refused(*steps), "refuses the data"),)
        yield from by_command(f"ftplib.FTP.{name}", command, (*ftp_ways(), *odd, *refused))


@by_operation(ftp_transfers())
def test_ftp_transfer(experiments: list[Experiment]) -> None:
    check_all(experiments)


# IMAP

ABORT, ERROR = "imaplib.IMAP4.abort", "imaplib.IMAP4.error"
MUCH = b"x" * 1_000_001


def imap_serve(*steps: bytes, then: Treatment) -> Treatment:
    """Return a treatment that greets, tells its capabilities, answers with `steps` (each after the tag), and goes on."""

    def treat(connection: socket.socket) -> None:
        connection.sendall(b"* OK here\r\n")
        for step in (b"* CAPABILITY IMAP4REV1 STARTTLS ENABLE AUTH=CRAM-MD5\r\n%s OK done\r\n", *steps):
            tag = connection.recv(1000).split()[0]
            connection.sendall(step.replace(b"%s", tag))
        then(connection)

    return treat


class IMAPWaiting(imaplib.IMAP4):
    """A client that waits until the line is down before it asks for the capabilities."""

    met = False

    def _get_capabilities(self) -> None:
        self.sock.send(b"!")
        wait_for_hangup(self.sock)
        if self.met:
            raised(lambda: self.sock.send(b"x"))
        super()._get_capabilities()  # type: ignore[misc]


class IMAPMeeting(IMAPWaiting):
    met = True


class IMAPWaitingOverTLS(IMAPWaiting, imaplib.IMAP4_SSL):
    pass


class IMAPMeetingOverTLS(IMAPMeeting, imaplib.IMAP4_SSL):
    pass


IMAP_GREETINGS: tuple[tuple[Scenario, str | tuple[str, ...], Treatment, str], ...] = (
    ("reset", "ConnectionResetError", say(b"* OK here\r\n", hear(b"\n", reset)), "drops"),
    ("closed", ABORT, close, "closes"),
    ("closed", ABORT, say(b"* OK here\r\n", hear(b"\n", close)), "closes after the greeting"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
    ("rubbish", ABORT, say(b"220 here\r\n"), "is no IMAP server"),
    ("rubbish", ERROR, say(MUCH), "says too much"),
    ("answered", ERROR, say(b"* BYE no\r\n"), "says no"),
)


def imap_new(kind: type[imaplib.IMAP4], host: str, port: int, wait: float, **options: Any) -> None:
    raised(kind(host, port, timeout=wait, **options).shutdown)


def imap_connects() -> Iterator[Experiment]:
    plain = partial(imap_new, imaplib.IMAP4)
    yield from nobody("imaplib.IMAP4", plain)
    yield from somebody("imaplib.IMAP4", plain, IMAP_GREETINGS)
    down = say(b"* OK here\r\n", DROP)
    secret = partial(imap_new, imaplib.IMAP4_SSL, ssl_context=client_context())
    yield from nobody("imaplib.IMAP4_SSL", secret)
    yield from somebody("imaplib.IMAP4_SSL", secret, HANDSHAKES)
    before: Treated = ("reset", ABORT, down, "drops before")
    met: Treated = ("broken", ABORT, down, "dropped, and met")
    yield from somebody("imaplib.IMAP4", partial(imap_new, IMAPWaiting), [before])
    yield from somebody("imaplib.IMAP4", partial(imap_new, IMAPMeeting), [met])
    for kind, treated in ((IMAPWaitingOverTLS, before), (IMAPMeetingOverTLS, met)):
        waiting = partial(imap_new, kind, ssl_context=client_context())
        yield from somebody("imaplib.IMAP4_SSL", waiting, [treated], tls=True)
    beside = {"drops"}
    yield from somebody(
        "imaplib.IMAP4_SSL", secret, [each for each in IMAP_GREETINGS if each[3] not in beside], tls=True
    )


@by_operation(imap_connects())
def test_imap(experiments: list[Experiment]) -> None:
    check_all(experiments)


IMAP_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "append": ("x", "", None, b"x"),
    "authenticate": ("PLAIN", lambda _: b"x"),
    "capability": (),
    "check": (),
    "close": (),
    "copy": ("1", "x"),
    "create": ("x",),
    "delete": ("x",),
    "deleteacl": ("x", "y"),
    "enable": ("X",),
    "expunge": (),
    "fetch": ("1", "FLAGS"),
    "getacl": ("x",),
    "getannotation": ("x", "y", "z"),
    "getquota": ("x",),
    "getquotaroot": ("x",),
    "list": (),
    "login": ("a", "b"),
    "login_cram_md5": ("a", "b"),
    "logout": (),
    "lsub": (),
    "myrights": ("x",),
    "namespace": (),
    "noop": (),
    "partial": ("1", "RFC822", "1", "1"),
    "proxyauth": ("x",),
    "recent": (),
    "rename": ("x", "y"),
    "search": (None, "ALL"),
    "select": (),
    "setacl": ("x", "y", "z"),
    "setannotation": ("x",),
    "setquota": ("x", "y"),
    "sort": ("x", "utf-8", "ALL"),
    "status": ("x", "y"),
    "store": ("1", "x", "y"),
    "subscribe": ("x",),
    "thread": ("x", "utf-8", "ALL"),
    "uid": ("COPY", "1", "x"),
    "unselect": (),
    "unsubscribe": ("x",),
    "xatom": ("X",),
}


def call(name: str, arguments: tuple[Any, ...], client: Any) -> object:
    return getattr(client, name)(*arguments)


def imap_command(command: Command, *steps: bytes, then: Treatment, before: Any = None) -> Outcome:
    with Peer(imap_serve(*steps, then=then)) as peer:
        imap = imaplib.IMAP4(*peer.address, timeout=LATE)
        allowed = imaplib.Commands.get(_imap_name(command), ("SELECTED",))
        imap.state = "SELECTED" if "SELECTED" in allowed else allowed[0]
        error = raised(lambda: command(imap) if before is None else before(command, imap))
        raised(imap.shutdown)
    return error


def _imap_name(command: Command) -> str:
    name = command.args[0] if isinstance(command, partial) else ""
    return {"login_cram_md5": "AUTHENTICATE", "recent": "NOOP"}.get(name, name.upper())


def imap(*steps: bytes, then: Treatment = stay_silent, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        return imap_command(command, *steps, then=then, before=before)

    return perform


IMAP_WAYS: Ways = (
    ("reset", "ConnectionResetError", imap(then=hear(b"\n", reset)), "drops"),
    ("reset", ABORT, imap(then=DROP, before=dropped), "dropped before"),
    ("closed", ABORT, imap(then=hear(b"\n", close)), "closes"),
    ("timeout", "TimeoutError", imap(before=impatient), "stays silent"),
    ("broken", ABORT, imap(then=DROP, before=dropped_and_met), "dropped before, and met"),
    ("rubbish", ABORT, imap(b"rubbish\r\n"), "is no IMAP server"),
    ("rubbish", ERROR, imap(MUCH), "says too much"),
    ("answered", ERROR, imap(b"%s BAD no\r\n"), "says no"),
)


def imap_commands() -> Iterator[Experiment]:
    for name, arguments in IMAP_ARGUMENTS.items():
        yield from by_command(f"imaplib.IMAP4.{name}", partial(call, name, arguments), IMAP_WAYS)
    read_only: Ways = (
        ("answered", "imaplib.IMAP4.readonly", imap(b"* OK [READ-ONLY] x\r\n%s OK [READ-ONLY] x\r\n"), "read-only"),
    )
    yield from by_command("imaplib.IMAP4.select", partial(call, "select", ()), read_only)


@by_operation(imap_commands())
def test_imap_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


def imap_starts() -> Iterator[Experiment]:
    handshakes: Ways = tuple(
        (
            scenario,
            raises,
            imap(b"%s OK done\r\n", then=treat, before=impatient if scenario == "timeout" else None),
            what,
        )
        for scenario, raises, treat, what in HANDSHAKES
    )
    start = partial(call, "starttls", (client_context(),))
    yield from by_command("imaplib.IMAP4.starttls", start, (*IMAP_WAYS, *handshakes))


@by_operation(imap_starts())
def test_imap_starttls(experiments: list[Experiment]) -> None:
    check_all(experiments)


# POP3

NO = "poplib.error_proto"
POP_GREETING = (b"", b"+OK here <1@here>\r\n")


class POP(poplib.POP3):
    """A client that says a word before it hears the greeting."""

    def _getresp(self) -> bytes:
        if not hasattr(self, "welcome"):
            self.sock.send(b"!")
        answer: bytes = super()._getresp()  # type: ignore[misc]
        return answer


POP_NO: tuple[tuple[Scenario, str, bytes], ...] = (
    ("answered", NO, b"-ERR no\r\n"),
    ("rubbish", NO, b"220 here\r\n"),
    ("rubbish", NO, b"+" * 3000 + b"\r\n"),
)
POP_GREETINGS: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("reset", "ConnectionResetError", DROP, "drops"),
    ("closed", NO, HANG_UP, "closes"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
    *((scenario, raises, say(answer), answer[:7].decode()) for scenario, raises, answer in POP_NO),
)


def pop_new(kind: type[poplib.POP3], host: str, port: int, wait: float, **options: Any) -> None:
    raised(kind(host, port, timeout=wait, **options).close)


def pop_connects() -> Iterator[Experiment]:
    plain = partial(pop_new, POP)
    yield from nobody("poplib.POP3", plain)
    yield from somebody("poplib.POP3", plain, POP_GREETINGS)
    secret = partial(pop_new, poplib.POP3_SSL, context=client_context())
    yield from nobody("poplib.POP3_SSL", secret)
    yield from somebody("poplib.POP3_SSL", secret, HANDSHAKES)
    over_tls = [each for each in POP_GREETINGS if each[2] not in {DROP, HANG_UP}]
    over_tls.append(("closed", NO, close, "closes"))
    yield from somebody("poplib.POP3_SSL", secret, over_tls, tls=True)


@by_operation(pop_connects())
def test_pop(experiments: list[Experiment]) -> None:
    check_all(experiments)


def pop_command(command: Command, *steps: tuple[bytes, bytes], then: Treatment, before: Any = None) -> Outcome:
    with Peer(follow_script(POP_GREETING, *steps, then=then)) as peer:
        pop = poplib.POP3(*peer.address, timeout=LATE)
        error = raised(lambda: command(pop) if before is None else before(command, pop))
        raised(pop.close)
    return error


def pop(*steps: tuple[bytes, bytes], then: Treatment = stay_silent, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        return pop_command(command, *steps, then=then, before=before)

    return perform


POP_WAYS: Ways = (
    ("reset", "ConnectionResetError", pop(then=hear(b"\n", reset)), "drops"),
    ("reset", "ConnectionResetError", pop(then=DROP, before=dropped), "dropped before"),
    ("closed", NO, pop(then=hear(b"\n", close)), "closes"),
    ("timeout", "TimeoutError", pop(before=impatient), "stays silent"),
    ("broken", "BrokenPipeError", pop(then=DROP, before=dropped_and_met), "dropped before, and met"),
    *((scenario, raises, pop((b"\n", answer)), answer[:7].decode()) for scenario, raises, answer in POP_NO),
)
POP_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "apop": ("a", "b"),
    "capa": (),
    "dele": (1,),
    "list": (),
    "noop": (),
    "pass_": ("x",),
    "quit": (),
    "retr": (1,),
    "rpop": ("x",),
    "rset": (),
    "stat": (),
    "top": (1, 1),
    "uidl": (),
    "user": ("x",),
    "utf8": (),
}


@by_operation(
    *(by_command(f"poplib.POP3.{name}", partial(call, name, given), POP_WAYS) for name, given in POP_ARGUMENTS.items())
)
def test_pop_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


def pop_starts() -> Iterator[Experiment]:
    steps = ((b"\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"\n", b"+OK\r\n"))
    handshakes: Ways = tuple(
        (scenario, raises, pop(*steps, then=treat, before=impatient if scenario == "timeout" else None), what)
        for scenario, raises, treat, what in HANDSHAKES
    )
    start = partial(call, "stls", (client_context(),))
    yield from by_command("poplib.POP3.stls", start, (*POP_WAYS, *handshakes))


@by_operation(pop_starts())
def test_pop_stls(experiments: list[Experiment]) -> None:
    check_all(experiments)


# NNTP, gone in Python 3.13

NNTP_NO: tuple[tuple[Scenario, str, bytes], ...] = (
    ("answered", "nntplib.NNTPTemporaryError", b"400 busy\r\n"),
    ("answered", "nntplib.NNTPPermanentError", b"502 no\r\n"),
    ("rubbish", "nntplib.NNTPProtocolError", b"rubbish\r\n"),
    ("rubbish", "nntplib.NNTPDataError", b"2" * 3000 + b"\r\n"),
)
NNTP_STEPS = ((b"", b"200 here\r\n"), (b"\n", b"500 what\r\n"))  # the greeting, and no capabilities
NNTP_GREETINGS: tuple[tuple[Scenario, str, Treatment, str], ...] = (
    ("reset", "ConnectionResetError", say(b"200 here\r\n", hear(b"\n", reset)), "drops"),
    ("closed", "EOFError", close, "closes"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
    *((scenario, raises, say(answer), answer[:7].decode()) for scenario, raises, answer in NNTP_NO),
)


def nntp_close(client: Any) -> None:
    client.sock.close()
    raised(client._close)


def nntp_new(host: str, port: int, wait: float) -> None:
    nntp_close(nntplib.NNTP(host, port, timeout=wait))


def nntp_new_ssl(host: str, port: int, wait: float) -> None:
    nntp_close(nntplib.NNTP_SSL(host, port, timeout=wait, ssl_context=client_context()))


def nntp_new_waiting(secret: bool, host: str, port: int, wait: float) -> None:
    """Make a client that waits until the line is down before it asks for the capabilities."""

    def ask(client: Any) -> None:
        client.sock.send(b"!")
        wait_for_hangup(client.sock)
        client._shortcmd("CAPABILITIES")

    kind: Any = nntplib.NNTP_SSL if secret else nntplib.NNTP
    options = {"ssl_context": client_context()} if secret else {}
    nntp_close(type("Waiting", (kind,), {"getcapabilities": ask})(host, port, timeout=wait, **options))


def nntp_connects() -> Iterator[Experiment]:
    down: list[Treated] = [("broken", "BrokenPipeError", say(b"200 here\r\n", DROP), "drops before")]
    yield from somebody("nntplib.NNTP", partial(nntp_new_waiting, False), down, before=GONE)
    for each in somebody("nntplib.NNTP_SSL", partial(nntp_new_waiting, True), down, tls=True, before=GONE):
        yield each._replace(since=CLEAR)
        yield each._replace(raises="ssl.SSLError", before=CLEAR)
    yield from nobody("nntplib.NNTP", nntp_new, GONE)
    yield from somebody("nntplib.NNTP", nntp_new, NNTP_GREETINGS, before=GONE)
    yield from nobody("nntplib.NNTP_SSL", nntp_new_ssl, GONE)
    yield from somebody("nntplib.NNTP_SSL", nntp_new_ssl, HANDSHAKES, before=GONE)
    over_tls = [each for each in NNTP_GREETINGS if each[3] != "drops"]
    yield from somebody("nntplib.NNTP_SSL", nntp_new_ssl, over_tls, tls=True, before=GONE)


@by_operation(nntp_connects())
def test_nntp(experiments: list[Experiment]) -> None:
    check_all(experiments)


def nntp_command(command: Command, *steps: tuple[bytes, bytes], then: Treatment, before: Any = None) -> Outcome:
    with Peer(follow_script(*NNTP_STEPS, *steps, then=then)) as peer:
        client = nntplib.NNTP(*peer.address, timeout=LATE)
        error = raised(lambda: command(client) if before is None else before(command, client))
        nntp_close(client)
    return error


def nntp(*steps: tuple[bytes, bytes], then: Treatment = stay_silent, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        return nntp_command(command, *steps, then=then, before=before)

    return perform


NNTP_WAYS: Ways = (
    ("reset", "ConnectionResetError", nntp(then=hear(b"\n", reset)), "drops"),
    ("reset", "ConnectionResetError", nntp(then=DROP, before=dropped), "dropped before"),
    ("closed", "EOFError", nntp(then=hear(b"\n", close)), "closes"),
    ("timeout", "TimeoutError", nntp(before=impatient), "stays silent"),
    ("broken", "BrokenPipeError", nntp(then=DROP, before=dropped_and_met), "dropped before, and met"),
    *((scenario, raises, nntp((b"\n", answer)), answer[:7].decode()) for scenario, raises, answer in NNTP_NO),
)
NNTP_ODD: Ways = (("answered", "nntplib.NNTPReplyError", nntp((b"\n", b"299 odd\r\n")), "299 odd"),)
DAY = dt.date(2020, 1, 1)
NNTP_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "article": (),
    "body": (),
    "capabilities": (),
    "date": (),
    "description": ("x",),
    "descriptions": ("x",),
    "group": ("x",),
    "head": (),
    "help": (),
    "ihave": ("x", b"x"),
    "last": (),
    "list": (),
    "login": ("a", "b"),
    "newgroups": (DAY,),
    "newnews": ("x", DAY),
    "next": (),
    "over": ("x",),
    "post": (b"x",),
    "quit": (),
    "slave": (),
    "stat": (),
    "xhdr": ("x", "1"),
    "xover": (1, 2),
}


def nntp_commands() -> Iterator[Experiment]:
    for name, arguments in NNTP_ARGUMENTS.items():
        command = partial(call, name, arguments)
        ways = NNTP_WAYS
        if name == "quit":  # closing the file sends once more
            met: Ways = (("broken", "BrokenPipeError", nntp(then=DROP, before=dropped), "dropped before"),)
            ways = tuple(met[0] if each[3] == "dropped before" else each for each in ways)
        yield from by_command(f"nntplib.NNTP.{name}", command, ways, GONE)
        if name not in {"login", "quit", "slave"}:
            yield from by_command(f"nntplib.NNTP.{name}", command, NNTP_ODD, GONE)
    start: Command = lambda nntp: nntp.starttls(client_context())  # noqa: E731
    ready = (b"\n", b"382 go on\r\n")
    handshakes: Ways = tuple(
        (scenario, raises, nntp(ready, then=treat, before=impatient if scenario == "timeout" else None), what)
        for scenario, raises, treat, what in HANDSHAKES
    )
    yield from by_command("nntplib.NNTP.starttls", start, (*NNTP_WAYS, *handshakes), GONE)


@by_operation(nntp_commands())
def test_nntp_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Telnet, gone in Python 3.13


def telnet_new(host: str, port: int, wait: float) -> None:
    telnetlib.Telnet(host, port, wait).close()


def telnet_open(host: str, port: int, wait: float) -> None:
    with telnetlib.Telnet() as telnet:
        telnet.open(host, port, wait)


@by_operation(nobody("telnetlib.Telnet", telnet_new, GONE), nobody("telnetlib.Telnet.open", telnet_open, GONE))
def test_telnet(experiments: list[Experiment]) -> None:
    check_all(experiments)


def telnet(then: Treatment, before: Any = None) -> Perform:
    def perform(command: Command) -> Outcome:
        with Peer(then) as peer, telnetlib.Telnet(*peer.address, LATE) as client:
            return raised(lambda: command(client) if before is None else before(command, client))

    return perform


def read_before(command: Command, client: Any) -> object:
    client.sock.send(b"!")
    client.read_all()
    return command(client)


TELNET_READS: dict[str, Command] = {
    "expect": lambda telnet: telnet.expect([b"x"]),
    "read_all": lambda telnet: telnet.read_all(),
    "read_eager": lambda telnet: telnet.read_eager(),
    "read_some": lambda telnet: telnet.read_some(),
    "read_until": lambda telnet: telnet.read_until(b"x"),
    "read_very_eager": lambda telnet: telnet.read_very_eager(),
}
# These say of an end that nothing came
TELNET_ENDS = {"read_all", "read_some"}


def ended(command: Command, client: Any) -> object:
    """Do `command` once the other end has closed."""
    client.sock.send(b"!")
    wait_for_hangup(client.sock)
    return command(client)


def telnet_commands() -> Iterator[Experiment]:
    write: Ways = (
        ("reset", "ConnectionResetError", telnet(DROP, dropped), "drops"),
        ("broken", "BrokenPipeError", telnet(DROP, dropped_and_met), "dropped before, and met"),
        ("timeout", "TimeoutError", telnet(stay_silent, full), "does not read"),
    )
    yield from by_command("telnetlib.Telnet.write", lambda telnet: telnet.write(b"x"), write, GONE)
    for name in ("read_lazy", "read_very_lazy"):
        over: Ways = (("closed", "EOFError", telnet(HANG_UP, read_before), "closes"),)
        yield from by_command(f"telnetlib.Telnet.{name}", partial(call, name, ()), over, GONE)
    for name, command in TELNET_READS.items():
        ways: Ways = (
            ("reset", "ConnectionResetError", telnet(DROP, dropped), "drops"),
            ("closed", None if name in TELNET_ENDS else "EOFError", telnet(HANG_UP, ended), "closes"),
        )
        if name in TELNET_ENDS:
            ways += (("timeout", "TimeoutError", telnet(stay_silent, impatient), "stays silent"),)
        yield from by_command(f"telnetlib.Telnet.{name}", command, ways, GONE)


@by_operation(telnet_commands())
def test_telnet_command(experiments: list[Experiment]) -> None:
    check_all(experiments)
