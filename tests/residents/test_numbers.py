"""One human has one account with a mobile number: no post goes to one without, and none of a post is emptied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.clock import today
from minshi.mydata import actions as mydata
from minshi.refusals import Refused
from minshi.residents import actions
from minshi.residents.models import OFFICES, STAFF_ROLES, Role, RoleGrant
from minshi.residents.rules import roles_of
from minshi.territory.models import Household, Territory
from tests.cast import make_resident, make_staff, of_before_numbers

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def numberless(db: None) -> User:
    """An account that was made for a sheet of paper, or before numbers were asked for."""
    return User.objects.create_user("p0001", is_staff=True)


@pytest.mark.parametrize("role", Role.values)
def test_no_post_goes_to_an_account_without_a_number(
    numberless: User, community: Territory, street: Territory, district: Territory, role: str
) -> None:
    office = next(
        (place for level, place in (("street", street), ("district", district)) if role in OFFICES[level]), None
    )
    for place in (community, street):
        with pytest.raises(IntegrityError, match="has no number"), transaction.atomic():
            RoleGrant.objects.create(user=numberless, role=role, place=place, since=LONG_AGO)
    with pytest.raises(Refused, match="没有手机号") as refused:
        actions.grant(numberless, role, office or community, since=LONG_AGO, basis="推选记录", by=None)
    assert "role" in refused.value.fields
    assert not RoleGrant.objects.exists()


def test_neither_is_a_post_moved_there_begun_earlier_prolonged_or_given_back(
    numberless: User, community: Territory, clerk: User
) -> None:
    held = RoleGrant.objects.get(user=clerk)
    with pytest.raises(IntegrityError, match="has no number"), transaction.atomic():
        RoleGrant.objects.filter(pk=held.pk).update(user=numberless)
    over = RoleGrant.objects.create(
        user=numberless, role=Role.CLERK, place=community, since=LONG_AGO, until=date(2021, 1, 1)
    )
    for change in ({"until": None}, {"until": today() + timedelta(days=9)}):
        with pytest.raises(IntegrityError, match="has no number"), transaction.atomic():
            RoleGrant.objects.filter(pk=over.pk).update(**change)


def test_a_number_is_not_emptied_while_its_account_holds_a_post(clerk: User, chief: User) -> None:
    for user in (clerk, chief):
        with pytest.raises(IntegrityError, match="keeps a number"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(phone=None)
        User.objects.filter(pk=user.pk).update(phone=f"1371111{user.pk % 10000:04d}")  # another one is no matter
        RoleGrant.objects.filter(user=user).update(since=today() + timedelta(days=3))
        with pytest.raises(IntegrityError, match="keeps a number"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(phone=None)
        RoleGrant.objects.filter(user=user).update(since=LONG_AGO, until=today())
        User.objects.filter(pk=user.pk).update(phone=None)


def test_whoever_holds_a_post_from_a_later_day_on_closes_nothing(resident: User, yard: Territory, clerk: User) -> None:
    since = today() + timedelta(days=9)
    held = actions.grant(resident, Role.TEN_CHIEF, yard, since=since, basis="推选记录", by=clerk)
    with pytest.raises(Refused, match="还有任职"):
        mydata.close(by=fresh(resident))
    actions.revoke(held, by=clerk)
    mydata.close(by=fresh(resident))
    assert fresh(resident).phone is None


@pytest.mark.django_db(transaction=True)
def test_what_was_given_before_stays_is_not_added_to_and_can_be_taken_back(
    clerk: User, approver: User, community: Territory, client_of: Callable[[User | None], Client]
) -> None:
    old = of_before_numbers(clerk)
    assert [held.role for held in roles_of(old)] == [Role.CLERK]
    held = RoleGrant.objects.get(user=old)
    page = f"/admin/residents/rolegrant/{held.pk}/do/second-role/"
    given = {"role": Role.PARTY, "place": community.pk, "since": "2026-11-02", "basis": "任命文件"}
    answer = client_of(approver).post(page, given)
    assert answer.status_code == 422 and "先在“任职”里申请重设登录并填本人的手机号" in answer.content.decode()
    RoleGrant.objects.filter(pk=held.pk).update(until=today() + timedelta(days=9), basis="改写")
    held.refresh_from_db()
    actions.revoke(held, by=approver)
    assert not roles_of(fresh(old))


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_whoever_works_in_an_office_of_the_tests_has_a_number_made_up_at_sight(role: str, community: Territory) -> None:
    first, second = (make_staff(f"{role}-{each}", "某人", role, community) for each in "ab")
    assert first.phone != second.phone
    assert all(user.phone and user.phone.startswith("1380001") and user.phone_verified for user in (first, second))


def test_a_resident_without_a_phone_is_no_chief(
    households: list[Household], yard: Territory, clerk: User, client_of: Callable[[User | None], Client]
) -> None:
    """The desk says what comes first, beside the role."""
    user = make_resident("申纸上", households[5])
    User.objects.filter(pk=user.pk).update(phone=None)
    page = f"/admin/residents/residence/{user.person.residences.get().pk}/do/appoint/"
    given = {"role": Role.TEN_CHIEF, "place": yard.pk, "since": "2026-11-02", "basis": "推选记录", "username": ""}
    answer = client_of(clerk).post(page, given)
    assert answer.status_code == 422 and "这个账号没有手机号，先请本人用手机号登录" in answer.content.decode()
