"""CNL103: foreign-connection-error."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from connlint import fixes, knowledge
from connlint.facts.model import Handler
from connlint.facts.names import OPAQUE
from connlint.facts.tree import bound_name, dotted, walk, walk_same_code
from connlint.facts.wording import called, code, place
from connlint.lazy import TextPattern
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import Suppression
    from connlint.knowledge.model import Failure, Operation, Scenario

# What each builtin class is caught for. BrokenPipeError is left out: around a request it is meant for standard output.
_MEANT_FOR: Mapping[str, frozenset[Scenario]] = {
    "ConnectionError": frozenset({"broken", "closed", "refused", "reset"}),
    "ConnectionRefusedError": frozenset({"refused"}),
    "ConnectionResetError": frozenset({"closed", "reset"}),
}
_BUILTIN = frozenset({*_MEANT_FOR, "BrokenPipeError", "ConnectionAbortedError"})

_TAKE_ALL = frozenset({"BaseException", "Exception"})

# Modules of the standard library whose calls may meet a peer, or run something that does.
_MAY_CONNECT = frozenset(
    """
    asyncio concurrent ftplib http imaplib logging multiprocessing nntplib poplib queue runpy select selectors signal
    smtplib socket socketserver ssl subprocess telnetlib threading urllib wsgiref xmlrpc
    """.split()
)

# Words in the names of functions that only make something out of what they are given.
_LOCAL_WORDS = frozenset(
    """
    argument arguments args as body build config data decode deserialize dump dumps encode endpoint escape extract
    format from header headers hash key kwargs log logger logging model name normalize options param parameters params
    parse path payload prefix prepare print quote render serialize setting settings text timeout timer to transform
    type uri url urls user validate value values warn
    """.split()
)
# How a test makes something raise.
_RAISING = frozenset({"side_effect", "exc", "exception"})

# Neither means that the connection failed, nor would it be caught for that: what a stream says that has ended.
_BESIDE = frozenset({"EOFError"})

# Words in the names of classes that have nothing to do with connections.
_OTHER_THINGS = frozenset(
    """
    attribute cast config configuration convert csv decode decoding encode encoding format html import index invalid
    json jwt key lookup missing parse parser parsing schema syntax template toml type unicode validation value xml yaml
    """.split()
)

# What a client is given to send with, and those of the libraries' own that reach no peer, or not as usual.
_SENDERS = frozenset({"app", "connector", "handler", "mounts", "transport"})
_SENDING_ELSEWHERE = frozenset({"ASGITransport", "BaseAdapter", "BaseHandler", "MockTransport", "WSGITransport"})

# What gives up after a time.
_TIMED = frozenset(
    """
    anyio.fail_after async_timeout.timeout asyncio.timeout asyncio.timeout_at asyncio.wait_for trio.fail_after
    """.split()
)

# What only the libraries' classes have.
_OF_A_RESPONSE: Mapping[str, tuple[str, ...]] = {"request": ("httpx", "requests"), "response": ("httpx", "requests")}
_VERBS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "request"})
_WORD = TextPattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DEEPEST = 3
_SELDOM = 10
_FEW = 3


class _Foreign(NamedTuple):
    """An operation that fails past the handler: the failures that it is meant for, those missed and those taken."""

    item: Tried
    missed: tuple[Failure, ...]
    taken: tuple[Failure, ...]


class ForeignConnectionError(Rule):
    """
    ## What it does

    Reports a handler of the builtin `ConnectionError` (or of `ConnectionRefusedError`, `ConnectionResetError`) around
    calls of a library that raises a class of its own instead. `contextlib.suppress` is a handler, too.

    Where it cannot be seen what is called, the code around may tell: another class of the library is caught beside the
    builtin, or the handler reads what only the library's class has (`error.response`).

    ## Why is this bad

    requests, redis, urllib3 and others each have a class named `ConnectionError` that does not derive from the
    builtin, and httpx, aiohttp and `urllib.request` raise classes of other names. The handler looks right and never
    runs: when the server is down, the program ends with a traceback that its author meant to prevent.

    ## Example

    ```python
    try:
        response = requests.get(url, timeout=5)
    except ConnectionError:
        return None
    ```

    ## Use instead

    ```python
    try:
        response = requests.get(url, timeout=5)
    except requests.exceptions.ConnectionError:
        return None
    ```

    ## When this is fine

    Where another clause, or the same one, takes the library's class as well: `except (ConnectionError,
    requests.RequestException)`. requests' classes derive from `OSError`, so `except OSError` takes them. A class that
    connlint does not know counts as one that does, unless its name speaks of something else (`ValidationError`): it may
    be the library's own in another version, or what the project calls it.

    connlint is also silent where something else in the `try` may raise the builtin, where the file gives the client an
    adapter or a transport that is not the library's own, and in tests that have the client raise the builtin itself.

    ## Fix safety

    The fix is unsafe: a handler that never ran now runs. It puts the library's class, by its qualified name, in place
    of the builtin, and beside it where the builtin can come as well: `urlopen` raises `URLError` when the connection
    is refused and `ConnectionResetError` when it is reset. It prefers a class that means a failed connection to a base
    that takes more, even if that makes two of them. Where the builtin `TimeoutError` is caught beside it, the library's
    timeouts come in as well.

    ## References

    - [requests: errors and exceptions](https://requests.readthedocs.io/en/latest/user/quickstart/#errors-and-exceptions)
    - [psf/requests#5162](https://github.com/psf/requests/issues/5162)
    - [HTTPX: exceptions](https://www.python-httpx.org/exceptions/)
    - [aiohttp: client exceptions](https://docs.aiohttp.org/en/stable/client_reference.html#client-exceptions)
    - [urllib.error](https://docs.python.org/3/library/urllib.error.html)
    """

    code = "CNL103"
    name = "foreign-connection-error"
    message = "`{handler}` {misses}: {catch} {classes}"
    fixable = "sometimes"
    reveals = frozenset({"CNL102", "CNL104", "CNL105", "CNL106", "CNL201", "CNL202", "CNL204", "CNL205", "CNL209"})
    bad = (
        Example(
            "builtin-around-requests",
            """\
import requests


def fetch(url):
    try:
        response = requests.get(url, timeout=5)
        response.raise_for_status()
        return response.json()
    except ConnectionError:
        return None
""",
            """\
import requests


def fetch(url):
    try:
        response = requests.get(url, timeout=5)
        response.raise_for_status()
        return response.json()
    except requests.exceptions.ConnectionError:
        return None
""",
        ),
        Example(
            "subclass-around-httpx",
            """\
import httpx


def is_up(url):
    try:
        with httpx.Client(timeout=2) as client:
            return client.get(url).status_code == 200
    except ConnectionRefusedError:
        return False
""",
            """\
import httpx


def is_up(url):
    try:
        with httpx.Client(timeout=2) as client:
            return client.get(url).status_code == 200
    except httpx.ConnectError:
        return False
""",
        ),
        Example(
            "redis-client-of-an-attribute",
            """\
import redis


class Cache:
    def __init__(self, host):
        self.client = redis.Redis(host=host)

    def get(self, key):
        try:
            return self.client.get(key)
        except (ConnectionError, ValueError) as error:
            print("no cache:", error)
            return None
""",
            """\
import redis


class Cache:
    def __init__(self, host):
        self.client = redis.Redis(host=host)

    def get(self, key):
        try:
            return self.client.get(key)
        except (redis.exceptions.ConnectionError, ValueError) as error:
            print("no cache:", error)
            return None
""",
        ),
        Example(
            "urlopen-raises-its-own-when-refused",
            """\
import urllib.request


def fetch(url):
    try:
        return urllib.request.urlopen(url, timeout=5).read()
    except ConnectionError:
        return None
""",
            """\
import urllib.error
import urllib.request


def fetch(url):
    try:
        return urllib.request.urlopen(url, timeout=5).read()
    except (ConnectionError, urllib.error.URLError):
        return None
""",
        ),
        Example(
            "async-session",
            """\
import aiohttp


async def fetch(url):
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as response:
                return await response.text()
    except ConnectionError as e:
        print(e)
        return None
""",
            """\
import aiohttp


async def fetch(url):
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as response:
                return await response.text()
    except aiohttp.ClientConnectionError as e:
        print(e)
        return None
""",
        ),
        Example(
            "refusal-of-ssh",
            """\
import logging

import paramiko


def uptime(host):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    try:
        client.connect(host, username="monitor", timeout=5)
        _, stdout, _ = client.exec_command("uptime")
        return stdout.read().decode()
    except (ConnectionError, paramiko.SSHException) as error:
        logging.error("%s: %s", host, error)
        return None
    finally:
        client.close()
""",
            """\
import logging

import paramiko


def uptime(host):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    try:
        client.connect(host, username="monitor", timeout=5)
        _, stdout, _ = client.exec_command("uptime")
        return stdout.read().decode()
    except (ConnectionError, paramiko.ssh_exception.NoValidConnectionsError, paramiko.SSHException) as error:
        logging.error("%s: %s", host, error)
        return None
    finally:
        client.close()
""",
        ),
        Example(
            "class-that-is-a-session",
            """\
import requests


class Api(requests.Session):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def login(self, user, password):
        try:
            answer = super().post(self.base + "/login", json={"user": user, "password": password}, timeout=5)
            self.headers["authorization"] = parse_token(answer)
        except ConnectionError as e:
            raise LoginFailed(self.base) from e
""",
            """\
import requests


class Api(requests.Session):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def login(self, user, password):
        try:
            answer = super().post(self.base + "/login", json={"user": user, "password": password}, timeout=5)
            self.headers["authorization"] = parse_token(answer)
        except (ConnectionError, requests.exceptions.ConnectionError) as e:
            raise LoginFailed(self.base) from e
""",
        ),
        Example(
            "later-clause-for-everything",
            """\
import logging

import requests


def ping(url):
    try:
        requests.head(url, timeout=5)
    except ConnectionError:
        return False
    except Exception:
        logging.exception("ping")
        raise
    return True
""",
            """\
import logging

import requests


def ping(url):
    try:
        requests.head(url, timeout=5)
    except requests.exceptions.ConnectionError:
        return False
    except Exception:
        logging.exception("ping")
        raise
    return True
""",
        ),
        Example(
            "suppressed",
            """\
import contextlib

import requests


def notify(url, event):
    with contextlib.suppress(ConnectionError):
        requests.post(url, json=event, timeout=2)
""",
            """\
import contextlib

import requests


def notify(url, event):
    with contextlib.suppress(requests.exceptions.ConnectionError):
        requests.post(url, json=event, timeout=2)
""",
        ),
        Example(
            "sibling-caught-beside-it",
            """\
from requests.exceptions import HTTPError, Timeout

from .api import client


def version():
    try:
        return client.call("version")
    except (ConnectionError, HTTPError, Timeout) as error:
        print("no version:", error)
        return None
""",
            """\
import requests
from requests.exceptions import HTTPError, Timeout

from .api import client


def version():
    try:
        return client.call("version")
    except (ConnectionError, requests.exceptions.ConnectionError, HTTPError, Timeout) as error:
        print("no version:", error)
        return None
""",
        ),
        Example(
            "attribute-of-the-librarys-class",
            """\
import logging

import requests


def refresh(feed):
    try:
        feed.fetch()
    except ConnectionError as error:
        logging.warning("%s could not be reached", error.request.url)
""",
            """\
import logging

import requests


def refresh(feed):
    try:
        feed.fetch()
    except (ConnectionError, requests.exceptions.ConnectionError) as error:
        logging.warning("%s could not be reached", error.request.url)
""",
        ),
        Example(
            "through-methods",
            """\
import requests
from requests.adapters import HTTPAdapter


class Api:
    def __init__(self, base):
        self.base = base
        self.session = requests.Session()
        self.session.mount("https://", HTTPAdapter(pool_maxsize=4))

    def _call(self, method, path):
        response = self.session.request(method, self.base + path, timeout=5)
        response.raise_for_status()
        return response.json()

    def is_up(self):
        try:
            return self._call("GET", "/health")["ok"]
        except ConnectionError:
            return False
""",
            """\
import requests
from requests.adapters import HTTPAdapter


class Api:
    def __init__(self, base):
        self.base = base
        self.session = requests.Session()
        self.session.mount("https://", HTTPAdapter(pool_maxsize=4))

    def _call(self, method, path):
        response = self.session.request(method, self.base + path, timeout=5)
        response.raise_for_status()
        return response.json()

    def is_up(self):
        try:
            return self._call("GET", "/health")["ok"]
        except requests.exceptions.ConnectionError:
            return False
""",
        ),
    )
    silent = (
        Example(
            "imported-from-the-library",
            """\
import requests
from requests.exceptions import ConnectionError


def fetch(url):
    try:
        return requests.get(url, timeout=5)
    except ConnectionError:
        return None
""",
        ),
        Example(
            "library-class-beside-it",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=5)
    except (ConnectionError, requests.RequestException):
        return None
""",
        ),
        Example(
            "class-of-the-project-beside-it",
            """\
import requests

from .errors import Unreachable


def fetch(url):
    try:
        return requests.get(url, timeout=5)
    except (ConnectionError, Unreachable):
        return None
""",
        ),
        Example(
            "builtin-is-what-the-client-raises",
            """\
from pymemcache.client.base import Client


def cached(key, default=None):
    client = Client(("localhost", 11211))
    try:
        return client.get(key, default)
    except ConnectionError:
        return default
""",
        ),
        Example(
            "library-class-in-another-clause",
            """\
import httpx


def fetch(url):
    try:
        return httpx.get(url)
    except httpx.TransportError:
        return None
    except ConnectionError:
        return None
""",
        ),
        Example(
            "oserror-takes-those-of-requests",
            """\
import requests


def fetch(url):
    try:
        return requests.get(url, timeout=5)
    except ConnectionError:
        return None
    except OSError as e:
        print(e)
        return None
""",
        ),
        Example(
            "opaque-call-that-may-connect",
            """\
import requests


def register(self, url):
    try:
        self.connect()
        return requests.post(url, timeout=5)
    except ConnectionError:
        return None
""",
        ),
        Example(
            "builtin-comes-from-a-socket",
            """\
import socket

import requests


def report(address, url):
    try:
        with socket.create_connection(address) as sock:
            sock.sendall(requests.get(url, timeout=5).content)
    except ConnectionError:
        return False
    return True
""",
        ),
        Example(
            "reset-of-urlopen",
            """\
import urllib.request


def fetch(url):
    try:
        return urllib.request.urlopen(url, timeout=5).read()
    except ConnectionResetError:
        return None
""",
        ),
        Example(
            "file-raises-the-builtin-itself",
            """\
import requests


def fetch(url):
    try:
        response = requests.get(url, timeout=5)
        if response.status_code == 503:
            raise ConnectionError("the service is down")
        return response.json()
    except ConnectionError:
        return None
""",
        ),
        Example(
            "broken-pipe-of-standard-output",
            """\
import requests


def cat(url):
    try:
        print(requests.get(url, timeout=5).text)
    except BrokenPipeError:
        pass
""",
        ),
        Example(
            "both-suppressed",
            """\
from contextlib import suppress

import requests


def notify(url, event):
    with suppress(ConnectionError, requests.RequestException):
        requests.post(url, json=event, timeout=2)
""",
        ),
        Example(
            "adapter-of-the-file-raises-the-builtin",
            """\
import requests


class Offline(requests.adapters.BaseAdapter):
    def send(self, request, **kwargs):
        raise ConnectionError("offline")


def fetch(url):
    session = requests.Session()
    session.mount("https://", Offline())
    try:
        return session.get(url)
    except ConnectionError:
        return None
""",
        ),
        Example(
            "mock-that-raises-the-builtin",
            """\
from unittest import mock

import requests


def test_down():
    with mock.patch("requests.get", side_effect=ConnectionError):
        try:
            requests.get("http://localhost/")
        except ConnectionError:
            pass
""",
        ),
        Example(
            "transport-of-the-project",
            """\
import httpx

from .offline import OfflineTransport


def fetch(url):
    with httpx.Client(transport=OfflineTransport()) as client:
        try:
            return client.get(url)
        except ConnectionError:
            return None
""",
        ),
        Example(
            "unknown-calls-without-a-sign",
            """\
import requests


def refresh(feed):
    try:
        feed.fetch()
    except ConnectionError as error:
        print("down:", error)
""",
        ),
        Example(
            "prepared-and-not-sent",
            """\
import requests


def prepare(url):
    try:
        return requests.Request("GET", url).prepare()
    except ConnectionError:
        return None
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield the handlers of the builtin around operations that raise a library's own class."""
        handlers: Iterator[Handler | Suppression] = chain(facts.handlers, facts.suppressions)
        for handler in handlers:
            builtin = [name for name in handler.caught if name in _BUILTIN]
            if _MEANT_FOR.keys().isdisjoint(builtin):
                continue
            found = _foreign(facts, handler, builtin)
            if found and _is_meant_for_them(facts, handler, builtin):
                found = _passing(facts, handler, builtin, found)
                if found:
                    yield _finding(facts, handler, builtin, found)
            elif not found:
                cue = _cue(facts, handler, builtin)
                if cue is not None:
                    yield _finding_by_cue(facts, handler, builtin, cue)


# What passes the handler by


def _foreign(facts: Facts, handler: Handler | Suppression, builtin: Sequence[str]) -> list[_Foreign]:
    """Return the operations whose failures pass the handler by; none if it rightly stands around one of them."""
    scenarios = frozenset[str]().union(*(_MEANT_FOR.get(name, frozenset()) for name in builtin))
    takes = facts.exceptions.taken
    found = []
    for item in handler.effects.tried:
        relevant = [failure for failure in item.failures if failure.scenario in scenarios]
        taken = tuple(failure for failure in relevant if takes(builtin, failure.raises) is not False)
        missed = tuple(failure for failure in relevant if failure not in taken and failure.raises not in _BESIDE)
        if missed and _may_be_replaced(facts, item):
            return []
        refused = {failure in missed for failure in relevant if failure.scenario == "refused"}
        if False in refused or not all(_is_of_a_library(failure.raises) for failure in missed):
            return []
        if taken and not refused and not _is_of_same_peer(facts, handler, item):
            return []
        if relevant:
            found.append(_Foreign(item, missed, taken))
    return found if any(each.missed for each in found) else []


def _is_of_same_peer(facts: Facts, handler: Handler | Suppression, item: Tried) -> bool:
    """Say whether `item` goes on where another operation of the `try` began.

    It reads from what that one brought (`urlopen(url).read()`), or is of the object that it connected.
    """
    receiver = item.call.func.value if isinstance(item.call.func, cst.Attribute) else None
    if receiver is None or item.through:
        return False
    if item.operation.phase == "receive" and _holds(facts, receiver, _results(facts, [handler.statement.body])):
        return True
    written = dotted(receiver)
    return written is not None and any(
        other.operation.phase == "connect"
        and isinstance(other.call.func, cst.Attribute)
        and dotted(other.call.func.value) == written
        for other in handler.effects.tried
    )


def _is_of_a_library(name: str) -> bool:
    return "." in name and not name.startswith("<file>")


def _is_meant_for_them(facts: Facts, handler: Handler | Suppression, builtin: Sequence[str]) -> bool:
    """Say whether the clause names the builtin itself, and nothing else in the `try` raises it."""
    if not fixes.clauses.is_written(facts, _clause(handler), [name for name in builtin if name in _MEANT_FOR][:1]):
        return False
    effects = handler.effects
    for raised in effects.raised:
        answer = facts.exceptions.taken(builtin, raised.raises)
        if answer is True or (answer is None and (raised.raises == OPAQUE or "Connect" in raised.raises)):
            return False
    if _is_put_into_a_mock(facts):
        return False
    if effects.is_known:
        return not _raises_builtin(facts, inside_library=not facts.is_test)
    return not _raises_builtin(facts) and _is_local(facts, [handler.statement.body], effects.opaque)


def _passing(
    facts: Facts, handler: Handler | Suppression, builtin: Sequence[str], found: Sequence[_Foreign]
) -> list[_Foreign]:
    """Return those of `found` whose failures nothing else takes; none if that is in doubt for one of them."""
    later = handler.later if isinstance(handler, Handler) else ()
    around = [*(name for name in handler.caught if name not in builtin), *handler.earlier, *later]
    if not _is_partly_taken(found) and handler.effects.is_known:
        # a later clause for everything does not make up for the one that never runs
        around = [name for name in around if not (name in _TAKE_ALL and name in later)]
    left = [*found]
    while any(each.missed for each in left):
        taken = []
        for each in left:
            missed = _surely_missed(left, each)
            if any(facts.exceptions.taken(around, name) is True for name in missed):
                taken.append(each)
            elif any(_may_take(facts, around, name, each) for name in missed):
                return []
        if not taken:
            return left
        left = [each for each in left if each not in taken]
    return []


def _surely_missed(found: Sequence[_Foreign], each: _Foreign) -> set[str]:
    """Return the classes of `each` that something else must not take: those of a refusal, if any of `found` is one."""
    refusals = {failure.raises for other in found for failure in other.missed if failure.scenario == "refused"}
    return {failure.raises for failure in each.missed if not refusals or failure.scenario == "refused"}


def _may_take(facts: Facts, caught: Iterable[str], missed: str, by: _Foreign | None = None) -> bool:
    """Say whether one of `caught` takes `missed`, or may well do so: it may be the library's class by another name."""
    packages = {missed.partition(".")[0]}
    if by is not None:
        packages |= _packages(by.item)
    return any(
        facts.exceptions.takes(name, missed) is not False or _may_be_the_librarys(name, packages) for name in caught
    )


def _may_be_the_librarys(name: str, packages: Collection[str]) -> bool:
    """Say whether `name`, of which the tables know nothing, may be what takes the failures of `packages`.

    It may if it is the library's own in another version, and also if it is the project's: nobody catches it for
    nothing. A name that speaks of something else is another matter.
    """
    if name.startswith("<file>") or knowledge.bases(name) is not None:
        return False
    root, dot, _ = name.partition(".")
    if not dot or root in sys.stdlib_module_names:
        return False
    words = {word.lower() for word in _WORD.findall(name.rpartition(".")[2])}
    return root in packages or words.isdisjoint(_OTHER_THINGS)


def _raises_builtin(facts: Facts, *, inside_library: bool = False) -> bool:
    """Say whether the file raises one of the builtin classes itself.

    With `inside_library`, only where a library may run it: in a class that derives from one of its own.
    """
    for node in facts.index.all(cst.Raise):
        target = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if target is None or facts.names.qualified(target) not in _BUILTIN:
            continue
        if not inside_library:
            return True
        owner = facts.index.enclosing(node, cst.ClassDef)
        if owner is not None and any(map(_is_of_a_library, facts.values.lineage(facts.index.scopes[owner].qualified))):
            return True
    return False


def _is_put_into_a_mock(facts: Facts) -> bool:
    """Say whether the file makes something else raise one of the builtin classes: `side_effect=ConnectionError`."""
    if not facts.is_test:
        return False
    values = [
        arg.value
        for call in facts.index.all(cst.Call)
        for arg in call.args
        if arg.keyword is not None and arg.keyword.value in _RAISING
    ]
    values += [
        node.value
        for node in walk(facts.module)
        if isinstance(node, cst.Assign)
        and any((dotted(item.target) or "").rpartition(".")[2] in _RAISING for item in node.targets)
    ]
    values += [call for call in facts.index.all(cst.Call) if facts.names.qualified(call.func) in _BUILTIN]
    return any(
        facts.names.qualified(node) in _BUILTIN
        for node in walk_same_code(*values)
        if isinstance(node, (cst.Name, cst.Attribute))
    )


def _may_be_replaced(facts: Facts, item: Tried) -> bool:
    """Say whether the file gives clients of the library of `item` something else to send with, which we do not know."""
    package = item.operation.name.partition(".")[0]
    if item.operation.name.count(".") < 2:
        return False
    for call in facts.index.all(cst.Call):
        target = facts.values.target(call) or ""
        made = target.partition(".")[0] == package or (
            target.startswith("<file>")
            and any(name.partition(".")[0] == package for name in facts.values.lineage(target))
        )
        starts = isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"  # of `super()`
        if not made and not starts:
            continue
        given = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value in _SENDERS]
        if target.rpartition(".")[2] in {"mount", "build_opener"}:
            given += [arg.value for arg in call.args[target.endswith("mount") :]]
        if not all(_is_the_librarys(facts, value, package) for value in given):
            return True
    return False


def _is_the_librarys(facts: Facts, value: cst.BaseExpression, package: str) -> bool:
    found = facts.values.types(value) | facts.names.candidates(value) - {OPAQUE}
    if OPAQUE in found and len(found) > 1:
        found -= {OPAQUE}
    return all(name in {"None", "bool"} or _sends_as_usual(facts, name, package) for name in found)


def _sends_as_usual(facts: Facts, name: str, package: str) -> bool:
    return any(
        base.partition(".")[0] == package and base.rpartition(".")[2] not in _SENDING_ELSEWHERE
        for base in facts.values.lineage(name)
    )


# What is not known, but surely meets no peer of its own


def _is_local(facts: Facts, region: Sequence[cst.CSTNode], opaque: Iterable[cst.CSTNode], depth: int = 0) -> bool:
    """Say whether all of `opaque`, which stands in `region`, looks as if it worked on what is there already."""
    results = _results(facts, region)
    return depth <= _DEEPEST and all(_works_on(facts, node, results, depth) for node in opaque)


def _results(facts: Facts, region: Sequence[cst.CSTNode]) -> set[str]:
    """Return the names that hold what the operations of `region` brought, or what was made of it."""
    found: set[str] = set()
    for node in walk_same_code(*region):
        value: cst.CSTNode | None = None
        targets: list[cst.CSTNode] = []
        if isinstance(node, cst.Assign):
            value, targets = node.value, [item.target for item in node.targets]
        elif isinstance(node, (cst.AnnAssign, cst.NamedExpr)):
            value, targets = node.value, [node.target]
        elif isinstance(node, cst.WithItem) and node.asname is not None:
            value, targets = node.item, [node.asname.name]
        elif isinstance(node, (cst.For, cst.CompFor)):
            value, targets = node.iter, [node.target]
        if value is not None and _holds(facts, value, found):
            found |= {name.value for name in walk_same_code(*targets) if isinstance(name, cst.Name)}
    return found


def _holds(facts: Facts, value: cst.CSTNode, results: Collection[str]) -> bool:
    """Say whether an operation, or a name of `results`, is part of `value`."""
    return any(
        (isinstance(node, cst.Name) and node.value in results)
        or (isinstance(node, cst.Call) and bool(facts.effects.of_call(node).tried))
        for node in walk_same_code(value)
    )


def _works_on(facts: Facts, node: cst.CSTNode, results: Collection[str], depth: int) -> bool:
    if isinstance(node, (cst.For, cst.CompFor)):
        return node.asynchronous is None and _holds(facts, node.iter, results)
    if not isinstance(node, cst.Call):
        return False
    target = facts.values.target(node)
    if target is not None and target.startswith("<file>"):
        definitions = facts.index.definitions.get(target, [])
        if len(definitions) == 1 and isinstance(definitions[0], cst.FunctionDef):
            inner = facts.effects.of_function(target)
            if definitions[0] not in inner.opaque:
                return _is_local(facts, [definitions[0].body], inner.opaque, depth + 1)
    if target is not None and "." in target:
        root = target.partition(".")[0]
        if root in sys.stdlib_module_names:
            return root not in _MAY_CONNECT
    if _holds(facts, node.func, results) or any(_holds(facts, arg.value, results) for arg in node.args):
        return True
    words = {word.lower() for word in _WORD.findall((dotted(node.func) or "").rpartition(".")[2])}
    return bool(words) and words <= _LOCAL_WORDS | {"get", "make", "create"} and not words <= {"get", "make", "create"}


# What the code around says of calls that are not known


class _Cue(NamedTuple):
    """What says that the handler is meant for a client library: its class that is missed, and the words for why."""

    missed: str
    why: str


def _cue(facts: Facts, handler: Handler | Suppression, builtin: Sequence[str]) -> _Cue | None:
    """Return what tells that the unknown calls of the `try` are those of a library, if something does."""
    effects = handler.effects
    takes = facts.exceptions.taken
    meant = [name for name in builtin if "refused" in _MEANT_FOR.get(name, ())]
    if (
        not meant
        or effects.is_known
        or effects.raised
        or not fixes.clauses.is_written(facts, _clause(handler), meant[:1])
    ):
        return None
    if any(takes(builtin, failure.raises) is not False for item in effects.tried for failure in item.failures):
        return None
    later = handler.later if isinstance(handler, Handler) else ()
    for package, why in _cues(facts, handler):
        missed = _refused(facts, package)
        around = [*handler.earlier, *handler.caught, *(name for name in later if name not in _TAKE_ALL)]
        if missed is None or _may_take(facts, around, missed):
            return None
        if _is_put_into_a_mock(facts) or _raises_builtin(facts):
            return None
        return _Cue(missed, why)
    return None


def _cues(facts: Facts, handler: Handler | Suppression) -> Iterator[tuple[str, str]]:
    """Yield the packages that the handler is about, by what it reads and by what is caught beside the builtin."""
    imported = _clients(facts)
    bound = bound_name(handler.node) if isinstance(handler, Handler) else None
    if isinstance(handler, Handler) and _only_builtins(handler) and not _asks_what_it_is(handler):
        for node in walk_same_code(handler.node.body):
            if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name) or node.value.value != bound:
                continue
            owners = [name for name in _OF_A_RESPONSE.get(node.attr.value, ()) if name in imported]
            if len(owners) == 1:
                yield owners[0], f"the handler reads `{bound}.{node.attr.value}`, which only {owners[0]}'s classes have"
    others = [*handler.earlier, *handler.caught, *(handler.later if isinstance(handler, Handler) else ())]
    siblings = {
        _offered(name, sorted(imported)): name.partition(".")[0]
        for name in others
        if knowledge.client(name) is not None and knowledge.bases(name) is not None
    }
    if len({*siblings.values()}) == 1:
        (package,) = {*siblings.values()}
        known = next(iter(siblings)).partition(".")[0]
        yield package, f"{', '.join(siblings)}, caught beside it, {'are' if len(siblings) > 1 else 'is'} {known}'s"


def _only_builtins(handler: Handler) -> bool:
    return all("." not in name and name != OPAQUE for name in handler.caught)


def _asks_what_it_is(handler: Handler) -> bool:
    """Say whether the handler looks before it reads an attribute."""
    return any(
        isinstance(node, cst.Call) and dotted(node.func) in {"getattr", "hasattr", "isinstance"}
        for node in walk_same_code(handler.node.body)
    )


def _clients(facts: Facts) -> set[str]:
    """Return the packages of client libraries that the file imports."""
    imported = [dotted(alias.name) or "" for node in facts.index.all(cst.Import) for alias in node.names]
    imported += [dotted(node.module) or "" for node in facts.index.all(cst.ImportFrom) if not node.relative]
    return {name.partition(".")[0] for name in imported if knowledge.client(name) is not None}


def _refused(facts: Facts, package: str) -> str | None:
    """Return the class with which a library's calls say that they were refused, if the builtin misses all of them."""
    library = knowledge.client(package)
    rows = [
        {failure.raises for failure in row.failures if failure.scenario == "refused"}
        for row in (library.operations if library is not None else ())
        if row.name.partition(".")[0] == package
    ]
    rows = [row for row in rows if row]
    raised = set().union(*rows)
    if not raised or any(facts.exceptions.taken(_BUILTIN, name) is not False for name in raised):
        return None
    if library is not None and any(map(_is_builtins, library.operations)):
        return None  # then the builtin may be meant for what it does take (a reset, for paramiko)
    # a call or two with a class of their own (`RedisCluster`) do not speak for the others
    common = [name for name in raised if sum(name in row for row in rows) * _SELDOM >= len(rows)]
    first, *others = ([*knowledge.lineage(name)] for name in sorted(common))
    shared = [name for name in first if _is_of_a_library(name) and all(name in other for other in others)]
    named = [name for name in shared if name.rpartition(".")[2] == "ConnectionError"]
    telling = [name for name in shared if knowledge.means_failure(name)]
    return next(iter([*named, *telling, *shared]), None)


def _is_builtins(row: Operation) -> bool:
    """Say whether the operation raises one of the builtin classes, whatever it is given."""
    return any(failure.raises in _BUILTIN and failure.only_with is None for failure in row.failures)


# The finding


def _finding_by_cue(facts: Facts, handler: Handler | Suppression, builtin: Sequence[str], cue: _Cue) -> Finding:
    meant = [name for name in builtin if "refused" in _MEANT_FOR.get(name, ())][:1]
    imported = _clients(facts)
    missed = _offered(cue.missed, sorted(imported))
    new = [*meant, missed]
    package = missed.partition(".")[0]
    by = {each for each in imported if knowledge.client(each) is knowledge.client(cue.missed)}
    node: cst.CSTNode
    until: cst.CSTNode | None
    if isinstance(handler, Handler):
        node, until = handler.node, handler.node.type
        written = f"except {code(facts, until)}" if until is not None else "except"
        rewrite = fixes.clauses.replaced(facts, node, meant, new, by=by)
    else:
        node, until = handler.statement, handler.call
        written = code(facts, handler.call)
        rewrite = fixes.clauses.replaced_in_suppress(facts, handler.statement, meant, new, by=by)
    catch = "catch" if isinstance(handler, Handler) else "suppress"
    return Finding(
        node,
        until,
        {
            "handler": written,
            "misses": f"means the builtin, which takes no refused connection of {package}",
            "catch": catch,
            "classes": f"{missed} as well",
        },
        (
            cue.why,
            f"{package} raises {missed} when a connection is refused, which the builtin {meant[0]} does not take",
        ),
        Fix("unsafe", f"{catch.capitalize()} {missed}", rewrite) if rewrite is not None else None,
    )


def _finding(
    facts: Facts, handler: Handler | Suppression, builtin: Sequence[str], found: Sequence[_Foreign]
) -> Finding:
    classes = _classes(found)
    timeouts = _timeouts(facts, handler, found, classes)
    derives = facts.exceptions.derives
    also = not handler.effects.is_known or any(
        not any(derives(failure.raises, name) for name in classes) for each in found for failure in each.taken
    )
    calls = " and ".join(dict.fromkeys(called(facts, each.item.site) for each in _chief(found)))
    partly = _is_partly_taken(found)
    meant = [name for name in builtin if name in _MEANT_FOR]
    old = [name for name in meant if not also or name == meant[0]]
    by = frozenset[str]().union(*(_packages(each.item) for each in found))
    offered = [
        _offered(name, [each.item.operation.name.partition(".")[0] for each in found]) for name in (*classes, *timeouts)
    ]
    new = [*(old if also else ()), *offered[: len(classes)]]
    kept = ["TimeoutError"] if _may_time_out(facts, handler) else []
    slow = (["TimeoutError"], [*kept, *offered[len(classes) :]]) if timeouts else ([], [])
    node: cst.CSTNode
    until: cst.CSTNode | None
    if isinstance(handler, Handler):
        node, until = handler.node, handler.node.type
        written = f"except {code(facts, until)}" if until is not None else "except"
        rewrite = fixes.clauses.replaced(facts, node, old, new, by=by, also=slow)
    else:
        node, until = handler.statement, handler.call
        written = code(facts, handler.call)
        rewrite = fixes.clauses.replaced_in_suppress(facts, handler.statement, old, new, by=by, also=slow)
    catch = "catch" if isinstance(handler, Handler) else "suppress"
    return Finding(
        node,
        until,
        {
            "handler": written,
            "misses": f"misses a refused connection of {calls}" if partly else f"takes no failure of {calls}",
            "catch": catch,
            "classes": " and ".join(offered) + (" as well" if partly else ""),
        },
        tuple(_why(facts, found, meant[0])),
        Fix("unsafe", f"{catch.capitalize()} {' and '.join(offered)}", rewrite) if rewrite is not None else None,
    )


def _clause(handler: Handler | Suppression) -> cst.ExceptHandler | cst.Call:
    """Return what names the classes that `handler` takes."""
    return handler.node if isinstance(handler, Handler) else handler.call


def _is_partly_taken(found: Iterable[_Foreign]) -> bool:
    return any(failure.scenario in {"closed", "reset"} for each in found for failure in each.taken)


def _chief(found: Sequence[_Foreign]) -> Sequence[_Foreign]:
    """Return those of `found` that connect; all, if none does."""
    connecting = [each for each in found if any(failure.scenario == "refused" for failure in each.missed)]
    return connecting or [each for each in found if each.missed]


def _why(facts: Facts, found: Sequence[_Foreign], meant: str) -> Iterator[str]:
    for item, missed, taken in found:
        if missed:
            raised = ", ".join(dict.fromkeys(failure.raises for failure in missed))
            why = f"raises {raised}, which the builtin {meant} does not take ({item.operation.name})"
            yield f"{place(facts, item.call)} {why}"
        if _is_partly_taken([_Foreign(item, missed, taken)]):
            others = ", ".join(dict.fromkeys(f"{failure.raises} ({failure.scenario})" for failure in taken))
            yield f"of {place(facts, item.call)} it does take {others}"


def _packages(item: Tried) -> frozenset[str]:
    """Return the packages that the operation's own belongs to: who imports boto3 has botocore, too."""
    library = knowledge.client(item.operation.name)
    own = item.operation.name.partition(".")[0]
    return frozenset({own, *(name for name in knowledge.CLIENTS if library and knowledge.client(name) is library)})


def _offered(name: str, packages: Sequence[str]) -> str:
    """Return what the first of `packages` calls the class `name`: aiomysql raises PyMySQL's classes as its own."""
    if name.partition(".")[0] in packages:
        return name
    for package in packages:
        for other in knowledge.synonyms(name, package):
            if "._" not in other:
                return other
    return name


def _classes(found: Sequence[_Foreign]) -> list[str]:
    """Return the library's classes to catch: per library, the fewest that take what is missed, and not much more."""
    partly = _is_partly_taken(found)
    by_library: dict[str, dict[str, bool]] = {}
    for each in _chief(found):
        for failure in each.missed:
            if partly and failure.scenario != "refused":
                continue  # what the handler is for, it does already
            library = knowledge.client(failure.raises)
            raised = by_library.setdefault(failure.raises.partition(".")[0] if library is None else library.name, {})
            raised[failure.raises] = raised.get(failure.raises, False) or failure.scenario == "refused"
    classes: list[str] = []
    for raised in by_library.values():
        told = [name for name, is_refusal in raised.items() if is_refusal or _means_failure(name)]
        classes += _shared(told)
    return _without_covered(classes)


def _means_failure(name: str) -> bool:
    """Say whether the class `name` tells that a connection failed, and not that it came to its end, say."""
    return any(knowledge.means_failure(base) for base in knowledge.lineage(name))


def _shared(raised: Sequence[str]) -> list[str]:
    """Return the classes that take all of `raised`: the nearest that means a failed connection, or else a few such."""
    if len(raised) < 2:
        return [*raised]
    first, *others = ([*knowledge.lineage(name)] for name in raised)
    common = [name for name in first if _is_of_a_library(name) and all(name in other for other in others)][:1]
    if common and _means_failure(common[0]):
        return common
    if all(map(_means_failure, raised)):
        few = _without_covered(
            [next(base for base in knowledge.lineage(name) if knowledge.means_failure(base)) for name in raised]
        )
        if len(few) <= _FEW or not common:
            return few
    return common or _without_covered(raised)


def _without_covered(classes: Iterable[str]) -> list[str]:
    """Return `classes` less those that another one of them takes, each once."""
    found = list(dict.fromkeys(classes))
    return [name for name in found if not any(other != name and other in knowledge.lineage(name) for other in found)]


def _timeouts(
    facts: Facts, handler: Handler | Suppression, found: Sequence[_Foreign], classes: Sequence[str]
) -> list[str]:
    """Return the library's timeouts, where the handler names the builtin's and misses them just as well."""
    if "TimeoutError" not in handler.caught or not handler.effects.is_known or _is_timed(facts, handler):
        return []
    caught = [*handler.earlier, *handler.caught, *classes]
    missed = dict.fromkeys(
        failure.raises
        for each in found
        for failure in each.item.failures
        if failure.scenario == "timeout" and _is_of_a_library(failure.raises)
    )
    left = [name for name in missed if facts.exceptions.taken(caught, name) is False]
    return _without_covered(next(filter(knowledge.means_failure, knowledge.lineage(name)), name) for name in left)


def _is_timed(facts: Facts, handler: Handler | Suppression) -> bool:
    """Say whether something in the `try` gives up after a time, and says so with the builtin `TimeoutError`."""
    return any(
        isinstance(node, cst.Call) and facts.names.qualified(node.func) in _TIMED
        for node in walk_same_code(handler.statement.body)
    )


def _may_time_out(facts: Facts, handler: Handler | Suppression) -> bool:
    """Say whether an operation of the `try` raises the builtin `TimeoutError`."""
    return any(
        facts.exceptions.takes("TimeoutError", failure.raises) is not False
        for item in handler.effects.tried
        for failure in item.failures
    )
