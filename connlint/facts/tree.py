"""Reading a libcst tree without libcst's own driver.

libcst's visitors rebuild every node even when they only read. Here a node's children come from its fields, those
that hold only white space and punctuation left out, and an explicit stack does what recursion would do: a
thousand-term expression costs no more than a short one.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PUNCTUATION = (
    "whitespace",
    "leading_",
    "lines_after",
    "trailing_",
    "header",
    "footer",
    "lpar",
    "rpar",
    "lbracket",
    "rbracket",
    "lbrace",
    "rbrace",
    "semicolon",
    "comma",
    "equal",
    "dot",
    "colon",
    "indent",
    "newline",
    "asynchronous",
)

_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {}

COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the child nodes of `node` in the order of its fields, white space and punctuation left out."""
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        names = tuple(item.name for item in fields(kind) if not item.name.startswith(_PUNCTUATION))
        _FIELDS[kind] = names
    found: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found.extend(item for item in value if isinstance(item, cst.CSTNode))
    return found


def walk(*roots: cst.CSTNode, enter: Callable[[cst.CSTNode], bool] | None = None) -> Iterator[cst.CSTNode]:
    """Yield `roots` and all below them, parents first, in source order.

    `enter` is asked of every node but the roots whether to go below it; the node itself is yielded in any case.
    """
    stack = list(reversed(roots))
    first = set(roots)
    while stack:
        node = stack.pop()
        yield node
        if enter is None or node in first or enter(node):
            stack.extend(reversed(children(node)))


def is_code_of_its_own(node: cst.CSTNode) -> bool:
    """Say whether the code below `node` runs at another time than the code around it."""
    return isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef))


def walk_same_code(*roots: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what runs when `roots` run: as `walk`, without the bodies of functions, lambdas and classes."""
    return walk(*roots, enter=lambda node: not is_code_of_its_own(node))


def statements(body: cst.BaseSuite | cst.Module) -> list[cst.CSTNode]:
    """Return the statements of a block, the small ones of `a; b` each on its own."""
    found: list[cst.CSTNode] = []
    for line in body.body:
        if isinstance(line, cst.SimpleStatementLine):
            found.extend(line.body)
        else:
            found.append(line)
    return found


def dotted(node: cst.CSTNode | None) -> str | None:
    """Return `a.b.c` for a chain of attributes on a name, else None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


def argument(call: cst.Call, position: int | None, keyword: str) -> cst.BaseExpression | None:
    """Return the value given in `call` at `position` (from 0) or by `keyword`; None if not given or behind a star."""
    for index, arg in enumerate(call.args):
        if arg.star == "*" and position is not None and index <= position:
            position = None
        if arg.keyword is not None and arg.keyword.value == keyword:
            return arg.value
        if not arg.star and arg.keyword is None and index == position:
            return arg.value
    return None


def has_star(call: cst.Call) -> bool:
    """Say whether arguments of `call` are hidden in `*args` or `**kwargs`."""
    return any(arg.star for arg in call.args)


def bound_name(node: cst.ExceptHandler) -> str | None:
    """Return the name that the clause binds the exception to, if it does."""
    return node.name.name.value if node.name is not None and isinstance(node.name.name, cst.Name) else None
