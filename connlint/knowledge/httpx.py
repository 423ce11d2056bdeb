from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="httpx", aliases={}, bases={}, operations=(), returns={})
