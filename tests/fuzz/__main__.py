"""Try programs for as long as wanted: `python -m tests.fuzz --minutes 60`.

Every program has a number, and from the number alone it can be made again, given the same corpus. What goes wrong is
reduced and left in a folder, one file for each kind. The number in work stands in a file there: a process that died or
was killed is taken up where it ended, and the program that killed it is reported.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import re
import signal
import sys
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from connlint import gate
from connlint.engine import check
from connlint.rules import all_rules
from tests.fuzz import behaviour
from tests.fuzz.mutations import mutated
from tests.fuzz.programs import encoded, program
from tests.fuzz.properties import ALL, NAME, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import FrameType

# A real file that takes longer than it teaches is left out.
LARGEST = 40_000
# Seconds of the processor, because a busy machine is nobody's fault.
LIMIT = 30
SECONDS_TO_REDUCE = 60.0


class TooLongError(BaseException):
    """A program takes more than its time; nothing that catches exceptions of all kinds is to take this one."""


def too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TooLongError


def corpus(folders: Iterable[Path]) -> list[Path]:
    """Return the files of a size that can be tried."""
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if path.is_file() and 0 < path.stat().st_size < LARGEST
    )


def real_file(random: Random, files: Sequence[Path]) -> str:
    """Return the text of a real file, mostly one that the gate lets in; an example of a rule if there is none."""
    for _ in range(200 if files else 0):
        data = random.choice(files).read_bytes()
        if gate.decide(data, lambda _family: True).candidate or random.random() < 0.02:
            try:
                return data.decode()
            except UnicodeDecodeError:
                continue
    return random.choice([each.code for rule in all_rules() for each in (*rule.bad, *rule.silent)])


def made(number: int, files: Sequence[Path]) -> tuple[str, bytes]:
    """Return the kind and the bytes of the program with this number."""
    random = Random(number)
    kind = ("grammar", "examples", "grammar", "mutation")[number % 4]
    if kind == "grammar":
        return kind, encoded(random, program(random))
    text = real_file(random, files if kind == "mutation" else ())
    return kind, encoded(random, mutated(random, text))


def tried(data: bytes) -> list[str]:
    """Return what is wrong with how connlint deals with `data`, crashes of the check included."""
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        return list(violations(data))
    except TooLongError:
        return [f"time: more than {LIMIT} s of the processor"]
    except Exception:  # noqa: BLE001 - a crash is what this looks for
        return [f"crash: {traceback.format_exc()}"]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def kind_of(text: str) -> str:
    """Return a violation without what is particular to the program."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "…", text.strip().splitlines()[-1] if text.startswith("crash") else text)[
        :120
    ]


def fails_so(kind: str, data: bytes) -> bool:
    """Say whether `data` shows a violation of this kind."""
    return kind in map(kind_of, tried(data))


def reduced(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return the smallest part of `data`, line by line, that still fails; what a minute gives."""
    deadline = time.monotonic() + SECONDS_TO_REDUCE
    lines = data.splitlines(keepends=True)
    size = len(lines) // 2
    while size:
        at = 0
        while at < len(lines) and time.monotonic() < deadline:
            shorter = lines[:at] + lines[at + size :]
            if fails(b"".join(shorter)):
                lines = shorter
            else:
                at += size
        size //= 2
    return b"".join(lines)


class Run:
    """The state of a run, and what it found."""

    def __init__(self, folder: Path, first: int) -> None:
        self.folder = folder
        self.state = folder / "state.json"
        self.number = first
        self.seconds = 0.0
        self.worked = 0.0
        self.programs: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.violations: Counter[str] = Counter()
        folder.mkdir(parents=True, exist_ok=True)
        if self.state.exists():
            saved = json.loads(self.state.read_text("utf-8"))
            self.seconds, self.worked = saved["seconds"], saved["worked"]
            for name in ("programs", "findings", "violations"):
                getattr(self, name).update(saved[name])
            self.number = saved["number"] + 1
            if saved["working"]:
                self.violations[f"died: at program {saved['number']}"] += 1

    def save(self, *, working: bool) -> None:
        """Write down how far the run is."""
        values = {"number": self.number, "seconds": self.seconds, "worked": self.worked, "working": working}
        counts = {name: dict(getattr(self, name)) for name in ("programs", "findings", "violations")}
        self.state.write_text(json.dumps({**values, **counts}), "utf-8")

    def one(self, files: Sequence[Path]) -> None:
        """Make one program, and try it."""
        self.save(working=True)
        if self.number % 5 == 4:
            kind, found = "behaviour", list(behaviour.differences(Random(self.number)))
            for text in found:
                self.violations[kind_of(text)] += 1
                self.keep(text, text.encode(), text)
        else:
            kind, data = made(self.number, files)
            self.findings.update(item.code for item in check(data, NAME, ALL, noqa=False).diagnostics)
            for text in tried(data):
                self.violations[kind_of(text)] += 1
                if self.violations[kind_of(text)] <= 3:
                    self.keep(text, reduced(data, partial(fails_so, kind_of(text))), text)
        self.programs[kind] += 1

    def keep(self, text: str, data: bytes, said: str) -> None:
        """Leave a program that fails in the folder, and say so."""
        name = f"{re.sub(r'[^a-zA-Z0-9]+', '-', kind_of(text))[:60]}-{self.number}"
        (self.folder / f"{name}.py").write_bytes(data)
        (self.folder / f"{name}.txt").write_text(said, "utf-8")
        print(f"program {self.number}: {said.strip().splitlines()[-1][:300]}", flush=True)

    def report(self) -> str:
        """Return what the run did so far."""
        return "\n".join(
            [
                f"{sum(self.programs.values()):,} programs in {self.seconds / 60:.1f} minutes "
                f"({self.worked / 60:.1f} of the processor): "
                + ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.programs.items())),
                "findings in them: " + ", ".join(f"{code} {count:,}" for code, count in sorted(self.findings.items())),
                f"violations (must be none): {sum(self.violations.values())}",
                *(f"{count:>7}  {kind}" for kind, count in self.violations.most_common()),
            ]
        )


def main() -> int:
    """Fuzz; exit 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long all runs in the folder take together")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="the first program")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="print this program and what is wrong with it")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="where the state and what fails are left")
    parser.add_argument("corpus", nargs="*", type=Path, help="folders of real code to damage")
    options = parser.parse_args()
    faulthandler.enable()
    signal.signal(signal.SIGPROF, too_long)
    files = corpus(options.corpus)
    if options.only is not None:
        _, data = made(options.only, files)
        sys.stdout.buffer.write(data)
        print("\n".join(tried(data)), file=sys.stderr)
        return 0
    run = Run(options.folder, options.first)
    said = started = time.monotonic()
    before, worked = run.seconds, run.worked
    while run.seconds < options.minutes * 60:
        run.one(files)
        run.number += 1
        run.seconds = before + time.monotonic() - started
        run.worked = worked + time.process_time()
        if time.monotonic() - said > 300:
            said = time.monotonic()
            print(run.report(), flush=True)
    run.number -= 1
    run.save(working=False)
    print(run.report())
    return int(bool(run.violations))


if __name__ == "__main__":
    sys.exit(main())
