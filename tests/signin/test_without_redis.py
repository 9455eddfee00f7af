"""Redis holds only hints: away, it slows and refuses nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, current_app
from django.core.cache import caches
from django.test import Client

from minshi.accounts.models import User
from minshi.health.cache import ForgivingRedisCache
from minshi.notifications.models import Outbox
from tests.signin.conftest import last_code, signed_in_as

NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def no_redis(settings: Any) -> Iterator[None]:
    """Cache and broker point at a port nobody listens on."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}
    ForgivingRedisCache._away_until = 0.0
    before = current_app._get_current_object()
    app = Celery("nowhere", broker=NOWHERE)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.set_current()
    yield
    before.set_current()
    ForgivingRedisCache._away_until = 0.0


def test_a_resident_comes_in(transactional_db: None, no_redis: None, resident: User, caplog: Any) -> None:
    caplog.set_level(logging.WARNING)
    client = Client()
    began = time.monotonic()
    assert client.post("/signin/", {"phone": resident.phone}).headers["Location"] == "/signin/code/"
    assert time.monotonic() - began < 5
    assert Outbox.objects.get().state == "open", "the sweeper will send it"
    assert "broker is away" in caplog.text
    assert str(resident.phone) not in caplog.text
    code = last_code(str(resident.phone))
    assert client.post("/signin/code/", {"code": code}).status_code == 302
    assert signed_in_as(client) == resident.pk
    assert client.get("/messages/").status_code == 200


def test_the_limits_hold(transactional_db: None, no_redis: None) -> None:
    assert Client().post("/signin/", {"phone": "13700000001"}).status_code == 302
    assert Client().post("/signin/", {"phone": "13700000001"}).status_code == 422


def test_staff_come_in_and_a_used_code_stays_used(
    transactional_db: None, no_redis: None, clerk: User, factor: Any
) -> None:
    code = factor(clerk)
    answers = []
    for client in (Client(), Client()):
        client.post("/staff/signin/", {"login": clerk.username, "password": "langer-satz-2026"})
        answers.append(client.post("/staff/factor/check/", {"code": code}).status_code)
    assert answers == [302, 422]


def test_the_cache_is_really_away(no_redis: None) -> None:
    caches["default"].set("key", "value")
    assert caches["default"].get("key") is None
