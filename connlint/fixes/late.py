"""Delays that no attempt follows, put under a test for the attempt that does.

The loop's own counter tells, as it does where a delay is missing: `if attempt < 4:`. Only a delay that is a statement
of its own, of the handler or of the loop's body below its `try`, is moved; what is reported or reckoned before it
stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import statements
from connlint.fixes.loops import DeclinedError, LoopRewriter

if TYPE_CHECKING:
    from connlint.facts import Facts
    from connlint.facts.model import Delay, Retried, RetryLoop
    from connlint.rules.base import Rewrite


def with_guards(facts: Facts, loop: RetryLoop) -> Rewrite | None:
    """Return the rewrite after which `loop` waits only where another attempt follows; None to decline."""
    try:
        return _Guarding(facts, loop).rewrite()
    except DeclinedError:
        return None


class _Guarding(LoopRewriter):
    """Writes the test of CNL207."""

    def rewrite(self) -> Rewrite:
        guarded: dict[cst.SimpleStatementLine, str] = {}
        name = self.counter_name() if isinstance(self.loop.node, cst.For) else ""
        for item in self.loop.retried:
            for delay in item.late:
                line = self._line_of(delay)
                guard = self.ends(item, name).more
                if guarded.setdefault(line, guard) != guard or not self._is_counted(item, line):
                    raise DeclinedError
                self._require_place(item, line)
        for line, guard in guarded.items():
            self.replace[line] = self._under(guard, line)
        # a handler that raises the last failure does not wait for it either
        handlers = frozenset(item.handler for item in self.loop.retried if item.late)
        return self.rewrite_of()._replace(reads=handlers)

    def _line_of(self, delay: Delay) -> cst.SimpleStatementLine:
        """Return the line of which the delay is the only statement."""
        node = delay.node
        parent = self.facts.index.parents.get(node)
        if isinstance(parent, cst.Await):
            parent = self.facts.index.parents.get(parent)
        line = self.facts.index.parents.get(parent) if isinstance(parent, cst.Expr) else None
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            raise DeclinedError
        return line

    def _require_place(self, item: Retried, line: cst.SimpleStatementLine) -> None:
        """Decline unless `line` is a statement of the handler of `item`, or of the loop's body below its `try`."""
        small = line.body[0]
        if isinstance(item.handler, cst.ExceptHandler) and small in statements(item.handler.body):
            return
        body = statements(self.loop.node.body)
        if small not in body or item.statement not in body or body.index(small) < body.index(item.statement):
            raise DeclinedError

    def _is_counted(self, item: Retried, line: cst.SimpleStatementLine) -> bool:
        """Say whether a `while` has counted the attempt where `line` stands."""
        if isinstance(self.loop.node, cst.For):
            return True
        body = statements(item.handler.body)
        small = line.body[0]
        if small not in body:
            return True  # what counts before the handler ends counts before what stands below it
        below = set(body[body.index(small) :])
        for change in self.counter.changes if self.counter is not None else ():
            if change in below or any(ancestor in below for ancestor in self.facts.index.ancestors(change)):
                return False
        return True

    def _under(self, guard: str, line: cst.SimpleStatementLine) -> cst.BaseStatement:
        indent = self.facts.module.default_indent
        new = self.statement(f"if {guard}:\n{indent}pass\n")
        if not isinstance(new, cst.If) or not isinstance(new.body, cst.IndentedBlock):
            raise DeclinedError
        return new.with_changes(
            leading_lines=line.leading_lines, body=new.body.with_changes(body=[line.with_changes(leading_lines=())])
        )
