"""Measure connlint against its peers, side by side, and print a table.

    make bench                                    all rows, some ten minutes
    make bench ARGS='--rows cold,clean --runs 1'  some rows, quickly
    .venv/bin/python -m bench --document          README's table and picture, of the last results

Every row compares two commands, which run alternately; what counts is the median. Both the time that passes and the
time of all processors are compared, and a goal is met if both meet it. The results also go to `.bench/results.json`,
where rows that are not measured again keep what they had.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import corpus
from bench.document import document
from bench.measuring import Command, Cost, side_by_side
from connlint import gate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.corpus import Code

RESULTS = corpus.BENCH / "results.json"
BIN = corpus.ROOT / ".venv-bench" / "bin"
PYTHON = str(BIN / "python")
RUFF_RULES = "BLE,B,S,TRY,ASYNC,SIM"
PROCESSORS = len(os.sched_getaffinity(0))

# flake8 finds plugins through the distributions that are installed: those that are hidden are not there for it.
_FLAKE8 = """
import importlib.metadata as metadata, sys
from flake8.main.cli import main
hidden = sys.argv.pop(1).split(",")
found = metadata.distributions
metadata.distributions = lambda **how: (each for each in found(**how) if each.metadata["Name"] not in hidden)
sys.exit(main(sys.argv[1:]))
"""
_PLUGINS = ("connlint", "flake8-bugbear", "flake8-async")


class Row(NamedTuple):
    """A row of the table: what is measured, against what, and how many times that it may be (None: as it comes)."""

    name: str
    work: str
    goal: float | None
    compare: Callable[[int], Compared]


@dataclass(frozen=True)
class Compared:
    """Two commands' costs and what they worked on; `ratios` are ours to theirs, by what is compared."""

    ours: str
    theirs: str
    size: Mapping[str, int]
    costs: Mapping[str, Mapping[str, float]]
    ratios: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True)
class Result:
    """A row that was measured."""

    row: str
    work: str
    goal: float | None
    met: bool | None
    seconds: float
    compared: Compared = field(repr=False)


def _connlint(code: Code, *options: str) -> Command:
    arguments = [str(BIN / "connlint"), "--isolated", *options, *map(str, code.roots)]
    # The standard library tests itself with files that are no Python.
    return Command("connlint", arguments, frozenset({0, 1, 2} if code is _whole() else {0, 1}))


def _ruff(code: Code, *options: str) -> Command:
    rules = ("--isolated", "--output-format", "concise", "--select", RUFF_RULES)
    return Command("ruff", [str(BIN / "ruff"), "check", *rules, *options, *map(str, code.roots)])


def _flake8(code: Code, *plugins: str) -> Command:
    hidden = ",".join(name for name in _PLUGINS if name not in plugins)
    options = ["--isolated", "--jobs", "1", "--quiet"]
    name = " and ".join(["flake8", *plugins])
    return Command(name, [PYTHON, "-c", _FLAKE8, hidden, *options, *map(str, code.roots)])


def _search(code: Code) -> Command:
    listed = corpus.BENCH / "files.txt"
    listed.write_text("\n".join(code.files), "utf-8")
    words = ",".join(word.decode() for word in gate.WORDS)
    program = str(Path(__file__).with_name("search.py"))
    return Command("reading and searching", [PYTHON, program, str(PROCESSORS), words, str(listed)])


def _compared(ours: Command, theirs: Command, code: Code | None, runs: int) -> Compared:
    mine, peers = side_by_side([ours, theirs], runs)
    return Compared(
        ours.name,
        theirs.name,
        code.size if code is not None else {},
        {ours.name: asdict(mine), theirs.name: asdict(peers)},
        {"wall": mine.wall / peers.wall, "cpu": mine.cpu / peers.cpu},
    )


# The rows

_whole = cache(corpus.whole)


@cache
def _sample() -> Code:
    return corpus.sample(_whole())


@cache
def _network() -> Code:
    return corpus.network(_whole())


@cache
def _small() -> Code:
    return corpus.small(_network())


def _cold(runs: int) -> Compared:
    return _compared(_connlint(_whole(), "--no-cache"), _ruff(_whole(), "--no-cache"), _whole(), runs)


def _warm(runs: int) -> Compared:
    kept = ("--cache-dir", str(corpus.BENCH / "ruff-cache"))
    mine = ("--cache-dir", str(corpus.BENCH / "connlint-cache"))
    return _compared(_connlint(_whole(), *mine), _ruff(_whole(), *kept), _whole(), runs)


