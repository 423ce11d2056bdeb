"""Is the next attempt the same operation again?

A loop over hosts, through a list of jobs or up a range of ports also comes back from its handler to the same call, but
with another input. So what the call is given is traced back through what is bound on the way from the handler to the
next attempt. A number that only counts, delays or limits the time makes no other operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import called
from connlint.facts.flow import Bound, Step, bindings, calls_of
from connlint.facts.tree import children, dotted, walk, walk_same_code
from connlint.knowledge.waits import ADVANCES, COUNTS
from connlint.telling import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import LoopKind

_ADVANCING = frozenset(
    {"next", "anext", "input", "random.choice", "random.sample", "random.randint", "random.randrange"}
)
_SETTING = (["set"], ["use"], ["select"], ["switch"], ["choose"])
_QUEUES = ("queue", "jobs", "tasks", "pending", "todo", "inbox", "backlog", "work")


class Inputs:
    """What the attempts of one handler are given, and whether it changes between them."""

    def __init__(
        self,
        facts: Facts,
        *,
        loop: cst.For | cst.While,
        statement: cst.Try | cst.With,
        tried: Iterable[Tried],
        sites: Iterable[cst.Call],
        passed: tuple[Step, ...],
    ) -> None:
        self._facts = facts
        self._loop = loop
        self._statement = statement
        self._tried = tuple(tried)
        self._sites = tuple(sites)
        self._passed = passed
        self._bound = [bound for step in passed for bound in bindings(step)]
        self._bodies = [body for site in self._sites for body in self._functions_below(site)]
        for body in self._bodies:
            self._bound += _attributes_bound(body)
        for step in passed:
            for call in calls_of(step):
                for body in self._functions_below(call):
                    self._bound += _attributes_bound(body)

    def change(self) -> LoopKind | None:
        """Return what the loop is if its attempts differ (`unknown` if they may), None if they are the same."""
        names = set(self._given())
        done: set[str] = set()
        verdict: LoopKind | None = None
        while names - done:
            name = (names - done).pop()
            done.add(name)
            for bound in self._bound:
                if not _same(bound.name, name):
                    continue
                found = self._differs(bound, name)
                if found in {"failover", "work"}:
                    return found
                verdict = found or verdict
                if bound.value is not None:
                    names.update(_read(bound.value))
        return verdict or self._advances(done) or self._works_through()

    def _given(self) -> Iterator[str]:
        """Yield the names, plain and dotted, whose values the attempts depend on."""
        timeouts = {item.site: item.operation for item in self._tried if item.call is item.site}
        for site in self._sites:
            yield from _read(site.func)
            operation = timeouts.get(site)
            for position, arg in enumerate(site.args):
                keyword = arg.keyword.value if arg.keyword is not None else None
                if keyword is None and operation is not None and position < len(operation.parameters):
                    keyword = operation.parameters[position]
                if keyword is not None and ("timeout" in keyword or "retr" in keyword or "attempt" in keyword):
                    continue
                yield from _read(arg.value)
        for body in self._bodies:
            for name in _read(body):
                if "." in name and not COUNTS.search(name.rpartition(".")[2]):
                    yield name

    def _functions_below(self, call: cst.Call) -> list[cst.BaseSuite]:
        """Return the bodies of the file's functions that `call` runs, a few calls deep."""
        found: list[cst.BaseSuite] = []
        todo = [call]
        for current in todo:
            target = self._facts.values.target(current)
            if target is None or not target.startswith("<file>"):
                continue
            for definition in self._facts.index.definitions.get(target, []):
                if type(definition) is cst.FunctionDef and definition.body not in found:
                    found.append(definition.body)
                    if len(found) < 8:
                        todo += [node for node in walk_same_code(definition.body) if type(node) is cst.Call]
        return found

    def _differs(self, bound: Bound, name: str) -> LoopKind | None:
        """Return what it means that `bound` gives the input `name` another value; None if it gives it the same."""
        node = bound.node
        if type(node) is cst.For:
            return "failover" if self._is_address(name) or node is not self._loop else "work"
        if bound.augmented:
            return "failover"
        if type(node) is cst.ExceptHandler:
            return "unknown"
        value = bound.value
        if value is None:
            return None if type(node) is cst.Del else "unknown"
        if type(node) is cst.Assign and any(type(target.target) is cst.Subscript for target in node.targets):
            return "unknown" if not _is_constant(value) else "failover"
        if self._gives_another(value):
            return "failover"
        if name in _read(value) and not self._is_made_anew(bound):
            return "failover"
        if self._is_chosen_by_count(node):
            return "unknown"
        if self._is_on_the_way_back(node):
            if type(value) is cst.Name and value.value == "None":
                return None
            if not any(type(part) is cst.Call for part in walk_same_code(value)):
                return "failover"
            if self._facts.effects.of([value]).opaque:
                return "unknown"
        return None

    def _is_made_anew(self, bound: Bound) -> bool:
        """Say whether the name is bound from something else earlier on every pass: `s = socket(); s = wrap(s)`."""
        return any(
            other is not bound
            and other.name == bound.name
            and not other.augmented
            and other.value is not None
            and bound.name not in set(_read(other.value))
            for other in self._bound
        )

    def _is_on_the_way_back(self, node: cst.CSTNode) -> bool:
        """Say whether `node` stands in the handler, or otherwise not in what every attempt begins with."""
        for ancestor in self._facts.index.ancestors(node):
            if type(ancestor) is cst.ExceptHandler:
                return True
            if ancestor is self._loop:
                return False
        return False

    def _is_chosen_by_count(self, node: cst.CSTNode) -> bool:
        """Say whether `node` runs in some passes only, by their number: `if failed == 1: url = mirror`."""
        counted = {bound.name for bound in self._bound if bound.augmented or bound.node is self._loop}
        for ancestor in self._facts.index.ancestors(node):
            if ancestor is self._loop:
                return False
            if type(ancestor) is cst.If and _picks_one_of(ancestor.test, counted):
                return True
        return False

    def _gives_another(self, value: cst.BaseExpression) -> bool:
        return any(type(node) is cst.Call and self._is_advancing(node) for node in walk(value))

    def _is_advancing(self, call: cst.Call) -> bool:
        if self._facts.values.target(call) in _ADVANCING:
            return True
        name, receiver = called(call)
        if name is None:
            return False
        if name == "getsockname":  # of a listener that was just bound, to a port that the system chose
            return True
        if name in {"get", "get_nowait"} and receiver is not None:
            last = receiver.rpartition(".")[2].lower()
            return name == "get_nowait" or not call.args or last == "q" or any(word in last for word in _QUEUES)
        return ADVANCES.search(name) is not None and not _takes_an_option(call)

    def _is_address(self, name: str) -> bool:
        """Say whether `name` flows into what says where to connect to, or into the object that is called."""
        for item in self._tried:
            operation = item.operation
            for position, arg in enumerate(item.site.args):
                keyword = arg.keyword.value if arg.keyword is not None else None
                if keyword is None and position < len(operation.parameters):
                    keyword = operation.parameters[position]
                if keyword in operation.address and name in set(_read(arg.value)):
                    return True
        return not self._tried

    def _advances(self, names: set[str]) -> LoopKind | None:
        """Say whether something on the way turns to another peer by itself: `hosts.rotate()`, `self._next_host()`."""
        for step in self._passed:
            for call in calls_of(step):
                if call in self._sites:
                    continue
                name, receiver = called(call)
                if name is None:
                    continue
                is_near = receiver is None or receiver in names or receiver.partition(".")[0] in {"self", "cls"}
                if is_near and ADVANCES.search(name) and not COUNTS.search(name) and not _takes_an_option(call):
                    return "unknown"
                if receiver is not None and receiver in names and name in {"append", "remove", "insert", "reverse"}:
                    return "unknown"
        if any(site.func and (dotted(site.func) or "").startswith(("self.", "cls.")) for site in self._sites):
            for bound in self._bound:
                last = bound.name.rpartition(".")[2]
                if bound.augmented and "." in bound.name and not COUNTS.search(last):
                    return "unknown"
        return None

    def _works_through(self) -> LoopKind | None:
        """Say whether the loop goes through things, each of which the body of its `try` deals with."""
        if type(self._loop) is not cst.For:
            return None
        targets = {name for name in _read(self._loop.target) if "." not in name}
        iterated = self._loop.iter
        counts = type(iterated) is cst.Call and self._facts.values.target(iterated) in {
            "range",
            "itertools.count",
            "itertools.repeat",
        }
        if counts and self._counts_things(iterated):
            return "unknown"
        for node in walk(self._loop.body) if counts else ():
            if type(node) is cst.Slice and targets & set(_read(node)):
                return "work"
        for node in walk(self._statement.body):
            if type(node) is cst.Subscript and counts and targets & set(_read_slice(node)):
                return "work"
            if not counts and type(node) is cst.Name and node.value in targets:
                parent = self._facts.index.parents.get(node)
                if not (type(parent) is cst.Arg and "timeout" in (parent.keyword.value if parent.keyword else "")):
                    return "work"
        return None if counts else self._sets(targets)

    def _counts_things(self, iterated: cst.CSTNode) -> bool:
        """Say whether there is a pass for every one of some things: `range(len(hosts))`, but not of some delays."""
        for node in walk(iterated):
            if type(node) is cst.Call and self._facts.values.target(node) == "len" and len(node.args) == 1:
                return not any(COUNTS.search(name.rpartition(".")[2]) for name in _read(node.args[0].value))
        return False

    def _sets(self, targets: set[str]) -> LoopKind | None:
        """Say whether a setter of the object itself is given one of `targets` on the way: `self._set_host(host)`."""
        for step in self._passed:
            for call in calls_of(step):
                name, receiver = called(call)
                is_setter = receiver in {"self", "cls"} and name is not None and words(name)[:1] in _SETTING
                if is_setter and any(targets.intersection(_read(arg.value)) for arg in call.args):
                    return "failover"
        return None


