"""What is known of valkey-py.

It is redis-py 5 under other names: the same commands, which fail in the same ways, by classes of its own that have
nothing to do with redis' or with the builtins. So its tables are redis', without what redis-py has got since.
"""

from __future__ import annotations

from connlint.knowledge import redis
from connlint.knowledge.classes import redis as redis_classes
from connlint.knowledge.classes import valkey as classes
from connlint.knowledge.model import Library, Operation

_NEWER = frozenset(
    """
    arcount ardel ardelrange arget argetrange argrep arinfo arinsert arlastitems arlen armget armset arnext arop arring
    arscan arseek arset blmovem delex digest digest_local hexpire hexpireat hexpiretime hgetdel hgetex himport_set
    hotkeys_get hotkeys_reset hotkeys_start hotkeys_stop hpersist hpexpire hpexpireat hpexpiretime hpttl httl increx
    lmovem msetex sdiffcard sunioncard xackdel xcfgset xdelex xnack
    """.split()
)
# Of the client with asyncio only
_MISSING = frozenset({"valkey.asyncio.client.PubSub.ssubscribe", "valkey.asyncio.client.PubSub.sunsubscribe"})


def _name(name: str) -> str:
    """Return valkey-py's name for what redis-py calls `name`."""
    return name.replace("redis.", "valkey.").replace(".Redis", ".Valkey").replace(".StrictRedis", ".StrictValkey")


def _row(row: Operation) -> Operation:
    """Return valkey-py's row for the one of redis-py."""
    failures = tuple(failure._replace(raises=_name(failure.raises)) for failure in row.failures)
    source = row.source.replace("redis", "valkey")
    return row._replace(name=_name(row.name), failures=failures, source=source)


OPERATIONS: tuple[Operation, ...] = tuple(
    row for row in map(_row, redis.OPERATIONS) if row.name.rpartition(".")[2] not in _NEWER and row.name not in _MISSING
)

BASES: dict[str, tuple[str, ...]] = {
    **classes.BASES,
    **{_name(name): tuple(map(_name, bases)) for name, bases in redis.BASES.items() if name not in redis_classes.BASES},
}

RETURNS: dict[str, str | tuple[str, ...]] = {
    _name(name): _name(result) for name, result in redis.RETURNS.items() if isinstance(result, str)
}

ALIASES: dict[str, str] = {
    **classes.ALIASES,
    **{_name(alias): _name(name) for alias, name in redis.ALIASES.items() if alias not in redis_classes.ALIASES},
    "valkey.Redis": "valkey.Valkey",
    "valkey.StrictRedis": "valkey.Valkey",
    "valkey.asyncio.Redis": "valkey.asyncio.Valkey",
    "valkey.asyncio.StrictRedis": "valkey.asyncio.Valkey",
}

LIBRARY = Library(
    name="valkey",
    aliases=ALIASES,
    bases=BASES,
    operations=OPERATIONS,
    returns=RETURNS,
    harmless=frozenset(map(_name, redis.HARMLESS)),
    connection_failures=frozenset(map(_name, redis.LIBRARY.connection_failures)),
    answers=frozenset(map(_name, redis.LIBRARY.answers)),
)
