"""The project group compares suppliers, chooses with its reason, and signs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from deliberation.models import Member
from funding import told
from funding.actions.plans import must_be_in
from funding.lifecycle import admin_url
from funding.models import (
    SIGNED_PARTS,
    Award,
    Contract,
    Enquiry,
    Group,
    GroupMember,
    Hold,
    HoldStage,
    Judge,
    Milestone,
    Purse,
    Quote,
    Recusal,
    Supplier,
)
from funding.rules import demand, entered_quotes
from funding.selectors import group_of, owed_before_fen, plan_of, spent_fen
from funding.shares import split
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.faces.pictures import reencoded
from minshi.ledger.actions import open_account
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import begin, lock
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name, mask_text, one_line
from minshi.notifications.actions import tell_all
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.actions import lengthened, would_last
from minshi.policy.units import fraction
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import STAFF_ROLES, Person, Role
from minshi.residents.rules import roles_of
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage
from proposals.selectors import pinned_days

COMPARING = (Stage.FUNDED, Stage.PROCURING)
GROUPING = (*COMPARING, Stage.RAISING, Stage.AWARDED, Stage.DELIVERING)


# --- The group -----------------------------------------------------------------------------------


@action
def form_group(
    proposal: Proposal, people: Iterable[Person], *, lead: Person | None = None, how: str, by: User
) -> Group:
    """Write down who the residents chose; a group that stood before ends. The proposer may be in it."""
    must_be_in(proposal, *GROUPING)
    demand("funding.form_group", by, proposal, _("组建项目小组"))
    chosen = list({person.pk: person for person in people}.values())
    _refuse_group(proposal, chosen)
    standing = proposal.project_groups.filter(ended_at=None, formed_by=by)
    again = just_said(standing, "formed_at", how=mask_text(how.strip()))
    if again and {*again.members.values_list("person", flat=True)} == {person.pk for person in chosen}:
        return again
    proposal.project_groups.filter(ended_at=None).update(ended_at=now())
    group = Group.objects.create(proposal=proposal, how=mask_text(how.strip()), formed_by=by)
    lead = lead or chosen[0]
    GroupMember.objects.bulk_create(
        GroupMember(group=group, person=person, name_public=mask_name(person.name), is_lead=person.pk == lead.pk)
        for person in chosen
    )
    deadlines.meet(Purse.objects.get(proposal=proposal), "funding.group")
    title = _("您是项目小组成员：%s") % proposal.title
    tell_group(group, title, url=proposal.get_absolute_url(), event=told.IN_GROUP.name)
    proposals.note_on_card(proposal)
    return group


def _refuse_group(proposal: Proposal, chosen: list[Person]) -> None:
    least = int(proposal.terms["group.minimum"])
    reasons = []
    households = set(proposal.beneficiaries().values_list("pk", flat=True))
    doors = [_door_in_group(proposal, person) for person in chosen]
    if 0 < len(households) < least:
        if households - set(doors):
            reasons.append(_("受益的只有 %d 户：每户都要有人在项目小组里") % len(households))
    elif len(chosen) < least or len(chosen) % 2 == 0:
        reasons.append(
            _("项目小组须有 %(least)d 人以上，且为单数，现在是 %(count)d 人") % {"least": least, "count": len(chosen)}
        )
    outside = [door for door in doors if door not in households]
    if outside:
        reasons.append(_("项目小组成员须是受益的住户，有 %d 人不是") % len(outside))
    if any(held.role in STAFF_ROLES for person in chosen for held in roles_of(person.user)):
        reasons.append(_("社区、街道和区里的工作人员不能进项目小组"))
    refuse_if(reasons)


def _door_in_group(proposal: Proposal, person: Person) -> int | None:
    """Their confirmed door; of who went on from the working group without an account the door on its sheet."""
    home = person.residence
    if home and home.confirmed_at:
        return home.household_id
    signed = Member.objects.filter(group__proposal=proposal, user=person.user_id, on_paper=True).order_by("-pk")
    return signed.values_list("household_id", flat=True).first()


def tell_group(group: Group | None, title: str, body: str = "", url: str = "", *, event: str) -> None:
    """Members with an account hear of it; the others hear from their neighbours."""
    if group is not None:
        members = group.members.select_related("person__user").filter(person__user__isnull=False)
        users = [member.person.user for member in members if member.person.user]
        tell_all(users, title, body, url, event=event)


# --- Comparing -----------------------------------------------------------------------------------


@action
def open_enquiry(proposal: Proposal, *, needs: str, by: User) -> Enquiry:
    """Say what is wanted, and ask for quotes for the days of the policy."""
    must_be_in(proposal, Stage.PROCURING)
    demand("funding.deliver", by, proposal, _("询价"))
    if group_of(proposal) is None:
        raise Refused(_("还没有项目小组，请先组建"))
    if not needs.strip():
        raise Refused(needs=_("请写明要买什么、做什么"))
    span = period(proposal.place, "quotes.days", now())
    with refusing(one_standing_enquiry=("needs", _("正在询价，不用重复发起"))):
        enquiry = Enquiry.objects.create(
            proposal=proposal, needs=mask_text(needs.strip()), closes_at=span.end, counted=span.basis, by=by
        )
    proposals.note_on_card(proposal)
    return enquiry


def lengthen_enquiries(newest: calendar.Calendar, *, by: None = None) -> None:
    """A calendar was published while quotes come in: they have the working days they were given."""
    at = now()
    running = Enquiry.objects.filter(ended_at=None, closes_at__gt=at).exclude(counted="")
    for enquiry in list(running.select_related("proposal").order_by("pk")):
        span = calendar.recounted(newest, enquiry.counted, enquiry.at)
        if span and would_last(enquiry.closes_at, span.end, at):
            _lengthen(enquiry, span.end, newest, by=by)


@action
def _lengthen(enquiry: Enquiry, counted: datetime, newest: calendar.Calendar, *, by: None) -> None:
    lock(enquiry)
    if enquiry.ended_at:
        return
    closes = lengthened("funding.enquiry", enquiry.pk, "window", enquiry.closes_at, counted, newest)
    if closes != enquiry.closes_at:
        enquiry.closes_at = closes
        enquiry.save(update_fields=["closes_at"])
        proposals.note_on_card(enquiry.proposal)


@action
def add_quote(
    enquiry: Enquiry,
    *,
    supplier: str,
    price_fen: int,
    days: int,
    warranty_months: int = 0,
    code: str = "",
    contact: str = "",
    note: str = "",
    file: UploadedFile | None = None,
    by: User,
) -> Quote:
    """Write down what a supplier offers, once each. ``supplier`` is its name; a new one joins the register."""
    must_be_in(enquiry.proposal, Stage.PROCURING)
    demand("funding.deliver", by, enquiry.proposal, _("登记报价"))
    lock(enquiry)
    if enquiry.ended_at:
        raise Refused(_("这次询价已经结束"))
    if enquiry.awards.filter(annulled_at=None).exists():
        raise Refused(_("已经选定承接方，不再收报价"))
    longest = int(policy.value("works.calendar_days", enquiry.proposal.place))
    if days > longest:
        raise Refused(days=_("工期不能超过 %d 天") % longest)
    with refusing(
        one_quote_per_supplier=("supplier", _("这家已经报过价")),
        quote_is_whole=("price", _("报价和工期都要大于零")),
        one_supplier_per_code=("code", _("这个信用代码属于另一家，请核对名称")),
        paper_is_on_file=("file", _("请拍下盖章的报价单")),
    ):
        quote = Quote(
            enquiry=enquiry,
            supplier=_supplier(mask_text(one_line(supplier)), code=code, contact=contact, by=by),
            price_fen=price_fen,
            days=days,
            warranty_months=warranty_months,
            note=mask_text(note.strip()),
            by=by,
        )
        if file is not None:
            picture = reencoded(file)
            quote.file.save(picture.name or "quote.jpg", picture, save=False)
        quote.save(force_insert=True)
    proposals.note_on_card(enquiry.proposal)
    return quote


def _supplier(name: str, *, code: str, contact: str, by: User) -> Supplier:
    if not name:
        raise Refused(supplier=_("请写明承接方的名称"))
    supplier, _is_new = Supplier.objects.get_or_create(
        name=name, defaults={"code": code.strip().upper(), "contact": contact.strip(), "by": by}
    )
    return supplier


@action
def recuse(enquiry: Enquiry, person: Person, *, reason: str, by: User) -> Recusal:
    """A member who stands near a supplier declares it and takes no part in the choice."""
    must_be_in(enquiry.proposal, Stage.PROCURING)
    if not by.is_same(person.user_id):
        demand("funding.form_group", by, enquiry.proposal, _("登记回避"))
    if not reason.strip():
        raise Refused(reason=_("请写明为什么回避"))
    group = group_of(enquiry.proposal)
    if group is None or not group.members.filter(person=person).exists():
        raise Refused(person=_("这个人不在项目小组里"))
    with refusing(recused_once=("person", _("已经登记过回避"))):
        return Recusal.objects.create(
            enquiry=enquiry, person=person, name_public=mask_name(person.name), reason=mask_text(reason.strip()), by=by
        )


@action
def award(
    enquiry: Enquiry,
    quote: Quote,
    *,
    judges: Iterable[Person] | None = None,
    reason: str,
    few_reason: str = "",
    by: User,
) -> StepRecord:
    """The choice of the group (``judges``; by default all who were not recused) with its reason; announced, a gate."""
    proposal = enquiry.proposal
    must_be_in(proposal, Stage.PROCURING)
    lock(enquiry)
    if enquiry.ended_at:
        raise Refused(_("这次询价已经结束，不能再从它的报价里选"))
    judging = list(judges) if judges is not None else eligible_judges(enquiry)
    demand("funding.award", by, proposal, _("选定承接方"))
    refuse_if([*_why_not_buy(enquiry, by), *_why_not_award(enquiry, quote, judging, few_reason)])
    if not reason.strip():
        raise Refused(reason=_("请写明为什么选这一家"))
    notice = _award_notice(enquiry, quote, judging, reason, few_reason)
    with refusing():
        chosen = Award.objects.create(
            enquiry=enquiry,
            quote=quote,
            reason=mask_text(reason.strip()),
            few_reason=mask_text(few_reason.strip()),
            notice=notice,
            by=by,
        )
        for person in judging:
            Judge.objects.create(award=chosen, person=person, name_public=mask_name(person.name))
    return proposals.advance(
        proposal,
        "award",
        by=by,
        reason=chosen.reason,
        notice=notice,
        due=period(proposal.place, "contract.days", now()).end,
        evidence={"supplier": str(quote.supplier), "fen": quote.price_fen, "quotes": enquiry.quotes.count()},
    )


def _why_not_buy(enquiry: Enquiry, by: User) -> list[str]:
    """One person enters quotes, another confirms award and contract."""
    return [_("登记报价的人不能选定承接方、登记合同，要由另一个人来办")] if by.is_any(entered_quotes(enquiry)) else []


def eligible_judges(enquiry: Enquiry) -> list[Person]:
    """Members of the group who were not recused."""
    recused = set(enquiry.recusals.values_list("person", flat=True))
    group = group_of(enquiry.proposal)
    return [member.person for member in group.members.all() if member.person_id not in recused] if group else []


def _why_not_award(enquiry: Enquiry, quote: Quote, judging: list[Person], few_reason: str) -> list[str]:
    proposal = enquiry.proposal
    terms, came = proposal.terms, enquiry.quotes.count()
    reasons = []
    if quote.enquiry_id != enquiry.pk:
        reasons.append(_("这份报价不属于这次询价"))
    if quote.price_fen > available_fen(proposal):
        reasons.append(_("报价超过了资金方案里可以花的 %s 元") % format_yuan(available_fen(proposal)))
    if quote.price_fen > int(terms["quotes.limit_fen"]):
        if now() < enquiry.closes_at:
            reasons.append(_("报价期还没有结束，结束后一起比较"))
        if came < int(terms["quotes.minimum"]) and not few_reason.strip():
            few = {
                "limit": format_yuan(int(terms["quotes.limit_fen"])),
                "least": int(terms["quotes.minimum"]),
                "came": came,
            }
            reasons.append(
                _("超过 %(limit)s 元须有 %(least)d 家以上报价，现在 %(came)d 家；确实不足的，请写明理由") % few
            )
    eligible = {person.pk for person in eligible_judges(enquiry)}
    if any(person.pk not in eligible for person in judging):
        reasons.append(_("不在项目小组里或已经回避的人不能参加评选"))
    least = int(terms["group.minimum"])
    all_doors = proposal.beneficiaries().count() < least  # then they are the group, whoever of it was not recused
    if (all_doors and not judging) or (not all_doors and (len(judging) < least or len(judging) % 2 == 0)):
        reasons.append(
            _("参加评选的须有 %(least)d 人以上，且为单数，现在是 %(count)d 人；因回避不足的，请先补选小组成员")
            % {"least": least, "count": len(judging)}
        )
    return reasons


def available_fen(proposal: Proposal) -> int:
    """What a contract may cost: the plan's cash without what was paid on contracts before, or is owed on them."""
    plan = plan_of(proposal)
    return (plan.cash_fen if plan else 0) - spent_fen(proposal) - owed_before_fen(proposal)


