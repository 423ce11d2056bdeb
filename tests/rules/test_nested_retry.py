"""CNL209: which retries surely hold another one, and how many attempts that makes. The silent ones come first."""

from __future__ import annotations

import inspect

import elastic_transport
import opensearchpy
import pytest
import redis
import urllib3

from connlint.engine import Selection, check
from connlint.knowledge.retries import CLIENTS

IMPORTS = """\
import asyncio, random, socket, time, urllib.request
import backoff, redis, requests, stamina, tenacity, urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry
"""

LOOP = """
    for attempt in range(3):
        try:
            return {call}
        except {caught}:
            if attempt == 2:
                raise
            time.sleep(2**attempt)
"""

SILENT = {
    "plain-session": "s = requests.Session()\ndef f(u):"
    + LOOP.format(call="s.get(u)", caught="requests.ConnectionError"),
    "adapter-of-another-object": """
class A:
    def __init__(self):
        self.s = requests.Session()
        self.s.mount('https://', HTTPAdapter(max_retries=3))
class B:
    def __init__(self):
        self.s = requests.Session()
    def f(self, u):
        for attempt in range(3):
            try:
                return self.s.get(u)
            except requests.ConnectionError:
                time.sleep(1)
        return None
""",
    "retries-of-one-attempt": "s = requests.Session()\ns.mount('http://', HTTPAdapter(max_retries=0))\ndef f(u):"
    + LOOP.format(call="s.get(u)", caught="requests.ConnectionError"),
    "session-made-elsewhere": "def f(s: requests.Session, u):"
    + LOOP.format(call="s.get(u)", caught="requests.ConnectionError"),
    "policy-that-only-counts-answers": "def f(u):"
    + LOOP.format(call="requests.get(u)", caught="requests.ConnectionError"),
    "loop-without-an-end": """
r = redis.Redis()
def f(k):
    while True:
        try:
            return r.get(k)
        except redis.ConnectionError:
            time.sleep(1)
""",
    "client-with-a-pool-of-its-own": "r = redis.Redis(connection_pool=POOL)\ndef f(k):"
    + LOOP.format(call="r.get(k)", caught="redis.ConnectionError"),
    "client-with-hidden-arguments": "r = redis.Redis(**OPTIONS)\ndef f(k):"
    + LOOP.format(call="r.get(k)", caught="redis.ConnectionError"),
    "request-told-not-to": "h = urllib3.PoolManager()\ndef f(u):"
    + LOOP.format(call="h.request('GET', u, retries=False)", caught="urllib3.exceptions.HTTPError"),
    "function-that-retries-is-called-after-the-loop": """
@tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1))
def g(u):
    return requests.get(u)
def f(u):
    for attempt in range(3):
        try:
            socket.create_connection(u).close()
            break
        except OSError:
            time.sleep(1)
    return g(u)
""",
    "inner-one-raises-something-else": """
def g(a):
    for attempt in range(4):
        try:
            return socket.create_connection(a)
        except OSError:
            time.sleep(1)
    raise RuntimeError(a)
def f(a):
    for attempt in range(3):
        try:
            return g(a)
        except OSError:
            time.sleep(1)
    return None
""",
    "inner-one-raises-only-the-other-failures": """
import errno
def g(a):
    for attempt in range(4):
        try:
            return socket.create_connection(a)
        except OSError as e:
            if e.errno != errno.ECONNREFUSED:
                raise
            time.sleep(1)
    raise RuntimeError(a)
@backoff.on_exception(backoff.expo, OSError, max_tries=4)
def f(a):
    return g(a)
""",
    "second-attempt-at-once": """
def g(c, q):
    for attempt in range(2):
        try:
            return c.request('GET', q)
        except ConnectionError:
            if attempt:
                raise
""",
    "coroutine-that-is-not-awaited": """
@tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1), reraise=True)
async def g(u):
    await asyncio.open_connection(u, 80)
def f(u):
    for attempt in range(3):
        try:
            socket.create_connection((u, 80)).close()
            return g(u)
        except Exception:
            time.sleep(1)
    return None
""",
}

