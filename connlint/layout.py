"""Where the nodes of a tree stand in the text, and what a new node looks like at an old one's place.

libcst nodes know no positions. They are found by generating the code once and noting the offsets at which the wanted
nodes begin and end; that happens only for files with findings. As a by-product it shows whether libcst brings the
file back the same; where it does not, nothing about the file can be trusted.

This is the one module that uses libcst's code generator directly.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from libcst._nodes.internal import CodegenState

from connlint.source import LINE_ENDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import libcst as cst

# Code generation recurses some five frames per level of an expression, and sums of a thousand terms are real code.
_FRAMES = 20_000


class RoundTripError(ValueError):
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
    """Generates code and notes where the wanted nodes stand."""

    def __init__(self, module: cst.Module, wanted: Collection[cst.CSTNode]) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.wanted = frozenset(wanted)
        self.outer: dict[cst.CSTNode, tuple[int, int, tuple[str, ...]]] = {}
        self.inner: dict[cst.CSTNode, tuple[int, int]] = {}
        self.starts: dict[cst.CSTNode, int] = {}

    def add_indent_tokens(self) -> None:
        super().add_indent_tokens()
        self.offset += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        super().add_token(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        if node in self.wanted:
            self.starts[node] = self.offset
            self.outer[node] = (self.offset, self.offset, tuple(self.indent_tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        if node in self.wanted:
            self.outer[node] = (self.starts[node], self.offset, self.outer[node][2])

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002
        end_node: cst.CSTNode | None = None,  # noqa: ARG002
    ) -> Iterator[None]:
        start = self.offset
        yield
        if node in self.wanted:
            self.inner[node] = (start, self.offset)


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


def locate(module: cst.Module, text: str, nodes: Collection[cst.CSTNode]) -> dict[cst.CSTNode, Span]:
    """Return the span of each of `nodes`. Raises `RoundTripError` if libcst does not bring `text` back the same."""
    recorder = _Recorder(module, nodes)
    if _generate(module, recorder) != text:
        raise RoundTripError("libcst does not bring this file back the same")
    spans = {}
    for node, (outer_start, outer_end, indent) in recorder.outer.items():
        start, end = recorder.inner.get(node, (outer_start, outer_end))
        spans[node] = Span(start, end, outer_start, min(outer_end, len(text)), indent)
    return spans


def rows(module: cst.Module, nodes: Collection[cst.CSTNode]) -> dict[cst.CSTNode, int]:
    """Return the row, from 1, on which each of `nodes` begins in the code of `module`."""
    recorder = _Recorder(module, nodes)
    text = _generate(module, recorder)
    starts = [match.end() for match in LINE_ENDS.finditer(text)]
    return {
        node: bisect_right(starts, recorder.inner.get(node, (outer_start, 0))[0]) + 1
        for node, (outer_start, _, _) in recorder.outer.items()
    }


def render(module: cst.Module, node: cst.CSTNode, indent: tuple[str, ...]) -> str:
    """Return the code of `node` in a block indented by `indent`, with the white space that belongs to it."""
    state = CodegenState(default_indent=module.default_indent, default_newline=module.default_newline)
    state.indent_tokens.extend(indent)
    return _generate(node, state)
