"""The families of rules: what each needs to find in the text, and then in the statements, to be able to speak."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.gate.asking import asks
from connlint.gate.words import (
    ALL_ERRORS,
    CLAUSE,
    CODES,
    CONNECTING_WORDS,
    CONNECTION_CLASS,
    EXC_INFO,
    ON_SOCKETS,
    PREPARING,
    RESULT,
    SOCKETS_METHOD,
    SUPPRESS,
    TIMEOUT,
    UNRELATED,
)

if TYPE_CHECKING:
    from connlint.gate.connecting import Connecting
    from connlint.gate.reach import Reach
    from connlint.gate.rounds import Rounds
    from connlint.gate.statements import Seen
    from connlint.gate.text import Text
    from connlint.gate.tries import Try


def _caught(handler: ast.ExceptHandler) -> set[str]:
    """Return the plain names of the classes after `except`; what is no plain name is the empty one."""
    if handler.type is None:
        return {"BaseException"}
    classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {item.id if isinstance(item, ast.Name) else "" for item in classes}


class _Handlers:
    """CNL101 to CNL104: handlers that sort out what they took, or that take some failures and not others."""

    prefix = "CNL1"

    @staticmethod
    def may_speak(text: Text) -> bool:
        if not text.may_handle:
            return False
        if not text.imports_network:
            # Where nothing is tried, only tests for errnos of connections, or for their classes, say what is meant.
            told = text.names_connection_errno or (text.has(CONNECTION_CLASS) and text.sorts_out)
            return told and text.handles
        if not text.handles:
            return False
        return text.names_connection_errno or text.has(SUPPRESS) or text.sorts_out or text.handles_some

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        dispatches = [
            (each.node, handler)
            for each, _ in seen.tries
            if each.node.__class__ is ast.Try
            for handler in each.node.handlers
            if _may_dispatch(handler, text, seen)
        ]
        partial = [each for each, _ in seen.tries if _may_be_partial(each, text)]
        reaches = (bool(partial) or seen.suppresses) and seen.reaches_network(text)
        if not dispatches and not reaches:
            return False
        from connlint.gate import escapes, sorting

        reach = _reach(text, seen)
        if any(sorting.may_sort_out(reach, *each) for each in dispatches):
            return True
        if not reaches:
            return reach.gave_up
        guards = escapes.guards(reach, [each.node for each in partial], reach.withs if seen.suppresses else ())
        found = any(
            escapes.may_miss(
                reach, guard, text.options.escaping, in_test=seen.is_test, with_groups=text.has(ALL_ERRORS)
            )
            for guard in guards
        )
        return found or reach.gave_up


def _reach(text: Text, seen: Seen) -> Reach:
    """Return what the file can reach, by the tables and by what the project tells of its own."""
    from connlint import knowledge
    from connlint.gate.reach import BINDING_IN_EXPRESSIONS, Reach

    if text.reach is None:
        knowledge.add_own(text.options)
        text.reach = Reach(seen.tree, text.own_names, text.rows(BINDING_IN_EXPRESSIONS))
    return text.reach


def _may_dispatch(handler: ast.ExceptHandler, text: Text, seen: Seen) -> bool:
    """Say whether `handler` may sort out what it took."""
    if _caught(handler) <= UNRELATED and not seen.names.rebinds:
        return False
    return asks(handler, by_exc_info=text.has(EXC_INFO))


def _may_be_partial(statement: Try, text: Text) -> bool:
    """Say whether the clauses may take some failures of connections by name, and miss others.

    The rules look at no `except*`, and each wants a class that is not merely one of everything.
    """
    if statement.node.__class__ is not ast.Try:
        return False
    return statement.may_name_builtin_connection() or statement.is_narrow(with_os_error=text.has(ALL_ERRORS))


def _handles_errors_of_connections(text: Text) -> bool:
    if not text.may_handle:
        return False
    if text.has(TIMEOUT) or text.has(CONNECTION_CLASS):
        return text.handles
    return text.imports_network and text.handles and text.handles_os_errors


class _Ladders:
    prefix = "CNL105"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return _handles_errors_of_connections(text) and text.ladders

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        ladders = [each.node for each, _ in seen.tries if each.may_be_ladder()]
        if not ladders:
            return False
        from connlint.gate.ladders import may_take_twice

        reach = _reach(text, seen)
        return any(may_take_twice(reach, each) for each in ladders) or reach.gave_up


class _Redundant:
    prefix = "CNL106"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return _handles_errors_of_connections(text)

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return text.has(SUPPRESS) or any(each.may_repeat() for each, _ in seen.tries)


class _Loops:
    """What the rules about loops have in common."""

    prefix = ""

    @staticmethod
    def may_speak(text: Text) -> bool:
        if not text.may_handle or not text.handles:
            return False
        return text.retries or (text.suppresses_in_loop and (text.imports_network or text.tells_of_classes))


class _Retries(_Loops):
    """CNL201: of loops, and of functions that call themselves."""

    prefix = "CNL201"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return _Loops.may_speak(text) or (text.may_handle and text.handles and text.recurs)

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return not seen.is_test and (_may_retry(text, seen) or _may_recur(text, seen))


class _Exhausted(_Loops):
    """CNL204: that a loop gives up in silence is a mistake in tests as well."""

    prefix = "CNL204"

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return _may_retry(text, seen)


class _BlockingDelays(_Exhausted):
    prefix = "CNL205"


class _LateDelays(_Exhausted):
    prefix = "CNL207"


class _Policies:
    """CNL206: what a library is told to try again at once."""

    prefix = "CNL206"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return text.configures_retries

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return text.configures_retries and _may_be_slack(text, seen)


class _ConstantDelays:
    """CNL202: of loops and of policies."""

    prefix = "CNL202"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return text.configures_retries or _Loops.may_speak(text)

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return not seen.is_test and (_Policies.can_speak(text, seen) or _may_retry(text, seen))


class _Unbounded(_ConstantDelays):
    """CNL203, and what is asked of every policy, however that waits."""

    prefix = "CNL203"

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return not seen.is_test and (text.configures_retries or _may_retry(text, seen))


class _Alike(_Unbounded):
    prefix = "CNL208"


class _Nested(_Unbounded):
    prefix = "CNL209"


class _Reuses:
    """CNL210: what connects a socket in a loop."""

    prefix = "CNL210"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return text.imports_network and text.has(ON_SOCKETS) and text.names_connect

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        if seen.is_test or not text.has(ON_SOCKETS) or not seen.reaches_network(text):
            return False
        from connlint.gate.connecting import may_connect_again

        return may_connect_again(seen.tree, text.rows(SOCKETS_METHOD))


class _Connects:
    """What the rules about connects have in common: an operation that connects must be named."""

    prefix = ""

    @staticmethod
    def may_speak(text: Text) -> bool:
        if text.names_own_operation:
            return True
        return text.imports_network and text.has(CONNECTING_WORDS) and text.names_connect

    @staticmethod
    def names_connect(text: Text, seen: Seen) -> bool:
        """Say whether an operation that connects may be named."""
        if text.may_connect is None:
            reaches = text.names_connect and seen.reaches_network(text)
            text.may_connect = text.names_own_operation or (reaches and seen.connects(text))
        return text.may_connect


class _Unguarded(_Connects):
    prefix = "CNL301"

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return not seen.is_test and _Connects.names_connect(text, seen) and _connecting(text, seen).may_escape()


class _Leaks(_Connects):
    prefix = "CNL302"

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return not seen.is_test and _Connects.names_connect(text, seen) and _connecting(text, seen).may_leak()


class _IgnoredResults(_Connects):
    prefix = "CNL304"

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        from connlint.gate.connecting import may_ignore_result

        return may_ignore_result(seen.tree, text.rows(RESULT)) and _Connects.names_connect(text, seen)


class _PreparedConnects(_Connects):
    """CNL303, which also looks at what connects by its first request, and is not named after connecting."""

    prefix = "CNL303"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return _Connects.may_speak(text) or (text.has(PREPARING) and text.imports_network)

    @staticmethod
    def can_speak(text: Text, seen: Seen) -> bool:
        return _Connects.names_connect(text, seen) or (text.has(PREPARING) and seen.reaches_network(text))


class _BlockingPreparedConnects(_PreparedConnects):
    prefix = "CNL305"


def _may_retry(text: Text, seen: Seen) -> bool:
    """Say whether a loop may try again what failed to reach its peer."""
    if text.may_retry is None:
        handled = seen.suppresses_in_loop or any(in_loop and each.may_take() for each, in_loop in seen.tries)
        text.may_retry = handled and _rounds(text, seen).may_retry()
    return text.may_retry


def _may_recur(text: Text, seen: Seen) -> bool:
    """Say whether a function may try again, by calling itself, what failed to reach its peer."""
    if not text.recurs or not any(each.may_take() for each, _ in seen.tries):
        return False
    return _rounds(text, seen).may_recur()


def _rounds(text: Text, seen: Seen) -> Rounds:
    """Return the ways in which the file may try again."""
    from connlint.gate.rounds import Rounds

    if text.rounds is None:
        rows = None if seen.suppresses_in_loop else text.rows(CLAUSE)
        text.rounds = Rounds(seen.tree, _reach(text, seen), rows)
    return text.rounds


def _may_be_slack(text: Text, seen: Seen) -> bool:
    """Say whether a policy may wait for nothing, or always alike."""
    if text.may_be_slack is None:
        from connlint.gate.configured import Configured

        text.may_be_slack = Configured(seen.tree, _reach(text, seen), text.rows).may_be_slack(in_tests=seen.is_test)
    return text.may_be_slack


def _connecting(text: Text, seen: Seen) -> Connecting:
    """Return what the calls of the file may connect."""
    from connlint.gate.connecting import Connecting

    if text.connecting is None:
        text.connecting = Connecting(seen.tree, _reach(text, seen), seen.connecting_names(text))
    return text.connecting


class Suppressions:
    prefix = "CNL901"

    @staticmethod
    def may_speak(text: Text) -> bool:
        return text.has(CODES) and text.suppresses

    @staticmethod
    def can_speak(text: Text, _seen: Seen | None) -> bool:
        return text.suppresses


FAMILIES = (
    _Handlers,
    _Ladders,
    _Redundant,
    _Retries,
    _ConstantDelays,
    _Unbounded,
    _Exhausted,
    _BlockingDelays,
    _Policies,
    _LateDelays,
    _Alike,
    _Nested,
    _Reuses,
    _Unguarded,
    _Leaks,
    _PreparedConnects,
    _IgnoredResults,
    _BlockingPreparedConnects,
    Suppressions,
)

PREFIXES = frozenset(family.prefix for family in FAMILIES)

# Of the families above, those of one rule that speaks only if it is asked to.
OFF_BY_DEFAULT = frozenset(
    family.prefix
    for family in (
        _Redundant,
        _Unbounded,
        _BlockingDelays,
        _LateDelays,
        _Alike,
        _Nested,
        _PreparedConnects,
        _BlockingPreparedConnects,
        Suppressions,
    )
)
