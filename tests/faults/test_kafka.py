"""What kafka-python raises, with no more time than it takes to fail once."""

from __future__ import annotations

import functools
import logging
import struct
from typing import TYPE_CHECKING

import pytest

from tests.faults.clients import NOBODY_TWICE, Place, at, experiments
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import SOON, close, hear, raised, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.clients import Address

kafka = pytest.importorskip("kafka")

NAME = b"kafka-python"  # of the client, in each request
logging.getLogger("kafka").setLevel(logging.CRITICAL + 1)


def connect(kind: str, address: Address, _: float) -> BaseException | None:
    """Connect, again and again until the time is up: there is no other end to it."""

    def perform() -> None:
        getattr(kafka, kind)(
            bootstrap_servers="{}:{}".format(*address),
            bootstrap_timeout_ms=int(SOON * 1000),
            reconnect_backoff_ms=int(SOON * 2000),
            reconnect_backoff_max_ms=int(SOON * 2000),
        )

    return raised(perform)


CONNECT = {
    **NOBODY_TWICE,
    "no answer, reset": Place("reset", at(hear(NAME, reset))),
    "no answer, closed": Place("closed", at(hear(NAME, close))),
    "no answer": Place("timeout", at(stay_silent)),
    "half an answer": Place("cut", at(hear(NAME, say(struct.pack(">ii", 99, 1), close)))),
    "another protocol": Place("rubbish", at(hear(NAME, say(struct.pack(">i", 9) + b"\xff" * 9)))),
}


def connects() -> Iterator[Experiment]:
    for kind in ("KafkaAdminClient", "KafkaConsumer", "KafkaProducer"):
        yield from experiments(f"kafka.{kind}", functools.partial(connect, kind), CONNECT, "kafka.errors.KafkaError")


@by_operation(connects())
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)
