"""Who takes a failure on its way out.

A connect's failure passes the `try` statements, the `suppress` and the other contexts around it, leaves its function,
and goes on from wherever the file calls that. What is reported is only a way that surely ends in a traceback: a
decorator, a context or a caller that cannot be read may convert the failure, and then nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.effects import reraises
from connlint.facts.model import Guard
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, walk, walk_same_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.model import Place

_DEEPEST = 12
_MOST_WAYS = 200

# Functions that only promise a connection hand its failure on, and rightly.
_CONTRACT = re.compile(r"(?:^|_)(?:re)?(?:connect|open|create|dial|establish|login|acquire)", re.IGNORECASE)
_MAIN = re.compile(r"_*(?:async_)?(?:main|run|cli|start)_*\Z", re.IGNORECASE)

_PLAIN_DECORATORS = frozenset(
    """
    staticmethod classmethod functools.wraps functools.lru_cache functools.cache abc.abstractmethod typing.override
    typing_extensions.override typing.final typing.no_type_check
    """.split()
)
_PLAIN_CONTEXTS = frozenset(
    """
    open io.open contextlib.closing contextlib.aclosing contextlib.nullcontext contextlib.redirect_stdout
    contextlib.redirect_stderr async_timeout.timeout threading.Lock threading.RLock threading.Condition
    threading.Semaphore
    threading.BoundedSemaphore asyncio.Lock asyncio.Semaphore asyncio.Condition asyncio.timeout asyncio.timeout_at
    warnings.catch_warnings tempfile.TemporaryDirectory tempfile.NamedTemporaryFile tempfile.TemporaryFile
    tempfile.SpooledTemporaryFile subprocess.Popen concurrent.futures.ThreadPoolExecutor
    concurrent.futures.ProcessPoolExecutor concurrent.futures.thread.ThreadPoolExecutor
    concurrent.futures.process.ProcessPoolExecutor multiprocessing.Pool multiprocessing.pool.ThreadPool
    decimal.localcontext os.scandir zipfile.ZipFile tarfile.open gzip.open bz2.open lzma.open
    """.split()
)
_EXPECTING = frozenset({"pytest.raises", "contextlib.suppress", "trio.testing.RaisesGroup", "pytest.RaisesGroup"})
_EXPECTING_METHODS = frozenset({"assertRaises", "assertRaisesRegex", "assertRaisesRegexp", "failUnlessRaises"})

# What runs the coroutine (or the coroutine function) that it is given, and lets its failure out.
_RUNNERS = frozenset({"asyncio.run", "trio.run", "anyio.run", "asyncio.runners.run"})
_RUNNER_METHODS = frozenset({"run_until_complete"})
_GATHERERS = frozenset({"asyncio.gather"})
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.async"})
_TASK_METHODS = frozenset({"create_task", "ensure_future"})
_THREADS = frozenset({"threading.Thread", "threading.Timer", "_thread.start_new_thread", "thread.start_new_thread"})
_THREAD_CLASSES = frozenset({"threading.Thread", "threading.Timer"})

_HOOKS = frozenset({"sys.excepthook", "threading.excepthook"})


@dataclass(frozen=True, slots=True, eq=False)
class Fate:
    """What becomes of a failure: the guards it meets, those classes that nothing takes, and where they end.

    `gathered` says that it gets there through `asyncio.gather`.
    """

    guards: tuple[Guard, ...]
    guarded: bool | None
    escapes: tuple[str, ...]
    place: Place
    gathered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """What stands around a place in its own function; `end` is that function, or the module."""

    guards: tuple[Guard, ...]
    escapes: tuple[str, ...]
    sure: bool
    end: cst.CSTNode


class GuardsReader:
    """Follows failures through the `try` statements and the functions of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._index = facts.index
        self._names = facts.names
        self._values = facts.values
        self._effects = facts.effects
        self._exceptions = facts.exceptions
        self._by_name: dict[str, list[cst.Name | cst.Attribute]] | None = None
        self._ways = 0

    def fate(self, node: cst.CSTNode, classes: tuple[str, ...]) -> Fate:
        """Return what becomes of a failure of one of `classes` that comes out of `node`."""
        self._ways = 0
        return self._fate(node, classes, ())

    def leaves(self, node: cst.CSTNode, classes: tuple[str, ...]) -> bool:
        """Say whether a failure of any of `classes` that comes out of `node` surely leaves its function as it is."""
        around = self._around(node, classes)
        if not around.sure or len(around.escapes) < len(classes) or isinstance(around.end, cst.Lambda):
            return False
        return not isinstance(around.end, cst.FunctionDef) or self._is_plain(around.end)

    def _fate(self, node: cst.CSTNode, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]) -> Fate:
        around = self._around(node, classes)
        if len(around.escapes) < len(classes):
            return Fate(around.guards, True, around.escapes, "unknown")
        if not around.sure or isinstance(around.end, cst.Lambda):
            return Fate(around.guards, None, around.escapes, "unknown")
        if not isinstance(around.end, cst.FunctionDef):
            return Fate(around.guards, False, around.escapes, self._place_of_module_code(node))
        beyond = self._out_of(around.end, classes, (*through, around.end))
        return Fate(around.guards + beyond.guards, beyond.guarded, beyond.escapes, beyond.place, beyond.gathered)

    # Around a place

    def _around(self, node: cst.CSTNode, classes: tuple[str, ...]) -> _Around:
        guards: list[Guard] = []
        left = classes
        sure = True
        below = node
        for ancestor in self._index.ancestors(node):
            found: Iterable[tuple[Guard | None, tuple[str, ...]]] = ()
            if isinstance(ancestor, cst.Try) and ancestor.body is below:
                found = self._met_at_try(ancestor, left)
            elif isinstance(ancestor, cst.With):
                inside = len(ancestor.items) if ancestor.body is below else ancestor.items.index(below)
                found = self._met_at_with(ancestor.items[:inside], left)
            elif isinstance(ancestor, (cst.TryStar, cst.GeneratorExp)):
                sure = False
            elif isinstance(ancestor, (cst.FunctionDef, cst.Lambda)) and ancestor.body is below:
                return _Around(tuple(guards), left, sure, ancestor)
            for guard, escapes in found:
                left = escapes
                if guard is None:
                    sure = False
                else:
                    guards.append(guard)
            if isinstance(ancestor, cst.Try) and ancestor.finalbody is not None and ancestor.finalbody is not below:
                sure = sure and not any(isinstance(each, cst.Return) for each in walk_same_code(ancestor.finalbody))
            below = ancestor
        return _Around(tuple(guards), left, sure, self._index.module)

    def _met_at_try(
        self, statement: cst.Try, classes: tuple[str, ...]
    ) -> Iterator[tuple[Guard | None, tuple[str, ...]]]:
        """Yield each handler that a failure of `classes` meets (None for one that may take it) and what it leaves."""
        left = classes
        passed_on: tuple[str, ...] = ()
        for handler in statement.handlers:
            caught = self._names.classes(handler.type)
            answers = {name: self._exceptions.taken(caught, name) for name in left}
            taken = tuple(name for name in left if answers[name] is True)
            passes_on = bool(taken) and only_closes(handler)
            left = tuple(name for name in left if name not in taken)
            passed_on += taken if passes_on else ()
            yield Guard(handler, caught, left + passed_on, passes_on), left + passed_on
            if None in answers.values():
                yield None, left + passed_on

    def _met_at_with(
        self, items: Iterable[cst.WithItem], classes: tuple[str, ...]
    ) -> Iterator[tuple[Guard | None, tuple[str, ...]]]:
        left = classes
        for item in reversed(list(items)):
            caught = self._expected(item.item)
            if caught is not None:
                answers = {name: self._exceptions.taken(caught, name) for name in left}
                left = tuple(name for name in left if answers[name] is not True)
                yield Guard(item, caught, left), left
                if None in answers.values():
                    yield None, left
            elif not self.is_plain_context(item.item):
                yield None, left

    def _expected(self, item: cst.BaseExpression) -> tuple[str, ...] | None:
        """Return the classes that `with item:` takes by design (`suppress`, `pytest.raises`), None if it does not."""
        if not isinstance(item, cst.Call):
            return None
        method = isinstance(item.func, cst.Attribute) and item.func.attr.value in _EXPECTING_METHODS
        if not method and self._names.qualified(item.func) not in _EXPECTING:
            return None
        return tuple(name for arg in item.args if arg.keyword is None for name in self._names.classes(arg.value))

    def is_plain_context(self, item: cst.BaseExpression) -> bool:
        """Say whether a failure inside `with item:` surely comes out of it as it is."""
        expression = self._names.follow(item)
        if isinstance(expression, cst.Call):
            target = self._values.target(expression)
            if target in _PLAIN_CONTEXTS:
                return True
            if target is not None and target.startswith("<file>"):
                return self._is_plain_own(target)
        found = self._values.types(item)
        return all(self._is_plain_own(name) if name.startswith("<file>") else name != OPAQUE for name in found)

    def _is_plain_own(self, name: str) -> bool:
        definitions = self._index.definitions.get(name, [])
        if len(definitions) != 1:
            return False
        definition = definitions[0]
        if isinstance(definition, cst.FunctionDef):
            decorators = [self._names.qualified(item.decorator) for item in definition.decorators]
            if not set(decorators) <= {"contextlib.contextmanager", "contextlib.asynccontextmanager"} or not decorators:
                return False
            return not any(
                (isinstance(node, (cst.Try, cst.TryStar)) and node.handlers) or isinstance(node, cst.With)
                for node in walk_same_code(definition.body)
            )
        for method in ("__exit__", "__aexit__"):
            own = self._index.definitions.get(f"{name}.{method}", [])
            if len(own) == 1:
                return not any(
                    isinstance(node, cst.Raise)
                    or (isinstance(node, cst.Return) and node.value is not None and not _is_false(node.value))
                    for node in walk_same_code(own[0].body)
                )
        return False

    # Out of a function

    def _out_of(self, function: cst.FunctionDef, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]) -> Fate:
        unknown = Fate((), None, classes, "unknown")
        self._ways += 1
        if len(through) > _DEEPEST or self._ways > _MOST_WAYS or not self._is_plain(function):
            return unknown
        if self._is_run_of_thread(function):
            return Fate((), None if self._has_hook else False, classes, "thread")
        references = self._references(function)
        if references is None:
            return unknown
        if not references:
            return Fate((), False, classes, "test" if self._facts.is_test else "library")
        fates = [fate for each in references for fate in self._after_reference(each, function, classes, through)]
        return _joined(fates) if fates else unknown

    def _is_plain(self, function: cst.FunctionDef) -> bool:
        if any(self._names.qualified(item.decorator) not in _PLAIN_DECORATORS for item in function.decorators):
            return False
        return not any(isinstance(node, cst.Yield) for node in walk_same_code(function.body))

    def _is_run_of_thread(self, function: cst.FunctionDef) -> bool:
        owner = self._index.class_of(function)
        if owner is None or function.name.value != "run":
            return False
        return any(name in _THREAD_CLASSES for name in self._values.lineage(self._index.scopes[owner].qualified))

    def _references(self, function: cst.FunctionDef) -> list[cst.Name | cst.Attribute] | None:
        """Return every place that names `function`; None if some may name it and cannot be told."""
        scope = self._index.scopes[function]
        name = function.name.value
        holder = scope.parent
        if holder is None or len(holder.names.get(name, [])) != 1 or len(self._index.definitions[scope.qualified]) != 1:
            return None
        if self._by_name is None:
            self._by_name = _references_by_name(self._index.module)
        named = self._by_name.get(name, [])
        if holder.kind == "class":
            return self._references_to_method(
                [each for each in named if isinstance(each, cst.Attribute)], scope.qualified
            )
        return [
            each
            for each in named
            if isinstance(each, cst.Name)
            and self._is_read(each)
            and self._names.owner(name, self._index.scope_of(each)) is holder
        ]

    def _references_to_method(
        self, named: Iterable[cst.Attribute], qualified: str
    ) -> list[cst.Name | cst.Attribute] | None:
        found: list[cst.Name | cst.Attribute] = []
        for each in named:
            owners = self._values.types(each.value) | frozenset(self._names.class_names(each.value))
            if OPAQUE in owners and len(owners) == 1:
                return None
            if any(self._values.method(owner, each.attr.value) == qualified for owner in owners):
                found.append(each)
        return found

    def _is_read(self, name: cst.Name) -> bool:
        parent = self._index.parents.get(name)
        if isinstance(parent, (cst.FunctionDef, cst.ClassDef, cst.Param)):
            return getattr(parent, "name", None) is not name
        if isinstance(parent, cst.Attribute):
            return parent.attr is not name
        if isinstance(parent, cst.Arg):
            return parent.keyword is not name
        return not isinstance(parent, (cst.ImportAlias, cst.AsName, cst.NameItem))

    def _after_reference(
        self,
        reference: cst.Name | cst.Attribute,
        function: cst.FunctionDef,
        classes: tuple[str, ...],
        through: tuple[cst.CSTNode, ...],
    ) -> list[Fate]:
        """Return what becomes of the failure where `reference` has `function` called; nothing in a recursion."""
        unknown = [Fate((), None, classes, "unknown")]
        caller = self._index.function_of(reference)
        if caller in through:
            return []
        parent = self._index.parents.get(reference)
        if isinstance(parent, cst.Arg):
            outer = self._index.parents.get(parent)
            if isinstance(outer, cst.Call) and self._is_thread_of(outer, reference):
                return [Fate((), None if self._has_hook else False, classes, "thread")]
            if isinstance(outer, cst.Call) and self._names.qualified(outer.func) in _RUNNERS:
                return [self._fate(outer, classes, through)]
            return unknown
        if not isinstance(parent, cst.Call) or parent.func is not reference:
            return unknown
        if function.asynchronous is not None and not self._effects.is_awaited(parent):
            return self._after_coroutine(parent, classes, through) or unknown
        fate = self._fate(parent, classes, through)
        if fate.guarded is False and fate.place != "test" and self._only_promises(function):
            return [Fate(fate.guards, False, classes, "library")]
        return [fate]

    def _after_coroutine(
        self, call: cst.Call, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]
    ) -> list[Fate] | None:
        made: cst.CSTNode = call
        arg = self._index.parents.get(call)
        if isinstance(arg, (cst.GeneratorExp, cst.ListComp)) and arg.elt is call:  # gather(*(work(each) for each in x))
            made, arg = arg, self._index.parents.get(arg)
            if not (isinstance(arg, cst.Arg) and arg.star == "*"):
                return None
        outer = self._index.parents.get(arg) if isinstance(arg, cst.Arg) else None
        if not isinstance(outer, cst.Call):
            return None
        method = outer.func.attr.value if isinstance(outer.func, cst.Attribute) else None
        name = self._names.qualified(outer.func)
        if made is call and (name in _RUNNERS or method in _RUNNER_METHODS):
            return [self._fate(outer, classes, through)]
        if (
            name in _GATHERERS
            and argument(outer, None, "return_exceptions") is None
            and self._effects.is_awaited(outer)
        ):
            return [replace(self._fate(outer, classes, through), gathered=True)]
        if made is call and self._is_loose_task(outer):
            return [Fate((), False, classes, "task")]
        return None

    def _is_loose_task(self, call: cst.Call) -> bool:
        """Say whether `call` makes a task of its coroutine and nobody holds that; a group (`tg.create_task`) would."""
        if not isinstance(self._index.parents.get(call), cst.Expr):
            return False
        if self._names.qualified(call.func) in _TASKS:
            return True
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in _TASK_METHODS:
            return False
        loop = call.func.value
        said = dotted(loop.func if isinstance(loop, cst.Call) else loop) or ""
        return said.rpartition(".")[2].endswith("loop")

    def _is_thread_of(self, call: cst.Call, target: cst.CSTNode) -> bool:
        name = self._names.qualified(call.func)
        if name not in _THREADS:
            return False
        if name == "threading.Thread":
            return argument(call, 1, "target") is target
        return argument(call, 1 if name == "threading.Timer" else 0, "function") is target

    def _only_promises(self, function: cst.FunctionDef) -> bool:
        """Say whether the contract of `function` is to give something back, so that failing is its caller's affair."""
        name = function.name.value
        if _MAIN.match(name):
            return False
        if _CONTRACT.search(name) or (name.startswith("__") and name.endswith("__")):
            return True
        if self._index.class_of(function) is not None:
            return True
        return any(
            isinstance(node, cst.Return) and node.value is not None and not _is_status(node.value)
            for node in walk_same_code(function.body)
        )

    # Kinds of files

    def _place_of_module_code(self, node: cst.CSTNode) -> Place:
        if self._facts.is_test:
            return "test"
        if any(isinstance(each, cst.If) and _asks_for_main(each.test) for each in self._index.ancestors(node)):
            return "unknown" if self._has_hook else "main"
        top = self._index.top
        if "__all__" in top.names or any(each.relative for each in self._index.all(cst.ImportFrom)):
            return "library"
        return "unknown" if self._has_hook else "main"

    @cached_property
    def _has_hook(self) -> bool:
        """True if the file sets a hook that takes what nothing else does."""
        return any(
            dotted(item.target) in _HOOKS
            for node in walk(self._index.module)
            if isinstance(node, cst.Assign)
            for item in node.targets
        )


