"""初审: the chief, or whoever it climbed to, gives a verdict; silence climbs."""

from __future__ import annotations

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.models import StepRecord
from proposals.actions.cosigning import gather_if_enough
from proposals.actions.stages import advance, note_on_card
from proposals.lifecycle import period, reviewer_of
from proposals.models import Proposal


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
def climb(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Nobody reviewed in time: the next on the ladder holds it now, with days of their own.

    At its end nobody follows: what is left undone there stays due there.
    """
    role, place = reviewer_of(proposal.place, proposal.proposer, after=proposal.holder_role)
    due = period(proposal.place, "review.climb_days", now())
    return advance(proposal, "climb", by=by, role=role, place=place, due=due, evidence={"from": proposal.holder_role})
