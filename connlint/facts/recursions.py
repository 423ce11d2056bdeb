"""Functions that try again by calling themselves from the handler of what failed.

Such a retry has no loop, but the same parts as one: what is tried, what is caught, what waits on the way, and what
ends it. Each attempt also deepens the stack, so that without a bound it ends in a RecursionError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import MAY_WAIT, PROMPT, WAITS, Waits, called
from connlint.facts.flow import calls_in_order
from connlint.facts.loops import candidate_of
from connlint.facts.model import RetryRecursion
from connlint.facts.tree import dotted, walk_same_code
from connlint.knowledge.waits import COUNTS
from connlint.telling import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Bounded, Handler

_ANSWERS = frozenset("auth authenticated authorized code forbidden response status token unauthorized".split())


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
        level = _level(waits, handler, function, again, candidate.sites)
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
            same_input=_is_same_input(function, again) and not _asks_somebody(facts, function),
            bound=_bound(handler, function),
            once=_is_once(function, again) or _asks_for_the_answer(facts, handler, again),
        )


def _call_of_itself(facts: Facts, handler: Handler, function: cst.FunctionDef) -> cst.Call | None:
    name = facts.index.scopes[function].qualified
    for node in walk_same_code(handler.node.body):
        by_name = type(node) is cst.Call and called(node)[0] == function.name.value
        if type(node) is cst.Call and by_name and facts.values.target(node) == name:
            return node
    return None


def _level(
    waits: Waits, handler: Handler, function: cst.FunctionDef, again: cst.Call, sites: frozenset[cst.CSTNode]
) -> int:
    """Return how much is waited from the failure to the next attempt."""
    level = PROMPT
    for call in calls_in_order(handler.node.body):
        if call is again:
            break
        level = max(level, waits.of_call(call).level)
    for call in calls_in_order(function.body):
        if call in sites:
            break
        level = max(level, waits.of_call(call).level)
    parts = (node for node in walk_same_code(function.body) if isinstance(node, (cst.Await, cst.WithItem, cst.Yield)))
    level = max([level, *(waits.of_node(node) for node in parts)])
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


def _asks_somebody(facts: Facts, function: cst.FunctionDef) -> bool:
    """Say whether `function` has somebody tell it what to do next: what was typed wrong is asked for again."""
    calls = (node for node in walk_same_code(function.body) if type(node) is cst.Call)
    return any(facts.values.target(call) in {"input", "getpass.getpass"} for call in calls)


def _is_once(function: cst.FunctionDef, again: cst.Call) -> bool:
    """Say whether `again` may be the only one: it gives a constant, or a number that is one off what ends it."""
    params = [*function.params.posonly_params, *function.params.params, *function.params.kwonly_params]
    defaults = {
        param.name.value: param.default.evaluated_value for param in params if type(param.default) is cst.Integer
    }
    for arg in again.args:
        names = {part.value for part in walk_same_code(arg.value) if type(part) is cst.Name} - {"True", "False", "None"}
        if not names or any(_is_next_to_last(function, name, defaults[name]) for name in names & defaults.keys()):
            return True
    return False


def _is_next_to_last(function: cst.FunctionDef, name: str, first: int) -> bool:
    """Say whether a test of `function` ends the attempts where `name` is one off `first`, or less."""
    for node in walk_same_code(function.body):
        if not isinstance(node, (cst.If, cst.IfExp, cst.While)):
            continue
        compared = [part for part in walk_same_code(node.test) if type(part) is cst.Comparison]
        limits = [
            part.evaluated_value
            for comparison in compared
            if name in {dotted(each) for each in walk_same_code(comparison)}
            for part in walk_same_code(comparison)
            if type(part) is cst.Integer
        ]
        if not compared and name in {dotted(part) for part in walk_same_code(node.test)}:
            limits = [0]
        if any(abs(limit - first) <= 1 for limit in limits):
            return True
    return False


def _asks_for_the_answer(facts: Facts, handler: Handler, again: cst.Call) -> bool:
    """Say whether the clause looks at what the peer answered, or whom it trusts, before it tries again."""
    for ancestor in facts.index.ancestors(again):
        if ancestor is handler.node:
            return False
        if type(ancestor) is cst.If:
            names = [part.value for part in walk_same_code(ancestor.test) if type(part) is cst.Name]
            if any(not _ANSWERS.isdisjoint(words(name)) for name in names):
                return True
    return False


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
