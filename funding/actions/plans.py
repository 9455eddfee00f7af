"""Who pays what, and the offices' word on their part: plan, grants, the funding notice."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from funding.lifecycle import admin_url, next_grant_key, set_due
from funding.models import Grant, GrantStage, Plan, PlanLine, Pledge, Pot, Purse, Refund
from funding.rules import demand, other_duties
from funding.selectors import buys_nothing, card_facts, coverage, kept_by_grants, plan_of
from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import Refused, refuse_if, refusing
from minshi.residents.models import Role
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import PUBLIC, SOURCES, Kind, Proposal, Source, Stage, Tier
from proposals.selectors import pinned_days

SOURCES_BY_TIER = {tier: tuple(s for s, rule in SOURCES.items() if rule.least_tier <= tier) for tier in Tier.values}
LEVEL_OF = {source: SOURCES[source].office for source in PUBLIC}


def note_money(proposal: Proposal) -> None:
    """Push what the books say now down into the project's card."""
    proposals.note_on_card(proposal, **card_facts(proposal))


def must_be_in(proposal: Proposal, *stages: Stage) -> None:
    """Lock the project and refuse unless it stands in one of these stages.

    Every action on a project's money begins with this lock, so that two people decide one after the other.
    """
    lock(proposal)
    if proposal.stage not in stages:
        raise Refused(_("现在是“%s”，不能办理") % Stage(proposal.stage).label)


# --- Plan ----------------------------------------------------------------------------------------


@action
def open_purse(proposal: Proposal, *, by: User | None) -> Purse:
    """When handling is accepted: a place for the project's money, and the clerk's deadline for a plan."""
    if (purse := Purse.objects.filter(proposal=proposal).first()) is None:
        account = open_account(
            f"project:{proposal.number}",
            Account.Kind.PROJECT,
            f"{proposal.number} {proposal.title}",
            place_path=proposal.place.path,
        )
        purse = Purse.objects.create(proposal=proposal, account=account)
    span = period(proposal.place, "plan.days", now())
    deadlines.schedule(
        purse,
        "funding.plan",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(proposal.place, "community").path,
        title=_("编制资金方案：%s") % proposal.title,
        url=admin_url(purse),
        basis=span.basis,
        provisional=span.provisional,
    )
    return purse


@action
def draw_up(proposal: Proposal, lines: Mapping[str, int], *, by: User, why: str = "") -> Plan:
    """Write the plan of the agreed version: ``lines``: who pays what, in fen by ``Source``. The newest one holds."""
    must_be_in(proposal, Stage.RAISING)
    demand("funding.plan", by, proposal, _("编制资金方案"))
    version = proposal.version
    amounts = {Source(source): fen for source, fen in lines.items() if fen}
    _refuse_lines(proposal, amounts, version.cost_fen)
    last = plan_of(proposal)
    drawn = {"version": version, "cost_fen": version.cost_fen, "why": mask_text(why.strip()), "drawn_by": by}
    if last and just_said(Plan.objects.filter(pk=last.pk), **drawn) and last.amounts() == amounts:
        return last
    plan = Plan.objects.create(
        proposal=proposal,
        number=last.number + 1 if last else 1,
        **drawn,
    )
    with refusing():
        for source, fen in amounts.items():
            PlanLine.objects.create(plan=plan, source=source, amount_fen=fen)
    deadlines.meet(Purse.objects.get(proposal=proposal), "funding.plan")
    note_money(proposal)
    return plan


def _refuse_lines(proposal: Proposal, amounts: Mapping[Source, int], cost_fen: int) -> None:
    reasons = []
    allowed = SOURCES_BY_TIER[proposal.tier or 1]
    for source, fen in amounts.items():
        if fen < 0:
            reasons.append(_("%s：金额不能是负数") % source.label)
        if source not in allowed:
            reasons.append(
                _("%(tier)s办理不能用“%(source)s”，需要时请在分级办理时提请上一级")
                % {"tier": Tier(proposal.tier or 1).label, "source": source.label}
            )
        granted = sum(
            Grant.objects.standing()
            .exclude(stage=GrantStage.PLACED)
            .filter(proposal=proposal, source=source)
            .values_list("amount_fen", flat=True)
        )
        if granted > fen:
            reasons.append(
                _("“%(source)s”已申请或批准 %(sum)s 元，比方案多，请先撤销申请")
                % {"source": source.label, "sum": format_yuan(granted)}
            )
    if sum(amounts.values()) != cost_fen:
        reasons.append(
            _("各方合计 %(sum)s 元，商定的费用是 %(cost)s 元，必须相等")
            % {"sum": format_yuan(sum(amounts.values())), "cost": format_yuan(cost_fen)}
        )
    refuse_if(reasons)


