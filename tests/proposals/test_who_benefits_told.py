"""Who benefits, as the initiation notice tells it: how many doors and where, and never which door."""

from __future__ import annotations

import re

import pytest

from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals.models import Proposal
from proposals.wording import told_beneficiaries
from tests.way import Way

pytestmark = pytest.mark.django_db


def building_of(yard: Territory, name: str, *addresses: str) -> list[Household]:
    place = add_place(parent=yard, code=f"{yard.code}-{name}", name=name, level="building", by=None)
    return add_households(place=place, addresses=list(addresses), by=None)


def units(unit: int, number: int) -> list[str]:
    return [f"{unit}单元{floor}01" for floor in range(1, number + 1)]


def told(proposal: Proposal) -> str:
    assert proposal.gate_notice
    return str(dict(proposal.gate_notice.table)["受益"])


def test_the_notice_names_the_whole_place(way: Way) -> None:
    proposal = way.announced()
    assert told(proposal) == "12 户：整个样板巷1号院"


def test_the_notice_names_the_building_of_single_doors(way: Way) -> None:
    proposal = way.announced(doors=way.households[:6])
    assert told(proposal) == "6 户：1栋 6 户"


def test_places_are_named_with_their_doors(way: Way) -> None:
    second = building_of(way.yard, "2栋", *units(1, 7))[0].place
    building_of(way.yard, "3栋", *units(1, 5))
    proposal = way.submitted(parts=[way.households[0].place, second])
    assert told_beneficiaries(proposal) == "19 户：1栋 12 户、2栋 7 户"


def test_single_doors_are_told_of_their_unit_their_building_or_the_place_around(way: Way) -> None:
    doors = building_of(way.yard, "2栋", *units(1, 6), *units(2, 3), *units(3, 3))
    lone = building_of(way.yard, "3栋", *units(1, 4))[:1]
    proposal = way.submitted(doors=[*way.households[:3], *doors, *lone])
    assert told_beneficiaries(proposal) == "16 户：2栋1单元 6 户、2栋其他单元 6 户、分散在样板巷1号院的 4 户"


def test_no_door_is_named_nor_a_building_in_which_it_stands_alone(way: Way) -> None:
    lone = building_of(way.yard, "3栋", *units(1, 4))[:1]
    said = told_beneficiaries(way.submitted(doors=[*way.households[:2], *lone]))
    assert said == "3 户：分散在样板巷1号院的 3 户"
    for door in (*way.households[:2], *lone):
        assert door.address not in said
    assert not re.search(r"\d{3}", said)


def test_places_and_doors_together_and_a_door_of_a_listed_place_counts_once(way: Way) -> None:
    first = way.households[0].place
    lone = building_of(way.yard, "3栋", *units(1, 4))[:1]
    proposal = way.submitted(parts=[first], doors=[way.households[0], *lone])
    assert told_beneficiaries(proposal) == "13 户：1栋 12 户、分散在样板巷1号院的 1 户"


def test_in_a_community_the_yard_is_said_with_the_building(way: Way, community: Territory) -> None:
    building_of(way.yard, "2栋", *units(1, 6))
    proposal = way.submitted(place=community, parts=[way.households[0].place])
    assert told_beneficiaries(proposal) == "12 户：样板巷1号院1栋 12 户"
