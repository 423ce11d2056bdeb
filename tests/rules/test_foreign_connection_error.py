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


def beside(imported: str, caught: str, tried: str = "requests.get(url)") -> str:
    return f"""\
import httpx
import kafka
import requests
{imported}


def act(url):
    try:
        {tried}
    except {caught}:
        return None
"""


@pytest.mark.parametrize(
    ("imported", "caught", "tried"),
    [
        pytest.param("from .errors import ApiError", "(ApiError, ConnectionError)", "requests.get(url)", id="project"),
        pytest.param("from shop.errors import Down", "(ConnectionError, Down)", "httpx.get(url)", id="absolute"),
        pytest.param("from .http import errors", "(ConnectionError, errors.Failed)", "requests.get(url)", id="module"),
        pytest.param(
            "from .errors import Down", "Down:\n        pass\n    except ConnectionError", "httpx.get(url)", id="above"
        ),
        pytest.param(
            "from .errors import Down", "ConnectionError:\n        pass\n    except Down", "httpx.get(url)", id="below"
        ),
        pytest.param(
            "from kafka.errors import NoBrokersAvailable",
            "(NoBrokersAvailable, ConnectionError)",
            "kafka.KafkaProducer(bootstrap_servers=url)",
            id="of-another-version",
        ),
        pytest.param(
            "from pip._vendor.requests import RequestException",
            "(ConnectionError, RequestException)",
            "requests.get(url)",
            id="vendored",
        ),
        pytest.param("from .errors import ALL", "(ConnectionError, *ALL)", "requests.get(url)", id="tuple"),
    ],
)
def test_unknown_class_may_be_the_librarys(imported: str, caught: str, tried: str) -> None:
    assert named(beside(imported, caught, tried)) == []


@pytest.mark.parametrize(
    ("imported", "caught"),
    [
        pytest.param("from simplejson import JSONDecodeError", "(ConnectionError, JSONDecodeError)", id="decoding"),
        pytest.param("import yaml", "(yaml.YAMLError, ConnectionError)", id="yaml"),
        pytest.param("from pydantic import ValidationError", "(ConnectionError, ValidationError)", id="validation"),
        pytest.param("import subprocess", "(ConnectionError, subprocess.CalledProcessError)", id="standard-library"),
        pytest.param("import redis", "(ConnectionError, redis.RedisError)", id="another-librarys"),
        pytest.param("class Down(Exception): pass", "(ConnectionError, Down)", id="of-the-file"),
    ],
)
def test_class_that_takes_no_failure_of_the_library(imported: str, caught: str) -> None:
    assert named(beside(imported, caught)) == ["requests.exceptions.ConnectionError"]


def test_class_beside_it_that_takes_all_but_the_refusal() -> None:
    caught = "(ConnectionError, httpx.ReadError, httpx.WriteError)"
    assert named(beside("", caught, "httpx.get(url)")) == ["httpx.TransportError"]
    assert named(beside("", "(ConnectionError, httpx.ConnectError)", "httpx.get(url)")) == []


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        ("(ConnectionError, TimeoutError)", "requests.exceptions.ConnectionError and requests.exceptions.Timeout"),
        ("(ConnectionError, socket.timeout)", "requests.exceptions.ConnectionError and requests.exceptions.Timeout"),
        ("(ConnectionError, TimeoutError, requests.Timeout)", "requests.exceptions.ConnectionError"),
        ("ConnectionError:\n            pass\n        except TimeoutError", "requests.exceptions.ConnectionError"),
    ],
)
def test_timeouts_are_the_librarys_too(caught: str, expected: str) -> None:
    assert named(code("self.session.get(self.url)", caught)) == [expected]


