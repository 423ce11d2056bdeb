"""Many files: read, check or fix, in as many processes as pay.

The order of the results is that of the tasks, whatever the number of processes. Nothing is written here but by
`write`; the processes only read. A process that dies (a parser in C can) costs the file that it was at, and no other.
"""

from __future__ import annotations

import os
import signal
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from connlint import engine, gate
from connlint.discovery import reason
from connlint.engine import Checked
from connlint.writing import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

    from connlint.engine import Selection

# Files to be parsed that are worth the start of processes: each imports libcst first.
_HANDFUL = 6


@dataclass(frozen=True, slots=True)
class Task:
    """A file and what is wanted of it.

    `shown` is what it is called in a report. With `alone`, each fix is proven alone, for those who apply just one;
    else all together, as they are applied here. With `remove_noqa`, what suppresses selected rules goes first; with
    `add_noqa`, what is still found in the end is suppressed, for that reason (which may be empty).
    """

    path: str
    shown: str
    selection: Selection
    fix: bool = False
    unsafe: bool = False
    noqa: bool = True
    alone: bool = False
    remove_noqa: bool = False
    add_noqa: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task.

    `checked` is what is there, or remains; its diagnostics hold their fixes, proven. If fixes changed the file,
    `before` and `after` are its content and `applied` counts them by code; `dropped` says which failed their proof.
    `suppressed` and `unsuppressed` count the suppressions that came and those that went.
    """

    task: Task
    checked: Checked
    before: bytes = b""
    after: bytes = b""
    applied: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    suppressed: int = 0
    unsuppressed: int = 0

    @property
    def changed(self) -> bool:
        """True if fixes changed the file's content."""
        return self.before != self.after


