"""What a file does, read once.

    module ──► scopes ──► names ──► values ──► effects ──► handlers, loops, policies, connects
              (one walk)

`read` walks the module; every kind of fact is then built when a rule first asks for it, from the index of that walk.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connlint import knowledge
from connlint.facts.connects import read_connects
from connlint.facts.effects import EffectsReader
from connlint.facts.exceptions import Exceptions
from connlint.facts.handlers import read_handlers, read_suppressions
from connlint.facts.loops import read_loops
from connlint.facts.names import Names
from connlint.facts.policies import read_policies
from connlint.facts.recursions import read_recursions
from connlint.facts.results import read_ignored_results
from connlint.facts.reuse import read_reuses
from connlint.facts.scopes import read_index
from connlint.facts.testcode import is_test
from connlint.facts.timeouts import read_blocking, read_unbounded
from connlint.facts.values import Values
from connlint.layout import Layout
from connlint.options import DEFAULTS

if TYPE_CHECKING:
    import libcst as cst

    from connlint.facts.model import (
        BlockingConnect,
        ConnectSite,
        Handler,
        IdleComment,
        IgnoredResult,
        RetryLoop,
        RetryPolicy,
        RetryRecursion,
        Reuse,
        Suppression,
        UnboundedConnect,
    )
    from connlint.options import Options


class Facts:
    """The facts of one file, and the readers that answer questions about its nodes."""

    def __init__(self, module: cst.Module, options: Options) -> None:
        knowledge.add_own(options)
        self.module = module
        self.options = options
        self.index = read_index(module)
        self.names = Names(self.index)
        self.values = Values(self.names)
        self.exceptions = Exceptions(self.values)
        self.effects = EffectsReader(self.values, self.exceptions)
        self.needed_python: tuple[int, int] | None = None
        self.answers: dict[object, bool] = {}
        """What was asked of the whole file, and the answer: see `connlint.facts.pythons`."""
        self.idle_comments: tuple[IdleComment, ...] = ()
        """The comments that suppress nothing; known only after all rules that they name have been asked."""

    @cached_property
    def is_test(self) -> bool:
        """True if the file is a test."""
        return is_test(self.index)

    @cached_property
    def handlers(self) -> tuple[Handler, ...]:
        """Every `except` clause, in source order."""
        return tuple(read_handlers(self))

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """Every `with contextlib.suppress(...)`, in source order."""
        return tuple(read_suppressions(self))

    @cached_property
    def loops(self) -> tuple[RetryLoop, ...]:
        """Every loop in which a handler leads back to the head, in source order."""
        return tuple(read_loops(self))

    @cached_property
    def recursions(self) -> tuple[RetryRecursion, ...]:
        """Every function that tries again by calling itself, in source order."""
        return tuple(read_recursions(self))

    @cached_property
    def policies(self) -> tuple[RetryPolicy, ...]:
        """Every retry configuration of a library that the tables know."""
        return tuple(read_policies(self))

    @cached_property
    def connects(self) -> tuple[ConnectSite, ...]:
        """Every call that connects, in source order."""
        return tuple(read_connects(self))

    @cached_property
    def unbounded(self) -> tuple[UnboundedConnect, ...]:
        """Every connect whose wait surely nothing bounds, in source order."""
        return tuple(read_unbounded(self))

    @cached_property
    def reuses(self) -> tuple[Reuse, ...]:
        """Every loop that connects a socket again after its connect has failed."""
        return tuple(read_reuses(self))

    @cached_property
    def blocking_connects(self) -> tuple[BlockingConnect, ...]:
        """Every connect that blocks right inside a coroutine function, in source order."""
        return tuple(read_blocking(self))

    @cached_property
    def ignored_results(self) -> tuple[IgnoredResult, ...]:
        """Every connect whose result says whether it failed and is not read, in source order."""
        return tuple(read_ignored_results(self))

    @cached_property
    def layout(self) -> Layout:
        """Where nodes stand. It costs a pass over the file: for the wording and the places of findings only."""
        return Layout(self.module)


def read(module: cst.Module, options: Options = DEFAULTS) -> Facts:
    """Return the facts of `module` in a project with `options`. Raises nothing on code that libcst could parse."""
    return Facts(module, options)
