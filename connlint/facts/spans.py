"""How long a library's retry waits, by the numbers that it is given.

Only what is written in the file is a number: literals, names bound once to one, and `timedelta(seconds=...)`. All
other values are unknown, which is not the same as a default.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import libcst as cst

from connlint.facts.tree import argument, has_star
from connlint.knowledge import policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Growth
    from connlint.knowledge.policies import Setting, Wait

Number = int | float | bool | None
Known = float | Literal["?"] | None

_GROWTHS: Final[tuple[Growth, ...]] = ("none", "constant", "linear", "exponential", "unknown")
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 0.001}


class UnknownValue(Exception):  # noqa: N818 - it is an answer, not an error
    """A value is not written in the file."""


class Span(NamedTuple):
    """How a policy waits: how that grows, the first wait and the cap in seconds, and whether a part of it is random.

    None says of `seconds` and `jitter` that it cannot be told, and of `cap` that there may be none.
    """

    growth: Growth
    seconds: float | None = None
    jitter: bool | None = None
    cap: float | None = None


NO_WAIT = Span("none", 0, jitter=False)
UNKNOWN = Span("unknown")


class Spans:
    """Reads what is waited in one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    # Values

    def number(self, node: cst.BaseExpression) -> Number:
        """Return the number (or truth value, or None) that `node` is written as. Raises `UnknownValue`."""
        if type(node) is cst.Name and node.value in {"None", "True", "False"}:
            return {"None": None, "True": True, "False": False}[node.value]
        if isinstance(node, (cst.Integer, cst.Float)):
            return node.evaluated_value
        if type(node) is cst.UnaryOperation and type(node.operator) is cst.Minus:
            value = self.number(node.expression)
            if value is not None:
                return -value
        if type(node) is cst.Name:
            followed = self._facts.names.follow(node)
            if followed is not node and type(followed) is not cst.Name:
                return self.number(followed)
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.Multiply:
            left, right = self.number(node.left), self.number(node.right)
            if left is not None and right is not None:
                return left * right
        if type(node) is cst.Call and self._facts.names.qualified(node.func) == "datetime.timedelta":
            return self._timedelta(node)
        raise UnknownValue

    def _timedelta(self, call: cst.Call) -> float:
        seconds = 0.0
        for arg in call.args:
            name = arg.keyword.value if arg.keyword is not None else "days" if arg is call.args[0] else ""
            value = self.number(arg.value)
            if arg.star or name not in _SECONDS or value is None:
                raise UnknownValue
            seconds += value * _SECONDS[name]
        return seconds

    def _of_setting(self, setting: Setting, get: Callable[[str], cst.BaseExpression | None]) -> Known:
        value = get(setting.argument) if setting.argument is not None else None
        if value is None:
            return setting.default
        if type(value) is cst.Tuple:
            return max((self._plain(element.value) for element in value.elements), key=_order, default="?")
        return self._plain(value)

    def _plain(self, value: cst.BaseExpression) -> Known:
        try:
            return self.number(value)
        except UnknownValue:
            return "?"

    # Waits

    def of_wait(self, wait: Wait, get: Callable[[str], cst.BaseExpression | None]) -> Span:
        """Return how the `wait` of a table waits with the arguments that `get` gives."""
        if not wait.known:
            return UNKNOWN
        listed = get(wait.delays) if wait.delays is not None else None
        if listed is not None:
            listed = self._facts.names.follow(listed)
            if isinstance(listed, (cst.List, cst.Tuple)):
                return self.of_list([element.value for element in listed.elements])
        if wait.delays is not None and wait.start.argument is None:
            return UNKNOWN
        start, factor, step, jitter, until, cap, floor = (self._of_setting(each, get) for each in wait.settings)
        if start is None:
            start = "?" if wait.start.argument is None or get(wait.start.argument) is None else 0
        if floor not in {0, None} and (start == 0 or cap == 0):
            start, factor, cap = floor, 1, None
        if cap == 0:
            return NO_WAIT
        pair = get(wait.step.argument) if wait.step.argument is not None else None
        start, step, jitter, until, cap = (
            each * wait.unit if isinstance(each, (int, float)) else each for each in (start, step, jitter, until, cap)
        )
        if isinstance(start, (int, float)) and isinstance(floor, (int, float)):
            start = max(start, floor)
        return _span(
            _Parts(start, factor, step, jitter, until, cap),
            is_random=wait.full or type(pair) is cst.Tuple,
            usually_zero=wait.start.default == 0,
            usual_factor=wait.factor.default,
        )

    def of_list(self, delays: Sequence[cst.BaseExpression]) -> Span:
        """Return how a list of waits grows."""
        return self.of_chain([self._of_plain(delay) for delay in delays])

    def _of_plain(self, delay: cst.BaseExpression) -> Span:
        value = self._plain(delay)
        if value == "?" or value is None:
            return UNKNOWN
        return Span("constant", value, jitter=False) if value else NO_WAIT

    @staticmethod
    def of_chain(spans: Sequence[Span]) -> Span:
        """Return how waits grow that come one after the other."""
        if not spans or spans[-1].growth in {"unknown", "linear", "exponential"}:
            return spans[-1] if spans else UNKNOWN
        if any(span.growth == "unknown" for span in spans):
            return UNKNOWN
        if all(span.growth == "none" for span in spans):
            return NO_WAIT
        seconds = [span.seconds for span in spans]
        known = [each for each in seconds if each is not None]
        if len(known) < len(spans):
            return UNKNOWN
        if known[-1] > known[0]:
            doubled = len(known) > 2 and all(2 * a <= b for a, b in pairwise(known) if a)
            return Span("exponential" if doubled else "linear", known[0], any(span.jitter for span in spans), known[-1])
        return Span("constant", max(known), any(span.jitter for span in spans), max(known))

    # Waits that are objects

    def of_strategy(self, node: cst.BaseExpression, call: cst.Call | None) -> Span:
        """Return how a wait grows that is an object, or that is made by a call; `call` is the policy's own."""
        node = self._facts.names.follow(node)
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.Add:
            return combined([self.of_strategy(node.left, call), self.of_strategy(node.right, call)])
        func = node.func if type(node) is cst.Call else node
        name = policies.canonical(self._facts.names.qualified(func) or "?")
        made = node if type(node) is cst.Call else call
        found = policies.strategy(name)
        if found is None or made is None:
            return UNKNOWN if found is None else self.of_wait(found, lambda _: None)
        if has_star(made):
            return UNKNOWN
        parts = [arg.value for arg in made.args if arg.keyword is None]
        if type(node) is cst.Call and name == "tenacity.wait_combine":
            return combined([self.of_strategy(part, call) for part in parts])
        if type(node) is cst.Call and name == "tenacity.wait_chain":
            return self.of_chain([self.of_strategy(part, call) for part in parts])
        positions = {parameter: position for position, parameter in enumerate(found.parameters)}
        return self.of_wait(found, lambda keyword: argument(made, positions.get(keyword), keyword))


