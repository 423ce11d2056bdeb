"""Run real packages' own tests before their fixes, after the safe ones, and after all of them.

Each package of the table is taken from its source distribution, installed into an environment of its own, and tested
twice as it is; tests that say something else the second time are not asked again. Then connlint, with every rule on,
fixes the package (not its tests), and the tests run again: after safe fixes nothing may have changed, what changes
after the others is listed, to be explained. Where the system allows it the tests have no network but the loopback.

Unlike the crawl, this runs the packages' code, their builds included.
"""

from __future__ import annotations

import argparse
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
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / ".suites"
SDISTS = SUITES / "sdists"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
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
        Suite("fluent-logger", "fluent", ("tests",)),
        Suite("gunicorn", "gunicorn", ("tests",), ("gevent", "eventlet", "tornado", "pytest-asyncio", "httpx"), PLAIN),
        Suite(
            "httpcore",
            "httpcore",
            ("tests",),
            ("anyio", "trio", "h2", "socksio", "pytest-trio", "pytest-httpbin"),
            ("-o", "filterwarnings="),
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
        Suite("python-mpd2", "mpd", ("mpd/tests.py",), ("Twisted",)),
        Suite("pyvisa-py", "pyvisa_py", ("pyvisa_py/testsuite",)),
        Suite("supervisor", "supervisor", ("supervisor/tests",), ("setuptools<81",)),
        Suite("waitress", "src/waitress", ("tests",), (), PLAIN),
    )
}


@dataclass
class Result:
    """What one suite gave: findings and fixes by code, tests before, and the tests that say something else after."""

    package: str
    problem: str | None = None
    found: dict[str, int] = field(default_factory=dict)
    applied: dict[str, dict[str, int]] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    unsteady: int = 0
    changed: dict[str, list[str]] = field(default_factory=dict)


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
    if not (environment / ".made").exists():
        venv.create(environment, with_pip=True, clear=True)
        command = [str(python), *PIP, "install", "--no-compile", str(tree), "pytest", *suite.needs]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SuiteError(f"cannot be installed: {done.stderr.strip()[-500:]}")
        (environment / ".made").touch()
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


def outcomes(suite: Suite, tree: Path, python: Path, name: str) -> dict[str, str]:
    """Run a suite's tests and return what became of each."""
    report = tree.parent / f"{name}.xml"
    report.unlink(missing_ok=True)
    options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.options)
    command = [*without_network(), str(python), "-m", "pytest", *options, *suite.tests]
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
