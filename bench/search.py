"""The least that a linter can do: read every file and search it for words, in so many processes.

python bench/search.py PROCESSES WORDS ROOT...
"""

from __future__ import annotations

import os
import sys


def _search(paths: list[str], words: list[bytes]) -> int:
    found = 0
    for path in paths:
        with open(path, "rb") as file:  # noqa: PTH123 - the least
            data = file.read()
        found += any(word in data for word in words)
    return found


def main() -> None:
    """Do what the command line asks for."""
    processes, words = int(sys.argv[1]), [word.encode() for word in sys.argv[2].split(",")]
    with open(sys.argv[3], encoding="utf-8") as listed:  # noqa: PTH123
        paths = listed.read().splitlines()
    children = []
    for number in range(1, processes):
        child = os.fork()
        if not child:
            _search(paths[number::processes], words)
            os._exit(0)
        children.append(child)
    _search(paths[::processes], words)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
