"""The repairs of CNL201 and CNL204, each form run before and after on a peer that refuses n times and then answers.

The result, the failure, what is printed and the number of attempts stay as they were; a delay lies between two
attempts and nowhere else; the delays grow up to the cap, and vary from one run to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from connlint.options import Backoff, Options
from tests.execution.harness import Outcome, Program, backs_off, execute, grow, repaired, vary

if TYPE_CHECKING:
    from tests.execution.harness import Runner

HELPERS = """
    import asyncio
    import time

    def wait_before_retry(failures):
        time.sleep(min(30, 2**failures))

    async def pause(failures):
        import anyio
        await anyio.sleep(min(30, 2**failures))
"""

STYLES = {
    "stdlib": Backoff(),
    "stdlib-without-jitter": Backoff(jitter=False),
    "stdlib-of-tenths": Backoff(base=0.1, cap=2.5),
    "tenacity": Backoff("tenacity"),
    "stamina": Backoff("stamina"),
    "helper": Backoff("helper", helper="acme.net.wait_before_retry", async_helper="acme.net.pause"),
}


@dataclass(frozen=True)
class Form:
    """A program with a retry that does not wait, and which styles hand it over to a library."""

    code: str
    runner: Runner = "asyncio"
    handed_over: tuple[str, ...] = ()
    ends: bool = True
    """False if it goes on for ever where the peer never answers."""


FORMS = {
    "for": Form(
        """
        import socket

        def run(address):
            for attempt in range(5):
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    pass
            raise RuntimeError("gave up")
        """,
        handed_over=("tenacity",),
    ),
    "for-raises-on-the-last": Form(
        """
        import socket

        def run(address):
            for attempt in range(5):
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    if attempt == 4:
                        raise
        """,
        handed_over=("tenacity", "stamina"),
    ),
    "for-from-one": Form(
        """
        import socket

        ATTEMPTS = 6

        def run(address):
            for number in range(1, ATTEMPTS + 1):
                try:
                    return socket.create_connection(address)
                except (ConnectionRefusedError, socket.timeout):
                    if number == ATTEMPTS:
                        raise
        """,
        handed_over=("tenacity", "stamina"),
    ),
    "for-logs": Form(
        """
        import socket

        def run(address, attempts=4):
            for attempt in range(attempts):
                try:
                    return socket.create_connection(address)
                except OSError as error:
                    print("attempt", attempt, type(error).__name__)
            raise RuntimeError("gave up")
        """,
    ),
    "for-else": Form(
        """
        import socket

        def run(address):
            for _ in range(5):
                try:
                    sock = socket.create_connection(address)
                except OSError:
                    continue
                else:
                    break
            else:
                raise RuntimeError("gave up")
            return sock
        """,
        handed_over=("tenacity",),
    ),
    "for-with-break": Form(
        """
        import socket

        def run(address):
            sock = None
            for _ in range(5):
                try:
                    sock = socket.create_connection(address)
                    break
                except OSError:
                    pass
            if sock is None:
                print("no connection")
                raise RuntimeError("gave up")
            return sock
        """,
        handed_over=("tenacity",),
    ),
    "for-with-a-response": Form(
        """
        import urllib.request
        import urllib.error

        def run(address):
            for attempt in range(4):
                try:
                    with urllib.request.urlopen("http://%s:%d/" % address) as answer:
                        return answer.read()
                except urllib.error.URLError:
                    if attempt >= 3:
                        raise
        """,
        handed_over=("tenacity", "stamina"),
    ),
    "for-in-a-method": Form(
        """
        import socket

        class Client:
            def __init__(self, address):
                self.address = address

            def connect(self):
                for attempt in range(5):
                    try:
                        return socket.create_connection(self.address)
                    except ConnectionError:
                        # not up yet
                        pass
                raise RuntimeError("gave up")

        def run(address):
            return Client(address).connect()
        """,
    ),
    "for-in-a-nested-function": Form(
        """
        import socket

        def run(address):
            def connect():
                for attempt in range(5):
                    try:
                        return socket.create_connection(address)
                    except ConnectionError:
                        continue
                raise RuntimeError("gave up")

            return connect()
        """,
        handed_over=("tenacity",),
    ),
    "for-two-handlers": Form(
        """
        import socket

        def run(address):
            for attempt in range(5):
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    print("refused")
                except ConnectionResetError:
                    print("reset")
            raise RuntimeError("gave up")
        """,
    ),
    "for-suppress": Form(
        """
        import contextlib
        import socket

        def run(address):
            for attempt in range(5):
                with contextlib.suppress(ConnectionRefusedError):
                    return socket.create_connection(address)
            raise RuntimeError("gave up")
        """,
    ),
    "count": Form(
        """
        import itertools
        import socket

        def run(address):
            for n in itertools.count():
                try:
                    return socket.create_connection(address)
                except OSError:
                    print(n)
        """,
        ends=False,
    ),
    "while": Form(
        """
        import socket

        def run(address):
            tries = 0
            while tries < 5:
                tries += 1
                try:
                    return socket.create_connection(address)
                except OSError:
                    print("again")
            raise RuntimeError("gave up")
        """,
    ),
    "while-counts-in-the-handler": Form(
        """
        import socket

        def run(address):
            connected = False
            failures = 1
            while not connected and failures <= 4:
                try:
                    sock = socket.create_connection(address)
                    connected = True
                except OSError:
                    failures += 1
            if not connected:
                raise RuntimeError("gave up")
            return sock
        """,
    ),
    "while-a-flag": Form(
        """
        import socket

        def run(address, most=4):
            again = True
            tries = 0
            while again:
                try:
                    sock = socket.create_connection(address)
                    break
                except OSError:
                    tries += 1
                    if most != 0:
                        again = tries < most
            else:
                raise ConnectionError("gave up")
            return sock
        """,
    ),
    "while-counts-down": Form(
        """
        import socket

        def run(address):
            left = 4
            while left > 0:
                try:
                    return socket.create_connection(address)
                except OSError:
                    left -= 1
            raise RuntimeError("gave up")
        """,
    ),
    "while-true-with-a-counter": Form(
        """
        import socket

        def run(address):
            tries = 0
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    tries += 1
                    if tries >= 5:
                        raise
        """,
    ),
    "while-true-counts-down": Form(
        """
        import socket

        def run(address):
            retries = 5
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    retries -= 1
                    if not retries:
                        raise
        """,
    ),
    "while-true": Form(
        """
        import socket

        def run(address):
            while True:
                try:
                    return socket.create_connection(address)
                except ConnectionRefusedError:
                    continue
        """,
        ends=False,
    ),
    "while-true-suppress": Form(
        """
        import socket
        from contextlib import suppress

        def run(address):
            while True:
                with suppress(ConnectionRefusedError):
                    return socket.create_connection(address)
        """,
        ends=False,
    ),
    "asyncio-for": Form(
        """
        import asyncio

        async def run(address):
            for attempt in range(5):
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    break
                except OSError:
                    if attempt == 4:
                        raise
            writer.close()
            await writer.wait_closed()
            return "connected"
        """,
        handed_over=("tenacity", "stamina"),
    ),
    "asyncio-while": Form(
        """
        import asyncio

        async def run(address):
            while True:
                try:
                    reader, writer = await asyncio.open_connection(*address)
                except ConnectionRefusedError:
                    print("down")
                else:
                    writer.close()
                    await writer.wait_closed()
                    return "connected"
        """,
        ends=False,
    ),
    "trio-for": Form(
        """
        import trio

        async def run(address):
            for attempt in range(5):
                try:
                    stream = await trio.open_tcp_stream(*address)
                    break
                except OSError:
                    if attempt == 4:
                        raise
            await stream.aclose()
            return "connected"
        """,
        runner="trio",
        handed_over=("tenacity", "stamina"),
    ),
    "trio-while": Form(
        """
        import trio

        async def run(address):
            while True:
                try:
                    stream = await trio.open_tcp_stream(*address)
                    break
                except OSError:
                    pass
            await stream.aclose()
            return "connected"
        """,
        runner="trio",
        ends=False,
    ),
    "anyio-for": Form(
        """
        import anyio

        async def run(address):
            for _ in range(5):
                try:
                    stream = await anyio.connect_tcp(*address)
                    break
                except OSError:
                    continue
            else:
                raise RuntimeError("gave up")
            await stream.aclose()
            return "connected"
        """,
        runner="anyio",
        handed_over=("tenacity",),
    ),
    "anyio-while": Form(
        """
        import anyio

        async def run(address):
            tries = 0
            while tries < 5:
                try:
                    stream = await anyio.connect_tcp(*address)
                    await stream.aclose()
                    return "connected"
                except OSError:
                    tries += 1
            raise RuntimeError("gave up")
        """,
        runner="anyio",
    ),
}

# Here the last failure was lost: it comes out, and the program is otherwise what it was.
SWALLOWING = {
    "for": """
        import socket

        def run(address):
            for attempt in range(5):
                try:
                    sock = socket.create_connection(address)
                    break
                except OSError:
                    pass
            return sock
    """,
    "for-logs": """
        import socket

        def run(address):
            for _ in range(5):
                try:
                    sock = socket.create_connection(address)
                    break
                except OSError as error:
                    print(type(error).__name__)
            return sock
    """,
    "while": """
        import socket

        def run(address):
            tries = 0
            while tries < 5:
                try:
                    sock = socket.create_connection(address)
                    break
                except OSError:
                    tries += 1
            return sock
    """,
    "asyncio": """
        import asyncio

        async def run(address):
            for attempt in range(5):
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    break
                except OSError:
                    pass
            writer.close()
            return "connected"
    """,
}

LONG = 40
params = pytest.mark.parametrize


def program(code: str, runner: Runner = "asyncio") -> Program:
    return Program(code, runner, {"acme.net": HELPERS})


def delays_in_place(found: Outcome, options: Backoff) -> bool:
    """Say whether a delay within its bounds lies between every two attempts, and nowhere else."""
    base = options.base * 2 if options.style == "stamina" else options.base  # its jitter comes on top
    return len(found.delays) == max(0, found.attempts - 1) and backs_off(found.delays, base, options.cap)


@params("style", STYLES)
@params("form", FORMS)
def test_does_what_it_did_and_waits(form: str, style: str) -> None:
    made, options = FORMS[form], STYLES[style]
    before = dedent(made.code)
    after = repaired(before, "CNL201", options=Options(backoff=options))
    assert (f"{options.style}." in after) is (style in made.handed_over)
    for failures in (*range(8), *([None] if made.ends else [])):
        old = execute(program(before, made.runner), failures)
        new = execute(program(after, made.runner), failures)
        assert new.visible == old.visible
        assert new.left_open == old.left_open
        assert old.delays == ()
        assert delays_in_place(new, options if style in made.handed_over or style != "stamina" else Backoff())


@params("style", STYLES)
@params("form", ["for", "for-raises-on-the-last", "while", "while-true", "while-true-suppress", "asyncio-for", "count"])
def test_delays_grow_are_capped_and_vary(form: str, style: str) -> None:
    made, options = FORMS[form], STYLES[style]
    after = repaired(made.code, "CNL201", options=Options(backoff=options))
    after = after.replace("range(5)", f"range({LONG})").replace("stop_after_attempt(5)", f"stop_after_attempt({LONG})")
    after = after.replace("attempts=5", f"attempts={LONG}").replace("tries < 5", f"tries < {LONG}")
    after = after.replace("attempt == 4", f"attempt == {LONG - 1}").replace("attempt < 4", f"attempt < {LONG - 1}")
    rounds = [execute(program(after, made.runner), LONG - 1).delays for _ in range(20)]
    assert {len(each) for each in rounds} == {LONG - 1}
    assert grow(rounds)
    assert max(max(each) for each in rounds) <= options.cap
    spread = options.jitter and options.style != "helper"
    assert vary(rounds) is spread
    if not spread:
        assert rounds[0] == tuple(min(options.cap, options.base * 2**number) for number in range(LONG - 1))


@params("style", STYLES)
@params("code", SWALLOWING.values(), ids=SWALLOWING.keys())
def test_last_failure_comes_out(code: str, style: str) -> None:
    after = repaired(code, "CNL201", "CNL204", options=Options(backoff=STYLES[style]))
    for failures in range(5):
        assert execute(program(after), failures).visible == execute(program(code), failures).visible
    found = execute(program(after), None)
    assert (found.error or "").startswith(("ConnectionRefusedError", "OSError"))
    assert (found.attempts, len(found.delays)) == (5, 4)
