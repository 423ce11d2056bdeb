"""What a fix does not touch is the same byte for byte, in files of every form and under every locale.

Most forms are a rewriting of a whole text (other line ends, another encoding), and then nothing needs to be said of what
is touched: the fixed file in that form must be the file in that form, fixed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from difflib import SequenceMatcher
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from connlint.engine import Selection, check, fix
from connlint.rules import all_rules
from connlint.source import LINE_ENDS, decode
from tests.test_cli import environment_of, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from connlint.rules.base import Rule

__all__ = ("place",)

# What formatters and parsers have lost before, none of it near a finding.
ODD = (
    "\n\n\x0c\nclass Größe:  # type: ignore  \t\n"
    "\tª = 1 + \\\n  2\n"
    "\n"
    "\tdef ŧ(self, x,  # type: int\n\n\t      *a ):\n"
    "\t \t\n"
    "\t# \x0c between\t\n"
    "\t\ty = f\"{x!r:>{self.ª}} {'a' 'b'}{'''c'''}\" ; z = '''d  \n\t\x0c e\\\n'''\n"
    "   # outside\n"
    "\t\treturn (y,\x0c   z\n , x )  # end   \n"
    "\t# last\n \n"
)
LATIN = ODD.replace("ŧ", "ä")


def with_tabs(text: str) -> str:
    return re.sub(r"^(?: {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.MULTILINE)


def ended_by(end: str) -> Callable[[str], bytes]:
    return lambda text: text.replace("\n", end).encode()


def mixed_ends(text: str, ends: Sequence[str]) -> str:
    """Return `text` with its lines ended by `ends` in turn, but for a CR that would become one end with an LF."""
    kinds = cycle(ends)
    lines: list[str] = []
    for line in text.split("\n")[:-1]:
        end = next(kinds)
        joins = not line and end == "\n" and lines and lines[-1].endswith("\r")
        lines.append(line + ("\r" if joins else end))
    return "".join(lines)


FORMS: Mapping[str, Callable[[str], bytes]] = {
    "lf": ended_by("\n"),
    "crlf": ended_by("\r\n"),
    "cr": ended_by("\r"),
    "no-last-lf": lambda text: text.encode().rstrip(b"\n "),
    "no-last-crlf": lambda text: text.rstrip("\n ").replace("\n", "\r\n").encode(),
    "no-last-cr": lambda text: text.rstrip("\n ").replace("\n", "\r").encode(),
    "bom": lambda text: text.encode("utf-8-sig"),
    "bom-crlf": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "latin-1": lambda text: b"# -*- coding: latin-1 -*-\n" + text.replace(ODD, LATIN).encode("latin-1"),
    "cp1252-cr": lambda text: f"# vim: fileencoding=cp1252 :\n# €\n{text}".replace(ODD, LATIN).replace("\n", "\r").encode("cp1252"),
    "bom-and-cookie": lambda text: f"#!/usr/bin/python\n# coding=utf-8\n{text}".encode("utf-8-sig"),
    "tabs": lambda text: with_tabs(text).encode(),
    "tabs-crlf": lambda text: with_tabs(text).replace("\n", "\r\n").encode(),
}  # fmt: skip


def fixable(number: int) -> list[object]:
    """Return the first examples of every rule that a fix changes."""
    return [
        pytest.param(rule, f"{example.code}{ODD}", id=f"{rule.code}-{example.name}")
        for rule in all_rules()
        for example in [each for each in rule.bad if each.fixed is not None][:number]
    ]


def fixed(rule: Rule, data: bytes) -> bytes:
    result = fix(data, "x.py", Selection(select=(rule.code,)), unsafe=True)
    assert result.checked.problems == ()
    assert result.dropped == ()
    return result.data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("rule", "text"), fixable(1))
def test_a_fixed_file_keeps_its_form(rule: Rule, text: str, form: str) -> None:
    plain = fixed(rule, text.encode()).decode()
    assert plain != text
    assert plain.endswith(ODD)
    data = FORMS[form](text)
    result = fixed(rule, data)
    assert result == FORMS[form](plain)
    assert result != data


@pytest.mark.parametrize("ends", ["\n \r\n", "\r\n \n", "\r \n", "\n \n \r", "\r\n \r \n \n"])
@pytest.mark.parametrize(("rule", "text"), fixable(1))
def test_mixed_line_ends_stay(rule: Rule, text: str, ends: str) -> None:
    plain = fixed(rule, text.encode()).decode()
    mixed = mixed_ends(text, ends.split(" "))
    result = fixed(rule, mixed.encode()).decode()
    assert LINE_ENDS.sub("\n", result) == plain
    before, after = decode(mixed.encode(), "x.py").lines, decode(result.encode(), "x.py").lines
    old, new = ([LINE_ENDS.sub("\n", line) for line in lines] for lines in (before, after))
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" and end - start > 2:  # of lines like `pass` nobody knows which one is which
            assert before[start + 1 : end - 1] == after[new_start + 1 : new_end - 1]


# What the text holds besides

FINDING = "import socket\n\n\ndef f():\n    s = socket.socket()\n{odd}    s.connect(('localhost', 9))\n    return s\n"
FIXED = FINDING.replace(
    "    s.connect(('localhost', 9))\n",
    "    try:\n        s.connect(('localhost', 9))\n    except BaseException:\n        s.close()\n        raise\n",
)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param("    x = 1  # " + "a" * 1_000_000 + "\n", id="long-comment"),
        pytest.param("    x = '" + "ä" * 500_000 + "'\n", id="long-string"),
        pytest.param("    x = [" + "1, " * 20_000 + "]\n", id="long-list"),
        pytest.param("    \x0c\n", id="form-feed"),
        pytest.param("\x0c\n    # \x0c\n", id="form-feed-in-a-comment"),
        pytest.param("    x = f'{f\"{1}\"}{2:{3}}'\n", id="nested-f-strings"),
        pytest.param("    x = 1 \\\n+ \\\n  2\n", id="continuation-lines"),
        pytest.param("    x = []  # type: list[int]\n", id="type-comment"),
        pytest.param("    ŧ = ª = '\u2028\x85\x0b\x1c'\n", id="what-splitlines-splits"),
        pytest.param("    x = '''\n\t\n  \n'''; y = 1 ;\n", id="semicolon"),
        pytest.param("  # less\n\t\t# more\n", id="comments-anywhere"),
        pytest.param("    if 1:\n     \tx = 1\n    \n", id="spaces-and-tabs"),
        pytest.param("    x = '\ufeff\u202e\U0001f40d'\n", id="beyond-the-plane"),
    ],
)
def test_what_stands_beside_a_fix_stays(odd: str) -> None:
    result = fix(FINDING.replace("{odd}", odd).encode(), "x.py", Selection(select=("CNL302",)), unsafe=False)
    assert (result.checked.problems, result.dropped) == ((), ())
    assert result.data == FIXED.replace("{odd}", odd).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param("\x0c" + FINDING, "does not bring it back the same", id="form-feed-before-code"),
        pytest.param(FINDING.replace("{odd}", "    \\\n  x = 1\n"), "does not bring it back the same", id="indented-by-a-backslash"),
        pytest.param("\ufeff".encode() + b"# coding: latin-1\n" + FINDING.encode(), "encoding", id="bom-and-another-cookie"),
        pytest.param(FINDING.encode("utf-16"), "null bytes|decode", id="utf-16"),
        pytest.param(FINDING.encode("utf-16-le"), "null bytes|decode", id="utf-16-without-a-bom"),
        pytest.param(FINDING.encode("utf-32"), "null bytes|decode", id="utf-32"),
        pytest.param(b"# coding: utf-16\n" + FINDING.encode(), "utf-16|decode", id="utf-16-in-the-cookie"),
        pytest.param(b"# \xe4\n'\xe4'\n" + FINDING.encode(), "utf-8|Non-UTF-8", id="latin-1-without-a-cookie"),
        pytest.param(b"# coding: ascii\n'\xe4'\n" + FINDING.encode(), "ascii", id="beyond-ascii"),
        pytest.param(FINDING.encode() + b"\0", "null bytes", id="null-byte"),
        pytest.param(FINDING.encode() + b"\x1a", "invalid non-printable|parse", id="end-of-file-of-dos"),
    ],
)  # fmt: skip
def test_what_would_not_come_back_is_refused(data: bytes | str, said: str) -> None:
    data = data if isinstance(data, bytes) else data.encode()
    data = data.replace(b"{odd}", b"")
    result = fix(data, "x.py", Selection(), unsafe=True)
    assert result.data == data
    assert not result.checked.diagnostics
    (problem,) = result.checked.problems
    assert re.search(said, problem), problem
    assert "\n" not in problem


# Under every locale

LOCALES = [
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-16"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "cp037"},
]
LOCAL = FINDING.replace("{odd}", "    # ŧ € \U0001f40d\n")
LOCAL_FIXED = FIXED.replace("{odd}", "    # ŧ € \U0001f40d\n").encode()


def run(*arguments: str, locale: Mapping[str, str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    unset = ("LC_ALL", "LANG", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONCOERCECLOCALE")
    environment = {name: value for name, value in environment_of().items() if name not in unset}
    command = [sys.executable, "-m", "connlint", "--select", "CNL302", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, env={**environment, **locale})


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: " ".join(f"{k}={v}" for k, v in locale.items()))
def test_bytes_do_not_depend_on_the_locale(place: Path, locale: Mapping[str, str]) -> None:
    path = place / "ü.py"
    data = LOCAL.encode()
    path.write_bytes(data)
    patch = run("--diff", "--no-respect-gitignore", ".", locale=locale)
    assert patch.returncode == 1
    for form in ("text", "json"):
        report = run("--output-format", form, ".", locale=locale)
        assert report.returncode == 1, report.stderr
        assert report.stdout
        assert b"Traceback" not in report.stderr
        if form == "json" and "PYTHONIOENCODING" not in locale:
            (item,) = json.loads(report.stdout)
            assert os.fsencode(item["filename"]) == os.fsencode(path)
    assert run("--fix", "-", locale=locale, stdin=data).stdout == LOCAL_FIXED
    assert path.read_bytes() == data
    assert run("--fix", ".", locale=locale).returncode == 0
    assert path.read_bytes() == LOCAL_FIXED
    assert patch.stdout.startswith("--- ü.py\n+++ ü.py\n".encode())
    assert "\n     # ŧ € \U0001f40d\n-    s.connect".encode() in patch.stdout


def test_edits_of_a_report_are_those_of_the_file() -> None:
    """Applied by an editor, which knows rows and columns, they give what `--fix` gives; in a file of lone CRs too."""
    data = LOCAL.replace("\n", "\r").encode()
    checked = check(data, "x.py", Selection(select=("CNL302",)), with_fixes=True)
    (item,) = checked.diagnostics
    assert item.fix is not None
    text = data.decode()
    for edit in reversed(item.fix.edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == LOCAL_FIXED.decode().replace("\n", "\r")
