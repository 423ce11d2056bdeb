"""Sentences about facts that a reviewer can check: which call, on which line, can raise which class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted
from connlint.layout import render
from connlint.telling import is_place, speaks_of_a_peer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import Retried, RetryRecursion

_LONGEST = 50


def code(facts: Facts, node: cst.CSTNode) -> str:
    """Return the code of `node` on one line, shortened if it is long."""
    text = " ".join(render(facts.module, node, ()).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def called(facts: Facts, call: cst.Call) -> str:
    """Return what `call` calls, as the code says it: `sock.sendall`."""
    return dotted(call.func) or code(facts, call.func)


def place(facts: Facts, call: cst.Call) -> str:
    """Return `sock.sendall (line 12)`."""
    return f"{called(facts, call)} (line {facts.layout.row(call)})"


def can_raise(facts: Facts, item: Tried, classes: Iterable[str]) -> str:
    """Return `sock.sendall (line 12) can raise BrokenPipeError, ConnectionResetError (socket.socket.sendall)`."""
    through = f", reached by {place(facts, item.site)}," if item.through else ""
    return f"{place(facts, item.call)}{through} can raise {', '.join(classes)} ({item.operation.name})"


def handler(facts: Facts, item: Retried | RetryRecursion) -> str:
    """Return `` `except OSError` ``, or what else takes the failure that `item` retries."""
    if isinstance(item.handler, cst.With):
        return "`contextlib.suppress`"
    if item.handler.type is None:
        return "`except`"
    return f"`except {code(facts, item.handler.type)}`"


def operation(facts: Facts, item: Retried | RetryRecursion) -> str:
    """Return the code of what `item` tries, without its arguments."""
    calls = [each.site for each in item.tried] or list(item.opaque_tried)
    speaking = [
        call for call in calls if speaks_of_a_peer(called(facts, call)) or called(facts, call).endswith(".send")
    ]
    told = [call for call in calls if any(is_place(dotted(arg.value) or "") for arg in call.args)]
    done = [call for call in calls if type(facts.index.parents.get(call)) is not cst.WithItem]
    return f"`{code(facts, (speaking or told or done or calls)[0].func)}`"


def failures(facts: Facts, item: Retried | RetryRecursion) -> Iterator[str]:
    """Yield which calls can raise what the handler of `item` takes."""
    for tried in item.tried:
        taken = [failure.raises for failure in tried.failures if failure.raises in item.failing]
        yield can_raise(facts, tried, dict.fromkeys(taken))
    for call in item.opaque_tried:
        if item.failing:
            yield f"{place(facts, call)} is expected to raise {', '.join(item.failing)} by its handler"
        else:
            yield f"{place(facts, call)} reaches a peer by its name, and {handler(facts, item)} takes its failures"
