"""What runs every few seconds."""

from celery import shared_task

from deliberation import actions


@shared_task
def refresh_turnouts() -> int:
    return actions.refresh_turnouts()
