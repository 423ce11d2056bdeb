"""The tables of retry libraries, held against the libraries that are installed."""

from __future__ import annotations

import importlib
import inspect
import itertools
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from connlint.knowledge import policies
from connlint.knowledge.policies import Policy, Wait, celery, kombu

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS = [row for table in policies.tables() for row in table.policies]
STRATEGIES = {name: wait for table in policies.tables() for name, wait in table.strategies.items()}


def installed(name: str) -> Any:
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what libraries say of other libraries' age
                found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    return pytest.skip(f"{parts[0]} is not installed")


def parameters(of: Any) -> dict[str, inspect.Parameter]:
    found = dict(inspect.signature(of).parameters)
    found.pop("self", None)
    return found


# Where the signature stands if the decorator itself takes all it is given
SIGNATURES = {
    "kombu.connection.Connection.ensure_connection": "kombu.connection.Connection._ensure_connection",
    "retry.retry_call": "retry.api.retry_call",
    "retrying.retry": "retrying.Retrying",
    "tenacity.retry": "tenacity.BaseRetrying",
    "urllib3.Retry.from_int": "urllib3.util.retry.Retry.from_int",
}
# Gone from the versions that are checked, or passed on to another call
ELSEWHERE = {
    "backoff.on_exception": {"interval", "base", "factor", "max_value", "value"},
    "urllib3.Retry": {"method_whitelist"},
}
# Written as dictionaries
DICTIONARIES = {"botocore.config.Config.retries", "celery.Task", "grpc.retryPolicy", "kombu.retry_policy"}
CALLED = [row for row in ROWS if row.name not in DICTIONARIES]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in CALLED])
def test_parameters_are_those_of_the_library(row: Policy) -> None:
    found = parameters(installed(SIGNATURES.get(row.name, row.name)))
    if row.name == "tenacity.tornadoweb.TornadoRetrying":
        pytest.skip("hands on what it is given to the base class")
    positional = [name for name, item in found.items() if item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional[: len(row.parameters)] == list(row.parameters)
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in found.values()) and row.name not in ELSEWHERE:
        return
    assert row.arguments - ELSEWHERE.get(row.name, set()) <= set(found)


# The defaults that stand in the signatures; where the code reads another, there is a test of its own below.
BY_CODE = {
    "aiohttp_retry.ListRetry",
    "tenacity.AsyncRetrying",
    "tenacity.Retrying",
    "tenacity.tornadoweb.TornadoRetrying",
    "backoff.on_exception",
    "celery.Task.retry",
    "retrying.retry",
    "tenacity.retry",
    "requests.adapters.HTTPAdapter",
}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in CALLED if row.name not in BY_CODE])
def test_defaults_are_those_of_the_library(row: Policy) -> None:
    found = parameters(installed(SIGNATURES.get(row.name, row.name)))
    settings = {setting for wait in row.waits for setting in wait.settings} | set(row.bounds)
    compared = 0
    for setting in settings:
        item = found.get(setting.argument or "")
        if item is not None and item.default is not inspect.Parameter.empty:
            default = item.default
            assert (default.value if hasattr(default, "value") else default) == setting.default, setting.argument
            compared += 1
    attempts = found.get(row.attempts or "")
    if attempts is not None and attempts.default is not inspect.Parameter.empty:
        assert attempts.default in {row.default, -1 if row.default is None else row.default}
        compared += 1
    assert compared or row.library == "redis" or not row.waits


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "backoff.runtime"])
def test_waits_have_their_parameters_and_defaults(name: str) -> None:
    row, found = STRATEGIES[name], parameters(installed(name))
    assert list(found)[: len(row.parameters)] == list(row.parameters)
    for setting in row.settings:
        if setting.argument is not None:
            default = found[setting.argument].default
            if default is inspect.Parameter.empty or default == sys.maxsize / 2:
                default = None
            assert default == setting.default


