from __future__ import annotations

import pytest

from tests.facts.reading import read


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import socket\n", id="anything"),
        pytest.param("class Client:\n    def test_connection(self): pass\n", id="check-of-a-client"),
        pytest.param("def test_connection(): pass\ntest_connection()\n", id="check-of-a-script"),
        pytest.param("from .unittest import x\n", id="relative-import"),
        pytest.param("def testing(): pass\n", id="another-name"),
    ],
)
def test_no_test(code: str) -> None:
    assert not read(code).is_test


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import pytest\n", id="pytest"),
        pytest.param("from unittest import TestCase\n", id="unittest"),
        pytest.param("def test_refused(): pass\n", id="function"),
        pytest.param("class TestClient:\n    def test_refused(self): pass\n", id="method"),
        pytest.param("class ClientTests(Base):\n    def test_refused(self): pass\n", id="method-of-a-subclass"),
    ],
)
def test_a_test(code: str) -> None:
    assert read(code).is_test