def _picks_one_of(test: cst.BaseExpression, names: set[str]) -> bool:
    """Say whether `test` holds for one value of one of `names`: `attempt == 2`, not `attempt > 0`."""
    return any(
        type(node) is cst.Comparison
        and any(type(part.operator) is cst.Equal for part in node.comparisons)
        and not names.isdisjoint(_read(node))
        for node in walk_same_code(test)
    )


def _takes_an_option(call: cst.Call) -> bool:
    """Say whether `call` takes out what has a fixed key: `kwargs.pop("timeout", 5)`."""
    return called(call)[0] == "pop" and bool(call.args) and type(call.args[0].value) is cst.SimpleString


def _same(bound: str, name: str) -> bool:
    """Say whether binding `bound` changes what `name` reads."""
    if bound in {"self", "cls"}:
        return False
    return bound == name or name.startswith(f"{bound}.")


def _read(node: cst.CSTNode) -> Iterator[str]:
    """Yield the names that are read below `node`, dotted ones whole; `self` alone says nothing."""
    stack: list[cst.CSTNode] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, (cst.Name, cst.Attribute)):
            path = dotted(current)
            if path is not None:
                if path not in {"self", "cls", "None", "True", "False"}:
                    yield path
                continue
        if type(current) is cst.Arg:
            stack.append(current.value)
            continue
        if type(current) is cst.Attribute:
            stack.append(current.value)
            continue
        stack.extend(reversed(children(current)))


def _read_slice(node: cst.Subscript) -> Iterator[str]:
    for element in node.slice:
        yield from _read(element)


def _is_constant(node: cst.BaseExpression) -> bool:
    return not any(isinstance(part, (cst.Name, cst.Attribute, cst.Call)) for part in walk_same_code(node))


def _attributes_bound(body: cst.BaseSuite) -> list[Bound]:
    """Return the attributes that the code of a function binds."""
    found: list[Bound] = []
    for node in walk_same_code(body):
        if isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
            found += [bound for bound in bindings(Step("run", node)) if "." in bound.name]
    return found
