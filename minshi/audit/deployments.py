"""A migration writes as the owner of the tables: it says from which event to which, so that nobody else can."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections

from minshi.guards import release

_before: dict[str, int] = {}
"""The last event before a migration began, by connection."""

OTHERS = """
INSERT INTO public.audit_deployment (release, after_event, last_event, written)
SELECT %(release)s, %(after)s, max(id), count(*) FROM public.audit_event
WHERE id > %(after)s AND db_user <> %(application)s HAVING count(*) > 0
"""


def open_window(using: str, **kwargs: Any) -> None:
    """Before the first app migrates; a new database has no event yet."""
    if connections[using].vendor != "postgresql" or using in _before:
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.audit_event') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT coalesce(max(id), 0) FROM public.audit_event")
            _before[using] = cursor.fetchone()[0]
        else:
            _before[using] = 0


def close_window(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """After the last app wrote what follows a migration. A window in which nothing was written is none."""
    if app_config is not list(apps.get_app_configs())[-1] or using not in _before:
        return
    after = _before.pop(using)
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.audit_deployment') IS NOT NULL")
        if not cursor.fetchone()[0]:  # migrated backwards past us, or not there yet
            return
        cursor.execute("SELECT EXISTS (SELECT FROM public.audit_deployment)")
        if not cursor.fetchone()[0]:
            after = 0  # what earlier releases wrote, who kept no such account
        role = release.working_role(cursor) or ""
        cursor.execute(OTHERS, {"release": release.digest(), "after": after, "application": role})
