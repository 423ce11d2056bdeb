"""What valkey-py raises, in the experiments of redis-py."""

from __future__ import annotations

import pytest

from tests.faults.experiments import Experiment, by_operation, check_all
from tests.faults.test_redis import (
    ASYNC_CALLS,
    ASYNC_SPECIAL,
    CALLS,
    SPECIAL,
    clusters,
    commands,
    perform,
    perform_async,
)

pytest.importorskip("valkey.asyncio")


@by_operation(commands("valkey", CALLS, perform, SPECIAL), clusters("valkey"))
def test_command(experiments: list[Experiment]) -> None:
    check_all(experiments)


@by_operation(commands("valkey", ASYNC_CALLS, perform_async, ASYNC_SPECIAL))
def test_async_command(experiments: list[Experiment]) -> None:
    check_all(experiments)
