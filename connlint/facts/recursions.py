"""Functions that try again by calling themselves from the handler of what failed.

Such a retry has no loop, but the same parts as one: what is tried, what is caught, what waits on the way, and what
ends it. Each attempt also deepens the stack, so that without a bound it ends in a RecursionError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import MAY_WAIT, PROMPT, WAITS, Waits
from connlint.facts.flow import calls_in_order
from connlint.facts.loops import candidate_of
from connlint.facts.model import RetryRecursion
from connlint.facts.tree import dotted, walk_same_code
from connlint.knowledge.waits import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Bounded, Handler


def read_recursions(facts: Facts) -> Iterator[RetryRecursion]:
    """Yield every handler that takes a connection failure and calls its own function again, in source order."""
    waits = Waits(facts)
    for handler in facts.handlers:
        function = facts.index.function_of(handler.node)
        if type(function) is not cst.FunctionDef or function.decorators:
            continue
        again = _call_of_itself(facts, handler, function)
        candidate = candidate_of(facts, handler) if again is not None else None
        if again is None or candidate is None:
            continue
        level = _level(waits, handler, function, again)
        yield RetryRecursion(
            function,
            handler.node,
            again,
            handler.caught,
            candidate.failing,
            candidate.tried,
            candidate.opaque,
            always_delayed=level == WAITS,
            never_delayed=level == PROMPT,
            same_input=_is_same_input(function, again),
            bound=_bound(handler, function),
        )


def _call_of_itself(facts: Facts, handler: Handler, function: cst.FunctionDef) -> cst.Call | None:
    name = facts.index.scopes[function].qualified
    for node in walk_same_code(handler.node.body):
        if type(node) is cst.Call and facts.values.target(node) == name:
            return node
    return None


def _level(waits: Waits, handler: Handler, function: cst.FunctionDef, again: cst.Call) -> int:
    """Return how much is waited from the failure to the next attempt."""
    level = PROMPT
    for call in calls_in_order(handler.node.body):
        if call is again:
            break
        level = max(level, waits.of_call(call).level)
    for call in calls_in_order(function.body):
        if call in set(calls_in_order(handler.statement)):
            break
        level = max(level, waits.of_call(call).level)
    if level == WAITS and any(type(node) is cst.If for node in walk_same_code(handler.node.body)):
        return MAY_WAIT  # the sleep, or the next attempt, may stand in a branch
    return level


def _is_same_input(function: cst.FunctionDef, again: cst.Call) -> bool:
    """Say whether `again` gives `function` what it was given, but for numbers that count."""
    params = [param.name.value for param in (*function.params.posonly_params, *function.params.params)]
    if type(again.func) is cst.Attribute:
        params = params[1:]
    for position, arg in enumerate(again.args):
        if arg.star:
            if dotted(arg.value) is None:
                return False
            continue
        name = arg.keyword.value if arg.keyword is not None else params[position] if position < len(params) else ""
        if dotted(arg.value) != name and not COUNTS.search(name):
            return False
    return True


def _bound(handler: Handler, function: cst.FunctionDef) -> Bounded:
    """Return what ends the attempts: a test of a parameter that counts, or nothing that is seen."""
    params = {param.name.value for param in (*function.params.params, *function.params.kwonly_params)}
    counting = {name for name in params if COUNTS.search(name)}
    tests = [node.test for node in walk_same_code(function.body) if isinstance(node, (cst.If, cst.While))]
    read = {dotted(part) for test in tests for part in walk_same_code(test)}
    if counting & read:
        return "attempts"
    in_handler = any(isinstance(node, (cst.If, cst.Raise)) for node in walk_same_code(handler.node.body))
    return "unknown" if in_handler else "unbounded"
