"""CNL302: socket-leak-on-failed-connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts.tree import walk
from connlint.facts.wording import can_raise
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import ConnectSite, Leak
    from connlint.rules.base import Applicability

_ENDINGS = {
    "raised": "leaves {place} while {socket} is open",
    "rebound": "{socket} is bound anew while the old socket is open",
    "end": "{place} ends while {socket} is open",
}


class SocketLeakOnFailedConnect(Rule):
    """
    ## What it does

    Reports a socket that is made and connected here, and that nobody closes when its connect fails.

    ## Why is this bad

    A socket is open from `socket.socket()` on, not from `connect()` on. If the connect fails, the descriptor stays
    until the garbage collector finds it, and a traceback, a log record or a reference cycle can keep it for long: who
    keeps the exception keeps the frames of its traceback, and the socket in them. A program that tries again and again
    while its server is down then runs out of descriptors (EMFILE), and fails in places that have nothing to do with the
    server. With `-W error` or `-X dev` Python says `ResourceWarning`.

    The ways in which it happens, the frequent ones first: no `try` at all, or one that is too narrow; a handler that
    converts or returns without `close()`; a constructor or `__enter__` that connects, after whose failure `__exit__`
    never runs; a loop that binds the name anew; a `close()` that stands only at the end of the `try`.

    ## Example

    ```python
    def dial(address):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.connect(address)
        return sock
    ```

    ## Use instead

    ```python
    def dial(address):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock
    ```

    Or `with socket.socket() as sock:`, where the socket is not needed afterwards, or `socket.create_connection()`,
    which closes what it could not connect.

    ## When this is fine

    Where somebody else owns the socket and closes it: it was stored, passed on or returned before. connlint is silent
    there, in tests, and where the socket is used again after the failure. Nor does it speak of what closes by itself
    what it could not connect, as the clients of the standard library and `SSLContext.wrap_socket()` do.

    ## Fix safety

    The fix is safe. It closes the socket on the failing way and raises the same exception again, or closes it in the
    handlers that take the failure; nothing on that way uses the socket any more. It is unsafe where an object keeps the
    socket on another failing way: there it would find it closed. There is none where the way asks something of the
    socket (`getsockname()`, `settimeout()`) that a closed one answers with another error.

    ## References

    - [Python documentation: socket objects, close](https://docs.python.org/3/library/socket.html#socket.socket.close)
    - [Python documentation: ResourceWarning](https://docs.python.org/3/library/devmode.html#resourcewarning-example)
    """

    code = "CNL302"
    name = "socket-leak-on-failed-connect"
    message = "`{socket}` stays open when its connect{address} fails: close it on that path too"
    fixable = "sometimes"
    bad = (
        Example(
            "nothing-around",
            """\
import socket


def dial(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(5)
    # the server may be down
    sock.connect(address)  # TCP
    return sock
""",
            """\
import socket


def dial(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(5)
    # the server may be down
    try:
        sock.connect(address)  # TCP
    except BaseException:
        sock.close()
        raise
    return sock
""",
        ),
        Example(
            "made-inside-the-try",
            """\
import socket

try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect(("localhost", 9999))
except ConnectionRefusedError as e:
    print(f"Connection refused: {e}")
""",
            """\
import socket

try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.connect(("localhost", 9999))
    except BaseException:
        s.close()
        raise
except ConnectionRefusedError as e:
    print(f"Connection refused: {e}")
""",
        ),
        Example(
            "handler-converts",
            """\
import socket


class Unavailable(Exception):
    pass


def dial(host, port):
    sock = socket.socket()
    try:
        sock.connect((host, port))
    except OSError as exc:
        raise Unavailable(f"{host}:{port}") from exc
    return sock
""",
            """\
import socket


class Unavailable(Exception):
    pass


def dial(host, port):
    sock = socket.socket()
    try:
        sock.connect((host, port))
    except OSError as exc:
        sock.close()
        raise Unavailable(f"{host}:{port}") from exc
    return sock
""",
        ),
        Example(
            "close-only-at-the-end-of-the-try",
            """\
import socket


def is_up(host, port):
    probe = socket.socket()
    try:
        probe.connect((host, port))
        probe.close()
        return True
    except OSError:
        return False
""",
            """\
import socket


def is_up(host, port):
    probe = socket.socket()
    try:
        probe.connect((host, port))
        probe.close()
        return True
    except OSError:
        probe.close()
        return False
""",
        ),
        Example(
            "ladder-binds-anew",
            """\
import socket


def dial(host, port):
    for family, kind, proto, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.connect(address)
        except OSError:
            continue
        return sock
    return None
""",
            """\
import socket


def dial(host, port):
    for family, kind, proto, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.connect(address)
        except OSError:
            sock.close()
            continue
        return sock
    return None
""",
        ),
        Example(
            "constructor-connects",
            """\
import socket


class Client:
    def __init__(self, address):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.sock.close()
""",
            """\
import socket


class Client:
    def __init__(self, address):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.sock.connect(address)
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.sock.close()
""",
        ),
        Example(
            "attribute-forgotten",
            """\
import socket


class Client:
    def connect(self):
        self.sock = socket.socket()
        try:
            self.sock.connect(self.address)
        except OSError:
            self.sock = None
            return False
        return True
""",
            """\
import socket


class Client:
    def connect(self):
        self.sock = socket.socket()
        try:
            self.sock.connect(self.address)
        except OSError:
            self.sock.close()
            self.sock = None
            return False
        return True
""",
        ),
        Example(
            "handler-asks-the-socket",
            """\
import logging
import socket


def dial(address):
    sock = socket.socket()
    try:
        sock.connect(address)
    except OSError as exc:
        logging.warning("from %s: %s", sock.getsockname(), exc)
        return None
    return sock
""",
            """\
import logging
import socket


def dial(address):
    sock = socket.socket()
    try:
        sock.connect(address)
    except OSError as exc:
        logging.warning("from %s: %s", sock.getsockname(), exc)
        sock.close()
        return None
    return sock
""",
        ),
        Example(
            "handed-on-inside-the-try",
            """\
import socket


class Client:
    def open(self, address):
        sock = socket.socket()
        try:
            sock.connect(address)
            self.sock = sock
            self.greet()
        except OSError:
            return False
        return True
""",
            """\
import socket


class Client:
    def open(self, address):
        sock = socket.socket()
        try:
            try:
                sock.connect(address)
            except BaseException:
                sock.close()
                raise
            self.sock = sock
            self.greet()
        except OSError:
            return False
        return True
""",
        ),
        Example(
            "used-after-the-failure",
            """\
import socket


def dial(address):
    sock = socket.socket()
    sock.settimeout(1)
    try:
        sock.connect(address)
    except OSError as exc:
        print(exc)
    sock.settimeout(None)
""",
        ),
        Example(
            "handler-too-narrow",
            """\
import socket
import ssl


def dial(host, port):
    sock = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname=host)
    try:
        sock.connect((host, port))
    except TimeoutError:
        sock.close()
        return None
    return sock
""",
            """\
import socket
import ssl


def dial(host, port):
    sock = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname=host)
    try:
        sock.connect((host, port))
    except TimeoutError:
        sock.close()
        return None
    except BaseException:
        sock.close()
        raise
    return sock
""",
        ),
    )
    silent = (
        Example(
            "the-object-keeps-it",
            """\
import socket


class Client:
    def connect(self):
        self.sock = socket.socket()
        try:
            self.sock.connect(self.address)
        except OSError:
            return False
        return True

    def close(self):
        self.sock.close()
""",
        ),
        Example(
            "closed-by-with",
            """\
import socket


def is_up(host, port):
    with socket.socket() as probe:
        probe.connect((host, port))
        return True
""",
        ),
        Example(
            "closed-in-finally",
            """\
import socket


def is_up(host, port):
    probe = socket.socket()
    try:
        probe.connect((host, port))
    except OSError:
        return False
    finally:
        probe.close()
    return True
""",
        ),
        Example(
            "closed-after-the-try",
            """\
import socket


def is_up(host, port):
    probe = socket.socket()
    try:
        probe.connect((host, port))
        up = True
    except OSError:
        up = False
    probe.close()
    return up
""",
        ),
        Example(
            "closed-and-raised-again",
            """\
import socket


def dial(address):
    sock = None
    try:
        sock = socket.socket()
        sock.connect(address)
        return sock
    except OSError:
        if sock is not None:
            sock.close()
        raise
""",
        ),
        Example(
            "stored-before",
            """\
import socket


class Client:
    def open(self, address):
        self.sock = sock = socket.socket()
        sock.connect(address)

    def close(self):
        self.sock.close()
""",
        ),
        Example(
            "tried-again-with-the-same-socket",
            """\
import socket
import time


def dial(address):
    sock = socket.socket()
    while True:
        try:
            sock.connect(address)
            return sock
        except ConnectionRefusedError:
            time.sleep(1)
""",
        ),
        Example(
            "an-exit-stack-closes",
            """\
import contextlib
import socket


def talk(address):
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.socket())
        other = socket.socket()
        stack.callback(other.close)
        sock.connect(address)
        other.connect(address)
""",
        ),
        Example(
            "create-connection-closes-itself",
            """\
import socket


def dial(address):
    sock = socket.create_connection(address, timeout=5)
    return sock
""",
        ),
        Example(
            "no-socket-at-all",
            """\
import sqlite3


def load(path, signal, handler):
    signal.connect(handler)
    db = sqlite3.connect(path)
    return db
""",
        ),
        Example(
            "datagrams-reach-nobody",
            """\
import socket


def own_address():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("192.0.2.1", 80))
    address = s.getsockname()[0]
    s.close()
    return address
