"""Money back: what a cancelled project or a surplus owes its givers, in proportion and to the fen."""

from __future__ import annotations

from django.utils.translation import gettext as _

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
from funding.selectors import Giver, giver_of, owed_to_suppliers_fen, shares_of, unpaid_parts
from minshi.accounts.models import User
from minshi.clock import now
from minshi.ledger.actions import post
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import one_line
from minshi.notifications.actions import tell_role
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Role
from proposals import actions as proposals
from proposals.lifecycle import holder_place
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
    refunds = [_order(proposal, giver, fen, why, by) for giver, fen in shares_of(proposal, left).items() if fen]
    note_money(proposal)
    if any(refund.returned_at is None for refund in refunds):
        tell_role(
            Role.CLERK,
            holder_place(proposal.place, "community"),
            _("请办理退款：%s") % proposal.title,
            _("%(count)d 笔，每笔凭证由两个人办") % {"count": sum(refund.returned_at is None for refund in refunds)},
            "/admin/funding/refund/",
        )
    return refunds


def divide_anew(proposal: Proposal, why: str, *, by: User | None) -> list[Refund]:
    """What has not been paid out yet is divided again, from what is in the purse now; the project is locked."""
    last = proposal.refunds.order_by("-pk").first()
    for refund in Refund.objects.unpaid().filter(proposal=proposal):
        refund.annulled_at, refund.annulled_by, refund.annulled_why = now(), by, why
        refund.save(update_fields=["annulled_at", "annulled_by", "annulled_why"])
    return give_back(proposal, last.why if last else Refund.Why.SURPLUS, by)


def order_again(refund: Refund, *, by: User | None) -> Refund:
    """The same sum to the same giver, after the bank sent it back."""
    return _order(refund.proposal, giver_of(refund), refund.amount_fen, refund.why, by)


def _order(proposal: Proposal, giver: Giver, fen: int, why: str, by: User | None) -> Refund:
    kind, pk = giver
    refund = Refund(proposal=proposal, amount_fen=fen, why=why, ordered_by=by, name_public=_name_of(proposal, giver))
    setattr(refund, f"{kind}_id", pk)
    if kind == "grant":
        refund.returned_at = now()
    refund.save(force_insert=True)
    if kind == "grant":
        _book(refund, by=by, confirmed_by=None)
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
    with refusing():
        refund.save(update_fields=["voucher", "paid_by", "paid_at"])
    return refund


@action
def confirm_refund(refund: Refund, *, by: User) -> Refund:
    """The second person: only now it is in the books."""
    lock(refund.proposal)
    lock(refund)
    demand("funding.confirm_refund", by, refund, _("复核退款"))
    if refund.returned_at or refund.paid_at is None or refund.annulled_at:
        raise Refused(_("这笔退款现在不能复核"))
    if refund.paid_by_id == by.pk:
        raise Refused(_("办理的人不能自己复核，要由另一个人来办"))
    refund.confirmed_by, refund.returned_at = by, now()
    with refusing():
        refund.save(update_fields=["confirmed_by", "returned_at"])
    _book(refund, by=refund.paid_by, confirmed_by=by)
    proposals.note_on_card(refund.proposal)
    return refund
