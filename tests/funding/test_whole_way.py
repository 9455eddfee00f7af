"""One project's money from the plan to the surplus that goes back."""

from __future__ import annotations

from funding import actions as funding
from funding.models import Refund
from funding.selectors import books
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from proposals.models import Source
from tests.way import Way


def test_a_lamp_is_funded_built_accepted_and_paid(way: Way) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    refunds = funding.return_surplus(proposal, by=None)
    for number, refund in enumerate(refund for refund in refunds if refund.returned_at is None):
        funding.pay_refund(refund, voucher=f"退{number}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))
    found = books(proposal)
    assert (found.income_fen, found.spending_fen, found.returned_fen) == (2_000_000, 1_850_000, 150_000)
    assert found.balance_fen == 0 == balance(f"project:{proposal.number}")
    # 12,000 : 8,000 of the surplus of 1,500 yuan, to the fen.
    assert sum(r.amount_fen for r in Refund.objects.filter(grant__source=Source.SUBSIDY)) == 90_000
    assert sorted(r.amount_fen for r in refunds if r.giver_id) == [15_000] * 4
    proposal.card.refresh_from_db()
    assert (proposal.card.subsidy_fen, proposal.card.self_raised_fen, proposal.card.spent_fen) == (
        1_110_000,
        740_000,
        1_850_000,
    )
    assert list(findings()) == []
