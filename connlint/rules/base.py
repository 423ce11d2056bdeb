"""What a rule is.

A rule is one class in one file of this package, and nothing else in the repository names it: its code, its name, its
documentation (the docstring), its examples (which are its tests and its page in the docs), its check, and its fix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from connlint.records import Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import libcst as cst

    from connlint.facts import Facts
    from connlint.source import Edit

Applicability = Literal["safe", "unsafe"]


class Rewrite(NamedTuple):
    """What a fix does to the tree.

    `replace` maps nodes of the file to what takes their place: another node, several statements (a tuple), or nothing
    (an empty tuple, for whole statements and clauses). `imports` are modules to import at the top, as `import X`;
    `dropped_imports` names that may now be imported for nothing, and then go. `edits` change the text itself, where
    that is no node of its own; `dropped_comments` are the comments that may go. `reads` are nodes that it takes for as
    they stand: no fix that replaces one of them is applied at the same time.
    """

    replace: Mapping[cst.CSTNode, cst.CSTNode | tuple[cst.CSTNode, ...]]
    imports: tuple[str, ...] = ()
    dropped_imports: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    dropped_comments: tuple[str, ...] = ()
    reads: frozenset[cst.CSTNode] = frozenset()


class Fix(Record):
    """A way to repair a finding: `rewrite` is asked only when somebody wants it, and may decline with None."""

    applicability: Applicability
    message: str
    rewrite: Callable[[], Rewrite | None]


class Finding(Record):
    """What a rule reports of one place.

    `node` is the place: row and column are its start. `until` is the node whose end closes the part to underline.
    `arguments` fill the rule's message; `why` are sentences that a reviewer can check: which call, which class.
    """

    node: cst.CSTNode
    until: cst.CSTNode | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    fix: Fix | None = None


class Example(Record):
    """A piece of code with a name that reads as an id; `fixed` is what all fixes of the rule make of it."""

    name: str
    code: str
    fixed: str | None = None


class Rule(ABC):
    """The base of all rules.

    The docstring of a rule is its documentation, in Markdown, with the headings What it does, Why is this bad,
    Example, Use instead, When this is fine, Fix safety, References. `message` is a template for `Finding.arguments`.
    Every example of `bad` must be reported and every one of `silent` must not.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    message: ClassVar[str]
    default: ClassVar[bool] = True
    fixable: ClassVar[Literal["always", "sometimes", "never"]] = "never"
    reveals: ClassVar[frozenset[str]] = frozenset()
    """Codes that the fix may bring to light, because the code it repairs starts to work."""
    last: ClassVar[bool] = False
    """True for a rule that judges what the others found: it is asked after them, and in connlint's own runs only."""
    bad: ClassVar[tuple[Example, ...]]
    silent: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def check(self, facts: Facts) -> Iterator[Finding]:
        """Yield what this rule reports of the file whose `facts` these are."""
