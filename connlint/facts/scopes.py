"""The one walk over a file: who binds which name where, and where the interesting nodes stand.

`read_index` visits each node once, by type, with an explicit stack. Everything else that facts need is looked up in
the index it returns, so that no fact walks the whole file again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import libcst as cst

from connlint.facts.tree import BACKWARDS, COMPREHENSIONS, NODES, children, dotted, walk
from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BindingKind = Literal[
    "import",
    "assign",
    "augment",
    "annotate",
    "parameter",
    "with",
    "for",
    "except",
    "function",
    "class",
    "delete",
    "match",
]

Node = TypeVar("Node", bound=cst.CSTNode)


class Binding(Record):
    """One place that gives a name (or an attribute of `self`) its value.

    `value` is the expression bound, if there is one; `index` says which item of it when it is unpacked; `qualified`
    is what an import binds; `annotation` the declared type. `conditional` says that the scope can be left with this
    binding not made: it stands under an `if`, a loop, a `try` or a `match`.
    """

    kind: BindingKind
    node: cst.CSTNode
    value: cst.BaseExpression | None = None
    index: int | None = None
    qualified: str | None = None
    annotation: cst.BaseExpression | None = None
    conditional: bool = False


class Scope(Record, frozen=False):
    """A module, a class, a function (or lambda) or a comprehension, and what it binds."""

    kind: Literal["module", "class", "function", "comprehension"]
    node: cst.CSTNode
    parent: Scope | None
    qualified: str
    names: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    def bind(self, name: str, binding: Binding) -> None:
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None and binding.kind != "for":
            scope = scope.parent
        if name in scope.elsewhere:
            scope = scope.declared_in(name)
        scope.names.setdefault(name, []).append(binding)

    def declared_in(self, name: str) -> Scope:
        """Return the scope that `global` or `nonlocal` sends `name` to."""
        how = self.elsewhere.get(name)
        scope = self
        while scope.parent is not None:
            scope = scope.parent
            if how == "nonlocal" and scope.kind == "function" and name in scope.names:
                return scope
        return scope


class Parents:
    """Of every node of a tree but the topmost, what it stands in.

    A node's hash is computed in Python by libcst, so nodes are known by their identity here. The tree must live as
    long as this does.
    """

    def __init__(self) -> None:
        self.by_id: dict[int, cst.CSTNode] = {}

    def get(self, node: cst.CSTNode | None) -> cst.CSTNode | None:
        """Return what `node` stands in; None for the module, and for what is no node of the tree."""
        return self.by_id.get(id(node))

    def __getitem__(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.by_id[id(node)]

    def __contains__(self, node: cst.CSTNode) -> bool:
        return id(node) in self.by_id


class Index(Record, frozen=False):
    """What the one walk has seen: parents, scopes, and the nodes of the kinds that facts ask for, in source order."""

    module: cst.Module
    top: Scope
    parents: Parents = field(default_factory=Parents)
    scopes: dict[cst.CSTNode, Scope] = field(default_factory=dict)
    kinds: dict[type[cst.CSTNode], list[cst.CSTNode]] = field(default_factory=dict)
    definitions: dict[str, list[cst.FunctionDef | cst.ClassDef]] = field(default_factory=dict)
    attributes: dict[cst.CSTNode, dict[str, list[Binding]]] = field(default_factory=dict)
    """Per class, the attributes that its methods set on `self`."""
    assigned: list[cst.Attribute] = field(default_factory=list)
    """The attributes of anything else that are assigned to, such as a module's."""
    scopes_at: dict[int, Scope] = field(default_factory=dict)
    """The scopes in which blocks and lines of statements run, by their identity."""
    _calls: dict[int, list[cst.Call]] | None = None

    def all(self, kind: type[Node]) -> list[Node]:
        """Return every node of `kind` (one of `KEPT`), in source order."""
        return cast("list[Node]", self.kinds.get(kind, []))

    def pairs(self) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        """Yield every node and what it stands in."""
        for parent in walk(self.module):
            for child in reversed(children(parent)):
                yield child, parent

    def calls_in(self, function: cst.FunctionDef | cst.Lambda | None) -> list[cst.Call]:
        """Return every call in the code of `function`, or of none, in source order."""
        if self._calls is None:
            self._calls = {}
            for call in self.all(cst.Call):
                self._calls.setdefault(id(self.function_of(call)), []).append(call)
        return self._calls.get(id(function), [])

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what encloses `node`, nearest first."""
        parents = self.parents.by_id
        parent = parents.get(id(node))
        while parent is not None:
            yield parent
            parent = parents.get(id(parent))

    def enclosing(self, node: cst.CSTNode, *kinds: type[Node]) -> Node | None:
        """Return the nearest ancestor of one of `kinds`."""
        for ancestor in self.ancestors(node):
            if isinstance(ancestor, kinds):
                return ancestor
        return None

    def function_of(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        """Return the function whose code `node` is part of; None at module or class level."""
        below = node
        for ancestor in self.ancestors(node):
            if ancestor.__class__ in _WITH_BODIES:
                owner = cast("cst.FunctionDef | cst.Lambda | cst.ClassDef", ancestor)
                if owner.body is below:
                    return None if isinstance(owner, cst.ClassDef) else owner
            below = ancestor
        return None

    def class_of(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """Return the class whose method `function` is."""
        for ancestor in self.ancestors(function):
            if ancestor.__class__ in _WITH_BODIES:
                return ancestor if type(ancestor) is cst.ClassDef else None
        return None

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """Return the scope in which the expression `node` is evaluated."""
        parents = self.parents.by_id
        below = node
        ancestor = parents.get(id(node))
        while ancestor is not None:
            kind = ancestor.__class__
            if kind in _STATEMENTS:
                return self.scopes_at[id(ancestor)]
            if kind in _COMPREHENSIONS or (
                kind in _WITH_BODIES and cast("cst.FunctionDef | cst.Lambda | cst.ClassDef", ancestor).body is below
            ):
                return self.scopes[ancestor]
            below = ancestor
            ancestor = parents.get(id(ancestor))
        return self.top


KEPT: tuple[type[cst.CSTNode], ...] = (
    cst.Try,
    cst.TryStar,
    cst.ExceptHandler,
    cst.For,
    cst.While,
    cst.With,
    cst.Call,
    cst.Await,
    cst.Raise,
    cst.Return,
    cst.FunctionDef,
    cst.ClassDef,
    cst.Import,
    cst.ImportFrom,
)

_BRANCHES: frozenset[type[cst.CSTNode]] = frozenset({cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.Match})
_WITH_BODIES: frozenset[type[cst.CSTNode]] = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})
_COMPREHENSIONS: frozenset[type[cst.CSTNode]] = frozenset(COMPREHENSIONS)
# What statements stand in.
BLOCKS: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.Module, cst.FunctionDef, cst.ClassDef, cst.IndentedBlock),
        *(cst.If, cst.For, cst.While, cst.With, cst.Try, cst.TryStar, cst.Match, cst.MatchCase),
        *(cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler),
    }
)
_STATEMENTS: frozenset[type[cst.CSTNode]] = frozenset({cst.SimpleStatementLine, cst.IndentedBlock})
# What is nothing to look at, and below which there is nothing: nearly half of the nodes.
_LEAVES: frozenset[type[cst.CSTNode]] = frozenset({cst.Name, cst.SimpleString, cst.Integer, cst.FormattedStringText})


def read_index(module: cst.Module) -> Index:
    """Walk `module` once and return its index."""
    top = Scope("module", module, None, "<file>")
    index = Index(module, top)
    index.scopes[module] = top
    kinds: dict[type[cst.CSTNode], list[cst.CSTNode]] = {kind: [] for kind in KEPT}
    index.kinds = kinds
    parents, scopes_at = index.parents.by_id, index.scopes_at
    scope, conditional = top, False
    # Between the nodes stand pairs that say in which scope those are that come next, and whether under a condition.
    stack: list[Any] = [module]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is tuple:
            scope, conditional = node
            continue
        if kind in _STATEMENTS:
            scopes_at[id(node)] = scope
        elif kind in _NOTED:
            if kind in kinds:
                kinds[kind].append(node)
            visit = _VISITS.get(kind)
            if visit is not None:
                visit(index, node, scope, conditional)
            if kind in _WITH_BODIES:
                for child in reversed(children(node)):
                    parents[id(child)] = node
                    if child is node.body:
                        stack += ((scope, conditional), child, (index.scopes[node], False))
                    else:
                        stack.append(child)
                continue
            if kind in _COMPREHENSIONS:
                stack.append((scope, conditional))
                scope, conditional = index.scopes[node], False
            elif kind in _BRANCHES and not conditional:
                stack.append((scope, conditional))
                conditional = True
        # as `children` does it, in line: here is where every node of the file comes by
        for value in BACKWARDS[kind](node):
            kind = value.__class__
            if kind in _LEAVES:
                parents[id(value)] = node
            elif kind is list or kind is tuple:
                for child in value[::-1]:
                    parents[id(child)] = node
                    stack.append(child)
            elif NODES[kind]:
                parents[id(value)] = node
                stack.append(value)
    return index


def _open_scope(
    index: Index, node: cst.CSTNode, scope: Scope, kind: Literal["class", "function", "comprehension"], name: str
) -> Scope:
    prefix = f"{scope.qualified}.<locals>" if scope.kind == "function" else scope.qualified
    opened = Scope(kind, node, scope, f"{prefix}.{name}")
    index.scopes[node] = opened
    return opened


def _import(_index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    for alias in cast("cst.Import", node).names:
        full = dotted(alias.name) or ""
        if alias.asname is not None and type(alias.asname.name) is cst.Name:
            scope.bind(alias.asname.name.value, Binding("import", node, qualified=full, conditional=conditional))
        else:
            first = full.partition(".")[0]
            scope.bind(first, Binding("import", node, qualified=first, conditional=conditional))


def _import_from(_index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.ImportFrom", node)
    module = "." * len(node.relative) + (dotted(node.module) or "")
    if isinstance(node.names, cst.ImportStar):
        scope.stars.append(module)
        return
    joint = "" if module.endswith(".") or not module else "."
    for alias in node.names:
        name = dotted(alias.name) or ""
        bound = alias.asname.name if alias.asname is not None else alias.name
        if type(bound) is cst.Name:
            binding = Binding("import", node, qualified=f"{module}{joint}{name}", conditional=conditional)
            scope.bind(bound.value, binding)


def _bind_target(
    index: Index,
    target: cst.CSTNode,
    scope: Scope,
    binding: Binding,
) -> None:
    """Bind every name in `target` as `binding` says; an unpacked one keeps its index, deeper ones lose their value."""
    if type(target) is cst.Name:
        scope.bind(target.value, binding)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for position, element in enumerate(target.elements):
            deeper = binding.index is not None or type(element) is cst.StarredElement
            part = Binding(
                binding.kind,
                binding.node,
                value=None if deeper else binding.value,
                index=None if deeper else position,
                conditional=binding.conditional,
            )
            _bind_target(index, element.value, scope, part)
    elif type(target) is cst.Attribute and type(target.value) is cst.Name:
        owner = _class_of_self(target.value, scope)
        if owner is not None:
            index.attributes.setdefault(owner, {}).setdefault(target.attr.value, []).append(binding)
        else:
            index.assigned.append(target)
    elif type(target) is cst.Attribute:
        index.assigned.append(target)


def _class_of_self(name: cst.Name, scope: Scope) -> cst.CSTNode | None:
    """Return the class whose instance (or itself) `name` is, when it is the first parameter of a method."""
    current: Scope | None = scope
    while current is not None and current.kind in {"comprehension", "function"}:
        node = current.node
        if type(node) is cst.FunctionDef and current.parent is not None and current.parent.kind == "class":
            first = first_parameter(node)
            return current.parent.node if first is not None and first == name.value else None
        if name.value in current.names and type(node) is cst.FunctionDef:
            return None
        current = current.parent
    return None


def first_parameter(function: cst.FunctionDef) -> str | None:
    """Return the name of the first positional parameter, which in a method is `self` or `cls`."""
    if any(type(item.decorator) is cst.Name and item.decorator.value == "staticmethod" for item in function.decorators):
        return None
    for param in (*function.params.posonly_params, *function.params.params):
        return param.name.value
    return None


def _assign(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.Assign", node)
    for item in node.targets:
        _bind_target(index, item.target, scope, Binding("assign", node, value=node.value, conditional=conditional))


def _annotated(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.AnnAssign", node)
    kind: BindingKind = "annotate" if node.value is None else "assign"
    binding = Binding(
        kind,
        node,
        value=node.value,
        annotation=node.annotation.annotation,
        conditional=conditional or node.value is None,
    )
    _bind_target(index, node.target, scope, binding)


def _augmented(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    _bind_target(index, cast("cst.AugAssign", node).target, scope, Binding("augment", node, conditional=conditional))


def _named(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.NamedExpr", node)
    _bind_target(index, node.target, scope, Binding("assign", node, value=node.value, conditional=conditional))


def _for(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.For", node)
    _bind_target(index, node.target, scope, Binding("for", node, conditional=conditional))


def _with(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    for item in cast("cst.With", node).items:
        if item.asname is not None:
            _bind_target(
                index, item.asname.name, scope, Binding("with", item, value=item.item, conditional=conditional)
            )


def _except(_index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    name = cast("cst.ExceptHandler | cst.ExceptStarHandler", node).name
    if name is not None and type(name.name) is cst.Name:
        scope.bind(name.name.value, Binding("except", node, conditional=True))


def _function(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.FunctionDef", node)
    scope.bind(node.name.value, Binding("function", node, conditional=conditional))
    opened = _open_scope(index, node, scope, "function", node.name.value)
    index.definitions.setdefault(opened.qualified, []).append(node)
    _parameters(node.params, opened)


def _lambda(index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    opened = _open_scope(index, node, scope, "function", "<lambda>")
    _parameters(cast("cst.Lambda", node).params, opened)


def _parameters(params: cst.Parameters, scope: Scope) -> None:
    listed: list[cst.Param] = [*params.posonly_params, *params.params, *params.kwonly_params]
    starred = [item for item in (params.star_arg, params.star_kwarg) if type(item) is cst.Param]
    for param in listed:
        annotation = param.annotation.annotation if param.annotation is not None else None
        scope.bind(param.name.value, Binding("parameter", param, annotation=annotation))
    for param in starred:
        scope.bind(param.name.value, Binding("parameter", param))


def _declared(_index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    """Note what `global` and `nonlocal` send elsewhere; nothing in the function may bind it before."""
    if scope.kind == "function":
        for item in cast("cst.Global | cst.Nonlocal", node).names:
            scope.elsewhere[item.name.value] = "global" if type(node) is cst.Global else "nonlocal"


def _class(index: Index, node: cst.CSTNode, scope: Scope, conditional: bool) -> None:
    node = cast("cst.ClassDef", node)
    scope.bind(node.name.value, Binding("class", node, conditional=conditional))
    opened = _open_scope(index, node, scope, "class", node.name.value)
    index.definitions.setdefault(opened.qualified, []).append(node)


def _comprehension(index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    _open_scope(index, node, scope, "comprehension", "<comprehension>")


def _comp_for(index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    node = cast("cst.CompFor", node)
    _bind_target(index, node.target, scope, Binding("for", node))


def _delete(index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    _bind_target(index, cast("cst.Del", node).target, scope, Binding("delete", node, conditional=True))


def _match_name(_index: Index, node: cst.CSTNode, scope: Scope, _conditional: bool) -> None:
    name = node.rest if type(node) is cst.MatchMapping else cast("cst.MatchAs | cst.MatchStar", node).name
    if name is not None:
        scope.bind(name.value, Binding("match", node, conditional=True))


_VISITS: dict[type[cst.CSTNode], Callable[[Index, cst.CSTNode, Scope, bool], None]] = {
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.NamedExpr: _named,
    cst.For: _for,
    cst.With: _with,
    cst.ExceptHandler: _except,
    cst.ExceptStarHandler: _except,
    cst.FunctionDef: _function,
    cst.Lambda: _lambda,
    cst.ClassDef: _class,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.CompFor: _comp_for,
    cst.Del: _delete,
    cst.MatchAs: _match_name,
    cst.MatchStar: _match_name,
    cst.MatchMapping: _match_name,
    cst.Global: _declared,
    cst.Nonlocal: _declared,
}
_NOTED: frozenset[type[cst.CSTNode]] = frozenset({*KEPT, *_VISITS, *_BRANCHES})
