"""Paying by milestone: asked, approved and paid by three people; and the retained part, which evaluation rules on."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.dispatch import Signal
from django.utils.translation import gettext as _
from rules import has_perm

from funding import told
from funding.actions.plans import note_money
from funding.lifecycle import admin_url, set_due
from funding.models import (
    Claim,
    Contract,
    Hold,
    HoldStage,
    Milestone,
    MilestoneKind,
    Payment,
    PaymentStage,
    Purse,
    Waiver,
)
from funding.rules import accepted_by, demand, other_duties
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.rules import in_force, what_blocks
from minshi.faces.pictures import reencoded
from minshi.ledger.actions import post
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, one_line
from minshi.notifications.actions import tell_role
from minshi.policy import selectors as policy
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage

paid_out = Signal()
"""Sent inside the transaction once a payment is in the books, with ``payment``."""

given_up = Signal()
"""Sent inside the transaction once two have given up a part of the price, with ``waiver``."""


@action
def ask_payment(milestone: Milestone, *, invoice: str, file: UploadedFile | None = None, by: User) -> Payment:
    """Ask for one milestone's money against the supplier's invoice."""
    lock(milestone.contract.proposal)
    lock(milestone)
    contract, proposal = milestone.contract, milestone.contract.proposal
    refuse_if([*why_not_payable(milestone), *other_duties(by, proposal, {})])
    payment = Payment(
        contract=contract,
        milestone=milestone,
        amount_fen=milestone.amount_fen,
        invoice=one_line(invoice).replace(" ", ""),
        payer=holder_place(proposal.place, "street"),
        asked_by=by,
        stage=PaymentStage.ASKED,
    )
    if file is not None:
        picture = reencoded(file)
        payment.invoice_photo.save(picture.name or "invoice.jpg", picture, save=False)
    set_due(payment, period(proposal.place, "payment.days", now()))
    with refusing(
        one_payment_per_invoice=("invoice", _("这张发票已经用过，一张发票只能付一次")),
        payment_has_an_invoice=("invoice", _("请填写发票号")),
        one_payment_per_milestone=("milestone", _("这一笔已经申请过了")),
        paper_is_on_file=("file", _("请拍下发票")),
    ):
        payment.save(force_insert=True)
    met_again(milestone)
    begin(payment, "ask", by=by, evidence={"fen": payment.amount_fen, "invoice": payment.invoice})
    _role, _level = (Role.PARTY, "community") if proposal.tier == 1 else (Role.APPROVER, "street")
    proposals.note_on_card(proposal)
    return payment


def met_again(milestone: Milestone) -> None:
    """What the bank sent back is asked for again, or given up: it waits on no desk any more."""
    for sent_back in milestone.payments.filter(stage=PaymentStage.REVERSED):
        deadlines.meet(sent_back)


def why_not_payable(milestone: Milestone) -> list[str]:
    """What stands between this milestone and its money; the database asks the same.

    What had been paid and the bank sent back is owed, whatever became of contract and project since.
    """
    contract = milestone.contract
    reasons = []
    if Claim.objects.stopping().filter(proposal=contract.proposal).exists():
        reasons.append(_("有一笔到账冲正以后账上不足，要先追回、补足，或由两个人核销，才能付款"))
    if milestone.waivers.standing().exists():
        reasons.append(_("这一笔已经登记放弃，不再付款"))
    if milestone.payments.filter(stage=PaymentStage.REVERSED).exists():
        return reasons
    if contract.ended_at or contract.proposal.stage == Stage.CANCELLED:
        reasons.append(_("合同已经中止，不再付款"))
    if contract.proposal.stage == Stage.ENDING and milestone.kind != MilestoneKind.ENDING:
        reasons.append(_("项目正在了结，只付两个人核定的了结款"))
    if milestone.amount_fen == 0:
        reasons.append(_("这一笔是零元，不用付"))
    if milestone.kind == MilestoneKind.START and contract.started_at is None:
        reasons.append(_("开工以后才能付首款"))
    elif milestone.kind == MilestoneKind.ACCEPTANCE:
        reasons += _why_not_accepted(contract)
    elif milestone.kind == MilestoneKind.RETENTION and contract.hold.stage != HoldStage.RELEASED:
        reasons.append(_("尾款%s，要等满意度评议达标") % contract.hold.get_stage_display())
    return reasons


def _why_not_accepted(contract: Contract) -> list[str]:
    last = contract.acceptances.select_related("notice__withdrawn_by").order_by("-round").first()
    if contract.proposal.stage in (Stage.DELIVERING, Stage.ACCEPTING):  # never accepted, or refused since
        return [_("验收合格以后才能付这一笔")]
    if last is None or not last.passed or last.notice is None:
        return [_("验收合格以后才能付这一笔")]
    return what_blocks(in_force(last.notice), NoticeKind.ACCEPTANCE)


def _done(payment: Payment) -> dict[str, int | None]:
    return {_("申请"): payment.asked_by_id, _("审批"): payment.approved_by_id}


def _obstacles(payment: Payment, by: User) -> list[str]:
    reasons = why_not_payable(payment.milestone) + other_duties(by, payment.proposal, _done(payment))
    if by.is_any(accepted_by(payment.proposal)):
        reasons.append(_("参加验收的人不能审批或支付"))
    return reasons


@action
def approve_payment(payment: Payment, *, by: User, reason: str = "") -> StepRecord:
    """The second of three people: invoice, work and contract agree."""
    lock(payment.proposal)
    lock(payment)
    with refusing():
        record = take(
            payment, "approve", by=by, reason=reason, setting={"approved_by": by}, obstacles=_obstacles(payment, by)
        )
    proposals.note_on_card(payment.proposal)
    return record


@action
def pay(payment: Payment, *, voucher: str, by: User) -> StepRecord:
    """The third: the street's finance office has paid, by this voucher; the books follow in the same transaction."""
    lock(payment.proposal)
    lock(payment)
    proposal = payment.proposal
    voucher = one_line(voucher)
    if not voucher:
        raise Refused(voucher=_("请填写付款凭证号"))
    with refusing(one_payment_per_voucher=("voucher", _("这张付款凭证已经用过"))):
        record = take(
            payment,
            "pay",
            by=by,
            setting={"paid_by": by, "voucher": voucher},
            obstacles=_obstacles(payment, by),
            evidence={"fen": payment.amount_fen, "voucher": voucher, "invoice": payment.invoice},
        )
    purse = Purse.objects.select_related("account").get(proposal=proposal)
    post(
        key=f"payment:{payment.pk}",
        kind="payment",
        postings=[(purse.account, -payment.amount_fen), (payment.contract.account, payment.amount_fen)],
        memo=_("支付%(what)s：%(who)s") % {"what": payment.milestone, "who": payment.contract.supplier},
        voucher=voucher,
        by=by,
        subject=proposal,
    )
    note_money(proposal)
    paid_out.send(sender=Payment, payment=payment)
    return record