""",
        ),
        Example(
            "a-test",
            """\
import socket


def test_refused():
    sock = socket.socket()
    sock.connect(("localhost", 9))
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        for site in facts.connects:
            if site.leaks and site.variable is not None:
                yield self._finding(facts, site)

    def _finding(self, facts: Facts, site: ConnectSite) -> Finding:
        leak = site.leaks[0]
        address = fixes.guards.address(site.call, site.tried.operation)
        fix = None
        if _rewrite(facts, site) is not None:
            applicability: Applicability = "unsafe" if any(each.kept for each in site.leaks) else "safe"
            fix = Fix(applicability, f"Close `{site.variable}` when the connect fails", lambda: _rewrite(facts, site))
        return Finding(
            site.call,
            arguments={"socket": str(site.variable), "address": fixes.guards.spoken(address)},
            why=(can_raise(facts, site.tried, [leak.raises]), _story(facts, site, leak)),
            fix=fix,
        )


def _story(facts: Facts, site: ConnectSite, leak: Leak) -> str:
    function = facts.index.function_of(site.call)
    place = f"{function.name.value}()" if isinstance(function, cst.FunctionDef) else "the program"
    ending = _ENDINGS[leak.ending].format(place=place, socket=site.variable)
    if leak.ending == "raised" and not leak.handlers:
        return f"nothing around it closes: the exception {ending}"
    if leak.ending == "raised":
        return f"the handler does not close: what it raises {ending}"
    return f"the handler does not close: {ending}"


