"""The pages that are drawn when anything else may have failed."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.template import loader

log = logging.getLogger(__name__)


def last_page(request: HttpRequest, template: str, status: int, **facts: object) -> HttpResponse:
    """With what was written in a form, so that it can be copied, where that can be had; without a context otherwise:
    session, account and static manifest may be the very thing that failed."""
    try:
        page = loader.render_to_string(template, {"request": request, **facts})
    except Exception:
        log.warning("%s without what was written", template)
        page = loader.render_to_string(template, facts)
    return HttpResponse(page, status=status)
