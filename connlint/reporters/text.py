"""Findings for people: the place, the line with the part underlined, why, and what a fix would do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connlint.reporters.style import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.engine import Diagnostic
    from connlint.reporters.style import Style
    from connlint.run import Outcome
    from connlint.source import Source

_FIXED_BY = {"safe": "safe: --fix", "unsafe": "unsafe: --fix --unsafe-fixes"}


def findings(outcome: Outcome, style: Style) -> Iterator[str]:
    """Yield the findings of one file, each as several lines of text."""
    for item in outcome.checked.diagnostics:
        yield "\n".join(_lines(outcome.task.shown, item, outcome.checked.source, style)) + "\n"


def _lines(path: str, item: Diagnostic, source: Source | None, style: Style) -> Iterator[str]:
    colon = style.paint("cyan", ":")
    place = f"{style.paint('bold', one_line(path))}{colon}{item.row}{colon}{item.column}{colon}"
    yield f"{place} {style.paint('red', item.code)} {item.message}"
    margin = " " * len(str(item.row))
    if source is not None:
        line = source.lines[item.row - 1].rstrip("\r\n")
        end = item.end_column - 1 if item.end_row == item.row else len(line.rstrip())
        yield f"{style.paint('blue', f'{item.row} |')} {style.shown(line)}"
        yield f"{style.paint('blue', f'{margin} |')} {style.underlined(line, item.column - 1, end)}"
    for sentence in item.why:
        yield f"{style.paint('blue', f'{margin} =')} {style.paint('bold', 'why:')} {sentence}"
    if item.fix is not None:
        how = _FIXED_BY[item.fix.applicability]
        yield f"{style.paint('blue', f'{margin} =')} {style.paint('bold', 'fix:')} {item.fix.message} ({how})"


def statistics(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """Yield a line a code: how often it was found, whether it can be fixed, and its name."""
    for code, name, count, fixable in counted(outcomes):
        mark = "[*]" if fixable == count else "[-]" if fixable else "[ ]"
        yield f"{count}\t{style.paint('red', code)}\t{mark}\t{name}"


def counted(outcomes: Iterable[Outcome]) -> list[tuple[str, str, int, int]]:
    """Return each code's name, how often it was found, and how many of these have a fix; the most frequent first."""
    items = [item for outcome in outcomes for item in outcome.checked.diagnostics]
    found = Counter((item.code, item.name) for item in items)
    fixable = Counter(item.code for item in items if item.fixable is not None)
    ordered = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(code, name, count, fixable[code]) for (code, name), count in ordered]
