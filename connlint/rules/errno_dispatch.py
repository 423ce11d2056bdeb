"""CNL101: errno-dispatch."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes, knowledge
from connlint.facts.blocks import leaves, lines_of, what_follows
from connlint.facts.dispatch import read_dispatch, uses
from connlint.facts.names import OPAQUE
from connlint.facts.pythons import supports_python2
from connlint.facts.tree import bound_name, dotted, walk, walk_same_code
from connlint.facts.wording import can_raise, code, place
from connlint.knowledge import errnos as table
from connlint.lazy import TextPattern
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.dispatch import Case, Dispatch, Piece

# Comments that speak to a tool of the line they stand on: moved to another line they would mean something else.
_DIRECTIVE = TextPattern(r"#\s*(noqa|pragma|type:|pyright|pylint|nosec|fmt|isort|mypy|ruff|yapf)", re.IGNORECASE)

# The standard library's own OSErrors: none carries an errno that means a failed connection.
_WITHOUT_ERRNO = ("socket.", "ssl.", "http.client.", "smtplib.")

# asyncio raises these by their names, without an errno.
_BARE_IN_ASYNCIO = frozenset({"BrokenPipeError", "ConnectionAbortedError", "ConnectionResetError"})

_NEVER_WAITING = frozenset({"accept", "receive", "send"})


# Where one of these words stands, a socket may have nothing to say yet, and that is no failure.
_PATIENT = frozenset(
    """
    O_NONBLOCK SOCK_NONBLOCK asynchat asyncore epoll kqueue poll select selectors set_blocking setblocking
    """.split()
)
_TIMING = frozenset({"setdefaulttimeout", "settimeout"})

# Functions that are about the end: what fails there is past caring.
_CLOSING = TextPattern(
    r"(?i:abort|cancel|clean|close|disconnect|exit|finali|interrupt|logout|release|shut|stop|teardown|tear_down|terminat"
    r"|(?:\A|_)(?:bye|del|drop|end|goodbye|kill|notify|quit|wake|wakeup)(?:_|\Z))"
)

_TELLS = frozenset({"critical", "debug", "error", "exception", "info", "log", "msg", "print", "warn", "warning"})


class ErrnoDispatch(Rule):
    """
    ## What it does

    Reports a handler that catches more than it wants, picks by errno (or by `isinstance`) the failures that it acts
    on, and raises the rest again, where each of them has a class of its own.

    It also reports a handler that acts on the errnos of a broken connection and lets all else fall out of it without a
    word, so that the program goes on as if nothing had failed: that is hardly ever meant.

    ## Why is this bad

    Since PEP 3151 (Python 3.3), `OSError` makes the class that belongs to an errno: ECONNREFUSED is a
    `ConnectionRefusedError`, EPIPE a `BrokenPipeError`. Sorting by hand says in four lines what `except` says in one,
    it is easy to forget the `raise`, and the reader has to find out which failures the handler is really for.

    ## Example

    ```python
    try:
        sock = socket.create_connection(address, timeout=5)
    except OSError as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
    ```

    ## Use instead

    ```python
    try:
        sock = socket.create_connection(address, timeout=5)
    except ConnectionRefusedError:
        return None
    ```

    ## When this is fine

    Where one of the errnos has no class (ENOTCONN, EHOSTUNREACH, EBADF, EINVAL, ...), where the errno only picks a
    message, where the code must run on Python 2, or where a library raises an `OSError` of its own that carries the
    errno: aiohttp's `ClientConnectorError` has errno 111 and is no `ConnectionRefusedError`. connlint is silent there.

    That a file runs on Python 2 as well it tells by imports such as `six` and by tests of the version; a project says
    so for all its files with `python2 = true` in `[tool.connlint]`, and denies it with `python2 = false`.

    What is dropped without a word is reported only where that is no way of waiting: not where a socket that does not
    block, or has a timeout, may have nothing to say yet, not in code that closes down, and not where the next pass of
    a loop or a value from before makes up for it.

    ## Fix safety

    The fix is safe where nothing but the standard library is tried, everything in the `try` is known, and the errnos
    are all that the class stands for; and always where `isinstance` did the sorting. It is unsafe where opaque code
    may raise a class of its own; for EPIPE alone, as `BrokenPipeError` is ESHUTDOWN too; for ETIMEDOUT, as a socket's
    own timeout is a `TimeoutError` without errno; for EINPROGRESS, EALREADY or EAGAIN where a connect may raise the
    other two, as all are `BlockingIOError`; for numbers, which differ between systems; where `type(e)` is asked for,
    which passes subclasses over; and where the failure may come without an errno (`http.client.RemoteDisconnected`). It
    is unsafe where all else was dropped, which is raised then. A handler is not reported where a later clause of the
    same `try` would take what is no longer caught.

    ## References

    - [PEP 3151: Reworking the OS and IO exception hierarchy](https://peps.python.org/pep-3151/)
    - [Python documentation: OS exceptions](https://docs.python.org/3/library/exceptions.html#os-exceptions)
    """

    code = "CNL101"
    name = "errno-dispatch"
    message = "`except {caught}` acts only on {picked} and {others}: catch {classes}"
    fixable = "sometimes"
    # What the clause takes is plain to see only now
    reveals = frozenset({"CNL102", "CNL103", "CNL104", "CNL201", "CNL202", "CNL204", "CNL301", "CNL302"})
    bad = (
        Example(
            "guard-and-raise",
            """\
import errno
import socket


def probe(address):
    try:
        with socket.create_connection(address, timeout=5):
            return True
    except OSError as e:
        # nobody is there
        if e.errno != errno.ECONNREFUSED:
            raise
        return False  # down
""",
            """\
import socket


def probe(address):
    try:
        with socket.create_connection(address, timeout=5):
            return True
    except ConnectionRefusedError:
        # nobody is there
        return False  # down
""",
        ),
        Example(
            "else-raise",
            """\
import errno
import logging
import socket

log = logging.getLogger(__name__)


def goodbye(sock: socket.socket):
    try:
        sock.sendall(b"QUIT\\r\\n")
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.ESHUTDOWN, errno.ECONNRESET):
            log.debug("%s has hung up: %s", sock.getpeername(), error)
        else:
            raise error
""",
            """\
import logging
import socket

log = logging.getLogger(__name__)


def goodbye(sock: socket.socket):
    try:
        sock.sendall(b"QUIT\\r\\n")
    except (BrokenPipeError, ConnectionResetError) as error:
        log.debug("%s has hung up: %s", sock.getpeername(), error)
""",
        ),
        Example(
            "accept-loop-with-errnos-in-a-constant",
            """\
import errno
import socket

TRY_AGAIN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


def accept(listener: socket.socket):
    while True:
        try:
            return listener.accept()
        except OSError as e:
            if e.args[0] not in TRY_AGAIN: raise
            wait_readable(listener)
""",
            """\
import errno
import socket

TRY_AGAIN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


def accept(listener: socket.socket):
    while True:
        try:
            return listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            wait_readable(listener)
""",
        ),
        Example(
            "return-then-raise-with-the-code-named-first",
            """\
import socket
from errno import ECONNRESET


def read(sock: socket.socket):
    try:
        return sock.recv(4096)
    except socket.error as e:
        code = e.errno
        if code == ECONNRESET:
            return b""
        raise
""",
            """\
import socket


def read(sock: socket.socket):
    try:
        return sock.recv(4096)
    except ConnectionResetError:
        return b""
""",
        ),
        Example(
            "chain-becomes-clauses",
            """\
import errno
import socket


def connect(address):
    try:
        return socket.create_connection(address, timeout=5)
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            # the server is not up
            raise NotRunning(address) from e
        elif e.errno == errno.ECONNABORTED:
            return None
        else:
            raise
""",
            """\
import socket


def connect(address):
    try:
        return socket.create_connection(address, timeout=5)
    except ConnectionRefusedError as e:
        # the server is not up
        raise NotRunning(address) from e
    except ConnectionAbortedError:
        return None
""",
        ),
        Example(
            "isinstance-of-subclasses",
            """\
import time


def call(client, request, attempts=3):
    for attempt in range(attempts):
        try:
            return client.call(request)
        except Exception as e:
            if not isinstance(e, (ConnectionRefusedError, ConnectionResetError)) or attempt == attempts - 1:
                raise
            time.sleep(2**attempt)
""",
            """\
import time


def call(client, request, attempts=3):
    for attempt in range(attempts):
        try:
            return client.call(request)
        except (ConnectionRefusedError, ConnectionResetError):
            if attempt == attempts - 1:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "broken-pipe-of-opaque-code",
            """\
import errno


def report(stream, text):
    try:
        stream.write(text)
        stream.flush()
    except IOError as e:
        if e.errno == errno.EPIPE:
            pass  # nobody reads it any more
        else:
            raise
""",
            """\
def report(stream, text):
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        pass  # nobody reads it any more
""",
        ),
        Example(
            "remote-disconnected-has-no-errno",
            """\
import errno
import http.client


def fetch(connection: http.client.HTTPConnection):
    try:
        return connection.getresponse()
    except OSError as e:
        if e.errno != errno.ECONNRESET:
            raise
        return None
""",
            """\
import http.client


def fetch(connection: http.client.HTTPConnection):
    try:
        return connection.getresponse()
    except ConnectionResetError:
        return None
""",
        ),
        Example(
            "another-exception-in-the-clause",
            """\
import errno
import socket


def probe(address):
    try:
        socket.create_connection(address).close()
    except (OSError, OverflowError) as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return False
    return True
""",
            """\
import socket


def probe(address):
    try:
        socket.create_connection(address).close()
    except (ConnectionRefusedError, OverflowError):
        return False
    return True
""",
        ),
        Example(
            "read-by-a-function-of-the-file",
            """\
import errno
import socket
import sys

GONE = (errno.ECONNRESET, errno.ECONNABORTED)
if sys.platform == "win32":
    GONE += (errno.WSAECONNRESET,)


def get_errno(exc):
    try:
        if exc.errno is not None:
            return exc.errno
    except AttributeError:
        pass
    return exc.args[0] if exc.args else None


def read(sock: socket.socket):
    try:
        return sock.recv(4096)
    except socket.error:
        _, exc, _ = sys.exc_info()
        if get_errno(exc) not in GONE:
            raise
        # nobody is there any more
        return b""
""",
            """\
import errno
import socket
import sys

GONE = (errno.ECONNRESET, errno.ECONNABORTED)
if sys.platform == "win32":
    GONE += (errno.WSAECONNRESET,)


def get_errno(exc):
    try:
        if exc.errno is not None:
            return exc.errno
    except AttributeError:
        pass
    return exc.args[0] if exc.args else None


def read(sock: socket.socket):
    try:
        return sock.recv(4096)
    except (ConnectionResetError, ConnectionAbortedError):
        # nobody is there any more
        return b""
""",
        ),
        Example(
            "match-with-a-condition-and-a-nested-test",
            """\
import errno
import socket


def request(sock: socket.socket, data, attempt):
    try:
        sock.sendall(data)
        return sock.recv(4096)
    except Exception as e:
        if isinstance(e, OSError):
            if attempt < 3 and e.errno == errno.ECONNRESET:
                return None
        raise


def connect(address):
    try:
        return socket.create_connection(address, timeout=5)
    except OSError as e:
        match e.errno:
            case errno.ECONNREFUSED:
                start_server()
            case _:
                raise
""",
            """\
import socket


def request(sock: socket.socket, data, attempt):
    try:
        sock.sendall(data)
        return sock.recv(4096)
    except ConnectionResetError:
        if attempt < 3:
            return None
        raise


def connect(address):
    try:
        return socket.create_connection(address, timeout=5)
    except ConnectionRefusedError:
        start_server()
""",
        ),
        Example(
            "every-other-failure-is-dropped",
            """\
import errno
import socket


def send(address, data):
    sock = socket.socket()
    try:
        sock.connect(address)
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            sock.close()
            raise NotRunning(address) from e
    sock.sendall(data)
    return sock
""",
            """\
import socket


def send(address, data):
    sock = socket.socket()
    try:
        sock.connect(address)
    except ConnectionRefusedError as e:
        sock.close()
        raise NotRunning(address) from e
    sock.sendall(data)
    return sock
""",
        ),
    )
    silent = (
        Example(
            "dropped-where-the-socket-is-polled",
            """\
import errno
import socket


def on_readable(sock: socket.socket, peers):
    sock.setblocking(False)
    try:
        data = sock.recv(4096)
    except OSError as e:
        if e.errno == errno.ECONNRESET:
            peers.remove(sock)
            return
    peers.handle(data)
""",
        ),
        Example(
            "dropped-while-closing",
            """\
import errno
import socket


class Session:
    def __init__(self, address):
        self.sock = socket.create_connection(address, timeout=5)

    def close(self):
        try:
            self.sock.sendall(b"BYE")
        except OSError as e:
            if e.errno == errno.EPIPE:
                self.lost = True
        self.sock.close()
""",
        ),
        Example(
            "dropped-host-of-a-scan",
            """\
import errno
import socket


def closed(hosts, port):
    found = []
    for host in hosts:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError as e:
            if e.errno == errno.ECONNREFUSED:
                found.append(host)
    return found
""",
        ),
        Example(
            "set-that-grows",
            """\
import errno
import socket
import sys

IGNORED = {errno.ECONNRESET, errno.EPIPE}
if sys.platform == "darwin":
    IGNORED.add(errno.EPROTOTYPE)


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except OSError as e:
        if e.errno not in IGNORED:
            raise
""",
        ),
        Example(
            "reader-that-translates",
            """\
import errno
import socket


def code_of(exc):
    if exc.errno == errno.ENOTCONN:
        return errno.ECONNRESET
    return exc.errno


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except OSError as e:
        if code_of(e) != errno.ECONNRESET:
            raise
""",
        ),
        Example(
            "errno-without-a-class",
            """\
import errno
import socket


def close(sock: socket.socket):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError as e:
        if e.errno not in (errno.ENOTCONN, errno.ECONNRESET):
            raise
    sock.close()
""",
        ),
        Example(
            "errno-picks-the-message",
            """\
import errno
import socket


def probe(address):
    try:
        return socket.create_connection(address)
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            print("refused")
        else:
            print("failed", e)
        return None
""",
        ),
        Example(
            "work-before-the-test",
            """\
import errno
import socket


def connect(sock: socket.socket, address):
    try:
        sock.connect(address)
    except OSError as e:
        sock.close()
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
""",
        ),
        Example(
            "aiohttp-carries-the-errno",
            """\
import errno

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    try:
        async with session.get(url) as response:
            return await response.text()
    except OSError as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
""",
        ),
        Example(
            "later-clause-would-take-the-rest",
            """\
import errno
import logging
import socket


def probe(address):
    try:
        return socket.create_connection(address)
    except OSError as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
    except Exception:
        logging.exception("probe")
        return None
""",
        ),
        Example(
            "supports-python-2",
            """\
from __future__ import print_function

import errno
import socket


def probe(address):
    try:
        return socket.create_connection(address)
    except socket.error as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
""",
        ),
        Example(
            "files-and-not-connections",
            """\
import errno
import os


def make(path):
    try:
        os.makedirs(path)
    except OSError as e:
        if e.errno != errno.EEXIST:
            raise
""",
        ),
        Example(
            "acts-on-all-but-one",
            """\
import errno
import logging
import socket


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except OSError as e:
        if e.errno == errno.EPIPE:
            raise
        logging.warning("not sent: %s", e)
""",
        ),
        Example(
            "others-are-converted",
            """\
import errno
import socket


def probe(address):
    try:
        return socket.create_connection(address)
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            return None
        raise ProbeError(address) from e
""",
        ),
        Example(
            "set-that-is-not-known",
            """\
import socket

from .compat import IGNORED_ERRNOS


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except OSError as e:
        if e.errno not in IGNORED_ERRNOS:
            raise
""",
        ),
        Example(
            "socket-file-that-may-not-be-there",
            """\
import errno
import os
import socket


def listen(path):
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(path)
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    return server
""",
        ),
        Example(
            "class-that-is-caught-already",
            """\
import errno
import socket


def probe(address):
    try:
        return socket.create_connection(address)
    except ConnectionRefusedError as e:
        if e.errno != errno.ECONNREFUSED:
            raise
        return None
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the handlers that sort out by statements what a class could say."""
        for handler in facts.handlers:
            if OPAQUE in handler.caught:
                continue
            dispatch = read_dispatch(facts, handler)
            if dispatch is not None and _is_to_report(facts, dispatch):
                yield _finding(facts, dispatch)


def _is_to_report(facts: Facts, dispatch: Dispatch) -> bool:
    handler, classes = dispatch.handler, dispatch.classes
    taken = facts.exceptions.taken
    if any(taken(handler.caught, name) is not True or taken(handler.earlier, name) is not False for name in classes):
        return False
    if set(_narrowed(facts, dispatch)) <= set(classes) or not _is_about_connections(dispatch):
        return False
    if _falls_to_a_later_clause(facts, dispatch):
        return False
    if dispatch.swallows and not _is_clear_swallow(facts, dispatch):
        return False
    return not dispatch.errnos or (not supports_python2(facts) and not _may_carry_errno(facts, dispatch))


def _is_clear_swallow(facts: Facts, dispatch: Dispatch) -> bool:
    """Say whether what is not picked is lost by oversight: nothing tells of it, and the code goes on regardless.

    It is not where a socket that does not block may have nothing to say yet, where the program is closing down and
    whatever fails there is welcome to, or where the next pass of a loop, or a value from before, makes up for it.
    """
    handler = dispatch.handler
    if not dispatch.errnos or not table.OF_CONNECTIONS.union({"ETIMEDOUT"}).issuperset(dispatch.errnos):
        return False
    if facts.is_test or not {"ConnectionError", "OSError"}.issuperset(handler.caught):
        return False
    tried = handler.effects.tried
    if not any(failure.raises in dispatch.classes for item in tried for failure in item.failures):
        return False
    words = {node.value for node in walk(facts.module) if isinstance(node, cst.Name)}
    if not _PATIENT.isdisjoint(words):
        return False
    if "AF_UNIX" in words and any(item.operation.phase == "connect" for item in tried):
        return False  # a socket's file that is not there is as welcome as one that nobody listens at
    may_time_out = facts.exceptions.taken(handler.earlier, "TimeoutError") is not True and any(
        item.operation.phase in _NEVER_WAITING for item in tried
    )
    if may_time_out and not _TIMING.isdisjoint(words):
        return False
    function = facts.index.function_of(handler.node)
    if isinstance(function, cst.FunctionDef) and _CLOSING.search(function.name.value):
        return False
    follows = what_follows(facts, handler.statement)
    if follows is None or (follows and not _goes_on(handler.statement)):
        return False
    if _is_made_up_for(facts, handler.statement):
        return False
    return all(any(_is_action(piece, at_end=not follows) for piece in case.pieces) for case in dispatch.cases)


def _goes_on(statement: cst.Try) -> bool:
    """Say whether what stands below `statement` is reached when nothing failed."""
    ends = [statement.body] if statement.orelse is None else [statement.body, statement.orelse.body]
    return not any(leaves(lines_of(body)) for body in ends)


def _is_made_up_for(facts: Facts, statement: cst.Try) -> bool:
    """Say whether what the `try` would have bound tells later that it failed, by a value from before or a test."""
    bound = {
        name
        for node in walk_same_code(statement.body)
        if isinstance(node, (cst.AnnAssign, cst.AsName, cst.AssignTarget, cst.AugAssign))
        for name in _bound(node.name if isinstance(node, cst.AsName) else node.target)
    }
    function = facts.index.function_of(statement) or facts.module
    for node in walk(function, enter=lambda node: node is not statement):
        if isinstance(node, cst.AssignTarget) and not bound.isdisjoint(_bound(node.target)):
            return True
        if isinstance(node, cst.Param) and node.name.value in bound:
            return True
    kept = {name for name in bound if "." in name}
    return any(
        dotted(name) in (kept if root is facts.module else bound)
        for root in (function, facts.module)
        for node in walk(root)
        if isinstance(node, (cst.Assert, cst.If, cst.IfExp, cst.While))
        for name in walk(node.test)
        if isinstance(name, (cst.Attribute, cst.Name))
    )


def _bound(target: cst.CSTNode) -> set[str]:
    """Return the names and dotted names that binding `target` gives a value."""
    if isinstance(target, (cst.Tuple, cst.List)):
        return {name for element in target.elements for name in _bound(element.value)}
    name = dotted(target)
    return {name} if name is not None else set()


def _is_action(piece: cst.CSTNode, *, at_end: bool) -> bool:
    """Say whether `piece` does more than to tell of the failure, or to leave a function that is at its end."""
    if not isinstance(piece, cst.SimpleStatementLine):
        return not isinstance(piece, cst.EmptyLine)
    return any(
        not isinstance(statement, cst.Pass)
        and not (at_end and isinstance(statement, cst.Return) and statement.value is None)
        and not (isinstance(statement, cst.Expr) and _only_tells(statement.value))
        for statement in piece.body
    )


def _only_tells(node: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Call):
        return True
    return (dotted(node.func) or "").rpartition(".")[2] in _TELLS


def _narrowed(facts: Facts, dispatch: Dispatch) -> list[str]:
    """Return the classes that the handler catches and that the cases are part of."""
    derives = facts.exceptions.derives
    return [each for each in dispatch.handler.caught if any(derives(name, each) for name in dispatch.classes)]


def _is_about_connections(dispatch: Dispatch) -> bool:
    if dispatch.errnos:
        return not table.OF_CONNECTIONS.isdisjoint(dispatch.errnos) or any(
            item.operation.name != "os.write" for item in dispatch.handler.effects.tried
        )
    meant = [name for name in dispatch.classes if name != "OSError" and knowledge.is_connection_failure(name)]
    return any(name != "TimeoutError" for name in meant) or bool(meant and dispatch.handler.effects.tried)


def _falls_to_a_later_clause(facts: Facts, dispatch: Dispatch) -> bool:
    """Say whether a later clause may take what the narrowed one no longer does."""
    takes = facts.exceptions.takes
    handler = dispatch.handler
    raised = [failure.raises for item in handler.effects.tried for failure in item.failures]
    return any(
        takes(later, mine) is not False
        or takes(mine, later) is not False
        or any(takes(mine, each) is not False and takes(later, each) is not False for each in raised)
        for later in handler.later
        for mine in handler.caught
    )


def _may_carry_errno(facts: Facts, dispatch: Dispatch) -> bool:
    """Say whether an exception may come that has one of the errnos and is not of its class."""
    handler = dispatch.handler
    effects = handler.effects
    derives = facts.exceptions.derives
    if not (effects.is_known or dispatch.demands or {"BaseException", "Exception"}.isdisjoint(handler.caught)):
        return True
    if not effects.is_known and any(name in table.CARRIERS for name in _imported(facts)):
        return True
    return any(
        _is_foreign(failure.raises) and derives(failure.raises, "OSError")
        for item in effects.tried
        for failure in item.failures
    ) or any(raised.raises.startswith("<file>") and derives(raised.raises, "OSError") for raised in effects.raised)


def _is_foreign(name: str) -> bool:
    return "." in name and not name.startswith(_WITHOUT_ERRNO)


def _imported(facts: Facts) -> Iterator[str]:
    """Yield the packages that the file imports."""
    for bindings in facts.index.top.names.values():
        for binding in bindings:
            if binding.qualified is not None:
                yield binding.qualified.partition(".")[0]


def _finding(facts: Facts, dispatch: Dispatch) -> Finding:
    node = dispatch.handler.node
    classes = dispatch.classes
    doubts = list(_doubts(facts, dispatch))
    if dispatch.swallows:
        doubts.append("what has another errno falls out of the handler, as if nothing had failed")
    picked = [*dispatch.errnos] or [*classes]
    return Finding(
        node,
        node.type,
        {
            "caught": code(facts, node.type) if node.type is not None else "BaseException",
            "picked": _listed(picked),
            "others": "drops every other failure without a word" if dispatch.swallows else "raises the rest again",
            "classes": _listed(classes),
        },
        tuple(dict.fromkeys((*_why(facts, dispatch), *doubts))),
        _fix(facts, dispatch, safe=not doubts),
    )


def _why(facts: Facts, dispatch: Dispatch) -> Iterator[str]:
    for case in dispatch.cases:
        if case.errnos:
            made = ", ".join(f"{name} is raised as {table.CLASS_OF[name]}" for name in case.errnos)
            yield f"{made} (PEP 3151)"
        else:
            yield f"the test picks what `except {', '.join(case.classes)}` takes"
    for item in dispatch.handler.effects.tried:
        raised = [name for name in dispatch.classes if any(failure.raises == name for failure in item.failures)]
        if raised:
            yield can_raise(facts, item, raised)


def _doubts(facts: Facts, dispatch: Dispatch) -> Iterator[str]:
    """Yield why catching the classes may not be the very same."""
    if dispatch.exact:
        yield "what is asked for is the class itself, and `except` takes its subclasses too"
    if not dispatch.errnos:
        return
    effects = dispatch.handler.effects
    derives = facts.exceptions.derives
    for call in effects.opaque[:1]:
        yield f"what {_shown(facts, call)} raises is not known"
    for name in dispatch.classes:
        if not _is_whole(name, dispatch):
            yield _WIDER.get(name, f"{name} also stands for other errnos")
    for item in effects.tried:
        bare = [
            failure.raises
            for failure in item.failures
            if any(derives(failure.raises, name) for name in dispatch.classes)
            and (
                "." in failure.raises
                or (item.operation.name.startswith("asyncio.") and failure.raises in _BARE_IN_ASYNCIO)
            )
        ]
        if bare:
            yield f"{can_raise(facts, item, dict.fromkeys(bare))} without an errno"
        elif item.operation.name.partition(".")[0] not in sys.stdlib_module_names:
            yield f"{place(facts, item.call)} is not of the standard library"
    for raised in effects.raised:
        if raised.raises == OPAQUE or (raised.raises != "OSError" and derives(raised.raises, "OSError")):
            yield "the code raises such a class itself, maybe without an errno"
            break
    numbers = [number for number in dispatch.numbers if number not in table.PORTABLE]
    if numbers:
        yield f"the number {numbers[0]} may be another errno's on another system"
    if not dispatch.demands and any(not derives(name, "OSError") for name in dispatch.handler.caught):
        yield "what else the clause takes may have no errno"


_WIDER = {
    "BlockingIOError": "BlockingIOError is EAGAIN, EWOULDBLOCK, EALREADY and EINPROGRESS",
    "BrokenPipeError": "BrokenPipeError is EPIPE and ESHUTDOWN",
    "PermissionError": "PermissionError is EACCES and EPERM",
    "TimeoutError": "TimeoutError is also a socket's own timeout, which has no errno",
}


def _is_whole(name: str, dispatch: Dispatch) -> bool:
    """Say whether the errnos that were tested for are all that the class `name` stands for here."""
    effects = dispatch.handler.effects
    if name == "BlockingIOError" and all(item.operation.phase in _NEVER_WAITING for item in effects.tried):
        return not {"EAGAIN", "EWOULDBLOCK"}.isdisjoint(dispatch.errnos)
    if not table.OF_CONNECTIONS.issuperset(dispatch.errnos) and any(
        failure.raises.startswith("ssl.") for item in effects.tried for failure in item.failures
    ):
        return name in {table.CLASS_OF[errno] for errno in table.OF_CONNECTIONS}  # TLS errors number from 1
    if name == "BrokenPipeError" and effects.tried and all(item.operation.name == "os.write" for item in effects.tried):
        return "EPIPE" in dispatch.errnos  # ESHUTDOWN is Winsock's, and no file descriptor's
    return any(errnos <= set(dispatch.errnos) for errnos in table.WHOLE.get(name, ()))


def _shown(facts: Facts, node: cst.CSTNode) -> str:
    return place(facts, node) if isinstance(node, cst.Call) else code(facts, node)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# The fix


def _fix(facts: Facts, dispatch: Dispatch, *, safe: bool) -> Fix | None:
    if dispatch.shared or dispatch.lost or not _are_apart(dispatch):
        return None
    comments = [
        piece.comment.value
        for case in dispatch.cases
        for piece in case.pieces
        if isinstance(piece, cst.EmptyLine) and piece.comment is not None
    ]
    if any(_DIRECTIVE.match(comment) for comment in comments):
        return None
    kept = _kept(facts, dispatch)
    if kept is None or (kept and len(dispatch.cases) > 1):
        return None
    named = {name: fixes.imports.reference(facts, dispatch.handler.node, name) for name in dispatch.classes}
    if any(found is None or found[1] for found in named.values()):
        return None
    expressions = {name: found[0] for name, found in named.items() if found is not None}

    def rewrite() -> Rewrite:
        return Rewrite(
            {dispatch.handler.node: tuple(_clauses(dispatch, expressions, kept))},
            dropped_imports=tuple(sorted(dispatch.names)),
        )

    return Fix("safe" if safe else "unsafe", f"Catch {_listed(dispatch.classes)}", rewrite)


def _are_apart(dispatch: Dispatch) -> bool:
    """Say whether no class is in two cases."""
    return len(dispatch.classes) == sum(len(case.classes) for case in dispatch.cases)


def _kept(facts: Facts, dispatch: Dispatch) -> list[cst.BaseElement] | None:
    """Return the members of the clause's tuple that the test says nothing about; None if they cannot be told apart."""
    handler = dispatch.handler
    if not dispatch.reads:
        return []  # what has no errno is raised again
    narrowed = facts.exceptions.derives
    if all(narrowed(name, "OSError") or name in {"BaseException", "Exception"} for name in handler.caught):
        return []
    if not isinstance(handler.node.type, cst.Tuple):
        return None
    kept: list[cst.BaseElement] = []
    for element in handler.node.type.elements:
        names = facts.names.classes(element.value)
        if isinstance(element, cst.StarredElement) or len(names) != 1:
            return None
        if not narrowed(names[0], "OSError"):
            kept.append(element)
    return kept


def _clauses(
    dispatch: Dispatch, expressions: dict[str, str], kept: Sequence[cst.BaseElement]
) -> Iterator[cst.ExceptHandler]:
    """Yield the clauses that say by class what the dispatch said by statements."""
    node = dispatch.handler.node
    name = bound_name(node)
    for position, (case, prelude) in enumerate(zip(dispatch.cases, dispatch.preludes, strict=True)):
        body = _block(node.body, prelude, case, is_last=position == len(dispatch.cases) - 1)
        used = name is not None and uses(name, *body.body)
        yield node.with_changes(
            type=_class_expression([expressions[each] for each in case.classes], kept),
            name=node.name if used else None,
            body=body,
            leading_lines=node.leading_lines if position == 0 else (),
            whitespace_after_except=cst.SimpleWhitespace(" "),
        )


def _class_expression(names: Sequence[str], kept: Sequence[cst.BaseElement]) -> cst.BaseExpression:
    expressions = [*(cst.parse_expression(name) for name in names), *(element.value for element in kept)]
    if len(expressions) == 1:
        return expressions[0]
    return cst.Tuple([cst.Element(each) for each in expressions], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _block(
    body: cst.BaseSuite, prelude: Sequence[cst.SimpleStatementLine], case: Case, *, is_last: bool
) -> cst.IndentedBlock:
    """Return the pieces of `case` as a block, comments above the statement that follows them."""
    lines: list[cst.BaseStatement] = []
    waiting: list[cst.EmptyLine] = []
    pieces: list[Piece] = [*prelude, *case.pieces]
    for piece in pieces:
        if isinstance(piece, cst.EmptyLine):
            waiting.append(piece)
            continue
        own = list(piece.leading_lines)
        if waiting or not lines:
            while own and own[0].comment is None:
                del own[0]
        lines.append(piece.with_changes(leading_lines=(*waiting, *own)))
        waiting = []
    if not lines:
        lines.append(cst.SimpleStatementLine([cst.Pass()], leading_lines=waiting))
        waiting = []
    footer = (*waiting, *(body.footer if is_last and isinstance(body, cst.IndentedBlock) else ()))
    if isinstance(body, cst.IndentedBlock):
        return body.with_changes(body=lines, footer=footer)
    return cst.IndentedBlock(lines, footer=footer)
