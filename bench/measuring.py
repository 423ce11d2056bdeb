"""What a command costs: the time that passes, the processors' time, and the memory, of it and all that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# How often memory is looked at.
_EVERY = 0.02


@dataclass(frozen=True)
class Cost:
    """Seconds that passed, and seconds of all processors, user and system."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and the exit statuses that say that it has done its work."""

    name: str
    arguments: Sequence[str]
    statuses: frozenset[int] = frozenset({0, 1})
    environment: Mapping[str, str] | None = None

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - of our own making
            self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(self.environment or {})},
            cwd=Path(__file__).resolve().parent.parent,
        )

    def cost(self) -> Cost:
        """Run it and return what it took."""
        started = time.perf_counter()
        process = self._start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        self._require(process.returncode)
        return Cost(wall, usage.ru_utime + usage.ru_stime)

    def memory(self) -> int:
        """Run it and return the most bytes that it and its children had at once, by `/proc`.

        Pages that processes share count once (Pss); a fiftieth of a second between two looks.
        """
        process = self._start()
        most = 0
        while process.poll() is None:
            most = max(most, sum(map(_proportional, _tree(process.pid))))
            time.sleep(_EVERY)
        self._require(process.returncode)
        return most

    def _require(self, status: int) -> None:
        if status not in self.statuses:
            raise SystemExit(f"failed with {status}: {' '.join(self.arguments)}")


def _tree(process: int) -> list[int]:
    """Return `process` and all below it."""
    found = [process]
    for each in found:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it has ended
    return found


def _proportional(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def side_by_side(commands: Sequence[Command], runs: int) -> list[Cost]:
    """Return the median cost of each of `commands`, run one after the other, so that a busy machine is fair to all.

    A first round is not counted: it fills the caches of the system, of Python and of the programs.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    for number in range(runs + 1):
        for command, mine in zip(commands, costs, strict=True):
            print(f"{'warming up' if not number else f'run {number}'}: {command.name}", file=sys.stderr)
            cost = command.cost()
            if number:
                mine.append(cost)
    return [Cost(median(cost.wall for cost in mine), median(cost.cpu for cost in mine)) for mine in costs]
