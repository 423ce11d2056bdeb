"""The rules themselves, for people: a list of all, and what one of them says of itself."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from connlint.catalogue import docs_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.reporters.style import Style
    from connlint.rules.base import Rule


def listing(rules: Iterable[Rule], style: Style) -> Iterator[str]:
    """Yield a line a rule: code, name, whether it is on by default, whether it has a fix."""
    rules = list(rules)
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        default = "on " if rule.default else "off"
        yield f"{style.paint('red', rule.code)}  {rule.name:{width}}  {default}  fix: {rule.fixable}"


def explanation(rule: Rule, style: Style) -> Iterator[str]:
    """Yield the documentation of a rule, in Markdown."""
    yield style.paint("bold", f"# {rule.name} ({rule.code})")
    yield ""
    yield f"Default: {'on' if rule.default else 'off'}. Fix: {rule.fixable}."
    yield ""
    in_code = False
    for line in inspect.cleandoc(type(rule).__doc__ or "").splitlines():
        if line.startswith("```"):
            in_code = not in_code
        if line.startswith("#") and not in_code:
            yield style.paint("bold", line)
        else:
            yield style.paint("cyan", line) if in_code else line
    yield ""
    yield docs_url(rule.name)
