"""What asyncio's streams and event loop raise."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
from typing import TYPE_CHECKING, Any

import pytest

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
    compare,
    finish,
    hear,
    raised_by,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from pathlib import Path

    from connlint.knowledge.model import Scenario

    Seen = list[tuple[Scenario, BaseException | None]]

RUBBISH = say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
LOOP = "asyncio.AbstractEventLoop"

# What opens a connection to a host and a port: streams, and the loop below them
OPENERS: dict[str, Callable[..., Coroutine[Any, Any, object]]] = {
    "asyncio.open_connection": asyncio.open_connection,
    f"{LOOP}.create_connection": lambda *address, **options: asyncio.get_running_loop().create_connection(
        asyncio.Protocol, *address, **options
    ),
}


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that has two addresses, both of this machine."""
    resolve = socket.getaddrinfo

    def both(host: str, *args: Any, **options: Any) -> list[Any]:
        if host != "twice":
            return resolve(host, *args, **options)
        return [*resolve("127.0.0.1", *args, **options), *resolve("127.0.0.2", *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    return "twice"


async def open_and_close(opener: Callable[..., Coroutine[Any, Any, Any]], peer: Peer) -> None:
    first, second = await opener(*peer.address)
    (second if isinstance(second, asyncio.StreamWriter) else first).close()


async def open_and_fail(opener: Callable[..., Coroutine[Any, Any, object]], two_addresses: str) -> tuple[Seen, Seen]:
    with closed_port() as closed:
        plain: Seen = [
            ("refused", await raised_by(opener(*closed))),
            ("refused", await raised_by(opener(two_addresses, closed[1]))),
            ("refused", await raised_by(opener(two_addresses, closed[1], happy_eyeballs_delay=0))),
            ("unresolved", await raised_by(opener(UNKNOWN_HOST, 1))),
            ("unreachable", await raised_by(opener("255.255.255.255", 1))),
        ]
    with Peer(reset) as hasty:  # only now and then is it so fast that the connect itself fails
        errors = [await raised_by(open_and_close(opener, hasty)) for _ in range(20)]
        plain += [("reset", error) for error in errors if error is not None]
    with Peer(hear(b"\x01", reset)) as dropping, Peer(RUBBISH) as other, Peer(stay_silent) as silent:
        tls = client_context()
        secret: Seen = [
            ("reset", await raised_by(opener(*dropping.address, ssl=tls))),
            ("handshake", await raised_by(opener(*other.address, ssl=tls))),
            ("timeout", await raised_by(opener(*silent.address, ssl=tls, ssl_handshake_timeout=SOON))),
        ]
    return plain, secret


@pytest.mark.parametrize("name", OPENERS)
def test_open_connection(name: str, two_addresses: str) -> None:
    plain, secret = asyncio.run(open_and_fail(OPENERS[name], two_addresses))
    assert type(plain[1][1]) is OSError  # which `except ConnectionError` misses
    assert type(plain[2][1]) is OSError
    compare(name, plain, documented=("ConnectionResetError",))
    compare(name, plain + secret, ssl=True)


UNIX_OPENERS: dict[str, Callable[..., Coroutine[Any, Any, object]]] = {
    "asyncio.open_unix_connection": asyncio.open_unix_connection,
    f"{LOOP}.create_unix_connection": lambda path: asyncio.get_running_loop().create_unix_connection(
        asyncio.Protocol, path
    ),
}


@pytest.mark.parametrize("name", UNIX_OPENERS)
def test_unix_connection(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "nobody")
    missing = asyncio.run(raised_by_new(lambda: UNIX_OPENERS[name](path)))
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(path)
        refused = asyncio.run(raised_by_new(lambda: UNIX_OPENERS[name](path)))
    compare(name, {"unresolved": missing, "refused": refused}, documented=("ConnectionResetError",))


async def raised_by_new(make: Callable[[], Awaitable[object]]) -> BaseException | None:
    return await raised_by(make())


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


@pytest.mark.parametrize("name", READS)
def test_read(name: str) -> None:
    read = READS[name]

    async def fail() -> Seen:
        seen: Seen = []
        async with connected(DROP) as (reader, writer):
            await drop_line(writer)
            seen.append(("reset", await raised_by(read(reader))))
        async with connected(close) as (reader, writer):
            await break_line(reader, writer)
            seen.append(("broken", await raised_by(read(reader))))
        if name in {"readexactly", "readuntil"}:
            async with connected(say(b"x", close)) as (reader, _):
                seen.append(("cut", await raised_by(read(reader))))
        if name in {"readline", "readuntil"}:
            async with connected(say(b"xxx"), limit=2) as (reader, _):
                seen.append(("rubbish", await raised_by(read(reader))))
        return seen

    compare(f"asyncio.StreamReader.{name}", asyncio.run(fail()))


@pytest.mark.parametrize("name", ["drain", "wait_closed"])
def test_write(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        async with connected(DROP) as (_, writer):
            await drop_line(writer)
            seen.append(("reset", await raised_by(getattr(writer, name)())))
        async with connected(close) as (reader, writer):
            await break_line(reader, writer)
            seen.append(("broken", await raised_by(getattr(writer, name)())))
        return seen

    compare(f"asyncio.StreamWriter.{name}", asyncio.run(fail()))


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


@pytest.mark.parametrize(
    ("name", "start"), [("asyncio.StreamWriter", start_by_writer), (LOOP, start_by_loop)], ids=["writer", "loop"]
)
def test_start_tls(name: str, start: Callable[[tuple[str, int], float], Awaitable[None]]) -> None:
    async def fail() -> Seen:
        with Peer(hear(b"\x01", reset)) as dropping, Peer(RUBBISH) as other, Peer(stay_silent) as silent:
            return [
                ("reset", await raised_by(start(dropping.address, LATE))),
                ("handshake", await raised_by(start(other.address, LATE))),
                ("timeout", await raised_by(start(silent.address, SOON))),
            ]

    compare(f"{name}.start_tls", asyncio.run(fail()))


def test_loop_sock_connect() -> None:
    async def fail() -> Seen:
        connect = asyncio.get_running_loop().sock_connect
        seen: Seen = []
        with closed_port() as closed:
            for scenario, address in (
                ("refused", closed),
                ("unresolved", (UNKNOWN_HOST, 1)),
                ("unreachable", ("255.255.255.255", 1)),
            ):
                with socket.socket() as sock:
                    sock.setblocking(False)
                    seen.append((scenario, await raised_by(connect(sock, address))))  # type: ignore[arg-type]
        return seen

    compare(f"{LOOP}.sock_connect", asyncio.run(fail()), documented=("ConnectionResetError",))


def test_loop_sock_send() -> None:
    async def fail(send: Callable[[socket.socket], Coroutine[Any, Any, object]]) -> Seen:
        with Peer(DROP) as dropping, socket.create_connection(dropping.address) as sock:
            finish(sock)
            sock.setblocking(False)
            return [("reset", await raised_by(send(sock))), ("broken", await raised_by(send(sock)))]

    async def sendall(sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendall(sock, b"x")

    async def sendfile(sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendfile(sock, io.BytesIO(b"x"))

    async def sendto(sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendto(sock, b"x", (HOST, 1))

    compare(f"{LOOP}.sock_sendall", asyncio.run(fail(sendall)))
    compare(f"{LOOP}.sock_sendfile", asyncio.run(fail(sendfile)))
    compare(f"{LOOP}.sock_sendto", asyncio.run(fail(sendto)))


RECEIVES: dict[str, Callable[[socket.socket], Coroutine[Any, Any, object]]] = {
    "sock_recv": lambda sock: asyncio.get_running_loop().sock_recv(sock, 1),
    "sock_recv_into": lambda sock: asyncio.get_running_loop().sock_recv_into(sock, bytearray(1)),
    "sock_recvfrom": lambda sock: asyncio.get_running_loop().sock_recvfrom(sock, 1),
    "sock_recvfrom_into": lambda sock: asyncio.get_running_loop().sock_recvfrom_into(sock, bytearray(1)),
}


@pytest.mark.parametrize("name", RECEIVES)
def test_loop_sock_receive(name: str) -> None:
    async def fail() -> Seen:
        seen: Seen = []
        with Peer(DROP) as dropping, socket.create_connection(dropping.address) as sock:
            finish(sock)
            sock.setblocking(False)
            seen.append(("reset", await raised_by(RECEIVES[name](sock))))
        if "from" in name:
            with closed_datagram_port() as closed, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
                datagrams.connect(closed)
                datagrams.send(b"x")
                datagrams.setblocking(False)
                seen.append(("refused", await raised_by(asyncio.wait_for(RECEIVES[name](datagrams), LATE))))
        return seen

    compare(f"{LOOP}.{name}", asyncio.run(fail()))


def test_loop_resolve() -> None:
    async def fail(name: str) -> Seen:
        loop = asyncio.get_running_loop()
        if name == "getaddrinfo":
            return [("unresolved", await raised_by(loop.getaddrinfo(UNKNOWN_HOST, 1)))]
        return [("unresolved", await raised_by(loop.getnameinfo((UNKNOWN_HOST, 1))))]

    for name in ("getaddrinfo", "getnameinfo"):
        compare(f"{LOOP}.{name}", asyncio.run(fail(name)))
