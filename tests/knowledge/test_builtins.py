"""What the builtins take of a client library's failures, as the experiments show it.

This is what `except ConnectionError` around a call of the library is worth. `taken` are the scenarios of which it takes
all, `partly` those of which it takes some (the refusal of one address, say, and not that of two), and it takes nothing
else.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.faults import experiments
from tests.faults.clients import taken

EXPERIMENTS = [each for found in experiments.declared().values() for each in found]


class Takes(NamedTuple):
    """What a class takes, by scenario."""

    taken: str = ""
    partly: str = ""


NOTHING = Takes()
EVERYTHING = Takes("refused reset closed cut timeout unresolved unreachable handshake answered rubbish")

# By class, the operations
TAKEN: dict[str, dict[str, Takes]] = {
    "ConnectionError": {
        "aio_pika.connect": Takes("refused reset closed cut unresolved unreachable", "answered rubbish"),
        "aiohttp.ClientSession.get": NOTHING,
        "aiokafka.AIOKafkaConsumer.start": NOTHING,
        "aiokafka.AIOKafkaProducer.start": NOTHING,
        "aiomysql.connect": NOTHING,
        "aiosmtplib.SMTP.connect": Takes("refused reset closed cut timeout unresolved unreachable answered"),
        "aiosmtplib.send": Takes("refused reset closed cut unresolved unreachable", "timeout answered"),
        "anyio.abc.SocketStream.receive": NOTHING,
        "anyio.connect_tcp": NOTHING,
        "asyncpg.Connection.fetch": NOTHING,
        "asyncpg.connect": Takes("handshake", "refused reset closed"),
        "asyncssh.connect": Takes("reset", "refused"),
        "botocore.client.BaseClient.list_buckets": NOTHING,
        "docker.client.DockerClient": NOTHING,
        "docker.client.DockerClient.ping": NOTHING,
        "elasticsearch.AsyncElasticsearch.search": NOTHING,
        "elasticsearch.Elasticsearch.search": NOTHING,
        "grpc.UnaryUnaryMultiCallable.__call__": NOTHING,
        "grpc.aio.UnaryUnaryMultiCallable.__call__": NOTHING,
        "httpx.AsyncClient.get": NOTHING,
        "httpx.get": NOTHING,
        "kafka.KafkaProducer": NOTHING,
        "kombu.Connection.connect": Takes("refused reset"),
        "kombu.Connection.ensure_connection": NOTHING,
        "kombu.Producer.publish": Takes("", "reset"),
        "ldap3.core.connection.Connection.bind": NOTHING,
        "mysql.connector.connect": NOTHING,
        "nats.aio.client.Client.request": NOTHING,
        "nats.connect": Takes("", "reset"),
        "opensearchpy.AsyncOpenSearch.search": NOTHING,
        "opensearchpy.OpenSearch.search": NOTHING,
        "paho.mqtt.client.Client.connect": Takes("refused"),
        "paramiko.SSHClient.connect": Takes("", "reset"),
        "paramiko.SSHClient.exec_command": Takes("reset"),
        "pika.BlockingConnection": NOTHING,
        "pika.adapters.blocking_connection.BlockingChannel.basic_publish": NOTHING,
        "psycopg.connect": NOTHING,
        "psycopg2.connect": NOTHING,
        "pymemcache.Client.get": Takes("refused reset"),
        "pymemcache.Client.set": Takes("refused reset broken"),
        "pymongo.asynchronous.collection.AsyncCollection.find_one": NOTHING,
        "pymongo.collection.Collection.find_one": NOTHING,
        "pymysql.Connection": NOTHING,
        "pymysql.cursors.Cursor.execute": NOTHING,
        "redis.Redis.get": NOTHING,
        "redis.asyncio.Redis.get": NOTHING,
        "requests.get": NOTHING,
        "trio.SocketStream.receive_some": NOTHING,
        "trio.open_tcp_stream": NOTHING,
        "urllib3.PoolManager.request": NOTHING,
        "valkey.Valkey.get": NOTHING,
        "valkey.asyncio.Valkey.get": NOTHING,
        "websocket.WebSocket.recv": Takes("reset"),
        "websocket.create_connection": Takes("refused reset"),
        "websockets.asyncio.client.connect": Takes("", "refused reset closed"),
        "websockets.asyncio.connection.Connection.ping": NOTHING,
        "websockets.asyncio.connection.Connection.pong": NOTHING,
        "websockets.asyncio.connection.Connection.recv": NOTHING,
        "websockets.asyncio.connection.Connection.send": NOTHING,
        "websockets.legacy.client.connect": Takes("", "refused reset closed"),
        "websockets.legacy.protocol.WebSocketCommonProtocol.ping": NOTHING,
        "websockets.legacy.protocol.WebSocketCommonProtocol.pong": NOTHING,
        "websockets.legacy.protocol.WebSocketCommonProtocol.recv": NOTHING,
        "websockets.legacy.protocol.WebSocketCommonProtocol.send": NOTHING,
        "websockets.sync.client.connect": Takes("refused", "reset"),
        "websockets.sync.connection.Connection.ping": NOTHING,
        "websockets.sync.connection.Connection.pong": NOTHING,
        "websockets.sync.connection.Connection.recv": NOTHING,
        "websockets.sync.connection.Connection.send": NOTHING,
        "zmq.Socket.recv": NOTHING,
    },
    "OSError": {
        "aiohttp.ClientSession.get": Takes("refused reset timeout unresolved unreachable handshake", "closed"),
        "botocore.client.BaseClient.list_buckets": Takes("timeout handshake", "closed unreachable"),
        "elasticsearch.AsyncElasticsearch.search": NOTHING,
        "elasticsearch.Elasticsearch.search": NOTHING,
        "grpc.UnaryUnaryMultiCallable.__call__": NOTHING,
        "grpc.aio.UnaryUnaryMultiCallable.__call__": NOTHING,
        "httpx.AsyncClient.get": NOTHING,
        "httpx.get": NOTHING,
        "opensearchpy.AsyncOpenSearch.search": NOTHING,
        "opensearchpy.OpenSearch.search": NOTHING,
        "requests.get": EVERYTHING,
        "urllib3.PoolManager.request": NOTHING,
    },
    "TimeoutError": {
        "elasticsearch.AsyncElasticsearch.search": NOTHING,
        "elasticsearch.Elasticsearch.search": NOTHING,
        "grpc.UnaryUnaryMultiCallable.__call__": NOTHING,
        "grpc.aio.UnaryUnaryMultiCallable.__call__": NOTHING,
        "httpx.AsyncClient.get": NOTHING,
        "httpx.get": NOTHING,
        "opensearchpy.AsyncOpenSearch.search": NOTHING,
        "opensearchpy.OpenSearch.search": NOTHING,
        "urllib3.PoolManager.request": NOTHING,
    },
    "docker.errors.DockerException": {
        "docker.client.DockerClient": EVERYTHING,
        "docker.client.DockerClient.ping": Takes("", "answered"),
    },
}


def verdict(builtin: str, operation: str) -> Takes:
    found = taken(EXPERIMENTS, operation, builtin)
    whole, partly = (
        " ".join(sorted(scenario for scenario, some in found.items() if some == kind))
        for kind in ({True}, {True, False})
    )
    return Takes(whole, partly)


@pytest.mark.parametrize(
    ("builtin", "operation"), [(builtin, operation) for builtin, found in TAKEN.items() for operation in found]
)
def test_what_is_taken(builtin: str, operation: str) -> None:
    if all(each.operation != operation for each in EXPERIMENTS):
        pytest.skip("the library is not installed")
    expected = TAKEN[builtin][operation]
    assert verdict(builtin, operation) == Takes(*(" ".join(sorted(each.split())) for each in expected))
