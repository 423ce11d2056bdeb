"""CNL209: nested-retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts import wording
from connlint.facts.nesting import read_nested
from connlint.facts.tree import dotted
from connlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.nesting import Layer, Nested


class NestedRetry(Rule):
    """
    ## What it does

    Reports a retry of something that retries itself: a loop around a loop, a decorator around a function that retries,
    a loop around a client that was made to retry or does so by itself.

    ## Why is this bad

    The attempts multiply, and so do the delays. Google's SRE book counts three layers of four attempts each: one click
    of a user becomes 64 attempts on a database that is already overloaded; with five layers of three, says AWS in its
    Builders' Library, the load grows 243-fold. Nobody chose these numbers: each layer looks harmless by itself.

    ## Example

    ```python
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(4, backoff_factor=0.5)))

    for attempt in range(3):
        try:
            return session.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
    ```

    ## Use instead

    ```python
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(4, backoff_factor=0.5)))

    return session.get(url, timeout=10)
    ```

    ## When this is fine

    Where the inner retry is of something else, or ends with an exception that the outer one does not take: connlint is
    silent there, and where the outer one never ends. A second attempt at once, for a connection that was kept alive and
    is closed by now, is no retry worth speaking of. Some count on the product; the rule is off by default.

    The retries of clients that nobody asked for are those of the versions that the tables were read from: ten in
    redis-py 8 (three in 6, none before), three in urllib3's `PoolManager`, elasticsearch and opensearch-py.

    ## Fix safety

    There is no fix: which of the two retries should go, or how many attempts are left to each, is for the program to
    say. The SRE book's advice is to retry in one layer, the one right above the service that fails.

    ## References

    - [Google SRE book: Addressing Cascading Failures](https://sre.google/sre-book/addressing-cascading-failures/)
    - [AWS Builders' Library: Timeouts, retries, and backoff with jitter](https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)
    - [urllib3: Retry](https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry)
    - [redis-py: Retry helpers](https://redis.readthedocs.io/en/stable/retry.html)
    """

    code = "CNL209"
    name = "nested-retry"
    message = "{outer} retries {call}, which retries itself{product}: retry in one place"
    default = False

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.is_test:
            return
        done: set[cst.CSTNode] = set()
        for nested in read_nested(facts):
            if nested.outer.node not in done:
                done.add(nested.outer.node)
                yield self._finding(facts, nested)

    @staticmethod
    def _finding(facts: Facts, nested: Nested) -> Finding:
        node = nested.outer.node
        until = node.iter if isinstance(node, cst.For) else node.test if isinstance(node, cst.While) else None
        return Finding(
            node,
            until,
            {
                "outer": _layer(facts, nested.outer),
                "call": f"`{wording.called(facts, nested.call)}`",
                "product": _product(nested),
            },
            tuple(_why(facts, nested)),
        )

    bad = (
        Example(
            "adapter-that-retries",
            """\
import time

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

session = requests.Session()
session.mount("https://", HTTPAdapter(max_retries=Retry(4, backoff_factor=0.5)))


def fetch(url):
    for attempt in range(3):
        try:
            return session.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "session-of-the-object",
            """\
import time

import requests
from requests.adapters import HTTPAdapter


class Client:
    def __init__(self):
        session = requests.Session()
        adapter = HTTPAdapter(max_retries=5)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self.session = session

    def fetch(self, url):
        failures = 0
        while failures < 3:
            try:
                return self.session.get(url, timeout=10)
            except requests.exceptions.ConnectionError:
                failures += 1
                time.sleep(2**failures)
        raise RuntimeError(url)
""",
        ),
        Example(
            "session-from-a-function",
            """\
import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.util import Retry


def make_session():
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=1)))
    return session


@tenacity.retry(stop=tenacity.stop_after_attempt(5), wait=tenacity.wait_random_exponential(max=30))
def fetch(url):
    session = make_session()
    return session.get(url, timeout=10)
""",
        ),
        Example(
            "loop-in-a-function-that-the-loop-calls",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)


def ask(address, question):
    for attempt in range(3):
        try:
            with connect(address) as sock:
                sock.sendall(question)
                return sock.recv(4096)
        except OSError:
            if attempt == 2:
                raise
            time.sleep(1)
""",
        ),
        Example(
            "decorator-around-a-loop",
            """\
import time
import urllib.request

import backoff


@backoff.on_exception(backoff.expo, OSError, max_tries=4)
def fetch(url):
    for attempt in range(3):
        try:
            return urllib.request.urlopen(url, timeout=10)
        except OSError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "loop-around-a-decorated-function",
            """\
import time

import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential


@retry(stop=stop_after_attempt(5), wait=wait_random_exponential(max=30), reraise=True)
def download(url):
    return requests.get(url, timeout=10)


def fetch(url):
    for attempt in range(3):
        try:
            return download(url)
        except Exception:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "client-that-retries-by-itself",
            """\
import time

import redis

client = redis.Redis(host="localhost")


def read(key):
    for attempt in range(3):
        try:
            return client.get(key)
        except redis.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "pool-that-retries-by-itself",
            """\
import time

import urllib3

http = urllib3.PoolManager()


def fetch(url, attempts):
    for attempt in range(attempts):
        try:
            return http.request("GET", url, timeout=10)
        except urllib3.exceptions.HTTPError:
            if attempt == attempts - 1:
                raise
            time.sleep(2**attempt)
""",
        ),
    )
    silent = (
        Example(
            "adapter-without-retries",
            """\
import time

import requests
from requests.adapters import HTTPAdapter

session = requests.Session()
session.mount("https://", HTTPAdapter(pool_maxsize=20))


def fetch(url):
    for attempt in range(3):
        try:
            return session.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "another-session",
            """\
import time

import requests
from requests.adapters import HTTPAdapter

patient = requests.Session()
patient.mount("https://", HTTPAdapter(max_retries=5))
session = requests.Session()


def fetch(url):
    for attempt in range(3):
        try:
            return session.get(url, timeout=10)
        except requests.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)


def upload(url, data):
    return patient.post(url, data=data, timeout=60)
""",
        ),
        Example(
            "pool-told-not-to",
            """\
import time

import urllib3

http = urllib3.PoolManager(retries=False)


def fetch(url):
    for attempt in range(5):
        try:
            return http.request("GET", url, timeout=10)
        except urllib3.exceptions.HTTPError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "request-told-not-to",
            """\
import time

import urllib3

http = urllib3.PoolManager()


def fetch(url):
    for attempt in range(5):
        try:
            return http.request("GET", url, retries=0)
        except urllib3.exceptions.HTTPError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "client-of-somebody-else",
            """\
import time

import redis


def read(client: redis.Redis, key):
    for attempt in range(3):
        try:
            return client.get(key)
        except redis.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "client-told-not-to",
            """\
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

client = redis.Redis(host="localhost", retry=Retry(NoBackoff(), 0))


def read(key):
    for attempt in range(3):
        try:
            return client.get(key)
        except redis.ConnectionError:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
""",
        ),
        Example(
            "loop-over-other-hosts",
            """\
import socket
import time


def connect(hosts, port):
    for host in hosts:
        for attempt in range(3):
            try:
                return socket.create_connection((host, port), timeout=5)
            except OSError:
                time.sleep(2**attempt)
    raise ConnectionError(hosts)
""",
        ),
        Example(
            "outer-one-does-not-take-it",
            """\
import time

import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential


@retry(stop=stop_after_attempt(5), wait=wait_random_exponential(max=30))
def download(url):
    return requests.get(url, timeout=10)


def fetch(url):
    for attempt in range(3):
        try:
            return download(url)
        except requests.ConnectionError:
            time.sleep(2**attempt)
    return None
""",
        ),
        Example(
            "two-retries-side-by-side",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)


