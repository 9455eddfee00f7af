"""What is kept for the days of a policy goes when they are over; the way that alarms take is tried."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.audit.actors import acting
from minshi.clock import Instant
from minshi.health import alarms
from minshi.health.models import AlarmTrial
from minshi.health.rules import tries_alarms
from minshi.health.selectors import where_alarms_go
from minshi.lifecycle.action import action
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused

KEPT = Path(__file__).resolve().parent / "kept.toml"
AT_A_TIME = 500
"""Rows of one transaction: nobody waits for it."""

OLD = """
    SELECT old.id FROM {table} old
    WHERE old.{at} < (SELECT minshi_now() - make_interval(days => %s)) AND {where}
    ORDER BY old.{at} LIMIT %s
    FOR UPDATE SKIP LOCKED
"""
GONE = f"DELETE FROM {{table}} WHERE id IN ({OLD})"
CLEARED = f"UPDATE {{table}} SET {{columns}} WHERE id IN ({OLD}) RETURNING id"
BLANK = "—"
"""What stands in place of a name or number that nobody needs any more: that there was one is still read."""


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


@dataclass(frozen=True)
class Cleared(Purged):
    """A table whose rows stay, without who and how to reach them (``columns``), the policy's ``days`` after ``at``."""

    columns: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        blank = ", ".join(f"{name} = CASE WHEN {name} = '' THEN '' ELSE '{BLANK}' END" for name in self.columns)
        return CLEARED.format(table=self.table, columns=blank, at=self.at, where=self.where)


def cleared() -> list[Cleared]:
    return [Cleared(table, **{**rule, "columns": tuple(rule["columns"])}) for table, rule in kept()["cleared"].items()]


def clear() -> dict[str, int]:
    """Table → in how many rows a name or number went, from the record too: there its digest stays."""
    return {rule.table: _clear(rule) for rule in cleared()}


def _clear(rule: Cleared) -> int:
    days, total = int(policy.value(rule.days, None)), 0
    while True:
        with transaction.atomic(), acting(None), connection.cursor() as cursor:
            cursor.execute(rule.statement, [days, AT_A_TIME])
            keys = [str(key) for (key,) in cursor.fetchall()]
            cursor.execute("SELECT audit_erase(%s, %s::text[])", [rule.table, keys])
        total += len(keys)
        if len(keys) < AT_A_TIME:
            return total


PAUSE = timedelta(minutes=1)
MOST_TRIALS = 20
"""In a day, of the whole site: whoever gets the alarms is not to be worn out."""


@action
def try_alarms(*, by: User) -> AlarmTrial:
    """Send one by every way there is, now, and write down which of them it left by and why not by the others."""
    if not tries_alarms(by):
        raise NotAllowed(_("报警由区牵头部门试发"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('minshi.health.alarms'))")
        if not cursor.fetchone()[0]:
            raise Refused(_("正在试发，请过一分钟看结果"))
    if AlarmTrial.objects.filter(at__gt=Instant() - PAUSE).exists():
        raise Refused(_("刚刚试过，请过一分钟再试"))
    if AlarmTrial.objects.filter(at__gt=Instant() - timedelta(days=1)).count() >= MOST_TRIALS:
        raise Refused(_("今天试的次数已经用完，请明天再试"))
    taken = alarms.leave([_("这是一次试发，没有出事。")])
    found = [{"way": each.way, "why": alarms.why(each.error) if each.error else ""} for each in taken]
    return AlarmTrial.objects.create(by=by, to=where_alarms_go(), found=found)
