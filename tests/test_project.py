"""The project keeps its own promises: its layers, its codes, its package and its hooks agree with each other."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING

import pytest

import connlint
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "connlint"
MODULES = sorted(module.name for module in walk_packages(connlint.__path__, "connlint."))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

# What may import what: a module of its own row and of the rows below, never of those above. A module belongs to the
# row with the longest name that it begins with.
LAYERS = [
    {"connlint", "connlint.source", "connlint.layout", "connlint.gate", "connlint.noqa", "connlint.knowledge"},
    {"connlint.facts"},
    {"connlint.rules", "connlint.fixes", "connlint.suppressing"},
    {"connlint.engine"},
    {"connlint.cache", "connlint.processes", "connlint.run", "connlint.settings"},
    {"connlint.reporters"},
    {"connlint.arguments", "connlint.cli", "connlint.flake8_plugin", "connlint.codemods"},
    {"connlint.__main__"},
]
PLACES = {name: level for level, names in enumerate(LAYERS) for name in names}

# A run that finds nothing to parse must not pay for libcst's import, which takes most of a second.
LIGHT = [
    "cache",
    "gate",
    "processes",
    "source",
    "settings",
    "noqa",
    "engine",
    "run",
    "cli",
    "flake8_plugin",
    "knowledge",
]

# Codes are stable: what a code means is never changed, whatever becomes of its rule.
MEANINGS = {
    "CNL101": "errno-dispatch",
    "CNL102": "broad-connection-handler",
    "CNL103": "foreign-connection-error",
    "CNL104": "connect-failure-escapes",
    "CNL105": "unreachable-connection-handler",
    "CNL106": "redundant-connection-class",
    "CNL201": "retry-without-backoff",
    "CNL202": "retry-constant-delay",
    "CNL203": "unbounded-retry",
    "CNL204": "retry-exhaustion-swallowed",
    "CNL205": "blocking-retry-delay",
    "CNL206": "retry-policy-without-backoff",
    "CNL207": "delay-after-last-attempt",
    "CNL208": "retry-without-jitter",
    "CNL209": "nested-retry",
    "CNL210": "retry-reuses-socket",
    "CNL301": "unguarded-connect",
    "CNL302": "socket-leak-on-failed-connect",
    "CNL303": "connect-without-timeout",
    "CNL304": "connect-result-ignored",
    "CNL305": "blocking-connect-in-async",
    "CNL901": "unused-suppression",
}


def level(module: str) -> int:
    while module not in PLACES:
        module = module.rpartition(".")[0]
    return PLACES[module]


def file_of(module: str) -> Path:
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(file_of(module).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else str(node.module) for name in names)


def test_version_is_the_changelogs_newest() -> None:
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == connlint.__version__


@pytest.mark.parametrize("module", MODULES)
def test_module_can_be_imported(module: str) -> None:
    if module != "connlint.__main__":
        import_module(module)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    upwards = [name for name in imported(module) if name.startswith("connlint") and level(name) > level(module)]
    assert upwards == []


@pytest.mark.parametrize("module", LIGHT)
def test_import_is_light(module: str) -> None:
    code = f"import sys, connlint.{module}; print(sorted({{'libcst', 'flake8'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_what_is_imported_is_a_dependency() -> None:
    declared = {re.split(r"[^\w-]", text)[0] for text in PYPROJECT["project"]["dependencies"]}
    roots = {name.partition(".")[0] for module in MODULES for name in imported(module)}
    assert roots - sys.stdlib_module_names - {"connlint"} == declared


def test_nothing_below_a_front_end_prints_or_exits() -> None:
    lower = [module for module in MODULES if level(module) < level("connlint.reporters")]
    speaking = [
        f"{module}:{node.lineno}"
        for module in lower
        for node in ast.walk(ast.parse(file_of(module).read_text("utf-8")))
        if isinstance(node, ast.Name) and node.id in {"print", "exit", "input", "SystemExit"}
    ]
    assert speaking == []


def test_codes_keep_their_meaning() -> None:
    codes = {rule.code: rule.name for rule in all_rules()}
    assert {code: name for code, name in codes.items() if MEANINGS.get(code, name) != name} == {}
    assert [code for code in codes if not re.fullmatch(r"CNL[1239]\d\d", code)] == []
    assert [name for code, name in codes.items() if name in MEANINGS.values() and code not in MEANINGS] == []


def test_a_rule_is_one_file() -> None:
    files = {rule.code: file_of(type(rule).__module__) for rule in all_rules()}
    assert len(set(files.values())) == len(files)
    others = [path for path in PACKAGE.rglob("*.py") if path not in files.values()]
    naming = [
        f"{path.relative_to(ROOT)} names {code}"
        for path in others
        for code in sorted(set(re.findall(r"import (\w+)", path.read_text("utf-8"))))
        if code in {type(rule).__name__ for rule in all_rules()}
    ]
    assert naming == []


def test_package_is_typed_and_its_entry_points_exist() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert PYPROJECT["tool"]["setuptools"]["package-data"]["connlint"] == ["py.typed"]
    project = PYPROJECT["project"]
    targets = [*project["scripts"].values(), *project["entry-points"]["flake8.extension"].values()]
    for target in targets:
        module, _, name = target.partition(":")
        assert hasattr(import_module(module), name), target


def test_every_file_of_the_package_is_of_a_kind_that_the_wheel_holds() -> None:
    kinds = {path.suffix for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds <= {".py", ".typed"}
    assert [path for path in PACKAGE.rglob("*.py") if not (path.parent / "__init__.py").exists()] == []


def test_hooks_use_options_that_exist() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    assert re.findall(r"^- id: (.+)$", hooks, re.MULTILINE) == ["connlint", "connlint-fix"]
    for entry in re.findall(r"^  entry: (.+)$", hooks, re.MULTILINE):
        program, command, *options = entry.split()
        assert program in PYPROJECT["project"]["scripts"]
        helped = subprocess.run(
            [sys.executable, "-m", program, command, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert [option for option in options if option not in helped.stdout] == []


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
