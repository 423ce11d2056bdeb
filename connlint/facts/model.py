"""The facts: what a file does, as plain frozen data. They hold what was seen and no opinion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from connlint.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from connlint.facts.closing import Held
    from connlint.facts.effects import Effects, Tried
    from connlint.facts.scopes import Binding
    from connlint.knowledge.model import Operation
    from connlint.knowledge.policies import Policy

Growth = Literal["none", "constant", "linear", "exponential", "unknown"]
Exhaustion = Literal["raised", "returned", "reported", "swallowed", "none", "unknown"]
Place = Literal["main", "thread", "task", "library", "test", "unknown"]
Bounded = Literal["attempts", "deadline", "unbounded", "unknown"]
ReuseMode = Literal["blocking", "timeout", "tls", "async"]
LoopKind = Literal["retry", "reconnect", "failover", "work", "accept", "read", "poll", "would-block", "unknown"]


class Handler(Record):
    """One `except` clause.

    `clauses` are what each clause of its `try` takes, and `position` is which of them it is; `effects` what the body of
    the `try` does, read when first asked for and once for all its clauses.
    """

    node: cst.ExceptHandler
    statement: cst.Try
    clauses: tuple[tuple[str, ...], ...]
    position: int
    read_effects: Callable[[], Effects]

    @property
    def caught(self) -> tuple[str, ...]:
        """The qualified names of the classes it takes, in order, flattened.

        `OPAQUE` stands for what is not known, and `BaseException` for a bare `except`.
        """
        return self.clauses[self.position]

    @property
    def earlier(self) -> tuple[str, ...]:
        """The classes that the clauses before it take."""
        return tuple(name for names in self.clauses[: self.position] for name in names)

    @property
    def later(self) -> tuple[str, ...]:
        """The classes that the clauses after it take."""
        return tuple(name for names in self.clauses[self.position + 1 :] for name in names)

    @property
    def effects(self) -> Effects:
        """What the body of the clause's `try` does."""
        return self.read_effects()


class Suppression(Record):
    """A `with contextlib.suppress(...)`: a handler that does nothing.

    `call` is what names the classes that it takes, `caught`; `earlier` are those that the items before it suppress.
    """

    statement: cst.With
    call: cst.Call
    caught: tuple[str, ...]
    earlier: tuple[str, ...]
    read_effects: Callable[[], Effects]

    @property
    def effects(self) -> Effects:
        """What the body of the `with` does."""
        return self.read_effects()


class IdleComment(Record):
    """A `noqa` comment with codes that suppress nothing: these codes, and those of them that are codes of rules.

    `edit` (offsets and text) takes them out.
    """

    comment: cst.Comment
    codes: tuple[str, ...]
    known: frozenset[str]
    edit: tuple[int, int, str]


class Delay(Record):
    """What waits between two attempts: the call or statement, for how many seconds (an expression), how it grows.

    `linear` is any growth by steps, polynomials included. `sleep` is the call that the seconds are given to: `node`
    itself, or a call in the function of the file that `node` calls. `resets` says that the delay is set back to where
    it began by what does not stand on the way from a failure, `after_success` that an attempt which succeeded is
    followed by the same delay: it is the period of a poll as well.
    """

    node: cst.CSTNode
    seconds: cst.BaseExpression | None
    growth: Growth
    jitter: bool = False
    capped: bool = False
    sleep: cst.Call | None = None
    resets: bool = False
    after_success: bool = False


class Retried(Record):
    """One handler (or `suppress`) of a loop that takes a connection failure and leads back to the next attempt.

    `tried` are the known operations whose failures it takes, `failing` the classes of these; `opaque_tried` the calls
    that stand for the operation where none is known. `delays` are those on the way to the next attempt;
    `always_delayed` and `never_delayed` say whether every or no way back passes one. `opaque` holds the calls on the
    way that may wait for all we know: with one of them, neither is certain. `exhaustion` is what happens when the last
    attempt ends in this handler, and `late` are the delays that it surely passes then, though no attempt follows.
    """

    handler: cst.ExceptHandler | cst.With
    statement: cst.Try | cst.With
    caught: tuple[str, ...]
    failing: tuple[str, ...]
    tried: tuple[Tried, ...]
    opaque_tried: tuple[cst.Call, ...]
    delays: tuple[Delay, ...]
    always_delayed: bool
    never_delayed: bool
    opaque: tuple[cst.CSTNode, ...]
    exhaustion: Exhaustion
    late: tuple[Delay, ...] = ()


