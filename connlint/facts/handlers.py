from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Handler


def read_handlers(facts: Facts) -> Iterator[Handler]:
    yield from ()
