"""Does a handler begin by asking what it took? That much of CNL101 its own statements tell, without a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.gate.tries import walk

if TYPE_CHECKING:
    from collections.abc import Collection

_READ = frozenset({"__class__", "args", "errno"})
_MAKES_TEXT = frozenset({"repr", "str"})


def asks(handler: ast.ExceptHandler, *, by_exc_info: bool) -> bool:
    """Say whether `handler` begins by asking what it took.

    Before the first `if` or `match` the rule lets nothing stand but names for the exception or its errno, and what that
    asks must be about one of these. `by_exc_info` says that the file may get hold of the exception without such a name.
    """
    names = {handler.name} if handler.name else set()
    if not names and not by_exc_info:
        return False
    for line in handler.body:
        if isinstance(line, ast.If):
            return _is_test(line.test, names, by_exc_info=by_exc_info)
        if isinstance(line, ast.Match):
            return _is_read(line.subject, names, by_exc_info=by_exc_info)
        if isinstance(line, ast.Assign) and len(line.targets) == 1:
            (target,) = line.targets
        elif isinstance(line, ast.AnnAssign):
            target = line.target
        else:
            return False
        names |= {node.id for node in walk(target) if isinstance(node, ast.Name)}
    return False


def _is_test(node: ast.expr, names: Collection[str], *, by_exc_info: bool) -> bool:
    """Say whether the condition `node` may ask for the class or the errno of what `names` stand for."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.UnaryOp):
            stack.append(node.operand)
        elif isinstance(node, ast.BoolOp):
            stack += node.values
        elif isinstance(node, ast.Compare):
            stack += (node.left, *node.comparators) if len(node.comparators) == 1 else ()
        elif _is_read(node, names, by_exc_info=by_exc_info):
            return True
    return False


def _is_read(node: ast.expr, names: Collection[str], *, by_exc_info: bool) -> bool:
    """Say whether `node` may be the exception that `names` stand for, its class or its errno, or ask for these."""
    if isinstance(node, ast.Attribute) and node.attr not in _READ:
        return False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKES_TEXT:
        return False
    return any(
        (isinstance(each, ast.Name) and each.id in names) or (by_exc_info and isinstance(each, ast.Call))
        for each in walk(node)
    )
