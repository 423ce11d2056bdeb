"""Loopback peers that fail on purpose, and how what they bring out is told from what a row of the tables says.

Nothing here sleeps: a peer acts when the bytes that it waits for have come, and a test waits until the kernel says that
the line is down.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from connlint import knowledge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from connlint.knowledge.model import Scenario

HOST = "127.0.0.1"
SOON = 0.02  # the timeout of a client whose peer never answers
AT_ONCE = 0.005  # the same where the line is up, or never comes up, so that no other failure can be meant
LATE = 5.0  # nothing takes that long, unless the test has failed


def patience(scenario: Scenario) -> float:
    """Return the timeout of a client: a machine that is busy must not turn another failure into a timeout."""
    return SOON if scenario == "timeout" else LATE


# Too long for any name server, so that its resolution fails without one
UNKNOWN_HOST = "nobody." * 40 + "invalid"


class Peer:
    """A server on the loopback that treats each connection in the same way, in threads of its own.

    A treatment that returns without closing leaves the connection open until the peer is left.
    """

    def __init__(
        self,
        treat: Callable[[socket.socket], None],
        *,
        family: socket.AddressFamily = socket.AF_INET,
        tls: bool = False,
        path: str | None = None,
    ) -> None:
        self._treat = treat
        self._tls = server_context() if tls else None
        if path is None:
            self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else HOST, 0), family=family)
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
            self._listener.listen()
        self._stop, self._stopped = socket.socketpair()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.address: tuple[str, int] = (path, 0) if path is not None else self._listener.getsockname()[:2]
        self.host: str = self.address[0]
        self.port: int = self.address[1]
        self.url = f"://[{self.host}]:{self.port}/" if ":" in self.host else f"://{self.host}:{self.port}/"

    def __enter__(self) -> Self:
        self._start(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes a treatment that still reads
        for thread in self._threads:
            thread.join(LATE)
        for connection in (*self._open, self._listener, self._stopped):
            connection.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while self._stopped not in select.select([self._listener, self._stopped], [], [])[0]:
            connection, _ = self._listener.accept()
            connection.settimeout(LATE)
            self._open.append(connection)
            self._start(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whatever becomes of the client is the test's own business
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            self._treat(connection)


def server_context() -> ssl.SSLContext:
    """Return the context of a TLS server without a certificate, which spares the tests a private key."""
    return _anonymous(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


def client_context() -> ssl.SSLContext:
    """Return the context of a TLS client that talks to such a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _anonymous(context)


