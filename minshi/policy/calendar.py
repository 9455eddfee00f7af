"""Counting days by 民法典 201–203, on the calendar as published.

The starting day is not counted; a period ends at 24:00 of its last day, given as the exclusive next
00:00 in China; a period in calendar days or months whose last day is a rest day ends with the next
working day (203), where a worked weekend is no rest day. Hours run round the clock from the instant (201).

Inside the years of the published arrangements our table alone decides; outside them the ``holidays`` library
does, which knows the statutory days but not which weekends will be worked: beyond the last published
day everything is provisional.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Max, Min

from minshi.clock import CHINA, midnight
from minshi.policy.models import CalendarDay, CalendarVersion

if TYPE_CHECKING:
    from holidays import HolidayBase

DAY = timedelta(days=1)
KEPT_SECONDS = 60
"""How long a process goes on with the calendar it read before it asks whether there is a newer one."""


@cache
def _statutory() -> HolidayBase:
    """Read when the first day outside the published years is asked for: 300 modules, 17 MB of each process."""
    from holidays import country_holidays  # noqa: PLC0415

    return country_holidays("CN")


class Length(NamedTuple):
    """How long a period is, written into a deadline's basis as ``wd:5``, ``cd:15``, ``mo:6``, ``h:24``."""

    unit: str
    number: int

    @classmethod
    def of(
        cls,
        working_days: int | None = None,
        calendar_days: int | None = None,
        months: int | None = None,
        hours: int | None = None,
    ) -> Length:
        given = {"wd": working_days, "cd": calendar_days, "mo": months, "h": hours}
        lengths = [cls(unit, number) for unit, number in given.items() if number is not None]
        if len(lengths) != 1 or lengths[0].number < 1:
            raise ValueError("a period has one length of at least 1, in one unit")
        return lengths[0]


class Period(NamedTuple):
    """What a deadline or a notice keeps of its period."""

    end: datetime
    basis: str
    provisional: bool


