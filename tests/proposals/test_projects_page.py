"""项目库: filters from the allow-list, pages by key, titles found by two characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from minshi.accounts.models import User
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Card, CardPlace, Category, Stage
from tests.way import Way

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


def many(way: Way, number: int, **facts: Any) -> None:
    """Cards as lists read them, without walking each project there."""
    begun = Card.objects.count()
    for index in range(begun, begun + number):
        proposal = way.submitted(title=f"第{index}盏灯")
        Card.objects.filter(pk=proposal.pk).update(**facts)


def titles(page: str) -> list[str]:
    return re.findall(r"第\d+盏灯", re.sub(r"<title>.*?</title>", "", page))


def test_the_newest_come_first_and_pages_are_stable_under_new_rows(way: Way, client: Client) -> None:
    many(way, 25)
    first = client.get("/projects/").content.decode()
    assert len(titles(first)) == 20
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older
    many(way, 3)
    second = client.get("/projects/" + older[1].replace("&amp;", "&")).content.decode()
    assert titles(first) + titles(second) == [f"第{index}盏灯" for index in range(24, -1, -1)]
    assert "上一页" in second


def test_rows_of_one_instant_are_each_shown_once(way: Way, client: Client) -> None:
    many(way, 22)
    moment = Card.objects.latest("pk").submitted_at
    Card.objects.update(submitted_at=moment)
    CardPlace.objects.update(submitted_at=moment)
    first = client.get("/projects/").content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older
    second = client.get("/projects/" + older[1].replace("&amp;", "&")).content.decode()
    assert len({*titles(first), *titles(second)}) == 22


@pytest.mark.parametrize("key", ["x", "1e400_1", "nan_1", "-1_-1", "99999999999999_1", "1_" + "9" * 30, "_"])
def test_a_key_that_is_not_ours_begins_at_the_top(way: Way, client: Client, key: str) -> None:
    way.submitted()
    answer = client.get("/projects/", {"before": key})
    assert answer.status_code == 200


def test_the_filters_choose(way: Way, client: Client) -> None:
    lamp = way.submitted(title="院门口的路灯", category=Category.SAFETY)
    bench = way.cosigning(title="树下的长凳", category=Category.CULTURE)
    for asked, found, missing in (
        ({"category": "safety"}, lamp, bench),
        ({"stage": "cosigning"}, bench, lamp),
        ({"q": "路灯"}, lamp, bench),
        ({"q": "长凳"}, bench, lamp),
        ({"q": lamp.number}, lamp, bench),
        ({"kind": "works", "q": "路灯"}, lamp, bench),
    ):
        page = client.get("/projects/", asked).content.decode()
        assert found.title in page, asked
        assert missing.title not in page, asked


def test_shown_names_groups_of_stages_only(way: Way, client: Client) -> None:
    running = way.submitted(title="正在办的灯")
    Card.objects.filter(pk=running.pk).update(stage=Stage.DELIVERING)
    waiting = way.submitted(title="还没审的凳")
    page = client.get("/projects/", {"shown": "running"}).content.decode()
    assert running.title in page and waiting.title not in page
    assert waiting.title in client.get("/projects/", {"shown": "everything"}).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"proposal__proposer__phone__startswith": "139"},
        {"proposer": "1"},
        {"is_demo": "1"},
        {"ordering": "proposal__proposer__phone"},
        {"o": "-1"},
    ],
)
def test_anything_but_the_filters_changes_nothing(way: Way, client: Client, asked: dict[str, str]) -> None:
    way.submitted()
    with_it, without = client.get("/projects/", asked), client.get("/projects/")
    assert with_it.status_code == 200
    assert with_it.content.decode().count('class="card item') == without.content.decode().count('class="card item')


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "灯" * 500, "' OR 1=1 --", "%_%", "\u202e灯", ""])
def test_hostile_searches_find_nothing_and_break_nothing(way: Way, client: Client, value: str) -> None:
    way.submitted()
    answer = client.get("/projects/", {"q": value, "category": value, "tier": value, "stage": value})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_choice_that_is_none_is_said_beside_the_field(way: Way, client: Client) -> None:
    way.submitted()
    page = client.get("/projects/", {"stage": "nowhere"}).content.decode()
    assert 'class="error"' in page
    assert "<details open>" in page


def test_an_unknown_place_shows_an_empty_library(city: Territory, client: Client) -> None:
    assert client.get("/projects/", {"place": "nowhere"}).status_code == 200


def test_two_characters_are_found_by_the_index(way: Way) -> None:
    way.submitted(title="加装电梯")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + str(Card.objects.titled("电梯").query).replace("电梯", "'电梯'"))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "card_title_bigrams" in plan


def test_the_same_few_queries_at_five_and_twenty(
    way: Way, client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for more in (5, 20):
        many(way, more)
        with django_assert_num_queries(3):
            assert len(titles(client.get("/projects/").content.decode())) == min(20, more + 5 * (more > 5))
        with django_assert_num_queries(2):
            client.get("/projects/")


def test_it_is_kept_until_one_of_its_cards_changes(way: Way, client: Client, chief: User) -> None:
    proposal = way.submitted(title="院里的灯")
    first = client.get("/projects/")
    assert client.get("/projects/", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    actions.pass_review(proposal, by=chief)
    again = client.get("/projects/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 200 and "已附议" in again.content.decode()
    way.submitted(title="门口的凳")
    assert "门口的凳" in client.get("/projects/").content.decode()


def test_each_look_and_each_group_of_stages_is_kept_apart(way: Way, client: Client) -> None:
    way.submitted(title="院里的灯")
    plain, running = client.get("/projects/").content, client.get("/projects/?shown=running").content
    client.cookies["elder"] = "1"
    elder = client.get("/projects/").content
    assert len({plain, running, elder}) == 3
    assert b'class="elder"' in elder and b'class="elder"' not in plain


@pytest.mark.parametrize(
    "asked", ["q=%E9%99%A2%E9%87%8C", "whatever=1", "shown=whatever", "place=990101&place=990101", "shown="]
)
def test_what_no_link_of_the_page_asks_for_is_not_kept(way: Way, client: Client, client_of: Any, asked: str) -> None:
    way.submitted(title="院里的灯")
    for visitor in (client, client_of(None)):
        answer = visitor.get(f"/projects/?{asked}")
        assert "院里的灯" in answer.content.decode()
        assert ("ETag" in answer) == (asked == "shown=")
    assert "whatever" not in client.get("/projects/").content.decode()


def test_whoever_is_signed_in_has_their_own_frame(client: Client, client_of: Any, way: Way, resident: User) -> None:
    way.submitted(title="院里的灯")
    client.get("/projects/")
    answer = client_of(resident).get("/projects/")
    assert "ETag" not in answer and "退出登录" in answer.content.decode()
    assert "退出登录" not in client.get("/projects/").content.decode()
