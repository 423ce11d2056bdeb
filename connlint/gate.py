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
import re
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from connlint.telling import is_request, speaks_of_a_peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connlint.options import Options

# The packages through which the tables' operations are reached; and what the text, or the names that the file imports
# (`os.write`, `os as`), must hold besides, for the packages that most files import for other reasons.
NETWORK: Mapping[str, re.Pattern[bytes] | None] = {
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
    "asyncio": re.compile(rb"_connection|sock_|Stream|start_tls|getaddrinfo|getnameinfo|IncompleteRead|\.\*"),
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
    "http": re.compile(rb"client|\.\*"),
    "httpcore": None,
    "httplib": None,
    "httpx": None,
    "imaplib": None,
    "kafka": None,
    "kombu": None,
    "ldap3": None,
    "multiprocessing": re.compile(rb"connection|Client|Listener|Pipe|\.\*"),
    "mysql": None,
    "nats": None,
    "nntplib": None,
    "opensearchpy": None,
    "os": re.compile(rb"\bos[\s\\]*\.[\s\\]*(?:write|\*)|\bos as"),
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
    "six": re.compile(rb"http|urllib|xmlrpc|[Ss]ocket|\.\*"),
    "smtplib": None,
    "socket": None,
    "socketserver": None,
    "ssl": None,
    "telnetlib": None,
    "trio": None,
    "urllib": re.compile(rb"\burllib[\s\\]*\.[\s\\]*(?:error|request|\*)|\burllib as"),
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
_HANDLING = (b"except", b"suppress")
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
_TELLING = (
    *_TELLING_CLASS,
    b"equest",
    b"ownload",
    b"pload",
    b"etch",
    b"dial",
    b"Dial",
    b"urlopen",
    b"ping",
    b"url",
    b"uri",
    b"endpoint",
)
_CONNECT_EX = (b"connect_ex",)
_ERRNO_READ = (b"errno", b".args", b"exc_info")
_ERRNO = (b"ECONN", b"EPIPE", b"ESHUTDOWN")
_POLICY = (b"retry", b"Retry", b"backoff", b"tenacity", b"stamina", b"HTTPAdapter", b"interval_st")
_POLICY_BY_KEYWORD = (b"autoretry_for", b"countdown", b"default_retry_delay", b"interval_st", b"api_core")
_TIMEOUT = (b"TimeoutError",)
_CODE = (b"CNL", b"Cnl", b"cnl")

# All words, for a measure of what a search for them costs.
WORDS = tuple(
    sorted({*_HANDLING, *_CONNECTING, *_CONNECTION_CLASS, *_TELLING, *_ERRNO, *_POLICY, *_POLICY_BY_KEYWORD, *_TIMEOUT})
)

_ERRNO_NUMBER = re.compile(rb"\b(?:32|103|104|108|111|10053|10054|10058|10061)\b")
_NOQA = re.compile(rb"(?i:noqa\b)")
_CODE_OF_OURS = re.compile(rb"(?i:\bcnl)")
_CONNECTS = re.compile(
    rb"\b(?:connect|connect_ex|connect_robust|connect_tcp|connect_unix|create_connection|create_unix_connection"
    rb"|ensure_connection|get_server_certificate|open_connection|open_ssl_over_tcp_stream|open_tcp_stream"
    rb"|open_unix_connection|open_unix_socket|sock_connect|ws_connect|Client|HTTPS?Connection|RedisCluster|ValkeyCluster|%s)\b"
    % "|".join(sorted(CONNECTING)).encode()
)
_PACKAGE = re.compile(rb"\b(?:%s)\b" % "|".join(NETWORK).encode())

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
_UNRELATED_NAME = re.compile(rb"\b(?:%s)\b" % "|".join(sorted(_UNRELATED)).encode())
_RENAMED = re.compile(rb"\b(?:as|class)[\s\\]+%s" % _UNRELATED_NAME.pattern)
_UP_TO_ASSIGNMENT = re.compile(rb"[\w\s\\,:.)]*(=(?!=))?")
_BROAD = frozenset({"BaseException", "Exception"})

# The one class of connections that is often caught where nothing else speaks of the network, and what takes it.
_TIMEOUTS = frozenset({"TimeoutError"})
_TAKE_TIMEOUTS = _BROAD | _TIMEOUTS | {"EnvironmentError", "IOError", "OSError"}

# With what a handler sorts out what it took.
_SORTING = (b"errno", b"args", b"exc_info", b"isinstance", b"type(", b"__class__", b"match")

_COOKIE = re.compile(rb"\A(?:.*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_AMBIGUOUS = re.compile(rb"(?i:utf.?7|u7|escape|punycode|idna)")


class Verdict(NamedTuple):
    """What the gate says: whether the file is a candidate, or the problem that keeps it from being read."""

    candidate: bool
    problem: str | None = None


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
    text = _Text(data, options)
    families = [family for family in _FAMILIES if wanted(family.prefix) and family.may_speak(text)]
    if tree is None:
        tree, problem = _parsed(data)
        if tree is None:
            return Verdict(False, problem)
    if not families:
        return Verdict(False)
    seen = _look(tree, text)
    if not any(family.can_speak(text, seen) for family in families):
        return Verdict(False)
    problem = too_much(tree, data)
    return Verdict(problem is None, problem)


def suppresses(data: bytes) -> bool:
    """Say whether the file content `data` may hold a comment that suppresses one of our codes."""
    return _Suppressions.can_speak(_Text(data), None)


def _parsed(data: bytes) -> tuple[ast.Module | None, str | None]:
    """Return the tree of `data`, or the problem with it. What the parser warns of is other linters' business."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data), None
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
        self._own = tuple({own.name.rpartition(".")[2].encode() for own in options.operations}) if options else ()
        self._words: dict[tuple[bytes, ...], bool] = {}
        self._patterns: dict[re.Pattern[bytes], bool] = {}
        cookie = _COOKIE.match(data)
        # In these encodings a word can be written in several ways, so that not to find one says nothing.
        self._plain = cookie is None or _AMBIGUOUS.search(cookie[1]) is None

    def has(self, words: tuple[bytes, ...]) -> bool:
        """Say whether one of `words` may be in the text."""
        found = self._words.get(words)
        if found is None:
            data = self._data
            found = self._words[words] = not self._plain or any(word in data for word in words)
        return found

    def matches(self, pattern: re.Pattern[bytes]) -> bool:
        """Say whether `pattern` may be in the text."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = not self._plain or pattern.search(self._data) is not None
        return found

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
    def names_own_operation(self) -> bool:
        """True if an operation of the project's own may be named."""
        return bool(self._own) and self.has(self._own)

    @cached_property
    def imports_network(self) -> bool:
        """True if a line that imports may name one of the packages, or the text an operation of the project's own."""
        if not self._plain or self.names_own_operation:
            return True
        return _PACKAGE.search(b"\n".join(_importing_lines(self._data))) is not None

    @cached_property
    def names_connection_errno(self) -> bool:
        """True if an errno that only connections have may be named, or written as a number."""
        return self.has(_ERRNO) or (self.has(_ERRNO_READ) and self.matches(_ERRNO_NUMBER))


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
    """What the walk over the statements has seen; `imports` are dotted names, one a line."""

    packages: frozenset[str]
    imports: bytes
    handlers: frozenset[_Handler]
    takes_timeouts_twice: bool = False

    def reaches_network(self, text: _Text) -> bool:
        """Say whether the file imports something through which the network can be reached."""
        if text.names_own_operation:
            return True
        for package in self.packages & NETWORK.keys():
            needed = NETWORK[package]
            if needed is None or text.matches(needed) or needed.search(self.imports):
                return True
        return False


class _Handler(NamedTuple):
    """What matters of a handler: whether it names a class that may mean connections or sorts out what it took (else it
    takes all of them or none), whether it may read an errno, whether it is in a loop, and whether the names there (of
    a class that it takes, or of a call that it guards) tell of the network."""

    telling: bool
    reads_errno: bool
    in_loop: bool
    by_name: bool = False


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = frozenset({ast.For, ast.AsyncFor, ast.While})
_WITHS = frozenset({ast.With, ast.AsyncWith})
_TRIES = frozenset({ast.Try, ast.TryStar})

# The fields that hold statements, or what holds statements in turn.
_BLOCKS: Mapping[type[ast.AST], tuple[str, ...]] = {
    **dict.fromkeys((ast.If, *_LOOPS), ("body", "orelse")),
    **dict.fromkeys((*_FUNCTIONS, *_WITHS, ast.ExceptHandler, ast.match_case), ("body",)),
    **dict.fromkeys(_TRIES, ("body", "handlers", "orelse", "finalbody")),
    ast.Match: ("cases",),
}


def _look(tree: ast.Module, text: _Text) -> _Seen:
    """Walk the statements of `tree`, and of its expressions only those that name what is handled."""
    imports: list[str] = []
    handlers: set[_Handler] = set()
    unrelated: set[_Handler] = set()
    withs_handle = text.has(_SUPPRESS)
    twice = False
    timeouts_handled = text.has(_TIMEOUT)
    stack: list[tuple[list[ast.AST], bool]] = [([*tree.body], False)]
    while stack:
        body, in_loop = stack.pop()
        for node in body:
            kind = node.__class__
            blocks = _BLOCKS.get(kind)
            if blocks is None:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    imports += _imported(node)
                continue
            if isinstance(node, ast.ExceptHandler):
                caught = _caught(node)
                reads_errno, sorts = _sorting(node) if text.has(_SORTING) else (False, False)
                if caught <= _UNRELATED:
                    unrelated.add(_Handler(telling=True, reads_errno=reads_errno, in_loop=in_loop))
                else:
                    handlers.add(_Handler(sorts or not caught <= _UNRELATED | _BROAD, reads_errno, in_loop))
            elif kind in _TRIES and timeouts_handled and not twice:
                twice = _takes_timeouts_twice(node)
            if withs_handle and kind in _WITHS:
                handlers.add(_Handler(telling=True, reads_errno=False, in_loop=in_loop))
            elif in_loop and kind in _TRIES and _guards_telling_call(node):
                handlers.add(_Handler(telling=False, reads_errno=False, in_loop=True, by_name=True))
            inner = in_loop or kind in _LOOPS
            for field in blocks:
                block = getattr(node, field)
                if block:
                    stack.append((block, inner))
    if unrelated and (text.rebinds_unrelated or not _UNRELATED.isdisjoint(name.rpartition(".")[2] for name in imports)):
        handlers |= unrelated
    packages = frozenset(re.split(r"[. ]", name, maxsplit=1)[0] for name in imports)
    return _Seen(packages, "\n".join(imports).encode(), frozenset(handlers), twice)


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that `node` imports, those that it renames marked by ` as`."""
    if isinstance(node, ast.Import):
        return [f"{alias.name} as" if alias.asname else alias.name for alias in node.names]
    return [f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names]


def _guards_telling_call(node: ast.AST) -> bool:
    """Say whether the `try` of `node` takes what a call may raise whose name tells that it reaches a peer."""
    statement = cast("ast.Try", node)
    if all(_caught(handler) <= _UNRELATED for handler in statement.handlers):
        return False
    stack: list[ast.AST] = [*statement.body]
    while stack:
        part = stack.pop()
        if part.__class__ is ast.Call:
            func = part.func
            name = func.attr if func.__class__ is ast.Attribute else getattr(func, "id", "")
            if speaks_of_a_peer(name) or (func.__class__ is ast.Attribute and _is_request(part)):
                return True
        stack += ast.iter_child_nodes(part)
    return False


def _is_request(call: Any) -> bool:
    """Say whether `call`, of a method, is by its names the request of a client."""
    receiver = _last(call.func.value)
    return any(is_request(call.func.attr, receiver, _last(arg)) for arg in call.args[:1]) or any(
        keyword.arg == "url" and is_request(call.func.attr, receiver, "url") for keyword in call.keywords
    )


def _last(node: ast.AST) -> str:
    """Return the last part of the name that `node` is, nothing if it is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _takes_timeouts_twice(node: ast.AST) -> bool:
    """Say whether two clauses of the `try` of `node` may take a `TimeoutError`, the later one by its name.

    The later one may also name a class of the file that derives from it; what it takes by a builtin it names.
    """
    taken = False
    for handler in cast("ast.Try", node).handlers:
        names = _caught(handler, last=True)
        if taken and any(name in _TIMEOUTS or name not in _BUILTINS for name in names):
            return True
        taken = taken or any(name in _TAKE_TIMEOUTS or name not in _BUILTINS for name in names)
    return False


def _caught(handler: ast.ExceptHandler, *, last: bool = False) -> set[str]:
    """Return the plain names of the classes after `except`; what is no plain name is the empty one.

    With `last`, the last part of a dotted name counts as one.
    """
    if handler.type is None:
        return {"BaseException"}
    classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {_last(item) if last or isinstance(item, ast.Name) else "" for item in classes}


def _sorting(handler: ast.ExceptHandler) -> tuple[bool, bool]:
    """Say whether `handler` may read an errno, and whether it may sort out, by that or by class, what it took."""
    sorts = False
    for node in ast.walk(handler):
        if isinstance(node, ast.Match):
            sorts = True
            continue
        if isinstance(node, ast.Compare):
            sorts |= _is_class(node.left)
            continue
        if isinstance(node, ast.Name):
            word = node.id
        elif isinstance(node, ast.Attribute):
            word = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            word = node.value
        else:
            continue
        if "errno" in word or word in {"args", "exc_info"}:
            return True, True
        sorts |= word == "isinstance"
    return False, sorts


def _is_class(node: ast.expr) -> bool:
    """Say whether `node` is the class of something: `type(e)`, `e.__class__`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


class _Handlers:
    prefix = "CNL1"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        if not text.has(_HANDLING):
            return False
        return text.imports_network or text.has(_CONNECTION_CLASS) or text.names_connection_errno

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        if any(handler.reads_errno for handler in seen.handlers) and text.names_connection_errno:
            return True
        telling = any(handler.telling for handler in seen.handlers)
        return telling and (text.has(_CONNECTION_CLASS) or text.has(_ERRNO) or seen.reaches_network(text))


class _Ladders:
    prefix = "CNL105"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.has(_HANDLING) and text.has(_TIMEOUT)

    @staticmethod
    def can_speak(_text: _Text, seen: _Seen) -> bool:
        return seen.takes_timeouts_twice


class _Redundant:
    prefix = "CNL106"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.has(_HANDLING) and text.has(_TIMEOUT)

    @staticmethod
    def can_speak(_text: _Text, seen: _Seen) -> bool:
        return any(handler.telling for handler in seen.handlers)


class _Retries:
    prefix = "CNL2"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        # No search for the words that loop: hardly a file is without them.
        handles = text.has(_HANDLING) and (text.has(_TELLING) or text.has(_CONNECTION_CLASS) or text.imports_network)
        return handles or text.has(_POLICY)

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        in_loop = any(handler.in_loop for handler in seen.handlers)
        if in_loop and (text.has(_CONNECTION_CLASS) or seen.reaches_network(text)):
            return True
        if any(handler.by_name for handler in seen.handlers):
            return True
        if text.has(_TELLING_CLASS) and any(handler.telling and handler.in_loop for handler in seen.handlers):
            return True
        return text.has(_POLICY) and (not POLICIES.isdisjoint(seen.packages) or text.has(_POLICY_BY_KEYWORD))


class _Reuses:
    """What is tried again by the result of a connect, with no handler."""

    prefix = "CNL210"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.has(_CONNECT_EX) and text.imports_network

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return text.has(_CONNECT_EX) and seen.reaches_network(text)


class _Connects:
    prefix = "CNL3"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.names_own_operation or (text.has(_CONNECTING) and text.imports_network)

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return text.names_own_operation or (text.matches(_CONNECTS) and seen.reaches_network(text))


class _PreparedConnects:
    """What connects by its first request, and is named neither after connecting nor among the packages that do."""

    prefix = "CNL303"

    @staticmethod
    def may_speak(text: _Text) -> bool:
        return text.has(_PREPARING) and text.imports_network

    @staticmethod
    def can_speak(text: _Text, seen: _Seen) -> bool:
        return seen.reaches_network(text)


class _BlockingPreparedConnects(_PreparedConnects):
    prefix = "CNL305"


class _Suppressions:
    prefix = "CNL9"

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
    _Reuses,
    _Connects,
    _PreparedConnects,
    _BlockingPreparedConnects,
    _Suppressions,
)

# Of the families above, those of one rule that speaks only if it is asked to.
OFF_BY_DEFAULT = frozenset({_Redundant.prefix, _PreparedConnects.prefix, _BlockingPreparedConnects.prefix})


_TOO_DEEP = "is nested too deeply to be analysed"
_TOO_LARGE = "is too large to be analysed"


def too_much(tree: ast.Module, data: bytes) -> str | None:
    """Say why libcst must not see the file of `tree`, whose content is `data`; None if it may.

    What `ast` holds side by side and libcst one within the other (the terms of `a and b and c`, the `for` clauses of a
    comprehension, the parts of a dotted import) counts as levels, and so does what is compared pair by pair: clauses.
    """
    nodes = 0
    headers: list[tuple[int, int]] = []
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
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
        fields = _FIELDS.get(kind)
        if fields is None:
            fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
        for field in fields:
            value = getattr(node, field)
            if value.__class__ is list:
                stack += [(item, level) for item in value if isinstance(item, ast.AST)]
                nodes += len(value)
            elif isinstance(value, ast.AST):
                stack.append((value, level))
                nodes += 1
    if nodes > MOST_NODES:
        return _TOO_LARGE
    return _TOO_DEEP if headers and _tries(data, headers) > MOST_TRIES else None


def _tries(data: bytes, headers: Iterable[tuple[int, int]]) -> int:
    """Return how often libcst tries to read what stands in the rows `headers`, first and last ones, counted from 1.

    The text is asked and not the tree, which has no brackets around what is but put in brackets.
    """
    lines = _LINE_END.split(data)
    tries = 0
    for first, last in headers:
        depth = deepest = 0
        for bracket in _BRACKET.findall(b"\n".join(lines[first - 1 : last])):
            depth = max(depth + _BRACKETS[bracket], 0)
            deepest = max(deepest, depth)
        tries += 2 ** min(deepest, 64)
    return tries


def _rows_of_cases(node: ast.Match) -> Iterator[tuple[int, int]]:
    end = node.subject.end_lineno
    for case in node.cases:
        yield end or 1, case.body[0].lineno
        end = case.body[-1].end_lineno


_LINE_END = re.compile(rb"\r\n|\r|\n")
_BRACKET = re.compile(rb"[][(){}]")
_BRACKETS = {b"(": 1, b"[": 1, b"{": 2, b")": -1, b"]": -1, b"}": -2}
_HEADERS: Mapping[type[ast.AST], Callable[[Any], Iterable[tuple[int, int]]]] = {
    ast.Match: _rows_of_cases,
    ast.Delete: lambda node: [(node.lineno, node.end_lineno)],
}
_LEAVES = frozenset({"attr", "ctx", "id", "kind", "n", "op", "ops", "s"})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
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
