"""What somebody would try who means no good: money undone at every stage, twice, and under other spellings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from deliberation import actions as deliberation
from evaluation.actions import archive
from funding import actions as funding
from funding.models import Claim, ClaimEnd, Grant, Payment, Refund
from funding.selectors import books, card_facts, unpaid_parts
from minshi import clock as platform_clock
from minshi.ledger.checks import findings
from minshi.ledger.models import Account
from minshi.refusals import Refused
from proposals import actions as proposals
from proposals.models import CASH, Proposal, Source, Stage
from tests.walked import each
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db


def comes_out(proposal: Proposal, whole: Callable[[], None]) -> None:
    """To the fen: everything adds up to nothing, and books, purse and card say the same."""
    whole()
    assert list(findings()) == []
    assert Account.objects.aggregate(fen=Sum("balance_fen"))["fen"] == 0
    purse = Account.objects.get(key=f"project:{proposal.number}").balance_fen
    facts = card_facts(proposal)
    reserved = sum(Grant.objects.filter(proposal=proposal, stage="approved").values_list("amount_fen", flat=True))
    assert purse >= 0
    assert books(proposal).balance_fen == purse
    assert sum(facts[f"{source}_fen"] for source in CASH) - facts["spent_fen"] - reserved == purse
    owed = sum(Refund.objects.owed().filter(proposal=proposal).values_list("amount_fen", flat=True))
    assert owed <= purse


def give_back(way: Way, proposal: Proposal) -> None:
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        funding.pay_refund(refund, voucher=f"还{refund.pk}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))


def cancelled(way: Way) -> Proposal:
    proposal = way.covered()
    ending = way.ending(proposal)
    give_back(way, proposal)
    ending.refresh_from_db()
    funding.close_ending(ending, done="没有开工", by=way.who("clerk"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CANCELLED
    return proposal


STAGES: dict[str, Callable[[Way], Proposal]] = {
    "raising": Way.covered,
    "funded": Way.funded,
    "awarded": Way.awarded,
    "delivering": Way.delivering,
    "accepted": Way.accepted,
    "rated": Way.rated,
    "paid up": Way.paid_up,
    "settling": Way.settling,
    "archived": Way.archived,
    "cancelled": cancelled,
}
BEGINS = {"raising": "covered", "paid up": "paid_up", "cancelled": "covered"}


@pytest.mark.parametrize("stage", each({stage: BEGINS.get(stage, stage) for stage in STAGES}))
def test_a_contribution_reversed_at_any_stage_leaves_books_that_come_out(way: Way, whole: Any, stage: str) -> None:
    proposal = STAGES[stage](way)
    given = proposal.contributions.order_by("pk").first()
    assert given
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    comes_out(proposal, whole)
    again = proposal.contributions.order_by("pk").last()
    assert again
    funding.reverse_contribution(again, by=way.who("supervisor"), reason="支票退票")
    comes_out(proposal, whole)
    for number, claim in enumerate(Claim.objects.open().filter(proposal=proposal).order_by("pk")):
        how = (ClaimEnd.RETURNED, ClaimEnd.WRITTEN_OFF)[number % 2]
        funding.settle_claim(claim, how=how, voucher=f"追{number}", reason="联系不上", by=way.who("clerk"))
        funding.confirm_claim(claim, by=way.who("supervisor"))
        comes_out(proposal, whole)
    give_back(way, proposal)
    comes_out(proposal, whole)


@pytest.mark.walked("consulting")
def test_two_claims_on_one_giver_are_not_claimed_twice(way: Way, whole: Any) -> None:
    proposal = way.raising(tier=1)
    way.planned(proposal)
    first = way.given(proposal, way.households[0], 300_000, "收1")
    second = way.given(proposal, way.households[0], 100_000, "收2")
    way.given(proposal, way.households[1], 100_000, "收3")
    way.ending(proposal)
    give_back(way, proposal)
    for given in (first, second):
        funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
        comes_out(proposal, whole)
    claims = list(Claim.objects.order_by("pk"))
    assert [claim.amount_fen for claim in claims] == [300_000, 100_000]
    funding.settle_claim(claims[0], how=ClaimEnd.RETURNED, voucher="还A-1", by=way.who("clerk"))
    funding.confirm_claim(claims[0], by=way.who("supervisor"))
    comes_out(proposal, whole)
    with pytest.raises(Refused, match="已经用过"):
        funding.settle_claim(claims[1], how=ClaimEnd.RETURNED, voucher="还a —1", by=way.who("clerk"))
    with pytest.raises(Refused, match="已经用过"):
        funding.settle_claim(claims[1], how=ClaimEnd.RETURNED, voucher="收3", by=way.who("clerk"))
    funding.settle_claim(claims[1], how=ClaimEnd.RETURNED, voucher="还A-2", by=way.who("clerk"))
    funding.confirm_claim(claims[1], by=way.who("supervisor"))
    give_back(way, proposal)
    comes_out(proposal, whole)
    assert not Claim.objects.open().exists()


@pytest.mark.parametrize("stage", each({"settling": "settling", "archived": "archived"}))
def test_a_payment_the_bank_sends_back_after_the_accounts_is_paid_again(way: Way, whole: Any, stage: str) -> None:
    proposal = STAGES[stage](way)
    payment = Payment.objects.filter(contract__proposal=proposal).latest("pk")
    funding.reverse_payment(payment, by=way.who("approver"), reason="户名不符")
    comes_out(proposal, whole)
    assert [part.pk for part in unpaid_parts(proposal)] == [payment.milestone_id]
    if stage == "settling":
        way.complete(proposal)
        with pytest.raises(Exception, match=r"账上还有钱|缺|还有"):
            archive.archive(proposal, by=way.who("clerk"))
        proposal.refresh_from_db()
    again = funding.ask_payment(payment.milestone, invoice="新票1", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(again, by=way.who("approver"))
    funding.pay(again, voucher="补付1", by=way.who("cashier"))
    comes_out(proposal, whole)
    assert Account.objects.get(key=f"project:{proposal.number}").balance_fen == 0
    if stage == "settling":
        archive.archive(proposal, by=way.who("clerk"))
        proposal.refresh_from_db()
        assert proposal.stage == Stage.ARCHIVED


@pytest.mark.walked("delivering")
def test_a_cheaper_plan_after_the_pots_year_gives_the_difference_back_to_that_pot(way: Way, whole: Any) -> None:
    proposal = way.delivering()
    grant = proposal.grants.get()
    pot = grant.pot
    next_year = platform_clock.now().replace(month=12, day=31) + timedelta(days=12)
    platform_clock.move(max(next_year - platform_clock.now(), timedelta()))
    before = pot.account.balance_fen
    way.rethink(proposal, "少做一点")
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="装一盏小的",
        cost_fen=1_500_000,
        shares={Source.SUBSIDY: 700_000, Source.SELF_RAISED: 800_000},
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, tier=2)
    wait_until_over(proposal)
    proposals.accept_handling(proposal, by=way.who("case_officer"), reason="按新方案办")
    way.planned(proposal)
    comes_out(proposal, whole)
    pot.account.refresh_from_db()
    assert pot.account.balance_fen == before + 500_000
    funding.announce_funding(proposal, by=way.who("clerk"))
    comes_out(proposal, whole)


SPELLED = (
    "A‐002",
    "A－002",
    "A—002",
    "A−002",
    "a–\u200b002",
    "\ufeffA-0\u200d02",
    "Ａ ﹣００２",
    "A\u00ad-002",
    "A\u2060-002",
)


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.walked("raising")
def test_another_dash_or_an_unseen_sign_makes_no_other_voucher(way: Way, spelled: str) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[0], 10_000, "A-002")
    with pytest.raises(Refused, match="已经登记过"):
        way.given(proposal, way.households[1], 10_000, spelled)
    way.given(proposal, way.households[1], 10_000, "A-0020")
    way.given(proposal, way.households[2], 10_000, "A002")
    way.given(proposal, way.households[2], 10_000, "A-一一")
    way.given(proposal, way.households[2], 10_000, "A-一")


@pytest.mark.walked("consulting")
def test_nobody_confirms_or_writes_off_what_they_did_themselves(way: Way, whole: Any) -> None:
    proposal = way.raising(tier=1)
    way.planned(proposal)
    given = way.given(proposal, way.households[0], 300_000, "收1")
    way.ending(proposal)
    refund = Refund.objects.get()
    funding.pay_refund(refund, voucher="退1", by=way.who("clerk"))
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_refund(refund, by=way.who("clerk"))
    funding.confirm_refund(refund, by=way.who("cashier"))
    with pytest.raises(Refused, match="不能复核"):
        funding.confirm_refund(refund, by=way.who("supervisor"))
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    claim = Claim.objects.get()
    funding.settle_claim(claim, how=ClaimEnd.WRITTEN_OFF, voucher="文1", reason="联系不上", by=way.who("clerk"))
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_claim(claim, by=way.who("clerk"))
    funding.confirm_claim(claim, by=way.who("supervisor"))
    with pytest.raises(Refused):
        funding.confirm_claim(claim, by=way.who("approver"))
    comes_out(proposal, whole)
