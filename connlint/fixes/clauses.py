"""Other classes after `except`, or in `contextlib.suppress`, with the rest as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from connlint.fixes.imports import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from connlint.facts import Facts
    from connlint.rules.base import Rewrite


def is_written(facts: Facts, node: cst.ExceptHandler | cst.Call, names: Collection[str]) -> bool:
    """Say whether the clause (or the call of `suppress`) itself names all of the classes `names`.

    Some constant that it reads may do so for it; then it is not to be rewritten.
    """
    return set(names) <= {name for part in _members(node) for name in (facts.names.qualified(part),) if name}


Swap = tuple["Collection[str]", "Sequence[str]"]
"""Classes, and those that are to stand where the first of them stood."""


def replaced(
    facts: Facts,
    node: cst.ExceptHandler,
    old: Collection[str],
    new: Sequence[str],
    *,
    by: Collection[str] = (),
    also: Swap = ((), ()),
) -> Callable[[], Rewrite] | None:
    """Return a rewrite that puts the classes `new` where the clause names those of `old`, and so for those of `also`.

    What else the clause takes stays. `by` are packages that bring those of `new` with them. None if one of `new` has
    no name at this place.
    """
    from connlint.rules.base import Rewrite

    found = _swaps(facts, node, ((old, new), also), by)
    if found is None:
        return None
    swaps, modules = found

    def rewrite() -> Rewrite:
        changed = node.with_changes(type=_type(facts, node, swaps))
        if not node.whitespace_after_except.value:
            changed = changed.with_changes(whitespace_after_except=cst.SimpleWhitespace(" "))
        return Rewrite({node: changed}, imports=tuple(modules))

    return rewrite


def replaced_in_suppress(
    facts: Facts,
    statement: cst.With,
    old: Collection[str],
    new: Sequence[str],
    *,
    by: Collection[str] = (),
    also: Swap = ((), ()),
) -> Callable[[], Rewrite] | None:
    """Return a rewrite that puts the classes `new` where the last item of `statement` suppresses those of `old`."""
    from connlint.rules.base import Rewrite

    found = _swaps(facts, statement, ((old, new), also), by)
    item = statement.items[-1]
    if found is None or not isinstance(item.item, cst.Call):
        return None
    swaps, modules = found
    call = item.item
    args = _in_place(facts, call.args, swaps, cst.Arg)

    def rewrite() -> Rewrite:
        changed = item.with_changes(item=call.with_changes(args=args))
        return Rewrite(
            {statement: statement.with_changes(items=[*statement.items[:-1], changed])}, imports=tuple(modules)
        )

    return rewrite


def added(facts: Facts, node: cst.ExceptHandler, new: Sequence[str]) -> Callable[[], Rewrite] | None:
    """Return a rewrite that puts the classes `new` behind those that the clause names.

    None if one of `new` has no name at this place, or if what the clause names may be a tuple itself.
    """
    from connlint.rules.base import Rewrite

    found = _named(facts, node, new)
    known = node.type
    if found is None or known is None or (not isinstance(known, cst.Tuple) and facts.names.qualified(known) is None):
        return None
    expressions, modules = found

    def rewrite() -> Rewrite:
        more = [cst.Element(cst.parse_expression(each)) for each in expressions]
        if isinstance(known, cst.Tuple):
            *others, last = known.elements
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            if others and isinstance(others[-1].comma, cst.Comma):
                comma = others[-1].comma
            more = [each.with_changes(comma=comma) for each in more]
            more[-1] = more[-1].with_changes(comma=last.comma)
            changed: cst.BaseExpression = known.with_changes(elements=[*others, last.with_changes(comma=comma), *more])
        else:
            changed = cst.Tuple([cst.Element(known), *more], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return Rewrite({node: node.with_changes(type=changed)}, imports=tuple(modules))

    return rewrite


def _swaps(
    facts: Facts, node: cst.CSTNode, swaps: Iterable[Swap], by: Collection[str]
) -> tuple[list[Swap], list[str]] | None:
    """Return `swaps` with the new classes as they are written at `node`, and the modules to import for that."""
    found: list[Swap] = []
    modules: list[str] = []
    for old, new in swaps:
        named = _named(facts, node, new, by)
        if named is None:
            return None
        found.append((old, named[0]))
        modules += named[1]
    return found, modules


def _named(
    facts: Facts, node: cst.CSTNode, names: Sequence[str], by: Collection[str] = ()
) -> tuple[list[str], list[str]] | None:
    """Return how the classes `names` are written at `node`, and the modules to import for that."""
    modules: list[str] = []
    expressions: list[str] = []
    for name in names:
        found = reference(facts, node, name, by)
        if found is None:
            return None
        expressions.append(found[0])
        modules += found[1]
    return expressions, modules


def _members(node: cst.ExceptHandler | cst.Call) -> list[cst.BaseExpression]:
    if isinstance(node, cst.Call):
        return [arg.value for arg in node.args if not arg.star]
    if isinstance(node.type, cst.Tuple):
        return [element.value for element in node.type.elements if not isinstance(element, cst.StarredElement)]
    return [node.type] if node.type is not None else []


def _type(facts: Facts, node: cst.ExceptHandler, swaps: Sequence[Swap]) -> cst.BaseExpression:
    if not isinstance(node.type, cst.Tuple):
        return in_tuple([cst.parse_expression(name) for _, new in swaps for name in new])
    elements = _in_place(facts, node.type.elements, swaps, cst.Element)
    return elements[0].value if len(elements) == 1 else node.type.with_changes(elements=elements)


_Part = TypeVar("_Part", cst.BaseElement, cst.Arg)


def _in_place(
    facts: Facts,
    parts: Sequence[_Part],
    swaps: Sequence[Swap],
    make: Callable[..., _Part],
) -> list[_Part]:
    """Return `parts` with the new classes where the first of the old ones stood; what stays is not named twice."""
    kept = {facts.names.qualified(part.value) for part in parts}
    fresh = [[name for name in swap[1] if name not in kept or name in swap[0]] for swap in swaps]
    found: list[_Part] = []
    for part in parts:
        name_of_part = facts.names.qualified(part.value)
        number = next((each for each, swap in enumerate(swaps) if name_of_part in swap[0]), None)
        if number is None:
            found.append(part)
            continue
        for position, name in enumerate(fresh[number]):
            last = position == len(fresh[number]) - 1
            comma = part.comma if last else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            found.append(make(cst.parse_expression(name), comma=comma))
        fresh[number] = []
    if len(found) > 1 and found[-1].comma != parts[-1].comma:
        found[-1] = found[-1].with_changes(comma=parts[-1].comma)
    return found


def in_tuple(expressions: Sequence[cst.BaseExpression]) -> cst.BaseExpression:
    """Return the one expression, or all in a tuple in parentheses."""
    if len(expressions) == 1:
        return expressions[0]
    return cst.Tuple([cst.Element(each) for each in expressions], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
