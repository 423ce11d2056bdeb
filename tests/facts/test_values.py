from __future__ import annotations

import pytest

from connlint.facts.names import OPAQUE
from tests.facts.reading import expression, read, the_call

OPAQUE_VALUES = {
    "unknown-call": ("x = make()\nx.connect(a)", "x"),
    "parameter": ("def f(x):\n    x.connect(a)", "x"),
    "one-of-two-branches": ("import socket\nif a:\n    x = socket.socket()\nelse:\n    x = make()\nx.connect(a)", "x"),
    "attribute-of-something": ("x = thing.sock\nx.connect(a)", "x"),
    "subscript": ("import socket\ns = [socket.socket()]\nx = s[0]\nx.connect(a)", "x"),
    "decorated-function": (
        "import socket\n@cached\ndef make():\n    return socket.socket()\nx = make()\nx.connect(a)",
        "x",
    ),
    "attribute-set-from-outside-opaque": (
        "class C:\n    def __init__(self, sock):\n        self.sock = sock\n    def f(self):\n        self.sock.connect(a)",
        "self.sock",
    ),
    "recursive-function": ("def make():\n    return make()\nx = make()\nx.connect(a)", "x"),
    "bound-to-itself": ("x = x\nx.connect(a)", "x"),
    "own-context-manager": ("class C:\n    def __enter__(self): return 1\nwith C() as x:\n    x.connect(a)", "x"),
    "for-target": ("for x in socks:\n    x.connect(a)", "x"),
    "property-of-unknown-result": (
        "class C:\n    @property\n    def sock(self):\n        raise NotImplementedError\n"
        "    def f(self):\n        self.sock.recv(1)",
        "self.sock",
    ),
    "property-with-a-setter": (
        "import socket\nclass C:\n    @property\n    def sock(self):\n        return socket.socket()\n"
        "    @sock.setter\n    def sock(self, value):\n        pass\n    def f(self):\n        self.sock.recv(1)",
        "self.sock",
    ),
    "union-with-something": (
        "import socket\nfrom typing import Union\ndef f(x: Union[socket.socket, Transport]):\n    x.recv(1)",
        "x",
    ),
    "bar-with-something": ("import socket\ndef f(x: socket.socket | Transport):\n    x.recv(1)", "x"),
    "list-of-sockets": ("import socket\ndef f(x: list[socket.socket]):\n    x.recv(1)", "x"),
    "own-generator-that-yields-twice": (
        "import socket\nfrom contextlib import contextmanager\n@contextmanager\ndef f():\n    if a:\n"
        "        yield socket.socket()\n    else:\n        yield made\nwith f() as x:\n    x.recv(1)",
        "x",
    ),
    "cast-to-something": ("from typing import cast\nx = cast(Thing, made)\nx.recv(1)", "x"),
    "coroutine-not-awaited": ("import asyncio\nx = asyncio.open_connection('h', 1)\nx.read()", "x"),
}

SOCKETS = {
    "assigned": ("import socket\nx = socket.socket()\nx.connect(a)", "x"),
    "from-import": ("from socket import socket as S\nx = S()\nx.connect(a)", "x"),
    "none-first": ("import socket\nx = None\nx = socket.socket()\nx.connect(a)", "x"),
    "with": ("import socket\nwith socket.socket() as x:\n    x.connect(a)", "x"),
    "with-closing": (
        "import socket\nfrom contextlib import closing\nwith closing(socket.socket()) as x:\n    x.connect(a)",
        "x",
    ),
    "entered-by-a-stack": (
        "import socket\nfrom contextlib import ExitStack\nwith ExitStack() as stack:\n"
        "    x = stack.enter_context(socket.create_connection(a))\n    x.recv(1)",
        "x",
    ),
    "cast": ("import socket\nfrom typing import cast\nx = cast(socket.socket, made)\nx.recv(1)", "x"),
    "cast-quoted": ("import socket, typing as t\nx = t.cast('socket.socket', made)\nx.recv(1)", "x"),
    "property": (
        "import socket\nclass C:\n    @property\n    def sock(self):\n        return socket.create_connection(a)\n"
        "    def f(self):\n        self.sock.recv(1)",
        "self.sock",
    ),
    "abstract-property-declared": (
        "import socket\nclass C:\n    @property\n    def sock(self) -> socket.socket:\n        raise NotImplementedError\n"
        "    def f(self):\n        self.sock.recv(1)",
        "self.sock",
    ),
    "attribute-declared-and-none": (
        "import socket\nclass C:\n    sock: 'socket.socket | None' = None\n    def f(self):\n        self.sock.recv(1)",
        "self.sock",
    ),
    "create-connection": ("import socket\nx = socket.create_connection(a)\nx.recv(1)", "x"),
    "accepted": ("import socket\ns = socket.socket()\nx, addr = s.accept()\nx.recv(1)", "x"),
    "annotated-parameter": ("import socket\ndef f(x: socket.socket):\n    x.recv(1)", "x"),
    "optional-parameter": ("import socket\ndef f(x: socket.socket | None):\n    x.recv(1)", "x"),
    "typing-optional": (
        "import socket\nfrom typing import Optional\ndef f(x: Optional[socket.socket]):\n    x.recv(1)",
        "x",
    ),
    "typing-union": (
        "import socket\nfrom typing import Union\ndef f(x: Union[socket.socket, None]):\n    x.recv(1)",
        "x",
    ),
    "quoted-optional": (
        "import socket\nfrom typing import Optional\ndef f(x: 'Optional[socket.socket]'):\n    x.recv(1)",
        "x",
    ),
    "annotated": ("import socket, typing as t\ndef f(x: t.Annotated[socket.socket, made()]):\n    x.recv(1)", "x"),
    "class-variable": (
        "import socket\nfrom typing import ClassVar\nclass C:\n    x: ClassVar[socket.socket] = made()\n"
        "    def f(self):\n        self.x.recv(1)",
        "self.x",
    ),
    "cached-function": (
        "import functools, socket\n@functools.lru_cache(maxsize=1)\ndef make():\n    return socket.socket()\n"
        "x = make()\nx.recv(1)",
        "x",
    ),
    "own-context-manager": (
        "import socket\nfrom contextlib import contextmanager\n@contextmanager\ndef f():\n"
        "    s = socket.socket()\n    yield s\n    s.close()\nwith f() as x:\n    x.recv(1)",
        "x",
    ),
    "quoted-annotation": ("import socket\ndef f(x: 'socket.socket'):\n    x.recv(1)", "x"),
    "attribute-of-self": (
        "import socket\nclass C:\n    def __init__(self):\n        self.sock = None\n"
        "    def open(self):\n        self.sock = socket.socket()\n    def f(self):\n        self.sock.connect(a)",
        "self.sock",
    ),
    "attribute-declared": (
        "import socket\nclass C:\n    sock: socket.socket\n    def f(self):\n        self.sock.connect(a)",
        "self.sock",
    ),
    "attribute-of-a-base": (
        "import socket\nclass B:\n    def __init__(self):\n        self.sock = socket.socket()\n"
        "class C(B):\n    def f(self):\n        self.sock.connect(a)",
        "self.sock",
    ),
    "returned-by-a-function": (
        "import socket\ndef make():\n    s = socket.socket()\n    return s\nx = make()\nx.recv(1)",
        "x",
    ),
    "returned-by-a-method": (
        "import socket\nclass C:\n    def make(self):\n        return socket.socket()\n"
        "    def f(self):\n        x = self.make()\n        x.connect(a)",
        "x",
    ),
    "walrus": ("import socket\nif (x := socket.socket()):\n    x.connect(a)", "x"),
    "conditional-expression": ("import socket\nx = socket.socket() if a else None\nx.connect(a)", "x"),
}


