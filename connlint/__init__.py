"""connlint: static analysis of how Python programs handle network connections that fail."""

from __future__ import annotations

__version__ = "0.1.0"
