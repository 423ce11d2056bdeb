"""Run every rule over real packages, and prove every fix on them.

The packages of `tuning-packages.txt` are downloaded as wheels and unpacked, never installed and never executed; a
package that has no wheel is left out and named, because asking pip for its source would run its build. What comes out
is what a reader needs to judge the rules: how often each speaks, where, and what went wrong. Each file goes to a worker
process that may die or be killed, so that one bad file costs one line of the report.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
import traceback
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from difflib import unified_diff
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from connlint.engine import Selection, check, fix
from connlint.rules import all_rules
from tests.fuzz.properties import of_fixed, of_single_fixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "scripts" / "tuning-packages.txt"
CRAWL = ROOT / ".crawl"
WHEELS = CRAWL / "wheels"
CODE = CRAWL / "code"
FINDINGS = CRAWL / "findings.json"
# With fewer packages than these the crawl proves nothing: then the index could not be reached.
FEWEST = 60


@dataclass(frozen=True)
class Found:
    """One finding of one file."""

    path: str
    code: str
    row: int
    message: str
    why: tuple[str, ...]


@dataclass
class Report:
    """What one file gave.

    `applied` counts the fixes of all kinds together by code, `safe` those of a run that applies no others, `left` the
    findings that remain; `crash` is a traceback, or how the worker died; `unproven` what a fix got wrong.
    """

    path: str
    lines: int = 0
    parsed: bool = False
    seconds: float = 0.0
    found: list[Found] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    crash: str | None = None
    applied: dict[str, int] = field(default_factory=dict)
    safe: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()


# Getting the code


def listed_packages(path: Path) -> list[str]:
    """Return the names in a list of packages, one a line, `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def normalised(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def downloaded() -> dict[str, Path]:
    """Return the wheels that are there, by the normalised names of their packages."""
    return {normalised(wheel.name.partition("-")[0]): wheel for wheel in sorted(WHEELS.glob("*.whl"))}


def download(packages: Iterable[str]) -> list[str]:
    """Download the wheels that are not there yet; return the packages that have none."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    missing = []
    for package in packages:
        if normalised(package) in downloaded():
            continue
        print(f"downloading {package}", file=sys.stderr)
        command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", str(WHEELS), package]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            missing.append(package)
    return missing


def unpack(packages: Iterable[str]) -> Iterator[Path]:
    """Unpack what Python source the packages' wheels hold, once, and yield the folders."""
    wheels = downloaded()
    for package in packages:
        wheel = wheels.get(normalised(package))
        if wheel is None:
            continue
        folder = CODE / wheel.stem
        if not folder.exists():
            partial = folder.with_name(folder.name + ".partial")
            try:
                with ZipFile(wheel) as archive:
                    archive.extractall(partial, [name for name in archive.namelist() if name.endswith(".py")])
            except BadZipFile as error:
                print(f"{wheel.name}: {error}", file=sys.stderr)
                continue
            partial.mkdir(parents=True, exist_ok=True)
            partial.rename(folder)
        yield folder


# One file


def analyse(path: str, codes: Sequence[str], fixing: bool) -> Report:
    """Check one file, and with `fixing` apply and prove all its fixes in memory."""
    report = Report(path)
    started = time.perf_counter()
    selection = Selection(select=tuple(codes))
    try:
        data = (CRAWL / path).read_bytes()
        report.lines = data.count(b"\n")
        checked = check(data, path, selection)
        report.parsed = checked.parsed
        report.problems = checked.problems
        report.crash = internal_error(checked.problems)
        report.found = [Found(path, item.code, item.row, item.message, item.why) for item in checked.diagnostics]
        if not fixing or not checked.diagnostics:
            return report
        offered = check(data, path, selection, with_fixes=True)
        report.unproven = tuple(of_single_fixes(offered, selection))
        for unsafe in (False, True):
            fixed = fix(data, path, selection, unsafe=unsafe)
            report.unproven += tuple(of_fixed(offered, fixed, selection, unsafe=unsafe))
            report.problems += tuple(text for text in fixed.checked.problems if text not in report.problems)
            report.crash = report.crash or internal_error(fixed.checked.problems)
            if not unsafe:
                report.safe = dict(fixed.applied)
            else:
                report.applied, report.dropped = dict(fixed.applied), fixed.dropped
                report.left = dict(Counter(item.code for item in fixed.checked.diagnostics))
    except Exception:  # noqa: BLE001 - a crash is what this looks for
        report.crash = traceback.format_exc()
    finally:
        report.seconds = time.perf_counter() - started
    return report


def internal_error(problems: Iterable[str]) -> str | None:
    """Return the problem that is connlint's own fault, if there is one; the engine turns exceptions into such lines."""
    return next((text for text in problems if "internal error" in text), None)


# Many files, in processes that may die


def work(pipe: Connection, codes: Sequence[str], fixing: bool) -> None:
    """Analyse the files that come through `pipe`, until None comes."""
    while (path := pipe.recv()) is not None:
        pipe.send(analyse(path, codes, fixing))


class Worker:
    """A process that analyses one file at a time."""

    def __init__(self, codes: Sequence[str], fixing: bool) -> None:
        context = get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=work, args=(other, codes, fixing), daemon=True)
        self.process.start()
        other.close()
        self.path: str | None = None
        self.deadline = 0.0

    def begin(self, path: str, limit: float) -> None:
        """Send a file, to be done within `limit` seconds."""
        self.path = path
        self.deadline = time.monotonic() + limit
        self.pipe.send(path)

    def end(self) -> None:
        """Kill the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def analyse_all(
    paths: Iterable[str], codes: Sequence[str], *, fixing: bool, jobs: int, limit: float
) -> Iterator[Report]:
    """Yield the report of every file, in the order in which they are done."""
    waiting = deque(paths)
    workers = [Worker(codes, fixing) for _ in range(max(1, min(jobs, len(waiting))))]
    try:
        while waiting or any(worker.path for worker in workers):
            for worker in workers:
                if worker.path is None and waiting:
                    worker.begin(waiting.popleft(), limit)
            busy = [worker for worker in workers if worker.path]
            ready = wait([worker.pipe for worker in busy], min(worker.deadline for worker in busy) - time.monotonic())
            for index, worker in enumerate(workers):
                if worker.path is None:
                    continue
                report = answer(worker, worker.path, limit) if worker.pipe in ready else overdue(worker, limit)
                if report is None:
                    continue
                worker.path = None
                if report.crash is not None and worker.process.exitcode is not None:
                    workers[index] = Worker(codes, fixing)
                yield report
    finally:
        for worker in workers:
            worker.end()


def answer(worker: Worker, path: str, limit: float) -> Report:
    """Return what the worker says of `path`, or that it died."""
    try:
        report = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(limit)
        code = worker.process.exitcode
        worker.end()
        return Report(path, crash=f"the worker died with exit code {code}")
    return report if isinstance(report, Report) else Report(path, crash=f"the worker answered {report!r}")


def overdue(worker: Worker, limit: float) -> Report | None:
    """Kill a worker that has had its time, and say so; None while it still has some."""
    if time.monotonic() < worker.deadline or worker.path is None:
        return None
    worker.end()
    return Report(worker.path, seconds=limit, crash=f"took more than {limit:g} s")


# What it prints


def summary(reports: Sequence[Report], seconds: float, missing: Sequence[str], *, fixing: bool) -> Iterator[str]:
    """Yield the lines of the report on all files."""
    lines = sum(report.lines for report in reports)
    parsed = [report for report in reports if report.parsed]
    every = len({report.path.split("/")[1] for report in reports})
    yield f"packages {every:,}, files {len(reports):,}, lines {lines:,}"
    yield f"parsed by libcst {len(parsed):,}, {seconds:.1f} s"
    slowest = max(reports, key=lambda report: report.seconds, default=None)
    if slowest is not None:
        yield f"slowest {slowest.seconds:.1f} s, {slowest.path}"
    if missing:
        yield f"left out, because they have no wheel: {', '.join(missing)}"
    yield ""
    found = [item for report in reports for item in report.found]
    heading = f"{'rule':<38} {'findings':>8} {'files':>6} {'packages':>8}"
    yield heading + ("  fixed  (safe)   left dropped" if fixing else "")
    applied, safe, left = (
        sum((Counter(getattr(report, name)) for report in reports), Counter[str]())
        for name in ("applied", "safe", "left")
    )
    dropped = Counter(code for report in reports for text in report.dropped for code in re.findall(r"CNL\d+", text)[:1])
    rows = [(f"{rule.code} {rule.name}", {rule.code}) for rule in all_rules()]
    for name, codes in [*rows, ("all", {rule.code for rule in all_rules()})]:
        mine = [item for item in found if item.code in codes]
        files = {item.path for item in mine}
        packages = {path.split("/")[1] for path in files}
        line = f"{name:<38} {len(mine):>8,} {len(files):>6,} {len(packages):>8,}"
        fixed, safely, others, failed = (sum(c[code] for code in codes) for c in (applied, safe, left, dropped))
        yield line + (f" {fixed:>6,} {safely:>7,} {others:>6,} {failed:>7,}" if fixing else "")
    yield ""
    yield from grouped("problems", [text for report in reports for text in report.problems])
    if fixing:
        yield from grouped("dropped fixes", [text for report in reports for text in report.dropped])
        yield from each("fixes that are wrong (must be none)", [(r.path, text) for r in reports for text in r.unproven])
    yield from each("crashes (must be none)", [(r.path, r.crash) for r in reports if r.crash is not None])


def grouped(title: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield how many of `texts` say the same, numbers and quoted text apart."""
    kinds = Counter(re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "…", text) for text in texts)
    yield f"{title}: {len(texts)}"
    yield from (f"{count:>7}  {kind}" for kind, count in kinds.most_common())


def each(title: str, texts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield each of `texts` with its file."""
    yield f"{title}: {len(texts)}"
    yield from (f"  {path}: {text}" for path, text in texts)


def in_context(found: Found, around: int) -> Iterator[str]:
    """Yield a finding with the lines around it, for reading."""
    lines = (CRAWL / found.path).read_bytes().decode("utf-8", "replace").splitlines()
    yield "=" * 120
    yield f"{found.path}:{found.row}: {found.code} {found.message}"
    yield from (f"    {text}" for text in found.why)
    for number in range(max(1, found.row - around), min(len(lines), found.row + around) + 1):
        yield f"{'>' if number == found.row else ' '} {number:>5} {lines[number - 1]}"


def rewrite_of(path: str, code: str) -> Iterator[str]:
    """Yield the diff of all that the rule `code` would rewrite in a file."""
    data = (CRAWL / path).read_bytes()
    fixed = fix(data, path, Selection(select=(code,)), unsafe=True)
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (data, fixed.data))
    yield from unified_diff(before, after, path, path, n=2, lineterm="")
    yield from fixed.dropped


def saved(code: str) -> list[Found] | None:
    """Return the last run's findings of `code`; None if there is none since the last change to connlint."""
    if not FINDINGS.exists():
        return None
    changed = max(path.stat().st_mtime for path in (ROOT / "connlint").rglob("*.py"))
    if FINDINGS.stat().st_mtime < changed:
        return None
    rows = json.loads(FINDINGS.read_text("utf-8"))
    return [Found(**{**row, "why": tuple(row["why"])}) for row in rows if row["code"] == code]


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="only these packages of the list")
    parser.add_argument("--list", type=Path, default=PACKAGES, help="the list of packages")
    parser.add_argument("--fix", action="store_true", help="apply every fix in memory and prove it")
    parser.add_argument("--show", metavar="CODE", help="print this rule's findings with the lines around them")
    parser.add_argument("--diff", action="store_true", help="with --show, print the rewrites too")
    parser.add_argument("--sample", type=int, metavar="N", help="with --show, print N findings, chosen by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--context", type=int, default=15, metavar="LINES", help="with --show, lines around a finding")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--limit", type=float, default=120.0, metavar="SECONDS", help="the most that one file may take")
    return parser.parse_args()


def show(options: argparse.Namespace, paths: Sequence[str]) -> None:
    """Print findings of one rule for a reader."""
    found = None if options.packages else saved(options.show)
    if found is None:
        runs = analyse_all(paths, [options.show], fixing=False, jobs=options.jobs, limit=options.limit)
        found = [item for report in runs for item in report.found]
    found.sort(key=lambda item: (item.path, item.row))
    total = len(found)
    if options.sample is not None and options.sample < total:
        found = random.Random(options.seed).sample(found, options.sample)  # noqa: S311 - a sample for reading
    for item in found:
        print("\n".join(in_context(item, options.context)))
        if options.diff:
            print("\n".join(rewrite_of(item.path, item.code)))
    print(f"\n{len(found)} of {total} findings of {options.show}")


def main() -> int:
    """Crawl; exit 1 if anything crashed, a fix was wrong, or the list gave too few packages to say so."""
    options = arguments()
    packages = options.packages or listed_packages(options.list)
    missing = download(packages)
    folders = list(unpack(packages))
    files = [path for folder in folders for path in sorted(folder.rglob("*.py")) if path.is_file()]
    paths = [path.relative_to(CRAWL).as_posix() for path in files]
    if options.show:
        show(options, paths)
        return 0
    started = time.perf_counter()
    reports = list(analyse_all(paths, ["CNL"], fixing=options.fix, jobs=options.jobs, limit=options.limit))
    reports.sort(key=lambda report: report.path)
    print("\n".join(summary(reports, time.perf_counter() - started, missing, fixing=options.fix)))
    if not options.packages:
        FINDINGS.write_text(
            json.dumps([asdict(item) for report in reports for item in report.found], indent=1), "utf-8"
        )
    few = not options.packages and len(folders) < FEWEST
    if few:
        print(f"only {len(folders)} packages could be had, too few to prove anything", file=sys.stderr)
    return int(few or any(report.crash or report.unproven for report in reports))


if __name__ == "__main__":
    sys.exit(main())
