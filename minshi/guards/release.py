"""Is the database the one this release makes? Compared with ``release.json``, by the server's core functions alone.

Whoever can act behind the application's back can change every guard as well as what would complain of it, so nothing
of the platform's own in the database is asked. The file is written from a new
database (tests/guards/test_release.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from minshi.guards.privileges import application_role

RELEASE = Path(__file__).with_name("release.json")
Catalogue = dict[str, dict[str, str]]


class Difference(NamedTuple):
    """``code`` is the kind, a hyphen and missing, added or changed; ``name`` is the thing, never a value of a row."""

    code: str
    name: str


# PostgreSQL 15 to 18 write an expression back with other casts and brackets, which say nothing.
PLAIN = r"regexp_replace({}, '::[a-z ]+(\[\])?|[()\s]|public\.', '', 'g')"
DIGEST = "encode(sha256(convert_to(({})::text, 'UTF8')), 'hex')"
# What Django or PostgreSQL named by itself: another name for a column that came with its table or later.
NAME = r"regexp_replace({}, '_[0-9a-f]{{8}}(_uniq|_like|_fk_.*)?$|_key$', '')"
OWN = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{}'::regclass AND d.objid = {}.oid AND d.deptype = 'e')"

FUNCTION = DIGEST.format(
    "jsonb_build_array(p.prosrc, p.prosecdef, p.provolatile, p.proisstrict, p.proleakproof, p.proconfig, l.lanname, "
    "pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.proowner = ns.nspowner OR owner.rolname = "
    "(SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'django_migrations'))"
)
FUNCTIONS = f"""
SELECT p.oid::regprocedure::text, {FUNCTION}
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace ns ON ns.oid = p.pronamespace
    JOIN pg_roles owner ON owner.oid = p.proowner
WHERE ns.nspname = 'public' AND {OWN.format("pg_proc", "p")}
"""

TRIGGERS = f"""
SELECT c.relname || '.' || t.tgname,
    {DIGEST.format(f"t.tgenabled::text || ' ' || {PLAIN.format('pg_get_triggerdef(t.oid)')}")}
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""

RULE = PLAIN.format("pg_get_constraintdef(k.oid)")
KEY = PLAIN.format("substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*')")
TABLE = DIGEST.format("jsonb_build_array(c.relpersistence, c.relrowsecurity, columns.said, rules.said, keys.said)")
# Kept, checked, never lost in a crash; the columns with their kinds and defaults, by name: who was upgraded has them in
# another order. What PostgreSQL 18 counts among constraints (not null) stands with the column.
TABLES = f"""
SELECT c.relname, {TABLE}
FROM pg_class c CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
        a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        {PLAIN.format("pg_get_expr(e.adbin, e.adrelid)")}
    ) ORDER BY a.attname) AS said
    FROM pg_attribute a LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) columns CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array({NAME.format("k.conname")}, k.convalidated, {RULE})
        ORDER BY {RULE}, {NAME.format("k.conname")}) AS said
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n'
) rules CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(i.indisvalid, i.indisready, {KEY}) ORDER BY {KEY}) AS said
    FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
) keys
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND {OWN.format("pg_class", "c")}
"""

# What the application may do: to tables, to columns where it may not write the whole table, functions it may call.
RIGHTS = f"""
SELECT c.relname::text, concat_ws(' ', (
    SELECT string_agg(word, ',' ORDER BY word)
    FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS word
    WHERE has_table_privilege(%(role)s, c.oid, word)
), (
    SELECT 'UPDATE:' || string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT has_table_privilege(%(role)s, c.oid, 'UPDATE')
        AND has_column_privilege(%(role)s, c.oid, a.attnum, 'UPDATE')
))
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND {OWN.format("pg_class", "c")}
UNION ALL
SELECT p.oid::regprocedure::text, 'EXECUTE' FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND {OWN.format("pg_proc", "p")}
    AND has_function_privilege(%(role)s, p.oid, 'EXECUTE')
"""

# --- What no release has -----------------------------------------------------------------------

