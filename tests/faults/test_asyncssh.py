"""What asyncssh raises, against a server of its own that goes away when it is asked for a session."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import struct
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, Place, at, experiments, somewhere
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import HOST, LATE, close, hear, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address

asyncssh = pytest.importorskip("asyncssh")

KEY = asyncssh.generate_private_key("ssh-ed25519")
BANNER = b"SSH-2.0-x\r\n"
LINE = b"\n"
EXCHANGE = b"curve25519"  # in the client's first packet
logging.getLogger("asyncssh").setLevel(logging.CRITICAL + 1)


class Server(asyncssh.SSHServer):  # type: ignore[misc, name-defined]
    """Lets everybody in who knows the password, and goes away when it is asked for a session."""

    def __init__(self, *, resets: bool) -> None:
        self.resets = resets

    def connection_made(self, connection: Any) -> None:
        self.connection = connection

    def begin_auth(self, _: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, _: str, password: str) -> bool:
        return password == "right"

    def session_requested(self) -> bool:
        if self.resets:
            sock = self.connection.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.abort()
        return False


def dial(address: Address, timeout: float, **options: Any) -> Awaitable[Any]:
    usual = {
        "known_hosts": None,
        "username": "u",
        "password": "right",
        "client_keys": None,
        "agent_path": None,
        "config": None,
    }
    dialled: Awaitable[Any] = asyncssh.connect(*address, connect_timeout=timeout, **{**usual, **options})
    return dialled


def connect(address: Address, timeout: float) -> BaseException | None:
    return asyncio.run(raised_by(dial(address, timeout)))


CONNECT = {
    **NOBODY_TWICE,
    "no banner, reset": Place("reset", at(hear(LINE, reset))),
    "no banner, closed": Place("closed", at(hear(LINE, close))),
    "no banner": Place("timeout", at(stay_silent)),
    "half a banner": Place("cut", at(hear(LINE, say(BANNER[:5], close)))),
    "another protocol": Place("rubbish", at(hear(LINE, say(b"HTTP/1.1 400 Bad Request\r\n" * 2000)))),
    "rubbish after the banner": Place("rubbish", at(say(BANNER, hear(EXCHANGE, say(b"x" * 4000))))),
    "banner, then reset": Place("reset", at(say(BANNER, hear(EXCHANGE, reset)))),
    "banner, then closed": Place("closed", at(say(BANNER, hear(EXCHANGE, close)))),
    "half a packet": Place("cut", at(say(BANNER + b"\0\0\1\0", hear(EXCHANGE, close)))),
}
CONNECT_RAISES: dict[str, str | None] = {
    "closed port": "ConnectionRefusedError",
    "two closed ports": "OSError",
    "full backlog": "TimeoutError",
    "unknown host": "socket.gaierror",
    "no route": "OSError",
    "no banner": "TimeoutError",
    "no banner, reset": "ConnectionResetError",
    "banner, then reset": "ConnectionResetError",
    "another protocol": "asyncssh.ProtocolError",
    "rubbish after the banner": "asyncssh.ProtocolError",
}


async def served(resets: bool, talk: Callable[[Address], Awaitable[BaseException | None]]) -> BaseException | None:
    server = await asyncssh.listen(
        HOST, 0, server_host_keys=[KEY], server_factory=functools.partial(Server, resets=resets)
    )
    try:
        return await talk((HOST, server.get_port()))
    finally:
        server.close()
        await server.wait_closed()


def refused_entry(_address: Address, _timeout: float, **options: Any) -> BaseException | None:
    return asyncio.run(served(False, lambda address: raised_by(dial(address, LATE, **options))))


def in_session(
    call: Callable[[Any], Awaitable[object]], resets: bool, lost: bool, _address: Address, _timeout: float
) -> BaseException | None:
    async def talk(address: Address) -> BaseException | None:
        connection = await dial(address, LATE)
        if lost:
            await raised_by(call(connection))
        error = await raised_by(call(connection))
        connection.close()
        await connection.wait_closed()
        return error

    return asyncio.run(served(resets, talk))


HERE = somewhere(HOST)  # the server is made within the experiment, in the same event loop
CALLS: dict[str, Callable[[Any], Awaitable[object]]] = {
    "create_process": lambda connection: connection.create_process("true"),
    "open_session": lambda connection: connection.open_session("true"),
    "run": lambda connection: connection.run("true"),
    "start_sftp_client": lambda connection: connection.start_sftp_client(),
}


def connects() -> Iterator[Experiment]:
    name = "asyncssh.connect"
    yield from experiments(name, connect, CONNECT, "asyncssh.ConnectionLost", CONNECT_RAISES)
    for what, options, kind in (
        ("wrong password", {"password": "wrong"}, "asyncssh.PermissionDenied"),
        ("unknown host key", {"known_hosts": b""}, "asyncssh.HostKeyNotVerifiable"),
    ):
        places = {what: Place("answered", HERE)}
        yield from experiments(name, functools.partial(refused_entry, **options), places, kind)


def sessions() -> Iterator[Experiment]:
    for name, call in CALLS.items():
        for scenario, resets, lost in (("reset", True, False), ("closed", False, False), ("broken", False, True)):
            places = {scenario: Place(scenario, HERE)}  # type: ignore[arg-type]
            talk = functools.partial(in_session, call, resets, lost)
            yield from experiments(f"asyncssh.SSHClientConnection.{name}", talk, places, "asyncssh.ChannelOpenError")


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(sessions())
def test_session(experiments: list[Experiment]) -> None:
    check_all(experiments)
