"""Write the exception classes of the client libraries into `connlint/knowledge/classes`, or with --check compare.

A library's tree changes with its versions, and a table written by hand would be wrong before anybody noticed. So it is
read from the installed library: every exception class that its modules define, its direct bases, and the other public
names under which it can be reached. pyproject.toml says which versions are installed; a test calls `differing` and
fails when a table is not what they hold.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

WIDTH = 120
TABLES = Path(__file__).resolve().parent.parent / "connlint" / "knowledge" / "classes"


class Source(NamedTuple):
    """Where a library's classes are: its distributions and packages, and the modules whose names the tables prefer.

    `modules` are read instead of everything below the packages, where that would start things or take seconds.
    """

    distributions: tuple[str, ...]
    packages: tuple[str, ...]
    homes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


SOURCES: Mapping[str, Source] = {
    "aio_pika": Source(("aio-pika", "aiormq", "pamqp"), ("aio_pika", "aiormq", "pamqp")),
    "aiohttp": Source(("aiohttp",), ("aiohttp",), homes=("aiohttp",)),
    "aiokafka": Source(
        ("aiokafka",), ("aiokafka",), homes=("aiokafka.errors",), modules=("aiokafka", "aiokafka.errors")
    ),
    "aiomysql": Source(("aiomysql",), ("aiomysql",)),
    "aiosmtplib": Source(("aiosmtplib",), ("aiosmtplib",), homes=("aiosmtplib",)),
    "anyio": Source(("anyio",), ("anyio",), homes=("anyio",)),
    "asyncpg": Source(
        ("asyncpg",), ("asyncpg",), homes=("asyncpg.exceptions",), modules=("asyncpg", "asyncpg.exceptions")
    ),
    "asyncssh": Source(("asyncssh",), ("asyncssh",), homes=("asyncssh",)),
    "botocore": Source(
        ("botocore", "boto3", "s3transfer"),
        ("botocore", "boto3", "s3transfer"),
        modules=(
            "botocore.eventstream",
            "botocore.exceptions",
            "botocore.httpsession",
            "botocore.parsers",
            "boto3.exceptions",
            "s3transfer.exceptions",
        ),
    ),
    "docker": Source(("docker",), ("docker",), homes=("docker.errors",)),
    "elasticsearch": Source(
        ("elasticsearch", "elastic-transport"),
        ("elasticsearch", "elastic_transport"),
        homes=("elasticsearch", "elastic_transport"),
        modules=("elastic_transport", "elasticsearch", "elasticsearch.exceptions", "elasticsearch.helpers"),
    ),
    "grpc": Source(("grpcio",), ("grpc",), homes=("grpc", "grpc.aio")),
    "httpx": Source(("httpx", "httpcore"), ("httpx", "httpcore"), homes=("httpx", "httpcore")),
    "kafka": Source(("kafka-python",), ("kafka",), homes=("kafka.errors",), modules=("kafka", "kafka.errors")),
    "kombu": Source(
        ("kombu", "amqp"), ("kombu", "amqp"), modules=("kombu", "kombu.exceptions", "amqp", "amqp.exceptions")
    ),
    "ldap3": Source(("ldap3",), ("ldap3",), modules=("ldap3", "ldap3.core.exceptions")),
    "mysql": Source(("mysql-connector-python",), ("mysql",), modules=("mysql.connector", "mysql.connector.errors")),
    "nats": Source(("nats-py",), ("nats",), modules=("nats", "nats.errors", "nats.js.errors", "nats.aio.errors")),
    "opensearchpy": Source(
        ("opensearch-py",),
        ("opensearchpy",),
        modules=("opensearchpy", "opensearchpy.exceptions", "opensearchpy.helpers"),
    ),
    "paho": Source(("paho-mqtt",), ("paho",)),
    "paramiko": Source(("paramiko",), ("paramiko",)),
    "pika": Source(
        ("pika",), ("pika",), modules=("pika", "pika.exceptions", "pika.adapters.utils.connection_workflow")
    ),
    "psycopg": Source(("psycopg",), ("psycopg",), homes=("psycopg.errors",), modules=("psycopg", "psycopg.errors")),
    "psycopg2": Source(
        ("psycopg2-binary",),
        ("psycopg2",),
        homes=("psycopg2", "psycopg2.errors"),
        modules=("psycopg2", "psycopg2.errors", "psycopg2.extensions"),
    ),
    "pymemcache": Source(("pymemcache",), ("pymemcache",)),
    "pymongo": Source(
        ("pymongo",),
        ("pymongo", "bson", "gridfs"),
        modules=("pymongo", "pymongo.errors", "bson.errors", "gridfs.errors"),
    ),
    "pymysql": Source(("PyMySQL",), ("pymysql",), homes=("pymysql.err",)),
    "redis": Source(("redis",), ("redis",), homes=("redis.exceptions",)),
    "requests": Source(("requests",), ("requests",)),
    "trio": Source(("trio",), ("trio",), homes=("trio",)),
    "urllib3": Source(("urllib3",), ("urllib3",)),
    "valkey": Source(("valkey",), ("valkey",), homes=("valkey.exceptions",)),
    "websocket": Source(("websocket-client",), ("websocket",)),
    "websockets": Source(("websockets",), ("websockets",), homes=("websockets.exceptions",)),
    "zmq": Source(("pyzmq",), ("zmq",), homes=("zmq",), modules=("zmq", "zmq.error", "zmq.asyncio")),
}


def modules(source: Source) -> Iterator[ModuleType]:
    """Yield the modules of a library that can be imported, without its tests and its commands."""
    if source.modules:
        yield from map(importlib.import_module, source.modules)
        return
    for package in source.packages:
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda _: None):
            parts = found.name.split(".")
            if not {"tests", "test", "testing", "_tests", "__main__", "pytest_plugin", "conftest"}.isdisjoint(parts):
                continue
            try:
                yield importlib.import_module(found.name)
            except (Exception, SystemExit):  # noqa: BLE001, S112 - a module for another system, or an extra that is missing
                continue


def is_public(name: str) -> bool:
    """Say whether no part of the qualified name `name` is private."""
    return not any(part.startswith("_") for part in name.split("."))


def exceptions(module: ModuleType) -> Iterator[tuple[str, type[BaseException]]]:
    """Yield the exception classes that a module has, with the names that it gives them; what only warns is none."""
    for name, kind in sorted(vars(module).items()):
        if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning):
            yield name, kind


def reachable(found: Iterable[ModuleType], source: Source) -> dict[type[BaseException], set[str]]:
    """Return all qualified names of each exception class that the library defines."""
    names: dict[type[BaseException], set[str]] = {}
    for module in found:
        for name, kind in exceptions(module):
            if kind.__module__.partition(".")[0] in source.packages:
                names.setdefault(kind, set()).add(f"{module.__name__}.{name}")
    # a base may stand in a module that is not read, and be reached by nobody
    for kind in [each for found in names for each in found.__mro__]:
        if issubclass(kind, BaseException) and kind.__module__.partition(".")[0] in source.packages:
            names.setdefault(kind, {f"{kind.__module__}.{kind.__qualname__}"})
    return names


def table_name(kind: type[BaseException], names: set[str], homes: tuple[str, ...]) -> str:
    """Return the name that the tables use: in the preferred module, else where it is defined, else the shortest."""
    defined = f"{kind.__module__}.{kind.__qualname__}"
    for home in homes:
        if f"{home}.{kind.__name__}" in names:
            return f"{home}.{kind.__name__}"
    if defined in names and is_public(defined):
        return defined
    public = [name for name in names if is_public(name)]
    return min(public or names, key=lambda name: (name.count("."), name))


def read(library: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the bases and the aliases of a library's exception classes."""
    source = SOURCES[library]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(modules(source))
    names = reachable(found, source)
    called = {kind: table_name(kind, every, source.homes) for kind, every in names.items()}

    def name_of(kind: type[BaseException]) -> str:
        if kind in called:
            return called[kind]
        if kind.__module__ == "builtins":
            return kind.__name__
        return knowledge.canonical(f"{kind.__module__}.{kind.__qualname__}")

    # What a class mixes in besides is no class that an `except` could name
    bases = {
        called[kind]: tuple(name_of(base) for base in kind.__bases__ if issubclass(base, BaseException))
        for kind in names
    }
    # Users write the names that packages and the modules that define a class offer; that some other module has imported
    # it for its own use is no offer.
    packages = {module.__name__ for module in found if hasattr(module, "__path__")}
    defining = {kind.__module__ for kind in names} | {name.rpartition(".")[0] for name in called.values()}
    aliases = {
        name: called[kind]
        for kind, every in names.items()
        for name in every
        if name != called[kind]
        and (is_public(name) or name == f"{kind.__module__}.{kind.__qualname__}")
        and name.rpartition(".")[0] in packages | defining
    }
    return dict(sorted(bases.items())), dict(sorted(aliases.items()))


