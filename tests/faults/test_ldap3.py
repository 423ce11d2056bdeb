"""What ldap3 raises, against a server that lets everybody bind, and then fails."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY, RUBBISH, Place, at, experiments, experiments_over
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, hear, raised, read, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from tests.faults.clients import Address

ldap3 = pytest.importorskip("ldap3")

ERRORS = "ldap3.core.exceptions"
OPEN, RECEIVE = f"{ERRORS}.LDAPSocketOpenError", f"{ERRORS}.LDAPSocketReceiveError"
TERMINATED = f"{ERRORS}.LDAPSessionTerminatedByServerError"
CONNECTION = "ldap3.core.connection.Connection"
BIND_REQUEST, BIND_RESPONSE = 0x60, 0x61


def directory(then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """Return a server that takes every bind, and goes on with `then` when it hears anything else."""

    def treat(connection: socket.socket) -> None:
        while True:
            size = read(connection, 2)[1]
            if size & 0x80:
                size = int.from_bytes(read(connection, size & 0x7F), "big")
            request = read(connection, size)
            # requests are numbered from 1 in the whole program, so that few numbers need more than a byte here
            length = request[1]
            number, kind = request[2 : 2 + length], request[2 + length]
            if kind != BIND_REQUEST:
                return then(connection)
            done = bytes([BIND_RESPONSE, 7, 0x0A, 1, 0, 4, 0, 4, 0])
            body = bytes([2, length]) + number + done
            connection.sendall(bytes([0x30, len(body)]) + body)

    return treat


ANSWERS: Mapping[str, tuple[Any, Callable[[socket.socket], None]]] = {
    "reset": ("reset", reset),
    "close": ("closed", close),
    "answer cut": ("cut", say(b"\x30\x0c\x02\x01", close)),
    "silence": ("timeout", stay_silent),
    "another protocol": ("rubbish", say(RUBBISH, close)),
}
BINDING: Mapping[str, Place] = {
    **NOBODY,
    **{
        name: Place(scenario, at(treat if name == "silence" else hear(b"\x80", treat)))
        for name, (scenario, treat) in ANSWERS.items()
    },
}
REQUESTING = {
    **{name: Place(scenario, at(directory(treat))) for name, (scenario, treat) in ANSWERS.items()},
    "lost before": Place("broken", at(directory(close))),
}


def connection(address: Address, timeout: float, **options: Any) -> Any:
    server = ldap3.Server(*address, connect_timeout=timeout, get_info=ldap3.NONE)
    return ldap3.Connection(server, "cn=u", "p", **options)


def construct(address: Address, timeout: float) -> BaseException | None:
    return raised(lambda: connection(address, timeout, auto_bind=True))


def bind(address: Address, timeout: float) -> BaseException | None:
    def call() -> None:
        opened = connection(address, timeout)
        opened.open()
        opened.socket.settimeout(timeout)  # it takes only whole seconds
        opened.bind()

    return raised(call)


def perform(call: Callable[[Any], object], twice: bool, address: Address, timeout: float) -> BaseException | None:
    opened = connection(address, 5, auto_bind=True)
    opened.socket.settimeout(timeout)
    if twice:
        raised(lambda: call(opened))
    try:
        return raised(lambda: call(opened))
    finally:
        raised(opened.unbind)


CALLS: dict[str, Callable[[Any], object]] = {
    "add": lambda opened: opened.add("cn=x", "person"),
    "compare": lambda opened: opened.compare("cn=x", "cn", "x"),
    "delete": lambda opened: opened.delete("cn=x"),
    "extended": lambda opened: opened.extended("1.3.6.1.4.1.4203.1.11.3"),
    "modify": lambda opened: opened.modify("cn=x", {"cn": [(ldap3.MODIFY_REPLACE, ["y"])]}),
    "modify_dn": lambda opened: opened.modify_dn("cn=x", "cn=y"),
    "search": lambda opened: opened.search("dc=x", "(cn=x)"),
}
LOST = {"reset": RECEIVE, "silence": RECEIVE}


def binds() -> Iterator[Experiment]:
    outcomes = {**dict.fromkeys(NOBODY, OPEN), **LOST}
    yield from experiments(
        CONNECTION, construct, BINDING, TERMINATED, outcomes, without=["silence"], given=("auto_bind",)
    )
    yield from experiments(f"{CONNECTION}.bind", bind, BINDING, TERMINATED, outcomes)


def requests() -> Iterator[Experiment]:
    for name, call in CALLS.items():
        how = functools.partial(perform, call)
        yield from experiments_over(f"{CONNECTION}.{name}", how, REQUESTING, TERMINATED, LOST, lost=OPEN)


@by_operation(binds())
def test_bind(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(requests())
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)
