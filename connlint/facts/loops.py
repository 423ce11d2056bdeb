"""Loops in which a connection failure leads to another attempt.

A loop with a handler in it may be many things: a retry, a search through hosts, work through a list, a server. They
are told apart by what the program does: whether control comes back from the handler to the same call, with the same
input, and what it does after an attempt that succeeded. Where that cannot be seen, the kind is `unknown`.
"""

from __future__ import annotations

import sys
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge, telling
from connlint.facts.delays import MAY_WAIT, PROMPT, WAITS, Wait, Waits, called
from connlint.facts.endless import may_end, waits_for_success_alone
from connlint.facts.exhaustion import Exhausted
from connlint.facts.flow import (
    MOST_STATES,
    Env,
    Evaluator,
    Step,
    TooComplexError,
    Unknown,
    Walker,
    bindings,
    calls_in_order,
    calls_of,
    evaluated,
    frozen,
    increment,
    read_flow,
)
from connlint.facts.growth import read_delay
from connlint.facts.inputs import Inputs
from connlint.facts.model import Counter, Retried, RetryLoop
from connlint.facts.names import OPAQUE
from connlint.facts.scopes import BLOCKS
from connlint.facts.tree import dotted, walk, walk_same_code
from connlint.knowledge.waits import EXITS, READS, RUNS, SENDS
from connlint.records import Record, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connlint.facts import Facts
    from connlint.facts.effects import Effects, Tried
    from connlint.facts.flow import Constant, Graph
    from connlint.facts.model import Bounded, Delay, Handler, LoopKind

Loop = cst.For | cst.While
MOST_COUNTED = 12
_MOST_ENVS = 16
_HOT_PHASES = frozenset({"connect", "request"})
_BROAD = frozenset({"BaseException", "Exception", "OSError"})
# What says nothing of whether a connection failed: the peer answered, or the operation itself has waited.
_NO_FAILURE = frozenset({"timeout", "answered", "rubbish"})
_ENDED = ("stop", "exit", "shut", "quit", "clos", "cancel", "terminat")
_WOULD_BLOCK = frozenset(
    {"EAGAIN", "EWOULDBLOCK", "EINPROGRESS", "EALREADY", "EINTR", "SSL_ERROR_WANT_READ", "SSL_ERROR_WANT_WRITE"}
)


def read_loops(facts: Facts) -> Iterator[RetryLoop]:
    """Yield every loop in which a handler leads back to the next attempt, in source order."""
    found: dict[Loop, list[_Candidate]] = {}
    for candidate in chain(_handlers(facts), _suppressions(facts)):
        loop = _loop_of(facts, candidate.statement)
        if loop is not None:
            found.setdefault(loop, []).append(candidate)
    graphs: dict[cst.CSTNode, Graph | None] = {}
    waits = Waits(facts)
    for loop in _in_order(facts, found):
        function = facts.index.function_of(loop) or facts.module
        if isinstance(function, cst.Lambda) or _in_class_body(facts, loop):
            continue
        try:
            if function not in graphs:
                graphs[function] = None
                graphs[function] = read_flow(function, facts.names, facts.exceptions)
            graph = graphs[function]
            if graph is not None and loop in graph.heads:
                yield from _Reader(facts, waits, graph, loop).read(found[loop])
        except TooComplexError:
            continue


class _Candidate(Record):
    """A handler or a `suppress` in a loop, with what it takes of what its body tries."""

    handler: cst.ExceptHandler | cst.With
    statement: cst.Try | cst.With
    caught: tuple[str, ...]
    tried: tuple[Tried, ...]
    failing: tuple[str, ...]
    opaque: tuple[cst.Call, ...]

    @property
    def sites(self) -> frozenset[cst.CSTNode]:
        return frozenset(item.site for item in self.tried) or frozenset(self.opaque)


def _handlers(facts: Facts) -> Iterator[_Candidate]:
    at = {statement: position for position, statement in enumerate(facts.index.all(cst.Try))}
    for handler in sorted(facts.handlers, key=lambda each: at[each.statement]):
        in_loop = any(isinstance(item, (cst.For, cst.While)) for item in facts.index.ancestors(handler.statement))
        candidate = candidate_of(facts, handler) if in_loop else None
        if candidate is not None:
            yield candidate


def candidate_of(facts: Facts, handler: Handler) -> _Candidate | None:
    """Return `handler` with the connection failures that it takes; None if there is no evidence of any."""
    if not any(_may_take(facts, name) for name in handler.caught):
        return None
    return _candidate(
        facts,
        handler=handler.node,
        statement=handler.statement,
        caught=handler.caught,
        earlier=handler.earlier,
        effects=handler.effects,
    )


def _suppressions(facts: Facts) -> Iterator[_Candidate]:
    for statement in facts.index.all(cst.With):
        if statement.asynchronous is not None:
            continue
        for item in statement.items:
            caught = facts.effects.suppressed(item.item)
            if caught and any(_may_take(facts, name) for name in caught):
                candidate = _candidate(
                    facts,
                    handler=statement,
                    statement=statement,
                    caught=caught,
                    earlier=(),
                    effects=facts.effects.of([statement.body]),
                )
                if candidate is not None:
                    yield candidate


