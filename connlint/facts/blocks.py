"""The statements of a block, the comments around them, and where control goes when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import all_children, dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connlint.facts import Facts

Line = cst.SimpleStatementLine | cst.BaseCompoundStatement

_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)
_CLOSES = frozenset({"close", "shutdown", "debug", "info", "print"})


def lines_of(suite: cst.BaseSuite) -> list[Line]:
    """Return the statements of a block as lines of their own; a block on one line is taken apart."""
    if type(suite) is cst.IndentedBlock:
        return [line for line in suite.body if isinstance(line, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]
    lines: list[Line] = [
        cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
        for small in suite.body
        if isinstance(small, cst.BaseSmallStatement)
    ]
    if lines and type(suite) is cst.SimpleStatementSuite:
        lines[-1] = lines[-1].with_changes(trailing_whitespace=suite.trailing_whitespace)
    return lines


def leaves(lines: Sequence[Line]) -> bool:
    """Say whether control surely does not come to the end of `lines`."""
    if not lines:
        return False
    last = lines[-1]
    if type(last) is cst.SimpleStatementLine:
        return isinstance(last.body[-1], _LEAVES) or _ends_program(last.body[-1])
    if type(last) is cst.With:
        return leaves(lines_of(last.body)) and not _raises_at_end(lines_of(last.body))
    if type(last) is cst.If and last.orelse is not None:
        return leaves(lines_of(last.body)) and leaves(else_lines(last))
    return False


def _ends_program(statement: cst.BaseSmallStatement) -> bool:
    """Say whether `statement` is `sys.exit(...)`."""
    if type(statement) is not cst.Expr or type(statement.value) is not cst.Call:
        return False
    return dotted(statement.value.func) in {"sys.exit", "os._exit"}


def _raises_at_end(lines: Sequence[Line]) -> bool:
    """Say whether `lines` may end by an exception, which a `with` around them may keep back."""
    last = lines[-1]
    return type(last) is not cst.SimpleStatementLine or not isinstance(
        last.body[-1], (cst.Return, cst.Continue, cst.Break)
    )


def what_follows(facts: Facts, statement: cst.BaseCompoundStatement) -> list[cst.CSTNode] | None:
    """Return what runs after `statement` in its function, as far as it is written below it.

    Statements that only close something or tell of something count for nothing. None if that is the next pass of a
    loop.
    """
    node: cst.CSTNode = statement
    for parent in facts.index.ancestors(statement):
        if isinstance(parent, (cst.IndentedBlock, cst.Module)):
            found = [each for each in parent.body[parent.body.index(node) + 1 :] if not _only_closes(each)]
            if found:
                return [*found]
        elif isinstance(parent, (cst.For, cst.While)):
            return None
        elif isinstance(parent, (cst.FunctionDef, cst.ClassDef)):
            break
        node = parent
    return []


def _only_closes(line: cst.CSTNode) -> bool:
    if type(line) is not cst.SimpleStatementLine:
        return False
    return all(
        isinstance(each, (cst.Del, cst.Pass))
        or (
            type(each) is cst.Expr
            and type(each.value) is cst.Call
            and (dotted(each.value.func) or "").rpartition(".")[2] in _CLOSES
        )
        for each in line.body
    )


def else_lines(node: cst.If) -> list[Line]:
    if node.orelse is None:
        return []
    return [node.orelse] if type(node.orelse) is cst.If else lines_of(node.orelse.body)


def else_comments(node: cst.If) -> list[cst.EmptyLine]:
    """Return the comments above and beside the `else` of `node`; an `elif` keeps its own."""
    if type(node.orelse) is not cst.Else:
        return []
    return [*comments(*node.orelse.leading_lines), *header(node.orelse.body)]


def else_footer(node: cst.If) -> list[cst.EmptyLine]:
    return footer(node.orelse.body) if type(node.orelse) is cst.Else else []


def header(suite: cst.BaseSuite) -> list[cst.EmptyLine]:
    return comments(suite.header) if type(suite) is cst.IndentedBlock else []


def footer(suite: cst.BaseSuite) -> list[cst.EmptyLine]:
    return comments(*suite.footer) if type(suite) is cst.IndentedBlock else []


def comments(*nodes: cst.CSTNode) -> list[cst.EmptyLine]:
    """Return every comment in `nodes`, each as a line of its own."""
    found = []
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if type(node) is cst.Comment:
            found.append(cst.EmptyLine(comment=node))
        stack += reversed(all_children(node))
    return found
