"""The rules as a libcst codemod command, for code bases that drive their rewrites through `libcst.tool`.

    python -m libcst.tool codemod -x connlint.codemods.FixConnections --unsafe-fixes src/

The command is the engine's own way of fixing, with its proof; it adds nothing but libcst's interface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from connlint.engine import Selection, fix

if TYPE_CHECKING:
    import argparse


class FixConnections(CodemodCommand):
    """Apply connlint's fixes to one module."""

    DESCRIPTION: ClassVar[str] = "Repair how network connections that fail are handled."  # type: ignore[misc]

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the command's options to libcst's parser."""
        arg_parser.add_argument("--select", help="codes to fix, separated by commas (default: the rules that are on)")
        arg_parser.add_argument("--unsafe-fixes", action="store_true", help="apply unsafe fixes too")

    def __init__(self, context: CodemodContext, select: str | None = None, unsafe_fixes: bool = False) -> None:
        super().__init__(context)
        self._selection = Selection(tuple(select.split(",")) if select else None)
        self._unsafe = unsafe_fixes

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return `tree` with every fix applied that stands its proof; what went wrong is noted as warnings."""
        fixed = fix(tree.bytes, self.context.filename or "<module>", self._selection, unsafe=self._unsafe)
        for line in (*fixed.dropped, *fixed.checked.problems):
            self.warn(line)
        return tree if fixed.data == fixed.before else cst.parse_module(fixed.data)
