"""Who closes a socket when its connect fails.

Each failure of the connect is followed on its way: to the handler that takes it, through what that does, out of the
function or round a loop. The way ends where the socket is closed; where it is used again or handed to code that is not
read here, nothing is said of it; where the way leaves the function, or binds the name anew, the socket stays open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import libcst as cst

from connlint.facts.flow import (
    MOST_STATES,
    SOME,
    Evaluator,
    TooComplexError,
    Walker,
    bindings,
    evaluated,
    frozen,
    read_flow,
)
from connlint.facts.model import Leak
from connlint.facts.names import OPAQUE
from connlint.facts.tree import bound_name, dotted, is_code_of_its_own, walk, walk_same_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.flow import Env, Graph, Step
    from connlint.facts.scopes import Index, Scope

Role = Literal["closed", "used", "neutral"]
Ending = Literal["raised", "rebound", "end", "kept"]

# What is called on the socket on the way out without making use of it
_NEUTRAL_METHODS = frozenset(
    """
    shutdown settimeout setblocking setsockopt getsockopt fileno getsockname getpeername gettimeout getblocking
    set_inheritable get_inheritable
    """.split()
)
# What makes another owner of the same descriptor
_SHARING_METHODS = frozenset({"detach", "makefile", "dup", "share", "__enter__"})
_LOOKING_BUILTINS = frozenset("print repr str isinstance issubclass hasattr id type bool callable format len".split())
_LOGGING_METHODS = frozenset("debug info warning warn error exception critical fatal log".split())
_WRAPPERS = frozenset({"ssl.SSLContext.wrap_socket", "ssl.wrap_socket"})
_EXITS = frozenset({"sys.exit", "os._exit", "exit", "quit", "os.abort", "os.execv", "os.execvp"})
_EXIT_CLASSES = frozenset({"SystemExit", "KeyboardInterrupt"})
# What a server says of where it listens
_OWN_ADDRESS = frozenset({"getsockname", "server_address"})
_DEEPEST = 3


class Held(NamedTuple):
    """The name that a socket is held by: `s` of a `scope`, or `self.sock` with its `owner` `self`.

    `survives` says when that owner is there after the failure, and can still close the socket: always, never, or
    only if the failure does not leave the function, which is a constructor.
    """

    name: str
    scope: Scope | None = None
    owner: str | None = None
    survives: Literal["always", "never", "unless raised"] = "never"


class UsedError(Exception):
    """The socket is used again, or is handed on: what becomes of it cannot be told."""


class ClosingReader:
    """Follows the failures of the connects of one file to where their sockets are closed or lost."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._names = facts.names
        self._values = facts.values
        self._exceptions = facts.exceptions
        self._graphs: dict[cst.CSTNode, Graph | None] = {}

    def leaks(
        self, call: cst.Call, held: Held, made: Iterable[cst.CSTNode], failures: Iterable[str]
    ) -> tuple[Leak, ...]:
        """Return the ways on which the socket `held` stays open when `call` fails with one of `failures`.

        `made` are the statements that bind it to a new socket.
        """
        function = self._index.function_of(call)
        if isinstance(function, cst.Lambda) or (function is None and self._index.enclosing(call, cst.ClassDef)):
            return ()
        if is_to_own_listener(self._facts, call):
            return ()
        code = function or self._index.module
        makers = tuple(made)
        binding = self._last_before(call, makers, code)
        graph = self._graph(code)
        if binding is None or graph is None or self._is_shared(call, held, code, makers):
            return ()
        way = Way(self._facts, held, graph, self)
        try:
            found = [(name, *way.endings(call, name)) for name in dict.fromkeys(failures)]
        except (UsedError, TooComplexError):
            return ()
        kept = any("kept" in endings for _, _, endings in found)
        touches = tuple(dict.fromkeys(way.touches))
        shared = self._is_shared_later(call, held)
        return tuple(
            Leak(name, handlers, lost[0], binding, kept, touches, shared)
            for name, handlers, endings in found
            if (lost := [ending for ending in endings if ending != "kept"])
        )

    def _graph(self, code: cst.FunctionDef | cst.Module) -> Graph | None:
        if code not in self._graphs:
            try:
                self._graphs[code] = read_flow(code, self._names, self._exceptions)
            except TooComplexError:
                self._graphs[code] = None
        return self._graphs[code]

    def _last_before(
        self, call: cst.Call, makers: tuple[cst.CSTNode, ...], code: cst.FunctionDef | cst.Module
    ) -> cst.CSTNode | None:
        """Return the last of `makers` that stands before `call`, and not in the other branch of an `if`."""
        found = None
        mine = {call, *self._index.ancestors(call)}
        for node in walk(code):
            if node is call:
                break
            if node not in makers:
                continue
            others = [node, *self._index.ancestors(node)]
            common = next(each for each in others if each in mine)
            if not isinstance(common, (cst.If, cst.Match)) or _in_test(common, others):
                found = node
        return found

    # Before the connect

    def _is_shared(
        self, call: cst.Call, held: Held, code: cst.FunctionDef | cst.Module, makers: tuple[cst.CSTNode, ...]
    ) -> bool:
        """Say whether the socket has, or may have, another owner when it is connected, or a `with` that closes it."""
        if any(type(node) is cst.With and self.manages(node, held) for node in self._index.ancestors(call)):
            return True
        if any(type(maker) is cst.Assign and len(maker.targets) > 1 for maker in makers):
            return True  # `self.sock = sock = socket.socket()`
        loops = [
            node
            for node in self._index.ancestors(call)
            if isinstance(node, (cst.For, cst.While)) and not any(is_below(self._index, each, node) for each in makers)
        ]
        rounds = frozenset(node for loop in loops for node in walk_same_code(loop))
        before = True
        for node in walk(code):
            if node is call:
                before = False
            if not self.is_mention(node, held):
                continue
            if self._index.function_of(node) is not self._index.function_of(call):
                return True  # captured
            if (before or node in rounds) and not is_below(self._index, node, call) and self._gives_away(node, held):
                return True
        return False

    def _is_shared_later(self, call: cst.Call, held: Held) -> bool:
        """Say whether the `try` around `call` gives the socket another owner after it is connected."""
        statement = self._index.enclosing(call, cst.Try)
        after = False
        for node in walk(statement.body) if statement is not None else ():
            if node is call:
                after = True
            elif after and not is_below(self._index, node, call) and self.is_mention(node, held):
                if self._index.function_of(node) is not self._index.function_of(call):
                    return True
                if self._gives_away(node, held):
                    return True
        return False

    def is_mention(self, node: cst.CSTNode, held: Held) -> bool:
        """Say whether `node` is the name `held`, or hands on the object that holds it."""
        if held.owner is None:
            return type(node) is cst.Name and node.value == held.name and self._is_name(node, held.scope)
        if type(node) is cst.Attribute:
            return dotted(node) == held.name
        if type(node) is cst.Name and node.value == held.owner and self._is_name(node, held.scope):
            return not isinstance(self._index.parents.get(node), cst.Attribute)
        return False

    def _is_name(self, name: cst.Name, scope: Scope | None) -> bool:
        parent = self._index.parents.get(name)
        if (type(parent) is cst.Attribute and parent.attr is name) or (
            type(parent) is cst.Arg and parent.keyword is name
        ):
            return False
        if isinstance(parent, (cst.Param, cst.FunctionDef, cst.ClassDef, cst.NameItem)):
            return False
        return self._names.owner(name.value, self._index.scope_of(name)) is scope

    def manages(self, node: cst.With, held: Held) -> bool:
        """Say whether leaving `node` closes the socket."""
        for item in node.items:
            if item.asname is not None and self.is_mention(item.asname.name, held):
                return True
            if any(self.is_mention(each, held) for each in walk_same_code(item.item)):
                return True
        return False

    def _gives_away(self, node: cst.CSTNode, held: Held) -> bool:
        parent = self._index.parents.get(node)
        if isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.NamedExpr, cst.Del, cst.Return)):
            return type(parent) is cst.AnnAssign and parent.value is node
        if type(parent) is cst.AsName:
            return False
        if type(parent) is cst.Attribute:
            grand = self._index.parents.get(parent)
            called = type(grand) is cst.Call and grand.func is parent
            return parent.attr.value in _SHARING_METHODS if called else parent.attr.value == "close"
        if type(parent) is cst.Arg and self._is_wrapped_again(parent, held):
            return False
        return self.role(node) == "used"

    def _is_wrapped_again(self, arg: cst.Arg, held: Held) -> bool:
        """Say whether `arg` is in `s = context.wrap_socket(s)`, which leaves one owner; or in `Base.__init__(self)`."""
        call = self._index.parents.get(arg)
        if type(call) is not cst.Call:
            return False
        if held.owner is not None and type(call.func) is cst.Attribute and call.func.attr.value == "__init__":
            return True
        statement = self._index.parents.get(call)
        if not (type(statement) is cst.Assign and self._values.target(call) in _WRAPPERS):
            return False
        return all(self.is_mention(target.target, held) for target in statement.targets)

    # What is done with it

    def is_touch(self, node: cst.CSTNode) -> bool:
        """Say whether the mention `node` asks something of the socket that it answers only while it is open."""
        parent = self._index.parents.get(node)
        if type(parent) is cst.Attribute:
            grand = self._index.parents.get(parent)
            return type(grand) is cst.Call and grand.func is parent
        return isinstance(parent, (cst.Arg, cst.FormattedStringExpression))

    def role(self, node: cst.CSTNode, depth: int = 0) -> Role:
        """Say what the mention `node` of a socket does to it."""
        parent = self._index.parents.get(node)
        if type(parent) is cst.Attribute:
            grand = self._index.parents.get(parent)
            if not (type(grand) is cst.Call and grand.func is parent):
                return "used" if parent.attr.value == "close" else "neutral"
            if parent.attr.value == "close":
                return "closed"
            return "neutral" if parent.attr.value in _NEUTRAL_METHODS else "used"
        if isinstance(
            parent, (cst.Comparison, cst.ComparisonTarget, cst.UnaryOperation, cst.FormattedStringExpression)
        ):
            return "neutral"
        if isinstance(parent, (cst.If, cst.While, cst.Assert)) and parent.test is node:
            return "neutral"
        if type(parent) is cst.BooleanOperation and isinstance(
            self._index.parents.get(parent), (cst.If, cst.While, cst.BooleanOperation, cst.UnaryOperation)
        ):
            return "neutral"
        if type(parent) is cst.Del:
            return "closed"
        if type(parent) is cst.Arg:
            call = self._index.parents.get(parent)
            return self._role_of_argument(call, parent, depth) if type(call) is cst.Call else "used"
        return "used"

    def _role_of_argument(self, call: cst.Call, arg: cst.Arg, depth: int) -> Role:
        if self._names.qualified(call.func) in _LOOKING_BUILTINS:
            return "neutral"
        if type(call.func) is cst.Attribute and call.func.attr.value in _LOGGING_METHODS:
            return "neutral"
        target = self._values.target(call)
        definitions = self._index.definitions.get(target or "", [])
        if depth >= _DEEPEST or len(definitions) != 1 or arg.star:
            return "used"
        function = definitions[0]
        if type(function) is not cst.FunctionDef or function.asynchronous is not None or function.decorators:
            return "used"
        return self._role_of_parameter(function, call, arg, depth + 1)

    def _role_of_parameter(self, function: cst.FunctionDef, call: cst.Call, arg: cst.Arg, depth: int) -> Role:
        """Say what `function` does to what `arg` gives it: nothing, if all it does is to look or to set options."""
        params = [*function.params.posonly_params, *function.params.params]
        if type(call.func) is cst.Attribute and self._index.class_of(function) is not None:
            params = params[1:]
        name: str | None = None
        if arg.keyword is not None:
            name = arg.keyword.value
        elif not any(each.star for each in call.args):
            position = call.args.index(arg)
            name = params[position].name.value if position < len(params) else None
        if name is None:
            return "used"
        held = Held(name, self._index.scopes[function])
        mentions = [node for node in walk(function.body) if self.is_mention(node, held)]
        roles = {self.role(node, depth) for node in mentions}
        return "neutral" if roles <= {"neutral"} else "used"

    def is_exit(self, call: cst.Call, depth: int = 0) -> bool:
        """Say whether `call` ends the program: `sys.exit`, or a function of the file that ends so."""
        if self._names.qualified(call.func) in _EXITS:
            return True
        definitions = self._index.definitions.get(self._values.target(call) or "", [])
        if depth >= _DEEPEST or len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
            return False
        last: cst.CSTNode = definitions[0].body.body[-1] if definitions[0].body.body else definitions[0]
        if type(last) is cst.SimpleStatementLine:
            last = last.body[-1]
        if type(last) is cst.Raise:
            return self.raised_by(last) in _EXIT_CLASSES
        return type(last) is cst.Expr and type(last.value) is cst.Call and self.is_exit(last.value, depth + 1)

    def raised_by(self, statement: cst.Raise) -> str:
        """Return the class that `raise X` raises, `OPAQUE` if it is not known."""
        target = statement.exc.func if type(statement.exc) is cst.Call else statement.exc
        return (self._names.qualified(target) if target is not None else None) or OPAQUE


