"""What the fixes of libraries' retries do, with the libraries themselves and a peer that refuses before it answers."""

from __future__ import annotations

import importlib
import textwrap
import time
import warnings
from typing import Any

import pytest

from tests.execution.harness import Program, execute, repaired, vary

FETCH = """
import socket
{imports}

{policy}
def fetch(address):
    with socket.create_connection(address, timeout=5) as sock:
        sock.sendall(b"GET / HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n")
        return sock.recv(4096).partition(b" ")[0].decode()


def run(address):
    return {call}
"""
AFETCH = """
import asyncio
{imports}

{policy}
async def fetch(address):
    reader, writer = await asyncio.open_connection(address[0], address[1])
    writer.close()
    return "answer"


async def run(address):
    return await fetch(address)
"""


def sync(imports: str, policy: str, call: str = "fetch(address)") -> str:
    return FETCH.format(imports=imports, policy=policy, call=call)


def coroutine(imports: str, policy: str) -> str:
    return AFETCH.format(imports=imports, policy=policy)


T = "from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_fixed, wait_none"

# The program, by the library that it needs; six attempts each
NO_WAIT = [
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6))")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_none(), reraise=True)")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_fixed(0), reraise=True)")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_exponential(multiplier=0), reraise=True)")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), retry=retry_if_exception_type(ConnectionError))")),
    ("tenacity", sync(f"{T}\nimport functools", "again = functools.partial(retry, stop=stop_after_attempt(6))\n@again()")),
    ("tenacity", sync("import tenacity", "", "tenacity.Retrying(stop=tenacity.stop_after_attempt(6))(fetch, address)")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(9), wait=wait_fixed(40))", "fetch.retry_with(stop=stop_after_attempt(6), wait=wait_none())(address)")),
    ("tenacity", coroutine(T, "@retry(stop=stop_after_attempt(6), reraise=True)")),
    ("retry", sync("from retry import retry", "@retry(OSError, tries=6)")),
    ("retry", sync("from retry import retry", "@retry(ConnectionError, tries=6, backoff=3, logger=None)")),
    ("retry", sync("from retry.api import retry_call", "", "retry_call(fetch, fargs=[address], tries=6)")),
    ("retrying", sync("from retrying import retry", "@retry(stop_max_attempt_number=6)")),
    ("retrying", sync("from retrying import retry", "@retry(stop_max_attempt_number=6, wait_fixed=0)")),
    ("backoff", sync("import backoff", "@backoff.on_exception(backoff.constant, OSError, interval=0, max_tries=6)")),
    ("backoff", sync("from backoff import constant, on_exception", "@on_exception(constant, OSError, interval=0, max_tries=6, jitter=None)")),
    ("backoff", coroutine("import backoff", "@backoff.on_exception(backoff.constant, OSError, interval=0, max_tries=6)")),
    ("stamina", sync("import stamina", "@stamina.retry(on=OSError, attempts=6, timeout=None, wait_initial=0, wait_jitter=0, wait_max=30)")),
    ("google.api_core.retry", sync("from google.api_core import retry", "@retry.Retry(predicate=retry.if_exception_type(ConnectionError), initial=0, maximum=30, timeout=900)")),
]  # fmt: skip
CONSTANT = [
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_fixed(2))")),
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_fixed(1), reraise=True)")),
    ("tenacity", coroutine(T, "@retry(stop=stop_after_attempt(6), wait=wait_fixed(1), reraise=True)")),
    ("retry", sync("from retry import retry", "@retry(OSError, tries=6, delay=2)")),
    ("retry", sync("from retry import retry", "@retry(OSError, 6, 2)")),
    ("retrying", sync("from retrying import retry", "@retry(stop_max_attempt_number=6, wait_fixed=1500)")),
    ("backoff", sync("import backoff", "@backoff.on_exception(backoff.constant, OSError, interval=2, max_tries=6, jitter=None)")),
    ("backoff", sync("import backoff", "@backoff.on_exception(backoff.constant, OSError, max_tries=6)")),
]  # fmt: skip
EVEN = [
    ("tenacity", sync(T, "@retry(stop=stop_after_attempt(6), wait=wait_exponential(max=20))")),
    ("retry", sync("from retry import retry", "@retry(OSError, tries=6, delay=1, backoff=2)")),
    ("retrying", sync("from retrying import retry", "@retry(stop_max_attempt_number=6, wait_exponential_multiplier=500, wait_exponential_max=30000)")),
    ("backoff", sync("import backoff", "@backoff.on_exception(backoff.expo, OSError, max_tries=6, jitter=None)")),
    ("stamina", sync("import stamina", "@stamina.retry(on=OSError, attempts=6, timeout=None, wait_jitter=0, wait_max=30)")),
]  # fmt: skip


