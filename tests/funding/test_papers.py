"""A paper counts once however its number is spelled, and lies before the eyes of who decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from funding import actions as funding
from funding.deskwork.money import Approve, ApprovePayment, RecordContribution
from funding.deskwork.work import AddQuote, AskPayment, Sign
from funding.models import Milestone, Quote, Refund
from funding.selectors import before_ones_eyes
from minshi import clock as platform_clock
from minshi.refusals import Refused
from tests.way import Way, a_picture, wait_until_over

SPELLINGS = ("a-002", "A -002", "Ａ－００２", "A-002\u3000", "a\u00a0-002")


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.walked("raising")
def test_a_voucher_counts_once_however_it_is_spelled(way: Way, spelled: str) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[0], 10_000, "A-002")
    with pytest.raises(Refused, match="已经登记过"):
        way.given(proposal, way.households[1], 10_000, spelled)
    with pytest.raises(Refused, match="拨款文号已经登记过"):
        pot = way.pot(100)
        funding.allocate(pot, amount_fen=1, document="文 B-1", by=way.who("cashier"))
        funding.allocate(pot, amount_fen=1, document="文b-1", by=way.who("cashier"))


@pytest.mark.walked("delivering")
def test_invoices_and_payments_and_refunds_as_well(way: Way, refused_sql) -> None:
    proposal = way.delivering()
    first = way.paid(proposal, "start")
    funding.reverse_payment(first, by=way.who("approver"), reason="退回")
    again = funding.ask_payment(first.milestone, invoice="AB 12", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(again, by=way.who("approver"))
    with pytest.raises(Refused, match="付款凭证已经用过"):
        funding.pay(again, voucher=first.voucher.lower() + " ", by=way.who("cashier"))
    funding.pay(again, voucher="付 C-1", by=way.who("cashier"))
    sql = """INSERT INTO funding_payment (contract_id, milestone_id, amount_fen, invoice, invoice_photo, payer_id,
        voucher, asked_by_id, stage) SELECT contract_id, %s, %s, 'ａb12', '', payer_id, '', asked_by_id, 'asked'
        FROM funding_payment WHERE id = %s"""
    refused_sql("was used before", sql, again.milestone_id, again.amount_fen, again.pk)


@pytest.mark.walked("accepted")
def test_two_refunds_have_two_vouchers(way: Way) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    funding.return_surplus(proposal, by=None)
    first, second = Refund.objects.unpaid().filter(proposal=proposal)[:2]
    funding.pay_refund(first, voucher="退 A1", by=way.who("cashier"))
    with pytest.raises(Refused, match="退款凭证已经用过"):
        funding.pay_refund(second, voucher="退a1", by=way.who("cashier"))


def test_whoever_decides_on_a_grant_sees_what_it_is_for(way: Way, client_of) -> None:
    other, proposal = way.raising(title="再装一盏路灯"), way.raising()
    way.planned(proposal)
    grant = way.granted(proposal)
    seen = dict(before_ones_eyes(grant))
    assert "太阳能路灯" in seen["方案"]
    assert seen["谁出多少"] == "街道补助 12,000.00 元，居民自筹 8,000.00 元"
    assert seen["表决"] == "9 / 12 户参加，9 户同意"
    assert "异议 0 件" in seen["公示"]
    assert seen["这个社区今年还得过"] == "0 项，共 0.00 元"
    way.planned(other)
    asked = way.asked(other)
    funding.examine(asked, by=way.who("case_officer"), reason="合理")
    told = dict(before_ones_eyes(asked))["这个社区今年还得过"]
    assert told.startswith("1 项，共 12,000.00 元") and proposal.title in told
    browser = client_of(way.who("approver"))
    for page in (
        f"/admin/funding/grant/{asked.pk}/change/",
        f"/admin/funding/grant/{asked.pk}/do/approve/",
    ):
        shown = browser.get(page).content.decode()
        assert "9 / 12 户参加" in shown
        assert proposal.title in shown
    assert Approve.permission == "funding.approve"


@pytest.mark.walked("delivering")
def test_papers_lie_beside_what_they_prove(way: Way, client_of) -> None:
    proposal = way.delivering()
    milestone = Milestone.objects.get(contract__proposal=proposal, kind="start")
    payment = funding.ask_payment(milestone, invoice="1", file=a_picture(), by=way.who("clerk"))
    browser = client_of(way.who("approver"))
    page = browser.get(f"/admin/funding/payment/{payment.pk}/do/approve/").content.decode()
    for paper in (f"/money/payment-invoice_photo/{payment.pk}/", f"/money/contract-file/{payment.contract_id}/"):
        assert paper in page
        assert browser.get(paper)["Content-Type"] == "image/jpeg"
        assert client_of(way.who("resident")).get(paper).status_code == 403
    quote = Quote.objects.first()
    assert quote and browser.get(f"/money/quote-file/{quote.pk}/")["Content-Type"] == "image/jpeg"
    assert ApprovePayment.name == "approve"


@pytest.mark.parametrize(
    ("form", "field"),
    [(AddQuote, "photos"), (Sign, "file"), (AskPayment, "photos"), (RecordContribution, "photo")],
)
def test_the_desk_asks_for_the_paper(form: type, field: str) -> None:
    assert form.base_fields[field].required  # type: ignore[attr-defined]


@pytest.mark.walked("covered")
def test_nothing_is_written_down_without_its_paper(way: Way) -> None:
    """The actions ask nothing: it is the database that refuses the row."""
    clerk, party = way.who("clerk"), way.who("party")
    proposal = way.covered()
    with pytest.raises(Refused, match="请拍下收款凭证"):
        funding.record_contribution(proposal, household=way.households[5], amount_fen=1, voucher="收据9", by=clerk)
    funding.announce_funding(proposal, by=clerk)
    wait_until_over(proposal)
    way.project_group(proposal)
    enquiry = funding.open_enquiry(proposal, needs="太阳能路灯一盏", by=clerk)
    with pytest.raises(Refused, match="请拍下盖章的报价单"):
        funding.add_quote(enquiry, supplier="光明电器", price_fen=1, days=9, by=clerk)
    funding.ask_anew(proposal, reason="重新询价", by=clerk)
    way.choose(proposal)
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    with pytest.raises(Refused, match="请拍下签了字的合同"):
        funding.sign(proposal, integrity=True, by=party)
    proposal.refresh_from_db()
    funding.sign(proposal, integrity=True, file=a_picture(), by=party)
    funding.start_work(proposal, by=way.who("chief"))
    start = Milestone.objects.get(contract__proposal=proposal, kind="start")
    with pytest.raises(Refused, match="请拍下发票"):
        funding.ask_payment(start, invoice="1", by=clerk)
