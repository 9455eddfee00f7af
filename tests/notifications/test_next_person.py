"""Whoever is next is told and has it on the desk: money back, pot money, accounts, panels, readers, offices, 督办."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from deliberation import actions as deliberation
from deliberation.models import Choice, waiting
from evaluation.actions import accounts
from funding import actions as funding
from funding.models import Claim, Milestone, Refund
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import today
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message, Outbox
from minshi.residents import actions as register
from minshi.residents.models import Role
from minshi.residents.rules import roles_of
from minshi.territory.models import Territory
from proposals.models import Stage
from tests.desk.test_scope import page_of
from tests.way import Way, a_picture, wait_until_over


def heard(user: User, event: str) -> bool:
    return Message.objects.of(user).filter(event=event).exists()


def on_desk(user: User, kind: str) -> list[Deadline]:
    mine = [(held.role, held.path) for held in roles_of(User.objects.get(pk=user.pk))]
    return list(Deadline.objects.waiting_for(mine).filter(kind=kind))


# --- Money --------------------------------------------------------------------------------------------


def test_refunds_stand_on_the_desk_until_the_last_is_confirmed(way: Way) -> None:
    clerk, cashier, supervisor = way.who("clerk"), way.who("cashier"), way.who("supervisor")
    proposal = way.raising()
    way.planned(proposal)
    for number, door in enumerate(way.households[:2]):
        way.given(proposal, door, 100_000, f"收据{number}")
    way.ending(proposal, "整院要拆迁")
    assert heard(clerk, "refund.to_pay")
    assert heard(cashier, "refund.to_pay")
    assert heard(way.who("resident"), "refund.coming")
    assert Outbox.objects.filter(message__event="refund.coming", message__user=way.who("resident")).exists()
    first, second = Refund.objects.filter(proposal=proposal).order_by("pk")
    (row,) = on_desk(clerk, "funding.refund")
    for refund in (first, second):
        funding.pay_refund(refund, voucher=f"退{refund.pk}", by=cashier)
        assert heard(supervisor, "refund.to_confirm")
        assert len(on_desk(supervisor, "funding.refund_check")) == 1
        (left,) = on_desk(clerk, "funding.refund") or [None]
        assert (left.due if left else row.due) == row.due, "the end stays where it was"
        funding.confirm_refund(refund, by=clerk)
    assert on_desk(clerk, "funding.refund") == on_desk(supervisor, "funding.refund_check") == []


def test_pot_money_waits_on_the_desk_of_the_other_keeper(way: Way, street: Territory) -> None:
    cashier, approver = way.who("cashier"), way.who("approver")
    pot = funding.open_pot(place=street, year=2026, title="民生资金", document="文〔2026〕1号", by=cashier)
    given = funding.allocate(pot, amount_fen=100_000, document="拨〔2026〕1号", by=cashier)
    assert heard(approver, "allocation.to_confirm")
    assert not heard(cashier, "allocation.to_confirm")
    assert len(on_desk(approver, "funding.allocation")) == 1
    assert on_desk(cashier, "funding.allocation") == []
    funding.confirm_allocation(given, by=approver)
    assert on_desk(approver, "funding.allocation") == []
    assert heard(cashier, "allocation.confirmed")


def test_a_part_given_up_waits_on_the_desk_of_who_confirms_it(way: Way) -> None:
    proposal, approver = way.delivering(), way.who("approver")
    part = Milestone.objects.get(contract__proposal=proposal, kind="start")
    for last_word in (funding.annul_waiver, funding.confirm_waiver):
        waiver = funding.waive(part, reason="承接方不要首款", file=a_picture(), by=way.who("clerk"))
        assert heard(approver, "waiver.to_confirm")
        (row,) = on_desk(approver, "funding.waiver")
        assert proposal.title in row.title
        last_word(waiver, by=approver)
        assert on_desk(approver, "funding.waiver") == []


def test_what_was_settled_of_a_claim_waits_on_the_desk_of_who_confirms_it(way: Way) -> None:
    clerk, supervisor = way.who("clerk"), way.who("supervisor")
    proposal = way.raising()
    way.planned(proposal)
    given = way.given(proposal, way.households[0], 100_000, "收据1")
    way.ending(proposal, "整院要拆迁")
    refund = Refund.objects.get(proposal=proposal)
    funding.pay_refund(refund, voucher="退1", by=way.who("cashier"))
    funding.confirm_refund(refund, by=clerk)
    funding.reverse_contribution(given, by=supervisor, reason="支票退票")
    claim = Claim.objects.get()
    (asked,) = on_desk(clerk, "funding.claim")
    for voucher in ("收1", "收2"):  # until it is confirmed it may be written down anew
        funding.settle_claim(claim, how="returned", voucher=voucher, by=clerk)
        assert on_desk(clerk, "funding.claim") == [], "nothing is left for the clerk to do"
        (row,) = on_desk(supervisor, "funding.claim_check")
        assert (row.due, row.set_at) == (asked.due, asked.set_at)
    assert heard(supervisor, "claim.to_confirm")
    funding.confirm_claim(claim, by=supervisor)
    assert on_desk(supervisor, "funding.claim_check") == []


def test_work_and_goods_to_confirm_stand_on_every_desk_but_the_recorders(
    way: Way, client_of: Callable[[User], Client]
) -> None:
    """Nobody was told and no desk said that somebody has to."""
    clerk, supervisor, party = way.who("clerk"), way.who("supervisor"), way.who("party")
    proposal = way.raising()
    given = funding.record_in_kind(proposal, who="张三", what="刷漆两天", value_fen=20_000, by=clerk)
    said, listed = (
        "1 笔等另一位确认",
        reverse("admin:funding_inkind_changelist") + "?confirmed_at__isempty=1&rejected_at__isempty=1",
    )
    assert said not in client_of(clerk).get("/admin/").content.decode()
    for other in (supervisor, party):
        page = client_of(other).get("/admin/").content.decode()
        assert said in page and listed.replace("&", "&amp;") in page
        assert page_of(given) in client_of(other).get(listed).content.decode()
    funding.confirm_in_kind(given, by=supervisor)
    assert said not in client_of(party).get("/admin/").content.decode()


def test_accounts_wait_on_the_desk_of_who_checks_them(way: Way) -> None:
    proposal = way.paid_up()
    officer = way.who("case_officer")
    made = accounts.make_accounts(proposal, by=way.who("clerk"))
    assert heard(officer, "accounts.to_check")
    assert heard(way.who("supervisor"), "accounts.to_check")
    (row,) = on_desk(officer, "accounts.check")
    platform_clock.move(row.due - platform_clock.now() + timedelta(minutes=1))
    deadlines.sweep()
    assert len(on_desk(officer, "accounts.check")) == 1, "late, it stays there"
    accounts.confirm_accounts(made, by=officer)
    assert on_desk(officer, "accounts.check") == []


# --- Work -------------------------------------------------------------------------------------------------


def test_enquiry_and_contract_stand_on_the_clerks_desk(way: Way) -> None:
    proposal = way.procuring()
    assert (proposal.holder_role, proposal.holder_place.level_id) == (Role.CLERK, "community")  # type: ignore[union-attr]
    assert on_desk(way.who("clerk"), f"stage:{Stage.PROCURING}")
    assert heard(way.who("clerk"), "proposals.proposal:open_suppliers")
    enquiry = way.quoted(proposal)
    quote = enquiry.quotes.first()
    assert quote
    funding.award(enquiry, quote, reason="价低", by=way.who("chief"))  # of the group, which may as before
    proposal.refresh_from_db()
    assert proposal.holder_role == Role.CLERK
    assert on_desk(way.who("clerk"), f"stage:{Stage.AWARDED}")


def test_whoever_is_written_down_as_accepting_hears_of_it(way: Way) -> None:
    way.accepted()
    sat = [person.user for person, _side in way.panel() if person.user]
    assert sat
    assert all(heard(user, "panel.named") for user in sat)
    assert Outbox.objects.filter(message__event="panel.named").count() == len(sat)


def test_tier_three_that_runs_over_is_told_and_stays_on_the_lead_offices_desk(way: Way) -> None:
    officer = way.who("district_officer")
    proposal = way.handling(tier=3)
    wait_until_over(proposal)
    assert proposal.supervised_at
    assert heard(officer, "proposals.proposal:supervise")
    assert on_desk(officer, f"stage:{Stage.HANDLING}")


# --- Readers and offices ------------------------------------------------------------------------------------


def test_the_third_reader_is_asked_and_the_first_two_are_not(way: Way) -> None:
    chief, clerk, third = way.who("chief"), way.who("clerk"), way.who("second_clerk")
    proposal = way.voting()
    motion = proposal.motions.get()
    paper = deliberation.register_paper(
        waiting(motion.roll)[0], receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=chief
    )
    way.to_counting(motion)
    assert heard(clerk, "deliberation.motion:count")
    deliberation.confirm_paper(paper, Choice.AGAINST, by=clerk)
    assert heard(third, "paper.third")
    assert not heard(chief, "paper.third")
    assert not heard(clerk, "paper.third")
    assert Outbox.objects.filter(message__event="paper.third", message__user=third).exists()


def test_whoever_takes_or_leaves_an_office_hears_of_it(way: Way) -> None:
    neighbour, approver = way.who("neighbour"), way.who("approver")
    held = register.grant(neighbour, Role.CHIEF, way.yard, since=today(), basis="院落推选〔2026〕3号", by=approver)
    assert "楼栋长" in Message.objects.of(neighbour).get(event="role.given").title
    register.revoke(held, by=approver)
    assert heard(neighbour, "role.taken")
