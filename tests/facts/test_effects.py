from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import pytest

from tests.facts.reading import read

if TYPE_CHECKING:
    from connlint.facts.effects import Effects

HEAD = """
import asyncio, contextlib, logging, requests, socket
log = logging.getLogger(__name__)
s = socket.socket()
def quiet(): print("x")
def sends(data): s.sendall(data)
def guarded():
    try:
        s.sendall(b"")
    except OSError:
        pass
def passes_on():
    try:
        s.sendall(b"")
    except OSError:
        log.error("x")
        raise
def loops(n):
    if n: loops(n - 1)
    s.sendall(b"")
def generates():
    yield 1
@decorated
def wrapped(): pass
async def coroutine(): await asyncio.open_connection("h", 1)
"""


def effects(body: str, head: str = HEAD) -> Effects:
    found = read(f"{head}\nasync def region(data, unknown, cls):\n    " + body.replace("\n", "\n    "))
    region = found.index.definitions["<file>.region"][0]
    assert isinstance(region, cst.FunctionDef)
    return found.effects.of([region.body])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("unknown()", id="unknown-call"),
        pytest.param("unknown.send(data)", id="unknown-method"),
        pytest.param("await unknown", id="await"),
        pytest.param("yield", id="yield"),
        pytest.param("for x in unknown: pass", id="iteration"),
        pytest.param("async for x in unknown: pass", id="async-iteration"),
        pytest.param("with unknown: pass", id="context-manager"),
        pytest.param("wrapped()", id="decorated-function"),
        pytest.param("list(generates())\nfor x in generates(): pass", id="generator"),
        pytest.param("import x\nx.y()", id="other-module"),
        pytest.param("[f(x) for x in [1]]", id="in-a-comprehension"),
    ],
)
def test_opaque(body: str) -> None:
    assert not effects(body).is_known


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("print(len(data))", id="builtins"),
        pytest.param("log.info('x %s', data)", id="logging"),
        pytest.param("data = data.encode().strip()", id="methods-of-text"),
        pytest.param("quiet()", id="own-function"),
        pytest.param("coroutine()", id="coroutine-not-awaited"),
        pytest.param("lambda: unknown()", id="lambda-not-called"),
        pytest.param("def g(): unknown()", id="function-not-called"),
        pytest.param("for x in (1, 2): print(x)", id="plain-iteration"),
        pytest.param("for i in range(3): print(i)", id="range"),
        pytest.param("try:\n    unknown()\nexcept Exception:\n    pass", id="contained"),
        pytest.param("x = 1\nx += 1", id="arithmetic"),
    ],
)
def test_nothing(body: str) -> None:
    found = effects(body)
    assert found.is_known
    assert not found.tried


@pytest.mark.parametrize(
    ("body", "operations"),
    [
        pytest.param("s.sendall(data)", ["socket.socket.sendall"], id="method"),
        pytest.param("print(s.recv(1))", ["socket.socket.recv"], id="as-an-argument"),
        pytest.param("x = requests.get('u').text", ["requests.get"], id="in-an-attribute"),
        pytest.param("sends(data)", ["socket.socket.sendall"], id="through-a-function"),
        pytest.param("loops(3)", ["socket.socket.sendall"], id="recursive-function"),
        pytest.param("await coroutine()", ["asyncio.open_connection"], id="coroutine"),
        pytest.param(
            "await asyncio.wait_for(coroutine(), 5)", ["asyncio.open_connection"], id="coroutine-with-timeout"
        ),
        pytest.param(
            "if data:\n    s.sendall(data)\nelse:\n    s.recv(1)",
            ["socket.socket.recv", "socket.socket.sendall"],
            id="both",
        ),
        pytest.param(
            "with socket.create_connection(('h', 1)) as c: c.sendall(data)",
            ["socket.create_connection", "socket.socket.sendall"],
            id="with",
        ),
    ],
)
def test_tried(body: str, operations: list[str]) -> None:
    found = effects(body)
    assert sorted(item.operation.name for item in found.tried) == operations
    assert found.is_known


def classes(found: Effects) -> set[str]:
    return {failure.raises for item in found.tried for failure in item.failures}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("guarded()", id="in-the-function"),
        pytest.param("try:\n    s.sendall(data)\nexcept OSError:\n    pass", id="in-the-region"),
        pytest.param("with contextlib.suppress(OSError):\n    s.sendall(data)", id="suppressed"),
    ],
)
def test_what_is_taken_inside_does_not_escape(body: str) -> None:
    found = effects(body)
    assert len(found.tried) == 1
    assert not classes(found)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("passes_on()", id="raised-again"),
        pytest.param("try:\n    s.sendall(data)\nexcept ValueError:\n    pass", id="another-class"),
        pytest.param("try:\n    s.sendall(data)\nexcept unknown:\n    pass", id="unknown-class"),
        pytest.param("with contextlib.suppress(ValueError):\n    s.sendall(data)", id="suppresses-another"),
    ],
)
def test_what_is_not_surely_taken_escapes(body: str) -> None:
    assert classes(effects(body)) >= {"BrokenPipeError", "ConnectionResetError"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("raise ConnectionError('x')", ["ConnectionError"], id="call"),
        pytest.param("raise ConnectionError", ["ConnectionError"], id="class"),
        pytest.param("raise unknown", ["?"], id="unknown"),
        pytest.param("try:\n    pass\nexcept OSError as e:\n    raise e", ["OSError"], id="again-by-name"),
        pytest.param("try:\n    raise ConnectionError\nexcept OSError:\n    pass", [], id="taken"),
    ],
)
def test_raised(body: str, expected: list[str]) -> None:
    assert [item.raises for item in effects(body).raised] == expected


def test_a_sum_of_a_thousand_terms_is_read() -> None:
    assert effects("x = " + " + ".join(["1"] * 1000)).is_known
