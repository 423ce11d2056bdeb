"""Handlers that act on some of the exceptions they take, by errno or by class, and raise the rest again or drop it.

Such a handler says by statements what a class after `except` says by itself: since PEP 3151 each errno that means a
failed connection has a class of its own. What is read here is which exceptions the handler acts on, what it then
does, and which of its statements only sort them out.

Nothing is read where the handler does anything at all for the others, or where the test cannot be understood to the
last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from connlint.facts.blocks import (
    Line,
    comments,
    else_comments,
    else_footer,
    else_lines,
    footer,
    header,
    leaves,
    lines_of,
)
from connlint.facts.errnos import Errnos, string
from connlint.facts.names import OPAQUE
from connlint.facts.scopes import first_parameter
from connlint.facts.tree import bound_name, children, walk
from connlint.knowledge import errnos as table
from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from connlint.facts import Facts
    from connlint.facts.model import Handler

T = TypeVar("T")

Piece = Line | cst.EmptyLine
"""A statement that stays, or a comment of one that goes."""

_DEEPEST = 8

# What a function that only looks for an errno does not contain.
_MORE = (
    *(cst.AnnAssign, cst.AugAssign, cst.Await, cst.ClassDef, cst.Del, cst.For, cst.FunctionDef, cst.Global),
    *(cst.Lambda, cst.NamedExpr, cst.Nonlocal, cst.Raise, cst.While, cst.With, cst.Yield),
)

_LOOKING = frozenset({"getattr", "hasattr", "isinstance", "len", "sys.exc_info"})

# Expressions that do nothing.
_PLAIN = (
    *(cst.Attribute, cst.BaseBooleanOp, cst.BaseCompOp, cst.BaseUnaryOp, cst.BooleanOperation, cst.Comparison),
    *(cst.ComparisonTarget, cst.Integer, cst.Name, cst.SimpleString, cst.UnaryOperation),
)


class Case(Record):
    """Some of the exceptions, and what the handler does with them.

    `classes` are their classes and `errnos` the names of the errnos that were tested for, both in the order of the
    test; `pieces` are what runs for them, with the comments of the statements that sorted them out.
    """

    classes: tuple[str, ...]
    errnos: tuple[str, ...]
    pieces: tuple[Piece, ...]


class Dispatch(Record):
    """A handler that acts on `cases` and raises all else again; or, where it `swallows`, drops all else.

    `preludes` are, for each case, the statements that bind a name to the exception or its errno, where something still
    needs that name; `lost` says that something needs a name that a test binds. `numbers` are errnos that the code
    writes as numbers; `reads` says that an errno is read from whatever was taken, so that what has none fails there;
    `demands` that its class is asked for before that; `exact` that `type` is asked, which passes subclasses over;
    `shared` that several cases go on in the same statements. `names` are all names in the statements that go.
    """

    handler: Handler
    cases: tuple[Case, ...]
    preludes: tuple[tuple[cst.SimpleStatementLine, ...], ...]
    numbers: tuple[int, ...]
    reads: bool
    demands: bool
    exact: bool
    swallows: bool
    shared: bool
    lost: bool
    names: frozenset[str]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all cases, each once."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.classes))

    @property
    def errnos(self) -> tuple[str, ...]:
        """The errnos of all cases, each once; none if all is sorted by class."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.errnos))


