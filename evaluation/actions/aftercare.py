"""后续管护: the agreement with the keeper, and looking again months later."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from rules import has_perm

from evaluation.actions.sealing import seal
from evaluation.catalogue import aftercare_document, check_document
from evaluation.models import Aftercare, Check
from minshi.accounts.models import User
from minshi.clock import midnight, now, today
from minshi.faces.words import full_date
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, one_line, seen
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from proposals.actions import note_on_card
from proposals.models import Proposal, Stage

INSTANT = timedelta(microseconds=1)
OPEN_STAGES = (Stage.RATED, Stage.SETTLING, Stage.ARCHIVED)


@action
def set_aftercare(
    proposal: Proposal, *, keeper: str, duties: str, fund_fen: int, fund_note: str, phone: str, by: User
) -> Aftercare:
    """Write down who keeps it, doing what, with what money, and where to ring. A change is kept beside the old.

    ``phone`` is an office's; ``fund_fen`` a year. After the archive the new words are sealed as a supplement.
    """
    if not has_perm("evaluation.run", by, proposal):
        raise NotAllowed(_("只有这里的社区工作人员可以登记管护"))
    lock(proposal)
    if proposal.stage not in OPEN_STAGES:
        raise Refused(_("满意度达标以后才登记后续管护，现在是“%(stage)s”") % {"stage": Stage(proposal.stage).label})
    words = {
        "keeper": mask_text(one_line(keeper)),
        "duties": mask_text(duties.strip()),
        "fund_note": mask_text(one_line(fund_note)),
        "phone": mask_text(phone.strip(), landlines=False),
    }
    missing = {name: _("请填写") for name, text in words.items() if not text}
    if missing:
        raise Refused(**missing)
    if again := just_said(Aftercare.objects.filter(proposal=proposal, by=by), **words, fund_fen=fund_fen):
        return again
    agreed, _is_new = Aftercare.objects.update_or_create(
        proposal=proposal, defaults={**words, "fund_fen": fund_fen, "by": by, "at": now()}
    )
    if proposal.stage == Stage.ARCHIVED:
        seal(proposal, aftercare_document(agreed), by=by)
    note_on_card(proposal)
    return agreed


def plan_checks(agreed: Aftercare) -> list[Check]:
    """At the archive: look again after so many months, each with its own days. Part of archiving."""
    proposal = agreed.proposal
    days = int(str(policy.value("aftercare.check_days", proposal.place)))
    planned = []
    for months in policy.value("aftercare.check_months", proposal.place):
        begins = midnight(calendar.months_after(today(), months))
        span = calendar.period(begins, working_days=days)
        check = Check.objects.create(aftercare=agreed, months=months, begins_at=begins, due_at=span.end)
        check.due_basis = span.basis
        begin(check, "plan", by=None)
        planned.append(check)
    return planned


@action
def look(check: Check, *, in_order: bool, finding: str, by: User) -> StepRecord:
    """Write down how it stands; sealed into the archive as a supplement."""
    lock(check)
    moment = now()
    if moment < check.begins_at:
        raise Refused(_("%(day)s起才到回看的时候") % {"day": full_date(check.begins_at)})
    if len(seen(finding)) < 5:
        raise Refused(finding=_("请写明看到的情况（至少 5 个字）"))
    words = mask_text(finding.strip())
    facts = {"in_order": in_order, "finding": words, "by": by, "at": moment}
    record = take(check, "look", by=by, setting=facts, evidence={"in_order": in_order})
    proposal = lock(check.aftercare.proposal)
    seal(proposal, check_document(check), by=by)
    note_on_card(proposal)
    return record


@action
def overdue(check: Check, *, by: None = None) -> StepRecord:
    """Nobody looked in time: the street hears of it, and it stays due since it was."""
    return take(check, "overdue", by=None)
