"""What `ssl` raises, in the handshake and after it. The peers speak TLS without a certificate."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import (
    AT_ONCE,
    HOST,
    LATE,
    UNKNOWN_HOST,
    Peer,
    black_hole,
    client_context,
    close,
    closed_port,
    end,
    has_ipv6,
    hear,
    line,
    patience,
    raised,
    reset,
    say,
    server_context,
    stay_silent,
    wait,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.knowledge.model import Scenario

    Outcome = BaseException | None
    State = Callable[[ssl.SSLSocket, ssl.SSLSocket], None]

IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
FAMILIES = (IPV4, IPV6) if has_ipv6() else (IPV4,)
NAMES = {IPV4: "IPv4", IPV6: "IPv6", UNIX: "Unix"}
NOWHERE = ("255.255.255.255", 1)

# Until then Python says ssl.SSLError, or nothing, of what the kernel calls a reset or a broken pipe (gh-115627)
CLEAR = (3, 12, 3)

PLAIN = b"HTTP/1.1 400 Bad Request\r\n\r\n"

# How a peer treats a handshake. It hears the hello first, or it might be the connect that fails.
HANDSHAKES: tuple[tuple[Scenario, str, Callable[[socket.socket], None], str], ...] = (
    ("reset", "ConnectionResetError", hear(b"\x01", reset), "drops"),
    ("handshake", "ssl.SSLError", hear(b"\x01", close), "closes"),
    ("handshake", "ssl.SSLError", say(PLAIN), "answers rubbish"),
    ("timeout", "TimeoutError", stay_silent, "stays silent"),
)


def connect(family: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    with client_context().wrap_socket(socket.socket(family)) as sock:
        sock.settimeout(wait)
        return raised(lambda: sock.connect(address))


def test_connect_again_after_a_failed_handshake() -> None:
    """To Python such a socket is connected: no handler of connection failures takes what the next attempt raises."""
    with Peer(close) as peer, client_context().wrap_socket(socket.socket()) as sock:
        sock.settimeout(LATE)
        assert isinstance(raised(lambda: sock.connect(peer.address)), OSError)
        with pytest.raises(ValueError, match="already-connected"):
            sock.connect(peer.address)


def connect_ex(family: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    with client_context().wrap_socket(socket.socket(family)) as sock:
        sock.settimeout(wait)
        return raised(lambda: sock.connect_ex(address))


def ask_certificate(_: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    return raised(lambda: ssl.get_server_certificate(address, timeout=wait))


def do_handshake(_: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    with (
        socket.create_connection(address) as plain,
        client_context().wrap_socket(plain, do_handshake_on_connect=False) as sock,
    ):
        sock.settimeout(wait)
        return raised(sock.do_handshake)


def wrap(_: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    with socket.create_connection(address) as plain:
        plain.settimeout(wait)
        return raised(lambda: client_context().wrap_socket(plain))


def wrap_old(_: socket.AddressFamily, address: tuple[str, int], wait: float = LATE) -> Outcome:
    with socket.create_connection(address) as plain:
        plain.settimeout(wait)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return raised(lambda: ssl.wrap_socket(plain))  # type: ignore[attr-defined,unused-ignore]


def at_closed(perform: Callable[..., Outcome], family: socket.AddressFamily) -> Outcome:
    with closed_port(family) as address:
        return perform(family, address)


def at_hole(perform: Callable[..., Outcome], family: socket.AddressFamily) -> Outcome:
    with black_hole(family) as address:
        return perform(family, address, AT_ONCE)


def at_peer(
    perform: Callable[..., Outcome],
    family: socket.AddressFamily,
    treat: Callable[[socket.socket], None],
    scenario: Scenario,
) -> Outcome:
    with Peer(treat, family=family) as peer:
        return perform(family, peer.address, patience(scenario))


def handshakes(name: str, perform: Callable[..., Outcome], before: tuple[int, ...] = (4,)) -> Iterator[Experiment]:
    for family in FAMILIES:
        for scenario, raises, treat, what in HANDSHAKES:
            tried = partial(at_peer, perform, family, treat, scenario)
            yield Experiment(name, scenario, raises, tried, f"{what}, {NAMES[family]}", before=before)


def connects(name: str, perform: Callable[..., Outcome]) -> Iterator[Experiment]:
    for family in FAMILIES:
        over = NAMES[family]
        yield Experiment(name, "refused", "ConnectionRefusedError", partial(at_closed, perform, family), over)
        yield Experiment(name, "timeout", "TimeoutError", partial(at_hole, perform, family), over)
    yield Experiment(name, "unresolved", "socket.gaierror", partial(perform, IPV4, (UNKNOWN_HOST, 1)))
    yield Experiment(name, "unreachable", "OSError", partial(perform, IPV4, NOWHERE))
    yield from handshakes(name, perform)


@by_operation(connects("ssl.SSLSocket.connect", connect))
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def result_of_connect_ex() -> Iterator[Experiment]:
    """Yield what it raises all the same: it reports a refusal by its result, and the handshake's failure by none."""
    name = "ssl.SSLSocket.connect_ex"
    for family in FAMILIES:
        over = NAMES[family]
        yield Experiment(name, "refused", None, partial(at_closed, connect_ex, family), over)
        yield Experiment(name, "timeout", None, partial(at_hole, connect_ex, family), f"{over}, backlog full")
    yield Experiment(name, "unresolved", "socket.gaierror", partial(connect_ex, IPV4, (UNKNOWN_HOST, 1)))
    yield Experiment(name, "unreachable", None, partial(connect_ex, IPV4, NOWHERE))
    yield from handshakes(name, connect_ex)


