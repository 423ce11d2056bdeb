"""May a loop of a file try again? Asked of the `ast`, for what the rules about retries cannot do without.

A retry is a way from a handler back to the head of its loop, and on to the call that failed. So each answer here takes
more ways than the program has: a handler whose every way leaves the loop retries nothing, and neither does a `for` that
goes on to the next item whether the call succeeded or not, nor one whose body is given the item.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from connlint import telling
from connlint.gate.marks import BLOCKS
from connlint.gate.tries import CONNECTION_CLASSES, children, is_unrelated, last, speaks, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connlint.gate.marks import Rows
    from connlint.gate.reach import Reach

    Loop = ast.For | ast.AsyncFor | ast.While

# How control may leave a block: by its end, by `continue`, `break` or `raise`. What returns goes nowhere.
_ON, _AGAIN, _OUT, _RAISED = 1, 2, 4, 8
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WITHS = (ast.With, ast.AsyncWith)
_TRIES = (ast.Try, ast.TryStar)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
# What surely does not count when a `for` goes through it.
_COLLECTING = frozenset(
    {"dict", "enumerate", "filter", "iter", "list", "map", "reversed", "set", "sorted", "tuple", "zip"}
)
_METHODS_OF_COLLECTIONS = frozenset({"items", "keys", "split", "splitlines", "values"})
_SUPPRESS = "contextlib.suppress"
_HOT = frozenset({"connect", "request"})


class _Place(NamedTuple):
    """Where a statement stands: in which block of what, and at which position."""

    owner: ast.AST
    field: str
    block: Sequence[ast.AST]
    at: int


class Round(NamedTuple):
    """A handler, or a `with` that suppresses, whose failure may lead back to the head of its loop.

    `items` are the classes that it names, None for all; `leaves` says whether the loop may be over after an attempt
    that succeeded, and `is_for` whether it is a `for`.
    """

    items: tuple[ast.expr | None, ...]
    body: Sequence[ast.stmt]
    leaves: bool
    is_for: bool


class Rounds:
    """The loops of a file, and what may be tried again in them.

    `rows` are those of clauses, None where a `with` may take exceptions as well.
    """

    def __init__(self, tree: ast.Module, reach: Reach, rows: Rows | None = None) -> None:
        self._reach = reach
        self._places: dict[ast.AST, _Place] = {}
        self._guards: list[Any] = []
        stack: list[ast.AST] = [tree]
        while stack:
            owner = stack.pop()
            for field in BLOCKS.get(owner.__class__, ()):
                block: list[ast.AST] = getattr(owner, field)
                for index, node in enumerate(block):
                    if node.__class__ in BLOCKS and (rows is None or field == "cases" or rows.touch(node)):
                        self._places[node] = _Place(owner, field, block, index)
                        stack.append(node)
            if isinstance(owner, (ast.Try, ast.With)):
                self._guards.append(owner)

    def may_retry(self) -> bool:
        """Say whether a loop of the file may try again what failed to reach its peer."""
        return any(map(self._may_be_retry, self.found())) or self._reach.gave_up

    def may_recur(self) -> bool:
        """Say whether a function of the file may try again, by calling itself, what failed to reach its peer."""
        return any(map(self._may_be_retry, self._recurring())) or self._reach.gave_up

    def _recurring(self) -> Iterator[Round]:
        """Yield the handlers that call the function that they stand in."""
        for node in self._guards:
            name = self._function_around(node) if isinstance(node, ast.Try) else None
            for handler in node.handlers if name is not None else ():
                calls = (each for line in handler.body for each in walk(line) if isinstance(each, ast.Call))
                if any(last(each.func) == name for each in calls):
                    yield Round((handler.type,), node.body, leaves=True, is_for=False)

    def _function_around(self, node: ast.AST) -> str | None:
        """Return the name of the function whose own code `node` is part of."""
        place = self._places.get(node)
        while place is not None:
            if isinstance(place.owner, _DEFINITIONS):
                return None if isinstance(place.owner, ast.ClassDef) else place.owner.name
            place = self._places.get(place.owner)
        return None

    def found(self) -> Iterator[Round]:
        """Yield what may lead back to the head of a loop."""
        for node in self._guards:
            loop = self._loop_of(node)
            if loop is None or (isinstance(loop, (ast.For, ast.AsyncFor)) and self._works_through(loop, node.body)):
                continue
            is_for = not isinstance(loop, ast.While)
            leaves = self._may_leave(loop, node)
            if is_for and not leaves:
                continue
            for items, first in self._taking(node):
                if self._comes_back(node, first, loop):
                    yield Round(items, node.body, leaves, is_for)

    def _taking(self, node: Any) -> Iterator[tuple[tuple[ast.expr | None, ...], Sequence[ast.stmt]]]:
        """Yield what `node` takes, and what runs then."""
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield (handler.type,), handler.body
            return
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and self._reach.may_be(call.func, _SUPPRESS):
                yield tuple(call.args), ()

    def _loop_of(self, node: ast.AST) -> Loop | None:
        """Return the loop whose own body `node` is part of."""
        place = self._places.get(node)
        while place is not None and not isinstance(place.owner, _DEFINITIONS):
            if isinstance(place.owner, _LOOPS) and place.field == "body":
                return place.owner
            place = self._places.get(place.owner)
        return None

    # Ways

    def _comes_back(self, node: ast.AST, first: Sequence[ast.stmt], loop: Loop) -> bool:
        """Say whether control may come from `first`, which runs when `node` has taken a failure, to the next pass."""
        ways = _through(_ways(first), node)
        while True:
            place = self._places[node]
            owner = place.owner
            if ways & _ON and place.field not in {"handlers", "cases"}:
                ways = ways & ~_ON | _ways(place.block[place.at + 1 :])
            if owner is loop:
                return bool(ways & (_ON | _AGAIN))
            if isinstance(owner, _TRIES):
                if place.field == "body":
                    if ways & _RAISED:
                        for handler in owner.handlers:
                            ways |= _ways(handler.body)
                    if ways & _ON and owner.orelse:
                        ways = ways & ~_ON | _ways(owner.orelse)
                if place.field != "finalbody":
                    ways = _through(ways, owner)
            elif isinstance(owner, _WITHS) and ways & _RAISED:
                ways |= _ON
            node = owner

    def _may_leave(self, loop: Loop, node: ast.AST) -> bool:
        """Say whether `loop` may be over after what `node` tries has succeeded.

        A handler runs only after a failure, unless `node` stands in it.
        """
        if isinstance(loop, ast.While) and not (isinstance(loop.test, ast.Constant) and loop.test.value):
            return True
        around: set[ast.AST] = set()
        while node is not loop:
            around.add(node)
            node = self._places[node].owner
        stack: list[tuple[ast.AST, bool]] = [(each, True) for each in loop.body]
        while stack:
            each, is_own = stack.pop()
            if isinstance(each, ast.Return) or (is_own and isinstance(each, ast.Break)):
                return True
            if isinstance(each, _DEFINITIONS) or (isinstance(each, ast.ExceptHandler) and each not in around):
                continue
            for field in _BLOCKS:
                inside = is_own and not (isinstance(each, _LOOPS) and field == "body")
                stack += [(inner, inside) for inner in getattr(each, field, ())]
        return False

    def _works_through(self, loop: ast.For | ast.AsyncFor, body: Sequence[ast.stmt]) -> bool:
        """Say whether what is tried in `body` is given the item that `loop` is at: then the next pass is other work."""
        targets = {each.id for each in walk(loop.target) if isinstance(each, ast.Name)}
        if self._may_count(loop.iter):
            subscripts = (each.slice for line in body for each in walk(line) if isinstance(each, ast.Subscript))
            return any(not targets.isdisjoint(_plain_names(each)) for each in subscripts)
        return any(not targets.isdisjoint(_names_but_for_timeouts(line)) for line in body)

    def _may_count(self, node: ast.expr) -> bool:
        """Say whether `node` may be a `range`, `itertools.count` or `itertools.repeat`."""
        if not isinstance(node, ast.Call):
            return False
        name = last(node.func)
        if isinstance(node.func, ast.Name):
            reach = self._reach
            is_plain = name in _COLLECTING and not any(name in each for each in (reach.imported, reach.given))
            return not is_plain or "*" in reach.imported
        return name not in _METHODS_OF_COLLECTIONS

    # What is tried

    def _may_be_retry(self, found: Round) -> bool:
        calls = [each for line in found.body for each in walk(line) if isinstance(each, ast.Call)]
        if not calls:
            return False
        may_take = any(item is None or not self._is_unrelated(item) for item in found.items)
        tried = self._reach.tried(found.body) if may_take else ()
        if tried is None or any(each.phase in _HOT for each in tried):
            return True
        # Where what is tried is not known, a loop that is not left when it succeeds must connect by its name.
        if not found.leaves and not any(map(_connects_by_name, calls)):
            return False
        return self._names_connections(found.items) or (may_take and any(map(speaks, calls)))

    # What is taken

    def _is_unrelated(self, item: ast.expr) -> bool:
        """Say whether `item` surely is a builtin class, or several, that no failure of a connection is of."""
        leaves = self._reach.leaves(item)
        return bool(leaves) and all(
            leaf and all(member.certain and is_unrelated(member.name) for member in leaf) for leaf in leaves
        )

    def _names_connections(self, items: Iterable[ast.expr | None]) -> bool:
        """Say whether one of the classes `items` may show by its name that what is tried reaches a peer."""
        members = [member for item in items if item is not None for member in self._reach.caught(item)]
        names = {name for member in members for name in self._reach.lineage(member.name)}
        if any(map(_may_mean_connections, names)) or any(member.written == "socket.error" for member in members):
            return True
        return "OSError" in names and any(map(telling.speaks_of_a_transfer, names))


def _may_mean_connections(name: str) -> bool:
    """Say whether the class `name`, or one that derives from it, may mean that a connection failed."""
    from connlint import knowledge

    if name in CONNECTION_CLASSES or telling.speaks_of_connections(name):
        return True
    return "." in name and knowledge.is_connection_failure(name)


def _ways(block: Iterable[ast.AST]) -> int:
    """Return how control may leave `block`."""
    found = 0
    for line in block:
        ways = _ways_of(line)
        found |= ways & ~_ON
        if not ways & _ON:
            return found
    return found | _ON


def _ways_of(line: ast.AST) -> int:
    if isinstance(line, ast.If):
        return _ways_of_if(line)
    if isinstance(line, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
        return {ast.Break: _OUT, ast.Continue: _AGAIN, ast.Raise: _RAISED}.get(line.__class__, 0)
    if isinstance(line, _LOOPS):
        return _ON | (_ways(line.body) & _RAISED) | _ways(line.orelse)
    if isinstance(line, _WITHS):
        ways = _ways(line.body)
        return ways | _ON if ways & _RAISED else ways
    if isinstance(line, _TRIES):
        ways = _ways(line.body)
        if ways & _ON and line.orelse:
            ways = ways & ~_ON | _ways(line.orelse)
        for handler in line.handlers:
            ways |= _ways(handler.body)
        return _through(ways, line)
    if isinstance(line, ast.Match):
        ways = _ON
        for case in line.cases:
            ways |= _ways(case.body)
        return ways
    return _ON


def _ways_of_if(line: ast.If) -> int:
    found = 0
    while True:
        found |= _ways(line.body)
        if len(line.orelse) != 1 or not isinstance(line.orelse[0], ast.If):
            return found | _ways(line.orelse)
        line = line.orelse[0]


def _through(ways: int, statement: ast.AST) -> int:
    """Return how `ways` go on behind the `finally` of `statement`."""
    final = _ways(getattr(statement, "finalbody", ()))
    return (ways if final & _ON else 0) | (final & ~_ON)


def _plain_names(node: ast.AST) -> Iterator[str]:
    """Yield the names in `node` that are no part of a dotted one."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Name):
            yield current.id
            continue
        while isinstance(current, ast.Attribute):
            current = current.value
        if not isinstance(current, ast.Name):
            stack += children(current)


def _names_but_for_timeouts(node: ast.AST) -> Iterator[str]:
    """Yield the names in `node`, but for what is given as a keyword that speaks of timeouts."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Name):
            yield current.id
        elif not (isinstance(current, ast.keyword) and "timeout" in (current.arg or "") and _is_name(current.value)):
            stack += children(current)


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def _connects_by_name(call: ast.Call) -> bool:
    name = last(call.func)
    return telling.speaks_of_connecting(name) or (name[:1].isupper() and name.endswith("Connection"))
