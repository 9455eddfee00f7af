"""Days, money, numbers and shares as people read them: for pages, and for sentences that domain code composes.

Templates have them as filters through ``{% load faces %}``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from minshi.ledger import money

# --- Days and times -----------------------------------------------------------------------------

Moment = TypeVar("Moment", bound=dt.date)


def _local(moment: Moment) -> Moment:
    if isinstance(moment, dt.datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment)  # type: ignore[return-value]
    return moment


def _day(day: dt.date) -> str:
    # The reader's year, not the domain's clock: nothing is decided by it and a query per date is too much.
    is_this_year = day.year == timezone.localdate().year
    return _("%(month)d月%(day)d日") % {"month": day.month, "day": day.day} if is_this_year else full_date(day)


def full_date(moment: dt.date) -> str:
    """2026年11月26日, whatever the year: for what is kept or hangs on a wall."""
    day = _local(moment)
    return _("%(year)d年%(month)d月%(day)d日") % {"year": day.year, "month": day.month, "day": day.day}


def cn_date(moment: dt.date | str | None) -> str:
    """11月26日, with the year when it is another one. Text passes through."""
    if not isinstance(moment, dt.date):
        return moment or ""
    return _day(_local(moment))


def cn_datetime(moment: dt.datetime | None) -> str:
    """11月26日 18:30."""
    if moment is None:
        return ""
    moment = _local(moment)
    return f"{_day(moment)} {moment:%H:%M}"


def cn_until(end: dt.date | None) -> str:
    """An exclusive end as people say it: 11月27日 00:00 is 11月26日 24:00. A plain date is its last day."""
    if end is None:
        return ""
    if not isinstance(end, dt.datetime):
        return f"{_day(end)} 24:00"
    end = _local(end)
    if end.time() == dt.time.min:
        return f"{_day(end - dt.timedelta(days=1))} 24:00"
    return cn_datetime(end)


def days_late(end: dt.datetime | None, moment: dt.datetime) -> int:
    """How many days ago the last day of this exclusive end was, at least 1; 0 for what is in time."""
    if end is None or moment < end:
        return 0
    last = timezone.localtime(end - dt.timedelta(microseconds=1)).date()
    return max(1, (timezone.localtime(moment).date() - last).days)


def said_late(end: dt.datetime | None, moment: dt.datetime) -> str:
    """已逾期 3 天, nothing for what is in time."""
    days = days_late(end, moment)
    return _("已逾期 %(days)d 天") % {"days": days} if days else ""


# --- Money --------------------------------------------------------------------------------------

WAN = 10_000
YI = 100_000_000


def yuan(fen: int | None) -> str:
    """Exact fen as yuan with two places: 123400 → 1,234.00."""
    return "" if fen is None else money.format_yuan(fen)


def wan(fen: int | None) -> str:
    """Exact fen in 万 for headlines, rounded to two places: 57050000 → 57.05 万; small sums as they are."""
    if fen is None:
        return ""
    amount = money.yuan(fen)
    for unit, name in ((YI, _("亿")), (WAN, _("万"))):
        if abs(amount) >= unit:
            rounded = (amount / unit).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return f"{rounded:,.2f}".rstrip("0").rstrip(".") + f" {name}"
    return yuan(fen)


def wan_yuan(fen: int) -> str:
    """The same with its unit, for a sentence: 57.05 万元, 8,600.00 元."""
    amount = wan(fen)
    return (_("%(amount)s 元") if amount[-1:].isdigit() else _("%(amount)s元")) % {"amount": amount}


# --- Shares -------------------------------------------------------------------------------------

NUMERALS = "零一二三四五六七八九十"
HALF = Fraction(1, 2)
WRITTEN = re.compile(r"[0-9]+/[1-9][0-9]*", re.ASCII)


def share(value: Any) -> str:
    """A share that a rule names, as people say it: "2/3" → 三分之二, "8/10" → 八成, "1/2" → 一半.

    What has no such name is 85%, or as it stands: "13/17". Anything but a share from 0 to 1 passes through.
    """
    if not isinstance(value, Fraction) and WRITTEN.fullmatch(str(value)) is None:
        return str(value)
    part = Fraction(value)
    if part == HALF:
        return _("一半")
    if part == 1:
        return _("全部")
    if not 0 < part < 1:
        return str(value)
    return _in_tenths(part) or _in_parts(part) or _in_percent(part) or str(value)


def _in_tenths(part: Fraction) -> str:
    tenths = part * 10
    if tenths.denominator != 1:
        return ""
    return _("两成") if tenths == 2 else _("%(part)s成") % {"part": NUMERALS[int(tenths)]}


def _in_parts(part: Fraction) -> str:
    if part.denominator > 10:
        return ""
    return _("%(whole)s分之%(part)s") % {"whole": NUMERALS[part.denominator], "part": NUMERALS[part.numerator]}


def _in_percent(part: Fraction) -> str:
    hundredths = part * 100
    return f"{hundredths}%" if hundredths.denominator == 1 else ""


def share_in_percent(value: Any) -> str:
    """The same in digits where that is exact: "1/10" → 10%, "1/3" → 三分之一."""
    return _in_percent(Fraction(value)) or share(value)


def threshold(value: Any) -> str:
    """A share that votes have to reach: of "1/2" one vote more is needed, 过半."""
    return _("过半") if Fraction(value) == HALF else share(value)


PARAMETER = re.compile(r"\{([a-z0-9_.]+)\}")


def filled(text: object, value_of: Callable[[str], Any]) -> str:
    """A text in which the policy's values stand under their names: {rating.pass}满意 → 八成满意."""
    return PARAMETER.sub(lambda found: share(value_of(found[1])), str(text))


def percent(part: int | Decimal | Fraction, whole: int | Decimal | Fraction) -> int:
    """How many of a hundred, in whole numbers and never up: 35 of 44 is 79; 0 where there is nothing.

    People compare it with a threshold such as 80 %, and this way it says 80 exactly when 80 % are reached.
    """
    return int(Fraction(part) * 100 // Fraction(whole)) if whole else 0
