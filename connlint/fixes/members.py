"""Members taken out of the tuple after `except`, or out of the call of `suppress`, with its layout and its comments.

A comment on a member's line, or on the lines right above it, is about that member: it must not be left behind for
another one, and must not be lost, so there is no rewrite then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connlint.facts import Facts

Gap = cst.BaseParenthesizableWhitespace

_Part = TypeVar("_Part", cst.BaseElement, cst.Arg)


class CommentedError(Exception):
    """A comment is about a member that goes."""


@dataclass(slots=True)
class _Row:
    """The parts of a tuple or call, and the white space before, between and after them."""

    parts: list[cst.BaseElement | cst.Arg]
    gaps: list[Gap]

    def remove(self, position: int) -> None:
        """Take out one part. Raises `CommentedError` if there is a comment about it."""
        before, after = self.gaps[position], self.gaps[position + 1]
        if _comments_above(before) or _comment_behind(after):
            raise CommentedError
        if position == len(self.parts) - 1:
            merged = _merged(before, after) if _has_comment(before) else after
        elif position == 0:
            merged = _merged(before, after) if _has_comment(after) else before
        else:
            merged = _merged(before, after)
        self.parts.pop(position)
        self.gaps[position : position + 2] = [merged]


def _merged(before: Gap, after: Gap) -> Gap:
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return after
    if not isinstance(after, cst.ParenthesizedWhitespace):
        return before
    return after.with_changes(first_line=before.first_line)


def _comment_behind(gap: Gap) -> bool:
    return isinstance(gap, cst.ParenthesizedWhitespace) and gap.first_line.comment is not None


def _comments_above(gap: Gap) -> bool:
    return isinstance(gap, cst.ParenthesizedWhitespace) and any(line.comment for line in gap.empty_lines)


def _has_comment(gap: Gap) -> bool:
    return _comment_behind(gap) or _comments_above(gap)


def without_in_suppress(facts: Facts, call: cst.Call, gone: Collection[cst.CSTNode]) -> cst.Call | None:
    """Return `call` without the classes that the nodes `gone` name; None if that cannot be written."""
    last = call.args[-1]
    closing: Gap = last.whitespace_after_arg
    trailing = isinstance(last.comma, cst.Comma)
    if isinstance(last.comma, cst.Comma) and isinstance(last.comma.whitespace_after, cst.ParenthesizedWhitespace):
        closing = last.comma.whitespace_after
    try:
        row = _row(facts, call.args, call.whitespace_before_args, closing, gone)
    except CommentedError:
        return None
    args = [arg for arg in _spaced(row, trailing) if isinstance(arg, cst.Arg)]
    if trailing:
        args[-1] = args[-1].with_changes(comma=cst.Comma(whitespace_after=row.gaps[-1]))
    else:
        args[-1] = args[-1].with_changes(whitespace_after_arg=row.gaps[-1])
    return call.with_changes(args=args, whitespace_before_args=row.gaps[0])


def without(facts: Facts, node: cst.BaseExpression, gone: Collection[cst.CSTNode]) -> cst.BaseExpression | None:
    """Return the expression after `except` without the classes that `gone` name; None if that cannot be written."""
    try:
        return _without(facts, node, gone)
    except CommentedError:
        return None


def _without(
    facts: Facts, node: cst.BaseExpression, gone: Collection[cst.CSTNode], *, operand: bool = False
) -> cst.BaseExpression | None:
    """Return what is left of `node`, None if nothing is. An `operand` of a sum of tuples stays a tuple."""
    if node in gone:
        if "#" in facts.module.code_for_node(node):
            raise CommentedError
        return None
    if isinstance(node, cst.BinaryOperation):
        left = _without(facts, node.left, gone, operand=True)
        right = _without(facts, node.right, gone, operand=True)
        if left is node.left and right is node.right:
            return node
        if left is not None and right is not None:
            return node.with_changes(left=left, right=right)
        if "#" in facts.module.code_for_node(node):
            raise CommentedError
        return left or right
    if not isinstance(node, cst.Tuple):
        return node
    opening: Gap = node.lpar[-1].whitespace_after if node.lpar else cst.SimpleWhitespace("")
    closing: Gap = node.rpar[0].whitespace_before if node.rpar else cst.SimpleWhitespace("")
    row = _row(facts, node.elements, opening, closing, gone)
    if row.parts == list(node.elements):
        return node
    if not row.parts:
        return None
    if len(row.parts) == 1 and not any(map(_has_comment, row.gaps)):
        bare = _bare(facts, row.parts[0], operand=operand)
        if bare is not None:
            return bare
    trailing = isinstance(node.elements[-1].comma, cst.Comma)
    elements = _spaced(row, trailing)
    elements[-1] = elements[-1].with_changes(comma=cst.Comma() if trailing else cst.MaybeSentinel.DEFAULT)
    changed = node.with_changes(elements=elements)
    if node.lpar:
        changed = changed.with_changes(
            lpar=[*node.lpar[:-1], node.lpar[-1].with_changes(whitespace_after=row.gaps[0])],
            rpar=[node.rpar[0].with_changes(whitespace_before=row.gaps[-1]), *node.rpar[1:]],
        )
    return changed


def _bare(facts: Facts, part: cst.BaseElement | cst.Arg, *, operand: bool) -> cst.BaseExpression | None:
    """Return what may stand for the tuple of `part` alone."""
    if isinstance(part, cst.StarredElement):
        return part.value if isinstance(facts.names.follow(part.value), cst.Tuple) else None
    return None if operand else part.value


def _row(
    facts: Facts,
    parts: Sequence[cst.BaseElement] | Sequence[cst.Arg],
    opening: Gap,
    closing: Gap,
    gone: Collection[cst.CSTNode],
) -> _Row:
    """Return what is left of `parts`, with the white space. Raises `CommentedError`."""
    gaps: list[Gap] = [opening]
    for part in parts[:-1]:
        comma = part.comma
        if not isinstance(comma, cst.Comma) or isinstance(comma.whitespace_before, cst.ParenthesizedWhitespace):
            raise CommentedError  # a comma at the head of a line: rare, and not worth its cases
        gaps.append(comma.whitespace_after)
    row = _Row(list(parts), [*gaps, closing])
    for part in parts:
        left = _without(facts, part.value, gone)
        position = next(place for place, each in enumerate(row.parts) if each is part)
        if left is None:
            row.remove(position)
        elif left is not part.value:
            row.parts[position] = part.with_changes(value=left)
    return row


def _spaced(row: _Row, trailing: bool) -> list[cst.BaseElement | cst.Arg]:
    """Return the parts with commas and white space between them; the last one gets its own elsewhere."""
    spaced: list[cst.BaseElement | cst.Arg] = [
        part.with_changes(comma=cst.Comma(whitespace_after=gap))
        for part, gap in zip(row.parts[:-1], row.gaps[1:-1], strict=True)
    ]
    last = row.parts[-1]
    return [*spaced, last.with_changes(comma=cst.Comma() if trailing else cst.MaybeSentinel.DEFAULT)]
