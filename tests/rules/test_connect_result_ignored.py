"""Results of `connect_ex` as programs read them, or do not (CNL304)."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from connlint.engine import Selection, check

RULE = Selection(select=("CNL304",))

# What the body of `f(address)` does
FUNCTIONS_THAT_READ = {
    "compared": "s = socket.socket()\nif s.connect_ex(address) == 0:\n    s.send(b'x')\n",
    "truth": "s = socket.socket()\nif not s.connect_ex(address):\n    s.send(b'x')\n",
    "returned": "s = socket.socket()\nreturn s, s.connect_ex(address)\n",
    "passed": "s = socket.socket()\ncheck(s.connect_ex(address))\ns.send(b'x')\n",
    "asserted": "s = socket.socket()\nassert s.connect_ex(address) == 0\ns.send(b'x')\n",
    "walrus": "s = socket.socket()\nif (code := s.connect_ex(address)):\n    raise OSError(code)\ns.send(b'x')\n",
    "logged": "s = socket.socket()\nr = s.connect_ex(address)\nlog.debug('connect: %s', r)\ns.send(b'x')\n",
    "formatted": "s = socket.socket()\nr = s.connect_ex(address)\nprint(f'{r}')\ns.send(b'x')\n",
    "attribute": "s = socket.socket()\nself.error = s.connect_ex(address)\ns.send(b'x')\n",
    "in-a-container": "s = socket.socket()\ncodes = {}\ncodes[address] = s.connect_ex(address)\ns.send(b'x')\n",
    "in-a-closure": "s = socket.socket()\nr = s.connect_ex(address)\ndef late():\n    return r\ns.send(b'x')\n",
    "match": "s = socket.socket()\nmatch s.connect_ex(address):\n    case 0:\n        s.send(b'x')\n",
    "loop-condition": "s = socket.socket()\nwhile s.connect_ex(address):\n    pass\ns.send(b'x')\n",
    "added-up": "s = socket.socket()\nr = 0\nr |= s.connect_ex(address)\ns.send(b'x')\n",
    "not-blocking": "s = socket.socket()\ns.setblocking(0)\ns.connect_ex(address)\nreturn s\n",
    "not-blocking-afterwards": "s = socket.socket()\ns.connect_ex(address)\ns.setblocking(False)\nreturn s\n",
    "perhaps-not-blocking": "s = socket.socket()\ns.setblocking(flag)\ns.connect_ex(address)\nreturn s\n",
    "timeout-of-nobody-knows": "s = socket.socket()\ns.settimeout(t)\ns.connect_ex(address)\nreturn s\n",
    "timeout-of-zero": "s = socket.socket()\ns.settimeout(0.0)\ns.connect_ex(address)\nreturn s\n",
    "select": "s = socket.socket()\ns.connect_ex(address)\nselect.select([], [s], [])\ns.send(b'x')\n",
    "poll": "s = socket.socket()\ns.connect_ex(address)\npoll.register(s, 4)\ns.send(b'x')\n",
    "poll-by-descriptor": "s = socket.socket()\ns.connect_ex(address)\npoll.register(s.fileno(), 4)\ns.send(b'x')\n",
    "selector": "s = socket.socket()\ns.connect_ex(address)\nsel.register(s, 3, data=None)\ns.send(b'x')\n",
    "so-error": "s = socket.socket()\ns.connect_ex(address)\ne = s.getsockopt(1, socket.SO_ERROR)\ns.send(b'x')\n",
    "getpeername": "s = socket.socket()\ns.connect_ex(address)\nprint(s.getpeername())\ns.send(b'x')\n",
    "again-and-read": "s = socket.socket()\ns.connect_ex(address)\nif s.connect_ex(address) == 106:\n    s.send(b'x')\n",
    "closed": "s = socket.socket()\ns.connect_ex(address)\ns.close()\n",
    "knocked": "with socket.socket() as s:\n    s.settimeout(1)\n    s.connect_ex(address)\n",
    "shut-down": "s = socket.socket()\ns.connect_ex(address)\ns.shutdown(2)\ns.close()\n",
    "never-used-again": "s = socket.socket()\ns.connect_ex(address)\n",
    "chained": "socket.socket().connect_ex(address)\n",
    "datagram": "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect_ex(address)\ns.send(b'x')\n",
    "some-kind": "s = socket.socket(socket.AF_INET, kind)\ns.connect_ex(address)\ns.send(b'x')\n",
    "raw": "s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\ns.connect_ex(address)\ns.send(b'x')\n",
    "from-a-pool": "s = pool.get()\ns.connect_ex(address)\ns.send(b'x')\n",
    "from-a-descriptor": "s = socket.socket(fileno=3)\ns.connect_ex(address)\ns.send(b'x')\n",
    "another-class": "s = socks.socksocket()\ns.connect_ex(address)\ns.send(b'x')\n",
    "made-by-either": "s = socket.socket() if plain else wrap()\ns.connect_ex(address)\ns.send(b'x')\n",
    "underscore-that-is-read": "s = socket.socket()\n_ = s.connect_ex(address)\nprint(_)\ns.send(b'x')\n",
}

FUNCTIONS_THAT_DO_NOT = {
    "dropped": "s = socket.socket()\ns.connect_ex(address)\ns.send(b'x')\n",
    "received": "s = socket.socket()\ns.connect_ex(address)\nreturn s.recv(10)\n",
    "bound": "s = socket.socket()\nresult = s.connect_ex(address)\ns.sendall(b'x')\n",
    "annotated": "s = socket.socket()\nresult: int = s.connect_ex(address)\ns.sendall(b'x')\n",
    "underscore": "s = socket.socket()\n_ = s.connect_ex(address)\ns.sendall(b'x')\n",
    "bound-twice": "s = socket.socket()\nr = 0\nr = s.connect_ex(address)\ns.sendall(b'x')\n",
    "with-a-timeout": "s = socket.socket()\ns.settimeout(5)\ns.connect_ex(address)\ns.sendall(b'x')\n",
    "blocking-said": "s = socket.socket()\ns.setblocking(True)\ns.connect_ex(address)\ns.sendall(b'x')\n",
    "timeout-of-none": "s = socket.socket()\ns.settimeout(None)\ns.connect_ex(address)\ns.sendall(b'x')\n",
    "returned-socket": "s = socket.socket()\ns.connect_ex(address)\nreturn s\n",
    "yielded-socket": "s = socket.socket()\ns.connect_ex(address)\nyield s\n",
    "handed-on": "s = socket.socket()\ns.connect_ex(address)\nServe(s).run()\n",
    "in-a-thread": "s = socket.socket()\ns.connect_ex(address)\nThread(target=serve, args=(s,)).start()\n",
    "kept": "s = socket.socket()\ns.connect_ex(address)\nself.sock = s\n",
    "with": "with socket.socket() as s:\n    s.connect_ex(address)\n    s.sendall(b'x')\n",
    "closing": "with contextlib.closing(socket.socket()) as s:\n    s.connect_ex(address)\n    s.sendall(b'x')\n",
    "ipv6": "s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)\ns.connect_ex(address)\ns.send(b'x')\n",
    "any-family": "s = socket.socket(family, socket.SOCK_STREAM)\ns.connect_ex(address)\ns.send(b'x')\n",
    "unix": "s = socket.socket(socket.AF_UNIX)\ns.connect_ex('/run/x')\ns.send(b'x')\n",
    "tuple": "s = socket.socket()\ns.connect_ex(('192.0.2.1', 80))\ns.send(b'x')\n",
    "in-a-try": "s = socket.socket()\ntry:\n    s.connect_ex(address)\n    s.send(b'x')\nexcept OSError:\n    pass\n",
    "in-a-branch": "s = socket.socket()\nif address:\n    s.connect_ex(address)\ns.send(b'x')\n",
    "in-both-branches": (
        "s = socket.socket()\nif six:\n    s.connect_ex((address, 1, 0, 0))\nelse:\n    s.connect_ex((address, 1))\ns.send(b'x')\n"
    ),
    "in-a-loop": "for a in address:\n    s = socket.socket()\n    s.connect_ex(a)\n    s.send(b'x')\n    s.close()\n",
    "options-before": "s = socket.socket()\ns.setsockopt(6, 1, 1)\ns.bind(('', 0))\ns.connect_ex(address)\ns.send(b'x')\n",
    "file-of-it": "s = socket.socket()\ns.connect_ex(address)\nf = s.makefile('rw')\nf.write('x')\n",
    "appended": "s = socket.socket()\ns.connect_ex(address)\nlinks.append(s)\n",
    "tls-before": "s = ssl.create_default_context().wrap_socket(socket.socket())\ns.connect_ex(address)\ns.send(b'x')\n",
    "tls-afterwards": "s = socket.socket()\ns.connect_ex(address)\nt = context.wrap_socket(s)\nt.send(b'x')\n",
    "one-line": "s = socket.socket(); s.connect_ex(address); s.send(b'x')\n",
    "sendfile": "s = socket.socket()\ns.connect_ex(address)\ns.sendfile(open('x', 'rb'))\ns.close()\n",
}


def function(body: str) -> str:
    head = "import contextlib\nimport select\nimport socket\nimport ssl\n\n\ndef f(self, address):\n"
    return head + indent(body, "    ")


def rows(code: str) -> list[int]:
    found = check(dedent(code).encode(), "program.py", RULE)
    assert found.problems == ()
    return [item.row for item in found.diagnostics]


@pytest.mark.parametrize("body", FUNCTIONS_THAT_READ.values(), ids=FUNCTIONS_THAT_READ)
def test_silent(body: str) -> None:
    assert rows(function(body)) == []


@pytest.mark.parametrize("body", FUNCTIONS_THAT_DO_NOT.values(), ids=FUNCTIONS_THAT_DO_NOT)
def test_reported(body: str) -> None:
    code = function(body)
    expected = [row for row, line in enumerate(code.splitlines(), 1) if "connect_ex" in line]
    assert rows(code) == expected


def test_says_what_goes_on_as_if_it_were_connected() -> None:
    code = function(FUNCTIONS_THAT_DO_NOT["bound"])
    (found,) = check(code.encode(), "program.py", RULE).diagnostics
    assert found.message == (
        "`s.connect_ex` to address reports a failure by its result, and nobody reads `result`: call `connect`, or test it"
    )
    assert found.why == (
        "s.connect_ex (line 9) returns the errno of a failed connect and raises none (socket.socket.connect_ex)",
        "`s.sendall` (line 10) goes on as if the socket were connected",
    )
    assert found.fixable is None


CLASS = """
import socket


class Client:
    def __init__(self, address):
        self.sock = socket.socket()
        {setup}
        self.address = address

    def open(self):
        self.sock.connect_ex(self.address)

    def step(self):
        {step}
"""


@pytest.mark.parametrize(
    ("setup", "step"),
    [
        pytest.param("self.sock.setblocking(False)", "self.sock.send(b'x')", id="not-blocking"),
        pytest.param("self.sock.settimeout(0)", "return self.sock", id="timeout-of-zero"),
        pytest.param("pass", "self.selector.register(self.sock, 1)", id="registered"),
        pytest.param("pass", "return self.sock.getsockopt(1, 4)", id="asked"),
        pytest.param("pass", "self.sock.close()", id="closed"),
        pytest.param("self.sock = make()", "self.sock.send(b'x')", id="made-elsewhere"),
    ],
)
def test_silent_in_a_class(setup: str, step: str) -> None:
    assert rows(CLASS.format(setup=setup, step=step)) == []


@pytest.mark.parametrize("step", ["self.sock.send(b'x')", "return self.sock.recv(1)", "serve(self.sock)"])
def test_reported_in_a_class(step: str) -> None:
    assert rows(CLASS.format(setup="pass", step=step)) == [12]
