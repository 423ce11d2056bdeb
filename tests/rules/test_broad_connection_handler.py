"""CNL102 beyond its examples: which classes are named, and where nothing is said."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix

ONLY = Selection(select=("CNL102",))


def code(tried: str, caught: str = "ConnectionError", handled: str = "return None") -> str:
    return f"""\
import asyncio
import http.client
import os
import socket
import ssl
import urllib.request


class Client:
    def __init__(self, address):
        self.address = address
        self.sock = socket.create_connection(address)
        self.late = socket.socket()

    async def act(self, sock: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unknown):
        try:
            {tried}
        except {caught}:
            {handled}
"""


def named(text: str) -> list[str]:
    found = check(text.encode(), "x.py", ONLY)
    assert found.problems == ()
    return [item.message.partition(": catch ")[2] for item in found.diagnostics]


@pytest.mark.parametrize(
    ("tried", "classes"),
    [
        pytest.param("sock.sendall(b'')", "BrokenPipeError and ConnectionResetError", id="sendall"),
        pytest.param("self.sock.send(b'')", "BrokenPipeError and ConnectionResetError", id="attribute"),
        pytest.param("sock.accept()", "ConnectionAbortedError", id="accept"),
        pytest.param("sock.recv(1)", "ConnectionResetError", id="recv"),
        pytest.param("socket.create_connection(self.address)", "ConnectionRefusedError", id="create-connection"),
        pytest.param(
            "with socket.socket() as s: s.connect(self.address)", "ConnectionRefusedError", id="connect-fresh"
        ),
        pytest.param("await writer.drain()", "BrokenPipeError and ConnectionResetError", id="drain"),
    ],
)
def test_names_what_can_come(tried: str, classes: str) -> None:
    assert named(code(tried)) == [classes]


@pytest.mark.parametrize(
    "tried",
    [
        pytest.param("unknown.sendall(b'')", id="unknown-socket"),
        pytest.param("sock.sendall(unknown())", id="opaque-argument"),
        pytest.param("sock.sendall(b''); sock.recv(1)", id="sends-and-receives"),
        pytest.param("socket.create_connection(self.address).sendall(b'')", id="connects-and-sends"),
        pytest.param("sock.connect(self.address)", id="connects-a-parameter"),
        pytest.param("self.late.connect(self.address)", id="connects-an-attribute"),
        pytest.param("ssl.create_default_context().wrap_socket(sock)", id="tls-handshake"),
        pytest.param("os.write(1, b'')", id="descriptor"),
        pytest.param("urllib.request.urlopen(self.address)", id="urlopen-misses-the-refusal"),
        pytest.param("await asyncio.open_connection(self.address, 1)", id="several-addresses"),
        pytest.param("raise ConnectionError", id="raised-here"),
        pytest.param("sock.close()", id="nothing-tried"),
        pytest.param("await unknown", id="opaque-await"),
    ],
)
def test_silent_where_not_all_is_known(tried: str) -> None:
    assert named(code(tried)) == []


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("(ConnectionError, OSError)", id="covered"),
        pytest.param("(ConnectionError, Exception)", id="covered-by-all"),
        pytest.param("(ConnectionError, unknown)", id="with-unknown"),
        pytest.param("ConnectionResetError", id="narrow-already"),
        pytest.param("ConnectionResetError:\n            pass\n        except ConnectionError", id="ladder"),
        pytest.param("unknown:\n            pass\n        except ConnectionError", id="after-unknown"),
    ],
)
def test_silent_for_what_else_is_caught(caught: str) -> None:
    assert named(code("sock.sendall(b'')", caught)) == []


@pytest.mark.parametrize(
    "handled",
    [
        pytest.param("raise", id="raised-again"),
        pytest.param("self.sock.close(); raise Lost from None", id="converted"),
        pytest.param(
            "if self.sock:\n                raise\n            else:\n                raise Lost", id="either-way"
        ),
    ],
)
def test_silent_where_it_raises(handled: str) -> None:
    assert named(code("sock.sendall(b'')", handled=handled)) == []


def test_constant_of_classes_is_left_alone() -> None:
    assert named(code("sock.sendall(b'')", "GONE") + "\n\nGONE = (ConnectionError, TimeoutError)\n") == []


@pytest.mark.parametrize(
    "made",
    [
        pytest.param("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", id="datagrams"),
        pytest.param("socket.socket(family, kind)", id="kind-not-known"),
        pytest.param("socket.socket(type=kind)", id="by-keyword"),
        pytest.param("socket.socket(*info[:3])", id="unpacked"),
        pytest.param("socket.socket(fileno=3)", id="handed-down"),
    ],
)
def test_silent_where_the_socket_may_send_datagrams(made: str) -> None:
    """A lone `send` or `recv` of datagrams meets refusals, which a stream does not."""
    other = f"\n\ndef make(family, kind, info):\n    return {made}\n"
    assert named(code("sock.recv(1)") + other) == []
    assert named(code("sock.send(b'')") + other) == []
    assert named(code("socket.create_connection(self.address)") + other) == ["ConnectionRefusedError"]


@pytest.mark.parametrize("kind", ["socket.SOCK_STREAM", "type=socket.SOCK_STREAM | socket.SOCK_CLOEXEC"])
def test_sockets_that_are_streams(kind: str) -> None:
    other = f"\n\ndef make():\n    return socket.socket(socket.AF_INET, {kind})\n"
    assert named(code("sock.recv(1)") + other) == ["ConnectionResetError"]


@pytest.mark.parametrize("patched", ["socket.socket = socks.socksocket", "socket.socket.connect = mine"])
def test_silent_where_the_file_replaces_the_socket(patched: str) -> None:
    assert named(f"{code('with socket.socket() as s: s.connect(self.address)')}\n\n{patched}\n") == []


LOOP = """\
import socket