def needs(library: str) -> None:
    """Import `library` while the clock still ticks: some keep the `sleep` that they find then."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what libraries say of other libraries
            importlib.import_module(library)
    except ModuleNotFoundError:
        pytest.skip(f"{library} is not installed")


def ids(cases: list[tuple[str, str]]) -> list[str]:
    return [f"{library}-{number}" for number, (library, _) in enumerate(cases)]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(("library", "code"), NO_WAIT, ids=ids(NO_WAIT))
@pytest.mark.parametrize("failures", [3, None])
def test_a_policy_without_a_wait(library: str, code: str, failures: int | None) -> None:
    needs(library)
    if library.startswith("google") and failures is None:
        pytest.skip("only the time ends it, and that stands still")
    done = repaired(code, "CNL206")
    before = execute(code, failures)
    rounds = [execute(done, failures) for _ in range(6)]
    assert sum(before.delays) == 0
    for after in rounds:
        assert after.attempts == before.attempts == (6 if failures is None else failures + 1)
        assert (after.result, kind(after.error)) == (before.result, kind(before.error))
        assert max(after.delays) <= 31
        assert min(after.delays) >= 0
    waits = [[wait for wait in after.delays if wait] for after in rounds]
    assert vary(waits)
    assert grows(waits)


@pytest.mark.parametrize(("library", "code"), CONSTANT, ids=ids(CONSTANT))
def test_a_policy_that_waits_alike(library: str, code: str) -> None:
    needs(library)
    done = repaired(code, "CNL202")
    before = execute(code, None)
    rounds = [execute(done, None) for _ in range(6)]
    assert len(before.delays) == 5
    for after in rounds:
        assert (after.attempts, kind(after.error)) == (before.attempts, kind(before.error))
        assert max(after.delays) <= 32
    assert vary([after.delays for after in rounds])
    assert grows([list(after.delays) for after in rounds])


@pytest.mark.parametrize(("library", "code"), EVEN, ids=ids(EVEN))
def test_a_policy_whose_clients_all_wait_alike(library: str, code: str) -> None:
    needs(library)
    done = repaired(code, "CNL208")
    before = [execute(code, None) for _ in range(2)]
    rounds = [execute(done, None) for _ in range(6)]
    assert before[0].delays == before[1].delays
    assert {after.attempts for after in rounds} == {before[0].attempts}
    assert vary([after.delays for after in rounds])


REQUESTS = """
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry


def run(address):
    session = requests.Session()
    session.mount("http://", {adapter})
    return session.get("http://%s:%s/" % address, timeout=5).text
"""


@pytest.mark.parametrize(
    "adapter",
    [
        "HTTPAdapter(max_retries=5)",
        "HTTPAdapter(max_retries=Retry(total=5))",
        "HTTPAdapter(max_retries=Retry(total=5, connect=5, backoff_factor=0))",
        "HTTPAdapter(max_retries=Retry.from_int(5))",
        "HTTPAdapter(max_retries=Retry(5, retry_after_max=60))",
    ],
)
@pytest.mark.parametrize("failures", [3, None])
def test_requests(adapter: str, failures: int | None) -> None:
    pytest.importorskip("requests")
    code = REQUESTS.format(adapter=adapter)
    before, after = execute(code, failures), execute(repaired(code, "CNL206"), failures)
    assert sum(before.delays) == 0
    assert (after.result, kind(after.error), after.attempts) == (before.result, kind(before.error), before.attempts)
    waits = [wait for wait in after.delays if wait]
    assert len(waits) == after.attempts - 2 or "retry_after" in adapter  # nothing before the first retry, but jitter
    assert waits == sorted(waits)
    assert waits[-1] <= 30


REDIS = """
import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry


def run(address):
    client = redis.Redis(*address, retry=Retry({wait}, 5), protocol=2, socket_timeout=5)
    with client:
        client.ping()
"""


@pytest.mark.parametrize(("wait", "rule"), [("NoBackoff()", "CNL206"), ("ConstantBackoff(1)", "CNL202")])
def test_redis(wait: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    retry = pytest.importorskip("redis.retry")
    monkeypatch.setattr(retry, "sleep", lambda seconds: time.sleep(seconds))  # noqa: PLW0108 - asked when it is called
    code = REDIS.format(wait=wait)
    before = execute(code, None)
    rounds = [execute(repaired(code, rule), None) for _ in range(6)]
    assert set(before.delays) <= {0, 1}
    for after in rounds:
        assert (after.attempts, kind(after.error)) == (before.attempts, kind(before.error))
        assert max(after.delays) <= 30
    assert vary([after.delays for after in rounds])
    assert grows([list(after.delays) for after in rounds])


AIOHTTP = """
import aiohttp
import aiohttp_retry
from aiohttp_retry import ExponentialRetry, RetryClient


