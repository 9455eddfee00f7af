"""了结: the one way out once a holder took a project on. Accepted work is owed and paid first, the rest goes back."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from funding import told
from funding.actions.delivery import drop_plan_changes, end_contract
from funding.actions.plans import note_money, withdraw
from funding.actions.refunds import give_back, left_fen, unconfirmed
from funding.lifecycle import admin_url, set_due
from funding.models import (
    OUTCOMES,
    Claim,
    Contract,
    Ending,
    EndingStage,
    Enquiry,
    Grant,
    GrantStage,
    HoldStage,
    Milestone,
    MilestoneKind,
    Payment,
    PaymentStage,
    Purse,
    Refund,
    Waiver,
)
from funding.rules import demand, other_duties
from funding.selectors import (
    contract_of,
    ending_of,
    given_up_fen,
    last_ending,
    owed_fen,
    owed_to_suppliers_fen,
    paid_fen,
    reached_fen,
    unpaid_parts,
)
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.faces.pictures import reencoded
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.notifications.actions import tell_role
from minshi.refusals import Refused, refuse_if, refusing
from proposals import actions as proposals
from proposals.lifecycle import STOPPABLE, TIERS, holder_place, period
from proposals.models import ENDED, Proposal, Stage

CLOSING = {
    # Where an ending leads → the step that goes there.
    Stage.CANCELLED: "end_cancelled",
    Stage.DECLINED: "end_declined",
    Stage.NOT_PASSED: "end_not_passed",
}
BROUGHT_ABOUT = {
    # The step that led into the ending → where the ending leads.
    "cancel": Stage.CANCELLED,
    "refuse_with_money": Stage.DECLINED,
    "decline_with_money": Stage.DECLINED,
    "fail_vote_with_money": Stage.NOT_PASSED,
    "not_agree_with_money": Stage.NOT_PASSED,
}
assert set(CLOSING) == set(OUTCOMES) == set(BROUGHT_ABOUT.values())


@action
def ask_ending(proposal: Proposal, *, reason: str, file: UploadedFile | None = None, by: User) -> Ending:
    """Ask to stop a project; nothing happens to it until somebody else has confirmed. A contract needs a file."""
    lock(proposal)
    demand("funding.cancel", by, proposal, _("提请了结"))
    if proposal.stage not in STOPPABLE:
        raise Refused(_("现在是“%s”，不能办理“了结”") % Stage(proposal.stage).label)
    if not Purse.objects.filter(proposal=proposal).exists():
        raise Refused(_("这件事还没有人接单筹钱，不办请用这一阶段自己的办法"))
    if not reason.strip():
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    if contract_of(proposal) and file is None:
        raise Refused(photo=_("已经签了合同，请拍下依据（决定、协议或对方的书面意见）"))
    return _open(proposal, Stage.CANCELLED, reason, by=by, verb="ask", file=file)


@action
def begin_ending(proposal: Proposal, record: StepRecord, *, by: User | None = None) -> Ending | None:
    """A decision, a vote or its holder ended it: what is owed is counted, and confirmed by somebody else."""
    if running := ending_of(proposal):
        if running.stage == EndingStage.ASKED and record.verb != "cancel":
            take(running, "refuse", by=None, reason=_("这件事已经由“%s”转入了结") % record.label)
        else:
            return None
    return _open(
        proposal, BROUGHT_ABOUT[record.verb], record.reason or record.label, by=record.by, verb="begin", file=None
    )


def _open(
    proposal: Proposal, outcome: Stage, reason: str, *, by: User | None, verb: str, file: UploadedFile | None
) -> Ending:
    stage = EndingStage.ASKED if verb == "ask" else EndingStage.COUNTING
    ending = Ending(proposal=proposal, outcome=outcome, reason=mask_text(reason.strip()), asked_by=by, stage=stage)
    if file is not None:
        picture = reencoded(file)
        ending.file.save(picture.name or "ending.jpg", picture, save=False)
    set_due(ending, period(proposal.place, "ending.confirm_days", now()))
    with refusing(one_running_ending=("reason", _("已经有人提请了结，正等另一位确认"))):
        ending.save(force_insert=True)
    begin(ending, verb, by=by if verb == "ask" else None, reason=ending.reason)
    proposals.note_on_card(proposal)
    return ending


@action
def refuse_ending(ending: Ending, *, reason: str, by: User) -> StepRecord:
    """The second person does not agree, or who asked takes it back: the project goes on where it stands."""
    lock(ending.proposal)
    lock(ending)
    record = take(ending, "refuse", by=by, reason=reason)
    proposals.note_on_card(ending.proposal)
    return record


@action
def drop_ending(proposal: Proposal, *, by: None = None) -> None:
    """The project went on past where it may be stopped while somebody was still to confirm: the request is over."""
    running = ending_of(proposal)
    if running and running.stage == EndingStage.ASKED and proposal.stage not in (*STOPPABLE, Stage.ENDING):
        take(running, "refuse", by=None, reason=_("这件事已经往下走了"))


@action
def confirm_ending(ending: Ending, *, work_fen: int | None = None, work: str = "", by: User) -> StepRecord:
    """The second person: what of the work was accepted and is owed in all (``work_fen``), and that the rest goes back.

    Below what the contract's milestones have reached it cannot be, nor above the price.
    """
    proposal = ending.proposal
    lock(proposal)
    lock(ending)
    demand("funding.confirm_ending", by, ending, _("确认了结"))
    contract = contract_of(proposal)
    worth = (reached_fen(contract) if work_fen is None else work_fen) if contract else 0
    refuse_if(
        [
            *other_duties(by, proposal, {_("提出了结"): ending.asked_by_id}),
            *unconfirmed(proposal),
            *_why_not_worth(contract, worth),
        ]
    )
    if ending.stage == EndingStage.ASKED:
        proposals.advance(proposal, "cancel", by=by, reason=ending.reason)
    setting = {
        "confirmed_by": by,
        "contract": contract,
        "work_fen": worth,
        "work": mask_text(work.strip()),
        "due_at": None,
    }
    record = take(ending, "confirm", by=by, evidence={"work_fen": worth}, setting=setting)
    _stop_everything(proposal)
    if contract:
        _owe(contract, worth - paid_fen(contract))
    note_money(proposal)
    give_back_when_paid(proposal, by=None)
    return record


def _why_not_worth(contract: Contract | None, worth: int) -> list[str]:
    if contract is None:
        return []
    reasons, unpaid = [], unpaid_parts(contract.proposal)
    least, most = reached_fen(contract), contract.price_fen - given_up_fen(contract)
    words = {"least": format_yuan(least), "most": format_yuan(most)}
    if not least <= worth <= most and given_up_fen(contract):
        reasons.append(
            _("已验收的活在 %(least)s 元（按合同已经应付的）到 %(most)s 元（合同价减去已经登记放弃的）之间") % words
        )
    elif not least <= worth <= most:
        reasons.append(_("已验收的活在 %(least)s 元（按合同已经应付的）到合同价 %(most)s 元之间") % words)
    if contract.payments.filter(stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED)).exists():
        reasons.append(_("还有付款没有办完，请先付清或者说明理由不同意"))
    if Payment.objects.filter(contract=contract, stage=PaymentStage.REVERSED, milestone__in=unpaid).exists():
        reasons.append(_("银行退回的一笔还没有重新付，请先付清"))
    if Waiver.objects.standing().filter(milestone__contract=contract, confirmed_at=None).exists():
        reasons.append(_("登记放弃的一笔还没有复核，请先复核或者不同意"))
    return reasons


def _stop_everything(proposal: Proposal) -> None:
    """Pots get back what was reserved, and nobody asks or chooses any more; promises have ended already."""
    for grant in Grant.objects.standing().filter(proposal=proposal).exclude(stage=GrantStage.PLACED).order_by("pk"):
        withdraw(grant, by=None, reason=_("项目了结"))
    drop_plan_changes(proposal)
    if contract_of(proposal) is None:
        Enquiry.objects.filter(proposal=proposal, ended_at=None).update(ended_at=now())
    deadlines.meet(Purse.objects.get(proposal=proposal))
    for contract in Contract.objects.filter(proposal=proposal, ended_at=None):
        deadlines.meet(contract)


def _owe(contract: Contract, due_fen: int) -> None:
    """One last part of the price is due; what the other open parts had left is nobody's any more."""
    rest = contract.price_fen - paid_fen(contract) - given_up_fen(contract) - due_fen
    parts = contract.milestones.exclude(kind=MilestoneKind.ENDING)
    given_up = Waiver.objects.confirmed().values("milestone")
    open_parts = list(parts.exclude(payments__in=Payment.objects.live()).exclude(pk__in=given_up))
    for part in reversed(open_parts):
        part.amount_fen, rest = rest, 0
    Milestone.objects.bulk_update(open_parts, ["amount_fen"])
    if open_parts:
        last, _is_new = Milestone.objects.get_or_create(
            contract=contract, kind=MilestoneKind.ENDING, defaults={"percent": 0, "amount_fen": due_fen}
        )
        if last.amount_fen != due_fen:
            last.amount_fen = due_fen
            last.save(update_fields=["amount_fen"])


