"""Programs that talk over a network, made at random.

Every choice is asked of a `random.Random`, so that one grammar serves hypothesis, which shrinks what fails, and the
long run, which names a program by a seed. The programs always compile; whether they make sense is no concern here.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

DEEPEST = 4

CLASSES = (
    *("ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "ConnectionAbortedError"),
    *("BrokenPipeError", "OSError", "IOError", "EnvironmentError", "TimeoutError", "InterruptedError"),
    *("BlockingIOError", "Exception", "BaseException", "ValueError", "KeyError", "PeerGone", "ERRORS", "self.errors"),
    *("socket.error", "socket.timeout", "socket.gaierror", "socket.herror", "select.error", "ssl.SSLError"),
    *("asyncio.TimeoutError", "asyncio.IncompleteReadError", "asyncio.CancelledError"),
    *("urllib.error.URLError", "urllib.error.HTTPError", "http.client.HTTPException"),
    *("http.client.RemoteDisconnected", "smtplib.SMTPException", "smtplib.SMTPServerDisconnected"),
    *("requests.ConnectionError", "requests.exceptions.ConnectionError", "requests.RequestException"),
    *("requests.exceptions.Timeout", "requests.exceptions.ConnectTimeout", "urllib3.exceptions.HTTPError"),
    *("urllib3.exceptions.NewConnectionError", "urllib3.exceptions.MaxRetryError"),
    *("httpx.ConnectError", "httpx.TransportError", "httpx.HTTPError", "httpx.TimeoutException"),
    *("aiohttp.ClientError", "aiohttp.ClientConnectorError", "aiohttp.ClientConnectionError"),
    *("redis.ConnectionError", "redis.exceptions.ConnectionError", "redis.exceptions.RedisError"),
)

ERRNOS = (
    *("ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ESHUTDOWN", "ETIMEDOUT", "EINPROGRESS"),
    *("EAGAIN", "EWOULDBLOCK", "EINTR", "EHOSTUNREACH", "ENETUNREACH", "ENOTCONN", "EISCONN", "EADDRINUSE"),
)

# `{s}` is a socket's name; the rest is looked up as it stands.
OPERATIONS = (
    *("socket.create_connection((host, port))", "socket.create_connection((host, port), timeout=5)"),
    *("socket.create_connection(address, 10)", "{s}.connect((host, port))", "{s}.connect(address)"),
    *("{s}.connect_ex(address)", "{s}.send(data)", "{s}.sendall(data)", "{s}.recv(4096)", "{s}.sendto(data, address)"),
    *("{s}.accept()", "{s}.makefile().read()", "self.sock.connect(self.address)", "self.sock.sendall(data)"),
    *("self.sock.recv(1024)", "self.connect()", "self.send(data)", "connect()", "fetch(url)", "helper(host)"),
    *("socket.getaddrinfo(host, port)", "ssl.get_server_certificate(address)", "os.write(fd, data)"),
    *("ssl.create_default_context().wrap_socket({s}, server_hostname=host)",),
    *("requests.get(url)", "requests.post(url, json=data, timeout=3)", "requests.request('GET', url)"),
    *("session.get(url)", "self.session.post(url, data=data)", "requests.Session().get(url).json()"),
    *("urllib.request.urlopen(url)", "urllib.request.urlopen(url, timeout=5).read()"),
    *("urllib.request.urlretrieve(url)", "http.client.HTTPConnection(host).request('GET', '/')"),
    *("connection.getresponse()", "smtplib.SMTP(host)", "smtplib.SMTP(host, port, timeout=10)", "ftplib.FTP(host)"),
    *("imaplib.IMAP4_SSL(host)", "xmlrpc.client.ServerProxy(url).ping()", "multiprocessing.connection.Client(address)"),
    *("urllib3.PoolManager().request('GET', url)", "http.request('GET', url)", "httpx.get(url)", "httpx.post(url)"),
    *("client.get(url)", "httpx.Client().get(url)", "redis.Redis(host=host).ping()", "r.get(key)", "self.redis.ping()"),
    *("redis.from_url(url).get(key)", "open(path).read()", "json.loads(data)", "queue.get()", "int(data)"),
)

AWAITED = (
    *("asyncio.open_connection(host, port)", "asyncio.wait_for(asyncio.open_connection(host, port), 5)"),
    *("loop.sock_connect(sock, address)", "loop.sock_sendall(sock, data)", "loop.sock_recv(sock, 100)"),
    *("loop.create_connection(Protocol, host, port)", "writer.drain()", "reader.read(100)", "reader.readexactly(4)"),
    *("session.get(url)", "client.get(url)", "aiohttp.ClientSession().get(url)", "httpx.AsyncClient().get(url)"),
    *("self.connect()", "fetch(url)", "asyncio.open_unix_connection(path)", "redis.asyncio.Redis().ping()"),
)

MAKINGS = (
    *("sock = socket.socket()", "sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)"),
    *("self.sock = socket.socket()", "s = socket.socket(family, kind, proto)", "sock = None", "sock.settimeout(5)"),
    *("sock.setblocking(False)", "session = requests.Session()", "client = httpx.Client()", "r = redis.Redis()"),
    *(
        "http = urllib3.PoolManager()",
        "connection = http.client.HTTPConnection(host)",
        "loop = asyncio.get_event_loop()",
    ),
    *("reader, writer = None, None", "sock: socket.socket = socket.socket()", "a = sock = socket.socket()"),
    *("sock = ssl.wrap_socket(sock)", "self.session = requests.Session()", "address = (host, port)"),
)

STEPS = (
    *("pass", "log.warning('failed')", "print(host, port)", "attempt += 1", "attempts -= 1", "delay *= 2", "delay = 1"),
    *("sock.close()", "self.sock.close()", "self.close()", "del sock", "result = None", "data = data[n:]", "..."),
    *(
        "self.connected = False",
        "results.append(host)",
        "host = hosts.pop()",
        "'''text\n  over lines'''",
        "x = f'{host}:{port}'",
    ),
    *("global counter", "assert sock", "last = None", "errors = []", "sock = socket.socket()", "time.sleep(1)"),
)

SLEEPS = (
    *("time.sleep(1)", "time.sleep(delay)", "time.sleep(2 ** attempt)", "time.sleep(0)", "time.sleep(random.random())"),
    *("self.wait(1)", "event.wait(5)", "time.sleep(min(60, delay))", "select.select([], [], [], 1)", "self.backoff()"),
)

POLICIES = (
    *("tenacity.retry", "tenacity.retry()", "tenacity.retry(stop=tenacity.stop_after_attempt(3))"),
    *("tenacity.retry(wait=tenacity.wait_fixed(1), stop=tenacity.stop_after_attempt(3))",),
    *("tenacity.retry(retry=tenacity.retry_if_exception_type(ConnectionError))",),
    *("tenacity.retry(retry=tenacity.retry_if_exception_type((OSError, TimeoutError)), reraise=True)",),
    *("backoff.on_exception(backoff.expo, requests.exceptions.RequestException, max_tries=5)",),
    *(
        "backoff.on_exception(backoff.constant, ConnectionError, interval=0)",
        "retrying.retry(stop_max_attempt_number=3)",
    ),
    *("retry.retry(ConnectionError, tries=3)", "retry.retry(OSError, tries=3, delay=1, backoff=2)", "functools.cache"),
    *(
        "stamina.retry(on=httpx.HTTPError, attempts=3)",
        "staticmethod",
        "app.task(bind=True)",
        "contextlib.contextmanager",
    ),
)

POLICY_STATEMENTS = (
    *("retries = urllib3.util.retry.Retry(total=5)", "retries = urllib3.Retry(3, backoff_factor=0)"),
    *("adapter = requests.adapters.HTTPAdapter(max_retries=3)", "http = urllib3.PoolManager(retries=3)"),
    *("session.mount('https://', requests.adapters.HTTPAdapter(max_retries=urllib3.util.Retry(total=3)))",),
    *(
        "r = redis.Redis(retry=redis.retry.Retry(redis.backoff.NoBackoff(), 3))",
        "transport = httpx.HTTPTransport(retries=3)",
    ),
)

LOOPS = (
    *("while True", "while 1", "while not connected", "while attempts", "while attempt < 5", "while self.running"),
    *("for attempt in range(5)", "for _ in range(retries)", "for attempt in range(1, 4)", "for host in hosts"),
    *("for delay in (1, 2, 4)", "for attempt in itertools.count()", "for i, url in enumerate(urls)"),
    *(
        "while (attempt := attempt + 1) < 3",
        "while time.monotonic() < deadline",
        "for res in socket.getaddrinfo(host, port)",
    ),
)

TESTS = (
    *("attempt == 4", "attempt >= retries - 1", "not retries", "sock is None", "self.closed", "host", "attempts > 3"),
    *("time.monotonic() > deadline", "data and len(data) > 3", "response.status_code == 503", "__debug__"),
)

COMMENTS = (
    *(
        "# a comment",
        "#",
        "#: spoken of",
        "# noqa",
        "# noqa: CNL201",
        "# noqa:CNL101,CNL102",
        "# NOQA : CNL3",
        "# type: ignore",
    ),
    *(
        "# pragma: no cover",
        "# noqa: E501",
        "# the peer is gone",
        "# \N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
        "# TODO: retry # noqa: CNL301",
    ),
)


@dataclass(frozen=True)
class Compound:
    """A statement with suites: each clause is a header without its colon, and its body."""

    clauses: tuple[tuple[str, tuple[Statement, ...]], ...]


Statement = str | Compound


@dataclass
class Where:
    """What surrounds the statement to come."""

    depth: int = 0
    in_loop: bool = False
    in_function: bool = False
    in_async: bool = False
    caught: str | None = None

    def deeper(self, **changes: Any) -> Where:
        values = {"depth": self.depth + 1, **changes}
        return replace(self, **values)


@dataclass
class Grammar:
    """One program in the making; `spellings` says how it writes each module's name."""

    random: Random
    imports: dict[str, None] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)

    def pick(self, choices: Sequence[str]) -> str:
        return self.random.choice(choices)

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def __post_init__(self) -> None:
        # Most programs talk through one library; where everything is mixed, hardly a handler fits its operation.
        self.theme = self.pick(("socket", "socket", "requests", "urllib", "httpx", "aiohttp", "redis", ""))
        self.operations = [
            each for each in OPERATIONS if self.theme in each or ("{s}" in each and self.theme == "socket")
        ]
        self.classes = [each for each in CLASSES if each.startswith(self.theme) or "." not in each]
        if self.theme and self.maybe(0.5):
            self.classes = [
                each for each in self.classes if each.startswith(self.theme) or "Conn" in each or "Pipe" in each
            ]

    # Names

    def spell(self, expression: str) -> str:
        """Return `expression` with every module's name as this program writes it, and note the import."""
        text = expression
        for module in MODULES:
            start = f"{module}."
            while (found := _find_name(text, start)) >= 0:
                end = found + len(start)
                name = _name_at(text, end)
                text = text[:found] + self._reached(module, name) + text[end + len(name) :]
            if text == module:
                self._reached(module, "")
        return text.replace("\0", "")

    def _reached(self, module: str, name: str) -> str:
        style = self.spellings.get(module)
        if style is None:
            weights = {"import": 10, "from": 6, "as": 2, "renamed": 2, "star": 0.3, "none": 0.3}
            (style,) = self.random.choices(list(weights), list(weights.values()))
            self.spellings[module] = style
        top = module.partition(".")[0]
        if style == "from" and name:
            self.imports[f"from {module} import {name}"] = None
            return f"\0{name}"
        if style == "renamed" and name:
            self.imports[f"from {module} import {name} as _{name}"] = None
            return f"\0_{name}"
        if style == "as":
            self.imports[f"import {module} as {top}_"] = None
            return f"\0{top}_.{name}"
        if style == "star" and name:
            self.imports[f"from {module} import *"] = None
            return f"\0{name}"
        if style != "none":
            self.imports[f"import {module}"] = None
        return f"\0{_hidden(module)}.{name}"

    def operation(self, where: Where) -> str:
        if where.in_async and self.maybe(0.6):
            return f"await {self.spell(self.pick(AWAITED))}"
        given = self.operations if self.operations and self.maybe(0.8) else OPERATIONS
        return self.spell(
            self.pick(given).replace("{s}", self.pick(("sock", "sock", "sock", "s", "self.sock", "client")))
        )

    def exception(self) -> str:
        return self.spell(self.pick(self.classes if self.maybe(0.8) else CLASSES))

    def caught(self) -> str:
        """Return what a handler catches."""
        kind = self.random.random()
        if kind < 0.6:
            return self.exception()
        if kind < 0.9:
            names = [self.exception() for _ in range(self.random.randint(1, 4))]
            return f"({', '.join(names)}{',' if len(names) == 1 or self.maybe(0.1) else ''})"
        return self.pick(("(OSError, *ERRORS)", "(ConnectionError,) + ERRORS", "errors()", "()", "(OSError)"))

    # Statements

    def body(self, where: Where, *, least: int = 1, most: int = 3) -> tuple[Statement, ...]:
        body = [self.statement(where) for _ in range(self.random.randint(least, most))]
        if self.maybe(0.3):
            body.append(self.leave(where))
        return tuple(body)

    def statement(self, where: Where) -> Statement:
        kinds: list[tuple[float, Callable[[Where], Statement]]] = [
            (4, self.step),
            (6, self.tried),
            (3, self.making),
            (1, self.sleep),
            (0.3, self.policy),
            (0.3, self.leave),
        ]
        if where.depth < DEEPEST:
            kinds += [(6, self.try_statement), (2, self.loop), (2, self.with_statement), (2, self.condition)]
            kinds += [(0.5, self.function), (3, self.retry), (2, self.dispatch), (1.5, self.connecting)]
        if where.caught is not None and where.depth < DEEPEST + 1:
            kinds += [(6, self.errno_test)]
        (maker,) = self.random.choices([maker for _, maker in kinds], [weight for weight, _ in kinds])
        return maker(where)

    def step(self, _where: Where) -> str:
        return self.spell(self.pick(STEPS))

    def making(self, _where: Where) -> str:
        return self.spell(self.pick(MAKINGS))

    def policy(self, _where: Where) -> str:
        return self.spell(self.pick(POLICY_STATEMENTS))

    def sleep(self, where: Where) -> str:
        if where.in_async and self.maybe(0.7):
            return f"await {self.spell('asyncio.sleep(1)')}"
        return self.spell(self.pick(SLEEPS))

    def tried(self, where: Where) -> str:
        operation = self.operation(where)
        form = self.random.random()
        if form < 0.4:
            return operation
        if form < 0.8 or not where.in_function:
            return f"{self.pick(('result', 'response', 'self.sock', 'sock', 'data', 'self.x: object', 'a = b'))} = {operation}"
        return f"return {operation}"

    def leave(self, where: Where) -> str:
        choices = ["raise SystemExit(1)", "raise PeerGone('gone')"]
        if where.in_function:
            choices += ["return", "return None", "return result"]
        if where.in_loop:
            choices += ["continue", "continue", "break"]
        if where.caught is not None:
            choices += ["raise", "raise"]
            if where.caught:
                choices += [
                    f"raise {where.caught}",
                    f"raise PeerGone(str({where.caught})) from {where.caught}",
                    f"last = {where.caught}",
                ]
        return self.pick(choices)

    def try_statement(self, where: Where) -> Compound:
        clauses = [("try", self.body(where.deeper(), most=3))]
        star = self.maybe(0.05)
        handlers = self.random.choice((0, 1, 1, 1, 1, 2, 2, 3))
        for index in range(handlers):
            last = index == handlers - 1
            name = self.pick(("", "e", "error", "exc"))
            header = f"except{'*' if star else ''} {self.caught()}{f' as {name}' if name else ''}"
            if last and not star and self.maybe(0.1):
                name, header = "", "except"
            inside = where.deeper(caught=name, **({"in_loop": False, "in_function": False} if star else {}))
            clauses.append((header, self.body(inside)))
        if handlers and self.maybe(0.15):
            clauses.append(("else", self.body(where.deeper(), most=2)))
        if not handlers or self.maybe(0.15):
            clauses.append(("finally", self.body(where.deeper(in_loop=False), most=2)))
        return Compound(tuple(clauses))

    def errno_test(self, where: Where) -> Statement:
        name = where.caught or "e"

        def number() -> str:
            return self.spell(f"errno.{self.pick(ERRNOS)}")

        read = self.pick((f"{name}.errno", f"{name}.args[0]", f"getattr({name}, 'errno', None)"))
        test = self.pick(
            (
                f"{read} == {number()}",
                f"{read} != {number()}",
                f"{read} in ({number()}, {number()})",
                f"{read} not in ({number()}, {number()})",
                f"{read} == {number()} or {read} == {number()}",
                f"{read} != {number()} and {read} != {number()}",
                f"isinstance({name}, {self.caught()})",
                f"not isinstance({name}, {self.exception()})",
                f"{number()} == {read}",
                f"{read} in {{{number()}}}",
                f"{read} == 111",
            )
        )
        clauses = [(f"if {test}", self.body(where.deeper(), most=2))]
        if self.maybe(0.25):
            clauses.append((f"elif {read} == {number()}", self.body(where.deeper(), most=2)))
        if self.maybe(0.5):
            clauses.append(("else", (self.pick(("raise", "pass", "return" if where.in_function else "raise")),)))
        return Compound(tuple(clauses))

    def loop(self, where: Where) -> Compound:
        header = self.spell(self.pick(LOOPS))
        inside = where.deeper(in_loop=True)
        clauses = [(header, self.body(inside, most=3))]
        if where.in_async and self.maybe(0.1):
            clauses = [("async for message in stream", self.body(inside, most=3))]
        if self.maybe(0.2):
            clauses.append(("else", self.body(where.deeper(), most=2)))
        return Compound(tuple(clauses))

    def retry(self, where: Where) -> Compound:
        """Return a loop that tries one operation again when it fails."""
        inside = where.deeper(in_loop=True)
        operation = self.tried(inside)
        goal = ("return result",) if where.in_function and self.maybe(0.3) else ("break",) if self.maybe(0.7) else ()
        in_try = self.maybe(0.5)
        clauses: list[tuple[str, tuple[Statement, ...]]] = [("try", (operation, *(goal if in_try else ())))]
        name = self.pick(("", "e"))
        handling: list[Statement] = [self.step(where) for _ in range(self.random.randint(0, 2))]
        if self.maybe(0.4):
            handling.append(self.sleep(where))
        if self.maybe(0.3):
            handling.append(Compound(((f"if {self.spell(self.pick(TESTS))}", (self.pick(("raise", "break")),)),)))
        handling.append(self.pick(("pass", "continue", "log.warning('again')")))
        clauses.append((f"except {self.caught()}{f' as {name}' if name else ''}", tuple(handling)))
        if goal and not in_try:
            clauses.append(("else", goal))
        attempt: list[Statement] = [Compound(tuple(clauses))]
        if self.maybe(0.2):
            attempt.append(self.sleep(where))
        looped = (self.spell(self.pick(LOOPS)), tuple(attempt))
        if self.maybe(0.1):
            return Compound((looped, ("else", (self.leave(where),))))
        return Compound((looped,))

    def dispatch(self, where: Where) -> Compound:
        """Return a try whose handler acts on some errnos and raises the rest again."""
        name = self.pick(("e", "error"))
        inside = where.deeper(caught=name)

        def number() -> str:
            return self.spell(f"errno.{self.pick(ERRNOS[:6])}")

        acts = (*self.body(inside.deeper(depth=DEEPEST + 2), most=2),)
        bodies: tuple[tuple[Statement, ...], ...] = (
            (Compound(((f"if {name}.errno != {number()}", ("raise",)),)), *acts),
            (Compound(((f"if {name}.errno in ({number()}, {number()})", acts), ("else", ("raise",)))),),
            (Compound(((f"if isinstance({name}, {self.exception()})", acts), ("else", ("raise",)))),),
            (
                Compound(
                    (
                        (f"if {name}.errno == {number()}", acts),
                        (f"elif {name}.errno == {number()}", acts),
                        ("else", ("raise",)),
                    )
                ),
            ),
        )
        caught = self.pick(("OSError", "OSError", self.spell("socket.error"), "ConnectionError", self.caught()))
        clauses = (("try", (self.tried(inside),)), (f"except {caught} as {name}", self.random.choice(bodies)))
        return Compound(clauses)

    def connecting(self, where: Where) -> Compound:
        """Return the making of a socket, and its connect."""
        sock = self.pick(("sock", "self.sock"))
        making = self.spell(f"{sock} = socket.socket({self.pick(('', 'socket.AF_INET, socket.SOCK_STREAM'))})")
        connect = f"{sock}.connect((host, port))"
        if self.maybe(0.5):
            body: tuple[Statement, ...] = (making, *([f"{sock}.settimeout(3)"] if self.maybe(0.5) else []), connect)
        else:
            handler = (f"except {self.caught()}", self.body(where.deeper(depth=DEEPEST + 2), most=2))
            body = (making, Compound((("try", (connect,)), handler)))
        return Compound(
            (
                (
                    f"if {self.spell(self.pick(TESTS))}",
                    (
                        *body,
                        self.pick(
                            (
                                f"return {sock}" if where.in_function else "pass",
                                f"{sock}.sendall(data)",
                                f"self.peers.append({sock})",
                                f"{sock}.close()",
                            )
                        ),
                    ),
                ),
            )
        )

    def manager(self) -> str:
        return self.spell(
            self.pick(
                (
                    f"contextlib.suppress({self.pick(self.classes)}, {self.pick(CLASSES)})",
                    f"contextlib.suppress({self.pick(self.classes)})",
                    "socket.socket() as sock",
                    "socket.create_connection((host, port)) as sock",
                    "contextlib.closing(socket.socket()) as s",
                    "urllib.request.urlopen(url) as response",
                    "requests.Session() as session",
                    "smtplib.SMTP(host) as server",
                    "lock",
                    "open(path) as file",
                )
            )
        )

    def with_statement(self, where: Where) -> Compound:
        items = ", ".join(self.manager() for _ in range(self.random.choice((1, 1, 1, 2))))
        header = f"with ({items})" if self.maybe(0.1) else f"with {items}"
        if where.in_async and self.maybe(0.4):
            session = self.spell("aiohttp.ClientSession() as session")
            header = f"async with {self.pick((session, 'session.get(url) as response', 'asyncio.timeout(5)'))}"
        return Compound(((header, self.body(where.deeper())),))

    def condition(self, where: Where) -> Compound:
        clauses = [(f"if {self.spell(self.pick(TESTS))}", self.body(where.deeper(), most=2))]
        if self.maybe(0.2):
            clauses.append((f"elif {self.spell(self.pick(TESTS))}", self.body(where.deeper(), most=2)))
        if self.maybe(0.3):
            clauses.append(("else", self.body(where.deeper(), most=2)))
        if self.maybe(0.1):
            body = self.body(where.deeper(depth=where.depth + 2), most=2)
            return Compound((("match host", (Compound((("case None", body),)), Compound((("case _", ("pass",)),)))),))
        return Compound(tuple(clauses))

    def function(self, where: Where, *, name: str | None = None, method: bool = False) -> Compound:
        is_async = self.maybe(0.3)
        name = name or self.pick(("connect", "fetch", "run", "send", "helper", "main", "test_it", "backoff"))
        parameters = ["self"] if method else []
        parameters += self.random.sample(("host", "port", "url", "data=None", "retries=3"), self.random.randint(0, 2))
        parameters.sort(key=lambda text: "=" in text)
        if self.maybe(0.2):
            parameters.append(f"sock: {self.spell('socket.socket')} = None")
            parameters.sort(key=lambda text: "=" in text)
        body = self.body(Where(where.depth + 1, in_function=True, in_async=is_async), most=4)
        if self.maybe(0.1):
            body = ('"""Say what it does."""', *body)
        body = tuple(statement for statement in body if statement != "global counter")
        decorator = f"@{self.spell(self.pick(POLICIES))}\n" if self.maybe(0.15) else ""
        header = f"{'async ' if is_async else ''}def {name}({', '.join(parameters)})"
        return Compound(((decorator + header, body or ("pass",)),))

    def class_statement(self) -> Compound:
        name = self.pick(("Client", "Peer", "PeerGone(Exception)", "PeerGone(ConnectionError)", "Worker(Base)"))
        names = self.random.sample(
            ("__init__", "connect", "send", "close", "run", "backoff"), self.random.randint(1, 4)
        )
        body: list[Statement] = [self.function(Where(1), name=each, method=True) for each in names]
        if self.maybe(0.2):
            body.insert(0, "errors = (OSError, ConnectionError)")
        return Compound(((f"class {name}", tuple(body)),))

    def module(self) -> tuple[Statement, ...]:
        """Return the statements of a whole program."""
        body: list[Statement] = []
        if self.maybe(0.3):
            body.append(self.pick(("ERRORS = (OSError, ConnectionResetError)", "ERRORS = ()")))
        if self.maybe(0.2):
            body.append(Compound(((f"class PeerGone({self.exception()})", ("pass",)),)))
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.random()
            if kind < 0.5:
                body.append(self.function(Where()))
            elif kind < 0.75:
                body.append(self.class_statement())
            else:
                body.append(self.statement(Where()))
        return (*self._import_statements(), *body)

    def _import_statements(self) -> list[Statement]:
        lines: list[Statement] = list(self.imports)
        self.random.shuffle(lines)
        if lines and self.maybe(0.1):
            lines[0] = Compound((("try", (lines[0],)), ("except ImportError", ("pass",))))
        if self.maybe(0.1):
            lines.insert(0, "from __future__ import annotations")
        if self.maybe(0.2):
            lines.insert(0, '"""What the program is for."""')
        return lines


