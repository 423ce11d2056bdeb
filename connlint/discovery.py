"""Which files a run is about.

A file that is named is always checked. In a directory, all Python files are, but for what is excluded and what git
ignores. Whatever is not checked though it looks like Python is said to be so: a path that does not exist, a directory
that cannot be read, a pipe.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from connlint.patterns import Patterns

SUFFIXES = (".py", ".pyi")
CACHE = ".connlint_cache"

# Those of ruff, our own cache, and two: what emacs puts beside a file that is being edited is a link that leads
# nowhere, and nobody's source is in __pycache__.
DEFAULT_EXCLUDE = (
    ".#*",
    ".bzr",
    CACHE,
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


class Found(NamedTuple):
    """The files to check, in order, and a line for each path that cannot be checked (path, what is wrong)."""

    files: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def discover(paths: Iterable[str], exclude: Patterns, *, gitignore: bool = True, force_exclude: bool = False) -> Found:
    """Return the Python files that `paths` mean. With `force_exclude`, named files can be excluded too."""
    walk = _Walk(exclude, gitignore)
    for path in paths:
        if force_exclude and exclude.match_above(absolute(path)):
            continue
        walk.add(path)
    return Found(tuple(walk.files()), tuple(dict.fromkeys(walk.problems)))


def absolute(path: str) -> str:
    """Return `path` from the root on, links not followed."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.absolute() keeps `..`


def upwards(path: str) -> Iterator[str]:
    """Yield the absolute `path` and all directories above it."""
    while True:
        yield path
        above = os.path.dirname(path)  # noqa: PTH120 - of every run
        if above == path:
            return
        path = above


def _has(directory: str, name: str) -> bool:
    return os.path.exists(os.path.join(directory, name))  # noqa: PTH110, PTH118


