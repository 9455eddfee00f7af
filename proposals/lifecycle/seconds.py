"""The second person (domain.md 6): another clerk, else Party branch or supervisor, else an organiser of another
building, else the street, else the district. Nothing is waived; the desk names who.
"""

from __future__ import annotations

from collections.abc import Collection

from minshi.accounts.models import User
from minshi.clock import today
from minshi.residents.models import ORGANISERS, Role, RoleGrant
from minshi.territory.models import Territory
from proposals.lifecycle.holders import holder_place

IN_THE_COMMUNITY = (Role.CLERK, Role.PARTY, Role.SUPERVISOR)
ABOVE_IT = ((Role.CASE_OFFICER, "street"), (Role.DISTRICT_OFFICER, "district"))

Second = tuple[str, Territory, list[User]]
"""The role, the place it is held in, and who holds it there."""


def second_of(place: Territory, *, without: Collection[int], own: Collection[str]) -> Second:
    """The first of the line that is none of ``without`` (keys of users); ``own`` are the paths of the buildings that
    the matter is of.
    """
    community = holder_place(place, "community")
    for role in IN_THE_COMMUNITY:
        if people := _holding(community, role, without):
            return role, community, people
    active = RoleGrant.objects.active(today()).filter(user__is_active=True).exclude(user__in=without)
    near = active.filter(role__in=ORGANISERS, place__path__startswith=community.path).select_related("place", "user")
    for grant in near.order_by("pk"):
        if not any(grant.place.path.startswith(path) or path.startswith(grant.place.path) for path in own):
            return grant.role, grant.place, [grant.user]
    return above_of(place, "", without=without) or (Role.CASE_OFFICER, holder_place(place, "street"), [])


def above_of(place: Territory, role: str, *, without: Collection[int]) -> Second | None:
    """Who is next above whoever holds it as ``role``; nobody stands above the district."""
    passed = next((number for number, (above, _level) in enumerate(ABOVE_IT, start=1) if above == role), 0)
    for above, level in ABOVE_IT[passed:]:
        at = holder_place(place, level)
        if people := _holding(at, above, without):
            return above, at, people
    return None


def _holding(place: Territory, role: str, without: Collection[int]) -> list[User]:
    """Who holds the role itself here or above it; nobody who stands in."""
    grants = RoleGrant.objects.active(today()).filter(
        role=role, place__path__in=place.ancestor_paths(), user__is_active=True
    )
    return [grant.user for grant in grants.exclude(user__in=without).select_related("user")]
