"""CNL104 beyond its examples: which hosts have several addresses, what else takes a failure, and what is asked for."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix
from connlint.options import Escaping, Options

ONLY = Selection(select=("CNL104",))
ALL = Selection(select=("CNL104",), options=Options(escaping=("refused", "timeout", "unresolved")))


def code(host: str = "self.host", caught: str = "ConnectionRefusedError", before: str = "") -> str:
    return f"""\
import asyncio
import os
import socket

from .errors import NETWORK_ERRORS, NoAnswer

HOST = "192.0.2.1"
ANY = os.environ.get("HOST", "::1")
ERRORS = (ConnectionError, asyncio.TimeoutError)


class Client:
    def __init__(self, host, server):
        self.host = host
        self.server = server
        self.near = "127.0.0.1"

    async def start(self, local="127.0.0.1", peer_ip=None):
        {before}
        try:
            await asyncio.open_connection({host}, 80)
        except {caught}:
            return None
"""


def found(text: str, selection: Selection = ONLY) -> list[str]:
    checked = check(text.encode(), "x.py", selection)
    assert checked.problems == ()
    return [item.message.partition(": ")[2] for item in checked.diagnostics]


def fixed(text: str, selection: Selection = ONLY) -> str:
    done = fix(text.encode(), "x.py", selection, unsafe=True)
    assert done.dropped == ()
    return done.data.decode()


@pytest.mark.parametrize(
    "host",
    [
        pytest.param('"10.0.0.7"', id="written"),
        pytest.param('"::1"', id="ipv6"),
        pytest.param("HOST", id="constant"),
        pytest.param("ANY", id="default-of-a-setting"),
        pytest.param("self.near", id="attribute"),
        pytest.param("local", id="default-of-a-parameter"),
        pytest.param("peer_ip", id="named-so"),
        pytest.param("str(self.server.ip_address)", id="made-of-one"),
        pytest.param("self.server.sockets[0].getsockname()[0]", id="of-a-socket"),
        pytest.param("socket.gethostbyname(self.host)", id="looked-up"),
        pytest.param("*self.server.where", id="hidden"),
    ],
)
def test_host_that_may_be_an_address(host: str) -> None:
    assert found(code(host)) == []


@pytest.mark.parametrize("host", ['"localhost"', "self.host", "None", 'os.environ["HOST"]', "self.server.host"])
def test_host_that_may_be_a_name(host: str) -> None:
    assert found(code(host)) == ["catch OSError"]


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("OSError", id="oserror"),
        pytest.param("socket.error", id="alias"),
        pytest.param("(ConnectionError, EnvironmentError)", id="beside"),
        pytest.param("ConnectionError:\n            pass\n        except Exception", id="later"),
        pytest.param("OSError:\n            pass\n        except ConnectionError", id="earlier"),
        pytest.param("(ConnectionError, *NETWORK_ERRORS)", id="tuple-of-others"),
        pytest.param("ConnectionError:\n            pass\n        except NETWORK_ERRORS", id="tuple-of-others-later"),
        pytest.param("ConnectionResetError", id="not-for-refusals"),
        pytest.param("BrokenPipeError", id="not-for-connects"),
        pytest.param("ValueError", id="unrelated"),
        pytest.param("ConnectionRefusedError:\n            raise\n        except ValueError", id="passed-on"),
    ],
)
def test_taken_or_not_meant(caught: str) -> None:
    assert found(code(caught=caught)) == []


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        ("ConnectionError", "OSError"),
        ("(ValueError, ConnectionError)", "(ValueError, OSError)"),
        ("(ConnectionRefusedError, ConnectionResetError)", "OSError"),
        ("(ConnectionError, asyncio.TimeoutError)", "(OSError, asyncio.TimeoutError)"),
        ("ConnectionError as e:\n            print(e.errno)\n        except NoAnswer", None),
        ("asyncio.TimeoutError", "(asyncio.TimeoutError, OSError)"),
    ],
)
def test_fix(caught: str, expected: str | None) -> None:
    text = code(caught=caught)
    wanted = expected or caught.replace("ConnectionError", "OSError")
    assert fixed(text) == text.replace(f"except {caught}", f"except {wanted}")


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("ERRORS", id="constant"),
        pytest.param("ConnectionError:\n            pass\n        except socket.gaierror", id="later-clause-would-die"),
        pytest.param("ConnectionError as e:\n            print(e.peer)\n        except ValueError", id="reads-more"),
    ],
)
def test_no_fix(caught: str) -> None:
    text = code(caught=caught)
    assert found(text)
    assert fixed(text) == text


@pytest.mark.parametrize(
    ("before", "reported"),
    [
        pytest.param("with open('log') as log:", True, id="plain"),
        pytest.param("async with asyncio.timeout(3):", True, id="timeout"),
        pytest.param("async with self.server.translating():", False, id="unknown"),
    ],
)
def test_context_around(before: str, reported: bool) -> None:
    head, tried = code(before=before).split("        try:\n")
    text = head + "".join(f"    {line}\n" for line in f"        try:\n{tried}".splitlines())
    assert bool(found(text)) is reported


@pytest.mark.parametrize("caught", ["OSError", "Exception", "NETWORK_ERRORS"])
def test_caller_that_may_take_it(caught: str) -> None:
    assert (
        found(
            code()
            + f"\n    async def run(self):\n        try:\n            await self.start()\n        except {caught}:\n            pass\n"
        )
        == []
    )


def blocking(caught: str, timeout: str = "") -> str:
    return f"""\
