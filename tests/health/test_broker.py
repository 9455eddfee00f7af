"""Redis being away slows things and refuses nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.db import transaction
from django.test import TestCase
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError

from minshi.celery import app
from minshi.health import hearts
from minshi.health.cache import ForgivingRedisCache, RedisCache
from minshi.health.tasks import beat_heart
from minshi.servers.ground import free_port


@pytest.fixture
def store() -> ForgivingRedisCache:
    ForgivingRedisCache._away_until = 0.0
    ForgivingRedisCache._outdated = set()
    found = ForgivingRedisCache(settings.REDIS_URL, {"KEY_PREFIX": "forgiving"})
    found.set_many({"session": "old", "other": 1})
    return found


@pytest.fixture
def away(store: ForgivingRedisCache, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let every question fail, as a server does that is not there."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        for name in ("get", "set", "delete", "delete_many", "add", "has_key", "get_many", "touch", "incr", "clear"):
            patch.setattr(RedisCache, name, fail)
        yield patch


def test_a_cache_that_is_away_answers_like_an_empty_one(store: ForgivingRedisCache, away: Any) -> None:
    assert store.get("session", "none") == "none"
    assert store.get_many(["session"]) == {}
    assert store.add("session", 1) is True
    assert store.has_key("session") is False
    assert store.incr("n") == 1
    assert store.delete("session") is False
    store.set("session", 1)
    store.clear()


def test_a_session_ended_meanwhile_does_not_come_back(store: ForgivingRedisCache, away: Any) -> None:
    store.delete("session")
    away.undo()
    ForgivingRedisCache._away_until = 0.0
    assert store.get("session") is None
    assert store.get("other") == 1


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def send_task(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(app, "send_task", send_task)


def test_a_broker_that_is_away_costs_the_voter_nothing(
    db: None, dead_broker: None, caplog: pytest.LogCaptureFixture
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
        beat_heart.delay_on_commit()
    assert "beat_heart not sent: OperationalError" in caplog.text


def test_the_naive_twin_answers_500_after_the_vote_was_stored(db: None, dead_broker: None) -> None:
    with pytest.raises(OperationalError), TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
        DjangoTask.delay_on_commit(beat_heart)


def test_connecting_to_a_dead_broker_fails_at_once() -> None:
    """Celery's own default is to try for six seconds, in the voter's request."""
    with app.connection_for_write(f"redis://127.0.0.1:{free_port()}/0") as link:
        began = time.monotonic()
        with pytest.raises(OperationalError), app.amqp.Producer(link) as producer:
            producer.publish({}, routing_key="celery")
        assert time.monotonic() - began < 2


def test_beat_is_heard_of_when_its_message_has_left(db: None) -> None:
    beat_heart.apply_async()
    assert hearts.ages()["beat"] is not None


def test_what_beat_sends_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_no_task_compares_clocks_of_two_machines() -> None:
    for entry in app.conf.beat_schedule.values():
        assert not {"eta", "countdown", "expires"} & set(entry.get("options", {}))