def _award_notice(enquiry: Enquiry, quote: Quote, judging: list[Person], reason: str, few_reason: str) -> Notice:
    proposal = enquiry.proposal
    table = [
        (
            str(each.supplier),
            _("%(price)s 元，工期 %(days)d 天，质保 %(months)d 个月") % {
                "price": format_yuan(each.price_fen), "days": each.days, "months": each.warranty_months},
        )
        for each in enquiry.quotes.select_related("supplier")
    ]  # fmt: skip
    table.append((_("评选人"), "、".join(mask_name(person.name) for person in judging)))
    recused = [str(recusal) for recusal in enquiry.recusals.all()]
    if recused:
        table.append((_("回避"), "、".join(recused)))
    if few_reason.strip():
        table.append((_("不足规定家数的理由"), few_reason.strip()))
    return disclosure.post(
        kind=NoticeKind.AWARD,
        title=_("关于“%s”承接方的成交公示") % proposal.title,
        place=proposal.place,
        body=_("经居民项目小组比选，拟由%(supplier)s承接，价款 %(price)s 元。理由：%(reason)s")
        % {"supplier": quote.supplier, "price": format_yuan(quote.price_fen), "reason": reason.strip()},
        table=table,
        doors=proposal.beneficiary_keys(),
        days=pinned_days(proposal, NoticeKind.AWARD),
        link=proposal.get_absolute_url(),
        by=None,  # the residents' step: the platform announces it
    )


