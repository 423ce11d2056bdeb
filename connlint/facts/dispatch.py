"""Handlers that act on some of the exceptions they take, by errno or by class, and raise the rest again.

Such a handler says by statements what a class after `except` says by itself: since PEP 3151 each errno that means a
failed connection has a class of its own. What is read here is which exceptions the handler acts on, what it then
does, and which of its statements only sort them out.

Nothing is read where the handler does anything at all for those that it raises again, or where the test cannot be
understood to the last word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from connlint.facts.names import OPAQUE
from connlint.facts.tree import bound_name, children, walk
from connlint.knowledge import errnos as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Handler

T = TypeVar("T")

Line = cst.SimpleStatementLine | cst.BaseCompoundStatement
Piece = Line | cst.EmptyLine
"""A statement that stays, or a comment of one that goes."""

_DEEPEST = 8
_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Some of the exceptions, and what the handler does with them.

    `classes` are their classes and `errnos` the names of the errnos that were tested for, both in the order of the
    test; `pieces` are what runs for them, with the comments of the statements that sorted them out.
    """

    classes: tuple[str, ...]
    errnos: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dispatch:
    """A handler that acts on `cases` and raises all else again.

    `prelude` are the statements that bind a name to the exception or its errno, where something still needs that
    name. `numbers` are errnos that the code writes as numbers; `reads` says that an errno is read from whatever was
    taken, so that what has none fails there; `demands` that its class is asked for before that; `shared` that several
    cases go on in the same statements. `names` are all names in the statements that go.
    """

    handler: Handler
    cases: tuple[Case, ...]
    prelude: tuple[cst.SimpleStatementLine, ...]
    numbers: tuple[int, ...]
    reads: bool
    demands: bool
    shared: bool
    names: frozenset[str]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all cases, each once."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.classes))

    @property
    def errnos(self) -> tuple[str, ...]:
        """The errnos of all cases, each once; none if all is sorted by class."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.errnos))


@dataclass(frozen=True, slots=True, eq=False)
class _Test:
    """What a condition picks (or, `negated`, all but that), and what else it demands.

    `whole` says that it picks every instance of `classes`: it asked for them, and not for errnos.
    """

    classes: tuple[str, ...]
    errnos: tuple[str, ...] = ()
    negated: bool = False
    rest: cst.BaseExpression | None = None

    @property
    def whole(self) -> bool:
        return not self.errnos


@dataclass(slots=True, eq=False)
class _Reader:
    """Reads one handler."""

    facts: Facts
    exceptions: set[str]
    """The names that stand for the exception."""
    codes: set[str] = field(default_factory=set)
    """The names that stand for its errno."""
    numbers: list[int] = field(default_factory=list)
    reads: bool = False
    demands: bool = False
    shared: bool = False
    gone: list[cst.CSTNode] = field(default_factory=list)
    """The nodes that only sort out."""

    # Conditions

    def is_exception(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Name):
            return node.value in self.exceptions
        return self._is_exc_info(node)

    def _is_exc_info(self, node: cst.CSTNode) -> bool:
        return (
            isinstance(node, cst.Subscript)
            and _index(node) == 1
            and isinstance(node.value, cst.Call)
            and self.facts.names.qualified(node.value.func) == "sys.exc_info"
        )

    def is_errno(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is the errno of the exception."""
        if isinstance(node, cst.Name):
            return node.value in self.codes
        if isinstance(node, cst.Attribute):
            found = node.attr.value == "errno" and self.is_exception(node.value)
            self.reads |= found
            return found
        if isinstance(node, cst.Subscript):
            found = (
                _index(node) == 0
                and isinstance(node.value, cst.Attribute)
                and node.value.attr.value == "args"
                and self.is_exception(node.value.value)
            )
            self.reads |= found
            return found
        if isinstance(node, cst.Call) and node.args and self.is_exception(node.args[0].value):
            called = self.facts.names.qualified(node.func)
            if called == "getattr":
                return len(node.args) in {2, 3} and _string(node.args[1].value) == "errno"
            return called in table.READERS and len(node.args) == 1
        return False

    def test(self, node: cst.BaseExpression) -> _Test | None:
        """Return what the condition `node` picks; None if it is not, or not only, about what was raised."""
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            inner = self.test(node.expression)
            if inner is None or inner.rest is not None:
                return None
            return _Test(inner.classes, inner.errnos, not inner.negated)
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            return self._comparison(node.left, node.comparisons[0])
        if isinstance(node, cst.Call):
            return self._instance(node)
        if isinstance(node, cst.BooleanOperation):
            return self._joined(node)
        return None

    def _comparison(self, left: cst.BaseExpression, target: cst.ComparisonTarget) -> _Test | None:
        operator, right = target.operator, target.comparator
        if isinstance(operator, (cst.Equal, cst.NotEqual)):
            if self.is_errno(right):
                left, right = right, left
            found = self.errnos_of(right, single=True) if self.is_errno(left) else None
        elif isinstance(operator, (cst.In, cst.NotIn)):
            found = self.errnos_of(right, single=False) if self.is_errno(left) else None
        else:
            return None
        if not found or any(name not in table.CLASS_OF for name in found):
            return None
        return _Test(
            _unique(table.CLASS_OF[name] for name in found),
            _unique(found),
            isinstance(operator, (cst.NotEqual, cst.NotIn)),
        )

    def _instance(self, node: cst.Call) -> _Test | None:
        if self.facts.names.qualified(node.func) != "isinstance" or len(node.args) != 2:
            return None
        if not self.is_exception(node.args[0].value):
            return None
        classes = self.facts.names.classes(node.args[1].value)
        return _Test(_unique(classes)) if classes and OPAQUE not in classes else None

    def _joined(self, node: cst.BooleanOperation) -> _Test | None:
        """Read `a or b` and `a and b`.

        The exception is sorted out by `picks or picks`, `not picks and not picks`, and, with a further condition for
        those that are picked, by `picks and more` and `not picks or more`.
        """
        operands = _operands(node)
        reads = self.reads
        first = self.test(operands[0])
        is_and = isinstance(node.operator, cst.And)
        if first is None:
            if is_and and self._has_errno(operands[0]) and len(operands) == 2:
                found = self.test(operands[1])
                self.reads = reads
                return found
            return None
        if first.rest is not None:
            return None
        if first.negated is is_and:
            return self._union(operands, first)
        if len(operands) == 2:
            second = self.test(operands[1])
            if second is not None and second.rest is None and second.negated is first.negated:
                self.reads = reads
                return self._intersection(first, second)
        return _Test(first.classes, first.errnos, first.negated, _without_first(node, operands))

    def _has_errno(self, node: cst.BaseExpression) -> bool:
        """Say whether `node` only makes sure that there is an errno: `hasattr(e, "errno")`."""
        return (
            isinstance(node, cst.Call)
            and self.facts.names.qualified(node.func) == "hasattr"
            and len(node.args) == 2
            and self.is_exception(node.args[0].value)
            and _string(node.args[1].value) == "errno"
        )

    def _union(self, operands: Sequence[cst.BaseExpression], first: _Test) -> _Test | None:
        classes, codes = list(first.classes), list(first.errnos)
        for operand in operands[1:]:
            found = self.test(operand)
            if found is None or found.rest is not None or found.negated is not first.negated:
                return None
            if found.whole is not first.whole:
                return None  # by class and by errno at once: no row of PEP 3151 tells what that comes to
            classes += found.classes
            codes += found.errnos
        return _Test(_unique(classes), _unique(codes), first.negated)

    def _intersection(self, first: _Test, second: _Test) -> _Test | None:
        """Read `isinstance(e, OSError) and e.errno == X`."""
        if not first.whole or second.whole:
            return None
        takes = self.facts.exceptions.taken
        if not all(takes(first.classes, name) is True for name in second.classes):
            return None
        self.demands = True
        return second

    # Errnos

    def errnos_of(self, node: cst.BaseExpression, *, single: bool, depth: int = 0) -> list[str] | None:
        """Return the names of the errnos that `node` is (`single`) or is a collection of; None if one is not known."""
        if depth > _DEEPEST:
            return None
        if single:
            return self._errno(node, depth)
        if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
            parts = [
                self.errnos_of(element.value, single=not isinstance(element, cst.StarredElement), depth=depth + 1)
                for element in node.elements
            ]
            return _joined_lists(parts)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.BitOr)):
            return _joined_lists(
                self.errnos_of(side, single=False, depth=depth + 1) for side in (node.left, node.right)
            )
        if isinstance(node, cst.Call):
            if self.facts.names.qualified(node.func) in {"frozenset", "list", "set", "tuple"} and len(node.args) == 1:
                return self.errnos_of(node.args[0].value, single=False, depth=depth + 1)
            return None
        followed = self.facts.names.follow(node)
        return None if followed is node else self.errnos_of(followed, single=False, depth=depth + 1)

    def _errno(self, node: cst.BaseExpression, depth: int) -> list[str] | None:
        if isinstance(node, cst.Integer):
            number = node.evaluated_value
            if number not in table.NAME_OF:
                return None
            self.numbers.append(number)
            return [table.NAME_OF[number]]
        if isinstance(node, cst.Call):
            return self._errno_by_getattr(node, depth)
        name = self.facts.names.qualified(node)
        if name is not None:
            return _named(name)
        followed = self.facts.names.follow(node)
        return None if followed is node else self._errno(followed, depth + 1)

    def _errno_by_getattr(self, node: cst.Call, depth: int) -> list[str] | None:
        """Read `getattr(errno, "WSAECONNREFUSED", errno.ECONNREFUSED)`."""
        if self.facts.names.qualified(node.func) != "getattr" or len(node.args) not in {2, 3}:
            return None
        name = _string(node.args[1].value)
        if name is None or self.facts.names.qualified(node.args[0].value) != "errno":
            return None
        default = self.errnos_of(node.args[2].value, single=True, depth=depth + 1) if len(node.args) == 3 else []
        return _joined_lists([_named(f"errno.{name}"), default])

    # Statements

    def prelude(self, lines: Sequence[Line]) -> list[cst.SimpleStatementLine]:
        """Take in the statements at the start that name the exception or its errno, and return them."""
        found: list[cst.SimpleStatementLine] = []
        for line in lines:
            if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
                break
            assign = line.body[0]
            if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
                break
            if not self._takes_in(assign.targets[0].target, assign.value):
                break
            found.append(line)
        return found

    def _takes_in(self, target: cst.BaseAssignTargetExpression, value: cst.BaseExpression) -> bool:
        if isinstance(target, cst.Name):
            if self._is_exc_info(value):
                self.exceptions.add(target.value)
                return True
            if self.is_errno(value):
                self.codes.add(target.value)
                return True
            return False
        if (
            isinstance(target, cst.Tuple)
            and len(target.elements) == 2
            and all(type(item) is cst.Element and isinstance(item.value, cst.Name) for item in target.elements)
            and isinstance(value, cst.Attribute)
            and value.attr.value == "args"
            and self.is_exception(value.value)
        ):
            first = target.elements[0].value
            if isinstance(first, cst.Name):
                self.codes.add(first.value)
                self.reads = True
                return True
        return False

    def is_raise(self, lines: Sequence[cst.CSTNode]) -> bool:
        """Say whether `lines` do nothing but raise the exception again."""
        if len(lines) != 1 or not isinstance(lines[0], cst.SimpleStatementLine) or len(lines[0].body) != 1:
            return False
        statement = lines[0].body[0]
        if not isinstance(statement, cst.Raise) or statement.cause is not None:
            return False
        return statement.exc is None or (isinstance(statement.exc, cst.Name) and statement.exc.value in self.exceptions)

    def cases(self, lines: Sequence[Line], ahead: list[cst.EmptyLine]) -> list[Case] | None:
        """Return the cases that `lines` sort out, all else being raised again; None if that is not what they do.

        `ahead` are comments that belong before the first of them.
        """
        if lines and isinstance(lines[0], cst.Match):
            return self._matched(lines[0], list(lines[1:]), ahead)
        if not lines or not isinstance(lines[0], cst.If):
            return None
        node, rest = lines[0], list(lines[1:])
        test = self.test(node.test)
        if test is None:
            return None
        if test.rest is not None:
            return self._conditional(node, rest, test, ahead)
        self.gone.append(node.test)
        notes = [*ahead, *_comments(*node.leading_lines, node.test)]
        body = lines_of(node.body)
        other = _else_lines(node)
        if test.negated:
            if not self.is_raise(body):
                return None
            pieces = [*notes, *_comments(node.body), *_else_comments(node), *other, *_else_footer(node), *rest]
            return [Case(test.classes, test.errnos, tuple(pieces))]
        if self.is_raise(body):
            return None
        pieces = [*notes, *_header(node.body), *body, *_footer(node.body)]
        after: list[Piece] = []
        if leaves(body):
            other += rest
            rest = []
        elif rest and not leaves(other):
            return None
        if self.is_raise(other):
            after = [*_else_comments(node), *_comments(*other), *_else_footer(node)]
            return [Case(test.classes, test.errnos, (*pieces, *after, *rest))]
        if rest:
            self.shared = True
        further = self.cases(other, _else_comments(node))
        if further is None:
            return None
        if _else_footer(node):
            further[-1] = Case(further[-1].classes, further[-1].errnos, (*further[-1].pieces, *_else_footer(node)))
        return [Case(test.classes, test.errnos, (*pieces, *rest)), *further]

    def _matched(self, node: cst.Match, rest: list[Line], ahead: list[cst.EmptyLine]) -> list[Case] | None:
        """Read `match e.errno:`, or `match e:` with classes, whose last case raises what no other one took."""
        by_errno = self.is_errno(node.subject)
        if (not by_errno and not self.is_exception(node.subject)) or any(each.guard is not None for each in node.cases):
            return None
        self.gone += [node.subject, *(each.pattern for each in node.cases)]
        arms = list(node.cases)
        last = arms[-1].pattern if arms else None
        after: list[Piece] = []
        if isinstance(last, cst.MatchAs) and last.pattern is None and last.name is None:
            arm = arms.pop()
            if not self.is_raise(lines_of(arm.body)):
                return None
            after = [*_comments(*arm.leading_lines, arm.body)]
        elif self.is_raise(rest):
            after, rest = [*_comments(*rest)], []
            if not all(leaves(lines_of(arm.body)) for arm in arms):
                return None
        else:
            return None
        notes = [*ahead, *_comments(*node.leading_lines, node.whitespace_after_colon)]
        found: list[Case] = []
        for arm in arms:
            test = self._pattern(arm.pattern, by_errno=by_errno)
            body = lines_of(arm.body)
            if test is None or self.is_raise(body):
                return None
            pieces = [*notes, *_comments(*arm.leading_lines), *_header(arm.body), *body, *_footer(arm.body)]
            self.shared |= bool(rest) and len(arms) > 1
            found.append(Case(test.classes, test.errnos, (*pieces, *rest)))
            notes = []
        if not found:
            return None
        found[-1] = Case(found[-1].classes, found[-1].errnos, (*found[-1].pieces, *after, *_comments(*node.footer)))
        return found

    def _pattern(self, pattern: cst.MatchPattern, *, by_errno: bool) -> _Test | None:
        """Return what a pattern of `match` picks."""
        parts = [item.pattern for item in pattern.patterns] if isinstance(pattern, cst.MatchOr) else [pattern]
        classes: list[str] = []
        codes: list[str] = []
        for part in parts:
            if by_errno and isinstance(part, cst.MatchValue):
                found = self.errnos_of(part.value, single=True)
                if not found or any(name not in table.CLASS_OF for name in found):
                    return None
                codes += found
                classes += [table.CLASS_OF[name] for name in found]
            elif not by_errno and isinstance(part, cst.MatchClass) and not part.patterns and not part.kwds:
                name = self.facts.names.qualified(part.cls)
                if name is None:
                    return None
                classes.append(name)
            else:
                return None
        return _Test(_unique(classes), _unique(codes))

    def _conditional(
        self, node: cst.If, rest: list[Line], test: _Test, ahead: list[cst.EmptyLine]
    ) -> list[Case] | None:
        """Read a test that demands more of those that it picks: the test stays, less what a class says."""
        body = lines_of(node.body)
        other = _else_lines(node)
        if test.negated:
            matches = self.is_raise(body)
        elif node.orelse is not None:
            matches = self.is_raise(other)
        else:
            matches = leaves(body) and self.is_raise(rest)
        if not matches or test.rest is None:
            return None
        self.gone.append(_operands(node.test)[0])
        shorter = node.with_changes(test=test.rest)
        if isinstance(node.whitespace_before_test, cst.SimpleWhitespace) and not node.whitespace_before_test.value:
            shorter = shorter.with_changes(whitespace_before_test=cst.SimpleWhitespace(" "))
        pieces = [*ahead, *_comments(_operands(node.test)[0]), shorter, *rest]
        return [Case(test.classes, test.errnos, tuple(pieces))]


