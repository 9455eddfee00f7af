"""首页: what runs, what was done, the totals, for a district or any place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Stage
from tests.way import Way

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


def test_an_empty_country_says_what_will_be_here(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "还没有录入地方" in page.content.decode()


def test_it_shows_what_waits_and_the_computed_totals(way: Way, client: Client) -> None:
    proposal = way.cosigning()
    actions.refresh_totals()
    page = client.get("/").content.decode()
    assert proposal.title in page
    assert "已附议 0 户" in page
    assert "个项目申报" in page


def test_a_place_of_its_own_shows_only_what_lies_in_it(way: Way, client: Client, other_yard: Territory) -> None:
    proposal = way.cosigning()
    assert proposal.title in client.get(f"/places/{way.yard.code}/").content.decode()
    assert proposal.title not in client.get(f"/places/{other_yard.code}/").content.decode()


def test_an_unknown_place_is_not_found(city: Territory, client: Client) -> None:
    assert client.get("/places/nowhere/").status_code == 404


def test_the_same_few_queries_at_twenty_and_two_hundred(
    way: Way, client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(3):
        way.cosigning(title=f"路灯{number}")
    actions.refresh_totals()
    client.get("/")
    with django_assert_max_num_queries(5):
        client.get("/")
    for number in range(12):
        way.cosigning(title=f"凳子{number}")
        actions.wish(place=way.yard, text=f"心愿{number}", by=way.who("resident"))
    with django_assert_max_num_queries(5):
        client.get("/")
    with django_assert_max_num_queries(2):
        client.get("/")


def test_whatever_it_shows_makes_it_new(way: Way, client: Client) -> None:
    wish = actions.wish(place=way.yard, text="想要一张长椅", by=way.who("resident"))
    kept = client.get("/")["ETag"]
    assert client.get("/", HTTP_IF_NONE_MATCH=kept).status_code == 304
    for change in (
        lambda: actions.support(wish, by=way.who("neighbour")),
        lambda: way.cosigning(title="楼道的灯"),
        actions.refresh_totals,
        lambda: way.announced(title="门口的凳"),
    ):
        change()
        answer = client.get("/", HTTP_IF_NONE_MATCH=kept)
        assert answer.status_code == 200
        kept = answer["ETag"]


def test_the_same_place_at_two_addresses_is_kept_apart(way: Way, client: Client) -> None:
    way.cosigning()
    home, place = client.get("/").content.decode(), client.get("/places/990101/").content.decode()
    assert 'name="next" value="/"' in home and 'name="next" value="/places/990101/"' in place


def test_an_anonymous_page_opens_no_session(way: Way, client: Client) -> None:
    way.cosigning()
    answer = client.get("/")
    assert not answer.cookies


def test_elder_mode_begins_with_what_waits_and_leaves_the_figures_out(way: Way, client: Client) -> None:
    proposal = way.cosigning()
    client.cookies["elder"] = "1"
    page = client.get(f"/places/{way.yard.code}/").content.decode()
    assert proposal.title in page
    assert "个项目申报" not in page
    assert "0871-" in page


def test_totals_are_what_the_cards_add_up_to(way: Way, client: Client) -> None:
    announced = way.announced()
    way.submitted(title="还没审的不算")
    actions.refresh_totals()
    assert announced.stage == Stage.ANNOUNCED
    page = client.get("/").content.decode()
    assert f'<span class="figure">{announced.card.households}</span>' in page
