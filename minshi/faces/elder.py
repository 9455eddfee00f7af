"""Elder mode lives in a cookie on the device, so that choosing it needs no account and no session."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "elder"
YEAR = 60 * 60 * 24 * 365


def is_on(request: HttpRequest) -> bool:
    return request.COOKIES.get(COOKIE) == "1"


def is_undecided(request: HttpRequest) -> bool:
    """Nobody on this device has said yes or no yet: the page offers it once."""
    return variant(request) == "offer"


def variant(request: HttpRequest) -> str:
    """What a cached or 304 answer must be keyed by besides its content: the same page has three looks."""
    return {"1": "elder", "0": "plain"}.get(request.COOKIES.get(COOKIE, ""), "offer")


def remember(response: HttpResponse, on: bool) -> None:
    response.set_cookie(
        COOKIE,
        "1" if on else "0",
        max_age=YEAR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