class _Test(Record):
    """What a condition picks (or, `negated`, all but that), and what else it demands.

    `whole` says that it picks every instance of `classes`: it asked for them, and not for errnos. `gone` are those
    parts of the condition that the classes say.
    """

    classes: tuple[str, ...]
    errnos: tuple[str, ...] = ()
    negated: bool = False
    rest: cst.BaseExpression | None = None
    gone: tuple[cst.BaseExpression, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.errnos


class _Reader(Record, frozen=False):
    """Reads one handler."""

    facts: Facts
    exceptions: set[str]
    """The names that stand for the exception."""
    errnos: Errnos
    codes: set[str] = field(default_factory=set)
    """The names that stand for its errno."""
    reads: bool = False
    demands: bool = False
    exact: bool = False
    swallows: bool = False
    shared: bool = False
    walrus: set[str] = field(default_factory=set)
    """The names that a test binds."""
    depth: int = 0
    """How many functions of the file lead here."""
    gone: list[cst.CSTNode] = field(default_factory=list)
    """The nodes that only sort out."""

    # Conditions

    def is_exception(self, node: cst.CSTNode) -> bool:
        if type(node) is cst.Name:
            return node.value in self.exceptions
        return self._is_exc_info(node)

    def _is_exc_info(self, node: cst.CSTNode) -> bool:
        return (
            type(node) is cst.Subscript
            and _index(node) == 1
            and type(node.value) is cst.Call
            and self.facts.names.qualified(node.value.func) == "sys.exc_info"
        )

    def is_errno(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is the errno of the exception."""
        if type(node) is cst.Name:
            return node.value in self.codes
        if isinstance(node, (cst.Attribute, cst.Subscript)):
            found = self._is_errno_attribute(node)
            self.reads |= found
            return found
        if type(node) is cst.NamedExpr and type(node.target) is cst.Name and self.is_errno(node.value):
            self.codes.add(node.target.value)
            self.walrus.add(node.target.value)
            return True
        if isinstance(node, (cst.IfExp, cst.BooleanOperation)):
            return self._is_errno_if_any(node)
        return type(node) is cst.Call and self._is_errno_by_call(node)

    def _is_errno_attribute(self, node: cst.Attribute | cst.Subscript) -> bool:
        if isinstance(node, cst.Attribute):
            return node.attr.value == "errno" and self.is_exception(node.value)
        return _index(node) == 0 and self._is_args(node.value)

    def _is_args(self, node: cst.CSTNode) -> bool:
        return type(node) is cst.Attribute and node.attr.value == "args" and self.is_exception(node.value)

    def _is_errno_if_any(self, node: cst.IfExp | cst.BooleanOperation) -> bool:
        """Read `e.errno if hasattr(e, "errno") else e.args[0]`, `e.errno or e.args[0]` and `e.args and e.args[0]`."""
        reads = self.reads
        if isinstance(node, cst.IfExp):
            parts = [part for part in (node.body, node.orelse) if not _is_none(part)]
            found = self.is_presence(node.test) and bool(parts) and all(self.is_errno(part) for part in parts)
        else:
            first = self.is_errno(node.left) or (type(node.operator) is cst.And and self.is_presence(node.left))
            found = first and self.is_errno(node.right)
        self.reads = reads
        return found

    def _is_errno_by_call(self, node: cst.Call) -> bool:
        if not node.args or not self.is_exception(node.args[0].value):
            return False
        called = self.facts.names.qualified(node.func)
        if called == "getattr":
            return len(node.args) in {2, 3} and string(node.args[1].value) == "errno"
        if called is None or len(node.args) != 1:
            return False
        return called in table.READERS or self._is_own_reader(called)

    def _is_own_reader(self, called: str) -> bool:
        """Say whether the function `called` of the file returns the errno of what it is given, or None."""
        definitions = self.facts.index.definitions.get(called, [])
        if len(definitions) != 1 or self.depth >= _DEEPEST:
            return False
        (function,) = definitions
        if type(function) is not cst.FunctionDef or function.decorators or function.asynchronous is not None:
            return False
        parameters = function.params.params
        name = first_parameter(function)
        if len(parameters) != 1 or name is None or self.facts.index.class_of(function) is not None:
            return False
        reader = _Reader(self.facts, {name}, Errnos(self.facts), depth=self.depth + 1)
        return bool(reader.returned(function))

    def returned(self, function: cst.FunctionDef) -> list[cst.BaseExpression]:
        """Return what `function` returns, None left out; nothing if it does more than to look for an errno."""
        found: list[cst.BaseExpression] = []
        for node in walk(function.body):
            if type(node) is cst.Return:
                if node.value is not None and not _is_none(node.value):
                    found.append(node.value)
            elif type(node) is cst.Assign:
                if len(node.targets) != 1 or not self._takes_in(node.targets[0].target, node.value):
                    return []
            elif isinstance(node, _MORE) or (type(node) is cst.Call and not self._only_looks(node)):
                return []
        return found if all(self.is_errno(value) for value in found) else []

    def _only_looks(self, call: cst.Call) -> bool:
        return self.facts.names.qualified(call.func) in _LOOKING or self.is_errno(call)

    def is_presence(self, node: cst.CSTNode) -> bool:
        """Say whether `node` only makes sure that there is an errno: `hasattr(e, "errno")`, `e.args`."""
        if type(node) is cst.Comparison and len(node.comparisons) == 1:
            operator, right = node.comparisons[0].operator, node.comparisons[0].comparator
            if isinstance(operator, (cst.IsNot, cst.NotEqual)) and _is_none(right):
                return self.is_exception(node.left) or self._is_there(node.left)
            return isinstance(operator, (cst.GreaterThan, cst.GreaterThanEqual)) and self._is_number_of_args(node.left)
        if type(node) is cst.Call:
            if self._is_number_of_args(node):
                return True
            return (
                self.facts.names.qualified(node.func) == "hasattr"
                and len(node.args) == 2
                and self.is_exception(node.args[0].value)
                and string(node.args[1].value) in {"args", "errno"}
            )
        if type(node) is cst.BooleanOperation and type(node.operator) is cst.And:
            return all(self.is_presence(operand) for operand in _operands(node))
        return self._is_args(node) or self._is_there(node)

    def _is_there(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is an errno, or all that an exception holds, without taking that for reading it."""
        reads = self.reads
        found = self._is_args(node) or (type(node) is not cst.BooleanOperation and self.is_errno(node))
        self.reads = reads
        return found

    def _is_number_of_args(self, node: cst.CSTNode) -> bool:
        return (
            type(node) is cst.Call
            and len(node.args) == 1
            and self.facts.names.qualified(node.func) == "len"
            and self._is_args(node.args[0].value)
        )

    def is_absence(self, node: cst.CSTNode) -> bool:
        """Say whether `node` only asks if there is no errno: `not e.args`, `e.errno is None`."""
        if type(node) is cst.UnaryOperation and type(node.operator) is cst.Not:
            return self.is_presence(node.expression)
        if type(node) is cst.Comparison and len(node.comparisons) == 1:
            target = node.comparisons[0]
            return (
                isinstance(target.operator, (cst.Is, cst.Equal))
                and _is_none(target.comparator)
                and self._is_there(node.left)
            )
        return False

    def test(self, node: cst.BaseExpression) -> _Test | None:
        """Return what the condition `node` picks; None if it is not, or not only, about what was raised."""
        if type(node) is cst.UnaryOperation and type(node.operator) is cst.Not:
            inner = self.test(node.expression)
            if inner is None or inner.rest is not None:
                return None
            return _Test(inner.classes, inner.errnos, not inner.negated)
        if type(node) is cst.Comparison and len(node.comparisons) == 1:
            return self._comparison(node.left, node.comparisons[0])
        if type(node) is cst.Call:
            return self._instance(node)
        if type(node) is cst.BooleanOperation:
            return self._joined(node)
        return None

    def _comparison(self, left: cst.BaseExpression, target: cst.ComparisonTarget) -> _Test | None:
        operator, right = target.operator, target.comparator
        if self._is_type(left):
            return self._by_type(operator, right)
        if isinstance(operator, (cst.Equal, cst.NotEqual)):
            if self.is_errno(right):
                left, right = right, left
            found = self.errnos.of(right, single=True) if self.is_errno(left) else None
        elif isinstance(operator, (cst.In, cst.NotIn)):
            found = self.errnos.of(right, single=False) if self.is_errno(left) else None
        else:
            return None
        if not found or any(name not in table.CLASS_OF for name in found):
            return None
        return _Test(
            _unique(table.CLASS_OF[name] for name in found),
            _unique(found),
            isinstance(operator, (cst.NotEqual, cst.NotIn)),
        )

    def _is_type(self, node: cst.CSTNode) -> bool:
        """Say whether `node` is the very class of the exception: `type(e)`, `e.__class__`."""
        if type(node) is cst.Attribute:
            return node.attr.value == "__class__" and self.is_exception(node.value)
        return (
            type(node) is cst.Call
            and len(node.args) == 1
            and self.facts.names.qualified(node.func) == "type"
            and self.is_exception(node.args[0].value)
        )

    def _by_type(self, operator: cst.BaseCompOp, right: cst.BaseExpression) -> _Test | None:
        among = isinstance(operator, (cst.In, cst.NotIn))
        if not among and not isinstance(operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)):
            return None
        classes = self.facts.names.classes(right)
        if not classes or OPAQUE in classes:
            return None
        self.exact = True
        return _Test(_unique(classes), negated=isinstance(operator, (cst.IsNot, cst.NotEqual, cst.NotIn)))

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
        those that are picked, by `picks and more` and `not picks or more`. That there is an errno at all goes without
        saying where one is asked for.
        """
        operands = _operands(node)
        is_and = type(node.operator) is cst.And
        said = [part for part in operands if (self.is_presence(part) if is_and else self.is_absence(part))]
        left = [part for part in operands if part not in said]
        reads = self.reads
        tests = []
        for part in left:
            tests.append(self.test(part))
            if sum(test is not None for test in tests) == 1 and tests[-1] is not None and not said:
                reads = self.reads
        self.reads = reads
        first = next((test for test in tests if test is not None), None)
        if first is None or first.rest is not None or (said and first.whole):
            return None
        if first.negated is is_and:
            # `e.errno and e.errno != X` is true of nothing that has no errno, which is picked then
            return self._union(tests, first) if not said else None
        place = tests.index(first)
        if not all(_is_plain(part) for part in left[:place]):
            return None
        second = tests[place + 1] if place + 1 < len(tests) else None
        if second is not None and second.rest is None and second.negated is first.negated:
            found = self._intersection(first, second)
            said += left[place : place + 2]
        else:
            found = first
            said.append(left[place])
        if found is None or len(said) == len(operands):
            return found
        return _Test(found.classes, found.errnos, found.negated, _without(node, said), tuple(said))

    @staticmethod
    def _union(tests: Sequence[_Test | None], first: _Test) -> _Test | None:
        classes: list[str] = []
        codes: list[str] = []
        for found in tests:
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

    # Statements

    def prelude(self, lines: Sequence[Line]) -> list[cst.SimpleStatementLine]:
        """Take in the statements at the start that name the exception or its errno, and return them."""
        found: list[cst.SimpleStatementLine] = []
        for line in lines:
            if type(line) is not cst.SimpleStatementLine or len(line.body) != 1:
                break
            assign = line.body[0]
            if type(assign) is cst.Assign and len(assign.targets) == 1:
                target: cst.BaseExpression = assign.targets[0].target
            elif type(assign) is cst.AnnAssign:
                target = assign.target
            else:
                break
            if assign.value is None or not self._takes_in(target, assign.value):
                break
            found.append(line)
        return found

    def _takes_in(self, target: cst.BaseExpression, value: cst.BaseExpression) -> bool:
        if type(target) is cst.Name:
            if self.is_exception(value):
                self.exceptions.add(target.value)
                return True
            if self.is_errno(value):
                self.codes.add(target.value)
                return True
            return False
        if not isinstance(target, (cst.Tuple, cst.List)) or not target.elements:
            return False
        if not all(type(item.value) is cst.Name for item in target.elements):
            return False
        parts = [item.value.value for item in target.elements if type(item.value) is cst.Name]
        plain = [type(item) is cst.Element for item in target.elements]
        if self._is_args(value) and plain[0]:
            self.codes.add(parts[0])
            self.reads = True
            return True
        if len(parts) in {2, 3} and all(plain) and self._is_exc_info_call(value, len(parts)):
            self.exceptions.add(parts[1])
            return True
        return False

    def _is_exc_info_call(self, node: cst.BaseExpression, length: int) -> bool:
        """Say whether `node` is `sys.exc_info()`, or its first two: `sys.exc_info()[:2]`."""
        if length == 2 and type(node) is cst.Subscript and len(node.slice) == 1:
            part = node.slice[0].slice
            if type(part) is not cst.Slice or part.lower is not None or part.step is not None:
                return False
            if type(part.upper) is not cst.Integer or part.upper.evaluated_value != 2:
                return False
            node = node.value
        elif length != 3:
            return False
        return type(node) is cst.Call and self.facts.names.qualified(node.func) == "sys.exc_info"

    def is_raise(self, lines: Sequence[cst.CSTNode]) -> bool:
        """Say whether `lines` do nothing but raise the exception again."""
        if len(lines) != 1 or type(lines[0]) is not cst.SimpleStatementLine or len(lines[0].body) != 1:
            return False
        statement = lines[0].body[0]
        if type(statement) is not cst.Raise or statement.cause is not None:
            return False
        return statement.exc is None or (type(statement.exc) is cst.Name and statement.exc.value in self.exceptions)

    def cases(self, lines: Sequence[Line], ahead: list[cst.EmptyLine]) -> list[Case] | None:
        """Return the cases that `lines` sort out, all else being raised again; None if that is not what they do.

        `ahead` are comments that belong before the first of them.
        """
        if lines and type(lines[0]) is cst.Match:
            return self._matched(lines[0], list(lines[1:]), ahead)
        if not lines or type(lines[0]) is not cst.If:
            return None
        node, rest = lines[0], list(lines[1:])
        body = lines_of(node.body)
        other = else_lines(node)
        notes = [*ahead, *comments(*node.leading_lines, node.test)]
        if self.is_absence(node.test) and self.is_raise(body):
            self.gone.append(node.test)
            return self.cases([*other, *rest], [*notes, *comments(node.body), *else_comments(node)])
        if self.is_presence(node.test):
            self.gone.append(node.test)
            return self._nested(node, rest, notes)
        test = self.test(node.test)
        if test is None:
            return None
        if test.rest is not None:
            return self._conditional(node, rest, test, ahead)
        self.gone.append(node.test)
        if test.whole:
            within = self._within(node, rest, test, notes)
            if within is not None:
                return within
        if test.negated:
            if not self.is_raise(body):
                return None
            pieces = [*notes, *comments(node.body), *else_comments(node), *other, *else_footer(node), *rest]
            return [Case(test.classes, test.errnos, tuple(pieces))]
        if self.is_raise(body):
            return None
        pieces = [*notes, *header(node.body), *body, *footer(node.body)]
        after: list[Piece] = []
        if leaves(body):
            other += rest
            rest = []
        elif rest and not leaves(other):
            return None
        if not other and not rest and not self.exact:
            self.swallows = True
            return [Case(test.classes, test.errnos, tuple(pieces))]
        if self.is_raise(other):
            after = [*else_comments(node), *comments(*other), *else_footer(node)]
            return [Case(test.classes, test.errnos, (*pieces, *after, *rest))]
        if rest:
            self.shared = True
        further = self.cases(other, else_comments(node))
        if further is None:
            return None
        if else_footer(node):
            further[-1] = Case(further[-1].classes, further[-1].errnos, (*further[-1].pieces, *else_footer(node)))
        return [Case(test.classes, test.errnos, (*pieces, *rest)), *further]

    def _nested(self, node: cst.If, rest: list[Line], notes: list[cst.EmptyLine]) -> list[Case] | None:
        """Read an `if` that stands alone in another, whose own test the inner one implies."""
        body = lines_of(node.body)
        inner = body[0] if len(body) == 1 else None
        if type(inner) is not cst.If or footer(node.body) or else_footer(node):
            return None
        notes = [*notes, *header(node.body)]
        other = else_lines(node)
        last = inner
        while type(last.orelse) is cst.If:
            last = last.orelse
        if not other and last.orelse is None:
            return self.cases([inner, *rest], notes) if self.is_raise(rest) else None
        if not self.is_raise(other) or type(last.orelse) is not cst.Else:
            return None
        if not self.is_raise(lines_of(last.orelse.body)):
            return None
        return self.cases([inner, *rest], [*notes, *else_comments(node), *comments(*other)])

    def _within(self, node: cst.If, rest: list[Line], test: _Test, notes: list[cst.EmptyLine]) -> list[Case] | None:
        """Read a test for errnos below one for their class: `if isinstance(e, OSError): if e.errno == X: ...`."""
        saved = (self.reads, self.demands, self.exact, self.swallows, self.shared, [*self.gone], [*self.errnos.numbers])
        if not test.negated:
            found = self._nested(node, rest, notes)
        elif node.orelse is None and self.is_raise(lines_of(node.body)):
            found = self.cases(rest, [*notes, *comments(node.body)])
        else:
            found = None
        takes = self.facts.exceptions.taken
        if found and all(case.errnos and takes(test.classes, name) is True for case in found for name in case.classes):
            self.demands = True
            self.reads = saved[0]
            return found
        self.reads, self.demands, self.exact, self.swallows, self.shared, self.gone, self.errnos.numbers = saved
        return None

    def _matched(self, node: cst.Match, rest: list[Line], ahead: list[cst.EmptyLine]) -> list[Case] | None:
        """Read `match e.errno:`, or `match e:` with classes, whose last case raises what no other one took."""
        by_errno = self.is_errno(node.subject)
        if not by_errno and not self.is_exception(node.subject):
            return None
        if any(each.guard is not None for each in node.cases):
            return None
        self.gone += [node.subject, *(each.pattern for each in node.cases)]
        arms = list(node.cases)
        last = arms[-1].pattern if arms else None
        after: list[Piece] = []
        if type(last) is cst.MatchAs and last.pattern is None and last.name is None:
            arm = arms.pop()
            if not self.is_raise(lines_of(arm.body)):
                return None
            after = [*comments(*arm.leading_lines, arm.body)]
        elif self.is_raise(rest):
            after, rest = [*comments(*rest)], []
            if not all(leaves(lines_of(arm.body)) for arm in arms):
                return None
        elif not rest:
            self.swallows = True
        else:
            return None
        notes = [*ahead, *comments(*node.leading_lines, node.whitespace_after_colon)]
        found: list[Case] = []
        for arm in arms:
            test = self._pattern(arm.pattern, by_errno=by_errno)
            body = lines_of(arm.body)
            if test is None or self.is_raise(body):
                return None
            pieces = [*notes, *comments(*arm.leading_lines), *header(arm.body), *body, *footer(arm.body)]
            self.shared |= bool(rest) and len(arms) > 1
            found.append(Case(test.classes, test.errnos, (*pieces, *rest)))
            notes = []
        if not found:
            return None
        found[-1] = Case(found[-1].classes, found[-1].errnos, (*found[-1].pieces, *after, *comments(*node.footer)))
        return found

    def _pattern(self, pattern: cst.MatchPattern, *, by_errno: bool) -> _Test | None:
        """Return what a pattern of `match` picks."""
        parts = [item.pattern for item in pattern.patterns] if type(pattern) is cst.MatchOr else [pattern]
        classes: list[str] = []
        codes: list[str] = []
        for part in parts:
            if by_errno and type(part) is cst.MatchValue:
                found = self.errnos.of(part.value, single=True)
                if not found or any(name not in table.CLASS_OF for name in found):
                    return None
                codes += found
                classes += [table.CLASS_OF[name] for name in found]
            elif not by_errno and type(part) is cst.MatchClass and not part.patterns:
                name = self.facts.names.qualified(part.cls)
                if name is None:
                    return None
                if not part.kwds:
                    classes.append(name)
                    continue
                inner = self._pattern_of_errno(part)
                if inner is None or not all(self.facts.exceptions.takes(name, each) is True for each in inner.classes):
                    return None
                self.demands = True
                codes += inner.errnos
                classes += inner.classes
            else:
                return None
        if codes and len(_unique(classes)) != len({table.CLASS_OF[name] for name in codes}):
            return None  # by class and by errno at once
        return _Test(_unique(classes), _unique(codes))

    def _pattern_of_errno(self, pattern: cst.MatchClass) -> _Test | None:
        """Read what `OSError(errno=errno.EPIPE)` asks of the errno."""
        if len(pattern.kwds) != 1 or pattern.kwds[0].key.value != "errno":
            return None
        return self._pattern(pattern.kwds[0].pattern, by_errno=True)

    def _conditional(
        self, node: cst.If, rest: list[Line], test: _Test, ahead: list[cst.EmptyLine]
    ) -> list[Case] | None:
        """Read a test that demands more of those that it picks: the test stays, less what a class says."""
        body = lines_of(node.body)
        other = else_lines(node)
        if test.negated:
            matches = self.is_raise(body)
        elif node.orelse is not None:
            matches = self.is_raise(other)
        else:
            matches = leaves(body) and self.is_raise(rest)
        if not matches or test.rest is None:
            return None
        self.gone += test.gone
        shorter = node.with_changes(test=test.rest)
        if type(node.whitespace_before_test) is cst.SimpleWhitespace and not node.whitespace_before_test.value:
            shorter = shorter.with_changes(whitespace_before_test=cst.SimpleWhitespace(" "))
        pieces = [*ahead, *comments(*test.gone), shorter, *rest]
        return [Case(test.classes, test.errnos, tuple(pieces))]


def read_dispatch(facts: Facts, handler: Handler) -> Dispatch | None:
    """Return what `handler` acts on, if it raises all else again; None if it does not, or cannot be understood."""
    body = lines_of(handler.node.body)
    if not any(isinstance(line, (cst.If, cst.Match)) for line in body):
        return None
    name = bound_name(handler.node)
    reader = _Reader(facts, {name} if name is not None else set(), Errnos(facts))
    named = reader.prelude(body)
    cases = reader.cases(body[len(named) :], [])
    if cases is None:
        return None
    outside = _names_outside(facts, handler) if named or reader.walrus else frozenset()
    preludes = [_needed(outside, named, case) for case in cases]
    dropped = [line for line in named if not any(line in each for each in preludes)]
    notes = comments(*dropped)
    if notes:
        cases[0] = Case(cases[0].classes, cases[0].errnos, (*notes, *cases[0].pieces))
    pieces = [piece for case in cases for piece in case.pieces]
    return Dispatch(
        handler=handler,
        cases=tuple(cases),
        preludes=tuple(tuple(each) for each in preludes),
        numbers=_unique(reader.errnos.numbers),
        reads=reader.reads,
        demands=reader.demands and (len(cases) == 1 or not reader.reads),
        exact=reader.exact,
        swallows=reader.swallows,
        shared=reader.shared,
        lost=any(name in outside or uses(name, *pieces) for name in reader.walrus),
        names=frozenset(node.value for node in walk(*reader.gone, *dropped) if type(node) is cst.Name),
    )


def _names_outside(facts: Facts, handler: Handler) -> frozenset[str]:
    """Return the names that stand in the function of `handler`, or in the module, outside it."""
    scope = facts.index.function_of(handler.node) or facts.module
    nodes = walk(scope, enter=lambda node: node is not handler.node)
    return frozenset(node.value for node in nodes if type(node) is cst.Name)


def _needed(
    outside: Collection[str], prelude: Sequence[cst.SimpleStatementLine], case: Case
) -> list[cst.SimpleStatementLine]:
    """Return those of `prelude` whose names something else uses that stays, in `case` or outside the handler."""
    needed: list[cst.SimpleStatementLine] = []
    for line in reversed(prelude):
        assign = line.body[0]
        targets: list[cst.CSTNode] = []
        if type(assign) is cst.Assign:
            targets = [item.target for item in assign.targets]
        elif type(assign) is cst.AnnAssign:
            targets = [assign.target]
        bound = {node.value for node in walk(*targets) if type(node) is cst.Name}
        if not bound.isdisjoint(outside) or any(uses(name, *case.pieces, *needed) for name in bound):
            needed.append(line)
    return needed[::-1]


def uses(name: str, *nodes: cst.CSTNode) -> bool:
    """Say whether the plain name `name` stands anywhere in `nodes`, which need not be nodes of the file."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if type(node) is cst.Name and node.value == name:
            return True
        stack.extend([node.value] if isinstance(node, (cst.Attribute, cst.Arg)) else children(node))
    return False


# Expressions


def _operands(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return `a`, `b`, `c` of `a and b and c`."""
    found: list[cst.BaseExpression] = []
    operator = type(node.operator) if type(node) is cst.BooleanOperation else None
    while type(node) is cst.BooleanOperation and type(node.operator) is operator and (not found or not node.lpar):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _without(node: cst.BooleanOperation, gone: Collection[cst.BaseExpression]) -> cst.BaseExpression:
    """Return `a and c` of `a and b and c`, `b` being `gone`."""
    operands = _operands(node)
    operators: list[cst.BaseBooleanOp] = []
    current: cst.BaseExpression = node
    while len(operators) < len(operands) - 1 and type(current) is cst.BooleanOperation:
        operators.append(current.operator)
        current = current.left
    operators.reverse()
    left = [place for place, operand in enumerate(operands) if operand not in gone]
    rest = operands[left[0]]
    for place in left[1:]:
        rest = cst.BooleanOperation(rest, operators[place - 1], operands[place])
    if node.lpar and not rest.lpar and "\n" in cst.Module([]).code_for_node(rest):
        rest = rest.with_changes(lpar=node.lpar, rpar=node.rpar)
    return rest


def _is_plain(node: cst.CSTNode) -> bool:
    """Say whether nothing happens when `node` is evaluated: names, attributes, and what compares them."""
    return all(isinstance(each, _PLAIN) for each in walk(node))


def _is_none(node: cst.CSTNode) -> bool:
    return type(node) is cst.Name and node.value == "None"


def _index(node: cst.Subscript) -> int | None:
    """Return the number `n` of `x[n]`."""
    if len(node.slice) == 1 and type(node.slice[0].slice) is cst.Index:
        value = node.slice[0].slice.value
        if type(value) is cst.Integer:
            return value.evaluated_value
    return None


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