def combined(spans: Iterable[Span]) -> Span:
    """Return how waits grow that are added to each other."""
    found = list(spans)
    growth = longest([span.growth for span in found])
    if growth in {"none", "unknown"}:
        return NO_WAIT if growth == "none" else UNKNOWN
    seconds = [span.seconds for span in found]
    caps = [span.cap for span in found if span.growth in {"linear", "exponential"}]
    return Span(
        growth,
        None if None in seconds else sum(each for each in seconds if each is not None),
        any(span.jitter for span in found) or (None if any(span.jitter is None for span in found) else False),
        None if None in caps else sum(each for each in caps if each is not None),
    )


def longest(growths: Iterable[Growth]) -> Growth:
    """Return the growth of several waits together."""
    return max(growths, key=_GROWTHS.index, default="none")


class _Parts(NamedTuple):
    """The quantities of a wait, in seconds; `?` stands for one that is not known."""

    start: Known
    factor: Known
    step: Known
    jitter: Known
    until: Known
    cap: Known


def _span(parts: _Parts, *, is_random: bool, usually_zero: bool, usual_factor: float | None) -> Span:
    start, factor, step, jitter, until, cap = parts
    more = {step, jitter, until} - {0, None}
    if start == 0 and not more:
        return NO_WAIT
    if (start == 0 and "?" in more) or (start == "?" and usually_zero and not more):
        return UNKNOWN
    growth = _growth(start, factor, step, usual_factor)
    limit = cap if isinstance(cap, (int, float)) else None
    seconds = start if isinstance(start, (int, float)) else None
    if growth in {"linear", "exponential"} and limit is not None and seconds is not None and limit <= seconds:
        growth = "constant"
        seconds = limit
    varies: bool | None = is_random or bool({jitter, until} - {0, None, "?"})
    if not varies and "?" in {jitter, until}:
        varies = None
    if growth == "constant":
        parts_known = [part for part in (jitter, until) if isinstance(part, (int, float))]
        seconds = max([seconds, *parts_known]) if seconds is not None else None
    return Span(growth, seconds, varies, limit)


def _growth(start: Known, factor: Known, step: Known, usual_factor: float | None) -> Growth:
    if start != 0 and factor != 1:
        if factor == "?" or factor is None:
            return "unknown" if usual_factor in {1, None} else "exponential"
        if isinstance(factor, (int, float)) and factor > 1:
            return "exponential"
        return "unknown"
    if step == "?":
        return "unknown"
    if isinstance(step, (int, float)) and step != 0:
        if step < 0:
            return "unknown"
        return "exponential" if isinstance(factor, (int, float)) and factor > 1 else "linear"
    return "constant"


def _order(value: Known) -> float:
    return value if isinstance(value, (int, float)) else float("inf")


def of_text(text: str) -> float | None:
    """Return the seconds of a duration of protocol buffers (`0.1s`)."""
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        return None
