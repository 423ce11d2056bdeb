"""A rewrite as edits of the text: as small as they can be, and none where it cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint import facts
from connlint.facts.tree import walk
from connlint.fixes.edits import _trimmed, apply, edits_of, joined, overlap
from connlint.layout import RoundTripError
from connlint.rules.base import Rewrite
from connlint.source import Edit

if TYPE_CHECKING:
    from connlint.facts import Facts


def read(text: str) -> Facts:
    return facts.read(cst.parse_module(text))


def first(found: Facts, kind: type[cst.CSTNode], position: int = 0) -> cst.CSTNode:
    return [node for node in walk(found.module) if isinstance(node, kind)][position]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("a\nb\n", "a\nb\n", Edit(4, 4, ""), id="same"),
        pytest.param("b\nc\n", "a\nb\nc\n", Edit(0, 0, "a\n"), id="line-above"),
        pytest.param("import b\n", "import a\nimport b\n", Edit(0, 0, "import a\n"), id="alike-line-above"),
        pytest.param("import a\n", "import a\nimport b\n", Edit(9, 9, "import b\n"), id="alike-line-below"),
        pytest.param("import a\nimport b\nx\n", "import a\nx\n", Edit(9, 18, ""), id="line-removed"),
        pytest.param("except OSError as e:\n", "except TimeoutError:\n", Edit(7, 19, "TimeoutError"), id="in-a-line"),
        pytest.param("a", "b\n", Edit(0, 1, "b"), id="no-final-line-end"),
        pytest.param("a\r\nb", "a\r\nc\r\n", Edit(3, 4, "c"), id="no-final-line-end-crlf"),
        pytest.param("a\n", "b\r\n", Edit(0, 1, "b"), id="the-old-line-end-stays"),
        pytest.param("a\r\n", "b\n", Edit(0, 1, "b"), id="the-old-line-end-stays-crlf"),
        pytest.param("a\r\n", "", Edit(0, 3, ""), id="removed"),
    ],
)
def test_edits_are_as_small_as_can_be(old: str, new: str, expected: Edit) -> None:
    assert _trimmed(old, 0, len(old), new) == expected


@given(st.text("ab\n", max_size=8), st.text("ab\n", max_size=8), st.text("ab\n", max_size=3))
def test_an_edit_makes_the_new_text_of_the_old(old: str, new: str, after: str) -> None:
    old, new, after = f"{old}\n", f"{new}\n", f"{after}x"
    edit = _trimmed(f"p{old}{after}", 1, 1 + len(old), new)
    assert apply(f"p{old}{after}", [edit]) == f"p{new}{after}"


def test_edits_of_nested_blocks_take_their_indentation() -> None:
    text = "class A:\n   def f(self):\n      if x:\n\n         # why\n         g()  # here\n      return 1\n"
    found = read(text)
    line = first(found, cst.SimpleStatementLine)
    assert isinstance(line, cst.SimpleStatementLine)
    new = cst.parse_statement("while y:\n    h()\n")
    edits = edits_of(found, text, Rewrite({line: (new, line)}))
    assert edits is not None
    head, tail = text.split("if x:\n")
    assert apply(text, edits) == f"{head}if x:\n         while y:\n            h()\n{tail}"


@pytest.mark.parametrize(
    ("text", "kind", "new", "expected"),
    [
        pytest.param("f(g(1), 2)\n", cst.Integer, "3", "f(g(3), 2)\n", id="argument"),
        pytest.param("x = f'a{g(1)!r:>{w}}b'\n", cst.Integer, "3", "x = f'a{g(3)!r:>{w}}b'\n", id="in-an-f-string"),
        pytest.param("x = (f\n  (1)\n)\n", cst.Integer, "3", "x = (f\n  (3)\n)\n", id="wrapped"),
        pytest.param("if x: f(1)\n", cst.Integer, "3", "if x: f(3)\n", id="on-the-line-of-its-block"),
        pytest.param("with a, f(1) as b: pass\n", cst.Integer, "3", "with a, f(3) as b: pass\n", id="with-item"),
        pytest.param("a; f(1); b\n", cst.Integer, "3", "a; f(3); b\n", id="between-semicolons"),
        pytest.param("@d(1)\nasync def f(): ...\n", cst.Integer, "3", "@d(3)\nasync def f(): ...\n", id="decorator"),
        pytest.param("def f(a=1): ...\n", cst.Integer, "3", "def f(a=3): ...\n", id="default"),
    ],
)
def test_expressions_are_replaced_in_place(text: str, kind: type[cst.CSTNode], new: str, expected: str) -> None:
    found = read(text)
    edits = edits_of(found, text, Rewrite({first(found, kind): cst.parse_expression(new)}))
    assert edits is not None
    assert apply(text, edits) == expected


def test_an_elif_is_not_replaced() -> None:
    text = "if a:\n    f()\nelif b:\n    g()\n"
    found = read(text)
    inner = first(found, cst.If, 1)
    assert edits_of(found, text, Rewrite({inner: cst.parse_statement("if c:\n    g()\n")})) is None


def test_a_node_and_one_within_it_are_not_both_replaced() -> None:
    text = "while a:\n    f(1)\n"
    found = read(text)
    loop, number = first(found, cst.While), first(found, cst.Integer)
    both = Rewrite({loop: cst.parse_statement("while b:\n    f(2)\n"), number: cst.Integer("3")})
    assert edits_of(found, text, both) is None


def test_edits_want_the_text_that_was_parsed() -> None:
    found = read("f(1)\n")
    with pytest.raises(RoundTripError):
        edits_of(found, "f( 1)\n", Rewrite({first(found, cst.Integer): cst.Integer("2")}))


def test_overlap() -> None:
    assert not overlap([Edit(0, 3, "a")], [Edit(4, 5, "b")])
    assert overlap([Edit(0, 3, "a")], [Edit(3, 5, "b")])
    assert overlap([Edit(0, 9, "a")], [Edit(3, 5, "b")])
    assert overlap([Edit(3, 3, "a")], [Edit(3, 3, "b")])
    assert not overlap([Edit(3, 3, "a")], [Edit(3, 3, "a")])


def test_the_same_edit_is_applied_once() -> None:
    assert apply("xy", [Edit(1, 1, "a"), Edit(0, 1, "z"), Edit(1, 1, "a")]) == "zay"


def test_joined_rewrites_do_all() -> None:
    one, other = cst.Name("a"), cst.Name("b")
    both = joined([Rewrite({one: other}, ("time",)), Rewrite({other: one}, ("random",), ("errno",))])
    assert both == Rewrite({one: other, other: one}, ("time", "random"), ("errno",))
