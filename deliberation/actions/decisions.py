"""The Party branch's study, and the decision that comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rules import has_perm

from deliberation import selectors, told
from deliberation.models import (
    Criterion,
    Decision,
    Mark,
    Motion,
    MotionStage,
    Outcome,
    PartyStudy,
    Plan,
    Purpose,
)
from deliberation.models.decisions import MOST_POINTS
from minshi.accounts.models import User
from minshi.clock import CHINA, today
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.faces.words import cn_date
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import lock
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.notifications.actions import tell
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents.models import Role
from minshi.residents.rules import acting_as, holds_itself, stands_in
from proposals.actions import advance, freeze_beneficiaries, note_on_card
from proposals.lifecycle import least_tier
from proposals.models import SOURCES, Proposal, Source, Stage, Tier, Version
from proposals.selectors import was_accepted
from proposals.wording import told_beneficiaries

VERBS = {Outcome.APPROVE: "decide", Outcome.RESERVE: "reserve", Outcome.REFUSE: "refuse"}


def _agreed_on(version: Version) -> date:
    """The day of the meeting that agreed it: it may have been studied before it was typed."""
    plan = Plan.objects.select_related("meeting").filter(version=version).first()
    return (plan.meeting.begins_at if plan else version.at).astimezone(CHINA).date()


@action
def record_party_study(proposal: Proposal, *, opinion: str, text: str, held_on: date, sat: str, by: User) -> PartyStudy:
    """Write down the branch's opinion on the present version; a new version needs a new study."""
    lock(proposal)
    if not has_perm("deliberation.study", by, proposal):
        raise NotAllowed(_("前置研究由社区党组织记录"))
    if proposal.stage != Stage.DECIDING:
        raise Refused(_("现在是“%(stage)s”，不是前置研究的时候") % {"stage": Stage(proposal.stage).label})
    wrong = {}
    if opinion not in PartyStudy.Opinion.values:
        wrong["opinion"] = _("请选择意见")
    if not text.strip():
        wrong["text"] = _("请写明书面意见")
    if held_on > today():
        wrong["held_on"] = _("研究日期不能在今天以后")
    elif held_on < (agreed := _agreed_on(proposal.version)):
        wrong["held_on"] = _("研究的是%(day)s商定的方案，研究日期不能比它早") % {"day": cn_date(agreed)}
    if not sat.strip():
        wrong["sat"] = _("请写明哪些人参加了研究")
    if wrong:
        raise Refused(**wrong)
    said = {
        "version": proposal.version,
        "opinion": opinion,
        "text": _in_whose_stead(by, proposal) + mask_text(text.strip()),
        "held_on": held_on,
        "sat": mask_text(sat.strip()),
        "by": by,
    }
    if again := just_said(proposal.studies.all(), **said):
        return again
    study = PartyStudy.objects.create(proposal=proposal, **said)
    note_on_card(proposal)
    return study


def _in_whose_stead(by: User, proposal: Proposal) -> str:
    """Where the place has no Party branch, who acts for it stands before the words."""
    if not stands_in(by, proposal.place, Role.PARTY) or holds_itself(by, proposal.place, Role.PARTY):
        return ""
    return _("（%(who)s）") % {"who": acting_as(by, proposal.place, Role.PARTY)}


