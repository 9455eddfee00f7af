"""What was booked and did not hold: a cheque that bounced, a payment or a refund that the bank sent back.

An entry is undone by its exact opposite, today; what the purse cannot bear, or has given back already, becomes a
claim on the giver, and what had not gone back yet is divided anew (domain.md 6).
"""

from __future__ import annotations

import hashlib

from django.db.models import Sum
from django.utils.translation import gettext as _

from funding.actions.claims import account_of, ask_second, open_claim, owed_account
from funding.actions.plans import note_money
from funding.actions.pledges import GIVING
from funding.actions.refunds import divide_anew, order_again
from funding.lifecycle import admin_url
from funding.models import Claim, ClaimEnd, Contribution, Payment, Purse, Refund
from funding.models.pledges import RefundQuerySet
from funding.rules import demand
from funding.selectors import due_to_suppliers_fen
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.ledger.actions import open_account, post, reverse
from minshi.ledger.models import Account, Entry
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, one_line
from minshi.refusals import Refused, refusing
from minshi.residents.models import Role
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period

# --- A contribution --------------------------------------------------------------------------------


@action
def reverse_contribution(given: Contribution, *, by: User, reason: str) -> StepRecord:
    """A confirmed one was wrong, or its cheque bounced: the books keep it and its exact opposite."""
    proposal = lock(given.proposal)
    lock(given)
    obstacles = [_("登记的人不能自己复核，要由另一个人来办")] if by.is_same(given.recorded_by_id) else []
    if _of(given).unconfirmed().exists():
        obstacles.append(_("退给这一方的钱还有一笔没有复核，请先复核，再冲正"))
    record = take(given, "reverse", by=by, reason=reason, obstacles=obstacles)
    deadlines.meet(given)
    short, got = _short_of(given), _got_by(given)
    if short or got:
        open_claim(given, short_fen=short, got_fen=got)
    entry = Entry.objects.get(key=f"contribution:{given.pk}")
    reverse(entry, by=by, reason=_("冲正：%s") % mask_text(reason), key=f"reversal:{given.pk}")
    if proposal.refunds.exists():
        divide_anew(proposal, _("到账冲正，重新分摊"), by=by)
    note_money(proposal)
    return record


def _of(given: Contribution) -> RefundQuerySet:
    return Refund.objects.filter(proposal=given.proposal, giver=given.giver_id, sponsor=given.sponsor_id)


def _short_of(given: Contribution) -> int:
    """What the purse cannot bear of it: what was paid out and waits to be confirmed is gone already.

    Nor is what suppliers are owed once no more money is received: a cheque that bounces does not take it from them.
    """
    purse = Purse.objects.select_related("account").get(proposal=given.proposal)
    kept = 0 if given.proposal.stage in GIVING else due_to_suppliers_fen(given.proposal)
    gone = Refund.objects.unconfirmed().filter(proposal=given.proposal).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return max(0, given.amount_fen - max(0, purse.account.balance_fen - gone - kept))


def _got_by(given: Contribution) -> int:
    """What this giver has got back beyond what they have given, once it is reversed, and is not claimed yet."""
    account = account_of(given)
    account.refresh_from_db()
    same = Claim.objects.open().filter(proposal=given.proposal, giver=given.giver_id, sponsor=given.sponsor_id)
    claimed = same.aggregate(fen=Sum("got_fen"))["fen"] or 0
    return max(0, account.balance_fen + given.amount_fen - claimed)


# --- What a claim came to --------------------------------------------------------------------------


@action
def settle_claim(claim: Claim, *, how: str, voucher: str, reason: str = "", by: User) -> Claim:
    """It came back by this voucher, or is written off by this document; a second person confirms it."""
    lock(claim.proposal)
    lock(claim)
    demand("funding.settle_claim", by, claim, _("办理追收"))
    if claim.closed_at:
        raise Refused(_("这笔追收已经了结"))
    if how not in (ClaimEnd.RETURNED, ClaimEnd.WRITTEN_OFF):
        raise Refused(how=_("请选择是还回了还是核销"))
    if not one_line(voucher):
        raise Refused(voucher=_("请填写凭证号；核销的，填批准核销的文号"))
    if how == ClaimEnd.WRITTEN_OFF and not reason.strip():
        raise Refused(reason=_("请写明为什么核销"))
    claim.how, claim.voucher, claim.reason = how, one_line(voucher), mask_text(reason.strip())
    claim.settled_by, claim.confirmed_by = by, None
    with refusing(one_recovery_per_voucher=("voucher", _("这张凭证已经用过，一张凭证只能登记一次"))):
        claim.save(update_fields=["how", "voucher", "reason", "settled_by", "confirmed_by"])
    ask_second(claim)
    proposals.note_on_card(claim.proposal)
    return claim


def as_read(claim: Claim) -> str:
    """A mark of what the second person has before their eyes: it may be written down anew until they confirm."""
    facts = (claim.how, claim.voucher, claim.reason, claim.settled_by_id)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@action
