"""What every template may ask for; reads cookies only, never the session or the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from minshi.faces import elder


def face(request: HttpRequest) -> dict[str, Any]:
    return {
        "elder": elder.is_on(request),
        "offer_elder": elder.is_undecided(request),
        "hotline": getattr(settings, "HOTLINE", "12345"),
        "session_open": settings.SESSION_COOKIE_NAME in request.COOKIES,
    }
