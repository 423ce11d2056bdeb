"""Drafts against the trees of libcst's own parser, and rules asked about both."""

from __future__ import annotations

import ast
import sys
import sysconfig
from dataclasses import fields
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from connlint import facts
from connlint.drafts import draft
from connlint.engine import Selection, check
from connlint.facts.tree import children
from connlint.rules import all_rules

ZOO = '''\
#!/usr/bin/python2
"""Text."""
from __future__ import annotations
from . import a, b as c
from ..d.e import (f, g)
from h import *
import i, j.k as l, m.n
x = y = 1; z: int = 2; w: str
a.b[0], *c = d[1:2, ..., ::3], e[()], f[(1, 2)], g[1,], h[i]
x += 1; x -= 1; x *= 1; x /= 1; x //= 1; x %= 1; x **= 1; x <<= 1; x >>= 1; x &= 1; x |= 1; x ^= 1; x @= 1
x = a + b - c * d / e // f % g ** h << i >> j & k | l ^ m @ n, -a, +b, ~c, not d
x = a and b and (c and d) or e if f else g
x = a < b <= c == d != e > f >= g is h is not i in j not in k
x = [1, *a], (1,), (), {1, *b}, {}, {1: 2, **c}, [*d, *e]
x = [a for b in c if d if e for f in g], {h for i in j}, {k: l for m in n}, (o for p in q), f(r for s in t)
x = lambda: 0, lambda a, /, b=1, *c, d, e=2, **f: g, lambda *, h: i, lambda *j: k
x = "a" "b", b"c" rb"\\d", f"e{f}g{h!r:>{i}}" "j", "k" f"{l=}", """m
n""", u"o", 0x10, 1_000, 1e999, 1e5, 2j, 1e999j, 0o17, True, False, None, ...
f(a, *b, c=d, *e, **g, h=i)
f()(a)(b=c).d.e[f](*g)
print((x := 5), (yield_ := 6))
del a; del b, c; del (d, e)
assert a; assert b, "c"
if a: pass
elif b: x; y
else:
    if c:
        pass
    elif d:
        pass
while a:
    break
else:
    x
for a, *b in c, d: continue
else: pass
try:
    pass
except A: pass
except (B, C) as d:
    raise
except E.f as g:
    raise H from i
except: raise J
else:
    pass
finally:
    pass
try:
    pass
except* A as b:
    pass
except* (C, D): pass
with a, b as c, (d) as (e, f): pass
with (a as b, c): pass
@a
@b.c(d)
class A: pass
class B(C, *D, metaclass=E, **F):
    """Text."""
    x: int
    def f(self, a: int, /, b: str = "", *c: d, e, f=1, **g: h) -> i | None:
        global j, k
        def l():
            nonlocal b
            return
        return (yield), (yield a), (yield from b)
@m
async def n(*, o):
    async for p in q:
        await r
    async with s as t, u: return [v async for w in x if await y], *z
match a:
    case 1 | -2 | "b" | 3 + 4j: pass
    case None | True: pass
    case [b, *c, _]: pass
    case (d, *_): pass
    case {"e": f, **g}: pass
    case {}: pass
    case H.i: pass
    case J(k, l=m) as n if o: pass
    case _:
        pass
'''
NEWER = """\
type A[T: int, *U, **V] = dict[T, list]
def f[T](a: T) -> T: return a
class B[T](C): pass
x = f"{a["b"]}"
"""
PACKAGES = ("asyncio", "concurrent", "email", "http", "importlib", "logging", "multiprocessing", "urllib", "xmlrpc")
LIBRARY = Path(sysconfig.get_path("stdlib"))


