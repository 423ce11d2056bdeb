"""Many files: read, check or fix, in as many processes as pay.

The order of the results is that of the tasks, whatever the number of processes. Nothing is written here but by
`write`; the processes only read. A process that dies costs the file that it was at, and no other.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Literal, NamedTuple

from connlint import engine, gate
from connlint.discovery import reason
from connlint.engine import Checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connlint.cache import Cache, Keys
    from connlint.engine import Selection

# Files to be parsed, and files to be read, that are worth the start of processes: each of them imports libcst first.
_HANDFUL = 6
_MANY = 500
_FEW = 30

_NONE: Mapping[str, int] = {}


class Task(NamedTuple):
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


class Outcome(NamedTuple):
    """What came of a task.

    `checked` is what is there, or remains; its diagnostics hold their fixes, proven. If fixes changed the file,
    `before` and `after` are its content and `applied` counts them by code; `dropped` says which failed their proof.
    `suppressed` and `unsuppressed` count the suppressions that came and those that went.
    """

    task: Task
    checked: Checked
    before: bytes = b""
    after: bytes = b""
    applied: Mapping[str, int] = _NONE
    dropped: tuple[str, ...] = ()
    suppressed: int = 0
    unsuppressed: int = 0

    @property
    def changed(self) -> bool:
        """True if fixes changed the file's content."""
        return self.before != self.after


def run(
    tasks: Sequence[Task], jobs: int | None, cache: str | None = None, tick: Callable[[int], object] = lambda _: None
) -> Iterator[Outcome]:
    """Yield what comes of `tasks`, in their order, with at most `jobs` processes (None: as many as help).

    What the cache in the directory `cache` knows is not done again, and what it does not know it is told. `tick` is
    called with how many more tasks are done.
    """
    work = _Run(tasks, tick)
    if len(tasks) <= _FEW:
        # Most files are done with sooner than a cache is loaded.
        work.gate(_FEW)
    if cache is not None and work.left():
        from connlint.cache import Cache, Keys

        work.cache, work.checking = Cache.at(cache), _Checking(Keys())
        work.look_up(work.cache)
    try:
        if jobs != 1:
            work.spread(jobs)
        yield from work.outcomes()
    finally:
        if work.cache is not None:
            work.cache.save()


class LetIn(NamedTuple):
    """A file that the gate alone cannot do: its content, and what the gate said of it."""

    data: bytes
    verdict: gate.Verdict


class _Checking:
    """Does a task: gives the key of what was read, if there are keys, and what came of it.

    That is None for what most tasks come to: there is nothing to say of the file.
    """

    def __init__(self, keys: Keys | None) -> None:
        self.keys = keys

    def __call__(self, task: Task) -> tuple[bytes | None, Outcome | None]:
        """Do the whole task."""
        try:
            data = read(task.path)
        except (OSError, ValueError) as error:
            return None, failed(task, reason(error))
        return self.of(task, data)

    def of(self, task: Task, data: bytes, verdict: gate.Verdict | None = None) -> tuple[bytes | None, Outcome | None]:
        """Do the whole task for the file content `data`, of which the gate may have given its `verdict`."""
        outcome = process_data(task, data, verdict)
        key = self.key(task, outcome.after if outcome.changed else data)
        return key, None if outcome == Outcome(task, Checked(task.shown)) else outcome

    def at_gate(self, task: Task) -> tuple[bytes | None, Outcome | None] | LetIn:
        """Do the task if the gate alone can."""
        try:
            data = read(task.path)
        except (OSError, ValueError) as error:
            return None, failed(task, reason(error))
        verdict = engine.decide(data, task.selection)
        if verdict.problem is not None:
            return None, failed(task, verdict.problem)
        if verdict.candidate or (task.remove_noqa and gate.suppresses(data)):
            return LetIn(data, verdict)
        return self.key(task, data), None

    def key(self, task: Task, data: bytes) -> bytes | None:
        """Return the key of `data`; None if it needs none."""
        if self.keys is None or task.remove_noqa:
            return None
        return self.keys.key(data, task.selection, noqa=task.noqa)


