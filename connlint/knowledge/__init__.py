"""One answer for every question about names: which class, which operation, which result.

Look-ups are dictionary reads. The standard library's tables are joined at import; a client library's are joined when
the first name of its package is asked for, because a file that talks to redis has no use for what is known of Kafka.
"""

from __future__ import annotations

import builtins
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from connlint.knowledge import own, protocols, sockets, stdlib, streams, web
from connlint.knowledge.sockets import DATAGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connlint.knowledge.model import Library, Operation
    from connlint.options import Options

__all__ = (
    "CLIENTS",
    "DATAGRAM",
    "add_own",
    "attribute",
    "bases",
    "canonical",
    "client",
    "group",
    "is_connection_failure",
    "is_harmless",
    "libraries",
    "lineage",
    "means_failure",
    "operation",
    "returns",
    "standard",
    "synonyms",
)

_STANDARD = (stdlib.LIBRARY, sockets.LIBRARY, streams.LIBRARY, web.LIBRARY, protocols.LIBRARY)

# The module here that knows a package, by the package's name
CLIENTS: Mapping[str, str] = {
    package: module
    for module, packages in {
        "aio_pika": "aio_pika aiormq pamqp",
        "aiohttp": "aiohttp",
        "aiokafka": "aiokafka",
        "aiomysql": "aiomysql",
        "aiosmtplib": "aiosmtplib",
        "anyio": "anyio",
        "asyncpg": "asyncpg",
        "asyncssh": "asyncssh",
        "botocore": "botocore boto3 s3transfer",
        "docker": "docker",
        "elasticsearch": "elasticsearch elastic_transport",
        "grpc": "grpc",
        "httpx": "httpx httpcore",
        "kafka": "kafka",
        "kombu": "amqp kombu",
        "ldap3": "ldap3",
        "mysql": "mysql",
        "nats": "nats",
        "opensearchpy": "opensearchpy",
        "paho": "paho",
        "paramiko": "paramiko",
        "pika": "pika",
        "psycopg": "psycopg",
        "psycopg2": "psycopg2",
        "pymemcache": "pymemcache",
        "pymongo": "bson gridfs pymongo",
        "pymysql": "pymysql",
        "redis": "redis",
        "requests": "requests",
        "trio": "trio",
        "urllib3": "urllib3",
        "valkey": "valkey",
        "websocket": "websocket",
        "websockets": "websockets",
        "zmq": "zmq",
    }.items()
    for package in packages.split()
}

_ALIASES: dict[str, str] = {}
_BASES: dict[str, tuple[str, ...]] = {}
_OPERATIONS: dict[str, Operation] = {}
_RETURNS: dict[str, str | tuple[str, ...]] = {}
_ATTRIBUTES: dict[str, str] = {}
_HARMLESS: set[str] = set()
_GROUPS: dict[str, tuple[str, ...]] = {}


def _join(library: Library) -> Library:
    _ALIASES.update(library.aliases)
    _BASES.update(library.bases)
    _OPERATIONS.update((row.name, row) for row in library.operations)
    _RETURNS.update(library.returns)
    _ATTRIBUTES.update(library.attributes)
    _HARMLESS.update(library.harmless)
    _GROUPS.update(library.groups)
    return library


for _library in _STANDARD:
    _join(_library)


@cache
def _client(package: str) -> Library | None:
    """Return what is known of the package `package`, or None if it is no client library of the tables."""
    module = CLIENTS.get(package)
    if module is None:
        return None
    if module != package:
        return _client(module)
    return _join(import_module(f"connlint.knowledge.{module}").LIBRARY)


def _of(name: str) -> Library | None:
    """Return the client library whose name `name` is; its tables are then among those that are asked."""
    return _client(name.partition(".")[0])


def client(name: str) -> Library | None:
    """Return what is known of the client library whose name, or the name of something in it, is `name`."""
    return _of(name)


_FAILURE_BASES: dict[str, frozenset[str]] = {}
_own = own.NOTHING


def add_own(options: Options) -> None:
    """Let the tables hold what a project tells of its own, in the place of what another one told.

    The tables are the process's: a run has one settings file, and only a test has two.
    """
    global _own  # noqa: PLW0603
    told = options.operations or options.exceptions or options.sleep_functions
    if _own.options == options or (not told and _own is own.NOTHING):
        return
    _forget()
    _FAILURE_BASES.pop("own", None)
    _own = own.NOTHING  # what it told must not say how the next one's names are read
    _own = own.read(options, canonical)
    _forget()


def _forget() -> None:
    """Forget the answers in which a project's own may have a part."""
    for remembered in (canonical, bases, operation, returns, is_harmless, is_connection_failure):
        remembered.cache_clear()


def _general() -> tuple[Library, ...]:
    """Return the libraries that every name may be of."""
    return (*_STANDARD, _own.library)


def standard() -> tuple[Library, ...]:
    """Return what is known of the standard library, and of what stands in its place."""
    return _STANDARD


