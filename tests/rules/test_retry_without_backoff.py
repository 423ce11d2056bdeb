"""CNL201: what goes straight round again, and what does not. The silent ones come first."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check

IMPORTS = """\
import asyncio, contextlib, itertools, queue, random, select, socket, threading, time, urllib.request
import aiohttp, httpx, redis, requests
"""

SILENT = {
    "next-address-taken-out-of-a-table": """
import requests
def ask(session: requests.Session, addresses, names):
    while names:
        try:
            return session.get(addresses.pop(names[0]))
        except requests.RequestException:
            pass
    return None
""",
    "listener-takes-a-port-that-is-free": """
import socket
def listen(host, pick):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    while True:
        try:
            port = pick()
            s.bind((host, port))
            break
        except socket.error:
            continue
    s.listen(10)
    return s
""",
    "server-takes-a-port-that-is-free": """
import socket
class Server:
    def start(self):
        while not self.bound:
            try:
                self.port = self.ports()
                self.listener.bind((self.host, self.port))
                self.listener.listen(5)
                self.bound = True
            except socket.error as exc:
                self.log.debug("port %d: %s", self.port, exc)
""",
    "names-cleanup-then-backoff-inherited": """
import requests
class A(Base):
    def f(self):
        while True:
            try:
                return requests.get(self.u)
            except requests.ConnectionError:
                self.close_and_wait()
""",
    "names-reconnect-with-policy": """
import pika
class C:
    def run(self):
        while not self.stopping:
            try:
                self.conn = pika.BlockingConnection(self.params)
                self.conn.channel().start_consuming()
            except pika.exceptions.AMQPConnectionError:
                self.policy.failed()
""",
    "names-connect-with-librarys-own-retry-wait": """
import pika
class C:
    def run(self):
        while not self._stop.wait(self.delay):
            try:
                self.conn = pika.BlockingConnection(self.params)
                self.conn.channel().start_consuming()
            except pika.exceptions.AMQPConnectionError:
                self.log.info("lost")
""",
    "names-twice-with-new-connection": """
import pymysql
class C:
    def query(self, sql):
        for attempt in range(2):
            try:
                self.conn.connect()
                return self.conn.query(sql)
            except pymysql.err.OperationalError:
                if attempt:
                    raise
""",
    "names-next-broker": """
import kafka
class C:
    def open(self):
        while True:
            broker = self.brokers.next()
            try:
                return broker.connect()
            except kafka.errors.KafkaError:
                continue
""",
    "names-port-in-use": """
import socket
def free(start):
    port = start
    while True:
        try:
            s = bind_to(port)
            return s
        except socket.error:
            port += 1
""",
    "names-udp-discover": """
import socket
def discover(sock, n):
    for i in range(n):
        try:
            data = sock.recvfrom(1024)
            return data
        except socket.error:
            continue
""",
    "names-discover-opaque": """
import socket
class D:
    def discover(self):
        while self.running:
            try:
                data, addr = self.sock.recvfrom(1024)
                self.handle(data, addr)
            except socket.error:
                continue
""",
    "names-read-n-from-file": """
class D:
    def loop(self):
        while True:
            try:
                self.link.step()
                break
            except OSError:
                continue
""",
    "names-connect-with-timeout-error-only": """
from .errors import ConnectTimeoutError
def c(client):
    while True:
        try:
            return client.connect(timeout=5)
        except ConnectTimeoutError:
            continue
""",
    "names-kazoo-waits-for-its-own": """
from kazoo.handlers.threading import KazooTimeoutError
def c(client):
    while True:
        try:
            client.start(1)
            break
        except KazooTimeoutError:
            print("retry")
""",
    "names-device-select-menu": """
import socket
def serve(sel, srv):
    while True:
        try:
            events = sel.select(1)
            for key, _ in events:
                key.data()
        except socket.error:
            pass
""",
    "names-handler-breaks-out": """
import psycopg2
def c(dsn):
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            break
""",
    "names-user-decides": """
import psycopg2
def c(dsn, ask):
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            dsn = ask()
""",
    "names-ping-sweep": """
