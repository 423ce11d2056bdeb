"""CNL202: retry-constant-delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.facts.growth import seconds_of
from connlint.facts.policies import bound, retries_often, said, wait_of
from connlint.facts.readiness import awaits_start, policy_awaits_start
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Delay, Retried, RetryLoop


_FEW_ATTEMPTS = 3
_SHORT = 5.0  # seconds, of all the waiting together


class RetryConstantDelay(Rule):
    """
    ## What it does

    Reports a loop that waits equally long before every attempt after a connection failure, and a library's retry of
    network operations that is configured so: tenacity's `wait_fixed`, `backoff.constant`, `retry(delay=2)`,
    `wait_fixed` of retrying, redis' `ConstantBackoff`, celery's short `countdown`, kombu's `interval_step=0`.

    ## Why is this bad

    A delay that is right for a short hiccup is wrong for an outage, and the other way round. While a server is down all
    its clients keep asking at the same rate, and when it comes back the first thing that it meets is all of them at
    once: in more than half of the metastable outages that were studied (OSDI'22), retries kept the outage going. A
    delay that doubles costs the first attempts nothing and takes the load off a server that stays away. That a constant
    is called `BACKOFF` does not make it grow.

    ## Example

    ```python
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(2)
    ```

    ## Use instead

    ```python
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(random.SystemRandom().uniform(0, min(30, 2 * 2**attempt)))
    ```

    ## When this is fine

    A delay that is already as long as the longest one that a repair would write (`backoff-cap`, 30 seconds) need not
    grow, and neither do the delays of a loop that soon gives up: after three attempts, or after less than about five
    seconds of waiting. Who waits for a server that was just started may ask at even intervals: connlint is silent where
    a deadline ends the waiting, where the function has started a process or looks after one, where the peer is on this
    host, and where the function says by its name, or the handler by its message, what it waits for. It is silent where
    the same delay also follows a success, as between two polls, where it has a random part, in tests, and wherever it
    cannot tell whether the delay grows: where it comes from the server, a policy object or a function that is not seen.

    ## Fix safety

    The fix is unsafe: the program waits for other times than before. The constant becomes the first bound of a delay
    that doubles up to `backoff-cap` and is spread at random below that bound, unless `backoff-jitter` is off. There is
    no fix where the constant is not a number written in the file, where a message tells how long is waited, and where
    no counter and no place for a name of the loop's own is found. A library's retry is given the library's own wait,
    which starts at the constant.

    ## References

    - [AWS: Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
    - [Google SRE book: Addressing Cascading Failures](https://sre.google/sre-book/addressing-cascading-failures/)
    - [gRPC: Connection Backoff Protocol](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md)
    - [Metastable Failures in the Wild, OSDI'22](https://www.usenix.org/conference/osdi22/presentation/huang-lexiang)
    """

    code = "CNL202"
    name = "retry-constant-delay"
    message = "{handler} waits equally long ({delay}) before every attempt of {operation}: let the delay grow"
    fixable = "sometimes"
    reveals = frozenset({"CNL208"})  # where the project wants delays without a random part

    def check(self, facts: Facts) -> Iterator[Finding]:
        if not facts.is_test:
            yield from self._loops(facts)
            yield from self._policies(facts)

    def _loops(self, facts: Facts) -> Iterator[Finding]:
        for loop in facts.loops:
            if loop.kind not in {"retry", "reconnect"} or loop.at_most_twice:
                continue
            constant = all(_never_grows(facts, item) for item in loop.retried)
            if constant and not _is_soon_over(facts, loop) and not awaits_start(facts, loop):
                yield self._finding(facts, loop)

    def _policies(self, facts: Facts) -> Iterator[Finding]:
        for policy in facts.policies:
            if policy.delay != "constant" or policy.network is not True or not retries_often(policy):
                continue
            is_short = policy.seconds is not None and policy.seconds < facts.options.backoff.cap
            # `backoff.constant` is spread at random unless told not to, and says all the same that it never grows
            is_even = policy.jitter is False or policy.row.library == "backoff"
            if is_short and is_even and not policy_awaits_start(facts, policy):
                rewrite = fixes.policies.growing(facts, policy)
                fix = Fix("unsafe", "Let the delay grow", lambda rewrite=rewrite: rewrite)  # type: ignore[misc]
                yield Finding(
                    policy.node,
                    None,
                    {
                        "handler": said(facts, policy),
                        "delay": f"`{wait_of(facts, policy)}`",
                        "operation": f"`{policy.subject}`" if policy.subject is not None else "a request",
                    },
                    (policy.why, f"{bound(policy)}, and always waits alike ({policy.row.source})"),
                    fix if rewrite is not None else None,
                )

    def _finding(self, facts: Facts, loop: RetryLoop) -> Finding:
        item = loop.retried[0]
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {
                "handler": wording.handler(facts, item),
                "delay": f"`{wording.code(facts, item.delays[0].node)}`",
                "operation": wording.operation(facts, item),
            },
            tuple(line for each in loop.retried for line in _why(facts, each)),
            Fix("unsafe", "Let the delay grow", lambda: fixes.growth.with_growth(facts, loop)),
        )

    bad = (
        Example(
            "constant-in-a-range",
            """\
import socket
import time


def connect(address):
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            print(f"attempt {attempt}: {error}")
            time.sleep(2)
    raise ConnectionError(f"{address} cannot be reached")
""",
            """\
import random
import socket
import time


def connect(address):
    for attempt in range(8):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            print(f"attempt {attempt}: {error}")
            time.sleep(random.SystemRandom().uniform(0, min(30, 2 * 2**attempt)))
    raise ConnectionError(f"{address} cannot be reached")
""",
        ),
        Example(
            "constant-named-backoff",
            """\
import time

import requests

BACKOFF = 5


def fetch(url, attempts=6):
    for attempt in range(1, attempts + 1):
        try:
            return requests.get(url, timeout=10)
        except requests.exceptions.ConnectionError:
            if attempt == attempts:
                raise
            time.sleep(BACKOFF)  # let it recover
""",
            """\
import random
import time

import requests

BACKOFF = 5


def fetch(url, attempts=6):
    for attempt in range(1, attempts + 1):
        try:
            return requests.get(url, timeout=10)
        except requests.exceptions.ConnectionError:
            if attempt == attempts:
                raise
            time.sleep(random.SystemRandom().uniform(0, min(30, BACKOFF * 2 ** (attempt - 1))))  # let it recover
""",
        ),
        Example(
            "reconnects-forever",
            """\
import asyncio


async def follow(host, port, handle):
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            while line := await reader.readline():
                handle(line)
            writer.close()
        except OSError:
            await asyncio.sleep(1)
""",
            """\
import asyncio
import random


async def follow(host, port, handle):
    delay = 1
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            delay = 1
            while line := await reader.readline():
                handle(line)
            writer.close()
        except OSError:
            await asyncio.sleep(random.SystemRandom().uniform(0, delay))
            delay = min(30, delay * 2)
""",
        ),
        Example(
            "parameter-of-the-caller",
            """\
import time

import redis


def get(client: redis.Redis, key, retries=5, backoff=3):
    for _ in range(retries):
        try:
            return client.get(key)
        except redis.ConnectionError as error:
            print(error)
        time.sleep(backoff)
    return None
""",
        ),
        Example(
            "counts-before-it-sleeps",
            """\
import time

import psycopg2


def open_database(dsn):
    tries = 0
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            tries += 1
            if tries > 10:
                raise
            time.sleep(3)
""",
            """\
import random
import time

import psycopg2


def open_database(dsn):
    tries = 0
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError:
            tries += 1
            if tries > 10:
                raise
            time.sleep(random.SystemRandom().uniform(0, min(30, 3 * 2 ** (tries - 1))))
""",
        ),
        Example(
            "helper-of-the-file",
            """\
import time

import pika


class Publisher:
    def __init__(self, parameters):
        self.parameters = parameters

    def _lost(self, error):
        print(f"lost: {error}")
        time.sleep(5)

    def run(self, stopped):
        while not stopped.is_set():
            try:
                connection = pika.BlockingConnection(self.parameters)
                self.serve(connection)
            except pika.exceptions.AMQPConnectionError as error:
                self._lost(error)
""",
        ),
        Example(
            "waits-for-an-event",
            """\
import smtplib
import threading


class Mailer:
    interval = 10

    def __init__(self, host):
        self.host = host
        self.stopped = threading.Event()

    def login(self):
        while not self.stopped.is_set():
            try:
                return smtplib.SMTP(self.host, timeout=30)
            except OSError:
                self.stopped.wait(self.interval)
        return None
""",
        ),
        Example(
            "each-handler-its-own",
            """\
import time

import httpx


def fetch(client: httpx.Client, url):
    for _ in range(10):
        try:
            return client.get(url)
        except httpx.ConnectError:
            time.sleep(1)
        except httpx.RemoteProtocolError:
            time.sleep(0.1)
    return None
""",
            """\
import random
import time

import httpx


def fetch(client: httpx.Client, url):
    for attempt in range(10):
        try:
            return client.get(url)
        except httpx.ConnectError:
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
        except httpx.RemoteProtocolError:
            time.sleep(random.SystemRandom().uniform(0, min(30, 0.1 * 2**attempt)))
    return None
""",
        ),
        Example(
            "message-tells-how-long",
            """\
import time

import paramiko


def login(client: paramiko.SSHClient, host):
    for _ in range(6):
        try:
            client.connect(host, timeout=10)
            return True
        except OSError:
            print("refused, will try again in 5 seconds")
            time.sleep(5)
    return False
""",
        ),
        Example(
            "policy-of-tenacity",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_fixed


@retry(stop=stop_after_attempt(6), wait=wait_fixed(2))
def fetch(url):
    return requests.get(url, timeout=5)
""",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential


@retry(stop=stop_after_attempt(6), wait=wait_random_exponential(multiplier=2, max=30))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "policy-of-retry",
            """\
import requests
from retry import retry


@retry(requests.ConnectionError, tries=5, delay=2)
def fetch(url):
    return requests.get(url, timeout=5)
""",
            """\
import requests
from retry import retry


@retry(requests.ConnectionError, tries=5, delay=2, max_delay=30, backoff=2, jitter=(0, 2))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
    )
    silent = (
        Example(
            "grows-by-the-attempt",
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
        ),
        Example(
            "doubles-in-finally",
            """\
import time

import requests


def fetch(url):
    delay = 1
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(delay)
        finally:
            delay = min(60, delay * 2)
""",
        ),
        Example(
            "row-of-delays",
            """\
import time

import requests


def fetch(url):
    for delay in (1, 2, 4, 8, None):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            if delay is None:
                raise
            time.sleep(delay)
""",
        ),
        Example(
            "long-enough-already",
            """\
import imaplib
import time


def login(host):
    left = 2880
    while left > 0:
        try:
            return imaplib.IMAP4_SSL(host)
        except OSError:
            left -= 1
            time.sleep(30)
    return None
""",
        ),
        Example(
            "one-second-attempt",
            """\
import time

import requests


def fetch(url):
    for attempt in range(2):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt:
                raise
            time.sleep(1)
""",
        ),
        Example(
            "server-says-how-long",
            """\
import time
import urllib.error
import urllib.request


def fetch(url):
    for _ in range(5):
        try:
            return urllib.request.urlopen(url, timeout=10).read()
        except urllib.error.URLError as error:
            time.sleep(int(error.headers.get("Retry-After", 5)))
    return None
""",
        ),
        Example(
            "polls-at-an-interval",
            """\
import time

import requests


def watch(url, show):
    while True:
        try:
            show(requests.get(url, timeout=5).json())
        except requests.RequestException as error:
            print(error)
        time.sleep(10)
""",
        ),
        Example(
            "waits-for-the-server-it-started",
            """\
import subprocess
import time
import urllib.request


def launch(command, url):
    server = subprocess.Popen(command)
    for _ in range(50):
        try:
            urllib.request.urlopen(url, timeout=1)
            return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{command} does not come up")
""",
        ),
        Example(
            "waits-on-this-host",
            """\
import socket
import time


def first_connection(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.2)
""",
        ),
        Example(
            "waits-until-a-deadline",
            """\
import socket
import time


def reach(address, patience):
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection(address, timeout=1)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
""",
        ),
        Example(
            "policy-object",
            """\
import time

import redis


def get(client: redis.Redis, key, policy):
    while True:
        try:
            return client.get(key)
        except redis.ConnectionError as error:
            policy.failed(error)
            time.sleep(policy.delay)
""",
        ),
        Example(
            "next-host-each-time",
            """\
import socket
import time


def connect(hosts, port):
    for host in hosts:
        try:
            return socket.create_connection((host, port), timeout=5)
        except OSError:
            time.sleep(1)
    raise ConnectionError(f"none of {hosts} can be reached")
""",
        ),
        Example(
            "random-part",
            """\
import random
import time

import requests


def fetch(url):
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(random.uniform(5, 15))
""",
        ),
        Example(
            "policies-that-may-wait-alike",
            """\
import requests
from celery import shared_task
from tenacity import retry, stop_after_attempt, stop_after_delay, wait_fixed, wait_random


@shared_task(autoretry_for=(requests.ConnectionError,))
def push(pk):
    requests.post(URL, json={"pk": pk}, timeout=5)


@retry(stop=stop_after_delay(60), wait=wait_fixed(1))
def ask(url):
    return requests.get(url, timeout=5)


@retry(stop=stop_after_attempt(5), wait=wait_fixed(1) + wait_random(0, 2))
def fetch(url):
    return requests.get(url, timeout=5)


@retry(stop=stop_after_attempt(5), wait=wait_fixed(60))
def fetch_later(url):
    return requests.get(url, timeout=5)
""",
        ),
    )


def _never_grows(facts: Facts, item: Retried) -> bool:
    return item.always_delayed and bool(item.delays) and all(_is_constant(facts, delay) for delay in item.delays)


def _is_soon_over(facts: Facts, loop: RetryLoop) -> bool:
    """Say whether `loop` gives up before a delay that grows would differ much from one that does not."""
    if loop.few is None:
        return False
    if loop.few <= _FEW_ATTEMPTS:
        return True
    waited = [seconds_of(facts, delay) for item in loop.retried for delay in item.delays]
    return all(seconds is not None and seconds * (loop.few - 1) <= _SHORT for seconds in waited)


def _is_constant(facts: Facts, delay: Delay) -> bool:
    if delay.growth != "constant" or delay.jitter or delay.after_success:
        return False
    seconds = seconds_of(facts, delay)
    return seconds is None or seconds < facts.options.backoff.cap


def _why(facts: Facts, item: Retried) -> Iterator[str]:
    yield from wording.failures(facts, item)
    for delay in item.delays:
        row = facts.layout.row(delay.node)
        text = wording.code(facts, delay.seconds) if delay.seconds is not None else "that"
        yield f"`{wording.code(facts, delay.node)}` (line {row}) waits {text} seconds, and nothing changes that"
