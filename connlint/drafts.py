"""A libcst tree of what a program says, made of its `ast`, without anything of how it is written.

libcst's parser takes ten times as long as Python's own, and nine in ten of the files that it would be given hold no
finding. So rules are first asked about a draft: the classes are libcst's, and all that holds code is there; comments,
white space, punctuation and parentheses are not. Only where a rule says something is the file parsed by libcst, and
what counts is what the rules say then.

Fields that a draft has nothing for are not set at all: code that needs them fails with an `AttributeError`, which
tells the engine to take the long way, and does not go on with a wrong answer. Only where comments are but carried
along, in the branches that a handler sorts out its exceptions by, are they said to be none; so are the parentheses in
their tests.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Make = Callable[..., Any]


def draft(tree: ast.Module, text: str) -> cst.Module:
    """Return the draft of the program `tree`, whose text is `text`.

    Raises `KeyError` for nodes that are not known here, as a later Python may have, and `RecursionError`.
    """
    return _MODULE(_lines(tree.body), _header(text), True)  # type: ignore[no-any-return]


def _header(text: str) -> list[cst.EmptyLine]:
    """Return the line that says what runs the program: the one comment that rules ask a module for."""
    first = text.partition("\n")[0].rstrip()
    return [cst.EmptyLine(comment=cst.Comment(first))] if first.startswith("#!") else []


# Nodes. libcst's are frozen and check themselves when they are made, which takes more time than all the rest here; so
# their slots are filled from outside.


def _setter(kind: type, name: str) -> Callable[[Any, Any], None]:
    for above in kind.__mro__:
        if name in above.__dict__.get("__slots__", ()):
            return above.__dict__[name].__set__  # type: ignore[no-any-return]
    raise AttributeError(f"{kind.__name__} has no {name}")


def _maker(kind: type, *names: str) -> Make:
    """Return what makes a node of `kind` of the values of its fields `names`."""
    new: Callable[[type], Any] = object.__new__
    setters = [_setter(kind, name) for name in names]
    if len(setters) == 1:
        (only,) = setters

        def make_of_one(value: object) -> object:
            node = new(kind)
            only(node, value)
            return node

        return make_of_one
    if len(setters) == 2:
        first, second = setters

        def make_of_two(one: object, two: object) -> object:
            node = new(kind)
            first(node, one)
            second(node, two)
            return node

        return make_of_two

    def make(*values: object) -> object:
        node = new(kind)
        for put, value in zip(setters, values, strict=True):
            put(node, value)
        return node

    return make


_ANNOTATED = _maker(cst.AnnAssign, "target", "annotation", "value")
_ANNOTATION = _maker(cst.Annotation, "annotation")
_ARG = _maker(cst.Arg, "value", "keyword", "star")
_ASSERT = _maker(cst.Assert, "test", "msg")
_ASSIGN = _maker(cst.Assign, "targets", "value")
_ASSIGN_TARGET = _maker(cst.AssignTarget, "target")
_AS_NAME = _maker(cst.AsName, "name")
_ATTRIBUTE = _maker(cst.Attribute, "value", "attr")
_AUGMENTED = _maker(cst.AugAssign, "target", "operator", "value")
_AWAIT = _maker(cst.Await, "expression")
_BINARY = _maker(cst.BinaryOperation, "left", "operator", "right")
_BLOCK = _maker(cst.IndentedBlock, "body", "header", "footer")
_BOOLEAN = _maker(cst.BooleanOperation, "left", "operator", "right", "lpar", "rpar")
_CALL = _maker(cst.Call, "func", "args")
_CASE = _maker(cst.MatchCase, "pattern", "body", "guard", "leading_lines")
_CLASS = _maker(cst.ClassDef, "name", "body", "bases", "keywords", "decorators", "type_parameters")
_COMPARISON = _maker(cst.Comparison, "left", "comparisons")
_COMPARISON_TARGET = _maker(cst.ComparisonTarget, "operator", "comparator")
_COMP_FOR = _maker(cst.CompFor, "target", "iter", "ifs", "inner_for_in", "asynchronous")
_COMP_IF = _maker(cst.CompIf, "test")
_CONDITIONAL = _maker(cst.IfExp, "test", "body", "orelse")
_DECORATOR = _maker(cst.Decorator, "decorator")
_DEL = _maker(cst.Del, "target")
_DICT = _maker(cst.Dict, "elements")
_DICT_COMP = _maker(cst.DictComp, "key", "value", "for_in")
_DICT_ELEMENT = _maker(cst.DictElement, "key", "value")
_ELEMENT = _maker(cst.Element, "value")
_ELSE = _maker(cst.Else, "body", "leading_lines")
_EXPR = _maker(cst.Expr, "value")
_FINALLY = _maker(cst.Finally, "body")
_FLOAT = _maker(cst.Float, "value")
_FOR = _maker(cst.For, "target", "iter", "body", "orelse", "asynchronous")
_FORMATTED = _maker(cst.FormattedString, "parts")
_FORMATTED_EXPRESSION = _maker(cst.FormattedStringExpression, "expression", "conversion", "format_spec")
_FORMATTED_TEXT = _maker(cst.FormattedStringText, "value")
_FROM = _maker(cst.From, "item")
_FUNCTION = _maker(
    cst.FunctionDef, "name", "params", "body", "decorators", "returns", "asynchronous", "type_parameters"
)
_GENERATOR = _maker(cst.GeneratorExp, "elt", "for_in")
_GLOBAL = _maker(cst.Global, "names")
_HANDLER = _maker(cst.ExceptHandler, "body", "type", "name")
_IF = _maker(cst.If, "test", "body", "orelse", "leading_lines")
_IMAGINARY = _maker(cst.Imaginary, "value")
_IMPORT = _maker(cst.Import, "names")
_IMPORT_ALIAS = _maker(cst.ImportAlias, "name", "asname")
_IMPORT_FROM = _maker(cst.ImportFrom, "module", "names", "relative")
_INDEX = _maker(cst.Index, "value", "star")
_INTEGER = _maker(cst.Integer, "value")
_LAMBDA = _maker(cst.Lambda, "params", "body")
_LINE = _maker(cst.SimpleStatementLine, "body")
_LIST = _maker(cst.List, "elements")
_LIST_COMP = _maker(cst.ListComp, "elt", "for_in")
_MATCH = _maker(cst.Match, "subject", "cases", "leading_lines", "whitespace_after_colon", "footer")
_MATCH_AS = _maker(cst.MatchAs, "pattern", "name")
_MATCH_CLASS = _maker(cst.MatchClass, "cls", "patterns", "kwds")
_MATCH_ELEMENT = _maker(cst.MatchSequenceElement, "value")
_MATCH_KEYWORD = _maker(cst.MatchKeywordElement, "key", "pattern")
_MATCH_LIST = _maker(cst.MatchList, "patterns")
_MATCH_MAPPING = _maker(cst.MatchMapping, "elements", "rest")
_MATCH_MAPPING_ELEMENT = _maker(cst.MatchMappingElement, "key", "pattern")
_MATCH_OR = _maker(cst.MatchOr, "patterns")
_MATCH_OR_ELEMENT = _maker(cst.MatchOrElement, "pattern")
_MATCH_SINGLETON = _maker(cst.MatchSingleton, "value")
_MATCH_STAR = _maker(cst.MatchStar, "name")
_MATCH_VALUE = _maker(cst.MatchValue, "value")
_MODULE = _maker(cst.Module, "body", "header", "has_trailing_newline")
_NAME = _maker(cst.Name, "value")
_NAMED = _maker(cst.NamedExpr, "target", "value")
_NAME_ITEM = _maker(cst.NameItem, "name")
_NONLOCAL = _maker(cst.Nonlocal, "names")
_PARAM = _maker(cst.Param, "name", "annotation", "default", "star")
_PARAMETERS = _maker(
    cst.Parameters, "params", "star_arg", "kwonly_params", "star_kwarg", "posonly_params", "posonly_ind"
)
_PARAM_SPEC = _maker(cst.ParamSpec, "name")
_RAISE = _maker(cst.Raise, "exc", "cause")
_RETURN = _maker(cst.Return, "value")
_SET = _maker(cst.Set, "elements")
_SET_COMP = _maker(cst.SetComp, "elt", "for_in")
_SLICE = _maker(cst.Slice, "lower", "upper", "step")
_STARRED = _maker(cst.StarredElement, "value")
_STARRED_DICT = _maker(cst.StarredDictElement, "value")
_STAR_HANDLER = _maker(cst.ExceptStarHandler, "body", "type", "name")
_STRING = _maker(cst.SimpleString, "value")
_SUBSCRIPT = _maker(cst.Subscript, "value", "slice")
_SUBSCRIPT_ELEMENT = _maker(cst.SubscriptElement, "slice")
_TRY = _maker(cst.Try, "body", "handlers", "orelse", "finalbody")
_TRY_STAR = _maker(cst.TryStar, "body", "handlers", "orelse", "finalbody")
_TUPLE = _maker(cst.Tuple, "elements")
_TYPE_ALIAS = _maker(cst.TypeAlias, "name", "value", "type_parameters")
_TYPE_PARAM = _maker(cst.TypeParam, "param", "default", "star")
_TYPE_PARAMETERS = _maker(cst.TypeParameters, "params")
_TYPE_VAR = _maker(cst.TypeVar, "name", "bound")
_TYPE_VAR_TUPLE = _maker(cst.TypeVarTuple, "name")
_UNARY = _maker(cst.UnaryOperation, "operator", "expression")
_WHILE = _maker(cst.While, "test", "body", "orelse")
_WITH = _maker(cst.With, "items", "body", "asynchronous")
_WITH_ITEM = _maker(cst.WithItem, "item", "asname")
_YIELD = _maker(cst.Yield, "value")

_ASYNCHRONOUS = cst.Asynchronous()
_DOT = cst.Dot()
_SPACE = cst.SimpleWhitespace("")
_ENDING = cst.TrailingWhitespace()

_OPERATORS: Mapping[type[ast.AST], type[cst.CSTNode]] = {
    ast.Add: cst.Add,
    ast.And: cst.And,
    ast.BitAnd: cst.BitAnd,
    ast.BitOr: cst.BitOr,
    ast.BitXor: cst.BitXor,
    ast.Div: cst.Divide,
    ast.Eq: cst.Equal,
    ast.FloorDiv: cst.FloorDivide,
    ast.Gt: cst.GreaterThan,
    ast.GtE: cst.GreaterThanEqual,
    ast.In: cst.In,
    ast.Invert: cst.BitInvert,
    ast.Is: cst.Is,
    ast.IsNot: cst.IsNot,
    ast.LShift: cst.LeftShift,
    ast.Lt: cst.LessThan,
    ast.LtE: cst.LessThanEqual,
    ast.MatMult: cst.MatrixMultiply,
    ast.Mod: cst.Modulo,
    ast.Mult: cst.Multiply,
    ast.Not: cst.Not,
    ast.NotEq: cst.NotEqual,
    ast.NotIn: cst.NotIn,
    ast.Or: cst.Or,
    ast.Pow: cst.Power,
    ast.RShift: cst.RightShift,
    ast.Sub: cst.Subtract,
    ast.UAdd: cst.Plus,
    ast.USub: cst.Minus,
}
_ASSIGNING: Mapping[type[ast.AST], type[cst.CSTNode]] = {
    ast.Add: cst.AddAssign,
    ast.BitAnd: cst.BitAndAssign,
    ast.BitOr: cst.BitOrAssign,
    ast.BitXor: cst.BitXorAssign,
    ast.Div: cst.DivideAssign,
    ast.FloorDiv: cst.FloorDivideAssign,
    ast.LShift: cst.LeftShiftAssign,
    ast.MatMult: cst.MatrixMultiplyAssign,
    ast.Mod: cst.ModuloAssign,
    ast.Mult: cst.MultiplyAssign,
    ast.Pow: cst.PowerAssign,
    ast.RShift: cst.RightShiftAssign,
    ast.Sub: cst.SubtractAssign,
}


def _operator(node: ast.AST) -> object:
    return object.__new__(_OPERATORS[node.__class__])


# Expressions


def _expression(node: ast.AST) -> Any:
    return _EXPRESSIONS[node.__class__](node)


def _optional(node: ast.AST | None) -> Any:
    return None if node is None else _EXPRESSIONS[node.__class__](node)


def _name(node: ast.Name) -> object:
    return _NAME(node.id)


def _name_of(text: str | None) -> Any:
    return None if text is None else _NAME(text)


def _dotted(name: str) -> Any:
    first, *rest = name.split(".")
    node = _NAME(first)
    for part in rest:
        node = _ATTRIBUTE(node, _NAME(part))
    return node


def _attribute(node: ast.Attribute) -> object:
    return _ATTRIBUTE(_expression(node.value), _NAME(node.attr))


def _constant(node: ast.Constant) -> object:
    return _CONSTANTS[node.value.__class__](repr(node.value))


def _finite(text: str) -> str:
    """Return the literal of a number that is printed as `text`; there is none for infinity but one that overflows."""
    return text.replace("inf", "1e999")


def _call(node: ast.Call) -> object:
    return _CALL(_expression(node.func), _args(node.args, node.keywords))


def _args(positional: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
    args = [
        _ARG(_expression(each.value), None, "*") if isinstance(each, ast.Starred) else _ARG(_expression(each), None, "")
        for each in positional
    ]
    if not keywords:
        return args
    args += [_ARG(_expression(each.value), _name_of(each.arg), "" if each.arg else "**") for each in keywords]
    if positional and isinstance(positional[-1], ast.Starred):
        # `f(a=1, *b)`: only a star may come after a keyword.
        places = [(each.lineno, each.col_offset) for nodes in (positional, keywords) for each in nodes]
        args = [arg for _, arg in sorted(zip(places, args, strict=True), key=lambda pair: pair[0])]
    return args


def _binary(node: ast.BinOp) -> object:
    return _BINARY(_expression(node.left), _operator(node.op), _expression(node.right))


def _boolean(node: ast.BoolOp) -> object:
    left, *rest = map(_expression, node.values)
    for right in rest:
        left = _BOOLEAN(left, _operator(node.op), right, (), ())
    return left


def _unary(node: ast.UnaryOp) -> object:
    return _UNARY(_operator(node.op), _expression(node.operand))


def _compare(node: ast.Compare) -> object:
    pairs = zip(node.ops, node.comparators, strict=True)
    return _COMPARISON(_expression(node.left), [_COMPARISON_TARGET(_operator(op), _expression(to)) for op, to in pairs])


def _subscript(node: ast.Subscript) -> object:
    parts = [node.slice]
    if isinstance(node.slice, ast.Tuple) and node.slice.elts and not _is_in_parentheses(node.slice):
        parts = node.slice.elts
    return _SUBSCRIPT(_expression(node.value), [_SUBSCRIPT_ELEMENT(_subscript_part(part)) for part in parts])


def _is_in_parentheses(node: ast.Tuple) -> bool:
    first = node.elts[0]
    return (node.lineno, node.col_offset) != (first.lineno, first.col_offset)


def _subscript_part(node: ast.expr) -> object:
    if isinstance(node, ast.Slice):
        return _SLICE(_optional(node.lower), _optional(node.upper), _optional(node.step))
    if isinstance(node, ast.Starred):
        return _INDEX(_expression(node.value), "*")
    return _INDEX(_expression(node), None)


def _elements(nodes: Iterable[ast.expr]) -> list[Any]:
    return [
        _STARRED(_expression(each.value)) if isinstance(each, ast.Starred) else _ELEMENT(_expression(each))
        for each in nodes
    ]


def _dict(node: ast.Dict) -> object:
    pairs = zip(node.keys, node.values, strict=True)
    return _DICT(
        [
            _STARRED_DICT(_expression(value)) if key is None else _DICT_ELEMENT(_expression(key), _expression(value))
            for key, value in pairs
        ]
    )


def _comp_for(generators: Sequence[ast.comprehension]) -> object:
    made = None
    for each in reversed(generators):
        ifs = [_COMP_IF(_expression(test)) for test in each.ifs]
        asynchronous = _ASYNCHRONOUS if each.is_async else None
        made = _COMP_FOR(_expression(each.target), _expression(each.iter), ifs, made, asynchronous)
    return made


def _lambda(node: ast.Lambda) -> object:
    return _LAMBDA(_parameters(node.args), _expression(node.body))


def _parameters(node: ast.arguments) -> Any:
    first = [*node.posonlyargs, *node.args]
    defaults = [*[None] * (len(first) - len(node.defaults)), *node.defaults]
    params = [_param(*pair) for pair in zip(first, defaults, strict=True)]
    split = len(node.posonlyargs)
    star: object = cst.MaybeSentinel.DEFAULT
    if node.vararg is not None:
        star = _param(node.vararg, None, "*")
    elif node.kwonlyargs:
        star = object.__new__(cst.ParamStar)
    return _PARAMETERS(
        params[split:],
        star,
        [_param(*pair) for pair in zip(node.kwonlyargs, node.kw_defaults, strict=True)],
        None if node.kwarg is None else _param(node.kwarg, None, "**"),
        params[:split],
        object.__new__(cst.ParamSlash) if split else cst.MaybeSentinel.DEFAULT,
    )


def _param(node: ast.arg, default: ast.expr | None, star: str = "") -> Any:
    return _PARAM(_NAME(node.arg), _annotation(node.annotation), _optional(default), star)


def _annotation(node: ast.expr | None) -> Any:
    return None if node is None else _ANNOTATION(_expression(node))


def _formatted(node: ast.JoinedStr) -> object:
    return _FORMATTED(_parts(node.values))


def _parts(values: Iterable[ast.expr]) -> list[Any]:
    return [
        _FORMATTED_TEXT(each.value)
        if isinstance(each, ast.Constant)
        else _FORMATTED_EXPRESSION(
            _expression(each.value),
            None if each.conversion == -1 else chr(each.conversion),
            _parts(each.format_spec.values) if isinstance(each.format_spec, ast.JoinedStr) else None,
        )
        for each in values
        if isinstance(each, (ast.Constant, ast.FormattedValue))
    ]


_CONSTANTS: Mapping[type, Make] = {
    bool: _NAME,
    bytes: _STRING,
    complex: lambda text: _IMAGINARY(_finite(text)),
    float: lambda text: _FLOAT(_finite(text)),
    int: _INTEGER,
    str: _STRING,
    type(None): _NAME,
    type(...): lambda _: object.__new__(cst.Ellipsis),
}
_EXPRESSIONS: Mapping[type[ast.AST], Make] = {
    ast.Attribute: _attribute,
    ast.Await: lambda node: _AWAIT(_expression(node.value)),
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: lambda node: _DICT_COMP(_expression(node.key), _expression(node.value), _comp_for(node.generators)),
    ast.GeneratorExp: lambda node: _GENERATOR(_expression(node.elt), _comp_for(node.generators)),
    ast.IfExp: lambda node: _CONDITIONAL(_expression(node.test), _expression(node.body), _expression(node.orelse)),
    ast.JoinedStr: _formatted,
    ast.Lambda: _lambda,
    ast.List: lambda node: _LIST(_elements(node.elts)),
    ast.ListComp: lambda node: _LIST_COMP(_expression(node.elt), _comp_for(node.generators)),
    ast.Name: _name,
    ast.NamedExpr: lambda node: _NAMED(_expression(node.target), _expression(node.value)),
    ast.Set: lambda node: _SET(_elements(node.elts)),
    ast.SetComp: lambda node: _SET_COMP(_expression(node.elt), _comp_for(node.generators)),
    ast.Subscript: _subscript,
    ast.Tuple: lambda node: _TUPLE(_elements(node.elts)),
    ast.UnaryOp: _unary,
    ast.Yield: lambda node: _YIELD(_optional(node.value)),
    ast.YieldFrom: lambda node: _YIELD(_FROM(_expression(node.value))),
}


# Statements


def _block(body: Sequence[ast.stmt]) -> Any:
    return _BLOCK(_lines(body), _ENDING, ())


def _lines(body: Iterable[ast.stmt]) -> list[Any]:
    """Return the lines of a block; statements that stand on the same one are one of libcst's."""
    lines: list[Any] = []
    small: list[Any] = []
    ended = 0
    for node in body:
        make = _SIMPLE.get(node.__class__)
        if make is None:
            lines.append(_COMPOUND[node.__class__](node))
        elif node.lineno == ended:
            small.append(make(node))
        else:
            small = [make(node)]
            lines.append(_LINE(small))
        ended = node.end_lineno or 0
    return lines


