"""CNL304: connect-result-ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint import fixes
from connlint.facts.wording import called, code, place
from connlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import IgnoredResult


class ConnectResultIgnored(Rule):
    """
    ## What it does

    Reports a `connect_ex` on a blocking socket whose result nobody reads, where the program goes on as if the
    connection were there.

    ## Why is this bad

    `connect_ex` does not raise when nobody listens, when the peer resets the line or when the connect times out: it
    returns the errno, and 0 only if the socket is connected. Who drops that learns of the failure later, by a
    `BrokenPipeError` or an `ENOTCONN` from the first `send` or `recv`, which says neither which host it was nor why.

    ## Example

    ```python
    sock = socket.socket()
    sock.connect_ex((host, port))
    sock.sendall(request)
    ```

    ## Use instead

    ```python
    sock = socket.socket()
    sock.connect((host, port))
    sock.sendall(request)
    ```

    or, where a failure is no exception,

    ```python
    error = sock.connect_ex((host, port))
    if error:
        raise OSError(error, f"cannot connect to {host}:{port}: {os.strerror(error)}")
    ```

    ## When this is fine

    A socket that does not block is asked later whether it is connected, and a connect may be made for nothing but to
    be seen, as one that wakes a server that is to stop. So connlint is silent where the socket may be non-blocking,
    where something waits for it or asks it (`select`, a selector, `getsockopt`, `getpeername`), where it is only closed
    afterwards, for datagrams, and wherever the socket may come from another file.

    ## Fix safety

    There is no fix: only the author knows whether the failure is to be raised or to be handled.

    ## References

    - [Python documentation: socket.socket.connect_ex](https://docs.python.org/3/library/socket.html#socket.socket.connect_ex)
    """

    code = "CNL304"
    name = "connect-result-ignored"
    message = "`{call}`{address} reports a failure by its result, and nobody reads {what}: call `connect`, or test it"
    fixable = "never"
    bad = (
        Example(
            "dropped",
            """\
import socket


def ask(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect_ex((host, port))
    s.sendall(b"?")
    return s.recv(100)
""",
        ),
        Example(
            "bound-and-never-read",
            """\
import socket


def ask(address):
    with socket.socket() as s:
        s.settimeout(5)
        result = s.connect_ex(address)
        s.send(b"hello")
        print(s.recv(100))
""",
        ),
        Example(
            "bound-to-an-underscore",
            """\
import socket

s = socket.socket()
_ = s.connect_ex(("192.0.2.1", 4000))
s.sendall(b"hello")
s.close()
""",
        ),
        Example(
            "attribute-of-a-client",
            """\
import socket


class Client:
    def __init__(self, address):
        self.sock = socket.socket()
        self.address = address

    def open(self):
        self.sock.connect_ex(self.address)

    def ask(self, question):
        self.sock.sendall(question)
        return self.sock.recv(1024)
""",
        ),
        Example(
            "handed-out-as-connected",
            """\
import socket


def dial(host, port):
    sock = socket.socket()
    sock.settimeout(10)
    sock.connect_ex((host, port))
    return sock
""",
        ),
        Example(
            "wrapped-in-tls",
            """\
import socket
import ssl


def dial(host):
    context = ssl.create_default_context()
    sock = context.wrap_socket(socket.socket(), server_hostname=host)
    sock.connect_ex((host, 443))
    sock.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    return sock.recv(4096)
""",
        ),
        Example(
            "handler-that-never-fires",
            """\
import socket


def send(address, data):
    sock = socket.socket()
    try:
        sock.connect_ex(address)
    except ConnectionRefusedError:
        return False
    sock.sendall(data)
    return True
""",
        ),
        Example(
            "stream-made-from-it",
            """\
import socket


def lines(address):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    status = s.connect_ex(address)
    with s.makefile() as stream:
        yield from stream
""",
        ),
    )
    silent = (
        Example(
            "tested",
            """\
import socket


def is_open(host, port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0


def must_be_open(address):
    s = socket.socket()
    error = s.connect_ex(address)
    if error:
        raise OSError(error, "no connection")
    return s
""",
        ),
        Example(
            "does-not-block",
            """\
import selectors
import socket


def start(selector, address):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(address)
    selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
""",
        ),
        Example(
            "does-not-block-by-its-timeout",
            """\
import socket


def start(address):
    s = socket.socket()
    s.settimeout(0)
    s.connect_ex(address)
    return s
""",
        ),
        Example(
            "waited-for",
            """\
import select
import socket


class Link:
    def __init__(self, address, flags):
        self.sock = socket.socket()
        self.sock.setblocking(flags.blocking)
        self.sock.connect_ex(address)

    def ready(self):
        return select.select([], [self.sock], [], 5)[1]
""",
        ),
        Example(
            "asked-for-its-error",
            """\
import socket


def dial(address):
    s = socket.socket()
    s.connect_ex(address)
    if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return None
    return s
""",
        ),
        Example(
            "asked-for-its-peer",
            """\
import socket


def dial(address):
    s = socket.socket()
    s.connect_ex(address)
    try:
        s.getpeername()
    except OSError:
        return None
    return s
""",
        ),
        Example(
            "only-to-be-seen",
            """\
import socket


def wake(server):
    s = socket.socket()
    s.connect_ex(server.address)
    s.close()


def knock(host, ports):
    for port in ports:
        with socket.socket() as s:
            s.settimeout(0.1)
            s.connect_ex((host, port))
""",
        ),
        Example(
            "datagrams",
            """\
import socket


def own_address():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect_ex(("192.0.2.1", 9))
    return s.getsockname()[0]
""",
        ),
        Example(
            "socket-from-elsewhere",
            """\
import socket


def join(sock: socket.socket, address):
    sock.connect_ex(address)
    sock.sendall(b"hello")
""",
        ),
        Example(
            "no-socket",
            """\
class Bus:
    def connect_ex(self, address):
        return self.transport.open(address)

    def send(self, address, data):
        self.connect_ex(address)
        self.transport.connect_ex(address)
        self.transport.send(data)
""",
        ),
        Example(
            "read-in-another-branch",
            """\
import socket


def dial(address, log):
    s = socket.socket()
    error = 1
    while error:
        error = s.connect_ex(address)
    return s
""",
        ),
        Example(
            "non-blocking-by-its-type",
            """\
import socket


def start(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    s.connect_ex(address)
    return s
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        for found in facts.ignored_results:
            yield Finding(
                found.call,
                arguments={
                    "call": called(facts, found.call),
                    "address": fixes.guards.spoken(fixes.guards.address(found.call, found.operation)),
                    "what": f"`{found.name}`" if found.name else "it",
                },
                why=tuple(_why(facts, found)),
            )


def _why(facts: Facts, found: IgnoredResult) -> Iterator[str]:
    yield f"{place(facts, found.call)} returns the errno of a failed connect and raises none ({found.operation.name})"
    row = facts.layout.row(found.used)
    yield f"`{code(facts, found.used)}` (line {row}) goes on as if the socket were connected"
