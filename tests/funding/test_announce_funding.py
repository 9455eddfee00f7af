"""The funding notice is a gate: covered before it, passed and answered after it."""

from __future__ import annotations

import pytest

from funding import actions as funding
from funding.models import Grant, GrantStage
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from proposals.models import Source, Stage
from tests.way import Way, wait_until_over


@pytest.mark.walked("raising")
def test_what_is_missing_is_said(way: Way) -> None:
    proposal = way.raising()
    clerk = way.who("clerk")
    with pytest.raises(Refused, match="还没有资金方案"):
        funding.announce_funding(proposal, by=clerk)
    way.planned(proposal)
    with pytest.raises(Refused, match=r"街道补助还差 12,000\.00 元"):
        funding.announce_funding(proposal, by=clerk)
    way.granted(proposal)
    with pytest.raises(Refused, match=r"还差 8,000\.00 元"):
        funding.announce_funding(proposal, by=clerk)
    way.given(proposal, way.households[0], 799_999, "收据1")
    with pytest.raises(Refused, match=r"还差 0\.01 元"):
        funding.announce_funding(proposal, by=clerk)
    funding.pledge(proposal, way.households[1], amount_fen=1, by=way.who("neighbour"))
    with pytest.raises(NotAllowed):
        funding.announce_funding(proposal, by=way.who("stranger_clerk"))
    funding.announce_funding(proposal, by=clerk)
    assert proposal.stage == Stage.FUNDED
    assert proposal.gate_notice.kind == "funding"


@pytest.mark.walked("consulting")
def test_in_kind_is_kept_apart_from_cash(way: Way) -> None:
    proposal = way.raising(shares={Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 700_000, Source.IN_KIND: 100_000})
    plan = way.planned(proposal)
    assert plan.cash_fen == 1_900_000
    way.granted(proposal)
    way.given(proposal, way.households[0], 800_000, "收据1")
    with pytest.raises(Refused, match=r"投工投劳还差折合 1,000\.00 元"):
        funding.announce_funding(proposal, by=way.who("clerk"))
    funding.record_in_kind(proposal, who="王大力", what="出工挖沟", hours=16, value_fen=100_000, by=way.who("chief"))
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert balance(f"project:{proposal.number}") == 800_000


@pytest.mark.walked("funded")
def test_when_the_notice_has_passed_grants_move_into_the_project(way: Way, whole) -> None:
    proposal = way.funded()
    grant = Grant.objects.get()
    with pytest.raises(Refused, match="公示期到"):
        funding.open_suppliers(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    whole()
    assert proposal.stage == Stage.PROCURING
    grant.refresh_from_db()
    assert grant.stage == GrantStage.PLACED
    assert (balance(f"grant:{grant.pk}"), balance(f"project:{proposal.number}")) == (0, 2_000_000)
    assert Deadline.objects.open().filter(kind="funding.group", role="clerk").exists()


@pytest.mark.walked("funded")
def test_an_open_objection_keeps_the_gate_shut_until_it_is_answered(way: Way) -> None:
    proposal = way.funded()
    objection = disclosure.object_to(proposal.gate_notice, facts="觉得预算太高了，请说明", by=way.who("neighbour"))
    wait_until_over(proposal)
    assert proposal.stage == Stage.FUNDED
    disclosure.answer(objection, text="已逐项说明预算构成", outcome="explained", by=way.who("case_officer"))
    wait_until_over(proposal)
    assert proposal.stage == Stage.PROCURING


@pytest.mark.walked("funded")
def test_a_third_of_the_households_objecting_reopens_it(way: Way) -> None:
    proposal = way.funded()
    notice = proposal.gate_notice
    people = [way.who("resident"), way.who("neighbour"), *(person.user for person in way.neighbours(2))]
    for user in people:
        disclosure.object_to(notice, facts="不同意这样出钱，请重新商量", by=user)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.RAISING
    deadlines.sweep()
    for objection in notice.objections.open():  # the same content again waits for its answers
        disclosure.answer(objection, text="已经当面说明清楚", outcome="explained", by=way.who("clerk"))
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert proposal.gate_notice_id != notice.pk
