"""Imports that a fix needs, and imports that it leaves behind.

A rewrite that names a module must find it imported, under the name that the file gave it, and not under one that
means something else where the code stands. An import that is missing goes where the file's author would have put it;
one that nothing needs any more goes away. Where any of this is in doubt, the fix is declined.
"""

from __future__ import annotations

import builtins
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.tree import children, dotted, is_code_of_its_own, walk
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connlint.facts import Facts
    from connlint.facts.scopes import Binding, Scope
    from connlint.rules.base import Rewrite

    Replacement = cst.CSTNode | tuple[cst.CSTNode, ...]

# Modules that are there once their package is imported; for all others `import package` alone does not do.
LOADED_WITH: Mapping[str, frozenset[str]] = {
    "aio_pika": frozenset({"exceptions"}),
    "aiohttp": frozenset({"client", "client_exceptions", "connector", "http_exceptions"}),
    "aiokafka": frozenset({"errors"}),
    "asyncio": frozenset({"events", "exceptions", "streams", "tasks", "timeouts"}),
    "docker": frozenset({"errors"}),
    "kafka": frozenset({"errors"}),
    "ldap3": frozenset({"core.exceptions"}),
    "nats": frozenset({"errors"}),
    "os": frozenset({"path"}),
    "paramiko": frozenset({"ssh_exception"}),
    "pika": frozenset({"exceptions"}),
    "pymongo": frozenset({"errors"}),
    "redis": frozenset({"asyncio", "backoff", "client", "connection", "exceptions", "retry"}),
    "requests": frozenset({"adapters", "api", "exceptions", "models", "sessions"}),
    "urllib3": frozenset(
        {
            "connection",
            "connectionpool",
            "exceptions",
            "poolmanager",
            "response",
            "util",
            "util.retry",
            "util.timeout",
        }
    ),
    "valkey": frozenset({"exceptions"}),
}

_NOQA = TextPattern(r"#\s*(flake8[:=]\s*)?noqa", re.IGNORECASE)


# How code at a place can name something


def reference(
    facts: Facts, place: cst.CSTNode, name: str, by: Collection[str] = (), *, installed: bool = False
) -> tuple[str, tuple[str, ...]] | None:
    """Return how code at `place` can name the qualified `name`, and the modules to import for it.

    An import that the file has and that is visible at `place` is used (`time.sleep`, `sleep`, `t.sleep`); else the
    module of `name` is to be imported. None if the module's name means something else at `place`, or may not be
    there when the program runs; it is there if the file imports one of the packages `by`, which need it, or if the
    project says so (`installed`).
    """
    scope = facts.index.scope_of(place)
    path = name.removeprefix("<file>.")
    if not all(part.isidentifier() for part in path.lstrip(".").split(".")):
        return None
    if path != name or "." not in name:
        first = path.partition(".")[0]
        expected = f"<file>.{first}" if path != name else name
        if facts.names.lookup(first, scope) == {expected} and _is_there(facts, first, scope, place):
            return path, ()
        if path != name:
            return None
    ways = [way for found in _visible(facts, scope, place) for way in _ways(facts, found, name)]
    if ways:
        return min(ways, key=lambda way: (way.count("."), len(way))), ()
    return _by_new_import(facts, scope, place, name, by, installed=installed)


def _is_there(facts: Facts, first: str, scope: Scope, place: cst.CSTNode) -> bool:
    """Say whether what the file calls `first` is certainly bound when `place` runs: a builtin, or bound before it."""
    owner = facts.names.owner(first, scope)
    if owner is None:
        return True
    return any(_is_certain(facts, binding, owner, place) for binding in owner.names[first])


@dataclass(frozen=True, slots=True)
class _Import:
    """A name that an import certainly binds: to the module or to the thing `qualified`."""

    name: str
    qualified: str


def _visible(facts: Facts, scope: Scope, place: cst.CSTNode) -> Iterator[_Import]:
    """Yield the imported names that certainly mean one thing at `place`, innermost first."""
    current: Scope | None = scope
    while current is not None:
        for name, bindings in current.names.items():
            if facts.names.owner(name, scope) is not current:
                continue
            meant = {binding.qualified for binding in bindings if binding.kind == "import"}
            if len(meant) != 1 or any(binding.kind != "import" for binding in bindings):
                continue
            if any(_is_certain(facts, binding, current, place) for binding in bindings):
                yield _Import(name, knowledge.canonical(meant.pop() or ""))
        current = current.parent


