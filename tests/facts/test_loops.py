"""What a loop with a handler in it is: its kind, its delays, its bound, and what happens when it is used up."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from connlint.facts.flow import MOST_STATES
from tests.facts.reading import read, text

if TYPE_CHECKING:
    from connlint.facts.model import RetryLoop

params = pytest.mark.parametrize


def loops(code: str) -> tuple[RetryLoop, ...]:
    return read("import itertools, random, requests, socket, time\n" + code).loops


def retry(head: str, handler: str, before: str = "", after: str = "") -> RetryLoop:
    """Return the loop of a function that gets `url` under `head`, and does `handler` when that fails."""
    body = "\n".join(
        [
            "def fetch(url, hosts, attempts, deadline):",
            *([indent(before, "    ")] if before else []),
            f"    {head}",
            "        try:",
            "            return requests.get(url)",
            "        except requests.ConnectionError as error:",
            indent(handler, "            "),
            *([indent(after, "    ")] if after else []),
        ]
    )
    (loop,) = loops(body + "\n")
    return loop


# A client that is waited for is awaited; what is not, turns a state machine.
STATE = """\
async def open(client):
    while True:
        try:
            {}
            break
        except Exception:
            await asyncio.sleep(1)
"""


@params(
    "code",
    [
        pytest.param("for x in y:\n    print(x)\n", id="no-handler"),
        pytest.param("while True:\n    try:\n        work()\n    except ValueError:\n        pass\n", id="other-class"),
        pytest.param(
            "while True:\n    try:\n        work()\n    except Exception:\n        pass\n", id="opaque-and-broad"
        ),
        pytest.param(
            "while True:\n    try:\n        work()\n    except ConnectionError:\n        break\n", id="leaves"
        ),
        pytest.param("while True:\n    try:\n        work()\n    except TimeoutError:\n        pass\n", id="timeout"),
        pytest.param(
            "class A:\n    while True:\n        try:\n            work()\n        except ConnectionError:\n            pass\n",
            id="class-body",
        ),
        pytest.param(
            "while True:\n    def f():\n        try:\n            work()\n        except ConnectionError:\n            pass\n",
            id="function-in-the-loop",
        ),
        pytest.param(
            "while True:\n    work()\nelse:\n    try:\n        work()\n    except ConnectionError:\n        pass\n",
            id="else-of-the-loop",
        ),
        pytest.param("try:\n    work()\nexcept* ConnectionError:\n    pass\n", id="except-star"),
        pytest.param(STATE.format("client.connect()"), id="state-of-a-client"),
    ],
)
def test_no_retry(code: str) -> None:
    assert loops(code) == ()


def test_sleep_is_taken_at_its_name() -> None:
    code = (
        "def f(url):\n    from time import time\n    while True:\n        try:\n            return requests.get(url)\n"
    )
    (loop,) = loops(code + "        except OSError:\n            time.sleep(1)\n")
    assert loop.retried[0].always_delayed


@params("awaited", ["await client.connect()", "opened = client.connect()\n            await opened"])
def test_awaited_connect_is_retried(awaited: str) -> None:
    assert [loop.kind for loop in loops(STATE.format(awaited))] == ["retry"]


@params(
    ("code", "kind"),
    [
        ("for host in hosts:\n    try:\n        socket.create_connection((host, 80))\n    except OSError:\n        pass\n", "failover"),
        (
            "w = socket.socket()\nwhile True:\n    a = socket.socket()\n    a.bind(('127.0.0.1', 0))\n"
            "    address = a.getsockname()\n    a.listen(1)\n    try:\n        w.connect(address)\n        break\n"
            "    except OSError:\n        a.close()\n",
            "failover",
        ),
        ("for item in items:\n    try:\n        requests.post('http://x', json=item)\n    except OSError:\n        pass\n", "work"),
        (
            "class Array:\n    def log_in(self):\n        for host in self.hosts:\n            self._set_host(host)\n"
            "            try:\n                self.client.connect()\n                return\n"
            "            except ConnectionError:\n                continue\n",
            "failover",
        ),
        (
            "class Array:\n    def log_in(self):\n        for attempt in self.attempts:\n            self.note(attempt)\n"
            "            try:\n                self.client.connect()\n                return\n"
            "            except ConnectionError:\n                continue\n",
            "retry",
        ),
        ("for _ in range(9):\n    try:\n        requests.get('http://x')\n    except OSError:\n        pass\n", "work"),
        ("while True:\n    try:\n        requests.get('http://x')\n    except OSError:\n        pass\n", "reconnect"),
        ("for _ in range(9):\n    try:\n        requests.get('http://x')\n        break\n    except OSError:\n        pass\n", "retry"),
        ("while True:\n    try:\n        conn.recv(1)\n        break\n    except ConnectionResetError:\n        pass\n", "read"),
        ("while not stopped.wait(60):\n    try:\n        requests.post('http://x')\n    except OSError:\n        pass\n", "reconnect"),
        ("while not self._stopped.is_set():\n    try:\n        requests.post('http://x')\n    except OSError:\n        pass\n", "reconnect"),
        ("while not self.is_connected():\n    try:\n        requests.post('http://x')\n    except OSError:\n        pass\n", "retry"),
        (
            "for host, port in hosts:\n    conn = open_conn(host, port)\n    try:\n        conn.send(Metadata())\n        break\n"
            "    except ConnectionError:\n        continue\n",
            "failover",
        ),
        (
            "def f(url, mirror):\n    failed = 0\n    while failed < 4:\n        if failed == 1:\n            url = mirror\n"
            "        try:\n            return requests.get(url)\n        except OSError:\n            failed += 1\n",
            "unknown",
        ),
        (
            "def f(url, mirror):\n    failed = 0\n    while failed < 4:\n        if failed > 0:\n            log(failed)\n"
            "        try:\n            return requests.get(url)\n        except OSError:\n            failed += 1\n",
            "retry",
        ),
        ("for _ in range(len(hosts)):\n    try:\n        connect()\n        break\n    except ConnectionError:\n        turn()\n", "unknown"),
        ("for _ in range(len(delays)):\n    try:\n        connect()\n        break\n    except ConnectionError:\n        turn()\n", "retry"),
        (
            "class Mesh:\n    def log_in(self):\n        while True:\n            try:\n                return self.connect()\n"
            "            except ConnectionError:\n                update(self, self.strategy.getnext())\n",
            "unknown",
        ),
        (
            "def f(users, size):\n    for at in range(0, 99, size):\n        some = users[at : at + size]\n        pipe.add(some)\n"
            "        try:\n            requests.post('http://x')\n            break\n        except OSError:\n            pass\n",
            "work",
        ),
        (
            "import errno\nwhile True:\n    try:\n        socket.create_connection(a)\n        break\n"
            "    except OSError as e:\n        if e.errno != errno.EINTR:\n            raise\n",
            "would-block",
        ),
    ],
)  # fmt: skip
def test_kind(code: str, kind: str) -> None:
    assert [loop.kind for loop in loops(code)] == [kind]


@params(
    ("head", "before", "bound", "counter"),
    [
        ("for n in range(5):", "", "attempts", ("n", 0, "5")),
        ("for n in range(1, attempts + 1):", "", "attempts", ("n", 1, "attempts + 1")),
        ("for _ in (1, 2, 3):", "", "attempts", None),
        ("for n in itertools.count():", "", "unbounded", ("n", 0, None)),
        ("for _ in itertools.repeat(None, 3):", "", "attempts", None),
        ("for _ in hosts():", "", "unknown", None),
        ("while True:", "", "unbounded", None),
        ("while time.monotonic() < deadline:", "", "deadline", None),
        ("while url:", "", "unknown", None),
    ],
)
def test_bound(head: str, before: str, bound: str, counter: tuple[str, int, str | None] | None) -> None:
    loop = retry(head, "print(error)", before)
    assert loop.bound == bound
    found = loop.counter
    assert counter == (found and (found.name, found.first, found.limit and text(found.limit)))


@params(
    ("handler", "growth", "jitter", "capped"),
    [
        ("time.sleep(1)", "constant", False, False),
        ("time.sleep(BACKOFF)", "constant", False, False),
        ("time.sleep(n)", "linear", False, True),
        ("time.sleep(2 * n + 1)", "linear", False, True),
        ("time.sleep(2**n)", "exponential", False, True),
        ("time.sleep(1 << n)", "exponential", False, True),
        ("time.sleep(min(30, 2**n))", "exponential", False, True),
        ("time.sleep(random.uniform(0, min(30, 2**n)))", "exponential", True, True),
        ("time.sleep(random.SystemRandom().uniform(0, 2**n))", "exponential", True, True),
        ("time.sleep(2**n + random.random())", "exponential", True, True),
        ("time.sleep((1, 2, 4, 8)[n])", "exponential", False, True),
        ("time.sleep([5, 5, 5][n])", "constant", False, True),
        ("delay = pow(2, n)\ntime.sleep(delay)", "exponential", False, True),
        ("time.sleep(delay)\ndelay *= 2", "exponential", False, True),
        ("time.sleep(delay)\ndelay = min(60, delay * 2)", "exponential", False, True),
        ("time.sleep(delay)\ndelay += 1", "linear", False, True),
        ("time.sleep(policy.delay(n))", "unknown", False, False),
    ],
)
def test_growth_of_the_delay(handler: str, growth: str, jitter: bool, capped: bool) -> None:
    loop = retry("for n in range(5):", handler, "delay = 1")
    ((delay,),) = [item.delays for item in loop.retried]
    assert (delay.growth, delay.jitter, delay.capped) == (growth, jitter, capped)
    assert [item.always_delayed for item in loop.retried] == [True]


@params(
    ("handler", "always", "never"),
    [
        ("pass", False, True),
        ("time.sleep(1)", True, False),
        ("time.sleep(0)", False, True),
        ("if n:\n    time.sleep(1)", False, False),
        ("if n:\n    time.sleep(1)\nelse:\n    time.sleep(2)", True, False),
        ("if n:\n    continue\ntime.sleep(1)", False, False),
        ("reset()", False, False),
        ("log.warning('%s', error)", False, True),
        ("backoff.sleep()", True, False),
        ("error.add_note('x')", False, True),
    ],
)
def test_ways_back(handler: str, always: bool, never: bool) -> None:
    loop = retry("for n in range(5):", handler)
    assert [(item.always_delayed, item.never_delayed) for item in loop.retried] == [(always, never)]


@params(
    ("head", "handler", "before", "few"),
    [
        ("for _ in range(2):", "pass", "", True),
        ("for _ in range(most):", "pass", "most = 2 if safe else 1", True),
        ("for _ in range(most):", "pass", "most = 3 if safe else 1", False),
        ("for _ in range(3):", "pass", "", False),
        ("for _ in (0, 1):", "pass", "", True),
        ("while True:", "if again:\n    raise\nagain = True", "again = False", True),
        ("while True:", "if n > 1:\n    raise\nn += 1", "n = 1", True),
        ("while True:", "if n > 2:\n    raise\nn += 1", "n = 1", False),
        ("while left:", "left -= 1", "left = 2", True),
        ("while left:", "left -= 1", "left = 3", False),
    ],
)
def test_at_most_twice(head: str, handler: str, before: str, few: bool) -> None:
    assert retry(head, handler, before).at_most_twice is few


@params(
    ("handler", "after", "exhaustion"),
    [
        ("pass", "", "swallowed"),
        ("pass", "raise error_of()", "raised"),
        ("pass", "return None", "returned"),
        ("pass", "print('gave up')", "reported"),
        ("if n == 4:\n    raise", "", "raised"),
        ("if n == 4:\n    print('gave up')", "", "raised"),
        ("if n < 4:\n    time.sleep(1)", "", "swallowed"),
        ("failed(error)", "", "unknown"),
    ],
)
def test_exhaustion(handler: str, after: str, exhaustion: str) -> None:
    assert retry("for n in range(5):", handler, after=after).exhaustion == exhaustion


def test_loops_come_in_source_order() -> None:
    one = "for _ in range(3):\n    try:\n        requests.get('http://x')\n        break\n    except OSError:\n        pass\n"
    nested = "while True:\n" + indent(one, "    ") + one.replace("for _ in range(3)", "while True")
    found = read("import requests\n" + nested + one)
    assert [found.layout.row(loop.node) for loop in found.loops] == [3, 9, 15]


def test_too_many_ways_are_not_walked() -> None:
    flags = "".join(f"            if a{n}:\n                b{n} = {n}\n" for n in range(MOST_STATES.bit_length() + 4))
    code = (
        "def f(url):\n    while True:\n        try:\n            return requests.get(url)\n        except OSError:\n"
        + flags
    )
    assert loops(code) == ()


def test_long_chains_of_elif_are_read() -> None:
    chain = "            if error == 0:\n                pass\n" + "".join(
        f"            elif error == {n}:\n                print({n})\n" for n in range(1, 300)
    )
    code = (
        "def f(url):\n    while True:\n        try:\n            return requests.get(url)\n"
        "        except OSError as error:\n" + chain
    )
    assert [loop.kind for loop in loops(code)] == ["retry"]