def _may_take(facts: Facts, name: str) -> bool:
    return (
        name in _BROAD
        or any(knowledge.is_connection_failure(base) for base in _of_tables(facts, name))
        or _tells_by_name(name)
        or _is_of_library(name)
    )


def _is_of_library(name: str) -> bool:
    """Say whether the class `name` is of a file that we do not see, and may be what a connect fails with."""
    if name == OPAQUE or "." not in name or name.startswith("<file>") or knowledge.bases(name) is not None:
        return False
    return name.partition(".")[0] not in sys.stdlib_module_names and telling.may_tell_of_a_connect(name)


def _tells_by_name(name: str) -> bool:
    """Say whether the class `name`, which stands in a file that we do not see, tells by its name."""
    if name == OPAQUE or name.startswith("<file>") or knowledge.bases(name) is not None:
        return False
    return telling.speaks_of_connections(name)


def _candidate(
    facts: Facts,
    *,
    handler: cst.ExceptHandler | cst.With,
    statement: cst.Try | cst.With,
    caught: tuple[str, ...],
    earlier: tuple[str, ...],
    effects: Effects,
) -> _Candidate | None:
    """Return the handler with the connection failures that it takes; None if there is no evidence of any."""
    tried: list[Tried] = []
    failing: dict[str, None] = {}
    takes = facts.exceptions.taken
    for item in effects.tried:
        if item.operation.phase not in _HOT_PHASES:
            continue
        classes = [
            failure.raises
            for failure in item.failures
            if failure.scenario not in _NO_FAILURE
            and takes(caught, failure.raises) is True
            and takes(earlier, failure.raises) is False
        ]
        if classes:
            tried.append(item)
            failing.update(dict.fromkeys(classes))
    if tried:
        return _Candidate(handler, statement, caught, tuple(tried), tuple(failing), ())
    named = [name for name in caught if speaks_of_connections(facts, name)]
    if not named and not _takes_a_port(statement):
        named = _by_company(handler, caught)
    opaque = tuple(node for node in effects.opaque if type(node) is cst.Call)
    if named and opaque and not any(item.operation.phase not in _HOT_PHASES for item in effects.tried):
        # that none of its own failures is taken does not make an operation the less part of the attempt
        attempted = tuple(item.site for item in effects.tried if item.site not in opaque)
        return _Candidate(handler, statement, caught, (), tuple(named), (*attempted, *opaque))
    if named or effects.tried or OPAQUE in earlier or any(_may_take(facts, name) for name in earlier):
        return None
    if _BROAD.isdisjoint(caught):
        if not any(_is_of_library(name) for name in caught):
            return None
        speaking = tuple(call for call in opaque if telling.speaks_of_connecting(called(call)[0] or ""))
    else:
        speaking = tuple(call for call in opaque if _reaches_by_name(call) and not _is_local(facts, call))
    speaking = tuple(call for call in speaking if not _ends_at_once(facts, call))
    return _Candidate(handler, statement, caught, (), (), speaking) if speaking else None


def _ends_at_once(facts: Facts, call: cst.Call) -> bool:
    """Say whether a coroutine makes `call` for what it does at once, awaiting nothing: no peer is reached so."""
    function = facts.index.function_of(call)
    if type(function) is not cst.FunctionDef or type(facts.index.parents.get(call)) is not cst.Expr:
        return False
    # Before Python 3.5, coroutines were generators
    return function.asynchronous is not None or any(
        type(node) is cst.Yield and type(node.value) is cst.From for node in walk_same_code(function.body)
    )


def _is_local(facts: Facts, call: cst.Call) -> bool:
    """Say whether `call` is of a library that connects to what is on this machine: `duckdb.connect(path)`."""
    return telling.is_local(facts.values.target(call) or "")


def _takes_a_port(statement: cst.Try | cst.With) -> bool:
    """Say whether the body binds a listener: then an `OSError` tells of a port in use, and of no peer."""
    names = {called(node)[0] for node in walk_same_code(statement.body) if type(node) is cst.Call}
    return "bind" in names and not any(telling.speaks_of_connecting(name) for name in names if name is not None)


def _by_company(handler: cst.ExceptHandler | cst.With, caught: tuple[str, ...]) -> list[str]:
    """Return `OSError` if it means connections by what stands next to it, or by being written `socket.error`."""
    if "OSError" not in caught or type(handler) is not cst.ExceptHandler or handler.type is None:
        return []
    written = [part for part in walk_same_code(handler.type) if type(part) is cst.Attribute]
    if any(dotted(part) == "socket.error" for part in written) or any(
        "." in name and telling.speaks_of_a_transfer(name) for name in caught
    ):
        return ["OSError"]
    return []


def _reaches_by_name(call: cst.Call) -> bool:
    """Say whether the names of `call` tell that it reaches a peer."""
    name, receiver = called(call)
    if name is None or telling.speaks_of_a_peer(name):
        return name is not None
    if receiver is None:
        return False
    by_keyword = any(arg.keyword is not None and arg.keyword.value == "url" for arg in call.args)
    first = next((dotted(arg.value) or "" for arg in call.args if not arg.star and arg.keyword is None), "")
    return telling.is_request(name, receiver, "url" if by_keyword else first)


