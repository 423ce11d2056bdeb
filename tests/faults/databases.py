"""Databases that fail on purpose: as much of a server as a client has to see before it is disappointed.

Each speaks its protocol until the client asks for what an experiment is about, and then treats the connection as the
experiment wants it. What fails before anybody has said a word (a port that is closed, a name without an address) is the
same for all.
"""

from __future__ import annotations

import contextlib
import struct
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge
from tests.faults.experiments import Experiment
from tests.faults.peers import (
    UNKNOWN_HOST,
    Peer,
    black_hole,
    close,
    closed_port,
    hear,
    patience,
    reset,
    say,
    stay_silent,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connlint.knowledge.model import Library, Scenario

    Treatment = Callable[[socket.socket], None]
    Address = tuple[str, int]
    Place = Callable[[], contextlib.AbstractContextManager[Address]]
    # An operation on a server at an address, with a timeout in seconds; it returns what it raised
    Perform = Callable[[Address, float], BaseException | None]


class Way(NamedTuple):
    """A way to fail: its scenario, and where a client meets it."""

    scenario: Scenario
    place: Place


def at(treat: Treatment) -> Place:
    """Return a place with a server that treats each connection by `treat`."""

    @contextlib.contextmanager
    def place() -> Iterator[Address]:
        with Peer(treat) as peer:
            yield peer.address

    return place


def somewhere(host: str, port: int = 1) -> Place:
    """Return a place of which nothing but the address is known."""
    return lambda: contextlib.nullcontext((host, port))


# Who never gets a word with a server
NOBODY: Mapping[str, Way] = {
    "closed port": Way("refused", closed_port),
    "full backlog": Way("timeout", black_hole),
    "unknown host": Way("unresolved", somewhere(UNKNOWN_HOST)),
    "no route": Way("unreachable", somewhere("255.255.255.255")),
}
RUBBISH = b"HTTP/1.1 400 Bad Request\r\n\r\n"


def experiments(
    operation: str,
    perform: Perform,
    ways: Mapping[str, Way],
    usual: str,
    unusual: Mapping[str, str | None] | None = None,
    *,
    without: Iterable[str] = (),
    given: tuple[str, ...] = (),
) -> Iterator[Experiment]:
    """Yield the experiments of one operation: each of `ways`, with the class that it brings out.

    That is the `usual` one where `unusual` does not say another; what is `without` is not tried.
    """
    outcomes = {**dict.fromkeys(ways, usual), **(unusual or {})}
    for name in sorted(outcomes.keys() - set(without)):
        yield Experiment(
            operation, ways[name].scenario, outcomes[name], partial(_perform, perform, ways[name]), name, given
        )


def _perform(perform: Perform, way: Way) -> BaseException | None:
    with way.place() as address:
        return perform(address, patience(way.scenario))


def taken_by_builtin(found: Iterable[Experiment], operation: str) -> dict[str, set[bool]]:
    """Return whether the builtin `ConnectionError` takes what an operation raises, by scenario."""
    taken: dict[str, set[bool]] = {}
    for each in found:
        if each.operation == operation and isinstance(each.raises, str):
            taken.setdefault(each.scenario, set()).add("ConnectionError" in knowledge.lineage(each.raises))
    return taken


def unproven(library: Library, found: Iterable[Experiment]) -> set[str]:
    """Return what the rows of a library say and no experiment brings out, of theirs or of a row with the same failures."""
    proven = {
        (row.failures, each.scenario, each.raises)
        for each in found
        if (row := knowledge.operation(each.operation)) is not None
    }
    return {
        f"{row.name}: {failure.scenario}: {failure.raises}"
        for row in library.operations
        for failure in row.possible
        if failure.source is None and (row.failures, failure.scenario, failure.raises) not in proven
    }


# MySQL


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


def read(connection: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes that the client sends."""
    found = b""
    while len(found) < size:
        data = connection.recv(size - len(found))
        if not data:
            raise ConnectionAbortedError
        found += data
    return found


def _answer_login(answer: Treatment) -> Place:
    def log_in(connection: socket.socket) -> None:
        read(connection, int.from_bytes(read(connection, 4)[:3], "little"))
        answer(connection)

    return at(say(MYSQL_GREETING, log_in))


MYSQL_CONNECT: Mapping[str, Way] = {
    **NOBODY,
    "reset": Way("reset", _answer_login(reset)),
    "close": Way("closed", _answer_login(close)),
    "close at once": Way("closed", at(close)),
    "greeting cut": Way("cut", at(say(MYSQL_GREETING[:20], close))),
    "silence": Way("timeout", at(stay_silent)),
    "another protocol": Way("rubbish", at(say(RUBBISH, close))),
    "too many connections": Way("answered", at(say(mysql_error(1040, b"08004", 0)))),
    "access denied": Way("answered", _answer_login(say(mysql_error(1045, b"28000", 2)))),
}
# It speaks TLS no more than it says
MYSQL_NO_TLS = {
    "no TLS": Way("handshake", at(say(mysql_greeting(_CAPABILITIES | 0x800), hear(b"\x16\x03", say(RUBBISH, close))))),
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


def mysql_query(word: bytes) -> Mapping[str, Way]:
    """Return what a server does when it hears `word`."""
    return {name: Way(scenario, at(mysql(word, treat))) for name, (scenario, treat) in _MYSQL_ANSWERS.items()}


# PostgreSQL


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
POSTGRES_CONNECT: Mapping[str, Way] = {
    **NOBODY,
    "reset": Way("reset", at(authenticating(reset))),
    "close": Way("closed", at(authenticating(close))),
    "answer cut": Way("cut", at(authenticating(say(_FULL[:20], close)))),
    "silence": Way("timeout", at(authenticating(stay_silent))),
    "another protocol": Way("rubbish", at(say(RUBBISH, close))),
    "too many connections": Way("answered", at(authenticating(say(_FULL)))),
    "starting": Way("answered", at(authenticating(say(postgres_error(b"57P03", b"FATAL"))))),
    "wrong password": Way("answered", at(authenticating(say(postgres_error(b"28P01", b"FATAL"))))),
}
# It knows of no encryption
POSTGRES_NO_TLS = {"no TLS": Way("handshake", at(authenticating(stay_silent)))}
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


def postgres_query(word: bytes) -> Mapping[str, Way]:
    """Return what a server does when it hears `word`."""
    return {name: Way(scenario, at(postgres(word, treat))) for name, (scenario, treat) in _POSTGRES_ANSWERS.items()}
