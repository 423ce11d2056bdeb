"""Loops that connect a socket again after its connect has failed.

POSIX leaves the state of such a socket unspecified, and systems differ: what works by luck on one of them fails on
another, or with a timeout set. Each failure of a connect is followed, as for leaks, through the handlers of the loop
and round it. The way ends where another socket is bound to the name, or where code that is not read here might do so;
where it comes to a connect of the same socket, that one is used again.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain, takewhile
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.closing import Held, UsedError, Way, is_below
from connlint.facts.errnos import Errnos
from connlint.facts.flow import (
    SOME,
    Evaluator,
    TooComplexError,
    Unknown,
    Walker,
    bindings,
    calls_of,
    read_flow,
)
from connlint.facts.model import Reuse
from connlint.facts.tree import argument, bound_name, dotted, is_code_of_its_own, walk, walk_same_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.closing import Ending
    from connlint.facts.flow import Constant, Env, Graph, Step
    from connlint.facts.model import ConnectSite, ReuseMode

Loop = cst.For | cst.While

_BY_LOOP = "asyncio.AbstractEventLoop.sock_connect"
_CONNECTS = frozenset({"socket.socket.connect", "ssl.SSLSocket.connect"})
_BY_RESULT = frozenset({"socket.socket.connect_ex", "ssl.SSLSocket.connect_ex"})
_ALL = _CONNECTS | _BY_RESULT | {_BY_LOOP}
_WRAPPERS = frozenset({"ssl.SSLContext.wrap_socket", "ssl.wrap_socket"})
# A name that is not resolved leaves the socket as it was
_HARMLESS_SCENARIOS = frozenset({"unresolved", "answered"})
# Who tests for these connects again on purpose, to ask whether the connect has come to its end
_POLLS = frozenset(
    """
    EAGAIN EALREADY EINPROGRESS EISCONN EWOULDBLOCK WSAEALREADY WSAEINPROGRESS WSAEISCONN WSAEWOULDBLOCK
    BlockingIOError SOCK_NONBLOCK
    """.split()
)
_STREAM_FAMILIES = frozenset({"AF_INET", "AF_INET6", "PF_INET", "PF_INET6"})
_OTHER_FAMILIES = frozenset({"AF_UNIX", "PF_UNIX"})
_ERRNO_OF = {"ConnectionRefusedError": "ECONNREFUSED", "ConnectionResetError": "ECONNRESET"}
_REFUSED = 111
_CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
_DEEPEST = 8


def read_reuses(facts: Facts) -> Iterator[Reuse]:
    """Yield the loops that connect a socket again after its connect has failed: one for each loop and socket."""
    if not any(_may_connect(facts, call) for call in _calls_in_loops(facts)):
        return  # what connects is not read for nothing
    sites = [site for site in facts.connects if _is_in_loop(facts, site.call)]
    reader = _Reader(facts) if sites else None
    seen: set[tuple[Loop, str]] = set()
    for site in sites:
        found = reader.read(site) if reader is not None else None
        if found is not None and (found.loop, found.variable) not in seen:
            seen.add((found.loop, found.variable))
            yield found


def _may_connect(facts: Facts, call: cst.Call) -> bool:
    """Say whether `call` may be one of a socket's connects."""
    operations = map(knowledge.operation, facts.values.targets(call))
    return any(each is not None and each.name in _ALL for each in operations)


def _calls_in_loops(facts: Facts) -> Iterator[cst.Call]:
    """Yield the calls that are part of a loop, in their own function."""
    loops: tuple[Loop, ...] = (*facts.index.all(cst.For), *facts.index.all(cst.While))
    for loop in loops:
        if not _is_in_loop(facts, loop):
            parts = (loop.test, loop.body) if isinstance(loop, cst.While) else (loop.body,)
            yield from (node for node in walk_same_code(*parts) if type(node) is cst.Call)


def _is_in_loop(facts: Facts, node: cst.CSTNode) -> bool:
    return next(_loops(facts, node), None) is not None


def _loops(facts: Facts, node: cst.CSTNode) -> Iterator[Loop]:
    """Yield the loops that `node` is part of, innermost first, in its own function."""
    below = node
    for ancestor in facts.index.ancestors(node):
        if is_code_of_its_own(ancestor):
            return
        if type(ancestor) is cst.While and below is not ancestor.orelse:
            yield ancestor
        if type(ancestor) is cst.For and below is ancestor.body:
            yield ancestor
        below = ancestor