def test_other_library_in_the_same_try() -> None:
    caught = "(ConnectionError, requests.RequestException)"
    assert named(beside("", caught, "requests.get(url); httpx.get(url)")) == ["httpx.TransportError"]
    assert named(beside("", caught, "requests.get(url); kafka.KafkaConsumer()")) == ["kafka.errors.KafkaError"]
    caught = "(ConnectionError, requests.RequestException, httpx.HTTPError)"
    assert named(beside("", caught, "requests.get(url); httpx.get(url)")) == []


def test_fix_keeps_order_and_comments_of_a_tuple() -> None:
    text = code(
        "self.session.get(self.url)",
        "(\n            TimeoutError,  # slow\n            ConnectionError,  # down\n        )",
    )
    expected = text.replace(" TimeoutError,", " requests.exceptions.Timeout,")
    assert fixed(text) == expected.replace(" ConnectionError,", " requests.exceptions.ConnectionError,")


def test_timeouts_of_another_clock() -> None:
    tried = "await asyncio.wait_for(asyncio.to_thread(self.session.get, self.url), 3); self.session.get(self.url)"
    text = "import asyncio\n" + code(tried, "(ConnectionError, TimeoutError)")
    assert not any("imeout" in item for item in named(text))


@pytest.mark.parametrize("caught", ["OSError", "(OSError, ValueError)", "TimeoutError", "EnvironmentError"])
def test_what_may_be_meant_for_something_else(caught: str) -> None:
    assert named(code("self.cache.ping()", caught)) == []


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


# What the code around tells


def unknown(caught: str, handled: str = "pass", imports: str = "import requests") -> str:
    return f"""\
import contextlib
{imports}


def refresh(feed):
    try:
        feed.fetch()
    except {caught} as error:
        {handled}
"""


@pytest.mark.parametrize(
    ("caught", "imports"),
    [
        pytest.param("(ConnectionError, requests.RequestException)", "import requests", id="base-beside-it"),
        pytest.param("(ConnectionError, OSError, requests.Timeout)", "import requests", id="oserror-takes-it"),
        pytest.param("(ConnectionError, Timeout)", "from requests import ConnectionError, Timeout", id="imported"),
        pytest.param("(ConnectionError, Timeout)", "from .errors import Timeout", id="sibling-of-the-project"),
        pytest.param("(ConnectionError, ValueError)", "import requests", id="no-sibling"),
        pytest.param(
            "(ConnectionError, requests.Timeout, redis.TimeoutError)", "import redis, requests", id="two-libraries"
        ),
        pytest.param("(ConnectionResetError, requests.Timeout)", "import requests", id="not-meant-for-refusals"),
        pytest.param("(ConnectionError, aiohttp.web.HTTPException)", "import aiohttp.web", id="of-the-server"),
        pytest.param("(BrokenPipeError, requests.Timeout)", "import requests", id="not-meant-for-connects"),
        pytest.param("(ConnectionError, HTTPError)", "from urllib.error import HTTPError", id="standard-library"),
        pytest.param("(ConnectionError, paramiko.SSHException)", "import paramiko", id="builtin-is-half-of-it"),
        pytest.param(
            "(ConnectionError, requests.Timeout, Down)", "import requests\nfrom .errors import Down", id="unknown"
        ),
    ],
)
def test_no_sibling_tells(caught: str, imports: str) -> None:
    assert named(unknown(caught, imports=imports)) == []


@pytest.mark.parametrize(
    ("caught", "imports", "expected"),
    [
        pytest.param("(ConnectionError, requests.Timeout)", "import requests", "requests.exceptions", id="requests"),
        pytest.param(
            "(HTTPError, ConnectionError)", "from requests import HTTPError", "requests.exceptions", id="from"
        ),
        pytest.param("(ConnectionError, redis.ResponseError)", "import redis", "redis.exceptions", id="redis"),
        pytest.param(
            "requests.Timeout:\n        pass\n    except ConnectionError",
            "import requests",
            "requests.exceptions",
            id="other-clause",
        ),
    ],
)
def test_sibling_tells(caught: str, imports: str, expected: str) -> None:  # of redis, `RedisCluster` has its own
    assert named(unknown(caught, imports=imports)) == [f"{expected}.ConnectionError as well"]


