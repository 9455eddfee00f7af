"""Money back: what a cancelled project or a surplus owes its givers, in proportion and to the fen."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funding import told
from funding.actions.plans import note_money
from funding.models import (
    Claim,
    Contribution,
    ContributionStage,
    Grant,
    Hold,
    HoldStage,
    Payment,
    PaymentStage,
    Purse,
    Refund,
)
from funding.rules import demand
from funding.selectors import Giver, gave_then, giver_of, owed_to_suppliers_fen, shares_of, unpaid_parts
from minshi.accounts.models import User
from minshi.clock import Instant, now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.ledger.actions import post
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import one_line
from minshi.notifications.actions import tell_all, tell_doors, tell_role
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Role
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal


def unconfirmed(proposal: Proposal) -> list[str]:
    """Money that may have arrived must be counted before it is divided."""
    waiting = Contribution.objects.filter(proposal=proposal, stage=ContributionStage.RECORDED).count()
    return [_("还有 %d 笔到账没有复核，请先复核") % waiting] if waiting else []


@action
def return_surplus(proposal: Proposal, *, by: User | None) -> list[Refund]:
    """What is left when everything is paid goes back to pots, households and sponsors in proportion.

    For the final accounts. Doing it again orders only what has been left over since.
    """
    lock(proposal)
    reasons = unconfirmed(proposal)
    if Payment.objects.filter(
        contract__proposal=proposal, stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED)
    ).exists():
        reasons.append(_("还有付款没有办完"))
    if Hold.objects.filter(contract__proposal=proposal, contract__ended_at=None, stage=HoldStage.HELD).exists():
        reasons.append(_("尾款还没有结论"))
    reasons += what_is_owed(proposal)
    if Claim.objects.stopping().filter(proposal=proposal).exists():
        reasons.append(_("有一笔到账冲正以后账上不足，要先追回、补足，或由两个人核销"))
    refuse_if(reasons)
    return give_back(proposal, Refund.Why.SURPLUS, by)


def what_is_owed(proposal: Proposal) -> list[str]:
    """Parts of the price that are to be paid, or given up by two, before what is left goes back."""
    return [
        _("%(what)s可以支付但还没有付：%(yuan)s 元；确实不付的，由两个人登记放弃，附承接方的书面确认")
        % {"what": part, "yuan": format_yuan(part.amount_fen)}
        for part in unpaid_parts(proposal)
    ]


def left_fen(proposal: Proposal) -> int:
    """What is in the purse, owed to no supplier and not promised back yet."""
    purse = Purse.objects.select_related("account").get(proposal=proposal)
    owed = Refund.objects.owed().filter(proposal=proposal).values_list("amount_fen", flat=True)
    return max(0, purse.account.balance_fen - sum(owed) - owed_to_suppliers_fen(proposal))


def give_back(proposal: Proposal, why: str, by: User | None) -> list[Refund]:
    """Order back what is in the purse and not promised back yet, to whom it belongs; the project is locked."""
    left = left_fen(proposal)
    refunds = [order(proposal, giver, fen, why, by) for giver, fen in shares_of(proposal, left).items() if fen]
    note_money(proposal)
    _ask_to_pay_back(proposal, sum(refund.returned_at is None for refund in refunds))
    return refunds


def _ask_to_pay_back(proposal: Proposal, count: int) -> None:
    if count:
        place, title = holder_place(proposal.place, "community"), _("请办理退款：%s") % proposal.title
        words = _("%(count)d 笔，每笔凭证由两个人办") % {"count": count}
        for role in (Role.CLERK, Role.CASHIER):
            tell_role(role, place, title, words, reverse("admin:funding_refund_changelist"), event=told.TO_REFUND.name)
    _put_on_desks(proposal)


def divide_anew(proposal: Proposal, why: str, *, by: User | None) -> list[Refund]:
    """What has not been paid out yet is divided again, from what is in the purse now; the project is locked."""
    last = proposal.refunds.order_by("-pk").first()
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        refund.annulled_at, refund.annulled_by, refund.annulled_why = now(), by, why
        refund.save(update_fields=["annulled_at", "annulled_by", "annulled_why"])
    return give_back(proposal, last.why if last else Refund.Why.SURPLUS, by)


def order_again(refund: Refund, *, by: User | None) -> Refund:
    """The same sum to the same giver, after the bank sent it back."""
    again = order(refund.proposal, giver_of(refund), refund.amount_fen, refund.why, by)
    _ask_to_pay_back(refund.proposal, 1)
    return again


DESKS = (
    # (kind of deadline, who, what, whether it is paid already): one row on a desk for whoever is next.
    ("funding.refund", Role.CLERK, gettext_lazy("请办理退款：%s"), False),
    ("funding.refund_check", Role.SUPERVISOR, gettext_lazy("请复核退款：%s"), True),
)


def _put_on_desks(proposal: Proposal) -> None:
    """The first refund that waits stands for all of its project, until none is left; its end stays where it was."""
    ours = Refund.objects.filter(proposal=proposal)
    for kind, role, title, is_paid in DESKS:
        first = ours.owed().filter(paid_at__isnull=not is_paid, grant=None).order_by("pk").first()
        standing = Deadline.objects.open().filter(
            kind=kind, subject_type=Refund._meta.label_lower, subject_id__in=ours.values("pk")
        )
        now_on = standing.first()
        if now_on and first and now_on.subject_id == first.pk:
            continue
        standing.update(handled_at=Instant(), outcome=Deadline.Outcome.MET)
        if first:
            span = period(proposal.place, "payment.days", now())
            deadlines.schedule(
                first,
                kind,
                now_on.due if now_on else span.end,
                role=role,
                place_path=holder_place(proposal.place, "community").path,
                title=title % proposal.title,
                url=reverse("admin:funding_refund_changelist"),
                basis=now_on.basis if now_on else span.basis,
                provisional=now_on.provisional if now_on else span.provisional,
                since=now_on.set_at if now_on else None,
                wakes_at=now_on.wakes_at if now_on else None,
            )


def _tell_giver(refund: Refund, title: str) -> None:
    """The household the money goes back to, wherever it lives now: who moved in since did not give it."""
    if refund.giver is not None:
        url = reverse("books", args=[refund.proposal.number])
        words = _("%(yuan)s 元，%(why)s") % {"yuan": format_yuan(refund.amount_fen), "why": refund.get_why_display()}
        doors, matter = [refund.giver.household_id], f"refund:{refund.pk}"
        event = told.REFUNDED.name
        slip = _("请到社区问是多少、怎么退")  # whoever brings the slip need not know what a household gave
        title %= refund.proposal.title
        if refund.giver.until is not None:
            tell_all(gave_then(refund.proposal, refund.giver), title, words, url, event=event, matter=matter)
            return
        tell_doors(doors, title, words, url, asked=False, slip=slip, event=event, matter=matter)


def order(proposal: Proposal, giver: Giver, fen: int, why: str, by: User | None) -> Refund:
    """One sum to one giver; a pot's goes back in the books at once. The project is locked."""
    kind, pk = giver
    refund = Refund(proposal=proposal, amount_fen=fen, why=why, ordered_by=by, name_public=_name_of(proposal, giver))
    setattr(refund, f"{kind}_id", pk)
    if kind == "grant":
        refund.returned_at = now()
    refund.save(force_insert=True)
    if kind == "grant":
        _book(refund, by=by, confirmed_by=None)
    _tell_giver(refund, _("有钱要退给您家：%s"))
    return refund


