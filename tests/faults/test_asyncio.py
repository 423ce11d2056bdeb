"""What asyncio's streams and event loop raise."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.experiments import FAMILIES, HANDSHAKES, NAMES, Experiment, by_operation, check_all
from tests.faults.peers import (
    DROP,
    HOST,
    LATE,
    SOON,
    UNKNOWN_HOST,
    Peer,
    client_context,
    close,
    closed_datagram_port,
    closed_port,
    closed_port_of_two,
    drop,
    drop_and_send,
    end,
    end_and_send,
    line,
    raised_by,
    reset,
    say,
    wait_for_hangup,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

    from connlint.knowledge.model import Scenario

    Outcome = BaseException | None
    Opener = Callable[..., Coroutine[Any, Any, Any]]
    State = Callable[[socket.socket, socket.socket], None]

LOOP = "asyncio.AbstractEventLoop"


def run(make: Callable[[], Coroutine[Any, Any, object]]) -> Outcome:
    """Return what the coroutine raises that `make` makes."""

    async def within() -> Outcome:
        return await raised_by(make())

    return asyncio.run(within())


# Connecting: streams, and the loop below them

OPENERS: dict[str, Opener] = {
    "asyncio.open_connection": asyncio.open_connection,
    f"{LOOP}.create_connection": lambda *address, **options: asyncio.get_running_loop().create_connection(
        asyncio.Protocol, *address, **options
    ),
}
UNIX_OPENERS: dict[str, Opener] = {
    "asyncio.open_unix_connection": asyncio.open_unix_connection,
    f"{LOOP}.create_unix_connection": lambda path, **options: asyncio.get_running_loop().create_unix_connection(
        asyncio.Protocol, path, **options
    ),
}


async def open_and_close(opener: Opener, *address: Any, **options: Any) -> None:
    first, second = await opener(*address, **options)
    (second if isinstance(second, asyncio.StreamWriter) else first).close()


def at(place: Any, opener: Opener, **options: Any) -> Outcome:
    with place as address:
        return run(partial(open_and_close, opener, *address, **options))


def at_closed(family: socket.AddressFamily, opener: Opener, **options: Any) -> Outcome:
    return at(closed_port(family), opener, **options)


def at_closed_of_two(opener: Opener, **options: Any) -> Outcome:
    return at(closed_port_of_two(), opener, **options)


def at_hasty(family: socket.AddressFamily, opener: Opener) -> Outcome:
    """Connect to a peer that drops the line at once, which now and then is faster than the connect."""
    with Peer(reset, family=family) as peer:
        outcomes = [run(partial(open_and_close, opener, *peer.address)) for _ in range(5)]
    return next((error for error in outcomes if error is not None), None)


def shake(opener: Opener, treat: Callable[[socket.socket], None], scenario: Scenario, **where: Any) -> Outcome:
    wait = SOON if scenario == "timeout" else LATE
    options = {"ssl": client_context(), "ssl_handshake_timeout": wait}
    with contextlib.ExitStack() as stack:
        if "family" not in where:
            path = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "s")
            stack.enter_context(Peer(treat, path=path))
            return run(partial(open_and_close, opener, path, server_hostname="here", **options))
        peer = stack.enter_context(Peer(treat, **where))
        return run(partial(open_and_close, opener, *peer.address, **options))


def handshakes() -> Iterator[tuple[Scenario, str, Callable[[socket.socket], None], str]]:
    """Yield what becomes of a handshake: asyncio gives it up by itself, and takes an end of the line for a reset."""
    for scenario, raises, treat, what in HANDSHAKES:
        if scenario == "timeout":
            yield scenario, "ConnectionAbortedError", treat, what
        elif what == "closes in the handshake":
            yield "reset", "ConnectionResetError", treat, what
        else:
            yield scenario, raises, treat, what


ALL = ("all_errors",)


def opens() -> Iterator[Experiment]:
    for name, opener in OPENERS.items():
        make = partial(Experiment, name)
        for family in FAMILIES:
            over = NAMES[family]
            yield make("refused", "ConnectionRefusedError", partial(at_closed, family, opener), over)
            grouped = partial(at_closed, family, opener, all_errors=True)
            yield make("refused", "ExceptionGroup", grouped, f"{over}, all errors", given=ALL, since=(3, 12))
            hasty = partial(at_hasty, family, opener)
            yield make("reset", (None, "ConnectionResetError"), hasty, f"{over}, at once")
            for scenario, raises, treat, what in handshakes():
                perform = partial(shake, opener, treat, scenario, family=family)
                yield make(scenario, raises, perform, f"{what}, {over}", given=("ssl",))
        # which `except ConnectionError` misses
        yield make("refused", "OSError", partial(at_closed_of_two, opener), "twice")
        eyeballs = partial(at_closed_of_two, opener, happy_eyeballs_delay=0)
        yield make("refused", "OSError", eyeballs, "twice, happy eyeballs")
        grouped = partial(at_closed_of_two, opener, all_errors=True)
        yield make("refused", "ExceptionGroup", grouped, "twice, all errors", given=ALL, since=(3, 12))
        yield make("unresolved", "socket.gaierror", partial(run, partial(opener, UNKNOWN_HOST, 1)))
        yield make("unreachable", "OSError", partial(run, partial(opener, "255.255.255.255", 1)))


@by_operation(opens())
def test_open_connection(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_two_addresses_raise_the_plain_class() -> None:
    """It is none of the subclasses, which nobody's row could say."""
    for opener in OPENERS.values():
        assert type(at_closed_of_two(opener)) is OSError
        assert type(at_closed_of_two(opener, happy_eyeballs_delay=0)) is OSError


