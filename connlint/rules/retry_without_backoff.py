"""CNL201: retry-without-backoff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Retried, RetryLoop, RetryRecursion

# Drivers that look for a server before each command, and wait until there is one (see their tables).
_SELECTING = ("motor.", "pymongo.")


class RetryWithoutBackoff(Rule):
    """
    ## What it does

    Reports a loop that goes straight round again after a connection failure: nothing on the way from the handler to the
    next attempt waits. The same of a function that calls itself from the handler, where the call stands: each of its
    attempts also deepens the stack.

    ## Why is this bad

    A server that restarts refuses connections for a few seconds. A loop without a delay spends all its attempts within
    a millisecond and gives up, or it spins, fills the log and keeps the server from coming back: in more than half of
    the metastable outages that were studied (OSDI'22), retries kept the outage going. A delay that only waits a
    constant time brings all clients back at the same moment; it has to grow, to be capped, and to have a random part.

    A simulation of 400 clients whose server is down for 10 seconds and then answers 100 requests a second (to turn one
    away costs it a hundredth of an answer) shows what the repair does:

    | clients wait      | attempts in a minute | most in a second, once it is back | all answered after |
    | ----------------- | -------------------- | --------------------------------- | ------------------ |
    | not at all        | 2,149,265            | 35,050                            | more than 60 s     |
    | longer each time  | 2,349                | 400                               | more than 60 s     |
    | longer, at random | 2,401                | 54                                | 39 s               |

    ## Example

    ```python
    for attempt in range(5):
        try:
            sock = socket.create_connection(address, timeout=5)
            break
        except ConnectionRefusedError:
            if attempt == 4:
                raise
    ```

    ## Use instead

    ```python
    for attempt in range(5):
        try:
            sock = socket.create_connection(address, timeout=5)
            break
        except ConnectionRefusedError:
            if attempt == 4:
                raise
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
    ```

    ## When this is fine

    A second attempt at once, and no third, is an accepted way to replace a kept-alive connection that the peer has
    closed meanwhile. A loop over other hosts is failover, one over other items is work, one that reads or accepts waits
    in the operation itself, one after a timeout has waited already, and PyMongo waits for a server before each command.
    A function that calls itself just once, or after it has looked at what the peer answered, renews a token or a
    connection. connlint is silent there, in tests, and wherever something on the way back may wait for all it knows: a
    function that it cannot see, a generator of delays.

    ## Fix safety

    The fix is unsafe: the program takes longer to fail. It waits a random time up to a bound that doubles from one
    second up to 30 seconds ("full jitter"), uses the loop's own counter or a new name, does not wait when no attempt
    follows, and starts afresh after a success where the loop goes on. `random.SystemRandom` is used because
    `random.uniform` is reported by ruff (S311), bandit (B311) and dlint (DUO102). There is no fix where the ways back
    are several, where a function calls itself, where a deadline ends the retrying, or where the code runs in a
    framework whose own sleep has to be used (Twisted, Tornado, GUI toolkits).

    What is written can be chosen in `[tool.connlint]`: `backoff-base`, `backoff-cap` and `backoff-jitter` change the
    figures, and `backoff` the form. `"helper"` calls the project's own function (`backoff-helper`, or in async code
    `backoff-async-helper`, which is awaited) with the number of failures before this one; there is no fix in the file
    that defines it, nor in async code without a helper for it. `"tenacity"` and `"stamina"` hand the plainest loops
    over to the library: `for` over a `range` with a number in it, around one `try` that leaves the loop when it
    succeeds, with one clause that only goes on, or raises on the last attempt. Where the failure is not raised after
    the last attempt, only tenacity can do it. Every other loop gets the form of `"stdlib"`, so that no result and no
    exception changes.

    ## References

    - [AWS: Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
    - [Google SRE book: Addressing Cascading Failures](https://sre.google/sre-book/addressing-cascading-failures/)
    - [gRPC: Connection Backoff Protocol](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md)
    - [Metastable Failures in the Wild, OSDI'22](https://www.usenix.org/conference/osdi22/presentation/huang-lexiang)
    - [If At First You Don't Succeed, Try, Try, Again...? (WASABI), SOSP'24](https://doi.org/10.1145/3694715.3695971)
    """

    code = "CNL201"
    name = "retry-without-backoff"
    message = "{handler} tries {operation} again at once: wait before the next attempt, longer each time"
    fixable = "sometimes"
    reveals = frozenset({"CNL208"})  # where the project wants delays without a random part

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        for loop in facts.loops:
            if loop.kind not in {"retry", "reconnect"} or loop.at_most_twice:
                continue
            hot = [item for item in loop.retried if item.never_delayed and not _waits_by_itself(item)]
            if hot:
                yield self._finding(facts, loop, hot)
        for found in facts.recursions:
            if found.never_delayed and found.same_input and not found.once and (found.tried or found.failing):
                yield self._finding_of(facts, found)

    def _finding(self, facts: Facts, loop: RetryLoop, hot: list[Retried]) -> Finding:
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {"handler": wording.handler(facts, hot[0]), "operation": wording.operation(facts, hot[0])},
            tuple(line for item in hot for line in _why(facts, item)),
            Fix(
                "unsafe",
                "Wait before the next attempt, longer each time",
                lambda: fixes.delays.with_delays(facts, loop, hot),
            ),
        )

    def _finding_of(self, facts: Facts, found: RetryRecursion) -> Finding:
        name = found.function.name.value
        return Finding(
            found.again,
            None,
            {"handler": wording.handler(facts, found), "operation": wording.operation(facts, found)},
            (
                *wording.failures(facts, found),
                f"from the handler at line {facts.layout.row(found.handler)} `{name}` calls itself, and nothing waits",
            ),
        )

    bad = (
        Example(
            "calls-itself",
            """\
import socket


class Client:
    def connect(self):
        try:
            self.sock = socket.create_connection(self.address, timeout=5)
        except ConnectionRefusedError as error:
            print(f"{self.address}: {error}")
            self.connect()
""",
        ),
        Example(
            "calls-itself-some-times",
            """\
import aiohttp


async def fetch(session: aiohttp.ClientSession, url, *, attempts=5):
    try:
        async with session.get(url) as answer:
            return await answer.json()
    except aiohttp.ClientError:
        if attempts == 0:
            raise
        return await fetch(session, url, attempts=attempts - 1)
""",
        ),
        Example(
            "waits-for-the-database",
            """\
import psycopg2


def wait_for_database(dsn):
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError as error:
            print(f"not up yet: {error}")
""",
            """\
import random
import time

import psycopg2


def wait_for_database(dsn):
    delay = 1
    while True:
        try:
            return psycopg2.connect(dsn)
        except psycopg2.OperationalError as error:
            print(f"not up yet: {error}")
            time.sleep(random.SystemRandom().uniform(0, delay))
            delay = min(30, delay * 2)
""",
        ),
        Example(
            "broad-handler-around-a-download",
            """\
from .transfer import download_file


def cache_licence(path, url):
    for _ in range(5):
        try:
            download_file(path, url)
        except Exception:
            continue
        else:
            return path
    raise RuntimeError(f"cannot download {url}")
""",
            """\
import random
import time

from .transfer import download_file


def cache_licence(path, url):
    for attempt in range(5):
        try:
            download_file(path, url)
        except Exception:
            if attempt < 4:
                time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
            continue
        else:
            return path
    raise RuntimeError(f"cannot download {url}")
""",
        ),
        Example(
            "class-of-the-project",
            """\
from .errors import TransportError


def call(client, message, attempts=4):
    for attempt in range(attempts):
        try:
            return client.send_request(message)
        except TransportError:
            if attempt == attempts - 1:
                raise
""",
            """\
import random
import time

from .errors import TransportError


def call(client, message, attempts=4):
    for attempt in range(attempts):
        try:
            return client.send_request(message)
        except TransportError:
            if attempt == attempts - 1:
                raise
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
""",
        ),
        Example(
            "pass-in-a-range",
            """\
for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        pass
""",
            """\
import random
import time

for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        if attempt < 4:
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
""",
        ),
        Example(
            "raises-on-the-last-attempt",
            """\
import logging
import socket

log = logging.getLogger(__name__)


def connect(address, attempts=3):
    for attempt in range(attempts):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            log.warning("attempt %d at %s: %s", attempt, address, error)
            if attempt == attempts - 1:
                raise
""",
            """\
import logging
import random
import socket
import time

log = logging.getLogger(__name__)


def connect(address, attempts=3):
    for attempt in range(attempts):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError as error:
            log.warning("attempt %d at %s: %s", attempt, address, error)
            if attempt == attempts - 1:
                raise
            time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
""",
        ),
        Example(
            "reconnects-forever",
            """\
import asyncio


async def follow(host, port, handle):
    # the feed is never meant to end
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            while line := await reader.readline():
                handle(line)
            writer.close()
        except OSError:
            continue  # try again
""",
            """\
import asyncio
import random


async def follow(host, port, handle):
    delay = 1
    # the feed is never meant to end
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
            continue  # try again
""",
        ),
        Example(
            "counts-in-the-handler",
            """\
import time

import requests


def fetch(url):
    tries = 0
    while tries < 4:
        try:
            return requests.get(url, timeout=10)
        except requests.exceptions.ConnectionError:
            tries += 1
    raise RuntimeError(f"{url} cannot be reached")
""",
            """\
import random
import time

import requests


def fetch(url):
    tries = 0
    while tries < 4:
        try:
            return requests.get(url, timeout=10)
        except requests.exceptions.ConnectionError:
            tries += 1
            if tries < 4:
                time.sleep(random.SystemRandom().uniform(0, min(30, 2 ** (tries - 1))))
    raise RuntimeError(f"{url} cannot be reached")
""",
        ),
        Example(
            "one-handler-waits-and-its-sibling-does-not",
            """\
from time import sleep

import httpx


def fetch(client: httpx.Client, url):
    for attempt in range(6):
        try:
            return client.get(url)
        except httpx.ConnectError: pass  # not up yet
        except httpx.RemoteProtocolError:
            sleep(2**attempt)
    return None
""",
            """\
import random
from time import sleep

import httpx


def fetch(client: httpx.Client, url):
    for attempt in range(6):
        try:
            return client.get(url)
        except httpx.ConnectError:  # not up yet
            if attempt < 5:
                sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
        except httpx.RemoteProtocolError:
            sleep(2**attempt)
    return None
""",
        ),
        Example(
            "nobody-reads-the-counter",
            """\
import smtplib


def send(message, host):
    for _ in range(3):
        try:
            with smtplib.SMTP(host) as server:
                server.send_message(message)
            return True
        except OSError as error:
            print(f"{host}: {error}")
    return False
""",
            """\
import random
import smtplib
import time


def send(message, host):
    for attempt in range(3):
        try:
            with smtplib.SMTP(host) as server:
                server.send_message(message)
            return True
        except OSError as error:
            print(f"{host}: {error}")
            if attempt < 2:
                time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
    return False
""",
        ),
        Example(
            "continue-skips-the-sleep",
            """\
import time
import urllib.request


def wait_until_up(url):
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                if answer.status == 200:
                    return
        except ConnectionResetError:
            continue
        except OSError:
            pass
        time.sleep(1)
""",
            """\
import random
import time
import urllib.request


def wait_until_up(url):
    delay = 1
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                delay = 1
                if answer.status == 200:
                    return
        except ConnectionResetError:
            time.sleep(random.SystemRandom().uniform(0, delay))
            delay = min(30, delay * 2)
            continue
        except OSError:
            pass
        time.sleep(1)
""",
        ),
        Example(
            "suppressed-and-round-again",
            """\
import contextlib
import socket


def wait_for(port):
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("localhost", port))
""",
            """\
import contextlib
import random
import socket
import time


def wait_for(port):
    delay = 1
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("localhost", port))
        time.sleep(random.SystemRandom().uniform(0, delay))
        delay = min(30, delay * 2)
""",
        ),
    )
    silent = (
        Example(
            "renews-the-token-once",
            """\
import requests


def fetch(url, token, renew=True):
    try:
        return requests.get(url, headers={"Authorization": token()}, timeout=10)
    except requests.RequestException as error:
        if error.response is not None and error.response.status_code == 401:
            return fetch(url, token)
        if renew:
            return fetch(url, token, renew=False)
        raise


def fetch_again(url, retries=1):
    try:
        return requests.get(url, timeout=10)
    except requests.ConnectionError:
        if retries:
            return fetch_again(url, retries - 1)
        raise
""",
        ),
        Example(
            "calls-itself-after-a-wait",
            """\
import time

import requests


def fetch(url, attempt=0):
    try:
        return requests.get(url, timeout=10)
    except requests.ConnectionError:
        if attempt == 5:
            raise
        time.sleep(2**attempt)
        return fetch(url, attempt + 1)


def fetch_from(urls):
    try:
        return requests.get(urls[0], timeout=10)
    except requests.ConnectionError:
        return fetch_from(urls[1:])
""",
        ),
        Example(
            "driver-that-waits-for-a-server",
            """\
import logging

import pymongo


def next_marker(client: pymongo.MongoClient, query):
    while True:
        try:
            return client.queues.stats.find_one_and_update(query, {"$inc": {"marker": 1}})
        except pymongo.errors.AutoReconnect:
            logging.exception("lost the server")
""",
        ),
        Example(
            "test-that-waits-for-its-server",
            """\
import socket
import unittest


class Server(unittest.TestCase):
    def test_answers(self):
        address = self.start_server()
        while True:
            try:
                conn = socket.create_connection(address)
                break
            except ConnectionRefusedError:
                continue
        self.assertEqual(conn.recv(2), b"ok")
""",
        ),
        Example(
            "file-that-is-locked",
            """\
import sqlite3


def open_database(path):
    while True:
        try:
            return sqlite3.connect(path)
        except sqlite3.OperationalError:
            continue
""",
        ),
        Example(
            "broad-handler-around-anything",
            """\
def parse(text, forms):
    for _ in range(3):
        try:
            return forms.parse(text)
        except Exception:
            continue
    raise ValueError(text)
""",
        ),
        Example(
            "answer-that-will-not-change",
            """\
from .errors import NotFoundError


def look_up(client, names):
    for attempt in range(3):
        try:
            return client.request(names)
        except NotFoundError:
            continue
    return None
""",
        ),
        Example(
            "request-of-each-item",
            """\
def crawl(pages, client):
    for number in range(1, pages + 1):
        try:
            client.download(number)
        except Exception:
            continue
""",
        ),
        Example(
            "sleeps-longer-each-time",
            """\
import random
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            if attempt == 4:
                raise
            time.sleep(random.uniform(0, min(30, 2**attempt)))
""",
        ),
        Example(
            "fails-over-to-another-host",
            """\
import socket


def connect(hosts, port):
    for host in hosts:
        try:
            return socket.create_connection((host, port), timeout=5)
        except OSError:
            continue
    raise ConnectionError(f"none of {hosts} can be reached")
""",
        ),
        Example(
            "fails-over-by-index",
            """\
import itertools
import requests

MIRRORS = ["https://a.example", "https://b.example"]


def fetch(path):
    for attempt in itertools.count():
        try:
            return requests.get(MIRRORS[attempt % len(MIRRORS)] + path, timeout=5)
        except requests.ConnectionError:
            pass
""",
        ),
        Example(
            "waits-in-a-helper-of-the-file",
            """\
import time
import redis


class Worker:
    def __init__(self):
        self.client = redis.Redis()
        self.failures = 0

    def _lost(self):
        self.failures += 1
        time.sleep(min(60, 2**self.failures))

    def fetch(self, key):
        while True:
            try:
                return self.client.get(key)
            except redis.ConnectionError:
                self._lost()
""",
        ),
        Example(
            "waits-out-of-sight",
            """\
import requests


def fetch(url, policy):
    while True:
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            if not policy.next_attempt():
                raise
""",
        ),
        Example(
            "waits-at-the-top",
            """\
import socket
import threading


def keep_connected(address, stopped: threading.Event, serve):
    while not stopped.wait(5):
        try:
            with socket.create_connection(address) as sock:
                serve(sock)
        except OSError as error:
            print(error)
""",
        ),
        Example(
            "one-second-attempt",
            """\
import http.client


def request(conn: http.client.HTTPConnection, path):
    for attempt in range(2):
        try:
            conn.request("GET", path)
            return conn.getresponse()
        except ConnectionError:
            conn.close()  # it was kept alive, and the server has closed it
            if attempt:
                raise
""",
        ),
        Example(
            "accepts-the-next-client",
            """\
import socket


def serve(listener: socket.socket, handle):
    while True:
        try:
            conn, address = listener.accept()
        except ConnectionAbortedError:
            continue
        handle(conn, address)
""",
        ),
        Example(
            "works-through-urls",
            """\
import requests


def fetch_all(urls):
    pages = {}
    for url in urls:
        try:
            pages[url] = requests.get(url, timeout=5).text
        except requests.ConnectionError:
            print(f"{url} is down")
    return pages
""",
        ),
        Example(
            "timeout-has-waited",
            """\
import requests


def poll(url):
    while True:
        try:
            return requests.get(url, timeout=60)
        except requests.Timeout:
            continue
""",
        ),
    )


def _waits_by_itself(item: Retried) -> bool:
    """Say whether the next attempt waits until there is a server, whatever the loop does."""
    return bool(item.failing) and all(name.startswith(_SELECTING) for name in item.failing)


def _why(facts: Facts, item: Retried) -> Iterator[str]:
    yield from wording.failures(facts, item)
    row = facts.layout.row(item.handler)
    yield f"from the handler at line {row} control comes back to it, and nothing on the way waits"
