"""Modules with connects, each judged by a network engineer before any rule had seen it.

They hold the rules on connects to one another: what one of them reports must not make another speak where nothing is
wrong, and where two things are wrong with one line, both are said.
"""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from connlint.engine import Selection, check, fix

CODES = ("CNL3", "CNL210")
MARK = re.compile(r"  # reported: ([A-Z0-9 ]+)$", re.MULTILINE)

SILENT = {
    "script-main-guarded-in-caller": r"""
        import socket
        import sys


        def fetch(host, port):
            with socket.create_connection((host, port), timeout=5) as conn:
                conn.sendall(b"status\n")
                return conn.recv(1024)


        def main():
            try:
                print(fetch(sys.argv[1], int(sys.argv[2])))
            except OSError as exc:
                print(f"cannot reach {sys.argv[1]}: {exc}", file=sys.stderr)
                return 1
            return 0


        if __name__ == "__main__":
            sys.exit(main())
    """,
    "library-client-constructor-propagates": r"""
        import socket


        class Client:
            def __init__(self, host, port):
                self.sock = socket.create_connection((host, port), timeout=3)
                self.file = self.sock.makefile("rb")

            def ask(self, line):
                self.sock.sendall(line + b"\n")
                return self.file.readline()

            def close(self):
                self.file.close()
                self.sock.close()
    """,
    "thread-subclass-run-guarded": """
        import socket
        from threading import Thread


        class Poller(Thread):
            def __init__(self, address):
                super().__init__(daemon=True)
                self.address = address
                self.error = None

            def run(self):
                try:
                    self._run()
                except Exception as exc:
                    self.error = exc

            def _run(self):
                with socket.create_connection(self.address, timeout=5) as sock:
                    sock.sendall(b"poll")
                    print(sock.recv(10))
    """,
    "thread-with-excepthook": """
        import socket
        import sys
        import threading


        def report(args):
            print("thread died:", args.exc_value, file=sys.stderr)


        threading.excepthook = report


        def worker(address):
            with socket.create_connection(address, timeout=5) as sock:
                sock.sendall(b"hello")


        def start(address):
            threading.Thread(target=worker, args=(address,)).start()
    """,
    "sys-excepthook-script": """
        import socket
        import sys


        def hook(kind, value, tb):
            print(f"error: {value}", file=sys.stderr)


        sys.excepthook = hook

        with socket.create_connection(("localhost", 9), timeout=5) as sock:
            sock.sendall(b"hello")
    """,
    "guard-loop-exception-handler": """
        import asyncio


        def failed(loop, context):
            print("task failed", context.get("exception"))


        async def run():
            reader, writer = await asyncio.wait_for(asyncio.open_connection("h", 1), 3)
            writer.close()


        async def main():
            asyncio.get_running_loop().set_exception_handler(failed)
            asyncio.create_task(run())
            await asyncio.sleep(100)


        asyncio.run(main())
    """,
    "task-awaited-in-try": """
        import asyncio


        async def connect():
            return await asyncio.wait_for(asyncio.open_connection("broker", 1883), 5)


        async def main():
            task = asyncio.create_task(connect())
            await asyncio.sleep(1)
            try:
                reader, writer = await task
            except (OSError, asyncio.TimeoutError) as exc:
                print("no broker", exc)
                return
            writer.close()


        asyncio.run(main())
    """,
    "coroutine-made-outside-awaited-inside": """
        import asyncio
        import sys


        async def main(host):
            opening = asyncio.open_connection(host, 22)
            try:
                reader, writer = await asyncio.wait_for(opening, timeout=5)
            except (OSError, asyncio.TimeoutError) as exc:
                print(exc, file=sys.stderr)
                return 1
            print(await reader.readline())
            writer.close()
            return 0


        if __name__ == "__main__":
            sys.exit(asyncio.run(main(sys.argv[1])))
    """,
    "gather-in-try": """
        import asyncio


        async def probe(host):
            reader, writer = await asyncio.wait_for(asyncio.open_connection(host, 22), 3)
            writer.close()
            return host


        async def main(hosts):
            try:
                print(await asyncio.gather(*[probe(h) for h in hosts]))
            except (OSError, TimeoutError) as e:
                print("failed:", e)


        asyncio.run(main(["a", "b"]))
    """,
    "taskgroup-except-star": """
        import asyncio


        async def probe(host):
            async with asyncio.timeout(3):
                reader, writer = await asyncio.open_connection(host, 22)
            writer.close()


        async def main():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(probe("a"))
                    group.create_task(probe("b"))
            except* OSError as failures:
                print(failures.exceptions)


        asyncio.run(main())
    """,
    "converting-contextmanager": """
        import contextlib
        import socket
        import sys


        @contextlib.contextmanager
        def friendly():
            try:
                yield
            except OSError as exc:
                sys.exit(f"network trouble: {exc}")


        def main():
            with friendly():
                s = socket.create_connection(("localhost", 4), timeout=3)
                s.close()


        if __name__ == "__main__":
            main()
    """,
    "foreign-context-manager-unknown": """
        import socket

        from mytools import reporting_errors


        def main():
            with reporting_errors():
                s = socket.create_connection(("localhost", 4), timeout=3)
                s.close()


        if __name__ == "__main__":
            main()
    """,
    "converting-class-context-manager": """
        import socket
        import sys


        class Guard:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, tb):
                if kind is not None and issubclass(kind, OSError):
                    print("failed:", value, file=sys.stderr)
                    return True
                return False


        with Guard():
            conn = socket.create_connection(("localhost", 4), timeout=3)
            conn.close()
    """,
    "decorator-converts": """
        import functools
        import socket
        import sys


        def cli(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                try:
                    return function(*args, **kwargs)
                except OSError as exc:
                    print(exc, file=sys.stderr)
                    return 1

            return wrapper


        @cli
        def main():
            with socket.create_connection(("localhost", 4), timeout=3) as s:
                s.sendall(b"x")
            return 0


        if __name__ == "__main__":
            sys.exit(main())
    """,
    "base-class-guards-hook": """
        import socket


        class Job:
            def execute(self):
                try:
                    self.work()
                except OSError as exc:
                    print("job failed", exc)

            def work(self):
                raise NotImplementedError


        class Ping(Job):
            def work(self):
                with socket.create_connection(("localhost", 4), timeout=3) as s:
                    s.sendall(b"ping")


        if __name__ == "__main__":
            Ping().execute()
    """,
    "cyclic-callers-guarded": """
        import socket


        def step(n):
            if n:
                again(n - 1)
            socket.create_connection(("localhost", 4), timeout=3).close()


        def again(n):
            step(n)


        def main():
            try:
                step(3)
            except OSError as exc:
                print(exc)


        if __name__ == "__main__":
            main()
    """,
    "callback-unknown-registrar": """
        import socket

        from framework import App

        app = App()


        def on_start():
            app.sock = socket.create_connection(("localhost", 4), timeout=3)


        app.on("start", on_start)
        app.run()
    """,
    "executor-submit-result-in-try": """
        import socket
        from concurrent.futures import ThreadPoolExecutor


        def probe(host):
            with socket.create_connection((host, 22), timeout=3) as s:
                return s.recv(64)


        def main(hosts):
            with ThreadPoolExecutor() as pool:
                futures = {pool.submit(probe, h): h for h in hosts}
                for future, host in futures.items():
                    try:
                        print(host, future.result())
                    except OSError as exc:
                        print(host, exc)


        main(["a", "b"])
    """,
    "connect-above-a-try-for-io": r"""
        import socket


        def ask(host):
            sock = socket.create_connection((host, 4000), timeout=3)
            try:
                sock.sendall(b"ask\n")
                return sock.recv(100)
            except ConnectionResetError:
                return None
            finally:
                sock.close()
    """,
    "handler-ftplib-all-errors": """
        import ftplib
        import sys

        try:
            ftp = ftplib.FTP("ftp.example.org", timeout=30)
            ftp.login()
        except ftplib.all_errors as exc:
            sys.exit(f"ftp: {exc}")
        print(ftp.nlst())
        ftp.quit()
    """,
    "handler-unknown-import": """
        import socket
        import sys

        from project.errors import NETWORK_ERRORS

        try:
            s = socket.create_connection(("localhost", 9), timeout=2)
        except NETWORK_ERRORS as exc:
            sys.exit(str(exc))
        s.close()
    """,
    "nested-function-defined-in-try": """
        import socket
        import sys


        def main():
            try:
                def reach():
                    return socket.create_connection(("localhost", 9), timeout=2)
            except OSError:
                sys.exit("never")
            try:
                reach().close()
            except OSError as exc:
                sys.exit(f"{exc}")


        main()
    """,
    "local-retry-helper": """
        import socket
        import time


        def retrying(function):
            for delay in (1, 2, 4):
                try:
                    return function()
                except OSError:
                    time.sleep(delay)
            return None


        def opening():
            return socket.create_connection(("localhost", 9), timeout=2)


        s = retrying(opening)
        if s:
            s.close()
    """,
    "exported-by-all": """
        import socket

        __all__ = ["fetch"]


        def fetch(host):
            with socket.create_connection((host, 13), timeout=5) as s:
                return s.recv(100)


        if __name__ == "__main__":
            print(fetch("time.nist.gov"))
    """,
    "server-of-its-own": """
        import socket
        import threading

        server = socket.socket()
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=server.accept, daemon=True).start()
        client = socket.create_connection(server.getsockname(), timeout=2)
        client.close()
        server.close()
    """,
    "http-client-script-oserror": """
        import http.client
        import sys

        conn = http.client.HTTPConnection("localhost", 8080, timeout=5)
        try:
            conn.request("GET", "/health")
            print(conn.getresponse().status)
        except (OSError, http.client.HTTPException) as exc:
            sys.exit(str(exc))
        conn.close()
    """,
    "sibling-branches-both-unguarded": """
        import socket


        def dial(path, address):
            if path:
                sock = socket.socket(socket.AF_UNIX)
                try:
                    sock.settimeout(3)
                    sock.connect(path)
                except BaseException:
                    sock.close()
                    raise
            else:
                sock = socket.create_connection(address, timeout=3)
            return sock
    """,
    "guard-generator-consumed-in-try": """
        import socket
        import sys


        def lines(address):
            with socket.create_connection(address, timeout=4) as s:
                yield from s.makefile()


        def main():
            source = lines(("localhost", 4))
            try:
                for line in source:
                    print(line)
            except OSError as exc:
                sys.exit(f"lost: {exc}")


        main()
    """,
    "guard-functools-partial": """
        import functools
        import socket
        import sys

        dial = functools.partial(socket.create_connection, timeout=5)

        try:
            s = dial(("localhost", 4))
        except OSError as exc:
            sys.exit(str(exc))
        s.close()
    """,
    "guard-socketserver-handler": """
        import socket
        import socketserver


        class Proxy(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("backend", 80), timeout=5) as up:
                    up.sendall(self.request.recv(4096))
                    self.request.sendall(up.recv(4096))


        if __name__ == "__main__":
            with socketserver.TCPServer(("", 8080), Proxy) as server:
                server.serve_forever()
    """,
    "guard-flask-view": """
        import socket

        from flask import Flask

        app = Flask(__name__)


        @app.route("/")
        def index():
            with socket.create_connection(("backend", 80), timeout=5) as up:
                return up.recv(100)


        if __name__ == "__main__":
            app.run()
    """,
    "guard-handler-errno-dispatch": """
        import errno
        import socket
        import sys

        try:
            s = socket.create_connection(("localhost", 1), timeout=1)
        except OSError as exc:
            if exc.errno == errno.ECONNREFUSED:
                sys.exit("not running")
            raise
        s.close()
    """,
    "leak-closed-by-finally": """
        import socket


        def query(host, port, text):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.settimeout(5)
            try:
                sock.connect((host, port))
                sock.sendall(text)
                return sock.recv(4096)
            finally:
                sock.close()
    """,
    "leak-exitstack": """
        import contextlib
        import socket


        def query(host, port, text):
            with contextlib.ExitStack() as stack:
                sock = stack.enter_context(socket.socket())
                sock.settimeout(5)
                sock.connect((host, port))
                stack.pop_all()
                return sock
    """,
    "leak-exitstack-callback": """
        import contextlib
        import socket


        def query(host, port, text):
            with contextlib.ExitStack() as stack:
                sock = socket.socket()
                stack.callback(sock.close)
                sock.settimeout(5)
                sock.connect((host, port))
                sock.sendall(text)
                return sock.recv(100)
    """,
    "leak-loop-getaddrinfo": """
        import socket


        def dial(host, port):
            last = None
            for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                sock = None
                try:
                    sock = socket.socket(family, kind, proto)
                    sock.settimeout(5)
                    sock.connect(address)
                    return sock
                except OSError as exc:
                    last = exc
                    if sock is not None:
                        sock.close()
            raise last
    """,
    "leak-helper-closes": """
        import socket


        def shut(sock):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


        def dial(host):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect((host, 4))
            except OSError:
                shut(sock)
                raise
            return sock
    """,
    "leak-handed-to-owner-before-connect": """
        import socket


        class Pool:
            def __init__(self):
                self.sockets = []

            def add(self, address):
                sock = socket.socket()
                sock.settimeout(5)
                self.sockets.append(sock)
                sock.connect(address)

            def close(self):
                for sock in self.sockets:
                    sock.close()
    """,
    "leak-weakref-finalize": """
        import socket
        import weakref


        class Link:
            def __init__(self, address):
                self.sock = socket.socket()
                self._finalizer = weakref.finalize(self, self.sock.close)
                self.sock.settimeout(5)
                self.sock.connect(address)
    """,
    "leak-sys-exit-in-handler": """
        import socket
        import sys


        def main():
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect(("localhost", 80))
            except OSError as exc:
                print(f"cannot connect: {exc}", file=sys.stderr)
                sys.exit(1)
            sock.sendall(b"hi")
            sock.close()


        if __name__ == "__main__":
            main()
    """,
    "leak-flag-then-close": """
        import socket


        def probe(address):
            sock = socket.socket()
            sock.settimeout(2)
            ok = False
            try:
                sock.connect(address)
                ok = True
            finally:
                if not ok:
                    sock.close()
            return sock
    """,
    "leak-caller-closes-attribute": """
        import socket


        class Conn:
            def _open(self):
                self.sock = socket.socket()
                self.sock.settimeout(3)
                self.sock.connect(self.address)

            def open(self):
                try:
                    self._open()
                except OSError:
                    self.close()
                    raise

            def close(self):
                self.sock.close()
    """,
    "leak-detach-fileno": """
        import os
        import socket


        def raw(address):
            sock = socket.socket()
            sock.settimeout(3)
            try:
                sock.connect(address)
            except OSError:
                os.close(sock.detach())
                raise
            return sock.detach()
    """,
    "leak-except-exception-as-closing-all": """
        import socket


        class Multi:
            def __init__(self, addresses):
                self.socks = []
                try:
                    for address in addresses:
                        sock = socket.socket()
                        sock.settimeout(5)
                        self.socks.append(sock)
                        sock.connect(address)
                except OSError:
                    self.close()
                    raise

            def close(self):
                for sock in self.socks:
                    sock.close()
    """,
    "leak-nested-try-outer-closes": """
        import socket


        def talk(address):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                try:
                    sock.connect(address)
                except ConnectionRefusedError as exc:
                    raise RuntimeError("refused") from exc
                sock.sendall(b"x")
            finally:
                sock.close()
    """,
    "leak-own-contextmanager-inside": """
        import contextlib
        import socket


        @contextlib.contextmanager
        def connected(address):
            sock = socket.socket()
            sock.settimeout(3)
            try:
                sock.connect(address)
                yield sock
            finally:
                sock.close()
    """,
    "leak-nonblocking": """
        import errno
        import selectors
        import socket


        def begin(selector, address):
            sock = socket.socket()
            sock.setblocking(False)
            code = sock.connect_ex(address)
            if code not in (0, errno.EINPROGRESS):
                sock.close()
                raise OSError(code, "connect")
            selector.register(sock, selectors.EVENT_WRITE)
            return sock
    """,
    "factory-that-registers": """
        import socket

        OPEN = []


        def make():
            s = socket.socket()
            s.settimeout(3)
            OPEN.append(s)
            return s


        def dial(address):
            conn = make()
            conn.connect(address)
            return s
    """,
    "factory-that-may-give-another": """
        import socket

        POOL = {}


        def make(key):
            if key in POOL:
                return POOL[key]
            s = socket.socket()
            s.settimeout(3)
            return s


        def dial(address):
            s = make(address)
            conn.connect(address)
            return s
    """,
    "factory-is-generator": """
        import contextlib
        import socket


        @contextlib.contextmanager
        def made():
            s = socket.socket()
            s.settimeout(3)
            try:
                yield s
            finally:
                s.close()


        def dial(address):
            with made() as s:
                s.connect(address)
                return s.recv(10)
    """,
    "factory-udp": """
        import socket


        def make():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            return s


        def main():
            conn = make()
            conn.connect(("10.0.0.1", 514))
            s.send(b"x")


        if __name__ == "__main__":
            main()
    """,
    "factory-nonblocking": """
        import selectors
        import socket


        def make():
            s = socket.socket()
            s.setblocking(False)
            return s


        def main():
            selector = selectors.DefaultSelector()
            conn = make()
            try:
                conn.connect(("10.0.0.1", 514))
            except BlockingIOError:
                pass
            selector.register(conn, selectors.EVENT_WRITE)


        if __name__ == "__main__":
            main()
    """,
    "factory-nonblocking-result": """
        import selectors
        import socket


        def make():
            s = socket.socket()
            s.setblocking(False)
            return s


        def begin(selector, address):
            conn = make()
            conn.connect_ex(address)
            selector.register(conn, selectors.EVENT_WRITE)
            return s
    """,
    "timeout-setdefaulttimeout-main": """
        import socket


        def dial(host, port):
            return socket.create_connection((host, port))


        def main():
            socket.setdefaulttimeout(10)
            try:
                dial("localhost", 4).close()
            except OSError as e:
                print(e)


        if __name__ == "__main__":
            main()
    """,
    "timeout-wait-for-caller": """
        import asyncio


        async def dial(host):
            return await asyncio.open_connection(host, 22)


        async def main():
            try:
                reader, writer = await asyncio.wait_for(dial("localhost"), 5)
            except (OSError, TimeoutError):
                return
            writer.close()


        asyncio.run(main())
    """,
    "timeout-gevent-monkey-stdlib": """
        from gevent import monkey

        monkey.patch_all()

        import socket

        import gevent


        def dial(host):
            with gevent.Timeout(5):
                return socket.create_connection((host, 22))
    """,
    "timeout-ftp-positional": """
        import ftplib


        def make(host):
            return ftplib.FTP(host, "anonymous", "", "", 30)
    """,
    "timeout-kwargs": """
        import socket


        def dial(address, **kwargs):
            return socket.create_connection(address, **kwargs)
    """,
    "timeout-sigalrm": """
        import signal
        import socket


        def on_alarm(signum, frame):
            raise TimeoutError("no answer")


        def dial(address):
            signal.signal(signal.SIGALRM, on_alarm)
            signal.alarm(5)
            try:
                return socket.create_connection(address)
            finally:
                signal.alarm(0)
    """,
    "timeout-shield-wait": """
        import asyncio


        async def dial(host):
            done, pending = await asyncio.wait({asyncio.ensure_future(asyncio.open_connection(host, 4))}, timeout=5)
            for task in pending:
                task.cancel()
            return done
    """,
    "timeout-factory-of-file-sets": """
        import socket


        def make():
            s = socket.socket()
            s.settimeout(3)
            return s


        def dial(address):
            s = make()
            try:
                s.connect(address)
            except OSError:
                s.close()
                raise
            return s
    """,
    "ex-nonblocking": """
        import selectors
        import socket


        def start(selector, address):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(address)
            selector.register(s, selectors.EVENT_WRITE, data=address)
    """,
    "ex-getsockopt-afterwards": """
        import socket


        def start(address):
            with socket.socket() as s:
                s.settimeout(1)
                s.connect_ex(address)
                return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    """,
    "ex-wakeup-own-server": """
        import socket


        class Server:
            def __init__(self):
                self.listener = socket.create_server(("127.0.0.1", 0))

            def stop(self):
                self.stopping = True
                with socket.socket() as s:
                    s.settimeout(1)
                    s.connect_ex(self.listener.getsockname())
    """,
    "ex-probe-getpeername": """
        import socket


        def probe(address):
            with socket.socket() as s:
                s.settimeout(1)
                s.connect_ex(address)
                try:
                    s.getpeername()
                except OSError:
                    return False
                return True
    """,
    "async-nested-sync-def": """
        import asyncio
        import socket


        async def banner(host):
            def work():
                with socket.create_connection((host, 22), 3) as s:
                    return s.recv(100)

            return await asyncio.to_thread(work)
    """,
    "async-run-in-executor-lambda": """
        import asyncio
        import socket


        async def banner(host):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, lambda: socket.create_connection((host, 22), 3))
    """,
    "not-qt-signal": """
        from PyQt5.QtCore import QObject, pyqtSignal


        class Model(QObject):
            changed = pyqtSignal(int)

            def __init__(self, view):
                super().__init__()
                self.changed.connect(view.update)


        model = Model(None)
        model.changed.connect(print)
    """,
    "not-zmq": """
        import zmq

        context = zmq.Context()
        socket = context.socket(zmq.REQ)
        socket.connect("tcp://localhost:5555")
        socket.send(b"hello")
    """,
    "not-udp-flags": """
        import socket

        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        s.connect(("localhost", 514))
        s.send(b"<14>hello")
    """,
    "not-project-socket-module": """
        from myproject import socket

        s = socket.socket()
        s.connect(("localhost", 4))
    """,
    "not-own-class-named-socket": """
        class socket:
            def connect(self, address):
                print("pretend", address)


        s = socket()
        s.connect(("localhost", 4))
    """,
    "not-create-connection-sock-given": """
        import asyncio
        import socket


        class Echo(asyncio.Protocol):
            pass


        async def main(sock):
            loop = asyncio.get_running_loop()
            await loop.create_connection(Echo, sock=sock)
            await asyncio.sleep(3600)


        a, b = socket.socketpair()
        asyncio.run(main(a))
    """,
    "not-routes-mapper": """
        from routes import Mapper

        m = Mapper()
        m.connect("home", "/", controller="main")
    """,
    "not-unknown-object": """
        import device

        link = device.open_link()
        link.connect(("localhost", 4))
        link.connect_ex(("localhost", 4))
    """,
    "not-can": """
        import socket

        s = socket.socket(socket.PF_CAN, socket.SOCK_DGRAM, 7)
        s.connect(("vcan0",))
    """,
    "reuse-remade-in-handler": """
        import socket
        import time


        def wait(address):
            sock = socket.socket()
            sock.settimeout(1)
            while True:
                try:
                    sock.connect(address)
                    return sock
                except OSError:
                    sock.close()
                    time.sleep(1)
                    sock = socket.socket()
                    sock.settimeout(1)
    """,
    "reuse-attribute-remade-by-method": """
        import socket
        import time


        class Client:
            def __init__(self, address):
                self.address = address
                self.reset()

            def reset(self):
                self.sock = socket.socket()
                self.sock.settimeout(1)

            def connect(self):
                while True:
                    try:
                        self.sock.connect(self.address)
                        return
                    except OSError:
                        self.sock.close()
                        time.sleep(1)
                        self.reset()
    """,
    "reuse-nonblocking-connect-ex": """
        import errno
        import select
        import socket


        def dial(address):
            s = socket.socket()
            s.setblocking(False)
            while True:
                code = s.connect_ex(address)
                if code in (0, errno.EISCONN):
                    return s
                if code not in (errno.EINPROGRESS, errno.EALREADY):
                    s.close()
                    raise OSError(code, "connect failed")
                select.select([], [s], [], 1)
    """,
    "reuse-handler-breaks": """
        import socket


        def drain(address, lines):
            s = socket.socket()
            s.settimeout(1)
            while True:
                try:
                    s.connect(address)
                    s.sendall(lines.pop())
                except OSError:
                    s.close()
                    break
    """,
    "reuse-zmq": """
        import time

        import zmq


        def wait(url):
            sock = zmq.Context().socket(zmq.SUB)
            while True:
                try:
                    sock.connect(url)
                    return sock
                except zmq.ZMQError:
                    time.sleep(1)
    """,
    "reuse-udp": """
        import socket
        import time


        def wait():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            while True:
                try:
                    s.connect(("10.0.0.1", 53))
                    return s
                except OSError:
                    time.sleep(1)
    """,
}