class Counter(Record):
    """The name that counts the attempts of a loop.

    A `range` gives it `first`, `first + 1`, ... up to the last one below `limit`. In a `while`, the loop goes on as
    long as `test` holds, and `changes` are the statements that add `step` to it; without a `test`, its body ends it.
    """

    name: str
    first: int | None
    step: int
    limit: cst.BaseExpression | None
    test: cst.Comparison | None = None
    changes: tuple[cst.CSTNode, ...] = ()


class RetryLoop(Record):
    """A loop in which a handler leads back to the next attempt.

    `bound` says what ends the retrying: `attempts` (with `attempts` the expression of how many, where there is one),
    `deadline`, `unbounded`, or `unknown`; `at_most_twice` that there are surely no more than two attempts. `leaves`
    and `goes_round` say whether control can leave the loop, or come round again, after an attempt that succeeded.
    `few` is how many attempts there are at most, if they are few and that is plain to see: a parameter counts as what
    it is when nobody gives it. It is looked for only where something waits between the attempts.
    """

    node: cst.For | cst.While
    kind: LoopKind
    retried: tuple[Retried, ...]
    bound: Bounded
    attempts: cst.BaseExpression | None
    counter: Counter | None
    at_most_twice: bool
    leaves: bool
    goes_round: bool
    is_async: bool
    few: int | None = None

    @property
    def exhaustion(self) -> Exhaustion:
        """What happens when the attempts are used up: the worst that one of the handlers leads to."""
        found = {item.exhaustion for item in self.retried}
        order: tuple[Exhaustion, ...] = ("swallowed", "unknown", "reported", "returned", "raised")
        return next((item for item in order if item in found), "none")


class RetryRecursion(Record):
    """A function that tries again by calling itself (`again`) from the handler of a connection failure.

    `tried`, `failing` and `opaque_tried` are as in `Retried`. `same_input` says that the next attempt is given what
    this one was, but for numbers that count; `bound` is `attempts` if a parameter that counts is tested. `once` says
    that the function may call itself just once, or that it asks first what the peer answered.
    """

    function: cst.FunctionDef
    handler: cst.ExceptHandler
    again: cst.Call
    caught: tuple[str, ...]
    failing: tuple[str, ...]
    tried: tuple[Tried, ...]
    opaque_tried: tuple[cst.Call, ...]
    always_delayed: bool
    never_delayed: bool
    same_input: bool
    bound: Bounded
    once: bool


class RetryPolicy(Record):
    """A library's retry configuration: the call, decorator or dictionary that makes it, with its bound and its delay.

    `row` is what the tables know of it, `call` the call with its arguments (None for a decorator without any and for a
    dictionary).
    `delay` is the growth of its wait, `attempts` how many there are, if that is written there, and `subject` the name
    of what is retried, if it has one. `network` says whether that is known to touch the network (True), is known not
    to (False), or cannot be told (None), and `why` what this rests on. `seconds` is the first wait (of a constant one,
    the longest), `jitter` whether a part of the waits is random, both None where that cannot be told, and `cap` their
    upper bound in seconds, if there is one; `caught` are the classes retried, where the policy names them.
    """

    node: cst.BaseExpression | cst.Decorator
    row: Policy
    call: cst.Call | None
    delay: Growth
    bound: Bounded
    attempts: int | None
    subject: str | None
    network: bool | None
    why: str
    seconds: float | None = None
    jitter: bool | None = None
    cap: float | None = None
    caught: tuple[str, ...] = ()


class Guard(Record):
    """Something around a connect that may take its failure: the handler's (or `with` item's) node and classes.

    `escapes` are the classes that the connect is known to raise when it is refused and that get past this guard.
    `passes_on` says that all it does is to close something and to raise again.
    """

    node: cst.CSTNode
    caught: tuple[str, ...]
    escapes: tuple[str, ...]
    passes_on: bool = False


