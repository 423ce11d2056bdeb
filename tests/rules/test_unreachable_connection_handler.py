"""CNL105 beyond its examples: which class takes which, and where that is not said."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check, fix

ONLY = Selection(select=("CNL105",))

HEAD = """\
import asyncio
import concurrent.futures
import http.client
import select
import smtplib
import socket
import ssl
import urllib.error
from concurrent.futures import TimeoutError as FuturesTimeout

import aiohttp
import httpx
import redis
import requests
import urllib3
from requests import ConnectionError as RequestsConnectionError

from project.errors import Lost, NetworkError


class PeerLost(ConnectionError):
    pass


class Both(Lost, ConnectionError):
    pass


class Slow(asyncio.TimeoutError):
    pass


GONE = (BrokenPipeError, ConnectionResetError)
CHANGED = (OSError,)
CHANGED += (ValueError,)


def anything(errors=(OSError,)):
    pass


"""


def ladder(*clauses: str, tried: str = "act()", star: str = "") -> str:
    """Return a program that catches `clauses` one after the other, each doing something else."""
    lines = [f"    except{star} {clause}:\n        handle({number})\n" for number, clause in enumerate(clauses)]
    return f"{HEAD}def run(self, sock: socket.socket):\n    try:\n        {tried}\n{''.join(lines)}"


def reported(text: str) -> list[str]:
    """Return the clauses that are said to be dead."""
    found = check(text.encode(), "x.py", ONLY)
    assert found.problems == ()
    return [item.message.split("`")[1] for item in found.diagnostics]


@pytest.mark.parametrize(
    "clauses",
    [
        pytest.param(("ConnectionRefusedError", "ConnectionError", "OSError", "Exception"), id="narrow-first"),
        pytest.param(("BrokenPipeError", "ConnectionResetError"), id="siblings"),
        pytest.param(("ConnectionError", "requests.ConnectionError"), id="requests-is-no-builtin"),
        pytest.param(("ConnectionError", "RequestsConnectionError"), id="requests-by-a-name"),
        pytest.param(("ConnectionError", "OSError"), id="base-after"),
        pytest.param(("ConnectionError", "TimeoutError"), id="timeout-is-no-connection-error"),
        pytest.param(("socket.timeout", "ConnectionError"), id="timeout-before"),
        pytest.param(("OSError", "redis.ConnectionError"), id="redis-is-no-os-error"),
        pytest.param(("OSError", "httpx.ConnectError"), id="httpx-is-no-os-error"),
        pytest.param(("OSError", "urllib3.exceptions.ProtocolError"), id="urllib3-is-no-os-error"),
        pytest.param(("OSError", "http.client.IncompleteRead"), id="incomplete-read-is-no-os-error"),
        pytest.param(("OSError", "asyncio.IncompleteReadError"), id="asyncio-incomplete-read"),
        pytest.param(("TimeoutError", "socket.gaierror"), id="resolver"),
        pytest.param(("aiohttp.ClientConnectorError", "aiohttp.ClientError"), id="aiohttp-narrow-first"),
        pytest.param(("requests.HTTPError", "requests.Timeout", "requests.RequestException"), id="requests"),
        pytest.param(("(BrokenPipeError, ConnectionResetError)", "ConnectionError"), id="not-all-of-the-base"),
        pytest.param(("OSError", "(ConnectionError, ValueError)"), id="one-comes-through"),
        pytest.param(("OSError", "(ConnectionError, Lost)"), id="one-is-not-known"),
        pytest.param(("NetworkError", "ConnectionError"), id="unknown-first"),
        pytest.param(("OSError", "NetworkError"), id="unknown-after"),
        pytest.param(("self.errors", "ConnectionError"), id="attribute"),
        pytest.param(("CHANGED", "ConnectionError"), id="tuple-that-changes"),
        pytest.param(("make_errors()", "ConnectionError"), id="call"),
        pytest.param(("Exception", "ValueError"), id="nothing-of-connections"),
        pytest.param(("OSError", "FileNotFoundError"), id="files"),
        pytest.param(("IOError", "OSError"), id="old-names-and-no-network"),
        pytest.param(("Exception", "asyncio.CancelledError"), id="cancelled"),
        pytest.param(("OSError", "KeyboardInterrupt"), id="no-exception-of-the-kind"),
        pytest.param(("ssl.SSLError", "ssl.SSLCertVerificationError.nothing"), id="no-class"),
    ],
)
def test_silent(clauses: tuple[str, ...]) -> None:
    assert reported(ladder(*clauses)) == []


@pytest.mark.parametrize(
    ("clauses", "dead"),
    [
        pytest.param(("OSError", "ConnectionRefusedError"), 1, id="os-error"),
        pytest.param(("ConnectionError", "BrokenPipeError"), 1, id="connection-error"),
        pytest.param(("ConnectionError", "ConnectionError"), 1, id="twice"),
        pytest.param(("socket.error", "socket.gaierror"), 1, id="gaierror"),
        pytest.param(("EnvironmentError", "socket.error"), 1, id="environment-error"),
        pytest.param(("select.error", "socket.error"), 1, id="select-error"),
        pytest.param(("WindowsError", "socket.error"), 1, id="windows-error"),
        pytest.param(("socket.error", "socket.timeout"), 1, id="timeout-is-an-os-error-since-ever"),
        pytest.param(("TimeoutError", "socket.timeout"), 1, id="timeouts"),
        pytest.param(("OSError", "asyncio.TimeoutError"), 1, id="timeout-of-asyncio"),
        pytest.param(("OSError", "FuturesTimeout"), 1, id="timeout-of-futures"),
        pytest.param(("OSError", "Slow"), 1, id="timeout-of-asyncio-through-a-class"),
        pytest.param(("asyncio.TimeoutError", "Slow"), 1, id="own-timeout-after-its-base"),
        pytest.param(("OSError", "ssl.SSLError"), 1, id="tls"),
        pytest.param(("ssl.SSLError", "ssl.CertificateError"), 1, id="certificate"),
        pytest.param(("OSError", "smtplib.SMTPServerDisconnected"), 1, id="smtp"),
        pytest.param(("ConnectionResetError", "http.client.RemoteDisconnected"), 1, id="remote-disconnected"),
        pytest.param(("http.client.HTTPException", "http.client.RemoteDisconnected"), 1, id="http-exception"),
        pytest.param(("urllib.error.URLError", "urllib.error.HTTPError"), 1, id="http-error"),
        pytest.param(("OSError", "urllib.error.URLError"), 1, id="url-error"),
        pytest.param(("OSError", "requests.ConnectionError"), 1, id="requests-are-os-errors"),
        pytest.param(("requests.RequestException", "RequestsConnectionError"), 1, id="requests-base"),
        pytest.param(("requests.ConnectionError", "requests.exceptions.SSLError"), 1, id="requests-ssl"),
        pytest.param(("requests.Timeout", "requests.ConnectTimeout"), 1, id="requests-timeout"),
        pytest.param(("httpx.HTTPError", "httpx.ConnectError"), 1, id="httpx"),
        pytest.param(("redis.RedisError", "redis.exceptions.BusyLoadingError"), 1, id="redis"),
        pytest.param(("aiohttp.ClientError", "aiohttp.ClientConnectorError"), 1, id="aiohttp"),
        pytest.param(("aiohttp.ClientOSError", "aiohttp.ClientConnectorError"), 1, id="aiohttp-os-error"),
        pytest.param(("urllib3.exceptions.HTTPError", "urllib3.exceptions.MaxRetryError"), 1, id="urllib3"),
        pytest.param(("Exception", "ConnectionError"), 1, id="exception"),
        pytest.param(("BaseException", "NetworkError"), None, id="base-exception-takes-what-is-not-known-too"),
        pytest.param(("GONE", "BrokenPipeError"), 1, id="constant"),
        pytest.param(("ConnectionError", "GONE"), 1, id="constant-after"),
        pytest.param(("ConnectionError", "PeerLost"), 1, id="class-of-the-file"),
        pytest.param(("ConnectionError", "Both"), 1, id="one-base-is-enough"),
        pytest.param(("Lost", "Both"), 1, id="base-that-is-not-known"),
        pytest.param(("BrokenPipeError", "ConnectionResetError", "GONE"), 2, id="by-several"),
        pytest.param(("(OSError, ValueError)", "(ConnectionError, UnicodeError)"), 1, id="tuples"),
        pytest.param(("NetworkError", "OSError", "Lost", "ConnectionError"), 3, id="among-unknown-ones"),
    ],
)
def test_reported(clauses: tuple[str, ...], dead: int | None) -> None:
    assert reported(ladder(*clauses)) == ([f"except {clauses[dead]}"] if dead is not None else [])


def test_os_errors_count_where_the_network_is_tried() -> None:
    assert reported(ladder("OSError", "IOError", tried="sock.recv(1)")) == ["except IOError"]
    assert reported(ladder("OSError", "PermissionError", tried="sock.bind(('', 80)); sock.recv(1)")) != []


def test_groups() -> None:
    text = ladder("OSError", "ConnectionResetError", star="*")
    assert reported(text) == ["except* ConnectionResetError"]
    assert "except* Conn" not in fix(text.encode(), "x.py", ONLY, unsafe=False).data.decode()


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param("from __future__ import print_function\n", id="future"),
        pytest.param("import six\n", id="six"),
    ],
)
def test_python_2_had_other_classes_behind_the_old_names(sign: str) -> None:
    assert reported(f"{sign}{ladder('socket.error', 'select.error')}") == []
    assert reported(f"{sign}{ladder('OSError', 'socket.error')}") == []
    assert reported(f"{sign}{ladder('requests.RequestException', 'requests.ConnectionError')}") != []


SAME = """\
import asyncio
import socket
{head}

