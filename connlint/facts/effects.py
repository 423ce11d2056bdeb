"""What a piece of code does to the network, and what can come out of it.

The effects of a region (some statements or expressions) are the operations that it tries, with the failures that
escape from it; the exceptions that it raises itself; and whatever in it is opaque. Functions of the same file are
followed. A `try` inside the region keeps back what its handlers take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import libcst as cst

from connlint import knowledge
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, bound_name, children, has_star, is_code_of_its_own, walk_same_code
from connlint.facts.values import PASS_THROUGH
from connlint.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts.exceptions import Exceptions
    from connlint.facts.values import Values
    from connlint.knowledge.model import Failure, Operation


class Tried(Record):
    """An operation that a region tries.

    `call` is the call of the operation itself, `site` the call in the region through which it is reached (the same,
    unless it stands in a function of the file), `through` the functions passed on the way, outermost first, and
    `failures` those of the operation's failures that escape from the region.
    """

    operation: Operation
    call: cst.Call
    site: cst.Call
    failures: tuple[Failure, ...]
    through: tuple[str, ...] = ()


class Raised(Record):
    """A `raise` of the region: the class (`OPAQUE` if not known) and the statement, or the call that leads to it."""

    raises: str
    node: cst.CSTNode


class Effects(Record):
    """All that a region does: see the module."""

    tried: tuple[Tried, ...] = ()
    raised: tuple[Raised, ...] = ()
    opaque: tuple[cst.CSTNode, ...] = ()

    def __add__(self, other: Effects) -> Effects:
        return Effects(self.tried + other.tried, self.raised + other.raised, self.opaque + other.opaque)

    @property
    def is_known(self) -> bool:
        """True if nothing of what the region does is hidden."""
        return not self.opaque


_NONE = Effects()
_MAY_HIDE: frozenset[type[cst.CSTNode]] = frozenset(
    {cst.Attribute, cst.Await, cst.For, cst.CompFor, cst.Yield, cst.TryStar}
)
_DEEPEST = 8

# Methods whose names are those of text, containers and loggers: on a receiver that is not known they are taken to be
# these, because no code that we read gave a network operation such a name.
HARMLESS_METHODS = frozenset(
    """
    append appendleft add capitalize casefold clear copy count critical debug decode difference discard
    encode endswith exception extend error find format fromkeys hex index info insert intersection
    isdigit items join keys lower lstrip partition popitem replace rpartition rsplit rstrip setdefault
    sort split splitlines startswith strip title to_bytes total_seconds union upper values warn warning
    zfill isoformat strftime getvalue
    """.split()
)

HARMLESS_BUILTINS = frozenset(
    """
    abs all any ascii bin bool bytearray bytes callable chr complex delattr dict dir divmod enumerate
    filter float format frozenset getattr globals hasattr hash hex id int isinstance issubclass len list
    locals map max memoryview min object oct ord pow print property range repr reversed round set
    setattr slice sorted staticmethod str sum super tuple type vars zip
    """.split()
)

_VALUE_TYPES = frozenset({"str", "bytes", "bytearray", "int", "float", "bool", "list", "tuple", "dict", "set", "None"})
_PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "functools.cached_property", "functools.wraps", "abc.abstractmethod"}
)


class EffectsReader:
    """Reads the effects of regions, and of the functions of the file once each."""

    def __init__(self, values: Values, exceptions: Exceptions) -> None:
        self._values = values
        self._names = values.names
        self._index = values.index
        self._exceptions = exceptions
        self._functions: dict[str, Effects] = {}
        self._busy: list[str] = []
        self._cuts = 0  # how often recursion was cut: effects read meanwhile hold only there, and are not kept

    def of(self, body: Iterable[cst.CSTNode]) -> Effects:
        """Return the effects of running `body`, some statements or expressions."""
        found = _NONE
        stack = list(reversed(list(body)))
        while stack:
            node = stack.pop()
            if is_code_of_its_own(node):
                continue
            whole = self._WHOLE.get(type(node))
            if whole is not None:
                found += whole(self, node)
                continue
            if type(node) is cst.Call:
                found += self.of_call(node)
            elif type(node) is cst.Raise:
                found += Effects(raised=tuple(self._of_raise(node)))
            elif type(node) in _MAY_HIDE and self._hides(node):
                found += Effects(opaque=(node,))
            stack.extend(reversed(children(node)))
        return found

    def _hides(self, node: cst.CSTNode) -> bool:
        """Say whether `node` itself, whatever is below it, runs code that we do not see."""
        if type(node) is cst.Attribute:
            return self._is_busy_property(node)
        if type(node) is cst.Await:
            return type(node.expression) is not cst.Call
        if isinstance(node, (cst.For, cst.CompFor)):
            return not self._iterates_plainly(node)
        return isinstance(node, (cst.Yield, cst.TryStar))

    def _is_busy_property(self, node: cst.Attribute) -> bool:
        """Say whether `node` reads a property of the file that does more than to hand on what is there."""
        getter = self._values.getter(node)
        if getter is None:
            return False
        effects = self.of_function(getter)
        return bool(effects.tried or effects.raised or effects.opaque)

    def _iterates_plainly(self, node: cst.For | cst.CompFor) -> bool:
        if node.asynchronous is not None:
            return False
        if type(node.iter) is cst.Call:
            return self._names.qualified(node.iter.func) in HARMLESS_BUILTINS
        return self._values.types(node.iter) <= _VALUE_TYPES

    def _of_try(self, node: cst.CSTNode) -> Effects:
        node = cast("cst.Try", node)
        inner = self.of([node.body])
        for handler in node.handlers:
            if not reraises(handler):
                inner = self._without(inner, self._names.classes(handler.type))
        parts = inner + self.of(handler.body for handler in node.handlers)
        if node.orelse is not None:
            parts += self.of([node.orelse.body])
        if node.finalbody is not None:
            parts += self.of([node.finalbody.body])
        return parts

    def _without(self, effects: Effects, caught: Sequence[str]) -> Effects:
        """Return `effects` less what a handler of `caught` surely takes."""
        takes = self._exceptions.taken
        tried = tuple(
            replace(item, failures=tuple(each for each in item.failures if takes(caught, each.raises) is not True))
            for item in effects.tried
        )
        raised = tuple(item for item in effects.raised if takes(caught, item.raises) is not True)
        hidden = () if {"Exception", "BaseException"} & set(caught) else effects.opaque
        return Effects(tried, raised, hidden)

    def _of_raise(self, node: cst.Raise) -> list[Raised]:
        if node.exc is None:
            return []  # what comes out again was counted where it came from
        target = node.exc.func if type(node.exc) is cst.Call else node.exc
        binding = self._names.binding(target) if type(target) is cst.Name else None
        if binding is not None and binding.kind == "except":
            handler = binding.node
            if type(handler) is cst.ExceptHandler:
                return [Raised(name, node) for name in self._names.classes(handler.type)]
        return [Raised(self._names.qualified(target) or OPAQUE, node)]

    def _of_with(self, node: cst.CSTNode) -> Effects:
        node = cast("cst.With", node)
        found = _NONE
        caught: list[str] = []
        for item in node.items:
            found += self.of([item.item])
            suppressed = self.suppressed(item.item)
            if suppressed is not None:
                caught.extend(suppressed)
            elif not self._is_plain_context(item.item):
                found += Effects(opaque=(item,))
        inner = self.of([node.body])
        return found + (self._without(inner, caught) if caught else inner)

    _WHOLE: ClassVar = {cst.Try: _of_try, cst.With: _of_with}

    def suppressed(self, item: cst.BaseExpression) -> tuple[str, ...] | None:
        """Return the classes that `with item:` suppresses, or None if it is no `contextlib.suppress`."""
        if type(item) is cst.Call and self._names.qualified(item.func) == "contextlib.suppress":
            return tuple(name for arg in item.args for name in self._names.classes(arg.value))
        return None

    def _is_plain_context(self, item: cst.BaseExpression) -> bool:
        """Say whether entering and leaving `item` neither raises a connection failure nor swallows one."""
        if type(item) is cst.Call:
            target = self._values.target(item)
            if target in {"open", "contextlib.closing"} or (target is not None and knowledge.is_harmless(target)):
                return True
            if target is not None and knowledge.operation(target) is not None:
                return True  # what it raises is counted by its row: `async with session.get(...)`
        found = self._values.types(item)
        return all(name != OPAQUE and not name.startswith("<file>") for name in found)

    def of_call(self, call: cst.Call) -> Effects:
        """Return the effects of the call itself, not of its arguments."""
        found = _NONE
        targets = self._values.targets(call)
        if targets == {OPAQUE} and type(call.func) is cst.Attribute and call.func.attr.value in HARMLESS_METHODS:
            return _NONE
        for target in sorted(targets):
            found += self._of_target(call, target)
        return found

    def _of_target(self, call: cst.Call, target: str) -> Effects:
        if target == OPAQUE:
            return Effects(opaque=(call,))
        if target.startswith("<file>"):
            return self._of_own(call, target)
        operation = knowledge.operation(target)
        if operation is not None:
            return self._of_operation(call, operation)
        if knowledge.is_harmless(target) or target in HARMLESS_BUILTINS or target in PASS_THROUGH:
            return _NONE
        if knowledge.bases(target) is not None:
            return _NONE  # a class of the tables whose constructor is no operation only prepares
        if target.rpartition(".")[0] in _VALUE_TYPES:
            return _NONE
        return Effects(opaque=(call,))

    def _of_operation(self, call: cst.Call, operation: Operation) -> Effects:
        reached = reaches_peer(call, operation)
        if reached is None:
            return Effects(opaque=(call,))
        if not reached or (operation.awaited and not self.is_awaited(call)):
            return _NONE
        return Effects(tried=(_tried(call, operation),))

    def deferred(self, call: cst.Call) -> Tried | None:
        """Return what the coroutine that `call` makes will try wherever it is awaited, if that is an operation."""
        operation = knowledge.operation(self._values.target(call) or OPAQUE)
        if operation is None or not operation.awaited or reaches_peer(call, operation) is not True:
            return None
        return _tried(call, operation)

    def is_awaited(self, call: cst.Call) -> bool:
        """Say whether `call` is awaited where it stands, itself or through `wait_for` and its like."""
        parent = self._index.parents.get(call)
        if type(parent) is cst.Await:
            return True
        if type(parent) is cst.Arg:
            outer = self._index.parents.get(parent)
            if type(outer) is cst.Call and self._names.qualified(outer.func) in PASS_THROUGH:
                return self.is_awaited(outer)
        # `async with session.get(...)` awaits what it is given
        return type(parent) is cst.WithItem and self._is_async_with(parent)

    def _is_async_with(self, item: cst.WithItem) -> bool:
        parent = self._index.parents.get(item)
        return type(parent) is cst.With and parent.asynchronous is not None

    def _of_own(self, call: cst.Call, target: str) -> Effects:
        definitions = self._index.definitions.get(target, [])
        if len(definitions) != 1:
            return Effects(opaque=(call,))
        definition = definitions[0]
        if isinstance(definition, cst.ClassDef):
            constructor = self._values.method(target, "__init__")
            if constructor.startswith("<file>"):
                return self._of_own(call, constructor)
            lineage = self._values.lineage(target)
            if OPAQUE in lineage or definition.decorators or definition.keywords:
                return _NONE if lineage[-1] == "object" and not definition.keywords else Effects(opaque=(call,))
            for name in lineage[1:]:
                operation = knowledge.operation(name)
                if operation is not None:
                    return self._of_operation(call, operation)
            return _NONE
        if definition.asynchronous is not None and not self.is_awaited(call):
            return _NONE
        effects = self.of_function(target)
        return Effects(
            tuple(replace(item, site=call, through=(target, *item.through)) for item in effects.tried),
            tuple(replace(item, node=call) for item in effects.raised),
            (call,) if effects.opaque else (),
        )

    def of_function(self, target: str) -> Effects:
        """Return the effects of calling the file's function `target` (`<file>.Class.method`)."""
        if target in self._functions:
            return self._functions[target]
        cuts = self._cuts
        definition = self._index.definitions[target][0]
        if type(definition) is not cst.FunctionDef:
            return _NONE
        if target in self._busy:
            self._cuts += 1
            return _NONE
        if len(self._busy) >= _DEEPEST:
            self._cuts += 1
            return Effects(opaque=(definition,))
        if not self._is_followed(definition):
            return Effects(opaque=(definition,))
        self._busy.append(target)
        try:
            found = self.of([definition.body])
        finally:
            self._busy.pop()
        if not self._busy or cuts == self._cuts:
            self._functions[target] = found
        return found

    def _is_followed(self, definition: cst.FunctionDef) -> bool:
        plain = all(
            self._names.qualified(item.decorator) in _PLAIN_DECORATORS or self._values.is_transparent(item)
            for item in definition.decorators
        )
        return plain and not any(type(node) is cst.Yield for node in walk_same_code(definition.body))


