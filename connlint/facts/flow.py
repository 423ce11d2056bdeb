"""How control goes through a function, statement by statement.

A retry is not a shape but a way: from a handler back to the operation that failed. So the code of a function is laid
out as a graph of steps, with `break`, `continue`, `return`, `raise` and `finally` resolved, and the ways through it are
walked. On a walk the constants that names are bound to are kept, so that a flag that was just set decides the test
that reads it. That any call may raise is left out, except where a walk is told so: a way that exists without such an
exception is a way that the program takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import libcst as cst

from connlint.facts.tree import children, dotted, is_code_of_its_own
from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connlint.facts.exceptions import Exceptions
    from connlint.facts.names import Names

StepKind = Literal[
    "run",  # a small statement or an expression is evaluated
    "test",  # an expression decides: follow[0] if it is true, follow[1] if not
    "next",  # a `for` asks for its next item: follow[0] with one, follow[1] when there is none
    "fork",  # one of several ways, nobody knows which
    "catch",  # a handler begins
    "left",  # a `with` was left, normally or because it suppressed what was raised
    "exhausted",  # a loop ran to its end
    "out",  # a loop is over, its `else` behind it
    "return",
    "raise",
    "end",  # the end of the function or module
    "escape",  # an exception leaves the function
]

MOST_STEPS = 20_000
MOST_STATES = 4_000


class TooComplexError(Exception):
    """The code has more ways than are worth walking."""


class Step(Record, frozen=False):
    """A point in the code, what is evaluated there, and where control can go from it."""

    kind: StepKind
    node: cst.CSTNode | None = None
    follow: list[Step] = field(default_factory=list)
    calls: tuple[cst.Call, ...] | None = None


class Graph(Record, frozen=False):
    """The steps of one function (or module), and where its loops, handlers and `with` blocks are in it."""

    heads: dict[cst.CSTNode, Step] = field(default_factory=dict)
    catches: dict[cst.CSTNode, Step] = field(default_factory=dict)
    lefts: dict[cst.CSTNode, Step] = field(default_factory=dict)
    outs: dict[cst.CSTNode, Step] = field(default_factory=dict)
    exhausted: dict[cst.CSTNode, Step] = field(default_factory=dict)


class _Targets(NamedTuple):
    """Where control goes from inside a block when it leaves it."""

    broken: Step | None
    again: Step | None
    returned: Step
    raised: tuple[tuple[cst.ExceptHandler | None, Step], ...]
    """The handlers that may take what is raised, innermost first; None stands for what takes everything."""


def read_flow(function: cst.FunctionDef | cst.Module, names: Names, exceptions: Exceptions) -> Graph:
    """Return the graph of the code of `function`. Raises `TooComplexError` if it is too large."""
    return _Builder(names, exceptions).build(function)


class _Builder:
    def __init__(self, names: Names, exceptions: Exceptions) -> None:
        self._names = names
        self._exceptions = exceptions
        self._graph = Graph()
        self._count = 0

    def build(self, function: cst.FunctionDef | cst.Module) -> Graph:
        end = Step("end")
        targets = _Targets(None, None, end, ((None, Step("escape")),))
        body = function.body if isinstance(function, cst.FunctionDef) else function
        self._block(body.body, end, targets)
        return self._graph

    def _step(self, kind: StepKind, node: cst.CSTNode | None, *follow: Step) -> Step:
        self._count += 1
        if self._count > MOST_STEPS:
            raise TooComplexError
        return Step(kind, node, list(follow))

    def _block(self, body: Sequence[cst.CSTNode], after: Step, targets: _Targets) -> Step:
        for statement in reversed(body):
            if type(statement) is cst.SimpleStatementLine:
                after = self._block(statement.body, after, targets)
            else:
                after = self._statement(statement, after, targets)
        return after

    def _suite(self, holder: cst.If | cst.Else | cst.Finally | cst.CSTNode, after: Step, targets: _Targets) -> Step:
        body = getattr(holder, "body", None)
        return self._block(body.body, after, targets) if isinstance(body, cst.BaseSuite) else after

    def _statement(self, node: cst.CSTNode, after: Step, targets: _Targets) -> Step:
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Pass)):
            return after
        if type(node) is cst.Break:
            return targets.broken or after
        if type(node) is cst.Continue:
            return targets.again or after
        if type(node) is cst.Return:
            return self._step("return", node, targets.returned)
        if type(node) is cst.Raise:
            return self._step("raise", node, *self._raised(node, targets))
        if type(node) is cst.If:
            return self._if(node, after, targets)
        if type(node) is cst.While:
            return self._while(node, after, targets)
        if type(node) is cst.For:
            return self._for(node, after, targets)
        if type(node) is cst.Try:
            return self._try(node, after, targets)
        if type(node) is cst.With:
            return self._with(node, after, targets)
        if type(node) is cst.Match:
            cases = [self._case(case, after, targets) for case in node.cases]
            return self._step("run", node.subject, self._step("fork", node, *cases, after))
        return self._step("run", node, after)

    def _case(self, case: cst.MatchCase, after: Step, targets: _Targets) -> Step:
        body = self._suite(case, after, targets)
        return self._step("test", case.guard, body, after) if case.guard is not None else body

    def _raised(self, node: cst.Raise, targets: _Targets) -> Iterator[Step]:
        """Yield where what `node` raises may be taken, up to the handler that surely takes it."""
        target = node.exc.func if type(node.exc) is cst.Call else node.exc
        name = self._names.qualified(target) if target is not None else None
        for handler, step in targets.raised:
            taken = True if handler is None else None
            if handler is not None and name is not None:
                taken = self._exceptions.taken(self._names.classes(handler.type), name)
            if taken is not False:
                yield step
            if taken is True:
                return

    def _if(self, node: cst.If, after: Step, targets: _Targets) -> Step:
        chain: list[cst.If] = [node]
        otherwise = after
        while (orelse := chain[-1].orelse) is not None:
            if type(orelse) is cst.If:
                chain.append(orelse)
                continue
            otherwise = self._suite(orelse, after, targets)
            break
        for item in reversed(chain):
            otherwise = self._step("test", item.test, self._suite(item, after, targets), otherwise)
        return otherwise

    def _loop_ends(self, node: cst.For | cst.While, after: Step, targets: _Targets) -> tuple[Step, Step]:
        out = self._step("out", node, after)
        orelse = out if node.orelse is None else self._suite(node.orelse, out, targets)
        exhausted = self._step("exhausted", node, orelse)
        self._graph.outs.setdefault(node, out)
        self._graph.exhausted.setdefault(node, exhausted)
        return out, exhausted

    def _while(self, node: cst.While, after: Step, targets: _Targets) -> Step:
        out, exhausted = self._loop_ends(node, after, targets)
        head = self._step("test", node.test)
        self._graph.heads.setdefault(node, head)
        body = self._suite(node, head, targets._replace(broken=out, again=head))
        head.follow = [body, exhausted]
        return head

    def _for(self, node: cst.For, after: Step, targets: _Targets) -> Step:
        out, exhausted = self._loop_ends(node, after, targets)
        head = self._step("next", node)
        self._graph.heads.setdefault(node, head)
        body = self._suite(node, head, targets._replace(broken=out, again=head))
        head.follow = [body, exhausted]
        return self._step("run", node.iter, head)

    def _with(self, node: cst.With, after: Step, targets: _Targets) -> Step:
        left = self._step("left", node, after)
        self._graph.lefts.setdefault(node, left)
        inner = targets
        if any(
            type(item.item) is cst.Call and self._names.qualified(item.item.func) == "contextlib.suppress"
            for item in node.items
        ):
            inner = targets._replace(raised=((None, left), *targets.raised))
        step = self._suite(node, left, inner)
        for item in reversed(node.items):
            step = self._step("run", item, step)
        return step

    def _try(self, node: cst.Try, after: Step, targets: _Targets) -> Step:
        outer = targets
        if node.finalbody is not None:
            final = node.finalbody
            made: dict[int, Step] = {}

            def through(step: Step) -> Step:
                if id(step) not in made:
                    made[id(step)] = self._suite(final, step, targets)
                return made[id(step)]

            after = through(after)
            outer = _Targets(
                through(targets.broken) if targets.broken is not None else None,
                through(targets.again) if targets.again is not None else None,
                through(targets.returned),
                tuple((handler, through(step)) for handler, step in targets.raised),
            )
        catches: list[tuple[cst.ExceptHandler | None, Step]] = []
        for handler in node.handlers:
            step = self._step("catch", handler, self._suite(handler, after, outer))
            self._graph.catches.setdefault(handler, step)
            catches.append((handler, step))
        done = after if node.orelse is None else self._suite(node.orelse, after, outer)
        return self._suite(node, done, outer._replace(raised=(*catches, *outer.raised)))


# What is evaluated


def calls_of(step: Step) -> tuple[cst.Call, ...]:
    """Return the calls that `step` makes, in the order in which they are made."""
    if step.calls is None:
        nodes = evaluated(step)
        step.calls = tuple(call for node in nodes for call in calls_in_order(node))
    return step.calls


def evaluated(step: Step) -> tuple[cst.CSTNode, ...]:
    """Return the statement or expressions that are evaluated at `step` itself."""
    if step.node is None or step.kind in {"fork", "catch", "left", "exhausted", "out"}:
        return ()
    if type(step.node) is cst.For:
        return ()
    return (step.node,)


def calls_in_order(root: cst.CSTNode) -> list[cst.Call]:
    """Return the calls of the same code below `root`, arguments before the call that is given them."""
    found: list[cst.Call] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if is_code_of_its_own(node):
            continue
        if type(node) is cst.Call:
            found.append(node)
        stack.extend(children(node))
    found.reverse()
    return found


# Constants on the way


class _Some:
    """A value that is not known, but is true and not None: what a call that succeeded gave."""

    def __repr__(self) -> str:
        return "SOME"


SOME: Final = _Some()
Constant = None | bool | int | float | str | _Some
Env = dict[str, Constant]


class Unknown(Exception):  # noqa: N818
    """An expression has no value that is known."""


class Evaluator:
    """Gives expressions the values that are known of them on a way."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def value(self, node: cst.BaseExpression, env: Mapping[str, Constant]) -> Constant:
        """Return the value of `node`. Raises `Unknown`."""
        if type(node) is cst.Integer:
            return node.evaluated_value
        if type(node) is cst.Float:
            return node.evaluated_value
        if type(node) is cst.SimpleString:
            text = node.evaluated_value
            return text if isinstance(text, str) else SOME
        if isinstance(node, (cst.Name, cst.Attribute)):
            return self._named(node, env)
        if type(node) is cst.UnaryOperation:
            return self._unary(node, env)
        if type(node) is cst.BinaryOperation:
            return self._binary(node, env)
        if type(node) is cst.BooleanOperation:
            return self._boolean(node, env)
        if type(node) is cst.Comparison and len(node.comparisons) == 1:
            return self._comparison(node, env)
        raise Unknown

    def truth(self, node: cst.BaseExpression, env: Mapping[str, Constant]) -> bool | None:
        """Say whether `node` is true; None if that is not known."""
        try:
            value = self.value(node, env)
        except Unknown:
            return None
        return True if isinstance(value, _Some) else bool(value)

    def _named(self, node: cst.Name | cst.Attribute, env: Mapping[str, Constant]) -> Constant:
        path = dotted(node)
        if path is None:
            raise Unknown
        if path in {"True", "False", "None"}:
            return {"True": True, "False": False, "None": None}[path]
        if path in env:
            return env[path]
        followed = self._names.follow(node)
        if isinstance(followed, (cst.Integer, cst.Float)):
            return followed.evaluated_value
        raise Unknown

    def _unary(self, node: cst.UnaryOperation, env: Mapping[str, Constant]) -> Constant:
        if type(node.operator) is cst.Not:
            truth = self.truth(node.expression, env)
            if truth is None:
                raise Unknown
            return not truth
        value = _number(self.value(node.expression, env))
        if type(node.operator) is cst.Minus:
            return -value
        raise Unknown

    def _binary(self, node: cst.BinaryOperation, env: Mapping[str, Constant]) -> Constant:
        left = _number(self.value(node.left, env))
        right = _number(self.value(node.right, env))
        if type(node.operator) is cst.Add:
            return left + right
        if type(node.operator) is cst.Subtract:
            return left - right
        if type(node.operator) is cst.Multiply and abs(left) < 1e9 and abs(right) < 1e9:
            return left * right
        raise Unknown

    def _boolean(self, node: cst.BooleanOperation, env: Mapping[str, Constant]) -> Constant:
        decisive = type(node.operator) is cst.Or
        terms: list[cst.BaseExpression] = [node.right]
        left = node.left
        while type(left) is cst.BooleanOperation and type(left.operator) is type(node.operator):
            terms.append(left.right)
            left = left.left
        terms.append(left)
        truths = [self.truth(term, env) for term in reversed(terms)]
        if decisive in truths:
            return decisive
        if None in truths:
            raise Unknown
        return not decisive

    def _comparison(self, node: cst.Comparison, env: Mapping[str, Constant]) -> Constant:
        left = self.value(node.left, env)
        right = self.value(node.comparisons[0].comparator, env)
        operator = node.comparisons[0].operator
        if isinstance(operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)):
            if SOME in {left, right} and None not in {left, right}:
                raise Unknown
            same = left is right if None in {left, right} else left == right
            return same if isinstance(operator, (cst.Is, cst.Equal)) else not same
        one, other = _number(left), _number(right)
        if type(operator) is cst.LessThan:
            return one < other
        if type(operator) is cst.LessThanEqual:
            return one <= other
        if type(operator) is cst.GreaterThan:
            return one > other
        if type(operator) is cst.GreaterThanEqual:
            return one >= other
        raise Unknown


