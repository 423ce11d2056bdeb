"""How a delay changes from one attempt to the next.

The expression that says how long is read as a function of the pass: what stays the same, what counts, what is made from
its own value of the pass before. The names that it reads are followed to what the loop binds them to, through local
variables, the attributes of the object, and the functions and generators of the file. What cannot be followed is
`unknown`, which is neither growth nor the lack of it: a policy object may do either.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal

import libcst as cst

from connlint.facts.delays import called
from connlint.facts.flow import Evaluator, Unknown
from connlint.facts.model import Delay
from connlint.facts.tree import COMPREHENSIONS, dotted, walk, walk_same_code
from connlint.knowledge.waits import speaks_of_a_policy
from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from connlint.facts import Facts
    from connlint.facts.delays import Wait, Waits
    from connlint.facts.model import Growth
    from connlint.facts.scopes import Binding

_Growth = Literal["none", "constant", "linear", "exponential", "unknown", "itself"]
"""`itself`: the value that the name being read had in the pass before."""

_WORST_FIRST: tuple[_Growth, ...] = ("unknown", "exponential", "linear", "itself", "constant")
_DEEPEST = 12
_MOST_REACHED = 24
_RANDOM = frozenset(
    """
    betavariate choice expovariate gauss getrandbits lognormvariate normalvariate randbelow randint random randrange
    triangular uniform vonmisesvariate
    """.split()
)
_CONVERSIONS = frozenset(
    {"abs", "datetime.timedelta", "float", "int", "math.ceil", "math.floor", "round", "decimal.Decimal"}
)
_COUNTING = frozenset({"itertools.count", "range"})
_WRAPPING = frozenset({"iter", "list", "tuple"})


def read_delay(
    facts: Facts, waits: Waits, wait: Wait, loop: cst.For | cst.While, passed: Collection[cst.CSTNode]
) -> Delay:
    """Return the delay that `wait` is in `loop`; `passed` are the nodes on the ways back from a failure."""
    growths = _Growths(facts, loop, passed)
    frame = _Frame(loop)
    if wait.seconds is not None:
        growth = growths.of(wait.seconds, frame)
        sleep: cst.CSTNode | None = wait.node
        seconds: cst.BaseExpression | None = wait.seconds
    else:
        growth, sleep, seconds = growths.of_helper(waits, wait.node, frame)
    return Delay(
        wait.node,
        seconds,
        "constant" if growth == "itself" else growth,
        growths.jitter,
        growths.capped,
        sleep if type(sleep) is cst.Call else None,
        growths.resets,
    )


def seconds_of(facts: Facts, delay: Delay) -> float | None:
    """Return how many seconds `delay` waits, by what is written: a number, a constant, the default of a parameter."""
    node = delay.seconds
    for _ in range(4):
        if node is None:
            return None
        try:
            value = Evaluator(facts.names).value(node, {})
        except Unknown:
            pass
        else:
            return value if isinstance(value, (int, float)) else None
        followed = facts.names.follow(node)
        binding = facts.names.binding(followed)
        node = followed if followed is not node else None
        if binding is not None and type(binding.node) is cst.Param:
            node = binding.node.default
    return None


class _Frame(Record, frozen=False):
    """The code in which an expression is read: the loop itself, or a function of the file that is called from it.

    `given` is how the parameters of such a function grow, and `loop` the loop of a generator whose items are read.
    """

    node: cst.CSTNode
    given: Mapping[str, _Growth] = field(default_factory=dict)
    depth: int = 0


class _Growths:
    """How expressions change from one pass of a loop to the next."""

    def __init__(self, facts: Facts, loop: cst.For | cst.While, passed: Collection[cst.CSTNode]) -> None:
        self._facts = facts
        self._loop = loop
        self._passed = passed
        self._busy: list[Hashable] = []
        self._met: set[Hashable] = set()  # the busy names that were read again
        self._reached_functions: set[cst.CSTNode] | None = None
        self._evaluator = Evaluator(facts.names)
        self.jitter = False
        self.capped = False
        self.resets = False

    def of(self, node: cst.BaseExpression, frame: _Frame) -> _Growth:
        if len(self._busy) > _DEEPEST or frame.depth > _DEEPEST:
            return "unknown"
        if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
            return "constant"
        if type(node) is cst.Name:
            return "constant" if node.value in {"None", "True", "False"} else self._of_name(node, frame)
        if type(node) is cst.Attribute:
            return self._of_attribute(node, frame)
        if type(node) is cst.BinaryOperation:
            return self._of_binary(node, frame)
        if type(node) is cst.Call:
            return self._of_call(node, frame)
        if type(node) is cst.Subscript:
            return self._of_item(node, frame)
        if type(node) is cst.UnaryOperation:
            inner = self.of(node.expression, frame)
            return inner if type(node.operator) is cst.Plus or inner == "constant" else "unknown"
        if type(node) is cst.IfExp:
            return self._of_choice(node, frame)
        if type(node) is cst.BooleanOperation:
            return self._join([self.of(node.left, frame), self.of(node.right, frame)])
        if isinstance(node, (cst.NamedExpr, cst.Await)):
            return self.of(node.value if isinstance(node, cst.NamedExpr) else node.expression, frame)
        return "unknown"

    @staticmethod
    def _join(found: Iterable[_Growth]) -> _Growth:
        growths = set(found)
        return next((growth for growth in _WORST_FIRST if growth in growths), "unknown")

    # Reckoning

    def _of_binary(self, node: cst.BinaryOperation, frame: _Frame) -> _Growth:
        left, right = self.of(node.left, frame), self.of(node.right, frame)
        if "unknown" in {left, right}:
            return "unknown"
        if {left, right} == {"constant"}:
            return "constant"
        if type(node.operator) is cst.Add:
            return self._sum(left, right)
        if type(node.operator) is cst.Multiply:
            return self._product(left, right, node)
        if type(node.operator) is cst.Power:
            return self._power(left, right, node.left)
        if type(node.operator) is cst.LeftShift:
            return "exponential" if right != "constant" or left == "itself" else left
        if right != "constant":
            return "unknown"
        if isinstance(node.operator, (cst.Divide, cst.FloorDivide)):
            return left if left != "itself" else "unknown"
        if type(node.operator) is cst.Subtract:
            return left if left != "itself" else "unknown"
        return "unknown"

    def _sum(self, left: _Growth, right: _Growth) -> _Growth:
        if "exponential" in {left, right} or left == right == "itself":
            return "exponential"
        return "linear"

    def _product(self, left: _Growth, right: _Growth, node: cst.BinaryOperation) -> _Growth:
        if "itself" in {left, right}:
            factor = node.right if left == "itself" else node.left
            return "exponential" if self._may_exceed(factor, 1) else "unknown"
        return "exponential" if "exponential" in {left, right} else "linear"

    def _power(self, left: _Growth, right: _Growth, base: cst.BaseExpression) -> _Growth:
        if right == "constant":
            return "exponential" if left in {"itself", "exponential"} else "linear"
        return "exponential" if self._may_exceed(base, 1) else "unknown"

    def _number(self, node: cst.BaseExpression) -> float | None:
        try:
            value = self._evaluator.value(node, {})
        except Unknown:
            return None
        return value if isinstance(value, (int, float)) else None

    def _may_exceed(self, node: cst.BaseExpression, number: float) -> bool:
        value = self._number(node)
        return value is None or value > number

    def _of_choice(self, node: cst.IfExp, frame: _Frame) -> _Growth:
        body, orelse = self.of(node.body, frame), self.of(node.orelse, frame)
        if body == orelse == "constant" and not self._same_value(node.body, node.orelse):
            return "unknown" if self._varies(node.test, frame) else "constant"
        growth = self._join([body, orelse])
        self.capped = self.capped or (growth in {"linear", "exponential"} and "constant" in {body, orelse})
        return growth

    def _varies(self, test: cst.BaseExpression, frame: _Frame) -> bool:
        return any(
            isinstance(part, (cst.Name, cst.Attribute)) and dotted(part) and self.of(part, frame) != "constant"
            for part in walk_same_code(test)
        )

    def _same_value(self, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
        return one.deep_equals(other) or (self._number(one) is not None and self._number(one) == self._number(other))

    # Names

    def _of_name(self, node: cst.Name, frame: _Frame) -> _Growth:
        name = node.value
        self.jitter = self.jitter or "jitter" in name.lower()
        if (key := self._key(node)) in self._busy:
            self._met.add(key)
            return "itself"
        comprehension = self._comprehension_of(node)
        if comprehension is not None:
            return self._of_items(comprehension.iter, frame, _position(comprehension.target, name))
        if name in frame.given:
            return self._joined(node, frame, self._bound_in(node, frame), given=frame.given[name])
        for holder in (self._loop, frame.node):
            if type(holder) is cst.For and (position := _position(holder.target, name)) is not None:
                return self._of_items(holder.iter, frame, position)
        bindings = self._facts.names.bindings(node)
        inside = self._bound_in(node, frame)
        outside = [binding for binding in bindings if binding not in inside]
        if not inside:
            self._note_jitter(outside)
        return self._joined(node, frame, inside, outside)

    def _key(self, node: cst.Name | cst.Attribute) -> Hashable:
        """Return what tells the name or attribute from one of another scope that is called the same."""
        if type(node) is cst.Name:
            return node.value, id(self._facts.names.owner(node.value, self._facts.index.scope_of(node)))
        return dotted(node)

    def _comprehension_of(self, node: cst.Name) -> cst.CompFor | None:
        for ancestor in self._facts.index.ancestors(node):
            if isinstance(ancestor, COMPREHENSIONS) and _position(ancestor.for_in.target, node.value) is not None:
                return ancestor.for_in
            if isinstance(ancestor, cst.BaseStatement):
                return None
        return None

    def _bound_in(self, node: cst.BaseExpression, frame: _Frame) -> list[Binding]:
        """Return the bindings of `node` that are made while the loop goes round, as far as can be told."""
        return [
            binding
            for binding in self._facts.names.bindings(node)
            if binding.kind not in {"parameter", "annotate"} and self._is_within(binding.node, frame)
        ]

    def _is_within(self, node: cst.CSTNode, frame: _Frame) -> bool:
        return any(
            ancestor is self._loop or ancestor is frame.node or ancestor in self._reached()
            for ancestor in self._facts.index.ancestors(node)
        )

    def _reached(self) -> set[cst.CSTNode]:
        """Return the functions of the file that the loop calls, directly or through others."""
        if self._reached_functions is None:
            found: set[cst.CSTNode] = set()
            todo: list[cst.CSTNode] = [self._loop]
            for root in todo:
                for call in walk_same_code(root.body if type(root) is cst.FunctionDef else root):
                    if type(call) is not cst.Call:
                        continue
                    for target in self._facts.values.targets(call):
                        for definition in self._facts.index.definitions.get(target, []):
                            if type(definition) is cst.FunctionDef and definition not in found:
                                found.add(definition)
                                if len(found) <= _MOST_REACHED:
                                    todo.append(definition)
            self._reached_functions = found
        return self._reached_functions

    def _note_jitter(self, outside: Iterable[Binding]) -> None:
        """Note that a delay which is made once, before the loop, has a random part."""
        for binding in outside:
            if binding.value is not None and any(
                type(part) is cst.Call and self._is_random(part) for part in walk_same_code(binding.value)
            ):
                self.jitter = True

    def _joined(
        self,
        node: cst.Name | cst.Attribute,
        frame: _Frame,
        inside: list[Binding],
        outside: Iterable[Binding] = (),
        *,
        given: _Growth | None = None,
    ) -> _Growth:
        """Return how `name` grows where `node` reads it: `inside` the loop it is bound so, and it comes as `given`."""
        name = dotted(node) or "?"
        found: list[_Growth] = [] if given is None else [given]
        constants: list[Binding] = []
        tested = False
        key = self._key(node)
        self._busy.append(key)
        try:
            for binding in inside:
                growth = self._of_binding(binding, frame)
                found.append(growth)
                if growth == "constant":
                    constants.append(binding)
                if growth != "constant" or binding.kind == "augment":
                    tested = tested or self._is_tested(binding, name)
                elif self._is_tested(binding, name):
                    self.capped = self.capped or len(inside) > 1
        finally:
            self._busy.pop()
            self._met.discard(key)
        growth = self._join(found) if found else "constant"
        if growth in {"linear", "exponential"}:
            self.capped = self.capped or tested
            self.resets = self.resets or any(binding.node not in self._passed for binding in constants)
            return growth
        if growth in {"constant", "itself"} and constants and not self._is_one_value(node, constants, outside):
            return "unknown"
        return "constant" if growth == "itself" and self._met.isdisjoint(self._busy) else growth

    def _is_one_value(self, node: cst.CSTNode, constants: list[Binding], outside: Iterable[Binding]) -> bool:
        """Say whether all bindings that may be in force where `node` is read give the same."""
        first = constants[0].value
        if first is None:
            return False
        others = constants[1:] if self._is_bound_before(constants[0], node) else [*constants[1:], *outside]
        return all(each.value is not None and self._same_value(first, each.value) for each in others)

    def _is_bound_before(self, binding: Binding, node: cst.CSTNode) -> bool:
        """Say whether every way to `node` leads through `binding`, which stands above it in a block around it."""
        line = self._facts.index.parents.get(binding.node)
        block = self._facts.index.parents.get(line) if line is not None else None
        if line is None or not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return False
        below = node
        for ancestor in self._facts.index.ancestors(node):
            if ancestor is block:
                body: list[cst.CSTNode] = [*block.body]
                return below in body and line in body and body.index(line) < body.index(below)
            below = ancestor
        return False

    def _of_binding(self, binding: Binding, frame: _Frame) -> _Growth:
        node, value = binding.node, binding.value
        if type(node) is cst.AugAssign:
            return self._of_augmented(node, frame)
        if binding.kind != "assign" or value is None:
            return "unknown"
        if binding.index is not None:
            if not isinstance(value, (cst.Tuple, cst.List)) or binding.index >= len(value.elements):
                return "unknown"
            value = value.elements[binding.index].value
        return self.of(value, frame)

    def _of_augmented(self, node: cst.AugAssign, frame: _Frame) -> _Growth:
        value = self.of(node.value, frame)
        if value == "unknown":
            return "unknown"
        if type(node.operator) is cst.AddAssign:
            return "linear" if value in {"constant", "linear"} else "exponential"
        if isinstance(node.operator, (cst.MultiplyAssign, cst.PowerAssign)):
            return "exponential" if self._may_exceed(node.value, 1) else "unknown"
        return "exponential" if type(node.operator) is cst.LeftShiftAssign else "unknown"

    def _is_tested(self, binding: Binding, name: str) -> bool:
        """Say whether `binding` is made only as long as, or as soon as, `name` has reached something."""
        below = binding.node
        for ancestor in self._facts.index.ancestors(binding.node):
            if ancestor is self._loop:
                return False
            if type(ancestor) is cst.If and ancestor.test is not below:
                compared = [part for part in walk_same_code(ancestor.test) if type(part) is cst.Comparison]
                if any(dotted(part) == name for each in compared for part in walk_same_code(each)):
                    return True
            below = ancestor
        return False

    def _of_attribute(self, node: cst.Attribute, frame: _Frame) -> _Growth:
        path = dotted(node)
        if path is None:
            return "unknown"
        self.jitter = self.jitter or "jitter" in node.attr.value.lower()
        if path in self._busy:
            self._met.add(path)
            return "itself"
        getter = self._facts.values.getter(node)
        if getter is not None:
            return self._of_function(getter, {}, frame)
        root = path.partition(".")[0]
        names = self._facts.names
        own = names.class_names(node.value)
        if own:
            return self._of_own_attribute(node, path, frame)
        first = node.value
        while type(first) is cst.Attribute:
            first = first.value
        if root not in {"self", "cls"} and type(first) is cst.Name:
            if root in frame.given or self._bound_in(first, frame) or _is_target(self._loop, root):
                return "unknown"
            if any(binding.kind in {"except", "for", "with"} for binding in names.bindings(first)):
                return "unknown"
        if self._assigned_in_loop(path) or speaks_of_a_policy(path):
            return "unknown"
        return "constant"

    def _of_own_attribute(self, node: cst.Attribute, path: str, frame: _Frame) -> _Growth:
        bindings = self._facts.names.bindings(node)
        if any(binding.kind in {"function", "class"} for binding in bindings):
            return "unknown"
        inside = self._bound_in(node, frame)
        outside = [binding for binding in bindings if binding not in inside]
        for binding in outside:  # another method, called we know not when, may make it grow
            if binding.kind == "augment" or (
                binding.value is not None and any(dotted(part) == path for part in walk_same_code(binding.value))
            ):
                return "unknown"
        if not inside:
            self._note_jitter(outside)
        return self._joined(node, frame, inside, outside)

    def _assigned_in_loop(self, path: str) -> bool:
        for node in walk_same_code(self._loop.body):
            targets: list[cst.CSTNode] = []
            if type(node) is cst.Assign:
                targets = [target.target for target in node.targets]
            elif isinstance(node, (cst.AugAssign, cst.AnnAssign)):
                targets = [node.target]
            for target in targets:
                name = dotted(target.value if type(target) is cst.Subscript else target)
                if name is not None and (name == path or path.startswith(f"{name}.")):
                    return True
        return False

    # Calls, tables and what is iterated over

    def _is_random(self, call: cst.Call) -> bool:
        name = called(call)[0] or ""
        target = self._facts.values.target(call) or ""
        if target.startswith("<file>"):
            return False
        return target.startswith(("random.", "secrets.", "numpy.random.")) or name in _RANDOM

    def _of_call(self, call: cst.Call, frame: _Frame) -> _Growth:
        target = self._facts.values.target(call)
        name, receiver = called(call)
        self.jitter = self.jitter or "jitter" in (name or "").lower()
        values = [arg.value for arg in call.args if not arg.star]
        if self._is_random(call):
            self.jitter = True
            return self._join([self.of(value, frame) for value in values]) if values else "constant"
        if target is not None and target.startswith("<file>"):
            return self._of_own_call(call, target, frame)
        if target in {"min", "max"} and values:
            growth = self._join([self.of(value, frame) for value in values])
            self.capped = self.capped or target == "min"
            return growth
        if target in {"pow", "math.pow"} and len(values) == 2:
            left, right = self.of(values[0], frame), self.of(values[1], frame)
            if "unknown" in {left, right}:
                return "unknown"
            return "constant" if {left, right} == {"constant"} else self._power(left, right, values[0])
        if target in {"math.exp", "math.exp2", "math.ldexp"} and values:
            right = self.of(values[-1], frame)
            return right if right in {"constant", "unknown"} else "exponential"
        if target in _CONVERSIONS and values:
            # `round(x, 2)`, `timedelta(minutes=5)`
            return self._join([self.of(value, frame) for value in values])
        if target == "next" and values:
            return self._of_items(values[0], frame, None)
        if name == "total_seconds" and type(call.func) is cst.Attribute:
            return self.of(call.func.value, frame)
        if name == "get" and receiver not in {None, "?"} and values and type(values[0]) is cst.SimpleString:
            return self._of_setting(call.func, frame)
        if target == "getattr" and len(values) >= 2 and type(values[1]) is cst.SimpleString:
            return self._of_setting(cst.Attribute(values[0], cst.Name("x")), frame, values[0])
        return "unknown"

    def _of_setting(self, node: cst.BaseExpression, frame: _Frame, owner: cst.BaseExpression | None = None) -> _Growth:
        """Return how what is looked up in the value of `owner` by a name grows: not at all if that stays the same."""
        owner = owner or (node.value if type(node) is cst.Attribute else node)
        if not isinstance(owner, (cst.Name, cst.Attribute)):
            return "unknown"
        path = dotted(owner)
        if path is None or self._assigned_in_loop(path) or speaks_of_a_policy(path):
            return "unknown"
        if type(owner) is cst.Attribute and not self._facts.names.class_names(owner.value):
            return "constant" if self._of_attribute(owner, frame) == "constant" else "unknown"
        if self._bound_in(owner, frame) or _is_target(self._loop, path) or path in frame.given:
            return "unknown"
        return "constant"

    def _of_own_call(self, call: cst.Call, target: str, frame: _Frame) -> _Growth:
        definitions = self._facts.index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
            return "unknown"
        given = self._given(call, definitions[0], frame)
        return "unknown" if given is None else self._of_function(target, given, frame)

    def _given(self, call: cst.Call, function: cst.FunctionDef, frame: _Frame) -> dict[str, _Growth] | None:
        """Return how the parameters of `function` grow in `call`; None if that cannot be told."""
        params = [param.name.value for param in (*function.params.posonly_params, *function.params.params)]
        if self._facts.index.class_of(function) is not None and not any(
            self._facts.names.qualified(item.decorator) == "staticmethod" for item in function.decorators
        ):
            params = params[1:]
        given: dict[str, _Growth] = dict.fromkeys(
            [*params, *(param.name.value for param in function.params.kwonly_params)], "constant"
        )
        position = 0
        for arg in call.args:
            if arg.star:
                return None
            if arg.keyword is not None:
                given[arg.keyword.value] = self.of(arg.value, frame)
            elif position < len(params):
                given[params[position]] = self.of(arg.value, frame)
                position += 1
            else:
                return None
        return {name: "constant" if growth == "itself" else growth for name, growth in given.items()}

    def _of_function(self, target: str, given: Mapping[str, _Growth], frame: _Frame) -> _Growth:
        """Return how what the function `target` of the file returns grows."""
        definitions = self._facts.index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef or target in self._busy:
            return "unknown"
        body = definitions[0].body
        inner = _Frame(definitions[0], given, frame.depth + 1)
        parts = list(walk_same_code(body))
        if any(isinstance(part, (cst.Yield, cst.For, cst.While)) for part in parts):
            return "unknown"
        returned = [part.value for part in parts if type(part) is cst.Return and part.value is not None]
        if not returned:
            return "unknown"
        self._busy.append(target)
        try:
            found = [self.of(value, inner) for value in returned]
        finally:
            self._busy.pop()
        growth = self._join(found)
        if growth == "constant" and any(not self._same_value(returned[0], value) for value in returned[1:]):
            return "unknown"
        if growth in {"linear", "exponential"} and "constant" in found:
            self.capped = True
        return growth

    def of_helper(
        self, waits: Waits, node: cst.CSTNode, frame: _Frame
    ) -> tuple[_Growth, cst.CSTNode | None, cst.BaseExpression | None]:
        """Return how long the function of the file waits that `node` calls: growth, the sleep in it, its seconds."""
        nothing: tuple[_Growth, None, None] = ("unknown", None, None)
        target = self._facts.values.target(node) if type(node) is cst.Call else None
        if type(node) is not cst.Call or target is None or target in self._busy or frame.depth > _DEEPEST:
            return nothing
        definitions = self._facts.index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
            return nothing
        function = definitions[0]
        given = self._given(node, function, frame)
        sleeps = [] if given is None else waits.sleeps_of(function)
        if given is None or len(sleeps) != 1 or self._in_a_loop(sleeps[0].node, function):
            return nothing
        inner = _Frame(function, given, frame.depth + 1)
        self._busy.append(target)
        try:
            if sleeps[0].seconds is None:
                return self.of_helper(waits, sleeps[0].node, inner)
            return self.of(sleeps[0].seconds, inner), sleeps[0].node, sleeps[0].seconds
        finally:
            self._busy.pop()

    def _in_a_loop(self, node: cst.CSTNode, function: cst.FunctionDef) -> bool:
        for ancestor in self._facts.index.ancestors(node):
            if ancestor is function:
                return False
            if isinstance(ancestor, (cst.For, cst.While)):
                return True
        return True

    def _of_item(self, node: cst.Subscript, frame: _Frame) -> _Growth:
        if len(node.slice) != 1 or type(node.slice[0].slice) is not cst.Index:
            return "unknown"
        index = node.slice[0].slice.value
        if type(index) is cst.SimpleString or self.of(index, frame) == "constant":
            return self._of_setting(node.value, frame, node.value)
        table = (
            self._facts.names.follow(node.value) if isinstance(node.value, (cst.Name, cst.Attribute)) else node.value
        )
        if isinstance(table, (cst.Tuple, cst.List)):
            self.capped = True
            return _of_row(table)
        return "unknown"

    def _of_items(self, iterated: cst.BaseExpression, frame: _Frame, position: int | None) -> _Growth:
        """Return how the items of `iterated` grow, or what stands at `position` in each of them (-1: the whole)."""
        node = self._facts.names.follow(iterated) if isinstance(iterated, (cst.Name, cst.Attribute)) else iterated
        whole = position is None or position < 0
        if isinstance(node, (cst.Tuple, cst.List)):
            self.capped = True
            return _of_row(node) if whole else "unknown"
        if type(node) is cst.BinaryOperation and isinstance(node.operator, (cst.Multiply, cst.Add)) and whole:
            return self._of_repeated(node)
        if isinstance(node, (cst.GeneratorExp, cst.ListComp)) and whole:
            return self.of(node.elt, frame)
        if type(node) is not cst.Call:
            return "unknown"
        target = self._facts.values.target(node)
        args = [arg.value for arg in node.args if not arg.star and arg.keyword is None]
        if target in _COUNTING:
            steps = args[2:] if target == "range" else args[1:]
            return "linear" if whole and all(self._may_exceed(step, 0) for step in steps) else "unknown"
        if target == "enumerate" and args and position is not None and not whole:
            return "linear" if position == 0 else self._of_items(args[0], frame, -1)
        if target == "zip" and position is not None and not whole and position < len(args):
            return self._of_items(args[position], frame, -1)
        if target == "itertools.repeat" and args and whole:
            return self.of(args[0], frame)
        if target in _WRAPPING and len(args) == 1:
            return self._of_items(args[0], frame, position)
        if target is not None and target.startswith("<file>") and whole:
            return self._of_generated(node, target, frame)
        return "unknown"

    def _of_repeated(self, node: cst.BinaryOperation) -> _Growth:
        """Return how the items of `[5] * 3` or `(1, 2, 4) + (None,)` grow."""
        if type(node.operator) is cst.Multiply:
            row = next((part for part in (node.left, node.right) if isinstance(part, (cst.Tuple, cst.List))), None)
            return (
                "constant" if row is not None and (len(row.elements) == 1 or _of_row(row) == "constant") else "unknown"
            )
        parts = [
            self._facts.names.follow(part) if isinstance(part, (cst.Name, cst.Attribute)) else part
            for part in (node.left, node.right)
        ]
        if not all(isinstance(part, (cst.Tuple, cst.List)) for part in parts):
            return "unknown"
        self.capped = True
        rows = [part for part in parts if isinstance(part, (cst.Tuple, cst.List))]
        return _of_row(cst.List([element for row in rows for element in row.elements]))

    def _of_generated(self, call: cst.Call, target: str, frame: _Frame) -> _Growth:
        """Return how what the generator `target` of the file yields grows."""
        definitions = self._facts.index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef or target in self._busy:
            return "unknown"
        function = definitions[0]
        given = self._given(call, function, frame)
        found = [node for node in walk_same_code(function.body) if type(node) is cst.Yield]
        if given is None or len(found) != 1 or not isinstance(found[0].value, cst.BaseExpression):
            return "unknown"
        loop = next(
            (each for each in self._facts.index.ancestors(found[0]) if isinstance(each, (cst.For, cst.While))), None
        )
        if loop is None or function not in self._facts.index.ancestors(loop):
            return "unknown"
        inner = _Growths(self._facts, loop, ())
        growth = inner.of(found[0].value, _Frame(loop, given, frame.depth + 1))
        self.jitter = self.jitter or inner.jitter
        self.capped = self.capped or inner.capped
        return "constant" if growth == "itself" else growth


def _is_target(loop: cst.For | cst.While, name: str) -> bool:
    return type(loop) is cst.For and _position(loop.target, name) is not None


def _position(target: cst.CSTNode, name: str) -> int | None:
    """Return where in the items that are bound to `target` that is which `name` gets: -1 if it gets them whole."""
    if type(target) is cst.Name:
        return -1 if target.value == name else None
    if isinstance(target, (cst.Tuple, cst.List)):
        for position, element in enumerate(target.elements):
            if type(element.value) is cst.Name and element.value.value == name:
                return position
        if any(type(part) is cst.Name and part.value == name for part in walk(target)):
            return len(target.elements)
    return None


def _of_row(row: cst.Tuple | cst.List) -> Growth:
    """Return how a literal row of delays grows; a None at its end says that none follows."""
    elements = [element.value for element in row.elements]
    if elements and type(elements[-1]) is cst.Name and elements[-1].value == "None":
        elements.pop()
    values: list[float] = []
    for element in elements:
        if not isinstance(element, (cst.Integer, cst.Float)):
            return "unknown"
        values.append(element.evaluated_value)
    if len(set(values)) <= 1:
        return "constant"
    pairs = list(itertools.pairwise(values))
    if any(after < before for before, after in pairs):
        return "unknown"
    steps = {after - before for before, after in pairs}
    return "linear" if len(steps) == 1 and len(pairs) > 1 else "exponential"