def _is_certain(facts: Facts, binding: Binding, owner: Scope, place: cst.CSTNode) -> bool:
    """Say whether `binding` was certainly made when `place` runs."""
    if _precedes(facts, binding.node, place):
        return True
    # What the module imports further down is there when its functions are called.
    line = facts.index.parents.get(binding.node)
    is_top_level = line is not None and facts.index.parents.get(line) is facts.module
    return owner is facts.index.top and is_top_level and facts.index.scope_of(place).kind == "function"


def _precedes(facts: Facts, node: cst.CSTNode, place: cst.CSTNode) -> bool:
    """Say whether `node` stands before `place` in a block around it, so that `place` is reached only through it."""
    below: dict[cst.CSTNode, cst.CSTNode] = {}
    current = place
    for ancestor in facts.index.ancestors(place):
        below[ancestor] = current
        current = ancestor
    current = node
    for ancestor in facts.index.ancestors(node):
        if isinstance(ancestor, (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite, cst.SimpleStatementLine)):
            if ancestor in below:
                body: Sequence[cst.CSTNode] = ancestor.body
                return body.index(current) < body.index(below[ancestor])
            if not isinstance(ancestor, cst.SimpleStatementLine):
                return False
        current = ancestor
    return False


def _ways(facts: Facts, found: _Import, name: str) -> Iterator[str]:
    """Yield the ways in which `name` can be written with what `found` binds."""
    if found.qualified in {name, knowledge.canonical(name)}:
        yield found.name
        return
    prefix = f"{found.qualified}."
    last = name.rpartition(".")[2]
    module = _module_of(name)
    if name.startswith(prefix):
        rest = name.removeprefix(prefix)
        if "." not in rest or module == found.qualified or _is_loaded(facts, module):
            yield f"{found.name}.{rest}"
            return
    if knowledge.canonical(prefix + last) == name:
        yield f"{found.name}.{last}"


def _module_of(name: str) -> str:
    """Return the module that defines `name`, which may stand in a class: `imaplib` for `imaplib.IMAP4.error`."""
    module = name.rpartition(".")[0]
    while knowledge.bases(module) is not None:
        module = module.rpartition(".")[0]
    return module


def _is_loaded(facts: Facts, module: str) -> bool:
    """Say whether `module` is there once the file's top-level imports have run, as an attribute of its package."""
    root, _, rest = module.partition(".")
    if rest in LOADED_WITH.get(root, frozenset()):
        return True
    return any(
        name == module or name.startswith(f"{module}.") for line in _zone(facts.module).lines for name in _modules(line)
    )


def _by_new_import(
    facts: Facts, scope: Scope, place: cst.CSTNode, name: str, by: Collection[str], *, installed: bool
) -> tuple[str, tuple[str, ...]] | None:
    """Return `name` as it stands and the module to import, if that import can do no harm."""
    module = _module_of(name)
    root, _, rest = module.partition(".")
    if not root or any(_may_rebind(star, root) for star in facts.index.top.stars):
        return None
    lines = _zone(facts.module).lines
    is_there = installed or root in sys.stdlib_module_names
    if not is_there and not any(_imports_from(line, each) for line in lines for each in {root, *by}):
        return None  # it may not be installed: the file does without it, or imports it late for a reason
    top = facts.index.top
    for current in (scope, top):
        owner = facts.names.owner(root, current)
        bindings = owner.names[root] if owner is not None else []
        if bindings and not (
            owner is top
            and all(binding.kind == "import" and binding.qualified == root for binding in bindings)
            and not any(binding.conditional for binding in bindings)
            # else it is imported further down, for a reason that we do not know
            and any(_is_certain(facts, binding, top, place) for binding in bindings)
        ):
            return None
    return name, (root if rest in LOADED_WITH.get(root, frozenset()) else module,)


def _may_rebind(star: str, root: str) -> bool:
    """Say whether `from star import *` may bind `root` to something that is not the module of that name."""
    return star.partition(".")[0] not in sys.stdlib_module_names or star.rpartition(".")[2] == root


