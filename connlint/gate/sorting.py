"""Can a handler be one that sorts out by statements what it took, as CNL101 reports it?

Such a handler begins with the names that it gives to what it took, and then asks that, in an `if` or a `match`, for
errnos or for classes. `connlint.facts.dispatch` understands each test to the last word or says nothing; here it is
enough that the tests speak of what was taken and name an errno or a class that the rule can be about.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint import knowledge
from connlint.gate.reach import Reach, walk_same_code
from connlint.gate.tries import TAKE_ALL, last, walk
from connlint.knowledge import errnos as table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


_ERRNOS = frozenset({*table.CLASS_OF, *table.ALIASES})
_NUMBERS = (table.NAME_OF, table.NAME_OF_ON_BSD)
_PLAIN = frozenset({"ConnectionError", "OSError"})


def may_sort_out(reach: Reach, statement: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Say whether `handler`, which asks what it took, may sort it out so that CNL101 reports it.

    What is not picked is raised again; only errnos of connections may be picked from an `OSError` and the rest dropped.
    A later clause for everything would take what the narrowed one no longer does, and the rule is silent.
    """
    later = statement.handlers[statement.handlers.index(handler) + 1 :]
    members = [member for each in later for member in reach.caught(each.type)]
    if any(member.certain and member.name in TAKE_ALL for member in members):
        return False
    tests = [*_tests(handler)]
    codes = _errnos(reach, tests)
    again = _raises_again(handler)
    if codes and (again or _may_swallow(reach, statement, handler, codes)) and _may_be_about(reach, statement, codes):
        return True
    return again and _names_connections(reach, statement, tests)


def _tests(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    """Yield all that `handler` asks: what its first test leaves may be asked more below."""
    for node in walk(handler):
        if isinstance(node, ast.If):
            yield node.test
        elif isinstance(node, ast.match_case):
            yield node.pattern


def _errnos(reach: Reach, tests: Iterable[ast.AST]) -> frozenset[str]:
    """Return the errnos that `tests` name, or the constants in them."""
    found: set[str] = set()
    seen: set[str] = set()
    queue = [*tests]
    for test in queue:
        for node in walk(test):
            if reach.is_too_much():
                return frozenset(table.CLASS_OF)
            if isinstance(node, ast.Constant):
                if node.value.__class__ is int:
                    found.update(name for names in _NUMBERS if (name := names.get(node.value)) is not None)
                elif node.value in _ERRNOS:
                    found.add(node.value)
                continue
            name = last(node)
            if name and name not in seen:
                seen.add(name)
                found |= _ERRNOS.intersection(
                    {name, *(meant.rpartition(".")[2] for meant in reach.imported.get(name, ()))}
                )
                queue += reach.given.get(name, ())
    return frozenset(table.ALIASES.get(name, name) for name in found)


def _may_be_about(reach: Reach, statement: ast.Try, codes: Collection[str]) -> bool:
    """Say whether errnos tell of connections: some do by themselves, the others where the network is tried."""
    if not table.OF_CONNECTIONS.isdisjoint(codes):
        return True
    rows = reach.tried(statement.body)
    return rows is None or any(row.name != "os.write" for row in rows)


def _may_swallow(reach: Reach, statement: ast.Try, handler: ast.ExceptHandler, codes: Collection[str]) -> bool:
    """Say whether the rest may be lost by oversight: of an `OSError`, where what is picked is surely raised."""
    if _PLAIN.isdisjoint(member.name for member in reach.caught(handler.type)):
        return False
    classes = {table.CLASS_OF[name] for name in codes}
    rows = reach.tried(statement.body)
    return rows is None or any(failure.raises in classes for row in rows for failure in row.failures)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(node, ast.Raise) and node.cause is None and (node.exc is None or isinstance(node.exc, ast.Name))
        for node in walk_same_code(handler.body)
    )


def _names_connections(reach: Reach, statement: ast.Try, tests: Iterable[ast.AST]) -> bool:
    """Say whether one of `tests` may ask for a class that tells of connections, alone or by what is tried."""
    classes = {member.name for node in _classes(tests) for member in reach.caught(node)} - {"OSError"}
    if any(map(knowledge.is_connection_failure, classes - {"TimeoutError"})):
        return True
    if "TimeoutError" not in classes:
        return False
    rows = reach.tried(statement.body)
    return rows is None or bool(rows)


def _classes(tests: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield the expressions that may be the classes which `tests` ask for."""
    for test in tests:
        for node in walk(test):
            if isinstance(node, ast.Call) and len(node.args) == 2:
                yield node.args[1]
            elif isinstance(node, ast.Compare):
                yield from node.comparators
            elif isinstance(node, ast.MatchClass):
                yield node.cls
