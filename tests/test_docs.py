"""The documentation says what the code does: generated parts are in step, and what is shown is true."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from connlint.engine import Selection, check
from connlint.rules import all_rules
from scripts import client_libraries, retry_load

if TYPE_CHECKING:
    from connlint.rules.base import Rule

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

rules = pytest.mark.parametrize("rule", [pytest.param(rule, id=f"{rule.code}-{rule.name}") for rule in all_rules()])
guides = pytest.mark.parametrize("path", GUIDES, ids=[str(path.relative_to(ROOT)) for path in GUIDES])


# The pages leave out what every reader can add.
IMPORTS = """\
import errno
import socket
import time

import psycopg2
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

"""


def section(rule: Rule, heading: str) -> str:
    text = inspect.cleandoc(type(rule).__doc__ or "")
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def reported(rule: Rule, code: str) -> list[str]:
    found = check((IMPORTS + code).encode(), "page.py", Selection(select=(rule.code,)))
    assert found.problems == ()
    return [item.code for item in found.diagnostics]


def test_generated_documentation_is_in_step() -> None:
    command = [sys.executable, "-m", "scripts.docs", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@rules
def test_what_a_page_recommends_is_not_reported(rule: Rule) -> None:
    blocks = code_blocks(section(rule, "Use instead")) + code_blocks(section(rule, "When this is fine"))
    assert [block for block in blocks if reported(rule, block)] == []


@rules
def test_what_a_page_warns_of_is_reported(rule: Rule) -> None:
    blocks = code_blocks(section(rule, "Example"))
    assert blocks
    assert [block for block in blocks if not reported(rule, block)] == []


def test_examples_show_every_rule_that_is_on() -> None:
    shown = {
        item.code
        for path in sorted(ROOT.glob("examples/*.py"))
        for item in check(path.read_bytes(), path.name, Selection()).diagnostics
    }
    assert shown == {rule.code for rule in all_rules() if rule.default}


@rules
def test_changelog_names_the_rule(rule: Rule) -> None:
    assert re.search(rf"\b{rule.code}\s+{rule.name}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"))


@guides
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []


@guides
def test_commands_that_a_guide_names_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", path.read_text("utf-8")))
    assert named - targets == set()


def test_page_of_client_libraries_tells_the_widest_classes_to_catch() -> None:
    lost = {"psycopg.errors.OperationalError", "psycopg.errors.AdminShutdown", "psycopg.errors._WaitTimeout"}
    assert client_libraries.widest(lost) == ["psycopg.errors.OperationalError"]
    assert client_libraries.widest({"OSError", "redis.exceptions.TimeoutError"}) == [
        "OSError",
        "redis.exceptions.TimeoutError",
    ]


def test_figures_of_the_simulation_are_in_step() -> None:
    (rule,) = (rule for rule in all_rules() if rule.code == "CNL201")
    text = section(rule, "Why is this bad")
    assert retry_load.table(retry_load.courses()) in text
    figures = (retry_load.CLIENTS, f"{retry_load.DOWN:.0f}", retry_load.CAPACITY)
    assert "of {} clients whose server is down for {} seconds and then answers {} requests".format(*figures) in text


def test_picture_of_the_simulation_is_small_and_can_be_read() -> None:
    text = retry_load.picture(retry_load.courses())
    assert len(text) < 20_000
    root = ET.fromstring(text)
    words = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in retry_load.WAYS:
        assert any(name in word for word in words)
    assert any(word.startswith("seconds") for word in words)