def extended(facts: Facts, place: cst.CSTNode, name: str) -> tuple[str, dict[cst.CSTNode, cst.CSTNode]] | None:
    """Return the last part of `name`, and a line `from module import ...` of the file with that name added to it.

    None if there is no such line, or the name is taken at `place`. What is returned belongs into `Rewrite.replace`.
    """
    module, _, last = name.rpartition(".")
    scope = facts.index.scope_of(place)
    if not _is_free(facts, scope, last) or any(_may_rebind(star, last) for star in facts.index.top.stars):
        return None
    for line in _zone(facts.module).lines:
        node = line.body[0]
        if len(line.body) != 1 or not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
            continue
        if node.relative or dotted(node.module) != module or "#" in facts.module.code_for_node(node):
            continue
        return last, {line: line.with_changes(body=[_with_name(node, node.names, last)])}
    return None


def _is_free(facts: Facts, scope: Scope, name: str) -> bool:
    """Say whether `name` is bound neither where `scope` can see it nor at the top of the file."""
    return facts.names.owner(name, scope) is None and name not in facts.index.top.names and not hasattr(builtins, name)


def _with_name(node: cst.ImportFrom, names: Sequence[cst.ImportAlias], name: str) -> cst.ImportFrom:
    """Return `node` with `name` behind its other names, on a line of its own where they have one."""
    *others, last = names
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if others and isinstance(others[-1].comma, cst.Comma):
        comma = others[-1].comma
    elif node.lpar is not None and isinstance(node.lpar.whitespace_after, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=node.lpar.whitespace_after)
    new = cst.ImportAlias(cst.Name(name), comma=last.comma)
    return node.with_changes(names=[*others, last.with_changes(comma=comma), new])


# Where imports stand


@dataclass(slots=True)
class _Zone:
    """The imports at the top of a module: the lines, by their place in its body, and where new ones go without any."""

    lines: list[cst.SimpleStatementLine] = field(default_factory=list)
    groups: list[list[cst.SimpleStatementLine]] = field(default_factory=list)
    start: int = 0
    """The number of statements that must stay above: the docstring and what is imported from `__future__`."""


def _zone(module: cst.Module) -> _Zone:
    zone = _Zone()
    for position, statement in enumerate(module.body):
        if _is_docstring(statement) and position == 0:
            zone.start = 1
        elif isinstance(statement, cst.SimpleStatementLine) and _is_import_line(statement):
            if _root(statement) == "__future__":
                zone.start = position + 1
                continue
            apart = bool(statement.leading_lines) or position == 0 or module.body[position - 1] not in zone.lines
            if apart or not zone.groups:
                zone.groups.append([])
            zone.groups[-1].append(statement)
            zone.lines.append(statement)
        elif not _is_about_imports(statement):
            break
    return zone


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def _is_import_line(statement: cst.SimpleStatementLine) -> bool:
    return all(isinstance(part, (cst.Import, cst.ImportFrom)) for part in statement.body)


def _is_about_imports(statement: cst.CSTNode) -> bool:
    """Say whether `statement` may stand among the imports: imports under a condition, `__version__ = ...`."""
    if isinstance(statement, cst.SimpleStatementLine):
        return all(
            isinstance(part, cst.Assign)
            and all(isinstance(item.target, cst.Name) and item.target.value.startswith("__") for item in part.targets)
            for part in statement.body
        )
    if not isinstance(statement, (cst.If, cst.Try)):
        return False
    small = [node for node in walk(statement) if isinstance(node, cst.BaseSmallStatement)]
    return all(isinstance(node, (cst.Import, cst.ImportFrom, cst.Assign, cst.Pass)) for node in small) and not any(
        is_code_of_its_own(node) or isinstance(node, (cst.For, cst.While, cst.With)) for node in walk(statement)
    )


def _modules(line: cst.SimpleStatementLine) -> Iterator[str]:
    """Yield the modules that the imports of `line` load."""
    for part in line.body:
        if isinstance(part, cst.Import):
            yield from (dotted(alias.name) or "" for alias in part.names)
        elif isinstance(part, cst.ImportFrom):
            yield "." * len(part.relative) + (dotted(part.module) or "")


def _imports_from(line: cst.SimpleStatementLine, root: str) -> bool:
    return any(name.partition(".")[0] == root for name in _modules(line))


