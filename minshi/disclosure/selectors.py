"""What the board and a notice's page ask: a page of notices by key, and the days of a period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.clock import CHINA
from minshi.disclosure.models import Notice, NoticeQuerySet
from minshi.policy import calendar
from minshi.territory.models import Territory

PAGE = 20
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# --- A page of the board ----------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    notices: list[Notice]
    newer: str
    older: str


def page_of(rows: NoticeQuerySet, chosen: dict[str, str], *, before: str = "", after: str = "") -> Page:
    """Newest first, from the keys in the address; ``chosen`` are the filters that the links keep. One query."""
    if key := _from_key(after):
        found = list(rows.filter(_beyond(key, newer=True)).order_by("posted_at", "pk")[: PAGE + 1])
        more_newer, more_older = len(found) > PAGE, True
        notices = found[:PAGE][::-1]
    else:
        key = _from_key(before)
        found = list((rows.filter(_beyond(key, newer=False)) if key else rows).newest()[: PAGE + 1])
        more_newer, more_older = key is not None, len(found) > PAGE
        notices = found[:PAGE]
    if not notices:
        return Page([], "", "")
    newer = _address(chosen, after=_key(notices[0])) if more_newer else ""
    older = _address(chosen, before=_key(notices[-1])) if more_older else ""
    return Page(notices, newer, older)


def _address(chosen: dict[str, str], **key: str) -> str:
    return "?" + urlencode(chosen | key)


def _key(notice: Notice) -> str:
    return f"{(notice.posted_at - EPOCH) // MICROSECOND}-{notice.pk}"


def _from_key(text: str) -> tuple[datetime, int] | None:
    found = re.fullmatch(r"(\d{1,16})-(\d{1,18})", text, re.ASCII)
    return (EPOCH + int(found[1]) * MICROSECOND, int(found[2])) if found else None


def _beyond(key: tuple[datetime, int], *, newer: bool) -> Q:
    at, pk = key
    if newer:
        return Q(posted_at__gte=at) & (Q(posted_at__gt=at) | Q(pk__gt=pk))
    return Q(posted_at__lte=at) & (Q(posted_at__lt=at) | Q(pk__lt=pk))


def narrower(place: Territory | None) -> list[Territory]:
    """The places one step down, to choose from; districts where no place is chosen. One query."""
    all_places = Territory.objects.order_by("code")
    below = all_places.filter(level_id="district") if place is None else all_places.filter(parent=place)
    return list(below[:200])


# --- The days of a period ---------------------------------------------------------------------

WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


@dataclass(frozen=True)
class Day:
    """A day of the period; ``number`` is 0 where the day does not count."""

    date: date
    number: int
    state: str
    note: str

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS[self.date.weekday()])


@dataclass(frozen=True)
class Progress:
    """Where a period stands: ``done`` of ``total`` days have begun."""

    total: int
    done: int
    unit: str
    days: list[Day]
    today: str


def progress(notice: Notice, at: datetime) -> Progress:
    """The period day by day, as it is counted, and what day today is."""
    today = at.astimezone(CHINA).date()
    working = notice.working_days > 0
    total = notice.working_days or notice.calendar_days
    days, number = [], 0
    for offset in range((notice.last_day - notice.starts_on).days + 1):
        day = notice.starts_on + offset * DAY
        counts = number < total and (calendar.is_working(day) if working else True)
        number += counts
        days.append(Day(day, number if counts else 0, _state(day, today), "" if counts else _why_not(day)))
    done = max((day.number for day in days if day.date <= today), default=0)
    unit = _("个工作日") if working else _("天")
    return Progress(total, done, unit, days, _today(notice, days, today, done, total, unit))


def _state(day: date, today: date) -> str:
    return "done" if day < today else "now" if day == today else "coming"


def _why_not(day: date) -> str:
    return calendar.day_name(day) or _("休息日")


def _today(notice: Notice, days: list[Day], today: date, done: int, total: int, unit: str) -> str:
    if today > notice.last_day:
        return _("公示期已满。")
    if not done:
        first = next(day.date for day in days if day.number)
        return _("从 %(month)d月%(day)d日 起算，共 %(total)d %(unit)s。") % {
            "month": first.month, "day": first.day, "total": total, "unit": unit,
        }  # fmt: skip
    facts = {"done": done, "total": total, "unit": unit}
    if any(day.date == today and day.number for day in days):
        return _("今天是第 %(done)d %(unit)s，共 %(total)d %(unit)s。") % facts
    return _("今天不计入，已到第 %(done)d %(unit)s，共 %(total)d %(unit)s。") % facts
