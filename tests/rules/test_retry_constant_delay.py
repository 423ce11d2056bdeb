"""CNL202 and CNL208: which delays are reported, and which are not. The silent ones come first."""

from __future__ import annotations

from textwrap import dedent

import pytest

from connlint.engine import Selection, check
from connlint.options import Options

IMPORTS = """\
import asyncio, os, random, socket, subprocess, threading, time, urllib.request
import aiohttp, httpx, paramiko, pika, psycopg2, redis, requests
"""

SILENT = {
    "shares-out-a-timeout": """
        def connect(address, timeout=60):
            for _ in range(timeout // 2):
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(2)
        """,
    "shares-out-a-timeout-among-attempts": """
        def connect(address, timeout, attempts):
            for _ in range(attempts):
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(timeout / attempts)
        """,
    "short-in-all-by-two-names-bound-at-once": """
        def connect(address):
            most, tried = 10, 0
            while tried < most:
                try:
                    return socket.create_connection(address)
                except OSError:
                    tried += 1
                    time.sleep(0.1)
        """,
    "polls-with-the-wait-written-twice": """
        def follow(url, handle):
            while True:
                try:
                    answer = requests.get(url)
                except requests.ConnectionError:
                    time.sleep(5)
                    continue
                handle(answer)
                time.sleep(5)
        """,
    "waits-for-a-daemon-of-this-host": """
        async def client(path):
            for _ in range(30):
                try:
                    return await asyncio.open_unix_connection(path)
                except OSError:
                    await asyncio.sleep(1)
        """,
    "state-machine-in-a-generator": """
        from transitions import MachineError
        def handle(session, loop):
            while True:
                try:
                    session.transitions.connect()
                    break
                except (MachineError, ValueError):
                    yield from asyncio.sleep(1, loop=loop)
        """,
    "fetches-from-the-bus": """
        from dbus_fast import DBusError
        async def player(bus):
            while True:
                try:
                    return await bus.connect()
                except DBusError:
                    await asyncio.sleep(2)
        """,
    "delay-comes-from-the-header": """
        def fetch(url):
            while True:
                try:
                    answer = requests.get(url)
                    if answer.status_code != 429:
                        return answer
                    time.sleep(int(answer.headers["Retry-After"]))
                except requests.ConnectionError:
                    time.sleep(random.uniform(1, 2))
        """,
    "heartbeat": """
        def beat(url, stopped):
            while not stopped.wait(15):
                try:
                    requests.post(url)
                except requests.ConnectionError as error:
                    print(error)
        """,
    "heartbeat-that-sleeps-first": """
        def beat(url):
            while True:
                time.sleep(5)
                try:
                    requests.post(url)
                except requests.ConnectionError as error:
                    print(error)
        """,
    "asks-for-a-result": """
        def result(url):
            for _ in range(100):
                try:
                    answer = requests.get(url)
                    if answer.json()["done"]:
                        return answer
                except requests.ConnectionError:
                    pass
                time.sleep(2)
        """,
    "grows-in-another-method": """
        class Client:
            delay = 1
            def on_lost(self):
                self.delay = min(60, self.delay * 2)
            def run(self):
                while True:
                    try:
                        return socket.create_connection(self.address)
                    except OSError:
                        self.signal.lost()
                        time.sleep(self.delay)
        """,
    "grows-on-the-object": """
        def run(client, address):
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(client.delay)
                    client.delay *= 2
        """,
    "backoff-object": """
        def run(self):
            while True:
                try:
                    return socket.create_connection(self.address)
                except OSError:
                    time.sleep(self.backoff.value)
        """,
    "iterates-over-a-policy": """
        def run(address, policy):
            for delay in policy:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(delay)
        """,
    "longer-after-some-attempts": """
        def run(address):
            for n in range(50):
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(1 if n < 5 else 20)
        """,
    "longer-after-some-attempts-by-statements": """
        def run(address):
            delay = 1
            for n in range(50):
                try:
                    return socket.create_connection(address)
                except OSError:
                    if n == 5:
                        delay = 20
                    time.sleep(delay)
        """,
    "one-handler-grows": """
        def run(url):
            for n in range(5):
                try:
                    return requests.get(url)
                except requests.exceptions.SSLError:
                    time.sleep(1)
                except requests.ConnectionError:
                    time.sleep(random.random() * 2**n)
        """,
    "one-handler-does-not-wait": """
        def run(url, n=0):
            while n < 5:
                try:
                    return requests.get(url)
                except requests.exceptions.SSLError:
                    n += 1
                except requests.ConnectionError:
                    n += 1
                    helper(n)
        """,
    "minutes": """
        MINUTE = 60
        def run(address):
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(MINUTE)
        """,
    "half-an-hour-by-default": """
        def run(address, delay=1800):
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(delay)
        """,
    "waits-for-a-service": """
        def wait_for_redis(url):
            client = redis.Redis.from_url(url)
            while True:
                try:
                    return client.ping()
                except redis.ConnectionError:
                    time.sleep(1)
        """,
    "is-it-ready": """
        class Service:
            def is_ready(self, url):
                for _ in range(20):
                    try:
                        requests.get(url)
                        return True
                    except requests.ConnectionError:
                        time.sleep(1)
                return False
        """,
    "docstring-says-so": """
        def probe(host, port):
            \"\"\"Ask until the server replies.\"\"\"
            for _ in range(30):
                try:
                    return socket.create_connection((host, port))
                except OSError:
                    time.sleep(0.3)
        """,
    "comment-says-so": """
        def launch(address):
            spawn(address)
            # wait for the broker to come up
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(0.3)
        """,
    "own-process": """
        class Service:
            def connect(self, address):
                while self.process.poll() is None:
                    try:
                        return socket.create_connection(address)
                    except OSError:
                        time.sleep(0.1)
        """,
    "own-port": """
        HOST = "localhost"
        def connect(port):
            for _ in range(40):
                try:
                    return socket.create_connection((HOST, port))
                except OSError:
                    time.sleep(0.25)
        """,
    "own-url": """
        def connect(port):
            for _ in range(40):
                try:
                    return requests.get(f"http://localhost:{port}/")
                except requests.ConnectionError:
                    time.sleep(0.25)
        """,
    "elapsed": """
        def connect(address, patience):
            start = time.time()
            while time.time() - start < patience:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(1)
        """,
    "works-through-a-list": """
        def send_all(urls):
            for url in urls:
                try:
                    requests.get(url)
                except requests.ConnectionError:
                    time.sleep(1)
        """,
    "accepts": """
        def serve(listener: socket.socket):
            while True:
                try:
                    handle(*listener.accept())
                except ConnectionAbortedError:
                    time.sleep(1)
        """,
    "binds": """
        def serve(server, address):
            for _ in range(30):
                try:
                    server.bind(address)
                    break
                except socket.error:
                    time.sleep(1)
        """,
    "wait-is-out-of-sight": """
        class Client(Base):
            def run(self):
                while True:
                    try:
                        return socket.create_connection(self.address)
                    except OSError:
                        self._wait_before_retry()
        """,
    "generator-of-the-file": """
        def lengths():
            length = 1
            while True:
                yield length
                length *= 2
        def run(address):
            for length in lengths():
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(length)
        """,
    "two-flags": """
        def run(address):
            again = False
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    if again:
                        raise
                    again = True
                    time.sleep(1)
        """,
    "test-class": """
        import pytest
        def test_it(address):
            while True:
                try:
                    return socket.create_connection(address)
                except OSError:
                    time.sleep(1)
        """,
}

