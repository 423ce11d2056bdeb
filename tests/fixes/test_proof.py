"""What a fix must not do."""

from __future__ import annotations

import pytest

from connlint.fixes.proof import breaks_syntax, loses_comments, unexpected


@pytest.mark.parametrize("text", ["x = 1\n", "await x\n", "async with a: pass\n", "x = '\\d'\n", "x is 1\n", ""])
def test_what_compiles(text: str) -> None:
    assert breaks_syntax(text, "x.py") is None


@pytest.mark.parametrize(
    "text", ["x = \n", "return 1\n", "break\n", "def f():\n    await x\n", "x = '\0'\n", "f(" * 500]
)
def test_what_does_not(text: str) -> None:
    assert "does not compile" in (breaks_syntax(text, "x.py") or "")


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param("x  # a\n", "y  # a\n", None, id="kept"),
        pytest.param("# a\nx\n", "x  # a\n", None, id="moved"),
        pytest.param("x\n", "x  # new\n", None, id="new"),
        pytest.param("'# a'\n", "x\n", None, id="only-text"),
        pytest.param("x  # a\r\n", "x  # a\n", None, id="crlf"),
        pytest.param("x  # a\n", "x\n", "# a", id="lost"),
        pytest.param("x  # a\ny  # a\n", "x  # a\ny\n", "# a", id="one-of-two-lost"),
        pytest.param("x  # a\n", "x  # b\n", "# a", id="changed"),
        pytest.param("f(  # a\n)\n", "f()\n", "# a", id="lost-in-brackets"),
    ],
)
def test_comments(before: str, after: str, lost: str | None) -> None:
    said = loses_comments(before, after)
    assert (said is None) if lost is None else (said is not None and repr(lost) in said)


def test_what_cannot_be_tokenized_is_said() -> None:
    assert "cannot be read" in (loses_comments("x\n", "f((\n") or "")


@pytest.mark.parametrize(
    ("before", "after", "fixed", "revealed", "said"),
    [
        pytest.param(["A"], [], ["A"], [], None, id="gone"),
        pytest.param(["A", "A"], ["A"], ["A"], [], None, id="one-of-two-gone"),
        pytest.param(["A", "B"], ["B"], ["A"], [], None, id="another-stays"),
        pytest.param(["A", "B"], [], ["A"], [], None, id="another-goes-with-it"),
        pytest.param(["A"], ["B"], ["A"], ["B"], None, id="revealed"),
        pytest.param(["A"], ["A"], ["A"], [], "A would still be there", id="still-there"),
        pytest.param(["A", "A"], ["A"], ["A", "A"], [], "A would still be there", id="one-still-there"),
        pytest.param(["A"], ["B"], ["A"], [], "B would be new", id="new"),
        pytest.param(["A", "B"], ["B", "B"], ["A"], [], "B would be new", id="one-more"),
    ],
)
def test_findings(before: list[str], after: list[str], fixed: list[str], revealed: list[str], said: str | None) -> None:
    assert unexpected(before, after, fixed, revealed) == said
