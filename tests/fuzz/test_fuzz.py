"""A short run; `make fuzz MINUTES=60` is a long one, with other programs and real files."""

from __future__ import annotations

import errno
from functools import partial
from itertools import count
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connlint import gate
from connlint.engine import Fixed, check
from connlint.fixes import edits, proof
from connlint.flake8_plugin import Plugin
from connlint.rules import all_rules
from tests.fuzz import behaviour
from tests.fuzz.mutations import mutated
from tests.fuzz.programs import encoded, program
from tests.fuzz.properties import ALL, NAME, of_rows, of_single_fixes, violations

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = [example.code for rule in all_rules() for example in (*rule.bad, *rule.silent)]

# hypothesis makes every choice of the grammar, so that it can shrink what fails.
randoms = st.randoms(use_true_random=False)
short = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@short
@given(randoms)
def test_generated_program(random: Random) -> None:
    data = encoded(random, program(random))
    assert list(violations(data)) == [], data.decode("utf-8", "replace")


@settings(short, max_examples=40)
@given(st.sampled_from(EXAMPLES), randoms)
def test_damaged_example(example: str, random: Random) -> None:
    data = encoded(random, mutated(random, example))
    assert list(violations(data)) == [], data.decode("utf-8", "replace")


@settings(short, max_examples=70)
@given(randoms)
def test_safe_fixes_leave_the_behaviour(random: Random) -> None:
    assert list(behaviour.differences(random)) == []


def test_only_a_connect_is_in_progress() -> None:
    failure = partial(OSError, errno.EINPROGRESS, "goes on")
    for name, ends in (("recv", "returned b'data'"), ("connect", "raised BlockingIOError (115, 'goes on')")):
        _, end = behaviour.did(f"def run(sock): return sock.{name}()", failure)
        assert end == ends.replace("115", str(errno.EINPROGRESS))


@pytest.mark.parametrize("number", range(5))
def test_program_of_a_long_run(number: int) -> None:
    random = Random(number)
    assert list(violations(encoded(random, program(random)))) == []


def test_fix_that_another_one_makes_possible() -> None:
    # The clause that is never reached goes when the comment that kept it has gone.
    assert kinds(KEPT_BY_A_COMMENT) == ""


# Each property is seen to fail where what it looks for is broken on purpose


CODE = """\
import errno
import socket

LIMIT = 3


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)  # all of it
    except OSError as e:
        if e.errno != errno.EPIPE:
            raise
        return False
"""


KEPT_BY_A_COMMENT = """\
import smtplib


def send(sock, data):
    try:
        sock.sendall(data)
    except OSError:
        return False
    except smtplib.SMTPServerDisconnected:  # noqa: CNL101
        return None
"""


def result_is(change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have fixes write what `change` makes of it, and their proof say nothing."""
    original = edits.apply
    monkeypatch.setattr(edits, "apply", lambda text, made: change(original(text, made)))
    monkeypatch.setattr(proof, "loses_comments", lambda *_: None)
    monkeypatch.setattr(proof, "unexpected", lambda *_: None)


def kinds(data: str) -> str:
    return " / ".join(violations(data.encode()))


def test_nothing_is_wrong_with_the_program_that_is_sabotaged() -> None:
    assert kinds(CODE) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda text: text.replace("  # all of it", ""), "lose a comment: # all of it", id="comment"),
        pytest.param(lambda text: text.replace("LIMIT = 3", "LIMIT = 4"), "without a finding: 'LIMIT = 3'", id="bytes"),
        pytest.param(lambda text: text.replace("LIMIT = 3\n", "LIMIT = 3\r\n"), "another line end", id="line-end"),
    ],
)
def test_broken_fix_is_seen(change: Callable[[str], str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result_is(change, monkeypatch)
    assert said in kinds(CODE)


TWO = CODE + CODE.partition("LIMIT = 3")[2]


def test_fix_that_mends_another_place_is_seen() -> None:
    offered = check(TWO.encode(), NAME, ALL, with_fixes=True)
    first, second = offered.diagnostics
    assert list(of_single_fixes(offered, ALL)) == []
    swapped = offered._replace(diagnostics=(first._replace(fix=second.fix), second._replace(fix=first.fix)))
    assert list(of_single_fixes(swapped, ALL)) == [
        "edits: of CNL101 alone leave it at its place, row 10",
        "edits: of CNL101 alone leave it at its place, row 20",
    ]


def test_finding_that_is_left_at_its_place_is_seen() -> None:
    # The counts are right: one was fixed, one is left; but what is left is the one whose fix was to be applied.
    before = check(TWO.encode(), NAME, ALL, with_fixes=True)
    first, second = before.diagnostics
    assert second.fix is not None
    after = edits.apply(TWO, second.fix.edits)
    wanted = before._replace(diagnostics=(first, second._replace(fix=None)))
    fixed = Fixed(TWO.encode(), after.encode(), {"CNL101": 1}, (), check(after.encode(), NAME, ALL))
    assert list(of_rows(before._replace(diagnostics=(second,)), fixed, unsafe=True)) == []
    assert list(of_rows(wanted, fixed, unsafe=True)) == ["CNL101: 1 at row 10, 1 with a fix, but 1 left at row 10"]


def test_fix_without_an_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    result_is(lambda _: CODE.replace("3", str(next(numbers))), monkeypatch)
    assert "fixes: do not come to an end" in kinds(CODE)


def test_gate_that_loses_a_finding_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "FAMILIES", ())
    assert "gate: loses CNL101" in kinds(CODE)


def test_plugin_that_says_something_else_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "run", lambda _: iter(()))
    assert "plugin: reports something else" in kinds(CODE)


def test_crash_of_a_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ValueError("said by the rule")

    monkeypatch.setattr(type(all_rules()[0]), "check", crash)
    assert "internal error in CNL101: ValueError: said by the rule" in kinds(CODE)


def test_fix_that_changes_the_behaviour_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    result_is(lambda text: text.replace("BrokenPipeError", "ConnectionError"), monkeypatch)
    assert any(list(behaviour.differences(Random(number))) for number in range(60))
