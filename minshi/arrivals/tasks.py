"""Doors for the worker."""

from celery import shared_task

from minshi.arrivals import actions


@shared_task
def watch_terms() -> int:
    return actions.watch_terms()
