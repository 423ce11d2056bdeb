"""python -m connlint."""

from __future__ import annotations

import sys

from connlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
