"""The retries that libraries make on the file's behalf: what they wait, what ends them, and whether they meet a peer.

A decorator can go on anything, so that it retries says nothing yet. What it retries is told by the exceptions that it
names, else by what the function tries; only where both are silent, the file's imports say what the function is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import libcst as cst

from connlint import knowledge
from connlint.facts.delays import PROMPT, WAITS, Waits
from connlint.facts.model import RetryPolicy
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, walk, walk_same_code
from connlint.facts.wording import place
from connlint.knowledge import policies, waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Growth
    from connlint.knowledge.policies import Policy

Number = int | float | bool | None
Bound = tuple["str", int | None]

_GROWTHS: Final[tuple[Growth, ...]] = ("none", "constant", "linear", "exponential", "unknown")
_ALL = frozenset({"Exception"})
_ENDLESS = 10**9
_ADAPTER = "requests.adapters.HTTPAdapter"

# What an opaque call of a file that imports a client must say to be taken for a call to the peer.
_SPEAKS_OF_PEERS = re.compile(
    r"(?:^|_|\b)(?:client|conn|connect|connection|download|fetch|http|request|requests|rpc|send|session|sess|sock"
    r"|socket|stub|upload|url|urlopen|ws)(?:$|_|\b)",
    re.IGNORECASE,
)


def read_policies(facts: Facts) -> Iterator[RetryPolicy]:
    """Yield every retry configuration of the file."""
    reader = _Reader(facts)
    for function in facts.index.all(cst.FunctionDef):
        for decorator in function.decorators:
            if not isinstance(decorator.decorator, cst.Call):
                row = policies.policy(facts.names.qualified(decorator.decorator))
                if row is not None and row.name in {"tenacity.retry", "retrying.retry"}:
                    yield reader.read(decorator, row, None)
    for call in facts.index.all(cst.Call):
        row = reader.row_of(call)
        if row is not None:
            parent = facts.index.parents.get(call)
            yield reader.read(parent if isinstance(parent, cst.Decorator) else call, row, call)


class _Unknown(Exception):  # noqa: N818 - it is an answer, not an error
    """A value is not written in the file."""


class _Reader:
    """Reads the retry configurations of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._waits = Waits(facts)

    # What is configured

    def row_of(self, call: cst.Call) -> Policy | None:
        """Return what the tables know of the policy that `call` makes, if it makes one and hides nothing of it."""
        if self._is_task(call):
            return policies.CELERY_TASK
        if self._is_task_retry(call):
            return policies.CELERY_RETRY
        row = policies.policy(self._facts.names.qualified(call.func))
        if row is None:
            return self._row_of_adapter(call)
        known = {*row.parameters, *row.keywords, *row.waits, *row.bounds, *row.results, row.attempts, row.filters}
        keywords = [arg.keyword.value for arg in call.args if arg.keyword is not None]
        if not known.issuperset(keywords) or any(arg.star for arg in call.args):
            return None
        if row.name == "tenacity.retry" and self._is_function(call, row):
            return None
        if row.name == "requests.adapters.HTTPAdapter" and not self._is_count(self._given(row, call, "max_retries")):
            return None  # it has no policy, or that is a policy of its own
        return row

    def _row_of_adapter(self, call: cst.Call) -> Policy | None:
        """Return the row of requests' adapter if `call` makes one of a class of the file that hands the number on."""
        name = self._facts.names.qualified(call.func) or OPAQUE
        given = argument(call, None, "max_retries")
        if given is None or not name.startswith("<file>") or any(arg.star for arg in call.args):
            return None
        if _ADAPTER not in self._facts.values.lineage(name) or not self._is_count(given):
            return None
        own = (node for owner in self._facts.index.definitions.get(name, ()) for node in walk(owner))
        if any(isinstance(node, cst.Name) and node.value in {"max_retries", "send"} for node in own):
            return None  # it has a mind of its own
        return policies.policy(_ADAPTER)

    def _is_count(self, node: cst.BaseExpression | None) -> bool:
        try:
            return node is not None and self._number(node) is not None
        except _Unknown:
            return False

    def _is_function(self, call: cst.Call, row: Policy) -> bool:
        """Say whether `retry(function)` is called as a decorator would be: it makes no policy that can be read here."""
        return bool(call.args) and call.args[0].keyword is None and argument(call, 0, row.parameters[0]) is not None

    def _is_task(self, call: cst.Call) -> bool:
        return isinstance(self._facts.index.parents.get(call), cst.Decorator) and (
            argument(call, None, "autoretry_for") is not None and not any(arg.star for arg in call.args)
        )

    def _is_task_retry(self, call: cst.Call) -> bool:
        """Say whether `call` is `self.retry(countdown=...)` in a task that is bound to itself."""
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "retry":
            return False
        function = self._facts.index.function_of(call)
        if argument(call, None, "countdown") is None or not isinstance(function, cst.FunctionDef):
            return False
        return any(
            isinstance(item.decorator, cst.Call)
            and (dotted(item.decorator.func) or "").endswith("task")
            and self._is_true(argument(item.decorator, None, "bind"))
            for item in function.decorators
        )

    def read(self, node: cst.Call | cst.Decorator, row: Policy, call: cst.Call | None) -> RetryPolicy:
        """Return the policy that `node` configures."""
        bound, attempts = self._bound(row, call)
        subjects = list(self._subjects(node, row, call))
        delay = self._delay(row, call)
        if delay == "none" and (
            self._changes_later(row, call)
            or self._callbacks_may_wait(row, call)
            or any(self._waits.of_body(body) == WAITS for _, body in subjects)
        ):
            delay = "unknown"
        network, why = self._network(row, call, subjects)
        names = {name for name, _ in subjects if name is not None}
        subject = names.pop() if len(names) == 1 else None
        return RetryPolicy(node, row, call, delay, bound, attempts, subject, network, why)  # type: ignore[arg-type]

    def _given(self, row: Policy, call: cst.Call | None, name: str) -> cst.BaseExpression | None:
        if call is None:
            return None
        position = row.parameters.index(name) if name in row.parameters else None
        return argument(call, position, name)

    # Values

    def _number(self, node: cst.BaseExpression) -> Number:
        """Return the number (or truth value, or None) that `node` is written as. Raises `_Unknown`."""
        if isinstance(node, cst.Name) and node.value in {"None", "True", "False"}:
            return {"None": None, "True": True, "False": False}[node.value]
        if isinstance(node, (cst.Integer, cst.Float)):
            return node.evaluated_value
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            value = self._number(node.expression)
            if value is not None:
                return -value
        if isinstance(node, cst.Name):
            followed = self._facts.names.follow(node)
            if followed is not node and not isinstance(followed, cst.Name):
                return self._number(followed)
        raise _Unknown

    def _is_zero(self, node: cst.BaseExpression | None) -> bool:
        try:
            return node is not None and self._number(node) == 0
        except _Unknown:
            return False

    def _is_true(self, node: cst.BaseExpression | None) -> bool:
        return isinstance(node, cst.Name) and node.value == "True"

    # The delay

    def _delay(self, row: Policy, call: cst.Call | None) -> Growth:
        """Return how the wait of the policy grows."""
        if row is policies.CELERY_TASK and call is not None:
            return self._delay_of_task(call)
        found = [
            self._wait(value, growth, call, is_zero_none=name in row.zero)
            for name, growth in row.waits.items()
            if (value := self._given(row, call, name)) is not None
        ]
        return _longest(found) if found else row.growth

    def _wait(self, value: cst.BaseExpression, growth: Growth, call: cst.Call | None, *, is_zero_none: bool) -> Growth:
        followed = self._facts.names.follow(value)
        try:
            number = self._number(followed)
        except _Unknown:
            return self._strategy(followed, call)
        if number is None:
            return "none"
        if number == 0:
            return "none" if is_zero_none else "unknown"
        return "constant" if growth == "unknown" else growth

    def _strategy(self, node: cst.BaseExpression, call: cst.Call | None) -> Growth:
        """Return how a wait that is an object, or is made by a call, grows."""
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return _longest([self._strategy(node.left, call), self._strategy(node.right, call)])
        func = node.func if isinstance(node, cst.Call) else node
        found = policies.strategy(self._facts.names.qualified(func))
        if found is None:
            return "unknown"
        made = node if isinstance(node, cst.Call) else call
        if made is not None:
            if any(arg.star for arg in made.args):
                return "unknown"
            for name in found.zero:
                position = found.parameters.index(name) if name in found.parameters else None
                if self._is_zero(argument(made, position, name)):
                    return "none"
        return found.growth

    def _delay_of_task(self, call: cst.Call) -> Growth:
        backoff = argument(call, None, "retry_backoff")
        if backoff is not None:
            try:
                if self._number(backoff):
                    return "exponential"
            except _Unknown:
                return "unknown"
        countdown: cst.BaseExpression | None = None
        options = argument(call, None, "retry_kwargs")
        if isinstance(options, cst.Dict):
            for element in options.elements:
                if not isinstance(element, cst.DictElement):
                    return "unknown"
                if isinstance(element.key, cst.SimpleString) and element.key.raw_value == "countdown":
                    countdown = element.value
        elif options is not None:
            return "unknown"
        return "none" if self._is_zero(countdown or argument(call, None, "default_retry_delay")) else "constant"

    def _changes_later(self, row: Policy, call: cst.Call | None) -> bool:
        """Say whether the file gives the policy its wait after it was made, or made it for something else."""
        if call is None or not row.transport:
            return False
        parent = self._facts.index.parents.get(call)
        if isinstance(parent, cst.Attribute):
            return True  # `Retry().parse_retry_after(...)`
        names = self._names_of(call)
        for node in walk(self._facts.module):
            if not isinstance(node, cst.Attribute):
                continue
            if node.attr.value in {"backoff_factor", "backoff_jitter", "get_backoff_time", "new", "parse_retry_after"}:
                owner = self._facts.index.parents.get(node)
                if isinstance(owner, cst.AssignTarget) or dotted(node.value) in names:
                    return True
        return False

    def _names_of(self, call: cst.Call) -> set[str]:
        """Return the names, dotted ones too, that `call` is assigned to."""
        parent = self._facts.index.parents.get(call)
        if isinstance(parent, cst.Assign):
            return {name for item in parent.targets if (name := dotted(item.target)) is not None}
        if isinstance(parent, cst.AnnAssign):
            name = dotted(parent.target)
            return {name} if name is not None else set()
        return set()

    def _callbacks_may_wait(self, row: Policy, call: cst.Call | None) -> bool:
        """Say whether code that runs between the attempts may wait for all that is known."""
        values = [self._given(row, call, name) for name in row.callbacks]
        return any(value is not None and self._may_wait(value) for value in values)

    def _may_wait(self, callback: cst.BaseExpression) -> bool:
        if isinstance(callback, (cst.List, cst.Tuple)):
            return any(self._may_wait(element.value) for element in callback.elements)
        if isinstance(callback, cst.Lambda):
            return self._waits.of_body(callback.body) != PROMPT
        func = callback.func if isinstance(callback, cst.Call) else callback
        if isinstance(func, cst.Name) and func.value == "None":
            return False
        target = self._facts.names.qualified(func)
        if target in policies.PROMPT_CALLBACKS or target in waits.SLEEPS:
            return False  # what sleeps is given the wait of the policy
        definition = self._definition(func)
        if definition is not None and not isinstance(callback, cst.Call):
            return self._waits.of_body(definition.body) != PROMPT
        return not re.search(r"(?:^|_|\.)log(?:$|_|\.|ger|ging)", dotted(func) or "", re.IGNORECASE)

    # The bound

    def _bound(self, row: Policy, call: cst.Call | None) -> Bound:
        """Return what ends the retrying, and after how many attempts, if that is written there."""
        if row.library == "tenacity":
            stop = self._given(row, call, "stop")
            return self._stop(self._facts.names.follow(stop)) if stop is not None else ("unbounded", None)
        if row.name == "urllib3.Retry":
            return self._bound_of_urllib3(row, call)
        if row is policies.CELERY_TASK and self._given(row, call, "retry_kwargs") is not None:
            return "unknown", None
        value = self._given(row, call, row.attempts or "")
        if value is None:
            if any(self._given(row, call, name) is not None for name in row.bounds):
                return "deadline", None
            return ("unbounded", None) if row.default is None else ("attempts", row.default + row.first)
        try:
            number = self._number(value)
        except _Unknown:
            return "unknown", None
        if number is None or number < 0:
            return ("deadline" if any(self._given(row, call, name) for name in row.bounds) else "unbounded"), None
        return "attempts", int(number) + row.first

    def _bound_of_urllib3(self, row: Policy, call: cst.Call | None) -> Bound:
        """Return the attempts that a failing connection is given, by whichever budget is larger."""
        try:
            total = self._budget(row, call, "total", row.default)
            budgets = [min(total, self._budget(row, call, name, None)) for name in ("connect", "read")]
        except _Unknown:
            return "unknown", None
        return ("unbounded", None) if max(budgets) >= _ENDLESS else ("attempts", max(budgets) + row.first)

    def _budget(self, row: Policy, call: cst.Call | None, name: str, default: int | None) -> int:
        value = self._given(row, call, name)
        number = self._number(self._usual(value)) if value is not None else default
        return _ENDLESS if number is None else int(number)

    def _usual(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """Return the default of the parameter that `value` names and nothing changes, else `value`."""
        bindings = self._facts.names.bindings(value) if isinstance(value, cst.Name) else []
        if len(bindings) != 1 or bindings[0].kind != "parameter":
            return value
        param = bindings[0].node
        return param.default if isinstance(param, cst.Param) and param.default is not None else value

    def _stop(self, node: cst.BaseExpression) -> Bound:
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.BitOr, cst.BitAnd)):
            return _first([self._stop(node.left), self._stop(node.right)])
        func = node.func if isinstance(node, cst.Call) else node
        name = policies.canonical(self._facts.names.qualified(func) or OPAQUE)
        if name == "tenacity.stop_never":
            return "unbounded", None
        if not isinstance(node, cst.Call):
            return "unknown", None
        if name in {"tenacity.stop_any", "tenacity.stop_all"}:
            return _first([self._stop(arg.value) for arg in node.args])
        if name in {"tenacity.stop_after_delay", "tenacity.stop_before_delay"}:
            return "deadline", None
        if name == "tenacity.stop_after_attempt":
            value = argument(node, 0, "max_attempt_number")
            try:
                number = self._number(value) if value is not None else None
            except _Unknown:
                number = None
            return "attempts", None if number is None else int(number)
        return "unknown", None

    # What is retried

    def _subjects(
        self, node: cst.CSTNode, row: Policy, call: cst.Call | None
    ) -> Iterator[tuple[str | None, cst.CSTNode]]:
        """Yield the functions and loop bodies that the policy retries, with their names."""
        parent = self._facts.index.parents.get(node)
        if row is policies.CELERY_RETRY and call is not None:
            statement = self._facts.index.enclosing(call, cst.Try)
            if statement is not None:
                yield None, statement.body
            return
        if isinstance(node, cst.Decorator):
            if isinstance(parent, cst.FunctionDef):
                yield parent.name.value, parent.body
            return
        if row.name == "retry.retry_call":
            yield from self._named(self._given(row, call, "f"))
            return
        if row.transport or call is None:
            return
        yield from self._applied(call)
        for name in self._names_of(call):
            for use in walk(self._facts.module):
                if isinstance(use, (cst.Name, cst.Attribute)) and dotted(use) == name:
                    yield from self._applied(use)

    def _applied(self, policy: cst.CSTNode) -> Iterator[tuple[str | None, cst.CSTNode]]:
        """Yield what the expression `policy` is applied to where it stands."""
        parent = self._facts.index.parents.get(policy)
        if isinstance(parent, cst.Decorator):
            function = self._facts.index.parents.get(parent)
            if isinstance(function, cst.FunctionDef):
                yield function.name.value, function.body
        elif isinstance(parent, cst.For) and parent.iter is policy:
            yield None, parent.body
        elif isinstance(parent, cst.Call) and parent.func is policy and parent.args:
            yield from self._named(parent.args[0].value)

    def _named(self, function: cst.BaseExpression | None) -> Iterator[tuple[str | None, cst.CSTNode]]:
        if isinstance(function, cst.Lambda):
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
        bindings = self._facts.names.bindings(node) if isinstance(node, cst.Name) else []
        found = [each.node for each in bindings if isinstance(each.node, cst.FunctionDef)]
        others = [each.node for each in bindings if not isinstance(each.node, cst.FunctionDef)]
        return found[0] if len(found) == 1 and others == [statement] else None

    def _definition(self, node: cst.BaseExpression) -> cst.FunctionDef | None:
        """Return the function of the file that `node` names."""
        name = self._facts.names.qualified(node)
        if name is None and isinstance(node, cst.Attribute):
            owners = self._facts.names.class_names(node.value)
            name = self._facts.values.method(owners[0], node.attr.value) if len(owners) == 1 else None
        found = self._facts.index.definitions.get(name or "", [])
        return found[0] if len(found) == 1 and isinstance(found[0], cst.FunctionDef) else None

    # Whether it meets a peer

    def _network(
        self, row: Policy, call: cst.Call | None, subjects: Sequence[tuple[str | None, cst.CSTNode]]
    ) -> tuple[bool | None, str]:
        """Say whether what is retried touches the network, and what that rests on."""
        if row.transport:
            return True, f"{row.library} retries connections that fail with it"
        caught = self._filter(row, call)
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
            isinstance(handler, cst.ExceptHandler)
            and any(map(self._speaks_of_connections, self._facts.names.classes(handler.type)))
            and self._leads_to(handler.body, name)
            for _, body in subjects
            for handler in walk_same_code(body)
        )

    def _leads_to(self, body: cst.CSTNode, name: str) -> bool:
        """Say whether `body`, or a function of the file that it calls, raises the class `name`."""
        bodies = [body]
        for node in walk_same_code(body):
            if isinstance(node, cst.Call):
                found = self._facts.index.definitions.get(self._facts.values.target(node) or "", [])
                bodies += [each.body for each in found if len(found) == 1 and isinstance(each, cst.FunctionDef)]
        return any(
            isinstance(node, cst.Raise) and self._raises(node) == name
            for each in bodies
            for node in walk_same_code(each)
        )

    def _raises(self, node: cst.Raise) -> str | None:
        target = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
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
                if isinstance(node, cst.Call) and _SPEAKS_OF_PEERS.search(dotted(node.func) or ""):
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
        return knowledge.is_connection_failure(name)

    def _filter(self, row: Policy, call: cst.Call | None) -> frozenset[str]:
        """Return the classes that are retried; `OPAQUE` among them where that cannot be told."""
        if row is policies.CELERY_RETRY and call is not None:
            handler = self._facts.index.enclosing(call, cst.ExceptHandler)
            return frozenset(self._facts.names.classes(handler.type)) if handler is not None else frozenset({OPAQUE})
        value = self._given(row, call, row.filters) if row.filters is not None else None
        if value is None:
            return _ALL
        value = self._facts.names.follow(value)
        if row.library == "tenacity":
            return self._tenacity_filter(value)
        if row.library == "retrying" and not isinstance(value, cst.Tuple):
            return self._predicate(value)
        return frozenset(self._facts.names.classes(value))

    def _tenacity_filter(self, node: cst.BaseExpression) -> frozenset[str]:
        if isinstance(node, cst.BinaryOperation):
            left, right = self._tenacity_filter(node.left), self._tenacity_filter(node.right)
            return left | right if isinstance(node.operator, cst.BitOr) else frozenset({OPAQUE})
        func = node.func if isinstance(node, cst.Call) else node
        name = policies.canonical(self._facts.names.qualified(func) or OPAQUE)
        if name == "tenacity.retry_always":
            return _ALL
        if not isinstance(node, cst.Call):
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
        if isinstance(node, cst.Lambda):
            body = node.body
        else:
            definition = self._definition(node)
            if definition is not None and isinstance(definition.body, cst.IndentedBlock):
                statements = [
                    part
                    for line in definition.body.body
                    for part in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])
                    if not (isinstance(part, cst.Expr) and isinstance(part.value, cst.SimpleString))
                ]
                if len(statements) == 1 and isinstance(statements[0], cst.Return):
                    body = statements[0].value
        if isinstance(body, cst.Call) and self._facts.names.qualified(body.func) == "isinstance" and len(body.args) > 1:
            return frozenset(self._facts.names.classes(body.args[1].value))
        return frozenset({OPAQUE})


def _longest(found: Iterable[Growth]) -> Growth:
    """Return the growth of several waits together."""
    return max(found, key=_GROWTHS.index, default="none")


def _first(bounds: Sequence[Bound]) -> Bound:
    """Return the bound of several together: the attempts, if they are among them."""
    for kind in ("attempts", "deadline", "unknown"):
        for bound in bounds:
            if bound[0] == kind:
                return bound
    return "unbounded", None
