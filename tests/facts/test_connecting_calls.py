"""Which calls connect: a table, by what is called and not by its name."""

from __future__ import annotations

import pytest

from tests.facts.reading import read, text

CONNECTS = {
    "socket": """
        import socket
        s = socket.socket()
        s.connect(a)
    """,
    "with-socket": """
        import socket
        with socket.socket() as s:
            s.connect(a)
    """,
    "ssl-ctx-wrap": """
        import socket,ssl
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        s = ctx.wrap_socket(socket.socket(),server_hostname='h')
        s.connect(a)
    """,
    "ssl-nested-with": """
        import socket,ssl
        ctx = ssl.create_default_context()
        with socket.socket() as s:
            with ctx.wrap_socket(s, server_hostname='h') as t:
                t.connect(a)
    """,
    "ssl-wrap-socket": """
        import socket,ssl
        t = ssl.wrap_socket(socket.socket())
        t.connect(a)
    """,
    "wrap-created": """
        import socket,ssl
        ctx = ssl.create_default_context()
        t = ctx.wrap_socket(socket.create_connection(a))
    """,
    "self-attr": """
        import socket
        class C:
            def __init__(self):
                self.s=socket.socket()
            def go(self):
                self.s.connect(a)
    """,
    "self-attr-none": """
        import socket
        class C:
            s = None
            def go(self):
                self.s=socket.socket()
                self.s.connect(a)
    """,
    "returned-by-method": """
        import socket
        class C:
            def make(self):
                return socket.socket()
            def go(self):
                s = self.make()
                s.connect(a)
    """,
    "annot-param": """
        import socket
        def f(s: socket.socket):
            s.connect(a)
    """,
    "annot-opt": """
        import socket
        from typing import Optional
        def f(s: Optional[socket.socket]=None):
            s.connect(a)
    """,
    "connect-ex": """
        import socket
        s = socket.socket()
        s.connect_ex(a)
    """,
    "open-connection": """
        import asyncio
        async def f():
            await asyncio.open_connection('h',1)
    """,
    "open-unix": """
        import asyncio
        async def f():
            await asyncio.open_unix_connection('h')
    """,
    "loop-create-connection": """
        import asyncio
        async def f():
            loop = asyncio.get_running_loop()
            await loop.create_connection(P,'h',1)
    """,
    "loop-create-unix": """
        import asyncio
        async def f():
            loop = asyncio.get_event_loop()
            await loop.create_unix_connection(P,'h')
    """,
    "sock-connect": """
        import asyncio
        async def f(s):
            await asyncio.get_running_loop().sock_connect(s,a)
    """,
    "self-loop": """
        import asyncio
        class C:
            def __init__(self):
                self.loop=asyncio.get_event_loop()
            async def f(self):
                await self.loop.create_connection(P,'h',1)
    """,
    "run-until-complete-direct": """
        import asyncio
        loop = asyncio.get_event_loop()
        loop.run_until_complete(loop.create_connection(P,'h',1))
    """,
    "run-until-complete-named": """
        import asyncio
        loop = asyncio.get_event_loop()
        coro = loop.create_connection(P,'h',1)
        loop.run_until_complete(coro)
    """,
    "coro-await-later": """
        import asyncio
        async def f():
            c = asyncio.open_connection('h',1)
            await c
    """,
    "coro-wait-for-later": """
        import asyncio
        async def f():
            c = asyncio.open_connection('h',1)
            await asyncio.wait_for(c, 3)
    """,
    "gather": """
        import asyncio
        async def f():
            await asyncio.gather(asyncio.open_connection('h',1),asyncio.open_connection('h',2))
    """,
    "asyncio-run-of-op": """
        import asyncio
        asyncio.run(asyncio.open_connection('h',1))
    """,
    "task-awaited": """
        import asyncio
        async def f():
            t = asyncio.create_task(asyncio.open_connection('h',1))
            await t
    """,
    "uvloop": """
        import uvloop
        async def f():
            loop = uvloop.new_event_loop()
            await loop.create_connection(P,'h',1)
    """,
    "trio-tcp": """
        import trio
        async def f():
            s = await trio.open_tcp_stream('h',1)
    """,
    "trio-ssl": """
        import trio
        async def f():
            s = await trio.open_ssl_over_tcp_stream('h',1)
    """,
    "trio-unix": """
        import trio
        async def f():
            s = await trio.open_unix_socket('h')
    """,
    "trio-with-await": """
        import trio
        async def f():
            async with await trio.open_tcp_stream('h',1) as s:
                pass
    """,
    "anyio": """
        import anyio
        async def f():
            async with await anyio.connect_tcp('h',1) as s:
                pass
    """,
    "anyio-unix": """
        from anyio import connect_unix
        async def f():
            s = await connect_unix('h')
    """,
    "smtp": """
        import smtplib
        s = smtplib.SMTP('h')
    """,
    "smtp-kw": """
        import smtplib
        s = smtplib.SMTP(host='h')
    """,
    "smtp-connect": """
        import smtplib
        s = smtplib.SMTP()
        s.connect('h')
    """,
    "smtp-ssl": """
        import smtplib
        with smtplib.SMTP_SSL('h',465) as s:
            pass
    """,
    "lmtp": """
        import smtplib
        with smtplib.LMTP('h') as s:
            pass
    """,
    "ftp": """
        from ftplib import FTP
        f = FTP('h')
    """,
    "ftp-connect": """
        from ftplib import FTP
        f = FTP()
        f.connect('h')
    """,
    "ftptls": """
        from ftplib import FTP_TLS
        f = FTP_TLS('h')
    """,
    "imap": """
        import imaplib
        m = imaplib.IMAP4_SSL('h')
    """,
    "pop": """
        import poplib
        m = poplib.POP3('h')
    """,
    "pop-ssl": """
        import poplib
        m = poplib.POP3_SSL('h')
    """,
    "telnet": """
        import telnetlib
        t = telnetlib.Telnet('h')
    """,
    "telnet-open": """
        import telnetlib
        t = telnetlib.Telnet()
        t.open('h')
    """,
    "nntp": """
        import nntplib
        t = nntplib.NNTP('h')
    """,
    "mp-client": """
        from multiprocessing.connection import Client
        c = Client(a)
    """,
    "http-connect": """
        import http.client
        c = http.client.HTTPConnection('h')
        c.connect()
    """,
    "http-request": """
        import http.client
        c = http.client.HTTPConnection('h')
        c.request('GET','/')
    """,
    "https-request": """
        import http.client
        c = http.client.HTTPSConnection('h')
        c.request('GET','/')
    """,
    "http-twice": """
        import http.client
        c = http.client.HTTPConnection('h')
        c.request('GET','/')
        c.getresponse()
        c.request('GET','/')
    """,
    "http-connect-request": """
        import http.client
        c = http.client.HTTPConnection('h')
        c.connect()
        c.request('GET','/')
    """,
    "paramiko": """
        import paramiko
        c = paramiko.SSHClient()
        c.connect('h')
    """,
    "paramiko-with": """
        import paramiko
        with paramiko.SSHClient() as c:
            c.connect('h')
    """,
    "sub-smtp": """
        import smtplib
        class M(smtplib.SMTP):
            pass
        m = M('h')
    """,
    "sub-smtp-init": """
        import smtplib
        class M(smtplib.SMTP):
            def __init__(self,h):
                super().__init__(h)
        m = M('h')
    """,
    "sub-http": """
        import http.client
        class M(http.client.HTTPConnection):
            def go(self):
                self.connect()
    """,
    "sub-http-override": """
        import http.client, socket
        class M(http.client.HTTPConnection):
            def connect(self):
                self.sock=socket.socket(socket.AF_UNIX)
                self.sock.connect(self.path)
    """,
    "sub-socket": """
        import socket
        class S(socket.socket):
            pass
        s = S()
        s.connect(a)
    """,
    "sub-ftp-self": """
        import ftplib
        class F(ftplib.FTP):
            def go(self):
                self.connect('h')
    """,
    "gevent": """
        from gevent import socket
        s = socket.create_connection(a)
    """,
    "create-connection": """
        import socket
        socket.create_connection(a)
    """,
    "tcp-addrinfo": """
        import socket
        for fam,kind,proto,_,addr in socket.getaddrinfo(h,p,0,socket.SOCK_STREAM):
            s = socket.socket(fam,kind,proto)
            s.connect(addr)
    """,
    "sock-none": """
        import asyncio
        async def f(s):
            await asyncio.open_connection('h',1,sock=None)
    """,
    "nonblocking": """
        import socket
        s = socket.socket()
        s.setblocking(False)
        s.connect(a)
    """,
    "psycopg2": """
        import psycopg2
        psycopg2.connect('x')
    """,
    "getcert": """
        import ssl
        ssl.get_server_certificate(a)
    """,
    "alias": """
        import socket
        conn = socket.create_connection
        conn(a)
    """,
    "unbound": """
        import socket
        s = socket.socket()
        socket.socket.connect(s,a)
    """,
    "walrus": """
        import socket
        if (s:=socket.socket()):
            s.connect(a)
    """,
    "closing": """
        import socket,contextlib
        with contextlib.closing(socket.socket()) as s:
            s.connect(a)
    """,
    "stack": """
        import socket,contextlib
        with contextlib.ExitStack() as st:
            s = st.enter_context(socket.socket())
            s.connect(a)
    """,
    "await-sslsock": """
        import asyncio,ssl
        async def f():
            await asyncio.open_connection('h',1,ssl=True)
    """,
}

