"""A change of more than a tenth: consulted, decided and funded anew, with what was there already counted."""

from __future__ import annotations

from datetime import timedelta

from deliberation import actions as deliberation
from funding import actions as funding
from funding.models import Contract, Grant, Milestone
from funding.selectors import books
from minshi import clock as platform_clock
from proposals import actions as proposals
from proposals.models import Source, Stage
from tests.way import Way, a_picture, wait_until_over


def test_the_difference_is_asked_for_and_a_second_contract_signed(way: Way, whole) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start", "1")
    way.rethink(proposal)
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="装两盏灯",
        cost_fen=3_000_000,
        shares={Source.SUBSIDY: 2_200_000, Source.SELF_RAISED: 800_000},
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, tier=2)
    wait_until_over(proposal)
    proposals.accept_handling(proposal, by=way.who("case_officer"), reason="继续办")
    assert proposal.stage == Stage.RAISING
    assert way.planned(proposal).number == 2
    second = way.granted(proposal)
    assert second.amount_fen == 1_000_000
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    assert [grant.stage for grant in Grant.objects.order_by("pk")] == ["placed", "placed"]
    enquiry = way.quoted(proposal, 2_400_000, 2_440_000, 2_444_000)
    funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=way.who("party"))
    proposal.refresh_from_db()
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    contract = funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    funding.start_work(proposal, by=way.who("chief"))
    whole()
    assert Contract.objects.count() == 2
    assert Milestone.objects.get(contract=contract, kind="start").amount_fen == 720_000
    way.paid(proposal, "start", "2")
    found = books(proposal)
    assert (found.income_fen, found.spending_fen) == (3_000_000, 555_000 + 720_000)
