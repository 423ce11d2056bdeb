"""Files that were made to break what reads them: a line each, exit status 2, and every other file is done all the same.

What libcst's native parser makes of deep or long texts cannot be caught: it ends the process, or does not come back. So
each of these runs in a process of its own, with a limit.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import connlint
from connlint import gate
from connlint.engine import Selection, check
from connlint.gate.text import Text
from connlint.reporters.style import one_line
from connlint.run import Task, read
from connlint.run import run as run_tasks
from tests.test_cli import BARE, cli, environment_of, place, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ("place",)

LIMIT = 120  # seconds, for what takes one or two on an idle machine


def nested(before: str, after: str, core: str = "x", line: str = "y = {}\n") -> Callable[[int], str]:
    return lambda count: line.format(before * count + core + after * count)


def chain(item: str, between: str = "", line: str = "y = {}\n") -> Callable[[int], str]:
    return lambda count: line.format(between.join([item] * count))


def blocks(header: str) -> Callable[[int], str]:
    return lambda count: "".join(" " * i + header + "\n" for i in range(count)) + " " * count + "pass\n"


CASE = "match y:\n  case {}: pass\n"
SHAPES: Mapping[str, Callable[[int], str]] = {
    "parentheses": nested("(", ")"),
    "lists": nested("[", "]"),
    "dicts": nested("{1: ", "}"),
    "calls": nested("f(", ")"),
    "keyword-arguments": nested("f(a=", ")"),
    "star-arguments": nested("f(*", ")"),
    "subscripts": nested("a[", "]"),
    "slices": nested("a[1:", "]"),
    "lambdas-in-parentheses": nested("(lambda: ", ")"),
    "default-values": nested("lambda a=", ": 1"),
    "comprehensions": nested("[a for a in ", "]"),
    "generators": nested("f(a for a in ", ")"),
    "conditions": nested("(a if ", " else c)"),
    "walruses": nested("(a := ", ")"),
    "f-string": nested("(", ")", line="y = f'{{{}}}'\n"),
    "await": nested("await (", ")", line="async def f():\n    y = {}\n"),
    "del": nested("(", ",)", line="del {}\n"),
    "del-parentheses": nested("(", ")", line="del {}\n"),
    "targets": nested("(", ",)", line="{} = y\n"),
    "for-targets": nested("(", ",)", line="for {} in y: pass\n"),
    "with-items": nested("(", ")", line="with {}: pass\n"),
    "decorators": nested("(", ")", line="@{}\ndef f(): pass\n"),
    "annotations": nested("L[", "]", line="def f(a: {0}) -> {0}: pass\n"),
    "case-group": nested("(", ")", "1", CASE),
    "case-sequence": nested("[", "]", "1", CASE),
    "case-class": nested("A(b=", ")", "1", CASE),
    "case-mapping": nested("{1: ", "}", "1", CASE),
    "case-or": nested("(1 | ", ")", "1", CASE),
    "case-group-in-rows": nested("(\n", ")\n", "1", "match y:\n  case {}: pass\n"),
    "not": nested("not ", ""),
    "minus": nested("-", ""),
    "lambdas": nested("lambda: ", ""),
    "else": nested("a if b else ", ""),
    "powers": nested("-a ** ", ""),
    "and": chain("a", " and "),
    "plus": chain("a", " + "),
    "comparisons": chain("a", " < "),
    "attributes": chain(".a", line="y = a{}\n"),
    "called-results": chain("()", line="y = a{}\n"),
    "methods": chain(".a()[0]", line="y = a{}\n"),
    "subscripted-results": chain("[0]", line="y = a{}\n"),
    "strings": chain("'a'", " "),
    "f-strings": chain("f'{a}'", " "),
    "f-string-parts": chain("{a}", line="y = f'{}'\n"),
    "for-clauses": chain(" for a in b", line="y = [a{}]\n"),
    "elif": chain("elif a: pass\n", line="if a: pass\n{}"),
    "handlers": chain("except OSError: pass\n", line="try: y.connect()\n{}"),
    "caught": chain("ConnectionError", ", ", "try: y.connect()\nexcept ({},): pass\n"),
    "cases": chain("  case 1: pass\n", line="match y:\n{}"),
    "case-alternatives": chain("1", " | ", CASE),
    "case-attributes": chain(".a", line="match y:\n  case a{}: pass\n"),
    "decorator-calls": chain(".a()", line="@a{}\ndef f(): pass\n"),
    "assignments": chain("y = ", line="{}1\n"),
    "dotted-import": chain("a", ".", "import {}\n"),
    "dotted-import-from": chain("a", ".", "from {} import b\n"),
    "semicolons": chain("a", "; ", "{}\n"),
    "bases": chain("A", ", ", "class B({}): pass\n"),
    "continuation-lines": chain(" \\\n", line="y = 1{} + 1\n"),
    "if-blocks": blocks("if a:"),
    "try-blocks": blocks("with a:"),
    "function-blocks": blocks("def f():"),
    "class-blocks": blocks("class A:"),
    "type-parameters": chain("T", ", ", "def f[{}](): pass\n"),
    "type-alias": nested("L[", "]", line="type A = {}\n"),
    "nested-f-strings": nested("f'{", "}'"),
}  # fmt: skip
SIZES = (8, 16, 30, 95, 199, 1_000, 2_000, 10_000)

PROGRAM = """
import sys, time
from connlint.engine import Selection, check
from connlint.gate.text import Text
for text in sys.stdin.read().split("\\0"):
    start = time.process_time()
    checked = check(text.encode(), "x.py", Selection())
    codes = [item.code for item in checked.diagnostics]
    print(len(text), f"{time.process_time() - start:.1f}", codes, *checked.problems)
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_that_passes_the_gate_ends_or_stops_the_process(shape: str) -> None:
    texts = [BARE + SHAPES[shape](size) for size in SIZES]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="\0".join(texts).encode(),
        capture_output=True,
        check=False,
        timeout=LIMIT,
        env=environment_of(),
    )
    assert (run.returncode, run.stderr) == (0, b"")
    lines = run.stdout.decode().splitlines()
    assert len(lines) == len(SIZES)
    for line in lines:
        _, seconds, codes = line.split(" ", 2)
        assert float(seconds) < 10, line
        assert codes.startswith("[] ") or codes == "['CNL301', 'CNL302']", line


