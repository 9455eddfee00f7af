"""A roll is who is asked, copied from the register in one statement and never changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from minshi.accounts.models import User
from minshi.refusals import Refused
from minshi.residents.models import Person
from minshi.rolls.actions import freeze_households, freeze_owners, freeze_residents
from minshi.rolls.models import Roll, Unit, UnitKind
from minshi.territory.models import Household, Territory
from tests.cast import make_resident

pytestmark = pytest.mark.django_db


def test_each_door_is_one_unit_in_the_order_of_the_doors(households: list[Household], building: Territory) -> None:
    roll = freeze_households(Household.objects.filter(place=building), by=None)
    assert (roll.kind, roll.size, roll.persons) == (UnitKind.HOUSEHOLD, 12, 12)
    doors = list(roll.units.order_by("ordinal").values_list("ordinal", "household__address"))
    assert doors == list(enumerate(sorted(door.address for door in households), start=1))


def test_its_labels_stop_at_the_building(households: list[Household]) -> None:
    roll = freeze_households(Household.objects.all(), by=None)
    assert set(roll.units.values_list("label", flat=True)) == {"样板巷1号院1栋"}


def test_it_takes_one_statement_whatever_the_number(households: list[Household]) -> None:
    with CaptureQueriesContext(connection) as queries:
        freeze_households(Household.objects.all(), by=None)
    assert len([query for query in queries if "rolls_unit" in query["sql"] and "INSERT" in query["sql"]]) == 1


def test_residents_are_the_grown_up_and_confirmed_ones(
    households: list[Household], resident: User, chief: User
) -> None:
    make_resident("巳少年", households[0], adult=False)
    make_resident("午新来", households[1], confirmed=False)
    roll = freeze_residents(Person.objects.all(), by=None)
    assert roll.kind == UnitKind.RESIDENT
    assert set(roll.units.values_list("person", flat=True)) == {resident.person.pk, chief.person.pk}


def test_several_flats_of_one_owner_are_one_person_and_their_areas_add_up(
    flats: list[Household], owners: dict[str, User]
) -> None:
    """民法典 278, as domain.md 5 reads it: co-owners are one unit, an organisation is an owner like any other."""
    roll = freeze_owners(Household.objects.filter(pk__in=[door.pk for door in flats]), by=None)
    assert (roll.size, roll.persons, roll.area_m2) == (5, 5, Decimal("450.30"))
    areas = sorted(roll.units.values_list("area_m2", flat=True))
    assert areas == [Decimal("60.05"), Decimal("70.05"), Decimal("80.05"), Decimal("90.05"), Decimal("150.10")]
    couple = roll.units.get(area_m2=Decimal("60.05"))
    assert {share.ownership.person for share in couple.shares.all()} == {
        owners["wife"].person,
        owners["husband"].person,
    }


def test_nobody_to_ask_is_refused(building: Territory) -> None:
    with pytest.raises(Refused, match="还没有登记住户"):
        freeze_households(Household.objects.none(), by=None)


@pytest.mark.parametrize("change", [{"persons": 2}, {"area_m2": 99}, {"label": "别处"}, {"ordinal": 99}])
def test_no_unit_is_reweighed(households: list[Household], change: dict[str, Any]) -> None:
    unit = freeze_households(Household.objects.all(), by=None).units.first()
    with (
        pytest.raises((IntegrityError, ProgrammingError), match=r"permission denied|append-only"),
        transaction.atomic(),
    ):
        Unit.objects.filter(pk=unit.pk).update(**change)


def test_no_unit_joins_or_leaves(households: list[Household]) -> None:
    roll = freeze_households(Household.objects.filter(pk=households[0].pk), by=None)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Unit.objects.create(roll=roll, ordinal=2, household=households[1], label="")
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        roll.units.all().delete()


def test_its_sums_are_those_of_its_units(households: list[Household]) -> None:
    roll = freeze_households(Household.objects.all(), by=None)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Roll.objects.filter(pk=roll.pk).update(persons=99)
    with pytest.raises(IntegrityError, match="not the sum"), transaction.atomic():
        Roll.objects.create(kind=UnitKind.HOUSEHOLD, size=3, persons=3)
        connection.check_constraints()
