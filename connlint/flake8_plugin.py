"""connlint under flake8.

flake8 runs every installed plugin over every file, whatever is selected, so this one gets out of the way first: where
the user's selection leaves no code of ours, nothing is done at all; a file that the gate turns away, by the tree that
flake8 hands over, never imports libcst.

Of `[tool.connlint]`, the plugin takes what it tells of the project's own operations and exceptions, and no more.
Selection is flake8's own, by its own decision engine. A rule that is off by default needs to be asked for: `--select`
or `--extend-select` must name it by more than the family (`CNL203`, `CNL2`; as bugbear's `B9`, not `B`, switches its
opinionated rules on). Were such codes merely ignored by default, any `ignore` in a user's configuration would set the
defaults aside and switch all of them on.

Suppression, per-file ignores, jobs and standard input are flake8's business as for any plugin. What cannot be analysed
has no code: flake8 reports syntax errors itself, and the rare file that Python reads and libcst does not is named by a
warning of the logger `connlint`, which goes to standard error unless the program that runs flake8 says otherwise.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar, cast

import connlint
from connlint import engine, gate
from connlint.options import DEFAULTS

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flake8.style_guide import DecisionEngine

    from connlint.options import Options

_FAMILY = "CNL"

_LOG = logging.getLogger("connlint")


class _Selection(engine.Selection):
    """flake8's selection."""

    __slots__ = ()

    def has(self, code: str, default: bool) -> bool:
        return self._reported(code) and (default or any(code.startswith(prefix) for prefix in self._named()))

    def may_have(self, family: str) -> bool:
        if family in gate.OFF_BY_DEFAULT:
            return self.has(family, default=False)
        # What flake8 decides changes only where a prefix ends that the user gave: it is asked for one code there.
        asked = [family, *(prefix for prefix in self.extend_select if prefix.startswith(family))]
        return any(self._reported(f"{prefix}~") for prefix in asked)

    def _named(self) -> Iterator[str]:
        return (prefix for prefix in self.extend_select if len(prefix) > len(_FAMILY))

    def _reported(self, code: str) -> bool:
        from flake8.style_guide import Decision

        decider = cast("DecisionEngine", self.decider)
        return decider.decision_for(code) is Decision.Selected


def _project_options() -> Options:
    """Return what the project's `[tool.connlint]` tells the rules. What it says of selection is not for flake8."""
    from pathlib import Path

    here = Path.cwd()
    if not any(_mentions_connlint(folder / "pyproject.toml") for folder in (here, *here.parents)):
        return DEFAULTS  # without an import of what reads settings
    from flake8.exceptions import ExecutionError

    from connlint.settings import SettingsError, file_layer

    try:
        layer = file_layer([str(here)])
    except SettingsError as error:
        raise ExecutionError(f"connlint: {error}") from error
    return DEFAULTS if layer is None else layer.options


def _mentions_connlint(path: Path) -> bool:
    try:
        return b"tool.connlint" in path.read_bytes()
    except OSError:
        return False


class Plugin:
    """The checker that flake8 makes for each file."""

    name = "connlint"
    version = connlint.__version__

    _selection: ClassVar[engine.Selection | None] = engine.Selection()

    def __init__(self, tree: ast.Module, lines: Sequence[str], filename: str) -> None:
        self._tree = tree
        self._lines = lines
        self._filename = filename

    @classmethod
    def parse_options(cls, _manager: object, options: argparse.Namespace, _paths: object) -> None:
        """Take over what flake8 was asked to select; flake8 calls this once, in every process."""
        from flake8.style_guide import DecisionEngine

        prefixes = (*(options.select or ()), *(options.extend_select or ()))
        selection = _Selection(extend_select=prefixes, decider=DecisionEngine(options))
        if not selection.may_have(_FAMILY):
            cls._selection = None
            return
        cls._selection = selection._replace(options=_project_options())

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield row (from 1), column (from 0) and text of every finding."""
        if self._selection is None:
            return
        from connlint.source import Source

        text = "".join(self._lines)
        source = Source(self._filename, text, "utf-8", bom=False)
        data = text.encode("utf-8", "surrogatepass")
        checked = engine.check(data, self._filename, self._selection, noqa=False, tree=self._tree, source=source)
        for problem in checked.problems:
            _LOG.warning("connlint: %s: %s", self._filename, problem)
        for item in checked.diagnostics:
            yield item.row, item.column - 1, f"{item.code} {item.message}", type(self)
