"""The fixed cast: one yard with its neighbours, its street and district, and a stranger from another street."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from inspect import Parameter, signature
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from minshi.accounts.models import User
from minshi.clock import as_owner, now
from minshi.residents.models import Person, Residence, Role, RoleGrant, StrikeOff
from minshi.territory.actions import add_households, add_levels, add_place, mark_open
from minshi.territory.models import Household, Territory

MAKES: dict[str, Callable[..., Any]] = {}
"""How each of the cast comes to be, by name."""
MET = pytest.StashKey[dict[str, Any]]()
"""Whom the walk before a test has met (tests/walked.py)."""


def member(make: Callable[..., Any]) -> Any:
    """A fixture, which gives whomever the walk before the test has met already, as the database has them now."""
    name = make.__name__
    assert name not in MAKES, f"two fixtures that a walk would call {name}"
    MAKES[name] = make

    def met_or_made(request: pytest.FixtureRequest, **needs: Any) -> Any:
        met = request.node.stash.get(MET, {})
        return fresh(met[name]) if name in met else make(**needs)

    request = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD)
    met_or_made.__signature__ = signature(make).replace(  # type: ignore[attr-defined]
        parameters=[request, *signature(make).parameters.values()]
    )
    met_or_made.__doc__ = make.__doc__
    return pytest.fixture(met_or_made, name=name)


def fresh(found: Any) -> Any:
    """The same rows, read again: no object goes from one test into the next."""
    if found is None:
        return None
    if isinstance(found, Model):
        return type(found)._base_manager.get(pk=found.pk)
    return [fresh(each) for each in found]


@member
def city(db: None) -> Territory:
    add_levels(by=None)
    return add_place(parent=None, code="9901", name="样板市", level="city", by=None)


@member
def district(city: Territory) -> Territory:
    return add_place(parent=city, code="990101", name="样板区", level="district", by=None)


@member
def street(district: Territory) -> Territory:
    return add_place(
        parent=district,
        code="990101001",
        name="甲街道",
        level="street",
        by=None,
        organisation_code="123456789",
        phone="0871-00000001",
    )


@member
def community(street: Territory) -> Territory:
    place = add_place(
        parent=street,
        code="990101001001",
        name="一社区",
        level="community",
        by=None,
        organisation_code="686175779",
        phone="0871-00000002",
    )
    return mark_open(place, by=None)


@member
def yard(community: Territory) -> Territory:
    return add_place(parent=community, code="990101001001-1", name="样板巷1号院", level="yard", by=None)


@member
def building(yard: Territory) -> Territory:
    return add_place(parent=yard, code="990101001001-1-1", name="1栋", level="building", by=None)


@member
def households(building: Territory) -> list[Household]:
    """Twelve doors: the resident's, the neighbour's, the chief's, and nine more."""
    return add_households(
        place=building, addresses=[f"{floor}0{door}" for floor in (1, 2, 3) for door in (1, 2, 3, 4)], by=None
    )


@member
def household(households: list[Household]) -> Household:
    return households[0]


@member
def neighbour_household(households: list[Household]) -> Household:
    return households[1]


@member
def other_street(district: Territory) -> Territory:
    return add_place(parent=district, code="990101002", name="乙街道", level="street", by=None)


@member
def other_community(other_street: Territory) -> Territory:
    place = add_place(parent=other_street, code="990101002001", name="二社区", level="community", by=None)
    return mark_open(place, by=None)


@member
def other_yard(other_community: Territory) -> Territory:
    return add_place(parent=other_community, code="990101002001-1", name="远处路9号院", level="yard", by=None)


LONG_AGO = timedelta(days=400)
"""Since when people live where they live, however far a test sets the clock back."""
_phones = iter(range(13900000000, 13999999999))
_staff_phones = iter(range(13800010000, 13800019999))
"""Made up, and told apart at sight: residents' begin with 139, those of whoever works in an office with 1380001."""


def make_resident(
    name: str,
    household: Household | None,
    *,
    represents: bool = False,
    adult: bool = True,
    confirmed: bool = True,
    since: datetime | None = None,
) -> User:
    """Somebody with a phone; confirmed in their household when they have one."""
    phone = str(next(_phones))
    user = User.objects.create_user(f"r{phone}", phone=phone, phone_verified=True)
    person = Person.objects.create(user=user, name=name, is_adult=adult, consented_at=now())
    if household:
        Residence.objects.create(
            person=person,
            household=household,
            since=since or now() - LONG_AGO,
            is_representative=represents,
            confirmed_at=now() if confirmed else None,
        )
    return user


