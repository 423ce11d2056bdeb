"""What waits, for how long, and how that grows.

Between two attempts anything may wait: a sleep, a function of the file that sleeps, a method of an object that nobody
here has seen. The three are told apart, because only what surely does not wait is evidence of a missing delay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.effects import HARMLESS_BUILTINS, HARMLESS_METHODS
from connlint.facts.flow import Evaluator, Unknown, calls_in_order
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, walk_same_code
from connlint.knowledge import waits
from connlint.records import Record

if TYPE_CHECKING:
    from connlint.facts import Facts

PROMPT, MAY_WAIT, WAITS = 0, 1, 2
_DEEPEST = 6


class Wait(Record):
    """How a call delays: `PROMPT` not at all, `MAY_WAIT` for all that is known, `WAITS` surely."""

    level: int
    node: cst.CSTNode
    seconds: cst.BaseExpression | None = None


class Waits:
    """Says of calls whether they wait. Reads the functions of the file once each."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._evaluator = Evaluator(facts.names)
        self._functions: dict[str, int] = {}
        self._busy: list[str] = []
        self._own_sleeps = frozenset(map(knowledge.canonical, facts.options.sleep_functions))
        helpers = (facts.options.backoff.helper, facts.options.backoff.async_helper)
        self._own_backoffs = frozenset(knowledge.canonical(name) for name in helpers if name is not None)

    def of_call(self, call: cst.Call) -> Wait:
        """Return how the call itself delays; its arguments are calls of their own."""
        found = [self._of_target(call, target) for target in sorted(self._facts.values.targets(call))]
        return max(found, key=lambda wait: wait.level, default=Wait(MAY_WAIT, call))

    def raises(self, call: cst.Call) -> bool:
        """Say whether `call` is of a function that we do not see, which by its name does nothing but raise."""
        name = called(call)[0]
        return (
            name is not None
            and waits.surely_raises(name)
            and not any(target.startswith("<file>") for target in self._facts.values.targets(call))
        )

    def of_node(self, node: cst.CSTNode) -> int:
        """Return how much evaluating `node`, which is no call, delays."""
        parts = list(walk_same_code(node))
        if any(isinstance(part, (cst.Yield, cst.TryStar)) for part in parts):
            return MAY_WAIT
        if any(type(part) is cst.Await and type(part.expression) is not cst.Call for part in parts):
            return MAY_WAIT
        if any(type(part) is cst.CompFor and part.asynchronous is not None for part in parts):
            return MAY_WAIT
        if type(node) is cst.WithItem:
            return self._of_context(node)
        return PROMPT

    def _of_context(self, item: cst.WithItem) -> int:
        """Return how much entering `item` delays; a call that makes it is judged as a call."""
        if type(item.item) is cst.Call:
            return PROMPT
        name = (dotted(item.item) or "?").rpartition(".")[2].lower()
        return PROMPT if "lock" in name or "mutex" in name else MAY_WAIT

    def _of_target(self, call: cst.Call, target: str) -> Wait:
        if target == OPAQUE:
            return self._by_name(call)
        if target.startswith("<file>"):
            return Wait(self._of_own(call, target), call)
        if target in waits.SLEEPS:
            if target in waits.AWAITED and isinstance(self._facts.index.parents.get(call), cst.Expr):
                return Wait(MAY_WAIT, call)  # without `await` it does nothing, but something was meant
            return self._of_sleep(call, waits.SLEEPS[target])
        if target in self._own_backoffs:
            return Wait(WAITS, call)  # how long, is its own business
        if target in self._own_sleeps:
            return Wait(WAITS, call, _only_argument(call))
        if target == "asyncio.wait_for":
            return self._of_wait_for(call)
        if knowledge.operation(target) is not None:
            return Wait(MAY_WAIT, call)
        if target in waits.PROMPT:
            return Wait(PROMPT, call)
        if _below(target, waits.MAY_WAIT_MODULES) or target.endswith(".sleep"):
            # `threading.Event.wait`, `queue.Queue.get`: the name says more than the module
            return self._by_name(call)
        if target in HARMLESS_BUILTINS or knowledge.is_harmless(target) or knowledge.bases(target) is not None:
            return Wait(PROMPT, call)
        if _below(target, waits.PROMPT_MODULES):
            return Wait(PROMPT, call)
        return self._by_name(call)

    def _of_sleep(self, call: cst.Call, sleep: waits.Sleep) -> Wait:
        seconds = argument(call, sleep.position, sleep.keyword)
        if seconds is None:
            return Wait(WAITS if sleep.always and call.args else MAY_WAIT, call)
        try:
            value = self._evaluator.value(seconds, {})
        except Unknown:
            return Wait(WAITS, call, seconds)
        if value is None:
            return Wait(MAY_WAIT, call)
        return Wait(PROMPT if value == 0 else WAITS, call, seconds)

    def _of_wait_for(self, call: cst.Call) -> Wait:
        """Return how `asyncio.wait_for(stopped.wait(), delay)` delays: surely, if all that it waits for is an event."""
        waited = argument(call, 0, "fut")
        if type(waited) is not cst.Call or not is_wait_for_an_event(waited):
            return Wait(MAY_WAIT, call)
        return self._of_sleep(call, waits.Sleep(1, "timeout", always=False))

    def _by_name(self, call: cst.Call) -> Wait:
        name, receiver = called(call)
        if name is None:
            return Wait(MAY_WAIT, call)
        if is_wait_for_an_event(call) and self._is_bounded(call):
            return Wait(MAY_WAIT, call)
        if name in waits.PROMPT_METHODS and receiver is not None:
            return Wait(PROMPT, call)
        if waits.speaks_of_waiting(name):
            if self._is_reckoned_with(call):
                return Wait(MAY_WAIT, call)  # `delay = policy.next_delay()` only says how long
            return Wait(WAITS, call, _seconds_by_name(call, name))
        if name in {"get", "poll", "select"} and _is_patient(call, name, receiver):
            return Wait(WAITS, call, argument(call, None, "timeout"))
        if _is_given_patience(call, name, receiver):
            return Wait(MAY_WAIT, call)
        if waits.speaks_of_logging(name, receiver):
            return Wait(PROMPT, call)
        if receiver is not None and name in HARMLESS_METHODS:
            return Wait(PROMPT, call)
        if name in {"get", "pop"} and receiver is not None and call.args:
            first = call.args[0]
            if first.keyword is None and isinstance(first.value, (cst.SimpleString, cst.FormattedString)):
                return Wait(PROMPT, call)  # a dictionary's
        if name.endswith(("Error", "Exception", "Warning")) or name == "emit":
            return Wait(PROMPT, call)
        if waits.speaks_of_ending(name) or waits.speaks_of_raising(name) or self._asks_the_failure(call):
            return Wait(PROMPT, call)
        return Wait(MAY_WAIT, call)

    def _is_bounded(self, call: cst.Call) -> bool:
        """Say whether `call` is what `asyncio.wait_for` waits for."""
        parent = self._facts.index.parents.get(call)
        outer = self._facts.index.parents.get(parent) if type(parent) is cst.Arg else None
        return type(outer) is cst.Call and self._facts.values.target(outer) == "asyncio.wait_for"

    def _asks_the_failure(self, call: cst.Call) -> bool:
        """Say whether `call` is of a method of what a handler took: `error.should_retry()`."""
        if type(call.func) is not cst.Attribute or type(call.func.value) is not cst.Name:
            return False
        binding = self._facts.names.binding(call.func.value)
        return binding is not None and binding.kind == "except"

    def _is_reckoned_with(self, call: cst.Call) -> bool:
        """Say whether the result of `call` is kept or handed on."""
        parent = self._facts.index.parents.get(call)
        if type(parent) is cst.Await:
            parent = self._facts.index.parents.get(parent)
        return isinstance(parent, (cst.Arg, cst.Assign, cst.AnnAssign, cst.BinaryOperation, cst.NamedExpr))

    def _of_own(self, call: cst.Call, target: str) -> int:
        facts = self._facts
        definitions = facts.index.definitions.get(target, [])
        name = target.rpartition(".")[2]
        if waits.speaks_of_waiting(name) and not self._is_reckoned_with(call):
            return WAITS
        if len(definitions) != 1 or len(self._busy) > _DEEPEST:
            return MAY_WAIT
        definition = definitions[0]
        if type(definition) is cst.ClassDef:
            constructor = facts.values.method(target, "__init__")
            if constructor.startswith("<file>"):
                return self._of_own(call, constructor)
            lineage = facts.values.lineage(target)
            plain = OPAQUE not in lineage and not definition.decorators and not definition.keywords
            return PROMPT if plain else MAY_WAIT
        if definition.decorators and not all(
            facts.names.qualified(item.decorator) in {"staticmethod", "classmethod"} for item in definition.decorators
        ):
            return MAY_WAIT
        if target in self._functions:
            return self._functions[target]
        if target in self._busy:
            return PROMPT
        self._busy.append(target)
        try:
            found = self.of_body(definition.body)
        finally:
            self._busy.pop()
        if not self._busy or found == WAITS:
            self._functions[target] = found
        return found

    def of_body(self, body: cst.CSTNode) -> int:
        """Return how much the code of `body` delays, on the way through it that delays most."""
        found = PROMPT
        for node in walk_same_code(body):
            level = PROMPT
            if type(node) is cst.Call:
                level = self.of_call(node).level
            elif _hands_over(node):
                level = MAY_WAIT
            elif type(node) is cst.WithItem:
                level = self._of_context(node)
            found = max(found, level)
            if found == WAITS:
                break
        return found

    def sleeps_of(self, function: cst.FunctionDef) -> list[Wait]:
        """Return what surely waits in the code of `function` itself, in order."""
        found = [self.of_call(call) for call in calls_in_order(function.body)]
        return [wait for wait in found if wait.level == WAITS]

    def before(self, body: cst.CSTNode, operation: cst.Call) -> int:
        """Return how much the code of `body` delays before it comes to `operation`, all before it in the text taken."""
        found = PROMPT
        for call in calls_in_order(body):
            if call is operation:
                break
            found = max(found, self.of_call(call).level)
        return found


