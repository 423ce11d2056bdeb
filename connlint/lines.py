"""What the lines of a file say of its blocks, without a parser: is something handled in a loop, and what is handled?

`ast.parse` costs some twenty times what this does. Long strings are left out first, so that none of their lines looks
like a statement; where a line could still hide a block (in brackets, or after a header of several lines), the answer
is yes.
"""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from functools import cache
from typing import TYPE_CHECKING

from connlint.lazy import Pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_HEADER = Pattern(rb"\n([ \t\f]*)(?:async[ \t]+)?(for|while|except|def|class|with|if|else|elif|try|finally)\b([^\n]*)")
_LOOP = Pattern(rb"\n[ \t\f]*(?:async[ \t]+)?(?:for|while)\b")
_CLAUSE = Pattern(rb"except\b[ \t*]*([^\n:#]*)(:?)")
_NAME = Pattern(rb"[\w.]+")
_BOUND = Pattern(rb"\bas[ \t]+(\w+)")
_OPENS_BLOCK = Pattern(rb":[ \t\r]*(?:#[^\n]*)?\Z")
_ONLY_BACKSLASH = Pattern(rb"\n[ \t\f]*\\\r?\n")
_LONG_QUOTES = Pattern(rb'"""|' + rb"'''")
# Code up to a comment, a line's end or a long string.
_CODE = Pattern(rb"(?s)(?:[^\"'#\\\n]|\\.|\"(?!\"\")(?:[^\"\\\n]|\\.)*\"|'(?!'')(?:[^'\\\n]|\\.)*')*")
_ENDS = {
    b'"""': Pattern(rb'(?s)[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'),
    b"'''": Pattern(rb"(?s)[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"),
}
_BARE = (b"BaseException",)
_CONTINUED = (b"\\\n", b"\\\r\n")
_STATEMENT = Pattern(rb"\n([ \t\f]*)[^\s#)\]}]")
_OF_NO_NETWORK = frozenset(name.encode() for name in sys.stdlib_module_names) - frozenset(
    b"asyncio concurrent ftplib http imaplib multiprocessing nntplib os poplib select selectors smtplib socket "
    b"socketserver ssl telnetlib urllib xmlrpc _socket _ssl builtins errno".split()
)


def _is_odd(data: bytes) -> bool:
    """Say whether the lines of `data` are none of `ast`'s: lone carriage returns, or lines that only continue."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return True
    return b"\\\n" in data and _ONLY_BACKSLASH.search(data) is not None


def statements(data: bytes) -> bytes | None:
    """Return the lines of `data` after a line end, long strings left out; None if they cannot be told.

    They cannot where the lines are none of `ast`'s (lone carriage returns, lines that only continue).
    """
    data = b"\n" + data.removeprefix(BOM_UTF8)
    if _is_odd(data):
        return None
    pieces = []
    copied = position = 0  # `position` is never within a string
    while (found := _LONG_QUOTES.search(data, position)) is not None:
        line = data.rfind(b"\n", position, found.start()) + 1 or position
        while line > position and data.endswith(_CONTINUED, position, line):
            line = data.rfind(b"\n", position, line - 1) + 1 or position
        code = _CODE.match(data, line)
        start = code.end() if code is not None else line
        quotes = data[start : start + 3]
        if quotes in _ENDS:
            end = _end_of_string(data, start + 3, quotes)
            if end < 0:
                return None
            pieces += [data[copied:start], b'""']
            copied = position = end
        elif data[start : start + 1] in {b"#", b"\n", b""}:
            # What was found stands in a comment, or in a short string.
            position = data.find(b"\n", start)
            if position < 0:
                break
        else:
            return None
    return b"".join([*pieces, data[copied:]])


def _end_of_string(data: bytes, start: int, quotes: bytes) -> int:
    """Return where the long string ends whose text begins at `start`, -1 if it does not."""
    end = data.find(quotes, start)
    if data.find(b"\\", start, end) < 0:
        return end + 3 if end >= 0 else -1
    found = _ENDS[quotes].match(data, start)
    return found.end() if found is not None else -1


def handles_in_loop(code: bytes, *, with_too: bool) -> bool:
    """Say whether an `except` clause may stand in a loop (of the same function), or, `with_too`, a `with`.

    `code` is what `statements` has returned.
    """
    first = _LOOP.search(code)
    if first is None:
        return False
    # The blocks that are open: indentation, whether it is a loop (else a function or a class), and where it begins.
    blocks: list[tuple[int, bool, int]] = []
    for found in _HEADER.finditer(code, first.start()):
        kind = found[2]
        is_loop = kind in _LOOPS
        if not blocks and not is_loop:
            continue
        start = found.start()
        if code.endswith((b"\\", b"\\\r"), 0, start):
            if b"#" in code[code.rfind(b"\n", 0, start) : start]:
                return True  # the comment may end in a backslash
            continue
        width = _width(found[1])
        is_definition = kind in _DEFINITIONS
        if is_definition or _OPENS_BLOCK.search(found[3]) is not None:
            while blocks and blocks[-1][0] >= width:
                blocks.pop()
        if is_loop:
            blocks.append((width, True, start))
        elif is_definition:
            if blocks:
                blocks.append((width, False, start))
        elif blocks and (kind == b"except" or (with_too and kind == b"with")):
            outer, in_loop, since = blocks[-1]
            if in_loop or _is_left(code, outer, since, start):
                return True
    return False


_LOOPS = frozenset({b"for", b"while"})
_DEFINITIONS = frozenset({b"def", b"class"})


def _is_left(code: bytes, width: int, since: int, until: int) -> bool:
    """Say whether the function or class that begins at `since`, indented by `width`, may end before `until`."""
    return any(_width(found[1]) <= width for found in _STATEMENT.finditer(code, since + 1, until))


@cache
def _width(indentation: bytes) -> int:
    return len(indentation.rpartition(b"\f")[2].expandtabs())


def clauses(data: bytes) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    """Return the names after `except`, and those that are bound there; None if that cannot be told.

    Lines of strings count, too; a bare `except` names `BaseException`.
    """
    if _is_odd(data):
        return None
    classes: set[bytes] = set()
    bound: set[bytes] = set()
    for found in _CLAUSE.finditer(data):
        start = found.start()
        if data[data.rfind(b"\n", 0, start) + 1 : start].strip(b" \t\f"):
            continue  # it does not begin its line
        text, colon = found.groups()
        if not colon or b"[" in text or b"{" in text or b"lambda" in text:
            return None
        named = _BOUND.search(text)
        if named is not None:
            bound.add(named[1])
            text = text[: named.start()]
        classes.update(_NAME.findall(text) or _BARE)
    return frozenset(classes), frozenset(bound)


def of_network(names: Collection[bytes], unrelated: Collection[bytes]) -> Iterator[bytes]:
    """Yield those of `names` that may be classes of connections: all but `unrelated` and those of other modules."""
    for name in names:
        root, dot, _ = name.partition(b".")
        if name not in unrelated and not (dot and root in _OF_NO_NETWORK):
            yield name