def _else(body: Sequence[ast.stmt]) -> Any:
    return _ELSE(_block(body), ()) if body else None


def _assign(node: ast.Assign) -> object:
    return _ASSIGN([_ASSIGN_TARGET(_expression(target)) for target in node.targets], _expression(node.value))


def _augmented(node: ast.AugAssign) -> object:
    operator = object.__new__(_ASSIGNING[node.op.__class__])
    return _AUGMENTED(_expression(node.target), operator, _expression(node.value))


def _annotated(node: ast.AnnAssign) -> object:
    return _ANNOTATED(_expression(node.target), _annotation(node.annotation), _optional(node.value))


def _raise(node: ast.Raise) -> object:
    return _RAISE(_optional(node.exc), None if node.cause is None else _FROM(_expression(node.cause)))


def _del(node: ast.Delete) -> object:
    return _DEL(_expression(node.targets[0]) if len(node.targets) == 1 else _TUPLE(_elements(node.targets)))


def _aliases(nodes: Iterable[ast.alias]) -> list[Any]:
    return [_IMPORT_ALIAS(_dotted(each.name), _as_name(_name_of(each.asname))) for each in nodes]


def _as_name(node: object) -> Any:
    return None if node is None else _AS_NAME(node)


def _import_from(node: ast.ImportFrom) -> object:
    every = len(node.names) == 1 and node.names[0].name == "*"
    names = object.__new__(cst.ImportStar) if every else _aliases(node.names)
    return _IMPORT_FROM(None if node.module is None else _dotted(node.module), names, [_DOT] * node.level)


