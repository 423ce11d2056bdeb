"""What kafka-python raises, with no more time than it takes to fail once."""

from __future__ import annotations

import functools
import logging
import struct
from typing import TYPE_CHECKING

import pytest

from connlint.knowledge.kafka import LIBRARY
from tests.faults.databases import NOBODY, Way, at, experiments, taken_by_builtin, unproven
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.peers import SOON, close, closed_port_of_two, hear, raised, reset, say, stay_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.databases import Address

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
    **NOBODY,
    "two closed ports": Way("refused", closed_port_of_two),
    "no answer, reset": Way("reset", at(hear(NAME, reset))),
    "no answer, closed": Way("closed", at(hear(NAME, close))),
    "no answer": Way("timeout", at(stay_silent)),
    "half an answer": Way("cut", at(hear(NAME, say(struct.pack(">ii", 99, 1), close)))),
    "another protocol": Way("rubbish", at(hear(NAME, say(struct.pack(">i", 9) + b"\xff" * 9)))),
}


def connects() -> Iterator[Experiment]:
    for kind in ("KafkaAdminClient", "KafkaConsumer", "KafkaProducer"):
        yield from experiments(f"kafka.{kind}", functools.partial(connect, kind), CONNECT, "kafka.errors.KafkaError")


CONNECTS = [*connects()]


@by_operation(CONNECTS)
def test_connect(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_rows_say_no_more() -> None:
    assert unproven(LIBRARY, CONNECTS) == set()


def test_what_the_builtin_takes() -> None:
    taken = taken_by_builtin(CONNECTS, "kafka.KafkaProducer")
    assert {"refused", "reset", "closed", "cut", "timeout", "unresolved"} <= taken.keys()
    assert set(map(tuple, taken.values())) == {(False,)}
