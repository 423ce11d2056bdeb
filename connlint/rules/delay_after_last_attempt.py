"""CNL207: delay-after-last-attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Delay, RetryLoop


class DelayAfterLastAttempt(Rule):
    """
    ## What it does

    Reports a retry with a bounded number of attempts that waits once more after the last of them has failed, when no
    attempt follows.

    ## Why is this bad

    The caller learns of the failure only after a delay that is of no use to anybody, and with a delay that grows the
    last one is the longest: five attempts with 1, 2, 4, 8 and 16 seconds after them wait 31 seconds, 16 of them for
    nothing. Whatever the caller holds meanwhile stays held.

    ## Example

    ```python
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
            time.sleep(2**attempt)
    raise last
    ```

    ## Use instead

    ```python
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
            if attempt < 4:
                time.sleep(2**attempt)
    raise last
    ```

    ## When this is fine

    Where what follows needs the time: another attempt after the loop, or in the next pass of a loop around it. connlint
    is silent there, where something on the way may know which attempt was the last, and wherever code that it cannot
    see runs after the loop. A short constant delay does little harm: the rule is off by default.

    ## Fix safety

    The fix is unsafe: the program reports its failure earlier. It tests the loop's own counter, and is not written
    where there is none, where the delay is not a statement of its own, or where it stands under a test.

    ## References

    - [AWS: Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
    - [Google SRE book: Addressing Cascading Failures](https://sre.google/sre-book/addressing-cascading-failures/)
    """

    code = "CNL207"
    name = "delay-after-last-attempt"
    message = "{delay} waits after the last attempt of {operation} too, when none follows: wait between attempts only"
    default = False
    fixable = "sometimes"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for loop in facts.loops:
            if loop.kind == "retry" and loop.bound == "attempts":
                late = {delay.node: delay for item in loop.retried for delay in item.late}
                if late:
                    yield self._finding(facts, loop, list(late.values()))

    @staticmethod
    def _finding(facts: Facts, loop: RetryLoop, late: list[Delay]) -> Finding:
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {
                "delay": f"`{wording.code(facts, late[0].node)}`",
                "operation": wording.operation(facts, next(item for item in loop.retried if item.late)),
            },
            tuple(_why(facts, loop)),
            Fix("unsafe", "Wait only where another attempt follows", lambda: fixes.late.with_guards(facts, loop)),
        )

    bad = (
        Example(
            "grows-and-raises-after-the-loop",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
            time.sleep(2**attempt)
    raise last
""",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
            if attempt < 4:
                time.sleep(2**attempt)
    raise last
""",
        ),
        Example(
            "nobody-reads-the-counter",
            """\
import time

import requests


def fetch(url, attempts=3):
    for _ in range(attempts):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(1)  # it may just be starting
    return None
""",
            """\
import time

import requests


def fetch(url, attempts=3):
    for attempt in range(attempts):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt < attempts - 1:
                time.sleep(1)  # it may just be starting
    return None
""",
        ),
        Example(
            "counts-in-the-handler",
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
            # the longer it is down, the longer it takes
            await asyncio.sleep(2**tries)
    raise RuntimeError(f"{url} cannot be reached")
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
            # the longer it is down, the longer it takes
            if tries < 3:
                await asyncio.sleep(2**tries)
    raise RuntimeError(f"{url} cannot be reached")
""",
        ),
        Example(
            "below-the-try",
            """\
import logging
import time
import urllib.request

log = logging.getLogger(__name__)


def fetch(url):
    for attempt in range(1, 4):
        try:
            return urllib.request.urlopen(url, timeout=10).read()
        except OSError as error:
            log.warning("attempt %d: %s", attempt, error)
        time.sleep(attempt)
    raise RuntimeError(f"{url} cannot be reached")
""",
            """\
import logging
import time
import urllib.request

log = logging.getLogger(__name__)


def fetch(url):
    for attempt in range(1, 4):
        try:
            return urllib.request.urlopen(url, timeout=10).read()
        except OSError as error:
            log.warning("attempt %d: %s", attempt, error)
        if attempt < 3:
            time.sleep(attempt)
    raise RuntimeError(f"{url} cannot be reached")
""",
        ),
        Example(
            "raises-in-the-else",
            """\
import time

import redis


def publish(client: redis.Redis, event):
    for attempt in range(4):
        try:
            client.publish("events", event)
            break
        except redis.ConnectionError:
            time.sleep(2**attempt)
    else:
        raise RuntimeError("nobody takes the event")
""",
            """\
import time

import redis


def publish(client: redis.Redis, event):
    for attempt in range(4):
        try:
            client.publish("events", event)
            break
        except redis.ConnectionError:
            if attempt < 3:
                time.sleep(2**attempt)
    else:
        raise RuntimeError("nobody takes the event")
""",
        ),
        Example(
            "result-is-tested-after-the-loop",
            """\
import time

import httpx


def fetch(url):
    response = None
    for attempt in range(3):
        try:
            response = httpx.get(url)
            break
        except httpx.TransportError:
            time.sleep(1)
    if response is None:
        raise RuntimeError(f"{url} cannot be reached")
    return response.json()
""",
            """\
import time

import httpx


def fetch(url):
    response = None
    for attempt in range(3):
        try:
            response = httpx.get(url)
            break
        except httpx.TransportError:
            if attempt < 2:
                time.sleep(1)
    if response is None:
        raise RuntimeError(f"{url} cannot be reached")
    return response.json()
""",
        ),
        Example(
            "delay-of-its-own",
            """\
import random
import socket
import time


def connect(address):
    delay = 0.5
    for _ in range(6):
        try:
            return socket.create_connection(address, timeout=5)
        except ConnectionRefusedError:
            time.sleep(random.uniform(0, delay))
            delay = min(30, delay * 2)
    raise ConnectionError(f"{address} does not answer")
""",
            """\
import random
import socket
import time


def connect(address):
    delay = 0.5
    for attempt in range(6):
        try:
            return socket.create_connection(address, timeout=5)
        except ConnectionRefusedError:
            if attempt < 5:
                time.sleep(random.uniform(0, delay))
            delay = min(30, delay * 2)
    raise ConnectionError(f"{address} does not answer")
""",
        ),
        Example(
            "over-a-table-of-delays",
            """\
import time
import xmlrpc.client

server = xmlrpc.client.ServerProxy("http://localhost:8000")


def methods():
    for delay in (1, 2, 4, 8):
        try:
            return server.system.listMethods()
        except ConnectionRefusedError:
            time.sleep(delay)
    raise RuntimeError("the server is down")
""",
        ),
    )
    silent = (
        Example(
            "waits-between-attempts-only",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
            if attempt < 4:
                time.sleep(2**attempt)
    raise last
""",
        ),
        Example(
            "raises-before-the-delay",
            """\
import socket
import time


def connect(address, attempts):
    for attempt in range(attempts):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            if attempt == attempts - 1:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "knows-the-last-by-another-name",
            """\
import time

import requests


def fetch(url, attempts=3):
    for attempt in range(attempts):
        last = attempt + 1 == attempts
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            if last:
                raise
            time.sleep(1)
""",
        ),
        Example(
            "one-more-attempt-after-the-loop",
            """\
import socket
import time


def connect(address):
    for attempt in range(4):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(2**attempt)
    return socket.create_connection(address, timeout=5)
""",
        ),
        Example(
            "goes-on-and-needs-the-time",
            """\
import socket
import time

from .jobs import start


def main(address):
    for _ in range(30):
        try:
            socket.create_connection(address, timeout=1).close()
            break
        except OSError:
            time.sleep(1)
    start(address)
""",
        ),
        Example(
            "tries-again-in-the-loop-around-it",
            """\
import time

import redis


def follow(client: redis.Redis, handle):
    while True:
        for attempt in range(5):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(2**attempt)
        handle()
""",
        ),
        Example(
            "waits-before-the-attempt",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        if attempt:
            time.sleep(2**attempt)
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            last = error
    raise last
""",
        ),
        Example(
            "policy-knows",
            """\
import requests


def fetch(url, policy):
    for attempt in range(policy.attempts):
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError as error:
            policy.backoff(attempt, error)
    raise RuntimeError(url)
""",
        ),
        Example(
            "no-end",
            """\
import socket
import time


def connect(address):
    while True:
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(1)
""",
        ),
        Example(
            "delay-of-none-for-the-last",
            """\
import time

import requests


def fetch(url):
    for attempt in range(3):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(2**attempt if attempt < 2 else 0)
    return None
""",
        ),
    )


def _why(facts: Facts, loop: RetryLoop) -> Iterator[str]:
    for item in loop.retried:
        if item.late:
            yield from wording.failures(facts, item)
            delays = ", ".join(f"`{wording.code(facts, each.node)}`" for each in item.late)
            row = facts.layout.row(item.handler)
            yield f"when the last attempt ends in the handler at line {row}, {delays} waits, and the loop is over"
