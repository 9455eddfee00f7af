"""Doors for the worker."""

from celery import shared_task

from minshi.notifications import actions


@shared_task
def deliver() -> int:
    return actions.deliver(seconds=60)
