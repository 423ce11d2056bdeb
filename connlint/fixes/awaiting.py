"""Sleeps that stop the event loop, and those of the event loop itself.

Which loop runs a coroutine stands nowhere in its code, but what it awaits works with one loop only. A sleep is
replaced where that tells which, where nothing would be held across the new `await` that was not meant to be, and where
no handler around it would take a cancellation that can now arrive there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.names import OPAQUE
from connlint.facts.tree import dotted, walk_same_code
from connlint.fixes.backoff import imported_roots
from connlint.fixes.imports import reference
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts import Facts

_LOOPS = ("asyncio", "trio", "curio", "anyio")

# Packages whose coroutines run on asyncio's loop and on no other.
_ON_ASYNCIO = frozenset(
    """
    aio_pika aiobotocore aiofiles aiogram aiohttp aiohttp_retry aiokafka aiomqtt aiomysql aiopg aioredis aiormq
    aioserial aiosmtplib aiosqlite asyncpg asyncssh bleak discord homeassistant motor nats telethon uvloop
    """.split()
)
# Where these are imported, a coroutine may be driven by what is no event loop of these.
_NEVER = frozenset({"twisted"})

_HOLDS = ("lock", "mutex", "sem", "cond", "guard", "transaction")
_HOLDING_MODULES = ("threading.", "multiprocessing.", "filelock.", "fasteners.", "portalocker.", "_thread.")


def loop_sleep(facts: Facts, function: cst.FunctionDef, tried: Iterable[str] = ()) -> str | None:
    """Return the qualified name of the sleep of the loop that runs `function`; None if that cannot be told.

    `tried` are the qualified names of the operations that it awaits.
    """
    imported = frozenset(imported_roots(facts))
    if imported & _NEVER:
        return None
    awaited = {name for call in _awaited(function) if (name := facts.names.qualified(call.func)) is not None}
    for names in ({*awaited, *tried}, imported):
        roots = {name.partition(".")[0] for name in names}
        loops = {root for root in _LOOPS if root in roots}
        if roots & _ON_ASYNCIO:
            loops.add("asyncio")
        # anyio runs on top of the others
        found = loops - {"anyio"} or loops
        if len(found) == 1:
            return f"{found.pop()}.sleep"
        if found:
            return None
    return None


def with_awaited_sleeps(facts: Facts, sleeps: Sequence[cst.Call], sleep: str) -> Rewrite | None:
    """Return the rewrite that makes every call of `sleeps` an awaited call of `sleep`; None to decline."""
    replace: dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] = {}
    modules: list[str] = []
    dropped: list[str] = []
    for call in sleeps:
        if not _may_be_awaited(facts, call):
            return None
        found = reference(facts, call, sleep)
        if found is None:
            return None
        text, needed = found
        replace[call] = cst.Await(call.with_changes(func=cst.parse_expression(text)))
        modules += needed
        dropped.append((dotted(call.func) or "").partition(".")[0])
    return Rewrite(replace, tuple(dict.fromkeys(modules)), tuple(dict.fromkeys(dropped)))


def _awaited(function: cst.FunctionDef) -> Iterable[cst.Call]:
    """Yield the calls whose results `function` awaits, enters with `async with`, or goes through with `async for`."""
    for node in walk_same_code(function.body):
        items: list[cst.BaseExpression] = []
        if isinstance(node, cst.Await):
            items = [node.expression]
        elif isinstance(node, cst.With) and node.asynchronous is not None:
            items = [item.item for item in node.items]
        elif isinstance(node, cst.For) and node.asynchronous is not None:
            items = [node.iter]
        for item in items:
            if isinstance(item, cst.Call):
                yield item


def _may_be_awaited(facts: Facts, call: cst.Call) -> bool:
    """Say whether `call` is a statement of its own, from which control may well go to other tasks."""
    statement = facts.index.parents.get(call)
    function = facts.index.function_of(call)
    if not isinstance(statement, cst.Expr) or not isinstance(function, cst.FunctionDef):
        return False
    if function.asynchronous is None or len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None:
        return False
    if any(_is_acquiring(facts, node) for node in walk_same_code(function.body)):
        return False
    below: cst.CSTNode = call
    for ancestor in facts.index.ancestors(call):
        if ancestor is function:
            return True
        if isinstance(ancestor, cst.TryStar):
            return False
        if isinstance(ancestor, cst.Try) and ancestor.body is below and _takes_cancellation(facts, ancestor):
            return False
        if isinstance(ancestor, cst.With) and any(_may_hold(facts, item, ancestor) for item in ancestor.items):
            return False
        below = ancestor
    return False


def _is_acquiring(facts: Facts, node: cst.CSTNode) -> bool:
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "acquire"
        and not facts.effects.is_awaited(node)
    )


def _takes_cancellation(facts: Facts, statement: cst.Try) -> bool:
    caught = [name for handler in statement.handlers for name in facts.names.classes(handler.type)]
    return any(name in {"BaseException", OPAQUE} or "Cancel" in name for name in caught)


def _may_hold(facts: Facts, item: cst.WithItem, statement: cst.With) -> bool:
    """Say whether `item` may hold something that other tasks would wait for, and by that stop the loop for good."""
    if statement.asynchronous is not None:
        return False
    suppressed = facts.effects.suppressed(item.item)
    if suppressed is not None:
        return any(name in {"BaseException", OPAQUE} or "Cancel" in name for name in suppressed)
    func = item.item.func if isinstance(item.item, cst.Call) else item.item
    if any(word in (dotted(func) or "").lower() for word in _HOLDS):
        return True
    found = facts.values.types(item.item)
    return not found or any(name == OPAQUE or name.startswith(("<file>", *_HOLDING_MODULES)) for name in found)
