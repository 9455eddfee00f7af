"""``{% load inbox %}{% unread as count %}``: how many messages wait; nothing is asked for anonymous visitors."""

from __future__ import annotations

from django import template
from django.conf import settings

from minshi.notifications.selectors import unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread(context: template.Context) -> int:
    """One query on the partial index; none, and no session, without a session cookie."""
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return 0
    return unread_count(request.user) if request.user.is_authenticated else 0
