"""What `socket`, pipes and `multiprocessing.connection` raise, against peers that refuse, drop, close and keep silent."""

from __future__ import annotations

import contextlib
import errno
import io
import multiprocessing
import multiprocessing.connection
import os
import socket
import subprocess
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from connlint import knowledge
from connlint.knowledge import DATAGRAM
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import (
    AT_ONCE,
    HOST,
    LATE,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_datagram_port,
    closed_port,
    closed_port_of_two,
    drop,
    drop_and_send,
    end,
    end_and_send,
    fill,
    has_ipv6,
    line,
    raised,
    reset,
    shut,
    wait,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from connlint.knowledge.model import Scenario

    Outcome = BaseException | None
    State = Callable[[socket.socket, socket.socket], None]

IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
FAMILIES = (IPV4, IPV6) if has_ipv6() else (IPV4,)
NAMES = {IPV4: "IPv4", IPV6: "IPv6", UNIX: "Unix"}
NOWHERE = ("255.255.255.255", 1)
# A broadcast and a multicast address: no stream leads there
BEYOND = {IPV4: NOWHERE, IPV6: ("ff02::1:0", 1)}


# Connecting


def connect(family: socket.AddressFamily, address: Any, wait: float = LATE) -> Outcome:
    with socket.socket(family) as sock:
        sock.settimeout(wait)
        return raised(lambda: sock.connect(address))


def create_connection(_: socket.AddressFamily, address: Any, wait: float = LATE, **options: Any) -> Outcome:
    return raised(lambda: socket.create_connection(address, wait, **options).close())


def connect_ex(family: socket.AddressFamily, address: Any, wait: float = LATE) -> Outcome:
    with socket.socket(family) as sock:
        sock.settimeout(wait)
        return raised(lambda: sock.connect_ex(address))


def at(
    place: Any, perform: Callable[..., Outcome], family: socket.AddressFamily, *args: Any, **options: Any
) -> Outcome:
    """Perform it at the address that `place` yields."""
    with place as address:
        return perform(family, address, *args, **options)


def at_closed(perform: Callable[..., Outcome], family: socket.AddressFamily, **options: Any) -> Outcome:
    return at(closed_port(family), perform, family, **options)


def at_hole(perform: Callable[..., Outcome], family: socket.AddressFamily, **options: Any) -> Outcome:
    return at(black_hole(family), perform, family, AT_ONCE, **options)


def at_closed_of_two(perform: Callable[..., Outcome], **options: Any) -> Outcome:
    return at(closed_port_of_two(), perform, IPV4, **options)


def at_hasty(perform: Callable[..., Outcome], family: socket.AddressFamily, **options: Any) -> Outcome:
    """Connect to a peer that accepts and drops the line at once, which now and then is faster than the connect."""
    with Peer(reset, family=family) as peer:
        outcomes = [perform(family, peer.address, **options) for _ in range(5)]
    return next((error for error in outcomes if error is not None), None)


@contextlib.contextmanager
def path_of(*, bound: bool = False, listening: bool = False) -> Iterator[str]:
    """Yield the path of a Unix socket: of none, of one that nobody listens at, or of one whose backlog is full."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        path = str(Path(directory) / "s")
        if bound or listening:
            sock = stack.enter_context(socket.socket(UNIX))
            sock.bind(path)
        if listening:
            sock.listen(0)
            waiting = stack.enter_context(socket.socket(UNIX))
            waiting.connect(path)
        yield path


def unresolved(perform: Callable[..., Outcome], family: socket.AddressFamily) -> Outcome:
    return perform(family, (UNKNOWN_HOST, 1))


def unreachable(perform: Callable[..., Outcome], family: socket.AddressFamily) -> Outcome:
    return perform(family, BEYOND[family])


def by_path(perform: Callable[..., Outcome], **kind: bool) -> Outcome:
    with path_of(**kind) as path:
        return perform(UNIX, path, AT_ONCE)


def connects() -> Iterator[Experiment]:
    for name, perform in (
        ("socket.socket.connect", connect),
        ("socket.create_connection", create_connection),
    ):
        for family in FAMILIES:
            over = NAMES[family]
            refused = partial(at_closed, perform, family)
            yield Experiment(name, "refused", "ConnectionRefusedError", refused, over)
            yield Experiment(name, "timeout", "TimeoutError", partial(at_hole, perform, family), over)
            yield Experiment(name, "unresolved", "socket.gaierror", partial(unresolved, perform, family), over)
            yield Experiment(name, "unreachable", "OSError", partial(unreachable, perform, family), over)
            hasty = partial(at_hasty, perform, family)
            yield Experiment(name, "reset", (None, "ConnectionResetError"), hasty, f"{over}, at once")
    name = "socket.create_connection"
    yield Experiment(name, "refused", "ConnectionRefusedError", partial(at_closed_of_two, create_connection), "twice")
    several = [(NAMES[family], partial(at_closed, create_connection, family, all_errors=True)) for family in FAMILIES]
    several.append(("twice", partial(at_closed_of_two, create_connection, all_errors=True)))
    for peer, perform_all in several:
        yield Experiment(name, "refused", "ExceptionGroup", perform_all, peer, given=("all_errors",))
    name = "socket.socket.connect"
    yield Experiment(name, "refused", "ConnectionRefusedError", partial(by_path, connect, bound=True), "Unix")
    yield Experiment(name, "unreachable", "OSError", partial(by_path, connect), "Unix, no such path")
    # there is no waiting for a place in the backlog of a Unix socket: this is a BlockingIOError
    yield Experiment(name, "unreachable", "OSError", partial(by_path, connect, listening=True), "Unix, backlog full")
    yield Experiment(name, "unresolved", "socket.gaierror", partial(connect, IPV4, ("::1", 1)), "of the other family")


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_connect_again_needs_another_socket() -> None:
    """The kernel remembers a refusal: with a timeout, the row holds for the first connect of a socket only."""
    with closed_port() as closed, socket.socket() as sock:
        sock.settimeout(LATE)
        kinds = [type(raised(lambda: sock.connect(closed))) for _ in range(4)]
    assert kinds == [ConnectionRefusedError, ConnectionAbortedError] * 2


def test_connect_again_without_a_timeout_works_on_linux() -> None:
    """Nothing to rely on: POSIX leaves the state of the socket unspecified, and macOS answers EINVAL."""
    with closed_port() as closed, socket.socket() as sock, socket.socket() as listener:
        kinds = [type(raised(lambda: sock.connect(closed))) for _ in range(4)]
        assert kinds == [ConnectionRefusedError] * 4
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert raised(lambda: sock.connect(listener.getsockname())) is None


def test_connect_again_fails_once_though_somebody_listens_by_then() -> None:
    with closed_port() as closed, socket.socket() as sock, socket.socket() as listener:
        sock.settimeout(LATE)
        assert type(raised(lambda: sock.connect(closed))) is ConnectionRefusedError
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert type(raised(lambda: sock.connect(listener.getsockname()))) is ConnectionAbortedError
        assert raised(lambda: sock.connect(listener.getsockname())) is None


def test_connect_again_after_a_timeout_is_still_under_way() -> None:
    with black_hole(IPV4) as address, socket.socket() as sock:
        sock.settimeout(AT_ONCE)
        kinds = [type(raised(lambda: sock.connect(address))) for _ in range(3)]
    assert kinds == [TimeoutError, BlockingIOError, BlockingIOError]


def test_connect_again_of_a_connected_socket() -> None:
    with Peer(close) as peer, socket.socket() as sock:
        sock.connect(peer.address)
        error = raised(lambda: sock.connect(peer.address))
    assert isinstance(error, OSError)
    assert error.errno == errno.EISCONN


def test_unix_socket_can_be_connected_again() -> None:
    with path_of(bound=True) as path, socket.socket(UNIX) as sock:
        kinds = [type(raised(lambda: sock.connect(path))) for _ in range(3)]
    assert kinds == [ConnectionRefusedError] * 3


def result_of_connect_ex() -> Iterator[Experiment]:
    name = "socket.socket.connect_ex"
    for family in FAMILIES:
        over = NAMES[family]
        yield Experiment(name, "refused", None, partial(at_closed, connect_ex, family), over)
        yield Experiment(name, "timeout", None, partial(at_hole, connect_ex, family), over)
        yield Experiment(name, "unreachable", None, partial(unreachable, connect_ex, family), over)
        yield Experiment(name, "unresolved", "socket.gaierror", partial(unresolved, connect_ex, family), over)
    yield Experiment(name, "refused", None, partial(by_path, connect_ex, bound=True), "Unix")


@by_operation(result_of_connect_ex())
def test_connect_ex_reports_by_its_result(experiments: list[Experiment]) -> None:
    check_all(experiments)
    with closed_port() as closed, black_hole() as hole, socket.socket() as sock, socket.socket() as slow:
        slow.settimeout(AT_ONCE)
        assert sock.connect_ex(closed) == errno.ECONNREFUSED
        assert slow.connect_ex(hole) == errno.EAGAIN


@contextlib.contextmanager
def listening(family: socket.AddressFamily) -> Iterator[socket.socket]:
    with contextlib.ExitStack() as stack:
        if family == UNIX:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "s"
            listener = stack.enter_context(socket.socket(UNIX))
            listener.bind(str(path))
            listener.listen()
        else:
            host = "::1" if family == IPV6 else HOST
            listener = stack.enter_context(socket.create_server((host, 0), family=family))
        yield listener


def accept_nobody(family: socket.AddressFamily) -> Outcome:
    with listening(family) as listener:
        listener.settimeout(AT_ONCE)
        return raised(listener.accept)


def accept_unbound(family: socket.AddressFamily) -> Outcome:
    with socket.socket(family) as sock:
        return raised(sock.accept)


def accept_gone(family: socket.AddressFamily) -> Outcome:
    """Accept a client that has dropped the line: Linux hands out the connection, and its first use fails."""
    with listening(family) as listener, socket.socket(family) as client:
        client.connect(listener.getsockname())
        (close if family == UNIX else reset)(client)
        listener.settimeout(LATE)
        accepted, _ = listener.accept()
        with accepted:
            error = raised(lambda: accepted.recv(1))
            assert family == UNIX or isinstance(error, ConnectionResetError)
    return None


def accepts() -> Iterator[Experiment]:
    for family in (*FAMILIES, UNIX):
        for name in ("socket.socket.accept",):
            over = NAMES[family]
            yield Experiment(name, "timeout", "TimeoutError", partial(accept_nobody, family), over)
            yield Experiment(name, "unreachable", "OSError", partial(accept_unbound, family), over)
            yield Experiment(name, "aborted", None, partial(accept_gone, family), over)


@by_operation(accepts())
def test_accept(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Sending and receiving


def after(state: State, family: socket.AddressFamily, call: Callable[[socket.socket], object]) -> Outcome:
    """Return what `call` raises of a socket whose line is in that state."""
    with line(family) as (ours, theirs):
        state(ours, theirs)
        return raised(lambda: call(ours))


def unconnected(family: socket.AddressFamily, call: Callable[[socket.socket], object]) -> Outcome:
    with socket.socket(family) as sock:
        sock.settimeout(LATE)
        return raised(lambda: call(sock))


def closed(ours: socket.socket, theirs: socket.socket) -> None:
    """Close our own end."""
    ours.close()


def send_file(sock: socket.socket) -> None:
    with Path(__file__).open("rb") as file:
        sock.sendfile(file)


SENDS: dict[str, Callable[[socket.socket], object]] = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "sendfile": send_file,
    "sendmsg": lambda sock: sock.sendmsg([b"x"]),
    "sendto": lambda sock: sock.sendto(b"x", ("::1" if sock.family == IPV6 else HOST, 1)),
}
RECEIVES: dict[str, Callable[[socket.socket], object]] = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "recvfrom": lambda sock: sock.recvfrom(1),
    "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(1)),
    "recvmsg": lambda sock: sock.recvmsg(1),
    "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(1)]),
}


class Becomes(NamedTuple):
    """What becomes of an operation over a line in a state, and over a Unix socket where that differs."""

    state: State
    scenario: Scenario
    raises: str | None
    unix: tuple[Scenario, str | None] | None = None


SENDING = (
    Becomes(drop, "reset", "ConnectionResetError", ("broken", "BrokenPipeError")),
    Becomes(drop_and_send, "broken", "BrokenPipeError"),
    Becomes(end, "closed", None, ("broken", "BrokenPipeError")),
    Becomes(end_and_send, "broken", "BrokenPipeError"),
    Becomes(shut, "broken", "BrokenPipeError"),
    Becomes(fill, "timeout", "TimeoutError"),
    Becomes(closed, "unreachable", "OSError"),
)
# A Unix socket keeps a reset for the reader
RECEIVING = (
    Becomes(drop, "reset", "ConnectionResetError"),
    Becomes(drop_and_send, "closed", None, ("reset", "ConnectionResetError")),
    Becomes(end, "closed", None),
    Becomes(end_and_send, "closed", None),
    Becomes(shut, "timeout", "TimeoutError"),
    Becomes(wait, "timeout", "TimeoutError"),
    Becomes(closed, "unreachable", "OSError"),
)


def without(table: Iterable[Becomes], *states: State) -> tuple[Becomes, ...]:
    return tuple(each for each in table if each.state not in states)


def over_lines(
    name: str,
    call: Callable[[socket.socket], object],
    table: Iterable[Becomes],
    families: Iterable[socket.AddressFamily] = (*FAMILIES, UNIX),
) -> Iterator[Experiment]:
    for family in families:
        for state, scenario, raises, unix in table:
            kind, error = unix if unix is not None and family == UNIX else (scenario, raises)
            peer = f"{state.__name__}, {NAMES[family]}"
            yield Experiment(name, kind, error, partial(after, state, family, call), peer)


def send_contents(sock: socket.socket) -> None:
    """Send a file that is none of the system's: its contents are sent."""
    sock.sendfile(io.BytesIO(b"x"))


def send_and_receive() -> Iterator[Experiment]:
    for name, call in SENDS.items():
        row = f"socket.socket.{name}"
        if name == "sendfile":
            # sendfile(2) does not tell a reset from a line that is gone, and of a closed socket Python has no number
            yield from over_lines(row, call, without(SENDING, drop, closed))
            yield from over_lines(row, call, [Becomes(drop, "reset", "BrokenPipeError")], FAMILIES)
            yield from over_lines(row, send_contents, SENDING)
        else:
            # a Unix stream takes no address
            yield from over_lines(row, call, SENDING, FAMILIES if name == "sendto" else (*FAMILIES, UNIX))
        for family in FAMILIES:
            perform = partial(unconnected, family, call)
            yield Experiment(row, "broken", "BrokenPipeError", perform, f"never connected, {NAMES[family]}")
    lost = partial(unconnected, IPV4, lambda sock: sock.sendto(b"x", (UNKNOWN_HOST, 1)))
    yield Experiment("socket.socket.sendto", "unresolved", "socket.gaierror", lost)
    for name, call in RECEIVES.items():
        yield from over_lines(f"socket.socket.{name}", call, RECEIVING)
        for family in (*FAMILIES, UNIX):
            perform = partial(unconnected, family, call)
            yield Experiment(f"socket.socket.{name}", "unreachable", "OSError", perform, "never connected")


SENT, RECEIVED = {f"socket.socket.{name}" for name in SENDS}, {f"socket.socket.{name}" for name in RECEIVES}


@by_operation(each for each in send_and_receive() if each.operation in SENT)
def test_send(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(each for each in send_and_receive() if each.operation in RECEIVED)
def test_receive(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Datagrams


def datagram_refused(family: socket.AddressFamily, call: Callable[[socket.socket], object]) -> Outcome:
    """Send a datagram to a closed port, wait until that is known, and go on."""
    with closed_datagram_port(family) as nobody, socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(nobody)  # which reaches nobody
        sock.send(b"x")
        wait_for_hangup(sock, error_only=True)
        sock.settimeout(LATE)
        return raised(lambda: call(sock))


def datagram(family: socket.AddressFamily, call: Callable[[socket.socket], object], *, bound: bool = False) -> Outcome:
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        if bound:
            sock.bind(("::1" if family == IPV6 else HOST, 0))
        sock.settimeout(AT_ONCE)
        return raised(lambda: call(sock))


def datagram_full(call: Callable[[socket.socket], object]) -> Outcome:
    """Send datagrams to a Unix socket that nobody reads: over UDP they are lost without a word."""
    ours, theirs = socket.socketpair(type=socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                ours.send(bytes(1000))
        ours.settimeout(AT_ONCE)
        return raised(lambda: call(ours))


def datagram_full_by_address() -> Outcome:
    with tempfile.TemporaryDirectory() as directory, socket.socket(UNIX, socket.SOCK_DGRAM) as theirs:
        path = str(Path(directory) / "s")
        theirs.bind(path)
        with socket.socket(UNIX, socket.SOCK_DGRAM) as ours:
            ours.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    ours.sendto(bytes(1000), path)
            ours.settimeout(AT_ONCE)
            return raised(lambda: ours.sendto(b"x", path))


def datagrams() -> Iterator[Experiment]:
    sends = {name: call for name, call in SENDS.items() if name != "sendfile"}  # which is for streams
    for family in FAMILIES:
        over = NAMES[family]
        for name, call in (*sends.items(), *RECEIVES.items()):
            row = f"{DATAGRAM}.{name}"
            perform = partial(datagram_refused, family, call)
            yield Experiment(row, "refused", "ConnectionRefusedError", perform, over)
            if name in {"sendto", "recvfrom", "recvfrom_into"}:
                yield Experiment(f"socket.socket.{name}", "refused", "ConnectionRefusedError", perform, over)
            if name in RECEIVES:
                slow = partial(datagram, family, call, bound=True)
                yield Experiment(row, "timeout", "TimeoutError", slow, over)
                gone = partial(after, closed, IPV4, call)
                yield Experiment(row, "unreachable", "OSError", gone, "our end closed")
            elif name != "sendto":
                yield Experiment(row, "unreachable", "OSError", partial(datagram, family, call), "never connected")
    for name in ("send", "sendall", "sendmsg"):
        perform_full = partial(datagram_full, sends[name])
        yield Experiment(f"{DATAGRAM}.{name}", "timeout", "TimeoutError", perform_full, "Unix, full")
    name = f"{DATAGRAM}.sendto"
    yield Experiment(name, "timeout", "TimeoutError", datagram_full_by_address, "Unix, full")
    far: Callable[[socket.socket], object] = lambda sock: sock.sendto(b"x", (UNKNOWN_HOST, 1))  # noqa: E731
    yield Experiment(name, "unresolved", "socket.gaierror", partial(datagram, IPV4, far))
    wide: Callable[[socket.socket], object] = lambda sock: sock.sendto(b"x", NOWHERE)  # noqa: E731
    yield Experiment(name, "unreachable", "OSError", partial(datagram, IPV4, wide))


@by_operation(datagrams())
def test_datagram(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Files made of sockets

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


def by_file(mode: Literal["rb", "wb"], call: Callable[[Any], object], sock: socket.socket) -> None:
    """Do `call` with a file of `sock`, and raise what it raises, whatever closing the file brings."""
    file: Any = sock.makefile(mode, buffering=io.DEFAULT_BUFFER_SIZE)
    try:
        call(file)
    finally:
        file.raw.close()
        raised(file.close)  # or it would send what it still holds when it is collected


def files() -> Iterator[Experiment]:
    for name, call in READS.items():
        yield from over_lines(f"socket.SocketIO.{name}", partial(by_file, "rb", call), RECEIVING)
    for name, call in WRITES.items():
        yield from over_lines(f"socket.SocketIO.{name}", partial(by_file, "wb", call), SENDING)
    for name, call in READS.items():
        perform = partial(unconnected, IPV4, partial(by_file, "rb", call))
        yield Experiment(f"socket.SocketIO.{name}", "unreachable", "OSError", perform, "never connected")
    for name, call in WRITES.items():
        perform = partial(unconnected, UNIX, partial(by_file, "wb", call))
        yield Experiment(f"socket.SocketIO.{name}", "unreachable", "OSError", perform, "never connected")


@by_operation(files())
def test_makefile(experiments: list[Experiment]) -> None:
    check_all(experiments)


def names() -> Iterator[Experiment]:
    calls: dict[str, Callable[[], object]] = {
        "getaddrinfo": lambda: socket.getaddrinfo(UNKNOWN_HOST, 1),
        "gethostbyaddr": lambda: socket.gethostbyaddr(UNKNOWN_HOST),
        "gethostbyname": lambda: socket.gethostbyname(UNKNOWN_HOST),
        "gethostbyname_ex": lambda: socket.gethostbyname_ex(UNKNOWN_HOST),
        "getnameinfo": lambda: socket.getnameinfo((UNKNOWN_HOST, 1), 0),
    }
    for name, call in calls.items():
        yield Experiment(f"socket.{name}", "unresolved", "socket.gaierror", partial(raised, call))


@by_operation(names())
def test_resolve(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Pipes


def write_pipe(state: str, write: Callable[[int], object]) -> Outcome:
    reader, writer = os.pipe()
    os.close(reader)
    if state == "closed":
        os.close(writer)
        return raised(lambda: write(writer))
    try:
        return raised(lambda: write(writer))
    finally:
        os.close(writer)


def to_child(call: Callable[[subprocess.Popen[bytes]], object]) -> Outcome:
    """Return what `call` raises of a process that ends without reading."""
    child = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    error = raised(lambda: call(child))
    raised(child.communicate)
    return error


def by_number(write: Callable[[int], object], sock: socket.socket) -> object:
    return write(sock.fileno())


WRITERS: dict[str, Callable[[int], object]] = {
    "write": lambda pipe: os.write(pipe, b"x"),
    "writev": lambda pipe: os.writev(pipe, [b"x"]),
}


def pipes() -> Iterator[Experiment]:
    for name, write in WRITERS.items():
        for family in (*FAMILIES, UNIX):
            perform = partial(after, drop_and_send, family, partial(by_number, write))
            yield Experiment(f"os.{name}", "broken", "BrokenPipeError", perform, NAMES[family])
        yield Experiment(f"os.{name}", "broken", "BrokenPipeError", partial(write_pipe, "broken", write), "pipe")
        yield Experiment(f"os.{name}", "unreachable", "OSError", partial(write_pipe, "closed", write), "our end closed")


@by_operation(pipes())
def test_pipe(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_child() -> None:
    """What is written to a child's pipe breaks, but `communicate` keeps that to itself: it has no row."""
    much = bytes(1 << 20)
    assert isinstance(to_child(lambda child: child.stdin and child.stdin.write(much)), BrokenPipeError)
    assert to_child(lambda child: child.communicate(much)) is None
    assert knowledge.is_harmless("subprocess.Popen.communicate")


# multiprocessing.connection


def client(_: socket.AddressFamily, address: Any, _wait: float = LATE, authkey: bytes | None = None) -> Outcome:
    return raised(lambda: multiprocessing.connection.Client(address, authkey=authkey).close())


def client_of(treat: Callable[[socket.socket], None]) -> Outcome:
    """Make a client that shows its key to a peer that does so."""
    with Peer(treat) as peer:
        return client(IPV4, peer.address, authkey=b"x")


def client_of_another() -> Outcome:
    """Make a client whose key is not that of the listener."""
    with multiprocessing.connection.Listener((HOST, 0), authkey=b"y") as listener:
        thread = threading.Thread(target=raised, args=(listener.accept,))
        thread.start()
        error = client(IPV4, listener.address, authkey=b"x")
        thread.join(LATE)
    return error


def clients() -> Iterator[Experiment]:
    name = "multiprocessing.connection.Client"
    yield Experiment(name, "refused", "ConnectionRefusedError", partial(at_closed, client, IPV4), "IPv4")
    yield Experiment(name, "refused", "ConnectionRefusedError", partial(by_path, client, bound=True), "Unix")
    yield Experiment(name, "unreachable", "OSError", partial(unreachable, client, IPV4), "IPv4")
    yield Experiment(name, "unreachable", "OSError", partial(by_path, client), "Unix, no such path")
    yield Experiment(name, "unresolved", "socket.gaierror", partial(unresolved, client, IPV4))
    # without a key it asks nothing, and meets no reset but by a race
    yield Experiment(name, "reset", (None, "ConnectionResetError"), partial(at_hasty, client, IPV4), "at once")
    keyed: tuple[tuple[Scenario, str, Callable[[], Outcome]], ...] = (
        ("reset", "ConnectionResetError", partial(client_of, reset)),
        ("closed", "EOFError", partial(client_of, close)),
        ("answered", "multiprocessing.AuthenticationError", client_of_another),
    )
    for scenario, raises, perform in keyed:
        yield Experiment(name, scenario, raises, perform, given=("authkey",))


@by_operation(clients())
def test_multiprocessing_client(experiments: list[Experiment]) -> None:
    check_all(experiments)


def accept_from(treat: Callable[[socket.socket], object]) -> Outcome:
    """Return what a listener with a key raises of a client that does so."""
    with multiprocessing.connection.Listener((HOST, 0), authkey=b"x") as listener, socket.socket() as sock:
        sock.connect(listener.address)
        treat(sock)
        return raised(listener.accept)


def accept_from_another() -> Outcome:
    """Return what a listener raises of a client with another key."""
    with multiprocessing.connection.Listener((HOST, 0), authkey=b"x") as listener:
        other = threading.Thread(target=client, args=(IPV4, listener.address, LATE, b"y"))
        other.start()
        error = raised(listener.accept)
        other.join(LATE)
    return error


def accept_closed() -> Outcome:
    listener = multiprocessing.connection.Listener((HOST, 0))
    listener.close()
    return raised(listener.accept)


def listeners() -> Iterator[Experiment]:
    ways: tuple[tuple[Scenario, str, Callable[[], Outcome]], ...] = (
        ("reset", "ConnectionResetError", partial(accept_from, reset)),
        ("closed", "EOFError", partial(accept_from, lambda sock: sock.shutdown(socket.SHUT_WR))),
        ("answered", "multiprocessing.AuthenticationError", accept_from_another),
        ("unreachable", "OSError", accept_closed),
    )
    for scenario, raises, perform in ways:
        yield Experiment("multiprocessing.connection.Listener.accept", scenario, raises, perform)


@by_operation(listeners())
def test_multiprocessing_listener(experiments: list[Experiment]) -> None:
    check_all(experiments)


def say_half(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end close in the middle of a message."""
    theirs.send(b"\0\0\0\x09x")
    theirs.close()


def by_connection(call: Callable[[Any], object], sock: socket.socket) -> None:
    """Do `call` with a connection over `sock`, which waits for ever: never for a peer that stays silent."""
    sock.setblocking(True)
    with multiprocessing.connection.Connection(sock.detach()) as connection:
        call(connection)


def by_closed_connection(call: Callable[[Any], object], sock: socket.socket) -> None:
    connection = multiprocessing.connection.Connection(sock.detach())
    connection.close()
    call(connection)


MESSAGE_SENDS: dict[str, Callable[[Any], object]] = {
    "send": lambda connection: connection.send("x"),
    "send_bytes": lambda connection: connection.send_bytes(b"x"),
}
MESSAGE_RECEIVES: dict[str, Callable[[Any], object]] = {
    "recv": lambda connection: connection.recv(),
    "recv_bytes": lambda connection: connection.recv_bytes(),
    "recv_bytes_into": lambda connection: connection.recv_bytes_into(bytearray(9)),
}
MESSAGE_RECEIVING = (
    Becomes(drop, "reset", "ConnectionResetError"),
    Becomes(drop_and_send, "closed", "EOFError", ("reset", "ConnectionResetError")),
    Becomes(end, "closed", "EOFError"),
    Becomes(end_and_send, "closed", "EOFError"),
    Becomes(say_half, "cut", "OSError"),
)
NO_LINE = (Becomes(wait, "unreachable", "OSError"),)


def connections() -> Iterator[Experiment]:
    for name, call in MESSAGE_SENDS.items():
        row = f"multiprocessing.connection.Connection.{name}"
        yield from over_lines(row, partial(by_connection, call), without(SENDING, fill, closed))
        yield from over_lines(row, partial(by_closed_connection, call), NO_LINE, [UNIX])
    for name, call in MESSAGE_RECEIVES.items():
        row = f"multiprocessing.connection.Connection.{name}"
        yield from over_lines(row, partial(by_connection, call), MESSAGE_RECEIVING)
        yield from over_lines(row, partial(by_closed_connection, call), NO_LINE, [UNIX])


@by_operation(connections())
def test_multiprocessing_connection(experiments: list[Experiment]) -> None:
    check_all(experiments)
