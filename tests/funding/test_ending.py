"""了结: whatever ends a project that a holder took on pays what is owed, returns the rest, and is sealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from deliberation import actions as deliberation
from deliberation.models import MotionStage
from funding import actions as funding
from funding.models import Ending, EndingStage, Milestone, Pledge, Purse
from funding.selectors import books, paid_fen
from funding.showing import ending_now
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals import actions as proposals
from proposals.lifecycle import STEPS
from proposals.models import ENDED, Proposal, Stage
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.walked("delivering")

START = 555_000


def give_back(way: Way, proposal: Proposal) -> None:
    for number, refund in enumerate(proposal.refunds.filter(returned_at=None)):
        funding.pay_refund(refund, voucher=f"退{proposal.pk}-{number}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))


def close(way: Way, proposal: Proposal, holder: str = "case_officer") -> Ending:
    give_back(way, proposal)
    ending = Ending.objects.running().get(proposal=proposal)
    funding.close_ending(ending, done="灯杆基础挖好一半，没有装灯", by=way.who(holder))
    proposal.refresh_from_db()
    ending.refresh_from_db()
    return ending


def back_at_the_table(way: Way) -> Proposal:
    """Delivering, the first part paid, and then a change too big for the contract."""
    proposal = way.delivering()
    way.paid(proposal, "start")
    way.rethink(proposal)
    return proposal


def decided_anew(way: Way) -> Proposal:
    proposal = back_at_the_table(way)
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="装两盏灯",
        cost_fen=3_000_000,
        shares={"subsidy": 2_200_000, "self_raised": 800_000},
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    return proposal


def refused_by_the_decision(way: Way) -> Proposal:
    proposal = decided_anew(way)
    way.decide(proposal, outcome="refuse", tier=None, tier_reason="", reason="太贵，不办了")
    return proposal


def declined_by_the_district(way: Way) -> Proposal:
    proposal = decided_anew(way)
    way.decide(proposal, tier=3, tier_reason="跨院")
    wait_until_over(proposal)
    proposals.decline_handling(proposal, by=way.who("district_officer"), reason="明年整院改造")
    return proposal


WAYS: dict[str, tuple[Callable[[Way], Proposal], Stage]] = {
    "refused by the decision": (refused_by_the_decision, Stage.DECLINED),
    "declined by the district": (declined_by_the_district, Stage.DECLINED),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", WAYS)
def test_money_is_not_locked_in_a_dead_project(way: Way, whole, name: str) -> None:
    walk, end = WAYS[name]
    proposal = walk(way)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ENDING
    assert proposal.due_at
    assert proposal.holder_role in ("case_officer", "district_officer")
    ending = Ending.objects.get()
    assert (ending.stage, ending.outcome) == (EndingStage.COUNTING, end)
    with pytest.raises(Refused, match="另一个人"):
        funding.confirm_ending(ending, by=ending.asked_by)
    funding.confirm_ending(ending, by=way.who("approver"))
    proposal.refresh_from_db()
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 2_000_000 - START
    close(way, proposal, "district_officer")
    whole()
    assert proposal.stage == end
    assert balance(f"project:{proposal.number}") == 0
    found = books(proposal)
    assert (found.spending_fen, found.returned_fen) == (START, 2_000_000 - START)
    assert list(findings()) == []
    assert proposal.archive.files_count > 10


@pytest.mark.django_db
def test_work_that_was_accepted_is_owed_and_paid_first(way: Way, whole) -> None:
    """Started, and a part of it accepted beyond the first payment: the rest goes back only when that is paid."""
    proposal = way.delivering()
    way.paid(proposal, "start")
    with pytest.raises(Refused, match="到合同价"):
        way.ending(proposal, work_fen=1_850_001)
    ending = Ending.objects.get()
    with pytest.raises(Refused, match="按合同已经应付的"):
        funding.confirm_ending(ending, work_fen=START - 1, by=way.who("approver"))
    funding.confirm_ending(ending, work_fen=900_000, work="基础和灯杆，小组点过", by=way.who("approver"))
    proposal.refresh_from_db()
    assert (proposal.stage, ending.stage) == (Stage.ENDING, EndingStage.PAYING)
    assert not proposal.refunds.exists()
    page = proposal_page(proposal)
    assert "还欠 3,450.00 元" in page["present"]
    acceptance = Milestone.objects.get(contract__proposal=proposal, kind="acceptance")
    with pytest.raises(Refused, match="了结款"):
        funding.ask_payment(acceptance, invoice="9", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(Refused, match="了结完毕"):
        funding.close_ending(ending, done="做了一半", by=way.who("clerk"))
    way.paid(proposal, "ending", "2")
    whole()
    ending.refresh_from_db()
    assert ending.stage == EndingStage.RETURNING
    assert proposal.contracts.get().ended_at
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 2_000_000 - 900_000
    close(way, proposal, "clerk")
    whole()
    assert proposal.stage == Stage.CANCELLED
    assert paid_fen(proposal.contracts.get()) == 900_000
    assert list(findings()) == []


@pytest.mark.django_db
@pytest.mark.walked("accepted")
def test_accepted_work_is_owed_whole_with_what_was_held_back_at_the_discretion_of_two(way: Way) -> None:
    proposal = way.accepted()
    ending = way.ending(proposal, work_fen=1_850_000)
    way.paid(proposal, "ending", "1")
    ending.refresh_from_db()
    assert ending.stage == EndingStage.RETURNING
    assert paid_fen(proposal.contracts.get()) == 1_850_000
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 150_000


@pytest.mark.django_db
def test_one_person_alone_ends_nothing(way: Way) -> None:
    proposal = way.delivering()
    with pytest.raises(Refused, match="拍下依据"):
        funding.ask_ending(proposal, reason="不办了", by=way.who("case_officer"))
    ending = funding.ask_ending(proposal, reason="不办了", file=a_picture(), by=way.who("case_officer"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DELIVERING
    with pytest.raises(Refused, match="另一个人"):
        funding.confirm_ending(ending, by=way.who("case_officer"))
    with pytest.raises(NotAllowed):
        funding.confirm_ending(ending, by=way.who("resident"))
    with pytest.raises(Refused, match="已经有人提请了结"):
        funding.ask_ending(proposal, reason="我也说不办", file=a_picture(), by=way.who("clerk"))
    funding.refuse_ending(ending, reason="再找一家", by=way.who("approver"))
    proposal.refresh_from_db()
    assert (proposal.stage, ending.stage) == (Stage.DELIVERING, EndingStage.REFUSED)


@pytest.mark.django_db
@pytest.mark.walked("accepted")
def test_a_request_that_nobody_confirmed_is_over_once_the_project_went_on(way: Way) -> None:
    proposal = way.accepted()
    ending = funding.ask_ending(proposal, reason="不办了", file=a_picture(), by=way.who("clerk"))
    way.asked_to_rate(proposal)
    ending.refresh_from_db()
    assert ending.stage == EndingStage.REFUSED


@pytest.mark.django_db
def test_what_is_owed_may_be_counted_again(way: Way) -> None:
    proposal = way.delivering()
    ending = way.ending(proposal, work_fen=700_000)
    assert Milestone.objects.get(kind="ending").amount_fen == 700_000
    funding.recount_ending(ending, reason="承接方说还有灯杆", by=way.who("clerk"))
    assert ending.stage == EndingStage.COUNTING
    funding.confirm_ending(ending, work_fen=800_000, by=way.who("approver"))
    assert Milestone.objects.get(kind="ending").amount_fen == 800_000
    way.paid(proposal, "ending")
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 1_200_000


@pytest.mark.django_db
def test_a_vote_that_fails_in_a_project_with_money_ends_it_the_same_way(way: Way) -> None:
    """Back to the vote is a way out of consulting; the households say no."""
    proposal = back_at_the_table(way)
    deliberation.vote_again(proposal, reason="费用变了，再问一次", by=way.who("clerk"))
    deliberation.open_motion(proposal, by=way.who("clerk"))
    way.vote_on_paper(proposal, agree=1, against=8)
    assert proposal.motions.latest("ordinal").stage == MotionStage.PUBLISHED
    assert proposal.stage == Stage.ENDING
    assert Ending.objects.get().outcome == Stage.NOT_PASSED


@pytest.mark.django_db
def test_a_project_with_money_is_not_put_aside(way: Way) -> None:
    proposal = decided_anew(way)
    with pytest.raises(Refused, match="不能列入储备库"):
        way.decide(proposal, outcome="reserve", tier=None, tier_reason="", reason="明年")


@pytest.mark.django_db
@pytest.mark.walked("raising")
def test_promises_end_with_it_and_it_is_all_said_on_its_page(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    funding.pledge(proposal, way.households[2], amount_fen=500, by=way.who("chief"))
    way.given(proposal, way.households[0], 10_000, "收据1")
    way.ending(proposal, "整院要拆迁")
    assert not Pledge.objects.kept().exists()
    page = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert "还有 1 笔、100.00 元余款等着退" in page
    close(way, proposal, "clerk")
    page = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert "已退 100.00 元" in page
    assert "灯杆基础挖好一半" in page
    assert "还差" not in page
    assert client_of(None).get(f"/projects/{proposal.number}/archive/").status_code == 200


def proposal_page(proposal: Proposal) -> dict[str, Any]:
    proposal.refresh_from_db()
    return {"present": ending_now(proposal).text}


BAD_ENDS = sorted(set(ENDED) - {Stage.ARCHIVED})
RECORDED = (
    "INSERT INTO lifecycle_steprecord"
    " (subject_type, subject_id, verb, source, target, label, as_role, reason, evidence)"
    " VALUES (%s, %s, %s, %s, %s, '', '', '', '{}')"
)


def refused(word: str, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Written by somebody who knows the table of steps; the database refuses it with this word."""
    with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def asked_anew(way: Way) -> Proposal:
    proposal = back_at_the_table(way)
    deliberation.vote_again(proposal, reason="费用变了，再问一次", by=way.who("clerk"))
    deliberation.open_motion(proposal, by=way.who("clerk"))
    return proposal


