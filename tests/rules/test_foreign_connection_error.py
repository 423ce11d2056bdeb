"""CNL103 beyond its examples: which class is the library's, and what else may bring the builtin."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix

ONLY = Selection(select=("CNL103",))


def code(tried: str, caught: str = "ConnectionError", after: str = "") -> str:
    return f"""\
import json
import socket
import urllib.request

import aiohttp
import httpx
import redis
import requests
import urllib3


class Client:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.pool = urllib3.PoolManager()
        self.cache = redis.Redis()

    async def act(self, http: aiohttp.ClientSession, opener: urllib.request.OpenerDirector):
        try:
            {tried}
        except {caught}:
            return None
        {after}
"""


def named(text: str) -> list[str]:
    found = check(text.encode(), "x.py", ONLY)
    assert found.problems == ()
    return [item.message.partition(": catch ")[2] for item in found.diagnostics]


def fixed(text: str) -> str:
    done = fix(text.encode(), "x.py", ONLY, unsafe=True)
    assert done.dropped == ()
    return done.data.decode()


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        pytest.param("self.session.get(self.url)", "requests.exceptions.ConnectionError", id="requests"),
        pytest.param("httpx.get(self.url)", "httpx.TransportError", id="httpx"),
        pytest.param("await http.get(self.url)", "aiohttp.ClientConnectionError", id="aiohttp"),
        pytest.param("self.cache.ping()", "redis.exceptions.ConnectionError", id="redis"),
        pytest.param("self.pool.request('GET', self.url)", "urllib3.exceptions.HTTPError", id="urllib3"),
        pytest.param("urllib.request.urlopen(self.url)", "urllib.error.URLError as well", id="urlopen"),
        pytest.param("opener.open(self.url)", "urllib.error.URLError as well", id="opener"),
        pytest.param(
            "requests.get(self.url); self.cache.ping()",
            "requests.exceptions.ConnectionError and redis.exceptions.ConnectionError",
            id="two-libraries",
        ),
    ],
)
def test_names_the_librarys_class(tried: str, expected: str) -> None:
    assert named(code(tried)) == [expected]


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        ("ConnectionRefusedError", ["httpx.ConnectError"]),
        ("ConnectionResetError", ["httpx.TransportError"]),
        ("(ConnectionError, TimeoutError)", ["httpx.TransportError"]),
        ("BrokenPipeError", []),
        ("(ConnectionError, httpx.HTTPError)", []),
        ("(ConnectionError, Exception)", []),
        ("httpx.TransportError", []),
        ("httpx.HTTPError:\n            pass\n        except ConnectionError", []),
        ("ConnectionError:\n            pass\n        except httpx.RequestError", []),
        ("ConnectionError:\n            pass\n        except Exception", ["httpx.TransportError"]),
        ("ConnectionError:\n            pass\n        except httpx.TimeoutException", ["httpx.TransportError"]),
    ],
)
def test_what_is_caught(caught: str, expected: list[str]) -> None:
    assert named(code("httpx.get(self.url)", caught)) == expected


@pytest.mark.parametrize(
    "tried",
    [
        pytest.param("data = requests.get(self.url).json(); self.store(data)", id="works-on-the-answer"),
        pytest.param("requests.post(self.url, data=json.dumps({}), headers=self.headers())", id="makes-an-argument"),
        pytest.param("[self.keep(item) for item in requests.get(self.url).json()]", id="goes-through-the-answer"),
    ],
)
def test_opaque_code_that_meets_no_peer(tried: str) -> None:
    text = code(tried)
    assert named(text) == ["requests.exceptions.ConnectionError"]
    assert "except (ConnectionError, requests.exceptions.ConnectionError):" in fixed(text)


@pytest.mark.parametrize(
    "tried",
    [
        pytest.param("self.connect(); requests.get(self.url)", id="connects"),
        pytest.param("requests.get(self.url); self.client.send(b'')", id="sends"),
        pytest.param("requests.get(await self.address())", id="awaits"),
        pytest.param("requests.get(self.url, auth=self.login())", id="logs-in"),
        pytest.param("requests.get(self.url); socket.create_connection(('', 1))", id="connects-a-socket"),
        pytest.param("requests.get(self.url); raise ConnectionError", id="raises-it"),
        pytest.param("requests.get(self.url); raise self.error()", id="raises-something"),
        pytest.param("self.connect()", id="only-opaque"),
        pytest.param("requests.Session()", id="only-prepares"),
    ],
)
def test_something_else_may_bring_the_builtin(tried: str) -> None:
    assert named(code(tried)) == []


def test_file_that_raises_the_builtin_where_it_cannot_be_seen() -> None:
    text = code("self.store(requests.get(self.url))")
    assert named(text)
    assert named(text + "\n\ndef check():\n    raise ConnectionResetError\n") == []


def test_reset_of_urlopen_is_the_builtins() -> None:
    assert named(code("urllib.request.urlopen(self.url)", "ConnectionResetError")) == []


def test_later_clause_for_everything_makes_up_for_half_a_handler() -> None:
    caught = "ConnectionError:\n            pass\n        except Exception"
    assert named(code("urllib.request.urlopen(self.url)", caught)) == []


@pytest.mark.parametrize(
    ("tried", "caught", "expected"),
    [
        ("requests.get(self.url)", "ConnectionError", "requests.exceptions.ConnectionError"),
        ("requests.get(self.url)", "(KeyError, ConnectionError)", "(KeyError, requests.exceptions.ConnectionError)"),
        (
            "requests.get(self.url)",
            "(ConnectionError, ConnectionResetError)",
            "requests.exceptions.ConnectionError",
        ),
        ("urllib.request.urlopen(self.url)", "ConnectionError", "(ConnectionError, urllib.error.URLError)"),
    ],
)
def test_fix(tried: str, caught: str, expected: str) -> None:
    assert f"except {expected}:" in fixed(code(tried, caught))


def test_fix_is_unsafe() -> None:
    text = code("requests.get(self.url)").encode()
    assert fix(text, "x.py", ONLY, unsafe=False).data == text


def test_no_fix_where_the_library_has_no_name() -> None:
    text = "from redis import Redis\n\nredis = Redis()\n\ntry:\n    redis.ping()\nexcept ConnectionError:\n    print('down')\n"
    found = check(text.encode(), "x.py", ONLY)
    assert [item.fixable for item in found.diagnostics] == [None]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("suppress(ConnectionError)", "suppress(requests.exceptions.ConnectionError)"),
        ("suppress(KeyError, ConnectionError,)", "suppress(KeyError, requests.exceptions.ConnectionError,)"),
        ("lock, suppress(ConnectionError)", "lock, suppress(requests.exceptions.ConnectionError)"),
        ("suppress(OSError)", "suppress(OSError)"),
        ("suppress(*NETWORK)", "suppress(*NETWORK)"),
        ("suppress(NETWORK)", "suppress(NETWORK)"),
        ("suppress(requests.Timeout, ConnectionError, Exception)", None),
        ("suppress(requests.ConnectionError), suppress(ConnectionError)", None),
        ("suppress(ConnectionError), requests.Session()", None),
    ],
)
def test_suppress(items: str, expected: str | None) -> None:
    text = f"""\
from contextlib import suppress

import requests

NETWORK = (ConnectionError, KeyError)


def report(url, lock):
    with {items}:
        requests.post(url)
"""
    assert fixed(text) == text.replace(items, expected or items)


def test_suppress_is_named() -> None:
    text = "import contextlib, requests\n\nwith contextlib.suppress(ConnectionError):\n    requests.get('x')\n"
    (item,) = check(text.encode(), "x.py", ONLY).diagnostics
    assert item.message.startswith("`contextlib.suppress(ConnectionError)` takes no failure of requests.get: suppress ")
    assert item.row == 3
