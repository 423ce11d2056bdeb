"""What a repair writes passes the users' rules on weak random numbers: ruff's S311 and bandit's B311."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from connlint.options import Options
from tests.execution.harness import repaired
from tests.execution.test_retries import FORMS, STYLES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every form repaired in every style, and one file that trips the rules."""
    folder = tmp_path_factory.mktemp("fixed")
    for style, options in STYLES.items():
        for name, form in FORMS.items():
            after = repaired(form.code, "CNL201", options=Options(backoff=options))
            (folder / f"{style}-{name}.py").write_text(after)
    (folder / "weak.py").write_text("import random\n\ndelay = random.uniform(0, 1)\n")
    return folder


def test_ruff(fixed: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "S311,E9,F821"]
    done = subprocess.run(
        [*command, "--output-format", "json", str(fixed)], capture_output=True, text=True, check=False
    )
    found = {(item["filename"].rpartition("/")[2], item["code"]) for item in json.loads(done.stdout)}
    assert found == {("weak.py", "S311")}


def test_bandit(fixed: Path) -> None:
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--tests", "B311", "--recursive"]
    done = subprocess.run([*command, str(fixed)], capture_output=True, text=True, check=False)
    found = {(item["filename"].rpartition("/")[2], item["test_id"]) for item in json.loads(done.stdout)["results"]}
    assert found == {("weak.py", "B311")}


def test_ruff_would_format_the_delay_the_same(fixed: Path) -> None:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff", "--line-length", "120"]
    done = subprocess.run([*command, str(fixed)], capture_output=True, text=True, check=False)
    changed = [line[1:] for line in done.stdout.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert [line for line in changed if "random" in line or "sleep" in line or "delay" in line] == []