DOES_NOT = {
    "smtp-no-host": """
        import smtplib
        s = smtplib.SMTP()
    """,
    "ftp-none": """
        from ftplib import FTP
        f = FTP()
    """,
    "telnet-none": """
        import telnetlib
        t = telnetlib.Telnet()
    """,
    "http-prepares": """
        import http.client
        c = http.client.HTTPConnection('h')
    """,
    "paramiko-transport-sock": """
        import paramiko, socket
        s = get()
        t = paramiko.Transport(s)
    """,
    "paramiko-transport-connect": """
        import paramiko, socket
        s = get()
        t = paramiko.Transport(s)
        t.connect(username='u')
    """,
    "paramiko-sock": """
        import paramiko
        c = paramiko.SSHClient()
        c.connect('h', sock=chan)
    """,
    "sub-smtp-none": """
        import smtplib
        class M(smtplib.SMTP):
            pass
        m = M()
    """,
    "signal": """
        sig.connect(h)
    """,
    "qt": """
        from PyQt5.QtWidgets import QPushButton
        b = QPushButton()
        b.clicked.connect(f)
    """,
    "qtcpsocket": """
        from PyQt5.QtNetwork import QTcpSocket
        b = QTcpSocket()
        b.connectToHost('h',1)
    """,
    "blinker": """
        from blinker import signal
        signal('x').connect(f)
    """,
    "django": """
        from django.db.models.signals import post_save
        post_save.connect(f)
    """,
    "sqlite": """
        import sqlite3
        sqlite3.connect('x')
    """,
    "engine": """
        from sqlalchemy import create_engine
        e = create_engine('x')
        e.connect()
    """,
    "zmq": """
        import zmq
        c = zmq.Context()
        s = c.socket(zmq.REQ)
        s.connect('tcp://h:1')
    """,
    "udp": """
        import socket
        s = socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
        s.connect(a)
    """,
    "udp-kw": """
        import socket
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.connect(a)
    """,
    "udp-star": """
        from socket import *
        s = socket(AF_INET,SOCK_DGRAM)
        s.connect(a)
    """,
    "udp-var": """
        import socket
        kind = socket.SOCK_DGRAM
        s = socket.socket(socket.AF_INET,kind)
        s.connect(a)
    """,
    "udp-cond": """
        import socket
        s = socket.socket(socket.AF_INET,socket.SOCK_STREAM if t else socket.SOCK_DGRAM)
        s.connect(a)
    """,
    "udp-addrinfo": """
        import socket
        for fam,kind,proto,_,addr in socket.getaddrinfo(h,p,0,socket.SOCK_DGRAM):
            s = socket.socket(fam,kind,proto)
            s.connect(addr)
    """,
    "udp-num": """
        import socket
        s = socket.socket(2,2)
        s.connect(a)
    """,
    "self-udp": """
        import socket
        class C:
            def __init__(self):
                self.s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
            def go(self):
                self.s.connect(a)
    """,
    "returned-udp": """
        import socket
        def mk():
            return socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
        s = mk()
        s.connect(a)
    """,
    "already-sock": """
        import asyncio
        async def f(s):
            await asyncio.open_connection(sock=s)
    """,
    "already-sock-loop": """
        import asyncio
        async def f(s):
            await asyncio.get_running_loop().create_connection(P,sock=s)
    """,
    "datagram-endpoint": """
        import asyncio
        async def f(s):
            await asyncio.get_running_loop().create_datagram_endpoint(P,remote_addr=a)
    """,
    "unknown-param": """
        def f(s):
            s.connect(a)
    """,
    "mysql": """
        import MySQLdb
        MySQLdb.connect('h')
    """,
    "own-class": """
        class C:
            def connect(self): pass
        C().connect()
    """,
    "own-socket-class": """
        class socket:
            def connect(self,a): pass
        s = socket()
        s.connect(1)
    """,
    "mock": """
        from unittest import mock
        s = mock.Mock()
        s.connect(a)
    """,
    "accept": """
        import socket
        s = socket.socket()
        c,_=s.accept()
    """,
    "listener": """
        from multiprocessing.connection import Listener
        l = Listener(a)
    """,
    "werkzeug": """
        from werkzeug.routing import Map
        m = Map().bind('x')
        m.connect('a')
    """,
    "reassigned": """
        import socket
        s = socket.socket()
        s = wrap(s)
        s.connect(a)
    """,
    "either": """
        import socket
        s = socket.socket() if x else T()
        s.connect(a)
    """,
    "asyncore": """
        import asyncore,socket
        class C(asyncore.dispatcher):
            def __init__(self):
                asyncore.dispatcher.__init__(self)
                self.create_socket(socket.AF_INET,socket.SOCK_STREAM)
                self.connect(a)
    """,
    "twisted": """
        from twisted.internet import reactor
        reactor.connectTCP('h',1,F())
    """,
    "xmlrpc": """
        import xmlrpc.client
        p = xmlrpc.client.ServerProxy('http://h')
    """,
    "patched": """
        import socket
        socket.create_connection=mine
        socket.create_connection(a)
    """,
    "parameter-of-a-kind-where-datagrams-are-named": """
        import socket
        def f(kind):
            s = socket.socket(socket.AF_INET,kind)
            s.connect(a)
        f(socket.SOCK_DGRAM)
    """,
}


@pytest.mark.parametrize("code", DOES_NOT.values(), ids=DOES_NOT.keys())
def test_does_not_connect(code: str) -> None:
    assert [text(site.call) for site in read(code).connects] == []


@pytest.mark.parametrize("code", CONNECTS.values(), ids=CONNECTS.keys())
def test_connects(code: str) -> None:
    sites = read(code).connects
    assert sites
    assert all(site.tried.operation.phase in {"connect", "request"} for site in sites)


def test_table_is_large_enough_to_tell() -> None:
    assert len(CONNECTS) >= 40
    assert len(DOES_NOT) >= 30


@pytest.mark.parametrize(
    "later", ["c.request('GET', '/2')", "c.connect()\nc.request('GET', '/')", "c.getresponse()\nc.request('GET', '/')"]
)
def test_only_the_first_request_of_a_connection_connects(later: str) -> None:
    found = read(f"import http.client\nc = http.client.HTTPConnection('h')\nc.request('GET', '/1')\n{later}")
    assert text(found.connects[0].call) == "c.request('GET', '/1')"
    assert all(text(site.call) == "c.connect()" for site in found.connects[1:])
