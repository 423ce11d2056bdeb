"""PostgreSQL servers that fail on purpose: each takes every user, and says yes until an experiment's word comes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.faults.clients import NOBODY, RUBBISH, Place, at
from tests.faults.peers import close, read, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from connlint.knowledge.model import Scenario
    from tests.faults.clients import Treatment


def postgres_message(kind: bytes, payload: bytes = b"") -> bytes:
    return kind + struct.pack(">I", len(payload) + 4) + payload


def postgres_error(code: bytes, severity: bytes = b"ERROR") -> bytes:
    return postgres_message(b"E", b"S" + severity + b"\0V" + severity + b"\0C" + code + b"\0Mno\0\0")


_PARAMETERS = {
    b"client_encoding": b"UTF8",
    b"integer_datetimes": b"on",
    b"server_encoding": b"UTF8",
    b"server_version": b"16.2",
    b"standard_conforming_strings": b"on",
    b"DateStyle": b"ISO, MDY",
}
_WELCOME = (
    postgres_message(b"R", struct.pack(">I", 0))
    + b"".join(postgres_message(b"S", name + b"\0" + value + b"\0") for name, value in _PARAMETERS.items())
    + postgres_message(b"K", struct.pack(">II", 1, 2))
)
_READY, _IN_TRANSACTION = postgres_message(b"Z", b"I"), postgres_message(b"Z", b"T")


def postgres(word: bytes, then: Treatment) -> Treatment:
    """Return a PostgreSQL server that takes every user, and says yes to every simple query until `word` comes."""

    def treat(connection: socket.socket) -> None:
        while len(startup := read(connection, struct.unpack(">I", read(connection, 4))[0] - 4)) == 4:
            connection.sendall(b"N")  # it asked for TLS, or for GSSAPI's encryption
        assert startup.startswith(b"\0\3\0")
        connection.sendall(_WELCOME + _READY)
        while True:
            kind = read(connection, 1)
            payload = read(connection, struct.unpack(">I", read(connection, 4))[0] - 4)
            if word in payload:
                return then(connection)
            if kind == b"Q":
                state = _IN_TRANSACTION if b"BEGIN" in payload.upper() else _READY
                connection.sendall(postgres_message(b"C", payload.split()[0].strip(b"\0").upper() + b"\0") + state)

    return treat


def authenticating(answer: Treatment) -> Treatment:
    """Return a PostgreSQL server that wants no encryption, and goes on with `answer` when it hears who comes."""

    def treat(connection: socket.socket) -> None:
        while len(read(connection, struct.unpack(">I", read(connection, 4))[0] - 4)) == 4:
            connection.sendall(b"N")
        answer(connection)

    return treat


# What a client begins with that would like TLS
POSTGRES_TLS = struct.pack(">I", 80877103)
_FULL = postgres_error(b"53300", b"FATAL")
POSTGRES_CONNECT: Mapping[str, Place] = {
    **NOBODY,
    "reset": Place("reset", at(authenticating(reset))),
    "close": Place("closed", at(authenticating(close))),
    "answer cut": Place("cut", at(authenticating(say(_FULL[:20], close)))),
    "silence": Place("timeout", at(authenticating(stay_silent))),
    "another protocol": Place("rubbish", at(say(RUBBISH, close))),
    "too many connections": Place("answered", at(authenticating(say(_FULL)))),
    "starting": Place("answered", at(authenticating(say(postgres_error(b"57P03", b"FATAL"))))),
    "wrong password": Place("answered", at(authenticating(say(postgres_error(b"28P01", b"FATAL"))))),
}
# It knows of no encryption
POSTGRES_NO_TLS = {"no TLS": Place("handshake", at(authenticating(stay_silent)))}
_POSTGRES_ANSWERS: Mapping[str, tuple[Scenario, Treatment]] = {
    "reset": ("reset", reset),
    "close": ("closed", close),
    "answer cut": ("cut", say(_FULL[:9], close)),
    "silence": ("timeout", stay_silent),
    "another protocol": ("rubbish", say(RUBBISH, close)),
    "shutting down": ("closed", say(postgres_error(b"57P01", b"FATAL"), close)),
    **{
        name: ("answered", say(postgres_error(code) + _IN_TRANSACTION))
        for name, code in {
            "syntax error": b"42601",
            "data too long": b"22001",
            "duplicate key": b"23505",
            "not supported": b"0A000",
            "failed transaction": b"25P02",
            "lock not available": b"55P03",
        }.items()
    },
    # a second try, on a line that the first has found lost
    "lost before": ("broken", close),
}


def postgres_query(word: bytes) -> Mapping[str, Place]:
    """Return what a server does when it hears `word`."""
    return {name: Place(scenario, at(postgres(word, treat))) for name, (scenario, treat) in _POSTGRES_ANSWERS.items()}
