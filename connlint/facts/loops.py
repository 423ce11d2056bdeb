from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import RetryLoop


def read_loops(facts: Facts) -> Iterator[RetryLoop]:
    yield from ()
