"""A production database must not carry a moved clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections


@register(Tags.database)
def clock_is_not_shifted(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.CLOCK_MOVABLE or "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT shift FROM clock_offset")
            row = cursor.fetchone()
    except DatabaseError:  # not migrated yet: nothing to check
        return []
    if row and row[0] != timedelta(0):
        return [Error("The database's clock is moved; production refuses that.", id="clock.E001")]
    return []
