"""A number that comes back after ninety quiet days may have another holder: it is asked for door and name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.notifications.models import Outbox
from minshi.notifications.sealing import unseal
from minshi.residents import actions as residents
from minshi.residents.models import Person, Role
from minshi.residents.rules import roles_of
from minshi.residents.vacancies import vacancies_of
from minshi.territory.models import Household, Territory
from tests.cast import grant, make_resident

pytestmark = pytest.mark.django_db
PAGE = "/signin/quiet/"


def come_in(client: Client, phone: str | None) -> Any:
    platform_clock.move(timedelta(minutes=2))  # one code a minute
    client.post("/signin/", {"phone": phone})
    text = unseal(Outbox.objects.filter(message=None).latest("pk").sealed)
    digits = next(word for word in text.replace("，", " ").split() if word.isdigit() and len(word) == 6)
    return client.post("/signin/code/", {"code": digits})


def who(client: Client) -> int | None:
    key = client.session.get("_auth_user_id")
    return int(key) if key else None


@pytest.fixture
def quiet(resident: User, clock: Any) -> User:
    """Came in once, by a browser of their own, and not for ninety-one days."""
    clock.set("2026-03-02 09:00")
    come_in(Client(), resident.phone)
    clock.set("2026-06-02 09:00")
    return resident


def test_whoever_knows_door_and_name_comes_in(quiet: User) -> None:
    client = Client()
    assert come_in(client, quiet.phone)["Location"].startswith(PAGE)
    assert who(client) is None
    assert client.post(PAGE, {"door": "1栋 101", "name": "别人"}).status_code == 422
    assert client.post(PAGE, {"door": "1栋 101", "name": "甲居民"}).status_code == 302
    assert who(client) == quiet.pk
    again = Client()  # not quiet any more
    come_in(again, quiet.phone)
    assert who(again) == quiet.pk


def test_a_browser_that_is_known_is_not_asked(resident: User, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    client = Client()
    come_in(client, resident.phone)
    client.post("/signout/")
    clock.set("2026-07-02 09:00")
    come_in(client, resident.phone)
    assert who(client) == resident.pk


def test_eighty_nine_days_are_no_silence(resident: User, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    come_in(Client(), resident.phone)
    clock.set("2026-05-30 09:00")
    client = Client()
    come_in(client, resident.phone)
    assert who(client) == resident.pk


def test_three_tries_then_a_new_account_that_takes_the_number_when_it_is_confirmed(
    quiet: User, households: list[Household], chief: User
) -> None:
    client, phone = Client(), quiet.phone
    come_in(client, phone)
    for _try in range(3):
        assert client.post(PAGE, {"door": "102", "name": "别人"}).status_code == 422
    assert client.post(PAGE, {"door": "1栋101", "name": "甲居民"}).status_code == 302
    newcomer = User.objects.get(pk=who(client))
    assert newcomer.pk != quiet.pk and newcomer.phone is None and not Person.objects.filter(user=newcomer).exists()
    assert User.objects.get(pk=quiet.pk).phone == phone
    other = Client()  # the number leads to the account that waits
    come_in(other, phone)
    assert who(other) == newcomer.pk
    claim = residents.join(newcomer, households[6], name="新机主", is_adult=True, by=newcomer)
    assert User.objects.get(pk=quiet.pk).phone == phone
    residents.confirm(claim, by=chief)
    assert (User.objects.get(pk=quiet.pk).phone, User.objects.get(pk=newcomer.pk).phone) == (None, phone)
    assert Person.objects.get(user=quiet).residence is not None  # whose door it was stays theirs


def test_a_post_ends_with_the_number_that_went_to_another_and_stands_vacant_above(
    households: list[Household], yard: Territory, clerk: User, clock: Any
) -> None:
    """Nobody could sign in to it any more, and a chief nobody can reach kept the place of one."""
    clock.set("2026-03-02 09:00")
    former = make_resident("申楼长", households[4], represents=True)
    grant(former, Role.CHIEF, yard)
    come_in(Client(), former.phone)
    clock.set("2026-06-02 09:00")
    client, phone = Client(), former.phone
    come_in(client, phone)
    for _try in range(4):
        client.post(PAGE, {"door": "102", "name": "别人"})
    newcomer = User.objects.get(pk=who(client))
    claim = residents.join(newcomer, households[6], name="新机主", is_adult=True, by=newcomer)
    residents.confirm(claim, by=clerk)
    assert (User.objects.get(pk=former.pk).phone, User.objects.get(pk=newcomer.pk).phone) == (None, phone)
    assert not roles_of(User.objects.get(pk=former.pk))
    assert [vacancy.place for vacancy in vacancies_of(clerk)] == [yard]


def test_the_page_is_nobodys_without_a_proven_number(client: Client, resident: User) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, {"door": "101", "name": "甲居民"}).status_code == 302