def _reading(runs: int) -> Compared:
    return _compared(_connlint(_whole(), "--no-cache"), _search(_whole()), _whole(), runs)


def _installed(code: Callable[[], Code]) -> Callable[[int], Compared]:
    return lambda runs: _compared(_flake8(code(), "connlint"), _flake8(code()), code(), runs)


def _against_plugin(plugin: str, code: Callable[[], Code]) -> Callable[[int], Compared]:
    return lambda runs: _compared(_flake8(code(), "connlint"), _flake8(code(), plugin), code(), runs)


def _clean(runs: int) -> Compared:
    code = corpus.clean()
    theirs = Command("python -c pass", [PYTHON, "-c", "pass"])
    return _compared(_connlint(code, "--no-cache"), theirs, code, 5 * runs)


def _finding(runs: int) -> Compared:
    code = corpus.finding()
    theirs = Command("import libcst", [PYTHON, "-c", "import libcst"])
    return _compared(_connlint(code, "--no-cache"), theirs, code, 3 * runs)


def _memory(runs: int) -> Compared:
    commands = [_connlint(_whole(), "--no-cache"), _ruff(_whole(), "--no-cache")]
    most = {command.name: min(command.memory() for _ in range(min(runs, 2))) for command in commands}
    ours, theirs = most
    return Compared(
        ours,
        theirs,
        _whole().size,
        {name: {"megabytes": value / 1e6} for name, value in most.items()},
        {"memory": most[ours] / most[theirs]},
        "the greatest sum of Pss over all processes, looked at every 0.02 s",
    )


def _linear(runs: int) -> Compared:
    """Compare a file's time with that of one a hundredth as long, start-up taken off both."""
    files = [corpus.linear(lines) for lines in corpus.LINEAR_LINES if not _too_large(corpus.linear(lines))]
    sizes = corpus.LINEAR_LINES[: len(files)]
    start = _connlint(corpus.linear(100), "--no-cache")
    empty, *costs = side_by_side([start, *(_connlint(code, "--no-cache") for code in files)], min(runs, 2))
    by_line = {
        f"{lines:,} lines": {"wall": cost.wall, "cpu": cost.cpu} for lines, cost in zip(sizes, costs, strict=True)
    }
    return Compared(
        "connlint",
        "a line of a shorter file",
        files[-1].size,
        by_line,
        {what: _growth(empty, costs, sizes, what) for what in ("wall", "cpu")},
        "the most that a line costs more than in the next shorter file, start-up taken off" + _turned_away(sizes),
    )


def _too_large(code: Code) -> bool:
    data = Path(code.files[0]).read_bytes()
    return gate.too_much(ast.parse(data), data) is not None


def _turned_away(measured: Sequence[int]) -> str:
    """Say which files were not measured, and what connlint takes to turn them away."""
    said = ""
    for lines in corpus.LINEAR_LINES[len(measured) :]:
        code = corpus.linear(lines)
        command = Command("connlint", _connlint(code, "--no-cache").arguments, frozenset({2}))
        said += f"; {lines:,} lines are more than libcst has memory for, and turned away in {command.cost().wall:.1f} s"
    return said


def _growth(empty: Cost, costs: Sequence[Cost], lines: Sequence[int], what: str) -> float:
    """Return the greatest ratio of a line's time to that in the next shorter file."""
    times = [getattr(cost, what) - getattr(empty, what) for cost in costs]
    each: list[float] = [max(seconds, 1e-3) / (n - 100) for seconds, n in zip(times, lines, strict=True)]
    return max(longer / shorter for shorter, longer in pairwise(each))


def _pylint(runs: int) -> Compared:
    theirs = Command(
        "pylint", [PYTHON, "-m", "pylint", "--rcfile=/dev/null", "--jobs=1", *_small().files], frozenset(range(32))
    )
    return _compared(_connlint(_small(), "--no-cache"), theirs, _small(), min(runs, 1))


def _fixit(runs: int) -> Compared:
    theirs = Command("Fixit", [str(BIN / "fixit"), "--quiet", "lint", *map(str, _small().roots)], frozenset(range(8)))
    return _compared(_connlint(_small(), "--no-cache"), theirs, _small(), min(runs, 1))