def home_of(user: User) -> Residence:
    """Where they live now, as the register has it this moment."""
    return Residence.objects.current().select_related("household__place").get(person__user=user)


def grant(user: User, role: str, place: Territory) -> RoleGrant:
    return RoleGrant.objects.create(user=user, role=role, place=place, since=date(2020, 1, 1), basis="测试任职")


def make_staff(username: str, name: str, role: str, place: Territory) -> User:
    user = User.objects.create_user(username, is_staff=True, phone=str(next(_staff_phones)), phone_verified=True)
    Person.objects.create(user=user, name=name, consented_at=now())
    grant(user, role, place)
    return user


def of_before_numbers(user: User) -> User:
    """This account as an older database may hold it: with a post and no number. For tests that commit."""
    with as_owner() as owner:
        owner.execute("ALTER TABLE accounts_user DISABLE TRIGGER number_of_a_post")
        owner.execute("UPDATE accounts_user SET phone = NULL, phone_verified = false WHERE id = %s", [user.pk])
        owner.execute("ALTER TABLE accounts_user ENABLE TRIGGER number_of_a_post")
    return User.objects.get(pk=user.pk)


def struck_off(*doors: Household, reason: str = "楼已经拆了") -> None:
    """These doors are off the register, as two people of the office said."""
    asks, confirms = (User.objects.create_user(f"s{next(_phones)}") for _each in range(2))
    for door in doors:
        strike = StrikeOff.objects.create(household=door, reason=reason, asked_by=asks, asked_as="社区工作人员")
        strike.answered_by, strike.answered_at, strike.is_granted = confirms, now(), True
        strike.save(update_fields=["answered_by", "answered_at", "is_granted"])
        Household.objects.filter(pk=door.pk).update(is_active=False)


@member
def resident(household: Household) -> User:
    return make_resident("甲居民", household, represents=True)


@member
def neighbour(neighbour_household: Household) -> User:
    return make_resident("乙邻居", neighbour_household, represents=True)


@member
def chief(households: list[Household], yard: Territory) -> User:
    user = make_resident("丙楼长", households[2], represents=True)
    grant(user, Role.CHIEF, yard)
    return user


@member
def clerk(community: Territory) -> User:
    return make_staff("clerk", "丁社工", Role.CLERK, community)


@member
def second_clerk(community: Territory) -> User:
    return make_staff("clerk2", "戊社工", Role.CLERK, community)


@member
def party(community: Territory) -> User:
    return make_staff("party", "己书记", Role.PARTY, community)


@member
def supervisor(community: Territory) -> User:
    return make_staff("supervisor", "庚监督", Role.SUPERVISOR, community)


@member
def case_officer(street: Territory) -> User:
    return make_staff("case", "辛经办", Role.CASE_OFFICER, street)


@member
def approver(street: Territory) -> User:
    return make_staff("approver", "壬审批", Role.APPROVER, street)


@member
def cashier(street: Territory) -> User:
    return make_staff("cashier", "癸财务", Role.CASHIER, street)


@member
def district_officer(district: Territory) -> User:
    return make_staff("district", "子区办", Role.DISTRICT_OFFICER, district)


@member
def district_finance(district: Territory) -> User:
    return make_staff("finance", "丑区财", Role.DISTRICT_FINANCE, district)


@member
def stranger(other_yard: Territory) -> User:
    door = add_households(place=other_yard, addresses=["101"], by=None)[0]
    return make_resident("寅路人", door, represents=True)


@member
def stranger_chief(other_yard: Territory) -> User:
    user = make_resident("卯楼长", None)
    grant(user, Role.CHIEF, other_yard)
    return user


@member
def stranger_clerk(other_community: Territory) -> User:
    return make_staff("clerk-far", "辰社工", Role.CLERK, other_community)


@pytest.fixture
def client_of() -> Callable[[User | None], Client]:
    """A browser in which this person has just signed in (staff with their second factor), or nobody's."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="minshi.accounts.backends.AccountBackend")
            mark_session(client, user)
        return client

    return make


def mark_session(client: Client, user: User) -> None:
    """Sessions in tests begin after a fresh code, staff's after the second factor; tests/signin walks both."""
    session: Any = client.session
    session["fresh_code"] = {"user": user.pk, "at": now().isoformat()}
    if user.is_staff:
        session["account_authentication_methods"] = [
            {"method": "password", "at": 0.0, "username": user.username},
            {"method": "mfa", "at": 0.0, "type": "totp"},
        ]
        session["account_authentication_methods_user"] = str(user.pk)
    session.save()
