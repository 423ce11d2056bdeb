from __future__ import annotations

import pytest

from connlint.telling import (
    is_request,
    may_tell_of_a_connect,
    speaks_of_a_peer,
    speaks_of_a_transfer,
    speaks_of_connecting,
    speaks_of_connections,
    words,
)


@pytest.mark.parametrize(
    "name",
    [
        ".errors.NotFoundError",
        "project.ConnectionTimeout",
        ".errors.InvalidRequestError",
        ".errors.HTTPError",
        "x.NetworkConfigurationError",
        "x.SocketPortInUseException.Timeout",
        "x.Retry",
        ".compat.RETRYABLE_ERRORS",
        "x.AuthenticationError",
        "x.ConnectionPoolExceededError",
    ],
)
def test_classes_that_tell_nothing(name: str) -> None:
    assert not speaks_of_connections(name)


@pytest.mark.parametrize(
    "name",
    [
        ".errors.TransportError",
        "<file>.NetworkFailure",
        "kafka.errors.BrokerConnectionError",
        ".compat.RETRYABLE_HTTP_ERRORS",
        ".compat.CONNECTION_ERRORS",
        "x.Disconnected",
        "x.RPCError",
        "x.HostUnreachable",
        "x.ClientConnectorError",
        ".compat.URLError",
        "s3transfer.utils.S3_RETRYABLE_DOWNLOAD_ERRORS",
    ],
)
def test_classes_that_tell(name: str) -> None:
    assert speaks_of_connections(name)


@pytest.mark.parametrize(
    "name",
    [
        "disconnect",
        "is_connected",
        "on_connect",
        "handle_request",
        "build_request",
        "parse_request",
        "request_shutdown",
        "request_id",
        "get_connection",
        "fetchone",
        "connect_signal",
        "compute",
        "upload_form_valid",
        "",
    ],
)
def test_calls_that_tell_nothing(name: str) -> None:
    assert not speaks_of_a_peer(name)


@pytest.mark.parametrize(
    "name",
    ["connect", "_connect", "reconnect", "self.client.connect", "_do_request", "make_request", "sendRequest",
     "download_file", "downloadFile", "fetch_url", "upload", "urlopen", "open_connection", "connect_to_server", "ping", "connect_tcp",
     "open_tcp_stream"],
)  # fmt: skip
def test_calls_that_tell(name: str) -> None:
    assert speaks_of_a_peer(name)


@pytest.mark.parametrize("name", ["get_connection", "connect_signal", "disconnect", "ping", "request"])
def test_calls_that_do_not_connect(name: str) -> None:
    assert not speaks_of_connecting(name)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (("get", "self.session", "key"), False),
        (("get", "cache", "url"), False),
        (("add", "session", "url"), False),
        (("get", "self._session", "self.base_url"), True),
        (("post", "http_client", "endpoint"), True),
    ],
)
def test_requests_of_clients(call: tuple[str, str, str], *, expected: bool) -> None:
    assert is_request(*call) is expected


@pytest.mark.parametrize("name", ["sqlite3.OperationalError", "x.ParamValidationError", "x.Interrupted", "x.AuthError"])
def test_classes_that_no_connect_fails_with(name: str) -> None:
    assert not may_tell_of_a_connect(name)


@pytest.mark.parametrize("name", ["psycopg2.OperationalError", "mysql.connector.Error", "paramiko.SSHException"])
def test_classes_that_a_connect_may_fail_with(name: str) -> None:
    assert may_tell_of_a_connect(name)


def test_transfers() -> None:
    assert speaks_of_a_transfer("botocore.exceptions.ReadTimeoutError")
    assert speaks_of_a_transfer("botocore.exceptions.IncompleteReadError")
    assert not speaks_of_a_transfer("x.LockTimeoutError")


def test_words() -> None:
    assert words("HTTPConnectionError") == ["http", "connection", "error"]
    assert words("_sendRequest2") == ["send", "request", "2"]
