"""CNL103 for every client library of the tables: what it says of the builtin there, and that what it proposes is there."""

from __future__ import annotations

import ast
import importlib
import warnings
from typing import NamedTuple

import pytest

from connlint import knowledge
from connlint.engine import Selection, check, fix

ONLY = Selection(select=("CNL103",))


class Case(NamedTuple):
    """Some code that tries what a library does, the class that CNL103 proposes (None for silence), and what is written."""

    package: str
    imports: str
    before: str
    tried: str
    caught: str
    proposed: str | None = None
    fixed: str = ""

    @property
    def text(self) -> str:
        """Return the file."""
        lines = [*self.imports.split("; "), "", "", "async def act(self, host, url, data, log):"]
        lines += [f"    {line}" for line in filter(None, self.before.split("; "))]
        lines += ["    try:", *(f"        {line}" for line in self.tried.split("\n"))]
        for clause in self.caught.split(" | "):
            lines += [f"    except {clause}:", "        return None"]
        return "\n".join([*lines, ""])


CASES = (
    Case(
        "aio_pika",
        "import aio_pika",
        "",
        "connection = await aio_pika.connect_robust(url)",
        "ConnectionRefusedError",
        "aio_pika.exceptions.AMQPConnectionError",
        "aio_pika.exceptions.AMQPConnectionError",
    ),
    Case("aio_pika", "import aio_pika", "", "connection = await aio_pika.connect_robust(url)", "ConnectionError"),
    Case(
        "aiormq",
        "import aiormq",
        "",
        "connection = await aiormq.connect(url)",
        "ConnectionRefusedError",
        "aiormq.exceptions.AMQPConnectionError",
        "aiormq.AMQPConnectionError",
    ),
    Case("aiormq", "import aiormq", "", "connection = await aiormq.connect(url)", "ConnectionError"),
    Case(
        "aiohttp",
        "import aiohttp",
        "",
        "async with aiohttp.ClientSession() as session:\n    async with session.get(url) as answer:\n"
        "        return await answer.json()",
        "ConnectionError",
        "aiohttp.ClientConnectionError",
        "aiohttp.ClientConnectionError",
    ),
    Case(
        "aiohttp",
        "import aiohttp",
        "session = aiohttp.ClientSession()",
        "async with session.get(url) as answer:\n    return await answer.text()",
        "(ConnectionError, aiohttp.ClientError)",
    ),
    Case(
        "aiokafka",
        "import aiokafka",
        "producer = aiokafka.AIOKafkaProducer(bootstrap_servers=host)",
        "await producer.start()",
        "ConnectionError",
        "aiokafka.errors.KafkaConnectionError",
        "aiokafka.errors.KafkaConnectionError",
    ),
    Case(
        "aiokafka",
        "import aiokafka; from aiokafka.errors import KafkaError",
        "consumer = aiokafka.AIOKafkaConsumer('events', bootstrap_servers=host)",
        "await consumer.start()",
        "(ConnectionError, KafkaError)",
    ),
    Case(
        "aiomysql",
        "import aiomysql",
        "",
        "pool = await aiomysql.create_pool(host=host, user='app', db='app')",
        "ConnectionError",
        "aiomysql.OperationalError",
        "aiomysql.OperationalError",
    ),
    Case(
        "aiomysql",
        "import aiomysql",
        "",
        "connection = await aiomysql.connect(host=host)",
        "ConnectionError | aiomysql.MySQLError",
    ),
    Case(
        "aiosmtplib",
        "import aiosmtplib",
        "",
        "await aiosmtplib.send(data, hostname=host)",
        "ConnectionRefusedError",
        "aiosmtplib.SMTPConnectError",
        "aiosmtplib.SMTPConnectError",
    ),
    Case("aiosmtplib", "import aiosmtplib", "", "await aiosmtplib.send(data, hostname=host)", "ConnectionError"),
    Case(
        "anyio",
        "import anyio; from anyio.abc import SocketStream",
        "stream: SocketStream = self.stream",
        "await stream.send(data)",
        "ConnectionError",
        "anyio.BrokenResourceError",
        "anyio.BrokenResourceError",
    ),
    Case("anyio", "import anyio", "", "stream = await anyio.connect_unix(host)", "ConnectionError"),
    Case(
        "asyncpg",
        "import asyncpg",
        "connection: asyncpg.Connection = self.connection",
        "await connection.execute('select 1')",
        "ConnectionError",
        "asyncpg.exceptions.ConnectionDoesNotExistError",
        "asyncpg.ConnectionDoesNotExistError",
    ),
    Case("asyncpg", "import asyncpg", "", "connection = await asyncpg.connect(url)", "ConnectionError"),
    # whose operations that need a connection fail as a channel that cannot be opened, whatever it is for
    Case("asyncssh", "import asyncssh", "", "connection = await asyncssh.connect(host)", "ConnectionError"),
    Case(
        "asyncssh",
        "import asyncssh",
        "",
        "async with asyncssh.connect(host) as connection:\n    await connection.run('uptime')",
        "(ConnectionRefusedError, asyncssh.Error)",
    ),
    Case(
        "boto3",
        "import boto3",
        "s3 = boto3.client('s3')",
        "s3.head_bucket(Bucket='backups')",
        "ConnectionError",
        "botocore.exceptions.ConnectionError and botocore.exceptions.HTTPClientError",
        "(botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)",
    ),
    Case(
        "botocore",
        "import boto3; from botocore.exceptions import ClientError",
        "queue = boto3.client('sqs')",
        "queue.receive_message(QueueUrl=url)",
        "ConnectionRefusedError | ClientError",
        "botocore.exceptions.EndpointConnectionError",
        "botocore.exceptions.EndpointConnectionError",
    ),
    Case(
        "boto3",
        "import boto3; from botocore.exceptions import BotoCoreError, ClientError",
        "s3 = boto3.client('s3')",
        "s3.head_bucket(Bucket='backups')",
        "(ConnectionError, BotoCoreError, ClientError)",
    ),
    Case(
        "docker",
        "import docker",
        "client = docker.from_env()",
        "return client.containers.list()",
        "ConnectionError",
        "requests.exceptions.ConnectionError",
        "requests.exceptions.ConnectionError",
    ),
    Case(
        "docker",
        "import docker",
        "",
        "client = docker.from_env()",
        "ConnectionError | docker.errors.DockerException",
    ),
    Case(
        "elasticsearch",
        "from elasticsearch import Elasticsearch",
        "client = Elasticsearch(url)",
        "client.search(index='logs')",
        "ConnectionError",
        "elasticsearch.ConnectionError",
        "elasticsearch.ConnectionError",
    ),
    Case(
        "elasticsearch",
        "from elasticsearch import Elasticsearch, TransportError",
        "client = Elasticsearch(url)",
        "client.indices.create(index='logs')",
        "(ConnectionError, TransportError)",
    ),
    Case(
        "elastic_transport",
        "import elastic_transport",
        "transport = elastic_transport.Transport([url])",
        "transport.perform_request('GET', '/')",
        "ConnectionError",
        "elastic_transport.ConnectionError",
        "elastic_transport.ConnectionError",
    ),
    Case(
        "grpc",
        "import grpc",
        "channel = grpc.insecure_channel(url); call = channel.unary_unary('/a/b')",
        "call.future(data).result()",
        "ConnectionError",
        "grpc.RpcError",
        "grpc.RpcError",
    ),
    Case(
        "grpc",
        "import grpc",
        "channel = grpc.insecure_channel(url); call = channel.unary_unary('/a/b')",
        "call.future(data).result()",
        "grpc.RpcError | ConnectionError",
    ),
    Case(
        "httpx",
        "import httpx",
        "",
        "async with httpx.AsyncClient() as client:\n    await client.get(url)",
        "ConnectionError",
        "httpx.TransportError",
        "httpx.TransportError",
    ),
    Case("httpx", "import httpx", "", "httpx.get(url)", "(ConnectionError, httpx.HTTPError)"),
    Case(
        "httpcore",
        "import httpcore",
        "",
        "httpcore.request('GET', url)",
        "ConnectionRefusedError",
        "httpcore.ConnectError",
        "httpcore.ConnectError",
    ),
    Case(
        "kafka",
        "from kafka import KafkaProducer",
        "",
        "producer = KafkaProducer(bootstrap_servers=host)",
        "ConnectionError",
        "kafka.errors.KafkaError",
        "kafka.errors.KafkaError",
    ),
    Case(
        "kafka",
        "from kafka import KafkaConsumer; from kafka.errors import NoBrokersAvailable",
        "",
        "consumer = KafkaConsumer('events', bootstrap_servers=host)",
        "(NoBrokersAvailable, ConnectionError)",
    ),
    Case(
        "kombu",
        "from kombu import Connection",
        "connection = Connection(url)",
        "connection.ensure_connection(max_retries=3)",
        "ConnectionError",
        "kombu.exceptions.OperationalError",
        "kombu.exceptions.OperationalError",
    ),
    Case(
        "kombu",
        "from kombu import Connection",
        "connection = Connection(url)",
        "connection.connect()",
        "ConnectionError",
    ),
    Case("amqp", "import amqp", "connection = amqp.Connection(host)", "connection.connect()", "ConnectionError"),
    Case(
        "ldap3",
        "import ldap3",
        "connection = ldap3.Connection(ldap3.Server(host))",
        "connection.bind()",
        "ConnectionError",
        "ldap3.core.exceptions.LDAPCommunicationError",
        "ldap3.core.exceptions.LDAPCommunicationError",
    ),
    Case(
        "ldap3",
        "import ldap3; from ldap3.core.exceptions import LDAPException",
        "connection = ldap3.Connection(ldap3.Server(host))",
        "connection.bind()",
        "(ConnectionError, LDAPException)",
    ),
    Case(
        "mysql",
        "import mysql.connector",
        "",
        "connection = mysql.connector.connect(host=host, user='app')",
        "ConnectionError",
        "mysql.connector.errors.Error",
        "mysql.connector.errors.Error",
    ),
    Case(
        "mysql",
        "import mysql.connector",
        "",
        "connection = mysql.connector.connect(host=host, user='app')",
        "mysql.connector.Error | ConnectionError",
    ),
    Case(
        "nats",
        "import nats",
        "",
        "client = await nats.connect(url)",
        "ConnectionError",
        "nats.errors.NoServersError",
        "nats.errors.NoServersError",
    ),
    Case(
        "nats",
        "import nats; from nats.errors import NoServersError",
        "",
        "client = await nats.connect(url)",
        "(ConnectionError, NoServersError)",
    ),
    Case(
        "opensearchpy",
        "from opensearchpy import OpenSearch",
        "client = OpenSearch(hosts=[url])",
        "client.search(index='logs')",
        "ConnectionError",
        "opensearchpy.exceptions.ConnectionError",
        "opensearchpy.exceptions.ConnectionError",
    ),
    Case(
        "opensearchpy",
        "from opensearchpy import OpenSearch, OpenSearchException",
        "client = OpenSearch(hosts=[url])",
        "client.search(index='logs')",
        "ConnectionError | OpenSearchException",
    ),
    Case(
        "paho",
        "from paho.mqtt import client as mqtt",
        "client = mqtt.Client()",
        "client.connect(host)",
        "ConnectionError",
    ),
    Case(
        "paho",
        "import paho.mqtt.publish as publish",
        "",
        "publish.single('a/b', hostname=host)",
        "ConnectionRefusedError",
    ),
    Case(
        "paramiko",
        "import paramiko",
        "client = paramiko.SSHClient()",
        "client.connect(host, username='root')",
        "ConnectionError",
        "paramiko.ssh_exception.NoValidConnectionsError as well",
        "(ConnectionError, paramiko.ssh_exception.NoValidConnectionsError)",
    ),
    Case(
        "paramiko",
        "import paramiko",
        "client = paramiko.SSHClient()",
        "client.connect(host, username='root')\nclient.exec_command('uptime')",
        "(paramiko.SSHException, ConnectionError)",
        "paramiko.ssh_exception.NoValidConnectionsError as well",
        "(paramiko.SSHException, ConnectionError, paramiko.ssh_exception.NoValidConnectionsError)",
    ),
    Case(
        "paramiko",
        "import paramiko",
        "client = paramiko.SSHClient()",
        "client.connect(host, username='root')",
        "ConnectionError | (OSError, paramiko.SSHException)",
    ),
    Case(
        "pika",
        "import pika",
        "",
        "connection = pika.BlockingConnection(pika.ConnectionParameters(host))",
        "ConnectionError",
        "pika.exceptions.AMQPConnectionError",
        "pika.exceptions.AMQPConnectionError",
    ),
    Case(
        "pika",
        "import pika; from pika.exceptions import AMQPError",
        "",
        "connection = pika.BlockingConnection(pika.ConnectionParameters(host))",
        "(ConnectionError, AMQPError)",
    ),
    Case(
        "psycopg",
        "import psycopg",
        "",
        "with psycopg.connect(url) as connection:\n    connection.execute('select 1')",
        "ConnectionError",
        "psycopg.errors.OperationalError",
        "psycopg.OperationalError",
    ),
    Case("psycopg", "import psycopg", "", "connection = psycopg.connect(url)", "(ConnectionError, psycopg.Error)"),
    Case(
        "psycopg2",
        "import psycopg2",
        "",
        "connection = psycopg2.connect(url)",
        "(ConnectionError, ValueError)",
        "psycopg2.OperationalError",
        "(psycopg2.OperationalError, ValueError)",
    ),
    Case(
        "psycopg2",
        "import psycopg2",
        "",
        "connection = psycopg2.connect(url)",
        "psycopg2.DatabaseError | ConnectionError",
    ),
    Case(
        "pymemcache",
        "from pymemcache.client.base import Client",
        "client = Client((host, 11211))",
        "client.get('key')",
        "ConnectionRefusedError",
    ),
    Case(
        "pymemcache",
        "import pymemcache",
        "client = pymemcache.Client(host)",
        "client.set('key', data)",
        "ConnectionError",
    ),
    Case(
        "pymongo",
        "from pymongo import MongoClient",
        "client = MongoClient(url)",
        "client.admin.command('ping')",
        "ConnectionError",
        "pymongo.errors.AutoReconnect",
        "pymongo.errors.AutoReconnect",
    ),
    Case(
        "pymongo",
        "from pymongo import MongoClient; from pymongo.errors import PyMongoError",
        "client = MongoClient(url)",
        "client.admin.command('ping')",
        "(ConnectionError, PyMongoError)",
    ),
    Case(
        "pymysql",
        "import pymysql",
        "",
        "connection = pymysql.connect(host=host)",
        "ConnectionError",
        "pymysql.err.OperationalError",
        "pymysql.OperationalError",
    ),
    Case(
        "pymysql",
        "import pymysql",
        "",
        "connection = pymysql.connect(host=host)",
        "(ConnectionError, pymysql.MySQLError)",
    ),
    Case(
        "redis",
        "from redis import Redis",
        "client = Redis(host)",
        "client.ping()",
        "ConnectionError",
        "redis.exceptions.ConnectionError",
        "redis.exceptions.ConnectionError",
    ),
    Case(
        "redis",
        "import redis.asyncio as redis",
        "client = redis.from_url(url)",
        "await client.get('key')",
        "(ConnectionError, redis.RedisError)",
    ),
    Case(
        "requests",
        "import requests",
        "session = requests.Session()",
        "session.post(url, json=data)",
        "(ConnectionError, requests.HTTPError)",
        "requests.exceptions.ConnectionError",
        "(requests.exceptions.ConnectionError, requests.HTTPError)",
    ),
    Case("requests", "import requests", "", "requests.get(url)", "OSError | ConnectionError"),
    Case(
        "trio",
        "import trio",
        "stream: trio.SocketStream = self.stream",
        "await stream.send_all(data)",
        "ConnectionError",
        "trio.BrokenResourceError",
        "trio.BrokenResourceError",
    ),
    Case("trio", "import trio", "", "stream = await trio.open_unix_socket(host)", "ConnectionError"),
    Case(
        "urllib3",
        "import urllib3",
        "pool = urllib3.PoolManager()",
        "pool.request('GET', url)",
        "ConnectionError",
        "urllib3.exceptions.HTTPError",
        "urllib3.exceptions.HTTPError",
    ),
    Case(
        "urllib3",
        "import urllib3",
        "pool = urllib3.PoolManager()",
        "pool.request('GET', url)",
        "ConnectionRefusedError",
        "urllib3.exceptions.MaxRetryError and urllib3.exceptions.NewConnectionError",
        "(urllib3.exceptions.MaxRetryError, urllib3.exceptions.NewConnectionError)",
    ),
    Case(
        "urllib3",
        "import urllib3",
        "pool = urllib3.PoolManager()",
        "pool.request('GET', url)",
        "(ConnectionError, urllib3.exceptions.HTTPError)",
    ),
    Case(
        "valkey",
        "import valkey",
        "client = valkey.Valkey(host)",
        "client.get('key')",
        "(ConnectionError, TimeoutError)",
        "valkey.exceptions.ConnectionError and valkey.exceptions.TimeoutError",
        "(valkey.exceptions.ConnectionError, valkey.exceptions.TimeoutError)",
    ),
    Case(
        "valkey",
        "import valkey",
        "client = valkey.Valkey(host)",
        "client.get('key')",
        "valkey.ValkeyError | ConnectionError",
    ),
    Case("websocket", "import websocket", "", "line = websocket.create_connection(url)", "ConnectionError"),
    Case(
        "websocket",
        "import websocket",
        "line = websocket.WebSocket()",
        "line.connect(url)\nline.send(data)",
        "(ConnectionError, websocket.WebSocketException)",
    ),
    Case(
        "websockets",
        "import websockets; from websockets.asyncio.connection import Connection",
        "line: Connection = self.line",
        "await line.send(data)",
        "ConnectionError",
        "websockets.exceptions.ConnectionClosed",
        "websockets.ConnectionClosed",
    ),
    Case("websockets", "import websockets", "", "line = await websockets.connect(url)", "ConnectionError"),
    Case(
        "zmq",
        "import zmq",
        "line = zmq.Context().socket(zmq.REQ)",
        "line.send(data)\nreturn line.recv()",
        "ConnectionError",
    ),
    Case("zmq", "import zmq", "line = zmq.Context().socket(zmq.SUB)", "line.connect(url)", "ConnectionRefusedError"),
)


