"""Two people at the same instant: one of them wins, the other reads why; and what a naive twin would do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from funding import actions as funding
from funding.models import Award, Claim, Contribution, Grant, GrantStage, Payment, PaymentStage
from minshi.clock import as_owner
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import Refused
from proposals.models import Stage
from tests.cast import make_staff
from tests.meanwhile import meanwhile
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Start together, each on a connection of its own; a refusal is an answer."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            gate.wait(10)
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def refusals(answers: list[object]) -> list[str]:
    return [str(answer) for answer in answers if isinstance(answer, Refused)]


def test_two_approvals_reserve_the_money_once(way: Way, street) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    funding.examine(grant, by=way.who("case_officer"), reason="合理")
    first, second = way.who("approver"), make_staff("approver2", "巳审批", "approver", street)
    answers = at_once(
        lambda: funding.approve(fresh(grant), by=first, reason="同意"),
        lambda: funding.approve(fresh(grant), by=second, reason="同意"),
        lambda: funding.refuse(fresh(grant), by=second, reason="不同意"),
    )
    assert len(refusals(answers)) == 2
    stage = fresh(grant).stage
    assert stage in (GrantStage.APPROVED, GrantStage.REFUSED)
    assert balance(f"grant:{grant.pk}") == (1_200_000 if stage == GrantStage.APPROVED else 0)
    assert list(findings()) == []


def test_one_voucher_entered_twice_at_once_is_one(way: Way) -> None:
    proposal = way.raising()
    clerk = way.who("clerk")
    answers = at_once(
        *(
            lambda household=household: funding.record_contribution(
                fresh(proposal), household=household, amount_fen=100, voucher="收据1", photo=a_picture(), by=clerk
            )
            for household in way.households[:4]
        )
    )
    assert len(refusals(answers)) == 3
    assert all("只能登记一次" in why for why in refusals(answers))
    assert Contribution.objects.count() == 1


def test_confirming_twice_at_once_books_once(way: Way) -> None:
    proposal = way.raising()
    given = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=100, voucher="收据1", photo=a_picture(), by=way.who("clerk")
    )
    people = (way.who("supervisor"), way.who("party"))
    answers = at_once(*(lambda by=by: funding.confirm_contribution(fresh(given), by=by) for by in people))
    assert len(refusals(answers)) == 1
    assert balance(f"project:{proposal.number}") == 100


def test_paying_twice_at_once_pays_once(way: Way, street) -> None:
    proposal = way.delivering()
    part = proposal.contracts.get().milestones.get(kind="start")
    payment = funding.ask_payment(part, invoice="1", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(payment, by=way.who("approver"))
    second = make_staff("cashier2", "午财务", "cashier", street)
    answers = at_once(
        lambda: funding.pay(fresh(payment), voucher="付1", by=way.who("cashier")),
        lambda: funding.pay(fresh(payment), voucher="付2", by=second),
        lambda: funding.refuse_payment(fresh(payment), by=second, reason="停付"),
    )
    assert len(refusals(answers)) == 2
    paid = Payment.objects.filter(stage=PaymentStage.PAID).count()
    assert balance(f"project:{proposal.number}") == 2_000_000 - 555_000 * paid
    assert list(findings()) == []


def test_grants_that_together_exceed_the_pot_are_approved_while_it_lasts(way: Way, street) -> None:
    proposals = [way.raising(title=f"第{number}盏灯") for number in range(3)]
    grants = []
    for proposal in proposals:
        way.planned(proposal)
        grants.append(way.asked(proposal))
    pot = grants[0].pot
    for grant in grants:
        funding.examine(grant, by=way.who("case_officer"), reason="合理")
    # Somebody else's project takes most of it.
    other = way.raising(title="第四盏灯")
    way.planned(other)
    fourth = funding.ask(other, "subsidy", pot, by=way.who("clerk"))
    funding.examine(fourth, by=way.who("case_officer"), reason="合理")
    everything = [*grants, fourth]
    by = way.who("approver")
    answers = at_once(
        *(lambda grant=grant: funding.approve(fresh(grant), by=by, reason="同意") for grant in everything)
    )
    assert [why for why in refusals(answers) if "余额不足" in why] == refusals(answers)
    assert len(refusals(answers)) == 1
    assert Grant.objects.filter(stage=GrantStage.APPROVED).count() == 3
    assert balance(pot.account.key) == 0


def test_the_naive_twin_approves_all_of_them() -> None:
    """Read, compare, write back: with the same crowd the pot is spent more than once."""
    with as_owner() as owner:
        owner.execute("CREATE TABLE naive_pot (balance_fen bigint NOT NULL)")
        owner.execute("INSERT INTO naive_pot VALUES (100)")
    read = Barrier(4)

    def approve() -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT balance_fen FROM naive_pot")
            (left,) = cursor.fetchone()
            read.wait(10)
            if left < 100:
                return False
            cursor.execute("UPDATE naive_pot SET balance_fen = %s", [left - 100])
            return True

    try:
        assert at_once(*[approve] * 4) == [True] * 4
    finally:
        with as_owner() as owner:
            owner.execute("DROP TABLE naive_pot")


def test_a_project_is_not_paid_while_it_is_cancelled(way: Way) -> None:
    proposal = way.delivering()
    part = proposal.contracts.get().milestones.get(kind="start")
    payment = funding.ask_payment(part, invoice="1", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(payment, by=way.who("approver"))
    ending = funding.ask_ending(proposal, reason="拆迁", file=a_picture(), by=way.who("clerk"))
    case_officer = way.who("case_officer")
    answers = at_once(
        lambda: funding.pay(fresh(payment), voucher="付1", by=way.who("cashier")),
        lambda: funding.confirm_ending(fresh(ending), by=case_officer),
    )
    assert fresh(payment).stage == PaymentStage.PAID
    went_back = sum(proposal.refunds.values_list("amount_fen", flat=True))
    assert went_back == (0 if refusals(answers) else 2_000_000 - 555_000)


def test_nothing_is_awarded_from_an_enquiry_that_is_ended_meanwhile(way: Way) -> None:
    """Else the project would be announced with a supplier whose contract nobody could sign."""
    proposal = way.procuring()
    enquiry = way.quoted(proposal)
    clerk, party, quote = way.who("clerk"), way.who("party"), enquiry.quotes.first()
    with transaction.atomic():
        funding.ask_anew(fresh(proposal), reason="再问问", by=clerk)
        second = meanwhile(lambda: funding.award(fresh(enquiry), quote, reason="价低", by=party))
    with pytest.raises(Refused, match="这次询价已经结束"):
        second.result(20)
    assert fresh(proposal).stage == Stage.PROCURING
    with pytest.raises(IntegrityError, match="is over"):
        Award.objects.create(enquiry=fresh(enquiry), quote=quote, reason="价低", notice_id=1, by=party)


def test_what_was_written_down_anew_is_read_again_before_it_is_confirmed(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    given = way.given(proposal, way.households[0], 100_000, "收据1")
    way.ending(proposal)
    refund = proposal.refunds.get()
    funding.pay_refund(refund, voucher="退1", by=way.who("cashier"))
    funding.confirm_refund(refund, by=way.who("clerk"))
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="退票")
    claim = Claim.objects.get()
    funding.settle_claim(claim, how="written_off", voucher="文1", reason="找不到人", by=way.who("clerk"))
    desk = client_of(way.who("supervisor"))
    url = f"/admin/funding/claim/{claim.pk}/do/confirm/"
    read = desk.get(url).context["form"]["read"].value()
    funding.settle_claim(claim, how="returned", voucher="还1", by=way.who("clerk"))
    page = desk.post(url, {"read": read})
    assert "登记的结果刚刚改过，请再看一眼" in page.content.decode()
    assert fresh(claim).closed_at is None
    desk.post(url, {"read": page.context["form"]["read"].value()})
    assert fresh(claim).closed_at is not None
