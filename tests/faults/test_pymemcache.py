"""What pymemcache raises: mostly what its socket does."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY, RUBBISH, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, hear, raised, reset, say, stay_silent, wait_for_hangup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.faults.clients import Address

pymemcache = pytest.importorskip("pymemcache")

ERRORS = "pymemcache.exceptions"
CLOSED = f"{ERRORS}.MemcacheUnexpectedCloseError"
PLACES: Mapping[str, Place] = {
    **NOBODY,
    "reset": Place("reset", at(hear(b"\n", reset))),
    "close": Place("closed", at(hear(b"\n", close))),
    "line cut": Place("cut", at(hear(b"\n", say(b"VAL", close)))),
    "silence": Place("timeout", at(stay_silent)),
    "another protocol": Place("rubbish", at(hear(b"\n", say(RUBBISH)))),
    "server error": Place("answered", at(hear(b"\n", say(b"SERVER_ERROR no\r\n")))),
    "client error": Place("answered", at(hear(b"\n", say(b"CLIENT_ERROR no\r\n")))),
    "unknown command": Place("answered", at(hear(b"\n", say(b"ERROR\r\n")))),
}
OUTCOMES = {
    "another protocol": f"{ERRORS}.MemcacheUnknownError",
    "client error": f"{ERRORS}.MemcacheClientError",
    "closed port": "ConnectionRefusedError",
    "full backlog": "TimeoutError",
    "no route": "OSError",
    "reset": "ConnectionResetError",
    "server error": f"{ERRORS}.MemcacheServerError",
    "silence": "TimeoutError",
    "unknown command": f"{ERRORS}.MemcacheUnknownCommandError",
    "unknown host": "socket.gaierror",
}
CALLS: dict[str, Callable[[Any], object]] = {
    "get": lambda client: client.get("x"),
    "get_many": lambda client: client.get_many(["x"]),
    "set": lambda client: client.set("x", "y", noreply=False),
}


def perform(kind: str, call: Callable[[Any], object], address: Address, timeout: float) -> BaseException | None:
    # a client of many servers tries each again, and later says that all are down
    several = kind == "HashClient"
    options = {"connect_timeout": timeout, "timeout": timeout, **({"retry_attempts": 0} if several else {})}
    client = getattr(pymemcache, kind)([address] if several else address, **options)
    try:
        return raised(lambda: call(client))
    finally:
        client.close()


def perform_on_lost_line(address: Address, timeout: float) -> BaseException | None:
    """Store twice without waiting for an answer, as is the default, when the server has gone."""
    client = pymemcache.Client(address, connect_timeout=timeout, timeout=timeout)
    try:
        client.set("x", "y")
        wait_for_hangup(client.sock)
        client.set("x", "y")
        wait_for_hangup(client.sock, error_only=True)
        return raised(lambda: client.set("x", "y"))
    finally:
        client.close()


def commands() -> Iterator[Experiment]:
    for kind in ("Client", "HashClient", "PooledClient"):
        for name, call in CALLS.items():
            yield from experiments(
                f"pymemcache.{kind}.{name}", functools.partial(perform, kind, call), PLACES, CLOSED, OUTCOMES
            )
    gone = {"lost before": PLACES["close"]._replace(scenario="broken")}
    yield from experiments("pymemcache.Client.set", perform_on_lost_line, gone, "BrokenPipeError")


@by_operation(commands())
def test_command(experiments: list[Experiment]) -> None:
    check_all(experiments)
