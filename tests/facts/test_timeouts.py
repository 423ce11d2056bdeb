"""What is read of connects that nothing bounds, of results that nobody reads, and of connects that block a coroutine."""

from __future__ import annotations

import pytest

from connlint.facts.tree import dotted
from tests.facts.reading import read, text

NOT_UNBOUNDED = {
    "told": "s = socket.socket()\ns.settimeout(1)\ns.connect(a)\n",
    "given": "socket.create_connection(a, 1)\n",
    "unix": "s = socket.socket(socket.AF_UNIX)\ns.connect(a)\n",
    "own-bound": "import pymysql\npymysql.connect(host=h)\n",
    "everywhere": "socket.setdefaulttimeout(5)\nsocket.create_connection(a)\n",
}


@pytest.mark.parametrize("code", NOT_UNBOUNDED.values(), ids=NOT_UNBOUNDED)
def test_bounded(code: str) -> None:
    assert read(f"import socket\n{code}").unbounded == ()


@pytest.mark.parametrize(
    ("code", "how", "told", "result", "late"),
    [
        pytest.param("s = socket.socket()\ns.connect(a)\n", "socket", "s.connect(a)", "s", None, id="socket"),
        pytest.param(
            "s = socket.socket()\ns.connect(a)\ns.settimeout(3)\n",
            "socket",
            "s.connect(a)",
            "s",
            "s.settimeout(3)",
            id="late",
        ),
        pytest.param(
            "s = socket.create_connection(a)\n", "argument", "socket.create_connection(a)", "s", None, id="argument"
        ),
        pytest.param(
            "m = smtplib.SMTP()\nm.connect(h)\n", "constructor", "smtplib.SMTP()", None, None, id="constructor"
        ),
        pytest.param(
            "async def f():\n    await asyncio.open_connection(h, 1)\n",
            "task",
            "asyncio.open_connection(h, 1)",
            None,
            None,
            id="task",
        ),
    ],
)
def test_unbounded(code: str, how: str, told: str, result: str | None, late: str | None) -> None:
    (found,) = read(f"import asyncio, smtplib, socket\n{code}").unbounded
    assert (found.how, text(found.told), dotted(found.result)) == (how, told, result)
    assert (text(found.late) if found.late is not None else None) == late


def test_setting_that_never_reaches_it() -> None:
    code = """
        import socket

        class C:
            def __init__(self, timeout=5, connect_timeout=None):
                self.timeout = timeout
                self.connect_timeout = connect_timeout

            def open(self):
                self.sock = socket.create_connection(self.address)
    """
    (found,) = read(code).unbounded
    assert found.setting == "self.connect_timeout"


def test_ignored_result_and_what_uses_the_socket() -> None:
    (found,) = read("import socket\ns = socket.socket()\nr = s.connect_ex(a)\ns.send(b'x')\n").ignored_results
    assert (found.name, text(found.used)) == ("r", "s.send")


def test_blocking_connect_and_its_function() -> None:
    (found,) = read("import socket\nasync def f():\n    socket.create_connection(a, 1)\n").blocking_connects
    assert (found.function.name.value, found.operation.name) == ("f", "socket.create_connection")
