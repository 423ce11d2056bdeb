"""Delays that never grow, and delays that grow alike for all clients.

The repair keeps what the user chose: the constant is what the delay starts with, or what its first bound is, and the
call that waits stays as it is but for the number that it is given. Where the text of the loop tells how long it waits,
as a log message does, changing the delay would make it a lie, and the loop is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.blocks import comments
from connlint.facts.tree import dotted, walk, walk_same_code
from connlint.fixes import backoff
from connlint.fixes.delays import DelayRewriter
from connlint.fixes.loops import DELAYS, DeclinedError
from connlint.knowledge.waits import SLEEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Delay, Retried, RetryLoop
    from connlint.rules.base import Rewrite


def with_growth(facts: Facts, loop: RetryLoop) -> Rewrite | None:
    """Return the rewrite that makes the constant delays of `loop` grow; None to decline."""
    try:
        return _Growing(facts, loop).grown()
    except DeclinedError:
        return None


def with_jitter(facts: Facts, loop: RetryLoop, delays: Sequence[Delay]) -> Rewrite | None:
    """Return the rewrite that gives the growing `delays` of `loop` a random part; None to decline."""
    try:
        return _Growing(facts, loop).spread(delays)
    except DeclinedError:
        return None


class _Growing(DelayRewriter):
    """Writes the delays of CNL202 and CNL208 in the place of what is there."""

    def grown(self) -> Rewrite:
        found = {delay.node: (delay, item) for item in self.loop.retried for delay in item.delays}
        delays = [delay for delay, _ in found.values()]
        starts = [self._start(delay) for delay in delays]
        items = list(dict.fromkeys(item for _, item in found.values()))
        options = self.facts.options.backoff._replace(base=starts[0][0])
        failures = [self._failures_at(delay, item) for delay, item in found.values()]
        if all(text is not None for text in failures):
            for delay, text, (value, name) in zip(delays, failures, starts, strict=True):
                self._grow_by_counter(delay, text or "", value, name)
            return self.rewrite_of()
        if options.style == "helper" or len(set(starts)) != 1:
            raise DeclinedError
        base = starts[0][1] or backoff.number(starts[0][0])
        own = self._own_name(items, DELAYS, lambda name: f"{name} = {base}")
        for delay in delays:
            self._grow_by_name(delay, own, backoff.doubled(options, own))
        return self.rewrite_of()

    def spread(self, delays: Sequence[Delay]) -> Rewrite:
        for delay in delays:
            if delay.seconds is None or delay.sleep is not delay.node or self._is_told(delay):
                raise DeclinedError
            found = backoff.spread(self.facts, delay.node, self.text(delay.seconds).strip())
            self.replace[delay.seconds] = cst.parse_expression(self._written(found))
        return self.rewrite_of()

    def _start(self, delay: Delay) -> tuple[float, str | None]:
        """Return the number of seconds that `delay` waits, and the name of the constant if it has one."""
        if delay.seconds is None or delay.sleep is not delay.node or self._is_told(delay):
            raise DeclinedError
        node = delay.seconds
        name = dotted(node)
        if isinstance(node, cst.Name):
            binding = self.facts.names.binding(node)
            if binding is None or binding.node not in self.facts.index.parents or binding.kind != "assign":
                raise DeclinedError
            node = self.facts.names.follow(node)
        if not isinstance(node, (cst.Integer, cst.Float)) or node.evaluated_value <= 0:
            raise DeclinedError
        return node.evaluated_value, name

    def _failures_at(self, delay: Delay, item: Retried) -> str | None:
        """Return the expression for the number of failures before this one where `delay` stands; None without any."""
        handler = self.handler_of(item)
        self._require_behind(delay, item)
        counter, node = self.counter, self.loop.node
        if isinstance(node, cst.For):
            if counter is None:
                return None
            return self._failures([item])
        found = self._failures([item])
        if counter is None or found is None:
            return None
        order = {part: position for position, part in enumerate(walk(node.body))}
        before = {order[change] < order[delay.node] for change in counter.changes}
        if before == {True}:
            return found
        inside = all(handler in self.facts.index.ancestors(change) for change in counter.changes)
        return backoff.failures_before(counter.name, counter.first or 0) if before == {False} and inside else None

    def _require_behind(self, delay: Delay, item: Retried) -> None:
        """Decline unless `delay` follows the failure within the same pass: in the handler, or behind the `try`."""
        for ancestor in self.facts.index.ancestors(delay.node):
            if ancestor is item.handler:
                return
            if isinstance(ancestor, (cst.FunctionDef, cst.Lambda)) or ancestor is item.statement:
                raise DeclinedError
            if ancestor is self.loop.node:
                break
        order = {part: position for position, part in enumerate(walk(self.loop.node.body))}
        if order.get(delay.node, -1) < order[item.statement]:
            raise DeclinedError

    def _grow_by_counter(self, delay: Delay, failures: str, value: float, name: str | None) -> None:
        options = self.facts.options.backoff._replace(base=value)
        if options.style == "helper":
            self._replace_statement(delay, [self._helped(failures)])
            return
        limit = self.counter.limit if self.counter is not None else None
        bounded = self.loop.bound == "attempts" and limit is None and value == int(value)
        upper = backoff.bound(options, failures, endless=not bounded and backoff.is_endless(options, limit))
        if name is not None:
            start = f"{backoff.number(value)} * "
            upper = upper.replace(start, f"{name} * ", 1) if start in upper else upper.replace("2", f"{name} * 2", 1)
        self._replace_seconds(delay, upper)

    def _grow_by_name(self, delay: Delay, name: str, line: str) -> None:
        if delay.seconds is None:
            raise DeclinedError
        self._require_return(delay)
        statement = self._statement_of(delay)
        waiting = statement.deep_replace(delay.seconds, self._seconds(delay, name))
        self.replace[statement] = (cst.ensure_type(waiting, cst.SimpleStatementLine), self.statement(line))

    def _require_return(self, delay: Delay) -> None:
        """Decline if `delay` may end with an exception, its time being over, which something in the loop takes."""
        sleep = SLEEPS.get(self.facts.values.target(delay.node) or "") if isinstance(delay.node, cst.Call) else None
        if sleep is not None and sleep.always:
            return
        below: cst.CSTNode = delay.node
        for ancestor in self.facts.index.ancestors(delay.node):
            if ancestor is self.loop.node:
                return
            if isinstance(ancestor, cst.Try) and ancestor.body is below and ancestor.handlers:
                raise DeclinedError
            if isinstance(ancestor, cst.With) and any(
                self.facts.effects.suppressed(item.item) is not None for item in ancestor.items
            ):
                raise DeclinedError
            below = ancestor

    def _replace_seconds(self, delay: Delay, upper: str) -> None:
        if delay.seconds is None:
            raise DeclinedError
        self.replace[delay.seconds] = self._seconds(delay, upper)

    def _seconds(self, delay: Delay, upper: str) -> cst.BaseExpression:
        return cst.parse_expression(self._written(backoff.seconds(self.facts, delay.node, upper)))

    def _replace_statement(self, delay: Delay, lines: Sequence[str]) -> None:
        statement = self._statement_of(delay)
        first, *rest = [self.statement(line) for line in lines]
        self.replace[statement] = (
            first.with_changes(
                leading_lines=statement.leading_lines, trailing_whitespace=statement.trailing_whitespace
            ),
            *rest,
        )

    def _statement_of(self, delay: Delay) -> cst.SimpleStatementLine:
        """Return the line on which nothing but `delay` stands. Declines if there is none."""
        node = self.facts.index.parents.get(delay.node)
        if isinstance(node, cst.Await):
            node = self.facts.index.parents.get(node)
        line = self.facts.index.parents.get(node) if isinstance(node, cst.Expr) else None
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            raise DeclinedError
        return line

    def _is_told(self, delay: Delay) -> bool:
        """Say whether the loop tells somebody how long `delay` is: in a message, or with the same expression."""
        if delay.seconds is None:
            return False
        text = self.text(delay.seconds).strip()
        inside = set(walk(delay.node))
        told = re.compile(rf"(?<![\w.]){re.escape(text)}\s*-?\s*(?:s|sec|secs|seconds?|min|minutes?)\b")
        line = self.facts.index.enclosing(delay.node, cst.SimpleStatementLine)
        if line is not None and any(told.search(above.comment.value) for above in comments(line) if above.comment):
            return True
        for node in walk_same_code(self.loop.node.body):
            if node in inside:
                continue
            if isinstance(node, (cst.SimpleString, cst.FormattedString)) and told.search(self.text(node)):
                return True
            if (
                isinstance(node, (cst.Arg, cst.FormattedStringExpression))
                and not isinstance(delay.seconds, (cst.Integer, cst.Float))
                and any(
                    isinstance(part, cst.BaseExpression) and part.deep_equals(delay.seconds)
                    for part in walk_same_code(node)
                )
                and not self._is_reckoning(node)
            ):
                return True
        return False

    def _is_reckoning(self, node: cst.CSTNode) -> bool:
        """Say whether `node` stands in what makes the delay of the next pass: `delay = min(60, delay * 2)`."""
        for ancestor in self.facts.index.ancestors(node):
            if isinstance(ancestor, (cst.Assign, cst.AugAssign, cst.AnnAssign)):
                return True
            if isinstance(ancestor, cst.BaseStatement):
                return False
        return False
