"""The last lines of a run, and its exit status: this is where their wording and their honesty are decided.

"All checks passed!" is said of a run in which every file was read, and of no other.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.run import Outcome

CLEAN, FINDINGS, FAILED = 0, 1, 2


class Summary:
    """Counts what came of a run.

    `fixing` says whether fixes were asked for, written or shown, and `unsafe` whether unsafe ones were.
    """

    def __init__(self, fixing: bool = False, unsafe: bool = False) -> None:
        self.fixing = fixing
        self.unsafe = unsafe
        self.files = 0
        self.affected = 0
        self.unchecked = 0
        self.changed = 0
        self.found: Counter[str] = Counter()
        self.fixable: Counter[str | None] = Counter()
        self.applied: Counter[str] = Counter()
        self.suppressed = 0
        self.unsuppressed = 0

    def add(self, outcome: Outcome) -> None:
        """Count what came of one file."""
        diagnostics = outcome.checked.diagnostics
        self.files += 1
        if not (diagnostics or outcome.checked.problems or outcome.changed):
            return
        self.affected += bool(diagnostics)
        self.unchecked += bool(outcome.checked.problems)
        self.changed += outcome.changed
        self.found.update(item.code for item in diagnostics)
        self.fixable.update(item.fixable for item in diagnostics)
        self.applied.update(outcome.applied)
        self.suppressed += outcome.suppressed
        self.unsuppressed += outcome.unsuppressed

    def could_not_check(self, paths: int) -> None:
        """Count paths that did not even come to be checked."""
        self.unchecked += paths

    def status(self, *, exit_zero: bool = False, exit_non_zero_on_fix: bool = False) -> int:
        """Return the exit status of a run that checked or fixed."""
        if self.unchecked:
            return FAILED
        if exit_zero:
            return CLEAN
        return FINDINGS if self.found or (exit_non_zero_on_fix and self.changed) else CLEAN

    def diff_status(self, *, exit_zero: bool = False) -> int:
        """Return the exit status of a run that showed what it would change."""
        if self.unchecked:
            return FAILED
        return FINDINGS if self.changed and not exit_zero else CLEAN

    def lines(self) -> Iterator[str]:
        """Yield the last lines of a run that checked or fixed."""
        found = self.found.total()
        if self.unsuppressed:
            yield f"Took back {_counted(self.unsuppressed, 'suppression')}."
        if self.suppressed:
            yield f"Suppressed {_counted(self.suppressed, 'finding')}."
        if self.applied:
            yield f"Fixed {self._counts()}; {found or 'none'} remain{'s' if found == 1 else ''}."
        elif found:
            safe = self.fixable["safe"] + (self.fixable["unsafe"] if self.unsafe else 0)
            fixable = f" ({safe} fixable)" if safe and not self.fixing else ""
            yield f"Found {_counted(found, 'finding')} in {_counted(self.affected, 'file')}{fixable}."
        elif self.files and not self.unchecked:
            yield "All checks passed!"
        elif self.unchecked and self.files > self.unchecked:
            yield "No findings in what was checked."
        yield from self._hints()

    def diff_lines(self) -> Iterator[str]:
        """Yield the last lines of a run that showed what it would change."""
        if self.unsuppressed:
            yield f"Would take back {_counted(self.unsuppressed, 'suppression')}."
        if self.suppressed:
            yield f"Would suppress {_counted(self.suppressed, 'finding')}."
        if self.applied:
            found = self.found.total()
            yield f"Would fix {self._counts()}; {found or 'none'} would remain."
        elif self.files > self.unchecked and not self.changed:
            yield "Nothing would be fixed."
        yield from self._hints()

    def _counts(self) -> str:
        each = ", ".join(f"{code} x {count}" for code, count in sorted(self.applied.items()))
        return f"{self.applied.total()}: {each}"

    def _hints(self) -> Iterator[str]:
        if self.fixable["unsafe"] and not self.unsafe:
            more = " more" if self.fixable["safe"] and not self.fixing else ""
            count = self.fixable["unsafe"]
            yield f"{count}{more} {'fix' if count == 1 else 'fixes'} available with --unsafe-fixes."
        if self.unchecked:
            yield f"{_counted(self.unchecked, 'path')} {'was' if self.unchecked == 1 else 'were'} not fully checked."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
