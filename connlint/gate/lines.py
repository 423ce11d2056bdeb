"""What the lines of a file say of its blocks, without a parser: what is tried, what takes it, and where that may lead.

`ast.parse` and a walk cost some ten times what this does. Long strings are left out first, so that none of their lines
looks like a statement; where a line could still hide a block (in brackets, or after a header of several lines), the
answer is what rules nothing out.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from codecs import BOM_UTF8
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from connlint.lazy import Pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_HEADER = Pattern(rb"\n([ \t\f]*)(?:async[ \t]+)?(for|while|except|def|class|with|if|else|elif|try|finally)\b([^\n]*)")
_FUNCTION = Pattern(rb"\n([ \t\f]*)(?:async\b[ \t\f\\\r\n]*)?def\b[ \t\f\\\r\n]*([^\s(\[\\]*)")
_CLAUSE = Pattern(rb"except\b[ \t*]*([^\n:#]*)(:?)")
_NAME = Pattern(rb"[\w.]+")
# The classes after `except`. No part gives back what it took, so that it takes no time to see that they are others.
_CLASSES = Pattern(
    rb"[ \t]*+\*?+[ \t]*+(?:(\(?+\s*+[A-Za-z_][\w.]*+(?:\s*+,\s*+[A-Za-z_][\w.]*+)*+\s*+,?+\s*+\)?+)[ \t]*+"
    rb"(?:as[ \t]++(\w++))?+)?+[ \t]*+:"
)
_REST = Pattern(rb"[ \t\f]*(?:#[^\n]*|([^\s#][^\n]*))?")
_LEAVES = Pattern(rb"(?:raise|return|break)\b")
_ASKS = Pattern(rb"(?:if|match)\b")
# What may begin an assignment.
_BINDS = Pattern(rb"[(\[]|[^\n]*(?:[=:]|\\\r?\n)")
_CONTINUE = Pattern(rb"\bcontinue\b")
_AFTER_FORM_FEED = Pattern(rb"\f[ \t\f]*[^\s]")
# What may make the line after a backslash begin something all the same: the backslash ends a comment, or a first word.
_ODD_START = Pattern(rb"#|\basync\b")
_BOUND = Pattern(rb"\bas[ \t]+\w+")
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
            if data[start - 2 : start].lower().find(b"f") >= 0:
                # What an f-string calls is code.
                pieces.append(data[start + 3 : end - 3].replace(b"\n", b" ").replace(b"#", b" "))
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


class Clause(NamedTuple):
    """An `except` clause, indented by `width`, whose body begins at `start`.

    `names` is what it takes, `BaseException` if it says nothing, None if that cannot be told; `bound` the name that it
    gives it.
    """

    names: frozenset[bytes] | None
    bound: bytes | None
    width: int
    start: int

    def may_ask(self, code: bytes) -> bool:
        """Say whether the body may begin with an `if` or a `match`, after nothing but names that are bound."""
        if self.names is None:
            return True  # nor can be told where its body begins
        line = _REST.match(code, self.start)
        if line is None or line[1]:
            return line is None
        body = 0
        binds = False
        for found in _STATEMENT.finditer(code, line.end()):
            width, first = _width(found[1]), found.end(1)
            if width <= self.width:
                if not binds or _is_balanced(code[self.start : first]):
                    return False
                continue  # it belongs to a statement before it
            body = body or width
            if width <= body:
                if _ASKS.match(code, first) is not None:
                    return True
                if not binds and _BINDS.match(code, first) is None:
                    return False
                binds = True
        return False

    def may_lead_back(self, code: bytes) -> bool:
        """Say whether control may go on after the clause, or back to the head of a loop."""
        if self.names is None:
            return True  # nor can be told where its body begins
        line = _REST.match(code, self.start)
        if line is None or line[1]:
            return line is None or _LEAVES.match(line[1]) is None
        body = end = 0
        leaves = False
        for found in _STATEMENT.finditer(code, line.end()):
            width = _width(found[1])
            if width <= self.width:
                break
            body = body or width
            if width <= body:  # else it belongs to a statement that is one of the body's own
                leaves = _LEAVES.match(code, found.end(1)) is not None
            end = found.end()
        else:
            end = len(code)
        return not leaves or _CONTINUE.search(code, self.start, end) is not None


class Functions:
    """The functions of `code`, and which of them may call themselves."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._found = [(found.start(), _width(found[1]), found[2]) for found in _FUNCTION.finditer(code)]
        self._starts = [start for start, _, _ in self._found]

    def may_call_itself(self, clause: Clause) -> bool:
        """Say whether the body of `clause` may name the function that it stands in."""
        name = self._name_around(clause)
        if name is None:
            return False
        end = len(self._code)
        line = _REST.match(self._code, clause.start)
        for found in _STATEMENT.finditer(self._code, line.end() if line is not None else clause.start):
            # A line that stands further left within brackets belongs to a statement before it
            if _width(found[1]) <= clause.width and _is_balanced(self._code[clause.start : found.start()]):
                end = found.start()
                break
        return not name.isascii() or name in self._code[clause.start : end]

    def _name_around(self, clause: Clause) -> bytes | None:
        """Return the name of the function that `clause` stands in, None if it is in none."""
        for index in range(bisect_left(self._starts, clause.start) - 1, -1, -1):
            _, width, name = self._found[index]
            if width < clause.width:
                return name
        return None


