"""Delays and raises that a retry loop lacks.

What is written here is what a careful engineer would write: a delay as the project wants it (see `backoff`), no wait
when no attempt follows, and the last failure raised where the attempts are used up. A loop whose shape is not surely
understood is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import WAITS, Waits, called
from connlint.facts.flow import Step, bindings, counts, target_names
from connlint.facts.tree import dotted, statements, walk, walk_same_code
from connlint.fixes import backoff
from connlint.fixes.retrying import with_library
from connlint.knowledge import waits
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Counter, Retried, RetryLoop
    from connlint.fixes.backoff import Written

_COUNTERS = ("attempt", "attempt_number", "retry_attempt")
_DELAYS = ("delay", "retry_delay", "backoff_delay")


class _Declined(Exception):  # noqa: N818
    """The loop is not surely understood."""


def with_delays(facts: Facts, loop: RetryLoop, hot: Sequence[Retried]) -> Rewrite | None:
    """Return the rewrite that makes the handlers `hot` of `loop` wait before the next attempt; None to decline."""
    if facts.options.backoff.style in {"stamina", "tenacity"} and loop.bound == "attempts":
        handed_over = with_library(facts, loop)
        if handed_over is not None:
            return handed_over
    try:
        return _Delaying(facts, loop).rewrite(hot)
    except _Declined:
        return None


def with_raises(facts: Facts, loop: RetryLoop, swallowing: Sequence[Retried]) -> Rewrite | None:
    """Return the rewrite that makes the handlers `swallowing` of `loop` raise the last failure; None to decline."""
    try:
        return _Raising(facts, loop).rewrite(swallowing)
    except _Declined:
        return None


@dataclass(frozen=True, slots=True)
class _Last:
    """Code that is true in a handler when another attempt follows, and when none does."""

    more: str
    last: str


class _Writing:
    """What both rewrites of a loop need."""

    def __init__(self, facts: Facts, loop: RetryLoop) -> None:
        self.facts = facts
        self.loop = loop
        self.counter = loop.counter
        self.replace: dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] = {}
        self.imports: list[str] = []

    def handler_of(self, item: Retried) -> cst.ExceptHandler:
        handler, statement = item.handler, item.statement
        if not isinstance(handler, cst.ExceptHandler) or not isinstance(statement, cst.Try):
            raise _Declined
        body = handler.body
        if isinstance(body, cst.SimpleStatementSuite) and (
            len(body.body) != 1 or not isinstance(body.body[0], (cst.Pass, cst.Continue))
        ):
            raise _Declined
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
        raise _Declined

    def counter_name(self) -> str:
        """Return the name of the loop's counter; a `_` that nobody reads gets a name that can be read."""
        counter = self.counter
        if counter is None:
            raise _Declined
        node = self.loop.node
        if isinstance(node, cst.For):
            bound = [
                part
                for part in walk(node.body)
                if isinstance(part, cst.Name) and part.value == counter.name and not self._is_keyword(part)
            ]
            if counter.name.strip("_") == "":
                if bound:
                    raise _Declined
                name = self.free_name(_COUNTERS)
                self.replace[node.target] = cst.Name(name)
                return name
            if any(self._binds(part, counter.name) for part in walk_same_code(node.body)):
                raise _Declined
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

    def ends(self, item: Retried, name: str) -> _Last:
        """Return how the handler of `item` can tell whether another attempt follows. Declines if that is not plain."""
        counter = self.counter
        if counter is None or counter.limit is None:
            raise _Declined
        for part in walk_same_code(counter.limit):
            if isinstance(part, (cst.Call, cst.Await, cst.NamedExpr, cst.Subscript)):
                raise _Declined
            path = dotted(part)
            if path is not None and any(self._binds(node, path) for node in walk_same_code(self.loop.node.body)):
                raise _Declined
        if isinstance(self.loop.node, cst.For):
            last = self._one_less(counter.limit)
            return _Last(f"{name} < {last}", f"{name} == {last}")
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
        raise _Declined

    def _ends_of_while(self, item: Retried, counter: Counter) -> _Last:
        test = counter.test
        if test is None or test.lpar or not self.counted_before_end(item):
            raise _Declined
        opposite = {
            cst.LessThan: ">=",
            cst.LessThanEqual: ">",
            cst.GreaterThan: "<=",
            cst.GreaterThanEqual: "<",
            cst.NotEqual: "==",
        }.get(type(test.comparisons[0].operator))
        if opposite is None:
            raise _Declined
        last = f"{self.text(test.left)} {opposite} {self.text(test.comparisons[0].comparator)}"
        return _Last(self.text(test), last)

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


def _lines_above(statement: cst.CSTNode) -> tuple[cst.EmptyLine, ...]:
    """Return the blank lines and comments that belong to `statement`."""
    if isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        return tuple(statement.leading_lines)
    return ()


def _is_line_of(node: cst.CSTNode, *kinds: type[cst.BaseSmallStatement]) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 and isinstance(node.body[0], kinds)


