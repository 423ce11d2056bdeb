from __future__ import annotations

import pytest

from connlint.telling import speaks_of_a_peer, speaks_of_connections, words


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
     "download_file", "downloadFile", "fetch_url", "upload", "urlopen", "open_connection", "connect_to_server"],
)  # fmt: skip
def test_calls_that_tell(name: str) -> None:
    assert speaks_of_a_peer(name)


def test_words() -> None:
    assert words("HTTPConnectionError") == ["http", "connection", "error"]
    assert words("_sendRequest2") == ["send", "request", "2"]
