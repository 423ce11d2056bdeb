"""Compare what the command line, flake8 with the plugin, and standard input report of real packages.

Each is a program of its own here, started as users start it; a finding is a code, a row, a column and a message. Where
two of them differ, one reads files, selects codes or hears `# noqa` differently, and its users see another tool.
flake8 runs all of its plugins over every file, which takes minutes for all packages: so it gets every file that the
gate lets in and a sample of the others, unless `--all` is given.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connlint import gate
from connlint.rules import all_rules
from scripts.crawl import PACKAGES, download, listed_packages, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Both take the rules that are off by default only if they are named by more than the family. What suppressions are
# unused (CNL9) only connlint says: under flake8, flake8 suppresses.
CODES = ",".join(sorted({rule.code[:4] for rule in all_rules()} - {"CNL9"}))
FINDING = re.compile(r"(.*?):(\d+):(\d+): (CNL\d+) (.*)")
# As many files as a command line holds.
AT_ONCE = 1000


@dataclass(frozen=True, order=True)
class Reported:
    """One finding as a program printed it."""

    path: str
    row: int
    column: int
    code: str
    message: str


class ParityError(Exception):
    """A program did not do its work; the text says which and why."""


def printed(command: Sequence[str | Path], stdin: bytes = b"") -> str:
    """Return what a program printed. Raises `ParityError` if it could not run."""
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode not in {0, 1, 2} or b"Traceback" in done.stderr:
        raise ParityError(f"exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def findings(output: str) -> Iterator[Reported]:
    """Yield what was reported, from the lines of a program's output."""
    for line in output.splitlines():
        if found := FINDING.fullmatch(line):
            path, row, column, code, message = found.groups()
            yield Reported(os.path.abspath(path), int(row), int(column), code, message)  # noqa: PTH100 - keeps symlinks


def by_connlint(files: Sequence[Path]) -> set[Reported]:
    """Return what the command line reports of `files`."""
    command = [sys.executable, "-m", "connlint", "check", "--isolated", "--no-cache", "--select", CODES]
    return {item for part in parts(files) for item in findings(printed([*command, *part]))}


def by_flake8(files: Sequence[Path]) -> set[Reported]:
    """Return what flake8 reports of `files` with the plugin."""
    command = [sys.executable, "-m", "flake8", "--isolated", "--select", CODES]
    return {item for part in parts(files) for item in findings(printed([*command, *part]))}


def by_stdin(files: Sequence[Path], jobs: int) -> set[Reported]:
    """Return what the command line reports of `files`, each given on standard input."""
    command = [sys.executable, "-m", "connlint", "check", "--isolated", "--select", CODES, "--stdin-filename"]

    def one(path: Path) -> list[Reported]:
        return list(findings(printed([*command, path, "-"], path.read_bytes())))

    with ThreadPoolExecutor(jobs) as pool:
        return {item for reported in pool.map(one, files) for item in reported}


def parts(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """Yield `files` in parts that a command line holds."""
    yield from (files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE))


def differences(name: str, mine: Iterable[Reported], theirs: Iterable[Reported]) -> Iterator[str]:
    """Yield what only one of two programs reports, `mine` being the command line's."""
    ours, others = set(mine), set(theirs)
    for item in sorted(ours ^ others):
        who = "the command line" if item in ours else name
        yield f"{item.path}:{item.row}:{item.column}: {item.code} {item.message} (only {who})"


def real_files(packages: Sequence[str]) -> list[Path]:
    """Return the files of real packages, downloaded first if they are not there."""
    download(packages)
    return sorted(path for folder in unpack(packages) for path in folder.rglob("*.py") if path.is_file())


def is_candidate(path: Path) -> bool:
    """Say whether the gate lets a file in."""
    return gate.decide(path.read_bytes(), lambda _family: True).candidate


def main() -> int:
    """Compare; exit 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="only these packages of the list")
    parser.add_argument("--all", action="store_true", help="give flake8 all files")
    parser.add_argument("--others", type=int, default=200, metavar="N", help="how many files without findings to add")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    files = real_files(options.packages or listed_packages(PACKAGES))
    ours = by_connlint(files)
    print(f"the command line: {len(files):,} files, {len(ours):,} findings, select {CODES}", flush=True)

    found = {Path(item.path) for item in ours}
    chance = random.Random(options.seed)  # noqa: S311 - a sample
    candidates = files if options.all else [path for path in files if path in found or is_candidate(path)]
    others = sorted(set(files).difference(candidates))
    given = sorted({*candidates, *chance.sample(others, min(options.others, len(others)))})
    theirs = by_flake8(given)
    print(f"flake8: {len(given):,} files, {len(theirs):,} findings", flush=True)

    clean = sorted(set(files) - found)
    given = sorted({*found, *chance.sample(clean, min(options.others, len(clean)))})
    from_stdin = by_stdin(given, options.jobs)
    print(f"standard input: {len(given):,} files, {len(from_stdin):,} findings", flush=True)

    wrong = [*differences("flake8", ours, theirs), *differences("standard input", ours, from_stdin)]
    print(f"differences (must be none): {len(wrong)}", *wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
