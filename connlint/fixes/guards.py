"""Guards that a fix puts around a connect.

A statement is put into a `try` as it is, with its comments; a handler is written as text and parsed, so that what is
written here is what stands in the file afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from connlint import knowledge
from connlint.facts.tree import argument, bound_name, dotted, walk
from connlint.fixes.imports import reference
from connlint.lazy import TextPattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connlint.facts import Facts
    from connlint.facts.model import ConnectSite
    from connlint.knowledge.model import Operation

_FREE_NAMES = ("exc", "error", "err", "failure", "reason")
# Their methods connect to the host and the port that the constructor was given.
_TOLD_WHEN_MADE = frozenset({"http.client.HTTPConnection", "http.client.HTTPSConnection"})
_PLAIN_TEXT = TextPattern(r"[A-Za-z0-9_.:/@ -]+\Z")
_MOST_CLASSES = 3


def line_of(facts: Facts, call: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """Return the line whose only statement is `call`, awaited or not, or the assignment or return of what it gives.

    None where the call is only a part of what the line does, or where the line shares its row with a header.
    """
    value: cst.CSTNode = call
    parent = facts.index.parents.get(value)
    while isinstance(parent, cst.Await) or (isinstance(parent, cst.Arg) and _waits_for(facts, parent)):
        value = parent if isinstance(parent, cst.Await) else facts.index.parents[parent]
        parent = facts.index.parents.get(value)
    if not isinstance(parent, (cst.Expr, cst.Assign, cst.AnnAssign, cst.Return)):
        return None
    if isinstance(parent, cst.AnnAssign) and parent.annotation is value:
        return None
    line = facts.index.parents.get(parent)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    return line if isinstance(facts.index.parents.get(line), (cst.Module, cst.IndentedBlock)) else None


def _waits_for(facts: Facts, arg: cst.Arg) -> bool:
    outer = facts.index.parents.get(arg)
    return (
        isinstance(outer, cst.Call)
        and outer.args[0] is arg
        and facts.names.qualified(outer.func) in {"asyncio.wait_for", "asyncio.shield"}
    )


def guarded(line: cst.SimpleStatementLine, handlers: Sequence[str]) -> cst.Try:
    """Return `line` in a `try` with `handlers`, each the text of a clause."""
    return cst.Try(
        body=cst.IndentedBlock([line.with_changes(leading_lines=())]),
        handlers=clauses(handlers),
        leading_lines=line.leading_lines,
    )


def clauses(handlers: Sequence[str]) -> tuple[cst.ExceptHandler, ...]:
    """Return the `except` clauses whose texts these are."""
    text = "try:\n    pass\n" + "".join(handlers)
    statement = cst.parse_statement(text, config=cst.PartialParserConfig(default_newline="\n"))
    if not isinstance(statement, cst.Try):
        msg = "the text of a handler is no handler"
        raise TypeError(msg)
    return tuple(statement.handlers)


def statement(text: str) -> cst.SimpleStatementLine:
    """Return the line whose text this is."""
    found = cst.parse_statement(text)
    if not isinstance(found, cst.SimpleStatementLine):
        msg = "the text is no simple statement"
        raise TypeError(msg)
    return found


def means(facts: Facts, place: cst.CSTNode, *builtins: str) -> bool:
    """Say whether the names of `builtins` mean what they should at `place`."""
    return all(reference(facts, place, name) == (name, ()) for name in builtins)


def free_name(facts: Facts, place: cst.CSTNode) -> str | None:
    """Return a name for a caught exception that the code around `place` uses for nothing else."""
    taken = {node.value for node in walk(facts.index.scope_of(place).node) if isinstance(node, cst.Name)}
    handlers = [
        node for node in facts.index.ancestors(place) if isinstance(node, cst.ExceptHandler) and node.name is not None
    ]
    if not handlers:  # other handlers may use the same name one after another, but not one inside the other
        taken -= _only_caught(facts, place)
    return next((name for name in _FREE_NAMES if name not in taken), None)


def _only_caught(facts: Facts, place: cst.CSTNode) -> set[str]:
    """Return the names that the scope of `place` binds by `except ... as name` and in no other way."""
    scope = facts.index.scope_of(place)
    return {
        name
        for name, bindings in scope.names.items()
        if all(binding.kind == "except" for binding in bindings)
        and all(_is_in_its_handler(facts, node, name) for node in walk(scope.node) if _is_name(facts, node, name))
    }


def _is_name(facts: Facts, node: cst.CSTNode, name: str) -> bool:
    if not isinstance(node, cst.Name) or node.value != name:
        return False
    parent = facts.index.parents.get(node)
    return not (isinstance(parent, cst.Attribute) and parent.attr is node)


def _is_in_its_handler(facts: Facts, node: cst.CSTNode, name: str) -> bool:
    return any(
        isinstance(ancestor, cst.ExceptHandler) and bound_name(ancestor) == name
        for ancestor in facts.index.ancestors(node)
    )


def classes(facts: Facts, place: cst.CSTNode, raised: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the text after `except` that takes all of `raised`, and the modules to import for it.

    None where that takes more classes than a reader wants to see, or where one cannot be named.
    """
    wanted = ["OSError"] if any(facts.exceptions.derives(name, "OSError") for name in raised) else []
    rest = [name for name in dict.fromkeys(raised) if facts.exceptions.taken(wanted, name) is not True]
    group = _group(facts, raised)
    wanted += [
        name for name in rest if not any(other != name and facts.exceptions.derives(name, other) for other in rest)
    ]
    if group is not None and len(wanted) > 2:
        wanted = [group]
    if not wanted or len(wanted) > _MOST_CLASSES:
        return None
    texts: list[str] = []
    modules: list[str] = []
    for name in wanted:
        found = reference(facts, place, name)
        if found is None:
            return None
        texts.append(found[0])
        modules.extend(found[1])
    return (texts[0] if len(texts) == 1 else f"({', '.join(texts)})"), tuple(modules)