def test_names_of_the_same_lead_to_one_row() -> None:
    for alias, real in {
        "urllib3.util.retry.Retry": "urllib3.Retry",
        "urllib3.util.retry.Retry.from_int": "urllib3.Retry.from_int",
        "requests.packages.urllib3.util.retry.Retry": "urllib3.Retry",
        "requests.adapters.Retry": "urllib3.Retry",
        "tenacity.asyncio.AsyncRetrying": "tenacity.AsyncRetrying",
        "tenacity.wait.wait_fixed": "tenacity.wait_fixed",
        "tenacity.retry.retry_if_exception_type": "tenacity.retry_if_exception_type",
        "tenacity.retry": "tenacity.retry",
        "botocore.client.Config": "botocore.config.Config",
        "google.api_core.retry.retry_unary.Retry": "google.api_core.retry.Retry",
        "google.api_core.retry_async.AsyncRetry": "google.api_core.retry.AsyncRetry",
        "kombu.Connection.ensure_connection": "kombu.connection.Connection.ensure_connection",
    }.items():
        assert policies.canonical(alias) == real
    assert policies.policy("urllib3.util.Retry") is policies.policy("urllib3.Retry")
    assert policies.policy("retry") is None
    assert policies.policy(None) is None
    assert policies.strategy(None) is None
    assert policies.strategy("time.sleep") is None
    assert policies.is_prompt("tenacity.before_sleep.before_sleep_log")
    assert not policies.is_prompt("time.sleep")


def test_each_row_is_found_by_its_name_through_the_package() -> None:
    for row in ROWS:
        assert policies.policy(row.name) is row


# How long they wait


def waits_of(wait: Wait, numbers: dict[str, float], count: int = 8) -> list[float]:
    """Return the shortest waits of a row of the tables, in seconds."""
    start, factor, step, _, _, cap, floor = (
        numbers.get(setting.argument or "", setting.default) for setting in wait.settings
    )
    assert start is not None
    assert factor is not None
    assert step is not None
    found = []
    for number in range(count):
        value = start * factor**number + step * number
        value = value if cap is None else min(value, cap)
        found.append(max(value, floor or 0) * wait.unit)
    return found


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("wait_none", {}),
        ("wait_fixed", {"wait": 3}),
        ("wait_incrementing", {"start": 2, "increment": 3, "max": 12}),
        ("wait_exponential", {}),
        ("wait_exponential", {"multiplier": 0.5, "max": 9, "exp_base": 3, "min": 1}),
        ("wait_exponential", {"multiplier": 0}),
        ("wait_exponential", {"max": 0}),
        ("wait_exponential_jitter", {"max": 30, "jitter": 0}),
    ],
)
def test_what_tenacity_waits(name: str, numbers: dict[str, float]) -> None:
    tenacity = pytest.importorskip("tenacity")
    made = getattr(tenacity, name)(**numbers)
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    found = []
    for number in range(1, 9):
        state.attempt_number = number
        found.append(made(state))
    assert found == waits_of(STRATEGIES[f"tenacity.{name}"], numbers)


@pytest.mark.parametrize("name", ["wait_random", "wait_random_exponential", "wait_exponential_jitter"])
def test_what_tenacity_waits_at_random(name: str) -> None:
    tenacity = pytest.importorskip("tenacity")
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    made = getattr(tenacity, name)()
    assert len({made(state) for _ in range(20)}) > 1


def test_tenacity_does_not_wait_unless_told_to() -> None:
    tenacity = pytest.importorskip("tenacity")
    found = tenacity.Retrying()
    assert found.wait(tenacity.RetryCallState(found, None, (), {})) == 0
    assert found.stop is tenacity.stop_never


def test_urllib3_does_not_wait_unless_told_to() -> None:
    urllib3 = pytest.importorskip("urllib3")
    found = urllib3.Retry()
    assert (found.total, found.backoff_factor, found.backoff_jitter) == (10, 0, 0)
    assert [urllib3.Retry(False).total, urllib3.Retry(0).total] == [False, 0]
    assert urllib3.Retry.from_int(4).total == 4
    assert urllib3.Retry.from_int(None).total == 3


@pytest.mark.parametrize("factor", [0, 0.5])
def test_urllib3_never_waits_before_the_first_retry(factor: float) -> None:
    urllib3 = pytest.importorskip("urllib3")
    policy = urllib3.Retry(9, backoff_factor=factor)
    waited = []
    for _ in range(4):
        policy = policy.increment("GET", "/", error=urllib3.exceptions.ConnectTimeoutError())
        waited.append(policy.get_backoff_time())
    assert waited == [0, factor * 2, factor * 4, factor * 8]


