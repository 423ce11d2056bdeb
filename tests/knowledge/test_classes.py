"""The hierarchy of the tables is the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint import knowledge
from tests.faults.peers import name_of
from tests.knowledge.resolve import MissingError, resolve
from tests.knowledge.test_rows import GONE, LIBRARIES, NEWER, STAND_INS

if TYPE_CHECKING:
    from connlint.knowledge.model import Library


# Called or derived from like a class, and written as a function in some Pythons
FUNCTIONS = {"threading.Lock", "typing.NamedTuple"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_bases_are_the_real_ones(library: Library) -> None:
    for name in library.bases:
        if name in STAND_INS:
            continue
        try:
            kind = resolve(name)
        except MissingError:
            assert name.startswith((*GONE, *NEWER)), name
            continue
        if not isinstance(kind, type):
            assert name in FUNCTIONS, name
            continue
        told = set(knowledge.lineage(name))
        for base in told - set(STAND_INS):
            assert issubclass(kind, resolve(base)), (name, base)  # type: ignore[arg-type]
        if issubclass(kind, BaseException):
            assert {name_of(each) for each in kind.__mro__ if issubclass(each, BaseException)} <= told, name


@pytest.mark.parametrize("library", LIBRARIES)
def test_public_exceptions_are_all_there(library: Library) -> None:
    modules = {
        "aiohttp": "aiohttp.client_exceptions",
        "httpx": "httpx",
        "redis": "redis.exceptions",
        "requests": "requests.exceptions",
        "urllib3": "urllib3.exceptions",
    }
    if library.name not in modules:
        pytest.skip("covers many modules")
    module = pytest.importorskip(modules[library.name])
    found = {
        name_of(kind)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning)
        if not name.startswith("_")
    }
    assert {name for name in found if knowledge.bases(name) is None} <= {"email.errors.MessageDefect"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_aliases_mean_the_same(library: Library) -> None:
    for alias in library.aliases:
        if alias.startswith("typing_extensions."):
            continue  # newer forms of the same
        try:
            meant, real = resolve(knowledge.canonical(alias)), resolve(alias)
        except MissingError:
            continue  # Python 2's, or of a library that is not here
        if isinstance(real, type) and isinstance(meant, type):
            assert meant is real or issubclass(real, meant) or issubclass(meant, real), alias


def test_groups() -> None:
    for library in knowledge.libraries():
        for name, group in library.groups.items():
            real = resolve(name)
            assert isinstance(real, tuple)
            assert {name_of(kind) for kind in real} >= set(group)
            assert all(any(issubclass(kind, resolve(each)) for each in group) for kind in real)  # type: ignore[arg-type]
