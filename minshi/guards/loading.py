"""Triggers, functions and the application's rights as the files say, and nothing else.

Each app keeps them in ``guards/*.sql``. The owner loads them whole after every migration, so that a new database and
one that was upgraded have the same, whatever was changed, switched off or forgotten before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

from minshi.guards.privileges import application_role, grant_all

OURS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
"""Where our apps live; names and no imports, so that the lowest app still knows nobody."""

KEPT = ("audit_insert", "audit_update", "audit_delete")
"""Triggers that follow the models and not a file: the audit attaches them, and no change escapes them meanwhile."""

# What belongs to an extension, or to somebody whose things the owner may not drop, is none of our business.
DROP_TRIGGERS = """
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT t.tgname, c.oid::regclass AS on_table FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(c.relowner, 'USAGE')
            AND NOT t.tgisinternal AND NOT t.tgname = ANY ({kept}){among}
            AND NOT EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e'
            )
        ORDER BY c.relname, t.tgname
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', guard.tgname, guard.on_table);
    END LOOP;
END $$
"""

# Before anything is changed: an ANALYZE at work on a table gives way to whoever only waits for it, but not to whoever
# has changed that table's entry in the catalogue before and now waits for the table (then one of the two is ended).
LOCK_TABLES = """
DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN
        SELECT c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')
            AND EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
        ORDER BY c.relname
    LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', guarded);
    END LOOP;
END $$
"""

# All of them: a result or an argument's name may differ, and no right given by hand outlives this. What a column, an
# index or a kept trigger stands on cannot be dropped: its rights become those of a new function, and the files
# replace it in its place.
DROP_FUNCTIONS = """
DO $$
DECLARE
    application text := current_setting('minshi.application_role');
    guard regprocedure;
BEGIN
    FOR guard IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND pg_has_role(p.proowner, 'USAGE')
            AND NOT EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
            )
        ORDER BY 1
    LOOP
        BEGIN
            EXECUTE format('DROP ROUTINE %s', guard);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', guard);
            IF application <> '' THEN
                EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %I', guard, application);
            END IF;
        END;
    END LOOP;
END $$
"""


def load_after_migrating(using: str, verbosity: int = 1, stdout: Any = None, **kwargs: Any) -> None:
    """Not before every app is there whole: the guards of one read the tables of others."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    if is_complete(connection):
        load(using)
    elif verbosity >= 1:
        print("  Guards are loaded when every migration is applied.", file=stdout)


def is_complete(connection: BaseDatabaseWrapper) -> bool:
    """Are all migrations applied?"""
    loader = MigrationLoader(connection)
    return all(leaf in loader.applied_migrations for leaf in loader.graph.leaf_nodes())


def load(using: str) -> None:
    """All of it or, where one file is wrong, nothing. Only the owner of the tables can."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        bring_up_to_date(cursor)


def bring_up_to_date(cursor: CursorWrapper) -> None:
    """Inside a transaction of the caller's, whose failure must undo it."""
    role = application_role(cursor)
    cursor.execute("SELECT set_config('minshi.application_role', %s, true)", [role or ""])
    cursor.execute(LOCK_TABLES)
    if role:
        grant_all(cursor, role)
    cursor.execute(drop_triggers())
    cursor.execute(DROP_FUNCTIONS)
    for file in files():
        cursor.execute(file.read_text())


def drop_triggers(tables: Sequence[str] | None = None) -> str:
    """SQL without parameters, which a DO block does not take: drop those of ``tables``, by default of all."""
    among = "" if tables is None else f" AND c.relname = ANY ({_array(tables)})"
    return DROP_TRIGGERS.format(kept=_array(KEPT), among=among)


def _array(names: Sequence[str]) -> str:
    return "ARRAY[{}]::text[]".format(", ".join("'{}'".format(name.replace("'", "''")) for name in names))


def files() -> Iterator[Path]:
    """Lowest app first, then by name."""
    for config in apps.get_app_configs():
        if config.name.split(".")[0] in OURS:
            yield from sorted(directory(config).glob("*.sql"))


def directory(config: AppConfig) -> Path:
    return Path(config.path) / "guards"
