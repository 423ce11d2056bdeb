"""May a file configure a library's retries so that they wait for nothing, or always alike? Asked of the `ast`.

The rules about policies read the same tables for what a policy waits. Here only what is written as a number is read,
and what surely is none: with a wait that is known only when the program runs, no rule that is on by default speaks.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Literal

from connlint.gate.marks import parts
from connlint.gate.tries import last, root_of, walk
from connlint.knowledge import policies

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from connlint.gate.marks import Rows
    from connlint.gate.reach import Reach
    from connlint.knowledge.policies import Policy, Setting, Wait

    # `?` is surely no number that is written somewhere, `any` may be one
    Number = float | Literal["?", "any"] | None

_BARE = frozenset({"retrying.retry", "tenacity.retry"})
_INTERVALS = frozenset({"interval_max", "interval_start", "interval_step"})
_ENSURING = frozenset({"ensure", "ensure_connection"})
_PARTIAL = "functools.partial"
# What a call says that configures a policy by something else than its name.
_HIDING = _ENSURING | {"autoretry_for", "max_retries", "retry", "retry_policy", "retry_with"}
_MOST_NAMES = 50


class Configured:
    """The policies that a file makes; `find` returns the rows of its text that hold some words."""

    def __init__(self, tree: ast.Module, reach: Reach, find: Callable[[Collection[str]], Rows | None]) -> None:
        self._reach = reach
        self._calls: list[ast.Call] = []
        self._roots = self._of_libraries()
        self._decorators = [each for function in reach.functions() for each in function.decorator_list]
        # Whatever is imported by a star may be a policy.
        rows = None if "*" in reach.imported else find(self._roots | _HIDING)
        for part in parts(tree, rows):
            self._calls += (node for node in walk(part.node) if isinstance(node, ast.Call))

    def may_be_slack(self, *, in_tests: bool = False) -> bool:
        """Say whether a policy may wait for nothing, or always alike. In tests, only decorators matter."""
        calls = [each for each in self._decorators if isinstance(each, ast.Call)] if in_tests else self._calls
        return self._has(self._is_slack, calls)

    def _of_libraries(self) -> frozenset[str]:
        """Return the names that may be, or stand for, something of a library that retries."""
        found = {
            name
            for name, meanings in self._reach.imported.items()
            if any(meant.partition(".")[0] in policies.TABLES for meant in meanings)
        }
        grows = bool(found)
        while grows:
            new = {
                name
                for name, values in self._reach.given.items()
                if name not in found and any(root_of(part) in found for value in values for part in _either(value))
            }
            found |= new
            grows = bool(new)
        return frozenset(found)

    def _has(self, judged: Callable[[Policy, ast.Call], bool], calls: list[ast.Call]) -> bool:
        if any(row.name in _BARE for each in self._decorators for row in self._rows(each)):
            return True
        if self._is_task() or any(map(self._is_hidden, calls)):
            return True
        return any(judged(row, call) for call in calls for row in self._rows(call.func)) or self._reach.gave_up

    def _rows(self, node: ast.expr) -> Iterator[Policy]:
        """Yield the policies that a call of `node` may make."""
        if root_of(node) in self._roots or "*" in self._reach.imported or isinstance(node, ast.IfExp):
            for member in self._reach.caught(node):
                row = policies.policy(member.name)
                if row is not None:
                    yield row

    def _is_hidden(self, call: ast.Call) -> bool:
        """Say whether `call` may configure a policy by something else than its name."""
        keywords = {keyword.arg for keyword in call.keywords}
        name = last(call.func)
        if name == "retry_with" or "retry_policy" in keywords or "autoretry_for" in keywords:
            return True
        if name in _ENSURING and not _INTERVALS.isdisjoint(keywords):
            return True
        if "max_retries" in keywords and any(each.name.startswith("<") for each in self._reach.caught(call.func)):
            return True
        return bool(call.args) and self._reach.may_be(call.func, _PARTIAL) and any(self._rows(call.args[0]))

    def _is_task(self) -> bool:
        """Say whether a task of celery's may tell itself to be run again: it must be bound, and given a wait."""
        bound = any(
            isinstance(each, ast.Call)
            and last(each.func).endswith("task")
            and any(keyword.arg == "bind" for keyword in each.keywords)
            for each in self._decorators
        )
        return bound and any(last(call.func) == "retry" for call in self._calls)

    # What it waits

    def _is_slack(self, row: Policy, call: ast.Call) -> bool:
        """Say whether the policy of `row` that `call` makes may wait for nothing, or always alike."""
        keywords = {keyword.arg for keyword in call.keywords}
        if None in keywords or any(isinstance(arg, ast.Starred) for arg in call.args):
            return False  # what is hidden is no policy that a rule reads
        if not row.open and not row.arguments.issuperset(each for each in keywords if each is not None):
            return False
        if row.library == "kombu" and _INTERVALS.isdisjoint(keywords):
            return False
        given = _arguments(call, row.parameters)
        counted = row.transport and row.default == 0 and row.attempts is not None
        if counted and self._number(given.get(row.attempts or "")) in {None, "?"}:
            return False
        strategy = given.get(row.strategy or "")
        if strategy is not None and not _is_none(strategy):
            return self._may_be_slack_strategy(strategy, call)
        waits = [each for each in row.waits if not each.optional or not each.arguments.isdisjoint(given)]
        return all(self._may_be_slack_wait(each, given) for each in waits)

    def _may_be_slack_strategy(self, node: ast.expr, call: ast.Call) -> bool:
        queue, seen = [node], set[str]()
        for each in queue:
            if len(queue) > _MOST_NAMES or self._is_slack_value(each, call):
                return True
            if isinstance(each, (ast.Name, ast.Attribute)) and last(each) not in seen:
                seen.add(last(each))
                queue += self._reach.given.get(last(each), ())
        return False

    def _is_slack_value(self, node: ast.expr, call: ast.Call) -> bool:
        """Say whether `node` itself is a wait that may be none, or always alike; `call` is the policy's own."""
        if isinstance(node, (ast.BinOp, ast.IfExp)):
            return True
        made = node if isinstance(node, ast.Call) else call
        for member in self._reach.caught(made.func if isinstance(node, ast.Call) else node):
            name = policies.canonical(member.name)
            wait = policies.strategy(name)
            if wait is None:
                continue
            if not wait.known:
                if name in {"tenacity.wait_chain", "tenacity.wait_combine"}:
                    return True
            elif self._may_be_slack_wait(wait, _arguments(made, wait.parameters)):
                return True
        return False

    def _may_be_slack_wait(self, wait: Wait, given: Mapping[str, ast.expr]) -> bool:
        """Say whether `wait` may be none or, of a length that is known, always alike."""
        if not wait.known:
            return False
        if wait.delays is not None and wait.delays in given:
            return True

        def number(setting: Setting) -> Number:
            value = given.get(setting.argument or "")
            return setting.default if value is None else self._number(value)

        start, factor, step = number(wait.start), number(wait.factor), number(wait.step)
        cap, floor = number(wait.cap), number(wait.floor)
        if "any" in {start, factor, step, cap, floor} or floor not in {0, None} or cap == 0 or start in {0, None}:
            return True
        if start == "?":
            return False
        if isinstance(cap, (int, float)) and isinstance(start, (int, float)) and cap <= start:
            return True
        grows = (isinstance(factor, (int, float)) and factor > 1) or (isinstance(step, (int, float)) and step > 0)
        return not grows

    def _number(self, node: ast.expr | None) -> Number:
        """Return the number as which `node` is written."""
        if isinstance(node, ast.Constant):
            return node.value if node.value is None or isinstance(node.value, (int, float)) else "?"
        if isinstance(node, ast.Name):
            return "any" if node.id in self._reach.given else "?"
        return "?" if node is None or isinstance(node, (ast.Attribute, ast.Subscript)) else "any"


def _arguments(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr]:
    given: dict[str, Any] = dict(zip(parameters, call.args, strict=False))
    return given | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _either(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions of which `node` is one."""
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, ast.IfExp):
            stack += [each.body, each.orelse]
        else:
            yield each
