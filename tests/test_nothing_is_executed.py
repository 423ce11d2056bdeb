"""No code of the linted project is ever imported or executed, whatever its files are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import connlint

ROOT = Path(connlint.__file__).parent.parent

# Names of modules that connlint, flake8 or libcst import themselves, at the start or when something is found
NAMES = (
    *(
        "ast",
        "asyncio",
        "concurrent",
        "difflib",
        "flake8",
        "libcst",
        "multiprocessing",
        "pathspec",
        "redis",
        "requests",
    ),
    *("conftest", "setup", "sitecustomize", "socket", "tempfile", "tomllib", "typing_extensions", "urllib3", "yaml"),
)
TRAP = """\
import pathlib

pathlib.Path(__file__).with_suffix(".ran").touch()
raise SystemExit(3)
"""
FINDING = """\
import socket

from acme import connect

s = socket.socket()
s.connect(("localhost", 9999))
connect(s)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project all of whose modules leave a trace when they run."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(TRAP)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").write_text(TRAP)
    (tmp_path / "main.py").write_text(f"{FINDING}\n{TRAP}")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.connlint.operations]\n"acme.connect" = {phase = "connect", raises = ["ConnectionRefusedError"]}\n'
    )
    return tmp_path


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


COMMANDS = {
    "console-script": [script("connlint"), "."],
    "many-processes": [script("connlint"), "--jobs", "2", "."],
    "fix": [script("connlint"), "--select", "CNL3", "--fix", "."],
    "module": [sys.executable, "-m", "connlint", "."],
    "module-many-processes": [sys.executable, "-m", "connlint", "--jobs", "2", "."],
    "flake8": [script("flake8"), "--select", "CNL", "."],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_runs(project: Path, name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(COMMANDS[name], cwd=project, capture_output=True, text=True, check=False, env=environment)
    assert sorted(path.name for path in project.rglob("*.ran")) == []
    assert "CNL30" in done.stdout, done.stderr
    assert done.returncode == 1


def test_a_module_that_runs_would_be_seen(project: Path) -> None:
    subprocess.run([sys.executable, "main.py"], cwd=project, capture_output=True, check=False)
    assert [*project.rglob("*.ran")] != []
