"""The worker's heartbeat: run at all, it has come from beat through the broker."""

import time
from datetime import timedelta

from celery import shared_task

from minshi.audit import roots
from minshi.health import actions, alarms, hearts, looking
from minshi.health.models import Heartbeat


@shared_task
def beat_heart() -> None:
    hearts.beat(Heartbeat.Kind.WORKER)


_BEGAN = time.monotonic()


@shared_task
def look() -> None:
    """Asked every ten minutes: looks soon after a restart, and once a night."""
    if looking.due(running_for=timedelta(seconds=time.monotonic() - _BEGAN)):
        looking.look()


@shared_task
def forget() -> dict[str, int]:
    """What the policy keeps for so many days; asked often, so that there is never much of it."""
    return {**actions.forget(), **actions.clear()}


@shared_task
def leave_root() -> None:
    """Out of the database each hour: to a file, and to whoever asked for it."""
    if line := roots.leave():
        alarms.send_root(line)
