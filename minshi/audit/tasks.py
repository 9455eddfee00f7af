"""The sealer's usual path."""

from __future__ import annotations

from celery import shared_task

from minshi.audit import actions


@shared_task
def seal() -> None:
    actions.seal()
