from __future__ import annotations

import pytest

from connlint import knowledge

SAME = [
    "ConnectionError",
    "requests.get",
    "requests.exceptions.ConnectionError",
    "socket.socket.connect",
    "asyncio.sleep",
    "somewhere.socket.error",
    "socketserver.TCPServer",
]

CANONICAL = {
    "socket.error": "OSError",
    "IOError": "OSError",
    "builtins.ConnectionError": "ConnectionError",
    "socket.timeout": "TimeoutError",
    "asyncio.exceptions.TimeoutError": "TimeoutError",
    "asyncio.streams.open_connection": "asyncio.open_connection",
    "gevent.socket.create_connection": "socket.create_connection",
    "eventlet.green.socket.error": "OSError",
    "six.moves.http_client.HTTPException": "http.client.HTTPException",
    "httplib.BadStatusLine": "http.client.BadStatusLine",
    "urllib2.urlopen": "urllib.request.urlopen",
    "requests.ConnectionError": "requests.exceptions.ConnectionError",
    "requests.packages.urllib3.exceptions.ConnectionError": "urllib3.exceptions.ProtocolError",
    "requests.sessions.Session.get": "requests.Session.get",
    "redis.StrictRedis.get": "redis.Redis.get",
    "redis.ConnectionError": "redis.exceptions.ConnectionError",
    "redis.asyncio.client.Redis": "redis.asyncio.Redis",
    "aiohttp.client_exceptions.ClientError": "aiohttp.ClientError",
    "_socket.socket.send": "socket.socket.send",
}


@pytest.mark.parametrize("name", SAME)
def test_names_that_stay(name: str) -> None:
    assert knowledge.canonical(name) == name


@pytest.mark.parametrize(("name", "expected"), CANONICAL.items())
def test_canonical(name: str, expected: str) -> None:
    assert knowledge.canonical(name) == expected


NO_FAILURE = [
    "?",
    "<file>.Error",
    "AttributeError",
    "BaseException",
    "BlockingIOError",
    "EOFError",
    "Exception",
    "FileNotFoundError",
    "InterruptedError",
    "ValueError",
    "asyncio.CancelledError",
    "json.JSONDecodeError",
    "ftplib.error_perm",
    "httpx.HTTPStatusError",
    "httpx.UnsupportedProtocol",
    "redis.exceptions.AuthenticationError",
    "redis.exceptions.ResponseError",
    "requests.exceptions.HTTPError",
    "requests.exceptions.JSONDecodeError",
    "smtplib.SMTPAuthenticationError",
    "urllib.error.HTTPError",
]

FAILURE = [
    "BrokenPipeError",
    "ConnectionError",
    "ConnectionRefusedError",
    "OSError",
    "TimeoutError",
    "aiohttp.ClientConnectorError",
    "aiohttp.ClientError",
    "asyncio.IncompleteReadError",
    "http.client.HTTPException",
    "http.client.RemoteDisconnected",
    "httpx.ConnectError",
    "httpx.HTTPError",
    "imaplib.IMAP4.abort",
    "redis.exceptions.ConnectionError",
    "redis.exceptions.RedisError",
    "requests.exceptions.ConnectTimeout",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.RequestException",
    "smtplib.SMTPException",
    "socket.gaierror",
    "ssl.SSLError",
    "urllib.error.URLError",
    "urllib3.exceptions.HTTPError",
    "urllib3.exceptions.MaxRetryError",
]


@pytest.mark.parametrize("name", NO_FAILURE)
def test_speaks_of_something_else(name: str) -> None:
    assert not knowledge.is_connection_failure(name)


@pytest.mark.parametrize("name", FAILURE)
def test_speaks_of_connections_that_fail(name: str) -> None:
    assert knowledge.is_connection_failure(name)


OPAQUE = ["json.load", "shutil.copyfileobj", "asyncio.run", "asyncio.gather", "pickle.load", "mymodule.time.sleep", "x"]
HARMLESS = ["json.loads", "time.sleep", "logging.Logger.info", "os.path.join", "datetime.datetime.now", "open"]


@pytest.mark.parametrize("name", OPAQUE)
def test_nothing_is_known_of(name: str) -> None:
    assert not knowledge.is_harmless(name)
    assert knowledge.operation(name) is None


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert knowledge.is_harmless(name)


# The handlers that connlint narrows, by the issue that it began with
NARROWED = {
    "socket.create_connection": {"ConnectionRefusedError"},
    "socket.socket.accept": {"ConnectionAbortedError"},
    "socket.socket.connect": {"ConnectionRefusedError"},
    "socket.socket.recv": {"ConnectionResetError"},
    "socket.socket.sendall": {"BrokenPipeError", "ConnectionResetError"},
    "socket.socket[SOCK_DGRAM].recv": {"ConnectionRefusedError"},
}


@pytest.mark.parametrize(("name", "expected"), NARROWED.items())
def test_connection_errors_of_an_operation(name: str, expected: set[str]) -> None:
    row = knowledge.operation(name)
    assert row is not None
    assert {each.raises for each in row.failures if "ConnectionError" in knowledge.lineage(each.raises)} == expected


FOREIGN = ["requests.get", "httpx.get", "redis.Redis.get", "urllib3.PoolManager.request", "aiohttp.ClientSession.get"]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_client_library_raises_classes_of_its_own(name: str) -> None:
    row = knowledge.operation(name)
    assert row is not None
    for failure in row.failures:
        if failure.raises != "aiohttp.ClientConnectionResetError":  # the one exception, when we write to a lost line
            assert "ConnectionError" not in knowledge.lineage(failure.raises)


RESULTS = {
    "socket.create_connection": "socket.socket",
    "socket.socket": "socket.socket",
    "socket.socket.accept": ("socket.socket", "tuple"),
    "ssl.SSLContext.wrap_socket": "ssl.SSLSocket",
    "asyncio.open_connection": ("asyncio.StreamReader", "asyncio.StreamWriter"),
    "requests.session": "requests.Session",
    "redis.from_url": "redis.Redis",
    "requests.Session": "requests.Session",
    "somewhere.Thing": None,
}


@pytest.mark.parametrize(("name", "expected"), RESULTS.items())
def test_returns(name: str, expected: str | tuple[str, ...] | None) -> None:
    assert knowledge.returns(name) == expected


def test_wildcard_rows_stand_for_every_method() -> None:
    row = knowledge.operation("xmlrpc.client.ServerProxy.whatever")
    assert row is not None
    assert row.name == "xmlrpc.client.ServerProxy.*"
    assert knowledge.operation("xmlrpc.client.ServerProxy") is None


@pytest.mark.parametrize("module", sorted(set(knowledge.CLIENTS.values())))
def test_table_tells_only_of_packages_that_lead_to_it(module: str) -> None:
    """A name is looked up in the table of its package alone: what another one told of it nobody would find."""
    library = knowledge.client(module)
    assert library is not None
    rows = (row.name for row in library.operations)
    kinds = (library.aliases, library.bases, library.returns, library.attributes, library.harmless, library.groups)
    told = {name.partition(".")[0] for name in (*rows, *(name for names in kinds for name in names))}
    assert told == {package for package, known in knowledge.CLIENTS.items() if known == module}
