"""Connects as programs write them, bounded in one way or another and not bounded at all (CNL303)."""

from __future__ import annotations

from textwrap import dedent

import pytest

from connlint.engine import Selection, check, fix

RULE = Selection(select=("CNL303",))

BOUNDED = {
    "told-before": """
        import socket
        def f(a):
            s = socket.socket(); s.settimeout(3); s.connect(a)
    """,
    "told-perhaps": """
        import socket
        def f(a, t):
            s = socket.socket()
            if t is not None:
                s.settimeout(t)
            s.connect(a)
    """,
    "told-in-the-constructor": """
        import socket
        class C:
            def __init__(self):
                self.s = socket.socket()
                self.s.settimeout(4)
            def connect(self, a):
                self.s.connect(a)
    """,
    "told-by-the-maker": """
        import socket
        class C:
            def connect(self, a):
                self.s = self._make()
                self.s.connect(a)
            def _make(self):
                s = socket.socket()
                s.settimeout(5)
                return s
    """,
    "tuned-elsewhere": """
        import socket
        from .util import tune
        def f(a):
            s = socket.socket()
            tune(s)
            s.connect(a)
    """,
    "default-timeout": """
        import socket
        socket.setdefaulttimeout(10)
        def f(a):
            return socket.create_connection(a)
    """,
    "alarm": """
        import socket, signal
        def f(a):
            signal.alarm(5)
            return socket.create_connection(a)
    """,
    "asyncio-timeout": """
        import asyncio
        async def f(h):
            async with asyncio.timeout(4):
                r, w = await asyncio.open_connection(h, 1)
    """,
    "async-timeout": """
        import asyncio, async_timeout
        async def f(h):
            async with async_timeout.timeout(4):
                r, w = await asyncio.open_connection(h, 1)
    """,
    "wait-for-around-the-caller": """
        import asyncio
        async def dial(h):
            return await asyncio.open_connection(h, 1)
        async def main(h):
            try:
                return await asyncio.wait_for(dial(h), 3)
            except asyncio.TimeoutError:
                pass
    """,
    "timeout-around-the-caller-of-the-caller": """
        import asyncio
        async def dial(h):
            return await asyncio.open_connection(h, 1)
        async def mid(h):
            return await dial(h)
        async def main(h):
            async with asyncio.timeout(3):
                return await mid(h)
    """,
    "trio-move-on": """
        import trio
        async def f(h):
            with trio.move_on_after(3):
                s = await trio.open_tcp_stream(h, 1)
    """,
    "anyio-move-on": """
        import anyio
        async def f(h):
            with anyio.move_on_after(3) as scope:
                s = await anyio.connect_tcp(h, 1)
    """,
    "gevent-timer": """
        import gevent, socket
        def f(a):
            t = gevent.Timeout(3)
            t.start()
            try:
                return socket.create_connection(a)
            finally:
                t.cancel()
    """,
    "eventlet-timer": """
        import eventlet
        from eventlet.green import socket
        def f(a):
            with eventlet.Timeout(3):
                return socket.create_connection(a)
    """,
    "non-blocking-type": """
        import socket
        def f(a):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            s.connect(a)
    """,
    "non-blocking-descriptor": """
        import socket, fcntl, os
        def f(a):
            s = socket.socket()
            fcntl.fcntl(s.fileno(), fcntl.F_SETFL, os.O_NONBLOCK)
            s.connect(a)
    """,
    "option-of-the-kernel": """
        import socket, struct
        def f(a):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
            s.connect(a)
    """,
    "unix": """
        import socket
        def f(p):
            s = socket.socket(socket.AF_UNIX)
            s.connect(p)
    """,
    "family-from-elsewhere": """
        import socket
        def f(family, p):
            s = socket.socket(family, socket.SOCK_STREAM)
            s.connect(p)
    """,
    "bluetooth": """
        import socket
        def f(p):
            s = socket.socket(socket.AF_BLUETOOTH, socket.SOCK_STREAM, socket.BTPROTO_RFCOMM)
            s.connect((p, 1))
    """,
    "own-listener": """
        import socket
        def pair():
            l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(1)
            addr, port = l.getsockname()
            c = socket.socket()
            c.connect((addr, port))
            return c
    """,
    "localhost-constant": """
        import socket
        HOST, PORT = "localhost", 9999
        s = socket.socket()
        s.connect((HOST, PORT))
    """,
    "localhost-mail": """
        import smtplib
        def f(m):
            smtplib.SMTP("localhost").send_message(m)
    """,
    "hidden-arguments": """
        import smtplib
        def f(cfg):
            smtplib.SMTP(*cfg)
    """,
    "keyword-of-self": """
        import smtplib
        class M:
            def send(self):
                kw = {}
                with smtplib.SMTP(self.host, self.port, timeout=self.timeout) as s:
                    s.quit()
    """,
    "http-timeout": """
        import http.client
        def f(host):
            c = http.client.HTTPConnection(host, timeout=3)
            c.request("GET", "/")
    """,
    "http-attribute": """
        import http.client
        def f(host):
            c = http.client.HTTPConnection(host)
            c.timeout = 3
            c.request("GET", "/")
    """,
    "http-position": """
        import http.client
        def f(host):
            c = http.client.HTTPConnection(host, 80, 3)
            c.connect()
    """,
    "paramiko-timeout": """
        import paramiko
        def f(h, t):
            c = paramiko.SSHClient()
            c.connect(h, timeout=t)
    """,
    "paramiko-hidden": """
        import paramiko
        def f(h, kw):
            c = paramiko.SSHClient()
            c.connect(h, **kw)
    """,
    "asyncssh-timeout": """
        import asyncssh
        async def f(h):
            await asyncssh.connect(h, connect_timeout=3)
    """,
    "postgres-dsn": """
        import psycopg2
        def f(dsn):
            psycopg2.connect(dsn)
            psycopg2.connect("host=x connect_timeout=3")
            psycopg2.connect(dbname="x")
    """,
    "websocket-default": """
        import websocket
        websocket.setdefaulttimeout(3)
        def f(url):
            websocket.create_connection(url)
    """,
    "decorator": """
        import socket
        from func_timeout import func_set_timeout
        @func_set_timeout(3)
        def f(a):
            return socket.create_connection(a)
    """,
    "runner-with-timeout": """
        import concurrent.futures, socket
        def f(a):
            return socket.create_connection(a)
        def main(pool, a):
            return run_with_timeout(f, a)
    """,
    "parameter-by-position": """
        import socket
        def f(a, timeout=None):
            return socket.create_connection(a, timeout)
    """,
    "keyword-constant": """
        import socket
        def f(a):
            try:
                s = socket.create_connection(a, timeout=TIMEOUT)
            except OSError: pass
    """,
    "own-class": """
        import socket
        class T(socket.socket):
            def __init__(self):
                super().__init__()
                self.settimeout(3)
        def f(a):
            s = T()
            s.connect(a)
    """,
    "another-library": """
        import socks
        def f(a):
            s = socks.socksocket()
            s.connect(a)
    """,
    "datagram": """
        import socket
        def f(a):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect(a)
    """,
    "overridden-socket": """
        import imaplib
        class I(imaplib.IMAP4):
            def __init__(self, h, t):
                self.t = t
                imaplib.IMAP4.__init__(self, h)
            def _create_socket(self, timeout):
                return make(self.t)
    """,
    "whole-requests": """
        import xmlrpc.client, requests, urllib.request
        def f(u):
            requests.get(u); urllib.request.urlopen(u); xmlrpc.client.ServerProxy(u).f()
    """,
}

