"""The repairs of retry loops, proven by running the code before and after against a clock that does not tick.

Each form is run with an operation that fails n times and then answers: the result, the exceptions and the number of
attempts stay as they were (but for the last failure, which comes out where it was swallowed), the delays are below
bounds that grow and are capped, and no delay comes after the last attempt.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from connlint.engine import Selection, fix

if TYPE_CHECKING:
    from collections.abc import Callable

CAP = 30

FORMS = {
    "range": """
        import httpx

        def run(client: httpx.Client):
            for attempt in range(5):
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    pass
            raise RuntimeError("gave up")
    """,
    "range-of-a-name": """
        import httpx

        def run(client: httpx.Client, attempts=4):
            for attempt in range(attempts):
                try:
                    return client.get("http://x")
                except httpx.ConnectError as error:
                    print(error)
                    continue
            raise RuntimeError("gave up")
    """,
    "range-from-one": """
        import httpx

        def run(client: httpx.Client, attempts=4):
            for attempt in range(1, attempts + 1):
                try:
                    return client.get("http://x")
                except httpx.ConnectError as error:
                    print(f"attempt {attempt} of {attempts}: {error}")
            raise RuntimeError("gave up")
    """,
    "underscore": """
        import httpx

        def run(client: httpx.Client):
            for _ in range(6):
                try:
                    return client.get("http://x")
                except httpx.ConnectError: pass
            else:
                raise RuntimeError("gave up")
    """,
    "raises-last": """
        import httpx

        def run(client: httpx.Client):
            for attempt in range(4):
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    if attempt >= 3:
                        raise
    """,
    "while-counter": """
        import httpx

        def run(client: httpx.Client):
            tries = 0
            while tries < 5:
                tries += 1
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    print("again")
            raise RuntimeError("gave up")
    """,
    "while-counts-in-handler": """
        import httpx

        def run(client: httpx.Client):
            done = False
            failures = 0
            while not done and failures < 4:
                try:
                    answer = client.get("http://x")
                    done = True
                except httpx.ConnectError:
                    failures += 1
            if not done:
                raise RuntimeError("gave up")
            return answer
    """,
    "while-counts-down": """
        import httpx

        def run(client: httpx.Client):
            left = 4
            while left > 0:
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    left -= 1
            raise RuntimeError("gave up")
    """,
    "while-true-counts-down-and-raises": """
        import httpx

        def run(client: httpx.Client):
            retries = 5
            while True:
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    retries -= 1
                    if not retries:
                        raise
    """,
    "unbounded": """
        import httpx

        def run(client: httpx.Client):
            while True:
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    continue
    """,
    "count": """
        import itertools
        import httpx

        def run(client: httpx.Client):
            for n in itertools.count():
                try:
                    return client.get("http://x")
                except httpx.ConnectError:
                    print(n)
    """,
    "module-level-function-in-a-class": """
        import httpx

        class Service:
            def __init__(self, client: httpx.Client):
                self.client = client

            def fetch(self):
                while True:
                    try:
                        answer = self.client.get("http://x")
                    except httpx.ConnectError:
                        # the server is not up yet
                        pass
                    else:
                        return answer

        def run(client):
            return Service(client).fetch()
    """,
    "async": """
        import asyncio
        import httpx

        async def fetch(client: httpx.AsyncClient):
            for attempt in range(5):
                try:
                    return await client.get("http://x")
                except httpx.ConnectError:
                    pass
            raise RuntimeError("gave up")

        def run(client):
            client.is_async = True
            return asyncio.run(fetch(client))
    """,
    "async-unbounded": """
        import asyncio
        import httpx

        async def fetch(client: httpx.AsyncClient):
            while True:
                try:
                    return await client.get("http://x")
                except httpx.ConnectError:
                    print("down")

        def run(client):
            client.is_async = True
            return asyncio.run(fetch(client))
    """,
}

SWALLOWING = {
    "range": """
        import httpx, time

        def run(client: httpx.Client):
            for attempt in range(5):
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError:
                    time.sleep(2**attempt)
            return answer
    """,
    "hot": """
        import httpx

        def run(client: httpx.Client):
            for attempt in range(5):
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError:
                    pass
            return answer
    """,
    "hot-and-logged": """
        import httpx

        def run(client: httpx.Client):
            for _ in range(5):
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError as error:
                    print(error)
            return answer
    """,
    "while": """
        import httpx, time

        def run(client: httpx.Client):
            tries = 0
            while tries < 5:
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError:
                    tries += 1
                    time.sleep(2**tries)
            return answer
    """,
    "breaks-off": """
        import httpx, time

        def run(client: httpx.Client):
            tries = 0
            while True:
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError:
                    tries += 1
                    if tries >= 5:
                        break
                    time.sleep(2**tries)
            return answer
    """,
}

params = pytest.mark.parametrize


class Client:
    """A client whose first `failures` requests are refused."""

    is_async = False

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.attempts = 0

    def get(self, _url: str) -> Any:
        if self.is_async:
            return self._get_async()
        return self._get()

    async def _get_async(self) -> str:
        return self._get()

    def _get(self) -> str:
        import httpx

        self.attempts += 1
        if self.attempts > 60:
            raise KeyboardInterrupt
        if self.attempts <= self.failures:
            raise httpx.ConnectError("refused")
        return "answer"


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that were asked for; nobody waits."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return found


def repaired(code: str, *codes: str) -> str:
    after = fix(code.encode(), "example.py", Selection(select=codes), unsafe=True)
    assert after.dropped == ()
    assert after.checked.diagnostics == ()
    return after.data.decode()


def run(code: str, failures: int) -> tuple[Any, int]:
    """Return what `run` of `code` gives, or the class that it raises, and how many attempts it made."""
    client = Client(failures)
    namespace: dict[str, Callable[[Client], Any]] = {}
    exec(compile(code, "example.py", "exec"), namespace)
    try:
        return namespace["run"](client), client.attempts
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        return type(error), client.attempts


@params("code", FORMS.values(), ids=FORMS.keys())
@params("failures", range(9))
def test_delayed_retry_does_what_it_did(code: str, failures: int, waited: list[float]) -> None:
    before = dedent(code)
    after = repaired(before, "CNL201")
    result, attempts = run(before, failures)
    assert waited == []
    assert run(after, failures) == (result, attempts)
    assert len(waited) == attempts - 1
    assert all(0 <= seconds <= min(2 * CAP, 2 ** (number + 1)) for number, seconds in enumerate(waited))


@params("code", [FORMS["unbounded"], FORMS["count"], FORMS["async-unbounded"]], ids=["unbounded", "count", "async"])
def test_delays_grow_are_capped_and_vary(code: str, waited: list[float]) -> None:
    after = repaired(dedent(code), "CNL201")
    rounds = []
    for _ in range(20):
        waited.clear()
        run(after, 50)
        rounds.append(list(waited))
    highest = [max(column) for column in zip(*rounds, strict=True)]
    assert highest[0] <= 1
    assert 1 < max(highest[3:]) <= CAP + 2
    assert sum(highest[40:]) > 10 * sum(highest[:3])
    assert len({round(row[10], 6) for row in rounds}) > 10


@params("code", SWALLOWING.values(), ids=SWALLOWING.keys())
@params("codes", [("CNL204",), ("CNL201", "CNL204")], ids=["raise", "wait-and-raise"])
def test_last_failure_comes_out(code: str, codes: tuple[str, ...], waited: list[float]) -> None:
    import httpx

    after = repaired(dedent(code), *codes)
    for failures in range(5):
        waited.clear()
        assert run(after, failures) == ("answer", failures + 1)
    waited.clear()
    assert run(after, 5) == (httpx.ConnectError, 5)
    assert len(waited) == (4 if waited else 0)


def test_order_of_the_two_repairs_does_not_matter() -> None:
    code = dedent(SWALLOWING["hot"])
    together = repaired(code, "CNL201", "CNL204")
    first = fix(code.encode(), "example.py", Selection(select=("CNL201",)), unsafe=True).data.decode()
    second = fix(code.encode(), "example.py", Selection(select=("CNL204",)), unsafe=True).data.decode()
    assert repaired(first, "CNL204") == repaired(second, "CNL201") == together
    assert together == dedent(
        """
        import random
        import time

        import httpx

        def run(client: httpx.Client):
            for attempt in range(5):
                try:
                    answer = client.get("http://x")
                    break
                except httpx.ConnectError:
                    if attempt == 4:
                        raise
                    time.sleep(random.SystemRandom().uniform(0, min(30, 2**attempt)))
            return answer
        """
    )


def test_on_a_real_server_that_comes_up_late(refused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code = dedent(
        """
        import socket

        def run(address):
            while True:
                try:
                    return socket.create_connection(address, timeout=5)
                except ConnectionRefusedError:
                    pass
        """
    )
    waits: list[float] = []
    servers: list[socket.socket] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            servers.append(socket.create_server(("127.0.0.1", refused_port)))

    monkeypatch.setattr("time.sleep", sleep)
    namespace: dict[str, Any] = {}
    exec(compile(repaired(code, "CNL201"), "example.py", "exec"), namespace)
    with namespace["run"](("127.0.0.1", refused_port)) as sock:
        assert sock.getpeername()[1] == refused_port
    servers[0].close()
    assert len(waits) == 3


def test_reconnect_starts_afresh_after_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    code = dedent(
        """
        import socket

        def run(address, serve):
            while True:
                try:
                    with socket.create_connection(address) as sock:
                        serve(sock)
                except OSError as error:
                    print(error)
        """
    )
    after = repaired(code, "CNL201")
    bounds: list[float] = []

    class Highest:
        def uniform(self, _low: float, high: float) -> float:
            bounds.append(high)
            return high

    monkeypatch.setattr("random.SystemRandom", Highest)
    monkeypatch.setattr("time.sleep", lambda _: None)
    served = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        outcomes = iter([OSError, OSError, None, OSError, OSError, OSError, KeyboardInterrupt])
        real = socket.create_connection

        def connect(given: Any) -> socket.socket:
            outcome = next(outcomes)
            if outcome is not None:
                raise outcome
            return real(given)

        monkeypatch.setattr("socket.create_connection", connect)
        namespace: dict[str, Any] = {}
        exec(compile(after, "example.py", "exec"), namespace)
        with pytest.raises(KeyboardInterrupt):
            namespace["run"](address, lambda _: served.set())
    assert served.is_set()
    assert bounds == [1, 2, 1, 2, 4]


DECLINED = {
    "continue-in-a-branch": """
        import requests
        def f(u):
            while True:
                try:
                    return requests.get(u)
                except requests.ConnectionError as e:
                    if e.response is None:
                        continue
                    print(e)
    """,
    "deadline": """
        import time, requests
        def f(u, deadline):
            while time.monotonic() < deadline:
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    pass
            raise TimeoutError
    """,
    "suppress-and-more": """
        import contextlib, requests
        def f(u):
            while True:
                with contextlib.suppress(requests.ConnectionError):
                    return requests.get(u)
                print("again")
    """,
    "suppress-and-round-again": """
        import contextlib, requests
        def f(u, queue):
            while True:
                with contextlib.suppress(requests.ConnectionError):
                    queue.append(requests.get(u))
    """,
    "gives-up-outside-the-handler": """
        import requests
        def f(u):
            tries = 0
            while True:
                tries += 1
                if tries > 5:
                    raise RuntimeError
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    pass
    """,
    "underscore-is-read": """
        import requests
        def f(u):
            for _ in range(5):
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    print(_)
            raise RuntimeError
    """,
    "counter-is-changed": """
        import requests
        def f(u):
            for n in range(5):
                n = n + 1
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    print(n)
            raise RuntimeError
    """,
    "limit-is-changed": """
        import requests
        def f(u, most):
            for n in range(most):
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    most = most + 1
            raise RuntimeError
    """,
    "limit-is-called": """
        import requests
        def f(u, most):
            for n in range(most()):
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    pass
            raise RuntimeError
    """,
    "twisted": """
        import requests
        from twisted.internet import reactor
        def f(u):
            for n in range(5):
                try:
                    return requests.get(u)
                except requests.ConnectionError:
                    pass
            raise RuntimeError
    """,
    "time-is-something-else": """
        import requests
        def f(u, time):
            for n in range(5):
                try:
                    return requests.get(u, headers={"x-time": time})
                except requests.ConnectionError:
                    pass
            raise RuntimeError
    """,
    "one-line": """
        import requests
        def f(u):
            while True:
                try: return requests.get(u)
                except requests.ConnectionError: print("x"); print("y")
    """,
}


@params("code", DECLINED.values(), ids=DECLINED.keys())
def test_declined(code: str) -> None:
    before = dedent(code).encode()
    after = fix(before, "example.py", Selection(select=("CNL201",)), unsafe=True)
    assert after.data == before
    assert after.dropped == ()
    assert [item.code for item in after.checked.diagnostics] == ["CNL201"]


@params(
    ("module", "sleep"),
    [("trio", "trio.sleep"), ("anyio", "anyio.sleep"), ("asyncio", "asyncio.sleep"), ("logging", "asyncio.sleep")],
)
def test_async_waits_as_the_file_does(module: str, sleep: str) -> None:
    code = f"""\
import httpx
import {module}


async def f(client: httpx.AsyncClient):
    while True:
        try:
            return await client.get("http://x")
        except httpx.ConnectError:
            pass
"""
    assert f"await {sleep}(random.SystemRandom().uniform(0, delay))" in repaired(code, "CNL201")


@params("module", ["gevent", "eventlet"])
def test_green_threads_wait_as_the_file_does(module: str) -> None:
    code = f"""\
import {module}
import requests


def f(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
"""
    assert f"{module}.sleep(random.SystemRandom().uniform(0, delay))" in repaired(code, "CNL201")


def test_name_of_the_delay_is_free() -> None:
    code = """\
import requests


def f(u, delay):
    while True:
        try:
            return requests.get(u, headers={"x": delay})
        except requests.ConnectionError:
            pass
"""
    assert "retry_delay = 1" in repaired(code, "CNL201")
