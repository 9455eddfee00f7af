"""我的工作台: what is overdue, due this week, later; each row leads where it can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.notifications.models import Message
from proposals import actions
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def desk(client: Client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def test_whoever_holds_nothing_sees_no_matter(way: Way, client_of: ClientOf) -> None:
    way.announced()
    page = desk(client_of(User.objects.create_superuser("operator", "x")))
    assert "您现在没有任职" in page and "院里装一盏路灯" not in page


def test_what_waits_stands_under_when_it_is_due(way: Way, client_of: ClientOf, clerk: User, clock: Any) -> None:
    proposal = way.cosigned()
    page = desk(client_of(clerk))
    assert "等待表决：院里装一盏路灯" in page and "一社区工作人员" in page
    overdue, week = page.index("已逾期"), page.index("七天内到期")
    assert overdue < week < page.index("等待表决：院里装一盏路灯")
    proposal.refresh_from_db()
    assert proposal.due_at
    platform_clock.set_to(proposal.due_at + timedelta(hours=1))
    page = desk(client_of(clerk))
    assert page.index("等待表决：院里装一盏路灯") < page.index("七天内到期")


def test_others_do_not_see_it(way: Way, client_of: ClientOf, stranger_clerk: User, cashier: User) -> None:
    way.cosigned()
    for user in (stranger_clerk, cashier):
        assert "院里装一盏路灯" not in desk(client_of(user))


def test_rows_lead_to_the_page_where_it_can_be_done(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.announced()
    wish = actions.wish(place=way.yard, text="想要一盏灯", by=way.who("resident"))
    objection = disclosure.object_to(proposal.gate_notice, facts="会照到卧室里", by=way.who("neighbour"))
    page = desk(client_of(clerk))
    for url in (
        reverse("admin:proposals_proposal_change", args=[proposal.pk]),
        reverse("admin:proposals_wish_change", args=[wish.pk]),
        reverse("admin:disclosure_objection_change", args=[objection.pk]),
    ):
        assert f'href="{url}"' in page


def test_the_desk_asks_the_same_few_queries(
    way: Way, client_of: ClientOf, clerk: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    actions.wish(place=way.yard, text="一", by=way.who("resident"))
    client = client_of(clerk)
    with django_assert_max_num_queries(20) as few:
        desk(client)
    for number in range(20):
        actions.wish(place=way.yard, text=f"心愿{number}", by=way.who("resident"))
    with django_assert_max_num_queries(len(few.captured_queries)):
        desk(client)


def test_more_than_fit_are_said_to_be_more(way: Way, client_of: ClientOf, clerk: User) -> None:
    for number in range(52):
        actions.wish(place=way.yard, text=f"心愿{number}", by=way.who("resident"))
    assert "52 件" in desk(client_of(clerk))
    assert Deadline.objects.open().filter(kind="wish").count() == 52


def test_it_speaks_chinese(way: Way, client_of: ClientOf, clerk: User) -> None:
    client = client_of(clerk)
    page = desk(client) + client.get(reverse("admin:proposals_proposal_changelist")).content.decode()
    for english in ("Type to search", "Filters", "Welcome", "Site administration", "Log out", "Change password"):
        assert english not in page, english


def test_a_climbed_review_is_on_the_clerks_desk(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.submitted()
    assert proposal.title not in desk(client_of(clerk))
    wait_until_over(proposal)
    assert f"等待初审：{proposal.title}" in desk(client_of(clerk))
    assert Message.objects.filter(user=clerk, title__contains=proposal.title).exists()
