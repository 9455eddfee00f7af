"""What did not hold is undone today, by its opposite: nobody is paid twice, nobody is left without what is theirs."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from funding import actions as funding
from funding.models import Claim, ClaimEnd, Contribution, Milestone, PaymentStage, Refund
from funding.selectors import books, due_to_suppliers_fen
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.ledger.checks import findings
from minshi.ledger.models import Account
from minshi.ledger.selectors import balance
from minshi.notifications.models import Message, ToTell
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Residence
from proposals.models import Proposal
from tests.cast import make_resident
from tests.way import Way, a_picture


def cancelled(way: Way, *fens: int) -> tuple[Proposal, list[Contribution]]:
    """Households gave, and the project was cancelled: everybody is owed what they gave."""
    proposal = way.raising()
    way.planned(proposal)
    given = [way.given(proposal, way.households[n], fen, f"收据{n}") for n, fen in enumerate(fens)]
    way.ending(proposal, "整院要拆迁")
    return proposal, given


def pay(way: Way, refund: Refund) -> None:
    refund.refresh_from_db()
    funding.pay_refund(refund, voucher=f"退{refund.pk}", by=way.who("cashier"))
    funding.confirm_refund(refund, by=way.who("clerk"))


def pay_all(way: Way, proposal: Proposal) -> None:
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        pay(way, refund)


def standing(proposal: Proposal) -> dict[int | None, int]:
    found: dict[int | None, int] = {}
    for refund in Refund.objects.standing().filter(proposal=proposal):
        found[refund.giver_id] = found.get(refund.giver_id, 0) + refund.amount_fen
    return found


@pytest.mark.walked("raising")
def test_a_bounced_cheque_after_cancelling_is_not_refunded_and_the_rest_get_theirs(way: Way, whole) -> None:
    proposal, given = cancelled(way, 200_000, 200_000, 200_000, 200_000)
    before = Refund.objects.get(giver=given[0].giver)
    funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票")
    whole()
    with pytest.raises(Refused, match="作废"):
        pay(way, before)
    assert standing(proposal) == {each.giver_id: 200_000 for each in given[1:]}
    pay_all(way, proposal)
    whole()
    assert not Claim.objects.exists()
    assert balance(f"project:{proposal.number}") == 0
    assert list(findings()) == []


@pytest.mark.walked("raising")
def test_one_paid_already_becomes_a_claim_and_the_others_share_what_is_left(way: Way, whole) -> None:
    proposal, given = cancelled(way, 200_000, 200_000, 200_000, 200_000)
    pay(way, Refund.objects.get(giver=given[0].giver))
    funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票")
    whole()
    claim = Claim.objects.get()
    assert (claim.amount_fen, claim.short_fen, claim.giver_id) == (200_000, 0, given[0].giver_id)
    assert Deadline.objects.open().filter(kind="funding.claim", subject_id=claim.pk).exists()
    assert sorted(each.amount_fen for each in Refund.objects.unpaid()) == [133_333, 133_333, 133_334]
    pay_all(way, proposal)
    whole()
    assert balance(f"project:{proposal.number}") == 0
    assert books(proposal).balance_fen == 0
    # The money comes back: the three get what they had been short of, and nobody a fen more than they gave.
    funding.settle_claim(claim, how=ClaimEnd.RETURNED, voucher="收回1", by=way.who("clerk"))
    with pytest.raises(Refused, match="不能自己复核"):
        funding.confirm_claim(claim, by=way.who("clerk"))
    funding.confirm_claim(claim, by=way.who("supervisor"))
    whole()
    pay_all(way, proposal)
    whole()
    assert {giver: fen for giver, fen in standing(proposal).items() if giver != given[0].giver_id} == {
        each.giver_id: 200_000 for each in given[1:]
    }
    assert balance(f"project:{proposal.number}") == 0
    assert set(Account.objects.filter(key__startswith="giver:").values_list("balance_fen", flat=True)) == {0}
    proposal.card.refresh_from_db()
    assert proposal.card.self_raised_fen == 0
    assert list(findings()) == []


@pytest.mark.walked("raising")
def test_when_everything_went_back_the_purse_is_short_until_two_write_it_off(way: Way, whole, client_of) -> None:
    proposal, given = cancelled(way, 200_000, 100_000)
    pay_all(way, proposal)
    funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票")
    whole()
    claim = Claim.objects.get()
    assert (claim.amount_fen, claim.short_fen, claim.got_fen) == (200_000, 200_000, 200_000)
    assert balance(f"project:{proposal.number}") == 0
    page = client_of(None).get(f"/projects/{proposal.number}/books/").content.decode()
    assert "正在追收的" in page
    with pytest.raises(Refused, match="为什么核销"):
        funding.settle_claim(claim, how=ClaimEnd.WRITTEN_OFF, voucher="文〔2026〕9号", by=way.who("clerk"))
    with pytest.raises(NotAllowed):
        funding.settle_claim(claim, how=ClaimEnd.RETURNED, voucher="收1", by=way.who("resident"))
    funding.settle_claim(
        claim, how=ClaimEnd.WRITTEN_OFF, voucher="文〔2026〕9号", reason="人已经联系不上", by=way.who("clerk")
    )
    funding.confirm_claim(claim, by=way.who("supervisor"))
    whole()
    assert not Deadline.objects.open().filter(kind="funding.claim").exists()
    assert "正在追收的" not in client_of(None).get(f"/projects/{proposal.number}/books/").content.decode()
    assert books(proposal).balance_fen == 0
    assert list(findings()) == []
    with pytest.raises(Refused, match="已经了结"):
        funding.settle_claim(claim, how=ClaimEnd.RETURNED, voucher="收1", by=way.who("clerk"))


@pytest.mark.walked("accepted")
def test_what_was_spent_already_is_claimed_and_payments_wait_for_it(way: Way, whole, refused_sql) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    payment = way.paid(proposal, "acceptance", "2")
    given = list(proposal.contributions.order_by("pk"))
    for each in given[:2]:
        funding.reverse_contribution(each, by=way.who("supervisor"), reason="支票退票")
    whole()
    claim = Claim.objects.get()
    # 20,000 came, 17,945 was paid: the purse bears 2,055 of the 4,000 that bounced.
    assert (claim.amount_fen, claim.short_fen, claim.got_fen) == (400_000 - 205_500, 400_000 - 205_500, 0)
    with pytest.raises(Refused, match="账上不足"):
        way.paid(proposal, "retention", "3")
    sql = """INSERT INTO funding_payment (contract_id, milestone_id, amount_fen, invoice, payer_id, voucher,
        asked_by_id, stage, asked_at)
        SELECT contract_id, m.id, m.amount_fen, 'x', payer_id, '', asked_by_id, 'asked', minshi_now()
        FROM funding_payment p JOIN funding_milestone m USING (contract_id) WHERE p.id = %s AND m.kind = 'retention'"""
    refused_sql("short of what was reversed", sql, payment.pk)
    with pytest.raises(Refused):
        funding.return_surplus(proposal, by=None)
    # Money that comes in makes it up.
    way.given(proposal, way.households[5], 250_000, "补交1")
    whole()
    claim.refresh_from_db()
    assert (claim.how, claim.closed_at is not None) == ("covered", True)
    way.paid(proposal, "retention", "3")
    whole()
    assert books(proposal).balance_fen == balance(f"project:{proposal.number}") == 1_600_000 + 250_000 - 1_850_000
    assert books(proposal).by_source()["self_raised"] == 650_000
    proposal.card.refresh_from_db()
    assert proposal.card.self_raised_fen == 650_000
    assert list(findings()) == []


@pytest.mark.walked("accepted")
def test_a_claim_of_what_was_spent_comes_back_as_a_gift_that_stands(way: Way, whole) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    given = proposal.contributions.order_by("pk").first()
    other = proposal.contributions.order_by("pk").last()
    assert given and other
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    funding.reverse_contribution(other, by=way.who("supervisor"), reason="支票退票")
    claim = Claim.objects.get()
    funding.settle_claim(claim, how=ClaimEnd.RETURNED, voucher="收回1", by=way.who("clerk"))
    funding.confirm_claim(claim, by=way.who("supervisor"))
    whole()
    assert balance(f"giver:{proposal.number}:{other.giver_id}") == -claim.amount_fen
    assert balance(f"project:{proposal.number}") == 0
    proposal.card.refresh_from_db()
    assert proposal.card.self_raised_fen == books(proposal).by_source()["self_raised"]
    assert list(findings()) == []


@pytest.mark.walked("accepted")
def test_a_surplus_is_divided_anew_like_a_cancelled_project(way: Way, whole) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    way.paid(proposal, "retention", "3")
    funding.return_surplus(proposal, by=None)
    given = proposal.contributions.order_by("pk").first()
    assert given
    left = balance(f"project:{proposal.number}")
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    whole()
    assert sum(each.amount_fen for each in Refund.objects.unpaid()) == balance(f"project:{proposal.number}")
    assert Claim.objects.get().amount_fen == 200_000 - left
    assert not Refund.objects.unpaid().filter(giver=given.giver).exists()
    assert list(findings()) == []


@pytest.mark.walked("raising")
def test_a_refund_that_waits_for_its_second_person_is_confirmed_before_its_gift_is_undone(
    way: Way, whole, refused_sql
) -> None:
    proposal, given = cancelled(way, 200_000, 200_000)
    refund = Refund.objects.get(giver=given[0].giver)
    funding.pay_refund(refund, voucher="退1", by=way.who("cashier"))
    with pytest.raises(Refused, match="还有一笔没有复核"):
        funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票")
    # What another has been paid and nobody confirmed is gone too: it is not divided among the rest.
    funding.reverse_contribution(given[1], by=way.who("supervisor"), reason="支票退票")
    whole()
    assert standing(proposal) == {given[0].giver_id: 200_000}
    funding.confirm_refund(refund, by=way.who("clerk"))
    whole()
    assert balance(f"project:{proposal.number}") == 0
    sql = """INSERT INTO funding_refund (proposal_id, giver_id, name_public, amount_fen, why, ordered_at, voucher,
        paid_by_id, paid_at, annulled_why)
        VALUES (%s, %s, '', 1, 'cancelled', minshi_now(), 'x', %s, minshi_now(), '')"""
    refused_sql("more than was given", sql, proposal.pk, given[0].giver_id, way.who("cashier").pk)
    sql = """INSERT INTO funding_refund (proposal_id, giver_id, name_public, amount_fen, why, ordered_at, voucher,
        annulled_why) VALUES (%s, %s, '', 1, 'cancelled', minshi_now(), '', '')"""
    refused_sql("more is promised back", sql, proposal.pk, given[1].giver_id)


@pytest.mark.walked("raising")
def test_the_database_refuses_a_reversal_without_its_claim(
    way: Way, whole, refused_sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    _proposal, given = cancelled(way, 200_000, 200_000)
    pay(way, Refund.objects.get(giver=given[0].giver))
    whole()
    sql = """WITH step AS (INSERT INTO lifecycle_steprecord (subject_type, subject_id, verb, source, target, label,
            by_id, as_role, reason, evidence, at, xid)
        VALUES ('funding.contribution', %s, 'reverse', 'confirmed', 'reversed', '', %s, '', 'x', '{}', minshi_now(),
            pg_current_xact_id()::text::bigint) RETURNING 1)
        UPDATE funding_contribution SET stage = 'reversed' WHERE id = %s AND EXISTS (SELECT FROM step)"""
    refused_sql("in this transaction|nobody claims it|not in the books|more is promised", sql, given[0].pk,
                way.who("supervisor").pk, given[0].pk)  # fmt: skip
    # Booked as it should be, and yet nobody asks for what had gone back already.
    monkeypatch.setattr("funding.actions.reversals.open_claim", lambda given, **sums: None)
    with pytest.raises(IntegrityError, match="nobody claims it"), transaction.atomic():
        funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票")
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.walked("raising")
def test_a_refund_that_the_bank_sends_back_is_owed_anew(way: Way, whole) -> None:
    proposal, given = cancelled(way, 200_000)
    refund = Refund.objects.get()
    with pytest.raises(Refused, match="不能冲正"):
        funding.reverse_refund(refund, by=way.who("clerk"), reason="账号不对")
    pay(way, refund)
    with pytest.raises(Refused, match="不能自己冲正"):
        funding.reverse_refund(refund, by=way.who("cashier"), reason="账号不对")
    with pytest.raises(NotAllowed):
        funding.reverse_refund(refund, by=way.who("resident"), reason="账号不对")
    funding.reverse_refund(refund, by=way.who("clerk"), reason="账号不对，银行退回")
    whole()
    assert balance(f"project:{proposal.number}") == 200_000
    with pytest.raises(Refused, match="不能冲正"):
        funding.reverse_refund(refund, by=way.who("clerk"), reason="账号不对")
    again = Refund.objects.unpaid().get()
    assert (again.giver_id, again.amount_fen) == (given[0].giver_id, 200_000)
    assert Deadline.objects.open().get(kind="funding.refund").subject_id == again.pk
    pay(way, again)
    whole()
    found = books(proposal)
    assert (found.balance_fen, found.returned_fen, len(found.returned)) == (0, 200_000, 3)
    assert list(findings()) == []


@pytest.mark.walked("delivering")
def test_a_payment_that_the_bank_sends_back_may_be_asked_for_again(way: Way, whole) -> None:
    proposal = way.delivering()
    payment = way.paid(proposal, "start")
    with pytest.raises(Refused, match="不能自己冲正"):
        funding.reverse_payment(payment, by=way.who("cashier"), reason="开户行名称不对")
    with pytest.raises(Refused, match="理由"):
        funding.reverse_payment(payment, by=way.who("approver"), reason="")
    funding.reverse_payment(payment, by=way.who("approver"), reason="开户行名称不对，银行退回")
    whole()
    payment.refresh_from_db()
    assert payment.stage == PaymentStage.REVERSED
    assert balance(f"project:{proposal.number}") == 2_000_000
    assert books(proposal).spending_fen == 0
    on_desk = Deadline.objects.open().filter(kind="funding.sent_back")
    assert (on_desk.get().subject_id, on_desk.get().role) == (payment.pk, "clerk")
    milestone = payment.milestone
    again = funding.ask_payment(milestone, invoice=payment.invoice, file=a_picture(), by=way.who("clerk"))
    assert not on_desk.exists()
    funding.approve_payment(again, by=way.who("approver"))
    with pytest.raises(Refused, match="已经用过"):
        funding.pay(again, voucher=payment.voucher, by=way.who("cashier"))
    funding.pay(again, voucher="付-再1", by=way.who("cashier"))
    whole()
    found = books(proposal)
    assert (found.spending_fen, len(found.spending)) == (again.amount_fen, 3)
    assert list(findings()) == []


def test_who_moved_away_hears_of_their_money_and_who_moved_in_does_not(way: Way, neighbour: User) -> None:
    """A giver stays the giver wherever they live."""
    proposal = way.raising()
    way.planned(proposal)
    given = [way.given(proposal, way.households[1], 200_000, f"收据{number}") for number in range(2)]
    Residence.objects.filter(person__user=neighbour).update(until=now(), is_representative=False)
    newcomer = make_resident("未新来", way.households[1], since=now())
    funding.reverse_contribution(given[1], by=way.who("supervisor"), reason="支票退票")
    way.ending(proposal, "整院要拆迁")
    pay_all(way, proposal)
    heard = list(Message.objects.of(neighbour).values_list("title", flat=True))
    assert [sum(words in title for title in heard) for words in ("已冲正", "有钱要退", "钱已退")] == [1, 1, 1]
    assert not Message.objects.of(newcomer).filter(title__regex="冲正|退").exists()
    assert not ToTell.objects.filter(household=way.households[1], title__regex="冲正|退").exists()


@pytest.mark.parametrize("when", ["ending", "cancelled"])
def test_a_cheque_that_bounces_after_the_end_does_not_take_what_a_supplier_is_owed(way: Way, whole, when: str) -> None:
    """Nobody gives any more: what is owed stays in the purse, and the giver, or else the community, makes it up."""
    proposal = way.accepted() if when == "ending" else way.delivering()
    payment = None if when == "ending" else way.paid(proposal, "start")
    ending = way.ending(proposal)
    if payment:
        pay_all(way, proposal)
        funding.close_ending(ending, done="做了一半", by=way.who("clerk"))
        funding.reverse_payment(payment, by=way.who("approver"), reason="账号不对")
    owed = due_to_suppliers_fen(proposal)
    assert owed == (1_794_500 if when == "ending" else 555_000)
    for given in proposal.contributions.order_by("pk"):
        funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
        whole()
        assert balance(f"project:{proposal.number}") >= owed
    milestone = payment.milestone if payment else Milestone.objects.get(kind="ending")
    with pytest.raises(Refused, match="账上不足"):
        funding.ask_payment(milestone, invoice="新票", file=a_picture(), by=way.who("clerk"))
    for claim in Claim.objects.open():
        words = {"how": ClaimEnd.WRITTEN_OFF, "voucher": f"核{claim.pk}", "reason": "人找不到", "by": way.who("clerk")}
        funding.settle_claim(claim, **words)
        funding.confirm_claim(claim, by=way.who("supervisor"))
        whole()
    again = funding.ask_payment(milestone, invoice="新票", file=a_picture(), by=way.who("clerk"))
    funding.approve_payment(again, by=way.who("approver"))
    funding.pay(again, voucher="付新", by=way.who("cashier"))
    whole()
    pay_all(way, proposal)
    assert balance(f"project:{proposal.number}") == 0
    assert list(findings()) == []
