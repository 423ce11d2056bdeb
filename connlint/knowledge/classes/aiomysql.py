"""The exception classes of aiomysql 0.3.2; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {}

ALIASES: dict[str, str] = {}
