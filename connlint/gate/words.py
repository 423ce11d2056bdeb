"""The words without which no rule of a family can speak, and what files say when they import and handle."""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

from connlint.lazy import Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping


# The packages through which the tables' operations are reached; and words of which the text must hold one besides,
# unless all is imported (`from http import *`), for the packages that most files import for other reasons.
NETWORK: Mapping[str, tuple[bytes, ...] | None] = {
    "SocketServer": None,
    "_socket": None,
    "_ssl": None,
    "aio_pika": None,
    "aiohttp": None,
    "aiokafka": None,
    "aiomysql": None,
    "aiormq": None,
    "aiosmtplib": None,
    "amqp": None,
    "anyio": None,
    "asyncio": (
        *(b"_connection", b"sock_", b"Stream", b"start_tls", b"getaddrinfo", b"getnameinfo", b"IncompleteRead"),
    ),
    "asyncpg": None,
    "asyncssh": None,
    "boto3": None,
    "botocore": None,
    "docker": None,
    "elastic_transport": None,
    "elasticsearch": None,
    "eventlet": None,
    "ftplib": None,
    "future": None,
    "gevent": None,
    "gridfs": None,
    "grpc": None,
    "http": (b"client",),
    "httpcore": None,
    "httplib": None,
    "httpx": None,
    "imaplib": None,
    "kafka": None,
    "kombu": None,
    "ldap3": None,
    "multiprocessing": (b"connection", b"Client", b"Listener", b"Pipe"),
    "mysql": None,
    "nats": None,
    "nntplib": None,
    "opensearchpy": None,
    "os": (b"write",),
    "paho": None,
    "paramiko": None,
    "pika": None,
    "poplib": None,
    "psycopg": None,
    "psycopg2": None,
    "pymemcache": None,
    "pymongo": None,
    "pymysql": None,
    "redis": None,
    "requests": None,
    "six": (b"http", b"urllib", b"xmlrpc", b"ocket"),
    "smtplib": None,
    "socket": None,
    "socketserver": None,
    "ssl": None,
    "telnetlib": None,
    "trio": None,
    "urllib": (b"error", b"request"),
    "urllib2": None,
    "urllib3": None,
    "uvloop": None,
    "valkey": None,
    "websocket": None,
    "websockets": None,
    "xmlrpc": None,
    "xmlrpclib": None,
    "zmq": None,
}

# Those of which these words alone would say nothing: they must be said of the package, or imported from it.
_QUALIFIED = ("os", "urllib")

# The packages whose constructors connect.
CONNECTING = frozenset(
    {
        "aiokafka",
        "aiomysql",
        "asyncpg",
        "ftplib",
        "imaplib",
        "kafka",
        "ldap3",
        "mysql",
        "nntplib",
        "pika",
        "poplib",
        "pymysql",
        "smtplib",
        "telnetlib",
    }
)

# The packages with which a retry is configured.
POLICIES = frozenset(
    {"aiohttp_retry", "backoff", "redis", "requests", "retry", "retrying", "stamina", "tenacity", "urllib3"}
)