def sweep(hosts):
    up = []
    for host in hosts:
        try:
            host.ping()
            up.append(host)
        except Exception:
            pass
    return up
""",
    "names-periodic-ping": """
import time
def keep(client):
    while True:
        try:
            client.ping()
        except Exception:
            print("lost")
        time.sleep(10)
""",
    "names-ping-each-second-with-event": """
def keep(client, ev):
    while not ev.wait(1):
        try:
            client.ping()
        except Exception:
            print("lost")
""",
    "names-session-get-pages": """
def pages(session, url):
    while url:
        try:
            page = session.get(url)
            url = page.next
        except Exception:
            break
""",
    "names-pagination-skip": """
def pages(session, url):
    n = 0
    while n < 10:
        try:
            page = session.get(url, n)
            yield page
        except Exception:
            pass
        n += 1
""",
    "names-for-range-of-pages": """
def pages(session, url):
    out = []
    for page in range(10):
        try:
            out.append(session.get(url, params={"page": page}))
        except Exception:
            continue
    return out
""",
    "names-connects-then-sleeps-in-finally": """
import time, pymysql
def run(cfg, work):
    while True:
        try:
            conn = pymysql.connect(**cfg)
            work(conn)
        except pymysql.MySQLError:
            print("down")
        finally:
            time.sleep(5)
""",
    "names-qt-like": """
from PySide import QtError
def run(self):
    while self.pending:
        try:
            self.pending.pop().connect(self.slot)
        except QtError:
            pass
""",
    "names-mqtt-reconnect-waits": """
import paho.mqtt.client as mqtt, time
def on_disconnect(client, userdata, rc):
    delay = 1
    while True:
        time.sleep(delay)
        try:
            client.reconnect()
            break
        except Exception as e:
            delay *= 2
""",
    "named-sqlite": """
import sqlite3

def open_db(path):
    while True:
        try:
            return sqlite3.connect(path)
        except sqlite3.OperationalError:
            pass
""",
    "named-not-connected-with-wait": """
import socket, time

class Client:
    def __init__(self, address):
        self.sock = socket.socket()
        self.address = address
        self.connected = False
    def run(self):
        while not self.connected:
            try:
                self.sock.connect(self.address)
                self.connected = True
            except ConnectionRefusedError:
                self.pause()
    def pause(self):
        time.sleep(1)
""",
    "named-sqlalchemy-session": """
from .db import make_session

def load(model, key):
    session = make_session()
    for attempt in range(5):
        try:
            return session.get(model, key)
        except Exception as e:
            print(e)
    raise RuntimeError
""",
    "named-own-generator-of-delays": """
import requests, time

def attempts(n):
    for i in range(n):
        yield i
        time.sleep(2**i)

def fetch(url):
    for _ in attempts(5):
        try:
            return requests.get(url, timeout=3)
        except requests.exceptions.ConnectionError:
            pass
    raise RuntimeError(url)
""",
    "named-api-error-answered": """
from .errors import APIError
def run(api, n=15):
    for _ in range(n):
        try:
            return api.connect()
        except InvalidError:
            pass
""",
    "named-raise-helper-after-tries": """
import time
from redis import exceptions
from . import utils

def run(func, n):
    while n:
        try:
            return func()
        except exceptions.ConnectionError as e:
            n -= 1
            if not n:
                utils.raise_with_cause(RuntimeError, e)
            time.sleep(1)
""",
    "named-boto-client-error": """
import botocore.exceptions

def conn(session):
    for _ in range(5):
        try:
            return session.connect()
        except botocore.exceptions.ParamValidationError:
            pass
""",
    "named-websockets-iter": """
import asyncio, websockets

async def listen(uri, handle):
    async for ws in websockets.connect(uri):
        try:
            async for m in ws:
                handle(m)
        except websockets.ConnectionClosed:
            continue
""",
    "named-timer-reschedules": """
import requests

def ask(url, sched):
    while True:
        try:
            return requests.get(url)
        except requests.ConnectionError:
            sched.later(5)
""",
    "named-user-prompt": """
import requests

def ask(url):
    while True:
        try:
            return requests.get(url)
        except requests.ConnectionError:
            if input("retry? ") != "y":
                return None
