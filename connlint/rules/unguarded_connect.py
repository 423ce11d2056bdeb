"""CNL301: unguarded-connect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import meant
from connlint.facts.closing import is_to_own_listener
from connlint.facts.tree import bound_name, children, dotted, walk, walk_same_code
from connlint.facts.wording import can_raise, code
from connlint.lazy import TextPattern
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import ConnectSite

_PROGRAMS = TextPattern(r"_*(?:async_)?(?:main|run|cli)_*\Z")
_TRIALS = TextPattern(r"(?:^|_)(?:tests?|examples?|demos?)(?:_|$)", re.IGNORECASE)
_PLACES = {"main": "the program", "thread": "the thread", "task": "the task"}
_HOWS = {
    "main": "it stands on the program's main path, and nothing in the file takes it: the program ends with a traceback",
    "thread": "it runs in a thread of its own, where nothing takes it: a `try` around the start catches nothing",
    "task": "it runs in a task that nobody awaits: the failure shows when the task is collected, if ever",
}


class UnguardedConnect(Rule):
    """
    ## What it does

    Reports a call that connects where the failure surely ends in a traceback: in a script's module-level code, in
    functions that only this code calls, in a thread's target, and in a task that nobody awaits. The callers in the
    file are followed: a `try` in one of them guards the call, and so does a context manager or a decorator of the
    file.

    Elsewhere it reports two slips: a connect in one branch that nothing guards, while the one in the branch beside it
    is guarded; and a connect on the line above the `try` whose handler was meant for it.

    ## Why is this bad

    That a server is down is no bug of the program and no surprise. The user of a script wants to read which server
    could not be reached and why, and a calling script wants an exit status, not forty lines of traceback. A thread or
    task that dies this way takes its work with it while the program goes on as if nothing had happened.

    A handler that cannot take the failure is no guard: `except TimeoutError` lets `ConnectionRefusedError` pass, and
    a `try` around `Thread(...).start()` or `create_task(...)` catches nothing of what runs later. Elsewhere, where the
    failure goes on to a caller, [CNL104](connect-failure-escapes.md) reports such a handler.

    ## Example

    ```python
    sock = socket.socket()
    sock.connect(("localhost", 9999))
    ```

    ## Use instead

    ```python
    sock = socket.socket()
    try:
        sock.connect(("localhost", 9999))
    except OSError as exc:
        sock.close()
        raise SystemExit(f"cannot connect to localhost:9999: {exc}") from exc
    ```

    ## When this is fine

    Library code whose contract is to connect hands the failure on, and rightly: its caller knows what to do. So
    connlint is silent in functions that nothing in the file calls, that give something back, or whose name says that
    they connect; in methods, but for the `run` of a script; in tests; and wherever a decorator or a context manager
    that it cannot read may take the failure. A function named as a test, an example or a demonstration, or one that
    asserts what it gets, answers with its traceback, unless a handler there shows that it reckons with the failure. A
    script for its author alone may well end with a traceback: switch the rule off there.

    ## Fix safety

    The fix is unsafe. On the main path the program ends with a message on standard error, which names host, port and
    reason, and exit status 1 instead of a traceback and exit status 1; what imports the file and catches the failure
    itself meets `SystemExit`. In threads, in tasks and among gathered ones, the fix closes the socket and raises a
    `ConnectionError` that says where to, with the failure as its cause: what else to do without a connection is for
    the author to say. Beside a guarded branch the handler is the same as there, and a connect above its `try` moves
    into it. Where names that the handler needs may not be bound there is no fix.

    ## References

    - [Python documentation: SystemExit](https://docs.python.org/3/library/exceptions.html#SystemExit)
    - [Python documentation: socket.socket.connect](https://docs.python.org/3/library/socket.html#socket.socket.connect)
    - [Python documentation: threading.excepthook](https://docs.python.org/3/library/threading.html#threading.excepthook)
    """

    code = "CNL301"
    name = "unguarded-connect"
    message = "`{call}`{address} {fate}: {remedy}"
    fixable = "sometimes"
    bad = (
        Example(
            "alone-at-module-level",
            """\
import socket

s = socket.socket()
s.connect(("localhost", 9999))
""",
            """\
import socket

s = socket.socket()
try:
    s.connect(("localhost", 9999))
except OSError as exc:
    s.close()
    raise SystemExit(f"cannot connect to localhost:9999: {exc}") from exc
""",
        ),
        Example(
            "in-a-function-of-the-main-path",
            """\
import socket
import sys


def send(host, port, message):
    # one message, one connection
    sock = socket.create_connection((host, port), timeout=10)  # TCP
    sock.sendall(message)
    sock.close()


def main():
    send(sys.argv[1], int(sys.argv[2]), b"hello")


if __name__ == "__main__":
    main()
""",
            """\
import socket
import sys


def send(host, port, message):
    # one message, one connection
    try:
        sock = socket.create_connection((host, port), timeout=10)  # TCP
    except OSError as exc:
        raise SystemExit(f"cannot connect to {host}:{port}: {exc}") from exc
    sock.sendall(message)
    sock.close()


def main():
    send(sys.argv[1], int(sys.argv[2]), b"hello")


if __name__ == "__main__":
    main()
""",
        ),
        Example(
            "in-the-header-of-a-with",
            """\
import socket

HOST = "localhost"

if __name__ == "__main__":
    # say hello
    with socket.create_connection((HOST, 4242)) as conn:
        conn.sendall(b"hello")  # that is all
""",
            """\
import socket

HOST = "localhost"

if __name__ == "__main__":
    # say hello
    try:
        conn = socket.create_connection((HOST, 4242))
    except OSError as exc:
        raise SystemExit(f"cannot connect to {HOST}:4242: {exc}") from exc
    with conn:
        conn.sendall(b"hello")  # that is all
""",
        ),
        Example(
            "handler-cannot-take-it",
            """\
import socket

with socket.socket() as s:
    s.settimeout(5)
    try:
        s.connect(("localhost", 9999))
    except TimeoutError:
        print("too slow")
""",
            """\
import socket

with socket.socket() as s:
    s.settimeout(5)
    try:
        s.connect(("localhost", 9999))
    except TimeoutError:
        print("too slow")
    except OSError as exc:
        raise SystemExit(f"cannot connect to localhost:9999: {exc}") from exc
""",
        ),
        Example(
            "closed-but-not-handled",
            """\
import socket

s = socket.socket()
try:
    s.connect(("localhost", 9999))
except BaseException:
    s.close()
    raise
""",
            """\
import socket

s = socket.socket()
try:
    s.connect(("localhost", 9999))
except OSError as exc:
    s.close()
    raise SystemExit(f"cannot connect to localhost:9999: {exc}") from exc
except BaseException:
    s.close()
    raise
""",
        ),
        Example(
            "asynchronous-main",
            """\
import asyncio


async def main(host):
    reader, writer = await asyncio.open_connection(host, 7)
    writer.write(b"hello")
    print(await reader.read(100))
    writer.close()


asyncio.run(main("localhost"))
""",
            """\
import asyncio


async def main(host):
    try:
        reader, writer = await asyncio.open_connection(host, 7)
    except OSError as exc:
        raise SystemExit(f"cannot connect to {host}:7: {exc}") from exc
    writer.write(b"hello")
    print(await reader.read(100))
    writer.close()


asyncio.run(main("localhost"))
""",
        ),
        Example(
            "try-around-the-start-of-a-thread",
            """\
import socket
import threading


def feed():
    with socket.create_connection(("localhost", 9999)) as sock:
        sock.sendall(b"x")


try:
    threading.Thread(target=feed).start()
except OSError:
    print("down")
""",
            """\
import socket
import threading


def feed():
    try:
        sock = socket.create_connection(("localhost", 9999))
    except OSError as exc:
        raise ConnectionError(f"cannot connect to localhost:9999: {exc}") from exc
    with sock:
        sock.sendall(b"x")


try:
    threading.Thread(target=feed).start()
except OSError:
    print("down")
""",
        ),
        Example(
            "task-that-nobody-awaits",
            """\
import asyncio


class Monitor:
    def start(self):
        asyncio.create_task(self.watch())

    async def watch(self):
        reader, writer = await asyncio.open_connection("localhost", 9999)
        while line := await reader.readline():
            print(line)
""",
            """\
import asyncio


class Monitor:
    def start(self):
        asyncio.create_task(self.watch())

    async def watch(self):
        try:
            reader, writer = await asyncio.open_connection("localhost", 9999)
        except OSError as exc:
            raise ConnectionError(f"cannot connect to localhost:9999: {exc}") from exc
        while line := await reader.readline():
            print(line)
""",
        ),
        Example(
            "branch-beside-it-is-guarded",
            """\
import socket
import ssl


def open_link(host, port, secure):
    if secure:
        context = ssl.create_default_context()
        sock = context.wrap_socket(socket.socket(), server_hostname=host)
        try:
            sock.connect((host, port))
        except OSError as exc:
            sock.close()
            raise LinkError(f"cannot reach {host}") from exc
    else:
        sock = socket.socket()
        sock.connect((host, port))  # plain text
    return sock
""",
            """\
import socket
import ssl


def open_link(host, port, secure):
    if secure:
        context = ssl.create_default_context()
        sock = context.wrap_socket(socket.socket(), server_hostname=host)
        try:
            sock.connect((host, port))
        except OSError as exc:
            sock.close()
            raise LinkError(f"cannot reach {host}") from exc
    else:
        sock = socket.socket()
        try:
            sock.connect((host, port))  # plain text
        except OSError as exc:
            sock.close()
            raise LinkError(f"cannot reach {host}") from exc
    return sock
""",
        ),
        Example(
            "line-above-its-try",
            """\
import socket


def fetch(host, port):
    sock = socket.socket()
    sock.connect((host, port))
    try:
        sock.sendall(b"GET")
        return sock.recv(100)
    except ConnectionRefusedError:
        print("the server is down")
    finally:
        sock.close()
""",
            """\
import socket


def fetch(host, port):
    sock = socket.socket()
    try:
        sock.connect((host, port))
        sock.sendall(b"GET")
        return sock.recv(100)
    except ConnectionRefusedError:
        print("the server is down")
    finally:
        sock.close()
""",
        ),
        Example(
            "protocol-of-an-event-loop",
            """\
import asyncio

loop = asyncio.new_event_loop()
connecting = loop.create_connection(asyncio.Protocol, "127.0.0.1", 8888)
loop.run_until_complete(connecting)
loop.run_forever()
""",
            """\
import asyncio

loop = asyncio.new_event_loop()
connecting = loop.create_connection(asyncio.Protocol, "127.0.0.1", 8888)
try:
    loop.run_until_complete(connecting)
except OSError as exc:
    raise SystemExit(f"cannot connect to 127.0.0.1:8888: {exc}") from exc
loop.run_forever()
""",
        ),
        Example(
            "first-request-connects",
            """\
import http.client

conn = http.client.HTTPSConnection("example.com", timeout=10)
conn.request("GET", "/")
print(conn.getresponse().status)
""",
            """\
import http.client

conn = http.client.HTTPSConnection("example.com", timeout=10)
try:
    conn.request("GET", "/")
except OSError as exc:
    raise SystemExit(f"cannot connect to example.com: {exc}") from exc
print(conn.getresponse().status)
""",
        ),
    )
    silent = (
        Example(
            "client-thread-of-a-test",
            """\
import socket
import threading
import unittest


class Shutdown(unittest.TestCase):
    def test_while_a_client_connects(self):
        server = serve()

        def client():
            with socket.socket() as s:
                s.connect(server.address)
                s.recv(1)

        threading.Thread(target=client).start()
        server.shutdown()
""",
        ),
        Example(
            "guarded-where-it-stands",
            """\
import socket

try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect(("localhost", 9999))
except ConnectionRefusedError as e:
    print(f"Connection refused: {e}")
""",
        ),
        Example(
            "guarded-by-the-caller",
            """\
import socket
import sys


def main():
    with socket.create_connection(("localhost", 9999)) as sock:
        sock.sendall(b"hello")


if __name__ == "__main__":
    try:
        main()
    except OSError as exc:
        sys.exit(f"no connection: {exc}")
""",
        ),
        Example(
            "library-that-hands-it-on",
            """\
import socket


def fetch(address):
    with socket.create_connection(address) as sock:
        return sock.recv(100)


class Client:
    def open(self):
        self.sock = socket.create_connection(self.address)
""",
        ),
        Example(
            "helper-that-only-connects",
            """\
import socket


def connect(host):
    sock = socket.create_connection((host, 9999))
    return sock


if __name__ == "__main__":
    connect("localhost").sendall(b"hello")
""",
        ),
        Example(
            "suppressed",
            """\
import contextlib
import socket

with contextlib.suppress(OSError):
    socket.create_connection(("localhost", 9999)).close()
""",
        ),
        Example(
            "decorator-that-may-take-it",
            """\
import click
import socket


@click.command()
def main():
    socket.create_connection(("localhost", 9999)).close()


if __name__ == "__main__":
    main()
""",
        ),
        Example(
            "own-context-that-converts",
            """\
import contextlib
import socket


@contextlib.contextmanager
def explained(host):
    try:
        yield
    except OSError as exc:
        raise SystemExit(f"{host}: {exc}") from exc


with explained("localhost"):
    sock = socket.create_connection(("localhost", 9999))
""",
        ),
        Example(
            "own-decorator-that-takes-it",
            """\
import functools
import socket
import sys


def explained(func):
    @functools.wraps(func)
    def wrapper(*args):
        try:
            return func(*args)
        except OSError as exc:
            sys.exit(f"no connection: {exc}")

    return wrapper


@explained
def main():
    socket.create_connection(("localhost", 9999)).close()


main()
""",
        ),
        Example(
            "trial-whose-traceback-is-its-answer",
            """\
import asyncio
import aiomysql


async def test_example():
    conn = await aiomysql.connect(host="127.0.0.1", user="root")
    conn.close()


asyncio.run(test_example())
""",
        ),
        Example(
            "branches-that-differ-for-a-reason",
            """\
import os
import socket


def log_socket(path, address):
    sock = socket.socket(socket.AF_UNIX)
    if os.path.exists(path):
        try:
            sock.connect(path)
        except OSError:
            pass  # written to the console instead
    else:
        sock.connect(address)
    return sock
""",
        ),
        Example(
            "try-for-what-comes-after-it",
            """\
import socket


class Client:
    def open(self):
        self.sock = socket.create_connection(self.address, timeout=5)
        try:
            self.sock.sendall(b"HELLO")
        except OSError as exc:
            self.sock.close()
            raise ProtocolError("the server hung up") from exc
""",
        ),
        Example(
            "callback-called-within-a-try",
            """\
import socket


def attempt(action):
    try:
        action()
    except OSError as exc:
        print(exc)


def poke():
    socket.create_connection(("localhost", 9999)).close()


attempt(poke)
""",
        ),
        Example(
            "coroutine-awaited-inside-a-try",
            """\
import asyncio


async def main():
    opening = asyncio.open_connection("localhost", 9999)
    try:
        reader, writer = await opening
    except OSError:
        print("down")


asyncio.run(main())
""",
        ),
        Example(
            "no-sockets",
            """\
import sqlite3
import zmq

from signals import changed

changed.connect(print)
database = sqlite3.connect("x.db")
subscriber = zmq.Context().socket(zmq.SUB)
subscriber.connect("tcp://localhost:5555")
""",
        ),
        Example(
            "datagrams-and-sockets-that-do-not-block",
            """\
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("192.0.2.1", 80))
t = socket.socket()
t.setblocking(False)
t.connect(("192.0.2.1", 80))
""",
        ),
        Example(
            "a-test",
            """\
import socket
import unittest


class Refused(unittest.TestCase):
    def runTest(self):
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("localhost", 9))


if __name__ == "__main__":
    socket.create_connection(("localhost", 9))
    unittest.main()
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for site in facts.connects:
            if site.guarded is not False or site.by_result or site.patient or site.place not in {*_PLACES, "library"}:
                continue
            finding = _missed(facts, site) or _ending(facts, site)
            if finding is not None:
                yield finding


def _missed(facts: Facts, site: ConnectSite) -> Finding | None:
    """Return the finding that handling was meant for `site` and misses it, if that shows."""
    line = fixes.guards.line_of(facts, site.outlet or site.call)
    below = meant.statement_below(facts, site, line) if line is not None else None
    escaping = ", ".join(_widest(facts, site.escapes))
    if line is not None and below is not None:
        return _finding(
            facts,
            site,
            fate=f"stands above the `try` that was meant to take {escaping}",
            remedy="move it into the `try`",
            why="what the `try` below it does raises no such failure, and its handler speaks of connecting",
            fix=Fix("unsafe", "Move the call into the `try`", lambda: _moved(facts, line, *below))
            if _moved(facts, line, *below) is not None
            else _fix_of_end(facts, site),
        )
    handler = meant.guard_of_sibling(facts, site)
    if handler is None:
        return None
    same = line is not None and _handled_alike(facts, line, handler) is not None
    return _finding(
        facts,
        site,
        fate=f"can fail with {escaping}, which is handled where the other branch connects",
        remedy="handle it here, too",
        why=f"the branch beside it takes that in line {facts.layout.row(handler)}, and nothing takes it here",
        fix=Fix("unsafe", "Handle it as the other branch does", lambda: _handled_alike(facts, line, handler))
        if line is not None and same
        else _fix_of_end(facts, site),
    )


def _ending(facts: Facts, site: ConnectSite) -> Finding | None:
    """Return the finding that the failure of `site` ends the program, a thread or a task, if it does."""
    if site.place not in _PLACES or not _is_for_here(facts, site) or _is_a_trial(facts, site):
        return None
    if is_to_own_listener(facts, site.call):
        return None
    return _finding(
        facts,
        site,
        fate=f"ends {_PLACES[site.place]} with a traceback when it fails",
        remedy=f"handle {', '.join(_widest(facts, site.escapes))}",
        why=_HOWS[site.place],
        fix=_fix_of_end(facts, site),
    )


def _finding(facts: Facts, site: ConnectSite, *, fate: str, remedy: str, why: str, fix: Fix | None) -> Finding:
    return Finding(
        site.call,
        arguments={
            "call": dotted(site.call.func) or code(facts, site.call.func),
            "address": fixes.guards.spoken(fixes.guards.address_of(facts, site)),
            "fate": fate,
            "remedy": remedy,
        },
        why=(*_why(facts, site), why),
        fix=fix,
    )


def _fix_of_end(facts: Facts, site: ConnectSite) -> Fix | None:
    """Return the fix that says what failed where the failure ends the program, a thread or a task."""
    if site.place not in _PLACES or _rewrite(facts, site) is None:
        return None
    message = "End the program with a message" if _ends_program(site) else "Close the socket, and say what failed"
    return Fix("unsafe", message, lambda: _rewrite(facts, site))


def _ends_program(site: ConnectSite) -> bool:
    """Say whether nothing but the connect would end with the program: gathered tasks go on where one of them fails."""
    return site.place == "main" and not site.gathered


def _is_a_trial(facts: Facts, site: ConnectSite) -> bool:
    """Say whether `site` stands in what tries something out, so that a traceback is its answer.

    That is a function named as a test, an example or a demonstration, or one that asserts what it gets, unless a
    handler there shows that the failure is reckoned with.
    """
    function = facts.index.function_of(site.call)
    if not isinstance(function, cst.FunctionDef) or any(not guard.passes_on for guard in site.guards):
        return False
    if _TRIALS.search(function.name.value):
        return True
    return any(isinstance(node, cst.Assert) for node in walk_same_code(function.body))


def _is_for_here(facts: Facts, site: ConnectSite) -> bool:
    """Say whether the socket is not one that the function connects for others, who hold it too."""
    function = facts.index.function_of(site.call)
    if function is None or site.place != "main" or _is_the_program(function):
        return True
    line = fixes.guards.line_of(facts, site.outlet or site.call)
    statement = line.body[0] if line is not None else None
    targets = [item.target for item in statement.targets] if isinstance(statement, cst.Assign) else []
    kept = site.origin in {"parameter", "attribute"} or any(isinstance(target, cst.Attribute) for target in targets)
    return not kept and not _is_global(facts, site, function, targets)


def _is_the_program(function: cst.CSTNode) -> bool:
    return isinstance(function, cst.FunctionDef) and _PROGRAMS.match(function.name.value) is not None


def _is_global(
    facts: Facts, site: ConnectSite, function: cst.CSTNode, targets: list[cst.BaseAssignTargetExpression]
) -> bool:
    names = {target.value for target in targets if isinstance(target, cst.Name)}
    names |= {site.variable} if site.variable is not None else set()
    return any(name in facts.index.scopes[function].elsewhere for name in names)


def _widest(facts: Facts, classes: tuple[str, ...]) -> list[str]:
    """Return those of `classes` that derive from no other of them."""
    return [
        name
        for name in classes
        if not any(other != name and facts.exceptions.derives(name, other) for other in classes)
    ]


def _why(facts: Facts, site: ConnectSite) -> Iterator[str]:
    yield can_raise(facts, site.tried, site.escapes)
    for guard in site.guards:
        if not guard.passes_on:
            word = "except" if isinstance(guard.node, cst.ExceptHandler) else "with"
            yield f"the `{word}` for {', '.join(guard.caught)} cannot take {', '.join(guard.escapes)}"


def _rewrite(facts: Facts, site: ConnectSite) -> Rewrite | None:
    line = fixes.guards.line_of(facts, site.outlet or site.call)
    closing = {guard.node for guard in site.guards if guard.passes_on}
    taking = {guard.node for guard in site.guards if not guard.passes_on and _takes_some(facts, site, guard.caught)}
    lost = _is_lost(facts, site, closing=bool(closing))
    if line is None:
        handler = _handler(facts, site, closes=lost)
        hoisted = _hoisted(facts, site, handler[0]) if handler is not None and not closing and not taking else None
        return Rewrite(hoisted, imports=handler[1]) if handler is not None and hoisted is not None else None
    for statement in _sole_tries(facts, line):
        mine = set(statement.handlers)
        if taking and not taking <= mine:
            continue
        if taking or closing & mine:
            before = tuple(guard.caught for guard in site.guards if guard.node in taking)
            handler = _handler(facts, site, closes=lost and not closing - mine, before=before)
            return _with_clause(statement, closing, taking, handler) if handler is not None else None
    handler = _handler(facts, site, closes=lost)
    if taking or handler is None:
        return None  # a handler inside would take from another what that takes now
    return Rewrite({line: fixes.guards.guarded(line, [handler[0]])}, imports=handler[1])


def _is_lost(facts: Facts, site: ConnectSite, *, closing: bool) -> bool:
    """Say whether the end of the program would find the socket open, and the handler is to close it."""
    if site.leaks or site.origin != "made" or site.variable is None:
        return bool(site.leaks)
    if closing:
        return True
    if facts.index.function_of(site.call) is not None:
        return False
    # The module's own, which functions use: nobody has called them yet, but for a `with` or `finally` around.
    managing = [each for each in facts.index.ancestors(site.call) if isinstance(each, (cst.With, cst.Try))]
    parts = [part for each in managing for part in (each.items if isinstance(each, cst.With) else [each.finalbody])]
    return not any(facts.names.uses(site.variable, part) for part in parts if part is not None)


def _with_clause(
    statement: cst.Try, closing: set[cst.CSTNode], taking: set[cst.CSTNode], handler: tuple[str, tuple[str, ...]]
) -> Rewrite | None:
    """Return `statement` with the clause after those that are `taking` and before those that are `closing`."""
    clauses = list(statement.handlers)
    at = next((index for index, clause in enumerate(clauses) if clause in closing), len(clauses))
    if any(clause in taking for clause in clauses[at:]):
        return None
    clauses[at:at] = fixes.guards.clauses([handler[0]])
    return Rewrite({statement: statement.with_changes(handlers=clauses)}, imports=handler[1])


def _takes_some(facts: Facts, site: ConnectSite, caught: tuple[str, ...]) -> bool:
    return any(facts.exceptions.taken(caught, failure.raises) is not False for failure in site.tried.failures)


def _sole_tries(facts: Facts, line: cst.CSTNode) -> Iterator[cst.Try]:
    """Yield the `try` whose body is nothing but `line`, the one whose body is nothing but that, and so on."""
    block = facts.index.parents.get(line)
    statement = facts.index.parents.get(block) if block is not None else None
    while isinstance(statement, cst.Try) and statement.body is block and len(statement.body.body) == 1:
        yield statement
        block = facts.index.parents.get(statement)
        statement = facts.index.parents.get(block) if block is not None else None


def _handler(
    facts: Facts, site: ConnectSite, *, closes: bool, before: tuple[tuple[str, ...], ...] = ()
) -> tuple[str, tuple[str, ...]] | None:
    """Return the text of the handler that says what failed, and the modules to import for it.

    `before` are the classes that the handlers above it take.
    """
    place = site.outlet or site.call
    raised = "SystemExit" if _ends_program(site) else "ConnectionError"
    name = fixes.guards.free_name(facts, place)
    raises = [failure.raises for failure in site.tried.failures]
    left = [name for name in raises if not any(facts.exceptions.taken(each, name) is True for each in before)]
    caught = fixes.guards.classes(facts, place, left)
    if name is None or caught is None or not fixes.guards.means(facts, place, raised):
        return None
    address = fixes.guards.address_of(facts, site)
    to = f" to {address}" if address is not None else ""
    closing = f"    {site.variable}.close()\n" if closes and site.variable is not None else ""
    message = f'f"cannot connect{to}: {{{name}}}"'
    return f"except {caught[0]} as {name}:\n{closing}    raise {raised}({message}) from {name}\n", caught[1]


def _hoisted(
    facts: Facts, site: ConnectSite, handler: str
) -> dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] | None:
    """Return `with connect() as s:` as a guarded `s = connect()` and `with s:`."""
    item = facts.index.parents.get(site.call)
    statement = facts.index.parents.get(item) if item is not None else None
    if not isinstance(item, cst.WithItem) or not isinstance(statement, cst.With):
        return None
    if len(statement.items) != 1 or statement.asynchronous is not None or item.asname is None:
        return None
    if isinstance(statement.lpar, cst.LeftParen) or facts.values.target(site.call) != site.tried.operation.name:
        return None  # a class of the file may give the `with` something else than itself
    target = item.asname.name
    block = facts.index.parents.get(statement)
    if not isinstance(target, cst.Name) or not isinstance(block, (cst.Module, cst.IndentedBlock)):
        return None
    line = cst.SimpleStatementLine(
        [cst.Assign([cst.AssignTarget(target)], site.call)], leading_lines=statement.leading_lines
    )
    held = cst.With([cst.WithItem(target.deep_clone())], statement.body)
    held = held.with_changes(whitespace_before_colon=statement.whitespace_before_colon)
    return {statement: (fixes.guards.guarded(line, [handler]), held)}


