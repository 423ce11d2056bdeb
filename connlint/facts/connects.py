"""The calls that connect: where their socket comes from, who takes their failure, and who closes.

Most calls named `connect` are no sockets. What counts here is what the call calls, by the tables, and never its name.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import libcst as cst

from connlint import knowledge
from connlint.facts.closing import ClosingReader, Held, is_test
from connlint.facts.effects import Effects
from connlint.facts.guards import GuardsReader
from connlint.facts.model import ConnectSite
from connlint.facts.tree import argument, dotted, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import Leak
    from connlint.facts.scopes import Binding

Origin = Literal["made", "parameter", "attribute", "returned", "result", "unknown"]

_BY_RESULT = frozenset({"socket.socket.connect_ex", "ssl.SSLSocket.connect_ex"})
_SOCKETS = frozenset({"socket.socket.connect", "ssl.SSLSocket.connect"}) | _BY_RESULT
_BY_LOOP = "asyncio.AbstractEventLoop.sock_connect"
_MAKERS = frozenset({"socket.socket", "ssl.SSLSocket"})
_WRAPPERS = frozenset({"ssl.SSLContext.wrap_socket", "ssl.wrap_socket"})
# Families whose connect reaches no peer that could refuse it, or that are no matter of a network
_OTHER_FAMILIES = frozenset(
    "AF_NETLINK AF_PACKET AF_CAN AF_ALG AF_TIPC AF_QIPCRTR AF_SYSTEM AF_LINK PF_SYSTEM PF_PACKET".split()
)
# As numbers, those that they have on every system
_OTHER_KINDS = frozenset({"SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET"})
_KINDS_BY_NUMBER = frozenset({"2", "3", "4", "5"})
# Requests of a connection that is only prepared: the first of them connects.
_CONNECTING_REQUESTS = frozenset({"http.client.HTTPConnection.request", "http.client.HTTPSConnection.request"})
_CONSTRUCTORS = frozenset({"__init__", "__enter__", "__aenter__"})


def read_connects(facts: Facts) -> Iterator[ConnectSite]:
    """Yield every call of the file that connects, in source order."""
    reader = _Reader(facts)
    for call in facts.index.all(cst.Call):
        tried = reader.connecting(call)
        site = reader.site(call, tried) if tried is not None else None
        if site is not None:
            yield site


class _Reader:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._names = facts.names
        self._values = facts.values
        self._guards = GuardsReader(facts)
        self._closing = ClosingReader(facts)

    def connecting(self, call: cst.Call) -> Tried | None:
        """Return what `call` tries if it certainly connects, itself and not through a function of the file."""
        targets = self._values.targets(call)
        if not any(map(self._may_be_operation, targets)):
            return None
        effects = self._facts.effects.of_call(call)
        if not effects.opaque and not effects.tried:
            effects = Effects(tried=tuple(each for each in (self._facts.effects.deferred(call),) if each is not None))
        if effects.opaque or not effects.tried:
            return None
        # A socket that is wrapped in one branch fails in all the ways of the plain one, and in some more.
        tried = min(effects.tried, key=lambda each: len(each.failures))
        if len(effects.tried) > 1 and not all(each.operation.name in _SOCKETS for each in effects.tried):
            return None
        if tried.through or not (tried.operation.phase == "connect" or self._is_first_request(call, tried)):
            return None
        return tried if tried.failures and not self._reaches_nobody(call, tried) else None

    def _may_be_operation(self, target: str) -> bool:
        """Say whether `target` is an operation, or a class of the file whose base's constructor may be one."""
        if target.startswith("<file>"):
            return any(type(each) is cst.ClassDef for each in self._index.definitions.get(target, ()))
        return knowledge.operation(target) is not None

    def _is_first_request(self, call: cst.Call, tried: Tried) -> bool:
        """Say whether `call` is the request with which a connection that is made here connects."""
        if tried.operation.name not in _CONNECTING_REQUESTS or type(call.func) is not cst.Attribute:
            return False
        function = self._index.function_of(call)
        receiver = call.func.value
        if type(receiver) is not cst.Name or len(self._names.bindings(receiver)) != 1:
            return False
        if any(self._index.function_of(each) is not function for each in self._makers(receiver)):
            return False
        owner = self._names.owner(receiver.value, self._index.scope_of(receiver))
        for each in self._index.calls_in(function):
            if each is call:
                return True
            if type(each.func) is cst.Attribute and type(each.func.value) is cst.Name:
                same = each.func.value.value == receiver.value
                if same and self._names.owner(receiver.value, self._index.scope_of(each)) is owner:
                    return each.func.attr.value.startswith("set_")  # a tunnel, a debug level
        return False

    def _reaches_nobody(self, call: cst.Call, tried: Tried) -> bool:
        connected = argument(call, None, "sock")
        if connected is not None and not _is_none(connected):
            return True
        if tried.operation.name not in _SOCKETS or type(call.func) is not cst.Attribute:
            return False
        return any(self._is_no_stream(made) for made in self._makers(call.func.value))

    def _is_no_stream(self, made: cst.Call) -> bool:
        """Say whether the constructor `made` makes a datagram or raw socket, or one of no network."""
        if self._values.target(made) in _WRAPPERS:
            return False
        kind = argument(made, 1, "type")
        family = argument(made, 0, "family")
        kinds = _names_in(self._names.follow(kind)) if kind is not None else set()
        families = _names_in(family) if family is not None else set()
        if kinds & (_OTHER_KINDS | _KINDS_BY_NUMBER) or families & _OTHER_FAMILIES:
            return True
        # A kind that is told only when it runs may be any that the file names.
        return kind is not None and "SOCK_STREAM" not in kinds and self._names_datagrams

    @cached_property
    def _names_datagrams(self) -> bool:
        """True if the file names a kind of socket that has no connections."""
        return not _OTHER_KINDS.isdisjoint(_names_in(self._facts.module))

    def site(self, call: cst.Call, tried: Tried) -> ConnectSite | None:
        refusals = tuple(dict.fromkeys(each.raises for each in tried.failures if each.scenario == "refused"))
        classes = refusals or tuple(dict.fromkeys(each.raises for each in tried.failures))
        outlet: cst.CSTNode | None = None
        if tried.operation.awaited and not self._facts.effects.is_awaited(call):
            deferred = self._guards.deferred_fate(call, classes)
            if deferred is None:
                return None
            fate, outlet = deferred
        else:
            fate = self._guards.fate(call, classes)
        origin, held = self._origin(call, tried)
        patient = self._is_patient(call, tried)
        leaks: tuple[Leak, ...] = ()
        by_result = tried.operation.name in _BY_RESULT
        if held is not None and origin == "made" and not (patient or by_result or self._facts.is_test):
            makers = self._made_at(call, tried)
            failures = (each.raises for each in tried.failures)
            leaks = self._closing.leaks(call, held, makers, failures)
        return ConnectSite(
            call=call,
            tried=tried,
            origin=origin,
            variable=held.name if held is not None else None,
            guards=fate.guards,
            guarded=fate.guarded,
            escapes=fate.escapes,
            place=fate.place,
            leaks=leaks,
            patient=patient,
            gathered=fate.gathered,
            by_result=by_result,
            outlet=outlet,
            makers=self._all_makers(call, tried),
        )

    # Where the socket comes from

    def _origin(self, call: cst.Call, tried: Tried) -> tuple[Origin, Held | None]:
        receiver = _socket_of(call, tried)
        if receiver is None:
            return "result", None
        if type(receiver) is cst.Name:
            return self._origin_of_name(receiver)
        if type(receiver) is cst.Attribute:
            return self._origin_of_attribute(receiver)
        return ("made" if type(receiver) is cst.Call and self._is_maker(receiver) else "returned"), None

    def _origin_of_name(self, name: cst.Name) -> tuple[Origin, Held | None]:
        bindings = self._names.bindings(name)
        held = Held(name.value, self._names.owner(name.value, self._index.scope_of(name)))
        if any(binding.kind == "parameter" for binding in bindings):
            return "parameter", held
        values = self._values_of(self._reaching(bindings, name))
        if values is None:
            return "unknown", held
        if all(self._is_maker(value) for value in values):
            return ("made" if held.scope is self._index.scope_of(name) else "unknown"), held
        return "returned" if all(type(value) is cst.Call for value in values) else "unknown", held

    def _origin_of_attribute(self, attribute: cst.Attribute) -> tuple[Origin, Held | None]:
        """Return `made` for what the function that connects it has made too.

        A constructor that fails leaves no object, so that nobody else can close the socket.
        """
        path = dotted(attribute)
        function = self._index.function_of(attribute)
        if path is None or type(attribute.value) is not cst.Name:
            return "attribute", None
        scope = self._names.owner(attribute.value.value, self._index.scope_of(attribute))
        held = Held(path, scope, attribute.value.value, "always")
        owner = self._index.class_of(function) if type(function) is cst.FunctionDef else None
        if owner is None or type(function) is not cst.FunctionDef or self._is_property(owner, attribute):
            return "attribute", held
        made = [each for each in self._assigned_here(attribute, function) if not _is_none(each)]
        if not made or not all(self._is_maker(value) for value in made):
            return "attribute", held
        if function.name.value in _CONSTRUCTORS:
            finalizer = f"{self._index.scopes[owner].qualified}.__del__"
            held = held._replace(survives="always" if finalizer in self._index.definitions else "unless raised")
        return "made", held

    def _is_property(self, owner: cst.ClassDef, attribute: cst.Attribute) -> bool:
        return attribute.attr.value in self._index.scopes[owner].names

    def _assigned_here(self, attribute: cst.Attribute, function: cst.FunctionDef) -> list[cst.BaseExpression | None]:
        return [
            binding.value
            for binding in self._reaching(self._names.bindings(attribute), attribute)
            if self._index.function_of(binding.node) is function
        ]

    def _reaching(self, bindings: list[Binding], node: cst.CSTNode) -> list[Binding]:
        """Return `bindings` without those of another branch than `node`, unless a loop leads from there to here."""
        mine = [node, *self._index.ancestors(node)]
        return [each for each in bindings if not self._is_apart(each.node, mine)]

    def _is_apart(self, node: cst.CSTNode, mine: list[cst.CSTNode]) -> bool:
        below = node
        for ancestor in self._index.ancestors(node):
            if ancestor in mine:
                fork = isinstance(ancestor, (cst.If, cst.Match)) and not is_test(ancestor, below)
                around = mine[mine.index(ancestor) :]
                return fork and not any(isinstance(each, (cst.For, cst.While)) for each in around)
            below = ancestor
        return False

    @staticmethod
    def _values_of(bindings: list[Binding]) -> list[cst.BaseExpression] | None:
        """Return what assignments give a name, `None` left out; None where something else binds it too."""
        found = []
        for binding in bindings:
            if binding.kind in {"delete", "annotate"}:
                continue
            if binding.kind != "assign" or binding.value is None or binding.index is not None:
                return None
            if not _is_none(binding.value):
                found.append(binding.value)
        return found or None

    def _is_maker(self, value: cst.BaseExpression | None, outer: tuple[cst.Call, ...] = ()) -> bool:
        """Say whether `value` is a call that makes a new socket, or wraps one that is made here.

        `outer` are the calls that wrap it: `s = wrap(s)` may be all that a name is ever bound to.
        """
        if type(value) is not cst.Call or value in outer:
            return False
        target = self._values.target(value)
        if target is None:
            return False
        if target in _WRAPPERS:
            inner = value.args[0].value if value.args else None
            if type(inner) is cst.Name:
                values = self._values_of(self._names.bindings(inner)) or ()
                return any(self._is_maker(each, (*outer, value)) for each in values)
            return self._is_maker(inner, (*outer, value))
        if argument(value, 3, "fileno") is not None:
            return False
        if target.startswith("<file>"):
            return type(self._index.definitions[target][0]) is cst.ClassDef and self._values.derives(target, *_MAKERS)
        return target in _MAKERS

    def _makers(self, receiver: cst.BaseExpression) -> list[cst.Call]:
        if type(receiver) is cst.Call:
            return [receiver]
        return [
            binding.value
            for binding in self._names.bindings(receiver)
            if type(binding.value) is cst.Call and binding.index is None
        ]

    def _all_makers(self, call: cst.Call, tried: Tried) -> tuple[Binding, ...]:
        """Return all that gives the socket its value, if each makes a new one; nothing if one does not."""
        receiver = _socket_of(call, tried)
        if not isinstance(receiver, (cst.Name, cst.Attribute)):
            return ()
        found = [
            each
            for each in self._names.bindings(receiver)
            if each.kind not in {"annotate", "delete"} and not _is_none(each.value)
        ]
        made = all(
            each.kind in {"assign", "with"} and each.index is None and self._is_maker(each.value) for each in found
        )
        return tuple(found) if made else ()

    def _made_at(self, call: cst.Call, tried: Tried) -> tuple[cst.CSTNode, ...]:
        receiver = _socket_of(call, tried) or call.func
        function = self._index.function_of(call)
        return tuple(
            binding.node
            for binding in self._names.bindings(receiver)
            if self._is_maker(binding.value) and self._index.function_of(binding.node) is function
        )

    def _factories(self, receiver: cst.BaseExpression) -> list[cst.CSTNode]:
        """Return the functions of the file that make what `receiver` names."""
        return [
            definition
            for made in self._makers(receiver)
            for definition in self._index.definitions.get(self._values.target(made) or "", ())
        ]

    def _is_patient(self, call: cst.Call, tried: Tried) -> bool:
        """Say whether the socket may have been told not to block: then its connect fails by design."""
        if tried.operation.name not in _SOCKETS or type(call.func) is not cst.Attribute:
            return False
        path = dotted(call.func.value)
        if path is None:
            return False
        paths, functions = self._told_not_to_block
        return path in paths or not functions.isdisjoint(self._factories(call.func.value))

    @cached_property
    def _told_not_to_block(self) -> tuple[set[str | None], set[cst.CSTNode | None]]:
        """What is told not to block, by its path, and the functions in which that is said."""
        paths: set[str | None] = set()
        functions: set[cst.CSTNode | None] = set()
        for call in self._index.all(cst.Call):
            if type(call.func) is not cst.Attribute or not call.args:
                continue
            if call.func.attr.value not in {"setblocking", "settimeout"}:
                continue
            value = call.args[0].value
            never = type(value) is cst.Name and value.value == "False"
            if isinstance(value, (cst.Integer, cst.Float)):
                never = value.evaluated_value == 0
            if never:
                paths.add(dotted(call.func.value))
                functions.add(self._index.function_of(call))
        return paths, functions


def _names_in(node: cst.CSTNode) -> set[str]:
    """Return the names and numbers in `node`."""
    return {each.value for each in walk(node) if isinstance(each, (cst.Name, cst.Integer))}


def _socket_of(call: cst.Call, tried: Tried) -> cst.BaseExpression | None:
    """Return the socket that `call` connects, where the call does not make one itself."""
    if tried.operation.name == _BY_LOOP:
        return argument(call, 0, "sock")
    if tried.operation.name in _SOCKETS and type(call.func) is cst.Attribute:
        return call.func.value
    return None


def _is_none(value: cst.BaseExpression | None) -> bool:
    return type(value) is cst.Name and value.value == "None"
