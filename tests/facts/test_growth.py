"""How the delay of a retry changes from one attempt to the next, however it is written."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from connlint.facts.growth import seconds_of
from tests.facts.reading import read

if TYPE_CHECKING:
    from connlint.facts import Facts
    from connlint.facts.model import Delay

IMPORTS = "import asyncio, itertools, math, os, queue, random, requests, secrets, threading, time\n"
params = pytest.mark.parametrize


def delay_of(code: str) -> tuple[Facts, Delay]:
    """Return the only delay of the only loop of `code`, and the facts of the file."""
    facts = read(IMPORTS + code)
    delays = {delay.node: delay for loop in facts.loops for item in loop.retried for delay in item.delays}
    ((delay),) = delays.values()
    return facts, delay


def retry(handler: str, *, head: str = "for n in range(9):", before: str = "", finally_: str = "") -> str:
    """Return a function that gets `url` under `head`, and does `handler` when that fails."""
    lines = ["def fetch(url, config, policy, delays, delay=1, step=1):"]
    lines += [indent(before, "    ")] if before else []
    lines += [
        f"    {head}",
        "        try:",
        "            return requests.get(url)",
        "        except requests.ConnectionError as error:",
        indent(handler, "            "),
    ]
    lines += ["        finally:", indent(finally_, "            ")] if finally_ else []
    return "\n".join(lines) + "\n"


SLEEP = "time.sleep(delay)"


@params(
    ("handler", "before", "growth"),
    [
        ("time.sleep(5)", "", "constant"),
        ("time.sleep(BACKOFF)", "", "constant"),
        ("time.sleep(2 ** 3)", "", "constant"),
        (SLEEP, "", "constant"),
        (SLEEP, "delay = compute()", "constant"),
        ("delay = 5\n" + SLEEP, "", "constant"),
        ("time.sleep(wait)\nwait = 5", "wait = 5", "constant"),
        ("time.sleep(config.delay)", "", "constant"),
        ("time.sleep(config['delay'])", "", "constant"),
        ("time.sleep(config.get('delay', 5))", "", "constant"),
        ("time.sleep(float(os.environ['DELAY']))", "", "constant"),
        ("time.sleep(DELAYS[0])", "DELAYS = [5, 10]", "constant"),
        ("time.sleep(delay.total_seconds())", "", "constant"),
        ("time.sleep(delay or 5)", "", "constant"),
        ("time.sleep(n)", "", "linear"),
        ("time.sleep(2 * n + 1)", "", "linear"),
        ("time.sleep(n ** 2)", "", "linear"),
        (SLEEP + "\ndelay += step", "", "linear"),
        (SLEEP + "\ndelay = delay + 1", "", "linear"),
        ("time.sleep(1.5 ** n)", "", "exponential"),
        ("time.sleep(config.base * 2 ** (n - 1))", "", "exponential"),
        ("time.sleep(math.exp(n))", "", "exponential"),
        ("time.sleep(pow(2, n))", "", "exponential"),
        ("time.sleep(1 << n)", "", "exponential"),
        (SLEEP + "\ndelay *= 2", "", "exponential"),
        (SLEEP + "\ndelay <<= 1", "", "exponential"),
        (SLEEP + "\ndelay += delay", "", "exponential"),
        (SLEEP + "\ndelay = min(60, delay * 2)", "", "exponential"),
        (SLEEP + "\ndelay = min(delay + delay, 60)", "", "exponential"),
        (SLEEP + "\nlast, delay = delay, last + delay", "last = 1", "exponential"),
        (SLEEP + "\ndelay += step\nstep *= 2", "", "exponential"),
        ("wait = 2 ** n\nwait = min(wait, 30)\ntime.sleep(wait)", "", "exponential"),
        (SLEEP + "\ndelay = delay * 2 if delay < 30 else 30", "", "exponential"),
        ("time.sleep([1, 2, 4, 8][n])", "", "exponential"),
        ("time.sleep(DELAYS[min(n, len(DELAYS) - 1)])", "DELAYS = (1, 2, 3)", "linear"),
        ("time.sleep(next(waits))", "waits = (2 ** k for k in itertools.count())", "exponential"),
        ("time.sleep(next(waits))", "waits = iter([1, 5, 30])", "exponential"),
        ("time.sleep(next(delays))", "", "unknown"),
        ("time.sleep(policy.delay)", "", "unknown"),
        ("time.sleep(policy.next_delay(n))", "", "unknown"),
        ("time.sleep(error.retry_after)", "", "unknown"),
        ("time.sleep(int(error.response.headers.get('Retry-After', 5)))", "", "unknown"),
        ("time.sleep(DELAYS[n])", "", "unknown"),
        ("time.sleep([5, 1, 9][n])", "", "unknown"),
        ("time.sleep(10 / n)", "", "unknown"),
        ("time.sleep(10 - n)", "", "unknown"),
        (SLEEP + "\ndelay -= 1", "", "unknown"),
        (SLEEP + "\ndelay *= 0.5", "", "unknown"),
        (SLEEP + "\nif n > 3:\n    delay = 30", "delay = 1", "unknown"),
        ("time.sleep(1 if n < 3 else 30)", "", "unknown"),
        ("time.sleep(compute(n))", "", "unknown"),
        ("for part in range(n):\n    time.sleep(1)", "", "constant"),
        ("policy.sleep()", "", "unknown"),
        ("wait_for_slot(5)", "", "unknown"),
        ("policy.wait(5)", "", "constant"),
        ("threading.Event().wait(2 ** n)", "", "exponential"),
        ("queue.Queue().get(timeout=5)", "", "constant"),
    ],
)
def test_growth(handler: str, before: str, growth: str) -> None:
    assert delay_of(retry(handler, before=before))[1].growth == growth


@params(
    ("head", "before", "growth"),
    [
        ("for delay in (1, 2, 4):", "", "exponential"),
        ("for delay in (1, 2, 4, None):", "", "exponential"),
        ("for delay in [5] * 3:", "", "constant"),
        ("for delay in [config.delay] * 3:", "", "constant"),
        ("for delay in [1, 2] + [4, None]:", "", "exponential"),
        ("for delay in itertools.repeat(5, 3):", "", "constant"),
        ("for delay in itertools.count(1):", "", "linear"),
        ("for delay in range(9, 0, -1):", "", "unknown"),
        ("for n, delay in enumerate((1, 2, 4)):", "", "exponential"),
        ("for n, delay in zip(range(3), [5, 5, 5]):", "", "constant"),
        ("for delay in [2 ** k for k in range(5)]:", "", "exponential"),
        ("for delay in policy:", "", "unknown"),
        ("for delay in policy.delays():", "", "unknown"),
        ("while delay < 60:", "delay = 1", "constant"),
    ],
)
def test_growth_of_what_is_iterated_over(head: str, before: str, growth: str) -> None:
    assert delay_of(retry(SLEEP, head=head, before=before))[1].growth == growth


def test_growth_in_finally() -> None:
    assert delay_of(retry(SLEEP, finally_="delay *= 2"))[1].growth == "exponential"


@params(
    ("functions", "handler", "growth"),
    [
        ("def pause(n):\n    time.sleep(5)\n", "pause(n)", "constant"),
        ("def pause(n):\n    time.sleep(2 ** n)\n", "pause(n)", "exponential"),
        ("def pause(n, base=2):\n    time.sleep(base * n)\n", "pause(n=n)", "linear"),
        ("def pause(n):\n    seconds = min(30, 2 ** n)\n    time.sleep(seconds)\n", "pause(n)", "exponential"),
        ("def pause(n):\n    for _ in range(n):\n        time.sleep(1)\n", "pause(n)", "unknown"),
        ("def inner(s):\n    time.sleep(s)\ndef pause(n):\n    inner(n * 2)\n", "pause(n)", "linear"),
        ("def pause(n):\n    time.sleep(1)\n    time.sleep(n)\n", "pause(n)", "unknown"),
        ("def length(n):\n    return 5\n", "time.sleep(length(n))", "constant"),
        ("def length(n):\n    return min(30, 2 ** n)\n", "time.sleep(length(n))", "exponential"),
        (
            "def length(n):\n    if n > 5:\n        return 30\n    return 2 ** n\n",
            "time.sleep(length(n))",
            "exponential",
        ),
        (
            "def length(n):\n    delay = 2 ** n\n    return delay\n",
            "delay = length(n)\ntime.sleep(delay)",
            "exponential",
        ),
        ("def length():\n    delay = 5\n    return delay\n", "delay = length()\ntime.sleep(delay)", "constant"),
        ("def length(n):\n    return 1 if n else 5\n", "time.sleep(length(n))", "unknown"),
        ("def length(n):\n    return length(n - 1) * 2\n", "time.sleep(length(n))", "unknown"),
    ],
)
def test_growth_through_functions(functions: str, handler: str, growth: str) -> None:
    assert delay_of(functions + retry(handler))[1].growth == growth


@params(
    ("constructor", "handler", "more", "growth"),
    [
        ("self.delay = delay", "time.sleep(self.delay)", "", "constant"),
        ("self.delay = 5", "time.sleep(self.delay)", "", "constant"),
        ("self.delay = 1", "time.sleep(self.delay)\nself.delay *= 2", "", "exponential"),
        ("self.delay = 1", "self.pause()", "def pause(self):\n    time.sleep(self.delay)\n    self.delay *= 2\n", "exponential"),
        ("self.delay = 1", "self.pause()", "def pause(self):\n    time.sleep(self.delay)\n", "constant"),
        ("self.delay = 1", "time.sleep(self.delay)", "def lost(self):\n    self.delay *= 2\n", "unknown"),
        ("self.delay = 1", "time.sleep(self.delay)", "def change(self, delay):\n    self.delay = delay\n", "constant"),
        ("self.n = 0", "time.sleep(self.delay)", "@property\ndef delay(self):\n    return 2 ** self.n\n", "constant"),
        ("self.n = 0", "self.n += 1\ntime.sleep(self.delay)", "@property\ndef delay(self):\n    return 2 ** self.n\n", "exponential"),
    ],
)  # fmt: skip
def test_growth_of_attributes(constructor: str, handler: str, more: str, growth: str) -> None:
    code = (
        f"class Client:\n    def __init__(self, delay=1):\n        {constructor}\n{indent(more, '    ')}"
        "    def fetch(self, url):\n        while True:\n            try:\n                return requests.get(url)\n"
        f"            except requests.ConnectionError:\n{indent(handler, ' ' * 16)}\n"
    )
    assert delay_of(code)[1].growth == growth


def test_growth_of_a_generator_of_the_file() -> None:
    generator = "def lengths(first):\n    delay = first\n    while True:\n        yield delay\n        delay = min(60, delay * 2)\n"
    _, delay = delay_of(generator + retry(SLEEP, head="for delay in lengths(1):"))
    assert (delay.growth, delay.capped) == ("exponential", True)


@params(
    ("handler", "before", "jitter"),
    [
        ("time.sleep(2 ** n)", "", False),
        (SLEEP, "delay = random.uniform(1, 5)", True),
        ("time.sleep(random.SystemRandom().uniform(0, n))", "", True),
        ("time.sleep(secrets.randbelow(5))", "", True),
        ("time.sleep(2 ** n + random.random())", "", True),
        ("extra = random.random()\ntime.sleep(2 ** n + extra)", "", True),
        ("time.sleep(with_jitter(2 ** n))", "", True),
        ("time.sleep(2 ** n * config.rng.uniform(0.5, 1))", "", True),
        ("time.sleep(n + config.jitter)", "", True),
    ],
)
def test_jitter(handler: str, before: str, jitter: bool) -> None:
    assert delay_of(retry(handler, before=before))[1].jitter is jitter


@params(
    ("handler", "capped"),
    [
        (SLEEP + "\ndelay *= 2", False),
        (SLEEP + "\ndelay = min(60, delay * 2)", True),
        (SLEEP + "\ndelay *= 2\nif delay > 60:\n    delay = 60", True),
        (SLEEP + "\nif delay < 60:\n    delay *= 2", True),
        (SLEEP + "\ndelay = delay * 2 if delay < 60 else 60", True),
        ("time.sleep((1, 2, 4)[n])\nn += 1", True),
    ],
)
def test_cap(handler: str, capped: bool) -> None:
    assert delay_of(retry(handler, head="while True:", before="n = 0"))[1].capped is capped


def test_a_counter_that_ends_is_a_cap() -> None:
    assert delay_of(retry("time.sleep(2 ** n)"))[1].capped


def test_a_success_sets_the_delay_back() -> None:
    code = (
        "def follow(url, serve):\n    delay = 1\n    while True:\n        try:\n            serve(requests.get(url))\n"
        "            delay = 1\n        except requests.ConnectionError:\n            time.sleep(delay)\n            delay *= 2\n"
    )
    assert delay_of(code)[1].resets
    assert not delay_of(code.replace("            delay = 1\n", ""))[1].resets


@params(
    ("wait", "after"),
    [
        ("            time.sleep(5)\n", False),
        ("            pass\n        time.sleep(5)\n", True),
        ("            time.sleep(5)\n            continue\n        time.sleep(5)\n", True),
        ("            time.sleep(5)\n            continue\n        time.sleep(60)\n", False),
    ],
)
def test_the_period_of_a_poll(wait: str, after: bool) -> None:
    code = (
        "def follow(url, serve):\n    while True:\n        try:\n            serve(requests.get(url))\n"
        "        except requests.ConnectionError:\n" + wait
    )
    assert delay_of(code)[1].after_success is after


@params(
    ("handler", "before", "seconds"),
    [
        ("time.sleep(5)", "", 5),
        ("time.sleep(5 * 60)", "", 300),
        ("time.sleep(LONG)", "LONG = 60 * 2", 120),
        (SLEEP, "", 1),
        ("time.sleep(url)", "", None),
        ("time.sleep(config.delay)", "", None),
    ],
)
def test_seconds(handler: str, before: str, seconds: float | None) -> None:
    assert seconds_of(*delay_of(retry(handler, before=before))) == seconds


def test_waiting_for_an_event_that_may_come() -> None:
    code = (
        "async def connect(host, stopped, delay=5):\n    while not stopped.is_set():\n        try:\n"
        "            return await asyncio.open_connection(host, 80)\n        except OSError:\n"
        "            await asyncio.wait_for(stopped.wait(), timeout=delay)\n"
    )
    assert delay_of(code)[1].growth == "constant"
