"""The tables of steps, told to the database after each migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper

from minshi.lifecycle.machine import all_machines


def write_edges(using: str, **kwargs: Any) -> None:
    """Replace the database's copy of all tables of steps. Runs as the owner."""
    rows = [(machine.subject, *edge) for machine in all_machines() for edge in machine.edges()]
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('lifecycle_edge')")
        if cursor.fetchone()[0] is None:  # migrated backwards past us
            return
        cursor.execute("DELETE FROM lifecycle_edge")
        cursor.executemany(
            "INSERT INTO lifecycle_edge (subject_type, verb, source, target, gate) VALUES (%s, %s, %s, %s, %s)",
            rows,
        )


def wrong_edges(cursor: CursorWrapper) -> Iterator[tuple[str, str]]:
    """Where the database's copy is not that of the machines: "missing" or "added", and which."""
    cursor.execute("SELECT subject_type, verb, source, target, gate FROM public.lifecycle_edge")
    there = set(cursor.fetchall())
    wanted = {(machine.subject, *edge) for machine in all_machines() for edge in machine.edges()}
    for how, edges in (("missing", wanted - there), ("added", there - wanted)):
        for edge in sorted(edges):
            yield how, " ".join(edge)