@dataclass(frozen=True)
class Calendar:
    """The published days as of version ``number``, read once."""

    number: int
    since: date
    through: date
    days: Mapping[date, bool] = field(repr=False)
    names: Mapping[date, str] = field(repr=False)

    def is_working(self, day: date) -> bool:
        known = self.days.get(day)
        if known is not None:
            return known
        if self.since <= day <= self.through:
            return day.weekday() < 5
        return bool(_statutory().is_working_day(day))

    def add_working_days(self, day: date, number: int) -> date:
        """The ``number``-th working day after ``day`` (before it, when negative)."""
        step = DAY if number > 0 else -DAY
        for _count in range(abs(number)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def next_working(self, day: date) -> date:
        """``day``, or the first working day after it."""
        while not self.is_working(day):
            day += DAY
        return day

    def end(self, start: datetime | date, length: Length) -> datetime:
        """The exclusive end of a period of this length that starts with ``start``."""
        unit, number = length
        if unit == "h":
            if not isinstance(start, datetime):
                raise ValueError("hours run from an instant, not from a day")
            return start.astimezone(CHINA) + timedelta(hours=number)
        day = china_date(start)
        if unit == "wd":
            last = self.add_working_days(day, number)
        elif unit == "cd":
            last = self.next_working(day + number * DAY)
        else:
            last = self.next_working(months_after(day, number))
        return midnight(last + DAY)

    def is_provisional(self, end: datetime | date) -> bool:
        """Whether a period with this exclusive end reaches beyond what is published."""
        last = end - timedelta(microseconds=1) if isinstance(end, datetime) else end
        return china_date(last) > self.through

    def period(self, start: datetime | date, length: Length) -> Period:
        end = self.end(start, length)
        basis = f"{length.unit}:{length.number}@{china_date(start):%Y-%m-%d};v{self.number}"
        # Hours do not ask which days are worked.
        return Period(end, basis, length.unit != "h" and self.is_provisional(end))


def china_date(moment: datetime | date) -> date:
    return moment.astimezone(CHINA).date() if isinstance(moment, datetime) else moment


def months_after(day: date, months: int) -> date:
    """The corresponding day ``months`` later, or that month's last day where there is none (民法典 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def read() -> Calendar:
    """The calendar as it is in the database now; two queries."""
    versions = CalendarVersion.objects.aggregate(number=Max("number"), since=Min("since"), through=Max("through"))
    rows = CalendarDay.objects.order_by("version__number").values_list("date", "is_working", "name")
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    for day, is_working, name in rows:  # the newest version that names a day comes last and holds
        days[day], names[day] = is_working, name
    return Calendar(
        versions["number"] or 0, versions["since"] or date.max, versions["through"] or date.min, days, names
    )


_kept: tuple[float, Calendar] | None = None


def current() -> Calendar:
    """The calendar kept in this process; at most one small query a minute."""
    global _kept
    if _kept is not None and monotonic() - _kept[0] < KEPT_SECONDS:
        return _kept[1]
    newest = CalendarVersion.objects.aggregate(newest=Max("number"))["newest"] or 0
    calendar = _kept[1] if _kept is not None and _kept[1].number == newest else read()
    if calendar.number:
        _kept = (monotonic(), calendar)
    return calendar


def forget() -> None:
    """Ask the database at the next use; a publication does so when it is committed."""
    global _kept
    _kept = None


def is_working(day: date) -> bool:
    return current().is_working(day)


def day_name(day: date) -> str:
    """What the arrangement calls this day (国庆节…), if it names it."""
    return current().names.get(day, "")


def add_working_days(day: date, number: int) -> date:
    """The ``number``-th working day after ``day``, before it when negative (会前3日)."""
    return current().add_working_days(day, number)


def period_end(
    start: datetime | date,
    *,
    working_days: int | None = None,
    calendar_days: int | None = None,
    months: int | None = None,
    hours: int | None = None,
) -> datetime:
    """The exclusive end, 00:00 in China after the last day; exactly one length is given."""
    return current().end(start, Length.of(working_days, calendar_days, months, hours))


def period(
    start: datetime | date,
    *,
    working_days: int | None = None,
    calendar_days: int | None = None,
    months: int | None = None,
    hours: int | None = None,
) -> Period:
    """The end together with what a deadline keeps: its basis, and whether it is provisional."""
    return current().period(start, Length.of(working_days, calendar_days, months, hours))


def working_days_left(now: datetime, end: datetime) -> int:
    """How many working days are left after today until the exclusive ``end``; 0 from the last day on."""
    calendar = current()
    day, last, left = china_date(now), china_date(end - timedelta(microseconds=1)), 0
    while day < last:
        day += DAY
        left += calendar.is_working(day)
    return left


def next_fixed_hour(at: datetime, every_hours: int) -> datetime:
    """The next of a day's fixed hours in China, counted from midnight; the last one ends with the day."""
    day = midnight(china_date(at))
    passed = (at - day) // timedelta(hours=every_hours) + 1
    return min(day + passed * timedelta(hours=every_hours), midnight(china_date(at) + timedelta(days=1)))


def is_provisional(end: datetime | date) -> bool:
    """Whether ``end`` (exclusive, or a last day) lies beyond the last published day."""
    return current().is_provisional(end)


BASIS = re.compile(r"(wd|cd|mo):(\d{1,5})(?:@(\d{4}-\d\d-\d\d))?(?:;.*)?", re.ASCII)


def recounted(calendar: Calendar, basis: str, set_at: datetime) -> Period | None:
    """The period a basis such as ``wd:5@2026-12-28;v5`` names, counted anew; None for any other basis."""
    found = BASIS.fullmatch(basis)
    if found is None:
        return None
    unit, number, start = found.groups()
    day = date.fromisoformat(start) if start else china_date(set_at)
    return calendar.period(day, Length(unit, int(number)))
