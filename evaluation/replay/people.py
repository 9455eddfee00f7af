"""The register of the demo: yards with their households, residents with and without a phone, offices and their staff.

The register is filled here directly where no action exists yet (register import is a later issue); roles and
confirmations go through ``minshi.residents.actions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from django.conf import settings

from evaluation.replay import facts
from minshi import clock
from minshi.accounts.models import User
from minshi.residents import actions as residents
from minshi.residents.models import Person, Residence, Role, RoleGrant
from minshi.residents.rules import person_of
from minshi.signin import demo
from minshi.territory.actions import add_households, add_levels, add_place, mark_open
from minshi.territory.divisions import DIGITS
from minshi.territory.models import Household, Territory

OFFICES = {
    "community": ((Role.CLERK, "社工"), (Role.PARTY, "书记"), (Role.SUPERVISOR, "监督员")),
    "street": ((Role.CASE_OFFICER, "经办"), (Role.APPROVER, "审批"), (Role.CASHIER, "财务")),
    "district": ((Role.DISTRICT_OFFICER, "区办"), (Role.DISTRICT_FINANCE, "区财")),
}

USERNAMES = {
    Role.CLERK: "clerk",
    Role.PARTY: "party",
    Role.SUPERVISOR: "supervisor",
    Role.CASE_OFFICER: "case",
    Role.APPROVER: "approver",
    Role.CASHIER: "cashier",
    Role.DISTRICT_OFFICER: "district",
    Role.DISTRICT_FINANCE: "finance",
}
"""How the cast signs in; whoever works elsewhere has the place's code behind it."""

CAST_YARD = "dongfeng"
ALSO_EQUIPPED = (
    ("jiayuan", "community", Role.CLERK),
    ("duomude", "community", Role.CLERK),
    ("donghua", "community", Role.CLERK),
    ("donghua", "street", Role.CASE_OFFICER),
    ("donghua", "district", Role.DISTRICT_OFFICER),
)
"""Who waits for something in the other cases: whoever tries the demo may act for them too."""

STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


def made_up_names() -> Iterator[str]:
    """甲子, 乙丑 … sixty of them, again and again: nobody is called so."""
    for number in count():
        yield STEMS[number % 10] + BRANCHES[number % 12]


@dataclass
class Office:
    """The staff of one place, one person per role."""

    place: Territory
    staff: dict[str, User] = field(default_factory=dict)


@dataclass
class Yard:
    """A yard (or village) with its households in the order of their doors."""

    place: Territory
    buildings: list[Territory]
    households: list[Household]
    people: dict[int, Person]
    users: dict[int, User]

    def within(self, place: Territory) -> Yard:
        """The part of it that stands in ``place``."""
        doors = [door for door in self.households if place.contains(door.place)]
        return Yard(place, [], doors, self.people, self.users)

    @property
    def residents(self) -> list[User]:
        """Those with a phone; the second of the yard is its chief."""
        return [self.users[door.pk] for door in self.households if door.pk in self.users]

    def person(self, household: Household) -> Person:
        return self.people[household.pk]


