"""One file through the whole way: gate, parse, facts, rules, findings, fixes with their proof.

Nothing here reads configuration, prints or writes. libcst is imported only after the gate has said yes.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from connlint import gate
from connlint.options import DEFAULTS, Options

if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connlint.facts import Facts
    from connlint.noqa import Suppressions
    from connlint.rules.base import Applicability, Finding, Rewrite, Rule
    from connlint.source import Edit, Source

# A fix may bring others to light, but no file of the tuning packages needs more than a handful of passes.
MOST_PASSES = 20


class ProvenFix(NamedTuple):
    """A fix that stood its proof, alone or with others: its edits are offsets into the text that was checked."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


class Diagnostic(NamedTuple):
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


class Checked(NamedTuple):
    """What the check of one file gave: its diagnostics in the order of their places, and what went wrong."""

    filename: str
    diagnostics: tuple[Diagnostic, ...] = ()
    problems: tuple[str, ...] = ()
    source: Source | None = None
    parsed: bool = False


class Fixed(NamedTuple):
    """What fixing one file gave.

    `data` is the new content, `before` the old; `applied` counts fixes by code; `checked` is what remains; `dropped`
    says, one line each, which fixes failed their proof.
    """

    before: bytes
    data: bytes
    applied: Mapping[str, int]
    dropped: tuple[str, ...]
    checked: Checked


class Selection(NamedTuple):
    """What is asked of the rules: which codes are reported, and by which of the project's `options`.

    The longest prefix of a code decides, as in flake8 and ruff. `select` None means the rules that are on by default.
    Of a selecting and an ignoring prefix of the same length the ignoring one decides, as in both.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    options: Options = DEFAULTS
    decider: object = None
    """What somebody else's selection decides by, if this is one."""

    def has(self, code: str, default: bool) -> bool:
        """Say whether findings of `code`, of a rule that is on by `default` or not, are to be reported."""
        chosen = _longest(code, (*(self.select or ()), *self.extend_select))
        if self.select is None and default:
            chosen = max(chosen, 0)  # as if the empty prefix were selected
        return chosen > _longest(code, self.ignore)

    def may_have(self, family: str) -> bool:
        """Say whether any code that begins with `family` (`CNL1`) could be reported."""
        if family in gate.OFF_BY_DEFAULT:
            return self.has(family, default=False)
        chosen = [*(self.select or ()), *self.extend_select]
        if self.select is None:
            return True
        return any(family.startswith(prefix) or prefix.startswith(family) for prefix in chosen)


def _judges() -> frozenset[str]:
    """Return the codes of what judges other findings: a fix that mends one may leave its suppression behind."""
    from connlint.rules import all_rules

    return frozenset(rule.code for rule in all_rules() if rule.last)


