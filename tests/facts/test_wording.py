"""Sentences about facts."""

from __future__ import annotations

import pytest

from connlint.facts import wording
from tests.facts.reading import read

LOOP = (
    "import async_timeout\nimport aiohttp\n\n\nasync def f(url):\n    for _ in range(5):\n        try:\n"
    "            async with async_timeout.timeout(5):\n                {}\n                break\n"
    "        except aiohttp.ClientError:\n            pass\n"
)


@pytest.mark.parametrize(
    ("tried", "named"),
    [
        ("await open_page()", "open_page"),
        ("await launch()\n                await page.goto(url)", "page.goto"),
        ("await launch()\n                await fetch()", "fetch"),
        ("pass", "async_timeout.timeout"),
    ],
)
def test_operation_is_what_reaches_the_peer(tried: str, named: str) -> None:
    facts = read(LOOP.format(tried))
    (loop,) = facts.loops
    assert wording.operation(facts, loop.retried[0]) == f"`{named}`"
