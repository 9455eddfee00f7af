"""The branch studies first; then the decision weighs five criteria, sets the tier and posts the notice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from deliberation import actions, selectors
from deliberation.models import Criterion, Decision, Mark, Motion, PartyStudy, Purpose
from minshi.accounts.models import User
from minshi.clock import CHINA
from minshi.deadlines import actions as deadlines
from minshi.disclosure.actions import object_to
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.policy import actions as policy
from minshi.refusals import NotAllowed, Refused
from proposals.models import Proposal, Source, Stage
from tests.cast import make_resident
from tests.way import Way

pytestmark = [pytest.mark.django_db, pytest.mark.walked("deciding")]


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.deciding()


# --- The study -----------------------------------------------------------------------------------


def test_the_branch_writes_its_opinion_on_the_present_version(proposal: Proposal, way: Way, party: User) -> None:
    study = way.study(proposal)
    assert (study.version, study.by) == (proposal.version, party)
    assert selectors.study_of(proposal) == study


@pytest.mark.parametrize("who", ["clerk", "resident", "chief", "case_officer", "stranger_clerk"])
def test_nobody_else_writes_it(request: pytest.FixtureRequest, proposal: Proposal, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.record_party_study(
            proposal,
            opinion="support",
            text="同意",
            held_on=proposal.submitted_at.date(),
            sat="5人",
            by=request.getfixturevalue(who),
        )


def test_a_study_is_whole_and_not_from_tomorrow(proposal: Proposal, party: User, clock: Any) -> None:
    tomorrow = clock.now().date().fromordinal(clock.now().date().toordinal() + 1)
    with pytest.raises(Refused) as refusal:
        actions.record_party_study(proposal, opinion="?", text="", held_on=tomorrow, sat="", by=party)
    assert set(refusal.value.fields) == {"opinion", "text", "held_on", "sat"}


def test_a_study_is_not_older_than_the_meeting_that_agreed_what_it_is_about(
    proposal: Proposal, way: Way, party: User
) -> None:
    """One of the year 1 stood beside a plan of today."""
    agreed = proposal.meetings.get().begins_at.astimezone(CHINA).date()
    for day in (date(1, 1, 1), date(2020, 1, 1), agreed - timedelta(days=1)):
        with pytest.raises(Refused, match="研究日期不能比它早"):
            actions.record_party_study(proposal, opinion="support", text="同意", held_on=day, sat="5人", by=party)
    actions.record_party_study(proposal, opinion="support", text="同意", held_on=agreed, sat="5人", by=party)


def test_a_study_is_not_edited(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
        PartyStudy.objects.update(opinion="oppose")


# --- The decision --------------------------------------------------------------------------------


def test_approving_sets_the_tier_and_waits_for_the_notice(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    decision = way.decide(proposal)
    assert (proposal.stage, proposal.tier) == (Stage.ANNOUNCED, 2)
    assert proposal.gate_notice == decision.notice
    assert proposal.due_at == decision.notice.ends_at
    assert decision.points == 75
    assert decision.notice.households == 12


def test_it_freezes_who_benefits(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    way.decide(proposal)
    assert proposal.beneficiaries_frozen_at
    assert proposal.frozen_beneficiaries.count() == 12


def test_without_an_earlier_study_there_is_no_decision(proposal: Proposal, way: Way) -> None:
    with pytest.raises(Refused, match="党组织还没有研究"):
        way.decide(proposal)
    assert proposal.stage == Stage.DECIDING


def test_a_study_of_an_older_version_does_not_carry_it(proposal: Proposal, way: Way, party: User) -> None:
    old = PartyStudy.objects.create(
        proposal=proposal,
        version=proposal.versions.first(),
        opinion="support",
        text="同意",
        held_on="2026-01-01",
        sat="5人",
        by=party,
    )
    with pytest.raises(Refused, match="这一版方案"):
        way.decide(proposal)
    with pytest.raises(IntegrityError, match="earlier study"), transaction.atomic():
        Decision.objects.create(
            proposal=proposal, version=proposal.version, study=old, outcome="refuse", reason="x", sat="y", by=party
        )


@pytest.mark.parametrize("who", ["clerk", "resident", "chief", "case_officer", "stranger_clerk", "supervisor"])
def test_only_the_branch_of_the_place_records_it(
    request: pytest.FixtureRequest, proposal: Proposal, way: Way, who: str
) -> None:
    way.study(proposal)
    with pytest.raises(NotAllowed):
        way.decide(proposal, by=request.getfixturevalue(who))


def test_every_criterion_has_points_and_a_reason(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    marks = {Criterion.REACH: (21, "多"), Criterion.URGENCY: (10, " ")}
    with pytest.raises(Refused) as refusal:
        way.decide(proposal, marks=marks, sat="", reason="", tier=None, tier_reason="")
    assert set(refusal.value.fields) == {
        "reach", "participation", "self_raised", "urgency_note", "example", "sat", "reason", "tier", "tier_reason"
    }  # fmt: skip


def test_the_tier_bounds_the_money(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    with pytest.raises(Refused) as refusal:
        way.decide(proposal, tier=1)
    assert "街道补助" in refusal.value.fields["tier"]


@pytest.mark.walked("consulting")
def test_district_money_is_tier_three(way: Way) -> None:
    proposal = way.deciding(shares={Source.DISTRICT: 2_000_000})
    way.study(proposal)
    with pytest.raises(Refused) as refusal:
        way.decide(proposal, tier=2)
    assert "至少定为三级" in refusal.value.fields["tier"]


@pytest.mark.walked("consulting")
def test_self_raised_money_alone_may_stay_at_tier_one(way: Way) -> None:
    proposal = way.deciding(shares={Source.SELF_RAISED: 2_000_000})
    way.study(proposal)
    way.decide(proposal, tier=1)
    assert proposal.tier == 1


def test_a_decision_is_not_edited(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    way.decide(proposal)
    for rows, change in ((Decision.objects, {"tier": 3}), (Mark.objects, {"points": 20})):
        with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
            rows.update(**change)


def test_the_proposer_hears_of_it(proposal: Proposal, way: Way, resident: User) -> None:
    way.study(proposal)
    way.decide(proposal)
    assert Message.objects.filter(user=resident, title="集体决议：立项").exists()


# --- How long the notice hangs -------------------------------------------------------------------


def _days(proposal: Proposal) -> tuple[int, int]:
    assert proposal.gate_notice
    return proposal.gate_notice.working_days, proposal.gate_notice.calendar_days


@pytest.mark.walked("consulting")
def test_five_working_days_without_self_raised_money(way: Way) -> None:
    proposal = way.deciding(shares={Source.SUBSIDY: 2_000_000})
    way.study(proposal)
    way.decide(proposal)
    assert _days(proposal) == (5, 0)


def test_seven_with_self_raised_money(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    way.decide(proposal)
    assert _days(proposal) == (7, 0)


@pytest.mark.walked(None)
def test_fifteen_calendar_days_for_common_parts_after_a_formal_vote(way: Way, clerk: User) -> None:
    proposal = way.deciding(touches_common_parts=True)
    way.study(proposal)
    with pytest.raises(Refused, match="先正式表决"):
        way.decide(proposal)
    motion = actions.open_motion(proposal, purpose=Purpose.FORMAL, by=clerk)
    assert (motion.quorum, motion.threshold, motion.is_poll) == ("2/3", "3/4", True)
    with pytest.raises(Refused, match="还没有公布"):
        way.decide(proposal)
    way.vote_on_paper(proposal, agree=9)
    decision = way.decide(proposal)
    assert _days(proposal) == (0, 15)
    assert decision.motion == motion


def test_what_a_formal_vote_turned_down_is_not_approved(way: Way, clerk: User) -> None:
    proposal = way.deciding()
    way.study(proposal)
    motion = actions.open_motion(proposal, purpose=Purpose.FORMAL, by=clerk)
    assert (motion.quorum, motion.threshold, motion.is_poll) == ("1/2", "1/2", False)
    assert way.vote_on_paper(proposal, agree=4, against=5).passed is False
    assert proposal.stage == Stage.DECIDING
    with pytest.raises(Refused, match="没有通过"):
        way.decide(proposal)
    way.decide(proposal, outcome="refuse")
    assert proposal.stage == Stage.DECLINED


# --- Reserve, refuse, take up, reconsider ---------------------------------------------------------


def test_it_may_wait_in_the_reserve_library_and_be_taken_up(proposal: Proposal, way: Way, clerk: User) -> None:
    way.study(proposal)
    way.decide(proposal, outcome="reserve", reason="今年资金用完了")
    assert (proposal.stage, proposal.tier, proposal.gate_notice) == (Stage.RESERVED, None, None)
    with pytest.raises(Refused) as refusal:
        actions.take_up(proposal, reason=" ", by=clerk)
    assert "reason" in refusal.value.fields
    actions.take_up(proposal, reason="新一年有了资金", by=clerk)
    assert proposal.stage == Stage.DECIDING
    way.decide(proposal)
    assert proposal.stage == Stage.ANNOUNCED


def test_what_is_reviewed_stays_in_the_reserve_for_another_round(
    proposal: Proposal, way: Way, clerk: User, clock: Any
) -> None:
    way.study(proposal)
    way.decide(proposal, outcome="reserve", reason="今年资金用完了")
    first = proposal.due_at
    assert first
    clock.move(days=300)
    actions.keep_reserved(proposal, reason="明年优先考虑", by=clerk)
    assert proposal.stage == Stage.RESERVED and proposal.due_at and (proposal.due_at - first).days > 290
    again = actions.keep_reserved(proposal, reason="明年优先考虑", by=clerk)
    assert again == StepRecord.objects.of(proposal).get(verb="keep_reserved")
    with pytest.raises(Refused, match="刚刚有人复核过"):
        actions.keep_reserved(proposal, reason="我也看过", by=way.who("second_clerk"))
    clock.move(seconds=(first - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.RESERVED


def test_what_nobody_reviews_lapses_in_public_and_its_people_hear_of_it(
    proposal: Proposal, way: Way, clerk: User, clock: Any
) -> None:
    way.study(proposal)
    way.decide(proposal, outcome="reserve", reason="今年资金用完了")
    assert proposal.due_at
    with pytest.raises(NotAllowed):
        actions.keep_reserved(proposal, reason="我想留着", by=way.who("resident"))
    clock.move(seconds=(proposal.due_at - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.LAPSED
    assert "12 个月没有复核" in StepRecord.objects.of(proposal).latest("id").reason
    assert Message.objects.of(proposal.proposer).filter(title__contains="储备到期失效").exists()
    with pytest.raises(Refused):
        actions.keep_reserved(proposal, reason="晚了", by=clerk)


def test_a_refusal_says_why_in_public(proposal: Proposal, way: Way) -> None:
    way.study(proposal)
    way.decide(proposal, outcome="refuse", reason="和市里的工程重复")
    assert proposal.stage == Stage.DECLINED


def test_one_third_objecting_sends_it_back_to_the_consultation(
    proposal: Proposal, way: Way, households: Any, clerk: User
) -> None:
    way.study(proposal)
    way.decide(proposal)
    notice = proposal.gate_notice
    assert notice
    for household in households[4:8]:
        voter = make_resident("某住户", household)
        object_to(notice, facts="离我家窗户太近了", by=voter)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CONSULTING
    assert Message.objects.filter(user=clerk, title__contains="要重新商议").exists()


def test_after_that_a_new_plan_is_studied_and_decided_anew(
    proposal: Proposal, way: Way, households: Any, clerk: User
) -> None:
    way.study(proposal)
    way.decide(proposal)
    for household in households[4:8]:
        object_to(proposal.gate_notice, facts="离我家窗户太近了", by=make_resident("某住户", household))
    proposal.refresh_from_db()
    meeting = way.recorded_meeting(proposal)
    actions.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="改装到车棚边",
        cost_fen=100_000,
        shares={Source.SUBSIDY: 100_000},
        keeper="院落自管小组",
        by=clerk,
    )
    proposal.refresh_from_db()
    with pytest.raises(Refused, match="还没有研究这一版"):
        way.decide(proposal)
    way.study(proposal)
    way.decide(proposal)
    assert proposal.stage == Stage.ANNOUNCED
    assert proposal.frozen_beneficiaries.count() == 12
    assert proposal.decisions.count() == 2


def test_a_decision_that_runs_over_is_told_to_the_street(proposal: Proposal, case_officer: User, clock: Any) -> None:
    assert proposal.due_at
    clock.move(seconds=(proposal.due_at - clock.now()).total_seconds())
    deadlines.sweep()
    assert Message.objects.filter(user=case_officer, title__contains="逾期").exists()


def test_the_way_goes_on_to_its_handling(way: Way) -> None:
    assert way.handling().stage == Stage.HANDLING


def test_a_motion_of_another_project_does_not_carry_a_decision(way: Way, party: User, proposal: Proposal) -> None:
    study = way.study(proposal)
    with pytest.raises(IntegrityError, match="does not carry"), transaction.atomic():
        Decision.objects.create(
            proposal=proposal,
            version=proposal.version,
            study=study,
            motion=Motion.objects.get(proposal=proposal),  # the canvass was of the version before
            outcome="refuse",
            reason="x",
            sat="y",
            by=party,
        )


def test_the_days_pinned_when_deciding_began_hold_for_its_notice(proposal: Proposal, way: Way) -> None:
    """The place rules otherwise meanwhile: what runs keeps its rule."""
    for name, days in (("notice.initiation.days", 10), ("notice.initiation.self_raised_days", 10)):
        policy.set_value(name, way.yard, days, since=date(2020, 1, 1), source="试行办法", by=None)
    way.study(proposal)
    decision = way.decide(proposal)
    assert decision.notice
    assert decision.notice.working_days == 7