class _Reader:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._index = facts.index
        self._names = facts.names
        self._values = facts.values
        self._graphs: dict[cst.CSTNode, Graph | None] = {}
        self._tellings: dict[str, dict[str | None, list[cst.BaseExpression]]] = {}

    def read(self, site: ConnectSite) -> Reuse | None:
        """Return how the socket of `site` is connected again; None where it is not, or where that cannot be told."""
        name = site.tried.operation.name
        if name not in _ALL:
            return None
        receiver = _receiver(site.call, name)
        held = self._held(receiver) if receiver is not None else None
        code = self._index.function_of(site.call) or self._index.module
        if receiver is None or held is None or isinstance(code, cst.Lambda):
            return None
        if code is self._index.module and self._index.enclosing(site.call, cst.ClassDef):
            return None
        if not self._is_stream(site) or self._is_bound_elsewhere(receiver, held, code):
            return None
        if name != _BY_LOOP and (site.patient or self._may_not_block(held)):
            return None
        graph = self._graph(code)
        if graph is None or any(_names_poll(loop) for loop in _loops(self.facts, site.call)):
            return None
        connects = self._connects_of(held, site.call)
        for loop in _loops(self.facts, site.call):
            found = self._round(site, held, graph, loop, connects)
            if found is not None:
                return found
        return None

    def _round(
        self, site: ConnectSite, held: Held, graph: Graph, loop: Loop, connects: frozenset[cst.Call]
    ) -> Reuse | None:
        """Return how the socket is connected again in `loop`, by the ways that do not leave it."""
        if loop not in graph.outs:
            return None
        raises: list[str | None] = []
        handlers: dict[cst.ExceptHandler, None] = {}
        again: cst.Call | None = None
        closed = False
        failures: list[str | None] = [None]
        if site.tried.operation.name not in _BY_RESULT:
            failures = [each.raises for each in site.tried.failures if each.scenario not in _HARMLESS_SCENARIOS]
        for failure in dict.fromkeys(failures):
            way = _Again(self, held, graph, loop=loop, call=site.call, connects=connects)
            try:
                way.follow(failure)
            except (TooComplexError, UsedError):
                continue
            if way.reached:
                raises.append(failure)
                handlers.update(dict.fromkeys(way.handlers))
                again = again or next(iter(way.reached))
                closed = closed or any(way.reached.values())
        if again is None:
            return None
        return Reuse(
            call=site.call,
            tried=site.tried,
            variable=held.name,
            held=held,
            again=again,
            loop=loop,
            raises=tuple(name for name in raises if name is not None),
            handlers=tuple(handlers),
            makers=site.makers,
            closed=closed,
            mode=self._mode(site, held),
        )

    def _graph(self, code: cst.FunctionDef | cst.Module) -> Graph | None:
        if code not in self._graphs:
            try:
                self._graphs[code] = read_flow(code, self._names, self.facts.exceptions)
            except TooComplexError:
                self._graphs[code] = None
        return self._graphs[code]

    # Which socket

    def _held(self, receiver: cst.BaseExpression) -> Held | None:
        if type(receiver) is cst.Name:
            scope = self._names.owner(receiver.value, self._index.scope_of(receiver))
            return Held(receiver.value, scope) if scope is not None else None
        if type(receiver) is cst.Attribute and type(receiver.value) is cst.Name:
            path = dotted(receiver)
            scope = self._names.owner(receiver.value.value, self._index.scope_of(receiver))
            if path is None or scope is None or not self._names.class_names(receiver.value):
                return None
            return Held(path, scope, receiver.value.value, "always")
        return None

    def _is_stream(self, site: ConnectSite) -> bool:
        """Say whether the socket is surely one of TCP: a Unix socket may be connected again, and connects at once."""
        address = argument(site.call, 1 if site.tried.operation.name == _BY_LOOP else 0, "address")
        followed = self._names.follow(address) if address is not None else None
        if type(followed) is cst.Tuple and len(followed.elements) >= 2:
            return True
        if isinstance(followed, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)):
            return False
        if not site.makers:
            return False
        return all(self._has_stream_family(each.value) for each in site.makers)

    def _has_stream_family(self, made: cst.CSTNode | None) -> bool:
        if type(made) is not cst.Call:
            return False
        if self._values.target(made) in _WRAPPERS:
            return True  # nobody speaks TLS over a Unix socket
        family = argument(made, 0, "family")
        if family is None:
            return not any(arg.star for arg in made.args)
        words = {node.value for node in walk(family) if type(node) is cst.Name}
        if words & _OTHER_FAMILIES:
            return False
        return bool(words & _STREAM_FAMILIES)

    def _is_bound_elsewhere(self, receiver: cst.BaseExpression, held: Held, code: cst.CSTNode) -> bool:
        """Say whether another function may bind the name while this one runs."""
        found = self._names.bindings(receiver)
        if held.owner is not None:
            return not found
        around = {None, code, *self._index.ancestors(code)}
        return any(self._index.function_of(each.node) not in around for each in found if each.kind != "parameter")

    def _may_not_block(self, held: Held) -> bool:
        """Say whether the socket is told, by what is no constant, whether to block."""
        return any(
            not (type(value) is cst.Name and value.value == "True")
            and not (type(value) is cst.Integer and value.evaluated_value)
            for value in self._told("setblocking").get(held.name, ())
        )

    def _told(self, method: str) -> dict[str | None, list[cst.BaseExpression]]:
        """Return what `method` (`settimeout`) is given first, by the path of what it is called on."""
        found = self._tellings.get(method)
        if found is None:
            found = self._tellings[method] = {}
            for call in self._index.all(cst.Call):
                if type(call.func) is cst.Attribute and call.func.attr.value == method and call.args:
                    found.setdefault(dotted(call.func.value), []).append(call.args[0].value)
        return found

    def _connects_of(self, held: Held, call: cst.Call) -> frozenset[cst.Call]:
        """Return all connects of the same socket in the function of `call`."""
        found = {call}
        for site in self._sites.get(self._index.function_of(call), ()):
            receiver = _receiver(site.call, site.tried.operation.name)
            if receiver is not None and self._held(receiver) == held:
                found.add(site.call)
        return frozenset(found)

    @cached_property
    def _sites(self) -> dict[cst.CSTNode | None, list[ConnectSite]]:
        """The connects by the functions that they stand in."""
        found: dict[cst.CSTNode | None, list[ConnectSite]] = {}
        for site in self.facts.connects:
            found.setdefault(self._index.function_of(site.call), []).append(site)
        return found

    def _mode(self, site: ConnectSite, held: Held) -> ReuseMode:
        name = site.tried.operation.name
        if name == _BY_LOOP:
            return "async"
        if name.startswith("ssl."):
            return "tls"
        told = chain(self._told("settimeout").get(held.name, ()), *self._told("setdefaulttimeout").values())
        bounded = any(not (type(value) is cst.Name and value.value == "None") for value in told)
        return "timeout" if bounded else "blocking"

    # What may bind it

    def may_bind(self, call: cst.Call, held: Held) -> bool:
        """Say whether `call` may give the object that holds the socket another one."""
        if held.owner is None:
            return False
        if any(type(arg.value) is cst.Name and arg.value.value == held.owner for arg in call.args):
            return True
        func = call.func
        if type(func) is cst.Attribute and dotted(func.value) == held.owner:
            return self._method_may_bind(call, held.name.partition(".")[2], frozenset())
        return type(func) is cst.Attribute and _is_super(func.value)

    def _method_may_bind(self, call: cst.Call, attribute: str, busy: frozenset[cst.CSTNode]) -> bool:
        definitions = self._index.definitions.get(self._values.target(call) or "", [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef or len(busy) > _DEEPEST:
            return True
        function = definitions[0]
        if function in busy:
            return False
        owner = next(
            (each.name.value for each in (*function.params.posonly_params, *function.params.params)),
            None,
        )
        if owner is None:
            return True
        for node in walk(function.body):
            if type(node) is cst.Attribute and dotted(node) == f"{owner}.{attribute}":
                if self._is_bound_by(node):
                    return True
            elif type(node) is cst.Arg and type(node.value) is cst.Name and node.value.value == owner:
                return True
            elif type(node) is cst.Call and type(node.func) is cst.Attribute:
                if _is_super(node.func.value):
                    return True
                if dotted(node.func.value) == owner and self._method_may_bind(node, attribute, busy | {function}):
                    return True
        return False

    def _is_bound_by(self, node: cst.Attribute) -> bool:
        """Say whether `node` stands where something is assigned to it, or deleted."""
        below: cst.CSTNode = node
        for ancestor in self._index.ancestors(node):
            if isinstance(ancestor, (cst.AssignTarget, cst.Del, cst.AsName)):
                return True
            if isinstance(ancestor, (cst.AugAssign, cst.AnnAssign)):
                return ancestor.target is below
            if isinstance(ancestor, (cst.For, cst.CompFor)):
                return ancestor.target is below
            if not isinstance(ancestor, (cst.Tuple, cst.List, cst.Element, cst.StarredElement)):
                return False
            below = ancestor
        return False


class _Again(Way):
    """The ways that a failed connect can take round its loop, to a connect of the same socket.

    `reached` holds the connects they come to, and whether the socket is closed by then.
    """

    def __init__(
        self, reader: _Reader, held: Held, graph: Graph, *, loop: Loop, call: cst.Call, connects: frozenset[cst.Call]
    ) -> None:
        super().__init__(reader.facts, held, graph)
        self.reached: dict[cst.Call, bool] = {}
        self._facts_reader = reader
        self._loop = loop
        self._call = call
        self._connects = connects
        self._walker = _Told(_Teller(reader.facts, call), self)

    def follow(self, raises: str | None) -> None:
        """Follow what `call` raises, or what it gives if that tells of the failure."""
        known = {**self._flags(), self._held.name: SOME}
        if raises is not None:
            for _ in self._raised(self._call, raises, known):
                pass
            return
        for step in self._steps_with_call():
            env = self._walker.update(step, known)
            for each in self._walker.following(step, env):
                for _ in self._from(each, "", env):
                    pass

    def _flags(self) -> Env:
        """Return the flags of the first attempt: the names bound once before the loop, to True, False or None."""
        scope = self._index.scope_of(self._loop)
        before = set(takewhile(lambda node: node is not self._call, walk_same_code(self._loop)))
        found: Env = {}
        for name, made in scope.names.items():
            outside = [each for each in made if not is_below(self._index, each.node, self._loop)]
            if len(outside) != 1 or outside[0].kind != "assign" or any(each.node in before for each in made):
                continue
            value = outside[0].value
            if type(value) is cst.Name and value.value in _CONSTANTS and outside[0].index is None:
                found[name] = _CONSTANTS[value.value]
        return found

    def _steps_with_call(self) -> list[Step]:
        found: dict[Step, None] = {}
        caught = [step for node, step in self._graph.catches.items() if is_below(self._index, node, self._loop)]
        stack = [self._graph.heads[self._loop], *caught]
        while stack:
            step = stack.pop()
            if step not in found and step is not self._graph.outs[self._loop]:
                found[step] = None
                stack += step.follow
        return [step for step in found if self._call in calls_of(step)]

    def _covers(self, handler: cst.CSTNode) -> bool:
        return is_below(self._index, handler, self._loop.body)

    def _from(self, start: Step | None, current: str, env: Env) -> Iterator[Ending]:
        if start is not None:
            yield from super()._from(start, current, {**env, "#raised": current})

    def _closed_in(self, final: cst.Finally) -> bool:
        """Say that the way ends in `final` if that may bind another socket."""
        return any(self._may_bind(node) for node in walk_same_code(final.body))

    def _may_bind(self, node: cst.CSTNode) -> bool:
        if type(node) is cst.Call:
            return self._facts_reader.may_bind(node, self._held)
        return type(node) is cst.AssignTarget and any(self.mentions(each) for each in walk_same_code(node.target))

    def mentions(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is the socket's name."""
        return self.reader.is_mention(node, self._held)

    def _outcome(self, step: Step, env: Env) -> Ending | None:
        if step is self._graph.outs[self._loop] or step.kind in {"end", "return", "escape"}:
            return "end"
        for call in calls_of(step):
            if call in self._connects:
                self.reached[call] = self.reached.get(call, False) or "#closed" in env
                return "end"
            if self.reader.is_exit(call):
                return "end"
            if self._facts_reader.may_bind(call, self._held):
                return "rebound"
        return "rebound" if any(bound.name == self._held.name for bound in bindings(step)) else None

    def closes(self, step: Step) -> bool:
        """Say whether the socket is closed at `step`."""
        return any(closes(self._facts, call, self._held) for call in calls_of(step))


class _Told(Walker):
    """A walker that keeps in mind whether the socket is closed, and takes no way that hangs on an unknown errno."""

    def __init__(self, teller: _Teller, way: _Again) -> None:
        super().__init__(teller)
        self._teller = teller
        self._way = way

    def update(self, step: Step, env: Env, succeeded: object = None) -> Env:
        del succeeded
        after = super().update(step, env)
        return {**after, "#closed": True} if "#closed" not in after and self._way.closes(step) else after

    def following(self, step: Step, env: Env) -> list[Step]:
        if step.kind == "test" and isinstance(step.node, cst.BaseExpression):
            unknown = self._teller.truth(step.node, env) is None
            if unknown and self._teller.asks_for_errno(step.node, env):
                return []
        return super().following(step, env)


class _Teller(Evaluator):
    """Knows of the failure what its class tells: its errno, and what it is an instance of."""

    def __init__(self, facts: Facts, call: cst.Call) -> None:
        super().__init__(facts.names)
        self._facts = facts
        self._call = call

    def value(self, node: cst.BaseExpression, env: Env) -> Constant:  # type: ignore[override]
        if node is self._call:
            return _REFUSED
        if type(node) is cst.NamedExpr:
            return self.value(node.value, env)
        if type(node) is cst.Call:
            return self._is_instance(node, env)
        if type(node) is cst.Comparison and len(node.comparisons) == 1:
            told = self._compared(node, env)
            if told is not None:
                return told
        return super().value(node, env)

    def _is_instance(self, node: cst.Call, env: Env) -> bool:
        raised = env.get("#raised")
        if self._facts.names.qualified(node.func) != "isinstance" or len(node.args) != 2 or not raised:
            raise Unknown
        if not self._is_caught(node.args[0].value):
            raise Unknown
        taken = self._facts.exceptions.taken(self._facts.names.classes(node.args[1].value), str(raised))
        if taken is None:
            raise Unknown
        return taken

    def _compared(self, node: cst.Comparison, env: Env) -> bool | None:
        """Compare the errno of the failure; None where it is not that which is compared."""
        target = node.comparisons[0]
        operator = target.operator
        if not isinstance(operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn)):
            return None
        sides = [(node.left, target.comparator)]
        if isinstance(operator, (cst.Equal, cst.NotEqual)):
            sides.append((target.comparator, node.left))
        for told, other in sides:
            mine = self._errno(told, env)
            if mine is None or (type(other) is cst.Integer and other.evaluated_value == 0):
                continue
            names = Errnos(self._facts).of(other, single=isinstance(operator, (cst.Equal, cst.NotEqual)))
            if names is None or not mine:
                raise Unknown
            return (mine in names) is isinstance(operator, (cst.Equal, cst.In))
        return None

    def _errno(self, node: cst.BaseExpression, env: Env) -> str | None:
        """Return the name of the errno that `node` is, empty if it is one that is not known; None if it is none."""
        raised = env.get("#raised")
        if isinstance(node, (cst.Name, cst.Call, cst.NamedExpr)):
            try:
                return "ECONNREFUSED" if not raised and self.value(node, env) == _REFUSED else None
            except Unknown:
                return None
        if type(node) is cst.Attribute and node.attr.value in {"errno", "winerror"} and self._is_caught(node.value):
            return _ERRNO_OF.get(str(raised), "")
        if (
            type(node) is cst.Subscript
            and type(node.value) is cst.Attribute
            and node.value.attr.value == "args"
            and self._is_caught(node.value.value)
        ):
            return _ERRNO_OF.get(str(raised), "")
        return None

    def _is_caught(self, node: cst.BaseExpression) -> bool:
        """Say whether `node` is the exception that the nearest handler around it has caught."""
        handler = self._facts.index.enclosing(node, cst.ExceptHandler)
        return handler is not None and type(node) is cst.Name and bound_name(handler) == node.value

    def asks_for_errno(self, test: cst.BaseExpression, env: Env) -> bool:
        """Say whether `test` reads an errno or a class of the failure."""
        del env
        return any(
            type(node) is cst.Name and (node.value in {"errno", "winerror", "isinstance", "errorcode"})
            for node in walk_same_code(test)
        )


def closes(facts: Facts, call: cst.Call, held: Held) -> bool:
    """Say whether `call` closes the socket `held`: `sock.close()`, or a method of the object that says so itself."""
    path = dotted(call.func)
    if path == f"{held.name}.close":
        return True
    if held.owner is None or path is None or path.rpartition(".")[0] != held.owner:
        return False
    definitions = facts.index.definitions.get(facts.values.target(call) or "", [])
    if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
        return False
    attribute = held.name.partition(".")[2]
    return any(
        type(node) is cst.Call and (dotted(node.func) or "").endswith(f".{attribute}.close")
        for node in walk_same_code(definitions[0].body)
    )


def _receiver(call: cst.Call, operation: str) -> cst.BaseExpression | None:
    """Return the expression of the socket that `call` connects."""
    if operation == _BY_LOOP:
        return argument(call, 0, "sock")
    return call.func.value if type(call.func) is cst.Attribute else None


def _is_super(node: cst.BaseExpression) -> bool:
    return type(node) is cst.Call and type(node.func) is cst.Name and node.func.value == "super"


def _names_poll(loop: Loop) -> bool:
    return any(type(node) is cst.Name and node.value in _POLLS for node in walk_same_code(loop))
