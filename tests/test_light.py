"""Named tuples that need neither ``typing`` nor ``collections``: the same as those that do."""

from __future__ import annotations

import copy
import pickle
from typing import NamedTuple as Usual

import pytest

from auditor.light import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 0
    """Upwards."""

    @property
    def sum(self) -> int:
        """Both together."""
        return self.x + self.y

    def moved(self, by: int) -> Point:
        """Return another."""
        return self._replace(x=self.x + by)


class UsualPoint(Usual):
    """A place."""

    x: int
    y: int = 0


def test_items_have_names_and_defaults() -> None:
    point = Point(1)
    assert (point.x, point.y, point.sum, *point) == (1, 0, 1, 1, 0)
    assert Point(y=2, x=1) == (1, 2) == Point(1, 2)
    assert hash(Point(1, 2)) == hash((1, 2))
    assert repr(point) == repr(UsualPoint(1)).replace("UsualPoint", "Point")
    assert point.moved(2) == Point(3)
    assert (Point._fields, Point.__doc__, point._asdict()) == (("x", "y"), "A place.", {"x": 1, "y": 0})
    match point:
        case Point(x, 0):
            assert x == 1
        case _:
            pytest.fail("has no match arguments")


def test_copies_and_pickles_are_of_the_class() -> None:
    for other in (copy.copy(Point(1, 2)), copy.deepcopy(Point(1, 2)), pickle.loads(pickle.dumps(Point(1, 2)))):
        assert (type(other), other) == (Point, Point(1, 2))


@pytest.mark.parametrize("given", [((), {}), ((1, 2, 3), {}), ((1,), {"z": 1})])
def test_what_is_missing_or_too_much_is_refused(given: tuple[tuple[int, ...], dict[str, int]]) -> None:
    for class_ in (Point, UsualPoint):
        with pytest.raises(TypeError):
            class_(*given[0], **given[1])


def test_nothing_can_be_set_and_no_field_is_made_up() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Point(1).other = 2  # type: ignore[attr-defined]
    with pytest.raises((TypeError, ValueError), match="unexpected"):
        Point(1)._replace(other=2)  # type: ignore[call-arg]