def _name_items(names: Iterable[str]) -> list[Any]:
    return [_NAME_ITEM(_NAME(name)) for name in names]


def _type_alias(node: Any) -> object:
    return _TYPE_ALIAS(_expression(node.name), _expression(node.value), _type_parameters(node))


def _type_parameters(node: Any) -> Any:
    """Return the type parameters of `node`, which Python has since 3.12."""
    found = getattr(node, "type_params", None)
    if not found:
        return None
    return _TYPE_PARAMETERS([_TYPE_PARAM(_type_param(each), _optional(_default(each)), "") for each in found])


def _default(node: ast.AST) -> ast.AST | None:
    return getattr(node, "default_value", None)


def _type_param(node: Any) -> Any:
    kind = node.__class__.__name__
    if kind == "TypeVar":
        return _TYPE_VAR(_NAME(node.name), _optional(node.bound))
    return {"TypeVarTuple": _TYPE_VAR_TUPLE, "ParamSpec": _PARAM_SPEC}[kind](_NAME(node.name))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> object:
    return _FUNCTION(
        _NAME(node.name),
        _parameters(node.args),
        _block(node.body),
        _decorators(node.decorator_list),
        _annotation(node.returns),
        _asynchronous(node),
        _type_parameters(node),
    )


def _asynchronous(node: ast.AST) -> Any:
    return _ASYNCHRONOUS if node.__class__ in {ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith} else None


