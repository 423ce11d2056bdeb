"""What is known of aiokafka 0.14.

Producers and consumers connect when they are started, and all that fails then is a `KafkaConnectionError`, which
derives from `RuntimeError`. What is sent or received later waits for a broker, without telling what became of the
connection.
"""

from __future__ import annotations

from connlint.knowledge.classes import aiokafka as classes
from connlint.knowledge.model import Failure, Library, Operation

_CONNECT = tuple(
    Failure(kind, "aiokafka.errors.KafkaConnectionError")
    for kind in ("refused", "reset", "closed", "cut", "rubbish", "timeout", "unresolved", "unreachable")
)

OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(f"aiokafka.{owner}.start", "connect", _CONNECT, "tests/faults/test_aiokafka.py::test_start", awaited=True)
    for owner in ("AIOKafkaConsumer", "AIOKafkaProducer")
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    "aiokafka.AIOKafkaConsumer": ("object",),
    "aiokafka.AIOKafkaProducer": ("object",),
}

RETURNS: dict[str, str | tuple[str, ...]] = {}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "aiokafka.consumer.AIOKafkaConsumer": "aiokafka.AIOKafkaConsumer",
    "aiokafka.consumer.consumer.AIOKafkaConsumer": "aiokafka.AIOKafkaConsumer",
    "aiokafka.producer.AIOKafkaProducer": "aiokafka.AIOKafkaProducer",
    "aiokafka.producer.producer.AIOKafkaProducer": "aiokafka.AIOKafkaProducer",
}

HARMLESS: frozenset[str] = frozenset({"aiokafka.AIOKafkaConsumer", "aiokafka.AIOKafkaProducer"})

LIBRARY = Library(
    name="aiokafka",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset(
        {
            "aiokafka.errors.KafkaConnectionError",
            "aiokafka.errors.KafkaTimeoutError",
            "aiokafka.errors.NoBrokersAvailable",
        }
    ),
)
