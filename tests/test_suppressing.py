"""Suppressions are written where flake8 heeds them, taken out without a trace, and change nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.noqa import Suppressions
from connlint.source import decode
from connlint.suppressing import added, removed
from tests.test_noqa import FILES, _encoded

# the text, the findings, and the text with them suppressed
ADDED = {
    "nothing": ("first()\n", [], "first()\n"),
    "one": ("first()\n", [(1, "CNL201")], "first()  # noqa: CNL201\n"),
    "two-of-a-row": ("first()\n", [(1, "CNL302"), (1, "CNL301")], "first()  # noqa: CNL301,CNL302\n"),
    "twice": ("first()\n", [(1, "CNL301"), (1, "CNL301")], "first()  # noqa: CNL301\n"),
    "no-line-end": ("first()", [(1, "CNL201")], "first()  # noqa: CNL201"),
    "crlf": ("first()\r\nsecond()\r\n", [(2, "CNL201")], "first()\r\nsecond()  # noqa: CNL201\r\n"),
    "remark": ("first()  # a remark\n", [(1, "CNL201")], "first()  # a remark  # noqa: CNL201\n"),
    "other-code": ("first()  # noqa: E501\n", [(1, "CNL201")], "first()  # noqa: E501,CNL201\n"),
    "other-codes": ("first()  # noqa: E501, W291 long\n", [(1, "CNL201")], "first()  # noqa: E501, W291,CNL201 long\n"),
    "blanket": ("first()  # noqa\n", [(1, "CNL201")], "first()  # noqa\n"),
    "there-already": ("first()  # noqa: CNL2\n", [(1, "CNL201")], "first()  # noqa: CNL2\n"),
    "backslash": ("first = 1 + \\\n    2\n", [(1, "CNL201")], "first = 1 + \\\n    2  # noqa: CNL201\n"),
    "wrapped": ("first(\n    1,\n)\n", [(1, "CNL201")], "first(  # noqa: CNL201\n    1,\n)\n"),
    "triple-quoted": ('first("""\none\n""")\n', [(1, "CNL201")], 'first("""\none\n""")  # noqa: CNL201\n'),
    "bom": ("\ufefffirst()\n", [(1, "CNL201")], "\ufefffirst()  # noqa: CNL201\n"),
    "latin-1": (
        "# coding: latin-1\nfirst('\xe9')\n",
        [(2, "CNL201")],
        "# coding: latin-1\nfirst('\xe9')  # noqa: CNL201\n",
    ),
    "file-level": ("# flake8: noqa\nfirst()\n", [(2, "CNL201")], "# flake8: noqa\nfirst()\n"),
}

# the text, what of CNL2 it suppresses, and the text without
REMOVED = {
    "other-code": ("first()  # noqa: E501\n", 0, "first()  # noqa: E501\n"),
    "blanket": ("first()  # noqa\n", 0, "first()  # noqa\n"),
    "string": ("first = '# noqa: CNL201'\n", 0, "first = '# noqa: CNL201'\n"),
    "other-family": ("first()  # noqa: CNL101\n", 0, "first()  # noqa: CNL101\n"),
    "one": ("first()  # noqa: CNL201\n", 1, "first()\n"),
    "glued": ("first()# noqa:CNL201\n", 1, "first()\n"),
    "no-line-end": ("first()  # noqa: CNL201", 1, "first()"),
    "crlf": ("first()  # noqa: CNL201\r\nsecond()\r\n", 1, "first()\r\nsecond()\r\n"),
    "first-of-two": ("first()  # noqa: CNL201,E501\n", 1, "first()  # noqa: E501\n"),
    "last-of-two": ("first()  # noqa: E501, CNL201\n", 1, "first()  # noqa: E501\n"),
    "middle-of-three": ("first()  # noqa: E501, CNL201, W291\n", 1, "first()  # noqa: E501, W291\n"),
    "two": ("first()  # noqa: CNL201,CNL204\n", 2, "first()\n"),
    "reason": ("first()  # noqa: CNL201 - the peer asks for it\n", 1, "first()\n"),
    "remark-before": ("first()  # a remark # noqa: CNL201\n", 1, "first()  # a remark\n"),
    "remark-after": ("first()  # noqa: CNL201 # a remark\n", 1, "first()  # a remark\n"),
    "line-of-its-own": ("if first:\n    # noqa: CNL201\n    second()\n", 1, "if first:\n    second()\n"),
    "family": ("first()  # noqa: CNL2\n", 1, "first()\n"),
    "backslash": ("first = 1 + \\\n    2  # noqa: CNL201\n", 1, "first = 1 + \\\n    2\n"),
}


@pytest.mark.parametrize("name", ADDED)
def test_added(name: str) -> None:
    text, findings, expected = ADDED[name]
    source = decode(_encoded(text), "x.py")
    result = added(source, findings)
    assert source.encode(result.text) == _encoded(expected)
    assert result.impossible == ()
    suppressions = Suppressions(source.with_text(result.text))
    assert all(suppressions.has(*finding) for finding in findings)


def test_added_with_a_reason() -> None:
    result = added(decode(b"first()\n", "x.py"), [(1, "CNL201")], "see #12")
    assert result.text == "first()  # noqa: CNL201 - see #12\n"


def test_a_string_that_says_noqa_is_in_the_way() -> None:
    text = 'first("""\n# noqa: E501\n""")\n'
    assert added(decode(text.encode(), "x.py"), [(1, "CNL201")]) == (text, 0, ((1, "CNL201"),))


@pytest.mark.parametrize("name", REMOVED)
def test_removed(name: str) -> None:
    text, count, expected = REMOVED[name]
    result = removed(decode(_encoded(text), "x.py"), lambda code: code.startswith("CNL2"))
    assert (result.text, result.codes) == (expected, count)


@pytest.mark.parametrize("name", FILES)
def test_every_spelling_survives_both_ways(name: str) -> None:
    source = decode(_encoded(FILES[name]), f"{name}.py")
    findings = [(row, "CNL206") for row in range(1, len(source.lines))]
    result = added(source, findings)
    suppressions = Suppressions(source.with_text(result.text))
    assert all(suppressions.has(*finding) != (finding in result.impossible) for finding in findings)
    back = removed(source.with_text(result.text), lambda code: code == "CNL206")
    assert not any(
        item.code == "CNL206" and item_of.in_comment
        for item_of in Suppressions(source.with_text(back.text)).directives
        for item in item_of.codes
    )


@given(st.data())
def test_what_was_added_can_be_taken_back(data: st.DataObject) -> None:
    lines = data.draw(
        st.lists(
            st.sampled_from(["first()", "second(\n    1,\n)", "third = '''\n'''", "fourth = \\\n    4"]), min_size=1
        )
    )
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join([*lines, ""]).replace("\n", end)
    rows = data.draw(st.sets(st.integers(1, text.count("\n"))))
    source = decode(text.encode(), "x.py")
    result = added(source, [(row, "CNL201") for row in rows], data.draw(st.sampled_from(["", "later"])))
    assert result.impossible == ()
    assert removed(source.with_text(result.text), lambda code: code == "CNL201").text == text
