from __future__ import annotations

from libcst.codemod import CodemodContext, TransformSuccess, transform_module

from connlint.codemods import FixConnections

LEAK = 'import socket\n\ns = socket.socket()\ns.connect(("localhost", 9999))\n'


def run(code: str, *, unsafe_fixes: bool = False) -> TransformSuccess:
    result = transform_module(FixConnections(CodemodContext(), unsafe_fixes=unsafe_fixes), code)
    assert isinstance(result, TransformSuccess)
    return result


def test_clean_code_comes_back_the_same() -> None:
    assert run("x = 1  \n").code == "x = 1  \n"


def test_safe_fixes_only_unless_asked() -> None:
    assert "s.close()" in run(LEAK).code
    assert "SystemExit" not in run(LEAK).code


def test_unsafe_fixes_when_asked() -> None:
    assert "SystemExit" in run(LEAK, unsafe_fixes=True).code
