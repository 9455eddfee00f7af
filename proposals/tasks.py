"""What runs on the minute."""

from celery import shared_task

from proposals import actions


@shared_task
def forget_drafts() -> int:
    return actions.forget_drafts()


@shared_task
def refresh_totals() -> None:
    actions.refresh_totals()