@pytest.mark.parametrize(("code", "name"), OPAQUE_VALUES.values(), ids=OPAQUE_VALUES.keys())
def test_opaque(code: str, name: str) -> None:
    found = read(code)
    assert OPAQUE in found.values.types(expression(found, name))


@pytest.mark.parametrize(("code", "name"), SOCKETS.values(), ids=SOCKETS.keys())
def test_known_as_a_socket(code: str, name: str) -> None:
    found = read(code)
    assert found.values.types(expression(found, name)) == {"socket.socket"}


def test_a_wrapped_socket_may_be_both() -> None:
    found = read("import socket, ssl\ns = socket.socket()\ns = ssl.create_default_context().wrap_socket(s)\ns.recv(1)")
    assert found.values.types(expression(found, "s")) == {"socket.socket", "ssl.SSLSocket"}


def test_streams_are_unpacked() -> None:
    found = read(
        "import asyncio\nasync def f():\n    r, w = await asyncio.open_connection('h', 1)\n    r.read()\n    w.drain()\n"
    )
    assert found.values.types(expression(found, "r")) == {"asyncio.StreamReader"}
    assert found.values.types(expression(found, "w")) == {"asyncio.StreamWriter"}


def test_streams_are_unpacked_through_wait_for() -> None:
    found = read(
        "import asyncio\nasync def f():\n    r, w = await asyncio.wait_for(asyncio.open_connection('h', 1), 5)\n    w.drain()\n"
    )
    assert found.values.types(expression(found, "w")) == {"asyncio.StreamWriter"}


@pytest.mark.parametrize(
    ("code", "call", "expected"),
    [
        pytest.param(
            "import socket\nsocket.socket().connect(a)", "socket.socket().connect", "socket.socket.connect", id="method"
        ),
        pytest.param("import requests\nrequests.get(u)", "requests.get", "requests.get", id="function"),
        pytest.param(
            "import requests\ns = requests.Session()\ns.get(u)", "s.get", "requests.Session.get", id="session"
        ),
        pytest.param(
            "import requests\nclass S(requests.Session):\n    def f(self):\n        self.get(u)",
            "self.get",
            "requests.Session.get",
            id="subclass-of-a-session",
        ),
        pytest.param(
            "import requests\nclass S(requests.Session):\n    def get(self, u):\n        super().get(u)",
            "super().get",
            "requests.Session.get",
            id="super",
        ),
        pytest.param(
            "class C:\n    def f(self): self.g()\n    def g(self): pass", "self.g", "<file>.C.g", id="own-method"
        ),
        pytest.param(
            "from x import Base\nclass C(Base):\n    def f(self): self.g()", "self.g", None, id="unknown-base"
        ),
        pytest.param("x.y()", "x.y", None, id="unknown"),
        pytest.param("import x\nx.y()", "x.y", "x.y", id="unknown-module"),
    ],
)
def test_target(code: str, call: str, expected: str | None) -> None:
    found = read(code)
    assert found.values.target(the_call(found, call)) == expected


def test_name_bound_again_and_again_from_itself_is_given_up() -> None:
    steps = "".join(f"    if a{number}:\n        query = query.filter(a{number})\n" for number in range(60))
    found = read(f"import db\ndef f(query):\n{steps}    return query.all()")
    assert found.values.types(expression(found, "query.all()")) == {OPAQUE}