# Words, each searched for by itself: several times as fast as one expression with all of them.
EXCEPT = (b"except",)
SUPPRESS = (b"suppress",)
CONNECTING_WORDS = (
    b"connect",
    b"get_server_certificate",
    b"HTTPConnection",
    b"HTTPSConnection",
    b"RedisCluster",
    b"ValkeyCluster",
    b"open_ssl_over_tcp_stream",
    b"open_tcp_stream",
    b"open_unix_socket",
    *sorted(name.encode() for name in CONNECTING),
)
PREPARING = (b"HTTPConnection", b"HTTPSConnection")
CONNECTION_CLASS = (
    b"ConnectionError",
    b"ConnectionRefusedError",
    b"ConnectionResetError",
    b"ConnectionAbortedError",
    b"BrokenPipeError",
)
# What the names of `connlint.knowledge.telling` hold, in the ways in which they are written.
TELLING_CLASS = (
    *(b"onnect", b"ONNECT", b"ocket", b"OCKET", b"etwork", b"ETWORK", b"ransport", b"RANSPORT", b"nreachable"),
    *(b"NREACHABLE", b"ommunication", b"OMMUNICATION", b"rpc", b"Rpc", b"RPC", b"HTTP", b"REQUEST", b"URL"),
    *(
        b"DOWNLOAD",
        b"UPLOAD",
        b"RequestException",
        b"ReadTimeout",
        b"TPTimeout",
        b"ttpTimeout",
        b"RequestTimeout",
        b"IncompleteRead",
    ),
)
# A call whose names tell that it reaches a peer: by its own name, or of a client's method by the receiver's.
TELLING_CALL = Pattern(
    rb"(?:[Cc]onnect|[Rr]equest|[Dd]ownload|[Uu]pload|[Ff]etch|[Dd]ial|\b_*ping|[a-z]Ping|_ping|urlopen|[Rr]pc|RPC"
    rb"|[Tt]cp_?[Ss]tream)\w*[\s\\]*\("
    rb"|(?:lient|LIENT|ttps?|TTPS?|equests|EQUESTS|ession|ESSION)\w*[\s\\]*\.[\s\\]*"
    rb"(?:delete|get|head|patch|post|put|request)[\s\\]*\("
)
PREPARING_NAMES = frozenset(name.decode() for name in PREPARING)
ALL_ERRORS = (b"all_errors",)
ON_SOCKETS = (b"connect",)  # by itself, by its result (`connect_ex`), or by an event loop (`sock_connect`)
SOCKETS_METHOD = ("connect",)
RESULT = ("connect_ex",)
CLAUSE = ("except",)
ERRNO_READ = (b"errno", b".args", b"exc_info")
EXC_INFO = (b"exc_info",)
ERRNO = (b"ECONN", b"EPIPE", b"ESHUTDOWN")
POLICY = (b"retry", b"Retry", b"backoff", b"tenacity", b"stamina", b"HTTPAdapter", b"interval_st")
# Where retries are configured by a keyword, of what is imported by any name, the text has one of these as well.
KEYWORD_OF_POLICY = (b"etry", b"interval_st")
POLICY_BY_KEYWORD = (b"autoretry_for", b"countdown", b"default_retry_delay", b"interval_st", b"api_core")
# Packages of the standard library that bring no object with a method `connect` but sockets; what makes or names one.
_SOCKETS_ALONE = frozenset(
    {"_socket", "_ssl", "asyncio", "http", "multiprocessing", "os", "requests", "socket", "ssl", "urllib", "urllib3"}
)
BRING_CONNECTED = frozenset(NETWORK) - _SOCKETS_ALONE
MADE_SOCKET = (
    b"ocket(",
    b"ocket (",
    b"_socket",
    b"ocket.socket",
    b"ocket import",
    b"SSLSocket",
    b"SocketType",
    b"ocket as",
)
# Files import these for other reasons, and say this if they configure retries.
HTTP_CLIENTS = frozenset({"requests", "urllib3"})
HTTP_POLICY = (b"Retry", b"retries", b"HTTPAdapter")

TIMEOUT = (b"TimeoutError",)
CODES = (b"CNL", b"Cnl", b"cnl")

# All words, for a measure of what a search for them costs.
WORDS = tuple(
    sorted(
        {
            *EXCEPT,
            *SUPPRESS,
            *CONNECTING_WORDS,
            *CONNECTION_CLASS,
            *TELLING_CLASS,
            *ERRNO,
            *POLICY,
            *POLICY_BY_KEYWORD,
            *TIMEOUT,
        }
    )
)