def _number(value: Constant) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise Unknown


# Walking


class Bound(Record):
    """A name, or a dotted one, that a step binds; `value` is None where what it is bound to is no expression."""

    name: str
    value: cst.BaseExpression | None
    node: cst.CSTNode
    augmented: bool = False
    whole: bool = True


def bindings(step: Step) -> list[Bound]:
    """Return what `step` binds, in order."""
    node = step.node
    if step.kind == "next" and type(node) is cst.For:
        return [Bound(name, None, node) for name in target_names(node.target)]
    if step.kind == "catch" and type(node) is cst.ExceptHandler:
        return [] if node.name is None else [Bound(name, None, node) for name in target_names(node.name.name)]
    if step.kind == "run" and type(node) is cst.WithItem:
        found = _walrus(node.item)
        if node.asname is not None:
            names = target_names(node.asname.name)
            found += [Bound(name, node.item, node, whole=len(names) == 1) for name in names]
        return found
    if step.kind not in {"run", "test", "return", "raise"} or node is None:
        return []
    found = _walrus(node)
    if type(node) is cst.Assign:
        for target in node.targets:
            names = target_names(target.target)
            whole = isinstance(target.target, (cst.Name, cst.Attribute))
            found += _pairs(target.target, node.value, node) or [
                Bound(name, node.value, node, whole=whole) for name in names
            ]
    elif type(node) is cst.AnnAssign and node.value is not None:
        found += [Bound(name, node.value, node) for name in target_names(node.target)]
    elif type(node) is cst.AugAssign:
        found += [Bound(name, node.value, node, augmented=True) for name in target_names(node.target)]
    elif type(node) is cst.Del:
        found += [Bound(name, None, node) for name in target_names(node.target)]
    return found


