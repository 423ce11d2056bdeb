"""The text of delays: numbers and bounds as settings want them, and functions that the code at a place can call."""

from __future__ import annotations

from textwrap import dedent

import libcst as cst
import pytest

from connlint.engine import Selection, check, fix
from connlint.fixes.backoff import bound, doublings, failures_before, is_endless, number
from connlint.options import Backoff, Options

params = pytest.mark.parametrize


@params(("seconds", "text"), [(1, "1"), (30.0, "30"), (0.5, "0.5"), (0.05, "0.05"), (2.25, "2.25"), (86400, "86400")])
def test_numbers_are_written_as_people_do(seconds: float, text: str) -> None:
    assert number(seconds) == text


@params(
    ("base", "cap", "count"),
    [(30, 30, 0), (1, 2, 1), (1, 30, 5), (1, 32, 5), (1, 33, 6), (0.1, 10, 7), (5, 300, 6), (1e-300, 1e300, 1000)],
)
def test_doublings(base: float, cap: float, count: int) -> None:
    assert doublings(Backoff(base=base, cap=cap)) == count


@params(
    ("backoff", "failures", "endless", "text"),
    [
        (Backoff(), "attempt", False, "min(30, 2**attempt)"),
        (Backoff(), "attempt - 1", False, "min(30, 2 ** (attempt - 1))"),
        (Backoff(), "self.tries", False, "min(30, 2**self.tries)"),
        (Backoff(), "n", True, "min(30, 2 ** min(n, 5))"),
        (Backoff(base=0.5, cap=60.0), "n", False, "min(60, 0.5 * 2**n)"),
        (Backoff(base=2, cap=300), "n - 1", True, "min(300, 2 * 2 ** min(n - 1, 8))"),
        (Backoff(base=10, cap=10), "n", False, "10"),
    ],
)
def test_bounds(backoff: Backoff, failures: str, endless: bool, text: str) -> None:
    found = bound(backoff, failures, endless=endless)
    assert found == text
    if failures == "n":
        values = [eval(found, {"n": n}) for n in range(40)]
        assert values == [min(backoff.cap, backoff.base * 2**n) for n in range(40)]


@params(("first", "text"), [(0, "n"), (1, "n - 1"), (2, "n - 2"), (-1, "n + 1")])
def test_failures_before(first: int, text: str) -> None:
    assert failures_before("n", first) == text


@params(
    ("base", "limit", "endless"),
    [(1, "most", False), (0.5, "5", False), (1, None, True), (0.5, "most", True), (0.5, "5000", True)],
)
def test_counters_that_could_make_numbers_too_large(base: float, limit: str | None, endless: bool) -> None:
    node = cst.parse_expression(limit) if limit is not None else None
    assert is_endless(Backoff(base=base), node) is endless


# What the code at a place can call

HELPER = Backoff("helper", helper="acme.net.wait", async_helper="acme.net.pause")
LOOP = """
def run(u):
    while True:
        try:
            return requests.get(u)
        except requests.ConnectionError:
            pass
"""
ASYNC = """
async def run(host):
    for attempt in range(5):
        try:
            return await {call}
        except OSError:
            if attempt == 4:
                raise
"""


def repaired(code: str, backoff: Backoff = HELPER) -> str | None:
    code = code.lstrip("\n")
    done = fix(code.encode(), "program.py", Selection(("CNL201",), options=Options(backoff=backoff)), unsafe=True)
    assert (done.dropped, done.checked.problems) == ((), ())
    return done.data.decode() if done.applied else None


@params(
    "code",
    [
        pytest.param("import requests\n\ndef wait(n): ...\n" + LOOP, id="file-that-defines-it"),
        pytest.param("import requests\n\nacme = {}\n" + LOOP, id="package-name-is-taken"),
        pytest.param("import requests\n" + LOOP.replace("run(u)", "run(u, acme)"), id="parameter-shadows-it"),
        pytest.param("import requests\nfrom .all import *\n" + LOOP, id="star-import-may-rebind"),
        pytest.param("import requests, tornado.web\n" + LOOP, id="framework-with-a-sleep-of-its-own"),
    ],
)
def test_helper_is_declined(code: str) -> None:
    if "tornado" in code:
        assert repaired(code, Backoff()) is None
    else:
        assert repaired(code) is None


def test_async_code_needs_an_async_helper() -> None:
    code = "import asyncio\n" + ASYNC.format(call="asyncio.open_connection(host, 1)")
    assert repaired(code, Backoff("helper", helper="acme.net.wait")) is None
    assert "await acme.net.pause(attempt)\n" in (repaired(code) or "")


def test_helper_is_taken_for_a_delay_whatever_its_name() -> None:
    code = "import acme.net\nimport requests\n" + LOOP.replace("pass", "acme.net.count(u)")
    options = Options(backoff=Backoff("helper", helper="acme.net.count"))
    done = check(code.encode(), "program.py", Selection(("CNL201", "CNL202", "CNL208"), options=options))
    assert done.diagnostics == ()


def test_sync_code_needs_a_sync_helper() -> None:
    assert repaired("import requests\n" + LOOP, Backoff("helper", async_helper="acme.net.pause")) is None


