"""Who may act where: this role, in this territory and everything beneath it.

Superuser is not a role in the neighbourhood: nothing here asks ``is_superuser``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from django.db import connection
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import CHINA, Instant, today
from minshi.deadlines.models import Deadline
from minshi.deadlines.rounds import asked_once
from minshi.lifecycle.permits import note_stand_in
from minshi.refusals import guarded
from minshi.residents.models import (
    OFFICES,
    ORGANISERS,
    STAFF_ROLES,
    Person,
    Residence,
    ResidenceQuerySet,
    Role,
    RoleGrant,
)
from minshi.territory.models import Territory, paths_down_to

guarded(
    post_needs_a_number=_("这个账号没有手机号，不能任职：一个人一个账号，要有本人的手机号"),
    door_of_a_running_project=_(
        "这里还有在办的项目（%(numbers)s），办完以后再分、再并：谁受益、谁能表决，开始以后不变"
    ),
    post_keeps_its_number=_("这个账号还有任职，不能没有手机号；先撤销任职"),
)

RESIDENT = _("居民")
"""As whom somebody acts who holds no role."""


def title_in(place: str, role: str) -> str:
    """佳园社区 and 社区工作人员 are 佳园社区工作人员: the level is said once."""
    label = str(Role(role).label)
    said = next((level for level in ("社区", "街道", "区") if place.endswith(level) and label.startswith(level)), "")
    return place + label.removeprefix(said)


@dataclass(frozen=True)
class Held:
    """A role held now, with its place as path and name."""

    role: str
    path: str
    place: str

    @property
    def label(self) -> str:
        return title_in(self.place, self.role)


def roles_of(user: User | None) -> tuple[Held, ...]:
    """The roles this person holds today; one query, remembered on this user object only.

    A request loads its own user object, so a revocation holds from the next request on.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return ()
    held: tuple[Held, ...] | None = getattr(user, "_held", None)
    if held is None:
        with connection.cursor() as cursor:
            cursor.execute(HELD, [user.pk])
            rows = cursor.fetchall()
        user.__dict__["_held_on"] = rows[0][0]
        held = tuple(Held(*row) for _day, *row in rows if row[0])
        user._held = held  # type: ignore[attr-defined]
    return held


HELD = """
SELECT day, role, path, name FROM (SELECT (minshi_now() AT TIME ZONE 'Asia/Shanghai')::date AS day) AS now
LEFT JOIN (
    residents_rolegrant AS held JOIN territory_territory AS place ON place.id = held.place_id
) ON held.user_id = %s AND since <= day AND (until IS NULL OR until > day) AND revoked_at IS NULL
ORDER BY held.id
"""
"""The day, and the roles held on it (``RoleGrant.objects.active``). Written out: every page of one's own asks it."""


STAND_INS: dict[str, tuple[Role, ...]] = {
    # Where nobody holds the role the first of these acts, named so; a filled post ends it by itself (domain.md 4).
    **dict.fromkeys(ORGANISERS, (Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)),
    Role.CLERK: (Role.CASE_OFFICER, Role.DISTRICT_OFFICER),
    Role.PARTY: (Role.APPROVER, Role.DISTRICT_OFFICER),
    Role.SUPERVISOR: (Role.CASE_OFFICER, Role.DISTRICT_OFFICER),
    Role.CASE_OFFICER: (Role.DISTRICT_OFFICER,),
    Role.APPROVER: (Role.DISTRICT_OFFICER,),
    Role.CASHIER: (Role.DISTRICT_FINANCE,),
}
WIDER = {"community": ("street", "district", "city"), "street": ("district", "city"), "district": ("city",)}
"""Places too wide for an office of the level: a street has no Party branch of its own that were missing."""

ANY_OF_THE_LINE = (Role.SUPERVISOR,)
"""Who must have had no part in the project: whoever of the line has none."""


def holds(user: User | None, place: Territory, *roles: str) -> bool:
    """Whether this person holds one of these roles in this place or above it, or stands in where nobody does."""
    if holds_itself(user, place, *roles):
        return True
    if post := next((role for role in roles if stands_in(user, place, role)), ""):
        note_stand_in(str(Role(post).label))
    return bool(post)


def holds_itself(user: User | None, place: Territory, *roles: str) -> bool:
    return any(held.role in roles and place.path.startswith(held.path) for held in roles_of(user))


