"""Doors for the worker."""

from celery import shared_task

from minshi.once import actions


@shared_task
def forget() -> int:
    return actions.forget()
