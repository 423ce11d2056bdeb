"""Suppression is compared with flake8 itself: a plugin reports on every row, and what flake8 keeps is what we keep."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connlint.noqa import Suppressions
from connlint.source import decode

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

CODES = ("CNL101", "CNL201", "CNL206")


class EveryRow:
    """A flake8 plugin that reports every code on every row of a file."""

    name = "every-row"
    version = "1"

    def __init__(self, tree: ast.AST, lines: list[str]) -> None:
        self._rows = len(lines)

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        for row, code in product(range(1, self._rows + 1), CODES):
            yield row, 0, f"{code} reported", type(self)


CONFIGURATION = f"""
[flake8]
select = {",".join(CODES)}
format = %(path)s %(row)d %(code)s
jobs = 1

[flake8:local-plugins]
extension = CNT = {__name__}:EveryRow
paths = {Path(__file__).parent.parent}
"""

SPELLINGS = (
    # no comment for noqa at all
    "# no qa",
    "# noq",
    # without codes
    "# noqa",
    "#noqa",
    "#  noqa",
    "#\tnoqa",
    "# NOQA",
    "# NoQa",
    "#: noqa",
    "# noqa please",
    "# noqa, really",
    "# a remark # noqa",
    "# a remark noqa",
    "# noqa # a remark",
    "# noqas",
    "# flake8: noqa",
    "# ruff: noqa",
    # with codes
    "# noqa: CNL201",
    "# noqa:CNL201",
    "#noqa:CNL201",
    "# noqa : CNL201",
    "# noqa:  CNL201",
    "# noqa:\tCNL201",
    "# noqa CNL201",
    "# noqa=CNL201",
    "# NOQA:CNL201",
    "# noqa: cnl201",
    "# noqa: Cnl201",
    "# noqa: CNL201,CNL101",
    "# noqa: CNL201, CNL101",
    "# noqa: CNL201 CNL101",
    "# noqa: CNL201  ,  CNL101",
    "# noqa: CNL201;CNL101",
    "# noqa: CNL201CNL101",
    "# noqa: CNL201,,CNL101",
    "# noqa: CNL201, ",
    "# noqa: CNL201 because the peer asks for it",
    "# noqa: CNL201 - because of E501",
    "# noqa: CNL201: because",
    "# noqa: CNL201 # noqa: CNL101",
    "# noqa: E501 # noqa: CNL101",
    "# noqa: E501",
    "# noqa: E501,W291",
    "# noqa: E501,CNL206",
    "# noqa: E501 CNL206",
    # prefixes
    "# noqa: C",
    "# noqa: CNL",
    "# noqa: CNL2",
    "# noqa: CNL20",
    "# noqa: CNL2010",
    "# noqa: CNL1,CNL2",
    "# noqa: 201",
    "# noqa:",
    "# noqa: ",
    "# noqa: because CNL201",
)

SHAPES = {
    "one-line": "first()\nsecond()  {}\nthird()\n",
    "line-of-its-own": "first()\n{}\nthird()\n",
    "indented-line-of-its-own": "if first:\n    {}\n    second()\n",
    "backslash": "first = 1 + \\\n    2  {}\nthird()\n",
    "wrapped-call-first": "first(  {}\n    1,\n    2,\n)\nsecond()\n",
    "wrapped-call-inner": "first(\n    1,  {}\n    2,\n)\nsecond()\n",
    "wrapped-call-last": "first(\n    1,\n    2,\n)  {}\nsecond()\n",
    "comment-inside-brackets": "first(\n    {}\n    1,\n)\nsecond()\n",
    "wrapped-header": "with (\n    first() as one,\n    second() as two,\n):  {}\n    third()\n",
    "except-clause": "try:\n    first()\nexcept (\n    OSError,  {}\n    ValueError,\n):\n    second()\n",
    "decorator": "@first  {}\ndef second(\n    one,\n): ...\n",
    "triple-quoted": 'first = """\none {}\ntwo\n"""\nsecond()\n',
    "after-triple-quoted": 'first = """\none\ntwo\n"""  {}\nsecond()\n',
    "f-string": 'first = f"""\none {{two}} {}\n"""\nsecond()\n',
    "docstring": 'def first():\n    """Say.\n\n    {}\n    """\n    second()\n',
    "plain-string": "first = '{}'\nsecond()\n",
    "two-statements": "first(); second()  {}\nthird()\n",
    "no-line-end": "first()\nsecond()  {}",
    "last-line-is-comment": "first()\n{}",
    "form-feed": "first()\n\x0c\nsecond()  {}\n",
    "crlf": "first(\r\n    1,\r\n)  {}\r\nsecond()\r\n",
    "bom": "\ufefffirst()  {}\nsecond()\n",
    "latin-1": "# coding: latin-1\nfirst('\xe9')  {}\nsecond()\n",
}

FILES = {
    **{
        f"{shape}-{number}": text.format(spelling)
        for (shape, text), (number, spelling) in product(SHAPES.items(), enumerate(SPELLINGS))
    },
    "empty": "",
    "file-level": "first()\n# flake8: noqa\nsecond()\n",
    "file-level-equals": "# flake8=noqa\nfirst()\n",
    "file-level-code": "# flake8: noqa: CNL201\nfirst()\n",
    "file-level-codes": "first()\n# flake8: noqa: CNL201,CNL101\n",
    "file-level-other-code": "# flake8: noqa: E501\nfirst()\n",
    "file-level-upper": "# FLAKE8: NOQA\nfirst()\n",
    "file-level-indented": "if first:\n    # flake8: noqa\n    second()\n",
    "file-level-glued": "#flake8:noqa\nfirst()\n",
    "file-level-in-string": '"""\n# flake8: noqa\n"""\nfirst()\n',
    "file-level-with-reason": "# flake8: noqa because\nfirst()\n",
}