def _group(facts: Facts, raised: Sequence[str]) -> str | None:
    """Return a library's own tuple of classes (`ftplib.all_errors`) that takes all of `raised`."""
    modules = dict.fromkeys(name.rpartition(".")[0] for name in raised)
    for module in modules:
        name = f"{module}.all_errors"
        members = knowledge.group(name)
        if members is not None and all(facts.exceptions.taken(members, each) is True for each in raised):
            return name
    return None


# Where it connects to


def address(call: cst.Call, operation: Operation) -> str | None:
    """Return where `call` connects to, as it can stand in an f-string: `localhost:9999`, `{host}:{port}`."""
    found = [
        argument(call, operation.parameters.index(name) if name in operation.parameters else None, name)
        for name in operation.address
    ]
    given = [value for value in found if value is not None]
    if len(given) == 1 and isinstance(given[0], cst.Tuple) and len(given[0].elements) >= 2:
        given = [element.value for element in given[0].elements[:2]]
    pieces = [_piece(value) for value in given]
    texts = [piece for piece in pieces if piece is not None]
    if not texts or len(texts) != len(pieces):
        return None
    if len(texts) == 2 and ":" in texts[0] and "{" not in texts[0]:
        texts[0] = f"[{texts[0]}]"
    return ":".join(texts)


def address_of(facts: Facts, site: ConnectSite) -> str | None:
    """Return where `site` connects to, be it that its object was told so when it was made."""
    found = address(site.call, site.tried.operation)
    receiver = site.call.func.value if isinstance(site.call.func, cst.Attribute) else None
    if found is not None or site.tried.operation.address or not isinstance(receiver, cst.Name):
        return found
    binding = facts.names.binding(receiver)
    made = binding.value if binding is not None else None
    if not isinstance(made, cst.Call) or facts.index.function_of(made) is not facts.index.function_of(site.call):
        return None
    if facts.values.target(made) not in _TOLD_WHEN_MADE:
        return None
    texts = [_piece(each) for each in (argument(made, 0, "host"), argument(made, 1, "port")) if each is not None]
    return ":".join(text for text in texts if text is not None) if texts and None not in texts else None


def _piece(value: cst.BaseExpression) -> str | None:
    if isinstance(value, cst.SimpleString):
        text = value.evaluated_value
        return text if isinstance(text, str) and _PLAIN_TEXT.match(text) else None
    if isinstance(value, cst.Integer):
        return str(value.evaluated_value)
    if isinstance(value, (cst.Name, cst.Attribute)):
        path = dotted(value)
        return f"{{{path}}}" if path not in {None, "None", "True", "False"} else None
    if isinstance(value, cst.Call) and len(value.args) == 1 and dotted(value.func) in {"int", "str"}:
        return _piece(value.args[0].value)
    if isinstance(value, cst.Subscript) and len(value.slice) == 1:
        item = value.slice[0].slice
        path = dotted(value.value)
        key = item.value if isinstance(item, cst.Index) else None
        if path is not None and isinstance(key, cst.Integer):
            return f"{{{path}[{key.value}]}}"
        name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
        if path is not None and isinstance(name, str) and _PLAIN_TEXT.match(name):
            return f"{{{path}['{name}']}}"
    return None


def spoken(address: str | None) -> str:
    """Return ` to localhost:9999` for a message, names without their braces; nothing where the address is hidden."""
    return f" to {address.replace('{', '').replace('}', '')}" if address is not None else ""
