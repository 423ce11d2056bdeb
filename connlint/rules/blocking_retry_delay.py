"""CNL205: blocking-retry-delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import fixes
from connlint.facts import wording
from connlint.facts.tree import statements
from connlint.rules.base import Example, Finding, Fix, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import RetryLoop

_BLOCKS = "time.sleep"
# Under these `time.sleep` may be one that lets others run.
_PATCHING = frozenset({"eventlet", "gevent"})


class BlockingRetryDelay(Rule):
    """
    ## What it does

    Reports a retry inside `async def` whose delay is `time.sleep`.

    ## Why is this bad

    `time.sleep` stops the thread, and with it the event loop: while one task waits for its server to come back, no
    other task runs, no heartbeat is answered and no timeout fires. A peer that is fine closes the connection, and its
    tasks begin to retry as well.

    ## Example

    ```python
    async def connect(host, port):
        for attempt in range(5):
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                if attempt == 4:
                    raise
                time.sleep(2**attempt)
    ```

    ## Use instead

    ```python
    async def connect(host, port):
        for attempt in range(5):
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                if attempt == 4:
                    raise
                await asyncio.sleep(2**attempt)
    ```

    ## When this is fine

    Where the coroutine is the only one that its loop ever runs. The rule is off by default because ruff's ASYNC251
    reports every `time.sleep` in `async def`; it does not see one in a function that the loop calls, and does not
    repair. connlint is silent where gevent or eventlet may have replaced `time.sleep`.

    ## Fix safety

    The fix is safe: the delay is the same, and other tasks run meanwhile. It awaits the sleep of asyncio, trio, anyio
    or curio, by what the function awaits or else by what the file imports. It is not written where neither tells, where
    the sleep stands in a function that is no coroutine, where a lock of threads may be held around it, or where a
    handler around it would take the cancellation that can now arrive there.

    ## References

    - [Python documentation: Running Blocking Code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code)
    - [ruff: blocking-sleep-in-async-function (ASYNC251)](https://docs.astral.sh/ruff/rules/blocking-sleep-in-async-function/)
    - [trio: the checkpoint rule](https://trio.readthedocs.io/en/stable/reference-core.html#checkpoints)
    """

    code = "CNL205"
    name = "blocking-retry-delay"
    message = "{delay} between two attempts of {operation} stops the event loop: await {sleep} instead"
    default = False
    fixable = "sometimes"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for loop in facts.loops:
            if loop.kind in {"retry", "reconnect"} and loop.is_async:
                found = dict.fromkeys(
                    (delay.node, sleep)
                    for item in loop.retried
                    for delay in item.delays
                    if (sleep := _blocking(facts, delay.node)) is not None
                )
                if found and _PATCHING.isdisjoint(fixes.backoff.imported_roots(facts)):
                    yield self._finding(facts, loop, list(found))

    def _finding(self, facts: Facts, loop: RetryLoop, found: list[tuple[cst.CSTNode, cst.Call]]) -> Finding:
        function = facts.index.function_of(loop.node)
        tried = [each.operation.name for item in loop.retried for each in item.tried]
        own = fixes.awaiting.loop_sleep(facts, function, tried) if isinstance(function, cst.FunctionDef) else None
        sleeps = [sleep for node, sleep in found if node is sleep]
        fix = None
        if own is not None and len(sleeps) == len(found):
            fix = Fix("safe", f"Await `{own}`", lambda: fixes.awaiting.with_awaited_sleeps(facts, sleeps, own))
        node = found[0][0]
        return Finding(
            loop.node,
            loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test,
            {
                "delay": f"`{wording.called(facts, node) if isinstance(node, cst.Call) else _BLOCKS}`",
                "operation": wording.operation(facts, loop.retried[0]),
                "sleep": f"`{own}`" if own is not None else "the event loop's own sleep",
            },
            tuple(line for node, sleep in found for line in _why(facts, node, sleep)),
            fix,
        )

    bad = (
        Example(
            "between-connects",
            """\
import asyncio
import time


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)
""",
            """\
import asyncio


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            if attempt == 4:
                raise
            await asyncio.sleep(2**attempt)
""",
        ),
        Example(
            "sleep-by-its-bare-name",
            """\
from time import monotonic, sleep

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    started = monotonic()
    while True:
        try:
            async with session.get(url) as response:
                return await response.text()
        except aiohttp.ClientConnectionError:
            if monotonic() - started > 60:
                raise
            sleep(1)  # it restarts at night
""",
            """\
import asyncio
from time import monotonic

import aiohttp


async def fetch(session: aiohttp.ClientSession, url):
    started = monotonic()
    while True:
        try:
            async with session.get(url) as response:
                return await response.text()
        except aiohttp.ClientConnectionError:
            if monotonic() - started > 60:
                raise
            await asyncio.sleep(1)  # it restarts at night
""",
        ),
        Example(
            "of-trio",
            """\
import random
import time as clock

import trio


async def connect(host, port):
    delay = 0.5
    while True:
        try:
            return await trio.open_tcp_stream(host, port)
        except OSError:
            clock.sleep(random.uniform(0, delay))
            delay = min(30, delay * 2)
""",
            """\
import random

import trio


async def connect(host, port):
    delay = 0.5
    while True:
        try:
            return await trio.open_tcp_stream(host, port)
        except OSError:
            await trio.sleep(random.uniform(0, delay))
            delay = min(30, delay * 2)
""",
        ),
        Example(
            "of-anyio",
            """\
import time

import anyio


async def connect(host, port):
    for _ in range(3):
        try:
            return await anyio.connect_tcp(host, port)
        except OSError:
            pass
        time.sleep(1)
    raise ConnectionError(host)
""",
            """\
import anyio


async def connect(host, port):
    for _ in range(3):
        try:
            return await anyio.connect_tcp(host, port)
        except OSError:
            pass
        await anyio.sleep(1)
    raise ConnectionError(host)
""",
        ),
        Example(
            "reconnects-forever",
            """\
import asyncio
import logging
import time

log = logging.getLogger(__name__)


async def follow(host, port, handle):
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            while line := await reader.readline():
                handle(line)
            writer.close()
        except OSError as error:
            log.warning("lost %s: %s", host, error)
            time.sleep(5)


def started():
    return time.time()
""",
            """\
import asyncio
import logging
import time

log = logging.getLogger(__name__)


async def follow(host, port, handle):
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            while line := await reader.readline():
                handle(line)
            writer.close()
        except OSError as error:
            log.warning("lost %s: %s", host, error)
            await asyncio.sleep(5)


def started():
    return time.time()
""",
        ),
        Example(
            "blocking-request-in-a-coroutine",
            """\
import asyncio
import time

import requests


async def wait_until_up(url):
    for attempt in range(10):
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(attempt)
    raise RuntimeError(f"{url} is down")


def main(url):
    return asyncio.run(wait_until_up(url))
""",
            """\
import asyncio

import requests


async def wait_until_up(url):
    for attempt in range(10):
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            await asyncio.sleep(attempt)
    raise RuntimeError(f"{url} is down")


def main(url):
    return asyncio.run(wait_until_up(url))
""",
        ),
        Example(
            "in-a-function-that-the-loop-calls",
            """\
import asyncio
import time


def pause(attempt):
    print("waiting")
    time.sleep(2**attempt)


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except ConnectionRefusedError:
            pause(attempt)
    raise TimeoutError(host)
""",
        ),
        Example(
            "on-some-loop",
            """\
import time

import httpx


async def fetch(client: httpx.AsyncClient, url):
    for attempt in range(3):
        try:
            return await client.get(url)
        except httpx.ConnectError:
            time.sleep(1)
    raise RuntimeError(url)
""",
        ),
        Example(
            "with-a-lock-of-threads-held",
            """\
import asyncio
import threading
import time

lock = threading.Lock()


async def connect(host, port):
    with lock:
        for attempt in range(3):
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                time.sleep(1)
    raise ConnectionError(host)
""",
        ),
    )
    silent = (
        Example(
            "awaits-the-loop",
            """\
import asyncio


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            if attempt == 4:
                raise
            await asyncio.sleep(2**attempt)
""",
        ),
        Example(
            "no-coroutine",
            """\
import socket
import time


def connect(address):
    for attempt in range(5):
        try:
            return socket.create_connection(address, timeout=5)
        except OSError:
            time.sleep(2**attempt)
    raise ConnectionError(address)
""",
        ),
        Example(
            "function-inside-a-coroutine-runs-in-a-thread",
            """\
import asyncio
import socket
import time


async def connect(address):
    def attempts():
        for attempt in range(5):
            try:
                return socket.create_connection(address, timeout=5)
            except OSError:
                time.sleep(2**attempt)
        raise ConnectionError(address)

    return await asyncio.to_thread(attempts)
""",
        ),
        Example(
            "sleeps-in-a-thread",
            """\
import asyncio
import time


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.to_thread(time.sleep, 2**attempt)
    raise ConnectionError(host)
""",
        ),
        Example(
            "sleep-of-asyncio-by-its-bare-name",
            """\
import time
from asyncio import open_connection, sleep


async def connect(host, port):
    started = time.monotonic()
    while time.monotonic() - started < 60:
        try:
            return await open_connection(host, port)
        except OSError:
            await sleep(1)
    raise ConnectionError(host)
""",
        ),
        Example(
            "gevent-lets-others-run",
            """\
from gevent import monkey

monkey.patch_all()

import time

import requests


async def fetch(url):
    for attempt in range(3):
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(1)
    raise RuntimeError(url)
""",
        ),
        Example(
            "no-retry-but-a-pause-between-items",
            """\
import time

import aiohttp


async def fetch_all(session: aiohttp.ClientSession, urls):
    for url in urls:
        try:
            async with session.get(url) as response:
                yield await response.text()
        except aiohttp.ClientConnectionError:
            continue
        time.sleep(1)
""",
        ),
        Example(
            "event-of-asyncio",
            """\
import asyncio
import contextlib


async def connect(host, port, stop: asyncio.Event):
    while not stop.is_set():
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 5)
""",
        ),
        Example(
            "does-not-wait",
            """\
