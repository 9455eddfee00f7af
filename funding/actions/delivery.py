"""Doing the work in public: start, log, changes, acceptance item by item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from funding.actions.payments import hold_again, refuse_open_payments
from funding.actions.plans import must_be_in, note_money
from funding.actions.suppliers import available_fen, tell_group, why_not_covered
from funding.lifecycle import admin_url, set_due
from funding.models import (
    Acceptance,
    Change,
    ChangeStage,
    Contract,
    Enquiry,
    Item,
    LogEntry,
    LogPhoto,
    Milestone,
    Panelist,
    Side,
)
from funding.rules import decided_money_of, demand, other_duties
from funding.selectors import contract_of, group_of
from funding.shares import split
from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.faces.pictures import reencoded
from minshi.faces.words import share, share_in_percent
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name, mask_text, one_line
from minshi.notifications.actions import tell, tell_role
from minshi.policy.units import fraction
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Person, Role
from minshi.residents.rules import holds, person_of, role_in
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage

LOGGING = (Stage.DELIVERING, Stage.ACCEPTING, Stage.REWORK)


def running_contract(proposal: Proposal) -> Contract:
    """The contract that runs, locked; refused when there is none."""
    contract = contract_of(proposal)
    if contract is None:
        raise Refused(_("还没有签订合同"))
    lock(contract)
    return contract


# --- Site ----------------------------------------------------------------------------------------


@action
def start_work(proposal: Proposal, *, by: User) -> Contract:
    """开工: the site board stands; from now on the log is due every few days."""
    must_be_in(proposal, Stage.DELIVERING)
    demand("funding.deliver", by, proposal, _("开工"))
    contract = running_contract(proposal)
    if contract.started_at:
        raise Refused(_("已经开工了"))
    contract.started_at = now()
    contract.save(update_fields=["started_at"])
    deadlines.meet(contract, "funding.start")
    expect_log(contract)
    proposals.note_on_card(proposal)
    return contract


def expect_log(contract: Contract) -> None:
    """The next entry is due so many working days from now."""
    place = contract.proposal.place
    span = period(place, "log.every_days", now())
    deadlines.schedule(
        contract,
        "funding.log",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(place, "community").path,
        title=_("现场记录到期：%s") % contract.proposal.title,
        url=f"/projects/{contract.proposal.number}/log/",
        basis=span.basis,
        provisional=span.provisional,
    )


@action
def log(proposal: Proposal, *, text: str, problem: str = "", photos: Iterable[UploadedFile] = (), by: User) -> LogEntry:
    """A line of the site log, from the phone of somebody of the group; a problem is told to the street as well."""
    must_be_in(proposal, *LOGGING)
    demand("funding.deliver", by, proposal, _("记现场日志"))
    if not text.strip():
        raise Refused(text=_("请写几个字，说说今天做了什么"))
    person = person_of(by)
    said_by = f"{role_in(by, proposal.place)} {mask_name(person.name if person else '')}"
    entry = LogEntry.objects.create(
        proposal=proposal, text=mask_text(text.strip()), problem=mask_text(one_line(problem)), by=by, by_public=said_by
    )
    for photo in photos:
        picture = reencoded(photo)
        kept = LogPhoto(entry=entry)
        kept.image.save(picture.name or "photo.jpg", picture, save=False)
        kept.save()
    contract = contract_of(proposal)
    if contract and contract.started_at and proposal.stage == Stage.DELIVERING:
        expect_log(contract)
    if entry.problem:
        tell_role(
            Role.CASE_OFFICER,
            holder_place(proposal.place, "street"),
            _("现场遇到问题：%s") % proposal.title,
            entry.problem,
            f"/projects/{proposal.number}/log/",
        )
    proposals.note_on_card(proposal)
    return entry


@action
def finish(proposal: Proposal, *, by: User, reason: str = "") -> StepRecord:
    """完工: the group asks for acceptance."""
    lock(proposal)
    contract = contract_of(proposal)
    obstacles = []
    if contract is None or contract.started_at is None:
        obstacles.append(_("还没有开工记录"))
    elif contract.changes.filter(stage=ChangeStage.ASKED).exists():
        obstacles.append(_("有一项变更还在等街道审批"))
    if not proposal.log_entries.exists():
        obstacles.append(_("还没有一条现场记录，请先记一条"))
    record = proposals.advance(proposal, "finish", by=by, reason=reason, obstacles=obstacles)
    assert contract
    contract.finished_at = record.at
    contract.save(update_fields=["finished_at"])
    deadlines.meet(contract)
    return record


# --- Changes (policy row 17) -----------------------------------------------------------------------


@action
def ask_change(
    proposal: Proposal, *, what: str, reason: str, new_price_fen: int, new_days: int | None = None, by: User
) -> Change:
    """Ask for another price or time within the policy's share of the price signed; more goes back to consultation."""
    must_be_in(proposal, Stage.DELIVERING)
    contract = running_contract(proposal)
    refuse_if(_why_not_change(contract, new_price_fen))
    change = Change(
        contract=contract,
        what=mask_text(what.strip()),
        reason=mask_text(reason.strip()),
        old_price_fen=contract.price_fen,
        new_price_fen=new_price_fen,
        new_days=new_days or contract.days,
        asked_by=by,
        stage=ChangeStage.ASKED,
    )
    if not change.what:
        raise Refused(what=_("请写明改什么"))
    if not change.reason:
        raise Refused(reason=_("请写明为什么改"))
    set_due(change, period(proposal.place, "change.days", now()))
    with refusing(
        one_change_at_a_time=("what", _("上一项变更还在等审批")), change_is_whole=("price", _("新价和工期都要大于零"))
    ):
        change.save(force_insert=True)
    begin(
        change, "ask", by=by, reason=change.reason, evidence={"old_fen": contract.price_fen, "new_fen": new_price_fen}
    )
    tell_role(
        Role.CASE_OFFICER,
        holder_place(proposal.place, "street"),
        _("变更申请：%s") % proposal.title,
        change.what,
        admin_url(change),
    )
    proposals.note_on_card(proposal)
    return change