def _walrus(root: cst.CSTNode) -> list[Bound]:
    found: list[Bound] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if is_code_of_its_own(node):
            continue
        if type(node) is cst.NamedExpr:
            found += [Bound(name, node.value, node) for name in target_names(node.target)]
        stack.extend(reversed(children(node)))
    return found


def _pairs(target: cst.CSTNode, value: cst.BaseExpression, node: cst.CSTNode) -> list[Bound]:
    """Return `a, b = x, y` as two bindings."""
    if not (isinstance(target, (cst.Tuple, cst.List)) and isinstance(value, (cst.Tuple, cst.List))):
        return []
    if len(target.elements) != len(value.elements):
        return []
    found = []
    for one, other in zip(target.elements, value.elements, strict=True):
        name = dotted(one.value)
        if name is None or type(one) is cst.StarredElement or type(other) is cst.StarredElement:
            return []
        found.append(Bound(name, other.value, node))
    return found


def target_names(target: cst.CSTNode) -> list[str]:
    """Return the names, plain and dotted, that assigning to `target` binds; `x[i] = ...` changes `x`."""
    if isinstance(target, (cst.Tuple, cst.List)):
        return [name for element in target.elements for name in target_names(element.value)]
    if type(target) is cst.Subscript:
        return target_names(target.value)
    name = dotted(target)
    return [name] if name is not None else []


