"""A door is found as people write it."""

from __future__ import annotations

import pytest
from django import forms

from minshi.accounts.models import User
from minshi.residents.doors import DoorTextField, find, signers_of
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from tests.cast import make_resident

pytestmark = pytest.mark.django_db


@pytest.fixture
def doors(yard: Territory, households: list[Household]) -> dict[str, Household]:
    """1栋: twelve doors by floor; 2栋: two entrances."""
    second = add_place(parent=yard, code=f"{yard.code}-2", name="2栋", level="building", by=None)
    more = add_households(place=second, addresses=["1单元301", "2单元301", "2-402"], by=None)
    return {door.door.removeprefix("样板巷1号院"): door for door in [*households, *more]}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("101", "1栋101"),
        ("１０１", "1栋101"),
        ("1栋101", "1栋101"),
        ("1栋 101 室", "1栋101"),
        ("1-301", None),  # of 1栋 and of 2栋's first entrance: both end in 1, 301
        ("2-301", "2栋2单元301"),
        ("2单元301", "2栋2单元301"),
        ("二单元301", "2栋2单元301"),
        ("2栋1单元301", "2栋1单元301"),
        ("2-1-301", "2栋1单元301"),
        ("402", "2栋2-402"),
    ],
)
def test_spellings_of_one_door(doors: dict[str, Household], typed: str, meant: str | None) -> None:
    found = find(typed, Household.objects.all())
    if meant is None:
        assert len(found) == 2
    else:
        assert [door.door.removeprefix("样板巷1号院") for door in found] == [meant]


@pytest.mark.parametrize("typed", ["", "九十九", "999", "-", "栋", "\u202e", "1" * 80])
def test_what_is_no_door_finds_none(doors: dict[str, Household], typed: str) -> None:
    assert find(typed, Household.objects.all()) == []


def test_the_field_says_what_is_missing(doors: dict[str, Household]) -> None:
    field = DoorTextField()
    field.doors = Household.objects.all()
    with pytest.raises(forms.ValidationError, match="请写上楼栋"):
        field.clean("301")
    with pytest.raises(forms.ValidationError, match="没有找到"):
        field.clean("888")
    assert field.clean("2栋 1单元 301") == doors["2栋1单元301"]


def test_who_may_have_signed_are_the_adults_of_the_door_or_nobody_known(household: Household, resident: User) -> None:
    make_resident("巳少年", household, adult=False)
    make_resident("午新来", household, confirmed=False)
    wife = make_resident("申妻子", household)
    assert [name for _key, name in signers_of(household)] == ["甲居民", wife.person.name, "未登记的人"]
