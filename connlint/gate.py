"""Can this file hold a finding? Decided without libcst, whose parser costs ten times what `ast.parse` does.

Three steps, each cheaper than what it saves: a search of the bytes for the words without which no rule of a family can
speak; a walk over the statements (not the expressions) for what the file imports and where it handles exceptions; and,
for what is then still a candidate, a walk over all nodes that tells whether libcst would get through it at all.

The gate may say yes too often, never no wrongly: tests run every rule's examples and real code with it and without.
That it need not look at expressions rests on two facts. Attributes and imports are always written out, so the text
holds them; and what reaches the network through a name of the project's own (`from .compat import requests`) is opaque
to the rules as well.
"""

from __future__ import annotations

import ast
import builtins
import gc
import re
import symtable
import warnings
from contextlib import contextmanager
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from connlint import lines
from connlint.asking import asks
from connlint.lazy import Pattern
from connlint.marks import BLOCKS, Lines, parts
from connlint.options import DEFAULTS
from connlint.tries import Names, Try, connecting_names, last, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from connlint.connecting import Connecting
    from connlint.marks import Rows
    from connlint.options import Options
    from connlint.reach import Reach

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

# libcst's native parser dies of a stack that overflows, and takes minutes for what is nested some thousands deep; it
# needs about a kilobyte for each token. Measured with libcst 1.9 on CPython 3.11: with the stack that
# `connlint.parsing` gives it every form of 3,000 levels is survived, and of 2,000 the slowest one (calls of calls) is
# read in two seconds; 300,000 nodes cost a gigabyte and a quarter of a minute. `ast` needs a gigabyte itself for ten
# million bytes; the largest files of a thousand packages have six million.
MOST_LEVELS = 2_050
MOST_NODES = 300_000
MOST_BYTES = 10_000_000

# The one thing that libcst reads in exponential time: each bracket within a pattern, or after `del`, doubles it, and
# the braces of a mapping pattern quadruple it. This many times that of a plain pattern is a third of a second.
MOST_TRIES = 2**16