BAD = {
    "literal": "time.sleep(5)",
    "float": "time.sleep(2.5)",
    "negated-test": "if not stopped:\n    time.sleep(5)\nelse:\n    raise",
    "name": "pause = 5\ntime.sleep(pause)",
    "parameter": "time.sleep(delay)",
    "parameter-or": "time.sleep(delay or 3)",
    "setting": "time.sleep(settings.RETRY_DELAY)",
    "setting-by-name": "time.sleep(settings['retry_delay'])",
    "environment": "time.sleep(int(os.environ.get('DELAY', '5')))",
    "event": "stopped.wait(5)",
    "event-by-keyword": "stopped.wait(timeout=5)",
    "product": "time.sleep(2 * delay)",
    "module-constant": "time.sleep(RETRY_INTERVAL)",
    "logged": "print(f'again: {error}')\ntime.sleep(3)",
    "both-branches": "if stopped:\n    time.sleep(2)\nelse:\n    time.sleep(2)",
    "gevent": "gevent.sleep(1)",
    "own-name": "self.sleep(5)",
}


def codes(code: str, *selected: str) -> list[str]:
    found = check((IMPORTS + dedent(code)).encode(), "x.py", Selection(selected or ("CNL202", "CNL208")))
    assert found.problems == ()
    return [each.code for each in found.diagnostics]


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT)
def test_silent(code: str) -> None:
    assert codes(code, "CNL202") == []


