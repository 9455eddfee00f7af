"""The sealer's usual path, and what leaves the database each hour."""

from __future__ import annotations

from celery import shared_task

from minshi.audit import actions, roots


@shared_task
def seal() -> None:
    actions.seal()


@shared_task
def leave_root() -> None:
    roots.leave()