# --- Signing -------------------------------------------------------------------------------------


@action
def sign(
    proposal: Proposal, *, integrity: bool, price_fen: int | None = None, file: UploadedFile | None = None, by: User
) -> Contract:
    """The award notice has passed: write down the contract, its milestones, and the part that is held back.

    ``price_fen`` may be below the quote, never above. Payments follow ``payment.shares`` of the place.
    """
    lock(proposal)
    chosen = standing_award(proposal)
    if chosen is None:
        raise Refused(_("还没有选定承接方"))
    price = chosen.quote.price_fen if price_fen is None else price_fen
    obstacles = _why_not_buy(chosen.enquiry, by)
    if price > chosen.quote.price_fen:
        obstacles.append(_("合同价不能高于选定的报价"))
    if not integrity:
        obstacles.append(_("合同里要有廉洁条款"))
    obstacles += why_not_covered(proposal, price)
    proposals.advance(
        proposal, "sign", by=by, obstacles=obstacles, evidence={"supplier": str(chosen.quote.supplier), "fen": price}
    )
    contract = _write_contract(proposal, chosen, price, file, by)
    Hold.objects.create(contract=contract, stage=HoldStage.HELD)
    begin(contract.hold, "hold", by=by)
    _ask_to_start(contract)
    return contract