class _Ignores(NamedTuple):
    """The patterns of one `.gitignore`, and the directory that they are about."""

    directory: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, *, is_directory: bool) -> bool | None:
        """Say whether the absolute `path` below the directory is ignored, None if nothing is said of it."""
        relative = path[len(self.directory.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        return self.spec.check_file(relative + "/" * is_directory).include


def _ignored(chain: Sequence[_Ignores], path: str, *, is_directory: bool) -> bool:
    """Say whether git ignores `path`; the last of `chain`, which is nearest to it, is asked first."""
    for ignores in reversed(chain):
        verdict = ignores.verdict(path, is_directory=is_directory)
        if verdict is not None:
            return verdict
    return False


class _Walk:
    """Collects files. What a file is known by is its path with all links followed: no file is checked twice."""

    def __init__(self, exclude: Patterns, gitignore: bool) -> None:
        self.exclude = exclude
        self.gitignore = gitignore
        self.problems: list[tuple[str, str]] = []
        self._regular: dict[str, str] = {}
        self._links: dict[str, str] = {}

    def files(self) -> Iterator[str]:
        """Yield the files by their paths, in order. Of several links to one file only the first is one of them."""
        seen = set(self._regular)
        paths = list(self._regular.values())
        for path, target in sorted(self._links.items()):
            if target not in seen:
                seen.add(target)
                paths.append(path)
        yield from sorted(paths, key=lambda path: path.split(os.sep))  # noqa: PTH206 - of every file

    def add(self, path: str) -> None:
        """Add a path that was named: a file as it is, a directory with the Python files in it."""
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116 - a path may be no valid one, and then Path.stat says the same
        except (OSError, ValueError) as error:
            self.problems.append((path, reason(error)))
            return
        if stat.S_ISDIR(mode):
            self._directory(path)
        else:
            self._file(path, mode, os.path.realpath(path), is_link=False)

    def _file(self, path: str, mode: int, target: str, *, is_link: bool) -> None:
        if not stat.S_ISREG(mode):
            self.problems.append((path, "cannot be read: it is not a regular file"))
        elif is_link:
            self._links.setdefault(path, target)
        else:
            self._regular.setdefault(target, path)

    def _directory(self, path: str) -> None:
        top = absolute(path)
        chain = self._chain_above(top) if self.gitignore else ()
        stack = [(path, top, os.path.realpath(path), chain)]
        while stack:
            shown, whole, real, chain = stack.pop()
            try:
                with os.scandir(whole) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.problems.append((shown, reason(error)))
                continue
            if self.gitignore and any(entry.name == ".gitignore" for entry in inside):
                chain = (*chain, *self._read(whole, os.path.join(whole, ".gitignore")))  # noqa: PTH118
            start = os.path.normpath(shown)
            start = "" if start == os.curdir else start.rstrip(os.sep) + os.sep
            for entry in inside:
                below = self._entry(entry, start + entry.name, real, chain)
                if below is not None:
                    stack.append(below)

    def _entry(
        self, entry: os.DirEntry[str], shown: str, real: str, chain: tuple[_Ignores, ...]
    ) -> tuple[str, str, str, tuple[_Ignores, ...]] | None:
        """Add a file of a directory; return what is needed to look into a directory.

        Links to directories are not followed: what they lead to is found where it is, and loops are none.
        """
        try:
            is_directory, is_link = entry.is_dir(follow_symlinks=False), entry.is_symlink()
            wanted = is_directory or entry.name.endswith(SUFFIXES)
            if not wanted or self.exclude.match(entry.path) or _ignored(chain, entry.path, is_directory=is_directory):
                return None
            if is_directory:
                return shown, entry.path, os.path.join(real, entry.name), chain  # noqa: PTH118
            # Of a file that is no link the directory has said all that there is to know.
            mode = stat.S_IFREG if entry.is_file(follow_symlinks=False) else entry.stat().st_mode
        except OSError as error:
            self.problems.append((shown, reason(error)))
            return None
        if not (is_link and stat.S_ISDIR(mode)):
            target = os.path.realpath(entry.path) if is_link else os.path.join(real, entry.name)  # noqa: PTH118
            self._file(shown, mode, target, is_link=is_link)
        return None

    def _chain_above(self, top: str) -> tuple[_Ignores, ...]:
        """Return what the repository that `top` is in says of the files below it.

        Somebody who names a directory that is ignored wants it checked: then nothing that ignores it counts.
        """
        directories = [*upwards(top)]
        root = next((place for place, path in enumerate(directories) if _has(path, ".git")), None)
        if root is None:
            return ()
        top_down = directories[root::-1]
        chain = [*self._read(top_down[0], os.path.join(top_down[0], ".git", "info", "exclude"))]  # noqa: PTH118
        for directory in top_down[:-1]:
            chain += self._read(directory, os.path.join(directory, ".gitignore"))  # noqa: PTH118
        above = top_down[1:]
        return tuple(
            ignores
            for ignores in chain
            if not any(
                ignores.verdict(path, is_directory=True)
                for path in above
                if path.startswith(ignores.directory.rstrip(os.sep) + os.sep)
            )
        )

    def _read(self, directory: str, path: str) -> tuple[_Ignores, ...]:
        """Return the patterns of a `.gitignore`; none if there is no such file."""
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                lines = file.read().splitlines()
        except FileNotFoundError:
            return ()
        except (NotADirectoryError, IsADirectoryError):
            return ()  # a worktree's .git is a file; a directory .gitignore means nothing to git
        except OSError as error:
            self.problems.append((path, reason(error)))
            return ()
        return (_Ignores(directory, _spec(lines)),)


def _spec(lines: list[str]) -> GitIgnoreSpec:
    """Return the patterns of `lines`, without those that git too would not understand."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        good = []
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue
            good.append(line)
        return GitIgnoreSpec.from_lines(good)


def reason(error: OSError | ValueError) -> str:
    """Return why something cannot be read, in one line."""
    said = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read: {said or error}"
