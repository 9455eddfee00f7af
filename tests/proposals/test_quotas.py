"""How much one person may put forward at a time: the place's rule, counted for whoever is named, on every channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.policy import actions as policy
from minshi.policy.defaults import parameters
from minshi.refusals import Refused
from minshi.residents import actions as residents
from minshi.signin import joining
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Proposal, Wish
from tests.cast import home_of, make_resident
from tests.conftest import Clock
from tests.meanwhile import meanwhile
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NUMBERS = ("propose.most_open", "wish.most", "wish.most_days")


@pytest.fixture(autouse=True)
def the_rule(district: Territory) -> None:
    """The default set, given by the district: the other tests let a few people speak for a whole yard."""
    for name in NUMBERS:
        rule(district, name, parameters()[name]["value"])


def rule(place: Territory, name: str, value: int) -> None:
    policy.set_value(name, place, value, since=date(2020, 1, 1), source="盘龙区试行办法", by=None)


def wish(way: Way, by: User, number: int) -> Wish:
    return actions.wish(place=way.yard, text=f"心愿{number}", by=by)


def test_the_default_is_three_proposals_and_five_wishes_in_thirty_days() -> None:
    assert [parameters()[name]["value"] for name in NUMBERS] == [3, 5, 30]


def test_a_fourth_open_proposal_is_refused_beside_its_title(way: Way, resident: User, client_of: ClientOf) -> None:
    first, *_others = [way.submitted(title=f"第{number}件") for number in range(3)]
    typed = {**WORDS, "place": way.yard.pk, "title": "还想再提一件"}
    answer = client_of(resident).post("/projects/propose/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["title"] == ["每人同时在办的提议最多 3 件，已经满了；办结或撤回一件以后再提"]
    assert "还想再提一件" in answer.content.decode()
    actions.withdraw(first, by=resident, reason="先不办了")
    assert client_of(resident).post("/projects/propose/", typed).status_code == 302


def test_a_sixth_wish_waits_until_the_first_is_thirty_days_old(
    way: Way, resident: User, client_of: ClientOf, clock: Clock
) -> None:
    clock.set("2026-03-02 09:00")
    for number in range(5):
        wish(way, resident, number)
    answer = client_of(resident).post(
        "/wishes/new/", {"place": way.yard.pk, "text": "想要一张长椅", "category": "other"}
    )
    assert answer.status_code == 422
    [said] = answer.context["form"].errors["text"]
    assert "每人 30 天内最多提 5 个心愿" in said and "4月1日 09:00 以后可以再提" in said
    assert "想要一张长椅" in answer.content.decode()
    clock.set("2026-04-01 09:01")
    wish(way, resident, 6)


def test_the_numbers_are_the_places_own(way: Way, resident: User, community: Territory) -> None:
    rule(community, "wish.most", 1)
    rule(community, "propose.most_open", 1)
    wish(way, resident, 0)
    way.submitted()
    with pytest.raises(Refused, match="最多提 1 个心愿"):
        wish(way, resident, 1)
    with pytest.raises(Refused, match="最多 1 件"):
        way.submitted(title="第二件")


def page_of_wishes(door: Household, name: str, count: int, by: User) -> list[Wish]:
    lines = [actions.Written(door, name, f"心愿{number}") for number in range(count)]
    return actions.enter_wishes(door.place.at_level("community"), lines, photo=a_picture(), receipt_id=uuid4(), by=by)


def test_what_is_typed_for_others_counts_for_them_and_not_for_who_typed(
    way: Way, resident: User, households: list[Household], clerk: User
) -> None:
    mine = households[0]
    wish(way, resident, 0)
    with pytest.raises(Refused, match="甲居民：每人 30 天内最多提 5 个心愿") as refused:
        page_of_wishes(mine, "甲居民", 5, clerk)
    assert "lines" in refused.value.fields and Wish.objects.count() == 1
    page_of_wishes(mine, "甲居民", 4, clerk)
    page_of_wishes(households[1], "不在册的人", 5, clerk)
    with pytest.raises(Refused, match="不在册的人"):
        page_of_wishes(households[1], "不在册的人", 1, clerk)
    page_of_wishes(households[1], "另一个不在册的人", 1, clerk)


def test_a_paper_proposal_counts_for_whoever_signed_it(
    way: Way, resident: User, households: list[Household], clerk: User, client_of: ClientOf
) -> None:
    for number in range(3):
        way.submitted(title=f"第{number}件")
    sheet = {**WORDS, "door": households[0].address, "name": "甲居民", "scope": "yard", "sheet": a_picture()}
    answer = client_of(clerk).post("/projects/paper/", sheet)
    assert answer.status_code == 422
    assert "最多 3 件" in answer.context["form"].errors["name"][0]
    for number in range(4):
        words = {**sheet, "name": f"不在册{number}", "title": f"纸上第{number}件", "sheet": a_picture()}
        assert client_of(clerk).post("/projects/paper/", words).status_code == 302
    assert Proposal.objects.filter(entered_by=clerk).count() == 4


def test_two_accounts_of_one_human_are_one_person(
    way: Way, resident: User, chief: User, case_officer: User, district_officer: User
) -> None:
    for number in range(3):
        wish(way, resident, number)
    residents.move_out(home_of(resident), by=chief)
    later = make_resident("甲居民", way.households[5])
    wish(way, later, 3)
    asked = joining.ask(later, resident, reason="同一个人换过号码", basis="当面核对", by=case_officer)
    joining.confirm(asked, by=district_officer)
    later = User.objects.get(pk=later.pk)
    wish(way, later, 4)
    with pytest.raises(Refused, match="最多提 5 个心愿"):
        wish(way, later, 5)


@pytest.mark.django_db(transaction=True)
def test_the_last_of_the_five_is_made_once_by_two_at_the_same_instant(way: Way, resident: User) -> None:
    """A count before the insert, without the lock, lets both in: neither sees the other."""
    for number in range(4):
        wish(way, resident, number)
    with transaction.atomic():
        wish(way, resident, 5)
        second = meanwhile(lambda: wish(way, resident, 6))
        assert not second.done()
    with pytest.raises(Refused, match="最多提 5 个心愿"):
        second.result(30)
    assert Wish.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_third_proposal_is_made_once_by_two_at_the_same_instant(way: Way, resident: User) -> None:
    way.submitted(title="一")
    way.submitted(title="二")
    with transaction.atomic():
        way.submitted(title="三")
        second = meanwhile(lambda: way.submitted(title="四"))
    with pytest.raises(Refused, match="最多 3 件"):
        second.result(30)
    assert Proposal.objects.count() == 3