# Words, each searched for by itself: several times as fast as one expression with all of them.
_EXCEPT = (b"except",)
_SUPPRESS = (b"suppress",)
_CONNECTING = (
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
_PREPARING = (b"HTTPConnection", b"HTTPSConnection")
_CONNECTION_CLASS = (
    b"ConnectionError",
    b"ConnectionRefusedError",
    b"ConnectionResetError",
    b"ConnectionAbortedError",
    b"BrokenPipeError",
)
# What the names of `connlint.knowledge.telling` hold, in the ways in which they are written.
_TELLING_CLASS = (
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
_TELLING_CALL = Pattern(
    rb"(?:[Cc]onnect|[Rr]equest|[Dd]ownload|[Uu]pload|[Ff]etch|[Dd]ial|\b_*ping|[a-z]Ping|_ping|urlopen|[Rr]pc|RPC"
    rb"|[Tt]cp_?[Ss]tream)\w*[\s\\]*\("
    rb"|(?:lient|LIENT|ttps?|TTPS?|equests|EQUESTS|ession|ESSION)\w*[\s\\]*\.[\s\\]*"
    rb"(?:delete|get|head|patch|post|put|request)[\s\\]*\("
)
_PREPARING_NAMES = frozenset(name.decode() for name in _PREPARING)
_ALL_ERRORS = (b"all_errors",)
_ON_SOCKETS = (b"connect",)  # by itself, by its result (`connect_ex`), or by an event loop (`sock_connect`)
_SOCKETS_METHOD = ("connect",)
_RESULT = ("connect_ex",)
_CLAUSE = ("except",)
_ERRNO_READ = (b"errno", b".args", b"exc_info")
_EXC_INFO = (b"exc_info",)
_ERRNO = (b"ECONN", b"EPIPE", b"ESHUTDOWN")
_POLICY = (b"retry", b"Retry", b"backoff", b"tenacity", b"stamina", b"HTTPAdapter", b"interval_st")
# Where retries are configured by a keyword, of what is imported by any name, the text has one of these as well.
_KEYWORD_OF_POLICY = (b"etry", b"interval_st")
_POLICY_BY_KEYWORD = (b"autoretry_for", b"countdown", b"default_retry_delay", b"interval_st", b"api_core")
# Packages of the standard library that bring no object with a method `connect` but sockets; what makes or names one.
_SOCKETS_ALONE = frozenset(
    {"_socket", "_ssl", "asyncio", "http", "multiprocessing", "os", "requests", "socket", "ssl", "urllib", "urllib3"}
)
_BRING_CONNECTED = frozenset(NETWORK) - _SOCKETS_ALONE
_MADE_SOCKET = (
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
_HTTP_CLIENTS = frozenset({"requests", "urllib3"})
_HTTP_POLICY = (b"Retry", b"retries", b"HTTPAdapter")

_TIMEOUT = (b"TimeoutError",)
_CODE = (b"CNL", b"Cnl", b"cnl")

# All words, for a measure of what a search for them costs.
WORDS = tuple(
    sorted(
        {
            *_EXCEPT,
            *_SUPPRESS,
            *_CONNECTING,
            *_CONNECTION_CLASS,
            *_TELLING_CLASS,
            *_ERRNO,
            *_POLICY,
            *_POLICY_BY_KEYWORD,
            *_TIMEOUT,
        }
    )
)

_ERRNO_NUMBER = Pattern(rb"[13](?<!\w[13])(?:(?<=3)2|(?<=1)(?:03|04|08|11|005[348]|0061))\b")
_NOQA = Pattern(rb"(?i:noqa\b)")
_CODE_OF_OURS = Pattern(rb"(?i:\bcnl)")
# The names that hold `connect`, which comes first because a search for plain characters is fast; and all others.
_CONNECT = Pattern(
    rb"connect(?:(?<!\wconnect)(?:_ex|_robust|_tcp|_unix)?\b|(?:(?<=\bsock_connect)|(?<=\bws_connect))\b"
    rb"|ion\b(?:(?<=\bcreate_connection)|(?<=\bcreate_unix_connection)|(?<=\bensure_connection)"
    rb"|(?<=\bopen_connection)|(?<=\bopen_unix_connection)))"
)
_CONNECT_BESIDES = (
    *(b"get_server_certificate", b"open_ssl_over_tcp_stream", b"open_tcp_stream", b"open_unix_socket", b"Client"),
    *(b"HTTPConnection", b"HTTPSConnection", b"RedisCluster", b"ValkeyCluster"),
)
_CONNECTS = Pattern(rb"\b(?:%s)\b" % b"|".join(_CONNECT_BESIDES))
# What stands for a blank between two words of a statement, and what an `import` without `from` lists.
_BLANK = rb"(?:[ \t\f]|\\\r?\n)"
_IMPORT = Pattern(rb"\bfrom%s+([\w.]+)%s+import\b|\bimport\b((?:[^\r\n;#\\]|\\\r?\n)*)" % (_BLANK, _BLANK))
_LISTED = Pattern(rb"(?:\A|,)[\s\\]*(\w+)")
_CONTINUED = Pattern(rb"\\\r?\n")
_IMPORTS_ALL = Pattern(rb"\bfrom%s+(\w+)[\w.]*%s+import[\s\\]*\*" % (_BLANK, _BLANK))


def _of(package: str, pattern: bytes) -> Pattern:
    """Return the pattern of `package` and what stands for one of the words that `NETWORK` asks for besides.

    Plain characters come first, because a search for them is fast.
    """
    name = package.encode()
    return Pattern(rb"%s(?<!\w%s)%s" % (name, name, pattern.replace(b"WORDS", b"|".join(NETWORK[package] or ()))))


# How a qualified word is written, what may bind it otherwise, and what does, in the names that are imported.
_SAID = {package: _of(package, rb"[\s\\]*\.[\s\\]*(?:WORDS)") for package in _QUALIFIED}
_BINDING = {package: _of(package, rb"[\s\\]+(?:as|import)\b") for package in _QUALIFIED}
_BOUND = {package: _of(package, rb"(?:\.(?:WORDS|\*)| as)") for package in _QUALIFIED}

# Builtin exceptions that have nothing to do with connections, and how a file gives another class such a name.
_UNRELATED = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type)
    and issubclass(value, BaseException)
    and not issubclass(OSError, value)
    and not issubclass(value, (OSError, EOFError, BaseExceptionGroup))
)
_BUILTINS = frozenset(vars(builtins))
_IMPORTED_LIST = Pattern(rb"import(?<!\wimport)[ \t\r\n\\]*(\([^)]*)")
_UNRELATED_NAME = Pattern(rb"\b(?:%s)\b" % "|".join(sorted(_UNRELATED)).encode())
_WORD = Pattern(rb"\w+")
_RENAMED = Pattern(rb"\b(?:as|class)[\s\\]+%s" % _UNRELATED_NAME.pattern)
_UP_TO_ASSIGNMENT = Pattern(rb"[\s\\)\]]*(?:,[^=:]*|:[^=\n]*)?(=(?!=))?")

# What says nothing by itself: all exceptions, all of the system, or none of a connection.
_UNRELATED_BYTES = frozenset(name.encode() for name in _UNRELATED)
_SAY_NOTHING = _UNRELATED_BYTES | {
    b"BaseException",
    b"EnvironmentError",
    b"Exception",
    b"IOError",
    b"OSError",
    b"WindowsError",
}
# What is no later clause of interest: what has nothing to do with connections, and what takes all the rest.
_TAKE_ALL = frozenset({b"BaseException", b"Exception"})
_NEVER_LATER = _UNRELATED_BYTES | _TAKE_ALL


# What a file imports that is a test, where it does not matter what escapes.
_IN_TESTS = Pattern(
    rb"^(?:pytest|unittest2?|mock|nose|testtools|asynctest|twisted\.trial|django\.test)(?:[. ]|$)", re.MULTILINE
)

# Those of which `from django import test` alone says nothing are left out.
_SURELY_TESTS = Pattern(
    rb"^(?:(?:pytest|unittest2?|mock|nose|testtools|asynctest)(?:[. ]|$)|(?:twisted\.trial|django\.test)\.)",
    re.MULTILINE,
)

_COOKIE = Pattern(rb"\A(?:.*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# The encodings in which a byte of ASCII is always the character: in others a word can be written in several ways.
_SIMPLE = Pattern(rb"(?i:utf[-_]?8|(?:us[-_]?)?ascii|latin|iso[-_]?8859|l1\b|cp125\d|windows[-_]125\d|koi8)")


class Verdict(NamedTuple):
    """What the gate says: whether the file is a candidate, or the problem that keeps it from being read."""

    candidate: bool
    problem: str | None = None
    families: tuple[str, ...] = ("",)
    """What the codes of all findings that a candidate can hold begin with, each with one of these."""
    tree: ast.Module | None = None
    """The `ast` of a candidate."""
    too_large: str | None = None
    """Why libcst must not parse a candidate, of which a draft can be made."""


def decide(
    data: bytes, wanted: Callable[[str], bool], tree: ast.Module | None = None, options: Options | None = None
) -> Verdict:
    """Say whether the file content `data` can hold a finding of a family that is `wanted` (`CNL1`, `CNL2`, `CNL3`).

    `tree` is the file's `ast`, if the caller has it; without it the file is parsed, even if it does not hold the
    words, because nobody may say that a file is clean that is not Python. `options` may name operations of the
    project's own: a file that holds such a name reaches the network.
    """
    if len(data) > MOST_BYTES:
        return Verdict(False, _TOO_LARGE)
    with no_collection():
        return _decided(data, wanted, tree, options)


def _decided(data: bytes, wanted: Callable[[str], bool], tree: ast.Module | None, options: Options | None) -> Verdict:
    text = _Text(data, options)
    families = [family for family in _FAMILIES if wanted(family.prefix) and family.may_speak(text)]
    if not families:
        return Verdict(False, _problem_with(data) if tree is None else None)
    if tree is None:
        tree, problem = parsed(data)
        if tree is None:
            return Verdict(False, problem)
    seen = _look(tree, text)
    speaking = tuple(family.prefix for family in families if family.can_speak(text, seen))
    if not speaking:
        return Verdict(False)
    problem = too_much(tree, data)
    if problem is _TOO_LARGE:
        return Verdict(True, None, speaking, tree, problem)
    return Verdict(problem is None, problem, speaking, tree)


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the collector from looking at the many nodes of a tree again and again: an eighth of what parsing costs."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def suppresses(data: bytes) -> bool:
    """Say whether the file content `data` may hold a comment that suppresses one of our codes."""
    return _Suppressions.can_speak(_Text(data), None)


def _problem_with(data: bytes) -> str | None:
    """Return what keeps `data` from being parsed, if anything does.

    The symbol table is made without a tree of Python's objects, for two thirds of the cost; it also refuses programs
    that can be parsed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable.symtable(data, "<unknown>", "exec")  # type: ignore[arg-type]  # takes bytes as `compile` does
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return parsed(data)[1]
    return None


def parsed(source: bytes | str) -> tuple[ast.Module | None, str | None]:
    """Return the tree of `source`, or the problem with it. What the parser warns of is other linters' business."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source), None
    except SyntaxError as error:
        place = f" (line {error.lineno})" if error.lineno else ""
        return None, f"cannot be parsed: {error.msg}{place}"
    except (ValueError, LookupError) as error:
        return None, f"cannot be parsed: {error}"
    except (RecursionError, MemoryError):
        return None, _TOO_DEEP


class _Text:
    """The bytes of a file, and what is in them. Every question is answered once."""

    def __init__(self, data: bytes, options: Options | None = None) -> None:
        self._data = data
        self.options = options or DEFAULTS
        self.reach: Reach | None = None
        self.connecting: Connecting | None = None
        self.may_retry: bool | None = None
        self.may_be_slack: bool | None = None
        self._own = tuple({own.name.rpartition(".")[2].encode() for own in options.operations}) if options else ()
        self._words: dict[tuple[bytes, ...], bool] = {}
        self._patterns: dict[Pattern, bool] = {}
        cookie = _COOKIE.match(data)
        # In other encodings not to find a word says nothing.
        self._plain = cookie is None or _SIMPLE.match(cookie[1]) is not None

    def has(self, words: tuple[bytes, ...]) -> bool:
        """Say whether one of `words` may be in the text."""
        found = self._words.get(words)
        if found is None:
            data = self._data
            found = self._words[words] = not self._plain or any(word in data for word in words)
        return found

    def matches(self, pattern: Pattern) -> bool:
        """Say whether `pattern` may be in the text."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = not self._plain or pattern.search(self._data) is not None
        return found

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._data)

    def rows(self, words: Collection[str]) -> Rows | None:
        """Return the rows that hold one of `words`, None if they cannot be told."""
        return self._lines.with_words(words) if self._plain else None

    @cached_property
    def suppresses(self) -> bool:
        """True if a comment may suppress one of our codes."""
        if not self._plain:
            return True
        if _CODE_OF_OURS.search(self._data) is None:
            return False
        # A line at a time: one expression for both would look through the rest of a line for each of its `noqa`.
        for line in self._data.split(b"\n"):
            noqa = _NOQA.search(line)
            if noqa is not None and _CODE_OF_OURS.search(line, noqa.end()):
                return True
        return False

    @cached_property
    def rebinds_unrelated(self) -> bool:
        """True if a builtin exception's name, of those that have nothing to do with connections, may be given anew."""
        if not self._plain or _RENAMED.search(self._data) is not None:
            return True
        position = 0
        while (name := _UNRELATED_NAME.search(self._data, position)) is not None:
            # What follows is looked at once, however many names stand in it.
            following = _UP_TO_ASSIGNMENT.match(self._data, name.end())
            if following is None or following[1] is not None:
                return True
            position = following.end()
        return False

    @cached_property
    def _blocks(self) -> lines.Blocks | None:
        return lines.blocks(self._code) if self._code is not None else None

    @cached_property
    def suppresses_in_loop(self) -> bool:
        """True if a `with` in a loop may take exceptions."""
        return self.has(_SUPPRESS) and (self._blocks is None or self._blocks.opens_in_loop)

    @cached_property
    def tells_of_classes(self) -> bool:
        """True if the text may speak of connections by the name of a class."""
        return self.has(_CONNECTION_CLASS) or self.has(_TELLING_CLASS)

    @cached_property
    def retries(self) -> bool:
        """True if a clause in a loop may lead back to its head after what may be a failure of a connection."""
        code, blocks = self._code, self._blocks
        if code is None or blocks is None:
            return self.imports_network or self.tells_of_classes or self.matches(_TELLING_CALL)
        earliest = len(code)
        for tried in reversed(blocks.tries):  # the inner ones end before the outer ones
            is_inner = earliest < tried.start
            earliest = min(earliest, tried.start)
            if tried.in_loop and any(self._may_retry(code, tried, each, is_inner) for each in tried.clauses):
                return True
        return False

    def _may_retry(self, code: bytes, tried: lines.Tried, clause: lines.Clause, is_inner: bool) -> bool:
        names = clause.names
        if names is not None and names <= _UNRELATED_BYTES and not self.rebinds_caught:
            return False
        if not self.imports_network:
            silent = names is not None and names <= _SAY_NOTHING and not self._rebinds(names)
            if (silent or not self.tells_of_classes) and not _TELLING_CALL.search(code, tried.start, tried.end):
                return False
        # what a clause raises may be taken by one around it
        return is_inner or tried.has_finally or clause.may_lead_back(code)

    @cached_property
    def ladders(self) -> bool:
        """True if a clause may take what a later one of the same `try` names."""
        blocks = self._blocks
        return blocks is None or self.rebinds_caught or any(_may_be_ladder(tried) for tried in blocks.tries)

    @cached_property
    def _clauses(self) -> frozenset[bytes] | None:
        return lines.clauses(self._data) if self._plain else None

    @cached_property
    def handles(self) -> bool:
        """True if something may be handled that is not surely unrelated to connections."""
        if self.has(_SUPPRESS):
            return True
        if not self.has(_EXCEPT):
            return False
        if self._clauses is None:
            return True
        return not self._clauses <= _UNRELATED_BYTES or self.rebinds_caught

    def _rebinds(self, names: frozenset[bytes]) -> bool:
        """Say whether one of the builtins' `names` may be given anew."""
        return any(self._may_give_anew(name) for name in names) or self._imports(names)

    def _may_give_anew(self, name: bytes) -> bool:
        data = self._data
        at = data.find(name)
        looked = 0
        while at >= 0:
            before = data[max(0, at - 40) : at].rstrip(b" \t\f\r\n\\")
            if at and (not before or before.endswith((b"as", b"class"))):
                return True
            end = at + len(name)
            if end >= looked:
                # What follows is looked at once, however many names stand in it.
                following = _UP_TO_ASSIGNMENT.match(data, end)
                if following is None or following[1] is not None:
                    return True
                looked = following.end()
            at = data.find(name, end)
        return False

    @cached_property
    def rebinds_caught(self) -> bool:
        """True if a builtin exception's name, of those that are caught and unrelated, may be given anew."""
        if self._clauses is None:
            return self.rebinds_unrelated
        return self._rebinds(self._clauses & _UNRELATED_BYTES)

    def _imports(self, names: frozenset[bytes]) -> bool:
        if b"import" not in self._data:
            return False
        listed = b"\n".join([self._importing, *_IMPORTED_LIST.findall(self._data)])
        return not names.isdisjoint(_WORD.findall(listed))

    @cached_property
    def _code(self) -> bytes | None:
        """The lines without long strings, None if they cannot be told."""
        return lines.statements(self._data) if self._plain else None

    def _means_connections(self, names: frozenset[bytes]) -> bool:
        """Say whether one of the `names` after `except` may mean connections, and not all of them or none."""
        if any(lines.of_network(names, _SAY_NOTHING)) or (self.has(_ALL_ERRORS) and not names <= _UNRELATED_BYTES):
            return True
        return self.rebinds_caught and not names.isdisjoint(_UNRELATED_BYTES)

    @cached_property
    def handles_related(self) -> bool:
        """True if a clause may name a class that means connections, and not all of them or none."""
        return self._clauses is None or self._means_connections(self._clauses)

    @cached_property
    def handles_some(self) -> bool:
        """True if the clauses of a `try` may take some failures of connections and miss others."""
        if not self.handles_related:
            return False
        return self._blocks is None or any(self._may_take_some(tried) for tried in self._blocks.tries)

    def _may_take_some(self, tried: lines.Tried) -> bool:
        names = [clause.names for clause in tried.clauses if clause.names is not None]
        if len(names) < len(tried.clauses):
            return True
        # The builtin classes never come of what a library raises, whatever takes it then.
        may_miss = self.has(_CONNECTION_CLASS) or all(map(_TAKE_ALL.isdisjoint, names))
        return may_miss and any(map(self._means_connections, names))

    @cached_property
    def handles_os_errors(self) -> bool:
        """True if a clause may name what is an `OSError`, or more of connections than that."""
        if self._clauses is None or not self._clauses <= _NEVER_LATER:
            return True
        return self.handles_related

    @cached_property
    def sorts_out(self) -> bool:
        """True if a handler may begin by asking what it took."""
        code, blocks = self._code, self._blocks
        if code is None or blocks is None:
            return True
        return any(self._may_sort_out(code, clause) for tried in blocks.tries for clause in tried.clauses)

    def _may_sort_out(self, code: bytes, clause: lines.Clause) -> bool:
        if clause.names is not None:
            if clause.names <= _UNRELATED_BYTES and not self.rebinds_caught:
                return False
            if clause.bound is None and not self.has(_EXC_INFO):
                return False
        return clause.may_ask(code)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The last names of the project's own operations."""
        return frozenset(name.decode() for name in self._own)

    @cached_property
    def names_own_operation(self) -> bool:
        """True if an operation of the project's own may be named."""
        return bool(self._own) and self.has(self._own)

    @cached_property
    def imports_network(self) -> bool:
        """True if one of the packages may be imported, or the text may name an operation of the project's own."""
        if not self._plain or self.names_own_operation:
            return True
        return any(self.reaches(package) for package in self._packages & NETWORK.keys())

    @cached_property
    def _importing(self) -> bytes:
        """The logical lines that say `import`."""
        return b"\n".join(_importing_lines(self._data)) if b"import" in self._data else b""

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The packages that may be imported."""
        text = self._importing
        if b"#" in text and _CONTINUED.search(text) is not None:
            # A comment may end in what looks like the first part of an `import`.
            return frozenset(name.decode() for name in _WORD.findall(text))
        found: set[bytes] = set()
        for each in _IMPORT.finditer(text):
            found.update([each[1].partition(b".")[0]] if each[1] else _LISTED.findall(each[2]))
        return frozenset(name.decode() for name in found)

    @cached_property
    def _imported_whole(self) -> frozenset[bytes]:
        """The packages of which all may be imported (`from http import *`)."""
        return frozenset(_IMPORTS_ALL.findall(self._importing))

    def reaches(self, package: str) -> bool:
        """Say whether the network may be reached through `package`, one of the keys of `NETWORK`, if it is imported."""
        words = NETWORK[package]
        if words is None or not self._plain or package.encode() in self._imported_whole:
            return True
        if not self.has(words):
            return False
        return package not in _SAID or self.matches(_SAID[package]) or self._binds(package)

    def _binds(self, package: str) -> bool:
        return _BINDING[package].search(self._importing) is not None

    @cached_property
    def names_connect(self) -> bool:
        """True if an operation that connects may be named, or a package that connects be imported."""
        if not self._plain or not self._packages.isdisjoint(CONNECTING):
            return True
        return self.matches(_CONNECT) or (self.has(_CONNECT_BESIDES) and self.matches(_CONNECTS))

    @cached_property
    def configures_retries(self) -> bool:
        """True if one of the packages that retry may be configured."""
        if not self._plain:
            return True
        packages = self._packages & POLICIES
        if packages and self.has(_POLICY) and (not packages <= _HTTP_CLIENTS or self.has(_HTTP_POLICY)):
            return True
        return self.has(_KEYWORD_OF_POLICY) and self.has(_POLICY_BY_KEYWORD)

    @cached_property
    def may_handle(self) -> bool:
        """True if something may be handled."""
        return self.has(_EXCEPT) or self.has(_SUPPRESS)

    @cached_property
    def names_connection_errno(self) -> bool:
        """True if an errno that only connections have may be named, or written as a number."""
        return self.has(_ERRNO) or (self.has(_ERRNO_READ) and self.matches(_ERRNO_NUMBER))


def _may_be_ladder(tried: lines.Tried) -> bool:
    """Say whether a clause may take what a later one names, as far as that may be about connections."""
    may_take = False
    for clause in tried.clauses:
        names = clause.names
        if names is None:
            return True
        if may_take and not names <= _NEVER_LATER:
            return True
        may_take = may_take or not names <= _UNRELATED_BYTES
    return False


def _importing_lines(data: bytes) -> Iterator[bytes]:
    """Yield the logical lines that say `import`."""
    position = data.find(b"import")
    while position >= 0:
        start = data.rfind(b"\n", 0, position) + 1
        while data.endswith((b"\\\n", b"\\\r\n"), 0, start):
            start = data.rfind(b"\n", 0, start - 1) + 1
        end = data.find(b"\n", position)
        while end >= 0 and data.endswith((b"\\", b"\\\r"), start, end):
            end = data.find(b"\n", end + 1)
        if end < 0:
            end = len(data)
        yield data[start:end]
        position = data.find(b"import", end)


class _Seen(NamedTuple):
    """What the walk over the statements has seen; `imports` are dotted names, one a line. `suppresses` says whether a
    `with` may take exceptions, and `suppresses_in_loop` whether one does in a loop."""

    tree: ast.Module
    names: Names
    imports: bytes
    tries: list[tuple[Try, bool]]
    suppresses: bool
    suppresses_in_loop: bool

    def reaches_network(self, text: _Text) -> bool:
        """Say whether the file imports something through which the network can be reached."""
        if text.names_own_operation:
            return True
        return any(
            text.reaches(package)
            and (package not in _SAID or text.matches(_SAID[package]) or _BOUND[package].search(self.imports))
            for package in self.names.packages & NETWORK.keys()
        )

    @property
    def is_test(self) -> bool:
        """True if the file surely is a test, which most rules pass over."""
        return _SURELY_TESTS.search(self.imports) is not None

    def connects(self, text: _Text) -> bool:
        """Say whether one of the operations that connect may be named."""
        names = connecting_names(self.names.packages, text.own_names) | _PREPARING_NAMES
        if self.names.packages.isdisjoint(_BRING_CONNECTED) and not text.has(_MADE_SOCKET):
            # There is no socket whose method it could be.
            names -= {"connect", "connect_ex"}
        if any(meant.rpartition(".")[2] in names for meant in self.imports.decode().replace(" as", "").split("\n")):
            return True
        return any(
            (node.__class__ is ast.Attribute and node.attr in names)
            or (node.__class__ is ast.Name and node.id in names)
            for part in parts(self.tree, text.rows(names))
            for node in walk(part.node)
        )


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINITIONS = frozenset(_FUNCTIONS)
_BODY = ("body",)
# Context managers that surely take no exception.
_OPENING = frozenset({"open"})
_LOOPS = frozenset({ast.For, ast.AsyncFor, ast.While})
_WITHS = frozenset({ast.With, ast.AsyncWith})
_TRIES = frozenset({ast.Try, ast.TryStar})


def _look(tree: ast.Module, text: _Text) -> _Seen:
    """Walk the statements of `tree`, for what it imports and defines, and where it handles exceptions."""
    imports: list[str] = []
    imported: dict[str, str] = {}
    renamed: set[str] = set()
    defined: set[str] = set()
    tries: list[tuple[ast.AST, bool]] = []
    withs: list[tuple[Any, bool]] = []
    withs_handle = text.has(_SUPPRESS)
    several: set[str] = set()
    may_bind, bound = text.rebinds_caught, False
    stack: list[tuple[list[ast.AST], bool]] = [([*tree.body], False)]
    while stack:
        body, in_loop = stack.pop()
        for node in body:
            kind = node.__class__
            blocks = BLOCKS.get(kind)
            if may_bind and not bound and _binds_unrelated(node):
                bound = True
            if blocks is None:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    imports += _imported(node)
                    _bind(node, imported, renamed, several)
                elif kind is ast.Assign and not isinstance(cast("ast.Assign", node).value, ast.Constant):
                    several.update(_assigned(cast("ast.Assign", node)))
                continue
            inner = in_loop
            if kind in _LOOPS:
                inner = True
                stack.append(([*cast("ast.For", node).orelse], in_loop))
                blocks = _BODY
            elif kind in _DEFINITIONS:
                defined.add(cast("ast.ClassDef", node).name)
                inner = False
            elif kind in _TRIES:
                tries.append((node, in_loop))
            elif withs_handle and kind in _WITHS:
                withs.append((node, in_loop))
            for field in blocks:
                block = getattr(node, field)
                if block:
                    stack.append((block, inner))
    rebinds = bound or not _UNRELATED.isdisjoint(imported)
    packages = frozenset(re.split(r"[. ]", name, maxsplit=1)[0] for name in imports)
    names = Names(imported, frozenset(renamed), frozenset(defined), packages, rebinds, frozenset(several))
    suppressing = [in_loop for node, in_loop in withs if _may_suppress(node)]
    judged = [(Try(node, names), in_loop) for node, in_loop in tries]
    return _Seen(tree, names, "\n".join(imports).encode(), judged, bool(suppressing), any(suppressing))


def _binds_unrelated(node: ast.AST) -> bool:
    """Say whether the statement `node` gives one of the builtin names that matter to nobody to something else."""
    if node.__class__ in _DEFINITIONS and cast("ast.ClassDef", node).name in _UNRELATED:
        return True
    if node.__class__ is ast.ExceptHandler:
        return node.name in _UNRELATED
    parts: list[Any] = []
    for field in ("target", "targets", "optional_vars", "items", "args", "subject"):
        part = getattr(node, field, None)
        parts += part if isinstance(part, list) else [part]
    names = (each for part in parts if part is not None for each in walk(part))
    return any(
        (each.__class__ is ast.Name and each.ctx.__class__ is not ast.Load and each.id in _UNRELATED)
        or (each.__class__ is ast.arg and each.arg in _UNRELATED)
        for each in names
    )


def _may_suppress(node: ast.With) -> bool:
    """Say whether an item of the `with` may be `contextlib.suppress`, whatever it is called here."""
    return any(
        not isinstance(item.context_expr, ast.Call) or last(item.context_expr.func) not in _OPENING
        for item in node.items
    )


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that `node` imports, those that it renames marked by ` as`."""
    if isinstance(node, ast.Import):
        return [f"{alias.name} as" if alias.asname else alias.name for alias in node.names]
    return [f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names]


def _bind(node: ast.Import | ast.ImportFrom, imported: dict[str, str], renamed: set[str], several: set[str]) -> None:
    """Note which names `node` binds, what they stand for, and which are others than they were, or `several` things."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            name, meant = alias.asname or alias.name.partition(".")[0], alias.name
        else:
            name, meant = alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"
            if alias.asname is not None:
                renamed.add(alias.asname)
        before = imported.get(name, meant)
        same_root = before.partition(".")[0] == meant.partition(".")[0] == name
        if before != meant and not same_root:
            several.add(name)
        imported[name] = meant


def _assigned(node: ast.Assign) -> Iterator[str]:
    """Yield the plain names that `node` binds."""
    for target in node.targets:
        for item in target.elts if isinstance(target, (ast.List, ast.Tuple)) else [target]:
            if isinstance(item, ast.Name):
                yield item.id


def _caught(handler: ast.ExceptHandler) -> set[str]:
    """Return the plain names of the classes after `except`; what is no plain name is the empty one."""
    if handler.type is None:
        return {"BaseException"}
    classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {item.id if isinstance(item, ast.Name) else "" for item in classes}


class _Handlers:
    """CNL101 to CNL104: handlers that sort out what they took, or that take some failures and not others."""

    prefix = "CNL1"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        if not text.may_handle:
            return False
        if not text.imports_network:
            # Where nothing is tried, only tests for errnos of connections, or for their classes, say what is meant.
            told = text.names_connection_errno or (text.has(_CONNECTION_CLASS) and text.sorts_out)
            return told and text.handles
        if not text.handles:
            return False
        return text.names_connection_errno or text.has(_SUPPRESS) or text.sorts_out or text.handles_some

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        dispatches = [
            (each.node, handler)
            for each, _ in seen.tries
            if each.node.__class__ is ast.Try
            for handler in each.node.handlers
            if _may_dispatch(handler, text, seen)
        ]
        partial = [each for each, _ in seen.tries if _may_be_partial(each, text)]
        reaches = (bool(partial) or seen.suppresses) and seen.reaches_network(text)
        if not dispatches and not reaches:
            return False
        from connlint import escapes, sorting

        reach = _reach(text, seen)
        if any(sorting.may_sort_out(reach, *each) for each in dispatches):
            return True
        if not reaches:
            return reach.gave_up
        in_test = _IN_TESTS.search(seen.imports) is not None
        guards = escapes.guards(reach, [each.node for each in partial], reach.withs if seen.suppresses else ())
        found = any(
            escapes.may_miss(reach, guard, text.options.escaping, in_test=in_test, with_groups=text.has(_ALL_ERRORS))
            for guard in guards
        )
        return found or reach.gave_up


def _reach(text: _Text, seen: _Seen) -> Reach:
    """Return what the file can reach, by the tables and by what the project tells of its own."""
    from connlint import knowledge
    from connlint.reach import BINDING_IN_EXPRESSIONS, Reach

    if text.reach is None:
        knowledge.add_own(text.options)
        text.reach = Reach(seen.tree, text.own_names, text.rows(BINDING_IN_EXPRESSIONS))
    return text.reach


def _may_dispatch(handler: ast.ExceptHandler, text: _Text, seen: _Seen) -> bool:
    """Say whether `handler` may sort out what it took."""
    if _caught(handler) <= _UNRELATED and not seen.names.rebinds:
        return False
    return asks(handler, by_exc_info=text.has(_EXC_INFO))


def _may_be_partial(statement: Try, text: _Text) -> bool:
    """Say whether the clauses may take some failures of connections by name, and miss others.

    The rules look at no `except*`, and each wants a class that is not merely one of everything.
    """
    if statement.node.__class__ is not ast.Try:
        return False
    return statement.may_name_builtin_connection() or statement.is_narrow(with_os_error=text.has(_ALL_ERRORS))


def _handles_errors_of_connections(text: _Text) -> bool:
    if not text.may_handle:
        return False
    if text.has(_TIMEOUT) or text.has(_CONNECTION_CLASS):
        return text.handles
    return text.imports_network and text.handles and text.handles_os_errors


class _Ladders:
    prefix = "CNL105"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return _handles_errors_of_connections(text) and text.ladders

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        ladders = [each.node for each, _ in seen.tries if each.may_be_ladder()]
        if not ladders:
            return False
        from connlint.ladders import may_take_twice

        reach = _reach(text, seen)
        return any(may_take_twice(reach, each) for each in ladders) or reach.gave_up


class _Redundant:
    prefix = "CNL106"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return _handles_errors_of_connections(text)

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return text.has(_SUPPRESS) or any(each.may_repeat() for each, _ in seen.tries)


class _Retries:
    """CNL201, and what the rules about loops have in common."""

    prefix = "CNL201"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        if not text.may_handle or not text.handles:
            return False
        return text.retries or (text.suppresses_in_loop and (text.imports_network or text.tells_of_classes))

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return not seen.is_test and _may_retry(text, seen)


class _Exhausted(_Retries):
    """CNL204: that a loop gives up in silence is a mistake in tests as well."""

    prefix = "CNL204"

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return _may_retry(text, seen)


class _BlockingDelays(_Exhausted):
    prefix = "CNL205"


class _LateDelays(_Exhausted):
    prefix = "CNL207"


class _Policies:
    """CNL206: what a library is told to try again at once."""

    prefix = "CNL206"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.configures_retries

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return text.configures_retries and _may_be_slack(text, seen)


class _ConstantDelays:
    """CNL202: of loops and of policies."""

    prefix = "CNL202"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.configures_retries or _Retries.may_speak(text)

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return not seen.is_test and (_Policies.can_speak(text, seen) or _may_retry(text, seen))


class _Unbounded(_ConstantDelays):
    """CNL203, and what is asked of every policy, however that waits."""

    prefix = "CNL203"

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return not seen.is_test and (text.configures_retries or _may_retry(text, seen))


class _Alike(_Unbounded):
    prefix = "CNL208"


class _Nested(_Unbounded):
    prefix = "CNL209"


class _Reuses:
    """CNL210: what connects a socket in a loop."""

    prefix = "CNL210"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.imports_network and text.has(_ON_SOCKETS) and text.names_connect

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        if seen.is_test or not text.has(_ON_SOCKETS) or not seen.reaches_network(text):
            return False
        from connlint.connecting import may_connect_again

        return may_connect_again(seen.tree, text.rows(_SOCKETS_METHOD))


class _Connects:
    """What the rules about connects have in common: an operation that connects must be named."""

    prefix = ""

    @staticmethod
    def may_speak(text: _Text) -> bool:
        if text.names_own_operation:
            return True
        return text.imports_network and text.has(_CONNECTING) and text.names_connect

    @staticmethod
    def names_connect(text: _Text, seen: _Seen) -> bool:
        """Say whether an operation that connects may be named."""
        return text.names_own_operation or (text.names_connect and seen.reaches_network(text) and seen.connects(text))


class _Unguarded(_Connects):
    prefix = "CNL301"

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return not seen.is_test and _Connects.names_connect(text, seen) and _connecting(text, seen).may_escape()


class _Leaks(_Connects):
    prefix = "CNL302"

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return not seen.is_test and _Connects.names_connect(text, seen) and _connecting(text, seen).may_leak()


class _IgnoredResults(_Connects):
    prefix = "CNL304"

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        from connlint.connecting import may_ignore_result

        return may_ignore_result(seen.tree, text.rows(_RESULT)) and _Connects.names_connect(text, seen)


class _PreparedConnects(_Connects):
    """CNL303, which also looks at what connects by its first request, and is not named after connecting."""

    prefix = "CNL303"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return _Connects.may_speak(text) or (text.has(_PREPARING) and text.imports_network)

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return _Connects.names_connect(text, seen) or (text.has(_PREPARING) and seen.reaches_network(text))


class _BlockingPreparedConnects(_PreparedConnects):
    prefix = "CNL305"


def _may_retry(text: _Text, seen: _Seen) -> bool:
    """Say whether a loop may try again what failed to reach its peer."""
    if text.may_retry is None:
        handled = seen.suppresses_in_loop or any(in_loop and each.may_take() for each, in_loop in seen.tries)
        if handled:
            from connlint.rounds import Rounds

            rows = None if seen.suppresses_in_loop else text.rows(_CLAUSE)
            handled = Rounds(seen.tree, _reach(text, seen), rows).may_retry()
        text.may_retry = handled
    return text.may_retry


def _may_be_slack(text: _Text, seen: _Seen) -> bool:
    """Say whether a policy may wait for nothing, or always alike."""
    if text.may_be_slack is None:
        from connlint.configured import Configured

        text.may_be_slack = Configured(seen.tree, _reach(text, seen), text.rows).may_be_slack(in_tests=seen.is_test)
    return text.may_be_slack


def _connecting(text: _Text, seen: _Seen) -> Connecting:
    """Return what the calls of the file may connect."""
    from connlint.connecting import Connecting

    if text.connecting is None:
        names = connecting_names(seen.names.packages, text.own_names) | _PREPARING_NAMES
        text.connecting = Connecting(seen.tree, _reach(text, seen), names)
    return text.connecting


class _Suppressions:
    prefix = "CNL901"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.has(_CODE) and text.suppresses

    @staticmethod
    def can_speak(text: _Text, _seen: _Seen | None) -> bool:
        return text.suppresses


_FAMILIES = (
    _Handlers,
    _Ladders,
    _Redundant,
    _Retries,
    _ConstantDelays,
    _Unbounded,
    _Exhausted,
    _BlockingDelays,
    _Policies,
    _LateDelays,
    _Alike,
    _Nested,
    _Reuses,
    _Unguarded,
    _Leaks,
    _PreparedConnects,
    _IgnoredResults,
    _BlockingPreparedConnects,
    _Suppressions,
)

FAMILIES = frozenset(family.prefix for family in _FAMILIES)

# Of the families above, those of one rule that speaks only if it is asked to.
OFF_BY_DEFAULT = frozenset(
    family.prefix
    for family in (
        _Redundant,
        _Unbounded,
        _BlockingDelays,
        _LateDelays,
        _Alike,
        _Nested,
        _PreparedConnects,
        _BlockingPreparedConnects,
        _Suppressions,
    )
)


_TOO_DEEP = "is nested too deeply to be analysed"
_TOO_LARGE = "is too large to be analysed"


def too_much(tree: ast.Module, data: bytes) -> str | None:
    """Say why libcst must not see the file of `tree`, whose content is `data`; None if it may.

    What `ast` holds side by side and libcst one within the other (the terms of `a and b and c`, the `for` clauses of a
    comprehension, the parts of a dotted import) counts as levels, and so does what is compared pair by pair: clauses.
    """
    nodes = 0
    headers: list[tuple[int, int]] = []
    stack: list[tuple[Any, int]] = [(tree, 0)]
    # Where there cannot be too many nodes, only that is looked into which is as long as what is too deep.
    lengths = [*map(len, data.splitlines(keepends=True))] if _has_few_nodes(data) else []
    ends = [*accumulate(lengths)]
    longest = max(lengths, default=MOST_LEVELS + 1)
    while stack:
        node, level = stack.pop()
        kind = node.__class__
        side_by_side = _SIDE_BY_SIDE.get(kind)
        level += 1 if side_by_side is None else side_by_side(node)
        if level > MOST_LEVELS:
            return _TOO_DEEP
        rows = _HEADERS.get(kind)
        if rows is not None:
            headers += rows(node)
        if ends and (first := getattr(node, "lineno", 0)) and _is_short(node, first, ends, MOST_LEVELS - level):
            fields = BLOCKS.get(kind, ())
        else:
            fields = _fields(kind)
        most_rows = (MOST_LEVELS - level) // longest
        for field in fields:
            value = getattr(node, field)
            if value.__class__ is list:
                stack += [
                    (item, level)
                    for item in value
                    if (
                        item.end_lineno - item.lineno >= most_rows
                        if item.__class__ in _UNDIVIDED
                        else isinstance(item, ast.AST)
                    )
                ]
                nodes += len(value)
            elif isinstance(value, ast.AST):
                stack.append((value, level))
                nodes += 1
    if nodes > MOST_NODES:
        return _TOO_LARGE
    return _TOO_DEEP if headers and _tries(data, headers) > MOST_TRIES else None


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
    return fields


def _has_few_nodes(data: bytes) -> bool:
    """Say whether the tree of `data` surely has no more than `MOST_NODES`."""
    if len(data) * _NODES_OF_A_TOKEN <= MOST_NODES:
        return True
    signs = len(data.translate(None, _NO_SIGNS))
    return (2 * signs + len(data.split())) * _NODES_OF_A_TOKEN <= MOST_NODES


def _is_short(node: Any, first: int, ends: list[int], most: int) -> bool:
    """Say whether the rows of `node`, of a block's only those up to the block, hold fewer than `most` bytes.

    Every level takes a byte at least. `first` is the first row, and `ends` is where the rows end.
    """
    kind = node.__class__
    last = node.end_lineno
    if kind in BLOCKS:
        block = getattr(node, BLOCKS[kind][0])
        last = getattr(block[0], "lineno", last)
        decorators = getattr(node, "decorator_list", ())
        if decorators:
            first = decorators[0].lineno
    if not last or last > len(ends):
        return False
    return bool(ends[last - 1] - (ends[first - 2] if first > 1 else 0) < most)


def _tries(data: bytes, headers: Iterable[tuple[int, int]]) -> int:
    """Return how often libcst tries to read what stands in the rows `headers`, first and last ones, counted from 1.

    The text is asked and not the tree, which has no brackets around what is but put in brackets.
    """
    lines = _LINE_END.split(data)
    tries = 0
    for first, end in headers:
        depth = deepest = 0
        for bracket in _BRACKET.findall(b"\n".join(lines[first - 1 : end])):
            depth = max(depth + _BRACKETS[bracket], 0)
            deepest = max(deepest, depth)
        tries += 2 ** min(deepest, 64)
    return tries


def _rows_of_cases(node: ast.Match) -> Iterator[tuple[int, int]]:
    end = node.subject.end_lineno
    for case in node.cases:
        yield end or 1, case.body[0].lineno
        end = case.body[-1].end_lineno


_LINE_END = Pattern(rb"\r\n|\r|\n")
_BRACKET = Pattern(rb"[][(){}]")
_BRACKETS = {b"(": 1, b"[": 1, b"{": 2, b")": -1, b"]": -1, b"}": -2}
_HEADERS: Mapping[type[ast.AST], Callable[[Any], Iterable[tuple[int, int]]]] = {
    ast.Match: _rows_of_cases,
    ast.Delete: lambda node: [(node.lineno, node.end_lineno)],
}
_LEAVES = frozenset({"attr", "ctx", "id", "kind", "n", "op", "ops", "s"})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
# Statements that hold no others, and none of the headers above.
_UNDIVIDED: frozenset[Any] = frozenset(
    {ast.AnnAssign, ast.Assert, ast.Assign, ast.AugAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.Raise, ast.Return}
)
# At most: a name that is a statement.
_NODES_OF_A_TOKEN = 2
_NO_SIGNS = b" \t\n\r\f_" + bytes(code for code in range(128) if chr(code).isalnum())
_PAIRED = 10
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SIDE_BY_SIDE: Mapping[type[ast.AST], Callable[[Any], int]] = {
    ast.BoolOp: lambda node: len(node.values),
    ast.ExceptHandler: lambda node: 1 + _PAIRED * len(getattr(node.type, "elts", ())),
    ast.ImportFrom: lambda node: 1 + (node.module or "").count("."),
    ast.alias: lambda node: 1 + node.name.count("."),
    ast.Subscript: lambda _: 2,  # take libcst thrice as long as calls
    **dict.fromkeys(_COMPREHENSIONS, lambda node: len(node.generators)),
    **dict.fromkeys(_TRIES, lambda node: 1 + _PAIRED * len(node.handlers)),
}
