"""Reading a libcst tree without libcst's own driver.

libcst's visitors rebuild every node even when they only read. Here a node's children come from its fields, those
that hold only white space and punctuation left out, and an explicit stack does what recursion would do: a
thousand-term expression costs no more than a short one.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
    "first_colon",
    "second_colon",
    "separator",
    "end",
    "indent",
    "newline",
    "asynchronous",
)

COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)

# Classes are compared and not asked: `isinstance` goes through Python code for every abstract class, as libcst's are.
_CODE_OF_ITS_OWN: frozenset[type[cst.CSTNode]] = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})


class Readers(dict[type[cst.CSTNode], "Callable[[Any], tuple[Any, ...]]"]):
    """By the class of a node, what reads its fields that may hold nodes; made when one is first met."""

    def __init__(self, *, backwards: bool = False) -> None:
        self._step = -1 if backwards else 1

    def __missing__(self, kind: type[cst.CSTNode]) -> Callable[[Any], tuple[Any, ...]]:
        names = [item.name for item in fields(kind) if item.type is not str and not item.name.startswith(_PUNCTUATION)]
        read = self[kind] = _reader_of(names[:: self._step])
        return read


def _reader_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the attributes `names`, always as a tuple."""
    if not names:
        return lambda _: ()
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda node: (read(node),)


class _Nodes(dict[type, bool]):
    """By its class, whether a value is a node."""

    def __missing__(self, kind: type) -> bool:
        found = self[kind] = issubclass(kind, cst.CSTNode)
        return found


_READERS = Readers()
BACKWARDS = Readers(backwards=True)
"""The fields in the order in which a stack takes them."""
NODES = _Nodes()


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the child nodes of `node` in the order of its fields, white space and punctuation left out."""
    found: list[cst.CSTNode] = []
    for value in _READERS[node.__class__](node):
        if value is not None:
            kind = value.__class__
            if kind is list or kind is tuple:
                found += value
            elif NODES[kind]:
                found.append(value)
    return found


def all_children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the child nodes of `node`, white space with its comments among them, as far as it has any.

    libcst's own `children` makes the node anew to find them.
    """
    values = [getattr(node, item.name, None) for item in fields(node)]
    lists = (value if isinstance(value, (list, tuple)) else (value,) for value in values)
    return [item for value in lists for item in value if isinstance(item, cst.CSTNode)]


def walk(*roots: cst.CSTNode, enter: Callable[[cst.CSTNode], bool] | None = None) -> Iterator[cst.CSTNode]:
    """Yield `roots` and all below them, parents first, in source order.

    `enter` is asked of every node but the roots whether to go below it; the node itself is yielded in any case.
    """
    if enter is None:
        return _walk(roots, frozenset())
    return _walk_where(roots, enter)


def _walk_where(roots: tuple[cst.CSTNode, ...], enter: Callable[[cst.CSTNode], bool]) -> Iterator[cst.CSTNode]:
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        if enter(node) or node in roots:
            stack += reversed(children(node))


def _walk(roots: tuple[cst.CSTNode, ...], closed: frozenset[type[cst.CSTNode]]) -> Iterator[cst.CSTNode]:
    """Yield `roots` and all below them, but for what is below other nodes of the classes `closed`."""
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        kind: type[Any] = node.__class__
        if kind in closed and node not in roots:
            continue
        # as `children` does it, without a list for every node
        for value in BACKWARDS[kind](node):
            kind = value.__class__
            if kind is list or kind is tuple:
                stack += value[::-1]
            elif NODES[kind]:
                stack.append(value)


def is_code_of_its_own(node: cst.CSTNode) -> bool:
    """Say whether the code below `node` runs at another time than the code around it."""
    return node.__class__ in _CODE_OF_ITS_OWN


def walk_same_code(*roots: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what runs when `roots` run: as `walk`, without the bodies of functions, lambdas and classes."""
    return _walk(roots, _CODE_OF_ITS_OWN)


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
