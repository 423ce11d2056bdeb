"""Every rule's examples, run through the whole engine: gate, parse, facts, rule, fix and proof.

A rule needs no test file of its own for what its examples show. The silent ones come first, because a false alarm
costs more than a miss.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from connlint.engine import Selection, check, fix
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connlint.engine import Checked, Fixed
    from connlint.rules.base import Example, Rule

HEADINGS = [
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "When this is fine",
    "Fix safety",
    "References",
]
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

RULES = [pytest.param(rule, id=f"{rule.code}-{rule.name}") for rule in all_rules()]


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.code}-{example.name}")
        for rule in all_rules()
        for example in getattr(rule, kind, ())
    ]


silent = pytest.mark.parametrize(("rule", "example"), examples("silent"))
bad = pytest.mark.parametrize(("rule", "example"), examples("bad"))


def checked(rule: Rule, code: str) -> Checked:
    return check(code.encode(), "example.py", Selection(select=(rule.code,)))


def fixed(rule: Rule, code: str, *, unsafe: bool = True) -> Fixed:
    return fix(code.encode(), "example.py", Selection(select=(rule.code,)), unsafe=unsafe)


@silent
def test_silent_example_is_not_reported(rule: Rule, example: Example) -> None:
    found = checked(rule, example.code)
    assert found.problems == ()
    assert [f"{item.row}: {item.message} {item.why}" for item in found.diagnostics] == []


@bad
def test_bad_example_is_reported(rule: Rule, example: Example) -> None:
    found = checked(rule, example.code)
    assert found.problems == ()
    assert {item.code for item in found.diagnostics} == {rule.code}


@bad
def test_bad_example_says_why_in_one_line_each(rule: Rule, example: Example) -> None:
    for item in checked(rule, example.code).diagnostics:
        assert item.why
        assert all(text.strip() and "\n" not in text for text in (item.message, *item.why))


@bad
def test_fixes_of_bad_example_make_what_it_says(rule: Rule, example: Example) -> None:
    after = fixed(rule, example.code)
    assert after.dropped == ()
    assert after.data.decode() == (example.code if example.fixed is None else example.fixed)


@bad
def test_fixed_example_compiles_and_stays(rule: Rule, example: Example) -> None:
    once = fixed(rule, example.code)
    compile(once.data, "example.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    again = fixed(rule, once.data.decode())
    assert again.data == once.data
    assert again.applied == {}


@bad
def test_each_finding_has_the_fix_that_the_rule_promises(rule: Rule, example: Example) -> None:
    found = check(example.code.encode(), "example.py", Selection(select=(rule.code,)), with_fixes=True)
    fixes = [item.fix for item in found.diagnostics]
    if rule.fixable == "always":
        assert None not in fixes
    if rule.fixable == "never":
        assert set(fixes) == {None}


@pytest.mark.parametrize("rule", RULES)
def test_rule_that_can_fix_shows_it(rule: Rule) -> None:
    assert any(example.fixed is not None for example in rule.bad) == (rule.fixable != "never")


@pytest.mark.parametrize("rule", RULES)
def test_as_many_silent_examples_as_bad_ones(rule: Rule) -> None:
    assert rule.bad
    assert len(rule.silent) >= len(rule.bad)


@pytest.mark.parametrize("rule", RULES)
def test_example_names_are_readable_and_unique(rule: Rule) -> None:
    names = [example.name for example in (*rule.bad, *rule.silent)]
    assert [name for name in names if not NAME.fullmatch(name)] == []
    assert repeated(names) == []


@pytest.mark.parametrize("rule", RULES)
def test_docstring_has_the_fixed_headings(rule: Rule) -> None:
    text = inspect.cleandoc(type(rule).__doc__ or "")
    assert re.findall(r"^## (.+?)\s*$", text, re.MULTILINE) == HEADINGS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert [heading for heading, part in zip(HEADINGS, parts, strict=True) if not part.strip()] == []


def test_codes_and_names_are_unique() -> None:
    rules = all_rules()
    assert rules
    assert repeated(rule.code for rule in rules) == []
    assert repeated(rule.name for rule in rules) == []
    assert [rule.name for rule in rules if not NAME.fullmatch(rule.name)] == []


def repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
