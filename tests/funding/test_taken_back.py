"""What was typed wrong and never counted is taken back with its reason, and may be entered rightly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from funding import actions as funding
from funding.models import Allocation, CarryOver
from funding.selectors import coverage
from minshi.deadlines.models import Deadline
from minshi.ledger.selectors import balance
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals.models import Source
from tests.way import Way

pytestmark = pytest.mark.django_db


def test_an_allocation_typed_wrong_is_rejected_and_entered_again_under_its_document(way: Way, street, whole) -> None:
    cashier, approver = way.who("cashier"), way.who("approver")
    pot = funding.open_pot(place=street, year=2026, title="资金", document="文1", by=cashier)
    wrong = funding.allocate(pot, amount_fen=50_000_000, document="拨1", by=cashier)
    with pytest.raises(Refused, match="已经登记过"):
        funding.allocate(pot, amount_fen=5_000_000, document="拨 1", by=cashier)
    with pytest.raises(Refused, match="理由"):
        funding.reject_allocation(wrong, reason=" ", by=approver)
    with pytest.raises(NotAllowed):
        funding.reject_allocation(wrong, reason="多了一个零", by=way.who("clerk"))
    funding.reject_allocation(wrong, reason="多了一个零", by=approver)
    assert not Deadline.objects.open().filter(kind="funding.allocation").exists()
    assert Message.objects.of(cashier).filter(title__startswith="登记已作废").exists()
    with pytest.raises(Refused, match="已经作废"):
        funding.confirm_allocation(Allocation.objects.get(pk=wrong.pk), by=approver)
    right = funding.allocate(pot, amount_fen=5_000_000, document="拨1", by=cashier)
    funding.confirm_allocation(right, by=approver)
    whole()
    assert balance(pot.account.key) == 5_000_000
    with pytest.raises(Refused, match="已经复核过"):
        funding.reject_allocation(right, reason="不对", by=approver)


def test_a_carry_over_is_rejected_the_same_way(way: Way, street, refused_sql) -> None:
    cashier, approver = way.who("cashier"), way.who("approver")
    old, new = (
        funding.open_pot(place=street, year=year, title="资金", document="文1", by=cashier) for year in (2026, 2027)
    )
    carried = funding.carry_over(old, new, amount_fen=5, document="结1", by=cashier)
    funding.reject_carry_over(carried, reason="文件是明年的", by=cashier)
    with pytest.raises(Refused, match="已经作废"):
        funding.confirm_carry_over(CarryOver.objects.get(), by=approver)
    assert funding.carry_over(old, new, amount_fen=6, document="结1", by=cashier)
    sql = "UPDATE funding_carryover SET confirmed_by_id = %s, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("carry_over_is_one_or_other", sql, approver.pk, carried.pk)


def test_what_a_unit_or_a_neighbour_will_not_give_covers_nothing_any_more(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal, {Source.SUBSIDY: 1_200_000, Source.SPONSOR: 700_000, Source.IN_KIND: 100_000})
    clerk = way.who("clerk")
    words = {"name": "小卖部", "agreement": "协议1", "by": clerk}
    sponsor = funding.add_sponsor(proposal, promised_fen=7_000_000, **words)
    work = {"who": "张三", "what": "挖沟", "hours": Decimal("4.5"), "by": clerk}
    given = funding.record_in_kind(proposal, value_fen=1_000_000, **work)
    assert (coverage(proposal).promised["sponsor"], coverage(proposal).promised["in_kind"]) == (7_000_000, 1_000_000)
    desk = client_of(clerk)
    desk.post(
        f"/admin/funding/purse/{proposal.purse.pk}/do/sponsor-gone/", {"sponsor": sponsor.pk, "reason": "多写了一个零"}
    )
    desk.post(f"/admin/funding/inkind/{given.pk}/do/reject/", {"reason": "折价写错"})
    assert not any(coverage(proposal).promised.values())
    sponsor.refresh_from_db()
    with pytest.raises(Refused, match="不再出"):
        funding.record_contribution(proposal, sponsor=sponsor, amount_fen=5, voucher="1", by=clerk)
    given.refresh_from_db()
    with pytest.raises(Refused, match="已经作废"):
        funding.confirm_in_kind(given, by=way.who("supervisor"))
    funding.add_sponsor(proposal, promised_fen=700_000, **words)
    funding.record_in_kind(proposal, value_fen=100_000, **work)
    assert (coverage(proposal).promised["sponsor"], coverage(proposal).promised["in_kind"]) == (700_000, 100_000)
