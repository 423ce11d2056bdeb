"""May a file connect so that a rule has something to say? Asked of the `ast`, for what each of the rules needs.

A socket leaks only where it is made in the function that connects it. A failure ends the program, a thread or a task
only where code that no function holds, a thread or a task comes to the connect by the names of the functions on the
way; and handling misses it only where a `try` stands below it, or beside it in another branch.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from connlint.gate.marks import parts
from connlint.gate.tries import last, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from connlint.gate.marks import Rows
    from connlint.gate.reach import Reach

    Function = ast.FunctionDef | ast.AsyncFunctionDef

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SOCKETS = frozenset({"socket.socket", "ssl.SSLSocket"})
_MAKING = frozenset({"SSLSocket", "SocketType", "socket", "wrap_socket"})
_ON_SOCKETS = frozenset({"connect", "connect_ex", "sock_connect"})
_LEAKING = frozenset({"connect", "sock_connect"})
# What starts a thread or a task.
_THREADS = frozenset({"Thread", "Timer", "start_new_thread"})
_TASKS = frozenset({"async", "create_task", "ensure_future"})
_FIRST_REQUESTS = frozenset({"http.client.HTTPConnection.request", "http.client.HTTPSConnection.request"})
# What a handler says that is for a connect.
_ONLY_CONNECTS = frozenset({"ConnectionRefusedError", "socket.gaierror"})
_SPEAKING = re.compile("connect|refused", re.IGNORECASE)


def may_connect_again(tree: ast.Module, rows: Rows | None) -> bool:
    """Say whether a socket may be connected in a loop; `rows` are those that say `connect`."""
    return any(
        isinstance(node, ast.Call) and last(node.func) in _ON_SOCKETS
        for part in parts(tree, rows)
        if part.in_loop
        for node in walk(part.node)
    )


def may_ignore_result(tree: ast.Module, rows: Rows | None) -> bool:
    """Say whether the result of a `connect_ex` is dropped, or only given a name; `rows` are those that say so."""
    return any(
        isinstance(part.node, (ast.Expr, ast.Assign, ast.AnnAssign))
        and isinstance(part.node.value, ast.Call)
        and last(part.node.value.func) == "connect_ex"
        for part in parts(tree, rows)
    )


class Connecting:
    """The calls of a file that may connect; `names` are the last names of the operations that do."""

    def __init__(self, tree: ast.Module, reach: Reach, names: Collection[str]) -> None:
        self._reach = reach
        self._names = names
        self._calls: dict[Function | None, list[ast.Call]] = {None: []}
        self._mentioned: dict[Function | None, set[str]] = {None: set()}
        self._handling: set[Function | None] = set()
        self._forking: set[Function | None] = set()
        self._below: dict[Function | None, list[ast.Try]] = {}
        stack: list[tuple[ast.AST, Function | None]] = [(tree, None)]
        while stack:
            node, function = stack.pop()
            if isinstance(node, _FUNCTIONS):
                # its decorators and defaults run where it stands
                stack += [(outer, function) for outer in (*node.decorator_list, node.args)]
                stack += [(line, node) for line in node.body]
                self._note_below(node.body, node)
                self._calls.setdefault(node, [])
                self._mentioned.setdefault(node, set())
                continue
            if isinstance(node, ast.Call):
                self._calls[function].append(node)
            elif isinstance(node, ast.Try):
                self._handling.add(function)
            elif (isinstance(node, ast.If) and node.orelse) or isinstance(node, ast.Match):
                self._forking.add(function)
            elif isinstance(node, (ast.Name, ast.Attribute)):
                self._mentioned[function].add(last(node))
            for field in node._fields:
                value = getattr(node, field, None)
                if value.__class__ is list:
                    stack += [(item, function) for item in value if isinstance(item, ast.AST)]
                    self._note_below(value, function)
                elif isinstance(value, ast.AST):
                    stack.append((value, function))

    def _note_below(self, block: Sequence[ast.AST], function: Function | None) -> None:
        """Note what stands below something else."""
        self._below.setdefault(function, []).extend(each for each in block[1:] if isinstance(each, ast.Try))

    def _speaks_of_connecting(self, statement: ast.Try) -> bool:
        """Say whether a handler of `statement` may be for a connect above it, by its class or by what it says."""
        return any(
            any(member.name in _ONLY_CONNECTS for member in self._reach.caught(handler.type))
            or any(_SPEAKING.search(text) for line in handler.body for text in _texts(line))
            for handler in statement.handlers
        )

    def may_leak(self) -> bool:
        """Say whether a function, or the module, may make a socket and connect it."""
        return self._reach.gave_up or any(
            any(last(call.func) in _LEAKING and self.may_connect(call) for call in calls)
            and any(map(self._makes, calls))
            for calls in self._calls.values()
        )

    def _makes(self, call: ast.Call) -> bool:
        name = last(call.func)
        if name in _MAKING or isinstance(call.func, ast.IfExp):
            return True
        return any(member.name in _SOCKETS or member.name.startswith("<") for member in self._reach.caught(call.func))

    def may_escape(self) -> bool:
        """Say whether the failure of a connect may end the program, a thread or a task, or miss its handling."""
        found = {function: sum(map(self.may_connect, calls)) for function, calls in self._calls.items()}
        return self._reach.gave_up or any(
            function is None
            or function.name in self._reached
            or any(map(self._speaks_of_connecting, self._below.get(function, ())))
            or (number > 1 and function in self._handling and function in self._forking)
            for function, number in found.items()
            if number
        )

    def may_connect(self, call: ast.Call) -> bool:
        """Say whether `call` may be an operation that connects, or the first request of a connection."""
        func = call.func
        name = last(func)
        if isinstance(func, ast.Attribute):
            if name not in self._names and name not in {"request", "__init__"}:
                return False
        elif name and name not in self._names and not self._reach.caught(func):
            return False
        tried = self._reach.tried([ast.Call(func=func, args=[], keywords=[])])
        return tried is None or any(each.phase == "connect" or each.name in _FIRST_REQUESTS for each in tried)

    @cached_property
    def _reached(self) -> frozenset[str]:
        """The names of the functions to which code that no function holds, a thread or a task may come."""
        by_name: dict[str, list[Function]] = {}
        for function in self._calls:
            if function is not None:
                by_name.setdefault(function.name, []).append(function)
        found: set[str] = set()
        todo = [*self._mentioned[None], *self._apart()]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                for function in by_name.get(name, ()):
                    todo += self._mentioned[function]
        return frozenset(found)

    def _apart(self) -> Iterator[str]:
        """Yield what threads and tasks may run: what they are given, and every coroutine where there are tasks."""
        parts = {part for names in self._reach.imported.values() for name in names for part in name.split(".")}
        mentioned = parts.union(*self._mentioned.values())
        if not mentioned.isdisjoint({"*", "threading", "_thread", "thread"} | _THREADS):
            yield "run"  # of a class of threads
            for call in (call for calls in self._calls.values() for call in calls):
                if last(call.func) in _THREADS or self._reach.caught(call.func):
                    for given in (*call.args, *(keyword.value for keyword in call.keywords)):
                        yield from filter(None, map(last, walk(given)))
        if not mentioned.isdisjoint(_TASKS):
            yield from (each.name for each in self._calls if isinstance(each, ast.AsyncFunctionDef))


def _texts(node: ast.AST) -> Iterator[str]:
    return (each.value for each in walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))