# Handling that is there already


def _moved(
    facts: Facts, line: cst.SimpleStatementLine, between: tuple[cst.SimpleStatementLine, ...], below: cst.Try
) -> Rewrite | None:
    """Return `line` and the lines after it, down to the `try` below, in that `try`."""
    lines = (line, *between)
    bound = {name for each in lines for name in _bound_by(each)}
    outside = [*below.handlers, *([below.finalbody] if below.finalbody is not None else [])]
    if any(facts.names.uses(name, part) for name in bound for part in outside) or not isinstance(
        below.body, cst.IndentedBlock
    ):
        return None  # what it binds is not bound where it fails
    if bound and not all(_leaves(handler) for handler in below.handlers):
        return None
    first, *rest = below.body.body
    if not isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        return None
    first = first.with_changes(leading_lines=[*below.leading_lines, *first.leading_lines])
    body = [line.with_changes(leading_lines=()), *between, first, *rest]
    joined = below.with_changes(leading_lines=line.leading_lines, body=below.body.with_changes(body=body))
    return Rewrite({**dict.fromkeys(lines, ()), below: joined})


def _bound_by(line: cst.SimpleStatementLine) -> Iterator[str]:
    for statement in line.body:
        targets = [item.target for item in statement.targets] if isinstance(statement, cst.Assign) else []
        targets += [statement.target] if isinstance(statement, cst.AnnAssign) else []
        yield from (node.value for target in targets for node in walk(target) if isinstance(node, cst.Name))


