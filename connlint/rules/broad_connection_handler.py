"""CNL102: broad-connection-handler."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes, knowledge
from connlint.facts.blocks import lines_of
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, has_star, walk
from connlint.facts.wording import called, can_raise, code
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import Handler

_BASE = "ConnectionError"
_SUBCLASSES = ("BrokenPipeError", "ConnectionAbortedError", "ConnectionRefusedError", "ConnectionResetError")

# From three of four on, naming them says no more than the base does.
_MOST = 2

_OF_CONNECTIONS = frozenset({"aborted", "broken", "closed", "refused", "reset"})

# What is behind a descriptor is not known: a pipe, a socket, a file.
_OF_DESCRIPTORS = "os."
_TLS = "ssl."

_OF_STREAMS = ("asyncio.StreamReader.", "asyncio.StreamWriter.")
_MAKE_STREAMS = frozenset(
    {"asyncio.open_connection", "asyncio.open_unix_connection", "asyncio.start_server", "asyncio.start_unix_server"}
)

# Windows tells of the refusal of a datagram as ConnectionResetError, Linux as ConnectionRefusedError.
_OF_DATAGRAMS = f"{knowledge.DATAGRAM}."
_EXCHANGES = frozenset({"receive", "send"})
_KINDS_OF_STREAMS = frozenset({"socket.SOCK_CLOEXEC", "socket.SOCK_NONBLOCK", "socket.SOCK_STREAM"})


class BroadConnectionHandler(Rule):
    """
    ## What it does

    Reports `except ConnectionError` where every call in the `try` is known, and together they can raise only one or
    two of its four subclasses.

    ## Why is this bad

    `ConnectionError` lumps together a server that is not up (`ConnectionRefusedError`), a peer that dropped the line
    (`ConnectionResetError`), writing to a line that is gone (`BrokenPipeError`) and a connection given up before it
    was accepted (`ConnectionAbortedError`). Each wants another recovery. Naming the one that can come says which
    recovery this is, and whatever else may come one day is not taken for it.

    ## Example

    ```python
    listener = socket.create_server(address)
    while True:
        try:
            conn, peer = listener.accept()
        except ConnectionError:
            continue
        serve(conn)
    ```

    ## Use instead

    ```python
    listener = socket.create_server(address)
    while True:
        try:
            conn, peer = listener.accept()
        except ConnectionAbortedError:
            continue
        serve(conn)
    ```

    ## When this is fine

    Where all connection failures really want the same. connlint is silent where the `try` both sends and receives,
    where a call is not known, on TLS sockets, on what may be a datagram socket (its refusals come with a `send` or a
    `recv`), on a socket that may be connected twice (a second `connect` raises `ConnectionAbortedError`), where the
    file raises `ConnectionError` itself or replaces the library's calls (`socket.socket = socks.socksocket`), where a
    clause above takes a subclass first, and where the handler raises again or converts.

    ## Fix safety

    The fix names the classes and is unsafe: the classes are those that come on Linux, and other systems may raise
    others (on Windows, a peer that is gone often means `ConnectionAbortedError`).

    ## References

    - [Python documentation: OS exceptions](https://docs.python.org/3/library/exceptions.html#os-exceptions)
    - [PEP 3151: Reworking the OS and IO exception hierarchy](https://peps.python.org/pep-3151/)
    """

    code = "CNL102"
    name = "broad-connection-handler"
    message = "`except {caught}` takes more than {calls} can raise: catch {classes}"
    fixable = "sometimes"
    bad = (
        Example(
            "lone-sendall",
            """\
import logging
import socket


def send(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.sendall(data)
    except ConnectionError:
        logging.warning("the peer is gone")
        return False
    return True
""",
            """\
import logging
import socket


def send(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        logging.warning("the peer is gone")
        return False
    return True
""",
        ),
        Example(
            "accept",
            """\
import socket


def serve(address):
    with socket.create_server(address) as listener:
        while True:
            try:
                conn, peer = listener.accept()
            except ConnectionError:
                continue
            handle(conn, peer)
""",
            """\
import socket


def serve(address):
    with socket.create_server(address) as listener:
        while True:
            try:
                conn, peer = listener.accept()
            except ConnectionAbortedError:
                continue
            handle(conn, peer)
""",
        ),
        Example(
            "fresh-create-connection",
            """\
import socket


def is_up(host, port):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except ConnectionError as e:
        print(f"{host} is not up: {e}")
        return False
""",
            """\
import socket


def is_up(host, port):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except ConnectionRefusedError as e:
        print(f"{host} is not up: {e}")
        return False
""",
        ),
        Example(
            "socket-made-anew-in-the-loop",
            """\
import socket
import time


def wait_for(address, attempts):
    for attempt in range(attempts):
        sock = socket.socket()
        try:
            sock.connect(address)
            return sock
        except ConnectionError:
            sock.close()
            time.sleep(2**attempt)
    raise TimeoutError(address)
""",
            """\
import socket
import time


def wait_for(address, attempts):
    for attempt in range(attempts):
        sock = socket.socket()
        try:
            sock.connect(address)
            return sock
        except ConnectionRefusedError:
            sock.close()
            time.sleep(2**attempt)
    raise TimeoutError(address)
""",
        ),
        Example(
            "tuple-keeps-its-other-members",
            """\
import socket


class Feed:
    def __init__(self, address):
        self.sock = socket.create_connection(address, 5)

    def poll(self):
        try:
            return self.sock.recv(4096)
        except (TimeoutError, ConnectionError):
            return b""
""",
            """\
import socket


class Feed:
    def __init__(self, address):
        self.sock = socket.create_connection(address, 5)

    def poll(self):
        try:
            return self.sock.recv(4096)
        except (TimeoutError, ConnectionResetError):
            return b""
""",
        ),
        Example(
            "through-a-function-of-the-file",
            """\
import socket


def push(sock: socket.socket, frames):
    for frame in list(frames):
        sock.sendall(len(frame).to_bytes(4, "big"))
        sock.sendall(frame)


def publish(sock: socket.socket, frames, dead):
    try:
        push(sock, frames)
    except ConnectionError:
        dead.add(sock)
""",
            """\
import socket


def push(sock: socket.socket, frames):
    for frame in list(frames):
        sock.sendall(len(frame).to_bytes(4, "big"))
        sock.sendall(frame)


def publish(sock: socket.socket, frames, dead):
    try:
        push(sock, frames)
    except (BrokenPipeError, ConnectionResetError):
        dead.add(sock)
""",
        ),
    )
    silent = (
        Example(
            "datagram-refused-as-each-system-says",
            """\
import socket


def ask(address, question):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        try:
            sock.send(question)
        except ConnectionError:
            return False
    return True
""",
        ),
        Example(
            "property-that-connects-when-it-is-first-read",
            """\
import socket


class Client:
    address = ("localhost", 9999)
    _sock = None

    @property
    def sock(self):
        if self._sock is None:
            self._sock = socket.create_connection(self.address)
        return self._sock

    def send(self, data):
        try:
            self.sock.sendall(data)
        except ConnectionError:
            self._sock = None
""",
        ),
        Example(
            "opaque-call",
            """\
def fetch():
    try:
        return connect_to_service()
    except ConnectionError:
        return None
""",
        ),
        Example(
            "sends-and-receives",
            """\
import socket


def ask(sock: socket.socket, question: bytes):
    try:
        sock.sendall(question)
        return sock.recv(4096)
    except ConnectionError:
        return None
""",
        ),
        Example(
            "tls-socket",
            """\
import socket
import ssl


def send(address, data):
    context = ssl.create_default_context()
    sock = context.wrap_socket(socket.create_connection(address), server_hostname=address[0])
    try:
        sock.sendall(data)
    except ConnectionError:
        sock.close()
""",
        ),
        Example(
            "socket-of-unknown-type",
            """\
def send(sock, data):
    try:
        sock.sendall(data)
    except ConnectionError:
        return False
    return True
""",
        ),
        Example(
            "socket-connected-again",
            """\
import socket
import time


def wait_for(address):
    sock = socket.socket()
    while True:
        try:
            sock.connect(address)
            return sock
        except ConnectionError:
            time.sleep(1)
""",
        ),
        Example(
            "file-raises-the-base-itself",
            """\
import socket


def read_exactly(sock: socket.socket, size):
    data = sock.recv(size)
    if len(data) < size:
        raise ConnectionError("cut short")
    return data


def read(sock: socket.socket, size):
    try:
        return sock.recv(size)
    except ConnectionError:
        return b""
""",
        ),
        Example(
            "subclass-first-and-base-after",
            """\
import logging
import socket


def is_up(address):
    try:
        socket.create_connection(address).close()
    except ConnectionRefusedError:
        return False
    except ConnectionError:
        logging.exception("unexpected")
        return False
    return True
""",
        ),
        Example(
            "converts",
            """\
import socket


class Lost(Exception):
    pass


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except ConnectionError as e:
        sock.close()
        raise Lost from e
""",
        ),
        Example(
            "another-class-of-that-name",
            """\
import socket

from redis.exceptions import ConnectionError


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except ConnectionError:
        return False
    return True
""",
        ),
        Example(
            "covered-by-another-member",
            """\
import socket


def send(sock: socket.socket, data):
    try:
        sock.sendall(data)
    except (ConnectionError, OSError):
        return False
    return True
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the handlers of `ConnectionError` that only some of its subclasses can reach."""
        for handler in facts.handlers:
            if _BASE in handler.caught and _is_meant_to_be_narrow(facts, handler):
                classes = _possible(facts, handler)
                if 0 < len(classes) <= _MOST and not _raises_base(facts):
                    yield _finding(facts, handler, classes)


def _is_meant_to_be_narrow(facts: Facts, handler: Handler) -> bool:
    """Say whether nothing shows that the handler takes all connection failures on purpose."""
    takes = facts.exceptions.takes
    others = [name for name in handler.caught if name != _BASE]
    if not fixes.clauses.is_written(facts, handler.node, [_BASE]) or any(
        takes(name, _BASE) is not False for name in others
    ):
        return False
    around = (*handler.earlier, *handler.later)
    if any(takes(_BASE, name) is True for name in around):
        return False  # the base after the subclass takes what is left
    if any(takes(name, _BASE) is not False for name in handler.earlier):
        return False
    return not _raises_at_the_end(handler.node.body)


def _raises_at_the_end(body: cst.BaseSuite) -> bool:
    """Say whether the handler converts what it takes, or raises it again."""
    lines = lines_of(body)
    last = lines[-1] if lines else None
    if isinstance(last, cst.SimpleStatementLine):
        return isinstance(last.body[-1], cst.Raise)
    if isinstance(last, cst.If) and isinstance(last.orelse, cst.Else):
        return _raises_at_the_end(last.body) and _raises_at_the_end(last.orelse.body)
    return False


def _possible(facts: Facts, handler: Handler) -> list[str]:
    """Return the subclasses that the `try` can raise; none where that cannot be told."""
    effects = handler.effects
    if not effects.is_known or not effects.tried:
        return []
    if len({item.operation.phase for item in effects.tried}) > 1:
        return []
    if not all(_is_understood(facts, item) for item in effects.tried):
        return []
    takes = facts.exceptions.takes
    raised = [failure.raises for item in effects.tried for failure in item.failures]
    raised += [each.raises for each in effects.raised]
    if _BASE in raised or any(takes(_BASE, name) is None for name in raised):
        return []
    found = {
        subclass for name in raised for subclass in _SUBCLASSES if name != OPAQUE and takes(subclass, name) is True
    }
    return sorted(found)


def _is_understood(facts: Facts, item: Tried) -> bool:
    """Say whether the row of `item` says all about the connection failures of this very call."""
    name = item.operation.name
    if name.startswith((_TLS, _OF_DESCRIPTORS, _OF_DATAGRAMS)) or name.partition(".")[0] not in sys.stdlib_module_names:
        return False
    if any(
        failure.scenario in _OF_CONNECTIONS and facts.exceptions.takes(_BASE, failure.raises) is not True
        for failure in item.failures
    ):
        return False  # it also fails in a way that this handler does not take: that is another finding
    if name.startswith(_OF_STREAMS) and _has_tls_streams(facts):
        return False
    if name.startswith("socket.") and item.operation.phase in _EXCHANGES and _may_have_datagrams(facts):
        return False
    return name != "socket.socket.connect" or _is_fresh(facts, item.call)


def _may_have_datagrams(facts: Facts) -> bool:
    """Say whether a socket that the file makes may be of another kind than a stream, and meet refusals as it sends."""
    for call in facts.index.all(cst.Call):
        if facts.values.target(call) == "socket.socket":
            if has_star(call) or argument(call, None, "fileno") is not None:
                return True
            kind = argument(call, 1, "type")
            names = [] if kind is None else [node for node in walk(kind) if isinstance(node, (cst.Attribute, cst.Name))]
            whole = [node for node in names if not isinstance(facts.index.parents.get(node), cst.Attribute)]
            if kind is not None and not (
                whole and all(facts.names.qualified(node) in _KINDS_OF_STREAMS for node in whole)
            ):
                return True
    return False


def _has_tls_streams(facts: Facts) -> bool:
    """Say whether a stream of the file may run over TLS, which fails in ways of its own."""
    for call in facts.index.all(cst.Call):
        name = facts.values.target(call)
        if name in _MAKE_STREAMS:
            given = argument(call, None, "ssl")
            if has_star(call) or (given is not None and dotted(given) not in {"None", "False"}):
                return True
        if name == "asyncio.StreamWriter.start_tls":
            return True
    return False


def _is_fresh(facts: Facts, call: cst.Call) -> bool:
    """Say whether the socket that `call` connects was surely made for this one attempt.

    A socket that is connected again after a failure raises ConnectionAbortedError, too.
    """
    receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
    if not isinstance(receiver, cst.Name):
        return False
    binding = facts.names.binding(receiver)
    if binding is None or binding.kind not in {"assign", "with"} or not isinstance(binding.value, cst.Call):
        return False
    if facts.values.target(binding.value) != "socket.socket":
        return False
    if facts.index.function_of(call) is not facts.index.function_of(binding.node):
        return False
    if any(loop not in set(facts.index.ancestors(binding.node)) for loop in _loops_around(facts, call)):
        return False
    function = facts.index.function_of(call)
    again = [
        other
        for other in facts.index.all(cst.Call)
        if _connects(other, receiver.value) and facts.index.function_of(other) is function
    ]
    return again == [call]


def _loops_around(facts: Facts, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for ancestor in facts.index.ancestors(node):
        if isinstance(ancestor, (cst.FunctionDef, cst.Lambda)):
            return
        if isinstance(ancestor, (cst.For, cst.While)):
            yield ancestor


def _connects(call: cst.Call, name: str) -> bool:
    return dotted(call.func) in {f"{name}.connect", f"{name}.connect_ex"}


def _raises_base(facts: Facts) -> bool:
    """Say whether the file itself raises a plain `ConnectionError`."""
    for node in facts.index.all(cst.Raise):
        target = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if target is not None and facts.names.qualified(target) == _BASE:
            return True
    return False


def _finding(facts: Facts, handler: Handler, classes: Sequence[str]) -> Finding:
    node = handler.node
    tried = [item for item in handler.effects.tried if _raised_by(facts, item, classes)]
    calls = list(dict.fromkeys(called(facts, item.site) for item in tried))
    rewrite = fixes.clauses.replaced(facts, node, [_BASE], classes)
    return Finding(
        node,
        node.type,
        {
            "caught": code(facts, node.type) if node.type is not None else _BASE,
            "calls": " and ".join(calls),
            "classes": " and ".join(classes),
        },
        tuple(dict.fromkeys(can_raise(facts, item, _raised_by(facts, item, classes)) for item in tried)),
        Fix("unsafe", f"Catch {' and '.join(classes)}", rewrite) if rewrite is not None else None,
    )


def _raised_by(facts: Facts, item: Tried, classes: Sequence[str]) -> list[str]:
    takes = facts.exceptions.takes
    return [name for name in classes if any(takes(name, failure.raises) is True for failure in item.failures)]
