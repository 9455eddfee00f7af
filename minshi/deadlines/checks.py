"""The outside source of the time is asked over a way that says who answers, or with a question that only it heard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def source_of_time_can_be_asked(**kwargs: Any) -> list[CheckMessage]:
    where = urlsplit(settings.TIME_SOURCE)
    if not settings.TIME_SOURCE or (where.scheme in ("ntp", "https") and where.hostname):
        return []
    return [Error("MINSHI_TIME_SOURCE must be ntp://host or an https:// address.", id="deadlines.E001")]
