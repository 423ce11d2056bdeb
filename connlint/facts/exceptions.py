"""Does this handler take that class? One answer, with the classes of the file and of the libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint.facts.names import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connlint.facts.values import Values


class Exceptions:
    """The hierarchy of exception classes as one file sees it."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def takes(self, caught: str, raised: str) -> bool | None:
        """Say whether `except caught` takes an instance of `raised`; None where the classes are not known."""
        if OPAQUE in {caught, raised}:
            return True if caught == "BaseException" else None
        if caught in {raised, "BaseException"}:
            return True
        lineage = self._values.lineage(raised)
        if caught in lineage:
            return True
        return None if OPAQUE in lineage else False

    def taken(self, caught: Iterable[str], raised: str) -> bool | None:
        """Say whether any of `caught` takes `raised`; None if none surely does and one may."""
        answers = {self.takes(item, raised) for item in set(caught)}
        if True in answers:
            return True
        return None if None in answers else False

    def derives(self, name: str, base: str) -> bool:
        """Say whether the class `name` is known to be `base` or to derive from it."""
        return name != OPAQUE and base in self._values.lineage(name)