def _why_not_change(contract: Contract, new_price_fen: int) -> list[str]:
    proposal = contract.proposal
    share: Fraction = fraction(proposal.terms["change.share"])
    reasons = []
    if abs(new_price_fen - contract.first_price_fen) > share * contract.first_price_fen:
        reasons.append(_("与签约价相差超过 %s，须回到民主商议重新商定") % share_in_percent(share))
    if new_price_fen > available_fen(proposal) + _paid_on(contract):
        reasons.append(_("超过了资金方案里可以花的钱"))
    if new_price_fen > contract.price_fen:
        reasons += why_not_covered(proposal, new_price_fen, _paid_on(contract))
    if new_price_fen < _committed_on(contract):
        reasons.append(_("新价低于已经申请或支付的款项"))
    return reasons


def _paid_on(contract: Contract) -> int:
    return sum(contract.payments.filter(stage="paid").values_list("amount_fen", flat=True))


def _committed_on(contract: Contract) -> int:
    return sum(contract.payments.live().values_list("amount_fen", flat=True))


@action
def approve_change(change: Change, *, by: User, reason: str) -> StepRecord:
    """The street agrees: the contract has its new price and time, shown to everybody."""
    proposal = change.proposal
    must_be_in(proposal, Stage.DELIVERING)
    contract = running_contract(proposal)
    lock(change)
    refuse_if(_why_not_change(contract, change.new_price_fen))
    notice = _change_notice(change)
    record = take(
        change,
        "approve",
        by=by,
        reason=reason,
        setting={"decided_by": by, "notice": notice},
        obstacles=other_duties(by, proposal, {_("申请"): change.asked_by_id}),
    )
    contract.price_fen, contract.days = change.new_price_fen, change.new_days
    with refusing():
        contract.save(update_fields=["price_fen", "days"])
        _divide_again(contract)
    proposals.note_on_card(proposal)
    tell(change.asked_by, _("变更已同意：%s") % proposal.title, reason, proposal.get_absolute_url())
    return record