def stands_in(user: User | None, place: Territory, role: str) -> bool:
    """Whether nobody holds this role here and this person is the next in its line; remembered on the user object."""
    line = STAND_INS.get(role, ())
    own = {held.role for held in roles_of(user) if place.path.startswith(held.path)}
    first = next((number for number, stand_in in enumerate(line) if stand_in in own), None)
    if user is None or first is None or not has_office(place, role):
        return False
    kinds = tuple(ORGANISERS) if role in ORGANISERS else (role,)
    before = () if role in ANY_OF_THE_LINE else line[:first]
    return not _held_along(user, place) & {*kinds, *before}


def has_office(place: Territory, role: str) -> bool:
    """Whether a place like this may have such a post at all: it is not too wide for it."""
    level = next((each for each, offices in OFFICES.items() if role in offices), "")
    return place.level_id not in WIDER.get(level, ())


def why_not_there(role: str, place: Territory) -> str:
    """Why this office cannot be here: what waits for it waits at its own level, and is on nobody's desk elsewhere."""
    level = next((each for each, offices in OFFICES.items() if role in offices), "")
    own = place.at_level(level) if level else place
    if own is not None and own.pk != place.pk:
        return _("%(role)s不设在这里，请选%(place)s") % {"role": Role(role).label, "place": own.name}
    if own is None and Territory.objects.within(place).filter(level_id=level).exists():
        return _("%(role)s不设在这里，请选下面具体的一个") % {"role": Role(role).label}
    return ""


def _held_along(user: User, place: Territory) -> set[str]:
    """Every role that somebody holds here or above; one query a place, remembered on the user object."""
    known: dict[str, set[str]] = user.__dict__.setdefault("_held_along", {})
    if place.path not in known:
        grants = RoleGrant.objects.active(user.__dict__["_held_on"]).filter(
            place__path__in=place.ancestor_paths(), user__is_active=True
        )
        known[place.path] = set(grants.values_list("role", flat=True))
    return known[place.path]


def who_acts(place: Territory, role: str, day: date) -> str:
    """The role that acts for this one here: itself where somebody holds it, else the first of its line that has one."""
    return acts_for(role, held_at([place.path], day)[place.path])


def held_at(paths: Iterable[str], day: date, *, without: User | None = None) -> dict[str, set[str]]:
    """Every role that somebody, else than this human, holds in each of these places or above it; one query for all."""
    above = {path: paths_down_to(path) for path in paths}
    wanted = {each for line in above.values() for each in line}
    grants = RoleGrant.objects.active(day).filter(place__path__in=wanted, user__is_active=True)
    if without:
        grants = grants.exclude(user__in=without.keys)
    held: dict[str, set[str]] = {}
    for role, path in grants.values_list("role", "place__path").distinct():
        held.setdefault(path, set()).add(role)
    return {path: {role for each in line for role in held.get(each, ())} for path, line in above.items()}


def learn_held(user: User, paths: Iterable[str]) -> dict[str, set[str]]:
    """``held_at`` today, remembered on the user object so that ``stands_in`` asks no more for each place."""
    known: dict[str, set[str]] = user.__dict__.setdefault("_held_along", {})
    if unknown := [path for path in paths if path not in known]:
        known |= held_at(unknown, user.__dict__["_held_on"])
    return known


def acts_for(role: str, held: set[str]) -> str:
    """``who_acts`` where one knows already which roles somebody holds there or above."""
    kinds = set(ORGANISERS) if role in ORGANISERS else {role}
    return role if held & kinds else next((str(each) for each in STAND_INS.get(role, ()) if each in held), role)


def acting_title(place: Territory, role: str, day: date | None = None) -> str:
    """A post as it is said to people: where nobody holds it, whoever stands in, named so."""
    return title_of_acting(place.name, role, who_acts(place, role, day or today()))


def title_of_acting(place: str, role: str, acts: str) -> str:
    title = title_in(place, role)
    return title if acts == role else _("%(who)s（代%(post)s）") % {"who": Role(acts).label, "post": title}


def acting_titles(waiting: Iterable[tuple[Territory, str]], day: date) -> dict[tuple[str, str], str]:
    """``acting_title`` of many posts, by path and role, in one query."""
    pairs = list(waiting)
    held = held_at({place.path for place, _role in pairs}, day) if pairs else {}
    return {
        (place.path, role): title_of_acting(place.name, role, acts_for(role, held[place.path])) for place, role in pairs
    }


