"""Which tables are recorded, and the triggers that do it, attached by the owner after each migration."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

from minshi.guards.loading import OURS

ADOPTED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "auth.group": ((), ()),
    "auth.group_permissions": ((), ()),
    "account.emailaddress": (("email",), ()),
    "mfa.authenticator": ((), ("data",)),
}
"""Tables of others that decide who may do what, with their personal and secret fields."""

TRIGGERS = {
    "audit_insert": ("audit_inserted", 4, "INSERT", "NEW TABLE AS added"),
    "audit_update": ("audit_updated", 16, "UPDATE", "OLD TABLE AS gone NEW TABLE AS added"),
    "audit_delete": ("audit_deleted", 8, "DELETE", "OLD TABLE AS gone"),
}
"""Of each its function, the number PostgreSQL gives a statement's trigger after that verb, and the rows it sees."""


class Tracked(NamedTuple):
    """A recorded table: its key, the columns kept as digests, those of them kept nowhere in clear."""

    table: str
    key: str
    hidden: tuple[str, ...]
    secret: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the trigger is told."""
        return (self.key, ",".join(self.hidden), ",".join(self.secret)) if self.hidden else (self.key,)


def tracked() -> list[Tracked]:
    """Every table whose changes are recorded, in a fixed order."""
    found = [_tracked(model) for model in apps.get_models(include_auto_created=True) if _is_tracked(model)]
    return sorted(found)


def _is_tracked(model: type[models.Model]) -> bool:
    meta = model._meta
    if meta.label_lower in ADOPTED:
        return True
    is_ours = apps.get_app_config(meta.app_label).name.split(".")[0] in OURS and meta.app_label != "audit"
    return is_ours and meta.managed and not meta.proxy and not getattr(model, "UNTRACKED", False)


def _tracked(model: type[models.Model]) -> Tracked:
    personal, secret = ADOPTED.get(
        model._meta.label_lower, (getattr(model, "PERSONAL", ()), getattr(model, "SECRET", ()))
    )
    if model._meta.pk.column is None:
        raise ImproperlyConfigured(f"{model._meta.label}: a recorded table needs a key of one column.")
    columns = {field.name: str(field.column) for field in model._meta.local_concrete_fields}
    return Tracked(
        model._meta.db_table,
        model._meta.pk.column,
        tuple(columns[name] for name in (*personal, *secret)),
        tuple(columns[name] for name in secret),
    )


def attach(using: str, **kwargs: Any) -> None:
    """After migrating: every tracked table has its trigger. Doing it again changes nothing."""
    if connections[using].vendor == "postgresql":
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            bring_up_to_date(cursor)


def bring_up_to_date(cursor: CursorWrapper) -> None:
    """The triggers as the models want them; needs the owner where any of them is missing."""
    cursor.execute("SELECT to_regprocedure('public.audit_inserted()') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return  # somebody migrates other apps first
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = {table for (table,) in cursor.fetchall()}
    wanted = {entry.table: entry for entry in tracked() if entry.table in tables}
    present = attached(cursor)
    for table in present.keys() - wanted.keys():
        _detach(cursor, table)
    for table, entry in wanted.items():
        if present.get(table) != entry.arguments:
            _attach(cursor, entry)


def attached(cursor: CursorWrapper) -> dict[str, tuple[str, ...]]:
    """The tables with audit triggers and what these are told: nothing where not all of them fire, and alike."""
    cursor.execute(
        "SELECT c.relname, t.tgname, p.proname, t.tgtype, t.tgargs, "
        "t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'public'::regnamespace "
        "JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'public'::regnamespace "
        "WHERE t.tgname = ANY (%s)",
        [list(TRIGGERS)],
    )
    told: dict[str, list[tuple[str, ...]]] = {}
    for table, name, function, number, arguments, fires in cursor.fetchall():
        told.setdefault(table, [])
        if fires and (function, number) == TRIGGERS[name][:2]:
            told[table].append(tuple(bytes(arguments).decode().split("\0")[:-1]))
    return {table: each[0] if each and each == each[:1] * len(TRIGGERS) else () for table, each in told.items()}


def _attach(cursor: CursorWrapper, entry: Tracked) -> None:
    """In one transaction: creating a trigger locks out writers, so no row falls before the baseline."""
    arguments = ", ".join("'{}'".format(argument.replace("'", "''")) for argument in entry.arguments)
    _detach(cursor, entry.table)
    cursor.execute(
        "; ".join(
            f'CREATE TRIGGER {name} AFTER {verb} ON "{entry.table}" REFERENCING {rows} '
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments})"
            for name, (function, _number, verb, rows) in TRIGGERS.items()
        )
    )
    baseline(cursor, entry)


def _detach(cursor: CursorWrapper, table: str) -> None:
    cursor.execute("; ".join(f'DROP TRIGGER IF EXISTS {name} ON "{table}"' for name in TRIGGERS))


def baseline(cursor: CursorWrapper, entry: Tracked) -> None:
    """Record the rows that no event knows, as they stand. Only the owner may."""
    cursor.execute(
        "SELECT audit_baseline(%s::regclass, %s, %s::text[], %s::text[])",
        [f'public."{entry.table}"', entry.key, list(entry.hidden), list(entry.secret)],
    )
