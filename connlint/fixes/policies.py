"""The waits of libraries' retries, written with the libraries' own arguments.

What a project wants (`backoff-base`, `backoff-cap`, `backoff-jitter`) is followed as far as a library has an argument
for it; a constant wait that grows starts where it was. Only what all current versions of a library take is written,
because the file does not say which one is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.policies import given
from connlint.facts.tree import argument, dotted, walk
from connlint.facts.wording import code
from connlint.fixes.arguments import with_argument
from connlint.fixes.imports import extended, reference
from connlint.options import DEFAULTS
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connlint.facts import Facts
    from connlint.facts.model import RetryPolicy

_COUNTDOWN = "celery.utils.time.get_exponential_backoff_interval"

# Arguments that came with urllib3 2, as did the one for jitter
_URLLIB3_2 = frozenset({"backoff_jitter", "backoff_max", "retry_after_max"})


def growing(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    """Return the policy with a wait that grows, is capped and varies; None if that cannot be written there."""
    write = _GROWING.get(policy.row.name, _by_settings)
    if policy.row.library == "tenacity":
        write = _tenacity
    return write(facts, policy)


def jittered(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    """Return the policy with a random part added to its wait; None if its library has no argument for that."""
    name = "tenacity.retry" if policy.row.library == "tenacity" else policy.row.name
    write = _JITTERED.get(name)
    return write(facts, policy) if write is not None else None


def can_vary(policy: RetryPolicy) -> bool:
    """Say whether the library of the policy has an argument, in one version at least, by which its waits vary."""
    name = "tenacity.retry" if policy.row.library == "tenacity" else policy.row.name
    return name in _JITTERED


def wanted(facts: Facts, policy: RetryPolicy) -> tuple[float, float, bool]:
    """Return the first wait, the cap and whether there is jitter, in seconds, of what `growing` writes."""
    backoff = facts.options.backoff
    base = policy.seconds if policy.delay == "constant" and policy.seconds else backoff.base
    return base, backoff.cap, backoff.jitter


def number(value: float) -> str:
    """Return `value` as a person would write it: `1`, `0.5`."""
    return str(int(value)) if value == int(value) else f"{value:.6g}"


# Arguments


def _with(policy: RetryPolicy, call: cst.Call, keyword: str, value: str) -> cst.Call:
    """Return `call` with `keyword=value`, at its position if it is given there."""
    parameters = policy.row.parameters
    is_partial = policy.call is not None and dotted(policy.call.func) in {"partial", "functools.partial"}
    position = parameters.index(keyword) if keyword in parameters and not is_partial else None
    return with_argument(call, keyword, value, position)


def _has(policy: RetryPolicy, keyword: str) -> bool:
    return given(policy.row, policy.call, keyword) is not None


def _renamed(call: cst.Call, old: str, new: str, value: str) -> cst.Call:
    """Return `call` with `new=value` in the place of its argument `old=...`, or at its end."""
    if argument(call, None, old) is None:
        return with_argument(call, new, value)
    args = [
        arg.with_changes(keyword=cst.Name(new), value=cst.parse_expression(value))
        if arg.keyword is not None and arg.keyword.value == old
        else arg
        for arg in call.args
    ]
    return call.with_changes(args=args)


def _without(call: cst.Call, keyword: str) -> cst.Call:
    """Return `call` without the argument `keyword=...`."""
    kept = [arg for arg in call.args if arg.keyword is None or arg.keyword.value != keyword]
    if kept and len(kept) < len(call.args) and call.args[-1] not in kept:
        last = call.args[-1]
        kept[-1] = kept[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return call.with_changes(args=kept)


def _target(policy: RetryPolicy) -> cst.BaseExpression:
    """Return the expression that makes the policy."""
    return policy.node.decorator if isinstance(policy.node, cst.Decorator) else policy.node


def _made(policy: RetryPolicy) -> cst.Call:
    """Return the call that makes the policy; a decorator without one gets one."""
    return policy.call if policy.call is not None else cst.Call(_target(policy))


class _Names:
    """Names that a rewrite needs, with the imports for them."""

    def __init__(self, facts: Facts, place: cst.CSTNode) -> None:
        self._facts = facts
        self._place = place
        self.imports: tuple[str, ...] = ()
        self.replace: dict[cst.CSTNode, cst.CSTNode] = {}

    def of(self, name: str, *, by: tuple[str, ...] = ()) -> str | None:
        """Return how the rewrite can name the qualified `name`; None if it cannot."""
        found = reference(self._facts, self._place, name, by)
        more = extended(self._facts, self._place, name) if found is None or found[1] else None
        if more is not None:
            self.replace.update(more[1])
            return more[0]
        if found is None:
            return None
        self.imports += found[1]
        return found[0]


def _names_in(node: cst.BaseExpression | None) -> tuple[str, ...]:
    """Return the names that are called in the wait that goes away."""
    if node is None:
        return ()
    found = [part.func.value for part in walk(node) if isinstance(part, cst.Call) and isinstance(part.func, cst.Name)]
    return (*found, node.value) if isinstance(node, cst.Name) else tuple(found)


# A wait that grows


def _tenacity(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    base, cap, jitter = wanted(facts, policy)
    if not jitter:
        name, arguments = "wait_exponential", f"multiplier={number(base)}, max={number(cap)}"
    elif base == 1:
        name, arguments = "wait_exponential_jitter", f"max={number(cap)}"
    else:  # the argument of `wait_exponential_jitter` for this has changed its name
        name, arguments = "wait_random_exponential", f"multiplier={number(base)}, max={number(cap)}"
    names = _Names(facts, policy.node)
    found = names.of(f"tenacity.{name}")
    if found is None:
        return None
    old = given(policy.row, policy.call, "wait")
    new = _with(policy, _made(policy), "wait", f"{found}({arguments})")
    return Rewrite({**names.replace, _target(policy): new}, names.imports, _names_in(old))


def _redis(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    if policy.call is None:
        return None
    base, cap, jitter = wanted(facts, policy)
    names = _Names(facts, policy.node)
    found = names.of("redis.backoff.FullJitterBackoff" if jitter else "redis.backoff.ExponentialBackoff")
    if found is None:
        return None
    old = given(policy.row, policy.call, "backoff")
    # it doubles the base before the first retry already
    new = _with(policy, policy.call, "backoff", f"{found}(cap={number(cap)}, base={number(base / 2)})")
    return Rewrite({**names.replace, policy.call: new}, names.imports, _names_in(old))


def _urllib3(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    if policy.call is None:
        return None
    base, cap, jitter = wanted(facts, policy)
    # it doubles the factor before the first wait already
    call = _with(policy, policy.call, "backoff_factor", number(base / 2))
    if _is_urllib3_2(policy.call):
        call = call if _has(policy, "backoff_max") else _with(policy, call, "backoff_max", number(cap))
        if jitter and not _has(policy, "backoff_jitter"):
            call = _with(policy, call, "backoff_jitter", number(base))
    return Rewrite({policy.call: call})


def _is_urllib3_2(call: cst.Call) -> bool:
    return any(arg.keyword is not None and arg.keyword.value in _URLLIB3_2 for arg in call.args)


def _of_number(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    """Return urllib3's `Retry(5, backoff_factor=0.5)` in the place of its `Retry.from_int(5)`."""
    call = policy.call
    if call is None or not isinstance(call.func, cst.Attribute) or len(call.args) != 1 or _has(policy, "default"):
        return None
    arg = call.args[0].with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    base, _, _ = wanted(facts, policy)
    made = with_argument(cst.Call(call.func.value, [arg]), "backoff_factor", number(base / 2))
    return Rewrite({call: made})