""",
    "named-signal-connect": """
from .qt import QtError
def wire(signal, slots):
    for slot in slots:
        try:
            signal.connect(slot)
        except QtError:
            pass
""",
    "named-select-timeout": """
import socket, select

def run(sock, stop):
    while not stop.is_set():
        try:
            r, _, _ = select.select([sock], [], [], 1)
            if r:
                sock.recv(10)
        except socket.error:
            pass
""",
    "sleep-after-try": """
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
        time.sleep(1)
""",
    "sleep-in-finally": """
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
        finally:
            time.sleep(1)
""",
    "sleep-at-top-if-attempt": """
def f(u):
    for attempt in range(5):
        if attempt:
            time.sleep(2 ** attempt)
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
    raise RuntimeError
""",
    "conditional-sleep": """
def f(u):
    for attempt in range(5):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            if attempt < 4:
                time.sleep(1)
    raise RuntimeError
""",
    "delays-generator": """
def f(u, delays):
    for _ in delays():
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
    raise RuntimeError
""",
    "tenacity-attempts": """
import tenacity
def f(u):
    for attempt in tenacity.Retrying(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1)):
        with attempt:
            try:
                return requests.get(u)
            except requests.ConnectionError:
                print("x")
""",
    "own-sleeper": """
def snooze(n):
    time.sleep(2 ** n)
def f(u):
    n = 0
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            n += 1
            snooze(n)
""",
    "event-wait-in-test": """
class C:
    def run(self):
        while not self._stop.wait(1):
            try:
                requests.get(self.url)
            except requests.ConnectionError:
                pass
""",
    "queue-get-top": """
def work(q: queue.Queue, u):
    while True:
        item = q.get()
        try:
            requests.post(u, json=item)
        except requests.ConnectionError:
            print("lost")
""",
    "queue-name-empty": """
def work(pending, u):
    while pending:
        item = pending.pop()
        try:
            requests.post(u, json=item)
        except requests.ConnectionError:
            print("lost")
""",
    "failover-index": """
def f(hosts):
    i = 0
    while i < len(hosts):
        try:
            return socket.create_connection((hosts[i], 80))
        except OSError:
            i += 1
    raise RuntimeError
""",
    "failover-cycle": """
def f(hosts):
    ring = itertools.cycle(hosts)
    while True:
        host = next(ring)
        try:
            return socket.create_connection((host, 80))
        except OSError:
            pass
""",
    "failover-choice": """
def f(hosts):
    for _ in range(5):
        host = random.choice(hosts)
        try:
            return socket.create_connection((host, 80))
        except OSError:
            pass
""",
    "failover-handler-swaps": """
def f(primary, secondary):
    url = primary
    for _ in range(5):
        try:
            return requests.get(url)
        except requests.ConnectionError:
            url = secondary
    raise RuntimeError
""",
    "port-search": """
def f(host):
    port = 5000
    while True:
        try:
            return socket.create_connection((host, port))
        except OSError:
            port += 1
""",
    "port-range": """
def f(host):
    for offset in range(100):
        try:
            return socket.create_connection((host, 5000 + offset))
        except OSError:
            pass
""",
    "getaddrinfo": """
def f(host, port):
    for family, kind, proto, _, address in socket.getaddrinfo(host, port):
        s = socket.socket(family, kind, proto)
        try:
            s.connect(address)
            return s
        except OSError:
            s.close()
    raise OSError("none")
""",
    "accept-loop": """
def f(s: socket.socket):
    while True:
        try:
            c, _ = s.accept()
        except OSError:
            continue
        c.close()
""",
    "read-loop": """
def f(s: socket.socket):
    while True:
        try:
            print(s.recv(10))
        except ConnectionResetError:
            continue
""",
    "read-loop-opaque": """
def f(conn):
    while True:
        try:
            data = conn.recv(10)
            if not data:
                break
        except ConnectionResetError:
            continue
""",
    "eintr": """
def f(s, a):
    s = socket.socket()
    while True:
        try:
            s.connect(a)
            break
        except InterruptedError:
            continue
