from __future__ import annotations

import pytest

from connlint import lines

TRY = "try:\n{0}    f()\n{0}except E:\n{0}    pass\n"


def handles_in_loop(text: str, *, with_too: bool = True) -> bool:
    code = lines.statements(text.encode())
    return code is None or lines.handles_in_loop(code, with_too=with_too)


def clauses(text: str) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    return lines.clauses(text.encode())


def block(indentation: str) -> str:
    return indentation + TRY.format(indentation)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(block(""), id="no-loop"),
        pytest.param("for x in y:\n    f()\n" + block(""), id="loop-before"),
        pytest.param("for x in y:\n    f()\nif z:\n" + block("    "), id="block-after-loop"),
        pytest.param("for x in y:\n    f()\nelse:\n" + block("    "), id="else-of-loop"),
        pytest.param(block("").replace("pass", "for x in y: pass"), id="loop-in-handler"),
        pytest.param("while x:\n    def f():\n" + block("        "), id="function-in-loop"),
        pytest.param("try:\n    for x in y:\n        f()\nexcept E:\n    pass\n", id="loop-in-try"),
        pytest.param("for x in y:\n    pass  # except\n", id="comment"),
        pytest.param("'''\nfor x in y:\n    except E:\n'''\n" + block(""), id="string"),
        pytest.param('for x in y:\n    z = """\n    except E:\n"""\n', id="clause-in-string"),
        pytest.param("for x in y:\n    z = '\"\"\"'  # '''\n" + block(""), id="quotes-in-quotes"),
    ],
)
def test_nothing_is_handled_in_a_loop(text: str) -> None:
    assert not handles_in_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("for x in y:\n" + block("    "), id="for"),
        pytest.param("async def f():\n    async for x in y:\n" + block("        "), id="async"),
        pytest.param("for x in y:\n    if z:\n" + block("        "), id="nested"),
        pytest.param("while (x and\n    y):\n" + block("    "), id="header-of-two-lines"),
        pytest.param("for x in y:\n    z = '''\ndef f():\n'''\n" + block("    "), id="function-in-string"),
        pytest.param("for x in y:\n    z = '''\n        def f():\n'''\n" + block("    "), id="deeper-in-string"),
        pytest.param("for x in y:\n    z = [a\nfor a in b]\n" + block("    "), id="comprehension-left-of-loop"),
        pytest.param("while x:\n\ty()\n\ttry:\n\t\tz()\n\texcept E:\n\t\tpass\n", id="tabs"),
        pytest.param("while x:\r\n    try: y()\r\n    except E: pass\r\n", id="crlf"),
        pytest.param("while x:\r    try: y()\r    except E: pass\r", id="cr"),
        pytest.param("    \\\nwhile x:\n" + block("    "), id="continued-before-it-begins"),
        pytest.param("while x:\n    with suppress(E):\n        f()\n", id="with"),
        pytest.param("for x in y:\n    def f(): pass\n" + block("    "), id="after-function-in-loop"),
        pytest.param("\ufeffwhile x:\n" + block("    "), id="first-line-after-bom"),
        pytest.param("'''\nfor x in y:\n    def f():\n'''\nwhile x:\n" + block("    "), id="code-in-docstring"),
        pytest.param("# it's ''' odd\nwhile x:\n" + block("    ") + '# """\n', id="quotes-in-comments"),
        pytest.param("a = b  # \\\nwhile x:\n    '''\n    '''\n" + block("    "), id="backslash-in-comment"),
        pytest.param("a = 1 + \\\n  2 + '''\n'''\nwhile x:\n" + block("    "), id="string-of-continued-line"),
        pytest.param("while x:\n    z = '''\\'''\nclass A:\n'''\n" + block("    "), id="escaped-quotes"),
        pytest.param("\f\nwhile x:\n\f" + block("    "), id="form-feeds"),
        pytest.param("while x:\n    def f(): ...\n    match y:\n        case 1:\n" + block("            "), id="match"),
        pytest.param(
            "while x:\n    def f(): ...\n    if (y and\n            z):\n" + block("        "),
            id="header-of-two-lines-after-function",
        ),
        pytest.param("while x:\n    z = '''unfinished\n" + block("    "), id="no-python"),
    ],
)
def test_something_may_be_handled_in_a_loop(text: str) -> None:
    assert handles_in_loop(text)


def test_many_loops_cost_no_more_than_their_number() -> None:
    text = "for x in y:\n    pass\n" * 20_000 + "def f(): ...\n" * 20_000 + "x = ''''''\n" * 20_000
    assert not handles_in_loop(text, with_too=False)


def test_clauses() -> None:
    text = "try: f()\nexcept (A, b.C) as e: pass\nexcept* D: pass\nexcept: pass\nx = 'except E'\n"
    assert clauses(text) == (frozenset({b"A", b"b.C", b"D", b"BaseException"}), frozenset({b"e"}))


def test_clauses_of_several_lines_cannot_be_told() -> None:
    assert clauses("try: f()\nexcept (\n    A,\n): pass\n") is None


@pytest.mark.parametrize("named", ["get(x)[1:2] as e", "(lambda: E)() as e", "{1: E}[1] as e"])
def test_clause_with_colons_of_its_own_cannot_be_told(named: str) -> None:
    assert clauses(f"try: f()\nexcept {named}: pass\n") is None