@action
def refuse_payment(payment: Payment, *, by: User, reason: str) -> StepRecord:
    lock(payment.proposal)
    record = take(payment, "refuse", by=by, reason=reason)
    proposals.note_on_card(payment.proposal)
    return record


def refuse_open_payments(contract: Contract, reason: str) -> None:
    """The contract ends: what was not paid yet will not be."""
    for payment in contract.payments.filter(stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED)):
        take(payment, "refuse", by=None, reason=reason)


# --- What will not be paid ---------------------------------------------------------------------------


@action
def waive(milestone: Milestone, *, reason: str, file: UploadedFile | None, by: User) -> Waiver:
    """Give up a part of the price, with the reason and the supplier's acknowledgement; a second person confirms it."""
    proposal = lock(milestone.contract.proposal)
    lock(milestone)
    demand("funding.waive", by, proposal, _("登记放弃付款"))
    if milestone.payments.live().exists():
        raise Refused(milestone=_("这一笔正在付款或者已经付了"))
    if not reason.strip():
        raise Refused(reason=_("请写明为什么不付"))
    if file is None:
        raise Refused(file=_("请放上承接方的书面确认"))
    waiver = Waiver(milestone=milestone, amount_fen=milestone.amount_fen, reason=mask_text(reason.strip()), by=by)
    picture = reencoded(file)
    waiver.file.save(picture.name or "waiver.jpg", picture, save=False)
    with refusing(one_waiver_per_milestone=("milestone", _("这一笔已经登记过放弃"))):
        waiver.save(force_insert=True)
    _await_second(waiver)
    return waiver


