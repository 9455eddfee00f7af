"""What a survey's result means for the retained part: funding keeps the hold, and only this app asks for it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from funding import actions as funding
from funding.models import Hold, HoldStage
from proposals.models import Proposal


def _stage(proposal: Proposal) -> str:
    """Where the hold stands; nothing for a project that needed no contract."""
    holds = Hold.objects.filter(contract__proposal=proposal, contract__ended_at=None)
    return holds.values_list("stage", flat=True).first() or ""


def release(proposal: Proposal) -> None:
    """The result's notice has passed: the retained part may be paid."""
    if _stage(proposal) == HoldStage.HELD:
        funding.release_hold(proposal, by=None, reason=_("满意度评议达标，公示期满"))


def refuse(proposal: Proposal, reason: str) -> None:
    """Nothing more is paid until the work has been accepted and rated again."""
    if _stage(proposal) == HoldStage.HELD:
        funding.refuse_hold(proposal, by=None, reason=reason)


def keep(proposal: Proposal, reason: str) -> None:
    """It stays held while things are mended."""
    if _stage(proposal) == HoldStage.HELD:
        funding.keep_hold(proposal, by=None, reason=reason)
