"""What a policy value may look like: plain JSON, exact."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeGuard
from unicodedata import category

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Value = int | str | bool | list[int]
"""As stored and as pinned by a project; a fraction is the text "2/3", money is whole fen."""

FRACTION = re.compile(r"[1-9]\d{0,4}/[1-9]\d{0,4}", re.ASCII)
LARGEST = 10**12
UNWRITTEN = ("Cc", "Cs")
"""Control characters and halves of letters, which "\\u0000" and the like become: no database keeps them."""


class Unit(models.TextChoices):
    WORKING_DAYS = "working_days", gettext_lazy("个工作日")
    CALENDAR_DAYS = "calendar_days", gettext_lazy("日")
    HOURS = "hours", gettext_lazy("小时")
    MINUTES = "minutes", gettext_lazy("分钟")
    MONTHS = "months", gettext_lazy("个月")
    YEARS = "years", gettext_lazy("年（岁）")
    COUNT = "count", gettext_lazy("数量")
    PERCENT = "percent", gettext_lazy("%")
    FRACTION = "fraction", gettext_lazy("比例")
    FEN = "fen", gettext_lazy("分")
    BOOL = "bool", gettext_lazy("是否")
    TEXT = "text", gettext_lazy("文字")
    SHARE_LIST = "share_list", gettext_lazy("比例表（合计100%）")
    MONTH_LIST = "month_list", gettext_lazy("月份表")


TIMES = {Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.HOURS, Unit.MINUTES, Unit.MONTHS, Unit.YEARS}
NUMBERS = {Unit.COUNT, Unit.PERCENT, Unit.FEN} | TIMES


def fraction(value: object) -> Fraction:
    """The exact number behind "2/3" (or behind a whole number)."""
    if isinstance(value, str) and FRACTION.fullmatch(value):
        return Fraction(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    raise ValueError(f"not an exact fraction: {value!r}")


def fault(unit: str, value: object) -> str:
    """Why ``value`` cannot be a value of this unit, or nothing."""
    if unit in NUMBERS:
        return _number_fault(unit, value)
    if unit == Unit.FRACTION:
        if not (isinstance(value, str) and FRACTION.fullmatch(value)) or Fraction(value) > 1:
            return _("请填写不大于1的分数，例如 2/3。")
    elif unit == Unit.BOOL:
        if not isinstance(value, bool):
            return _("请填写“是”或“否”。")
    elif unit == Unit.TEXT:
        if not isinstance(value, str) or not 0 < len(value.strip()) <= 200:
            return _("请填写200字以内的文字。")
        if any(category(letter) in UNWRITTEN for letter in value):
            return _("请填写看得见的文字，不要有控制字符。")
    else:
        return _list_fault(unit, value)
    return ""


def _number_fault(unit: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return _("请填写整数。")
    least, most = (1 if unit in TIMES else 0), (100 if unit == Unit.PERCENT else LARGEST)
    if not least <= value <= most:
        return _("请填写%(least)s至%(most)s之间的整数。") % {"least": least, "most": most}
    return ""


def _list_fault(unit: str, value: object) -> str:
    if unit == Unit.SHARE_LIST:
        if not _are_positive(value) or sum(value) != 100:
            return _("各项比例须为正整数，合计100。")
    elif not _are_positive(value) or sorted(set(value)) != value:
        return _("月份须为由小到大的正整数。")
    return ""


def _are_positive(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and bool(value) and all(type(one) is int and one > 0 for one in value)
