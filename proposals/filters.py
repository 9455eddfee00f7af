"""What the library may be asked for: words, category, kind, tier, stage, year, money, and nothing else."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import CHINA
from minshi.ledger.money import YuanField
from minshi.paging import words_of
from proposals.models import Card, CardQuerySet, Category, Kind, Stage, Tier

SHOWN = (("running", _("正在办")), ("done", _("办成了")), ("reserve", _("储备库")))


SORTS = (("oldest", _("最早的在前")), ("money", _("钱多的在前")))


class YearField(forms.CharField):
    """A year in four digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not re.fullmatch("20[0-9]{2}", text):
            raise forms.ValidationError(_("请写四位数的年份，例如 2026"))
        return int(text) if text else None


class YearFilter(django_filters.Filter):
    field_class = YearField


class YuanFilter(django_filters.Filter):
    field_class = YuanField


class CardFilter(django_filters.FilterSet):
    """The library's filters: an allow-list."""

    q = django_filters.CharFilter(label=_("名称或编号里有"), method="named")
    category = django_filters.ChoiceFilter("here_category", label=_("类别"), choices=Category, empty_label=_("全部"))
    kind = django_filters.ChoiceFilter("here_kind", label=_("类型"), choices=Kind, empty_label=_("全部"))
    tier = django_filters.ChoiceFilter("here_tier", label=_("级别"), choices=Tier.choices, empty_label=_("全部"))
    stage = django_filters.ChoiceFilter("here_stage", label=_("阶段"), choices=Stage, empty_label=_("全部"))
    year = YearFilter(label=_("哪一年提的"), method="of_year")
    least = YuanFilter("here_budget_fen", "gte", label=_("预算至少（元）"))
    most = YuanFilter("here_budget_fen", "lte", label=_("预算至多（元）"))
    sort = django_filters.ChoiceFilter(
        label=_("怎么排"), choices=SORTS, empty_label=_("最新的在前"), method="as_sorted"
    )

    class Meta:
        model = Card
        fields: tuple[str, ...] = ()

    def named(self, cards: CardQuerySet, name: str, value: str) -> CardQuerySet:
        for word in words_of(value):
            cards = cards.named(word)
        return cards

    def of_year(self, cards: CardQuerySet, name: str, year: int) -> CardQuerySet:
        begin, end = (datetime(each, 1, 1, tzinfo=CHINA) for each in (year, year + 1))
        return cards.filter(Q(here_submitted_at__gte=begin), Q(here_submitted_at__lt=end))

    def as_sorted(self, cards: CardQuerySet, name: str, value: str) -> CardQuerySet:
        """Each order has an index of the place's rows: the newest first has its own, read backwards the oldest."""
        order = {"oldest": ("here_submitted_at", "here_card"), "money": ("-here_budget_fen", "-here_card")}
        return cards.order_by(*order[value])
