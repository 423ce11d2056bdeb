"""The raise that a retry loop lacks where its attempts are used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import WAITS, Waits, called
from connlint.facts.flow import target_names
from connlint.facts.tree import statements, walk_same_code
from connlint.fixes.loops import DeclinedError, Ends, LoopRewriter, is_line_of, lines_above
from connlint.knowledge import waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Retried, RetryLoop
    from connlint.rules.base import Rewrite


def with_raises(facts: Facts, loop: RetryLoop, swallowing: Sequence[Retried]) -> Rewrite | None:
    """Return the rewrite that makes the handlers `swallowing` of `loop` raise the last failure; None to decline."""
    try:
        return _Raising(facts, loop).rewrite(swallowing)
    except DeclinedError:
        return None


class _Raising(LoopRewriter):
    """Writes the raise of CNL204."""

    def rewrite(self, swallowing: Sequence[Retried]) -> Rewrite:
        breaks = {item: self._break_on_the_last(item) for item in swallowing}
        if all(line is not None for line in breaks.values()):
            for item, line in breaks.items():
                self._require_free_way(item)
                if isinstance(line, cst.SimpleStatementLine):
                    self.replace[line] = line.with_changes(body=[cst.Raise()])
            return self.rewrite_of()
        delays = Waits(self.facts)
        name = ""
        if isinstance(self.loop.node, cst.For):
            if self.counter is None or self.counter.limit is None:
                raise DeclinedError
            name = self.counter_name()
        for item in swallowing:
            handler = self.handler_of(item)
            self._require_free_way(item)
            self._insert(handler, self.ends(item, name), delays)
        return self.rewrite_of()

    def _break_on_the_last(self, item: Retried) -> cst.SimpleStatementLine | None:
        """Return the `break` that the handler of `item` ends the retrying with, where it stands for nothing else."""
        handler = self.handler_of(item)
        breaks = [node for node in walk_same_code(handler.body) if isinstance(node, cst.Break)]
        if len(breaks) != 1:
            return None
        line = self.facts.index.parents.get(breaks[0])
        block = self.facts.index.parents.get(line) if line is not None else None
        branch = self.facts.index.parents.get(block) if block is not None else None
        if not isinstance(branch, cst.If) or branch.body is not block or branch not in statements(handler.body):
            return None
        if not self.reads_counter(branch.test):
            return None
        return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None

    def _require_free_way(self, item: Retried) -> None:
        """Decline if something within the loop would take, or turn into something else, what the handler raises."""
        below: cst.CSTNode = item.statement
        statement = item.statement
        finals = [statement] if isinstance(statement, cst.Try) else []
        for ancestor in self.facts.index.ancestors(item.statement):
            if ancestor is self.loop.node:
                break
            if isinstance(ancestor, cst.Try):
                if ancestor.body is below:
                    raise DeclinedError
                finals.append(ancestor)
            if isinstance(ancestor, cst.With) and any(
                self.facts.effects.suppressed(each.item) is not None for each in ancestor.items
            ):
                raise DeclinedError
            below = ancestor
        for each in finals:
            if each.finalbody is not None and any(
                isinstance(node, (cst.Return, cst.Break, cst.Continue)) for node in walk_same_code(each.finalbody)
            ):
                raise DeclinedError

    def _insert(self, handler: cst.ExceptHandler, ends: Ends, delays: Waits) -> None:
        indent = self.facts.module.default_indent
        new: list[cst.BaseStatement] = [self.statement(f"if {ends.last}:\n{indent}raise\n")]
        body = self.body_of(handler)
        if len(body) == 1 and is_line_of(body[0], cst.Pass):
            self.replace[handler] = self.with_body(handler, self.replaced_pass(body[0], new))
            return
        body = self._unguarded(body, ends)
        position = self._position(body, delays)
        self.replace[handler] = self.with_body(handler, [*body[:position], *new, *body[position:]])

    def _unguarded(self, body: list[cst.BaseStatement], ends: Ends) -> list[cst.BaseStatement]:
        """Return `body` with what it does only if another attempt follows as plain statements: now one always does."""
        found: list[cst.BaseStatement] = []
        for part in body:
            if (
                isinstance(part, cst.If)
                and part.orelse is None
                and isinstance(part.body, cst.IndentedBlock)
                and self.text(part.test) == ends.more
            ):
                inner = [each for each in part.body.body if isinstance(each, cst.BaseStatement)]
                if inner and part.body.header.comment is None and not part.body.footer:
                    above = (*part.leading_lines, *lines_above(inner[0]))
                    found += [inner[0].with_changes(leading_lines=above), *inner[1:]]
                    continue
            found.append(part)
        return found

    def _position(self, body: list[cst.BaseStatement], delays: Waits) -> int:
        """Return where the raise goes: before the delay, after what has to be done for the last failure too."""
        position = 0
        for index, part in enumerate(body):
            if self._delays(part, delays):
                return position
            if self._has_effect(part):
                position = index + 1
        return position

    def _delays(self, part: cst.CSTNode, delays: Waits) -> bool:
        return any(isinstance(node, cst.Call) and delays.of_call(node).level == WAITS for node in walk_same_code(part))

    def _has_effect(self, part: cst.BaseStatement) -> bool:
        """Say whether `part` does more than to report, to wait, or to reckon how long to wait."""
        changes = self.counter.changes if self.counter is not None else ()
        if not isinstance(part, cst.SimpleStatementLine):
            return True
        for small in part.body:
            if small in changes:
                return True
            if isinstance(small, (cst.Pass, cst.Continue)):
                continue
            if isinstance(small, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
                targets = [item.target for item in small.targets] if isinstance(small, cst.Assign) else [small.target]
                names = [name for target in targets for name in target_names(target)]
                if not names or not all("." not in name and waits.COUNTS.search(name) for name in names):
                    return True
                if isinstance(small, cst.AugAssign) and any(
                    "wait" not in name and "delay" not in name for name in names
                ):
                    return True
                continue
            if not isinstance(small, cst.Expr) or not self._only_reports(small.value):
                return True
        return False

    @staticmethod
    def _only_reports(node: cst.BaseExpression) -> bool:
        if isinstance(node, (cst.SimpleString, cst.Ellipsis)):
            return True
        if not isinstance(node, cst.Call):
            return False
        name, receiver = called(node)
        return name == "print" or (name is not None and waits.speaks_of_logging(name, receiver))
