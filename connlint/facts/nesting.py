"""Retries inside retries: which attempts of one are all the attempts of another.

Each attempt of the outer retry is a whole round of the inner one, so that their numbers multiply. That is sure only
where the inner one passes its last failure on and the outer one takes it: a loop around the same operation, directly
or in a function of the file that it calls, a function with a decorator that retries, a client that was made to retry
or does so by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.endless import asks_which
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, bound_name, dotted, has_star, walk_same_code
from connlint.knowledge.retries import CLIENTS
from connlint.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.effects import Tried
    from connlint.facts.model import Retried, RetryLoop, RetryPolicy

_BROAD = frozenset({"BaseException", "Exception"})
# Policies after whose last attempt a class of their own comes out, unless they are told otherwise.
_WRAPPING = frozenset({"google.api_core", "tenacity"})


class Layer(Record):
    """One retry: the loop, decorator or call that makes it, and how many attempts it makes, if that is known.

    `source` says where a number comes from that is not written in the file.
    """

    node: cst.CSTNode
    attempts: int | None
    source: str = ""


class Nested(Record):
    """A retry within a retry, and the call through which the outer one reaches the inner one."""

    outer: Layer
    inner: Layer
    call: cst.Call


def read_nested(facts: Facts) -> Iterator[Nested]:
    """Yield every retry of the file that surely holds another one, once for each that it holds."""
    reader = _Reader(facts)
    seen: set[tuple[cst.CSTNode, cst.CSTNode]] = set()
    for found in (*reader.of_loops(), *reader.of_decorators()):
        key = (found.outer.node, found.inner.node)
        if key not in seen:
            seen.add(key)
            yield found


class _Reader:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._loops = [
            loop
            for loop in facts.loops
            if loop.kind == "retry" and loop.bound in {"attempts", "deadline"} and not loop.at_most_twice
        ]
        self._by_call = {policy.call: policy for policy in facts.policies if policy.call is not None}
        self._by_function: dict[cst.CSTNode, RetryPolicy] = {}
        for policy in facts.policies:
            function = self._index.parents.get(policy.node)
            if type(policy.node) is cst.Decorator and function is not None:
                self._by_function.setdefault(function, policy)

    # The outer retry

    def of_loops(self) -> Iterator[Nested]:
        for loop in self._loops:
            outer = Layer(loop.node, self._attempts(loop))
            for item in loop.retried:
                for tried in item.tried:
                    yield from self._within(outer, tried, loop)
                for call in (*item.opaque_tried, *(each.site for each in item.tried)):
                    inner = self._decorated(call)
                    if inner is not None and self._takes(item.caught, inner):
                        yield Nested(outer, self._layer(inner), call)

    def of_decorators(self) -> Iterator[Nested]:
        for function, policy in self._by_function.items():
            if type(function) is not cst.FunctionDef or policy.network is not True or not _multiplies(policy):
                continue
            outer = self._layer(policy)
            for tried in self._facts.effects.of([function.body]).tried:
                if self._is_retried(policy, tried):
                    yield from self._within(outer, tried, None)
            for node in walk_same_code(function.body):
                if type(node) is not cst.Call or _handled(self._index.ancestors(node), function):
                    continue
                inner = self._decorated(node)
                if inner is not None and inner is not policy and self._takes(policy.caught, inner):
                    yield Nested(outer, self._layer(inner), node)

    def _is_retried(self, policy: RetryPolicy, tried: Tried) -> bool:
        takes = self._facts.exceptions.taken
        return not policy.caught or any(takes(policy.caught, failure.raises) is True for failure in tried.failures)

    # The inner retry

    def _within(self, outer: Layer, tried: Tried, loop: RetryLoop | None) -> Iterator[Nested]:
        for other in self._loops:
            if other is not loop and self._holds(outer, tried, other):
                for item in other.retried:
                    if any(each.call is tried.call for each in item.tried) and _passes_on(self._facts, item):
                        yield Nested(outer, Layer(other.node, self._attempts(other)), tried.site)
        client = self._client(tried)
        if client is not None:
            yield Nested(outer, client, tried.call)

    def _holds(self, outer: Layer, tried: Tried, inner: RetryLoop) -> bool:
        """Say whether `inner` stands in the code of `outer`, or in a function through which that reaches `tried`."""
        function = self._index.function_of(inner.node)
        if any(function in self._index.definitions.get(name, []) for name in tried.through):
            return True
        if type(outer.node) is cst.Decorator:
            return function is self._index.parents[outer.node]
        return outer.node in self._index.ancestors(inner.node)

    def _decorated(self, call: cst.Call) -> RetryPolicy | None:
        """Return the policy of the decorator of the file's function that `call` calls."""
        target = self._facts.values.target(call) or OPAQUE
        if not target.startswith("<file>"):
            return None
        definitions = self._index.definitions.get(target, [])
        if len(definitions) != 1 or type(definitions[0]) is not cst.FunctionDef:
            return None
        if definitions[0].asynchronous is not None and not self._facts.effects.is_awaited(call):
            return None
        policy = self._by_function.get(definitions[0])
        return policy if policy is not None and policy.network is True and _multiplies(policy) else None

    def _takes(self, caught: Sequence[str], inner: RetryPolicy) -> bool:
        """Say whether `caught` surely takes what comes out of `inner`; nothing named takes everything."""
        if not caught or _BROAD.intersection(caught):
            return True
        if inner.row.library in _WRAPPING and not self._raises_the_last(inner):
            return False
        takes = self._facts.exceptions.taken
        return bool(inner.caught) and all(takes(caught, name) is True for name in inner.caught)

    @staticmethod
    def _raises_the_last(policy: RetryPolicy) -> bool:
        value = argument(policy.call, None, "reraise") if policy.call is not None else None
        return type(value) is cst.Name and value.value == "True"

    @staticmethod
    def _layer(policy: RetryPolicy) -> Layer:
        return Layer(policy.node, policy.attempts)

    # Clients

    def _client(self, tried: Tried) -> Layer | None:
        """Return the retry of the client by which `tried` is made."""
        call = tried.call
        if type(call.func) is not cst.Attribute:
            return None
        if tried.operation.name.startswith("requests.Session."):
            return self._mounted(call.func.value)
        made = self._made_by(call.func.value)
        row = CLIENTS.get(self._facts.values.target(made) or OPAQUE) if made is not None else None
        if made is None or row is None or has_star(made):
            return None
        if has_star(call) or any(
            argument(each, None, name) is not None for each in (made, call) for name in row.unless
        ):
            return None
        given = argument(call, None, row.argument) or argument(made, None, row.argument)
        if given is None:
            return Layer(made, row.default + 1, row.source)
        return self._given(made, given)

    def _made_by(self, node: cst.BaseExpression) -> cst.Call | None:
        made = self._facts.names.follow(node)
        return made if type(made) is cst.Call else None

    def _given(self, made: cst.Call, value: cst.BaseExpression) -> Layer | None:
        """Return the retry of what `made` makes, if `value` is a count of retries, or a policy of the library."""
        followed = self._facts.names.follow(value)
        if type(followed) is cst.Integer and followed.evaluated_value > 0:
            return Layer(made, followed.evaluated_value + 1)
        policy = self._by_call.get(followed) if type(followed) is cst.Call else None
        return self._layer(policy) if policy is not None and _multiplies(policy) else None

    def _mounted(self, receiver: cst.BaseExpression) -> Layer | None:
        """Return the retry of an adapter that the file mounts on the session `receiver`."""
        for call in self._index.all(cst.Call):
            if type(call.func) is not cst.Attribute or call.func.attr.value != "mount" or len(call.args) != 2:
                continue
            layer = self._of_adapter(call.args[1].value)
            if layer is not None and self._is_same(call.func.value, receiver):
                return layer
        return None

    def _of_adapter(self, value: cst.BaseExpression) -> Layer | None:
        made = self._made_by(value)
        given = argument(made, 2, "max_retries") if made is not None else None
        if made is None or given is None or self._facts.values.target(made) != "requests.adapters.HTTPAdapter":
            return None
        return self._given(made, given)

    def _is_same(self, mounted: cst.BaseExpression, receiver: cst.BaseExpression) -> bool:
        """Say whether the session `receiver` is the one that an adapter was mounted on."""
        if self._same_name(mounted, receiver):
            return True
        function = self._index.function_of(mounted)
        if type(function) is not cst.FunctionDef:
            return False
        # It was a local name, and is an attribute of the object, or the function's result, now
        for node in walk_same_code(function.body):
            if type(node) is cst.Assign and dotted(node.value) == dotted(mounted):
                kept = any(self._same_name(target.target, receiver) for target in node.targets)
                if kept:
                    return True
            if type(node) is cst.Return and node.value is not None and dotted(node.value) == dotted(mounted):
                made = self._made_by(receiver)
                target = self._facts.values.target(made) if made is not None else None
                if target is not None and self._index.definitions.get(target) == [function]:
                    return True
        return False

    def _same_name(self, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
        path = dotted(one)
        if path is None or path != dotted(other):
            return False
        if "." in path:
            functions = [self._index.function_of(each) for each in (one, other)]
            classes = {self._index.class_of(each) for each in functions if each is not None}
            return (
                path.partition(".")[0] == "self" and path.count(".") == 1 and len(classes) == 1 and None not in classes
            )
        owners = [self._facts.names.owner(path, self._index.scope_of(each)) for each in (one, other)]
        return owners[0] is not None and owners[0] is owners[1]

    # How many

    def _attempts(self, loop: RetryLoop) -> int | None:
        """Return how many attempts `loop` makes, where that is plain to see."""
        node = loop.node
        if type(node) is cst.For:
            iterated = self._facts.names.follow(node.iter)
            if isinstance(iterated, (cst.Tuple, cst.List)):
                return len(iterated.elements)
        counter = loop.counter
        if loop.bound != "attempts" or counter is None or counter.first is None or counter.limit is None:
            return None
        limit = self._facts.names.follow(counter.limit)
        if type(limit) is not cst.Integer or counter.step != 1:
            return None
        if counter.test is None or type(counter.test.comparisons[0].operator) is cst.LessThan:
            return limit.evaluated_value - counter.first if type(node) is cst.For or counter.test else None
        if type(counter.test.comparisons[0].operator) is cst.LessThanEqual:
            return limit.evaluated_value - counter.first + 1
        return None


def _multiplies(policy: RetryPolicy) -> bool:
    """Say whether `policy` makes more than one attempt, and comes to an end."""
    if policy.bound not in {"attempts", "deadline"}:
        return False
    return policy.attempts is None or policy.attempts > 1


def _passes_on(facts: Facts, item: Retried) -> bool:
    """Say whether the last failure that the handler of `item` takes comes out of the loop as it is."""
    if item.exhaustion != "raised" or type(item.handler) is not cst.ExceptHandler:
        return False
    bound = bound_name(item.handler)
    for node in walk_same_code(item.handler.body):
        if type(node) is cst.Raise and (node.exc is None or dotted(node.exc) == bound):
            branch = facts.index.enclosing(node, cst.If, cst.ExceptHandler)
            if type(branch) is not cst.If or not asks_which(facts, branch.test):
                return True
    return False


def _handled(ancestors: Iterator[cst.CSTNode], function: cst.FunctionDef) -> bool:
    """Say whether a `try` stands around what has these `ancestors` within `function`."""
    for ancestor in ancestors:
        if ancestor is function:
            return False
        if isinstance(ancestor, (cst.Try, cst.TryStar, cst.With)):
            return True
    return True
