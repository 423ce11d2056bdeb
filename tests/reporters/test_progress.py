"""How far a run is: on a terminal only, and only if it takes long."""

from __future__ import annotations

import io

import pytest

from connlint.reporters.progress import Progress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("connlint.reporters.progress.time.monotonic", lambda: now[0])
    return now


def test_pipe_sees_nothing(clock: list[float]) -> None:
    stream = io.StringIO()
    progress = Progress(10, stream)
    clock[0] += 60
    progress.tick(5)
    progress.hide()
    progress.end()
    assert stream.getvalue() == ""


def test_short_run_shows_nothing(clock: list[float]) -> None:
    stream = Terminal()
    progress = Progress(10, stream)
    clock[0] += 0.5
    progress.tick(5)
    progress.tick(5)
    progress.end()
    assert stream.getvalue() == ""


def test_end_of_a_long_run_shows_nothing(clock: list[float]) -> None:
    stream = Terminal()
    progress = Progress(10, stream)
    clock[0] += 60
    progress.tick(10)
    progress.end()
    assert stream.getvalue() == ""


def test_long_run_counts_files_and_leaves_nothing_behind(clock: list[float]) -> None:
    stream = Terminal()
    progress = Progress(10, stream)
    progress.tick(2)
    clock[0] += 1.5
    progress.tick(3)
    assert "5/10" in stream.getvalue()
    progress.end()
    assert stream.getvalue().rstrip("\r").rpartition("\r")[2].strip() == ""
