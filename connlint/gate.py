"""Can this file hold a finding? Decided without libcst."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Verdict(NamedTuple):
    """What the gate says: whether the file is a candidate, or the problem that keeps it from being read."""

    candidate: bool
    problem: str | None = None


def decide(data: bytes, wanted: Callable[[str], bool], tree: ast.Module | None = None) -> Verdict:
    """Say whether the file content `data` can hold a finding of a family that is `wanted` (`CNL1`, `CNL2`, `CNL3`)."""
    if tree is None:
        try:
            ast.parse(data)
        except (SyntaxError, ValueError) as error:
            return Verdict(False, f"cannot be parsed: {error}")
        except (RecursionError, MemoryError):
            return Verdict(False, "is nested too deeply to be analysed")
    return Verdict(True)
