"""CNL208: retry-without-jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.facts.policies import bound, retries_often, said, wait_of
from connlint.facts.readiness import awaits_start, policy_awaits_start
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Delay, Retried, RetryLoop


class RetryWithoutJitter(Rule):
    """
    ## What it does

    Reports a loop whose delay grows after a connection failure, but is the same for everybody who runs it, and a
    library's retry of network operations that is configured so, if the library can do better: tenacity's
    `wait_exponential`, urllib3's `backoff_factor` without `backoff_jitter`, `ExponentialRetry` of aiohttp_retry.

    ## Why is this bad

    When a server goes down, all its clients lose it at the same moment. If their delays are 1, 2, 4, 8 seconds, they
    all come back at the same moments, too: the load is not spread, it only comes in bursts that lie further apart. A
    random part spreads it. With 100 clients that contend, "full jitter" more than halves the calls that are needed.

    ## Example

    ```python
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(min(30, 2**attempt))
    ```

    ## Use instead

    ```python
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
    ```

    ## When this is fine

    A program that runs once, on one machine, meets nobody. connlint cannot tell, so this rule is off unless it is
    selected. It is silent where a part of the delay is random wherever that comes from, where it cannot tell how the
    delay grows, in tests, and in loops that wait for a server to come up.

    ## Fix safety

    The fix is unsafe: the program waits for other times than before, half as long on average. What was the delay
    becomes its upper bound ("full jitter"). `random.SystemRandom` is used because `random.uniform` is reported by ruff
    (S311), bandit (B311) and dlint (DUO102). There is no fix where a message tells how long is waited, nor where the
    sleep stands in another function. A library's retry is given the library's own random part; `backoff_jitter` came
    with urllib3 2, so it is written only where another argument of that version is.

    ## References

    - [AWS: Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
    - [gRPC: Connection Backoff Protocol](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md)
    """

    code = "CNL208"
    name = "retry-without-jitter"
    message = "the delay of {handler} grows alike for all clients ({delay}): add a random part"
    default = False
    fixable = "sometimes"

    def check(self, facts: Facts) -> Iterator[Finding]:
        if not facts.is_test:
            yield from self._loops(facts)
            yield from self._policies(facts)

    def _loops(self, facts: Facts) -> Iterator[Finding]:
        for loop in facts.loops:
            if loop.kind not in {"retry", "reconnect"} or loop.at_most_twice:
                continue
            even = {item: delays for item in loop.retried if (delays := _without_jitter(item))}
            if even and not awaits_start(facts, loop):
                yield self._finding(facts, loop, even)

    def _policies(self, facts: Facts) -> Iterator[Finding]:
        for policy in facts.policies:
            if policy.delay not in {"linear", "exponential"} or policy.jitter is not False or not policy.network:
                continue
            if retries_often(policy) and fixes.policies.can_vary(policy) and not policy_awaits_start(facts, policy):
                rewrite = fixes.policies.jittered(facts, policy)
                fix = Fix("unsafe", "Add a random part to the delay", lambda rewrite=rewrite: rewrite)  # type: ignore[misc]
                yield Finding(
                    policy.node,
                    None,
                    {"handler": said(facts, policy), "delay": f"`{wait_of(facts, policy)}`"},
                    (policy.why, f"{bound(policy)}, and nothing of its waits is random ({policy.row.source})"),
                    fix if rewrite is not None else None,
                )

    def _finding(self, facts: Facts, loop: RetryLoop, even: dict[Retried, list[Delay]]) -> Finding:
        item, first = next(iter(even.items()))
        delays = list({delay.node: delay for found in even.values() for delay in found}.values())
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {"handler": wording.handler(facts, item), "delay": f"`{wording.code(facts, first[0].node)}`"},
            tuple(_why(facts, even, delays)),
            Fix("unsafe", "Add a random part to the delay", lambda: fixes.growth.with_jitter(facts, loop, delays)),
        )

    bad = (
        Example(
            "exponential-in-a-range",
            """\
import socket
import time


def connect(address):
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(min(30, 2**attempt))
    raise ConnectionError(address)
""",
            """\
import random
import socket
import time


def connect(address):
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
    raise ConnectionError(address)
""",
        ),
        Example(
            "doubles-a-name",
            """\
import asyncio

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    delay = 1
    while True:
        try:
            async with session.get(url) as answer:
                return await answer.text()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(delay)  # seconds
            delay = min(60, delay * 2)
""",
            """\
import asyncio
import random

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    delay = 1
    while True:
        try:
            async with session.get(url) as answer:
                return await answer.text()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(random.SystemRandom().uniform(0, delay))  # seconds
            delay = min(60, delay * 2)
""",
        ),
        Example(
            "linear",
            """\
import time

import requests


def fetch(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(attempt * 2 + 1)
    return None
""",
            """\
import random
import time

import requests


def fetch(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(random.SystemRandom().uniform(0, attempt * 2 + 1))
    return None
""",
        ),
        Example(
            "table-of-delays",
            """\
import time

import redis

DELAYS = (1, 2, 5, 10, 30)


def get(client: redis.Redis, key):
    for attempt in range(len(DELAYS)):
        try:
            return client.get(key)
        except redis.ConnectionError:
            time.sleep(DELAYS[attempt])
    return None
""",
            """\
import random
import time

import redis

DELAYS = (1, 2, 5, 10, 30)


def get(client: redis.Redis, key):
    for attempt in range(len(DELAYS)):
        try:
            return client.get(key)
        except redis.ConnectionError:
            time.sleep(random.SystemRandom().uniform(0, DELAYS[attempt]))
    return None
""",
        ),
        Example(
            "function-of-the-file",
            """\
import time

import httpx


def delay_after(failures):
    return min(60, 0.5 * 2**failures)


def fetch(client: httpx.Client, url):
    failures = 0
    while failures < 9:
        try:
            return client.get(url)
        except httpx.ConnectError:
            failures += 1
            time.sleep(delay_after(failures))
    return None
""",
            """\
import random
import time

import httpx


def delay_after(failures):
    return min(60, 0.5 * 2**failures)


def fetch(client: httpx.Client, url):
    failures = 0
    while failures < 9:
        try:
            return client.get(url)
        except httpx.ConnectError:
            failures += 1
            time.sleep(random.SystemRandom().uniform(0, delay_after(failures)))
    return None
""",
        ),
        Example(
            "sleeps-in-a-helper",
            """\
import time

import pymongo


class Store:
    def __init__(self, client: pymongo.MongoClient):
        self.client = client
        self.delay = 1

    def _pause(self):
        time.sleep(self.delay)
        self.delay *= 2

    def names(self):
        while True:
            try:
                return self.client.list_database_names()
            except pymongo.errors.AutoReconnect:
                self._pause()
""",
        ),
        Example(
            "capped-by-an-if",
            """\
import socket
import time


def connect(address):
    delay = 0.5
    while True:
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(delay)
            delay *= 2
            if delay > 30:
                delay = 30
""",
            """\
import random
import socket
import time


def connect(address):
    delay = 0.5
    while True:
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(random.SystemRandom().uniform(0, delay))
            delay *= 2
            if delay > 30:
                delay = 30
""",
        ),
        Example(
            "message-tells-how-long",
            """\
import time

import requests


def fetch(url):
    for attempt in range(5):
        delay = 2**attempt
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            print(f"trying again in {delay} s")
            time.sleep(delay)
    return None
""",
        ),
        Example(
            "policy-of-tenacity",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_exponential


@retry(stop=stop_after_attempt(6), wait=wait_exponential(max=20))
def fetch(url):
    return requests.get(url, timeout=5)
""",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_exponential, wait_random


@retry(stop=stop_after_attempt(6), wait=wait_exponential(max=20) + wait_random(0, 1))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "policy-of-urllib3",
            """\
from urllib3.util import Retry

retries = Retry(total=5, backoff_factor=0.5)
""",
        ),
    )
    silent = (
        Example(
            "full-jitter",
            """\
import random
import time

import requests


def fetch(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(random.uniform(0, 2**attempt))
    return None
""",
        ),
        Example(
            "random-part-in-a-variable",
            """\
import random
import time

import requests


def fetch(url):
    delay = 1
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            jitter = random.random()
            time.sleep(delay + jitter)
            delay *= 2
""",
        ),
        Example(
            "random-part-in-a-function",
            """\
import secrets
import time

import requests


def delay_after(failures):
    bound = min(30, 2**failures)
    return bound / 2 + secrets.randbelow(1000) / 1000 * bound / 2


def fetch(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(delay_after(attempt))
    return None
""",
        ),
        Example(
            "jitter-of-the-project",
            """\
import time

import requests

from .util import jittered


def fetch(url):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(jittered(2**attempt))
    return None
""",
        ),
        Example(
            "constant",
            """\
import time

import requests


def fetch(url):
    for _ in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(1)
    return None
""",
        ),
        Example(
            "policy-object",
            """\
import time

import requests


def fetch(url, policy):
    for attempt in range(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(policy.delay(attempt))
    return None
""",
        ),
        Example(
            "delays-of-the-project",
            """\
import time

import requests

from .util import delays


def fetch(url):
    for delay in delays(5):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(delay)
    return None
""",
        ),
        Example(
            "second-attempt-only",
            """\
import time

import requests


def fetch(url):
    for attempt in range(2):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(1 + attempt)
    return None
""",
        ),
        Example(
            "waits-for-a-container",
            """\
import socket
import time


def wait_for_port(host, port):
    delay = 0.1
    while True:
        try:
            return socket.create_connection((host, port), timeout=5)
        except OSError:
            time.sleep(delay)
            delay = min(5, delay * 2)
""",
        ),
        Example(
            "test-of-a-client",
            """\
import time
import unittest

import requests


class Server(unittest.TestCase):
    def test_answers(self):
        for attempt in range(5):
            try:
                requests.get(self.url, timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(2**attempt)
""",
        ),
        Example(
            "policies-that-vary",
            """\
import httpx
import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential
from urllib3.util import Retry

retries = Retry(total=5, backoff_factor=0.5, backoff_jitter=1)
client = httpx.Client(transport=httpx.HTTPTransport(retries=5))


@retry(stop=stop_after_attempt(6), wait=wait_random_exponential(max=20))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
    )


def _without_jitter(item: Retried) -> list[Delay]:
    """Return the delays of `item` that grow, if none of them is known or suspected to have a random part."""
    if any(delay.jitter or delay.growth == "unknown" for delay in item.delays):
        return []
    return [delay for delay in item.delays if delay.growth in {"linear", "exponential"} and not delay.after_success]


def _why(facts: Facts, even: dict[Retried, list[Delay]], delays: Sequence[Delay]) -> Iterator[str]:
    for item in even:
        yield from wording.failures(facts, item)
    for delay in delays:
        row = facts.layout.row(delay.node)
        text = wording.code(facts, delay.seconds) if delay.seconds is not None else "that"
        yield f"`{wording.code(facts, delay.node)}` (line {row}) waits {text} seconds, and nothing in that is random"