@pytest.mark.parametrize(
    ("caught", "handled", "imports", "reported"),
    [
        ("ConnectionError", "print(error.response)", "import requests", True),
        ("ConnectionError", "print(error.request.url)", "import httpx", True),
        ("ConnectionError", "print(error.args)", "import requests", False),
        ("ConnectionError", "print(error.response)", "import httpx, requests", False),
        ("ConnectionError", "print(error.response)", "import json", False),
        ("ConnectionError", "print(hasattr(error, 'response') and error.response)", "import requests", False),
        ("(ConnectionError, feed.Error)", "print(error.response)", "import requests", False),
    ],
)
def test_attribute_tells(caught: str, handled: str, imports: str, reported: bool) -> None:
    assert bool(named(unknown(caught, handled, imports))) is reported


def test_sign_does_not_outweigh_what_is_known() -> None:
    text = unknown("(ConnectionError, requests.Timeout)")
    assert named(text)
    assert named(text.replace("feed.fetch()", "feed.fetch(); raise feed.error")) == []
    assert named(text + "\n\ndef check():\n    raise ConnectionError\n") == []


# What the client sends with


@pytest.mark.parametrize(
    ("made", "reported"),
    [
        ("httpx.Client()", True),
        ("httpx.Client(transport=httpx.HTTPTransport(retries=2))", True),
        ("httpx.Client(transport=None)", True),
        ("httpx.Client(transport=httpx.MockTransport(handler))", False),
        ("httpx.Client(transport=handler)", False),
        ("httpx.Client(mounts={'http://': handler})", False),
    ],
)
def test_transport(made: str, reported: bool) -> None:
    text = f"import httpx\n\n\ndef act(handler):\n    client = {made}\n    try:\n        client.get('x')\n"
    assert bool(named(f"{text}    except ConnectionError:\n        pass\n")) is reported


@pytest.mark.parametrize(
    ("adapter", "reported"),
    [
        ("requests.adapters.HTTPAdapter(max_retries=2)", True),
        ("Patient()", True),
        ("Other()", False),
        ("UnixAdapter()", False),
        ("adapter", False),
    ],
)
def test_adapter(adapter: str, reported: bool) -> None:
    text = f"""\
import requests
from requests_unixsocket import UnixAdapter


class Patient(requests.adapters.HTTPAdapter):
    def send(self, request, **kwargs):
        return super().send(request, **{{"timeout": 5, **kwargs}})


class Other(requests.adapters.BaseAdapter):
    pass


def act(adapter):
    session = requests.Session()
    session.mount("https://", {adapter})
    try:
        return session.get("https://example.org")
    except ConnectionError:
        return None
"""
    assert bool(named(text)) is reported


@pytest.mark.parametrize(
    "mocking",
    [
        "mock.patch('requests.get', side_effect=ConnectionError).start()",
        "requests.get = mock.Mock(side_effect=[ConnectionError(), None])",
        "requests.get.side_effect = ConnectionResetError",
        "mock.patch.object(requests, 'get').start().side_effect = ConnectionError('down')",
    ],
)
def test_mock_that_raises_the_builtin(mocking: str) -> None:
    text = f"from unittest import mock\nimport requests\n\n{mocking}\n"
    text += "try:\n    requests.get('x')\nexcept ConnectionError:\n    pass\n"
    assert named(text) == []
    assert named(text.replace(mocking, "")) != []


@pytest.mark.parametrize(("given", "reported"), [("timeout=3", True), ("transport=transport", False)])
def test_class_that_hands_a_transport_on(given: str, reported: bool) -> None:
    text = f"""\
import httpx


class Api(httpx.Client):
    def __init__(self, transport):
        super().__init__({given})

    def is_up(self):
        try:
            return self.get("https://example.org").is_success
        except ConnectionError:
            return False
"""
    assert bool(named(text)) is reported