# --- Grants --------------------------------------------------------------------------------------


@action
def ask(proposal: Proposal, source: str, pot: Pot, *, by: User, reason: str = "") -> Grant:
    """Ask an office for its line of the plan, or for what is still missing of it."""
    must_be_in(proposal, Stage.RAISING)
    demand("funding.plan", by, proposal, _("申请资金"))
    refuse_if(other_duties(by, proposal, {}))
    plan = plan_of(proposal)
    wanted = to_ask_fen(proposal, source, plan)
    if plan is None or wanted <= 0:
        raise Refused(source=_("资金方案里没有还要申请的“%s”") % Source(source).label)
    if pot.place.level_id != LEVEL_OF.get(Source(source)) or not pot.place.contains(proposal.place):
        raise Refused(pot=_("这个资金池不能给这里的项目出这笔钱"))
    if pot.year != today().year:
        raise Refused(pot=_("这是 %d 年的资金池，今年的钱要从今年的资金池出；结转由两个人办") % pot.year)
    grant = Grant(
        pk=next_grant_key(),
        proposal=proposal,
        plan=plan,
        source=source,
        pot=pot,
        amount_fen=wanted,
        needs_district=needs_district(proposal, plan, source),
        asked_by=by,
        stage=GrantStage.ASKED,
    )
    set_due(grant, period(proposal.place, "street_approval.days", now()))
    with refusing(one_standing_grant_per_source=("source", _("这项资金已经申请过了"))):
        begin(grant, "ask", by=by, reason=reason, evidence={"fen": wanted, "pot": str(pot)})
    proposals.note_on_card(proposal)
    return grant


def to_ask_fen(proposal: Proposal, source: str, plan: Plan | None) -> int:
    """What the plan has from this source and no office was asked for yet."""
    return (plan.amounts().get(source, 0) if plan else 0) - _standing_fen(proposal, source)


def _standing_fen(proposal: Proposal, source: str) -> int:
    standing = Grant.objects.standing().filter(proposal=proposal, source=source)
    back = Refund.objects.standing().filter(proposal=proposal, grant__source=source)
    return sum(standing.values_list("amount_fen", flat=True)) - sum(back.values_list("amount_fen", flat=True))


def needs_district(proposal: Proposal, plan: Plan, source: str) -> bool:
    """At tier 3, for the district's own money, and above the cap of the kind (goods take the cap of services)."""
    cap = proposal.terms["cap.works_fen" if proposal.kind == Kind.WORKS else "cap.service_fen"]
    return proposal.tier == 3 or source == Source.DISTRICT or plan.public_fen > int(cap)


def _lock(grant: Grant) -> None:
    """The project's lock first, then the grant's: the order every action keeps."""
    lock(grant.proposal)
    lock(grant)


def _done(grant: Grant) -> dict[str, int | None]:
    """Duties already taken on this grant, for refusing the same person the next one."""
    return {
        _("申请"): grant.asked_by_id,
        _("审核"): grant.examined_by_id,
        _("审批"): grant.approved_by_id,
    }


def _decide(grant: Grant, verb: str, *, by: User, reason: str, **setting: object) -> StepRecord:
    _lock(grant)
    record = take(
        grant, verb, by=by, reason=reason, setting=setting, obstacles=other_duties(by, grant.proposal, _done(grant))
    )
    proposals.note_on_card(grant.proposal)
    return record