def why_not_covered(proposal: Proposal, price_fen: int, paid_fen: int = 0) -> list[str]:
    """Promises are no cover: money received and grants placed pay the share of the price that policy wants."""
    if "signing.covered" not in proposal.terms:  # another stage, which refuses the step itself
        return []
    there = Purse.objects.select_related("account").get(proposal=proposal).account.balance_fen + paid_fen
    there -= owed_before_fen(proposal)
    needed = ceil(fraction(proposal.terms["signing.covered"]) * price_fen)
    if there >= needed:
        return []
    facts = {"there": format_yuan(there), "needed": format_yuan(needed), "short": format_yuan(needed - there)}
    return [
        _("钱还没有到位：签约前到账和已拨入的要有 %(needed)s 元，现在 %(there)s 元，还差 %(short)s 元；认缴的不算")
        % facts
    ]


@action
def reopen_award(proposal: Proposal, *, by: User | None = None, evidence: dict[str, Any]) -> StepRecord:
    """A third of those who benefit objected to the choice: it is annulled, and made anew (domain.md 7)."""
    lock(proposal)
    if chosen := standing_award(proposal):
        chosen.annulled_at = now()
        chosen.save(update_fields=["annulled_at"])
    return proposals.advance(proposal, "reopen_award", by=by, evidence=evidence)