def test_requests_makes_a_policy_without_a_wait_of_a_number() -> None:
    requests = pytest.importorskip("requests")
    adapter = requests.adapters.HTTPAdapter(max_retries=3)
    assert (adapter.max_retries.total, adapter.max_retries.read, adapter.max_retries.backoff_factor) == (3, None, 0)
    default = requests.adapters.HTTPAdapter()
    assert (default.max_retries.total, default.max_retries.read) == (0, False)
    assert requests.adapters.Retry is importlib.import_module("urllib3").Retry


def test_redis_waits_by_what_it_is_given() -> None:
    backoff = pytest.importorskip("redis.backoff")
    assert backoff.NoBackoff().compute(5) == 0
    assert backoff.ConstantBackoff(0).compute(5) == 0
    for name in ("Exponential", "FullJitter", "EqualJitter", "DecorrelatedJitter", "ExponentialWithJitter"):
        made = getattr(backoff, f"{name}Backoff")
        for zero in ({"cap": 0}, {"base": 0}):
            assert made(**zero).compute(5) == 0, name
        many = [made(10, 1) for _ in range(20)]
        assert {each.compute(1) for each in many}
        assert (len({each.compute(2) for each in many}) > 1) is STRATEGIES[f"redis.backoff.{name}Backoff"].full
    assert [backoff.ExponentialBackoff(10, 1).compute(number) for number in (1, 2, 3, 4)] == [2, 4, 8, 10]


def test_redis_makes_its_clients_with_a_policy_that_waits() -> None:
    redis = pytest.importorskip("redis")
    found = redis.Redis().get_connection_kwargs()["retry"]
    assert found.get_retries() == 10
    assert found._backoff.compute(3) > 0


