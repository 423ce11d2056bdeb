"""CNL104: connect-failure-escapes."""

from __future__ import annotations

import ipaddress
import re
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from connlint import fixes, knowledge
from connlint.facts.caught import members
from connlint.facts.guards import GuardsReader
from connlint.facts.model import Handler, Suppression
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, bound_name, dotted, has_star, statements, walk, walk_same_code
from connlint.facts.wording import called, code, place
from connlint.lazy import TextPattern
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.knowledge.model import Failure, Scenario
    from connlint.rules.base import Rewrite

_REFUSAL = frozenset({"ConnectionError", "ConnectionRefusedError"})
_NARROW = frozenset({*_REFUSAL, "BrokenPipeError", "ConnectionAbortedError", "ConnectionResetError", "TimeoutError"})
_SOMETHING_FAILED: frozenset[Scenario] = frozenset({"broken", "closed", "handshake", "refused", "reset", "unreachable"})

_SAYS: Mapping[Scenario, str] = {
    "refused": "a refused connection",
    "timeout": "a timeout",
    "unresolved": "an unknown host",
}

_WHEN: Mapping[Scenario, str] = {
    "refused": "when the connection is refused",
    "timeout": "when the peer takes too long",
    "unresolved": "when the host has no address",
}

# Their classes tell of one part of connecting, and not of all that a client may meet.
_BELOW_LIBRARIES = frozenset({"asyncio", "socket", "ssl"})

# Calls whose result is an address and no name.
_GIVE_ADDRESS = frozenset(
    "getsockname getpeername gethostbyname gethostbyname_ex inet_ntoa inet_ntop get_extra_info ip_address".split()
)
_SAYS_ADDRESS = TextPattern(r"(?:^|_)(?:ip|ipv[46]|ip_?addr(?:ess)?)(?:$|_)", re.IGNORECASE)
_TIMED = frozenset({"async_timeout.timeout", "asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for"})
_HOST_IN_URL = TextPattern(r"\A[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(\[[^]]*\]|[^/:?#]*)", re.IGNORECASE)
_DEEPEST = 6

# What every `OSError` has: a handler that reads more from what it took wants just that class.
_OF_ANY = frozenset(
    "add_note args errno filename filename2 strerror winerror with_traceback __class__ __cause__ __context__ "
    "__traceback__".split()
)


