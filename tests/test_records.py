from __future__ import annotations

import pytest

from connlint.records import Record, field, replace


class Point(Record):
    """Something frozen."""

    x: int
    y: int = 2
    """Where it is."""

    @property
    def both(self) -> tuple[int, int]:
        return self.x, self.y


class Bag(Record, frozen=False):
    """Something that changes."""

    items: list[int] = field(default_factory=list)
    told: bool = False


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(Point(1), id="default"),
        pytest.param(Point(1, 2), id="by-position"),
        pytest.param(Point(y=2, x=1), id="by-keyword"),
        pytest.param(replace(Point(5), x=1), id="replaced"),
    ],
)
def test_fields(made: Point) -> None:
    assert made.both == (1, 2)
    assert repr(made) == "Point(x=1, y=2)"


def test_defaults_are_made_anew() -> None:
    bags = [Bag(), Bag(), Bag([3])]
    bags[0].items.append(1)
    bags[0].told = True
    assert [(bag.items, bag.told) for bag in bags] == [([1], True), ([], False), ([3], False)]


def test_equals_itself_alone() -> None:
    point = Point(1)
    assert point == point
    assert point != Point(1)
    assert len({point, Point(1)}) == 2


def test_wants_what_has_no_default() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point(y=3)  # type: ignore[call-arg]


def test_takes_nothing_else() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=3)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]
