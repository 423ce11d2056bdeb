from __future__ import annotations

from connlint.knowledge.model import Library

LIBRARY = Library(name="urllib3", aliases={}, bases={}, operations=(), returns={})
