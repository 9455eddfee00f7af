"""Triggers, functions and the application's rights as the files say, and nothing else.

Each app keeps them in ``guards/*.sql``. The owner loads them whole after every migration, so that a new database and
one that was upgraded have the same, whatever was changed, switched off or forgotten before.
Where neither the files nor what they made has changed since, there is nothing to load.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import LockNotAvailable

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


# All that a load brings about, in PostgreSQL's own words; the audit's triggers have their own way.
SAYS = """
SELECT encode(sha256(convert_to(string_agg(said, E'\\n' ORDER BY said), 'UTF8')), 'hex') FROM (
    SELECT pg_get_functiondef(p.oid) || p.proowner::regrole || ' '
        || coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(p.proacl) a), '') AS said
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind <> 'a'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT pg_get_triggerdef(t.oid) || t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
        AND t.tgname NOT IN ('audit_insert', 'audit_update', 'audit_delete')
    UNION ALL
    SELECT c.oid::regclass || ' '
        || coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(c.relacl) a), '')
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT attrelid::regclass || '.' || attname || attacl::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE attacl <> '{}' AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT current_setting('server_version_num') || current_user
) told
"""
NOTE = "guards "
MOST_WAIT = "1s"
"""For one table, before the tables already held are let go."""
PAUSE_SECONDS = 2.0
TRIES = 90
"""Three minutes in all; what holds a table so long is no transaction of ours."""


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

    def attempt() -> None:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            bring_what_changed(cursor)

    patiently(attempt)


def patiently(attempt: Callable[[], object]) -> None:
    """Whoever waits for a table makes everybody behind wait: so not for long, but often."""
    for _time in range(TRIES - 1):
        try:
            attempt()
            return
        except (OperationalError, LockNotAvailable) as error:
            if not isinstance(error, LockNotAvailable) and not isinstance(error.__cause__, LockNotAvailable):
                raise
        time.sleep(PAUSE_SECONDS)
    attempt()


def bring_what_changed(cursor: CursorWrapper) -> bool:
    """Nothing where the files and all that they make are as they were loaded; then nobody waits for anything.

    Inside a transaction of the caller's. Returns whether anything was loaded; raises where a table is not to be had
    within a moment (``patiently``).
    """
    files_said = _files_say()
    if noted(cursor) == f"{files_said} {_database_says(cursor)}":
        return False
    cursor.execute(f"SET LOCAL lock_timeout = '{MOST_WAIT}'")
    bring_up_to_date(cursor)
    cursor.execute(f"COMMENT ON TABLE django_migrations IS '{NOTE}{files_said} {_database_says(cursor)}'")
    return True


def noted(cursor: CursorWrapper) -> str:
    """The digests of the files that were loaded last and of what the database was then."""
    cursor.execute("SELECT obj_description(to_regclass('public.django_migrations'), 'pg_class')")
    return str(cursor.fetchone()[0] or "").removeprefix(NOTE)


def _files_say() -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files())).hexdigest()


def _database_says(cursor: CursorWrapper) -> str:
    cursor.execute(SAYS)
    return str(cursor.fetchone()[0])


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
