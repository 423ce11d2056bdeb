"""The repairs of CNL205 and CNL207, each form run before and after on a peer that refuses n times and then answers.

The result, the failure and what is printed stay as they were, and so do the attempts. Where the loop's own sleep is
awaited, the delays stay as well, and other tasks run meanwhile; where no attempt follows, the last delay goes.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.execution.harness import Program, execute, repaired

if TYPE_CHECKING:
    from tests.execution.harness import Runner

BLOCKING: dict[str, tuple[Runner, str]] = {
    "asyncio": (
        "asyncio",
        """
        import asyncio, time
        async def run(address):
            for attempt in range(4):
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    break
                except OSError:
                    if attempt == 3:
                        raise
                    time.sleep(2**attempt)
            writer.close()
            return "connected"
        """,
    ),
    "bare-name-behind-the-try": (
        "asyncio",
        """
        import asyncio
        from time import sleep
        async def run(address):
            tries = 0
            while tries < 4:
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    writer.close()
                    return "connected"
                except ConnectionRefusedError as error:
                    print(type(error).__name__)
                tries += 1
                sleep(tries)  # give it time
            return None
        """,
    ),
    "blocking-client": (
        "asyncio",
        """
        import asyncio, socket
        import time as clock
        async def run(address):
            await asyncio.sleep(0)
            for attempt in range(4):
                try:
                    return socket.create_connection(address).close()
                except OSError as error:
                    last = error
                    clock.sleep(1)
            raise last
        """,
    ),
    "trio": (
        "trio",
        """
        import time
        import trio
        async def run(address):
            for attempt in range(4):
                try:
                    stream = await trio.open_tcp_stream(*address)
                    await stream.aclose()
                    return "connected"
                except OSError:
                    time.sleep(1)
            return None
        """,
    ),
    "anyio": (
        "anyio",
        """
        import time
        import anyio
        async def run(address):
            for attempt in range(4):
                try:
                    stream = await anyio.connect_tcp(*address)
                    await stream.aclose()
                    return "connected"
                except OSError:
                    time.sleep(1)
            return None
        """,
    ),
}

LATE: dict[str, tuple[Runner, str]] = {
    "raises-after-the-loop": (
        "asyncio",
        """
        import socket, time
        def run(address):
            for attempt in range(4):
                try:
                    return socket.create_connection(address).close()
                except OSError as error:
                    last = error
                    time.sleep(2**attempt)
            raise last
        """,
    ),
    "underscore": (
        "asyncio",
        """
        import socket, time
        def run(address):
            for _ in range(4):
                try:
                    return socket.create_connection(address).close()
                except OSError:
                    print("again")
                    time.sleep(3)
            return "gave up"
        """,
    ),
    "from-one-behind-the-try": (
        "asyncio",
        """
        import socket, time
        def run(address, attempts=4):
            for attempt in range(1, attempts + 1):
                try:
                    return socket.create_connection(address).close()
                except OSError:
                    print(attempt)
                time.sleep(attempt)
            raise TimeoutError("gave up")
        """,
    ),
    "counts-in-the-handler": (
        "asyncio",
        """
        import socket, time
        def run(address):
            failures = 0
            while failures < 4:
                try:
                    return socket.create_connection(address).close()
                except ConnectionRefusedError:
                    failures += 1
                    time.sleep(failures)
            raise RuntimeError("gave up")
        """,
    ),
    "counts-down": (
        "asyncio",
        """
        import socket, time
        def run(address):
            left = 4
            while left > 0:
                try:
                    return socket.create_connection(address).close()
                except ConnectionRefusedError:
                    left -= 1
                    time.sleep(1)
            return None
        """,
    ),
    "delay-of-its-own": (
        "asyncio",
        """
        import socket, time
        def run(address):
            delay = 0.5
            for _ in range(4):
                try:
                    return socket.create_connection(address).close()
                except OSError:
                    time.sleep(delay)
                    delay = min(30, delay * 2)
            else:
                raise RuntimeError("gave up")
        """,
    ),
    "async": (
        "asyncio",
        """
        import asyncio
        async def run(address):
            for attempt in range(4):
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    writer.close()
                    return "connected"
                except OSError:
                    await asyncio.sleep(2**attempt)
            return None
        """,
    ),
}


@pytest.mark.parametrize("form", BLOCKING)
def test_awaited_delays_are_the_same(form: str) -> None:
    runner, code = BLOCKING[form][0], dedent(BLOCKING[form][1])
    after = repaired(code, "CNL205")
    assert after != code
    assert "await" in after
    assert after.count("#") == code.count("#")
    for failures in (0, 1, 3, 4, None):
        old, new = execute(Program(code, runner), failures), execute(Program(after, runner), failures)
        assert new.visible == old.visible
        assert new.left_open == old.left_open
        assert new.delays == old.delays


@pytest.mark.parametrize("form", LATE)
def test_last_delay_goes_and_no_other(form: str) -> None:
    runner, code = LATE[form][0], dedent(LATE[form][1])
    after = repaired(code, "CNL207")
    assert after != code
    for failures in (0, 1, 3, 4, None):
        old, new = execute(Program(code, runner), failures), execute(Program(after, runner), failures)
        assert new.visible == old.visible
        assert new.left_open == old.left_open
        if failures is None or failures >= 4:
            assert len(old.delays) == 4
            assert new.delays == old.delays[:-1]
        else:
            assert new.delays == old.delays