def _divide_again(contract: Contract) -> None:
    """What is not yet being paid makes up the new price, in the shares it had."""
    open_parts = [part for part in contract.milestones.all() if not part.payments.live().exists()]
    rest = contract.price_fen - _committed_on(contract)
    amounts = split(rest, {part.pk: part.percent for part in open_parts})
    for part in open_parts:
        part.amount_fen = amounts[part.pk]
    Milestone.objects.bulk_update(open_parts, ["amount_fen"])


def _change_notice(change: Change) -> Notice:
    proposal = change.proposal
    return disclosure.post(
        kind=NoticeKind.CHANGE,
        title=_("关于“%s”变更的公告") % proposal.title,
        place=proposal.place,
        body=change.what,
        table=[
            (_("原价"), _("%(yuan)s 元") % {"yuan": format_yuan(change.old_price_fen)}),
            (_("新价"), _("%(yuan)s 元") % {"yuan": format_yuan(change.new_price_fen)}),
            (_("增减"), _("%(yuan)s 元") % {"yuan": format_yuan(change.new_price_fen - change.old_price_fen)}),
            (_("理由"), change.reason),
        ],
        link=proposal.get_absolute_url(),
        by=None,
    )


@action
def refuse_change(change: Change, *, by: User, reason: str) -> StepRecord:
    proposal = change.proposal
    lock(proposal)
    lock(change)
    obstacles = other_duties(by, proposal, {_("申请"): change.asked_by_id})
    record = take(change, "refuse", by=by, reason=reason, setting={"decided_by": by}, obstacles=obstacles)
    proposals.note_on_card(proposal)
    tell(change.asked_by, _("变更未同意：%s") % proposal.title, reason, proposal.get_absolute_url())
    return record