async def run():
    try:
        await act()
    except {first}:
        return None
    except {second}:
        return None
"""


@pytest.mark.parametrize(
    ("first", "second"), [("TimeoutError", "asyncio.TimeoutError"), ("TimeoutError", "socket.timeout")]
)
def test_clauses_that_do_the_same_may_be_for_older_pythons(first: str, second: str) -> None:
    assert reported(SAME.format(head="", first=first, second=second)) == []
    assert reported(SAME.format(head="import tomllib\n", first=first, second=second)) == [f"except {second}"]
    assert reported(SAME.format(head="", first="OSError", second="socket.timeout")) == ["except socket.timeout"]


@pytest.mark.parametrize(
    ("head", "safe"),
    [
        pytest.param("", False, id="nothing"),
        pytest.param("import tomllib\n", True, id="module"),
        pytest.param("from typing import Self\n", True, id="typing"),
        pytest.param("try:\n    import tomllib\nexcept ImportError:\n    tomllib = None\n", False, id="fallback"),
        pytest.param("async def f():\n    async with asyncio.timeout(1):\n        pass\n", True, id="call"),
        pytest.param("from typing import ParamSpec\n", False, id="too-old"),
        pytest.param("def f(x):\n    match x:\n        case 1:\n            pass\n", False, id="too-old-syntax"),
    ],
)
def test_fix_is_safe_where_the_file_needs_that_python(head: str, safe: bool) -> None:
    text = ladder("OSError", "asyncio.TimeoutError").replace("import asyncio\n", f"import asyncio\n{head}", 1)
    assert reported(text) == ["except asyncio.TimeoutError"]
    assert ("except asyncio" not in fix(text.encode(), "x.py", ONLY, unsafe=False).data.decode()) == safe
    assert "except asyncio" not in fix(text.encode(), "x.py", ONLY, unsafe=True).data.decode()


@pytest.mark.parametrize("version", ["(3, 11)", "(3, 10)", "(3, 8)", "(3,)"])
def test_silent_where_the_file_asks_for_the_version(version: str) -> None:
    text = f"import sys\nOLD = sys.version_info < {version}\n{ladder('OSError', 'asyncio.TimeoutError')}"
    assert reported(text) == []


def test_message_and_why() -> None:
    (item,) = check(ladder("OSError", "BrokenPipeError").encode(), "x.py", ONLY).diagnostics
    assert item.message == (
        "`except BrokenPipeError` is never reached: `except OSError` (line 45) takes all that it names first; "
        "put it above if it is meant to act, else remove it"
    )
    assert item.why == (
        "`except OSError` on line 45 comes first, and BrokenPipeError derives from ConnectionError, "
        "which derives from OSError",
    )


# Fixes

FUNCTION = """\
def run(sock):
    try:
        act(sock)
    except OSError{named}:
        pass
    except ConnectionError as error:
        {body}
    {after}