# A table's own rules and policies rewrite what is asked of it; foreign keys are triggers that can be switched off.
BEHIND = """
SELECT 'rule-added', c.relname || '.' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'policy-added', c.relname || '.' || p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'foreign-key-off', c.relname || '.' || k.conname
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE c.relnamespace = 'public'::regnamespace AND t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT 'setting-added', coalesce(r.rolname, 'all') || ': ' || split_part(setting, '=', 1)
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
    LEFT JOIN pg_database b ON b.oid = s.setdatabase, unnest(s.setconfig) AS setting
WHERE coalesce(b.datname, current_database()) = current_database() AND split_part(setting, '=', 1) IN (
    'session_replication_role', 'search_path', 'synchronous_commit', 'zero_damaged_pages', 'session_preload_libraries',
    'local_preload_libraries', 'default_transaction_isolation', 'event_triggers'
)
UNION ALL
SELECT 'event-trigger-added', evtname FROM pg_event_trigger WHERE evtenabled <> 'D'
"""

# The application works, and nothing else.
ROLE = """
SELECT 'role-' || word, r.rolname FROM pg_roles r CROSS JOIN LATERAL (VALUES
    ('superuser', r.rolsuper), ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb),
    ('replication', r.rolreplication), ('bypassrls', r.rolbypassrls)
) AS may (word, is_so) WHERE r.rolname = %(role)s AND may.is_so
UNION ALL
SELECT 'role-member', g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %(role)s
UNION ALL
SELECT 'role-owns', c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE r.rolname = %(role)s AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'role-creates', 'public' WHERE has_schema_privilege(%(role)s, 'public', 'CREATE')
UNION ALL
SELECT 'owner-superuser', tableowner FROM pg_tables JOIN pg_roles r ON r.rolname = tableowner
WHERE schemaname = 'public' AND tablename = 'django_migrations' AND r.rolsuper
"""


def differences(connection: BaseDatabaseWrapper) -> Iterator[Difference]:
    """All in which the database is not this release's, and what the application's role may beyond it."""
    with _reading(connection) as cursor:
        yield from compare(cursor)


def compare(cursor: CursorWrapper) -> Iterator[Difference]:
    """The same inside a transaction of the caller's, whose search path is the server's own."""
    expected: Catalogue = json.loads(RELEASE.read_text())
    for kind, found in catalogue(cursor).items():
        wanted = expected[kind]
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                how = "missing" if name not in found else "added" if name not in wanted else "changed"
                yield Difference(f"{kind}-{how}", name)
    cursor.execute(BEHIND)
    yield from [Difference(*row) for row in cursor.fetchall()]
    if role := working_role(cursor):
        yield from beyond(cursor, role)


def beyond(cursor: CursorWrapper, role: str) -> list[Difference]:
    """What this role may do that a role which only works may not."""
    cursor.execute(ROLE, {"role": role})
    return [Difference(*row) for row in cursor.fetchall()]


def catalogue(cursor: CursorWrapper) -> Catalogue:
    """Name and digest of everything that guards; the rights only where the application has a role of its own."""
    queries = {"function": FUNCTIONS, "trigger": TRIGGERS, "table": TABLES}
    found: Catalogue = {}
    for kind, query in queries.items():
        cursor.execute(query)
        found[kind] = {name: digest[:16] for name, digest in cursor.fetchall()}
    if role := working_role(cursor):
        cursor.execute(RIGHTS, {"role": role})
        found["right"] = dict(cursor.fetchall())
    return found


def working_role(cursor: CursorWrapper) -> str | None:
    """The role that works here and owns nothing; None where one role does both."""
    cursor.execute(
        "SELECT session_user, tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'django_migrations'"
    )
    current, owner = cursor.fetchone()
    return current if current != owner else application_role(cursor)


def digest() -> str:
    """This release's name: what it expects of a database."""
    return hashlib.sha256(RELEASE.read_bytes()).hexdigest()[:16]


def write(connection: BaseDatabaseWrapper) -> None:
    """Make the file from this database, which is new and nobody's."""
    with _reading(connection) as cursor:
        RELEASE.write_text(json.dumps(catalogue(cursor), indent=0, sort_keys=True) + "\n")


@contextmanager
def _reading(connection: BaseDatabaseWrapper) -> Iterator[CursorWrapper]:
    """Where names mean the server's own functions, whatever was put before them."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
        yield cursor
