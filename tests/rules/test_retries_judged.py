"""Modules that were judged by hand before a rule saw them: which of the retry rules speak, on which line.

`silent.txt` holds those of which every rule of the family says nothing, the rules that are off by default among them.
In `reported.txt` a mark at the end of a line, `#! CNL201 CNL203`, names all that is said of it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connlint.engine import Selection, check, fix
from connlint.options import Backoff, Options

HERE = Path(__file__).parent / "retries_judged"
MARK = re.compile(r"\s*#! ((?:CNL\d+ ?)+)$", re.MULTILINE)


def modules(name: str) -> dict[str, str]:
    blocks = re.split(r"^#### ", (HERE / name).read_text(), flags=re.MULTILINE)[1:]
    return {title: code for title, _, code in (block.partition("\n") for block in blocks)}


SILENT = modules("silent.txt")
REPORTED = modules("reported.txt")
ALL = Selection(select=("CNL2",))


def expected(code: str) -> set[tuple[str, int]]:
    return {
        (each, row)
        for row, line in enumerate(code.splitlines(), 1)
        if (mark := MARK.search(line))
        for each in mark.group(1).split()
    }


def found(code: str) -> set[tuple[str, int]]:
    checked = check(code.encode(), "program.py", ALL)
    assert checked.problems == ()
    return {(item.code, item.row) for item in checked.diagnostics}


@pytest.mark.parametrize("title", SILENT)
def test_silent(title: str) -> None:
    assert found(SILENT[title]) == set()


@pytest.mark.parametrize("title", REPORTED)
def test_reported(title: str) -> None:
    code = REPORTED[title]
    assert found(MARK.sub("", code)) == expected(code)


@pytest.mark.parametrize("title", REPORTED)
def test_fixes_stand_together_and_come_to_rest(title: str) -> None:
    done = fix(MARK.sub("", REPORTED[title]).encode(), "program.py", ALL, unsafe=True)
    assert done.dropped == ()
    assert done.checked.problems == ()
    again = fix(done.data, "program.py", ALL, unsafe=True)
    assert again.data == done.data


def fixed(code: str, *, jitter: bool = True) -> str:
    selection = Selection(select=("CNL2",), options=Options(backoff=Backoff(jitter=jitter)))
    done = fix(code.encode(), "program.py", selection, unsafe=True)
    assert done.dropped == ()
    return done.data.decode()


def test_a_raise_for_the_last_attempt_needs_no_test_for_another() -> None:
    code = """\
import random
import time
import requests

def load(url):
    for n in range(4):
        try:
            return requests.get(url, timeout=5).json()
        except requests.ConnectionError:
            time.sleep(random.uniform(0, 2 ** n))
"""
    assert fixed(code).endswith(
        """\
        except requests.ConnectionError:
            if n == 3:
                raise
            time.sleep(random.uniform(0, 2 ** n))
"""
    )


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(
            """\
            try:
                await asyncio.wait_for(stop.wait(), timeout=10)
            except asyncio.TimeoutError:
                pass
""",
            id="try",
        ),
        pytest.param(
            """\
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=10)
""",
            id="suppress",
        ),
    ],
)
def test_no_growth_behind_a_wait_that_ends_with_an_exception(wait: str) -> None:
    code = f"""\
import asyncio
import contextlib

async def dial(host, port, stop):
    while not stop.is_set():
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
{wait}"""
    assert ("CNL202", 5) in found(code)
    assert fixed(code) == code


def test_a_wait_without_jitter_may_be_written_where_jitter_is_asked_for() -> None:
    code = """\
from urllib3.util.retry import Retry

retries = Retry(total=5)
"""
    assert "backoff_factor" in fixed(code)
