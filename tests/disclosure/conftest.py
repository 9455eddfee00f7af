"""A notice to begin with: it benefits the yard's twelve households, posted on a Monday without holidays after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minshi.accounts.models import User
from minshi.disclosure.actions import object_to, post
from minshi.disclosure.models import Notice, Objection
from minshi.territory.models import Territory
from tests.conftest import Clock

FACTS = "晾衣绳会挡住一楼的窗户。"


@pytest.fixture
def monday(clock: Clock) -> Clock:
    """2026-11-02, 9:00; the next five working days are Tuesday to Monday the 9th."""
    clock.set("2026-11-02 09:00")
    return clock


@pytest.fixture
def post_notice(monday: Clock, clerk: User, yard: Territory) -> Callable[..., Notice]:
    def make(**changes: Any) -> Notice:
        facts: dict[str, Any] = {
            "kind": "initiation",
            "title": "关于睦邻驿站立项的公示",
            "place": yard,
            "body": "经院里居民表决，拟建睦邻驿站一处。",
            "table": [("预算", "36,800.00 元"), ("提议人", "李*新")],
            "households": 12,
            "by": clerk,
        }
        return post(**facts | changes)

    return make


@pytest.fixture
def notice(post_notice: Callable[..., Notice]) -> Notice:
    return post_notice()


@pytest.fixture
def objection(notice: Notice, resident: User) -> Objection:
    return object_to(notice, facts=FACTS, request="请换个位置。", by=resident)
