"""The public board: what it shows, its filters, its pages by key, and how much it asks of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.disclosure.actions import correct, object_to, post
from minshi.disclosure.models import Notice
from minshi.territory.models import Territory
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS

Post = Callable[..., Notice]


def _titles(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/notices/{query}")
    assert page.status_code == 200
    return re.findall(r'<h2><a href="/notices/[^"]+/">([^<]+)</a></h2>', page.content.decode())


def test_newest_first_for_everybody(client: Client, post_notice: Post) -> None:
    post_notice(title="第一")
    post_notice(title="第二")
    assert _titles(client) == ["第二", "第一"]


def test_an_empty_board_says_what_will_be_here(client: Client, db: None) -> None:
    page = client.get("/notices/").content.decode()
    assert "现在还没有公示" in page
    assert "没有符合条件" in client.get("/notices/?kind=award").content.decode()


def test_a_place_shows_itself_and_everything_beneath(
    client: Client,
    post_notice: Post,
    stranger_clerk: User,
    other_yard: Territory,
    street: Territory,
    district: Territory,
) -> None:
    post_notice(title="本院")
    post(kind="other", title="外院", place=other_yard, body="正文", by=stranger_clerk)
    assert _titles(client, f"?place={street.code}") == ["本院"]
    assert _titles(client, f"?place={other_yard.code}") == ["外院"]
    assert _titles(client, f"?place={district.code}") == ["外院", "本院"]


def test_kind_and_period_choose(client: Client, post_notice: Post, clock: Clock, clerk: User) -> None:
    post_notice(title="旧立项")
    wrong = post_notice(title="写错的", kind="award")
    clock.set("2026-11-12 09:00")
    post_notice(title="新成交", kind="award")
    assert _titles(client, "?kind=award") == ["新成交", "写错的"]
    assert _titles(client, "?when=running") == ["新成交"]
    assert _titles(client, "?when=past") == ["写错的", "旧立项"]
    assert _titles(client, "?kind=award&when=past") == ["写错的"]
    correct(wrong, reason="写错", title="更正后", by=clerk)
    assert _titles(client, "?when=running") == ["更正后", "新成交"]


@pytest.mark.parametrize(
    "query",
    [
        "?kind=x", "?when=x", "?before=x", "?before=1-2-3", "?before=9999999999999999-1", "?after=0-0",
        "?posted_by=1", "?o=number", "?place__path=/", "?number__startswith=6",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_not_asked(client: Client, notice: Notice, query: str) -> None:
    assert client.get(f"/notices/{query}").status_code == 200


def test_an_unknown_place_is_not_found(client: Client, notice: Notice) -> None:
    assert client.get("/notices/?place=nowhere").status_code == 404


def test_every_notice_is_on_exactly_one_page(client: Client, post_notice: Post) -> None:
    for number in range(45):
        post_notice(title=f"公示{number:02d}", kind="other")
    wanted = [f"公示{number:02d}" for number in reversed(range(45))]
    seen, query, keys = _titles(client), "", []
    while found := re.search(r'href="(\?[^"]+)" rel="next"', client.get(f"/notices/{query}").content.decode()):
        query = found[1].replace("&amp;", "&")
        keys.append(query)
        seen += _titles(client, query)
    assert seen == wanted
    back = re.search(r'href="(\?[^"]+)" rel="prev"', client.get(f"/notices/{keys[-1]}").content.decode())
    assert back
    assert _titles(client, back[1].replace("&amp;", "&")) == wanted[20:40]


def test_the_filters_stay_from_page_to_page(client: Client, post_notice: Post, street: Territory) -> None:
    for number in range(21):
        post_notice(title=f"公示{number}", kind="other")
    page = client.get(f"/notices/?kind=other&place={street.code}").content.decode()
    found = re.search(r'href="(\?[^"]+)" rel="next"', page)
    assert found
    assert f"place={street.code}" in found[1]
    assert "kind=other" in found[1]


@pytest.mark.parametrize("count", [2, 20])
def test_at_most_four_questions_however_many_rows(
    client: Client, post_notice: Post, street: Territory, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        post_notice(title=f"公示{number}", kind="other")
    with django_assert_max_num_queries(4):
        client.get("/notices/")
    with django_assert_max_num_queries(4):
        client.get(f"/notices/?place={street.code}&kind=other&when=running")


def test_a_card_says_what_came_of_it(
    client: Client, post_notice: Post, resident: User, clock: Clock, clerk: User
) -> None:
    notice = post_notice()
    assert "正在公示" in client.get("/notices/").content.decode()
    object_to(notice, facts=FACTS, by=resident)
    assert "正在公示，1 条异议" in client.get("/notices/").content.decode()
    clock.set("2026-11-10 00:00")
    assert "期满，还有 1 条异议待答复" in client.get("/notices/").content.decode()