@action
def decide(
    proposal: Proposal,
    *,
    outcome: str,
    marks: Mapping[str, tuple[int, str]],
    sat: str,
    reason: str,
    tier: int | None = None,
    tier_reason: str = "",
    dissent: str = "",
    by: User,
) -> Decision:
    """Decide, with the five criteria each as (points, evidence); approving sets the tier and posts the notice.

    It freezes who benefits, when nobody has before. Raises ``NotAllowed`` or ``Refused``.
    """
    lock(proposal)
    if proposal.stage != Stage.DECIDING:
        raise Refused(_("现在是“%(stage)s”，不能作集体决议") % {"stage": Stage(proposal.stage).label})
    if not has_perm("deliberation.decide", by, proposal):
        raise NotAllowed(_("集体决议由社区党组织主持记录"))
    version, study, motion = proposal.version, selectors.study_of(proposal), selectors.last_motion(proposal)
    formal = motion if motion and motion.purpose == Purpose.FORMAL and motion.version_id == version.pk else None
    refuse_if(_obstacles(proposal, outcome, study, motion, formal))
    assert study
    _refuse_incomplete(version, outcome, marks, sat, reason, tier, tier_reason)
    approves = outcome == Outcome.APPROVE
    if approves and proposal.beneficiaries_frozen_at is None:
        freeze_beneficiaries(proposal, by=by)
    words = {"tier": tier, "tier_reason": mask_text(tier_reason.strip())} if approves else {}
    notice = _announce(proposal, version, marks, tier or 1, by) if approves else None
    decision = Decision.objects.create(
        proposal=proposal,
        version=version,
        study=study,
        motion=formal,
        outcome=outcome,
        reason=mask_text(reason.strip()),
        sat=_in_whose_stead(by, proposal) + mask_text(sat.strip()),
        dissent=mask_text(dissent.strip()),
        notice=notice,
        by=by,
        **words,
    )
    Mark.objects.bulk_create(
        Mark(decision=decision, criterion=criterion, points=points, note=mask_text(note.strip()))
        for criterion, (points, note) in marks.items()
    )
    _step(decision, by)
    return decision


def _obstacles(
    proposal: Proposal, outcome: str, study: PartyStudy | None, motion: Motion | None, formal: Motion | None
) -> list[str]:
    reasons = []
    if study is None:
        reasons.append(_("党组织还没有研究这一版方案，请先记录书面意见"))
    if motion and motion.stage != MotionStage.PUBLISHED:
        reasons.append(_("正式表决还没有公布结果"))
    elif outcome == Outcome.RESERVE and was_accepted(proposal):
        reasons.append(_("这件事已经接单筹过钱，不能列入储备库；不办的请选不予立项，付清应付、退回余款"))
    elif outcome == Outcome.APPROVE:
        if proposal.touches_common_parts and formal is None:
            reasons.append(_("占用共有部分，要先正式表决"))
        if formal and not formal.passed:
            reasons.append(_("正式表决没有通过，不能立项"))
    return reasons


def _refuse_incomplete(
    version: Version,
    outcome: str,
    marks: Mapping[str, tuple[int, str]],
    sat: str,
    reason: str,
    tier: int | None,
    tier_reason: str,
) -> None:
    wrong: dict[str, Any] = {}
    if outcome not in Outcome.values:
        wrong["outcome"] = _("请选择结论")
    wrong |= _wrong_marks(marks)
    if not sat.strip():
        wrong["sat"] = _("请写明哪些人参加了决议")
    if not reason.strip():
        wrong["reason"] = _("请写明理由，大家都看得到")
    if outcome == Outcome.APPROVE:
        wrong |= _wrong_tier(version, tier, tier_reason)
        if "tier" not in wrong and tier and tier < (least := least_tier(version.proposal.place)):
            wrong["tier"] = _("跨街道的事由区里办理，请定为%(least)s") % {"least": Tier(least).label}
    if wrong:
        raise Refused(**wrong)