def _decorators(nodes: Iterable[ast.expr]) -> list[Any]:
    return [_DECORATOR(_expression(each)) for each in nodes]


def _class(node: ast.ClassDef) -> object:
    return _CLASS(
        _NAME(node.name),
        _block(node.body),
        _args(node.bases, ()),
        _args((), node.keywords),
        _decorators(node.decorator_list),
        _type_parameters(node),
    )


def _for(node: ast.For | ast.AsyncFor) -> object:
    return _FOR(
        _expression(node.target), _expression(node.iter), _block(node.body), _else(node.orelse), _asynchronous(node)
    )


def _while(node: ast.While) -> object:
    return _WHILE(_expression(node.test), _block(node.body), _else(node.orelse))


def _if(node: ast.If) -> Any:
    # A hundred `elif`s are one below the other, and no reason to go as deep.
    chain = [node]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and node.orelse[0].col_offset == node.col_offset:
        node = node.orelse[0]
        chain.append(node)
    made = _else(node.orelse)
    for each in reversed(chain):
        made = _IF(_expression(each.test), _block(each.body), made, ())
    return made


def _try(node: Any) -> object:
    starred = not isinstance(node, ast.Try)
    handler = _STAR_HANDLER if starred else _HANDLER
    handlers = [
        handler(_block(each.body), _optional(each.type), _as_name(_name_of(each.name))) for each in node.handlers
    ]
    made = _TRY_STAR if starred else _TRY
    final = _FINALLY(_block(node.finalbody)) if node.finalbody else None
    return made(_block(node.body), handlers, _else(node.orelse), final)