def _joined(fates: list[Fate]) -> Fate:
    guards = tuple(guard for fate in fates for guard in fate.guards)
    answers = {fate.guarded for fate in fates}
    guarded = True if True in answers else None if None in answers else False
    places = [fate.place for fate in fates]
    ordered: tuple[Place, ...] = ("test", "library", "unknown", "thread", "task", "main")
    place = next(each for each in ordered if each in places)
    escapes = tuple(dict.fromkeys(name for fate in fates for name in fate.escapes))
    return Fate(guards, guarded, escapes, place, any(fate.gathered for fate in fates))


def _references_by_name(module: cst.Module) -> dict[str, list[cst.Name | cst.Attribute]]:
    found: dict[str, list[cst.Name | cst.Attribute]] = {}
    for node in walk(module):
        if isinstance(node, cst.Name):
            found.setdefault(node.value, []).append(node)
        elif isinstance(node, cst.Attribute):
            found.setdefault(node.attr.value, []).append(node)
    return found


def only_closes(handler: cst.ExceptHandler) -> bool:
    """Say whether all that `handler` does is to close something and to raise again what it took."""
    body = [
        small
        for line in handler.body.body
        for small in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])
    ]
    if not body or not isinstance(body[-1], cst.Raise) or not reraises(handler):
        return False
    for statement in body[:-1]:
        call = statement.value if isinstance(statement, cst.Expr) else None
        if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            return False
        if call.func.attr.value not in {"close", "shutdown"}:
            return False
    return True


def _asks_for_main(test: cst.BaseExpression) -> bool:
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    sides = (test.left, test.comparisons[0].comparator)
    return any(isinstance(side, cst.Name) and side.value == "__name__" for side in sides)


def _is_false(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Name) and value.value in {"False", "None"}


def _is_status(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Integer) or (isinstance(value, cst.Name) and value.value == "None")
