"""Imports that a fix adds, uses or leaves behind: every case compares the whole text."""

from __future__ import annotations

import importlib
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from connlint import facts
from connlint.facts.tree import walk
from connlint.fixes.edits import apply, edits_of
from connlint.fixes.imports import LOADED_WITH, extended, reference
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from connlint.facts import Facts


def read(text: str) -> Facts:
    return facts.read(cst.parse_module(text))


def place_of(read_facts: Facts) -> cst.CSTNode:
    """Return the statement `here()`, which marks the place in the examples."""
    for node in walk(read_facts.module):
        if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
            func = node.value.func
            if isinstance(func, cst.Name) and func.value == "here":
                return node
    raise AssertionError("the example has no `here()`")


def rewritten(text: str, new: str | None, *, add: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> str:
    """Return `text` with the statement line that holds `here(...)` replaced by the statements `new`."""
    found = read(text)
    replace: dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] = {}
    for node in walk(found.module):
        if isinstance(node, cst.SimpleStatementLine) and "here(" in found.module.code_for_node(node):
            statements = cst.parse_module(new or "").body
            if statements:
                statements = (statements[0].with_changes(leading_lines=node.leading_lines), *statements[1:])
            replace[node] = tuple(statements)
    edits = edits_of(found, text, Rewrite(replace, add, drop))
    assert edits is not None
    result = apply(text, edits)
    compile(result, "example", "exec")
    return result


