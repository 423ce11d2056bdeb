"""The tables of docs/client-libraries.md: what the builtin `ConnectionError` takes, library by library.

All of it is read from the knowledge, each row of which is an experiment: nothing here is written by hand but which call
of a library stands for it.
"""

from __future__ import annotations

import builtins
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from connlint import knowledge
from scripts.knowledge import SOURCES, is_public

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connlint.knowledge.model import Operation, Scenario

BUILTIN = "ConnectionError"
ENDS = (".ConnectionError", ".TimeoutError")


class Call(NamedTuple):
    """A call that stands for its library: `shown` is how a program writes it, `names` the rows that it goes through."""

    library: str
    shown: str
    names: tuple[str, ...]


CALLS: tuple[Call, ...] = (
    Call("socket", "create_connection(…)", ("socket.create_connection",)),
    Call("asyncio", "open_connection(…)", ("asyncio.open_connection",)),
    Call(
        "http.client",
        "conn.request(…), getresponse(), read()",
        (
            "http.client.HTTPConnection.request",
            "http.client.HTTPConnection.getresponse",
            "http.client.HTTPResponse.read",
        ),
    ),
    Call("urllib.request", "urlopen(…), read()", ("urllib.request.urlopen", "http.client.HTTPResponse.read")),
    Call("smtplib", "SMTP(host)", ("smtplib.SMTP",)),
    Call("ftplib", "FTP(host)", ("ftplib.FTP",)),
    Call("imaplib", "IMAP4(host)", ("imaplib.IMAP4",)),
    Call("poplib", "POP3(host)", ("poplib.POP3",)),
    Call("requests", "get(…)", ("requests.get",)),
    Call("urllib3", "PoolManager().request(…)", ("urllib3.PoolManager.request",)),
    Call("httpx", "get(…)", ("httpx.get",)),
    Call("aiohttp", "session.get(…)", ("aiohttp.ClientSession.get",)),
    Call("websockets", "asyncio.client.connect(…)", ("websockets.asyncio.client.connect",)),
    Call("websockets", "sync.client.connect(…)", ("websockets.sync.client.connect",)),
    Call("websocket", "create_connection(…)", ("websocket.create_connection",)),
    Call("grpc", "stub.Method(…)", ("grpc.UnaryUnaryMultiCallable.__call__",)),
    Call("botocore", "client.list_buckets(), and the like", ("botocore.client.BaseClient.list_buckets",)),
    Call("docker", "DockerClient().ping()", ("docker.client.DockerClient.ping",)),
    Call("elasticsearch", "Elasticsearch(…).search(…)", ("elasticsearch.Elasticsearch.search",)),
    Call("opensearchpy", "OpenSearch(…).search(…)", ("opensearchpy.OpenSearch.search",)),
    Call("redis", "Redis().get(…)", ("redis.Redis.get",)),
    Call("valkey", "Valkey().get(…)", ("valkey.Valkey.get",)),
    Call("pymemcache", "Client(…).get(…)", ("pymemcache.Client.get",)),
    Call("pymongo", "collection.find_one(…)", ("pymongo.collection.Collection.find_one",)),
    Call("psycopg", "connect(…), execute(…)", ("psycopg.connect", "psycopg.Cursor.execute")),
    Call("psycopg2", "connect(…), execute(…)", ("psycopg2.connect", "psycopg2.extensions.cursor.execute")),
    Call("asyncpg", "connect(…), fetch(…)", ("asyncpg.connect", "asyncpg.Connection.fetch")),
    Call("pymysql", "connect(…), execute(…)", ("pymysql.Connection", "pymysql.cursors.Cursor.execute")),
    Call("aiomysql", "connect(…), execute(…)", ("aiomysql.connect", "aiomysql.Cursor.execute")),
    Call(
        "mysql",
        "connector.connect(…), execute(…)",
        ("mysql.connector.connect", "mysql.connector.cursor.MySQLCursor.execute"),
    ),
    Call("ldap3", "Connection(…).bind()", ("ldap3.core.connection.Connection.bind",)),
    Call("paramiko", "SSHClient().connect(host)", ("paramiko.SSHClient.connect",)),
    Call("asyncssh", "connect(host)", ("asyncssh.connect",)),
    Call("aiosmtplib", "send(…)", ("aiosmtplib.send",)),
    Call("pika", "BlockingConnection(…)", ("pika.BlockingConnection",)),
    Call("kombu", "Connection(…).connect()", ("kombu.Connection.connect",)),
    Call("kombu", "Producer(connection).publish(…)", ("kombu.Producer.publish",)),
    Call("aio_pika", "connect_robust(…)", ("aio_pika.connect_robust",)),
    Call("kafka", "KafkaProducer(…)", ("kafka.KafkaProducer",)),
    Call("aiokafka", "AIOKafkaProducer(…).start()", ("aiokafka.AIOKafkaProducer.start",)),
    Call("nats", "connect(…)", ("nats.connect",)),
    Call("paho", "Client(…).connect(host)", ("paho.mqtt.client.Client.connect",)),
    Call(
        "anyio",
        "connect_tcp(…), receive()",
        ("anyio.connect_tcp", "anyio.abc.SocketStream.receive"),
    ),
    Call("trio", "open_tcp_stream(…), receive_some()", ("trio.open_tcp_stream", "trio.SocketStream.receive_some")),
)
COLUMNS: tuple[tuple[Scenario, str], ...] = (
    ("refused", "refused"),
    ("reset", "reset"),
    ("closed", "closed without an answer"),
    ("cut", "cut short"),
    ("timeout", "timeout"),
    ("unresolved", "unknown host"),
)


