"""The hourly round over what was counted on an older calendar: nobody in the city waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.plans import listening
from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.policy import actions
from minshi.policy.models import CalendarVersion
from tests.world import World

LOCKED = ("FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE")


def test_what_stays_as_it_is_is_neither_locked_nor_asked_for_one_by_one(crowd: World) -> None:
    CalendarVersion.objects.update(recounted_at=None)
    actions.recompute_provisional()  # whatever has to move has moved
    CalendarVersion.objects.update(recounted_at=None)
    with listening() as heard:
        actions.recompute_provisional()
    assert Deadline.objects.open().exclude(basis="").count() > 500
    assert len(heard) < 20
    assert not [asked.sql for asked in heard if any(lock in asked.sql for lock in LOCKED)]


def test_once_no_process_can_know_an_older_calendar_nothing_is_looked_at_again(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = CalendarVersion.objects.latest("number")
    monkeypatch.setattr(actions, "SETTLED", now() - newest.loaded_at - timedelta(minutes=1))
    actions.recompute_provisional()
    with listening() as heard:
        assert actions.recompute_provisional() == 0
    assert not [asked.sql for asked in heard if "policy_calendar" not in asked.sql and "minshi_now" not in asked.sql]


def test_within_the_hour_after_it_was_published_all_are_looked_at_again(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = CalendarVersion.objects.latest("number")
    monkeypatch.setattr(actions, "SETTLED", now() - newest.loaded_at + timedelta(minutes=1))
    CalendarVersion.objects.update(recounted_at=None)
    actions.recompute_provisional()
    assert CalendarVersion.objects.latest("number").recounted_at is None
