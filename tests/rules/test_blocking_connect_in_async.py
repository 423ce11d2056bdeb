"""Connects in coroutine functions: those that block the event loop, and those that do not (CNL305)."""

from __future__ import annotations

from textwrap import indent

import pytest

from connlint.engine import Selection, check

RULE = Selection(select=("CNL305",))

IMPORTS = """\
import asyncio
import contextlib
import functools
import ftplib
import http.client
import imaplib
import poplib
import smtplib
import socket
import ssl
import telnetlib
import urllib.request

import aiomysql
import asyncpg
import asyncssh
import anyio
import kafka
import mysql.connector
import paramiko
import pika
import psycopg
import psycopg2
import pymysql
import redis
import requests
import trio
import websocket
import websockets

"""

# The body of a coroutine function
FREE = {
    "open-connection": "await asyncio.open_connection(host, 1)\n",
    "loop-connection": "await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, 1)\n",
    "sock-connect": "s = socket.socket()\ns.setblocking(False)\nawait asyncio.get_running_loop().sock_connect(s, host)\n",
    "trio-stream": "await trio.open_tcp_stream(host, 1)\n",
    "anyio-stream": "await anyio.connect_tcp(host, 1)\n",
    "to-thread": "await asyncio.to_thread(socket.create_connection, (host, 1))\n",
    "executor": "await loop.run_in_executor(None, smtplib.SMTP, host)\n",
    "executor-partial": "await loop.run_in_executor(None, functools.partial(ftplib.FTP, host, timeout=5))\n",
    "executor-lambda": "await loop.run_in_executor(None, lambda: socket.create_connection((host, 1)))\n",
    "trio-thread": "await trio.to_thread.run_sync(socket.create_connection, (host, 1))\n",
    "anyio-thread": "await anyio.to_thread.run_sync(lambda: imaplib.IMAP4(host))\n",
    "nested-function": "def work():\n    return socket.create_connection((host, 1))\nawait asyncio.to_thread(work)\n",
    "nested-class": "class C:\n    def open(self):\n        self.s = socket.create_connection((host, 1))\n",
    "non-blocking": "s = socket.socket()\ns.setblocking(False)\ns.connect(host)\n",
    "non-blocking-afterwards": "s = socket.socket()\ns.connect(host)\ns.setblocking(False)\n",
    "non-blocking-type": "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)\ns.connect(host)\n",
    "timeout-of-zero": "s = socket.socket()\ns.settimeout(0)\ns.connect(host)\n",
    "perhaps-non-blocking": "s = socket.socket()\ns.settimeout(patience)\ns.connect(host)\n",
    "unix": "s = socket.socket(socket.AF_UNIX)\ns.connect(host)\n",
    "perhaps-unix": "s = socket.socket(family)\ns.connect(host)\n",
    "datagram": "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect((host, 1))\n",
    "from-elsewhere": "s = pool.get()\ns.connect((host, 1))\n",
    "prepared-smtp": "smtplib.SMTP()\n",
    "prepared-http": "http.client.HTTPSConnection(host)\n",
    "prepared-database": "pymysql.connect(host=host, defer_connect=True)\n",
    "lazy-redis": "redis.Redis(host)\n",
    "async-database": "await asyncpg.connect(host=host)\nawait aiomysql.connect(host=host)\n",
    "async-psycopg": "await psycopg.AsyncConnection.connect(host=host)\n",
    "async-ssh": "await asyncssh.connect(host)\n",
    "async-websocket": "async with websockets.connect(host) as ws:\n    pass\n",
    "over-a-channel": "c = paramiko.SSHClient()\nc.connect(host, sock=channel)\n",
    "requests": "requests.get(host, timeout=1)\nurllib.request.urlopen(host)\n",
    "hidden": "smtplib.SMTP(*host)\n",
    "signal": "button.connect(host)\nchanged.connect(print)\n",
}

