"""May a clause be dead because those above it take all that it names, as CNL105 reports it?

That needs classes whose bases the tables or the file tell: each that the later clause names must be, or derive from,
one that an earlier clause names, whatever the names may stand for besides. And one of them must tell of connections, or
be an error of the system where the network is tried.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from connlint import knowledge

if TYPE_CHECKING:
    import ast

    from connlint.gate.reach import Member, Reach

# Modules of the standard library whose exceptions tell of connections, whichever they are.
_OF_CONNECTIONS = frozenset(
    """
    ftplib http imaplib nntplib poplib select smtplib socket socketserver ssl telnetlib urllib xmlrpc
    """.split()
)


def may_take_twice(reach: Reach, statement: ast.Try) -> bool:
    """Say whether an earlier clause of `statement` may take all that a later one names."""
    earlier: set[str] = set()
    for handler in statement.handlers:
        leaves = reach.leaves(handler.type)
        if handler.type is not None and earlier:
            taken = all(_is_taken(reach, leaf, earlier) for leaf in leaves)
            if taken and _is_ours(reach, statement, [member for leaf in leaves for member in leaf]):
                return True
        earlier.update(member.name for leaf in leaves for member in leaf)
    return False


def _is_taken(reach: Reach, leaf: list[Member], earlier: set[str]) -> bool:
    """Say whether one of the classes that `leaf` may stand for derives from one of `earlier`."""
    return "BaseException" in earlier or any(not reach.lineage(member.name).isdisjoint(earlier) for member in leaf)


def _is_ours(reach: Reach, statement: ast.Try, members: list[Member]) -> bool:
    """Say whether a clause is about connections, by its classes or by what is tried."""
    if any(_tells(reach, member) for member in members):
        return True
    if not any("OSError" in reach.lineage(member.name) for member in members):
        return False
    rows = reach.tried(statement.body)
    return rows is None or bool(rows)


def _tells(reach: Reach, member: Member) -> bool:
    """Say whether the class tells by itself of connections; a plain `OSError` does only by the name of a module."""
    if member.name == "OSError":
        return knowledge.canonical(member.written.rpartition(".")[0]).partition(".")[0] in _OF_CONNECTIONS
    return any(
        map(_means_connections, reach.lineage(member.name) if member.name.startswith("<file>") else [member.name])
    )


def _means_connections(name: str) -> bool:
    package, dot, _ = name.partition(".")
    if dot and (package in _OF_CONNECTIONS or package not in sys.stdlib_module_names):
        return knowledge.bases(name) is not None
    return name != "OSError" and knowledge.is_connection_failure(name)
