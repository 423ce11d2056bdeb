"""What a project tells of its own operations, put into the form of the tables.

The tables cannot know a project's client class, so its settings can. Which of its modules a relative import means is
not known either, but its end is: `from .client import call` in the project of `acme.client.call` means that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from connlint.knowledge.model import Failure, Library, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connlint.knowledge.model import Phase, Scenario
    from connlint.options import Options

SOURCE = "[tool.connlint.operations]"


class Own(NamedTuple):
    """What a project told, and the tables made of it; `ends` says what relative imports mean."""

    options: Options | None
    library: Library
    operations: Mapping[str, Operation]
    ends: Mapping[str, str]

    def name_of(self, relative: str) -> str:
        """Return what `relative`, a name that a relative import gives, means; itself if nothing told so."""
        head, tail = f".{relative.lstrip('.')}", ""
        while head:
            if head in self.ends:
                return self.ends[head] + tail
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return relative


NOTHING = Own(None, Library("own", {}, {}, (), {}), {}, {})


def read(options: Options, canonical: Callable[[str], str]) -> Own:
    """Return what `options` tell, by the names that `canonical` gives."""
    bases = {canonical(name): tuple(map(canonical, of)) for name, of in options.exceptions}
    rows = {
        row.name: row
        for row in (
            Operation(
                canonical(own.name),
                cast("Phase", own.phase),
                tuple(Failure(cast("Scenario", kind), canonical(raised)) for kind, raised in own.raises),
                SOURCE,
                timeout=own.timeout,
                awaited=own.awaited,
            )
            for own in options.operations
        )
    }
    owners = {name.rpartition(".")[0] for name in rows}
    classes = {name for name in owners if name.rpartition(".")[2][:1].isupper()} - bases.keys()
    failures = {failure.raises for row in rows.values() for failure in row.failures}
    library = Library(
        "own",
        aliases={},
        bases={**dict.fromkeys(classes, ("object",)), **bases},
        operations=tuple(rows.values()),
        returns={},
        connection_failures=frozenset(failures & bases.keys()),
    )
    return Own(options, library, rows, _ends({*rows, *classes, *bases, *options.sleep_functions}))


def _ends(names: Iterable[str]) -> dict[str, str]:
    """Return what a relative import may call each of `names`, where that is the end of no other."""
    found: dict[str, set[str]] = {}
    for name in names:
        parts = name.split(".")
        for start in range(1, len(parts)):
            found.setdefault(f".{'.'.join(parts[start:])}", set()).add(name)
    return {end: meant.pop() for end, meant in found.items() if len(meant) == 1}
