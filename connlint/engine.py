"""One file through the whole way: gate, parse, facts, rules, findings, fixes with their proof.

Nothing here reads configuration, prints or writes. libcst is imported only after the gate has said yes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connlint import gate
from connlint.source import Source, SourceError, decode

if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connlint.facts import Facts
    from connlint.fixes.edits import Edit
    from connlint.rules.base import Applicability, Finding, Rule

# A fix may bring others to light, but no file of the tuning packages needs more than a handful of passes.
MOST_PASSES = 20


@dataclass(frozen=True, slots=True)
class ProvenFix:
    """A fix that stood its proof: its edits are offsets into the text of the file that was checked."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with its place, ready to be reported. Rows and columns count from 1, columns in characters."""

    code: str
    name: str
    message: str
    row: int
    column: int
    end_row: int
    end_column: int
    why: tuple[str, ...]
    fixable: Applicability | None
    fix: ProvenFix | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of one file gave: its diagnostics in the order of their places, and what went wrong."""

    filename: str
    diagnostics: tuple[Diagnostic, ...] = ()
    problems: tuple[str, ...] = ()
    source: Source | None = None
    parsed: bool = False


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixing one file gave.

    `data` is the new content, `before` the old; `applied` counts fixes by code; `checked` is what remains; `dropped`
    says, one line each, which fixes failed their proof.
    """

    before: bytes
    data: bytes
    applied: Mapping[str, int]
    dropped: tuple[str, ...]
    checked: Checked


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are reported: the longest prefix of a code decides, as in flake8 and ruff.

    `select` None means the rules that are on by default; `fixable` are the codes that may be fixed.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def has(self, code: str, default: bool) -> bool:
        """Say whether findings of `code`, of a rule that is on by `default` or not, are to be reported."""
        chosen = _longest(code, (*(self.select or ()), *self.extend_select))
        if self.select is None and default:
            chosen = max(chosen, 0)
        return chosen >= 0 and chosen > _longest(code, self.ignore) - (chosen == len(code))

    def may_have(self, family: str) -> bool:
        """Say whether any code that begins with `family` (`CNL1`) could be reported."""
        chosen = [*(self.select or ()), *self.extend_select]
        if self.select is None:
            return True
        return any(family.startswith(prefix) or prefix.startswith(family) for prefix in chosen)