def _rewrite(facts: Facts, site: ConnectSite) -> Rewrite | None:
    line = fixes.guards.line_of(facts, site.call)
    if line is None:
        return None
    closing = _closing_clauses(facts, site, line)
    if closing is not None:
        return Rewrite(closing)
    if site.leaks[0].touches or not fixes.guards.means(facts, site.call, "BaseException"):
        return None
    return Rewrite({line: fixes.guards.guarded(line, [_closing_all(site)])})


def _closing_clauses(
    facts: Facts, site: ConnectSite, line: cst.SimpleStatementLine
) -> dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] | None:
    """Return the clauses of the `try` around `line`, with a `close()` where the socket is lost, and one for the rest.

    None where they may run with a socket that is not made yet, or that somebody else has by then.
    """
    block = facts.index.parents.get(line)
    statement = facts.index.parents.get(block) if block is not None else None
    if not isinstance(statement, cst.Try) or statement.body is not block or not statement.handlers:
        return None
    if site.leaks[0].shared or not _is_made_before(facts, site, statement):
        return None
    if not all(any(_is_within(facts, node, each) for each in statement.handlers) for node in site.leaks[0].touches):
        return None
    losing = [leak.handlers[0] if leak.handlers else None for leak in site.leaks]
    found: dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] = {}
    for handler in statement.handlers:
        if handler in losing:
            closing = _closing(facts, site, handler)
            if closing is None:
                return None
            found[handler] = closing
    if all(handler in found for handler in losing):
        return found
    # The statements below may raise what the clauses do not take: nobody else must be able to have the socket then.
    alone = line is statement.body.body[-1] or _is_local(facts, site)
    if not alone or not fixes.guards.means(facts, site.call, "BaseException"):
        return None
    last = statement.handlers[-1]
    added = fixes.guards.clauses([_closing_all(site)])
    kept = found.get(last, last)
    return {**found, last: (*(kept if isinstance(kept, tuple) else (kept,)), *added)}


