"""Yards, buildings and doors are entered by who works there; the divisions above are the state's."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register
from minshi.territory.models import Household, Territory

pytestmark = pytest.mark.django_db


def test_the_clerk_adds_a_yard_a_building_and_its_doors(community: Territory, yard: Territory, clerk: User) -> None:
    new = register.add_place(community, name=" 样板巷9号院 ", level="yard", by=clerk)
    building = register.add_place(new, name="1栋", level="building", by=clerk)
    register.add_doors(building, ["101", " 102", "", "101"], by=clerk)
    assert building.full_name == f"{community.full_name}样板巷9号院1栋"
    assert building.path.startswith(new.path) and new.code != yard.code
    assert [door.address for door in Household.objects.filter(place=building)] == ["101", "102"]


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk", "approver", "cashier"])
def test_others_enter_nothing(community: Territory, yard: Territory, who: str, request: Any) -> None:
    by = request.getfixturevalue(who)
    for act in (
        lambda: register.add_place(community, name="9号院", level="yard", by=by),
        lambda: register.add_doors(yard, ["901"], by=by),
        lambda: register.describe(community, phone="0871-12345678", organisation_code="", by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_name_stands_once_in_a_place(community: Territory, yard: Territory, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        register.add_place(community, name=yard.name, level="yard", by=clerk)
    assert "已经有" in refusal.value.fields["name"]


@pytest.mark.parametrize("level", ["community", "city", "nothing"])
def test_no_division_of_the_state_is_entered_by_hand(community: Territory, clerk: User, level: str) -> None:
    with pytest.raises(Refused) as refusal:
        register.add_place(community, name="新社区", level=level, by=clerk)
    assert set(refusal.value.fields) == {"level"}


def test_nothing_is_added_directly_below_a_street(street: Territory, case_officer: User) -> None:
    assert register.levels_below(street) == []
    with pytest.raises(Refused):
        register.add_place(street, name="9号院", level="yard", by=case_officer)


def test_a_community_has_yards_and_no_doors(community: Territory, clerk: User) -> None:
    with pytest.raises(Refused):
        register.add_doors(community, ["101"], by=clerk)


def test_a_door_stands_once(households: list[Household], clerk: User) -> None:
    door = households[0]
    before = door.place.households.count()
    with pytest.raises(Refused) as refusal:
        register.add_doors(door.place, ["901", door.address], by=clerk)
    assert door.address in refusal.value.fields["addresses"]
    assert door.place.households.count() == before


@pytest.mark.parametrize("lines", [[], ["  ", "\u200b"], ["长" * 81], [str(number) for number in range(101, 602)]])
def test_what_is_no_list_of_doors_is_refused(yard: Territory, clerk: User, lines: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        register.add_doors(yard, lines, by=clerk)
    assert set(refusal.value.fields) == {"addresses"}


@pytest.mark.parametrize(
    "line",
    [
        "1单元901\t张三\t13800138000",
        "1单元901 张三 138-0013-8000",
        "1单元901，张三",
        "901 张三",
        "张三",
        "13800138000",
        "１３８００１３８０００",
        "=1+1",
        "<script>alert(1)</script>",
        "门卫室",
    ],
)
def test_what_is_no_door_is_refused_by_its_line(yard: Territory, clerk: User, line: str) -> None:
    """Whoever looks for their own door reads it."""
    with pytest.raises(Refused) as refusal:
        register.add_doors(yard, ["101", line], by=clerk)
    assert "第 2 行" in refusal.value.fields["addresses"]
    assert not yard.households.exists()


def test_every_wrong_line_is_named_at_once(yard: Territory, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        register.add_doors(yard, ["101", "101\t张三", "", "李四"], by=clerk)
    assert "第 2 行" in refusal.value.fields["addresses"] and "第 4 行" in refusal.value.fields["addresses"]


@pytest.mark.parametrize(
    "again",
    [
        "1单元 301",
        "1-301",
        "一单元301",
        "１单元３０１",
        "1—301",
        "1单元301室",
        "01单元0301",
        "1单元3楼301",
        "一单元三〇一",
    ],
)
def test_one_door_stands_once_however_it_is_spelled(building: Territory, clerk: User, again: str) -> None:
    register.add_doors(building, ["1单元301"], by=clerk)
    with pytest.raises(Refused, match="已经登记过"):
        register.add_doors(building, [again], by=clerk)
    assert len(register.add_doors(building, ["2单元301", "301", "1单元302"], by=clerk)) == 3


def test_the_database_knows_one_door_by_what_was_read(building: Territory, clerk: User) -> None:
    (door,) = register.add_doors(building, ["1单元301"], by=clerk)
    for address, key in (("1-301", door.key), ("1单元901\t张三", "/1/901"), ("甲", "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Household.objects.create(place=building, address=address, key=key)


def test_a_door_is_of_the_building_it_is_entered_under(yard: Territory, building: Territory, clerk: User) -> None:
    (door,) = register.add_doors(building, ["样板巷1号院1栋2单元301"], by=clerk)
    assert door.key == "/2/301"
    with pytest.raises(Refused, match="写的是 2 栋"):
        register.add_doors(building, ["2栋301"], by=clerk)
    with pytest.raises(Refused, match="1栋"):
        register.add_doors(yard, ["1栋301"], by=clerk)


def test_the_offices_telephone_and_code_are_kept(community: Territory, clerk: User) -> None:
    register.describe(community, phone="0871-12345678", organisation_code="686175779", by=clerk)
    community.refresh_from_db()
    assert (community.phone, community.organisation_code) == ("0871-12345678", "686175779")
