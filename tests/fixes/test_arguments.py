"""An argument more, laid out as the others are."""

from __future__ import annotations

import libcst as cst
import pytest

from connlint.fixes.arguments import with_argument


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("f()", "f(new=1)", id="none"),
        pytest.param("f(a)", "f(a, new=1)", id="one"),
        pytest.param("f(a,)", "f(a, new=1,)", id="one-with-a-comma"),
        pytest.param("f( a, b=2 )", "f( a, b=2, new=1 )", id="blanks-in-the-brackets"),
        pytest.param("f(new=0, b=2)", "f(new=1, b=2)", id="given"),
        pytest.param("f(\n    a,\n)", "f(\n    a,\n    new=1,\n)", id="a-line-each"),
        pytest.param("f(\n    a,\n    b=2\n)", "f(\n    a,\n    b=2,\n    new=1\n)", id="a-line-each-without-a-comma"),
        pytest.param("f(\n    a,  # why\n)", "f(\n    a,  # why\n    new=1,\n)", id="comment"),
        pytest.param("f(\n    a  # why\n)", "f(\n    a,  # why\n    new=1\n)", id="comment-without-a-comma"),
        pytest.param("f(\n    a,\n    # last\n)", "f(\n    a,\n    # last\n    new=1,\n)", id="comment-on-its-line"),
        pytest.param("f(  # first\n    a,\n)", "f(  # first\n    a,\n    new=1,\n)", id="comment-behind-the-bracket"),
        pytest.param("f(a,\n  b)", "f(a,\n  b,\n  new=1)", id="hanging"),
        pytest.param("f(a,  # why\n  b)", "f(a,  # why\n  b,\n  new=1)", id="hanging-with-a-comment"),
        pytest.param("f(\n    a, b\n)", "f(\n    a, b,\n    new=1\n)", id="several-on-a-line"),
    ],
)
def test_with_argument(before: str, after: str) -> None:
    call = cst.parse_expression(before)
    assert isinstance(call, cst.Call)
    assert cst.Module([]).code_for_node(with_argument(call, "new", "1")) == after


def test_what_is_given_by_position_is_replaced() -> None:
    call = cst.parse_expression("f(0, 2)")
    assert isinstance(call, cst.Call)
    assert cst.Module([]).code_for_node(with_argument(call, "new", "1", 0)) == "f(1, 2)"
