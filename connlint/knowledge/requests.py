from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="requests", aliases={}, bases={}, operations=(), returns={})
