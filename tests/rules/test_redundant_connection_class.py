"""CNL106 beyond its examples: which member another one covers, and what the tuple looks like without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint.engine import Selection, check, fix
from connlint.options import Options

if TYPE_CHECKING:
    from connlint.options import Python2

ONLY = Selection(select=("CNL106",))

HEAD = """\
import asyncio
import concurrent.futures
import contextlib
import ftplib
import http.client
import select
import smtplib
import socket
import ssl
import urllib.error

import aiohttp
import httpx
import redis
import requests
import urllib3

from project.errors import ERRORS, Lost


class PeerLost(ConnectionError):
    pass


GONE = (BrokenPipeError, ConnectionResetError)
CHANGED = (OSError,)
CHANGED += (ValueError,)
Unreachable = requests.ConnectionError


class Client:
    errors = (OSError,)

    def run(self, sock: socket.socket):
        try:
            {tried}
        except {caught}:
            pass
"""


def program(caught: str, tried: str = "act()") -> str:
    return HEAD.format(caught=caught, tried=tried)


def redundant(text: str) -> list[str]:
    """Return what is said to be covered."""
    found = check(text.encode(), "x.py", ONLY)
    assert found.problems == ()
    return [item.message.partition(" covered by ")[0].rpartition(" ")[0] for item in found.diagnostics]


def fixed(caught: str, *, unsafe: bool = False) -> str:
    """Return what stands between `except` and the colon after the fixes."""
    done = fix(program(caught).encode(), "x.py", ONLY, unsafe=unsafe)
    assert done.dropped == ()
    return done.data.decode().partition("act()\n        except")[2].partition(":\n            pass")[0].lstrip(" ")


@pytest.mark.parametrize(
    "caught",
    [
        pytest.param("OSError", id="no-tuple"),
        pytest.param("(OSError,)", id="one-member"),
        pytest.param("(ConnectionError, TimeoutError)", id="siblings"),
        pytest.param("(BrokenPipeError, ConnectionResetError, ConnectionRefusedError)", id="subclasses"),
        pytest.param("(OSError, EOFError, http.client.HTTPException)", id="http"),
        pytest.param("(OSError, redis.exceptions.ConnectionError)", id="redis"),
        pytest.param("(OSError, httpx.TransportError)", id="httpx"),
        pytest.param("(OSError, urllib3.exceptions.HTTPError)", id="urllib3"),
        pytest.param("(OSError, http.client.IncompleteRead)", id="incomplete-read"),
        pytest.param("(OSError, asyncio.IncompleteReadError)", id="asyncio-incomplete-read"),
        pytest.param("(ConnectionError, requests.ConnectionError)", id="requests-is-no-builtin"),
        pytest.param("(ConnectionError, aiohttp.ClientConnectionError)", id="aiohttp-is-no-builtin"),
        pytest.param("(requests.ConnectionError, requests.Timeout)", id="requests-siblings"),
        pytest.param("(ConnectionError, socket.gaierror)", id="gaierror"),
        pytest.param("(ConnectionError, socket.timeout)", id="timeout"),
        pytest.param("(asyncio.TimeoutError, TimeoutError)", id="timeout-of-asyncio"),
        pytest.param("(asyncio.TimeoutError, concurrent.futures.TimeoutError)", id="timeout-of-futures"),
        pytest.param("(asyncio.TimeoutError, OSError)", id="timeout-of-asyncio-and-os-error"),
        pytest.param("(asyncio.TimeoutError, ConnectionError, aiohttp.ClientError)", id="aiohttp"),
        pytest.param("(aiohttp.ServerTimeoutError, TimeoutError)", id="timeout-of-a-library-for-asyncio"),
        pytest.param("(Lost, ConnectionError)", id="not-known"),
        pytest.param("(*ERRORS, ConnectionError)", id="tuple-of-the-project"),
        pytest.param("ERRORS + (ConnectionError,)", id="added-to-a-tuple-of-the-project"),
        pytest.param("(*CHANGED, ConnectionError)", id="tuple-that-changes"),
        pytest.param("(*self.errors, ConnectionError)", id="tuple-of-an-object"),
        pytest.param("(*GONE, ConnectionError)", id="constant-that-others-need"),
        pytest.param("(FileNotFoundError, OSError)", id="files"),
        pytest.param("(IOError, OSError)", id="old-names-and-no-network"),
        pytest.param("(UnicodeError, ValueError)", id="nothing-of-connections"),
        pytest.param("make_errors(ConnectionError, OSError)", id="call"),
        pytest.param("ftplib.all_errors", id="tuple-of-a-library"),
    ],
)
def test_silent(caught: str) -> None:
    assert redundant(program(caught)) == []


@pytest.mark.parametrize(
    ("caught", "members", "left"),
    [
        pytest.param("(ConnectionError, OSError)", "`ConnectionError`", "OSError", id="os-error"),
        pytest.param("(OSError, ConnectionError)", "`ConnectionError`", "OSError", id="os-error-first"),
        pytest.param("(socket.error, OSError)", "`socket.error`", "OSError", id="own-name-stays"),
        pytest.param("(OSError, socket.error)", "`socket.error`", "OSError", id="own-name-stays-second"),
        pytest.param("(socket.error, IOError)", "`IOError`", "socket.error", id="first-of-old-names-stays"),
        pytest.param("(select.error, socket.error)", "`socket.error`", "select.error", id="select"),
        pytest.param("(EnvironmentError, socket.herror)", "`socket.herror`", "EnvironmentError", id="herror"),
        pytest.param("(socket.error, WindowsError)", "`WindowsError`", "socket.error", id="windows"),
        pytest.param("(socket.timeout, socket.error)", "`socket.timeout`", "socket.error", id="timeout"),
        pytest.param("(socket.timeout, OSError)", "`socket.timeout`", "OSError", id="timeout-and-os-error"),
        pytest.param("(ConnectionError, ConnectionError)", "`ConnectionError`", "ConnectionError", id="twice"),
        pytest.param("(Exception, ConnectionError)", "`ConnectionError`", "Exception", id="exception"),
        pytest.param(
            "(BrokenPipeError, ConnectionError, ValueError)",
            "`BrokenPipeError`",
            "(ConnectionError, ValueError)",
            id="others-stay",
        ),
        pytest.param(
            "(ConnectionResetError, TimeoutError, OSError, EOFError)",
            "`ConnectionResetError` and `TimeoutError`",
            "(OSError, EOFError)",
            id="two",
        ),
        pytest.param(
            "(socket.timeout, TimeoutError, OSError)", "`socket.timeout` and `TimeoutError`", "OSError", id="3"
        ),
        pytest.param("(ssl.SSLError, OSError)", "`ssl.SSLError`", "OSError", id="tls"),
        pytest.param(
            "(ssl.CertificateError, ssl.SSLError)", "`ssl.CertificateError`", "ssl.SSLError", id="certificate"
        ),
        pytest.param("(smtplib.SMTPException, OSError)", "`smtplib.SMTPException`", "OSError", id="smtp"),
        pytest.param("(ftplib.error_temp, ftplib.Error)", "`ftplib.error_temp`", "ftplib.Error", id="ftp"),
        pytest.param("(ftplib.all_errors, ftplib.error_temp)", "`ftplib.error_temp`", "ftplib.all_errors", id="group"),
        pytest.param(
            "(urllib.error.HTTPError, urllib.error.URLError)",
            "`urllib.error.HTTPError`",
            "urllib.error.URLError",
            id="url",
        ),
        pytest.param(
            "(requests.Timeout, requests.RequestException)",
            "`requests.Timeout`",
            "requests.RequestException",
            id="requests",
        ),
        pytest.param("(Unreachable, OSError)", "`Unreachable`", "OSError", id="requests-are-os-errors"),
        pytest.param("(httpx.ConnectError, httpx.HTTPError)", "`httpx.ConnectError`", "httpx.HTTPError", id="httpx"),
        pytest.param(
            "(redis.ConnectionError, redis.RedisError, OSError)",
            "`redis.ConnectionError`",
            "(redis.RedisError, OSError)",
            id="redis",
        ),
        pytest.param(
            "(aiohttp.ClientConnectorError, aiohttp.ClientError)",
            "`aiohttp.ClientConnectorError`",
            "aiohttp.ClientError",
            id="aiohttp",
        ),
        pytest.param("(PeerLost, ConnectionError)", "`PeerLost`", "ConnectionError", id="class-of-the-file"),
        pytest.param("(*GONE, BrokenPipeError)", "`BrokenPipeError`", "GONE", id="constant"),
        pytest.param(
            "(*GONE, BrokenPipeError, EOFError)", "`BrokenPipeError`", "(*GONE, EOFError)", id="constant-and-more"
        ),
        pytest.param("(GONE, BrokenPipeError)", "`BrokenPipeError`", "GONE", id="constant-nested"),
        pytest.param("GONE + (BrokenPipeError,)", "`BrokenPipeError`", "GONE", id="sum"),
        pytest.param(
            "GONE + (BrokenPipeError, EOFError)", "`BrokenPipeError`", "GONE + (EOFError,)", id="sum-and-more"
        ),
        pytest.param("(BrokenPipeError,) + GONE", "`BrokenPipeError`", "GONE", id="sum-turned-round"),
        pytest.param("((BrokenPipeError, EOFError), OSError)", "`BrokenPipeError`", "(EOFError, OSError)", id="nested"),
    ],
)
def test_reported_and_fixed(caught: str, members: str, left: str) -> None:
    assert redundant(program(caught)) == [members]
    assert fixed(caught) == left
    assert redundant(program(left)) == []


def test_os_errors_count_where_the_network_is_tried() -> None:
    assert redundant(program("(IOError, OSError)", tried="sock.recv(1)")) == ["`IOError`"]


@pytest.mark.parametrize(
    ("caught", "left"),
    [
        pytest.param("(ConnectionError, OSError) as e", "OSError as e", id="name"),
        pytest.param("((ConnectionError, OSError))", "OSError", id="parentheses"),
        pytest.param("(ConnectionError , OSError , )", "OSError", id="spaces"),
        pytest.param("(ConnectionError, OSError, EOFError,)", "(OSError, EOFError,)", id="trailing-comma"),
        pytest.param("(EOFError, OSError, ConnectionError)", "(EOFError, OSError)", id="last"),
        pytest.param("(EOFError, OSError, ConnectionError,)", "(EOFError, OSError,)", id="last-with-comma"),
        pytest.param("(EOFError, ConnectionError,\n  OSError)", "(EOFError,\n  OSError)", id="line-end-after"),
        pytest.param("(EOFError,\n  ConnectionError, OSError)", "(EOFError,\n  OSError)", id="line-end-before"),
        pytest.param("(\n  ConnectionError,\n  OSError,\n  )", "OSError", id="lines-of-one"),
        pytest.param(
            "(\n  ConnectionError,\n  OSError,\n  EOFError,\n  )", "(\n  OSError,\n  EOFError,\n  )", id="lines"
        ),
        pytest.param(
            "(\n  OSError,\n  EOFError,\n  ConnectionError\n  )", "(\n  OSError,\n  EOFError\n  )", id="last-line"
        ),
        pytest.param(
            "(\n  OSError,  # any\n  EOFError,  # cut\n  ConnectionError,\n  )",
            "(\n  OSError,  # any\n  EOFError,  # cut\n  )",
            id="comments-of-others",
        ),
        pytest.param(
            "(\n  ConnectionError,\n  # any\n  OSError,\n  EOFError,\n  )",
            "(\n  # any\n  OSError,\n  EOFError,\n  )",
            id="comment-above",
        ),
        pytest.param(
            "(\n  ConnectionError,\n  OSError,  # any\n  )", "(\n  OSError,  # any\n  )", id="comment-keeps-tuple"
        ),
        pytest.param(
            "(  # all\n  ConnectionError,\n  OSError,\n  EOFError\n  )",
            "(  # all\n  OSError,\n  EOFError\n  )",
            id="comment-of-tuple",
        ),
        pytest.param("(\n  ConnectionError,  # lost\n  OSError,\n  )", None, id="comment-of-member"),
        pytest.param("(\n  OSError,\n  # lost\n  ConnectionError,\n  )", None, id="comment-above-member"),
        pytest.param("(\n  OSError,\n  ConnectionError  # lost\n  )", None, id="comment-of-last-member"),
        pytest.param("(\n  OSError\n  , ConnectionError\n  )", None, id="comma-first"),
    ],
)
def test_fix_keeps_layout_and_comments(caught: str, left: str | None) -> None:
    assert fixed(caught) == (caught if left is None else left)


def test_no_space_after_except() -> None:
    done = fix(b"try:\n    f()\nexcept(ConnectionError, OSError):\n    pass\n", "x.py", ONLY, unsafe=False)
    assert done.data == b"try:\n    f()\nexcept OSError:\n    pass\n"


SUPPRESS = "import contextlib\nimport socket\nwith contextlib.suppress({}):\n    f()\n"


@pytest.mark.parametrize(
    ("given", "left"),
    [
        pytest.param("ConnectionError, OSError", "OSError", id="first"),
        pytest.param("OSError, ConnectionError", "OSError", id="last"),
        pytest.param("EOFError, OSError, ConnectionError,", "EOFError, OSError,", id="trailing-comma"),
        pytest.param("\n    ConnectionError,\n    OSError,\n", "\n    OSError,\n", id="lines"),
        pytest.param("\n    OSError,\n    ConnectionError,  # lost\n", None, id="comment"),
        pytest.param("(ConnectionError, EOFError), OSError", "EOFError, OSError", id="nested"),
    ],
)
def test_suppress(given: str, left: str | None) -> None:
    text = SUPPRESS.format(given)
    assert redundant(text) == ["`ConnectionError`"]
    done = fix(text.encode(), "x.py", ONLY, unsafe=False)
    assert done.data.decode() == SUPPRESS.format(given if left is None else left)


@pytest.mark.parametrize("given", ["*ERRORS, ConnectionError", "ConnectionError", "", "ConnectionError, TimeoutError"])
def test_silent_in_suppress(given: str) -> None:
    assert redundant(SUPPRESS.format(given)) == []


CONSTANT = """\
import socket

{constant}


class Client:
    errors = (socket.error, socket.timeout)

    def send(self):
        try:
            f()
        except {caught}:
            pass
        try:
            f()
        except {caught} as e:
            raise
"""


@pytest.mark.parametrize(
    "caught", ["_LOST", "(*_LOST, EOFError)", "(_LOST, ValueError)", "_LOST + (KeyError,)", "self.errors"]
)
def test_tuple_kept_in_a_name_is_reported_once_and_stays(caught: str) -> None:
    text = CONSTANT.format(constant="_LOST = (ConnectionError, OSError)", caught=caught)
    (item,) = check(text.encode(), "x.py", ONLY).diagnostics
    assert item.row == 12
    assert item.fixable is None
    assert "(line 3)" in item.message or "(line 7)" in item.message


@pytest.mark.parametrize("caught", ["(socket.timeout, TimeoutError)", "(TimeoutError, socket.timeout)"])
@pytest.mark.parametrize(("head", "safe"), [("", False), ("from itertools import pairwise\n", True)])
def test_timeout_of_sockets(caught: str, head: str, safe: bool) -> None:
    text = head + program(caught)
    assert redundant(text) == ["`socket.timeout`"]
    assert (fix(text.encode(), "x.py", ONLY, unsafe=False).applied != {}) == safe
    assert "except TimeoutError:" in fix(text.encode(), "x.py", ONLY, unsafe=True).data.decode()


@pytest.mark.parametrize(
    ("head", "silent"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("import tomllib\n", False, id="module-of-3-11"),
        pytest.param("from typing import Self\n", False, id="typing-of-3-11"),
        pytest.param("from itertools import pairwise\n", True, id="module-of-3-10"),
        pytest.param("import tomllib, sys\nOLD = sys.version_info < (3, 11)\n", True, id="asks-for-the-version"),
    ],
)
@pytest.mark.parametrize(
    "caught",
    [
        "(asyncio.TimeoutError, OSError)",
        "(TimeoutError, asyncio.TimeoutError)",
        "(aiohttp.ServerTimeoutError, OSError)",
    ],
)
def test_timeout_of_asyncio(caught: str, head: str, silent: bool) -> None:
    assert (redundant(head + program(caught)) == []) == silent


FIVE = "".join(f"def f{number}(self):\n    super({number}, self).f()\n\n\n" for number in range(5))
OLD = f"""\
import socket

