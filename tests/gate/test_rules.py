"""The gate asks for each rule by itself what it cannot do without: what it reports must get through, however it is
written, and what no rule could report must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint import gate
from connlint.engine import Checked, Selection, check
from connlint.options import Options, OwnOperation
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Collection

OPTIONS = Options(operations=(OwnOperation("proj.net.dial", "connect", (("refused", "ConnectionRefusedError"),)),))
EXAMPLES = [
    pytest.param(rule.code, example.code, id=f"{rule.code}-{example.name}")
    for rule in all_rules()
    if rule.code.startswith(("CNL2", "CNL3"))
    for example in rule.bad
]


def is_candidate(code: str, program: str) -> bool:
    return gate.decide(program.encode(), {code}.__contains__, options=OPTIONS).candidate


def reported(code: str, program: str) -> Checked:
    selection = Selection(select=(code,), options=OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "decide", lambda *_: gate.Verdict(True))
        return check(program.encode(), "file.py", selection, noqa=False)


# What no rule could report

LOOP = "import requests\n{}:\n    try:\n        {}\n    except {}:\n        {}\n{}"


def retry(
    loop: str = "while x",
    tried: str = "return requests.get(url)",
    caught: str = "OSError",
    body: str = "pass",
    rest: str = "",
) -> str:
    program = LOOP.format(loop, tried, caught, body, rest)
    return "def f():\n" + "".join(f"    {line}\n" for line in program.splitlines())


def unheard(codes: Collection[str], programs: dict[str, str]) -> list[object]:
    return [pytest.param(code, each, id=f"{code}-{name}") for code in codes for name, each in programs.items()]


@pytest.mark.parametrize(
    ("code", "program"),
    [
        *unheard(
            ("CNL201", "CNL202", "CNL204"),
            {
                "handler-raises": retry(body="raise"),
                "handler-returns": retry(body="return None"),
                "handler-breaks": retry(body="break"),
                "handler-raises-or-returns": retry(body="if x: raise\n        else: return"),
                "left-below-the-try": retry(rest="    return None\n"),
                "left-by-finally": retry(rest="    finally:\n        return None\n"),
                "given-the-item": retry("for each in urls", "return requests.get(each)"),
                "given-an-item-by-number": retry("for i in range(3)", "return requests.get(urls[i])"),
                "goes-on-after-success": retry("for i in range(3)", "requests.get(url)"),
                "left-by-a-handler-alone": retry(
                    "for i in range(3)", "requests.get(url)", rest="    except KeyError:\n        break\n"
                ),
                "left-by-an-inner-loop-alone": retry(
                    "for i in range(3)", "requests.get(url)", rest="    for each in other:\n        break\n"
                ),
                "other-exceptions": retry(caught="(KeyError, ValueError)"),
                "exceptions-of-the-library-alone": retry(
                    tried="return parse(text)", caught="Exception", rest="    x = requests.RequestException\n"
                ),
                "function-that-tries-nothing": "def load():\n    return read()\n"
                + retry(tried="return load()", caught="Exception"),
                "nothing-called": retry(tried="return x"),
                "other-class-of-the-file": "class E(ValueError): ...\n" + retry(tried="return g()", caught="E"),
                "suppressed-elsewhere": "from contextlib import suppress\nwith suppress(OSError): f()\n"
                + retry(body="raise"),
                "suppressed-and-over": "from contextlib import suppress\nimport requests\nfor x in y:\n"
                "    with suppress(OSError): requests.get(u)\n    break\n",
            },
        ),
        *unheard(
            ("CNL201", "CNL202", "CNL203", "CNL301", "CNL302"),
            {"test": "import pytest\nimport socket\ns = socket.socket()\ns.connect(a)\n" + retry()},
        ),
        *unheard(
            ("CNL202", "CNL206"),
            {
                "word": "def retry(): ...\nretry()\n",
                "class-of-the-library": "import tenacity\ntry: f()\nexcept tenacity.RetryError: pass\n",
                "grows": "import urllib3\nr = urllib3.Retry(5, backoff_factor=0.5)\n",
                "grows-by-a-strategy": "import tenacity\n@tenacity.retry(wait=tenacity.wait_exponential())\ndef f(): ...\n",
                "told-when-it-runs": "import tenacity\n@tenacity.retry(wait=tenacity.wait_fixed(CONF.wait))\ndef f(): ...\n",
                "hidden": "from urllib3 import Retry\nr = Retry(**options)\n",
                "no-count": "import requests\na = requests.adapters.HTTPAdapter(pool_maxsize=3)\n",
                "default-that-grows": "from google.api_core import retry\nr = retry.Retry(timeout=5)\n",
            },
        ),
        *unheard(
            ("CNL301",),
            {
                "library": "import socket\ndef dial(a):\n    return socket.create_connection(a)\n",
                "signal": "import socket\nsignal.connect(f)\n",
                "database": "import socket, sqlite3\nsqlite3.connect(socket.gethostname())\n",
                "method-that-nobody-calls": "import smtplib\nclass C:\n    def go(self):\n        smtplib.SMTP(h)\n",
            },
        ),
        *unheard(
            ("CNL302",),
            {
                "made-elsewhere": "import socket\ndef make(): return socket.socket()\ndef f(s): s.connect(a)\n",
                "made-and-connected": "import socket\ns = socket.create_connection(a)\n",
            },
        ),
        *unheard(("CNL304",), {"read": "import socket\ns = socket.socket()\nif s.connect_ex(a): s.send(x)\n"}),
        *unheard(("CNL210",), {"no-loop": "import socket\ns = socket.socket()\ns.connect(a)\n"}),
    ],
)
def test_nothing_to_report(code: str, program: str) -> None:
    assert not reported(code, program).diagnostics
    assert not is_candidate(code, program)


# What they do report

TRIED = "import socket\ndef f(a):\n    for _ in range(5):\n        try:\n            {}\n        except OSError:\n            {}\n"
DIAL = "return socket.create_connection(a)"


@pytest.mark.parametrize(("code", "program"), EXAMPLES)
def test_examples_get_through_by_themselves(code: str, program: str) -> None:
    assert is_candidate(code, program)


@pytest.mark.parametrize(
    ("code", "program"),
    [
        pytest.param("CNL201", TRIED.format(DIAL, "pass"), id="plain"),
        pytest.param("CNL201", TRIED.format(DIAL, "if x: raise"), id="raises-sometimes"),
        pytest.param("CNL201", TRIED.format("s = socket.create_connection(a)\n            break", "pass"), id="break"),
        pytest.param(
            "CNL201",
            TRIED.replace("import socket", "import socket as k").format("return k.create_connection(a)", "pass"),
            id="module-renamed",
        ),
        pytest.param(
            "CNL201",
            TRIED.replace("import socket", "from socket import create_connection as dial").format(
                "return dial(a)", "pass"
            ),
            id="function-renamed",
        ),
        pytest.param(
            "CNL201",
            TRIED.replace("import socket", "from socket import *").format("return create_connection(a)", "pass"),
            id="star",
        ),
        pytest.param(
            "CNL201",
            TRIED.replace("import socket", "import socket\ndial = socket.create_connection").format(
                "return dial(a)", "pass"
            ),
            id="given-a-name",
        ),
        pytest.param(
            "CNL201",
            TRIED.replace(
                "import socket", "import socket\ndef dial(a):\n    return socket.create_connection(a)"
            ).format("return dial(a)", "pass"),
            id="through-a-function",
        ),
        pytest.param(
            "CNL201",
            "import socket\nclass C:\n    def dial(self):\n        self.s = socket.create_connection(self.a)\n"
            "    def f(self):\n        for _ in range(5):\n            try:\n                self.dial()\n"
            "                break\n            except OSError:\n                continue\n",
            id="through-a-method",
        ),
        pytest.param(
            "CNL201",
            TRIED.replace("except OSError", "except LOST")
            .replace("import socket", "import socket\nLOST = (OSError, KeyError)")
            .format(DIAL, "pass"),
            id="classes-with-a-name",
        ),
        pytest.param(
            "CNL201",
            "import socket\ndef f(a):\n    while True:\n        try:\n            try:\n"
            "                return socket.create_connection(a)\n            except OSError:\n"
            "                raise ValueError(a)\n        except ValueError:\n            pass\n",
            id="raised-into-another-handler",
        ),
        pytest.param(
            "CNL201",
            "import socket\ndef f(a):\n    while (s := None) is None:\n        try:\n            s = socket.create_connection(a)\n"
            "        except OSError:\n            pass\n        else:\n            return s\n",
            id="walrus-and-else",
        ),
        pytest.param(
            "CNL201",
            "import asyncio\nasync def f(h):\n    while True:\n        try:\n            return await asyncio.open_connection(h, 1)\n"
            "        except OSError:\n            pass\n",
            id="async",
        ),
        pytest.param(
            "CNL201",
            "import socket\ndef f(a):\n    def g():\n        while True:\n            match a:\n                case _:\n"
            "                    try:\n                        return socket.create_connection(a)\n"
            "                    except OSError:\n                        pass\n    return g\n",
            id="nested-function-and-match",
        ),
        pytest.param(
            "CNL201",
            "import redis\ndef f(c: 'redis.Redis', k):\n    while True:\n        try:\n            return c.get(k)\n"
            "        except redis.exceptions.ConnectionError:\n            pass\n",
            id="annotated-as-text",
        ),
        pytest.param(
            "CNL201",
            "from contextlib import suppress as quiet\nimport socket\ndef f(a):\n    while True:\n"
            "        with quiet(OSError):\n            return socket.create_connection(a)\n",
            id="suppress-renamed",
        ),
        pytest.param(
            "CNL201",
            "from .errors import TransportError as Gone\ndef f(c):\n    for _ in range(5):\n        try:\n            return c.send_request()\n"
            "        except Gone:\n            pass\n",
            id="class-of-the-project-renamed",
        ),
        pytest.param(
            "CNL201",
            "from proj.net import dial\ndef f():\n    while True:\n        try:\n            return dial()\n"
            "        except ConnectionError:\n            pass\n",
            id="own-operation",
        ),
        pytest.param("CNL206", "from urllib3.util import Retry as Again\nr = Again(total=5)\n", id="policy-renamed"),
        pytest.param("CNL206", "import urllib3\nAgain = urllib3.Retry\nr = Again(total=5)\n", id="policy-with-a-name"),
        pytest.param(
            "CNL206",
            "from functools import partial as p\nfrom urllib3 import Retry\nAgain = p(Retry, total=5)\nr = Again()\n",
            id="policy-in-part",
        ),
        pytest.param(
            "CNL206",
            "import urllib3\nF = 0\nr = urllib3.Retry(total=5, backoff_factor=F)\n",
            id="policy-with-nothing-by-name",
        ),
        pytest.param("CNL301", "from socket import create_connection as dial\ndial(a)\n", id="function-renamed"),
        pytest.param(
            "CNL301",
            "import socket\ndef go():\n    socket.create_connection(a)\ndef main():\n    go()\nmain()\n",
            id="main",
        ),
        pytest.param(
            "CNL301",
            "import socket, threading as t\ndef go():\n    socket.create_connection(a)\nt.Thread(target=go).start()\n",
            id="thread",
        ),
        pytest.param(
            "CNL301",
            "from threading import Thread as T\nimport socket\nclass Work(T):\n    def run(self):\n        socket.create_connection(self.a)\n",
            id="run-of-a-thread",
        ),
        pytest.param(
            "CNL301",
            "import asyncio\nasync def go():\n    await asyncio.open_connection(h, 1)\nasync def start():\n    asyncio.create_task(go())\n",
            id="task",
        ),
        pytest.param(
            "CNL302",
            "from socket import socket as S\ndef f(a):\n    s = S()\n    s.connect(a)\n    return s\n",
            id="socket-renamed",
        ),
        pytest.param(
            "CNL302",
            "import socket\nclass S(socket.socket): ...\ndef f(a):\n    s = S()\n    s.connect(a)\n    return s\n",
            id="socket-of-the-file",
        ),
        pytest.param(
            "CNL304",
            "import socket\ndef f(a):\n    s = socket.socket()\n    code = s.connect_ex(a)\n    s.sendall(b'x')\n",
            id="result-with-a-name",
        ),
        pytest.param(
            "CNL210",
            "import socket\ndef f(h, p):\n    s = socket.socket()\n    while True:\n        try:\n            s.connect((h, p))\n"
            "            return s\n        except OSError:\n            pass\n",
            id="socket-again",
        ),
    ],
)
def test_findings_get_through(code: str, program: str) -> None:
    assert reported(code, program).diagnostics
    assert is_candidate(code, program)