class Way:
    """The ways that a failure can take from one connect."""

    def __init__(self, facts: Facts, held: Held, graph: Graph, reader: ClosingReader | None = None) -> None:
        self.reader = reader or ClosingReader(facts)
        self.touches: list[cst.CSTNode] = []
        self.handlers: list[cst.ExceptHandler] = []
        self._facts = facts
        self._index = facts.index
        self._exceptions = facts.exceptions
        self._walker = Walker(Evaluator(facts.names))
        self._held = held
        self._graph = graph
        self._seen: set[object] = set()

    def endings(self, call: cst.Call, raises: str) -> tuple[tuple[cst.ExceptHandler, ...], tuple[Ending, ...]]:
        """Return the handlers that take `raises` on its ways, and how those ways end that do not close the socket.

        Raises `UsedError` if some way makes use of the socket again.
        """
        self.handlers = []
        self._seen = set()
        found = tuple(self._raised(call, raises, {self._held.name: SOME}))
        return tuple(dict.fromkeys(self.handlers)), found

    def _raised(self, place: cst.CSTNode, raises: str, env: Env) -> Iterator[Ending]:
        """Yield how the ways end on which `place` raises `raises`."""
        key = (place, raises)
        if key in self._seen:
            return
        self._seen.add(key)
        below = place
        for ancestor in self._index.ancestors(place):
            if type(ancestor) is cst.Try:
                if ancestor.body is below:
                    for handler in ancestor.handlers:
                        taken = self._exceptions.taken(self._facts.names.classes(handler.type), raises)
                        if taken is None:
                            raise UsedError
                        if taken:
                            if not self._covers(handler):
                                return
                            self.handlers.append(handler)
                            yield from self._from(self._graph.catches.get(handler), raises, env)
                            return
                final = ancestor.finalbody
                if final is not None and final is not below and self._closed_in(final):
                    return
            elif type(ancestor) is cst.TryStar:
                raise UsedError
            elif type(ancestor) is cst.With and ancestor.body is below:
                suppressed = [self._facts.effects.suppressed(item.item) for item in ancestor.items]
                if any(each and self._exceptions.taken(each, raises) for each in suppressed):
                    if not self._covers(ancestor):
                        return
                    yield from self._from(self._graph.lefts.get(ancestor), raises, env)
                    return
            elif is_code_of_its_own(ancestor):
                break
            below = ancestor
        yield "kept" if self._held.survives == "always" else "raised"

    def _covers(self, _handler: cst.CSTNode) -> bool:
        """Say whether the way is followed to this handler, or `with`."""
        return True

    def _closed_in(self, final: cst.Finally) -> bool:
        """Say whether a `finally` closes the socket on some way through it."""
        for node in walk_same_code(final.body):
            if self._is_own_method(node):
                raise UsedError
            if self.reader.is_mention(node, self._held):
                role = self.reader.role(node)
                if role == "closed":
                    return True
                if role == "used":
                    raise UsedError
                if self.reader.is_touch(node):
                    self.touches.append(node)
        return False

    def _is_own_method(self, node: cst.CSTNode) -> bool:
        """Say whether `node` calls a method of the object that holds the socket: it may close it."""
        if self._held.owner is None or type(node) is not cst.Call or type(node.func) is not cst.Attribute:
            return False
        return dotted(node.func.value) == self._held.owner

    def _from(self, start: Step | None, current: str, env: Env) -> Iterator[Ending]:
        """Yield how the ways from `start` end; what a bare `raise` raises on them is `current`."""
        if start is None:
            raise UsedError
        states = 0
        stack: list[tuple[Step, Env]] = [(start, env)]
        while stack:
            step, env = stack.pop()
            key = (step, frozen(env))
            if key in self._seen:
                continue
            self._seen.add(key)
            states += 1
            if states > MOST_STATES:
                raise TooComplexError
            outcome = self._outcome(step, env)
            if outcome == "closed":
                continue
            if outcome is not None:
                yield outcome
                continue
            if step.kind == "raise" and type(step.node) is cst.Raise:
                yield from self._reraised(step.node, current, env)
                continue
            if step.kind == "end":
                yield "end" if self._held.survives == "never" else "kept"
                continue
            after = self._walker.update(step, env)
            stack.extend((each, after) for each in reversed(self._walker.following(step, after)))

    def _reraised(self, statement: cst.Raise, current: str, env: Env) -> Iterator[Ending]:
        raises = current
        if statement.exc is not None and not self._is_the_caught(statement):
            raises = self.reader.raised_by(statement)
        if raises in _EXIT_CLASSES:
            return
        yield from self._raised(statement, raises, env)

    def _is_the_caught(self, statement: cst.Raise) -> bool:
        handler = self._index.enclosing(statement, cst.ExceptHandler)
        return handler is not None and type(statement.exc) is cst.Name and bound_name(handler) == statement.exc.value

    def _outcome(self, step: Step, _env: Env) -> Literal["closed"] | Ending | None:
        """Say how the way ends at `step`; None if it goes on. Raises `UsedError` if the socket is used there."""
        if type(step.node) is cst.With and step.kind == "left" and self.reader.manages(step.node, self._held):
            return "closed"
        for root in evaluated(step):
            targets = _targets_of(root)
            if type(root) is cst.WithItem and any(
                self.reader.is_mention(node, self._held) for node in walk_same_code(root.item)
            ):
                return "closed"
            for node in walk_same_code(root):
                if type(node) is cst.Call and self.reader.is_exit(node):
                    return "closed"
                if self._is_own_method(node):
                    raise UsedError
                if node in targets or not self.reader.is_mention(node, self._held):
                    continue
                role = self.reader.role(node)
                if role == "closed":
                    return "closed"
                if role == "used":
                    raise UsedError
                if self.reader.is_touch(node):
                    self.touches.append(node)
        return "rebound" if any(bound.name == self._held.name for bound in bindings(step)) else None