def _with(node: ast.With | ast.AsyncWith) -> object:
    items = [_WITH_ITEM(_expression(each.context_expr), _as_name(_optional(each.optional_vars))) for each in node.items]
    return _WITH(items, _block(node.body), _asynchronous(node))


def _match(node: ast.Match) -> object:
    cases = [_CASE(_pattern(each.pattern), _block(each.body), _optional(each.guard), ()) for each in node.cases]
    return _MATCH(_expression(node.subject), cases, (), _SPACE, ())


def _pattern(node: ast.AST) -> Any:
    return _PATTERNS[node.__class__](node)


def _match_sequence(node: ast.MatchSequence) -> object:
    return _MATCH_LIST(
        [
            _MATCH_STAR(_name_of(each.name)) if isinstance(each, ast.MatchStar) else _MATCH_ELEMENT(_pattern(each))
            for each in node.patterns
        ]
    )


def _match_mapping(node: ast.MatchMapping) -> object:
    pairs = zip(node.keys, node.patterns, strict=True)
    elements = [_MATCH_MAPPING_ELEMENT(_expression(key), _pattern(value)) for key, value in pairs]
    return _MATCH_MAPPING(elements, _name_of(node.rest))


def _match_class(node: ast.MatchClass) -> object:
    pairs = zip(node.kwd_attrs, node.kwd_patterns, strict=True)
    return _MATCH_CLASS(
        _expression(node.cls),
        [_MATCH_ELEMENT(_pattern(each)) for each in node.patterns],
        [_MATCH_KEYWORD(_NAME(key), _pattern(value)) for key, value in pairs],
    )


