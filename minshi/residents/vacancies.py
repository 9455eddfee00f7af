"""Posts that nobody holds, for whoever fills them: a stand-in acts meanwhile, but somebody has to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from minshi.accounts.models import User
from minshi.clock import today
from minshi.residents.models import OFFICES, ORGANISERS, Role, RoleGrant
from minshi.residents.rules import Held, roles_of, stands_in
from minshi.territory.models import Household, Territory

FILLS: dict[str, tuple[str, tuple[str, ...]]] = {
    Role.CLERK: ("", (Role.CHIEF,)),
    Role.CASE_OFFICER: ("community", OFFICES["community"]),
    Role.APPROVER: ("community", OFFICES["community"]),
    Role.DISTRICT_OFFICER: ("street", OFFICES["street"]),
    Role.DISTRICT_FINANCE: ("street", (Role.CASHIER,)),
}
"""Whose desk shows which posts, and on which level beneath; "" is where the doors stand."""

MOST = 30


@dataclass(frozen=True)
class Vacancy:
    place: Territory
    roles: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


def vacancies_of(user: User) -> list[Vacancy]:
    """Of the places beneath this person's office that are in use (somebody lives there): at most ``MOST``."""
    found: dict[int, Vacancy] = {}
    for held in roles_of(user):
        for vacancy in _beneath(held):
            found.setdefault(vacancy.place.pk, vacancy)
    return list(found.values())[:MOST]


def _beneath(held: Held) -> Iterable[Vacancy]:
    if held.role not in FILLS:
        return
    level, roles = FILLS[held.role]
    places = list(_in_use(held.path, level))
    kinds = ORGANISERS if not level else roles
    grants = RoleGrant.objects.active(today()).filter(role__in=kinds, user__is_active=True)
    # A grant counts for its place and all beneath it, so one above the office's own place counts as well.
    above = ["/".join(held.path.split("/")[: end + 1]) + "/" for end in range(held.path.count("/"))]
    filled = set(grants.filter(Q(place__path__startswith=held.path) | Q(place__path__in=above)).values_list(
        "role", "place__path"
    ))  # fmt: skip
    for place in places:
        here = {role for role, path in filled if place.path.startswith(path)}
        missing = (roles if not here else ()) if not level else tuple(role for role in roles if role not in here)
        if missing:
            yield Vacancy(place, missing)


def _in_use(path: str, level: str) -> Iterable[Territory]:
    """Places of a level beneath with doors in them; without one: yards, and village groups of their own."""
    doors = Household.objects.filter(is_active=True, place__path__startswith=OuterRef("path"))
    of_level = Q(level_id=level) if level else Q(level_id="yard") | Q(level_id="group", parent__level_id="community")
    return Territory.objects.filter(of_level, Exists(doors), path__startswith=path).order_by("path")


def acting_for(user: User, vacancies: Iterable[Vacancy] | None = None) -> list[Held]:
    """The empty posts in whose stead this person acts, as if held: what waits for them is on this desk."""
    return [
        Held(role, vacancy.place.path, vacancy.place.name)
        for vacancy in (vacancies_of(user) if vacancies is None else vacancies)
        for role in vacancy.roles
        if stands_in(user, vacancy.place, role)
    ]