ROWS = (
    Row("cold", "the corpus, cold, all processors", 0.9, _cold),
    Row("warm", "the corpus, nothing changed", 0.9, _warm),
    Row("reading", "the corpus, cold, all processors", 5, _reading),
    Row("flake8", "a sample of the corpus under flake8, -j1", 1.02, _installed(_sample)),
    Row("flake8-network", "network packages under flake8, -j1", 1.08, _installed(_network)),
    Row("clean", "one clean file of 500 lines", 4, _clean),
    Row("finding", "one file of 500 lines with a finding", 1.3, _finding),
    Row("memory", "the corpus, cold: peak memory", 1.0, _memory),
    Row("linear", "ever longer files of network code, line by line", 1.3, _linear),
    Row("bugbear", "network packages under flake8, -j1", None, _against_plugin("flake8-bugbear", _network)),
    Row("async", "some network code under flake8, -j1", None, _against_plugin("flake8-async", _small)),
    Row("pylint", "some network code", None, _pylint),
    Row("fixit", "some network code", None, _fixit),
)


def _measured(row: Row, runs: int) -> Result:
    started = time.perf_counter()
    compared = row.compare(runs)
    met = None if row.goal is None else max(compared.ratios.values()) <= row.goal
    return Result(row.name, row.work, row.goal, met, time.perf_counter() - started, compared)


# What it prints


def _versions() -> dict[str, str]:
    listed = subprocess.run(  # noqa: S603 - of our own making
        [PYTHON, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        capture_output=True,
        check=True,
    )
    wanted = {"connlint", "fixit", "flake8", "flake8-async", "flake8-bugbear", "libcst", "pylint", "ruff"}
    found = {item["name"]: item["version"] for item in json.loads(listed.stdout) if item["name"] in wanted}
    return {"python": platform.python_version(), **found}


def _table(results: Sequence[Result]) -> list[str]:
    lines = [f"{'row':<15} {'ours':>11} {'theirs':>11}  {'ratio':>7} {'of time':>7}  {'goal':>6}      against"]
    for result in results:
        compared = result.compared
        ours, theirs = (compared.costs.get(name) for name in (compared.ours, compared.theirs))
        greatest = max(compared.ratios, key=lambda name: compared.ratios[name])
        goal = f"{result.goal:g}" if result.goal is not None else ""
        met = {True: "met", False: "not", None: ""}[result.met]
        lines.append(
            f"{result.row:<15} {_shown(ours, greatest):>11} {_shown(theirs, greatest):>11}"
            f"  {compared.ratios[greatest]:>7.3f} {greatest:>7}  {goal:>6} {met:<4} {compared.theirs}: {result.work}"
        )
    return lines


def _shown(cost: Mapping[str, float] | None, what: str) -> str:
    if cost is None:
        return ""
    return f"{cost['megabytes']:.0f} MB" if what == "memory" else f"{cost[what]:.3f} s"


def _merged(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return `rows`, and what the last results say of the others, in the order of the table."""
    before = json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []
    known = {row["row"]: row for row in (*before, *rows)}
    return [known[row.name] for row in ROWS if row.name in known]


def main() -> int:
    """Measure what the command line asks for."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", default=",".join(names), help=f"which: {', '.join(names)} (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="take the median of so many (default: 3)")
    parser.add_argument("--document", action="store_true", help="put the last results into README; measure nothing")
    arguments = parser.parse_args()
    if arguments.document:
        document(json.loads(RESULTS.read_text("utf-8")))
        return 0
    corpus.BENCH.mkdir(exist_ok=True)
    wanted = arguments.rows.split(",")
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    results = [_measured(row, arguments.runs) for row in ROWS if row.name in wanted]
    report = {
        "versions": _versions(),
        "machine": {"system": platform.platform(), "processors": PROCESSORS},
        "runs": arguments.runs,
        "rows": _merged([asdict(result) for result in results]),
    }
    RESULTS.write_text(json.dumps(report, indent=2), "utf-8")
    print(", ".join(f"{name} {number}" for name, number in _versions().items()))
    print(f"{PROCESSORS} processors, median of {arguments.runs} runs (single files: more), {version('connlint')}\n")
    print("\n".join(_table(results)))
    print()
    for result in results:
        size = result.compared.size
        if size:
            print(f"{result.row}: {size['files']:,} files, {size['lines']:,} lines, {size['bytes'] / 1e6:.1f} MB")
        if len(result.compared.costs) > 2:
            print("    " + ", ".join(f"{name} {cost['cpu']:.2f} s" for name, cost in result.compared.costs.items()))
        if result.compared.note:
            print(f"    {result.compared.note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
