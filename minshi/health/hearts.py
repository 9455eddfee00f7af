"""Writing and reading heartbeats.

They use the machine's clock, not ``minshi_now()``: moving the platform's time makes nobody
more or less alive.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

from celery.signals import after_task_publish
from django.db import connection

from minshi.deadlines.watch import MachineTime
from minshi.health.models import Heartbeat, Process

LATE = 120  # seconds; every kind beats at least each 30


def beat(kind: str) -> None:
    """Say that a process of ``kind`` is at work."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(kind=kind, at=MachineTime())],
        update_conflicts=True,
        unique_fields=["kind"],
        update_fields=["at"],
    )


def here(kind: str) -> None:
    """Say that this machine's process of ``kind`` is at work, beside the others of its kind on other machines."""
    Process.objects.bulk_create(
        [Process(kind=kind, machine=socket.gethostname(), at=MachineTime())],
        update_conflicts=True,
        unique_fields=["kind", "machine"],
        update_fields=["at"],
    )


def leave(kind: str) -> None:
    """It was told to stop: nobody is to miss it."""
    Process.objects.filter(kind=kind, machine=socket.gethostname()).delete()


def missing() -> list[str]:
    """Which process of which machine was there and is silent; after a day the machine is gone for good."""
    moment = MachineTime()
    late = Process.objects.filter(at__lt=moment - timedelta(seconds=LATE), at__gt=moment - timedelta(days=1))
    return [str(each) for each in late.order_by("kind", "machine")]


def forget_machines() -> None:
    """Those that are gone for good."""
    Process.objects.filter(at__lt=MachineTime() - timedelta(days=1)).delete()


def ages() -> dict[str, float | None]:
    """Seconds since each kind was heard of; None for never."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, extract(epoch FROM clock_timestamp() - at)::float FROM health_heartbeat")
        known = dict(cursor.fetchall())
    return {kind: known.get(kind) for kind in Heartbeat.Kind.values}


def silent(since: dict[str, float | None]) -> list[str]:
    """The kinds that should have been heard of. A worker may be connected and yet consume nothing."""
    return [kind for kind, age in since.items() if age is None or age > LATE]


def drop_broken_connections() -> None:
    """Give this thread's connection back and let the pool test the others: after a restart of the database
    they are all dead, and each would cost somebody an error."""
    connection.close()
    if pool := getattr(connection, "pool", None):
        pool.check()


@after_task_publish.connect(sender="minshi.health.tasks.beat_heart", dispatch_uid="health.beat")
def beat_reached_the_broker(**kwargs: Any) -> None:
    """Sent in beat's own process: so beat is told apart from a worker that does not answer it."""
    try:
        beat(Heartbeat.Kind.BEAT)
    finally:
        # Beat has no request and no task at whose end Django would let a broken connection go.
        if not connection.in_atomic_block:
            drop_broken_connections()
