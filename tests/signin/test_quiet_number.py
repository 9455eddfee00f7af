"""A number that comes back after ninety quiet days may have another holder: it is asked for door and name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from evaluation.mydata import everything_of
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.notifications.actions import deliver, tell
from minshi.notifications.models import Message, Outbox
from minshi.notifications.sealing import unseal
from minshi.residents import actions as residents
from minshi.residents.models import Person, Role
from minshi.residents.rules import roles_of
from minshi.residents.vacancies import vacancies_of
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Cosign
from tests.cast import grant, make_resident
from tests.way import Way

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


def test_a_number_of_somebody_who_moved_away_is_asked_for_the_door_they_left(
    resident: User, households: list[Household], clock: Any
) -> None:
    """Without a door of today the next holder of the number read all that was told to the one before."""
    clock.set("2026-03-02 09:00")
    come_in(Client(), resident.phone)
    residents.leave(resident.person.residence, by=resident)
    clock.set("2026-06-02 09:00")
    client = Client()
    assert come_in(client, resident.phone)["Location"].startswith(PAGE)
    assert who(client) is None
    assert client.post(PAGE, {"door": "1栋101", "name": "甲居民"}).status_code == 302
    assert who(client) == resident.pk


def test_a_number_by_which_nobody_ever_came_in_is_asked_after_as_many_days(
    households: list[Household], clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    entered, soon = make_resident("册上人", households[7]), make_resident("册上客", households[8])
    clock.set("2026-05-20 09:00")
    client = Client()
    come_in(client, soon.phone)
    assert who(client) == soon.pk
    clock.set("2026-06-02 09:00")
    assert come_in(Client(), entered.phone)["Location"].startswith(PAGE)


def test_what_is_said_to_the_one_before_leaves_by_no_text_to_whoever_has_the_number_now(
    quiet: User, households: list[Household], chief: User
) -> None:
    client, phone = Client(), quiet.phone
    come_in(client, phone)
    for _try in range(4):
        client.post(PAGE, {"door": "102", "name": "别人"})
    newcomer = User.objects.get(pk=who(client))
    tell(quiet, "您家的异议有了答复", "甲家的事", sms=True)
    deliver()
    text = Outbox.objects.get(message__user=quiet, message__title="您家的异议有了答复")
    assert (text.state, text.error) == (Outbox.State.DROPPED, "another-holder")
    assert "异议" not in client.get("/messages/").content.decode()
    claim = residents.join(newcomer, households[6], name="新机主", is_adult=True, by=newcomer)
    residents.confirm(claim, by=chief)
    tell(quiet, "再说一件", sms=True)
    tell(User.objects.get(pk=newcomer.pk), "给新机主", sms=True)
    deliver()
    states = dict(Outbox.objects.exclude(message=None).values_list("message__title", "state"))
    assert (states["再说一件"], states["给新机主"]) == (Outbox.State.DROPPED, Outbox.State.SENT)


def test_the_one_before_keeps_what_they_said_and_the_newcomer_has_none_of_it(
    way: Way, households: list[Household], chief: User, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    former = make_resident("旧机主", households[5])
    come_in(Client(), former.phone)
    proposal = way.cosigning()
    proposals.cosign(proposal, households[5], by=former)
    clock.set("2026-06-02 09:00")
    client = Client()
    come_in(client, former.phone)
    for _try in range(4):
        client.post(PAGE, {"door": "102", "name": "别人"})
    newcomer = User.objects.get(pk=who(client))
    claim = residents.join(newcomer, households[6], name="新机主", is_adult=True, by=newcomer)
    residents.confirm(claim, by=chief)
    assert Cosign.objects.get(household=households[5]).speaker == former.person
    kept = everything_of(User.objects.get(pk=newcomer.pk))
    assert not any(kept[kind] for kind in ("signatures", "proposals", "votes"))
    assert not Message.objects.filter(user=newcomer, title__contains="附议").exists()
