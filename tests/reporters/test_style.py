"""Colour and width: the carets stand under what they mean, whatever the line holds."""

from __future__ import annotations

import io
import unicodedata

import pytest

from connlint.reporters.style import Style


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "coloured"),
    [
        pytest.param({}, False, False, id="file"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, True, False, id="no-color"),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False, id="no-color-goes-first"),
        pytest.param({"TERM": "dumb"}, True, False, id="dumb"),
        pytest.param({"TERM": "xterm", "FORCE_COLOR": "0"}, True, False, id="forced-off"),
        pytest.param({"TERM": "xterm", "NO_COLOR": ""}, True, True, id="terminal"),
        pytest.param({"FORCE_COLOR": "1"}, False, True, id="forced"),
    ],
)
def test_colours(environment: dict[str, str], terminal: bool, coloured: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert Style.of(stream, environment).coloured is coloured


def test_without_colours_nothing_is_painted() -> None:
    assert Style().paint("red", "text") == "text"
    assert Style(coloured=True).paint("red", "text") == "\x1b[1;31mtext\x1b[0m"
    assert Style(coloured=True).paint("red", "") == ""


def columns(text: str) -> int:
    """Return how wide a terminal shows `text`, which holds no tabs."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


@pytest.mark.parametrize(
    "encoding",
    [pytest.param("utf-8", id="utf-8"), pytest.param("ascii", id="ascii"), pytest.param("latin-1", id="latin-1")],
)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="nothing"),
        pytest.param("    ", id="spaces"),
        pytest.param("\t", id="tab"),
        pytest.param("if x:\t", id="tab-inside"),
        pytest.param("x = '漢字'; ", id="wide"),
        pytest.param("x = 'e\u0301é'; ", id="combining"),
        pytest.param("x = '\U0001f40d'; ", id="astral"),
        pytest.param("x = '\u202e\x1b[31m\x07'; ", id="obeyed-by-terminals"),
        pytest.param("\x0c", id="form-feed"),
    ],
)
@pytest.mark.parametrize("part", ["s.connect(a)", "s.connect('漢字', '\t')"], ids=["plain", "odd"])
def test_carets_line_up(before: str, part: str, encoding: str) -> None:
    style = Style(encoding=encoding)
    line = f"{before}{part}  # é漢\t"
    shown, carets = style.shown(line), style.underlined(line, len(before), len(before) + len(part))
    shown.encode(encoding)
    assert shown.isprintable()
    assert "\t" not in shown
    assert columns(carets.rstrip("^")) == columns(style.shown(before))
    assert carets.count("^") == columns(style.shown(part))
    assert shown.startswith(style.shown(before) + style.shown(part))


def test_there_is_always_a_caret() -> None:
    assert Style().underlined("abc", 1, 1) == " ^"
    assert Style().underlined("", 0, 0) == "^"
    assert Style().underlined("abc", 9, 12) == "   ^"
