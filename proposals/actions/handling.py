"""分级办理 (domain.md 4.7): who holds the matter on which tier, and where it goes next."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import one_line, seen
from minshi.refusals import Refused, refuse_if
from proposals.actions.stages import advance, in_public, note_on_card
from proposals.lifecycle import TIERS, holder_place, least_tier, period
from proposals.models import LEAD_LENGTH, Handling, Proposal, Stage, Tier


@action
def open_handling(proposal: Proposal, *, by: User | None) -> StepRecord:
    """The notice has passed: hand the matter to the holder of its tier."""
    tier = max(proposal.tier or 1, least_tier(proposal.place))
    role, level, days = TIERS[tier]
    place, due = holder_place(proposal.place, level), period(proposal.place, days, now())
    record = advance(proposal, "open_handling", by=by, role=role, place=place, due=due, tier=tier)
    _dispatch(proposal, tier)
    return record


@action
def accept_handling(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """The holder takes it on with a plan, said in ``reason``; money comes next."""
    record = advance(proposal, "accept", by=by, reason=reason, evidence={"tier": proposal.tier})
    _end_dispatch(proposal, "accepted", reason)
    return record


@action
def escalate(proposal: Proposal, *, by: User | None, reason: str = "", urgent: bool = False) -> StepRecord:
    """To the next tier, by its holder with a reason or (``by=None``) by silence. What is ``urgent`` stays so."""
    lock(proposal)
    tier = proposal.tier or 1
    if tier >= 3:
        raise Refused(_("已经是三级，没有更高一级；逾期会列入督办"))
    role, level, days = TIERS[tier + 1]
    record = advance(
        proposal,
        "climb_tier" if by is None else "escalate",
        by=by,
        reason=reason,
        tier=tier + 1,
        role=role,
        place=holder_place(proposal.place, level),
        due=period(proposal.place, days, now()),
        evidence={"from_tier": tier, "to_tier": tier + 1},
    )
    before = _end_dispatch(proposal, "climbed" if by is None else "escalated", reason)
    _dispatch(proposal, tier + 1, urgent=urgent or before.urgent)
    return record


@action
def send_up(proposal: Proposal, verb: str, *, by: User, reason: str, obstacles: Iterable[object] = ()) -> StepRecord:
    """A holder who took it on finds that it needs the next tier's help: that one's holder has it now."""
    lock(proposal)
    tier = (proposal.tier or 1) + 1
    role, level, days = TIERS[min(tier, 3)]
    record = advance(
        proposal,
        verb,
        by=by,
        reason=reason,
        tier=min(tier, 3),
        role=role,
        place=holder_place(proposal.place, level),
        due=period(proposal.place, days, now()),
        evidence={"from_tier": tier - 1, "to_tier": tier},
        obstacles=obstacles,
    )
    _dispatch(proposal, tier)
    return record


@action
def hand_back(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """退单: once, to the holder before; who then escalates or declines."""
    lock(proposal)
    tier = proposal.tier or 1
    if proposal.stage == Stage.HANDLING:  # its terms are pinned; elsewhere the step itself is refused
        refuse_if(why_not_hand_back(proposal))
    lower = max(tier - 1, 1)
    role, level, days = TIERS[lower]
    record = advance(
        proposal,
        "hand_back",
        by=by,
        reason=reason,
        tier=lower,
        role=role,
        place=holder_place(proposal.place, level),
        due=period(proposal.place, days, now()),
        evidence={"from_tier": tier, "to_tier": lower},
    )
    before = _end_dispatch(proposal, "handed_back", reason)
    _dispatch(proposal, lower, handed_back_to=True, urgent=before.urgent)
    return record


def why_not_hand_back(proposal: Proposal) -> list[str]:
    """What makes handing back impossible where it is now, so that it is not offered either."""
    if least_tier(proposal.place) == Tier.THIRD:
        return [_("跨街道的事由区里办理，没有别人可退")]
    if (proposal.tier or 1) == 1:
        return [_("社区是第一承办人，没有上一个承办人可退")]
    allowed = int(proposal.terms["handback.times"])
    if proposal.handlings.filter(outcome="handed_back").count() >= allowed:
        return [_("只能退单 %(allowed)s 次，请接单办理或提请上一级") % {"allowed": allowed}]
    return []


def why_not_decline(proposal: Proposal) -> list[str]:
    """Who holds it first takes it on or passes it up; who got it back, and the district, may say it cannot be done."""
    card = proposal.handlings.filter(ended_at=None).first()
    if card and (card.handed_back_to or card.tier == Tier.THIRD):
        return []
    return [_("首接负责：请先接单办理，或说明理由提请上一级")]


@action
def decline_handling(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """It cannot be done, said by a holder to whom it was handed back, or by the district at tier 3."""
    lock(proposal)
    record = advance(proposal, "decline_handling", by=by, reason=reason, obstacles=why_not_decline(proposal))
    _end_dispatch(proposal, "declined", reason)
    return record


@action
def take_lead(proposal: Proposal, *, office: str, name: str = "", reason: str, by: User) -> StepRecord:
    """领导接单: a leader of the office that holds it takes it; all read the office, ``reason`` says what follows.

    Its days stay as they are. Raises ``Refused`` where a leader has it already.
    """
    lock(proposal)
    if not seen(office):
        raise Refused(office=_("请写接单领导的职务，例如：分管副区长"))
    card = proposal.handlings.select_for_update(of=("self",)).filter(ended_at=None).first()
    obstacles = [_("已经由%(office)s接单") % {"office": card.lead_office}] if card and card.lead_office else []
    said = in_public(one_line(office), place=proposal.place, name=name)[:LEAD_LENGTH]
    record = take(
        proposal,
        "take_lead",
        by=by,
        reason=in_public(reason, place=proposal.place, author=proposal.proposer, name=name),
        evidence={"office": said, "tier": proposal.tier},
        obstacles=obstacles,
    )
    assert card
    card.lead_office, card.lead_name, card.lead_at = said, one_line(name)[:40], record.at
    card.save(update_fields=["lead_office", "lead_name", "lead_at"])
    note_on_card(proposal)
    return record


@action
def supervise(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Tier 3 has run over: 督办, with a reminder to the lead office every working day until it moves."""
    since = proposal.supervised_at if proposal.is_supervised else now()
    record = take(proposal, "supervise", by=by, setting={"supervised_at": since})
    note_on_card(proposal)
    return record


def _dispatch(proposal: Proposal, tier: int, *, handed_back_to: bool = False, urgent: bool = False) -> Handling:
    """Write the dispatch card of whoever holds the matter now."""
    assert proposal.holder_place and proposal.due_at
    return Handling.objects.create(
        proposal=proposal,
        tier=tier,
        role=proposal.holder_role,
        place=proposal.holder_place,
        due_at=proposal.due_at,
        handed_back_to=handed_back_to,
        urgent=urgent,
    )


def _end_dispatch(proposal: Proposal, outcome: str, reason: str) -> Handling:
    card: Handling = proposal.handlings.get(ended_at=None)
    card.ended_at, card.outcome = now(), outcome
    card.reason = in_public(reason, place=proposal.place, author=proposal.proposer)
    card.save(update_fields=["ended_at", "outcome", "reason"])
    return card
