"""Bytes in, bytes out."""

from __future__ import annotations

import ast

import pytest

from connlint.source import Source, SourceError, decode


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        pytest.param(b"", "", "utf-8", id="empty"),
        pytest.param("x = 'ä'\n".encode(), "x = 'ä'\n", "utf-8", id="utf-8"),
        pytest.param(b"x = 1\r\ny = 2\r", "x = 1\r\ny = 2\r", "utf-8", id="line-ends-stay"),
        pytest.param("\ufeffx = 'ä'\n".encode(), "x = 'ä'\n", "utf-8", id="bom"),
        pytest.param(b"# coding: latin-1\nx = '\xe4'\n", "# coding: latin-1\nx = 'ä'\n", "iso-8859-1", id="latin-1"),
        pytest.param(b"#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'\x80'", "#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'€'", "cp1252", id="second-line"),
        pytest.param(b"# coding: ascii\nx\n", "# coding: ascii\nx\n", "ascii", id="ascii"),
        pytest.param(b"# coding: latin-1\r'\xe4'\r", "# coding: latin-1\r'ä'\r", "iso-8859-1", id="lone-cr"),
        pytest.param(b"# a\rb\ropen(c, encoding=None)\r", "# a\rb\ropen(c, encoding=None)\r", "utf-8", id="lone-cr-no-cookie"),
    ],
)  # fmt: skip
def test_decode(data: bytes, text: str, encoding: str) -> None:
    source = decode(data, "x.py")
    assert (source.text, source.encoding) == (text, encoding)
    assert source.encode(source.text) == data
    assert source.with_text("y").encode("y") == (b"\xef\xbb\xbfy" if source.bom else b"y")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x = '\xe4'\n", id="latin-1-without-a-cookie"),
        pytest.param(b"\n\n\n# \xff\n", id="comment-that-is-not-utf-8"),
        pytest.param(b"# coding: nothing\n", id="no-such-encoding"),
        pytest.param(b"# coding: rot13\nx\n", id="no-text-encoding"),
        pytest.param(b"# coding: undefined\nx\n", id="encoding-that-decodes-nothing"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", id="bom-and-another-cookie"),
        pytest.param(b"# coding: ascii\n# \xe4\n", id="beyond-ascii"),
        pytest.param(b"x\0y\n", id="null-byte"),
        pytest.param(b"# coding: utf-7\nx = '+AGE-'\n", id="not-the-same-through-its-encoding"),
    ],
)
def test_what_cannot_be_decoded_is_said_in_one_line(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        decode(data, "x.py")
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_encode_refuses_what_the_encoding_cannot_hold() -> None:
    with pytest.raises(UnicodeEncodeError):
        Source("x.py", "", "iso-8859-1", bom=False).encode("→")


@pytest.mark.parametrize("text", ["a\nb\r\nc\rd", "", "a\n", "\x0ca\x0bb\x85c\u2028d\n\n", "'''a\r\nb'''\n"])
def test_rows_are_those_of_python(text: str) -> None:
    source = Source("x.py", text, "utf-8", bom=False)
    assert "".join(source.lines) == text
    assert source.position(0) == (1, 1)
    assert source.position(len(text)) == (len(source.line_starts), len(source.lines[-1]) + 1)
    for offset in range(len(text) + 1):
        row, column = source.position(offset)
        assert source.line_starts[row - 1] + column - 1 == offset


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_agree_with_ast(end: str) -> None:
    text = end.join(["x = 1", "", "y = '''a", "b'''; z", "w\x0c"])
    source = Source("x.py", text, "utf-8", bom=False)
    names = {node.id: node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert {name: source.position(text.rindex(name))[0] for name in names} == names
