"""What the fixes of the rules share. A check makes none, so each module is imported when a rule first asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from connlint.fixes import (
        arguments,
        awaiting,
        backoff,
        clauses,
        delays,
        edits,
        growth,
        guards,
        imports,
        late,
        loops,
        members,
        policies,
        proof,
        raises,
        retrying,
        reuse,
    )

__all__ = (
    "arguments",
    "awaiting",
    "backoff",
    "clauses",
    "delays",
    "edits",
    "growth",
    "guards",
    "imports",
    "late",
    "loops",
    "members",
    "policies",
    "proof",
    "raises",
    "retrying",
    "reuse",
)


def __getattr__(name: str) -> ModuleType:
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(name) from error