def run(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    """Yield what comes of `tasks`, in their order, with at most `jobs` processes."""
    done, waiting = _gated(tasks) if jobs > 1 else ({}, [])
    if len(waiting) >= _HANDFUL:
        done.update(_in_processes(tasks, waiting, jobs))
    for place, task in enumerate(tasks):
        yield done.pop(place) if place in done else process(task)


def _gated(tasks: Sequence[Task]) -> tuple[dict[int, Outcome], list[int]]:
    """Return the outcomes that the gate alone can tell, by place, and the places of the tasks that take more.

    As soon as processes pay, all that is left is for them.
    """
    done: dict[int, Outcome] = {}
    waiting: list[int] = []
    for place, task in enumerate(tasks):
        if len(waiting) >= _HANDFUL:
            return done, [*waiting, *range(place, len(tasks))]
        outcome = _at_gate(task)
        if outcome is None:
            waiting.append(place)
        else:
            done[place] = outcome
    return done, waiting


def _at_gate(task: Task) -> Outcome | None:
    """Return what comes of `task` if the gate does not let its file in, else None."""
    try:
        data = read(task.path)
    except (OSError, ValueError) as error:
        return failed(task, reason(error))
    verdict = gate.decide(data, task.selection.may_have, options=task.selection.options)
    if verdict.problem is not None:
        return failed(task, verdict.problem)
    if verdict.candidate or (task.remove_noqa and gate.suppresses(data)):
        return None
    return Outcome(task, Checked(task.shown))


def process(task: Task) -> Outcome:
    """Return what comes of `task`."""
    try:
        data = read(task.path)
    except (OSError, ValueError) as error:
        return failed(task, reason(error))
    return process_data(task, data)


def process_data(task: Task, data: bytes) -> Outcome:
    """Return what comes of `task` if the file's content is `data`."""
    start, unsuppressed = (data, 0) if not task.remove_noqa else _unsuppressed(task, data)
    outcome = _fixed(task, start)
    if task.add_noqa is not None and outcome.checked.diagnostics:
        outcome = _suppressed(task, task.add_noqa, outcome, outcome.after or start)
    if unsuppressed:
        outcome = replace(outcome, before=data, after=outcome.after or start, unsuppressed=unsuppressed)
    return outcome


def _unsuppressed(task: Task, data: bytes) -> tuple[bytes, int]:
    """Return `data` without the comments that suppress selected rules, and how many codes went."""
    from connlint import catalogue
    from connlint.source import SourceError, decode
    from connlint.suppressing import removed

    if not gate.suppresses(data):
        return data, 0
    selected = {rule.code for rule in engine.selected_rules(task.selection)}
    others = {entry.code for entry in catalogue.entries()} - selected

    def goes(code: str) -> bool:
        return code.upper().startswith(catalogue.PREFIX) and not any(other.startswith(code.upper()) for other in others)

    try:
        source = decode(data, task.shown)
        result = removed(source, goes)
        return source.encode(result.text), result.codes
    except SourceError:
        return data, 0  # the check will say so


def _suppressed(task: Task, reason: str, outcome: Outcome, data: bytes) -> Outcome:
    """Return `outcome` with a comment for each finding that is left in `data`, proven to suppress it."""
    from connlint.source import decode
    from connlint.suppressing import added

    source = decode(data, task.shown)
    result = added(source, [(item.row, item.code) for item in outcome.checked.diagnostics], reason)
    try:
        text = source.encode(result.text)
    except UnicodeEncodeError:
        problem = f"the file's encoding {source.encoding} cannot hold the reason of its suppressions"
        return replace(outcome, checked=replace(outcome.checked, problems=(*outcome.checked.problems, problem)))
    checked = _checked(task, text)
    impossible = [(item.row, item.code) for item in checked.diagnostics]
    told = tuple(f"{code} at line {row} cannot be suppressed by a comment" for row, code in impossible)
    checked = replace(checked, problems=tuple(dict.fromkeys((*outcome.checked.problems, *checked.problems, *told))))
    return replace(outcome, checked=checked, before=outcome.before or data, after=text, suppressed=result.codes)


def _fixed(task: Task, data: bytes) -> Outcome:
    """Return what comes of `task` without regard to suppressions."""
    if not task.fix:
        return Outcome(task, _checked(task, data))
    fixed = engine.fix(data, task.shown, task.selection, unsafe=task.unsafe, noqa=task.noqa)
    checked = fixed.checked
    if checked.diagnostics:
        proven = _checked(task, fixed.data)
        problems = dict.fromkeys((*checked.problems, *proven.problems))
        checked = replace(proven, problems=tuple(problems))
    checked = _slim(checked)
    if fixed.data == data:
        return Outcome(task, checked, dropped=fixed.dropped)
    return Outcome(task, checked, data, fixed.data, dict(fixed.applied), fixed.dropped)


def _checked(task: Task, data: bytes) -> Checked:
    """Check `data`, its fixes proven: whether there is one is part of every report."""
    with_fixes: bool | Literal["together"] = True if task.alone else "together"
    return _slim(engine.check(data, task.shown, task.selection, noqa=task.noqa, with_fixes=with_fixes))


def _slim(checked: Checked) -> Checked:
    """Return `checked` without the text that no report will show: runs are long, and outcomes wait for their end."""
    return checked if checked.diagnostics else replace(checked, source=None)


def failed(task: Task, problem: str) -> Outcome:
    """Return the outcome of a task that could not be done."""
    return Outcome(task, Checked(task.shown, problems=(problem,)))


def read(path: str) -> bytes:
    """Return the content of a file, no more of it than tells that it is too large.

    Raises `OSError` for what is no file too: a pipe would be waited for.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError("it is not a regular file")
    with open(path, "rb") as file:  # noqa: PTH123 - a path may hold anything
        return file.read(gate.MOST_BYTES + 1)


def write(outcome: Outcome, roots: Sequence[str]) -> Outcome:
    """Write what the fixes made of a file; return the outcome with what went wrong, if anything did.

    `roots` are the paths that were given, links followed: a link in one of them may lead outside, and nobody said that
    what is there may be changed.
    """
    if not outcome.changed:
        return outcome
    target = os.path.realpath(outcome.task.path)
    if not any(target == root or target.startswith(os.path.join(root, "")) for root in roots):  # noqa: PTH118
        return failed(outcome.task, f"leads out of the paths given, to {target}, so nothing was written")
    try:
        replace_file(Path(outcome.task.path), outcome.before, outcome.after)
    except OSError as error:
        return failed(outcome.task, f"cannot be written: {error.strerror or error}")
    return outcome


# Processes


def _in_processes(tasks: Sequence[Task], places: Sequence[int], jobs: int) -> dict[int, Outcome]:
    """Return the outcomes of the tasks at `places`, by place."""
    done: dict[int, Outcome] = {}
    left = list(reversed(places))
    while left:
        suspects = _until_death(tasks, left, jobs, done)
        for place in suspects:
            # One at a time: whoever was at work when a process died may or may not have been the cause.
            if _until_death(tasks, [place], 1, done):
                died = "the process that checked it died, most likely in libcst's parser"
                done[place] = failed(tasks[place], died)
    return done


def _until_death(tasks: Sequence[Task], left: list[int], jobs: int, done: dict[int, Outcome]) -> list[int]:
    """Do the tasks at the end of `left` until none is left or a process dies; return those then at work."""
    from concurrent.futures import FIRST_COMPLETED, wait
    from concurrent.futures.process import BrokenProcessPool

    running: dict[Future[Outcome], int] = {}
    pool = _pool(min(jobs, len(left)))
    try:
        while left or running:
            # No more than keeps every process busy, so that few are suspects and an interrupt is quick.
            with _interrupts_wait():
                while left and len(running) < 2 * jobs:
                    running[pool.submit(process, tasks[left[-1]])] = left[-1]
                    left.pop()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done[running[future]] = future.result()
                del running[future]
    except BrokenProcessPool:
        return sorted(running.values())
    finally:
        pool.shutdown(wait=not running, cancel_futures=True)
    return []


def _pool(workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, initializer=_end_at_interrupt)


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


def available_processors() -> int:
    """Return how many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
