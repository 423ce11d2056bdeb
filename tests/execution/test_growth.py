"""The repairs of CNL202 and CNL208, each form run before and after on a peer that refuses n times and then answers.

The result, the failure, what is printed, the number of attempts and where delays lie stay as they were. Before, the
delays are the same each time; after, they are below bounds that start with what was written, double, and are capped.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from connlint.options import Backoff, Options
from tests.execution.harness import Program, backs_off, execute, repaired, vary

if TYPE_CHECKING:
    from tests.execution.harness import Runner

CONSTANT = {
    "for": """
        import socket, time
        def run(address):
            for attempt in range(9):
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(2)
            raise RuntimeError("gave up")
        """,
    "for-from-one": """
        import socket, time
        def run(address):
            for attempt in range(1, 10):
                try:
                    return socket.create_connection(address)
                except OSError as error:
                    if attempt == 9:
                        raise
                    time.sleep(2)
        """,
    "underscore-behind-the-try": """
        import socket, time
        def run(address):
            for _ in range(9):
                try:
                    return socket.create_connection(address)
                except OSError:
                    print("again")
                time.sleep(2)
            return None
        """,
    "named-constant": """
        import socket
        from time import sleep
        PAUSE = 2
        def run(address):
            for attempt in range(9):
                try:
                    return socket.create_connection(address)
                except OSError:
                    sleep(PAUSE)
        """,
    "counts-before": """
        import socket, time
        def run(address):
            tries = 0
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    tries += 1
                    if tries > 8:
                        raise
                    time.sleep(2)
        """,
    "counts-at-the-top": """
        import socket, time
        def run(address):
            tries = 0
            while tries < 9:
                tries += 1
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(2)
        """,
    "counts-after": """
        import socket, time
        def run(address):
            tries = 0
            while tries < 9:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(2)
                    tries += 1
        """,
    "counts-down": """
        import socket, time
        def run(address):
            left = 9
            while left > 0:
                try:
                    return socket.create_connection(address)
                except OSError:
                    left -= 1
                    time.sleep(2)
        """,
    "counts-some-failures-only": """
        import socket, time
        def run(address):
            tries = 0
            while tries < 9:
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    tries += 1
                    time.sleep(2)
                except OSError:
                    time.sleep(2)
        """,
    "no-counter": """
        import socket, time
        def run(address):
            sock = None
            while sock is None:
                try:
                    sock = socket.create_connection(address)
                except OSError:
                    time.sleep(2)  # let it recover
            return sock
        """,
    "async": """
        import asyncio
        async def run(address):
            for attempt in range(9):
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    writer.close()
                    return "connected"
                except OSError:
                    await asyncio.sleep(2)
        """,
    "async-without-counter": """
        import asyncio
        async def run(address):
            while True:
                try:
                    reader, writer = await asyncio.open_connection(*address)
                except OSError:
                    await asyncio.sleep(2)
                else:
                    writer.close()
                    return "connected"
        """,
    "trio": """
        import trio
        async def run(address):
            for attempt in range(9):
                try:
                    stream = await trio.open_tcp_stream(*address)
                    await stream.aclose()
                    return "connected"
                except OSError:
                    await trio.sleep(2)
        """,
    "anyio": """
        import anyio
        async def run(address):
            while True:
                try:
                    stream = await anyio.connect_tcp(*address)
                    await stream.aclose()
                    return "connected"
                except OSError:
                    await anyio.sleep(2)
        """,
    "two-handlers": """
        import socket, time
        def run(address):
            for attempt in range(9):
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    time.sleep(2)
                except OSError:
                    time.sleep(2.0)
        """,
    "two-handlers-without-counter": """
        import socket, time
        def run(address):
            while True:
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    time.sleep(2)
                except OSError:
                    time.sleep(2)
        """,
    "in-an-outer-loop": """
        import socket, time
        def run(address):
            for job in (1, 2):
                while True:
                    try:
                        sock = socket.create_connection(address)
                        break
                    except OSError:
                        time.sleep(2)
                sock.close()
            return job
        """,
    "reconnects": """
        import socket, time
        def run(address):
            served = []
            while len(served) < 2:
                try:
                    sock = socket.create_connection(address)
                    served.append(1)
                    sock.close()
                except OSError:
                    time.sleep(2)
            return len(served)
        """,
}

RUNNERS: dict[str, Runner] = {"trio": "trio", "anyio": "anyio"}
OPTIONS = {"jitter": Backoff(), "no-jitter": Backoff(jitter=False), "cap": Backoff(cap=5, jitter=False)}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("form", CONSTANT)
def test_constant_grows(form: str, options: Backoff) -> None:
    code, runner = dedent(CONSTANT[form]), RUNNERS.get(form, "asyncio")
    after = repaired(code, "CNL202", options=Options(backoff=options))
    assert after != code
    assert after.count("#") == code.count("#")
    for failures in (0, 1, 2, 5, 7):
        old, new = execute(Program(code, runner), failures), execute(Program(after, runner), failures)
        assert new.visible == old.visible
        assert new.left_open == old.left_open
        assert set(old.delays) <= {2}
        assert len(new.delays) == len(old.delays) == failures
        assert backs_off(new.delays, 2, options.cap)
        if not options.jitter:
            assert new.delays == tuple(min(options.cap, 2 * 2**n) for n in range(failures))
    if options.jitter:
        assert vary([execute(Program(after, runner), 7).delays for _ in range(10)])


def test_constant_gives_way_to_the_projects_helper() -> None:
    code = dedent(CONSTANT["for"])
    modules = {"acme.net": "import time\ndef pause(failures):\n    time.sleep(3**failures)\n"}
    after = repaired(code, "CNL202", options=Options(backoff=Backoff("helper", helper="acme.net.pause")))
    assert execute(Program(after, modules=modules), 4).delays == (1, 3, 9, 27)


GROWING = {
    "counter": "time.sleep(min(30, 2**attempt))",
    "name": "time.sleep(delay)\n            delay = min(30, delay * 2)",
    "name-with-a-cap-of-its-own": "time.sleep(delay)\n            delay *= 2\n            if delay > 30:\n                delay = 30",
    "row": "time.sleep((1, 2, 4, 8, 16, 30, 30, 30, 30)[attempt])",
    "function": "time.sleep(length(attempt))",
}


@pytest.mark.parametrize("form", GROWING)
def test_growing_gets_a_random_part(form: str) -> None:
    code = f"""
import socket, time
def length(n):
    return min(30, 2**n)
def run(address):
    delay = 1
    for attempt in range(9):
        try:
            return socket.create_connection(address)
        except OSError:
            {GROWING[form]}
"""
    after = repaired(code, "CNL208")
    for failures in (0, 1, 5, 8):
        old, new = execute(code, failures), execute(after, failures)
        assert new.visible == old.visible
        assert old.delays == tuple(min(30, 2**n) for n in range(failures))
        assert len(new.delays) == failures
        assert backs_off(new.delays)
    assert vary([execute(after, 8).delays for _ in range(10)])
