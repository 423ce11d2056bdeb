"""Which errnos does an expression mean?

A name that stands for errnos is read to its end: all that is ever bound to it and all that calls put into it. Where any
of that is not known, nothing is known of the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.knowledge import errnos as table
from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts import Facts

_DEEPEST = 8

# What changes a collection, and whether what it is given is one errno (True) or several; None where neither is so.
_MUTATORS: dict[str, bool | None] = {
    **dict.fromkeys(("add", "append"), True),
    **dict.fromkeys(("extend", "update"), False),
    **dict.fromkeys(("clear", "difference_update", "discard", "insert", "pop", "remove", "setdefault"), None),
}


class Errnos(Record, frozen=False):
    """Reads expressions of one file."""

    facts: Facts
    numbers: list[int] = field(default_factory=list)
    """What was written as a number."""

    def of(self, node: cst.BaseExpression, *, single: bool, depth: int = 0) -> list[str] | None:
        """Return the names of the errnos that `node` is (`single`) or is a collection of; None if one is not known."""
        if depth > _DEEPEST:
            return None
        if single:
            return self._one(node, depth)
        if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
            return self._listed(node.elements, depth)
        if type(node) is cst.Dict:
            keys = [item.key if type(item) is cst.DictElement else None for item in node.elements]
            return _joined_lists(None if key is None else self._one(key, depth + 1) for key in keys)
        if type(node) is cst.BinaryOperation and isinstance(node.operator, (cst.Add, cst.BitOr)):
            return _joined_lists(self.of(side, single=False, depth=depth + 1) for side in (node.left, node.right))
        if type(node) is cst.IfExp:
            return _of_same_classes([self.of(side, single=False, depth=depth + 1) for side in (node.body, node.orelse)])
        if type(node) is cst.Call:
            return self._by_call(node, depth)
        if isinstance(node, (cst.Name, cst.Attribute)):
            return self._by_name(node, depth)
        return None

    def _listed(self, elements: Sequence[cst.BaseElement], depth: int) -> list[str] | None:
        found: list[str] = []
        ambiguous: set[str] = set()
        for element in elements:
            value = element.value
            if type(value) is cst.Integer and value.evaluated_value in table.NAME_OF_ON_BSD:
                self.numbers.append(value.evaluated_value)
                ambiguous.add(table.NAME_OF_ON_BSD[value.evaluated_value])
                continue
            part = self.of(value, single=type(element) is not cst.StarredElement, depth=depth + 1)
            if part is None:
                return None
            found += part
        return found if ambiguous <= {*found} else None

    def _by_call(self, node: cst.Call, depth: int) -> list[str] | None:
        """Read `frozenset((errno.EPIPE,))` and `BROKEN.union(REFUSED)`."""
        arguments = [arg.value for arg in node.args]
        if any(arg.star or arg.keyword is not None for arg in node.args):
            return None
        if self.facts.names.qualified(node.func) in {"frozenset", "list", "set", "tuple"}:
            if not arguments:
                return []
            return self.of(arguments[0], single=False, depth=depth + 1) if len(arguments) == 1 else None
        if type(node.func) is cst.Attribute and node.func.attr.value == "union":
            arguments.insert(0, node.func.value)
            return _joined_lists(self.of(each, single=False, depth=depth + 1) for each in arguments)
        if type(node.func) is cst.Attribute and node.func.attr.value == "keys" and not arguments:
            return self.of(node.func.value, single=False, depth=depth + 1)
        return None

    def _by_name(self, node: cst.Name | cst.Attribute, depth: int) -> list[str] | None:
        """Return the errnos of a constant: all that is ever bound to it, and all that is added to it."""
        bound: list[list[str] | None] = []
        added: list[str] | None = []
        for binding in self.facts.names.bindings(node):
            if binding.kind == "annotate" or (binding.kind == "assign" and binding.index is None and not binding.value):
                continue
            if binding.kind == "assign" and binding.value is not None and binding.index is None:
                bound.append(self.of(binding.value, single=False, depth=depth + 1))
            elif type(binding.node) is cst.AugAssign:
                if not isinstance(binding.node.operator, (cst.AddAssign, cst.BitOrAssign)):
                    return None
                more = self.of(binding.node.value, single=False, depth=depth + 1)
                added = None if added is None or more is None else added + more
            else:
                return None
        whole = _of_same_classes(bound)
        more = self._put_in(node, depth)
        if whole is None or added is None or more is None:
            return None
        return _of_same_classes([whole, [*whole, *added, *more]])

    def _put_in(self, name: cst.Name | cst.Attribute, depth: int) -> list[str] | None:
        """Return the errnos that calls put into the collection `name`; None if something is done that is not known."""
        last = name.attr.value if type(name) is cst.Attribute else name.value
        found: list[list[str] | None] = []
        for call in self.facts.index.all(cst.Call):
            func = call.func
            if type(func) is not cst.Attribute or func.attr.value not in _MUTATORS:
                continue
            owner = func.value.attr if type(func.value) is cst.Attribute else func.value
            if type(owner) is not cst.Name or owner.value != last:
                continue
            single = _MUTATORS[func.attr.value]
            if single is None or len(call.args) != 1:
                return None
            found.append(self.of(call.args[0].value, single=single, depth=depth + 1))
        return _joined_lists(found)

    def _one(self, node: cst.BaseExpression, depth: int) -> list[str] | None:
        if type(node) is cst.Integer:
            number = node.evaluated_value
            if number not in table.NAME_OF:
                return None
            self.numbers.append(number)
            return [table.NAME_OF[number]]
        if type(node) is cst.Call:
            return self._by_getattr(node, depth)
        name = self.facts.names.qualified(node)
        if name is not None:
            return _named(name)
        followed = self.facts.names.follow(node)
        return None if followed is node else self._one(followed, depth + 1)

    def _by_getattr(self, node: cst.Call, depth: int) -> list[str] | None:
        """Read `getattr(errno, "WSAECONNREFUSED", errno.ECONNREFUSED)`."""
        if self.facts.names.qualified(node.func) != "getattr" or len(node.args) not in {2, 3}:
            return None
        name = string(node.args[1].value)
        if name is None or self.facts.names.qualified(node.args[0].value) != "errno":
            return None
        default = self.of(node.args[2].value, single=True, depth=depth + 1) if len(node.args) == 3 else []
        return _joined_lists([_named(f"errno.{name}"), default])


def string(node: cst.BaseExpression) -> str | None:
    if type(node) is cst.SimpleString and isinstance(node.evaluated_value, str):
        return node.evaluated_value
    return None


def _named(qualified: str) -> list[str] | None:
    """Return the errno that `errno.NAME` is."""
    module, _, name = qualified.rpartition(".")
    if module != "errno" and not module.endswith(".errno"):
        return None
    return [table.ALIASES.get(name, name)]


def _of_same_classes(parts: Sequence[list[str] | None]) -> list[str] | None:
    """Return all errnos of `parts`, of which one is the set at a time, if they come to the same classes."""
    joined = _joined_lists(parts)
    if not joined:
        return None
    classes = {frozenset(table.CLASS_OF.get(name, name) for name in part or ()) for part in parts}
    return joined if len(classes) == 1 else None


def _joined_lists(parts: Iterable[list[str] | None]) -> list[str] | None:
    found: list[str] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found
