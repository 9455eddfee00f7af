"""The file that says "I get on" to whoever keeps a process (minshi/servers/children.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish, task_prerun
from django.conf import settings
from redis import Redis

from minshi.celery import app
from minshi.health import hearts, pulse
from minshi.health.management.commands import sweep
from minshi.servers.ground import free_port


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "pulse"
    monkeypatch.setenv("MINSHI_PULSE", str(path))
    return path


@pytest.mark.django_db
def test_the_sweeper_touches_its_pulse_each_round(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = sweep.Command()
    monkeypatch.setattr(sweep, "one_round", lambda: None)
    monkeypatch.setattr(sweep.threading, "Event", Twice)
    monkeypatch.setattr(sweep.hearts, "leave", lambda kind: None)  # the test's own session was closed
    monkeypatch.setattr(sweep.signal, "signal", lambda *args: None)
    command.keep_sweeping(0)
    assert Twice.seen == [False, True]


class Twice:
    """Lets the sweeper do two rounds, and looks before each whether it has said that it lives."""

    seen: list[bool] = []

    def is_set(self) -> bool:
        self.seen.append(Path(os.environ["MINSHI_PULSE"]).exists())
        return len(self.seen) > 1

    def wait(self, seconds: float) -> None:
        pass


def test_a_task_that_begins_is_a_sign_of_life(file: Path) -> None:
    task_prerun.send(sender=None)
    assert file.exists()


def test_beat_gives_one_with_all_it_sends_and_the_site_with_nothing(file: Path) -> None:
    before_task_publish.send(sender="x")
    assert not file.exists()
    pulse.beat_begins()
    try:
        file.unlink()
        before_task_publish.send(sender="x")
        assert file.exists()
    finally:
        before_task_publish.disconnect(dispatch_uid="health.pulse.send")


def test_without_a_keeper_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINSHI_PULSE", raising=False)
    pulse.touch()


@pytest.fixture
def queue() -> Iterator[Any]:
    """The queue of all tasks, as a worker has declared it; here nobody takes from it."""
    with app.connection_for_write() as line:
        found = line.SimpleQueue(app.conf.task_default_queue)
        found.clear()
        yield found
        found.clear()
        found.close()


def test_a_worker_that_consumes_nothing_while_tasks_wait_gives_none(queue: Any) -> None:
    assert pulse.has_nothing_to_do()
    queue.put({"task": "x"})
    assert not pulse.has_nothing_to_do()


def test_a_worker_whose_broker_is_away_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(app, "connection_for_read", lambda: app.connection_for_write(nowhere))
    assert pulse.has_nothing_to_do()
    assert Redis.from_url(settings.REDIS_URL).ping()


@pytest.mark.django_db
def test_beat_sends_a_heartbeat_as_soon_as_it_begins(queue: Any, file: Path) -> None:
    """The timetable's first comes half a minute later, and the worker's with it."""
    pulse.beat_begins()
    try:
        sent = queue.get(block=True, timeout=5)
    finally:
        before_task_publish.disconnect(dispatch_uid="health.pulse.send")
    assert sent.headers["task"] == "minshi.health.tasks.beat_heart"
    sent.ack()
    assert hearts.ages()["beat"] is not None
