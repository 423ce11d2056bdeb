"""CNL206: retry-policy-without-backoff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts.policies import bound, retries_often, said, sets_wait, subject
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import RetryPolicy

# What to do, by the row: the placeholders are seconds, but for {retries}.
_REMEDIES = {
    "aiohttp_retry.ExponentialRetry": "let it wait before the first retry (`start_timeout={base}`)",
    "aiohttp_retry.FibonacciRetry": "let the wait grow (`multiplier={base}`)",
    "aiohttp_retry.ListRetry": "list waits that grow (`timeouts=[{base}, ...]`)",
    "aiohttp_retry.RandomRetry": "use `JitterRetry`, whose wait grows",
    "backoff.on_exception": "let the wait grow (`backoff.expo`)",
    "celery.Task": "let the wait grow (`retry_backoff=True`)",
    "celery.Task.retry": "give `countdown` a time that grows",
    "google.api_core.retry.Retry": "let it wait, longer each time (`initial={base}`)",
    "kombu.retry_policy": "let the wait grow (`interval_step={base}`)",
    "redis.retry.Retry": "let the wait grow (`FullJitterBackoff(cap={cap}, base={half})`)",
    "requests.adapters.HTTPAdapter": "pass a policy that waits (`Retry(total={retries}, backoff_factor={half})`)",
    "retry.retry": "let it wait, longer each time (`delay={base}, backoff=2, max_delay={cap}, jitter=(0, {base})`)",
    "retrying.retry": "let the wait grow (`wait_exponential_multiplier`, `wait_exponential_max`)",
    "stamina.retry": "let it wait, longer each time (`wait_initial={base}, wait_max={cap}`)",
    "tenacity.retry": "let the wait grow (`wait=wait_exponential_jitter(max={cap})`)",
    "urllib3.Retry": "let the wait grow (`backoff_factor={half}`)",
}
_REMEDY = "let the wait grow"
# Those that are of one kind with another row
_LIKE = {
    "retry.retry_call": "retry.retry",
    "stamina.retry_context": "stamina.retry",
    "urllib3.Retry.from_int": "urllib3.Retry",
}


class RetryPolicyWithoutBackoff(Rule):
    """
    ## What it does

    Reports a library's retry of network operations that is configured without a wait: decorators and objects of
    tenacity (also `functools.partial` and `.retry_with`), retrying, retry, backoff, stamina and google.api_core,
    urllib3's `Retry`, the `max_retries` of a requests `HTTPAdapter`, redis' `Retry` with `NoBackoff`, the options of
    aiohttp_retry, celery's `autoretry_for` and `self.retry` with a delay of 0, kombu's `retry_policy`.

    ## Why is this bad

    Several of these libraries wait only if they are told to. `Retry(total=5)` sends all five retries within
    milliseconds, a bare `@retry` of tenacity goes on without a pause and without an end. A server that restarts is
    still away when the last attempt fails, and one that is overloaded gets a multiple of its load from just the
    clients that it could not serve.

    ## Example

    ```python
    from tenacity import retry, stop_after_attempt


    @retry(stop=stop_after_attempt(5))
    def fetch(url):
        return requests.get(url, timeout=5)
    ```

    ## Use instead

    ```python
    from tenacity import retry, stop_after_attempt, wait_exponential_jitter


    @retry(stop=stop_after_attempt(5), wait=wait_exponential_jitter(max=30))
    def fetch(url):
        return requests.get(url, timeout=5)
    ```

    ## When this is fine

    A single retry at once is an accepted way to replace a kept-alive connection that the peer has closed; urllib3
    does not wait before the first retry whatever it is told. Retries of what is no network operation (optimistic
    locking, a resource that is busy) have other needs. connlint is silent where the exceptions retried are others,
    where arguments are hidden in `**kwargs` or come from elsewhere (a parameter counts as its default), where a
    callback between the attempts or the function itself may wait, and where a test switches the wait off.

    ## Fix safety

    The fix sets the library's own argument, and is unsafe: the program takes longer to fail. It follows `backoff-base`,
    `backoff-cap` and `backoff-jitter` as far as the library has arguments for them. For tenacity it adds
    `wait_exponential_jitter` (tenacity 8.1 or later) to the import. urllib3 waits for at most 120 seconds and without
    jitter: only where an argument of urllib3 2 is given anyhow does the fix set those of the same version. Celery's
    waits end at its own 600 seconds unless the project has set another cap. There is no fix for lists of waits, nor
    where the name that is needed cannot be imported.

    ## References

    - [urllib3: Retry](https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry)
    - [requests: Transport Adapters](https://requests.readthedocs.io/en/latest/user/advanced/#transport-adapters)
    - [tenacity: Waiting before retrying](https://tenacity.readthedocs.io/en/latest/#waiting-before-retrying)
    - [tenacity#414](https://github.com/jd/tenacity/issues/414), [urllib3#3677](https://github.com/urllib3/urllib3/issues/3677)
    - [AWS: Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
    """

    code = "CNL206"
    name = "retry-policy-without-backoff"
    message = "{policy} retries{subject} with no wait in between: {remedy}"
    fixable = "sometimes"
    reveals = frozenset({"CNL208"})  # not every library, nor every version, spreads the wait that is written
    bad = (
        Example(
            "tenacity-without-arguments",
            """\
import requests
from tenacity import retry


@retry
def fetch(url):
    return requests.get(url, timeout=5).json()
""",
            """\
import requests
from tenacity import retry, wait_exponential_jitter


@retry(wait=wait_exponential_jitter(max=30))
def fetch(url):
    return requests.get(url, timeout=5).json()
""",
        ),
        Example(
            "tenacity-attempts-only",
            """\
import tenacity
from aiohttp import ClientError


class Client:
    @tenacity.retry(
        stop=tenacity.stop_after_attempt(5),
        retry=tenacity.retry_if_exception_type(ClientError),  # the gateway restarts at night
    )
    async def load(self, path):
        async with self.session.get(f"{self.base}/{path}") as response:
            return await response.json()
""",
            """\
import tenacity
from aiohttp import ClientError


class Client:
    @tenacity.retry(
        stop=tenacity.stop_after_attempt(5),
        retry=tenacity.retry_if_exception_type(ClientError),  # the gateway restarts at night
        wait=tenacity.wait_exponential_jitter(max=30),
    )
    async def load(self, path):
        async with self.session.get(f"{self.base}/{path}") as response:
            return await response.json()
""",
        ),
        Example(
            "tenacity-loop",
            """\
import socket

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
)


def wait_until_up(address):
    for attempt in Retrying(
        stop=stop_after_delay(60), retry=retry_if_exception_type(ConnectionRefusedError)
    ):
        with attempt:
            socket.create_connection(address, timeout=1).close()
""",
            """\
import socket

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)


def wait_until_up(address):
    for attempt in Retrying(
        stop=stop_after_delay(60), retry=retry_if_exception_type(ConnectionRefusedError),
        wait=wait_exponential_jitter(max=30)
    ):
        with attempt:
            socket.create_connection(address, timeout=1).close()
""",
        ),
        Example(
            "tenacity-wait-of-zero",
            """\
import httpx
from tenacity import retry, stop_after_attempt, wait_fixed


@retry(wait=wait_fixed(0), stop=stop_after_attempt(4))
def ping(client: httpx.Client):
    client.get("/health").raise_for_status()
""",
            """\
import httpx
from tenacity import retry, stop_after_attempt, wait_exponential_jitter


@retry(wait=wait_exponential_jitter(max=30), stop=stop_after_attempt(4))
def ping(client: httpx.Client):
    client.get("/health").raise_for_status()
""",
        ),
        Example(
            "urllib3-retry",
            """\
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def make_session():
    session = requests.Session()
    retries = Retry(
        total=5,
        status_forcelist=[502, 503, 504],
        allowed_methods={"GET", "HEAD"},
    )
    session.mount("https://", HTTPAdapter(max_retries=retries))
    return session
""",
            """\
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def make_session():
    session = requests.Session()
    retries = Retry(
        total=5,
        status_forcelist=[502, 503, 504],
        allowed_methods={"GET", "HEAD"},
        backoff_factor=0.5,
    )
    session.mount("https://", HTTPAdapter(max_retries=retries))
    return session
""",
        ),
        Example(
            "urllib3-retries-by-default",
            """\
import requests
from requests.adapters import HTTPAdapter
from requests.packages.urllib3.util.retry import Retry


def retrying_session(retries=3, session=None):
    session = session or requests.Session()
    retry = Retry(total=retries, read=retries, connect=retries)
    session.mount("https://", HTTPAdapter(max_retries=retry))
    return session
""",
            """\
import requests
from requests.adapters import HTTPAdapter
from requests.packages.urllib3.util.retry import Retry


def retrying_session(retries=3, session=None):
    session = session or requests.Session()
    retry = Retry(total=retries, read=retries, connect=retries, backoff_factor=0.5)
    session.mount("https://", HTTPAdapter(max_retries=retry))
    return session
""",
        ),
        Example(
            "urllib3-factor-of-zero",
            """\
import urllib3

http = urllib3.PoolManager(retries=urllib3.Retry(connect=3, read=False, backoff_factor=0))
""",
            """\
import urllib3

http = urllib3.PoolManager(retries=urllib3.Retry(connect=3, read=False, backoff_factor=0.5))
""",
        ),
        Example(
            "adapter-with-a-number",
            """\
import requests
from requests.adapters import HTTPAdapter

session = requests.Session()
session.mount("https://", HTTPAdapter(max_retries=3))
""",
            """\
import requests
from requests.adapters import HTTPAdapter, Retry

session = requests.Session()
session.mount("https://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=0.5)))
""",
        ),
        Example(
            "adapter-with-a-constant",
            """\
import requests

RETRIES = 5


class Api:
    def __init__(self):
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(max_retries=RETRIES)
        self.session.mount("https://api.example.com", adapter)
""",
            """\
import requests

RETRIES = 5


class Api:
    def __init__(self):
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(max_retries=requests.adapters.Retry(total=RETRIES, backoff_factor=0.5))
        self.session.mount("https://api.example.com", adapter)
""",
        ),
        Example(
            "retrying-attempts-only",
            """\
import requests
from retrying import retry


class Spider:
    @retry(stop_max_attempt_number=3)
    def _load(self, url):
        response = requests.get(url, headers=self.headers, timeout=3)
        assert response.status_code == 200
        return response
""",
            """\
import requests
from retrying import retry


class Spider:
    @retry(stop_max_attempt_number=3, wait_exponential_multiplier=500, wait_exponential_max=30000, wait_jitter_max=1000)
    def _load(self, url):
        response = requests.get(url, headers=self.headers, timeout=3)
        assert response.status_code == 200
        return response
""",
        ),
        Example(
            "retry-package",
            """\
from retry import retry


@retry(ConnectionError, tries=10)
def register(broker, name):
    broker.register(name)
""",
            """\
from retry import retry


@retry(ConnectionError, tries=10, delay=1, max_delay=30, backoff=2, jitter=(0, 1))
def register(broker, name):
    broker.register(name)
""",
        ),
        Example(
            "backoff-constant-of-zero",
            """\
import backoff
import requests


@backoff.on_exception(backoff.constant, requests.exceptions.ConnectionError, max_tries=8, interval=0)
def submit(job):
    return requests.post(URL, json=job, timeout=10)
""",
            """\
import backoff
import requests


@backoff.on_exception(backoff.expo, requests.exceptions.ConnectionError, max_tries=8, max_value=30)
def submit(job):
    return requests.post(URL, json=job, timeout=10)
""",
        ),
        Example(
            "varied-with-no-wait",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_none, wait_random_exponential


@retry(stop=stop_after_attempt(3), wait=wait_random_exponential(max=30))
def fetch(url):
    return requests.get(url, timeout=5)


def fetch_now(url):
    return fetch.retry_with(stop=stop_after_attempt(8), wait=wait_none())(url)
""",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential, wait_exponential_jitter


@retry(stop=stop_after_attempt(3), wait=wait_random_exponential(max=30))
def fetch(url):
    return requests.get(url, timeout=5)


def fetch_now(url):
    return fetch.retry_with(stop=stop_after_attempt(8), wait=wait_exponential_jitter(max=30))(url)
""",
        ),
        Example(
            "publish-without-a-wait",
            """\
def enqueue(task, pk):
    task.apply_async(
        args=(pk,),
        retry=True,
        retry_policy={"max_retries": 5, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    )
""",
            """\
def enqueue(task, pk):
    task.apply_async(
        args=(pk,),
        retry=True,
        retry_policy={"max_retries": 5, "interval_start": 0, "interval_step": 1, "interval_max": 30},
    )
""",
        ),
        Example(
            "celery-countdown-of-zero",
            """\
import requests
from celery import shared_task
from celery.utils.time import get_exponential_backoff_interval


@shared_task(bind=True, max_retries=8)
def sync(self, pk):
    try:
        requests.post(URL, json={"pk": pk}, timeout=5)
    except requests.ConnectionError:
        raise self.retry(countdown=0)
""",
            """\
import requests
from celery import shared_task
from celery.utils.time import get_exponential_backoff_interval


@shared_task(bind=True, max_retries=8)
def sync(self, pk):
    try:
        requests.post(URL, json={"pk": pk}, timeout=5)
    except requests.ConnectionError:
        raise self.retry(countdown=get_exponential_backoff_interval(1, self.request.retries, 600, full_jitter=True))
""",
        ),
        Example(
            "celery-delay-of-zero",
            """\
from celery import shared_task
from requests.exceptions import RequestException

from .api import push


@shared_task(autoretry_for=(RequestException,), max_retries=8, default_retry_delay=0)
def sync(pk):
    push(pk)
""",
            """\
from celery import shared_task
from requests.exceptions import RequestException

from .api import push


@shared_task(autoretry_for=(RequestException,), max_retries=8, default_retry_delay=0, retry_backoff=True)
def sync(pk):
    push(pk)
""",
        ),
        Example(
            "redis-without-backoff",
            """\
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

pool = redis.Redis(host="cache", retry=Retry(NoBackoff(), 5))
""",
            """\
import redis
from redis.retry import Retry

pool = redis.Redis(host="cache", retry=Retry(redis.backoff.FullJitterBackoff(cap=30, base=0.5), 5))
""",
        ),
    )
    silent = (
        Example(
            "next-proxy-each-time",
            """\
import requests
from retrying import retry


class Source:
    @retry(stop_max_attempt_number=3)
    def load(self, url):
        try:
            return requests.get(url, proxies=self.proxy, timeout=10)
        except requests.RequestException:
            self.proxy = self.proxies.pop()
            raise
""",
        ),
        Example(
            "test-of-a-policy",
            """\
import unittest

from urllib3.util.retry import Retry

from .client import attempts_of


class Attempts(unittest.TestCase):
    def test_total(self):
        self.assertEqual(attempts_of(Retry(total=5)), 6)
""",
        ),
        Example(
            "tenacity-waits",
            """\
import requests
from tenacity import retry, stop_after_attempt, wait_random_exponential


@retry(wait=wait_random_exponential(max=30), stop=stop_after_attempt(5))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "tenacity-waits-by-a-variable",
            """\
import requests
from tenacity import retry, stop_after_attempt

from .settings import WAIT


@retry(wait=WAIT, stop=stop_after_attempt(5))
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "other-exceptions",
            """\
import requests
from tenacity import retry, retry_if_exception_type, stop_after_attempt


@retry(retry=retry_if_exception_type((ValueError, AssertionError)), stop=stop_after_attempt(3))
def parse(url):
    return requests.get(url, timeout=5).json()["items"]
""",
        ),
        Example(
            "optimistic-locking",
            """\
import tenacity
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((StaleDataError, IntegrityError)),
    stop=tenacity.stop_after_attempt(10),
    reraise=True,
)
def reserve(session, seat):
    session.query(Seat).filter_by(id=seat).one().taken = True
    session.commit()
""",
        ),
        Example(
            "no-network",
            """\
import random

from tenacity import retry


@retry
def pick(numbers):
    found = random.choice(numbers)
    if found < 3:
        raise ValueError(found)
    return found
""",
        ),
        Example(
            "retries-on-a-result",
            """\
import requests
from tenacity import retry, retry_if_result, stop_after_attempt


@retry(retry=retry_if_result(lambda found: found is None), stop=stop_after_attempt(3))
def lookup(name):
    return requests.get(URL, params={"name": name}, timeout=5).json().get("id")
""",
        ),
        Example(
            "callback-sleeps",
            """\
import time

import requests
from tenacity import retry, stop_after_attempt


def pause(state):
    time.sleep(2**state.attempt_number)


@retry(stop=stop_after_attempt(5), after=pause)
def fetch(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "function-sleeps",
            """\
import time

import requests
from tenacity import retry, stop_after_attempt


@retry(stop=stop_after_attempt(5))
def fetch(url):
    time.sleep(DELAY)  # no more than one request a second
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "wait-switched-off-by-a-test",
            """\
import pytest
import requests
from tenacity import Retrying, stop_after_attempt, wait_none


def test_gives_up(server):
    policy = Retrying(stop=stop_after_attempt(3), wait=wait_none())
    with pytest.raises(Exception):
        policy(requests.get, server.url)
""",
        ),
        Example(
            "one-more-attempt",
            """\
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=1))
session.mount("https://", HTTPAdapter(max_retries=Retry(connect=1, read=0)))
""",
        ),
        Example(
            "urllib3-backs-off",
            """\
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

retries = Retry(total=5, backoff_factor=1, status_forcelist=[429, 500, 502, 503, 504])
adapter = HTTPAdapter(max_retries=retries)
""",
        ),
        Example(
            "switched-off",
            """\
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import Retry

never = Retry(0)
none = Retry(False)
status = Retry(total=0, status_forcelist=[503])
adapter = HTTPAdapter(pool_maxsize=20, max_retries=0)
http = urllib3.PoolManager(retries=Retry(connect=0, read=0, redirect=5))
""",
        ),
        Example(
            "parses-a-header",
            """\
from urllib3.util.retry import Retry


def seconds_to_wait(response):
    return Retry().parse_retry_after(response.headers["Retry-After"])
""",
        ),
        Example(
            "own-class",
            """\
class Retry(Exception):
    def __init__(self, operation, reason):
        self.operation = operation


def claim(name):
    raise Retry(5, reason=name)
""",
        ),
        Example(
            "hidden-arguments",
            """\
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def make_session(retries=3, **options):
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(retries, **options)))
    session.mount("http://", HTTPAdapter(max_retries=retries))
    return session
