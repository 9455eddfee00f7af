"""A place's report reads what it sums up, and finds its streets and years without."""

from __future__ import annotations

import pytest
from django.db.models import Q

from bench.plans import plans_of
from evaluation.report import report_of, years_of
from minshi.territory.models import Territory
from proposals.models import Card, CardPlace
from tests.world import World


@pytest.mark.parametrize("level", ["city", "district", "street", "community", "yard"])
def test_its_streets_are_those_its_cards_stand_in(crowd: World, level: str) -> None:
    place = crowd["archived"].place.at_level(level)
    here = Card.objects.filter(places__place=place)
    for year in (None, 2026, 2025):
        chosen = here if year is None else here.filter(submitted_at__year=year)
        streets = Territory.objects.filter(
            level="street", pk__in=CardPlace.objects.filter(card__in=chosen).values("place")
        )
        assert report_of(place, year).streets == streets.count(), year


def test_a_street_that_never_had_a_project_is_none(crowd: World) -> None:
    empty = Territory.objects.exclude(pk__in=CardPlace.objects.values("place")).filter(~Q(level="city")).first()
    assert empty is None or (report_of(empty).streets, years_of(empty)) == (0, [])


def test_finding_streets_and_years_reads_none_of_its_cards(crowd: World) -> None:
    district = crowd.place("district")
    asked = plans_of(lambda: report_of(district), by_index=True)
    streets = next(plan for plan in asked if "level_id" in plan.statement.sql and "EXISTS" in plan.statement.sql)
    within = Territory.objects.filter(level="street", path__startswith=district.path).count()
    stands = {table: rows for table, _how, rows in streets.scans}["proposals_cardplace"]
    assert stands <= within < Card.objects.count()
    assert streets.buffers < 60
    years = plans_of(lambda: years_of(district), by_index=True)
    assert sum(plan.read for plan in years) < 5
    assert sum(plan.buffers for plan in years) < 12