def test_what_retrying_waits() -> None:
    retrying = pytest.importorskip("retrying")
    assert retrying.Retrying().wait(5, 100) == 0
    assert retrying.Retrying(wait_fixed=0).wait(5, 100) == 0
    assert retrying.Retrying().stop(10**6, 10**9) is False
    assert [retrying.Retrying(wait_exponential_multiplier=500, wait_exponential_max=5000).wait(n, 0) for n in (1, 2, 4)] == [1000, 2000, 5000]  # fmt: skip
    assert [retrying.Retrying(wait_incrementing_start=1).wait(n, 0) for n in (1, 2, 3)] == [1, 101, 201]
    assert 0 <= retrying.Retrying(wait_random_max=50).wait(1, 0) <= 50


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, [0, 0, 0]),
        ({"delay": 2}, [2, 2, 2]),
        ({"delay": 1, "backoff": 2, "max_delay": 3}, [1, 2, 3]),
        ({"jitter": 1}, [0, 1, 2]),
        ({"backoff": 2}, [0, 0, 0]),
    ],
)
def test_what_retry_waits(numbers: dict[str, float], expected: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("retry.api")
    waited: list[float] = []
    monkeypatch.setattr(api.time, "sleep", waited.append)
    with pytest.raises(ZeroDivisionError):
        api.retry_call(lambda: 1 / 0, tries=4, logger=None, **numbers)
    assert waited == expected


@pytest.mark.parametrize("name", ["constant", "expo", "fibo"])
def test_what_backoff_waits(name: str) -> None:
    backoff = pytest.importorskip("backoff")
    made = getattr(backoff, name)()
    next(made)
    found = list(itertools.islice(made, 7))
    grows = STRATEGIES[f"backoff.{name}"].factor.default != 1
    assert (found[-1] > found[0]) is grows
    jitter = inspect.signature(backoff.on_exception).parameters["jitter"].default
    assert jitter is backoff.full_jitter
    assert jitter(0) == 0


def test_what_aiohttp_retry_waits() -> None:
    aiohttp_retry = pytest.importorskip("aiohttp_retry")
    row = policies.policy("aiohttp_retry.ExponentialRetry")
    assert row is not None
    made = aiohttp_retry.ExponentialRetry()
    assert [made.get_timeout(n) for n in range(8)] == pytest.approx(waits_of(row.waits[0], {}))
    assert aiohttp_retry.ExponentialRetry(start_timeout=0).get_timeout(5) == 0
    assert aiohttp_retry.FibonacciRetry(multiplier=0).get_timeout(5) == 0
    assert aiohttp_retry.RandomRetry(min_timeout=0, max_timeout=0).get_timeout(5) == 0
    listed = aiohttp_retry.ListRetry([1, 2, 5])
    assert [listed.attempts, *map(listed.get_timeout, range(3))] == [3, 1, 2, 5]
    assert len({aiohttp_retry.JitterRetry().get_timeout(1) for _ in range(20)}) > 1


@pytest.mark.parametrize("numbers", [{}, {"interval_start": 0, "interval_step": 0}, {"interval_start": 2, "interval_step": 0}, {"interval_start": 1, "interval_step": 3, "interval_max": 4}])  # fmt: skip
def test_what_kombu_waits(numbers: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    functional = pytest.importorskip("kombu.utils.functional")
    waited: list[float] = []
    monkeypatch.setattr(functional, "sleep", waited.append)

    def note(_error: Exception, intervals: Iterable[float], _retries: int) -> float:
        found.append(next(iter(intervals)))
        return 0

    found: list[float] = []
    with pytest.raises(ZeroDivisionError):
        functional.retry_over_time(lambda: 1 / 0, ZeroDivisionError, errback=note, max_retries=5, **numbers)
    row = policies.policy("kombu.utils.functional.retry_over_time")
    assert row is not None
    assert found == waits_of(row.waits[0], numbers, 5)


def test_what_celery_publishes_with() -> None:
    defaults = pytest.importorskip("celery.app.defaults")
    found = defaults.NAMESPACES["task"]["publish_retry_policy"].default
    wait = kombu.RETRY_POLICY.waits[0]
    assert {setting.argument: setting.default for setting in (wait.start, wait.step, wait.cap)} == {
        name: value for name, value in found.items() if name.startswith("interval_")
    }
    assert found["max_retries"] == kombu.RETRY_POLICY.default


def test_what_celery_waits() -> None:
    task = pytest.importorskip("celery.app.task")
    assert (task.Task.default_retry_delay, task.Task.max_retries) == (180, 3)
    assert celery.TASK.waits[0].start.default == 180
    assert celery.TASK.default == celery.RETRY.default == 3
    time = importlib.import_module("celery.utils.time")
    found = [time.get_exponential_backoff_interval(1, n, 600) for n in range(12)]
    assert found == waits_of(celery.BACKOFF, {}, 12)
    assert parameters(time.get_exponential_backoff_interval)["full_jitter"].default is False


def test_what_httpx_waits_before_it_connects_again() -> None:
    connection = pytest.importorskip("httpcore._sync.connection")
    found = list(itertools.islice(connection.exponential_backoff(connection.RETRIES_BACKOFF_FACTOR), 5))
    row = policies.policy("httpx.HTTPTransport")
    assert row is not None
    assert found == [0, *waits_of(row.waits[0], {}, 4)]  # nothing before the first retry


def test_what_google_waits() -> None:
    base = pytest.importorskip("google.api_core.retry.retry_base")
    assert set(itertools.islice(base.exponential_sleep_generator(0, 60), 5)) == {0}
    assert max(itertools.islice(base.exponential_sleep_generator(1, 60), 50)) <= 60
    assert len(set(itertools.islice(base.exponential_sleep_generator(1, 60), 50))) > 1


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [({}, [0.1, 0.2, 0.4]), ({"initial": 0.0}, [0, 0, 0]), ({"max_backoff": 0.0}, [0, 0, 0])],
)
def test_what_stamina_waits(numbers: dict[str, float], expected: list[float]) -> None:
    core = pytest.importorskip("stamina._core")
    usual = {"initial": 0.1, "max_backoff": 5.0, "exp_base": 2, "max_jitter": 0.0}
    found = [core._compute_backoff(num=number, **{**usual, **numbers}) for number in (1, 2, 3)]
    assert found == pytest.approx(expected)


def test_what_botocore_waits() -> None:
    standard = pytest.importorskip("botocore.retries.standard")
    assert standard.ExponentialBackoff._MAX_BACKOFF == 20
    assert standard.DEFAULT_MAX_ATTEMPTS == 3
    handler = importlib.import_module("botocore.retryhandler")
    assert len({handler.delay_exponential("rand", 2, 1) for _ in range(20)}) > 1
    assert handler.delay_exponential(1, 2, 4) == 8
