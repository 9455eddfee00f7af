"""One order of locks for persons and sweepers: the project, what belongs to it, then its deadlines."""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models

DEEPEST = 3


def take(subject_type: str, key: int) -> bool:
    """Lock the subject of a deadline, the thing it belongs to first; False while somebody else has either.

    Nobody waits: who has it may be about to ask for what we hold. Of a subject that is gone there is nothing to lock.
    """
    try:
        model = apps.get_model(subject_type)
    except (LookupError, ValueError):
        return True
    way = way_to_the_first(model)  # type: ignore[arg-type]
    if way is not None and not _lock_first(model, way, key):
        return False
    return not is_writable(model._meta.db_table) or _lock(model._base_manager.filter(pk=key))


def _lock_first(model: type[models.Model], way: tuple[str, ...], key: int) -> bool:
    first = model._base_manager.filter(pk=key).values_list("__".join(way), flat=True).first()
    return first is None or _lock(_end_of(model, way)._base_manager.filter(pk=first))


def _lock(rows: models.QuerySet[Any]) -> bool:
    return bool(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk")) or not rows.exists()


@cache
def way_to_the_first(model: type[models.Model]) -> tuple[str, ...] | None:
    """The shortest way of keys from ``model`` to the kind that says ``LOCKED_FIRST``; None where none leads there."""
    if getattr(model, "LOCKED_FIRST", False):
        return None
    waiting: deque[tuple[type[models.Model], tuple[str, ...]]] = deque([(model, ())])
    while waiting:
        at, way = waiting.popleft()
        if getattr(at, "LOCKED_FIRST", False):
            return way
        if len(way) < DEEPEST:
            for field in at._meta.concrete_fields:
                if field.remote_field and isinstance(field.related_model, type):
                    waiting.append((field.related_model, (*way, field.name)))
    return None


def _end_of(model: type[models.Model], way: tuple[str, ...]) -> type[models.Model]:
    for name in way:
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    return model


@cache
def is_writable(table: str) -> bool:
    """Whether the application may write to it at all; what is only ever added to needs no lock, and gets none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_any_column_privilege(%s, 'UPDATE')", [table])
        return bool(cursor.fetchone()[0])
