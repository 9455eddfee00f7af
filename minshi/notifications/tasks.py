"""Doors for the worker."""

from celery import shared_task

from minshi.notifications import actions, following


@shared_task
def deliver() -> int:
    following.tell_of_the_day(by=None)
    return actions.deliver(seconds=60)