async def run(address):
    async with RetryClient(retry_options={options}) as client:
        async with client.get("http://%s:%s/" % address) as response:
            return await response.text()
"""


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ("ExponentialRetry(attempts=6, start_timeout=0, exceptions={aiohttp.ClientError})", "CNL206"),
        ("ExponentialRetry(attempts=6, exceptions={aiohttp.ClientError})", "CNL208"),
    ],
)
def test_aiohttp_retry(options: str, rule: str) -> None:
    needs("aiohttp_retry")
    code = AIOHTTP.format(options=options)
    before = execute(Program(code), 3)
    after = execute(Program(repaired(code, rule)), 3)
    assert (after.result, after.error, after.attempts) == (before.result, before.error, before.attempts)
    waits = [wait for wait in after.delays if wait]
    assert len(waits) == 3
    assert waits == sorted(waits) or rule == "CNL208"  # what it adds at random is longer than the wait
    assert max(waits) <= 40


KOMBU = """
import socket
from kombu.utils.functional import retry_over_time


def run(address):
    return retry_over_time(
        connect, OSError, args=(address,), max_retries=5, interval_start={start}, interval_step=0
    )


def connect(address):
    socket.create_connection(address, timeout=5).close()
    return "answer"
"""


@pytest.mark.parametrize(("start", "rule"), [(0, "CNL206"), (1, "CNL202")])
def test_kombu(start: int, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    functional = pytest.importorskip("kombu.utils.functional")
    waited: list[float] = []
    monkeypatch.setattr(functional, "sleep", waited.append)  # it sleeps a second at a time
    code = KOMBU.format(start=start)
    before = execute(code, 4)
    short = sum(waited)
    waited.clear()
    after = execute(repaired(code, rule), 4)
    assert (after.result, after.error, after.attempts) == (before.result, before.error, before.attempts)
    assert short < sum(waited) == sum(range(start, start + 4))


CELERY = """
from celery import Celery

app = Celery("program", set_as_current=False)


{decorator}
def push({bound}):
    try:
        raise ConnectionError("refused")
    except ZeroDivisionError if {auto} else ConnectionError as failure:
        raise {raised}
"""


@pytest.mark.parametrize(
    ("decorator", "how"),
    [
        ("@app.task(autoretry_for=(ConnectionError,), default_retry_delay=0, max_retries=9)", "auto"),
        ("@app.task(autoretry_for=(ConnectionError,), retry_kwargs={'countdown': 0, 'max_retries': 9})", "auto"),
        ("@app.task(bind=True, max_retries=9)", "self.retry(exc=failure, countdown=0)"),
        ("@app.task(bind=True, max_retries=9, default_retry_delay=0)", "self.retry(exc=failure)"),
    ],
)
def test_celery(decorator: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task_module: Any = pytest.importorskip("celery.app.task")
    plan = CELERY.format(
        decorator=decorator,
        bound="" if how == "auto" else "self",
        auto=how == "auto",
        raised="failure" if how == "auto" else how,
    ).replace("ZeroDivisionError if True else ConnectionError", "ZeroDivisionError")
    plan = plan.replace("ZeroDivisionError if False else ConnectionError", "ConnectionError")
    asked: list[float | None] = []
    real = task_module.Task.signature_from_request

    def note(self: Any, *args: Any, **options: Any) -> Any:
        asked.append(options["countdown"] if options["countdown"] is not None else self.default_retry_delay)
        return real(self, *args, **options)

    monkeypatch.setattr(task_module.Task, "signature_from_request", note)
    for code in (plan, repaired(plan, "CNL206")):
        asked.clear()
        names: dict[str, Any] = {}
        exec(compile(textwrap.dedent(code), "program.py", "exec"), names)
        found = names["push"].apply()
        assert isinstance(found.result, ConnectionError)
        assert len(asked) == 10
        if code is plan:
            assert set(asked) == {0}
    assert any(asked)
    assert all(wait is not None and wait <= 2**number for number, wait in enumerate(asked))


def kind(error: str | None) -> str | None:
    """Return the class of a failure: its text may tell how long was waited."""
    return error.partition(":")[0] if error is not None else None


def grows(rounds: list[list[float]]) -> bool:
    """Say whether the waits are longer towards the end, in the sum of all rounds."""
    first = sum(waits[0] for waits in rounds if waits)
    last = sum(waits[-1] for waits in rounds if waits)
    return last > first