def _root(line: cst.SimpleStatementLine) -> str:
    """Return the package that the first import of `line` is from; nothing for a relative one."""
    return next(_modules(line)).partition(".")[0]


def _is_plain(line: cst.SimpleStatementLine) -> bool:
    """Say whether `line` begins with `import x` and not with `from x import y`."""
    return isinstance(line.body[0], cst.Import)


def _is_imported(module: cst.Module, name: str) -> bool:
    """Say whether the top of the file has `import name` (or of a module below it, which binds the same)."""
    return any(
        (dotted(alias.name) or "") == name and alias.asname is None
        for line in _zone(module).lines
        for part in line.body
        if isinstance(part, cst.Import)
        for alias in part.names
    )


def _rank(root: str) -> int:
    """Return the rank of the section for imports from `root`: the standard library's, others', relative ones."""
    return 2 if not root else 0 if root in sys.stdlib_module_names else 1


# What a rewrite changes at the top of the file


@dataclass(slots=True)
class _Changes:
    """What happens around and to the top-level statements of a module, besides the rewrite itself."""

    above: dict[cst.CSTNode, list[cst.CSTNode]] = field(default_factory=dict)
    below: dict[cst.CSTNode, list[cst.CSTNode]] = field(default_factory=dict)
    leading: dict[cst.CSTNode, tuple[cst.EmptyLine, ...]] = field(default_factory=dict)
    instead: dict[cst.CSTNode, tuple[cst.CSTNode, ...]] = field(default_factory=dict)

    def leading_of(self, statement: cst.CSTNode) -> tuple[cst.EmptyLine, ...]:
        """Return the lines above `statement` as they now stand."""
        found = self.leading.get(statement)
        return tuple(getattr(statement, "leading_lines", ())) if found is None else found

    def leading_above(self, statement: cst.CSTNode) -> tuple[cst.EmptyLine, ...]:
        """Return the lines above `statement` and what is added above it."""
        return self.leading_of(next(iter(self.above.get(statement, ())), statement))

    def lead(self, statement: cst.CSTNode, lines: tuple[cst.EmptyLine, ...]) -> None:
        """Let `lines` stand above `statement` and what is added above it."""
        if statement in self.above:
            added = self.above[statement]
            added[0] = added[0].with_changes(leading_lines=lines)
        else:
            self.leading[statement] = lines

    def merged(self, replace: Mapping[cst.CSTNode, Replacement]) -> dict[cst.CSTNode, Replacement]:
        """Return `replace` with these changes in it."""
        full = dict(replace)
        for statement in {**self.above, **self.below, **self.leading, **self.instead}:
            core = self.instead.get(statement)
            if core is None:
                given = full.get(statement, statement)
                core = given if isinstance(given, tuple) else (given,)
            if core and statement in self.leading:
                core = (core[0].with_changes(leading_lines=self.leading[statement]), *core[1:])
            full[statement] = (*self.above.get(statement, ()), *core, *self.below.get(statement, ()))
        return full


def with_imports(facts: Facts, rewrite: Rewrite) -> Mapping[cst.CSTNode, Replacement] | None:
    """Return what `rewrite` replaces, with the changes of the import statements added; None if that cannot be done."""
    changes = _Changes()
    missing = sorted(name for name in set(rewrite.imports) if not _is_imported(facts.module, name))
    for name in missing:
        bindings = facts.index.top.names.get(name.partition(".")[0], [])
        if any(binding.kind != "import" for binding in bindings) or not _add(facts.module, name, changes):
            return None
    for line, current in _lines_to_shorten(facts, rewrite):
        _shorten(facts, rewrite, line, current, changes)
    return changes.merged(rewrite.replace)


def _add(module: cst.Module, name: str, changes: _Changes) -> bool:
    """Note where `import name` goes. Says whether there is such a place."""
    line = cst.SimpleStatementLine([cst.Import([cst.ImportAlias(_module_name(name))])])
    zone = _zone(module)
    rank = _rank(name.partition(".")[0])
    groups = [[each for each in group if _rank(_root(each)) == rank] for group in zone.groups]
    earlier = [each for each in zone.lines if _rank(_root(each)) < rank]
    if any(groups):
        _add_to_section(name, line, [group for group in groups if group], changes)
    elif earlier:
        _add_below(earlier[-1], line.with_changes(leading_lines=(_BLANK,)), changes)
    elif zone.lines:
        _add_above(zone.lines[0], line, changes, apart=True)
    else:
        return _add_first(module, zone.start, line, changes)
    return True


