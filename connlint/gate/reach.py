"""What the names in a file alone say of which operations it can try: the rules' own reading of values, made coarse.

The rules know what a call calls by following names to imports, and by knowing which classes the tables give to the
results of calls. Here the same is done for the whole file at once and for names instead of scopes: a name may hold what
a library gives if anything of that name, anywhere in the file, is given such a value. So the answer may be yes too
often; where it is no, `connlint.facts.values` finds no operation either, for each of its ways is one of those here:

- a name is imported, bound by an assignment, a walrus or a `with`, or annotated; no other binding tells its class;
- an attribute is one of a module or an object of a library that the tables know, or one that the file gives a value;
- a call gives an object if the tables or a function of the file say what it returns, or if it hands on what it is
  given (`asyncio.wait_for`, `contextlib.closing`, `typing.cast`).
"""

from __future__ import annotations

import ast
import re
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, cast

from connlint.gate.marks import BLOCKS, FUNCTIONS, parts
from connlint.gate.tries import BUILTINS, children, last, walk
from connlint.knowledge.model import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connlint.gate.marks import Rows
    from connlint.knowledge.model import Library

_WORD = re.compile(r"\w+")
_CODE_OF_ITS_OWN = frozenset({ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.Lambda})
# What gives back what it is given, or what that returns.
_HAND_ON = frozenset(
    {
        *("wait_for", "shield", "ensure_future", "create_task"),
        *("closing", "aclosing", "enter_context", "enter_async_context", "cast"),
    }
)


_MOST_PARTS = 12
# So that the work grows as the file does, whatever leads to whatever in it.
_MOST_STEPS = 10_000
_MOST_STEPS_A_STATEMENT = 60
# What only an expression can bind or give stands in a row with one of these.
BINDING_IN_EXPRESSIONS = (":=", "yield")
_BINDING = frozenset(
    {
        *(ast.AnnAssign, ast.Assign, ast.AsyncFunctionDef, ast.AsyncWith, ast.ClassDef, ast.FunctionDef, ast.Import),
        *(ast.ImportFrom, ast.Return, ast.With),
    }
)
_UNKNOWN = Operation("", "request", (), "")


class _Tables(NamedTuple):
    """What the tables say of some packages, by the last parts of names."""

    rows: Mapping[str, tuple[Operation, ...]]
    """The operations; under `*` those that stand for every method of a class."""
    parts: frozenset[str]
    """All parts of the names that the tables know: what leads to an operation is spelled with these."""
    givers: frozenset[str]
    """The calls whose result the tables know, classes included."""
    any_attribute: bool
    """True if an attribute of any name may hold an object (`client.name_of_a_database`)."""


def _names_of(library: Library, package: str | None) -> Iterator[str]:
    """Yield the names that `library` tells of, those of `package` alone if one is given."""
    listed = (row.name for row in library.operations)
    told = (library.returns, library.bases, library.attributes, library.aliases, library.groups)
    for name in chain(listed, *told):
        if package is None or name.partition(".")[0] == package:
            yield name


@cache
def _libraries_of(package: str) -> tuple[tuple[Library, str | None], ...]:
    """Return the tables that tell of `package`, each with that name if it tells of others as well."""
    from connlint import knowledge

    found: list[tuple[Library, str | None]] = [
        (library, package)
        for library in knowledge.standard()
        if library.operations and any(True for _ in _names_of(library, package))
    ]
    client = knowledge.client(package)
    return (*found, (client, None)) if client is not None else tuple(found)


def _is_operation(name: str) -> bool:
    from connlint import knowledge

    return knowledge.operation(knowledge.canonical(name)) is not None


@cache
def _is_exception(name: str) -> bool:
    from connlint import knowledge

    return "BaseException" in knowledge.lineage(name)


@cache
def _tables(packages: frozenset[str]) -> _Tables:
    """Return what the tables say of `packages`, and of those whose objects they give."""
    rows: dict[str, dict[str, Operation]] = {}
    parts: set[str] = set()
    givers: set[str] = set()
    renamed: list[tuple[str, str]] = []
    queue = sorted(packages)
    for package in queue:
        for library, only in _libraries_of(package):
            names = frozenset(_names_of(library, only))
            parts.update(part for name in names for part in name.split("."))
            given = names.intersection({*library.returns, *library.bases, *library.aliases})
            givers |= {name.rpartition(".")[2] for name in given}
            for row in library.operations:
                if row.name in names:
                    for name in _names_called(row.name):
                        rows.setdefault(name, {})[row.name] = row
            renamed += [(name, library.aliases[name]) for name in names & library.aliases.keys()]
            queue += sorted({*_roots_of(library, names)} - {*queue})
    for name, meant in renamed:
        other, known = name.rpartition(".")[2], meant.rpartition(".")[2]
        if other != known and known in rows:
            rows.setdefault(other, {}).update(rows[known])
    listed = {name: tuple(found.values()) for name, found in rows.items()}
    return _Tables(listed, frozenset(parts), frozenset(givers), "*" in parts)


