"""Two roles in the database: the owner migrates, the application works and cannot edit what is append-only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


def application_role(connection: BaseDatabaseWrapper) -> str | None:
    """The application's role when it is another than the one migrating, else None."""
    role: str = settings.APPLICATION_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT 1 FROM pg_roles WHERE rolname = %s)", [role])
        current, exists = cursor.fetchone()
    return role if exists and role != current else None


def grant_to_application(using: str, **kwargs: Any) -> None:
    """Before the first migration: whatever the owner creates from now on, the application may use."""
    connection = connections[using]
    if connection.vendor != "postgresql" or not (role := application_role(connection)):
        return
    with connection.cursor() as cursor:
        cursor.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
        for objects, rights in (
            ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
            ("SEQUENCES", "USAGE, SELECT"),
        ):
            cursor.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {objects} TO "{role}"')
