"""Paying: three people, each invoice and voucher once, never beyond contract, acceptance, hold or purse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from funding import actions as funding
from funding.models import Contract, Payment, PaymentStage
from funding.selectors import hold_says, last_contract
from minshi import clock
from minshi.deadlines.models import Deadline
from minshi.ledger.actions import post
from minshi.ledger.selectors import balance
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Role
from proposals.actions import advance
from proposals.models import Proposal, Stage
from tests.cast import grant as give_role
from tests.way import Way, a_picture

FINE = [("灯亮", True, "")]


def milestone(proposal: Proposal, kind: str):
    return Contract.objects.get(proposal=proposal).milestones.get(kind=kind)


@pytest.mark.walked("delivering")
def test_asked_approved_and_paid_by_three_people(way: Way, whole) -> None:
    proposal = way.delivering()
    payment = funding.ask_payment(
        milestone(proposal, "start"), invoice="26 11 0001", file=a_picture(), by=way.who("chief")
    )
    assert (payment.amount_fen, payment.invoice) == (555_000, "26110001")
    assert Deadline.objects.open().get(kind="funding.payment").role == Role.APPROVER
    with pytest.raises(Refused, match="不能办理“付款”"):
        funding.pay(payment, voucher="付1", by=way.who("cashier"))
    funding.approve_payment(payment, by=way.who("approver"))
    assert Deadline.objects.open().get(kind="funding.payment").role == Role.CASHIER
    with pytest.raises(Refused, match="凭证号"):
        funding.pay(payment, voucher=" ", by=way.who("cashier"))
    funding.pay(payment, voucher="付1", by=way.who("cashier"))
    whole()
    assert (balance(f"project:{proposal.number}"), balance(payment.contract.account.key)) == (1_445_000, 555_000)
    proposal.card.refresh_from_db()
    assert proposal.card.spent_fen == 555_000


@pytest.mark.walked("delivering")
def test_every_pair_of_duties_is_refused_to_one_person(way: Way, street, refused_sql) -> None:
    proposal = way.delivering()
    everybody = {name: way.who(name) for name in ("resident", "clerk", "approver", "cashier")}
    for user in everybody.values():
        for role in (Role.APPROVER, Role.CASHIER, Role.CLERK):
            if not user.grants.filter(role=role, place=street).exists():
                give_role(user, role, street)
        user.__dict__.pop("_held", None)
    part = milestone(proposal, "start")
    with pytest.raises(Refused, match="提议人"):
        funding.ask_payment(part, invoice="1", file=a_picture(), by=everybody["resident"])
    payment = funding.ask_payment(part, invoice="1", file=a_picture(), by=everybody["clerk"])
    set_approver = "UPDATE funding_payment SET approved_by_id = %s WHERE id = %s"
    for name in ("resident", "clerk"):
        with pytest.raises(Refused, match=r"要由另一个人来办|提议人"):
            funding.approve_payment(payment, by=everybody[name])
        refused_sql("by_another|proposer", set_approver, everybody[name].pk, payment.pk)
    funding.approve_payment(payment, by=everybody["approver"])
    set_payer = "UPDATE funding_payment SET stage = 'paid', voucher = 'v', paid_by_id = %s WHERE id = %s"
    for name in ("resident", "clerk", "approver"):
        with pytest.raises(Refused, match=r"要由另一个人来办|提议人"):
            funding.pay(payment, voucher="付1", by=everybody[name])
        refused_sql("by_another|proposer|no record", set_payer, everybody[name].pk, payment.pk)
    funding.pay(payment, voucher="付1", by=everybody["cashier"])


@pytest.mark.walked("delivering")
def test_an_invoice_and_a_voucher_are_used_once(way: Way, refused_sql) -> None:
    proposal = way.delivering()
    clerk = way.who("clerk")
    part = milestone(proposal, "start")
    with pytest.raises(Refused, match="发票号"):
        funding.ask_payment(part, invoice=" ", file=a_picture(), by=clerk)
    first = funding.ask_payment(part, invoice="1", file=a_picture(), by=clerk)
    with pytest.raises(Refused, match="已经申请过"):
        funding.ask_payment(part, invoice="2", file=a_picture(), by=clerk)
    funding.refuse_payment(first, by=way.who("approver"), reason="发票抬头不对")
    again = funding.ask_payment(part, invoice="1", file=a_picture(), by=clerk)
    funding.approve_payment(again, by=way.who("approver"))
    funding.pay(again, voucher="付1", by=way.who("cashier"))
    insert = (
        "INSERT INTO funding_payment (contract_id, milestone_id, amount_fen, invoice, invoice_photo, payer_id, voucher,"
        " asked_by_id, stage)"
        " SELECT contract_id, milestone_id, amount_fen, %s, 'x.jpg', payer_id, '', asked_by_id, 'asked'"
        " FROM funding_payment WHERE id = %s"
    )
    refused_sql("one_payment_per_milestone|beyond the price", insert, "9", again.pk)
    other = milestone(proposal, "acceptance")
    sql = insert.replace("milestone_id, amount_fen, %s", f"{other.pk}, {other.amount_fen}, %s")
    refused_sql("not accepted", sql, "1", again.pk)
    refused_sql("append-only|permission", "UPDATE funding_payment SET amount_fen = 1 WHERE id = %s", again.pk)


@pytest.mark.walked("delivering")
def test_the_second_payment_waits_for_acceptance_and_its_notice(way: Way, clock, refused_sql) -> None:
    proposal = way.delivering()
    clerk, part = way.who("clerk"), milestone(proposal, "acceptance")
    with pytest.raises(Refused, match="验收合格以后"):
        funding.ask_payment(part, invoice="2", file=a_picture(), by=clerk)
    insert = (
        "INSERT INTO funding_payment (contract_id, milestone_id, amount_fen, invoice, payer_id, voucher, asked_by_id,"
        " stage) VALUES (%s, %s, %s, '2', %s, '', %s, 'asked')"
    )
    facts = (part.contract_id, part.pk, part.amount_fen, proposal.place.at_level("street").pk, clerk.pk)
    refused_sql("not accepted", insert, *facts)
    funding.log(proposal, text="装好了", by=way.who("chief"))
    funding.finish(proposal, by=way.who("chief"))
    acceptance = funding.accept_work(proposal, panel=way.panel(), items=FINE, opinion="合格", by=way.who("supervisor"))
    with pytest.raises(Refused, match="公示期到"):
        funding.ask_payment(part, invoice="2", file=a_picture(), by=clerk)
    refused_sql("its notice still runs", insert, *facts)
    clock.move(seconds=(acceptance.notice.ends_at - clock.now()).total_seconds() + 60)
    assert way.paid(proposal, "acceptance", "2").stage == PaymentStage.PAID


@pytest.mark.walked("accepted")
def test_the_retained_part_waits_for_the_residents_word(way: Way, clock, refused_sql) -> None:
    proposal = way.accepted()
    clerk, part = way.who("clerk"), milestone(proposal, "retention")
    hold = part.contract.hold
    with pytest.raises(Refused, match="尾款暂扣"):
        funding.ask_payment(part, invoice="3", file=a_picture(), by=clerk)
    insert = (
        "INSERT INTO funding_payment (contract_id, milestone_id, amount_fen, invoice, payer_id, voucher, asked_by_id,"
        " stage) VALUES (%s, %s, %s, '3', %s, '', %s, 'asked')"
    )
    refused_sql(
        "on hold", insert, part.contract_id, part.pk, part.amount_fen, proposal.place.at_level("street").pk, clerk.pk
    )
    refused_sql("no record of|no round", "UPDATE funding_hold SET stage = 'released' WHERE id = %s", hold.pk)
    funding.keep_hold(proposal, by=None, reason="满意率 70%，先整改")
    with pytest.raises(NotAllowed):
        funding.release_hold(proposal, by=way.who("resident"), reason="我说行")
    funding.refuse_hold(proposal, by=None, reason="满意率 50%")
    with pytest.raises(Refused, match="尾款不予支付"):
        funding.ask_payment(part, invoice="3", file=a_picture(), by=clerk)
    refused_sql("cannot become|no round", "UPDATE funding_hold SET stage = 'released' WHERE id = %s", hold.pk)


@pytest.mark.walked("accepted")
def test_a_refused_hold_is_held_again_once_the_work_is_accepted_anew(way: Way, whole) -> None:
    proposal = way.accepted()
    funding.refuse_hold(proposal, by=None, reason="满意率 50%")
    # Evaluation sends it back to acceptance; the step is the platform's.
    advance(proposal, "accept_again", by=None)
    funding.accept_work(proposal, panel=way.panel(), items=FINE, opinion="整改后合格", by=way.who("supervisor"))
    whole()
    assert Contract.objects.get().hold.stage == "held"
    way.released(proposal)
    assert way.paid(proposal, "retention", "3").amount_fen == 55_500


@pytest.mark.walked("accepted")
def test_who_accepted_neither_approves_nor_pays(way: Way, clock, street, refused_sql) -> None:
    proposal = way.accepted()
    clock.move(seconds=(proposal.gate_notice.ends_at - clock.now()).total_seconds() + 60)
    supervisor = way.who("supervisor")
    give_role(supervisor, Role.APPROVER, street)
    supervisor.__dict__.pop("_held", None)
    payment = funding.ask_payment(milestone(proposal, "acceptance"), invoice="2", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(Refused, match="参加验收的人"):
        funding.approve_payment(payment, by=supervisor)
    refused_sql(
        "who accepted", "UPDATE funding_payment SET approved_by_id = %s WHERE id = %s", supervisor.pk, payment.pk
    )
    assert Person.objects.get(user=supervisor)


@pytest.mark.walked("raising")
def test_nothing_is_paid_beyond_what_has_arrived(way: Way) -> None:
    """Pledges cover the plan, but only money in the purse can be spent."""
    proposal = way.raising()
    way.planned(proposal)
    way.granted(proposal)
    for household in way.households[:2]:
        name = "resident" if household == way.households[0] else "neighbour"
        funding.pledge(proposal, household, amount_fen=400_000, by=way.who(name))
    funding.announce_funding(proposal, by=way.who("clerk"))
    funding.pledge(proposal, way.households[0], amount_fen=1, by=way.who("resident"))
    assert balance(f"project:{proposal.number}") == 0


@pytest.mark.walked("delivering")
def test_a_payment_needs_its_row_and_its_entry(way: Way, refused_sql) -> None:
    proposal = way.delivering()
    payment = funding.ask_payment(milestone(proposal, "start"), invoice="1", file=a_picture(), by=way.who("clerk"))
    purse, payee = proposal.purse.account, payment.contract.account
    for key in (f"payment:{payment.pk}", "payment:999", "cash"):
        with pytest.raises(Refused, match="没有对应的批准记录"):
            post(key=key, kind="x", postings=[(purse, -555_000), (payee, 555_000)], memo="无", by=way.who("cashier"))
    funding.approve_payment(payment, by=way.who("approver"))
    with pytest.raises(Refused, match="没有对应的批准记录"):
        post(key=f"payment:{payment.pk}", kind="x", postings=[(purse, -1), (payee, 1)], memo="无", by=None)


@pytest.mark.walked("consulting")
def test_at_tier_one_the_branch_may_approve(way: Way) -> None:
    proposal = way.delivering(tier=1)
    payment = funding.ask_payment(milestone(proposal, "start"), invoice="1", file=a_picture(), by=way.who("clerk"))
    assert Deadline.objects.open().get(kind="funding.payment").role == Role.PARTY
    funding.approve_payment(payment, by=way.who("party"))
    funding.pay(payment, voucher="付1", by=way.who("cashier"))
    assert Payment.objects.get().stage == PaymentStage.PAID
    assert proposal.stage == Stage.DELIVERING


def test_of_a_price_of_one_fen_one_part_is_paid_and_nothing_else_is_said_to_wait(way: Way, whole) -> None:
    proposal = way.procuring()
    enquiry = way.quoted(proposal, 1, 2, 3)
    funding.award(enquiry, enquiry.quotes.get(price_fen=1), reason="捐工，只收一分", by=way.who("party"))
    proposal.refresh_from_db()
    assert proposal.gate_notice
    clock.move(proposal.gate_notice.ends_at - clock.now() + timedelta(minutes=1))
    funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    funding.start_work(proposal, by=way.who("chief"))
    whole()
    contract = last_contract(proposal)
    assert contract
    assert {part.kind: part.amount_fen for part in contract.milestones.all()} == {
        "start": 0, "acceptance": 1, "retention": 0
    }  # fmt: skip
    with pytest.raises(Refused, match="零元，不用付"):
        way.paid(proposal, "start")
    assert hold_says(contract) == "没有尾款"
