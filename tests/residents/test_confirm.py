"""The chief's word: who lives where they say. Nobody says it of themselves, nobody says it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions, striking
from minshi.residents.models import Person, Residence, Role
from minshi.territory.models import Household, Territory
from tests.cast import grant, home_of, make_resident, struck_off

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
URL = "/residents/confirm/"


@pytest.fixture
def joined(households: list[Household]) -> Residence:
    user = make_resident("", None)
    return actions.join(user, households[5], name="新住户", is_adult=True, by=user)


def press(client: Client, claim: Residence, verdict: str) -> Any:
    return client.post(URL, {"claim": claim.pk, "verdict": verdict}, follow=True)


def test_the_chief_confirms_and_the_person_is_told(joined: Residence, client_of: ClientOf, chief: User) -> None:
    client = client_of(chief)
    page = client.get(URL).content.decode()
    assert "新住户" in page and "样板巷1号院1栋202" in page
    page = press(client, joined, "yes").content.decode()
    assert "已确认" in page and "新住户" not in page
    joined.refresh_from_db()
    assert joined.confirmed_at
    assert Message.objects.get(user=joined.person.user).title == "您的住户身份已经确认"


def test_refusing_takes_the_claim_back_and_tells_the_person(
    joined: Residence, client_of: ClientOf, clerk: User
) -> None:
    press(client_of(clerk), joined, "no")
    joined.refresh_from_db()
    assert joined.until and joined.confirmed_at is None
    assert "没有得到确认" in Message.objects.get(user=joined.person.user).title


def test_a_foreign_chief_neither_sees_nor_confirms(
    joined: Residence, client_of: ClientOf, stranger_chief: User
) -> None:
    client = client_of(stranger_chief)
    assert "新住户" not in client.get(URL).content.decode()
    assert press(client, joined, "yes").status_code == 403
    for judge in (actions.confirm, actions.refuse, actions.move_out, actions.name_representative):
        with pytest.raises(NotAllowed):
            judge(joined, by=stranger_chief)
    joined.refresh_from_db()
    assert joined.confirmed_at is None and joined.until is None


def test_a_neighbour_is_refused_with_the_reason(joined: Residence, client_of: ClientOf, neighbour: User) -> None:
    answer = client_of(neighbour).get(URL)
    assert answer.status_code == 403 and "只有楼栋长和社区工作人员" in answer.content.decode()
    assert press(client_of(neighbour), joined, "yes").status_code == 403


def test_nobody_confirms_themselves(client_of: ClientOf, households: list[Household], yard: Territory) -> None:
    clerk_at_home = make_resident("亥新来", households[9], confirmed=False)
    grant(clerk_at_home, Role.CHIEF, yard)
    claim = home_of(clerk_at_home)
    client = client_of(clerk_at_home)
    assert "亥新来" not in client.get(URL).content.decode()
    answer = press(client, claim, "yes")
    assert answer.status_code == 403 and "要由别人确认" in answer.content.decode()
    with pytest.raises(NotAllowed):
        actions.refuse(claim, by=clerk_at_home)


def test_a_door_changed_meanwhile_is_not_confirmed_unseen(
    joined: Residence, client_of: ClientOf, chief: User, households: list[Household]
) -> None:
    newcomer = joined.person.user
    again = actions.join(newcomer, households[8], name="新住户", is_adult=True, by=newcomer)
    page = press(client_of(chief), joined, "yes").content.decode()
    assert "刚改了登记的门牌" in page
    for claim in (joined, again):
        claim.refresh_from_db()
        assert claim.confirmed_at is None


@pytest.mark.parametrize("change", [{"name": "别的人"}, {"is_adult": False}])
def test_what_changed_after_the_page_was_drawn_is_read_again(
    joined: Residence, client_of: ClientOf, chief: User, change: dict[str, Any]
) -> None:
    client = client_of(chief)
    drawn = client.get(URL)
    read = drawn.context["claims"][0][1]
    assert f'value="{read}"' in drawn.content.decode()
    Person.objects.filter(pk=joined.person_id).update(**change)
    page = client.post(URL, {"claim": joined.pk, "read": read, "verdict": "yes"}, follow=True)
    assert "请再看一眼" in page.content.decode()
    joined.refresh_from_db()
    assert joined.confirmed_at is None
    again = page.context["claims"][0][1]
    client.post(URL, {"claim": joined.pk, "read": again, "verdict": "yes"})
    joined.refresh_from_db()
    assert again != read and joined.confirmed_at


def test_the_desk_reads_again_too(joined: Residence, client_of: ClientOf, clerk: User) -> None:
    client, url = client_of(clerk), f"/admin/residents/residence/{joined.pk}/do/confirm/"
    read = client.get(url).context["form"]["read"].value()
    Person.objects.filter(pk=joined.person_id).update(name="别的人")
    refused = client.post(url, {"read": read})
    assert "请再看一眼" in refused.content.decode() and "别的人" in refused.content.decode()
    client.post(url, {"read": refused.context["form"]["read"].value()})
    joined.refresh_from_db()
    assert joined.confirmed_at


def test_nobody_is_confirmed_into_a_door_that_was_struck_off(joined: Residence, chief: User, clerk: User) -> None:
    struck_off(joined.household)
    with pytest.raises(Refused, match="已经注销"):
        actions.confirm(joined, by=chief)
    with pytest.raises(IntegrityError, match="struck off"), transaction.atomic():
        Residence.objects.filter(pk=joined.pk).update(confirmed_at=joined.since)
    with pytest.raises(IntegrityError, match="struck off"), transaction.atomic():
        Residence.objects.create(household=joined.household, confirmed_at=joined.since)


def test_striking_a_door_off_tells_whoever_says_they_live_there(
    joined: Residence, clerk: User, second_clerk: User
) -> None:
    striking.confirm_strike(striking.ask_to_strike(joined.household, reason="登记错了", by=clerk), by=second_clerk)
    joined.refresh_from_db()
    assert joined.until and "没有得到确认" in Message.objects.get(user=joined.person.user).title
    newcomer = joined.person.user
    with pytest.raises(Refused, match="已经注销"):
        actions.join(newcomer, joined.household, name="新住户", is_adult=True, by=newcomer)
    striking.restore_door(joined.household, by=clerk)
    actions.confirm(actions.join(newcomer, joined.household, name="新住户", is_adult=True, by=newcomer), by=clerk)


def test_what_was_confirmed_is_not_refused_afterwards(joined: Residence, chief: User) -> None:
    actions.confirm(joined, by=chief)
    with pytest.raises(Refused):
        actions.refuse(joined, by=chief)


@pytest.mark.parametrize("body", [{}, {"claim": "x"}, {"claim": "9" * 40}, {"claim": "-1"}])
def test_a_person_there_is_not_is_not_found(client_of: ClientOf, chief: User, body: dict[str, str]) -> None:
    assert client_of(chief).post(URL, {**body, "verdict": "yes"}).status_code == 404


def test_a_verdict_that_is_none_changes_nothing(joined: Residence, client_of: ClientOf, chief: User) -> None:
    page = press(client_of(chief), joined, "maybe").content.decode()
    assert "请选择" in page
    joined.refresh_from_db()
    assert joined.confirmed_at is None and joined.until is None


def test_a_household_has_one_representative_and_no_minor(
    joined: Residence, chief: User, resident: User, household: Household
) -> None:
    child = make_resident("小同学", household, adult=False)
    with pytest.raises(Refused):
        actions.name_representative(home_of(child), by=chief)
    spouse = make_resident("甲家人", household)
    actions.name_representative(home_of(spouse), by=chief)
    named = Residence.objects.current().filter(household=household, is_representative=True)
    assert [home.person.name for home in named] == ["甲家人"]
    with pytest.raises(Refused):
        actions.name_representative(joined, by=chief)


def test_the_list_asks_the_same_few_queries(
    client_of: ClientOf,
    chief: User,
    households: list[Household],
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    client = client_of(chief)
    with django_assert_max_num_queries(6):
        client.get(URL)
    for number in range(20):
        user = make_resident("", None)
        actions.join(user, households[number % 9 + 3], name=f"住户{number}", is_adult=True, by=user)
    with django_assert_max_num_queries(6):
        client.get(URL)