ERRNO_NUMBER = Pattern(rb"[13](?<!\w[13])(?:(?<=3)2|(?<=1)(?:03|04|08|11|005[348]|0061))\b")
NOQA = Pattern(rb"(?i:noqa\b)")
CODE_OF_OURS = Pattern(rb"(?i:\bcnl)")
# The names that hold `connect`, which comes first because a search for plain characters is fast; and all others.
CONNECT = Pattern(
    rb"connect(?:(?<!\wconnect)(?:_ex|_robust|_tcp|_unix)?\b|(?:(?<=\bsock_connect)|(?<=\bws_connect))\b"
    rb"|ion\b(?:(?<=\bcreate_connection)|(?<=\bcreate_unix_connection)|(?<=\bensure_connection)"
    rb"|(?<=\bopen_connection)|(?<=\bopen_unix_connection)))"
)
CONNECT_BESIDES = (
    *(b"get_server_certificate", b"open_ssl_over_tcp_stream", b"open_tcp_stream", b"open_unix_socket", b"Client"),
    *(b"HTTPConnection", b"HTTPSConnection", b"RedisCluster", b"ValkeyCluster"),
)
CONNECTS = Pattern(rb"\b(?:%s)\b" % b"|".join(CONNECT_BESIDES))
# What stands for a blank between two words of a statement, and what an `import` without `from` lists.
_BLANK = rb"(?:[ \t\f]|\\\r?\n)"
IMPORT = Pattern(rb"\bfrom%s+([\w.]+)%s+import\b|\bimport\b((?:[^\r\n;#\\]|\\\r?\n)*)" % (_BLANK, _BLANK))
LISTED = Pattern(rb"(?:\A|,)[\s\\]*(\w+)")
CONTINUED = Pattern(rb"\\\r?\n")
IMPORTS_ALL = Pattern(rb"\bfrom%s+(\w+)[\w.]*%s+import[\s\\]*\*" % (_BLANK, _BLANK))


def _of(package: str, pattern: bytes) -> Pattern:
    """Return the pattern of `package` and what stands for one of the words that `NETWORK` asks for besides.

    Plain characters come first, because a search for them is fast.
    """
    name = package.encode()
    return Pattern(rb"%s(?<!\w%s)%s" % (name, name, pattern.replace(b"WORDS", b"|".join(NETWORK[package] or ()))))


# How a qualified word is written, what may bind it otherwise, and what does, in the names that are imported.
SAID = {package: _of(package, rb"[\s\\]*\.[\s\\]*(?:WORDS)") for package in _QUALIFIED}
BINDING = {package: _of(package, rb"[\s\\]+(?:as|import)\b") for package in _QUALIFIED}
BOUND = {package: _of(package, rb"(?:\.(?:WORDS|\*)| as)") for package in _QUALIFIED}

# Builtin exceptions that have nothing to do with connections, and how a file gives another class such a name.
UNRELATED = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type)
    and issubclass(value, BaseException)
    and not issubclass(OSError, value)
    and not issubclass(value, (OSError, EOFError, BaseExceptionGroup))
)
IMPORTED_LIST = Pattern(rb"import(?<!\wimport)[ \t\r\n\\]*(\([^)]*)")
UNRELATED_NAME = Pattern(rb"\b(?:%s)\b" % "|".join(sorted(UNRELATED)).encode())
ANY_WORD = Pattern(rb"\w+")
RENAMED = Pattern(rb"\b(?:as|class)[\s\\]+%s" % UNRELATED_NAME.pattern)
UP_TO_ASSIGNMENT = Pattern(rb"[\s\\)\]]*(?:,[^=:]*|:[^=\n]*)?(=(?!=))?")

# What says nothing by itself: all exceptions, all of the system, or none of a connection.
UNRELATED_BYTES = frozenset(name.encode() for name in UNRELATED)
SAY_NOTHING = UNRELATED_BYTES | {
    b"BaseException",
    b"EnvironmentError",
    b"Exception",
    b"IOError",
    b"OSError",
    b"WindowsError",
}
# What is no later clause of interest: what has nothing to do with connections, and what takes all the rest.
TAKE_ALL = frozenset({b"BaseException", b"Exception"})
NEVER_LATER = UNRELATED_BYTES | TAKE_ALL


# What a file imports that is a test, where it does not matter what escapes.
# Those of which `from django import test` alone says nothing count with what is in them.
IN_TESTS = Pattern(
    rb"^(?:(?:pytest|unittest2?|mock|nose|testtools|asynctest)(?:[. ]|$)|(?:twisted\.trial|django\.test)\.)",
    re.MULTILINE,
)

COOKIE = Pattern(rb"\A(?:.*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# The encodings in which a byte of ASCII is always the character: in others a word can be written in several ways.
SIMPLE = Pattern(rb"(?i:utf[-_]?8|(?:us[-_]?)?ascii|latin|iso[-_]?8859|l1\b|cp125\d|windows[-_]125\d|koi8)")
