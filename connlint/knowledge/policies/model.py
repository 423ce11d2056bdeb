"""The shape of the tables of retry libraries: what makes a policy, and how long it waits.

All libraries wait by the same few quantities: a first wait, what it is multiplied by or grows by each time, a random
part and a cap. A row says which argument gives each and what comes without it, so that one reader does for them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Growth = Literal["none", "constant", "linear", "exponential", "unknown"]


class Setting(NamedTuple):
    """A number of a policy: the argument that sets it, and what it is without that; None for no limit."""

    argument: str | None
    default: float | None = None


_ZERO = Setting(None, 0)
_ONE = Setting(None, 1)
_NONE = Setting(None)


class Wait(NamedTuple):
    """How long a policy waits, in units of `unit` seconds.

    The first wait is `start`, the next ones `factor` times or `step` longer, up to `cap` and at least `floor`; at
    random, `jitter` is added to it, or it is drawn from all between `start` and `until`, or, if it is `full`, from all
    up to it. `parameters` are those of the call that makes it, in order. One that is `optional` counts only if an
    argument of it is given; of one that is not `known` nothing can be said. `delays` is the argument that lists the
    waits one by one.
    """

    parameters: tuple[str, ...] = ()
    start: Setting = _ZERO
    factor: Setting = _ONE
    step: Setting = _ZERO
    jitter: Setting = _ZERO
    until: Setting = _ZERO
    cap: Setting = _NONE
    floor: Setting = _ZERO
    full: bool = False
    unit: float = 1
    known: bool = True
    optional: bool = False
    delays: str | None = None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Return all quantities of the wait."""
        return (self.start, self.factor, self.step, self.jitter, self.until, self.cap, self.floor)

    @property
    def arguments(self) -> frozenset[str]:
        """Return the names of the arguments that set it."""
        return frozenset(name for name in (*(item.argument for item in self.settings), self.delays) if name is not None)


UNKNOWN = Wait(known=False)


class Policy(NamedTuple):
    """A constructor or decorator that makes a retry policy.

    `parameters` are its parameters in order, `keywords` those by keyword only. `strategy` is the argument that takes
    the wait as an object; without it, or if it is not given, the longest of `waits` counts, and with none of them it
    does not wait. `attempts` is the argument that counts, and `first` is 1 if it counts the retries after the first
    attempt; `default` is what it counts without that argument, None for no end. `bounds` are other arguments that end
    the retrying. `filters` is the argument that names the exceptions retried, `results` those that retry on what is
    returned, and `callbacks` those that name code which runs between the attempts. With `transport`, it belongs to a
    client library, and what it retries is a request; with `open`, it takes keywords for other purposes too.
    """

    name: str
    library: str
    source: str
    parameters: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    strategy: str | None = None
    waits: tuple[Wait, ...] = ()
    attempts: str | None = None
    first: int = 0
    default: int | None = None
    bounds: tuple[Setting, ...] = ()
    filters: str | None = None
    results: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    transport: bool = False
    open: bool = False

    @property
    def wait_arguments(self) -> frozenset[str]:
        """Return the names of the arguments by which it waits."""
        own = frozenset({self.strategy}) if self.strategy is not None else frozenset()
        return own.union(*(wait.arguments for wait in self.waits))

    @property
    def arguments(self) -> frozenset[str]:
        """Return the names of all arguments that it is known to take."""
        single = (self.attempts, self.filters, *(bound.argument for bound in self.bounds))
        return self.wait_arguments.union(
            self.parameters, self.keywords, self.results, self.callbacks, (name for name in single if name is not None)
        )


class Table(NamedTuple):
    """What is known of one library: its policies, its waits by name, and other names of the same.

    An alias that ends in a dot stands for all names that begin with it. `prompt` are callbacks of the library that do
    not wait.
    """

    policies: tuple[Policy, ...]
    strategies: Mapping[str, Wait] = {}
    aliases: Mapping[str, str] = {}
    prompt: frozenset[str] = frozenset()