BOUNDED["only-without-a-timeout"] = """
import socket
class C:
    def connect(self):
        if hasattr(self, "timeout"):
            return socket.create_connection(self.address, self.timeout)
        else:
            return socket.create_connection(self.address)
"""

BOUNDED["only-without-a-timeout-which-returned-before"] = """
import socket
def connect(address, timeout=None):
    if timeout is not None:
        return socket.create_connection(address, timeout)
    return socket.create_connection(address)
"""
BOUNDED["coroutine-for-another-module"] = """
import asyncio
async def _open(host, port):
    return await asyncio.open_connection(host, port)
async def _connect(addresses):
    for host, port in addresses:
        return await _open(host, port)
"""

UNBOUNDED = {
    "private-coroutine-of-this-module": """
        import asyncio
        async def _open(host, port):
            return await asyncio.open_connection(host, port)
        class Client:
            async def start(self):
                self.reader, self.writer = await _open(self.host, self.port)
    """,
    "after-a-timeout-was-looked-at": """
        import socket
        def connect(address, timeout=None):
            if timeout is not None and timeout < 0:
                raise ValueError("negative timeout")
            return socket.create_connection(address)
    """,
    "in-a-try": """
        import socket
        def f(h, p):
            s = socket.socket()
            try:
                s.connect((h, p))
            except OSError:
                return None
            return s
    """,
    "attribute-of-a-class": """
        import socket
        class C:
            def __init__(self, host):
                self.host = host
                self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            def connect(self):
                self.sock.connect((self.host, 99))
            def read(self):
                return self.sock.recv(10)
    """,
    "every-address-of-a-name": """
        import socket
        def f(host):
            for res in socket.getaddrinfo(host, 80, socket.AF_UNSPEC, socket.SOCK_STREAM):
                af, kind, proto, _, sa = res
                s = socket.socket(af, kind, proto)
                s.connect(sa)
                return s
    """,
    "wrapped-later": """
        import socket, ssl
        def f(host):
            ctx = ssl.create_default_context()
            sock = socket.create_connection((host, 443))
            tls = ctx.wrap_socket(sock, server_hostname=host)
            return tls.getpeercert()
    """,
    "wrapped-in-a-with": """
        import socket, ssl
        def f(host):
            ctx = ssl.create_default_context()
            with socket.create_connection((host, 443)) as sock:
                with ctx.wrap_socket(sock, server_hostname=host) as tls:
                    return tls.version()
    """,
    "wrapped-before": """
        import socket, ssl
        def f(host):
            ctx = ssl.create_default_context()
            conn = ctx.wrap_socket(socket.socket(), server_hostname=host)
            conn.connect((host, 443))
            return conn.getpeercert()
    """,
    "server-certificate": """
        import ssl
        def f(host):
            return ssl.get_server_certificate((host, 443))
    """,
    "told-to-wait-for-ever": """
        import socket
        def f(addr):
            s = socket.socket()
            s.settimeout(None)
            s.connect(addr)
            return s
    """,
    "not-blocking-afterwards": """
        import socket
        def f(addr):
            s = socket.socket()
            s.connect(addr)
            s.setblocking(False)
            return s
    """,
    "timeout-of-none": """
        import socket
        def f(addr):
            sock = socket.create_connection(addr, timeout=None)
            return sock.recv(1)
    """,
    "parameter-too-late": """
        import socket
        def f(addr, timeout=5):
            sock = socket.create_connection(addr)
            sock.settimeout(timeout)
            return sock.recv(1)
    """,
    "number-too-late": """
        import socket
        def f(addr):
            sock = socket.create_connection(addr)
            sock.settimeout(5)
            return sock.recv(1)
    """,
    "ftp": """
        import ftplib
        def f(host):
            ftp = ftplib.FTP(host)
            ftp.login()
    """,
    "ftp-connect": """
        import ftplib
        def f(host):
            ftp = ftplib.FTP()
            ftp.connect(host, 21)
    """,
    "mail-boxes": """
        import imaplib, poplib
        def f(host):
            imaplib.IMAP4_SSL(host)
            poplib.POP3_SSL(host, 995)
    """,
    "smtp-connect": """
        import smtplib
        def f(host):
            server = smtplib.SMTP()
            server.connect(host, 25)
    """,
    "telnet": """
        import telnetlib
        def f(host):
            tn = telnetlib.Telnet(host)
            tn.read_until(b"login: ")
    """,
    "http-request": """
        import http.client
        class A:
            def __init__(self, host):
                self.conn = http.client.HTTPConnection(host, 8080)
            def get(self, path):
                self.conn.request("GET", path)
                return self.conn.getresponse()
    """,
    "http-connect": """
        import http.client
        def f(host):
            c = http.client.HTTPSConnection(host)
            c.connect()
            return c
    """,
    "loop-create-connection": """
        import asyncio
        async def main(host):
            loop = asyncio.get_running_loop()
            transport, proto = await loop.create_connection(Proto, host, 80)
    """,
    "class-with-a-timeout": """
        import asyncio
        class A:
            def __init__(self, host, timeout=3):
                self.timeout = timeout
                self.host = host
            async def go(self):
                self.r, self.w = await asyncio.open_connection(self.host, 80)
    """,
    "anyio": """
        import anyio
        async def f(host):
            stream = await anyio.connect_tcp(host, 80)
            return stream
    """,
    "paramiko": """
        import paramiko
        def f(host):
            c = paramiko.SSHClient()
            c.connect(hostname=host, username="x")
    """,
    "websocket": """
        import websocket
        def f(url):
            ws = websocket.create_connection(url)
            ws.send("hi")
            return ws.recv()
    """,
    "postgres": """
        import psycopg2
        def f(host):
            return psycopg2.connect(host=host, dbname="x")
    """,
    "mysql": """
        import aiomysql
        async def f(host):
            return await aiomysql.connect(host=host, user="x")
    """,
    "amqp": """
        import aio_pika
        async def f(url):
            return await aio_pika.connect_robust(url)
    """,
    "module-level": """
        import socket
        TIMEOUT = 4
        s = socket.socket()
        s.connect(("example.org", 80))
    """,
    "star-import": """
        from socket import *
        def f(host):
            s = socket(AF_INET, SOCK_STREAM)
            s.connect((host, 80))
            s.close()
    """,
    "connect-ex": """
        import socket
        def probe(host, port):
            s = socket.socket()
            return s.connect_ex((host, port)) == 0
    """,
    "options-before": """
        import socket
        class C:
            def connect(self):
                self._sock = socket.socket()
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sock.connect((self.host, self.port))
    """,
    "one-line": """
        import socket
        def f(host, port):
            if True: s = socket.socket(); s.connect((host, port))
    """,
    "closed-at-once": """
        import socket
        def f(h, p):
            socket.create_connection((h, p)).close()
    """,
    "with-comments": """
        import socket
        def f(h, p):
            with socket.create_connection((h, p)) as s:  # hello
                # first
                s.sendall(b"x")
    """,
    "unpacked": """
        import socket
        class P:
            def dial(self, addr):
                self.sock, self.addr = socket.create_connection(addr), addr
    """,
    "asyncssh": """
        import asyncssh
        async def f(h):
            async with asyncssh.connect(h) as c:
                return await c.run("ls")
    """,
    "retried": """
        import socket
        def main(host):
            while True:
                s = socket.socket()
                try:
                    s.connect((host, 1))
                except OSError:
                    s.close()
                    continue
                break
    """,
}

