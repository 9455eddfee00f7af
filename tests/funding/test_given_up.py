"""What two have given up is owed by nobody: it stops no ending, goes back to its givers, and the page says so."""

from __future__ import annotations

import pytest

from evaluation.actions import accounts, archive
from funding import actions as funding
from funding.models import EndingStage, Milestone, Payment, Refund, Waiver
from funding.selectors import books, hold_says, last_contract, owed_to_suppliers_fen, reached_fen
from funding.showing import ending_now
from minshi.deadlines.models import Deadline
from minshi.ledger.checks import findings
from minshi.ledger.selectors import balance
from minshi.refusals import Refused
from proposals.models import Proposal, Stage
from tests.journeys.test_sentences import false_sentences
from tests.way import Way, a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.walked("delivering")]
START = 555_000


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def part(proposal: Proposal, kind: str) -> Milestone:
    return Milestone.objects.get(contract__proposal=proposal, kind=kind)


def give_up(way: Way, of: Milestone) -> Waiver:
    waiver = funding.waive(of, reason="承接方放弃", file=a_picture(), by=way.who("clerk"))
    return funding.confirm_waiver(waiver, by=way.who("approver"))


def give_back(way: Way, proposal: Proposal) -> None:
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        funding.pay_refund(refund, voucher=f"退{refund.pk}", by=way.who("cashier"))
        funding.confirm_refund(refund, by=way.who("clerk"))


@pytest.mark.walked(None)
def test_a_payment_sent_back_while_the_rest_returns_is_paid_again_or_given_up(way: Way, whole) -> None:
    proposal = way.delivering()
    payment = way.paid(proposal, "start")
    ending = way.ending(proposal, "承接方倒闭")
    funding.reverse_payment(payment, by=way.who("approver"), reason="户名已注销")
    whole()
    assert "银行退回的 5,550.00 元是承接方的，要重新付" in ending_now(proposal).text
    assert Deadline.objects.open().filter(kind="funding.sent_back", role="clerk").count() == 1
    assert false_sentences(proposal) == []
    give_back(way, proposal)
    with pytest.raises(Refused, match=r"银行退回的 5,550\.00 元是承接方的"):
        funding.close_ending(ending, done="做了一半", by=way.who("clerk"))
    give_up(way, payment.milestone)
    whole()
    assert not Deadline.objects.open().filter(kind="funding.sent_back").exists()
    assert sum(refund.amount_fen for refund in Refund.objects.unpaid()) == START * 40 // 100  # the pot has its part
    give_back(way, proposal)
    funding.close_ending(ending, done="做了一半", by=way.who("clerk"))
    whole()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.CANCELLED
    assert balance(f"project:{proposal.number}") == 0
    assert (books(proposal).spending_fen, books(proposal).returned_fen) == (0, 2_000_000)
    assert list(findings()) == []


def test_what_was_given_up_is_not_owed_by_an_ending(way: Way, whole) -> None:
    proposal = way.delivering()
    waiver = funding.waive(part(proposal, "start"), reason="不要首款", file=a_picture(), by=way.who("clerk"))
    ending = funding.ask_ending(proposal, reason="不办了", file=a_picture(), by=way.who("clerk"))
    with pytest.raises(Refused, match="登记放弃的一笔还没有复核"):
        funding.confirm_ending(ending, by=way.who("case_officer"))
    funding.confirm_waiver(waiver, by=way.who("approver"))
    assert reached_fen(proposal.contracts.get()) == 0
    with pytest.raises(Refused, match=r"12,950\.00 元（合同价减去已经登记放弃的）"):
        funding.confirm_ending(ending, work_fen=1_850_000, by=way.who("case_officer"))
    funding.confirm_ending(ending, by=way.who("case_officer"))
    whole()
    ending.refresh_from_db()
    proposal.refresh_from_db()
    assert ending.stage == EndingStage.RETURNING
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 2_000_000
    assert false_sentences(proposal) == []


def test_an_ending_goes_on_once_the_supplier_gives_up_what_it_owes(way: Way, whole) -> None:
    proposal = way.delivering()
    ending = way.ending(proposal)
    assert ending.stage == EndingStage.PAYING
    assert not Deadline.objects.open().filter(kind__in=("funding.log", "funding.start")).exists()
    give_up(way, part(proposal, "ending"))
    whole()
    ending.refresh_from_db()
    assert ending.stage == EndingStage.RETURNING
    assert sum(proposal.refunds.values_list("amount_fen", flat=True)) == 2_000_000
    assert false_sentences(proposal) == []


@pytest.mark.walked(None)
def test_given_up_after_the_archive_it_goes_back_and_the_page_says_what_became_of_it(way: Way, whole) -> None:
    proposal = way.accepted()
    way.paid(proposal, "start", "1")
    way.released(proposal)
    way.paid(proposal, "acceptance", "2")
    assert hold_says(last_contract(proposal)) == "尾款可以支付"
    give_up(way, part(proposal, "retention"))
    assert hold_says(last_contract(proposal)) == "尾款已由两个人登记放弃，不再付"
    assert false_sentences(proposal) == []
    accounts.return_surplus(proposal, by=way.who("clerk"))
    give_back(way, proposal)
    accounts.confirm_accounts(accounts.make_accounts(proposal, by=way.who("clerk")), by=way.who("case_officer"))
    accounts.settle(proposal, by=way.who("clerk"))
    way.complete(proposal)
    archive.archive(proposal, by=way.who("clerk"))
    payment = Payment.objects.filter(contract__proposal=proposal).latest("pk")
    funding.reverse_payment(payment, by=way.who("approver"), reason="户名已注销")
    give_up(way, payment.milestone)
    whole()
    assert Deadline.objects.open().filter(kind="funding.refund", role="clerk").count() == 1
    give_back(way, proposal)
    whole()
    assert balance(f"project:{proposal.number}") == 0
    assert false_sentences(proposal) == []
    assert list(findings()) == []


def test_a_change_of_the_price_leaves_what_was_given_up_as_it_is(way: Way, whole) -> None:
    proposal = way.delivering()
    give_up(way, part(proposal, "start"))
    words = {"what": "多一段线", "reason": "路口远", "by": way.who("clerk")}
    change = funding.ask_change(proposal, new_price_fen=1_900_000, **words)
    funding.approve_change(change, by=way.who("case_officer"), reason="同意")
    whole()
    assert part(proposal, "start").amount_fen == START
    assert owed_to_suppliers_fen(proposal) == 1_900_000 - START
    for kind in ("acceptance", "retention"):
        give_up(way, part(proposal, kind))
    with pytest.raises(Refused, match="新价低于已经申请、支付或放弃的款项"):
        funding.ask_change(proposal, new_price_fen=1_800_000, **words)
    change = funding.ask_change(proposal, new_price_fen=1_950_000, **words)
    with pytest.raises(Refused, match="没有可以变更的了"):
        funding.approve_change(change, by=way.who("case_officer"), reason="同意")
