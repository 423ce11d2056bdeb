"""The plugin under the flake8 that is installed: real runs, in processes of their own."""

from __future__ import annotations

import ast
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from flake8.main.cli import main
from flake8.options.parse_args import parse_args

from connlint.engine import Selection, check
from connlint.flake8_plugin import Plugin
from connlint.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BARE_CONNECT = """\
import socket

s = socket.socket()
s.connect(("localhost", 9999))
"""
RETRY = """\
import requests

for attempt in range(5):
    try:
        response = requests.get("https://example.com", timeout=5)
        break
    except requests.exceptions.ConnectionError:
        pass
else:
    raise SystemExit("no answer")
"""
LEAVES_SOCKET_OPEN = {(4, 1, "CNL302")}
UNGUARDED = {(4, 1, "CNL301"), *LEAVES_SOCKET_OPEN}


Places = set[tuple[int, int, str]]


def flake8(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run flake8 in a process of its own."""
    command = [sys.executable, "-m", "flake8", "--isolated", *arguments]
    run = subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=folder)
    return subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())


def places(output: str) -> Places:
    """Return row, column and code of all that flake8 printed."""
    found = set()
    for line in output.splitlines():
        _, row, column, text = line.split(":", 3)
        found.add((int(row), int(column), text.split()[0]))
    return found


@pytest.fixture
def reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Places]:
    """Return a function that runs flake8 here and returns what it reports, if nothing is on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Plugin, "_selection", Plugin._selection)

    def run(*arguments: str) -> Places:
        main(["--isolated", "--jobs", "1", *arguments])
        printed = capsys.readouterr()
        assert printed.err == ""
        return places(printed.out)

    return run


