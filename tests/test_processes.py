"""Work for several processes: the order, and what becomes of it when they die."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from connlint import processes
from connlint.processes import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ProcessPoolExecutor

PARENT = os.getpid()


def forking_pool(workers: int, function: Callable[[Any], Any], items: Sequence[Any]) -> ProcessPoolExecutor:
    """A pool whose processes know what a test has put in the place of a function."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=processes._begin,
        initargs=(function, items),
    )


def squared(number: int) -> int:
    return number * number


def squared_if_it_lives(number: int) -> int:
    if number < 0 and os.getpid() != PARENT:
        # As libcst's parser does of deep nesting: it is the process that ends, and no exception is raised.
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 7, 500])
def test_results_are_in_order(count: int, jobs: int) -> None:
    ticks: list[int] = []
    results, died = spread(squared, range(count), jobs, ticks.append)
    assert results == [number * number for number in range(count)]
    assert died == []
    assert sum(ticks) == count


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("deadly", [{0}, {399}, {7, 8}, {100, 250, 399}], ids=str)
def test_process_that_dies_costs_one_item(deadly: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_pool", forking_pool)
    ticks: list[int] = []
    items = [-number - 1 if number in deadly else number for number in range(400)]
    results, died = spread(squared_if_it_lives, items, 2, ticks.append)
    assert died == sorted(deadly)
    assert results == [None if number in deadly else number * number for number in range(400)]
    assert sum(ticks) == 400


def test_there_is_a_processor() -> None:
    assert processes.available() >= 1
