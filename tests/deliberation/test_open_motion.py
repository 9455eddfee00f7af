"""Opening a vote freezes who may vote and by which rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from deliberation import actions
from deliberation.models import Motion, MotionStage, Purpose
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.rolls.models import Unit
from minshi.territory.actions import add_households
from minshi.territory.models import Territory
from proposals.models import Stage
from tests.cast import struck_off
from tests.way import Way

pytestmark = pytest.mark.django_db


def test_the_electorate_is_every_household_of_the_place(way: Way, clerk: User) -> None:
    proposal = way.cosigned()
    motion = actions.open_motion(proposal, by=clerk)
    assert motion.electorate == 12
    assert [unit.ordinal for unit in motion.roll.units.order_by("ordinal")] == list(range(1, 13))
    proposal.card.refresh_from_db()
    assert (proposal.card.electorate, proposal.card.turnout) == (12, 0)


def test_labels_are_masked_to_the_building(way: Way, clerk: User) -> None:
    motion = actions.open_motion(way.cosigned(), by=clerk)
    assert {unit.label for unit in motion.roll.units.all()} == {"样板巷1号院1栋"}


def test_the_proposal_waits_for_the_end_and_then_for_the_result(way: Way, clerk: User) -> None:
    proposal = way.cosigned()
    motion = actions.open_motion(proposal, by=clerk)
    assert (proposal.stage, proposal.due_at) == (Stage.VOTING, motion.closes_at)
    way.to_counting(motion)
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.due_at) == (Stage.VOTING, motion.publish_by)
    deadline = Deadline.objects.open().of(proposal).get(kind="stage:voting")
    assert (deadline.due, deadline.role) == (motion.publish_by, "clerk")
    assert motion.opens_at < motion.closes_at < motion.counting_until < motion.publish_by


def test_the_window_follows_the_policy(way: Way, clerk: User, clock: Any) -> None:
    clock.set("2026-11-02 09:00")  # a Monday; the days of the way itself are not counted here
    proposal = way.cosigned()
    motion = actions.open_motion(proposal, by=clerk)
    assert f"{motion.closes_at.astimezone(clock.now().tzinfo):%m-%d %H:%M}" == "11-10 00:00"
    assert f"{motion.counting_until.astimezone(clock.now().tzinfo):%m-%d %H:%M}" == "11-13 00:00"


def test_the_question_and_the_rule_have_defaults(way: Way, clerk: User) -> None:
    motion = actions.open_motion(way.cosigned(), by=clerk)
    assert motion.question == "院里装一盏路灯，您家同意吗？"
    assert "预算 20,000 元" in motion.detail
    assert (motion.quorum, motion.threshold, motion.is_poll) == ("2/3", "2/3", False)


def test_closing_is_the_platforms_and_on_nobodys_desk(way: Way, clerk: User) -> None:
    motion = actions.open_motion(way.cosigned(), by=clerk)
    deadline = Deadline.objects.open().of(motion).get()
    assert (deadline.kind, deadline.due, deadline.role) == ("motion:close", motion.closes_at, "")


def test_the_adults_of_the_electorate_are_told(way: Way, clerk: User, neighbour: User, stranger: User) -> None:
    actions.open_motion(way.cosigned(), by=clerk)
    assert Message.objects.filter(user=neighbour, title__contains="请投票").exists()
    assert not Message.objects.filter(user=stranger, title__contains="请投票").exists()


def test_only_the_clerk_of_the_community_opens_it(
    way: Way, resident: User, chief: User, stranger_clerk: User, case_officer: User
) -> None:
    proposal = way.cosigned()
    for who in (resident, chief, stranger_clerk, case_officer):
        with pytest.raises(NotAllowed):
            actions.open_motion(proposal, by=who)
    assert not Motion.objects.exists()


def test_it_waits_for_the_cosignatures(way: Way, clerk: User) -> None:
    with pytest.raises(Refused, match="征集附议"):
        actions.open_motion(way.cosigning(), by=clerk)


def test_a_second_vote_at_the_same_time_is_refused(way: Way, clerk: User) -> None:
    proposal = way.voting()
    with pytest.raises(Refused):
        actions.open_motion(proposal, by=clerk)
    with pytest.raises(Refused, match="集体决议阶段"):
        actions.open_motion(proposal, purpose=Purpose.FORMAL, by=clerk)


def test_a_household_that_moves_in_later_is_not_on_the_roll(way: Way, building: Territory) -> None:
    motion = way.voting().motions.get()
    late = add_households(place=building, addresses=["401"], by=None)[0]
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Unit.objects.create(roll=motion.roll, household=late, ordinal=13, label="样板巷1号院1栋")


def test_no_row_of_the_roll_is_removed_or_reweighed(way: Way) -> None:
    motion = way.voting().motions.get()
    unit = motion.roll.units.first()
    for change in ({"persons": 2}, {"area_m2": 9}, {"label": "别处"}, {"ordinal": 99}):
        with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
            Unit.objects.filter(pk=unit.pk).update(**change)
    with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
        unit.delete()


@pytest.mark.parametrize(
    "change", [{"quorum": "1/2"}, {"threshold": "1/2"}, {"question": "别的问题"}, {"electorate": 3}, {"is_poll": True}]
)
def test_the_rule_is_frozen_once_it_is_open(way: Way, change: dict[str, Any]) -> None:
    motion = way.voting().motions.get()
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Motion.objects.filter(pk=motion.pk).update(**change)


@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_moves_its_end(way: Way) -> None:
    motion = way.voting().motions.get()
    with as_owner() as owner, pytest.raises(Exception, match="frozen"):
        owner.execute("UPDATE deliberation_motion SET closes_at = closes_at + interval '1 day'")
    motion.refresh_from_db()
    assert motion.stage == MotionStage.OPEN


def test_a_stage_without_its_record_is_refused(way: Way) -> None:
    motion = way.voting().motions.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Motion.objects.filter(pk=motion.pk).update(stage=MotionStage.CLOSED)


def test_a_place_without_households_cannot_vote(way: Way, clerk: User, households: Any) -> None:
    proposal = way.cosigned()
    struck_off(*households)
    with pytest.raises(Refused, match="还没有登记住户"):
        actions.open_motion(proposal, by=clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNED
