"""Functions that try again by calling themselves."""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.facts.reading import read

params = pytest.mark.parametrize


def function(handler: str, head: str = "def fetch(url, tries=3):", before: str = "") -> str:
    return "\n".join(
        [
            "import requests, time",
            head,
            *([indent(before, "    ")] if before else []),
            "    try:",
            "        return requests.get(url)",
            "    except requests.ConnectionError:",
            indent(handler, "        "),
            "",
        ]
    )


@params(
    "code",
    [
        pytest.param(function("return None"), id="gives-up"),
        pytest.param(function("return other(url)"), id="another-function"),
        pytest.param(function("return self.fetch(url)"), id="not-a-method"),
        pytest.param(
            "def f(x):\n    try:\n        return g(x)\n    except ValueError:\n        return f(x)\n", id="no-failure"
        ),
        pytest.param("@retry\n" + function("return fetch(url)").partition("\n")[2], id="decorated"),
    ],
)
def test_none(code: str) -> None:
    assert read(code).recursions == ()


@params(
    ("code", "never", "always", "same", "bound"),
    [
        (function("return fetch(url)"), True, False, True, "unbounded"),
        (function("time.sleep(1)\nreturn fetch(url)"), False, True, True, "unbounded"),
        (function("return fetch(url)", before="time.sleep(1)"), False, True, True, "unbounded"),
        (function("if tries == 0:\n    raise\nreturn fetch(url, tries - 1)"), True, False, True, "attempts"),
        (function("reset()\nreturn fetch(url)"), False, False, True, "unbounded"),
        (function("return fetch(other)"), True, False, False, "unbounded"),
        (function("return fetch(url=url, tries=tries - 1)"), True, False, True, "unbounded"),
    ],
)
def test_recursion(code: str, never: bool, always: bool, same: bool, bound: str) -> None:
    (found,) = read(code).recursions
    assert (found.never_delayed, found.always_delayed, found.same_input, found.bound) == (never, always, same, bound)
    assert found.failing


def test_method() -> None:
    code = (
        "import socket\nclass Client:\n    def connect(self):\n        try:\n"
        "            self.sock = socket.create_connection(self.address)\n"
        "        except OSError:\n            self.connect()\n"
    )
    (found,) = read(code).recursions
    assert (found.never_delayed, found.same_input) == (True, True)