{FIVE}try:
    f0(1)
except (socket.error, OSError):
    pass
"""


@pytest.mark.parametrize(
    ("new", "silent"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("from .queue import x\n", True, id="module-of-the-project"),
        pytest.param("import http.client\n", False, id="module"),
        pytest.param("def f(x: int): pass\n", False, id="annotation"),
        pytest.param("def f(): return f'{x}'\n", False, id="f-string"),
        pytest.param("async def f(): pass\n", False, id="async"),
        pytest.param("def f(*, x=1): pass\n", False, id="keyword-only"),
        pytest.param("def f(): super().f()\n", False, id="super"),
        pytest.param("def f(): raise FileNotFoundError\n", False, id="class"),
        pytest.param("def f(): raise X from None\n", False, id="raise-from"),
    ],
)
def test_file_that_uses_nothing_new_may_run_on_python_2(new: str, silent: bool) -> None:
    assert (redundant(new + OLD) == []) == silent


@pytest.mark.parametrize(("python2", "silent"), [(False, False), ("auto", True), (True, True)])
def test_project_says_whether_it_runs_on_python_2(python2: Python2, silent: bool) -> None:
    asked = Selection(select=("CNL106",), options=Options(python2=python2))
    assert (check(OLD.encode(), "x.py", asked).diagnostics == ()) == silent


def test_python_2_had_three_classes() -> None:
    future = "from __future__ import print_function\n"
    assert redundant(future + program("(socket.error, OSError)")) == []
    assert redundant(future + program("(requests.Timeout, requests.RequestException)")) != []


def test_message_and_why() -> None:
    (item,) = check(program("(socket.timeout, ConnectionError, socket.error)").encode(), "x.py", ONLY).diagnostics
    assert item.message == "`socket.timeout` and `ConnectionError` are covered by `socket.error`: leave them out"
    assert item.why == (
        "socket.timeout is TimeoutError, which derives from OSError (socket.error)",
        "ConnectionError derives from OSError (socket.error)",
    )


def test_off_by_default() -> None:
    text = program("(ConnectionError, OSError)").encode()
    assert "CNL106" not in {item.code for item in check(text, "x.py", Selection()).diagnostics}
    assert "CNL106" in {item.code for item in check(text, "x.py", Selection(extend_select=("CNL106",))).diagnostics}