def _leaves(handler: cst.ExceptHandler) -> bool:
    """Say whether control surely does not go on after `handler`."""
    last = handler.body.body[-1]
    last = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    return isinstance(last, (cst.Raise, cst.Return, cst.Continue, cst.Break))


def _handled_alike(facts: Facts, line: cst.SimpleStatementLine, handler: cst.ExceptHandler) -> Rewrite | None:
    """Return `line` in a `try` with what `handler` does."""
    bound = bound_name(handler)
    if any(isinstance(node, (cst.Break, cst.Continue, cst.Yield)) for node in walk_same_code(handler.body)):
        return None
    if not _paths(handler.body).isdisjoint(_told_elsewhere(facts, line, handler)):
        return None  # it speaks of the other peer
    row = facts.layout.row(line)
    scope = facts.index.scope_of(line)
    for node in walk(handler):
        if not isinstance(node, cst.Name) or node.value == bound or not facts.names.uses(node.value, handler):
            continue
        bindings = scope.names.get(node.value, [])
        if bindings and not any(_is_bound_before(facts, each.node, line, row) for each in bindings):
            return None
    if not _leaves(handler) and any(True for _ in _bound_by(line)):
        return None
    body = cst.IndentedBlock([line.with_changes(leading_lines=())])
    return Rewrite({line: cst.Try(body, [handler.deep_clone()], leading_lines=line.leading_lines)})


