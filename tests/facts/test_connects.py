"""Which calls connect, who takes their failure, and who closes their socket."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from tests.facts.reading import read, text

if TYPE_CHECKING:
    from connlint.facts.model import ConnectSite


def sites(code: str) -> tuple[ConnectSite, ...]:
    return read(code).connects


def the_site(code: str) -> ConnectSite:
    (site,) = sites(code)
    return site


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("signal.connect(handler)", id="unknown"),
        pytest.param("import sqlite3\nsqlite3.connect('x.db')", id="sqlite"),
        pytest.param("import zmq\nzmq.Context().socket(zmq.SUB).connect('tcp://h:1')", id="zmq"),
        pytest.param("def f(sock):\n    sock.connect(('h', 1))", id="parameter-of-no-type"),
        pytest.param("import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.connect(a)", id="datagrams"),
        pytest.param(
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)\ns.connect(a)",
            id="datagrams-with-flags",
        ),
        pytest.param("import socket\ns = socket.socket(socket.AF_NETLINK)\ns.connect(a)", id="netlink"),
        pytest.param("import smtplib\ns = smtplib.SMTP()", id="without-a-host"),
        pytest.param("import http.client\nc = http.client.HTTPConnection('h')", id="only-prepares"),
        pytest.param("import asyncio\nc = asyncio.open_connection('h', 1)", id="coroutine-not-awaited"),
        pytest.param("import socket\ns = socket.socket() if x else other()\ns.connect(a)", id="perhaps-a-socket"),
        pytest.param(
            "import asyncio\nasync def f(loop: asyncio.AbstractEventLoop, s):\n"
            "    await loop.create_connection(asyncio.Protocol, sock=s)",
            id="already-connected",
        ),
    ],
)
def test_no_connect(code: str) -> None:
    assert [text(site.call) for site in sites(code)] == []


def test_connect_that_reports_by_its_result() -> None:
    assert [site.by_result for site in sites("import socket\ns = socket.socket()\ns.connect_ex(a)\ns.connect(a)")] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        pytest.param("import socket\ns = socket.socket()\ns.connect(a)", "made", id="made"),
        pytest.param("from socket import *\ns = socket(AF_INET)\ns.connect(a)", "made", id="made-by-a-star-import"),
        pytest.param("import socket\nclass S(socket.socket): pass\ns = S()\ns.connect(a)", "made", id="own-class"),
        pytest.param(
            "import socket, ssl\ns = ssl.create_default_context().wrap_socket(socket.socket())\ns.connect(a)",
            "made",
            id="wrapped",
        ),
        pytest.param("import socket\ndef f(s: socket.socket):\n    s.connect(a)", "parameter", id="parameter"),
        pytest.param(
            "import socket\nclass C:\n    def a(self):\n        self.s = socket.socket()\n"
            "    def b(self):\n        self.s.connect(a)",
            "attribute",
            id="attribute",
        ),
        pytest.param(
            "import socket\ndef make():\n    return socket.socket()\ns = make()\ns.connect(a)",
            "returned",
            id="returned",
        ),
        pytest.param("import socket\ns = socket.create_connection(a)", "result", id="result"),
    ],
)
def test_origin(code: str, origin: str) -> None:
    assert the_site(code).origin == origin


GUARDED = {
    "handler": (
        """
        try:
            socket.create_connection(a)
        except ConnectionRefusedError:
            pass
        """,
        True,
    ),
    "base-class": (
        """
        try:
            socket.create_connection(a)
        except Exception:
            pass
        """,
        True,
    ),
    "suppress": (
        """
        with contextlib.suppress(OSError):
            socket.create_connection(a)
        """,
        True,
    ),
    "raises": (
        """
        with pytest.raises(OSError):
            socket.create_connection(a)
        """,
        True,
    ),
    "second-item-of-a-with": (
        """
        with contextlib.suppress(OSError), socket.create_connection(a):
            pass
        """,
        True,
    ),
    "another-class": (
        """
        try:
            socket.create_connection(a)
        except (TimeoutError, socket.gaierror):
            pass
        """,
        False,
    ),
    "in-the-handler": (
        """
        try:
            work()
        except OSError:
            socket.create_connection(a)
        """,
        False,
    ),
    "in-the-else": (
        """
        try:
            work()
        except OSError:
            pass
        else:
            socket.create_connection(a)
        """,
        False,
    ),
    "only-finally": (
        """
        try:
            socket.create_connection(a)
        finally:
            work()
        """,
        False,
    ),
    "closed-and-raised-again": (
        """
        s = socket.socket()
        try:
            s.connect(a)
        except OSError:
            s.close()
            raise
        """,
        False,
    ),
    "suppress-in-the-wrong-order": (
        """
        with socket.create_connection(a), contextlib.suppress(OSError):
            pass
        """,
        False,
    ),
    "plain-contexts": (
        """
        lock = threading.Lock()
        with lock, open("x"):
            socket.create_connection(a)
        """,
        False,
    ),
    "unknown-context": (
        """
        with converting():
            socket.create_connection(a)
        """,
        None,
    ),
    "unknown-class": (
        """
        try:
            socket.create_connection(a)
        except errors.Network:
            pass
        """,
        None,
    ),
    "own-context-that-lets-it-out": (
        """
        class Timer:
            def __enter__(self):
                return self
            def __exit__(self, *exc_info):
                self.stop()
        with Timer():
            socket.create_connection(a)
        """,
        False,
    ),
    "own-context-that-may-take-it": (
        """
        class Quiet:
            def __enter__(self):
                return self
            def __exit__(self, kind, value, traceback):
                return kind is OSError
        with Quiet():
            socket.create_connection(a)
        """,
        None,
    ),
    "finally-that-returns": (
        """
        def main():
            try:
                socket.create_connection(a)
            finally:
                return
        main()
        """,
        None,
    ),
    "lambda": ("f = lambda: socket.create_connection(a)", None),
}


@pytest.mark.parametrize(("code", "guarded"), GUARDED.values(), ids=GUARDED.keys())
def test_guarded(code: str, guarded: bool | None) -> None:
    assert the_site(f"import contextlib, pytest, socket, threading\n{dedent(code)}").guarded is guarded


CALLERS = {
    "module": ("socket.create_connection(a)", False, "main"),
    "called-by-the-module": (
        "def main():\n    socket.create_connection(a)\nmain()",
        False,
        "main",
    ),
    "called-by-a-guarded-caller": (
        "def main():\n    socket.create_connection(a)\ntry:\n    main()\nexcept OSError:\n    pass",
        True,
        "unknown",
    ),
    "one-of-two-callers-guards": (
        "def send():\n    socket.create_connection(a)\nsend()\ntry:\n    send()\nexcept OSError:\n    pass",
        True,
        "unknown",
    ),
    "caller-cannot-take-it": (
        "def main():\n    socket.create_connection(a)\ntry:\n    main()\nexcept KeyboardInterrupt:\n    pass",
        False,
        "main",
    ),
    "nobody-calls": ("def main():\n    socket.create_connection(a)", False, "library"),
    "passed-on": ("def main():\n    socket.create_connection(a)\nregister(main)", None, "unknown"),
    "defined-twice": (
        "def main():\n    socket.create_connection(a)\ndef main():\n    pass\nmain()",
        None,
        "unknown",
    ),
    "recursion": (
        "def main(n):\n    socket.create_connection(a)\n    main(n - 1)\nmain(3)",
        False,
        "main",
    ),
    "only-recursion": ("def f():\n    socket.create_connection(a)\n    g()\ndef g():\n    f()", None, "unknown"),
    "unknown-decorator": (
        "@app.command()\ndef main():\n    socket.create_connection(a)\nmain()",
        None,
        "unknown",
    ),
    "generator": ("def main():\n    yield socket.create_connection(a)\nmain()", None, "unknown"),
    "gives-something-back": (
        "def fetch():\n    return socket.create_connection(a).recv(9)\nfetch()",
        False,
        "library",
    ),
    "says-that-it-connects": (
        "def reconnect_all():\n    socket.create_connection(a)\nreconnect_all()",
        False,
        "library",
    ),
    "method": (
        "class C:\n    def send(self):\n        socket.create_connection(a)\nC().send()",
        False,
        "library",
    ),
    "own-caller-of-a-method-guards": (
        "class C:\n    def send(self):\n        socket.create_connection(a)\n"
        "    def safe(self):\n        try:\n            self.send()\n        except OSError:\n            pass",
        True,
        "unknown",
    ),
    "method-of-somebody": (
        "class C:\n    def send(self):\n        socket.create_connection(a)\ndef f(c):\n    c.send()",
        None,
        "unknown",
    ),
    "thread": (
        "def work():\n    socket.create_connection(a)\ntry:\n    threading.Thread(target=work).start()\n"
        "except OSError:\n    pass",
        False,
        "thread",
    ),
    "thread-class": (
        "class W(threading.Thread):\n    def run(self):\n        socket.create_connection(a)",
        False,
        "thread",
    ),
    "executor": ("def work():\n    socket.create_connection(a)\npool.submit(work)", None, "unknown"),
    "package-module": ("from . import x\nsocket.create_connection(a)", False, "library"),
    "main-guard-of-a-package-module": (
        "from . import x\nif __name__ == '__main__':\n    socket.create_connection(a)",
        False,
        "main",
    ),
    "test": ("import pytest\nsocket.create_connection(a)", False, "test"),
    "hook": ("import sys\nsys.excepthook = report\nsocket.create_connection(a)", False, "unknown"),
    "run": (
        "async def main():\n    await asyncio.open_connection('h', 1)\nasyncio.run(main())",
        False,
        "main",
    ),
    "run-guarded": (
        "async def main():\n    await asyncio.open_connection('h', 1)\n"
        "try:\n    asyncio.run(main())\nexcept OSError:\n    pass",
        True,
        "unknown",
    ),
    "until-complete": (
        "async def main():\n    await asyncio.open_connection('h', 1)\n"
        "asyncio.get_event_loop().run_until_complete(main())",
        False,
        "main",
    ),
    "gathered": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    await asyncio.gather(one(), one())\nasyncio.run(main())",
        False,
        "main",
    ),
    "gathered-with-its-failures": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    await asyncio.gather(one(), return_exceptions=True)\nasyncio.run(main())",
        None,
        "unknown",
    ),
    "in-a-thread-and-in-the-program": (
        "def work():\n    socket.create_connection(a)\nthreading.Thread(target=work).start()\nwork()",
        False,
        "thread",
    ),
    "task-that-nobody-keeps": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    asyncio.create_task(one())\nasyncio.run(main())",
        False,
        "task",
    ),
    "gathered-by-a-comprehension": (
        "async def one(n):\n    await asyncio.open_connection('h', n)\n"
        "async def main():\n    await asyncio.gather(*(one(n) for n in range(3)))\nasyncio.run(main())",
        False,
        "main",
    ),
    "task-of-a-group": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    async with asyncio.TaskGroup() as tg:\n        tg.create_task(one())\nasyncio.run(main())",
        None,
        "unknown",
    ),
    "task-of-a-loop": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    asyncio.get_running_loop().create_task(one())\nasyncio.run(main())",
        False,
        "task",
    ),
    "task-that-is-kept": (
        "async def one():\n    await asyncio.open_connection('h', 1)\n"
        "async def main():\n    task = asyncio.create_task(one())\n    await task\nasyncio.run(main())",
        False,
        "main",
    ),
}


@pytest.mark.parametrize(("code", "guarded", "place"), CALLERS.values(), ids=CALLERS.keys())
def test_callers(code: str, guarded: bool | None, place: str) -> None:
    site = the_site(f"import asyncio, socket, threading\n{code}")
    assert (site.guarded, site.place) == (guarded, place)


def test_escapes_name_what_gets_past_the_guards() -> None:
    site = the_site("import socket\ntry:\n    socket.create_connection(a)\nexcept TimeoutError:\n    pass")
    assert site.escapes == ("ConnectionRefusedError",)
    assert [(guard.caught, guard.escapes) for guard in site.guards] == [
        (("TimeoutError",), ("ConnectionRefusedError",))
    ]


@pytest.mark.parametrize(
    "wrapping",
    ["s = c.wrap_socket(s)", "s = c.wrap_socket(t)\n    t = c.wrap_socket(s)"],
    ids=["of-itself", "of-each-other"],
)
def test_socket_that_only_wraps_itself_comes_to_an_end(wrapping: str) -> None:
    code = f"import ssl\nc = ssl.create_default_context()\ndef f():\n    s.connect(('h', 1))\n    {wrapping}\n"
    assert {site.origin for site in sites(code)} <= {"unknown", "returned"}


def test_deep_call_chains_come_to_an_end() -> None:
    functions = "\n".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()" for n in range(40))
    site = the_site(f"import socket\n{functions}\ndef f40():\n    socket.create_connection(a)\nf0()")
    assert site.guarded is None


def leaks(body: str, *, head: str = "def f(a):") -> list[str]:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    found = sites(f"import contextlib, socket, sys\n{head}\n{indented}")
    return [leak.ending for site in found for leak in site.leaks[:1]]


CLOSED = {
    "with": "with socket.socket() as s:\n    s.connect(a)",
    "with-later": "s = socket.socket()\nwith s:\n    s.connect(a)",
    "closing": "s = socket.socket()\nwith contextlib.closing(s):\n    s.connect(a)",
    "finally": "s = socket.socket()\ntry:\n    s.connect(a)\nfinally:\n    s.close()",
    "outer-finally": (
        "s = None\ntry:\n    try:\n        s = socket.socket()\n        s.connect(a)\n"
        "    except OSError:\n        return 1\nfinally:\n    if s:\n        s.close()"
    ),
    "handler": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    s.close()\n    raise",
    "handler-that-asks": (
        "s = None\ntry:\n    s = socket.socket()\n    s.connect(a)\n"
        "except OSError:\n    if s is not None:\n        s.close()\n    return None"
    ),
    "outer-handler": (
        "s = socket.socket()\ntry:\n    try:\n        s.connect(a)\n    except OSError as e:\n"
        "        raise ValueError from e\nexcept ValueError:\n    s.close()"
    ),
    "after-the-try": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    pass\ns.close()",
    "flag": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    up = False\nelse:\n    up = True\n"
        "if not up:\n    s.close()\n    return None\nreturn s"
    ),
    "next-round-closes": (
        "s = None\nfor x in a:\n    if s is not None:\n        s.close()\n    s = socket.socket()\n"
        "    try:\n        s.connect(x)\n        return s\n    except OSError:\n        continue\ns.close()"
    ),
    "ends-the-program": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError as e:\n    sys.exit(str(e))",
    "deleted": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    del s\n    return None",
    "shut-down-and-closed": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    s.shutdown(2)\n    s.close()\n    raise"
    ),
    "handed-to-somebody-before": "s = socket.socket()\nregistry.add(s)\ns.connect(a)",
    "stored-before": "s = socket.socket()\na.sock = s\ns.connect(a)",
    "handed-to-somebody-on-the-way": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    discard(s)\n    return None"
    ),
    "returned-all-the-same": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    pass\nreturn s",
    "captured": "s = socket.socket()\ndef stop():\n    s.close()\nregister(stop)\ns.connect(a)",
    "tried-again": (
        "s = socket.socket()\nfor _ in range(3):\n    try:\n        s.connect(a)\n        break\n"
        "    except OSError:\n        pass"
    ),
    "callback": "s = socket.socket()\na.callback(s.close)\ns.connect(a)",
    "does-not-block": "s = socket.socket()\ns.setblocking(False)\ns.connect(a)",
    "unknown-class": "s = socket.socket()\ntry:\n    s.connect(a)\nexcept a.Error:\n    s.close()",
    "global": "global s\ns = socket.socket()\ns.connect(a)",
    "two-names": "s = a.sock = socket.socket()\ns.connect(a)",
    "never-returns": ("s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    while True:\n        wait()"),
}


@pytest.mark.parametrize("body", CLOSED.values(), ids=CLOSED.keys())
def test_no_leak(body: str) -> None:
    assert leaks(body) == []


LEAKS = {
    "nothing-around": ("s = socket.socket()\ns.connect(a)\nreturn s", "raised"),
    "options-set-before": (
        "s = socket.socket()\ns.settimeout(5)\nif a:\n    s.bind(a)\nprint(s)\ns.connect(a)\ns.close()",
        "raised",
    ),
    "too-narrow": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept TimeoutError:\n    s.close()\n    raise",
        "raised",
    ),
    "returns": ("s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    return None\nreturn s", "end"),
    "converts": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError as e:\n    raise ValueError(a) from e",
        "raised",
    ),
    "raises-again": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError as e:\n    print(e, s)\n    raise",
        "raised",
    ),
    "suppressed": ("s = socket.socket()\nwith contextlib.suppress(OSError):\n    s.connect(a)", "end"),
    "ladder": (
        "for x in a:\n    s = socket.socket()\n    try:\n        s.connect(x)\n    except OSError:\n"
        "        continue\n    return s",
        "rebound",
    ),
    "forgotten": ("s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    s = None\nreturn s", "rebound"),
    "only-in-the-else": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError:\n    print('down')\nelse:\n    s.close()",
        "end",
    ),
    "one-branch-only": (
        "s = socket.socket()\ntry:\n    s.connect(a)\nexcept OSError as e:\n    if e.errno == 111:\n"
        "        s.close()\n    return None",
        "end",
    ),
}


@pytest.mark.parametrize(("body", "ending"), LEAKS.values(), ids=LEAKS.keys())
def test_leak(body: str, ending: str) -> None:
    assert leaks(body) == [ending]


CONSTRUCTORS = {
    "constructor": ("def __init__(self, a):\n    self.s = socket.socket()\n    self.s.connect(a)", True),
    "enter": ("def __enter__(self):\n    self.s = socket.socket()\n    self.s.connect(a)\n    return self", True),
    "kept-by-the-object": ("def open(self):\n    self.s = socket.socket()\n    self.s.connect(a)", False),
    "method-that-forgets-it": (
        "def open(self):\n    self.s = socket.socket()\n    try:\n        self.s.connect(a)\n"
        "    except OSError:\n        self.s = None",
        True,
    ),
    "method-that-makes-it-anew": (
        "def open(self):\n    for x in a:\n        try:\n            self.s = socket.socket()\n"
        "            self.s.connect(x)\n            return True\n        except OSError:\n            pass",
        True,
    ),
    "method-that-closes-before-it-makes-anew": (
        "def open(self):\n    self.s = None\n    for x in a:\n        if self.s:\n            self.s.close()\n"
        "        try:\n            self.s = socket.socket()\n            self.s.connect(x)\n            return True\n"
        "        except OSError:\n            pass",
        False,
    ),
    "property": (
        "@property\ndef s(self): ...\n@s.setter\ndef s(self, value): ...\ndef open(self):\n"
        "    self.s = socket.socket()\n    try:\n        self.s.connect(a)\n    except OSError:\n        self.s = None",
        False,
    ),
    "another-name-for-it": (
        "def open(self):\n    self.s = socket.socket()\n    other = self.s\n    try:\n        self.s.connect(a)\n"
        "    except OSError:\n        self.s = None",
        False,
    ),
    "taken-so-there-is-an-object": (
        "def __init__(self, a):\n    self.s = socket.socket()\n    try:\n        self.s.connect(a)\n"
        "    except OSError:\n        self.up = False",
        False,
    ),
    "closed-by-a-method": (
        "def __init__(self, a):\n    self.s = socket.socket()\n    try:\n        self.s.connect(a)\n"
        "    except OSError:\n        self.close()\n        raise",
        False,
    ),
    "handed-itself-on": (
        "def __init__(self, a):\n    self.s = socket.socket()\n    a.register(self)\n    self.s.connect(a)",
        False,
    ),
    "finalizer": (
        "def __init__(self, a):\n    self.s = socket.socket()\n    self.s.connect(a)\n"
        "def __del__(self):\n    self.s.close()",
        False,
    ),
}


@pytest.mark.parametrize(("body", "leaking"), CONSTRUCTORS.values(), ids=CONSTRUCTORS.keys())
def test_leak_of_an_object_that_is_never_returned(body: str, leaking: bool) -> None:
    assert bool(leaks(body, head="class C:")) is leaking


def test_leak_says_which_handlers_take_the_failure() -> None:
    site = the_site(
        """
        import socket
        def f(a):
            s = socket.socket()
            try:
                s.connect(a)
            except TimeoutError:
                return 1
            except OSError:
                return 2
        """
    )
    found = {leak.raises: [text(handler.type) for handler in leak.handlers if handler.type] for leak in site.leaks}
    assert found["TimeoutError"] == ["TimeoutError"]
    assert found["ConnectionRefusedError"] == ["OSError"]
    assert isinstance(site.leaks[0].binding, cst.Assign)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import socket\nclass C:\n    s = socket.socket()\n    s.connect(a)", id="in-a-class"),
        pytest.param("import socket\nx = [s.connect(a) for s in [socket.socket()]]", id="in-a-comprehension"),
        pytest.param("import socket\ndef f(x=socket.create_connection(a)): pass", id="in-a-default"),
        pytest.param("import socket\n@g(socket.create_connection(a))\ndef f(): pass", id="in-a-decorator"),
        pytest.param(
            "import socket\ns = socket.socket()\nif s.connect(a): pass\nelif s.connect(b): pass", id="in-tests"
        ),
        pytest.param("import socket\ns = socket.socket()\ntry: s.connect(a)\nexcept* OSError: pass", id="groups"),
        pytest.param("import socket\nsocket.socket().connect(a)", id="without-a-name"),
        pytest.param("import socket\ns = socket.socket()\nlambda: s.connect(a)", id="in-a-lambda"),
        pytest.param("import socket\ns = s = socket.socket()\ns.connect(*s)", id="odd"),
        pytest.param("import socket\nwith socket.socket() as (s, t):\n    s.connect(a)", id="unpacked"),
    ],
)
def test_odd_code_raises_nothing(code: str) -> None:
    assert isinstance(sites(code), tuple)
