"""What aiokafka raises when it is started."""

from __future__ import annotations

import asyncio
import functools
import logging
import struct
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clients import NOBODY_TWICE, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, hear, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.clients import Address

aiokafka = pytest.importorskip("aiokafka")

CLASSES = ("AIOKafkaConsumer", "AIOKafkaProducer")
NAME = b"aiokafka"  # of the client, in each request
logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)


def start(kind: str, address: Address, timeout: float) -> BaseException | None:
    async def perform() -> BaseException | None:
        client: Any = getattr(aiokafka, kind)(
            bootstrap_servers="{}:{}".format(*address), request_timeout_ms=int(timeout * 1000)
        )
        error = await raised_by(client.start())
        await client.stop()
        return error

    return asyncio.run(perform())


START = {
    **NOBODY_TWICE,
    "no answer, reset": Place("reset", at(hear(NAME, reset))),
    "no answer, closed": Place("closed", at(hear(NAME, close))),
    "no answer": Place("timeout", at(stay_silent)),
    "half an answer": Place("cut", at(hear(NAME, say(struct.pack(">ii", 99, 1), close)))),
    "another protocol": Place("rubbish", at(hear(NAME, say(struct.pack(">i", 9) + b"\xff" * 9)))),
}


def starts() -> Iterator[Experiment]:
    for kind in CLASSES:
        name = f"aiokafka.{kind}.start"
        yield from experiments(name, functools.partial(start, kind), START, "aiokafka.errors.KafkaConnectionError")


@by_operation(starts())
def test_start(experiments: list[Experiment]) -> None:
    check_all(experiments)