def confirm_claim(claim: Claim, *, read: str | None = None, by: User) -> Claim:
    """The second person: now it is in the books, and what came back to the purse is divided like the rest.

    ``read`` is the mark (``as_read``) of what was on their page: what was written down anew since is read again.
    """
    proposal = lock(claim.proposal)
    lock(claim)
    demand("funding.confirm_claim", by, claim, _("复核追收"))
    if claim.closed_at or claim.settled_by_id is None:
        raise Refused(_("这笔追收现在不能复核"))
    if by.is_same(claim.settled_by_id):
        raise Refused(_("办理的人不能自己复核，要由另一个人来办"))
    if read is not None and read != as_read(claim):
        raise Refused(_("登记的结果刚刚改过，请再看一眼"))
    claim.confirmed_by, claim.closed_at = by, now()
    with refusing():
        claim.save(update_fields=["confirmed_by", "closed_at"])
    _book(claim)
    deadlines.meet(claim)
    if claim.how == ClaimEnd.RETURNED and claim.amount_fen > claim.short_fen and proposal.refunds.exists():
        divide_anew(proposal, _("追收的钱已还回，重新分摊"), by=by)
    note_money(proposal)
    return claim


def _book(claim: Claim) -> None:
    proposal = claim.proposal
    came_back = claim.how == ClaimEnd.RETURNED
    over = claim.amount_fen if came_back else claim.got_fen
    end = Purse.objects.select_related("account").get(proposal=proposal).account if came_back else _loss(claim)
    postings = [
        (account_of(claim.contribution), -over),
        (owed_account(claim), claim.short_fen),
        (end, over - claim.short_fen),
    ]
    kind = "recovery" if came_back else "writeoff"
    post(
        key=f"{kind}:{claim.pk}",
        kind=kind,
        postings=[(account, fen) for account, fen in postings if fen],
        memo=_("追收的钱已还回") if came_back else _("追收的钱核销"),
        voucher=claim.voucher,
        by=claim.settled_by,
        confirmed_by=claim.confirmed_by,
        subject=proposal,
    )


def _loss(claim: Claim) -> Account:
    """What nobody will pay back any more is borne by the community that kept the money."""
    keeper = holder_place(claim.territory, "community")
    return open_account(
        f"loss:{keeper.code}",
        Account.Kind.OUTSIDE,
        _("%s核销") % keeper.name,
        may_be_negative=True,
        place_path=keeper.path,
    )


# --- What the bank sent back -----------------------------------------------------------------------


@action
def reverse_payment(payment: Payment, *, by: User, reason: str) -> StepRecord:
    """The bank sent a payment back: it may be asked for again. Said by another person than who paid it."""
    lock(payment.proposal)
    lock(payment)
    obstacles = [_("付款的人不能自己冲正，要由另一个人来办")] if by.is_same(payment.paid_by_id) else []
    with refusing():
        record = take(payment, "reverse", by=by, reason=reason, setting={"reversed_by": by}, obstacles=obstacles)
    entry = Entry.objects.get(key=f"payment:{payment.pk}")
    reverse(entry, by=by, reason=_("银行退回：%s") % mask_text(reason), key=f"paymentback:{payment.pk}")
    _ask_again(payment)
    note_money(payment.proposal)
    return record


def _ask_again(payment: Payment) -> None:
    """The supplier is still owed it, whatever became of the project: it stands on the clerk's desk until then."""
    proposal = payment.proposal
    span = period(proposal.place, "payment.days", now())
    deadlines.schedule(
        payment,
        "funding.sent_back",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(proposal.place, "community").path,
        title=_("银行退回，请重新申请付款：%s") % proposal.title,
        url=admin_url(proposal.purse),
        basis=span.basis,
        provisional=span.provisional,
    )


@action
def reverse_refund(refund: Refund, *, by: User, reason: str) -> Refund:
    """The bank sent a refund back: it is owed anew, to the same giver. Said by another person than who paid it."""
    proposal = lock(refund.proposal)
    lock(refund)
    demand("funding.reverse_refund", by, refund, _("退款冲正"))
    if refund.annulled_at or refund.paid_at is None or refund.grant_id:
        raise Refused(_("这笔退款现在不能冲正"))
    if by.is_same(refund.paid_by_id):
        raise Refused(_("退款的人不能自己冲正，要由另一个人来办"))
    if not reason.strip():
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    refund.annulled_at, refund.annulled_by = now(), by
    refund.annulled_why = (_("银行退回：%s") % mask_text(one_line(reason)))[:200]
    with refusing():
        refund.save(update_fields=["annulled_at", "annulled_by", "annulled_why"])
    if refund.returned_at:
        entry = Entry.objects.get(key=f"refund:{refund.pk}")
        reverse(entry, by=by, reason=refund.annulled_why, key=f"refundback:{refund.pk}")
    order_again(refund, by=by)
    note_money(proposal)
    return refund
