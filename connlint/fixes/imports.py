"""Imports that a fix needs, and imports that it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import libcst as cst

    from connlint.facts import Facts
    from connlint.rules.base import Rewrite


def reference(facts: Facts, place: cst.CSTNode, name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return how code at `place` can name the qualified `name`, and the modules to import for it.

    An import that the file has and that is visible at `place` is used (`time.sleep`, `sleep`, `t.sleep`); else the
    module of `name` is to be imported. None if the module's name means something else at `place`.
    """
    raise NotImplementedError


def with_imports(facts: Facts, rewrite: Rewrite) -> Mapping[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]] | None:
    """Return what `rewrite` replaces, with the changes of the import statements added; None if that cannot be done."""
    if rewrite.imports or rewrite.dropped_imports:
        raise NotImplementedError
    return rewrite.replace
