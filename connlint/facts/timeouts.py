"""The connects that may wait for as long as the system likes.

A timeout reaches a connect in many ways: as an argument, by the socket that was told before, by the constructor of the
object that connects, by a deadline around the call or around its caller, by what the whole program sets. What is read
here is only a connect that surely none of them reaches; anything that may be a bound, be it by its name, counts as one.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import libcst as cst

from connlint.facts.model import BlockingConnect, UnboundedConnect
from connlint.facts.tree import argument, dotted, has_star, walk, walk_same_code
from connlint.knowledge.timeouts import BOUNDING, EVERYWHERE, OPTIONS, PATIENCE, Patience
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.scopes import Binding
    from connlint.knowledge.model import Operation

_SOCKETS = frozenset(
    {"socket.socket.connect", "socket.socket.connect_ex", "ssl.SSLSocket.connect", "ssl.SSLSocket.connect_ex"}
)
_REQUESTS = frozenset({"http.client.HTTPConnection.request", "http.client.HTTPSConnection.request"})
_MAKERS = frozenset({"socket.socket"})
_WRAPPERS = frozenset({"contextlib.closing", "ssl.SSLContext.wrap_socket", "ssl.wrap_socket"})
_STREAM_FAMILIES = frozenset({"AF_INET", "AF_INET6", "PF_INET", "PF_INET6"})
_LOOPBACK = TextPattern(
    r"localhost(?:\.localdomain|[46])?\Z|127(?:\.\d+){3}\Z|\[?::1\]?\Z|0\.0\.0\.0\Z|ip6-localhost\Z|\Z"
)
_OWN_ADDRESS = frozenset({"getsockname", "gethostname", "server_address", "getfqdn", "sockets"})

# Whatever has such a name, around a call or as a decorator, is taken to bound it.
_BOUNDS = TextPattern(
    r"time_?out|dead_?line|wait_?for(?!_?ever)|fail_?a(?:fter|t)\b|move_?on_?a|time_?limit|alarm|cancel",
    re.IGNORECASE,
)
_CONNECTS = TextPattern(r"connect|open|socket", re.IGNORECASE)
# Whatever is told to a socket by one of these may bound what it does next.
_SETTINGS = frozenset({"settimeout", "setblocking"})
_DEEPEST = 6
# Functions that take a socket and leave it as it is.
_LOOKING = frozenset({"bool", "id", "isinstance", "print", "repr", "str", "type", "contextlib.closing"})

_TIMEOUT_NAME = TextPattern(
    r"\A(?:(?:default|conn|connect|connection|tcp|net|network|sock|socket|server|client)_)?(?:time_?out)"
    r"(?:_(?:s|sec|secs|seconds))?\Z",
    re.IGNORECASE,
)
_OF_CONNECTS = TextPattern(r"conn", re.IGNORECASE)
_LONGEST = 300.0
_NUMBERS = frozenset({"Final", "None", "Number", "Optional", "Real", "Union", "float", "int", "numbers", "typing"})


class Setting(NamedTuple):
    """A call that tells a socket how to wait: where among the file's calls it stands, and for how long."""

    order: int
    call: cst.Call
    seconds: cst.BaseExpression | None


class Origin(NamedTuple):
    """Where a socket comes from: the calls that make it, and the names (or attributes) that it goes by."""

    makers: tuple[cst.Call, ...]
    names: frozenset[str]


def read_unbounded(facts: Facts) -> Iterator[UnboundedConnect]:
    """Yield every connect of the file whose wait surely nothing bounds, in source order."""
    reader = TimeoutsReader(facts)
    if reader.bounds_everything:
        return
    found = [each for site in facts.connects if (each := reader.read(site.call, site.tried.operation)) is not None]
    found += [each for item in reader.first_requests() if (each := reader.read(*item)) is not None]
    yield from sorted(found, key=lambda each: reader.order[each.call])


def read_blocking(facts: Facts) -> Iterator[BlockingConnect]:
    """Yield every connect that blocks right inside a coroutine function, in source order."""
    reader = TimeoutsReader(facts)
    found = [(site.call, site.tried.operation) for site in facts.connects]
    found += reader.first_requests()
    for call, operation in sorted(found, key=lambda each: reader.order[each[0]]):
        function = facts.index.function_of(call)
        if type(function) is not cst.FunctionDef or function.asynchronous is None:
            continue
        if not operation.awaited and reader.surely_blocks(call, operation):
            yield BlockingConnect(call, operation, function)


