"""Reading the clock, and (where settings allow it) moving it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.models import DateTimeField, Func

CHINA = ZoneInfo("Asia/Shanghai")


class Now(Func):
    """The platform's time as a column's default; asked in a query it would be asked for every row (``Instant``)."""

    function = "minshi_now"
    output_field = DateTimeField()


class Instant(Func):
    """The platform's time in a query: one moment for all its rows, and an end to range over in an index.

    ``minshi_now()`` moves while a statement runs, so that PostgreSQL may neither ask it once by itself nor look up
    what it answers; a subquery that depends on no row is asked once.
    """

    template = "(SELECT minshi_now())"
    output_field = DateTimeField()


def now() -> datetime:
    """The platform's time; one round trip to the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT minshi_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(CHINA)


def today() -> date:
    """Today's date in China by the platform's time."""
    return now().date()


def midnight(day: date) -> datetime:
    """00:00 in China at the beginning of ``day``."""
    return datetime.combine(day, time.min, CHINA)


@contextmanager
def as_owner() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner role to the database in use, outside Django's transactions."""
    params = connections["owner"].get_connection_params()
    wanted = {name: params[name] for name in ("host", "port", "user", "password") if params.get(name)}
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**wanted, dbname=name, autocommit=True) as owner:
        yield owner


def _shift_by(sql: str, *params: object) -> None:
    _refuse_fixed()
    with as_owner() as owner:
        owner.execute(f"UPDATE clock_offset SET shift = {sql}", params)


def _refuse_fixed() -> None:
    if not settings.CLOCK_MOVABLE:
        raise ImproperlyConfigured("The clock is not movable here (CLOCK_MOVABLE).")


def move(by: timedelta) -> None:
    """Move everybody's time by ``by``. Tests and the replay only."""
    _shift_by("shift + %s", by)


def set_to(moment: datetime) -> None:
    """Let everybody's time be ``moment`` from now on. Tests and the replay only."""
    _shift_by("%s - clock_timestamp()", moment)


@contextmanager
def setter() -> Iterator[Callable[[datetime], None]]:
    """``set_to`` over one connection, for a replay that moves the clock thousands of times."""
    _refuse_fixed()
    with as_owner() as owner:

        def to(moment: datetime) -> None:
            owner.execute("UPDATE clock_offset SET shift = %s - clock_timestamp()", [moment])

        yield to


def reset() -> None:
    """Back to the real time."""
    _shift_by("interval '0'")
