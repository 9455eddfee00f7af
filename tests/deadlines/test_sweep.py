"""``due`` is exclusive: at that very instant it is too late, and not a microsecond before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import Value

from minshi.deadlines import actions
from minshi.deadlines.models import Deadline
from minshi.territory.models import Territory
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[Deadline]:
    seen: list[Deadline] = []
    monkeypatch.setitem(actions._handlers, "test", seen.append)
    return seen


@pytest.fixture
def deadline(yard: Territory, clock: Clock) -> Deadline:
    due = clock.now()
    clock.move(minutes=1)  # the database refuses any effect before it; here the sweeper itself is asked
    return actions.schedule(yard, "test", due)


def sweep_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> int:
    """Sweep in the belief that it is ``moment``: a clock that runs never stands at an instant."""
    monkeypatch.setattr(actions, "Instant", lambda: Value(moment))
    return actions.sweep()


def test_a_microsecond_before_nothing_happens(
    deadline: Deadline, fired: list[Deadline], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweep_at(deadline.due - timedelta(microseconds=1), monkeypatch) == 0
    assert fired == []
    deadline.refresh_from_db()
    assert deadline.outcome == Deadline.Outcome.OPEN


def test_at_the_very_instant_it_takes_effect(
    deadline: Deadline, fired: list[Deadline], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweep_at(deadline.due, monkeypatch) == 1
    assert fired == [deadline]
    deadline.refresh_from_db()
    assert deadline.outcome == Deadline.Outcome.FIRED