@pytest.mark.parametrize("count", [7, 12])
def test_patterns_that_people_write_pass(count: int) -> None:
    text = BARE + "match y:\n" + '  case {"a": [Point(x=(0 | 1)), *_], "b": {"c": str()}} if f(x[(1)]): pass\n' * count
    assert gate.decide(text.encode(), lambda _: True).candidate


# Expressions over what the files say


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    seen = set()
    for module in pkgutil.walk_packages(connlint.__path__, "connlint."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            said = f"{module.name.removeprefix('connlint.')}.{name}"
            for each in value.values() if isinstance(value, dict) else (value,):
                item = re.compile(each) if said in LATE else each
                if isinstance(item, re.Pattern) and item not in seen:
                    seen.add(item)
                    yield said, item


# Those that are compiled when they are first asked.
LATE = {
    *("catalogue._ENTRY", "patterns._NAME", "settings._NAME"),
    *("telling._CALL", "telling._CONNECTING", "telling._TRANSFER", "telling._WORDS"),
}

# Those that are asked about the beginning of a short text only, or of which a search would begin anew everywhere.
MATCHED = {
    *("facts.guards._MAIN", "rules.unguarded_connect._PROGRAMS", "telling._CONNECTING", "telling._CALL"),
    *("fixes.guards._PLAIN_TEXT", "facts.testcode._CLASS", "facts.names._TENACITY", "gate.words.UP_TO_ASSIGNMENT"),
    "patterns._NAME",
}


@pytest.mark.parametrize(("name", "pattern"), list(patterns()))
def test_no_expression_takes_long(name: str, pattern: re.Pattern[Any]) -> None:
    said = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    words = sorted(set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\\[a-zA-Z]|\(\?[a-zA-Z<]+", " ", said))))[:40]
    pumps = [*"_ aA1\\\n\t.,:=#@/é", *words, *(word + end for word in words for end in ("_", " ", ", "))]
    for pump in pumps:
        for end in ("", "!"):
            text = pump * (20_000 // len(pump)) + end
            start = time.process_time()
            (pattern.match if name in MATCHED else pattern.search)(
                text.encode() if isinstance(pattern.pattern, bytes) else text
            )
            assert time.process_time() - start < 1, (pump, end)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class   ,  , ,  " * 100_000, id="class"),
        pytest.param("KeyError, " * 100_000, id="names"),
        pytest.param("# noqa noqa: x " * 100_000 + "\n# cnl", id="noqa"),
        pytest.param("# noqa: cn " * 100_000 + "CNLx", id="noqa-codes"),
        pytest.param("import \\\n" * 100_000, id="imports"),
        pytest.param("os . \\\\ " * 100_000, id="os"),
        pytest.param("# coding" + " coding: " * 100_000, id="coding"),
    ],
)
def test_the_gate_looks_at_each_byte_a_few_times(text: str) -> None:
    data = f"import socket\ntry: socket.connect()\nexcept KeyError: pass\n(x) = '''{text}'''\n".replace(
        "'''#", "''' #"
    ).encode()
    start = time.process_time()
    gate.decide(data, lambda _: True)
    gate.suppresses(data)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"class as ValueError: pass\n", id="as"),
        pytest.param(b"except (KeyError, ValueError as KeyError):\n", id="as-among-names"),
        pytest.param(b"KeyError, ValueError = x\n", id="several"),
        pytest.param(b"KeyError == x\nValueError: type = 3\n", id="after-a-comparison"),
        pytest.param(b"class \\\n  KeyError(Exception): pass\n", id="continued"),
    ],
)
def test_names_given_anew_are_seen(data: bytes) -> None:
    assert Text(data, None).rebinds_unrelated


