"""A name is what its scope says it is.

`from requests.exceptions import ConnectionError` is not the builtin, nor is a class of the file, nor a name bound
under `try: ... except NameError:`. Where more than one answer is possible, all are given; where one of them cannot
be known, it is `OPAQUE`.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.scopes import first_parameter
from connlint.facts.tree import dotted, walk
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from connlint.facts.scopes import Binding, Index, Scope

OPAQUE = "?"
NOTHING = "None"
_UNKNOWN = frozenset({OPAQUE})

_BUILTINS = frozenset(dir(builtins))
_STANDARD_STARS = frozenset(
    {"socket", "errno", "ssl", "select", "time", "typing", "tkinter", "ctypes", "math", "struct", "tenacity"}
)
# What `from tenacity import *` brings, which is no client and whose tables are those of policies
_TENACITY = TextPattern(r"(?:retry|stop|wait|before|after)(?:_[a-z_]+)?\Z|(?:Async)?Retrying\Z|RetryError\Z|TryAgain\Z")
_SHADOWED_BY_STARS = frozenset({"ConnectionError", "TimeoutError", "BlockingIOError", "InterruptedError"})


class Names:
    """Answers what names and dotted names mean. Holds no state but a memo."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._memo: dict[int, tuple[cst.CSTNode, frozenset[str]]] = {}
        """What was asked, by its identity, which lasts as long as the node is kept here: to hash one takes longer."""
        self._patched: frozenset[str] | None = None

    @property
    def patched(self) -> frozenset[str]:
        """The calls of a library that the file puts another in the place of: `socket.socket = socks.socksocket`."""
        if self._patched is None:
            self._patched = frozenset()  # what is patched does not hang on what else is
            self._patched = frozenset(
                full
                for node in self.index.assigned
                if self._is_imported(node)
                for owner in self.candidates(node.value)
                for full in [f"{owner}.{node.attr.value}"]
                if knowledge.operation(full) is not None or knowledge.returns(full) is not None
            )
        return self._patched

    def _is_imported(self, node: cst.Attribute) -> bool:
        first = (dotted(node) or "").partition(".")[0]
        return any(binding.kind == "import" for binding in self.index.top.names.get(first, ()))

    def qualified(self, node: cst.CSTNode) -> str | None:
        """Return the one qualified name that the expression `node` certainly means, else None.

        What the file itself defines is named `<file>.name`, what a relative import brings `.module.name`.
        """
        found = self.candidates(node)
        if len(found) == 1:
            (name,) = found
            return None if name == OPAQUE else name
        return None

    def candidates(self, node: cst.CSTNode) -> frozenset[str]:
        """Return every qualified name that `node` may mean; `OPAQUE` among them stands for anything."""
        known = self._memo.get(id(node))
        if known is not None:
            return known[1]
        self._memo[id(node)] = (node, _UNKNOWN)  # for whoever asks for it on the way to its own meaning
        found = self._candidates(node)
        self._memo[id(node)] = (node, found)
        return found

    def _candidates(self, node: cst.CSTNode) -> frozenset[str]:
        if type(node) is cst.Name:
            return self.lookup(node.value, self.index.scope_of(node))
        if type(node) is cst.Attribute:
            owners = self.candidates(node.value)
            if owners == _UNKNOWN:
                return _UNKNOWN
            return frozenset(self._attribute(owner, node.attr.value) for owner in owners)
        if type(node) is cst.IfExp:
            return self.candidates(node.body) | self.candidates(node.orelse)
        return _UNKNOWN

    def _attribute(self, owner: str, name: str) -> str:
        if owner == OPAQUE:
            return OPAQUE
        if owner.startswith("<file>"):
            full = f"{owner}.{name}"
            return full if full in self.index.definitions else OPAQUE
        full = f"{owner}.{name}"
        return OPAQUE if full in self.patched else knowledge.canonical(full)

    def lookup(self, name: str, scope: Scope) -> frozenset[str]:
        """Return what `name` may mean in `scope`."""
        owner = self.owner(name, scope)
        if owner is None:
            return frozenset({self._builtin(name)})
        found: set[str] = set()
        bindings = owner.names[name]
        for binding in bindings:
            found |= self._bound(binding)
        real = [binding for binding in bindings if binding.kind not in {"delete", "annotate"}]
        if found != {NOTHING}:
            found.discard(NOTHING)
        if real and all(binding.conditional for binding in real) and owner.kind != "function" and name in _BUILTINS:
            found.add(self._builtin(name))
        return frozenset(found) or _UNKNOWN

    def owner(self, name: str, scope: Scope) -> Scope | None:
        """Return the scope that binds `name` as seen from `scope`; None for builtins and unknown names."""
        current: Scope | None = scope
        first = True
        while current is not None:
            if name in current.elsewhere:
                target = current.declared_in(name)
                return target if name in target.names else None
            if name in current.names and (first or current.kind != "class"):
                return current
            if current.kind != "comprehension":
                first = False
            current = current.parent
        return None

    def _builtin(self, name: str) -> str:
        stars = self.index.top.stars
        if name not in _BUILTINS:
            return self._from_star(name) if _STANDARD_STARS.issuperset(stars) else OPAQUE
        if stars and name in _SHADOWED_BY_STARS and not _STANDARD_STARS.issuperset(stars):
            return OPAQUE
        return knowledge.canonical(name)

    def _from_star(self, name: str) -> str:
        """Return what `name`, which nothing in the file binds, means by `from socket import *`."""
        for star in self.index.top.stars:
            full = f"{star}.{name}"
            found = knowledge.canonical(full)
            if found != full or knowledge.operation(full) is not None or knowledge.returns(full) is not None:
                return found
            if star == "tenacity" and _TENACITY.match(name):
                return full
        return OPAQUE

    def _bound(self, binding: Binding) -> frozenset[str]:
        if binding.qualified is not None:
            patched = "." in binding.qualified and binding.qualified in self.patched
            return frozenset({OPAQUE if patched else knowledge.canonical(binding.qualified)})
        if binding.kind in {"function", "class"}:
            inner = self.index.scopes[binding.node]
            return frozenset({inner.qualified})
        if binding.kind in {"delete", "annotate"}:
            return frozenset()
        if binding.kind == "assign" and binding.value is not None and binding.index is None:
            if isinstance(binding.value, (cst.Name, cst.Attribute, cst.IfExp)):
                if type(binding.value) is cst.Name and binding.value.value == "None":
                    return frozenset({NOTHING})
                return self.candidates(binding.value)
            return _UNKNOWN
        return _UNKNOWN

    def binding(self, node: cst.CSTNode) -> Binding | None:
        """Return the only binding of the name (or `self` attribute, or class attribute) `node`, if it has just one."""
        found = self.bindings(node)
        return found[0] if len(found) == 1 else None

    def bindings(self, node: cst.CSTNode) -> list[Binding]:
        """Return all bindings of the name or of the attribute of the file's own class that `node` reads."""
        if type(node) is cst.Name:
            owner = self.owner(node.value, self.index.scope_of(node))
            return owner.names[node.value] if owner is not None else []
        if type(node) is cst.Attribute:
            found: list[Binding] = []
            for name in self.class_names(node.value):
                for definition in self.index.definitions.get(name, []):
                    found += self.index.attributes.get(definition, {}).get(node.attr.value, [])
                    found += self.index.scopes[definition].names.get(node.attr.value, [])
            return found
        return []

    def class_names(self, node: cst.CSTNode) -> list[str]:
        """Return the file's classes that `node` names, or whose `self` or `cls` it is."""
        if type(node) is cst.Name:
            owner = self.owner(node.value, self.index.scope_of(node))
            if (
                owner is not None
                and owner.kind == "function"
                and owner.parent is not None
                and owner.parent.kind == "class"
            ):
                function = owner.node
                if type(function) is cst.FunctionDef and first_parameter(function) == node.value:
                    return [owner.parent.qualified]
        return [name for name in self.candidates(node) if name.startswith("<file>")]

    def follow(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """Return the expression that the name `node` stands for, as long as it is bound just once; else `node`."""
        for _ in range(8):
            binding = self.binding(node) if isinstance(node, (cst.Name, cst.Attribute)) else None
            if binding is None or binding.kind != "assign" or binding.value is None or binding.index is not None:
                return node
            node = binding.value
        return node

    def classes(self, node: cst.BaseExpression | None) -> tuple[str, ...]:
        """Return the exception classes that the expression after `except` names, flattened; `OPAQUE` where not known.

        A bare `except` takes `BaseException`.
        """
        if node is None:
            return ("BaseException",)
        if isinstance(node, (cst.Tuple, cst.List)):
            return tuple(name for element in node.elements for name in self.classes(element.value))
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.Add:
            return self.classes(node.left) + self.classes(node.right)
        found = self.candidates(node)
        if found == {OPAQUE}:
            followed = self.follow(node)
            if followed is not node:
                return self.classes(followed)
            return (OPAQUE,)
        if len(found) != 1:
            return (OPAQUE,)
        (name,) = found
        return knowledge.group(name) or (name,)

    def uses(self, name: str, root: cst.CSTNode) -> list[cst.Name]:
        """Return where the plain name `name` is read or bound below `root` (attributes and keywords are no names)."""
        found = []
        for node in walk(root):
            if type(node) is cst.Name and node.value == name:
                parent = self.index.parents.get(node)
                if type(parent) is cst.Attribute and parent.attr is node:
                    continue
                if type(parent) is cst.Arg and parent.keyword is node:
                    continue
                found.append(node)
        return found