def libraries() -> tuple[Library, ...]:
    """Return all that is known, library by library. For look-ups it is too much: most files ask for one or two."""
    return (*_STANDARD, *(found for found in map(_client, sorted(set(CLIENTS.values()))) if found is not None))


# They take a connection failure as they take everything: that says nothing of what a handler is for.
_TAKE_ALL = frozenset({"BaseException", "Exception", "EOFError", "object"})


@cache
def canonical(name: str) -> str:
    """Return the name that the tables use for `name`: `socket.error` is `OSError`, `requests.get` itself."""
    if name.startswith("."):
        return _own.name_of(name)
    for _ in range(8):
        _of(name)
        if name in _BASES:
            return name
        head, tail = name, ""
        while head not in _ALIASES:
            head, dot, last = head.rpartition(".")
            if not dot:
                return name.removeprefix("builtins.")
            tail = f".{last}{tail}"
        name = _ALIASES[head] + tail
    return name.removeprefix("builtins.")


def synonyms(name: str, package: str) -> list[str]:
    """Return the names that `package` has for what the tables call `name` (`aiomysql.Error`), the shortest first."""
    _client(package)
    found = [other for other, meant in _ALIASES.items() if meant == name and other.startswith(f"{package}.")]
    return sorted(found, key=lambda other: (other.count("."), other))


@cache
def bases(name: str) -> tuple[str, ...] | None:
    """Return the direct bases of the class `name`, or None if the tables do not know it."""
    _of(name)
    found_bases = _own.library.bases.get(name) or _BASES.get(name)
    if found_bases is not None:
        return found_bases
    found = getattr(builtins, name, None)
    if isinstance(found, type):
        return tuple(base.__name__ for base in found.__bases__)
    return None


def lineage(name: str) -> Iterator[str]:
    """Yield the class `name` and all its known bases, nearest first."""
    seen = {name}
    queue = [name]
    for current in queue:
        yield current
        for base in bases(current) or ():
            if base not in seen:
                seen.add(base)
                queue.append(base)


@cache
def operation(name: str) -> Operation | None:
    """Return the row of the operation `name`, or None if the call is not known to touch the network."""
    _of(name)
    found = _own.operations.get(name) or _OPERATIONS.get(name)
    if found is None and name not in _HARMLESS:
        found = _OPERATIONS.get(f"{name.rpartition('.')[0]}.*")
    return found


@cache
def returns(name: str) -> str | tuple[str, ...] | None:
    """Return the class of what the call `name` returns, a tuple of them for a tuple, or None if not known."""
    _of(name)
    result = _RETURNS.get(name)
    if result is None and bases(name) is not None:
        return name
    return result


def attribute(name: str) -> str | None:
    """Return the class of the value of the attribute `name` (`docker.client.DockerClient.containers`), if known."""
    _of(name)
    found = _ATTRIBUTES.get(name)
    if found is None and name not in _HARMLESS and name not in _OPERATIONS and name not in _RETURNS:
        found = _ATTRIBUTES.get(f"{name.rpartition('.')[0]}.*")  # `client.name_of_a_database`
    return found


@cache
def is_harmless(name: str) -> bool:
    """Say whether the call `name` is known to raise no connection failure."""
    _of(name)
    if name in _HARMLESS:
        return True
    head, dot, _ = name.rpartition(".")
    while dot:
        if f"{head}.*" in _HARMLESS:
            return True
        head, dot, _ = head.rpartition(".")
    return False


def group(name: str) -> tuple[str, ...] | None:
    """Return the classes of the tuple `name` (`ftplib.all_errors`), or None if it is no tuple that the tables know."""
    _of(name)
    return _GROUPS.get(name)


def means_failure(name: str) -> bool:
    """Say whether `name` is itself one of the classes that mean that a connection failed."""
    client = _of(name)
    return any(name in library.connection_failures for library in (*_general(), *((client,) if client else ())))


@cache
def is_connection_failure(name: str) -> bool:
    """Say whether `except name` speaks of connections that fail.

    It does if the class is one that means so, derives from one, or is a base that takes one: `ConnectionError` and
    `TimeoutError`, `OSError`, `requests.exceptions.RequestException`. `Exception` takes everything and says nothing,
    and neither does a class that means that the peer answered (`urllib.error.HTTPError`).
    """
    if name in _TAKE_ALL:
        return False
    ancestors = set(lineage(name))
    clients = {library.name: library for library in map(_of, ancestors) if library is not None}
    known = (*_general(), *clients.values())
    if any(not library.answers.isdisjoint(ancestors) for library in known):
        return False
    return any(
        name in _bases_of_failures(library) or not library.connection_failures.isdisjoint(ancestors)
        for library in known
    )


def _bases_of_failures(library: Library) -> frozenset[str]:
    """Return the classes that take a connection failure of the library: its own failures' bases."""
    if library.name not in _FAILURE_BASES:
        _FAILURE_BASES[library.name] = (
            frozenset(base for name in library.connection_failures for base in lineage(name)) - _TAKE_ALL
        )
    return _FAILURE_BASES[library.name]
