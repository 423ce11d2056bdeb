"""What the fixes of CNL206 write really waits: the fixed policy is made, by its library, and asked for its waits."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from connlint.engine import Selection, check, fix

ALL = Selection(select=("CNL206",))


def fixed(code: str) -> str:
    result = fix(dedent(code).encode(), "example.py", ALL, unsafe=True)
    assert result.dropped == ()
    assert dict(result.applied) == {"CNL206": 1}
    assert result.checked.diagnostics == ()
    return result.data.decode()


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(code, "example.py", "exec"), names)
    return names


def waits_of_tenacity(policy: Any) -> list[float]:
    tenacity = pytest.importorskip("tenacity")
    state = tenacity.RetryCallState(policy, None, (), {})
    waits = []
    for number in range(1, 8):
        state.attempt_number = number
        waits.append(policy.wait(state))
    return waits


@pytest.mark.parametrize(
    "code",
    [
        "from tenacity import retry\n@retry\ndef f(): requests.get(URL)\n",
        "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(4))\ndef f(): requests.get(URL)\n",
        "import tenacity\n@tenacity.retry\ndef f(): requests.get(URL)\n",
        "import tenacity as t\n@t.retry(wait=t.wait_fixed(0))\ndef f(): requests.get(URL)\n",
        "from tenacity import retry, wait_none\n@retry(wait=wait_none())\ndef f(): requests.get(URL)\n",
        "from tenacity import retry\nwait_exponential_jitter = None\n@retry\ndef f(): requests.get(URL)\n",
    ],
)
def test_tenacity_waits(code: str) -> None:
    pytest.importorskip("tenacity")
    result = fixed(f"import requests\n{code}")
    assert "wait_none" not in result
    waits = waits_of_tenacity(run(result)["f"].retry)
    assert 1 <= waits[0] <= 2
    assert waits[1] > 2
    assert waits[3] >= 8
    assert waits[-1] == 30


@pytest.mark.parametrize(
    "code",
    [
        "import urllib3\npolicy = urllib3.Retry(5)\n",
        "import urllib3\npolicy = urllib3.util.Retry(connect=3, backoff_factor=0)\n",
        "from requests.packages.urllib3.util.retry import Retry\npolicy = Retry(total=5, status_forcelist=[503])\n",
        "from requests.adapters import HTTPAdapter\npolicy = HTTPAdapter(max_retries=5)\n",
        "from requests.adapters import HTTPAdapter\npolicy = HTTPAdapter(10, 20, 5)\n",
        "import requests\npolicy = requests.adapters.HTTPAdapter(max_retries=5)\n",
        "import requests, urllib3\npolicy = requests.adapters.HTTPAdapter(max_retries=5)\n",
        "from requests.adapters import HTTPAdapter\nfrom urllib3 import Retry\npolicy = HTTPAdapter(max_retries=5)\n",
    ],
)
def test_urllib3_waits(code: str) -> None:
    urllib3 = pytest.importorskip("urllib3")
    pytest.importorskip("requests")
    before, after = (getattr(made, "max_retries", made) for made in (run(code)["policy"], run(fixed(code))["policy"]))
    assert (after.total, after.connect, after.status_forcelist) == (
        before.total,
        before.connect,
        before.status_forcelist,
    )
    for policy, expected in ((before, [0, 0, 0]), (after, [0, 1, 2])):
        waited = []
        for _ in expected:
            policy = policy.increment("GET", "/", error=urllib3.exceptions.ConnectTimeoutError())  # noqa: PLW2901
            waited.append(policy.get_backoff_time())
        assert waited == expected


def test_redis_waits() -> None:
    pytest.importorskip("redis")
    result = fixed(
        "import redis\nfrom redis.backoff import NoBackoff\nfrom redis.retry import Retry\np = Retry(NoBackoff(), 3)\n"
    )
    assert "NoBackoff" not in result
    waits = [run(result)["p"]._backoff.compute(number) for number in range(1, 9)]
    assert 0 < max(waits) <= 30


def test_retrying_waits() -> None:
    pytest.importorskip("retrying")
    result = fixed("import requests\nfrom retrying import retry\n@retry\ndef f(): requests.get(URL)\n")
    retrying = pytest.importorskip("retrying")
    arguments = result.split("@retry(")[1].split(")\n")[0]
    policy = eval(f"retrying.Retrying({arguments})", {"retrying": retrying})
    assert [policy.wait(number, 0) for number in (1, 2, 9)] == [1000, 2000, 30000]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from tenacity import retry\n@retry\ndef load(): requests.get(URL)\n", "`@retry` retries `load` with no wait"),
        ("from urllib3 import Retry\nRetry(total=5)\n", "`Retry(total=5)` retries with no wait in between: let the wait grow"),
        ("from requests.adapters import HTTPAdapter\nHTTPAdapter(max_retries=7)\n", "Retry(total=7, backoff_factor=0.5)"),
    ],
)  # fmt: skip
def test_the_message_names_what_the_user_wrote(code: str, said: str) -> None:
    (found,) = check(f"import requests\n{code}".encode(), "x.py", ALL).diagnostics
    assert said in found.message
    assert len(found.why) == 2


def test_rows_are_those_of_the_decorator_and_of_the_call() -> None:
    code = """\
        import requests
        from tenacity import retry
        from urllib3 import Retry


        @other
        @retry(
            reraise=True,
        )
        def load():
            return requests.get(URL)


        session.mount(
            "https://",
            Retry(
                5,
            ),
        )
        """
    found = check(dedent(code).encode(), "x.py", ALL).diagnostics
    assert [(item.row, item.column) for item in found] == [(7, 1), (16, 5)]


def test_two_policies_share_the_import() -> None:
    code = "import requests\nfrom tenacity import retry\n\n\n@retry\ndef f(): requests.get(A)\n\n\n@retry\ndef g(): requests.get(B)\n"
    result = fix(code.encode(), "x.py", ALL, unsafe=True)
    assert dict(result.applied) == {"CNL206": 2}
    assert result.data.decode().count("import retry, wait_exponential_jitter\n") == 1
    assert result.data.decode().count("@retry(wait=wait_exponential_jitter(max=30))\n") == 2


def test_without_a_name_for_the_wait_there_is_no_fix() -> None:
    code = "import requests\ntry:\n    from tenacity import retry\nexcept ImportError:\n    raise\n@retry\ndef f(): requests.get(A)\n"
    result = fix(code.encode(), "x.py", ALL, unsafe=True)
    assert [item.code for item in result.checked.diagnostics] == ["CNL206"]
    assert result.data == code.encode()
