"""What `socket`, pipes and `multiprocessing.connection` raise, against peers that refuse, drop, close and keep silent."""

from __future__ import annotations

import contextlib
import errno
import io
import multiprocessing
import multiprocessing.connection
import os
import select
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.peers import (
    DROP,
    HANG_UP,
    HOST,
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_datagram_port,
    closed_port,
    compare,
    finish,
    has_ipv6,
    hear,
    raised,
    reset,
    stay_silent,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.knowledge.model import Scenario

FAMILIES = [
    pytest.param(socket.AF_INET, id="ipv4"),
    pytest.param(socket.AF_INET6, id="ipv6", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback")),
]


@pytest.fixture
def fresh() -> Iterator[Callable[..., socket.socket]]:
    """Make sockets that are closed when the test is over."""
    made: list[socket.socket] = []

    def make(peer: Peer | None = None, **options: Any) -> socket.socket:
        sock = socket.socket(**options) if peer is None else socket.create_connection(peer.address)
        made.append(sock)
        return sock

    yield make
    for sock in made:
        sock.close()


def gone(fresh: Callable[..., socket.socket], peer: Peer) -> socket.socket:
    """Return a socket whose peer is gone."""
    sock = fresh(peer)
    finish(sock)
    return sock


@pytest.mark.parametrize("family", FAMILIES)
def test_connect(fresh: Callable[..., socket.socket], family: socket.AddressFamily) -> None:
    slow = fresh()
    slow.settimeout(SOON)
    nobody = "::1" if family == socket.AF_INET else HOST  # an address of the other family
    with closed_port(family) as closed, black_hole() as hole:
        seen: dict[Scenario, BaseException | None] = {
            "refused": raised(lambda: fresh(family=family).connect(closed)),
            "timeout": raised(lambda: slow.connect(hole)),
            "unresolved": raised(lambda: fresh(family=family).connect((UNKNOWN_HOST, 1))),
            "unreachable": raised(lambda: fresh().connect(("255.255.255.255", 1))),
        }
        assert isinstance(raised(lambda: fresh(family=family).connect((nobody, 1))), socket.gaierror)
    compare("socket.socket.connect", seen)


def test_connect_again_needs_another_socket(fresh: Callable[..., socket.socket]) -> None:
    """The kernel remembers a refusal: with a timeout, the row holds for the first connect of a socket only."""
    sock = fresh()
    sock.settimeout(LATE)
    with closed_port() as closed:
        kinds = [type(raised(lambda: sock.connect(closed))) for _ in range(4)]
    assert kinds == [ConnectionRefusedError, ConnectionAbortedError] * 2


def test_connect_of_a_path(fresh: Callable[..., socket.socket], tmp_path: Any) -> None:
    path = str(tmp_path / "nobody")
    missing = raised(lambda: fresh(family=socket.AF_UNIX).connect(path))
    fresh(family=socket.AF_UNIX).bind(path)
    refused = raised(lambda: fresh(family=socket.AF_UNIX).connect(path))
    compare("socket.socket.connect", {"refused": refused, "unreachable": missing})


def test_connect_ex_reports_by_its_result(fresh: Callable[..., socket.socket]) -> None:
    with closed_port() as closed, black_hole() as hole:
        assert fresh().connect_ex(closed) == errno.ECONNREFUSED
        slow = fresh()
        slow.settimeout(SOON)
        assert slow.connect_ex(hole) == errno.EAGAIN
    compare("socket.socket.connect_ex", {"unresolved": raised(lambda: fresh().connect_ex((UNKNOWN_HOST, 1)))})


@pytest.mark.parametrize("family", FAMILIES)
def test_create_connection(family: socket.AddressFamily) -> None:
    with closed_port(family) as closed, black_hole() as hole:
        seen: dict[Scenario, BaseException | None] = {
            "refused": raised(lambda: socket.create_connection(closed)),
            "timeout": raised(lambda: socket.create_connection(hole, timeout=SOON)),
            "unresolved": raised(lambda: socket.create_connection((UNKNOWN_HOST, 1))),
            "unreachable": raised(lambda: socket.create_connection(("255.255.255.255", 1))),
        }
        grouped = raised(lambda: socket.create_connection(closed, all_errors=True))
    compare("socket.create_connection", seen)
    compare("socket.create_connection", {"refused": grouped}, all_errors=True)


def test_accept(fresh: Callable[..., socket.socket]) -> None:
    listener = fresh()
    listener.bind((HOST, 0))
    listener.listen()
    listener.settimeout(SOON)
    compare(
        "socket.socket.accept",
        {"timeout": raised(listener.accept), "unreachable": raised(fresh().accept)},
        documented=("ConnectionAbortedError",),
    )
    # Linux hands out the connection of a client that has dropped it: the failure waits for the first use
    client = fresh()
    client.connect(listener.getsockname())
    reset(client)
    accepted, _ = listener.accept()
    with accepted:
        assert isinstance(raised(lambda: accepted.recv(1)), ConnectionResetError)


def send_file(sock: socket.socket) -> None:
    with Path(__file__).open("rb") as file:
        sock.sendfile(file)


SENDS: dict[str, Callable[[socket.socket], object]] = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "sendfile": send_file,
    "sendmsg": lambda sock: sock.sendmsg([b"x"]),
    "sendto": lambda sock: sock.sendto(b"x", (HOST, 1)),
}


@pytest.mark.parametrize("name", SENDS)
def test_send(fresh: Callable[..., socket.socket], name: str) -> None:
    send = SENDS[name]
    with Peer(HANG_UP) as closing, Peer(DROP) as dropping, Peer(stay_silent) as silent:
        closed = gone(fresh, closing)
        closed.send(b"x")  # the answer to this is an RST
        closed.settimeout(LATE)
        wait_for_reset(closed)
        dropped = gone(fresh, dropping)
        shut = fresh(silent)
        shut.shutdown(socket.SHUT_WR)
        full = fresh(silent)
        fill(full)
        seen: list[tuple[Scenario, BaseException | None]] = [
            ("reset", raised(lambda: send(dropped))),
            ("broken", raised(lambda: send(dropped))),
            ("broken", raised(lambda: send(shut))),
            ("broken", raised(lambda: send(closed))),
        ]
        if name == "sendfile":  # of what is no file of the system, it sends the contents
            seen.append(("reset", raised(lambda: gone(fresh, dropping).sendfile(io.BytesIO(b"x")))))
        if name != "sendfile":
            seen.append(("broken", raised(lambda: send(fresh()))))  # never connected
        if name != "sendto":
            seen.append(("timeout", raised(lambda: send(full))))
    documented = ("ConnectionRefusedError",) if name == "sendto" else ()
    compare(f"socket.socket.{name}", seen, documented=documented)  # datagrams: test_datagram


def wait_for_reset(sock: socket.socket) -> None:
    """Wait until `sock`, to which its peer has closed, has got the RST for what it wrote after."""
    poll = select.poll()
    poll.register(sock, 0)  # only hang-ups and errors
    assert poll.poll(LATE * 1000), "no RST has come"
    sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def fill(sock: socket.socket) -> None:
    """Send to a peer that does not read until nothing more goes, and set a timeout."""
    sock.setblocking(False)
    try:
        while True:
            sock.send(bytes(1 << 20))
    except BlockingIOError:
        sock.settimeout(SOON)


RECEIVES: dict[str, Callable[[socket.socket], object]] = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "recvfrom": lambda sock: sock.recvfrom(1),
    "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(1)),
    "recvmsg": lambda sock: sock.recvmsg(1),
    "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(1)]),
}


