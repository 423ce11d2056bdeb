"""Is a loop that tries to connect the wait for a server to come up?

Who has just started a server asks it again and again, at short and even intervals, whether it is there: it knows that
the server is coming, it is the only one who asks, and a delay that grows would only make it come back late. Such a
loop has the form of a retry. What tells it apart is what stands around it: a deadline, a process that the same function
has started or looks after, an address of this host, a function whose name or a message that
says what it waits for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.delays import called
from connlint.facts.tree import walk_same_code
from connlint.lazy import TextPattern
from connlint.telling import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connlint.facts import Facts
    from connlint.facts.model import RetryLoop, RetryPolicy

_HERE = TextPattern(r"(?<![\w.-])(?:localhost|127(?:\.\d{1,3}){3}|::1|0\.0\.0\.0)(?![\w.-])")
_STATES = frozenset({"alive", "health", "healthcheck", "healthy", "reachable", "readiness", "ready", "startup"})
_WAITING = frozenset({"await", "wait"})
_CHECKED = frozenset({"port", "server", "service"})
# What a docstring or a comment above the loop says of it
_SAID = TextPattern(
    r"\bwait(?:s|ing)?\b.{0,60}\b(?:available|alive|boot|healthy|listen(?:s|ing)?|online|ready|start(?:s|ed|up)?|up)\b"
    r"|\b(?:until|till)\b.{0,60}\b(?:alive|answers?|available|detectable|healthy|listens|listening|online|reachable|ready"
    r"|repl(?:y|ies)|responds?|started|up)\b",
    re.IGNORECASE | re.DOTALL,
)
# What a message tells of while the loop waits, unless it tells for how long
_TOLD = TextPattern(
    r"\bwait(?:s|ing)?\s+(?:for|on|until)\b(?!\s*(?:\d|[%{]|[\"']|$))"
    r"(?!.{0,30}\b(?:s|secs?|seconds?|min|minutes?|before|retry)\b)",
    re.IGNORECASE,
)
_STARTING = frozenset(
    {
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "multiprocessing.Process",
        "os.execv",
        "os.fork",
        "os.spawnv",
        "subprocess.Popen",
        "subprocess.check_call",
        "subprocess.run",
    }
)
_PROCESS_METHODS = frozenset({"is_alive", "poll"})
_PROCESS_STATES = frozenset({"exitcode", "returncode"})


def awaits_start(facts: Facts, loop: RetryLoop) -> bool:
    """Say whether `loop` waits for a server that is being started, for all that stands around it."""
    return (
        loop.bound == "deadline"
        or _shares_out_time(facts, loop)
        or any(_is_named_so(name) for name in _functions_around(facts, loop))
        or any(_SAID.search(text) for text in _said(facts, loop))
        or any(_TOLD.search(text) for text in _messages(facts, loop))
        or _looks_after_a_process(facts, loop)
        or any(_HERE.search(text) for text in _addresses(facts, loop))
        or any("unix" in item.operation.name for each in loop.retried for item in each.tried)
    )


def _shares_out_time(facts: Facts, loop: RetryLoop) -> bool:
    """Say whether the attempts share a time to wait among them: `range(timeout // 2)`, `sleep(timeout / attempts)`."""
    shared = [loop.attempts, *(delay.seconds for item in loop.retried for delay in item.delays)]
    for each in shared:
        value = facts.names.follow(each) if isinstance(each, (cst.Name, cst.Attribute)) else each
        for node in walk_same_code(value) if value is not None else ():
            if type(node) is cst.BinaryOperation and isinstance(node.operator, (cst.Divide, cst.FloorDivide)):
                names = [part.value for part in walk_same_code(node.left) if type(part) is cst.Name]
                if any("timeout" in words(name) or "time" in words(name)[-1:] for name in names):
                    return True
    return False


def policy_awaits_start(facts: Facts, policy: RetryPolicy) -> bool:
    """Say whether `policy` waits for a server that is being started, for all that its names and its bound tell."""
    names = [*_functions_around(facts, policy), *([policy.subject] if policy.subject is not None else [])]
    return policy.bound == "deadline" or any(_is_named_so(name.rpartition(".")[2]) for name in names)


def _functions_around(facts: Facts, loop: RetryLoop | RetryPolicy) -> Iterator[str]:
    for ancestor in facts.index.ancestors(loop.node):
        if type(ancestor) is cst.FunctionDef:
            yield ancestor.name.value


def _is_named_so(name: str) -> bool:
    found = words(name)
    if not found:
        return False
    if found[0] == "check" and found[-1] in _CHECKED:
        return True
    return found[0] in _WAITING or not _STATES.isdisjoint(found) or found[-2:] == ["is", "up"]


def _said(facts: Facts, loop: RetryLoop) -> Iterator[str]:
    """Yield what the docstring of the function and the comment above the loop say."""
    function = facts.index.function_of(loop.node)
    if type(function) is cst.FunctionDef:
        yield function.get_docstring() or ""
    yield "\n".join(line.comment.value for line in loop.node.leading_lines if line.comment is not None)


def _messages(facts: Facts, loop: RetryLoop) -> Iterator[str]:
    """Yield the texts in the clauses that lead to the next attempt."""
    for item in loop.retried:
        if type(item.handler) is cst.ExceptHandler:
            for node in walk_same_code(item.handler.body):
                if isinstance(node, (cst.SimpleString, cst.FormattedString)):
                    yield facts.module.code_for_node(node)


def _looks_after_a_process(facts: Facts, loop: RetryLoop) -> bool:
    function = facts.index.function_of(loop.node)
    around = function.body if type(function) is cst.FunctionDef else facts.module
    for node in walk_same_code(around):
        if type(node) is cst.Call and facts.values.target(node) in _STARTING:
            return True
    for node in walk_same_code(loop.node):
        if type(node) is cst.Attribute and node.attr.value in _PROCESS_STATES:
            return True
        if type(node) is cst.Call and called(node)[0] in _PROCESS_METHODS and not node.args:
            return True
    return False


def _addresses(facts: Facts, loop: RetryLoop) -> Iterator[str]:
    """Yield the text that the attempts are made with, through the names that stand for it."""
    sites = {site for item in loop.retried for site in (*(each.site for each in item.tried), *item.opaque_tried)}
    for site in sites:
        for node in walk_same_code(site):
            value = facts.names.follow(node) if isinstance(node, (cst.Name, cst.Attribute)) else node
            for part in walk_same_code(value) if value is not node else (node,):
                if isinstance(part, (cst.SimpleString, cst.FormattedStringText)):
                    yield part.value