@by_operation(result_of_connect_ex())
def test_connect_ex(experiments: list[Experiment]) -> None:
    check_all(experiments)


def unconnected_handshake() -> Outcome:
    with client_context().wrap_socket(socket.socket(), do_handshake_on_connect=False) as sock:
        return raised(sock.do_handshake)


@by_operation(
    handshakes("ssl.SSLSocket.do_handshake", do_handshake),
    [Experiment("ssl.SSLSocket.do_handshake", "unreachable", "OSError", unconnected_handshake, "never connected")],
    handshakes("ssl.SSLContext.wrap_socket", wrap),
    handshakes("ssl.wrap_socket", wrap_old, before=(3, 12)),
)
def test_handshake(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(connects("ssl.get_server_certificate", ask_certificate))
def test_get_server_certificate(experiments: list[Experiment]) -> None:
    check_all(experiments)


def accept(family: socket.AddressFamily, treat: Callable[[socket.socket], None], scenario: Scenario) -> Outcome:
    """Return what accepting a client raises that treats its own connection so."""
    host = "::1" if family == IPV6 else HOST
    with (
        socket.create_server((host, 0), family=family) as plain,
        server_context().wrap_socket(plain, server_side=True) as listener,
        socket.create_connection(listener.getsockname()[:2]) as client,
    ):
        treat(client)
        listener.settimeout(LATE)
        return raised(listener.accept)


def accept_nobody(family: socket.AddressFamily) -> Outcome:
    host = "::1" if family == IPV6 else HOST
    with (
        socket.create_server((host, 0), family=family) as plain,
        server_context().wrap_socket(plain, server_side=True) as listener,
    ):
        listener.settimeout(AT_ONCE)
        return raised(listener.accept)


def accept_unbound() -> Outcome:
    with server_context().wrap_socket(socket.socket(), server_side=True) as listener:
        return raised(listener.accept)


def accepts() -> Iterator[Experiment]:
    name = "ssl.SSLSocket.accept"
    for family in FAMILIES:
        over = NAMES[family]
        yield Experiment(name, "reset", "ConnectionResetError", partial(accept, family, reset, "reset"), over)
        yield Experiment(name, "handshake", "ssl.SSLError", partial(accept, family, say(PLAIN), "handshake"), over)
        yield Experiment(name, "handshake", "ssl.SSLError", partial(accept, family, close, "handshake"), over)
        yield Experiment(name, "timeout", "TimeoutError", partial(accept_nobody, family), over)
    yield Experiment(name, "unreachable", "OSError", accept_unbound)


@by_operation(accepts())
def test_accept(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Sending and receiving over lines whose both ends are in one hand


@contextlib.contextmanager
def tls_line(family: socket.AddressFamily) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Yield the two ends of a new connection that has the handshake behind it."""
    with line(family) as (first, second):
        first.setblocking(False)
        second.setblocking(False)
        with (
            client_context().wrap_socket(first, do_handshake_on_connect=False) as ours,
            server_context().wrap_socket(second, server_side=True, do_handshake_on_connect=False) as theirs,
        ):
            todo = [ours, theirs]
            while todo:
                sock = todo.pop(0)
                try:
                    sock.do_handshake()
                except ssl.SSLWantReadError:
                    todo.append(sock)
            ours.settimeout(LATE)
            yield ours, theirs


def drop(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Have the other end drop the line; a Unix socket does so by closing what it has not read."""
    if ours.family == UNIX:
        ours.send(b"x")
        theirs.close()
    else:
        reset(theirs)
    wait_for_hangup(ours)


def drop_and_send(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Have the other end drop the line, and meet that once."""
    drop(ours, theirs)
    raised(lambda: ours.send(b"x"))


def say_goodbye(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Have the other end close as TLS does."""
    raised(theirs.unwrap)  # it does not wait for the answer
    end(ours, theirs)


def end_and_send(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Have the other end close, and send to it, which it answers with an RST."""
    end(ours, theirs)
    raised(lambda: ours.send(b"x"))
    wait_for_hangup(ours, error_only=True)
    ours.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def shut(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """End our own sending below TLS; the other end stays silent."""
    socket.socket.shutdown(ours, socket.SHUT_WR)
    ours.settimeout(AT_ONCE)


def fill(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Send to an end that does not read until nothing more goes."""
    ours.setblocking(False)
    with contextlib.suppress(ssl.SSLWantWriteError):
        while True:
            ours.send(bytes(1 << 14))
    ours.settimeout(AT_ONCE)


def say_rubbish(ours: ssl.SSLSocket, theirs: ssl.SSLSocket) -> None:
    """Have the other end say past TLS what is no record of it."""
    with socket.socket(fileno=theirs.detach()) as plain:
        plain.sendall(PLAIN)


def after(state: State, family: socket.AddressFamily, call: Callable[[ssl.SSLSocket], object]) -> Outcome:
    with tls_line(family) as (ours, theirs):
        state(ours, theirs)
        return raised(lambda: call(ours))


RECORD = bytes(1 << 14)  # once nothing goes any more, only the same amount may be tried again
SENDS: dict[str, Callable[[ssl.SSLSocket], object]] = {
    "send": lambda sock: sock.send(RECORD),
    "sendall": lambda sock: sock.sendall(RECORD),
    "write": lambda sock: sock.write(RECORD),
    "sendfile": lambda sock: sock.sendfile(io.BytesIO(b"x")),
}
RECEIVES: dict[str, Callable[[ssl.SSLSocket], object]] = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "read": lambda sock: sock.read(1),
}


class Becomes(NamedTuple):
    """What becomes of an operation over a line in a state: over TCP, over a Unix socket where that differs, and before
    Python told a reset from an end. The class is the row's."""

    state: State
    scenario: Scenario
    raises: str | None
    unix: tuple[Scenario, str | None] | None = None
    blurred: str | None = ""


SSL = "ssl.SSLError"
SENDING = (
    Becomes(drop, "reset", "ConnectionResetError", ("broken", "BrokenPipeError"), SSL),
    Becomes(drop_and_send, "broken", "BrokenPipeError", blurred=SSL),
    Becomes(end, "closed", None, ("broken", "BrokenPipeError"), SSL),
    Becomes(say_goodbye, "closed", None, ("broken", "BrokenPipeError"), SSL),
    Becomes(end_and_send, "broken", "BrokenPipeError", blurred=SSL),
    Becomes(shut, "broken", "BrokenPipeError", blurred=SSL),
    Becomes(fill, "timeout", "TimeoutError"),
)
# Unless told otherwise, a TLS socket takes an end without a goodbye for one, as Python once took a reset
RECEIVING = (
    Becomes(drop, "reset", "ConnectionResetError", blurred=None),
    Becomes(drop_and_send, "closed", None, ("reset", "ConnectionResetError"), None),
    Becomes(end, "closed", None),
    Becomes(say_goodbye, "closed", None),
    Becomes(end_and_send, "closed", None),
    Becomes(shut, "timeout", "TimeoutError"),
    Becomes(wait, "timeout", "TimeoutError"),
    Becomes(say_rubbish, "rubbish", SSL),
)
RAGGED = (
    Becomes(drop, "reset", "ConnectionResetError", blurred=SSL),
    Becomes(end, "closed", SSL),
)
UNWRAPPING = (
    Becomes(drop, "reset", "ConnectionResetError", ("broken", "BrokenPipeError")),
    Becomes(drop_and_send, "reset", "ConnectionResetError", ("broken", "BrokenPipeError")),
    Becomes(end, "closed", SSL, ("broken", "BrokenPipeError")),
    Becomes(say_goodbye, "closed", None, ("broken", "BrokenPipeError")),
    Becomes(end_and_send, "broken", "BrokenPipeError", ("closed", SSL)),
    Becomes(shut, "broken", "BrokenPipeError"),
    Becomes(wait, "timeout", "TimeoutError"),
    Becomes(say_rubbish, "rubbish", SSL, ("broken", "BrokenPipeError")),
)


def over_lines(
    name: str, call: Callable[[ssl.SSLSocket], object], table: tuple[Becomes, ...], what: str = ""
) -> Iterator[Experiment]:
    for family in (*FAMILIES, UNIX):
        for state, scenario, raises, unix, blurred in table:
            kind, error = unix if unix is not None and family == UNIX else (scenario, raises)
            perform = partial(after, state, family, call)
            peer = f"{state.__name__}, {NAMES[family]}{what}"
            if blurred == "" or error is None:
                yield Experiment(name, kind, error, perform, peer)
            else:
                yield Experiment(name, kind, error, perform, peer, since=CLEAR)
                yield Experiment(name, kind, blurred, perform, peer, before=CLEAR)


@by_operation(*(over_lines(f"ssl.SSLSocket.{name}", call, SENDING) for name, call in SENDS.items()))
def test_send(experiments: list[Experiment]) -> None:
    check_all(experiments)


def strictly(call: Callable[[ssl.SSLSocket], object], sock: Any) -> object:
    """Do `call` with a socket that tells a goodbye from a mere end."""
    sock.suppress_ragged_eofs = False
    return call(sock)


@by_operation(
    *(over_lines(f"ssl.SSLSocket.{name}", call, RECEIVING) for name, call in RECEIVES.items()),
    *(
        over_lines(f"ssl.SSLSocket.{name}", partial(strictly, call), RAGGED, ", ragged ends told")
        for name, call in RECEIVES.items()
    ),
)
def test_receive(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(over_lines("ssl.SSLSocket.unwrap", lambda sock: sock.unwrap(), UNWRAPPING))
def test_unwrap(experiments: list[Experiment]) -> None:
    check_all(experiments)
