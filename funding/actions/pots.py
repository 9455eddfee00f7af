"""Opening a pot and putting money into it."""

from __future__ import annotations

from typing import TypeVar

from django.utils.translation import gettext as _

from funding import told
from funding.lifecycle import admin_url
from funding.models import Allocation, CarryOver, Pot
from funding.rules import demand
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_text, one_line, seen
from minshi.notifications.actions import tell, tell_role
from minshi.refusals import Refused, refusing
from minshi.residents.models import Role
from minshi.residents.rules import holds
from minshi.territory.models import Territory
from proposals.lifecycle import period


@action
def open_pot(*, place: Territory, year: int, title: str, document: str, by: User) -> Pot:
    """A street's or district's pot for one year, on the document that set it up; empty until confirmed money comes."""
    pot = Pot(
        place=place, year=year, title=mask_text(one_line(title)), document=mask_text(document.strip()), opened_by=by
    )
    demand("funding.keep_pot", by, pot, _("设立资金池"))
    if place.level_id not in ("street", "district"):
        raise Refused(place=_("资金池只设在街道或区"))
    pot.account = open_account(
        f"pot:{place.code}:{year}:{pot.title}", Account.Kind.POT, str(pot), place_path=place.path
    )
    same = ("title", _("这里今年已经有同名的资金池"))
    with refusing(one_pot_of_a_name_a_year=same, funding_pot_account_id_key=same):
        pot.save(force_insert=True)
    return pot


@action
def allocate(pot: Pot, *, amount_fen: int, document: str, by: User) -> Allocation:
    """Record money coming into the pot; it counts once a second person has confirmed it."""
    demand("funding.keep_pot", by, pot, _("登记拨入"))
    with refusing(one_allocation_per_document=("document", _("这个拨款文号已经登记过"))):
        given = Allocation.objects.create(
            pot=pot, amount_fen=amount_fen, document=mask_text(document.strip()), recorded_by=by
        )
    _await_second_person(given, by, "funding.allocation", _("请复核拨入：%(pot)s %(yuan)s 元"))
    return given


SECOND = {
    # Of each pot's level who keeps it; another of them than recorded the money confirms it.
    "street": (Role.CASHIER, Role.APPROVER),
    "district": (Role.DISTRICT_FINANCE, Role.DISTRICT_OFFICER),
}


def _await_second_person(given: Allocation | CarryOver, by: User, kind: str, title: str) -> None:
    """Whoever else keeps this pot is told, and has it on the desk."""
    place = given.pot.place
    first, second = SECOND[place.level_id]
    role = second if holds(by, place, first) else first
    title %= {"pot": given.pot, "yuan": format_yuan(given.amount_fen)}
    tell_role(role, place, title, given.document, admin_url(given), event=told.ALLOCATION_WAITS.name)
    span = period(place, "receipt.days", now())
    deadlines.schedule(
        given,
        kind,
        span.end,
        role=role,
        place_path=place.path,
        title=title,
        url=admin_url(given),
        basis=span.basis,
        provisional=span.provisional,
    )


@action
def confirm_allocation(allocation: Allocation, *, by: User) -> Allocation:
    """The second person: from now on the money is in the pot."""
    lock(allocation)
    demand("funding.keep_pot", by, allocation, _("复核拨入"))
    if allocation.confirmed_at:
        raise Refused(_("这笔拨入已经复核过了"))
    if allocation.rejected_at:
        raise Refused(_("这一笔已经作废"))
    if by.is_same(allocation.recorded_by_id):
        raise Refused(_("登记的人不能自己复核，要由另一个人来办"))
    pot = allocation.pot
    allocation.confirmed_by, allocation.confirmed_at = by, now()
    allocation.save(update_fields=["confirmed_by", "confirmed_at"])
    treasury = open_account(
        f"treasury:{pot.place.code}",
        Account.Kind.OUTSIDE,
        _("%s财政") % pot.place.name,
        may_be_negative=True,
        place_path=pot.place.path,
    )
    post(
        key=f"allocation:{allocation.pk}",
        kind="allocation",
        postings=[(treasury, -allocation.amount_fen), (pot.account, allocation.amount_fen)],
        memo=_("拨入资金池：%s") % pot,
        voucher=allocation.document,
        by=allocation.recorded_by,
        confirmed_by=by,
        subject=pot,
    )
    deadlines.meet(allocation)
    tell(allocation.recorded_by, _("拨入已复核：%s") % pot, event=told.ALLOCATION_DONE.name)
    return allocation


