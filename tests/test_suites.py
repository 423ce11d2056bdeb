"""Which statements a fix wrote; `make suites` asks whether real packages' tests execute them."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, fix
from scripts.suites import rows_written

LOOP = b"""\
import socket


def fetch(host):
    for _ in range(3):
        try:
            return socket.create_connection((host, 80), 5)
        except ConnectionRefusedError:
            pass
    raise ConnectionError(host)
"""
TUPLE = b"""\
import socket


def fetch(host):
    try:
        return socket.create_connection((host, 80), 5)
    except (
        TimeoutError,
        OSError,
    ):
        return None
"""
CLAUSE = TUPLE.replace(b"        TimeoutError,\n", b"") + b"    except TimeoutError:\n        return 1\n"


@pytest.mark.parametrize(
    ("before", "code", "statements"),
    [
        pytest.param(LOOP, "CNL201", ["for attempt", "if attempt", "time.sleep"], id="new-and-changed-but-no-import"),
        pytest.param(TUPLE, "CNL106", ["except OSError"], id="clause-made-shorter"),
        pytest.param(CLAUSE, "CNL105", [], id="clause-deleted"),
    ],
)
def test_statements_that_a_fix_wrote(before: bytes, code: str, statements: list[str]) -> None:
    after = fix(before, "x.py", Selection(select=(code,)), unsafe=True).data
    ((place, rows),) = rows_written(before, after, "x.py")
    assert place.startswith(code)
    lines = after.decode().splitlines()
    assert [lines[row - 1].strip() for row in sorted(rows)] == [
        next(line.strip() for line in lines if line.strip().startswith(text)) for text in statements
    ]


def test_deleted_row_is_of_the_statement_around_it() -> None:
    before = TUPLE.replace(b"OSError", b"OSError,\n        ValueError")
    after = before.replace(b"        TimeoutError,\n", b"")
    ((_, rows),) = rows_written(before, after, "x.py")
    assert rows == {7}