def called(call: cst.Call) -> tuple[str | None, str | None]:
    """Return the name that is called and the text of its receiver: `a.b.c()` gives `c` and `a.b`."""
    if type(call.func) is cst.Name:
        return call.func.value, None
    if type(call.func) is cst.Attribute:
        return call.func.attr.value, dotted(call.func.value) or "?"
    return None, None


def is_wait_for_an_event(call: cst.Call) -> bool:
    """Say whether `call` is `event.wait()`, which waits as long as it takes."""
    return called(call)[0] == "wait" and called(call)[1] is not None and not call.args


def _only_argument(call: cst.Call) -> cst.BaseExpression | None:
    return call.args[0].value if len(call.args) == 1 and not call.args[0].star else None


def _seconds_by_name(call: cst.Call, name: str) -> cst.BaseExpression | None:
    """Return the seconds that `call` is given, if functions of the plain name `name` are given them."""
    for keyword in ("timeout", "seconds", "delay"):
        given = argument(call, None, keyword)
        if given is not None:
            return given
    if not waits.is_given_seconds(name):
        return None
    if "later" in name.lower() and call.args and not call.args[0].star:
        return call.args[0].value
    return _only_argument(call)


def _is_patient(call: cst.Call, name: str, receiver: str | None) -> bool:
    """Say whether `call` waits for something to come until its timeout: `jobs.get(timeout=5)`."""
    if receiver is None or argument(call, None, "timeout") is None:
        return False
    last = receiver.rpartition(".")[2].lower()
    return name != "get" or last == "q" or "queue" in last


def _is_given_patience(call: cst.Call, name: str, receiver: str | None) -> bool:
    """Say whether `call` waits for something to end, for so long at most: `thread.join(5)`, `f.result(timeout=5)`."""
    if argument(call, None, "timeout") is not None:
        return True
    if name != "join" or receiver is None:
        return False
    given = call.args[0].value if call.args else None
    # a string's takes what it joins
    return given is None or isinstance(given, (cst.Integer, cst.Float)) or "timeout" in (dotted(given) or "").lower()


def _hands_over(node: cst.CSTNode) -> bool:
    """Say whether `node` lets other code run, for as long as that takes."""
    if isinstance(node, (cst.For, cst.With)):
        return node.asynchronous is not None
    return type(node) is cst.Yield or (type(node) is cst.Await and type(node.expression) is not cst.Call)


def _below(target: str, names: frozenset[str]) -> bool:
    while target:
        if target in names:
            return True
        target = target.rpartition(".")[0]
    return False
