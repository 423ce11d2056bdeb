"""Where the failure of a coroutine comes out.

A coroutine raises nothing where it is made: its failure comes out where it is awaited, run or gathered, and that may be
lines later, through the name that it was given. A task that nobody awaits lets it out nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import argument, dotted
from connlint.records import Record

if TYPE_CHECKING:
    from connlint.facts import Facts

_DEEPEST = 8

# What runs the coroutine that it is given, and lets its failure out.
RUNNERS = frozenset({"asyncio.run", "trio.run", "anyio.run", "asyncio.runners.run"})
_RUNNER_METHODS = frozenset({"run_until_complete"})
_WAITERS = frozenset({"asyncio.wait_for", "asyncio.shield"})
_GATHERERS = frozenset({"asyncio.gather"})
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.async"})
_TASK_METHODS = frozenset({"create_task", "ensure_future"})
# What asks of a task or a coroutine nothing that would tell how it ended.
_IDLE_METHODS = frozenset({"cancel", "cancelled", "close", "done", "get_name", "set_name"})


class Outlet(Record):
    """A place where the failure of a coroutine comes out; None for a task that nobody awaits.

    `gathered` says that it gets there through `asyncio.gather`, where others may fail the same way.
    """

    node: cst.BaseExpression | None
    gathered: bool = False


class AwaitedReader:
    """Finds the outlets of the coroutines of one file."""

    def __init__(self, facts: Facts) -> None:
        self._index = facts.index
        self._names = facts.names

    def outlets(self, made: cst.BaseExpression) -> list[Outlet] | None:
        """Return every place where a failure of the coroutine `made` comes out; None if that cannot be told."""
        return self._outlets(made, 0)

    def _outlets(self, made: cst.BaseExpression, depth: int) -> list[Outlet] | None:
        parent = self._index.parents.get(made)
        if depth > _DEEPEST:
            return None
        if type(parent) is cst.Await:
            return [Outlet(parent)]
        if type(parent) is cst.Arg:
            return self._given(parent, depth)
        if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)) and parent.value is made:
            return self._named(made, parent, depth)
        if isinstance(parent, (cst.ListComp, cst.GeneratorExp)) and parent.elt is made:
            return self._outlets(parent, depth + 1)
        if type(parent) is cst.Element:
            collection = self._index.parents.get(parent)
            return self._outlets(collection, depth + 1) if isinstance(collection, (cst.List, cst.Tuple)) else None
        return [Outlet(None)] if type(parent) is cst.Expr and self._is_task(made) else None

    def _given(self, arg: cst.Arg, depth: int) -> list[Outlet] | None:
        """Return where the failure comes out of the call that is given the coroutine as `arg`."""
        call = self._index.parents.get(arg)
        if type(call) is not cst.Call:
            return None
        name = self._names.qualified(call.func)
        if name in _GATHERERS:
            found = self._outlets(call, depth + 1) if argument(call, None, "return_exceptions") is None else None
            return None if found is None else [Outlet(each.node, gathered=True) for each in found]
        if call.args[0] is not arg or arg.star or self._is_collection(arg.value):
            return None
        method = call.func.attr.value if type(call.func) is cst.Attribute else None
        if name in RUNNERS or method in _RUNNER_METHODS:
            return [Outlet(call)]
        if name in _WAITERS or self._is_task(call):
            return self._outlets(call, depth + 1)
        if method == "append" and type(call.func) is cst.Attribute and type(call.func.value) is cst.Name:
            return self._uses(call.func.value, call.func.value, depth)
        return None

    @staticmethod
    def _is_collection(value: cst.BaseExpression) -> bool:
        return isinstance(value, (cst.List, cst.Tuple, cst.ListComp, cst.GeneratorExp))

    def _named(
        self, made: cst.BaseExpression, statement: cst.Assign | cst.AnnAssign | cst.NamedExpr, depth: int
    ) -> list[Outlet] | None:
        several = isinstance(statement, cst.Assign) and len(statement.targets) > 1
        name = statement.targets[0].target if isinstance(statement, cst.Assign) else statement.target
        if several or type(name) is not cst.Name:
            return None
        found = self._uses(name, name, depth)
        return [Outlet(None)] if found == [] and self._is_task(made) else found or None

    def _uses(self, name: cst.Name, besides: cst.Name, depth: int) -> list[Outlet] | None:
        """Return where the failure comes out of what `name` is bound to; None if one of its uses hides that."""
        scope = self._index.scope_of(name)
        bindings = self._names.bindings(name)
        if len(bindings) != 1 or self._names.owner(name.value, scope) is not scope:
            return None
        found: list[Outlet] = []
        for use in self._names.uses(name.value, scope.node):
            if use is besides or use is bindings[0].node or self._is_target(use):
                continue
            if self._index.function_of(use) is not self._index.function_of(name):
                return None
            parent = self._index.parents.get(use)
            if type(parent) is cst.Attribute:
                if parent.attr.value in _IDLE_METHODS or parent.attr.value == "append":
                    continue
                return None
            if type(parent) is cst.Await:
                found.append(Outlet(parent))
                continue
            outlets = self._given(parent, depth + 1) if type(parent) is cst.Arg else None
            if outlets is None:
                return None
            found += outlets
        return found

    def _is_target(self, name: cst.Name) -> bool:
        parent = self._index.parents.get(name)
        return type(parent) is cst.AssignTarget or (
            isinstance(parent, (cst.AnnAssign, cst.NamedExpr)) and parent.target is name
        )

    def _is_task(self, made: cst.BaseExpression) -> bool:
        """Say whether `made` makes a task that belongs to no group: a group (`tg.create_task`) awaits its own."""
        if type(made) is not cst.Call:
            return False
        if self._names.qualified(made.func) in _TASKS:
            return True
        if type(made.func) is not cst.Attribute or made.func.attr.value not in _TASK_METHODS:
            return False
        loop = made.func.value
        said = dotted(loop.func if type(loop) is cst.Call else loop) or ""
        return said.rpartition(".")[2].endswith("loop")