MODULES = (
    *("http.client", "urllib.request", "urllib.error", "urllib3.util.retry", "urllib3.util", "urllib3.exceptions"),
    *("requests.adapters", "requests.exceptions", "redis.exceptions", "redis.retry", "redis.backoff", "redis.asyncio"),
    *("xmlrpc.client", "multiprocessing.connection", "socket", "select", "ssl", "asyncio", "smtplib", "ftplib"),
    *("imaplib", "requests", "urllib3", "httpx", "aiohttp", "redis", "errno", "time", "random", "os", "contextlib"),
    *("tenacity", "backoff", "retrying", "retry", "stamina", "functools", "itertools", "json"),
)


def _find_name(text: str, start: str) -> int:
    """Return where `start` stands in `text` as a name of its own, -1 if nowhere."""
    position = text.find(start)
    while position > 0 and (text[position - 1].isalnum() or text[position - 1] in "._\0"):
        position = text.find(start, position + 1)
    return position


def _hidden(module: str) -> str:
    """Return `module` so that `_find_name` passes over it."""
    return module.replace(".", ".\0")


def _name_at(text: str, start: int) -> str:
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[start:end]


# Layout


@dataclass
class Layout:
    """How a program is written down: indentation, line ends, comments, wrapping."""

    random: Random
    indent: str = "    "
    oddity: float = 0.05

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def lines(self, statements: Sequence[Statement], prefix: str = "") -> list[str]:
        """Return the lines of a suite."""
        lines: list[str] = []
        pending = list(statements)
        while pending:
            statement = pending.pop(0)
            if self.maybe(self.oddity):
                at = self.random.choice((prefix, prefix, "", prefix + self.indent))
                lines.append(self.random.choice((f"{at}{self.random.choice(COMMENTS)}", "", "\f")))
            if isinstance(statement, Compound):
                lines += self.compound(statement, prefix)
                continue
            while pending and isinstance(pending[0], str) and "\n" not in statement and self.maybe(self.oddity):
                statement = f"{statement}; {pending.pop(0)}"
            lines.append(prefix + self.trailing(self.wrapped(statement)))
        return lines

    def compound(self, statement: Compound, prefix: str) -> list[str]:
        lines: list[str] = []
        for header, body in statement.clauses:
            *decorators, last = header.split("\n")
            lines += [prefix + self.trailing(self.wrapped(text)) for text in decorators]
            simple = [each for each in body if isinstance(each, str)]
            if len(simple) == len(body) and self.maybe(self.oddity):
                lines.append(f"{prefix}{self.wrapped(last)}: " + self.trailing("; ".join(simple)))
                continue
            colon = " :" if self.maybe(self.oddity / 2) else ":"
            lines.append(prefix + self.trailing(self.wrapped(last) + colon))
            indent = self.random.choice((" ", "  ", "\t", "        ")) if self.maybe(self.oddity / 2) else self.indent
            lines += self.lines(body, prefix + indent)
            if self.maybe(self.oddity / 2):
                lines.append(prefix + self.random.choice(("", self.indent)) + "# after the suite")
        return lines

    def trailing(self, text: str) -> str:
        if self.maybe(self.oddity) and not text.endswith("\\"):
            space = self.random.choice(("", " ", "  ", "\t"))
            return f"{text}{self.random.choice((';', '')) if text[-1:] not in ':,' and '@' not in text[:1] else ''}{space}{self.random.choice(COMMENTS)}"
        return text

    def wrapped(self, text: str) -> str:
        """Return a logical line, now and then over several rows."""
        if "'" in text or '"' in text or not self.maybe(self.oddity):
            return text
        inside = [index for index in range(1, len(text)) if _depth(text, index) and text[index - 1] in "(, "]
        if inside and self.maybe(0.7):
            at = self.random.choice(inside)
            comment = f"  {self.random.choice(COMMENTS)}" if self.maybe(0.3) else ""
            return f"{text[:at].rstrip(' ') if comment else text[:at]}{comment}\n{' ' * self.random.randint(0, 12)}{text[at:]}"
        spaces = [index for index, letter in enumerate(text) if letter == " "]
        if spaces:
            at = self.random.choice(spaces)
            return f"{text[:at]} \\\n{' ' * self.random.randint(0, 8)}{text[at:]}"
        return text


