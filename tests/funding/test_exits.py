"""Where the next step cannot be taken there is another one than stopping."""

from __future__ import annotations

import pytest

from deliberation import actions as deliberation
from funding import actions as funding
from funding.models import Award, Refund
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import Refused
from proposals import actions as proposals
from proposals.models import Proposal, Source, Stage
from tests.funding.test_owed import agreed_anew
from tests.way import Way, wait_until_over

pytestmark = [pytest.mark.django_db, pytest.mark.walked("consulting")]


def too_dear(way: Way) -> Proposal:
    """Every quote is beyond what the plan has."""
    proposal = way.procuring()
    enquiry = way.quoted(proposal, 2_100_000, 2_200_000, 2_300_000)
    with pytest.raises(Refused, match="超过了资金方案"):
        funding.award(enquiry, enquiry.quotes.first(), reason="最低价", by=way.who("party"))
    return proposal


def test_all_quotes_beyond_the_plan_a_new_enquiry(way: Way) -> None:
    proposal = too_dear(way)
    with pytest.raises(Refused, match="理由"):
        funding.ask_anew(proposal, reason="", by=way.who("clerk"))
    funding.ask_anew(proposal, reason="都超过方案，改用小一号的灯", by=way.who("clerk"))
    assert proposal.stage == Stage.PROCURING
    enquiry = way.quoted(proposal)
    funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=way.who("party"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.AWARDED


def test_all_quotes_beyond_the_plan_a_smaller_one_and_the_difference_goes_back(way: Way, whole) -> None:
    proposal = too_dear(way)
    funding.plan_anew(proposal, reason="灯杆改短", by=way.who("clerk"))
    assert proposal.stage == Stage.CONSULTING
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="装一盏矮的",
        cost_fen=1_700_000,
        shares={Source.SUBSIDY: 900_000, Source.SELF_RAISED: 800_000},
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, tier=2)
    wait_until_over(proposal)
    proposals.accept_handling(proposal, by=way.who("case_officer"), reason="继续办")
    pot = proposal.grants.get().pot
    before = balance(pot.account.key)
    way.planned(proposal)
    whole()
    assert balance(pot.account.key) == before + 300_000
    assert Refund.objects.get().grant == proposal.grants.get()
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert proposal.stage == Stage.FUNDED
    assert list(findings()) == []


def test_a_supplier_gone_before_the_contract_the_next_one(way: Way) -> None:
    proposal = way.awarded()
    first = Award.objects.get()
    funding.drop_award(proposal, reason="第1电器行不做了", by=way.who("clerk"))
    first.refresh_from_db()
    assert first.annulled_at
    assert proposal.stage == Stage.PROCURING
    enquiry = first.enquiry
    following = enquiry.quotes.exclude(pk=first.quote_id).order_by("price_fen").first()
    funding.award(enquiry, following, reason="次低价", by=way.who("party"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.AWARDED


def test_tier_one_that_needs_the_street_asks_while_raising_once(way: Way) -> None:
    proposal = way.raising(tier=1)
    way.planned(proposal)
    with pytest.raises(Refused, match="理由"):
        funding.ask_for_help(proposal, reason="", by=way.who("clerk"))
    funding.ask_for_help(proposal, reason="居民只能筹到八千", by=way.who("clerk"))
    assert (proposal.stage, proposal.tier, proposal.holder_role) == (Stage.HANDLING, 2, "case_officer")
    assert proposal.handlings.get(ended_at=None).tier == 2
    proposals.accept_handling(proposal, by=way.who("case_officer"), reason="街道补一点")
    way.planned(proposal, {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000})
    with pytest.raises(Refused, match="只有一级办理"):
        funding.ask_for_help(proposal, reason="还是不够", by=way.who("clerk"))


def test_handed_back_to_tier_one_it_may_be_passed_up_again_and_is_not_handed_back_twice(way: Way) -> None:
    proposal = way.handling(tier=2)
    proposals.hand_back(proposal, by=way.who("case_officer"), reason="社区先自己想办法")
    proposals.accept_handling(proposal, by=way.who("clerk"), reason="先筹一筹")
    funding.ask_for_help(proposal, reason="居民只能筹到八千", by=way.who("clerk"))
    with pytest.raises(Refused, match="只能退单 1 次"):
        proposals.hand_back(proposal, by=way.who("case_officer"), reason="再想想")


def test_what_can_never_work_is_not_offered(way: Way, client_of) -> None:
    proposal = way.handling(tier=1, shares={Source.SELF_RAISED: 2_000_000})
    page = client_of(way.who("clerk")).get(f"/admin/proposals/proposal/{proposal.pk}/change/").content.decode()
    assert "/do/escalate/" in page
    assert "/do/hand-back/" not in page
    assert "/do/decline-handling/" not in page


def test_after_a_cheaper_plan_a_dearer_one_gets_back_what_went_back_to_the_pot(way: Way, whole) -> None:
    proposal = too_dear(way)
    funding.plan_anew(proposal, reason="灯杆改短", by=way.who("clerk"))
    agreed_anew(way, proposal, {Source.SUBSIDY: 900_000, Source.SELF_RAISED: 800_000})
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    way.quoted(proposal, 1_800_000, 1_850_000, 1_900_000)
    funding.plan_anew(proposal, reason="还是太贵", by=way.who("clerk"))
    agreed_anew(way, proposal, {Source.SUBSIDY: 1_200_000, Source.SELF_RAISED: 800_000})
    grant = way.granted(proposal)
    assert grant.amount_fen == 300_000
    with pytest.raises(Refused, match="没有还要申请的"):
        way.asked(proposal)
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    whole()
    assert balance(f"project:{proposal.number}") == 2_000_000
    assert list(findings()) == []