def wait(address):
    {before}
    for _ in range(3):
        {inside}
        try:
            sock.connect(address)
        except ConnectionError:
            continue
"""


def test_socket_made_in_the_loop_is_fresh() -> None:
    assert named(LOOP.format(before="pass", inside="sock = socket.socket()")) == ["ConnectionRefusedError"]


def test_socket_made_before_the_loop_is_not() -> None:
    assert named(LOOP.format(before="sock = socket.socket()", inside="pass")) == []


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        ("(ConnectionError, ValueError)", "(BrokenPipeError, ConnectionResetError, ValueError)"),
        ("(ValueError, ConnectionError)", "(ValueError, BrokenPipeError, ConnectionResetError)"),
        ("(BrokenPipeError, ConnectionError,)", "(BrokenPipeError, ConnectionResetError,)"),
        ("(ConnectionError)", "(BrokenPipeError, ConnectionResetError)"),
        ("ConnectionError as e", "(BrokenPipeError, ConnectionResetError) as e"),
    ],
)
def test_fix_keeps_the_rest_of_the_clause(caught: str, expected: str) -> None:
    done = fix(code("sock.sendall(b'')", caught).encode(), "x.py", ONLY, unsafe=True)
    assert f"except {expected}:" in done.data.decode()


def test_fix_is_unsafe() -> None:
    text = code("sock.sendall(b'')").encode()
    assert fix(text, "x.py", ONLY, unsafe=False).data == text


def test_why_names_the_call_its_line_and_its_classes() -> None:
    (item,) = check(code("sock.sendall(b'')").encode(), "x.py", ONLY).diagnostics
    assert item.why == (
        "sock.sendall (line 17) can raise BrokenPipeError, ConnectionResetError (socket.socket.sendall)",
    )


@pytest.mark.parametrize("tls", ["True", "context", "*given"])
def test_streams_that_may_run_over_tls(tls: str) -> None:
    text = code("await reader.read(9)")
    argument = tls if tls.startswith("*") else f"ssl={tls}"
    assert named(f"{text}\n\nasync def dial(context):\n    await asyncio.open_connection('h', 1, ssl=None)\n") != []
    assert named(f"{text}\n\nasync def dial(context):\n    await asyncio.open_connection('h', 1, {argument})\n") == []