def _adapter(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    """Return an `HTTPAdapter` with a `Retry` of as many retries, in place of their number."""
    count = given(policy.row, policy.call, "max_retries")
    if count is None or policy.call is None:
        return None
    base, _, _ = wanted(facts, policy)
    replace: dict[cst.CSTNode, cst.CSTNode] = {}
    imports: tuple[str, ...] = ()
    found = reference(facts, policy.node, "urllib3.Retry")
    more = extended(facts, policy.node, "requests.adapters.Retry") if found is None else None
    if more is not None:
        name, replace = more
    else:
        found = found or reference(facts, policy.node, "requests.adapters.Retry")
        if found is None:
            return None
        name, imports = found
    made = f"{name}(total={code(facts, count)}, backoff_factor={number(base / 2)})"
    return Rewrite({**replace, policy.call: _with(policy, policy.call, "max_retries", made)}, imports)


def _retry(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    base, cap, jitter = wanted(facts, policy)
    call = _made(policy)
    if policy.delay == "none":
        call = _with(policy, call, "delay", number(base))
    if not _has(policy, "max_delay"):
        call = _with(policy, call, "max_delay", number(cap))
    if policy.delay == "constant" or not _has(policy, "backoff"):
        call = _with(policy, call, "backoff", "2")
    if jitter and policy.jitter is not True:
        call = _with(policy, call, "jitter", f"(0, {number(base)})")
    return Rewrite({_target(policy): call})


def _retrying(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    base, cap, jitter = wanted(facts, policy)
    call = _made(policy)
    if _has(policy, "wait") or _has(policy, "wait_func"):
        return None
    for old in ("wait_random_min", "wait_random_max"):
        call = _without(call, old)
    # it doubles the multiplier before the first wait already
    call = _renamed(call, "wait_fixed", "wait_exponential_multiplier", number(base * 500))
    call = _with(policy, call, "wait_exponential_max", number(cap * 1000))
    if jitter and not _has(policy, "wait_jitter_max"):
        call = _with(policy, call, "wait_jitter_max", number(base * 1000))
    return Rewrite({_target(policy): call})


def _backoff(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    call = policy.call
    if call is None or not call.args or call.args[0].keyword is not None or not _is_number(call, "interval"):
        return None
    base, cap, jitter = wanted(facts, policy)
    names = _Names(facts, policy.node)
    old = call.args[0].value
    # no `import backoff` for what the file names by itself
    found = f"{dotted(old.value)}.expo" if isinstance(old, cst.Attribute) else names.of("backoff.expo")
    if found is None:
        return None
    args = [call.args[0].with_changes(value=cst.parse_expression(found)), *call.args[1:]]
    new = _renamed(call.with_changes(args=args), "interval", "max_value", number(cap))
    if base != 1:
        new = with_argument(new, "factor", number(base))
    if jitter and policy.jitter is not True:
        new = _without(new, "jitter")
    return Rewrite({**names.replace, call: new}, names.imports, (old.value,) if isinstance(old, cst.Name) else ())


def _is_number(call: cst.Call, keyword: str) -> bool:
    """Say whether `keyword` of `call` is one number, if it is given."""
    value = argument(call, None, keyword)
    return value is None or not isinstance(value, (cst.List, cst.Tuple, cst.Call))


def _task(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    if policy.call is None:
        return None
    base, cap, jitter = wanted(facts, policy)
    # its factor is a whole number of seconds
    call = _with(policy, policy.call, "retry_backoff", "True" if base <= 1 else str(round(base)))
    if cap != DEFAULTS.backoff.cap:
        call = _with(policy, call, "retry_backoff_max", str(round(cap)))
    if not jitter:
        call = _with(policy, call, "retry_jitter", "False")
    return Rewrite({policy.call: call})


def _task_retry(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    call = policy.call
    if call is None or not isinstance(call.func, cst.Attribute):
        return None
    base, cap, jitter = wanted(facts, policy)
    names = _Names(facts, policy.node)
    found = names.of(_COUNTDOWN, by=("celery",))
    if found is None:
        return None
    task = code(facts, call.func.value)
    spread = ", full_jitter=True" if jitter else ""
    longest = round(cap if cap != DEFAULTS.backoff.cap else 600)
    wait = f"{found}({max(round(base), 1)}, {task}.request.retries, {longest}{spread})"
    return Rewrite({**names.replace, call: _with(policy, call, "countdown", wait)}, names.imports)


def _by_settings(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    """Return the policy with those of its numbers set that keep its wait from growing."""
    if not policy.row.waits or policy.row.library == "httpx":
        return None
    base, cap, jitter = wanted(facts, policy)
    wait = policy.row.waits[0]
    new: dict[str, str] = {}
    grows = [
        (name, value)
        for name, value, usual in (
            (wait.factor.argument, "2", wait.factor.default),
            (wait.step.argument, number(base), wait.step.default),
        )
        if name is not None and (usual is None or _value(policy, name) is not None)
    ]
    if policy.delay == "none" and wait.start.argument is not None and wait.step.argument is None:
        new[wait.start.argument] = number(base)
    if _is(policy, wait.factor.argument, 1) or (
        wait.step.argument is not None and policy.delay in {"none", "constant"}
    ):
        new.update(grows)
    limit = wait.cap.argument
    if limit is not None and (_is(policy, limit, 0) or (policy.cap is not None and policy.cap <= base)):
        new[limit] = number(cap)
    if not new:
        return None
    if jitter and wait.jitter.argument is not None and _is(policy, wait.jitter.argument, 0):
        new[wait.jitter.argument] = number(base)
    if policy.call is not None:
        call = policy.call
        for keyword, value in new.items():
            call = _with(policy, call, keyword, value)
        return Rewrite({policy.call: call})
    return _with_items(policy, new)


def _value(policy: RetryPolicy, name: str) -> cst.BaseExpression | None:
    if policy.call is not None:
        return given(policy.row, policy.call, name)
    return next((element.value for key, element in _elements(policy) if key == name), None)


def _is(policy: RetryPolicy, name: str | None, value: float) -> bool:
    found = _value(policy, name) if name is not None else None
    if isinstance(found, (cst.Integer, cst.Float)):
        return found.evaluated_value == value
    return False


def _elements(policy: RetryPolicy) -> list[tuple[str, cst.DictElement]]:
    if not isinstance(policy.node, cst.Dict):
        return []
    return [
        (str(element.key.evaluated_value), element)
        for element in policy.node.elements
        if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString)
    ]


def _with_items(policy: RetryPolicy, new: Mapping[str, str]) -> Rewrite | None:
    """Return the dictionary of the policy with the values `new`; None if it lacks one of them."""
    elements = dict(_elements(policy))
    if not new.keys() <= elements.keys():
        return None
    return Rewrite({elements[key].value: cst.parse_expression(value) for key, value in new.items()})


# A wait with a random part


def _more_tenacity(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    old = given(policy.row, policy.call, "wait")
    names = _Names(facts, policy.node)
    found = names.of("tenacity.wait_random")
    if old is None or policy.call is None or found is None or isinstance(old, cst.Name):
        return None
    more = cst.parse_expression(f"{found}(0, {number(facts.options.backoff.base)})")
    added = cst.BinaryOperation(old, cst.Add(), more)
    return Rewrite({**names.replace, old: added}, names.imports)


def _more_aiohttp_retry(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    call = policy.call
    if call is None or len([arg for arg in call.args if arg.keyword is None]) > 7:  # the new one comes eighth
        return None
    return _by_another(facts, policy, call, "aiohttp_retry.JitterRetry")


def _more_redis(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    old = given(policy.row, policy.call, "backoff")
    if not isinstance(old, cst.Call):
        return None
    return _by_another(facts, policy, old, "redis.backoff.FullJitterBackoff")


def _by_another(facts: Facts, policy: RetryPolicy, call: cst.Call, name: str) -> Rewrite | None:
    """Return a call of `name` with the arguments of `call`."""
    names = _Names(facts, policy.node)
    found = names.of(name)
    if found is None:
        return None
    return Rewrite({**names.replace, call.func: cst.parse_expression(found)}, names.imports, _names_in(call))


def _argument(keyword: str, value: Callable[[float], str]) -> Callable[[Facts, RetryPolicy], Rewrite | None]:
    """Return a way to repair that sets the argument `keyword` to what `value` makes of the base."""

    def write(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
        call = _with(policy, _made(policy), keyword, value(facts.options.backoff.base))
        return Rewrite({_target(policy): call})

    return write


def _more_urllib3(facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    if policy.call is None or not _is_urllib3_2(policy.call):
        return None
    return _argument("backoff_jitter", number)(facts, policy)


def _more_backoff(_facts: Facts, policy: RetryPolicy) -> Rewrite | None:
    return Rewrite({policy.call: _without(policy.call, "jitter")}) if policy.call is not None else None


_GROWING: Mapping[str, Callable[[Facts, RetryPolicy], Rewrite | None]] = {
    "aiohttp_retry.ListRetry": lambda _facts, _policy: None,
    "aiohttp_retry.RandomRetry": lambda _facts, _policy: None,
    "backoff.on_exception": _backoff,
    "celery.Task": _task,
    "celery.Task.retry": _task_retry,
    "redis.retry.Retry": _redis,
    "requests.adapters.HTTPAdapter": _adapter,
    "retry.retry": _retry,
    "retry.retry_call": _retry,
    "retrying.retry": _retrying,
    "urllib3.Retry": _urllib3,
    "urllib3.Retry.from_int": _of_number,
}
_JITTERED: Mapping[str, Callable[[Facts, RetryPolicy], Rewrite | None]] = {
    "aiohttp_retry.ExponentialRetry": _more_aiohttp_retry,
    "backoff.on_exception": _more_backoff,
    "celery.Task": _argument("retry_jitter", lambda _: "True"),
    "redis.retry.Retry": _more_redis,
    "retry.retry": _argument("jitter", lambda base: f"(0, {number(base)})"),
    "retry.retry_call": _argument("jitter", lambda base: f"(0, {number(base)})"),
    "retrying.retry": _argument("wait_jitter_max", lambda base: number(base * 1000)),
    "stamina.retry": _argument("wait_jitter", number),
    "stamina.retry_context": _argument("wait_jitter", number),
    "tenacity.retry": _more_tenacity,
    "urllib3.Retry": _more_urllib3,
}