@pytest.mark.parametrize("name", RECEIVES)
def test_receive(fresh: Callable[..., socket.socket], name: str) -> None:
    receive = RECEIVES[name]
    with Peer(DROP) as dropping, Peer(stay_silent) as silent:
        dropped = gone(fresh, dropping)
        slow = fresh(silent)
        slow.settimeout(SOON)
        seen: dict[Scenario, BaseException | None] = {
            "reset": raised(lambda: receive(dropped)),
            "timeout": raised(lambda: receive(slow)),
            "unreachable": raised(lambda: receive(fresh())),  # never connected
        }
    documented = ("ConnectionRefusedError",) if name.startswith("recvfrom") else ()
    compare(f"socket.socket.{name}", seen, documented=documented)  # datagrams: test_datagram


DATAGRAMS = {**SENDS, **RECEIVES}
del DATAGRAMS["sendfile"]  # which is for streams


@pytest.mark.parametrize("name", DATAGRAMS)
def test_datagram(fresh: Callable[..., socket.socket], name: str) -> None:
    sock = fresh(type=socket.SOCK_DGRAM)
    slow = fresh(type=socket.SOCK_DGRAM)
    slow.settimeout(SOON)
    with closed_datagram_port() as closed:
        sock.connect(closed)  # which reaches nobody
        sock.send(b"x")
        wait_for_hangup(sock, error_only=True)
        refused = raised(lambda: DATAGRAMS[name](sock))
    seen: list[tuple[Scenario, BaseException | None]] = [("refused", refused)]
    if name in RECEIVES:
        slow.bind((HOST, 0))
        seen.append(("timeout", raised(lambda: DATAGRAMS[name](slow))))
    elif name == "sendto":
        seen.append(("unresolved", raised(lambda: sock.sendto(b"x", (UNKNOWN_HOST, 1)))))
    else:
        seen.append(("unreachable", raised(lambda: DATAGRAMS[name](slow))))  # never connected
    compare(f"socket.socket[SOCK_DGRAM].{name}", seen)
    if name in {"sendto", "recvfrom", "recvfrom_into"}:
        compare(f"socket.socket.{name}", {"refused": refused}, documented=("BrokenPipeError", "ConnectionResetError"))


