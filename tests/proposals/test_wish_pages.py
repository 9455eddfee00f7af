"""心愿墙: wishing, wanting it too, and who wished is shown to nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Wish
from tests.proposals.hostile import NUL, SCRIPT
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


@pytest.fixture
def wish(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="院里多几张凳子", by=resident, spot="大树下", wisher_name="甲居民")


def test_a_wish_goes_up_on_the_wall_without_a_name(
    way: Way, client: Client, client_of: ClientOf, resident: User
) -> None:
    answer = client_of(resident).post(
        "/wishes/new/", {"place": way.yard.pk, "text": "院里多几张凳子，电话13812345678", "category": "convenience"}
    )
    wish = Wish.objects.get()
    assert answer["Location"] == f"/wishes/{wish.pk}/"
    for url in ("/wishes/", f"/wishes/{wish.pk}/", "/"):
        page = client.get(url).content.decode()
        assert "院里多几张凳子" in page
        assert "13812345678" not in page and "甲居民" not in page


def test_an_empty_wish_is_refused_and_the_place_kept(way: Way, client_of: ClientOf, resident: User) -> None:
    answer = client_of(resident).post("/wishes/new/", {"place": way.yard.pk, "text": " ", "spot": "大树下"})
    assert answer.status_code == 422
    assert "大树下" in answer.content.decode()
    assert not Wish.objects.exists()


@pytest.mark.parametrize("text", [SCRIPT, NUL, "愿" * 201, "a@b.cc" * 33, "\u202e"])
def test_hostile_wishes_are_text_or_refused(way: Way, client_of: ClientOf, resident: User, text: str) -> None:
    client = client_of(resident)
    answer = client.post("/wishes/new/", {"place": way.yard.pk, "text": text, "category": "other"})
    assert answer.status_code in (302, 422)
    assert "<script>alert" not in client.get("/wishes/").content.decode()


def test_others_want_it_too_each_once_and_never_the_wisher(
    wish: Wish, client_of: ClientOf, resident: User, neighbour: User
) -> None:
    client = client_of(neighbour)
    assert "我也想要" in client.get(f"/wishes/{wish.pk}/").content.decode()
    for _press in range(2):
        client.post(f"/wishes/{wish.pk}/support/")
    wish.refresh_from_db()
    assert wish.supporters == 1
    page = client.get(f"/wishes/{wish.pk}/").content.decode()
    assert "您也想要，已经记下了" in page and '<button type="submit" class="wide">我也想要' not in page
    answer = client_of(resident).post(f"/wishes/{wish.pk}/support/", follow=True)
    assert "这是您自己的心愿" in answer.content.decode()


def test_supporting_is_sent_not_opened(wish: Wish, client_of: ClientOf, neighbour: User, client: Client) -> None:
    assert client_of(neighbour).get(f"/wishes/{wish.pk}/support/").status_code == 405
    assert client.post(f"/wishes/{wish.pk}/support/").status_code == 302  # to sign in
    wish.refresh_from_db()
    assert wish.supporters == 0


def test_an_answer_stands_on_its_page_masked(wish: Wish, client: Client, clerk: User) -> None:
    actions.answer_wish(wish, "fulfil", by=clerk, reason="李师傅13812345678已经放好了")
    page = client.get(f"/wishes/{wish.pk}/").content.decode()
    assert "已经放好了" in page and "13812345678" not in page
    assert "一社区工作人员" in page


def test_it_says_who_answers_until_when(wish: Wish, client: Client) -> None:
    assert "现在由一社区工作人员答复" in client.get(f"/wishes/{wish.pk}/").content.decode()


def test_the_wall_goes_on_by_key_and_keeps_its_place(
    way: Way, client: Client, resident: User, community: Territory
) -> None:
    for number in range(25):
        actions.wish(place=way.yard, text=f"第{number}个心愿", by=resident)
    first = client.get("/wishes/", {"place": community.code}).content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older and community.code in older[1]
    actions.wish(place=way.yard, text="刚刚许的", by=resident)
    second = client.get("/wishes/" + older[1].replace("&amp;", "&")).content.decode()
    found = re.findall(r"第(\d+)个心愿", first + second)
    assert [int(number) for number in found] == list(range(24, -1, -1))


@pytest.mark.parametrize("key", ["x", "-1", "9" * 40, "1e3", "٣"])
def test_a_key_that_is_none_begins_at_the_top(wish: Wish, client: Client, key: str) -> None:
    assert wish.text in client.get("/wishes/", {"before": key}).content.decode()


def test_the_same_few_queries_at_two_and_twenty(
    way: Way, client: Client, resident: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    actions.wish(place=way.yard, text="一", by=resident)
    with django_assert_num_queries(3):
        client.get("/wishes/")
    for number in range(20):
        actions.wish(place=way.yard, text=f"心愿{number}", by=resident)
    with django_assert_num_queries(3):
        client.get("/wishes/")
    with django_assert_num_queries(2):
        client.get("/wishes/")


def test_the_wall_follows_each_of_its_wishes(way: Way, client: Client, resident: User) -> None:
    wished = actions.wish(place=way.yard, text="想要一张长椅", by=resident)
    for change in (
        lambda: actions.wish(place=way.yard, text="想要一盏灯", by=resident),
        lambda: actions.support(wished, by=way.who("neighbour")),
    ):
        kept = client.get("/wishes/")["ETag"]
        assert client.get("/wishes/", headers={"If-None-Match": kept}).status_code == 304
        change()
        answer = client.get("/wishes/", headers={"If-None-Match": kept})
        assert answer.status_code == 200
    assert "想要一盏灯" in answer.content.decode()


def test_a_wish_nobody_made_is_not_found(client: Client, city: Territory) -> None:
    for pk in (1, 10**30):
        assert client.get(f"/wishes/{pk}/").status_code == 404
