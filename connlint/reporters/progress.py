"""How far a run is, for somebody who waits at a terminal. A run that is soon over, and a pipe, never see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Never, TextIO

    from tqdm import tqdm

_PATIENCE = 1.0  # seconds


class Progress:
    """A line at the bottom of a terminal that counts files, once a run lasts longer than about a second."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._done = 0
        self._shows_from = time.monotonic() + _PATIENCE if total and stream.isatty() else float("inf")
        self._bar: tqdm[Never] | None = None

    def tick(self, count: int) -> None:
        """Count `count` more files."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() > self._shows_from and self._done < self._total:
            self._bar = _bar(self._total, self._done, self._stream)

    def hide(self) -> None:
        """Take the line away: something else is to be said, or the run is over."""
        if self._bar is not None:
            self._bar.clear()

    def end(self) -> None:
        """Take the line away for good."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._shows_from = None, float("inf")


def _bar(total: int, done: int, stream: TextIO) -> tqdm[Never]:
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread: processes may be started later
    return tqdm(total=total, initial=done, file=stream, unit=" files", leave=False, dynamic_ncols=True)
