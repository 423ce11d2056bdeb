"""Read the facts of a piece of code, and find the marked places in it."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from connlint import facts
from connlint.facts.tree import walk

if TYPE_CHECKING:
    from connlint.facts import Facts

Node = TypeVar("Node", bound=cst.CSTNode)


def read(code: str) -> Facts:
    """Return the facts of `code`, dedented."""
    return facts.read(cst.parse_module(dedent(code)))


def text(node: cst.CSTNode) -> str:
    """Return the code of `node`."""
    return cst.Module([]).code_for_node(node).strip()


def expression(found: Facts, code: str) -> cst.BaseExpression:
    """Return the last expression of the file whose code is `code`."""
    matches = [node for node in walk(found.module) if isinstance(node, cst.BaseExpression) and text(node) == code]
    return matches[-1]


def the_call(found: Facts, code: str) -> cst.Call:
    """Return the last call in the file whose code begins with `code`."""
    return [call for call in found.index.all(cst.Call) if text(call).startswith(code)][-1]
