"""In which place a matter is held, also where the tree has no such level (domain.md 2: depth differs)."""

from __future__ import annotations

import pytest

from minshi.territory.actions import add_place
from minshi.territory.models import Level, Territory
from proposals.lifecycle import holder_place

pytestmark = pytest.mark.django_db


def under(parent: Territory, level: str) -> Territory:
    return add_place(parent=parent, code=f"{parent.code}-{level}", name=level, level=level, by=None)


def test_the_place_on_that_level_holds_it(building: Territory, community: Territory, street: Territory) -> None:
    assert holder_place(building, "community") == community
    assert holder_place(building, "street") == street
    assert holder_place(building, "") == building


@pytest.mark.parametrize(
    ("missing", "above", "below"),
    [("community", "street", "yard"), ("street", "district", "community"), ("district", "city", "street")],
)
def test_where_the_level_is_missing_the_next_one_above_holds_it(
    request: pytest.FixtureRequest, missing: str, above: str, below: str
) -> None:
    higher: Territory = request.getfixturevalue(above)
    assert holder_place(under(higher, below), missing) == higher


@pytest.mark.parametrize(
    ("missing", "above", "between", "below"),
    [
        ("community", "street", 35, "yard"),
        ("street", "district", 25, "community"),
        ("district", "city", 15, "street"),
    ],
)
def test_a_level_of_ones_own_between_two_is_not_passed_over(
    request: pytest.FixtureRequest, missing: str, above: str, between: int, below: str
) -> None:
    """The nearest place that ranks above the missing level, not the nearest with a name we know."""
    higher: Territory = request.getfixturevalue(above)
    Level.objects.create(code="area", name="片区", rank=between)
    area = under(higher, "area")
    assert holder_place(under(area, below), missing) == area