def ids(case: Case) -> str:
    return f"{case.package}-{'speaks' if case.proposed else 'silent'}-{case.caught}"


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_what_is_said(case: Case) -> None:
    found = check(case.text.encode(), "x.py", ONLY)
    assert found.problems == ()
    proposed = [item.message.partition(": catch ")[2] for item in found.diagnostics]
    assert proposed == ([case.proposed] if case.proposed else [])


def classes(text: str) -> list[type]:
    """Return what the first clause of the program takes, as the libraries installed have it."""
    tree = ast.parse(text)
    imports: list[ast.stmt] = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(ast.Module(imports, []), "x.py", "exec"), names)
    (clause,) = (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type is not None)
    assert clause.type is not None
    found = eval(compile(ast.Expression(clause.type), "x.py", "eval"), names)
    return list(found) if isinstance(found, tuple) else [found]


def named(name: str) -> type:
    """Return the class `name`."""
    module, _, last = name.rpartition(".")
    found = getattr(importlib.import_module(module), last)
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.proposed], ids=ids)
def test_what_is_written(case: Case) -> None:
    done = fix(case.text.encode(), "x.py", ONLY, unsafe=True)
    assert done.dropped == ()
    text = done.data.decode()
    assert f"    except {case.fixed}:\n" in text
    assert case.proposed is not None
    if "|" not in case.caught:
        taken = classes(text)
        assert all(issubclass(each, BaseException) for each in taken)
        for name in case.proposed.removesuffix(" as well").split(" and "):
            assert named(name) in taken


@pytest.mark.parametrize("module", sorted(set(knowledge.CLIENTS.values())))
def test_every_library_is_there(module: str) -> None:
    packages = {package for package, known in knowledge.CLIENTS.items() if known == module}
    assert sum(case.package in packages for case in CASES) > 1