""",
    "blocking": """
def f(a):
    s = socket.socket()
    while True:
        try:
            s.connect(a)
            break
        except BlockingIOError:
            continue
""",
    "timeout-only": """
def f(a):
    while True:
        try:
            return socket.create_connection(a, 5)
        except TimeoutError:
            continue
""",
    "two-attempts-tuple": """
def f(u):
    for last in (False, True):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            if last:
                raise
""",
    "two-attempts-flag": """
def f(u):
    retried = False
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            if retried:
                raise
            retried = True
""",
    "two-attempts-counter": """
def f(u):
    tries = 0
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            tries += 1
            if tries > 1:
                raise
""",
    "two-attempts-constant": """
TRIES = 2
def f(u):
    for i in range(TRIES):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
    return None
""",
    "opaque-reset": """
class C:
    def f(self, u):
        while True:
            try:
                return requests.get(u)
            except requests.ConnectionError:
                self._reset_session()
""",
    "opaque-oserror": """
def f(thing):
    while True:
        try:
            return thing.load()
        except OSError:
            pass
""",
    "own-class-named-ConnectionError": """
class ConnectionError(Exception): pass
def f(thing):
    while True:
        try:
            return thing.load()
        except ConnectionError:
            pass
""",
    "http-status": """
def f(u):
    while True:
        try:
            r = requests.get(u)
            r.raise_for_status()
            return r
        except requests.HTTPError:
            pass
""",
    "leaves": """
def f(u):
    while True:
        try:
            requests.get(u)
        except requests.ConnectionError:
            break
""",
    "flag-ends-loop": """
def f(u):
    running = True
    while running:
        try:
            requests.get(u)
        except requests.ConnectionError:
            running = False
""",
    "backoff-object": """
def f(u, backoff):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            backoff.sleep()
""",
    "generator-yield": """
def f(u):
    while True:
        try:
            yield requests.get(u)
        except requests.ConnectionError:
            yield None
""",
    "items-worked-with-fixed-connect": """
def f(items, a):
    for item in items:
        try:
            s = socket.create_connection(a)
            s.sendall(item)
        except OSError:
            print("lost", item)
""",
    "n-requests": """
def f(u):
    for _ in range(100):
        try:
            requests.get(u)
        except requests.ConnectionError:
            print("x")
""",
    "prompt-loop": """
def f():
    while True:
        host = input("host: ")
        try:
            return socket.create_connection((host, 80))
        except OSError as e:
            print(e)
""",
    "fallback-scheme": """
def f(host):
    verify = True
    for _ in range(5):
        try:
            return requests.get(host, verify=verify)
        except requests.exceptions.SSLError:
            verify = False
    raise RuntimeError
""",
    "async-wait-for-event": """
async def f(s: aiohttp.ClientSession, u, stop):
    while True:
        try:
            async with s.get(u) as r:
                return await r.text()
        except aiohttp.ClientError:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 5)
""",
    "test-name-rebind": """
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            u = u.replace("https:", "http:")
""",
    "select-before": """
def f(a, s):
    while True:
        select.select([s], [], [], 1)
        try:
            return socket.create_connection(a)
        except OSError:
            pass
""",
    "waits-inside-connect": """
class C:
    def connect(self):
        time.sleep(self.n)
        self.sock = socket.create_connection(self.a)
    def run(self):
        while True:
            try:
                self.connect()
                break
            except OSError:
                self.n += 1
""",
    "recursion-just-once": """
def f(u, again=True):
    try:
        return requests.get(u)
    except requests.ConnectionError:
        if not again:
            raise
        return f(u, again=False)
""",
    "recursion-once-by-a-number": """
def f(u, n=0):
    try:
        return requests.get(u)
    except requests.ConnectionError:
        if n < 1:
            return f(u, n + 1)
""",
    "recursion-after-a-wait": """
def f(u):
    try:
        return requests.get(u)
    except requests.ConnectionError:
        time.sleep(5)
        return f(u)
""",
    "recursion-with-another-host": """
def f(hosts):
    try:
        return requests.get(hosts[0])
    except requests.ConnectionError:
        return f(hosts[1:])