def test_method_of_a_class_is_no_helper() -> None:
    assert repaired("import requests\n" + LOOP, Backoff("helper", helper="acme.net.Clock.wait")) is None


@params(
    ("imports", "call", "after"),
    [
        pytest.param(
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport requests\n',
            "acme.net.wait(attempt)",
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport acme.net\nimport requests\n',
            id="below-docstring-and-future",
        ),
        pytest.param(
            "import os\n\nimport requests\n\nfrom acme import errors\n",
            "acme.net.wait(attempt)",
            "import os\n\nimport requests\n\nimport acme.net\nfrom acme import errors\n",
            id="among-the-project's-own",
        ),
        pytest.param(
            "import requests\nfrom acme import net\n",
            "net.wait(attempt)",
            "import requests\nfrom acme import net\n",
            id="module-is-there",
        ),
        pytest.param(
            "import requests\nfrom acme.net import wait\n",
            "wait(attempt)",
            "import requests\nfrom acme.net import wait\n",
            id="function-is-there",
        ),
        pytest.param(
            "import requests\nimport acme.net as n\n",
            "n.wait(attempt)",
            "import requests\nimport acme.net as n\n",
            id="module-has-another-name",
        ),
    ],
)
def test_helper_is_imported_as_the_file_would(imports: str, call: str, after: str) -> None:
    found = repaired(imports + LOOP) or ""
    assert found.startswith(after + "\n")
    assert f"            {call}\n            attempt += 1\n" in found


def test_import_for_type_checking_does_not_count() -> None:
    code = dedent(
        """\
        from typing import TYPE_CHECKING

        import requests

        if TYPE_CHECKING:
            import time
            import random
        """
    )
    assert repaired(code + LOOP, Backoff()) is None


@params(
    ("imports", "call", "wait"),
    [
        ("import asyncio", "asyncio.open_connection(host, 1)", "asyncio.sleep"),
        ("import trio", "trio.open_tcp_stream(host, 1)", "trio.sleep"),
        ("import anyio", "anyio.connect_tcp(host, 1)", "anyio.sleep"),
        ("import asyncio, anyio", "anyio.connect_tcp(host, 1)", "anyio.sleep"),
        ("import asyncio, trio", "trio.open_tcp_stream(host, 1)", "trio.sleep"),
        ("import asyncio, trio, aiohttp", "aiohttp.ClientSession().get(host)", None),
        ("from trio import open_tcp_stream, sleep", "open_tcp_stream(host, 1)", "sleep"),
        ("import asyncio as aio", "aio.open_connection(host, 1)", "aio.sleep"),
    ],
)
def test_async_code_sleeps_with_its_own_loop(imports: str, call: str, wait: str | None) -> None:
    found = repaired(f"{imports}\n" + ASYNC.format(call=call), Backoff())
    assert (f"await {wait}(random" in (found or "")) if wait else found is None


@params(
    ("imports", "wait"),
    [
        ("import requests", "time.sleep"),
        ("import gevent\nimport requests", "gevent.sleep"),
        ("import eventlet\nimport requests", "eventlet.sleep"),
        ("import requests\nfrom time import sleep as nap", "nap"),
    ],
)
def test_plain_code_sleeps_as_its_threads_do(imports: str, wait: str) -> None:
    assert f"            {wait}(random" in (repaired(f"{imports}\n" + LOOP, Backoff()) or "")


# Loops that a library cannot surely express keep the form of the standard library


@params("style", ["tenacity", "stamina"])
@params(
    "code",
    [
        pytest.param("range(most)", id="number-that-may-be-nothing"),
        pytest.param("range(0)", id="no-attempt"),
        pytest.param("range(2, 7)", id="starts-late"),
    ],
)
def test_loop_is_not_handed_over(style: str, code: str) -> None:
    loop = f"""
import socket

def run(address, most):
    for attempt in {code}:
        try:
            return socket.create_connection(address)
        except OSError:
            pass
    raise RuntimeError("gave up")
"""
    assert style not in (repaired(loop, Backoff(style)) or "")  # type: ignore[arg-type]


@params("style", ["tenacity", "stamina"])
@params(
    ("old", "new"),
    [
        pytest.param("pass", "print(attempt)", id="logs"),
        pytest.param(
            "return socket.create_connection(address)", "return connect(address, attempt)", id="reads-counter"
        ),
        pytest.param("except OSError", "except (OSError, *MORE)", id="classes-not-plain"),
        pytest.param("            pass", "            pass  # not up yet", id="comment"),
        pytest.param("    raise RuntimeError", "    print(attempt)\n    raise RuntimeError", id="read-after-the-loop"),
        pytest.param("            pass", "            pass\n        finally:\n            print()", id="finally"),
        pytest.param("import socket", "import socket\nimport gevent", id="green-threads"),
    ],
)
def test_loop_with_more_to_it_is_not_handed_over(style: str, old: str, new: str) -> None:
    loop = """
import socket

def run(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address)
        except OSError:
            pass
    raise RuntimeError("gave up")
"""
    assert old in loop
    assert style not in (repaired(loop.replace(old, new, 1), Backoff(style)) or "")  # type: ignore[arg-type]