def standing_in(user: User, place: Territory, *roles: str) -> str:
    """Of these roles the one this person stands in for here; "" for who holds one of them, or stands in for none."""
    if holds_itself(user, place, *roles):
        return ""
    return next((role for role in roles if stands_in(user, place, role)), "")


def acting_as(user: User, place: Territory, *roles: str) -> str:
    """As whom this person does what is one of these roles': as themselves, or named as its stand-in."""
    said, role = role_in(user, place), standing_in(user, place, *roles)
    if not role:
        return said
    return _("%(who)s（代%(post)s）") % {"who": said, "post": Role(role).label}


@asked_once
def nearest_role(place: Territory, roles: Sequence[str], *, without: int | Collection[int] | None = None) -> str:
    """Which of these roles somebody holds here, or nearest above; "" where nobody does.

    ``without``: users, by key, who do not count, since nobody decides on what they asked themselves.
    Of the same nearness it is the first in ``roles``.
    """
    grants = RoleGrant.objects.active(today()).filter(
        role__in=roles, place__path__in=place.ancestor_paths(), user__is_active=True
    )
    apart = (without,) if isinstance(without, int) else without or ()
    held = grants.exclude(user__in=apart).values_list("role", "place__path")
    nearest = max((len(path) for _role, path in held), default=0)
    found = {role for role, path in held if len(path) == nearest}
    return next((str(role) for role in roles if role in found), "")


SECONDS: tuple[tuple[Role, ...], ...] = (
    (Role.CLERK, *ORGANISERS),
    (Role.PARTY, Role.SUPERVISOR),
    OFFICES["street"],
    OFFICES["district"],
)
"""Who is the other person where one has had a part: whoever holds a post on the first of these (domain.md 6)."""


def second_hands(place: Territory, hands: Iterable[int | None]) -> list[RoleGrant]:
    """As whom the other part may be done here, where these accounts have had theirs: the posts of other humans on the
    nearest line of ``SECONDS`` that has one. Empty where nobody is left at all."""
    return _on_the_nearest_line(_posts_above([place.path]), place.path, _humans(hands)(hands))


def is_second(user: User, place: Territory, hands: Iterable[int | None]) -> bool:
    return bool(second_in(user, [(place.path, frozenset(hands))]))


Part = tuple[str, frozenset[int | None]]
"""The path of a place, and the accounts that have had their part there."""


def second_in(user: User, parts: Collection[Part]) -> list[Part]:
    """Of these the ones whose other part is this person's: ``is_second`` of many, in two queries."""
    if not parts:
        return []
    posts, humans = _posts_above(path for path, _hands in parts), _humans(hand for _path, had in parts for hand in had)
    return [
        (path, hands)
        for path, hands in parts
        if any(user.is_same(each.user_id) for each in _on_the_nearest_line(posts, path, humans(hands)))
    ]


def _posts_above(paths: Iterable[str]) -> list[RoleGrant]:
    above = {each for path in paths for each in paths_down_to(path)}
    day = TruncDate(Instant(), tzinfo=CHINA)
    held = RoleGrant.objects.active(day).filter(place__path__in=above, user__is_active=True)  # type: ignore[arg-type]
    return list(held.filter(role__in=chain(*SECONDS)).select_related("place", "user").order_by("pk"))


def _humans(hands: Iterable[int | None]) -> Callable[[Iterable[int | None]], set[int]]:
    """Every account of whoever is behind some of these."""
    accounts = User.objects.filter(pk__in={hand for hand in hands if hand})
    known = {account.pk: [*account.keys, account.joined_to_id] for account in accounts}
    return lambda some: {key for hand in some if hand for key in known[hand] if key}


def _on_the_nearest_line(posts: list[RoleGrant], path: str, had: set[int]) -> list[RoleGrant]:
    others = [each for each in posts if path.startswith(each.place.path) and each.user_id not in had]
    return next((found for line in SECONDS if (found := [each for each in others if each.role in line])), [])


def role_in(user: User, place: Territory) -> str:
    """As whom this person acts here: the nearest role they hold, else 居民."""
    nearest = max(
        (held for held in roles_of(user) if place.path.startswith(held.path)),
        key=lambda held: len(held.path),
        default=None,
    )
    return nearest.label if nearest else str(RESIDENT)


