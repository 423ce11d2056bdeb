"""Many files: the order, the processes, and what one bad file may cost."""

from __future__ import annotations

import os
import signal
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from connlint import gate, processes, run
from connlint.engine import Selection
from connlint.run import Task
from tests.test_processes import forking_pool

CLEAN = "print(1)\n"
CANDIDATE = "import socket\n\ns = socket.socket()\ns.connect(('localhost', 9999))\n"
LEAK = Selection(select=("CNL302",))


def tasks_of(directory: Path, *texts: str, fix: bool = False) -> list[Task]:
    paths = []
    for number, text in enumerate(texts):
        path = directory / f"f{number:03}.py"
        path.write_text(text)
        paths.append(str(path))
    return [Task(path, Path(path).name, LEAK, fix=fix) for path in paths]


def test_nothing_comes_of_nothing() -> None:
    assert list(run.run([], 4)) == []


@pytest.mark.parametrize("jobs", [1, 3])
def test_clean_files_are_not_parsed(tmp_path: Path, jobs: int) -> None:
    outcomes = list(run.run(tasks_of(tmp_path, *[CLEAN] * 20), jobs))
    assert [(item.checked.diagnostics, item.checked.parsed, item.changed) for item in outcomes] == [
        ((), False, False)
    ] * 20


@pytest.mark.parametrize("fix", [False, True], ids=["check", "fix"])
def test_number_of_processes_changes_nothing(tmp_path: Path, fix: bool) -> None:
    texts = [CANDIDATE, CLEAN, "socket.connect except (\n", *[CANDIDATE, CLEAN] * 8]
    tasks = tasks_of(tmp_path, *texts, fix=fix)
    tasks.insert(5, Task(str(tmp_path / "missing.py"), "missing.py", LEAK))
    one, three = list(run.run(tasks, 1)), list(run.run(tasks, 3))
    assert [item.task for item in one] == tasks
    assert one == three
    assert one[5].checked.problems == ("cannot be read: No such file or directory",)
    assert {code for item in one for code in item.applied} == ({"CNL302"} if fix else set())
    assert sum(len(item.checked.diagnostics) for item in one) == (0 if fix else 9)


@pytest.mark.parametrize("count", [1, 40])
def test_gate_that_fails_costs_one_file(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gate.decide

    def fails(data: bytes, *args: Any) -> gate.Verdict:
        if b"fails" in data:
            raise AttributeError("no such attribute")
        return real(data, *args)

    monkeypatch.setattr(gate, "decide", fails)
    outcomes = list(run.run(tasks_of(tmp_path, CLEAN + "fails = 1\n", *[CLEAN] * count), 1))
    problems = [item.checked.problems for item in outcomes]
    assert problems[0][0].startswith("internal error in connlint: AttributeError: no such attribute; please report")
    assert problems[1:] == [()] * count


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (outcome,) = run.run([Task(str(tmp_path / "pipe.py"), "pipe.py", LEAK)], 1)
    assert outcome.checked.problems == ("cannot be read: it is not a regular file",)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_process_that_dies_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = tasks_of(tmp_path, *[CANDIDATE] * 15)
    deadly = {tasks[4].path, tasks[11].path}
    real, parent = run.process_data, os.getpid()

    def die(task: Task, data: bytes, verdict: gate.Verdict | None = None) -> run.Outcome:
        # As libcst's parser does of deep nesting: it is the process that ends, and no exception is raised.
        if task.path in deadly and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(task, data, verdict)

    monkeypatch.setattr(run, "process_data", die)
    monkeypatch.setattr(processes, "_pool", forking_pool)
    outcomes = list(run.run(tasks, 3))
    assert [item.task for item in outcomes] == tasks
    assert [place for place, item in enumerate(outcomes) if item.checked.problems] == [4, 11]
    assert outcomes[4].checked.problems[0].startswith("the process that checked it died")
    assert all(len(item.checked.diagnostics) == 1 for place, item in enumerate(outcomes) if place not in {4, 11})


def test_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    (outcome,) = run.run(tasks_of(tmp_path, CANDIDATE, fix=True), 1)
    path = tmp_path / "f000.py"
    path.write_text("# somebody else's\n")
    written = run.write(outcome, [str(tmp_path)])
    assert written.checked.problems == ("cannot be written: it changed while it was checked, so nothing was written",)
    assert path.read_text() == "# somebody else's\n"
    assert not written.changed


def test_fixed_file_is_written(tmp_path: Path) -> None:
    (outcome,) = run.run(tasks_of(tmp_path, CANDIDATE, fix=True), 1)
    assert run.write(outcome, [str(tmp_path)]) == outcome
    assert (tmp_path / "f000.py").read_bytes() == outcome.after != outcome.before
    (again,) = run.run([outcome.task], 1)
    assert (again.changed, again.applied) == (False, {})


def test_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, CLEAN, fix=True)
    before = (tmp_path / "f000.py").stat()
    (outcome,) = run.run(tasks, 1)
    run.write(outcome, [str(tmp_path)])
    assert (tmp_path / "f000.py").stat() == before


def test_fixes_proven_together_are_those_proven_alone(tmp_path: Path) -> None:
    (task,) = tasks_of(tmp_path, CANDIDATE * 3)
    everything = task._replace(selection=Selection(select=("CNL3",)))
    (together,) = run.run([everything], 1)
    (alone,) = run.run([everything._replace(alone=True)], 1)
    assert together.checked.diagnostics == alone.checked.diagnostics
    assert [item.fix is not None for item in alone.checked.diagnostics] == [True] * 6


def test_file_whose_fixing_does_not_end_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connlint.engine.MOST_PASSES", 1)
    (outcome,) = run.run(tasks_of(tmp_path, CANDIDATE, fix=True), 1)
    assert not outcome.changed
    assert outcome.applied == {}
    assert [item.code for item in outcome.checked.diagnostics] == ["CNL302"]
    assert outcome.checked.problems == ("fixing did not come to an end within 1 passes, so nothing is fixed",)


def _most_memory(tasks: list[Task], cache: str | None) -> int:
    tracemalloc.start()
    try:
        for _ in run.run(tasks, 1, cache):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [CLEAN, CANDIDATE], ids=["clean", "found"])
@pytest.mark.parametrize("cached", [False, True])
def test_of_each_file_next_to_nothing_is_kept(tmp_path: Path, text: str, cached: bool) -> None:
    text += "# and so on, for a while\n" * 1_000
    cache = str(tmp_path / "cache") if cached else None
    tasks = tasks_of(tmp_path, *(f"{text}# {number}\n" for number in range(45)))
    few = _most_memory(tasks[:5], cache)
    # Nine times as many files, of 25,000 bytes each
    assert _most_memory(tasks, cache) < few + 200_000
