"""Money back, in proportion and to the fen: cancelling, surplus."""

from __future__ import annotations

from datetime import timedelta

import pytest

from funding import actions as funding
from funding.models import Grant, GrantStage, Pledge, Refund
from funding.selectors import books
from minshi import clock
from minshi.deadlines.models import Deadline
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from proposals.models import Source, Stage
from tests.way import Way, a_picture


def give_back(way: Way, proposal) -> None:
    for number, refund in enumerate(proposal.refunds.filter(returned_at=None)):
        funding.pay_refund(refund, voucher=f"退{number}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))


@pytest.mark.walked("raising")
def test_cancelling_while_raising_gives_everything_back(way: Way, whole) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.granted(proposal)
    way.given(proposal, way.households[0], 10_001, "收据1")
    way.given(proposal, way.households[1], 20_000, "收据2")
    promised = funding.pledge(proposal, way.households[2], amount_fen=5, by=way.who("chief"))
    with pytest.raises(Refused, match="理由"):
        funding.ask_ending(proposal, by=way.who("clerk"), reason="")
    with pytest.raises(NotAllowed):
        funding.ask_ending(proposal, by=way.who("resident"), reason="不想办了")
    ending = way.ending(proposal, "整院要拆迁")
    whole()
    grant.refresh_from_db()
    assert (proposal.stage, grant.stage) == (Stage.ENDING, GrantStage.WITHDRAWN)
    assert balance(grant.pot.account.key) == 1_200_000
    assert not Pledge.objects.standing().exists()
    assert not Deadline.objects.open().filter(subject_type="funding.purse").exists()
    assert sorted(refund.amount_fen for refund in Refund.objects.all()) == [10_001, 20_000]
    give_back(way, proposal)
    whole()
    assert balance(f"project:{proposal.number}") == 0
    promised.refresh_from_db()
    ending.refresh_from_db()
    funding.close_ending(ending, done="还没有开工", by=way.who("clerk"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CANCELLED
    assert not Deadline.objects.open().filter(subject_type__in=("proposals.proposal", "funding.purse")).exists()
    proposal.card.refresh_from_db()
    assert (proposal.card.self_raised_fen, proposal.card.subsidy_fen) == (0, 0)
    assert list(findings()) == []


@pytest.mark.walked("delivering")
def test_cancelling_in_the_middle_shares_what_is_left(way: Way, whole) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start")
    way.ending(proposal, "承接方倒闭")
    left = 2_000_000 - 555_000
    assert sum(refund.amount_fen for refund in Refund.objects.all()) == left
    assert Refund.objects.get(grant__isnull=False).amount_fen == left * 60 // 100
    give_back(way, proposal)
    whole()
    found = books(proposal)
    assert (found.balance_fen, found.spending_fen, found.returned_fen) == (0, 555_000, left)
    assert {line.source for line in found.returned} == {"subsidy", "self_raised"}
    assert {line.source for line in found.spending} == {""}
    assert Grant.objects.get().pot.account.balance_fen == left * 60 // 100


@pytest.mark.walked("raising")
def test_money_not_yet_confirmed_is_confirmed_first(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    funding.record_contribution(
        proposal, household=way.households[0], amount_fen=1, voucher="收据1", photo=a_picture(), by=way.who("clerk")
    )
    with pytest.raises(Refused, match="还有 1 笔到账没有复核"):
        way.ending(proposal)


@pytest.mark.walked("raising")
def test_a_refund_takes_two_people_and_a_voucher(way: Way, refused_sql) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[0], 100, "收据1")
    way.ending(proposal)
    refund = Refund.objects.get()
    with pytest.raises(Refused, match="不能复核"):
        funding.confirm_refund(refund, by=way.who("clerk"))
    with pytest.raises(Refused, match="凭证号"):
        funding.pay_refund(refund, voucher="", by=way.who("cashier"))
    funding.pay_refund(refund, voucher="退1", by=way.who("cashier"))
    with pytest.raises(Refused, match="已经办过"):
        funding.pay_refund(refund, voucher="退1", by=way.who("cashier"))
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_refund(refund, by=way.who("cashier"))
    sql = "UPDATE funding_refund SET confirmed_by_id = paid_by_id, returned_at = minshi_now() WHERE id = %s"
    refused_sql("refund_takes_two_people", sql, refund.pk)
    sql = "UPDATE funding_refund SET confirmed_by_id = %s, returned_at = minshi_now() WHERE id = %s"
    refused_sql("not in the books", sql, way.who("clerk").pk, refund.pk)
    funding.confirm_refund(refund, by=way.who("clerk"))


@pytest.mark.walked("accepted")
def test_a_surplus_waits_until_everything_is_paid(way: Way) -> None:
    proposal = way.accepted()
    with pytest.raises(Refused, match="尾款还没有结论"):
        funding.return_surplus(proposal, by=None)
    way.released(proposal)
    with pytest.raises(Refused, match="尾款可以支付但还没有付"):
        funding.return_surplus(proposal, by=None)


@pytest.mark.walked("accepted")
def test_returning_twice_orders_nothing_twice(way: Way) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    assert proposal.gate_notice
    clock.move(proposal.gate_notice.ends_at - clock.now() + timedelta(minutes=1))
    way.paid(proposal, "acceptance", "2")
    funding.refuse_hold(proposal, by=None, reason="满意率 40%，三轮后不予支付")
    first = funding.return_surplus(proposal, by=None)
    assert sum(refund.amount_fen for refund in first) == 2_000_000 - 555_000 - 1_239_500
    assert {refund.grant.source for refund in first if refund.grant} == {Source.SUBSIDY}
    assert funding.return_surplus(proposal, by=None) == []
