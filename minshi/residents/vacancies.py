"""Posts that nobody holds, for whoever fills them: a stand-in acts meanwhile, but somebody has to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from minshi.accounts.models import User
from minshi.residents.models import OFFICES, ORGANISERS, Role
from minshi.residents.rules import Held, learn_held, roles_of, stands_in
from minshi.territory.models import Household, LiesWithin, Territory

FILLS: dict[str, tuple[str, tuple[str, ...]]] = {
    Role.CLERK: ("", (Role.CHIEF,)),
    Role.CASE_OFFICER: ("community", OFFICES["community"]),
    Role.APPROVER: ("community", OFFICES["community"]),
    Role.DISTRICT_OFFICER: ("street", OFFICES["street"]),
    Role.DISTRICT_FINANCE: ("street", (Role.CASHIER,)),
}
"""Whose desk shows which posts, and on which level beneath; "" is where the doors stand."""


@dataclass(frozen=True)
class Vacancy:
    place: Territory
    roles: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


def vacancies_of(user: User) -> list[Vacancy]:
    """Of the places beneath this person's office that are in use (somebody lives there).

    Whoever stands in for an office fills its posts as well: where street and community are empty, both are the
    district's.
    """
    found: dict[tuple[int, str], Vacancy] = {}
    posts = {(held.role, held.path) for held in roles_of(user) if held.role in FILLS}
    while posts:
        news = [each for each in _beneath(posts, user) if (each.place.pk, each.roles[0]) not in found]
        found |= {(each.place.pk, each.roles[0]): each for each in news}
        posts = {
            (role, each.place.path)
            for each in news
            for role in each.roles
            if role in FILLS and stands_in(user, each.place, role)
        }
    return sorted(found.values(), key=lambda each: each.place.path)


def _beneath(posts: Iterable[tuple[str, str]], user: User) -> Iterable[Vacancy]:
    """What is vacant beneath these posts, given as role and path."""
    for level in sorted({FILLS[role][0] for role, _path in posts}):
        mine = [(FILLS[role][1], path) for role, path in posts if FILLS[role][0] == level]
        kinds = tuple(ORGANISERS) if not level else tuple({role for roles, _path in mine for role in roles})
        places = list(_in_use([path for _roles, path in mine], level))
        held = learn_held(user, [place.path for place in places])
        for place in places:
            here = held[place.path] & set(kinds)
            roles = {role for roles, path in mine if place.path.startswith(path) for role in roles}
            missing = (roles if not here else set()) if not level else roles - here
            if missing:
                yield Vacancy(place, tuple(role for role in Role if role in missing))


def _in_use(paths: Iterable[str], level: str) -> Iterable[Territory]:
    """Places of a level beneath with doors in them; without one: yards, and village groups of their own."""
    doors = Household.objects.filter(LiesWithin(F("place__path"), OuterRef("path")), is_active=True)
    of_level = Q(level_id=level) if level else Q(level_id="yard") | Q(level_id="group", parent__level_id="community")
    beneath = Q(pk__in=[])
    for path in paths:
        beneath |= Q(path__startswith=path)
    return Territory.objects.filter(of_level, Exists(doors), beneath).order_by("path")


def acting_for(user: User, vacancies: Iterable[Vacancy] | None = None) -> list[Held]:
    """The empty posts in whose stead this person acts, as if held: what waits for them is on this desk."""
    known: list[Held] | None = user.__dict__.get("_acting")  # like the roles, remembered on this user object only
    if known is None:
        known = [
            Held(role, vacancy.place.path, vacancy.place.name)
            for vacancy in (vacancies_of(user) if vacancies is None else vacancies)
            for role in vacancy.roles
            if stands_in(user, vacancy.place, role)
        ]
        user.__dict__["_acting"] = known
    return known