_BLANK = cst.EmptyLine(indent=False)


def _module_name(name: str) -> cst.Name | cst.Attribute:
    first, *rest = name.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def _add_to_section(
    name: str,
    line: cst.SimpleStatementLine,
    groups: list[list[cst.SimpleStatementLine]],
    changes: _Changes,
) -> None:
    """Put `line` among the imports of its section: by the alphabet, plain imports before those with `from`."""
    root = name.partition(".")[0]
    group = next((each for each in groups if any(_root(item) == root for item in each)), None)
    group = group or next((each for each in groups if any(map(_is_plain, each))), groups[0])
    plain = [each for each in group if _is_plain(each)]
    after = next((each for each in plain if next(_modules(each)).lower() > name.lower()), None)
    if after is not None:
        _add_above(after, line, changes, apart=False)
    elif plain:
        _add_below(plain[-1], line, changes)
    else:
        _add_above(group[0], line, changes, apart=False)


def _add_below(anchor: cst.CSTNode, line: cst.SimpleStatementLine, changes: _Changes) -> None:
    found = changes.below.setdefault(anchor, [])
    if found:
        line = line.with_changes(leading_lines=())  # the blank line stands above the first of them
    found.append(line)


def _add_above(anchor: cst.CSTNode, line: cst.SimpleStatementLine, changes: _Changes, *, apart: bool) -> None:
    """Put `line` above `anchor`: below the comments that head the section, above those that belong to `anchor`."""
    found = changes.above.setdefault(anchor, [])
    if found:
        found.append(line)
        return
    leading = changes.leading_of(anchor)
    if apart:
        blank = [each for each in leading if each.comment is None]
        changes.leading[anchor] = leading if blank else (_BLANK, *leading)
        found.append(line.with_changes(leading_lines=tuple(blank[:1])))
        return
    starts_group = not leading or leading[0].comment is None
    if starts_group or not any(each.comment for each in leading):
        found.append(line.with_changes(leading_lines=leading))
        changes.leading[anchor] = ()
    else:
        found.append(line)


def _add_first(module: cst.Module, start: int, line: cst.SimpleStatementLine, changes: _Changes) -> bool:
    """Put `line` into a file without imports: below the docstring, `__future__` and the comments that head the file."""
    if start >= len(module.body):
        return False
    own = _comments_of_first(module) if start == 0 else None
    anchor = own or module.body[start]
    found = changes.above.setdefault(anchor, [])
    if found:
        found.insert(len(found) - (own is not None), line)
        return True
    if own is not None:
        found += [line, _BLANK]
        return True
    leading = changes.leading_of(anchor)
    wanted = 2 if isinstance(anchor, (cst.FunctionDef, cst.ClassDef)) else 1
    blank = len(leading) - len(_without_blanks(leading))
    is_below_something = start > 0 or (bool(module.header) and module.header[-1].comment is not None)
    changes.leading[anchor] = (*([_BLANK] * (wanted - blank)), *leading)
    found.append(line.with_changes(leading_lines=(_BLANK,) if is_below_something else ()))
    return True


def _comments_of_first(module: cst.Module) -> cst.EmptyLine | None:
    """Return the first line of the comments right above the first statement, if others head the file before them."""
    first = None
    for line in reversed(module.header):
        if line.comment is None:
            return first
        first = line
    return None


# Imports that are left behind


def _lines_to_shorten(
    facts: Facts, rewrite: Rewrite
) -> Iterator[tuple[cst.SimpleStatementLine, cst.SimpleStatementLine]]:
    """Yield the import lines at the top level, each with what the rewrite makes of it."""
    if not rewrite.dropped_imports:
        return
    for line in facts.module.body:
        current = rewrite.replace.get(line, line)
        if (
            isinstance(line, cst.SimpleStatementLine)
            and isinstance(current, cst.SimpleStatementLine)
            and len(current.body) == 1
            and isinstance(current.body[0], (cst.Import, cst.ImportFrom))
        ):
            yield line, current


