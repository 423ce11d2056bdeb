"""The connects that report by their result, where nobody reads it.

`connect_ex` raises nothing when nobody listens: it returns an errno. To drop it is right for a socket that does not
block, which is asked later whether it is connected, and for a connect that is made for nothing but to be seen. It is a
mistake where the program goes on as if the connection were there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.model import IgnoredResult
from connlint.facts.timeouts import TimeoutsReader
from connlint.facts.tree import argument, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts

_OPERATIONS = frozenset({"socket.socket.connect_ex", "ssl.SSLSocket.connect_ex"})
# What asks a socket whether it is connected, or waits until it is.
_ASKS = frozenset({"connect", "do_handshake", "getpeername", "getsockopt"})
_WAITS = frozenset(
    """
    add_reader add_writer _add_reader _add_writer epoll kqueue modify poll register register_fd select selector
    sock_connect sock_recv sock_sendall wait wait_for_read wait_for_write wait_read wait_readable wait_writable
    wait_write
    """.split()
)
# What is done with a socket that nobody means to use.
_ENDS = frozenset({"close", "detach", "fileno", "getsockname", "setblocking", "setsockopt", "settimeout", "shutdown"})


def read_ignored_results(facts: Facts) -> Iterator[IgnoredResult]:
    """Yield every `connect_ex` whose result nobody reads, of a blocking socket that is used afterwards."""
    calls = [call for call in facts.index.all(cst.Call) if _is_named_so(call)]
    if not calls:
        return
    reader = _Reader(facts)
    for call in calls:
        found = reader.read(call)
        if found is not None:
            yield found


def _is_named_so(call: cst.Call) -> bool:
    return type(call.func) is cst.Attribute and call.func.attr.value == "connect_ex"


class _Reader:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._names = facts.names
        self._timeouts = TimeoutsReader(facts)

    def read(self, call: cst.Call) -> IgnoredResult | None:
        target = self._facts.values.target(call)
        operation = knowledge.operation(target) if target in _OPERATIONS and target is not None else None
        bound = self._unread(call)
        if operation is None or bound is None or type(call.func) is not cst.Attribute:
            return None
        receiver = call.func.value
        origin = self._timeouts.origin(receiver)
        if origin is None or not origin.makers or not all(map(self._is_stream, origin.makers)):
            return None
        if self._timeouts.may_not_block(origin):
            return None
        used = self._use(call, origin.names)
        return IgnoredResult(call, operation, bound, used) if used is not None else None

    def _unread(self, call: cst.Call) -> str | None:
        """Return the name that the result of `call` is bound to and that nobody reads, empty if it is dropped."""
        parent = self._index.parents.get(call)
        if type(parent) is cst.Expr:
            return ""
        if not isinstance(parent, (cst.Assign, cst.AnnAssign)) or parent.value is not call:
            return None
        targets = [item.target for item in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
        if len(targets) != 1 or type(targets[0]) is not cst.Name:
            return None
        name = targets[0].value
        owner = self._names.owner(name, self._index.scope_of(targets[0]))
        if owner is None or (owner.kind != "function" and self._is_seen_from_outside(name)):
            return None
        bound = {id(node) for node in self._targets(name, owner.node)}
        if any(id(node) not in bound for node in self._names.uses(name, owner.node)):
            return None
        return name

    @staticmethod
    def _is_seen_from_outside(name: str) -> bool:
        return name.isupper() or name.startswith("__")

    def _targets(self, name: str, root: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the places below `root` that but bind `name`."""
        for node in self._names.uses(name, root):
            parent = self._index.parents.get(node)
            if isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) or (
                type(parent) is cst.For and parent.target is node
            ):
                yield node

    def _is_stream(self, maker: cst.Call) -> bool:
        """Say whether the socket that `maker` makes is surely one of connections."""
        kind = argument(maker, 1, "type")
        if kind is None:
            return True
        return (dotted(kind) or "").rpartition(".")[2] == "SOCK_STREAM"

    def _use(self, call: cst.Call, names: frozenset[str]) -> cst.CSTNode | None:
        """Return what goes on as if the socket of `names` were connected; None if nothing does, or something asks.

        The names are looked for in the whole file: who asks may be another method.
        """
        first = None
        for node, parent in self._index.pairs():
            if not isinstance(node, (cst.Name, cst.Attribute)) or self._timeouts.key(node) not in names:
                continue
            if type(parent) is cst.Attribute and parent.attr is node:
                continue
            told = self._told(node, parent)
            if told is not None:
                if told in _ASKS or (told == "fileno" and self._is_waited_for(node)):
                    return None
                if told == "connect_ex":
                    if self._is_read(self._index.parents[parent]):
                        return None
                elif told not in _ENDS and self._is_after(call, node):
                    first = first or parent
            elif self._is_handed_on(node, parent):
                if self._is_waited_for(node):
                    return None
                if self._is_after(call, node):
                    first = first or parent
        return first

    def _is_read(self, call: cst.CSTNode) -> bool:
        """Say whether somebody may read the result of `call`, a `connect_ex`, or what is to be called."""
        return type(call) is not cst.Call or self._unread(call) is None

    @staticmethod
    def _told(node: cst.CSTNode, parent: cst.CSTNode) -> str | None:
        """Return the method (or attribute) of the socket `node` that is asked for."""
        return parent.attr.value if type(parent) is cst.Attribute and parent.value is node else None

    def _is_handed_on(self, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
        return isinstance(parent, (cst.Arg, cst.Element, cst.Return, cst.Yield, cst.DictElement)) or (
            isinstance(parent, (cst.Assign, cst.AnnAssign)) and parent.value is node
        )

    def _is_waited_for(self, node: cst.CSTNode) -> bool:
        for ancestor in self._index.ancestors(node):
            if type(ancestor) is cst.Call:
                name = (dotted(ancestor.func) or "").rpartition(".")[2]
                if name.lstrip("_") in _WAITS or name in _WAITS:
                    return True
            elif isinstance(ancestor, cst.BaseSmallStatement):
                return False
        return False

    def _is_after(self, call: cst.Call, node: cst.CSTNode) -> bool:
        """Say whether `node` may run after `call`: it stands below it in its function, or in another one."""
        here = self._index.function_of(call)
        if self._index.function_of(node) is not here:
            return True
        rows = self._facts.layout
        return rows.span(node).start > rows.span(call).start
