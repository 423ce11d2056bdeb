"""Does nothing on the way from a failure to the next attempt end the retrying?

That a loop is endless is said only where it is sure. Whatever is tested there may be a stop, a deadline or a count,
with two exceptions: what asks which failure it was ends the retrying of the others only, and a `while` that waits for
the success itself ends with that. A call that nobody here has seen may raise, and so give up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import PROMPT, called
from connlint.facts.flow import bindings, calls_of, evaluated
from connlint.facts.names import OPAQUE
from connlint.facts.tree import bound_name, children, dotted, walk_same_code
from connlint.knowledge import waits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.delays import Waits
    from connlint.facts.flow import Step

_LEAVING = frozenset({"return", "raise", "escape"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort", "next", "anext"})


def may_end(
    facts: Facts,
    delays: Waits,
    steps: Iterable[Step],
    *,
    head: Step,
    ends: Collection[Step],
    sites: Collection[cst.CSTNode],
) -> bool:
    """Say whether what is passed in `steps`, in a loop with that `head` and those `ends`, may end the retrying."""
    for step in steps:
        calls = calls_of(step)
        # what the attempt itself leads to, a `break` say, is its success
        tries = step is head or any(call in sites for call in calls)
        leaves = not tries and any(each in ends or each.kind in _LEAVING for each in step.follow)
        if leaves and not _is_about_the_failure(facts, step):
            return True
        if any(call not in sites and may_give_up(facts, delays, call) for call in calls):
            return True
        if any(_may_run_out(part) for node in evaluated(step) for part in walk_same_code(node)):
            return True
    return False


def waits_for_success_alone(facts: Facts, loop: cst.While, steps: Iterable[Step]) -> bool:
    """Say whether the one thing that `loop` tests is a name that only its own steps change: `while not connected`."""
    test = loop.test
    name: str | None = None
    if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
        name = dotted(test.expression)
    elif type(test) is cst.Comparison and len(test.comparisons) == 1:
        target = test.comparisons[0]
        if type(target.operator) is cst.Is and dotted(target.comparator) == "None":
            name = dotted(test.left)
    if name is None or name in facts.index.scope_of(loop).elsewhere:
        return False
    return any(bound.name == name for step in steps for bound in bindings(step))


def _is_about_the_failure(facts: Facts, step: Step) -> bool:
    """Say whether `step` leaves the loop because of which failure it was."""
    if step.node is None:
        return False
    if step.kind == "test":
        return asks_which(facts, step.node)
    for ancestor in facts.index.ancestors(step.node):
        if type(ancestor) is cst.If:
            return asks_which(facts, ancestor.test)
        if isinstance(ancestor, (cst.ExceptHandler, cst.For, cst.While, cst.FunctionDef)):
            return False
    return False


def asks_which(facts: Facts, test: cst.CSTNode) -> bool:
    """Say whether all that `test` asks is which failure the handler that it stands in has taken."""
    handler = facts.index.enclosing(test, cst.ExceptHandler)
    name = bound_name(handler) if handler is not None else None
    if name is None:
        return False
    read = set(_names(test))
    if not any(path == name or path.startswith(f"{name}.") for path in read):
        return False
    for part in walk_same_code(test):
        if type(part) is cst.Call and dotted(part.func) not in {"isinstance", "str", "repr", "getattr", "type"}:
            return False
        if type(part) is cst.Name and part.value != name and (dotted(part) or "") in read:
            qualified = facts.names.qualified(part)
            if qualified is None or qualified == OPAQUE:
                return False
    return True


def _names(node: cst.CSTNode) -> Iterator[str]:
    stack: list[cst.CSTNode] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, (cst.Name, cst.Attribute)):
            path = dotted(current)
            if path is not None:
                yield path
                continue
        stack.extend(children(current))


def may_give_up(facts: Facts, delays: Waits, call: cst.Call) -> bool:
    """Say whether `call` may raise, or end the program."""
    targets = facts.values.targets(call)
    if targets & _EXITS:
        return True
    name, receiver = called(call)
    if any(target.startswith("<file>") for target in targets):
        return bool(facts.effects.of_call(call).raised)
    if name is None or waits.speaks_of_raising(name):
        return True
    if OPAQUE not in targets or waits.speaks_of_logging(name, receiver):
        return False
    return delays.of_call(call).level != PROMPT


def _may_run_out(node: cst.CSTNode) -> bool:
    """Say whether `node` takes an item of a row that may end: `DELAYS[attempt]`."""
    if type(node) is not cst.Subscript:
        return False
    return any(isinstance(part, (cst.Name, cst.Attribute)) for item in node.slice for part in walk_same_code(item))
