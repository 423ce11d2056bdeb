"""CNL210 on programs of both kinds, and its repair run against a port that refuses, and later listens."""

from __future__ import annotations

from textwrap import dedent

import pytest

from connlint.engine import Selection, check, fix
from tests.execution.harness import execute, repaired

REUSES = Selection(select=("CNL210",))
IMPORTS = "import asyncio, contextlib, errno, logging, socket, ssl, time\n"

SILENT = {
    "free-port-closing": """
        def f(port):
            with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
                while sock.connect_ex(("127.0.0.1", port)) == 0:
                    port += 1
                return port
    """,
    "free-port": """
        def f():
            port = 8124
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            while sock.connect_ex(("127.0.0.1", port)) == 0:
                port += 1
            sock.close()
            return port
    """,
    "del": """
        def f(a):
            s = None
            while True:
                try:
                    if s is None:
                        s = socket.socket()
                    s.connect(a)
                    return s
                except OSError:
                    s = None
                    time.sleep(1)
    """,
    "create_connection": """
        def f(a):
            while True:
                try:
                    s = socket.create_connection(a)
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "with-in-loop": """
        def f(a):
            while True:
                with socket.socket() as s:
                    try:
                        s.connect(a)
                        return True
                    except OSError:
                        time.sleep(1)
    """,
    "loop-top": """
        def f(a):
            for _ in range(5):
                s = socket.socket()
                s.settimeout(1)
                if s.connect_ex(a) == 0:
                    return s
                s.close()
    """,
    "self-made-in-loop": """
        class C:
            def open(self):
                while True:
                    self.s = socket.socket()
                    try:
                        self.s.connect(("a", 1))
                        return
                    except OSError:
                        self.s.close()
    """,
    "method-remakes-indirectly": """
        class C:
            def __init__(self):
                self.s = socket.socket()
            def _fresh(self):
                self.s = socket.socket()
            def _again(self):
                self._fresh()
            def open(self):
                while True:
                    try:
                        self.s.connect(("a", 1))
                        return
                    except OSError:
                        self._again()
    """,
    "base-class-helper": """
        from elsewhere import Base
        class C(Base):
            def __init__(self):
                self.s = socket.socket()
            def open(self):
                while True:
                    try:
                        self.s.connect(("a", 1))
                        return
                    except OSError:
                        self.reset()
    """,
    "handed-self": """
        from elsewhere import reset
        class C:
            def __init__(self):
                self.s = socket.socket()
            def open(self):
                while True:
                    try:
                        self.s.connect(("a", 1))
                        return
                    except OSError:
                        reset(self)
    """,
    "global-rebound": """
        s = socket.socket()
        def renew():
            global s
            s = socket.socket()
        def f():
            while True:
                try:
                    s.connect(("a", 1))
                    return
                except OSError:
                    renew()
    """,
    "nonblocking": """
        def f(a):
            s = socket.socket()
            s.setblocking(0)
            while True:
                try:
                    s.connect(a)
                except OSError:
                    time.sleep(0.1)
                    continue
                break
    """,
    "poll-ex": """
        def f(a):
            s = socket.socket()
            s.settimeout(0)
            while s.connect_ex(a):
                time.sleep(0.01)
    """,
    "eisconn": """
        def f(a):
            s = socket.socket()
            s.settimeout(1)
            while True:
                err = s.connect_ex(a)
                if err in (0, errno.EISCONN):
                    break
                time.sleep(0.1)
    """,
    "raises": """
        def f(a):
            s = socket.socket()
            for _ in range(3):
                try:
                    s.connect(a)
                except OSError:
                    s.close()
                    raise
                s.sendall(b"x")
    """,
    "returns": """
        def f(a, lines):
            s = socket.socket()
            for line in lines:
                try:
                    s.connect(a)
                except OSError:
                    return None
    """,
    "breaks": """
        def f(a, lines):
            s = socket.socket()
            for line in lines:
                if s.connect_ex(a) != 0:
                    break
                s.sendall(line)
                break
    """,
    "no-loop": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                time.sleep(1)
    """,
    "gaierror-only": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except socket.gaierror:
                    time.sleep(1)
    """,
    "eintr-eq": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    break
                except socket.error as e:
                    if e.errno == errno.EINTR:
                        continue
                    raise
    """,
    "eintr-args": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    break
                except socket.error as e:
                    if e.args[0] == errno.EINTR:
                        continue
                    raise
    """,
    "interrupted": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    break
                except InterruptedError:
                    continue
    """,
    "unix-const": """
        PATH = "/run/x.sock"
        def f():
            s = socket.socket(socket.AF_UNIX)
            while True:
                try:
                    s.connect(PATH)
                    break
                except OSError:
                    time.sleep(1)
    """,
    "unix-family-variable": """
        def f(family, addr):
            s = socket.socket(family)
            while True:
                try:
                    s.connect(addr)
                    break
                except OSError:
                    time.sleep(1)
    """,
    "dgram": """
        def f(hosts):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for h in hosts:
                try:
                    s.connect((h, 1))
                except OSError:
                    continue
    """,
    "sockets-of-list": """
        def f(socks, a):
            for s in socks:
                try:
                    s.connect(a)
                except OSError:
                    continue
    """,
    "sqlite": """
        import sqlite3
        def f(a):
            while True:
                try:
                    return sqlite3.connect(a)
                except OSError:
                    time.sleep(1)
    """,
    "parameter-unknown": """
        def f(s, a):
            while True:
                try:
                    s.connect(a)
                    return
                except OSError:
                    time.sleep(1)
    """,
    "httpconnection": """
        import http.client
        def f(h):
            c = http.client.HTTPConnection(h)
            while True:
                try:
                    c.connect()
                    return c
                except OSError:
                    time.sleep(1)
    """,
    "own-class-connect": """
        class S:
            def connect(self, a):
                self.s = socket.socket()
                self.s.connect(a)
        def f(a):
            s = S()
            while True:
                try:
                    s.connect(a)
                    return
                except OSError:
                    time.sleep(1)
    """,
    "outer-remakes": """
        def f(a):
            while True:
                s = socket.socket()
                try:
                    s.connect(a)
                    while True:
                        if not s.recv(1):
                            break
                except OSError:
                    s.close()
    """,
    "tuple-bind": """
        def f(addrs):
            for af, t, p, _, sa in addrs:
                s = socket.socket(af, t, p)
                try:
                    s.connect(sa)
                except OSError:
                    s.close()
                    continue
                return s
    """,
    "finally-remakes": """
        def f(a):
            s = socket.socket()
            ok = False
            while not ok:
                try:
                    s.connect(a)
                    ok = True
                except OSError:
                    pass
                finally:
                    if not ok:
                        s.close()
                        s = socket.socket()
    """,
    "unpacked-helper": """
        def pair():
            return socket.socket(), 1
        def f(a):
            s, n = pair()
            while True:
                try:
                    s.connect(a)
                    break
                except OSError:
                    s, n = pair()
    """,
    "wraps-in-loop": """
        def f(host):
            ctx = ssl.create_default_context()
            while True:
                s = ctx.wrap_socket(socket.socket(), server_hostname=host)
                try:
                    s.connect((host, 1))
                    return s
                except OSError:
                    s.close()
    """,
    "once-done": """
        def f(a):
            s = socket.socket()
            done = False
            while not done:
                try:
                    s.connect(a)
                except OSError as e:
                    print(e)
                done = True
    """,
    "setattr-in-handler": """
        class C:
            def __init__(self):
                self.s = socket.socket()
            def go(self):
                while True:
                    try:
                        self.s.connect(("h", 1))
                        return
                    except OSError:
                        self.s, self.n = socket.socket(), 0
    """,
    "super-reset": """
        class B:
            def reset(self):
                self.s = socket.socket()
        class C(B):
            def __init__(self):
                self.s = socket.socket()
            def go(self):
                while True:
                    try:
                        self.s.connect(("h", 1))
                        return
                    except OSError:
                        super().reset()
    """,
    "nonlocal": """
        def f(a):
            s = socket.socket()
            def renew():
                nonlocal s
                s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError:
                    renew()
    """,
    "setblocking-var": """
        def f(a, blocking):
            s = socket.socket()
            s.setblocking(blocking)
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "exits": """
        import sys
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError as e:
                    print(e)
                    sys.exit(1)
    """,
    "die-helper": """
        def die(e):
            print(e)
            raise SystemExit(1)
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    s.recv(1)
                except OSError as e:
                    die(e)
    """,
}

BAD = {
    "breaks-on-timeout": """
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.settimeout(10)
        while True:
            try:
                s.connect(("172.20.10.2", 1645))
            except ConnectionRefusedError:
                time.sleep(2)
                continue
            except TimeoutError:
                break
            s.sendall(b"test")
            s.close()
            break
    """,
    "with-ex": """
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            while s.connect_ex(("h", 1)) != 0:
                time.sleep(2.)
            s.sendall(b"x")
    """,
    "bounded": """
        class S:
            def start(self):
                sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                trial = 1
                while sock.connect_ex((self.host, self.port)):
                    if trial > self.max:
                        raise ValueError("no")
                    trial += 1
                    time.sleep(1)
    """,
    "busy": """
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server_address = ('localhost', 8008)
        while sock.connect_ex(server_address):
                pass
        print("ok")
    """,
    "ctx": """
        class C:
            @contextlib.contextmanager
            def _connect(self):
                sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                try:
                    while sock.connect_ex((self.IP, self._port)):
                        time.sleep(0.1)
                    yield sock
                finally:
                    try:
                        sock.shutdown(socket.SHUT_RDWR)
                    except Exception as e:
                        pass
                    finally:
                        sock.close()
    """,
    "flag-loop": """
        def f(host, port):
            sock = socket.socket()
            connected = False
            while not connected:
                try:
                    sock.connect((host, port))
                    connected = True
                except ConnectionRefusedError:
                    print("waiting")
                    time.sleep(1)
            return sock
    """,
    "counter": """
        def f(addr):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            tries = 0
            while tries < 10:
                try:
                    s.connect(addr)
                    break
                except socket.error as e:
                    tries += 1
                    logging.warning("no: %s", e)
                    time.sleep(0.5)
            else:
                raise RuntimeError
            s.sendall(b"x")
    """,
    "suppress": """
        def f(addr):
            s = socket.socket()
            for _ in range(3):
                with contextlib.suppress(ConnectionRefusedError):
                    s.connect(addr)
                    return s
                time.sleep(1)
    """,
    "lazily-made": """
        def f(addr):
            s = None
            while True:
                try:
                    if s is None:
                        s = socket.socket()
                    s.connect(addr)
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "with-around-loop": """
        def f(addr):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
                s.settimeout(2)
                for i in range(5):
                    try:
                        s.connect(addr)
                        break
                    except (ConnectionRefusedError, socket.timeout):
                        time.sleep(i)
                s.sendall(b"")
    """,
    "result-var": """
        def f(host):
            s = socket.socket()
            while True:
                r = s.connect_ex((host, 22))
                if r == 0:
                    break
                time.sleep(1)
            return s
    """,
    "result-not": """
        def f(host):
            s = socket.socket()
            for i in range(3):
                if not s.connect_ex((host, 22)):
                    return s
    """,
    "result-walrus": """
        def f(host):
            s = socket.socket()
            while (r := s.connect_ex((host, 22))):
                print(errno.errorcode[r])
                time.sleep(1)
    """,
    "result-else": """
        def f(host):
            s = socket.socket()
            for i in range(3):
                if s.connect_ex((host, 22)) == 0:
                    print("up")
                    break
                else:
                    time.sleep(1)
    """,
    "scan-ports": """
        def scan(host):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.settimeout(0.5)
            found = []
            for port in range(1, 1024):
                if s.connect_ex((host, port)) == 0:
                    found.append(port)
            return found
    """,
    "attr-method": """
        class C:
            def __init__(self, host):
                self.host = host
                self.s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                self.s.settimeout(3)
            def open(self):
                for n in range(5):
                    try:
                        self.s.connect((self.host, 80))
                        return True
                    except socket.error:
                        self.log("failed")
                        time.sleep(2)
                return False
            def log(self, text):
                print(self.host, text)
    """,
    "attr-closed": """
        class C:
            def __init__(self, host):
                self.host = host
                self.s = socket.socket()
            def close(self):
                self.s.close()
            def open(self):
                while True:
                    try:
                        self.s.connect((self.host, 80))
                        return True
                    except OSError:
                        self.close()
                        time.sleep(2)
    """,
    "errno-refused": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError as e:
                    if e.errno != errno.ECONNREFUSED:
                        raise
                    time.sleep(1)
    """,
    "errno-set": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError as e:
                    if e.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH):
                        time.sleep(1)
                        continue
                    raise
    """,
    "finally-sleep": """
        def f(a):
            s = socket.socket()
            for _ in range(3):
                try:
                    s.connect(a)
                except OSError:
                    pass
                else:
                    return s
                finally:
                    time.sleep(1)
    """,
    "two-families": """
        def f(a, use_tls):
            s = socket.socket()
            while True:
                try:
                    if use_tls:
                        s.connect((a, 443))
                    else:
                        s.connect((a, 80))
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "module-level": """
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        while True:
            try:
                sock.connect(("localhost", 5000))
                break
            except ConnectionRefusedError:
                pass
        print("up")
        sock.sendall(b"hi")
    """,
    "serve-forever": """
        def run(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    while True:
                        data = s.recv(100)
                        if not data:
                            break
                except OSError:
                    time.sleep(5)
    """,
    "outer-and-inner": """
        def run(a):
            while True:
                s = socket.socket()
                for _ in range(3):
                    try:
                        s.connect(a)
                        return s
                    except OSError:
                        time.sleep(1)
                s.close()
                time.sleep(30)
    """,
    "tls-rewrap": """
        def f(host):
            raw = socket.socket()
            sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
            while True:
                try:
                    sock.connect((host, 443))
                    return sock
                except OSError:
                    time.sleep(1)
    """,
    "reraise-into-outer": """
        class Down(Exception): pass
        def f(a):
            s = socket.socket()
            while True:
                try:
                    try:
                        s.connect(a)
                    except OSError as e:
                        raise Down from e
                    return s
                except Down:
                    time.sleep(1)
    """,
    "asyncio": """
        async def f(a):
            loop = asyncio.get_event_loop()
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.setblocking(0)
            for _ in range(5):
                try:
                    await loop.sock_connect(s, a)
                    break
                except OSError:
                    await asyncio.sleep(1)
            return s
    """,
    "timeouts-only": """
        def f(a):
            s = socket.socket()
            s.settimeout(1)
            while True:
                try:
                    s.connect(a)
                    return s
                except socket.timeout:
                    print("still waiting")
    """,
    "helper-made": """
        def make():
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            return s
        def f(host):
            s = make()
            while True:
                try:
                    s.connect((host, 1))
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "family-variable-address-tuple": """
        def f(host, family):
            s = socket.socket(family, socket.SOCK_STREAM)
            while True:
                try:
                    s.connect((host, 1))
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "global-in-function": """
        s = socket.socket()
        def f(host):
            while True:
                try:
                    s.connect((host, 1))
                    return
                except OSError:
                    time.sleep(1)
    """,
    "isinstance": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except Exception as e:
                    if isinstance(e, KeyError):
                        raise
                    time.sleep(1)
    """,
    "count": """
        import itertools
        def f(a):
            s = socket.socket()
            for n in itertools.count():
                try:
                    s.connect(a)
                    return s
                except OSError:
                    time.sleep(min(30, 2 ** n))
    """,
    "shutdown-before": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError:
                    s.close()
                    time.sleep(1)
    """,
    "try-finally-around": """
        def f(a):
            s = socket.socket()
            try:
                for _ in range(3):
                    try:
                        s.connect(a)
                        break
                    except ConnectionRefusedError:
                        time.sleep(1)
                s.sendall(b"x")
            finally:
                s.close()
    """,
    "conditional-remake-flag": """
        def f(a):
            s = socket.socket()
            attempt = 0
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError:
                    attempt += 1
                    if attempt == 5:
                        raise
                    time.sleep(attempt)
    """,
    "intentional-eisconn": """
        def f(a, msgs):
            s = socket.socket()
            for m in msgs:
                try:
                    s.connect(a)
                except OSError:
                    pass
                s.send(m)
    """,
    "lazily-not": """
        def f(a):
            s = None
            while True:
                try:
                    if not s:
                        s = socket.socket()
                        s.settimeout(1)
                    s.connect(a)
                    return s
                except OSError as e:
                    print(e)
                    continue
    """,
    "result-ne": """
        def f(host):
            s = socket.socket()
            while True:
                err = s.connect_ex((host, 22))
                if err != 0:
                    print(err)
                    time.sleep(1)
                    continue
                return s
    """,
    "used-after": """
        def f(a):
            s = socket.socket()
            ok = False
            for _ in range(3):
                try:
                    s.connect(a)
                    ok = True
                except OSError:
                    continue
                s.sendall(b"x")
                break
            return ok
    """,
}

# Each has `run(address)`; what it gives or raises in the end, and how often it tries, may change only for the better.
PROGRAMS = {
    "blocking": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            while True:
                try:
                    sock.connect(address)
                    return sock
                except OSError as exc:
                    print(type(exc).__name__)
                    time.sleep(1)
    """,
    "with-a-timeout": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            sock.settimeout(5)
            for _ in range(6):
                try:
                    sock.connect(address)
                    return sock
                except OSError as exc:
                    print(type(exc).__name__)
                    time.sleep(1)
            raise RuntimeError("gave up")
    """,
    "of-an-event-loop": """
        import asyncio
        import socket

        async def run(address):
            loop = asyncio.get_running_loop()
            sock = socket.socket()
            sock.setblocking(False)
            for _ in range(6):
                try:
                    await loop.sock_connect(sock, address)
                    return sock
                except OSError as exc:
                    print(type(exc).__name__)
                    await asyncio.sleep(1)
            raise RuntimeError("gave up")
    """,
    "closed-meanwhile": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            for _ in range(6):
                try:
                    sock.connect(address)
                    return sock
                except OSError as exc:
                    print(type(exc).__name__)
                    sock.close()
                    time.sleep(1)
            raise RuntimeError("gave up")
    """,
    "by-result-in-the-condition": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            sock.settimeout(5)
            while sock.connect_ex(address) != 0:
                print("ConnectionRefusedError")
                time.sleep(1)
            return sock
    """,
    "by-result-in-the-loop": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            sock.settimeout(5)
            for _ in range(6):
                result = sock.connect_ex(address)
                if result == 0:
                    return sock
                print("ConnectionRefusedError")
                time.sleep(1)
            raise RuntimeError("gave up")
    """,
    "of-an-object": """
        import socket
        import time

        class Client:
            def __init__(self):
                self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                self.sock.settimeout(5)

            def open(self, address):
                for _ in range(6):
                    try:
                        self.sock.connect(address)
                        return self.sock
                    except OSError as exc:
                        print(type(exc).__name__)
                        time.sleep(1)
                raise RuntimeError("gave up")

        def run(address):
            return Client().open(address)
    """,
    "made-where-there-is-none": """
        import socket
        import time

        def run(address):
            sock = None
            for _ in range(6):
                try:
                    if sock is None:
                        sock = socket.socket()
                        sock.settimeout(5)
                    sock.connect(address)
                    return sock
                except OSError as exc:
                    print(type(exc).__name__)
                    time.sleep(1)
            raise RuntimeError("gave up")
    """,
    "finally-closed": """
        import socket
        import time

        def run(address):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                for _ in range(6):
                    try:
                        sock.connect(address)
                        break
                    except OSError as exc:
                        print(type(exc).__name__)
                        time.sleep(1)
                return sock.gettimeout()
            finally:
                sock.close()
    """,
}
# What takes more attempts than are refused, because the kernel fails one that would be taken
DELAYED = {
    "with-a-timeout",
    "of-an-event-loop",
    "by-result-in-the-condition",
    "by-result-in-the-loop",
    "of-an-object",
    "made-where-there-is-none",
    "finally-closed",
}


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_silent(case: str) -> None:
    found = check((IMPORTS + dedent(case)).encode(), "case.py", REUSES)
    assert found.problems == ()
    assert [item.message for item in found.diagnostics] == []


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_reported_once_and_fixed_for_good(case: str) -> None:
    code = (IMPORTS + dedent(case)).encode()
    assert [item.code for item in check(code, "case.py", REUSES).diagnostics] == ["CNL210"]
    once = fix(code, "case.py", REUSES, unsafe=True)
    assert once.dropped == ()
    compile(once.data, "case.py", "exec")
    assert fix(once.data, "case.py", REUSES, unsafe=True).data == once.data


@pytest.mark.parametrize("case", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize("failures", [0, 1, 3])
def test_fixed_program_connects_as_soon_as_the_server_is_up(case: str, failures: int) -> None:
    after = execute(repaired(case, "CNL210"), failures)
    assert (after.error, after.attempts) == (None, failures + 1)
    assert set(after.printed) <= {"ConnectionRefusedError"}
    assert len(after.printed) == len(after.delays) == failures
    assert after.left_open <= 1  # the one that it gives back


@pytest.mark.parametrize("name", sorted(DELAYED))
def test_program_before_loses_an_attempt_to_the_used_socket(name: str) -> None:
    """Of attempts on one socket with a timeout, Linux fails every other one, whether the server is up or not."""
    before = execute(PROGRAMS[name], 1)
    assert (before.error, before.attempts) == (None, 3)
    if "by-result" not in name:
        assert before.printed == ("ConnectionRefusedError", "ConnectionAbortedError")


def test_blocking_program_before_connects_on_linux() -> None:
    """Other systems fail with EINVAL; that it works is nothing to rely on."""
    before = execute(PROGRAMS["blocking"], 3)
    assert (before.error, before.attempts) == (None, 4)


def test_program_before_that_closes_never_connects() -> None:
    before = execute(PROGRAMS["closed-meanwhile"], 1)
    assert before.error == "RuntimeError: gave up"
    assert before.printed == ("ConnectionRefusedError", *["OSError"] * 5)


@pytest.mark.parametrize("failures", [2, 6])
def test_exhaustion_stays(failures: int) -> None:
    code = PROGRAMS["closed-meanwhile"].replace("range(6)", "range(2)")
    after = execute(repaired(code, "CNL210"), failures)
    assert (after.error, after.attempts) == ("RuntimeError: gave up", 2)
    assert after.left_open == 0


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            """
            s = socket.socket()
            def f(a):
                while True:
                    try:
                        s.connect((a, 1))
                        return
                    except OSError:
                        time.sleep(1)
            """,
            id="an-assignment-would-make-another-name",
        ),
        pytest.param(
            """
            def f(a, known):
                s = socket.socket()
                known.append(s)
                while True:
                    try:
                        s.connect(a)
                        return
                    except OSError:
                        time.sleep(1)
            """,
            id="somebody-else-has-it",
        ),
        pytest.param(
            """
            def f(a, configure):
                s = socket.socket()
                configure(s)
                while True:
                    try:
                        s.connect(a)
                        return s
                    except OSError:
                        time.sleep(1)
            """,
            id="set-up-out-of-sight",
        ),
        pytest.param(
            """
            def f(a, messages):
                s = socket.socket()
                for message in messages:
                    try:
                        s.connect(a)
                    except OSError:
                        pass
                    s.send(message)
            """,
            id="used-after-the-failure",
        ),
        pytest.param(
            """
            def f(a, options):
                s = socket.socket()
                for option in options:
                    s.settimeout(option)
                    try:
                        s.connect(a)
                        return s
                    except OSError:
                        print(s.getsockname())
            """,
            id="asked-after-the-failure",
        ),
        pytest.param(
            """
            def f(a, kinds):
                kind = kinds.pop()
                s = socket.socket(socket.AF_INET, kind)
                while kinds:
                    try:
                        s.connect(a)
                        break
                    except OSError:
                        kind = kinds.pop()
                return s
            """,
            id="made-of-what-changes",
        ),
        pytest.param(
            """
            class C:
                def __init__(self, timeout):
                    self.s = socket.socket()
                    self.s.settimeout(timeout)
                def open(self, a):
                    while True:
                        try:
                            self.s.connect(a)
                            return
                        except OSError:
                            time.sleep(1)
            """,
            id="made-of-what-is-gone",
        ),
        pytest.param(
            """
            class C:
                def __init__(self):
                    self.s = socket.socket()
                def options(self):
                    self.s.settimeout(3)
                def open(self, a):
                    while True:
                        try:
                            self.s.connect(a)
                            return
                        except OSError:
                            time.sleep(1)
            """,
            id="set-up-elsewhere",
        ),
    ],
)
def test_reported_and_left_alone(code: str) -> None:
    data = (IMPORTS + dedent(code)).encode()
    (found,) = check(data, "case.py", REUSES).diagnostics
    assert found.fixable is None
    assert fix(data, "case.py", REUSES, unsafe=True).data == data


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("flag-loop", "POSIX"),
        ("scan-ports", "ConnectionAbortedError"),
        ("asyncio", "ConnectionAbortedError"),
        ("tls-rewrap", "ValueError"),
        ("attr-closed", "EBADF"),
    ],
)
def test_why_says_what_comes_of_the_next_attempt(case: str, told: str) -> None:
    (found,) = check((IMPORTS + dedent(BAD[case])).encode(), "case.py", REUSES).diagnostics
    assert told in found.why[-1]


def test_reported_in_the_row_of_the_loop() -> None:
    (found,) = check((IMPORTS + dedent(BAD["counter"])).encode(), "case.py", REUSES).diagnostics
    assert found.row == 6
    assert "`s`" in found.message


def test_in_a_test_nothing_is_reported() -> None:
    code = (IMPORTS + dedent(BAD["counter"])).replace("def f(", "def test_f(")
    assert check(code.encode(), "tests/test_case.py", REUSES).diagnostics == ()
