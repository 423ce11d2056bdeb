"""Where the nodes of a tree stand in the text, and what a new node looks like at an old one's place.

libcst nodes know no positions. They are found by generating the code once and noting the offsets at which nodes begin
and end; that happens only for files with findings. As a by-product it shows whether libcst brings the file back the
same; where it does not, nothing about the file can be trusted.

This is the one module that uses libcst's code generator directly.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from libcst._nodes.internal import CodegenState

from connlint.source import LINE_ENDS, SourceError, for_libcst

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

# Code generation recurses some five frames per level of an expression, and sums of a thousand terms are real code.
_FRAMES = 20_000


class RoundTripError(SourceError):
    """libcst does not bring the file back the same, so its offsets cannot be trusted."""


@dataclass(frozen=True, slots=True)
class Span:
    """Character offsets of a node: `start` to `end` of the code itself, `outer_start` to `outer_end` with the comments
    and line ends that belong to it; `indent` is the indentation of the block it stands in."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    indent: tuple[str, ...]


class _Recorder(CodegenState):
    """Generates code and notes where every node stands."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.indent: tuple[str, ...] = ()
        self.outer: dict[cst.CSTNode, tuple[int, int, tuple[str, ...]]] = {}
        self.inner: dict[cst.CSTNode, tuple[int, int]] = {}

    def increase_indent(self, value: str) -> None:
        super().increase_indent(value)
        self.indent = tuple(self.indent_tokens)

    def decrease_indent(self) -> None:
        super().decrease_indent()
        self.indent = tuple(self.indent_tokens)

    def add_indent_tokens(self) -> None:
        super().add_indent_tokens()
        self.offset += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        super().add_token(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.outer[node] = (self.offset, self.offset, self.indent)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start, _, indent = self.outer[node]
        self.outer[node] = (start, self.offset, indent)

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Iterator[None]:
        start = self.offset
        yield
        end = self.offset
        if start_node is not None:
            start = self.inner.get(start_node, (start, end))[0]
        if end_node is not None:
            end = self.inner.get(end_node, (start, end))[1]
        self.inner[node] = (start, end)


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _generate(node: cst.CSTNode, state: CodegenState, **options: Any) -> str:
    with _deep_recursion():
        node._codegen(state, **options)
    return "".join(state.tokens)


class Layout:
    """Where the nodes of a module stand. The code is generated once, when the first of them is asked for."""

    def __init__(self, module: cst.Module) -> None:
        self.module = module
        self._same: str | None = None  # the text that was compared last

    @cached_property
    def _recorder(self) -> _Recorder:
        return _Recorder(self.module)

    @cached_property
    def code(self) -> str:
        """The code that libcst makes of the module."""
        return _generate(self.module, self._recorder)

    @cached_property
    def _row_starts(self) -> list[int]:
        return [match.end() for match in LINE_ENDS.finditer(self.code)]

    def require(self, text: str) -> None:
        """Raise `RoundTripError` if `text`, which was parsed, is not what libcst makes of it."""
        if text is not self._same and self.code != for_libcst(text):
            message = "libcst does not bring it back the same (does a line begin with a form feed or a backslash?)"
            raise RoundTripError(message)
        self._same = text

    def span(self, node: cst.CSTNode) -> Span:
        """Return where `node` of the module stands. Raises `KeyError` for other nodes."""
        end_of_file = len(self.code)
        outer_start, outer_end, indent = self._recorder.outer[node]
        start, end = self._recorder.inner.get(node, (outer_start, outer_end))
        # libcst generates a line end after the last line even where the file has none, and takes it away again
        return Span(start, min(end, end_of_file), outer_start, min(outer_end, end_of_file), indent)

    def comments(self) -> Iterator[tuple[Span, cst.Comment]]:
        """Yield every comment of the module, and where it stands."""
        code = self.code
        for node in self._recorder.outer:
            if type(node).__name__ == "Comment" and code:
                yield self.span(node), cast("cst.Comment", node)

    def row(self, node: cst.CSTNode) -> int:
        """Return the row, from 1, on which `node` begins."""
        return bisect_right(self._row_starts, self.span(node).start) + 1


def render(module: cst.Module, node: cst.CSTNode, indent: tuple[str, ...]) -> str:
    """Return the code of `node` in a block indented by `indent`, with the white space that belongs to it."""
    state = CodegenState(default_indent=module.default_indent, default_newline=module.default_newline)
    state.indent_tokens.extend(indent)
    return _generate(node, state)
