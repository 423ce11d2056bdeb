"""What nats-py raises, with one more attempt and no wait before it."""

from __future__ import annotations

import asyncio
import functools
import logging
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, RUBBISH, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import LATE, SOON, close, hear, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.clients import Address, Treatment

nats = pytest.importorskip("nats")

# A connection that is given up in the middle is left to the garbage collector, and that may come too late
pytestmark = pytest.mark.filterwarnings("ignore:loop is closed:ResourceWarning")
NONE = "nats.errors.NoServersError"
INFO = b'INFO {"server_id":"x","version":"2.10.0","max_payload":1000,"proto":1,"headers":true}\r\n'
PING = b"PING\r\n"
logging.getLogger("nats").setLevel(logging.CRITICAL + 1)


def served(then: Treatment, word: bytes) -> Treatment:
    """Return a treatment that is a server until it hears `word`, and goes on with another then."""
    return say(INFO, hear(PING, say(b"PONG\r\n", hear(word, then))))


async def quiet(_: BaseException) -> None:
    """Take what goes to the log otherwise."""


def url(address: Address) -> str:
    host, port = address
    return f"nats://{host}:{port}"


def connect(how: Callable[..., Awaitable[Any]], address: Address, timeout: float, **options: Any) -> Any:
    async def perform() -> None:
        await how(
            url(address),
            connect_timeout=timeout,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=quiet,
            **options,
        )

    return asyncio.run(raised_by(perform()))


async def by_client(*args: Any, **options: Any) -> Any:
    return await nats.aio.client.Client().connect(*args, **options)


CONNECT = {
    **NOBODY_TWICE,
    "no word, reset": Place("reset", at(say(INFO, hear(PING, reset)))),
    "no word, closed": Place("closed", at(close)),
    "no word": Place("timeout", at(stay_silent)),
    "half a word": Place("cut", at(say(b"INFO {", close))),
    "another protocol": Place("rubbish", at(say(RUBBISH))),
    "no answer": Place("timeout", at(say(INFO))),
    "not allowed": Place("answered", at(say(INFO, hear(PING, say(b"-ERR 'Authorization Violation'\r\n"))))),
}
ONCE: dict[str, str | None] = {
    "no word, reset": "ConnectionResetError",
    "no word, closed": "nats.errors.Error",
    "no word": "TimeoutError",
    "half a word": "nats.errors.Error",
    "another protocol": "nats.errors.Error",
    "no answer": "TimeoutError",
    "not allowed": "nats.errors.Error",
}


def connects() -> Iterator[Experiment]:
    for name, how in (("nats.connect", nats.connect), ("nats.aio.client.Client.connect", by_client)):
        again = functools.partial(connect, how)
        yield from experiments(name, again, CONNECT, NONE)
        once = functools.partial(again, allow_reconnect=False)
        yield from experiments(name, once, CONNECT, NONE, ONCE, given=("allow_reconnect",))


def perform(
    call: Callable[[Any], Awaitable[object]], address: Address, _: float, *, lost: bool = False
) -> BaseException | None:
    async def talk() -> BaseException | None:
        closed = asyncio.Event()

        async def tell() -> None:
            closed.set()

        client = await nats.connect(url(address), allow_reconnect=False, error_cb=quiet, closed_cb=tell)
        if lost:
            await client.publish("s", b"lost")
            await asyncio.wait_for(closed.wait(), LATE)
        error = await raised_by(call(client))
        await client.close()
        return error

    return asyncio.run(talk())


CALLS: dict[str, tuple[bytes, str, Callable[[Any], Awaitable[object]]]] = {
    "flush": (PING, "nats.errors.FlushTimeoutError", operator.methodcaller("flush", SOON)),
    "request": (b"PUB", "nats.errors.TimeoutError", operator.methodcaller("request", "s", b"x", timeout=SOON)),
}
NOBODY_LISTENS = b"NATS/1.0 503\r\n\r\n"


def answer_nobody(connection: Any) -> None:
    """Say to a request that nobody listens to its subject."""
    heard = b""
    while b"x\r\n" not in heard:
        heard += connection.recv(65536)
    fields = heard[heard.index(b"PUB") :].split()
    connection.sendall(b"HMSG %s 1 16 16\r\n%s\r\n" % (fields[2], NOBODY_LISTENS))
    connection.recv(65536)


def requests() -> Iterator[Experiment]:
    owner = "nats.aio.client.Client"
    for name, (word, kind, call) in CALLS.items():
        places = {
            "silent": Place("timeout", at(served(stay_silent, word))),
            "reset": Place("reset", at(served(reset, word))),
            "closed": Place("closed", at(served(close, word))),
        }
        yield from experiments(f"{owner}.{name}", functools.partial(perform, call), places, kind)
    publish = operator.methodcaller("publish", "s", b"x")
    gone = {"lost before": Place("broken", at(served(close, b"lost")))}
    for name, call in (("publish", publish), ("request", CALLS["request"][2]), ("flush", CALLS["flush"][2])):
        lost = functools.partial(perform, call, lost=True)
        yield from experiments(f"{owner}.{name}", lost, gone, "nats.errors.ConnectionClosedError")


def nobody_listens(address: Address, _: float) -> BaseException | None:
    return perform(operator.methodcaller("request", "s", b"x", timeout=LATE), address, LATE)


ALONE = {"nobody listens": Place("answered", at(say(INFO, hear(PING, say(b"PONG\r\n", answer_nobody)))))}
REQUESTS = [
    *requests(),
    *experiments("nats.aio.client.Client.request", nobody_listens, ALONE, "nats.errors.NoRespondersError"),
]


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(REQUESTS)
def test_request(experiments: list[Experiment]) -> None:
    check_all(experiments)
