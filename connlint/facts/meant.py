"""The handling that was meant for a connect and misses it.

Two slips show what the author wanted, even in code that may hand its failures on: of two branches that connect, one is
guarded and the other is not; and the connect stands on the line above the `try` whose handler speaks of nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.effects import HARMLESS_METHODS
from connlint.facts.tree import walk, walk_same_code
from connlint.lazy import TextPattern
from connlint.telling import speaks_of_a_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import ConnectSite

# What only a connect raises, of all that is done to a stream.
_ONLY_CONNECTS = frozenset({"ConnectionRefusedError", "socket.gaierror"})
_SAYS_SO = TextPattern(
    r"\brefused\b|\b(?:could|can) ?(?:not|n't) connect\b|\bcan't connect\b"
    r"|\b(?:unable|fail(?:s|ed|ure)?) (?:to connect|connecting)\b|\bconnect(?:ing)? failed\b",
    re.IGNORECASE,
)
# What may stand between the connect and the `try` that was meant for it.
_BETWEEN = frozenset({"settimeout", "setblocking", "setsockopt"})
_MOST_BETWEEN = 3


def guard_of_sibling(facts: Facts, site: ConnectSite) -> cst.ExceptHandler | None:
    """Return the handler that would take the failure of `site` and guards the connect in a sibling branch."""
    for branches, own in _forks(facts, site.call):
        for other in facts.connects:
            branch = next((each for each in branches if _is_below(facts, other.call, each)), None)
            if branch is None or branch is own or other.by_result or other.patient:
                continue
            if facts.index.function_of(other.call) is not facts.index.function_of(site.call):
                continue
            for guard in other.guards:
                handler = guard.node
                if type(handler) is cst.ExceptHandler and _is_below(facts, handler, branch) and not guard.passes_on:
                    takes = all(facts.exceptions.taken(guard.caught, name) is True for name in site.escapes)
                    return handler if takes and _acts(facts, handler) else None
    return None


def _forks(facts: Facts, node: cst.CSTNode) -> Iterator[tuple[list[cst.CSTNode], cst.CSTNode]]:
    """Yield the branches of each `if` and `match` around `node` in its function, and the one that it stands in."""
    below = node
    for ancestor in facts.index.ancestors(node):
        if isinstance(ancestor, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return
        if type(ancestor) is cst.Match and type(below) is cst.MatchCase:
            yield [*ancestor.cases], below
        elif type(ancestor) is cst.If:
            inner = facts.index.parents.get(ancestor)
            if not (type(inner) is cst.If and inner.orelse is ancestor):
                branches = _branches(ancestor)
                own = next((each for each in branches if _is_below(facts, node, each)), None)
                if own is not None:
                    yield branches, own
        below = ancestor


def _branches(statement: cst.If) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    current: cst.If | cst.Else | None = statement
    while current is not None:
        found.append(current.body)
        current = current.orelse if type(current) is cst.If else None
    return found


def _is_below(facts: Facts, node: cst.CSTNode, root: cst.CSTNode) -> bool:
    return any(ancestor is root for ancestor in facts.index.ancestors(node))


def _acts(facts: Facts, handler: cst.ExceptHandler) -> bool:
    """Say whether `handler` answers the failure: not by silence, and not by another attempt."""
    nodes = list(walk_same_code(handler.body))
    if any(isinstance(node, (cst.Continue, cst.Try)) for node in nodes):
        return False
    if any(site.call in nodes for site in facts.connects):
        return False
    return any(isinstance(node, (cst.Call, cst.Raise, cst.Return)) for node in nodes)


def statement_below(
    facts: Facts, site: ConnectSite, line: cst.SimpleStatementLine
) -> tuple[tuple[cst.SimpleStatementLine, ...], cst.Try] | None:
    """Return the `try` below `line`, where `site` connects, that was meant for it, and the lines in between."""
    block = facts.index.parents.get(line)
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return None
    lines: Sequence[cst.CSTNode] = block.body
    at = next(index for index, each in enumerate(lines) if each is line)
    between: list[cst.SimpleStatementLine] = []
    for each in lines[at + 1 : at + 2 + _MOST_BETWEEN]:
        if type(each) is cst.Try:
            return (tuple(between), each) if _is_for(facts, site, each) else None
        if type(each) is not cst.SimpleStatementLine or not _is_idle(facts, each):
            return None
        between.append(each)
    return None


def _is_idle(facts: Facts, line: cst.SimpleStatementLine) -> bool:
    """Say whether `line` only reports or sets an option of the socket."""
    for small in line.body:
        call = small.value if type(small) is cst.Expr else None
        if type(call) is not cst.Call:
            return False
        name = call.func.attr.value if type(call.func) is cst.Attribute else None
        if name not in _BETWEEN | HARMLESS_METHODS and facts.names.qualified(call.func) != "print":
            return False
    return True


def _is_for(facts: Facts, site: ConnectSite, statement: cst.Try) -> bool:
    handlers = [(each, facts.names.classes(each.type)) for each in statement.handlers]
    meant = [
        each
        for each, caught in handlers
        if any(facts.exceptions.taken(caught, name) is True for name in site.escapes)
        and (_ONLY_CONNECTS & set(caught) or any(_SAYS_SO.search(text) for text in _texts(each)))
    ]
    return bool(meant) and not _may_connect(facts, statement.body)


def _texts(handler: cst.ExceptHandler) -> Iterator[str]:
    for node in walk(handler.body):
        if type(node) is cst.SimpleString and isinstance(node.evaluated_value, str):
            yield node.evaluated_value
        elif type(node) is cst.FormattedStringText:
            yield node.value


def _may_connect(facts: Facts, body: cst.BaseSuite) -> bool:
    """Say whether something in `body` may connect itself, by what it is or by its name."""
    effects = facts.effects.of([body])
    if any(item.operation.phase in {"connect", "request"} for item in effects.tried):
        return True
    calls = [node for node in walk_same_code(body) if type(node) is cst.Call]
    names = (call.func.attr if type(call.func) is cst.Attribute else call.func for call in calls)
    return any(type(name) is cst.Name and speaks_of_a_peer(name.value) for name in names)