def _shorten(
    facts: Facts,
    rewrite: Rewrite,
    line: cst.SimpleStatementLine,
    current: cst.SimpleStatementLine,
    changes: _Changes,
) -> None:
    """Take the names out of the import `line`, as it is by now, that only the replaced code used."""
    node = current.body[0]
    if not isinstance(node, (cst.Import, cst.ImportFrom)) or isinstance(node.names, cst.ImportStar):
        return
    kept = [alias for alias in node.names if not _is_unused(facts, rewrite, node, alias)]
    comment = current.trailing_whitespace.comment
    if len(kept) == len(node.names) or (comment is not None and _NOQA.search(comment.value)):
        return
    if "#" in facts.module.code_for_node(node):
        return
    if kept:
        last = kept[-1]
        if last is not node.names[-1]:
            kept[-1] = last.with_changes(comma=node.names[-1].comma)
        changes.instead[line] = (current.with_changes(body=[node.with_changes(names=kept)]),)
        return
    if comment is None:
        _remove(facts.module, line, changes)


def _remove(module: cst.Module, line: cst.SimpleStatementLine, changes: _Changes) -> None:
    """Note that `line` goes. The lines above it stay with what follows right below; comments always stay."""
    leading = changes.leading_of(line)
    commented = any(each.comment for each in leading)
    added = changes.below.get(line)
    position = module.body.index(line)
    following = module.body[position + 1] if position + 1 < len(module.body) else None
    if added and not changes.above.get(line):
        added[0] = added[0].with_changes(leading_lines=leading)
    elif changes.above.get(line):
        if commented:
            return
    elif following is None:
        return
    elif not changes.leading_above(following):
        is_import = isinstance(following, cst.SimpleStatementLine) and _is_import_line(following)
        if commented and not is_import:
            return  # the comment says something of this line, or of the imports
        changes.lead(following, leading)
    elif commented:
        return
    elif position == 0 and not module.header:
        changes.lead(following, _without_blanks(changes.leading_above(following)))
    changes.instead[line] = ()


def _without_blanks(lines: tuple[cst.EmptyLine, ...]) -> tuple[cst.EmptyLine, ...]:
    while lines and lines[0].comment is None:
        lines = lines[1:]
    return lines


def _is_unused(facts: Facts, rewrite: Rewrite, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> bool:
    """Say whether `alias` is among those to drop and nothing of the file uses it after the rewrite."""
    name = alias.asname.name if alias.asname is not None else alias.name
    if not isinstance(name, cst.Name) or name.value not in rewrite.dropped_imports:
        return False
    if alias.asname is not None and isinstance(alias.name, cst.Name) and alias.name.value == name.value:
        return False  # `import x as x` says that others take it from here
    if isinstance(node, cst.ImportFrom) and dotted(node.module) == "__future__":
        return False
    if len(facts.index.top.names.get(name.value, ())) != 1:
        return False
    return not _is_used(facts.module, rewrite, name.value) and not _is_exported(facts.module, rewrite, name.value)


def _is_used(module: cst.Module, rewrite: Rewrite, name: str) -> bool:
    """Say whether the plain name `name` stands anywhere in the file after the rewrite, imports aside."""
    stack: list[tuple[cst.CSTNode, bool]] = [(module, False)]
    while stack:
        node, is_new = stack.pop()
        if not is_new and node in rewrite.replace:
            given = rewrite.replace[node]
            stack.extend((each, True) for each in (given if isinstance(given, tuple) else (given,)))
        elif isinstance(node, cst.Name) and node.value == name:
            return True
        elif isinstance(node, (cst.Attribute, cst.Arg)):
            stack.append((node.value, is_new))  # `x.name` and `name=x` do not read it
        elif not isinstance(node, (cst.Import, cst.ImportFrom)):
            stack.extend((each, is_new) for each in children(node))
    return False


def _is_exported(module: cst.Module, rewrite: Rewrite, name: str) -> bool:
    """Say whether some string of the file is just `name`, as in `__all__`, what is rewritten aside."""
    stays = walk(module, enter=lambda node: node not in rewrite.replace)
    return any(isinstance(node, cst.SimpleString) and node.raw_value == name for node in stays)
