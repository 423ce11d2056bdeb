"""A fix is proven before it is written.

What a fix produced is parsed, compiled and analysed again: the finding must be gone, no new one may have come, and
every comment must still be there. That every other byte is the same follows from fixes being edits of the text.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def breaks_syntax(text: str, filename: str) -> str | None:
    """Say what is wrong with `text` as Python source, None if it compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the result does not compile: {error}"
    return None


def loses_comments(before: str, after: str, dropped: Iterable[str] = ()) -> str | None:
    """Say which comment of `before`, but for those that were to go, is no longer in `after`; None if all are."""
    try:
        lost = _comments(before) - _comments(after) - Counter(dropped)
    except (tokenize.TokenError, SyntaxError) as error:
        return f"its comments cannot be read: {error}"
    return f"the comment {next(iter(lost))!r} would be lost" if lost else None


def _comments(text: str) -> Counter[str]:
    lines = io.StringIO(text, newline=None)  # a carriage return by itself ends a line too
    return Counter(token.string for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.COMMENT)


def unexpected(
    before: Iterable[str], after: Iterable[str], fixed: Collection[str], revealed: Collection[str]
) -> str | None:
    """Say which findings the result should not have; None if it has none such.

    `before` and `after` are the codes reported before and after, each as often as it is; `fixed` the codes of the
    findings that were to go, as often as they were to; `revealed` the codes that may come.
    """
    allowed = Counter(before)
    allowed.subtract(Counter(fixed))
    for code, count in Counter(after).items():
        if code in revealed:
            continue
        if count > allowed[code]:
            return f"{code} would still be there" if code in fixed else f"{code} would be new"
    return None
