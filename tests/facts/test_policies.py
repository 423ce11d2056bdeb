"""How a file configures the retries of libraries: the silent and doubtful cases first."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from connlint import facts

if TYPE_CHECKING:
    from connlint.facts.model import RetryPolicy


def policies(code: str) -> list[RetryPolicy]:
    return list(facts.read(cst.parse_module(dedent(code))).policies)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from .utils import retry\n@retry\ndef f(): ...\n", id="retry-of-the-project"),
        pytest.param("from retry import retry\n@retry(times=5)\ndef f(): ...\n", id="arguments-of-another-retry"),
        pytest.param("from urllib3 import Retry\nRetry(*args)\n", id="star"),
        pytest.param("from urllib3 import Retry\nRetry(5, **options)\n", id="double-star"),
        pytest.param("class Retry: ...\nRetry(5)\n", id="own-class"),
        pytest.param("from urllib3 import Retry\nclass Mine(Retry): ...\nMine(5)\n", id="subclass"),
        pytest.param("try:\n    from urllib3 import Retry\nexcept ImportError:\n    from mine import Retry\nRetry(5)\n", id="one-of-two"),
        pytest.param("from requests.adapters import HTTPAdapter\nHTTPAdapter()\n", id="adapter-without-retries"),
        pytest.param("from requests.adapters import HTTPAdapter\nHTTPAdapter(max_retries=policy)\n", id="adapter-with-a-policy"),
        pytest.param("from .adapters import Adapter\nAdapter(max_retries=3)\n", id="adapter-of-the-project"),
        pytest.param("import requests\nclass A(requests.adapters.HTTPAdapter):\n    def send(self, *a): sleep()\nA(max_retries=3)\n", id="adapter-that-sends"),
        pytest.param("import requests\nclass A(requests.adapters.HTTPAdapter):\n    def __init__(self, max_retries): ...\nA(max_retries=3)\n", id="adapter-that-takes-it"),
        pytest.param("from tenacity import retry\nf = retry(g)\n", id="decorated-by-a-call"),
        pytest.param("@app.task(bind=True)\ndef f(self): ...\n", id="task-without-retries"),
        pytest.param("def f(self):\n    self.retry(countdown=0)\n", id="retry-of-no-task"),
    ],
)  # fmt: skip
def test_no_policy(code: str) -> None:
    assert policies(code) == []


ADAPTER = "import requests\nclass A(requests.adapters.HTTPAdapter): ...\n"
U = "from urllib3.util.retry import Retry\n"
T = "from tenacity import *\nimport tenacity\n"


@pytest.mark.parametrize(
    ("code", "delay", "bound", "attempts"),
    [
        (f"{U}Retry()", "none", "attempts", 11),
        (f"{U}Retry(5)", "none", "attempts", 6),
        (f"{U}Retry(total=5, backoff_factor=0)", "none", "attempts", 6),
        (f"{U}Retry(total=5, backoff_factor=0.1)", "exponential", "attempts", 6),
        (f"{U}Retry(total=5, backoff_factor=FACTOR)", "unknown", "attempts", 6),
        (f"{U}FACTOR = 0\nRetry(total=5, backoff_factor=FACTOR)", "none", "attempts", 6),
        (f"{U}Retry(total=5, backoff_jitter=1)", "constant", "attempts", 6),
        (f"{U}def f(n=4): return Retry(total=n, read=n)", "none", "attempts", 5),
        (f"{U}def f(n=0): return Retry(total=n)", "none", "attempts", 1),
        (f"{U}def f(n): return Retry(total=n)", "none", "unknown", None),
        (f"{U}def f(n=4):\n    n = n or 0\n    return Retry(total=n)", "none", "unknown", None),
        (f"{ADAPTER}A(max_retries=3)", "none", "attempts", 4),
        (f"{U}Retry(0)", "none", "attempts", 1),
        (f"{U}Retry(False)", "none", "attempts", 1),
        (f"{U}Retry(total=False)", "none", "attempts", 1),
        (f"{U}Retry(total=None)", "none", "unbounded", None),
        (f"{U}Retry(total=None, connect=2, read=1)", "none", "attempts", 3),
        (f"{U}Retry(connect=3, read=0)", "none", "attempts", 4),
        (f"{U}Retry(redirect=5, connect=0, read=False)", "none", "attempts", 1),
        (f"{U}Retry(total=1, connect=5)", "none", "attempts", 2),
        (f"{U}Retry(retries)", "none", "unknown", None),
        (f"{U}N = 4\nRetry(N)", "none", "attempts", 5),
        (f"{U}Retry(4).parse_retry_after(x)", "unknown", "attempts", 5),
        (f"{U}r = Retry(4)\nr.backoff_factor = 1", "unknown", "attempts", 5),
        (f"{U}r = Retry(4)\nr = r.new(backoff_factor=1)", "unknown", "attempts", 5),
        ("from requests.packages.urllib3.util.retry import Retry\nRetry(5)", "none", "attempts", 6),
        ("from requests.adapters import Retry\nRetry(5)", "none", "attempts", 6),
        ("import urllib3\nurllib3.util.Retry(5)", "none", "attempts", 6),
        ("import requests\nrequests.adapters.HTTPAdapter(10, 10, 3)", "none", "attempts", 4),
        ("import requests\nrequests.adapters.HTTPAdapter(max_retries=0)", "none", "attempts", 1),
        (f"{T}tenacity.Retrying()", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=None)", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_none())", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_fixed(0))", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_fixed(2))", "constant", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_random(1, 2))", "constant", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_incrementing())", "linear", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_exponential(max=9))", "exponential", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait.wait_exponential())", "exponential", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_fixed(1) + tenacity.wait_random(0, 1))", "constant", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_none() + tenacity.wait_exponential())", "exponential", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=tenacity.wait_fixed(*args))", "unknown", "unbounded", None),
        (f"{T}tenacity.Retrying(wait=my_wait)", "unknown", "unbounded", None),
        (f"{T}tenacity.Retrying(None, None, my_wait)", "unknown", "unknown", None),
        (f"{T}W = tenacity.wait_fixed(3)\ntenacity.Retrying(wait=W)", "constant", "unbounded", None),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_after_attempt(3))", "none", "attempts", 3),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_after_attempt(N))", "none", "attempts", None),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_never)", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_after_delay(3))", "none", "deadline", None),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_after_delay(3) | tenacity.stop_after_attempt(4))", "none", "attempts", 4),
        (f"{T}tenacity.Retrying(stop=tenacity.stop_any(tenacity.stop_after_delay(3)))", "none", "deadline", None),
        (f"{T}tenacity.Retrying(stop=my_stop)", "none", "unknown", None),
        (f"{T}tenacity.Retrying(before_sleep=tenacity.before_sleep_log(log, 1))", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(before_sleep=log_it)", "none", "unbounded", None),
        (f"{T}tenacity.Retrying(before_sleep=do_it)", "unknown", "unbounded", None),
        (f"{T}def do_it(s): print(s)\ntenacity.Retrying(before_sleep=do_it)", "none", "unbounded", None),
        (f"{T}import time\ndef do_it(s): time.sleep(2)\ntenacity.Retrying(before_sleep=do_it)", "unknown", "unbounded", None),
        (f"{T}import asyncio\ntenacity.AsyncRetrying(sleep=asyncio.sleep)", "none", "unbounded", None),
        (f"{T}import time\nfor a in tenacity.Retrying():\n    with a: time.sleep(1); f()", "unknown", "unbounded", None),
        ("import retrying\n@retrying.retry\ndef f(): ...", "none", "unbounded", None),
        ("import retrying\n@retrying.retry()\ndef f(): ...", "none", "unbounded", None),
        ("import retrying\n@retrying.retry(stop_max_attempt_number=7)\ndef f(): ...", "none", "attempts", 7),
        ("import retrying\n@retrying.retry(stop_max_delay=7)\ndef f(): ...", "none", "deadline", None),
        ("import retrying\n@retrying.retry(wait_fixed=0)\ndef f(): ...", "none", "unbounded", None),
        ("import retrying\n@retrying.retry(wait_random_max=0)\ndef f(): ...", "none", "unbounded", None),
        ("import retrying\n@retrying.retry(wait_exponential_max=9)\ndef f(): ...", "exponential", "unbounded", None),
        ("from retry import retry\n@retry()\ndef f(): ...", "none", "unbounded", None),
        ("from retry import retry\n@retry(E, 3)\ndef f(): ...", "none", "attempts", 3),
        ("from retry import retry\n@retry(E, 3, 2)\ndef f(): ...", "constant", "attempts", 3),
        ("from retry import retry\n@retry(tries=-1, jitter=(1, 2))\ndef f(): ...", "linear", "unbounded", None),
        ("from retry.api import retry_call\nretry_call(f, tries=3)", "none", "attempts", 3),
        ("import backoff\n@backoff.on_exception(backoff.expo, E)\ndef f(): ...", "exponential", "unbounded", None),
        ("import backoff\n@backoff.on_exception(backoff.constant, E)\ndef f(): ...", "constant", "unbounded", None),
        ("import backoff\n@backoff.on_exception(backoff.constant, E, interval=0, max_tries=3)\ndef f(): ...", "none", "attempts", 3),
        ("import backoff\n@backoff.on_exception(backoff.constant, E, interval=0, on_backoff=wait)\ndef f(): ...", "unknown", "unbounded", None),
        ("from redis.retry import Retry\nfrom redis.backoff import *\nimport redis\nRetry(redis.backoff.NoBackoff(), 3)", "none", "attempts", 4),
        ("from redis.retry import Retry\nimport redis\nRetry(redis.backoff.ExponentialBackoff(), -1)", "exponential", "unbounded", None),
        ("from redis.asyncio.retry import Retry\nRetry(mine, 3)", "unknown", "attempts", 4),
        ("@app.task(autoretry_for=(E,))\ndef f(): ...", "constant", "attempts", 4),
        ("@app.task(autoretry_for=(E,), default_retry_delay=0)\ndef f(): ...", "none", "attempts", 4),
        ("@app.task(autoretry_for=(E,), default_retry_delay=0, retry_backoff=True)\ndef f(): ...", "exponential", "attempts", 4),
        ("@app.task(autoretry_for=(E,), retry_kwargs={'max_retries': 9, 'countdown': 0})\ndef f(): ...", "none", "attempts", 10),
        ("@app.task(autoretry_for=(E,), retry_kwargs=KW)\ndef f(): ...", "unknown", "unknown", None),
        ("@app.task(bind=True)\ndef f(self):\n    try: g()\n    except E as e: raise self.retry(exc=e, countdown=0)", "none", "attempts", 4),
        ("@app.task(bind=True)\ndef f(self):\n    try: g()\n    except E as e: raise self.retry(exc=e, countdown=n)", "unknown", "attempts", 4),
    ],
)  # fmt: skip
def test_delay_and_bound(code: str, delay: str, bound: str, attempts: int | None) -> None:
    (policy,) = policies(code.replace("from tenacity import *\n", "").replace("from redis.backoff import *\n", ""))
    assert (policy.delay, policy.bound, policy.attempts) == (delay, bound, attempts)


HEAD = """
import requests, socket
import tenacity
from tenacity import retry, retry_if_exception, retry_if_exception_type, retry_if_result
from other.exceptions import Conflict, Down
"""


@pytest.mark.parametrize(
    ("decorator", "body", "network"),
    [
        ("retry", "return 1 + 1", False),
        ("retry", "return compute()", None),
        ("retry", "return requests.get(URL, timeout=3)", True),
        ("retry()", "return requests.get(URL, timeout=3)", True),
        ("retry", "return self.client.upload(1)", True),
        ("retry(retry=retry_if_exception_type())", "return requests.get(URL, timeout=3)", True),
        ("retry(retry=retry_if_exception_type(Exception))", "return requests.get(URL, timeout=3)", True),
        ("retry(retry=retry_if_exception_type(ValueError))", "return requests.get(URL, timeout=3)", False),
        ("retry(retry=retry_if_exception_type((KeyError, AssertionError)))", "return self.client.get(1)", False),
        ("retry(retry=retry_if_exception_type(Conflict))", "return requests.get(URL, timeout=3)", False),
        ("retry(retry=retry_if_exception_type(unknown))", "return requests.get(URL, timeout=3)", None),
        ("retry(retry=retry_if_exception_type(ConnectionError))", "return f()", True),
        ("retry(retry=retry_if_exception_type((ValueError, ConnectionResetError)))", "return f()", True),
        ("retry(retry=retry_if_exception_type(requests.RequestException))", "return f()", True),
        ("retry(retry=retry_if_exception_type(requests.HTTPError))", "return f()", False),
        ("retry(retry=retry_if_exception_type(socket.gaierror))", "return f()", True),
        ("retry(retry=retry_if_exception_type(OSError))", "return open(PATH).read()", False),
        ("retry(retry=retry_if_exception_type(OSError))", "return socket.create_connection(A)", True),
        ("retry(retry=retry_if_exception_type(TimeoutError))", "return f()", None),
        ("retry(retry=retry_if_result(bool))", "return requests.get(URL, timeout=3)", False),
        ("retry(retry=retry_if_exception(check))", "return requests.get(URL, timeout=3)", None),
        ("retry(retry=retry_if_exception(lambda e: isinstance(e, ConnectionError)))", "return f()", True),
        ("retry(retry=retry_if_exception(lambda e: isinstance(e, KeyError)))", "return f()", False),
        ("retry(retry=retry_if_exception(lambda e: isinstance(e, ConnectionError) and e.errno))", "return f()", None),
        ("retry(retry=retry_if_exception_type(KeyError) | retry_if_exception_type(ConnectionError))", "return f()", True),
        ("retry(retry=retry_if_exception_type(ConnectionError) & retry_if_exception(check))", "return f()", None),
        ("retry(retry=retry_if_result(bool) | retry_if_exception_type(ConnectionError))", "return f()", True),
        ("retry(retry=tenacity.retry_any(retry_if_exception_type(ConnectionError)))", "return f()", True),
        ("retry(retry=tenacity.retry_never)", "return requests.get(URL, timeout=3)", None),
        ("retry(retry=my_retry)", "return requests.get(URL, timeout=3)", None),
        ("retry(retry=retry_if_exception_type(Down))", "try:\n        f()\n    except requests.ConnectionError:\n        raise Down(1)", True),
        ("retry(retry=retry_if_exception_type(Down))", "try:\n        f()\n    except KeyError:\n        raise Down(1)", False),
        ("retry", "try:\n        return requests.get(URL, timeout=3)\n    except requests.RequestException:\n        return None", False),
    ],
)  # fmt: skip
def test_network(decorator: str, body: str, network: bool | None) -> None:
    (policy,) = policies(f"{HEAD}\n@{decorator}\ndef f(self):\n    {body}\n")
    assert policy.network is network
    assert policy.why
    assert policy.subject == "f"


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return requests.get(URL)\ng = retry(stop=s)(f)",
        "again = retry(stop=s)\n@again\ndef f(): return requests.get(URL)",
        "def f(): return requests.get(URL)\ntenacity.Retrying(stop=s)(f)",
        "def f(): return requests.get(URL)\nr = tenacity.Retrying(stop=s)\nr(f)",
        "class A:\n    def f(self): return requests.get(URL)\n    def g(self): return tenacity.Retrying(stop=s)(self.f)",
    ],
)
def test_subject(code: str) -> None:
    (policy,) = policies(f"{HEAD}\n{code}\n")
    assert (policy.subject, policy.network) == ("f", True)


def test_a_function_of_a_library_is_what_is_retried() -> None:
    (policy,) = policies(f"{HEAD}\ntenacity.Retrying(stop=s)(requests.get, URL)\n")
    assert (policy.subject, policy.network) == ("requests.get", True)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "def f():\n    try: g()\n    except requests.ConnectionError: raise Down(1)\n"
            "if again:\n    f = retry(retry=retry_if_exception_type(Down))(f)",
            id="the-name-has-another-meaning-afterwards",
        ),
        pytest.param(
            "def fail(e): raise Down(e)\n@retry(retry=retry_if_exception_type(Down))\n"
            "def f():\n    try: g()\n    except requests.ConnectionError as e: fail(e)",
            id="a-function-of-the-file-raises-it",
        ),
    ],
)
def test_an_exception_of_the_project_that_stands_for_a_failed_connection(code: str) -> None:
    (policy,) = policies(f"{HEAD}\n{code}\n")
    assert (policy.subject, policy.network) == ("f", True)


def test_a_star_import_of_tenacity() -> None:
    (policy,) = policies("from tenacity import *\n@retry(wait=wait_fixed(2), stop=stop_after_attempt(4))\ndef f(): ...")
    assert (policy.delay, policy.attempts) == ("constant", 4)


def test_a_loop_over_attempts_is_what_is_retried() -> None:
    (policy,) = policies(f"{HEAD}\nfor a in tenacity.Retrying(stop=s):\n    with a:\n        requests.get(URL)\n")
    assert (policy.subject, policy.network) == (None, True)


@pytest.mark.parametrize("code", ["@retry\ndef f(): ...\n", "Retry(\n", "@a.b[c](d)\ndef f(): ...\n", "Retry(*a)(b)\n"])
def test_odd_code_raises_nothing(code: str) -> None:
    try:
        module = cst.parse_module(f"{HEAD}{U}{code}")
    except cst.ParserSyntaxError:
        return
    list(facts.read(module).policies)
