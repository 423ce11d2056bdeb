"""Work for several processes, none of which may take the run with it.

The items go out in chunks, because to hand over one takes longer than to check most files. A process that dies (a
parser in C can) leaves open which item was the cause: those that were under way are done again one by one, and what
kills a process that has nothing else to do is known for it.
"""

from __future__ import annotations

import gc
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")

# Chunks small enough that the processes end together, and large enough that handing them over costs nothing.
_MOST_IN_CHUNK = 100
_CHUNKS_A_PROCESS = 8


def spread(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int, tick: Callable[[int], object]
) -> tuple[list[Result | None], list[int]]:
    """Return what `function` gives for each of `items`, and the places of those at which a process died.

    `function` and `items` must be what `pickle` takes, and `function` must not raise. At most `jobs` processes are at
    work. `tick` is called with how many more items are done.
    """
    results: list[Result | None] = [None] * len(items)
    work = _Spread(function, items, results, tick)
    size = max(1, min(_MOST_IN_CHUNK, len(items) // (jobs * _CHUNKS_A_PROCESS)))
    suspects = work.do([range(start, min(start + size, len(items))) for start in range(0, len(items), size)], jobs)
    suspects = work.do([range(place, place + 1) for place in suspects], jobs)
    died = [place for place in suspects if work.do([range(place, place + 1)], 1)]
    tick(len(died))
    return results, died


@dataclass(slots=True)
class _Spread(Generic[Item, Result]):
    function: Callable[[Item], Result]
    items: Sequence[Item]
    results: list[Result | None]
    tick: Callable[[int], object]

    def do(self, chunks: Sequence[range], jobs: int) -> list[int]:
        """Do `chunks` of the items; return the places of those that were under way when a process died."""
        left = [*reversed(chunks)]
        suspects: list[int] = []
        while left:
            for chunk in self._until_death(left, jobs):
                suspects += chunk
        return sorted(suspects)

    def _until_death(self, left: list[range], jobs: int) -> list[range]:
        """Do the chunks at the end of `left` until none is left or a process dies; return those then at work."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        running: dict[Future[list[Result]], range] = {}
        pool = _pool(min(jobs, len(left)), self.function, self.items)
        try:
            while left or running:
                # No more than keeps every process busy, so that few are suspects and an interrupt is quick.
                with _interrupts_wait():
                    while left and len(running) < 2 * jobs:
                        running[pool.submit(_work, left[-1])] = left[-1]
                        left.pop()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    chunk = running[future]
                    self.results[chunk.start : chunk.stop] = future.result()
                    del running[future]
                    self.tick(len(chunk))
        except BrokenProcessPool:
            return [*running.values()]
        finally:
            pool.shutdown(wait=not running, cancel_futures=True)
        return []


# What a process works on: given once, as it starts, and with `fork` not even copied.
_given: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []


def _pool(workers: int, function: Callable[[Item], Result], items: Sequence[Item]) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, initializer=_begin, initargs=(function, items))


def _begin(function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    _end_at_interrupt()
    _given[:] = [(function, items)]
    # What is here now stays, and trees are many and short-lived: to look through them for cycles costs an eighth.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def _work(chunk: range) -> list[Any]:
    ((function, items),) = _given
    return [function(items[place]) for place in chunk]


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold interrupts back while processes are started.

    One that came then would leave the pool half made and the run waiting for it; and a process that has only begun
    would lose it, and live on.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_at_interrupt() -> None:
    """Let an interrupt end this process at once and without a word; the process that started it has the word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def available() -> int:
    """Return how many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
