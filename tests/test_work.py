"""What a run costs, in work and not in seconds: what is parsed, how often, and what is imported."""

from __future__ import annotations

import ast
import subprocess
import symtable
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libcst as cst
import pytest

from connlint import cli, facts, gate, knowledge
from connlint.engine import Selection, check
from connlint.facts import tree

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent

WORDLESS = "import json\n\n\ndef read(text):\n    return json.loads(text)\n"
UNRELATED = "import requests\n\nfor url in urls:\n    try:\n        requests.get(url)\n    except requests.HTTPError:\n        raise\n"
SILENT = "import requests\n\nwhile True:\n    try:\n        requests.get(url)\n        break\n    except requests.ConnectionError:\n        self.back_off()\n"
FOUND = "import socket\n\nwhile True:\n    try:\n        socket.create_connection(a)\n        break\n    except ConnectionError:\n        pass\n"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what parses and walks."""
    counts: Counter[str] = Counter()

    def counted(owner: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    counted(ast, "parse")
    counted(symtable, "symtable")
    counted(cst, "parse_module")
    counted(facts, "read_index")
    return counts


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(WORDLESS, {"symtable": 1}, id="no-word"),
        pytest.param("x = (\n", {"symtable": 1, "parse": 1}, id="no-word-and-no-python"),
        pytest.param(UNRELATED, {"parse": 1}, id="handled-and-raised"),
        pytest.param(SILENT, {"parse": 1, "read_index": 1}, id="nothing-found"),
        pytest.param(FOUND, {"parse": 1, "parse_module": 1, "read_index": 2}, id="found"),
    ],
)
def test_each_file_is_parsed_once_and_walked_twice_at_most(
    code: str, expected: dict[str, int], work: Counter[str]
) -> None:
    checked = check(code.encode(), "file.py", Selection())
    assert work == expected
    assert bool(checked.diagnostics) == (code is FOUND)


def test_tree_that_is_there_is_not_parsed_again(work: Counter[str]) -> None:
    tree = ast.parse(UNRELATED)
    work.clear()
    check(UNRELATED.encode(), "file.py", Selection(), tree=tree)
    assert work == {}


def test_gate_is_not_asked_again_for_what_it_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    decide = gate.decide

    def counted(data: bytes, *args: Any, **options: Any) -> gate.Verdict:
        asked.append(data)
        return decide(data, *args, **options)

    monkeypatch.setattr(gate, "decide", counted)
    file = tmp_path / "found.py"
    file.write_text(FOUND, "utf-8")
    assert cli.main(["--isolated", "--no-cache", str(file)]) == 1
    assert len(asked) == 1


def test_few_files_are_parsed(work: Counter[str]) -> None:
    library = Path(sysconfig.get_path("stdlib"))
    packages = ("collections", "email", "html", "importlib", "json", "logging", "tomllib", "unittest", "wsgiref", "xml")
    files = [path for package in packages for path in (library / package).rglob("*.py")]
    for path in files:
        check(path.read_bytes(), path.name, Selection())
    assert len(files) > 80
    assert work["parse"] <= len(files) // 4
    assert work["parse_module"] <= len(files) // 20


FUNCTION = """
def fetch{n}(host, port):
    sock = socket.socket()
    sock.settimeout(5)
    while True:
        try:
            sock.connect((host, port))
            return sock
        except ConnectionError:
            time.sleep(1)


def ask{n}(url):
    session = requests.Session()
    session.mount(url, HTTPAdapter(max_retries=Retry(total=5)))
    try:
        return session.get(url)
    except OSError as error:
        if error.errno != errno.ECONNREFUSED:
            raise
"""
HEAD = "import errno\nimport requests\nimport socket\nimport time\nfrom requests.adapters import HTTPAdapter\nfrom urllib3 import Retry\n"


def test_work_grows_as_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counted(node: cst.CSTNode) -> list[cst.CSTNode]:
        nonlocal count
        count += 1
        return children(node)

    class Counting(tree.Readers):
        def __getitem__(self, kind: type[cst.CSTNode]) -> Callable[[Any], tuple[Any, ...]]:
            nonlocal count
            count += 1
            return super().__getitem__(kind)

    children, backwards = tree.children, tree.BACKWARDS
    for module in [module for name, module in sys.modules.items() if name.startswith("connlint.")]:
        if getattr(module, "children", None) is children:
            monkeypatch.setattr(module, "children", counted)
        if getattr(module, "BACKWARDS", None) is backwards:
            monkeypatch.setattr(module, "BACKWARDS", Counting(backwards=True))
    visited = []
    for times in (20, 40):
        count = 0
        checked = check((HEAD + "".join(FUNCTION.format(n=n) for n in range(times))).encode(), "file.py", Selection())
        assert len(checked.diagnostics) >= 2 * times
        visited.append(count)
    assert visited[1] <= 2.1 * visited[0]


HEAVY = {
    *("asyncio", "click", "concurrent", "email", "flake8", "http", "importlib.metadata", "json", "libcst", "logging"),
    *("argparse", "connlint.processes", "connlint.source", "dataclasses", "inspect", "locale", "pathlib", "shutil"),
    *("multiprocessing", "pathspec", "rich", "socket", "ssl", "subprocess", "tempfile", "tomllib", "unittest", "yaml"),
}


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("from connlint.cli import main; main(['--isolated', '--no-cache', sys.argv[1]])", id="cli"),
        pytest.param("from connlint.engine import Selection, check; check(b'', 'x.py', Selection())", id="engine"),
    ],
)
def test_clean_run_imports_nothing_heavy(program: str, tmp_path: Path) -> None:
    file = tmp_path / "clean.py"
    file.write_text(WORDLESS, "utf-8")
    code = f"import sys; before = {{*sys.modules}}; {program}; print(*({{*sys.modules}} - before), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, cwd=ROOT)
    assert HEAVY & {*done.stderr.split()} == set()


def test_check_imports_no_fix_and_no_table_that_it_has_no_use_for() -> None:
    found = "import requests\n" + FOUND.replace("ConnectionError", "ConnectionRefusedError")
    code = (
        "import sys; from connlint.engine import Selection, check; "
        f"print(*(item.code for item in check({found.encode()!r}, 'found.py', Selection()).diagnostics)); "
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    codes, modules = done.stdout.splitlines()
    assert codes == "CNL201"
    assert not [name for name in modules.split() if name.startswith("connlint.fixes.")]
    tables = {f"connlint.knowledge.{name}" for name in knowledge.CLIENTS.values()}
    assert tables & {*modules.split()} <= {"connlint.knowledge.requests", "connlint.knowledge.urllib3"}


def test_clean_flake8_run_imports_nothing_of_ours_that_is_heavy(tmp_path: Path) -> None:
    file = tmp_path / "clean.py"
    file.write_text(WORDLESS, "utf-8")
    code = (
        "import sys; from flake8.main.cli import main; "
        f"main(['--isolated', '--select', 'CNL', '--jobs', '1', {str(file)!r}]); "
        "print(*(name for name in sys.modules if name.startswith(('connlint', 'libcst'))), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    ours = {*done.stderr.split()}
    assert "connlint.flake8_plugin" in ours
    assert not {name for name in ours if name.startswith(("libcst", "connlint.rules", "connlint.facts"))}
    assert not ours & {"connlint.cli", "connlint.knowledge", "connlint.run", "connlint.settings"}
