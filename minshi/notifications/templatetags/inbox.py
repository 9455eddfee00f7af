"""``{% load inbox %}{% inbox_link %}``: the way to one's messages and how many wait; nothing is asked for visitors."""

from __future__ import annotations

from django import template
from django.conf import settings

from minshi.notifications.selectors import MOST_SHOWN, unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread(context: template.Context) -> int:
    """One query on the partial index; none, and no session, without a session cookie."""
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return 0
    return unread_count(request.user) if request.user.is_authenticated else 0


@register.inclusion_tag("components/frame_inbox.html", takes_context=True)
def inbox_link(context: template.Context) -> dict[str, object]:
    """On every page of whoever is signed in, resident or staff."""
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return {}
    count = unread_count(request.user)
    return {"signed_in": True, "count": count, "shown": f"{MOST_SHOWN}+" if count > MOST_SHOWN else count}
