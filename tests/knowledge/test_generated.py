"""The tables of the client libraries' classes are what the installed libraries hold."""

from __future__ import annotations

import pytest

from scripts import knowledge as generator


@pytest.mark.parametrize("library", generator.SOURCES)
def test_table_is_what_is_installed(library: str) -> None:
    assert generator.differing([library]) == [], "run `make knowledge`, and read what has changed"