@pytest.mark.parametrize(
    "data", [b"raise KeyError(x=1)\n", b"KeyError, ValueError == x\n", b"except KeyError: pass\n(x) = 1\n"]
)
def test_names_that_stay_are_seen(data: bytes) -> None:
    assert not Text(data, None).rebinds_unrelated


# A tree of files that nobody should have to meet

BAD: Mapping[str, bytes] = {
    "binary": bytes(range(256)) * 100,
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 1000,
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xcb\xcf\x07",
    "null-bytes": b"\0" * 10_000,
    "null-byte": b"import socket\nsocket.create_connection(x)\0\n",
    "utf-16": "import socket\nsocket.create_connection(x)\n".encode("utf-16"),
    "latin-1": b"import socket  # \xe4\nx = '\xe4'\nsocket.create_connection(x)\n",
    "unknown-encoding": b"# coding: klingon\n",
    "no-text-encoding": b"# coding: zlib\nimport socket; socket.create_connection(x)\n",
    "surrogates": b"x = '\xed\xa0\x80'\n",
    "python-2": b"import socket\ntry:\n    socket.create_connection(x)\nexcept socket.error, e:\n    print e\n",
    "python-2-backticks": b"x = `1` <> 0777L\n",
    "python-4": b"import socket\nwith socket.create_connection(x) matches 1 {\n}\n",
    "syntax": b"import socket\ntry:\n    socket.create_connection(x\nexcept\n",
    "indentation": b"if 1:\n        x\n   y\n",
    "tabs": b"if 1:\n        x\n\ty\n",
    "end": b"import socket\nx = '''\n",
    "backslash": b"x = 1 + \\",
    "merge": b"<<<<<<< HEAD\nimport socket\n=======\nimport ssl\n>>>>>>> x\n",
    "notebook": b'%matplotlib inline\n!pip install x\n',
    "template": b"import {{ package }}\n{% for x in y %}\n",
    "html": b"<!DOCTYPE html><html></html>\n",
    "parentheses": BARE.encode() + b"y = " + b"(" * 3000 + b")" * 3000 + b"\n",
    "unclosed": BARE.encode() + b"y = " + b"(" * 100_000,
    "and": BARE.encode() + b"y = " + b" and ".join([b"a"] * 10_000) + b"\n",
    "elif": BARE.encode() + b"if a: pass\n" + b"elif a: pass\n" * 10_000,
    "plus": BARE.encode() + b"y = " + b"+".join([b"a"] * 10_000) + b"\n",
    "attributes": BARE.encode() + b"y = a" + b".a" * 10_000 + b"\n",
    "calls": BARE.encode() + b"y = a" + b"()" * 10_000 + b"\n",
    "indented": BARE.encode() + b"".join(b" " * i + b"if 1:\n" for i in range(1_000)),
    "pattern": BARE.encode() + b"match y:\n  case " + b"{1: " * 90 + b"1" + b"}" * 90 + b": pass\n",
    "many-nodes": BARE.encode() + b"y = [" + b"1, " * 400_000 + b"]\n",
    "many-values": BARE.encode() + b"y = [" + b"1," * 400_000 + b"]\n",
    "form-feed": b"\x0c" + BARE.encode(),
    "large": BARE.encode() + b"# 50 MB\n" * (50 * 2**20 // 8),
}  # fmt: skip
NEWER: Mapping[str, tuple[tuple[int, int], bytes]] = {
    "pep-695": ((3, 12), b"type A[T] = list[T]\ndef f[T](x: T) -> T: return x\n"),
    "pep-696": ((3, 13), b"def f[T = int](x: T) -> T: return x\n"),
    "pep-701": ((3, 12), b"x = f'{'a' + f'{'b'}'}'\n"),
    "pep-750": ((3, 14), b"x = t'{a}'\n"),
    "pep-758": ((3, 14), b"try: pass\nexcept OSError, ValueError: pass\n"),
}
GOOD = {
    "good": BARE.encode(),
    "long-line": BARE.encode() + b"x = '" + b"a" * 1_000_000 + b"'\n",
    "hundred-thousand-lines": BARE.encode() + b"# x\n" * 100_000,
    "thousand-terms": BARE.encode() + b"y = " + b" + ".join([b"a"] * 1_000) + b"\n",
    "pep-765": BARE.encode() + b"def f():\n    try: pass\n    finally: return\n",
}


@pytest.fixture
def zoo(place: Path) -> Path:
    (place / "zoo").mkdir()
    for name, data in (*BAD.items(), *GOOD.items()):
        (place / "zoo" / f"{name}.py").write_bytes(data)
    for name, (_, data) in NEWER.items():
        (place / "zoo" / f"{name}.py").write_bytes(BARE.encode() + data)
    return place


def good() -> set[str]:
    known = {*GOOD, *(name for name, (version, _) in NEWER.items() if sys.version_info >= version)}
    # Python 3.12 bounds the recursion of C, whatever limit is set (python/cpython#112215)
    return known - {"thousand-terms"} if sys.version_info[:2] == (3, 12) else known


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_bad_file_is_a_line_and_the_others_are_done(zoo: Path, jobs: str) -> None:
    before = {path: path.read_bytes() for path in (zoo / "zoo").iterdir()}
    done = cli("--fix", "--select", "CNL302", "--jobs", jobs, "zoo")
    status, out, err = said(done)
    assert status == 2
    told: dict[str, str] = {}
    for line in err.splitlines():
        match = re.fullmatch(r"zoo/([\w-]+)\.py: (.+)", line)
        assert match, line
        assert match[1] not in told
        told[match[1]] = match[2]
    assert told.keys() == {path.stem for path in before} - good()
    assert not any("internal error" in problem or "died" in problem for problem in told.values()), told
    assert {path.stem for path, data in before.items() if path.read_bytes() != data} == good()
    assert (
        out == f"Fixed {len(good())}: CNL302 x {len(good())}; none remain.\n{len(told)} paths were not fully checked.\n"
    )


@pytest.mark.parametrize("name", [*BAD, *NEWER])
def test_the_same_from_standard_input(name: str, place: Path) -> None:
    data = BAD[name] if name in BAD else BARE.encode() + NEWER[name][1]
    if name in good():
        pytest.skip("this Python knows it")
    done = cli("--fix", "--select", "CNL302", "-", stdin=data)
    assert done.returncode == 2
    assert done.stdout == data
    assert len([line for line in done.stderr.splitlines() if line.startswith(b"-: ")]) == 1


def flake8(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "flake8", "--isolated", "--jobs", "1", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment_of(), timeout=LIMIT)


# On these flake8 ends by itself, or one of the other plugins that may be installed.
NOT_FOR_FLAKE8 = {"attributes", "calls", "elif", "no-text-encoding", "plus", "thousand-terms"}


def test_flake8_ends_early_only_where_it_does_so_by_itself(zoo: Path) -> None:
    def survives(*paths: Path) -> bool:
        alone = flake8("--select", "E9", *map(str, paths))
        return alone.returncode in {0, 1} and not alone.stderr

    paths = [
        path
        for path in sorted((zoo / "zoo").iterdir())
        if path.stem not in NOT_FOR_FLAKE8 and path.stat().st_size < 400_000  # larger ones take flake8 minutes
    ]
    survived = paths if survives(*paths) else [path for path in paths if survives(path)]
    expected = {path.stem for path in survived} & good()
    assert "good" in expected
    done = flake8("--select", "E9,CNL", *map(str, survived))
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if not line.startswith(b"connlint: ")] == []
    found = {Path(line.split(":")[0]).stem for line in done.stdout.decode().splitlines() if " CNL302 " in line}
    assert found >= expected


