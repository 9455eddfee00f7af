"""What a third of the households reopened twice with the same content: the level above decides (domain.md 4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice, Ruling
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, take
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.refusals import Refused
from minshi.residents.rules import acting_as
from proposals.actions.stages import note_on_card
from proposals.lifecycle import STAGES, decider_above, holder_place, period, set_stage_deadline
from proposals.models import Proposal, Stage

INSTANT = timedelta(microseconds=1)
BY_THE_STREET = ("rule_on_rating",)
"""Steps by which the street itself announces its word: above it is the district, whoever holds the stage."""

GOES_ON_AT_ONCE = (Stage.ANNOUNCED, Stage.FUNDED)
"""Stages that nothing but their notice holds up."""


@action
def ask_above(proposal: Proposal, notice: Notice, *, by: None = None) -> StepRecord:
    """It is on the desk of the level above, with the days that level has to answer objections."""
    lock(proposal)
    _level, role, place = decider_above(proposal.place, _level_of(proposal))
    start = max(now(), notice.ends_at - INSTANT)
    record = take(
        proposal,
        "ask_above",
        by=None,
        reason=_("同样的内容第二次公示，又有 %(count)d 户提出异议") % {"count": notice.objecting_households},
        evidence={"notice": notice.number, "households": notice.objecting_households},
        setting={"holder_role": role, "holder_place": place},
    )
    _set_due(proposal, period(proposal.place, "objection.street_days", start))
    return record


def _level_of(proposal: Proposal) -> str:
    """The level of whoever announced it, whoever holds it now."""
    into = StepRecord.objects.of(proposal).filter(target=proposal.stage).exclude(source=proposal.stage)
    if into.order_by("-id").values_list("verb", flat=True).first() in BY_THE_STREET:
        return "street"
    return holder_place(proposal.place, STAGES[proposal.stage].level).level_id


def _set_due(proposal: Proposal, due: calendar.Period | datetime) -> None:
    if isinstance(due, calendar.Period):
        proposal.due_at, proposal.terms["basis"] = due.end, due.basis
    else:
        proposal.due_at = due
        proposal.terms.pop("basis", None)
    proposal.save(update_fields=["due_at", "terms"])
    set_stage_deadline(proposal)
    note_on_card(proposal, due_at=proposal.due_at)


def waits_above(proposal: Proposal) -> bool:
    """Whether the level above has it now."""
    notice = proposal.gate_notice
    if notice is None or notice.reopened_at is None or proposal.stage not in STAGES:
        return False
    last = StepRecord.objects.of(proposal).filter(verb__in=("ask_above", "confirm_above", "send_back_above"))
    asked = last.order_by("-id").first()
    return asked is not None and asked.verb == "ask_above" and asked.evidence["notice"] == notice.number


def proposed_above(proposal: Proposal) -> Ruling | None:
    """What one of the district's officers proposed and no second has confirmed."""
    ruling = proposal.gate_notice.ruling if proposal.gate_notice and waits_above(proposal) else None
    return None if ruling is None or ruling.is_in_force else ruling


@action
def rule_above(proposal: Proposal, *, confirms: bool, reason: str, by: User) -> StepRecord:
    """The level above confirms what was announced, or sends it back; above the district this is a proposal."""
    notice = _asked(proposal)
    if proposed_above(proposal):
        raise Refused(_("已经有一位提出决定，等另一位确认"))
    level, _role, _place = decider_above(proposal.place, _level_of(proposal))
    verb = "confirm_above" if confirms else "send_back_above"
    is_proposal = level == Ruling.Level.ABOVE
    record = take(
        proposal,
        "propose_above" if is_proposal else verb,
        by=by,
        reason=reason,
        evidence={"notice": notice.number, "confirms": confirms},
    )
    ruling = disclosure.rule(
        notice, level=level, confirms=confirms, reason=reason, as_role=_as_role(by, proposal), by=by
    )
    if is_proposal:
        note_on_card(proposal)
    else:
        _take_effect(proposal, ruling, by)
    return record


@action
def second_above(proposal: Proposal, *, agrees: bool, reason: str, by: User) -> StepRecord:
    """The second of the district's officers confirms what the first proposed, or does not; with a reason, too."""
    _asked(proposal)
    proposed = proposed_above(proposal)
    if proposed is None:
        raise Refused(_("现在没有等另一位确认的决定"))
    verb = "confirm_above" if proposed.confirms else "send_back_above"
    record = take(
        proposal,
        verb if agrees else "disagree_above",
        by=by,
        reason=reason,
        evidence={"notice": proposed.notice.number, "confirms": proposed.confirms},
    )
    ruling = disclosure.second_ruling(proposed, agrees=agrees, as_role=_as_role(by, proposal), by=by)
    if agrees:
        _take_effect(proposal, ruling, by)
    else:
        note_on_card(proposal)
    return record


def _asked(proposal: Proposal) -> Notice:
    lock(proposal)
    if not waits_above(proposal) or proposal.gate_notice is None:
        raise Refused(_("现在没有要由上一级决定的异议"))
    return proposal.gate_notice


def _as_role(by: User, proposal: Proposal) -> str:
    return acting_as(by, proposal.place, proposal.holder_role)


def _take_effect(proposal: Proposal, ruling: Ruling, by: User) -> None:
    _announce(proposal, ruling, by)
    if not ruling.confirms:
        disclosure.send_back(ruling.notice, by=None)
        return
    rule = STAGES[proposal.stage]
    proposal.holder_role, proposal.holder_place = rule.role, holder_place(proposal.place, rule.level)
    proposal.save(update_fields=["holder_role", "holder_place"])
    at_once = proposal.stage in GOES_ON_AT_ONCE
    _set_due(proposal, now() if at_once else calendar.period(now(), **{rule.unit: int(proposal.terms[rule.days])}))


def _announce(proposal: Proposal, ruling: Ruling, by: User) -> Notice:
    """In public, by the office that decided, with its reason."""
    assert proposal.holder_place
    notice = ruling.notice
    return disclosure.post(
        kind=NoticeKind.OTHER,
        title=_("关于“%(title)s”再次重议的决定") % {"title": proposal.title},
        place=proposal.place,
        basis=_("同样的内容两次公示，两次都有达到重议户数的受益户提出异议，由上一级公开决定"),
        body=_("决定：%(outcome)s。理由：%(reason)s") % {"outcome": ruling.outcome, "reason": ruling.reason},
        table=[
            (_("决定的是"), f"{notice.get_kind_display()} {notice.number}"),
            (_("提出异议"), _("%(count)d 户") % {"count": notice.objecting_households}),
            (_("谁决定的"), ruling.who),
        ],
        issuer=proposal.holder_place.official_name or proposal.holder_place.full_name,
        link=proposal.get_absolute_url(),
        by=by,
    )
