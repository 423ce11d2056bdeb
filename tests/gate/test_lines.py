from __future__ import annotations

import pytest

from connlint.gate import lines

TRY = "try:\n{0}    f()\n{0}except E:\n{0}    pass\n"


def blocks(text: str) -> lines.Blocks | None:
    code = lines.statements(text.encode())
    return lines.blocks(code) if code is not None else None


def handles_in_loop(text: str) -> bool:
    found = blocks(text)
    return found is None or found.opens_in_loop or any(tried.in_loop for tried in found.tries)


def clauses(text: str) -> frozenset[bytes] | None:
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
    assert not handles_in_loop(text)


def tried(text: str) -> list[tuple[str, list[frozenset[bytes] | None]]]:
    """Return what each `try` tries and names."""
    code = lines.statements(text.encode())
    assert code is not None
    found = lines.blocks(code)
    assert found is not None
    return [(code[each.start : each.end].decode(), [clause.names for clause in each.clauses]) for each in found.tries]


def test_clauses_belong_to_their_try() -> None:
    inner = "\n    try: a()\n    except (A,\n  b.C,): pass\n    except: pass\n    finally: x()"
    other = "\n        b()"
    text = f"try:{inner}\nexcept* D as d: pass\nelse:\n    try:{other}\n    except E, F: pass\n"
    assert tried(text) == [
        (": a()", [frozenset({b"A", b"b.C"}), frozenset({b"BaseException"})]),
        (f":{inner}", [frozenset({b"D"})]),
        (f":{other}", [frozenset({b"E", b"F"})]),
    ]


@pytest.mark.parametrize(
    "named",
    [
        "get(x)[1:2]",
        "(lambda: E)()",
        "{1: E}[1]",
        "A if b else C",
        "x . Exception",
        "\xe9Exception",
        "\\\n A",
        "(*A, B)",
    ],
)
def test_what_is_more_than_names_cannot_be_told(named: str) -> None:
    ((_, names),) = tried(f"try: f()\nexcept {named} as e: pass\n")
    assert names in ([None], [frozenset({b"lambda"})])


def test_clause_that_cannot_be_told_may_do_anything() -> None:
    code = lines.statements(b"try: f()\nexcept \\\n E:\n    raise\n")
    assert code is not None
    found = lines.blocks(code)
    assert found is not None
    assert found.tries[0].clauses[0].may_ask(code)
    assert found.tries[0].clauses[0].may_lead_back(code)


def test_what_an_f_string_calls_is_tried() -> None:
    (((code, _)),) = tried('try:\n    f(x, rf"""\n# {\nconnect()}""")\nexcept E: pass\n')
    assert "connect()" in code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("if x:\n    try: f()\n    except E: pass\n\f    try: f()\n    except E: pass\n", id="form-feed"),
        pytest.param("async \\\nfor x in y:\n" + block("    "), id="continued-after-async"),
        pytest.param("x = 1  # \\\nfor x in y:\n" + block("    "), id="backslash-in-comment"),
        pytest.param("try: f()\n  except E: pass\n", id="clause-without-try"),
    ],
)
def test_blocks_cannot_be_told(text: str) -> None:
    assert blocks(text) is None


def clause(body: str) -> tuple[lines.Clause, bytes]:
    code = lines.statements(f"for x in y:\n  try: f()\n  except E as e:{body}\n  g()\n  return\n".encode())
    assert code is not None
    found = lines.blocks(code)
    assert found is not None
    return found.tries[0].clauses[0], code


