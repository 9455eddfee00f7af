"""Who holds a matter, in which place, and for how long; higher apps ask here too."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.residents.models import OFFICES, ORGANISERS, Role
from minshi.residents.rules import holds, nearest_role
from minshi.territory.models import Level, Territory

PROPOSER = "proposer"
GROUP = "group"
"""Holders that are not roles in a place: the proposal's own proposer, and its project group."""

HOLDER_LABELS = {PROPOSER: _("提议人"), GROUP: _("项目小组")}

TIERS = {
    # Who handles on which tier: domain.md 4.7, policy row 3.
    1: (Role.CLERK, "community", "handling.tier1.days"),
    2: (Role.CASE_OFFICER, "street", "handling.tier2.days"),
    3: (Role.DISTRICT_OFFICER, "district", "handling.tier3.days"),
}


def least_tier(place: Territory) -> int:
    """What spans streets is the district's from the beginning (domain.md 4.7): no street can hold it."""
    return 3 if place.level_id in ("city", "district") else 1


REVIEW_LADDER = ((Role.CHIEF, ""), (Role.CLERK, "community"), (Role.CASE_OFFICER, "street"))
"""Chief silent → community → street; never lost (domain.md 4.3)."""


def reviewer_of(
    place: Territory, proposer: User, *, after: str = "", aside: Collection[int] = ()
) -> tuple[str, Territory]:
    """Who reviews what ``proposer`` puts forward for ``place``, and where: the first on the ladder that somebody else
    holds, beyond the rung of ``after``. ``aside``: the keys of those who stepped aside, or have said their word.

    Never the proposer: a chief's own goes to another organiser or to the community, a clerk's own to the street.
    Where nobody is found the street keeps it, and where that has nobody the district; where all of these stepped aside
    or have said their word, whoever else is in these offices.
    """
    rungs, without = [role for role, _level in REVIEW_LADDER], {proposer.pk, *aside}
    passed = rungs.index(_rung(after)) + 1 if after else 0
    for role, level in REVIEW_LADDER[min(passed, len(rungs) - 1) :]:
        at = holder_place(place, level)
        if role == Role.CLERK and holds(proposer, at, Role.CLERK):
            continue
        if found := nearest_role(at, _who(role), without=without):
            return found, at
    kept = street_or_district(place, proposer, aside)
    return kept if not aside or nearest_role(kept[1], kept[:1], without=without) else _beside(place, without) or kept


BESIDE = ((Role.APPROVER, "street"), (OFFICES["district"][1], "district"))
"""Who is left of an office whose officers are all too close to a matter (domain.md 6)."""


def _beside(place: Territory, without: Collection[int]) -> tuple[str, Territory] | None:
    posts = [(role, holder_place(place, level)) for role, level in BESIDE]
    return next(((role, at) for role, at in posts if nearest_role(at, (role,), without=without)), None)


def answerer_of(place: Territory, first_hand: User | None = None) -> tuple[str, Territory]:
    """Who answers wishes there: the community, and where it has no clerk the street.

    ``first_hand``: who wrote it down, where it takes another. One clerk alone does not keep it waiting.
    """
    community = holder_place(place, "community")
    without = first_hand.keys if first_hand else ()
    if nearest_role(community, (Role.CLERK,), without=tuple(without)):
        return Role.CLERK, community
    return street_or_district(place, first_hand)


def street_or_district(
    place: Territory, asker: User | None = None, aside: Collection[int] = ()
) -> tuple[str, Territory]:
    """The case officer, or the district's lead where the street has none. Somebody has to keep it."""
    without = {*aside, asker.pk} if asker else aside
    for role, level in ((Role.CASE_OFFICER, "street"), (OFFICES["district"][0], "district")):
        at = holder_place(place, level)
        if nearest_role(at, (role,), without=without):
            return role, at
    return Role.CASE_OFFICER, holder_place(place, "street")


def _who(rung: str) -> tuple[str, ...]:
    """The chief's rung is every organiser's of the place (S2)."""
    return tuple(ORGANISERS) if rung == Role.CHIEF else (rung,)


def _rung(role: str) -> Role:
    """On which rung a holder stands; whoever acts for the street stands on the last."""
    if role in ORGANISERS:
        return Role.CHIEF
    return next((rung for rung, _level in REVIEW_LADDER if rung == role), REVIEW_LADDER[-1][0])


LEVELS: dict[str, str] = {
    PROPOSER: "",
    GROUP: "",
    **dict.fromkeys(ORGANISERS, ""),
    **{role: level for level, roles in OFFICES.items() for role in roles},
}
"""On which level each holder is; "" is the proposal's own place."""

ABOVE = {"": "street", "community": "street", "street": "district", "district": "district"}
"""Which level hears that a holder on this one is late; above the district there is nobody."""


def superior_of(holder: str) -> tuple[Role, str]:
    """The role and the level that hear of it when this holder is late. ``KeyError`` for a holder nobody knows."""
    level = ABOVE[LEVELS[holder]]
    return OFFICES[level][0], level


def decider_above(place: Territory, level: str) -> tuple[str, Role, Territory]:
    """Who decides above an office of this level, as (which level, role, where): street, district, or two of the
    district's officers, above whom there is nobody.
    """
    if level in ("city", "district"):
        return "above", Role.DISTRICT_OFFICER, holder_place(place, "district")
    above = ABOVE.get(level, "street")
    return above, OFFICES[above][0], holder_place(place, above)


def holder_place(place: Territory, level: str) -> Territory:
    """The place on that level at or above ``place``; where the tree has none, the next one above."""
    return (place.at_level(level) if level else None) or (place if not level else _above(place, level))


def _above(place: Territory, level: str) -> Territory:
    rank = Level.objects.get(code=level).rank
    higher = [above for above in place.ancestors() if above.level.rank <= rank]
    return higher[-1] if higher else place


def appeal_end(place: Territory, declined: datetime) -> datetime:
    """Until when whoever proposed it may appeal against the review."""
    return period(place, "appeal.open_days", declined).end


def period(place: Territory, parameter: str, at: datetime, unit: str = "working_days") -> calendar.Period:
    """The period that ``parameter`` gives in ``place``, counted from ``at``."""
    return calendar.period(at, **{unit: int(policy.value(parameter, place))})