# Each line that is reported says so.
REPORTED = {
    "script-top-level-plain": r"""
        import socket

        HOST = "10.0.0.5"
        PORT = 4000

        s = socket.create_connection((HOST, PORT), timeout=5)  # reported: CNL301
        s.sendall(b"PING\n")
        print(s.recv(100))
        s.close()
    """,
    "script-keyboardinterrupt-only": r"""
        import socket
        import sys


        def main():
            with socket.socket() as sock:
                sock.settimeout(3)
                sock.connect(("localhost", 6000))  # reported: CNL301
                while True:
                    sock.sendall(b"tick\n")
                    print(sock.recv(64))


        if __name__ == "__main__":
            try:
                main()
            except KeyboardInterrupt:
                sys.exit(130)
    """,
    "script-smtp-exception-only": """
        import smtplib
        from email.message import EmailMessage


        def send(to, text):
            msg = EmailMessage()
            msg["To"] = to
            msg.set_content(text)
            try:
                with smtplib.SMTP("mail.example.org", 587, timeout=10) as smtp:  # reported: CNL301
                    smtp.starttls()
                    smtp.send_message(msg)
            except smtplib.SMTPException as exc:
                print("mail not sent:", exc)


        if __name__ == "__main__":
            send("me@example.org", "hello")
    """,
    "thread-target-method": """
        import socket
        import threading


        class Feed:
            def __init__(self, host, port):
                self.address = (host, port)
                self.thread = threading.Thread(target=self._run, daemon=True)

            def start(self):
                self.thread.start()

            def _run(self):
                with socket.create_connection(self.address, timeout=10) as sock:  # reported: CNL301
                    while data := sock.recv(4096):
                        self.handle(data)

            def handle(self, data):
                print(data)
    """,
    "try-around-thread-start": """
        import socket
        import threading


        def worker(address):
            with socket.create_connection(address, timeout=5) as sock:  # reported: CNL301
                sock.sendall(b"hello")


        def start(address):
            try:
                threading.Thread(target=worker, args=(address,)).start()
            except OSError as exc:
                print("cannot connect", exc)
    """,
    "task-in-local-dropped": """
        import asyncio


        async def watch():
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("localhost", 7000)  # reported: CNL301
            while line := await reader.readline():
                print(line)


        async def serve():
            try:
                asyncio.create_task(watch())
            except OSError:
                print("watch failed")
            await asyncio.Event().wait()


        asyncio.run(serve())
    """,
    "gather-unguarded": """
        import asyncio


        async def probe(host):
            reader, writer = await asyncio.wait_for(asyncio.open_connection(host, 22), 3)  # reported: CNL301
            writer.close()
            return host


        async def main(hosts):
            print(await asyncio.gather(*[probe(h) for h in hosts]))


        asyncio.run(main(["a", "b"]))
    """,
    "suppress-too-narrow": """
        import contextlib
        import socket

        with contextlib.suppress(TimeoutError):
            with socket.create_connection(("localhost", 8125), timeout=1) as s:  # reported: CNL301
                s.sendall(b"deploys:1|c")
    """,
    "non-converting-contextmanager": """
        import contextlib
        import socket
        import time


        @contextlib.contextmanager
        def timed():
            start = time.monotonic()
            try:
                yield
            finally:
                print(time.monotonic() - start)


        def main():
            with timed():
                s = socket.create_connection(("localhost", 4), timeout=3)  # reported: CNL301
                s.close()


        if __name__ == "__main__":
            main()
    """,
    "decorator-does-not-convert": """
        import functools
        import socket
        import sys
        import time


        def timed(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                start = time.time()
                try:
                    return function(*args, **kwargs)
                finally:
                    print(time.time() - start)

            return wrapper


        @timed
        def main():
            with socket.create_connection(("localhost", 4), timeout=3) as s:  # reported: CNL301
                s.sendall(b"x")
            return 0


        if __name__ == "__main__":
            sys.exit(main())
    """,
    "sibling-branch-guarded": """
        import socket


        def dial(path, address):
            if path:
                sock = socket.socket(socket.AF_UNIX)
                sock.settimeout(3)
                sock.connect(path)  # reported: CNL301 CNL302
            else:
                try:
                    sock = socket.create_connection(address, timeout=3)
                except OSError as exc:
                    raise RuntimeError(f"cannot reach {address}: {exc}") from exc
            return sock
    """,
    "connect-above-its-try": r"""
        import socket


        def ask(host):
            sock = socket.create_connection((host, 4000), timeout=3)  # reported: CNL301
            try:
                sock.sendall(b"ask\n")
                return sock.recv(100)
            except ConnectionRefusedError:
                return None
            finally:
                sock.close()
    """,
    "handler-only-timeouterror-script": """
        import socket
        import sys

        try:
            s = socket.create_connection(("localhost", 5555), timeout=3)  # reported: CNL301
        except TimeoutError:
            sys.exit("timed out")
        s.sendall(b"x")
        s.close()
    """,
    "handler-ftplib-error-perm-only": """
        import ftplib
        import sys

        try:
            ftp = ftplib.FTP("ftp.example.org", timeout=30)  # reported: CNL301
            ftp.login()
        except ftplib.error_perm as exc:
            sys.exit(f"ftp: {exc}")
        print(ftp.nlst())
        ftp.quit()
    """,
    "else-branch-is-not-guarded": """
        import socket
        import sys

        try:
            address = sys.argv[1], int(sys.argv[2])
        except (IndexError, OSError):
            sys.exit("usage")
        else:
            s = socket.create_connection(address, timeout=2)  # reported: CNL301
            s.close()
    """,
    "handler-body-connects-again": """
        import socket

        try:
            s = socket.create_connection(("primary", 9), timeout=2)
        except OSError:
            s = socket.create_connection(("secondary", 9), timeout=2)  # reported: CNL301
        s.sendall(b"x")
        s.close()
    """,
    "http-client-script-httpexception": """
        import http.client
        import sys

        conn = http.client.HTTPConnection("localhost", 8080, timeout=5)
        try:
            conn.request("GET", "/health")  # reported: CNL301
            print(conn.getresponse().status)
        except http.client.HTTPException as exc:
            sys.exit(str(exc))
        conn.close()
    """,
    "paramiko-sshexception-script": """
        import sys

        import paramiko

        client = paramiko.SSHClient()
        client.load_system_host_keys()
        try:
            client.connect("gw.example.org", username="root", timeout=10)  # reported: CNL301
        except paramiko.SSHException as exc:
            sys.exit(str(exc))
        client.exec_command("reboot")
        client.close()
    """,
    "guard-timer": """
        import socket
        import threading


        def beat():
            with socket.create_connection(("localhost", 1), timeout=1) as s:  # reported: CNL301
                s.sendall(b"beat")


        threading.Timer(5, beat).start()
    """,
    "guard-ssl-script": """
        import socket
        import ssl

        hostname = "www.example.org"
        context = ssl.create_default_context()
        with socket.create_connection((hostname, 443), timeout=3) as raw:  # reported: CNL301
            with context.wrap_socket(raw, server_hostname=hostname) as tls:
                print(tls.version())
    """,
    "real-try-finally-main": r"""
        import socket
        import sys


        def main(argv=sys.argv):
            if len(argv) < 2:
                sys.exit(1)

            HOST, PORT = "localhost", 9999
            data = " ".join(sys.argv[1:])

            # Create a socket (SOCK_STREAM means a TCP socket)
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.settimeout(10)

            try:
                # Connect to server and send data
                sock.connect((HOST, PORT))  # reported: CNL301
                sock.sendall(data.encode() + b"\n")
                print(sock.recv(1024))
            finally:
                sock.close()


        if __name__ == "__main__":
            main()
    """,
    "real-run-returns": r"""
        import argparse
        import socket
        import sys
        from contextlib import closing


        def main(params):
            parser = argparse.ArgumentParser()
            parser.add_argument("host")
            parser.add_argument("port", type=int)
            args, remaining = parser.parse_known_args(params)
            run(args.host, args.port, remaining)


        def run(host, port, remaining_args, print_output=True):
            with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as s:
                s.settimeout(10)
                s.connect((host, port))  # reported: CNL301
                cmd = (' '.join(remaining_args) + '\n').encode('utf-8')
                s.send(cmd)
                data = s.recv(64 * 1024)
                result = data.decode()
                if print_output:
                    print(result)
                return result


        if __name__ == "__main__":
            main(sys.argv[1:])
    """,
    "leak-handler-converts": """
        import socket


        class BackendDown(Exception):
            '''The backend does not answer.'''


        def dial(host, port):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect((host, port))  # reported: CNL302
            except OSError as exc:
                # the caller shows this
                raise BackendDown(f"{host}:{port} is down") from exc
            return sock
    """,
    "leak-handler-closes-too-narrow": """
        import socket


        def dial(host, port):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect((host, port))  # reported: CNL302
            except TimeoutError:
                sock.close()
                raise
            return sock
    """,
    "leak-close-end-of-try": """
        import socket


        def is_open(host, port):
            sock = socket.socket()
            sock.settimeout(1)
            try:
                sock.connect((host, port))  # reported: CNL302
                sock.shutdown(socket.SHUT_RDWR)
                sock.close()
                return True
            except OSError:
                return False
    """,
    "leak-enter": """
        import socket


        class Session:
            def __init__(self, host):
                self.host = host
                self._sock = None

            def __enter__(self):
                self._sock = socket.socket()
                self._sock.settimeout(5)
                self._sock.connect((self.host, 7))  # reported: CNL302
                return self

            def __exit__(self, *exc):
                self._sock.close()
    """,
    "leak-loop-getaddrinfo-forgets": """
        import socket


        def dial(host, port):
            last = None
            for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                sock = socket.socket(family, kind, proto)
                sock.settimeout(5)
                try:
                    sock.connect(address)  # reported: CNL302
                except OSError as exc:
                    last = exc
                    continue
                return sock
            raise last
    """,
    "leak-loop-sock-connect": """
        import asyncio
        import socket


        async def dial(address):
            loop = asyncio.get_running_loop()
            sock = socket.socket()
            sock.setblocking(False)
            await asyncio.wait_for(loop.sock_connect(sock, address), 5)  # reported: CNL302
            return sock
    """,
    "leak-two-step-rebind": """
        import socket


        def dial(primary, secondary):
            sock = socket.socket()
            sock.settimeout(3)
            try:
                sock.connect(primary)  # reported: CNL302
            except OSError:
                sock = socket.socket()
                sock.settimeout(3)
                sock.connect(secondary)  # reported: CNL302
            return sock
    """,
    "leak-own-contextmanager": """
        import contextlib
        import socket


        @contextlib.contextmanager
        def connected(address):
            sock = socket.socket()
            sock.settimeout(3)
            sock.connect(address)  # reported: CNL302
            try:
                yield sock
            finally:
                sock.close()
    """,
    "leak-subclass-of-socket": """
        import socket


        class FramedSocket(socket.socket):
            def read_frame(self):
                return self.recv(4)


        def dial(address):
            sock = FramedSocket(socket.AF_INET, socket.SOCK_STREAM)
            sock.settimeout(5)
            sock.connect(address)  # reported: CNL302
            return sock
    """,
    "other-branch-attribute": """
        import socket


        class Link:
            def __init__(self, path, address):
                if path:
                    self.sock = socket.socket(socket.AF_UNIX)
                    self.sock.settimeout(3)
                    self.sock.connect(path)  # reported: CNL302
                else:
                    self.sock = socket.create_connection(address, timeout=3)
    """,
    "timeout-too-late": """
        import socket


        def dial(host, port):
            with socket.socket() as s:
                s.connect((host, port))  # reported: CNL303
                s.settimeout(5)
                return s.recv(10)
    """,
    "timeout-smtp-no-host-then-connect-unbounded": """
        import smtplib


        def make(host):
            smtp = smtplib.SMTP()
            smtp.connect(host, 25)  # reported: CNL303
            return smtp
    """,
    "timeout-class-setting-never-reaches": """
        import socket


        class Client:
            def __init__(self, host, port, timeout=5):
                self.host = host
                self.port = port
                self.timeout = timeout
                self.sock = None

            def open(self):
                self.sock = socket.create_connection((self.host, self.port))  # reported: CNL303
                self.sock.settimeout(self.timeout)
    """,
    "timeout-asyncio-unbounded": """
        import asyncio


        async def dial(host):
            return await asyncio.open_connection(host, 22)  # reported: CNL303
    """,
    "timeout-loop-create-connection": """
        import asyncio


        class Echo(asyncio.Protocol):
            pass


        async def dial(host):
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.create_connection(Echo, host, 7)  # reported: CNL303
            return transport
    """,
    "ex-assigned-never-read": """
        import socket


        def knock(host, port):
            with socket.socket() as s:
                s.settimeout(1)
                code = s.connect_ex((host, port))  # reported: CNL304
                s.sendall(b"hello")
                return s.recv(10)
    """,
    "ex-attribute-ignored": r"""
        import socket


        class Client:
            def __init__(self, address):
                self.address = address
                self.sock = socket.socket()
                self.sock.settimeout(4)

            def open(self):
                self.sock.connect_ex(self.address)  # reported: CNL304
                self.sock.sendall(b"HELO\r\n")
                return self.sock.recv(100)
    """,
    "async-paramiko": """
        import paramiko


        async def reboot(host):
            client = paramiko.SSHClient()
            client.connect(host, timeout=5)  # reported: CNL305
            client.exec_command("reboot")
    """,
    "async-port-check-ex": """
        import socket


        async def is_open(host):
            with socket.socket() as s:
                s.settimeout(2)
                return s.connect_ex((host, 80)) == 0  # reported: CNL305
    """,
    "reuse-connect-ex-poll": """
        import socket
        import time


        def wait(address):
            with socket.socket() as s:
                s.settimeout(1)
                while s.connect_ex(address) != 0:  # reported: CNL210
                    time.sleep(0.5)
    """,
    "reuse-script-module-level": """
        import socket
        import time

        sock = socket.socket()
        sock.settimeout(3)
        connected = False
        while not connected:  # reported: CNL210
            try:
                sock.connect(("localhost", 9999))
                connected = True
            except socket.error:
                print("waiting for the server")
                time.sleep(1)
        sock.sendall(b"hello")
    """,
    "reuse-failover-addresses": """
        import socket


        def dial(addresses):
            s = socket.socket()
            s.settimeout(2)
            for address in addresses:  # reported: CNL210
                try:
                    s.connect(address)
                    return s
                except OSError:
                    continue
            s.close()
            raise ConnectionError("none answers")
    """,
    "reuse-async-sock-connect": """
        import asyncio
        import socket


        async def wait(address):
            loop = asyncio.get_running_loop()
            sock = socket.socket()
            sock.setblocking(False)
            while True:  # reported: CNL210
                try:
                    async with asyncio.timeout(2):
                        await loop.sock_connect(sock, address)
                    return sock
                except OSError:
                    await asyncio.sleep(1)
    """,
}


