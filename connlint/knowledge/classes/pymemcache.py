"""The exception classes of pymemcache 4.0.0; `make knowledge` reads them."""

from __future__ import annotations

BASES: dict[str, tuple[str, ...]] = {
    "pymemcache.exceptions.MemcacheClientError": ("pymemcache.exceptions.MemcacheError",),
    "pymemcache.exceptions.MemcacheError": ("Exception",),
    "pymemcache.exceptions.MemcacheIllegalInputError": ("pymemcache.exceptions.MemcacheClientError",),
    "pymemcache.exceptions.MemcacheServerError": ("pymemcache.exceptions.MemcacheError",),
    "pymemcache.exceptions.MemcacheUnexpectedCloseError": ("pymemcache.exceptions.MemcacheServerError",),
    "pymemcache.exceptions.MemcacheUnknownCommandError": ("pymemcache.exceptions.MemcacheClientError",),
    "pymemcache.exceptions.MemcacheUnknownError": ("pymemcache.exceptions.MemcacheError",),
}

ALIASES: dict[str, str] = {
    "pymemcache.MemcacheClientError": "pymemcache.exceptions.MemcacheClientError",
    "pymemcache.MemcacheError": "pymemcache.exceptions.MemcacheError",
    "pymemcache.MemcacheIllegalInputError": "pymemcache.exceptions.MemcacheIllegalInputError",
    "pymemcache.MemcacheServerError": "pymemcache.exceptions.MemcacheServerError",
    "pymemcache.MemcacheUnexpectedCloseError": "pymemcache.exceptions.MemcacheUnexpectedCloseError",
    "pymemcache.MemcacheUnknownCommandError": "pymemcache.exceptions.MemcacheUnknownCommandError",
    "pymemcache.MemcacheUnknownError": "pymemcache.exceptions.MemcacheUnknownError",
    "pymemcache.client.MemcacheClientError": "pymemcache.exceptions.MemcacheClientError",
    "pymemcache.client.MemcacheError": "pymemcache.exceptions.MemcacheError",
    "pymemcache.client.MemcacheIllegalInputError": "pymemcache.exceptions.MemcacheIllegalInputError",
    "pymemcache.client.MemcacheServerError": "pymemcache.exceptions.MemcacheServerError",
    "pymemcache.client.MemcacheUnexpectedCloseError": "pymemcache.exceptions.MemcacheUnexpectedCloseError",
    "pymemcache.client.MemcacheUnknownCommandError": "pymemcache.exceptions.MemcacheUnknownCommandError",
    "pymemcache.client.MemcacheUnknownError": "pymemcache.exceptions.MemcacheUnknownError",
}
