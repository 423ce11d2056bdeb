"""What the rewrites of a retry loop have in common: its counter, its handlers, and when no attempt follows.

A loop whose shape is not surely understood is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.flow import Step, bindings, counts, target_names
from connlint.facts.tree import dotted, walk, walk_same_code
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Counter, Retried, RetryLoop

COUNTERS = ("attempt", "attempt_number", "retry_attempt")
DELAYS = ("delay", "retry_delay", "backoff_delay")


class DeclinedError(Exception):
    """The loop is not surely understood."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Code that is true in a handler when another attempt follows, and when none does."""

    more: str
    last: str


class LoopRewriter:
    """What every rewrite of a retry loop needs."""

    def __init__(self, facts: Facts, loop: RetryLoop) -> None:
        self.facts = facts
        self.loop = loop
        self.counter = loop.counter
        self.replace: dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] = {}
        self.imports: list[str] = []

    def handler_of(self, item: Retried) -> cst.ExceptHandler:
        handler, statement = item.handler, item.statement
        if not isinstance(handler, cst.ExceptHandler) or not isinstance(statement, cst.Try):
            raise DeclinedError
        body = handler.body
        if isinstance(body, cst.SimpleStatementSuite) and (
            len(body.body) != 1 or not isinstance(body.body[0], (cst.Pass, cst.Continue))
        ):
            raise DeclinedError
        return handler

    def statement(self, text: str) -> cst.BaseStatement:
        return cst.parse_statement(text, config=self.facts.module.config_for_parsing)

    def text(self, node: cst.BaseExpression) -> str:
        return self.facts.module.code_for_node(node)

    def free_name(self, candidates: Iterable[str]) -> str:
        """Return the first of `candidates` that means nothing anywhere in the file."""
        for name in candidates:
            if not any(isinstance(node, cst.Name) and node.value == name for node in walk(self.facts.module)):
                return name
        raise DeclinedError

    def counter_name(self) -> str:
        """Return the name of the loop's counter; a `_` that nobody reads gets a name that can be read."""
        counter = self.counter
        if counter is None:
            raise DeclinedError
        node = self.loop.node
        if isinstance(node, cst.For):
            bound = [
                part
                for part in walk(node.body)
                if isinstance(part, cst.Name) and part.value == counter.name and not self._is_keyword(part)
            ]
            if counter.name.strip("_") == "":
                if bound:
                    raise DeclinedError
                name = self.free_name(COUNTERS)
                self.replace[node.target] = cst.Name(name)
                return name
            if any(self._binds(part, counter.name) for part in walk_same_code(node.body)):
                raise DeclinedError
        return counter.name

    def _is_keyword(self, node: cst.Name) -> bool:
        parent = self.facts.index.parents.get(node)
        return (isinstance(parent, cst.Arg) and parent.keyword is node) or (
            isinstance(parent, cst.Attribute) and parent.attr is node
        )

    @staticmethod
    def _binds(node: cst.CSTNode, name: str) -> bool:
        if isinstance(node, cst.Assign):
            return any(name in target_names(item.target) for item in node.targets)
        if isinstance(node, (cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For)):
            return name in target_names(node.target)
        if isinstance(node, cst.WithItem):
            return node.asname is not None and name in target_names(node.asname.name)
        return False

    def ends(self, item: Retried, name: str) -> Ends:
        """Return how the handler of `item` can tell whether another attempt follows. Declines if that is not plain."""
        counter = self.counter
        if counter is None or counter.limit is None:
            raise DeclinedError
        for part in walk_same_code(counter.limit):
            if isinstance(part, (cst.Call, cst.Await, cst.NamedExpr, cst.Subscript)):
                raise DeclinedError
            path = dotted(part)
            if path is not None and any(self._binds(node, path) for node in walk_same_code(self.loop.node.body)):
                raise DeclinedError
        if isinstance(self.loop.node, cst.For):
            last = self._one_less(counter.limit)
            return Ends(f"{name} < {last}", f"{name} == {last}")
        return self._ends_of_while(item, counter)

    def _one_less(self, limit: cst.BaseExpression) -> str:
        if isinstance(limit, cst.Integer):
            return str(limit.evaluated_value - 1)
        if (
            isinstance(limit, cst.BinaryOperation)
            and isinstance(limit.operator, cst.Add)
            and isinstance(limit.right, cst.Integer)
            and limit.right.evaluated_value == 1
            and not limit.lpar
        ):
            return self.text(limit.left)
        if isinstance(limit, (cst.Name, cst.Attribute)):
            return f"{self.text(limit)} - 1"
        raise DeclinedError

    def _ends_of_while(self, item: Retried, counter: Counter) -> Ends:
        test = counter.test
        if test is None or test.lpar or not self.counted_before_end(item):
            raise DeclinedError
        opposite = {
            cst.LessThan: ">=",
            cst.LessThanEqual: ">",
            cst.GreaterThan: "<=",
            cst.GreaterThanEqual: "<",
            cst.NotEqual: "==",
        }.get(type(test.comparisons[0].operator))
        if opposite is None:
            raise DeclinedError
        last = f"{self.text(test.left)} {opposite} {self.text(test.comparisons[0].comparator)}"
        return Ends(self.text(test), last)

    def counted_before_end(self, item: Retried) -> bool:
        """Say whether nothing counts the attempt any more once the handler of `item` has ended."""
        changes = self.counter.changes if self.counter is not None else ()
        return bool(changes) and all(self._comes_before_end(item, change) for change in changes)

    def _comes_before_end(self, item: Retried, change: cst.CSTNode) -> bool:
        above: dict[cst.CSTNode, cst.CSTNode] = {}
        current: cst.CSTNode = item.statement
        for ancestor in self.facts.index.ancestors(item.statement):
            above[ancestor] = current
            current = ancestor
        current = change
        for ancestor in self.facts.index.ancestors(change):
            if ancestor is item.statement:
                return isinstance(ancestor, cst.With) or current is not ancestor.finalbody
            if ancestor in above:
                body: Sequence[cst.CSTNode] = ancestor.body if isinstance(ancestor, cst.IndentedBlock) else ()
                return current in body and body.index(current) < body.index(above[ancestor])
            current = ancestor
        return False

    def reads_counter(self, test: cst.BaseExpression) -> bool:
        """Say whether `test` reads a name that counts in the loop."""
        counted = {self.counter.name} if self.counter is not None else set()
        for node in walk_same_code(self.loop.node.body):
            if isinstance(node, (cst.Assign, cst.AugAssign)):
                counted |= {bound.name for bound in bindings(Step("run", node)) if counts(bound)}
        return any(dotted(node) in counted for node in walk_same_code(test))

    def rewrite_of(self) -> Rewrite:
        return Rewrite(self.replace, tuple(dict.fromkeys(self.imports)))

    @staticmethod
    def with_body(handler: cst.ExceptHandler, body: Sequence[cst.BaseStatement]) -> cst.ExceptHandler:
        """Return `handler` with `body` as its statements; one that was written on one line becomes a block."""
        suite = handler.body
        if isinstance(suite, cst.IndentedBlock):
            return handler.with_changes(body=suite.with_changes(body=body))
        header = suite.trailing_whitespace if isinstance(suite, cst.SimpleStatementSuite) else cst.TrailingWhitespace()
        return handler.with_changes(body=cst.IndentedBlock(body=body, header=header))

    @staticmethod
    def body_of(handler: cst.ExceptHandler) -> list[cst.BaseStatement]:
        """Return the statements of `handler`, those of a one-line clause as lines of their own."""
        if isinstance(handler.body, cst.SimpleStatementSuite):
            return [
                cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
                for small in handler.body.body
            ]
        return [each for each in handler.body.body if isinstance(each, cst.BaseStatement)]

    def replaced_pass(self, old: cst.BaseStatement, new: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """Return `new` with the comments that stood at the `pass` whose place it takes."""
        if not isinstance(old, cst.SimpleStatementLine):
            return new
        first = new[0]
        if isinstance(first, cst.SimpleStatementLine):
            first = first.with_changes(leading_lines=old.leading_lines, trailing_whitespace=old.trailing_whitespace)
        elif isinstance(first, cst.If) and isinstance(first.body, cst.IndentedBlock):
            first = first.with_changes(
                leading_lines=old.leading_lines, body=first.body.with_changes(header=old.trailing_whitespace)
            )
        return [first, *new[1:]]


def lines_above(statement: cst.CSTNode) -> tuple[cst.EmptyLine, ...]:
    """Return the blank lines and comments that belong to `statement`."""
    if isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        return tuple(statement.leading_lines)
    return ()


def is_line_of(node: cst.CSTNode, *kinds: type[cst.BaseSmallStatement]) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 and isinstance(node.body[0], kinds)