def _encoded(text: str) -> bytes:
    return text.encode("latin-1" if "latin-1" in text else "utf-8")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[int, str]]]:
    """What flake8 reports of each file, from a single run over all of them."""
    folder = tmp_path_factory.mktemp("noqa")
    configuration = folder / "flake8.cfg"
    configuration.write_text(CONFIGURATION)
    for name, text in FILES.items():
        (folder / f"{name}.py").write_bytes(_encoded(text))
    command = [sys.executable, "-m", "flake8", "--config", str(configuration), str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert run.stderr == ""
    found: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for line in run.stdout.splitlines():
        path, row, code = line.rsplit(" ", 2)
        found[Path(path).stem].add((int(row), code))
    return found


@pytest.mark.parametrize("name", FILES)
def test_suppresses_what_flake8_suppresses(name: str, reported: dict[str, set[tuple[int, str]]]) -> None:
    data = _encoded(FILES[name])
    source = decode(data, f"{name}.py")
    suppressions = Suppressions(source)
    rows = len(source.text.splitlines() if "\x0c" not in source.text else source.text.split("\n")[:-1])
    kept = {(row, code) for row, code in product(range(1, rows + 1), CODES) if not suppressions.has(row, code)}
    assert kept == reported[name]


def test_some_are_suppressed_and_some_are_not(reported: dict[str, set[tuple[int, str]]]) -> None:
    assert reported["one-line-0"] == set(product((1, 2, 3), CODES))
    assert reported[f"one-line-{SPELLINGS.index('# noqa: CNL201')}"] == set(product((1, 2, 3), CODES)) - {(2, "CNL201")}
    assert reported["file-level"] == set()


def test_rows_outside_the_file_are_not_suppressed() -> None:
    suppressions = Suppressions(decode(b"first()  # noqa\n", "x.py"))
    assert suppressions.has(1, "CNL201")
    assert not suppressions.has(0, "CNL201")
    assert not suppressions.has(7, "CNL201")


def test_flake8_is_imported_only_when_asked() -> None:
    program = (
        "import sys; from connlint.noqa import Suppressions; from connlint.source import decode;"
        "Suppressions(decode(b'x  # noqa', 'x.py')); sys.exit(any('flake8' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
