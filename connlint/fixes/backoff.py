"""The text of a delay, as the project wants it.

A delay starts at a base, doubles with every failure up to a cap, and is spread at random over all that is below that
bound ("full jitter"), unless `[tool.connlint]` says otherwise. The random part comes from `random.SystemRandom`,
because `random.uniform` trips the rules of bandit, ruff and dlint against weak random numbers (B311, S311, DUO102).

Every function here gives text for one place in the code, with the modules to import for it; where that place cannot
name what is needed, or how the code sleeps there is not sure, it gives None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from connlint.facts.tree import dotted, walk_same_code
from connlint.fixes.imports import reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.options import Backoff

# A float has no power of two above this one, and `0.5 * 2**2000` is an OverflowError.
_MOST_DOUBLINGS = 1000

# anyio first: its sleep works under the others' loops too.
_LOOPS = ("anyio", "trio", "curio", "asyncio")
_GREEN = ("gevent", "eventlet")
# Frameworks in whose code a sleep of any other kind stops everything
_NEVER = frozenset({"twisted", "tornado", "tkinter", "PyQt5", "PyQt6", "PySide2", "PySide6"})


class Written(NamedTuple):
    """A piece of code, and the modules to import for it (for `Rewrite.imports`)."""

    text: str
    imports: tuple[str, ...] = ()


# Numbers and bounds


def number(seconds: float) -> str:
    """Return `seconds` as people write it: `30`, `0.5`."""
    return str(int(seconds)) if seconds == int(seconds) and seconds < 1e15 else repr(seconds)


def doublings(backoff: Backoff) -> int:
    """Return how often the base doubles until it is at the cap or above."""
    count = 0
    while backoff.base * 2**count < backoff.cap and count < _MOST_DOUBLINGS:
        count += 1
    return count


def failures_before(counter: str, first: int) -> str:
    """Return the expression for how many failures there were before this one.

    `first` is the value that `counter` has, where the expression is to stand, after the first failure.
    """
    if first == 0:
        return counter
    return f"{counter} - {first}" if first > 0 else f"{counter} + {-first}"


def bound(backoff: Backoff, failures: str, *, endless: bool = False) -> str:
    """Return the upper bound of the delay after `failures` earlier failures: `min(30, 2**attempt)`.

    `failures` is an expression (see `failures_before`); `endless` says that its value has no end that is known to be
    small (see `is_endless`), and must not make numbers without an end.
    """
    highest = doublings(backoff)
    if highest == 0:
        return number(backoff.cap)
    if endless:
        power = f"2 ** min({failures}, {highest})"
    elif all(part.isidentifier() for part in failures.split(".")):
        power = f"2**{failures}"
    else:
        power = f"2 ** ({failures})"
    if backoff.base != 1:
        power = f"{number(backoff.base)} * {power}"
    return f"min({number(backoff.cap)}, {power})"


def is_endless(backoff: Backoff, limit: cst.BaseExpression | None) -> bool:
    """Say whether a counter up to `limit` could make a number that is too large: any, if it has no limit."""
    if limit is None:
        return True
    is_small = isinstance(limit, cst.Integer) and limit.evaluated_value < _MOST_DOUBLINGS
    return not is_small and backoff.base != int(backoff.base)


def start(backoff: Backoff, name: str) -> str:
    """Return the statement that sets `name`, which holds the bound of the delay from then on."""
    return f"{name} = {number(backoff.base)}"


def doubled(backoff: Backoff, name: str) -> str:
    """Return the statement that makes the bound `name` grow."""
    return f"{name} = min({number(backoff.cap)}, {name} * 2)"


# Delays


def spread(facts: Facts, place: cst.CSTNode, upper: str) -> Written | None:
    """Return a random number of seconds below `upper`, whether the project wants jitter or not."""
    found = reference(facts, place, "random.SystemRandom")
    return Written(f"{found[0]}().uniform(0, {upper})", found[1]) if found is not None else None


def seconds(facts: Facts, place: cst.CSTNode, upper: str) -> Written | None:
    """Return how long to wait where `upper` is the bound of the delay: as the project wants it, with jitter or not."""
    return spread(facts, place, upper) if facts.options.backoff.jitter else Written(upper)


def sleep(facts: Facts, place: cst.CSTNode, *, is_async: bool) -> Written | None:
    """Return the function that sleeps at `place`: that of the event loop in async code, of the green threads else."""
    name = sleep_name(facts, place, is_async=is_async)
    found = reference(facts, place, name) if name is not None else None
    return Written(*found) if found is not None else None


def pause(facts: Facts, place: cst.CSTNode, upper: str, *, is_async: bool) -> Written | None:
    """Return the statement that waits at `place` for a time with the bound `upper`."""
    function = sleep(facts, place, is_async=is_async)
    length = seconds(facts, place, upper)
    if function is None or length is None:
        return None
    wait = f"{function.text}({length.text})"
    return Written(f"await {wait}" if is_async else wait, (*function.imports, *length.imports))


def help_call(facts: Facts, place: cst.CSTNode, failures: str, *, is_async: bool) -> Written | None:
    """Return the statement that lets the project's own function wait after `failures` earlier failures.

    None if the project has no such function for this kind of code, or the file is the one that defines it.
    """
    backoff = facts.options.backoff
    name = backoff.async_helper if is_async else backoff.helper
    if name is None or _is_defined_here(facts, name) or _is_method(name):
        return None
    found = reference(facts, place, name, installed=True)
    if found is None:
        return None
    call = f"{found[0]}({failures})"
    return Written(f"await {call}" if is_async else call, found[1])


def _is_method(name: str) -> bool:
    """Say whether the qualified `name` looks like one of a class, which cannot be imported as a module is."""
    return name.rpartition(".")[0].rpartition(".")[2][:1].isupper()


def _is_defined_here(facts: Facts, name: str) -> bool:
    """Say whether the file has a function of its own that may well be the qualified `name`."""
    return any(node.name.value == name.rpartition(".")[2] for node in facts.index.all(cst.FunctionDef))


def sleep_name(facts: Facts, place: cst.CSTNode, *, is_async: bool) -> str | None:
    """Return the qualified name of the function that sleeps at `place`; None if that is not sure."""
    roots = set(imported_roots(facts))
    if roots & _NEVER:
        return None
    if not is_async:
        return next((f"{module}.sleep" for module in _GREEN if module in roots), "time.sleep")
    function = facts.index.function_of(place)
    used = set(_loops_used(facts, function)) if function is not None else set()
    candidates = used or roots.intersection(_LOOPS)
    if "anyio" not in candidates and len(candidates) > 1:
        return None
    return f"{next((module for module in _LOOPS if module in candidates), 'asyncio')}.sleep"


def _loops_used(facts: Facts, function: cst.CSTNode) -> Iterator[str]:
    """Yield the libraries of event loops that `function` itself calls."""
    body = function.body if isinstance(function, (cst.FunctionDef, cst.Lambda)) else function
    for node in walk_same_code(body):
        if isinstance(node, cst.Call):
            for target in facts.values.targets(node):
                if target.partition(".")[0] in _LOOPS:
                    yield target.partition(".")[0]


def imported_roots(facts: Facts) -> Iterator[str]:
    """Yield the packages that the file imports, anywhere."""
    for node in facts.index.all(cst.Import):
        yield from ((dotted(alias.name) or "").partition(".")[0] for alias in node.names)
    for imported in facts.index.all(cst.ImportFrom):
        if not imported.relative:
            yield (dotted(imported.module) or "").partition(".")[0]
