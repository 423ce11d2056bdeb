"""The retries that libraries make on a program's behalf, and what makes them wait.

One module per library, joined when the first name of its package is asked for. The defaults were read from the sources
of the versions named; those of installed libraries are checked against the libraries themselves.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from connlint import knowledge
from connlint.knowledge.policies.model import Growth, Policy, Setting, Table, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = (
    "CLIENTS",
    "GENERAL",
    "TABLES",
    "Growth",
    "Policy",
    "Setting",
    "Table",
    "Wait",
    "canonical",
    "is_prompt",
    "policy",
    "strategy",
    "tables",
)

# The module here that knows a package, by the package's name
TABLES: Mapping[str, str] = {
    "aiohttp_retry": "aiohttp_retry",
    "backoff": "backoff",
    "boto3": "botocore",
    "botocore": "botocore",
    "celery": "celery",
    "google": "google",
    "grpc": "grpc",
    "httpcore": "httpx",
    "httpx": "httpx",
    "kombu": "kombu",
    "redis": "redis",
    "requests": "urllib3",
    "retry": "retry",
    "retrying": "retrying",
    "stamina": "stamina",
    "tenacity": "tenacity",
    "urllib3": "urllib3",
}

# Packages that are imported to reach a peer: where nothing more can be told, they say what a function is about.
CLIENTS = frozenset(
    """
    aioftp aiohttp amqp amqplib asyncpg asyncssh boto3 botocore elasticsearch ftplib grpc http.client httplib httpx
    imaplib kafka kombu ldap3 motor paho paramiko pika poplib psycopg pycurl pymongo redis requests smtplib
    telnetlib urllib.request urllib2 urllib3 websocket websockets xmlrpc.client zeep
    """.split()
)

# What is retried on its account alone says nothing of connections: everything, and what files and timers raise too.
GENERAL = frozenset({"BaseException", "Exception", "OSError", "TimeoutError"})


@cache
def _table(package: str) -> Table | None:
    module = TABLES.get(package)
    if module is None:
        return None
    found: Table = import_module(f"{__name__}.{module}").TABLE
    return found


def tables() -> Iterator[Table]:
    """Yield the tables of all libraries."""
    for module in sorted(set(TABLES.values())):
        yield import_module(f"{__name__}.{module}").TABLE


def _of(name: str) -> Table | None:
    return _table(name.partition(".")[0])


def canonical(name: str) -> str:
    """Return the name that the tables use for `name`."""
    name = knowledge.canonical(name)
    table = _of(name)
    if table is None:
        return name
    if name in table.aliases:
        return table.aliases[name]
    for alias, real in table.aliases.items():
        if name.startswith(alias if alias.endswith(".") else f"{alias}."):
            return real + name.removeprefix(alias)
    return name


def policy(name: str | None) -> Policy | None:
    """Return the row of the constructor or decorator `name`, or None if it makes no retry that the tables know."""
    if name is None:
        return None
    real = canonical(name)
    table = _of(real)
    return next((row for row in table.policies if row.name == real), None) if table is not None else None


def strategy(name: str | None) -> Wait | None:
    """Return what the wait `name` is, or None if the tables do not know it."""
    if name is None:
        return None
    real = canonical(name)
    table = _of(real)
    return table.strategies.get(real) if table is not None else None


def is_prompt(name: str) -> bool:
    """Say whether `name` is a callback of a library that does not wait."""
    real = canonical(name)
    table = _of(real)
    return table is not None and real in table.prompt