@action
def reject_allocation(allocation: Allocation, *, reason: str, by: User) -> Allocation:
    """Its document says something else, or it was typed wrong: it never counted, and may be entered rightly."""
    lock(allocation)
    demand("funding.keep_pot", by, allocation, _("作废登记"))
    if allocation.confirmed_at:
        raise Refused(_("这笔拨入已经复核过了"))
    return _reject(allocation, reason, by)


R = TypeVar("R", Allocation, CarryOver)


def _reject(given: R, reason: str, by: User) -> R:
    if given.rejected_at:
        raise Refused(_("这一笔已经作废"))
    if not seen(reason):
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    given.rejected_by, given.rejected_at, given.rejected_why = by, now(), mask_text(one_line(reason))[:200]
    given.save(update_fields=["rejected_by", "rejected_at", "rejected_why"])
    deadlines.meet(given)
    title = _("登记已作废：%s") % given
    tell(given.recorded_by, title, given.rejected_why, admin_url(given), event=told.ALLOCATION_DONE.name)
    return given


@action
def reject_carry_over(carried: CarryOver, *, reason: str, by: User) -> CarryOver:
    """Not what its document says: it never counted, and may be entered rightly."""
    lock(carried)
    demand("funding.keep_pot", by, carried, _("作废登记"))
    if carried.confirmed_at:
        raise Refused(_("这笔结转已经复核过了"))
    return _reject(carried, reason, by)


@action
def carry_over(pot: Pot, to_pot: Pot, *, amount_fen: int, document: str, by: User) -> CarryOver:
    """A pot belongs to its year: what it leaves goes to a later one on a document, once a second person agrees."""
    demand("funding.keep_pot", by, pot, _("登记结转"))
    if not one_line(document):
        raise Refused(document=_("请填写结转文号"))
    with refusing(one_carry_over_per_document=("document", _("这个结转文号已经登记过"))):
        carried = CarryOver.objects.create(
            pot=pot, to_pot=to_pot, amount_fen=amount_fen, document=one_line(document), recorded_by=by
        )
    _await_second_person(carried, by, "funding.carry_over", _("请复核结转：%(pot)s %(yuan)s 元"))
    return carried


@action
def confirm_carry_over(carried: CarryOver, *, by: User) -> CarryOver:
    """The second person: from now on the money is the later year's."""
    lock(carried)
    demand("funding.keep_pot", by, carried, _("复核结转"))
    if carried.confirmed_at:
        raise Refused(_("这笔结转已经复核过了"))
    if carried.rejected_at:
        raise Refused(_("这一笔已经作废"))
    if by.is_same(carried.recorded_by_id):
        raise Refused(_("登记的人不能自己复核，要由另一个人来办"))
    carried.confirmed_by, carried.confirmed_at = by, now()
    carried.save(update_fields=["confirmed_by", "confirmed_at"])
    post(
        key=f"carryover:{carried.pk}",
        kind="carryover",
        postings=[(carried.pot.account, -carried.amount_fen), (carried.to_pot.account, carried.amount_fen)],
        memo=_("结转：%(pot)s → %(to)s") % {"pot": carried.pot, "to": carried.to_pot},
        voucher=carried.document,
        by=carried.recorded_by,
        confirmed_by=by,
        subject=carried.pot,
    )
    deadlines.meet(carried)
    tell(carried.recorded_by, _("结转已复核：%s") % carried.pot, event=told.ALLOCATION_DONE.name)
    return carried
