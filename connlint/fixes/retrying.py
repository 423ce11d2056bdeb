"""Retry loops handed over to a library: tenacity or stamina, where the project wants it.

Only the plainest loop is: a `for` over a `range` that surely has a number in it, around one `try` that leaves the loop
when it has succeeded, with one clause that does nothing but go on, and raise on the last attempt where it does. What
comes out of such a loop, and what runs after it, stays the same. For every other loop there is no rewrite here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted, statements, walk, walk_same_code
from connlint.fixes import backoff
from connlint.fixes.imports import reference
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from connlint.facts import Facts
    from connlint.facts.model import Retried, RetryLoop

_NAMES = ("attempt", "retry_attempt")


class _NotPlainError(Exception):
    """The library cannot surely express the loop."""


def with_library(facts: Facts, loop: RetryLoop) -> Rewrite | None:
    """Return the rewrite that hands `loop` over to the library of the project's choice; None if it is not plain."""
    try:
        return _HandingOver(facts, loop).rewrite()
    except _NotPlainError:
        return None


class _HandingOver:
    def __init__(self, facts: Facts, loop: RetryLoop) -> None:
        self.facts = facts
        self.loop = loop
        self.imports: list[str] = []

    def rewrite(self) -> Rewrite:
        loop, node = self.loop, self.loop.node
        if not isinstance(node, cst.For) or loop.kind != "retry" or loop.goes_round or len(loop.retried) != 1:
            raise _NotPlainError
        (item,) = loop.retried
        statement, handler = self._only_try(node, item)
        self._require_sleep()
        attempts = self._attempts()
        raises = self._raises_on_the_last(handler, attempts)
        if not raises and item.exhaustion == "swallowed":
            raise _NotPlainError  # the library would hide it; the last failure has to come out first
        name = self._name(node, handler)
        body = self._body(statement)
        if self._comments(node) != sum(self._comments(part, above=True) for part in statement.body.body):
            raise _NotPlainError
        options = self.facts.options.backoff
        make = self._stamina if options.style == "stamina" else self._tenacity
        text = make(attempts, self._classes(item, handler), raises=raises)
        new = cst.parse_statement(f"for {name} in {text}:\n    with {name}:\n        pass\n", self._config)
        assert isinstance(new, cst.For) and isinstance(new.body, cst.IndentedBlock)  # noqa: S101, PT018
        block = cst.IndentedBlock(body=body)
        managed = new.body.body[0].with_deep_changes(new.body.body[0], body=block)
        loop_body = new.body.with_changes(body=[managed])
        made = node.with_changes(
            target=new.target,
            iter=new.iter,
            body=loop_body,
            asynchronous=cst.Asynchronous() if loop.is_async else None,
        )
        return Rewrite({node: made}, tuple(dict.fromkeys(self.imports)))

    @property
    def _config(self) -> cst.PartialParserConfig:
        return self.facts.module.config_for_parsing

    def _only_try(self, node: cst.For, item: Retried) -> tuple[cst.Try, cst.ExceptHandler]:
        body = statements(node.body)
        statement, handler = item.statement, item.handler
        if body != [statement] or not isinstance(statement, cst.Try) or not isinstance(handler, cst.ExceptHandler):
            raise _NotPlainError
        if len(statement.handlers) != 1 or statement.finalbody is not None:
            raise _NotPlainError
        return statement, handler

    def _require_sleep(self) -> None:
        """Stop unless the library waits as the code at the loop has to."""
        found = backoff.sleep_name(self.facts, self.loop.node, is_async=self.loop.is_async)
        if found not in {"time.sleep", "asyncio.sleep", "trio.sleep", "anyio.sleep"}:
            raise _NotPlainError

    def _attempts(self) -> str:
        """Return how many attempts there are, which must surely be one or more: without one no failure is raised."""
        counter = self.loop.counter
        if counter is None or counter.limit is None or counter.first not in {0, 1}:
            raise _NotPlainError
        limit = counter.limit
        if counter.first == 1:
            if isinstance(limit, cst.Integer):
                limit = cst.Integer(str(limit.evaluated_value - 1))
            elif (
                isinstance(limit, cst.BinaryOperation)
                and isinstance(limit.operator, cst.Add)
                and self.facts.module.code_for_node(limit.right) == "1"
                and not limit.lpar
            ):
                limit = limit.left
            else:
                raise _NotPlainError
        value = limit if isinstance(limit, cst.Integer) else self.facts.names.follow(limit)
        if not isinstance(value, cst.Integer) or value.evaluated_value < 1:
            raise _NotPlainError
        return self.facts.module.code_for_node(limit)

    def _raises_on_the_last(self, handler: cst.ExceptHandler, attempts: str) -> bool:
        """Say whether `handler` raises on the last attempt; it must do nothing else but go on."""
        body = [part for part in statements(handler.body) if not isinstance(part, (cst.Pass, cst.Continue))]
        if not body:
            return False
        if len(body) != 1 or not isinstance(body[0], cst.If) or body[0].orelse is not None:
            raise _NotPlainError
        branch = statements(body[0].body)
        if len(branch) != 1 or not isinstance(branch[0], cst.Raise) or branch[0].exc is not None:
            raise _NotPlainError
        counter = self.loop.counter
        first = counter.first if counter is not None and counter.first is not None else 0
        name = counter.name if counter is not None else ""
        most = str(int(attempts) - 1) if attempts.isdigit() else f"{attempts} - 1"
        lasts = [(name, attempts)] if first else [(name, most), (f"{name} + 1", attempts)]
        texts = {f"{one} {operator} {other}" for one, other in lasts for operator in ("==", ">=")}
        if self.facts.module.code_for_node(body[0].test) not in texts:
            raise _NotPlainError
        return True

    def _name(self, node: cst.For, handler: cst.ExceptHandler) -> str:
        """Return a name for an attempt: that of the counter, which nobody else may read, only if others are taken."""
        counter = self.loop.counter
        name = counter.name if counter is not None else ""
        own = {*walk(handler), node.target}
        scope = self.facts.index.function_of(node) or self.facts.module
        if any(isinstance(part, cst.Name) and part.value == name and part not in own for part in walk(scope)):
            raise _NotPlainError
        for candidate in _NAMES:
            if candidate == name or not any(
                isinstance(part, cst.Name) and part.value == candidate for part in walk(self.facts.module)
            ):
                return candidate
        if not name.strip("_"):
            raise _NotPlainError
        return name

    def _body(self, statement: cst.Try) -> list[cst.BaseStatement]:
        """Return what is tried, as lines of its own; it must leave the loop wherever it succeeds."""
        for part in walk_same_code(statement.body):
            if isinstance(part, (cst.Continue, cst.Yield)) or (
                isinstance(part, cst.Call) and dotted(part.func) in {"next", "anext"}
            ):
                raise _NotPlainError  # a StopIteration out of the library's generator is another exception
        body = list(statement.body.body)
        lines = [cst.SimpleStatementLine([part]) if isinstance(part, cst.BaseSmallStatement) else part for part in body]
        if statement.orelse is not None:
            (*others, last) = statements(statement.orelse.body)
            if others or not self._is_plain_exit(last) or self._comments(statement.orelse):
                raise _NotPlainError
            lines.append(cst.SimpleStatementLine([last]))  # type: ignore[list-item]
        elif not self._leaves(lines[-1]):
            raise _NotPlainError
        return [each for each in lines if isinstance(each, cst.BaseStatement)]

    @staticmethod
    def _is_plain_exit(node: cst.CSTNode) -> bool:
        """Say whether `node` leaves the loop and cannot fail."""
        return isinstance(node, cst.Break) or (
            isinstance(node, cst.Return)
            and isinstance(node.value, (cst.Name, cst.Integer, cst.SimpleString, type(None)))
        )

    def _leaves(self, line: cst.CSTNode) -> bool:
        """Say whether control surely leaves the loop at the end of `line`, or what is tried has failed."""
        if isinstance(line, cst.SimpleStatementLine):
            return isinstance(line.body[-1], (cst.Return, cst.Break, cst.Raise))
        if isinstance(line, cst.With) and isinstance(line.body, cst.IndentedBlock) and line.body.body:
            return all(self._lets_pass(each) for each in line.items) and self._leaves(line.body.body[-1])
        return False

    def _lets_pass(self, item: cst.WithItem) -> bool:
        """Say whether the context manager is one that surely takes no exception: a connection, a response."""
        if not isinstance(item.item, cst.Call):
            return False
        return any(tried.site is item.item for each in self.loop.retried for tried in each.tried)

    def _classes(self, item: Retried, handler: cst.ExceptHandler) -> str:
        """Return what is caught, as an expression that can be evaluated before the first attempt."""
        if handler.type is None or "?" in item.caught or "BaseException" in item.caught:
            raise _NotPlainError
        elements = (
            [each.value for each in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
        )
        if any(dotted(each) is None for each in elements):
            raise _NotPlainError
        return self.facts.module.code_for_node(handler.type)

    def _comments(self, node: cst.CSTNode, *, above: bool = False) -> int:
        """Return how many comments there are in the text of `node`, those `above` it counted or left out."""
        if not above and hasattr(node, "leading_lines"):
            node = node.with_changes(leading_lines=())
        return sum(line.count("#") for line in self.facts.module.code_for_node(node).splitlines())

    # The libraries

    def _tenacity(self, attempts: str, classes: str, *, raises: bool) -> str:
        options = self.facts.options.backoff
        wait = "wait_random_exponential" if options.jitter else "wait_exponential"
        bounds = f"multiplier={backoff.number(options.base)}, max={backoff.number(options.cap)}"
        return self._call(
            self._reference("tenacity.AsyncRetrying" if self.loop.is_async else "tenacity.Retrying"),
            f"stop={self._reference('tenacity.stop_after_attempt')}({attempts})",
            f"wait={self._reference(f'tenacity.{wait}')}({bounds})",
            f"retry={self._reference('tenacity.retry_if_exception_type')}({classes})",
            "reraise=True" if raises else "retry_error_callback=lambda _: None",
        )

    def _stamina(self, attempts: str, classes: str, *, raises: bool) -> str:
        if not raises:
            raise _NotPlainError  # it always raises the last failure
        options = self.facts.options.backoff
        return self._call(
            self._reference("stamina.retry_context"),
            f"on={classes}",
            f"attempts={attempts}",
            "timeout=None",
            f"wait_initial={backoff.number(options.base)}",
            f"wait_max={backoff.number(options.cap)}",
            f"wait_jitter={backoff.number(options.base) if options.jitter else 0}",
        )

    def _reference(self, name: str) -> str:
        found = reference(self.facts, self.loop.node, name, installed=True)
        if found is None:
            raise _NotPlainError
        self.imports += found[1]
        return found[0]

    def _call(self, function: str, *arguments: str) -> str:
        indent = self.facts.module.default_indent
        return f"{function}(\n" + "".join(f"{indent}{each},\n" for each in arguments) + ")"
