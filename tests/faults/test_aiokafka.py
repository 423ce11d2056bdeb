"""What aiokafka raises when it is started."""

from __future__ import annotations

import asyncio
import functools
import logging
import struct
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge.aiokafka import LIBRARY
from tests.faults.databases import NOBODY, Way, at, experiments, taken_by_builtin, unproven
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import close, closed_port_of_two, hear, raised_by, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.databases import Address

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
    **NOBODY,
    "two closed ports": Way("refused", closed_port_of_two),
    "no answer, reset": Way("reset", at(hear(NAME, reset))),
    "no answer, closed": Way("closed", at(hear(NAME, close))),
    "no answer": Way("timeout", at(stay_silent)),
    "half an answer": Way("cut", at(hear(NAME, say(struct.pack(">ii", 99, 1), close)))),
    "another protocol": Way("rubbish", at(hear(NAME, say(struct.pack(">i", 9) + b"\xff" * 9)))),
}


def starts() -> Iterator[Experiment]:
    for kind in CLASSES:
        name = f"aiokafka.{kind}.start"
        yield from experiments(name, functools.partial(start, kind), START, "aiokafka.errors.KafkaConnectionError")


STARTS = [*starts()]


@by_operation(STARTS)
def test_start(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_rows_say_no_more() -> None:
    assert unproven(LIBRARY, STARTS) == set()


def test_what_the_builtin_takes() -> None:
    for kind in CLASSES:
        taken = taken_by_builtin(STARTS, f"aiokafka.{kind}.start")
        assert {"refused", "reset", "closed", "cut", "timeout", "unresolved"} <= taken.keys()
        assert set(map(tuple, taken.values())) == {(False,)}
