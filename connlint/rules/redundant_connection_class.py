"""CNL106: redundant-connection-class."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts.caught import (
    ALWAYS,
    Member,
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
from connlint.facts.pythons import holds_since, keeps_to_python2, supports_python2
from connlint.facts.wording import code
from connlint.records import Record
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.caught import Version

_Clause = cst.ExceptHandler | cst.ExceptStarHandler

# From here on `socket.timeout` is the builtin. Python 3.9, the last for which it is not, is no longer maintained.
_TIMEOUT_OF_SOCKETS = (3, 10)


class _Covered(Record):
    """A member that another one, `by`, covers, with the Python since which it does."""

    member: Member
    by: Member
    since: Version


class RedundantConnectionClass(Rule):
    """
    ## What it does

    Reports a class that is caught together with another one that covers it, in the tuple of an `except` clause or in
    the arguments of `contextlib.suppress`, where one of the two tells of connections or the body touches the network.
    A tuple that is kept in a name is read too.

    ## Why is this bad

    The class changes nothing, and the reader concludes from it that the other one does not cover it: that
    `ConnectionError` is no `OSError`, or that `socket.error` is something else. Who then handles that one class apart
    from the rest finds that it is caught in two places.

    ## Example

    ```python
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionError, TimeoutError):
        sock.close()
    ```

    ## Use instead

    ```python
    try:
        sock.sendall(data)
    except (ConnectionError, TimeoutError):
        sock.close()
    ```

    ## When this is fine

    Some name the class on purpose, as documentation of what is expected; that is why the rule is off by default.
    connlint is silent where a class is not known, where a name may mean several classes, and where one class covers
    another only since Python 3.11 (`asyncio.TimeoutError`), unless the file needs such a Python anyway. On Python 2,
    `socket.error`, `IOError` and `OSError` were three classes: connlint does not hold them against each other in a
    file that shows that it still runs there, or that is not short and yet uses nothing that Python 2 lacks, unless the
    setting `python2` says otherwise.

    ## Fix safety

    The fix takes the class out of the tuple and is safe: the same exceptions are caught. A tuple of one class that is
    left becomes that class. The fix is unsafe for `socket.timeout` beside `TimeoutError`, which are one class only
    since Python 3.10, unless the file needs that Python anyway. There is no fix if a comment speaks of the class, or
    if the tuple is kept in a name, because others may use it for something else.

    ## References

    - [Python documentation: exception hierarchy](https://docs.python.org/3/library/exceptions.html#exception-hierarchy)
    - [PEP 3151: Reworking the OS and IO exception hierarchy](https://peps.python.org/pep-3151/)
    """

    code = "CNL106"
    name = "redundant-connection-class"
    message = "{members} {are} covered by {others}{where}: leave {it} out"
    default = False
    fixable = "sometimes"
    bad = (
        Example(
            "os-error-covers-all",
            """\
import socket


def is_up(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except (ConnectionError, OSError):
        return False
    return True
""",
            """\
import socket


def is_up(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
""",
        ),
        Example(
            "old-name-of-os-error",
            """\
import socket


def ask(sock: socket.socket, question):
    try:
        sock.sendall(question)
        return sock.recv(4096)
    except (socket.error, ConnectionRefusedError, EOFError) as error:
        raise RuntimeError("no answer") from error
""",
            """\
import socket


def ask(sock: socket.socket, question):
    try:
        sock.sendall(question)
        return sock.recv(4096)
    except (socket.error, EOFError) as error:
        raise RuntimeError("no answer") from error
""",
        ),
        Example(
            "library-base",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=3)
    except (
        requests.Timeout,  # slow
        requests.ConnectionError,
        requests.RequestException,
        ValueError,
    ):
        return None
""",
        ),
        Example(
            "library-base-over-several-lines",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=3)
    except (
        requests.ConnectionError,
        requests.Timeout,
        # whatever else requests says
        requests.RequestException,
        ValueError,  # no JSON
    ):
        return None
""",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=3)
    except (
        # whatever else requests says
        requests.RequestException,
        ValueError,  # no JSON
    ):
        return None
""",
        ),
        Example(
            "suppress",
            """\
import contextlib


def close(writer):
    with contextlib.suppress(BrokenPipeError, ConnectionError, TimeoutError):
        writer.close()
""",
            """\
import contextlib


def close(writer):
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.close()
""",
        ),
        Example(
            "tuple-kept-in-a-name",
            """\
_ERRORS = (ConnectionError, OSError)


def send(sock, data):
    try:
        sock.sendall(data)
    except _ERRORS:
        return False
    return True


def receive(sock):
    try:
        return sock.recv(4096)
    except _ERRORS:
        return b""
""",
        ),
        Example(
            "added-to-a-tuple",
            """\
_GONE = (ConnectionError, EOFError)


def send(sock, data):
    try:
        sock.sendall(data)
    except (*_GONE, BrokenPipeError):
        return False
    return True


def receive(sock):
    try:
        return sock.recv(4096)
    except _GONE + (ConnectionResetError,):
        return b""
""",
            """\
_GONE = (ConnectionError, EOFError)


def send(sock, data):
    try:
        sock.sendall(data)
    except _GONE:
        return False
    return True


def receive(sock):
    try:
        return sock.recv(4096)
    except _GONE:
        return b""
""",
        ),
        Example(
            "timeout-of-sockets",
            """\
import socket


def read(stream):
    try:
        return stream.read()
    except (socket.timeout, TimeoutError):
        return None
""",
            """\
def read(stream):
    try:
        return stream.read()
    except TimeoutError:
        return None
""",
        ),
        Example(
            "timeout-of-asyncio-where-it-is-the-builtin",
            """\
import asyncio


async def read(reader):
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except (asyncio.TimeoutError, OSError):
        return None
""",
            """\
import asyncio


async def read(reader):
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except OSError:
        return None
""",
        ),
        Example(
            "groups",
            """\
async def run(jobs):
    try:
        await gather(jobs)
    except* (ConnectionResetError, ConnectionError) as group:
        report(group)
""",
            """\
async def run(jobs):
    try:
        await gather(jobs)
    except* ConnectionError as group:
        report(group)
""",
        ),
    )
    silent = (
        Example(
            "another-class-of-that-name",
            """\
import redis


def get(client: redis.Redis, key):
    try:
        return client.get(key)
    except (OSError, redis.exceptions.ConnectionError):
        return None
""",
        ),
        Example(
            "siblings",
            """\
import socket


def read(sock):
    try:
        return sock.recv(4096)
    except (ConnectionError, TimeoutError, socket.gaierror):
        return b""
""",
        ),
        Example(
            "neither-derives-from-the-other",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url)
    except (ConnectionError, requests.exceptions.ConnectionError, requests.Timeout):
        return None
""",
        ),
        Example(
            "imported-from-requests",
            """\
from requests.exceptions import ConnectionError, Timeout


def fetch(session, url):
    try:
        return session.get(url)
    except (ConnectionError, ConnectionRefusedError, Timeout, TimeoutError):
        return None
""",
        ),
        Example(
            "nothing-about-connections",
            """\
import os


def remove(path):
    try:
        os.remove(path)
    except (FileNotFoundError, OSError):
        return False
    return True
""",
        ),
        Example(
            "fallback-where-the-library-is-missing",
            """\
try:
    from httpx import TransportError
except ImportError:
    TransportError = OSError


def fetch(client, url):
    try:
        return client.get(url)
    except (TransportError, OSError):
        return None
""",
        ),
        Example(
            "timeout-of-asyncio-until-python-3-11",
            """\
import asyncio


async def read(reader):
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except (asyncio.TimeoutError, TimeoutError, ConnectionError):
        return None


async def connect(host):
    try:
        return await asyncio.wait_for(asyncio.open_connection(host, 80), 5)
    except (OSError, asyncio.TimeoutError):
        return None
""",
        ),
        Example(
            "python-2",
            """\
from __future__ import absolute_import

import socket


def read(sock):
    try:
        return sock.recv(4096)
    except (socket.error, OSError, IOError):
        return b""
""",
        ),
        Example(
            "name-of-a-tuple-that-others-need",
            """\
RETRIED = (ConnectionResetError, TimeoutError)


def read(sock):
    try:
        return sock.recv(4096)
    except (*RETRIED, ConnectionError):
        return b""
""",
        ),
        Example(
            "imported-tuple",
            """\
from .compat import NETWORK_ERRORS


def read(sock):
    try:
        return sock.recv(4096)
    except (*NETWORK_ERRORS, ConnectionResetError):
        return b""
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the clauses and the calls of `suppress` that name a class which they catch anyway."""
        told: set[cst.CSTNode] = set()
        may_be_old = cache(lambda: supports_python2(facts) or keeps_to_python2(facts))
        for statement in tries(facts):
            for clause in statement.handlers:
                if clause.type is not None:
                    yield from _findings(
                        facts, clause, members(facts, clause.type), statement.body, told=told, may_be_old=may_be_old
                    )
        for call in facts.index.all(cst.Call):
            if _is_suppress(facts, call):
                named = tuple(member for arg in call.args for member in members(facts, arg.value))
                yield from _findings(facts, call, named, _body_of(facts, call), told=told, may_be_old=may_be_old)


def _is_suppress(facts: Facts, call: cst.Call) -> bool:
    return facts.names.qualified(call.func) == "contextlib.suppress" and not any(arg.keyword for arg in call.args)


def _body_of(facts: Facts, call: cst.Call) -> cst.BaseSuite | None:
    """Return the body of the `with` that enters what `call` makes."""
    item = facts.index.parents.get(call)
    statement = facts.index.parents.get(item) if isinstance(item, cst.WithItem) else None
    return statement.body if isinstance(statement, cst.With) else None


def _findings(
    facts: Facts,
    node: _Clause | cst.Call,
    named: Sequence[Member],
    body: cst.BaseSuite | None,
    *,
    told: set[cst.CSTNode],
    may_be_old: Callable[[], bool],
) -> Iterator[Finding]:
    if len(named) < 2:
        return
    covered = [each for each in _covered(facts, named) if each.member.node not in told]
    if any(is_new_in_python3(each.by, each.member) for each in covered) and may_be_old():
        covered = [each for each in covered if not is_new_in_python3(each.by, each.member)]
    if not covered or not _is_ours(facts, covered, body):
        return
    here = [each for each in covered if each.member.constant is None]
    if here:
        yield _finding(facts, node, here, None)
    for constant in dict.fromkeys(each.member.constant for each in covered if each.member.constant is not None):
        kept = [each for each in covered if each.member.constant is constant]
        told.update(each.member.node for each in kept)
        yield _finding(facts, node, kept, constant)


def _covered(facts: Facts, named: Sequence[Member]) -> list[_Covered]:
    """Return those of `named` that can be left out, each with one that cannot and covers it."""
    found: dict[int, _Covered] = {}
    for position, member in enumerate(named):
        options = [
            (since, _rank(named, other), by)
            for other, by in enumerate(named)
            if other != position
            and other not in found
            and _may_speak_of(facts, member, by)
            and not (by.name == member.name and _rank(named, position) < _rank(named, other))
            and (since := takes_since(facts, by, member)) is not None
        ]
        since, _, by = min(options, key=lambda option: option[:2], default=(None, None, member))
        if since is not None and _is_certain(facts, since):
            found[position] = _Covered(member, by, since)
    return [_Covered(each.member, _widest(facts, named, found, each), each.since) for each in found.values()]


def _widest(facts: Facts, named: Sequence[Member], found: dict[int, _Covered], each: _Covered) -> Member:
    """Return what covers the member of `each` and stays."""
    by = each.by
    for _ in named:
        further = [
            item.by for item in found.values() if item.member is by and _may_speak_of(facts, each.member, item.by)
        ]
        if not further:
            break
        by = further[0]
    return by


def _rank(named: Sequence[Member], position: int) -> tuple[bool, bool, int]:
    """Return what says which of two names of one class stays.

    That is the one in a tuple that is kept in a name, then the one that the class has itself, then the first.
    """
    member = named[position]
    return member.constant is None, member.written != member.name, position


def _may_speak_of(facts: Facts, member: Member, by: Member) -> bool:
    """Say whether `member` can be left out because of `by`, as far as it matters where the two are written."""
    if member.constant is None:
        return not is_overridable(facts, by)
    # What a name holds is covered only by what it holds itself: it may be used elsewhere, without the other.
    return member.constant is by.constant and member.node is not member.constant


def _is_certain(facts: Facts, since: Version) -> bool:
    if since <= ALWAYS:
        return True
    holds = holds_since(facts, since)
    return holds is True or (holds is None and since <= _TIMEOUT_OF_SOCKETS)


def _is_ours(facts: Facts, covered: Sequence[_Covered], body: cst.BaseSuite | None) -> bool:
    """Say whether this is about connections, by the classes or by what is tried."""
    if any(is_about_connections(facts, item) for each in covered for item in (each.member, each.by)):
        return True
    os_errors = any(is_os_error(facts, each.member) for each in covered)
    return os_errors and body is not None and bool(facts.effects.of([body]).tried)


def _finding(
    facts: Facts, node: _Clause | cst.Call, covered: Sequence[_Covered], constant: cst.BaseExpression | None
) -> Finding:
    safe = all(holds_since(facts, each.since) for each in covered)
    where = ""
    if constant is not None:
        held = facts.names.follow(constant)
        where = f" in `{code(facts, constant)}` (line {facts.layout.row(held)})"
    one = len(covered) == 1
    return Finding(
        node,
        node if isinstance(node, cst.Call) else node.type,
        {
            "members": _listed(code(facts, each.member.node) for each in covered),
            "are": "is" if one else "are",
            "others": _listed(code(facts, each.by.node) for each in covered),
            "where": where,
            "it": "it" if one else "them",
        },
        tuple(_why(facts, each) for each in covered),
        _fix(facts, node, covered, safe=safe) if constant is None else None,
    )


def _listed(names: Iterable[str]) -> str:
    *most, last = dict.fromkeys(f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def _why(facts: Facts, each: _Covered) -> str:
    since = f" (since Python {'.'.join(map(str, each.since))})" if each.since > ALWAYS else ""
    return f"{descent(facts, each.by, each.member)}{since}"


def _fix(facts: Facts, node: _Clause | cst.Call, covered: Sequence[_Covered], *, safe: bool) -> Fix | None:
    gone = {each.member.node for each in covered}
    old: cst.BaseExpression | None = node if isinstance(node, cst.Call) else node.type
    if isinstance(node, cst.Call):
        new: cst.BaseExpression | None = fixes.members.without_in_suppress(facts, node, gone)
    else:
        new = fixes.members.without(facts, old, gone) if old is not None else None
    if old is None or new is None:
        return None
    dropped = tuple(sorted({name for each in gone for name in standard_imports(facts, each)}))

    def rewrite() -> Rewrite:
        return Rewrite(_spaced(node, old, new), dropped_imports=dropped)

    names = _listed(code(facts, each.member.node) for each in covered).replace("`", "")
    return Fix("safe" if safe else "unsafe", f"Leave out {names}", rewrite)


def _spaced(
    node: _Clause | cst.Call, old: cst.BaseExpression, new: cst.BaseExpression
) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return what puts `new` in place of `old`, with a space where `except(` ended in a parenthesis."""
    space = cst.SimpleWhitespace(" ")
    if isinstance(node, cst.ExceptHandler) and not node.whitespace_after_except.empty:
        return {old: new}
    if isinstance(node, cst.ExceptHandler):
        return {node: node.with_changes(type=new, whitespace_after_except=space)}
    if isinstance(node, cst.ExceptStarHandler) and node.whitespace_after_star.empty:
        return {node: node.with_changes(type=new, whitespace_after_star=space)}
    return {old: new}
