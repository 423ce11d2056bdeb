"""What aiosmtplib raises."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, RUBBISH, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, close, follow_script, hear, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address, Treatment

aiosmtplib = pytest.importorskip("aiosmtplib")

SENDER, RECEIVER = "me@example.org", "you@example.org"
LINE = b"\r\n"


def greeted(then: Treatment) -> Treatment:
    """Return a treatment that greets, hears a line, and goes on with another."""
    return say(b"220 ready\r\n", hear(LINE, then))


def mailed(then: Treatment) -> Treatment:
    """Return a treatment that lets a client say hello, and treats its mail by another."""
    return greeted(say(b"250 hello\r\n", hear(LINE, then)))


CONNECT = {
    **NOBODY_TWICE,
    "no greeting": Place("timeout", at(stay_silent)),
    "no greeting, closed": Place("closed", at(close)),
    "half a greeting": Place("cut", at(say(b"22", close))),
    "another protocol": Place("rubbish", at(say(RUBBISH))),
    "does not serve us": Place("answered", at(say(b"554 no\r\n"))),
}
# A peer that drops the line at once does so while the client connects, or just after that: both are told alike
RESET = {"no greeting, reset": Place("reset", at(reset))}
CONNECT_RAISES: dict[str, str | None] = {
    "full backlog": "aiosmtplib.SMTPConnectTimeoutError",
    "no greeting": "aiosmtplib.SMTPConnectTimeoutError",
    "another protocol": "aiosmtplib.SMTPResponseException",
    "does not serve us": "aiosmtplib.SMTPConnectResponseError",
}


def later(position: Callable[[Treatment], Treatment]) -> dict[str, Place]:
    return {
        "reset": Place("reset", at(position(reset))),
        "closed": Place("closed", at(position(close))),
        "silent": Place("timeout", at(position(stay_silent))),
        "half an answer": Place("cut", at(position(say(b"25", close)))),
    }


LATER_RAISES: dict[str, str | None] = {"silent": "aiosmtplib.SMTPReadTimeoutError"}
LOST = "aiosmtplib.SMTPServerDisconnected"


def client(address: Address, timeout: float) -> Any:
    host, port = address
    return aiosmtplib.SMTP(hostname=host, port=port, timeout=timeout, start_tls=False)


def connect(address: Address, timeout: float) -> BaseException | None:
    async def perform() -> BaseException | None:
        smtp = client(address, timeout)
        error = await raised_by(smtp.connect())
        smtp.close()
        return error

    return asyncio.run(perform())


def send(address: Address, timeout: float) -> BaseException | None:
    host, port = address
    sending = aiosmtplib.send(
        b"Subject: x\r\n\r\nx",
        sender=SENDER,
        recipients=[RECEIVER],
        hostname=host,
        port=port,
        timeout=timeout,
        start_tls=False,
    )
    return asyncio.run(raised_by(sending))


def connects() -> Iterator[Experiment]:
    for name, perform in (("SMTP.connect", connect), ("send", send)):
        places = {**CONNECT, **RESET}
        yield from experiments(f"aiosmtplib.{name}", perform, places, "aiosmtplib.SMTPConnectError", CONNECT_RAISES)


# What it says, until somebody says no; each ends with `quit`
HELLO = (b"EHLO", b"250 hello\r\n")
NO = b"550 no\r\n"
QUIT = hear(b"QUIT", say(b"221 bye\r\n", close))
ANSWERS: dict[str, tuple[Treatment, str]] = {
    "no hello": (say(b"220 ready\r\n", follow_script((b"EHLO", NO), (b"HELO", NO), then=QUIT)), "SMTPHeloError"),
    "rubbish": (greeted(say(RUBBISH, close)), "SMTPResponseException"),
    "no sender": (
        say(b"220 ready\r\n", follow_script(HELLO, (b"MAIL", NO), (b"RSET", b"250 ok\r\n"), then=QUIT)),
        "SMTPSenderRefused",
    ),
    "no receiver": (
        say(
            b"220 ready\r\n",
            follow_script(HELLO, (b"MAIL", b"250 ok\r\n"), (b"RCPT", NO), (b"RSET", b"250 ok\r\n"), then=QUIT),
        ),
        "SMTPRecipientsRefused",
    ),
}


def places_and_classes(names: tuple[str, ...]) -> tuple[dict[str, Place], dict[str, str | None]]:
    return (
        {name: Place("rubbish" if name == "rubbish" else "answered", at(ANSWERS[name][0])) for name in names},
        {name: f"aiosmtplib.{ANSWERS[name][1]}" for name in names},
    )


def sends() -> Iterator[Experiment]:
    yield from experiments("aiosmtplib.send", send, {**later(greeted)}, LOST, LATER_RAISES)
    yield from experiments("aiosmtplib.send", send, {**later(mailed)}, LOST, LATER_RAISES)
    places, classes = places_and_classes(tuple(ANSWERS))
    yield from experiments("aiosmtplib.send", send, places, "", classes)


def perform(
    call: Callable[[Any], Awaitable[object]], address: Address, timeout: float, *, lost: bool = False
) -> BaseException | None:
    async def talk() -> BaseException | None:
        smtp = client(address, LATE)
        await smtp.connect()
        smtp.timeout = timeout
        if lost:
            await raised_by(call(smtp))
        error = await raised_by(call(smtp))
        smtp.close()
        return error

    return asyncio.run(talk())


CALLS: dict[str, tuple[Callable[[Any], Awaitable[object]], Callable[[Treatment], Treatment], tuple[str, ...]]] = {
    "ehlo": (lambda smtp: smtp.ehlo(), greeted, ("no hello", "rubbish")),
    "sendmail": (lambda smtp: smtp.sendmail(SENDER, [RECEIVER], b"x"), mailed, tuple(ANSWERS)),
}


def requests() -> Iterator[Experiment]:
    for name, (call, position, answers) in CALLS.items():
        operation, once = f"aiosmtplib.SMTP.{name}", functools.partial(perform, call)
        yield from experiments(operation, once, later(position), LOST, LATER_RAISES)
        places, classes = places_and_classes(answers)
        yield from experiments(operation, once, places, "", classes)
        lost = {"lost before": Place("broken", at(position(close)))}
        yield from experiments(operation, functools.partial(perform, call, lost=True), lost, LOST)


CONNECTS, SENDS, REQUESTS = [*connects()], [*sends()], [*requests()]
SENDS += [each for each in CONNECTS if each.operation == "aiosmtplib.send"]
CONNECTS = [each for each in CONNECTS if each.operation != "aiosmtplib.send"]


@by_operation(CONNECTS)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(SENDS)
def test_send(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(REQUESTS)
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)
