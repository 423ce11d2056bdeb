"""Run real packages' own tests before their fixes, after the safe ones, and after all of them.

Each package of the table is taken from its source distribution, installed into an environment of its own, and tested
twice as it is; tests that say something else the second time are not asked again. Then connlint, with every rule on,
fixes the package (not its tests), and the tests run again: after safe fixes nothing may have changed, what changes
after the others is listed, to be explained. A last run measures which of the lines that fixes wrote the tests execute:
of the others they say nothing. Where the system allows it the tests have no network but the loopback.

Unlike the crawl, this runs the packages' code, their builds included.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import venv
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from connlint.engine import Selection, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / ".suites"
SDISTS = SUITES / "sdists"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
# The first that follows processes that the tests start by itself.
COVERAGE = "coverage>=7.10"
# The most that one run of a suite may take; what it did not get to by then does not count.
LIMIT = 240.0


@dataclass(frozen=True)
class Suite:
    """A package, what its tests need besides pytest, and what of them to run.

    `code` is where the package lies in its source distribution; fixes go there, except for `tests`.
    """

    package: str
    code: str
    tests: tuple[str, ...]
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


# pytest's own options alone: those of the packages ask for plugins that measure coverage.
PLAIN = ("-o", "addopts=")

SUITES_BY_NAME: Mapping[str, Suite] = {
    suite.package: suite
    for suite in (
        Suite(
            "cheroot",
            "cheroot",
            ("cheroot/test/test_conn.py", "cheroot/test/test_server.py"),
            (
                "jaraco.text",
                "jaraco.context",
                "requests",
                "requests_unixsocket",
                "portend",
                "pytest-mock",
                "trustme",
                "pypytools",
            ),
            ("-o", "addopts=", "-p", "no:warnings"),
        ),
        Suite(
            "eventlet",
            "eventlet",
            ("tests/greenio_test.py", "tests/wsgi_test.py", "tests/socket_test.py", "tests/convenience_test.py"),
        ),
        Suite("boto", "boto", ("tests/unit/cloudsearch", "tests/unit/cloudsearch2"), ("mock", "httpretty", "requests")),
        Suite(
            "botocore",
            "botocore",
            ("tests/unit/test_utils.py", "tests/unit/test_credentials.py", "tests/unit/test_http_session.py"),
        ),
        Suite("fluent-logger", "fluent", ("tests",)),
        Suite("gunicorn", "gunicorn", ("tests",), ("gevent", "eventlet", "tornado", "pytest-asyncio", "httpx"), PLAIN),
        Suite(
            "httpcore",
            "httpcore",
            ("tests",),
            ("anyio", "trio", "h2", "socksio", "pytest-trio", "pytest-httpbin"),
            ("-o", "filterwarnings="),
        ),
        Suite(
            "influxdb",
            "influxdb",
            ("influxdb/tests",),
            ("requests-mock", "mock", "pynose"),
            ("--ignore-glob", "*/dataframe_client_test.py", "--ignore", "influxdb/tests/server_tests"),
        ),
        Suite("ncclient", "ncclient", ("test/unit",)),
        Suite("paho-mqtt", "src/paho", ("tests",), ("filelock",), PLAIN),
        Suite("paramiko", "paramiko", ("tests",), ("invoke", "pytest-relaxed", "icecream")),
        Suite(
            "pymemcache",
            "pymemcache",
            ("pymemcache/test",),
            ("Faker", "gevent"),
            ("-m", "unit", "--ignore", "pymemcache/test/test_compression.py", *PLAIN),
        ),
        Suite("pyro5", "Pyro5", ("tests",)),
        Suite("python-mpd2", "mpd", ("mpd/tests.py",), ("Twisted",)),
        Suite("pyvisa-py", "pyvisa_py", ("pyvisa_py/testsuite",)),
        Suite(
            "s3transfer",
            "s3transfer",
            (
                "tests/unit/test_s3transfer.py",
                "tests/unit/test_download.py",
                "tests/unit/test_processpool.py",
                "tests/functional/test_download.py",
                "tests/functional/test_processpool.py",
            ),
        ),
        Suite("supervisor", "supervisor", ("supervisor/tests",), ("setuptools<81",)),
        Suite(
            "twine",
            "twine",
            ("tests",),
            ("pretend", "pytest-socket", "build"),
            ("--disable-socket", "--ignore", "tests/test_integration.py"),
        ),
        Suite("waitress", "src/waitress", ("tests",), (), PLAIN),
    )
}


@dataclass
class Result:
    """What one suite gave: findings and fixes by code, tests before, and the tests that say something else after.

    `reached` are the fixes, each as its place, with how many of the lines it wrote the tests execute, and of how many.
    """

    package: str
    problem: str | None = None
    found: dict[str, int] = field(default_factory=dict)
    applied: dict[str, dict[str, int]] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    unsteady: int = 0
    changed: dict[str, list[str]] = field(default_factory=dict)
    reached: dict[str, tuple[int, int]] = field(default_factory=dict)


class SuiteError(Exception):
    """A suite could not be run; the text says why."""


# Getting a package ready


def source(package: str) -> Path:
    """Return the source distribution of `package`, downloaded if it is not there."""
    SDISTS.mkdir(parents=True, exist_ok=True)
    if found := sdist(package):
        return found
    command = [sys.executable, *PIP, "download", "--no-deps", "--no-binary", package, "--dest", str(SDISTS), package]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if (found := sdist(package)) is None:
        raise SuiteError(f"has no source distribution: {done.stderr.strip()[-300:]}")
    return found


def sdist(package: str) -> Path | None:
    """Return the source distribution of `package` that is there."""
    wanted = package.lower().replace("-", "_")
    for path in sorted(SDISTS.glob("*.tar.gz")):
        if path.name.rpartition("-")[0].lower().replace("-", "_").replace(".", "_") == wanted:
            return path
    return None


def prepare(suite: Suite) -> tuple[Path, Path]:
    """Return the folder of the unpacked source and the Python of an environment in which its tests can run."""
    home = SUITES / suite.package
    tree, environment = home / "source", home / "venv"
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    shutil.rmtree(tree, ignore_errors=True)
    with tarfile.open(source(suite.package)) as archive:
        archive.extractall(home / "unpacked", filter="data")
    (unpacked,) = (home / "unpacked").iterdir()
    unpacked.rename(tree)
    # Else pytest goes on to look for its settings above, and finds those of connlint.
    (home / "pytest.ini").write_text("[pytest]\n")
    made = environment / ".made"
    needs = ["pytest", COVERAGE, *suite.needs]
    if not made.exists() or made.read_text() != " ".join(needs):
        venv.create(environment, with_pip=True, clear=True)
        command = [str(python), *PIP, "install", "--no-compile", str(tree), *needs]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SuiteError(f"cannot be installed: {done.stderr.strip()[-500:]}")
        made.write_text(" ".join(needs))
    return tree, python


def installed(python: Path, suite: Suite) -> Path | None:
    """Return the folder of the package as it is installed."""
    name = Path(suite.code).name
    found = sorted(python.parent.parent.glob(f"lib*/**/site-packages/{name}"))
    return found[0] if found else None


class Code:
    """A package's code, in its source and as it is installed, which can be fixed and set back."""

    def __init__(self, suite: Suite, tree: Path, python: Path) -> None:
        self.folder = tree / suite.code
        self.folders = [self.folder, *filter(None, [installed(python, suite)])]
        if not self.folder.is_dir():
            raise SuiteError(f"has no {suite.code}")
        excluded = [tree / path for path in suite.tests]
        self.files = [
            path
            for path in sorted(self.folder.rglob("*.py"))
            if not any(path.is_relative_to(each) for each in excluded)
        ]
        self.before = {path: path.read_bytes() for path in self.files}
        self.write()

    def write(self) -> None:
        """Write the code as it was into every place."""
        for path, data in self.before.items():
            path.write_bytes(data)
        self.copy()

    def copy(self) -> None:
        """Bring what is installed in step with the source."""
        for folder in self.folders[1:]:
            for path in self.files:
                target = folder / path.relative_to(self.folder)
                if target.exists():
                    target.write_bytes(path.read_bytes())

    def fix(self, *options: str) -> dict[str, int]:
        """Set the code back, fix it, and return how many fixes were applied, by code."""
        self.write()
        before = self.findings()
        connlint(*options, "--fix", "--statistics", *map(str, self.files))
        self.copy()
        after = self.findings()
        return {code: count - after.get(code, 0) for code, count in before.items() if count > after.get(code, 0)}

    def findings(self) -> dict[str, int]:
        """Return how many findings the code has, by code."""
        rows = json.loads(connlint("--statistics", "--output-format", "json", *map(str, self.files)))
        return {row["code"]: row["count"] for row in rows}

    def written(self) -> Iterator[tuple[str, str, frozenset[int]]]:
        """Yield each fix that the code may have now: its place, its file, and the rows in it that it wrote."""
        for path, before in self.before.items():
            relative = path.relative_to(self.folder).as_posix()
            after = path.read_bytes()
            if after != before:
                for place, rows in rows_written(before, after, relative):
                    yield place, relative, rows


