"""Two roles in the database: the owner migrates, the application works and cannot edit what is append-only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.utils import CursorWrapper

RIGHTS = (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT"))

# Views of an extension are its owner's to grant.
GRANT = """
DO $$
DECLARE
    ours record;
BEGIN
    FOR ours IN
        SELECT oid::regclass AS name, relkind = 'S' AS is_sequence FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
            AND pg_has_role(relowner, 'USAGE')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM {role}', ours.name);
        IF ours.is_sequence THEN
            EXECUTE format('GRANT {sequences} ON SEQUENCE %s TO {role}', ours.name);
        ELSE
            EXECUTE format('GRANT {tables} ON %s TO {role}', ours.name);
        END IF;
    END LOOP;
END $$
"""


def application_role(cursor: CursorWrapper) -> str | None:
    """The application's role when it is another than the one migrating, else None."""
    role: str = settings.APPLICATION_ROLE
    cursor.execute("SELECT current_user, (SELECT 1 FROM pg_roles WHERE rolname = %s)", [role])
    current, exists = cursor.fetchone()
    return role if exists and role != current else None


def grant_to_application(using: str, **kwargs: Any) -> None:
    """Before the first migration: whatever the owner creates from now on, the application may use."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        if not (role := application_role(cursor)):
            return
        cursor.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
        for objects, rights in RIGHTS:
            cursor.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {objects} TO "{role}"')


def grant_all(cursor: CursorWrapper, role: str) -> None:
    """On everything there is and nothing more than ``RIGHTS``; the guards then take back what they guard."""
    rights = dict(RIGHTS)
    cursor.execute(GRANT.format(role=f'"{role}"', tables=rights["TABLES"], sequences=rights["SEQUENCES"]))
