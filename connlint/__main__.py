"""python -m connlint.

For `-m`, Python lets the working directory go before everything that is installed. There the linted project stands, and
a file of it called `ast.py` or `redis.py` would be imported, that is, executed. So the directory goes from the path
first, unless connlint itself is in it.
"""

from __future__ import annotations

import os
import sys


def _forget_working_directory() -> None:
    if sys.flags.safe_path or not sys.path:
        return
    try:
        here = os.path.realpath(os.curdir)
    except OSError:
        return  # it is gone, and nothing can be in it
    inside = os.path.realpath(__file__).startswith(os.path.join(here, ""))  # noqa: PTH118
    if os.path.realpath(sys.path[0]) == here and not inside:
        del sys.path[0]


if __name__ == "__main__":
    _forget_working_directory()
    from connlint.cli import main

    sys.exit(main())
