"""What the library may be asked for: words, category, kind, tier, stage, and nothing else."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from minshi.paging import words_of
from proposals.models import Card, CardQuerySet, Category, Kind, Stage, Tier

SHOWN = (("running", _("正在办")), ("done", _("办成了")), ("reserve", _("储备库")))


class CardFilter(django_filters.FilterSet):
    """The library's filters: an allow-list."""

    q = django_filters.CharFilter(label=_("名称或编号里有"), method="named")
    category = django_filters.ChoiceFilter("here_category", label=_("类别"), choices=Category, empty_label=_("全部"))
    kind = django_filters.ChoiceFilter("here_kind", label=_("类型"), choices=Kind, empty_label=_("全部"))
    tier = django_filters.ChoiceFilter("here_tier", label=_("级别"), choices=Tier.choices, empty_label=_("全部"))
    stage = django_filters.ChoiceFilter("here_stage", label=_("阶段"), choices=Stage, empty_label=_("全部"))

    class Meta:
        model = Card
        fields: tuple[str, ...] = ()

    def named(self, cards: CardQuerySet, name: str, value: str) -> CardQuerySet:
        for word in words_of(value):
            cards = cards.named(word)
        return cards
