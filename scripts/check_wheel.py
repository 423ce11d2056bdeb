"""Build the wheel, install it into an empty environment beside flake8, and use it as a stranger would.

What the tests run is the checkout, and an editable install forgives much: a module or a table that the wheel leaves
out, a dependency that only the tests bring, an entry point that points nowhere. This catches those.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "publish.py"
# A small package without dependencies that talks over sockets and has findings.
PACKAGE = "fluent-logger"
LIMIT = 600  # seconds, for what takes a minute where everything has to be downloaded
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


class WheelError(Exception):
    """The wheel does not do what it should; the text says what."""


def run(*command: str | Path, expect: tuple[int, ...] = (0,), cwd: Path | None = None) -> str:
    """Run `command` and return what it printed.

    Raises `WheelError` on any exit status but the expected ones, and when `command` does not end.
    """
    shown = " ".join(map(str, command))
    try:
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise WheelError(f"{shown}\ndid not end within {LIMIT} s") from None
    if done.returncode not in expect:
        raise WheelError(f"{shown}\nexited {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}")
    if "Traceback" in done.stderr:
        raise WheelError(done.stderr)
    return done.stdout


def demand(condition: bool, otherwise: str) -> None:
    """Raise `WheelError` unless `condition` holds."""
    if not condition:
        raise WheelError(otherwise)


def build(work: Path) -> Path:
    """Return the wheel, built from the source distribution, so that this is complete too."""
    run(sys.executable, "-m", "build", "--outdir", work / "dist", ROOT)
    (wheel,) = (work / "dist").glob("*.whl")
    return wheel


def real_package(work: Path) -> Path:
    """Return the folder of an unpacked real package."""
    run(sys.executable, *PIP, "download", "--no-deps", "--only-binary=:all:", "--dest", work / "real", PACKAGE)
    (wheel,) = (work / "real").glob("*.whl")
    target = work / "real" / "unpacked"
    with ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def use(tools: Path, work: Path, real: Path) -> None:
    """Run flake8 and connlint from `tools` on a copy of an example and of the real package."""
    copy = work / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    shutil.copy(EXAMPLE, copy)
    shutil.copytree(real, copy / "real")

    reported = run(tools / "flake8", "--isolated", "--select", "CNL", copy, expect=(1,))
    demand(f"{EXAMPLE.name}:" in reported, f"flake8 reports nothing of {EXAMPLE.name}:\n{reported}")
    demand(f"{copy / 'real'}" in reported, f"flake8 reports nothing of {PACKAGE}:\n{reported}")

    before = {path: path.read_bytes() for path in copy.rglob("*.py")}
    command = (tools / "connlint", "--isolated", "--no-cache", "--fix", "--unsafe-fixes", copy)
    run(*command, expect=(0, 1))
    after = {path: path.read_bytes() for path in before}
    demand(before != after, "connlint --fix changed nothing")
    for path, data in after.items():
        compile(data, path, "exec")
    run(*command, expect=(0, 1))
    demand(after == {path: path.read_bytes() for path in before}, "connlint --fix changed something the second time")


def main() -> int:
    """Check the wheel under the newest flake8 and, where it runs, the oldest one that is promised."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="connlint-wheel-") as folder:
        work = Path(folder)
        try:
            wheel = build(work)
            real = real_package(work)
            environment = work / "venv"
            venv.create(environment, with_pip=True)
            tools = environment / ("Scripts" if sys.platform == "win32" else "bin")
            run(tools / "python", *PIP, "install", wheel)
            versions = ["flake8>=7,<8"]
            if sys.version_info < (3, 13):  # flake8 6 brings a pyflakes that knows no newer Python
                versions.append("flake8>=6,<7")
            for version in versions:
                run(tools / "python", *PIP, "install", version)
                use(tools, work, real)
                print(f"{wheel.name} works with {version}")
        except WheelError as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
