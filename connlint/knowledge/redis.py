from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="redis", aliases={}, bases={}, operations=(), returns={})