class _Delaying(_Writing):
    """Writes the delay of CNL201."""

    def rewrite(self, hot: Sequence[Retried]) -> Rewrite:
        if self.loop.bound == "deadline":
            raise _Declined  # a delay may well outlast it
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
            name = self._own_name(hot, _COUNTERS, "{} = 0".format)
            return [self._helped(name), f"{name} += 1"]
        if failures is not None:
            limit = self.counter.limit if self.counter is not None else None
            bounded = self.loop.bound == "attempts" and limit is None and options.base == int(options.base)
            endless = not bounded and backoff.is_endless(options, limit)
            return [self._pause(backoff.bound(options, failures, endless=endless))]
        name = self._own_name(hot, _DELAYS, lambda name: backoff.start(options, name))
        return [self._pause(name), backoff.doubled(options, name)]

    def _pause(self, upper: str) -> str:
        return self._written(backoff.pause(self.facts, self.loop.node, upper, is_async=self.loop.is_async))

    def _helped(self, failures: str) -> str:
        return self._written(backoff.help_call(self.facts, self.loop.node, failures, is_async=self.loop.is_async))

    def _written(self, found: Written | None) -> str:
        if found is None:
            raise _Declined
        self.imports += found.imports
        return found.text

    def _require_end_of_body(self, suppressing: cst.With) -> None:
        """Decline unless what follows `suppressing`, at the end of the loop's body, runs only after a failure."""
        body = self.loop.node.body
        if not isinstance(body, cst.IndentedBlock) or not body.body or body.body[-1] is not suppressing:
            raise _Declined
        last = statements(suppressing.body)[-1]
        if not isinstance(last, (cst.Return, cst.Break)) or suppressing.asynchronous is not None or body.footer:
            raise _Declined
        if any(isinstance(node, cst.Continue) for node in walk_same_code(suppressing.body)):
            raise _Declined

    def _require_one_way_back(self, handler: cst.ExceptHandler) -> None:
        """Decline unless every way from `handler` back to the loop leads through the end of its body."""
        body = statements(handler.body)
        last = body[-1] if body else None
        if isinstance(last, (cst.Return, cst.Raise, cst.Break)):
            raise _Declined
        for node in walk(handler.body, enter=lambda each: not isinstance(each, (cst.For, cst.While, cst.FunctionDef))):
            if isinstance(node, cst.Continue) and node is not last:
                raise _Declined
            if isinstance(node, (cst.Try, cst.Match)):
                raise _Declined

    def _failures(self, hot: Sequence[Retried]) -> str | None:
        """Return the expression for the number of failures before this one, None if no counter surely has it."""
        counter = self.counter
        if isinstance(self.loop.node, cst.For):
            name = self.counter_name()
            if counter is None or counter.first not in {0, 1}:
                raise _Declined
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
            raise _Declined
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
            raise _Declined
        for part in body.body:
            if not any(node in sites for node in walk_same_code(part)):
                continue
            if isinstance(part, cst.SimpleStatementLine):
                if isinstance(part.body[-1], (cst.Return, cst.Break, cst.Continue, cst.Raise)):
                    raise _Declined
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
                    self.statement(line).with_changes(leading_lines=_lines_above(first)),
                    first.with_changes(leading_lines=()),
                )
                return
            raise _Declined
        raise _Declined

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
            raise _Declined
        if any(isinstance(part, (cst.Call, cst.Await, cst.NamedExpr, cst.Subscript)) for part in walk(node.test)):
            raise _Declined
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
        if len(body) == 1 and _is_line_of(last, cst.Pass):
            body = self.replaced_pass(last, new)
        elif _is_line_of(last, cst.Continue):
            body = [*body[:-1], *new, last]
        else:
            body = [*body, *new]
        self.replace[handler] = self.with_body(handler, body)


class _Raising(_Writing):
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
                raise _Declined
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
                    raise _Declined
                finals.append(ancestor)
            if isinstance(ancestor, cst.With) and any(
                self.facts.effects.suppressed(each.item) is not None for each in ancestor.items
            ):
                raise _Declined
            below = ancestor
        for each in finals:
            if each.finalbody is not None and any(
                isinstance(node, (cst.Return, cst.Break, cst.Continue)) for node in walk_same_code(each.finalbody)
            ):
                raise _Declined

    def _insert(self, handler: cst.ExceptHandler, ends: _Last, delays: Waits) -> None:
        indent = self.facts.module.default_indent
        new: list[cst.BaseStatement] = [self.statement(f"if {ends.last}:\n{indent}raise\n")]
        body = self.body_of(handler)
        if len(body) == 1 and _is_line_of(body[0], cst.Pass):
            self.replace[handler] = self.with_body(handler, self.replaced_pass(body[0], new))
            return
        body = self._unguarded(body, ends)
        position = self._position(body, delays)
        self.replace[handler] = self.with_body(handler, [*body[:position], *new, *body[position:]])

    def _unguarded(self, body: list[cst.BaseStatement], ends: _Last) -> list[cst.BaseStatement]:
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
                    above = (*part.leading_lines, *_lines_above(inner[0]))
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
