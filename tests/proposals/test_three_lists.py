"""How long wishes take here, from one source, and what is needed beside what there is and what is being done."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from proposals import actions, selectors
from proposals.models import Wish
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db


def done_in(way: Way, hours: int, *, urgent: bool = False) -> Wish:
    """Said to be done after so many hours; whoever wished agrees two days later."""
    wish = actions.wish(place=way.yard, text=f"心愿{hours}", urgent=urgent, by=way.who("resident"))
    platform_clock.move(timedelta(hours=hours))
    actions.answer_wish(wish, "fulfil", by=way.who("clerk"), reason="办好了")
    platform_clock.move(timedelta(days=2))
    actions.judge_wish(wish, is_done=True, by=way.who("resident"))
    return wish


def test_the_median_is_of_what_was_done_and_counts_until_it_was_said(way: Way, clock: Clock, client: Client) -> None:
    for hours in (12, 48, 240):
        done_in(way, hours)
    done_in(way, 6, urgent=True)
    actions.wish(place=way.yard, text="还等着", by=way.who("resident"))
    taken = selectors.time_taken(way.yard)
    assert (taken.number, taken.median) == (4, Decimal("1.3"))  # half of them within 30 hours
    assert taken.within == [(1, 2), (3, 3), (7, 3), (15, 4), (30, 4)]
    assert (taken.urgent, taken.urgent_median) == (1, Decimal("6.0"))
    page = client.get(f"/places/{way.yard.code}/lists/").content.decode()
    assert "近一年办好 4 件心愿，一半在 1.3 天以内" in page and "一半在 6.0 小时以内" in page


def test_where_nothing_was_done_it_says_so(way: Way, client: Client) -> None:
    cache.clear()
    assert selectors.time_taken(way.yard).median is None
    assert "还没有办好的心愿" in client.get(f"/places/{way.yard.code}/lists/").content.decode()


def test_a_need_stands_beside_what_there_is_and_what_is_done_for_it(
    way: Way, client: Client, neighbour: User, resident: User, clerk: User
) -> None:
    facts = {"kind": "skill", "title": "会修自行车", "times": "周六", "category": "convenience"}
    offered = actions.offer(place=way.yard, by=neighbour, **facts)
    actions.confirm_resource(offered, by=clerk)
    proposal = way.cosigning(title="搭一个自行车棚")
    actions.wish(place=way.yard, text="自行车没有地方修", category="convenience", by=resident, wisher_name="甲居民")
    actions.wish(place=way.yard, text="楼道太黑", category="safety", by=resident)
    (by_bike,) = [need for each in selectors.three_lists(way.yard) for need in each.needs if "自行车" in need.wish.text]
    assert (by_bike.resource, by_bike.card) == (offered, proposal.card)
    page = client.get(f"/places/{way.yard.code}/lists/").content.decode()
    for words in ("居民需求清单", "服务资源清单", "民生项目清单", "对得上的资源：", "楼道太黑"):
        assert words in page
    assert "甲居民" not in page


def test_above_the_community_it_leads_to_them(way: Way, client: Client) -> None:
    street = way.yard.at_level("street")
    page = client.get(f"/places/{street.code}/lists/").content.decode()
    assert "三张清单按社区看" in page and client.get("/places/0/lists/").status_code == 404
