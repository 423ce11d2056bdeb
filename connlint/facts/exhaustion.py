"""What happens when the attempts are used up.

The way is walked from the handler that took the last failure, out of the loop by its head, and on to the end of the
function. Whoever raises, returns something, tests what the loop left behind or reports it has dealt with the
failure; where nobody does, the program goes on as if nothing had happened. What cannot be judged is `unknown`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import MAY_WAIT, PROMPT, called
from connlint.facts.endless import asks_which, may_give_up
from connlint.facts.flow import (
    MOST_STATES,
    Env,
    Step,
    TooComplexError,
    bindings,
    calls_of,
    counts,
    evaluated,
    frozen,
    target_names,
)
from connlint.facts.names import OPAQUE
from connlint.facts.tree import children, dotted, statements, walk_same_code
from connlint.knowledge import waits
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.delays import Waits
    from connlint.facts.flow import Graph, Walker
    from connlint.facts.model import Counter, Exhaustion

_GIVES_UP = TextPattern(
    r"(?:^|_)(?:fail\w*|abort\w*|die|exit|raise\w*|skip\w*|usage|critical|fatal|give_?up|giveup|error\w*|exhaust\w*|"
    r"unreachable|panic|reject\w*|throw|alert|notify|warn\w*|report\w*|assert\w*|check\w*|verify\w*|validate\w*)(?:_|$)",
    re.IGNORECASE,
)
_TELLS = TextPattern(
    r"fail|error|could ?n.t|could not|unable|can.?not|can't|giv(?:e|ing) up|gave up|exhaust|max|retr|attempt|tries|"
    r"\bno\b|\bnot\b|unreach|timed? ?out|lost|refused|abort|problem|warn|unavailable|too many|still|skip|drop|without",
    re.IGNORECASE,
)
_KEEPS = frozenset({"append", "add", "put", "put_nowait", "set_exception", "update", "extend", "insert", "set"})
_MARKS = _KEEPS | {"discard", "pop", "remove", "write"}
_LOUD = frozenset({"warn", "warning", "error", "exception", "critical", "fatal"})
_PLAIN_ROWS = frozenset({"enumerate", "list", "range", "reversed", "set", "sorted", "tuple", "zip"})
_RECKONS = frozenset(
    """
    abs float int max min pow random.betavariate random.expovariate random.gauss random.randint random.random
    random.uniform round str time.monotonic time.time
    """.split()
)
_BEST_EFFORT = TextPattern(
    r"best[- ]effort|ignor(?:e|ing) (?:errors?|failures?|exceptions?)|never raises|does not raise|doesn't raise"
    r"|or None\b|\bNone (?:if|when|on)|otherwise,? (?:returns? )?`*None|False (?:if|otherwise|when)|silently",
    re.IGNORECASE,
)


class Exhausted:
    """Says what happens when the last attempt of one loop fails."""

    def __init__(
        self,
        facts: Facts,
        *,
        delays: Waits,
        walker: Walker,
        graph: Graph,
        loop: cst.For | cst.While,
        counter: Counter | None,
    ) -> None:
        self._facts = facts
        self._waits = delays
        self._walker = walker
        self._graph = graph
        self._loop = loop
        self._head = graph.heads[loop]
        self._ends = {graph.outs[loop], graph.exhausted[loop]}
        self._outer = {
            graph.heads[node] for node in facts.index.ancestors(loop) if node in graph.heads and node is not loop
        }
        self._counter = counter
        self._in_loop = _names_bound(loop.body) | (set(target_names(loop.target)) if type(loop) is cst.For else set())
        self._statement: cst.Try | cst.With
        self._mute = False
        self._counting = self._counting_names()

    def of(self, start: Step, statement: cst.Try | cst.With) -> Exhaustion:
        """Return what happens when the last attempt ends in the handler of `statement` that begins at `start`."""
        self._statement = statement
        try:
            passed, exits, breaks = self._to_the_end(start)
            found = self._in_the_handler(passed)
            if found is not None:
                return found
            if self._breaks_off(passed):
                exits += breaks
            if not exits:
                return "raised"
            loud = any(self._is_loud(call) for step in passed for call in calls_of(step))
            self._mute = not any(self._is_log(call) for step in passed for call in calls_of(step))
            results = {self._after(step, known, loud=loud) for step, known in exits}
        except TooComplexError:
            return "unknown"
        order: tuple[Exhaustion, ...] = ("unknown", "raised", "returned", "reported", "swallowed")
        return next(item for item in order if item in results)

    def late(self, start: Step, statement: cst.Try | cst.With, delays: Iterable[cst.CSTNode]) -> frozenset[cst.CSTNode]:
        """Return those of `delays` that surely come after the last attempt too, though no attempt follows it."""
        self._statement = statement
        waiting = {
            node
            for node in delays
            if type(node) is cst.Call and self._facts.values.targets(node) <= waits.SLEEPS.keys()
        }
        try:
            passed = self._waits_passed(start, waiting) if waiting else None
            if not passed or self._may_try_again():
                return frozenset()
        except TooComplexError:
            return frozenset()
        return passed

    def _waits_passed(self, start: Step, waiting: Collection[cst.CSTNode]) -> frozenset[cst.CSTNode] | None:
        """Return which of `waiting` every way from `start` out of the loop by its head passes, if none may differ."""
        found: frozenset[cst.CSTNode] | None = None
        stack: list[tuple[Step, Env, frozenset[cst.CSTNode]]] = [(start, {}, frozenset())]
        seen: set[tuple[int, frozenset[tuple[str, str, object]], frozenset[cst.CSTNode]]] = set()
        while stack:
            step, known, before = stack.pop()
            key = (id(step), frozen(known), before)
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            if step is self._graph.exhausted[self._loop]:
                found = before if found is None else found & before
                continue
            if step in self._ends or step.kind in {"end", "escape", "return"}:
                continue
            if step is not self._head and self._may_know_the_last(step, waiting):
                return None
            after = self._walker.update(step, known)
            now = before | {call for call in calls_of(step) if call in waiting}
            following = self._walker.following(step, after)
            if step is self._head:
                following = [each for each in following if each is step.follow[1]]
            stack += [(each, after, now) for each in following]
        return found

    def _may_know_the_last(self, step: Step, waiting: Collection[cst.CSTNode]) -> bool:
        """Say whether `step` may do something else after the last attempt: test for it, or give up in a call."""
        if step.kind == "test" and step.node is not None:
            branch = self._facts.index.parents.get(step.node)
            leaves = type(branch) is cst.If and any(
                isinstance(node, (cst.Raise, cst.Return, cst.Break)) for node in walk_same_code(branch)
            )
            if self._counting & set(_names(step.node)) or (leaves and not asks_which(self._facts, step.node)):
                return True
        for node in evaluated(step):
            for part in walk_same_code(node):
                if isinstance(part, (cst.IfExp, cst.BooleanOperation, cst.Yield)) and self._counting & set(
                    _names(part)
                ):
                    return True
        return any(
            call not in waiting and may_give_up(self._facts, self._waits, call)
            for call in calls_of(step)
            if not self._may_be_in_vain(call)
        )

    def _may_be_in_vain(self, call: cst.Call) -> bool:
        """Say whether `call` only reckons, or is one of what the loop itself goes through."""
        return self._facts.values.targets(call) <= _RECKONS

    def _may_try_again(self) -> bool:
        """Say whether what follows the loop when no attempt has succeeded may be another one, or need the time."""
        stack: list[tuple[Step, Env]] = [(self._graph.exhausted[self._loop], dict(self._untouched()))]
        seen: set[tuple[int, frozenset[tuple[str, str, object]]]] = set()
        while stack:
            step, known = stack.pop()
            key = (id(step), frozen(known))
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            if step in self._outer or step is self._head or step.kind in {"catch", "next"}:
                return True
            if any(not self._is_idle(call) for call in calls_of(step)):
                return True
            if step.kind in {"raise", "escape", "return", "end"}:
                continue
            after = self._walker.update(step, known)
            stack += [(each, after) for each in self._walker.following(step, after)]
        return False

    def _untouched(self) -> Iterator[tuple[str, bool | None]]:
        """Yield the plain names that an attempt binds only once it has succeeded, with what they are before that."""
        scope = self._facts.index.scope_of(self._loop)
        constants = {"None": None, "False": False}
        for name in self._tried_names():
            others = [each for each in scope.names.get(name, []) if not self._is_in_body(each.node)]
            values = {each.value.value if type(each.value) is cst.Name else "?" for each in others}
            if len(values) == 1 and values <= constants.keys() and all(self._precedes(each.node) for each in others):
                yield name, constants[values.pop()]

    def _is_idle(self, call: cst.Call) -> bool:
        """Say whether `call` neither tries anything nor needs time: it reports, or makes what is raised or returned."""
        if self._is_log(call) or self._facts.values.target(call) in waits.EXITS:
            return True
        target = self._facts.values.target(call) or OPAQUE
        if target.startswith("<file>"):
            definitions = self._facts.index.definitions.get(target, [])
            return len(definitions) == 1 and type(definitions[0]) is cst.ClassDef and _is_error(target)
        return (
            _is_error(called(call)[0] or "")
            or (called(call)[0] or "") in {"close", "format", "join"}
            or self._waits.of_call(call).level == PROMPT
        )

    def _counting_names(self) -> set[str]:
        names = {self._counter.name} if self._counter is not None else set()
        if type(self._loop) is cst.For:
            names |= set(target_names(self._loop.target))
        for node in walk_same_code(self._loop.body):
            if isinstance(node, (cst.Assign, cst.AugAssign)):
                names |= {bound.name for bound in bindings(Step("run", node)) if counts(bound)}
        return names

    # Within the loop

    def _to_the_end(self, start: Step) -> tuple[list[Step], list[tuple[Step, Env]], list[tuple[Step, Env]]]:
        """Walk from the handler out of the loop; return the steps passed, and the exits by the head and by `break`."""
        passed: dict[Step, None] = {}
        exits: list[tuple[Step, Env]] = []
        breaks: list[tuple[Step, Env]] = []
        stack: list[tuple[Step, Env]] = [(start, {})]
        seen: set[tuple[int, frozenset[tuple[str, str, object]]]] = set()
        while stack:
            step, known = stack.pop()
            key = (id(step), frozen(known))
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            if step in self._ends:
                (exits if step is self._graph.exhausted[self._loop] else breaks).append((step, known))
                continue
            if step.kind in {"end", "escape", "return"}:
                continue
            passed[step] = None
            if any(self._waits.raises(call) for call in calls_of(step)):
                continue
            after = self._walker.update(step, known)
            if step is self._head:
                if step.follow[1] in self._walker.following(step, after):
                    stack.append((step.follow[1], after))
                continue
            stack += [(each, after) for each in self._walker.following(step, after)]
        return list(passed), exits, breaks

    def _breaks_off(self, passed: list[Step]) -> bool:
        """Say whether the handler itself counts the attempts, and leaves the loop by a mere `break`."""
        return any(
            type(branch) is cst.If and self._is_about_the_last(step, branch) for step, branch in self._branches(passed)
        )

    def _branches(self, passed: list[Step]) -> Iterator[tuple[Step, cst.CSTNode | None]]:
        for step in passed:
            if step.kind == "test" and step is not self._head and step.node is not None:
                yield step, self._facts.index.parents.get(step.node)

    def _is_about_the_last(self, step: Step, branch: cst.If) -> bool:
        if step.node is None or not self._counting & set(_names(step.node)):
            return False
        return any(type(node) is cst.Break for node in walk_same_code(branch.body))

    def _in_the_handler(self, passed: list[Step]) -> Exhaustion | None:
        """Return what the code between the failure and the end of the loop does about the last one, if it may."""
        for step, branch in self._branches(passed):
            if step.node is None or not self._counting & set(_names(step.node)):
                continue
            if type(branch) is cst.If and self._acts(branch):
                return "raised"
        for step in passed:
            for bound in bindings(step):
                if "." in bound.name and not waits.COUNTS.search(bound.name.rpartition(".")[2]):
                    return "unknown"
            for node in evaluated(step):
                if any(type(part) is cst.Yield for part in walk_same_code(node)):
                    return "unknown"
            for call in calls_of(step):
                if self._may_record(call):
                    return "unknown"
        return None

    def _acts(self, branch: cst.If) -> bool:
        """Say whether `branch` does more than to wait: then it is about the last attempt."""
        stack: list[cst.CSTNode] = [branch.body]
        if branch.orelse is not None:
            stack.append(branch.orelse)
        for node in walk_same_code(*stack):
            if isinstance(node, (cst.Raise, cst.Return)):
                return True
            if type(node) is cst.Call and not self._only_delays(node):
                return True
            if isinstance(node, (cst.Assign, cst.AnnAssign)) and not self._is_delay(node):
                return True
        return False

    def _gives_up(self, call: cst.Call) -> bool:
        name = called(call)[0]
        return name is not None and (waits.speaks_of_raising(name) or name == "emit")

    def _only_delays(self, call: cst.Call) -> bool:
        if self._gives_up(call):
            return False
        if self._waits.of_call(call).level != MAY_WAIT and not self._is_log(call):
            return True
        parent = self._facts.index.parents.get(call)
        return type(parent) is cst.Arg

    def _is_delay(self, node: cst.Assign | cst.AnnAssign) -> bool:
        targets = [item.target for item in node.targets] if isinstance(node, cst.Assign) else [node.target]
        return all(waits.COUNTS.search(name) for target in targets for name in target_names(target))

    def _is_log(self, call: cst.Call) -> bool:
        name, receiver = called(call)
        return name == "print" or (name is not None and waits.speaks_of_logging(name, receiver))

    def _may_record(self, call: cst.Call) -> bool:
        """Say whether `call` may raise, or keep the failure for somebody to look at."""
        name, _receiver = called(call)
        if name in _KEEPS:
            return True
        if self._facts.values.target(call) in waits.EXITS:
            return True
        if self._gives_up(call):
            return not self._waits.raises(call)
        wait = self._waits.of_call(call)
        if wait.level != MAY_WAIT:
            effects = self._facts.effects.of_call(call)
            return bool(effects.raised)
        return not self._is_log(call)

    # After the loop

    def _after(self, start: Step, known: Env, *, loud: bool) -> Exhaustion:
        """Return what the code after the loop does about an attempt that never succeeded."""
        if (
            start is self._graph.exhausted[self._loop]
            and self._loop.orelse is not None
            and any(type(node) is not cst.Pass for node in statements(self._loop.orelse.body))
        ):
            if any(isinstance(node, (cst.Raise,)) for node in walk_same_code(self._loop.orelse.body)):
                return "raised"
            return "reported"
        stack: list[tuple[Step, Env]] = [(start, known)]
        seen: set[tuple[int, frozenset[tuple[str, str, object]]]] = set()
        ended = used = False
        while stack:
            step, env = stack.pop()
            key = (id(step), frozen(env))
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_STATES:
                raise TooComplexError
            if step in self._outer or step is self._head:
                if step is self._head or not self._passes_over(step):
                    return "unknown"
                ended = True
                continue
            if step.kind in {"raise", "escape"}:
                return "raised"
            if step.kind == "end":
                ended = True
                continue
            found = self._says(step)
            if step.kind == "return" and type(step.node) is cst.Return and step.node.value is not None:
                found = "swallowed" if found == "swallowed" else "returned"
            if found == "swallowed":
                used = True
                continue
            if found is not None:
                return found
            if step.kind == "return":
                ended = True
                continue
            after = self._walker.update(step, env)
            stack += [(each, after) for each in self._walker.following(step, after)]
        if used:
            return "swallowed"
        if loud and not self._gives_anything():
            return "reported"
        return self._at_the_end() if ended else "swallowed"

    def _passes_over(self, head: Step) -> bool:
        """Say whether the loop with that `head` goes on to its next item, and nothing tells that one was left out."""
        outer = next((node for node in self._facts.index.ancestors(self._loop) if node in self._graph.heads), None)
        if not self._mute or type(outer) is not cst.For or self._graph.heads[outer] is not head:
            return False
        if any(type(node) is cst.While for node in self._facts.index.ancestors(outer)):
            return False  # it may come back to this item
        if type(outer.iter) is cst.Call and self._facts.values.target(outer.iter) not in _PLAIN_ROWS:
            return False
        function = self._facts.index.function_of(self._loop)
        if type(function) is cst.FunctionDef and _BEST_EFFORT.search(function.get_docstring() or ""):
            return False
        return not self._leaves_traces(outer)

    def _leaves_traces(self, outer: cst.For) -> bool:
        """Say whether what lies behind the loop may see which attempts have succeeded."""
        items = set(target_names(outer.target))
        for node in walk_same_code(self._loop.body):
            if isinstance(node, (cst.Yield, cst.Return)):
                return True
            if type(node) is cst.Call and ((called(node)[0] or "") in _MARKS or self._is_log(node)):
                return True
            if type(node) is cst.Subscript and isinstance(self._facts.index.parents.get(node), cst.AssignTarget):
                return True
        names = _names_bound(self._loop.body) | (
            set(target_names(self._loop.target)) if type(self._loop) is cst.For else set()
        )
        if any("." in name for name in names):
            return True
        function = self._facts.index.function_of(self._loop) or self._facts.module
        return any(
            self._loop not in self._facts.index.ancestors(use)
            for name in names - items
            for use in self._facts.names.uses(name, function)
        )

    def _gives_anything(self) -> bool:
        """Say whether a success leaves a result behind."""
        if set(self._results()):
            return True
        return any(type(node) is cst.Return and node.value is not None for node in walk_same_code(self._loop.body))

    def _is_loud(self, call: cst.Call) -> bool:
        name, receiver = called(call)
        return name in _LOUD - {"warn", "warning"} and receiver is not None

    def _says(self, step: Step) -> Exhaustion | None:
        """Return what `step` does about the failure; `swallowed` if it uses a result that is not there."""
        nodes = evaluated(step)
        for node in nodes:
            for part in walk_same_code(node):
                if isinstance(part, (cst.Yield, cst.TryStar)):
                    return "unknown"
        for node in nodes:
            if self._tests(step, node):
                return "returned"
        for call in calls_of(step):
            name, receiver = called(call)
            if self._facts.values.target(call) in waits.EXITS:
                return "raised"
            if name is not None and self._tells(call, name, receiver):
                return "reported"
        for node in nodes:
            found = self._uses(node)
            if found is not None:
                return found
        return None

    def _tests(self, step: Step, node: cst.CSTNode) -> bool:
        tested: list[cst.CSTNode] = [node] if step.kind == "test" else []
        for part in walk_same_code(node):
            if isinstance(part, (cst.IfExp, cst.Assert)):
                tested.append(part.test)
            elif isinstance(part, (cst.BooleanOperation, cst.Comparison)) or _negates(part):
                tested.append(part)
        parent = self._facts.index.parents.get(node)
        if type(parent) is cst.Match and parent.subject is node:
            tested.append(node)
        return any(self._is_of_loop(name) for item in tested for name in _names(item))

    def _is_of_loop(self, name: str) -> bool:
        return any(name == bound or name.startswith(f"{bound}.") for bound in self._in_loop)

    def _tells(self, call: cst.Call, name: str, receiver: str | None) -> bool:
        """Say whether `call` reports a failure."""
        if not (name == "print" or waits.speaks_of_logging(name, receiver)):
            return self._facts.values.targets(call) == {OPAQUE} and _GIVES_UP.search(name) is not None
        if name in _LOUD:
            return True
        text = " ".join(_texts(call))
        return _TELLS.search(text) is not None

    def _uses(self, node: cst.CSTNode) -> Exhaustion | None:
        """Return `swallowed` if `node` uses what only a success binds; `unknown` if what it uses may be a default."""
        results = self._results()
        kept = self._kept_by_handler()
        for part in walk_same_code(node):
            if type(part) is cst.Name and part.value in kept:
                return "reported"
            if type(part) is not cst.Name or part.value not in results:
                continue
            parent = self._facts.index.parents.get(part)
            if type(parent) is cst.Attribute and parent.attr is part:
                continue
            if type(parent) is cst.Arg and parent.keyword is part:
                continue
            if isinstance(parent, (cst.AssignTarget, cst.Del)):
                continue
            default = results[part.value]
            if default == "none":
                needs_it = (type(parent) is cst.Attribute and parent.value is part) or isinstance(
                    parent, (cst.Subscript, cst.For)
                )
                if needs_it or (type(parent) is cst.Call and parent.func is part):
                    return "swallowed"
                return "unknown"
            return "swallowed" if default == "unbound" else "unknown"
        return None

    def _results(self) -> dict[str, str]:
        """Return the plain names that an attempt binds, with what they are if none succeeds."""
        scope = self._facts.index.scope_of(self._loop)
        found: dict[str, str] = {}
        for name in self._tried_names():
            if "." in name or name in self._counting or name not in scope.names:
                continue
            others = [
                binding
                for binding in scope.names[name]
                if not self._is_in_body(binding.node) and binding.kind != "annotate" and self._precedes(binding.node)
            ]
            if not others:
                found[name] = "unbound"
            elif all(type(each.value) is cst.Name and each.value.value == "None" for each in others):
                found[name] = "none"
            else:
                found[name] = "default"
        return found

    def _is_in_body(self, node: cst.CSTNode) -> bool:
        """Say whether `node` runs only as part of an attempt, or after one that succeeded."""
        below = node
        for ancestor in self._facts.index.ancestors(node):
            if ancestor is self._statement:
                return isinstance(ancestor, cst.With) or below in {ancestor.body, ancestor.orelse}
            below = ancestor
        return False

    def _tried_names(self) -> set[str]:
        parts: list[cst.CSTNode] = [self._statement.body]
        if type(self._statement) is cst.Try and self._statement.orelse is not None:
            parts.append(self._statement.orelse)
        return _names_bound(*parts)

    def _kept_by_handler(self) -> set[str]:
        """Return the names that only a failure binds."""
        if type(self._statement) is not cst.Try:
            return set()
        found = _names_bound(*(handler.body for handler in self._statement.handlers))
        return {name for name in found - self._tried_names() if not waits.COUNTS.search(name) or "err" in name}

    def _precedes(self, node: cst.CSTNode) -> bool:
        """Say whether `node` comes before the loop in the text."""
        below: dict[cst.CSTNode, cst.CSTNode] = {}
        current: cst.CSTNode = self._loop
        for ancestor in self._facts.index.ancestors(self._loop):
            below[ancestor] = current
            current = ancestor
        current = node
        for ancestor in self._facts.index.ancestors(node):
            if ancestor in below:
                for child in children(ancestor):
                    if child is current:
                        return True
                    if child is below[ancestor]:
                        return False
                return True
            current = ancestor
        return True

    def _at_the_end(self) -> Exhaustion:
        """Return what it means that the function (or module) ends right after the loop."""
        for name in self._in_loop:
            if "." in name and not waits.COUNTS.search(name.rpartition(".")[2]):
                return "unknown"
        scope = self._facts.index.scope_of(self._loop)
        if any(name in scope.elsewhere for name in self._in_loop):
            return "unknown"
        function = self._facts.index.function_of(self._loop)
        if type(function) is cst.FunctionDef and self._tells_by_none(function):
            return "returned"
        return "swallowed"

    def _tells_by_none(self, function: cst.FunctionDef) -> bool:
        """Say whether callers of `function` know that it may give None, or just nothing, when it fails."""
        text = function.get_docstring() or ""
        if _BEST_EFFORT.search(text):
            return True
        if function.returns is not None:
            code = self._facts.module.code_for_node(function.returns.annotation)
            if ("None" in code and code.strip() != "None") or "Optional" in code:
                return True
        for node in walk_same_code(function.body):
            if type(node) is cst.Return:
                value = node.value
                if type(value) is cst.Name and value.value in {"True", "False", "None"}:
                    return True
        return self._callers_test(function)

    def _callers_test(self, function: cst.FunctionDef) -> bool:
        name = function.name.value
        for call in self._facts.index.all(cst.Call):
            if called(call)[0] != name:
                continue
            node: cst.CSTNode = call
            parent = self._facts.index.parents.get(node)
            while isinstance(parent, (cst.Await, cst.Comparison, cst.UnaryOperation, cst.BooleanOperation)):
                node = parent
                parent = self._facts.index.parents.get(node)
            if isinstance(parent, (cst.If, cst.While, cst.IfExp, cst.Assert)) and parent.test is node:
                return True
            if isinstance(parent, (cst.NamedExpr, cst.Assign)) and self._is_tested_later(parent, call):
                return True
        return False

    def _is_tested_later(self, node: cst.NamedExpr | cst.Assign, call: cst.Call) -> bool:
        targets = [node.target] if isinstance(node, cst.NamedExpr) else [item.target for item in node.targets]
        names = {name for target in targets for name in target_names(target)}
        where = self._facts.index.function_of(call) or self._facts.module
        for part in walk_same_code(where.body if type(where) is cst.FunctionDef else where):
            if isinstance(part, (cst.If, cst.While, cst.IfExp, cst.Assert)) and names & set(_names(part.test)):
                return True
        return False


def _is_error(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Timeout", "Failure", "Failed", "Unavailable"))


def _negates(node: cst.CSTNode) -> bool:
    return type(node) is cst.UnaryOperation and type(node.operator) is cst.Not


def _names(node: cst.CSTNode) -> Iterator[str]:
    for part in walk_same_code(node):
        if isinstance(part, (cst.Name, cst.Attribute)):
            path = dotted(part)
            if path is not None:
                yield path


def _names_bound(*parts: cst.CSTNode) -> set[str]:
    """Return the names, plain and dotted, that the code of `parts` binds."""
    found: set[str] = set()
    for node in walk_same_code(*parts):
        if type(node) is cst.Assign:
            found |= {name for item in node.targets for name in target_names(item.target)}
        elif isinstance(node, (cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For)):
            found |= set(target_names(node.target))
        elif type(node) is cst.WithItem and node.asname is not None:
            found |= set(target_names(node.asname.name))
        elif type(node) is cst.ExceptHandler and node.name is not None:
            found |= set(target_names(node.name.name))
    return found


def _texts(call: cst.Call) -> Iterator[str]:
    for node in walk_same_code(call):
        if type(node) is cst.SimpleString:
            yield node.raw_value
        elif type(node) is cst.FormattedStringText:
            yield node.value
        elif isinstance(node, (cst.Name, cst.Attribute)):
            yield dotted(node) or ""
