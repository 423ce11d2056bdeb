"""CNL302: socket-leak-on-failed-connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.wording import can_raise
from connlint.fixes import guards
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
    until the garbage collector finds it, and a traceback, a log record or a reference cycle can keep it for long. A
    program that tries again and again while its server is down then runs out of descriptors (EMFILE), and fails in
    places that have nothing to do with the server. With `-W error` or `-X dev` Python says `ResourceWarning`.

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
    there, in tests, and where the socket is used again after the failure.

    ## Fix safety

    The fix is safe. It closes the socket on the failing way and raises the same exception again, or closes it first
    thing in the handlers that take the failure; nothing on that way uses the socket any more. It is unsafe where an
    object keeps the socket on another failing way: there it would find it closed.

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
        try:
            sock.connect((host, port))
        except BaseException:
            sock.close()
            raise
    except TimeoutError:
        sock.close()
        return None
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
        address = guards.address(site.call, site.tried.operation)
        fix = None
        if _rewrite(facts, site) is not None:
            applicability: Applicability = "unsafe" if any(each.kept for each in site.leaks) else "safe"
            fix = Fix(applicability, f"Close `{site.variable}` when the connect fails", lambda: _rewrite(facts, site))
        return Finding(
            site.call,
            arguments={"socket": str(site.variable), "address": guards.spoken(address)},
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
    line = guards.line_of(facts, site.call)
    if line is None:
        return None
    handlers = _closing_handlers(facts, site, line)
    if handlers is not None:
        return Rewrite({handler: _closing_first(handler, str(site.variable)) for handler in handlers})
    if not guards.means(facts, site.call, "BaseException"):
        return None
    handler = f"except BaseException:\n    {site.variable}.close()\n    raise\n"
    return Rewrite({line: guards.guarded(line, [handler])})


def _closing_handlers(
    facts: Facts, site: ConnectSite, line: cst.SimpleStatementLine
) -> Sequence[cst.ExceptHandler] | None:
    """Return the handlers in which a `close()` repairs every way, if the socket is surely made before their `try`."""
    block = facts.index.parents.get(line)
    statement = facts.index.parents.get(block) if block is not None else None
    if not isinstance(statement, cst.Try) or statement.body is not block or not site.leaks:
        return None
    found: dict[cst.ExceptHandler, None] = {}
    for leak in site.leaks:
        if not leak.handlers or leak.handlers[0] not in statement.handlers:
            return None
        found[leak.handlers[0]] = None
    made = facts.index.parents.get(site.leaks[0].binding)
    around = facts.index.parents.get(statement)
    if made is None or around is None or facts.index.parents.get(made) is not around:
        return None
    if not all(isinstance(handler.body, cst.IndentedBlock) for handler in found):
        return None
    body: Sequence[cst.CSTNode] = getattr(around, "body", ())
    return tuple(found) if made in body and body.index(made) < body.index(statement) else None


def _closing_first(handler: cst.ExceptHandler, socket: str) -> cst.ExceptHandler:
    closing = guards.statement(f"{socket}.close()\n")
    body = list(handler.body.body)
    only = body[0]
    if len(body) == 1 and isinstance(only, cst.SimpleStatementLine) and isinstance(only.body[0], cst.Pass):
        body = [only.with_changes(body=closing.body)]
    else:
        body.insert(0, closing)
    return handler.with_changes(body=handler.body.with_changes(body=body))
