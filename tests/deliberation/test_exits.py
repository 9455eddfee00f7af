"""Consulting has other exits than an agreed plan: each by a recorded step with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deliberation import actions
from deliberation.models import Meeting
from minshi import clock as platform_clock
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from proposals import actions as proposals
from proposals.models import Proposal, Stage
from tests.way import Way

pytestmark = pytest.mark.django_db


def meet(way: Way, proposal: Proposal, *, agree: int = 3, present: int = 10, votes: bool = True) -> Meeting:
    """A meeting that votes the plan down, or has too few to vote."""
    meeting = way.announced_meeting(proposal)
    platform_clock.move(meeting.begins_at - platform_clock.now() + timedelta(hours=2))
    text = {"text": "按2万元的方案装一盏", "agree": agree, "against": present - agree, "abstain": 0}
    actions.record_minutes(
        meeting,
        chair="丙楼长",
        expected=12,
        present=present,
        parties={},
        minutes="意见不一",
        resolutions=[text] if votes else [],
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    return meeting


def said(proposal: Proposal) -> list[str]:
    return list(StepRecord.objects.of(proposal).filter(verb="no_plan").values_list("reason", flat=True))


@pytest.mark.walked("consulting")
def test_each_meeting_without_a_plan_is_on_record_and_sets_a_new_day(way: Way) -> None:
    proposal = way.consulting()
    before = proposal.due_at
    meet(way, proposal)
    assert proposal.stage == Stage.CONSULTING
    assert proposal.due_at > before
    meet(way, proposal, present=3, votes=False)
    actions.call_off(way.announced_meeting(proposal), reason="下大雨", by=way.who("clerk"))
    assert said(proposal) == [
        "第 1 次议事会动议没有通过",
        "第 2 次议事会没有表决方案",
        "第 3 次议事会没有开成",
    ]


@pytest.mark.walked("consulting")
def test_after_the_policys_tries_it_has_not_passed(way: Way) -> None:
    proposal = way.consulting()
    for tries in range(3):
        with pytest.raises(Refused, match=f"现在是 {tries}"):
            actions.not_agree(proposal, reason="谈不拢", by=way.who("clerk"))
        meet(way, proposal)
    with pytest.raises(NotAllowed):
        actions.not_agree(proposal, reason="谈不拢", by=way.who("party"))
    actions.not_agree(proposal, reason="三次都没有谈拢", by=way.who("clerk"))
    assert proposal.stage == Stage.NOT_PASSED


@pytest.mark.walked("consulting")
def test_a_meeting_that_agrees_is_no_try(way: Way) -> None:
    proposal = way.consulting()
    way.recorded_meeting(proposal)
    assert said(proposal) == []


@pytest.mark.walked("consulting")
def test_the_households_may_be_asked_again(way: Way) -> None:
    proposal = way.consulting()
    meeting = way.announced_meeting(proposal)
    with pytest.raises(Refused, match="公告过的议事会"):
        actions.vote_again(proposal, reason="问题变了", by=way.who("clerk"))
    actions.call_off(meeting, reason="要先问住户", by=way.who("clerk"))
    proposal.refresh_from_db()
    with pytest.raises(Refused, match="理由"):
        actions.vote_again(proposal, reason=" ", by=way.who("clerk"))
    actions.vote_again(proposal, reason="费用多了一倍", by=way.who("clerk"))
    assert proposal.stage == Stage.COSIGNED
    actions.open_motion(proposal, question="改成两盏，费用多一倍，您家同意吗？", by=way.who("clerk"))
    assert proposal.motions.count() == 2


@pytest.mark.walked("deciding")
def test_what_cannot_be_decided_goes_back_to_the_table(way: Way) -> None:
    proposal = way.deciding()
    actions.consult_again(proposal, reason="正式表决没有通过", by=way.who("party"))
    assert proposal.stage == Stage.CONSULTING


@pytest.mark.walked("consulting")
def test_the_proposer_may_withdraw_while_there_is_no_money(way: Way) -> None:
    proposal = way.consulting()
    proposals.withdraw(proposal, reason="我们几家自己装了", by=way.who("resident"))
    assert proposal.stage == Stage.WITHDRAWN


@pytest.mark.walked("delivering")
def test_nobody_withdraws_what_was_taken_on(way: Way) -> None:
    proposal = way.delivering()
    way.rethink(proposal)
    with pytest.raises(Refused, match="了结"):
        proposals.withdraw(proposal, reason="不办了", by=way.who("resident"))
