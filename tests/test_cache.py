"""What earlier runs found out: that it is used, that it is never wrong, and that nothing can harm it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connlint import cache as module
from connlint import run
from connlint.cache import Cache, Keys
from connlint.engine import Selection
from connlint.options import Options
from connlint.run import Task

if TYPE_CHECKING:
    from connlint.gate import Verdict

CLEAN = "import socket\n\nfor _ in range(3):\n    try:\n        print(1)\n    except OSError:\n        pass\n"
LEAK = "import socket\n\ns = socket.socket()\ns.connect(('localhost', 9999))\n"
CONNECTS = Selection(select=("CNL302",))


def tasks_of(directory: Path, *texts: str) -> list[Task]:
    directory.mkdir(exist_ok=True)
    paths = [directory / f"f{number:03}.py" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return [Task(str(path), path.name, CONNECTS) for path in paths]


class Count:
    """Counts the files for which the gate is not enough and the cache knows nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        real = run.process_data

        def process_data(task: Task, data: bytes, verdict: Verdict | None = None) -> run.Outcome:
            self.names.append(task.shown)
            return real(task, data, verdict)

        monkeypatch.setattr(run, "process_data", process_data)

    def since(self) -> list[str]:
        names, self.names = self.names, []
        return names


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    return Count(monkeypatch)


def results(tasks: list[Task], directory: Path, jobs: int = 1) -> list[run.Outcome]:
    outcomes = list(run.run(tasks, jobs, str(directory)))
    return [item._replace(checked=item.checked._replace(parsed=False)) for item in outcomes]


def test_known_contents_are_not_checked_again(tmp_path: Path, count: Count) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK, CLEAN, LEAK + "# other\n")
    first = results(tasks, tmp_path / "cache")
    assert count.since() == ["f000.py", "f002.py"], "the gate alone tells of the clean one"
    assert results(tasks, tmp_path / "cache") == first
    assert count.since() == []
    assert [len(item.checked.diagnostics) for item in first] == [1, 0, 1]


def test_clean_contents_that_only_libcst_can_tell_are_known(tmp_path: Path, count: Count) -> None:
    closed = LEAK.replace("s.connect", "with s: s.connect")
    tasks = tasks_of(tmp_path / "code", closed)
    first = results(tasks, tmp_path / "cache")
    assert count.since() == ["f000.py"]
    assert results(tasks, tmp_path / "cache") == first
    assert count.since() == []


def test_checkout_elsewhere_is_warm(tmp_path: Path, count: Count) -> None:
    results(tasks_of(tmp_path / "code", LEAK), tmp_path / "cache")
    shutil.copytree(tmp_path / "cache", tmp_path / "restored")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "renamed.py").write_text(LEAK)
    os.utime(tmp_path / "other" / "renamed.py", (1, 1))
    count.since()
    (outcome,) = results([Task(str(tmp_path / "other" / "renamed.py"), "renamed.py", CONNECTS)], tmp_path / "restored")
    assert count.since() == []
    assert outcome.checked.filename == "renamed.py"
    assert outcome.checked.source is not None
    assert len(outcome.checked.diagnostics) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"selection": Selection(select=("CNL301",))}, id="other-rules"),
        pytest.param({"selection": CONNECTS._replace(options=Options(python2=True))}, id="other-options"),
        pytest.param({"noqa": False}, id="suppressions-not-heeded"),
        pytest.param({"alone": True}, id="fixes-proven-alone"),
        pytest.param({"fix": True}, id="fixed"),
    ],
)
def test_what_is_asked_differently_is_checked(tmp_path: Path, count: Count, change: dict[str, object]) -> None:
    (task,) = tasks_of(tmp_path / "code", LEAK)
    results([task], tmp_path / "cache")
    count.since()
    changed = task._replace(**change)  # type: ignore[arg-type]
    expected = results([changed], tmp_path / "none")
    count.since()
    assert results([changed], tmp_path / "cache") == expected
    assert count.since() == ["f000.py"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("__version__", "9.9.9"), ("_libcst", lambda: "other"), ("_state", lambda: (("gate.py", 1, 1),))],
    ids=["connlint", "libcst", "checkout"],
)
def test_other_tools_are_another_cache(
    tmp_path: Path, count: Count, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK)
    results(tasks, tmp_path / "cache")
    count.since()
    monkeypatch.setattr("connlint.__version__" if name == "__version__" else f"connlint.cache.{name}", value)
    module._tools.cache_clear()
    try:
        results(tasks, tmp_path / "cache")
    finally:
        module._tools.cache_clear()
    assert count.since() == ["f000.py"]