REFERENCES = [
    # id, code, name, expected
    ("module-imported", "import time\nhere()\n", "time.sleep", ("time.sleep", ())),
    ("module-under-another-name", "import time as t\nhere()\n", "time.sleep", ("t.sleep", ())),
    ("name-imported", "from time import sleep\nhere()\n", "time.sleep", ("sleep", ())),
    ("name-under-another-name", "from time import sleep as nap\nhere()\n", "time.sleep", ("nap", ())),
    ("shortest-of-two", "import time\nfrom time import sleep\nhere()\n", "time.sleep", ("sleep", ())),
    ("nothing-imported", "here()\n", "time.sleep", ("time.sleep", ("time",))),
    ("other-name-imported", "from time import monotonic\nhere()\n", "time.sleep", ("time.sleep", ("time",))),
    ("name-is-a-function-of-its-module", "from time import time\nhere()\n", "time.sleep", None),
    ("name-is-a-parameter", "def f(time):\n    here()\n", "time.sleep", None),
    ("name-is-a-parameter-of-another", "def g(time): ...\ndef f():\n    here()\n", "time.sleep", ("time.sleep", ("time",))),
    ("name-is-a-local", "def f():\n    here()\n    time = 3\n", "time.sleep", None),
    ("name-is-a-local-around", "def f():\n    time = 3\n    def g():\n        here()\n", "time.sleep", None),
    ("name-is-a-class", "class time: ...\nhere()\n", "time.sleep", None),
    ("name-is-a-loop-variable", "for time in range(3):\n    here()\n", "time.sleep", None),
    ("imported-and-rebound", "import time\ntime = time.time\nhere()\n", "time.sleep", None),
    ("imported-and-deleted", "import time\ndel time\nhere()\n", "time.sleep", None),
    ("imported-but-shadowed", "import time\ndef f(time=None):\n    here()\n", "time.sleep", None),
    ("shadowed-but-name-imported", "from time import sleep\ndef f(time):\n    here()\n", "time.sleep", ("sleep", ())),
    ("global-rebinds", "import time\ndef g():\n    global time\n    time = 1\ndef f():\n    here()\n", "time.sleep", None),
    ("class-attribute-is-not-seen", "import time\nclass A:\n    time = 1\n    def f(self):\n        here()\n", "time.sleep", ("time.sleep", ())),
    ("class-attribute-in-class-body", "import time\nclass A:\n    time = 1\n    here()\n", "time.sleep", None),
    ("typing-only", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ssl\nhere()\n", "ssl.SSLError", None),
    ("conditional", "try:\n    import ssl\nexcept ImportError:\n    ssl = None\nhere()\n", "ssl.SSLError", None),
    ("conditional-without-else", "try:\n    import ssl\nexcept ImportError:\n    pass\nhere()\n", "ssl.SSLError", None),
    ("suppressed", "import contextlib\nwith contextlib.suppress(ImportError):\n    import ssl\ndef f():\n    here()\n", "ssl.SSLError", None),
    ("within-the-condition", "if __name__ == '__main__':\n    import time\n    while True:\n        here()\n", "time.sleep", ("time.sleep", ())),
    ("imported-in-the-function", "def f():\n    import time\n    here()\n", "time.sleep", ("time.sleep", ())),
    ("imported-in-the-function-below", "def f():\n    here()\n    import time\n", "time.sleep", None),
    ("imported-in-the-function-conditionally", "def f():\n    if g():\n        import time\n    here()\n", "time.sleep", None),
    ("imported-in-another-function", "def g():\n    import time\ndef f():\n    here()\n", "time.sleep", ("time.sleep", ("time",))),
    ("imported-in-the-function-around", "def f():\n    import time\n    def g():\n        here()\n", "time.sleep", ("time.sleep", ())),
    ("imported-on-the-same-line", "import time; here()\n", "time.sleep", ("time.sleep", ())),
    ("imported-below-for-a-function", "def f():\n    here()\nimport time\n", "time.sleep", ("time.sleep", ())),
    ("imported-below-at-the-top-level", "here()\nimport time\n", "time.sleep", None),
    ("star-of-the-same-name", "from time import *\nhere()\n", "time.sleep", None),
    ("star-of-the-standard-library", "from socket import *\nhere()\n", "time.sleep", ("time.sleep", ("time",))),
    ("star-of-a-stranger", "from .utils import *\nhere()\n", "time.sleep", None),
    ("star-of-a-stranger-but-imported", "import time\nfrom .utils import *\nhere()\n", "time.sleep", ("time.sleep", ())),
    ("builtin", "here()\n", "ConnectionRefusedError", ("ConnectionRefusedError", ())),
    ("builtin-shadowed", "from requests import ConnectionError\nhere()\n", "ConnectionError", None),
    ("builtin-shadowed-by-a-class", "class TimeoutError(Exception): ...\nhere()\n", "TimeoutError", None),
    ("builtin-from-star", "from requests import *\nhere()\n", "ConnectionError", None),
    ("own-class", "class Lost(Exception): ...\nhere()\n", "<file>.Lost", ("Lost", ())),
    ("own-class-of-a-class", "class A:\n    class Lost(Exception): ...\nhere()\n", "<file>.A.Lost", ("A.Lost", ())),
    ("own-class-below", "here()\nclass Lost(Exception): ...\n", "<file>.Lost", None),
    ("own-class-shadowed", "class Lost(Exception): ...\ndef f(Lost):\n    here()\n", "<file>.Lost", None),
    ("own-class-of-a-function", "def f():\n    class Lost(Exception): ...\nhere()\n", "<file>.f.<locals>.Lost", None),
    ("package-imported", "import requests\nhere()\n", "requests.exceptions.ConnectionError", ("requests.exceptions.ConnectionError", ())),
    ("submodule-imported", "from requests import exceptions\nhere()\n", "requests.exceptions.ConnectionError", ("exceptions.ConnectionError", ())),
    ("submodule-under-another-name", "import requests.exceptions as rex\nhere()\n", "requests.exceptions.ConnectionError", ("rex.ConnectionError", ())),
    ("class-under-another-name", "from requests.exceptions import ConnectionError as RequestsConnectionError\nhere()\n", "requests.exceptions.ConnectionError", ("RequestsConnectionError", ())),
    ("sibling-imported", "from requests.exceptions import Timeout\nhere()\n", "requests.exceptions.ConnectionError", ("requests.exceptions.ConnectionError", ("requests",))),
    ("package-not-imported", "here()\n", "requests.exceptions.ConnectionError", None),
    ("package-imported-late", "def f():\n    import requests\n    g()\ndef g():\n    here()\n", "requests.exceptions.ConnectionError", None),
    ("package-imported-if-it-is-there", "try:\n    from requests import get\nexcept ImportError:\n    get = None\nhere()\n", "requests.exceptions.ConnectionError", None),
    ("submodule-not-loaded", "import urllib\nhere()\n", "urllib.error.URLError", ("urllib.error.URLError", ("urllib.error",))),
    ("submodule-loaded", "import urllib.error\nhere()\n", "urllib.error.URLError", ("urllib.error.URLError", ())),
    ("sibling-submodule-loaded", "import urllib.request\nhere()\n", "urllib.error.URLError", ("urllib.error.URLError", ("urllib.error",))),
    ("submodule-of-nothing", "here()\n", "http.client.HTTPException", ("http.client.HTTPException", ("http.client",))),
    ("submodule-with-its-package", "here()\n", "os.path.join", ("os.path.join", ("os",))),
    ("relative", "from .errors import Lost\nhere()\n", ".errors.Lost", ("Lost", ())),
    ("relative-not-imported", "here()\n", ".errors.Lost", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "expected"), [pytest.param(*row[1:], id=row[0]) for row in REFERENCES])
def test_reference(code: str, name: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    found = read(code)
    assert reference(found, place_of(found), name) == expected


@pytest.mark.parametrize("package", sorted(LOADED_WITH))
def test_importing_a_package_loads_what_the_table_says(package: str) -> None:
    pytest.importorskip(package)
    modules = [f"{package}.{rest}" for rest in sorted(LOADED_WITH[package])]
    code = f"import {package}\n" + "\n".join(modules)
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
    for module in modules:
        assert importlib.import_module(module).__name__ in {module, "posixpath", "ntpath"}


ADDED = [
    ("no-imports", ("time",), "here()\n", "import time\n\ndone()\n"),
    ("no-imports-two", ("time", "random"), "here()\n", "import random\nimport time\n\ndone()\n"),
    ("no-imports-def", ("time",), "def f():\n    here()\n", "import time\n\n\ndef f():\n    done()\n"),
    ("no-imports-decorated", ("time",), "@g\ndef f():\n    here()\n", "import time\n\n\n@g\ndef f():\n    done()\n"),
    ("docstring", ("time",), '"""Doc."""\n\nhere()\n', '"""Doc."""\n\nimport time\n\ndone()\n'),
    ("docstring-close", ("time",), '"""Doc."""\nhere()\n', '"""Doc."""\n\nimport time\n\ndone()\n'),
    ("docstring-def", ("time",), '"""Doc."""\n\n\ndef f():\n    here()\n', '"""Doc."""\n\nimport time\n\n\ndef f():\n    done()\n'),
    ("docstring-comment", ("time",), '"""Doc."""\n\n# Go.\nhere()\n', '"""Doc."""\n\nimport time\n\n# Go.\ndone()\n'),
    ("future", ("time",), "from __future__ import annotations\n\nhere()\n", "from __future__ import annotations\n\nimport time\n\ndone()\n"),
    ("future-and-imports", ("time",), "from __future__ import annotations\n\nimport os\n\nhere()\n", "from __future__ import annotations\n\nimport os\nimport time\n\ndone()\n"),
    ("future-close-to-imports", ("time",), "from __future__ import annotations\nimport os\n\nhere()\n", "from __future__ import annotations\nimport os\nimport time\n\ndone()\n"),
    ("docstring-future", ("time",), '"""Doc."""\nfrom __future__ import annotations\nx = 1\nhere()\n', '"""Doc."""\nfrom __future__ import annotations\n\nimport time\n\nx = 1\ndone()\n'),
    ("shebang", ("time",), "#!/usr/bin/env python3\nhere()\n", "#!/usr/bin/env python3\n\nimport time\n\ndone()\n"),
    ("coding", ("time",), "# -*- coding: utf-8 -*-\n\nhere()\n", "# -*- coding: utf-8 -*-\n\nimport time\n\ndone()\n"),
    ("licence", ("time",), "#!/usr/bin/env python3\n# (c) Somebody\n# MIT\n\n# Connect.\nhere()\n", "#!/usr/bin/env python3\n# (c) Somebody\n# MIT\n\nimport time\n\n# Connect.\ndone()\n"),
    ("licence-two", ("time", "random"), "# (c) Somebody\n\n# Connect.\nhere()\n", "# (c) Somebody\n\nimport random\nimport time\n\n# Connect.\ndone()\n"),
    ("header-then-import", ("time",), "# (c) Somebody\nimport socket\n\nhere()\n", "# (c) Somebody\nimport socket\nimport time\n\ndone()\n"),
    ("header-then-import-before", ("random",), "# (c) Somebody\n\nimport socket\n\nhere()\n", "# (c) Somebody\n\nimport random\nimport socket\n\ndone()\n"),
    ("sorted-in", ("random",), "import os\nimport socket\n\nhere()\n", "import os\nimport random\nimport socket\n\ndone()\n"),
    ("sorted-first", ("errno",), "import os\nimport socket\n\nhere()\n", "import errno\nimport os\nimport socket\n\ndone()\n"),
    ("sorted-last", ("time",), "import os\nimport socket\n\nhere()\n", "import os\nimport socket\nimport time\n\ndone()\n"),
    ("before-from", ("time",), "import os\nfrom socket import socket\n\nhere()\n", "import os\nimport time\nfrom socket import socket\n\ndone()\n"),
    ("only-from", ("time",), "from socket import socket\n\nhere()\n", "import time\nfrom socket import socket\n\ndone()\n"),
    ("mixed", ("random",), "import asyncio\nfrom os import path\nimport socket\n\nhere()\n", "import asyncio\nfrom os import path\nimport random\nimport socket\n\ndone()\n"),
    ("third-party-only", ("time",), "import requests\n\nhere()\n", "import time\n\nimport requests\n\ndone()\n"),
    ("third-party-after-docstring", ("time",), '"""Doc."""\n\nimport requests\n\nhere()\n', '"""Doc."""\n\nimport time\n\nimport requests\n\ndone()\n'),
    ("third-party-with-heading", ("time",), '"""Doc."""\n\n# Ours\nimport requests\n\nhere()\n', '"""Doc."""\n\nimport time\n\n# Ours\nimport requests\n\ndone()\n'),
    ("relative-only", ("time",), "from . import x\n\nhere()\n", "import time\n\nfrom . import x\n\ndone()\n"),
    ("new-third-party", ("requests",), "import os\n\nfrom requests import get\n\nfrom . import x\n\nhere()\n", "import os\n\nimport requests\nfrom requests import get\n\nfrom . import x\n\ndone()\n"),
    ("new-third-party-in-its-group", ("requests",), "import mine\n\nimport aiohttp\nfrom requests import get\n\nhere()\n", "import mine\n\nimport aiohttp\nimport requests\nfrom requests import get\n\ndone()\n"),
    ("third-party-after-standard", ("requests",), "import os\n\nhere()\n", "import os\n\nimport requests\n\ndone()\n"),
    ("standard-in-the-first-group", ("time",), "import os\n\nimport requests\n\nhere()\n", "import os\nimport time\n\nimport requests\n\ndone()\n"),
    ("heading-stays", ("errno",), '"""Doc."""\n\n# Standard library\nimport os\n\nhere()\n', '"""Doc."""\n\n# Standard library\nimport errno\nimport os\n\ndone()\n'),
    ("comment-of-a-line-stays", ("random",), "import os\n# for the client\nimport socket\n\nhere()\n", "import os\nimport random\n# for the client\nimport socket\n\ndone()\n"),
    ("there-already", ("time",), "import time\n\nhere()\n", "import time\n\ndone()\n"),
    ("there-among-others", ("time",), "import os, time\n\nhere()\n", "import os, time\n\ndone()\n"),
    ("there-under-another-name", ("time",), "import time as t\n\nhere()\n", "import time as t\nimport time\n\ndone()\n"),
    ("typing-block", ("time",), "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import ssl\n\nhere()\n", "import os\nimport time\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import ssl\n\ndone()\n"),
    ("only-a-try-block", ("time",), "try:\n    import simplejson\nexcept ImportError:\n    simplejson = None\n\nhere()\n", "import time\n\ntry:\n    import simplejson\nexcept ImportError:\n    simplejson = None\n\ndone()\n"),
    ("after-a-try-block", ("time",), "try:\n    import json\nexcept ImportError:\n    json = None\nimport os\n\nhere()\n", "try:\n    import json\nexcept ImportError:\n    json = None\nimport os\nimport time\n\ndone()\n"),
    ("dunder-between", ("time",), '__version__ = "1"\n\nimport os\n\nhere()\n', '__version__ = "1"\n\nimport os\nimport time\n\ndone()\n'),
    ("not-among-late-imports", ("time",), "import gevent.monkey\n\ngevent.monkey.patch_all()\n\nimport os\n\nhere()\n", "import time\n\nimport gevent.monkey\n\ngevent.monkey.patch_all()\n\nimport os\n\ndone()\n"),
    ("not-within-code", ("time",), "setup()\nimport os\nhere()\n", "import time\n\nsetup()\nimport os\ndone()\n"),
    ("semicolons", ("time",), "import os; import sys\n\nhere()\n", "import os; import sys\nimport time\n\ndone()\n"),
    ("no-final-newline", ("time",), "import os\nhere()", "import os\nimport time\ndone()"),
    ("first-statement-in-a-block", ("time",), "while x:\n    here()\n", "import time\n\nwhile x:\n    done()\n"),
    ("submodule", ("urllib.error",), "import urllib.request\n\nhere()\n", "import urllib.error\nimport urllib.request\n\ndone()\n"),
    ("crlf", ("time",), "import os\r\n\r\nhere()\r\n", "import os\r\nimport time\r\n\r\ndone()\r\n"),
    ("crlf-no-imports", ("time",), '"""Doc."""\r\n\r\nhere()\r\n', '"""Doc."""\r\n\r\nimport time\r\n\r\ndone()\r\n'),
    ("tabs", ("time",), "def f():\n\there()\n", "import time\n\n\ndef f():\n\tdone()\n"),
]  # fmt: skip


@pytest.mark.parametrize(("add", "before", "after"), [pytest.param(*row[1:], id=row[0]) for row in ADDED])
def test_import_is_added(add: tuple[str, ...], before: str, after: str) -> None:
    assert rewritten(before, "done()", add=add) == after


def test_the_name_of_an_added_import_must_be_free() -> None:
    found = read("time = 3\nhere()\n")
    assert edits_of(found, "time = 3\nhere()\n", Rewrite({}, imports=("time",))) is None


KEPT = [
    ("used-elsewhere", "import errno\n\nhere(errno)\nprint(errno.EPIPE)\n"),
    ("noqa", "import errno  # noqa: F401\n\nhere(errno)\n"),
    ("flake8-noqa", "import errno  # NOQA\n\nhere(errno)\n"),
    ("commented", "import errno  # for the retry\n\nhere(errno)\n"),
    ("comment-above", "import os\n# for the retry\nimport errno\n\nhere(errno)\n"),
    ("re-exported", "import errno as errno\n\nhere(errno)\n"),
    ("re-exported-from", "from errno import errorcode as errno\nfrom x import errno\n\nhere(errno)\n"),
    ("listed", "import errno\n\n__all__ = ['errno']\nhere(errno)\n"),
    ("in-a-block", "try:\n    import errno\nexcept ImportError:\n    errno = None\nhere(errno)\n"),
    ("only-statement-of-a-block", "if x:\n    import errno\nhere(errno)\n"),
    ("local", "def f():\n    import errno\n    here(errno)\n"),
    ("on-a-shared-line", "import errno; import os\nhere(errno)\n"),
    ("bound-twice", "import errno\nimport errno\nhere(errno)\n"),
    ("a-parameter-has-the-name", "import errno\n\ndef f(errno): return errno\nhere(errno)\n"),
]


@pytest.mark.parametrize("before", [pytest.param(row[1], id=row[0]) for row in KEPT])
def test_import_is_kept(before: str) -> None:
    assert rewritten(before, "done()", drop=("errno",)) == before.replace("here(errno)", "done()")


DROPPED = [
    ("alone", "import errno\n\nhere(errno)\n", "done()\n"),
    ("alone-before-def", "import errno\n\n\ndef f():\n    here(errno)\n", "def f():\n    done()\n"),
    ("alone-below-docstring", '"""Doc."""\n\nimport errno\n\nhere(errno)\n', '"""Doc."""\n\ndone()\n'),
    ("alone-below-docstring-close", '"""Doc."""\n\nimport errno\nhere(errno)\n', '"""Doc."""\n\ndone()\n'),
    ("alone-below-shebang", "#!/usr/bin/python\nimport errno\n\nhere(errno)\n", "#!/usr/bin/python\n\ndone()\n"),
    ("first-of-its-group", '"""Doc."""\n\nimport errno\nimport os\n\nhere(errno)\n', '"""Doc."""\n\nimport os\n\ndone()\n'),
    ("first-of-its-group-with-heading", '"""Doc."""\n\n# std\nimport errno\nimport os\n\nhere(errno)\n', '"""Doc."""\n\n# std\nimport os\n\ndone()\n'),
    ("middle", "import asyncio\nimport errno\nimport os\n\nhere(errno)\n", "import asyncio\nimport os\n\ndone()\n"),
    ("last", "import asyncio\nimport errno\n\nhere(errno)\n", "import asyncio\n\ndone()\n"),
    ("group-of-its-own", "import asyncio\n\nimport errno\n\nimport os\n\nhere(errno)\n", "import asyncio\n\nimport os\n\ndone()\n"),
    ("first-name", "import errno, socket\n\nhere(errno)\n", "import socket\n\ndone()\n"),
    ("last-name", "import socket, errno\n\nhere(errno)\n", "import socket\n\ndone()\n"),
    ("middle-name", "import socket, errno, time\n\nhere(errno)\n", "import socket, time\n\ndone()\n"),
    ("name-of-a-commented-line", "import socket, errno  # both\n\nhere(errno)\n", "import socket  # both\n\ndone()\n"),
    ("attributes-and-keywords-are-no-use", "import errno\n\nhere(errno)\nf(x.errno, errno=1)\n", "done()\nf(x.errno, errno=1)\n"),
    ("another-name", "import errno as e\nhere(e)\n", "done()\n"),
    ("crlf", "import errno\r\nimport os\r\n\r\nhere(errno)\r\n", "import os\r\n\r\ndone()\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [pytest.param(*row[1:], id=row[0]) for row in DROPPED])
def test_import_is_dropped(before: str, after: str) -> None:
    assert rewritten(before, "done()", drop=("errno", "e")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from errno import EPIPE\n\nhere(EPIPE)\n", "done()\n"),
        ("from errno import EPIPE, ENOENT\n\nhere(EPIPE)\n", "from errno import ENOENT\n\ndone()\n"),
        ("from errno import ENOENT, EPIPE\n\nhere(EPIPE)\n", "from errno import ENOENT\n\ndone()\n"),
        ("from errno import (\n    ENOENT,\n    EPIPE,\n)\n\nhere(EPIPE)\n", "from errno import (\n    ENOENT,\n)\n\ndone()\n"),
        ("from errno import (\n    EPIPE,\n    ENOENT,\n)\n\nhere(EPIPE)\n", "from errno import (\n    ENOENT,\n)\n\ndone()\n"),
        ("from errno import (ENOENT, EPIPE)\n\nhere(EPIPE)\n", "from errno import (ENOENT)\n\ndone()\n"),
        ("from errno import (\n    ENOENT,\n    EPIPE,  # gone\n)\n\nhere(EPIPE)\n", "from errno import (\n    ENOENT,\n    EPIPE,  # gone\n)\n\ndone()\n"),
        ("from errno import *\n\nhere(EPIPE)\n", "from errno import *\n\ndone()\n"),
    ],
)  # fmt: skip
def test_name_from_a_module_is_dropped(before: str, after: str) -> None:
    assert rewritten(before, "done()", drop=("EPIPE",)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import errno\n\nhere(errno)\n", "import time\n\ndone()\n"),
        ("import errno\n\n\ndef f():\n    here(errno)\n", "import time\n\n\ndef f():\n    done()\n"),
        ('"""Doc."""\n\nimport errno\n\nhere(errno)\n', '"""Doc."""\n\nimport time\n\ndone()\n'),
        (
            '"""Doc."""\n\nimport errno\nimport zlib\n\nhere(errno)\n',
            '"""Doc."""\n\nimport time\nimport zlib\n\ndone()\n',
        ),
        ('"""Doc."""\n\nimport errno\nimport os\n\nhere(errno)\n', '"""Doc."""\n\nimport os\nimport time\n\ndone()\n'),
        (
            '"""Doc."""\n\nimport zlib\nimport errno\n\nhere(errno)\n',
            '"""Doc."""\n\nimport time\nimport zlib\n\ndone()\n',
        ),
        ("import errno, zlib\n\nhere(errno)\n", "import zlib\nimport time\n\ndone()\n"),
        ("import errno\n\nimport requests\n\nhere(errno)\n", "import time\n\nimport requests\n\ndone()\n"),
    ],
)
def test_one_goes_and_one_comes(before: str, after: str) -> None:
    assert rewritten(before, "done()", add=("time",), drop=("errno",)) == after


def test_what_the_replacement_still_uses_is_kept() -> None:
    before = "import errno\n\nhere(errno)\n"
    assert rewritten(before, "done(errno.EPIPE)", drop=("errno",)) == "import errno\n\ndone(errno.EPIPE)\n"
    assert rewritten(before, "done(e.errno)", drop=("errno",)) == "done(e.errno)\n"


def test_a_replacement_may_hold_what_it_replaces() -> None:
    text = "import errno\n\nwhile x:\n    here(errno)\n"
    found = read(text)
    loop = found.module.body[1]
    edits = edits_of(found, text, Rewrite({loop: (cst.parse_statement("n = 0\n"), loop)}, dropped_imports=("errno",)))
    assert edits is not None
    assert apply(text, edits) == "import errno\nn = 0\n\nwhile x:\n    here(errno)\n"


def test_the_first_statement_may_be_the_one_replaced() -> None:
    text = dedent(
        """\
        for i in range(3):
            here()
        """
    )
    found = read(text)
    loop = found.module.body[0]
    new = dedent("        delay = 1\n        for i in range(3):\n            done()\n")
    edits = edits_of(found, text, Rewrite({loop: tuple(cst.parse_module(new).body)}, imports=("time", "random")))
    assert edits is not None
    assert apply(text, edits) == f"import random\nimport time\n\n{new}"


EXTENDED = [
    ("one-name", "from m import a\n\nhere()\n", "from m import a, new\n\nhere()\n"),
    ("two-names", "from m import a, b\n\nhere()\n", "from m import a, b, new\n\nhere()\n"),
    ("brackets", "from m import (a, b)\n\nhere()\n", "from m import (a, b, new)\n\nhere()\n"),
    ("a-line-each", "from m import (\n    a,\n    b,\n)\n\nhere()\n", "from m import (\n    a,\n    b,\n    new,\n)\n\nhere()\n"),
    ("one-on-its-line", "from m import (\n    a,\n)\n\nhere()\n", "from m import (\n    a,\n    new,\n)\n\nhere()\n"),
    ("hanging", "from m import (a,\n               b)\n\nhere()\n", "from m import (a,\n               b,\n               new)\n\nhere()\n"),
    ("trailing-comment", "from m import a  # why\n\nhere()\n", "from m import a, new  # why\n\nhere()\n"),
    ("taken", "from m import a\nnew = 1\nhere()\n", None),
    ("taken-here", "from m import a\ndef f(new):\n    here()\n", None),
    ("taken-elsewhere-only", "from m import a\n\ndef f(new): ...\nhere()\n", "from m import a, new\n\ndef f(new): ...\nhere()\n"),
    ("other-module", "from n import a\n\nhere()\n", None),
    ("relative", "from .m import a\n\nhere()\n", None),
    ("plain", "import m\n\nhere()\n", None),
    ("star", "from m import *\n\nhere()\n", None),
    ("conditional", "try:\n    from m import a\nexcept ImportError:\n    a = None\nhere()\n", None),
    ("commented-name", "from m import (\n    a,  # why\n)\n\nhere()\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [pytest.param(*row[1:], id=row[0]) for row in EXTENDED])
def test_a_line_is_extended(before: str, after: str | None) -> None:
    found = read(before)
    way = extended(found, place_of(found), "m.new")
    if way is None:
        assert after is None
        return
    name, replace = way
    edits = edits_of(found, before, Rewrite(replace))
    assert edits is not None
    assert (name, apply(before, edits)) == ("new", after)


def test_an_extended_line_loses_what_nothing_needs_any_more() -> None:
    text = "from m import a, old\n\nhere(old)\n"
    found = read(text)
    line = found.module.body[1]
    way = extended(found, line, "m.new")
    assert way is not None
    replace = {**way[1], line: cst.parse_statement("\nhere(new)\n")}
    edits = edits_of(found, text, Rewrite(replace, dropped_imports=("old",)))
    assert edits is not None
    assert apply(text, edits) == "from m import a, new\n\nhere(new)\n"
