"""CNL305: blocking-connect-in-async."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint import fixes
from connlint.facts.wording import called, place
from connlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import BlockingConnect

_STREAMS = {"anyio": "anyio.connect_tcp", "asyncio": "asyncio.open_connection", "trio": "trio.open_tcp_stream"}
_THREADS = {"anyio": "anyio.to_thread.run_sync", "asyncio": "asyncio.to_thread", "trio": "trio.to_thread.run_sync"}
_SOCKETS = ("socket.", "ssl.")


class BlockingConnectInAsync(Rule):
    """
    ## What it does

    Reports a connect that blocks directly inside an `async def`: `socket.create_connection`, `sock.connect`, the
    constructors of `smtplib`, `ftplib` and their like, the connect of a blocking client (`paramiko`, `pymysql`,
    `psycopg`, ...).

    ## Why is this bad

    While a coroutine blocks, nothing else of its event loop runs: no other connection is served, no timeout fires, no
    signal is handled. A peer that does not answer stops the whole program for as long as the connect waits, and
    `asyncio.timeout` around it does not help, since it can act only between two awaits.

    ## Example

    ```python
    async def ask(host, port):
        sock = socket.create_connection((host, port))
    ```

    ## Use instead

    ```python
    async def ask(host, port):
        reader, writer = await asyncio.open_connection(host, port)
    ```

    or, for a client that has no asynchronous form,

    ```python
    async def send(host, message):
        await asyncio.to_thread(send_blocking, host, message)
    ```

    ## When this is fine

    Before the event loop has anything else to do, in the first lines of a program, a connect may block. connlint is
    silent in tests, in functions that are handed to a thread, for sockets that do not block or may come from another
    file, and for sockets of the same machine (`AF_UNIX`). Whole requests (`requests.get`, `urlopen`) are left to ruff's
    ASYNC210.

    ## Fix safety

    There is no fix: what is read and written afterwards would have to change as well.

    ## References

    - [Python documentation: Running Blocking Code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code)
    - [Python documentation: asyncio.to_thread](https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread)
    - [ruff: ASYNC210](https://docs.astral.sh/ruff/rules/blocking-http-call-in-async-function/)
    """

    code = "CNL305"
    name = "blocking-connect-in-async"
    message = "`{call}`{address} stops the event loop until it is connected: {remedy}"
    default = False
    fixable = "never"
    bad = (
        Example(
            "create-connection",
            """\
import asyncio
import socket


async def ask(host, port):
    with socket.create_connection((host, port), timeout=5) as sock:
        sock.sendall(b"?")
        return sock.recv(100)


asyncio.run(ask("example.org", 7))
""",
        ),
        Example(
            "socket-made-here",
            """\
import socket


async def open_door(address):
    sock = socket.socket()
    sock.connect(address)
    return sock
""",
        ),
        Example(
            "constructor-that-connects",
            """\
import smtplib


async def notify(host, message):
    with smtplib.SMTP(host, timeout=10) as smtp:
        smtp.send_message(message)
""",
        ),
        Example(
            "blocking-ssh",
            """\
import paramiko


class Runner:
    async def start(self, host):
        self.client = paramiko.SSHClient()
        self.client.connect(host, timeout=10)
""",
        ),
        Example(
            "blocking-database",
            """\
import psycopg
import pymysql


async def load(host):
    first = pymysql.connect(host=host)
    second = psycopg.connect(host=host)
    return first, second
""",
        ),
        Example(
            "prepared-http",
            """\
import http.client


async def fetch(host):
    conn = http.client.HTTPSConnection(host, timeout=5)
    conn.request("GET", "/")
    return conn.getresponse().read()
""",
        ),
        Example(
            "called-where-it-should-be-passed",
            """\
import asyncio
import ftplib


async def fetch(host):
    return await asyncio.to_thread(ftplib.FTP(host, timeout=10).nlst)
""",
        ),
        Example(
            "under-a-deadline-that-cannot-act",
            """\
import asyncio
import socket


async def probe(host):
    async with asyncio.timeout(3):
        socket.create_connection((host, 22)).close()
""",
        ),
    )
    silent = (
        Example(
            "passed-to-a-thread",
            """\
import asyncio
import functools
import smtplib
import socket


async def dial(address, loop):
    await asyncio.to_thread(socket.create_connection, address, 5)
    await loop.run_in_executor(None, socket.create_connection, address)
    await loop.run_in_executor(None, functools.partial(smtplib.SMTP, "example.org", 25))
    return await loop.run_in_executor(None, lambda: socket.create_connection(address, timeout=5))
""",
        ),
        Example(
            "function-for-a-thread",
            """\
import asyncio
import paramiko


async def run(host, command):
    def work():
        client = paramiko.SSHClient()
        client.connect(host, timeout=10)
        return client.exec_command(command)

    return await asyncio.to_thread(work)
""",
        ),
        Example(
            "awaited",
            """\
import asyncio

import aiomysql
import asyncssh


async def load(host):
    reader, writer = await asyncio.open_connection(host, 80)
    await aiomysql.connect(host=host)
    await asyncssh.connect(host)
""",
        ),
        Example(
            "does-not-block",
            """\
import asyncio
import socket


async def dial(address):
    sock = socket.socket()
    sock.setblocking(False)
    try:
        sock.connect(address)
    except BlockingIOError:
        pass
    await asyncio.get_running_loop().sock_sendall(sock, b"hello")
""",
        ),
        Example(
            "does-not-block-by-its-timeout",
            """\
import socket


async def dial(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(0.0)
    sock.connect_ex(address)
    sock.connect(address)
""",
        ),
        Example(
            "unix-socket",
            """\
import socket


async def notify(state):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("/run/notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect("/run/control")
        sock.sendall(state)
""",
        ),
        Example(
            "not-asynchronous",
            """\
import socket


def ask(address):
    return socket.create_connection(address, 5).recv(100)


class Client:
    def connect(self):
        self.sock = socket.create_connection(self.address, 5)

    async def close(self):
        self.sock.close()
""",
        ),
        Example(
            "socket-from-elsewhere",
            """\
import socket


async def join(sock: socket.socket, address):
    sock.connect(address)
""",
        ),
        Example(
            "only-prepared",
            """\
import http.client
import smtplib

import paramiko
import redis


async def prepare(host):
    return http.client.HTTPConnection(host), smtplib.SMTP(), paramiko.SSHClient(), redis.Redis(host)
""",
        ),
        Example(
            "datagrams",
            """\
import socket


async def own_address():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("192.0.2.1", 9))
    return sock.getsockname()[0]
""",
        ),
        Example(
            "whole-requests",
            """\
import urllib.request

import requests


async def fetch(url):
    return requests.get(url, timeout=5), urllib.request.urlopen(url, timeout=5)
""",
        ),
        Example(
            "over-a-connection-made-before",
            """\
import paramiko


async def hop(host, channel):
    client = paramiko.SSHClient()
    client.connect(host, sock=channel)
    return client
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for found in facts.blocking_connects:
            yield Finding(
                found.call,
                arguments={
                    "call": called(facts, found.call),
                    "address": fixes.guards.spoken(fixes.guards.address(found.call, found.operation)),
                    "remedy": _remedy(facts, found),
                },
                why=tuple(_why(facts, found)),
            )


def _remedy(facts: Facts, found: BlockingConnect) -> str:
    loop = _event_loop(facts)
    thread = f"call it in a thread (`{_THREADS[loop]}`)"
    if found.operation.name.startswith(_SOCKETS):
        return f"await `{_STREAMS[loop]}`, or {thread}"
    return thread


def _event_loop(facts: Facts) -> str:
    """Return the library that runs the file's coroutines, as its imports tell."""
    top = facts.index.top
    meant = {binding.qualified or "" for bindings in top.names.values() for binding in bindings}
    packages = {name.partition(".")[0] for name in meant}
    return next((name for name in ("asyncio", "trio", "anyio") if name in packages), "asyncio")


def _why(facts: Facts, found: BlockingConnect) -> Iterator[str]:
    yield f"{place(facts, found.call)} waits for the peer, and the event loop with it ({found.operation.name})"
    name = found.function.name.value
    yield f"`{name}` (line {facts.layout.row(found.function)}) is a coroutine function, and this is code of its own"