def _longest(code: str, prefixes: Collection[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


def selected_rules(selection: Selection) -> tuple[Rule, ...]:
    """Return the rules that `selection` wants. Imports libcst."""
    from connlint.rules import all_rules

    return tuple(rule for rule in all_rules() if selection.has(rule.code, rule.default))


def check(
    data: bytes,
    filename: str,
    selection: Selection,
    *,
    noqa: bool = True,
    with_fixes: bool = False,
    tree: ast.Module | None = None,
) -> Checked:
    """Check the file content `data`. Never raises: what goes wrong is in the result's `problems`.

    With `with_fixes` every fix is made and proven. `tree` is the file's `ast`, if the caller has it.
    """
    try:
        verdict = gate.decide(data, selection.may_have, tree)
        if verdict.problem is not None:
            return Checked(filename, problems=(verdict.problem,))
        if not verdict.candidate:
            return Checked(filename)
        source = decode(data, filename)
        analysis = _Analysis(source, selection, noqa)
        diagnostics = analysis.diagnostics
        if with_fixes:
            diagnostics = tuple(analysis.with_proven_fixes())
        return Checked(filename, diagnostics, source=source, parsed=True)
    except SourceError as error:
        return Checked(filename, problems=(str(error),))
    except RecursionError:
        return Checked(filename, problems=("is nested too deeply to be analysed",))


def fix(data: bytes, filename: str, selection: Selection, *, unsafe: bool, noqa: bool = True) -> Fixed:
    """Apply every fix that stands its proof, pass after pass, until nothing applies. Never raises."""
    first = check(data, filename, selection, noqa=noqa)
    if first.source is None or not first.diagnostics:
        return Fixed(data, data, {}, (), first)
    try:
        return _fix(data, first.source, selection, unsafe=unsafe, noqa=noqa)
    except (SourceError, RecursionError) as error:
        problem = str(error) if isinstance(error, SourceError) else "is nested too deeply to be fixed"
        return Fixed(data, data, {}, (), replace(first, problems=(problem,)))


def _fix(data: bytes, source: Source, selection: Selection, *, unsafe: bool, noqa: bool) -> Fixed:
    applied: dict[str, int] = {}
    dropped: dict[str, None] = {}
    problems: tuple[str, ...] = ()
    analysis = _Analysis(source, selection, noqa)
    for _ in range(MOST_PASSES):
        batch = analysis.batch(unsafe=unsafe, dropped=dropped)
        if not batch:
            break
        for index in batch:
            code = analysis.found[index][0].code
            applied[code] = applied.get(code, 0) + 1
        analysis = analysis.after(batch)
    else:
        problems = (f"fixing did not come to an end within {MOST_PASSES} passes",)
    checked = Checked(source.filename, analysis.diagnostics, problems, analysis.source, parsed=True)
    return Fixed(data, analysis.source.encode(analysis.source.text), applied, tuple(dropped), checked)


class _Analysis:
    """The findings of one text, and its fixes. A fix that was applied gives a new analysis."""

    def __init__(self, source: Source, selection: Selection, noqa: bool) -> None:
        import libcst as cst

        from connlint import facts

        self.source = source
        self.selection = selection
        self.noqa = noqa
        try:
            module = cst.parse_module(source.text, cst.PartialParserConfig(encoding=source.encoding))
        except cst.ParserSyntaxError as error:
            raise SourceError(f"libcst cannot parse it: {error.message} at line {error.raw_line}") from error
        self.facts: Facts = facts.read(module)
        self.found: list[tuple[Rule, Finding, Diagnostic]] = self._find()
        self._edits: dict[int, tuple[Edit, ...] | None] = {}

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for _, _, diagnostic in self.found)

    def _find(self) -> list[tuple[Rule, Finding, Diagnostic]]:
        from connlint.layout import RoundTripError, locate

        reported = [(rule, finding) for rule in selected_rules(self.selection) for finding in rule.check(self.facts)]
        if not reported:
            return []
        nodes = {node for _, finding in reported for node in (finding.node, finding.until) if node is not None}
        try:
            spans = locate(self.facts.module, self.source.text, nodes)
        except RoundTripError as error:
            raise SourceError(str(error)) from error
        found = []
        for rule, finding in reported:
            start = self.source.position(spans[finding.node].start)
            end = self.source.position(spans[finding.until or finding.node].end)
            diagnostic = Diagnostic(
                rule.code,
                rule.name,
                rule.message.format_map(finding.arguments),
                *start,
                *end,
                finding.why,
                finding.fix.applicability if finding.fix is not None else None,
            )
            found.append((rule, finding, diagnostic))
        found.sort(key=lambda item: (item[2].row, item[2].column, item[2].code))
        return self._unsuppressed(found)

    def _unsuppressed(self, found: list[tuple[Rule, Finding, Diagnostic]]) -> list[tuple[Rule, Finding, Diagnostic]]:
        if not self.noqa or "noqa" not in self.source.text.lower():
            return found
        from connlint.noqa import Suppressions

        suppressions = Suppressions(self.source)
        return [item for item in found if not suppressions.has(item[2].row, item[2].code)]

    def edits(self, index: int) -> tuple[Edit, ...] | None:
        """Return the edits of the fix of finding `index`; None if it has none or declines."""
        if index not in self._edits:
            from connlint.fixes.edits import edits_of

            finding = self.found[index][1]
            rewrite = finding.fix.rewrite() if finding.fix is not None else None
            self._edits[index] = edits_of(self.facts, self.source.text, rewrite) if rewrite is not None else None
        return self._edits[index]

    def after(self, indexes: Sequence[int]) -> _Analysis:
        """Return the analysis of the text with the fixes of `indexes` applied."""
        return _Analysis(self.source.with_text(self._text_after(indexes)), self.selection, self.noqa)

    def _text_after(self, indexes: Sequence[int]) -> str:
        from connlint.fixes.edits import apply

        return apply(self.source.text, [edit for index in indexes for edit in self.edits(index) or ()])

    def failure(self, indexes: Sequence[int]) -> str | None:
        """Say why the fixes of `indexes`, applied together, fail their proof; None if they stand it."""
        from connlint.fixes import proof

        text = self._text_after(indexes)
        if text == self.source.text:
            return "it would change nothing"
        problem = proof.breaks_syntax(text, self.source.filename) or proof.loses_comments(self.source.text, text)
        if problem is not None:
            return problem
        try:
            self.source.encode(text)
            after = _Analysis(self.source.with_text(text), self.selection, self.noqa)
        except UnicodeEncodeError:
            return f"the file's encoding {self.source.encoding} cannot hold the result"
        except SourceError as error:
            return f"the result {error}"
        fixed = [self.found[index] for index in indexes]
        return proof.unexpected(
            [item.code for item in self.diagnostics],
            [item.code for item in after.diagnostics],
            [rule.code for rule, _, _ in fixed],
            frozenset().union(*(rule.reveals for rule, _, _ in fixed)),
        )

    def batch(self, *, unsafe: bool, dropped: dict[str, None]) -> list[int]:
        """Return the findings whose fixes can be applied together, proven; those that fail are named in `dropped`."""
        from connlint.fixes.edits import overlap

        dropped.clear()  # those that a later pass can apply were not dropped
        chosen: list[int] = []
        for index, (_, finding, _) in enumerate(self.found):
            if finding.fix is None or (finding.fix.applicability == "unsafe" and not unsafe):
                continue
            edits = self.edits(index)
            if edits and not any(overlap(edits, self.edits(other) or ()) for other in chosen):
                chosen.append(index)
        if not chosen or (len(chosen) > 1 and self.failure(chosen) is None):
            return chosen
        proven: list[int] = []
        for index in chosen:
            problem = self.failure([*proven, index])
            if problem is None:
                proven.append(index)
            else:
                _, _, diagnostic = self.found[index]
                dropped[f"the fix of {diagnostic.code} at line {diagnostic.row} was not applied: {problem}"] = None
        return proven

    def with_proven_fixes(self) -> Iterator[Diagnostic]:
        """Yield the diagnostics, each with its fix if that stands its proof alone."""
        for index, (_, finding, diagnostic) in enumerate(self.found):
            edits = self.edits(index)
            if finding.fix is None or not edits or self.failure([index]) is not None:
                yield replace(diagnostic, fixable=None)
            else:
                fix = ProvenFix(finding.fix.applicability, finding.fix.message, edits)
                yield replace(diagnostic, fix=fix)