@action
def change_plan(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """More than the policy's share, or another content: the contract ends and the residents consult again.

    What was paid stays paid; a new contract may cost what the new plan has beyond it.
    """
    lock(proposal)
    contract = running_contract(proposal)
    record = proposals.advance(proposal, "change_plan", by=by, reason=reason, evidence={"fen": contract.price_fen})
    end_contract(contract, reason)
    note_money(proposal)
    tell_group(group_of(proposal), _("重新商议：%s") % proposal.title, reason, proposal.get_absolute_url())
    return record


def end_contract(contract: Contract, reason: str) -> None:
    """Nothing more is paid on it: open payments and the hold are refused, its enquiry is over."""
    refuse_open_payments(contract, reason)
    if contract.hold.stage == "held":
        take(contract.hold, "refuse", by=None, reason=reason)
    moment = now()
    for change in contract.changes.filter(stage=ChangeStage.ASKED):
        deadlines.meet(change)
    contract.ended_at = moment
    contract.save(update_fields=["ended_at"])
    enquiry: Enquiry = contract.award.enquiry
    enquiry.ended_at = moment
    enquiry.save(update_fields=["ended_at"])
    deadlines.meet(contract)


# --- Acceptance (policy row 18) ---------------------------------------------------------------------


@action
def accept_work(
    proposal: Proposal,
    *,
    panel: Sequence[tuple[Person, str]],
    items: Sequence[tuple[str, bool, str]],
    opinion: str,
    held_on: date | None = None,
    by: User,
) -> Acceptance:
    """Write down what the panel found: every item passed means accepted and announced, else it goes back to be mended.

    ``panel``: (person, ``Side``); ``items``: (what was looked at, passed, note).
    """
    must_be_in(proposal, Stage.ACCEPTING)
    demand("funding.accept", by, proposal, _("验收"))
    contract = running_contract(proposal)
    held_on = held_on or today()
    refuse_if(_why_not_accept(proposal, panel, items, by))
    if not opinion.strip():
        raise Refused(opinion=_("请写明验收结论"))
    if held_on > today():
        raise Refused(held_on=_("验收日期不能在今天之后"))
    passed = all(fine for _text, fine, _note in items)
    acceptance = Acceptance(
        contract=contract,
        round=contract.acceptances.count() + 1,
        held_on=held_on,
        passed=passed,
        opinion=mask_text(opinion.strip()),
        recorded_by=by,
    )
    if passed:
        acceptance.notice = _acceptance_notice(proposal, panel, items, acceptance.opinion)
    with refusing():
        acceptance.save(force_insert=True)
        for person, side in panel:
            Panelist.objects.create(acceptance=acceptance, person=person, side=side, name_public=mask_name(person.name))
        for text, fine, note in items:
            Item.objects.create(
                acceptance=acceptance, text=mask_text(one_line(text)), passed=fine, note=mask_text(note.strip())
            )
    _move_on(proposal, acceptance, by)
    return acceptance


def _move_on(proposal: Proposal, acceptance: Acceptance, by: User) -> None:
    evidence = {"round": acceptance.round, "items": acceptance.items.count()}
    if acceptance.passed:
        hold_again(acceptance.contract)
        due = period(proposal.place, "rating.start_days", now()).end
        proposals.advance(
            proposal,
            "pass_acceptance",
            by=by,
            reason=acceptance.opinion,
            notice=acceptance.notice,
            due=due,
            evidence=evidence,
        )
        return
    due = period(proposal.place, "acceptance.rework_days", now()).end
    proposals.advance(proposal, "fail_acceptance", by=by, reason=acceptance.opinion, due=due, evidence=evidence)
    tell_group(
        group_of(proposal),
        _("验收不合格，请整改：%s") % proposal.title,
        acceptance.opinion,
        f"/projects/{proposal.number}/acceptance/",
    )


def _why_not_accept(
    proposal: Proposal, panel: Sequence[tuple[Person, str]], items: Sequence[tuple[str, bool, str]], by: User
) -> list[str]:
    terms, sides = proposal.terms, [side for _person, side in panel]
    least, supervisors = int(terms["acceptance.panel"]), int(terms["acceptance.supervisors"])
    reasons = []
    if len({person.pk for person, _side in panel}) < max(least, len(panel)):
        reasons.append(_("验收组至少 %(least)d 人，现在是 %(count)d 人") % {"least": least, "count": len(panel)})
    if sides.count(Side.RESIDENT) < fraction(terms["acceptance.residents_share"]) * len(panel):
        reasons.append(_("验收组里居民不能少于%s") % share(terms["acceptance.residents_share"]))
    if sides.count(Side.SUPERVISOR) < supervisors:
        reasons.append(_("验收组里至少要有 %d 名居务监督委员会成员") % supervisors)
    if not items:
        reasons.append(_("请逐项写明验收了什么"))
    decided = decided_money_of(proposal) | {proposal.proposer_id}
    if any(person.user_id in decided for person, _side in panel):
        reasons.append(_("提议、审批或付款的人不能参加验收"))
    if by.pk in decided:
        reasons.append(_("您提议、审批或支付过这个项目，验收要由别人来办"))
    reasons += [why for person, side in panel if (why := _why_not_that_side(proposal, person, side))]
    return reasons


def _door_of(person: Person) -> int:
    """Their confirmed door; 0 for none."""
    home = person.residence
    return home.household_id if home and home.confirmed_at else 0


def _why_not_that_side(proposal: Proposal, person: Person, side: str) -> str:
    name = mask_name(person.name)
    if side == Side.RESIDENT and not proposal.beneficiaries().filter(pk=_door_of(person)).exists():
        return _("%s不是受益住户，不能以居民身份验收") % name
    if side == Side.SUPERVISOR and not holds(person.user, proposal.place, Role.SUPERVISOR):
        return _("%s不是这里的居务监督委员会成员") % name
    return ""


def _acceptance_notice(
    proposal: Proposal, panel: Sequence[tuple[Person, str]], items: Sequence[tuple[str, bool, str]], opinion: str
) -> Notice:
    table = [(text, _("合格") + (f"（{note}）" if note else "")) for text, _fine, note in items]
    table.append((_("验收组"), "、".join(f"{Side(side).label} {mask_name(person.name)}" for person, side in panel)))
    return disclosure.post(
        kind=NoticeKind.ACCEPTANCE,
        title=_("关于“%s”验收结果的公示") % proposal.title,
        place=proposal.place,
        body=opinion,
        table=table,
        households=proposal.beneficiaries().count(),
        link=proposal.get_absolute_url(),
        by=None,
    )