BLOCKING = {
    "create-connection": "s = socket.create_connection((host, 1))\n",
    "with-a-timeout": "s = socket.create_connection((host, 1), timeout=3)\n",
    "in-a-with": "with socket.create_connection((host, 1)) as s:\n    s.send(b'x')\n",
    "socket": "s = socket.socket()\ns.connect((host, 1))\n",
    "socket-with-a-timeout": "s = socket.socket()\ns.settimeout(3)\ns.connect((host, 1))\n",
    "socket-by-result": "s = socket.socket()\nreturn s.connect_ex((host, 1)) == 0\n",
    "socket-in-a-with": "with socket.socket() as s:\n    s.connect((host, 1))\n",
    "socket-closing": "with contextlib.closing(socket.socket()) as s:\n    s.connect((host, 1))\n",
    "tls": "s = ssl.create_default_context().wrap_socket(socket.socket())\ns.connect((host, 1))\n",
    "certificate": "ssl.get_server_certificate((host, 443))\n",
    "smtp": "with smtplib.SMTP(host) as m:\n    m.noop()\n",
    "smtp-connect": "m = smtplib.SMTP()\nm.connect(host)\n",
    "smtp-tls": "smtplib.SMTP_SSL(host, timeout=3)\n",
    "ftp": "ftplib.FTP(host)\n",
    "ftp-connect": "f = ftplib.FTP()\nf.connect(host)\n",
    "imap": "imaplib.IMAP4_SSL(host)\n",
    "pop": "poplib.POP3(host)\n",
    "telnet": "telnetlib.Telnet(host)\n",
    "http": "c = http.client.HTTPConnection(host)\nc.request('GET', '/')\n",
    "http-connect": "c = http.client.HTTPSConnection(host)\nc.connect()\n",
    "paramiko": "c = paramiko.SSHClient()\nc.connect(host)\n",
    "pymysql": "pymysql.connect(host=host)\n",
    "mysql": "mysql.connector.connect(host=host)\n",
    "psycopg": "psycopg.connect(host=host)\n",
    "psycopg2": "psycopg2.connect(host=host)\n",
    "pika": "pika.BlockingConnection(pika.ConnectionParameters(host))\n",
    "kafka": "kafka.KafkaProducer(bootstrap_servers=host)\n",
    "websocket": "websocket.create_connection(host)\n",
    "under-a-deadline": "async with asyncio.timeout(3):\n    socket.create_connection((host, 1))\n",
    "in-a-try": "try:\n    s = socket.create_connection((host, 1))\nexcept OSError:\n    return None\n",
    "in-a-loop": "while True:\n    s = socket.create_connection((host, 1))\n    await asyncio.sleep(1)\n",
    "called-for-a-thread": "await asyncio.to_thread(smtplib.SMTP(host).noop)\n",
    "in-a-comprehension": "return [socket.create_connection((each, 1)) for each in host]\n",
    "localhost": "socket.create_connection(('localhost', 1))\n",
}


def rows(body: str, head: str = "async def f(self, host):\n") -> int:
    found = check((IMPORTS + head + indent(body, "    ")).encode(), "program.py", RULE)
    assert found.problems == ()
    return len(found.diagnostics)


@pytest.mark.parametrize("body", FREE.values(), ids=FREE)
def test_silent(body: str) -> None:
    assert rows(body) == 0


@pytest.mark.parametrize("name", [name for name in BLOCKING if "await" not in BLOCKING[name] and "async" not in name])
def test_silent_outside_of_coroutines(name: str) -> None:
    if "async with" not in BLOCKING[name]:
        assert rows(BLOCKING[name], "def f(self, host):\n") == 0


@pytest.mark.parametrize("body", BLOCKING.values(), ids=BLOCKING)
def test_reported(body: str) -> None:
    assert rows(body) == 1


def test_reported_in_a_method() -> None:
    body = "    self.s = socket.socket()\n    self.s.connect((host, 1))\n"
    assert rows(body, "class C:\n    async def f(self, host):\n") == 1


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (
            "import asyncio, socket\nasync def f(h):\n    socket.create_connection((h, 1))\n",
            "await `asyncio.open_connection`, or call it in a thread (`asyncio.to_thread`)",
        ),
        (
            "import trio, socket\nasync def f(h):\n    socket.create_connection((h, 1))\n",
            "await `trio.open_tcp_stream`, or call it in a thread (`trio.to_thread.run_sync`)",
        ),
        (
            "import anyio, smtplib\nasync def f(h):\n    smtplib.SMTP(h)\n",
            "call it in a thread (`anyio.to_thread.run_sync`)",
        ),
    ],
    ids=["asyncio", "trio", "anyio"],
)
def test_message_names_what_the_event_loop_has(code: str, remedy: str) -> None:
    (found,) = check(code.encode(), "program.py", RULE).diagnostics
    assert found.message.endswith(f"stops the event loop until it is connected: {remedy}")
    assert found.why[1] == "`f` (line 2) is a coroutine function, and this is code of its own"