def test_changed_content_is_checked(tmp_path: Path, count: Count) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK)
    results(tasks, tmp_path / "cache")
    status = Path(tasks[0].path).stat()
    Path(tasks[0].path).write_text(LEAK.replace("s.connect", "s.bind   "))
    os.utime(tasks[0].path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert Path(tasks[0].path).stat().st_size == status.st_size
    (outcome,) = results(tasks, tmp_path / "cache")
    assert outcome.checked.diagnostics == ()


def test_what_could_not_be_checked_is_tried_again(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK + "except (\n")
    first = results(tasks, tmp_path / "cache")
    assert results(tasks, tmp_path / "cache") == first
    assert first[0].checked.problems


def test_fixed_content_is_known(tmp_path: Path, count: Count) -> None:
    (task,) = tasks_of(tmp_path / "code", LEAK)
    (outcome,) = results([task._replace(fix=True)], tmp_path / "cache")
    run.write(outcome, [str(tmp_path)])
    count.since()
    assert not results([task], tmp_path / "cache")[0].checked.diagnostics
    assert count.since() == []


DAMAGES = {
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "one-bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "count-too-large": lambda data: data.replace(bytes(7) + b"\x00", b"\xff" * 8, 1),
    "other-format": lambda data: data.replace(b"results 1", b"results 2"),
    "text": lambda _: b"not a cache\n" * 100,
    "grown": lambda data: data + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_file_is_none(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    tasks = tasks_of(tmp_path / "code", LEAK, LEAK + "with s: s.connect(('', 1))\n")
    first = results(tasks, tmp_path / "cache")
    path = tmp_path / "cache" / "results"
    path.write_bytes(damage(path.read_bytes()))
    assert not Cache.at(str(tmp_path / "cache"))
    assert results(tasks, tmp_path / "cache") == first
    assert Cache.at(str(tmp_path / "cache")), "and it is written anew"


def test_no_directory_can_be_made(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK)
    (tmp_path / "file").write_text("")
    assert len(results(tasks, tmp_path / "file" / "cache")[0].checked.diagnostics) == 1


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path / "code", LEAK)
    results(tasks, tmp_path / "cache")
    before = (tmp_path / "cache" / "results").stat()
    results(tasks, tmp_path / "cache")
    assert (tmp_path / "cache" / "results").stat() == before


def test_several_runs_lose_nothing_whole(tmp_path: Path) -> None:
    keys, directory = Keys(), str(tmp_path / "cache")
    contents = [b"%d" % number for number in range(200)]

    def keep(some: list[bytes]) -> None:
        for content in some:
            cache = Cache.at(directory)
            cache.keep_clean(keys.key(content, CONNECTS, noqa=True))
            cache.save()

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(keep, contents[start::4]) for start in range(4)]:
            done.result()
    cache = Cache.at(directory)
    assert cache, "the file is whole"
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.name.endswith(".tmp")] == []
    keep(contents)
    assert all(Cache.at(directory).is_clean(keys.key(content, CONNECTS, noqa=True)) for content in contents)


def test_one_run_takes_in_what_another_wrote(tmp_path: Path) -> None:
    one, other = Cache.at(str(tmp_path)), Cache.at(str(tmp_path))
    one.keep_clean(b"1" * 16)
    other.keep_clean(b"2" * 16)
    one.save()
    other.save()
    both = Cache.at(str(tmp_path))
    assert both.is_clean(b"1" * 16)
    assert both.is_clean(b"2" * 16)


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_OTHERS", 3)
    for number in range(10):
        cache = Cache.at(str(tmp_path))
        cache.keep_clean(b"%016d" % number)
        cache.save()
    assert [Cache.at(str(tmp_path)).is_clean(b"%016d" % number) for number in (9, 0)] == [True, False]
    assert (tmp_path / "results").stat().st_size < 200