# Silent


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="blank"),
        pytest.param(b"# nothing\n", id="comment"),
        pytest.param(b"import socket\nHOST = socket.gethostname()\n", id="no-candidate"),
        pytest.param(
            b"import socket\ntry:\n    c = socket.create_connection(('', 1), 3)\nexcept OSError:\n    c = None\n",
            id="guarded",
        ),
    ],
)
def test_silent(data: bytes, tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_bytes(data)
    assert reported("--select", "CNL", "file.py") == set()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--select", "E,W"], id="others-selected"),
        pytest.param(["--ignore", "CNL"], id="all-ignored"),
        pytest.param(["--extend-ignore", "CNL3"], id="family-ignored"),
        pytest.param(["--select", "CNL", "--ignore", "CNL301,CNL302"], id="both-ignored"),
        pytest.param(["--select", "CNL", "--per-file-ignores", "file.py:CNL"], id="ignored-in-file"),
        pytest.param(["--select", "CNL", "--per-file-ignores", "*.py:CNL301,CNL302"], id="ignored-in-files"),
        pytest.param(["--select", "CNL1,CNL2"], id="other-families"),
        pytest.param(["--exclude", "file.py"], id="excluded"),
    ],
)
def test_not_asked_for(arguments: list[str], tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(BARE_CONNECT)
    assert reported(*arguments, "file.py") == set()


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: CNL", "# noqa: CNL301,CNL302", "# NOQA:CNL3"])
def test_suppressed(comment: str, tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(BARE_CONNECT.replace("9999))", f"9999))  {comment}"))
    assert reported("--select", "CNL", "file.py") == set()
    assert reported("--select", "CNL", "--disable-noqa", "file.py") == UNGUARDED


def test_suppressed_in_part(tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(BARE_CONNECT.replace("9999))", "9999))  # noqa: CNL301"))
    assert reported("--select", "CNL", "file.py") == LEAVES_SOCKET_OPEN


def test_suppressed_as_a_whole(tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(f"# flake8: noqa\n{BARE_CONNECT}")
    assert reported("--select", "CNL", "file.py") == set()


def test_syntax_error_is_flake8s_own(tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(f"{BARE_CONNECT}\ndef f(:\n")
    assert {code for _, _, code in reported("--select", "CNL,E9", "file.py")} == {"E999"}
    assert reported("--select", "CNL", "file.py") <= {(6, 8, "E999"), (6, 7, "E999")}


# Reported


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="by-default"),
        pytest.param(["--select", "CNL"], id="selected"),
        pytest.param(["--select", "C,E9"], id="selected-by-letter"),
        pytest.param(["--select", "CNL3"], id="family-selected"),
        pytest.param(["--select", "CNL301,CNL302"], id="codes-selected"),
        pytest.param(["--select", "E9", "--extend-select", "CNL"], id="extended"),
        pytest.param(["--select", "CNL3", "--ignore", "CNL"], id="longer-prefix-wins"),
        pytest.param(["--ignore", "E"], id="others-ignored"),
    ],
)
def test_asked_for(arguments: list[str], tmp_path: Path, reported: Callable[..., Places]) -> None:
    (tmp_path / "file.py").write_text(BARE_CONNECT)
    assert reported(*arguments, "file.py") == UNGUARDED


def test_text(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(RETRY)
    run = flake8(tmp_path, "--select", "CNL", "file.py")
    assert run.returncode == 1
    (line,) = run.stdout.splitlines()
    (expected,) = check(RETRY.encode(), "file.py", Selection()).diagnostics
    assert line == f"file.py:3:1: CNL201 {expected.message}"


def test_jobs(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"file{number}.py").write_text(BARE_CONNECT if number % 2 else "import json\n")
    run = flake8(tmp_path, "--select", "CNL", "--jobs", "2", ".")
    assert (run.stderr, len(run.stdout.splitlines())) == ("", 6)


def test_standard_input(tmp_path: Path) -> None:
    run = flake8(tmp_path, "--select", "CNL301", "--stdin-display-name", "shown.py", "-", stdin=BARE_CONNECT.encode())
    assert run.stdout.startswith("shown.py:4:1: CNL301 ")
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(BARE_CONNECT.encode("utf-8-sig"), UNGUARDED, id="bom"),
        pytest.param(BARE_CONNECT.replace("\n", "\r\n").encode(), UNGUARDED, id="crlf"),
        pytest.param(BARE_CONNECT.rstrip("\n").encode(), UNGUARDED, id="no-line-end"),
        pytest.param(
            f"# coding: latin-1\nNAME = 'é'\n{BARE_CONNECT}".encode("latin-1"),
            {(6, 1, "CNL301"), (6, 1, "CNL302")},
            id="latin-1",
        ),
        pytest.param(
            BARE_CONNECT.replace("s.connect", "'é😀'; s.connect").encode(),
            {(4, 7, "CNL301"), (4, 7, "CNL302")},
            id="columns-are-characters",
        ),
        pytest.param(
            BARE_CONNECT.replace("s = ", "NAME = 'a\x0cb\x1cc'; s = ").encode(), UNGUARDED, id="separators-end-no-line"
        ),
    ],
)
def test_place(
    data: bytes, expected: set[tuple[int, int, str]], tmp_path: Path, reported: Callable[..., Places]
) -> None:
    (tmp_path / "file.py").write_bytes(data)
    assert reported("--select", "CNL", "file.py") == expected


def test_place_on_standard_input(tmp_path: Path) -> None:
    data = BARE_CONNECT.replace("s.connect", "'é😀'; s.connect").replace("\n", "\r\n").encode("utf-8-sig")
    run = flake8(tmp_path, "--select", "CNL", "-", stdin=data)
    assert (places(run.stdout), run.stderr) == ({(4, 7, "CNL301"), (4, 7, "CNL302")}, "")


EXAMPLES = [
    pytest.param(example.code, id=f"{rule.code}-{example.name}") for rule in all_rules() for example in rule.bad
]


@pytest.mark.parametrize("code", EXAMPLES)
def test_says_what_the_engine_says(code: str) -> None:
    lines = StringIO(code).readlines()
    found = [(row, column + 1, text) for row, column, text, _ in Plugin(ast.parse(code), lines, "file.py").run()]
    expected = check(code.encode(), "file.py", Selection(), noqa=False).diagnostics
    assert found == [(item.row, item.column, f"{item.code} {item.message}") for item in expected]


PARENTS = """\
import ast
import resource

resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))  # who follows the links takes all there is


class Parents:
    def __init__(self, tree):
        for node in ast.walk(tree):
            for below in ast.iter_child_nodes(node):
                below.parent = below._pyflakes_parent = node

    def run(self):
        return ()
"""


def test_other_plugins_link_nodes_to_their_parents(tmp_path: Path) -> None:
    codes = [example.code for rule in all_rules() for example in rule.bad]
    for number, code in enumerate(codes):
        (tmp_path / f"file_{number}.py").write_text(code)
    (tmp_path / "parents.py").write_text(PARENTS)
    (tmp_path / "flake8.ini").write_text("[flake8:local-plugins]\nextension =\n  AAA = parents:Parents\npaths = .\n")
    alone = flake8(tmp_path, "--select", "CNL", ".")
    beside = [sys.executable, "-m", "flake8", "--config", "flake8.ini", "--select", "CNL", "."]
    run = subprocess.run(beside, capture_output=True, check=False, cwd=tmp_path, text=True, timeout=120)
    assert (run.stdout, run.stderr) == (alone.stdout, "")
    assert alone.stdout.count("\n") > len(codes) / 2


# Which rules are on


@pytest.mark.parametrize(
    ("arguments", "default", "asked_for"),
    [
        pytest.param([], True, False, id="nothing-said"),
        pytest.param(["--select", "CNL"], True, False, id="family"),
        pytest.param(["--select", "C"], True, False, id="letter"),
        pytest.param(["--select", "CNL2"], True, True, id="hundred"),
        pytest.param(["--select", "CNL203"], True, True, id="code"),
        pytest.param(["--extend-select", "CNL203"], True, True, id="extended"),
        pytest.param(["--extend-select", "CNL20"], True, True, id="extended-by-prefix"),
        pytest.param(["--extend-select", "CNL"], True, False, id="extended-by-family"),
        pytest.param(["--extend-select", "CNL204"], True, False, id="another-code"),
        pytest.param(["--select", "E,W", "--extend-select", "CNL203"], True, True, id="only-this"),
        pytest.param(["--ignore", "E501"], True, False, id="ignore-sets-no-default-aside"),
        pytest.param(["--extend-select", "CNL203", "--ignore", "CNL2"], True, True, id="longer-prefix-wins"),
        pytest.param(["--extend-select", "CNL203", "--ignore", "CNL203"], False, False, id="ignored"),
        pytest.param(["--ignore", "CNL2"], False, False, id="hundred-ignored"),
        pytest.param(["--select", "E,W"], False, False, id="not-selected"),
    ],
)
def test_off_by_default(arguments: list[str], default: bool, asked_for: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "_selection", Plugin._selection)
    parse_args(["--isolated", *arguments])
    selection = Plugin._selection or Selection(select=())
    assert selection.has("CNL203", True) is default
    assert selection.has("CNL203", False) is asked_for
    if default or asked_for:
        assert selection.may_have("CNL2")


@pytest.mark.parametrize(
    ("arguments", "families"),
    [
        pytest.param([], {"CNL1", "CNL2", "CNL3", "CNL9"}, id="nothing-said"),
        pytest.param(["--select", "CNL2"], {"CNL2"}, id="one"),
        pytest.param(["--select", "CNL201,CNL301"], {"CNL2", "CNL3"}, id="codes"),
        pytest.param(["--ignore", "CNL1"], {"CNL2", "CNL3", "CNL9"}, id="ignored"),
        pytest.param(["--ignore", "CNL", "--select", "CNL102"], {"CNL1"}, id="all-but-one-ignored"),
        pytest.param(["--ignore", "CNL101"], {"CNL1", "CNL2", "CNL3", "CNL9"}, id="code-ignored"),
        pytest.param(["--ignore", "CNL"], set(), id="all-ignored"),
        pytest.param(["--select", "E"], set(), id="none"),
    ],
)
def test_families(arguments: list[str], families: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "_selection", Plugin._selection)
    parse_args(["--isolated", *arguments])
    selection = Plugin._selection or Selection(select=())
    assert {family for family in ("CNL1", "CNL2", "CNL3", "CNL9") if selection.may_have(family)} == families
    assert (Plugin._selection is None) is (families == set())


# What it costs, and what goes wrong

IMPORTS = """
import sys
from flake8.main.cli import main
main(sys.argv[1:])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"libcst"}))
"""


@pytest.mark.parametrize(
    ("code", "arguments", "imported"),
    [
        pytest.param(
            "import json\n\ntry:\n    json.loads('')\nexcept ValueError:\n    pass\n", [], "[]", id="no-candidate"
        ),
        pytest.param(BARE_CONNECT, ["--select", "E"], "[]", id="not-selected"),
        pytest.param(BARE_CONNECT, ["--ignore", "CNL"], "[]", id="ignored"),
        pytest.param(BARE_CONNECT, ["--select", "CNL2"], "[]", id="family-not-selected"),
        pytest.param(BARE_CONNECT, ["--select", "CNL"], "['libcst']", id="candidate"),
    ],
)
def test_imports_libcst_for_candidates_only(code: str, arguments: list[str], imported: str, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(code)
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS, "--isolated", "--jobs", "1", *arguments, "file.py"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert run.stdout.splitlines()[-1] == imported


def test_what_libcst_cannot_bring_back_is_named(tmp_path: Path) -> None:
    code = f"{BARE_CONNECT}\n\nclass Client:\n\x0c    def connect(self):\n        self.open()\n"
    (tmp_path / "file.py").write_text(code)
    run = flake8(tmp_path, "--select", "CNL", "file.py")
    assert run.stdout == ""
    assert run.stderr.startswith("connlint: file.py: ")
    assert len(run.stderr.splitlines()) == 1


def test_what_is_too_deep_is_named(caplog: pytest.LogCaptureFixture) -> None:
    code = f"{BARE_CONNECT}value = {' and '.join(['s'] * 10_000)}\n"
    assert list(Plugin(ast.parse(code), code.splitlines(keepends=True), "file.py").run()) == []
    assert caplog.messages == ["connlint: file.py: is nested too deeply to be analysed"]


OWN_SETTINGS = """\
[tool.connlint.operations."acme.dial"]
phase = "request"
raises = ["acme.Down"]

[tool.connlint.exceptions]
"acme.Down" = ["Exception"]
"""
OWN_CALL = """\
import acme

try:
    acme.dial("server")
except ConnectionError:
    pass
"""


def plain_flake8(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run flake8 in a process of its own, as in a project with settings."""
    command = [sys.executable, "-m", "flake8", "--select", "CNL", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, text=True)


def test_project_tells_of_its_own_operations(tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(OWN_CALL)
    assert plain_flake8(tmp_path, "ask.py").stdout == ""
    (tmp_path / "pyproject.toml").write_text(OWN_SETTINGS)
    assert "ask.py:5:1: CNL103 " in plain_flake8(tmp_path, "ask.py").stdout


def test_settings_that_are_wrong_end_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(OWN_CALL)
    (tmp_path / "pyproject.toml").write_text("[tool.connlint]\noperation = {}\n")
    done = plain_flake8(tmp_path, "ask.py")
    assert done.returncode == 1
    assert "has no key 'operation'; did you mean operations?" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
