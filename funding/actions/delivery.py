"""Doing the work in public: start, log, changes, acceptance item by item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funding import told
from funding.actions.payments import hold_again, refuse_open_payments
from funding.actions.plans import ask_for_group, must_be_in, note_money
from funding.actions.suppliers import available_fen, why_not_covered
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
    PlanChange,
    Purse,
    Side,
    Waiver,
    seat,
)
from funding.rules import bought, carried_out, decided_money_of, demand, other_duties
from funding.selectors import (
    begun_at,
    buys_nothing,
    contract_of,
    first_fen,
    neighbours_said,
    panel_around,
    planned_in_kind_fen,
)
from funding.shares import split
from minshi.accounts.models import User
from minshi.clock import CHINA, now, today
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.faces.pictures import reencoded
from minshi.faces.words import cn_date, percent, share, share_in_percent
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import TWICE, action, in_turn
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name, mask_text, one_line
from minshi.notifications.actions import tell, tell_all, tell_role
from minshi.policy.units import fraction
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Person, Role
from minshi.residents.rules import acting_as, holds, holds_itself, person_of, role_in
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage
from proposals.selectors import pinned_days

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
def deliver_in_kind(proposal: Proposal, *, by: User | None) -> StepRecord:
    """The funding notice has passed and nothing is to be bought: no quotes, no contract, the work begins."""
    lock(proposal)
    obstacles = [] if buys_nothing(proposal) else [_("方案里有要花的钱，先询价比选、签合同")]
    record = proposals.advance(proposal, "deliver_in_kind", by=by, obstacles=obstacles)
    purse = Purse.objects.get(proposal=proposal)
    ask_for_group(purse)
    expect_log(purse)
    return record


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


def expect_log(site: Contract | Purse) -> None:
    """The next entry is due so many working days from now; where nothing was bought the purse stands for the site."""
    place = site.proposal.place
    span = period(place, "log.every_days", now())
    deadlines.schedule(
        site,
        "funding.log",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(place, "community").path,
        title=_("现场记录到期：%s") % site.proposal.title,
        url=reverse("log", args=[site.proposal.number]),
        basis=span.basis,
        provisional=span.provisional,
    )


@action
def log(
    proposal: Proposal,
    *,
    text: str,
    problem: str = "",
    photos: Iterable[UploadedFile] = (),
    shows_people: bool = False,
    by: User,
) -> LogEntry:
    """A line of the site log, from the phone of somebody of the group; a problem is told to the street as well.

    ``shows_people``: people can be known on the photos, and ``by`` says that they agreed.
    """
    must_be_in(proposal, *LOGGING)
    demand("funding.deliver", by, proposal, _("记现场日志"))
    if not text.strip():
        raise Refused(text=_("请写几个字，说说今天做了什么"))
    drawn = [reencoded(photo) for photo in photos]
    in_turn(by, "log")
    hidden = partial(proposals.in_public, place=proposal.place, author=proposal.proposer)
    said = {"text": hidden(text.strip()), "problem": hidden(one_line(problem))}
    again = proposal.log_entries.filter(by=by, at__gt=now() - TWICE, **said).first()
    if again and _has_these(again, drawn):
        return again  # sent twice
    person = person_of(by)
    said_by = f"{acting_as(by, proposal.place, Role.CLERK)} {mask_name(person.name if person else '')}"
    entry = LogEntry.objects.create(proposal=proposal, by=by, by_public=said_by, **said)
    for picture in drawn:
        kept = LogPhoto(entry=entry)
        kept.image.save(picture.name or "photo.jpg", picture, save=False)
        kept.save()
    if shows_people and entry.photos.exists():
        proposals.say_they_agreed(proposal, LOG_PHOTOS, by=by)
    if proposal.stage == Stage.DELIVERING and begun_at(proposal):
        expect_log(contract_of(proposal) or proposal.purse)
    if entry.problem:
        tell_role(
            Role.CASE_OFFICER,
            holder_place(proposal.place, "street"),
            _("现场遇到问题：%s") % proposal.title,
            entry.problem,
            reverse("log", args=[proposal.number]),
            event=told.SITE_TROUBLE.name,
        )
    proposals.note_on_card(proposal)
    return entry


LOG_PHOTOS = LogPhoto._meta.label_lower
"""The act of who says that everybody on the photos of the site agreed; its subject is the project."""


@action
def withhold_log_photo(photo: LogPhoto, *, reason: str, by: User) -> LogPhoto:
    """Taken back by who put it there, the community or the street. Raises ``NotAllowed`` and ``Refused``."""
    proposal = lock(photo.entry.proposal)
    proposals.withhold(lock(photo), proposal, photo.entry.by, reason=reason, by=by)
    return photo


def _has_these(entry: LogEntry, pictures: list[ContentFile[bytes]]) -> bool:
    """The same words with another photo are another entry: a photo that was taken is kept."""
    kept = []
    for photo in entry.photos.all():
        with photo.image.open("rb") as file:
            kept.append(file.read())
    sent = []
    for picture in pictures:
        sent.append(picture.read())
        picture.seek(0)
    return sorted(kept) == sorted(sent)


@action
def finish(proposal: Proposal, *, by: User, reason: str = "") -> StepRecord:
    """完工: the group asks for acceptance."""
    lock(proposal)
    contract = contract_of(proposal)
    obstacles = []
    if begun_at(proposal) is None:
        obstacles.append(_("还没有开工记录"))
    elif contract and contract.changes.filter(stage=ChangeStage.ASKED).exists():
        obstacles.append(_("有一项变更还在等街道审批"))
    if PlanChange.objects.waiting().filter(proposal=proposal).exists():
        obstacles.append(_("有一次重新商议的申请还在等街道确认"))
    if not proposal.log_entries.exists():
        obstacles.append(_("还没有一条现场记录，请先记一条"))
    record = proposals.advance(proposal, "finish", by=by, reason=reason, obstacles=obstacles)
    if contract is None:
        deadlines.meet(proposal.purse, "funding.log")
        return record
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
        reasons.append(_("新价低于已经申请、支付或放弃的款项"))
    return reasons


def _paid_on(contract: Contract) -> int:
    return sum(contract.payments.filter(stage="paid").values_list("amount_fen", flat=True))


def _committed_on(contract: Contract) -> int:
    """What is being paid or was, and what has been given up: a change leaves these parts as they are."""
    given_up = Waiver.objects.standing().filter(milestone__contract=contract)
    parts = (*contract.payments.live().values_list("amount_fen"), *given_up.values_list("amount_fen"))
    return sum(fen for (fen,) in parts)


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
    return record


def _divide_again(contract: Contract) -> None:
    """What is not yet being paid makes up the new price, in the shares it had."""
    open_parts = [
        part
        for part in contract.milestones.all()
        if not part.payments.live().exists() and not part.waivers.standing().exists()
    ]
    rest = contract.price_fen - _committed_on(contract)
    if rest and not open_parts:
        raise Refused(_("每一笔都已经申请、支付或者放弃，没有可以变更的了"))
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
    return record


_WITHIN = gettext_lazy("与签约价只差 %(percent)d%%，没有超过 %(share)s，也不改内容：请用“申请变更”")
_WITHIN_IN_KIND = gettext_lazy(
    "与方案里的投工投劳只差 %(percent)d%%，没有超过 %(share)s，也不改内容：记在现场日志里就行"
)


@action
def ask_plan_change(
    proposal: Proposal,
    *,
    reason: str,
    new_price_fen: int,
    changes_content: bool = False,
    file: UploadedFile | None,
    by: User,
) -> PlanChange:
    """More than the policy's share of the price signed, or another content: the street is asked to send it back.

    Where nothing is bought, more than that share of what the plan expects in kind; ``new_price_fen`` is then what it
    would be worth. How far it goes is computed; nothing happens until somebody else has confirmed.
    """
    must_be_in(proposal, Stage.DELIVERING)
    demand("funding.deliver", by, proposal, _("申请重新商议"))
    contract = None if buys_nothing(proposal) else running_contract(proposal)
    first = contract.first_price_fen if contract else planned_in_kind_fen(proposal)
    allowed: Fraction = fraction(proposal.terms["change.share"])
    apart = abs(new_price_fen - first)
    if not changes_content and apart <= allowed * first:
        facts = {"percent": percent(apart, first), "share": share_in_percent(allowed)}
        raise Refused(price=(_WITHIN if contract else _WITHIN_IN_KIND) % facts)
    if not reason.strip():
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    if file is None:
        raise Refused(file=_("请放上书面依据：小组的决定、施工方的说明或会议记录"))
    asked = PlanChange(
        proposal=proposal,
        contract=contract,
        new_price_fen=new_price_fen,
        changes_content=changes_content,
        reason=mask_text(reason.strip()),
        asked_by=by,
    )
    picture = reencoded(file)
    asked.file.save(picture.name or "change.jpg", picture, save=False)
    with refusing(one_plan_change_at_a_time=("reason", _("已经申请过，正等街道确认"))):
        asked.save(force_insert=True)
    span = period(proposal.place, "change.days", now())
    street = holder_place(proposal.place, "street")
    title = (_("请确认：中止合同，重新商议：%s") if contract else _("请确认：停工，重新商议：%s")) % proposal.title
    deadlines.schedule(
        asked,
        "funding.plan_change",
        span.end,
        role=Role.CASE_OFFICER,
        place_path=street.path,
        title=title,
        url=admin_url(asked),
        basis=span.basis,
        provisional=span.provisional,
    )
    tell_role(Role.CASE_OFFICER, street, title, asked.reason, admin_url(asked), event=told.REPLAN_ASKED.name)
    proposals.note_on_card(proposal)
    return asked


@action
def change_plan(asked: PlanChange, *, by: User) -> StepRecord:
    """The second person: the contract ends and the residents consult again.

    What was paid stays paid; a new contract may cost what the new plan has beyond it. Where nothing is bought what was
    given in kind stays given.
    """
    proposal = lock(asked.proposal)
    lock(asked)
    _refuse_decided(asked)
    contract = running_contract(proposal) if asked.contract_id else None
    first = first_fen(asked)
    record = proposals.advance(
        proposal,
        "change_plan",
        by=by,
        reason=asked.reason,
        obstacles=other_duties(by, proposal, {_("申请"): asked.asked_by_id}),
        evidence={
            "fen": contract.price_fen if contract else first,
            "new_fen": asked.new_price_fen,
            "percent": percent(abs(asked.new_price_fen - first), first),
            "content": asked.changes_content,
        },
    )
    asked.confirmed_by, asked.confirmed_at = by, record.at
    with refusing():
        asked.save(update_fields=["confirmed_by", "confirmed_at"])
    deadlines.meet(asked)
    if contract:
        end_contract(contract, asked.reason)
    else:
        deadlines.meet(Purse.objects.get(proposal=proposal))
    note_money(proposal)
    return record


@action
def drop_plan_change(asked: PlanChange, *, by: User) -> PlanChange:
    """The street does not agree, or who asked takes it back: the work goes on."""
    proposal = lock(asked.proposal)
    lock(asked)
    _refuse_decided(asked)
    if not by.is_same(asked.asked_by_id):
        demand("funding.decide_change", by, proposal, _("不同意重新商议"))
    asked.dropped_by, asked.dropped_at = by, now()
    asked.save(update_fields=["dropped_by", "dropped_at"])
    deadlines.meet(asked)
    title, url = _("没有同意重新商议：%s") % proposal.title, proposal.get_absolute_url()
    tell(asked.asked_by, title, "", url, event=told.REPLAN_REFUSED.name)
    return asked


def _refuse_decided(asked: PlanChange) -> None:
    if asked.confirmed_at or asked.dropped_at:
        raise Refused(_("这次申请已经办过"))


def drop_plan_changes(proposal: Proposal) -> None:
    """A request that nobody has confirmed is over with what it asked to change."""
    for asked in PlanChange.objects.waiting().filter(proposal=proposal):
        asked.dropped_at = now()
        asked.save(update_fields=["dropped_at"])
        deadlines.meet(asked)


def end_contract(contract: Contract, reason: str) -> None:
    """Nothing more is paid on it: open payments and the hold are refused, its enquiry is over."""
    refuse_open_payments(contract, reason)
    if contract.hold.stage == "held":
        take(contract.hold, "refuse", by=None, reason=reason)
    moment = now()
    for change in contract.changes.filter(stage=ChangeStage.ASKED):
        deadlines.meet(change)
    drop_plan_changes(contract.proposal)
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
    contract = None if buys_nothing(proposal) else running_contract(proposal)
    held_on, around = held_on or today(), panel_around(proposal)
    refuse_if(_why_not_accept(proposal, panel, items, by, around))
    if not opinion.strip():
        raise Refused(opinion=_("请写明验收结论"))
    if held_on > today():
        raise Refused(held_on=_("验收日期不能在今天之后"))
    if contract and contract.started_at and held_on < (began := contract.started_at.astimezone(CHINA).date()):
        raise Refused(held_on=_("%(day)s才开工，验收日期不能比它早") % {"day": cn_date(began)})
    passed = all(fine for _text, fine, _note in items)
    acceptance = Acceptance(
        proposal=proposal,
        contract=contract,
        round=proposal.acceptances.filter(contract=contract).count() + 1,
        held_on=held_on,
        passed=passed,
        opinion=mask_text(opinion.strip()),
        recorded_by=by,
    )
    if passed:
        acceptance.notice = _acceptance_notice(proposal, panel, items, acceptance.opinion, around)
    with refusing():
        acceptance.save(force_insert=True)
        for person, side in panel:
            Panelist.objects.create(
                acceptance=acceptance,
                person=person,
                side=side,
                name_public=mask_name(person.name),
                neighbour_of=_neighbour_of(proposal, person, side, around),
            )
        for text, fine, note in items:
            Item.objects.create(
                acceptance=acceptance, text=mask_text(one_line(text)), passed=fine, note=mask_text(note.strip())
            )
    _move_on(proposal, acceptance, by)
    _tell_panel(acceptance, [person for person, _side in panel])
    return acceptance


def _tell_panel(acceptance: Acceptance, people: Sequence[Person]) -> None:
    """Whoever is written down as having accepted hears of it, at once and wherever it was written."""
    proposal = acceptance.proposal
    tell_all(
        [person.user for person in people if person.user],
        _("您被记为验收组成员：%s") % proposal.title,
        acceptance.opinion,
        reverse("acceptance", args=[proposal.number]),
        event=told.ON_THE_PANEL.name,
        matter=f"panel:{acceptance.pk}",
    )


def _move_on(proposal: Proposal, acceptance: Acceptance, by: User) -> None:
    evidence = {"round": acceptance.round, "items": acceptance.items.count()}
    if acceptance.passed:
        if acceptance.contract:
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


def _why_not_accept(
    proposal: Proposal,
    panel: Sequence[tuple[Person, str]],
    items: Sequence[tuple[str, bool, str]],
    by: User,
    around: Territory | None,
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
    if by.is_any(decided):
        reasons.append(_("您提议、审批或支付过这个项目，验收要由别人来办"))
    contract = contract_of(proposal)
    if contract and by.is_any(bought(contract)):
        reasons.append(_("您登记过报价、选定过承接方或登记过合同，验收要由别人来办"))
    carried = carried_out(proposal)
    if any(side == Side.RESIDENT and person.pk in carried for person, side in panel):
        reasons.append(_("项目小组成员和参加评选的人不能以居民身份验收"))
    reasons += [why for person, side in panel if (why := _why_not_that_side(proposal, person, side, around))]
    return reasons


def _benefits(proposal: Proposal, person: Person) -> bool:
    return proposal.beneficiaries().filter(pk=_door_of(person)).exists()


def _door_of(person: Person) -> int:
    """The confirmed door of an adult; 0 for none."""
    home = person.residence
    return home.household_id if home and home.confirmed_at and person.is_adult else 0


def _neighbour_of(proposal: Proposal, person: Person, side: str, around: Territory | None) -> str:
    """Of which place this is a resident who does not benefit, as everybody reads it; "" for everybody else."""
    if side != Side.RESIDENT or around is None or _benefits(proposal, person):
        return ""
    return around.name


def _why_not_that_side(proposal: Proposal, person: Person, side: str, around: Territory | None) -> str:
    name = mask_name(person.name)
    if side == Side.RESIDENT and not _benefits(proposal, person):
        if around is None:
            return _("%s不是受益住户，不能以居民身份验收") % name
        if not Household.objects.filter(pk=_door_of(person), place__path__startswith=around.path, is_active=True):
            facts = {"name": name, "place": around.name}
            return _("%(name)s不是住在%(place)s的成年居民，不能以居民身份验收") % facts
    if side == Side.SUPERVISOR and not holds(person.user, proposal.place, Role.SUPERVISOR):
        return _("%s不是这里的居务监督委员会成员") % name
    return ""


def _seat(proposal: Proposal, person: Person, side: str, around: Territory | None) -> str:
    """A member of the panel as the notice has them; who sits in a supervisor's stead is named so."""
    stands = side == Side.SUPERVISOR and not holds_itself(person.user, proposal.place, Role.SUPERVISOR)
    said = (
        _("%(who)s（代监督委员会）") % {"who": role_in(person.user, proposal.place)} if stands and person.user else ""
    )
    return f"{said or seat(side, _neighbour_of(proposal, person, side, around))} {mask_name(person.name)}"


def _acceptance_notice(
    proposal: Proposal,
    panel: Sequence[tuple[Person, str]],
    items: Sequence[tuple[str, bool, str]],
    opinion: str,
    around: Territory | None,
) -> Notice:
    table = [(text, _("合格") + (f"（{note}）" if note else "")) for text, _fine, note in items]
    table.append((_("验收组"), "、".join(_seat(proposal, person, side, around) for person, side in panel)))
    if around:
        table.append((_("居民从哪里来"), neighbours_said(around)))
    return disclosure.post(
        kind=NoticeKind.ACCEPTANCE,
        title=_("关于“%s”验收结果的公示") % proposal.title,
        place=proposal.place,
        body=opinion,
        table=table,
        doors=proposal.beneficiary_keys(),
        days=pinned_days(proposal, NoticeKind.ACCEPTANCE),
        link=proposal.get_absolute_url(),
        by=None,
    )
