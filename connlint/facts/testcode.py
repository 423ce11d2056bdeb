"""Is this file a test? There a failed connect fails the test, which is right, and a retry hammers nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from connlint.facts.scopes import Index

_MODULES = TextPattern(r"(?:pytest|unittest2?|mock|nose|testtools|asynctest|twisted\.trial|django\.test)(?:\.|\Z)")
_CLASS = TextPattern(r"Test|.*(?:Test|Tests|TestCase)\Z")


def is_test(index: Index) -> bool:
    """Say whether the file imports a test framework, or defines what one collects.

    That is a method named as a test in a class named as one, or a function named as a test that nothing in the file
    calls: the name alone does not do, since a client's own check of its settings is called `test_connection` as well.
    """
    imported = [dotted(alias.name) or "" for node in index.all(cst.Import) for alias in node.names]
    imported += [dotted(node.module) or "" for node in index.all(cst.ImportFrom) if not node.relative]
    if any(_MODULES.match(name) for name in imported):
        return True
    named = [node for node in index.all(cst.FunctionDef) if node.name.value.startswith("test_")]
    called = {dotted(call.func) for call in index.all(cst.Call)} if named else set()
    for node in named:
        owner = index.class_of(node)
        if _CLASS.match(owner.name.value) if owner is not None else node.name.value not in called:
            return True
    return False
