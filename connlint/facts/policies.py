"""The retries that libraries make on the file's behalf: what they wait, what ends them, and whether they meet a peer.

A decorator can go on anything, so that it retries says nothing yet. What it retries is told by the exceptions that it
names, else by what the function tries; only where both are silent, the file's imports say what the function is about.
"""

from __future__ import annotations

import re
from functools import cached_property, partial
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.delays import PROMPT, WAITS, Waits
from connlint.facts.model import Bounded, RetryPolicy
from connlint.facts.names import OPAQUE
from connlint.facts.scopes import first_parameter
from connlint.facts.spans import NO_WAIT, UNKNOWN, Number, Span, Spans, UnknownValue, longest, of_text
from connlint.facts.tree import argument, dotted, has_star, statements, walk, walk_same_code
from connlint.facts.wording import code, place
from connlint.knowledge import policies, waits
from connlint.knowledge.policies import celery, google, kombu
from connlint.lazy import TextPattern
from connlint.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connlint.facts import Facts
    from connlint.knowledge.policies import Policy

Bound = tuple[Bounded, int | None]

_ALL = frozenset({"Exception"})
_INTERVALS = frozenset({"interval_start", "interval_step", "interval_max"})
_ENDLESS = 10**9

# A second attempt at once, and no third, replaces a kept-alive connection that the peer has closed meanwhile; urllib3
# itself never waits before the first retry.
_FEWEST = 3
_TOLD_LATER = frozenset({"backoff_factor", "backoff_jitter", "get_backoff_time", "new", "parse_retry_after"})
_ADAPTER = "requests.adapters.HTTPAdapter"

# What an opaque call of a file that imports a client must say to be taken for a call to the peer.
_SPEAKS_OF_PEERS = TextPattern(
    r"(?:^|_|\b)(?:client|conn|connect|connection|download|fetch|http|request|requests|rpc|send|session|sess|sock"
    r"|socket|stub|upload|url|urlopen|ws)(?:$|_|\b)",
    re.IGNORECASE,
)


def read_policies(facts: Facts) -> Iterator[RetryPolicy]:
    """Yield every retry configuration of the file."""
    reader = _Reader(facts)
    for function in facts.index.all(cst.FunctionDef):
        for decorator in function.decorators:
            if type(decorator.decorator) is not cst.Call:
                row = policies.policy(facts.names.qualified(decorator.decorator))
                if row is not None and row.name in {"tenacity.retry", "retrying.retry"}:
                    yield reader.read(_Source(decorator, row, None, lambda _: None))
    for call in facts.index.all(cst.Call):
        for source in reader.sources(call):
            yield reader.read(source)


class _Source(Record):
    """What a policy is written as: its place, its row, the call to repair, and what is given for an argument.

    With `base`, that is what the arguments come from that are not given: the policy that is varied.
    """

    node: cst.BaseExpression | cst.Decorator
    row: Policy
    call: cst.Call | None
    get: Callable[[str], cst.BaseExpression | None]
    base: _Source | None = None


