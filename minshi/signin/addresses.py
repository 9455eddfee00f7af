"""Where a request comes from, believed only as far as the configured proxy says so."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The peer's address; behind one of ``TRUSTED_PROXIES`` the nearest address it did not add itself."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    if peer not in settings.TRUSTED_PROXIES:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return next((hop for hop in reversed(hops) if hop and hop not in settings.TRUSTED_PROXIES), peer)
