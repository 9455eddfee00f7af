"""我的事: what waits for me, what I proposed, what I wished for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from proposals import actions
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_it_is_for_whoever_is_signed_in(client: Client) -> None:
    assert client.get("/mine/")["Location"].startswith("/signin/")


def test_with_nothing_waiting_it_says_what_will_be_here(client_of: ClientOf, neighbour: User) -> None:
    page = client_of(neighbour).get("/mine/").content.decode()
    assert "现在没有事等您" in page
    assert "样板巷1号院1栋102" in page and "户代表" in page


def test_a_neighbour_is_asked_to_cosign_until_they_have(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(neighbour)
    assert f"/projects/{proposal.number}/cosign/" in client.get("/mine/").content.decode()
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    assert f"/projects/{proposal.number}/cosign/" not in client.get("/mine/").content.decode()


def test_what_was_returned_waits_for_its_proposer(way: Way, client_of: ClientOf, resident: User, chief: User) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="写清楚")
    assert f"/projects/{proposal.number}/revise/" in client_of(resident).get("/mine/").content.decode()


def test_the_chief_sees_the_queue_as_one_task(way: Way, client_of: ClientOf, chief: User) -> None:
    for number in range(3):
        way.submitted(title=f"灯{number}")
    page = client_of(chief).get("/mine/").content.decode()
    assert "3 件提议等您初审" in page
    assert page.count('href="/review/"') == 1


def test_staff_are_sent_to_their_desk(way: Way, client_of: ClientOf, clerk: User) -> None:
    way.announced()
    page = client_of(clerk).get("/mine/").content.decode()
    assert "去工作台" in page


def test_somebody_without_a_household_is_shown_the_way(client_of: ClientOf, way: Way) -> None:
    page = client_of(make_resident("新来的", None)).get("/mine/").content.decode()
    assert "我住在……" in page


def test_others_wishes_and_proposals_are_not_mine(way: Way, client_of: ClientOf, neighbour: User) -> None:
    way.submitted(title="甲的提议")
    actions.wish(place=way.yard, text="甲的心愿", by=way.who("resident"))
    page = client_of(neighbour).get("/mine/").content.decode()
    assert "甲的提议" not in page and "甲的心愿" not in page


def test_the_same_few_queries_with_many_rows(
    way: Way, client_of: ClientOf, resident: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    way.submitted()
    actions.wish(place=way.yard, text="一", by=resident)
    client = client_of(resident)
    client.get("/mine/")
    with django_assert_max_num_queries(26) as few:
        client.get("/mine/")
    for number in range(15):
        way.submitted(title=f"灯{number}")
        actions.wish(place=way.yard, text=f"心愿{number}", by=resident)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/mine/")