def resolve(name):
    for attempt in range(3):
        try:
            return socket.getaddrinfo(name, 443)
        except OSError:
            if attempt == 2:
                raise
            time.sleep(1)
""",
        ),
        Example(
            "inner-one-gives-a-default",
            """\
import time
import urllib.request

import backoff


@backoff.on_exception(backoff.expo, OSError, max_tries=4)
def fetch(url):
    for attempt in range(3):
        try:
            return urllib.request.urlopen(url, timeout=10).read()
        except OSError:
            time.sleep(2**attempt)
    return b""
""",
        ),
    )


def _layer(facts: Facts, layer: Layer) -> str:
    node = layer.node
    if isinstance(node, (cst.For, cst.While)):
        return f"the `{'for' if isinstance(node, cst.For) else 'while'}` loop"
    if isinstance(node, cst.Decorator):
        func = node.decorator.func if isinstance(node.decorator, cst.Call) else node.decorator
        return f"`@{dotted(func) or wording.code(facts, func)}`"
    return f"`{wording.code(facts, node)}`"


def _product(nested: Nested) -> str:
    outer, inner = nested.outer.attempts, nested.inner.attempts
    if outer is None or inner is None:
        return ""
    return f" ({outer} x {inner} = {outer * inner} attempts)"


def _why(facts: Facts, nested: Nested) -> Iterator[str]:
    inner = nested.inner
    row = facts.layout.row(inner.node)
    count = f" up to {inner.attempts} times" if inner.attempts is not None else ""
    source = f" ({inner.source})" if inner.source else ""
    yield f"{wording.place(facts, nested.call)} is tried{count} by {_layer(facts, inner)} at line {row}{source}"
    again = f", up to {nested.outer.attempts} times" if nested.outer.attempts is not None else ""
    yield f"{_layer(facts, nested.outer)} at line {facts.layout.row(nested.outer.node)} tries all of that again{again}"
