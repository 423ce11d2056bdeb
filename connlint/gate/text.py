"""The bytes of a file, and what is asked of them before anything is parsed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connlint.gate import lines
from connlint.gate.marks import Lines
from connlint.gate.words import (
    ALL_ERRORS,
    ANY_WORD,
    BINDING,
    CODE_OF_OURS,
    CONNECT,
    CONNECT_BESIDES,
    CONNECTING,
    CONNECTION_CLASS,
    CONNECTS,
    CONTINUED,
    COOKIE,
    ERRNO,
    ERRNO_NUMBER,
    ERRNO_READ,
    EXC_INFO,
    EXCEPT,
    HTTP_CLIENTS,
    HTTP_POLICY,
    IMPORT,
    IMPORTED_LIST,
    IMPORTS_ALL,
    KEYWORD_OF_POLICY,
    LISTED,
    NETWORK,
    NEVER_LATER,
    NOQA,
    POLICIES,
    POLICY,
    POLICY_BY_KEYWORD,
    RENAMED,
    SAID,
    SAY_NOTHING,
    SIMPLE,
    SUPPRESS,
    TAKE_ALL,
    TELLING_CALL,
    TELLING_CLASS,
    UNRELATED_BYTES,
    UNRELATED_NAME,
    UP_TO_ASSIGNMENT,
)
from connlint.options import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from connlint.gate.connecting import Connecting
    from connlint.gate.marks import Rows
    from connlint.gate.reach import Reach
    from connlint.gate.rounds import Rounds
    from connlint.lazy import Pattern
    from connlint.options import Options


class Text:
    """The bytes of a file, and what is in them. Every question is answered once."""

    def __init__(self, data: bytes, options: Options | None = None) -> None:
        self._data = data
        self.options = options or DEFAULTS
        self.reach: Reach | None = None
        self.connecting: Connecting | None = None
        self.rounds: Rounds | None = None
        self.may_connect: bool | None = None
        self.may_retry: bool | None = None
        self.may_be_slack: bool | None = None
        self._own = tuple({own.name.rpartition(".")[2].encode() for own in options.operations}) if options else ()
        self._words: dict[tuple[bytes, ...], bool] = {}
        self._patterns: dict[Pattern, bool] = {}
        cookie = COOKIE.match(data)
        # In other encodings not to find a word says nothing.
        self._plain = cookie is None or SIMPLE.match(cookie[1]) is not None

    def has(self, words: tuple[bytes, ...]) -> bool:
        """Say whether one of `words` may be in the text."""
        found = self._words.get(words)
        if found is None:
            data = self._data
            found = self._words[words] = not self._plain or any(word in data for word in words)
        return found

    def matches(self, pattern: Pattern) -> bool:
        """Say whether `pattern` may be in the text."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = not self._plain or pattern.search(self._data) is not None
        return found

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._data)

    def rows(self, words: Collection[str]) -> Rows | None:
        """Return the rows that hold one of `words`, None if they cannot be told."""
        return self._lines.with_words(words) if self._plain else None

    @cached_property
    def suppresses(self) -> bool:
        """True if a comment may suppress one of our codes."""
        if not self._plain:
            return True
        if CODE_OF_OURS.search(self._data) is None:
            return False
        # A line at a time: one expression for both would look through the rest of a line for each of its `noqa`.
        for line in self._data.split(b"\n"):
            noqa = NOQA.search(line)
            if noqa is not None and CODE_OF_OURS.search(line, noqa.end()):
                return True
        return False

    @cached_property
    def rebinds_unrelated(self) -> bool:
        """True if a builtin exception's name, of those that have nothing to do with connections, may be given anew."""
        if not self._plain or RENAMED.search(self._data) is not None:
            return True
        position = 0
        while (name := UNRELATED_NAME.search(self._data, position)) is not None:
            # What follows is looked at once, however many names stand in it.
            following = UP_TO_ASSIGNMENT.match(self._data, name.end())
            if following is None or following[1] is not None:
                return True
            position = following.end()
        return False

    @cached_property
    def _blocks(self) -> lines.Blocks | None:
        return lines.blocks(self._code) if self._code is not None else None

    @cached_property
    def suppresses_in_loop(self) -> bool:
        """True if a `with` in a loop may take exceptions."""
        return self.has(SUPPRESS) and (self._blocks is None or self._blocks.opens_in_loop)

    @cached_property
    def tells_of_classes(self) -> bool:
        """True if the text may speak of connections by the name of a class."""
        return self.has(CONNECTION_CLASS) or self.has(TELLING_CLASS)

    @cached_property
    def retries(self) -> bool:
        """True if a clause in a loop may lead back to its head after what may be a failure of a connection."""
        code, blocks = self._code, self._blocks
        if code is None or blocks is None:
            return self.imports_network or self.tells_of_classes or self.matches(TELLING_CALL)
        earliest = len(code)
        for tried in reversed(blocks.tries):  # the inner ones end before the outer ones
            is_inner = earliest < tried.start
            earliest = min(earliest, tried.start)
            if tried.in_loop and any(self._may_retry(code, tried, each, is_inner) for each in tried.clauses):
                return True
        return False

    def _may_retry(self, code: bytes, tried: lines.Tried, clause: lines.Clause, is_inner: bool) -> bool:
        if not self._may_take_failures(code, tried, clause):
            return False
        # what a clause raises may be taken by one around it
        return is_inner or tried.has_finally or clause.may_lead_back(code)

    @cached_property
    def recurs(self) -> bool:
        """True if a clause may call the function that it stands in, after what may be a failure of a connection."""
        code, blocks = self._code, self._blocks
        if code is None or blocks is None:
            return self.imports_network or self.tells_of_classes or self.matches(TELLING_CALL)
        functions = lines.Functions(code)
        return any(
            functions.may_call_itself(each) and self._may_take_failures(code, tried, each)
            for tried in blocks.tries
            for each in tried.clauses
        )

    def _may_take_failures(self, code: bytes, tried: lines.Tried, clause: lines.Clause) -> bool:
        names = clause.names
        if names is not None and names <= UNRELATED_BYTES and not self.rebinds_caught:
            return False
        if not self.imports_network:
            silent = names is not None and names <= SAY_NOTHING and not self._rebinds(names)
            if (silent or not self.tells_of_classes) and not TELLING_CALL.search(code, tried.start, tried.end):
                return False
        return True

    @cached_property
    def ladders(self) -> bool:
        """True if a clause may take what a later one of the same `try` names."""
        blocks = self._blocks
        return blocks is None or self.rebinds_caught or any(_may_be_ladder(tried) for tried in blocks.tries)

    @cached_property
    def _clauses(self) -> frozenset[bytes] | None:
        return lines.clauses(self._data) if self._plain else None

    @cached_property
    def handles(self) -> bool:
        """True if something may be handled that is not surely unrelated to connections."""
        if self.has(SUPPRESS):
            return True
        if not self.has(EXCEPT):
            return False
        if self._clauses is None:
            return True
        return not self._clauses <= UNRELATED_BYTES or self.rebinds_caught

    def _rebinds(self, names: frozenset[bytes]) -> bool:
        """Say whether one of the builtins' `names` may be given anew."""
        return any(self._may_give_anew(name) for name in names) or self._imports(names)

    def _may_give_anew(self, name: bytes) -> bool:
        data = self._data
        at = data.find(name)
        looked = 0
        while at >= 0:
            before = data[max(0, at - 40) : at].rstrip(b" \t\f\r\n\\")
            if at and (not before or before.endswith((b"as", b"class"))):
                return True
            end = at + len(name)
            if end >= looked:
                # What follows is looked at once, however many names stand in it.
                following = UP_TO_ASSIGNMENT.match(data, end)
                if following is None or following[1] is not None:
                    return True
                looked = following.end()
            at = data.find(name, end)
        return False

    @cached_property
    def rebinds_caught(self) -> bool:
        """True if a builtin exception's name, of those that are caught and unrelated, may be given anew."""
        if self._clauses is None:
            return self.rebinds_unrelated
        return self._rebinds(self._clauses & UNRELATED_BYTES)

    def _imports(self, names: frozenset[bytes]) -> bool:
        if b"import" not in self._data:
            return False
        listed = b"\n".join([self._importing, *IMPORTED_LIST.findall(self._data)])
        return not names.isdisjoint(ANY_WORD.findall(listed))

    @cached_property
    def _code(self) -> bytes | None:
        """The lines without long strings, None if they cannot be told."""
        return lines.statements(self._data) if self._plain else None

    def _means_connections(self, names: frozenset[bytes]) -> bool:
        """Say whether one of the `names` after `except` may mean connections, and not all of them or none."""
        if any(lines.of_network(names, SAY_NOTHING)) or (self.has(ALL_ERRORS) and not names <= UNRELATED_BYTES):
            return True
        return self.rebinds_caught and not names.isdisjoint(UNRELATED_BYTES)

    @cached_property
    def handles_related(self) -> bool:
        """True if a clause may name a class that means connections, and not all of them or none."""
        return self._clauses is None or self._means_connections(self._clauses)

    @cached_property
    def handles_some(self) -> bool:
        """True if the clauses of a `try` may take some failures of connections and miss others."""
        if not self.handles_related:
            return False
        return self._blocks is None or any(self._may_take_some(tried) for tried in self._blocks.tries)

    def _may_take_some(self, tried: lines.Tried) -> bool:
        names = [clause.names for clause in tried.clauses if clause.names is not None]
        if len(names) < len(tried.clauses):
            return True
        # The builtin classes never come of what a library raises, whatever takes it then.
        may_miss = self.has(CONNECTION_CLASS) or all(map(TAKE_ALL.isdisjoint, names))
        return may_miss and any(map(self._means_connections, names))

    @cached_property
    def handles_os_errors(self) -> bool:
        """True if a clause may name what is an `OSError`, or more of connections than that."""
        if self._clauses is None or not self._clauses <= NEVER_LATER:
            return True
        return self.handles_related

    @cached_property
    def sorts_out(self) -> bool:
        """True if a handler may begin by asking what it took."""
        code, blocks = self._code, self._blocks
        if code is None or blocks is None:
            return True
        return any(self._may_sort_out(code, clause) for tried in blocks.tries for clause in tried.clauses)

    def _may_sort_out(self, code: bytes, clause: lines.Clause) -> bool:
        if clause.names is not None:
            if clause.names <= UNRELATED_BYTES and not self.rebinds_caught:
                return False
            if clause.bound is None and not self.has(EXC_INFO):
                return False
        return clause.may_ask(code)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The last names of the project's own operations."""
        return frozenset(name.decode() for name in self._own)

    @cached_property
    def names_own_operation(self) -> bool:
        """True if an operation of the project's own may be named."""
        return bool(self._own) and self.has(self._own)

    @cached_property
    def imports_network(self) -> bool:
        """True if one of the packages may be imported, or the text may name an operation of the project's own."""
        if not self._plain or self.names_own_operation:
            return True
        return any(self.reaches(package) for package in self._packages & NETWORK.keys())

    @cached_property
    def _importing(self) -> bytes:
        """The logical lines that say `import`."""
        return b"\n".join(_importing_lines(self._data)) if b"import" in self._data else b""

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The packages that may be imported."""
        text = self._importing
        if b"#" in text and CONTINUED.search(text) is not None:
            # A comment may end in what looks like the first part of an `import`.
            return frozenset(name.decode() for name in ANY_WORD.findall(text))
        found: set[bytes] = set()
        for each in IMPORT.finditer(text):
            found.update([each[1].partition(b".")[0]] if each[1] else LISTED.findall(each[2]))
        return frozenset(name.decode() for name in found)

    @cached_property
    def _imported_whole(self) -> frozenset[bytes]:
        """The packages of which all may be imported (`from http import *`)."""
        return frozenset(IMPORTS_ALL.findall(self._importing))

    def reaches(self, package: str) -> bool:
        """Say whether the network may be reached through `package`, one of the keys of `NETWORK`, if it is imported."""
        words = NETWORK[package]
        if words is None or not self._plain or package.encode() in self._imported_whole:
            return True
        if not self.has(words):
            return False
        return package not in SAID or self.matches(SAID[package]) or self._binds(package)

    def _binds(self, package: str) -> bool:
        return BINDING[package].search(self._importing) is not None

    @cached_property
    def names_connect(self) -> bool:
        """True if an operation that connects may be named, or a package that connects be imported."""
        if not self._plain or not self._packages.isdisjoint(CONNECTING):
            return True
        return self.matches(CONNECT) or (self.has(CONNECT_BESIDES) and self.matches(CONNECTS))

    @cached_property
    def configures_retries(self) -> bool:
        """True if one of the packages that retry may be configured."""
        if not self._plain:
            return True
        packages = self._packages & POLICIES
        if packages and self.has(POLICY) and (not packages <= HTTP_CLIENTS or self.has(HTTP_POLICY)):
            return True
        return self.has(KEYWORD_OF_POLICY) and self.has(POLICY_BY_KEYWORD)

    @cached_property
    def may_handle(self) -> bool:
        """True if something may be handled."""
        return self.has(EXCEPT) or self.has(SUPPRESS)

    @cached_property
    def names_connection_errno(self) -> bool:
        """True if an errno that only connections have may be named, or written as a number."""
        return self.has(ERRNO) or (self.has(ERRNO_READ) and self.matches(ERRNO_NUMBER))


def _may_be_ladder(tried: lines.Tried) -> bool:
    """Say whether a clause may take what a later one names, as far as that may be about connections."""
    may_take = False
    for clause in tried.clauses:
        names = clause.names
        if names is None:
            return True
        if may_take and not names <= NEVER_LATER:
            return True
        may_take = may_take or not names <= UNRELATED_BYTES
    return False


def _importing_lines(data: bytes) -> Iterator[bytes]:
    """Yield the logical lines that say `import`."""
    position = data.find(b"import")
    while position >= 0:
        start = data.rfind(b"\n", 0, position) + 1
        while data.endswith((b"\\\n", b"\\\r\n"), 0, start):
            start = data.rfind(b"\n", 0, start - 1) + 1
        end = data.find(b"\n", position)
        while end >= 0 and data.endswith((b"\\", b"\\\r"), start, end):
            end = data.find(b"\n", end + 1)
        if end < 0:
            end = len(data)
        yield data[start:end]
        position = data.find(b"import", end)