def read_dispatch(facts: Facts, handler: Handler) -> Dispatch | None:
    """Return what `handler` acts on, if it raises all else again; None if it does not, or cannot be understood."""
    body = lines_of(handler.node.body)
    if not any(isinstance(line, (cst.If, cst.Match)) for line in body):
        return None
    name = bound_name(handler.node)
    reader = _Reader(facts, {name} if name is not None else set())
    named = reader.prelude(body)
    cases = reader.cases(body[len(named) :], [])
    if cases is None:
        return None
    prelude = _needed(facts, handler, named, cases)
    dropped = [line for line in named if line not in prelude]
    notes = _comments(*dropped)
    if notes:
        cases[0] = Case(cases[0].classes, cases[0].errnos, (*notes, *cases[0].pieces))
    return Dispatch(
        handler=handler,
        cases=tuple(cases),
        prelude=tuple(prelude),
        numbers=_unique(reader.numbers),
        reads=reader.reads,
        demands=reader.demands and len(cases) == 1,
        shared=reader.shared,
        names=frozenset(node.value for node in walk(*reader.gone, *dropped) if isinstance(node, cst.Name)),
    )


def _needed(
    facts: Facts, handler: Handler, prelude: Sequence[cst.SimpleStatementLine], cases: Iterable[Case]
) -> list[cst.SimpleStatementLine]:
    """Return those of `prelude` whose names something else uses that stays, in the handler or outside it."""
    if not prelude:
        return []
    inside: list[cst.CSTNode] = [piece for case in cases for piece in case.pieces]
    scope = facts.index.function_of(handler.node) or facts.module
    outside = {
        node.value for node in walk(scope, enter=lambda node: node is not handler.node) if isinstance(node, cst.Name)
    }
    needed: list[cst.SimpleStatementLine] = []
    for line in reversed(prelude):
        assign = line.body[0]
        targets = [item.target for item in assign.targets] if isinstance(assign, cst.Assign) else []
        bound = {node.value for node in walk(*targets) if isinstance(node, cst.Name)}
        if bound & outside or any(uses(name, *inside, *needed) for name in bound):
            needed.append(line)
    return needed[::-1]


