"""The repair of CNL303, run against a peer that never answers, and against one that does.

The seconds that the fix writes are made small in the text. What the fixed program brings out is the timeout of its
library; against a peer that answers it does what it did before, and its socket waits as it did before.
"""

from __future__ import annotations

import asyncio
import inspect
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
import trio

from connlint.engine import Selection, check, fix
from tests.faults.peers import LATE, Peer, black_hole

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

RULE = Selection(select=("CNL303",))
SHORT = "0.05"
LONG = str(LATE)

# Each connects, and returns the timeout that its socket is left with
SOCKETS = {
    "socket": """
        import socket

        def run(address):
            sock = socket.socket()
            try:
                sock.connect(address)
                return sock.gettimeout()
            finally:
                sock.close()
    """,
    "socket-in-a-with": """
        import socket

        def run(address):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
                sock.connect(address)
                return sock.gettimeout()
    """,
    "socket-told-late": """
        import socket

        def run(address):
            with socket.socket() as sock:
                sock.connect(address)
                sock.settimeout(10)
                return sock.gettimeout()
    """,
    "socket-told-much-later": """
        import socket

        def run(address):
            with socket.socket() as sock:
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(10)
                return sock.gettimeout()
    """,
    "socket-that-is-not-to-block": """
        import socket

        def run(address):
            with socket.socket() as sock:
                sock.connect(address)
                sock.setblocking(False)
                return sock.gettimeout()
    """,
    "attribute": """
        import socket

        class Client:
            def __init__(self, address, timeout=10):
                self.address = address
                self.timeout = timeout

            def connect(self):
                self.sock = socket.socket()
                try:
                    self.sock.connect(self.address)
                except OSError:
                    self.sock.close()
                    raise

        def run(address):
            client = Client(address)
            client.connect()
            with client.sock:
                return client.sock.gettimeout()
    """,
    "create-connection": """
        import socket

        CONNECT_TIMEOUT = 10

        def run(address):
            sock = socket.create_connection(address)
            try:
                return sock.gettimeout()
            finally:
                sock.close()
    """,
    "create-connection-told-late": """
        import socket

        def run(address):
            sock = socket.create_connection(address)
            sock.settimeout(10)
            with sock:
                return sock.gettimeout()
    """,
    "create-connection-in-a-with": """
        import socket

        def run(address):
            with socket.create_connection(address, timeout=None) as sock:
                return sock.gettimeout()
    """,
    "create-connection-returned": """
        import socket

        def dial(address):
            return socket.create_connection(address)

        def run(address):
            with dial(address) as sock:
                return sock.gettimeout()
    """,
    "create-connection-closed-at-once": """
        import socket

        def run(address):
            socket.create_connection(address).close()
    """,
    "retried": """
        import socket

        def run(address):
            for attempt in range(2):
                sock = socket.socket()
                try:
                    sock.connect(address)
                except OSError:
                    sock.close()
                    if attempt:
                        raise
                else:
                    with sock:
                        return sock.gettimeout()
    """,
}

TASKS = {
    "open-connection": """
        import asyncio

        async def run(address):
            host, port = address
            reader, writer = await asyncio.open_connection(host, port)
            writer.close()
            return reader is not None
    """,
    "open-connection-of-a-class": """
        from asyncio import open_connection

        class Link:
            def __init__(self, timeout=10):
                self.timeout = timeout

            async def open(self, host, port):
                return await open_connection(host, port)

        async def run(address):
            reader, writer = await Link().open(*address)
            writer.close()
            return reader is not None
    """,
    "create-connection-of-the-loop": """
        import asyncio

        async def run(address):
            host, port = address
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.create_connection(asyncio.Protocol, host, port)
            transport.close()
            return protocol is not None
    """,
    "trio": """
        import trio

        async def run(address):
            host, port = address
            stream = await trio.open_tcp_stream(host, port)
            await stream.aclose()
            return True
    """,
    "anyio": """
        import anyio

        async def run(address):
            host, port = address
            stream = await anyio.connect_tcp(host, port)
            await stream.aclose()
            return True
    """,
}

# These wait for a greeting too, so that only the peer that never answers tells
CLIENTS = {
    "smtplib": """
        import smtplib

        def run(address):
            smtplib.SMTP(address[0], address[1])
    """,
    "smtplib-connect": """
        import smtplib

        def run(address):
            host, port = address
            server = smtplib.SMTP()
            server.connect(host, port)
    """,
    "ftplib": """
        import ftplib

        def run(address):
            host, port = address
            ftp = ftplib.FTP()
            ftp.connect(host, port)
    """,
    "imaplib": """
        import imaplib

        def run(address):
            imaplib.IMAP4(address[0], address[1])
    """,
    "poplib": """
        import poplib

        def run(address):
            poplib.POP3(address[0], address[1])
    """,
    "http-client": """
        import http.client

        def run(address):
            conn = http.client.HTTPConnection(address[0], address[1])
            conn.request("GET", "/")
    """,
    "http-client-connect": """
        import http.client

        def run(address):
            host, port = address
            conn = http.client.HTTPConnection(host, port)
            conn.connect()
    """,
    "get-server-certificate": """
        import ssl

        def run(address):
            ssl.get_server_certificate(address)
    """,
    "paramiko": """
        import paramiko

        def run(address):
            host, port = address
            with paramiko.SSHClient() as client:
                client.connect(host, port)
    """,
    "websocket": """
        import websocket

        def run(address):
            host, port = address
            ws = websocket.create_connection(f"ws://{host}:{port}")
            ws.close()
    """,
}


def repaired(code: str, seconds: str) -> str:
    """Return what the fix makes of `code`, with `seconds` in the place of ten."""
    code = dedent(code)
    assert [item.code for item in check(code.encode(), "program.py", RULE).diagnostics] == ["CNL303"]
    after = fix(code.encode(), "program.py", RULE, unsafe=True)
    assert after.dropped == ()
    assert after.applied == {"CNL303": 1}
    text = after.data.decode()
    assert "10" in text
    return text.replace("10", seconds)


def run(text: str, address: tuple[str, int]) -> Any:
    """Run the function `run` of the program `text`."""
    space: dict[str, Any] = {}
    exec(compile(text, "program.py", "exec", dont_inherit=True), space)
    function: Callable[[tuple[str, int]], Any] = space["run"]
    if not inspect.iscoroutinefunction(function):
        return function(address)
    return trio.run(function, address) if "import trio" in text else asyncio.run(function(address))


def nothing(_: socket.socket) -> None:
    """Leave the connection open."""


@pytest.mark.parametrize("code", SOCKETS.values(), ids=SOCKETS)
def test_socket_gives_up_and_waits_afterwards_as_before(code: str) -> None:
    with black_hole() as address, pytest.raises(TimeoutError):
        run(repaired(code, SHORT), address)
    with Peer(nothing) as peer:
        assert run(repaired(code, LONG), peer.address) == run(dedent(code).replace("10", LONG), peer.address)


@pytest.mark.parametrize("code", TASKS.values(), ids=TASKS)
def test_task_gives_up(code: str) -> None:
    with black_hole() as address, pytest.raises((TimeoutError, trio.TooSlowError)):
        run(repaired(code, SHORT), address)
    with Peer(nothing) as peer:
        assert run(repaired(code, LONG), peer.address) is True


@pytest.mark.parametrize("code", CLIENTS.values(), ids=CLIENTS)
def test_client_gives_up(code: str) -> None:
    with black_hole() as address, pytest.raises(TimeoutError):
        run(repaired(code, SHORT), address)