"""


@pytest.mark.parametrize(
    ("body", "after"),
    [
        pytest.param("yield error", "return", id="yield"),
        pytest.param("global state; state = 1", "return", id="global"),
        pytest.param("state = 1", "return lambda: state", id="only-assignment"),
        pytest.param("pass  # the peer is gone", "return", id="comment"),
        pytest.param("pass\n        # the peer is gone", "return", id="comment-below"),
        pytest.param("pass", "return error", id="name-of-the-exception"),
    ],
)
def test_no_fix(body: str, after: str) -> None:
    text = FUNCTION.format(body=body, after=after, named="")
    done = fix(text.encode(), "x.py", ONLY, unsafe=True)
    assert (done.data.decode(), done.dropped) == (text, ())
    assert len(done.checked.diagnostics) == 1
    assert done.checked.diagnostics[0].fixable is None


@pytest.mark.parametrize(
    ("body", "after"),
    [
        pytest.param("state = 1", "return", id="assignment-that-nobody-reads"),
        pytest.param("sock = None", "return sock", id="assigned-elsewhere-too"),
        pytest.param("log('#1')", "return", id="no-comment"),
    ],
)
def test_safe_fix(body: str, after: str) -> None:
    done = fix(FUNCTION.format(body=body, after=after, named=" as error").encode(), "x.py", ONLY, unsafe=False)
    assert done.applied == {"CNL105": 1}
    assert done.data.decode() == (
        f"def run(sock):\n    try:\n        act(sock)\n    except OSError as error:\n        pass\n    {after}\n"
    )