""",
    "recursion-of-what-is-throttled": """
class A:
    async def f(self, s: aiohttp.ClientSession, u):
        try:
            async with self.throttle:
                return await s.get(u)
        except aiohttp.ClientError:
            return await self.f(s, u)
""",
    "recursion-that-waits-before-it-tries": """
def f(u):
    try:
        time.sleep(1)
        return requests.get(u)
    except requests.ConnectionError:
        return f(u)
""",
    "recursion-that-asks": """
def f():
    try:
        return requests.get(input("address: "))
    except requests.ConnectionError:
        return f()
""",
    "recursion-of-another": """
class A:
    def f(self, u):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            return self.other.f(u)
""",
    "recursion-after-the-answer": """
def f(u):
    try:
        return requests.get(u)
    except requests.RequestException as e:
        if e.response.status_code == 401:
            return f(u)
        raise
""",
    "recursion-of-what-is-not-seen": """
def f(u):
    try:
        return connect(u)
    except Exception:
        return f(u)
""",
    "async-gather-items": """
async def f(s: aiohttp.ClientSession, urls):
    for u in urls:
        try:
            async with s.get(u) as r:
                print(await r.text())
        except aiohttp.ClientError as e:
            print(e)
""",
    "inner-function": """
def f(u):
    while True:
        def g():
            try:
                return requests.get(u)
            except requests.ConnectionError:
                return None
        if g():
            break
        time.sleep(1)
""",
    "retry-list-rotating-self": """
class C:
    def f(self):
        for _ in range(5):
            try:
                return requests.get(self.urls[self.i])
            except requests.ConnectionError:
                self.i = (self.i + 1) % len(self.urls)
        raise RuntimeError
""",
    "async-for-queue": """
async def f(s: aiohttp.ClientSession, jobs, u):
    async for job in jobs:
        try:
            await s.post(u, json=job)
        except aiohttp.ClientError:
            print("lost")
""",
    "while-queue-walrus": """
def f(it, u):
    while (line := it.readline()):
        try:
            requests.post(u, data=line)
        except requests.ConnectionError:
            print("lost")
""",
    "delay-in-condition-helper": """
class C:
    def _again(self):
        self.n += 1
        time.sleep(self.n)
        return self.n < 5
    def f(self, u):
        while True:
            try:
                return requests.get(u)
            except requests.ConnectionError:
                if not self._again():
                    raise
""",
    "subprocess-wait": """
import subprocess
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            subprocess.run(["systemctl", "restart", "x"])
""",
    "errno-inprogress": """
import errno
def f(a):
    s = socket.socket()
    s.setblocking(False)
    while True:
        try:
            s.connect(a)
        except OSError as e:
            if e.errno in (errno.EINPROGRESS, errno.EALREADY):
                continue
            if e.errno == errno.EISCONN:
                break
            raise
""",
}

BAD = {
    "recursion": """
def f(u):
    try:
        return requests.get(u)
    except requests.ConnectionError:
        return f(u)
""",
    "recursion-of-a-method": """
class A:
    def connect(self):
        try:
            self.sock = socket.create_connection(self.address)
        except OSError as e:
            print(e)
            self.connect()
""",
    "recursion-counted": """
def f(u, n=0):
    try:
        return requests.get(u)
    except requests.ConnectionError:
        if n > 3:
            raise
        return f(u, n + 1)
""",
    "recursion-on-one-line": """
def f(u):
    try: return requests.get(u)
    except requests.ConnectionError: return f(u)
""",
    "recursion-of-a-coroutine-with-a-callback": """
async def f(s: aiohttp.ClientSession, u):
    def note(e):
        print(e)
    try:
        return await s.get(u)
    except aiohttp.ClientError as e:
        note(e)
        return await f(s, u)
""",
    "option-taken-out-of-the-keywords": """
import requests
def ask(session: requests.Session, method, url, **kwargs):
    for _ in range(3):
        try:
            return session.request(method, url, timeout=kwargs.pop("timeout", 5), **kwargs)
        except requests.RequestException:
            pass
    return None
""",
    "names-reconnect-worker": """