def _told_elsewhere(facts: Facts, line: cst.CSTNode, handler: cst.ExceptHandler) -> set[str]:
    """Return what the calls that `handler` guards are given, and `line` is not."""
    statement = facts.index.parents[handler]
    guarded = walk(statement.body) if isinstance(statement, cst.Try) else ()
    given = (_paths(arg.value) for call in guarded if isinstance(call, cst.Call) for arg in call.args)
    return set().union(*given) - _paths(line)


def _paths(root: cst.CSTNode) -> set[str]:
    """Return the names and the dotted paths in `root`: `self.host`, not `self`."""
    found: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        path = dotted(node) if isinstance(node, (cst.Name, cst.Attribute)) else None
        if path is not None:
            found.add(path)
        elif isinstance(node, cst.Arg):
            stack.append(node.value)
        else:
            stack.extend(children(node))
    return found


def _is_bound_before(facts: Facts, node: cst.CSTNode, line: cst.CSTNode, row: int) -> bool:
    """Say whether the statement `node` binds a name before `line`, in a block that `line` is in too."""
    if isinstance(node, (cst.Param, cst.FunctionDef, cst.ClassDef, cst.ImportAlias)):
        return True
    block = next(
        (each for each in facts.index.ancestors(node) if isinstance(each, (cst.IndentedBlock, cst.Module))), None
    )
    return facts.layout.row(node) < row and block is not None and block in facts.index.ancestors(line)
