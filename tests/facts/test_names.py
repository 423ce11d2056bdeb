from __future__ import annotations

import libcst as cst
import pytest

from connlint.facts.names import OPAQUE
from tests.facts.reading import expression, read

# What `ConnectionError` after `except` means. None: it cannot be known, and nothing may be said.
UNKNOWN = {
    "class-of-the-file": "class ConnectionError(Exception): pass\n{}",
    "parameter": "def f(ConnectionError):\n    {}",
    "relative-import": "from .errors import ConnectionError\n{}",
    "star-import": "from client import *\n{}",
    "under-except-NameError": "try:\n    ConnectionError\nexcept NameError:\n    ConnectionError = OSError\n{}",
    "under-if": "import sys\nif sys.platform == 'win32':\n    ConnectionError = OSError\n{}",
    "two-imports": "try:\n    from a import ConnectionError\nexcept ImportError:\n    from b import ConnectionError\n{}",
    "assigned-opaque": "ConnectionError = make()\n{}",
    "loop-target": "for ConnectionError in errors:\n    {}",
    "with-target": "with errors() as ConnectionError:\n    {}",
    "unpacked": "ConnectionError, other = errors\n{}",
    "bound-later-in-the-function": "def f():\n    {}\n    ConnectionError = make()\n",
    "global-assigned-elsewhere": "def g():\n    global ConnectionError\n    ConnectionError = make()\n{}",
    "nonlocal": "def f():\n    ConnectionError = 1\n    def g():\n        nonlocal ConnectionError\n        {}",
    "walrus": "if (ConnectionError := make()):\n    {}",
    "captured": "match x:\n    case [ConnectionError]:\n        {}",
}

KNOWN = {
    "builtin": ("{}", "ConnectionError"),
    "star-of-socket": ("from socket import *\n{}", "ConnectionError"),
    "in-a-function": ("def f():\n    {}", "ConnectionError"),
    "class-attribute-is-no-name-in-methods": (
        "class C:\n    ConnectionError = 1\n    def f(self):\n        {}",
        "ConnectionError",
    ),
    "local-of-another-function": ("def g():\n    ConnectionError = 1\ndef f():\n    {}", "ConnectionError"),
    "imported": ("from requests.exceptions import ConnectionError\n{}", "requests.exceptions.ConnectionError"),
    "imported-from-the-package": ("from requests import ConnectionError\n{}", "requests.exceptions.ConnectionError"),
    "imported-as": ("from builtins import ConnectionError\n{}", "ConnectionError"),
    "assigned": ("import socket\nConnectionError = socket.error\n{}", "OSError"),
    "type-checking-only-import-beside": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import socket\n{}",
        "ConnectionError",
    ),
}


def place(template: str) -> str:
    """Put the `try` at the place of `{}`, indented as the place is."""
    head, _, tail = template.partition("{}")
    indent = " " * (len(head) - len(head.rstrip(" ")))
    return f"{head}try:\n{indent}    go()\n{indent}except ConnectionError:\n{indent}    pass{tail}"


@pytest.mark.parametrize("template", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_known_is_no_builtin(template: str) -> None:
    found = read(place(template))
    (handler,) = [h for t in found.index.all(cst.Try) for h in t.handlers][-1:]
    assert found.names.classes(handler.type) != ("ConnectionError",)


@pytest.mark.parametrize(("template", "expected"), KNOWN.values(), ids=KNOWN.keys())
def test_what_is_known(template: str, expected: str) -> None:
    found = read(place(template))
    (handler,) = [h for t in found.index.all(cst.Try) for h in t.handlers][-1:]
    assert found.names.classes(handler.type) == (expected,)


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        pytest.param("import a.b as z\nz.c", "z.c", "a.b.c", id="import-as"),
        pytest.param("import a.b\na.b.c", "a.b.c", "a.b.c", id="import-dotted"),
        pytest.param("from a import b as c\nc.d", "c.d", "a.b.d", id="from-import-as"),
        pytest.param("import socket\ne = socket.error\nf = e\nf", "f", "OSError", id="alias-of-an-alias"),
        pytest.param("class A:\n    class B: pass\nA.B", "A.B", "<file>.A.B", id="own-nested-class"),
        pytest.param("def f(): pass\nf", "f", "<file>.f", id="own-function"),
        pytest.param("try:\n    import x\nexcept ImportError:\n    x = None\nx.y", "x.y", "x.y", id="none-otherwise"),
        pytest.param(
            "def f():\n    import time\n    def g():\n        time.sleep\n", "time.sleep", "time.sleep", id="closure"
        ),
        pytest.param("from . import errors\nerrors.X", "errors.X", ".errors.X", id="relative"),
        pytest.param(
            "x = [time for time in y]\nimport time\ntime.sleep", "time.sleep", "time.sleep", id="comprehension"
        ),
    ],
)
def test_qualified(code: str, name: str, expected: str) -> None:
    found = read(code)
    assert found.names.qualified(expression(found, name)) == expected


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        pytest.param("import socket\nsocket.socket = x\nsocket.socket", "socket.socket", None, id="class"),
        pytest.param(
            "import socket\ndef f():\n    socket.socket = x\nsocket.socket", "socket.socket", None, id="later"
        ),
        pytest.param(
            "import socket as s\ns.create_connection = x\ns.create_connection",
            "s.create_connection",
            None,
            id="function",
        ),
        pytest.param(
            "import socket\nfrom socket import socket as S\nsocket.socket = x\nS", "S", None, id="under-another-name"
        ),
        pytest.param("import socket\nsocket.timeout = x\nsocket.error", "socket.error", "OSError", id="something-else"),
        pytest.param("import time\ntime.sleep = x\ntime.sleep", "time.sleep", "time.sleep", id="no-call-to-a-peer"),
        pytest.param(
            "import socket\nself.socket.socket = x\nsocket.socket", "socket.socket", "socket.socket", id="of-another"
        ),
    ],
)
def test_what_the_file_replaces_in_a_library(code: str, name: str, expected: str | None) -> None:
    found = read(code)
    assert found.names.qualified(expression(found, name)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("except (OSError, ValueError):", ("OSError", "ValueError"), id="tuple"),
        pytest.param("except:", ("BaseException",), id="bare"),
        pytest.param("except ERRORS:", ("ConnectionError", "OSError"), id="tuple-in-a-name"),
        pytest.param(
            "except ERRORS + (ValueError,):", ("ConnectionError", "OSError", "ValueError"), id="sum-of-tuples"
        ),
        pytest.param("except (unknown, OSError):", (OPAQUE, "OSError"), id="unknown-name"),
        pytest.param("except Mine:", ("<file>.Mine",), id="class-of-the-file"),
        pytest.param("except errors():", (OPAQUE,), id="call"),
    ],
)
def test_classes(code: str, expected: tuple[str, ...]) -> None:
    found = read(
        f"ERRORS = (ConnectionError, OSError)\nclass Mine(Exception): pass\ntry:\n    go()\n{code}\n    pass\n"
    )
    (statement,) = found.index.all(cst.Try)
    assert found.names.classes(statement.handlers[0].type) == expected
