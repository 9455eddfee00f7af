"""The way to one's messages and how many wait, in every frame; nothing is asked for visitors."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString

from minshi.faces.own import in_frame
from minshi.faces.templatetags.faces import frame_part
from minshi.notifications.selectors import MOST_SHOWN, unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread(context: template.Context) -> int:
    """One query on the partial index; none, and no session, without a session cookie."""
    request = context.get("request")
    return _waiting(request) or 0 if request else 0


@in_frame("inbox")
def inbox_link(request: HttpRequest) -> SafeString:
    """On every page of whoever is signed in, resident or staff."""
    count = _waiting(request)
    if count is None:
        return SafeString("")
    return frame_part("inbox", count=count, shown=f"{MOST_SHOWN}+" if count > MOST_SHOWN else count)


def _waiting(request: HttpRequest) -> int | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    return unread_count(request.user)
