"""What `ssl` raises, in the handshake and after it. The peers speak TLS without a certificate."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.peers import (
    HOST,
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    close,
    closed_port,
    compare,
    hear,
    raised,
    reset,
    say,
    stay_silent,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.knowledge.model import Scenario

# Python says ssl.SSLError, or nothing, of what the kernel calls a reset (gh-115627)
BLURRED = sys.version_info < (3, 12, 3)
ONCE_CLEAR = ("BrokenPipeError", "ConnectionResetError") if BLURRED else ()

RUBBISH = say(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture
def fresh() -> Iterator[Callable[..., ssl.SSLSocket]]:
    """Make TLS sockets, of which those made for a peer are connected; they are closed when the test is over."""
    made: list[socket.socket] = []

    def make(peer: Peer | None = None, *, handshake: bool = True) -> ssl.SSLSocket:
        sock = socket.socket() if peer is None else socket.create_connection(peer.address)
        made.append(sock)
        wrapped = client_context().wrap_socket(sock, do_handshake_on_connect=handshake)
        made.append(wrapped)
        return wrapped

    yield make
    for sock in made:
        sock.close()


def test_connect(fresh: Callable[..., ssl.SSLSocket]) -> None:
    slow = fresh()
    slow.settimeout(SOON)
    waiting = fresh()
    waiting.settimeout(SOON)
    with (
        closed_port() as closed,
        black_hole() as hole,
        Peer(hear(b"\x01", reset)) as dropping,
        Peer(close) as closing,
        Peer(RUBBISH) as other,
        Peer(stay_silent) as silent,
    ):
        seen: list[tuple[Scenario, BaseException | None]] = [
            ("refused", raised(lambda: fresh().connect(closed))),
            ("timeout", raised(lambda: slow.connect(hole))),
            ("timeout", raised(lambda: waiting.connect(silent.address))),
            ("unresolved", raised(lambda: fresh().connect((UNKNOWN_HOST, 1)))),
            ("unreachable", raised(lambda: fresh().connect(("255.255.255.255", 1)))),
            ("reset", raised(lambda: fresh().connect(dropping.address))),
            ("handshake", raised(lambda: fresh().connect(other.address))),
        ]
        assert isinstance(raised(lambda: fresh().connect(closing.address)), (ssl.SSLEOFError, ConnectionResetError))
    compare("ssl.SSLSocket.connect", seen)


def test_connect_ex(fresh: Callable[..., ssl.SSLSocket]) -> None:
    with closed_port() as closed, Peer(hear(b"\x01", reset)) as dropping, Peer(RUBBISH) as other:
        assert fresh().connect_ex(closed) != 0
        compare(
            "ssl.SSLSocket.connect_ex",
            {
                "reset": raised(lambda: fresh().connect_ex(dropping.address)),
                "unresolved": raised(lambda: fresh().connect_ex((UNKNOWN_HOST, 1))),
                "handshake": raised(lambda: fresh().connect_ex(other.address)),
            },
        )


@pytest.mark.parametrize("name", ["ssl.SSLSocket.do_handshake", "ssl.SSLContext.wrap_socket"])
def test_handshake(fresh: Callable[..., ssl.SSLSocket], name: str) -> None:
    def shake(peer: Peer, wait: float = LATE) -> BaseException | None:
        if name == "ssl.SSLSocket.do_handshake":
            wrapped = fresh(peer, handshake=False)
            wrapped.settimeout(wait)
            return raised(wrapped.do_handshake)
        with socket.create_connection(peer.address) as sock:
            sock.settimeout(wait)
            return raised(lambda: client_context().wrap_socket(sock))

    with Peer(hear(b"\x01", reset)) as dropping, Peer(RUBBISH) as other, Peer(stay_silent) as silent:
        compare(name, {"reset": shake(dropping), "handshake": shake(other), "timeout": shake(silent, SOON)})


def test_accept() -> None:
    context = client_context()
    with socket.create_server((HOST, 0)) as plain, context.wrap_socket(plain, server_side=True) as listener:

        def accept(treat: Callable[[socket.socket], None]) -> BaseException | None:
            with socket.create_connection(address) as client:
                treat(client)
                return raised(listener.accept)

        address = listener.getsockname()
        seen: dict[Scenario, BaseException | None] = {"reset": accept(reset), "handshake": accept(RUBBISH)}
        listener.settimeout(SOON)
        seen["timeout"] = raised(listener.accept)
    compare("ssl.SSLSocket.accept", seen, documented=("ConnectionAbortedError",))


def send_file(sock: ssl.SSLSocket) -> None:
    with Path(__file__).open("rb") as file:
        sock.sendfile(file)


SENDS: dict[str, Callable[[ssl.SSLSocket], object]] = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "write": lambda sock: sock.write(b"x"),
    "sendfile": send_file,
}


@pytest.mark.parametrize("name", SENDS)
def test_send(fresh: Callable[..., ssl.SSLSocket], name: str) -> None:
    send = SENDS[name]
    with Peer(hear(b"x", reset), tls=True) as dropping, Peer(stay_silent, tls=True) as silent:
        dropped = fresh(dropping)
        dropped.send(b"x")
        wait_for_hangup(dropped)
        shut = fresh(silent)
        socket.socket.shutdown(shut, socket.SHUT_WR)
        full = fresh(silent)
        full.setblocking(False)
        with contextlib.suppress(ssl.SSLWantWriteError):
            while True:
                full.send(bytes(1 << 14))
        full.settimeout(SOON)
        seen: list[tuple[Scenario, BaseException | None]] = [
            ("reset", raised(lambda: send(dropped))),
            ("broken", raised(lambda: send(dropped))),
            ("timeout", raised(lambda: full.send(bytes(1 << 14)))),
        ]
        seen.append(("broken", raised(lambda: send(shut))))
    compare(f"ssl.SSLSocket.{name}", seen, documented=ONCE_CLEAR)


RECEIVES: dict[str, Callable[[ssl.SSLSocket], object]] = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "read": lambda sock: sock.read(1),
}


def say_rubbish(connection: socket.socket) -> None:
    """Send past TLS what is no record of it."""
    with socket.socket(fileno=connection.detach()) as plain:
        plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("name", RECEIVES)
def test_receive(fresh: Callable[..., ssl.SSLSocket], name: str) -> None:
    receive = RECEIVES[name]
    with (
        Peer(hear(b"x", reset), tls=True) as dropping,
        Peer(stay_silent, tls=True) as silent,
        Peer(say_rubbish, tls=True) as other,
    ):
        dropped = fresh(dropping)
        dropped.send(b"x")
        wait_for_hangup(dropped)
        slow = fresh(silent)
        slow.settimeout(SOON)
        seen: list[tuple[Scenario, BaseException | None]] = [
            ("timeout", raised(lambda: receive(slow))),
            ("rubbish", raised(lambda: receive(fresh(other)))),
        ]
        if not BLURRED:
            seen.append(("reset", raised(lambda: receive(dropped))))
    compare(f"ssl.SSLSocket.{name}", seen, documented=ONCE_CLEAR)


def test_unwrap(fresh: Callable[..., ssl.SSLSocket]) -> None:
    with Peer(hear(b"x", reset), tls=True) as dropping, Peer(stay_silent, tls=True) as silent:
        seen: list[tuple[Scenario, BaseException | None]] = []
        dropped = fresh(dropping)
        dropped.send(b"x")
        wait_for_hangup(dropped)
        seen.append(("reset", raised(dropped.unwrap)))
        seen.append(("broken", raised(dropped.unwrap)))
        slow = fresh(silent)
        slow.settimeout(SOON)
        seen.append(("timeout", raised(slow.unwrap)))
    compare("ssl.SSLSocket.unwrap", seen)


def test_get_server_certificate() -> None:
    def ask(address: tuple[str, int]) -> BaseException | None:
        return raised(lambda: ssl.get_server_certificate(address, timeout=LATE))

    with closed_port() as closed, Peer(hear(b"\x01", reset)) as dropping, Peer(RUBBISH) as other:
        compare(
            "ssl.get_server_certificate",
            {
                "refused": ask(closed),
                "unresolved": ask((UNKNOWN_HOST, 1)),
                "reset": ask(dropping.address),
                "handshake": ask(other.address),
            },
        )
