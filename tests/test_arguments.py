"""Switches and paths come to the same whether argparse reads them or not."""

from __future__ import annotations

from itertools import product

import pytest

from connlint.arguments import parsed
from connlint.cli import _SWITCHES, simple

WORDS = ("a", "", "-", "--", "-1", "--fix", "--no-fix", "--isolated", "--exclude", "--fix=1", "--fi")


@pytest.mark.parametrize("count", range(4))
def test_what_is_read_without_argparse_is_read_as_argparse_would(count: int) -> None:
    for arguments in product(WORDS, repeat=count):
        found = simple(arguments)
        if found is not None:
            assert vars(found) == vars(parsed(arguments)), arguments


@pytest.mark.parametrize("switch", _SWITCHES)
def test_switch_needs_no_argparse(switch: str) -> None:
    assert vars(simple(["a.py", "b.py", switch]) or parsed([])) == vars(parsed(["a.py", "b.py", switch]))
    assert simple([switch]) is not None


@pytest.mark.parametrize(
    "arguments",
    [["--select", "CNL1"], ["--help"], ["-h"], ["-"], ["a", "--fix", "b"], ["--"], ["--no-such-thing"]],
    ids=" ".join,
)
def test_rest_is_left_to_argparse(arguments: list[str]) -> None:
    assert simple(arguments) is None