def reports(code: str) -> list[tuple[int, str]]:
    checked = check(code.encode(), "x.py", Selection(CODES))
    assert checked.problems == ()
    return [(item.row, item.code) for item in checked.diagnostics]


def repaired(code: str) -> str:
    result = fix(code.encode(), "x.py", Selection(CODES), unsafe=True)
    assert result.dropped == ()
    compile(result.data, "x.py", "exec")
    return result.data.decode()


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT.keys())
def test_is_silent(code: str) -> None:
    assert reports(dedent(code)) == []


@pytest.mark.parametrize("code", REPORTED.values(), ids=REPORTED.keys())
def test_reports(code: str) -> None:
    marked = dedent(code)
    rows = enumerate(marked.splitlines(), start=1)
    wanted = [(row, name) for row, line in rows for match in MARK.findall(line) for name in match.split()]
    assert sorted(reports(MARK.sub("", marked))) == sorted(wanted)


@pytest.mark.parametrize("code", REPORTED.values(), ids=REPORTED.keys())
def test_repairs_at_once(code: str) -> None:
    once = repaired(MARK.sub("", dedent(code)))
    assert repaired(once) == once


def test_a_handler_that_speaks_of_the_other_peer_is_not_repeated() -> None:
    after = repaired(MARK.sub("", dedent(REPORTED["sibling-branch-guarded"])))
    assert after.count("cannot reach {address}") == 1
    assert "except BaseException:\n            sock.close()\n            raise\n" in after


def test_a_handler_repeats_no_class_of_the_one_above_it() -> None:
    after = repaired(MARK.sub("", dedent(REPORTED["paramiko-sshexception-script"])))
    assert "except (OSError, EOFError) as exc:" in after
