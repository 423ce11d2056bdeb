"""What must hold of every program, whatever it is.

Each property is checked by other means than the engine's own proof: the standard library's `tokenize`, `ast` and
`difflib` on the bytes before and after, the gate taken out of the way, flake8's plugin beside the engine.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from codecs import BOM_UTF8
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from unittest import mock

from connlint import gate
from connlint.engine import Selection, check, fix
from connlint.flake8_plugin import Plugin
from connlint.rules import all_rules
from connlint.source import LINE_ENDS
from tests.fuzz.programs import compiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connlint.engine import Checked, Diagnostic, Fixed
    from connlint.source import Edit

ALL = Selection(select=("CNL",))
FAMILIES = sorted({rule.code[:4] for rule in all_rules()})
NAME = "file.py"

# What may be said of a file that is no program, or that libcst or its encoding cannot bring back.
REFUSALS = re.compile(
    r"cannot be parsed: |cannot be decoded|is nested too deeply|is too large|libcst cannot parse it: "
    r"|holds null bytes|libcst does not bring it back|does not come back the same|holds a lone"
)


def violations(data: bytes) -> Iterator[str]:
    """Yield what is wrong with how connlint deals with the file `data`, one line each."""
    is_program = compiles(data)
    checked = check(data, NAME, ALL, noqa=False)
    yield from of_problems(checked, is_program=is_program)
    if checked.problems:
        fixed = fix(data, NAME, ALL, unsafe=True)
        if fixed.data != data:
            yield "fixes: a file with problems was changed"
        return
    if check(data, NAME, ALL, noqa=False).diagnostics != checked.diagnostics:
        yield "check: says something else the second time"
    yield from of_places(data, checked)
    yield from of_the_gate(data, checked)
    yield from of_the_plugin(data, checked)
    if not checked.diagnostics:
        return
    offered = check(data, NAME, ALL, with_fixes=True)
    yield from of_problems(offered, is_program=is_program)
    yield from of_single_fixes(offered, ALL)
    for unsafe in (False, True):
        fixed = fix(data, NAME, ALL, unsafe=unsafe)
        yield from of_problems(fixed.checked, is_program=is_program)
        yield from of_fixed(offered, fixed, ALL, unsafe=unsafe)


def of_problems(checked: Checked, *, is_program: bool) -> Iterator[str]:
    for text in checked.problems:
        if "\n" in text:
            yield f"problem: of several lines: {text!r}"
        if "internal error" in text:
            yield f"problem: {text}"
        elif not REFUSALS.match(text):
            yield f"problem: of no known kind: {text}"
        elif is_program and not re.match(r"libcst |holds a lone|does not come back", text):
            yield f"problem: of a program that compiles: {text}"


def of_places(data: bytes, checked: Checked) -> Iterator[str]:
    """Rows and columns lie in the file, in order; all texts are lines."""
    if not checked.diagnostics:
        return
    assert checked.source is not None
    lines = checked.source.lines
    places = [(item.row, item.column, item.code) for item in checked.diagnostics]
    if places != sorted(places):
        yield "places: out of order"
    said = Counter((item.row, item.column, item.code, item.message) for item in checked.diagnostics)
    yield from (f"places: {code} twice the same at one place" for (_, _, code, _), count in said.items() if count > 1)
    for item in checked.diagnostics:
        if not (1 <= item.row <= item.end_row <= len(lines)) or not 1 <= item.column <= len(lines[item.row - 1]):
            yield f"places: {item.code} at {item.row}:{item.column} is outside of the file"
        if any("\n" in text or not text.strip() for text in (item.message, *item.why)):
            yield f"places: {item.code} speaks in other than lines: {item.message!r} {item.why!r}"


def of_the_gate(data: bytes, checked: Checked) -> Iterator[str]:
    """The gate never loses a finding, whichever families are asked for."""
    with mock.patch.object(gate, "decide", return_value=gate.Verdict(True)):
        without = check(data, NAME, ALL, noqa=False)
    if without.diagnostics != checked.diagnostics:
        missed = Counter(item.code for item in without.diagnostics) - Counter(i.code for i in checked.diagnostics)
        yield f"gate: loses {' '.join(sorted(missed)) or 'nothing, but differs'}"
        return
    for family in FAMILIES:
        mine = check(data, NAME, Selection(select=(family,)), noqa=False).diagnostics
        if mine != tuple(item for item in checked.diagnostics if item.code.startswith(family)):
            yield f"gate: loses findings when only {family} is selected"


def of_the_plugin(data: bytes, checked: Checked) -> Iterator[str]:
    """flake8 reports the same, from the lines and the tree that it has."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        encoding = "latin-1"
    lines = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, line_buffering=True).readlines()
    lines[:1] = [line.removeprefix("\ufeff") for line in lines[:1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse("".join(lines))
    with mock.patch.object(Plugin, "_selection", ALL):
        reported = [(row, column + 1, text) for row, column, text, _ in Plugin(tree, lines, NAME).run()]
    mine = [(item.row, item.column, f"{item.code} {item.message}") for item in checked.diagnostics]
    if reported != mine:
        yield f"plugin: reports something else: {sorted(set(reported) ^ set(mine))[:2]}"


def of_single_fixes(offered: Checked, selection: Selection) -> Iterator[str]:
    """Each fix, applied alone, leaves a program with all its comments, and no finding of its kind at its place."""
    source = offered.source
    if source is None:
        return
    before = comments(source.text)
    for item in offered.diagnostics:
        if item.fix is None:
            continue
        text, last = source.text, len(source.text)
        for edit in reversed(item.fix.edits):
            if not 0 <= edit.start <= edit.end <= last:
                yield f"edits: of {item.code} overlap or lie outside"
                return
            text, last = text[: edit.start] + edit.text + text[edit.end :], edit.start
        if not compiles(source.encode(text)):
            yield f"edits: of {item.code} alone do not compile"
        elif lost := before - comments(text) - suppressing(before, item.code):
            yield f"edits: of {item.code} alone lose a comment: {next(iter(lost))}"
        elif is_left(item, offered, check(source.encode(text), offered.filename, selection)):
            yield f"edits: of {item.code} alone leave it at its place, row {item.row}"


def is_left(item: Diagnostic, before: Checked, after: Checked) -> bool:
    """Say whether `item` is still at its place `after` its own fix alone.

    Its place is where its first character went; all of the new text, if it lies in what edits replaced, and then as
    many findings of its code may be there as there were others.
    """
    assert item.fix is not None
    start = offset(before, item)
    earlier = [edit for edit in item.fix.edits if edit.end < start]
    around = [edit for edit in item.fix.edits if edit.start <= start <= edit.end]
    old = range(min([start, *(edit.start for edit in around)]), max([start, *(edit.end for edit in around)]) + 1)
    moved = growth(earlier)
    new = range(old.start + moved, old.stop + moved + growth(around))
    others = sum(each.code == item.code and offset(before, each) in old for each in before.diagnostics) - 1
    return sum(each.code == item.code and offset(after, each) in new for each in after.diagnostics) > others


def growth(edits: Iterable[Edit]) -> int:
    """Return by how many characters `edits` make a text longer."""
    return sum(len(edit.text) - (edit.end - edit.start) for edit in edits)


def offset(checked: Checked, item: Diagnostic) -> int:
    """Return where in the text of its file a finding begins."""
    assert checked.source is not None
    return checked.source.line_starts[item.row - 1] + item.column - 1


def of_fixed(before: Checked, fixed: Fixed, selection: Selection, *, unsafe: bool) -> Iterator[str]:
    """What was written is a program, stays as it is, and is the old one but for the statements concerned.

    `before` is the check of the file with its fixes.
    """
    kind = "unsafe" if unsafe else "safe"
    if any("did not come to an end" in text for text in fixed.checked.problems):
        yield f"{kind} fixes: do not come to an end"
    if fixed.data == fixed.before:
        if fixed.applied:
            yield f"{kind} fixes: counted {dict(fixed.applied)}, but nothing changed"
        return
    if not fixed.applied:
        yield f"{kind} fixes: changed the file, but counted nothing"
    if not unsafe:
        # What has no fix because of a comment may have one when that has gone.
        others = {item.code for item in before.diagnostics if item.fixable != "unsafe"}
        if surplus := set(fixed.applied) - others - revealed(fixed.applied):
            yield f"safe fixes: applied others: {surplus}"
    if not compiles(fixed.data):
        yield f"{kind} fixes: the result does not compile"
        return
    again = fix(fixed.data, before.filename, selection, unsafe=unsafe)
    if again.data != fixed.data or again.applied:
        yield f"{kind} fixes: a second run changes it again: {dict(again.applied)}"
    yield from (f"{kind} fixes: {text}" for text in of_counts(before, fixed, selection))
    yield from (f"{kind} fixes: {text}" for text in of_rows(before, fixed, unsafe=unsafe))
    yield from (f"{kind} fixes: {text}" for text in of_bytes(before, fixed))


def of_counts(before: Checked, fixed: Fixed, selection: Selection) -> Iterator[str]:
    """As many findings of a code are gone as fixes of it were applied; no code comes that nothing reveals."""
    old = Counter(item.code for item in before.diagnostics)
    new = Counter(item.code for item in check(fixed.data, before.filename, selection).diagnostics)
    if new != Counter(item.code for item in fixed.checked.diagnostics):
        yield "what remains is not what a check of the result finds"
    may_come = revealed(fixed.applied)
    for code in new:
        if code not in may_come and new[code] > old[code] - fixed.applied.get(code, 0):
            yield f"{code}: {old[code]} before, {fixed.applied.get(code, 0)} fixed, but {new[code]} left"


def of_rows(before: Checked, fixed: Fixed, *, unsafe: bool) -> Iterator[str]:
    """No finding is left on the rows that became of those that a finding with a fix stood on."""
    assert before.source is not None
    assert fixed.checked.source is not None
    wanted = [item for item in before.diagnostics if item.fix and (unsafe or item.fix.applicability == "safe")]
    dropped = {code for text in fixed.dropped for code in re.findall(r"CNL\d+", text)[:1]}
    may_come = revealed(fixed.applied) | dropped
    for old, new in rows_after(before.source.lines, fixed.checked.source.lines):
        for code in sorted({item.code for item in wanted if item.row in old} - may_come):
            count = sum(item.code == code and item.row in old for item in before.diagnostics)
            goes = sum(item.code == code and item.row in old for item in wanted)
            left = sum(item.code == code and item.row in new for item in fixed.checked.diagnostics)
            if left > count - goes:
                yield f"{code}: {count} at row {old.start}, {goes} with a fix, but {left} left at row {new.start}"


def rows_after(old: list[str], new: list[str]) -> Iterator[tuple[range, range]]:
    """Yield which rows of `old` became which of `new`, one by one where they are the same."""
    for kind, first, last, into, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs = zip(range(first + 1, last + 1), range(into + 1, until + 1), strict=True)
            yield from ((range(row, row + 1), range(other, other + 1)) for row, other in pairs)
        else:
            yield range(first + 1, last + 1), range(into + 1, until + 1)


def revealed(applied: Mapping[str, int]) -> frozenset[str]:
    """Return the codes that the fixes of the codes `applied` may bring to light."""
    return frozenset().union(*(rule.reveals for rule in all_rules() if rule.code in applied))


def of_bytes(before: Checked, fixed: Fixed) -> Iterator[str]:
    """Comments, line ends, and all statements but imports and those around a finding are the same bytes."""
    assert before.source is not None
    old, new = (data.decode(before.source.encoding) for data in (fixed.before, fixed.data))
    if lost := comments(old) - comments(new) - suppressing(comments(old), *fixed.applied):
        yield f"lose a comment: {next(iter(lost))}"
    if surplus := set(LINE_ENDS.findall(new)) - set(LINE_ENDS.findall(old)):
        yield f"bring another line end: {surplus}"
    if fixed.before.startswith(BOM_UTF8) != fixed.data.startswith(BOM_UTF8):
        yield "change the byte order mark"
    rows = {item.row for item in before.diagnostics}
    untouched = lines_apart_from(old, rows)
    remaining = iter(LINE_ENDS.split(new))
    for line in untouched:
        if line not in remaining:  # consumes the iterator up to the line: all must come in this order
            yield f"change a line of a statement without a finding: {line!r}"
            break


def lines_apart_from(text: str, rows: set[int]) -> list[str]:
    """Return the lines of the statements, of the module or of a class body, that hold none of `rows` nor an import."""
    lines = LINE_ENDS.split(text)
    kept = set(range(1, len(lines) + 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text.removeprefix("\ufeff"))
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        start = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        span = range(start, (node.end_lineno or node.lineno) + 1)
        if isinstance(node, ast.ClassDef) and rows.isdisjoint(range(start, node.body[0].lineno)):
            pending += node.body
        elif not rows.isdisjoint(span) or any(
            isinstance(each, (ast.Import, ast.ImportFrom)) for each in ast.walk(node)
        ):
            kept -= set(span)
    # Blank lines and comments between statements may move with what stands beside them, for instance new imports.
    return [
        lines[row - 1] for row in sorted(kept) if lines[row - 1].strip() and not lines[row - 1].lstrip().startswith("#")
    ]


def comments(text: str) -> Counter[str]:
    """Return the comments of a program, each as often as it stands there."""
    tokens = tokenize.generate_tokens(io.StringIO(text, newline=None).readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


def suppressing(found: Counter[str], *codes: str) -> Counter[str]:
    """Return those of the comments `found` that fixes of `codes` are meant to change."""
    if "CNL901" not in codes:
        return Counter()
    return Counter({text: count for text, count in found.items() if "noqa" in text.lower()})