def _closing_all(site: ConnectSite) -> str:
    return f"except BaseException:\n    {site.variable}.close()\n    raise\n"


def _is_made_before(facts: Facts, site: ConnectSite, statement: cst.Try) -> bool:
    """Say whether the socket is surely made before `statement`."""
    made = facts.index.parents.get(site.leaks[0].binding)
    around = facts.index.parents.get(statement)
    while around is not None and isinstance(outer := facts.index.parents.get(around), cst.Try) and outer.body is around:
        if made in outer.body.body:
            break
        statement, around = outer, facts.index.parents.get(outer)
    if made is None or around is None or facts.index.parents.get(made) is not around:
        return False
    body: Sequence[cst.CSTNode] = getattr(around, "body", ())
    return made in body and body.index(made) < body.index(statement)


def _is_within(facts: Facts, node: cst.CSTNode, root: cst.CSTNode) -> bool:
    return any(ancestor is root for ancestor in facts.index.ancestors(node))


def _is_local(facts: Facts, site: ConnectSite) -> bool:
    return "." not in str(site.variable) and facts.index.function_of(site.call) is not None


def _closing(facts: Facts, site: ConnectSite, handler: cst.ExceptHandler) -> cst.ExceptHandler | None:
    """Return `handler` with a `close()`: first thing, but below what still asks something of the socket."""
    touches = [node for node in site.leaks[0].touches if _is_within(facts, node, handler)]
    if any(_may_leave(facts, node, handler) for node in touches):
        return None
    body: list[cst.BaseStatement]
    if isinstance(handler.body, cst.SimpleStatementSuite):
        body = [cst.SimpleStatementLine(handler.body.body, trailing_whitespace=handler.body.trailing_whitespace)]
        at = [0] if touches else []
    elif isinstance(handler.body, cst.IndentedBlock):
        body = [*handler.body.body]
        at = [index for index, part in enumerate(body) if any(_is_within(facts, node, part) for node in touches)]
    else:
        return None
    closing = fixes.guards.statement(f"{site.variable}.close()\n")
    only = body[0]
    if isinstance(only, cst.SimpleStatementLine) and len(body) == len(only.body) == 1 and _is_pass(only):
        body = [only.with_changes(body=closing.body)]
    else:
        body.insert(at[-1] + 1 if at else 0, closing)
    if isinstance(handler.body, cst.IndentedBlock):
        return handler.with_changes(body=handler.body.with_changes(body=body))
    return handler.with_changes(body=cst.IndentedBlock(body))


def _is_pass(line: cst.SimpleStatementLine) -> bool:
    return isinstance(line.body[0], cst.Pass)


def _may_leave(facts: Facts, node: cst.CSTNode, handler: cst.ExceptHandler) -> bool:
    """Say whether a `close()` below the statement of `handler` that holds `node` might not be reached."""
    parent = facts.index.parents.get(node)
    if isinstance(parent, cst.Attribute) and parent.attr.value == "shutdown":
        return True  # of a socket that is not connected, it fails
    statement = node
    while facts.index.parents[statement] is not handler.body:
        statement = facts.index.parents[statement]
    return any(isinstance(each, (cst.Raise, cst.Return, cst.Break, cst.Continue)) for each in walk(statement))
