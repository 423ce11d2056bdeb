"""CNL204: retry-exhaustion-swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Retried, RetryLoop


class RetryExhaustionSwallowed(Rule):
    """
    ## What it does

    Reports a retry with a bounded number of attempts after which, if the last of them failed too, the program goes on
    as if nothing had happened: nothing raises, returns, tests or reports it.

    ## Why is this bad

    The code below the loop is written for a success. Without one, a name is not bound, holds what an earlier use left
    in it, or the caller gets a `None` that nobody has announced; the failure shows up far from its cause, or never.
    Of the retry loops in some 120 packages, three in a hundred lose their last failure like this.

    ## Example

    ```python
    for attempt in range(5):
        try:
            response = requests.get(url, timeout=5)
            break
        except requests.exceptions.ConnectionError:
            time.sleep(2**attempt)
    print(response.text)
    ```

    ## Use instead

    ```python
    for attempt in range(5):
        try:
            response = requests.get(url, timeout=5)
            break
        except requests.exceptions.ConnectionError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)
    print(response.text)
    ```

    ## When this is fine

    Where the loop has an `else`, where a flag, a result or the last error is tested or returned afterwards, where the
    failure is reported after the loop, or where the function says that it gives `None`: connlint is silent there. A
    message for each failed attempt does not say that the last one failed, unless there is no result to miss. In a loop
    over items it is silent too, wherever what an attempt leaves behind, or a message, tells which items were left out.

    ## Fix safety

    The fix is unsafe, as the program now raises where it went on: the last failure, before the delay that no attempt
    would follow. It is written only where the handler can tell that no attempt is left, where nothing inside the
    loop would take the failure again, and where no loop around it would leave its other items undone.

    ## References

    - [Python documentation: else clauses on loops](https://docs.python.org/3/tutorial/controlflow.html#else-clauses-on-loops)
    - [If At First You Don't Succeed, Try, Try, Again...? (WASABI), SOSP'24](https://doi.org/10.1145/3694715.3695971)
    """

    code = "CNL204"
    name = "retry-exhaustion-swallowed"
    message = "the last failure of {operation} is swallowed by {handler} when the attempts are used up: raise it"
    fixable = "sometimes"
    reveals = frozenset({"CNL301", "CNL302"})  # the last failure comes out of the loop now

    def check(self, facts: Facts) -> Iterator[Finding]:
        for loop in facts.loops:
            swallowing = [item for item in loop.retried if item.exhaustion == "swallowed"]
            if loop.kind == "retry" and loop.bound == "attempts" and swallowing:
                yield self._finding(facts, loop, swallowing)

    def _finding(self, facts: Facts, loop: RetryLoop, swallowing: list[Retried]) -> Finding:
        fix = Fix("unsafe", "Raise the last failure", lambda: fixes.raises.with_raises(facts, loop, swallowing))
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {
                "handler": wording.handler(facts, swallowing[0]),
                "operation": wording.operation(facts, swallowing[0]),
            },
            tuple(line for item in swallowing for line in _why(facts, item)),
            None if _is_of_an_item(facts, loop) else fix,
        )

    bad = (
        Example(
            "prints-and-waits",
            """\
import time

import requests

for i in range(5):
    try:
        response = requests.get("http://localhost:9999/")
        break
    except requests.exceptions.ConnectionError:
        wait = 2**i
        print(f"Retrying in {wait} s")
        time.sleep(wait)
""",
            """\
import time

import requests

for i in range(5):
    try:
        response = requests.get("http://localhost:9999/")
        break
    except requests.exceptions.ConnectionError:
        if i == 4:
            raise
        wait = 2**i
        print(f"Retrying in {wait} s")
        time.sleep(wait)
""",
        ),
        Example(
            "result-is-used-unbound",
            """\
import socket
import time


def hello(address, attempts):
    for _ in range(attempts):
        try:
            sock = socket.create_connection(address, timeout=5)
            break
        except OSError:
            time.sleep(1)  # it may just be starting
    sock.sendall(b"hello")
    sock.close()
""",
            """\
import socket
import time


def hello(address, attempts):
    for attempt in range(attempts):
        try:
            sock = socket.create_connection(address, timeout=5)
            break
        except OSError:
            if attempt == attempts - 1:
                raise
            time.sleep(1)  # it may just be starting
    sock.sendall(b"hello")
    sock.close()
""",
        ),
        Example(
            "caller-gets-none-unawares",
            """\
import asyncio

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    tries = 0
    while tries < 3:
        try:
            async with session.get(url) as response:
                return await response.json()
        except aiohttp.ClientConnectionError:
            tries += 1
            await asyncio.sleep(2**tries)
""",
            """\
import asyncio

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    tries = 0
    while tries < 3:
        try:
            async with session.get(url) as response:
                return await response.json()
        except aiohttp.ClientConnectionError:
            tries += 1
            if tries >= 3:
                raise
            await asyncio.sleep(2**tries)
""",
        ),
        Example(
            "none-is-used-untested",
            """\
import time
import urllib.request


def size(url):
    answer = None
    for attempt in range(1, 4):
        try:
            answer = urllib.request.urlopen(url, timeout=10)
            break
        except OSError as error:
            print(f"attempt {attempt}: {error}")
            if attempt < 3:
                time.sleep(attempt)
    return len(answer.read())
""",
            """\
import time
import urllib.request


def size(url):
    answer = None
    for attempt in range(1, 4):
        try:
            answer = urllib.request.urlopen(url, timeout=10)
            break
        except OSError as error:
            if attempt == 3:
                raise
            print(f"attempt {attempt}: {error}")
            time.sleep(attempt)
    return len(answer.read())
""",
        ),
        Example(
            "closes-before-it-tries-again",
            """\
import http.client
import time


def fetch(host, path):
    conn = http.client.HTTPConnection(host)
    for attempt in range(4):
        try:
            conn.request("GET", path)
            answer = conn.getresponse()
            break
        except ConnectionError:
            conn.close()
            time.sleep(2**attempt)
            continue
    body = answer.read()
    return body
""",
            """\
import http.client
import time


def fetch(host, path):
    conn = http.client.HTTPConnection(host)
    for attempt in range(4):
        try:
            conn.request("GET", path)
            answer = conn.getresponse()
            break
        except ConnectionError:
            conn.close()
            if attempt == 3:
                raise
            time.sleep(2**attempt)
            continue
    body = answer.read()
    return body
""",
        ),
        Example(
            "tries-twice",
            """\
import redis

cache = redis.Redis()


def store(key, value):
    for _ in range(2):
        try:
            cache.set(key, value)
            break
        except redis.ConnectionError:
            pass
    cache.publish("stored", key)
""",
            """\
import redis

cache = redis.Redis()


def store(key, value):
    for attempt in range(2):
        try:
            cache.set(key, value)
            break
        except redis.ConnectionError:
            if attempt == 1:
                raise
    cache.publish("stored", key)
""",
        ),
        Example(
            "over-a-table-of-delays",
            """\
import time
import xmlrpc.client

server = xmlrpc.client.ServerProxy("http://localhost:8000")

for delay in (1, 2, 4, 8):
    try:
        answer = server.system.listMethods()
        break
    except ConnectionRefusedError:
        time.sleep(delay)
print(answer)
""",
        ),
        Example(
            "leaves-an-item-out-without-a-word",
            """\
import time

import requests


def notify(hooks, event):
    for hook in hooks:
        for attempt in range(3):
            try:
                requests.post(hook, json=event, timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(2**attempt)
""",
        ),
        Example(
            "answer-of-the-item-before",
            """\
import time

import httpx


def print_titles(urls):
    for url in urls:
        for attempt in range(3):
            try:
                page = httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(2**attempt)
        print(page.text.partition("<title>")[2].partition("</title>")[0])
""",
        ),
    )
    silent = (
        Example(
            "tells-which-item-is-left-out",
            """\
import logging
import time

import requests

log = logging.getLogger(__name__)


def notify(hooks, event):
    for hook in hooks:
        for attempt in range(3):
            try:
                requests.post(hook, json=event, timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(2**attempt)
        else:
            log.error("%s is not told", hook)
""",
        ),
        Example(
            "keeps-what-succeeded",
            """\
import time

import requests


def fetch_all(urls):
    pages = {}
    for url in urls:
        for attempt in range(3):
            try:
                pages[url] = requests.get(url, timeout=5).text
                break
            except requests.ConnectionError:
                time.sleep(2**attempt)
    return pages
""",
        ),
        Example(
            "raises-on-the-last-attempt",
            """\
import socket
import time


def connect(address, attempts=5):
    for attempt in range(attempts):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            if attempt + 1 >= attempts:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "else-raises",
            """\
import time

import requests


def fetch(url):
    for attempt in range(5):
        try:
            response = requests.get(url, timeout=5)
            break
        except requests.ConnectionError:
            time.sleep(2**attempt)
    else:
        raise RuntimeError(f"{url} cannot be reached")
    return response.text
""",
        ),
        Example(
            "raises-after-the-loop",
            """\
import time

import httpx


def fetch(url):
    last = None
    for attempt in range(3):
        try:
            return httpx.get(url)
        except httpx.TransportError as error:
            last = error
            time.sleep(1)
    raise last
""",
        ),
        Example(
            "flag-is-tested",
            """\
import time
import urllib.request


def warm_up(url):
    up = False
    for attempt in range(10):
        try:
            urllib.request.urlopen(url).close()
            up = True
            break
        except OSError:
            time.sleep(1)
    if not up:
        print(f"{url} is still down")
""",
        ),
        Example(
            "returns-none-on-purpose",
            """\
import time

import requests


def fetch(url):
    for attempt in range(3):
        try:
            return requests.get(url, timeout=5).json()
        except requests.ConnectionError:
            time.sleep(1)
    return None
""",
        ),
        Example(
            "reports-and-goes-on",
            """\
import logging
import time

import redis

log = logging.getLogger(__name__)


def publish(client: redis.Redis, event):
    for attempt in range(3):
        try:
            client.publish("events", event)
            return
        except redis.ConnectionError:
            time.sleep(2**attempt)
    log.warning("gave up on %s", event)
""",
        ),
        Example(
            "says-that-it-may-give-none",
            """\
import time
import urllib.request


def probe(url) -> bytes | None:
    for attempt in range(3):
        try:
            return urllib.request.urlopen(url).read()
        except OSError:
            time.sleep(1)
""",
        ),
        Example(
            "goes-on-with-the-next-host",
            """\
import socket


def open_ports(host, ports):
    found = []
    for port in ports:
        try:
            socket.create_connection((host, port), timeout=1).close()
            found.append(port)
        except OSError:
            pass
    return found
""",
        ),
    )


def _is_of_an_item(facts: Facts, loop: RetryLoop) -> bool:
    """Say whether a raise would end the work on the other items of a loop around the retry as well."""
    outer = facts.index.enclosing(loop.node, cst.For, cst.While, cst.FunctionDef)
    return isinstance(outer, (cst.For, cst.While))


def _why(facts: Facts, item: Retried) -> Iterator[str]:
    yield from wording.failures(facts, item)
    row = facts.layout.row(item.handler)
    yield f"when the last attempt ends in the handler at line {row}, nothing raises, returns, tests or reports it"
