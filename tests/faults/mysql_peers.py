"""MySQL servers that fail on purpose: each greets, and says yes until the client asks for what an experiment is about."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.faults.clients import NOBODY, RUBBISH, Place, at
from tests.faults.peers import close, hear, read, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from connlint.knowledge.model import Scenario
    from tests.faults.clients import Open, Treatment


def mysql_packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


_SALT = b"12345678901234567890"
# Protocol 4.1, secure authentication by a plugin, transactions, a database at once; no TLS
_CAPABILITIES = 0x200 | 0x8000 | 0x80000 | 0x2000 | 0x8 | 0x1


def mysql_greeting(capabilities: int = _CAPABILITIES) -> bytes:
    return mysql_packet(
        0,
        b"\x0a8.0.36\0"
        + struct.pack("<I", 1)
        + _SALT[:8]
        + b"\0"
        + struct.pack("<HBHH", capabilities & 0xFFFF, 45, 2, capabilities >> 16)
        + bytes([21])
        + bytes(10)
        + _SALT[8:]
        + b"\0mysql_native_password\0",
    )


MYSQL_GREETING = mysql_greeting()
_MYSQL_OK = b"\0\0\0\2\0\0\0"


def mysql_error(code: int, state: bytes, number: int = 1) -> bytes:
    return mysql_packet(number, b"\xff" + struct.pack("<H", code) + b"#" + state + b"no")


def mysql(word: bytes, then: Treatment) -> Treatment:
    """Return a MySQL server that takes every user, and says yes until `word` is (or is in) what the client sends."""

    def treat(connection: socket.socket) -> None:
        connection.sendall(MYSQL_GREETING)
        while True:
            head = read(connection, 4)
            payload = read(connection, int.from_bytes(head[:3], "little"))
            if payload == word or (word in payload and len(word) > 1):
                return then(connection)
            connection.sendall(mysql_packet(head[3] + 1, _MYSQL_OK))

    return treat


def _answer_login(answer: Treatment) -> Open:
    def log_in(connection: socket.socket) -> None:
        read(connection, int.from_bytes(read(connection, 4)[:3], "little"))
        answer(connection)

    return at(say(MYSQL_GREETING, log_in))


MYSQL_CONNECT: Mapping[str, Place] = {
    **NOBODY,
    "reset": Place("reset", _answer_login(reset)),
    "close": Place("closed", _answer_login(close)),
    "close at once": Place("closed", at(close)),
    "greeting cut": Place("cut", at(say(MYSQL_GREETING[:20], close))),
    "silence": Place("timeout", at(stay_silent)),
    "another protocol": Place("rubbish", at(say(RUBBISH, close))),
    "too many connections": Place("answered", at(say(mysql_error(1040, b"08004", 0)))),
    "access denied": Place("answered", _answer_login(say(mysql_error(1045, b"28000", 2)))),
}
# It speaks TLS no more than it says
MYSQL_NO_TLS = {
    "no TLS": Place(
        "handshake", at(say(mysql_greeting(_CAPABILITIES | 0x800), hear(b"\x16\x03", say(RUBBISH, close))))
    ),
}
_MYSQL_ANSWERS: Mapping[str, tuple[Scenario, Treatment]] = {
    "reset": ("reset", reset),
    "close": ("closed", close),
    "answer cut": ("cut", say(mysql_packet(1, b"\1")[:3], close)),
    "silence": ("timeout", stay_silent),
    "another protocol": ("rubbish", say(RUBBISH, close)),
    "syntax error": ("answered", say(mysql_error(1064, b"42000"))),
    "data too long": ("answered", say(mysql_error(1406, b"22001"))),
    "duplicate key": ("answered", say(mysql_error(1062, b"23000"))),
    "not supported": ("answered", say(mysql_error(1235, b"0A000"))),
    "lock wait timeout": ("answered", say(mysql_error(1205, b"HY000"))),
    "shutting down": ("answered", say(mysql_error(1053, b"08S01"))),
    # a second try, on a line that the first has found lost
    "lost before": ("broken", close),
}


def mysql_query(word: bytes) -> Mapping[str, Place]:
    """Return what a server does when it hears `word`."""
    return {name: Place(scenario, at(mysql(word, treat))) for name, (scenario, treat) in _MYSQL_ANSWERS.items()}