def uses(name: str, *nodes: cst.CSTNode) -> bool:
    """Say whether the plain name `name` stands anywhere in `nodes`, which need not be nodes of the file."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name) and node.value == name:
            return True
        stack.extend([node.value] if isinstance(node, (cst.Attribute, cst.Arg)) else children(node))
    return False


# Blocks


def lines_of(suite: cst.BaseSuite) -> list[Line]:
    """Return the statements of a block as lines of their own; a block on one line is taken apart."""
    if isinstance(suite, cst.IndentedBlock):
        return [line for line in suite.body if isinstance(line, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]
    lines: list[Line] = [
        cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
        for small in suite.body
        if isinstance(small, cst.BaseSmallStatement)
    ]
    if lines and isinstance(suite, cst.SimpleStatementSuite):
        lines[-1] = lines[-1].with_changes(trailing_whitespace=suite.trailing_whitespace)
    return lines


def leaves(lines: Sequence[Line]) -> bool:
    """Say whether control surely does not come to the end of `lines`."""
    if not lines:
        return False
    last = lines[-1]
    if isinstance(last, cst.SimpleStatementLine):
        return isinstance(last.body[-1], _LEAVES)
    if isinstance(last, cst.If) and last.orelse is not None:
        return leaves(lines_of(last.body)) and leaves(_else_lines(last))
    return False


def _else_lines(node: cst.If) -> list[Line]:
    if node.orelse is None:
        return []
    return [node.orelse] if isinstance(node.orelse, cst.If) else lines_of(node.orelse.body)


def _else_comments(node: cst.If) -> list[cst.EmptyLine]:
    """Return the comments above and beside the `else` of `node`; an `elif` keeps its own."""
    if not isinstance(node.orelse, cst.Else):
        return []
    return [*_comments(*node.orelse.leading_lines), *_header(node.orelse.body)]


def _else_footer(node: cst.If) -> list[cst.EmptyLine]:
    return _footer(node.orelse.body) if isinstance(node.orelse, cst.Else) else []


def _header(suite: cst.BaseSuite) -> list[cst.EmptyLine]:
    return _comments(suite.header) if isinstance(suite, cst.IndentedBlock) else []


def _footer(suite: cst.BaseSuite) -> list[cst.EmptyLine]:
    return _comments(*suite.footer) if isinstance(suite, cst.IndentedBlock) else []


def _comments(*nodes: cst.CSTNode) -> list[cst.EmptyLine]:
    """Return every comment in `nodes`, each as a line of its own."""
    found = []
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            found.append(cst.EmptyLine(comment=node))
        stack.extend(reversed(node.children))
    return found


# Expressions


def _operands(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return `a`, `b`, `c` of `a and b and c`."""
    found: list[cst.BaseExpression] = []
    operator = type(node.operator) if isinstance(node, cst.BooleanOperation) else None
    while isinstance(node, cst.BooleanOperation) and type(node.operator) is operator and (not found or not node.lpar):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _without_first(node: cst.BooleanOperation, operands: Sequence[cst.BaseExpression]) -> cst.BaseExpression:
    """Return `b and c` of `a and b and c`."""
    operators: list[cst.BaseBooleanOp] = []
    current: cst.BaseExpression = node
    while len(operators) < len(operands) - 1 and isinstance(current, cst.BooleanOperation):
        operators.append(current.operator)
        current = current.left
    operators.reverse()
    rest = operands[1]
    for operator, operand in zip(operators[1:], operands[2:], strict=True):
        rest = cst.BooleanOperation(rest, operator, operand)
    if node.lpar and not rest.lpar and "\n" in cst.Module([]).code_for_node(rest):
        rest = rest.with_changes(lpar=node.lpar, rpar=node.rpar)
    return rest


def _index(node: cst.Subscript) -> int | None:
    """Return the number `n` of `x[n]`."""
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        value = node.slice[0].slice.value
        if isinstance(value, cst.Integer):
            return value.evaluated_value
    return None


def _string(node: cst.BaseExpression) -> str | None:
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        return node.evaluated_value
    return None


def _named(qualified: str) -> list[str] | None:
    """Return the errno that `errno.NAME` is."""
    module, _, name = qualified.rpartition(".")
    if module != "errno" and not module.endswith(".errno"):
        return None
    return [table.ALIASES.get(name, name)]


def _joined_lists(parts: Iterable[list[str] | None]) -> list[str] | None:
    found: list[str] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
