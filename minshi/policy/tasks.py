"""The calendar's daily task."""

from celery import shared_task

from minshi.policy import actions


@shared_task
def recompute_provisional() -> int:
    return actions.recompute_provisional()
