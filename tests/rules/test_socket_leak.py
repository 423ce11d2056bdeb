"""The repair of CNL302, run against a port that refuses: the same outcome, and no socket left open."""

from __future__ import annotations

import contextlib
import ftplib
import gc
import http.client
import imaplib
import os
import poplib
import smtplib
import socket
import ssl
import stat
import warnings
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from connlint.engine import Selection, check, fix
from tests.faults.peers import Peer, close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAKS = Selection(select=("CNL302",))

CASES = {
    "nothing-around": """
        def run(address):
            s = socket.socket()
            s.settimeout(5)
            s.connect(address)
            return s
    """,
    "handler-returns": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                return "down"
            return s
    """,
    "handler-passes": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                pass  # never mind
    """,
    "handler-converts": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError as exc:
                raise ValueError("down") from exc
    """,
    "two-handlers": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                return "slow"
            except OSError:
                return "down"
    """,
    "one-handler-closes": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                s.close()
                return "slow"
            except OSError:
                return "down"
    """,
    "made-inside-the-try": """
        def run(address):
            try:
                s = socket.socket()
                s.connect(address)
                s.close()
                return "up"
            except ConnectionRefusedError as exc:
                return f"down: {type(exc).__name__}"
    """,
    "too-narrow": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                s.close()
                return "slow"
    """,
    "clauses-that-all-lose-it-and-take-too-little": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
                state = "open"
                s.close()
            except TimeoutError:
                state = "slow"
            except PermissionError:
                state = "forbidden"
            return state
    """,
    "clauses-around-clauses": """
        def run(address):
            s = socket.socket()
            try:
                try:
                    s.connect(address)
                except TimeoutError:
                    return "slow"
            except OSError as exc:
                return exc.errno
    """,
    "clause-in-one-row": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError: pass; return "down"  # for now
            return s
    """,
    "handed-on-before-something-else-fails": """
        def run(address):
            s = socket.socket()
            known = []
            try:
                s.connect(address)
                known.append(s)
                known.greet()
            except OSError:
                return known
    """,
    "asked-before-it-is-given-up": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError:
                print(s.fileno() >= 0)
                return s.gettimeout is None
            return s
    """,
    "loop": """
        def run(address):
            for _ in range(3):
                s = socket.socket()
                try:
                    s.connect(address)
                except OSError:
                    continue
                return s
            raise RuntimeError("gave up")
    """,
    "loop-with-the-maker-in-the-try": """
        def run(address):
            last = None
            for _ in range(3):
                try:
                    s = socket.socket()
                    s.connect(address)
                    return s
                except OSError as exc:
                    last = exc
            raise last
    """,
    "constructor": """
        class Client:
            def __init__(self, address):
                self.sock = socket.socket()
                self.sock.connect(address)

        def run(address):
            return Client(address)
    """,
    "enter": """
        class Client:
            def __enter__(self):
                self.sock = socket.socket()
                self.sock.connect(self.address)
                return self

            def __exit__(self, *exc_info):
                self.sock.close()

        def run(address):
            client = Client()
            client.address = address
            with client:
                return "up"
    """,
    "suppressed": """
        import contextlib

        def run(address):
            s = socket.socket()
            with contextlib.suppress(OSError):
                s.connect(address)
            return "done"
    """,
    "assigned": """
        def run(address):
            s = socket.socket()
            nothing = s.connect(address)
            return nothing
    """,
    "own-class": """
        class Traced(socket.socket):
            pass

        def run(address):
            s = Traced()
            s.connect(address)
    """,
    "wrapped": """
        import ssl

        def run(address):
            s = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="localhost")
            s.connect(address)
    """,
    "of-an-event-loop": """
        import asyncio

        async def connect(address):
            loop = asyncio.get_running_loop()
            s = socket.socket()
            s.setblocking(False)
            await loop.sock_connect(s, address)
            return s

        def run(address):
            return asyncio.run(connect(address))
    """,
    "of-an-event-loop-with-a-handler": """
        import asyncio

        async def connect(address):
            loop = asyncio.get_running_loop()
            s = socket.socket()
            s.setblocking(False)
            try:
                await loop.sock_connect(s, address)
            except OSError:
                return "down"
            return s

        def run(address):
            return asyncio.run(connect(address))
    """,
    "tabs-and-semicolons-around": """
        def run(address):
        \ts = socket.socket(); s.settimeout(5)
        \t# first the line
        \ts.connect(address)  # then the talk

        \treturn s
    """,
}

IMPORTS = "import asyncio, contextlib, errno, logging, socket, ssl, time\n"

SILENT = {
    "own-listener": """
        def f():
            l = socket.socket()
            l.bind(("127.0.0.1", 0))
            l.listen()
            s = socket.socket()
            s.connect(l.getsockname())
            return s, l.accept()[0]
    """,
    "with": """
        def f(a):
            with socket.socket() as s:
                s.connect(a)
    """,
    "closing": """
        def f(a):
            with contextlib.closing(socket.socket()) as s:
                s.connect(a)
    """,
    "with-name": """
        def f(a):
            s = socket.socket()
            with s:
                s.connect(a)
    """,
    "finally": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            finally:
                s.close()
    """,
    "handler-closes": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                s.close()
                raise
            return s
    """,
    "bare-closes": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except:
                s.close()
                raise
            return s
    """,
    "all-clauses": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except socket.timeout:
                s.close()
                return 1
            except OSError:
                s.close()
                return 2
            return s
    """,
    "stored-in-list": """
        def f(a, known):
            s = socket.socket()
            known.append(s)
            s.connect(a)
    """,
    "stored-in-attr": """
        class C:
            def open(self, a):
                s = socket.socket()
                self.s = s
                s.connect(a)
    """,
    "attr-method": """
        class C:
            def open(self, a):
                self.s = socket.socket()
                self.s.connect(a)
            def close(self):
                self.s.close()
    """,
    "parameter": """
        def f(s, a):
            s.connect(a)
    """,
    "returned-before": """
        def make():
            return socket.socket()
        def f(a):
            s = make()
            s.connect(a)
    """,
    "exit-stack": """
        def f(a):
            with contextlib.ExitStack() as st:
                s = socket.socket()
                st.callback(s.close)
                s.connect(a)
    """,
    "enter-context": """
        def f(a):
            with contextlib.ExitStack() as st:
                s = st.enter_context(socket.socket())
                s.connect(a)
    """,
    "exits": """
        import sys
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError as e:
                sys.exit(str(e))
            return s
    """,
    "sysexit": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError as e:
                raise SystemExit(1)
            return s
    """,
    "helper-closes": """
        def quiet(s):
            try:
                s.close()
            except OSError:
                pass
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                quiet(s)
                raise
            return s
    """,
    "opaque-helper": """
        from elsewhere import give_up
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                give_up(s)
                raise
            return s
    """,
    "closed-after": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
                up = True
            except OSError:
                up = False
            s.close()
            return up
    """,
    "suppress-then-close": """
        def f(a):
            s = socket.socket()
            with contextlib.suppress(OSError):
                s.connect(a)
            s.close()
    """,
    "own-method-closes": """
        class C:
            def __init__(self, a):
                self.s = socket.socket()
                try:
                    self.s.connect(a)
                except OSError:
                    self.close()
                    raise
            def close(self):
                self.s.close()
    """,
    "del-closes": """
        class C:
            def __init__(self, a):
                self.s = socket.socket()
                self.s.connect(a)
            def __del__(self):
                self.s.close()
    """,
    "udp": """
        def f(a):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect(a)
            return s.getsockname()
    """,
    "nonblocking": """
        def f(a):
            s = socket.socket()
            s.setblocking(False)
            try:
                s.connect(a)
            except BlockingIOError:
                pass
            return s
    """,
    "captured": """
        def f(a, at_exit):
            s = socket.socket()
            at_exit(lambda: s.close())
            s.connect(a)
            return s
    """,
    "callback-arg": """
        import atexit
        def f(a):
            s = socket.socket()
            atexit.register(s.close)
            s.connect(a)
    """,
    "create-connection": """
        def f(a):
            s = socket.create_connection(a)
            return s
    """,
    "http": """
        import http.client
        def f(h):
            c = http.client.HTTPConnection(h)
            c.connect()
            return c
    """,
    "smtp": """
        import smtplib
        def f(h):
            return smtplib.SMTP(h)
    """,
    "wrapped-connected": """
        def f(h):
            raw = socket.create_connection((h, 443))
            return ssl.create_default_context().wrap_socket(raw, server_hostname=h)
    """,
    "sqlite": """
        import sqlite3
        def f(p):
            c = sqlite3.connect(p)
            return c
    """,
    "signal": """
        def f(sig, h):
            sig.connect(h)
    """,
    "reuse": """
        def f(a):
            s = socket.socket()
            while True:
                try:
                    s.connect(a)
                    return s
                except OSError:
                    time.sleep(1)
    """,
    "outer-closes": """
        def f(a):
            s = socket.socket()
            try:
                try:
                    s.connect(a)
                except socket.timeout as e:
                    raise RuntimeError from e
            except BaseException:
                s.close()
                raise
            return s
    """,
    "finally-if": """
        def f(a):
            s = socket.socket()
            ok = False
            try:
                s.connect(a)
                ok = True
            finally:
                if not ok:
                    s.close()
            return s
    """,
    "none-then-close": """
        def f(a):
            s = None
            try:
                s = socket.socket()
                s.connect(a)
                return s
            except OSError:
                if s:
                    s.close()
                raise
    """,
    "fileno": """
        def f(fd, a):
            s = socket.socket(fileno=fd)
            s.connect(a)
    """,
    "detached": """
        def f(a):
            s = socket.socket()
            fd = s.detach()
            s.connect(a)
    """,
    "yielded": """
        @contextlib.contextmanager
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
                yield s
            finally:
                s.close()
    """,
    "loop-sock-closes": """
        async def f(a):
            loop = asyncio.get_running_loop()
            s = socket.socket()
            s.setblocking(False)
            try:
                await loop.sock_connect(s, a)
            except BaseException:
                s.close()
                raise
            return s
    """,
    "registered": """
        async def f(a, sel):
            s = socket.socket()
            sel.register(s, 1)
            s.connect(a)
    """,
    "closed-in-else-and-handler": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                r = 1
            else:
                r = 0
            finally:
                s.close()
            return r
    """,
}