@action
def recount_ending(ending: Ending, *, reason: str, by: User) -> StepRecord:
    """What is owed was found wrong before it was paid: it is counted, and confirmed, again."""
    lock(ending.proposal)
    lock(ending)
    waiting = ending.contract and ending.contract.payments.filter(stage__in=(PaymentStage.ASKED, PaymentStage.APPROVED))
    obstacles = [_("了结款正在办，请先付清或者不同意")] if waiting and waiting.exists() else []
    span = period(ending.proposal.place, "ending.confirm_days", now())
    record = take(
        ending, "recount", by=by, reason=reason, setting={"span": span, "confirmed_by": None}, obstacles=obstacles
    )
    proposals.note_on_card(ending.proposal)
    return record


@action
def give_back_when_paid(proposal: Proposal, *, by: User | None = None) -> None:
    """Once what is owed is paid, the contract is over and the rest goes back by shares."""
    ending = ending_of(proposal)
    if ending is None or ending.stage != EndingStage.PAYING:
        return
    contract = contract_of(proposal)
    if contract and owed_fen(ending, contract):
        _ask_to_pay(ending, contract)
        return
    if contract:
        if contract.hold.stage == HoldStage.HELD:
            take(contract.hold, "refuse", by=None, reason=_("项目了结，应付的已经结清"))
        end_contract(contract, _("项目了结"))
    take(ending, "give_back", by=None)
    give_back(proposal, Refund.Why.CANCELLED, ending.confirmed_by)


