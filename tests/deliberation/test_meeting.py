"""The working group, the meeting announced in time, its minutes, and the plan that becomes the next version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from deliberation import actions, selectors
from deliberation.models import Meeting, MeetingStage, Plan, Resolution, WorkingGroup
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from proposals.models import Proposal, Source, Stage
from tests.way import Way

pytestmark = [pytest.mark.django_db, pytest.mark.walked("consulting")]


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.consulting()


# --- The group -----------------------------------------------------------------------------------


def test_the_residents_choose_a_group(proposal: Proposal, way: Way) -> None:
    members = way.group(proposal)
    group = selectors.members_of(proposal)
    assert [member.user for member in group] == members
    assert [member.name_public for member in group] == ["甲*民", "乙*居", "丙*长"]
    assert [member.is_lead for member in group] == [True, False, False]


def test_a_new_choice_ends_the_group_before(proposal: Proposal, way: Way) -> None:
    way.group(proposal)
    platform_clock.move(timedelta(minutes=6))  # moments later the same words would be one form sent twice
    way.group(proposal)
    assert WorkingGroup.objects.filter(ended_at=None).count() == 1
    assert WorkingGroup.objects.count() == 2


def test_two_are_too_few_and_four_are_even(proposal: Proposal, way: Way, member: User, clerk: User) -> None:
    members = [way.who(name) for name in ("resident", "neighbour", "chief")]
    for chosen in (members[:2], [*members, member]):
        with pytest.raises(Refused) as refusal:
            actions.choose_group(proposal, members=chosen, lead=chosen[0], how="推选", by=clerk)
        assert "单数" in refusal.value.fields["members"]


def test_somebody_from_elsewhere_is_not_in_it(proposal: Proposal, way: Way, stranger: User, clerk: User) -> None:
    members = [way.who("resident"), way.who("neighbour"), stranger]
    with pytest.raises(Refused) as refusal:
        actions.choose_group(proposal, members=members, lead=members[0], how="推选", by=clerk)
    assert "住在这里" in refusal.value.fields["members"]


def test_only_the_clerk_there_writes_it_down(proposal: Proposal, way: Way, stranger_clerk: User) -> None:
    members = [way.who(name) for name in ("resident", "neighbour", "chief")]
    for who in (members[0], stranger_clerk):
        with pytest.raises(NotAllowed):
            actions.choose_group(proposal, members=members, lead=members[0], how="推选", by=who)


# --- The agenda ----------------------------------------------------------------------------------


def test_the_agenda_hangs_three_working_days_before(proposal: Proposal, way: Way, resident: User) -> None:
    meeting = way.announced_meeting(proposal)
    assert meeting.stage == MeetingStage.ANNOUNCED
    assert meeting.agenda_notice.kind == "agenda"
    assert meeting.agenda_notice.ends_at <= meeting.begins_at
    assert Message.objects.filter(user=resident, title__contains="开会通知").exists()


def test_a_meeting_sooner_than_that_is_refused(proposal: Proposal, way: Way, clerk: User) -> None:
    way.group(proposal)
    soon = calendar.period_end(now(), working_days=2)
    with pytest.raises(Refused) as refusal:
        actions.post_agenda(proposal, begins_at=soon, venue="", agenda=" ", by=clerk)
    assert set(refusal.value.fields) == {"begins_at", "venue", "agenda"}
    assert not Notice.objects.filter(kind="agenda").exists()


def test_without_a_group_there_is_no_meeting(proposal: Proposal, clerk: User) -> None:
    later = calendar.period_end(now(), working_days=5)
    with pytest.raises(Refused, match="先推选居民小组"):
        actions.post_agenda(proposal, begins_at=later, venue="凉亭", agenda="路灯", by=clerk)


@pytest.mark.walked("cosigned")
def test_nor_outside_the_consultation(way: Way, clerk: User) -> None:
    proposal = way.cosigned()
    way.group(proposal)
    with pytest.raises(Refused, match="等待表决"):
        actions.post_agenda(proposal, begins_at=now(), venue="凉亭", agenda="路灯", by=clerk)


def test_the_minutes_are_on_the_clerks_desk(proposal: Proposal, way: Way) -> None:
    meeting = way.announced_meeting(proposal)
    deadline = Deadline.objects.open().of(meeting).get()
    assert (deadline.kind, deadline.role) == ("meeting:minutes", "clerk")
    assert deadline.due == calendar.period_end(meeting.begins_at, working_days=3)


def test_minutes_that_do_not_come_are_asked_for_every_working_day(
    proposal: Proposal, way: Way, clock: Any, clerk: User, case_officer: User
) -> None:
    meeting = way.announced_meeting(proposal)
    due = Deadline.objects.open().of(meeting).get().due
    clock.move(seconds=(due - clock.now()).total_seconds())
    deadlines.sweep()
    for who in (clerk, case_officer):
        assert Message.objects.filter(user=who, title__contains="议事会纪要").exists()
    waiting = Deadline.objects.open().of(meeting).get()
    assert waiting.wakes_at and waiting.wakes_at > waiting.due == due


# --- The minutes ---------------------------------------------------------------------------------


def record(meeting: Meeting, by: User, **changes: Any) -> Meeting:
    facts: dict[str, Any] = {
        "chair": "丙楼长",
        "expected": 12,
        "present": 10,
        "parties": {"branch": "己书记"},
        "minutes": "商议经过，电话13800000001",
        "resolutions": [{"text": "装一盏路灯", "agree": 6, "against": 3, "abstain": 1}],
    }
    return actions.record_minutes(meeting, **{**facts, **changes}, by=by)


@pytest.fixture
def held(proposal: Proposal, way: Way, clock: Any) -> Meeting:
    """Announced, and its hour has come."""
    meeting = way.announced_meeting(proposal)
    clock.move(seconds=(meeting.begins_at - clock.now()).total_seconds() + 60)
    return meeting


def test_minutes_say_who_came_and_how_it_was_voted(held: Meeting, clerk: User) -> None:
    record(held, clerk)
    assert held.stage == MeetingStage.RECORDED
    assert held.attendances.filter(came=True).get().who == "己书记"
    assert held.attendances.count() == 7
    voted = held.resolutions.get()
    assert (voted.present, voted.passed) == (10, True)
    assert held.minutes_notice.kind == "minutes"


def test_what_is_public_of_them_is_masked(held: Meeting, clerk: User) -> None:
    record(held, clerk)
    assert "138****0001" in held.minutes
    assert "13800000001" not in held.minutes_notice.body


def test_half_of_those_present_is_not_enough(held: Meeting, clerk: User) -> None:
    record(held, clerk, resolutions=[{"text": "装一盏路灯", "agree": 5, "against": 4, "abstain": 1}])
    assert held.resolutions.get().passed is False


def test_without_two_thirds_present_nothing_is_voted(held: Meeting, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        record(held, clerk, present=7)
    assert "要 8 人" in refusal.value.fields["present"]
    record(held, clerk, present=7, resolutions=[])
    assert not held.resolutions.exists()


def test_more_votes_than_people_are_refused(held: Meeting, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        record(held, clerk, resolutions=[{"text": "装一盏路灯", "agree": 9, "against": 1, "abstain": 1}])
    assert "超过了到会人数" in refusal.value.fields["resolutions"]


def test_before_its_hour_there_are_no_minutes(proposal: Proposal, way: Way, clerk: User) -> None:
    meeting = way.announced_meeting(proposal)
    with pytest.raises(Refused, match="还不能写纪要"):
        record(meeting, clerk)


def test_minutes_by_somebody_from_elsewhere_are_refused(held: Meeting, stranger_clerk: User, resident: User) -> None:
    for who in (stranger_clerk, resident):
        with pytest.raises(NotAllowed), transaction.atomic():
            record(held, who)


def test_a_meeting_may_be_called_off_with_a_reason(held: Meeting, clerk: User) -> None:
    actions.call_off(held, reason="下大雨，改天再开", by=clerk)
    assert held.stage == MeetingStage.CALLED_OFF
    with pytest.raises(Refused):
        record(held, clerk)


@pytest.mark.parametrize("stage", ["called_off", ""])
def test_a_meetings_stage_does_not_change_without_its_record(held: Meeting, stage: str) -> None:
    with pytest.raises(IntegrityError, match="no record of"), transaction.atomic():
        Meeting.objects.filter(pk=held.pk).update(stage=stage)


def test_the_record_keeps_what_the_words_were(held: Meeting, clerk: User) -> None:
    before = held.minutes
    record(held, clerk)
    changed = Event.objects.of(held).filter(after__has_key="minutes").latest("id")
    assert (changed.before["minutes"], changed.after["minutes"], changed.actor) == (before, held.minutes, clerk.pk)


def test_counts_of_a_recorded_meeting_are_not_edited(held: Meeting, clerk: User) -> None:
    record(held, clerk)
    with pytest.raises(IntegrityError, match="as recorded"), transaction.atomic():
        Meeting.objects.filter(pk=held.pk).update(present=12)
    with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
        Resolution.objects.update(agree=10)


def test_passing_with_half_is_refused_by_the_database_too(held: Meeting, clerk: User) -> None:
    record(held, clerk, resolutions=[])
    with pytest.raises(IntegrityError, match="passed_by_more_than_half"), transaction.atomic():
        Resolution.objects.create(
            meeting=held, ordinal=1, text="x", present=10, agree=5, against=0, abstain=0, passed=True
        )


# --- The plan ------------------------------------------------------------------------------------


def agree(meeting: Meeting, by: User, **changes: Any) -> Plan:
    facts: dict[str, Any] = {
        "resolution": meeting.resolutions.first(),
        "text": "装一盏，晚上11点后调暗",
        "cost_fen": 1_800_000,
        "shares": {Source.SUBSIDY: 1_000_000, Source.SELF_RAISED: 800_000, Source.SPONSOR: 0},
        "keeper": "院落自管小组",
    }
    return actions.agree_plan(meeting, **{**facts, **changes}, by=by)


def test_the_agreed_plan_is_the_next_version_and_leads_to_its_minutes(
    held: Meeting, clerk: User, proposal: Proposal
) -> None:
    record(held, clerk)
    plan = agree(held, clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DECIDING
    version = proposal.version
    assert (version.number, version.cost_fen, version.plan) == (2, 1_800_000, "装一盏，晚上11点后调暗")
    assert version.shares == {"subsidy": 1_000_000, "self_raised": 800_000}
    assert version.minutes_url == held.get_absolute_url()
    assert plan.version == version


def test_shares_make_up_the_whole_cost(held: Meeting, clerk: User) -> None:
    record(held, clerk)
    with pytest.raises(Refused) as refusal:
        agree(held, clerk, shares={Source.SUBSIDY: 1_000_000})
    assert "对不上" in refusal.value.fields["cost_fen"]


def test_a_plan_needs_a_motion_that_passed(held: Meeting, clerk: User, proposal: Proposal) -> None:
    record(held, clerk, resolutions=[{"text": "装一盏路灯", "agree": 5, "against": 5, "abstain": 0}])
    with pytest.raises(Refused) as refusal:
        agree(held, clerk)
    assert "resolution" in refusal.value.fields
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CONSULTING


def test_a_plan_needs_its_minutes_first(held: Meeting, clerk: User) -> None:
    with pytest.raises(Refused, match="先公布"):
        agree(held, clerk, resolution=Resolution(meeting=held, passed=True))


def test_only_the_clerk_there_agrees_it(held: Meeting, clerk: User, stranger_clerk: User, party: User) -> None:
    record(held, clerk)
    for who in (stranger_clerk, party):
        with pytest.raises(NotAllowed), transaction.atomic():
            agree(held, who)


def test_a_consultation_that_runs_over_is_told_to_the_street(
    proposal: Proposal, way: Way, clock: Any, case_officer: User
) -> None:
    proposal.refresh_from_db()
    due = proposal.due_at
    assert due
    clock.move(seconds=(due - clock.now()).total_seconds())
    deadlines.sweep()
    assert Message.objects.filter(user=case_officer, title__contains="逾期").exists()
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.due_at) == (Stage.CONSULTING, due), "late, its day stays"