BAD = {
    "loop-sock-connect": """
        async def f(a):
            loop = asyncio.get_running_loop()
            s = socket.socket()
            s.setblocking(False)
            await loop.sock_connect(s, a)
            return s
    """,
    "loop-sock-connect-handler": """
        async def f(a):
            loop = asyncio.get_running_loop()
            s = socket.socket()
            s.setblocking(False)
            try:
                await asyncio.wait_for(loop.sock_connect(s, a), 5)
            except OSError:
                return None
            return s
    """,
    "bare": """
        def f(a):
            s = socket.socket()
            s.connect(a)
            s.sendall(b"")
            s.close()
    """,
    "narrow": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except ConnectionRefusedError:
                s.close()
                return None
            return s
    """,
    "converts": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError as e:
                raise RuntimeError(str(e)) from e
            return s
    """,
    "two-clauses": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except socket.timeout:
                return "slow"
            except OSError:
                return "down"
            s.close()
            return "up"
    """,
    "end-of-try": """
        def f(a):
            try:
                s = socket.socket()
                s.connect(a)
                s.sendall(b"x")
                s.close()
            except OSError as e:
                logging.error("%s", e)
    """,
    "enter": """
        class C:
            def __enter__(self):
                self.s = socket.socket()
                self.s.connect(("h", 1))
                return self
            def __exit__(self, *a):
                self.s.close()
    """,
    "init": """
        class C:
            def __init__(self, h):
                self.s = socket.socket()
                self.s.settimeout(1)
                self.s.connect((h, 1))
            def close(self):
                self.s.close()
    """,
    "init-converts": """
        class E(Exception): pass
        class C:
            def __init__(self, h):
                self.s = socket.socket()
                try:
                    self.s.connect((h, 1))
                except OSError as e:
                    raise E from e
    """,
    "rebind-loop": """
        def f(addrs):
            for a in addrs:
                s = socket.socket()
                try:
                    s.connect(a)
                    return s
                except OSError as e:
                    print(e)
            raise OSError("none")
    """,
    "rebind-while": """
        def f(a):
            while True:
                s = socket.socket()
                try:
                    s.connect(a)
                    break
                except ConnectionRefusedError:
                    time.sleep(1)
            return s
    """,
    "set-none": """
        class C:
            def open(self):
                self.s = socket.socket()
                try:
                    self.s.connect(("h", 1))
                except OSError:
                    self.s = None
    """,
    "wrapped": """
        def f(h):
            s = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname=h)
            s.connect((h, 443))
            return s
    """,
    "wrapped-name": """
        def f(h):
            raw = socket.socket()
            raw.settimeout(3)
            s = ssl.create_default_context().wrap_socket(raw, server_hostname=h)
            s.connect((h, 443))
            return s
    """,
    "suppressed": """
        def f(a):
            s = socket.socket()
            with contextlib.suppress(OSError):
                s.connect(a)
                s.sendall(b"x")
                s.close()
    """,
    "last-of-loop": """
        def f(addrs):
            last = None
            for a in addrs:
                try:
                    s = socket.socket()
                    s.connect(a)
                    return s
                except OSError as e:
                    last = e
            raise last
    """,
    "flag": """
        def f(a):
            s = socket.socket()
            ok = True
            try:
                s.connect(a)
            except OSError:
                ok = False
            if not ok:
                return None
            return s
    """,
    "logged-and-raised": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                logging.exception("no")
                raise
            return s
    """,
    "finally-elsewhere": """
        def f(a, lock):
            lock.acquire()
            try:
                s = socket.socket()
                s.connect(a)
                return s
            finally:
                lock.release()
    """,
    "with-lock": """
        def f(a, lock):
            with lock:
                s = socket.socket()
                s.connect(a)
            return s
    """,
    "nested-function": """
        def f(a):
            def go():
                s = socket.socket()
                s.connect(a)
                return s
            return go()
    """,
    "thread-body": """
        def worker(a, out):
            s = socket.socket()
            try:
                s.connect(a)
            except Exception as e:
                out.put(e)
                return
            out.put(s.recv(1))
            s.close()
    """,
    "conditional-family": """
        def f(h, v6):
            if v6:
                s = socket.socket(socket.AF_INET6)
            else:
                s = socket.socket()
            s.connect((h, 1))
            return s
    """,
    "conditional-wrap": """
        def f(h, tls):
            s = socket.socket()
            if tls:
                s = ssl.create_default_context().wrap_socket(s, server_hostname=h)
            s.connect((h, 1))
            return s
    """,
    "keeps-exception": """
        def f(addrs):
            errors = []
            for a in addrs:
                s = socket.socket()
                try:
                    s.connect(a)
                except OSError as e:
                    errors.append(e)
                else:
                    return s
            raise ExceptionGroup("all", errors)
    """,
    "bind-then-connect": """
        def f(a, src):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(src)
            s.connect(a)
            return s
    """,
    "unix": """
        def f(p):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.connect(p)
            return s
    """,
    "else-close": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                up = False
            else:
                up = True
                s.close()
            return up
    """,
    "makefile-after": """
        def f(a):
            s = socket.socket()
            s.connect(a)
            return s.makefile("rb")
    """,
    "shutdown-only": """
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                return False
            s.shutdown(socket.SHUT_RDWR)
            s.close()
            return True
    """,
    "main": """
        if __name__ == "__main__":
            s = socket.socket()
            try:
                s.connect(("h", 1))
            except OSError as e:
                print(e)
            else:
                s.close()
    """,
    "method-local": """
        class C:
            def ping(self):
                s = socket.socket()
                s.connect((self.h, 1))
                s.close()
    """,
    "gen": """
        def f(addrs):
            for a in addrs:
                s = socket.socket()
                s.connect(a)
                yield s
    """,
    "retry-raises-last": """
        def f(a):
            for n in range(3):
                s = socket.socket()
                try:
                    s.connect(a)
                    return s
                except OSError:
                    if n == 2:
                        raise
                    time.sleep(1)
    """,
    "match": """
        def f(a, mode):
            s = socket.socket()
            match mode:
                case "a":
                    s.connect(a)
            return s
    """,
    "async-def": """
        async def f(a):
            s = socket.socket()
            s.settimeout(1)
            s.connect(a)
            return s
    """,
    "closes-other": """
        def f(a, o):
            s = socket.socket()
            try:
                s.connect(a)
            except OSError:
                o.close()
                raise
            return s
    """,
    "annotated": """
        def f(a):
            s: socket.socket = socket.socket()
            s.connect(a)
            return s
    """,
}


class Recorder:
    """Remembers every socket that is made, so that none is closed by the garbage collector."""

    def __init__(self) -> None:
        self.made: list[socket.socket] = []

    @property
    def open(self) -> int:
        return sum(each.fileno() != -1 for each in self.made)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    plain = socket.socket.__init__

    def recorded(self: socket.socket, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        recorder.made.append(self)

    monkeypatch.setattr(socket.socket, "__init__", recorded)
    yield recorder
    for each in recorder.made:
        each.close()


def outcome(code: str, port: int) -> tuple[str, str]:
    """Return what `run` of `code` gives or raises."""
    namespace: dict[str, Any] = {"socket": socket}
    exec(compile(code, "case.py", "exec"), namespace)
    try:
        return "returned", repr(namespace["run"](("127.0.0.1", port)))
    except (OSError, ValueError, RuntimeError) as exc:
        return "raised", f"{exc!r} from {exc.__cause__!r}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_same_outcome_and_nothing_left_open(case: str, refused_port: int, recorder: Recorder) -> None:
    before = f"import socket\n{dedent(case)}"
    fixed = fix(before.encode(), "case.py", LEAKS, unsafe=False)
    assert fixed.dropped == ()
    assert fixed.checked.diagnostics == ()
    first = outcome(before, refused_port)
    assert recorder.open > 0
    already = recorder.open
    assert outcome(fixed.data.decode(), refused_port) == first
    assert recorder.open == already


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_second_run_changes_nothing(case: str) -> None:
    once = fix(f"import socket\n{dedent(case)}".encode(), "case.py", LEAKS, unsafe=True)
    again = fix(once.data, "case.py", LEAKS, unsafe=True)
    assert (again.data, again.applied) == (once.data, {})


def fixed(code: str) -> str:
    return fix(dedent(code).encode(), "case.py", LEAKS, unsafe=False).data.decode()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import socket\ns = socket.socket(); s.connect(a)\n", id="shares-its-line"),
        pytest.param("import socket\ns = socket.socket()\nif True: s.connect(a)\n", id="shares-a-header"),
        pytest.param("import socket\ns = socket.socket()\nif s.connect(a): pass\n", id="part-of-a-test"),
        pytest.param(
            "import socket\ns = socket.socket()\nBaseException = 1\ns.connect(a)\n", id="the-class-means-another-thing"
        ),
    ],
)
def test_reported_and_left_alone(code: str) -> None:
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert found.fixable is None
    assert fixed(code) == code


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("except OSError:\n        s.shutdown(2)\n        return", id="fails-before-a-close-would-come"),
        pytest.param("except OSError:\n        return s.getsockname()", id="answers-with-the-socket-s-answer"),
        pytest.param("except OSError:\n        pass\n    print(s.getsockname())", id="asks-it-afterwards"),
        pytest.param("finally:\n        s.settimeout(None)", id="asks-it-finally"),
    ],
)
def test_left_alone_where_a_closed_socket_answers_otherwise(after: str) -> None:
    code = f"import socket\ndef f(a):\n    s = socket.socket()\n    try:\n        s.connect(a)\n    {after}\n"
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert found.fixable is None
    assert fixed(code) == code


def test_comments_and_line_ends_stay() -> None:
    code = "import socket\r\n\r\ns = socket.socket()\r\n# the line\r\ns.connect(a)  # now\r\n"
    assert fix(code.encode(), "case.py", LEAKS, unsafe=False).data.decode() == (
        "import socket\r\n\r\ns = socket.socket()\r\n# the line\r\ntry:\r\n    s.connect(a)  # now\r\n"
        "except BaseException:\r\n    s.close()\r\n    raise\r\n"
    )


def test_pass_gives_way_and_its_comment_stays() -> None:
    after = fixed(
        """
        import socket
        s = socket.socket()
        try:
            s.connect(a)
        except OSError:
            pass  # never mind
        """
    )
    assert after.endswith("except OSError:\n    s.close()  # never mind\n")


def test_message_names_socket_and_address() -> None:
    code = b'import socket\nline = socket.socket()\nline.connect(("localhost", 80))\n'
    (found,) = check(code, "case.py", LEAKS).diagnostics
    assert (found.row, found.column) == (3, 1)
    assert "`line`" in found.message
    assert "localhost:80" in found.message


def test_why_names_the_class_that_gets_past_a_narrow_handler() -> None:
    code = dedent(
        """
        import socket
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except ConnectionRefusedError:
                s.close()
                raise
        """
    )
    (found,) = check(code.encode(), "case.py", LEAKS).diagnostics
    assert "TimeoutError" in found.why[0]


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_silent(case: str) -> None:
    found = check((IMPORTS + dedent(case)).encode(), "case.py", LEAKS)
    assert found.problems == ()
    assert [item.message for item in found.diagnostics] == []


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_reported_and_fixed_for_good(case: str) -> None:
    code = (IMPORTS + dedent(case)).encode()
    assert {item.code for item in check(code, "case.py", LEAKS).diagnostics} == {"CNL302"}
    once = fix(code, "case.py", LEAKS, unsafe=True)
    assert once.dropped == ()
    compile(once.data, "case.py", "exec")
    assert fix(once.data, "case.py", LEAKS, unsafe=True).data == once.data


# What counts references closes a socket that nobody has any more. Whoever keeps the exception has the frames of its
# traceback, and with them the socket: then it stays open for as long, as it does without counting (PyPy).


def descriptors() -> int:
    """Return how many descriptors of sockets this process has open."""
    found = 0
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            found += stat.S_ISSOCK(os.fstat(int(name)).st_mode)
    return found


def left_open(code: str, port: int) -> int:
    """Return how many descriptors a failed `run` leaves open, while its exception (or result) is kept."""
    namespace: dict[str, Any] = {"socket": socket}
    exec(compile(code, "case.py", "exec"), namespace)
    before = descriptors()
    kept: object = None
    try:
        kept = namespace["run"](("127.0.0.1", port))
    except (OSError, ValueError, RuntimeError) as exc:
        kept = exc
    left = descriptors() - before
    assert kept is not None
    kept = None
    namespace.clear()
    gc.collect()
    return left


KEPT = {
    "local": """
        def run(address):
            s = socket.socket()
            s.connect(address)
            return s
    """,
    "handler-converts": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError as exc:
                raise ValueError("down") from exc
    """,
    "handler-returns": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except OSError as exc:
                return exc
            return s
    """,
    "too-narrow": """
        def run(address):
            s = socket.socket()
            try:
                s.connect(address)
            except TimeoutError:
                s.close()
                raise
            return s
    """,
    "constructor": """
        class Client:
            def __init__(self, address):
                self.sock = socket.socket()
                self.sock.connect(address)

        def run(address):
            return Client(address)
    """,
    "enter": """
        class Client:
            def __init__(self, address):
                self.address = address

            def __enter__(self):
                self.sock = socket.socket()
                self.sock.connect(self.address)
                return self

            def __exit__(self, *exc_info):
                self.sock.close()

        def run(address):
            with Client(address) as client:
                return client
    """,
    "closed-only-at-the-end-of-the-try": """
        def run(address):
            try:
                s = socket.socket()
                s.connect(address)
                s.sendall(b"")
                s.close()
            except OSError as exc:
                return exc
    """,
    "wrapped": """
        import ssl

        def run(address):
            s = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="localhost")
            s.connect(address)
            return s
    """,
    "of-an-event-loop": """
        import asyncio

        async def connect(address):
            s = socket.socket()
            s.setblocking(False)
            await asyncio.get_running_loop().sock_connect(s, address)
            return s

        def run(address):
            return asyncio.run(connect(address))
    """,
}
on_linux = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="/proc tells of descriptors")  # noqa: PTH112


@on_linux
@pytest.mark.parametrize("case", KEPT.values(), ids=KEPT.keys())
def test_descriptor_stays_open_before_and_is_closed_after(case: str, refused_port: int) -> None:
    before = f"import socket\n{dedent(case)}"
    after = fix(before.encode(), "case.py", LEAKS, unsafe=False)
    assert after.applied
    enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            assert left_open(before, refused_port) == 1
        assert left_open(after.data.decode(), refused_port) == 0
    finally:
        if enabled:
            gc.enable()


CLIENTS: dict[str, Callable[[str, int], object]] = {
    "create_connection": lambda host, port: socket.create_connection((host, port), 5),
    "http.client": lambda host, port: http.client.HTTPConnection(host, port, timeout=5).connect(),
    "smtplib": lambda host, port: smtplib.SMTP(host, port, timeout=5),
    "ftplib": lambda host, port: ftplib.FTP().connect(host, port, 5),
    "imaplib": lambda host, port: imaplib.IMAP4(host, port, 5),
    "poplib": lambda host, port: poplib.POP3(host, port, 5),
}


@on_linux
@pytest.mark.parametrize("connect", CLIENTS.values(), ids=CLIENTS.keys())
def test_standard_clients_close_what_they_could_not_connect(
    connect: Callable[[str, int], object], refused_port: int
) -> None:
    """That is why the rule says nothing of them."""
    before = descriptors()
    with pytest.raises(ConnectionRefusedError) as kept:
        connect("127.0.0.1", refused_port)
    assert descriptors() == before
    assert kept


@on_linux
def test_tls_wrapper_closes_what_it_could_not_shake_hands_with() -> None:
    with Peer(close) as peer, socket.create_connection(peer.address) as raw:
        before = descriptors()
        with pytest.raises(OSError) as kept:  # noqa: PT011
            ssl._create_unverified_context().wrap_socket(raw)
        assert descriptors() < before
        assert kept