def _longest(code: str, prefixes: Collection[str]) -> int:
    """Return the length of the longest of `prefixes` that `code` begins with, -1 if there is none."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


@lru_cache(maxsize=64)
def _wanted(selection: Selection) -> frozenset[str]:
    """Return the families of codes of which `selection` may want one."""
    return frozenset(family for family in gate.PREFIXES if selection.may_have(family))


def decide(data: bytes, selection: Selection, tree: ast.Module | None = None) -> gate.Verdict:
    """Return what the gate says of the file content `data`; `tree` is its `ast`, if the caller has it. Never raises."""
    try:
        return gate.decide(data, _wanted(selection).__contains__, tree, selection.options)
    except Exception as error:  # noqa: BLE001 - user code of any kind must end in a line, not in a traceback
        return gate.Verdict(False, _problem_of(error))


@lru_cache(maxsize=64)
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
    with_fixes: bool | Literal["together"] = False,
    tree: ast.Module | None = None,
    source: Source | None = None,
    verdict: gate.Verdict | None = None,
) -> Checked:
    """Check the file content `data`. Never raises: what goes wrong is in the result's `problems`.

    With `with_fixes` every fix is made and proven: alone, so that it can be applied alone, or `together` with the
    others, as `fix` applies them, which costs one proof for many. `tree` and `source` are the file's `ast` and its
    text, if the caller has them; `data` is then that text as UTF-8, whatever it says of its encoding. `verdict` is what
    the gate has said of `data`, if it was asked.
    """
    checked, analysis = _analysed(data, filename, selection, noqa=noqa, tree=tree, source=source, verdict=verdict)
    if analysis is None or not with_fixes:
        return checked
    try:
        diagnostics = tuple(analysis.with_proven_fixes(together=with_fixes == "together"))
    except Exception as error:  # noqa: BLE001 - as above
        return checked._replace(problems=(*checked.problems, _problem_of(error)))
    return checked._replace(diagnostics=diagnostics, problems=tuple(analysis.problems))


def fix(
    data: bytes,
    filename: str,
    selection: Selection,
    *,
    unsafe: bool,
    noqa: bool = True,
    verdict: gate.Verdict | None = None,
) -> Fixed:
    """Apply every fix that stands its proof, pass after pass, until nothing applies. Never raises."""
    checked, analysis = _analysed(data, filename, selection, noqa=noqa, verdict=verdict)
    if analysis is None or not checked.diagnostics:
        return Fixed(data, data, {}, (), checked)
    try:
        return _fix(data, analysis, unsafe=unsafe)
    except Exception as error:  # noqa: BLE001 - as above; the file stays as it is
        return Fixed(data, data, {}, (), checked._replace(problems=(*checked.problems, _problem_of(error))))


def _analysed(
    data: bytes,
    filename: str,
    selection: Selection,
    *,
    noqa: bool,
    tree: ast.Module | None = None,
    source: Source | None = None,
    verdict: gate.Verdict | None = None,
) -> tuple[Checked, _Analysis | None]:
    """Return what there is to say of a file, and its analysis if the gate let it in and it could be parsed."""
    try:
        verdict = verdict or decide(data, selection, tree)
        if verdict.problem is not None:
            return Checked(filename, problems=(verdict.problem,)), None
        if not verdict.candidate:
            return Checked(filename), None
        from connlint.source import decode

        analysis = _Analysis(source or decode(data, filename), selection, noqa, verdict)
    except Exception as error:  # noqa: BLE001 - as above
        return Checked(filename, problems=(_problem_of(error),)), None
    return analysis.checked, analysis


def _rules_of(selection: Selection, families: tuple[str, ...]) -> list[Rule]:
    """Return the rules that are selected and that may find something, by what the gate says."""
    return [rule for rule in selected_rules(selection) if rule.code.startswith(families)]


def _problem_of(error: Exception) -> str:
    """Return the line that says why a file could not be analysed."""
    from connlint.source import SourceError

    if isinstance(error, SourceError):
        return str(error)
    if isinstance(error, (RecursionError, MemoryError)):
        return "is nested too deeply to be analysed"
    return _internal("connlint", error)


def _internal(where: str, error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"internal error in {where}: {type(error).__name__}: {said}; please report this"


def _fix(data: bytes, analysis: _Analysis, *, unsafe: bool) -> Fixed:
    first = analysis.checked
    applied: dict[str, int] = {}
    dropped: tuple[str, ...] = ()
    problems: dict[str, None] = {}
    for _ in range(MOST_PASSES):
        batch, dropped = analysis.batch(unsafe=unsafe)
        problems.update(dict.fromkeys(analysis.problems))
        if batch is None:
            break
        for code in batch.codes:
            applied[code] = applied.get(code, 0) + 1
        analysis = batch.after
    else:
        # Then the next run would change the file again, and who knows what it would be in the end.
        problem = f"fixing did not come to an end within {MOST_PASSES} passes, so nothing is fixed"
        return Fixed(data, data, {}, (), first._replace(problems=(*first.problems, problem)))
    problems.update(dict.fromkeys(analysis.problems))
    checked = analysis.checked._replace(problems=tuple(problems))
    return Fixed(data, analysis.source.encode(analysis.source.text), applied, dropped, checked)


class _Outcome(NamedTuple):
    """What the fixes of some findings, applied together, make of a text: proven."""

    codes: tuple[str, ...]
    edits: tuple[Edit, ...]
    after: _Analysis


class _ProofError(ValueError):
    """Fixes do not stand their proof; the text says why."""


class _Analysis:
    """The findings of one text, and its fixes. What fixes make of it is an analysis of its own."""

    def __init__(
        self,
        source: Source,
        selection: Selection,
        noqa: bool,
        verdict: gate.Verdict,
    ) -> None:
        self.source = source
        self.selection = selection
        self.noqa = noqa
        self.families = verdict.families
        self._too_large = verdict.too_large
        self.problems: list[str] = []
        self.found: list[tuple[Rule, Finding, Diagnostic]] = []
        with gate.no_collection():
            if verdict.tree is None or self._may_find(verdict.tree):
                self.found = self._find()
        self._rewrites: dict[int, Rewrite | None] = {}
        self._own_edits: dict[int, tuple[Edit, ...]] = {}

    @cached_property
    def facts(self) -> Facts:
        """The facts of the file as libcst parses it. Raises `SourceError` if it cannot, or must not."""
        from connlint import facts
        from connlint.parsing import parse
        from connlint.source import SourceError

        if self._too_large is not None:
            raise SourceError(self._too_large)
        return facts.read(parse(self.source), self.selection.options)

    def _may_find(self, tree: ast.Module) -> bool:
        """Say whether a rule may find something, by a draft of the program `tree`, which costs a tenth of a parse.

        Whatever goes wrong with the draft says nothing of the file.
        """
        from connlint import facts
        from connlint.drafts import draft

        if any(rule.last for rule in self._rules):
            return True  # what judges other findings reads comments
        try:
            drafted = facts.read(draft(tree, self.source.text), self.selection.options)
            return any(True for rule in self._rules for _ in rule.check(drafted))
        except Exception:  # noqa: BLE001 - as above
            return True

    @property
    def checked(self) -> Checked:
        return Checked(self.source.filename, self.diagnostics, tuple(self.problems), self.source, parsed=True)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for _, _, diagnostic in self.found)

    def _find(self) -> list[tuple[Rule, Finding, Diagnostic]]:
        rules = self._rules
        found = self._asked(rule for rule in rules if not rule.last)
        last = [rule for rule in rules if rule.last]
        if last and self._says_noqa:
            self._look_for_idle_comments(found)
            found += self._asked(last)
        found.sort(key=lambda item: (item[2].row, item[2].column, item[2].code))
        return self._unsuppressed(found)

    @property
    def _rules(self) -> list[Rule]:
        return _rules_of(self.selection, self.families)

    def _asked(self, rules: Iterable[Rule]) -> list[tuple[Rule, Finding, Diagnostic]]:
        """Return what `rules` find."""
        from connlint.source import SourceError

        found: list[tuple[Rule, Finding, Diagnostic]] = []
        for rule in rules:
            try:
                found += [(rule, finding, self._diagnostic(rule, finding)) for finding in rule.check(self.facts)]
            except (RecursionError, SourceError):
                raise
            except Exception as error:  # noqa: BLE001 - one rule's fault must not silence the others
                self.problems.append(_internal(rule.code, error))
        return found

    @property
    def _says_noqa(self) -> bool:
        return self.noqa and "noqa" in self.source.text.lower()

    def _look_for_idle_comments(self, found: Iterable[tuple[Rule, Finding, Diagnostic]]) -> None:
        """Let the facts know which comments suppress nothing, of the rules in `found` and of all others."""
        from connlint.rules import all_rules
        from connlint.suppressing import unused

        asked = self._rules
        others = (rule for rule in all_rules() if rule not in asked and not rule.last)
        known = frozenset(rule.code for rule in all_rules())
        everything = [(item[2].row, item[2].code) for item in (*found, *self._asked(others))]
        layout = self.facts.layout
        layout.require(self.source.text)
        self.facts.idle_comments = tuple(unused(self.source, self._suppressions, everything, layout.comments(), known))

    def _diagnostic(self, rule: Rule, finding: Finding) -> Diagnostic:
        layout = self.facts.layout
        layout.require(self.source.text)
        return Diagnostic(
            rule.code,
            rule.name,
            rule.message.format_map(finding.arguments),
            *self.source.position(layout.span(finding.node).start),
            *self.source.position(layout.span(finding.until or finding.node).end),
            finding.why,
            finding.fix.applicability if finding.fix is not None else None,
        )

    def _unsuppressed(self, found: list[tuple[Rule, Finding, Diagnostic]]) -> list[tuple[Rule, Finding, Diagnostic]]:
        if not self._says_noqa:
            return found
        return [item for item in found if not self._suppressions.has(item[2].row, item[2].code)]

    @cached_property
    def _suppressions(self) -> Suppressions:
        from connlint.noqa import Suppressions

        return Suppressions(self.source)

    def _rewrite(self, index: int) -> Rewrite | None:
        """Return the rewrite of finding `index`; None if it has no fix, or its fix declines or breaks."""
        if index not in self._rewrites:
            rule, finding, diagnostic = self.found[index]
            rewrite = None
            try:
                rewrite = finding.fix.rewrite() if finding.fix is not None else None
            except Exception as error:  # noqa: BLE001 - one fix's fault must not keep others back
                self.problems.append(_internal(f"the fix of {rule.code} at line {diagnostic.row}", error))
            self._rewrites[index] = rewrite
        return self._rewrites[index]

    def _edits_without_imports(self, index: int) -> tuple[Edit, ...]:
        """Return the edits that only finding `index` asks for; none if it has no fix."""
        if index not in self._own_edits:
            from connlint.fixes.edits import edits_of

            rewrite = self._rewrite(index)
            own = rewrite._replace(imports=(), dropped_imports=()) if rewrite is not None else None
            found = edits_of(self.facts, self.source.text, own) if own is not None else None
            self._own_edits[index] = found or ()
        return self._own_edits[index]

    def outcome(self, indexes: Sequence[int]) -> _Outcome:
        """Return what the fixes of `indexes` together lead to. Raises `_ProofError` if that fails its proof."""
        from connlint.fixes import proof
        from connlint.fixes.edits import apply, edits_of, joined
        from connlint.source import SourceError

        rewrite = joined([r for r in map(self._rewrite, indexes) if r is not None])
        edits = edits_of(self.facts, self.source.text, rewrite)
        if edits is None:
            raise _ProofError("it cannot be written here")
        text = apply(self.source.text, edits)
        if text == self.source.text:
            raise _ProofError("it would change nothing")
        problem = proof.breaks_syntax(text, self.source.filename) or proof.loses_comments(
            self.source.text, text, rewrite.dropped_comments
        )
        if problem is not None:
            raise _ProofError(problem)
        try:
            self.source.encode(text)
            candidate = gate.Verdict(candidate=True, tree=gate.parsed(text)[0])
            after = _Analysis(self.source.with_text(text), self.selection, self.noqa, candidate)
        except UnicodeEncodeError as error:
            raise _ProofError(f"the file's encoding {self.source.encoding} cannot hold the result") from error
        except (SourceError, RecursionError) as error:
            raise _ProofError(f"the result {_problem_of(error)}") from error
        if set(after.problems) - set(self.problems):
            raise _ProofError(f"the result cannot be analysed: {after.problems[-1]}")
        fixed = [self.found[index][0] for index in indexes]
        codes = tuple(rule.code for rule in fixed)
        problem = proof.unexpected(
            [item.code for item in self.diagnostics],
            [item.code for item in after.diagnostics],
            codes,
            frozenset().union(*(rule.reveals for rule in fixed), _judges()),
        )
        if problem is not None:
            raise _ProofError(problem)
        return _Outcome(codes, edits, after)

    def batch(self, *, unsafe: bool) -> tuple[_Outcome | None, tuple[str, ...]]:
        """Return what all fixes that can be applied together lead to, if there are any, and the failures of others."""
        failed: dict[int, str] = {}
        while chosen := self._without_overlap(unsafe=unsafe, without=failed):
            outcome, failures = self._proven(chosen)
            failed.update(failures)
            if outcome is not None:
                return outcome, tuple(failed.values())
            # All of them failed, and others had stood back for them
        return None, tuple(failed.values())

    def _proven(self, chosen: Sequence[int]) -> tuple[_Outcome | None, dict[int, str]]:
        """Return what as many of the fixes `chosen` as stand their proof lead to, and what is to be said of others."""
        if len(chosen) > 1:
            try:
                return self.outcome(chosen), {}
            except _ProofError:
                pass  # find out which of them is to blame
        best: _Outcome | None = None
        proven: list[int] = []
        failed = {}
        for index in chosen:
            try:
                best = self.outcome([*proven, index])
                proven.append(index)
            except _ProofError as failure:
                _, _, diagnostic = self.found[index]
                failed[index] = f"the fix of {diagnostic.code} at line {diagnostic.row} was not applied: {failure}"
        return best, failed

    def _without_overlap(self, *, unsafe: bool, without: Collection[int]) -> list[int]:
        """Return the findings whose fixes are wanted and touch no text in common; the others wait for the next pass.

        Those in `without` have failed.
        """
        fixes = [
            (index, finding.fix)
            for index, (_, finding, _) in enumerate(self.found)
            if finding.fix is not None and index not in without
        ]
        return self._apart(index for index, fix in fixes if unsafe or fix.applicability == "safe")

    def _apart(self, indexes: Iterable[int]) -> list[int]:
        """Return those of the findings `indexes` whose fixes touch no text in common with an earlier one's."""
        from connlint.fixes.edits import overlap

        chosen: list[int] = []
        for index in indexes:
            own = self._edits_without_imports(index)
            if own and not any(
                self._share_a_node(index, other) or overlap(own, self._edits_without_imports(other)) for other in chosen
            ):
                chosen.append(index)
        return chosen

    def _share_a_node(self, one: int, other: int) -> bool:
        """Say whether two fixes replace the same node, or one replaces what the other has read.

        Each was made without knowing of the other.
        """
        mine, theirs = self._rewrite(one), self._rewrite(other)
        if mine is None or theirs is None:
            return False
        return not (
            mine.replace.keys().isdisjoint(theirs.replace)
            and mine.reads.isdisjoint(theirs.replace)
            and theirs.reads.isdisjoint(mine.replace)
        )

    def with_proven_fixes(self, *, together: bool) -> Iterator[Diagnostic]:
        """Yield the diagnostics, each with its fix if that stands its proof, alone or `together` with others."""
        proven = self._proven_together() if together else frozenset()
        for index, (_, finding, diagnostic) in enumerate(self.found):
            edits = self._all_edits(index) if index in proven else self._edits_proven_alone(index)
            if finding.fix is None or edits is None:
                yield diagnostic._replace(fixable=None)
            else:
                yield diagnostic._replace(fix=ProvenFix(finding.fix.applicability, finding.fix.message, edits))

    def _proven_together(self) -> frozenset[int]:
        """Return findings whose fixes stand one proof with all others that they can be applied with."""
        from contextlib import suppress

        proven: set[int] = set()
        left = [index for index in range(len(self.found)) if self._edits_without_imports(index)]
        while left:
            group = self._apart(left)
            left = [index for index in left if index not in group]
            with suppress(_ProofError):
                self.outcome(group)
                proven.update(group)
        return frozenset(proven)

    def _all_edits(self, index: int) -> tuple[Edit, ...] | None:
        """Return the edits that finding `index` asks for, those of imports among them."""
        from connlint.fixes.edits import edits_of

        rewrite = self._rewrite(index)
        return edits_of(self.facts, self.source.text, rewrite) if rewrite is not None else None

    def _edits_proven_alone(self, index: int) -> tuple[Edit, ...] | None:
        """Return the edits of finding `index` if they stand their proof; None if they do not, or there are none."""
        if self._rewrite(index) is None:
            return None
        try:
            return self.outcome([index]).edits
        except _ProofError:
            return None
