"""/healthz: what the monitor and the balancer are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from minshi.audit.actions import seal
from minshi.clock import Now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.health import hearts
from minshi.health.models import Heartbeat
from minshi.health.tasks import beat_heart

pytestmark = pytest.mark.django_db
KINDS = ("worker", "beat", "sweeper")


@pytest.fixture
def everybody_beats() -> None:
    for kind in KINDS:
        hearts.beat(kind)
    seal()


@pytest.fixture
def production(settings: Any) -> None:
    settings.ENV = "production"


def let_pass(kind: str, seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE health_heartbeat SET at = at - %s WHERE kind = %s", [timedelta(seconds=seconds), kind])


def test_all_is_well(client: Client, everybody_beats: None, production: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200, answer.json()["wrong"]
    found = answer.json()
    assert found["ok"] and found["database"] == "ok" and found["unapplied_migrations"] == 0
    assert set(found["heartbeats"]) == set(KINDS) and found["silent"] == []
    assert found["deadlines"] == {"stopped": False, "failing": 0, "late": 0}


def test_a_worker_that_consumes_nothing_is_told_apart_from_beat(
    client: Client, everybody_beats: None, production: None
) -> None:
    let_pass("worker", hearts.LATE + 1)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["silent"] == ["worker"]


def test_who_was_never_heard_of_is_silent(client: Client, production: None) -> None:
    assert client.get("/healthz").json()["silent"] == list(KINDS)


def test_the_site_stays_in_the_balancer_without_the_others(client: Client, production: None) -> None:
    assert client.get("/healthz?only=web").status_code == 200


def test_outside_production_silence_is_only_reported(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["silent"] == list(KINDS)


def test_a_database_that_is_away_is_503_for_everybody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise DatabaseError

    dropped: list[bool] = []
    monkeypatch.setattr("minshi.health.views.MigrationExecutor", fail)
    monkeypatch.setattr(hearts, "drop_broken_connections", lambda: dropped.append(True))
    answer = client.get("/healthz?only=web")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable" and answer.json()["wrong"] == ["database"]
    assert dropped


def test_unapplied_migrations_are_503_for_everybody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minshi.health.views.MigrationExecutor.migration_plan", lambda *args: ["one"])
    answer = client.get("/healthz?only=web")
    assert answer.status_code == 503
    assert answer.json()["unapplied_migrations"] == 1 and answer.json()["wrong"] == ["migrations"]


def test_stopped_failing_and_late_deadlines_are_seen(client: Client, everybody_beats: None, production: None) -> None:
    for number, failures in ((1, 0), (2, 3)):
        Deadline.objects.create(
            subject_type="x.x", subject_id=number, kind="k", due=Now() - timedelta(minutes=2), failures=failures
        )
    deadlines.stop("clock jumped")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["deadlines"] == {"stopped": True, "failing": 1, "late": 1}


def test_a_moved_clock_makes_nobody_late(client: Client, everybody_beats: None, clock: Any) -> None:
    clock.move(days=30)
    assert client.get("/healthz").json()["silent"] == []


def test_a_second_beat_replaces_the_first() -> None:
    hearts.beat("worker")
    let_pass("worker", 60)
    beat_heart()
    assert Heartbeat.objects.count() == 1
    age = hearts.ages()["worker"]
    assert age is not None and age < 5


def test_it_says_nothing_to_be_written_to(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert "no-cache" in client.get("/healthz")["Cache-Control"]
