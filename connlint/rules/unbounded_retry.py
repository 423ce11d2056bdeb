"""CNL203: unbounded-retry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts import wording
from connlint.facts.delays import called
from connlint.facts.names import OPAQUE
from connlint.facts.tree import dotted, walk, walk_same_code
from connlint.knowledge.waits import READS, RUNS
from connlint.lazy import TextPattern
from connlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import RetryLoop, RetryPolicy

# What limits the time, or can be cancelled, from outside the loop.
_LIMITS = TextPattern(r"time_?out|deadline|move_on|fail_after|cancel|time_?limit", re.IGNORECASE)
_SPAWNS = frozenset(
    {
        "create_task",
        "ensure_future",
        "move_on_after",
        "run_coroutine_threadsafe",
        "spawn",
        "start_soon",
        "timeout",
        "wait",
        "wait_for",
    }
)
_ALARMS = frozenset({"alarm", "setitimer"})


class UnboundedRetry(Rule):
    """
    ## What it does

    Reports a retry that neither a number of attempts nor a deadline ends: a loop that goes on until an attempt
    succeeds, and a library's policy without a bound.

    ## Why is this bad

    When the peer does not come back, the caller waits for ever, with all that it holds: a thread, a lock, a request of
    somebody who has long gone away. Nobody is told, because nothing ever fails. And what retries without an end keeps
    its load on a service that is already down; Google's SRE book asks for a limit on each request, and for a budget of
    retries in each process.

    ## Example

    ```python
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            time.sleep(delay)
    ```

    ## Use instead

    ```python
    for attempt in range(10):
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            if attempt == 9:
                raise
            time.sleep(delay)
    ```

    ## When this is fine

    A loop that connects, serves until the connection is lost, and connects again is meant never to end: connlint is
    silent there, and about loops that a flag, an event or a time-out around them can end, about coroutines that the
    file itself starts as tasks or waits for with a limit, about tests, and wherever something on the way back may give
    up for all it knows. A program that can do nothing without its database may well wait for it without an end, under
    a supervisor that watches it: this rule is off by default.

    ## Fix safety

    There is no fix: after how many attempts, or how long, the caller has to know is for the program to say.

    ## References

    - [Google SRE book: Addressing Cascading Failures](https://sre.google/sre-book/addressing-cascading-failures/)
    - [AWS Builders' Library: Timeouts, retries, and backoff with jitter](https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)
    - [tenacity: Stopping](https://tenacity.readthedocs.io/en/latest/#stopping)
    """

    code = "CNL203"
    name = "unbounded-retry"
    message = "{retry} tries {operation} again without an end: bound the attempts, or set a deadline"
    default = False

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for loop in facts.loops:
            if loop.kind == "retry" and loop.bound == "unbounded" and not _may_end(facts, loop):
                yield self._of_loop(facts, loop)
        for policy in facts.policies:
            if policy.bound == "unbounded" and policy.network is True and not _is_limited(facts, policy.node):
                yield self._of_policy(policy)

    @staticmethod
    def _of_loop(facts: Facts, loop: RetryLoop) -> Finding:
        first = loop.retried[0]
        lines = [line for item in loop.retried for line in wording.failures(facts, item)]
        rows = ", ".join(str(facts.layout.row(item.handler)) for item in loop.retried)
        lines.append(
            f"from the handler at line {rows} control always comes back to it: nothing counts, or reads the time"
        )
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {"retry": wording.handler(facts, first), "operation": wording.operation(facts, first)},
            tuple(lines),
        )

    @staticmethod
    def _of_policy(policy: RetryPolicy) -> Finding:
        subject = f"`{policy.subject}`" if policy.subject is not None else "a request"
        func = policy.call.func if policy.call is not None else policy.node
        func = func.decorator if isinstance(func, cst.Decorator) else func
        return Finding(
            policy.node,
            policy.call,
            {"retry": f"`{dotted(func) or policy.row.name}`", "operation": subject},
            (policy.why, f"{policy.row.name} never gives up as it is configured here ({policy.row.source})"),
        )

    bad = (
        Example(
            "waits-for-the-database",
            """\
import time

import psycopg2


def connect(dsn):
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError as error:
            print(f"not up yet: {error}")
            time.sleep(5)
""",
        ),
        Example(
            "until-it-is-connected",
            """\
import socket
import time


def connect(address):
    connected = False
    while not connected:
        sock = socket.socket()
        try:
            sock.connect(address)
            connected = True
        except OSError:
            sock.close()
            time.sleep(1)
    return sock
""",
        ),
        Example(
            "until-there-is-an-answer",
            """\
import time

import requests


class Client:
    def __init__(self, url):
        self.url = url
        self.token = None

    def log_in(self):
        while self.token is None:
            try:
                self.token = requests.post(self.url, timeout=10).json()["token"]
            except requests.ConnectionError:
                time.sleep(10)
""",
        ),
        Example(
            "counts-for-the-delay-only",
            """\
import asyncio
import itertools


async def connect(host, port):
    for attempt in itertools.count():
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(min(30, 2 ** min(attempt, 5)))
""",
        ),
        Example(
            "raises-the-other-failures",
            """\
import errno
import socket
import time


def connect(path):
    sock = socket.socket(socket.AF_UNIX)
    while True:
        try:
            sock.connect(path)
            break
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                raise
            time.sleep(0.1)
    return sock
""",
        ),
        Example(
            "decorator-without-a-stop",
            """\
import requests
import tenacity


@tenacity.retry(wait=tenacity.wait_random_exponential(max=30))
def fetch(url):
    return requests.get(url, timeout=10)
""",
        ),
        Example(
            "backoff-without-a-limit",
            """\
import backoff
import httpx


@backoff.on_exception(backoff.expo, httpx.TransportError)
def fetch(url):
    return httpx.get(url)
""",
        ),
        Example(
            "delay-of-its-own",
            """\
import random
import time

import redis


def read(client: redis.Redis, key):
    delay = 0.5
    while True:
        try:
            return client.get(key)
        except redis.ConnectionError:
            time.sleep(random.uniform(0, delay))
            delay = min(30, delay * 2)
""",
        ),
    )
    silent = (
        Example(
            "counts-the-attempts",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(2**attempt)
    raise ConnectionError(address)
""",
        ),
        Example(
            "counts-in-the-handler",
            """\
import time

import requests


def fetch(url):
    failures = 0
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            failures += 1
            if failures > 5:
                raise
            time.sleep(2**failures)
""",
        ),
        Example(
            "until-a-deadline",
            """\
import time
import urllib.request


def fetch(url, deadline):
    while time.monotonic() < deadline:
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            time.sleep(1)
    raise TimeoutError(url)
""",
        ),
        Example(
            "until-somebody-stops-it",
            """\
import socket
import threading


def connect(address, stopped: threading.Event):
    while not stopped.is_set():
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            stopped.wait(1)
""",
        ),
        Example(
            "flag-of-the-object",
            """\
import socket
import time


class Client:
    def connect(self, address):
        while True:
            try:
                return socket.create_connection(address, timeout=5)
            except OSError:
                if self.closing:
                    return None
                time.sleep(1)
""",
        ),
        Example(
            "serves-and-connects-again",
            """\
import socket
import time


def follow(address, handle):
    while True:
        try:
            with socket.create_connection(address) as sock:
                while data := sock.recv(4096):
                    handle(data)
        except OSError:
            time.sleep(5)
""",
        ),
        Example(
            "under-a-time-out",
            """\
import asyncio


async def connect(host, port):
    async with asyncio.timeout(60):
        while True:
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(1)
""",
        ),
        Example(
            "waited-for-with-a-limit",
            """\
import asyncio


async def connect(host, port):
    while True:
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(1)


async def main(host, port):
    return await asyncio.wait_for(connect(host, port), 30)
""",
        ),
        Example(
            "table-of-delays-runs-out",
            """\
import socket
import time

DELAYS = [1, 2, 4, 8]


def connect(address):
    attempt = 0
    while True:
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(DELAYS[attempt])
            attempt += 1
""",
        ),
        Example(
            "policy-gives-up",
            """\
import requests


def fetch(url, policy):
    while True:
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError as error:
            policy.backoff(error)
""",
        ),
        Example(
            "decorator-with-a-stop",
            """\
import requests
import tenacity


@tenacity.retry(stop=tenacity.stop_after_attempt(5), wait=tenacity.wait_random_exponential(max=30))
def fetch(url):
    return requests.get(url, timeout=10)
""",
        ),
        Example(
            "policy-of-something-else",
            """\
import tenacity


@tenacity.retry(wait=tenacity.wait_fixed(1))
def parse(text):
    return int(text)
""",
        ),
    )


def _may_end(facts: Facts, loop: RetryLoop) -> bool:
    """Say whether something that is not on the way back may end the retrying, or a pass of the loop serves."""
    for item in loop.retried:
        if item.opaque or any(_may_give_up(facts, delay.node) for delay in item.delays):
            return True
        for node in walk_same_code(item.statement.body):
            if isinstance(node, (cst.While, cst.For, cst.Yield)):
                return True
            if isinstance(node, cst.Call):
                name = (called(node)[0] or "").lower().strip("_")
                if name in RUNS | READS or name.partition("_")[0] in RUNS:
                    return True
    return _is_limited(facts, loop.node)


def _may_give_up(facts: Facts, node: cst.CSTNode) -> bool:
    """Say whether the delay `node` is one of a function that we do not see."""
    return not isinstance(node, cst.Call) or OPAQUE in facts.values.targets(node)


def _is_limited(facts: Facts, node: cst.CSTNode) -> bool:
    """Say whether something around `node`, or around the calls of its function, may limit its time or cancel it."""
    if any((called(call)[0] or "") in _ALARMS for call in facts.index.all(cst.Call)):
        return True
    function: cst.CSTNode | None = None
    for ancestor in facts.index.ancestors(node):
        if isinstance(ancestor, cst.With) and any(_speaks_of_limit(item.item) for item in ancestor.items):
            return True
        if isinstance(ancestor, cst.FunctionDef):
            function = ancestor
            if any(_speaks_of_limit(item.decorator) for item in ancestor.decorators):
                return True
    return isinstance(function, cst.FunctionDef) and _is_cancelled(facts, function.name.value)


def _speaks_of_limit(node: cst.BaseExpression) -> bool:
    func = node.func if isinstance(node, cst.Call) else node
    return _LIMITS.search(dotted(func) or "") is not None


def _is_cancelled(facts: Facts, name: str) -> bool:
    """Say whether the function `name` is handed, called or not, to what starts it as a task or limits its time."""
    for call in facts.index.all(cst.Call):
        if (called(call)[0] or "") in _SPAWNS and any(
            isinstance(node, cst.Name) and node.value == name for arg in call.args for node in walk(arg.value)
        ):
            return True
    return False
