"""CNL210: retry-reuses-socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Reuse

_EVERY_OTHER = "fails every other attempt with ConnectionAbortedError on Linux, whoever listens by then"
_AFTERWARDS = {
    "blocking": "a failed connect() leaves it in no specified state (POSIX): Linux tries again, macOS gives EINVAL",
    "timeout": f"a socket with a timeout {_EVERY_OTHER}",
    "tls": "a TLS socket whose handshake failed raises ValueError when it is connected again, which no OSError takes",
    "async": f"a socket of an event loop {_EVERY_OTHER}",
}
_CLOSED = "it is closed on the way back: the next attempt fails with OSError (EBADF), whoever listens"


class RetryReusesSocket(Rule):
    """
    ## What it does

    Reports a loop that connects a socket again after its connect has failed.

    ## Why is this bad

    A failed `connect()` uses the socket up. POSIX leaves its state unspecified, and asks portable programs to close it
    and to make another. What happens instead depends on the system and on how the socket connects:

    | the socket | connected again, after it was refused |
    | --- | --- |
    | with a timeout, or of an event loop | Linux alternates ConnectionAbortedError and ConnectionRefusedError |
    | with a timeout that has run out | Linux: BlockingIOError (EALREADY), as long as the first attempt goes on |
    | without a timeout | Linux and Windows try again; macOS and the BSDs fail with EINVAL |
    | of TLS, after a handshake that failed | ValueError, which no handler of connection failures takes |
    | closed in the handler | OSError (EBADF) for ever |

    So half of the attempts are lost, even while the server is up, a handler of `ConnectionRefusedError` is met by
    another class, or the loop never connects at all.

    ## Example

    ```python
    def dial(address):
        sock = socket.socket()
        sock.settimeout(5)
        while True:
            try:
                sock.connect(address)
                return sock
            except OSError:
                time.sleep(1)
    ```

    ## Use instead

    ```python
    def dial(address):
        while True:
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect(address)
                return sock
            except OSError:
                sock.close()
                time.sleep(1)
    ```

    Or `socket.create_connection(address, timeout=5)` in the loop, which makes a socket and closes what it could not
    connect.

    ## When this is fine

    A connect that does not block is called again to ask how it goes, a datagram socket may be given another peer, and
    a Unix socket may be connected again. connlint is silent there, in tests, and wherever code that it does not see
    may make the socket anew.

    ## Fix safety

    The fix is unsafe: each attempt has a socket of its own, with another file descriptor and another local port. It
    moves the lines that make the socket and set its options into the loop, or repeats them in the handler where the
    socket is made somewhere else, and closes the socket whose connect failed. There is none where the socket is known
    to other code by then, or where its options are set in several places.

    ## References

    - [POSIX: connect](https://pubs.opengroup.org/onlinepubs/9799919799/functions/connect.html): "If connect() fails,
      the state of the socket is unspecified. Conforming applications should close the file descriptor and create a new
      socket before attempting to reconnect."
    - [Linux: connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)
    - [If At First You Don't Succeed, Try, Try, Again...? (WASABI), SOSP'24](https://doi.org/10.1145/3694715.3695971)
    """

    code = "CNL210"
    name = "retry-reuses-socket"
    message = "the next attempt connects `{socket}` again, whose connect{address} has failed: make a socket for each"
    fixable = "sometimes"
    reveals = frozenset({"CNL302"})

    bad = (
        Example(
            "made-before-the-loop",
            """\
import socket
import time


def dial(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(5)  # seconds
    while True:
        try:
            sock.connect(address)
            return sock
        except OSError:
            time.sleep(1)
""",
            """\
import socket
import time


def dial(address):
    while True:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(5)  # seconds
        try:
            sock.connect(address)
            return sock
        except OSError:
            sock.close()
            time.sleep(1)
""",
        ),
        Example(
            "closed-and-not-made-anew",
            """\
import socket
import time

s = socket.socket()
for attempt in range(5):
    try:
        s.connect(("localhost", 9999))
        break
    except ConnectionRefusedError as exc:
        print(exc)
        s.close()
        time.sleep(2**attempt)
""",
            """\
import socket
import time

for attempt in range(5):
    s = socket.socket()
    try:
        s.connect(("localhost", 9999))
        break
    except ConnectionRefusedError as exc:
        print(exc)
        s.close()
        time.sleep(2**attempt)
""",
        ),
        Example(
            "asks-for-the-result",
            """\
import socket
import time


def wait_for(host, port):
    sock = socket.socket()
    while sock.connect_ex((host, port)) != 0:
        time.sleep(0.5)
    sock.close()
""",
            """\
import socket
import time


def wait_for(host, port):
    sock = socket.socket()
    while sock.connect_ex((host, port)) != 0:
        sock.close()
        time.sleep(0.5)
        sock = socket.socket()
    sock.close()
""",
        ),
        Example(
            "asks-for-the-result-in-the-loop",
            """\
import socket
import time


def is_up(host, port):
    sock = socket.socket()
    sock.settimeout(1)
    for _ in range(10):
        if sock.connect_ex((host, port)) == 0:
            sock.close()
            return True
        time.sleep(0.5)
    return False
""",
            """\
import socket
import time


def is_up(host, port):
    for _ in range(10):
        sock = socket.socket()
        sock.settimeout(1)
        if sock.connect_ex((host, port)) == 0:
            sock.close()
            return True
        sock.close()
        time.sleep(0.5)
    return False
""",
        ),
        Example(
            "made-by-the-constructor",
            """\
import socket
import time


class Client:
    def __init__(self, address, timeout):
        self.address = address
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self):
        while True:
            try:
                self.sock.connect(self.address)
                break
            except ConnectionRefusedError:
                time.sleep(1)
""",
            """\
import socket
import time


class Client:
    def __init__(self, address, timeout):
        self.address = address
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self):
        while True:
            try:
                self.sock.connect(self.address)
                break
            except ConnectionRefusedError:
                self.sock.close()
                time.sleep(1)
                self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
""",
        ),
        Example(
            "another-address-with-the-same-socket",
            """\
import socket


def dial(addresses):
    sock = socket.socket()
    sock.settimeout(3)
    for address in addresses:
        try:
            sock.connect(address)
        except OSError:
            continue
        return sock
    return None
""",
            """\
import socket


def dial(addresses):
    for address in addresses:
        sock = socket.socket()
        sock.settimeout(3)
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
            "wrapped-once",
            """\
import socket
import ssl
import time


def dial(host, port):
    context = ssl.create_default_context()
    sock = context.wrap_socket(socket.socket(), server_hostname=host)
    for attempt in range(4):
        try:
            sock.connect((host, port))
            break
        except (OSError, ssl.SSLError):
            if attempt == 3:
                raise
            time.sleep(2**attempt)
    return sock
""",
            """\
import socket
import ssl
import time


def dial(host, port):
    context = ssl.create_default_context()
    for attempt in range(4):
        sock = context.wrap_socket(socket.socket(), server_hostname=host)
        try:
            sock.connect((host, port))
            break
        except (OSError, ssl.SSLError):
            sock.close()
            if attempt == 3:
                raise
            time.sleep(2**attempt)
    return sock
""",
        ),
        Example(
            "of-an-event-loop",
            """\
import asyncio
import socket


async def dial(address):
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    while True:
        try:
            await loop.sock_connect(sock, address)
            return sock
        except ConnectionRefusedError:
            await asyncio.sleep(1)
""",
            """\
import asyncio
import socket


async def dial(address):
    loop = asyncio.get_running_loop()
    while True:
        sock = socket.socket()
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, address)
            return sock
        except ConnectionRefusedError:
            sock.close()
            await asyncio.sleep(1)
""",
        ),
        Example(
            "given-by-the-caller",
            """\
import socket
import time


def connect(sock: socket.socket, host: str, port: int) -> None:
    for delay in (1, 2, 4):
        try:
            sock.connect((host, port))
            return
        except ConnectionRefusedError:
            time.sleep(delay)
""",
        ),
    )
    silent = (
        Example(
            "made-in-the-loop",
            """\
import socket
import time


def dial(address):
    while True:
        sock = socket.socket()
        try:
            sock.connect(address)
            return sock
        except OSError:
            sock.close()
            time.sleep(1)
""",
        ),
        Example(
            "made-anew-in-the-handler",
            """\
import socket
import time


def dial(address):
    sock = socket.socket()
    while True:
        try:
            sock.connect(address)
            return sock
        except OSError:
            sock.close()
            time.sleep(1)
            sock = socket.socket()
""",
        ),
        Example(
            "made-anew-by-a-method",
            """\
import socket
import time


class Client:
    def __init__(self, address):
        self.address = address
        self._new()

    def _new(self):
        self.sock = socket.socket()

    def connect(self):
        while True:
            try:
                self.sock.connect(self.address)
                return
            except OSError:
                time.sleep(1)
                self._new()
""",
        ),
        Example(
            "does-not-block",
            """\
import select
import socket


def dial(address):
    sock = socket.socket()
    sock.setblocking(False)
    while sock.connect_ex(address) != 0:
        select.select([], [sock], [], 1)
    return sock
""",
        ),
        Example(
            "waits-for-a-connect-in-progress",
            """\
import errno
import socket


def dial(address, timeout):
    sock = socket.socket()
    sock.settimeout(timeout)
    while True:
        result = sock.connect_ex(address)
        if result in (0, errno.EISCONN):
            return sock
        if result not in (errno.EINPROGRESS, errno.EALREADY):
            raise OSError(result)
""",
        ),
        Example(
            "datagrams",
            """\
import socket


def own_address(hosts):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for host in hosts:
        try:
            sock.connect((host, 53))
        except OSError:
            continue
        return sock.getsockname()[0]
""",
        ),
        Example(
            "a-unix-socket",
            """\
import socket
import time


def dial(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    while True:
        try:
            sock.connect(path)
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.1)
""",
        ),
        Example(
            "the-first-failure-ends-it",
            """\
import socket


def talk(address, lines):
    sock = socket.socket()
    for line in lines:
        try:
            sock.connect(address)
        except OSError as exc:
            raise SystemExit(f"{address}: {exc}") from exc
        sock.sendall(line)
""",
        ),
        Example(
            "interrupted",
            """\
import errno
import socket


def dial(address):
    sock = socket.socket()
    while True:
        try:
            sock.connect(address)
            return sock
        except OSError as exc:
            if exc.errno != errno.EINTR:
                raise
""",
        ),
        Example(
            "a-socket-for-each",
            """\
import socket


def first_that_answers(socks, address):
    for sock in socks:
        try:
            sock.connect(address)
            return sock
        except OSError:
            continue
""",
        ),
        Example(
            "a-client-s-own-connect",
            """\
import time


def wait_for(client):
    while True:
        try:
            client.connect()
            return
        except ConnectionRefusedError:
            time.sleep(1)
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for reuse in facts.reuses:
            yield self._finding(facts, reuse)

    def _finding(self, facts: Facts, reuse: Reuse) -> Finding:
        address = fixes.guards.spoken(fixes.guards.address(reuse.call, reuse.tried.operation))
        fix = None
        if fixes.reuse.making_anew(facts, reuse) is not None:
            fix = Fix("unsafe", "Make a new socket for each attempt", lambda: fixes.reuse.making_anew(facts, reuse))
        return Finding(
            reuse.loop,
            reuse.loop.iter if isinstance(reuse.loop, cst.For) else reuse.loop.test,
            {"socket": reuse.variable, "address": address},
            tuple(_why(facts, reuse)),
            fix,
        )


def _why(facts: Facts, reuse: Reuse) -> Iterator[str]:
    if reuse.raises:
        yield wording.can_raise(facts, reuse.tried, reuse.raises)
    else:
        yield f"{wording.place(facts, reuse.call)} reports a failure by its result ({reuse.tried.operation.name})"
    again = "the same call" if reuse.again is reuse.call else wording.place(facts, reuse.again)
    yield f"the way back leads to {again} with the same socket"
    yield _CLOSED if reuse.closed else _AFTERWARDS[reuse.mode]