def standing_award(proposal: Proposal) -> Award | None:
    chosen = Award.objects.filter(enquiry__proposal=proposal, enquiry__ended_at=None, annulled_at=None, contract=None)
    return chosen.select_related("quote__supplier", "enquiry").first()


def _write_contract(proposal: Proposal, chosen: Award, price: int, file: UploadedFile | None, by: User) -> Contract:
    quote = chosen.quote
    account = open_account(
        f"payee:{proposal.number}:{chosen.pk}", Account.Kind.PAYEE, str(quote.supplier), place_path=proposal.place.path
    )
    contract = Contract(
        proposal=proposal,
        award=chosen,
        supplier=quote.supplier,
        account=account,
        first_price_fen=price,
        price_fen=price,
        days=quote.days,
        warranty_months=quote.warranty_months,
        integrity=True,
        signed_by=by,
    )
    if file is not None:
        picture = reencoded(file)
        contract.file.save(picture.name or "contract.jpg", picture, save=False)
    with refusing(paper_is_on_file=("file", _("请拍下签了字的合同"))):
        contract.save(force_insert=True)
    percents = dict(zip(SIGNED_PARTS, proposal.terms["payment.shares"], strict=True))
    amounts = split(price, percents)
    Milestone.objects.bulk_create(
        Milestone(contract=contract, kind=kind, percent=percents[kind], amount_fen=amounts[kind]) for kind in percents
    )
    return contract


def _ask_to_start(contract: Contract) -> None:
    place = contract.proposal.place
    span = period(place, "start.days", now())
    deadlines.schedule(
        contract,
        "funding.start",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(place, "community").path,
        title=_("督促开工：%s") % contract.proposal.title,
        url=admin_url(contract.proposal.purse),
        basis=span.basis,
        provisional=span.provisional,
    )
