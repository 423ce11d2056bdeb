"""Who takes a failure on its way out.

A connect's failure passes the `try` statements, the `suppress` and the other contexts around it, leaves its function,
and goes on from wherever the file calls that. What is reported is only a way that surely ends in a traceback: a
decorator, a context or a caller that cannot be read may convert the failure, and then nobody can tell.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.awaited import RUNNERS, AwaitedReader
from connlint.facts.effects import reraises
from connlint.facts.model import Guard
from connlint.facts.names import OPAQUE
from connlint.facts.tree import argument, dotted, has_star, statements, walk, walk_same_code
from connlint.lazy import TextPattern
from connlint.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connlint.facts import Facts
    from connlint.facts.awaited import Outlet
    from connlint.facts.model import Place

_DEEPEST = 12
_MOST_WAYS = 200

# Functions that only promise a connection hand its failure on, and rightly.
_CONTRACT = TextPattern(r"(?:^|_)(?:re)?(?:connect|open|create|dial|establish|login|acquire)", re.IGNORECASE)
_MAIN = TextPattern(r"_*(?:async_)?(?:main|run|cli|start)_*\Z", re.IGNORECASE)

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

_STACKS = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})
_ENTERS = frozenset({"enter_context", "enter_async_context"})
_PUSHES = _ENTERS | {"push", "push_async_exit"}
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
# What calls the function that it is given, waits for it, and lets its failure out.
_AWAITED_CALLERS = frozenset({"asyncio.to_thread", "anyio.to_thread.run_sync", "trio.to_thread.run_sync"})
_THREADS = frozenset({"threading.Thread", "threading.Timer", "_thread.start_new_thread", "thread.start_new_thread"})
_THREAD_CLASSES = frozenset({"threading.Thread", "threading.Timer"})

_HOOKS = frozenset({"sys.excepthook", "threading.excepthook"})


class Fate(Record):
    """What becomes of a failure: the guards it meets, those classes that nothing takes, and where they end.

    `gathered` says that it gets there through `asyncio.gather`.
    """

    guards: tuple[Guard, ...]
    guarded: bool | None
    escapes: tuple[str, ...]
    place: Place
    gathered: bool = False


class _Around(Record):
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
        self._awaited = AwaitedReader(facts)
        self._by_name: dict[str, list[cst.Name | cst.Attribute]] | None = None
        self._ways = 0

    def fate(self, node: cst.CSTNode, classes: tuple[str, ...]) -> Fate:
        """Return what becomes of a failure of one of `classes` that comes out of `node`."""
        self._ways = 0
        return self._fate(node, classes, ())

    def deferred_fate(self, made: cst.Call, classes: tuple[str, ...]) -> tuple[Fate, cst.CSTNode | None] | None:
        """Return what becomes of a failure of the coroutine that `made` makes, and the place where it comes out.

        No place, where there are several or none; nothing at all where that cannot be told.
        """
        self._ways = 0
        outlets = self._awaited.outlets(made)
        if not outlets:
            return None
        fate = _joined(self._fates_at(outlets, classes, ()))
        return fate, outlets[0].node if len(outlets) == 1 else None

    def around(self, node: cst.CSTNode, classes: tuple[str, ...]) -> tuple[Guard, ...]:
        """Return the guards that a failure of one of `classes` that comes out of `node` meets in its own function."""
        return self._around(node, classes).guards

    def leaves(self, node: cst.CSTNode, classes: tuple[str, ...]) -> bool:
        """Say whether a failure of any of `classes` that comes out of `node` surely leaves its function as it is."""
        around = self._around(node, classes)
        if not around.sure or len(around.escapes) < len(classes) or type(around.end) is cst.Lambda:
            return False
        return type(around.end) is not cst.FunctionDef or self._is_plain(around.end)

    def _fate(self, node: cst.CSTNode, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]) -> Fate:
        around = self._around(node, classes)
        if len(around.escapes) < len(classes):
            return Fate(around.guards, True, around.escapes, "unknown")
        if not around.sure:
            return Fate(around.guards, None, around.escapes, "unknown")
        if type(around.end) is cst.Lambda:
            beyond = _joined(self._after_callable(around.end, around.end, classes, (*through, around.end)))
        elif type(around.end) is cst.FunctionDef:
            beyond = self._out_of(around.end, classes, (*through, around.end))
        else:
            return Fate(around.guards, False, around.escapes, self._place_of_module_code(node))
        return Fate(around.guards + beyond.guards, beyond.guarded, beyond.escapes, beyond.place, beyond.gathered)

    # Around a place

    def _around(self, node: cst.CSTNode, classes: tuple[str, ...]) -> _Around:
        guards: list[Guard] = []
        left = classes
        sure = True
        below = node
        for ancestor in self._index.ancestors(node):
            found: Iterable[tuple[Guard | None, tuple[str, ...]]] = ()
            if type(ancestor) is cst.Try and ancestor.body is below:
                found = self._met_at_try(ancestor, left)
            elif type(ancestor) is cst.With:
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
            if type(ancestor) is cst.Try and ancestor.finalbody is not None and ancestor.finalbody is not below:
                sure = sure and not any(type(each) is cst.Return for each in walk_same_code(ancestor.finalbody))
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
            if None in answers.values() or any(map(_may_be_several, caught)):
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
                if None in answers.values() or any(map(_may_be_several, caught)):
                    yield None, left
            elif not self.is_plain_context(item.item):
                met = self._met_at_own_context(item, left)
                yield from met
                left = met[-1][1]

    def _expected(self, item: cst.BaseExpression) -> tuple[str, ...] | None:
        """Return the classes that `with item:` takes by design (`suppress`, `pytest.raises`), None if it does not."""
        if type(item) is not cst.Call:
            return None
        method = type(item.func) is cst.Attribute and item.func.attr.value in _EXPECTING_METHODS
        if not method and self._names.qualified(item.func) not in _EXPECTING:
            return None
        return tuple(name for arg in item.args if arg.keyword is None for name in self._names.classes(arg.value))

    def _met_at_own_context(
        self, item: cst.WithItem, classes: tuple[str, ...]
    ) -> list[tuple[Guard | None, tuple[str, ...]]]:
        """Return what a failure of `classes` inside `with item:` meets, where that is a context manager of the file."""
        hidden: list[tuple[Guard | None, tuple[str, ...]]] = [(None, classes)]
        expression = self._names.follow(item.item)
        target = self._values.target(expression) if type(expression) is cst.Call else None
        definitions = self._index.definitions.get(target or OPAQUE, [])
        definition = definitions[0] if len(definitions) == 1 else None
        if type(definition) is cst.ClassDef:
            caught = self._taken_by_exit(f"{target}.__exit__") or self._taken_by_exit(f"{target}.__aexit__")
            if caught is None:
                return hidden
            left = tuple(name for name in classes if self._exceptions.taken(caught, name) is not True)
            sure = not any(self._exceptions.taken(caught, name) is None for name in classes)
            return [(Guard(item, caught, left), left), *([] if sure else [(None, left)])]
        if type(definition) is not cst.FunctionDef or not self._is_generator_context(definition):
            return hidden
        yields = [node for node in walk_same_code(definition.body) if type(node) is cst.Yield]
        if len(yields) != 1:
            return hidden
        around = self._around(yields[0], classes)
        found: list[tuple[Guard | None, tuple[str, ...]]] = [(guard, guard.escapes) for guard in around.guards]
        return [*found, (None, around.escapes)] if not around.sure or not found else found

    def _is_generator_context(self, function: cst.FunctionDef) -> bool:
        decorators = [self._names.qualified(item.decorator) for item in function.decorators]
        return len(decorators) == 1 and decorators[0] in _CONTEXT_MANAGERS

    def _taken_by_exit(self, method: str) -> tuple[str, ...] | None:
        """Return the classes that the `__exit__` of the file takes; None where it is not that simple."""
        definitions = self._index.definitions.get(method, [])
        function = definitions[0] if len(definitions) == 1 else None
        if type(function) is not cst.FunctionDef or function.decorators:
            return None
        returns = [node for node in walk_same_code(function.body) if type(node) is cst.Return]
        raises = any(type(node) is cst.Raise for node in walk_same_code(function.body))
        last = statements(function.body)[-1:]
        if raises or len(returns) != 1 or last != returns or returns[0].value is None:
            return None
        value = returns[0].value
        if type(value) is cst.Name and value.value == "True":
            return ("BaseException",)
        if type(value) is cst.BooleanOperation and type(value.operator) is cst.And:
            value = value.right  # `kind is not None and issubclass(kind, OSError)`
        if type(value) is not cst.Call or len(value.args) != 2:
            return None
        asked = self._names.qualified(value.func)
        position = {"issubclass": 1, "isinstance": 2}.get(asked or "")
        params = [*function.params.posonly_params, *function.params.params]
        if position is None or len(params) <= position or dotted(value.args[0].value) != params[position].name.value:
            return None
        return self._names.classes(value.args[1].value)

    def is_plain_context(self, item: cst.BaseExpression) -> bool:
        """Say whether a failure inside `with item:` surely comes out of it as it is."""
        expression = self._names.follow(item)
        if type(expression) is cst.Call:
            target = self._values.target(expression)
            if target in _STACKS:
                return self._is_plain_stack(expression)
            if target in _PLAIN_CONTEXTS:
                return True
            if target is not None and target.startswith("<file>"):
                return self._is_plain_own(target)
        found = self._values.types(item)
        return all(self._is_plain_own(name) if name.startswith("<file>") else name != OPAQUE for name in found)

    def _is_plain_stack(self, stack: cst.Call) -> bool:
        """Say whether nothing in the function that makes `stack` puts on it what may take a failure."""
        function = self._index.function_of(stack)
        for call in self._index.all(cst.Call):
            name = call.func.attr.value if type(call.func) is cst.Attribute else None
            if name in _PUSHES and self._index.function_of(call) is function:
                entered = call.args[0].value if call.args and name in _ENTERS else None
                if entered is None or self._expected(entered) is not None or not self.is_plain_context(entered):
                    return False
        return True

    def _is_plain_own(self, name: str) -> bool:
        definitions = self._index.definitions.get(name, [])
        if len(definitions) != 1:
            return False
        definition = definitions[0]
        if type(definition) is cst.FunctionDef:
            if not self._is_generator_context(definition):
                return False
            return not any(
                (isinstance(node, (cst.Try, cst.TryStar)) and node.handlers) or type(node) is cst.With
                for node in walk_same_code(definition.body)
            )
        for method in ("__exit__", "__aexit__"):
            own = self._index.definitions.get(f"{name}.{method}", [])
            if len(own) == 1:
                return not any(
                    type(node) is cst.Raise
                    or (type(node) is cst.Return and node.value is not None and not _is_false(node.value))
                    for node in walk_same_code(own[0].body)
                )
        return False

    # Out of a function

    def _out_of(self, function: cst.FunctionDef, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]) -> Fate:
        self._ways += 1
        if len(through) > _DEEPEST or self._ways > _MOST_WAYS or _is_generator(function):
            return Fate((), None, classes, "unknown")
        guards, left, sure = self._met_at_decorators(function, classes)
        if len(left) < len(classes):
            return Fate(guards, True, left, "unknown")
        beyond = self._after_function(function, classes, through) if sure else Fate((), None, classes, "unknown")
        return replace(beyond, guards=guards + beyond.guards)

    def _after_function(
        self, function: cst.FunctionDef, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]
    ) -> Fate:
        unknown = Fate((), None, classes, "unknown")
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
        plain = all(self._is_plain_decorator(item) for item in function.decorators)
        return plain and not _is_generator(function)

    def _is_plain_decorator(self, item: cst.Decorator) -> bool:
        decorator = item.decorator.func if type(item.decorator) is cst.Call else item.decorator
        return self._names.qualified(decorator) in _PLAIN_DECORATORS

    def _met_at_decorators(
        self, function: cst.FunctionDef, classes: tuple[str, ...]
    ) -> tuple[tuple[Guard, ...], tuple[str, ...], bool]:
        """Return the guards in the decorators of `function`, what gets past them, and whether that is sure."""
        guards: tuple[Guard, ...] = ()
        left = classes
        for item in reversed(function.decorators):
            if self._is_plain_decorator(item):
                continue
            places = self._calls_by_decorator(item, function)
            if places is None:
                return guards, left, False
            found = [self._around(place, left) for place in places]
            if not all(around.sure and type(around.end) is cst.FunctionDef for around in found):
                return guards, left, False
            guards += tuple(guard for around in found for guard in around.guards)
            left = tuple(name for name in left if all(name in around.escapes for around in found))
        return guards, left, True

    def _calls_by_decorator(self, item: cst.Decorator, function: cst.FunctionDef) -> list[cst.CSTNode] | None:
        """Return where the decorator `item`, a function of the file, has `function` called; None if that is hidden.

        Nowhere, if it gives back the function itself.
        """
        decorator = item.decorator
        target = decorator.func if type(decorator) is cst.Call else decorator
        definitions = self._index.definitions.get(self._names.qualified(target) or OPAQUE, [])
        maker = definitions[0] if len(definitions) == 1 else None
        if type(decorator) is cst.Call:
            maker = _returned_function(maker)  # a decorator with arguments makes one
        if type(maker) is not cst.FunctionDef or maker.asynchronous is not None or not maker.params.params:
            return None
        name = maker.params.params[0].name.value
        uses = [use for use in self._names.uses(name, maker.body) if self._owns(use, maker)]
        wrapper = _returned_function(maker)
        returned = {use for use in uses if isinstance(self._index.parents.get(use), cst.Return)}
        if wrapper is None:
            return [] if returned and len(returned) == len(uses) else None
        wraps = [each.decorator.func for each in wrapper.decorators if type(each.decorator) is cst.Call]
        if len(wraps) != len(wrapper.decorators) or any(self._names.qualified(w) != "functools.wraps" for w in wraps):
            return None
        calls: list[cst.CSTNode] = []
        for use in uses:
            parent = self._index.parents.get(use)
            if type(parent) is cst.Call and parent.func is use and self._index.function_of(use) is wrapper:
                if function.asynchronous is not None and not self._effects.is_awaited(parent):
                    return None
                calls.append(parent)
            elif not self._only_describes(use):
                return None
        return calls or None

    def _owns(self, use: cst.Name, function: cst.FunctionDef) -> bool:
        owner = self._names.owner(use.value, self._index.scope_of(use))
        return owner is not None and owner.node is function

    def _only_describes(self, use: cst.Name) -> bool:
        """Say whether `use` of a function asks only what it is called, or has a wrapper take its name."""
        parent = self._index.parents.get(use)
        if type(parent) is cst.Attribute:
            return parent.attr.value.startswith("__")
        outer = self._index.parents.get(parent) if type(parent) is cst.Arg else None
        return type(outer) is cst.Call and self._names.qualified(outer.func) in {
            "functools.wraps",
            "functools.update_wrapper",
            "inspect.signature",
            "repr",
            "str",
        }

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
            return self._references_to_method([each for each in named if type(each) is cst.Attribute], scope.qualified)
        return [
            each
            for each in named
            if type(each) is cst.Name
            and self._is_read(each)
            and self._names.owner(name, self._index.scope_of(each)) is holder
        ]

    def _references_to_method(
        self, named: Iterable[cst.Attribute], qualified: str
    ) -> list[cst.Name | cst.Attribute] | None:
        found: list[cst.Name | cst.Attribute] = []
        lineage = self._values.lineage(qualified.rpartition(".")[0])[1:]
        for each in named:
            called = self._index.parents.get(each)
            if _is_super(each.value):
                if type(called) is cst.Call and qualified in self._values.targets(called):
                    found.append(each)
                continue
            owners = self._values.types(each.value) | frozenset(self._names.class_names(each.value))
            if OPAQUE in owners and len(owners) == 1:
                return None
            if any(self._values.method(owner, each.attr.value) == qualified for owner in owners):
                found.append(each)
            elif any(owner.startswith("<file>") and owner in lineage for owner in owners):
                found.append(each)  # a base calls what this class overrides
        return found

    def _is_read(self, name: cst.Name) -> bool:
        parent = self._index.parents.get(name)
        if isinstance(parent, (cst.FunctionDef, cst.ClassDef, cst.Param)):
            return getattr(parent, "name", None) is not name
        if type(parent) is cst.Attribute:
            return parent.attr is not name
        if type(parent) is cst.Arg:
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
        if self._index.function_of(reference) in through:
            return []
        parent = self._index.parents.get(reference)
        if type(parent) is not cst.Call or parent.func is not reference:
            return self._after_callable(reference, function, classes, through)
        if function.asynchronous is not None and not self._effects.is_awaited(parent):
            outlets = self._awaited.outlets(parent)
            return self._fates_at(outlets, classes, through) if outlets else [Fate((), None, classes, "unknown")]
        fate = self._fate(parent, classes, through)
        if fate.guarded is False and fate.place != "test" and self._only_promises(function):
            return [Fate(fate.guards, False, classes, "library")]
        return [fate]

    def _fates_at(
        self, outlets: Iterable[Outlet], classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]
    ) -> list[Fate]:
        found = []
        for outlet in outlets:
            if outlet.node is None:
                found.append(Fate((), None if self._has_loop_handler else False, classes, "task"))
            elif self._index.function_of(outlet.node) not in through:
                fate = self._fate(outlet.node, classes, through)
                found.append(replace(fate, gathered=fate.gathered or outlet.gathered))
        return found

    def _after_callable(
        self,
        value: cst.BaseExpression,
        function: cst.FunctionDef | cst.Lambda,
        classes: tuple[str, ...],
        through: tuple[cst.CSTNode, ...],
    ) -> list[Fate]:
        """Return what becomes of the failure where the callable `value`, `function` or what calls it, is handed on."""
        unknown = [Fate((), None, classes, "unknown")]
        arg = self._index.parents.get(value)
        call = self._index.parents.get(arg) if type(arg) is cst.Arg else None
        if type(arg) is not cst.Arg or type(call) is not cst.Call or arg.star:
            return unknown
        if self._is_thread_of(call, value):
            return [Fate((), None if self._has_hook else False, classes, "thread")]
        if self._index.function_of(call) in through or len(through) > _DEEPEST:
            return unknown
        name = self._names.qualified(call.func)
        first = call.args[0] is arg
        if first and name == "functools.partial":
            return self._after_callable(call, function, classes, (*through, call))
        asynchronous = type(function) is cst.FunctionDef and function.asynchronous is not None
        if asynchronous:
            return [self._fate(call, classes, through)] if first and name in RUNNERS else unknown
        if (first and name in _AWAITED_CALLERS) or (_runs_in_executor(call) and call.args[1] is arg):
            return [self._fate(call, classes, through)] if self._effects.is_awaited(call) else unknown
        return self._after_callback(call, arg, classes, through) or unknown

    def _after_callback(
        self, call: cst.Call, arg: cst.Arg, classes: tuple[str, ...], through: tuple[cst.CSTNode, ...]
    ) -> list[Fate] | None:
        """Return what becomes of the failure in the function of the file that `call` calls, which calls `arg`."""
        definitions = self._index.definitions.get(self._values.target(call) or OPAQUE, [])
        callee = definitions[0] if len(definitions) == 1 else None
        if type(callee) is not cst.FunctionDef or callee.decorators or has_star(call):
            return None
        params = [param.name.value for param in (*callee.params.posonly_params, *callee.params.params)]
        if self._index.class_of(callee) is not None:
            params = params[1:]
        if arg.keyword is not None:
            name = arg.keyword.value
        else:
            position = call.args.index(arg)
            name = params[position] if position < len(params) else ""
        if name not in params and name not in {param.name.value for param in callee.params.kwonly_params}:
            return None
        if len(self._index.scopes[callee].names.get(name, [])) != 1 or callee in through:
            return None
        fates: list[Fate] = []
        for use in self._names.uses(name, callee.body):
            parent = self._index.parents.get(use)
            if type(parent) is not cst.Call or parent.func is not use:
                return None
            if self._index.function_of(use) is not callee:
                return None
            around = self._around(parent, classes)
            if len(around.escapes) < len(classes):
                fates.append(Fate(around.guards, True, around.escapes, "unknown"))
            elif not around.sure or not self._is_plain(callee) or callee.asynchronous is not None:
                return None
            else:  # on it goes from where this very call calls it
                beyond = self._fate(call, classes, (*through, callee))
                fates.append(replace(beyond, guards=around.guards + beyond.guards))
        return fates

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
            type(node) is cst.Return and node.value is not None and not _is_status(node.value)
            for node in walk_same_code(function.body)
        )

    # Kinds of files

    def _place_of_module_code(self, node: cst.CSTNode) -> Place:
        if self._facts.is_test:
            return "test"
        if any(type(each) is cst.If and _asks_for_main(each.test) for each in self._index.ancestors(node)):
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
            if type(node) is cst.Assign
            for item in node.targets
        )

    @cached_property
    def _has_loop_handler(self) -> bool:
        """True if the file sets the event loop's handler, which is told of what no task's awaiter takes."""
        return any(
            type(call.func) is cst.Attribute and call.func.attr.value == "set_exception_handler"
            for call in self._index.all(cst.Call)
        )


def _may_be_several(caught: str) -> bool:
    """Say whether the name `caught`, of another module, looks like a tuple of classes: `NETWORK_ERRORS`."""
    last = caught.rpartition(".")[2]
    if caught.startswith("<file>") or knowledge.bases(caught) is not None:
        return False
    return last.isupper() or not last[:1].isupper()


def _is_super(node: cst.BaseExpression) -> bool:
    return type(node) is cst.Call and type(node.func) is cst.Name and node.func.value == "super"


def _is_generator(function: cst.FunctionDef) -> bool:
    return any(type(node) is cst.Yield for node in walk_same_code(function.body))


def _returned_function(maker: cst.CSTNode | None) -> cst.FunctionDef | None:
    """Return the function that stands in `maker` and that `maker` gives back, if there is one."""
    if type(maker) is not cst.FunctionDef:
        return None
    returns = [node for node in walk_same_code(maker.body) if type(node) is cst.Return]
    value = returns[0].value if len(returns) == 1 else None
    inner = [node for node in statements(maker.body) if type(node) is cst.FunctionDef]
    named = [node for node in inner if type(value) is cst.Name and node.name.value == value.value]
    return named[0] if len(named) == 1 else None


def _runs_in_executor(call: cst.Call) -> bool:
    return type(call.func) is cst.Attribute and call.func.attr.value == "run_in_executor" and len(call.args) > 1


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
        if type(node) is cst.Name:
            found.setdefault(node.value, []).append(node)
        elif type(node) is cst.Attribute:
            found.setdefault(node.attr.value, []).append(node)
    return found


def only_closes(handler: cst.ExceptHandler) -> bool:
    """Say whether all that `handler` does is to close something and to raise again what it took."""
    body = [
        small
        for line in handler.body.body
        for small in (line.body if type(line) is cst.SimpleStatementLine else [line])
    ]
    if not body or type(body[-1]) is not cst.Raise or not reraises(handler):
        return False
    for statement in body[:-1]:
        call = statement.value if type(statement) is cst.Expr else None
        if type(call) is not cst.Call or type(call.func) is not cst.Attribute:
            return False
        if call.func.attr.value not in {"close", "shutdown"}:
            return False
    return True


def _asks_for_main(test: cst.BaseExpression) -> bool:
    if type(test) is not cst.Comparison or len(test.comparisons) != 1:
        return False
    sides = (test.left, test.comparisons[0].comparator)
    return any(type(side) is cst.Name and side.value == "__name__" for side in sides)


def _is_false(value: cst.BaseExpression) -> bool:
    return type(value) is cst.Name and value.value in {"False", "None"}


def _is_status(value: cst.BaseExpression) -> bool:
    return type(value) is cst.Integer or (type(value) is cst.Name and value.value == "None")
