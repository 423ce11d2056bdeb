"""CNL105: unreachable-connection-handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts.caught import (
    ALWAYS,
    descent,
    is_about_connections,
    is_new_in_python3,
    is_os_error,
    is_overridable,
    members,
    standard_imports,
    takes_since,
    tries,
)
from connlint.facts.pythons import holds_since, supports_python2
from connlint.facts.tree import walk, walk_same_code
from connlint.facts.wording import code
from connlint.records import Record
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.caught import Member, Version

_Clause = cst.ExceptHandler | cst.ExceptStarHandler


class _Taken(Record):
    """A class of a clause, and the class of a clause before it that takes it, with the Python since which it does."""

    member: Member
    clause: _Clause
    taker: Member
    since: Version


class UnreachableConnectionHandler(Rule):
    """
    ## What it does

    Reports an `except` clause all of whose classes the clauses above it, in the same `try`, always take first, where
    these classes tell of connections or the `try` touches the network.

    ## Why is this bad

    Python takes the first clause that fits. The later one never runs, so the recovery written there never happens,
    and who reads it believes that it does. With libraries' classes and the standard library's old names this is hard
    to see: `HTTPError` is a `URLError`, `requests`' exceptions are all `OSError`s, `socket.error`, `select.error` and
    `IOError` are other names of `OSError`, `socket.timeout` became `TimeoutError` in Python 3.10 and
    `asyncio.TimeoutError` in 3.11, and with that an `OSError`.

    ## Example

    ```python
    import urllib.error
    import urllib.request

    try:
        answer = urllib.request.urlopen(url, timeout=5)
    except urllib.error.URLError as error:
        retry_later(url, error.reason)
    except urllib.error.HTTPError as error:
        report(url, error.code)
    ```

    ## Use instead

    ```python
    import urllib.error
    import urllib.request

    try:
        answer = urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError as error:
        report(url, error.code)
    except urllib.error.URLError as error:
        retry_later(url, error.reason)
    ```

    ## When this is fine

    Where the file still runs on Python 2, for which those names are classes of their own: connlint is silent in files
    that show it. It is also silent where a class is not known, where a name may mean several classes, where a handler
    reads its classes from an object (`except self.errors`), and where a clause still takes something. What holds only
    since Python 3.10 or 3.11 is reported if the clauses do different things, or the file needs such a Python anyway.

    ## Fix safety

    The fix removes the clause, which changes nothing that the program does and so is safe; it is unsafe where the
    clause is dead only since Python 3.10 or 3.11 and the file does not tell that it needs that. If the clause was meant
    to act, it has to move up instead, and that is for you to say. There is no fix if the clause holds a comment, or
    something that tells of the function as a whole (a `yield`, a `global`, the only assignment of a name).

    ## References

    - [Python documentation: the try statement](https://docs.python.org/3/reference/compound_stmts.html#except-clause)
    - [PEP 3151: Reworking the OS and IO exception hierarchy](https://peps.python.org/pep-3151/)
    """

    code = "CNL105"
    name = "unreachable-connection-handler"
    message = "`{clause}` is never reached{since}: {takers} all that it names first; {advice}"
    fixable = "sometimes"
    bad = (
        Example(
            "url-error-before-http-error",
            """\
import logging
import urllib.error
import urllib.request


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        logging.warning("%s is down: %s", url, error.reason)
        return None
    except urllib.error.HTTPError as error:
        logging.error("%s answered %s", url, error.code)
        raise
""",
            """\
import logging
import urllib.error
import urllib.request


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        logging.warning("%s is down: %s", url, error.reason)
        return None
""",
        ),
        Example(
            "os-error-before-its-subclass",
            """\
import socket


def is_up(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        raise SystemExit("the network is down")
    except ConnectionRefusedError:
        return False
    return True
""",
            """\
import socket


def is_up(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        raise SystemExit("the network is down")
    return True
""",
        ),
        Example(
            "requests-base-first",
            """\
import requests
from requests.exceptions import ConnectTimeout, RequestException


def status(url, session):
    try:
        return session.get(url, timeout=3).status_code
    except RequestException as error:
        raise RuntimeError(url) from error
    except (requests.ConnectionError, ConnectTimeout):
        return 503
""",
            """\
import requests
from requests.exceptions import ConnectTimeout, RequestException


def status(url, session):
    try:
        return session.get(url, timeout=3).status_code
    except RequestException as error:
        raise RuntimeError(url) from error
""",
        ),
        Example(
            "old-names-of-os-error",
            """\
import select
import socket


def wait(sock: socket.socket, queue):
    try:
        select.select([sock], [], [], 1.0)
        queue.put(sock.recv(4096))
    except select.error:
        return
    except socket.error as error:
        queue.put(error)
    finally:
        queue.task_done()
""",
            """\
import select
import socket


def wait(sock: socket.socket, queue):
    try:
        select.select([sock], [], [], 1.0)
        queue.put(sock.recv(4096))
    except select.error:
        return
    finally:
        queue.task_done()
""",
        ),
        Example(
            "tuple-taken-by-several-clauses",
            """\
import socket

_GONE = (BrokenPipeError, ConnectionResetError)


def send(sock: socket.socket, data, pool):
    try:
        sock.sendall(data)
    except _GONE:
        pool.discard(sock)
    except TimeoutError:
        pool.put_back(sock)
    except (socket.timeout, ConnectionResetError):
        sock.close()
""",
            """\
import socket

_GONE = (BrokenPipeError, ConnectionResetError)


def send(sock: socket.socket, data, pool):
    try:
        sock.sendall(data)
    except _GONE:
        pool.discard(sock)
    except TimeoutError:
        pool.put_back(sock)
""",
        ),
        Example(
            "broad-clause-first",
            """\
def ping(client):
    try:
        return client.ping()
    except Exception:
        return False
    except (ConnectionError, TimeoutError):
        client.reconnect()
        return client.ping()
""",
            """\
def ping(client):
    try:
        return client.ping()
    except Exception:
        return False
""",
        ),
        Example(
            "group-handlers",
            """\
import asyncio


async def run(jobs):
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job())
    except* OSError as group:
        report(group)
    except* ConnectionResetError:
        await reconnect()
""",
            """\
import asyncio


async def run(jobs):
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job())
    except* OSError as group:
        report(group)
""",
        ),
        Example(
            "timeout-of-asyncio-is-an-os-error",
            """\
import asyncio


async def read(reader, size):
    try:
        return await asyncio.wait_for(reader.readexactly(size), 5)
    except OSError:
        return None
    except asyncio.TimeoutError:
        raise SlowPeer(reader) from None
""",
            """\
import asyncio


async def read(reader, size):
    try:
        return await asyncio.wait_for(reader.readexactly(size), 5)
    except OSError:
        return None
""",
        ),
        Example(
            "class-of-the-file",
            """\
class PeerLost(ConnectionError):
    \"\"\"The peer went away in the middle of a frame.\"\"\"


def pump(source, sink):
    try:
        for frame in source:
            sink.write(frame)
    except ConnectionError:
        sink.abort()
    except PeerLost:
        sink.close()
""",
            """\
class PeerLost(ConnectionError):
    \"\"\"The peer went away in the middle of a frame.\"\"\"


def pump(source, sink):
    try:
        for frame in source:
            sink.write(frame)
    except ConnectionError:
        sink.abort()
""",
        ),
        Example(
            "comment-is-not-lost",
            """\
def push(sock, data):
    try:
        sock.sendall(data)
    except ConnectionError:
        sock.close()
    except BrokenPipeError:
        # the peer only stopped reading
        return
""",
        ),
    )
    silent = (
        Example(
            "subclass-first",
            """\
import urllib.error
import urllib.request


def fetch(url):
    try:
        return urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        return error.reason
    except OSError:
        return None
""",
        ),
        Example(
            "class-of-another-library",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=3)
    except ConnectionError:
        return None
    except requests.exceptions.ConnectionError:
        return requests.get(url, timeout=30)
""",
        ),
        Example(
            "redis-errors-are-no-os-errors",
            """\
import redis


def get(client: redis.Redis, key):
    try:
        return client.get(key)
    except OSError:
        return None
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
        return client.get(key)
""",
        ),
        Example(
            "one-member-comes-through",
            """\
def read(sock):
    try:
        return parse(sock.recv(4096))
    except OSError:
        return None
    except (ConnectionResetError, ValueError):
        return b""
""",
        ),
        Example(
            "one-name-two-classes",
            """\
try:
    from requests.exceptions import ConnectionError as Unreachable
except ImportError:
    Unreachable = OSError


def fetch(session, url):
    try:
        return session.get(url)
    except OSError:
        return None
    except Unreachable:
        return session.get(url)
""",
        ),
        Example(
            "imported-from-the-project",
            """\
from .errors import ConnectionError, NetworkError


def call(client):
    try:
        return client.call()
    except OSError:
        return None
    except ConnectionError:
        client.reconnect()
    except NetworkError:
        client.close()
""",
        ),
        Example(
            "python-2-kept-them-apart",
            """\
from __future__ import print_function

import select
import socket


def wait(sock):
    try:
        select.select([sock], [], [], 1.0)
    except socket.error as error:
        print(error)
    except select.error:
        pass
""",
        ),
        Example(
            "nothing-about-connections",
            """\
import os


def remove(path):
    try:
        os.remove(path)
    except OSError:
        return False
    except FileNotFoundError:
        return True
""",
        ),
        Example(
            "classes-of-an-object",
            """\
class Client:
    errors = (OSError,)

    def call(self):
        try:
            return self.send()
        except self.errors:
            return None
        except ConnectionRefusedError:
            return False
""",
        ),
        Example(
            "both-timeouts-until-python-3-11",
            """\
import asyncio


async def read(reader):
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except TimeoutError:
        return None
    except asyncio.TimeoutError:
        return None
""",
        ),
        Example(
            "asks-for-the-version",
            """\
import asyncio
import sys

OLD = sys.version_info < (3, 11)


async def read(reader):
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except OSError:
        raise
    except asyncio.TimeoutError:
        return None
""",
        ),
        Example(
            "outer-try-takes-what-the-inner-raises",
            """\
def read(sock):
    try:
        try:
            return sock.recv(4096)
        except OSError:
            sock.close()
            raise
    except ConnectionResetError:
        return b""
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the clauses that those before them leave nothing."""
        for statement in tries(facts):
            if len(statement.handlers) > 1:
                yield from _of_statement(facts, statement)


def _of_statement(facts: Facts, statement: cst.Try | cst.TryStar) -> Iterator[Finding]:
    earlier: list[tuple[_Clause, Member]] = []
    for clause in statement.handlers:
        named = members(facts, clause.type)
        if earlier and clause.type is not None:
            taken = _taken(facts, earlier, named)
            if taken and _is_ours(facts, statement, named):
                yield from _finding(facts, clause, taken)
        earlier += [(clause, member) for member in named if not is_overridable(facts, member)]


def _taken(facts: Facts, earlier: Sequence[tuple[_Clause, Member]], named: Sequence[Member]) -> list[_Taken]:
    """Return what takes each of the classes `named`; nothing if one of them may come through."""
    found = []
    for member in named:
        takers = [
            _Taken(member, clause, other, since)
            for clause, other in earlier
            if (since := takes_since(facts, other, member)) is not None
        ]
        if not takers or is_overridable(facts, member):
            return []
        found.append(min(takers, key=lambda each: each.since))
    return found


def _is_ours(facts: Facts, statement: cst.Try | cst.TryStar, named: Sequence[Member]) -> bool:
    """Say whether the clause is about connections, by its classes or by what is tried."""
    if any(is_about_connections(facts, member) for member in named):
        return True
    return any(is_os_error(facts, member) for member in named) and bool(facts.effects.of([statement.body]).tried)


def _finding(facts: Facts, clause: _Clause, taken: Sequence[_Taken]) -> Iterator[Finding]:
    if any(is_new_in_python3(each.taker, each.member) for each in taken) and supports_python2(facts):
        return
    since = max(each.since for each in taken)
    holds = holds_since(facts, since)
    takers = list(dict.fromkeys(each.clause for each in taken))
    if holds is False or (holds is None and all(clause.body.deep_equals(taker.body) for taker in takers)):
        return
    named = " and ".join(f"`{_head(facts, taker)}` (line {facts.layout.row(taker)})" for taker in takers)
    same = all(each.member.name == each.taker.name for each in taken)
    yield Finding(
        clause,
        clause.type,
        {
            "clause": _head(facts, clause),
            "since": f" since Python {_version(since)}" if since > ALWAYS else "",
            "takers": f"{named} {'takes' if len(takers) == 1 else 'take'}",
            "advice": "remove it" if same else "put it above if it is meant to act, else remove it",
        },
        tuple(_why(facts, each) for each in taken),
        _fix(facts, clause, safe=holds is True),
    )


def _head(facts: Facts, clause: _Clause) -> str:
    """Return `except OSError`, as the code says it."""
    star = "*" if isinstance(clause, cst.ExceptStarHandler) else ""
    return f"except{star} {code(facts, clause.type)}" if clause.type is not None else f"except{star}"


def _version(version: Version) -> str:
    return ".".join(map(str, version))


def _why(facts: Facts, each: _Taken) -> str:
    since = f" (since Python {_version(each.since)})" if each.since > ALWAYS else ""
    row = facts.layout.row(each.clause)
    return (
        f"`{_head(facts, each.clause)}` on line {row} comes first, and {descent(facts, each.taker, each.member)}{since}"
    )


def _fix(facts: Facts, clause: _Clause, *, safe: bool) -> Fix | None:
    if not _can_go(facts, clause):
        return None
    dropped = tuple(sorted(standard_imports(facts, clause.type))) if clause.type is not None else ()

    def rewrite() -> Rewrite:
        return Rewrite({clause: ()}, dropped_imports=dropped)

    return Fix("safe" if safe else "unsafe", "Remove the clause", rewrite)


def _can_go(facts: Facts, clause: _Clause) -> bool:
    """Say whether removing the clause loses no comment and changes nothing in the rest of the function."""
    if fixes.proof.loses_comments(facts.module.code_for_node(clause), "") is not None:
        return False
    if any(isinstance(node, (cst.Global, cst.Nonlocal, cst.Yield)) for node in walk_same_code(clause.body)):
        return False
    scope = facts.index.scope_of(clause)
    if scope.kind != "function":
        return True
    inside = set(walk(clause))
    return not any(
        all(binding.node in inside for binding in bindings)
        and any(use not in inside for use in facts.names.uses(name, scope.node))
        for name, bindings in scope.names.items()
    )
