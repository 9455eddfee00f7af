"""The sweeper process: it beats, it sweeps, it stops when the clock jumps, it survives the database's absence."""

from __future__ import annotations

import logging

import pytest
from django.core.management import call_command

from minshi.deadlines import tasks, watch
from minshi.deadlines.models import SweeperState
from minshi.health import hearts
from minshi.health.management.commands import sweep

pytestmark = pytest.mark.django_db


def test_each_round_beats() -> None:
    sweep.one_round()
    assert hearts.ages()["sweeper"] is not None


def test_a_jump_of_the_clock_stops_everything_until_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep.one_round()
    real = watch.raw_clock()
    monkeypatch.setattr(watch, "raw_clock", lambda: real + 3600)
    sweep.one_round()
    assert SweeperState.objects.filter(stopped_at__isnull=False).exists()
    call_command("sweep", "--resume")
    assert not SweeperState.objects.filter(stopped_at__isnull=False).exists()


def test_the_celery_task_looks_at_the_clock_before_it_fires_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.sweep_due()
    real = watch.raw_clock()
    monkeypatch.setattr(watch, "raw_clock", lambda: real + 3600)
    tasks.sweep_due()
    assert SweeperState.objects.filter(stopped_at__isnull=False).exists()


def test_a_laptop_that_slept_is_no_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep.one_round()
    real, boot = watch.raw_clock(), watch.since_boot()
    monkeypatch.setattr(watch, "raw_clock", lambda: real + 3600)
    monkeypatch.setattr(watch, "since_boot", lambda: boot + 3600)
    sweep.one_round()
    assert not SweeperState.objects.filter(stopped_at__isnull=False).exists()


def test_silence_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for kind in ("beat", "sweeper"):
        hearts.beat(kind)
    quiet = sweep.Quiet()
    with caplog.at_level(logging.WARNING, "minshi.health"):
        quiet.look()
        quiet.look()
        hearts.beat("worker")
        quiet.look()
    assert [record.message.split()[0:2] for record in caplog.records] == [["worker", "is"], ["worker", "is"]]