def increment(bound: Bound) -> int | None:
    """Return by how much `bound` changes a number that it counts with: `n += 1`, `n = n - 1`."""
    node, value = bound.node, bound.value
    if type(node) is cst.AugAssign:
        rises, falls = type(node.operator) is cst.AddAssign, type(node.operator) is cst.SubtractAssign
    elif type(value) is cst.BinaryOperation and dotted(value.left) == bound.name:
        rises, falls = type(value.operator) is cst.Add, type(value.operator) is cst.Subtract
        value = value.right
    else:
        return None
    if type(value) is not cst.Integer or not (rises or falls):
        return None
    return value.evaluated_value if rises else -value.evaluated_value


def counts(bound: Bound) -> bool:
    """Say whether `bound` may count with a number: by a step that is known, or by any `+=`."""
    return bound.augmented or increment(bound) is not None


class Walker:
    """Walks the ways through a graph and keeps the constants that names have on them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def update(self, step: Step, env: Env, succeeded: Callable[[cst.CSTNode], bool] | None = None) -> Env:
        """Return what is known after `step`; `succeeded` says of an expression that what it gives is `SOME`."""
        found = bindings(step)
        if not found:
            return env
        env = dict(env)
        for bound in found:
            known = self._known(bound, env, succeeded)
            for name in [name for name in env if name == bound.name or name.startswith(f"{bound.name}.")]:
                del env[name]
            if not isinstance(known, _NotKnown):
                env[bound.name] = known
        return env

    def _known(self, bound: Bound, env: Env, succeeded: Callable[[cst.CSTNode], bool] | None) -> Constant | _NotKnown:
        if type(bound.node) is cst.ExceptHandler:
            return SOME
        if bound.value is None or not bound.whole or type(bound.node) is cst.WithItem:
            return _NOT_KNOWN
        if type(bound.node) is cst.Assign and not all(
            isinstance(target.target, (cst.Name, cst.Attribute, cst.Tuple, cst.List)) for target in bound.node.targets
        ):
            return _NOT_KNOWN
        if type(bound.value) is cst.Name and bound.value.value in env:
            return env[bound.value.value] if not bound.augmented else _NOT_KNOWN
        if succeeded is not None and succeeded(bound.value):
            return SOME
        try:
            value = self._evaluator.value(bound.value, env)
            if not bound.augmented:
                return value
            return self._augmented(bound, _number(value), env)
        except Unknown:
            return _NOT_KNOWN

    @staticmethod
    def _augmented(bound: Bound, value: float, env: Env) -> Constant | _NotKnown:
        if bound.name not in env or type(bound.node) is not cst.AugAssign:
            return _NOT_KNOWN
        before = _number(env[bound.name])
        if type(bound.node.operator) is cst.AddAssign:
            return before + value
        if type(bound.node.operator) is cst.SubtractAssign:
            return before - value
        return _NOT_KNOWN

    def following(self, step: Step, env: Env) -> list[Step]:
        """Return where control can go from `step`, given what is known after it."""
        if step.kind == "test" and isinstance(step.node, cst.BaseExpression) and len(step.follow) == 2:
            truth = self._evaluator.truth(step.node, env)
            if truth is not None:
                return [step.follow[0 if truth else 1]]
        return step.follow


class _NotKnown:
    pass


_NOT_KNOWN: Final = _NotKnown()


def frozen(env: Env) -> frozenset[tuple[str, str, Constant]]:
    """Return `env` as a key; True and 1 are kept apart."""
    return frozenset((name, type(value).__name__, value) for name, value in env.items())
