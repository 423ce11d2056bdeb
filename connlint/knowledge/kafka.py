"""What is known of kafka-python.

Producers, consumers and admin clients connect when they are made, and try until their time is up: whatever failed, it
is a `KafkaError`. Which one depends on the version: 3 says `KafkaTimeoutError`, and 2 said `NoBrokersAvailable`, which
is gone; so the rows name the base, which holds for both.
"""

from __future__ import annotations

from connlint.knowledge.classes import kafka as classes
from connlint.knowledge.model import Failure, Library, Operation

_CLIENTS = ("KafkaAdminClient", "KafkaConsumer", "KafkaProducer")
_CONNECT = tuple(
    Failure(kind, "kafka.errors.KafkaError")
    for kind in ("refused", "reset", "closed", "cut", "rubbish", "timeout", "unresolved", "unreachable")
)

OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(f"kafka.{name}", "connect", _CONNECT, "tests/faults/test_kafka.py::test_connect") for name in _CLIENTS
)

BASES: dict[str, tuple[str, ...]] = {**classes.BASES, **{f"kafka.{name}": ("object",) for name in _CLIENTS}}

RETURNS: dict[str, str | tuple[str, ...]] = {}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    "kafka.admin.KafkaAdminClient": "kafka.KafkaAdminClient",
    "kafka.admin.client.KafkaAdminClient": "kafka.KafkaAdminClient",
    "kafka.consumer.KafkaConsumer": "kafka.KafkaConsumer",
    "kafka.consumer.group.KafkaConsumer": "kafka.KafkaConsumer",
    "kafka.producer.KafkaProducer": "kafka.KafkaProducer",
    "kafka.producer.kafka.KafkaProducer": "kafka.KafkaProducer",
}

HARMLESS: frozenset[str] = frozenset()

LIBRARY = Library(
    name="kafka",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=HARMLESS,
    connection_failures=frozenset({"kafka.errors.KafkaConnectionError", "kafka.errors.KafkaTimeoutError"}),
)
