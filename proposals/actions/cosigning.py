"""附议: households carry a proposal on to the vote."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil

import rules
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.notifications.actions import tell
from minshi.refusals import NotAllowed, Refused
from minshi.residents import speaking
from minshi.residents.models import Person
from minshi.territory.models import Household
from proposals.actions.stages import advance, note_on_card
from proposals.models import (
    Channel,
    Cosign,
    Proposal,
    Stage,
    Version,
)


def cosigns_needed(proposal: Proposal, version: Version | None = None) -> int:
    """How many households carry it on: ten, or a tenth of those who benefit, whichever is fewer (row 2)."""
    fixed = int(proposal.terms.get("cosign.households", 10))
    share = Fraction(str(proposal.terms.get("cosign.share", "1/10")))
    return max(1, min(fixed, ceil(share * (version or proposal.version).households)))


@action
def cosign(proposal: Proposal, household: Household, *, by: User, channel: str = Channel.ONLINE) -> Cosign:
    """A household supports putting it forward; once each, counted against those who benefit."""
    lock(proposal)
    if proposal.stage != Stage.COSIGNING:
        raise Refused(_("现在是“%(stage)s”，不能附议") % {"stage": Stage(proposal.stage).label})
    speaker = _speaker(by, household, proposal, channel)
    if not proposal.beneficiaries().filter(pk=household.pk).exists():
        raise Refused(_("这户不在受益户名单里，不能附议"))
    try:
        with transaction.atomic():
            signed = Cosign.objects.create(
                proposal=proposal, household=household, speaker=speaker, by=by, channel=channel
            )
    except IntegrityError:
        raise Refused(_("您家或您本人已经附议过了，一户只算一次，一人也只算一次")) from None
    gather_if_enough(proposal)
    return signed


@action
def cosign_on_paper(proposal: Proposal, households: Iterable[Household], *, by: User) -> int:
    """Enter a signed sheet: every household of it that benefits and has not signed yet; returns how many were new.

    All of the sheet counts, also beyond what was needed.
    """
    lock(proposal)
    if proposal.stage != Stage.COSIGNING:
        raise Refused(_("现在是“%(stage)s”，不能附议") % {"stage": Stage(proposal.stage).label})
    if not rules.has_perm("proposals.record_paper", by, proposal):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以代录纸质附议"))
    signed = set(proposal.cosigns.values_list("household_id", flat=True))
    theirs = proposal.beneficiaries().filter(pk__in=[household.pk for household in households]).exclude(pk__in=signed)
    rows = [Cosign(proposal=proposal, household=household, by=by, channel=Channel.PAPER) for household in theirs]
    if not rows:
        raise Refused(households=_("请勾选还没有附议的受益户"))
    Cosign.objects.bulk_create(rows)
    gather_if_enough(proposal)
    return len(rows)


def gather_if_enough(proposal: Proposal) -> None:
    """Count the signatures under the proposal's lock; once there are enough, it goes on to the vote."""
    count = count_cosigns(proposal)
    if proposal.stage != Stage.COSIGNING or count < cosigns_needed(proposal):
        return
    advance(proposal, "gather", by=None, evidence={"cosigns": count})
    tell(
        proposal.proposer,
        _("附议够了：%(title)s") % {"title": proposal.title},
        _("接下来由社区组织表决"),
        proposal.get_absolute_url(),
    )


def _speaker(user: User, household: Household, proposal: Proposal, channel: str) -> Person | None:
    """Whose word it is; raises ``NotAllowed`` for whoever may not speak for this door or enter it."""
    if channel == Channel.ONLINE:
        person = speaking.speaker(user, household, act=_("附议"), any_adult=True)
        if not rules.has_perm("proposals.cosign", user, proposal):
            raise NotAllowed(_("只有受益的住户可以附议"))
        return person
    if not rules.has_perm("proposals.record_paper", user, proposal):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以代录纸质附议"))
    return None


def count_cosigns(proposal: Proposal) -> int:
    """Counted once per signature, and kept on the card."""
    count = proposal.cosigns.counted().count()
    note_on_card(proposal, cosigns=count)
    return count
