"""What the fixes of the rules share. A check makes none, so each module is imported when a rule first asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from connlint.fixes import arguments as arguments
    from connlint.fixes import awaiting as awaiting
    from connlint.fixes import backoff as backoff
    from connlint.fixes import clauses as clauses
    from connlint.fixes import delays as delays
    from connlint.fixes import edits as edits
    from connlint.fixes import growth as growth
    from connlint.fixes import guards as guards
    from connlint.fixes import imports as imports
    from connlint.fixes import late as late
    from connlint.fixes import loops as loops
    from connlint.fixes import members as members
    from connlint.fixes import policies as policies
    from connlint.fixes import proof as proof
    from connlint.fixes import raises as raises
    from connlint.fixes import retrying as retrying
    from connlint.fixes import reuse as reuse


def __getattr__(name: str) -> ModuleType:
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(name) from error
