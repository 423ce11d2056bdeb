"""What valkey-py raises, in the experiments of redis-py."""

from __future__ import annotations

import pytest

from connlint.knowledge.valkey import LIBRARY
from tests.faults.databases import taken_by_builtin, unproven
from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.test_redis import (
    ASYNC_CALLS,
    ASYNC_SPECIAL,
    CALLS,
    SPECIAL,
    TAKEN,
    clusters,
    commands,
    perform,
    perform_async,
)

pytest.importorskip("valkey.asyncio")

COMMANDS = [*commands("valkey", CALLS, perform, SPECIAL), *clusters("valkey")]
ASYNC_COMMANDS = [*commands("valkey", ASYNC_CALLS, perform_async, ASYNC_SPECIAL)]


@by_operation(COMMANDS)
def test_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(ASYNC_COMMANDS)
def test_async_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


def test_rows_say_no_more() -> None:
    assert unproven(LIBRARY, [*COMMANDS, *ASYNC_COMMANDS]) == set()


@pytest.mark.parametrize("name", ["valkey.Valkey.get", "valkey.asyncio.Valkey.get"])
def test_what_the_builtin_takes(name: str) -> None:
    assert taken_by_builtin([*COMMANDS, *ASYNC_COMMANDS], name) == TAKEN
