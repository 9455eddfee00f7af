"""Minutes and decisions are public; names in them come masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_an_announced_meeting_says_when_where_and_what(way: Way, client_of: ClientOf) -> None:
    meeting = way.announced_meeting(way.consulting())
    page = client_of(None).get(meeting.get_absolute_url()).content.decode()
    for words in ("院内凉亭", "路灯装在哪里", "议题已公告", "看议题公告"):
        assert words in page
    project = client_of(None).get(meeting.proposal.get_absolute_url()).content.decode()
    assert "开议事会" in project
    assert "甲*民 1栋（召集人）" in project


def test_the_minutes_say_who_came_what_was_voted_and_agreed(
    way: Way, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    proposal = way.deciding()
    meeting = proposal.meetings.get()
    client = client_of(None)
    with django_assert_max_num_queries(5):
        page = client.get(meeting.get_absolute_url()).content.decode()
    for words in (
        "应到 12 人，实到 10 人",
        "没有来",
        "同意 9",
        "晚上11点后调暗",
        "20,000.00",
        "院落自管小组",
        "晚上太亮",
    ):
        assert words in page


def test_the_decision_shows_its_marks_reasons_and_study(
    way: Way, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    proposal = way.announced()
    client = client_of(None)
    with django_assert_max_num_queries(6):
        page = client.get(f"/projects/{proposal.number}/decision/").content.decode()
    for words in ("75 分", "惠及面广", "有据可查", "需要街道补助", "党组织前置研究", "同意提交决议", "看立项公示"):
        assert words in page
    assert "看评分、理由和不同意见" in client.get(proposal.get_absolute_url()).content.decode()


def test_before_any_decision_there_is_no_such_page(way: Way, client_of: ClientOf) -> None:
    assert client_of(None).get(f"/projects/{way.cosigned().number}/decision/").status_code == 404


def test_a_meeting_that_does_not_exist_is_not_found(way: Way, client_of: ClientOf) -> None:
    assert client_of(None).get(f"/projects/{way.cosigned().number}/meetings/1/").status_code == 404
