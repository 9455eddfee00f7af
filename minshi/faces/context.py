"""What every template may ask for; reads cookies only, never the session or the database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from minshi.faces import elder
from minshi.prefix import prefix


@lru_cache(maxsize=4)
def _elder_url(urlconf: str, before: str) -> str:
    return reverse("elder")


def face(request: HttpRequest) -> dict[str, Any]:
    return {
        "elder": elder.is_on(request),
        "offer_elder": elder.is_undecided(request),
        "elder_url": _elder_url(settings.ROOT_URLCONF, prefix()),
        "hotline": settings.HOTLINE,
        "session_open": settings.SESSION_COOKIE_NAME in request.COOKIES,
    }
