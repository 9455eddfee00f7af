"""Who benefits is counted, and pinned when co-signing begins: nobody types what signatures are counted against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Proposal, Stage
from tests.cast import grant, make_resident, struck_off
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def a_plan(place: Territory, **more: Any) -> dict[str, Any]:
    return {
        "place": place.pk, "title": "院里装一盏路灯", "need": "晚上看不清路", "plan": "装一盏灯", "spot": "院门口",
        "kind": "works", "category": "safety", "cost": "3000", "self_raised": "3000", "keeper": "院落自管小组",
        "liable": "no", "private": "no", **more,
    }  # fmt: skip


def test_a_number_typed_into_the_form_counts_for_nothing(
    way: Way, yard: Territory, resident: User, chief: User, client_of: ClientOf
) -> None:
    building = way.households[0].place
    add_households(place=building, addresses=[f"9{door:03}" for door in range(181)], by=None)
    page = client_of(resident).get("/projects/propose/").content.decode()
    assert 'name="households"' not in page
    answer = client_of(resident).post("/projects/propose/", a_plan(yard, households="5"))
    assert answer.status_code == 302
    proposal = Proposal.objects.get()
    assert proposal.version.households == proposal.card.households == 193
    actions.pass_review(proposal, by=chief, reason="确实需要")
    assert actions.cosigns_needed(proposal) == 10
    actions.cosign(proposal, way.households[0], by=resident)
    assert proposal.stage == Stage.COSIGNING


def test_nor_does_one_sent_with_a_revision(
    way: Way, yard: Territory, resident: User, chief: User, client_of: ClientOf
) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="请写清楚")
    sent = a_plan(yard, households="5", why="写清楚了")
    assert client_of(resident).post(f"/projects/{proposal.number}/revise/", sent).status_code == 302
    assert proposal.version.households == 12


def test_it_is_pinned_when_co_signing_begins(way: Way) -> None:
    proposal = way.cosigning(households=40)
    proposal.refresh_from_db()
    assert proposal.pinned_households == 40
    add_households(place=way.households[0].place, addresses=[f"8{door:03}" for door in range(60)], by=None)
    assert actions.cosigns_needed(proposal) == 4
    struck_off(*Household.objects.filter(address__startswith="9"))
    assert actions.cosigns_needed(Proposal.objects.get(pk=proposal.pk)) == 4


def test_the_database_keeps_the_pinned_number(way: Way) -> None:
    proposal = way.cosigning(households=40)
    Proposal.objects.filter(pk=proposal.pk).update(pinned_households=1)
    proposal.refresh_from_db()
    assert proposal.pinned_households == 40


def test_at_least_two_doors_sign(way: Way, building: Territory, resident: User) -> None:
    """A tenth of the twelve behind this building alone would be two; of five it would be one."""
    struck_off(*way.households[5:])
    proposal = way.cosigning()
    assert actions.cosigns_needed(proposal) == 2
    actions.cosign(proposal, way.households[0], by=resident)
    assert proposal.stage == Stage.COSIGNING


def test_where_there_is_one_door_it_is_enough(way: Way, yard: Territory, chief: User) -> None:
    group = add_place(parent=yard, code="990101001001-1-9", name="9栋", level="building", by=None)
    door = add_households(place=group, addresses=["101"], by=None)[0]
    alone = make_resident("独户", door, represents=True)
    proposal = way.submitted(place=group, by=alone)
    grant(chief, "chief", group)
    actions.pass_review(proposal, by=chief, reason="确实需要")
    assert actions.cosigns_needed(proposal) == 1