import pika
class C:
    def run(self):
        while not self.stopping:
            try:
                self.connect()
                self.consume()
            except pika.exceptions.AMQPConnectionError:
                self.log.warning("lost, reconnecting")
""",
    "names-mqtt-reconnect": """
import paho.mqtt.client as mqtt
def on_disconnect(client, userdata, rc):
    while True:
        try:
            client.reconnect()
            break
        except Exception as e:
            print("reconnect failed", e)
""",
    "names-sshtunnel": """
import socket, time
def wait_port(opener, tries=30):
    n = 0
    while n < tries:
        n += 1
        try:
            opener.open_connection()
            return True
        except Exception:
            continue
    return False
""",
    "named-psycopg-wait-for-db": """
import psycopg2

def wait_for_db(dsn):
    while True:
        try:
            conn = psycopg2.connect(dsn)
            break
        except psycopg2.OperationalError as e:
            print("not ready", e)
    return conn
""",
    "named-session-post-by-name": """
from .http import make_session

def send(payload, url):
    session = make_session()
    for attempt in range(5):
        try:
            return session.post(url, json=payload)
        except Exception as e:
            log(e)
    raise RuntimeError
""",
    "named-trio": """
import trio

async def dial(host, port):
    while True:
        try:
            stream = await trio.open_tcp_stream(host, port)
            return stream
        except OSError:
            continue
""",
    "named-anyio": """
import anyio

async def dial(host, port):
    for _ in range(10):
        try:
            return await anyio.connect_tcp(host, port)
        except OSError:
            pass
    raise TimeoutError
""",
    "named-recoverable-collected": """
from .http import RETRYABLE_HTTP_ERRORS

class Fetcher:
    def get_object(self, key):
        for i in range(self.max_attempts):
            try:
                return self._client.get_object(key)
            except RETRYABLE_HTTP_ERRORS as e:
                last = e
                continue
        raise RuntimeError(last)
""",
    "named-imported-pika": """
import pika

def run(params, handle):
    while True:
        try:
            connection = pika.BlockingConnection(params)
            channel = connection.channel()
            channel.start_consuming()
        except pika.exceptions.AMQPConnectionError:
            print("connection was closed, retrying...")
            continue
""",
    "named-ping-db": """
def wait_ready(client):
    while True:
        try:
            client.ping()
            break
        except Exception:
            pass
""",
    "named-socket-error-opaque": """
import socket

class Link:
    def open(self):
        tries = 0
        while tries < 5:
            try:
                self._dial_up()
                return
            except socket.error as e:
                tries += 1
                self.log.warning("failed %s", e)
        raise RuntimeError("no link")
""",
    "named-closes-by-own-helper": """
import requests

class Api:
    def _close_session(self):
        self.session.close()
    def call(self, path):
        for attempt in range(self.retries):
            try:
                return self.session.get(self.base + path)
            except requests.exceptions.ConnectionError:
                self.close_connection()
                self._close_session()
        raise RuntimeError
""",
    "named-raise-helper-hot": """
from redis import exceptions
from . import utils

def run(func, n=15):
    while n:
        try:
            return func()
        except exceptions.ConnectionError as e:
            n -= 1
            if not n:
                utils.raise_with_cause(RuntimeError, str(e), cause=e)
""",
    "named-mysql": """
import mysql.connector

def connect(cfg):
    conn = None
    while conn is None:
        try:
            conn = mysql.connector.connect(**cfg)
        except mysql.connector.Error as err:
            print("waiting", err)
    return conn
""",
    "named-paramiko": """
import paramiko

def ssh(host):
    client = paramiko.SSHClient()
    for i in range(10):
        try:
            client.connect(host)
            return client
        except (paramiko.SSHException, OSError):
            print("retrying")
    raise RuntimeError
""",
    "named-s3transfer": """
from botocore.exceptions import IncompleteReadError, ReadTimeoutError

class D:
    def get(self, key, max_attempts):
        for i in range(max_attempts):
            try:
                return self._do_get_object(key)
            except (OSError, ReadTimeoutError, IncompleteReadError) as e:
                last = e
                continue
        raise RuntimeError(last)