def _match_as(node: ast.MatchAs) -> object:
    return _MATCH_AS(None if node.pattern is None else _pattern(node.pattern), _name_of(node.name))


_PATTERNS: Mapping[type[ast.AST], Make] = {
    ast.MatchAs: _match_as,
    ast.MatchClass: _match_class,
    ast.MatchMapping: _match_mapping,
    ast.MatchOr: lambda node: _MATCH_OR([_MATCH_OR_ELEMENT(_pattern(each)) for each in node.patterns]),
    ast.MatchSequence: _match_sequence,
    ast.MatchSingleton: lambda node: _MATCH_SINGLETON(_NAME(repr(node.value))),
    ast.MatchValue: lambda node: _MATCH_VALUE(_expression(node.value)),
}
_SIMPLE: Mapping[type[ast.AST], Make] = {
    ast.AnnAssign: _annotated,
    ast.Assert: lambda node: _ASSERT(_expression(node.test), _optional(node.msg)),
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: lambda _: object.__new__(cst.Break),
    ast.Continue: lambda _: object.__new__(cst.Continue),
    ast.Delete: _del,
    ast.Expr: lambda node: _EXPR(_expression(node.value)),
    ast.Global: lambda node: _GLOBAL(_name_items(node.names)),
    ast.Import: lambda node: _IMPORT(_aliases(node.names)),
    ast.ImportFrom: _import_from,
    ast.Nonlocal: lambda node: _NONLOCAL(_name_items(node.names)),
    ast.Pass: lambda _: object.__new__(cst.Pass),
    ast.Raise: _raise,
    ast.Return: lambda node: _RETURN(_optional(node.value)),
    **({ast.TypeAlias: _type_alias} if hasattr(ast, "TypeAlias") else {}),
}
_COMPOUND: Mapping[type[ast.AST], Make] = {
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.ClassDef: _class,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.Match: _match,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.While: _while,
    ast.With: _with,
}