def _name_of(proposal: Proposal, giver: Giver) -> str:
    kind, pk = giver
    if kind == "grant":
        return str(Grant.objects.select_related("pot").get(pk=pk).pot)
    given = Contribution.objects.filter(proposal=proposal, **{kind: pk}).order_by("-pk").first()
    return given.name_public if given else ""


def _book(refund: Refund, *, by: User | None, confirmed_by: User | None) -> None:
    proposal = refund.proposal
    purse = Purse.objects.select_related("account").get(proposal=proposal)
    post(
        key=f"refund:{refund.pk}",
        kind="refund",
        postings=[(purse.account, -refund.amount_fen), (_account_of(refund), refund.amount_fen)],
        memo=_("退款：%s") % refund.get_why_display(),
        voucher=refund.voucher,
        by=by,
        confirmed_by=confirmed_by,
        subject=proposal,
    )


def _account_of(refund: Refund) -> Account:
    if refund.grant_id and refund.grant:
        return refund.grant.pot.account
    number = refund.proposal.number
    key = f"giver:{number}:{refund.giver_id}" if refund.giver_id else f"sponsor:{number}:{refund.sponsor_id}"
    return Account.objects.get(key=key)


@action
def pay_refund(refund: Refund, *, voucher: str, by: User) -> Refund:
    """The money went back by this voucher; a second person confirms it."""
    lock(refund.proposal)
    lock(refund)
    demand("funding.pay_back", by, refund, _("退款"))
    if refund.returned_at or refund.paid_at:
        raise Refused(_("这笔退款已经办过"))
    if refund.annulled_at:
        raise Refused(_("这笔退款已经作废：%s") % refund.annulled_why)
    if not one_line(voucher):
        raise Refused(voucher=_("请填写退款凭证号"))
    refund.voucher, refund.paid_by, refund.paid_at = one_line(voucher), by, now()
    with refusing(one_refund_per_voucher=("voucher", _("这张退款凭证已经用过，一张凭证只能登记一次"))):
        refund.save(update_fields=["voucher", "paid_by", "paid_at"])
    place, title = holder_place(refund.proposal.place, "community"), _("请复核退款：%s") % refund.proposal.title
    tell_role(
        Role.SUPERVISOR,
        place,
        title,
        refund.voucher,
        reverse("admin:funding_refund_changelist"),
        event=told.REFUND_TO_CONFIRM.name,
    )
    _put_on_desks(refund.proposal)
    return refund


@action
def confirm_refund(refund: Refund, *, by: User) -> Refund:
    """The second person: only now it is in the books."""
    lock(refund.proposal)
    lock(refund)
    demand("funding.confirm_refund", by, refund, _("复核退款"))
    if refund.returned_at or refund.paid_at is None or refund.annulled_at:
        raise Refused(_("这笔退款现在不能复核"))
    if by.is_same(refund.paid_by_id):
        raise Refused(_("办理的人不能自己复核，要由另一个人来办"))
    refund.confirmed_by, refund.returned_at = by, now()
    with refusing():
        refund.save(update_fields=["confirmed_by", "returned_at"])
    _book(refund, by=refund.paid_by, confirmed_by=by)
    _tell_giver(refund, _("钱已退给您家：%s"))
    _put_on_desks(refund.proposal)
    note_money(refund.proposal)
    return refund
