"""Before somebody wishes what another wishes already they are shown it, and join or go on; each stays one wisher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.notifications.models import Message
from proposals import actions
from proposals.models import Wish, WishStage
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NEW = "/wishes/new/"


@pytest.fixture
def shelf(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="楼下想添一个快递架", by=resident)


@pytest.fixture
def again(way: Way) -> dict[str, Any]:
    return {"place": way.yard.pk, "text": "单元门口想添一个快递架子", "spot": "三单元", "category": "convenience"}


def told(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("-id").values_list("title", flat=True))


def test_who_wishes_the_same_is_shown_it_and_what_was_typed_is_kept(
    shelf: Wish, again: dict[str, Any], client_of: ClientOf, neighbour: User
) -> None:
    answer = client_of(neighbour).post(NEW, again)
    page = answer.content.decode()
    assert answer.status_code == 422 and Wish.objects.count() == 1
    assert shelf.text in page and again["text"] in page and "三单元" in page and "都不是，仍然提交" in page


def test_who_joins_keeps_their_words_hears_the_answer_and_may_part_again(
    shelf: Wish, again: dict[str, Any], client_of: ClientOf, client: Client, neighbour: User, clerk: User
) -> None:
    url = client_of(neighbour).post(NEW, {**again, "same": shelf.pk})["Location"]
    mine = Wish.objects.get(by=neighbour)
    assert (mine.text, mine.joined_to, mine.stage) == (again["text"], shelf, WishStage.JOINED)
    assert "另有 1 件同样的心愿并到这一件" in client.get(shelf.get_absolute_url()).content.decode()
    actions.answer_wish(shelf, "claim", by=clerk)
    assert told(neighbour)[0] == "您的心愿：认领"
    client_of(neighbour).post(f"{url}part/", {"reason": "我说的是后门"})
    mine.refresh_from_db()
    assert (mine.stage, mine.joined_to) == (WishStage.NEW, None)


def test_whoever_says_that_it_is_another_matter_wishes_it(
    shelf: Wish, again: dict[str, Any], client_of: ClientOf, neighbour: User
) -> None:
    client_of(neighbour).post(NEW, {**again, "same": "none"})
    assert Wish.objects.get(by=neighbour).stage == WishStage.NEW


@pytest.mark.parametrize("said", ["", "999999", "x", "-1"])
def test_what_was_not_shown_is_not_joined(
    shelf: Wish, again: dict[str, Any], client_of: ClientOf, neighbour: User, said: str
) -> None:
    assert client_of(neighbour).post(NEW, {**again, "same": said}).status_code == 422
    assert Wish.objects.count() == 1


def test_what_is_urgent_waits_for_no_question(
    shelf: Wish, again: dict[str, Any], client_of: ClientOf, neighbour: User
) -> None:
    assert client_of(neighbour).post(NEW, {**again, "urgent": "on"}).status_code == 302


def test_of_five_joined_and_one_parted_each_wisher_hears_once_and_every_link_lives(
    way: Way, shelf: Wish, client: Client, resident: User, neighbour: User, clerk: User
) -> None:
    others = [make_resident(f"演示{name}", way.households[9 + at]) for at, name in enumerate("春夏秋")]
    wished = [actions.wish(place=way.yard, text=f"快递架{user.pk}", by=user) for user in (neighbour, resident, *others)]
    fan = make_resident("演示冬", way.households[8])
    for each in (shelf, *wished):  # wants every one of them
        actions.support(each, by=fan)
    actions.support(wished[0], by=others[0])
    other_fan = make_resident("演示霜", way.households[7])
    actions.support(wished[2], by=other_fan)  # only one that is joined to another
    for each in wished:
        actions.join_wish(each, shelf, by=clerk)
    actions.part_wish(wished[-1], reason="那是后门的", by=others[-1])
    Message.objects.all().delete()
    actions.answer_wish(shelf, "decline", by=clerk, reason="消防通道上不能放")
    told_to = [user for user in (resident, neighbour, *others, fan, other_fan) if told(user)]
    assert told_to == [resident, neighbour, others[0], others[1], fan, other_fan]
    assert all(len(told(user)) == 1 for user in told_to)
    assert {client.get(each.get_absolute_url()).status_code for each in (shelf, *wished)} == {200}
