"""Sealing the chain, and erasing a person's clear values beside it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models, transaction

from minshi.audit.actors import HasKey, acting


def seal() -> int:
    """Chain every event of transactions that are over; returns how many. Sealers wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_seal()")
        sealed: int = cursor.fetchone()[0]
    return sealed


def erase(model: type[models.Model], keys: Iterable[int | str], *, by: HasKey | None) -> int:
    """Forget the clear personal values of these rows in every event so far; returns how many.

    Change or delete the rows first, in the same transaction: that too is an event with clear values.
    The digests stay, without their salts nobody can guess them, and the chain holds.
    """
    with transaction.atomic(), acting(by), connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase(%s, %s::text[])", [model._meta.db_table, [str(key) for key in keys]])
        erased: int = cursor.fetchone()[0]
    return erased
