"""What PyMongo raises, with its own retries switched off, against a server that says hello, and then fails."""

from __future__ import annotations

import asyncio
import functools
import struct
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from tests.faults.clients import NOBODY, RUBBISH, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, hear, raised, raised_by, read, reset, say, stay_silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from tests.faults.clients import Address, Raises

pymongo = pytest.importorskip("pymongo")
bson = pytest.importorskip("bson")

SELECTION, RECONNECT = "pymongo.errors.ServerSelectionTimeoutError", "pymongo.errors.AutoReconnect"
HELLO = {
    "ok": 1.0,
    "ismaster": True,
    "helloOk": True,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "maxBsonObjectSize": 1 << 24,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
}


def answer(head: bytes, document: Mapping[str, Any]) -> bytes:
    """Return the message that answers the one that begins with `head`."""
    _, request, _, kind = struct.unpack("<iiii", head)
    body: bytes = bson.encode(document)
    # a client's first words are in the protocol's older form
    body, kind = (b"\0" * 5 + body, 2013) if kind == 2013 else (struct.pack("<iqii", 8, 0, 0, 1) + body, 1)
    return struct.pack("<iiii", 16 + len(body), 1, request, kind) + body


def mongo(word: bytes, then: Callable[[socket.socket, bytes], None]) -> Callable[[socket.socket], None]:
    """Return a server that says hello until `word` comes, and then goes on with `then`, given the message's head."""

    def treat(connection: socket.socket) -> None:
        while True:
            head = read(connection, 16)
            if word in read(connection, struct.unpack("<i", head[:4])[0] - 16):
                return then(connection, head)
            connection.sendall(answer(head, HELLO))

    return treat


def refuse(code: int, name: str) -> Callable[[socket.socket, bytes], None]:
    document = {"ok": 0.0, "errmsg": "no", "code": code, "codeName": name}
    return lambda connection, head: connection.sendall(answer(head, document))


SELECTING: Mapping[str, Place] = {
    **NOBODY,
    "reset at once": Place("reset", at(hear(b"ismaster", reset))),
    "close at once": Place("closed", at(hear(b"ismaster", close))),
    "hello cut": Place("cut", at(hear(b"ismaster", say(b"\x40\0\0\0", close)))),
    "silence at once": Place("timeout", at(stay_silent)),
    "another protocol at once": Place("rubbish", at(say(RUBBISH, close))),
}


def places(word: bytes) -> Mapping[str, Place]:
    return {
        "reset": Place("reset", at(mongo(word, lambda connection, _: reset(connection)))),
        "close": Place("closed", at(mongo(word, lambda connection, _: close(connection)))),
        "answer cut": Place("cut", at(mongo(word, lambda peer, head: say(answer(head, HELLO)[:30], close)(peer)))),
        "silence": Place("timeout", at(mongo(word, lambda _, __: None))),
        "another protocol": Place("rubbish", at(mongo(word, lambda connection, _: connection.sendall(RUBBISH)))),
        "no such command": Place("answered", at(mongo(word, refuse(59, "CommandNotFound")))),
        "not primary": Place("answered", at(mongo(word, refuse(10107, "NotWritablePrimary")))),
        "shutting down": Place("answered", at(mongo(word, refuse(91, "ShutdownInProgress")))),
    }


OUTCOMES = {
    "another protocol": "pymongo.errors.ProtocolError",
    "no such command": "pymongo.errors.OperationFailure",
    "not primary": "pymongo.errors.NotPrimaryError",
    "shutting down": "pymongo.errors.NotPrimaryError",
    "silence": "pymongo.errors.NetworkTimeout",
}


def options(address: Address, timeout: float, select: float) -> dict[str, Any]:
    return {
        "host": address[0],
        "port": address[1],
        "connectTimeoutMS": timeout * 1000,
        "socketTimeoutMS": timeout * 1000,
        "serverSelectionTimeoutMS": select * 1000,
        "directConnection": True,
        "retryReads": False,
        "retryWrites": False,
    }


def perform(call: Callable[[Any], object], select: float, address: Address, timeout: float) -> BaseException | None:
    # it does not look for a server more often than twice a second
    with (
        mock.patch("pymongo.common.MIN_HEARTBEAT_INTERVAL", 0.01),
        pymongo.MongoClient(**options(address, timeout, select)) as client,
    ):
        return raised(lambda: call(client))


def perform_async(
    call: Callable[[Any], Awaitable[object]], select: float, address: Address, timeout: float
) -> BaseException | None:
    async def fail() -> BaseException | None:
        async with pymongo.AsyncMongoClient(**options(address, timeout, select)) as client:
            return await raised_by(call(client))

    with mock.patch("pymongo.common.MIN_HEARTBEAT_INTERVAL", 0.01):
        return asyncio.run(fail())


# Each with the word by which the server knows it
CALLS: dict[str, tuple[bytes, Callable[[Any], object]]] = {
    "pymongo.MongoClient.server_info": (b"buildinfo", lambda client: client.server_info()),
    "pymongo.collection.Collection.find_one": (b"find", lambda client: client.x.y.find_one()),
    "pymongo.collection.Collection.insert_one": (b"insert", lambda client: client.x.y.insert_one({})),
    "pymongo.cursor.Cursor.next": (b"find", lambda client: client.x.y.find().next()),
    "pymongo.database.Database.command": (b"ping", lambda client: client.x.command("ping")),
}
ASYNC_OUTCOMES: Mapping[str, Raises] = {
    **OUTCOMES,
    "another protocol": (RECONNECT, "pymongo.errors.ProtocolError"),
}
ASYNC = "pymongo.asynchronous"
ASYNC_CALLS: dict[str, tuple[bytes, Callable[[Any], Awaitable[object]]]] = {
    "pymongo.AsyncMongoClient.server_info": (b"buildinfo", lambda client: client.server_info()),
    f"{ASYNC}.collection.AsyncCollection.find_one": (b"find", lambda client: client.x.y.find_one()),
    f"{ASYNC}.collection.AsyncCollection.insert_one": (b"insert", lambda client: client.x.y.insert_one({})),
    f"{ASYNC}.cursor.AsyncCursor.next": (b"find", lambda client: client.x.y.find().next()),
    f"{ASYNC}.database.AsyncDatabase.command": (b"ping", lambda client: client.x.command("ping")),
}
SELECT = 0.06  # seconds; the others must find their server


def commands(calls: Mapping[str, tuple[bytes, Callable[[Any], Any]]], how: Callable[..., Any]) -> Iterator[Experiment]:
    for name, (word, call) in calls.items():
        outcomes: Mapping[str, Raises] = OUTCOMES if how is perform else ASYNC_OUTCOMES
        found, quickly = places(word), functools.partial(how, call, SELECT)
        if name.endswith("find_one"):
            yield from experiments(name, quickly, SELECTING, SELECTION)
            yield from experiments(name, functools.partial(how, call, 5.0), found, RECONNECT, outcomes)
        else:
            yield from experiments(name, functools.partial(how, call, 5.0), {"reset": found["reset"]}, RECONNECT)


@by_operation(commands(CALLS, perform))
def test_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(commands(ASYNC_CALLS, perform_async))
def test_async_command(experiments: list[Experiment]) -> None:
    check_all(experiments)
