"""CNL303: connect-without-timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts.tree import dotted
from connlint.facts.wording import called, code, place
from connlint.rules.base import Example, Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import UnboundedConnect
    from connlint.facts.scopes import Binding

SECONDS = "10"
"""The timeout that the fix writes where the file has none of its own."""

_SCOPES = {"anyio": "anyio.fail_after", "trio": "trio.fail_after"}
# What takes no fractions of a second
_WHOLE_SECONDS = frozenset({"psycopg2.connect"})
_FREE_NAMES = ("sock", "conn", "connection")
# What is done with a connection that is made for nothing else
_AT_ONCE = frozenset({"close", "getpeername", "getsockname"})


class ConnectWithoutTimeout(Rule):
    """
    ## What it does

    Reports a connect whose wait nothing bounds: no `settimeout` before it, no timeout among its arguments or those of
    the constructor, no deadline around it or around its callers in the file, nothing that sets one for the whole
    program. A `settimeout` that comes after the connect is too late for it, and a class's own `timeout` that never
    reaches the connect is none.

    ## Why is this bad

    A server that is down refuses at once. A server whose machine is off, or whose packets a firewall drops, does not
    answer at all: the connect then waits for as long as the system tries, on Linux more than two minutes, and longer
    still where the peer accepts and never says a word of its protocol. The program hangs for that long, and so does
    whoever waits for it.

    ## Example

    ```python
    sock = socket.create_connection((host, port))
    ```

    ## Use instead

    ```python
    sock = socket.create_connection((host, port), timeout=10)
    ```

    ## When this is fine

    An interactive tool whose user interrupts it may wait for as long as the system does. connlint is silent in tests,
    for sockets that do not block, that another file may have made or that are none of IP, for a peer on the same
    machine (`localhost`), for libraries that have a bound of their own, where arguments are hidden in `**kwargs`, and
    wherever something whose name speaks of a timeout stands around the call. `requests` is left to ruff's S113.

    ## Fix safety

    The fix is unsafe: a connect that took longer than the timeout now fails, with `TimeoutError` or the library's
    class for it. It takes the timeout from the function, the class or a constant of the file if there is one that is
    meant for this, and 10 seconds else.

    A timeout of a socket stays with it, and a program may well wait longer than that for something to read. So for
    sockets the fix bounds the connect alone, and sets the timeout back afterwards (`settimeout(None)`), unless the
    code does so itself. The clients of the standard library (`smtplib`, `ftplib`, `imaplib`, `http.client`, ...) use
    theirs for every answer that they wait for: give them more if the server is slow. Before Python 3.11,
    `asyncio.wait_for` raises an `asyncio.TimeoutError` that is no `OSError`.

    ## References

    - [Python documentation: Notes on socket timeouts](https://docs.python.org/3/library/socket.html#notes-on-socket-timeouts)
    - [Python documentation: asyncio.wait_for](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait_for)
    - [tcp(7): tcp_syn_retries](https://man7.org/linux/man-pages/man7/tcp.7.html)
    """

    code = "CNL303"
    name = "connect-without-timeout"
    message = "`{call}`{address} has no timeout and may wait for minutes: {remedy}"
    default = False
    fixable = "sometimes"
    bad = (
        Example(
            "socket-made-here",
            """\
import socket


def ask(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # the line to the server
    s.connect((host, port))  # TCP
    s.sendall(b"?")
    return s.recv(100)
""",
            """\
import socket


def ask(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # the line to the server
    s.settimeout(10)
    s.connect((host, port))  # TCP
    s.settimeout(None)
    s.sendall(b"?")
    return s.recv(100)
""",
        ),
        Example(
            "create-connection",
            """\
import socket

CONNECT_TIMEOUT = 3.5


class Link:
    def open(self, address):
        self.sock = socket.create_connection(address)
        self.sock.sendall(b"hello")
""",
            """\
import socket

CONNECT_TIMEOUT = 3.5


class Link:
    def open(self, address):
        self.sock = socket.create_connection(address, timeout=CONNECT_TIMEOUT)
        self.sock.settimeout(None)
        self.sock.sendall(b"hello")
""",
        ),
        Example(
            "timeout-too-late",
            """\
import socket


def status(host):
    with socket.socket() as s:
        s.connect((host, 8125))
        s.settimeout(5)  # seconds
        s.sendall(b"stats")
        return s.recv(4096)
""",
            """\
import socket


def status(host):
    with socket.socket() as s:
        s.settimeout(5)  # seconds
        s.connect((host, 8125))
        s.sendall(b"stats")
        return s.recv(4096)
""",
        ),
        Example(
            "own-timeout-never-reaches-it",
            """\
import socket


class Client:
    def __init__(self, host, port, timeout=30):
        self.host = host
        self.port = port
        self.timeout = timeout

    def connect(self):
        self.sock = socket.create_connection((self.host, self.port))
        self.sock.settimeout(self.timeout)
""",
            """\
import socket


class Client:
    def __init__(self, host, port, timeout=30):
        self.host = host
        self.port = port
        self.timeout = timeout

    def connect(self):
        self.sock = socket.create_connection((self.host, self.port), timeout=self.timeout)
        self.sock.settimeout(self.timeout)
""",
        ),
        Example(
            "constructor-that-connects",
            """\
import smtplib


def send(host, message):
    with smtplib.SMTP(
        host,
        25,  # no TLS in here
    ) as smtp:
        smtp.send_message(message)
""",
            """\
import smtplib


def send(host, message):
    with smtplib.SMTP(
        host,
        25,  # no TLS in here
        timeout=10,
    ) as smtp:
        smtp.send_message(message)
""",
        ),
        Example(
            "prepared-by-a-constructor",
            """\
import http.client


def fetch(host, path):
    conn = http.client.HTTPSConnection(host)
    conn.request("GET", path)
    return conn.getresponse().read()
""",
            """\
import http.client


def fetch(host, path):
    conn = http.client.HTTPSConnection(host, timeout=10)
    conn.request("GET", path)
    return conn.getresponse().read()
""",
        ),
        Example(
            "asyncio-stream",
            """\
import asyncio


async def watch(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    async for line in reader:
        print(line)
""",
            """\
import asyncio


async def watch(host, port):
    reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 10)
    async for line in reader:
        print(line)
""",
        ),
        Example(
            "timeout-of-none",
            """\
import paramiko


def shell(host):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.connect(host, username="backup", timeout=None)
    return client
""",
            """\
import paramiko


def shell(host):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.connect(host, username="backup", timeout=10)
    return client
""",
        ),
        Example(
            "result-that-is-returned",
            """\
import socket


def dial(address):
    return socket.create_connection(address)
""",
            """\
import socket


def dial(address):
    sock = socket.create_connection(address, timeout=10)
    sock.settimeout(None)
    return sock
""",
        ),
        Example(
            "trio-stream",
            """\
import trio


async def greet(host):
    stream = await trio.open_tcp_stream(host, 7)
    await stream.send_all(b"hello")
""",
            """\
import trio


async def greet(host):
    with trio.fail_after(10):
        stream = await trio.open_tcp_stream(host, 7)
    await stream.send_all(b"hello")
""",
        ),
    )
    silent = (
        Example(
            "settimeout-before",
            """\
import socket


def ask(host, port, patience):
    s = socket.socket()
    s.settimeout(patience)
    s.connect((host, port))
    return s.recv(100)
""",
        ),
        Example(
            "timeout-by-position",
            """\
import ftplib
import smtplib
import socket
import telnetlib


def probe(host):
    socket.create_connection((host, 80), 5).close()
    telnetlib.Telnet(host, 23, 5).close()
    smtplib.SMTP(host, 25, None, 5).quit()
    ftplib.FTP(host, "anonymous", "", "", 5).quit()
""",
        ),
        Example(
            "default-for-the-whole-program",
            """\
import socket
import sys

if "--patient" not in sys.argv:
    socket.setdefaulttimeout(20)


def ask(address):
    return socket.create_connection(address).recv(100)
""",
        ),
        Example(
            "deadline-around-it",
            """\
import asyncio
import socket

import anyio
import gevent


async def one(host):
    async with asyncio.timeout(5):
        return await asyncio.open_connection(host, 80)


async def two(host):
    with anyio.fail_after(5):
        return await anyio.connect_tcp(host, 80)


async def three(host):
    return await asyncio.wait_for(asyncio.open_connection(host, 80), timeout=5)


def four(address):
    with gevent.Timeout(5):
        return socket.create_connection(address)
""",
        ),
        Example(
            "deadline-around-the-caller",
            """\
import asyncio


class Client:
    async def _open(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def start(self):
        await asyncio.wait_for(self._open(), self.patience)
""",
        ),
        Example(
            "does-not-block",
            """\
import selectors
import socket


def start(selector, address):
    sock = socket.socket()
    sock.setblocking(False)
    try:
        sock.connect(address)
    except BlockingIOError:
        pass
    selector.register(sock, selectors.EVENT_WRITE)
""",
        ),
        Example(
            "socket-from-elsewhere",
            """\
import socket

from pool import new_socket


def join(sock: socket.socket, address):
    sock.connect(address)


def leave(address):
    sock = new_socket()
    sock.connect(address)
""",
        ),
        Example(
            "unix-sockets",
            """\
import asyncio
import socket


def notify(path, text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.connect(path)
        s.sendall(text)


async def control(path):
    return await asyncio.open_unix_connection(path)
""",
        ),
        Example(
            "arguments-in-a-dictionary",
            """\
import smtplib
import socket


def connect(address, **options):
    return socket.create_connection(address, **options)


def mail(settings):
    return smtplib.SMTP(**settings)
""",
        ),
        Example(
            "same-machine",
            """\
import socket

HOST = "127.0.0.1"


def wake(server):
    s = socket.socket()
    s.connect(server.getsockname())
    socket.create_connection((HOST, 9999)).close()
""",
        ),
        Example(
            "libraries-with-a-bound-of-their-own",
            """\
import asyncpg
import psycopg
import pymysql
import requests
import websockets


async def load(host):
    rows = await asyncpg.connect(host=host)
    pymysql.connect(host=host)
    psycopg.connect(host=host)
    await websockets.connect(f"ws://{host}")
    return rows, requests.get(f"http://{host}")
""",
        ),
        Example(
            "connection-made-before",
            """\
import asyncio

import paramiko


async def upgrade(sock, loop, protocol):
    await loop.create_connection(protocol, sock=sock)
    await asyncio.open_connection(sock=sock)


def tunnel(client, host, channel):
    ssh = paramiko.SSHClient()
    ssh.connect(host, sock=channel)
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for found in facts.unbounded:
            yield self._finding(facts, found)

    def _finding(self, facts: Facts, found: UnboundedConnect) -> Finding:
        fix = None
        if _rewrite(facts, found) is not None:
            fix = Fix("unsafe", "Set a timeout for the connect", lambda: _rewrite(facts, found))
        return Finding(
            found.call,
            arguments={
                "call": called(facts, found.call),
                "address": fixes.guards.spoken(fixes.guards.address(found.call, found.operation)),
                "remedy": _remedy(facts, found),
            },
            why=tuple(_why(facts, found)),
            fix=fix,
        )


def _seconds(facts: Facts, found: UnboundedConnect) -> str:
    """Return the timeout to write: one that the code has and that is there at the call, else a number."""
    late = found.late.args[0].value if found.late is not None and found.late.args else None
    if isinstance(late, (cst.Integer, cst.Float)) and found.how == "argument":
        return late.value
    setting = found.setting
    if setting is None or found.operation.name in _WHOLE_SECONDS:
        return SECONDS
    first = setting.partition(".")[0]
    owner = facts.names.owner(first, facts.index.scope_of(found.told))
    if owner is None or (owner is facts.index.top and not _is_bound_before(facts, owner.names[first], found.told)):
        return SECONDS
    return setting


def _is_bound_before(facts: Facts, bindings: list[Binding], node: cst.CSTNode) -> bool:
    """Say whether what `bindings` bind at the top of the file is there when `node` runs."""
    if any(binding.conditional for binding in bindings):
        return False
    if facts.index.function_of(node) is not None:
        return True
    body = facts.module.body
    here = next((body.index(each) for each in facts.index.ancestors(node) if each in body), 0)
    lines = [facts.index.parents.get(binding.node) for binding in bindings]
    return all(line in body[:here] for line in lines)


def _remedy(facts: Facts, found: UnboundedConnect) -> str:
    seconds = _seconds(facts, found)
    if found.how == "socket" and found.result is not None:
        told = f"`{code(facts, found.result)}.settimeout({_late_seconds(facts, found) or seconds})`"
        if found.late is not None:
            return f"{told} comes too late for it, call it before the connect"
        return f"call {told} before it"
    if found.how == "task":
        scope = _SCOPES.get(found.operation.name.partition(".")[0])
        return f"await it in `{scope}({seconds})`" if scope is not None else f"await `asyncio.wait_for(..., {seconds})`"
    argument = f"`{found.parameter}={seconds}`"
    if found.how == "constructor":
        return f"give {argument} to `{called(facts, found.told)}`"
    if found.late is not None:
        return f"pass {argument}, `{code(facts, found.late.func)}` comes too late for it"
    return f"pass {argument}"


def _late_seconds(facts: Facts, found: UnboundedConnect) -> str | None:
    if found.late is None or not found.late.args:
        return None
    return code(facts, found.late.args[0].value)


def _why(facts: Facts, found: UnboundedConnect) -> Iterator[str]:
    raised = [each.raises for each in found.operation.failures if each.scenario == "timeout"]
    classes = f" and raises {', '.join(dict.fromkeys(raised))} only then" if raised else ""
    yield f"{place(facts, found.call)} waits until the system gives up{classes} ({found.operation.name})"
    if found.how == "socket" and found.made is not None:
        yield (
            f"nothing sets a timeout between {place(facts, found.made)}, which makes the socket, and the connect"
            if found.late is None
            else f"{place(facts, found.late)} sets one when the connect is over"
        )
    elif found.how == "constructor":
        yield f"{place(facts, found.told)} makes what connects, without `{found.parameter}`"
    elif found.how == "task":
        yield "no deadline stands around it, nor around a call of its function in the file"
    else:
        yield f"`{found.parameter}` is not given, and without it there is none"
        if found.late is not None:
            yield f"{place(facts, found.late)} sets one when the connect is over"
    if found.setting is not None:
        yield f"`{found.setting}` is a timeout that never reaches it"


# The repair


def _rewrite(facts: Facts, found: UnboundedConnect) -> Rewrite | None:
    seconds = _seconds(facts, found)
    if found.how == "socket":
        return _before(facts, found, seconds)
    if found.how == "task":
        return _by_task(facts, found, seconds)
    call = fixes.arguments.with_argument(found.told, found.parameter or "timeout", seconds, found.position)
    if found.keeps is None or found.told_again or _is_over_at_once(facts, found.call):
        return Rewrite({found.told: call})
    return _bounding_the_connect_alone(facts, found, call)


def _is_over_at_once(facts: Facts, call: cst.Call) -> bool:
    """Say whether the connection is closed where it is made, so that nothing is read from it."""
    parent = facts.index.parents.get(call)
    return isinstance(parent, cst.Attribute) and parent.attr.value in _AT_ONCE


def _telling(socket: str, seconds: str) -> cst.SimpleStatementLine:
    return fixes.guards.statement(f"{socket}.settimeout({seconds})")


def _own_line(facts: Facts, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """Return the line of `node`, if that holds but one statement and stands in a block of its own lines."""
    line = facts.index.enclosing(node, cst.SimpleStatementLine)
    if line is None or len(line.body) != 1:
        return None
    return line if isinstance(facts.index.parents.get(line), (cst.Module, cst.IndentedBlock)) else None


def _before(facts: Facts, found: UnboundedConnect, seconds: str) -> Rewrite | None:
    socket = dotted(found.result)
    line = fixes.guards.line_of(facts, found.call)
    if socket is None:
        return None
    if line is None:
        return _before_return(facts, found, _telling(socket, seconds))
    late = _own_line(facts, found.late) if found.late is not None else None
    if late is not None and found.late is not None:
        if _follows_at_once(facts, line, late):
            lines = (
                late.with_changes(leading_lines=line.leading_lines),
                line.with_changes(leading_lines=late.leading_lines),
            )
            return Rewrite({line: lines, late: ()})
        value = found.late.args[0].value
        if isinstance(value, (cst.Integer, cst.Float)):
            seconds = value.value
    told = _telling(socket, seconds).with_changes(leading_lines=line.leading_lines)
    after = () if found.told_again else (_telling(socket, "None"),)
    return Rewrite({line: (told, line.with_changes(leading_lines=()), *after)})


def _before_return(facts: Facts, found: UnboundedConnect, told: cst.SimpleStatementLine) -> Rewrite | None:
    """Return the rewrite for a connect that is a part of what a function returns, and the last use of its socket."""
    line = _own_line(facts, found.call)
    if line is None or not isinstance(line.body[0], cst.Return) or not isinstance(found.result, cst.Name):
        return None
    owner = facts.names.owner(found.result.value, facts.index.scope_of(found.call))
    if owner is None or owner.kind != "function" or len(facts.names.uses(found.result.value, line)) != 1:
        return None
    return Rewrite({line: (told.with_changes(leading_lines=line.leading_lines), line.with_changes(leading_lines=()))})


def _follows_at_once(facts: Facts, line: cst.SimpleStatementLine, late: cst.SimpleStatementLine) -> bool:
    block = facts.index.parents.get(line)
    if not isinstance(block, (cst.Module, cst.IndentedBlock)) or facts.index.parents.get(late) is not block:
        return False
    return isinstance(late.body[0], cst.Expr) and block.body.index(late) == block.body.index(line) + 1


def _bounding_the_connect_alone(facts: Facts, found: UnboundedConnect, call: cst.Call) -> Rewrite | None:
    """Return the rewrite to `call` that sets the timeout back as soon as the connection is there."""
    if found.result is not None:
        socket = dotted(found.result)
        if socket is None or found.keeps is None:
            return None
        told = _telling(f"{socket}{found.keeps}", "None")
        line = _own_line(facts, found.call)
        if line is not None:
            new = line.deep_replace(found.call, call)
            return Rewrite({line: (new, told)}) if isinstance(new, cst.SimpleStatementLine) else None
        return _in_with(facts, found, call, told)
    return _returned(facts, found, call)


def _in_with(facts: Facts, found: UnboundedConnect, call: cst.Call, told: cst.SimpleStatementLine) -> Rewrite | None:
    statement = facts.index.enclosing(found.call, cst.With)
    if statement is None or not isinstance(statement.body, cst.IndentedBlock):
        return None
    if not any(item is ancestor for ancestor in facts.index.ancestors(found.call) for item in statement.items):
        return None
    first = statement.body.body[0]
    return Rewrite({found.call: call, first: (told, first)})


def _returned(facts: Facts, found: UnboundedConnect, call: cst.Call) -> Rewrite | None:
    line = fixes.guards.line_of(facts, found.call)
    if line is None or not isinstance(line.body[0], cst.Return) or line.body[0].value is not found.call:
        return None
    scope = facts.index.scope_of(found.call)
    name = next((each for each in _FREE_NAMES if not facts.names.uses(each, scope.node)), None)
    if name is None or found.keeps is None:
        return None
    made = fixes.guards.statement(f"{name} = None")
    assign = made.body[0]
    if not isinstance(assign, cst.Assign):
        return None
    return Rewrite(
        {
            line: (
                made.with_changes(
                    body=[assign.with_changes(value=call)],
                    leading_lines=line.leading_lines,
                    trailing_whitespace=line.trailing_whitespace,
                ),
                _telling(f"{name}{found.keeps}", "None"),
                fixes.guards.statement(f"return {name}"),
            )
        }
    )


def _by_task(facts: Facts, found: UnboundedConnect, seconds: str) -> Rewrite | None:
    scope = _SCOPES.get(found.operation.name.partition(".")[0])
    if scope is not None:
        return _in_scope(facts, found, scope, seconds)
    if not isinstance(facts.index.parents.get(found.call), cst.Await):
        return None
    way = fixes.imports.reference(facts, found.call, "asyncio.wait_for")
    if way is None:
        return None
    outer = cst.ensure_type(cst.parse_expression(f"{way[0]}(None, {seconds})"), cst.Call)
    first, second = outer.args
    bounded = outer.with_changes(args=[first.with_changes(value=found.call), second])
    return Rewrite({found.call: bounded}, imports=way[1])


def _in_scope(facts: Facts, found: UnboundedConnect, scope: str, seconds: str) -> Rewrite | None:
    """Return the rewrite that puts the line of the connect into a `with` of `scope`."""
    line = fixes.guards.line_of(facts, found.call)
    way = fixes.imports.reference(facts, found.call, scope)
    if line is None or way is None:
        return None
    bounded = cst.With(
        items=[cst.WithItem(cst.parse_expression(f"{way[0]}({seconds})"))],
        body=cst.IndentedBlock([line.with_changes(leading_lines=())]),
        leading_lines=line.leading_lines,
    )
    return Rewrite({line: bounded}, imports=way[1])