def text(library: str) -> str:
    """Return the module that holds a library's classes."""
    bases, aliases = read(library)
    versions = ", ".join(f"{name} {version(name)}" for name in SOURCES[library].distributions)
    return (
        f'"""The exception classes of {versions}; `make knowledge` reads them."""\n\n'
        "from __future__ import annotations\n\n"
        f"BASES: dict[str, tuple[str, ...]] = {_literal(bases)}\n\n"
        f"ALIASES: dict[str, str] = {_literal(aliases)}\n"
    )


def _literal(table: Mapping[str, str | tuple[str, ...]]) -> str:
    """Return a table as ruff formats it: an entry a line, wrapped where it is too long."""
    return "{\n" + "".join(_entry(name, value) for name, value in table.items()) + "}" if table else "{}"


def _entry(name: str, value: str | tuple[str, ...]) -> str:
    line = f'    "{name}": {value!r},'.replace("'", '"')
    if len(line) <= WIDTH:
        return f"{line}\n"
    if isinstance(value, str):
        return f'    "{name}": (\n        "{value}"\n    ),\n'
    return f'    "{name}": (\n' + "".join(f'        "{each}",\n' for each in value) + "    ),\n"


def differing(libraries: Iterable[str] = SOURCES) -> list[str]:
    """Return the libraries whose checked-in table is not what the installed library holds."""
    return [
        name
        for name in libraries
        if not (TABLES / f"{name}.py").exists() or (TABLES / f"{name}.py").read_text() != text(name)
    ]


def main() -> int:
    """Write the tables, or with --check name those that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="*", default=sorted(SOURCES))
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    if options.check:
        found = differing(options.libraries)
        for name in found:
            print(f"{name}: not what is installed; run make knowledge", file=sys.stderr)
        return bool(found)
    for name in options.libraries:
        (TABLES / f"{name}.py").write_text(text(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