def at_path(opener: Opener, *, bound: bool) -> Outcome:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as taken:
        path = str(Path(directory) / "s")
        if bound:
            taken.bind(path)
        return run(partial(opener, path))


def unix_opens() -> Iterator[Experiment]:
    for name, opener in UNIX_OPENERS.items():
        make = partial(Experiment, name)
        yield make("refused", "ConnectionRefusedError", partial(at_path, opener, bound=True))
        yield make("unresolved", "FileNotFoundError", partial(at_path, opener, bound=False))
        yield make("unreachable", "OSError", partial(run, partial(opener, "x" * 200)), "too long a path")
        for scenario, raises, treat, what in handshakes():
            yield make(scenario, raises, partial(shake, opener, treat, scenario), what, given=("ssl",))


@by_operation(unix_opens())
def test_unix_connection(experiments: list[Experiment]) -> None:
    check_all(experiments)


# Streams


@contextlib.asynccontextmanager
async def connected(
    treat: Callable[[socket.socket], None], **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    with Peer(treat) as peer:
        reader, writer = await asyncio.open_connection(*peer.address, **options)
        try:
            yield reader, writer
        finally:
            writer.close()
            await raised_by(writer.wait_closed())


async def drop_line(writer: asyncio.StreamWriter) -> None:
    """Have a peer that does `DROP` drop the line, and wait until the loop has found out."""
    writer.write(b"!")
    await raised_by(asyncio.wait_for(writer.wait_closed(), LATE))


async def break_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write to a peer that has closed, until the loop has found out."""
    assert not await reader.read()
    lost = asyncio.ensure_future(asyncio.wait_for(writer.wait_closed(), LATE))
    while not lost.done():
        writer.write(b"x")
        await asyncio.sleep(0)
    await raised_by(lost)


READS: dict[str, Callable[[asyncio.StreamReader], Coroutine[Any, Any, bytes]]] = {
    "read": lambda reader: reader.read(1),
    "readline": lambda reader: reader.readline(),
    "readexactly": lambda reader: reader.readexactly(9),
    "readuntil": lambda reader: reader.readuntil(b"\n"),
}
WRITES: dict[str, Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]] = {
    "drain": lambda writer: writer.drain(),
    "wait_closed": lambda writer: writer.wait_closed(),
}


def over_stream(call: Callable[[Any], Awaitable[object]], what: str) -> Outcome:
    """Return what `call` raises of a reader or a writer whose line is in that state."""

    async def perform() -> Outcome:
        treat, options = {
            "drops": (DROP, {}),
            "broken": (close, {}),
            "closes": (close, {}),
            "cuts": (say(b"x", close), {}),
            "says too much": (say(b"xxx"), {"limit": 2}),
        }[what]
        async with connected(treat, **options) as (reader, writer):
            if what == "drops":
                await drop_line(writer)
            elif what == "broken":
                await break_line(reader, writer)
            end: Any = reader if call in READS.values() else writer
            if what == "closes" and end is writer:
                writer.close()
            return await raised_by(call(end))

    return asyncio.run(perform())


def stream_reads() -> Iterator[Experiment]:
    short = "asyncio.IncompleteReadError"
    cut = {"readexactly": short, "readuntil": short}
    much = {"readline": "ValueError", "readuntil": "asyncio.LimitOverrunError"}
    for name, call in READS.items():
        make = partial(Experiment, f"asyncio.StreamReader.{name}")
        yield make("reset", "ConnectionResetError", partial(over_stream, call, "drops"), "drops")
        yield make("broken", "BrokenPipeError", partial(over_stream, call, "broken"), "written to after its end")
        yield make("cut", cut.get(name), partial(over_stream, call, "cuts"), "closes in the middle")
        yield make("cut", cut.get(name), partial(over_stream, call, "closes"), "closes at once")
        if name in much:
            yield make("rubbish", much[name], partial(over_stream, call, "says too much"), "says too much")


@by_operation(stream_reads())
def test_read(experiments: list[Experiment]) -> None:
    check_all(experiments)


def stream_writes() -> Iterator[Experiment]:
    for name, call in WRITES.items():
        make = partial(Experiment, f"asyncio.StreamWriter.{name}")
        yield make("reset", "ConnectionResetError", partial(over_stream, call, "drops"), "drops")
        yield make("broken", "BrokenPipeError", partial(over_stream, call, "broken"), "written to after its end")
        ended = partial(over_stream, call, "closes")
        if name == "drain":  # nothing is to be written to what is closed
            yield make("reset", "ConnectionResetError", ended, "closes, and so do we")
        else:
            yield make("closed", None, ended, "closes, and so do we")


@by_operation(stream_writes())
def test_write(experiments: list[Experiment]) -> None:
    check_all(experiments)


async def start_by_writer(address: tuple[str, int], wait: float) -> None:
    _, writer = await asyncio.open_connection(*address)
    try:
        await writer.start_tls(client_context(), ssl_handshake_timeout=wait)
    finally:
        writer.transport.abort()


async def start_by_loop(address: tuple[str, int], wait: float) -> None:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(asyncio.Protocol, *address)
    try:
        await loop.start_tls(transport, protocol, client_context(), ssl_handshake_timeout=wait)
    finally:
        transport.abort()


def start_with(
    start: Callable[[tuple[str, int], float], Coroutine[Any, Any, None]],
    family: socket.AddressFamily,
    treat: Callable[[socket.socket], None],
    scenario: Scenario,
) -> Outcome:
    with Peer(treat, family=family) as peer:
        return run(partial(start, peer.address, SOON if scenario == "timeout" else LATE))


def starts() -> Iterator[Experiment]:
    for owner, start in (("asyncio.StreamWriter", start_by_writer), (LOOP, start_by_loop)):
        for family in FAMILIES:
            for scenario, raises, treat, what in handshakes():
                perform = partial(start_with, start, family, treat, scenario)
                yield Experiment(f"{owner}.start_tls", scenario, raises, perform, f"{what}, {NAMES[family]}")


@by_operation(starts())
def test_start_tls(experiments: list[Experiment]) -> None:
    check_all(experiments)


# The loop's own socket calls


def of_loop(name: str, *args: Any) -> Callable[[socket.socket], Coroutine[Any, Any, object]]:
    """Return what calls the loop's `name` with a socket, and then `args`."""
    return lambda sock: getattr(asyncio.get_running_loop(), name)(sock, *args)


def with_socket(
    call: Callable[[socket.socket], Coroutine[Any, Any, object]],
    family: socket.AddressFamily = socket.AF_INET,
    kind: socket.SocketKind = socket.SOCK_STREAM,
) -> Outcome:
    with socket.socket(family, kind) as sock:
        sock.setblocking(False)
        return run(partial(call, sock))


def sock_connect_closed(family: socket.AddressFamily) -> Outcome:
    with closed_port(family) as address:
        return with_socket(of_loop("sock_connect", address), family)


def sock_connect_path(*, bound: bool) -> Outcome:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as taken:
        path = str(Path(directory) / "s")
        if bound:
            taken.bind(path)
        return with_socket(of_loop("sock_connect", path), socket.AF_UNIX)


def sock_connects() -> Iterator[Experiment]:
    make = partial(Experiment, f"{LOOP}.sock_connect")
    for family in FAMILIES:
        yield make("refused", "ConnectionRefusedError", partial(sock_connect_closed, family), NAMES[family])
    yield make("refused", "ConnectionRefusedError", partial(sock_connect_path, bound=True), "Unix")
    yield make("unreachable", "OSError", partial(sock_connect_path, bound=False), "Unix, no such path")
    unknown, nowhere = of_loop("sock_connect", (UNKNOWN_HOST, 1)), of_loop("sock_connect", ("255.255.255.255", 1))
    yield make("unresolved", "socket.gaierror", partial(with_socket, unknown))
    yield make("unreachable", "OSError", partial(with_socket, nowhere))


@by_operation(sock_connects())
def test_loop_sock_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(
    [Experiment(f"{LOOP}.sock_accept", "unreachable", "OSError", partial(with_socket, of_loop("sock_accept")))]
)
def test_loop_sock_accept(experiments: list[Experiment]) -> None:
    check_all(experiments)


def over_line(
    state: State, family: socket.AddressFamily, call: Callable[[socket.socket], Coroutine[Any, Any, object]]
) -> Outcome:
    with line(family) as (ours, theirs):
        state(ours, theirs)
        ours.setblocking(False)
        return run(partial(call, ours))


def shut(ours: socket.socket, theirs: socket.socket) -> None:
    ours.shutdown(socket.SHUT_WR)


async def send_file(sock: socket.socket) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
        file.seek(0)
        await asyncio.get_running_loop().sock_sendfile(sock, file)


SENDS: dict[str, Callable[[socket.socket], Coroutine[Any, Any, object]]] = {
    "sock_sendall": of_loop("sock_sendall", b"x"),
    "sock_sendfile": lambda sock: asyncio.get_running_loop().sock_sendfile(sock, io.BytesIO(b"x")),
    "sock_sendto": of_loop("sock_sendto", b"x", (HOST, 1)),
}
RECEIVES: dict[str, Callable[[socket.socket], Coroutine[Any, Any, object]]] = {
    "sock_recv": of_loop("sock_recv", 1),
    "sock_recv_into": lambda sock: asyncio.get_running_loop().sock_recv_into(sock, bytearray(1)),
    "sock_recvfrom": of_loop("sock_recvfrom", 1),
    "sock_recvfrom_into": lambda sock: asyncio.get_running_loop().sock_recvfrom_into(sock, bytearray(1)),
}
# Over TCP, and over a Unix socket
SENDING: tuple[tuple[State, Scenario, str | None, Scenario, str | None], ...] = (
    (drop, "reset", "ConnectionResetError", "broken", "BrokenPipeError"),
    (drop_and_send, "broken", "BrokenPipeError", "broken", "BrokenPipeError"),
    (end, "closed", None, "broken", "BrokenPipeError"),
    (end_and_send, "broken", "BrokenPipeError", "broken", "BrokenPipeError"),
    (shut, "broken", "BrokenPipeError", "broken", "BrokenPipeError"),
)
RECEIVING: tuple[tuple[State, Scenario, str | None, Scenario, str | None], ...] = (
    (drop, "reset", "ConnectionResetError", "reset", "ConnectionResetError"),
    (end, "closed", None, "closed", None),
    (end_and_send, "closed", None, "closed", None),
)


def over_lines(
    name: str,
    call: Callable[[socket.socket], Coroutine[Any, Any, object]],
    table: tuple[tuple[State, Scenario, str | None, Scenario, str | None], ...],
    families: tuple[socket.AddressFamily, ...],
) -> Iterator[Experiment]:
    for state, scenario, raises, unix_scenario, unix_raises in table:
        for family in families:
            unix = family == socket.AF_UNIX
            kind, error = (unix_scenario, unix_raises) if unix else (scenario, raises)
            yield Experiment(f"{LOOP}.{name}", kind, error, partial(over_line, state, family, call), state.__name__)


def datagram_refused(call: Callable[[socket.socket], Coroutine[Any, Any, object]]) -> Outcome:
    async def wait_for_it(sock: socket.socket) -> object:
        return await asyncio.wait_for(call(sock), LATE)

    with closed_datagram_port() as nobody, socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(nobody)
        sock.send(b"x")
        wait_for_hangup(sock, error_only=True)
        sock.setblocking(False)
        return run(partial(wait_for_it, sock))


def sock_sends() -> Iterator[Experiment]:
    everywhere = (*FAMILIES, socket.AF_UNIX)
    for name, call in SENDS.items():
        yield from over_lines(name, call, SENDING, (socket.AF_INET,) if name == "sock_sendto" else everywhere)
    # what sendfile(2) cannot send is sent by other means, and fails as these do
    native = tuple(each for each in SENDING if each[0] is not drop)
    yield from over_lines("sock_sendfile", send_file, native, everywhere)
    make = partial(Experiment, f"{LOOP}.sock_sendto")
    yield make("refused", "ConnectionRefusedError", partial(datagram_refused, SENDS["sock_sendto"]), "datagram")
    nobody = of_loop("sock_sendto", b"x", (UNKNOWN_HOST, 1))
    yield make("unresolved", "socket.gaierror", partial(with_socket, nobody, kind=socket.SOCK_DGRAM), "datagram")


@by_operation(sock_sends())
def test_loop_sock_send(experiments: list[Experiment]) -> None:
    check_all(experiments)


def sock_receives() -> Iterator[Experiment]:
    for name, call in RECEIVES.items():
        yield from over_lines(name, call, RECEIVING, (*FAMILIES, socket.AF_UNIX))
        yield Experiment(f"{LOOP}.{name}", "unreachable", "OSError", partial(with_socket, call), "never connected")
        if "from" in name:
            perform = partial(datagram_refused, call)
            yield Experiment(f"{LOOP}.{name}", "refused", "ConnectionRefusedError", perform, "datagram")


@by_operation(sock_receives())
def test_loop_sock_receive(experiments: list[Experiment]) -> None:
    check_all(experiments)


def resolves() -> Iterator[Experiment]:
    calls: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "getaddrinfo": lambda: asyncio.get_running_loop().getaddrinfo(UNKNOWN_HOST, 1),
        "getnameinfo": lambda: asyncio.get_running_loop().getnameinfo((UNKNOWN_HOST, 1)),
    }
    for name, call in calls.items():
        yield Experiment(f"{LOOP}.{name}", "unresolved", "socket.gaierror", partial(run, call))


@by_operation(resolves())
def test_loop_resolve(experiments: list[Experiment]) -> None:
    check_all(experiments)
