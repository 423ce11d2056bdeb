"""The real thing behind a name of the tables."""

from __future__ import annotations

import builtins
import importlib
import warnings


class MissingError(LookupError):
    """The name means nothing in this environment: a library that is not installed, or a module of another Python."""


def resolve(name: str) -> object:
    """Return the module, class or function `name`."""
    head, dot, last = name.rpartition(".")
    if not dot:
        try:
            return getattr(builtins, name)
        except AttributeError:
            return _module(name)
    owner = resolve(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return getattr(owner, last)
    except AttributeError:
        return _module(name)


def _module(name: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise MissingError(name) from error