@action
def give_back_what_stays(proposal: Proposal, *, by: User | None = None) -> None:
    """Where the money has gone back already, what a supplier gave up afterwards goes back too: no fen stays behind."""
    proposal = lock(proposal)
    ending = ending_of(proposal)
    returning = ending is not None and ending.stage == EndingStage.RETURNING
    if not returning and proposal.stage not in (*ENDED, Stage.SETTLING):
        return
    if owed_to_suppliers_fen(proposal) or not left_fen(proposal):
        return
    last = last_ending(proposal)
    give_back(proposal, Refund.Why.CANCELLED if last else Refund.Why.SURPLUS, last.confirmed_by if last else None)


def _ask_to_pay(ending: Ending, contract: Contract) -> None:
    role, level, _days = TIERS[ending.proposal.tier or 1]
    owed = format_yuan(owed_fen(ending, contract))
    tell_role(
        role,
        holder_place(ending.proposal.place, level),
        _("请申请了结款：%s") % ending.proposal.title,
        _("已验收的活还欠 %s 元，付清以后退余款") % owed,
        admin_url(ending.proposal.purse),
        event=told.ENDING_TO_PAY.name,
    )


@action
def close_ending(ending: Ending, *, done: str, by: User) -> StepRecord:
    """Everything is paid and returned: say in public what was done, paid and returned, and end the project.

    The file is sealed in the same transaction by the app above; what it lacks is refused there.
    """
    proposal = ending.proposal
    lock(proposal)
    lock(ending)
    if not done.strip():
        raise Refused(done=_("请写明做了什么、没做什么，大家都看得到"))
    record = take(ending, "close", by=by, reason=mask_text(done.strip()), obstacles=why_not_close(proposal))
    notice = disclosure.post(
        kind=NoticeKind.OTHER,
        title=_("关于“%s”了结情况的公告") % proposal.title,
        place=proposal.place,
        basis=_("了结记录和项目账簿"),
        body=done,
        table=figures_of_ending(ending),
        doors=proposal.beneficiary_keys(),
        link=proposal.get_absolute_url(),
        by=by,
    )
    with refusing():
        proposals.advance(
            proposal, CLOSING[Stage(ending.outcome)], by=by, reason=done, evidence={"notice": notice.number}
        )
    return record


def why_not_close(proposal: Proposal) -> list[str]:
    """What must still be paid or returned."""
    reasons = unconfirmed(proposal)
    if waiting := Refund.objects.owed().filter(proposal=proposal).count():
        reasons.append(_("还有 %d 笔退款没有办完") % waiting)
    if claims := Claim.objects.open().filter(proposal=proposal).count():
        reasons.append(_("还有 %d 笔追收没有还回，也没有由两个人核销") % claims)
    if owed := owed_to_suppliers_fen(proposal):
        reasons.append(
            _("银行退回的 %s 元是承接方的，还没有重新付；确实不付的，由两个人登记放弃，附承接方的书面确认")
            % format_yuan(owed)
        )
    left = Purse.objects.select_related("account").get(proposal=proposal).account.balance_fen
    if left and not reasons:
        reasons.append(_("账上还有 %s 元没有退回") % format_yuan(left))
    return reasons


def figures_of_ending(ending: Ending) -> list[tuple[str, object]]:
    """What was received, paid and returned, from the books."""
    proposal = ending.proposal
    contracts = Contract.objects.filter(proposal=proposal).select_related("supplier").order_by("pk")
    rows: list[tuple[str, object]] = [
        (
            _("付给%s") % contract.supplier,
            _("%(paid)s 元（合同价 %(price)s 元）")
            % {"paid": format_yuan(paid_fen(contract)), "price": format_yuan(contract.price_fen)},
        )
        for contract in contracts
    ]
    refunds = Refund.objects.standing().filter(proposal=proposal, returned_at__isnull=False)
    returned = sum(refunds.values_list("amount_fen", flat=True))
    rows.append((_("退回来源"), _("%(sum)s 元，%(n)d 笔") % {"sum": format_yuan(returned), "n": refunds.count()}))
    return rows
