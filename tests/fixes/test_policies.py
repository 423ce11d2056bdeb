"""Red team: realistic retries of libraries, those that are fine first, and what the repairs make of the others."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix
from connlint.options import Backoff, Options

RULES = ("CNL202", "CNL206", "CNL208")

FINE = [
    'from tenacity import retry, wait_fixed, wait_random, stop_after_attempt\nimport requests\n@retry(wait=wait_fixed(1) + wait_random(0, 2), stop=stop_after_attempt(5))\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'from celery import shared_task\nfrom requests import RequestException\n@shared_task(autoretry_for=(RequestException,), retry_backoff=True)\ndef push(pk):\n    send(pk)\n',
    'from celery import shared_task\nfrom requests import RequestException\n@shared_task(autoretry_for=(RequestException,), default_retry_delay=60)\ndef push(pk):\n    send(pk)\n',
    'from celery import shared_task\nimport requests\n@shared_task(bind=True, default_retry_delay=30)\ndef push(self, pk):\n    try:\n        requests.post(URL, timeout=3)\n    except requests.RequestException as exc:\n        raise self.retry(exc=exc)\n',
    'from celery import shared_task\nimport requests\n@shared_task(bind=True)\ndef push(self, pk):\n    try:\n        requests.post(URL, timeout=3)\n    except requests.RequestException as exc:\n        raise self.retry(exc=exc, countdown=2 ** self.request.retries)\n',
    'from celery import shared_task\n@shared_task(bind=True)\ndef push(self, pk):\n    try:\n        compute(pk)\n    except Locked as exc:\n        raise self.retry(exc=exc, countdown=0)\n',
    'from tenacity import retry, wait_fixed\nimport requests\n@retry(wait=wait_fixed(60), stop=stop)\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'from tenacity import retry, wait_fixed, stop_after_delay\nimport requests\n@retry(wait=wait_fixed(1), stop=stop_after_delay(60))\ndef wait_for_server(url):\n    return requests.get(url, timeout=3)\n',
    'from tenacity import retry, wait_fixed, stop_after_attempt\nimport requests\n@retry(wait=wait_fixed(1), stop=stop_after_attempt(60))\ndef wait_until_ready(url):\n    return requests.get(url, timeout=3)\n',
    'from tenacity import retry, wait_fixed, stop_after_attempt\n@retry(wait=wait_fixed(1), stop=stop_after_attempt(60))\ndef lock(path):\n    return open(path, "x")\n',
    'from tenacity import retry, wait_fixed, stop_after_attempt, retry_if_result\nimport requests\n@retry(wait=wait_fixed(1), stop=stop_after_attempt(60), retry=retry_if_result(lambda x: not x))\ndef poll(path):\n    return requests.get(path, timeout=1).json()["done"]\n',
    'import redis\nr = redis.Redis(retry_on_timeout=True)\n',
    'import redis\nfrom redis.retry import Retry\nfrom redis.backoff import NoBackoff\nr = redis.Redis(retry=Retry(NoBackoff(), 1))\n',
    'import httpx\nc = httpx.Client(transport=httpx.HTTPTransport(retries=5))\n',
    'from botocore.config import Config\nimport boto3\ns3 = boto3.client("s3", config=Config(retries={"max_attempts": 10, "mode": "standard"}))\n',
    'import grpc, json\nc = {"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "10s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}\nch = grpc.insecure_channel(A, options=[("grpc.service_config", json.dumps(c))])\n',
    'from google.api_core import retry\nr = retry.Retry(initial=0.5, maximum=20, multiplier=1.5, timeout=60)\n',
    'import stamina, httpx\n@stamina.retry(on=httpx.HTTPError)\ndef f():\n    return httpx.get(URL)\n',
    'def f(task):\n    task.apply_async(retry=True, retry_policy={"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2})\n',
    'def f(task):\n    task.apply_async(retry=True, retry_policy={"max_retries": 3})\n',
    'def f(conn):\n    conn.ensure_connection(max_retries=3)\n',
    'import kombu\ndef f(conn: kombu.Connection):\n    conn.ensure_connection(errback=on_error, interval_start=1, interval_step=1, interval_max=30)\n',
    'import functools, requests\nfrom tenacity import retry, stop_after_attempt, wait_random_exponential\nagain = functools.partial(retry, stop=stop_after_attempt(5))\n@again(wait=wait_random_exponential())\ndef f():\n    return requests.get(URL, timeout=3)\n',
    'import functools, requests\nfrom tenacity import retry, stop_after_attempt\nagain = functools.partial(retry, stop=stop_after_attempt(5))\n',
    'import requests\nfrom tenacity import retry, stop_after_attempt, wait_exponential\n@retry(stop=stop_after_attempt(3), wait=wait_exponential(multiplier=1, min=4, max=10) + my_jitter)\ndef f():\n    return requests.get(URL, timeout=3)\n',
    'import requests\nfrom tenacity import retry, stop_after_attempt, wait_none, wait_random_exponential\n@retry(stop=stop_after_attempt(5), wait=wait_random_exponential())\ndef f():\n    return requests.get(URL, timeout=3)\ndef g():\n    return f.retry_with(stop=stop_after_attempt(9))()\n',
    'import requests\nfrom tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(5))\ndef f():\n    return requests.get(URL, timeout=3)\nf.retry.wait = my_wait\n',
    'from urllib3.util import Retry\nclass R(Retry):\n    def increment(self, *a, **k): ...\nR(5)\n',
    'from urllib3.util import Retry\nr = Retry.from_int(retries)\ns = Retry.from_int(0)\nt = Retry.from_int(1)\n',
    'from aiohttp_retry import RetryClient, JitterRetry, RandomRetry, ListRetry\na = RetryClient(retry_options=JitterRetry(attempts=5))\nb = RandomRetry(attempts=5)\nc = ListRetry([1, 2, 4, 8])\n',
    'import backoff, requests\n@backoff.on_exception(backoff.runtime, requests.RequestException, value=lambda r: 5)\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'import backoff, requests\n@backoff.on_predicate(backoff.constant, interval=1)\ndef poll(url):\n    return requests.get(url, timeout=3).json()\n',
    'from retrying import retry\nimport requests\n@retry(wait_random_min=1000, wait_random_max=2000, stop_max_attempt_number=5)\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'from retry import retry\nimport requests\n@retry(requests.ConnectionError, tries=5, delay=1, backoff=2, jitter=(0, 1))\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'from retry import retry\nimport requests\n@retry(requests.ConnectionError, tries=2, delay=1)\ndef get(url):\n    return requests.get(url, timeout=3)\n',
    'import requests\nfrom tenacity import retry, stop_after_attempt, wait_fixed\n@retry(stop=stop_after_attempt(5), wait=wait_fixed(1), before_sleep=sleep_more)\ndef f():\n    return requests.get(URL, timeout=3)\n',
    'from tenacity import retry, stop_after_attempt, wait_fixed\nimport settings, requests\n@retry(stop=stop_after_attempt(5), wait=wait_fixed(settings.WAIT))\ndef f():\n    return requests.get(URL, timeout=3)\n',
    'from google.api_core import retry\nfrom google.cloud.exceptions import NotFound\n@retry.Retry(predicate=retry.if_exception_type(NotFound), initial=0)\ndef f(client):\n    return client.get()\n',
]  # fmt: skip

REPORTED = [
    ('CNL206', 'from celery import shared_task\nimport requests\n@shared_task(bind=True, default_retry_delay=0, max_retries=5)\ndef push(self, pk):\n    try:\n        requests.post(URL, json={"pk": pk}, timeout=5)\n    except requests.RequestException as exc:\n        raise self.retry(exc=exc)\n', 'raise self.retry(exc=exc, countdown=celery.utils.time.get_exponential_backoff_interval(1, self.request.retries, 600, full_jitter=True))'),
    ('CNL206', 'from celery import shared_task\nimport requests\n@shared_task(bind=True, max_retries=5)\ndef push(self, pk):\n    try:\n        requests.post(URL, json={"pk": pk}, timeout=5)\n    except requests.RequestException as exc:\n        raise self.retry(exc=exc, countdown=0)\n', 'raise self.retry(exc=exc, countdown=celery.utils.time.get_exponential_backoff_interval(1, self.request.retries, 600, full_jitter=True))'),
    ('CNL206', 'from celery import shared_task\nfrom requests import RequestException\n@shared_task(autoretry_for=(RequestException,), retry_kwargs={"max_retries": 5, "countdown": 0})\ndef push(pk):\n    send(pk)\n', '@shared_task(autoretry_for=(RequestException,), retry_kwargs={"max_retries": 5, "countdown": 0}, retry_backoff=True)'),
    ('CNL202', 'from celery import shared_task\nfrom requests import RequestException\n@shared_task(autoretry_for=(RequestException,), retry_kwargs={"max_retries": 5, "countdown": 5})\ndef push(pk):\n    send(pk)\n', '@shared_task(autoretry_for=(RequestException,), retry_kwargs={"max_retries": 5, "countdown": 5}, retry_backoff=5)'),
    ('CNL202', 'import tenacity, requests\n@tenacity.retry(wait=tenacity.wait_fixed(2), stop=tenacity.stop_after_attempt(5))\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@tenacity.retry(wait=tenacity.wait_random_exponential(multiplier=2, max=30), stop=tenacity.stop_after_attempt(5))'),
    ('CNL202', 'from tenacity import retry, wait_fixed, stop_after_attempt\nimport requests\n@retry(wait=wait_fixed(5), stop=stop_after_attempt(5), reraise=True)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@retry(wait=wait_random_exponential(multiplier=5, max=30), stop=stop_after_attempt(5), reraise=True)'),
    ('CNL202', 'import backoff, requests\n@backoff.on_exception(backoff.constant, requests.RequestException, interval=3, max_tries=6, jitter=None)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@backoff.on_exception(backoff.expo, requests.RequestException, max_value=30, max_tries=6, factor=3)'),
    ('CNL202', 'from retrying import retry\nimport requests\n@retry(wait_fixed=2000, stop_max_attempt_number=7)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@retry(wait_exponential_multiplier=1000, stop_max_attempt_number=7, wait_exponential_max=30000, wait_jitter_max=2000)'),
    ('CNL202', 'from retry import retry\nimport requests\n@retry(requests.ConnectionError, tries=5, delay=2)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@retry(requests.ConnectionError, tries=5, delay=2, max_delay=30, backoff=2, jitter=(0, 2))'),
    ('CNL202', 'import redis\nfrom redis.retry import Retry\nfrom redis.backoff import ConstantBackoff\nr = redis.Redis(retry=Retry(ConstantBackoff(1), 5))\n', 'r = redis.Redis(retry=Retry(redis.backoff.FullJitterBackoff(cap=30, base=0.5), 5))'),
    ('CNL202', 'from kombu import Connection\nimport kombu\ndef f(conn: kombu.Connection):\n    conn.ensure_connection(max_retries=10, interval_start=1, interval_step=0)\n', 'conn.ensure_connection(max_retries=10, interval_start=1, interval_step=1)'),
    ('CNL206', 'import kombu\ndef f(conn: kombu.Connection):\n    conn.ensure_connection(max_retries=10, interval_start=0, interval_step=0)\n', 'conn.ensure_connection(max_retries=10, interval_start=0, interval_step=1)'),
    ('CNL206', 'def f(task):\n    task.apply_async(args=(1,), retry=True, retry_policy={"max_retries": 5, "interval_start": 0, "interval_step": 0, "interval_max": 0})\n', 'task.apply_async(args=(1,), retry=True, retry_policy={"max_retries": 5, "interval_start": 0, "interval_step": 1, "interval_max": 30})'),
    ('CNL206', 'from google.api_core import retry\n@retry.Retry(initial=0, timeout=30)\ndef f(client):\n    return client.get()\n', '@retry.Retry(initial=1, timeout=30)'),
    ('CNL206', 'import stamina, httpx\n@stamina.retry(on=httpx.HTTPError, attempts=5, wait_initial=0, wait_jitter=0)\ndef f():\n    return httpx.get(URL)\n', '@stamina.retry(on=httpx.HTTPError, attempts=5, wait_initial=1, wait_jitter=1)'),
    ('CNL206', 'import functools, requests\nfrom tenacity import retry, stop_after_attempt\nagain = functools.partial(retry, stop=stop_after_attempt(5), reraise=True)\n@again()\ndef f():\n    return requests.get(URL, timeout=3)\n', 'again = functools.partial(retry, stop=stop_after_attempt(5), reraise=True, wait=wait_exponential_jitter(max=30))'),
    ('CNL206', 'import requests\nfrom tenacity import *\n@retry(stop=stop_after_attempt(5), wait=wait_exponential(multiplier=0))\ndef f():\n    return requests.get(URL, timeout=3)\n', None),
    ('CNL206', 'import requests\nfrom tenacity import retry, stop_after_attempt, wait_chain, wait_none\n@retry(stop=stop_after_attempt(5), wait=wait_chain(wait_none(), wait_none()))\ndef f():\n    return requests.get(URL, timeout=3)\n', '@retry(stop=stop_after_attempt(5), wait=wait_exponential_jitter(max=30))'),
    ('CNL206', 'from urllib3.util import Retry\nfrom urllib3 import PoolManager\nhttp = PoolManager(retries=Retry.from_int(5))\n', 'http = PoolManager(retries=Retry(5, backoff_factor=0.5))'),
    ('CNL206', 'from aiohttp_retry import RetryClient, ListRetry\nclient = RetryClient(retry_options=ListRetry([0, 0, 0]))\n', None),
    ('CNL206', 'from aiohttp_retry import RetryClient, ExponentialRetry\nclient = RetryClient(retry_options=ExponentialRetry(attempts=5, start_timeout=0))\n', 'client = RetryClient(retry_options=ExponentialRetry(attempts=5, start_timeout=1))'),
    ('CNL206', 'import requests\nfrom tenacity import retry, stop_after_attempt, wait_none, wait_random_exponential\n@retry(stop=stop_after_attempt(5), wait=wait_random_exponential())\ndef f():\n    return requests.get(URL, timeout=3)\ndef g():\n    return f.retry_with(wait=wait_none(), stop=stop_after_attempt(9))()\n', 'return f.retry_with(wait=wait_exponential_jitter(max=30), stop=stop_after_attempt(9))()'),
    ('CNL208', 'import requests\nfrom tenacity import retry, stop_after_attempt, wait_exponential\n@retry(stop=stop_after_attempt(5), wait=wait_exponential(multiplier=1, max=10))\ndef f():\n    return requests.get(URL, timeout=3)\n', '@retry(stop=stop_after_attempt(5), wait=wait_exponential(multiplier=1, max=10) + wait_random(0, 1))'),
    ('CNL208', 'from aiohttp_retry import RetryClient, ExponentialRetry\nclient = RetryClient(retry_options=ExponentialRetry(attempts=5))\n', 'client = RetryClient(retry_options=JitterRetry(attempts=5))'),
    ('CNL208', 'from urllib3.util import Retry\nr = Retry(total=5, backoff_factor=1, backoff_max=30)\n', 'r = Retry(total=5, backoff_factor=1, backoff_max=30, backoff_jitter=1)'),
    ('CNL208', 'from urllib3.util import Retry\nr = Retry(total=5, backoff_factor=1)\n', None),
    ('CNL208', 'import redis\nfrom redis.retry import Retry\nfrom redis.backoff import ExponentialBackoff\nr = redis.Redis(retry=Retry(ExponentialBackoff(cap=10, base=1), 5))\n', 'r = redis.Redis(retry=Retry(redis.backoff.FullJitterBackoff(cap=10, base=1), 5))'),
    ('CNL208', 'from retry import retry\nimport requests\n@retry(requests.ConnectionError, tries=5, delay=2, backoff=2)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@retry(requests.ConnectionError, tries=5, delay=2, backoff=2, jitter=(0, 1))'),
    ('CNL208', 'import backoff, requests\n@backoff.on_exception(backoff.expo, requests.RequestException, max_tries=6, jitter=None)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@backoff.on_exception(backoff.expo, requests.RequestException, max_tries=6)'),
    ('CNL208', 'from retrying import retry\nimport requests\n@retry(wait_exponential_multiplier=1000, wait_exponential_max=10000, stop_max_attempt_number=7)\ndef get(url):\n    return requests.get(url, timeout=3)\n', '@retry(wait_exponential_multiplier=1000, wait_exponential_max=10000, stop_max_attempt_number=7, wait_jitter_max=1000)'),
    ('CNL202', 'import asyncio, httpx\nfrom tenacity import AsyncRetrying, stop_after_attempt, wait_fixed\nasync def f(client: httpx.AsyncClient):\n    async for attempt in AsyncRetrying(stop=stop_after_attempt(5), wait=wait_fixed(1)):\n        with attempt:\n            return await client.get(URL)\n', 'async for attempt in AsyncRetrying(stop=stop_after_attempt(5), wait=wait_exponential_jitter(max=30)):'),
    ('CNL206', 'import httpx\nfrom tenacity import AsyncRetrying, stop_after_attempt\nasync def f(client: httpx.AsyncClient):\n    async for attempt in AsyncRetrying(stop=stop_after_attempt(5)):\n        with attempt:\n            return await client.get(URL)\n', 'async for attempt in AsyncRetrying(stop=stop_after_attempt(5), wait=wait_exponential_jitter(max=30)):'),
    ('CNL202', 'from google.api_core import retry\nimport requests\nfrom tenacity import Retrying, wait_fixed, stop_after_attempt\nclass A:\n    _retry = Retrying(wait=wait_fixed(2), stop=stop_after_attempt(4))\n    def get(self):\n        return self._retry(requests.get, URL)\n', '_retry = Retrying(wait=wait_random_exponential(multiplier=2, max=30), stop=stop_after_attempt(4))'),
    ('CNL202', 'import requests\nfrom retrying import retry\ndef down(e): return isinstance(e, requests.ConnectionError)\n@retry(retry_on_exception=down, wait_fixed=1000, stop_max_attempt_number=5)\ndef f():\n    return requests.get(URL)\n', '@retry(retry_on_exception=down, wait_exponential_multiplier=500, stop_max_attempt_number=5, wait_exponential_max=30000, wait_jitter_max=1000)'),
]  # fmt: skip


@pytest.mark.parametrize("code", FINE)
def test_it_is_fine(code: str) -> None:
    assert check(code.encode(), "client.py", Selection(select=RULES)).diagnostics == ()


@pytest.mark.parametrize(("rule", "code", "line"), REPORTED)
def test_it_is_reported_and_repaired(rule: str, code: str, line: str | None) -> None:
    found = check(code.encode(), "client.py", Selection(select=RULES)).diagnostics
    assert {each.code for each in found} == {rule}
    done = fix(code.encode(), "client.py", Selection(select=(rule,)), unsafe=True)
    assert done.dropped == ()
    if line is None:
        assert done.data.decode() == code
    else:
        assert line in [each.strip() for each in done.data.decode().splitlines()]
        assert done.checked.diagnostics == ()


EAGER = Options(backoff=Backoff(base=0.2, cap=10, jitter=False))
URL = "def get(url):\n    return requests.get(url, timeout=3)\n"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (f"import requests, tenacity\n@tenacity.retry\n{URL}", "@tenacity.retry(wait=tenacity.wait_exponential(multiplier=0.2, max=10))"),
        (f"import requests\nfrom retry import retry\n@retry(OSError, 5)\n{URL}", "@retry(OSError, 5, delay=0.2, max_delay=10, backoff=2)"),
        (f"import requests\nfrom retrying import retry\n@retry\n{URL}", "@retry(wait_exponential_multiplier=100, wait_exponential_max=10000)"),
        ("import urllib3\nr = urllib3.Retry(5)\n", "r = urllib3.Retry(5, backoff_factor=0.1)"),
        ("import urllib3\nr = urllib3.Retry(5, retry_after_max=9)\n", "r = urllib3.Retry(5, retry_after_max=9, backoff_factor=0.1, backoff_max=10)"),
        ("import redis\nr = redis.retry.Retry(redis.backoff.NoBackoff(), 5)\n", "r = redis.retry.Retry(redis.backoff.ExponentialBackoff(cap=10, base=0.1), 5)"),
        ("@app.task(autoretry_for=(ConnectionError,), default_retry_delay=0)\ndef f(): ...\n", "@app.task(autoretry_for=(ConnectionError,), default_retry_delay=0, retry_backoff=True, retry_backoff_max=10, retry_jitter=False)"),
    ],
)  # fmt: skip
def test_the_repair_is_what_the_project_wants(code: str, line: str) -> None:
    done = fix(code.encode(), "client.py", Selection(select=("CNL206",), options=EAGER), unsafe=True)
    assert line in done.data.decode().splitlines()


@pytest.mark.parametrize("rule", ["CNL202", "CNL208"])
def test_a_test_may_wait_as_it_likes(rule: str) -> None:
    code = (
        f"import pytest, requests, tenacity\n@tenacity.retry(wait=tenacity.wait_fixed(1))\n{URL}def test_it(): get(1)\n"
    )
    assert check(code.encode(), "test_it.py", Selection(select=(rule,))).diagnostics == ()
