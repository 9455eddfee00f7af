"""Two clerks at the same moment: one of them is done, the other reads why; nothing is announced twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from deliberation import actions as deliberation
from deliberation.models import Meeting
from evaluation.actions import surveys
from minshi import clock as platform_clock
from minshi.policy import calendar
from minshi.refusals import Refused
from proposals.models import Stage
from tests.meanwhile import meanwhile
from tests.way import Way

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def second_of(act: Callable[[], object], says: str) -> None:
    """Somebody acts, and before it is stored somebody else presses the same."""
    with transaction.atomic():
        act()
        second = meanwhile(act)
    with pytest.raises(Refused, match=says):
        second.result(20)


def test_agenda_minutes_and_plan_are_each_published_once(way: Way) -> None:
    proposal, clerk = way.consulting(), way.who("clerk")
    way.group(proposal)
    agenda = {
        "begins_at": calendar.period_end(platform_clock.now(), working_days=4),
        "venue": "院内凉亭",
        "agenda": "路灯装在哪里、钱怎么出",
        "by": clerk,
    }
    second_of(lambda: deliberation.post_agenda(fresh(proposal), **agenda), "已经公告过了")
    meeting = Meeting.objects.get()
    platform_clock.move(meeting.begins_at - platform_clock.now() + timedelta(hours=2))
    minutes = {
        "chair": "丙楼长",
        "expected": 12,
        "present": 10,
        "parties": {"branch": "己书记"},
        "minutes": "大家看了方案，问了价钱，同意在院门口装一盏。",
        "resolutions": [{"text": "装一盏", "agree": 9, "against": 1, "abstain": 0}],
        "by": clerk,
    }
    second_of(lambda: deliberation.record_minutes(fresh(meeting), **minutes), "现在是“纪要已公布”")
    plan = {
        "resolution": meeting.resolutions.get(),
        "text": "装一盏",
        "cost_fen": 2_000_000,
        "shares": {"self_raised": 2_000_000},
        "keeper": "院落自管小组",
        "by": clerk,
    }
    second_of(lambda: deliberation.agree_plan(fresh(meeting), **plan), "不能办理")
    assert fresh(proposal).stage == Stage.DECIDING


def test_a_survey_is_opened_once(way: Way) -> None:
    proposal, clerk = way.accepted(), way.who("clerk")
    assert proposal.gate_notice
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now())
    second_of(lambda: surveys.open_survey(fresh(proposal), by=clerk), "不能办理")
    assert proposal.surveys.count() == 1
