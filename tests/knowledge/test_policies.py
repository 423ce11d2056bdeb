"""The table of retry libraries, held against the libraries that are installed."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from connlint.knowledge import policies
from connlint.knowledge.policies import POLICIES, STRATEGIES, Policy


def installed(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    found = pytest.importorskip(module)
    return getattr(found, attribute)


def parameters(of: Any) -> dict[str, inspect.Parameter]:
    found = dict(inspect.signature(of).parameters)
    found.pop("self", None)
    return found


SIGNATURES = {
    "tenacity.retry": "tenacity.BaseRetrying",
    "retrying.retry": "retrying.Retrying",
    "retry.retry_call": "retry.api.retry_call",
}
# Gone from the versions that are checked, or passed on to another call.
ELSEWHERE = {
    "urllib3.Retry": {"method_whitelist"},
    "backoff.on_exception": {"interval", "base", "factor", "max_value", "value"},
}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in POLICIES])
def test_parameters_are_those_of_the_library(row: Policy) -> None:
    found = parameters(installed(SIGNATURES.get(row.name, row.name)))
    if row.name == "tenacity.tornadoweb.TornadoRetrying":
        pytest.skip("hands on what it is given to the base class")
    positional = [name for name, item in found.items() if item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional[: len(row.parameters)] == list(row.parameters) or set(row.parameters) <= set(found)
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in found.values()) and row.name not in ELSEWHERE:
        return
    named = {*row.parameters, *row.keywords, *row.waits, *row.bounds, *row.results, *row.callbacks, row.filters}
    named |= {row.attempts, *(keyword for keyword, _ in row.remedy)}
    assert named - {None} - ELSEWHERE.get(row.name, set()) <= set(found)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if not name.startswith("backoff.runtime")])
def test_strategies_have_their_parameters(name: str) -> None:
    found = list(parameters(installed(name)))
    row = STRATEGIES[name]
    assert found[: len(row.parameters)] == list(row.parameters)
    assert set(row.zero) <= set(found)


def test_names_of_the_same_lead_to_one_row() -> None:
    for alias, real in {
        "urllib3.util.retry.Retry": "urllib3.Retry",
        "requests.packages.urllib3.util.retry.Retry": "urllib3.Retry",
        "requests.adapters.Retry": "urllib3.Retry",
        "tenacity.asyncio.AsyncRetrying": "tenacity.AsyncRetrying",
        "tenacity.wait.wait_fixed": "tenacity.wait_fixed",
        "tenacity.retry.retry_if_exception_type": "tenacity.retry_if_exception_type",
        "tenacity.retry": "tenacity.retry",
    }.items():
        assert policies.canonical(alias) == real
    assert policies.policy("urllib3.util.Retry") is policies.policy("urllib3.Retry")
    assert policies.policy("retry") is None
    assert policies.policy(None) is None


def test_tenacity_does_not_wait_unless_told_to() -> None:
    tenacity = pytest.importorskip("tenacity")
    found = tenacity.Retrying()
    state = tenacity.RetryCallState(found, None, (), {})
    assert found.wait(state) == 0
    assert found.stop is tenacity.stop_never
    assert tenacity.wait_none()(state) == 0
    assert tenacity.wait_fixed(0)(state) == 0
    assert tenacity.wait_exponential(max=0)(state) == 0


def test_urllib3_does_not_wait_unless_told_to() -> None:
    urllib3 = pytest.importorskip("urllib3")
    found = urllib3.Retry()
    assert (found.total, found.backoff_factor, found.backoff_jitter) == (10, 0, 0)
    assert [urllib3.Retry(False).total, urllib3.Retry(0).total] == [False, 0]


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
    for zero in ({"cap": 0}, {"base": 0}):
        assert backoff.FullJitterBackoff(**zero).compute(5) == 0
        assert backoff.ExponentialBackoff(**zero).compute(5) == 0


def test_retrying_does_not_wait_unless_told_to() -> None:
    retrying = pytest.importorskip("retrying")
    assert retrying.Retrying().wait(5, 100) == 0
    assert retrying.Retrying(wait_fixed=0).wait(5, 100) == 0
    assert retrying.Retrying().stop(10**6, 10**9) is False
