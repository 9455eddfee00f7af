"""The worker's heartbeat: run at all, it has come from beat through the broker."""

from celery import shared_task

from minshi.health import hearts
from minshi.health.models import Heartbeat


@shared_task
def beat_heart() -> None:
    hearts.beat(Heartbeat.Kind.WORKER)
