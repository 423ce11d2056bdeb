"""CNL203, CNL205 and CNL207: how a retry ends, and what it waits with. The silent ones come first."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix

IMPORTS = """\
import asyncio, errno, itertools, random, signal, socket, threading, time
import aiohttp, httpx, redis, requests, tenacity, trio
"""

ENDLESS = """
    while True:
        try:
            return socket.create_connection(a)
        except OSError as e:
            {}
"""
BLOCKING = """
async def f(a):
    for n in range(5):
        try:
            return await asyncio.open_connection(*a)
        except OSError:
            {}
    raise ConnectionError(a)
"""
LATE = """
def f(a):
    for n in range(5):
        try:
            return socket.create_connection(a)
        except OSError as e:
            {}
"""

SILENT = {
    "CNL203": {
        "counts": "def f(a):\n    n = 0" + ENDLESS.format("n += 1\n            if n > 5:\n                raise"),
        "raises-sometimes": "def f(a, p):"
        + ENDLESS.format("if p.over:\n                raise\n            time.sleep(1)"),
        "helper-may-give-up": "def f(a, p):" + ENDLESS.format("p.check(e)\n            time.sleep(1)"),
        "helper-of-the-file-gives-up": "def g(e):\n    raise e\ndef f(a):"
        + ENDLESS.format("g(e)\n            time.sleep(1)"),
        "delays-run-out": "def f(a, d):" + ENDLESS.format("time.sleep(next(d))"),
        "row-of-delays-runs-out": "def f(a, d):\n    n = 0" + ENDLESS.format("time.sleep(d[n])\n            n += 1"),
        "reads-the-time": "def f(a, end):"
        + ENDLESS.format("if time.time() > end:\n                raise\n            time.sleep(1)"),
        "alarm": "signal.alarm(30)\ndef f(a):" + ENDLESS.format("time.sleep(1)"),
        "decorator-with-a-limit": "@timeout(30)\ndef f(a):" + ENDLESS.format("time.sleep(1)"),
        "under-a-cancel-scope": "async def f(a):\n    with trio.move_on_after(9):\n        while True:\n            try:\n"
        "                return await trio.open_tcp_stream(*a)\n            except OSError:\n                await trio.sleep(1)\n",
        "started-as-a-task": "async def f(a):\n    while True:\n        try:\n            return await asyncio.open_connection(*a)\n"
        "        except OSError:\n            await asyncio.sleep(1)\nasync def main(a):\n    t = asyncio.create_task(f(a))\n    t.cancel()\n",
        "flag-of-the-object": "class A:\n    def f(self, a):\n        while not self.done:\n            try:\n"
        "                return socket.create_connection(a)\n            except OSError:\n                time.sleep(1)\n",
        "event-waits": "def f(a, stop):\n    while not stop.wait(1):\n        try:\n            return socket.create_connection(a)\n"
        "        except OSError:\n            pass\n",
        "counted-by-itertools": "def f(a):\n    for n in itertools.count():\n        try:\n            return socket.create_connection(a)\n"
        "        except OSError:\n            if n == 5:\n                raise\n            time.sleep(1)\n",
        "exits": "import sys\ndef f(a, p):"
        + ENDLESS.format("if p:\n                sys.exit(1)\n            time.sleep(1)"),
        "policy-with-a-stop": "@tenacity.retry(stop=tenacity.stop_after_delay(60))\ndef f(u):\n    return requests.get(u)\n",
    },
    "CNL205": {
        "awaits": BLOCKING.format("await asyncio.sleep(1)"),
        "in-a-thread": BLOCKING.format("await asyncio.to_thread(time.sleep, 1)"),
        "in-an-executor": BLOCKING.format("await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1)"),
        "another-sleep": "from helpers import sleep\n" + BLOCKING.format("sleep(1)"),
        "method-of-another": "class C:\n    def sleep(self, n):\n        self.slept += n\nclock = C()\n"
        + BLOCKING.format("clock.sleep(1)"),
        "eventlet": "import eventlet\n" + BLOCKING.format("time.sleep(1)"),
        "nested-function": "async def f(a):\n    def g():\n        for n in range(3):\n            try:\n                return socket.create_connection(a)\n"
        "            except OSError:\n                time.sleep(1)\n        raise ConnectionError(a)\n    return await asyncio.to_thread(g)\n",
        "plain-function": BLOCKING.replace("async ", "")
        .replace("await asyncio.open_connection(*a)", "socket.create_connection(a)")
        .format("time.sleep(1)"),
    },
    "CNL207": {
        "only-between": LATE.format("if n < 4:\n                time.sleep(1)\n    raise ConnectionError(a)"),
        "another-attempt": LATE.format("time.sleep(1)\n    return socket.create_connection(a)"),
        "calls-itself": LATE.format("time.sleep(1)\n    return f(a)"),
        "helper-waits": LATE.format("backoff(n)\n    raise ConnectionError(a)"),
        "raises-on-the-last": LATE.format("if n == 4:\n                raise\n            time.sleep(1)"),
        "raises-by-a-flag": LATE.format(
            "if last(n):\n                raise\n            time.sleep(1)\n    return None"
        ),
        "gives-up-in-a-call": LATE.format("give_up_after(n, e)\n            time.sleep(1)\n    return None"),
        "loop-around-it": "def f(a):\n    while True:\n        for n in range(3):\n            try:\n                return socket.create_connection(a)\n"
        "            except OSError:\n                time.sleep(1)\n        print('still down')\n",
        "falls-back": LATE.format("time.sleep(1)\n    return fetch_from_cache(a)"),
        "deadline": "def f(a, end):\n    while time.monotonic() < end:\n        try:\n            return socket.create_connection(a)\n"
        "        except OSError:\n            time.sleep(1)\n    raise TimeoutError(a)\n",
        "shorter-for-the-last": LATE.format("time.sleep(1 if n < 4 else 0)\n    return None"),
        "result-of-a-success-is-used": "def f(a):\n    for n in range(5):\n        try:\n            s = socket.create_connection(a)\n            break\n"
        "        except OSError:\n            time.sleep(1)\n    serve(s)\n",
    },
}

BAD = {
    "CNL203": {
        "plain": "def f(a):" + ENDLESS.format("time.sleep(1)"),
        "hot": "def f(a):" + ENDLESS.format("continue"),
        "logs": "import logging\nlog = logging.getLogger()\ndef f(a):" + ENDLESS.format("log.info('again: %s', e)\n            time.sleep(1)"),
        "counts-what-nobody-reads": "def f(a):\n    n = 0" + ENDLESS.format("n += 1\n            print(n)\n            time.sleep(min(30, 2**n))"),
        "raises-the-others": "def f(a):" + ENDLESS.format("if e.errno != errno.ECONNREFUSED:\n                raise\n            time.sleep(1)"),
        "sleeps-in-a-function": "def pause():\n    time.sleep(1)\ndef f(a):" + ENDLESS.format("pause()"),
        "until-it-is-there": "def f(u):\n    r = None\n    while r is None:\n        try:\n            r = requests.get(u)\n        except requests.ConnectionError:\n            time.sleep(1)\n    return r\n",
        "policy": "@tenacity.retry(wait=tenacity.wait_random_exponential(max=30))\ndef f(u):\n    return requests.get(u)\n",
    },
    "CNL205": {
        "plain": BLOCKING.format("time.sleep(1)"),
        "under-a-test": BLOCKING.format("if n:\n                time.sleep(n)"),
        "alias": "import time as t\n" + BLOCKING.format("t.sleep(n)"),
        "function-of-the-file": "def pause(n):\n    time.sleep(n)\n" + BLOCKING.format("pause(n)"),
    },
    "CNL207": {
        "raises": LATE.format("time.sleep(1)\n    raise ConnectionError(a)"),
        "returns": LATE.format("time.sleep(1)\n    return None"),
        "logs-and-raises": "import logging\nlog = logging.getLogger()\n" + LATE.format("time.sleep(1)\n    log.error('gave up')\n    raise ConnectionError(a)"),
        "only-some-failures": LATE.format("if e.errno != errno.ECONNREFUSED:\n                raise\n            time.sleep(1)\n    return None"),
        "random": LATE.format("time.sleep(random.uniform(0, min(30, 2**n)))\n    raise ConnectionError(a)"),
        "flag-tested": "def f(c: redis.Redis):\n    sent = False\n    for n in range(3):\n        try:\n            c.ping()\n            sent = True\n            break\n"
        "        except redis.ConnectionError:\n            time.sleep(1)\n    if not sent:\n        raise RuntimeError('gave up')\n    c.info()\n",
    },
}  # fmt: skip

UNFIXED = {
    "lock-held": "lock = threading.Lock()\nasync def f(a):\n    with lock:\n        for n in range(5):\n            try:\n"
    "                return await asyncio.open_connection(*a)\n            except OSError:\n                time.sleep(1)\n    raise ConnectionError(a)\n",
    "lock-acquired": "async def f(a, lock):\n    lock.acquire()\n    for n in range(5):\n        try:\n"
    "            return await asyncio.open_connection(*a)\n        except OSError:\n            time.sleep(1)\n    raise ConnectionError(a)\n",
    "cancellation-taken": "async def f(a):\n    try:\n        for n in range(5):\n            try:\n                return await asyncio.open_connection(*a)\n"
    "            except OSError:\n                time.sleep(1)\n    except:\n        return None\n",
    "result-kept": BLOCKING.format("waited = time.sleep(1)"),
}  # fmt: skip


def found(code: str, text: str) -> list[str]:
    checked = check((IMPORTS + text).encode(), "example.py", Selection(select=(code,)))
    assert checked.problems == ()
    return [item.message for item in checked.diagnostics]


def cases(table: dict[str, dict[str, str]]) -> list[object]:
    return [
        pytest.param(code, text, id=f"{code}-{name}") for code, part in table.items() for name, text in part.items()
    ]


@pytest.mark.parametrize(("code", "text"), cases(SILENT))
def test_silent(code: str, text: str) -> None:
    assert found(code, text) == []


@pytest.mark.parametrize(("code", "text"), cases(BAD))
def test_reported(code: str, text: str) -> None:
    assert len(found(code, text)) == 1


@pytest.mark.parametrize("text", UNFIXED.values(), ids=UNFIXED.keys())
def test_sleep_that_may_not_be_awaited_stays(text: str) -> None:
    data = (IMPORTS + text).encode()
    assert len(found("CNL205", text)) == 1
    assert fix(data, "example.py", Selection(select=("CNL205",)), unsafe=True).data == data
