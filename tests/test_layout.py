"""Where nodes stand, compared with what `ast` says of the same places."""

from __future__ import annotations

import ast
import sys

import libcst as cst
import pytest

from connlint.facts.tree import walk
from connlint.layout import Layout, RoundTripError, render
from connlint.source import Source, for_libcst

TEXT = '''\
#!/usr/bin/env python
"""Doc."""

import os; import sys  # both

# decorated
@first
@second(1,
        2)
# between
async def f(a, *, b=1):
    # in f

    for x in (yield_(a)):  # loop
        if x: break
        elif (y := g(x)):
            continue
        elif z:
            pass
        else:
            h(f"{k(1)!r:>{w(2)}} {k(3)}")
        # footer of the loop
    else:
        async with (
            open_(1) as p,
            open_(2) as q,
        ):
            pass
    try:
        s.connect(
            ("localhost", 1),
        ).more()[0]
    # before except
    except (OSError,
            ValueError) as e:  # after except
        raise
    finally:
        while (1): t(); u(
            )
# footer


class A(B, metaclass=C):
\tx: int = 1
\tdef m(self): return await_(lambda: n(4))
end(äö, "ß", r(5))'''

KINDS: dict[type[cst.CSTNode], tuple[type[ast.AST], ...]] = {
    cst.Call: (ast.Call,),
    cst.For: (
        ast.AsyncFor,
        ast.For,
    ),
    cst.While: (ast.While,),
    cst.With: (
        ast.With,
        ast.AsyncWith,
    ),
    cst.ExceptHandler: (ast.ExceptHandler,),
    cst.If: (ast.If,),
    cst.Try: (ast.Try,),
    cst.FunctionDef: (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
    ),
    cst.ClassDef: (ast.ClassDef,),
    cst.Tuple: (ast.Tuple,),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# end", "  # end\n"])
@pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.__name__)
def test_places_are_those_of_ast(kind: type[cst.CSTNode], newline: str, end: str) -> None:
    text = (TEXT + end).replace("\n", newline)
    module = cst.parse_module(for_libcst(text))
    source = Source("x.py", text, "utf-8", bom=False)
    layout = Layout(module)
    layout.require(text)
    lines = source.lines

    def column(row: int, offset: int) -> int:
        return len(lines[row - 1].encode()[:offset].decode()) + 1

    expected = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, KINDS[kind]):
            assert isinstance(node, (ast.expr, ast.stmt, ast.ExceptHandler))
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start, stop = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
            expected.add(((start[0], column(*start)), (stop[0], column(*stop))))
    found = set()
    for each in walk(module):
        if isinstance(each, kind):
            span = layout.span(each)
            found.add((source.position(span.start), source.position(span.end)))
            assert layout.row(each) == source.position(span.start)[0]
            assert span.outer_start <= span.start <= span.end <= span.outer_end <= len(text)
    if kind is cst.Tuple:  # the brackets belong to the tuple for `ast` alone
        found = {((row, col - 1), (end_row, end_col + 1)) for (row, col), (end_row, end_col) in found}
    if kind is cst.Call:
        # what stands in f-strings has no exact place in `ast` before Python 3.12
        expected = {item for item in expected if 'f"' not in lines[item[0][0] - 1]}
        found = {item for item in found if 'f"' not in lines[item[0][0] - 1]}
    assert found == expected


def test_calls_in_f_strings_have_places() -> None:
    module = cst.parse_module(TEXT)
    layout = Layout(module)
    calls = [node for node in walk(module) if isinstance(node, cst.Call)]
    texts = {TEXT[layout.span(node).start : layout.span(node).end] for node in calls}
    assert {"k(1)", "w(2)", "k(3)"} <= texts


@pytest.mark.parametrize(
    ("text", "kind", "outer"),
    [
        pytest.param("# a\n\nx = 1  # b\ny\n", cst.SimpleStatementLine, "x = 1  # b\n", id="header-is-the-modules"),
        pytest.param("y()\n# a\n\nx()  # b\n", cst.Name, "y", id="name"),
        pytest.param("if x:\n    # a\n    y = 1\n    # z\nz\n", cst.SimpleStatementLine, "    # a\n    y = 1\n", id="block"),
        pytest.param("try:\n    pass\n# a\nexcept E: pass\n", cst.ExceptHandler, "# a\nexcept E: pass\n", id="handler"),
        pytest.param("@a\n# b\ndef f():\n    pass\n\n\nx\n", cst.FunctionDef, "@a\n# b\ndef f():\n    pass\n", id="decorated"),
        pytest.param("f( a , b )\n", cst.Arg, "a , ", id="argument-with-its-comma"),
    ],
)  # fmt: skip
def test_the_outer_span_holds_what_belongs_to_a_node(text: str, kind: type[cst.CSTNode], outer: str) -> None:
    module = cst.parse_module(text)
    node = next(node for node in walk(module) if isinstance(node, kind))
    span = Layout(module).span(node)
    assert text[span.outer_start : span.outer_end] == outer
    assert render(module, node, span.indent) == outer


@pytest.mark.parametrize("text", ["\x0cx = 1\n", "\\\nx = 1\n"], ids=["form-feed", "backslash"])
def test_what_does_not_come_back_the_same_is_refused(text: str) -> None:
    with pytest.raises(RoundTripError):
        Layout(cst.parse_module(text)).require(text)


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 12), reason="bounds C recursion, whatever limit is set (python/cpython#112215)"
)
def test_long_expressions_do_not_exhaust_the_stack() -> None:
    text = f"x = {' + '.join(['a'] * 1500)}\nf()\n"
    module = cst.parse_module(text)
    layout = Layout(module)
    layout.require(text)
    assert layout.row(module.body[1]) == 2
