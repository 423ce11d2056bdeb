"""Can this file hold a finding? Decided without libcst, whose parser costs ten times what `ast.parse` does.

Each step is cheaper than what it saves. `text` searches the bytes for the words without which no rule of a family can
speak, and `lines` reads from them what is tried and handled where; `statements` walks over the statements of the tree
for what the file imports and where it handles exceptions; `reach` follows names as far as it takes to say what a `try`
may meet, and the modules that build on it hold that against what the rules of a family need at least; `limits` tells
whether libcst would get through the file at all.

The gate may say yes too often, never no wrongly: tests run every rule's examples and real code with it and without.
What reaches the network through a name of the project's own (`from .compat import requests`) is opaque to the rules as
well as here.
"""

from __future__ import annotations

import ast
import gc
import symtable
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from connlint.gate.families import FAMILIES, OFF_BY_DEFAULT, PREFIXES, Suppressions
from connlint.gate.limits import MOST_BYTES, MOST_NODES, TOO_DEEP, TOO_LARGE, too_much
from connlint.gate.statements import look
from connlint.gate.text import Text
from connlint.gate.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.options import Options

__all__ = (
    "MOST_BYTES",
    "MOST_NODES",
    "OFF_BY_DEFAULT",
    "PREFIXES",
    "WORDS",
    "Verdict",
    "decide",
    "no_collection",
    "parsed",
    "suppresses",
    "too_much",
)


class Verdict(NamedTuple):
    """What the gate says: whether the file is a candidate, or the problem that keeps it from being read."""

    candidate: bool
    problem: str | None = None
    families: tuple[str, ...] = ("",)
    """What the codes of all findings that a candidate can hold begin with, each with one of these."""
    tree: ast.Module | None = None
    """The `ast` of a candidate."""
    too_large: str | None = None
    """Why libcst must not parse a candidate, of which a draft can be made."""


def decide(
    data: bytes, wanted: Callable[[str], bool], tree: ast.Module | None = None, options: Options | None = None
) -> Verdict:
    """Say whether the file content `data` can hold a finding of a family that is `wanted` (`CNL1`, `CNL2`, `CNL3`).

    `tree` is the file's `ast`, if the caller has it; without it the file is parsed, even if it does not hold the
    words, because nobody may say that a file is clean that is not Python. `options` may name operations of the
    project's own: a file that holds such a name reaches the network.
    """
    if len(data) > MOST_BYTES:
        return Verdict(False, TOO_LARGE)
    with no_collection():
        return _decided(data, wanted, tree, options)


def _decided(data: bytes, wanted: Callable[[str], bool], tree: ast.Module | None, options: Options | None) -> Verdict:
    text = Text(data, options)
    families = [family for family in FAMILIES if wanted(family.prefix) and family.may_speak(text)]
    if not families:
        return Verdict(False, _problem_with(data) if tree is None else None)
    if tree is None:
        tree, problem = parsed(data)
        if tree is None:
            return Verdict(False, problem)
    seen = look(tree, text)
    speaking = tuple(family.prefix for family in families if family.can_speak(text, seen))
    if not speaking:
        return Verdict(False)
    problem = too_much(tree, data)
    if problem is TOO_LARGE:
        return Verdict(True, None, speaking, tree, problem)
    return Verdict(problem is None, problem, speaking, tree)


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the collector from looking at the many nodes of a tree again and again: an eighth of what parsing costs."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def suppresses(data: bytes) -> bool:
    """Say whether the file content `data` may hold a comment that suppresses one of our codes."""
    return Suppressions.can_speak(Text(data), None)


def _problem_with(data: bytes) -> str | None:
    """Return what keeps `data` from being parsed, if anything does.

    The symbol table is made without a tree of Python's objects, for two thirds of the cost; it also refuses programs
    that can be parsed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable.symtable(data, "<unknown>", "exec")  # type: ignore[arg-type]  # takes bytes as `compile` does
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return parsed(data)[1]
    return None


def parsed(source: bytes | str) -> tuple[ast.Module | None, str | None]:
    """Return the tree of `source`, or the problem with it. What the parser warns of is other linters' business."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source), None
    except SyntaxError as error:
        place = f" (line {error.lineno})" if error.lineno else ""
        return None, f"cannot be parsed: {error.msg}{place}"
    except (ValueError, LookupError) as error:
        return None, f"cannot be parsed: {error}"
    except (RecursionError, MemoryError):
        return None, TOO_DEEP