# Where only a part of a statement connects, or a name is missing
WITHOUT_FIX = frozenset({"one-line", "unpacked"})


def messages(code: str) -> list[str]:
    found = check(dedent(code).encode(), "program.py", RULE)
    assert found.problems == ()
    return [item.message for item in found.diagnostics]


@pytest.mark.parametrize("code", BOUNDED.values(), ids=BOUNDED)
def test_silent_where_something_may_bound_it(code: str) -> None:
    assert messages(code) == []


@pytest.mark.parametrize("code", UNBOUNDED.values(), ids=UNBOUNDED)
def test_reports_what_nothing_bounds(code: str) -> None:
    assert messages(code)


@pytest.mark.parametrize("name", UNBOUNDED)
def test_fix_bounds_it(name: str) -> None:
    code = dedent(UNBOUNDED[name])
    after = fix(code.encode(), "program.py", RULE, unsafe=True)
    assert after.dropped == ()
    assert (after.data == code.encode()) == (name in WITHOUT_FIX)
    assert (after.checked.diagnostics == ()) == (name not in WITHOUT_FIX)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in-a-try", "call `s.settimeout(10)` before it"),
        ("parameter-too-late", "pass `timeout=timeout`, `sock.settimeout` comes too late for it"),
        ("class-with-a-timeout", "await `asyncio.wait_for(..., self.timeout)`"),
        ("http-request", "give `timeout=10` to `http.client.HTTPConnection`"),
        ("module-level", "call `s.settimeout(TIMEOUT)` before it"),
        ("anyio", "await it in `anyio.fail_after(10)`"),
    ],
)
def test_message_says_what_to_do(name: str, said: str) -> None:
    (message,) = messages(UNBOUNDED[name])
    assert message.endswith(f" has no timeout and may wait for minutes: {said}")


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [
        pytest.param("TIMEOUT = 30", "TIMEOUT", id="constant"),
        pytest.param("DEFAULT_TIMEOUT = 2.5", "DEFAULT_TIMEOUT", id="default"),
        pytest.param("TIMEOUT = 30\nCONNECT_TIMEOUT = 5", "CONNECT_TIMEOUT", id="the-one-of-connects"),
        pytest.param("TIMEOUT = 30_000", "10", id="milliseconds"),
        pytest.param("TIMEOUT = None", "10", id="none"),
        pytest.param("TIMEOUT = (3, 5)", "10", id="no-number"),
        pytest.param("POLL_TIMEOUT = 1", "10", id="of-something-else"),
        pytest.param("if x:\n    TIMEOUT = 5", "10", id="perhaps-missing"),
    ],
)
def test_fix_takes_the_constant_of_the_file(setting: str, seconds: str) -> None:
    code = f"import socket\n{setting}\n\ndef f(a):\n    socket.create_connection(a).close()\n"
    after = fix(code.encode(), "program.py", RULE, unsafe=True).data.decode()
    assert f"socket.create_connection(a, timeout={seconds}).close()" in after
