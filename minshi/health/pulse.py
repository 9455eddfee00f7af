"""A sign of life for whoever keeps this process (minshi/servers/children.py): a file it touches when it gets on.

Nothing here waits for database or Redis to be there: a process that waits for them is alive.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.signals import beat_init, before_task_publish, task_prerun, worker_ready, worker_shutdown
from django.db import DatabaseError, connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from minshi.celery import app
from minshi.health import hearts
from minshi.health.models import Heartbeat

log = logging.getLogger(__name__)

LOOKS_EVERY = 15.0  # seconds


def touch() -> None:
    if path := os.environ.get("MINSHI_PULSE"):
        Path(path).touch()


@task_prerun.connect(dispatch_uid="health.pulse.task")
def a_task_begins(**kwargs: Any) -> None:
    _taken[0] = time.monotonic()
    touch()


@beat_init.connect(dispatch_uid="health.pulse.beat")
def beat_begins(**kwargs: Any) -> None:
    touch()
    before_task_publish.connect(a_task_begins, weak=False, dispatch_uid="health.pulse.send")
    # The timetable's first comes after half a minute; whoever waits for beat and worker need not wait for that.
    with suppress(KombuError, RedisError, OSError):
        app.send_task("minshi.health.tasks.beat_heart")


@worker_ready.connect(dispatch_uid="health.pulse.worker")
def worker_begins(**kwargs: Any) -> None:
    touch()
    threading.Thread(target=_look_for_work, name="pulse", daemon=True).start()


def _look_for_work() -> None:
    while True:
        time.sleep(LOOKS_EVERY)
        if has_nothing_to_do():
            touch()
            _taken[0] = time.monotonic()
        if time.monotonic() < _taken[0] + hearts.LATE:
            _say_so()


_taken = [0.0]
"""When this worker was last seen to get on."""


def _say_so() -> None:
    """Beside the workers of other machines; without a database that waits."""
    try:
        hearts.here(Heartbeat.Kind.WORKER)
    except DatabaseError:
        log.warning("database is away")
    finally:
        connection.close()


@worker_shutdown.connect(dispatch_uid="health.pulse.leave")
def worker_ends(**kwargs: Any) -> None:
    with suppress(DatabaseError):
        hearts.leave(Heartbeat.Kind.WORKER)


def has_nothing_to_do() -> bool:
    """Whether a worker that takes no task is right: none waits, or the broker is away.

    After a restart of the broker it may be connected and yet consume nothing (celery #10205): then tasks pile up.
    """
    try:
        with app.connection_for_read() as line:
            waiting = line.default_channel.queue_declare(app.conf.task_default_queue)
            return bool(waiting.message_count == 0)
    except (KombuError, RedisError, OSError):
        return True
