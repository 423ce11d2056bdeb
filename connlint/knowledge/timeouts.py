"""How long a connect waits if nobody says how long it may.

Most of the standard library, and some clients, leave it to the system: Linux gives up after six retries of the first
packet, which is a little over two minutes, and never on a peer that accepts and then says nothing. Other clients have a
bound of their own. `tests/knowledge/test_timeouts.py` holds the positions and defaults against the real signatures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Patience(NamedTuple):
    """How the wait of a connect is bounded.

    `parameter` is the argument that bounds it, in seconds, and `position` where it can be given without its name (in
    the Pythons where it can). `default` is the bound, in seconds, that the library sets if it is told none; None where
    it sets none. `constructor` names the class whose constructor takes the argument, where it is not the call itself.
    `keeps` is the attribute path, from what the call gives, of the socket that goes on with the same timeout for all
    that is read and written; None if the timeout is the connect's alone or meant for every exchange.
    """

    parameter: str | None
    position: int | None = None
    default: float | None = None
    constructor: str | None = None
    keeps: str | None = None


_BY_TASK = Patience(None)

PATIENCE: Mapping[str, Patience] = {
    # Python's own: https://docs.python.org/3/library/socket.html#socket.getdefaulttimeout
    "asyncio.AbstractEventLoop.create_connection": _BY_TASK,
    "asyncio.AbstractEventLoop.sock_connect": _BY_TASK,
    "asyncio.open_connection": _BY_TASK,
    "ftplib.FTP": Patience("timeout", 4),
    "ftplib.FTP.connect": Patience("timeout", 2, constructor="ftplib.FTP"),
    "ftplib.FTP_TLS": Patience("timeout", 7),
    "http.client.HTTPConnection": Patience("timeout", 2),
    "http.client.HTTPConnection.connect": Patience(None, constructor="http.client.HTTPConnection"),
    "http.client.HTTPConnection.request": Patience(None, constructor="http.client.HTTPConnection"),
    "http.client.HTTPSConnection": Patience("timeout", 4),
    "http.client.HTTPSConnection.connect": Patience(None, constructor="http.client.HTTPSConnection"),
    "http.client.HTTPSConnection.request": Patience(None, constructor="http.client.HTTPSConnection"),
    "imaplib.IMAP4": Patience("timeout", 2),
    "imaplib.IMAP4_SSL": Patience("timeout", 5),
    "nntplib.NNTP": Patience("timeout", 6),
    "nntplib.NNTP_SSL": Patience("timeout", 7),
    "poplib.POP3": Patience("timeout", 2),
    "poplib.POP3_SSL": Patience("timeout", 4),
    "smtplib.LMTP": Patience("timeout", 4),
    "smtplib.SMTP": Patience("timeout", 3),
    "smtplib.SMTP.connect": Patience(None, constructor="smtplib.SMTP"),
    "smtplib.SMTP_SSL": Patience("timeout", 5),
    "smtplib.SMTP_SSL.connect": Patience(None, constructor="smtplib.SMTP_SSL"),
    "socket.create_connection": Patience("timeout", 1, keeps=""),
    "socket.socket.connect": Patience(None),
    "socket.socket.connect_ex": Patience(None),
    "ssl.SSLSocket.connect": Patience(None),
    "ssl.SSLSocket.connect_ex": Patience(None),
    "ssl.get_server_certificate": Patience("timeout", 3),
    "telnetlib.Telnet": Patience("timeout", 2, keeps=".sock"),
    "telnetlib.Telnet.open": Patience("timeout", 2, keeps=".sock"),
    # https://aio-pika.readthedocs.io/en/latest/apidoc.html
    "aio_pika.connect": Patience("timeout"),
    "aio_pika.connect_robust": Patience("timeout"),
    # https://aiomysql.readthedocs.io/en/stable/connection.html
    "aiomysql.connect": Patience("connect_timeout", 14),
    "aiomysql.create_pool": Patience("connect_timeout"),
    # https://aiosmtplib.readthedocs.io/en/stable/usage.html#timeouts
    "aiosmtplib.SMTP.connect": Patience("timeout", default=60),
    # https://anyio.readthedocs.io/en/stable/cancellation.html#timeouts
    "anyio.connect_tcp": _BY_TASK,
    # https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect
    "asyncpg.connect": Patience("timeout", default=60),
    # https://asyncssh.readthedocs.io/en/latest/api.html#asyncssh.SSHClientConnectionOptions
    "asyncssh.connect": Patience("connect_timeout"),
    # https://docs.celeryq.dev/projects/kombu/en/stable/reference/kombu.html#kombu.Connection
    "kombu.Connection.connect": Patience(None, default=5),
    "kombu.Connection.ensure_connection": Patience(None, default=5),
    # https://dev.mysql.com/doc/connector-python/en/connector-python-connectargs.html
    "mysql.connector.connect": Patience("connection_timeout", default=10),
    # https://nats-io.github.io/nats.py/modules.html#nats.aio.client.Client.connect
    "nats.connect": Patience("connect_timeout", default=2),
    # https://docs.paramiko.org/en/stable/api/client.html#paramiko.client.SSHClient.connect
    "paramiko.SSHClient.connect": Patience("timeout", 6),
    # https://pika.readthedocs.io/en/stable/modules/parameters.html#pika.connection.ConnectionParameters
    "pika.BlockingConnection": Patience(None, default=10),
    # https://www.psycopg.org/psycopg3/docs/api/connections.html#psycopg.Connection.connect
    "psycopg.AsyncConnection.connect": Patience("connect_timeout", default=130),
    "psycopg.Connection.connect": Patience("connect_timeout", default=130),
    "psycopg.connect": Patience("connect_timeout", default=130),
    # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT
    "psycopg2.connect": Patience("connect_timeout"),
    # https://pymysql.readthedocs.io/en/latest/modules/connections.html
    "pymysql.Connection": Patience("connect_timeout", default=10),
    "pymysql.Connection.connect": Patience(None, default=10),
    # https://trio.readthedocs.io/en/stable/reference-core.html#cancellation-and-timeouts
    "trio.open_ssl_over_tcp_stream": _BY_TASK,
    "trio.open_tcp_stream": _BY_TASK,
    # https://websocket-client.readthedocs.io/en/latest/core.html
    "websocket.WebSocket.connect": Patience("timeout", keeps=""),
    "websocket.create_connection": Patience("timeout", 1, keeps=""),
    # https://websockets.readthedocs.io/en/stable/topics/timeouts.html
    "websockets.asyncio.client.connect": Patience("open_timeout", default=10),
    "websockets.legacy.client.connect": Patience("open_timeout", default=10),
    "websockets.sync.client.connect": Patience("open_timeout", default=10),
}

# What bounds, in a `with` or as a call around it, the wait of what is written inside.
BOUNDING = frozenset(
    """
    anyio.fail_after anyio.move_on_after async_timeout.timeout async_timeout.timeout_at asyncio.timeout
    asyncio.timeout_at asyncio.wait_for eventlet.Timeout eventlet.timeout.Timeout gevent.Timeout gevent.timeout.Timeout
    gevent.with_timeout trio.fail_after trio.fail_at trio.move_on_after trio.move_on_at
    """.split()
)

# How a whole program, or a thread of it, is bounded: by the system's timer, or by what every new socket starts with.
EVERYWHERE = frozenset({"setdefaulttimeout", "alarm", "setitimer", "default_timeout"})

# Options of a socket with which the system itself gives up a connect.
OPTIONS = frozenset({"SO_SNDTIMEO", "TCP_CONNECTIONTIMEOUT", "TCP_SYNCNT", "TCP_USER_TIMEOUT"})
