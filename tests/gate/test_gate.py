"""The gate may say yes too often, never no wrongly."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connlint import gate, knowledge
from connlint.engine import Checked, Selection, check
from connlint.gate import limits
from connlint.gate.families import FAMILIES
from connlint.gate.text import Text
from connlint.knowledge import policies
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connlint.knowledge.model import Library

ALL = Selection(select=("CNL",))
PREFIXES = [family.prefix for family in FAMILIES]
EXAMPLES = [
    pytest.param(example.code, id=f"{rule.code}-{kind}-{example.name}")
    for rule in all_rules()
    for kind, examples in (("bad", rule.bad), ("silent", rule.silent))
    for example in examples
]


def anything(_family: str) -> bool:
    return True


def is_candidate(code: str, family: str = "") -> bool:
    # of the rules that have a family of their own, those of handlers would let nearly all through
    wanted = {family} if family == "CNL1" else {each for each in PREFIXES if each.startswith(family)}
    verdict = gate.decide(code.encode(), wanted.__contains__)
    assert verdict.problem is None
    return verdict.candidate


def check_without_gate(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Checked:
    with monkeypatch.context() as patch:
        patch.setattr(gate, "decide", lambda *_: gate.Verdict(True))
        return check(data, "file.py", ALL, noqa=False)


# What cannot hold a finding


TRYING = "try: {}\nexcept ConnectionError: pass\n"
CATCHING = "import requests\ntry:\n    requests.get(url)\nexcept {}:\n    {}\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(CATCHING.format("ValueError", "pass"), id="unrelated"),
        pytest.param("try: f(*self.args)\nexcept E: pass\nBITS = 32\n", id="number-and-args"),
        pytest.param(CATCHING.format("(KeyError, ImportError)", "pass"), id="unrelated-tuple"),
        pytest.param(CATCHING.format("Exception", "log()"), id="broad-handler"),
        pytest.param(CATCHING.format("Exception as error", "log(error)"), id="broad-handler-bound"),
        pytest.param("import socket\nclient.connection(socket).connected()\n", id="connection"),
        pytest.param("", id="empty"),
        pytest.param("# try: requests.get() except ConnectionError\n", id="comments"),
        pytest.param("import socket\n\nHOST = socket.gethostname()\n", id="nothing-handled-nothing-connected"),
        pytest.param("while 1:\n    try:\n        f()\n    except OSError:\n        pass\n", id="loop-broad"),
        pytest.param("try:\n    import json\nexcept ImportError:\n    json = None\n", id="no-network"),
        pytest.param(
            "for name in names:\n    try:\n        load(name)\n    except ValueError:\n        continue\n",
            id="loop-no-network",
        ),
        pytest.param(
            "from urllib.parse import quote\ntry:\n    quote(x)\nexcept ValueError:\n    pass\n", id="urllib-parse"
        ),
        pytest.param("from http import HTTPStatus\ntry:\n    f()\nexcept ValueError:\n    pass\n", id="http-status"),
        pytest.param("import os\ntry:\n    os.remove(x)\nexcept FileNotFoundError:\n    pass\n", id="os-remove"),
        pytest.param(
            "import asyncio\ntry:\n    asyncio.run(x)\nexcept KeyboardInterrupt:\n    pass\n", id="asyncio-run"
        ),
        pytest.param("from .socket import connect\ntry:\n    connect()\nexcept ValueError:\n    pass\n", id="relative"),
        pytest.param("def retry():\n    raise NotImplementedError\n", id="the-word-retry"),
        pytest.param(CATCHING.format("OSError", "pass"), id="one-clause-for-all"),
        pytest.param(CATCHING.format("OSError as e", "log(e.errno)"), id="errno-told"),
        pytest.param(CATCHING.format("requests.Timeout", "raise") + "except Exception: pass\n", id="the-rest-taken"),
        pytest.param(
            "import requests\nfor x in y:\n    try:\n        requests.get(x)\n    except OSError:\n        break\n",
            id="loop-left-at-failure",
        ),
        pytest.param(
            "import socket\nfor x in y:\n    def f():\n        try:\n            g()\n        except OSError:\n"
            "            pass\n",
            id="function-in-loop",
        ),
        pytest.param("import socket\nsignal.connected(socket)  # connect\n", id="connect-in-comment"),
        pytest.param(
            "try:\n    f()\nexcept ValueError:\n    pass\nexcept OSError:\n    pass\n", id="two-clauses-no-network"
        ),
    ],
)
def test_no_candidate(code: str) -> None:
    assert gate.decide(code.encode(), anything) == gate.Verdict(False)


# What can


@pytest.mark.parametrize(
    ("family", "code"),
    [
        pytest.param("CNL1", CATCHING.format("TimeoutError", "pass"), id="timeout"),
        pytest.param("CNL1", "errors = ConnectionError\n" + CATCHING.format("errors", "pass"), id="name"),
        pytest.param(
            "CNL1",
            "errors = [ConnectionError]\n" + CATCHING.format("(ValueError, *errors)", "pass"),
            id="starred",
        ),
        *(
            pytest.param(
                "CNL1", f"import errno\n{CATCHING.format('Exception as e', f'if {test}: raise')}", id=f"sorted-{test}"
            )
            for test in (
                "not isinstance(e, BrokenPipeError)",
                "not isinstance(e, (KeyError, TimeoutError))",
                "get_errno(e) != errno.EPIPE",
                "getattr(e, 'errno', 0) not in (errno.EPIPE, errno.ECONNRESET)",
                "type(e) is not BrokenPipeError",
                "e.__class__ not in (BrokenPipeError,)",
                "e.args[0] != 32",
                "e.errno is None or errno.ETIMEDOUT != e.errno",
            )
        ),
        pytest.param(
            "CNL1",
            CATCHING.format(
                "Exception as e",
                "\n        match e:\n            case BrokenPipeError(): pass\n            case _: raise",
            ),
            id="match-of",
        ),
        pytest.param(
            "CNL1",
            "from errno import ECONNRESET\ntry: f()\nexcept OSError as e:\n    if code(e) != ECONNRESET: raise\n",
            id="helper",
        ),
        pytest.param("CNL1", "ValueError = ConnectionError\n" + CATCHING.format("ValueError", "pass"), id="rebound"),
        pytest.param(
            "CNL1", "ValueError: type = ConnectionError\n" + CATCHING.format("ValueError", "pass"), id="annotated"
        ),
        pytest.param(
            "CNL1",
            "from builtins import ConnectionError as ValueError\n" + CATCHING.format("ValueError", "pass"),
            id="renamed",
        ),
        pytest.param(
            "CNL1",
            "import contextlib, requests\nwith contextlib.suppress(ConnectionError): requests.get(url)\n",
            id="suppress",
        ),
        pytest.param("CNL1", "GONE = (ConnectionResetError,)\n" + CATCHING.format("GONE", "pass"), id="tuple"),
        pytest.param(
            "CNL1", "try:\n    f()\nexcept OSError as e:\n    if e.errno != 111:\n        raise\n", id="number"
        ),
        *(
            pytest.param("CNL1", program, id=name)
            for name, program in {
                "continued": f"import a, \\\n    socket\n{TRYING.format('socket.create_connection(x)')}",
                "broken": f"from \\\n    socket \\\n    import create_connection\n{TRYING.format('create_connection(x)')}",
                "one-line-import": f"if x: import socket\n{TRYING.format('socket.create_connection(x)')}",
                "second-on-its-line": f"import a; import socket\n{TRYING.format('socket.create_connection(x)')}",
                "crlf": f"import socket\n{TRYING.format('socket.create_connection(x)')}".replace("\n", "\r\n"),
                "cr": f"import socket\n{TRYING.format('socket.create_connection(x)')}".replace("\n", "\r"),
                "spaced": f"import urllib\n{TRYING.format('urllib . request . urlopen(x)')}",
                "http-renamed": f"import http.client as c\n{TRYING.format('c.HTTPConnection(x).getresponse()')}",
                "match": (
                    "match x:\n    case 1:\n        import socket\n        try: socket.create_connection(x)\n"
                    "        except ConnectionError: pass\n"
                ),
            }.items()
        ),
        *(
            pytest.param(
                "CNL105",
                f"import asyncio\n{given}try: f()\nexcept {first}: pass\nexcept {second}: pass\n",
                id=f"{given}{first}-{second}",
            )
            for given, first in (
                ("", "OSError"),
                ("", "IOError"),
                ("", "Exception"),
                ("", "TimeoutError"),
                ("", "(ValueError, OSError)"),
                ("", "(ValueError, *(KeyError, OSError))"),
                ("A = OSError\n", "A"),
                ("A = (KeyError, OSError)\n", "A"),
                ("from socket import error as A\n", "A"),
                ("from socket import *\n", "error"),
            )
            for second in ("TimeoutError", "asyncio.TimeoutError", "(BrokenPipeError, asyncio.TimeoutError)")
            if (first, "Broken" in second) != ("TimeoutError", True)
        ),
        pytest.param(
            "CNL105", "class A(TimeoutError): ...\ntry: f()\nexcept OSError: pass\nexcept A: pass\n", id="own-timeout"
        ),
        pytest.param(
            "CNL105",
            "try: f()\nexcept ConnectionError: pass\nexcept (BrokenPipeError, ConnectionResetError): pass\n",
            id="subclasses",
        ),
        pytest.param(
            "CNL105",
            "import requests\ntry: f()\nexcept IOError: pass\nexcept requests.Timeout: pass\n",
            id="librarys-own",
        ),
        pytest.param(
            "CNL105",
            "import socket\ntry: socket.create_connection(x)\nexcept OSError: pass\nexcept FileNotFoundError: pass\n",
            id="error-of-the-system-where-the-network-is-tried",
        ),
        pytest.param("CNL105", "try: f()\nexcept* OSError: pass\nexcept* TimeoutError: pass\n", id="groups"),
        pytest.param("CNL106", "try: f()\nexcept (OSError, TimeoutError): pass\n", id="timeout-covered"),
        pytest.param(
            "CNL106",
            "import contextlib\nwith contextlib.suppress(OSError, TimeoutError): f()\n",
            id="covered-in-suppress",
        ),
        pytest.param(
            "CNL2", "while 1:\n    try:\n        f()\n        break\n    except ConnectionError: pass\n", id="loop"
        ),
        pytest.param(
            "CNL2",
            "async def f():\n    async for x in y:\n        try: return g()\n        except BrokenPipeError: pass\n",
            id="async",
        ),
        pytest.param(
            "CNL2", "while 1:\n    import requests\n    try: requests.get(u)\n    except: pass\n", id="bare-in-loop"
        ),
        pytest.param("CNL2", "@task(bind=True)\ndef f(self): self.retry(countdown=0)\n", id="celery-retry"),
        pytest.param("CNL2", "import tenacity\n\n@tenacity.retry\ndef f(): ...\n", id="policy"),
        pytest.param("CNL2", "from proj import app\n\n@app.task(autoretry_for=(E,))\ndef f(): ...\n", id="celery"),
        pytest.param(
            "CNL1",
            "import redis\ntry: from builtins import ConnectionError as E\n"
            "except ImportError: from json import JSONDecodeError as E\n"
            "try: redis.Redis().get(x)\nexcept E: pass\n",
            id="one-of-two-imports",
        ),
        pytest.param(
            "CNL1",
            "import redis\nfrom json import JSONDecodeError as gone\ndef f():\n    gone = (ConnectionError,)\n"
            "    try: redis.Redis().get(x)\n    except gone: pass\n",
            id="imported-and-given-a-value",
        ),
        pytest.param(
            "CNL3",
            "from socket import create_connection as connect\nfrom json import loads as connect\nconnect(x)\n",
            id="connect-by-one-of-two-imports",
        ),
        pytest.param(
            "CNL2", "# coding: hz\nwhile 1:\n    try: f()\n    except Gone: pass\n", id="encoding-with-shifts"
        ),
        pytest.param("CNL3", "import socket\nsocket.create_connection(x)\n", id="connect"),
        pytest.param("CNL3", "from smtplib import SMTP\nSMTP(host)\n", id="constructor"),
        pytest.param("CNL9", "x = 1  # NOQA: CNL201\n", id="suppression"),
    ],
)
def test_candidate(family: str, code: str) -> None:
    assert is_candidate(code, family)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("try: f()\nexcept TimeoutError: pass\n", id="one-clause"),
        pytest.param("try: f()\nexcept TimeoutError: pass\nexcept OSError: pass\n", id="narrow-first"),
        pytest.param("try: f()\nexcept TimeoutError: pass\nexcept Exception: pass\n", id="all-the-rest"),
        pytest.param("try: f()\nexcept ValueError: pass\nexcept TimeoutError: pass\n", id="unrelated"),
    ],
)
def test_no_timeout_is_taken_twice(code: str) -> None:
    assert not is_candidate(code, "CNL105")


def test_rule_that_is_off_by_default_costs_nothing_until_it_is_asked_for() -> None:
    defaults = {rule.code: rule.default for rule in all_rules()}
    assert {code: defaults[code] for code in gate.OFF_BY_DEFAULT} == dict.fromkeys(gate.OFF_BY_DEFAULT, False)
    for code in gate.OFF_BY_DEFAULT:
        assert not Selection().may_have(code)
        assert not Selection(select=("CNL2" if code.startswith("CNL1") else "CNL1",)).may_have(code)
        assert not Selection(select=("CNL",), ignore=(code,)).may_have(code)
        assert Selection(extend_select=(code,)).may_have(code)
        assert Selection(select=("CNL",)).may_have(code)


LOOP = "import socket\nfor x in y:\n    try:\n        f(x)\n    except {}\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def retry(): ...\n\n@retry\ndef f(): ...\n", id="retry-of-its-own"),
        pytest.param("import requests\nimport tenacity_like\nretry()\n", id="client-without-policy"),
        pytest.param("from . import socket\ntry: socket.f()\nexcept E: pass\n", id="module-of-its-own"),
        pytest.param("import os\nos.remove(x); f.write(y)\ntry: f()\nexcept OSError: pass\n", id="other-write"),
        pytest.param("from urllib.parse import quote\n# an error\ntry: f()\nexcept E: pass\n", id="other-urllib"),
        pytest.param(LOOP.format("OSError:\n        raise"), id="loop-that-is-left"),
        pytest.param(LOOP.format("Exception as e:\n        log(e)\n        break"), id="loop-that-is-broken"),
        pytest.param(LOOP.format("KeyError:\n        continue"), id="unrelated-in-loop"),
        pytest.param("import socket\n" + CATCHING.format("E", "pass") + "except Exception: pass\n", id="rest-taken"),
        pytest.param(
            "import socket\ntry: f()\nexcept KeyError: pass\nexcept OSError: pass\n", id="ladder-of-the-unrelated"
        ),
        pytest.param(CATCHING.format("OSError as e", "log(e)\n    if e: raise"), id="asked-too-late"),
        pytest.param("try: f()\nexcept E:\n    for x in y: connect(x)\n", id="no-loop-around-it"),
    ],
)
def test_text_rules_out(code: str) -> None:
    text = Text(code.encode())
    speaking = [family for family in FAMILIES if family.may_speak(text)]
    assert all(family.prefix in gate.OFF_BY_DEFAULT for family in speaking)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import a.b as c, d, \\\n  e", {"a", "d", "e"}, id="listed"),
        pytest.param("from a.b import c, d", {"a"}, id="from"),
        pytest.param("from \\\r\n a \\\r\n import b", {"a"}, id="continued"),
        pytest.param("if x: import a; import b  # import c", {"a", "b", "c"}, id="one-line"),
        pytest.param("from . import a\nfrom .b import c", {""}, id="relative"),
        pytest.param("import \xe9, b", {"b"}, id="not-ascii"),
        pytest.param("# from x\rimport a\rimport b\r", {"a", "b"}, id="cr"),
        pytest.param("from a import(b)", {"a"}, id="without-blanks"),
    ],
)
def test_packages_of_a_text(code: str, expected: set[str]) -> None:
    assert Text(code.encode())._packages == expected


def test_comment_that_ends_in_a_backslash_hides_no_import() -> None:
    assert Text(b"# from x \\\nimport a\nimport b\n")._packages >= {"a", "b"}


def test_only_wanted_families_count() -> None:
    code = f"import redis\n{TRYING.format('redis.Redis().get(key)')}"
    assert is_candidate(code, "CNL1")
    assert not is_candidate(code, "CNL2")
    assert not is_candidate(code, "CNL3")


def test_words_may_be_spelled_otherwise_in_some_encodings() -> None:
    data = b"# coding: utf-7\nimport redis\ntry:\n    redis.Redis().get(x)\nexcept Connection+AEU-rror:\n    pass\n"
    assert gate.decide(data, anything).candidate


# The tables


def reaching(name: str) -> Iterator[tuple[str, str]]:
    """Yield the ways in which a file can come by the qualified name `name`, with a use of it."""
    parts = name.replace("[SOCK_DGRAM]", "").replace("*", "x").split(".")
    yield f"import {parts[0]}\n", ".".join(parts)
    for number in range(1, len(parts)):
        module, rest = ".".join(parts[:number]), "".join(f".{part}" for part in parts[number + 1 :])
        yield f"import {module} as known\n", f"known.{parts[number]}{rest}"
        yield f"from {module} import {parts[number]} as known\n", f"known{rest}"
        if not parts[number - 1][:1].isupper():  # nothing brings all of a class
            yield f"from {module} import *\n", f"{parts[number]}{rest}"


# No connection has this errno alone: what is tried must be known.
ASKING = "import errno\ntry:\n    {}()\nexcept OSError as e:\n    if e.errno != errno.ETIMEDOUT:\n        raise\n"
OPERATIONS = [row for library in knowledge.libraries() for row in library.operations]


@pytest.mark.parametrize("library", knowledge.libraries(), ids=lambda library: str(library.name))
def test_every_operation_passes(library: Library) -> None:
    missed = [
        program
        for row in library.operations
        if row.name != "os.write"  # a pipe as often as a socket
        for given, use in reaching(row.name)
        if not is_candidate(program := f"{given}{ASKING.format(use)}", "CNL1")
    ]
    assert missed == []


@pytest.mark.parametrize("library", knowledge.libraries(), ids=lambda library: str(library.name))
def test_every_connect_passes(library: Library) -> None:
    missed = [
        program
        for row in library.operations
        if row.phase == "connect"
        for given, use in reaching(row.name)
        if not is_candidate(program := f"{given}{use}()\n", "CNL3")
    ]
    assert missed == []


@pytest.mark.parametrize("library", knowledge.libraries(), ids=lambda library: str(library.name))
def test_every_class_of_a_failed_connection_passes(library: Library) -> None:
    names = [name for name in library.bases if knowledge.is_connection_failure(name)]
    names += [
        name for name, meant in library.aliases.items() if "." in meant and knowledge.is_connection_failure(meant)
    ]
    missed = [
        program
        for name in names
        for given, use in reaching(name)
        if not is_candidate(
            program := f"{given}while x:\n    try:\n        f()\n    except {use}:\n        pass\n", "CNL2"
        )
    ]
    assert missed == []


@pytest.mark.parametrize("library", knowledge.libraries(), ids=lambda library: str(library.name))
def test_every_alias_of_a_module_passes(library: Library) -> None:
    missed = [
        program
        for name, meant in library.aliases.items()
        for row in OPERATIONS
        if f"{row.name}.".startswith(f"{meant}.")
        for given, use in reaching(name + row.name.removeprefix(meant))
        if not is_candidate(program := f"{given}{ASKING.format(use)}", "CNL1")
    ]
    assert missed == []


# Libraries that always wait, longer each time: no rule reports their policies. And those found by a keyword.
WAITS_ANYWAY = {"botocore", "boto3", "grpc", "httpcore", "httpx"}
BY_KEYWORD = {"celery", "kombu"}


def test_every_policy_passes() -> None:
    tables = list(policies.tables())
    names = [name for table in tables for name in (*table.aliases, *(row.name for row in table.policies))]
    missed = [
        program
        for name in names
        if name.partition(".")[0] not in WAITS_ANYWAY | BY_KEYWORD
        for given, use in reaching(f"{name}x" if name.endswith(".") else name)
        if not is_candidate(program := f"{given}@{use}()\ndef f(): ...\n", "CNL2")
    ]
    assert missed == []


# With the gate and without


@pytest.mark.parametrize("code", EXAMPLES)
def test_example_fares_the_same_without_the_gate(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without = check_without_gate(code.encode(), monkeypatch)
    assert check(code.encode(), "file.py", ALL, noqa=False).diagnostics == without.diagnostics


CORPUS_BYTES = 500_000


def corpus() -> list[Path]:
    """Return files of the standard library and of installed packages that handle exceptions or speak of the network."""
    roots = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    found = sorted({path for root in roots for path in root.glob("*/*.py")} | set(roots[0].glob("*.py")))
    random.Random(2).shuffle(found)
    chosen, total = [], 0
    for path in found:
        data = path.read_bytes()
        if total + len(data) < CORPUS_BYTES and gate.decide(data, anything) == gate.Verdict(False):
            text = Text(data)
            if any(family.may_speak(text) for family in FAMILIES):
                chosen.append(path)
                total += len(data)
    return chosen


def test_real_files_fare_the_same_without_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    files = corpus()
    assert len(files) > 10
    missed = {
        path: found for path in files if (found := check_without_gate(path.read_bytes(), monkeypatch).diagnostics)
    }
    assert missed == {}


# What libcst must not see

SHAPES: Mapping[str, Callable[[int], str]] = {
    "sum": lambda n: " + ".join(["socket"] * n),
    "power": lambda n: " ** ".join(["socket"] * n),
    "and": lambda n: " and ".join(["socket"] * n),
    "not": lambda n: "not " * n + "socket",
    "conditional": lambda n: "1 if socket else " * n + "2",
    "lambda": lambda n: "lambda: " * n + "socket",
    "attributes": lambda n: "socket" + ".a" * n,
    "calls": lambda n: "socket" + "()" * n,
    "method-calls": lambda n: "socket" + ".a()" * n,
    "subscripts": lambda n: "socket" + "[0]" * n,
    "comparison": lambda n: " < ".join(["socket"] * n),
    "union": lambda n: " | ".join(["socket"] * n),
    "elif": lambda n: "0\nif x: pass\n" + "elif x: pass\n" * n,
    "strings": lambda n: "(" + "'a'\n" * n + ")",
    "f-strings": lambda n: "(" + "f'{socket}'\n" * n + ")",
    "comprehension": lambda n: "[a " + "for a in socket " * n + "]",
    "import": lambda n: "0\nimport a" + ".b" * n,
    "list": lambda n: "[" + "socket," * n + "]",
}
CANDIDATE = "import socket\ntry:\n    socket.create_connection(x)\nexcept ConnectionError:\n    pass\n"


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 12), reason="bounds C recursion, whatever limit is set (python/cpython#112215)"
)
@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "import"])
def test_thousand_levels_are_analysed(shape: str) -> None:
    code = f"{CANDIDATE}value = {SHAPES[shape](1_000)}\n"
    checked = check(code.encode(), "file.py", ALL)
    assert checked.problems == ()
    assert checked.parsed


PROGRAM = """
import sys
from connlint.engine import Selection, check
print(check(sys.stdin.buffer.read(), "file.py", Selection(select=("CNL",))).problems)
"""


@pytest.mark.parametrize("shape", [*SHAPES, "parentheses", "lists", "blocks"])
def test_ten_thousand_levels_are_a_problem_or_none_but_never_the_end(shape: str) -> None:
    shapes: dict[str, Callable[[int], str]] = {
        **SHAPES,
        "parentheses": lambda n: "(" * n + ")" * n,
        "lists": lambda n: "[" * n + "]" * n,
        "blocks": lambda n: (
            "0\n" + "".join(" " * level + "if x:\n" for level in range(n // 10)) + " " * (n // 10) + "pass"
        ),
    }
    code = f"{CANDIDATE}value = {shapes[shape](10_000)}\n"
    run = subprocess.run([sys.executable, "-c", PROGRAM], input=code.encode(), capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
    if shape not in {"comparison", "list"}:
        assert run.stdout.strip() != b"()"


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 12), reason="bounds C recursion, whatever limit is set (python/cpython#112215)"
)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_not_looked_into_is_not_too_deep(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for levels in (10, 683, 684, 1_022, 1_023, 1_024, 2_044, 2_045, 2_046, 2_047, 2_048, 2_049):
        data = f"value = {SHAPES[shape](levels)}\n".encode()
        try:
            tree = ast.parse(data)
        except RecursionError:
            continue
        said = gate.too_much(tree, data)
        with monkeypatch.context() as patch:
            patch.setattr(limits, "_has_few_nodes", lambda _: False)
            assert gate.too_much(tree, data) == said


def test_too_large() -> None:
    code = f"{CANDIDATE}value = [{'1,' * (gate.MOST_NODES + 1)}]\n"
    assert gate.decide(code.encode(), anything).too_large == "is too large to be analysed"
    assert check(code.encode(), "file.py", Selection()).problems == ("is too large to be analysed",)


def test_too_large_for_libcst_alone() -> None:
    code = "import requests\nwhile True:\n    try:\n        requests.get(url)\n        break\n"
    code += f"    except requests.ConnectionError:\n        self.back_off()\nvalue = [{'1,' * (gate.MOST_NODES + 1)}]\n"
    assert gate.decide(code.encode(), anything).too_large == "is too large to be analysed"
    assert check(code.encode(), "file.py", Selection()).problems == ()


def test_what_is_no_candidate_may_be_as_deep_and_large_as_it_likes() -> None:
    code = f"value = {' and '.join(['a'] * 10_000)}\n"
    assert gate.decide(code.encode(), anything) == gate.Verdict(False)


# What is no Python


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"def f(:\n", id="syntax"),
        pytest.param(b"print 'hello'\n", id="python-2"),
        pytest.param(b"x = 1\n  y = 2\n", id="indentation"),
        pytest.param(b"x = '\n", id="unterminated"),
        pytest.param(b"x = 1\0\n", id="null-byte"),
        pytest.param(b"x = '\xff'\n", id="not-utf-8"),
        pytest.param(b"# coding: nonsense\n", id="unknown-encoding"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", id="bom-and-other-encoding"),
        pytest.param(b"x = " + b"(" * 300 + b")" * 300 + b"\n", id="parentheses"),
        pytest.param(bytes(range(256)), id="binary"),
    ],
)
def test_problem(data: bytes) -> None:
    for words in (b"", b"\n\n# except ConnectionError\n"):
        verdict = gate.decide(data + words, anything)
        assert not verdict.candidate
        assert verdict.problem is not None
        assert "\n" not in verdict.problem


@pytest.mark.parametrize("codes", [None, ("CNL105",), ("CNL106",)], ids=["default", "ladders", "members"])
@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("OSError", "IOError"),
        ("OSError", "PermissionError"),
        ("IOError", "EnvironmentError"),
        ("select.error", "FileNotFoundError"),
        ("socket.error", "InterruptedError"),
    ],
)
def test_errors_of_the_system_count_where_the_network_is_tried(
    upper: str, lower: str, codes: tuple[str, ...] | None
) -> None:
    tried = "import select, socket\ndef f(s: socket.socket):\n    try:\n        s.recv(1)\n"
    ladder = f"    except {upper}:\n        g(0)\n    except {lower}:\n        g(1)\n"
    members = f"    except ({upper}, {lower}):\n        g(0)\n"
    text = tried + (members if codes == ("CNL106",) else ladder)
    assert gate.decide(text.encode(), Selection(select=codes).may_have).candidate


def test_problem_names_the_line() -> None:
    assert (
        gate.decide(b"# except ConnectionError\ny = (\n", anything).problem
        == "cannot be parsed: '(' was never closed (line 2)"
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbfx = 1\n", id="bom"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", id="latin-1"),
        pytest.param(b"x = 1\r\ny = 2\r\n", id="crlf"),
        pytest.param(b"x = 1\ry = 2\r", id="cr"),
        pytest.param(b"x = '\\d'\nif x is 1: pass\n", id="warned-of"),
        pytest.param(b"await x\n", id="await-outside-function"),
    ],
)
def test_no_problem(data: bytes, recwarn: pytest.WarningsRecorder) -> None:
    assert gate.decide(data, anything) == gate.Verdict(False)
    assert list(recwarn) == []


def test_tree_is_used_if_there_is_one() -> None:
    code = "import socket\nsocket.create_connection(x)\n"
    assert gate.decide(code.encode(), anything, ast.parse(code)).candidate
    assert not gate.decide(code.encode(), anything, ast.parse("")).candidate


# What it costs


def test_a_file_without_a_candidate_never_imports_libcst() -> None:
    program = (
        "import sys; from connlint.engine import Selection, check;"
        "check(b'import json\\ntry: json.loads(x)\\nexcept ValueError: pass\\n', 'x.py', Selection());"
        "sys.exit(any(name.partition('.')[0] in {'libcst', 'flake8'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