""",
        ),
        Example(
            "factor-set-later",
            """\
from urllib3.util.retry import Retry


def policy(factor):
    retries = Retry(total=5)
    retries.backoff_factor = factor
    return retries
""",
        ),
        Example(
            "subclass-with-its-own-backoff",
            """\
from urllib3.util.retry import Retry


class Patient(Retry):
    def get_backoff_time(self):
        return 5


policy = Patient(total=5)
""",
        ),
        Example(
            "retrying-waits",
            """\
import requests
from retrying import retry


@retry(stop_max_attempt_number=3, wait_fixed=2000)
def call(url):
    return requests.get(url, timeout=3).json()
""",
        ),
        Example(
            "backoff-waits",
            """\
import backoff
import requests


@backoff.on_exception(backoff.expo, requests.exceptions.RequestException, max_time=60)
def get(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "callback-of-backoff-sleeps",
            """\
import time

import backoff
import requests


def pause(details):
    time.sleep(retry_after(details["exception"]))


@backoff.on_exception(backoff.constant, requests.exceptions.ConnectionError, interval=0, on_backoff=pause)
def get(url):
    return requests.get(url, timeout=5)
""",
        ),
        Example(
            "celery-waits-by-default",
            """\
from celery import shared_task
from requests.exceptions import RequestException

from .api import push


@shared_task(autoretry_for=(RequestException,), max_retries=8)
def sync(pk):
    push(pk)
""",
        ),
        Example(
            "retries-of-clients-that-wait-anyway",
            """\
import boto3
import httpx
import stamina
from botocore.config import Config

s3 = boto3.client("s3", config=Config(retries={"max_attempts": 10, "mode": "standard"}))
client = httpx.Client(transport=httpx.HTTPTransport(retries=5))


@stamina.retry(on=httpx.TransportError, attempts=5)
def fetch(url):
    return client.get(url)
""",
        ),
        Example(
            "retry-of-the-project",
            """\
import requests

from .utils import retry


@retry(times=5)
def get(url):
    return requests.get(url, timeout=5)
""",
        ),
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        for policy in facts.policies:
            if policy.delay != "none" or not policy.network or not retries_often(policy):
                continue
            # A test checks what a policy does, or switches its wait off to be fast
            if facts.is_test and (not isinstance(policy.node, cst.Decorator) or sets_wait(policy)):
                continue
            yield Finding(policy.node, None, _arguments(facts, policy), _why(policy), _fix(facts, policy))


