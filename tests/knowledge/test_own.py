"""What a project tells of its own operations is known like what the tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint import knowledge
from connlint.engine import Selection, check
from connlint.options import DEFAULTS, Options, OwnOperation

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = Options(
    operations=(
        OwnOperation("acme.client.Client.call", "request", (("refused", "acme.errors.ConnectionError"),)),
        OwnOperation("acme.client.dial", "connect", (("refused", "ConnectionRefusedError"),)),
        OwnOperation("requests.api.get", "request", (("refused", "acme.errors.ConnectionError"),)),
    ),
    exceptions=(("acme.errors.ConnectionError", ("Exception",)),),
)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    knowledge.add_own(DEFAULTS)


@pytest.mark.parametrize("name", ["acme.client.Client.call", ".client.Client.call", "...Client.call"])
def test_own_operation_is_known_by_its_name_and_by_relative_ones(name: str) -> None:
    knowledge.add_own(OWN)
    row = knowledge.operation(knowledge.canonical(name))
    assert row is not None
    assert row.name == "acme.client.Client.call"


def test_own_operation_goes_before_the_tables() -> None:
    knowledge.add_own(OWN)
    row = knowledge.operation("requests.get")
    assert row is not None
    assert [failure.raises for failure in row.failures] == ["acme.errors.ConnectionError"]


def test_nothing_is_left_of_another_projects_own() -> None:
    before = knowledge.operation("requests.get")
    knowledge.add_own(OWN)
    assert knowledge.is_connection_failure("acme.errors.ConnectionError")
    knowledge.add_own(DEFAULTS)
    assert knowledge.operation("requests.get") is before
    assert knowledge.operation("acme.client.Client.call") is None
    assert not knowledge.is_connection_failure("acme.errors.ConnectionError")
    assert knowledge.canonical(".client.Client") == ".client.Client"


FOREIGN = """\
from .client import Client


def ask(question):
    client = Client()
    try:
        return client.call(question)
    except ConnectionError:
        return None
"""


def test_rules_speak_of_own_operations() -> None:
    assert check(FOREIGN.encode(), "ask.py", Selection()).diagnostics == ()
    found = check(FOREIGN.encode(), "ask.py", Selection(options=OWN)).diagnostics
    assert [item.code for item in found] == ["CNL103"]
    assert "acme.errors.ConnectionError" in found[0].message