def is_taken(name: str) -> bool:
    """Say whether `except ConnectionError` takes an instance of the class `name`."""
    return BUILTIN in knowledge.lineage(name)


def raised(rows: Iterable[Operation], scenario: Scenario) -> list[str]:
    """Return the classes that the calls of `rows` raise in `scenario`, when nothing special is asked for."""
    found = [item for row in rows for item in row.failures if item.scenario == scenario and item.only_with is None]
    return list(dict.fromkeys(item.raises for item in found))


def cell(names: list[str]) -> str:
    """Return what the table says of a failure that comes as one of the classes `names`."""
    if not names:
        return ""
    missed = [name for name in names if not is_taken(name)]
    if not missed:
        return "yes"
    said = ", ".join(f"`{shown(name)}`" for name in missed)
    return f"**no**: {said}" if len(missed) == len(names) else f"in part, not {said}"


def shown(name: str) -> str:
    """Return the last part of the name of a class, with its library if there is a builtin of that name."""
    package, *_, last = name.split(".") if "." in name else ("", name)
    return f"{package}.{last}" if package and hasattr(builtins, last) else last


def taken_table() -> str:
    """Return the table of what the builtin takes, a row a library."""
    heads = ["call", *(title for _, title in COLUMNS)]
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for call in CALLS:
        rows = [row for row in map(knowledge.operation, call.names) if row is not None]
        cells = [f"{title_of(call.library)} `{call.shown}`", *(cell(raised(rows, kind)) for kind, _ in COLUMNS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def title_of(library: str) -> str:
    """Return what the table calls a library: with its version, if it is not Python's own."""
    if library not in SOURCES:
        return library
    distribution = SOURCES[library].distributions[0]
    name = library if distribution.replace("-", "_").casefold() == library.casefold() else f"{distribution} ({library})"
    return f"{name} {version(distribution)}"


def namesakes() -> Iterator[tuple[str, str]]:
    """Yield what is called `ConnectionError` or `TimeoutError` in a library, and the class that it is."""
    for library in knowledge.libraries():
        if library.name not in SOURCES:
            continue
        for name in sorted({*library.bases, *library.aliases}):
            meant = knowledge.canonical(name)
            # other names of a class of that name are no news, and private ones nobody's
            if name.endswith(ENDS) and is_public(name) and (meant == name or not meant.endswith(ENDS)):
                yield name, meant


def namesakes_table() -> str:
    """Return the table of the classes that have a builtin's name and are none of it."""
    lines = [
        "| class | which is | taken by the builtin of that name | taken by `OSError` |",
        "| --- | --- | --- | --- |",
    ]
    for name, meant in namesakes():
        lineage = [*knowledge.lineage(meant)]
        cells = [f"`{name}`", "" if meant == name else f"`{meant}`"]
        cells += ["yes" if builtin in lineage else "no" for builtin in (name.rpartition(".")[2], "OSError")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def widest(names: Collection[str]) -> list[str]:
    """Return those of the classes `names` that no other one of them takes."""
    others = {name: {*knowledge.lineage(name)} - {name} for name in names}
    return sorted(name for name in names if others[name].isdisjoint(names))


def instead_table() -> str:
    """Return the table of what to catch, a row a library."""
    lines = ["| library | a connection that failed | taken by `OSError` |", "| --- | --- | --- |"]
    for library in knowledge.libraries():
        if library.name not in SOURCES or not library.connection_failures:
            continue
        names = widest(library.connection_failures)
        by_os_error = {"OSError" in knowledge.lineage(name) for name in names}
        said = "yes" if by_os_error == {True} else "no" if by_os_error == {False} else "in part"
        lines.append(f"| {title_of(library.name)} | {', '.join(f'`{name}`' for name in names)} | {said} |")
    return "\n".join(lines)


TABLES = {"taken": taken_table, "namesakes": namesakes_table, "instead": instead_table}