def rows_written(before: bytes, after: bytes, name: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the place of each fix of `before` and on which rows of `after` the statements are that it wrote.

    Imports are left out: that they are executed says nothing.
    """
    checked = check(before, name, Selection(select=("CNL",)), with_fixes=True)
    old, new = (data.decode().splitlines() for data in (before, after))
    firsts = first_rows(after)
    changes = [part for part in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if part[0] != "equal"]
    for item in checked.diagnostics:
        if item.fix is None or checked.source is None:
            continue
        rows = set()
        for edit in item.fix.edits:
            top, bottom = (checked.source.position(place)[0] for place in (edit.start, edit.end))
            for _, first, last, into, until in changes:
                if top <= last + 1 and first <= bottom:
                    rows |= {firsts[row] for row in range(into + 1, until + 1) if row in firsts}
                    if into == until and firsts.get(into, 0) == firsts.get(into + 1):
                        rows.add(firsts[into])  # what was deleted is a part of this statement
        yield f"{item.code} {name}:{item.row} ({item.fix.applicability})", frozenset(rows)


def first_rows(data: bytes) -> dict[int, int]:
    """Return on which row the statement begins that a row belongs to; imports and blank lines have none."""
    firsts: dict[int, int] = {}
    for node in ast.walk(ast.parse(data)):  # from the outside in
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            for row in range(first, (node.end_lineno or node.lineno) + 1):
                firsts[row] = first
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    del firsts[row]
    return firsts


def connlint(*arguments: str) -> str:
    """Run connlint with every rule, and return what it printed."""
    command = [sys.executable, "-m", "connlint", "check", "--isolated", "--select", "ALL", "--exit-zero", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if "Traceback" in done.stderr:
        raise SuiteError(done.stderr)
    return done.stdout


# Running tests


@lru_cache(maxsize=1)
def without_network() -> tuple[str, ...]:
    """Return the command in which programs have no network but the loopback; nothing where the system has none."""
    command = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    with suppress(OSError):
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            return command
    return ()


def outcomes(suite: Suite, tree: Path, python: Path, name: str, *prefix: str) -> dict[str, str]:
    """Run a suite's tests, as modules of Python are after `prefix`, and return what became of each."""
    report = tree.parent / f"{name}.xml"
    report.unlink(missing_ok=True)
    options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.options)
    command = [*without_network(), str(python), *prefix, "-m", "pytest", *options, *suite.tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    with (tree.parent / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tree, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired as error:
            raise SuiteError(f"the tests took more than {LIMIT:g} s") from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if not report.exists():
        raise SuiteError(
            f"the tests gave no report: {(tree.parent / f'{name}.log').read_text(errors='replace')[-500:]}"
        )
    return dict(cases(report))


def executed(suite: Suite, tree: Path, python: Path) -> dict[str, set[int]]:
    """Run a suite's tests and return on which rows statements were executed, by the names of files below its code."""
    home, name = tree.parent, Path(suite.code).name
    settings = home / "coverage.cfg"
    settings.write_text(
        f"[run]\nparallel = true\npatch = subprocess, _exit\nsigterm = true\ndata_file = {home}/coverage/data\n"
        f"include = */{name}/*\n"
    )
    shutil.rmtree(home / "coverage", ignore_errors=True)
    (home / "coverage").mkdir()
    tool = ("-m", "coverage")
    outcomes(suite, tree, python, "reached", *tool, "run", f"--rcfile={settings}")
    for verb, *others in (("combine", "--quiet"), ("json", "--quiet", "-i", "-o", str(home / "coverage.json"))):
        command = [str(python), *tool, verb, f"--rcfile={settings}", *others]
        subprocess.run(command, check=False, capture_output=True, cwd=tree)
    rows: dict[str, set[int]] = {}
    for path, said in json.loads((home / "coverage.json").read_text())["files"].items():
        # The package may be imported from its source and as it is installed.
        rows.setdefault(f"/{path}".rpartition(f"/{name}/")[2], set()).update(said["executed_lines"])
    return rows


def cases(report: Path) -> Iterator[tuple[str, str]]:
    """Yield the tests of a report in JUnit's format, and whether they passed."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by the pytest that was started here
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        yield f"{case.get('classname')}::{case.get('name')}", min(kinds, default="passed")


def demand_tests(steady: Mapping[str, str]) -> None:
    """Raise `SuiteError` if nothing passes before any fix: then nothing could be broken."""
    if "passed" not in steady.values():
        raise SuiteError("no test passes as it is; before.log beside its environment says why")


def run(suite: Suite) -> Result:
    """Take one suite through the whole way."""
    result = Result(suite.package)
    try:
        tree, python = prepare(suite)
        code = Code(suite, tree, python)
        result.found = code.findings()
        first, second = (outcomes(suite, tree, python, name) for name in ("before", "before-again"))
        steady = {name: said for name, said in first.items() if second.get(name) == said}
        demand_tests(steady)
        result.unsteady = len(first) - len(steady)
        for said in steady.values():
            result.tests[said] = result.tests.get(said, 0) + 1
        for name, options in (("safe", ()), ("unsafe", ("--unsafe-fixes",))):
            result.applied[name] = code.fix(*options)
            after = outcomes(suite, tree, python, name) if result.applied[name] else first
            result.changed[name] = [
                f"{test}: {said}, then {after.get(test, 'missing')}"
                for test, said in steady.items()
                if after.get(test) != said
            ]
        written = list(code.written())
        rows_of = executed(suite, tree, python) if written else {}
        result.reached = {place: (len(rows & rows_of.get(file, set())), len(rows)) for place, file, rows in written}
    except SuiteError as error:
        result.problem = " ".join(str(error).split())
    return result


# What it prints


def counted(counts: Mapping[str, int]) -> str:
    """Return counts by code or outcome in one line."""
    return " ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def summary(results: Sequence[Result]) -> Iterator[str]:
    """Yield the table of all suites, and below it what changed."""
    columns = ("package", "passed", "others", "unsteady", "safe: changed", "unsafe: changed")
    yield "{:<16} {:>6} {:>6} {:>8} {:>14} {:>16}  fixes".format(*columns)
    for result in results:
        if result.problem is not None:
            yield f"{result.package:<16} {result.problem}"
            continue
        passed = result.tests.get("passed", 0)
        changed = (len(result.changed[name]) for name in ("safe", "unsafe"))
        yield (
            "{:<16} {:>6} {:>6} {:>8} {:>14} {:>16}  ".format(
                result.package, passed, sum(result.tests.values()) - passed, result.unsteady, *changed
            )
            + f"safe: {counted(result.applied['safe'])}; all: {counted(result.applied['unsafe'])}; "
            + f"of: {counted(result.found)}"
        )
    for result in results:
        for place, (count, every) in result.reached.items():
            said = f"{count} of {every} statements executed" if every else "wrote no statement"
            yield f"{result.package}: {place}: {said}"
        for name, tests in result.changed.items():
            yield from (f"{result.package}, after {name} fixes: {text}" for text in tests)


def main() -> int:
    """Run the suites; exit 1 if a safe fix changed a test's result, or fewer than eight could be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help=f"only these ({', '.join(sorted(SUITES_BY_NAME))})")
    options = parser.parse_args()
    results = []
    for package in options.packages or sorted(SUITES_BY_NAME):
        results.append(run(SUITES_BY_NAME[package]))
        print("\n".join(summary(results[-1:])), flush=True)
    print("", *summary(results), sep="\n")
    done = [result for result in results if result.problem is None]
    few = len(done) < min(8, len(results))
    return int(few or any(result.changed["safe"] for result in done))


if __name__ == "__main__":
    sys.exit(main())
