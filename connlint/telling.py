"""Names that tell of the network where the tables do not know the thing itself.

WASABI (SOSP'24) finds 92.5 % of the loops that it calls retries to be retries by control flow and names together,
where control flow alone gives less than a third. So a name counts here only in a loop whose control flow is already
that of a retry, and only if it is of a narrow kind: a class whose name says that a connection failed, or a call whose
name says that it connects, requests or transfers something.
"""

from __future__ import annotations

import re
from functools import cache

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_FAILED = frozenset(
    """
    communication connect connection connections connectivity disconnect disconnected network rpc socket transport
    unreachable
    """.split()
)
# A constant that collects classes is named for what they have in common.
_COLLECTED = frozenset({"http", "request", "requests", "url"})
_COLLECTIONS = frozenset({"errors", "exceptions", "excs", "failures"})
# The peer answered, the call has waited, or what failed is not the connection.
_ANSWERED = frozenset(
    """
    auth authentication authorization bad config configuration credentials decode denied exceeded exists forbidden
    found invalid limit missing parse parser permission pool security status syntax timed timeout type unsupported
    validation value
    """.split()
)

_CALL = re.compile(
    r"_*(?:(?:do|make|send|perform|execute|run|try|issue|http|https|api|rest)_+)*"
    r"(?:(?:re)?connect|request|download|upload|fetch|dial|urlopen|rpc"
    r"|(?:open|create|establish|make)_+(?:new_+)?connection)"
    r"(?:_+(?:to|with|and|url|page|json|file|files|data|raw|server|host|client|socket|device|broker|db|database|api|http"
    r"|async|sync|once|internal|impl|html|content|image|images|peer|remote|websocket|ws|all))*_*"
)


def words(name: str) -> list[str]:
    """Return the words of a name, in lower case: `HTTPConnectionError` is http, connection, error."""
    return [word.lower() for word in _WORDS.findall(name)]


@cache
def speaks_of_connections(name: str) -> bool:
    """Say whether the class `name`, which no table knows, says by its last part that a connection failed."""
    last = name.rpartition(".")[2]
    found = set(words(last))
    if not found.isdisjoint(_ANSWERED):
        return False
    if not found.isdisjoint(_FAILED):
        return True
    return last.isupper() and not found.isdisjoint(_COLLECTIONS) and not found.isdisjoint(_COLLECTED)


@cache
def speaks_of_a_peer(name: str) -> bool:
    """Say whether the call `name` says by its last part that it connects, requests or transfers something."""
    return _CALL.fullmatch("_".join(words(name.rpartition(".")[2]))) is not None
