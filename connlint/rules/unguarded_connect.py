"""CNL301: unguarded-connect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted
from connlint.facts.wording import can_raise, code
from connlint.fixes import guards
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import ConnectSite

_PROGRAMS = re.compile(r"_*(?:async_)?(?:main|run|cli)_*\Z")
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
    file are followed: a `try` in one of them guards the call.

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
    that it cannot read may take the failure. A script for its author alone may well end with a traceback: switch the
    rule off there.

    ## Fix safety

    The fix is unsafe: the program ends with a message on standard error and exit status 1 instead of a traceback and
    exit status 1, and what imports the file and catches the failure itself meets `SystemExit`. There is none for
    threads and tasks, gathered ones among them: only the author knows what the program should do without them.

    ## References

    - [Python documentation: SystemExit](https://docs.python.org/3/library/exceptions.html#SystemExit)
    - [Python documentation: socket.socket.connect](https://docs.python.org/3/library/socket.html#socket.socket.connect)
    - [Python documentation: threading.excepthook](https://docs.python.org/3/library/threading.html#threading.excepthook)
    """

    code = "CNL301"
    name = "unguarded-connect"
    message = "`{call}`{address} ends {place} with a traceback when it fails: handle {classes}"
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
            if site.by_result:
                continue
            if site.guarded is False and site.place in _PLACES and not site.patient and _is_for_here(facts, site):
                yield self._finding(facts, site)

    def _finding(self, facts: Facts, site: ConnectSite) -> Finding:
        fix = None
        if site.place == "main" and not site.gathered and _rewrite(facts, site) is not None:
            fix = Fix("unsafe", "End the program with a message", lambda: _rewrite(facts, site))
        address = guards.address(site.call, site.tried.operation)
        return Finding(
            site.call,
            arguments={
                "call": dotted(site.call.func) or code(facts, site.call.func),
                "address": guards.spoken(address),
                "place": _PLACES[site.place],
                "classes": ", ".join(_widest(facts, site.escapes)),
            },
            why=tuple(_why(facts, site)),
            fix=fix,
        )


def _is_for_here(facts: Facts, site: ConnectSite) -> bool:
    """Say whether the socket is not one that the function connects for others, who hold it too."""
    function = facts.index.function_of(site.call)
    if function is None or site.place != "main" or _is_the_program(function):
        return True
    line = guards.line_of(facts, site.call)
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
    yield _HOWS[site.place]


def _rewrite(facts: Facts, site: ConnectSite) -> Rewrite | None:
    line = guards.line_of(facts, site.call)
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
            handler = _handler(facts, site, closes=lost and not closing - mine)
            return _with_clause(statement, closing, taking, handler) if handler is not None else None
    handler = _handler(facts, site, closes=lost)
    if taking or handler is None:
        return None  # a handler inside would take from another what that takes now
    return Rewrite({line: guards.guarded(line, [handler[0]])}, imports=handler[1])


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
    clauses[at:at] = guards.clauses([handler[0]])
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


def _handler(facts: Facts, site: ConnectSite, *, closes: bool) -> tuple[str, tuple[str, ...]] | None:
    """Return the text of the handler that ends the program, and the modules to import for it."""
    name = guards.free_name(facts, site.call)
    caught = guards.classes(facts, site.call, [failure.raises for failure in site.tried.failures])
    if name is None or caught is None or not guards.means(facts, site.call, "SystemExit"):
        return None
    address = guards.address(site.call, site.tried.operation)
    to = f" to {address}" if address is not None else ""
    closing = f"    {site.variable}.close()\n" if closes and site.variable is not None else ""
    message = f'f"cannot connect{to}: {{{name}}}"'
    return f"except {caught[0]} as {name}:\n{closing}    raise SystemExit({message}) from {name}\n", caught[1]


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
    return {statement: (guards.guarded(line, [handler]), held)}