""",
    "named-websockets": """
import asyncio, websockets

async def listen(uri, handle):
    while True:
        try:
            async with websockets.connect(uri) as ws:
                async for m in ws:
                    handle(m)
        except websockets.ConnectionClosed:
            continue
""",
    "named-exception-decides": """
import requests

def get(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=3)
        except requests.exceptions.RequestException as e:
            if e.response is not None and not e.is_fatal():
                raise
    raise RuntimeError
""",
    "while-true-continue": """
def f(a):
    while True:
        try:
            return socket.create_connection(a)
        except OSError:
            continue
""",
    "while-not-connected": """
def f(a):
    connected = False
    while not connected:
        try:
            s = socket.create_connection(a)
            connected = True
        except ConnectionRefusedError as e:
            print(e)
    return s
""",
    "while-conn-none-opaque": """
conn = None
while conn is None:
    try:
        conn = connect()
    except ConnectionError:
        pass
""",
    "self-connect-method": """
class C:
    def __init__(self, a):
        self.a = a
        self.sock = None
    def connect(self):
        self.sock = socket.socket()
        self.sock.connect(self.a)
    def run(self):
        while True:
            try:
                self.connect()
                break
            except OSError:
                self.sock.close()
""",
    "zero-sleep": """
async def f(s, u):
    for _ in range(10):
        try:
            return await s.get(u)
        except ConnectionError:
            await asyncio.sleep(0)
    raise RuntimeError
""",
    "broad-except": """
def f(u):
    for _ in range(10):
        try:
            return requests.get(u)
        except Exception:
            pass
    raise RuntimeError
""",
    "bare-except": """
def f(u):
    for _ in range(10):
        try:
            return requests.get(u)
        except:
            pass
    raise RuntimeError
""",
    "flag-loop": """
def f(u):
    ok = False
    n = 0
    while not ok and n < 5:
        n += 1
        try:
            r = requests.get(u)
            ok = True
        except requests.ConnectionError:
            ok = False
    return r
""",
    "reconnect-serve": """
def run(a, handle):
    while True:
        try:
            with socket.create_connection(a) as s:
                while True:
                    data = s.recv(100)
                    if not data:
                        break
                    handle(data)
        except OSError as e:
            print("lost", e)
""",
    "sleep-on-success-only": """
def poll(u):
    while True:
        try:
            r = requests.get(u)
            print(r.status_code)
            time.sleep(60)
        except requests.ConnectionError:
            print("down")
""",
    "sleep-in-else": """
def poll(u):
    while True:
        try:
            r = requests.get(u)
        except requests.ConnectionError:
            print("down")
        else:
            print(r)
            time.sleep(60)
""",
    "max-retries-constant": """
MAX = 3
def f(u):
    for i in range(MAX):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
    raise RuntimeError
""",
    "retry-in-except-count": """
def f(u):
    retries = 5
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            retries -= 1
            if not retries:
                raise
""",
    "deadline-spin": """
def f(a):
    end = time.time() + 10
    while time.time() < end:
        try:
            return socket.create_connection(a)
        except ConnectionRefusedError:
            pass
    raise TimeoutError
""",
    "httpx-client-with": """
def f(u):
    with httpx.Client() as c:
        for _ in range(4):
            try:
                r = c.get(u)
                r.raise_for_status()
                return r
            except httpx.HTTPError as e:
                print(e)
    raise RuntimeError
""",
    "redis-blpop": """
def f(r: redis.Redis):
    while True:
        try:
            print(r.blpop("jobs"))
        except redis.exceptions.ConnectionError:
            print("redis is away")
""",
    "new-socket-each-time": """
def f(a):
    for attempt in range(10):
        s = socket.socket()
        s.settimeout(5)
        try:
            s.connect(a)
            return s
        except OSError:
            s.close()
    raise RuntimeError
""",
    "attempt-in-log-and-timeout": """
def f(u, log):
    for attempt in range(4):
        log.info("attempt %d", attempt)
        try:
            return requests.get(u, timeout=2 ** attempt)
        except requests.ConnectionError as e:
            log.warning("%s: %s", attempt, e)
    raise RuntimeError
