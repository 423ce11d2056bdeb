"""Every row rests on something, and names what is there."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connlint import knowledge
from connlint.knowledge.redis import COMMANDS
from tests.knowledge.resolve import MissingError, resolve

if TYPE_CHECKING:
    from connlint.knowledge.model import Library, Operation

ROOT = Path(__file__).parents[2]
ROWS = [row for library in knowledge.libraries() for row in library.operations]
LIBRARIES = [pytest.param(library, id=library.name) for library in knowledge.libraries()]

# What the tables call a class of their own, and what it stands for
STAND_INS = {
    knowledge.DATAGRAM: "socket.socket",
    "concurrent.futures.Error": "concurrent.futures._base.Error",
    "httpx.BaseClient": "httpx._client.BaseClient",
    "socket.SocketIO": "io.BufferedRWPair",
}
# Gone from newer Pythons: ssl.wrap_socket in 3.12, the others in 3.13
GONE = ("nntplib.", "telnetlib.", "ssl.wrap_socket")
# Come with Python 3.13
NEWER = ("asyncio.QueueShutDown", "ssl.SSLSocket.get_unverified_chain", "ssl.SSLSocket.get_verified_chain")


def real(name: str) -> object:
    for stand_in, meant in STAND_INS.items():
        if name.startswith(f"{stand_in}."):
            return resolve(meant + name.removeprefix(stand_in))
    return resolve(name.removesuffix(".*"))


def experiments() -> set[str]:
    """Return the names of all experiments, as pytest and the rows write them."""
    return {
        f"tests/faults/{path.name}::{node.name}"
        for path in (ROOT / "tests" / "faults").glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_row_has_a_source() -> None:
    known = experiments()
    missing = {
        row.name: source
        for row in ROWS
        for source in (row.source.split() or [""])
        if not source.startswith("https://") and source not in known
    }
    assert not missing


def test_every_row_is_named_once() -> None:
    names = [row.name for row in ROWS]
    assert sorted(names) == sorted(set(names))


def test_no_operation_is_harmless_by_name() -> None:
    harmless = frozenset().union(*(library.harmless for library in knowledge.libraries()))
    assert not {row.name for row in ROWS} & harmless


def test_names_are_canonical() -> None:
    names = {
        *(row.name for row in ROWS),
        *(failure.raises for row in ROWS for failure in row.failures),
        *(name for library in knowledge.libraries() for name in library.bases),
        *(base for library in knowledge.libraries() for bases in library.bases.values() for base in bases),
        *(name for library in knowledge.libraries() for name in library.returns),
        *(name for library in knowledge.libraries() for name in library.harmless),
    }
    assert {name: knowledge.canonical(name) for name in names if knowledge.canonical(name) != name} == {}


def test_every_class_raised_is_known() -> None:
    raised = {failure.raises for row in ROWS for failure in row.failures}
    assert {name for name in raised if knowledge.bases(name) is None} == set()


def test_every_result_is_known() -> None:
    results = {
        kind
        for library in knowledge.libraries()
        for result in library.returns.values()
        for kind in (result if isinstance(result, tuple) else (result,))
    }
    assert {name for name in results if knowledge.bases(name) is None} == set()


@pytest.mark.parametrize("library", LIBRARIES)
def test_operations_are_there(library: Library) -> None:
    for row in library.operations:
        if row.name.startswith(GONE):
            continue
        assert callable(real(row.name)), row.name


@pytest.mark.parametrize("library", LIBRARIES)
def test_callables_are_there(library: Library) -> None:
    for name in (*library.returns, *library.harmless):
        if name.startswith((*GONE, *NEWER)):
            continue
        try:
            real(name)
        except MissingError:
            pytest.fail(name)


def parameters_of(row: Operation) -> list[str] | None:
    """Return the names of the parameters of the real callable, without `self`; None where their names are nobody's."""
    try:
        signature = inspect.signature(real(row.name))  # type: ignore[arg-type]
    except ValueError:
        return None  # written in C
    if any(item.kind is item.POSITIONAL_ONLY and name != "self" for name, item in signature.parameters.items()):
        return None
    found = [
        name
        for name, item in signature.parameters.items()
        if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}
    ]
    return found[1:] if found[:1] == ["self"] else found


@pytest.mark.parametrize("library", LIBRARIES)
def test_parameters_are_those_of_the_real_thing(library: Library) -> None:
    for row in library.operations:
        if not row.parameters or row.name.startswith(GONE):
            continue
        found = parameters_of(row)
        if found is not None:
            assert found[: len(row.parameters)] == list(row.parameters), row.name


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_awaited_is_a_coroutine(library: Library) -> None:
    for row in library.operations:
        if row.name.startswith(GONE) or library.name not in {"asyncio", "httpx"} or row.name.endswith(".stream"):
            continue
        assert inspect.iscoroutinefunction(real(row.name)) is row.awaited, row.name


def test_redis_commands_are_all_listed() -> None:
    redis = pytest.importorskip("redis")
    if not redis.__version__.startswith("8."):
        pytest.skip("the list is that of redis-py 8")
    # These make an object, warn, or are internal
    beside = """
        bf cf cms ft hscan_iter json register_script scan_iter sentinel sscan_iter tdigest topk ts unwatch vset watch
        zscan_iter
    """.split()
    found = {
        name
        for name in dir(redis.Redis)
        if not name.startswith("_") and not name.endswith("_internal") and name not in vars(redis.Redis)
    }
    assert found - set(beside) == set(COMMANDS)