def leads_back(body: str) -> bool:
    found, code = clause(body)
    return found.may_lead_back(code)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(" pass", False, id="same-line"),
        pytest.param("\n    log()\n    if e: f()", False, id="something-first"),
        pytest.param("\n    raise\n  if e: f()", False, id="after-the-handler"),
        pytest.param("\n    x = 1\n  if e: f()", False, id="after-the-handler-that-binds"),
        pytest.param("\n    while e:\n        if e: f()", False, id="in-a-loop"),
        pytest.param("\n    if e: f()", True, id="if"),
        pytest.param("  # c\n\n    # d\n    match e:\n      case 1: f()", True, id="match"),
        pytest.param("\n    err = e\n    code = err.errno\n    if code: f()", True, id="names-first"),
        pytest.param("\n    err \\\n      = e\n    if err: f()", True, id="continued"),
        pytest.param("\n    (a,\n    b) = e\n    if a: f()", True, id="unpacked"),
        pytest.param("\n    a = f(\n e,\n    b)\n    if a: f()", True, id="left-of-the-handler"),
    ],
)
def test_clause_may_ask_what_it_took(body: str, expected: bool) -> None:
    found, code = clause(body)
    assert found.bound == b"e"
    assert found.may_ask(code) is expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(" raise", id="same-line"),
        pytest.param("\n    raise", id="raises"),
        pytest.param("  # x\n\n    # y\n    log()\n    return f(\n        a,\n)\n", id="returns-over-lines"),
        pytest.param("\n    if a:\n        log()\n    break  # z", id="breaks-after-block"),
        pytest.param("\r\n\traise E\r", id="crlf-and-tab"),
        pytest.param("\n    raise E from \\\n        e", id="continued"),
    ],
)
def test_clause_leaves_the_loop(body: str) -> None:
    assert not leads_back(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(" pass", id="same-line"),
        pytest.param("\n    log()", id="goes-on"),
        pytest.param("\n    if a: continue\n    raise", id="continues"),
        pytest.param("\n    if a:\n        raise", id="raises-in-a-block"),
        pytest.param("\n    raises = 1", id="name"),
        pytest.param("\n    x = 1; raise", id="second-on-its-line"),
        pytest.param('\n    if a:\n        raise\n    log(\n"raise")', id="string-left-of-all"),
    ],
)
def test_clause_may_lead_back(body: str) -> None:
    assert leads_back(body)


def test_clauses() -> None:
    text = "try: f()\nexcept (A, b.C) as e: pass\nexcept* D: pass\nexcept: pass\nx = 'except E'\n"
    assert clauses(text) == frozenset({b"A", b"b.C", b"D", b"BaseException"})


def test_clauses_of_several_lines_cannot_be_told() -> None:
    assert clauses("try: f()\nexcept (\n    A,\n): pass\n") is None


@pytest.mark.parametrize("named", ["get(x)[1:2] as e", "(lambda: E)() as e", "{1: E}[1] as e"])
def test_clause_with_colons_of_its_own_cannot_be_told(named: str) -> None:
    assert clauses(f"try: f()\nexcept {named}: pass\n") is None


RECURSION = b"""
def fetch(url):
    try:
        return get(url)
    except OSError:
        BODY
"""


@pytest.mark.parametrize(
    "code",
    [
        RECURSION.replace(b"BODY", b"raise"),
        RECURSION.replace(b"BODY", b"return other(url)"),
        RECURSION.replace(b"BODY", b"pass\n    return fetch(url)"),
        b"try:\n    run()\nexcept OSError:\n    run()\n\n\ndef run():\n    pass\n",
        b"def fetch():\n    pass\n\n\ndef main():\n    try:\n        fetch()\n    except OSError:\n        fetch()\n",
    ],
)
def test_clause_calls_no_function_around_it(code: bytes) -> None:
    assert not calls_itself(code)


@pytest.mark.parametrize(
    "code",
    [
        RECURSION.replace(b"BODY", b"return fetch(url)"),
        RECURSION.replace(b"BODY", b"if url:\n            log()\n        return (\n    self.fetch(url))"),
        RECURSION.replace(b"\n        BODY", b" return fetch(url)"),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"def fetch", b"async def fetch"),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"def fetch", b"def \\\n        fetch"),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"    try", b"    def note():\n        pass\n    try"),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"def fetch", b"def fetch[T]"),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"fetch", "f\u00e9tch".encode()),
        RECURSION.replace(b"BODY", b"return fetch(url)").replace(b"\n", b"\r\n"),
        RECURSION.replace(b"    ", b"\t").replace(b"BODY", b"return fetch(url)"),
    ],
)
def test_clause_may_call_the_function_around_it(code: bytes) -> None:
    assert calls_itself(code)


def calls_itself(data: bytes) -> bool:
    code = lines.statements(data)
    found = lines.blocks(code) if code is not None else None
    if code is None or found is None:
        return True
    functions = lines.Functions(code)
    return any(functions.may_call_itself(clause) for tried in found.tries for clause in tried.clauses)
