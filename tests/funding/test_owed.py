"""What is owed is paid, or given up by two, before anything goes back; what is signed for is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deliberation import actions as deliberation
from evaluation.actions import accounts
from evaluation.models import FinalAccounts
from funding import actions as funding
from funding.actions import delivery, payments, refunds, suppliers
from funding.models import Milestone, Payment, PaymentStage, Pledge, Refund, Waiver
from funding.selectors import books, coverage, owed_to_suppliers_fen
from minshi import clock as platform_clock
from minshi.ledger.selectors import balance
from minshi.policy.models import Parameter, Setting
from minshi.refusals import NotAllowed, Refused
from proposals import actions as proposals
from proposals.models import Proposal, Source, Stage
from tests.way import Way, a_picture, wait_until_over


def part(proposal: Proposal, kind: str) -> Milestone:
    return Milestone.objects.get(contract__proposal=proposal, contract__ended_at=None, kind=kind)


def all_but_the_second(way: Way) -> Proposal:
    """The 67 % was refused for a wrong heading on its invoice; everything else is paid, the residents are content."""
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    payment = funding.ask_payment(part(proposal, "acceptance"), invoice="9", file=a_picture(), by=way.who("clerk"))
    funding.refuse_payment(payment, by=way.who("approver"), reason="发票抬头不对")
    way.paid(proposal, "retention", "3")
    return proposal


@pytest.mark.walked("accepted")
def test_the_suppliers_money_does_not_go_back_as_a_surplus(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = all_but_the_second(way)
    owed = part(proposal, "acceptance")
    assert owed_to_suppliers_fen(proposal) == owed.amount_fen
    with pytest.raises(Refused, match=r"验收款可以支付但还没有付：12,395\.00 元"):
        accounts.return_surplus(proposal, by=way.who("clerk"))
    with pytest.raises(Refused, match="验收款可以支付但还没有付"):
        accounts.make_accounts(proposal, by=way.who("clerk"))
    # Without that question the database answers it.
    monkeypatch.setattr(refunds, "what_is_owed", lambda proposal: [])
    monkeypatch.setattr(accounts, "what_is_owed", lambda proposal: [])
    monkeypatch.setattr(accounts, "_what_is_open", lambda proposal, figures: [])
    monkeypatch.setattr(refunds, "owed_to_suppliers_fen", lambda proposal: 0)
    with pytest.raises(Refused, match="没有由两个人登记放弃，不能退结余"):
        accounts.return_surplus(proposal, by=way.who("clerk"))
    with pytest.raises(Refused, match="没有由两个人登记放弃，不能结算"):
        accounts.make_accounts(proposal, by=way.who("clerk"))
    assert not Refund.objects.exists()
    assert not FinalAccounts.objects.exists()


@pytest.mark.walked("accepted")
def test_an_approved_payment_blocks_surplus_and_accounts(way: Way) -> None:
    proposal = all_but_the_second(way)
    payment = funding.ask_payment(part(proposal, "acceptance"), invoice="10", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(payment, by=way.who("approver"))
    for act in (accounts.return_surplus, accounts.make_accounts):
        with pytest.raises(Refused, match="验收款可以支付但还没有付"):
            act(proposal, by=way.who("clerk"))
    funding.pay(payment, voucher="付10", by=way.who("cashier"))
    assert accounts.return_surplus(proposal, by=way.who("clerk"))


@pytest.mark.walked("accepted")
def test_a_part_is_given_up_by_two_with_the_suppliers_acknowledgement(way: Way, whole, refused_sql, client_of) -> None:
    proposal = all_but_the_second(way)
    owed = part(proposal, "acceptance")
    with pytest.raises(Refused, match="书面确认"):
        funding.waive(owed, reason="承接方没有做完", file=None, by=way.who("clerk"))
    with pytest.raises(Refused, match="为什么不付"):
        funding.waive(owed, reason=" ", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(NotAllowed):
        funding.waive(owed, reason="不付了", file=a_picture(), by=way.who("resident"))
    waiver = funding.waive(owed, reason="承接方放弃，抵扣返工", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(Refused, match="已经登记放弃"):
        funding.ask_payment(owed, invoice="11", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(Refused, match="验收款可以支付但还没有付"):  # the second person has not read it yet
        accounts.return_surplus(proposal, by=way.who("clerk"))
    with pytest.raises(NotAllowed):
        funding.confirm_waiver(waiver, by=way.who("clerk"))
    sql = "UPDATE funding_waiver SET confirmed_by_id = by_id, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("waiver_takes_two_people", sql, waiver.pk)
    sql = "UPDATE funding_waiver SET confirmed_by_id = %s, confirmed_at = minshi_now() WHERE id = %s"
    refused_sql("the proposer confirms nothing", sql, proposal.proposer_id, waiver.pk)
    paper = f"/money/waiver-file/{waiver.pk}/"
    assert client_of(way.who("approver")).get(paper)["Content-Type"] == "image/jpeg"
    assert client_of(way.who("stranger_clerk")).get(paper).status_code == 403
    funding.confirm_waiver(waiver, by=way.who("approver"))
    back = accounts.return_surplus(proposal, by=way.who("clerk"))
    whole()
    assert sum(refund.amount_fen for refund in back) == 2_000_000 - 555_000 - 55_500
    assert books(proposal).spending_fen == 555_000 + 55_500


@pytest.mark.walked("delivering")
def test_what_is_being_paid_is_not_given_up_and_what_is_not_given_up_after_all_is_paid(way: Way, refused_sql) -> None:
    proposal = way.delivering()
    first = part(proposal, "start")
    waiver = funding.waive(first, reason="承接方不要首款", file=a_picture(), by=way.who("clerk"))
    funding.annul_waiver(waiver, by=way.who("approver"))
    with pytest.raises(Refused, match="已经办过"):
        funding.confirm_waiver(waiver, by=way.who("approver"))
    way.paid(proposal, "start")
    with pytest.raises(Refused, match="正在付款或者已经付了"):
        funding.waive(first, reason="承接方不要首款", file=a_picture(), by=way.who("clerk"))
    sql = """INSERT INTO funding_waiver (milestone_id, amount_fen, reason, file, by_id, at)
        VALUES (%s, %s, 'x', 'x', %s, minshi_now())"""
    refused_sql("is being paid", sql, first.pk, first.amount_fen, way.who("clerk").pk)
    assert Waiver.objects.standing().count() == 0


@pytest.mark.walked("delivering")
def test_what_the_bank_sent_back_is_owed_also_after_cancelling(way: Way, whole) -> None:
    proposal = way.delivering()
    payment = way.paid(proposal, "start")
    way.ending(proposal, "承接方倒闭")
    funding.reverse_payment(payment, by=way.who("approver"), reason="账号不对")
    given = proposal.contributions.order_by("pk").first()
    assert given
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    whole()
    owed = Refund.objects.owed().filter(proposal=proposal)
    assert balance(f"project:{proposal.number}") == sum(each.amount_fen for each in owed) + payment.amount_fen
    again = funding.ask_payment(payment.milestone, invoice=payment.invoice, file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(again, by=way.who("approver"))
    funding.pay(again, voucher="付再", by=way.who("cashier"))
    whole()


# --- Promises are no cover -----------------------------------------------------------------------------


def promised_only(way: Way) -> Proposal:
    """Everybody has promised, half of it has come, and a supplier is chosen."""
    proposal = way.raising(tier=1)
    way.planned(proposal)
    way.given(proposal, way.households[0], 1_000_000, "收据1")
    funding.pledge(proposal, way.households[1], amount_fen=1_000_000, by=way.who("neighbour"))
    funding.announce_funding(proposal, by=way.who("clerk"))
    return way.award_from(proposal)


@pytest.mark.walked("consulting")
def test_nothing_is_signed_against_promises(way: Way, whole, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = promised_only(way)
    with pytest.raises(Refused, match=r"还差 8,500\.00 元；认缴的不算"):
        funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    with monkeypatch.context() as naive:
        naive.setattr(suppliers, "why_not_covered", lambda *args: [])
        with pytest.raises(Refused, match="由到账的钱和已拨入的补助付得起"):
            funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    way.given(proposal, way.households[1], 1_000_000, "收据2")
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    whole()


def test_how_much_must_be_there_is_policy_of_the_place(way: Way) -> None:
    Setting.objects.create(
        parameter=Parameter.objects.get(name="signing.covered"),
        place=way.yard.at_level("street"),
        value="1/2",
        since="2020-01-01",
        source="街道规定",
    )
    proposal = promised_only(way)
    assert funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))


@pytest.mark.walked("delivering")
def test_a_dearer_change_is_there_before_it_is_agreed(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = way.delivering()
    given = proposal.contributions.order_by("pk").first()
    assert given
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    asked = {"what": "多一盏", "reason": "路口太暗", "new_price_fen": 1_900_000, "by": way.who("clerk")}
    with pytest.raises(Refused, match="认缴的不算"):
        funding.ask_change(proposal, **asked)
    with monkeypatch.context() as naive:
        naive.setattr(delivery, "why_not_covered", lambda *args: [])
        change = funding.ask_change(proposal, **asked)
        with pytest.raises(Refused, match="由到账的钱和已拨入的补助付得起"):
            funding.approve_change(change, by=way.who("case_officer"), reason="同意")
    way.given(proposal, way.households[6], 200_000, "补1")
    funding.approve_change(change, by=way.who("case_officer"), reason="同意")


@pytest.mark.parametrize("stage", [Stage.RATING, Stage.RATED])
@pytest.mark.walked("accepted")
def test_money_is_received_until_the_accounts(way: Way, stage: Stage, whole) -> None:
    proposal = way.accepted()
    way.asked_to_rate(proposal) if stage == Stage.RATING else way.released(proposal)
    proposal.refresh_from_db()
    assert proposal.stage == stage
    way.given(proposal, way.households[7], 100_000, "后来的")
    whole()


@pytest.mark.walked("accepted")
def test_promises_end_with_the_accounts(way: Way, whole) -> None:
    proposal = way.accepted()
    funding.pledge(proposal, way.households[1], amount_fen=70_000, by=way.who("neighbour")) if not (
        proposal.contributions.filter(giver__household=way.households[1]).exists()
    ) else funding.add_sponsor(proposal, name="小卖部", agreement="协议", promised_fen=70_000, by=way.who("clerk"))
    assert sum(coverage(proposal).promised.values()) == 70_000
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    for number, refund in enumerate(accounts.return_surplus(proposal, by=way.who("clerk")), start=1):
        if refund.returned_at is None:
            funding.pay_refund(refund, voucher=f"退{number}", by=way.who("cashier"))
            funding.confirm_refund(refund, by=way.who("clerk"))
    accounts.confirm_accounts(accounts.make_accounts(proposal, by=way.who("clerk")), by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    proposal.refresh_from_db()
    assert not Pledge.objects.standing().filter(proposal=proposal).exists()
    assert coverage(proposal).promised == {}
    with pytest.raises(Refused, match="不收钱"):
        way.given(proposal, way.households[7], 100_000, "太晚了")


# --- The second payment and the residents' word ----------------------------------------------------------


@pytest.mark.walked("rating")
def test_the_second_payment_waits_while_the_residents_have_refused_the_work(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = way.rating()
    way.answer(survey, good=6, bad=5)  # 54.5 %
    proposal = way.result(survey).proposal
    assert proposal.stage == Stage.ACCEPTING
    with pytest.raises(Refused, match="验收合格以后才能付"):
        funding.ask_payment(part(proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    monkeypatch.setattr(payments, "_why_not_accepted", lambda contract: [])
    with pytest.raises(Refused, match=r"验收合格并且公示期满|没有通过"):
        funding.ask_payment(part(proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    monkeypatch.undo()
    way.accept_work(proposal)
    assert proposal.gate_notice
    with pytest.raises(Refused, match="公示期到"):  # the new acceptance's own
        funding.ask_payment(part(proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    with monkeypatch.context() as naive:
        naive.setattr(payments, "_why_not_accepted", lambda contract: [])
        with pytest.raises(Refused, match="验收合格并且公示期满"):
            funding.ask_payment(part(proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    way.asked_to_rate(proposal)
    assert way.paid(proposal, "acceptance", "2").stage == PaymentStage.PAID


def test_after_the_last_round_it_waits_for_the_streets_word(way: Way) -> None:
    Setting.objects.create(
        parameter=Parameter.objects.get(name="rating.rounds"),
        place=None,
        value=1,
        since="2021-01-01",
        source="测试",
    )
    survey = way.rating()
    asked = funding.ask_payment(part(survey.proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    way.answer(survey, good=6, bad=5)
    way.result(survey)
    with pytest.raises(Refused, match="评议没有通过"):
        funding.approve_payment(asked, by=way.who("approver"))
    assert Payment.objects.get().stage == PaymentStage.ASKED
    assert Source.SUBSIDY in coverage(survey.proposal).sure


# --- What the bank sent back is not spent twice ------------------------------------------------------------


def agreed_anew(way: Way, proposal: Proposal, shares: dict[str, int]) -> None:
    """Consulted, decided and taken on again, with its plan of money."""
    meeting = way.recorded_meeting(proposal)
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text="重新商定的方案",
        cost_fen=sum(shares.values()),
        shares=shares,
        keeper="院落自管小组",
        by=way.who("clerk"),
    )
    proposal.refresh_from_db()
    way.study(proposal)
    way.decide(proposal, tier=2)
    wait_until_over(proposal)
    proposals.accept_handling(proposal, by=way.who("case_officer"), reason="继续办")
    way.planned(proposal)


def test_a_second_contract_is_not_signed_against_what_the_first_supplier_is_still_owed(
    way: Way, whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = way.delivering()
    payment = way.paid(proposal, "start")
    way.rethink(proposal)
    funding.reverse_payment(payment, by=way.who("approver"), reason="账号不对")
    agreed_anew(way, proposal, {"subsidy": 1_200_000, "self_raised": 800_000})
    funding.announce_funding(proposal, by=way.who("clerk"))
    wait_until_over(proposal)
    enquiry = way.quoted(proposal)
    with pytest.raises(Refused, match=r"可以花的 14,450\.00 元"):
        funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=way.who("party"))
    with monkeypatch.context() as naive:
        naive.setattr(suppliers, "owed_before_fen", lambda proposal: 0)
        funding.award(enquiry, enquiry.quotes.first(), reason="价低", by=way.who("party"))
        proposal.refresh_from_db()
        assert proposal.gate_notice
        platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
        with pytest.raises(Refused, match="超过了资金方案"):
            funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    with pytest.raises(Refused, match=r"现在 14,450\.00 元"):
        funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    again = funding.ask_payment(payment.milestone, invoice=payment.invoice, file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(again, by=way.who("approver"))
    funding.pay(again, voucher="付再", by=way.who("cashier"))
    funding.sign(proposal, price_fen=1_445_000, integrity=True, file=a_picture(), by=way.who("party"))
    whole()
    assert balance(f"project:{proposal.number}") == 1_445_000
