"""Is this file a test? There a failed connect fails the test, which is right, and a retry hammers nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.tree import dotted

if TYPE_CHECKING:
    from connlint.facts.scopes import Index

_MODULES = re.compile(r"(?:pytest|unittest2?|mock|nose|testtools|asynctest|twisted\.trial|django\.test)(?:\.|\Z)")


def is_test(index: Index) -> bool:
    """Say whether the file imports a test framework, or defines functions named as tests."""
    imported = [dotted(alias.name) or "" for node in index.all(cst.Import) for alias in node.names]
    imported += [dotted(node.module) or "" for node in index.all(cst.ImportFrom) if not node.relative]
    if any(_MODULES.match(name) for name in imported):
        return True
    return any(node.name.value.startswith("test_") for node in index.all(cst.FunctionDef))
