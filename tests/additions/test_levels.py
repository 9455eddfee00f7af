"""A level that is added has its rank once, and its place in what is asked level by level."""

from __future__ import annotations

import pytest

from minshi.disclosure.models import Objection
from minshi.disclosure.rules import ABOVE, ANSWERERS, CALLERS, DAYS_TO_ANSWER, WHO_STANDS_ABOVE, first_level
from minshi.residents.models import OFFICES
from minshi.residents.register import levels_below
from minshi.territory import divisions
from minshi.territory.actions import add_levels, add_place
from minshi.territory.models import LEVELS, Level, Territory
from proposals.lifecycle import holder_place

pytestmark = pytest.mark.django_db

CODES = [code for code, _name, _rank in LEVELS]


def test_the_levels_go_down_without_two_of_a_rank() -> None:
    ranks = [rank for _code, _name, rank in LEVELS]
    assert ranks == sorted(set(ranks))
    add_levels(by=None)
    assert list(Level.objects.values_list("code", "rank")) == [(code, rank) for code, _name, rank in LEVELS]


def test_what_the_statistics_number_comes_first_and_the_rest_is_the_communitys_to_add(community: Territory) -> None:
    numbered = list(divisions.DIGITS)
    assert numbered == CODES[: len(numbered)]
    assert list(divisions.DIGITS.values()) == sorted(divisions.DIGITS.values())
    assert [level.code for level in levels_below(community)] == CODES[len(numbered) :]


@pytest.mark.parametrize("code", CODES)
def test_whoever_holds_it_and_whoever_answers_first_is_found_from_a_place_of_any_level(
    city: Territory, code: str
) -> None:
    place = city if code == "city" else add_place(parent=city, code="x", name="某处", level=code, by=None)
    assert all(holder_place(place, level).contains(place) for level in OFFICES)
    assert first_level(place) in ANSWERERS


@pytest.mark.parametrize("level", Objection.Level)
def test_a_level_that_answers_has_its_days_its_people_and_the_next_one(level: str) -> None:
    assert {level} <= set(DAYS_TO_ANSWER) & set(ANSWERERS) & set(ABOVE) & set(WHO_STANDS_ABOVE)
    assert WHO_STANDS_ABOVE[Objection.Level(level)] in CALLERS
    assert level in OFFICES
    assert set(ANSWERERS[level]) <= set(OFFICES[level])


def test_offices_are_on_levels_that_are_there() -> None:
    assert set(OFFICES) <= set(CODES)
