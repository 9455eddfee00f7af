"""Somebody looks, each night and soon after a restart; what is found is said where monitors read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from minshi.audit.actions import seal
from minshi.clock import CHINA, as_owner
from minshi.health import hearts, looking
from minshi.health.models import Heartbeat, Look

pytestmark = pytest.mark.django_db


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> dict[str, looking.Question]:
    """None of the real ones, which have tests of their own."""
    asked: dict[str, looking.Question] = {}
    monkeypatch.setattr(looking, "_questions", asked)
    return asked


def test_everything_that_can_be_proven_is_asked() -> None:
    assert set(looking._questions) == {"release", "chain", "books", "clock", "archives", "ballots"}


@pytest.mark.django_db(transaction=True)
def test_all_questions_are_answered() -> None:
    seen = looking.look()
    assert seen and seen.ended_at
    assert [line for line in seen.found if line.startswith("unanswered")] == []


def test_what_is_found_is_kept_and_said(questions: dict[str, looking.Question], capsys: Any) -> None:
    questions["one"] = lambda: iter(["row-edited ledger_entry 5", "L001"])
    with pytest.raises(SystemExit):
        call_command("look")
    assert Look.objects.get().found == ["row-edited ledger_entry 5", "L001"]
    assert capsys.readouterr().err == "row-edited ledger_entry 5\nL001\n"


def test_a_question_that_fails_is_a_fault_and_keeps_no_other_from_being_asked(
    questions: dict[str, looking.Question],
) -> None:
    def fails() -> Iterator[str]:
        raise ZeroDivisionError

    questions["broken"] = fails
    questions["whole"] = lambda: iter(["found all the same"])
    seen = looking.look()
    assert seen and seen.found == ["unanswered broken: ZeroDivisionError", "found all the same"]


def test_a_flood_of_faults_is_counted(questions: dict[str, looking.Question]) -> None:
    questions["many"] = lambda: (f"fault {number}" for number in range(looking.LISTED + 7))
    seen = looking.look()
    assert seen and (len(seen.found), seen.more) == (looking.LISTED, 7)


@pytest.mark.django_db(transaction=True)
def test_two_do_not_look_at_once(questions: dict[str, looking.Question]) -> None:
    with as_owner() as other:
        other.execute("SELECT pg_advisory_lock(hashtext('minshi.health.look'))")
        assert looking.look() is None
        other.execute("SELECT pg_advisory_unlock(hashtext('minshi.health.look'))")
    assert looking.look() is not None


@pytest.mark.parametrize(
    ("now", "last", "running", "is_due"),
    [
        ("2026-11-26 12:00", None, 1, True),
        ("2026-11-26 12:00", "2026-11-26 03:10", 9, False),
        ("2026-11-26 12:00", "2026-11-26 03:10", 8, True),  # restarted at four
        ("2026-11-26 02:50", "2026-11-25 03:10", 30, False),
        ("2026-11-26 03:01", "2026-11-25 03:10", 30, True),
        ("2026-11-26 03:20", "2026-11-26 03:01", 30, False),
    ],
)
def test_it_is_due_once_a_night_and_after_a_restart(
    now: str, last: str | None, running: int, is_due: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_machine_time", lambda: datetime.fromisoformat(now).replace(tzinfo=CHINA))
    if last:
        Look.objects.create(began_at=datetime.fromisoformat(last).replace(tzinfo=CHINA))
    assert looking.due(running_for=timedelta(hours=running)) is is_due


def test_monitors_hear_of_it(client: Client, settings: Any, questions: dict[str, looking.Question]) -> None:
    settings.ENV = "production"
    for kind in Heartbeat.Kind.values:
        hearts.beat(kind)
    seal()
    assert client.get("/healthz").status_code == 200
    questions["one"] = lambda: iter(["trigger-missing deliberation_ballot.no_removal"])
    looking.look()
    answer = client.get("/healthz")
    assert answer.status_code == 503 and answer.json()["looked"]["found"] == 1
    assert "no_removal" not in answer.content.decode(), "what is wrong is for who runs it, not for everybody"
    questions.clear()
    looking.look()
    assert client.get("/healthz").status_code == 200
    Look.objects.update(began_at=Look.objects.latest("pk").began_at - timedelta(hours=looking.OVERDUE_HOURS + 1))
    assert client.get("/healthz").status_code == 503, "nobody looked"


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_may_not_be_moved_and_was_is_found(settings: Any) -> None:
    assert list(looking.clock_is_moved()) == []
    settings.CLOCK_MOVABLE = False
    assert list(looking.clock_is_moved()) == []
    with as_owner() as owner:
        owner.execute("UPDATE clock_offset SET shift = interval '10 days'")
        try:
            assert list(looking.clock_is_moved()) == ["clock-moved clock_offset"]
        finally:
            owner.execute("UPDATE clock_offset SET shift = interval '0'")