def is_to_own_listener(facts: Facts, call: cst.Call) -> bool:
    """Say whether `call` connects to a socket of the program's own, which listens: two ends of a pipe."""
    given = [node for arg in call.args for node in walk(arg)]
    bound = [each.value for node in given if type(node) is cst.Name for each in facts.names.bindings(node)]
    told = [*given, *(node for value in bound if value is not None for node in walk(value))]
    return any(type(node) is cst.Attribute and node.attr.value in _OWN_ADDRESS for node in told)


def _targets_of(root: cst.CSTNode) -> set[cst.CSTNode]:
    """Return the nodes of `root` that name what it assigns to."""
    if type(root) is cst.Assign:
        return {node for target in root.targets for node in walk(target.target)}
    if type(root) is cst.AnnAssign:
        return set(walk(root.target))
    return set()


def is_below(index: Index, node: cst.CSTNode, root: cst.CSTNode) -> bool:
    """Say whether `node` is `root` or stands within it."""
    return node is root or any(ancestor is root for ancestor in index.ancestors(node))


def is_test(branch: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Say whether `node` is what `branch`, an `if` or a `match`, decides by."""
    return node is (branch.test if type(branch) is cst.If else getattr(branch, "subject", None))


def _in_test(branch: cst.If | cst.Match, others: list[cst.CSTNode]) -> bool:
    return any(is_test(branch, each) for each in others)
