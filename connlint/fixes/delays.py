"""The delays that a retry loop lacks.

What is written here is what a careful engineer would write: a delay as the project wants it (see `backoff`), and no
wait when no attempt follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted, statements, walk, walk_same_code
from connlint.fixes import backoff
from connlint.fixes.loops import COUNTERS, DELAYS, DeclinedError, LoopRewriter, is_line_of, lines_above
from connlint.fixes.retrying import with_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Retried, RetryLoop
    from connlint.fixes.backoff import Written
    from connlint.rules.base import Rewrite


def with_delays(facts: Facts, loop: RetryLoop, hot: Sequence[Retried]) -> Rewrite | None:
    """Return the rewrite that makes the handlers `hot` of `loop` wait before the next attempt; None to decline."""
    if facts.options.backoff.style in {"stamina", "tenacity"} and loop.bound == "attempts":
        handed_over = with_library(facts, loop)
        if handed_over is not None:
            return handed_over
    try:
        return DelayRewriter(facts, loop).rewrite(hot)
    except DeclinedError:
        return None


class DelayRewriter(LoopRewriter):
    """Writes the delay of CNL201."""

    def rewrite(self, hot: Sequence[Retried]) -> Rewrite:
        if self.loop.bound == "deadline":
            raise DeclinedError  # a delay may well outlast it
        for item in hot:
            if isinstance(item.handler, cst.With):
                self._require_end_of_body(item.handler)
            else:
                self._require_one_way_back(self.handler_of(item))
        lines = self._lines(hot)
        for item in hot:
            guard = self._guard(item)
            if guard is None:
                new = [self.statement(line) for line in lines]
            else:
                indent = self.facts.module.default_indent
                new = [self.statement(f"if {guard}:\n" + "".join(f"{indent}{line}\n" for line in lines))]
            if isinstance(item.handler, cst.With):
                self.replace[item.handler] = (item.handler, *new)
            else:
                self._insert(self.handler_of(item), new)
        return self.rewrite_of()

    def _lines(self, hot: Sequence[Retried]) -> list[str]:
        """Return the statements that wait: one, and one that makes the delay grow if it does not by itself."""
        options = self.facts.options.backoff
        failures = self._failures(hot)
        if options.style == "helper":
            if failures is not None:
                return [self._helped(failures)]
            name = self._own_name(hot, COUNTERS, "{} = 0".format)
            return [self._helped(name), f"{name} += 1"]
        if failures is not None:
            limit = self.counter.limit if self.counter is not None else None
            bounded = self.loop.bound == "attempts" and limit is None and options.base == int(options.base)
            endless = not bounded and backoff.is_endless(options, limit)
            return [self._pause(backoff.bound(options, failures, endless=endless))]
        name = self._own_name(hot, DELAYS, lambda name: backoff.start(options, name))
        return [self._pause(name), backoff.doubled(options, name)]

    def _pause(self, upper: str) -> str:
        return self._written(backoff.pause(self.facts, self.loop.node, upper, is_async=self.loop.is_async))

    def _helped(self, failures: str) -> str:
        return self._written(backoff.help_call(self.facts, self.loop.node, failures, is_async=self.loop.is_async))

    def _written(self, found: Written | None) -> str:
        if found is None:
            raise DeclinedError
        self.imports += found.imports
        return found.text

    def _require_end_of_body(self, suppressing: cst.With) -> None:
        """Decline unless what follows `suppressing`, at the end of the loop's body, runs only after a failure."""
        body = self.loop.node.body
        if not isinstance(body, cst.IndentedBlock) or not body.body or body.body[-1] is not suppressing:
            raise DeclinedError
        last = statements(suppressing.body)[-1]
        if not isinstance(last, (cst.Return, cst.Break)) or suppressing.asynchronous is not None or body.footer:
            raise DeclinedError
        if any(isinstance(node, cst.Continue) for node in walk_same_code(suppressing.body)):
            raise DeclinedError

    def _require_one_way_back(self, handler: cst.ExceptHandler) -> None:
        """Decline unless every way from `handler` back to the loop leads through the end of its body."""
        body = statements(handler.body)
        last = body[-1] if body else None
        if isinstance(last, (cst.Return, cst.Raise, cst.Break)):
            raise DeclinedError
        for node in walk(handler.body, enter=lambda each: not isinstance(each, (cst.For, cst.While, cst.FunctionDef))):
            if isinstance(node, cst.Continue) and node is not last:
                raise DeclinedError
            if isinstance(node, (cst.Try, cst.Match)):
                raise DeclinedError

    def _failures(self, hot: Sequence[Retried]) -> str | None:
        """Return the expression for the number of failures before this one, None if no counter surely has it."""
        counter = self.counter
        if isinstance(self.loop.node, cst.For):
            name = self.counter_name()
            if counter is None or counter.first not in {0, 1}:
                raise DeclinedError
            return backoff.failures_before(name, counter.first)
        if (
            counter is not None
            and counter.step == 1
            and counter.first in {0, 1}
            and (counter.test is not None or all(self._leaves_on_the_last(item.handler) for item in hot))
            and "." not in counter.name
            and all(self.counted_before_end(item) and self._surely_counted(item) for item in hot)
            and not self.loop.goes_round
        ):
            return backoff.failures_before(counter.name, counter.first + 1)
        return None

    def _surely_counted(self, item: Retried) -> bool:
        """Say whether the counter of a `while` grows with every failure that the handler of `item` takes."""
        return any(self._is_passed(item, change) for change in (self.counter.changes if self.counter else ()))

    def _is_passed(self, item: Retried, change: cst.CSTNode) -> bool:
        line = self.facts.index.parents.get(change)
        block = self.facts.index.parents.get(line) if line is not None else None
        return block in {item.handler.body, item.statement.body} or (
            block is not None and block in self.facts.index.ancestors(item.statement)
        )

    def _own_name(self, hot: Sequence[Retried], names: Iterable[str], start: Callable[[str], str]) -> str:
        """Return a name of the loop's own: set before the loop, changed after each delay, and reset by a success."""
        node = self.loop.node
        parent = self.facts.index.parents.get(node)
        if not isinstance(parent, (cst.Module, cst.IndentedBlock)):
            raise DeclinedError
        name = self.free_name(names)
        setting = self.statement(start(name))
        blank = []
        for line in node.leading_lines:
            if line.comment is not None:
                break
            blank.append(line)
        rest = node.leading_lines[len(blank) :]
        self.replace[node] = (setting.with_changes(leading_lines=blank), node.with_changes(leading_lines=rest))
        if self.loop.goes_round:
            for statement in dict.fromkeys(item.statement for item in hot):
                self._reset(statement, [item for item in hot if item.statement is statement], start(name))
        return name

    def _reset(self, statement: cst.Try | cst.With, hot: Sequence[Retried], line: str) -> None:
        """Reset the delay right after the attempt has succeeded."""
        # Of calls that are not known any may be the attempt; when the last has come back, all have succeeded
        sites = {each.site for item in hot for each in item.tried} or {item.opaque_tried[-1] for item in hot}
        body = statement.body
        if not isinstance(body, cst.IndentedBlock):
            raise DeclinedError
        for part in body.body:
            if not any(node in sites for node in walk_same_code(part)):
                continue
            if isinstance(part, cst.SimpleStatementLine):
                if isinstance(part.body[-1], (cst.Return, cst.Break, cst.Continue, cst.Raise)):
                    raise DeclinedError
                self.replace[part] = (part, self.statement(line))
                return
            if (
                isinstance(part, cst.With)
                and isinstance(part.body, cst.IndentedBlock)
                and part.body.body
                and any(node in sites for item in part.items for node in walk_same_code(item))
            ):
                first = part.body.body[0]
                self.replace[first] = (
                    self.statement(line).with_changes(leading_lines=lines_above(first)),
                    first.with_changes(leading_lines=()),
                )
                return
            raise DeclinedError
        raise DeclinedError

    def _guard(self, item: Retried) -> str | None:
        """Return the test for an attempt that follows, None if one always does where the handler ends."""
        if self.loop.bound in {"unbounded", "unknown"}:
            return self._flag(item)
        if self._leaves_on_the_last(item.handler):
            return None
        name = self.counter_name() if isinstance(self.loop.node, cst.For) else ""
        return self.ends(item, name).more

    def _flag(self, item: Retried) -> str | None:
        """Return the test of the loop if the handler of `item` decides it: `while again:` ... `again = n < most`."""
        node = self.loop.node
        if isinstance(node, cst.For):
            return None
        paths = {path for part in walk_same_code(node.test) if (path := dotted(part)) is not None}
        parts = list(walk_same_code(item.handler.body))
        if not any(self._binds(part, path) for part in parts for path in paths):
            return None
        is_last = statements(node.body)[-1] is item.statement
        if not is_last or (isinstance(item.statement, cst.Try) and item.statement.finalbody is not None):
            raise DeclinedError
        if any(isinstance(part, (cst.Call, cst.Await, cst.NamedExpr, cst.Subscript)) for part in walk(node.test)):
            raise DeclinedError
        return self.text(node.test)

    def _leaves_on_the_last(self, handler: cst.ExceptHandler | cst.With) -> bool:
        """Say whether `handler` itself tests its counter and leaves the loop when no attempt is left."""
        if isinstance(handler, cst.With):
            return False
        for part in statements(handler.body):
            if isinstance(part, cst.If) and self.reads_counter(part.test):
                branch = statements(part.body)
                if branch and isinstance(branch[-1], (cst.Raise, cst.Return, cst.Break)):
                    return True
        return False

    def _insert(self, handler: cst.ExceptHandler, new: list[cst.BaseStatement]) -> None:
        body = self.body_of(handler)
        last = body[-1]
        if len(body) == 1 and is_line_of(last, cst.Pass):
            body = self.replaced_pass(last, new)
        elif is_line_of(last, cst.Continue):
            body = [*body[:-1], *new, last]
        else:
            body = [*body, *new]
        self.replace[handler] = self.with_body(handler, body)