def _depth(text: str, index: int) -> int:
    before = text[:index]
    return sum(map(before.count, "([{")) - sum(map(before.count, ")]}"))


def written(random: Random, statements: Sequence[Statement]) -> str:
    """Return `statements` as text, laid out in one of the ways that programs are."""
    layout = Layout(
        random, random.choice(("    ", "    ", "    ", "  ", "\t", "        ")), random.choice((0.0, 0.05, 0.05, 0.25))
    )
    return "\n".join(layout.lines(statements)) + "\n"


def program(random: Random) -> str:
    """Return a program that compiles."""
    while True:
        text = written(random, Grammar(random).module())
        if compiles(text):
            return text


def snippet(random: Random, *, in_function: bool = False) -> str:
    """Return a statement or two for splicing into other code."""
    grammar = Grammar(random)
    body = grammar.body(Where(2, in_function=in_function), most=2)
    return written(random, (*grammar.imports, *body) if random.random() < 0.5 else body)


def compiles(source: str | bytes) -> bool:
    """Say whether `source` is a program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "file.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def encoded(random: Random, text: str) -> bytes:
    """Return `text` as a file's bytes: with any line ends, a byte order mark or a coding cookie, or none of these."""
    ends = random.choice(("\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r", "mixed"))
    if ends == "mixed":
        pieces = text.split("\n")
        text = "".join(piece + random.choice(("\n", "\r\n")) for piece in pieces[:-1]) + pieces[-1]
    else:
        text = text.replace("\n", ends)
    if random.random() < 0.1:
        text = text.rstrip("\r\n")
    kind = random.random()
    if kind < 0.05:
        return b"\xef\xbb\xbf" + text.encode()
    if kind < 0.1:
        return b"# -*- coding: latin-1 -*-\n" + text.encode("latin-1", "replace")
    return text.encode()