import asyncio
import time


async def connect(host, port):
    for attempt in range(5):
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            time.sleep(0)
    raise ConnectionError(host)
""",
        ),
    )


def _blocking(facts: Facts, node: cst.CSTNode) -> cst.Call | None:
    """Return the `time.sleep` that the delay `node` is, or surely runs; None if there is none."""
    if not isinstance(node, cst.Call):
        return None
    target = facts.values.target(node)
    if target == _BLOCKS:
        return node
    definitions = facts.index.definitions.get(target or "", [])
    if len(definitions) != 1 or not isinstance(definitions[0], cst.FunctionDef):
        return None
    definition = definitions[0]
    if definition.asynchronous is not None or definition.decorators:
        return None
    for statement in statements(definition.body):
        parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for part in parts:
            if isinstance(part, cst.Expr) and isinstance(part.value, cst.Call):
                if facts.values.target(part.value) == _BLOCKS:
                    return part.value
            elif not isinstance(part, (cst.Assign, cst.AugAssign, cst.AnnAssign)):
                return None
    return None


def _why(facts: Facts, node: cst.CSTNode, sleep: cst.Call) -> Iterator[str]:
    row = facts.layout.row(sleep)
    if sleep is node:
        yield f"`{wording.code(facts, sleep)}` at line {row} stops the thread that runs the event loop"
    elif isinstance(node, cst.Call):
        yield f"{wording.place(facts, node)} calls `{wording.code(facts, sleep)}` (line {row}), which stops the thread"