class ConnectFailureEscapes(Rule):
    """
    ## What it does

    Reports a handler that takes one failure of a connect and cannot take another that the same connect is known to
    raise, where nothing else takes that one either: no other clause, no `try` around it, and no caller in the file.
    `contextlib.suppress` is a handler, too.

    By default it speaks of a refused connection, which is what a server that is down looks like. With
    `escaping = ["refused", "timeout", "unresolved"]` in `[tool.connlint]` it speaks of timeouts and unknown hosts, too.

    ## Why is this bad

    The author thought of the server being down, and the program still ends with a traceback when it is:

    - asyncio tries all addresses of a host, and when each of them refuses, it raises a plain `OSError`. Most systems
      have two addresses for `localhost`: `except ConnectionRefusedError` misses what both of them say.
    - `create_connection(..., all_errors=True)` raises an `ExceptionGroup`, which is no `OSError`.
    - `urlopen` wraps a refusal, and a connect that times out, in `URLError`: `except TimeoutError` takes neither.
    - `smtplib.SMTP(host)` lets the `OSError` of the socket through, and so do other clients' constructors:
      `except SMTPException` takes what the server says, and not that there is none.

    ## Example

    ```python
    import asyncio


    async def ask():
        try:
            reader, writer = await asyncio.open_connection("localhost", 8888)
        except ConnectionRefusedError:
            print("the server is down")
    ```

    ## Use instead

    ```python
    async def ask():
        try:
            reader, writer = await asyncio.open_connection("localhost", 8888)
        except OSError:
            print("the server is down")
    ```

    ## When this is fine

    An IP address is one address, and its refusal is a `ConnectionRefusedError`: connlint is silent where the host is
    written as one, is named as one (`ip`, `ip_address`), comes from `getsockname` and the like, or where a `family` is
    given. Tests are left alone: they ran, so their handlers fit. A `TimeoutError` that is raised on in other words may
    well be all that a function wants to translate.

    The builtin `ConnectionError` around calls of a library that raises its own class is
    [CNL103](foreign-connection-error.md). Where a connect that nothing guards ends the program, a thread or a task,
    [CNL301](unguarded-connect.md) says so, and which handlers cannot take it; there this rule is silent.

    ## Fix safety

    The fix is unsafe: the handler runs where the failure went on before. It puts `OSError` in the place of its
    subclasses, or the missed class beside what is there. There is none where the handler reads what only the narrower
    class has, or where a later clause takes a subclass of what would be added.

    ## References

    - [asyncio.open_connection](https://docs.python.org/3/library/asyncio-stream.html#asyncio.open_connection)
    - [asyncio: loop.create_connection](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.create_connection)
    - [socket.create_connection](https://docs.python.org/3/library/socket.html#socket.create_connection)
    - [urllib.error.URLError](https://docs.python.org/3/library/urllib.error.html#urllib.error.URLError)
    - [smtplib.SMTP](https://docs.python.org/3/library/smtplib.html#smtplib.SMTP)
    """

    code = "CNL104"
    name = "connect-failure-escapes"
    message = "`{handler}` misses {what} of {calls}: {catch} {classes}"
    fixable = "sometimes"
    reveals = frozenset({"CNL101", "CNL105", "CNL106", "CNL201", "CNL202", "CNL203", "CNL204", "CNL205", "CNL209"})
    bad = (
        Example(
            "localhost-has-two-addresses",
            """\
import asyncio


async def is_up(port):
    try:
        reader, writer = await asyncio.open_connection("localhost", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
""",
            """\
import asyncio


async def is_up(port):
    try:
        reader, writer = await asyncio.open_connection("localhost", port)
    except OSError:
        return False
    writer.close()
    return True
""",
        ),
        Example(
            "host-of-a-client-that-reconnects",
            """\
import asyncio
import logging


class Feed:
    def __init__(self, host, port=4242):
        self.host = host
        self.port = port

    async def connect(self):
        delay = 1
        while True:
            try:
                # the server may still be starting
                return await asyncio.open_connection(self.host, self.port)
            except (ConnectionError, asyncio.TimeoutError) as error:
                logging.warning("%s: %s, again in %s s", self.host, error, delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, 60)
""",
            """\
import asyncio
import logging


class Feed:
    def __init__(self, host, port=4242):
        self.host = host
        self.port = port

    async def connect(self):
        delay = 1
        while True:
            try:
                # the server may still be starting
                return await asyncio.open_connection(self.host, self.port)
            except (OSError, asyncio.TimeoutError) as error:
                logging.warning("%s: %s, again in %s s", self.host, error, delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, 60)
""",
        ),
        Example(
            "suppressed",
            """\
import asyncio
import contextlib


async def poke(host):
    with contextlib.suppress(ConnectionError):
        _, writer = await asyncio.open_connection(host, 7)
        writer.close()
""",
            """\
import asyncio
import contextlib


async def poke(host):
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(host, 7)
        writer.close()
""",
        ),
        Example(
            "all-errors-come-as-a-group",
            """\
import socket


def open_any(host, port):
    try:
        return socket.create_connection((host, port), timeout=5, all_errors=True)
    except OSError as error:
        print(f"no connection to {host}: {error}")
        return None
""",
            """\
import socket


def open_any(host, port):
    try:
        return socket.create_connection((host, port), timeout=5, all_errors=True)
    except (OSError, ExceptionGroup) as error:
        print(f"no connection to {host}: {error}")
        return None
""",
        ),
        Example(
            "timeouts-of-urlopen",
            """\
import socket
import urllib.request


class Page:
    def text(self):
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return answer.read().decode()
        except socket.timeout:
            return None
""",
            """\
import socket
import urllib.error
import urllib.request


class Page:
    def text(self):
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return answer.read().decode()
        except (socket.timeout, urllib.error.URLError):
            return None
""",
        ),
        Example(
            "what-the-mail-server-says",
            """\
import logging
import smtplib


class Mailer:
    def send(self, message):
        try:
            with smtplib.SMTP(self.host, timeout=10) as server:
                server.send_message(message)
        except smtplib.SMTPException as error:
            logging.error("not sent: %s", error)
            return False
        return True
""",
            """\
import logging
import smtplib


class Mailer:
    def send(self, message):
        try:
            with smtplib.SMTP(self.host, timeout=10) as server:
                server.send_message(message)
        except OSError as error:
            logging.error("not sent: %s", error)
            return False
        return True
""",
        ),
        Example(
            "through-a-method",
            """\
import asyncio


class Client:
    async def _open(self):
        self.reader, self.writer = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), 10)

    async def start(self):
        try:
            await self._open()
        except ConnectionRefusedError:
            self.state = "down"
        except asyncio.TimeoutError:
            self.state = "slow"
""",
        ),
    )
    silent = (
        Example(
            "one-address",
            """\
import asyncio

HOST = "127.0.0.1"


async def is_up(port):
    try:
        await asyncio.open_connection(HOST, port)
    except ConnectionRefusedError:
        return False
    return True
""",
        ),
        Example(
            "one-family",
            """\
import asyncio
import socket


async def is_up(host, port):
    try:
        await asyncio.open_connection(host, port, family=socket.AF_INET)
    except ConnectionRefusedError:
        return False
    return True
""",
        ),
        Example(
            "oserror-in-another-clause",
            """\
import asyncio


async def is_up(host, port):
    try:
        await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return False
    except OSError as error:
        print(error)
        return False
    return True
""",
        ),
        Example(
            "caller-takes-it",
            """\
import asyncio


async def dial(host):
    try:
        return await asyncio.open_connection(host, 80)
    except ConnectionRefusedError:
        return await asyncio.open_connection("127.0.0.1", 8080)


async def main(host):
    try:
        reader, writer = await dial(host)
    except OSError as error:
        print("no connection:", error)
""",
        ),
        Example(
            "address-of-a-socket",
            """\
import asyncio


async def probe(server):
    host, port = server.sockets[0].getsockname()[:2]
    try:
        await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return False
    return True
""",
        ),
        Example(
            "blocking-connect-raises-the-last-failure",
            """\
import socket


def is_up(host, port):
    try:
        socket.create_connection((host, port), timeout=3).close()
    except ConnectionRefusedError:
        return False
    return True
""",
        ),
        Example(
            "smtp-and-oserror",
            """\
import smtplib


class Mailer:
    def send(self, message):
        try:
            with smtplib.SMTP(self.host) as server:
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            print("not sent:", error)
""",
        ),
        Example(
            "nothing-but-what-the-server-says",
            """\
import smtplib


class Mailer:
    def check(self, user, password):
        try:
            with smtplib.SMTP(self.host) as server:
                server.login(user, password)
        except smtplib.SMTPAuthenticationError:
            return False
        return True
""",
        ),
        Example(
            "timeouts-in-other-words",
            """\
import socket


class Client:
    def open(self):
        try:
            self.sock = socket.create_connection(self.address, self.timeout)
        except TimeoutError as error:
            raise TooSlow(self.address) from error
""",
        ),
        Example(
            "decorator-that-may-try-again",
            """\
import asyncio

from tenacity import retry, retry_if_exception_type, stop_after_attempt


@retry(retry=retry_if_exception_type(OSError), stop=stop_after_attempt(3))
async def dial(host):
    try:
        return await asyncio.open_connection(host, 80)
    except ConnectionRefusedError:
        print("refused")
        return None
""",
        ),
        Example(
            "a-test",
            """\
import asyncio
import unittest


class Refused(unittest.IsolatedAsyncioTestCase):
    async def test_refused(self):
        try:
            await asyncio.open_connection("localhost", 9)
        except ConnectionRefusedError:
            pass
""",
        ),
        Example(
            "unix-socket",
            """\
import asyncio


async def ask(path):
    try:
        return await asyncio.open_unix_connection(path)
    except ConnectionRefusedError:
        return None
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the handlers that take one failure of a connect and miss another."""
        if facts.is_test:
            return
        reader = _Reader(facts)
        reported: set[cst.CSTNode] = set()
        handlers: Iterator[Handler | Suppression] = chain(facts.handlers, facts.suppressions)
        for handler in handlers:
            if handler.statement in reported:
                continue
            found = [each for each in reader.escaping(handler) if each.item.call not in reported]
            if found:
                reported |= {handler.statement, *(each.item.call for each in found)}
                yield _finding(facts, handler, found)


# The finding


def _finding(facts: Facts, handler: Handler | Suppression, found: Sequence[_Escaping]) -> Finding:
    classes = _classes(facts, found)
    node: cst.CSTNode
    until: cst.CSTNode | None
    if isinstance(handler, Handler):
        node, until = handler.node, handler.node.type
        written = f"except {code(facts, until)}" if until is not None else "except"
    else:
        node, until = handler.statement, handler.call
        written = code(facts, handler.call)
    catch = "catch" if isinstance(handler, Handler) else "suppress"
    rewrite = _rewrite(facts, handler, classes)
    return Finding(
        node,
        until,
        {
            "handler": written,
            "what": " and ".join(dict.fromkeys(_SAYS[each.scenario] for each in found)),
            "calls": " and ".join(dict.fromkeys(called(facts, each.item.site) for each in found)),
            "catch": catch,
            "classes": " and ".join(classes),
        },
        tuple(dict.fromkeys(_why(facts, each) for each in found)),
        Fix("unsafe", f"{catch.capitalize()} {' and '.join(classes)}", rewrite) if rewrite is not None else None,
    )


def _why(facts: Facts, found: _Escaping) -> str:
    item = found.item
    through = f", reached by {place(facts, item.site)}," if item.through else ""
    when = "when every address of the host refuses" if found.several else _WHEN[found.scenario]
    missed = " or ".join(found.missed)
    return (
        f"{place(facts, item.call)}{through} raises {missed} {when} ({item.operation.name}), and nothing here takes it"
    )


def _classes(facts: Facts, found: Sequence[_Escaping]) -> list[str]:
    """Return the classes to catch: what is missed, or `OSError` where that is more than one of its kind."""
    derives = facts.exceptions.derives
    missed = dict.fromkeys(
        "OSError" if derives(name, "OSError") and _lets_sockets_failures_out(each.item) else name
        for each in found
        for name in each.missed
    )
    plain = [name for name in missed if derives(name, "OSError") and not _is_of_a_library(name)]
    if len(plain) > 1 or any(name in _NARROW - {"TimeoutError"} for name in plain):
        plain = ["OSError"]
    return [*plain, *(name for name in missed if name not in plain and not (plain and _is_plain(facts, name)))]


def _lets_sockets_failures_out(item: Tried) -> bool:
    """Say whether a library's own call fails as its socket does, so that no class of the library takes it all."""
    names = {each.raises for each in item.failures if each.scenario in {"timeout", "unresolved", "unreachable"}}
    ours = _is_of_a_library(item.operation.name) and item.operation.phase == "connect"
    return ours and not names.isdisjoint({"OSError", "TimeoutError", "socket.gaierror"})


def _is_of_a_library(name: str) -> bool:
    return "." in name and not name.startswith(("socket.", "ssl."))


def _is_plain(facts: Facts, name: str) -> bool:
    return facts.exceptions.derives(name, "OSError") and not _is_of_a_library(name)


def _rewrite(facts: Facts, handler: Handler | Suppression, classes: Sequence[str]) -> Callable[[], Rewrite] | None:
    """Return the rewrite that widens `handler`; None where that would not be what its author means."""
    derives = facts.exceptions.derives
    covered = [name for name in handler.caught if any(derives(name, wide) for wide in classes)]
    if isinstance(handler, Suppression):
        old = covered or [handler.caught[-1]]
        new = [*(() if covered else old), *classes]
        return (
            fixes.clauses.replaced_in_suppress(facts, handler.statement, old, new)
            if fixes.clauses.is_written(facts, handler.call, old)
            else None
        )
    if any(derives(name, wide) for name in handler.later for wide in classes) or _reads_more(handler):
        return None
    timeouts = [each for each in members(facts, handler.node.type) if each.name == "TimeoutError"]
    if any(each.written != "TimeoutError" for each in timeouts):
        covered = [name for name in covered if name != "TimeoutError"]  # a class of its own for an older Python
    if not fixes.clauses.is_written(facts, handler.node, covered or handler.caught):
        return None
    return (
        fixes.clauses.replaced(facts, handler.node, covered, classes)
        if covered
        else fixes.clauses.added(facts, handler.node, classes)
    )


def _reads_more(handler: Handler) -> bool:
    """Say whether the handler reads what only the class that it names has."""
    name = bound_name(handler.node)
    return name is not None and any(
        isinstance(node, cst.Attribute)
        and isinstance(node.value, cst.Name)
        and node.value.value == name
        and node.attr.value not in _OF_ANY
        for node in walk(handler.node.body)
    )


# What passes by


class _Escaping(NamedTuple):
    """An operation of which the handler takes some failures of connecting, and those that pass it by."""

    item: Tried
    scenario: Scenario
    missed: tuple[str, ...]
    several: bool
    """True if what is missed comes only when a host has several addresses."""


class _Reader:
    """Reads what passes the handlers of one file by."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._takes = facts.exceptions.taken
        self._guards = GuardsReader(facts)

    def escaping(self, handler: Handler | Suppression) -> list[_Escaping]:
        """Return what passes by `handler` and everything else that could take it."""
        if OPAQUE in handler.caught or not self._may_be_meant(handler) or _only_raises(handler):
            return []
        return [
            each
            for item in handler.effects.tried
            if item.operation.phase in {"connect", "request"}
            for each in self._of_operation(handler, item)
            if self._gets_out(each)
        ]

    def _may_be_meant(self, handler: Handler | Suppression) -> bool:
        """Say whether the classes alone allow for it; what the `try` does costs more to read."""
        return any(
            name in _NARROW
            or (name == "OSError" and self._groups)
            or ("." in name and knowledge.bases(name) is not None)
            for name in handler.caught
        )

    @cached_property
    def _groups(self) -> bool:
        """True if some call of the file asks for all errors, which come as a group."""
        return any(
            arg.keyword is not None and arg.keyword.value == "all_errors"
            for call in self._facts.index.all(cst.Call)
            for arg in call.args
        )

    def _of_operation(self, handler: Handler | Suppression, item: Tried) -> Iterator[_Escaping]:
        clauses = [*handler.earlier, *handler.caught, *(handler.later if isinstance(handler, Handler) else ())]
        if any(map(self._may_be_tuple, clauses)):
            return
        for scenario in self._facts.options.escaping:
            failures = [each for each in item.failures if each.scenario == scenario]
            several = self._only_for_several(item, failures)
            possible = [each for each in failures if self._can_come(item, each, several)]
            missed = tuple(
                dict.fromkeys(each.raises for each in possible if self._takes(clauses, each.raises) is False)
            )
            if missed and self._is_meant(handler, item, scenario, missed):
                yield _Escaping(item, scenario, missed, set(missed) <= several)

    # Can it come?

    @staticmethod
    def _only_for_several(item: Tried, failures: Sequence[Failure]) -> set[str]:
        """Return the classes that sum up the refusals of several addresses: one is known by a class of its own."""
        own = [each.raises for each in item.operation.failures if each.scenario == "refused"]
        return {
            each.raises
            for each in failures
            if each.scenario == "refused" and each.only_with is None and each.raises == "OSError" and len({*own}) > 1
        }

    def _can_come(self, item: Tried, failure: Failure, several: set[str]) -> bool:
        if failure.only_with is not None:
            given = argument(item.call, None, failure.only_with)
            if isinstance(given, cst.Name) and given.value != "True":
                return False
        if failure.scenario == "timeout":
            return self._has_timeout(item)
        if failure.scenario == "unresolved" or failure.raises in several:
            if failure.scenario == "unresolved" and self._is_local(item):
                return False
            names = self._may_be_name(item)
            family = argument(item.call, None, "family")
            return names and (family is None or failure.scenario == "unresolved")
        return True

    def _has_timeout(self, item: Tried) -> bool:
        """Say whether the operation is known to give up after a time that the program sets."""
        operation = item.operation
        if operation.timeout is not None:
            position = (
                operation.parameters.index(operation.timeout) if operation.timeout in operation.parameters else None
            )
            value = argument(item.call, position, operation.timeout)
            if value is not None:
                return not (isinstance(value, cst.Name) and value.value == "None")
        if self._is_timed(item.call):
            return True
        receiver = dotted(item.call.func.value) if isinstance(item.call.func, cst.Attribute) else None
        for other in self._facts.index.all(cst.Call):
            name = self._facts.names.qualified(other.func)
            if name == "socket.setdefaulttimeout":
                return True
            if receiver is not None and dotted(other.func) == f"{receiver}.settimeout" and other.args:
                return not (isinstance(other.args[0].value, cst.Name) and other.args[0].value.value == "None")
        return False

    def _is_timed(self, call: cst.Call) -> bool:
        """Say whether asyncio gives up the `call` after a time: `wait_for`, `async with asyncio.timeout(...)`."""
        for node in self._facts.index.ancestors(call):
            if isinstance(node, (cst.FunctionDef, cst.Lambda)):
                return False
            around = [node] if isinstance(node, cst.Call) else []
            if isinstance(node, cst.With):
                around = [each.item for each in node.items if isinstance(each.item, cst.Call)]
            if any(self._facts.names.qualified(each.func) in _TIMED for each in around):
                return True
        return False

    # Has the host a name?

    def _host(self, item: Tried) -> cst.BaseExpression | None:
        """Return what says which host the operation connects to, if it is known."""
        operation = item.operation
        if not operation.address or has_star(item.call):
            return None
        value = None
        for name in operation.address:
            position = operation.parameters.index(name) if name in operation.parameters else None
            if value is None and not name.endswith("port"):
                value = argument(item.call, position, name)
        if operation.address[0] != "address" or value is None:
            return value
        pair = self._facts.names.follow(value)  # if it is no pair, it may come from getaddrinfo
        return pair.elements[0].value if isinstance(pair, cst.Tuple) and pair.elements else None

    def _may_be_name(self, item: Tried) -> bool:
        """Say whether the operation may connect to a host by name, and so to several addresses."""
        value = self._host(item)
        return value is not None and not self._is_address(value, item, 0)

    def _is_local(self, item: Tried) -> bool:
        """Say whether the host is this machine, by a name that every machine knows."""
        value = self._host(item)
        named = self._facts.names.follow(value) if value is not None else None
        return isinstance(named, cst.SimpleString) and "localhost" in str(named.evaluated_value)

    def _is_address(self, value: cst.BaseExpression, item: Tried, depth: int) -> bool:
        """Say whether `value` is, or may well be, an IP address and no name."""
        if depth > _DEEPEST:
            return True
        for node in walk_same_code(value):
            if isinstance(node, cst.SimpleString) and _is_ip(str(node.evaluated_value)):
                return True
            if isinstance(node, (cst.Name, cst.Attribute)):
                last = node.value if isinstance(node, cst.Name) else node.attr.value
                if last in _GIVE_ADDRESS or _SAYS_ADDRESS.search(last):
                    return True
        node = value.value if isinstance(value, cst.Subscript) else value
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return False
        for binding in self._facts.names.bindings(node):
            if binding.kind == "parameter":
                if any(self._is_address(each, item, depth + 1) for each in self._given(binding.node, item)):
                    return True
            elif binding.value is not None and self._is_address(binding.value, item, depth + 1):
                return True
        return False

    def _given(self, parameter: cst.CSTNode, item: Tried) -> Iterator[cst.BaseExpression]:
        """Yield what a parameter may be given: its default, and what the call gives through which it is reached."""
        if not isinstance(parameter, cst.Param):
            return
        if parameter.default is not None:
            yield parameter.default
        function = self._facts.index.enclosing(parameter, cst.FunctionDef)
        if function is None or item.site is item.call:
            return
        qualified = self._facts.index.scopes[function].qualified
        if item.through and item.through[0] == qualified:
            names = [each.name.value for each in function.params.params]
            position = names.index(parameter.name.value) if parameter.name.value in names else None
            if position is not None and self._facts.index.class_of(function) is not None:
                position -= 1
            given = argument(item.site, position, parameter.name.value)
            if given is not None:
                yield given

    # Is the handler meant for it?

    def _is_meant(self, handler: Handler | Suppression, item: Tried, scenario: Scenario, missed: Sequence[str]) -> bool:
        caught = handler.caught
        takes = self._takes
        if scenario != "refused":
            return any(
                each.scenario == "refused" and takes(caught, each.raises) is True for each in item.failures
            ) and not self._is_foreign(caught, missed)
        if not _REFUSAL.isdisjoint(caught):
            return not self._is_foreign(caught, missed)
        if "OSError" in caught:
            return any(name.endswith("ExceptionGroup") for name in missed)
        if self._is_for_the_library(handler, item):
            return not self._is_unguarded(item)
        return self._is_for_timeouts(handler, item, missed) and not self._is_unguarded(item)

    @staticmethod
    def _is_foreign(caught: Sequence[str], missed: Sequence[str]) -> bool:
        """Say whether a library's own class passes the builtin by: CNL103 says that."""
        return not _REFUSAL.isdisjoint(caught) and any(
            "." in name and not name.startswith(("socket.", "ssl.")) for name in missed
        )

    def _is_for_the_library(self, handler: Handler | Suppression, item: Tried) -> bool:
        """Say whether the handler takes the base of all that the library raises, for a call that only connects."""
        if item.operation.phase != "connect":
            return False
        others = [
            failure
            for other in handler.effects.tried
            if other.operation is not item.operation
            for failure in other.operation.failures
        ]
        for name in handler.caught:
            root, dot, _ = name.partition(".")
            if not dot or root in _BELOW_LIBRARIES or root != item.operation.name.partition(".")[0]:
                continue
            own = [base for base in knowledge.lineage(name) if base != name and base.partition(".")[0] == root]
            taken = {each.scenario for each in item.failures if self._takes([name], each.raises) is True}
            answers = any(each.raises == name and each.scenario in {"answered", "rubbish"} for each in others)
            if not own and taken & _SOMETHING_FAILED and not answers:
                return True
        return False

    def _is_for_timeouts(self, handler: Handler | Suppression, item: Tried, missed: Sequence[str]) -> bool:
        """Say whether the handler settles one way of not being reached, and cannot take the other."""
        if "TimeoutError" not in handler.caught or item.through:
            return False
        if isinstance(handler, Handler) and any(
            isinstance(node, cst.Raise) for node in walk_same_code(handler.node.body)
        ):
            return False
        if item.operation.phase == "connect":
            return True
        return any(each.scenario == "timeout" and each.raises in missed for each in item.failures)

    def _is_unguarded(self, item: Tried) -> bool:
        """Say whether CNL301 speaks of the connect: there its failure ends the program."""
        return any(
            site.call is item.call and site.guarded is False and site.place in {"main", "thread", "task"}
            for site in self._facts.connects
        )

    # Does it get out?

    def _gets_out(self, found: _Escaping) -> bool:
        node = found.item.site
        fate = self._guards.fate(node, found.missed)
        if fate.guarded is True or any(self._may_be_tuple(name) for guard in fate.guards for name in guard.caught):
            return False
        return self._guards.leaves(node, found.missed)

    def _may_be_tuple(self, name: str) -> bool:
        """Say whether `name`, which something else defines, is no class by its looks: `NETWORK_ERRORS`."""
        last = name.rpartition(".")[2]
        known = name.startswith("<file>") or knowledge.bases(name) is not None
        return name == OPAQUE or (not known and (last.isupper() or not last[:1].isupper()))


def _only_raises(handler: Handler | Suppression) -> bool:
    """Say whether the handler does nothing but to let through what it takes."""
    if isinstance(handler, Suppression):
        return False
    body = statements(handler.node.body)
    return len(body) == 1 and isinstance(body[0], cst.Raise) and body[0].exc is None


def _is_ip(text: str) -> bool:
    found = _HOST_IN_URL.match(text)
    host = found.group(1).strip("[]") if found is not None else text
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