def dispatched_anew(way: Way) -> Proposal:
    proposal = decided_anew(way)
    way.decide(proposal, tier=3, tier_reason="跨院")
    wait_until_over(proposal)
    return proposal


MONEY_AT: dict[Stage, Callable[[Way], Proposal]] = {
    Stage.CONSULTING: back_at_the_table,
    Stage.VOTING: asked_anew,
    Stage.DECIDING: decided_anew,
    Stage.HANDLING: dispatched_anew,
}
"""Where a project that a holder took on may stand again, and the table has steps to an end."""


@pytest.mark.django_db
@pytest.mark.parametrize("stage", MONEY_AT)
def test_the_database_refuses_any_other_end(way: Way, stage: Stage) -> None:
    """Whoever writes the rows, by whatever step of the table leads to an end, from wherever it may be taken."""
    proposal = MONEY_AT[stage](way)
    proposal.refresh_from_db()
    assert proposal.stage == stage
    ends = [step for step in STEPS if step.target in BAD_ENDS and step.sources != ("",)]
    assert any(stage in step.sources for step in ends)
    for step in ends:
        for source in step.sources:
            moved = ("UPDATE proposals_proposal SET stage = %s WHERE id = %s", (step.target, proposal.pk))
            record = (RECORDED, ("proposals.proposal", proposal.pk, step.verb, source, step.target))
            # Any of the three where the step is another stage's; its own words where nothing else is wrong with it.
            others = "" if source == stage else "|no record of|merged_means"
            refused(f"ends through its ending{others}", record, moved)


