"""Celery's usual path to the sweeper."""

from celery import shared_task

from minshi.deadlines import actions


@shared_task
def sweep_due() -> int:
    return actions.sweep()
