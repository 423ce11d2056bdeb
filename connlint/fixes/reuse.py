"""A new socket for each attempt.

Where the statements that make the socket stand right before its loop, they move into it. Where they do not (an object
made the socket, the loop's condition connects it) the handler makes the socket anew. Whatever is not surely understood
of how the socket was made, or of who else has it, is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from connlint.facts.closing import ClosingReader
from connlint.facts.flow import target_names
from connlint.facts.reuse import closes
from connlint.facts.tree import dotted, walk, walk_same_code
from connlint.fixes import guards
from connlint.rules.base import Rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Reuse

_SETTERS = frozenset("bind ioctl set_inheritable setblocking setsockopt settimeout set_keepalive_params".split())
_WRAPPERS = frozenset({"ssl.SSLContext.wrap_socket", "ssl.wrap_socket"})
_MAKERS = _WRAPPERS | {"socket.socket"}
_LEAVING = (cst.Break, cst.Return, cst.Raise)

Lines = tuple[cst.SimpleStatementLine, ...]
Handlers = dict[cst.CSTNode, cst.CSTNode]
_Replaced = dict[cst.CSTNode, tuple[cst.CSTNode, ...]]
_Changes = dict[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]]


def making_anew(facts: Facts, reuse: Reuse) -> Rewrite | None:
    """Return the rewrite that connects a new socket with each attempt of `reuse`; None where that is not surely right.

    Imports nothing, and moves comments with the statements that they belong to.
    """
    return _Fixer(facts, reuse).rewrite()


@dataclass(frozen=True, slots=True)
class _Recipe:
    """The lines that make a socket, all of one block, and which function they are part of."""

    lines: Lines
    block: cst.Module | cst.IndentedBlock
    function: cst.CSTNode | None


class _Fixer:
    def __init__(self, facts: Facts, reuse: Reuse) -> None:
        self._facts = facts
        self._index = facts.index
        self._reuse = reuse
        self._closing = ClosingReader(facts)
        self._function = facts.index.function_of(reuse.call)

    def rewrite(self) -> Rewrite | None:
        if self._reuse.again is not self._reuse.call or self._is_used_on_the_way():
            return None
        if self._is_made_where_it_is_none():
            none = guards.statement(f"{self._reuse.variable} = None\n")
            replaced = self._with_lines((none,), careful=True)
            return Rewrite(replaced) if replaced else None
        recipe = self._recipe()
        if recipe is None:
            return None
        replaced = self._moved(recipe) or self._made_in_place(recipe)
        return Rewrite(replaced) if replaced else None

    def _is_used_on_the_way(self) -> bool:
        """Say whether the loop goes on with the socket, below the statement whose handlers take its failure."""
        body = [*self._reuse.loop.body.body]
        within = {*self._index.ancestors(self._reuse.call)}
        at = next((index for index, each in enumerate(body) if each in within), None)
        if at is None or not self._reuse.handlers:
            return False
        used = any(self._mentions(node) for each in body[at + 1 :] for node in walk(each))
        return used and not all(_leaves(each.body, cst.Continue, *_LEAVING) for each in self._reuse.handlers)

    def _is_made_where_it_is_none(self) -> bool:
        """Say whether the loop makes the socket, and only where there is none: `if sock is None: sock = ...`."""
        made = self._reuse.makers
        if not made or not self._is_of_this_scope():
            return False
        for each in made:
            around = self._index.enclosing(each.node, cst.If, cst.While, cst.For, cst.FunctionDef)
            if not isinstance(around, cst.If) or self._reuse.loop not in {*self._index.ancestors(around)}:
                return False
            if not self._asks_for_none(around.test):
                return False
        return True

    def _asks_for_none(self, test: cst.BaseExpression) -> bool:
        if isinstance(test, cst.UnaryOperation):
            return isinstance(test.operator, cst.Not) and dotted(test.expression) == self._reuse.variable
        return (
            isinstance(test, cst.Comparison)
            and len(test.comparisons) == 1
            and isinstance(test.comparisons[0].operator, cst.Is)
            and dotted(test.left) == self._reuse.variable
            and dotted(test.comparisons[0].comparator) == "None"
        )

    def _is_of_this_scope(self) -> bool:
        """Say whether an assignment next to the connect binds the name that it connects."""
        held = self._reuse.held
        return held.owner is not None or held.scope is self._index.scope_of(self._reuse.call)

    # How the socket is made

    def _recipe(self) -> _Recipe | None:
        """Return the lines that make the socket and set its options; None where others may have a part in that."""
        made = self._reuse.makers
        if not 1 <= len(made) <= 2 or any(each.kind != "assign" for each in made):
            return None
        line = self._index.parents.get(made[0].node)
        block = self._index.parents.get(line) if line is not None else None
        if not isinstance(line, cst.SimpleStatementLine) or not isinstance(block, (cst.Module, cst.IndentedBlock)):
            return None
        around = self._index.enclosing(line, cst.For, cst.While)
        if around is not None and around not in {*self._index.ancestors(self._reuse.loop)}:
            return None
        body = [*block.body]
        lines: list[cst.SimpleStatementLine] = []
        for statement in body[body.index(line) :]:
            if statement is self._reuse.loop:
                break
            if not any(self._mentions(node) for node in walk(statement)):
                continue
            if not isinstance(statement, cst.SimpleStatementLine) or not self._is_setup(statement):
                if block is self._index.parents.get(self._reuse.loop):
                    return None
                break
            lines.append(statement)
        known = {node for each in lines for node in each.body}
        if not all(each.node in known for each in made) or not all(self._is_repeatable(each) for each in lines):
            return None
        found = _Recipe(tuple(lines), block, self._index.function_of(line))
        return None if self._is_set_up_elsewhere(found) else found

    def _mentions(self, node: cst.CSTNode) -> bool:
        return self._closing.is_mention(node, self._reuse.held)

    def _is_setup(self, line: cst.SimpleStatementLine) -> bool:
        if len(line.body) != 1:
            return False
        (statement,) = line.body
        if isinstance(statement, cst.Assign):
            return len(statement.targets) == 1 and dotted(statement.targets[0].target) == self._reuse.variable
        if not isinstance(statement, cst.Expr) or not isinstance(statement.value, cst.Call):
            return False
        func = statement.value.func
        if not isinstance(func, cst.Attribute) or dotted(func.value) != self._reuse.variable:
            return False
        mentioned = sum(self._mentions(node) for node in walk(statement))
        return func.attr.value in _SETTERS and mentioned == 1

    def _is_repeatable(self, line: cst.SimpleStatementLine) -> bool:
        """Say whether what `line` calls may as well be called once more."""
        if any(isinstance(node, (cst.Await, cst.NamedExpr, cst.Lambda, cst.Yield)) for node in walk(line)):
            return False
        for node in walk(line):
            if isinstance(node, cst.Call) and self._facts.values.target(node) not in _MAKERS:
                func = node.func
                own = isinstance(func, cst.Attribute) and dotted(func.value) == self._reuse.variable
                if not own and self._facts.names.qualified(func) not in {
                    "int",
                    "float",
                    "struct.pack",
                    "ssl.create_default_context",
                }:
                    return False
            if isinstance(node, cst.Call) and self._wraps_another(node):
                return False
        return True

    def _wraps_another(self, call: cst.Call) -> bool:
        """Say whether `call` wraps a socket that has a name of its own."""
        if self._facts.values.target(call) not in _WRAPPERS or not call.args:
            return False
        wrapped = call.args[0].value
        return not isinstance(wrapped, cst.Call) and dotted(wrapped) != self._reuse.variable

    def _is_set_up_elsewhere(self, recipe: _Recipe) -> bool:
        """Say whether the socket is made what it is outside of `recipe` too, or has another owner by the loop."""
        inside = {node for line in recipe.lines for node in walk(line)}
        inside |= {*walk(self._reuse.loop)}
        local = self._reuse.held.owner is None
        before = True
        for node in self._all_of_scope():
            if node is self._reuse.loop:
                before = False
            if node in inside or not self._is_same(node):
                continue
            if local and self._index.function_of(node) is not self._function:
                return True
            parent = self._index.parents.get(node)
            if isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.Del)) or self._is_none_test(node):
                continue
            if local:
                if before:
                    return True
                continue
            grand = self._index.parents.get(parent) if parent is not None else None
            called = isinstance(parent, cst.Attribute) and isinstance(grand, cst.Call) and grand.func is parent
            if not called or (isinstance(parent, cst.Attribute) and parent.attr.value in _SETTERS | {"detach", "dup"}):
                return True
        return False

    def _all_of_scope(self) -> Iterator[cst.CSTNode]:
        """Yield all nodes that may mention the socket, in source order."""
        held = self._reuse.held
        return walk(held.scope.node if held.owner is None and held.scope is not None else self._index.module)

    def _is_same(self, node: cst.CSTNode) -> bool:
        if self._reuse.held.owner is None:
            return self._mentions(node)
        return isinstance(node, cst.Attribute) and dotted(node) == self._reuse.variable

    def _is_none_test(self, node: cst.CSTNode) -> bool:
        parent = self._index.parents.get(node)
        return isinstance(parent, (cst.Comparison, cst.UnaryOperation)) or (
            isinstance(parent, (cst.If, cst.While)) and parent.test is node
        )

    # Into the loop

    def _moved(self, recipe: _Recipe) -> _Changes | None:
        """Return the recipe moved from before the loop into it, if nothing else can tell the difference."""
        loop = self._reuse.loop
        if self._index.parents.get(loop) is not recipe.block or self._reuse.held.owner is not None:
            return None
        if not self._is_of_this_scope():
            return None
        if not isinstance(loop.body, cst.IndentedBlock):
            return None
        body = [*recipe.block.body]
        first = body.index(recipe.lines[0])
        if not first < body.index(loop) or self._changes_meanwhile(recipe, body[first : body.index(loop)]):
            return None
        if self._is_used_outside(recipe) and not self._runs_at_least_once():
            return None
        at = next((each for each in loop.body.body if any(self._mentions(node) for node in walk(each))), None)
        if at is None or not any(node is self._reuse.call for node in walk(loop.body)):
            return None
        changed = self._with_closing(at)
        if changed is None:
            return None
        anew = tuple(_without_blank_lines(line) for line in recipe.lines)
        gone: _Changes = dict.fromkeys(recipe.lines, ())
        if isinstance(recipe.block, cst.Module):  # what is above stays apart from what is below
            gone[recipe.lines[0]] = tuple(each for each in recipe.lines[0].leading_lines if each.comment is None)
        return {**gone, **changed, at: (*anew, *changed[at])}

    def _changes_meanwhile(self, recipe: _Recipe, between: Sequence[cst.CSTNode]) -> bool:
        """Say whether what the recipe reads is bound between it and the loop, or in that."""
        read = {
            node.value
            for line in recipe.lines
            for node in walk(line)
            if isinstance(node, cst.Name) and not self._mentions(node)
        }
        rest = [each for each in between if each not in recipe.lines]
        bound = {
            name.partition(".")[0] if "." not in self._reuse.variable else name
            for root in (*rest, self._reuse.loop)
            for node in walk(root)
            for name in _bound_at(node)
        }
        return not read.isdisjoint(bound)

    def _is_used_outside(self, recipe: _Recipe) -> bool:
        inside = {node for line in recipe.lines for node in walk(line)} | {*walk(self._reuse.loop)}
        return any(self._mentions(node) and node not in inside for node in self._all_of_scope())

    def _runs_at_least_once(self) -> bool:
        loop = self._reuse.loop
        if isinstance(loop, cst.While):
            test = loop.test
            return (isinstance(test, cst.Name) and test.value == "True") or (
                isinstance(test, cst.Integer) and bool(test.evaluated_value)
            )
        node = self._facts.names.follow(loop.iter)
        if isinstance(node, (cst.Tuple, cst.List)):
            return bool(node.elements)
        if not isinstance(node, cst.Call):
            return False
        target = self._facts.values.target(node)
        if target == "range" and len(node.args) == 1:
            limit = self._facts.names.follow(node.args[0].value)
            return isinstance(limit, cst.Integer) and limit.evaluated_value > 0
        return target == "itertools.count"

    def _with_closing(self, at: cst.CSTNode) -> _Replaced | None:
        """Return what takes the place of `at`, and of others, so that the socket is closed on the ways back."""
        if self._reuse.raises:
            handlers: Handlers = {}
            for handler in self._reuse.handlers:
                closing = self._closing_handler(handler, ())
                if closing is None or handler not in {*walk(at)}:
                    return None
                handlers[handler] = closing
            return {at: (_replaced(at, handlers),)} if handlers else None
        return self._with_closing_by_result(at)

    def _with_closing_by_result(self, at: cst.CSTNode) -> _Replaced | None:
        """Return the `if` that tests the result of the connect with a `close()` where that failed."""
        block = self._reuse.loop.body
        body = [*block.body]
        index = body.index(at)
        name = self._result_name(at)
        if name is not None:
            index += 1
        test = body[index] if index < len(body) else None
        if not isinstance(test, cst.If) or not isinstance(test.body, cst.IndentedBlock):
            return None
        failed = self._failed_if(test.test, name)
        apart = failed is True and _leaves(test.body, cst.Continue, *_LEAVING)
        if not apart and any(self._mentions(node) for each in body[index + 1 :] for node in walk(each)):
            return None
        changed = self._closed_if_failed(test, failed)
        if changed is None:
            return None
        return {test: changed} if test is at else {at: (at,), test: changed}

    def _closed_if_failed(self, test: cst.If, failed: bool | None) -> tuple[cst.CSTNode, ...] | None:
        closing = guards.statement(f"{self._reuse.variable}.close()\n")
        if failed is True:
            inner = _with_first(test.body, closing)
            return None if inner is None or self._touches(test.body) else (test.with_changes(body=inner),)
        if failed is None:
            return None
        if test.orelse is None:
            return (test, closing) if _leaves(test.body) or not self._touches(test.body) else None
        if not isinstance(test.orelse, cst.Else) or self._touches(test.orelse) or not _leaves(test.body):
            return None
        inner = _with_first(test.orelse.body, closing)
        return (test.with_changes(orelse=test.orelse.with_changes(body=inner)),) if inner is not None else None

    def _result_name(self, line: cst.CSTNode) -> str | None:
        """Return the name that `line` gives the result of the connect, and that alone."""
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        (statement,) = line.body
        if not isinstance(statement, cst.Assign) or statement.value is not self._reuse.call:
            return None
        return dotted(statement.targets[0].target) if len(statement.targets) == 1 else None

    def _failed_if(self, test: cst.BaseExpression, name: str | None = None) -> bool | None:
        """Say whether `test` holds if the connect failed (True) or if it did not (False); None if it says neither."""
        if self._is_result(test, name):
            return True
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return False if self._is_result(test.expression, name) else None
        if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or not self._is_result(test.left, name):
            return None
        target = test.comparisons[0]
        if not isinstance(target.comparator, cst.Integer) or target.comparator.evaluated_value != 0:
            return None
        if isinstance(target.operator, cst.Equal):
            return False
        return True if isinstance(target.operator, cst.NotEqual) else None

    def _is_result(self, node: cst.BaseExpression, name: str | None) -> bool:
        if isinstance(node, cst.NamedExpr):
            node = node.value
        return node is self._reuse.call or (name is not None and dotted(node) == name)

    # In the handler

    def _made_in_place(self, recipe: _Recipe) -> _Changes | None:
        """Return the handlers that lead back with the recipe in them, behind a `close()`."""
        if not self._is_of_this_scope() or not self._means_the_same(recipe):
            return None
        anew = tuple(
            line.with_changes(leading_lines=(), trailing_whitespace=cst.TrailingWhitespace()) for line in recipe.lines
        )
        return self._with_lines(anew)

    def _with_lines(self, anew: Lines, *, careful: bool = False) -> _Changes | None:
        """Return what leads back with a `close()` at its top and `anew` at its end.

        `careful` says that there may be no socket yet.
        """
        if self._reuse.raises:
            found: _Changes = {}
            for handler in self._reuse.handlers:
                closing = self._closing_handler(handler, anew, careful=careful)
                if closing is None:
                    return None
                found[handler] = closing
            return found
        loop = self._reuse.loop
        if not isinstance(loop, cst.While) or self._failed_if(loop.test) is not True:
            return None
        block = self._with_recipe(loop.body, anew, careful=careful)
        return {loop: loop.with_changes(body=block)} if block is not None else None

    def _means_the_same(self, recipe: _Recipe) -> bool:
        """Say whether the names of `recipe` mean at the connect what they mean where it stands, then as now."""
        here, there = self._index.scope_of(self._reuse.call), self._index.scope_of(recipe.lines[0])
        held = self._reuse.held
        for line in recipe.lines:
            for node in walk(line):
                if not isinstance(node, cst.Name) or self._mentions(node) or node.value == held.owner:
                    continue
                parent = self._index.parents.get(node)
                if isinstance(parent, cst.Attribute) and parent.attr is node:
                    continue
                if isinstance(parent, cst.Arg) and parent.keyword is node:
                    continue
                owner = self._facts.names.owner(node.value, there)
                if owner is not self._facts.names.owner(node.value, here):
                    return False
                if owner is not None and len(owner.names.get(node.value, ())) > 1:
                    return False
        return held.owner is None or held.scope is here or self._is_same_self(recipe)

    def _is_same_self(self, recipe: _Recipe) -> bool:
        """Say whether the object is called the same where the socket is made."""
        function = recipe.function
        if not isinstance(function, cst.FunctionDef):
            return False
        params = [*function.params.posonly_params, *function.params.params]
        return bool(params) and params[0].name.value == self._reuse.held.owner

    def _closing_handler(
        self, handler: cst.ExceptHandler, recipe: Lines, *, careful: bool = False
    ) -> cst.ExceptHandler | None:
        if not isinstance(handler.body, cst.IndentedBlock):
            return None
        block = self._with_recipe(handler.body, recipe, careful=careful)
        return handler.with_changes(body=block) if block is not None else None

    def _with_recipe(self, block: cst.BaseSuite, recipe: Lines, *, careful: bool = False) -> cst.IndentedBlock | None:
        """Return `block` with a `close()` at its top, and with the lines of `recipe` at its end."""
        if not isinstance(block, cst.IndentedBlock):
            return None
        body: list[cst.BaseStatement] = [*block.body]
        closes = [each for each in body if self._is_close(each)]
        rest = [each for each in body if each not in closes]
        if any(self._mentions(node) for each in rest for node in walk_same_code(each)):
            return None
        if not closes:
            closing = guards.statement(f"{self._reuse.variable}.close()\n")
            only = body[0]
            if careful:
                body.insert(0, _if_there_is_one(self._reuse.variable, closing))
            elif len(body) == 1 and isinstance(only, cst.SimpleStatementLine) and _is_pass(only):
                body = [only.with_changes(body=closing.body)]
            else:
                body.insert(0, closing)
        if recipe:
            if isinstance(body[-1], cst.SimpleStatementLine) and isinstance(body[-1].body[-1], _LEAVING):
                return None
            last = body[-1]
            goes_on = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Continue)
            if goes_on and isinstance(last, cst.SimpleStatementLine) and len(last.body) > 1:
                return None
            at = len(body) - 1 if goes_on else len(body)
            body[at:at] = recipe
        return block.with_changes(body=body)

    def _is_close(self, statement: cst.CSTNode) -> bool:
        return isinstance(statement, cst.SimpleStatementLine) and any(
            isinstance(each, cst.Expr)
            and isinstance(each.value, cst.Call)
            and closes(self._facts, each.value, self._reuse.held)
            for each in statement.body
        )

    def _touches(self, block: cst.CSTNode) -> bool:
        return any(self._mentions(node) for node in walk(block))


def _bound_at(node: cst.CSTNode) -> Iterator[str]:
    """Yield the names that `node` binds."""
    if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.NamedExpr, cst.CompFor)):
        yield from target_names(node.target)
    elif isinstance(node, cst.AsName):
        yield from target_names(node.name)


def _leaves(block: cst.BaseSuite, *kinds: type[cst.CSTNode]) -> bool:
    """Say whether `block` ends by leaving the loop (or by one of `kinds`)."""
    last = block.body[-1] if isinstance(block, cst.IndentedBlock) and block.body else None
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], kinds or _LEAVING)


def _if_there_is_one(name: str, line: cst.SimpleStatementLine) -> cst.If:
    """Return `line` under `if name is not None`."""
    return cst.If(cst.parse_expression(f"{name} is not None"), cst.IndentedBlock([line]))


def _with_first(block: cst.BaseSuite, line: cst.SimpleStatementLine) -> cst.IndentedBlock | None:
    return block.with_changes(body=(line, *block.body)) if isinstance(block, cst.IndentedBlock) else None


def _is_pass(line: cst.SimpleStatementLine) -> bool:
    return len(line.body) == 1 and isinstance(line.body[0], cst.Pass)


def _without_blank_lines(line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    return line.with_changes(leading_lines=[each for each in line.leading_lines if each.comment is not None])


def _replaced(root: cst.CSTNode, nodes: Handlers) -> cst.CSTNode:
    """Return `root` with some of the nodes below it replaced."""
    for old, new in nodes.items():
        changed = root.deep_replace(old, new)
        if isinstance(changed, cst.CSTNode):
            root = changed
    return root