class TimeoutsReader:
    """Reads what bounds the connects of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._names = facts.names
        self._values = facts.values

    @cached_property
    def order(self) -> dict[cst.CSTNode, int]:
        """The place of each call among the calls of the file."""
        return {call: place for place, call in enumerate(self._index.all(cst.Call))}

    @cached_property
    def bounds_everything(self) -> bool:
        """True if the file sets a timeout for all that it does, at any place and under any condition."""
        return any(
            name in EVERYWHERE and not (call.args and _is_none(call.args[0].value))
            for call in self._index.all(cst.Call)
            if (name := (dotted(call.func) or "").rpartition(".")[2])
        )

    def read(self, call: cst.Call, operation: Operation) -> UnboundedConnect | None:
        """Return what there is to say of `call`, which connects, if surely nothing bounds its wait."""
        patience = PATIENCE.get(operation.name)
        if patience is None or patience.default is not None or self._is_near(call, operation):
            return None
        if operation.name in _SOCKETS:
            found = self._of_socket(call, operation)
        elif operation.awaited and patience.parameter is None:
            found = self._of_coroutine(call, operation)
        elif patience.constructor is not None:
            found = self._of_prepared(call, operation, patience)
        else:
            found = self._of_call(call, operation, patience)
        if found is None or self._is_bounded_around(call, awaited=operation.awaited):
            return None
        return None if operation.awaited and self._is_bounded_later(call) else found

    # By an argument

    def _of_call(self, call: cst.Call, operation: Operation, patience: Patience) -> UnboundedConnect | None:
        if self._is_given(call, patience) or self._is_told_elsewhere(call, operation) or self._is_overridden(call):
            return None
        result = self._result(call)
        if patience.keeps is not None and operation.name.endswith((".connect", ".open")):
            result = call.func.value if type(call.func) is cst.Attribute else None
            if result is not None and self._may_be_told(result, call):
                return None
        late = self._told_after(call, result) if patience.keeps is not None and result is not None else ()
        return UnboundedConnect(
            call=call,
            operation=operation,
            how="argument",
            told=call,
            parameter=patience.parameter,
            position=patience.position,
            keeps=patience.keeps,
            result=result,
            late=next((each.call for each in late if _is_finite(each.seconds)), None),
            told_again=bool(late),
            setting=self._setting(call),
        )

    def _is_given(self, call: cst.Call, patience: Patience) -> bool:
        """Say whether `call` may have a timeout among its arguments."""
        if has_star(call):
            return True
        if patience.parameter is None:
            return False
        given = argument(call, patience.position, patience.parameter)
        return given is not None and not _is_none(given)

    def _is_told_elsewhere(self, call: cst.Call, operation: Operation) -> bool:
        """Say whether other arguments of `call` may hold a timeout, or a connection that is made already."""
        given = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
        if any(
            name in given and not _is_none(given[name]) for name in ("sock", "socket", "options", "config", "host_info")
        ):
            return True
        if operation.name == "psycopg2.connect":
            # by default it connects to a socket of the system, and a data source name may hold whatever it likes
            first = call.args[0].value if call.args and call.args[0].keyword is None else given.get("dsn")
            if first is not None:
                text = _text(first)
                return text is None or "timeout" in text or "host" not in text.replace("://", "host")
            return "host" not in given
        for value in self._addresses(call, operation):
            text = _text(value)
            if text is not None and ("timeout" in text or text.startswith("/")):
                return True
        return False

    def _is_overridden(self, call: cst.Call) -> bool:
        """Say whether `call` is the constructor of a base, which may connect by a method of the file's own class."""
        owner = self._index.enclosing(call, cst.ClassDef)
        if owner is None or type(call.func) is not cst.Attribute or call.func.attr.value != "__init__":
            return False
        return any(_CONNECTS.search(name) for name in self._index.scopes[owner].names)

    # By the object that connects

    def _of_prepared(self, call: cst.Call, operation: Operation, patience: Patience) -> UnboundedConnect | None:
        if self._is_given(call, patience) or type(call.func) is not cst.Attribute:
            return None
        receiver = call.func.value
        makers = self._constructors(receiver)
        if makers is None or not makers:
            return None
        for maker in makers:
            of = PATIENCE.get(self._values.target(maker) or "")
            if of is None or of.parameter is None or self._is_given(maker, of) or self._is_bounded_around(maker):
                return None
            if any(self._is_loopback(arg.value) for arg in maker.args[:1] if arg.keyword is None):
                return None
        if self._may_be_told(receiver, call):
            return None
        told, of = (call, patience) if patience.parameter is not None else (makers[0], None)
        target = PATIENCE[self._values.target(makers[0]) or ""] if of is None else of
        return UnboundedConnect(
            call=call,
            operation=operation,
            how="argument" if told is call else "constructor",
            told=told,
            parameter=target.parameter,
            position=target.position,
            setting=self._setting(told),
        )

    def first_requests(self) -> list[tuple[cst.Call, Operation]]:
        """Return the first request of each prepared HTTP connection that the file makes: it is what connects."""
        found: dict[tuple[cst.Call, ...], tuple[cst.Call, Operation]] = {}
        connected = {
            self._constructors(site.call.func.value)
            for site in self._facts.connects
            if type(site.call.func) is cst.Attribute
        }
        for call in self._index.all(cst.Call):
            if type(call.func) is not cst.Attribute or call.func.attr.value != "request":
                continue
            if self._values.target(call) not in _REQUESTS:
                continue
            makers = self._constructors(call.func.value)
            tried = self._facts.effects.of_call(call).tried
            if makers and makers not in connected and len(tried) == 1:
                found.setdefault(makers, (call, tried[0].operation))
        return list(found.values())

    def surely_blocks(self, call: cst.Call, operation: Operation) -> bool:
        """Say whether `call`, which connects, surely waits for another machine, or may well do."""
        if operation.name in _SOCKETS:
            origin = self.origin(call.func.value) if type(call.func) is cst.Attribute else None
            if origin is None or not origin.makers or self.may_not_block(origin):
                return False
            return all(self._is_over_ip(maker, call) for maker in origin.makers) and not self._is_path(call, operation)
        return not self._is_connected(call) and not self._is_path(call, operation)

    def _is_connected(self, call: cst.Call) -> bool:
        """Say whether `call` is given a connection that is made already."""
        return any(
            arg.keyword is not None and arg.keyword.value in {"sock", "socket"} and not _is_none(arg.value)
            for arg in call.args
        )

    def _is_path(self, call: cst.Call, operation: Operation) -> bool:
        """Say whether `call` connects to a socket in the file system."""
        given = [_text(self._names.follow(value)) for value in self._addresses(call, operation)]
        return any(text is not None and text.startswith(("/", "\0", "./")) for text in given)

    def _constructors(self, node: cst.BaseExpression, depth: int = 0) -> tuple[cst.Call, ...] | None:
        """Return the calls of a library's class that make what `node` is; None where it may be something else."""
        if type(node) is cst.Call:
            target = self._values.target(node)
            if target == "contextlib.closing" and node.args:
                return self._constructors(node.args[0].value, depth + 1)
            return (node,) if target in PATIENCE else None
        if depth > _DEEPEST or not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        values = self._bound_values(self._names.bindings(node))
        if values is None:
            return None
        found: list[cst.Call] = []
        for value in values:
            inner = self._constructors(value, depth + 1)
            if inner is None:
                return None
            found += inner
        return tuple(dict.fromkeys(found))

    @staticmethod
    def _bound_values(bindings: list[Binding]) -> list[cst.BaseExpression] | None:
        """Return what assignments and `with` give a name, `None` left out; None where something else binds it too."""
        found = []
        for binding in bindings:
            if binding.kind in {"delete", "annotate"}:
                continue
            if binding.kind not in {"assign", "with"} or binding.value is None or binding.index is not None:
                return None
            if not _is_none(binding.value):
                found.append(binding.value)
        return found or None

    # By the socket

    def _of_socket(self, call: cst.Call, operation: Operation) -> UnboundedConnect | None:
        if type(call.func) is not cst.Attribute or has_star(call):
            return None
        receiver = call.func.value
        origin = self.origin(receiver)
        if origin is None or not origin.makers:
            return None
        if not all(self._is_over_ip(maker, call) for maker in origin.makers):
            return None
        settings = self.settings(origin.names)
        here = self._index.function_of(call)
        before = [each for each in settings if self.order[each.call] < self.order[call]]
        after = [each for each in settings if each not in before and self._index.function_of(each.call) is here]
        elsewhere = [each for each in settings if self._index.function_of(each.call) is not here]
        if any(_may_bound(each) for each in elsewhere) or self._may_be_told(receiver, call, origin.names):
            return None
        if any(_may_bound(each) for each in before) and not self._is_taken_back(before, call):
            return None
        return UnboundedConnect(
            call=call,
            operation=operation,
            how="socket",
            told=call,
            made=origin.makers[-1],
            keeps="",
            result=receiver,
            late=next((each.call for each in after if _is_finite(each.seconds)), None),
            told_again=any(self._follows_in_block(call, each.call) for each in after),
            setting=self._setting(call),
        )

    def origin(self, node: cst.BaseExpression, seen: frozenset[str] = frozenset()) -> Origin | None:
        """Return where the socket `node` surely comes from; None if that may be elsewhere than in this file."""
        if type(node) is cst.Call:
            target = self._values.target(node)
            if target in _WRAPPERS:
                return self.origin(node.args[0].value, seen) if node.args else None
            if target not in _MAKERS or has_star(node) or argument(node, 3, "fileno") is not None:
                return None
            return Origin((node,), frozenset())
        path = self.key(node)
        if path is None or len(seen) > _DEEPEST:
            return None
        if path in seen:
            return Origin((), frozenset())
        values = self._bound_values(self._names.bindings(node))
        if values is None:
            return None
        makers: list[cst.Call] = []
        names = {path}
        for value in values:
            inner = self.origin(value, seen | {path})
            if inner is None:
                return None
            makers += inner.makers
            names |= inner.names
        return Origin(tuple(dict.fromkeys(makers)), frozenset(names))

    def key(self, node: cst.CSTNode) -> str | None:
        """Return what tells one socket of the file from another: a name with its scope, or an attribute's name."""
        if type(node) is cst.Attribute:
            return f".{node.attr.value}"
        if type(node) is cst.Name:
            owner = self._names.owner(node.value, self._index.scope_of(node))
            return f"{owner.qualified if owner is not None else ''}:{node.value}"
        return None

    def may_not_block(self, origin: Origin) -> bool:
        """Say whether the socket that comes from `origin` may be told not to wait, be it when it is made or later."""
        kinds = [argument(maker, 1, "type") for maker in origin.makers]
        if any(kind is not None and "SOCK_NONBLOCK" in _words(kind) for kind in kinds):
            return True
        return any(_may_not_block(each) for each in self.settings(origin.names))

    def settings(self, names: frozenset[str]) -> list[Setting]:
        """Return all that the file tells the socket of `names` about waiting, in source order."""
        found = []
        for call in self._index.all(cst.Call):
            func = call.func
            if type(func) is not cst.Attribute or func.attr.value not in _SETTINGS:
                continue
            if self.key(func.value) in names:
                found.append(Setting(self.order[call], call, call.args[0].value if call.args else None))
        return found

    def _may_be_told(self, receiver: cst.BaseExpression, call: cst.Call, names: frozenset[str] | None = None) -> bool:
        """Say whether what `receiver` is may get its timeout in a way that cannot be followed."""
        if names is None:
            key = self.key(receiver)
            names = frozenset({key} if key is not None else ())
            if any(_may_bound(each) for each in self.settings(names) if each.order < self.order[call]):
                return True
        for target in self._index.assigned:
            if self.key(target.value) in names and _BOUNDS.search(target.attr.value):
                return True
        here = self._index.function_of(call)
        for other in self._index.all(cst.Call):
            same = self._index.function_of(other) is here
            if same and self.order[other] >= self.order[call]:
                continue
            func = other.func
            if type(func) is cst.Attribute and self.key(func.value) in names:
                if func.attr.value in {"fileno", "ioctl"} and same:
                    return True
                if func.attr.value == "setsockopt" and not OPTIONS.isdisjoint(_words(other)):
                    return True
            # once it is known elsewhere it may be told anything there; in other functions, that is after the connect
            if same and any(self.key(arg.value) in names for arg in other.args) and not self._only_looks(other):
                return True
        return False

    def _only_looks(self, call: cst.Call) -> bool:
        target = self._values.target(call) or dotted(call.func) or ""
        return target in _LOOKING or target in _WRAPPERS or target.endswith((".append", ".add", ".debug", ".info"))

    def _is_taken_back(self, before: list[Setting], call: cst.Call) -> bool:
        """Say whether the last of the settings before `call` surely runs, and lets it wait for ever again."""
        last = before[-1]
        return not _may_bound(last) and last.seconds is not None and self._follows_in_block(last.call, call, below=True)

    def _follows_in_block(self, first: cst.Call, then: cst.Call, *, below: bool = False) -> bool:
        """Say whether `then` stands in a later statement of the block of `first` (or, with `below`, inside of one)."""
        line = self._line(first)
        if line is None:
            return False
        block = self._index.parents.get(line)
        other = self._line(then)
        if other is not None and self._index.parents.get(other) is block:
            return self.order[first] < self.order[then]
        return below and any(ancestor is block for ancestor in self._index.ancestors(then))

    def _line(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._index.enclosing(node, cst.SimpleStatementLine)

    def _is_over_ip(self, maker: cst.Call, call: cst.Call) -> bool:
        """Say whether the socket that `maker` makes surely is one of IP, and one that blocks."""
        kind = argument(maker, 1, "type")
        if kind is not None and "SOCK_NONBLOCK" in _words(kind):
            return False
        family = argument(maker, 0, "family")
        if family is None:
            return True
        words = _words(family)
        if words & _STREAM_FAMILIES:
            return all(word in _STREAM_FAMILIES or not word.startswith(("AF_", "PF_")) for word in words)
        if any(word.startswith(("AF_", "PF_")) for word in words):
            return False
        address = call.args[0].value if call.args else None
        if type(address) is cst.Tuple and len(address.elements) >= 2:
            return True
        function = self._index.function_of(call)
        around = function.body if function is not None else self._facts.module
        found = {node.value for node in walk_same_code(around) if type(node) is cst.Name}
        return "getaddrinfo" in found and not any("SOCK_DGRAM" in word or "UNIX" in word for word in found)

    # By the address

    def _addresses(self, call: cst.Call, operation: Operation) -> list[cst.BaseExpression]:
        found = [
            argument(call, operation.parameters.index(name) if name in operation.parameters else None, name)
            for name in operation.address
        ]
        return [value for value in found if value is not None]

    def _is_near(self, call: cst.Call, operation: Operation) -> bool:
        """Say whether `call` connects to this very machine, where a refusal comes at once."""
        given = self._addresses(call, operation)
        return bool(given) and self._is_loopback(given[0])

    def _is_loopback(self, node: cst.BaseExpression) -> bool:
        seen = 0
        stack = [node]
        while stack and seen < 50:
            seen += 1
            value = stack.pop()
            followed = self._names.follow(value)
            if isinstance(followed, (cst.Tuple, cst.List)):
                stack.extend(element.value for element in followed.elements[:1])
                continue
            text = _text(followed)
            if text is not None:
                if _LOOPBACK.match(text) or _LOOPBACK.match(_host(text)):
                    return True
                if text.startswith(("/", "\0", "./", "\\\\.")):
                    return True  # a path
                continue
            if not _OWN_ADDRESS.isdisjoint(_words(followed)):
                return True
            if type(value) is cst.Name:
                stack.extend(
                    binding.value.elements[binding.index].value
                    for binding in self._names.bindings(value)
                    if isinstance(binding.value, (cst.Tuple, cst.List))
                    and binding.index is not None
                    and binding.index < len(binding.value.elements)
                )
                stack.extend(
                    binding.value
                    for binding in self._names.bindings(value)
                    if binding.kind == "assign"
                    and binding.value is not None
                    and binding.value is not followed
                    and not _OWN_ADDRESS.isdisjoint(_words(binding.value))
                )
        return False

    # By what is around the call

    def _of_coroutine(self, call: cst.Call, operation: Operation) -> UnboundedConnect | None:
        if has_star(call):
            return None
        if operation.name.endswith("sock_connect"):
            origin = self.origin(call.args[0].value) if call.args else None
            if origin is None or not all(self._is_over_ip(maker, call) for maker in origin.makers):
                return None
        return UnboundedConnect(call, operation, how="task", told=call, setting=self._setting(call))

    def _is_bounded_around(
        self, node: cst.CSTNode, depth: int = 0, seen: frozenset[str] = frozenset(), *, awaited: bool = False
    ) -> bool:
        """Say whether something around `node`, or around a call of its function in the file, may bound its wait."""
        below = node
        for ancestor in self._index.ancestors(node):
            if type(ancestor) is cst.With:
                if any(self._bounds(item.item) for item in ancestor.items if item is not below):
                    return True
            elif type(ancestor) is cst.If:
                if _asks_for_a_bound(ancestor):
                    return True  # who asks for a timeout first knows what to do without one
            elif isinstance(ancestor, cst.BaseSuite) and not depth and _has_returned_with_a_bound(ancestor, below):
                return True
            elif type(ancestor) is cst.Call and below is not ancestor.func:
                if self._bounds(ancestor):
                    return True
                if (depth or awaited) and any(_names_a_bound(arg) for arg in ancestor.args):
                    return True
            elif isinstance(ancestor, (cst.FunctionDef, cst.Lambda)) and ancestor.body is below:
                if self._is_bounded_function(ancestor):
                    return True
                name = ancestor.name.value if type(ancestor) is cst.FunctionDef else ""
                if not name or name in seen or depth >= _DEEPEST:
                    return False
                mentions = self._mentions.get(name, ())
                if awaited and not mentions and name.startswith("_") and not name.endswith("__"):
                    return True  # what awaits it stands in another file, and may well have a deadline
                return any(
                    self._is_bounded_around(mention, depth + 1, seen | {name}, awaited=awaited) for mention in mentions
                )
            below = ancestor
        return self._has_timer(None)

    def _is_bounded_later(self, call: cst.Call) -> bool:
        """Say whether the coroutine that `call` makes, or its task, has a name, and is awaited under a bound."""
        for ancestor in self._index.ancestors(call):
            if isinstance(ancestor, (cst.Await, cst.BaseCompoundStatement)):
                return False
            if type(ancestor) is cst.Assign:
                target = ancestor.targets[0].target
                scope = self._index.scope_of(call).node
                return type(target) is cst.Name and any(
                    use is not target and self._is_bounded_around(use, awaited=True)
                    for use in self._names.uses(target.value, scope)
                )
        return False

    def _is_bounded_function(self, function: cst.FunctionDef | cst.Lambda) -> bool:
        if type(function) is cst.FunctionDef and any(self._bounds(item.decorator) for item in function.decorators):
            return True
        return self._has_timer(function)

    def _has_timer(self, function: cst.FunctionDef | cst.Lambda | None) -> bool:
        """Say whether the code of `function` (or of the module) makes a timeout of gevent or eventlet."""
        return any(self._index.function_of(call) is function for call in self._timers)

    @cached_property
    def _timers(self) -> tuple[cst.Call, ...]:
        return tuple(
            call for call in self._index.all(cst.Call) if (dotted(call.func) or "").rpartition(".")[2] == "Timeout"
        )

    def _bounds(self, node: cst.BaseExpression) -> bool:
        func = node.func if type(node) is cst.Call else node
        if self._names.qualified(func) in BOUNDING:
            return True
        return any(_BOUNDS.search(word) for word in _words(func))

    @cached_property
    def _mentions(self) -> dict[str, list[cst.CSTNode]]:
        """The places where the file uses a function's name, by that name."""
        names = {node.name.value for node in self._index.all(cst.FunctionDef)}
        found: dict[str, list[cst.CSTNode]] = {}
        for node, parent in self._index.pairs():
            if type(node) is cst.Name and node.value in names:
                if type(parent) is cst.FunctionDef and parent.name is node:
                    continue
                found.setdefault(node.value, []).append(node)
        return found

    # What is told too late, or told to nobody

    def _result(self, call: cst.Call) -> cst.BaseExpression | None:
        """Return the name or attribute that what `call` gives is bound to, at once and by itself."""
        node: cst.CSTNode = call
        parent = self._index.parents.get(node)
        while isinstance(parent, (cst.Await, cst.Arg)):
            if type(parent) is cst.Arg:
                outer = self._index.parents[parent]
                if type(outer) is not cst.Call or outer.args[0] is not parent:
                    return None
                if self._values.target(outer) not in _WRAPPERS:
                    return None
                parent = outer
            node, parent = parent, self._index.parents.get(parent)
        if type(parent) is cst.Assign and len(parent.targets) == 1:
            target = parent.targets[0].target
            return target if isinstance(target, (cst.Name, cst.Attribute)) else None
        if type(parent) is cst.AnnAssign and isinstance(parent.target, (cst.Name, cst.Attribute)):
            return parent.target
        if type(parent) is cst.WithItem and parent.asname is not None:
            bound = parent.asname.name
            return bound if type(bound) is cst.Name else None
        return None

    def _told_after(self, call: cst.Call, result: cst.BaseExpression) -> list[Setting]:
        """Return what the function of `call` tells its result about waiting later on."""
        key = self.key(result)
        here = self._index.function_of(call)
        return [
            each
            for each in self.settings(frozenset({key} if key is not None else ()))
            if each.order > self.order[call] and self._index.function_of(each.call) is here
        ]

    def _setting(self, call: cst.Call) -> str | None:
        """Return the timeout that the code around `call` has been given, and that does not reach it."""
        function = self._index.function_of(call)
        if type(function) is cst.FunctionDef:
            found = self._parameter(function)
            if found is not None:
                return found
            found = self._own_setting(function)
            if found is not None:
                return found
        return self._constant()

    def _parameter(self, function: cst.FunctionDef) -> str | None:
        """Return the parameter of `function` that is a timeout and used for nothing but telling a socket."""
        for param in (*function.params.params, *function.params.kwonly_params):
            name = param.name.value
            if not _is_timeout_name(name) or not _is_in_seconds(param):
                continue
            uses = [node for node in walk(function.body) if type(node) is cst.Name and node.value == name]
            if all(self._only_tells(node) for node in uses):
                return name
        return None

    def _only_tells(self, name: cst.Name) -> bool:
        """Say whether `name` is but an argument of `settimeout`, or another's name."""
        parent = self._index.parents.get(name)
        if type(parent) is cst.Attribute and parent.attr is name:
            return True
        if type(parent) is cst.Arg:
            call = self._index.parents.get(parent)
            told = type(call) is cst.Call and type(call.func) is cst.Attribute
            return parent.keyword is name or (told and call.func.attr.value == "settimeout")  # type: ignore[union-attr]
        return type(parent) is cst.Assign and type(parent.targets[0].target) is cst.Attribute

    def _own_setting(self, function: cst.FunctionDef) -> str | None:
        owner = self._index.class_of(function)
        first = next(iter((*function.params.posonly_params, *function.params.params)), None)
        if owner is None or first is None or first.name.value not in {"self", "cls"}:
            return None
        found = []
        for name, bindings in self._index.attributes.get(owner, {}).items():
            if not _is_timeout_name(name):
                continue
            values = [binding.value for binding in bindings if binding.kind == "assign"]
            if values and all(value is not None and self._is_setting(value) for value in values):
                found.append(name)
        own = max(found, key=lambda name: (_OF_CONNECTS.search(name) is not None, -len(name)), default=None)
        return f"{first.name.value}.{own}" if own is not None else None

    def _is_setting(self, value: cst.BaseExpression) -> bool:
        """Say whether `value` is a number of seconds, or what the constructor was given for one."""
        if type(value) is cst.BooleanOperation:
            return self._is_setting(value.left) and self._is_setting(value.right)
        if type(value) is cst.Call and dotted(value.func) in {"float", "int"} and len(value.args) == 1:
            return self._is_setting(value.args[0].value)
        if type(value) is cst.Name and not _is_none(value):
            parameters = [each.node for each in self._names.bindings(value) if each.kind == "parameter"]
            return bool(parameters) and all(type(node) is cst.Param and _is_in_seconds(node) for node in parameters)
        return _number(value) is not None and _is_seconds(value)

    def _constant(self) -> str | None:
        """Return the constant of the file that is named for a timeout of connects, or of all there is."""
        top = self._index.top
        found = [
            name
            for name, bindings in top.names.items()
            if name.upper() == name
            and _is_timeout_name(name)
            and len(bindings) == 1
            and bindings[0].kind == "assign"
            and bindings[0].value is not None
            and bindings[0].index is None
            and _number(bindings[0].value) is not None
            and _is_seconds(bindings[0].value)
        ]
        return max(found, key=lambda name: (_OF_CONNECTS.search(name) is not None, -len(name)), default=None)


def _asks_for_a_bound(node: cst.If) -> bool:
    return any(_BOUNDS.search(word) for word in _words(node.test) | _strings(node.test))


def _has_returned_with_a_bound(suite: cst.BaseSuite, statement: cst.CSTNode) -> bool:
    """Say whether an `if` of `suite` above `statement` asks for a timeout, and returns where there is one."""
    for line in suite.body:
        if line is statement:
            return False
        if type(line) is cst.If and line.orelse is None and _asks_for_a_bound(line):
            last = line.body.body[-1]
            if type(last) is cst.SimpleStatementLine:
                last = last.body[-1]
            if type(last) is cst.Return and last.value is not None:
                return True
    return False


def _may_not_block(setting: Setting) -> bool:
    value = setting.seconds
    number = _number(value) if value is not None else None
    if type(setting.call.func) is cst.Attribute and setting.call.func.attr.value == "setblocking":
        return not (type(value) is cst.Name and value.value == "True") and not number
    if isinstance(value, (cst.Name, cst.Attribute)) and _is_timeout_name((dotted(value) or "").rpartition(".")[2]):
        return False  # what is called a timeout is none of zero
    return number == 0 or (number is None and not (value is not None and _is_none(value)))


def _may_bound(setting: Setting) -> bool:
    """Say whether a connect after `setting` may be one that does not wait for ever."""
    value = setting.seconds
    if value is None or _is_none(value):
        return False
    if type(setting.call.func) is cst.Attribute and setting.call.func.attr.value == "setblocking":
        return not ((type(value) is cst.Name and value.value == "True") or _number(value))
    return True


def _is_finite(value: cst.BaseExpression | None) -> bool:
    """Say whether `settimeout(value)` sets a bound."""
    if value is None or _is_none(value) or (type(value) is cst.Name and value.value in {"True", "False"}):
        return False
    number = _number(value)
    return number is None or number > 0


def _is_none(value: cst.BaseExpression | None) -> bool:
    return type(value) is cst.Name and value.value == "None"


def _number(value: cst.BaseExpression | None) -> float | None:
    return float(value.evaluated_value) if isinstance(value, (cst.Integer, cst.Float)) else None


def _is_in_seconds(param: cst.Param) -> bool:
    """Say whether the parameter `param` may well be a number of seconds."""
    if param.annotation is not None and not _words(param.annotation.annotation) <= _NUMBERS:
        return False
    return _is_seconds(param.default)


def _is_seconds(value: cst.BaseExpression | None) -> bool:
    """Say whether `value` may stand for seconds: no other kind of thing, and not so many that they are another unit."""
    number = _number(value)
    if number is not None:
        return 0 < number <= _LONGEST
    return value is None or _is_none(value) or isinstance(value, (cst.Name, cst.Attribute))


def _text(value: cst.BaseExpression) -> str | None:
    """Return the text of a literal, of which there may be no more than a beginning; None if it is none."""
    if type(value) is cst.SimpleString:
        text = value.evaluated_value
        return text if isinstance(text, str) else text.decode("latin-1")
    if type(value) is cst.FormattedString and value.parts and type(value.parts[0]) is cst.FormattedStringText:
        return "".join(part.value for part in value.parts if type(part) is cst.FormattedStringText)
    return None


def _host(text: str) -> str:
    """Return the host of an address that is a URL, and for others what is not taken for a loopback."""
    try:
        return (
            urlsplit(text).hostname if "://" in text else text.partition(":")[0] if text.count(":") == 1 else None
        ) or "-"
    except ValueError:
        return "-"


def _words(node: cst.CSTNode) -> set[str]:
    return {each.value for each in walk(node) if type(each) is cst.Name}


def _strings(node: cst.CSTNode) -> set[str]:
    return {each.value for each in walk(node) if type(each) is cst.SimpleString}


def _names_a_bound(arg: cst.Arg) -> bool:
    return arg.keyword is not None and _BOUNDS.search(arg.keyword.value) is not None and not _is_none(arg.value)


def _is_timeout_name(name: str) -> bool:
    return _TIMEOUT_NAME.match(name.strip("_")) is not None
