"""The `except` clauses of a file: what each takes, what stands around it, and what its `try` does."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.model import Handler, Suppression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.effects import Effects


def read_handlers(facts: Facts) -> Iterator[Handler]:
    """Yield every `except` clause of the file, in source order. Those of `except*` take groups and are left out."""
    at = {node: position for position, node in enumerate(facts.index.all(cst.ExceptHandler))}
    found = [handler for statement in facts.index.all(cst.Try) for handler in _of_statement(facts, statement)]
    yield from sorted(found, key=lambda handler: at[handler.node])


def _of_statement(facts: Facts, statement: cst.Try) -> Iterator[Handler]:
    @cache
    def effects() -> Effects:
        return facts.effects.of([statement.body])

    clauses = tuple(facts.names.classes(node.type) for node in statement.handlers)
    for position, node in enumerate(statement.handlers):
        yield Handler(node, statement, clauses, position, effects)


def read_suppressions(facts: Facts) -> Iterator[Suppression]:
    """Yield every `with contextlib.suppress(...)` of the file whose last item that is, in source order."""
    for statement in facts.index.all(cst.With):
        call = statement.items[-1].item
        caught = facts.effects.suppressed(call)
        if caught is not None and type(call) is cst.Call:
            before = [facts.effects.suppressed(item.item) or () for item in statement.items[:-1]]
            earlier = tuple(name for names in before for name in names)
            yield Suppression(statement, call, caught, earlier, cache(partial(facts.effects.of, [statement.body])))
