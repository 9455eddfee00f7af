"""Only what has a rule grows: what is kept for the days of a policy goes when they are over."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from minshi.audit.actors import acting
from minshi.policy import selectors as policy

KEPT = Path(__file__).resolve().parent / "kept.toml"
AT_A_TIME = 500
"""Rows of one transaction: nobody waits for it."""

GONE = """
DELETE FROM {table} WHERE id IN (
    SELECT old.id FROM {table} old
    WHERE old.{at} < (SELECT minshi_now() - make_interval(days => %s)) AND {where}
    ORDER BY old.{at} LIMIT %s
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True)
class Purged:
    """A table whose rows go, the policy's ``days`` after ``at``; ``index`` finds them."""

    table: str
    days: str
    at: str
    where: str
    index: str


@lru_cache(maxsize=1)
def kept() -> dict[str, Any]:
    """The rule of every table, as the release's file says it."""
    return tomllib.loads(KEPT.read_text())


def purged() -> list[Purged]:
    return [Purged(table, **rule) for table, rule in kept()["purged"].items()]


def forget() -> dict[str, int]:
    """Table → how many rows went. Again and again is the same; broken off it goes on the next time."""
    return {rule.table: _forget(rule) for rule in purged()}


def _forget(rule: Purged) -> int:
    days, total = int(policy.value(rule.days, None)), 0
    statement = GONE.format(table=rule.table, at=rule.at, where=rule.where)
    while True:
        with transaction.atomic(), acting(None), connection.cursor() as cursor:
            cursor.execute(statement, [days, AT_A_TIME])
            gone = int(cursor.rowcount)
        total += gone
        if gone < AT_A_TIME:
            return total
