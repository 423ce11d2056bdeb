"""The codes and names of all rules, read from their files without running them.

A command line and a settings file name rules, and what they name must be checked before anything is done. Importing
the rules for it would import libcst, which costs a run that finds nothing most of its time. The files are searched
instead: a rule's class gives its code and, on the next line, its name. A test holds this against the classes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_ENTRY = (
    r'^    code(?:: [^=\n]+)? = "(?P<code>[A-Z]+[0-9]+)"(?: +#.*)?\n    name(?:: [^=\n]+)? = "(?P<name>[a-z0-9-]+)"'
)
_ALL = "ALL"
PREFIX = "CNL"


class Entry(NamedTuple):
    """How a rule is called."""

    code: str
    name: str


@cache
def entries() -> tuple[Entry, ...]:
    """Return the code and the name of every rule, in the order of their codes."""
    from pathlib import Path

    files = (Path(__file__).parent / "rules").glob("*.py")
    found = [match for path in files for match in re.finditer(_ENTRY, path.read_text("utf-8"), re.MULTILINE)]
    return tuple(sorted(Entry(match["code"], match["name"]) for match in found))


def prefix_of(word: str) -> str | None:
    """Return the code, or beginning of codes, that `word` stands for; None if no rule is meant by it.

    A word is a code (`CNL201`), the beginning of codes (`CNL2`), a rule's name, or `ALL`.
    """
    if word == _ALL:
        return PREFIX
    for code, name in entries():
        if word == name:
            return code
        if word.startswith(PREFIX) and code.startswith(word):
            return word
    return None


def nearest(word: str) -> str | None:
    """Return the code or name that is most like `word`, None if none is."""
    return similar(word, [_ALL, *(item for entry in entries() for item in entry)])


def similar(word: str, known: list[str]) -> str | None:
    """Return the one of `known` that is most like `word` whatever its case, None if none is."""
    from difflib import get_close_matches

    folded = {item.casefold(): item for item in known}
    found = get_close_matches(word.casefold(), folded, n=1)
    return folded[found[0]] if found else None


def docs_url(name: str) -> str:
    """Return the address of the page that documents the rule called `name`."""
    return f"https://connlint.readthedocs.io/rules/{name}/"