def _await_second(waiver: Waiver) -> None:
    """Whoever confirms it is told, and has it on the desk."""
    (role, place), title = _who_confirms(waiver.proposal), _("请复核放弃付款：%s") % waiver.proposal.title
    words = _("%(what)s %(yuan)s 元") % {"what": waiver.milestone, "yuan": format_yuan(waiver.amount_fen)}
    tell_role(role, place, title, words, admin_url(waiver), event=told.WAIVER_ASKED.name)
    span = period(place, "receipt.days", now())
    deadlines.schedule(
        waiver,
        "funding.waiver",
        span.end,
        role=role,
        place_path=place.path,
        title=title,
        url=admin_url(waiver),
        basis=span.basis,
        provisional=span.provisional,
    )


def _who_confirms(proposal: Proposal) -> tuple[str, Territory]:
    role, level = (Role.PARTY, "community") if proposal.tier == 1 else (Role.APPROVER, "street")
    return role, holder_place(proposal.place, level)


@action
def confirm_waiver(waiver: Waiver, *, by: User) -> Waiver:
    """The second person has read the supplier's acknowledgement: nothing is owed on it any more."""
    proposal = lock(waiver.proposal)
    lock(waiver)
    demand("funding.approve_payment", by, waiver, _("复核放弃付款"))
    _refuse_closed(waiver)
    if by.is_any((waiver.by_id, proposal.proposer_id)):
        raise Refused(_("登记的人和提议人不能复核，要由另一个人来办"))
    waiver.confirmed_by, waiver.confirmed_at = by, now()
    with refusing():
        waiver.save(update_fields=["confirmed_by", "confirmed_at"])
    met_again(waiver.milestone)
    deadlines.meet(waiver)
    note_money(proposal)
    given_up.send(sender=Waiver, waiver=waiver)
    return waiver


@action
def annul_waiver(waiver: Waiver, *, by: User) -> Waiver:
    """Not given up after all, before it was confirmed: it may be asked for again."""
    lock(waiver.proposal)
    lock(waiver)
    if not has_perm("funding.waive", by, waiver):
        demand("funding.approve_payment", by, waiver, _("不同意放弃付款"))
    _refuse_closed(waiver)
    waiver.annulled_by, waiver.annulled_at = by, now()
    waiver.save(update_fields=["annulled_by", "annulled_at"])
    deadlines.meet(waiver)
    return waiver


def _refuse_closed(waiver: Waiver) -> None:
    if waiver.confirmed_at or waiver.annulled_at:
        raise Refused(_("这一笔放弃已经办过"))


# --- The retained part: called only by evaluation, in the transaction that closes a survey -------------


def _hold_of(proposal: Proposal) -> Hold:
    lock(proposal)
    hold = Hold.objects.filter(contract__proposal=proposal, contract__ended_at=None).select_related("contract").first()
    if hold is None:
        raise Refused(_("没有暂扣的尾款"))
    return hold


@action
def release_hold(proposal: Proposal, *, by: User | None, reason: str) -> StepRecord:
    """The residents are satisfied: the last part may be asked for. A warranty does not stand in its way here."""
    hold = _hold_of(proposal)
    record = take(hold, "release", by=by, reason=reason)
    proposals.note_on_card(proposal)
    _ask_for_retention(hold)
    return record


@action
def refuse_hold(proposal: Proposal, *, by: User | None, reason: str) -> StepRecord:
    """Not satisfied: nothing more is paid. Accepted again it is held again; else it goes back as a surplus."""
    record = take(_hold_of(proposal), "refuse", by=by, reason=reason)
    proposals.note_on_card(proposal)
    return record


@action
def keep_hold(proposal: Proposal, *, by: User | None, reason: str) -> StepRecord:
    """Rework first: it stays held, which is recorded too."""
    record = take(_hold_of(proposal), "keep", by=by, reason=reason)
    proposals.note_on_card(proposal)
    return record


def hold_again(contract: Contract) -> None:
    """The work was refused and is accepted now: the last part waits for the next round of rating."""
    if contract.hold.stage == HoldStage.REFUSED:
        take(contract.hold, "hold_again", by=None)


def _ask_for_retention(hold: Hold) -> None:
    proposal = hold.proposal
    int(policy.value("payment.days", proposal.place))
