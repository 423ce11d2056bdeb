"""How long connects wait, held against the real signatures and defaults."""

from __future__ import annotations

import inspect
import sys

import pytest

from connlint import knowledge
from connlint.knowledge.timeouts import BOUNDING, PATIENCE
from tests.knowledge.resolve import MissingError, resolve

GONE = ("nntplib.", "telnetlib.")
# Since Python 3.12 they take their timeout by name only
BY_NAME_NOW = frozenset(
    {"ftplib.FTP_TLS", "http.client.HTTPSConnection", "imaplib.IMAP4_SSL", "poplib.POP3_SSL", "smtplib.SMTP_SSL"}
)
# What these take is told by another callable, which they hand it on to
HANDED_ON = {
    "aiomysql.create_pool": "aiomysql.connect",
    "asyncssh.connect": "asyncssh.SSHClientConnectionOptions.prepare",
    "psycopg2.connect": None,  # libpq's own
    "mysql.connector.connect": None,  # a dictionary of defaults
    "nats.connect": "nats.aio.client.Client.connect",
    "psycopg.AsyncConnection.connect": None,  # libpq's own
    "psycopg.Connection.connect": None,
    "psycopg.connect": None,
    "websocket.WebSocket.connect": None,  # read from its options
    "websockets.legacy.client.connect": None,  # a class
}


@pytest.mark.parametrize("name", PATIENCE)
def test_name_is_canonical_and_an_operation_or_a_class(name: str) -> None:
    assert knowledge.canonical(name) == name
    assert knowledge.operation(name) is not None or knowledge.bases(name) is not None


@pytest.mark.parametrize("name", [name for name, row in PATIENCE.items() if row.parameter is not None])
def test_parameter_is_there_and_at_its_place(name: str) -> None:
    row = PATIENCE[name]
    real = HANDED_ON.get(name, name)
    if real is None or (name.startswith(GONE) and sys.version_info >= (3, 13)):
        pytest.skip("tells its parameters nowhere")
    try:
        called = resolve(real)
    except MissingError:
        pytest.skip("is not installed")
    parameters = inspect.signature(called).parameters  # type: ignore[arg-type]
    assert row.parameter in parameters
    listed = [
        each
        for each, parameter in parameters.items()
        if each != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    if row.position is not None and not (name in BY_NAME_NOW and sys.version_info >= (3, 12)):
        assert listed[row.position] == row.parameter
    elif row.position is None and real == name:
        assert row.parameter not in listed


@pytest.mark.parametrize("name", [name for name, row in PATIENCE.items() if row.default is not None])
def test_own_bound_is_that_of_the_library(name: str) -> None:
    row = PATIENCE[name]
    if row.parameter is None or HANDED_ON.get(name, name) is None:
        pytest.skip("is told elsewhere")
    try:
        called = resolve(HANDED_ON.get(name) or name)
    except MissingError:
        pytest.skip("is not installed")
    found = inspect.signature(called).parameters[row.parameter].default  # type: ignore[arg-type]
    if isinstance(found, (int, float)):
        assert found == row.default


def test_constructors_take_what_their_connects_do_not() -> None:
    for name, row in PATIENCE.items():
        if row.constructor is not None:
            assert PATIENCE[row.constructor].parameter is not None, name


def test_operation_rows_name_the_same_parameter() -> None:
    for name, row in PATIENCE.items():
        operation = knowledge.operation(name)
        if operation is not None and operation.timeout is not None and row.parameter is not None:
            assert operation.timeout == row.parameter, name
            if operation.timeout in operation.parameters:
                assert operation.parameters.index(operation.timeout) == row.position, name


def test_bounds_are_there() -> None:
    missing = []
    for name in sorted(BOUNDING):
        try:
            resolve(name)
        except (MissingError, ModuleNotFoundError):
            missing.append(name)
    assert {name.partition(".")[0] for name in missing} <= {"async_timeout", "eventlet", "gevent"}
