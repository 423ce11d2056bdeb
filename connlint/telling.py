"""Names that tell of the network where the tables do not know the thing itself.

WASABI (SOSP'24) finds 92.5 % of the loops that it calls retries to be retries by control flow and names together,
where control flow alone gives less than a third. So a name counts here only in a loop whose control flow is already
that of a retry, and only if it is of a narrow kind: a class whose name says that a connection failed, or a call whose
name says that it connects, requests or transfers something.
"""

from __future__ import annotations

import re
from functools import cache

_WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"

_FAILED = frozenset(
    """
    communication connect connection connections connectivity connector disconnect disconnected network rpc socket
    transport unreachable
    """.split()
)
# Names that only one library's class had, before others took them over with what they mean.
_KNOWN_NAMES = frozenset({"RequestException", "URLError"})
# A constant that collects classes is named for what they have in common.
_COLLECTED = frozenset({"download", "http", "request", "requests", "upload", "url"})
_COLLECTIONS = frozenset({"errors", "exceptions", "excs", "failures"})
# The peer answered, the call has waited, or what failed is not the connection.
_ANSWERED = frozenset(
    """
    auth authentication authorization bad config configuration credentials decode denied exceeded exists forbidden
    found invalid limit missing parse parser permission pool security status syntax timed timeout type unsupported
    validation value
    """.split()
)

# What a transfer fails with, next to which `OSError` means the connection.
_TRANSFER = r"(?:Read|Connect|Http|HTTP|Request|Socket)Timeout|IncompleteRead"
_CONNECTING = (
    r"_*(?:try_+)?(?:(?:re)?connect|dial|(?:open|create|establish|make)_+(?:new_+)?connection)"
    r"(?:_+(?:to|with|server|host|client|socket|device|broker|db|database|async|sync|once|internal|impl|peer|remote"
    r"|websocket|ws|tcp|tls|ssl|unix|stream))*_*"
    r"|open_+tcp_+stream"
)
_FAILURES = frozenset({"error", "exception"})
# What connects without a network.
_LOCAL = frozenset("aiosqlite apsw dbus dbus_fast dbus_next duckdb jeepney pydbus sdbus serial sqlite3 usb".split())
_VERBS = frozenset({"delete", "get", "head", "patch", "post", "put", "request"})
_CLIENTS = frozenset({"client", "http", "https", "requests", "session"})
_PLACES = frozenset({"endpoint", "uri", "url"})

_CALL = (
    r"_*(?:(?:do|make|send|perform|execute|run|try|issue|http|https|api|rest)_+)*"
    r"(?:(?:re)?connect|request|download|upload|fetch|dial|ping|urlopen|rpc"
    r"|(?:open|create|establish|make)_+(?:new_+)?connection|open_+tcp_+stream)"
    r"(?:_+(?:to|with|and|url|page|json|file|files|data|raw|server|host|client|socket|device|broker|db|database|api|http"
    r"|async|sync|once|internal|impl|html|content|image|images|peer|remote|websocket|ws|tcp|tls|ssl|unix|stream|all))*_*"
)


def words(name: str) -> list[str]:
    """Return the words of a name, in lower case: `HTTPConnectionError` is http, connection, error."""
    return [word.lower() for word in re.findall(_WORDS, name)]


@cache
def speaks_of_connections(name: str) -> bool:
    """Say whether the class `name`, which no table knows, says by its last part that a connection failed."""
    last = name.rpartition(".")[2]
    if last in _KNOWN_NAMES:
        return True
    found = set(words(last))
    if not found.isdisjoint(_ANSWERED):
        return False
    if not found.isdisjoint(_FAILED):
        return True
    return last.isupper() and not found.isdisjoint(_COLLECTIONS) and not found.isdisjoint(_COLLECTED)


@cache
def speaks_of_a_transfer(name: str) -> bool:
    """Say whether the class `name` is one that a transfer over a connection fails with when the peer is too slow."""
    return re.search(_TRANSFER, name.rpartition(".")[2]) is not None


@cache
def may_tell_of_a_connect(name: str) -> bool:
    """Say whether the class `name`, which no table knows, may be what a library's connect fails with."""
    found = words(name.rpartition(".")[2])
    return bool(found) and found[-1] in _FAILURES and _ANSWERED.isdisjoint(found) and not is_local(name)


def is_local(name: str) -> bool:
    """Say whether `name` is of a library that connects without a network."""
    return name.partition(".")[0] in _LOCAL


@cache
def speaks_of_connecting(name: str) -> bool:
    """Say whether the call `name` says by its last part that it connects."""
    return re.fullmatch(_CONNECTING, "_".join(words(name.rpartition(".")[2]))) is not None


@cache
def speaks_of_a_peer(name: str) -> bool:
    """Say whether the call `name` says by its last part that it connects, requests or transfers something."""
    return re.fullmatch(_CALL, "_".join(words(name.rpartition(".")[2]))) is not None


def is_request(name: str, receiver: str, first: str) -> bool:
    """Say whether `receiver.name(first)` is the request of a client: `session.get(url)`, `self._http.post(path)`."""
    if name not in _VERBS or _CLIENTS.isdisjoint(words(receiver.rpartition(".")[2])):
        return False
    return is_place(first)


def is_place(name: str) -> bool:
    """Say whether `name` says by its last part where a peer is: `self.base_url`."""
    return not _PLACES.isdisjoint(words(name.rpartition(".")[2]))
