from __future__ import annotations

import pytest

from connlint.lines import clauses, handles_in_loop

TRY = "try:\n{0}    f()\n{0}except E:\n{0}    pass\n"


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
    ],
)
def test_nothing_is_handled_in_a_loop(text: str) -> None:
    assert not handles_in_loop(text.encode(), with_too=True)


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
    ],
)
def test_something_may_be_handled_in_a_loop(text: str) -> None:
    assert handles_in_loop(text.encode(), with_too=True)


def test_many_loops_cost_no_more_than_their_number() -> None:
    text = "for x in y:\n    pass\n" * 20_000 + "'''\n" + "def f(): ...\n" * 20_000
    assert not handles_in_loop(text.encode(), with_too=False)


def test_clauses() -> None:
    text = b"try: f()\nexcept (A, b.C) as e: pass\nexcept* D: pass\nexcept: pass\nx = 'except E'\n"
    assert clauses(text) == (frozenset({b"A", b"b.C", b"D"}), frozenset({b"e"}))


def test_clauses_of_several_lines_cannot_be_told() -> None:
    assert clauses(b"try: f()\nexcept (\n    A,\n): pass\n") is None