def is_staff_of_somewhere(user: User | None) -> bool:
    return any(held.role in STAFF_ROLES for held in roles_of(user))


def person_of(user: User | None) -> Person | None:
    """The register's entry of this user, with home and place; one query, remembered on the object."""
    if user is None or not user.is_authenticated:
        return None
    if not hasattr(user, "_person"):
        found = Person.objects.at_home().filter(user=user).first()
        if found:
            found.residence = found.__dict__.get("home")  # nowhere is an answer too, and not asked again
        user._person = found  # type: ignore[attr-defined]
    person: Person | None = user._person  # type: ignore[attr-defined]
    return person


def home_of(user: User | None) -> Residence | None:
    """Where this person lives, once that is confirmed."""
    person = person_of(user)
    home = person.residence if person else None
    return home if home and home.confirmed_at else None


def lives_in(user: User | None, place: Territory) -> bool:
    """Whether this person's confirmed household stands in this place."""
    home = home_of(user)
    return bool(home and home.household.place.path.startswith(place.path))


APPOINTS = {
    # Who may give and take which roles in their territory: always the level above.
    Role.CLERK: ORGANISERS,
    Role.APPROVER: (Role.CLERK, Role.PARTY, Role.SUPERVISOR, *ORGANISERS),
    Role.DISTRICT_OFFICER: (
        Role.CASE_OFFICER,
        Role.APPROVER,
        Role.CASHIER,
        Role.CLERK,
        Role.PARTY,
        Role.SUPERVISOR,
        Role.DISTRICT_FINANCE,
    ),
}


def given_by(user: User, place: Territory) -> list[Role]:
    """The roles this person gives and takes there, in the order of the roles."""
    return [role for role in Role if may_appoint(user, role, place)]


def may_appoint(user: User, role: str, place: Territory) -> bool:
    """Whether this person gives and takes this role there."""
    return any(role in given and holds(user, place, own) for own, given in APPOINTS.items())


ADULT_AT, REGISTERED_AT = 18, 14
"""Years of age: who votes, and who may have an account at all (民法典 17, 个人信息保护法 31)."""


def adult_from(born: date) -> date:
    """The day on which whoever was born in this month is adult for certain: the first of the month after the 18th."""
    return date(born.year + ADULT_AT + born.month // 12, born.month % 12 + 1, 1)


def is_registered_age(born: date) -> bool:
    """Whether whoever was born in this month may be 14 by now; nobody was born tomorrow."""
    reached = today()
    return born <= reached and (born.year + REGISTERED_AT, born.month) <= (reached.year, reached.month)


def confirms_residents(user: User, home: Residence) -> bool:
    """The chief or clerk of the place, and the street once it climbed there; nobody for themselves."""
    if home.person and user.is_same(home.person.user_id):
        return False
    place = home.household.place
    return holds(user, place, Role.CLERK, *ORGANISERS) or (
        holds(user, place, Role.CASE_OFFICER, Role.DISTRICT_OFFICER) and _has_climbed_to(user, home)
    )


HOME = Residence._meta.label_lower
CONFIRMING = (*ORGANISERS, Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)
"""Roles that are asked who lives where; the offices above only for what climbed to them."""


def claims_for(user: User) -> ResidenceQuerySet:
    """Who says they live somewhere and may be confirmed by this person: of their places, or climbed to their office."""
    held = [(role.role, role.path) for role in roles_of(user) if role.role in CONFIRMING]
    mine = Deadline.objects.waiting_for(held).filter(subject_type=HOME).values_list("subject_id")
    # By keys: asked as one condition with OR, all of a city's places are read.
    there = [Residence.objects.claims().filter(household__place__path__startswith=path) for path in register_of(user)]
    keys = mine.union(*(claims.values_list("pk") for claims in there))
    return Residence.objects.claims().filter(pk__in=keys).exclude(person__user__in=user.keys)


def register_of(user: User) -> list[str]:
    """Where this person confirms residents, and so reads their names and doors."""
    return [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]


def _has_climbed_to(user: User, home: Residence) -> bool:
    held = [(held.role, held.path) for held in roles_of(user)]
    return Deadline.objects.waiting_for(held).of(home).exists()
