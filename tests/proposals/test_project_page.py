"""A project's page: what is now first, the whole way, kept until something changes, 304 for who has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from minshi.accounts.models import User
from minshi.clock import today
from minshi.disclosure import actions as disclosure
from minshi.residents import actions as residents
from minshi.residents.register import describe
from proposals import actions
from proposals.models import Source, Stage
from tests.proposals.hostile import SCRIPT
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
Ceiling = Callable[[int], Any]


def test_it_opens_with_what_is_now_and_the_one_button(way: Way, client: Client) -> None:
    proposal = way.cosigning()
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert page.index("现在：征集附议") < page.index("这件事走到哪了") < page.index("钱从哪来") < page.index("是什么事")
    assert f'href="/projects/{proposal.number}/cosign/">代表我家附议' in page
    assert "初审通过" in page and "样板巷1号院楼栋长" in page and "“确实需要”" in page
    assert "示范参数，非法定" in page


def test_what_was_refused_is_refused_with_its_reason_in_public(way: Way, client: Client, chief: User) -> None:
    proposal = way.submitted()
    actions.decline(proposal, by=chief, reason="和在建的重复，电话13812345678")
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "和在建的重复" in page
    assert "13812345678" not in page
    assert "钱从哪来" not in page


def test_the_way_of_a_refused_matter_ends_where_it_stopped(way: Way, client: Client, chief: User) -> None:
    proposal = way.submitted()
    actions.decline(proposal, by=chief, reason="重复")
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "到此为止" in page
    assert "大家打分" not in page


def test_a_merged_one_leads_on(way: Way, client: Client, chief: User) -> None:
    light, lamp = way.cosigning(title="院门照明"), way.cosigning()
    actions.merge(light, lamp, by=chief, reason="同一盏灯")
    assert f'href="{lamp.get_absolute_url()}"' in client.get(light.get_absolute_url()).content.decode()


def test_no_name_phone_or_door_is_on_the_page(way: Way, client: Client, resident: User) -> None:
    proposal = way.announced()
    disclosure.object_to(proposal.gate_notice, facts="会照到卧室，请换个位置", by=way.who("neighbour"))
    page = client.get(proposal.get_absolute_url()).content.decode()
    for secret in ("甲居民", "乙邻居", "丙楼长", resident.phone, "101室"):
        assert secret and secret not in page


def test_scripts_are_text(way: Way, client: Client) -> None:
    proposal = way.submitted(title=SCRIPT, need=SCRIPT, plan=SCRIPT, spot=SCRIPT, keeper=SCRIPT)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_number_nobody_has_is_not_found(way: Way, client: Client) -> None:
    way.submitted()
    for number in ("2026-99999", "x", "0" * 200):
        assert client.get(f"/projects/{number}/").status_code == 404


def test_the_plan_of_money_is_drawn_until_there_is_money(way: Way, client: Client) -> None:
    proposal = way.submitted(cost_fen=3_000_000, shares={Source.SUBSIDY: 1_000_000})
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "还没有着落" in page and "20,000.00" in page
    actions.note_on_card(proposal, subsidy_fen=1_000_000, budget_fen=3_000_000)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "还差" in page and "已落实 10,000.00 元" in page


# --- Kept, and not sent twice ----------------------------------------------------------------------


def test_warm_it_costs_one_query_cold_a_fixed_number(
    way: Way, client: Client, django_assert_num_queries: Ceiling, django_assert_max_num_queries: Ceiling
) -> None:
    proposal = way.announced(photos=[a_picture(), a_picture()])
    url = proposal.get_absolute_url()
    with django_assert_max_num_queries(30):
        client.get(url)
    if cache.get("anything", "away") == "away":
        cache.set("kept", 1)
    if cache.get("kept") is None:
        pytest.skip("no Redis: nothing is kept")
    with django_assert_num_queries(1):
        client.get(url)


def test_cold_it_does_not_grow_with_records_notices_or_photos(
    way: Way, client: Client, chief: User, django_assert_max_num_queries: Ceiling
) -> None:
    short, long = way.submitted(), way.submitted(photos=[a_picture() for _each in range(6)])
    for _round in range(4):
        actions.return_for_revision(long, by=chief, reason="再写清楚")
        actions.resubmit(long, by=way.who("resident"), why="补写")
    with django_assert_max_num_queries(25) as first:
        client.get(short.get_absolute_url())
    with django_assert_max_num_queries(len(first.captured_queries)):
        client.get(long.get_absolute_url())


def test_who_has_it_gets_304_after_one_query(way: Way, client: Client, django_assert_num_queries: Ceiling) -> None:
    url = way.submitted().get_absolute_url()
    etag = client.get(url)["ETag"]
    with django_assert_num_queries(1):
        again = client.get(url, HTTP_IF_NONE_MATCH=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_every_step_makes_it_new(way: Way, client: Client, chief: User) -> None:
    proposal = way.submitted()
    url = proposal.get_absolute_url()
    etag = client.get(url)["ETag"]
    actions.pass_review(proposal, by=chief)
    answer = client.get(url, HTTP_IF_NONE_MATCH=etag)
    assert answer.status_code == 200
    assert "征集附议" in answer.content.decode()


def test_whoever_holds_it_now_and_the_offices_number_are_seen_at_once(
    way: Way, client: Client, chief: User, clerk: User
) -> None:
    """Neither is a step of the project: nobody takes one when a post is given or an office has another telephone."""
    url = way.submitted().get_absolute_url()

    def seen_after(change: Callable[[], object]) -> str:
        pages = [url, f"/places/{way.yard.code}/"]
        client.cookies["elder"] = "1"
        kept = [client.get(page)["ETag"] for page in pages]
        change()
        answers = [client.get(page, HTTP_IF_NONE_MATCH=etag) for page, etag in zip(pages, kept, strict=True)]
        return "".join(answer.content.decode() for answer in answers)

    held = chief.grants.get(role="chief")
    assert "（代" in seen_after(lambda: residents.revoke(held, by=None))
    again = {"since": today(), "basis": "推选", "by": None}
    assert "（代" not in seen_after(lambda: residents.grant(chief, "chief", held.place, **again))
    community = way.yard.at_level("community")
    assert community
    number = {"phone": "0871-65000001", "organisation_code": community.organisation_code}
    assert seen_after(lambda: describe(community, **number, by=clerk)).count("tel:0871-65000001") == 2


def test_an_hour_later_it_is_new_since_days_left_may_have_changed(way: Way, client: Client, clock: Any) -> None:
    clock.set("2026-11-03 23:30")
    url = way.submitted().get_absolute_url()
    etag = client.get(url)["ETag"]
    clock.set("2026-11-04 00:01")
    assert client.get(url, HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_elder_mode_is_another_page(way: Way, client: Client) -> None:
    url = way.submitted().get_absolute_url()
    etag = client.get(url)["ETag"]
    client.cookies["elder"] = "1"
    answer = client.get(url, HTTP_IF_NONE_MATCH=etag)
    assert answer.status_code == 200
    assert 'class="elder"' in answer.content.decode()


def test_whoever_is_signed_in_is_never_answered_304(way: Way, client: Client, client_of: Any, resident: User) -> None:
    url = way.submitted().get_absolute_url()
    etag = client.get(url)["ETag"]
    answer = client_of(resident).get(url, HTTP_IF_NONE_MATCH=etag)
    assert answer.status_code == 200
    assert "ETag" not in answer
    assert "退出登录" in answer.content.decode()


def test_archived_means_done(way: Way, client: Client) -> None:
    """Every stage has its words; none breaks the page."""
    proposal = way.submitted()
    for stage in Stage.values:
        proposal.stage = stage
        assert proposal.get_stage_display()
    assert client.get(proposal.get_absolute_url()).status_code == 200
