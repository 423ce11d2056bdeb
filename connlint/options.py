"""What a project tells the rules about itself, which no code can show.

Nothing here knows where it comes from, and which codes are wanted is no option: that is the engine's business.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Escaping = Literal["refused", "timeout", "unresolved"]
ESCAPING: tuple[str, ...] = get_args(Escaping)

Python2 = Literal["auto", True, False]

BackoffStyle = Literal["stdlib", "tenacity", "stamina", "helper"]
BACKOFF_STYLES: tuple[str, ...] = get_args(BackoffStyle)


class OwnOperation(NamedTuple):
    """An operation of the project's own, by qualified name: its phase, and which class it raises in which scenario."""

    name: str
    phase: str
    raises: tuple[tuple[str, str], ...]
    timeout: str | None = None
    awaited: bool = False


class Backoff(NamedTuple):
    """What a repair writes where a retry lacks a delay.

    The delay starts at `base` seconds, doubles with every failure up to `cap` seconds, and is spread at random if
    `jitter` says so. With the style `helper` the project's own function `helper` is called with the number of failures
    before this one, and waits; where the code is async, `async_helper` is awaited instead.
    """

    style: BackoffStyle = "stdlib"
    base: float = 1
    cap: float = 30
    jitter: bool = True
    helper: str | None = None
    async_helper: str | None = None


class Options(NamedTuple):
    """What a project tells of itself.

    `operations` are its own, `exceptions` its classes with their direct bases. `escaping` are the failures of a
    connect that CNL104 wants taken where others of them are: that it is refused, that it takes too long, that its host
    has no address. `python2` says whether the code must run on Python 2 as well, where no class is made for an errno;
    `auto` leaves it to what each file shows. `backoff` is what repairs write; `sleep_functions` are functions of the
    project that wait, by qualified name.
    """

    operations: tuple[OwnOperation, ...] = ()
    exceptions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    escaping: tuple[Escaping, ...] = ("refused",)
    python2: Python2 = "auto"
    backoff: Backoff = Backoff()
    sleep_functions: tuple[str, ...] = ()


DEFAULTS = Options()