def speaks_of_connections(facts: Facts, name: str) -> bool:
    """Say whether `except name` alone shows that what is tried reaches a peer, and that more than time ran out."""
    if name == OPAQUE or name in _BROAD:
        return False
    lineage = facts.values.lineage(name)
    if "timeout" in name.lower() or "TimeoutError" in lineage or "ssl." in name:
        return False
    if "ConnectionError" in lineage or _tells_by_name(name):
        return True
    return "." in name and any(
        "." in base and not base.startswith(("ssl.", "socket.")) and knowledge.is_connection_failure(base)
        for base in _of_tables(facts, name)
    )


def _of_tables(facts: Facts, name: str) -> list[str]:
    """Return the class `name` if the tables know it, else the nearest of its bases that they do."""
    known = [base for base in facts.values.lineage(name) if not base.startswith("<file>") and base != OPAQUE]
    # what lies above one of them says nothing more: an argument that is wrong is a library's error, too
    return [base for base in known if not any(base in [*knowledge.lineage(each)][1:] for each in known)]


def _loop_of(facts: Facts, statement: cst.CSTNode) -> Loop | None:
    """Return the loop whose own body `statement` is part of."""
    below = statement
    for ancestor in facts.index.ancestors(statement):
        if isinstance(ancestor, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return None
        if isinstance(ancestor, (cst.For, cst.While)) and ancestor.body is below:
            return ancestor
        below = ancestor
    return None


def _in_class_body(facts: Facts, loop: Loop) -> bool:
    for ancestor in facts.index.ancestors(loop):
        if type(ancestor) is cst.FunctionDef:
            return False
        if type(ancestor) is cst.ClassDef:
            return True
    return False


def _in_order(facts: Facts, loops: Iterable[Loop]) -> list[Loop]:
    wanted = list(loops)
    if len(wanted) < 2:
        return wanted
    remaining = set(wanted)
    found = walk(facts.module, enter=lambda node: node.__class__ in BLOCKS)
    return [node for node in found if isinstance(node, (cst.For, cst.While)) and node in remaining]


class Ways(Record, frozen=False):
    """What the ways from a handler to the next attempt have in common, and how they differ."""

    levels: set[int] = field(default_factory=set)
    envs: dict[frozenset[tuple[str, str, object]], Env] = field(default_factory=dict)
    reached: dict[cst.CSTNode, Step] = field(default_factory=dict)
    passed: dict[Step, None] = field(default_factory=dict)
    delays: dict[cst.CSTNode, Wait] = field(default_factory=dict)
    opaque: dict[cst.CSTNode, None] = field(default_factory=dict)


class _Reader:
    """Reads one loop."""

    def __init__(self, facts: Facts, waits: Waits, graph: Graph, loop: Loop) -> None:
        self.facts = facts
        self.waits = waits
        self.graph = graph
        self.loop = loop
        self.evaluator = Evaluator(facts.names)
        self.walker = Walker(self.evaluator)
        self.head = graph.heads[loop]
        self.ends = {graph.outs[loop], graph.exhausted[loop]}

    def read(self, candidates: list[_Candidate]) -> Iterator[RetryLoop]:
        ways = {
            item: self.ways(self.start(item), item.sites, level=self._on_the_way_out(item))
            for item in candidates
            if self._has_start(item)
        }
        coming_back = [item for item, found in ways.items() if found.levels]
        if not coming_back:
            return
        kinds = {item: self._kind(item, ways[item]) for item in coming_back}
        # One loop has one kind: that of the handlers that retry, where there are any.
        order: tuple[LoopKind, ...] = (
            "retry",
            "reconnect",
            "failover",
            "work",
            "read",
            "would-block",
            "unknown",
        )
        kind = next(each for each in order if each in kinds.values())
        of_kind = [item for item in coming_back if kinds[item] == kind]
        leaves, goes_round = self._successes(of_kind)
        counter = self._counter(ways, of_kind)
        bound, attempts = self._bound(counter, [ways[item] for item in of_kind])
        exhausted = Exhausted(
            self.facts, delays=self.waits, walker=self.walker, graph=self.graph, loop=self.loop, counter=counter
        )
        retried = tuple(
            self._retried(
                item,
                ways[item],
                exhausted if bound == "attempts" and leaves else None,
                bounded=bound == "attempts",
                polls=kind == "reconnect",
            )
            for item in of_kind
        )
        yield RetryLoop(
            self.loop,
            kind,
            retried,
            bound,
            attempts,
            counter,
            all(self._at_most(item, 2, {}) is not None for item in of_kind),
            leaves,
            goes_round,
            self._is_async(),
            self._few(of_kind) if any(item.always_delayed for item in retried) else None,
        )

    def _is_async(self) -> bool:
        function = self.facts.index.function_of(self.loop)
        return type(function) is cst.FunctionDef and function.asynchronous is not None

    def _has_start(self, item: _Candidate) -> bool:
        return item.handler in (self.graph.lefts if type(item.handler) is cst.With else self.graph.catches)

    def start(self, item: _Candidate) -> Step:
        """Return where control is when `item` has taken a failure."""
        return (self.graph.lefts if type(item.handler) is cst.With else self.graph.catches)[item.handler]

    def _retried(
        self, item: _Candidate, ways: Ways, exhausted: Exhausted | None, *, bounded: bool, polls: bool
    ) -> Retried:
        passed = {step.node for step in ways.passed if step.node is not None}
        after_success = self._calls_after_success(item)
        # A loop that ends with a success may wait as long for a better answer: that is no poll
        periods = [call for call in after_success if polls and self.waits.of_call(call).level == WAITS]
        delays: tuple[Delay, ...] = tuple(
            self._delay(
                wait,
                passed,
                bounded=bounded,
                after_success=wait.node in after_success or any(wait.node.deep_equals(call) for call in periods),
            )
            for wait in ways.delays.values()
        )
        late = exhausted.late(self.start(item), item.statement, ways.delays) if exhausted is not None else frozenset()
        return Retried(
            item.handler,
            item.statement,
            item.caught,
            item.failing,
            item.tried,
            item.opaque,
            delays,
            always_delayed=ways.levels == {WAITS},
            never_delayed=ways.levels == {PROMPT},
            opaque=tuple(ways.opaque),
            exhaustion="none" if exhausted is None else exhausted.of(self.start(item), item.statement),
            late=tuple(each for each in delays if each.node in late),
        )

    def _delay(self, wait: Wait, passed: set[cst.CSTNode], *, bounded: bool, after_success: bool) -> Delay:
        found = read_delay(self.facts, self.waits, wait, self.loop, passed)
        # what grows with a counter that ends is as good as capped
        capped = found.capped or (bounded and found.growth in {"linear", "exponential"})
        return replace(found, capped=capped, after_success=after_success)

    # The ways back

    def _on_the_way_out(self, item: _Candidate) -> int:
        """Return how much may be waited between the failure and `item`: by clauses in its body that raise it again."""
        level = PROMPT
        for site in item.sites:
            below: cst.CSTNode = site
            for ancestor in self.facts.index.ancestors(site):
                if ancestor is item.statement:
                    break
                if type(ancestor) is cst.Try and ancestor.body is below:
                    passing = [
                        each.body
                        for each in ancestor.handlers
                        if any(type(node) is cst.Raise for node in walk_same_code(each.body))
                    ]
                    final = [ancestor.finalbody.body] if ancestor.finalbody is not None else []
                    level = max([level, *(self.waits.of_body(body) for body in (*passing, *final))])
                below = ancestor
        return min(level, MAY_WAIT)

    def ways(self, start: Step, sites: frozenset[cst.CSTNode], env: Env | None = None, *, level: int = PROMPT) -> Ways:
        """Walk from `start` to the next call of `sites`, within the loop; `level` says what was waited before."""
        found = Ways()
        stack: list[tuple[Step, int, Env]] = [(start, level, env or {})]
        seen: set[tuple[int, int, frozenset[tuple[str, str, object]]]] = set()
        while stack:
            step, level, known = stack.pop()
            key = (id(step), level, frozen(known))
            if key in seen or step in self.ends or step.kind in {"end", "escape"}:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            found.passed[step] = None
            level, site = self._pass(step, level, sites, found)
            if any(self.waits.raises(call) or self.facts.values.target(call) in EXITS for call in calls_of(step)):
                continue
            if site is not None:
                level = max(level, self._inside(site, found))
                found.levels.add(level)
                found.reached[site] = step
                found.envs[frozen(known)] = known
                continue
            after = self.walker.update(step, known)
            stack += [(each, level, after) for each in self._following(step, after)]
        return found

    def _following(self, step: Step, known: Env) -> list[Step]:
        if step is self.head and step.kind == "next" and "#passes" in known:
            limit, passes = known["#limit"], known["#passes"]
            if isinstance(limit, int) and isinstance(passes, int):
                if passes >= limit:
                    return [step.follow[1]]
                known["#passes"] = passes + 1  # `known` is new: asking for the next item binds the target
                return [step.follow[0]]
        return self.walker.following(step, known)

    def _pass(self, step: Step, level: int, sites: frozenset[cst.CSTNode], found: Ways) -> tuple[int, cst.Call | None]:
        """Note what waits at `step`; return the level after it, and the attempt if one is made there."""
        for call in calls_of(step):
            if call in sites:
                wait = self.waits.of_call(call)
                if wait.level == WAITS:
                    found.delays[call] = wait
                return max(level, wait.level if wait.level == WAITS else PROMPT), call
            wait = self.waits.of_call(call)
            if wait.level == WAITS:
                found.delays[call] = wait
            elif wait.level == MAY_WAIT:
                found.opaque[call] = None
            level = max(level, wait.level)
        for node in evaluated(step):
            if self.waits.of_node(node):
                found.opaque[node] = None
                level = max(level, MAY_WAIT)
        if step.kind == "next" and type(step.node) is cst.For and not self._iterates_at_once(step.node):
            found.opaque[step.node.iter] = None
            level = max(level, MAY_WAIT)
        return level, None

    def _iterates_at_once(self, loop: cst.For) -> bool:
        """Say whether asking for the next item surely takes no time."""
        if loop.asynchronous is not None:
            return False
        node = loop.iter
        if isinstance(node, (cst.Name, cst.Attribute)):
            node = self.facts.names.follow(node)
        if isinstance(node, (cst.Tuple, cst.List, cst.Set, cst.Dict, cst.SimpleString, cst.ListComp)):
            return True
        if type(node) is cst.Call:
            target = self.facts.values.target(node)
            if target in {"enumerate", "reversed", "zip", "iter"}:
                return all(
                    not isinstance(arg.value, (cst.Name, cst.Attribute, cst.Call))
                    or (type(arg.value) is cst.Call and self.waits.of_call(arg.value).level == PROMPT)
                    for arg in node.args
                )
            return target is not None and (
                target in {"range", "list", "tuple", "sorted", "set"}
                or target in {"itertools.count", "itertools.cycle", "itertools.repeat"}
            )
        found = self.facts.values.types(node)
        return bool(found) and found <= {"list", "tuple", "dict", "set", "str"}

    def _inside(self, site: cst.Call, found: Ways) -> int:
        """Return how much is waited inside the function of the file that `site` calls, before it tries."""
        target = self.facts.values.target(site)
        if target is None or not target.startswith("<file>"):
            return PROMPT
        definitions = self.facts.index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
            return MAY_WAIT
        if any(item.operation.phase in _HOT_PHASES for item in self.facts.effects.of_call(site).tried):
            level = self._before_operation(definitions[0])
        else:  # what is tried in there is opaque, as it would be here
            level = WAITS if self._sleeps(definitions[0]) else PROMPT
        if level == WAITS:
            found.delays[site] = Wait(WAITS, site)
        elif level == MAY_WAIT:
            found.opaque[site] = None
        return level

    def _before_operation(self, function: cst.FunctionDef, depth: int = 0) -> int:
        """Return how much the code of `function` waits before its first operation that can fail."""
        if depth > 5:
            return MAY_WAIT
        level = PROMPT
        if any(isinstance(node, (cst.For, cst.While)) for node in walk_same_code(function.body)):
            level = max(level, self.waits.of_body(function.body) if self._sleeps(function) else PROMPT)
        for call in calls_in_order(function.body):
            effects = self.facts.effects.of_call(call)
            if any(item.operation.phase in _HOT_PHASES for item in effects.tried):
                target = self.facts.values.target(call) or ""
                inner = self.facts.index.definitions.get(target, [])
                if len(inner) == 1 and type(inner[0]) is cst.FunctionDef:
                    level = max(level, self._before_operation(inner[0], depth + 1))
                return level
            level = max(level, self.waits.of_call(call).level)
        return level

    def _sleeps(self, function: cst.FunctionDef) -> bool:
        return self.waits.of_body(function.body) == WAITS

    # What the loop is

    def _kind(self, item: _Candidate, ways: Ways) -> LoopKind:
        sites = [call for call in ways.reached if type(call) is cst.Call]
        if any(_WOULD_BLOCK.intersection(_last_names(step.node)) for step in ways.passed if step.kind == "test"):
            return "would-block"
        change = Inputs(
            self.facts,
            loop=self.loop,
            statement=item.statement,
            tried=item.tried,
            # All of them in a step, not only the first: the message is made before `conn.send(Message())` sends it
            sites=[call for step in ways.reached.values() for call in calls_of(step) if call in item.sites],
            passed=tuple(ways.passed),
        ).change()
        if change is not None:
            return change
        leaves, goes_round = self._successes([item])
        if item.tried:
            if not leaves and not goes_round:
                return "unknown"
            if isinstance(self.loop, cst.For):
                return "retry" if leaves else "work"
            if leaves and not goes_round:
                return "retry"
            return "retry" if leaves and self._waits_for_success() else "reconnect"
        if isinstance(self.loop, cst.While) and sites and all(_connects_by_name(call) for call in sites):
            return "retry" if leaves and not goes_round else "reconnect"
        if any((_is_named(call, READS) and not _is_of_mailbox(call)) or _is_named(call, RUNS) for call in sites):
            return "read"
        if not leaves:
            return "unknown"
        # Sending again is a retry where the loop counts its attempts and ends with the first that succeeds
        if any(_is_named(call, SENDS) for call in sites) and (goes_round or not self._counts()):
            return "read"
        if isinstance(self.loop, cst.While) and goes_round and not self._waits_for_success():
            return "unknown"
        if not item.failing and (goes_round or not (isinstance(self.loop, cst.While) or self._counts())):
            return "unknown"
        return "retry"

    def _counts(self) -> bool:
        """Say whether the loop's header only counts."""
        if isinstance(self.loop, cst.While):
            return False
        return type(self.loop.iter) is cst.Call and self.facts.values.target(self.loop.iter) in {
            "itertools.count",
            "itertools.repeat",
            "range",
        }

    def _waits_for_success(self) -> bool:
        """Say whether the loop's condition is one that a success falsifies: `not connected`, `conn is None`."""
        if type(self.loop) is not cst.While:
            return False
        for node in walk_same_code(self.loop.test):
            if type(node) is cst.UnaryOperation and type(node.operator) is cst.Not:
                asked = node.expression
                name = (dotted(asked.func if type(asked) is cst.Call else asked) or "").lower()
                # `while not stop.wait(60)` goes on until somebody else says so, too
                return not name.endswith(".wait") and not any(word in name for word in _ENDED)
            if type(node) is cst.Comparison and any(
                type(part.operator) is cst.Is and dotted(part.comparator) == "None" for part in node.comparisons
            ):
                return True
        return False

    def _successes(self, items: Iterable[_Candidate]) -> tuple[bool, bool]:
        """Say whether control can leave the loop, and whether it can go round, after an attempt that succeeded."""
        leaves = goes_round = False
        for item in items:
            for step in self._steps_with(item.sites):
                left, went = self._success(step, item.sites)
                leaves, goes_round = leaves or left, goes_round or went
        return leaves, goes_round

    def _steps_with(self, sites: frozenset[cst.CSTNode]) -> list[Step]:
        return [step for step in self._own_steps() if any(call in sites for call in calls_of(step))]

    def _own_steps(self) -> list[Step]:
        """Return the steps of the loop, from its head on."""
        found: dict[Step, None] = {}
        # Handlers are no one's successor: nothing that is modelled raises into them
        caught = [
            step for handler, step in self.graph.catches.items() if self.loop in self.facts.index.ancestors(handler)
        ]
        stack = [*caught, self.head]
        while stack:
            step = stack.pop()
            if step in found or step in self.ends or step.kind in {"end", "escape"}:
                continue
            found[step] = None
            stack += step.follow
        return list(found)

    def _success(self, start: Step, sites: frozenset[cst.CSTNode]) -> tuple[bool, bool]:
        def succeeded(value: cst.CSTNode) -> bool:
            return any(node in sites for node in walk_same_code(value))

        leaves = goes_round = False
        first = self.walker.update(start, {}, succeeded)
        if start.kind == "return":
            return True, False
        stack = [(each, first) for each in self.walker.following(start, first)]
        seen: set[tuple[int, frozenset[tuple[str, str, object]]]] = set()
        while stack:
            step, known = stack.pop()
            key = (id(step), frozen(known))
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            if step in self.ends or step.kind in {"end", "return"}:
                leaves = True
                continue
            if step.kind in {"escape", "catch", "raise"}:
                continue
            after = self.walker.update(step, known)
            following = self.walker.following(step, after)
            if step is self.head:
                goes_round = goes_round or step.follow[0] in following
                # A `for` that simply runs out does not leave because of the success
                leaves = leaves or (step.kind == "test" and step.follow[1] in following)
                continue
            stack += [(each, after) for each in following]
        return leaves, goes_round

    def _calls_after_success(self, item: _Candidate) -> set[cst.Call]:
        """Return the calls that are made between an attempt of `item` that succeeded and the next one."""
        found: set[cst.Call] = set()
        starts = self._steps_with(item.sites)
        stack = [following for step in starts for following in self.walker.following(step, {})]
        seen: set[Step] = set()
        while stack:
            step = stack.pop()
            if step in seen or step in self.ends or step.kind in {"end", "return", "escape", "catch", "raise"}:
                continue
            seen.add(step)
            calls = calls_of(step)
            found.update(calls)
            if item.sites.isdisjoint(calls):
                stack += step.follow
        return found

    # How often

    def _counter(self, ways: dict[_Candidate, Ways], items: list[_Candidate]) -> Counter | None:
        if isinstance(self.loop, cst.For):
            return self._range_counter(self.loop)
        return self._while_counter(self.loop, [ways[item] for item in items])

    def _range_counter(self, loop: cst.For) -> Counter | None:
        if type(loop.target) is not cst.Name or type(loop.iter) is not cst.Call:
            return None
        if self.facts.values.target(loop.iter) == "itertools.count" and not loop.iter.args:
            return Counter(loop.target.value, 0, 1, None)
        if self.facts.values.target(loop.iter) != "range":
            return None
        args = [arg.value for arg in loop.iter.args if not arg.star and arg.keyword is None]
        if len(args) != len(loop.iter.args) or not 1 <= len(args) <= 2:
            return None
        first: int | None = 0
        if len(args) == 2:
            first = args[0].evaluated_value if type(args[0]) is cst.Integer else None
        return Counter(loop.target.value, first, 1, args[-1])

    def _while_counter(self, loop: cst.While, ways: list[Ways]) -> Counter | None:
        changes: dict[str, dict[cst.CSTNode, int]] = {}
        for step in self._own_steps():
            for bound in bindings(step):
                size = increment(bound)
                if size is not None:
                    changes.setdefault(bound.name, {})[bound.node] = size
        for comparison in _terms(loop.test):
            path = dotted(comparison.left if type(comparison) is cst.Comparison else comparison)
            found = changes.get(path or "", {})
            if path is None or len(set(found.values())) != 1:
                continue
            if not any(bound.node in found for way in ways for step in way.passed for bound in bindings(step)):
                continue
            test = comparison if type(comparison) is cst.Comparison else None
            limit = test.comparisons[0].comparator if test is not None and len(test.comparisons) == 1 else None
            return Counter(path, self._initial(path), next(iter(found.values())), limit, test, tuple(found))
        return self._counter_of_tests(changes, ways)

    def _counter_of_tests(self, changes: dict[str, dict[cst.CSTNode, int]], ways: list[Ways]) -> Counter | None:
        """Return the counter that the body of a `while` tests on the way back, where there is just one."""
        tests = [step.node for way in ways for step in way.passed if step.kind == "test" and step is not self.head]
        names = {name for test in tests if test is not None for name in _names(test)} & changes.keys()
        if len(names) != 1:
            return None
        (name,) = names
        found = changes[name]
        if len(set(found.values())) != 1:
            return None
        return Counter(name, self._initial(name), next(iter(found.values())), None, None, tuple(found))

    def _initial(self, path: str) -> int | None:
        """Return the number that the name `path` has when the loop begins."""
        value = self._before(path)
        return value.evaluated_value if type(value) is cst.Integer else None

    def _before(self, path: str) -> cst.BaseExpression | None:
        """Return what the name `path` is bound to when the loop begins, where only one statement binds it before."""
        scope = self.facts.index.scope_of(self.loop)
        outside = [
            binding
            for binding in scope.names.get(path, [])
            if self.loop not in self.facts.index.ancestors(binding.node)
        ]
        if len(outside) != 1 or outside[0].kind != "assign":
            return None
        value, index = outside[0].value, outside[0].index
        if index is None:
            return value
        return value.elements[index].value if type(value) is cst.Tuple and index < len(value.elements) else None

    def _most(self, path: str) -> int | None:
        """Return the greatest number that the name `path` may have when the loop begins: `2 if safe else 1`."""
        value = self._before(path)
        parts = [value.body, value.orelse] if type(value) is cst.IfExp else [value]
        numbers = [part.evaluated_value for part in parts if type(part) is cst.Integer]
        return max(numbers) if len(numbers) == len(parts) else None

    def _bound(self, counter: Counter | None, ways: list[Ways]) -> tuple[Bounded, cst.BaseExpression | None]:
        if isinstance(self.loop, cst.For):
            bound, limit = self._bound_of_for(self.loop, counter)
            return ("unknown", None) if bound == "unbounded" and self._may_end(ways) else (bound, limit)
        tests = [step.node for way in ways for step in way.passed if step.kind == "test" and step.node is not None]
        if any(_asks_the_time(self.facts, test) for test in (*tests, self.loop.test)):
            return "deadline", None
        if counter is not None:
            return "attempts", counter.limit
        changed = {
            bound.name
            for way in ways
            for step in way.passed
            for bound in bindings(step)
            if increment(bound) is not None
        }
        for test in tests:
            if test is not self.loop.test and changed & set(_names(test)):
                return "attempts", None
        if self.evaluator.truth(self.loop.test, {}) is True or waits_for_success_alone(
            self.facts, self.loop, self._own_steps()
        ):
            return ("unknown" if self._may_end(ways) else "unbounded"), None
        return "unknown", None

    def _may_end(self, ways: list[Ways]) -> bool:
        sites = {site for way in ways for site in way.reached}
        steps = dict.fromkeys(step for way in ways for step in way.passed)
        return may_end(self.facts, self.waits, steps, head=self.head, ends=self.ends, sites=sites)

    def _bound_of_for(self, loop: cst.For, counter: Counter | None) -> tuple[Bounded, cst.BaseExpression | None]:
        if counter is not None:
            return ("attempts", counter.limit) if counter.limit is not None else ("unbounded", None)
        node = loop.iter
        if isinstance(node, (cst.Name, cst.Attribute)):
            node = self.facts.names.follow(node)
        if isinstance(node, (cst.Tuple, cst.List)):
            return "attempts", None
        if type(node) is cst.Call:
            target = self.facts.values.target(node)
            if target in {"range", "enumerate", "reversed", "zip"}:
                return "attempts", None
            if target == "itertools.repeat" and len(node.args) == 2:
                return "attempts", node.args[1].value
            if target in {"itertools.count", "itertools.cycle", "itertools.repeat"}:
                return "unbounded", None
        return "unknown", None

    def _few(self, items: list[_Candidate]) -> int | None:
        """Return how many attempts there are at most, if that is plain to see and they are few."""
        defaults = self._defaults()
        found = [self._at_most(item, MOST_COUNTED, defaults) for item in items]
        few = [number for number in found if number is not None]
        return max(few) if len(few) == len(found) else None

    def _at_most(self, item: _Candidate, most: int, given: Mapping[str, Constant]) -> int | None:
        """Return how many attempts `item` allows, if there are surely no more than `most`.

        The constants are followed from one attempt to the next, those in `given` from outside.
        """
        sites = item.sites
        env: Env = dict(given)
        for path in self._constants:
            number = self._most(path)
            if number is not None:
                env[path] = number
        for name, value in self._flags().items():
            env.setdefault(name, value)
        limit = self._passes(env)
        if limit is not None:
            env |= {"#passes": 0, "#limit": limit}
        try:
            envs = list(self.ways(self.head, sites, env).envs.values())
            for number in range(1, most + 1):
                before = {frozen(each) for each in envs}
                envs = [
                    known for each in envs for known in self.ways(self.start(item), sites, dict(each)).envs.values()
                ]
                if not envs:
                    return number
                if len(envs) > _MOST_ENVS or {frozen(each) for each in envs} <= before:
                    return None
        except TooComplexError:
            pass
        return None

    def _defaults(self) -> Env:
        """Return the numbers that parameters have which nobody gives, where nothing but the loop binds them anew."""
        function = self.facts.index.function_of(self.loop)
        found: Env = {}
        while function is not None:
            if type(function) is cst.FunctionDef:
                scope = self.facts.index.scopes[function]
                for param in (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params):
                    name = param.name.value
                    outside = [
                        binding
                        for binding in scope.names.get(name, [])
                        if self.loop not in self.facts.index.ancestors(binding.node)
                    ]
                    if type(param.default) is cst.Integer and len(outside) == 1:
                        found.setdefault(name, param.default.evaluated_value)
            function = self.facts.index.function_of(function)
        return found

    @cached_property
    def _constants(self) -> set[str]:
        scope = self.facts.index.scope_of(self.loop)
        read = {node.value for node in walk_same_code(self.loop) if type(node) is cst.Name}
        return {name for name in read if name in scope.names}

    def _flags(self) -> Env:
        """Return the names that are bound to True, False or None just once before the loop."""
        scope = self.facts.index.scope_of(self.loop)
        found: Env = {}
        for name in self._constants:
            outside = [
                binding for binding in scope.names[name] if self.loop not in self.facts.index.ancestors(binding.node)
            ]
            if len(outside) == 1 and outside[0].kind == "assign" and type(outside[0].value) is cst.Name:
                constants: Env = {"True": True, "False": False, "None": None}
                if outside[0].value.value in constants and outside[0].index is None:
                    found[name] = constants[outside[0].value.value]
        return found

    def _passes(self, env: Env) -> int | None:
        """Return how often a `for` goes round at most, where that is plain to see."""
        if type(self.loop) is not cst.For:
            return None
        node = self.loop.iter
        if isinstance(node, (cst.Name, cst.Attribute)):
            node = self.facts.names.follow(node)
        if isinstance(node, (cst.Tuple, cst.List)):
            return len(node.elements)
        if type(node) is cst.Call and self.facts.values.target(node) == "range" and 1 <= len(node.args) <= 3:
            numbers = []
            for arg in node.args:
                try:
                    value = self.evaluator.value(arg.value, env)
                except Unknown:
                    return None
                if not isinstance(value, int) or arg.star:
                    return None
                numbers.append(value)
            return len(range(*numbers)) if len(numbers) < 3 or numbers[2] != 0 else None
        return None


def _terms(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the comparisons and names that all have to hold for `test` to hold."""
    stack = [test]
    while stack:
        node = stack.pop()
        if type(node) is cst.BooleanOperation and type(node.operator) is cst.And:
            stack += [node.right, node.left]
        else:
            yield node


def _names(node: cst.CSTNode) -> Iterator[str]:
    """Yield the names, plain and dotted, that are read in `node`."""
    for part in walk_same_code(node):
        if isinstance(part, (cst.Name, cst.Attribute)):
            path = dotted(part)
            if path is not None:
                yield path


def _last_names(node: cst.CSTNode | None) -> Iterator[str]:
    """Yield the last parts of the names in `node`: `EINTR` for `errno.EINTR`."""
    for part in walk_same_code(node) if node is not None else ():
        if type(part) is cst.Name:
            yield part.value


def _asks_the_time(facts: Facts, test: cst.CSTNode) -> bool:
    for node in walk_same_code(test):
        if type(node) is cst.Call:
            name = called(node)[0] or ""
            target = facts.values.target(node) or ""
            if target.startswith(("time.", "datetime.")) or name in {
                "time",
                "monotonic",
                "now",
                "perf_counter",
                "utcnow",
            }:
                return True
        if type(node) is cst.Name and any(
            word in node.value.lower() for word in ("deadline", "elapsed", "time_left", "remaining", "end_time")
        ):
            return True
    return False


def _connects_by_name(call: cst.Call) -> bool:
    """Say whether `call` says by its name that it connects: `self.connect()`, `BlockingConnection(parameters)`."""
    name = called(call)[0] or ""
    return telling.speaks_of_connecting(name) or (name[:1].isupper() and name.endswith("Connection"))


def _is_of_mailbox(call: cst.Call) -> bool:
    """Say whether `call` is `conn.select("INBOX")`, not that of the module, nor that of a selector."""
    name, receiver = called(call)
    return name == "select" and len(call.args) in {1, 2} and "sel" not in (receiver or "sel").rpartition(".")[2].lower()


def _is_named(call: cst.Call, names: frozenset[str]) -> bool:
    name = (called(call)[0] or "").lower().strip("_")
    return name in names or name.partition("_")[0] in names
