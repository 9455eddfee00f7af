"""What the database must be: durable, recent, in UTF-8, and with two roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

OLDEST = 150000
WANTED = """
SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'),
       current_setting('server_version_num')::int, pg_encoding_to_char(encoding), datctype
FROM pg_database WHERE datname = current_database()
"""
OWNS = """
SELECT rolsuper OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = rolname)
FROM pg_roles WHERE rolname = current_user
"""


@register(Tags.database)
def database_keeps_its_promises(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [message for alias in databases or () for message in look_at(alias)]


def look_at(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(WANTED)
        fsync, commit, pages, version, encoding, ctype = cursor.fetchone()
    found: list[CheckMessage] = []
    if "off" in (fsync, commit, pages):
        found.append(
            Error(
                f"fsync={fsync}, synchronous_commit={commit}, full_page_writes={pages}: "
                "an acknowledged vote could be lost with the power.",
                hint="Turn all three on.",
                id="health.E001",
            )
        )
    if version < OLDEST:
        found.append(Error(f"PostgreSQL 15 or newer is needed, this is {version // 10000}.", id="health.E002"))
    if encoding != "UTF8":
        found.append(Error(f"The database is in {encoding}; it must be in UTF8.", id="health.E003"))
    if ctype in ("C", "POSIX"):
        found.append(
            Error(
                "The database's LC_CTYPE is C: Chinese text cannot be searched. Use C.UTF-8.",
                id="health.E004",
            )
        )
    return found


@register(Tags.database)
def application_is_not_the_owner(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """With one role for everything the application could switch off the triggers that bind it."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(OWNS)
        (owns,) = cursor.fetchone()
    if not owns:
        return []
    return [
        Warning(
            "The application's role owns the tables or is a superuser.",
            hint="Give DATABASE_OWNER_URL to the migration alone and another role in DATABASE_URL.",
            id="health.W001",
        )
    ]