def _roots_of(library: Library, names: frozenset[str]) -> Iterator[str]:
    """Yield the packages whose objects `library` gives by its `names`, or to which these are sent on."""
    for name in names:
        result = library.returns.get(name, ())
        told = [*((result,) if isinstance(result, str) else result)]
        told += [found for found in (library.aliases.get(name), library.attributes.get(name)) if found is not None]
        told += [base for base in library.bases.get(name, ()) if not _is_exception(base)]
        yield from (each.partition(".")[0] for each in told)


def _names_called(name: str) -> Iterator[str]:
    """Yield the last names of what may be called for the operation `name`."""
    *_, owner, own = ("", *name.split("."))
    yield own
    if own.startswith("__"):
        yield owner.partition("[")[0]
    if "[" in own:
        yield own.partition("[")[0]


class Member(NamedTuple):
    """A class that may be caught: the name that the tables use, and what it is called where it comes from.

    `certain` if nothing else can stand there.
    """

    name: str
    written: str
    certain: bool


def _classes(written: str) -> tuple[str, ...]:
    """Return the class that `written` is by the tables, or the classes of such a tuple."""
    from connlint import knowledge

    name = knowledge.canonical(written)
    return knowledge.group(name) or (name,)


class Reach:
    """What a file can try, by the names in its `tree`; `own` are the last names of the project's own operations.

    `rows` are those with what only an expression binds or gives (`BINDING_IN_EXPRESSIONS`), None for all.
    """

    def __init__(self, tree: ast.Module, own: frozenset[str] = frozenset(), rows: Rows | None = None) -> None:
        self.imported: dict[str, set[str]] = {}
        """What names may stand for that are imported, by dotted names; those of relative imports begin with a dot."""
        self.given: dict[str, list[ast.expr]] = {}
        """The values that names and attributes are given, whole or in part."""
        self.withs: list[ast.With | ast.AsyncWith] = []
        self._own = own
        self._classes: dict[str, list[ast.ClassDef]] = {}
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self._methods: list[tuple[str, ast.ClassDef]] = []
        self._flows: list[tuple[tuple[str, ...], ast.expr, bool]] = []
        self._direct: dict[str, tuple[dict[str, Operation], set[str]]] = {}
        self._lineages: dict[str, frozenset[str]] = {}
        self._aliases: dict[str, list[ast.expr]] = {}
        self._statements = self._steps = 0
        self._read(tree, rows)
        self.packages = frozenset(name.partition(".")[0] for names in self.imported.values() for name in names)
        self._shadowing = frozenset(
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        )

    @property
    def _has_star(self) -> bool:
        return "*" in self.imported

    @property
    def gave_up(self) -> bool:
        """True if the answers took more steps than the file allows, and may lack something."""
        return self._steps > _MOST_STEPS + _MOST_STEPS_A_STATEMENT * self._statements

    def is_too_much(self) -> bool:
        """Count a step, and say whether there were too many."""
        self._steps += 1
        return self.gave_up

    # What the file binds

    def _read(self, tree: ast.Module, rows: Rows | None) -> None:
        stack: list[tuple[list[ast.AST], ast.ClassDef | None, str]] = [(cast("list[ast.AST]", tree.body), None, "")]
        while stack:
            block, owner, function = stack.pop()
            self._statements += len(block)
            for node in block:
                kind = node.__class__
                if kind in _BINDING:
                    self._statement(node, owner, function)
                blocks = BLOCKS.get(kind)
                if blocks is None:
                    continue
                inner = (owner, function)
                if kind is ast.ClassDef:
                    inner = (cast("ast.ClassDef", node), function)
                elif kind in FUNCTIONS:
                    inner = (None, cast("ast.FunctionDef", node).name)
                for field in blocks:
                    below = getattr(node, field)
                    if below:
                        stack.append((below, *inner))
        for part in parts(tree, rows):
            for node in walk(part.node):
                if isinstance(node, ast.NamedExpr):
                    self._bind(node.target, node.value, part.owner)
                elif isinstance(node, ast.Yield) and node.value is not None and part.function is not None:
                    self._gives(part.function.name, node.value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                meant = alias.name if alias.asname else alias.name.partition(".")[0]
                name = alias.asname or meant
            else:
                module = f"{'.' * node.level}{node.module or ''}"
                meant = module if alias.name == "*" else f"{module}.{alias.name}"
                name = alias.asname or alias.name
            self.imported.setdefault(name, set()).add(meant)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None) -> None:
        self._functions.setdefault(node.name, []).append(node)
        positional = [*node.args.posonlyargs, *node.args.args]
        for arg in (*positional, *node.args.kwonlyargs):
            if arg.annotation is not None:
                self._flows.append(((arg.arg,), arg.annotation, True))
        if node.returns is not None:
            self._flows.append(((node.name, f".{node.name}"), node.returns, True))
        if owner is not None and positional:
            self._methods.append((positional[0].arg, owner))

    def _statement(self, node: ast.AST, owner: ast.ClassDef | None, function: str) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, owner)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._bind(node.target, node.value, owner)
            self._flows.append((_targets(node.target, owner), node.annotation, True))
        elif isinstance(node, ast.Return):
            if node.value is not None and function:
                self._gives(function, node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._define(node, owner)
        elif isinstance(node, ast.ClassDef):
            self._classes.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self.withs.append(node)
            for item in node.items:
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, item.context_expr, owner)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)

    def _gives(self, function: str, value: ast.expr) -> None:
        self._flows.append(((function, f".{function}"), value, False))

    def _bind(self, target: ast.expr, value: ast.expr, owner: ast.ClassDef | None) -> None:
        stack = [target]
        while stack:
            target = stack.pop()
            if isinstance(target, (ast.List, ast.Tuple)):
                stack += target.elts
                continue
            name = last(target)
            if name:
                self._flows.append((_targets(target, owner), value, False))
                self.given.setdefault(name, []).append(value)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield the functions that the file defines."""
        return chain.from_iterable(self._functions.values())

    # What names hold

    @cached_property
    def _known(self) -> _Tables:
        return _tables(frozenset(filter(_libraries_of, self.packages)))

    @cached_property
    def _held(self) -> frozenset[str]:
        """The names, and with a dot before them the attributes, that may hold what a library gives or be of it."""
        led_to: dict[str, list[str]] = {}
        for targets, value, is_annotation in chain(self._flows, self._of_classes()):
            for source in _declared(value) if is_annotation else self._sources(value):
                led_to.setdefault(source, []).extend(targets)
        found = {name for name, meanings in self.imported.items() if any(map(self._is_known, meanings))}
        if "*" in found:
            found |= self._known.parts
        queue = [*found]
        for name in queue:
            for target in led_to.pop(name, ()):
                if target not in found:
                    found.add(target)
                    queue.append(target)
        return frozenset(found)

    def _of_classes(self) -> Iterator[tuple[tuple[str, ...], ast.expr, bool]]:
        """Yield what a class gives by what it derives from: itself, `super`, and what its methods call themselves."""
        for name, definitions in self._classes.items():
            for node in definitions:
                for base in node.bases:
                    yield (name, f".{name}", "super"), base, True
        for first, owner in self._methods:
            for base in owner.bases:
                yield (first,), base, True

    def _is_known(self, meant: str) -> bool:
        if not _libraries_of(meant.partition(".")[0]):
            return False
        return self._known.parts.issuperset(meant.split(".")) or self._known.any_attribute or "*" in self._known.rows

    def _holds(self, node: ast.AST) -> bool:
        """Say whether the value of the expression `node` may be something of a library."""
        return not self._held.isdisjoint(self._sources(node))

    def _sources(self, node: ast.AST) -> Iterator[str]:
        """Yield the names and attributes one of which must hold something if the expression `node` does."""
        stack = [node]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield f".{node.attr}"
                if node.attr in self._known.parts or self._known.any_attribute:
                    stack.append(node.value)
            elif isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    stack.append(node.func)
                elif isinstance(node.func, ast.Attribute):
                    yield f".{node.func.attr}"
                    if node.func.attr in self._known.givers or self._known.any_attribute:
                        stack.append(node.func.value)
                if node.args and self._hands_on(node.func):
                    stack += node.args
                    yield from _declared(node.args[0])
            elif isinstance(node, (ast.Await, ast.NamedExpr, ast.Subscript, ast.Starred)):
                stack.append(node.value)
            elif isinstance(node, ast.Yield):
                stack += (node.value,) if node.value is not None else ()
            elif isinstance(node, ast.IfExp):
                stack += (node.body, node.orelse)
            elif isinstance(node, ast.BoolOp):
                stack += node.values
            elif isinstance(node, (ast.List, ast.Tuple)):
                stack += node.elts

    def _hands_on(self, func: ast.expr) -> bool:
        """Say whether `func` gives back what it is given."""
        return not _HAND_ON.isdisjoint(self._called(func))

    # What is called

    def _standing_for(self, node: ast.expr) -> list[ast.expr]:
        """Return the names and attributes that `node` may be: itself, and all that is bound to a name."""
        if isinstance(node, ast.Name) and node.id in self._aliases:
            return self._aliases[node.id]
        found: list[ast.expr] = []
        seen: set[str] = set()
        queue = [node]
        for each in queue:
            if self.is_too_much():
                break
            if isinstance(each, ast.IfExp):
                queue += (each.body, each.orelse)
            elif isinstance(each, ast.Attribute):
                found.append(each)
            elif isinstance(each, ast.Name) and each.id not in seen:
                seen.add(each.id)
                found.append(each)
                queue += self.given.get(each.id, ())
        if isinstance(node, ast.Name):
            self._aliases[node.id] = found
        return found

    def _called(self, func: ast.expr) -> Iterator[str]:
        """Yield the last names of all that the expression `func` may be."""
        for each in self._standing_for(func):
            yield last(each)
            if isinstance(each, ast.Name):
                yield from (meant.rpartition(".")[2] for meant in self.imported.get(each.id, ()))

    def _called_of_library(self, func: ast.expr) -> Iterator[str]:
        """Yield the last names of what the expression `func` may call of a library, `*` for any method of a class."""
        for each in self._standing_for(func):
            name = last(each)
            if name in self._classes:
                yield from self._bases_of(name)
            if isinstance(each, ast.Attribute):
                if self._holds(each.value) or _is_super(each.value):
                    yield from (name, "*")
                if name == "__init__":
                    for own in self._classes:
                        yield from self._bases_of(own)
            elif name in self._held:
                yield name
                for meant in self.imported.get(name, ()):
                    yield meant.rpartition(".")[2]
                    if _is_operation(meant):
                        yield "*"

    def _bases_of(self, name: str) -> Iterator[str]:
        """Yield the last names of all that the class `name` of the file derives from."""
        queue = [name]
        for current in queue:
            if self.is_too_much():
                return
            for definition in self._classes.get(current, ()):
                for base in map(last, definition.bases):
                    if base not in queue:
                        queue.append(base)
                        yield base
                        yield from (meant.rpartition(".")[2] for meant in self.imported.get(base, ()))

    # What is tried

    def tried(self, body: Iterable[ast.AST]) -> tuple[Operation, ...] | None:
        """Return the operations that the statements `body` may try, themselves or through functions of the file.

        None if they may try one of the project's own, of which the tables say nothing, or if that is too much to tell.
        """
        found, functions = self._in(body)
        found = {**found}
        queue = [*functions]
        passed = {*queue}
        for name in queue:
            if self.is_too_much():
                return None
            if name not in self._direct:
                self._direct[name] = self._in(line for node in self._functions.get(name, ()) for line in node.body)
            rows, functions = self._direct[name]
            found.update(rows)
            queue += functions - passed
            passed |= functions
        return None if "" in found else tuple(found.values())

    def _in(self, body: Iterable[ast.AST]) -> tuple[dict[str, Operation], set[str]]:
        """Return the operations that `body` may try itself, and the functions of the file that it may call."""
        names: set[str] = set()
        functions: set[str] = set()
        rows: dict[str, Operation] = {}
        for node in walk_same_code(body):
            if self.is_too_much():
                return {"": _UNKNOWN}, set()
            if not isinstance(node, ast.Call):
                continue
            names.update(self._called_of_library(node.func))
            called = {*self._called(node.func)}
            functions |= called & self._functions.keys()
            if not called.isdisjoint(self._classes):
                functions.add("__init__")
            if not called.isdisjoint(self._own):
                rows[""] = _UNKNOWN
        for name in names:
            rows.update((row.name, row) for row in self._known.rows.get(name, ()))
        return rows, functions

    # What is caught

    def caught(self, node: ast.expr | None) -> list[Member]:
        """Return what the classes after `except`, or one argument of `suppress`, may be."""
        return [member for leaf in self.leaves(node) for member in leaf]

    def leaves(self, node: ast.expr | None) -> list[list[Member]]:
        """Return, for each name after `except`, the classes that it may stand for.

        Nothing where no class is known: the rules read none there either.
        """
        if node is None:
            return [[Member("BaseException", "BaseException", certain=True)]]
        found: list[list[Member]] = []
        queue = [node]
        for each in queue:
            parts = _parts(each)
            if parts is None:
                found.append([*self._members(each)])
            else:
                queue += parts
        return found

    def _members(self, node: ast.expr) -> Iterator[Member]:
        seen: set[str] = set()
        queue = [node]
        for each in queue:
            if self.is_too_much():
                return
            parts = _parts(each)
            if parts is not None:
                queue += parts
            elif isinstance(each, ast.IfExp):
                queue += (each.body, each.orelse)
            elif isinstance(each, (ast.Attribute, ast.Name)):
                names = self._qualified(each)
                name = last(each)
                if name in self._classes:
                    yield Member(f"<file>.{name}", name, certain=False)
                certain = each is node and len(names) == 1 and not self._is_given(each)
                for written in sorted(names):
                    yield from (Member(meant, written, certain) for meant in _classes(written))
                if name not in seen:
                    seen.add(name)
                    queue += self.given.get(name, ())

    def may_be(self, node: ast.expr, name: str) -> bool:
        """Say whether the expression `node` may mean the qualified `name`."""
        return name in self._qualified(node)

    def _is_given(self, node: ast.AST) -> bool:
        """Say whether the file may give `node`, or what it is an attribute of, another value."""
        while isinstance(node, ast.Attribute):
            if node.attr in self.given:
                return True
            node = node.value
        return self._has_star or any(last(node) in named for named in (self.given, self._classes, self._functions))

    def _qualified(self, node: ast.expr) -> set[str]:
        """Return the qualified names that a name or attribute may mean, those of the file itself left out."""
        found: set[str] = set()
        queue: list[tuple[ast.expr, str]] = [(node, "")]
        seen: set[tuple[str, str]] = set()
        for each, rest in queue:
            if self.is_too_much():
                break
            if isinstance(each, ast.IfExp):
                queue += ((each.body, rest), (each.orelse, rest))
            elif isinstance(each, ast.Attribute) and rest.count(".") < _MOST_PARTS:
                queue.append((each.value, f".{each.attr}{rest}"))
            elif isinstance(each, ast.Name) and (each.id, rest) not in seen:
                seen.add((each.id, rest))
                found |= {f"{name}{rest}" for name in self._meanings(each.id)}
                queue += [(value, rest) for value in self.given.get(each.id, ())]
        return found

    def _meanings(self, name: str) -> Iterator[str]:
        """Yield what the plain `name` may mean that is imported, or a builtin."""
        yield from self.imported.get(name, ())
        if name in BUILTINS and name not in self._shadowing:
            yield name
        if name == "WindowsError":
            yield "OSError"  # a builtin, and of Windows alone
        yield from (f"{star}.{name}" for star in self.imported.get("*", ()))

    def lineage(self, name: str) -> frozenset[str]:
        """Return the class `name` and all that it may derive from; `<file>.name` is a class of the file."""
        found = self._lineages.get(name)
        if found is None:
            found = self._lineages[name] = frozenset(self._lineage(name))
        return found

    def _lineage(self, name: str) -> set[str]:
        from connlint import knowledge

        found: set[str] = set()
        queue = [name]
        for each in queue:
            if self.is_too_much() or each in found:
                continue
            found.add(each)
            if each.startswith("<file>."):
                definitions = self._classes.get(each.removeprefix("<file>."), ())
                queue += [member.name for node in definitions for base in node.bases for member in self.caught(base)]
            else:
                found.update(knowledge.lineage(each))
        return found


def walk_same_code(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield `body` and what is below it that runs when it runs: not the code of functions and classes in it."""
    stack = [*body]
    while stack:
        node = stack.pop()
        if node.__class__ in _CODE_OF_ITS_OWN:
            continue
        yield node
        stack += children(node)


def _targets(node: ast.expr, owner: ast.ClassDef | None) -> tuple[str, ...]:
    """Return the name or the attribute that `node` binds; what a class binds is both."""
    if isinstance(node, ast.Attribute):
        return (f".{node.attr}",)
    if isinstance(node, ast.Name):
        return (node.id,) if owner is None else (node.id, f".{node.id}")
    return ()


def _parts(node: ast.expr) -> list[ast.expr] | None:
    """Return what classes after `except` are put together of; None for a single one."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return node.elts
    if isinstance(node, ast.Starred):
        return [node.value]
    return [node.left, node.right] if isinstance(node, ast.BinOp) else None


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _declared(node: ast.AST) -> Iterator[str]:
    """Yield the names in an annotation, be it written as text."""
    for each in walk(node):
        name = last(each)
        if name:
            yield name
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from _WORD.findall(each.value)
