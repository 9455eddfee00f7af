"""The same want twice is answered once for both, and a join is undone by whoever wished."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals import actions, selectors
from proposals.models import Wish, WishStage
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def shelf(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="楼下想添一个快递架", by=resident)


@pytest.fixture
def again(way: Way, neighbour: User) -> Wish:
    return actions.wish(place=way.yard, text="单元门口想添一个快递架子", by=neighbour)


@pytest.fixture
def joined(shelf: Wish, again: Wish, clerk: User) -> Wish:
    actions.join_wish(again, shelf, by=clerk)
    return again


def told(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("-id").values_list("title", flat=True))


def test_like_words_at_the_same_office_are_shown_and_others_are_not(
    way: Way, shelf: Wish, again: Wish, client: Client, resident: User
) -> None:
    actions.wish(place=way.yard, text="晚上路灯太刺眼", by=resident)
    assert selectors.wishes_like(shelf) == [again]
    page = client.get(f"/wishes/{shelf.pk}/").content.decode()
    assert "附近相近的心愿" in page and again.text in page and "路灯" not in page


def test_a_clerk_joins_them_by_the_number_that_is_suggested(
    shelf: Wish, again: Wish, client_of: ClientOf, clerk: User
) -> None:
    client = client_of(clerk)
    assert f"相近的：{shelf.pk}“" in client.get(do_of(again, "join")).content.decode()
    assert client.post(do_of(again, "join"), {"other": "999999"}).status_code == 422
    client.post(do_of(again, "join"), {"other": shelf.pk})
    again.refresh_from_db()
    assert (again.stage, again.joined_to, again.due_at) == (WishStage.JOINED, shelf, None)
    assert not Deadline.objects.of(again).open().exists()


def test_both_wishers_hear_the_answer_and_only_the_first_is_asked(
    shelf: Wish, joined: Wish, clerk: User, resident: User, neighbour: User
) -> None:
    assert told(neighbour)[0] == "您的心愿和同样的一件一起办"
    actions.answer_wish(shelf, "claim", by=clerk)
    assert told(neighbour)[0] == told(resident)[0] == "您的心愿：认领"
    actions.answer_wish(shelf, "fulfil", by=clerk, reason="装好了")
    assert told(neighbour)[0] == "和您的心愿一起办的说办好了"
    assert told(resident)[0] == "您的心愿办好了吗？请您看看"


def test_whoever_wished_parts_them_and_is_answered_from_the_beginning(
    joined: Wish, client_of: ClientOf, neighbour: User, resident: User, clerk: User
) -> None:
    part = f"/wishes/{joined.pk}/part/"
    assert part in client_of(neighbour).get(f"/wishes/{joined.pk}/").content.decode()
    assert client_of(resident).post(part, {"reason": "x"}).status_code == 404
    assert client_of(neighbour).post(part, {"reason": " "}).status_code == 422
    client_of(neighbour).post(part, {"reason": "我说的是后门"})
    joined.refresh_from_db()
    assert (joined.stage, joined.joined_to, joined.holder_role) == (WishStage.NEW, None, "clerk")
    assert told(clerk)[0] == f"分开单办的心愿：{joined.text}"


def test_nothing_is_joined_in_a_ring_or_to_what_waits_for_nobody(
    way: Way, shelf: Wish, joined: Wish, clerk: User, resident: User, neighbour: User
) -> None:
    third = actions.wish(place=way.yard, text="添一个快递架", by=resident)
    for one, other in ((shelf, shelf), (third, joined), (shelf, third)):
        with pytest.raises(Refused):
            actions.join_wish(one, other, by=clerk)
    with pytest.raises(NotAllowed):
        actions.join_wish(third, shelf, by=neighbour)


def test_the_database_knows_no_wish_that_is_joined_to_nothing(shelf: Wish, joined: Wish) -> None:
    for change in ({"joined_to": None}, {"joined_to": joined}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Wish.objects.filter(pk=joined.pk).update(**change)