def _anonymous(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


# How a peer treats a connection


def reset(connection: socket.socket) -> None:
    """Drop the line: the client gets an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # closes what TLS has wrapped, too, without the farewell that would soften the blow
    socket.socket(fileno=connection.detach()).close()


def close(connection: socket.socket) -> None:
    """Close in good order."""
    connection.close()


def stay_silent(connection: socket.socket) -> None:
    """Say nothing, and stay."""


def say(data: bytes, then: Callable[[socket.socket], None] = stay_silent) -> Callable[[socket.socket], None]:
    """Return a treatment that sends `data` and then goes on with another."""

    def treat(connection: socket.socket) -> None:
        connection.sendall(data)
        then(connection)

    return treat


def hear(end: bytes, then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """Return a treatment that reads until `end` has come and then goes on with another."""

    def treat(connection: socket.socket) -> None:
        heard = b""
        while end not in heard:
            data = connection.recv(65536)
            if not data:
                raise ConnectionAbortedError
            heard += data
        then(connection)

    return treat


def read(connection: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes that the client sends."""
    found = b""
    while len(found) < size:
        data = connection.recv(size - len(found))
        if not data:
            raise ConnectionAbortedError
        found += data
    return found


def follow_script(
    *steps: tuple[bytes, bytes], then: Callable[[socket.socket], None]
) -> Callable[[socket.socket], None]:
    """Return a treatment that answers each request of `steps` in turn and then goes on with another."""
    for end, answer in reversed(steps):
        then = hear(end, say(answer, then)) if end else say(answer, then)
    return then


# A peer that drops the line at once may do so while the client still connects, and then it is the connect that fails.
# These wait for a word.
DROP = hear(b"!", reset)
HANG_UP = hear(b"!", close)


def finish(sock: socket.socket) -> None:
    """Say the word to a peer that waits for it, and wait until the line is down."""
    sock.send(b"!")
    wait_for_hangup(sock)


# Lines whose both ends are in one hand: what becomes of them is no matter of time


@contextlib.contextmanager
def line(family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield the two ends of a new connection."""
    if family == socket.AF_UNIX:
        ours, theirs = socket.socketpair()
    else:
        with socket.create_server(("::1" if family == socket.AF_INET6 else HOST, 0), family=family) as listener:
            ours = socket.create_connection(listener.getsockname()[:2])
            theirs, _ = listener.accept()
    with ours, theirs:
        ours.settimeout(LATE)
        yield ours, theirs


def drop(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end drop the line; a Unix socket does so by closing what it has not read."""
    if ours.family == socket.AF_UNIX:
        ours.send(b"x")
        theirs.close()
    else:
        reset(theirs)
    wait_for_hangup(ours)


def drop_and_send(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end drop the line, and meet that once."""
    drop(ours, theirs)
    raised(lambda: ours.send(b"x"))


def end(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end close in good order."""
    theirs.close()
    wait_for_hangup(ours)


def end_and_send(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end close, and send to it, which it answers with an RST."""
    end(ours, theirs)
    raised(lambda: ours.send(b"x"))
    wait_for_hangup(ours, error_only=True)
    ours.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def shut(ours: socket.socket, theirs: socket.socket) -> None:
    """End our own sending; the other end stays silent."""
    ours.shutdown(socket.SHUT_WR)
    ours.settimeout(AT_ONCE)


def wait(ours: socket.socket, theirs: socket.socket) -> None:
    """Have the other end stay silent."""
    ours.settimeout(AT_ONCE)


def fill(ours: socket.socket, theirs: socket.socket) -> None:
    """Send to an end that does not read until nothing more goes."""
    ours.setblocking(False)
    try:
        while True:
            ours.send(bytes(1 << 20))
    except BlockingIOError:
        ours.settimeout(AT_ONCE)


# Peers that are no servers


@contextlib.contextmanager
def closed_port(family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[str, int]]:
    """Yield an address that refuses: its port is taken, so that no other program gets it, and nobody listens."""
    with socket.socket(family) as taken:
        taken.bind(("::1" if family == socket.AF_INET6 else HOST, 0))
        yield taken.getsockname()[:2]


@contextlib.contextmanager
def black_hole(family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[str, int]]:
    """Yield an address whose server never accepts: its backlog is full, and no more connections come about."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind(("::1" if family == socket.AF_INET6 else HOST, 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket(family))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[:2]


@contextlib.contextmanager
def closed_datagram_port(family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[str, int]]:
    """Yield an address at which no datagram arrives."""
    with socket.socket(family, socket.SOCK_DGRAM) as gone:
        gone.bind(("::1" if family == socket.AF_INET6 else HOST, 0))
        address = gone.getsockname()[:2]
    yield address


# A name with two addresses, of both families where there are both
TWICE = "twice.test"


@contextlib.contextmanager
def two_addresses() -> Iterator[None]:
    """Have `TWICE` stand for two addresses of this machine."""
    resolve = socket.getaddrinfo
    second = "::1" if has_ipv6() else "127.0.0.2"

    def both(host: Any, *args: Any, **options: Any) -> list[Any]:
        if host != TWICE:
            return resolve(host, *args, **options)
        found: list[Any] = []
        for address in (HOST, second):
            with contextlib.suppress(socket.gaierror):  # where but one family was asked for
                found += resolve(address, *args, **options)
        return found

    with mock.patch.object(socket, "getaddrinfo", both):
        yield


@contextlib.contextmanager
def closed_port_of_two() -> Iterator[tuple[str, int]]:
    """Yield a name whose two addresses both refuse."""
    with two_addresses(), closed_port() as (_, port), contextlib.ExitStack() as stack:
        if has_ipv6():
            taken = stack.enter_context(socket.socket(socket.AF_INET6))
            taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            with contextlib.suppress(OSError):  # somebody has it, who does not listen: the port is one of the clients'
                taken.bind(("::1", port))
        yield TWICE, port


def wait_for_hangup(sock: socket.socket, *, error_only: bool = False) -> None:
    """Wait until the kernel knows that the peer of `sock` is gone."""
    poll = select.poll()
    poll.register(sock, 0 if error_only else select.POLLRDHUP)
    assert poll.poll(LATE * 1000), "the peer is still there"


@cache
def has_ipv6() -> bool:
    """Say whether the loopback of this machine speaks IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


# What came, and what the row says


def raised(call: Callable[[], object]) -> BaseException | None:
    """Return what `call` raises."""
    try:
        call()
    except BaseException as error:  # noqa: BLE001
        return error.with_traceback(None)  # whose frames would keep sockets open
    return None


async def raised_by(awaitable: Awaitable[object]) -> BaseException | None:
    """Return what awaiting `awaitable` raises."""
    try:
        await awaitable
    except BaseException as error:  # noqa: BLE001
        return error.with_traceback(None)
    return None


def name_of(kind: type) -> str:
    """Return the name that the tables use for the class `kind`."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return knowledge.canonical(f"{kind.__module__}.{kind.__qualname__}")


# Their subclasses have rows of their own: a row that says `OSError` says nothing of them
_SPECIFIC = (ConnectionError, TimeoutError, socket.gaierror, socket.herror, ssl.SSLError, ExceptionGroup)


def covers(claimed: str, error: BaseException) -> bool:
    """Say whether a row that claims the class `claimed` has foretold `error`."""
    names = [name_of(kind) for kind in type(error).__mro__]
    if claimed == "OSError":
        return claimed in names and not isinstance(error, _SPECIFIC)
    return claimed in names
