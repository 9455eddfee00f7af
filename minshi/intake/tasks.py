"""Doors for the worker."""

from celery import shared_task

from minshi.intake import actions


@shared_task
def carry_out() -> int:
    return actions.carry_out()
