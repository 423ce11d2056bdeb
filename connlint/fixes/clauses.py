"""Other classes after `except`, with the rest of the clause as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.fixes.imports import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from connlint.facts import Facts
    from connlint.rules.base import Rewrite


def is_written(facts: Facts, node: cst.ExceptHandler, names: Collection[str]) -> bool:
    """Say whether the clause itself names all of the classes `names`, and not some constant that it reads."""
    return set(names) <= {name for part in _members(node) for name in (facts.names.qualified(part),) if name}


def replaced(
    facts: Facts, node: cst.ExceptHandler, old: Collection[str], new: Sequence[str]
) -> Callable[[], Rewrite] | None:
    """Return a rewrite that puts the classes `new` where the clause names those of `old`.

    What else the clause takes stays. None if one of `new` has no name at this place.
    """
    from connlint.rules.base import Rewrite

    modules: list[str] = []
    expressions: list[str] = []
    for name in new:
        found = reference(facts, node, name)
        if found is None:
            return None
        expressions.append(found[0])
        modules += found[1]

    def rewrite() -> Rewrite:
        changed = node.with_changes(type=_type(facts, node, old, expressions))
        if not node.whitespace_after_except.value:
            changed = changed.with_changes(whitespace_after_except=cst.SimpleWhitespace(" "))
        return Rewrite({node: changed}, imports=tuple(modules))

    return rewrite


def _members(node: cst.ExceptHandler) -> list[cst.BaseExpression]:
    if isinstance(node.type, cst.Tuple):
        return [element.value for element in node.type.elements if not isinstance(element, cst.StarredElement)]
    return [node.type] if node.type is not None else []


def _type(facts: Facts, node: cst.ExceptHandler, old: Collection[str], new: Sequence[str]) -> cst.BaseExpression:
    if not isinstance(node.type, cst.Tuple):
        return in_tuple([cst.parse_expression(name) for name in new])
    kept = {facts.names.qualified(part): part for part in _members(node)}
    fresh = [name for name in new if name not in {*kept} - {*old}]
    elements: list[cst.BaseElement] = []
    for element in node.type.elements:
        if facts.names.qualified(element.value) not in old:
            elements.append(element)
            continue
        for position, name in enumerate(fresh):
            comma = (
                element.comma if position == len(fresh) - 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            )
            elements.append(cst.Element(cst.parse_expression(name), comma=comma))
        fresh = []
    if len(elements) == 1:
        return elements[0].value
    if elements[-1].comma != node.type.elements[-1].comma:
        elements[-1] = elements[-1].with_changes(comma=node.type.elements[-1].comma)
    return node.type.with_changes(elements=elements)


def in_tuple(expressions: Sequence[cst.BaseExpression]) -> cst.BaseExpression:
    """Return the one expression, or all in a tuple in parentheses."""
    if len(expressions) == 1:
        return expressions[0]
    return cst.Tuple([cst.Element(each) for each in expressions], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
