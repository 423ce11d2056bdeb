"""One file per rule. Adding a rule is adding a file: this module finds it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from connlint.rules.base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return an instance of every rule, in the order of their codes."""
    found: dict[str, Rule] = {}
    for module in iter_modules(__path__):
        if module.name == "base":
            continue
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Rule) and hasattr(value, "code"):
                found[value.code] = value()
    return tuple(found[code] for code in sorted(found))
