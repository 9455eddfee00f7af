"""我住在这里: what a resident says of themselves counts once somebody who knows has confirmed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.notifications.models import Message
from minshi.refusals import Refused
from minshi.residents import actions, speaking
from minshi.residents.models import Person
from minshi.residents.rules import lives_in, person_of
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from tests.cast import home_of, make_resident

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def newcomer(households: list[Household]) -> User:
    return make_resident("", None)


@pytest.fixture
def typed(households: list[Household]) -> dict[str, Any]:
    return {"household": "202", "name": "新住户", "age": "adult", "consent": "on"}


def url(yard: Territory) -> str:
    return f"/join/{yard.code}/"


def test_it_waits_for_the_chief(yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]) -> None:
    page = client_of(newcomer).post(url(yard), typed, follow=True).content.decode()
    person = Person.objects.get(user=newcomer)
    assert (person.name, person.is_adult) == ("新住户", True)
    assert person.residence and person.residence.confirmed_at is None
    assert person.consented_at
    assert "等楼栋长或社区确认" in page
    assert not lives_in(newcomer, yard)


def test_without_consent_nothing_is_kept(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    answer = client_of(newcomer).post(url(yard), {**typed, "consent": ""})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="新住户"' in page and "请勾选。" in page
    assert not Person.objects.filter(name="新住户").exists()


def test_a_fourteen_year_old_joins_as_a_minor(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any], clock: Any
) -> None:
    clock.set("2026-03-10 10:00")
    client_of(newcomer).post(url(yard), {**typed, "age": "minor", "born": "2011年7月"})
    person = Person.objects.get(user=newcomer)
    assert (person.is_adult, person.born) == (False, date(2011, 7, 1))


@pytest.mark.parametrize(
    ("born", "said"),
    [("", "请写出生年月"), ("2014-07", "请家里的大人来提"), ("去年", "请写成 2010-05"), ("2010-13", "请写成 2010-05")],
)
def test_a_minor_says_when_they_were_born(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any], clock: Any, born: str, said: str
) -> None:
    clock.set("2026-03-10 10:00")
    answer = client_of(newcomer).post(url(yard), {**typed, "age": "minor", "born": born})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Person.objects.filter(name="新住户").exists()


def test_a_minor_is_adult_from_the_month_after_the_eighteenth_birthday(
    newcomer: User, households: list[Household], chief: User, clock: Any
) -> None:
    """Born in May 2008: nobody knows the day, so from the first of June 2026; then the month is erased."""
    clock.set("2026-03-10 10:00")
    claim = actions.join(newcomer, households[5], name="少年", is_adult=False, born=date(2008, 5, 20), by=newcomer)
    actions.confirm(claim, by=chief)
    clock.set("2026-05-31 23:59:59")
    sweep()
    assert Person.objects.get(user=newcomer).born == date(2008, 5, 1)
    assert speaking.code(newcomer.person, households[5]) == "minor"
    clock.set("2026-06-01 00:00")
    sweep()
    person = Person.objects.get(user=newcomer)
    assert (person.is_adult, person.born) == (True, None)
    assert speaking.code(person, households[5]) == ""
    assert Message.objects.filter(user=newcomer, title__contains="已满 18 岁").exists()


def test_of_whoever_is_adult_already_no_month_is_kept(newcomer: User, households: list[Household], clock: Any) -> None:
    clock.set("2026-03-10 10:00")
    actions.join(newcomer, households[5], name="大人", is_adult=False, born=date(2008, 2, 29), by=newcomer)
    person = Person.objects.get(user=newcomer)
    assert (person.is_adult, person.born) == (True, None)
    with pytest.raises(IntegrityError, match="no_birth_month_of_an_adult"), transaction.atomic():
        Person.objects.filter(user=newcomer).update(born=date(2000, 1, 1))


def test_a_child_is_told_who_can_speak_for_them(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    answer = client_of(newcomer).post(url(yard), {**typed, "age": "child"})
    assert answer.status_code == 422 and "请家里的大人来提" in answer.content.decode()


@pytest.mark.parametrize("name", ["", " ", "\u202e\u200b", "名" * 41, "\x00"])
def test_a_name_is_asked_for(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any], name: str
) -> None:
    assert client_of(newcomer).post(url(yard), {**typed, "name": name}).status_code == 422


def test_doors_of_other_yards_are_not_taken(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any], stranger: User
) -> None:
    assert stranger.person.household.address == "101"
    for door in ("远处路9号院101", "909", "x", "9" * 30, ""):
        answer = client_of(newcomer).post(url(yard), {**typed, "household": door})
        assert answer.status_code == 422


def test_nothing_above_a_community_is_joined(street: Territory, client_of: ClientOf, newcomer: User) -> None:
    assert client_of(newcomer).get(f"/join/{street.code}/").status_code == 404
    assert client_of(newcomer).get("/join/nowhere/").status_code == 404


def test_doors_right_under_the_community_and_in_a_village_group_are_joined(
    community: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    group = add_place(parent=community, code=f"{community.code}-7", name="朵木得一组", level="group", by=None)
    [lone] = add_households(place=community, addresses=["粮站路3号"], by=None)
    [farm] = add_households(place=group, addresses=["12号"], by=None)
    client = client_of(newcomer)
    listed = client.get("/join/", {"q": "一"}).content.decode()
    assert url(group) in listed and url(community) in listed
    client.post(url(group), {**typed, "household": "12"})
    assert Person.objects.get(user=newcomer).household == farm
    client.post(url(community), {**typed, "household": "3号"})
    assert Person.objects.get(user=newcomer).household == lone


@pytest.mark.parametrize("text", ["1-309", "1单元309", "309", "1栋 1单元309", "一单元309室"])
def test_the_door_is_typed_as_people_write_it(
    yard: Territory, building: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any], text: str
) -> None:
    [door] = add_households(place=building, addresses=["1单元309"], by=None)
    page = client_of(newcomer).get(url(yard)).content.decode()
    assert "<select" not in page, "no list of doors to scroll through"
    client_of(newcomer).post(url(yard), {**typed, "household": text})
    assert Person.objects.get(user=newcomer).household == door


def test_it_leads_back_to_the_page_it_was_asked_from(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    client = client_of(newcomer)
    assert "next=%2Fprojects%2F1%2Fvote%2F" in client.get("/join/", {"next": "/projects/1/vote/"}).content.decode()
    answer = client.post(f"{url(yard)}?next=/projects/1/vote/", typed)
    assert answer.headers["Location"] == "/projects/1/vote/"
    answer = client.post(f"{url(yard)}?next=https://elsewhere.example/", typed)
    assert answer.headers["Location"] == "/mine/"


def test_a_confirmed_resident_does_not_move_by_themselves(
    yard: Territory, client_of: ClientOf, resident: User, typed: dict[str, Any]
) -> None:
    answer = client_of(resident).post(url(yard), typed)
    assert answer.status_code == 422 and "请先在“我的信息”里登记搬走" in answer.content.decode()
    assert Person.objects.get(user=resident).household == resident.person.household


def test_before_being_confirmed_the_door_can_be_changed(newcomer: User, households: list[Household]) -> None:
    for door in households[5:7]:
        actions.join(newcomer, door, name="新住户", is_adult=True, by=newcomer)
    assert Person.objects.get(user=newcomer).household == households[6]


def test_who_moved_out_says_anew_where_they_live(
    resident: User, chief: User, households: list[Household], yard: Territory
) -> None:
    actions.move_out(home_of(resident), by=chief)
    moved = User.objects.get(pk=resident.pk)
    assert not lives_in(moved, yard)
    actions.join(moved, households[7], name="甲居民", is_adult=True, by=moved)
    person = person_of(User.objects.get(pk=resident.pk))
    assert person and person.household == households[7]
    home = person.residence
    assert home and (home.confirmed_at, home.is_representative) == (None, False)
    assert [home.household for home in person.residences.order_by("since")] == [households[0], households[7]]


def test_an_empty_name_is_refused_by_the_action_too(newcomer: User, households: list[Household]) -> None:
    with pytest.raises(Refused) as refused:
        actions.join(newcomer, households[5], name="\u200b", is_adult=True, by=newcomer)
    assert "name" in refused.value.fields


def test_the_yard_is_found_by_its_name(
    yard: Territory, other_yard: Territory, client_of: ClientOf, newcomer: User
) -> None:
    page = client_of(newcomer).get("/join/", {"q": "样板巷"}).content.decode()
    assert url(yard) in page and url(other_yard) not in page
    page = client_of(newcomer).get("/join/", {"q": "<script>x</script>"}).content.decode()
    assert "没有找到这个院子" in page and "<script>x" not in page


def test_what_the_data_are_for_can_be_read_by_everybody(client: Client, db: None) -> None:
    page = client.get("/privacy/").content.decode()
    for words in ("收哪些，为什么", "谁看得到", "留多久", "您的权利", "未满 14 岁"):
        assert words in page


def test_the_pages_ask_the_same_few_queries(
    yard: Territory,
    client_of: ClientOf,
    newcomer: User,
    households: list[Household],
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    client = client_of(newcomer)
    with django_assert_max_num_queries(6):
        client.get(url(yard))
    with django_assert_max_num_queries(6):
        client.get("/join/")


def test_whoever_is_confirmed_hears_what_to_do_first_before_filling_anything(
    yard: Territory, client_of: ClientOf, resident: User
) -> None:
    """A form was filled and then refused, with a way that was not there: one moves out oneself."""
    client = client_of(resident)
    for page in (client.get(url(yard)).content.decode(), client.get("/join/").content.decode()):
        assert "/mine/data/leave/" in page and 'name="household"' not in page
    client.post("/mine/data/leave/", {"sure": "on"})
    page = client.get("/mine/data/").content.decode()
    assert '"/join/"' in page and "/mine/data/leave/" not in page, "from there on to the new door"
    assert client.get(url(yard)).status_code == 200


@pytest.mark.parametrize("typed", ["样板巷1号院", "样板巷 １ 号院", "样板巷一号院", "样板巷"])
def test_a_yard_is_found_as_people_write_it(typed: str, yard: Territory, client_of: ClientOf, newcomer: User) -> None:
    assert url(yard) in client_of(newcomer).get("/join/", {"q": typed}).content.decode()


@pytest.mark.parametrize("typed_door", ["样板省样板市样板街道一社区样板巷1号院1栋202", "云南省 样板巷1号院 1栋 202 室"])
def test_a_whole_address_is_that_door(
    typed_door: str, yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    """省 and 市 before it, or 南 in 云南, made it a door nobody knew."""
    assert client_of(newcomer).post(url(yard), {**typed, "household": typed_door}).status_code == 302
    residence = Person.objects.get(user=newcomer).residence
    assert residence and residence.household.door.endswith("1栋202")


def test_of_many_doors_a_few_are_named_and_that_there_are_more(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    for building in range(11, 17):
        place = add_place(parent=yard, code=f"{yard.code}-{building}", name=f"{building}栋", level="building", by=None)
        add_households(place=place, addresses=["909"], by=None)
    page = client_of(newcomer).post(url(yard), {**typed, "household": "909"}).content.decode()
    assert "有 6 户都叫这个" in page and "等。请写上楼栋" in page


def test_a_minor_is_not_told_that_the_month_of_birth_may_be_left_out(
    yard: Territory, client_of: ClientOf, newcomer: User, typed: dict[str, Any]
) -> None:
    client = client_of(newcomer)
    assert "可不填" not in client.get(url(yard)).content.decode()
    assert client.post(url(yard), {**typed, "age": "minor"}).status_code == 422


@pytest.mark.parametrize(
    ("represented", "adult", "words"),
    [
        (False, True, "现在可以提议、附议、表决和打分"),
        (True, True, "表决和打分由您家的户代表来"),
        (False, False, "满 18 岁以后可以附议、表决和打分"),
    ],
)
def test_who_is_confirmed_hears_what_they_can_do_and_nothing_more(
    represented: bool, adult: bool, words: str, newcomer: User, households: list[Household], chief: User
) -> None:
    """Everybody was told they could vote now, also behind a representative, also at fifteen."""
    if represented:
        make_resident("户代表", households[5], represents=True)
    born = None if adult else date(2011, 5, 1)
    claim = actions.join(newcomer, households[5], name="新住户", is_adult=adult, born=born, by=newcomer)
    actions.confirm(claim, by=chief)
    assert words in Message.objects.get(user=newcomer).body
