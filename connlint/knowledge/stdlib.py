from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="stdlib", aliases={}, bases={}, operations=(), returns={})
