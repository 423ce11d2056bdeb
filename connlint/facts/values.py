"""Enough of types to know a socket, and no more.

An expression's value is the set of classes that it may be an instance of. `OPAQUE` in the set means that it may be
anything: opaque is never evidence. `None` beside other classes is dropped, since a call on it is no network call.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.names import NOTHING, OPAQUE
from connlint.facts.tree import argument, dotted, walk, walk_same_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.facts.names import Names
    from connlint.facts.scopes import Binding

_UNKNOWN = frozenset({OPAQUE})
_DEEPEST = 60
# A name that is bound a hundred times, each time from itself (`query = query.filter(...)`), has more paths through its
# bindings than can be walked. One question of real code takes a few hundred steps at most.
_MOST_STEPS = 2_000

_LITERALS: dict[type[cst.CSTNode], str] = {
    cst.SimpleString: "str",
    cst.FormattedString: "str",
    cst.Integer: "int",
    cst.Float: "float",
    cst.Tuple: "tuple",
    cst.List: "list",
    cst.ListComp: "list",
    cst.Dict: "dict",
    cst.DictComp: "dict",
    cst.Set: "set",
    cst.SetComp: "set",
    cst.Comparison: "bool",
}

# What hands on the result of the coroutine that it is given.
PASS_THROUGH = frozenset({"asyncio.wait_for", "asyncio.shield", "asyncio.ensure_future", "asyncio.create_task"})

# What enters the context manager that it is given, and hands on what `as` would bind.
_ENTER = frozenset({"contextlib.ExitStack.enter_context", "contextlib.AsyncExitStack.enter_context"})
_ENTER_ASYNC = "contextlib.AsyncExitStack.enter_async_context"

# What an annotation may be wrapped in without saying another class.
_ANNOTATIONS = frozenset({"Annotated", "ClassVar", "Final", "Optional", "Union"})

# What leaves the result of the function that it decorates as it is.
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})
_TRANSPARENT = _CACHES | {"classmethod", "staticmethod"}

_CONTEXT_MANAGERS = frozenset({"contextlib.asynccontextmanager", "contextlib.contextmanager"})

_PROPERTIES = frozenset({"property", "functools.cached_property"})


class Values:
    """Answers which classes a value may have, and what a call calls."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.index = names.index
        # Nodes are known by their identity, which lasts as long as they are kept: to hash one takes longer.
        self._memo: dict[tuple[int, int | None], frozenset[str]] = {}
        self._targets: dict[int, frozenset[str]] = {}
        self._kept: list[cst.CSTNode] = []
        self._lineages: dict[str, list[str]] = {}
        self._busy: set[tuple[int, int | None]] = set()
        self._cuts = 0  # how often a cycle was cut: an answer found meanwhile holds only there, and is not kept
        self._steps = 0

    def types(self, node: cst.CSTNode, index: int | None = None) -> frozenset[str]:
        """Return the classes that the value of `node` (or its item `index`, when unpacked) may be an instance of."""
        key = (id(node), index)
        if key in self._memo:
            return self._memo[key]
        if key in self._busy:
            self._cuts += 1
            return frozenset()
        self._steps = self._steps + 1 if self._busy else 0
        if len(self._busy) > _DEEPEST or self._steps > _MOST_STEPS:
            self._cuts += 1
            self._memo |= dict.fromkeys(self._busy, _UNKNOWN)  # given up, and not tried again
            return _UNKNOWN
        cuts = self._cuts
        self._kept.append(node)
        self._busy.add(key)
        try:
            found = self._types(node, index)
        finally:
            self._busy.discard(key)
        if key in self._memo:
            return self._memo[key]
        if not self._busy:
            found = found or _UNKNOWN
        if not self._busy or cuts == self._cuts:
            self._memo[key] = found
        return found

    def derives(self, name: str, *classes: str) -> bool:
        """Say whether the class `name`, of the file or of a library, is known to derive from one of `classes`."""
        return any(base in classes for base in self.lineage(name))

    def lineage(self, name: str) -> list[str]:
        """Return the class `name` and its bases, nearest first; `OPAQUE` stands for a base that is not known."""
        if name not in self._lineages:
            self._lineages[name] = self._lineage(name)
        return self._lineages[name]

    def _lineage(self, name: str) -> list[str]:
        found: list[str] = []
        queue = [name]
        for current in queue:
            if current in found:
                continue
            found.append(current)
            if current.startswith("<file>"):
                definitions = self.index.definitions.get(current, [])
                if len(definitions) != 1 or type(definitions[0]) is not cst.ClassDef:
                    queue.append(OPAQUE)
                    continue
                queue.extend(self.names.qualified(base.value) or OPAQUE for base in definitions[0].bases)
            elif current != OPAQUE:
                bases = knowledge.bases(current)
                queue.extend((OPAQUE,) if bases is None else bases)
        return found

    def _types(self, node: cst.CSTNode, index: int | None) -> frozenset[str]:
        if type(node) is cst.Call:
            return self._result(node, index, awaited=False)
        if type(node) is cst.Await:
            inner = node.expression
            return self._result(inner, index, awaited=True) if type(inner) is cst.Call else _UNKNOWN
        if index is not None:
            if isinstance(node, (cst.Tuple, cst.List)) and index < len(node.elements):
                return self.types(node.elements[index].value)
            return _UNKNOWN
        if isinstance(node, (cst.Name, cst.Attribute)):
            return self._named(node)
        if type(node) is cst.Subscript:
            return self._item_of_library(node)
        if type(node) in _LITERALS:
            return frozenset({_LITERALS[type(node)]})
        if type(node) is cst.ConcatenatedString:
            return self.types(node.left)
        if type(node) is cst.IfExp:
            return self._join([self.types(node.body), self.types(node.orelse)])
        if type(node) is cst.BooleanOperation:
            return self._join([self.types(node.left), self.types(node.right)])
        if type(node) is cst.NamedExpr:
            return self.types(node.value)
        if type(node) is cst.BinaryOperation:
            left = self.types(node.left)
            return left if left <= {"str", "bytes", "int", "float", "list", "tuple"} else _UNKNOWN
        return _UNKNOWN

    @staticmethod
    def _join(parts: list[frozenset[str]]) -> frozenset[str]:
        found = frozenset().union(*parts)
        return found - {NOTHING} or found

    def _named(self, node: cst.Name | cst.Attribute) -> frozenset[str]:
        if type(node) is cst.Name and node.value in {"None", "True", "False"}:
            return frozenset({NOTHING if node.value == "None" else "bool"})
        for name in self.names.class_names(node) if type(node) is cst.Name else ():
            if self.names.candidates(node) != {name}:
                return frozenset({name})  # `self`
        if type(node) is cst.Attribute:
            owners = [name for name in self.types(node.value) if name.startswith("<file>")]
            found = [
                binding
                for owner in owners
                for name in self.lineage(owner)
                for definition in self.index.definitions.get(name, [])
                for binding in (
                    *self.index.attributes.get(definition, {}).get(node.attr.value, []),
                    *self.index.scopes[definition].names.get(node.attr.value, []),
                )
            ]
            getter = self.getter(node)
            if getter is not None:
                return self._got_from(getter)
            return self._join([self.bound(binding) for binding in found]) if found else self._of_library(node)
        bindings = self.names.bindings(node)
        if not bindings:
            return _UNKNOWN
        return self._join([self.bound(binding) for binding in bindings if binding.kind != "delete"]) or _UNKNOWN

    def _of_library(self, node: cst.Attribute) -> frozenset[str]:
        """Return the class of an attribute that a library gives its objects (`client.containers`)."""
        found: set[str] = set()
        for owner in self.types(node.value) - {NOTHING}:
            names = (f"{name}.{node.attr.value}" for name in self.lineage(owner) if not name.startswith("<file>"))
            found.add(next((known for known in map(knowledge.attribute, names) if known is not None), OPAQUE))
        return frozenset(found) or _UNKNOWN

    def _item_of_library(self, node: cst.Subscript) -> frozenset[str]:
        """Return the class of an item of a library's object (`client["name"]`)."""
        found = {knowledge.returns(f"{owner}.__getitem__") for owner in self.types(node.value) - {NOTHING}}
        return frozenset(name if isinstance(name, str) else OPAQUE for name in found) or _UNKNOWN

    def getter(self, node: cst.Attribute) -> str | None:
        """Return the qualified name of the property of the file that `node` reads, if that is certain."""
        if node.attr.value not in self._properties:
            return None
        found = {self.method(owner, node.attr.value) for owner in self.types(node.value)}
        name = found.pop() if len(found) == 1 else OPAQUE
        definitions = self.index.definitions.get(name, [])
        return name if len(definitions) == 1 and self._is_property(definitions[0]) else None

    @cached_property
    def _properties(self) -> frozenset[str]:
        """The names of the properties in the file."""
        return frozenset(node.name.value for node in self.index.all(cst.FunctionDef) if self._is_property(node))

    def _is_property(self, node: cst.CSTNode) -> bool:
        decorators = node.decorators if type(node) is cst.FunctionDef else ()
        return len(decorators) == 1 and self.names.qualified(decorators[0].decorator) in _PROPERTIES

    def _got_from(self, getter: str) -> frozenset[str]:
        definition = self.index.definitions[getter][0]
        return self._returned_from(definition, None) if type(definition) is cst.FunctionDef else _UNKNOWN

    def bound(self, binding: Binding) -> frozenset[str]:
        """Return the classes of what `binding` binds."""
        if binding.kind == "parameter":
            return self._annotated(binding.annotation) or _UNKNOWN
        if binding.kind == "annotate":
            return self._annotated(binding.annotation)
        if binding.kind == "assign" and binding.value is not None:
            found = self.types(binding.value, binding.index)
            if (not found - {NOTHING} or OPAQUE in found) and binding.annotation is not None:
                return self._annotated(binding.annotation) or found
            return found
        if binding.kind == "with" and binding.value is not None and binding.index is None:
            statement = self.index.parents.get(binding.node)
            awaited = type(statement) is cst.With and statement.asynchronous is not None
            return self._entered(binding.value, awaited=awaited)
        if binding.kind == "augment":
            return frozenset()
        return _UNKNOWN

    def _entered(self, node: cst.BaseExpression, *, awaited: bool) -> frozenset[str]:
        """Return what `with node as x` binds: the object itself, for every class in the tables."""
        if type(node) is cst.Call and self.names.qualified(node.func) in {
            "contextlib.closing",
            "contextlib.aclosing",
        }:
            return self.types(node.args[0].value) if node.args else _UNKNOWN
        found = self.types(node)
        if type(node) is cst.Call and OPAQUE in found:
            found = self._yielded_by_own(node)
        if type(node) is cst.Call and awaited and OPAQUE in found:
            found = self._result(node, None, awaited=True)  # `async with session.get(...)` awaits what it is given
        if all(name != OPAQUE and not name.startswith("<file>") for name in found):
            return found
        return _UNKNOWN

    def _yielded_by_own(self, call: cst.Call) -> frozenset[str]:
        """Return what the file's own context manager that `call` calls, a generator, hands to its `with`."""
        definitions = self.index.definitions.get(self.target(call) or OPAQUE, [])
        definition = definitions[0] if len(definitions) == 1 else None
        if type(definition) is not cst.FunctionDef or len(definition.decorators) != 1:
            return _UNKNOWN
        if self.names.qualified(definition.decorators[0].decorator) not in _CONTEXT_MANAGERS:
            return _UNKNOWN
        yields = [node for node in walk_same_code(definition.body) if type(node) is cst.Yield]
        if len(yields) != 1 or not isinstance(yields[0].value, cst.BaseExpression):
            return _UNKNOWN
        return self.types(yields[0].value)

    def _annotated(self, annotation: cst.BaseExpression | None) -> frozenset[str]:
        """Return the classes that an annotation declares, `None` left out; nothing where it is not understood."""
        if annotation is None:
            return frozenset()
        found = self._declared(annotation, self.names.candidates)
        return frozenset() if OPAQUE in found else found - {NOTHING} or found

    def _declared(
        self, node: cst.BaseExpression, meaning: Callable[[cst.BaseExpression], frozenset[str]], depth: int = 0
    ) -> frozenset[str]:
        """Return the classes that `node`, (a part of) an annotation, declares; `meaning` says what its names mean."""
        if depth > _DEEPEST:
            return _UNKNOWN
        if type(node) is cst.SimpleString:
            try:
                inner = cst.parse_expression(str(node.evaluated_value))
            except (cst.ParserSyntaxError, ValueError):
                return _UNKNOWN
            return self._declared(inner, self._at_the_top, depth + 1)
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.BitOr:
            return self._declared(node.left, meaning, depth + 1) | self._declared(node.right, meaning, depth + 1)
        if type(node) is cst.Subscript:
            names = {name.removeprefix("typing_extensions.").removeprefix("typing.") for name in meaning(node.value)}
            items = [item.slice.value for item in node.slice if type(item.slice) is cst.Index]
            if not items or len(names) != 1 or not names <= _ANNOTATIONS:
                return _UNKNOWN
            of = items if names == {"Union"} else items[:1]
            parts = frozenset[str]().union(*(self._declared(item, meaning, depth + 1) for item in of))
            return parts | {NOTHING} if names == {"Optional"} else parts
        found = meaning(node)
        return found if found and all(self._is_class(name) for name in found) else _UNKNOWN

    def _at_the_top(self, node: cst.BaseExpression) -> frozenset[str]:
        """Return what a dotted name, read from a string, means at the top of the file."""
        path = dotted(node)
        if path is None:
            return _UNKNOWN
        first, _, rest = path.partition(".")
        found = self.names.lookup(first, self.index.top)
        return frozenset(knowledge.canonical(f"{name}.{rest}") if rest else name for name in found)

    def _is_class(self, name: str) -> bool:
        return name == NOTHING or knowledge.bases(name) is not None or name in self.index.definitions

    # Calls

    def targets(self, call: cst.Call) -> frozenset[str]:
        """Return the qualified names of all that `call` may call; `OPAQUE` among them stands for anything.

        A method of a library's class is named by the class that the tables give it to (`socket.socket.connect`), a
        method of the file by the class that defines it (`<file>.Client.connect`).
        """
        known = self._targets.get(id(call))
        if known is not None:
            return known
        cuts = self._cuts
        found = self._find_targets(call)
        if not self._busy or cuts == self._cuts:
            self._kept.append(call)
            self._targets[id(call)] = found
        return found

    def target(self, call: cst.Call) -> str | None:
        """Return the one thing that `call` certainly calls, else None."""
        found = self.targets(call)
        if len(found) == 1:
            (name,) = found
            return None if name == OPAQUE else name
        return None

    def _find_targets(self, call: cst.Call) -> frozenset[str]:
        func = call.func
        names = self.names.candidates(func)
        if OPAQUE not in names:
            return names
        if type(func) is cst.Attribute:
            if type(func.value) is cst.Call and self.names.qualified(func.value.func) == "super":
                return self._super(func)
            types = self.types(func.value)
            return frozenset(self.method(name, func.attr.value) for name in types) or _UNKNOWN
        return names

    def _super(self, func: cst.Attribute) -> frozenset[str]:
        owner = self.index.enclosing(func, cst.ClassDef)
        if owner is None:
            return _UNKNOWN
        for base in self.lineage(self.index.scopes[owner].qualified)[1:]:
            if base == OPAQUE:
                return _UNKNOWN
            found = self._own_method(base, func.attr.value)
            if found is not None:
                return frozenset({found})
            if func.attr.value == "__init__" and knowledge.operation(base) is not None:
                replaced = self._own_method(self.index.scopes[owner].qualified, "connect") is not None
                return _UNKNOWN if replaced else frozenset({base})  # a client whose constructor connects
        return _UNKNOWN

    def method(self, owner: str, attribute: str) -> str:
        """Return the qualified name of the method `attribute` of the class `owner`, or `OPAQUE`."""
        if owner == OPAQUE:
            return OPAQUE
        for name in self.lineage(owner):
            if name == OPAQUE:
                return OPAQUE
            found = self._own_method(name, attribute)
            if found is not None:
                return found
        return OPAQUE if owner.startswith("<file>") else f"{owner}.{attribute}"

    def _own_method(self, owner: str, attribute: str) -> str | None:
        full = f"{owner}.{attribute}"
        if owner.startswith("<file>"):
            if full in self.index.definitions:
                return full
            for definition in self.index.definitions.get(owner, []):
                if (
                    attribute in self.index.attributes.get(definition, {})
                    or attribute in self.index.scopes[definition].names
                ):
                    return OPAQUE
            return None
        if full in self.names.patched:
            return OPAQUE
        if knowledge.operation(full) or knowledge.returns(full) or knowledge.is_harmless(full):
            return full
        return None

    def _result(self, node: cst.Call, index: int | None, *, awaited: bool) -> frozenset[str]:
        found: set[str] = set()
        for called in self.targets(node):
            target = called
            if target in PASS_THROUGH and awaited and node.args:
                inner = node.args[0].value
                return self._result(inner, index, awaited=True) if type(inner) is cst.Call else _UNKNOWN
            if node.args and (target in _ENTER or (target == _ENTER_ASYNC and awaited)):
                return self._entered(node.args[0].value, awaited=awaited) if index is None else _UNKNOWN
            if target == "typing.cast" and len(node.args) == 2:
                return self._annotated(node.args[0].value) or _UNKNOWN if index is None else _UNKNOWN
            if target == "socket.socket" and self._is_datagram(node):
                target = knowledge.DATAGRAM
            found |= self._returned(target, index, awaited=awaited)
        return self._join([frozenset(found)])

    def _is_datagram(self, call: cst.Call) -> bool:
        """Say whether `call` of `socket.socket` makes a socket that has no connections."""
        kind = argument(call, 1, "type")
        return kind is not None and any(
            self.names.qualified(node) == "socket.SOCK_DGRAM"
            for node in walk(kind)
            if isinstance(node, (cst.Name, cst.Attribute))
        )

    def _returned(self, target: str, index: int | None, *, awaited: bool) -> frozenset[str]:
        if target == OPAQUE:
            return _UNKNOWN
        if target.startswith("<file>"):
            return self._returned_by_own(target, index, awaited=awaited)
        operation = knowledge.operation(target)
        if operation is not None and operation.awaited != awaited:
            return _UNKNOWN
        result = knowledge.returns(target)
        if isinstance(result, tuple):
            return frozenset({result[index]}) if index is not None and index < len(result) else _UNKNOWN
        return frozenset({result}) if result is not None and index is None else _UNKNOWN

    def _returned_by_own(self, target: str, index: int | None, *, awaited: bool) -> frozenset[str]:
        definitions = self.index.definitions.get(target, [])
        if len(definitions) != 1:
            return _UNKNOWN
        definition = definitions[0]
        if isinstance(definition, cst.ClassDef):
            return frozenset({target}) if index is None else _UNKNOWN
        if (definition.asynchronous is not None) != awaited or not all(map(self.is_transparent, definition.decorators)):
            return _UNKNOWN
        return self._returned_from(definition, index)

    def is_transparent(self, item: cst.Decorator) -> bool:
        """Say whether `item` leaves what the function returns as it is."""
        decorator = item.decorator.func if type(item.decorator) is cst.Call else item.decorator
        return self.names.qualified(decorator) in _TRANSPARENT

    def _returned_from(self, definition: cst.FunctionDef, index: int | None) -> frozenset[str]:
        """Return what the body of `definition`, or else its annotation, says that it returns."""
        returned: list[frozenset[str]] = []
        for node in walk_same_code(definition.body):
            if type(node) is cst.Yield:
                return _UNKNOWN
            if type(node) is cst.Return:
                returned.append(frozenset({NOTHING}) if node.value is None else self.types(node.value, index))
        if not returned and definition.returns is not None and index is None:
            return self._annotated(definition.returns.annotation) or _UNKNOWN
        joined = self._join(returned)
        if OPAQUE in joined and definition.returns is not None and index is None:
            return self._annotated(definition.returns.annotation) or joined
        return joined
