"""An argument more in a call, laid out as the others are."""

from __future__ import annotations

import libcst as cst

from connlint.facts.tree import argument


def with_argument(call: cst.Call, keyword: str, value: str, position: int | None = None) -> cst.Call:
    """Return `call` with `keyword=value`: in the place of what it gives for it by now (at `position`), else at the end.

    On a call that spans lines the new argument gets a line of its own where the others have one.
    """
    expression = cst.parse_expression(value)
    given = argument(call, position, keyword)
    if given is not None:
        args = [arg.with_changes(value=expression) if arg.value is given else arg for arg in call.args]
        return call.with_changes(args=args)
    new = cst.Arg(expression, cst.Name(keyword), equal=cst.AssignEqual(_NOTHING, _NOTHING))
    if not call.args:
        return call.with_changes(args=[new])
    *others, last = call.args
    if isinstance(last.comma, cst.Comma):
        # `f(\n    a,\n)`: the white space behind the last comma leads to the bracket
        end = last.comma.whitespace_after
        new = new.with_changes(comma=last.comma.with_changes(whitespace_after=_without_comment(end)))
        before = _between(call, end)
        last = last.with_changes(comma=last.comma.with_changes(whitespace_after=before))
    else:
        end = last.whitespace_after_arg
        new = new.with_changes(whitespace_after_arg=_without_comment(end))
        last = last.with_changes(comma=cst.Comma(whitespace_after=_between(call, end)), whitespace_after_arg=_NOTHING)
    return call.with_changes(args=[*others, last, new])


_NOTHING = cst.SimpleWhitespace("")


def _between(call: cst.Call, end: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """Return the white space that leads to a new last argument; the comment in `end` belongs to the one before it."""
    pattern: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        pattern = call.whitespace_before_args
    elif len(call.args) > 1 and isinstance(call.args[-2].comma, cst.Comma):
        pattern = call.args[-2].comma.whitespace_after
    if isinstance(pattern, cst.ParenthesizedWhitespace):
        if isinstance(end, cst.ParenthesizedWhitespace):
            return end.with_changes(indent=pattern.indent, last_line=pattern.last_line)
        return _without_comment(pattern)
    if isinstance(end, cst.ParenthesizedWhitespace) and (end.first_line.comment or end.empty_lines):
        return end  # the comment stays with the argument that it follows
    return pattern


def _without_comment(white_space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    if isinstance(white_space, cst.ParenthesizedWhitespace):
        return white_space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return white_space
