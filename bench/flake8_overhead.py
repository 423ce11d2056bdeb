"""What does having connlint installed cost a flake8 run?

flake8 runs every installed plugin over every file, so a plugin is paid for by everybody in its environment. This runs
flake8 over a folder as if connlint were not installed, with connlint installed and not selected, and with connlint at
work, and prints the processor time of each, the best of several runs, and its ratio to the first. Then it prints what
the gate costs against reading and parsing the same files, and how many it lets through.

    python bench/flake8_overhead.py FOLDER [--runs 3]
"""

from __future__ import annotations

import argparse
import ast
import gc
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from connlint import gate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OTHERS = ("--select", "E,F,W,C90")

# flake8 finds plugins through the distributions that are installed.
_PROGRAM = """
import importlib.metadata as metadata, sys
from flake8.main.cli import main
hidden = sys.argv.pop(1)
found = metadata.distributions
metadata.distributions = lambda **how: (each for each in found(**how) if each.metadata["Name"] != hidden)
sys.exit(main(sys.argv[1:]))
"""

_RUNS: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("without connlint", "connlint", _OTHERS),
    ("installed, not selected", "", _OTHERS),
    ("installed and selected", "", ("--select", "E,F,W,C90,CNL")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark that `argv` asks for."""
    parser = argparse.ArgumentParser(description="What does having connlint installed cost a flake8 run?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3, help="take the best of so many (default: 3)")
    arguments = parser.parse_args(argv)
    _flake8(arguments.folder, arguments.runs)
    _gate(arguments.folder, arguments.runs)
    return 0


def _flake8(folder: Path, runs: int) -> None:
    best = dict.fromkeys((name for name, _, _ in _RUNS), float("inf"))
    for _ in range(runs):  # one after the other, so that a busy machine is as unfair to each
        for name, hidden, options in _RUNS:
            best[name] = min(best[name], _seconds_of_run(folder, hidden, options))
    first = next(iter(best.values()))
    for name, seconds in best.items():
        print(f"flake8 {name:<26}{seconds:>9.2f} s{seconds / first:>8.3f}")


def _seconds_of_run(folder: Path, hidden: str, options: Sequence[str]) -> float:
    command = [sys.executable, "-c", _PROGRAM, hidden, "--isolated", "--jobs", "1", "--quiet", *options, str(folder)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - of our own making
    if run.returncode not in {0, 1}:
        raise SystemExit(f"flake8 failed with {run.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _gate(folder: Path, runs: int) -> None:
    paths = sorted(folder.rglob("*.py"))
    contents = [path.read_bytes() for path in paths]
    parsed = [(data, tree) for data in contents if (tree := _parsed(data)) is not None]
    gc.freeze()
    verdicts = [gate.decide(data, _anything, tree) for data, tree in parsed]
    candidates = sum(verdict.candidate for verdict in verdicts)
    size = sum(map(len, contents)) / 1e6
    print(f"gate   {len(paths)} files, {size:.1f} MB; {candidates} candidates")
    parsing = _best(runs, lambda: [_parsed(data) and None for data, _ in parsed])
    figures = {
        "reading": _best(runs, lambda: [path.read_bytes() for path in paths]),
        "ast.parse": parsing,
        "gate, tree given": _best(runs, lambda: [gate.decide(data, _anything, tree) for data, tree in parsed]),
    }
    for name, seconds in figures.items():
        print(f"gate   {name:<26}{seconds:>9.3f} s{seconds / parsing:>8.3f}")


def _parsed(data: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _anything(_family: str) -> bool:
    return True


def _best(runs: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


if __name__ == "__main__":
    sys.exit(main())
