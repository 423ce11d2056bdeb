"""One file through the whole way, with toy rules: what is reported, what is applied, what is refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

import libcst as cst
import pytest

from connlint import engine, gate
from connlint.engine import Selection, check, fix
from connlint.facts.tree import walk
from connlint.rules.base import Finding, Fix, Rewrite, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connlint.facts import Facts
    from connlint.rules.base import Applicability


class Toy(Rule):
    """Reports the expression statement `WORD(...)` and rewrites it to the statements `new`."""

    code: ClassVar[str] = "CNL991"
    name: ClassVar[str] = "toy"
    message: ClassVar[str] = "{word} found"
    word: ClassVar[str] = "old"
    new: ClassVar[str] = "new()"
    imports: ClassVar[tuple[str, ...]] = ()
    dropped: ClassVar[tuple[str, ...]] = ()
    applicability: ClassVar[Applicability] = "safe"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for node in walk(facts.module):
            if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == self.word:
                line = facts.index.enclosing(node, cst.SimpleStatementLine)
                fix = Fix(self.applicability, "replace it", partial(self.rewrite, facts, line))
                yield Finding(node, None, {"word": self.word}, (), fix)

    def rewrite(self, facts: Facts, line: cst.SimpleStatementLine | None) -> Rewrite | None:
        if line is None:
            return None
        body = list(cst.parse_module(self.new).body)
        if body:
            body[0] = body[0].with_changes(leading_lines=line.leading_lines)
        return Rewrite({line: tuple(body)}, self.imports, self.dropped)


def toy(
    name: str,
    reported: str,
    replaced_by: str,
    *,
    imports: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
    applicability: Applicability = "safe",
    reveals: frozenset[str] = frozenset(),
) -> Rule:
    class Made(Toy):
        code = name
        word = reported
        new = replaced_by

    Made.imports, Made.dropped, Made.applicability, Made.reveals = imports, dropped, applicability, reveals
    return Made()


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*chosen: Rule) -> None:
        monkeypatch.setattr(gate, "decide", lambda *_: gate.Verdict(True))
        monkeypatch.setattr(engine, "selected_rules", lambda _: chosen)

    return install


def fixed(text: str | bytes, *, unsafe: bool = False) -> engine.Fixed:
    data = text if isinstance(text, bytes) else text.encode()
    return fix(data, "example.py", Selection(), unsafe=unsafe)


# Selection


@pytest.mark.parametrize(
    ("selection", "code", "default", "expected"),
    [
        pytest.param(Selection(), "CNL201", True, True, id="on-by-default"),
        pytest.param(Selection(), "CNL203", False, False, id="off-by-default"),
        pytest.param(Selection(select=("CNL",)), "CNL203", False, True, id="selected-by-prefix"),
        pytest.param(Selection(select=("CNL2",)), "CNL101", True, False, id="not-selected"),
        pytest.param(Selection(select=()), "CNL101", True, False, id="nothing-selected"),
        pytest.param(Selection(select=("E", "W")), "CNL101", True, False, id="others-selected"),
        pytest.param(Selection(extend_select=("CNL203",)), "CNL203", False, True, id="extended"),
        pytest.param(Selection(extend_select=("CNL203",)), "CNL201", True, True, id="extended-keeps-defaults"),
        pytest.param(Selection(select=("CNL1",), extend_select=("CNL203",)), "CNL203", False, True, id="both"),
        pytest.param(Selection(ignore=("CNL2",)), "CNL201", True, False, id="ignored"),
        pytest.param(Selection(ignore=("CNL",)), "CNL201", True, False, id="all-ignored"),
        pytest.param(Selection(ignore=("CNL2",)), "CNL101", True, True, id="others-ignored"),
        pytest.param(Selection(select=("CNL2",), ignore=("CNL201",)), "CNL201", True, False, id="ignore-is-longer"),
        pytest.param(Selection(select=("CNL2",), ignore=("CNL201",)), "CNL202", True, True, id="ignore-of-a-sibling"),
        pytest.param(Selection(select=("CNL201",), ignore=("CNL2",)), "CNL201", True, True, id="select-is-longer"),
        pytest.param(Selection(select=("CNL2",), ignore=("CNL2",)), "CNL201", True, False, id="same-length"),
        pytest.param(Selection(select=("CNL201",), ignore=("CNL201",)), "CNL201", True, False, id="same-code"),
        pytest.param(Selection(extend_select=("CNL203",), ignore=("CNL",)), "CNL203", False, True, id="extend-beats"),
        pytest.param(Selection(ignore=("",)), "CNL201", True, False, id="empty-ignore"),
    ],
)
def test_the_longest_prefix_decides(selection: Selection, code: str, default: bool, expected: bool) -> None:
    assert selection.has(code, default) is expected


def test_selection_says_which_families_it_may_have() -> None:
    assert Selection().may_have("CNL1")
    assert Selection(select=("CNL201",)).may_have("CNL2")
    assert Selection(select=("CNL",)).may_have("CNL2")
    assert not Selection(select=("CNL1",)).may_have("CNL2")
    assert Selection(select=("CNL1",), extend_select=("CNL2",)).may_have("CNL2")
    assert not Selection(select=()).may_have("CNL2")


# Reporting


def test_places_are_counted_in_characters_from_one(rules: Callable[..., None]) -> None:
    rules(Toy())
    text = "x = 'äöü'; old()\nif x:\n\tpass;\told(1,\n 2)\n"
    found = check(text.encode(), "x.py", Selection()).diagnostics
    assert [(d.row, d.column, d.end_row, d.end_column) for d in found] == [(1, 12, 1, 17), (3, 8, 4, 4)]


def test_a_file_is_parsed_and_judged_once(rules: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    judged: list[object] = []
    parse = cst.parse_module

    class Counting(Toy):
        def check(self, facts: Facts) -> Iterator[Finding]:
            judged.append(facts)
            return super().check(facts)

    def counting_parse(source: str, *options: cst.PartialParserConfig) -> cst.Module:
        if "old" in source:
            parsed.append(source)
        return parse(source, *options)

    rules(Counting())
    monkeypatch.setattr(cst, "parse_module", counting_parse)
    text = "old()\n"
    check(text.encode(), "x.py", Selection())
    assert (len(parsed), len(judged)) == (1, 1)
    fixed(text)
    assert (len(parsed), len(judged)) == (2, 3)  # before, and after the fix


def test_selected_rules_are_found_once_per_selection() -> None:
    assert engine.selected_rules(Selection()) is engine.selected_rules(Selection())


class Broken(Toy):
    code = "CNL998"

    def check(self, facts: Facts) -> Iterator[Finding]:
        yield from super().check(facts)
        raise KeyError("oh\nno")


def test_a_rule_that_breaks_is_reported_and_the_others_go_on(rules: Callable[..., None]) -> None:
    rules(Broken(), Toy())
    result = check(b"old()\n", "x.py", Selection())
    assert [item.code for item in result.diagnostics] == ["CNL991"]
    (problem,) = result.problems
    assert problem.startswith("internal error in CNL998: KeyError: ")
    assert "\n" not in problem


def test_a_rule_that_breaks_does_not_keep_others_from_fixing(rules: Callable[..., None]) -> None:
    rules(Broken(), Toy())
    result = fixed("old()\n")
    assert result.data == b"new()\n"
    assert any("CNL998" in problem for problem in result.checked.problems)


def test_a_fix_that_breaks_is_reported_and_the_others_go_on(rules: Callable[..., None]) -> None:
    class BrokenFix(Toy):
        code = "CNL998"
        word = "bad"

        def rewrite(self, facts: Facts, line: cst.SimpleStatementLine | None) -> Rewrite | None:
            raise IndexError("oh")

    rules(Toy(), BrokenFix())
    result = fixed("old()\nbad()\n")
    assert result.data == b"new()\nbad()\n"
    assert result.checked.problems == (
        "internal error in the fix of CNL998 at line 2: IndexError: oh; please report this",
    )


def test_a_finding_of_a_foreign_node_is_an_internal_error(rules: Callable[..., None]) -> None:
    class Lost(Toy):
        def check(self, facts: Facts) -> Iterator[Finding]:
            yield Finding(cst.Name("x"), None, {"word": "x"})

    rules(Lost())
    assert check(b"old()\n", "x.py", Selection()).problems[0].startswith("internal error in CNL991")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"if x:\n    y\n    \\\n  old()\n", "bring it back the same", id="indented-by-a-backslash"),
        pytest.param(b"\x0cold()\n", "bring it back the same", id="form-feed"),
        pytest.param(b"# \xff\nold()\n", "cannot be decoded", id="not-utf-8"),
        pytest.param(b"# coding: nothing\nold()\n", "cannot be decoded", id="unknown-encoding"),
        pytest.param(b"old(\0)\n", "null bytes", id="null-bytes"),
        pytest.param(b"old(\n", "parse", id="syntax-error"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str, rules: Callable[..., None]) -> None:
    rules(Toy())
    for result in (check(data, "x.py", Selection()), fixed(data).checked):
        assert not result.diagnostics
        (problem,) = result.problems
        assert said in problem
    assert fixed(data).data == data


def test_what_does_not_come_back_the_same_is_said_where_only_its_suppressions_are_looked_at() -> None:
    data = b"\x0cimport socket  # noqa: CNL201\n"
    (problem,) = check(data, "x.py", Selection(select=("CNL901",))).problems
    assert "bring it back the same" in problem
    assert "internal error" not in problem


def test_deep_nesting_is_said(rules: Callable[..., None]) -> None:
    rules(Toy())
    deep = "old(" + "f(" * 90 + ")" * 90 + ")\n"
    assert check(deep.encode(), "x.py", Selection()).diagnostics

    class Deep(Toy):
        def check(self, facts: Facts) -> Iterator[Finding]:
            raise RecursionError

    rules(Deep())
    assert check(b"old()\n", "x.py", Selection()).problems == ("is nested too deeply to be analysed",)


# Fixing: bytes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"old()\n", b"new()\n", id="lf"),
        pytest.param(b"x = 1\r\nold()\r\ny = 2\r\n", b"x = 1\r\nnew()\r\ny = 2\r\n", id="crlf"),
        pytest.param(b"x = 1\r\nold()\ny = 2\r\n", b"x = 1\r\nnew()\ny = 2\r\n", id="mixed-line-ends"),
        pytest.param(b"x = 1\nold()", b"x = 1\nnew()", id="no-final-newline"),
        pytest.param(b"x = 1\r\nold()", b"x = 1\r\nnew()", id="no-final-newline-crlf"),
        pytest.param(b"if x:\n    old()", b"if x:\n    new()", id="no-final-newline-in-a-block"),
        pytest.param(b"old()  ", b"new()", id="trailing-blanks-of-the-statement"),
        pytest.param(b"\xef\xbb\xbfold()\n", b"\xef\xbb\xbfnew()\n", id="bom"),
        pytest.param(b"# coding: latin-1\nold()  # \xe9\n", None, id="latin-1-comment-of-the-statement"),
        pytest.param(b"# coding: latin-1\n# \xe9\nold()\n", b"# coding: latin-1\n# \xe9\nnew()\n", id="latin-1"),
        pytest.param(b"def f():\n\tif x:\n\t\told()\n", b"def f():\n\tif x:\n\t\tnew()\n", id="tabs"),
        pytest.param(b"def f():\n  if x:\n      old()\n", b"def f():\n  if x:\n      new()\n", id="odd-indents"),
        pytest.param(b"x = 1\n\x0c\nold()\n", b"x = 1\n\x0c\nnew()\n", id="form-feed-on-its-line"),
        pytest.param(b"@d\ndef f():\n    old()\n", b"@d\ndef f():\n    new()\n", id="decorated"),
        pytest.param(b"x = 1  \n\n\n\nold()\n\n\n# end", b"x = 1  \n\n\n\nnew()\n\n\n# end", id="odd-blank-lines"),
        pytest.param(b"x = [1,\n2]\nold()\ny  =  2\n", b"x = [1,\n2]\nnew()\ny  =  2\n", id="odd-layout-around"),
        pytest.param(b"# why\nold()\n", b"# why\nnew()\n", id="comment-above"),
    ],
)
def test_every_other_byte_stays(before: bytes, after: bytes | None, rules: Callable[..., None]) -> None:
    rules(Toy())
    result = fixed(before)
    assert result.data == (before if after is None else after)
    assert result.checked.problems == ()
    assert dict(result.applied) == ({} if after is None else {"CNL991": 1})
    assert fixed(result.data).data == result.data


def test_several_statements_take_the_indentation_and_line_end_of_the_file(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "if x:\n    new()\nnew()\n"))
    assert fixed(b"def f():\r\n\tif y:\r\n\t\told()\r\n\treturn 1\r\n").data == (
        b"def f():\r\n\tif y:\r\n\t\tif x:\r\n\t\t\tnew()\r\n\t\tnew()\r\n\treturn 1\r\n"
    )


def test_a_file_whose_encoding_cannot_hold_the_result_stays(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "print('→')"))
    before = b"# coding: latin-1\nold()\n"
    result = fixed(before)
    assert result.data == before
    assert "latin-1" in result.dropped[0] or "iso-8859-1" in result.dropped[0]


# Fixing: which are applied


def test_two_fixes_in_one_file(rules: Callable[..., None]) -> None:
    rules(Toy(), toy("CNL992", "older", "newer()"))
    result = fixed("old()\nx = 1\nolder()\nold()\n")
    assert result.data == b"new()\nx = 1\nnewer()\nnew()\n"
    assert dict(result.applied) == {"CNL991": 2, "CNL992": 1}
    assert result.checked.diagnostics == ()
    assert result.dropped == ()


def test_overlapping_fixes_take_two_passes(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "older()"), toy("CNL992", "older", "new()"))
    result = fixed("old(older())\n")
    assert result.data == b"new()\n"
    # the first made the second's call anew
    assert dict(result.applied) == {"CNL991": 1, "CNL992": 1}


def test_unsafe_fixes_want_to_be_asked_for(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "new()", applicability="unsafe"))
    result = fixed("old()\n")
    assert (result.data, dict(result.applied)) == (b"old()\n", {})
    assert [item.fixable for item in result.checked.diagnostics] == ["unsafe"]
    assert fixed("old()\n", unsafe=True).data == b"new()\n"


def test_imports_of_several_fixes_are_made_once(rules: Callable[..., None]) -> None:
    rules(
        toy("CNL991", "old", "time.sleep(1)", imports=("time",)),
        toy("CNL992", "older", "random.random() + time.time()", imports=("random", "time")),
    )
    result = fixed("import os\n\nold()\nolder()\nold()\n")
    assert result.data == (
        b"import os\nimport random\nimport time\n\ntime.sleep(1)\nrandom.random() + time.time()\ntime.sleep(1)\n"
    )
    assert dict(result.applied) == {"CNL991": 2, "CNL992": 1}


def test_an_import_that_several_fixes_leave_behind_goes(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "new()", dropped=("errno",)))
    assert fixed("import errno\nimport os\n\nold(errno)\nold(errno)\n").data == b"import os\n\nnew()\nnew()\n"
    assert fixed("import errno\n\nold(errno)\nother(errno)\n").data == b"import errno\n\nnew()\nother(errno)\n"


# Fixing: the proof


@pytest.mark.parametrize(
    ("text", "new", "reason"),
    [
        pytest.param("old()\n", "return 1", "does not compile", id="does-not-compile"),
        pytest.param("old()\n", "old(1)", "CNL991 would still be there", id="still-there"),
        pytest.param("old()\n", "other()", "CNL992 would be new", id="another-comes"),
        pytest.param("old()\n", "old()", "change nothing", id="nothing-changes"),
        pytest.param("old()  # why\n", "new()", "'# why' would be lost", id="comment-lost"),
        pytest.param("old(  # why\n)\n", "new()", "'# why' would be lost", id="inner-comment-lost"),
    ],
)
def test_a_fix_that_fails_its_proof_is_dropped(text: str, new: str, reason: str, rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", new), toy("CNL992", "other", "another()"))
    result = fixed(text)
    assert result.data == text.encode()
    assert dict(result.applied) == {}
    (line,) = result.dropped
    assert line.startswith("the fix of CNL991 at line 1 was not applied: ")
    assert reason in line
    (remaining,) = result.checked.diagnostics
    assert remaining.code == "CNL991"
    (reported,) = check(text.encode(), "x.py", Selection(), with_fixes=True).diagnostics
    assert (reported.fix, reported.fixable) == (None, None)


def test_a_fix_may_bring_what_it_reveals(rules: Callable[..., None]) -> None:
    rules(
        toy("CNL991", "old", "other()", reveals=frozenset({"CNL992"})),
        toy("CNL992", "other", "x()", applicability="unsafe"),
    )
    result = fixed("old()\n")
    assert result.data == b"other()\n"
    assert [item.code for item in result.checked.diagnostics] == ["CNL992"]


def test_one_that_fails_does_not_keep_the_others_back(rules: Callable[..., None]) -> None:
    rules(Toy(), toy("CNL992", "older", "old()"))
    result = fixed("old()\nolder()\nold()\n")
    assert dict(result.applied) == {"CNL991": 2}
    assert result.data == b"new()\nolder()\nnew()\n"
    assert [line.partition(" was ")[0] for line in result.dropped] == ["the fix of CNL992 at line 2"]


def test_proven_fixes_come_with_their_edits(rules: Callable[..., None]) -> None:
    rules(toy("CNL991", "old", "time.sleep(1)", imports=("time",)))
    text = "import os\n\nold()\nold()\n"
    found = check(text.encode(), "x.py", Selection(), with_fixes=True).diagnostics
    from connlint.fixes.edits import apply

    for item, result in zip(found, ("time.sleep(1)\nold()\n", "old()\ntime.sleep(1)\n"), strict=True):
        assert item.fix is not None
        assert item.fix.message == "replace it"
        assert apply(text, item.fix.edits) == f"import os\nimport time\n\n{result}"


def test_fixing_comes_to_an_end(rules: Callable[..., None]) -> None:
    rules(
        toy("CNL991", "old", "other()", reveals=frozenset({"CNL992"})),
        toy("CNL992", "other", "old()", reveals=frozenset({"CNL991"})),
    )
    result = fixed("old()\n")
    assert "passes" in result.checked.problems[0]


def test_suppressed_findings_are_not_fixed(rules: Callable[..., None]) -> None:
    rules(Toy())
    result = fixed("old()  # noqa: CNL991\nold()\n")
    assert result.data == b"old()  # noqa: CNL991\nnew()\n"
    assert fix(b"old()  # noqa\n", "x.py", Selection(), unsafe=False).checked.diagnostics == ()
    loud = fix(b"old()  # noqa\n", "x.py", Selection(), unsafe=False, noqa=False)
    assert [item.code for item in loud.checked.diagnostics] == ["CNL991"]


def test_fix_that_fails_keeps_no_other_back() -> None:
    # In lone carriage returns, what one of the two fixes of the clause makes does not come back from libcst.
    data = b"""\
import redis
class Asking:
        def __init__(self):
                try:
                        redis.Redis(host=host).ping()
                except \\
 ConnectionError as error :
                        if isinstance(error,
      ConnectionResetError) :
                                return redis.Redis(host=host).ping()
                        else: raise
""".replace(b"\n", b"\r")
    selection = Selection(select=("CNL1",))
    fixed = fix(data, "ask.py", selection, unsafe=True)
    assert [item for item in fixed.checked.diagnostics if item.code == "CNL103"] == []
    assert fixed.applied["CNL103"] == 1


def test_line_added_behind_the_last_one_ends_as_the_others() -> None:
    data = b"""\
from requests import get


def size(url):
    for attempt in range(4):
        try:
            data = get(url)
            break
        except OSError as error:
            if attempt < 3:
                return None
""".replace(b"\n", b"\r")
    fixed = fix(data, "size.py", Selection(select=("CNL201",)), unsafe=True)
    assert fixed.applied == {"CNL201": 1}
    assert b"\n" not in fixed.data