def test_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path / "code", *[LEAK + f"# {number}\n" * (number % 3) for number in range(40)])
    one, two = results(tasks, tmp_path / "one", 1), results(tasks, tmp_path / "two", 2)
    assert one == two
    assert (tmp_path / "one" / "results").read_bytes() == (tmp_path / "two" / "results").read_bytes()


# The command line


def connlint(directory: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connlint", *arguments],
        cwd=directory,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "leak.py").write_text(LEAK)
    return tmp_path


def test_cache_is_beside_the_settings_and_ignored_by_git(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.connlint]\nselect = ['CNL302']\n")
    (project / "inner").mkdir()
    (project / "inner" / "leak.py").write_text(LEAK)
    first = connlint(project / "inner", ".")
    assert first.returncode == 1
    assert sorted(path.name for path in (project / ".connlint_cache").iterdir()) == [
        ".gitignore",
        "CACHEDIR.TAG",
        "results",
    ]
    assert (project / ".connlint_cache" / ".gitignore").read_text().endswith("*\n")
    assert connlint(project / "inner", ".").stdout == first.stdout


def test_same_is_said_of_what_is_known(project: Path) -> None:
    for arguments in ([], ["--output-format", "json"], ["--statistics"]):
        asked = ["--isolated", "--select", "CNL302", *arguments, "."]
        first, second, without = (
            connlint(project, *asked),
            connlint(project, *asked),
            connlint(project, *asked, "--no-cache"),
        )
        assert (first.returncode, first.stdout, first.stderr) == (1, without.stdout, without.stderr)
        assert (second.returncode, second.stdout, second.stderr) == (1, without.stdout, without.stderr)


def test_known_findings_do_not_need_libcst(project: Path) -> None:
    asked = ["--isolated", "--select", "CNL302", "."]
    connlint(project, *asked)
    told = connlint(project, *asked, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "leak.py:4:1: CNL302" in told.stdout
    assert "connlint.cache" in told.stderr
    assert "libcst" not in told.stderr


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(["--cache-dir", "elsewhere"], {}, id="option"),
        pytest.param([], {"CONNLINT_CACHE_DIR": "elsewhere"}, id="environment"),
        pytest.param(["--cache-dir", "elsewhere"], {"CONNLINT_CACHE_DIR": "other"}, id="option-before-environment"),
    ],
)
def test_cache_is_where_it_is_wanted(project: Path, arguments: list[str], env: dict[str, str]) -> None:
    connlint(project, "--isolated", *arguments, ".", env=env)
    assert {path.name for path in project.iterdir()} == {"leak.py", "elsewhere"}


def test_settings_say_where_the_cache_is(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.connlint]\ncache-dir = 'var/cache'\n")
    connlint(project, ".")
    assert (project / "var" / "cache" / "results").is_file()
    assert connlint(project, "cache", "dir").stdout.strip() == str(project / "var" / "cache")


def test_no_cache(project: Path) -> None:
    connlint(project, "--isolated", "--no-cache", ".")
    assert [path.name for path in project.iterdir()] == ["leak.py"]


def test_clear(project: Path) -> None:
    connlint(project, "--isolated", ".")
    cleared = connlint(project, "cache", "clear")
    assert (cleared.returncode, cleared.stdout) == (0, f"Removed {project / '.connlint_cache'}\n")
    assert [path.name for path in project.iterdir()] == ["leak.py"]
    again = connlint(project, "cache", "clear")
    assert (again.returncode, again.stdout) == (0, f"There is no cache in {project / '.connlint_cache'}\n")


def test_clear_leaves_what_is_not_its_own(project: Path) -> None:
    (project / "var").mkdir()
    (project / "var" / "precious").write_text("")
    connlint(project, "--isolated", "--cache-dir", "var", ".")
    connlint(project, "cache", "clear", "--cache-dir", "var")
    assert [path.name for path in (project / "var").iterdir()] == ["precious"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "the following arguments are required: action"), (["clean"], "invalid choice: 'clean'")],
    ids=["nothing", "unknown"],
)
def test_wrong_use_is_a_line(project: Path, arguments: list[str], said: str) -> None:
    told = connlint(project, "cache", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