def _arguments(facts: Facts, policy: RetryPolicy) -> dict[str, str]:
    return {"policy": said(facts, policy), "subject": subject(policy), "remedy": _remedy(facts, policy)}


def _remedy(facts: Facts, policy: RetryPolicy) -> str:
    base, cap, _ = fixes.policies.wanted(facts, policy)
    row = policy.row
    name = _LIKE.get(row.name, row.name)
    if row.library in {"google.api_core", "kombu", "tenacity"}:
        name = {
            "google.api_core": "google.api_core.retry.Retry",
            "kombu": "kombu.retry_policy",
            "tenacity": "tenacity.retry",
        }[row.library]
    retries = "" if policy.attempts is None else str(policy.attempts - 1)
    text = _REMEDIES.get(name, _REMEDY)
    return text.format(
        base=fixes.policies.number(base),
        half=fixes.policies.number(base / 2),
        cap=fixes.policies.number(cap),
        retries=retries,
    )


def _why(policy: RetryPolicy) -> tuple[str, ...]:
    return (policy.why, f"{bound(policy)}, and waits 0 seconds between them ({policy.row.source})")


def _fix(facts: Facts, policy: RetryPolicy) -> Fix | None:
    rewrite = fixes.policies.growing(facts, policy)
    return (
        Fix("unsafe", "Wait between the attempts, longer each time", lambda: rewrite) if rewrite is not None else None
    )