def _tried(call: cst.Call, operation: Operation) -> Tried:
    failures = (
        each for each in operation.failures if _holds(call, operation, each.only_with, each.unless) is not False
    )
    return Tried(operation, call, call, tuple(failures))


def reaches_peer(call: cst.Call, operation: Operation) -> bool | None:
    """Say whether `call` of `operation` reaches a peer, from its arguments; None if they are hidden."""
    return _holds(call, operation, operation.only_with, operation.unless)


def _holds(call: cst.Call, operation: Operation, only_with: str | None, unless: str | None) -> bool | None:
    """Say whether the argument `only_with` is given in `call` and `unless` is not; None if arguments are hidden."""
    for name, wanted in ((only_with, True), (unless, False)):
        if name is None:
            continue
        position = operation.parameters.index(name) if name in operation.parameters else None
        value = argument(call, position, name)
        if value is None and has_star(call):
            return None
        given = value is not None and not (type(value) is cst.Name and value.value in {"None", "False"})
        if given is not wanted:
            return False
    return True


def reraises(handler: cst.ExceptHandler) -> bool:
    """Say whether some path of `handler` raises again what it took."""
    bound = bound_name(handler)
    for node in walk_same_code(handler.body):
        if type(node) is cst.Raise:
            if node.exc is None:
                return True
            if type(node.exc) is cst.Name and node.exc.value == bound:
                return True
    return False
