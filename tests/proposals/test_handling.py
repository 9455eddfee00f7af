"""分级办理: accept, escalate, hand back once; silence climbs 1 → 2 → 3 and then stands under supervision."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure import actions as notices
from minshi.disclosure.models import Kind
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from proposals import actions
from proposals.models import Proposal, Source, Stage
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db


def announced(way: Way, tier: int = 1) -> Proposal:
    """To the notice before handling, by the deliberation's steps without their meetings."""
    proposal = way.cosigned()
    for verb in ("open_vote", "pass_vote", "agree_plan"):
        actions.advance(proposal, verb, by=way.who("clerk"))
    notice = notices.post(
        kind=Kind.INITIATION,
        title=f"关于“{proposal.title}”立项的公示",
        place=proposal.place,
        body="拟立项",
        doors=proposal.beneficiary_keys(),
        link=proposal.get_absolute_url(),
        by=way.who("clerk"),
    )
    actions.advance(proposal, "decide", by=way.who("party"), reason="大家急需", notice=notice, tier=tier)
    return proposal


@pytest.fixture
def handling(way: Way, case_officer: User, district_officer: User) -> Proposal:
    proposal = announced(way)
    wait_until_over(proposal)
    assert (proposal.stage, proposal.tier, proposal.holder_role) == (Stage.HANDLING, 1, "clerk")
    return proposal


def test_handling_waits_for_the_notice(way: Way, clerk: User) -> None:
    proposal = announced(way)
    with pytest.raises(Refused):
        actions.open_handling(proposal, by=clerk)
    with pytest.raises(Refused, match="公示期到"):
        # Whoever takes the step is asked for its gate, not the action.
        actions.advance(proposal, "open_handling", by=clerk)


def test_handling_waits_for_an_open_objection(way: Way, case_officer: User, neighbour: User) -> None:
    proposal = announced(way)
    assert proposal.gate_notice
    notices.object_to(proposal.gate_notice, facts="灯会照到窗户", request="换个位置", by=neighbour)
    wait_until_over(proposal)
    assert proposal.stage == Stage.ANNOUNCED
    objection = proposal.gate_notice.objections.get()
    notices.answer(objection, text="已商量换到西墙", outcome="upheld", by=case_officer)  # it climbed meanwhile
    wait_until_over(proposal)
    assert proposal.stage == Stage.HANDLING


def test_the_clerk_takes_it_on_with_a_plan(handling: Proposal, clerk: User) -> None:
    actions.accept_handling(handling, by=clerk, reason="社区组织自筹")
    assert handling.stage == Stage.RAISING
    assert handling.handlings.get().outcome == "accepted"


@pytest.mark.parametrize(("tier", "days"), [(1, 5), (2, 10), (3, 15)])
def test_every_tier_has_days_of_its_own(way: Way, tier: int, days: int) -> None:
    """policy.md row 3, counted in working days from the dispatch."""
    proposal = way.handling(tier=tier, shares={Source.SELF_RAISED: 2_000_000})
    assert proposal.stage_since
    assert proposal.due_at == calendar.period_end(proposal.stage_since, working_days=days)
    assert proposal.handlings.get().due_at == proposal.due_at


def test_taking_it_on_needs_a_plan_in_words(handling: Proposal, clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        actions.accept_handling(handling, by=clerk, reason="")
    assert "reason" in refused.value.fields


def test_escalating_hands_it_to_the_street_with_ten_working_days(
    handling: Proposal, clerk: User, case_officer: User
) -> None:
    actions.escalate(handling, by=clerk, reason="社区没有这笔钱")
    assert (handling.tier, handling.holder_role) == (2, "case_officer")
    assert handling.due_at == calendar.period_end(now(), working_days=10)
    assert [card.outcome for card in handling.handlings.order_by("id")] == ["escalated", ""]


def test_it_is_handed_back_once_only(handling: Proposal, clerk: User, case_officer: User) -> None:
    actions.escalate(handling, by=clerk, reason="社区没有这笔钱")
    actions.hand_back(handling, by=case_officer, reason="自筹可以解决")
    assert (handling.tier, handling.holder_role) == (1, "clerk")
    assert handling.due_at == calendar.period_end(now(), working_days=5)
    actions.escalate(handling, by=clerk, reason="自筹不够")
    with pytest.raises(Refused, match="只能退单 1 次"):
        actions.hand_back(handling, by=case_officer, reason="再退一次")


def test_what_is_not_being_handled_is_not_handed_back(way: Way, case_officer: User) -> None:
    proposal = announced(way, tier=2)
    with pytest.raises(Refused, match="不能办理“退单”"):
        actions.hand_back(proposal, by=case_officer, reason="自筹可以解决")


def test_the_first_receiver_owns_it_and_may_not_simply_decline(handling: Proposal, clerk: User) -> None:
    with pytest.raises(Refused, match="首接负责"):
        actions.decline_handling(handling, by=clerk, reason="不想办")


def test_whoever_got_it_back_may_decline_with_a_reason(handling: Proposal, clerk: User, case_officer: User) -> None:
    actions.escalate(handling, by=clerk, reason="社区没有这笔钱")
    actions.hand_back(handling, by=case_officer, reason="不在补助范围")
    actions.decline_handling(handling, by=clerk, reason="没有资金来源")
    assert handling.stage == Stage.DECLINED


def test_silence_climbs_to_the_district_and_then_stands_under_supervision(handling: Proposal) -> None:
    wait_until_over(handling)
    assert (handling.tier, handling.holder_role) == (2, "case_officer")
    wait_until_over(handling)
    assert (handling.tier, handling.holder_role) == (3, "district_officer")
    wait_until_over(handling)
    assert handling.supervised_at is not None
    since = handling.supervised_at
    wait_until_over(handling)
    assert handling.supervised_at == since
    assert StepRecord.objects.of(handling).filter(verb="supervise").count() == 2


def test_a_clerk_of_another_community_cannot_take_it(handling: Proposal, stranger_clerk: User) -> None:
    with pytest.raises(NotAllowed):
        actions.accept_handling(handling, by=stranger_clerk, reason="我来")


def test_the_gate_notice_cannot_be_exchanged_by_raw_sql(way: Way) -> None:
    proposal = announced(way)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE proposals_proposal SET gate_notice_id = NULL WHERE id = %s", [proposal.pk])
