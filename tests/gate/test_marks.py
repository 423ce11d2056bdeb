"""Which statements stand in rows that hold a word: the gate walks no others."""

from __future__ import annotations

import ast

import pytest

from connlint.gate.marks import Lines, parts


def found(code: str, *words: str) -> list[str]:
    """Return what of `code` stands in rows with one of `words`."""
    rows = Lines(code.encode()).with_words(words)
    return sorted(ast.unparse(part.node) for part in parts(ast.parse(code.encode()), rows))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("x = 1\ny = 2\n", [], id="no-word"),
        pytest.param("x = 1\nconnect()\ny = 2\n", ["connect()"], id="one-of-several"),
        pytest.param("f(\n  1,\n  connect,\n)\ny\n", ["f(1, connect)"], id="row-of-an-argument"),
        pytest.param("x = 1; connect()\n", ["connect()", "x = 1"], id="same-row"),
        pytest.param("a.\\\n  connect()\ny\n", ["a.connect()"], id="continued"),
        pytest.param("x\r\nconnect()\r\ny\r\n", ["connect()"], id="rows-of-windows"),
        pytest.param("x\rconnect()\ry\r", ["connect()"], id="rows-of-old-macs"),
        pytest.param("x\n\x0cconnect()\ny\n", ["connect()"], id="form-feed"),
        pytest.param('"""\na\n"""\nconnect()\ny\n', ["connect()"], id="below-a-text"),
        pytest.param("@g(\n connect)\ndef f(a):\n  y\n", ["a", "g(connect)"], id="decorator"),
        pytest.param("@g(\n connect)\nclass C(\n  x): y\n", ["g(connect)", "x"], id="decorator-of-a-class"),
        pytest.param("def f(a, b=connect): return 1\n", ["a, b=connect", "return 1"], id="default"),
        pytest.param("if x:\n  y\nelif connect():\n  z\n", ["connect()", "x"], id="elif"),
        pytest.param("try: x\nexcept E:\n  connect()\nelse: y\n", ["E", "connect()"], id="handler"),
        pytest.param("match x:\n  case 1:\n    z\n  case 2:\n    connect()\n", ["1", "2", "connect()", "x"], id="case"),
        pytest.param("with (\n  a as b,\n  connect() as c,\n):\n  y\n", ["a as b", "connect() as c"], id="item"),
        pytest.param(
            "def f(a):\n  class C:\n    def g(s):\n      y\n      connect()\n", ["a", "connect()", "s"], id="nested"
        ),
    ],
)
def test_only_what_stands_in_a_row_with_the_word_and_heads_around_it_are_walked(code: str, expected: list[str]) -> None:
    assert found(code, "connect") == expected


def test_a_name_that_is_not_of_ascii_may_be_written_in_several_ways() -> None:
    assert Lines("ﬁle()\n".encode()).with_words({"connect", "größe"}) is None


def test_all_is_walked_where_the_rows_are_not_known() -> None:
    tree = ast.parse("x = 1\nwhile connect():\n  y\n")
    assert sorted(ast.unparse(part.node) for part in parts(tree, None)) == ["connect()", "x = 1", "y"]


def test_where_a_part_stands() -> None:
    code = "for x in z:\n  def f():\n    class C:\n      while a():\n        b = connect()\n"
    (part,) = (each for each in parts(ast.parse(code), None) if isinstance(each.node, ast.Assign))
    assert part.function is not None
    assert (part.function.name, part.owner and part.owner.name, part.in_loop) == ("f", "C", True)