READS: dict[str, Callable[[Any], object]] = {
    "read": lambda file: file.read(1),
    "read1": lambda file: file.read1(1),
    "readinto": lambda file: file.readinto(bytearray(1)),
    "readline": lambda file: file.readline(),
    "readlines": lambda file: file.readlines(),
    "peek": lambda file: file.peek(),
}
WRITES: dict[str, Callable[[Any], object]] = {
    "write": lambda file: file.write(bytes(io.DEFAULT_BUFFER_SIZE + 1)),
    "writelines": lambda file: file.writelines([bytes(io.DEFAULT_BUFFER_SIZE + 1)]),
    "flush": lambda file: (file.write(b"x"), file.flush()),
    "close": lambda file: (file.write(b"x"), file.close()),
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_makefile(fresh: Callable[..., socket.socket], name: str) -> None:
    seen: list[tuple[Scenario, BaseException | None]]
    with Peer(DROP) as dropping, Peer(stay_silent) as silent:
        if name in READS:
            slow = fresh(silent)
            slow.settimeout(SOON)
            with gone(fresh, dropping).makefile("rb") as file, slow.makefile("rb") as other:
                seen = [
                    ("reset", raised(lambda: READS[name](file))),
                    ("timeout", raised(lambda: READS[name](other))),
                ]
        else:
            dropped = gone(fresh, dropping)
            seen = []
            for scenario in ("reset", "broken"):
                out: Any = dropped.makefile("wb")
                seen.append((scenario, raised(lambda: WRITES[name](out))))  # noqa: B023
                out.raw.close()
                raised(out.close)
    compare(f"socket.SocketIO.{name}", seen)


def test_resolve() -> None:
    compare("socket.getaddrinfo", {"unresolved": raised(lambda: socket.getaddrinfo(UNKNOWN_HOST, 1))})
    compare("socket.gethostbyname", {"unresolved": raised(lambda: socket.gethostbyname(UNKNOWN_HOST))})
    compare("socket.gethostbyname_ex", {"unresolved": raised(lambda: socket.gethostbyname_ex(UNKNOWN_HOST))})
    compare("socket.getnameinfo", {"unresolved": raised(lambda: socket.getnameinfo((UNKNOWN_HOST, 1), 0))})


def test_pipe() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    broken = raised(lambda: os.write(writer, b"x"))
    broken_too = raised(lambda: os.writev(writer, [b"x"]))
    os.close(writer)
    compare("os.write", {"broken": broken, "unreachable": raised(lambda: os.write(writer, b"x"))})
    compare("os.writev", {"broken": broken_too})


@contextlib.contextmanager
def other_listener() -> Iterator[Any]:
    """Yield the address of a listener that wants another key."""
    with multiprocessing.connection.Listener((HOST, 0), authkey=b"y") as listener:
        thread = threading.Thread(target=raised, args=(listener.accept,))
        thread.start()
        yield listener.address
        thread.join(LATE)


def test_multiprocessing_client(tmp_path: Any) -> None:
    client = multiprocessing.connection.Client
    with closed_port() as closed:
        seen: list[tuple[Scenario, BaseException | None]] = [
            ("refused", raised(lambda: client(closed))),
            ("unreachable", raised(lambda: client(str(tmp_path / "nobody")))),
            ("unresolved", raised(lambda: client((UNKNOWN_HOST, 1)))),
        ]
    compare("multiprocessing.connection.Client", seen)
    with Peer(reset) as dropping, Peer(close) as closing, other_listener() as other:
        seen += [
            ("reset", raised(lambda: client(dropping.address, authkey=b"x"))),
            ("closed", raised(lambda: client(closing.address, authkey=b"x"))),
            ("answered", raised(lambda: client(other, authkey=b"x"))),
        ]
    compare("multiprocessing.connection.Client", seen, authkey=b"x", documented=("BrokenPipeError",))


def test_multiprocessing_listener(fresh: Callable[..., socket.socket]) -> None:
    with multiprocessing.connection.Listener((HOST, 0), authkey=b"x") as listener:
        address: Any = listener.address

        def accept(treat: Callable[[socket.socket], None]) -> BaseException | None:
            client = fresh()
            client.connect(address)
            treat(client)
            return raised(listener.accept)

        seen: list[tuple[Scenario, BaseException | None]] = [
            ("reset", accept(reset)),
            ("closed", accept(lambda client: client.shutdown(socket.SHUT_WR))),
        ]
        other = threading.Thread(
            target=raised, args=(lambda: multiprocessing.connection.Client(address, authkey=b"y"),)
        )
        other.start()
        seen.append(("answered", raised(listener.accept)))
        other.join(LATE)
    compare(
        "multiprocessing.connection.Listener.accept",
        seen,
        documented=("ConnectionAbortedError", "BrokenPipeError"),
    )


def test_multiprocessing_connection() -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    closed = raised(ours.recv)
    broken = raised(lambda: ours.send("x"))
    ours.close()
    ours, theirs = multiprocessing.Pipe()
    ours.send("unread")
    theirs.close()
    received = raised(ours.recv)
    ours.close()
    with Peer(hear(b"x", reset)) as dropping:
        ours = multiprocessing.connection.Client(dropping.address)
        ours.send("x")
        assert multiprocessing.connection.wait([ours], LATE)
        sent = raised(lambda: ours.send("x"))
        ours.close()
    shut = raised(lambda: ours.send("x"))
    for name in ("send", "send_bytes"):
        compare(
            f"multiprocessing.connection.Connection.{name}",
            [("broken", broken), ("reset", sent), ("unreachable", shut)],
        )
    for name in ("recv", "recv_bytes", "recv_bytes_into"):
        compare(f"multiprocessing.connection.Connection.{name}", {"closed": closed, "reset": received})
