"""Who benefits: what a list may name, and what whoever reviews changes in it."""

from __future__ import annotations

from collections.abc import Iterable

import rules
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_text, seen
from minshi.notifications.actions import tell
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household, Territory
from proposals import told
from proposals.actions.stages import new_version
from proposals.models import WHY_LENGTH, Proposal, Stage, Version
from proposals.wording import who_benefits


def listed(place: Territory, parts: Iterable[Territory], doors: Iterable[Household]) -> dict[str, list[int]]:
    """The list as a version keeps it (``places`` and ``doors``, keys in order); of nobody it is all of ``place``.

    What stands beneath another place on the list is named once. Raises ``Refused`` for what lies elsewhere or was
    struck off.
    """
    wanted, single = list(parts), list(doors)
    if any(not place.contains(part) for part in wanted) or any(not place.contains(door.place) for door in single):
        raise Refused(doors=_("受益的楼栋和户要在“%(place)s”里面") % {"place": place.name})
    if struck := [door.door for door in single if not door.is_active]:
        raise Refused(doors=_("%(doors)s 已经注销，不能列为受益户") % {"doors": "、".join(struck[:5])})
    if not wanted and not single:
        wanted = [place]
    widest = [part for part in wanted if not any(other.pk != part.pk and other.contains(part) for other in wanted)]
    alone = [door for door in single if not any(part.contains(door.place) for part in widest)]
    return {"places": sorted({part.pk for part in widest}), "doors": sorted({door.pk for door in alone})}


def why_for_nobody(proposal: Proposal) -> list[str]:
    """What has rested while its place was merged, or its doors were struck off, comes back for nobody."""
    if proposal.beneficiaries().exists():
        return []
    place = proposal.place.merged_into or proposal.place
    return [_("受益范围里已经没有在册的户，请在“%(place)s”重新提议") % {"place": place.name}]


@action
def change_beneficiaries(
    proposal: Proposal, parts: Iterable[Territory], doors: Iterable[Household], *, reason: str, by: User
) -> Version:
    """Whoever reviews says who benefits, before it passes: a new version with the reason; its proposer is told.

    Their number is counted anew, and pinned when co-signing begins.
    """
    lock(proposal)
    if proposal.stage != Stage.SUBMITTED:
        raise Refused(_("现在是“%(stage)s”，受益范围不能再改") % {"stage": Stage(proposal.stage).label})
    if not rules.has_perm("proposals.review", by, proposal):
        raise NotAllowed(_("受益范围由初审的人核对、更改，不能是提议人自己"))
    if not seen(reason):
        raise Refused(reason=_("请写明为什么改，提议人和大家都看得到"))
    last, new = proposal.version, listed(proposal.place, parts, doors)
    if (last.places, last.doors) == (new["places"], new["doors"]):
        raise Refused(doors=_("和现在的受益范围一样，没有改动"))
    version = new_version(
        proposal, by=by, why=mask_text(reason.strip())[:WHY_LENGTH], places=new["places"], doors=new["doors"]
    )
    facts = {"who": who_benefits(version, proposal.place), "n": version.households, "why": version.why}
    tell(
        proposal.proposer,
        _("受益范围改了：%(title)s") % {"title": proposal.title},
        _("现在是%(who)s，共 %(n)d 户。理由：%(why)s") % facts,
        proposal.get_absolute_url(),
        event=told.BENEFITS_CHANGED.name,
    )
    return version