class _Reader:
    """Reads the retry configurations of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._waits = Waits(facts)
        self._spans = Spans(facts)
        self._policies: dict[str | None, Policy | None] = {}

    # What is configured

    def sources(self, call: cst.Call) -> Iterator[_Source]:
        """Yield the policies that `call` makes or is given as a dictionary, those that hide something left out."""
        parent = self._facts.index.parents.get(call)
        name = self._facts.names.qualified(call.func)
        if type(call.func) is cst.Attribute and call.func.attr.value == "retry_with":
            yield from self._varied(call)
        elif name == "functools.partial":
            yield from self._partial(call)
        else:
            row = self._row_of(call, name)
            if row is not None:
                place = parent if type(parent) is cst.Decorator else call
                yield _Source(place, row, call, partial(given, row, call))
        yield from self._dictionaries(call, name)

    def _row_of(self, call: cst.Call, name: str | None) -> Policy | None:
        """Return what the tables know of the policy that `call` makes, if it makes one and hides nothing of it."""
        if self._is_task(call):
            return celery.TASK
        if self._task_of(call) is not None:
            return celery.RETRY
        row = policies.policy(self._facts.values.target(call)) if self._is_method(call) else None
        row = row or self._policy(name)
        if row is None:
            return self._row_of_adapter(call, name or OPAQUE)
        keywords = [arg.keyword.value for arg in call.args if arg.keyword is not None]
        if has_star(call) or (not row.open and not row.arguments.issuperset(keywords)):
            return None
        if row.name == "tenacity.retry" and self._is_function(call, row):
            return None
        if row.library == "kombu" and _INTERVALS.isdisjoint(keywords):
            return None  # it is kombu's own policy, which is fine
        counted = row.transport and row.default == 0 and row.attempts is not None
        if counted and not self._is_count(given(row, call, row.attempts or "")):
            return None  # it has no policy, or that is a policy of its own
        if row.name == "urllib3.Retry.from_int" and not self._is_count(given(row, call, "retries")):
            return None
        return row

    def _is_method(self, call: cst.Call) -> bool:
        return type(call.func) is cst.Attribute and call.func.attr.value in {"ensure", "ensure_connection"}

    def _policy(self, name: str | None) -> Policy | None:
        """Return the row of `name`: a file calls the same names again and again."""
        if name not in self._policies:
            self._policies[name] = policies.policy(name)
        return self._policies[name]

    def _row_of_adapter(self, call: cst.Call, name: str) -> Policy | None:
        """Return the row of requests' adapter if `call` makes one of a class of the file that hands the number on."""
        count = argument(call, None, "max_retries") if name.startswith("<file>") else None
        if count is None or has_star(call):
            return None
        if _ADAPTER not in self._facts.values.lineage(name) or not self._is_count(count):
            return None
        own = (node for owner in self._facts.index.definitions.get(name, ()) for node in walk(owner))
        if any(type(node) is cst.Name and node.value in {"max_retries", "send"} for node in own):
            return None  # it has a mind of its own
        return policies.policy(_ADAPTER)

    def _is_count(self, node: cst.BaseExpression | None) -> bool:
        try:
            return node is not None and self._spans.number(node) is not None
        except UnknownValue:
            return False

    def _is_function(self, call: cst.Call, row: Policy) -> bool:
        """Say whether `retry(function)` is called as a decorator would be: it makes no policy that can be read here."""
        return bool(call.args) and call.args[0].keyword is None and argument(call, 0, row.parameters[0]) is not None

    def _is_task(self, call: cst.Call) -> bool:
        return isinstance(self._facts.index.parents.get(call), cst.Decorator) and (
            argument(call, None, "autoretry_for") is not None and not has_star(call)
        )

    def _task_of(self, call: cst.Call) -> cst.Call | None:
        """Return the decorator of the task in which `call` is `self.retry(...)` with a wait that is written there."""
        if type(call.func) is not cst.Attribute or call.func.attr.value != "retry" or has_star(call):
            return None
        function = self._facts.index.function_of(call)
        if type(function) is not cst.FunctionDef or dotted(call.func.value) != first_parameter(function):
            return None
        for item in function.decorators:
            found = item.decorator
            if (
                type(found) is cst.Call
                and (dotted(found.func) or "").endswith("task")
                and self._is_true(argument(found, None, "bind"))
                and not has_star(found)
            ):
                delay = argument(call, 5, "countdown") or argument(found, None, "default_retry_delay")
                return found if delay is not None else None  # else it waits for minutes
        return None

    def _partial(self, call: cst.Call) -> Iterator[_Source]:
        """Yield the policy that `functools.partial(Retry, total=5)` makes, as long as its calls add no wait."""
        if not call.args or call.args[0].keyword is not None or call.args[0].star:
            return
        first, *others = call.args
        row = policies.policy(self._facts.names.qualified(first.value))
        made = cst.Call(first.value, others)
        if row is None or has_star(made) or any(arg.keyword is None for arg in others):
            return
        if not row.arguments.issuperset(arg.keyword.value for arg in others if arg.keyword is not None):
            return
        uses = [use for name in self._names_of(call) for use in self._uses(name)]
        for use in uses:
            parent = self._facts.index.parents.get(use)
            if type(parent) is not cst.Call or parent.func is not use or has_star(parent):
                return
            if any(given(row, parent, name) is not None for name in row.wait_arguments):
                return
        if uses:
            yield _Source(call, row, call, partial(given, row, made))

    def _varied(self, call: cst.Call) -> Iterator[_Source]:
        """Yield the policy of `fetch.retry_with(wait=...)`, for a function of the file that tenacity decorates."""
        row = policies.policy("tenacity.retry")
        function = self._definition(call.func.value) if type(call.func) is cst.Attribute else None
        if row is None or function is None or has_star(call):
            return
        for decorator in function.decorators:
            made = decorator.decorator
            target = made.func if type(made) is cst.Call else made
            if policies.policy(self._facts.names.qualified(target)) is row:
                original = made if type(made) is cst.Call else None
                base = _Source(decorator, row, original, partial(given, row, original))
                yield _Source(call, row, call, partial(given, row, call), base)

    def _dictionaries(self, call: cst.Call, name: str | None) -> Iterator[_Source]:
        """Yield the policies that `call` is given as dictionaries."""
        written = argument(call, None, "retry_policy")
        if written is not None:
            yield from self._dictionary(written, kombu.RETRY_POLICY, _INTERVALS)
        written = argument(call, None, "retries")
        if written is not None and policies.canonical(name or OPAQUE) == "botocore.config.Config":
            row = policies.policy("botocore.config.Config.retries")
            if row is not None:
                yield from self._dictionary(written, row)
        row = policies.policy("grpc.retryPolicy") if name == "json.dumps" and "grpc" in self._clients() else None
        if row is not None:
            for node in self._grpc_policies(call):
                yield from self._dictionary(node, row)

    def _dictionary(
        self, node: cst.BaseExpression, row: Policy, needed: frozenset[str] = frozenset()
    ) -> Iterator[_Source]:
        node = self._facts.names.follow(node)
        items = _items(node) if type(node) is cst.Dict else None
        if items is not None and row.arguments.issuperset(items) and (not needed or needed & items.keys()):
            yield _Source(node, row, None, items.get)

    def _grpc_policies(self, call: cst.Call) -> Iterator[cst.Dict]:
        """Yield the dictionaries `retryPolicy` of the service configuration that `call` writes as JSON."""
        if not call.args:
            return
        for node in walk(self._facts.names.follow(call.args[0].value)):
            if type(node) is not cst.DictElement or _text(node.key) != "retryPolicy":
                continue
            if type(node.value) is cst.Dict:
                yield node.value

    def read(self, source: _Source) -> RetryPolicy:
        """Return the policy that `source` configures."""
        row, call = source.row, source.call
        bound, attempts = self._bound(source)
        subjects = list(self._subjects(source))
        span = self._span(source)
        if span.growth in {"none", "constant"} and (
            self._changes_later(source)
            or self._callbacks_may_wait(source)
            or any(self._waits.of_body(body) == WAITS for _, body in subjects)
        ):
            span = UNKNOWN
        caught = self._filter(source)
        network, why = self._network(source, caught, subjects)
        names = {name for name, _ in subjects if name is not None}
        return RetryPolicy(
            source.node,
            row,
            call,
            span.growth,
            bound,
            attempts,
            names.pop() if len(names) == 1 else None,
            network,
            why,
            seconds=span.seconds,
            jitter=span.jitter,
            cap=span.cap,
            caught=tuple(sorted(caught)),
        )

    def _is_true(self, node: cst.BaseExpression | None) -> bool:
        return type(node) is cst.Name and node.value == "True"

    # The delay

    def _span(self, source: _Source) -> Span:
        """Return how the policy waits."""
        row, get = source.row, source.get
        if row is celery.TASK:
            return self._span_of_task(get)
        if row is celery.RETRY and source.call is not None:
            return self._span_of_task_retry(source.call)
        strategy = get(row.strategy) if row.strategy is not None else None
        if strategy is not None and not self._is_nothing(strategy):
            span = self._spans.of_strategy(strategy, source.call)
            return self._spread(source, span) if row.library == "backoff" else span
        if source.base is not None:
            return self._span(source.base)
        waits_ = [each for each in row.waits if not each.optional or any(map(get, sorted(each.arguments)))]
        spans = [self._spans.of_wait(each, self._in_seconds(get)) for each in waits_]
        growth = longest([span.growth for span in spans])
        found = next((span for span in spans if span.growth == growth), NO_WAIT)
        # Several waits of one policy have their random part in common
        return found._replace(jitter=True) if growth != "none" and any(span.jitter for span in spans) else found

    def _in_seconds(
        self, get: Callable[[str], cst.BaseExpression | None]
    ) -> Callable[[str], cst.BaseExpression | None]:
        """Return `get` with the durations of protocol buffers as numbers."""

        def found(name: str) -> cst.BaseExpression | None:
            value = get(name)
            seconds = of_text(_text(value) or "") if value is not None else None
            return cst.Float(repr(seconds)) if seconds is not None else value

        return found

    def _is_nothing(self, node: cst.BaseExpression) -> bool:
        return type(node) is cst.Name and node.value == "None"

    def _spread(self, source: _Source, span: Span) -> Span:
        """Return `span` with what the library backoff does to it: it draws all of it at random, unless told not to."""
        jitter = source.get("jitter")
        if jitter is None:
            return span._replace(jitter=True) if span.growth not in {"none", "unknown"} else span
        if self._is_nothing(jitter):
            return span
        named = self._facts.names.qualified(jitter) or OPAQUE
        if named.endswith("full_jitter"):
            return span._replace(jitter=True) if span.growth not in {"none", "unknown"} else span
        if named.endswith("random_jitter"):
            return span._replace(jitter=True, growth="constant" if span.growth == "none" else span.growth)
        return UNKNOWN if span.growth == "none" else span._replace(jitter=None)

    def _span_of_task(self, get: Callable[[str], cst.BaseExpression | None]) -> Span:
        backoff = get("retry_backoff")
        if backoff is not None:
            try:
                if self._spans.number(backoff):
                    jitter = get("retry_jitter")
                    span = self._spans.of_wait(celery.BACKOFF, get)
                    return span._replace(jitter=jitter is None or self._is_true(jitter) or None)
            except UnknownValue:
                return UNKNOWN
        options = get("retry_kwargs")
        if options is not None:
            items = _items(self._facts.names.follow(options))
            if items is None:
                return UNKNOWN
            countdown = items.get("countdown")
            if countdown is not None:
                return self._spans.of_wait(celery.RETRY.waits[0], lambda _: countdown)
        return self._spans.of_wait(celery.TASK.waits[0], get)

    def _span_of_task_retry(self, call: cst.Call) -> Span:
        task = self._task_of(call)
        countdown = argument(call, 5, "countdown")
        if argument(call, 4, "eta") is not None or task is None:
            return UNKNOWN
        if countdown is None:
            return self._spans.of_wait(celery.TASK.waits[0], lambda name: argument(task, None, name))
        if not self._is_count(countdown):
            return UNKNOWN  # mostly it is reckoned from `self.request.retries`
        return self._spans.of_wait(celery.RETRY.waits[0], lambda _: countdown)

    def _changes_later(self, source: _Source) -> bool:
        """Say whether the file gives the policy its wait after it was made, or made it for something else."""
        call = source.call
        if source.row.library == "tenacity":
            return any((dotted(node) or "").endswith(".retry.wait") for node in self._facts.index.assigned)
        if call is None or not source.row.transport:
            return False
        parent = self._facts.index.parents.get(call)
        if type(parent) is cst.Attribute:
            return True  # `Retry().parse_retry_after(...)`
        names = self._names_of(call)
        paths, is_assigned = self._later
        return is_assigned or not paths.isdisjoint(names)

    @cached_property
    def _later(self) -> tuple[set[str], bool]:
        """The dotted names of what is told its wait when it is made already, and whether a wait is assigned."""
        paths: set[str] = set()
        is_assigned = False
        for node in walk(self._facts.module):
            if type(node) is cst.Attribute and node.attr.value in _TOLD_LATER:
                is_assigned |= isinstance(self._facts.index.parents.get(node), cst.AssignTarget)
                paths.add(dotted(node.value) or "")
        return paths, is_assigned

    def _names_of(self, call: cst.Call) -> set[str]:
        """Return the names, dotted ones too, that `call` is assigned to."""
        parent = self._facts.index.parents.get(call)
        if type(parent) is cst.Assign:
            found = {name for item in parent.targets if (name := dotted(item.target)) is not None}
            owner = self._facts.index.scope_of(call)
            if owner.kind == "class" and type(owner.node) is cst.ClassDef:
                found |= {f"{way}.{name}" for name in found for way in ("self", "cls", owner.node.name.value)}
            return found
        if type(parent) is cst.AnnAssign:
            name = dotted(parent.target)
            return {name} if name is not None else set()
        return set()

    def _uses(self, name: str) -> Iterator[cst.BaseExpression]:
        """Yield where the dotted name `name` is read in the file, assignments left out."""
        for use in walk(self._facts.module):
            if not isinstance(use, (cst.Name, cst.Attribute)) or dotted(use) != name:
                continue
            if not isinstance(self._facts.index.parents.get(use), cst.AssignTarget):
                yield use

    def _callbacks_may_wait(self, source: _Source) -> bool:
        """Say whether code that runs between the attempts may wait for all that is known."""
        values = [source.get(name) for name in source.row.callbacks]
        if source.base is not None and self._callbacks_may_wait(source.base):
            return True
        return any(value is not None and self._may_wait(value) for value in values)

    def _may_wait(self, callback: cst.BaseExpression) -> bool:
        if isinstance(callback, (cst.List, cst.Tuple)):
            return any(self._may_wait(element.value) for element in callback.elements)
        if type(callback) is cst.Lambda:
            return self._waits.of_body(callback.body) != PROMPT
        func = callback.func if type(callback) is cst.Call else callback
        if type(func) is cst.Name and func.value == "None":
            return False
        target = self._facts.names.qualified(func)
        if (target is not None and policies.is_prompt(target)) or target in waits.SLEEPS:
            return False  # what sleeps is given the wait of the policy
        definition = self._definition(func)
        if definition is not None and type(callback) is not cst.Call:
            return self._waits.of_body(definition.body) != PROMPT
        return not re.search(r"(?:^|_|\.)log(?:$|_|\.|ger|ging)", dotted(func) or "", re.IGNORECASE)

    # The bound

    def _bound(self, source: _Source) -> Bound:
        """Return what ends the retrying, and after how many attempts, if that is written there."""
        row, get = source.row, source.get
        if row.library == "tenacity":
            stop = get("stop")
            if stop is None and source.base is not None:
                return self._bound(source.base)
            return self._stop(self._facts.names.follow(stop)) if stop is not None else ("unbounded", None)
        if row.name == "urllib3.Retry":
            return self._bound_of_urllib3(row, get)
        if row.library == "celery":
            return self._bound_of_task(source)
        if row.name == "botocore.config.Config.retries":
            return self._bound_of_botocore(get)
        if row.name == "aiohttp_retry.ListRetry":
            timeouts = get("timeouts")
            items = self._facts.names.follow(timeouts) if timeouts is not None else None
            return "attempts", len(items.elements) if isinstance(items, (cst.List, cst.Tuple)) else None
        return self._counted(row, get(row.attempts or ""), get)

    def _counted(
        self, row: Policy, value: cst.BaseExpression | None, get: Callable[[str], cst.BaseExpression | None]
    ) -> Bound:
        number: Number = row.default
        if value is not None:
            try:
                number = self._spans.number(value)
            except UnknownValue:
                return "unknown", None
            number = number + row.first if number is not None else None
        elif number is not None and row.default is not None:
            number = row.default + row.first
        if number is None or number < row.first:
            return ("deadline" if self._has_deadline(row, get) else "unbounded"), None
        if value is None and any(bound.argument and get(bound.argument) for bound in row.bounds if not bound.default):
            return "deadline", None
        return "attempts", int(number)

    def _has_deadline(self, row: Policy, get: Callable[[str], cst.BaseExpression | None]) -> bool:
        """Say whether something else than a number of attempts ends the retrying."""
        for bound in row.bounds:
            value = get(bound.argument) if bound.argument is not None else None
            if (value is None and bound.default is not None) or (value is not None and not self._is_nothing(value)):
                return True
        return False

    def _bound_of_task(self, source: _Source) -> Bound:
        row, get = source.row, source.get
        value = get("max_retries")
        if row is celery.RETRY and source.call is not None and (value is None or self._is_nothing(value)):
            task = self._task_of(source.call)
            value = argument(task, None, "max_retries") if task is not None else None
        if row is celery.TASK and (options := get("retry_kwargs")) is not None:
            items = _items(self._facts.names.follow(options))
            if items is None:
                return "unknown", None
            given_there = items.get("max_retries")
            value = given_there if given_there is not None and not self._is_nothing(given_there) else value
        return self._counted(row, value, get)

    def _bound_of_botocore(self, get: Callable[[str], cst.BaseExpression | None]) -> Bound:
        total, more = get("total_max_attempts"), get("max_attempts")
        value = total if total is not None else more
        if value is None:
            mode = get("mode")
            return "attempts", 5 if mode is None or _text(mode) == "legacy" else 3
        try:
            number = self._spans.number(value)
        except UnknownValue:
            return "attempts", None
        return "attempts", None if number is None else int(number) + (total is None)

    def _bound_of_urllib3(self, row: Policy, get: Callable[[str], cst.BaseExpression | None]) -> Bound:
        """Return the attempts that a failing connection is given, by whichever budget is larger."""
        try:
            total = self._budget(get("total"), row.default)
            budgets = [min(total, self._budget(get(name), None)) for name in ("connect", "read")]
        except UnknownValue:
            return "unknown", None
        return ("unbounded", None) if max(budgets) >= _ENDLESS else ("attempts", max(budgets) + row.first)

    def _budget(self, value: cst.BaseExpression | None, default: int | None) -> int:
        number = self._spans.number(self._usual(value)) if value is not None else default
        return _ENDLESS if number is None else int(number)

    def _usual(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """Return the default of the parameter that `value` names and nothing changes, else `value`."""
        bindings = self._facts.names.bindings(value) if type(value) is cst.Name else []
        if len(bindings) != 1 or bindings[0].kind != "parameter":
            return value
        param = bindings[0].node
        return param.default if type(param) is cst.Param and param.default is not None else value

    def _stop(self, node: cst.BaseExpression) -> Bound:
        if type(node) is cst.BinaryOperation and isinstance(node.operator, (cst.BitOr, cst.BitAnd)):
            return _first([self._stop(node.left), self._stop(node.right)])
        func = node.func if type(node) is cst.Call else node
        name = policies.canonical(self._facts.names.qualified(func) or OPAQUE)
        if name == "tenacity.stop_never":
            return "unbounded", None
        if type(node) is not cst.Call:
            return "unknown", None
        if name in {"tenacity.stop_any", "tenacity.stop_all"}:
            return _first([self._stop(arg.value) for arg in node.args])
        if name in {"tenacity.stop_after_delay", "tenacity.stop_before_delay"}:
            return "deadline", None
        if name == "tenacity.stop_after_attempt":
            value = argument(node, 0, "max_attempt_number")
            try:
                number = self._spans.number(value) if value is not None else None
            except UnknownValue:
                number = None
            return "attempts", None if number is None else int(number)
        return "unknown", None

    # What is retried

    def _subjects(self, source: _Source) -> Iterator[tuple[str | None, cst.CSTNode]]:
        """Yield the functions and loop bodies that the policy retries, with their names."""
        node, row, call = source.node, source.row, source.call
        parent = self._facts.index.parents.get(node)
        if source.base is not None:
            yield from self._subjects(source.base)
            return
        if row is celery.RETRY and call is not None:
            statement = self._facts.index.enclosing(call, cst.Try)
            if statement is not None:
                yield None, statement.body
            return
        if type(node) is cst.Decorator:
            if type(parent) is cst.FunctionDef:
                yield parent.name.value, parent.body
            return
        if row.name in {"retry.retry_call", "kombu.utils.functional.retry_over_time"}:
            yield from self._named(source.get(row.parameters[0]))
            return
        if row.transport or call is None:
            return
        yield from self._applied(call)
        for name in self._names_of(call):
            for use in self._uses(name):
                yield from self._applied(use)
                made = self._facts.index.parents.get(use)
                if type(made) is cst.Call and made.func is use:
                    yield from self._applied(made)  # `@again()` of `again = partial(retry, ...)`

    def _applied(self, policy: cst.CSTNode) -> Iterator[tuple[str | None, cst.CSTNode]]:
        """Yield what the expression `policy` is applied to where it stands."""
        parent = self._facts.index.parents.get(policy)
        if type(parent) is cst.Decorator:
            function = self._facts.index.parents.get(parent)
            if type(function) is cst.FunctionDef:
                yield function.name.value, function.body
        elif type(parent) is cst.For and parent.iter is policy:
            yield None, parent.body
        elif type(parent) is cst.Call and parent.func is policy and parent.args:
            yield from self._named(parent.args[0].value)

    def _named(self, function: cst.BaseExpression | None) -> Iterator[tuple[str | None, cst.CSTNode]]:
        if type(function) is cst.Lambda:
            yield None, function.body
            return
        if function is None:
            return
        definition = self._definition(function) or self._wrapped_again(function)
        if definition is not None:
            yield definition.name.value, definition.body
        elif knowledge.operation(self._facts.names.qualified(function) or OPAQUE) is not None:
            yield dotted(function), function

    def _wrapped_again(self, node: cst.BaseExpression) -> cst.FunctionDef | None:
        """Return the function `get` of `get = retry(...)(get)`, which gives the name another meaning."""
        statement = self._facts.index.enclosing(node, cst.Assign)
        bindings = self._facts.names.bindings(node) if type(node) is cst.Name else []
        found = [each.node for each in bindings if type(each.node) is cst.FunctionDef]
        others = [each.node for each in bindings if type(each.node) is not cst.FunctionDef]
        return found[0] if len(found) == 1 and others == [statement] else None

    def _definition(self, node: cst.BaseExpression) -> cst.FunctionDef | None:
        """Return the function of the file that `node` names."""
        name = self._facts.names.qualified(node)
        if name is None and type(node) is cst.Attribute:
            owners = self._facts.names.class_names(node.value)
            name = self._facts.values.method(owners[0], node.attr.value) if len(owners) == 1 else None
        found = self._facts.index.definitions.get(name or "", [])
        return found[0] if len(found) == 1 and type(found[0]) is cst.FunctionDef else None

    # Whether it meets a peer

    def _network(
        self, source: _Source, caught: frozenset[str], subjects: Sequence[tuple[str | None, cst.CSTNode]]
    ) -> tuple[bool | None, str]:
        """Say whether what is retried touches the network, and what that rests on."""
        row = source.row
        if row.transport:
            return True, f"{row.library} repeats requests that fail with it"
        if row.library == "google.api_core" and source.get("predicate") is None:
            return True, "google.api_core retries what fails because the service cannot be reached"
        if any(_turns_elsewhere(body) for _, body in subjects):
            return None, "each attempt is given something else"
        named = sorted(name for name in caught if self._speaks_of_connections(name))
        if named:
            return True, f"it retries on {', '.join(named)}"
        translated = sorted(name for name in caught if self._is_translated(name, subjects))
        if translated:
            return True, f"it retries on {', '.join(translated)}, raised where a connection fails"
        if not caught & policies.GENERAL:
            return (None if OPAQUE in caught else False), "it retries on other exceptions"
        return self._network_by_body(caught, subjects)

    def _is_translated(self, name: str, subjects: Sequence[tuple[str | None, cst.CSTNode]]) -> bool:
        """Say whether what is retried raises the class `name` where it handles a connection that failed."""
        return name not in policies.GENERAL | {OPAQUE} and any(
            type(handler) is cst.ExceptHandler
            and any(map(self._speaks_of_connections, self._facts.names.classes(handler.type)))
            and self._leads_to(handler.body, name)
            for _, body in subjects
            for handler in walk_same_code(body)
        )

    def _leads_to(self, body: cst.CSTNode, name: str) -> bool:
        """Say whether `body`, or a function of the file that it calls, raises the class `name`."""
        bodies = [body]
        for node in walk_same_code(body):
            if type(node) is cst.Call:
                found = self._facts.index.definitions.get(self._facts.values.target(node) or "", [])
                bodies += [each.body for each in found if len(found) == 1 and type(each) is cst.FunctionDef]
        return any(
            type(node) is cst.Raise and self._raises(node) == name for each in bodies for node in walk_same_code(each)
        )

    def _raises(self, node: cst.Raise) -> str | None:
        target = node.exc.func if type(node.exc) is cst.Call else node.exc
        return self._facts.names.qualified(target) if target is not None else None

    def _network_by_body(
        self, caught: frozenset[str], subjects: Sequence[tuple[str | None, cst.CSTNode]]
    ) -> tuple[bool | None, str]:
        takes = self._facts.exceptions.taken
        opaque: list[cst.CSTNode] = []
        for name, body in subjects:
            operation = knowledge.operation(self._facts.names.qualified(body) or OPAQUE)
            if operation is not None:
                if any(takes(caught, failure.raises) is True for failure in operation.failures):
                    return True, f"it calls {operation.name}"
                continue
            effects = self._facts.effects.of([body])
            opaque += effects.opaque
            for item in effects.tried:
                if any(takes(caught, failure.raises) is True for failure in item.failures):
                    return True, f"{name or 'it'} tries {place(self._facts, item.site)}"
        if subjects and not opaque:
            return False, "what it retries does not touch the network"
        clients = self._clients()
        if clients and caught & {"Exception", "BaseException"}:
            for node in opaque:
                if type(node) is cst.Call and _SPEAKS_OF_PEERS.search(dotted(node.func) or ""):
                    said = f"it tries {place(self._facts, node)}"
                    return True, f"{said} in a file that imports {clients[0]}"
        return None, "what it retries is not known"

    def _clients(self) -> list[str]:
        """Return the client libraries that the file imports."""
        names: list[str] = []
        for node in self._facts.index.all(cst.Import):
            names += [dotted(alias.name) or "" for alias in node.names]
        for found in self._facts.index.all(cst.ImportFrom):
            module = dotted(found.module) or ""
            if found.relative:
                continue
            names.append(module)
            if not isinstance(found.names, cst.ImportStar):
                names += [f"{module}.{dotted(alias.name)}" for alias in found.names]
        return [
            name
            for name in names
            if any(name == client or name.startswith(f"{client}.") for client in policies.CLIENTS)
        ]

    def _speaks_of_connections(self, name: str) -> bool:
        """Say whether the exception class `name` means that a connection failed, and cannot mean much else."""
        if name == OPAQUE or name in policies.GENERAL:
            return False
        if name.startswith("<file>"):
            return any(
                knowledge.means_failure(each) and each not in policies.GENERAL
                for each in self._facts.values.lineage(name)
            )
        return knowledge.is_connection_failure(name) or name in google.TRANSIENT

    def _filter(self, source: _Source) -> frozenset[str]:
        """Return the classes that are retried; `OPAQUE` among them where that cannot be told."""
        row = source.row
        if row is celery.RETRY and source.call is not None:
            handler = self._facts.index.enclosing(source.call, cst.ExceptHandler)
            return frozenset(self._facts.names.classes(handler.type)) if handler is not None else frozenset({OPAQUE})
        value = source.get(row.filters) if row.filters is not None else None
        if value is None:
            return self._filter(source.base) if source.base is not None else _ALL
        value = self._facts.names.follow(value)
        if row.library == "tenacity":
            return self._tenacity_filter(value)
        if row.library == "google.api_core":
            return self._google_filter(value)
        if row.library == "retrying" and type(value) is not cst.Tuple:
            return self._predicate(value)
        return frozenset(self._facts.names.classes(value))

    def _google_filter(self, node: cst.BaseExpression) -> frozenset[str]:
        func = node.func if type(node) is cst.Call else node
        name = (self._facts.names.qualified(func) or OPAQUE).rpartition(".")[2]
        if name == "if_transient_error":
            return google.TRANSIENT
        if name == "if_exception_type" and type(node) is cst.Call and not has_star(node):
            return frozenset(each for arg in node.args for each in self._facts.names.classes(arg.value))
        return self._predicate(node)

    def _tenacity_filter(self, node: cst.BaseExpression) -> frozenset[str]:
        if type(node) is cst.BinaryOperation:
            left, right = self._tenacity_filter(node.left), self._tenacity_filter(node.right)
            return left | right if type(node.operator) is cst.BitOr else frozenset({OPAQUE})
        func = node.func if type(node) is cst.Call else node
        name = policies.canonical(self._facts.names.qualified(func) or OPAQUE)
        if name == "tenacity.retry_always":
            return _ALL
        if type(node) is not cst.Call:
            return frozenset({OPAQUE})
        if name == "tenacity.retry_any":
            return frozenset().union(*(self._tenacity_filter(arg.value) for arg in node.args))
        if name in {"tenacity.retry_if_result", "tenacity.retry_if_not_result"}:
            return frozenset()
        given = argument(node, 0, "exception_types")
        if name == "tenacity.retry_if_exception_type":
            return frozenset(self._facts.names.classes(given)) if given is not None else _ALL
        if name == "tenacity.retry_if_not_exception_type":
            return _ALL
        if name == "tenacity.retry_if_exception":
            given = argument(node, 0, "predicate")
            return self._predicate(given) if given is not None else frozenset({OPAQUE})
        return frozenset({OPAQUE})

    def _predicate(self, node: cst.BaseExpression) -> frozenset[str]:
        """Return the classes that a predicate tells by `isinstance`."""
        body: cst.CSTNode | None = None
        if type(node) is cst.Lambda:
            body = node.body
        else:
            definition = self._definition(node)
            if definition is not None:
                parts = [
                    part
                    for part in statements(definition.body)
                    if not (type(part) is cst.Expr and type(part.value) is cst.SimpleString)
                ]
                if len(parts) == 1 and type(parts[0]) is cst.Return:
                    body = parts[0].value
        if type(body) is cst.Call and self._facts.names.qualified(body.func) == "isinstance" and len(body.args) > 1:
            return frozenset(self._facts.names.classes(body.args[1].value))
        return frozenset({OPAQUE})


def sets_wait(policy: RetryPolicy) -> bool:
    """Say whether the policy is given one of the arguments by which it waits."""
    return any(given(policy.row, policy.call, name) is not None for name in policy.row.wait_arguments)


def retries_often(policy: RetryPolicy) -> bool:
    """Say whether there are more than two attempts, for all that is written there."""
    if policy.attempts is not None:
        return policy.attempts >= _FEWEST
    # where a client library is given a variable, that may well be 0
    return policy.bound != "unknown" or not policy.row.transport


def wait_of(facts: Facts, policy: RetryPolicy) -> str:
    """Return by what the policy waits, as the code says it: `wait_fixed(2)`, `delay=2`."""
    strategy = given(policy.row, policy.call, policy.row.strategy or "")
    if strategy is not None:
        return code(facts, strategy)
    names = sorted(policy.row.wait_arguments | ({"retry_kwargs"} if policy.row is celery.TASK else set()))
    values = {name: given(policy.row, policy.call, name) for name in names}
    written = [f"{name}={code(facts, value)}" for name, value in values.items() if value is not None]
    return ", ".join(written) if written else policy.row.name


def said(facts: Facts, policy: RetryPolicy) -> str:
    """Return the policy as the code says it: `` `@retry` ``, `` `Retry(total=5)` ``."""
    if type(policy.node) is not cst.Decorator:
        return f"`{code(facts, policy.node)}`"
    target = policy.node.decorator.func if type(policy.node.decorator) is cst.Call else policy.node.decorator
    return f"`@{code(facts, target)}`"


def subject(policy: RetryPolicy) -> str:
    """Return what the policy retries, as the rest of a sentence; nothing if that has no name."""
    return f" `{policy.subject}`" if policy.subject is not None else ""


def bound(policy: RetryPolicy) -> str:
    """Return how many attempts there are, as the beginning of a sentence."""
    if policy.attempts is not None:
        return f"it makes up to {policy.attempts} attempts"
    return "nothing ends the attempts" if policy.bound == "unbounded" else "it makes several attempts"


def given(row: Policy, call: cst.Call | None, name: str) -> cst.BaseExpression | None:
    """Return what `call`, which makes a policy of `row`, is given for the argument `name`."""
    if call is None or not name:
        return None
    position = row.parameters.index(name) if name in row.parameters else None
    return argument(call, position, name)


def _turns_elsewhere(body: cst.CSTNode) -> bool:
    """Say whether `body`, when it fails, binds anew an attribute that its calls are given: the next proxy, or host."""
    bound: set[str | None] = set()
    for handler in walk_same_code(body):
        if type(handler) is cst.ExceptHandler:
            assigned = (node for node in walk_same_code(handler.body) if type(node) is cst.Assign)
            targets = (target.target for node in assigned for target in node.targets)
            bound |= {dotted(target) for target in targets if type(target) is cst.Attribute}
    if not bound:
        return False
    return any(type(node) is cst.Arg and dotted(node.value) in bound - {None} for node in walk_same_code(body))


def _text(node: cst.BaseExpression) -> str | None:
    """Return the text that `node` is a literal of."""
    value = node.evaluated_value if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)) else None
    return value if isinstance(value, str) else None


def _items(node: cst.CSTNode) -> dict[str, cst.BaseExpression] | None:
    """Return what the dictionary `node` holds, None if a part of it is hidden."""
    if type(node) is cst.Call and dotted(node.func) == "dict" and not has_star(node):
        return {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
    if type(node) is not cst.Dict:
        return None
    found: dict[str, cst.BaseExpression] = {}
    for element in node.elements:
        key = _text(element.key) if type(element) is cst.DictElement else None
        if key is None:
            return None
        found[key] = element.value
    return found


def _first(bounds: Sequence[Bound]) -> Bound:
    """Return the bound of several together: the attempts, if they are among them."""
    for kind in ("attempts", "deadline", "unknown"):
        for bound in bounds:
            if bound[0] == kind:
                return bound
    return "unbounded", None