import socket


def fetch(host):
    try:
        return socket.create_connection((host, 80){timeout})
    except {caught}:
        return None
"""


@pytest.mark.parametrize(
    ("escaping", "expected"),
    [
        ((), []),
        (("refused",), []),
        (("timeout",), ["catch TimeoutError"]),
        (("unresolved",), ["catch socket.gaierror"]),
        (("timeout", "unresolved"), ["catch OSError"]),
    ],
)
def test_what_is_asked_for(escaping: tuple[Escaping, ...], expected: list[str]) -> None:
    asked = Selection(select=("CNL104",), options=Options(escaping=escaping))
    assert found(blocking("ConnectionError", ", timeout=3"), asked) == expected


def test_timeout_that_nobody_sets() -> None:
    assert found(blocking("(ConnectionError, socket.gaierror)"), ALL) == []
    assert found(blocking("(ConnectionError, socket.gaierror)", ", 3"), ALL) == ["catch TimeoutError"]


@pytest.mark.parametrize("address", ["(host, 80)", "(HOST, 80)"])
def test_unknown_host_needs_a_name(address: str) -> None:
    text = blocking("(ConnectionError, TimeoutError)")
    text = text.replace("(host, 80)", address) + '\n\nHOST = "localhost"\n'
    assert bool(found(text, ALL)) is ("host" in address)
    assert found(text.replace(address, "host"), ALL) == []


def test_one_finding_for_one_connect() -> None:
    text = code()
    inner = "        try:\n" + "".join(
        f"    {line}\n" for line in ("        try:" + text.split("        try:")[1]).splitlines()
    )
    nested = text.split("        try:")[0] + inner + "        except ConnectionError:\n            return None\n"
    assert found(nested) == ["catch OSError"]


@pytest.mark.parametrize(
    ("tried", "caught", "expected"),
    [
        ("smtplib.SMTP(self.host)", "smtplib.SMTPException", ["catch OSError"]),
        ("smtplib.SMTP()", "smtplib.SMTPException", []),
        ("smtplib.SMTP(self.host)", "smtplib.SMTPAuthenticationError", []),
        ("imaplib.IMAP4(self.host).login('', '')", "imaplib.IMAP4.error", []),
        ("urllib.request.urlopen(self.url, timeout=3)", "TimeoutError", ["catch urllib.error.URLError"]),
        ("urllib.request.urlopen(self.url)", "ConnectionError", []),  # CNL103's
        ("urllib.request.urlopen(self.url)", "urllib.error.HTTPError", []),
        ("requests.get(self.url, timeout=3)", "requests.Timeout", []),
        ("socket.create_connection(self.address, 3)", "TimeoutError", ["catch OSError"]),
        ("await asyncpg.connect(host='db', user='app')", "ConnectionRefusedError", ["catch OSError"]),
        ("await asyncpg.connect(host='10.0.0.7', user='app')", "ConnectionRefusedError", []),
        ("await asyncpg.connect('postgresql://db/app')", "ConnectionError", ["catch OSError"]),
        ("await asyncpg.connect('postgresql://10.0.0.7/app')", "ConnectionError", []),
        ("await asyncpg.connect(database='app')", "ConnectionRefusedError", []),
        ("await websockets.connect(self.url)", "(ConnectionError, websockets.ConnectionClosed)", ["catch OSError"]),
        ("await anyio.connect_tcp(self.host, 80)", "ConnectionRefusedError", ["catch OSError"]),
        ("await trio.open_tcp_stream(self.host, 80)", "ConnectionError", ["catch OSError"]),
        ("await asyncssh.connect(self.host)", "asyncssh.Error", ["catch OSError"]),
        ("await asyncssh.connect(self.host)", "asyncssh.PermissionDenied", []),
        ("await aiosmtplib.send(self.data, hostname=self.host)", "aiosmtplib.SMTPException", []),
        ("paramiko.SSHClient().connect(self.host)", "paramiko.SSHException", ["catch OSError"]),
        ("paramiko.SSHClient().connect(self.host)", "(paramiko.SSHException, socket.error)", []),
        ("paramiko.SSHClient().connect(self.host)", "paramiko.AuthenticationException", []),
        ("websocket.create_connection(self.url)", "websocket.WebSocketException", ["catch OSError"]),
        ("redis.Redis().ping()", "redis.TimeoutError", []),
    ],
)
def test_handlers_of_other_failures(tried: str, caught: str, expected: list[str]) -> None:
    text = f"""\
import imaplib, smtplib, socket, urllib.error, urllib.request
import aiosmtplib, anyio, asyncpg, asyncssh, paramiko, redis, requests, trio, websocket, websockets


class Client:
    async def act(self):
        try:
            {tried}
        except {caught}:
            return False
        return True
"""
    assert found(text) == expected


def test_where_the_program_ends_unguarded_connect_speaks() -> None:
    text = b"import smtplib\n\ntry:\n    smtplib.SMTP('localhost')\nexcept smtplib.SMTPException:\n    print('no')\n"
    both = check(text, "x.py", Selection(select=("CNL104", "CNL301")))
    assert [item.code for item in both.diagnostics] == ["CNL301"]
