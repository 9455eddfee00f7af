"""A building of owners: one with two flats, a couple with one, a company, and doors whose owner lives elsewhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from minshi.accounts.models import User
from minshi.residents.models import Ownership
from minshi.territory.models import Household
from tests.cast import make_resident


@pytest.fixture
def flats(households: list[Household]) -> list[Household]:
    """Six of the twelve doors, of 50, 60 … 100 m² and a few hundredths."""
    for number, door in enumerate(households[:6]):
        door.area_m2 = Decimal(50 + 10 * number) + Decimal("0.05")
        door.save(update_fields=["area_m2"])
    return households[:6]


@pytest.fixture
def owners(flats: list[Household]) -> dict[str, User]:
    """two: the first and last flat; wife and husband together: the second; third, fourth, a company: one each."""
    people = {
        "two": make_resident("甲两套", flats[0]),
        "wife": make_resident("乙妻子", flats[1]),
        "husband": make_resident("丙丈夫", flats[1]),
        "third": make_resident("丁业主", None),
        "fourth": make_resident("戊业主", flats[3]),
    }
    owned = {"two": (0, 5), "wife": (1,), "husband": (1,), "third": (2,), "fourth": (3,)}
    for name, doors in owned.items():
        for number in doors:
            Ownership.objects.create(household=flats[number], person=people[name].person)
    Ownership.objects.create(household=flats[4], organisation="样板公司")
    return people