class _Run:
    """Does many tasks: `done` holds what came of them, by place, and None as above."""

    def __init__(self, tasks: Sequence[Task], tick: Callable[[int], object]) -> None:
        self.tasks = tasks
        self.tick = tick
        self.cache: Cache | None = None
        self.checking = _Checking(None)
        self.done: dict[int, Outcome | None] = {}
        self.let_in: dict[int, LetIn] = {}
        """The tasks that the gate alone cannot do, as far as they were asked: a handful."""

    def left(self) -> list[int]:
        """Return the places of the tasks that are not done."""
        return [place for place in range(len(self.tasks)) if place not in self.done]

    def look_up(self, cache: Cache) -> None:
        """Take from `cache` what it knows."""
        if not cache:
            return
        from connlint.source import decode

        before = len(self.done)
        for place in self.left():
            task = self.tasks[place]
            try:
                data = read(task.path)
            except (OSError, ValueError):
                continue  # whoever does the task will say so
            key = self.checking.key(task, data)
            if key is None:
                continue
            if cache.is_clean(key):
                self.done[place] = None
            elif _only_checks(task) and (found := cache.found(key, alone=task.alone)) is not None:
                self.done[place] = Outcome(task, Checked(task.shown, found, source=decode(data, task.shown)))
        self.tick(len(self.done) - before)

    def gate(self, most: int) -> list[int]:
        """Do what the gate alone can do, up to `most` tasks; return the places of all that are left.

        It stops where those left are worth the start of processes.
        """
        waiting: list[int] = []
        for number, place in enumerate(left := self.left()):
            if len(waiting) >= _HANDFUL or number >= most:
                return [*waiting, *left[number:]]
            result = self.let_in.get(place) or self.checking.at_gate(self.tasks[place])
            if isinstance(result, LetIn):
                self.let_in[place] = result
                waiting.append(place)
            else:
                self._keep(place, *result)
                self.tick(1)
        return waiting

    def spread(self, jobs: int | None) -> None:
        """Do in processes what takes more than the gate, if that is worth their start."""
        places = self.gate(_MANY)
        if len(places) < _HANDFUL:
            return
        from connlint.processes import available, spread

        jobs = jobs or available()
        if jobs == 1:
            return
        results, died = spread(self.checking, [self.tasks[place] for place in places], jobs, self.tick)
        for place, result in zip(places, results, strict=True):
            if result is not None:
                self._keep(place, *result)
        for number in died:
            task = self.tasks[places[number]]
            problem = "the process that checked it died, most likely in libcst's parser"
            self.done[places[number]] = failed(task, problem)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what came of all tasks, those that are not done yet as they are done."""
        for place, task in enumerate(self.tasks):
            if place not in self.done:
                let_in = self.let_in.pop(place, None)
                result = self.checking(task) if let_in is None else self.checking.of(task, *let_in)
                self._keep(place, *result)
                self.tick(1)
            yield self.done.pop(place) or Outcome(task, Checked(task.shown))

    def _keep(self, place: int, key: bytes | None, outcome: Outcome | None) -> None:
        """Keep what came of a task, and let the cache know what is worth it."""
        self.done[place] = outcome
        if self.cache is None or key is None:
            return
        if outcome is None:
            self.cache.keep_clean(key)
        elif not outcome.checked.problems and not outcome.dropped:
            task, found = self.tasks[place], outcome.checked.diagnostics
            if not found:
                self.cache.keep_clean(key)
            elif _only_checks(task):
                self.cache.keep_found(key, found, alone=task.alone)


def _only_checks(task: Task) -> bool:
    """Say whether nothing is to be changed."""
    return not task.fix and task.add_noqa is None


def process(task: Task) -> Outcome:
    """Return what comes of `task`."""
    try:
        data = read(task.path)
    except (OSError, ValueError) as error:
        return failed(task, reason(error))
    return process_data(task, data)


def process_data(task: Task, data: bytes, verdict: gate.Verdict | None = None) -> Outcome:
    """Return what comes of `task` if the file's content is `data`, of which the gate may have given its `verdict`."""
    start, unsuppressed = (data, 0) if not task.remove_noqa else _unsuppressed(task, data)
    outcome = _fixed(task, start, verdict if start is data else None)
    if task.add_noqa is not None and outcome.checked.diagnostics:
        outcome = _suppressed(task, task.add_noqa, outcome, outcome.after or start)
    if unsuppressed:
        outcome = outcome._replace(before=data, after=outcome.after or start, unsuppressed=unsuppressed)
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
        return outcome._replace(checked=outcome.checked._replace(problems=(*outcome.checked.problems, problem)))
    checked = _checked(task, text)
    impossible = [(item.row, item.code) for item in checked.diagnostics]
    told = tuple(f"{code} at line {row} cannot be suppressed by a comment" for row, code in impossible)
    checked = checked._replace(problems=tuple(dict.fromkeys((*outcome.checked.problems, *checked.problems, *told))))
    return outcome._replace(checked=checked, before=outcome.before or data, after=text, suppressed=result.codes)


def _fixed(task: Task, data: bytes, verdict: gate.Verdict | None) -> Outcome:
    """Return what comes of `task` without regard to suppressions."""
    if not task.fix:
        return Outcome(task, _checked(task, data, verdict))
    fixed = engine.fix(data, task.shown, task.selection, unsafe=task.unsafe, noqa=task.noqa, verdict=verdict)
    checked = fixed.checked
    if checked.diagnostics:
        proven = _checked(task, fixed.data)
        problems = dict.fromkeys((*checked.problems, *proven.problems))
        checked = proven._replace(problems=tuple(problems))
    checked = _slim(checked)
    if fixed.data == data:
        return Outcome(task, checked, dropped=fixed.dropped)
    return Outcome(task, checked, data, fixed.data, dict(fixed.applied), fixed.dropped)


def _checked(task: Task, data: bytes, verdict: gate.Verdict | None = None) -> Checked:
    """Check `data`, its fixes proven: whether there is one is part of every report."""
    with_fixes: bool | Literal["together"] = True if task.alone else "together"
    checked = engine.check(data, task.shown, task.selection, noqa=task.noqa, with_fixes=with_fixes, verdict=verdict)
    return _slim(checked)


def _slim(checked: Checked) -> Checked:
    """Return `checked` without the text that no report will show: runs are long, and outcomes wait for their end."""
    return checked if checked.diagnostics else checked._replace(source=None)


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
    from pathlib import Path

    from connlint.writing import replace_file

    try:
        replace_file(Path(outcome.task.path), outcome.before, outcome.after)
    except OSError as error:
        return failed(outcome.task, f"cannot be written: {error.strerror or error}")
    return outcome
