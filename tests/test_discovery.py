"""Which files a run is about: real trees, with links, pipes, repositories and all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from connlint.discovery import DEFAULT_EXCLUDE, Found, discover
from connlint.patterns import Patterns


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*paths: str, text: str = "") -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)


def link(path: str, target: str) -> None:
    Path(path).symlink_to(target)


def find(*paths: str, exclude: tuple[str, ...] = DEFAULT_EXCLUDE, **options: bool) -> Found:
    return discover(paths or ["."], Patterns.at(str(Path.cwd()), exclude), **options)


def files(*paths: str, exclude: tuple[str, ...] = DEFAULT_EXCLUDE, **options: bool) -> list[str]:
    found = find(*paths, exclude=exclude, **options)
    assert found.problems == ()
    return list(found.files)


def test_nothing_is_found_in_nothing(tree: Path) -> None:
    assert files() == []


def test_only_python_is_found(tree: Path) -> None:
    make("a.py", "b.pyi", "c.txt", "pyc", "d.pyc", "e.py.orig", ".hidden.py")
    assert files() == [".hidden.py", "a.py", "b.pyi"]


def test_order_is_that_of_names_whatever_was_named_first(tree: Path) -> None:
    make("b/a.py", "b.py", "a/z.py", "b/a/c.py", "a.py")
    assert files("b", "a.py", "b.py", "a") == ["a/z.py", "a.py", "b/a/c.py", "b/a.py", "b.py"]


def test_usual_directories_are_left_out(tree: Path) -> None:
    make("a.py", *(f"{name}/x.py" for name in DEFAULT_EXCLUDE if "*" not in name), "src/.venv/lib/x.py")
    link(".#a.py", "user@host.1234")
    assert files() == ["a.py"]
    assert files(".venv", "build/x.py") == [".venv/x.py", "build/x.py"]


def test_excluded_is_left_out_unless_named(tree: Path) -> None:
    make("a.py", "vendor/b.py", "src/vendor/c.py", "src/d_pb2.py", "src/e.py", "src/f/g.py")
    exclude = ("vendor", "*_pb2.py", "src/f")
    assert files(exclude=exclude) == ["a.py", "src/e.py"]
    assert files("vendor/b.py", "src/vendor", exclude=exclude) == ["src/vendor/c.py", "vendor/b.py"]
    assert files("a.py", "vendor/b.py", "src/f", exclude=exclude, force_exclude=True) == ["a.py"]


def test_file_is_found_once(tree: Path) -> None:
    make("a.py", "src/b.py")
    link("link", "src")
    link("0.py", "a.py")
    link("src/c.py", "../../elsewhere.py")
    link("src/d.py", "../../elsewhere.py")
    make(str(tree.parent / "elsewhere.py"))
    assert files(".", "a.py", "./src", "src/b.py") == ["a.py", "src/b.py", "src/c.py"]


def test_loops_of_directories_are_none(tree: Path) -> None:
    make("a.py", "src/b.py")
    link("src/up", "..")
    link("x.py", ".")
    assert files() == ["a.py", "src/b.py"]


def test_directory_called_like_a_file_is_a_directory(tree: Path) -> None:
    make("x.py/a.py")
    assert files() == ["x.py/a.py"]
    assert files("x.py") == ["x.py/a.py"]


def test_what_cannot_be_read_is_said_and_the_rest_is_found(tree: Path) -> None:
    make("a.py")
    os.mkfifo("pipe.py")
    link("loop.py", "loop.py")
    link("gone.py", "nowhere")
    assert find() == Found(
        ("a.py",),
        (
            ("gone.py", "cannot be read: No such file or directory"),
            ("loop.py", "cannot be read: Too many levels of symbolic links"),
            ("pipe.py", "cannot be read: it is not a regular file"),
        ),
    )
    with pytest.raises(ValueError, match="embedded null") as said:  # not all versions say it in the same words
        Path("nul\0").stat()
    assert find("a.py", "missing", "pipe.py", "nul\0") == Found(
        ("a.py",),
        (
            ("missing", "cannot be read: No such file or directory"),
            ("pipe.py", "cannot be read: it is not a regular file"),
            ("nul\0", f"cannot be read: {said.value}"),
        ),
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_closed_directory_is_said(tree: Path) -> None:
    make("a.py", "closed/b.py")
    Path("closed").chmod(0)
    try:
        assert find() == Found(("a.py",), (("closed", "cannot be read: Permission denied"),))
    finally:
        Path("closed").chmod(0o700)


# .gitignore


def ignore(directory: str, *lines: str) -> None:
    make(f"{directory}/.gitignore", text="".join(f"{line}\n" for line in lines))


def test_gitignore_is_respected(tree: Path) -> None:
    make("a.py", "gen/b.py", "src/gen/c.py", "src/d.py", "src/e.py", "top.py", "src/top.py")
    ignore(".", "gen/", "/top.py", "src/d.py", "# comment", "")
    assert files() == ["a.py", "src/e.py", "src/top.py"]
    assert files(gitignore=False) == [
        "a.py",
        "gen/b.py",
        "src/d.py",
        "src/e.py",
        "src/gen/c.py",
        "src/top.py",
        "top.py",
    ]


def test_nearest_gitignore_decides(tree: Path) -> None:
    make("a_gen.py", "src/a_gen.py", "src/b_gen.py", "src/deep/a_gen.py")
    ignore(".", "*_gen.py")
    ignore("src", "!a_gen.py")
    ignore("src/deep", "*")
    assert files() == ["src/a_gen.py"]


def test_gitignore_of_the_repository_counts_below(tree: Path) -> None:
    make("src/a.py", "src/b.py", "src/c.py", ".git/info/exclude", "outer.py")
    ignore(".", "/src/a.py")
    make(".git/info/exclude", text="b.py\n")
    assert files("src") == ["src/c.py"]


def test_gitignore_above_the_repository_does_not_count(tree: Path) -> None:
    ignore(".", "*")
    make("project/a.py", "project/.git/HEAD", "loose/a.py")
    assert files("project") == ["project/a.py"]
    assert files("loose") == ["loose/a.py"]
    assert files() == []


def test_ignored_directory_that_is_named_is_meant(tree: Path) -> None:
    make(".git/HEAD", "out/pkg/a.py", "out/pkg/b.tmp.py")
    ignore(".", "out/", "*.tmp.py")
    ignore("out", "*")
    assert files() == []
    assert files("out/pkg/b.tmp.py") == ["out/pkg/b.tmp.py"]
    assert files("out/pkg") == ["out/pkg/a.py", "out/pkg/b.tmp.py"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("!", id="lone-inversion"),
        pytest.param("a/**b\\", id="lone-escape"),
        pytest.param("///", id="slashes"),
    ],
)
def test_line_that_git_would_not_understand_is_passed_over(tree: Path, line: str) -> None:
    make("a.py", "b.py")
    ignore(".", line, "a.py")
    assert files() == ["b.py"]


def test_gitignore_that_is_no_text(tree: Path) -> None:
    make("a.py", "b.py")
    (tree / ".gitignore").write_bytes(b"\xff\xfe\na.py\n")
    assert files() == ["b.py"]


def test_gitignore_that_is_no_file(tree: Path) -> None:
    make("a.py", ".gitignore/x")
    assert files() == ["a.py"]


def test_git_itself_agrees(tree: Path) -> None:
    make("a.py", "b.py", "src/a.py", "src/b.py", "src/c/d.py", "docs/e.py", "docs/f/e.py", "x y.py")
    ignore(".", "a.py", "!src/a.py", "docs/**/e.py", "/src/c", "x\\ y.py ")
    git = ["git", "-c", "core.excludesFile="]
    if subprocess.run([*git, "init", "-q"], check=False, capture_output=True).returncode:
        pytest.skip("there is no git")
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard", "*.py"], check=True, capture_output=True, text=True
    )
    assert files() == sorted(listed.stdout.splitlines())


def test_what_cannot_be_read_is_said_once(tree: Path) -> None:
    make("src/a.py")
    link("src/gone.py", "nowhere")
    found = find(".", "src")
    assert found.problems == (("src/gone.py", "cannot be read: No such file or directory"),)