class Leak(Record):
    """A way on which a socket made here stays open when its connect fails.

    `raises` is the failure that takes it; `handlers` are the clauses that do, none if it leaves the function or the
    program untouched; `ending` says where the socket is lost; `binding` is the statement that made it. `kept` says
    that the connect can fail on another way too, on which an object keeps the socket, open as it is. `touches` are the
    mentions on the ways of the failures that a closed socket would answer otherwise, as `sock.getsockname()`; `shared`
    says that the `try` around the connect hands the socket on afterwards, so that its handlers may meet another owner.
    """

    raises: str
    handlers: tuple[cst.ExceptHandler, ...]
    ending: Literal["raised", "rebound", "end"]
    binding: cst.CSTNode
    kept: bool = False
    touches: tuple[cst.CSTNode, ...] = ()
    shared: bool = False


class ConnectSite(Record):
    """A call that connects, who takes its failure, and who closes the socket.

    `origin` says where the socket comes from (`result`: it is what the call gives); `variable` is the local name, or
    the attribute `self.name`, of the socket that is connected. `guards` are the handlers that a refusal meets on its
    way out, through the callers in the file; `guarded` is True if one takes it, None where that cannot be told.
    `escapes` are the classes of a refusal that nothing takes. `place` says what kind of code the way out ends in.
    `leaks` holds the ways on which a socket made here is surely left open. `patient` says that the socket does not
    block, so that its connect is expected to report by its failure; `gathered` that the failure goes through
    `asyncio.gather`, where other tasks may fail the same way. `by_result` says that the call is a `connect_ex`, which
    reports a refusal by its result: then `escapes` are the classes that it raises all the same (an unknown host).
    `outlet` is where the failure comes out of a coroutine that is made here and awaited, run or gathered elsewhere;
    None where that is the call itself, or several places. `makers` is all that gives the socket its value, if each
    makes a new one.
    """

    call: cst.Call
    tried: Tried
    origin: Literal["made", "parameter", "attribute", "returned", "result", "unknown"]
    variable: str | None
    guards: tuple[Guard, ...]
    guarded: bool | None
    escapes: tuple[str, ...]
    place: Place
    leaks: tuple[Leak, ...]
    patient: bool = False
    gathered: bool = False
    by_result: bool = False
    outlet: cst.CSTNode | None = None
    makers: tuple[Binding, ...] = ()


class Reuse(Record):
    """A loop that connects a socket again after its connect has failed.

    `call` is the connect that fails and `again` the one that its failure leads to, mostly the same. `variable` is the
    name or attribute of the socket, `held` the same for readers. `raises` are the failures that lead there, none if
    `call` reports by its result; `handlers` the clauses on the way. `makers` are all the bindings that make the socket,
    empty if it comes from elsewhere; `closed` says that the socket is closed on some way back. `mode` says how it
    connects: a socket with a timeout, TLS and an event loop each take a second connect in another way.
    """

    call: cst.Call
    tried: Tried
    variable: str
    held: Held
    again: cst.Call
    loop: cst.For | cst.While
    raises: tuple[str, ...]
    handlers: tuple[cst.ExceptHandler, ...]
    makers: tuple[Binding, ...]
    closed: bool
    mode: ReuseMode


class UnboundedConnect(Record):
    """A call that connects, and whose wait surely nothing in the file bounds.

    `how` says by what it could be bounded: an argument of the call `told`, one of the constructor `told` of the object
    that connects, the socket (made by the call `made`), or the task that awaits it. `parameter` and `position` are
    those of the argument. `result` is the name or attribute of the socket if there is one, and `keeps` the path from
    it to what goes on with the connect's timeout. `late` is a call that sets a timeout when it is too late;
    `told_again` says that the socket is surely told anew, later on, how long to wait. `setting` is the expression of a
    timeout of the function's, the class's or the file's own that does not reach the connect.
    """

    call: cst.Call
    operation: Operation
    how: Literal["argument", "constructor", "socket", "task"]
    told: cst.Call
    parameter: str | None = None
    position: int | None = None
    made: cst.Call | None = None
    result: cst.BaseExpression | None = None
    keeps: str | None = None
    late: cst.Call | None = None
    told_again: bool = False
    setting: str | None = None


class IgnoredResult(Record):
    """A connect that reports by its result, which nobody reads.

    `name` is what the result is bound to, empty if it is dropped; `used` is what goes on as if the socket, one that
    blocks and that the file makes, were connected.
    """

    call: cst.Call
    operation: Operation
    name: str
    used: cst.CSTNode


class BlockingConnect(Record):
    """A connect that blocks, in the code of the coroutine function `function` itself."""

    call: cst.Call
    operation: Operation
    function: cst.FunctionDef
