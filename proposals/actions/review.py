"""初审: the chief, or whoever it climbed to, gives a verdict; silence climbs."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused
from minshi.residents import speaking
from proposals.actions.cosigning import gather_if_enough
from proposals.actions.stages import advance, note_on_card
from proposals.lifecycle import holder_place, period, reviewer_of
from proposals.models import (
    Cosign,
    Proposal,
    Stage,
)


@action
def pass_review(proposal: Proposal, *, by: User, reason: str = "") -> StepRecord:
    """The chief lets it go on to co-signing."""
    record = advance(proposal, "pass_review", by=by, reason=reason)
    proposal.refresh_from_db(fields=["pinned_households"])
    note_on_card(proposal, households=proposal.pinned_households)
    if proposal.cosigns.exists():  # it came with the supporters of a merged one
        gather_if_enough(proposal)
    return record


@action
def return_for_revision(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    return advance(proposal, "return_for_revision", by=by, reason=reason)


@action
def decline(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    return advance(proposal, "decline", by=by, reason=reason)


@action
def merge(proposal: Proposal, into: Proposal, *, by: User, reason: str) -> StepRecord:
    """Join a proposal to another of the same community; its supporters come along, each household once."""
    if into.pk == proposal.pk:
        raise Refused(into=_("不能并入自己"))
    if not holder_place(proposal.place, "community").contains(into.place):
        raise Refused(into=_("只能并入同一个社区的项目"))
    lock(into)
    if into.stage not in (Stage.SUBMITTED, Stage.COSIGNING):
        raise Refused(
            into=_("“%(title)s”已经是“%(stage)s”，不能再并入") % {"title": into.title, "stage": Stage(into.stage).label}
        )
    standing = list(proposal.cosigns.standing().select_related("household"))
    benefit = set(into.beneficiaries().values_list("pk", flat=True))
    left = [cosign for cosign in standing if cosign.household_id not in benefit]
    record = advance(
        proposal,
        "merge",
        by=by,
        reason=_with_who_stays(reason, len(left)),
        evidence={"into": into.number, "carried": len(standing) - len(left), "left": len(left)},
        merged_into=into,
    )
    moved = [
        Cosign(
            proposal=into,
            household_id=cosign.household_id,
            speaker_id=cosign.speaker_id,
            by_id=cosign.by_id,
            line_id=cosign.line_id,
            channel=cosign.channel,
        )
        for cosign in _each_human_once(into, standing)
        if cosign.household_id in benefit
    ]
    Cosign.objects.bulk_create(moved, ignore_conflicts=True)
    gather_if_enough(into)
    return record


def _each_human_once(into: Proposal, standing: list[Cosign]) -> list[Cosign]:
    """Of supporters those who have not signed the other one already, by whichever of the accounts that were joined."""
    there = into.cosigns.standing().values_list("speaker_id", flat=True)
    spoken = {entry for same in speaking.entries_of(there).values() for entry in same}
    same = speaking.entries_of(cosign.speaker_id for cosign in standing)
    once = []
    for cosign in standing:
        if cosign.speaker_id is None:  # 未登记
            once.append(cosign)
        elif cosign.speaker_id not in spoken:
            once.append(cosign)
            spoken |= same[cosign.speaker_id]
    return once


def _with_who_stays(reason: str, left: int) -> str:
    """Supporters who do not benefit from the other one cannot sign for it: said in public, with why."""
    if not left or not reason.strip():
        return reason
    return _("%(reason)s（%(n)d 户附议没有并过去：不在那件事的受益户里）") % {"reason": reason.strip(), "n": left}


@action
def climb(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Nobody reviewed in time: the next on the ladder holds it now, with days of their own.

    At its end nobody follows: what is left undone there stays due there.
    """
    role, place = reviewer_of(proposal.place, proposal.proposer, after=proposal.holder_role)
    due = period(proposal.place, "review.climb_days", now())
    return advance(proposal, "climb", by=by, role=role, place=place, due=due, evidence={"from": proposal.holder_role})
