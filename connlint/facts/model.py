"""The facts: what a file does, as plain frozen data. They hold what was seen and no opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from connlint.facts.effects import Effects, Tried
    from connlint.knowledge.model import Phase

Growth = Literal["none", "constant", "linear", "exponential", "unknown"]
Exhaustion = Literal["raised", "returned", "reported", "swallowed", "none", "unknown"]
LoopKind = Literal["retry", "reconnect", "failover", "work", "accept", "read", "poll", "would-block", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """One `except` clause.

    `caught` are the qualified names of the classes it names, in order, flattened (`OPAQUE` where not known, and
    `BaseException` for a bare `except`); `earlier` and `later` those of the clauses before and after it; `effects`
    what the body of its `try` does, read when first asked for and once for all its clauses.
    """

    node: cst.ExceptHandler
    statement: cst.Try
    caught: tuple[str, ...]
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    read_effects: Callable[[], Effects]

    @property
    def effects(self) -> Effects:
        """What the body of the clause's `try` does."""
        return self.read_effects()


@dataclass(frozen=True, slots=True, eq=False)
class Delay:
    """What waits between two attempts: the call or statement, for how many seconds (an expression), how it grows."""

    node: cst.CSTNode
    seconds: cst.BaseExpression | None
    growth: Growth
    jitter: bool = False
    capped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Retried:
    """One handler (or `suppress`) of a loop from which control comes back to the loop head.

    `delays` are those on the way from it to the next attempt; `always_delayed` and `never_delayed` say whether every,
    or no path back passes one; `opaque` holds the calls on the way that may wait for all we know.
    """

    handler: cst.ExceptHandler | cst.With
    statement: cst.Try | cst.With
    caught: tuple[str, ...]
    tried: tuple[Tried, ...]
    opaque_tried: tuple[cst.CSTNode, ...]
    delays: tuple[Delay, ...]
    always_delayed: bool
    never_delayed: bool
    opaque: tuple[cst.CSTNode, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RetryLoop:
    """A loop in which a handler leads back to the head.

    `bound` says what ends the retrying: `attempts` (with `attempts` the expression of how many, where there is one),
    `deadline`, `unbounded`, or `unknown`. `exhaustion` says what happens when it ends without success; `counter` is
    the name that counts the attempts from 0, if the loop has one.
    """

    node: cst.For | cst.While
    kind: LoopKind
    retried: tuple[Retried, ...]
    phases: frozenset[Phase]
    bound: Literal["attempts", "deadline", "unbounded", "unknown"]
    attempts: cst.BaseExpression | None
    counter: str | None
    exhaustion: Exhaustion
    is_async: bool


@dataclass(frozen=True, slots=True, eq=False)
class RetryPolicy:
    """A library's retry configuration: the call or decorator that makes it, with its bound and its delay.

    `delay` is the growth of its wait; `network` says whether what is retried is known to touch the network (True), is
    known not to (False), or cannot be told (None).
    """

    node: cst.Call | cst.Decorator
    library: str
    constructor: str
    delay: Growth
    bound: Literal["attempts", "deadline", "unbounded", "unknown"]
    network: bool | None
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """Something around a connect that may take its failure: the handler's (or `with` item's) node and classes.

    `escapes` are the classes that the connect is known to raise and that this guard does not take.
    """

    node: cst.CSTNode
    caught: tuple[str, ...]
    escapes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ConnectSite:
    """A call that connects, who takes its failure, and who closes the socket.

    `origin` says where the socket comes from; `variable` is the local name that it is bound to, if there is one.
    `guarded` is True if something in the file takes its failure, None where that cannot be told. `place` says what
    kind of code it stands in. `leaks` is True if on some failing path a socket made here is surely left open.
    """

    call: cst.Call
    tried: Tried
    origin: Literal["made", "parameter", "attribute", "returned", "result", "unknown"]
    variable: str | None
    guards: tuple[Guard, ...]
    guarded: bool | None
    place: Literal["main", "thread", "task", "library", "test", "unknown"]
    leaks: bool