BAD = {
    "adapter-by-a-number": (
        "s = requests.Session()\ns.mount('http://', HTTPAdapter(max_retries=2))\ndef f(u):"
        + LOOP.format(call="s.get(u)", caught="requests.ConnectionError"),
        "3 x 3 = 9",
    ),
    "adapter-by-a-name": (
        "N = 5\npolicy = Retry(total=N, backoff_factor=1)\na = HTTPAdapter(max_retries=policy)\ns = requests.Session()\n"
        "s.mount('http://', a)\ndef f(u):" + LOOP.format(call="s.get(u)", caught="requests.RequestException"),
        "3 x 6 = 18",
    ),
    "adapter-on-an-attribute": (
        """
class A:
    def __init__(self):
        self.s = requests.Session()
        self.s.mount('https://', HTTPAdapter(max_retries=3))
    def f(self, u):
        tries = 0
        while tries < 5:
            try:
                return self.s.post(u)
            except requests.ConnectionError:
                tries += 1
                time.sleep(tries)
        raise RuntimeError(u)
""",
        "5 x 4 = 20",
    ),
    "session-through-a-method": (
        """
class A:
    def __init__(self):
        self.s = requests.Session()
        self.s.mount('https://', HTTPAdapter(max_retries=3))
    def get(self, u):
        return self.s.get(u)
    @backoff.on_exception(backoff.expo, requests.ConnectionError, max_tries=4)
    def f(self, u):
        return self.get(u)
""",
        "4 x 4 = 16",
    ),
    "decorators-around-each-other": (
        """
@backoff.on_exception(backoff.expo, requests.ConnectionError, max_tries=4)
def g(u):
    return requests.get(u)
@backoff.on_exception(backoff.expo, requests.ConnectionError, max_tries=3)
def f(u):
    return g(u)
""",
        "3 x 4 = 12",
    ),
    "loop-in-a-loop": (
        """
def f(a):
    for round in range(2, 5):
        try:
            for attempt in range(4):
                try:
                    return socket.create_connection(a)
                except OSError:
                    if attempt == 3:
                        raise
                    time.sleep(1)
        except OSError:
            time.sleep(30)
    return None
""",
        "3 x 4 = 12",
    ),
    "client-by-default": (
        "r = redis.Redis()\ndef f(k):" + LOOP.format(call="r.get(k)", caught="redis.ConnectionError"),
        "3 x 11 = 33",
    ),
    "client-as-it-is-told": (
        "from redis.retry import Retry as R\nfrom redis.backoff import ExponentialBackoff\n"
        "r = redis.Redis(retry=R(ExponentialBackoff(), 6))\ndef f(k):"
        + LOOP.format(call="r.get(k)", caught="redis.ConnectionError"),
        "3 x 7 = 21",
    ),
    "request-as-it-is-told": (
        "h = urllib3.PoolManager()\ndef f(u):"
        + LOOP.format(call="h.request('GET', u, retries=7)", caught="urllib3.exceptions.HTTPError"),
        "3 x 8 = 24",
    ),
}


def found(code: str) -> list[str]:
    checked = check((IMPORTS + code).encode(), "example.py", Selection(select=("CNL209",)))
    assert checked.problems == ()
    return [item.message for item in checked.diagnostics]


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT.keys())
def test_silent(code: str) -> None:
    assert found(code) == []


@pytest.mark.parametrize(("code", "product"), BAD.values(), ids=BAD.keys())
def test_attempts_multiply(code: str, product: str) -> None:
    (message,) = found(code)
    assert f"({product} attempts)" in message


def test_clients_retry_as_the_table_says() -> None:
    made = {
        "elasticsearch": inspect.signature(elastic_transport.Transport.__init__).parameters["max_retries"].default,
        "opensearchpy": inspect.signature(opensearchpy.Transport.__init__).parameters["max_retries"].default,
        "redis": redis.Redis().get_connection_kwargs()["retry"].get_retries(),
        "urllib3": urllib3.Retry.DEFAULT.total,
    }
    assert {name: row.default for name, row in CLIENTS.items()} == {
        name: made[name.partition(".")[0]] for name in CLIENTS
    }