# Names, and what is no file


ODD_NAMES = [
    b"a\nb", b"-x", b"--fix", b"\xff\xfe", "ü\u2028".encode(), b" ", b"a\tb", b"\x1b[31mred", b"a'b\"", b"*", b"\r", b"@x", b"#",
    b"a:1:2: CNL999 x", b"[!a]", b"%s{0}", b"\xed\xa0\x80", b"~", b"$HOME", b"a\\nb",
]  # fmt: skip


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="names are text there")
def test_odd_names_are_shown_in_one_line(place: Path) -> None:
    folder = os.fsencode(place / "src")
    (place / "src").mkdir()
    for name in ODD_NAMES:
        Path(os.fsdecode(folder + b"/" + name + b"_good.py")).write_text(BARE)
        Path(os.fsdecode(folder + b"/" + name + b"_bad.py")).write_text("x = (\n")
    for jobs in ("1", "2"):
        status, out, err = said(cli("--select", "CNL302", "--jobs", jobs, "src"))
        assert status == 2
        places = [line for line in out.splitlines() if " CNL302 " in line]
        assert len(places) == len(ODD_NAMES)
        assert all(line.startswith("src/") and "_good.py:4:1: CNL302 " in line for line in places)
        assert all(re.fullmatch(r"src/.*_bad\.py: cannot be parsed: .*", line) for line in err.splitlines())
        assert len(err.splitlines()) == len(ODD_NAMES)
        assert (out + err).replace("\n", "").isprintable()
    patch = cli("--diff", "--select", "CNL302", "src")
    assert len(re.findall(rb"^--- src/", patch.stdout, re.MULTILINE)) == len(ODD_NAMES)
    named = cli("--fix", "--select", "CNL302", "--", *(f"src/{os.fsdecode(name)}_good.py" for name in ODD_NAMES))
    assert named.returncode == 0, named.stderr