def said(node: Any) -> Any:
    """Return what a tree says, in a form that does not tell how it is written."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
            formatted = list(expressions(node))
            return ("formatted", *formatted) if formatted else ("string", str(getattr(node, "evaluated_value", "")))
        case cst.Integer() | cst.Float() | cst.Imaginary():
            return ("number", repr(node.evaluated_value))
        case cst.SimpleStatementSuite():
            line = [("body", item) for item in node.body]
            return ("block", (("SimpleStatementLine", "", False, *map(said, line)),))
        case cst.IndentedBlock():
            return ("block", said(node.body))
        case cst.MatchList() | cst.MatchTuple():
            return ("sequence", said(node.patterns))
        case cst.CSTNode():
            starred = (getattr(node, "star", ""),) if isinstance(node, (cst.Arg, cst.Param)) else ()
            is_async = bool(getattr(node, "asynchronous", None))
            name = node.value if isinstance(node, cst.Name) else ""
            return (type(node).__name__, name, *starred, is_async, *map(said, children_of(node)))
        case list() | tuple():
            return tuple(map(said, node))
    return node


def children_of(node: cst.CSTNode) -> list[tuple[str, Any]]:
    """Return the children and the fields that hold them."""
    below = set(map(id, children(node)))
    values = [(item.name, getattr(node, item.name, None)) for item in fields(node)]
    lists = ((name, value if isinstance(value, (list, tuple)) else [value]) for name, value in values)
    return [(name, item) for name, items in lists for item in items if id(item) in below]


def expressions(node: Any) -> Any:
    """Yield what the replacement fields of a string say, as nested as it is."""
    if isinstance(node, cst.ConcatenatedString):
        yield from expressions(node.left)
        yield from expressions(node.right)
    for part in node.parts if isinstance(node, cst.FormattedString) else ():
        if isinstance(part, cst.FormattedStringExpression):
            yield said(part.expression)


def assert_drafted(data: bytes) -> None:
    drafted, parsed = draft(ast.parse(data), data.decode()), cst.parse_module(data)
    for one, other in zip(drafted.body, parsed.body, strict=True):
        assert said(one) == said(other)


def test_says_what_libcst_parses() -> None:
    assert_drafted(ZOO.encode())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="is no syntax yet")
def test_says_what_libcst_parses_of_newer_syntax() -> None:
    assert_drafted(NEWER.encode())


@pytest.mark.parametrize("package", PACKAGES)
def test_says_what_libcst_parses_of_the_standard_library(package: str) -> None:
    files = sorted((LIBRARY / package).rglob("*.py"))
    assert files
    for path in files:
        assert_drafted(path.read_bytes())


def test_first_line_is_kept() -> None:
    module = draft(ast.parse(ZOO), ZOO)
    assert [line.comment.value for line in module.header if line.comment] == ["#!/usr/bin/python2"]
    assert draft(ast.parse("# a\nx"), "# a\nx").header == []


def test_what_is_not_known_is_refused() -> None:
    class Later(ast.stmt):
        lineno = end_lineno = 1

    with pytest.raises(KeyError):
        draft(ast.Module([Later()], []), "")


def test_what_is_not_there_cannot_be_taken_for_none() -> None:
    module: Any = draft(ast.parse("for x in y: pass"), "")
    with pytest.raises(AttributeError):
        _ = module.body[0].leading_lines


BAD = [pytest.param(example.code, id=f"{rule.code}-{example.name}") for rule in all_rules() for example in rule.bad]
SILENT = [example.code for rule in all_rules() for example in rule.silent]


def found(module: cst.Module) -> list[str]:
    known = facts.read(module)
    return sorted(rule.code for rule in all_rules() if not rule.last for _ in rule.check(known))


@pytest.mark.parametrize("code", BAD)
def test_rules_find_as_much_in_it(code: str) -> None:
    data = code.encode()
    try:
        drafted = found(draft(ast.parse(data), data.decode()))
    except AttributeError:
        return  # the long way
    assert drafted == found(cst.parse_module(data))


def test_hardly_a_silent_file_is_parsed_by_libcst(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = [code for code in SILENT if not check(code.encode(), "file.py", Selection()).diagnostics]
    parsed = []
    parse_module = cst.parse_module

    def counted(*args: Any) -> cst.Module:
        parsed.append(args[0])
        return parse_module(*args)

    monkeypatch.setattr(cst, "parse_module", counted)
    for code in silent:
        check(code.encode(), "file.py", Selection())
    assert len(silent) > 200
    assert len(parsed) < len(silent) / 10
