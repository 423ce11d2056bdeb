"""What waits, for how long, and how that grows.

Between two attempts anything may wait: a sleep, a function of the file that sleeps, a method of an object that nobody
here has seen. The three are told apart, because only what surely does not wait is evidence of a missing delay.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.effects import HARMLESS_BUILTINS, HARMLESS_METHODS
from connlint.facts.flow import Evaluator, Unknown, calls_in_order
from connlint.facts.model import Delay
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, walk_same_code
from connlint.knowledge import waits

if TYPE_CHECKING:
    from connlint.facts import Facts
    from connlint.facts.model import Growth

PROMPT, MAY_WAIT, WAITS = 0, 1, 2
_DEEPEST = 6


@dataclass(frozen=True, slots=True, eq=False)
class Wait:
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
        if any(isinstance(part, cst.Await) and not isinstance(part.expression, cst.Call) for part in parts):
            return MAY_WAIT
        if any(isinstance(part, cst.CompFor) and part.asynchronous is not None for part in parts):
            return MAY_WAIT
        if isinstance(node, cst.WithItem):
            return self._of_context(node)
        return PROMPT

    def _of_context(self, item: cst.WithItem) -> int:
        """Return how much entering `item` delays; a call that makes it is judged as a call."""
        if isinstance(item.item, cst.Call):
            return PROMPT
        name = (dotted(item.item) or "?").rpartition(".")[2].lower()
        return PROMPT if "lock" in name or "mutex" in name else MAY_WAIT

    def _of_target(self, call: cst.Call, target: str) -> Wait:
        if target == OPAQUE:
            return self._by_name(call)
        if target.startswith("<file>"):
            return Wait(self._of_own(call, target), call)
        if target in waits.SLEEPS:
            return self._of_sleep(call, waits.SLEEPS[target])
        if knowledge.operation(target) is not None:
            return Wait(MAY_WAIT, call)
        if target in waits.PROMPT:
            return Wait(PROMPT, call)
        if _below(target, waits.MAY_WAIT_MODULES):
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

    def _by_name(self, call: cst.Call) -> Wait:
        name, receiver = called(call)
        if name is None:
            return Wait(MAY_WAIT, call)
        if name in waits.PROMPT_METHODS and receiver is not None:
            return Wait(PROMPT, call)
        if waits.speaks_of_waiting(name):
            if self._is_reckoned_with(call):
                return Wait(MAY_WAIT, call)  # `delay = policy.next_delay()` only says how long
            seconds = call.args[0].value if len(call.args) == 1 and not call.args[0].star else None
            return Wait(WAITS, call, seconds)
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

    def _asks_the_failure(self, call: cst.Call) -> bool:
        """Say whether `call` is of a method of what a handler took: `error.should_retry()`."""
        if not isinstance(call.func, cst.Attribute) or not isinstance(call.func.value, cst.Name):
            return False
        binding = self._facts.names.binding(call.func.value)
        return binding is not None and binding.kind == "except"

    def _is_reckoned_with(self, call: cst.Call) -> bool:
        """Say whether the result of `call` is kept or handed on."""
        parent = self._facts.index.parents.get(call)
        if isinstance(parent, cst.Await):
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
        if isinstance(definition, cst.ClassDef):
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
            if isinstance(node, cst.Call):
                level = self.of_call(node).level
            elif _hands_over(node):
                level = MAY_WAIT
            elif isinstance(node, cst.WithItem):
                level = self._of_context(node)
            found = max(found, level)
            if found == WAITS:
                break
        return found

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
    if isinstance(call.func, cst.Name):
        return call.func.value, None
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value, dotted(call.func.value) or "?"
    return None, None


def _hands_over(node: cst.CSTNode) -> bool:
    """Say whether `node` lets other code run, for as long as that takes."""
    if isinstance(node, (cst.For, cst.With)):
        return node.asynchronous is not None
    return isinstance(node, cst.Yield) or (isinstance(node, cst.Await) and not isinstance(node.expression, cst.Call))


def _below(target: str, names: frozenset[str]) -> bool:
    while target:
        if target in names:
            return True
        target = target.rpartition(".")[0]
    return False


# How a delay grows


class _Growths:
    """How an expression changes from one pass of a loop to the next."""

    def __init__(self, facts: Facts, loop: cst.For | cst.While) -> None:
        self._facts = facts
        self._loop = loop
        self._busy: set[str] = set()
        self.jitter = False
        self.capped = False

    def of(self, node: cst.BaseExpression) -> Growth:
        if isinstance(node, (cst.Integer, cst.Float)):
            return "constant"
        if isinstance(node, cst.Name):
            return self._of_name(node)
        if isinstance(node, cst.Attribute):
            return "unknown" if self._bound_in_loop(dotted(node) or "?") else "constant"
        if isinstance(node, cst.BinaryOperation):
            return self._of_binary(node)
        if isinstance(node, cst.Call):
            return self._of_call(node)
        if isinstance(node, cst.Subscript):
            return self._of_table(node)
        if isinstance(node, cst.UnaryOperation):
            return self.of(node.expression)
        return "unknown"

    def _of_binary(self, node: cst.BinaryOperation) -> Growth:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.operator, (cst.Power, cst.LeftShift)):
            return "constant" if {left, right} == {"constant"} else _at_least("exponential", right)
        if "unknown" in {left, right}:
            return "unknown"
        if "exponential" in {left, right}:
            return "exponential"
        return "linear" if "linear" in {left, right} else "constant"

    def _of_call(self, call: cst.Call) -> Growth:
        target = self._facts.values.target(call)
        name = called(call)[0] or ""
        values = [arg.value for arg in call.args if not arg.star and arg.keyword is None]
        if target is not None and (target.startswith(("random.", "secrets.")) or name in {"uniform", "randint"}):
            self.jitter = True
            return self._join(values) if values else "constant"
        if name in {"uniform", "random", "randint", "randrange", "triangular"}:
            self.jitter = True
            return self._join(values) if values else "constant"
        if target in {"min", "max"}:
            self.capped = self.capped or target == "min"
            return self._join(values)
        if target in {"pow", "math.pow"} and len(values) == 2:
            right = self.of(values[1])
            return "constant" if right == "constant" else _at_least("exponential", right)
        if target in {"math.exp", "math.ldexp"} and values:
            right = self.of(values[-1])
            return "constant" if right == "constant" else _at_least("exponential", right)
        if target in {"int", "float", "round", "abs", "math.ceil", "math.floor"} and values:
            return self.of(values[0])
        return "unknown"

    def _join(self, values: list[cst.BaseExpression]) -> Growth:
        found = {self.of(value) for value in values}
        order: tuple[Growth, ...] = ("unknown", "exponential", "linear", "constant")
        return next((growth for growth in order if growth in found), "unknown")

    def _of_table(self, node: cst.Subscript) -> Growth:
        table = (
            self._facts.names.follow(node.value) if isinstance(node.value, (cst.Name, cst.Attribute)) else node.value
        )
        if isinstance(table, (cst.Tuple, cst.List)):
            self.capped = True
            return _of_row(table)
        return "unknown"

    def _of_name(self, node: cst.Name) -> Growth:
        if node.value in self._busy:
            return "constant"
        if isinstance(self._loop, cst.For) and node.value in {
            item.value for item in walk_same_code(self._loop.target) if isinstance(item, cst.Name)
        }:
            return self._of_items(self._loop.iter)
        bound = [
            binding
            for binding in self._facts.names.bindings(node)
            if self._loop in self._facts.index.ancestors(binding.node)
        ]
        self._busy.add(node.value)
        try:
            found: list[Growth] = []
            for binding in bound:
                if binding.kind == "augment" and isinstance(binding.node, cst.AugAssign):
                    found.append("exponential" if isinstance(binding.node.operator, cst.MultiplyAssign) else "linear")
                elif binding.kind == "assign" and binding.value is not None and binding.index is None:
                    itself = any(
                        isinstance(part, cst.Name) and part.value == node.value
                        for part in walk_same_code(binding.value)
                    )
                    growth = self.of(binding.value)
                    if itself and growth == "constant":
                        growth = _step(binding.value)
                    found.append(growth)
                else:
                    found.append("unknown")
        finally:
            self._busy.discard(node.value)
        order: tuple[Growth, ...] = ("unknown", "exponential", "linear", "constant")
        return next((growth for growth in order if growth in found), "constant")

    def _of_items(self, iterated: cst.BaseExpression) -> Growth:
        node = self._facts.names.follow(iterated) if isinstance(iterated, (cst.Name, cst.Attribute)) else iterated
        if isinstance(node, (cst.Tuple, cst.List)):
            self.capped = True
            return _of_row(node)
        if isinstance(node, cst.Call) and self._facts.values.target(node) in {"range", "itertools.count", "enumerate"}:
            return "linear"
        return "unknown"

    def _bound_in_loop(self, name: str) -> bool:
        for node in walk_same_code(self._loop.body):
            targets: list[cst.CSTNode] = []
            if isinstance(node, cst.Assign):
                targets = [target.target for target in node.targets]
            elif isinstance(node, cst.AugAssign):
                targets = [node.target]
            if any(dotted(target) == name for target in targets):
                return True
        return False


def _step(node: cst.BaseExpression) -> Growth:
    """Return how `delay = node` grows, where `node` reads `delay` itself."""
    for part in walk_same_code(node):
        if isinstance(part, cst.BinaryOperation) and isinstance(part.operator, (cst.Multiply, cst.Power)):
            return "exponential"
    return "linear" if any(isinstance(part, cst.BinaryOperation) for part in walk_same_code(node)) else "constant"


def _at_least(growth: Growth, other: Growth) -> Growth:
    return "unknown" if other == "unknown" else growth


def _of_row(row: cst.Tuple | cst.List) -> Growth:
    """Return how a literal row of delays grows."""
    values: list[float] = []
    for element in row.elements:
        if not isinstance(element.value, (cst.Integer, cst.Float)):
            return "unknown"
        values.append(element.value.evaluated_value)
    if len(set(values)) <= 1:
        return "constant"
    pairs = list(itertools.pairwise(values))
    if any(after < before for before, after in pairs):
        return "unknown"
    steps = {after - before for before, after in pairs}
    return "linear" if len(steps) == 1 and len(pairs) > 1 else "exponential"


def read_delay(facts: Facts, wait: Wait, loop: cst.For | cst.While) -> Delay:
    """Return the delay that `wait` is in `loop`."""
    if wait.seconds is None:
        return Delay(wait.node, None, "unknown")
    growths = _Growths(facts, loop)
    growth = growths.of(wait.seconds)
    return Delay(wait.node, wait.seconds, growth, growths.jitter, growths.capped)
