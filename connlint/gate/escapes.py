"""Can a handler be one that takes some failures of the operations it is around, and not others?

CNL102, CNL103 and CNL104 hold what a handler names against what the operations in its `try` raise. Each needs a class
of a certain kind, and an operation that raises something of a certain kind: that much can be read from names.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge
from connlint.gate.reach import Member, Reach, walk_same_code
from connlint.gate.tries import CONNECTION_CLASSES, TAKE_ALL, only_raises

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connlint.knowledge.model import Operation

_BASE = "ConnectionError"
_SUBCLASSES = CONNECTION_CLASSES - {_BASE}
_MEANT_FOR = frozenset({_BASE, "ConnectionRefusedError", "ConnectionResetError"})
_REFUSAL = frozenset({_BASE, "ConnectionRefusedError"})
_NARROW = CONNECTION_CLASSES | {"TimeoutError"}
_FAILING = frozenset({"broken", "closed", "refused", "reset"})
_BELOW_LIBRARIES = frozenset({"asyncio", "socket", "ssl"})
_OF_A_RESPONSE = frozenset({"request", "response"})


class Guard(NamedTuple):
    """An `except` clause or a `with suppress(...)`: what it catches, what all clauses beside it catch, and its `body`.

    `handler` is the clause's code, nothing for a `with`.
    """

    caught: list[Member]
    clauses: list[Member]
    body: list[ast.stmt]
    handler: list[ast.stmt]


def guards(reach: Reach, tries: Iterable[ast.Try], withs: Iterable[ast.With | ast.AsyncWith]) -> Iterator[Guard]:
    """Yield the clauses of `tries`, and those of `withs` that may suppress."""
    for statement in tries:
        caught = [reach.caught(handler.type) for handler in statement.handlers]
        clauses = [member for each in caught for member in each]
        for handler, each in zip(statement.handlers, caught, strict=True):
            yield Guard(each, clauses, statement.body, handler.body)
    for block in withs:
        call = block.items[-1].context_expr
        if isinstance(call, ast.Call) and reach.may_be(call.func, "contextlib.suppress"):
            members = [member for arg in call.args for member in reach.caught(arg)]
            yield Guard(members, members, block.body, [])


def may_miss(
    reach: Reach, guard: Guard, escaping: Collection[str], *, in_test: bool = False, with_groups: bool = False
) -> bool:
    """Say whether `guard` may be one that CNL102, CNL103 or CNL104 reports.

    `escaping` are the failures that CNL104 is asked for, which says nothing of a test; `with_groups` says that a
    call may ask for all errors, which come as a group.
    """
    names = {member.name for member in guard.caught}
    foreign = not _MEANT_FOR.isdisjoint(names)
    connecting = not in_test and not only_raises(guard.handler) and _may_be_narrow(names, with_groups=with_groups)
    if not foreign and not connecting:
        return False
    if foreign and _has_cue(reach, guard):
        return True
    rows = reach.tried(guard.body)
    if rows is None:
        return True
    if _BASE in names and any(_raises_subclass(reach, row) for row in rows):
        return True
    sure = frozenset(member.name for member in guard.clauses if member.certain)
    if foreign and any(
        _raises_foreign(reach, row, names & CONNECTION_CLASSES, sure - CONNECTION_CLASSES - TAKE_ALL) for row in rows
    ):
        return True
    return connecting and any(_escapes(reach, row, names, sure, escaping) for row in rows)


def _may_be_narrow(names: Collection[str], *, with_groups: bool) -> bool:
    """Say whether CNL104 may take the classes for some failures of a connect: `OSError` misses groups alone."""
    return any(
        name in _NARROW or (name == "OSError" and with_groups) or ("." in name and knowledge.bases(name) is not None)
        for name in names
    )


def _has_cue(reach: Reach, guard: Guard) -> bool:
    """Say whether something tells CNL103 that calls it does not know are a client library's.

    That is an attribute of the exception that only such a library's has, or a class of the library caught beside the
    builtin.
    """
    if not any(map(knowledge.client, reach.packages)):
        return False
    if any(isinstance(node, ast.Attribute) and node.attr in _OF_A_RESPONSE for node in walk_same_code(guard.handler)):
        return True
    return any(
        knowledge.client(member.name) is not None and knowledge.bases(member.name) is not None
        for member in guard.clauses
    )


def _raises_subclass(reach: Reach, row: Operation) -> bool:
    """Say whether CNL102 may find that `row`, of the standard library, raises but some of the subclasses."""
    return row.name.partition(".")[0] in sys.stdlib_module_names and any(
        not _SUBCLASSES.isdisjoint(reach.lineage(failure.raises)) for failure in row.failures
    )


def _raises_foreign(reach: Reach, row: Operation, builtin: Collection[str], others: Collection[str]) -> bool:
    """Say whether `row` may fail with a library's own class that neither a class of `builtin` nor `others` takes.

    A clause for everything takes it, too, but does not make up for the one that never runs.
    """
    missed = (each.raises for each in row.failures if "." in each.raises and each.scenario in _FAILING)
    return any(
        not reach.lineage(name).issuperset(builtin) and reach.lineage(name).isdisjoint(others) for name in missed
    )


def _escapes(
    reach: Reach, row: Operation, names: Collection[str], sure: Collection[str], escaping: Collection[str]
) -> bool:
    """Say whether a failure of the connect `row` may pass by all clauses, of which `sure` are known.

    What is caught must be meant for it: a refusal, for which the builtin stands, the class of the library for a call
    that connects, or a timeout; for failures that are no refusals, whatever takes a refusal.
    """
    if row.phase not in {"connect", "request"}:
        return False
    missed = [
        failure
        for failure in row.failures
        if failure.scenario in escaping and reach.lineage(failure.raises).isdisjoint(sure)
    ]
    if any(failure.scenario != "refused" for failure in missed):
        return True
    if not missed:
        return False
    if not _REFUSAL.isdisjoint(names) and any(_is_plain(failure.raises) for failure in missed):
        return True
    if "OSError" in names and any(failure.raises.endswith("ExceptionGroup") for failure in missed):
        return True
    if "TimeoutError" in names:
        return True
    root = row.name.partition(".")[0]
    if row.phase != "connect" or root in _BELOW_LIBRARIES:
        return False
    return any(name.startswith(f"{root}.") for name in names)


def _is_plain(name: str) -> bool:
    return "." not in name or name.startswith(("socket.", "ssl."))