class Tried:
    """A `try` with `except` clauses: what it tries begins at `start` and ends at `end`."""

    def __init__(self, start: int, *, in_loop: bool) -> None:
        self.start = self.end = start
        self.in_loop = in_loop
        self.has_finally = False
        self.clauses: list[Clause] = []


class Blocks(NamedTuple):
    """What is tried, and whether a `with` may stand in a loop (of the same function)."""

    tries: list[Tried]
    opens_in_loop: bool


def blocks(code: bytes) -> Blocks | None:
    """Return the blocks of `code`, which `statements` has returned; None if they cannot be told."""
    if b"\f" in code and _AFTER_FORM_FEED.search(code) is not None:
        return None
    tries: dict[int, Tried] = {}
    latest: dict[int, Tried] = {}
    opens_in_loop = False
    # The blocks that are open: indentation, whether it is a loop (else a function or a class), and where it begins.
    opened: list[tuple[int, bool, int]] = []
    has_continued = any(mark in code for mark in _CONTINUED)
    for found in _HEADER.finditer(code):
        kind = found[2]
        if not opened and kind in _ONLY_CLOSE:
            continue
        indentation, _, rest = found.groups()
        start = found.start()
        if has_continued and code.endswith((b"\\", b"\\\r"), 0, start):
            if kind not in _IN_EXPRESSIONS or _ODD_START.search(code[code.rfind(b"\n", 0, start) : start]) is not None:
                return None
            continue
        width = _width(indentation)
        if opened and _begins_block(kind, rest):
            while opened and opened[-1][0] >= width:
                opened.pop()
        if kind in _LOOPS:
            opened.append((width, True, start))
        elif kind in _DEFINITIONS:
            if opened:
                opened.append((width, False, start))
        elif kind == b"try":
            latest[width] = Tried(found.end(2), in_loop=_is_in_loop(code, opened, start))
        elif kind == b"with":
            opens_in_loop = opens_in_loop or _is_in_loop(code, opened, start)
        elif kind in _OF_TRY:
            tried = latest.get(width)
            if tried is None:
                return None
            if kind == b"finally":
                tried.has_finally = True
                continue
            if not tried.clauses:
                tried.end = start
                tries[start] = tried
            tried.clauses.append(_clause(code, found.end(2), width))
    return Blocks([*tries.values()], opens_in_loop)


def _begins_block(kind: bytes, rest: bytes) -> bool:
    """Say whether a line of `kind` and the `rest` surely begins a block, and not a part of an expression."""
    if kind not in _IN_EXPRESSIONS:
        return True
    if kind == b"else":
        return rest.lstrip().startswith(b":")
    return _OPENS_BLOCK.search(rest) is not None and b"else" not in rest


def _is_in_loop(code: bytes, opened: list[tuple[int, bool, int]], start: int) -> bool:
    """Say whether what begins at `start` may stand in a loop, of the blocks that are `opened`."""
    if not opened:
        return False
    width, is_loop, since = opened[-1]
    return is_loop or _is_left(code, width, since, start)


def _clause(code: bytes, position: int, width: int) -> Clause:
    """Return the clause, indented by `width`, whose `except` ends at `position`."""
    found = _CLASSES.match(code, position)
    if found is None:
        return Clause(None, None, width, position)
    listed, bound = found.groups()
    return Clause(frozenset(_NAME.findall(listed) if listed else _BARE), bound, width, found.end())


def _is_balanced(code: bytes) -> bool:
    """Say whether as many brackets are closed as are opened."""
    return sum(map(code.count, _OPENING)) == sum(map(code.count, _CLOSING))


_OPENING = (b"(", b"[", b"{")
_CLOSING = (b")", b"]", b"}")
_LOOPS = frozenset({b"for", b"while"})
_DEFINITIONS = frozenset({b"def", b"class"})
_OF_TRY = frozenset({b"except", b"finally"})
# What matters only in that it ends blocks, or stands in one.
_ONLY_CLOSE = frozenset({b"if", b"elif", b"else", b"with"})
# With what a line within an expression may begin; all else begins a statement.
_IN_EXPRESSIONS = frozenset({b"for", b"if", b"else"})


def _is_left(code: bytes, width: int, since: int, until: int) -> bool:
    """Say whether the function or class that begins at `since`, indented by `width`, may end before `until`."""
    return any(_width(found[1]) <= width for found in _STATEMENT.finditer(code, since + 1, until))


@cache
def _width(indentation: bytes) -> int:
    return len(indentation.rpartition(b"\f")[2].expandtabs())


def clauses(data: bytes) -> frozenset[bytes] | None:
    """Return the names after `except`; None if they cannot be told.

    Lines of strings count, too; a bare `except` names `BaseException`.
    """
    if _is_odd(data):
        return None
    classes: set[bytes] = set()
    for found in _CLAUSE.finditer(data):
        start = found.start()
        if data[data.rfind(b"\n", 0, start) + 1 : start].strip(b" \t\f"):
            continue  # it does not begin its line
        text, colon = found.groups()
        if not colon or b"[" in text or b"{" in text or b"lambda" in text:
            return None
        named = _BOUND.search(text)
        if named is not None:
            text = text[: named.start()]
        classes.update(_NAME.findall(text) or _BARE)
    return frozenset(classes)


def of_network(names: Collection[bytes], unrelated: Collection[bytes]) -> Iterator[bytes]:
    """Yield those of `names` that may be classes of connections: all but `unrelated` and those of other modules."""
    for name in names:
        root, dot, _ = name.partition(b".")
        if name not in unrelated and not (dot and root in _OF_NO_NETWORK):
            yield name