@pytest.mark.django_db
@pytest.mark.walked("raising")
def test_the_database_refuses_an_end_that_leaves_money_or_is_not_sealed(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[0], 10_000, "收据1")
    ending = way.ending(proposal)
    over = ("UPDATE proposals_proposal SET stage = 'cancelled' WHERE id = %s", (proposal.pk,))
    record = (RECORDED, ("proposals.proposal", proposal.pk, "end_cancelled", "ending", "cancelled"))
    refused("ends through its ending", record, over)
    closing = (
        (RECORDED, ("funding.ending", ending.pk, "close", "returning", "closed")),
        ("UPDATE funding_ending SET stage = 'closed' WHERE id = %s", (ending.pk,)),
    )
    refused("is left", *closing, record, over)
    give_back(way, proposal)
    refused("not sealed", *closing, record, over)


@pytest.mark.django_db
def test_the_platform_tells_who_is_to_confirm(way: Way) -> None:
    proposal = way.delivering()
    party = way.who("party")
    funding.ask_ending(proposal, reason="不办了", file=a_picture(), by=way.who("clerk"))
    assert Message.objects.of(party).filter(title__contains="等您确认了结").exists()
    assert StepRecord.objects.filter(subject_type="funding.ending", verb="ask").exists()
    assert Purse.objects.get(proposal=proposal)
