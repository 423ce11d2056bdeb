from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="aiohttp", aliases={}, bases={}, operations=(), returns={})