@pytest.mark.parametrize("wait", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "head", ["while True:", "for n in range(9):", "while tries < 9:", "while not stopped.is_set():"]
)
def test_reported(wait: str, head: str) -> None:
    lines = "\n".join(" " * 12 + line for line in wait.split("\n"))
    code = f"""
import gevent
RETRY_INTERVAL = 2
def connect(self, address, stopped, settings, delay=1):
    tries = 0
    {head}
        try:
            return socket.create_connection(address)
        except OSError as error:
            tries += 1
{lines}
"""
    assert codes(code) == ["CNL202"]


@pytest.mark.parametrize(
    "wait", ["asyncio.sleep(1)", "asyncio.wait_for(stopped.wait(), 5)", "asyncio.wait_for(stopped.wait(), timeout=d)"]
)
def test_reported_in_async_code(wait: str) -> None:
    code = f"""
async def connect(host, stopped, d=1):
    while not stopped.is_set():
        try:
            return await asyncio.open_connection(host, 80)
        except OSError:
            await {wait}
"""
    assert codes(code) == ["CNL202"]


GROWING = {
    "doubles": ("delay *= 2", "delay = 1", ["CNL208"]),
    "counts": ("time.sleep(n)", "", ["CNL208"]),
    "row": ("time.sleep((1, 2, 4, 8, 16, 32, 64, 128, 256)[n])", "", ["CNL208"]),
    "random": ("time.sleep(n * random.random())", "", []),
    "random-outside": ("time.sleep(n * factor)", "factor = random.uniform(0.5, 1.5)", []),
    "policy": ("time.sleep(policy(n))", "", []),
}


@pytest.mark.parametrize(("wait", "before", "expected"), GROWING.values(), ids=GROWING)
def test_growing(wait: str, before: str, expected: list[str]) -> None:
    code = f"""
def connect(address, policy):
    {before or "pass"}
    for n in range(9):
        try:
            return socket.create_connection(address)
        except OSError:
            {wait}
            {"time.sleep(delay)" if "delay" in wait else "pass"}
"""
    assert codes(code) == expected


def test_the_projects_sleep_function() -> None:
    code = IMPORTS + dedent("""
        from .util import relax

        def connect(address):
            for n in range(9):
                try:
                    return socket.create_connection(address)
                except OSError:
                    relax(5)
        """)
    options = Options(sleep_functions=("acme.util.relax",))
    found = {}
    for name, given in (("told", options), ("not-told", Options())):
        report = check(code.encode(), "x.py", Selection(("CNL201", "CNL202"), options=given))
        found[name] = [each.code for each in report.diagnostics]
    assert found == {"told": ["CNL202"], "not-told": []}


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("time.sleep(2)  # let it recover", True),
        ("time.sleep(2)  # wait for 2 seconds", False),
        ("# 2s are enough\n            time.sleep(2)", False),
    ],
)
def test_comment_that_tells_the_delay(line: str, fixed: bool) -> None:
    code = (
        "import socket, time\ndef connect(address):\n    while True:\n        try:\n"
        f"            return socket.create_connection(address)\n        except OSError:\n            {line}\n"
    )
    (finding,) = check(code.encode(), "x.py", Selection(("CNL202",)), with_fixes=True).diagnostics
    assert (finding.fix is not None) is fixed