def test_one_line() -> None:
    assert one_line("a b/ü\N{SNOWMAN}") == "a b/ü\N{SNOWMAN}"
    assert one_line("a\nb\x1b\udcff\u2028\r") == "a\\nb\\x1b\\udcff\\u2028\\r"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_what_is_no_file_is_a_line(place: Path) -> None:
    (place / "directory.py").mkdir()
    (place / "directory.py" / "in.py").write_text(BARE)
    os.mkfifo(place / "pipe.py")
    (place / "first.py").symlink_to("second.py")
    (place / "second.py").symlink_to("first.py")
    (place / "dead.py").symlink_to("nowhere")
    (place / "itself").symlink_to(".")
    (place / "directory.py" / "up").symlink_to("..")
    (place / "device.py").symlink_to("/dev/zero")
    status, out, err = said(cli("--select", "CNL302", "."))
    assert status == 2
    assert sorted(line.partition(":")[0] for line in err.splitlines()) == [
        "dead.py", "device.py", "first.py", "pipe.py", "second.py",
    ]  # fmt: skip
    assert [line.partition(":")[0] for line in out.splitlines() if " CNL302 " in line] == ["directory.py/in.py"]


def test_paths_may_be_too_long_to_be_opened(place: Path) -> None:
    here = Path.cwd()
    try:
        for _ in range(30):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        Path("deep.py").write_text(BARE)
    finally:
        os.chdir(here)
    (place / "good.py").write_text(BARE)
    status, out, err = said(cli("--select", "CNL302", "."))
    assert status == 2
    assert len(err.splitlines()) == 1
    assert "good.py:4:1: CNL302" in out


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes mean little there")
def test_what_may_not_be_read_is_a_line(place: Path) -> None:
    (place / "closed.py").write_text(BARE)
    (place / "closed.py").chmod(0)
    (place / "open.py").write_text(BARE)
    (place / "closed").mkdir(mode=0)
    place.chmod(0o755)
    command = [sys.executable, "-m", "connlint", "--isolated", "--select", "CNL302", "."]
    if os.geteuid() == 0:
        if any(not folder.stat().st_mode & 0o001 for folder in (place, *place.parents, *Path(sys.executable).parents)):
            pytest.skip("nobody else may come here")
        run = subprocess.run(command, capture_output=True, check=False, env=environment_of(), user=65534, cwd=place)
    else:
        run = subprocess.run(command, capture_output=True, check=False, env=environment_of(), cwd=place)
    (place / "closed").chmod(0o755)
    assert run.returncode == 2
    assert sorted(run.stderr.decode().splitlines()) == [
        "closed.py: cannot be read: Permission denied",
        "closed: cannot be read: Permission denied",
    ]
    assert b"open.py:4:1: CNL302" in run.stdout


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_that_vanish_are_a_line(place: Path, jobs: int) -> None:
    tasks = [Task(f"{number}.py", f"{number}.py", Selection(select=("CNL302",))) for number in range(20)]
    for task in tasks[::2]:
        Path(task.path).write_text(BARE)
    Path("1.py").mkdir()
    outcomes = list(run_tasks(tasks, jobs))
    assert [bool(outcome.checked.diagnostics) for outcome in outcomes] == [True, False] * 10
    problems = {outcome.checked.problems for outcome in outcomes[3::2]}
    assert problems == {("cannot be read: No such file or directory",)}


def test_no_more_is_read_than_tells_that_it_is_too_much(place: Path) -> None:
    with Path("sparse.py").open("wb") as file:
        file.truncate(2**40)
    assert len(read("sparse.py")) == gate.MOST_BYTES + 1
    (place / "good.py").write_text(BARE)
    status, out, err = said(cli("--select", "CNL302", "."))
    assert (status, err) == (2, "sparse.py: is too large to be analysed\n")
    assert "good.py:4:1: CNL302" in out


def test_ten_thousand_files_in_a_folder(place: Path) -> None:
    for number in range(10_000):
        (place / f"{number}.py").write_bytes(b"x = 1\n")
    (place / "last.py").write_text(BARE)
    (place / "broken.py").write_text("x = (\n")
    status, out, err = said(cli("--select", "CNL302", "."))
    assert status == 2
    assert err == "broken.py: cannot be parsed: '(' was never closed (line 1)\n"
    assert out.count(" CNL302 ") == 1


def test_a_problem_is_one_line_whatever_it_says() -> None:
    for data in BAD.values():
        for problem in check(data, "x.py", Selection()).problems:
            assert problem.isprintable()
