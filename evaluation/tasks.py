"""What evaluation does each night."""

from __future__ import annotations

import logging

from celery import shared_task

from evaluation.models import Archive
from evaluation.selectors import spoiled_pictures

log = logging.getLogger(__name__)


@shared_task
def check_archives() -> int:
    """Hold every sealed picture against its sum; returns how many are no longer what was sealed."""
    found = 0
    for sealed in Archive.objects.select_related("proposal").iterator():
        for picture in spoiled_pictures(sealed.proposal):
            log.error("archive %s: %s is %s", sealed.proposal.number, picture.name, picture.state)
            found += 1
    return found