def _wrong_marks(marks: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    for criterion in Criterion:
        points, note = marks.get(criterion, (-1, ""))
        if not 0 <= points <= MOST_POINTS:
            wrong[criterion] = _("请给 0 到 %(most)d 分") % {"most": MOST_POINTS}
        elif not note.strip():
            wrong[f"{criterion}_note"] = _("请写一句得分的依据")
    if set(marks) - set(Criterion.values):
        wrong["marks"] = _("评分标准不对")
    return wrong


def _wrong_tier(version: Version, tier: int | None, tier_reason: str) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    used = [Source(source) for source, fen in version.shares.items() if fen]
    dearest = max(used, key=lambda source: SOURCES[source].least_tier, default=Source.SELF_RAISED)
    least = SOURCES[dearest].least_tier
    if tier not in (1, 2, 3):
        wrong["tier"] = _("请定级别")
    elif tier < least:
        wrong["tier"] = _("方案里有%(source)s，至少定为%(least)s") % {
            "source": dearest.label,
            "least": Tier(least).label,
        }
    if not tier_reason.strip():
        wrong["tier_reason"] = _("请写明定级的理由")
    return wrong


def _period(proposal: Proposal, version: Version) -> dict[str, int]:
    """Five working days; seven with self-raised money; fifteen calendar days for common parts (policy row 9)."""
    pinned = {name: value for name, value in proposal.terms.items() if name.startswith("notice.initiation.")}
    terms = policy.terms("notice.initiation.", proposal.place) | pinned
    if proposal.touches_common_parts:
        return {"calendar_days": int(str(terms["notice.initiation.common_parts_calendar_days"]))}
    if version.share_fen(Source.SELF_RAISED):
        return {"days": int(str(terms["notice.initiation.self_raised_days"]))}
    return {"days": int(str(terms["notice.initiation.days"]))}


def _announce(
    proposal: Proposal, version: Version, marks: Mapping[str, tuple[int, str]], tier: int, by: User
) -> Notice:
    shares = [
        (str(Source(source).label), _("%s 元") % format_yuan(fen)) for source, fen in version.shares.items() if fen
    ]
    points = sum(points for points, _note in marks.values())
    study = selectors.study_of(proposal)
    return post(
        kind=NoticeKind.INITIATION,
        title=_("关于“%(title)s”立项的公示") % {"title": proposal.title},
        place=proposal.place,
        basis=_("居民表决、民主商议、%(who)s前置研究和集体决议") % {"who": study.who if study else _("党组织")},
        course=_("经集体决议同意立项，拟按%(tier)s办理。") % {"tier": Tier(tier).label},
        body=version.plan,
        table=[
            (_("编号"), proposal.number),
            (_("地点"), version.spot),
            (_("受益"), told_beneficiaries(proposal)),
            (_("预算"), _("%s 元") % format_yuan(version.cost_fen)),
            *shares,
            (_("建好后谁管"), version.keeper),
            (
                _("五项评分"),
                _("%(points)d 分（满分 %(most)d）") % {"points": points, "most": MOST_POINTS * len(Criterion)},
            ),
        ],
        doors=proposal.beneficiary_keys(),
        link=proposal.get_absolute_url(),
        by=by,
        **_period(proposal, version),  # type: ignore[arg-type]
    )


def _step(decision: Decision, by: User) -> None:
    proposal = decision.proposal
    advance(
        proposal,
        VERBS[Outcome(decision.outcome)],
        by=by,
        reason=decision.reason,
        evidence={
            "decision": decision.pk,
            "study": decision.study_id,
            "motion": decision.motion_id,
            "points": sum(mark.points for mark in decision.marks.all()),
        },
        notice=decision.notice,
        tier=decision.tier,
    )
    tell(
        proposal.proposer,
        _("集体决议：%(outcome)s") % {"outcome": Outcome(decision.outcome).label},
        decision.reason,
        decision.get_absolute_url(),
        event=told.DECISION.name,
    )


@action
def take_up(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """Bring a proposal from the reserve library back to the table."""
    return advance(proposal, "take_up", by=by, reason=reason)


@action
def keep_reserved(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """Reviewed, and kept in the reserve library for another round; its months begin anew.

    Pressed again moments later it is the first one's record; another's word on it then is refused.
    """
    lock(proposal)
    if again := just_said(StepRecord.objects.of(proposal), verb="keep_reserved"):
        if by.is_same(again.by_id):
            return again
        raise Refused(_("刚刚有人复核过，已经继续储备"))
    return advance(proposal, "keep_reserved", by=by, reason=reason)


@action
def lapse_reserved(proposal: Proposal, *, by: None = None) -> StepRecord:
    """Nobody reviewed it in time: it lapses in public, and those who supported it are told that they may propose it
    anew."""
    months = proposal.terms.get("reserve.months", "")
    why = _("列入储备库满 %(months)s 个月没有复核；还需要的可以重新提") % {"months": months}
    return advance(proposal, "lapse_reserved", by=by, reason=why)
