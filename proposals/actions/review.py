"""初审: the chief, or whoever it climbed to, gives a verdict; silence climbs."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.lifecycle.models import StepRecord
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import nearest_role
from minshi.territory.models import Territory
from proposals.actions.benefits import why_for_nobody
from proposals.actions.cosigning import gather_if_enough
from proposals.actions.stages import advance, note_on_card
from proposals.lifecycle import appeal_end, period, reviewer_of, stepped_aside
from proposals.models import Proposal, Stage


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
def recuse(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """回避: whoever is to review it has a part in it. Another of the same post has it now, else the next above.

    Raises ``Refused`` where nobody else is left at all: it would wait for nobody.
    """
    lock(proposal)
    aside = [*stepped_aside(proposal), by.pk]
    after = proposal.holder_role if _is_beyond_the_chief(proposal) else ""
    role, place = _next_reviewer(proposal, after, aside)
    due = period(proposal.place, "review.climb_days", now())
    is_left = nearest_role(place, (role,), without={proposal.proposer_id, *aside})
    obstacles = [] if is_left else [_("没有别的人可以审了，请先请上一级补上空缺的岗位，再回避")]
    return advance(proposal, "recuse", by=by, reason=reason, role=role, place=place, due=due, obstacles=obstacles)


def _is_beyond_the_chief(proposal: Proposal) -> bool:
    return proposal.holder_role not in ORGANISERS


def _next_reviewer(proposal: Proposal, held: str, aside: Collection[int]) -> tuple[str, Territory]:
    """The same post where somebody else has it, too; else whoever follows on the ladder."""
    assert proposal.holder_place
    without = {proposal.proposer_id, *aside}
    if held and nearest_role(proposal.holder_place, (held,), without=without):
        return held, proposal.holder_place
    return reviewer_of(proposal.place, proposal.proposer, after=held, aside=aside)


@action
def appeal(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """申诉: once, by whoever proposed it, to the community; another than who declined it decides."""
    lock(proposal)
    role, place = reviewer_of(proposal.place, proposal.proposer, after=Role.CHIEF, aside=stepped_aside(proposal))
    return advance(
        proposal,
        "appeal",
        by=by,
        reason=reason,
        role=role,
        place=place,
        due=period(proposal.place, "appeal.days", now()),
        obstacles=why_not_appeal(proposal),
    )


def why_not_appeal(proposal: Proposal) -> list[str]:
    """What keeps its proposer from appealing, besides that it was not declined."""
    records = StepRecord.objects.of(proposal).order_by("id")
    last = records.filter(target=Stage.DECLINED).last()
    if proposal.stage != Stage.DECLINED or last is None or last.verb != "decline":
        return [_("只有初审不通过的提议可以申诉")]
    if records.filter(verb="appeal").exists():
        return [_("已经申诉过一次，这是最后的答复；情况变了可以重新提议")]
    if now() >= (end := appeal_end(proposal.place, last.at)):
        return [_("申诉期到 %(end)s 已经过了，可以重新提议") % {"end": cn_until(end)}]
    return why_for_nobody(proposal)


@action
def climb(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Nobody reviewed in time: the next on the ladder holds it now, with days of their own.

    At its end nobody follows: what is left undone there stays due there.
    """
    aside = stepped_aside(proposal)
    role, place = reviewer_of(proposal.place, proposal.proposer, after=proposal.holder_role, aside=aside)
    due = period(proposal.place, "review.climb_days", now())
    return advance(proposal, "climb", by=by, role=role, place=place, due=due, evidence={"from": proposal.holder_role})