class Register:
    """Everybody and every place of the demo."""

    def __init__(self, since: date) -> None:
        self.since = since
        self.names = made_up_names()
        self.phones = count(13900000001)
        self.staff_phones = count(13800010001)
        self.offices: dict[str, Office] = {}
        self.yards: dict[str, Yard] = {}
        self.chiefs: dict[str, User] = {}

    def settle(self) -> None:
        """Offices first: a clerk confirms who lives where."""
        add_levels(by=None)
        yards = facts.made_up()["yards"]
        for code in self._communities(yards):
            self._open_offices(code)
        for number, spec in enumerate(yards, start=1):
            self.yards[spec["key"]] = self._settle_yard(spec, number)
        self._equip()

    def _communities(self, yards: list[dict[str, Any]]) -> list[str]:
        """Of yards and wishes, the cast's first."""
        codes = [spec["community"] for spec in yards] + [wish["place"] for wish in facts.wishes()]
        return list(dict.fromkeys(codes))

    def office(self, place: Territory, level: str) -> Office:
        return self.offices[place.ancestors().get(level=level).code]

    # --- Offices -------------------------------------------------------------------------------

    def _open_offices(self, community: str) -> None:
        for level in OFFICES:
            code = community[: DIGITS[level]]
            if code not in self.offices:
                self.offices[code] = self._open_office(Territory.objects.get(code=code), level)

    def _open_office(self, place: Territory, level: str) -> Office:
        place.phone = f"0871-0000{len(self.offices):04d}"
        place.save(update_fields=["phone"])
        office = Office(place)
        for role, title in OFFICES[level]:
            is_cast = not any(role in other.staff for other in self.offices.values())
            username = USERNAMES[role] if is_cast else f"{USERNAMES[role]}-{place.code}"
            office.staff[role] = self._employ(username, f"演示{title}{next(self.names)}", role, place)
        if level == "community":
            mark_open(place, by=None)
        return office

    def _employ(self, username: str, name: str, role: str, place: Territory) -> User:
        phone = str(next(self.staff_phones))
        user = User.objects.create_user(username, is_staff=True, phone=phone, phone_verified=True)
        Person.objects.create(user=user, name=name, consented_at=clock.now())
        residents.grant(user, role, place, since=self.since, basis="演示任职", by=None)
        return user

    def _equip(self) -> None:
        """Where codes are shown, the cast signs in with the demo's password and factor."""
        if not settings.DEMO:
            return
        here = self.yards[CAST_YARD].place
        for level in OFFICES:
            for user in self.office(here, level).staff.values():
                demo.equip(user)
        for key, level, role in ALSO_EQUIPPED:
            demo.equip(self.office(self.yards[key].place, level).staff[role])

    # --- Yards ---------------------------------------------------------------------------------

    def _settle_yard(self, spec: dict[str, Any], number: int) -> Yard:
        community = Territory.objects.get(code=spec["community"])
        place, buildings = community, []
        if spec["name"]:
            code = f"{community.code}-{number}"
            place = add_place(parent=community, code=code, name=spec["name"], level="yard", by=None)
        doors: list[Household] = []
        for ordinal, size in enumerate(spec["buildings"], start=1):
            building = add_place(
                parent=place, code=f"{place.code}-{ordinal}", name=f"{ordinal}栋", level="building", by=None
            )
            buildings.append(building)
            doors += add_households(place=building, addresses=_doors(size), by=None)
        if not buildings:
            addresses = [f"{door}号" for door in range(1, spec["households"] + 1)]
            doors = add_households(place=place, addresses=addresses, by=None)
        yard = Yard(place, buildings, doors, {}, {})
        self._move_in(yard, self.offices[community.code].staff[Role.CLERK], spec["phones"])
        self.chiefs[place.code] = yard.residents[1]
        residents.grant(yard.residents[1], Role.CHIEF, place, since=self.since, basis="演示推选", by=None)
        return yard

    def _move_in(self, yard: Yard, clerk: User, phones: int) -> None:
        with_phone = {yard.households[index].pk for index in _spread(len(yard.households), phones)}
        others = [door for door in yard.households if door.pk not in with_phone]
        moment = clock.now()
        known = Person.objects.bulk_create(Person(name=f"演示居民{next(self.names)}") for _door in others)
        Residence.objects.bulk_create(
            Residence(person=person, household=door, is_representative=True, confirmed_at=moment)
            for person, door in zip(known, others, strict=True)
        )
        yard.people |= {door.pk: person for person, door in zip(known, others, strict=True)}
        for door in yard.households:
            if door.pk in with_phone:
                yard.users[door.pk] = user = self._register(door, clerk)
                person = person_of(user)
                assert person
                yard.people[door.pk] = person

    def _register(self, door: Household, clerk: User) -> User:
        """A resident with a phone joins a household, is confirmed there and represents it."""
        phone = str(next(self.phones))
        user = User.objects.create_user(f"r{phone}", phone=phone, phone_verified=True)
        claim = residents.join(user, door, name=f"演示居民{next(self.names)}", is_adult=True, by=user)
        home = residents.confirm(claim, by=clerk)
        residents.name_representative(home, by=clerk)
        return user

    def people(self) -> Iterable[User]:
        return [user for yard in self.yards.values() for user in yard.users.values()]


def _doors(size: int) -> list[str]:
    """Four doors to a floor."""
    return [f"{1 + door // 4}0{1 + door % 4}" for door in range(size)]


def _spread(size: int, wanted: int) -> list[int]:
    """The first three, then evenly among the rest."""
    rest = max(1, (size - 3) // max(1, wanted - 3))
    return [*range(min(3, size)), *range(3, size, rest)][:wanted]


# --- The cast ---------------------------------------------------------------------------------------


def cast() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(phone, who) of two residents and a chief, (username, who) of the staff; empty before the replay."""
    neighbours = Person.objects.at_home().filter(user__phone__startswith="1390000000", user__is_staff=False)
    residents = [
        (person.user.phone or "", f"{person.name}（{_where(person)}）")
        for person in neighbours.select_related("user").order_by("user__phone")[:3]
        if person.user
    ]
    held = RoleGrant.objects.filter(user__username__in=USERNAMES.values()).select_related("user", "place")
    in_order = sorted(held, key=lambda grant: list(USERNAMES).index(Role(grant.role)))
    return residents, [(grant.user.username, f"{grant.place.name} {grant.get_role_display()}") for grant in in_order]


def _where(person: Person) -> str:
    """The role one holds, else the household one stands for."""
    assert person.household and person.user
    grant = person.user.grants.select_related("place").first()
    if grant:
        return f"{grant.place.name} {grant.get_role_display()}"
    return f"{person.household.place.full_name.split('社区')[-1]}{person.household.address} 户代表"