""",
    "nested-if": """
def f(u, auth):
    for attempt in range(4):
        if auth:
            try:
                return requests.get(u)
            except requests.ConnectionError:
                pass
    raise RuntimeError
""",
    "decorator": """
import functools
def retry(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        for _ in range(3):
            try:
                return func(*args, **kwargs)
            except requests.exceptions.ConnectionError:
                continue
        raise RuntimeError
    return wrapper
""",
    "suppress": """
def f(a):
    while True:
        with contextlib.suppress(OSError):
            return socket.create_connection(a)
""",
    "lock-around": """
class C:
    def f(self, u):
        for _ in range(4):
            with self._lock:
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    pass
        raise RuntimeError
""",
    "for-else-raise-hot": """
def f(u):
    for _ in range(4):
        try:
            r = requests.get(u)
        except requests.ConnectionError:
            continue
        break
    else:
        raise RuntimeError
    return r
""",
    "finally-close": """
def f(a):
    while True:
        s = socket.socket()
        try:
            s.connect(a)
            s.sendall(b"x")
            return
        except OSError:
            pass
        finally:
            s.close()
""",
    "pagination-but-same-page-on-failure": """
def f(u):
    page = 1
    while True:
        try:
            r = requests.get(u, params={"page": page})
        except requests.ConnectionError:
            continue
        if not r.json():
            break
        page += 1
""",
    "count": """
def f(u):
    for n in itertools.count():
        try:
            return requests.get(u)
        except requests.ConnectionError:
            print(n)
""",
    "three-attempts-counter": """
def f(u):
    tries = 0
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            tries += 1
            if tries > 2:
                raise
""",
    "async-hot": """
async def f(s: aiohttp.ClientSession, u):
    for attempt in range(5):
        try:
            async with s.get(u) as r:
                return await r.text()
        except aiohttp.ClientError as e:
            print(attempt, e)
    raise RuntimeError
""",
    "open-connection-hot": """
async def f(h, p):
    while True:
        try:
            r, w = await asyncio.open_connection(h, p)
            break
        except (ConnectionRefusedError, OSError):
            print("waiting for server")
    return r, w
""",
    "wait-for": """
async def f(h, p):
    while True:
        try:
            r, w = await asyncio.wait_for(asyncio.open_connection(h, p), timeout=3)
            break
        except (ConnectionRefusedError, asyncio.TimeoutError):
            print("waiting for server")
    return r, w
""",
    "function-of-file-connects": """
def connect(h):
    s = socket.socket()
    s.connect((h, 1))
    return s
def main():
    while True:
        try:
            s = connect("x")
            break
        except ConnectionRefusedError:
            print("no")
    s.send(b"x")
main()
""",
    "match-in-handler": """
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError as e:
            match e.errno:
                case 1:
                    raise
                case _:
                    pass
""",
    "socket-timeout-and-refused-mix": """
def f(a):
    for _ in range(5):
        try:
            return socket.create_connection(a, timeout=3)
        except (socket.timeout, ConnectionRefusedError):
            pass
    return None
""",
    "raise-if-not-retryable": """
def f(u):
    for n in range(5):
        try:
            return requests.get(u)
        except requests.ConnectionError as e:
            if "refused" not in str(e):
                raise
    raise RuntimeError
""",
    "handler-return-mostly": """
def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError as e:
            if e.response:
                return None
            print("again")
""",
    "nested-try-in-handler": """
def f(a):
    while True:
        s = socket.socket()
        try:
            s.connect(a)
            return s
        except OSError:
            try:
                s.close()
            except OSError:
                pass
""",
}


def reported(code: str) -> list[str]:
    found = check((IMPORTS + code).encode(), "example.py", Selection(select=("CNL201",)))
    assert found.problems == ()
    return [item.code for item in found.diagnostics]


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT.keys())
def test_silent(code: str) -> None:
    assert reported(code) == []


@pytest.mark.parametrize("code", BAD.values(), ids=BAD.keys())
def test_reported_once(code: str) -> None:
    assert reported(code) == ["CNL201"]