@action
def examine(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """经办: budget, negative list and no splitting were looked at; on to the approver within the same days."""
    return _decide(grant, "examine", by=by, reason=reason, examined_by=by)


@action
def return_for_completion(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """补正: asked for once; the street's days stand still meanwhile."""
    _lock(grant)
    most = int(policy.value("street_approval.completions", grant.territory))
    obstacles = [] if grant.completions < most else [_("只能要求补正 %d 次，请审核或说明理由不予批准") % most]
    obstacles += other_duties(by, grant.proposal, _done(grant))
    moment = now()
    left = max(1, calendar.working_days_left(moment, grant.due_at)) if grant.due_at else 1
    record = take(
        grant,
        "return_for_completion",
        by=by,
        reason=reason,
        obstacles=obstacles,
        setting={
            "completions": grant.completions + 1,
            "days_left": left,
            "span": period(grant.territory, "street_approval.completion_days", moment),
        },
    )
    proposals.note_on_card(grant.proposal)
    return record


@action
def complete(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """What was missing is there; the street has the days it had left."""
    _lock(grant)
    span = calendar.period(now(), working_days=max(1, grant.days_left))
    record = take(grant, "complete", by=by, reason=reason, setting={"span": span})
    proposals.note_on_card(grant.proposal)
    return record


@action
def approve(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """审批 by the street's other person; reserves the money, or sends it to the district above the cap or at tier 3."""
    if not grant.needs_district:
        account = _account_of(grant)
        record = _decide(grant, "approve", by=by, reason=reason, approved_by=by, account=account)
        _reserve(grant, by)
        return record
    span = period(grant.territory, "district_approval.days", now())
    return _decide(grant, "pass_on", by=by, reason=reason, approved_by=by, span=span)


@action
def decide(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """区审定: the district's word, by a person who had no hand in it before; reserves the money."""
    record = _decide(grant, "decide", by=by, reason=reason, district_by=by, account=_account_of(grant))
    _reserve(grant, by)
    return record


def _account_of(grant: Grant) -> Account:
    return open_account(
        f"grant:{grant.pk}",
        Account.Kind.GRANT,
        f"{grant.proposal.number} {grant.get_source_display()}",
        place_path=grant.territory.path,
    )


def _reserve(grant: Grant, by: User) -> None:
    """Set the money aside in the pot; the ledger refuses what the pot does not hold."""
    assert grant.account
    post(
        key=f"grant:{grant.pk}",
        kind="grant",
        postings=[(grant.pot.account, -grant.amount_fen), (grant.account, grant.amount_fen)],
        memo=_("批准 %(title)s：%(source)s") % {"title": grant.proposal.title, "source": grant.get_source_display()},
        by=by,
        subject=grant.proposal,
    )
    note_money(grant.proposal)


@action
def refuse(grant: Grant, *, by: User, reason: str) -> StepRecord:
    """Not granted, with the reason, by whoever it waits for."""
    return _decide(grant, "refuse", by=by, reason=reason)


@action
def withdraw(grant: Grant, *, by: User | None, reason: str) -> StepRecord:
    """Take a request back; money that was set aside returns to the pot."""
    _lock(grant)
    if by is not None:
        must_be_in(grant.proposal, Stage.RAISING)
    record = take(grant, "withdraw", by=by, reason=reason)
    if grant.account_id and grant.account:
        post(
            key=f"release:{grant.pk}",
            kind="release",
            postings=[(grant.account, -grant.amount_fen), (grant.pot.account, grant.amount_fen)],
            memo=_("撤销，退回资金池：%s") % grant.proposal.title,
            by=by,
            subject=grant.proposal,
        )
    note_money(grant.proposal)
    return record


# --- The funding notice --------------------------------------------------------------------------


@action
def announce_funding(proposal: Proposal, *, by: User) -> StepRecord:
    """The plan is covered by approved grants and by money received or promised: announce it, a gate of the way."""
    lock(proposal)
    refuse_if(why_not_covered(proposal))
    notice = _funding_notice(proposal, by)
    found = coverage(proposal)
    return proposals.advance(
        proposal,
        "announce_funding",
        by=by,
        notice=notice,
        evidence={"needed_fen": found.needed_fen, "found_fen": found.found_fen, "notice": notice.number},
    )


def why_not_covered(proposal: Proposal) -> list[str]:
    """What of the plan is still missing, as sentences; nothing when it is covered."""
    plan = plan_of(proposal)
    if plan is None:
        return [_("还没有资金方案")]
    reasons = []
    if plan.version_id != proposal.version.pk:
        reasons.append(_("方案商定后改过，请按新的版本重新编制资金方案"))
    granted = kept_by_grants(proposal)
    for source in PUBLIC:
        missing = plan.amounts().get(source, 0) - granted.get(source, 0)
        if missing > 0:
            reasons.append(
                _("%(source)s还差 %(sum)s 元没有批准") % {"source": source.label, "sum": format_yuan(missing)}
            )
    if waiting := Pledge.objects.waiting().filter(proposal=proposal).count():
        reasons.append(_("还有 %d 份纸质认缴等核对，请先核对") % waiting)
    found = coverage(proposal)
    if found.gap_fen and not reasons:
        reasons.append(_("还差 %s 元没有落实") % format_yuan(found.gap_fen))
    if found.in_kind_gap_fen:
        reasons.append(_("投工投劳还差折合 %s 元") % format_yuan(found.in_kind_gap_fen))
    return reasons


def _funding_notice(proposal: Proposal, by: User) -> Notice:
    found = coverage(proposal)
    table: list[tuple[str, object]] = []
    for source, fen in found.lines.items():
        sure, promised = found.sure.get(source, 0), found.promised.get(source, 0)
        said = _("方案 %(plan)s 元，已落实 %(sure)s 元") % {"plan": format_yuan(fen), "sure": format_yuan(sure)}
        table.append(
            (str(Source(source).label), said + (_("，已认缴 %s 元") % format_yuan(promised) if promised else ""))
        )
    return disclosure.post(
        kind=NoticeKind.FUNDING,
        title=_("关于“%s”资金安排的公示") % proposal.title,
        place=proposal.place,
        body=(
            _(
                "本项目费用 %(cost)s 元，资金来源如表。居民出资全凭自愿，姓名只在本人同意后公开。"
                "公示期满、异议都答复以后，由项目小组询价比选。"
            )
            if found.needed_fen
            else _(
                "本项目不花钱，由大家出工、出物、出场地，折合 %(cost)s 元，如表。全凭自愿，姓名只在本人同意后公开。"
                "公示期满、异议都答复以后开始实施。"
            )
        )
        % {"cost": format_yuan(sum(found.lines.values()))},
        table=table,
        doors=proposal.beneficiary_keys(),
        days=pinned_days(proposal, NoticeKind.FUNDING),
        link=proposal.get_absolute_url(),
        by=by,
    )


@action
def open_suppliers(proposal: Proposal, *, by: User | None) -> StepRecord:
    """The funding notice has passed: approved grants go into the project's purse, suppliers may be asked."""
    lock(proposal)
    obstacles = [_("方案里没有要买的东西，不用询价，直接开始实施")] if buys_nothing(proposal) else []
    record = proposals.advance(proposal, "open_suppliers", by=by, obstacles=obstacles)
    purse = Purse.objects.select_related("account").get(proposal=proposal)
    for grant in Grant.objects.filter(proposal=proposal, stage=GrantStage.APPROVED).order_by("pk"):
        _place(grant, purse, by)
    ask_for_group(purse)
    return record


def _place(grant: Grant, purse: Purse, by: User | None) -> None:
    take(grant, "place", by=None)
    assert grant.account
    post(
        key=f"placing:{grant.pk}",
        kind="placing",
        postings=[(grant.account, -grant.amount_fen), (purse.account, grant.amount_fen)],
        memo=_("%s拨入项目") % grant.get_source_display(),
        by=by,
        subject=grant.proposal,
    )


def ask_for_group(purse: Purse) -> None:
    """The clerk sees to it that residents form their project group."""
    proposal = purse.proposal
    if proposal.project_groups.filter(ended_at=None).exists():
        return
    span = period(proposal.place, "group.days", now())
    deadlines.schedule(
        purse,
        "funding.group",
        span.end,
        role=Role.CLERK,
        place_path=holder_place(proposal.place, "community").path,
        title=_("组建项目小组：%s") % proposal.title,
        url=admin_url(purse),
        basis=span.basis,
        provisional=span.provisional,
    )
